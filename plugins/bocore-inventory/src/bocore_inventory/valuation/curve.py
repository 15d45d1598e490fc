"""First in, first out as a function: what the first x units that were received have cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from bocore import round_ratio


class Curve:
    """C(x), the value of the first x units received: linear between the receipts.

    An issue that takes the units from lo to hi of all that were ever issued costs ``C(hi) - C(lo)``. So the cost of a period follows from
    its two ends, and a receipt that comes in late, a freight bill or a corrected price changes a few points and no rows.
    Source: research notes "Retail", E2; checked against a replay of queues in the tests.

    :param receipts: quantity and value of each receipt, in the order in which they count; a value without quantity (a cost that came
        when nothing was left of what it belongs to) goes with the next units that are issued.
    :param estimate: value and quantity whose ratio is what a unit is taken to cost beyond what was received: stock below zero.
    :param start: quantity and value of receipts before the first that is given.
    """

    __slots__ = ("_estimate", "_quantities", "_values")

    def __init__(self, receipts: Iterable[tuple[int, int]], *, estimate: tuple[int, int] = (0, 1), start: tuple[int, int] = (0, 0)) -> None:
        self._quantities, self._values = [start[0]], [start[1]]
        self.goes_on(*estimate)
        for quantity, value in receipts:
            self.append(quantity, value)

    def goes_on(self, value: int, quantity: int) -> None:
        """Say at what ratio a unit is taken to cost beyond what was received."""
        self._estimate = (value, quantity) if quantity > 0 else (0, 1)

    def append(self, quantity: int, value: int) -> None:
        """Add a receipt after all others."""
        if quantity < 0:
            raise ValueError(f"A receipt of {quantity}: less than nothing can't have been received.")
        if quantity:
            self._quantities.append(self._quantities[-1] + quantity)
            self._values.append(self._values[-1] + value)
        else:
            self._values[-1] += value

    @property
    def received(self) -> int:
        """All that was received."""
        return self._quantities[-1]

    @property
    def value(self) -> int:
        """What all of it has cost."""
        return self._values[-1]

    def at(self, x: int) -> int:
        """What the first x units have cost."""
        at = bisect_right(self._quantities, x) - 1
        if at < 0:
            raise ValueError(f"The curve begins at {self._quantities[0]}, after {x}.")
        rest, value = x - self._quantities[at], self._values[at]
        if not rest:
            return value
        if at == len(self._quantities) - 1:
            return value + round_ratio(rest * self._estimate[0], self._estimate[1])
        step = self._quantities[at + 1] - self._quantities[at]
        return value + round_ratio(rest * (self._values[at + 1] - value), step)

    def costs(self, ends: Sequence[int]) -> list[int]:
        """What was issued between each two neighbouring points has cost; one less than there are points."""
        found = [self.at(x) for x in ends]
        return [later - before for before, later in pairwise(found)]
