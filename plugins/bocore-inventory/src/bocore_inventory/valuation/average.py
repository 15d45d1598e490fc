"""A moving average played through over plain rows: no object a move, as there may be a hundred thousand of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable

import attrs

from bocore import round_ratio

Row = tuple[int, int, int]
"""Of what came in: place, quantity, value. Of what went out: its place with a minus, quantity, counterpart.

What corrects a row follows it with its place.
"""


@attrs.define
class Average:
    """One heap: everything in it costs the same.

    It plays what :func:`~bocore_inventory.valuation.replay` does, as long as never more goes out than is there.

    :param costs: counterpart → what everything has cost that was issued to it, since somebody last set it.
    :param taken: place → cost and quantity of the issues that were asked for.
    :param last: counterpart and place of the last issue.
    """

    quantity: int
    value: int
    costs: dict[int, int] = attrs.field(factory=lambda: defaultdict(int))
    taken: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    last: tuple[int, int] | None = None

    def play(self, rows: Iterable[Row], wanted: Container[int] = ()) -> bool:
        """Go on with these rows, in order; False, and of no use from then on, where more would go out than is there.

        :param wanted: places of issues, with their minus, whose own cost is to be kept.
        """
        quantity, value, costs = self.quantity, self.value, self.costs
        last = total = extra = cost = issue = side = 0
        quantity_before = value_before = 0
        for place, many, what in rows:
            if place == last:  # it corrects the row before it: both are one
                quantity, value = quantity_before, value_before
                many += total
                if place < 0:
                    costs[side] -= cost
                else:
                    what += extra
            else:
                quantity_before, value_before = quantity, value
            last, total = place, many
            if place > 0:
                extra = what
                quantity += many
                value += what
                continue
            if many < quantity:
                product = value * many
                cost = (product + product + quantity) // (quantity + quantity) if product >= 0 else round_ratio(product, quantity)
            elif many == quantity:
                cost = value
            else:
                return False
            quantity -= many
            value -= cost
            costs[what] += cost
            issue, side = place, what
            if place in wanted:
                self.taken[-place] = cost, many
        self.quantity, self.value = quantity, value
        if issue:
            self.last = side, -issue
        return True
