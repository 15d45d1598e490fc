"""What lay where on a day, and what it was worth: by the day on which it counts in the books, or by the day on which it took effect."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from bocore import UnitOfWork, largest_remainder, round_ratio
from bocore_inventory.histories import Days, groups_of, values_at
from bocore_inventory.model import OWN, Entry, EntryKind, Location, Move, Pool, PoolDay
from bocore_inventory.pools import QUEUED, Standing, costings, month_of, standard_of
from bocore_inventory.scales import micro, minor, plain
from bocore_inventory.valuation import Issue, Layer, replay

Basis = Literal["posting", "effective"]
Slot = tuple[int, int, int | None]
"""Location, item and lot."""


class Held(NamedTuple):
    """What lay in a place. Value that belongs to nothing that lay anywhere has no location.

    :param value: in minor units of the company's currency.
    """

    location_id: int | None
    item_id: int
    lot_id: int | None
    quantity: Decimal
    value: int


def held(uow: UnitOfWork, as_of: date | None = None, basis: Basis = "posting", items: Collection[int] | None = None) -> list[Held]:
    """What lay in each of the company's own places on the evening of a day, and what it was worth.

    What stock of an item is worth is known for all of it, of one lot, or in a place that is valued apart; over places it is spread by
    quantity with the largest remainder, so that the sum is what the books have.

    :param as_of: everything that is known without one.
    :param items: only these.
    """
    there = quantities(uow, as_of, basis, items)
    worth = values(uow, as_of, basis, items)
    slots: dict[int, list[Slot]] = {}
    for slot in sorted(there, key=lambda one: (one[1], one[0], one[2] or 0)):
        slots.setdefault(slot[1], []).append(slot)
    valued = _valued_by(uow, there, as_of, basis)
    shares: dict[Slot, int] = {}
    found: list[Held] = []
    for (item, lot, place), value in sorted(worth.items(), key=lambda one: [each or 0 for each in one[0]]):
        mine = [slot for slot in slots.get(item, ()) if (lot is None or slot[2] == lot) and valued.get(slot) == place]
        for slot, share in zip(mine, _spread(value, [micro(there[slot]) for slot in mine]), strict=False):
            shares[slot] = shares.get(slot, 0) + share
        if value and not mine:
            found.append(Held(None, item, lot, Decimal(0), value))
    return found + [Held(*slot, there[slot], shares.get(slot, 0)) for mine in slots.values() for slot in mine]


def _valued_by(uow: UnitOfWork, there: Iterable[Slot], as_of: date | None, basis: Basis) -> dict[Slot, int]:
    """Slot → the place by which it was valued apart, where it was: the nearest whose pool held something of it on that day."""
    entry, pool = Entry.c, Pool.c
    statement = (
        sa.select(pool.item_id, pool.location_id, entry.kind, sa.func.sum(entry.quantity))
        .where(entry.pool_id == pool.id, pool.company_id == uow.company_id, pool.location_id.is_not(None))
        .group_by(pool.item_id, pool.location_id, entry.kind)
    )
    if as_of is not None:
        statement = statement.where((entry.posting_date if basis == "posting" else entry.place_on) <= as_of)
    left: dict[tuple[int, int], Decimal] = {}
    for item, place, kind, quantity in uow.rows(statement):
        if kind in (EntryKind.RECEIPT, EntryKind.ISSUE):
            sign = 1 if kind == EntryKind.RECEIPT else -1
            left[item, place] = left.get((item, place), Decimal(0)) + sign * quantity
    if not any(left.values()):
        return {}
    parents = {row.id: row.parent_id for row in uow.select(Location, company_id=uow.company_id)}
    found: dict[Slot, int] = {}
    for slot in there:
        within: int | None = slot[0]
        while within is not None and not left.get((slot[1], within)):
            within = parents.get(within)
        if within is not None:
            found[slot] = within
    return found


def _spread(value: int, quantities: Sequence[int]) -> list[int]:
    """A value over quantities, of which some may be below zero; the parts add up to it."""
    if not quantities:
        return []
    if len(quantities) == 1:
        return [value]
    if min(quantities) >= 0:
        return largest_remainder(value, quantities) if any(quantities) else [value, *[0] * (len(quantities) - 1)]
    total, reached, before, parts = sum(quantities), 0, 0, []
    if not total:
        return [value, *[0] * (len(quantities) - 1)]
    for quantity in quantities:
        reached += quantity
        now = round_ratio(value * reached, total) if total > 0 else round_ratio(-value * reached, -total)
        parts.append(now - before)
        before = now
    return parts


def quantities(uow: UnitOfWork, as_of: date | None, basis: Basis, items: Collection[int] | None = None) -> dict[Slot, Decimal]:
    """Location, item and lot → how much lay there; what is zero is left out."""
    own = set(places(uow))
    move = Move.c
    day = move.posting_date if basis == "posting" else move.on
    statement = sa.select(move.from_id, move.to_id, move.item_id, move.lot_id, sa.func.sum(move.quantity)).where(
        move.company_id == uow.company_id
    )
    if as_of is not None:
        statement = statement.where(day <= as_of)
    if items is not None:
        statement = statement.where(move.item_id.in_(sorted(items)))
    found: dict[Slot, Decimal] = {}
    zero = Decimal(0)
    for from_id, to_id, item, lot, quantity in uow.rows(statement.group_by(move.from_id, move.to_id, move.item_id, move.lot_id)):
        if to_id in own:
            found[to_id, item, lot] = found.get((to_id, item, lot), zero) + quantity
        if from_id in own:
            found[from_id, item, lot] = found.get((from_id, item, lot), zero) - quantity
    return {slot: quantity for slot, quantity in found.items() if quantity}


def places(uow: UnitOfWork) -> dict[int, Location]:
    """Id → place of the company's own stock."""
    return {row.id: row for row in uow.select(Location, company_id=uow.company_id) if row.kind in OWN}


