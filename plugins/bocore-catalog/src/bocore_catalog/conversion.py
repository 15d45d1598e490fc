"""Quantities of an item in its own unit, exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import attrs

from bocore import Finding, Refused, UnitOfWork, Units, UsageError, known_units
from bocore_catalog.model import Item, ItemUnit


@attrs.frozen
class UnitTable:
    """What one of any unit is in the unit of an item.

    :param unit: the item's own.
    :param own: factors of the units that the item comes in.
    """

    unit: str
    own: Mapping[str, Fraction]
    units: Units

    def factor(self, unit: str) -> Fraction | None:
        """How much of the item's unit one of this unit is; None where it does not convert.

        The item's own units come first, then units that measure what its unit measures, then units that measure what one of its own
        does: with "a piece is 0.35 kg" an item counted in pieces converts from grams. Of several that do, the first by code counts.
        """
        if unit == self.unit:
            return Fraction(1)
        if unit in self.own:
            return self.own[unit]
        if unit not in self.units:
            return None
        wanted = self.units[unit]
        for known, factor in ((self.unit, Fraction(1)), *sorted(self.own.items())):
            if known in self.units and self.units[known].dimension == wanted.dimension:
                return factor * wanted.factor / self.units[known].factor
        return None


def unit_tables(uow: UnitOfWork, items: Iterable[Item]) -> dict[int, UnitTable]:
    """Item id → its units, for many in one query; a variant has those of what it is a variant of, besides its own."""
    wanted = {item.id: item for item in items}
    if not wanted:
        return {}
    models = uow.get_all(Item, {item.variant_of_id for item in wanted.values() if item.variant_of_id})
    rows = uow.children({**models, **wanted}.values(), ItemUnit)
    units = known_units(uow)
    found = {}
    for item in wanted.values():
        own = [*(rows[item.variant_of_id] if item.variant_of_id else ()), *rows[item.id]]
        found[item.id] = UnitTable(item.unit, {row.unit: Fraction(row.numerator, row.denominator) for row in own}, units)
    return found


def to_base(
    uow: UnitOfWork, items: Sequence[Item | int], quantities: Sequence[Decimal | int], units: Sequence[str | None]
) -> list[Decimal]:
    """Each quantity in the unit of its item, exactly, in a few queries however many there are.

    :param items: ids, or the items.
    :param quantities, units: as many; a unit of None is the item's own.
    :raises Refused: there is no such item (``catalog.no_item``), a unit does not convert (``catalog.unit``), or the result has no end as a
        decimal number (``catalog.inexact``); all of them at once, by place.
    """
    rows = items_of(uow, items)
    tables = unit_tables(uow, (item for item, unit in zip(rows, units, strict=True) if unit not in (None, item.unit)))
    findings: list[Finding] = []
    made: list[Decimal] = []
    for place, (item, quantity, unit) in enumerate(zip(rows, quantities, units, strict=True), 1):
        if unit in (None, item.unit):
            if not (type(quantity) is Decimal and quantity.is_finite()):
                exactly(quantity)
            made.append(Decimal(quantity))
            continue
        try:
            made.append(decimal_of(in_base(tables[item.id], item, quantity, unit), item, unit or item.unit, quantity))
        except Refused as refused:
            findings.extend(_placed(each, f"{item.code} ({place})") for each in refused.findings)
    uow.refuse(*findings)
    return made


def _placed(finding: Finding, at: str) -> Finding:
    return Finding(finding.code, finding.message, at, finding.field or "unit", finding.fix)


def items_of(uow: UnitOfWork, items: Sequence[Item | int]) -> list[Item]:
    """The items of these ids, in their places.

    :raises Refused: there are no such items (``catalog.no_item``).
    """
    found = uow.get_all(Item, {item for item in items if isinstance(item, int)})
    missing = [(place, item) for place, item in enumerate(items, 1) if isinstance(item, int) and item not in found]
    uow.refuse(
        *(Finding("catalog.no_item", f"There is no item {item}.", f"item {item} ({place})", fix=_NO_ITEM) for place, item in missing)
    )
    return [found[item] if isinstance(item, int) else item for item in items]


_NO_ITEM = "Give the id of an item: bo report items lists them."


def in_base(table: UnitTable, item: Item, quantity: Decimal | int | Fraction, unit: str | None) -> Fraction:
    """A quantity in the item's unit, as an exact fraction.

    :raises Refused: the unit does not convert (``catalog.unit``).
    """
    factor = table.factor(unit or item.unit)
    if factor is None:
        raise Refused([no_conversion(table, item, str(unit))])
    return exactly(quantity) * factor


def exactly(quantity: object) -> Fraction:
    """A quantity as a fraction.

    :raises UsageError: it is a float, or no number.
    """
    if isinstance(quantity, (int, Decimal, Fraction)) and not (isinstance(quantity, Decimal) and not quantity.is_finite()):
        return Fraction(quantity)
    raise UsageError(f"{quantity!r} is no exact quantity.", fix="Give an int or a Decimal.")


def no_conversion(table: UnitTable, item: Item, unit: str, at: object = None) -> Finding:
    """The finding for a unit that an item does not come in."""
    known = ", ".join([table.unit, *table.own])
    fix = f"Use one of {known}, or say how much of {table.unit} it is: bo catalog set-unit {item.code} {unit} FACTOR."
    return Finding(
        "catalog.unit", f"{item.code} ({item.name}) is kept in {table.unit}, and {unit} does not convert to it.", at or item, "unit", fix
    )


def decimal_of(value: Fraction, item: Item, unit: str, quantity: object) -> Decimal:
    """The fraction as the Decimal that it is.

    :raises Refused: it has no end as a decimal number (``catalog.inexact``).
    """
    rest, places = value.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest != 1:
        said = f"{quantity} {unit} of {item.code} in {item.unit} has no end as a decimal number."
        fix = "Give the quantity in a unit that is a whole part of it, or keep the item in the smaller unit."
        raise Refused([Finding("catalog.inexact", said, item, "unit", fix)])
    digits = abs(value.numerator) * (10**places // value.denominator)
    return Decimal((int(value < 0), tuple(map(int, str(digits))), -places))
