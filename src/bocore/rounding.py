"""Rounding with the mode named: exact, on integers and Decimals only, and shares that add up to the whole."""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from bocore.errors import MoneyError, UsageError

Number: TypeAlias = int | Decimal | Fraction

# Decimal arithmetic that says so instead of rounding behind our back, whatever context the caller has set.
_PRECISION = 10_000
_MAX_MAGNITUDE = 1_000


class Rounding(StrEnum):
    """How the digit that goes decides about the one that stays. The names are those of the decimal module."""

    HALF_UP = "half_up"  # 0.5 → 1, -0.5 → -1: what invoices and tax offices mostly mean
    HALF_EVEN = "half_even"  # 0.5 → 0, 1.5 → 2: no drift over many amounts
    HALF_DOWN = "half_down"  # 0.5 → 0, -0.5 → 0
    UP = "up"  # away from zero
    DOWN = "down"  # towards zero
    FLOOR = "floor"  # towards minus infinity
    CEILING = "ceiling"  # towards plus infinity

    @property
    def decimal_mode(self) -> str:
        """The decimal module's name of this mode."""
        return f"ROUND_{self.name}"


HALF_UP = Rounding.HALF_UP
HALF_EVEN = Rounding.HALF_EVEN
HALF_DOWN = Rounding.HALF_DOWN
UP = Rounding.UP
DOWN = Rounding.DOWN
FLOOR = Rounding.FLOOR
CEILING = Rounding.CEILING


def round_decimal(value: Decimal, places: int, mode: Rounding = HALF_UP) -> Decimal:
    """The value with exactly that many decimal places; negative places round to tens, hundreds. Never ``-0``.

    :raises MoneyError: the value is not finite, or absurdly large or small.
    """
    require_number(value)
    context = decimal.Context(prec=_PRECISION, rounding=mode.decimal_mode, traps=[decimal.InvalidOperation])
    rounded = context.quantize(value, Decimal((0, (1,), -places)))
    return rounded if rounded else rounded.copy_abs()


def round_ratio(numerator: int, denominator: int, mode: Rounding = HALF_UP) -> int:
    """``numerator / denominator`` as a whole number, computed exactly."""
    if denominator <= 0:
        if denominator == 0:
            raise MoneyError("A ratio can't have the denominator 0.")
        numerator, denominator = -numerator, -denominator
    below, rest = divmod(numerator, denominator)
    if not rest:
        return below
    return below + _goes_up(below, 2 * rest - denominator, numerator > 0, mode)


def _goes_up(below: int, past_half: int, positive: bool, mode: Rounding) -> bool:
    """Whether a value between ``below`` and ``below + 1`` becomes the latter."""
    if mode is Rounding.FLOOR:
        return False
    if mode is Rounding.CEILING:
        return True
    if mode is Rounding.UP:
        return positive
    if mode is Rounding.DOWN:
        return not positive
    if past_half:
        return past_half > 0
    if mode is Rounding.HALF_EVEN:
        return below % 2 == 1
    return positive if mode is Rounding.HALF_UP else not positive


def round_number(value: Number, mode: Rounding = HALF_UP) -> int:
    """A number as the whole number that the mode says."""
    numerator, denominator = ratio(value)
    return round_ratio(numerator, denominator, mode)


def round_to_step(minor: int, step: int, mode: Rounding = HALF_UP) -> int:
    """The multiple of ``step`` next to an amount in minor units: cash rounding, e.g. to 5 cents."""
    if step <= 0:
        raise MoneyError(
            f"An amount can't be rounded to steps of {step}.", fix="Give the step in minor units, 1 or more: 5 for five cents."
        )
    return round_ratio(minor, step, mode) * step


def largest_remainder(total: int, weights: Sequence[Number]) -> list[int]:
    """Share a whole number out by weight, so that the parts add up to it exactly (Hamilton's method).

    Each part is its exact share, rounded towards zero; what is left goes, one each, to the parts that lost most, the first of
    equals first. A negative total is shared like its positive and negated.

    :raises MoneyError: there is no weight, one is negative, or all are zero and the total is not.
    """
    scaled = _common_integers(weights)
    weight_sum = sum(scaled)
    if not scaled or min(scaled) < 0 or (not weight_sum and total):
        raise MoneyError(
            f"{total} can't be shared out by the weights {', '.join(map(str, weights)) or '(none)'}.",
            fix="Give one weight or more, none of them negative, at least one above zero.",
        )
    if not total:
        return [0] * len(scaled)
    sign = 1 if total > 0 else -1
    shares = [divmod(abs(total) * weight, weight_sum) for weight in scaled]
    parts = [share for share, _ in shares]
    left = abs(total) - sum(parts)
    # sorted() is stable, so that of equal remainders the first comes first.
    for index in sorted(range(len(shares)), key=lambda i: -shares[i][1])[:left]:
        parts[index] += 1
    return [sign * part for part in parts]


def cumulative_rounding(amounts: Iterable[Number], mode: Rounding = HALF_UP) -> Iterator[int]:
    """Whole numbers for a stream of amounts, such that those so far always add up to the rounded total so far.

    For instalments, depreciation and accruals: no difference is left for the last one to carry.
    """
    exact = Fraction(0)
    given = 0
    for amount in amounts:
        exact += Fraction(*ratio(amount))
        due = round_ratio(exact.numerator, exact.denominator, mode)
        yield due - given
        given = due


def ratio(value: Number) -> tuple[int, int]:
    """A number as an exact fraction, numerator and denominator.

    :raises UsageError: it is a float, a bool or no number.
    :raises MoneyError: it is not finite, or absurdly large or small.
    """
    require_number(value)
    return value.as_integer_ratio()


def require_number(value: object) -> None:
    """Refuse what can't be exact: floats above all, and Decimals that would fill the memory once written out."""
    if isinstance(value, Decimal):
        # A Decimal such as 1E+999999999 is eleven characters and a gigabyte of digits.
        if not value.is_finite() or abs(value.adjusted()) > _MAX_MAGNITUDE:
            raise MoneyError(f"{value} is no number to calculate with.", fix="Give a finite Decimal of ordinary size.")
    elif isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise UsageError(
            f"{value!r} ({type(value).__name__}) is no exact number.",
            fix='Write an int, Decimal("1.19") or Fraction(1, 3); a float has lost digits already.',
        )


def _common_integers(weights: Sequence[Number]) -> list[int]:
    """The weights as integers in the same proportion."""
    fractions = [Fraction(*ratio(weight)) for weight in weights]
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    return [fraction.numerator * (common // fraction.denominator) for fraction in fractions]