# -- value


Valued = tuple[int, int | None, int | None]
"""Item; lot, where each is valued alone; place, where it is valued apart."""


def values(uow: UnitOfWork, as_of: date | None, basis: Basis, items: Collection[int] | None = None) -> dict[Valued, int]:
    """What is valued together → what it was worth, in minor units."""
    pool = Pool.c
    statement = sa.select(pool.id, pool.item_id, pool.lot_id, pool.location_id).where(pool.company_id == uow.company_id)
    if items is not None:
        statement = statement.where(pool.item_id.in_(sorted(items)))
    pools = {ident: (item, lot, place) for ident, item, lot, place in uow.rows(statement)}
    chosen = None if items is None else sorted(pools)
    worth = _posted(uow, as_of, chosen) if basis == "posting" else _effective(uow, as_of, chosen)
    found: dict[Valued, int] = {}
    for ident, value in worth.items():
        found[pools[ident]] = found.get(pools[ident], 0) + value
    return found


def _posted(uow: UnitOfWork, as_of: date | None, pools: Collection[int] | None) -> dict[int, int]:
    """Pool → what the books have for it."""
    entry = Entry.c
    statement = _entries(uow, sa.select(entry.pool_id, sa.func.sum(entry.amount)), pools).group_by(entry.pool_id)
    if as_of is not None:
        statement = statement.where(entry.posting_date <= as_of)
    return {pool: int(amount) for pool, amount in uow.rows(statement)}


def _effective(uow: UnitOfWork, as_of: date | None, pools: Collection[int] | None) -> dict[int, int]:
    """Pool → what it was worth on that day by all that is known now.

    A correction of what was issued in a month stands at its first day: within that month, what was issued by the day is costed anew.
    """
    entry = Entry.c
    value = entry.value if as_of is None else sa.case((entry.place_on <= as_of, entry.value), else_=0)  # a condition would mislead SQLite
    statement = _entries(uow, sa.select(entry.pool_id, sa.func.sum(value)), pools).group_by(entry.pool_id)
    found = {pool: minor(int(worth)) for pool, worth in uow.rows(statement)}
    if as_of is None:
        return found
    if month_of(as_of + timedelta(days=1)) == month_of(as_of):
        delta = sa.select(entry.pool_id).where(entry.month == month_of(as_of)).distinct()
        for (ident,) in uow.rows(_entries(uow, delta, pools)):
            found[ident] = minor(_anew(uow, uow.get(Pool, ident), as_of))
    return found


