"""Lots and serial numbers: found by their codes, made where they come in, and each piece in one place only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from bocore import Finding, UnitOfWork
from bocore_catalog import Item, StockMovement, Tracking
from bocore_inventory.model import OWN, Location, Lot, Move
from bocore_inventory.wanted import Wanted

SHARES = 256
"""Locks by which new lots are divided, by their items: a delivery may bring more items than a server has room for locks."""


def no_lot(item: Item, code: str, at: object) -> Finding:
    """There is no such lot."""
    message = f"There is no lot or serial number {code!r} of {item.code}."
    return Finding("inventory.no_lot", message, at, "lot", "Look at what there is: bo report inventory.lots.")


def find_lots(uow: UnitOfWork, wanted: Iterable[tuple[int, str]], *, new: Iterable[tuple[int, str]] = ()) -> dict[tuple[int, str], Lot]:
    """Item and code → lot or serial number, of those that there are.

    :param new: those of them that the caller makes where they are missing: until the end of the unit of work nobody else does.
    """
    asked = set(wanted)
    found = _lots(uow, asked)
    missing = {item for item, code in new if (item, code) not in found}
    if missing:
        uow.hold(*(f"inventory.lots {item % SHARES}" for item in missing))
        found = _lots(uow, asked)
    return found


def _lots(uow: UnitOfWork, asked: set[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
    codes = sorted({code for _, code in asked})
    rows = uow.select(Lot, company_id=uow.company_id, code=codes) if codes else ()
    return {(row.item_id, row.code): row for row in rows if (row.item_id, row.code) in asked}


def lots_named(uow: UnitOfWork, movements: Sequence[StockMovement], items: Mapping[int, Item]) -> dict[tuple[int, str], Lot]:
    """Item and code → lot or serial number that these movements name: made where it comes in for the first time."""
    named = [((one.item, code), one) for one in movements for code in (*one.serials, *([one.lot] if one.lot is not None else []))]
    found = find_lots(uow, (pair for pair, _ in named), new=(pair for pair, one in named if _comes(one)))
    findings: list[Finding] = []
    for (item, code), one in named:
        if (item, code) in found:
            findings += _other_expiry(items[item], found[item, code], one)
        elif _comes(one):
            serial = items[item].tracking is Tracking.SERIAL
            came = one.on or uow.today()
            found[item, code] = uow.add(Lot(item_id=item, code=code, serial=serial, expires_on=one.expires_on, came_on=came))
        else:
            findings.append(no_lot(items[item], code, one.key))
    uow.refuse(*findings)
    return found


def _comes(one: StockMovement) -> bool:
    return one.quantity > 0 and one.returns is None


def _other_expiry(item: Item, lot: Lot, one: StockMovement) -> Iterable[Finding]:
    """A lot has one day on which it expires; what was not known of it is taken over."""
    if one.expires_on is None or one.quantity <= 0:
        return
    if lot.expires_on is None:
        lot.expires_on = one.expires_on
    elif lot.expires_on != one.expires_on:
        message = f"Lot {lot.code} of {item.code} expires on {lot.expires_on}, not on {one.expires_on}."
        fix = "Give it a lot number of its own, or correct the lot: bo inventory describe-lot."
        yield Finding("inventory.expiry", message, one.key, "expires_on", fix)


# -- one piece, one place


def misplaced(uow: UnitOfWork, wanted: Sequence[Wanted]) -> Iterable[Finding]:
    """Pieces that would be in two places, or are not where they are taken from: a serial number goes from where it went last."""
    mine = [one for one in wanted if one.lot is not None and one.lot.serial]
    if not mine:
        return
    lots = uow.get_all(Lot, {one.lot.id for one in mine if one.lot is not None}, lock=True)
    where = _where(uow, list(lots))
    places = uow.get_all(Location, {place for place in where.values() if place is not None})
    codes = {row.id: row for row in places.values()} | {place.id: place for one in mine for place in (one.from_, one.to)}
    for one in mine:
        assert one.lot is not None
        now = where.get(one.lot.id)
        piece = f"{one.lot.code} of {one.item.code}"
        if now is not None and now != one.from_.id:
            place = codes[now]
            if place.kind in OWN and one.from_.kind not in OWN:
                message = f"{piece} is in {place.code} already: it can't come in once more."
                yield Finding("inventory.serial", message, one.key, "serials", "Look at the number; there is one piece of each.")
            else:
                fix = f"Take it from {place.code}" + ("." if place.kind in OWN else ", as a return of the movement by which it went there.")
                yield Finding("inventory.serial", f"{piece} is not in {one.from_.code}: it is in {place.code}.", one.key, "serials", fix)
        elif now is None and one.from_.kind in OWN:
            message = f"{piece} is not in {one.from_.code}, and nowhere else."
            yield Finding("inventory.serial", message, one.key, "serials", "Receive it first, or look at the number.")
        where[one.lot.id] = one.to.id


def _where(uow: UnitOfWork, lots: Sequence[int]) -> dict[int, int | None]:
    """Serial number → the place in which its moves have left it."""
    sums: dict[tuple[int, int], Decimal] = {}
    move = Move.c
    for start in range(0, len(lots), 500):
        mine = move.lot_id.in_(lots[start : start + 500])
        for column, sign in ((move.to_id, 1), (move.from_id, -1)):
            statement = sa.select(move.lot_id, column, sa.func.sum(move.quantity)).where(mine).group_by(move.lot_id, column)
            for lot, place, quantity in uow.rows(statement):
                sums[lot, place] = sums.get((lot, place), Decimal(0)) + quantity * sign
    return {lot: place for (lot, place), quantity in sums.items() if quantity > 0}
