"""Promises of goods: made in batches, lifted, and taken by what is shipped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

import attrs

from bocore import Finding, Severity, UnitOfWork
from bocore_catalog import Item, ItemKind, Tracking, to_base
from bocore_inventory.lots import find_lots, no_lot
from bocore_inventory.model import BelowZero, Location, Lot, OnHand
from bocore_inventory.on_hand import BY, slot
from bocore_inventory.places import locations
from bocore_inventory.reservations import RESERVED_BY, Reservation, Reserved
from bocore_inventory.scales import shown
from bocore_inventory.settings import InventorySettings
from bocore_inventory.shelves import Removal, Shelves, within
from bocore_inventory.wanted import digest

ZERO = Decimal(0)
CHUNK = 500


@attrs.frozen(kw_only=True)
class Demand:
    """So much of an item is to be kept for somebody.

    :param key: unique for ever, of the caller: ``"sales.order:17:1"``; the same again gives the first answer.
    :param item: id of the item.
    :param quantity: in ``unit``.
    :param unit: the item's unit without one.
    :param location: code of a place: what lies in it, or in any place within it; STOCK without one.
    :param lot: code of the only lot or serial number that will do.
    :param expires: when the promise ends by itself.
    :param partial: less will do where there is not enough.
    :param expired: what has expired will do too.
    :param removal: what is promised first; as set without one.
    """

    key: str
    item: int
    quantity: Decimal
    unit: str | None = None
    location: str | None = None
    lot: str | None = None
    expires: datetime | None = None
    partial: bool = False
    expired: bool = False
    removal: Removal | None = None
    text: str = ""


@attrs.frozen(kw_only=True)
class PromisedPart:
    """How much was promised of what lies in one place.

    :param location, lot: their codes.
    """

    location: str
    quantity: Decimal
    lot: str | None = None


@attrs.frozen(kw_only=True)
class Promise:
    """What was promised.

    :param quantity: in the item's unit; zero where there is not enough, and then ``findings`` say how much there is.
    :param short: what of the demand was not promised.
    :param repeated: it had been promised before; this is what was promised then.
    """

    key: str
    quantity: Decimal
    short: Decimal
    reservation: int | None = None
    parts: tuple[PromisedPart, ...] = ()
    repeated: bool = False
    findings: tuple[Finding, ...] = ()


@attrs.define(eq=False)
class _Asked:
    """A demand with its rows looked up."""

    demand: Demand
    item: Item
    quantity: Decimal
    place: Location
    lot: Lot | None

    @property
    def request(self) -> str:
        lot, quantity = self.lot and self.lot.id, f"{self.quantity.normalize():f}"
        return digest([self.item.id, lot, quantity, self.place.id, self.demand.partial, self.demand.expired])


def reserve(uow: UnitOfWork, demands: Sequence[Demand]) -> list[Promise]:
    """Keep goods for these demands, in their order; what there is not enough of comes back as a finding of its answer.

    :raises Refused: a demand that makes no sense, and then nothing is promised.
    """
    asked = _look_up(uow, demands)
    known = uow.find_all(Reservation, key=[one.key for one in demands])
    uow.refuse(*_check(asked, known))
    new = [one for one in asked if one.demand.key not in known]
    tops = within(uow, {one.place.id: one.place for one in new}.values())
    places = {ident: place for each in tops.values() for ident, place in each.items()}
    shelves = Shelves.of(uow, {one.item.id for one in new}, places, _opened(uow, new, tops))
    made: list[tuple[Reservation, list[tuple[OnHand, Decimal]]]] = []
    answers: dict[str, Promise] = {}
    removal = Removal(uow.settings(InventorySettings).removal)
    for one in new:
        parts = _parts(uow, one, shelves, tops[one.place.id], removal)
        quantity = sum((take for _, take in parts), ZERO)
        findings = () if quantity == one.quantity else (_short(one, quantity, shelves, tops[one.place.id]),)
        if quantity < one.quantity and not one.demand.partial:
            for row, take in parts:
                shelves.given[row.id] -= take
            parts, quantity = [], ZERO
        if parts:
            made.append((_row(one, quantity), parts))
        answers[one.demand.key] = Promise(key=one.demand.key, quantity=quantity, short=one.quantity - quantity, findings=findings)
    _keep(uow, made)
    earlier = uow.children(list(known.values()), Reserved) if known else {}
    told = {row.key: (row, [(part.on_hand_id, part.promised) for part in earlier[row.id]]) for row in known.values()}
    told |= {row.key: (row, [(place.id, take) for place, take in parts]) for row, parts in made}
    return _tell(uow, demands, answers, told, frozenset(known))


def _row(one: _Asked, quantity: Decimal) -> Reservation:
    return Reservation(
        key=one.demand.key,
        item_id=one.item.id,
        location_id=one.place.id,
        lot_id=None if one.lot is None else one.lot.id,
        asked=one.quantity,
        promised=quantity,
        left=quantity,
        expires_at=one.demand.expires,
        text=one.demand.text,
        request=one.request,
    )


def _parts(
    uow: UnitOfWork, one: _Asked, shelves: Shelves, places: Mapping[int, Location], removal: Removal
) -> list[tuple[OnHand, Decimal]]:
    """What is promised of what lies where; the rest of what is not there, where that place may fall below zero."""
    lot = None if one.lot is None else one.lot.id
    found = shelves.pick(
        one.item.id,
        places,
        one.quantity,
        on=uow.today(),
        lot=lot,
        expired=one.demand.expired,
        removal=one.demand.removal or removal,
    )
    rest = one.quantity - sum((take for _, take in found), ZERO)
    if rest and _may_lack(one, places):
        key = _slot(one)
        row = next(row for row in shelves.rows[one.item.id] if row.slot == key)
        shelves.given[row.id] = shelves.given.get(row.id, ZERO) + rest
        found = [(each, take) for each, take in found if each is not row] + [
            (row, rest + sum((take for each, take in found if each is row), ZERO))
        ]
    return found


def _opened(uow: UnitOfWork, new: Iterable[_Asked], tops: Mapping[int, Mapping[int, Location]]) -> dict[str, Callable[[], OnHand]]:
    """Slot → its row, of the places that may be promised from though nothing lies there."""

    def row(key: str, one: _Asked) -> OnHand:
        lot = None if one.lot is None else one.lot.id
        return OnHand(slot=key, item_id=one.item.id, location_id=one.place.id, lot_id=lot, last_on=uow.today())

    return {(key := _slot(one)): partial(row, key, one) for one in new if _may_lack(one, tops[one.place.id])}


def _slot(one: _Asked) -> str:
    return slot(one.place.id, one.item.id, None if one.lot is None else one.lot.id)


def _may_lack(one: _Asked, places: Mapping[int, Location]) -> bool:
    """Whether more may be promised than is there: where the place may fall below zero, and it is clear of what."""
    place = places.get(one.place.id)
    which = one.item.tracking is Tracking.NONE or (one.lot is not None and not one.lot.serial)
    return place is not None and place.below_zero is BelowZero.ALLOW and which


def _keep(uow: UnitOfWork, made: Sequence[tuple[Reservation, list[tuple[OnHand, Decimal]]]]) -> None:
    rows: dict[int, OnHand] = {}
    for _, parts in made:
        for row, take in parts:
            row.reserved += take
            rows[row.id] = row
    uow.add_all([reservation for reservation, _ in made], made_by=RESERVED_BY)
    uow.add_all(
        [
            Reserved(reservation_id=reservation.id, on_hand_id=row.id, promised=take, left=take)
            for reservation, parts in made
            for row, take in parts
        ],
        made_by=RESERVED_BY,
    )
    uow.write(list(rows.values()), made_by=BY)


def _tell(
    uow: UnitOfWork,
    demands: Sequence[Demand],
    answers: Mapping[str, Promise],
    told: Mapping[str, tuple[Reservation, list[tuple[int, Decimal]]]],
    repeated: frozenset[str],
) -> list[Promise]:
    """The answers with what was promised of what lies where."""
    rows = uow.get_all(OnHand, {ident for _, parts in told.values() for ident, _ in parts})
    places = uow.get_all(Location, {row.location_id for row in rows.values()})
    lots = uow.get_all(Lot, {row.lot_id for row in rows.values() if row.lot_id is not None})
    found = []
    for one in demands:
        answer = answers.get(one.key)
        if one.key in told:
            reservation, parts = told[one.key]
            answer = Promise(
                key=one.key,
                quantity=reservation.promised,
                short=reservation.asked - reservation.promised,
                reservation=reservation.id,
                parts=tuple(_part(rows[ident], take, places, lots) for ident, take in parts),
                repeated=one.key in repeated,
                findings=() if answer is None else answer.findings,
            )
        assert answer is not None
        found.append(answer)
    return found


def _part(row: OnHand, take: Decimal, places: Mapping[int, Location], lots: Mapping[int, Lot]) -> PromisedPart:
    return PromisedPart(location=places[row.location_id].code, quantity=take, lot=None if row.lot_id is None else lots[row.lot_id].code)


# -- what is asked for


def _look_up(uow: UnitOfWork, demands: Sequence[Demand]) -> list[_Asked]:
    items = uow.get_all(Item, {one.item for one in demands})
    uow.refuse(
        *(
            Finding("inventory.no_item", f"There is no item {one.item}.", one.key, "item", "Look it up by its code.")
            for one in demands
            if one.item not in items
        )
    )
    quantities = to_base(uow, [items[one.item] for one in demands], [one.quantity for one in demands], [one.unit for one in demands])
    places = locations(uow, {one.location or "STOCK" for one in demands})
    lots = find_lots(uow, ((one.item, one.lot) for one in demands if one.lot is not None))
    uow.refuse(*(no_lot(items[one.item], one.lot, one.key) for one in demands if one.lot is not None and (one.item, one.lot) not in lots))
    return [
        _Asked(one, items[one.item], quantity, places[one.location or "STOCK"], None if one.lot is None else lots[one.item, one.lot])
        for one, quantity in zip(demands, quantities, strict=True)
    ]


def _check(asked: Sequence[_Asked], known: Mapping[str, Reservation]) -> Iterable[Finding]:
    seen: set[str] = set()
    for one in asked:
        key, item = one.demand.key, one.item
        if key in seen:
            yield Finding("inventory.key", f"Two demands have the key {key}.", key, "key", "Give each a key of its own.")
        seen.add(key)
        if key in known and known[key].request != one.request:
            message = f"The reservation {key} was made before, and for something else."
            yield Finding("inventory.key", message, key, "key", "Give it a key of its own, or ask for what was asked for then.")
        if one.quantity <= 0:
            message = f"{shown(one.quantity)} of {item.code} can't be reserved."
            yield Finding("inventory.quantity", message, key, "quantity", "Give more than zero.")
        if item.kind is not ItemKind.GOODS:
            message = f"{item.code} is a {item.kind.value.replace('_', ' ')}: no stock is kept of it."
            yield Finding("inventory.not_stocked", message, key, "item", "Reserve goods; a kit by its parts.")


def _short(one: _Asked, quantity: Decimal, shelves: Shelves, places: Mapping[int, Location]) -> Finding:
    """Not enough is free, and perhaps why."""
    lot = None if one.lot is None else one.lot.id
    old = sum((max(shelves.free(row), ZERO) for row in shelves.rows.get(one.item.id, ()) if _unused(row, places, lot)), ZERO)
    what = f"{one.item.code}{'' if one.lot is None else f' of lot {one.lot.code}'}"
    message = f"{shown(one.quantity)} of {what} are to be reserved in {one.place.code}, and {shown(quantity)} are free there."
    if old and not one.demand.expired:
        message += f" {shown(old)} more have expired."
    fix = "Ask for what there is (partial), release another reservation, or receive goods first."
    severity = Severity.WARNING if quantity and one.demand.partial else Severity.ERROR
    return Finding("inventory.short", message, one.demand.key, "quantity", fix, severity)


def _unused(row: OnHand, places: Mapping[int, Location], lot: int | None) -> bool:
    return row.location_id in places and (lot is None or row.lot_id == lot)
