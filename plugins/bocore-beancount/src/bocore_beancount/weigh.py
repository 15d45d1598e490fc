"""With which amounts the lines of a transaction balance: weights rounded to minor units, and what rounding leaves put away.

A line weighs its units; with a cost, units times unit cost; with a price and no cost, units times price. Weights are
rounded to the minor unit of their currency, halves away from zero, so that a line and its mirror image weigh the same.
Beancount tolerates what is left of a transaction then; a ledger that balances to the last digit can't, and has no account to
put it on either. So it goes into the largest line of that currency that has a cost or price: the one whose figure was
rounded anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal

import attrs

from bocore import HALF_UP, round_decimal
from bocore_beancount.ledger import Amount, Cost

# Beancount's own arithmetic, so that a total price which it spread over the units comes back whole when multiplied.
_BEANCOUNT = Context(prec=28, rounding=ROUND_HALF_EVEN)
# For sums, which must not lose a digit.
_EXACT = Context(prec=200)


@attrs.frozen
class Weight:
    """What a line weighs before rounding, and whether a cost or price made it, so that it may take up a residual."""

    number: Decimal
    code: str
    made: bool = False


@attrs.frozen
class Weighed:
    """The amounts of the lines, in their order, and by currency what no line could take up (nothing, if all is well)."""

    amounts: tuple[Amount, ...]
    left: Mapping[str, Decimal]


def weight(units: Amount, cost: Cost | None = None, price: Amount | None = None) -> Weight:
    """The weight of one line: its units, or what they cost, or what they are priced at."""
    if cost is not None:
        return Weight(_BEANCOUNT.multiply(cost.number, units.number), cost.currency, True)
    if price is not None:
        return Weight(_BEANCOUNT.multiply(price.number, units.number), price.code, True)
    return Weight(units.number, units.code)


def weigh(weights: Sequence[Weight], exponents: Mapping[str, int]) -> Weighed:
    """Round each weight to the minor unit of its currency and put what is left into the largest line made by a cost or price.

    The amounts then sum to exactly 0 in each currency, but for those named in ``left``. Of equally large lines the first
    takes it. Whether what is left may be tolerated at all is for the caller to know.
    """
    numbers = [round_decimal(each.number, exponents[each.code], HALF_UP) for each in weights]
    left: dict[str, Decimal] = {}
    for code, residual in residuals(Amount(number, each.code) for number, each in zip(numbers, weights, strict=True)).items():
        takers = [index for index, each in enumerate(weights) if each.made and each.code == code]
        if takers:
            largest = max(takers, key=lambda index: abs(weights[index].number))
            numbers[largest] = _EXACT.subtract(numbers[largest], residual)
        else:
            left[code] = residual
    return Weighed(tuple(Amount(number, each.code) for number, each in zip(numbers, weights, strict=True)), left)


def residuals(amounts: Iterable[Weight | Amount]) -> dict[str, Decimal]:
    """What weights or amounts sum to, by currency, where that is not nil."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for each in amounts:
        totals[each.code] = _EXACT.add(totals[each.code], each.number)
    return {code: total for code, total in totals.items() if total}


def decimals(number: Decimal, *, written: bool = False) -> int:
    """How many decimals a number needs, or has as it is written, with trailing zeros."""
    exponent = (number if written else number.normalize(_EXACT)).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
