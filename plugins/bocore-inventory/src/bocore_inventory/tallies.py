"""Counts: what was found is held against what the books have at that moment, and settled within a tolerance, or once it is confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import Finding, Source, UnitOfWork, same_person
from bocore_catalog import Item, Tracking
from bocore_inventory.as_of import below
from bocore_inventory.counts import Count, CountLine
from bocore_inventory.demand import Abc, abc
from bocore_inventory.lots import find_lots
from bocore_inventory.model import OWN, PLACES, Location, Lot, OnHand, Pool
from bocore_inventory.moving import move
from bocore_inventory.on_hand import locked, slot
from bocore_inventory.places import locations
from bocore_inventory.scales import minor
from bocore_inventory.settings import InventorySettings
from bocore_inventory.wanted import Wanted

BY = "inventory.count"
MOST = Decimal(10**12)


@attrs.frozen(kw_only=True)
class Tally:
    """So much was found.

    :param place: where; the place of the count without one.
    :param lot: lot or serial number, for items that are kept by these.
    :param new: the lot or serial number need not be known yet.
    :param at: where it was said, for what is wrong with it: a line of a file; its number among the others without one.
    """

    item: Item
    quantity: Decimal
    place: Location | None = None
    lot: str | None = None
    new: bool = False
    at: int | str | None = None


@attrs.frozen
class Checked:
    """What was found, with what is wrong with it, and the lines of the count that it is about."""

    found: Sequence[tuple[str, Decimal]]
    lines: Mapping[str, CountLine]
    findings: Sequence[Finding]


def enter_tallies(uow: UnitOfWork, count: Count, found: Sequence[Tally]) -> list[CountLine]:
    """Enter what was found of many items, all or none; what is within the tolerance is settled.

    :raises Refused: with everything that is wrong.
    """
    checked = look_at(uow, count, found)
    uow.refuse(*checked.findings)
    return note(uow, count, checked.found, checked.lines)


def look_at(uow: UnitOfWork, count: Count, found: Sequence[Tally]) -> Checked:
    """Everything that is wrong with what was found."""
    if count.state != "open":
        message = f"The count {count.number} is {count.state}."
        return Checked((), {}, [Finding("inventory.count", message, count, fix="Begin another: bo inventory start-count.")])
    home = uow.get(Location, count.location_id)
    inside = set(inside_of(uow, home))
    lots = _lots(uow, found)
    findings: list[Finding] = []
    good: list[tuple[Tally, str]] = []
    for number, one in enumerate(found, 1):
        one = attrs.evolve(one, at=f"line {number}") if one.at is None else one
        wrong = list(_wrong(one, home, inside, lots))
        findings += wrong
        if not wrong:
            good.append((one, _slot(one, home, lots)))
    lines = {line.slot: line for line in uow.children(count, CountLine)}
    findings += _twice(uow, good, lines)
    findings += _same_person(uow, good, lines)
    return Checked([(key, one.quantity) for one, key in good], lines, findings)


def _slot(one: Tally, home: Location, lots: Mapping[tuple[int, str], Lot]) -> str:
    lot = None if one.lot is None else lots[one.item.id, one.lot].id
    return slot((one.place or home).id, one.item.id, lot)


def _lots(uow: UnitOfWork, found: Sequence[Tally]) -> dict[tuple[int, str], Lot]:
    asked = {(one.item.id, one.lot): one for one in found if one.lot is not None}
    new = {pair for pair, one in asked.items() if one.new and one.item.tracking is not Tracking.NONE}
    known = find_lots(uow, asked, new=new)
    for one in found:
        if one.lot is not None and (one.item.id, one.lot) in new and (one.item.id, one.lot) not in known:
            known[one.item.id, one.lot] = uow.add(Lot(item_id=one.item.id, code=one.lot, serial=one.item.tracking is Tracking.SERIAL))
    return known


def _wrong(one: Tally, home: Location, inside: set[int], lots: Mapping[tuple[int, str], Lot]) -> Iterable[Finding]:
    at, code = one.at, one.item.code
    if not one.quantity.is_finite() or not 0 <= one.quantity < MOST or one.quantity != round(one.quantity, PLACES):
        fix = f"Give zero or more, with at most {PLACES} decimal places."
        yield Finding("inventory.quantity", f"{f'{one.quantity:f}'[:40]} of {code} can't be found.", at, "quantity", fix)
    if (one.place or home).id not in inside:
        message = f"{(one.place or home).code} is not a place within {home.code} where goods lie."
        yield Finding("inventory.place", message, at, "place", "Name a place within the one that is counted.")
    if (one.item.tracking is Tracking.NONE) != (one.lot is None):
        said = "is not kept by lots" if one.lot is not None else f"is kept by {one.item.tracking.value}: which one was found?"
        yield Finding("inventory.lot", f"{code} {said}", at, "lot", "Give the lot or serial number of items that have one.")
    elif one.lot is not None and (one.item.id, one.lot) not in lots:
        message = f"There is no lot or serial number {one.lot!r} of {code}."
        yield Finding("inventory.no_lot", message, at, "lot", "Read it again; if it is not known yet: --new.")
    elif one.item.tracking is Tracking.SERIAL and one.quantity not in (0, 1):
        message = f"{one.lot} is a single piece of {code}."
        yield Finding("inventory.serial", message, at, "quantity", "Give one, or zero where it is gone.")


def _twice(uow: UnitOfWork, found: Sequence[tuple[Tally, str]], lines: Mapping[str, CountLine]) -> Iterable[Finding]:
    """A piece that was found can't be found again somewhere else; a line that is settled is not counted again."""
    pieces = {line.lot_id: line.slot for line in lines.values() if line.lot_id is not None and line.counted}
    seen: set[str] = set()
    for one, key in found:
        lot = int(key.split(".")[2])
        piece = bool(one.quantity) and one.item.tracking is Tracking.SERIAL
        other = pieces.get(lot, key) if piece else key
        if other != key:
            where = uow.get(Location, int(other.split(".")[0])).code
            message = f"{one.lot} of {one.item.code} was counted in {where} already: there is only one of it."
            yield Finding("inventory.counted_twice", message, one.at, "lot", "Read the number again.")
        elif key in seen or (key in lines and lines[key].state == "settled"):
            what = f"{one.item.code}{f' of lot {one.lot}' if one.lot else ''}"
            fix = "Add up what lies in several spots; a settled line is counted in another count."
            yield Finding("inventory.counted_twice", f"{what} was counted there already.", one.at, "item", fix)
        elif piece:
            pieces[lot] = key
        seen.add(key)


