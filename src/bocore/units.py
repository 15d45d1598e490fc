"""Units of measure and exact conversion between them: each is an exact multiple of the reference unit of its dimension.

Codes are those of UN/ECE Recommendation 20, which electronic invoices use. Factors are exact by definition: the international yard
(0.9144 m) and pound (0.45359237 kg) of 1959, the US gallon of 231 cubic inches, the imperial gallon of 4.54609 l (UK, 1985), the
International Table calorie (4.1868 J) and the British thermal unit that follows from it; NIST SP 811, appendix B.8, lists them.

Left out on purpose: temperatures, whose scales differ by an offset, so that a difference and a reading would convert in different ways;
months and years, which are not equally long (a calendar counts them). Pure functions, no database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from types import MappingProxyType

import attrs

from bocore.errors import Finding, Refused, UsageError
from bocore.rounding import Number, Rounding, ratio, round_ratio

MAX_PLACES = 30


@attrs.frozen
class UnitOfMeasure:
    """A unit: one of it is ``factor`` times the reference unit of its dimension (piece, kg, m, m², m³, s, J)."""

    code: str
    name: str
    dimension: str
    factor: Fraction
    symbol: str = ""


def convert_exactly(quantity: Number, unit: UnitOfMeasure, to: UnitOfMeasure) -> Fraction:
    """The quantity in another unit of the same dimension, as an exact fraction.

    :raises Refused: the units measure different things (``bo.unit_dimension``).
    """
    if unit.dimension != to.dimension:
        message = (
            f"{unit.code} ({unit.name}) does not convert to {to.code} ({to.name}): one measures {unit.dimension}, the other {to.dimension}."
        )
        fix = "Use units of one dimension; what one piece weighs or holds is a property of the item, not of the unit."
        raise Refused([Finding("bo.unit_dimension", message, f"unit {unit.code}", fix=fix)])
    return Fraction(*ratio(quantity)) * unit.factor / to.factor


def convert_quantity(
    quantity: Number, unit: UnitOfMeasure, to: UnitOfMeasure, *, places: int | None = None, rounding: Rounding | None = None
) -> Decimal:
    """The quantity in another unit.

    :param places: decimal places of the result; as many as it takes, where it has an end, without them.
    :param rounding: how to round to these places. Without it a result that is not exact in them is refused.
    :raises Refused: different dimensions (``bo.unit_dimension``), or not exact (``bo.unit_inexact``).
    """
    if places is not None and (type(places) is not int or not 0 <= places <= MAX_PLACES):
        raise UsageError(f"{places!r} is no number of decimal places.", fix=f"Give 0 to {MAX_PLACES}.")
    if rounding is not None and places is None:
        raise UsageError("It is not said to how many places to round.", fix="convert(…, places=3, rounding=HALF_UP)")
    exact = convert_exactly(quantity, unit, to)
    needed = _places_of(exact)
    if places is None:
        if needed is None:
            raise _inexact(quantity, unit, to, "has no end as a decimal number", "Name places and a rounding")
        places = needed
    elif rounding is None and (needed is None or needed > places):
        raise _inexact(quantity, unit, to, f"is not exact in {places} decimal places", "Give more places, or name a rounding")
    scaled = exact * 10**places
    whole = round_ratio(scaled.numerator, scaled.denominator, rounding or Rounding.HALF_UP)
    return Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -places))


def _places_of(value: Fraction) -> int | None:
    """How many decimal places a fraction has; None where they have no end."""
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    factor = 2 if rest % 2 == 0 else 5
    while rest % factor == 0:
        rest, places = rest // factor, places + 1
    return places if rest == 1 else None


def _inexact(quantity: Number, unit: UnitOfMeasure, to: UnitOfMeasure, what: str, remedy: str) -> Refused:
    fix = f"{remedy}: convert(…, places=3, rounding=HALF_UP)."
    return Refused([Finding("bo.unit_inexact", f"{quantity} {unit.code} in {to.code} {what}.", f"unit {to.code}", fix=fix)])


class Units(Mapping[str, UnitOfMeasure]):
    """Units by code: the built-in ones, and those of one's own."""

    def __init__(self, own: Mapping[str, UnitOfMeasure] | None = None) -> None:
        self._own = dict(own or {})

    def __getitem__(self, code: str) -> UnitOfMeasure:
        found = UNITS.get(code) or self._own.get(code)
        if found is None:
            raise self._unknown(code)
        return found

    def __contains__(self, code: object) -> bool:
        return code in UNITS or code in self._own

    def __iter__(self) -> Iterator[str]:
        yield from UNITS
        yield from self._own

    def __len__(self) -> int:
        return len(UNITS) + len(self._own)

    def _unknown(self, code: object) -> Refused:
        text = str(code)
        named = [unit.code for unit in self.values() if text.lower() in (unit.name, unit.symbol.lower())]
        close = named or get_close_matches(text.upper(), list(self), n=3)
        fix = (
            f"Did you mean {' or '.join(close)}? " if close else "Use the code of UN/ECE Recommendation 20, such as KGM, LTR, HUR or C62. "
        )
        fix += "A unit of your own is declared by a Unit."
        return Refused([Finding("bo.unknown_unit", f"There is no unit {text!r}.", f"unit {text}", fix=fix)])


