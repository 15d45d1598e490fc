"""What people do with stock: goods come in, go out, and change places; costs are corrected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore import Money, UnitOfWork, service
from bocore_catalog import Item, StockAnswer, StockMovement
from bocore_inventory.model import Location
from bocore_inventory.movements import stock
from bocore_inventory.rights import MOVE


@service(MOVE)
def receive(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    *,
    cost: Money | None = None,
    unit: str | None = None,
    location: Location | None = None,
    lot: str | None = None,
    on: date | None = None,
    purpose: str = "grni",
    key: str | None = None,
) -> StockAnswer:
    """Take goods in.

    :param quantity: in the unit.
    :param cost: of all of it, such as "50.00 EUR"; as the last that came in without one.
    :param unit: the item's own without one.
    :param location: where they are put; STOCK without one.
    :param lot: lot or serial number, for items that are kept by these.
    :param on: the day on which they came; today without one.
    :param purpose: what the other side of the value is for: goods received and not invoiced, without one.
    :param key: what makes it the same when it is said again.
    """
    return _one(uow, item, quantity, "receipt", purpose, cost=cost, unit=unit, location=location, lot=lot, on=on, key=key)


@service(MOVE)
def ship(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    *,
    unit: str | None = None,
    location: Location | None = None,
    lot: str | None = None,
    on: date | None = None,
    purpose: str = "cogs",
    key: str | None = None,
) -> StockAnswer:
    """Send goods out.

    :param quantity: in the unit.
    :param unit: the item's own without one.
    :param location: where they are taken from; STOCK without one.
    :param lot: lot or serial number, for items that are kept by these.
    :param on: the day on which they left; today without one.
    :param purpose: what their cost is for: the cost of sales, without one.
    :param key: what makes it the same when it is said again.
    """
    return _one(uow, item, -quantity, "shipment", purpose, cost=None, unit=unit, location=location, lot=lot, on=on, key=key)


def _one(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    what: str,
    purpose: str,
    *,
    cost: Money | None,
    unit: str | None,
    location: Location | None,
    lot: str | None,
    on: date | None,
    key: str | None,
) -> StockAnswer:
    movement = StockMovement(
        key=key or f"inventory.{what}:{uow.unit}:{item.id}",
        item=item.id,
        quantity=quantity,
        unit=unit,
        location=None if location is None else location.code,
        lot=lot,
        counter_purpose=purpose,
        cost=cost,
        on=on,
    )
    return stock(uow, [movement])[0]