def _same_person(uow: UnitOfWork, found: Sequence[tuple[Tally, str]], lines: Mapping[str, CountLine]) -> Iterable[Finding]:
    """Who found a difference does not confirm it himself, where the setting says so."""
    if not uow.settings(InventorySettings).count_second_by_another:
        return
    again = [(one, lines[key]) for one, key in found if key in lines and lines[key].state == "differs"]
    rows = locked(uow, [line.slot for _, line in again])
    for one, line in again:
        book = rows[line.slot].quantity if line.slot in rows else Decimal(0)
        if one.quantity - book == line.difference and same_person(uow, uow.actor, line.counted_by):
            message = f"You have found this difference of {one.item.code} yourself: somebody else is to confirm it."
            fix = "Let somebody else count it again; or have it accepted: bo inventory accept-count."
            yield Finding("inventory.same_counter", message, one.at, "item", fix)


def note(uow: UnitOfWork, count: Count, found: Sequence[tuple[str, Decimal]], lines: Mapping[str, CountLine]) -> list[CountLine]:
    """Write down what was found and what the books have now, and settle what is within the tolerance or was confirmed."""
    rows = locked(uow, [key for key, _ in found])
    noted, new = [], []
    for key, quantity in found:
        line = lines.get(key)
        if line is None:
            place, item, lot = (int(part) for part in key.split("."))
            line = CountLine(count_id=count.id, slot=key, item_id=item, location_id=place, lot_id=lot or None)
            new.append(line)
        line.before = line.difference if line.times else None
        line.book = rows[key].quantity if key in rows else Decimal(0)
        line.counted, line.counted_on, line.times = quantity, uow.today(), line.times + 1
        line.counted_by = uow.actor
        noted.append(line)
    uow.add_all(new, made_by=BY)
    prices = prices_of(uow, {line.item_id for line in noted})
    good = []
    for line in noted:
        row = rows.get(line.slot)
        short = row is not None and line.difference < 0 and row.quantity + line.difference < row.reserved
        if not short and (line.before == line.difference or _within(uow, line, prices.get(line.item_id))):
            good.append(line)
        else:
            uow.move(line, "doubt")
    uow.write(noted, made_by=BY)
    settle(uow, count, good)
    return noted


