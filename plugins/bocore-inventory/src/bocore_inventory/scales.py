"""Quantities as whole millionths of a unit, values as whole ten-thousandths of the minor unit: what the kernel counts in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from bocore import Money, UnitPrice
from bocore_inventory.model import FINE, PLACES

ONE = 10**PLACES


def micro(quantity: Decimal) -> int:
    """A quantity in millionths."""
    return int(quantity.scaleb(PLACES))


def plain(quantity: int) -> Decimal:
    """Millionths as a quantity."""
    return Decimal(quantity).scaleb(-PLACES)


def trimmed(quantity: Decimal | None) -> Decimal | None:
    """The same quantity without zeros that say nothing, and without an exponent."""
    return None if quantity is None else Decimal(shown(quantity))


def quantities(_cls: type, fields: list[attrs.Attribute[Any]]) -> list[attrs.Attribute[Any]]:
    """For ``attrs.frozen(field_transformer=…)``: rows of a report show quantities as 6, not as 6.000000."""
    return [one.evolve(converter=trimmed) if str(one.type).startswith("Decimal") else one for one in fields]


def shown(quantity: Decimal) -> str:
    """A quantity for people: no zeros after the last digit that says something."""
    return f"{quantity.normalize():f}"


def fine(money: Money) -> int:
    """An amount in ten-thousandths of its minor unit."""
    return money.minor_units * FINE


def minor(value: int) -> int:
    """A value in minor units, a half upwards: what the books show of it. Whole units more are whole units more, also below zero."""
    return (2 * value + FINE) // (2 * FINE)


def unit_value(price: UnitPrice, exponent: int) -> tuple[int, int]:
    """Value and quantity whose ratio is an exact price for one unit.

    :param exponent: decimal places of the currency.
    """
    numerator, denominator = price.amount.as_integer_ratio()
    return numerator * 10**exponent * FINE, denominator * ONE
