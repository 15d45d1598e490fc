"""What lies where and what pools come to, reckoned again from moves and entries, which never change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zlib import crc32

import attrs
import sqlalchemy as sa

from bocore import Entity, Finding, Money, UnitOfWork
from bocore_catalog import Item
from bocore_inventory.apart import top_of
from bocore_inventory.as_of import places, quantities
from bocore_inventory.costing import replayed
from bocore_inventory.following import links
from bocore_inventory.histories import costs_of
from bocore_inventory.model import (
    FINE,
    Entry,
    EntryKind,
    Follow,
    Location,
    Lot,
    Method,
    Move,
    OnHand,
    PackedMonth,
    Pool,
    PoolDay,
    PoolMonth,
)
from bocore_inventory.on_hand import slot
from bocore_inventory.packing import packed_anew, same
from bocore_inventory.pools import Standing, month_of
from bocore_inventory.reservations import Reserved
from bocore_inventory.scales import minor, shown

ZERO = Decimal(0)
Sums = dict[str, Any]


@attrs.frozen
class Difference:
    """A row that is not as what it is derived from says.

    :param row: its id; None where it is missing.
    :param have: its fields; zero where it is missing.
    :param want: what they should be.
    """

    cls: type[Entity]
    slot: str
    row: int | None
    name: str
    have: Sums
    want: Sums

    @property
    def finding(self) -> Finding:
        """What is wrong, for people."""
        wrong = [
            f"{field} is {_text(self.have[field])} and should be {_text(value)}"
            for field, value in self.want.items()
            if self.have[field] != value
        ]
        at = f"{self.cls.c.id.table.name} {self.slot}"
        message = f"{self.name}: {', '.join(wrong)}."
        return Finding("inventory.derived", message, at, fix="Ask who changed the database, then: bo inventory rebuild.")


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return f"packed rows {crc32(value):08x}"
    return shown(value) if isinstance(value, Decimal) else str(value)


def differences(uow: UnitOfWork) -> Iterator[Difference]:
    """Every row of the unit's company that differs."""
    names = _Names.of(uow)
    yield from _on_hand(uow, names)
    yield from _pools(uow, names)
    yield from _days(uow, names)
    yield from _months(uow, names)
    yield from _packed(uow, names)


@attrs.frozen
class _Names:
    items: Mapping[int, str]
    places: Mapping[int, str]
    lots: Mapping[int, str]
    pools: Mapping[int, tuple[int, int | None, int | None]]

    @classmethod
    def of(cls, uow: UnitOfWork) -> _Names:
        item, place, lot, pool = Item.c, Location.c, Lot.c, Pool.c
        pools = sa.select(pool.id, pool.item_id, pool.lot_id, pool.location_id).where(pool.company_id == uow.company_id)
        return cls(
            {ident: code for ident, code in uow.rows(sa.select(item.id, item.code))},
            {ident: code for ident, code in uow.rows(sa.select(place.id, place.code))},
            {ident: code for ident, code in uow.rows(sa.select(lot.id, lot.code))},
            {row[0]: (row[1], row[2], row[3]) for row in uow.rows(pools)},
        )

    def of_slot(self, key: str) -> str:
        place, item, lot = (int(part) for part in key.split("."))
        return f"{self.items[item]}{f' of lot {self.lots[lot]}' if lot else ''} in {self.places[place]}"

    def of_pool(self, key: str) -> str:
        item, lot, place = self.pools[int(key.split(".")[0])]
        rest = key.split(".")[1:2]
        where = f" in {self.places[place]}" if place else ""
        return f"{self.items[item]}{f' of lot {self.lots[lot]}' if lot else ''}{where}{f', {rest[0]}' if rest else ''}"


def _compare(
    cls: type[Entity], rows: Iterable[Any], want: Mapping[str, Sums], fields: tuple[str, ...], name: Callable[[str], str]
) -> Iterator[Difference]:
    """Rows (id, slot, fields) beside what they should be."""
    seen = set()
    for ident, key, *values in rows:
        seen.add(key)
        have = dict(zip(fields, values, strict=True))
        expected = {field: want.get(key, {}).get(field, 0) for field in fields}
        if any(have[field] != expected[field] for field in fields):
            yield Difference(cls, key, ident, name(key), have, expected)
    for key, sums in want.items():
        if key not in seen and any(sums.values()):
            yield Difference(cls, key, None, name(key), dict.fromkeys(fields, 0), dict(sums))


