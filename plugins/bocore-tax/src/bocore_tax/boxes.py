"""From tax lines to the boxes of a form: pure functions on whole minor units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs

from bocore import round_ratio
from bocore_tax.declare import Box, Boxes, DatedRate, Form, Tax


@attrs.frozen
class Figure:
    """A box filled in: what its lines come to, and what is declared; both in minor units."""

    box: Box
    exact: int
    amount: int


def boxes_of(tax: Tax | None, step: DatedRate | None, direction: str) -> Boxes:
    """Where base and tax of a line go: by the rate, where that says so, else by the code."""
    if tax is None:
        return Boxes()
    own = getattr(step, direction) if step is not None else None
    found: Boxes = own or getattr(tax, direction)
    return found


def filled(boxes: Boxes, direction: str, base: int, tax: int) -> list[tuple[str, int]]:
    """What a tax line puts into which box. Sales are credits, so theirs are turned: boxes show what was sold as positive."""
    sign = -1 if direction == "output" else 1
    found: dict[str, int] = {}
    for codes, amount in ((boxes.base, base), (boxes.tax, tax)):
        for code in codes:
            found[code] = found.get(code, 0) + sign * amount
    return list(found.items())


def add_up(form: Form, put: Iterable[tuple[str, int]], exponent: int) -> list[Figure]:
    """The boxes of a form, in their order, from what lines put into them; a box that is computed builds on rounded ones.

    :param exponent: decimal places of the currency, for boxes in whole units.
    """
    exact: dict[str, int] = {}
    for code, amount in put:
        exact[code] = exact.get(code, 0) + amount
    amounts: dict[str, int] = {}
    figures = []
    for box in form.boxes:
        value = _value(box, exact, amounts)
        amount = value
        if box.whole is not None:
            unit = 10**exponent
            amount = round_ratio(value, unit, box.whole) * unit
        amounts[box.code] = amount
        figures.append(Figure(box, value, amount))
    return figures


def _value(box: Box, exact: Mapping[str, int], amounts: Mapping[str, int]) -> int:
    if box.of:
        numerator, denominator = (box.percent / 100).as_integer_ratio()
        return round_ratio(amounts[box.of] * numerator, denominator)
    if box.sums:
        return sum(sign * amounts[code] for sign, code in box.parts())
    return exact.get(box.code, 0)
