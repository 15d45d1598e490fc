"""A moving average played through over plain rows: no object a move, as there may be a hundred thousand of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import attrs

from bocore import round_ratio

Row = tuple[int, int]
"""Of what came in: quantity and value. Of what went out: quantity with a minus, and counterpart."""


@attrs.define
class Average:
    """One heap: everything in it costs the same.

    It plays what :func:`~bocore_inventory.valuation.replay` does, as long as never more goes out than is there.

    :param costs: counterpart → what everything has cost that was issued to it, since somebody last set it.
    :param last: counterpart and place of the last issue, 0 where it was given without its place; None before the first.
    """

    quantity: int
    value: int
    costs: dict[int, int] = attrs.field(factory=lambda: defaultdict(int))
    last: tuple[int, int] | None = None

    def put(self, quantity: int, value: int) -> None:
        """Something comes in."""
        self.quantity += quantity
        self.value += value

    def take(self, quantity: int, counter: int, place: int = 0) -> int | None:
        """What an issue costs; None where less is there."""
        if quantity > self.quantity:
            return None
        if not quantity:
            return 0
        cost = self.value if quantity == self.quantity else round_ratio(self.value * quantity, self.quantity)
        self.quantity -= quantity
        self.value -= cost
        self.costs[counter] += cost
        self.last = counter, place
        return cost

    def play(self, rows: Iterable[Row]) -> bool:
        """Go on with these rows, in order; False, and of no use from then on, where more would go out than is there."""
        quantity, value, costs = self.quantity, self.value, self.costs
        last = None
        for many, what in rows:
            if many >= 0:
                quantity += many
                value += what
                continue
            left = quantity + many
            if left > 0:
                product = -value * many
                cost = (product + product + quantity) // (quantity + quantity) if product >= 0 else round_ratio(product, quantity)
            elif left == 0:
                cost = value
            else:
                return False
            quantity = left
            value -= cost
            costs[what] += cost
            last = what
        self.quantity, self.value = quantity, value
        if last is not None:
            self.last = last, 0
        return True