def _on_hand(uow: UnitOfWork, names: _Names) -> Iterator[Difference]:
    hand = OnHand.c
    rows = uow.rows(sa.select(hand.id, hand.slot, hand.quantity, hand.reserved).where(hand.company_id == uow.company_id))
    want: dict[str, Sums] = {key: {"quantity": ZERO, "reserved": ZERO} for _, key, _, _ in rows}
    for (place, item, lot), quantity in quantities(uow, None, "effective").items():
        want.setdefault(slot(place, item, lot), {"reserved": ZERO})["quantity"] = quantity
    promised = (
        sa.select(hand.slot, sa.func.sum(Reserved.c.left))
        .join(Reserved.c.id.table, Reserved.c.on_hand_id == hand.id)
        .where(hand.company_id == uow.company_id)
        .group_by(hand.slot)
    )
    for key, left in uow.rows(promised):
        want[key]["reserved"] = left
    yield from _compare(OnHand, rows, want, ("quantity", "reserved"), names.of_slot)


def _pools(uow: UnitOfWork, names: _Names) -> Iterator[Difference]:
    pool, entry = Pool.c, Entry.c
    zero: Sums = {"quantity": ZERO, "value": 0, "received": ZERO, "issued": ZERO, "followed": False}
    want: dict[str, Sums] = {str(ident): dict(zero) for ident in names.pools}
    follow = Follow.c.pool_id
    for (ident,) in uow.rows(sa.select(follow).where(follow.in_(list(names.pools))).distinct()) if names.pools else ():
        want[str(ident)]["followed"] = True
    statement = sa.select(entry.pool_id, entry.kind, sa.func.sum(entry.quantity), sa.func.sum(entry.value))
    for ident, kind, quantity, value in uow.rows(statement.where(entry.company_id == uow.company_id).group_by(entry.pool_id, entry.kind)):
        sums = want[str(ident)]
        sums["value"] += int(value)
        if kind == EntryKind.RECEIPT:
            sums["received"] += quantity
        elif kind == EntryKind.ISSUE:
            sums["issued"] += quantity
    rows = []
    listed = sa.select(pool.id, pool.quantity, pool.value, pool.received, pool.issued, pool.followed, pool.active)
    for ident, quantity, value, received, issued, followed, active in uow.rows(listed.where(pool.company_id == uow.company_id)):
        sums = want[str(ident)]
        sums["quantity"] = sums["received"] - sums["issued"] if active else ZERO
        rows.append((ident, str(ident), quantity, value, received, issued, followed))
    yield from _compare(Pool, rows, want, tuple(zero), names.of_pool)


def _days(uow: UnitOfWork, names: _Names) -> Iterator[Difference]:
    day, pool, entry = PoolDay.c, Pool.c, Entry.c
    want: dict[str, Sums] = {}
    statement = sa.select(entry.pool_id, entry.place_on, entry.kind, sa.func.sum(entry.quantity), sa.func.sum(entry.value)).where(
        entry.company_id == uow.company_id, entry.kind.in_((EntryKind.RECEIPT, EntryKind.COST, EntryKind.ISSUE))
    )
    for ident, on, kind, quantity, value in uow.rows(statement.group_by(entry.pool_id, entry.place_on, entry.kind)):
        sums = want.setdefault(f"{ident}.{on.isoformat()}", {"received": ZERO, "received_value": 0, "issued": ZERO})
        if kind == EntryKind.ISSUE:
            sums["issued"] += quantity
        else:
            sums["received"] += quantity
            sums["received_value"] += int(value)
    listed = sa.select(day.id, day.slot, day.received, day.received_value, day.issued).where(
        day.pool_id == pool.id, pool.company_id == uow.company_id
    )
    yield from _compare(PoolDay, uow.rows(listed), want, ("received", "received_value", "issued"), names.of_pool)


def _months(uow: UnitOfWork, names: _Names) -> Iterator[Difference]:
    month, pool, entry = PoolMonth.c, Pool.c, Entry.c
    want: dict[str, Sums] = {}
    statement = sa.select(
        entry.pool_id, entry.place_on, entry.month, entry.counter_id, sa.func.sum(entry.quantity), sa.func.sum(entry.value)
    ).where(entry.company_id == uow.company_id, entry.kind.in_((EntryKind.ISSUE, EntryKind.DELTA)))
    for ident, on, of, counter, quantity, value in uow.rows(
        statement.group_by(entry.pool_id, entry.place_on, entry.month, entry.counter_id)
    ):
        sums = want.setdefault(f"{ident}.{of or month_of(on)}.{counter}", {"quantity": ZERO, "cost": 0})
        sums["quantity"] += quantity
        sums["cost"] -= int(value)
    listed = sa.select(month.id, month.slot, month.quantity, month.cost).where(month.pool_id == pool.id, pool.company_id == uow.company_id)
    yield from _compare(PoolMonth, uow.rows(listed), want, ("quantity", "cost"), names.of_pool)


