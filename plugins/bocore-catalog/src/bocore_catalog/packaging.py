"""What people say of how items come: in which units, under which barcodes, and what is in a kit."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from bocore import Finding, Refused, UnitOfWork, service
from bocore_catalog.gtins import as_gtin, find_by_barcode
from bocore_catalog.model import Gtin, Item, ItemUnit, KitPart
from bocore_catalog.rights import EDIT


@service(EDIT)
def set_unit(uow: UnitOfWork, item: Item, unit: str, factor: Decimal, *, per: int = 1) -> ItemUnit:
    """Say that an item comes in another unit: a box of 12, a piece of 0.35 kg.

    :param unit: a code of your own, such as BOX, or one of a unit that measures something else, such as KGM.
    :param factor: how much of the item's unit one of it is.
    :param per: where that is no decimal number, so many of them are the factor: 1 and 3 for a third.
    """
    if factor <= 0 or per <= 0:
        said = f"One {unit} of {item.code} can't be {factor} / {per} {item.unit}."
        raise Refused([Finding("catalog.item_unit", said, item, "unit", "Give a factor above zero.")])
    exact = Fraction(factor) / per
    found = uow.find(ItemUnit, item_id=item.id, unit=unit)
    if found is None:
        return uow.add(ItemUnit(item_id=item.id, unit=unit, numerator=exact.numerator, denominator=exact.denominator))
    found.numerator, found.denominator = exact.numerator, exact.denominator
    return found


@service(EDIT)
def drop_unit(uow: UnitOfWork, item: Item, unit: str) -> None:
    """Say that an item does not come in a unit any more.

    :param unit: its code.
    """
    found = uow.find(ItemUnit, item_id=item.id, unit=unit)
    if found is None:
        said = f"{item.code} does not come in {unit}."
        raise Refused([Finding("catalog.item_unit", said, item, "unit", "bo report items lists the units of items.")])
    uow.remove(found)


@service(EDIT)
def add_gtin(uow: UnitOfWork, item: Item, code: str, *, unit: str = "") -> Gtin:
    """Give a barcode to an item.

    :param code: a GTIN of 8, 12, 13 or 14 digits.
    :param unit: the unit that it stands on, such as BOX; the item's own without one.
    """
    gtin = as_gtin(code)
    known = uow.find(Gtin, code=gtin)
    if known is not None:
        other = uow.get(Item, known.item_id)
        said = f"The barcode {code} stands on {other.code} ({other.name}) already."
        raise Refused([Finding("catalog.barcode_taken", said, item, "code", f"Take it from there first: bo catalog drop-gtin {code}.")])
    return uow.add(Gtin(item_id=item.id, code=gtin, unit="" if unit == item.unit else unit))


@service(EDIT)
def drop_gtin(uow: UnitOfWork, code: str) -> None:
    """Take a barcode from its item.

    :param code: the GTIN.
    """
    found = find_by_barcode(uow, [code])[code]
    uow.remove(uow.select(Gtin, code=found.gtin).one())


@service(EDIT)
def set_part(uow: UnitOfWork, kit: Item, item: Item, quantity: Decimal, *, unit: str = "") -> KitPart:
    """Say how much of an item is in a kit.

    :param quantity: in one kit; instead of what was said before.
    :param unit: of the quantity; the item's own without one.
    """
    found = uow.find(KitPart, kit_id=kit.id, item_id=item.id)
    if found is None:
        return uow.add(KitPart(kit_id=kit.id, item_id=item.id, quantity=quantity, unit=unit))
    found.quantity, found.unit = quantity, unit
    return found


@service(EDIT)
def drop_part(uow: UnitOfWork, kit: Item, item: Item) -> None:
    """Take an item out of a kit."""
    found = uow.find(KitPart, kit_id=kit.id, item_id=item.id)
    if found is None:
        said = f"{item.code} is not in the kit {kit.code}."
        raise Refused([Finding("catalog.no_part", said, kit, fix="bo report parts lists what is in it.")])
    uow.remove(found)