def prices_of(uow: UnitOfWork, items: Iterable[int]) -> dict[int, tuple[int, Decimal]]:
    """Item → value and quantity of its stock, or of what came in last."""
    found: dict[int, tuple[int, Decimal]] = {}
    for pool in uow.select(Pool, company_id=uow.company_id, item_id=sorted(set(items)), active=True):
        found[pool.item_id] = (pool.value, pool.quantity) if pool.quantity > 0 else (pool.unit_value, pool.unit_quantity)
    return found


def worth(difference: Decimal, price: tuple[int, Decimal] | None) -> int:
    """About what a difference is worth, in minor units."""
    if price is None or not price[1]:
        return 0
    return minor(int(price[0] * difference / price[1]))


def _within(uow: UnitOfWork, line: CountLine, price: tuple[int, Decimal] | None) -> bool:
    """Whether a difference is so small that nobody looks again."""
    settings = uow.settings(InventorySettings)
    if not line.difference:
        return True
    if abs(line.difference) * 100 > settings.count_tolerance_percent * abs(line.book or Decimal(0)):
        return False
    exponent = uow.tokens[uow.company.currency].exponent
    limit = settings.count_tolerance_value
    return limit is None or Decimal(abs(worth(line.difference, price))).scaleb(-exponent) <= limit


def settle(uow: UnitOfWork, count: Count, lines: Sequence[CountLine]) -> None:
    """Move what was found too much or too little from or to LOSS, as of the day on which it was counted."""
    differ = [line for line in lines if line.difference]
    loss = locations(uow, ["LOSS"])["LOSS"] if differ else None
    items = uow.get_all(Item, {line.item_id for line in differ})
    places = uow.get_all(Location, {line.location_id for line in differ})
    lots = uow.get_all(Lot, {line.lot_id for line in differ if line.lot_id is not None})
    wanted = []
    for line in differ:
        assert loss is not None
        place, gained = places[line.location_id], line.difference > 0
        wanted.append(
            Wanted(
                key=f"inventory.count:{line.id}:{line.times}",
                item=items[line.item_id],
                lot=None if line.lot_id is None else lots[line.lot_id],
                quantity=abs(line.difference),
                from_=loss if gained else place,
                to=place if gained else loss,
                on=line.counted_on or uow.today(),
                if_closed="next_open",
                source=Source(count, event="settled", label="Count {number}"),
                text=f"Count of {place.code}",
            )
        )
    made_now = move(uow, wanted) if wanted else []
    uow.flush()  # the moves, before lines name them
    for line, made in zip(differ, made_now, strict=True):
        line.move_id = made.move.id
    for line in lines:
        uow.move(line, "settle")
    uow.write(list(lines), made_by=BY)
    if all(line.state == "settled" for line in uow.children(count, CountLine)):
        uow.move(count, "settle")
        uow.write([count], made_by=BY)


def inside_of(uow: UnitOfWork, place: Location) -> list[int]:
    rows = uow.select(Location, company_id=uow.company_id).all()
    inside = below([place.id], {row.id: row.parent_id for row in rows})
    return sorted(row.id for row in rows if row.id in inside and row.kind in OWN)


# -- what is due


@attrs.frozen
class Due:
    """An item in a place, and when it is to be counted next."""

    item: int
    place: int
    abc: Abc
    last: date | None
    due_on: date


def due_lines(uow: UnitOfWork, places: Iterable[int]) -> list[Due]:
    """What lies in these places, and by which day it is to be counted: what never was, at once."""
    hand, line, count = OnHand.c, CountLine.c, Count.c
    inside = sorted(places)
    there = uow.rows(
        sa.select(hand.item_id, hand.location_id)
        .where(hand.company_id == uow.company_id, hand.location_id.in_(inside), hand.quantity != 0)
        .group_by(hand.item_id, hand.location_id)
    )
    statement = (
        sa.select(line.item_id, line.location_id, sa.func.max(line.counted_on))
        .where(line.count_id == count.id, count.company_id == uow.company_id, line.state == "settled", line.location_id.in_(inside))
        .group_by(line.item_id, line.location_id)
    )
    last = {(item, place): on for item, place, on in uow.rows(statement)}
    settings, of, today = uow.settings(InventorySettings), abc(uow, uow.today()), uow.today()
    every = {Abc.A: settings.count_a_days, Abc.B: settings.count_b_days, Abc.C: settings.count_c_days}
    found = []
    for item, place in there:
        mine, counted = of.get(item, Abc.C), last.get((item, place))
        found.append(Due(item, place, mine, counted, today if counted is None else counted + timedelta(days=every[mine])))
    return found
