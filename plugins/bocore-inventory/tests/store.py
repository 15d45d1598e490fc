"""A warehouse for tests: items kept by lots, by serial numbers and by neither, and what lies where."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from trade import eur, movement

from bocore import BackOffice, UnitOfWork
from bocore_catalog import Item, Tracking
from bocore_inventory import Location, LocationKind, Lot, OnHand, stock
from bocore_inventory.places import locations
from bocore_inventory.reserving import Demand, Promise, reserve

DAY = date(2026, 1, 10)


def item(bo: BackOffice, code: str, tracking: Tracking = Tracking.NONE) -> int:
    """A new item."""
    with bo.unit_of_work(actor="ann") as uow:
        return uow.add(Item(code=code, name=code.title(), tax_class="standard", tracking=tracking)).id


def place(uow: UnitOfWork, code: str, within: str | None = None, **more: Any) -> Location:
    """A new place."""
    parent = None if within is None else locations(uow, [within])[within].id
    return uow.add(Location(code=code, name=code.title(), kind=more.pop("kind", LocationKind.INTERNAL), parent_id=parent, **more))


def receive(bo: BackOffice, what: int, quantity: int | str, key: str, on: date = DAY, **more: Any) -> None:
    """Goods come in at one euro each."""
    with bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(what, quantity, on, key, cost=eur(str(Decimal(quantity))), **more)])


def promise(bo: BackOffice, what: int, quantity: int | str, key: str, **more: Any) -> Promise:
    """Reserve in a unit of work of its own."""
    with bo.unit_of_work(actor="ann") as uow:
        return reserve(uow, [Demand(key=key, item=what, quantity=Decimal(quantity), **more)])[0]


def there(bo: BackOffice, what: int) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Place and lot → what is there of an item, and what of that is reserved."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = uow.select(OnHand, item_id=what).all()
        places = uow.get_all(Location, {row.location_id for row in rows})
        lots = uow.get_all(Lot, {row.lot_id for row in rows if row.lot_id})
        return {
            (places[row.location_id].code, lots[row.lot_id].code if row.lot_id else ""): (row.quantity, row.reserved)
            for row in rows
            if row.quantity or row.reserved
        }
