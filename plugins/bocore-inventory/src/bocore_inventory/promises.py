"""What people do with promises of goods: reserve, release, and look at what is reserved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

import attrs

from bocore import JobBackOffice, Refused, UnitOfWork, job, report, service
from bocore_catalog import Item
from bocore_inventory.model import Location, Lot, OnHand
from bocore_inventory.promised import lift
from bocore_inventory.reservations import Reservation, Reserved
from bocore_inventory.reserving import Demand, Promise, reserve
from bocore_inventory.rights import CATALOG, MOVE, READ
from bocore_inventory.scales import quantities
from bocore_inventory.wanted import own_key


@service(MOVE, name="reserve", runs_with=[CATALOG])
def reserve_item(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    *,
    unit: str | None = None,
    location: Location | None = None,
    lot: str | None = None,
    expires: datetime | None = None,
    partial: bool = False,
    expired: bool = False,
    text: str = "",
    key: str | None = None,
) -> Promise:
    """Keep goods for somebody.

    :param quantity: in the unit.
    :param unit: the item's own without one.
    :param location: what lies in this place, or within it; STOCK without one.
    :param lot: the only lot or serial number that will do.
    :param expires: when the promise ends by itself.
    :param partial: less will do where there is not enough.
    :param expired: what has expired will do too.
    :param text: for whom, or what for.
    :param key: what makes it the same when it is said again.
    """
    demand = Demand(
        key=key or own_key("reservation"),
        item=item.id,
        quantity=quantity,
        unit=unit,
        location=None if location is None else location.code,
        lot=lot,
        expires=expires,
        partial=partial,
        expired=expired,
        text=text,
    )
    (answer,) = reserve(uow, [demand])
    if not answer.quantity:
        raise Refused(list(answer.findings))
    for finding in answer.findings:
        uow.warn(finding)
    return answer


@service(MOVE)
def release(uow: UnitOfWork, reservation: Reservation) -> Reservation:
    """Give back what is left of a reservation: others can have it."""
    if reservation.state != "open":
        uow.move(reservation, "release")  # refused: it says what can be done
    lift(uow, [reservation], "release")
    return reservation


@job("inventory.expire", cron="*/10 * * * *", permissions=[MOVE, CATALOG])
def expire(bo: JobBackOffice) -> int:
    """Give back what was reserved until now and not shipped; returns how many reservations ended."""
    with bo.unit_of_work(reason="Reservations that ended") as uow:
        due = uow.select(Reservation, state="open").where(Reservation.c.expires_at <= uow.now()).all()
        if due:
            lift(uow, due, "expire")
    return len(due)


@attrs.frozen(field_transformer=quantities)
class ReservedRow:
    """What is kept of an item in one place for one reservation."""

    reservation: str
    item: str
    location: str
    lot: str
    left: Decimal
    expires: datetime | None
    text: str


@report("inventory.reservations", permission=READ, runs_with=[CATALOG])
def reservations(uow: UnitOfWork, *, item: Item | None = None) -> Iterable[ReservedRow]:
    """Show what is reserved, for whom, and where it lies.

    :param item: of this item alone.
    """
    wanted = uow.select(Reservation, state="open", company_id=uow.company_id)
    if item is not None:
        wanted = wanted.where(Reservation.c.item_id == item.id)
    rows = wanted.order_by(Reservation.c.key).all()
    parts = uow.children(rows, Reserved)
    places = uow.get_all(OnHand, {part.on_hand_id for each in parts.values() for part in each})
    codes = uow.get_all(Location, {row.location_id for row in places.values()})
    lots = uow.get_all(Lot, {row.lot_id for row in places.values() if row.lot_id is not None})
    items = uow.get_all(Item, {row.item_id for row in rows})
    for row in rows:
        for part in parts[row.id]:
            if part.left:
                place = places[part.on_hand_id]
                lot = "" if place.lot_id is None else lots[place.lot_id].code
                yield ReservedRow(row.key, items[row.item_id].code, codes[place.location_id].code, lot, part.left, row.expires_at, row.text)
