"""What people do with stock: goods come in, go out, and change places; costs are corrected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import attrs

from bocore import Finding, Money, UnitOfWork, service
from bocore_catalog import Item, StockMovement
from bocore_inventory.model import Location, Lot
from bocore_inventory.reservations import Reservation
from bocore_inventory.rights import CATALOG, MOVE, VALUE
from bocore_inventory.wanted import own_key


@attrs.frozen(kw_only=True)
class Handled:
    """What came in or went out.

    :param cost: what the value of stock changed by; None for who may not see values.
    :param moves: ids of the moves.
    :param provisional: taken below zero: the cost will be settled by the next receipt.
    :param repeated: it had been done before; this is what was done then.
    """

    key: str
    cost: Money | None
    moves: tuple[int, ...]
    provisional: bool
    repeated: bool
    findings: tuple[Finding, ...]


def _handle(uow: UnitOfWork, movement: StockMovement) -> Handled:
    """Ask for a movement as any plugin does: the rights to values that it takes are the plugin's, and stay there."""
    (answer,) = uow.hook.bo_catalog_stock(uow=uow, movements=[movement])
    return Handled(
        key=answer.key,
        cost=answer.cost if uow.may(VALUE) else None,
        moves=answer.moves,
        provisional=answer.provisional,
        repeated=answer.repeated,
        findings=answer.findings,
    )


@service(MOVE, runs_with=[CATALOG])
def receive(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    *,
    cost: Money | None = None,
    unit: str | None = None,
    location: Location | None = None,
    lot: str | None = None,
    serials: list[str] | None = None,
    expires_on: date | None = None,
    on: date | None = None,
    purpose: str = "grni",
    key: str | None = None,
) -> Handled:
    """Take goods in.

    :param quantity: in the unit.
    :param cost: of all of it, such as "50.00 EUR"; as the last that came in without one.
    :param unit: the item's own without one.
    :param location: where they are put; STOCK without one.
    :param lot: lot or serial number, for items that are kept by these.
    :param serials: serial numbers of several pieces.
    :param expires_on: the last day on which the lot is good.
    :param on: the day on which they came; today without one.
    :param purpose: what the other side of the value is for: goods received and not invoiced, without one.
    :param key: what makes it the same when it is said again.
    """
    movement = StockMovement(
        key=key or own_key("receipt"),
        item=item.id,
        quantity=quantity,
        unit=unit,
        location=None if location is None else location.code,
        lot=lot,
        serials=tuple(serials or ()),
        expires_on=expires_on,
        counter_purpose=purpose,
        cost=cost,
        on=on,
    )
    return _handle(uow, movement)


@service(MOVE, runs_with=[CATALOG])
def ship(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    *,
    unit: str | None = None,
    location: Location | None = None,
    lot: str | None = None,
    serials: list[str] | None = None,
    reservation: Reservation | None = None,
    on: date | None = None,
    purpose: str = "cogs",
    key: str | None = None,
) -> Handled:
    """Send goods out.

    :param quantity: in the unit.
    :param unit: the item's own without one.
    :param location: where they are taken from; STOCK without one.
    :param lot: lot or serial number; of items that are kept by lots what expires first, without one.
    :param serials: serial numbers of several pieces.
    :param reservation: ship what was promised to this, from where it lies.
    :param on: the day on which they left; today without one.
    :param purpose: what their cost is for: the cost of sales, without one.
    :param key: what makes it the same when it is said again.
    """
    movement = StockMovement(
        key=key or own_key("shipment"),
        item=item.id,
        quantity=-quantity,
        unit=unit,
        location=None if location is None else location.code,
        lot=lot,
        serials=tuple(serials or ()),
        reservation=None if reservation is None else reservation.key,
        counter_purpose=purpose,
        on=on,
    )
    return _handle(uow, movement)


@service(MOVE)
def describe_lot(
    uow: UnitOfWork, lot: Lot, *, expires_on: date | None = None, made_on: date | None = None, supplier_lot: str | None = None
) -> Lot:
    """Say when a lot was made, until when it is good, and what its maker calls it.

    :param expires_on: the last day on which it is good.
    :param made_on: the day on which it was made.
    :param supplier_lot: its number there.
    """
    lot.expires_on = expires_on or lot.expires_on
    lot.made_on = made_on or lot.made_on
    lot.supplier_lot = lot.supplier_lot if supplier_lot is None else supplier_lot
    return lot