def _packed(uow: UnitOfWork, names: _Names) -> Iterator[Difference]:
    month, pools = PackedMonth.c, uow.get_all(Pool, names.pools)
    listed = sa.select(month.id, month.slot, month.pool_id, month.month).where(month.pool_id.in_(pools), month.stale.is_(False))
    for ident, key, pool, on in uow.rows(listed.order_by(month.slot)) if pools else ():
        ((have,),) = uow.rows(sa.select(month.moves).where(month.id == ident))
        want = packed_anew(uow, Standing.of(pools[pool], None), on)
        if not same(have, want):
            yield Difference(PackedMonth, key, ident, names.of_pool(key), {"moves": have}, {"moves": want})


# -- what is written once


def contradictions(uow: UnitOfWork) -> Iterator[Finding]:
    """Moves and entries that contradict each other: no sum can set that right."""
    own, entry, move = set(places(uow)), Entry.c, Move.c
    statement = sa.select(entry.move_id, entry.kind, sa.func.sum(entry.quantity)).where(
        entry.company_id == uow.company_id, entry.move_id.is_not(None), entry.kind.in_((EntryKind.RECEIPT, EntryKind.ISSUE))
    )
    valued: dict[int, dict[str, Decimal]] = {}
    for ident, kind, quantity in uow.rows(statement.group_by(entry.move_id, entry.kind)):
        valued.setdefault(ident, {})[kind] = abs(quantity)
    fix = "Ask who changed the database: bo audit verify names what was altered."
    listed = sa.select(move.id, move.key, move.from_id, move.to_id, move.quantity).where(move.company_id == uow.company_id)
    for ident, key, from_id, to_id, quantity in uow.rows(listed):
        sides = sorted(valued.get(ident, {}).values())
        if from_id in own and to_id in own:
            right = sides in ([], [quantity, quantity])  # in one pool, or from one into another
        else:
            right = sides == ([quantity] if (from_id in own) != (to_id in own) else [])
        if not right:
            message = f"The move {key} is of {shown(quantity)}, and what was valued of it is {shown(sides[-1] if sides else ZERO)}."
            yield Finding("inventory.contradiction", message, f"inventory_move {ident}", "quantity", fix)
    posted = sa.select(entry.pool_id, sa.func.sum(entry.value), sa.func.sum(entry.amount)).where(entry.company_id == uow.company_id)
    for ident, value, amount in uow.rows(posted.group_by(entry.pool_id)):
        if minor(int(value)) != int(amount):
            message = f"The entries of a pool come to {value} ten-thousandths, and {amount} of the minor unit was posted for them."
            yield Finding("inventory.contradiction", message, f"inventory_pool {ident}", "value", fix)
    yield from _misplaced(uow)
    yield from _miscosted(uow)
    yield from _unfollowed(uow)


def _misplaced(uow: UnitOfWork) -> Iterator[Finding]:
    """Pools that hold another quantity than lies in their places."""
    rows = {row.id: row for row in uow.select(Location, company_id=uow.company_id)}
    there: dict[tuple[int, int | None], Decimal] = {}
    for (place, item, _), quantity in quantities(uow, None, "effective").items():
        top = top_of(place, rows)
        key = item, None if top is None else top.id
        there[key] = there.get(key, ZERO) + quantity
    entry, pool = Entry.c, Pool.c
    pooled: dict[tuple[int, int | None], Decimal] = {}
    statement = sa.select(pool.item_id, pool.location_id, entry.kind, sa.func.sum(entry.quantity)).where(
        entry.pool_id == pool.id, pool.company_id == uow.company_id, pool.active.is_(True)
    )
    for item, within, kind, quantity in uow.rows(statement.group_by(pool.item_id, pool.location_id, entry.kind)):
        sign = {EntryKind.RECEIPT: 1, EntryKind.ISSUE: -1}.get(EntryKind(kind), 0)
        pooled[item, within] = pooled.get((item, within), ZERO) + sign * quantity
    fix = "Ask who changed the database: bo audit verify names what was altered."
    for item, within in sorted(there.keys() | pooled.keys(), key=lambda key: (key[0], key[1] or 0)):
        have, want = pooled.get((item, within), ZERO), there.get((item, within), ZERO)
        if have != want:
            where = "in all places that are not valued apart" if within is None else f"in {rows[within].code} and within it"
            message = f"{shown(want)} lie {where}, and {shown(have)} are valued there."
            yield Finding("inventory.contradiction", message, f"catalog_item {item}", "quantity", fix)