# ---------------------------------------------------------------- the built-in units

_FOOT, _POUND, _INCH = Fraction(3048, 10_000), Fraction(45_359_237, 10**8), Fraction(254, 10_000)
_GALLON_US, _GALLON_UK = 231 * _INCH**3, Fraction(454_609, 10**8)
_BTU = Fraction(105_505_585_262, 10**8)

COUNT, MASS, LENGTH, AREA, VOLUME, TIME, ENERGY = "count", "mass", "length", "area", "volume", "time", "energy"


def _of(dimension: str, *rows: tuple[str, str, str, Fraction | int]) -> Iterator[UnitOfMeasure]:
    for code, name, symbol, factor in rows:
        yield UnitOfMeasure(code, name, dimension, Fraction(factor), symbol)


def _tenth(power: int) -> Fraction:
    return Fraction(1, 10**power)


def _built_in() -> Iterator[UnitOfMeasure]:
    yield from _of(
        COUNT, ("C62", "one", "", 1), ("H87", "piece", "pc", 1), ("EA", "each", "ea", 1), ("PR", "pair", "pr", 2), ("SCO", "score", "", 20),
        ("DZN", "dozen", "doz", 12), ("GRO", "gross", "gr", 144), ("CEN", "hundred", "", 100), ("MIL", "thousand", "", 1000),
        ("MIO", "million", "", 10**6),
    )  # fmt: skip
    yield from _of(
        MASS, ("KGM", "kilogram", "kg", 1), ("GRM", "gram", "g", _tenth(3)), ("MGM", "milligram", "mg", _tenth(6)),
        ("MC", "microgram", "µg", _tenth(9)), ("DTN", "decitonne", "dt", 100), ("TNE", "tonne", "t", 1000),
        ("KTN", "kilotonne", "kt", 10**6),
        ("GRN", "grain", "gr", _POUND / 7000), ("ONZ", "ounce", "oz", _POUND / 16), ("APZ", "troy ounce", "tr oz", _POUND / 7000 * 480),
        ("LBR", "pound", "lb", _POUND), ("STI", "stone (UK)", "st", 14 * _POUND), ("CWA", "hundredweight (US)", "cwt (US)", 100 * _POUND),
        ("CWI", "hundredweight (UK)", "cwt (UK)", 112 * _POUND), ("STN", "short ton", "ton (US)", 2000 * _POUND),
        ("LTN", "long ton", "ton (UK)", 2240 * _POUND),
    )  # fmt: skip
    yield from _of(
        LENGTH, ("MTR", "metre", "m", 1), ("KMT", "kilometre", "km", 1000), ("DMT", "decimetre", "dm", _tenth(1)),
        ("CMT", "centimetre", "cm", _tenth(2)), ("MMT", "millimetre", "mm", _tenth(3)), ("4H", "micrometre", "µm", _tenth(6)),
        ("C45", "nanometre", "nm", _tenth(9)), ("INH", "inch", "in", _INCH), ("FOT", "foot", "ft", _FOOT), ("YRD", "yard", "yd", 3 * _FOOT),
        ("AK", "fathom", "fth", 6 * _FOOT), ("SMI", "mile", "mile", 5280 * _FOOT), ("NMI", "nautical mile", "n mile", 1852),
    )  # fmt: skip
    yield from _of(
        AREA, ("MTK", "square metre", "m²", 1), ("DMK", "square decimetre", "dm²", _tenth(2)),
        ("CMK", "square centimetre", "cm²", _tenth(4)),
        ("MMK", "square millimetre", "mm²", _tenth(6)), ("ARE", "are", "a", 100), ("HAR", "hectare", "ha", 10_000),
        ("KMK", "square kilometre", "km²", 10**6), ("INK", "square inch", "in²", _INCH**2), ("FTK", "square foot", "ft²", _FOOT**2),
        ("YDK", "square yard", "yd²", 9 * _FOOT**2), ("ACR", "acre", "acre", 43_560 * _FOOT**2),
        ("MIK", "square mile", "mi²", 5280**2 * _FOOT**2),
    )  # fmt: skip
    yield from _of(
        VOLUME, ("MTQ", "cubic metre", "m³", 1), ("LTR", "litre", "l", _tenth(3)), ("DMQ", "cubic decimetre", "dm³", _tenth(3)),
        ("MAL", "megalitre", "Ml", 1000), ("HLT", "hectolitre", "hl", _tenth(1)), ("DLT", "decilitre", "dl", _tenth(4)),
        ("CLT", "centilitre", "cl", _tenth(5)), ("MLT", "millilitre", "ml", _tenth(6)), ("CMQ", "cubic centimetre", "cm³", _tenth(6)),
        ("4G", "microlitre", "µl", _tenth(9)), ("MMQ", "cubic millimetre", "mm³", _tenth(9)), ("INQ", "cubic inch", "in³", _INCH**3),
        ("FTQ", "cubic foot", "ft³", _FOOT**3), ("YDQ", "cubic yard", "yd³", 27 * _FOOT**3), ("GLL", "gallon (US)", "gal (US)", _GALLON_US),
        ("QTL", "liquid quart (US)", "liq qt (US)", _GALLON_US / 4), ("PTL", "liquid pint (US)", "liq pt (US)", _GALLON_US / 8),
        ("OZA", "fluid ounce (US)", "fl oz (US)", _GALLON_US / 128), ("BLL", "barrel (US)", "barrel (US)", 42 * _GALLON_US),
        ("GLI", "gallon (UK)", "gal (UK)", _GALLON_UK), ("QTI", "quart (UK)", "qt (UK)", _GALLON_UK / 4),
        ("PTI", "pint (UK)", "pt (UK)", _GALLON_UK / 8), ("OZI", "fluid ounce (UK)", "fl oz (UK)", _GALLON_UK / 160),
    )  # fmt: skip
    yield from _of(
        TIME, ("SEC", "second", "s", 1), ("C26", "millisecond", "ms", _tenth(3)), ("MIN", "minute", "min", 60), ("HUR", "hour", "h", 3600),
        ("DAY", "day", "d", 86_400), ("WEE", "week", "wk", 604_800),
    )  # fmt: skip
    yield from _of(
        ENERGY, ("JOU", "joule", "J", 1), ("KJO", "kilojoule", "kJ", 1000), ("3B", "megajoule", "MJ", 10**6),
        ("GV", "gigajoule", "GJ", 10**9),
        ("WHR", "watt hour", "W·h", 3600), ("KWH", "kilowatt hour", "kW·h", 3_600_000), ("MWH", "megawatt hour", "MW·h", 36 * 10**8),
        ("GWH", "gigawatt hour", "GW·h", 36 * 10**11), ("E14", "kilocalorie (international table)", "kcalIT", Fraction(41_868, 10)),
        ("BTU", "British thermal unit (international table)", "BtuIT", _BTU),
    )  # fmt: skip


UNITS: Mapping[str, UnitOfMeasure] = MappingProxyType({unit.code: unit for unit in _built_in()})
"""The built-in units by code."""
