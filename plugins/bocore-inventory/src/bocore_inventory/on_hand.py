"""How much lies where: rows that are locked in one order, and never fall below what a place allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from bocore import Finding, Severity, UnitOfWork
from bocore_inventory.model import OWN, BelowZero, Location, Move, OnHand
from bocore_inventory.scales import shown
from bocore_inventory.wanted import Wanted

ZERO = Decimal(0)
BY = "inventory.move"


def slot(location: int, item: int, lot: int | None) -> str:
    """The key of the row for an item, or a lot of it, in a place."""
    return f"{location}.{item}.{lot or 0}"


def locked(uow: UnitOfWork, slots: Iterable[str]) -> dict[str, OnHand]:
    """Slot → row, for those that there are: locked in the order of their ids until the end of the unit of work."""
    wanted = sorted(set(slots))
    ids = [row[0] for start in range(0, len(wanted), 500) for row in uow.rows(_ids(wanted[start : start + 500]))]
    return {row.slot: row for row in uow.get_all(OnHand, ids, lock=True).values()}


def _ids(slots: Sequence[str]) -> sa.Select[tuple[int]]:
    return sa.select(OnHand.c.id).where(OnHand.c.slot.in_(slots))


def take_effect(uow: UnitOfWork, wanted: Sequence[Wanted]) -> list[Finding]:
    """Change what lies where by these movements; what falls below zero, and what is promised to others, comes back as findings."""
    sides = [(_slot(one, place), one, place, sign) for one in wanted for place, sign in ((one.from_, -1), (one.to, 1)) if place.kind in OWN]
    opens = {key: (one, place) for key, one, place, _ in reversed(sides)}

    def new(key: str) -> OnHand:
        one, place = opens[key]
        lot = None if one.lot is None else one.lot.id
        return OnHand(slot=key, item_id=one.item.id, location_id=place.id, lot_id=lot, last_on=one.on)

    rows = uow.find_or_add(OnHand, new, slot=[key for key, *_ in sides], lock=True, made_by=BY)
    findings: list[Finding] = []
    changed: dict[str, list[tuple[Wanted, Decimal]]] = {}
    late: set[str] = set()
    for key, one, place, sign in sides:
        row = rows[key]
        change = one.quantity * sign
        row.quantity += change
        changed.setdefault(key, []).append((one, change))
        if one.on < row.last_on:
            late.add(key)
        else:
            row.last_on = one.on
        if sign < 0:
            findings += _below(one, place, row)
    for key in sorted(late):
        changes = changed[key]
        first = changes[0][0]
        place = first.from_ if _slot(first, first.from_) == key else first.to
        if place.below_zero is not BelowZero.ALLOW and any(change < 0 for _, change in changes):
            findings += _below_later(uow, place, rows[key], changes)
    if not any(each.severity is Severity.ERROR for each in findings):
        uow.write(list(rows.values()), made_by=BY)
    return findings


def _slot(one: Wanted, place: Location) -> str:
    return slot(place.id, one.item.id, None if one.lot is None else one.lot.id)


def _below(one: Wanted, place: Location, row: OnHand) -> list[Finding]:
    """What is wrong with taking this out, as things lie now."""
    free = row.quantity - (ZERO if one.takes_reserved else row.reserved)
    if free >= 0 or place.below_zero is BelowZero.ALLOW:
        return []
    there = free + one.quantity
    what = f"{one.item.code}{f' of lot {one.lot.code}' if one.lot is not None else ''}"
    if row.quantity < 0:
        message = f"There are {shown(there)} of {what} in {place.code}, and {shown(one.quantity)} are to go out on {one.on}."
        fix = "Receive or count the goods first, or let the place fall below zero (bo inventory set-location)."
    else:
        message = f"There are {shown(there)} of {what} in {place.code} that are not reserved, and {shown(one.quantity)} are to go out."
        fix = "Release a reservation, or take goods from another place."
    return [finding("inventory.below_zero", message, one.key, place, fix)]


def _below_later(uow: UnitOfWork, place: Location, row: OnHand, changes: Sequence[tuple[Wanted, Decimal]]) -> list[Finding]:
    """The first day from a late movement on on which a place would hold less than nothing, and the move that does it."""
    later = history(uow, row, min(one.on for one, _ in changes))
    everything = sorted([*later, *((one.on, 2**62, change, one.key) for one, change in changes)])
    balance = row.quantity - sum((change for _, _, change, _ in everything), ZERO)
    for on, _, change, key in everything:
        balance += change
        if balance < 0 and change < 0:
            one = min((one for one, change in changes if change < 0), key=lambda each: each.on)
            taken = f"{shown(one.quantity)} of {one.item.code} taken out of {place.code} on {one.on}"
            message = f"{taken} would leave {shown(balance)} there on {on}, after {key}."
            fix = "Enter what came in before that day first, or take the goods from another place."
            return [finding("inventory.below_zero", message, one.key, place, fix)]
    return []


def history(uow: UnitOfWork, row: OnHand, since: date) -> list[tuple[date, int, Decimal, str]]:
    """Day, id, change and key of each move of what lies in a place, from a day on."""
    move, lot = Move.c, Move.c.lot_id.is_(None) if row.lot_id is None else Move.c.lot_id == row.lot_id
    found = []
    for column, sign in ((move.to_id, 1), (move.from_id, -1)):
        statement = sa.select(move.on, move.id, move.quantity, move.key).where(
            move.item_id == row.item_id, lot, column == row.location_id, move.on >= since
        )
        found += [(on, ident, quantity * sign, key) for on, ident, quantity, key in uow.rows(statement)]
    return found


def finding(code: str, message: str, at: object, place: Location, fix: str) -> Finding:
    """An error, or a warning where the place only warns."""
    severity = Severity.WARNING if place.below_zero is BelowZero.WARN else Severity.ERROR
    return Finding(code, message, at, "quantity", fix, severity)