def _unfollowed(uow: UnitOfWork) -> Iterator[Finding]:
    """Receipts that have not what they should of the issues that they follow, by more than rounding."""
    rows = {row.id: row for row in uow.select(Pool, company_id=uow.company_id)}
    found = links(uow, dict.fromkeys(rows, date.min))
    costs: dict[int, tuple[int, int]] = {}
    for ident in {link.pool for link in found}:
        costs |= costs_of(uow, Standing.of(rows[ident], None), {(link.on, link.issue) for link in found if link.pool == ident})
    number = Counter(link.pool for link in found if link.whole)
    entry, currency = Entry.c, uow.company.currency
    fix = "Correct the cost of what came in before the issue to what it is (bo inventory correct-cost): that books the cost anew."
    for link in found:
        worth = link.worth(costs)
        if abs(worth - link.carried) > FINE * (1 + number[link.pool]):  # those that take all share what rounding leaves
            names = sa.select(Move.c.key).where(Move.c.id == entry.move_id, entry.id == link.place[1])
            key = next((key for (key,) in uow.rows(names)), "")
            message = (
                f"What came in by {key} is worth {Money.minor(minor(worth), currency)} by the issue that it follows, "
                f"and has {Money.minor(minor(link.carried), currency)} of it."
            )
            yield Finding("inventory.follow", message, f"inventory_entry {link.place[1]}", "value", fix)


def _miscosted(uow: UnitOfWork) -> Iterator[Finding]:
    """Pools whose issues were booked at another cost than playing them all through again gives.

    A queue rounds each part of a layer and the curve each end of a month, by a ten-thousandth: a difference of a minor unit is one.
    """
    month = PoolMonth.c
    booked = dict(tuple(row) for row in uow.rows(sa.select(month.pool_id, sa.func.sum(month.cost)).group_by(month.pool_id)))
    rows = [pool for pool in uow.select(Pool, company_id=uow.company_id) if pool.method is not Method.STANDARD]
    fix = "Correct the cost of one of its receipts to what it is (bo inventory correct-cost): that books the cost anew."
    for ident, played in replayed(uow, [Standing.of(pool, None) for pool in rows]).items():
        difference = sum(played.costs) - int(booked.get(ident, 0))
        if not played.short and abs(difference) > max(FINE, len(played.costs)):
            message = f"What was issued was booked {difference} ten-thousandths of the minor unit below its cost."
            yield Finding("inventory.cost", message, f"inventory_pool {ident}", "cost", fix)


# -- set right


def set_right(uow: UnitOfWork, found: Iterable[Difference]) -> int:
    """Write what the rows should be; returns how many were wrong."""
    by_class: dict[type[Entity], list[Difference]] = {}
    for one in found:
        by_class.setdefault(one.cls, []).append(one)
    for cls, several in by_class.items():
        rows: Mapping[int, Any] = uow.get_all(cls, [one.row for one in several if one.row is not None], lock=True)
        new = []
        for one in several:
            row = rows[one.row] if one.row is not None else _new(cls, one)
            for field, value in one.want.items():
                setattr(row, field, value)
            if isinstance(row, Pool):  # the head of the queue is found again when it is next needed
                row.head_on, row.head_to, row.head_received, row.head_value = date.min, date.max, ZERO, 0
            if one.row is None:
                new.append(row)
        uow.add_all(new, made_by="inventory.move")
        uow.write(list(rows.values()), made_by="inventory.move")
    return sum(len(several) for several in by_class.values())


def _new(cls: type[Entity], one: Difference) -> Any:
    parts = one.slot.split(".")
    if cls is OnHand:
        place, item, lot = (int(part) for part in parts)
        return OnHand(slot=one.slot, location_id=place, item_id=item, lot_id=lot or None, last_on=date.min)
    if cls is PoolDay:
        return PoolDay(slot=one.slot, pool_id=int(parts[0]), on=date.fromisoformat(parts[1]))
    return PoolMonth(slot=one.slot, pool_id=int(parts[0]), month=date.fromisoformat(parts[1]), counter_id=int(parts[2]))