def _entries(uow: UnitOfWork, statement: sa.Select[Any], pools: Collection[int] | None) -> sa.Select[Any]:
    statement = statement.where(Entry.c.company_id == uow.company_id)
    return statement if pools is None else statement.where(Entry.c.pool_id.in_(list(pools)))


def _anew(uow: UnitOfWork, row: Pool, as_of: date) -> int:
    """What a pool was worth on the evening of a day: what had come in, less what had gone out at its cost of now."""
    standing = Standing.of(row, standard_of(uow, costings(uow, [row.item_id]).get(row.item_id)))
    entry = Entry.c
    other = sa.select(sa.func.sum(entry.value)).where(entry.pool_id == row.id, entry.kind == EntryKind.REVALUATION, entry.place_on <= as_of)
    worth = uow.rows(other)[0][0] or 0
    if row.method in QUEUED:
        days = Days.of(uow, standing)
        after = as_of + timedelta(days=1)
        issued = days.before(days.issued, after)
        return int(worth) + days.before(days.values, after) - values_at(uow, standing, days, [issued])[issued]
    groups = groups_of(uow, standing)
    played = iter(replay(row.method, [Issue(g[0]) if key[2] else Layer(g[0], g[1]) for key, g in groups], estimate=standing.estimate).costs)
    for (on, _, issue), group in groups:
        value = -next(played) if issue else group[1]
        worth += value if on <= as_of else 0
    return int(worth)


# -- layers


class Left(NamedTuple):
    """Part of what is left: when it came in, how much of it is left, and what that is worth, in minor units."""

    item_id: int
    on: date
    quantity: Decimal
    value: int


def left(uow: UnitOfWork, as_of: date, items: Collection[int] | None = None) -> list[Left]:
    """What is left of what came in, taken to be what came last: by the day on which it came.

    The values of an item add up to what it was worth on the evening of that day. Where its method was changed, it came on that day.
    """
    layers = _layers(uow, as_of, items)
    worth = _effective_of(uow, as_of, items)
    found = []
    for pool, (item, by_value, received, issued) in layers.items():
        gone, parts = issued, []
        for on, quantity, value in received:
            used = min(gone, quantity)
            gone -= used
            if quantity > used:
                rest = quantity - used
                parts.append((on, rest, round_ratio(value * rest, quantity) if by_value else rest))
        weights = [max(weight, 0) for _, _, weight in parts]
        if parts:
            shares = largest_remainder(worth.get(pool, 0), weights if any(weights) else [rest for _, rest, _ in parts])
            found += [Left(item, on, plain(rest), share) for (on, rest, _), share in zip(parts, shares, strict=True)]
    return found


_Layers = tuple[int, bool, list[tuple[date, int, int]], int]


def _layers(uow: UnitOfWork, as_of: date, items: Collection[int] | None) -> dict[int, _Layers]:
    """Pool → item, whether layers have values of their own, what came in day by day, and all that went out."""
    day, pool = PoolDay.c, Pool.c
    statement = (
        sa.select(pool.id, pool.item_id, pool.method, day.on, day.received, day.received_value, day.issued)
        .where(day.pool_id == pool.id, pool.company_id == uow.company_id, day.on <= as_of)
        .order_by(pool.id, day.on)
    )
    if items is not None:
        statement = statement.where(pool.item_id.in_(sorted(items)))
    found: dict[int, _Layers] = {}
    for ident, item, method, on, received, value, issued in uow.rows(statement):
        _, _, days, gone = found.get(ident) or (0, False, [], 0)
        if received or value:
            days.append((on, micro(received), value))
        found[ident] = item, method in QUEUED, days, gone + micro(issued)
    return found


def _effective_of(uow: UnitOfWork, as_of: date, items: Collection[int] | None) -> dict[int, int]:
    if items is None:
        return _effective(uow, as_of, None)
    pool = Pool.c
    statement = sa.select(pool.id).where(pool.company_id == uow.company_id, pool.item_id.in_(sorted(items)))
    return _effective(uow, as_of, [ident for (ident,) in uow.rows(statement)])


def below(chosen: Iterable[int], parents: Mapping[int, int | None]) -> set[int]:
    """Rows of a tree and all that stand below them."""
    found = set(chosen)
    while True:
        more = {ident for ident, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more
