"""The amounts that go into the books: whole minor units that sum to exactly nil.

A line with a cost balances with what it cost, rounded to the minor unit, halves away from zero. What rounding leaves goes into the line
whose amount nobody wrote, or else into the largest line with a cost: their figures were worked out anyway, and a journal has no account
for differences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

import attrs

from bocore import HALF_UP, round_decimal
from bocore_hledger.journal import EXACT, Amount, Posting
from bocore_hledger.resolve import weight


@attrs.frozen
class Weighed:
    """A line's units, and the amount with which it balances; the same where it has no cost."""

    units: Amount
    amount: Amount


def weigh(postings: Sequence[Posting], exponents: Mapping[str, int]) -> tuple[list[Weighed], dict[str, Decimal]]:
    """Lines in minor units, and by commodity what no line could take up (nothing, if all is well)."""
    units = [Amount(each.units.number, each.units.code) for each in postings if each.units is not None]
    units = [_rounded(number, exponents) if each.inferred else number for number, each in zip(units, postings, strict=True)]
    amounts = [_rounded(weight(number, each.cost), exponents) for number, each in zip(units, postings, strict=True)]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for number, code in amounts:
        sums[code] = EXACT.add(sums[code], number)
    left = {}
    for code, residual in sums.items():
        taker = _taker(postings, amounts, code) if residual else None
        if taker is not None:
            amounts[taker] = Amount(EXACT.subtract(amounts[taker].number, residual), code)
            if postings[taker].cost is None:
                units[taker] = amounts[taker]
        elif residual:
            left[code] = residual
    return [Weighed(*pair) for pair in zip(units, amounts, strict=True)], left


def _taker(postings: Sequence[Posting], amounts: Sequence[Amount], code: str) -> int | None:
    """The line that takes up a residual: one that was inferred before one with a cost, then the largest."""
    able = [number for number, each in enumerate(postings) if amounts[number].code == code and (each.inferred or each.cost is not None)]
    if not able:
        return None
    return max(able, key=lambda number: (postings[number].cost is None, amounts[number].number.copy_abs()))


def _rounded(amount: Amount, exponents: Mapping[str, int]) -> Amount:
    return Amount(round_decimal(amount.number, exponents[amount.code], HALF_UP), amount.code)
