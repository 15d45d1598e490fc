"""What is scanned: the item, with its lot, serial number, expiry, quantity and weight."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from bocore import Money, Refused, UnitOfWork, service
from bocore_catalog import Item, find_by_barcode, to_base
from bocore_inventory.gs1 import Read, read
from bocore_inventory.lots import find_lots
from bocore_inventory.rights import CATALOG
from bocore_inventory.rights import READ as PERMISSION
from bocore_inventory.settings import InventorySettings

KILOGRAM = "KGM"


@attrs.frozen(kw_only=True)
class Scanned:
    """What a barcode stands for, as a movement takes it.

    :param item: id of the item; ``code`` is what it is called.
    :param quantity: in ``unit``: what is counted or weighed, or one.
    :param known_lot: whether there is a lot or serial number of that name.
    :param weight: net, in kilograms.
    :param price: of all of it, where it stands in the barcode.
    """

    item: int
    code: str
    gtin: str
    quantity: Decimal
    unit: str
    lot: str | None = None
    serial: str | None = None
    known_lot: bool = False
    expires_on: date | None = None
    made_on: date | None = None
    weight: Decimal | None = None
    price: Money | None = None


@service(PERMISSION, read_only=True, runs_with=[CATALOG])
def scan(uow: UnitOfWork, text: str) -> Scanned:
    """Say what a barcode stands for.

    :param text: as the scanner gives it: a GTIN, element strings of GS1, a digital link, or a number with weight or price in it.
    """
    found = read(text, uow.settings(InventorySettings).rcn_region)
    there = find_by_barcode(uow, [found.gtin])[found.gtin]
    item = uow.get(Item, there.item)
    quantity, unit = _quantity(uow, item, found, there.unit)
    name = found.serial or found.lot
    currency = found.currency or uow.company.currency
    return Scanned(
        item=item.id,
        code=item.code,
        gtin=there.gtin,
        quantity=quantity,
        unit=unit,
        lot=found.lot,
        serial=found.serial,
        known_lot=name is not None and bool(find_lots(uow, [(item.id, name)])),
        expires_on=found.expires_on,
        made_on=found.made_on,
        weight=found.weight,
        price=None if found.price is None else Money(found.price, currency),
    )


def _quantity(uow: UnitOfWork, item: Item, found: Read, unit: str) -> tuple[Decimal, str]:
    """How much it is: its weight, where the item is kept by weight or has a unit that weighs."""
    if found.weight is not None:
        try:
            to_base(uow, [item], [found.weight], [KILOGRAM])
        except Refused:
            pass
        else:
            return found.weight, KILOGRAM
    return Decimal(found.count or 1), unit
