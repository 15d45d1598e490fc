"""Pools of stock that is valued together: found, opened, and how they stand while a batch of movements is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import attrs
import sqlalchemy as sa

from bocore import UnitOfWork, UnitPrice
from bocore_inventory.model import Costing, Entry, EntryKind, Location, Lot, Method, Pool, PoolDay
from bocore_inventory.scales import micro, plain, unit_value
from bocore_inventory.settings import InventorySettings
from bocore_inventory.valuation import Curve
from bocore_inventory.wanted import Wanted

BY = "inventory.move"
QUEUED = frozenset({Method.FIFO, Method.SPECIFIC})
LAYERS = (EntryKind.RECEIPT, EntryKind.COST)
CHUNK = 500


@attrs.define(eq=False)
class Standing:
    """A pool while movements are worked on: its sums as whole numbers.

    :param changed: days on which something of it changed, with what came in, its value, and what went out.
    :param since: the first day on which what was issued may have come to cost something else; None where nothing has.
    :param over: months that are to be packed: something changed in them, or they were the last, and what comes last is in a later one.
    :param rolled: whether what comes last is in a later month than before.
    """

    row: Pool
    method: Method
    standard: tuple[int, int] | None
    quantity: int
    value: int
    received: int
    issued: int
    changed: dict[date, list[int]] = attrs.field(factory=dict)
    since: date | None = None
    over: set[date] = attrs.field(factory=set)
    rolled: bool = False

    @classmethod
    def of(cls, row: Pool, standard: tuple[int, int] | None) -> Standing:
        """How a pool stands."""
        return cls(row, row.method, standard, micro(row.quantity), row.value, micro(row.received), micro(row.issued))

    @property
    def estimate(self) -> tuple[int, int]:
        """Value and quantity of what a unit is taken to cost of which nothing is known: as the last that came in, or the standard."""
        if self.row.unit_value:
            return self.row.unit_value, micro(self.row.unit_quantity)
        return self.standard or (0, 1)

    def note(self, on: date, *, received: int = 0, value: int = 0, issued: int = 0) -> None:
        """Remember what came in or went out on a day."""
        day = self.changed.setdefault(on, [0, 0, 0])
        day[0] += received
        day[1] += value
        day[2] += issued
        self.received += received
        self.issued += issued
        self.quantity += received - issued

    def reopen(self, on: date) -> None:
        """What was issued from a day on may cost something else now."""
        self.since = on if self.since is None else min(self.since, on)

    def keep(self) -> None:
        """Write the sums back."""
        row = self.row
        row.quantity, row.value, row.received, row.issued = plain(self.quantity), self.value, plain(self.received), plain(self.issued)
        before, row.last_on = row.last_on, max([row.last_on, *self.changed])
        if row.method is Method.AVERAGE:
            end = month_of(row.last_on)
            self.rolled = month_of(before) < end
            self.over = {*self.over, *(month_of(day) for day in (before, *self.changed))} - {end}
        self.changed.clear()


def month_of(day: date) -> date:
    """The first day of a month."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return month_of(month + timedelta(days=31))


def pool_code(company: int, item: int, lot: Lot | None, method: Method, place: int | None = None) -> str:
    """What the pool of an item, or of an item in a place valued apart, is called as long as it is in use."""
    code = f"{company}.{item}.{lot.id if lot is not None and method is Method.SPECIFIC else 0}"
    return code if place is None else f"{code}@{place}"


def usual_method(uow: UnitOfWork) -> Method:
    """How items are valued that don't say it themselves."""
    return Method(uow.settings(InventorySettings).method)


def method_of(uow: UnitOfWork, item: int, known: Mapping[int, Costing]) -> Method:
    """How an item is valued: as it says itself, or as the settings do."""
    return known[item].method if item in known else usual_method(uow)


def costings(uow: UnitOfWork, items: Iterable[int]) -> dict[int, Costing]:
    """Item id → its own way of being valued, for those that have one."""
    wanted = sorted(set(items))
    return {row.item_id: row for row in uow.select(Costing, company_id=uow.company_id, item_id=wanted)} if wanted else {}


class Side(NamedTuple):
    """A movement as it concerns stock that is valued together: in the place that is valued apart, or in all the others."""

    wanted: Wanted
    place: Location | None


def standings(uow: UnitOfWork, sides: Sequence[Side]) -> list[Standing]:
    """The pool of each side of movements: locked in the order of their ids, opened where they are new."""
    own, usual = costings(uow, (side.wanted.item.id for side in sides)), usual_method(uow)
    company, currency = uow.company_id, uow.company.currency
    codes, first = [], dict[str, tuple[Side, Method]]()
    for side in sides:
        item = side.wanted.item.id
        method = own[item].method if item in own else usual
        codes.append(pool_code(company, item, side.wanted.lot, method, None if side.place is None else side.place.id))
        first.setdefault(codes[-1], (side, method))

    def new(code: str) -> Pool:
        (one, place), method = first[code]
        lot = one.lot.id if one.lot is not None and method is Method.SPECIFIC else None
        made = Pool(code=code, item_id=one.item.id, lot_id=lot, method=method, currency=currency, last_on=one.on)
        if place is not None:
            made.location_id, made.purpose = place.id, place.valued_apart
            rest = uow.find(Pool, code=code.partition("@")[0])
            if rest is not None:  # where nothing is known of it, a unit costs what it does elsewhere
                made.unit_value, made.unit_quantity = rest.unit_value, rest.unit_quantity
        return made

    rows = uow.find_or_add(Pool, new, code=codes, lock=True, made_by=BY)
    made = {code: Standing.of(row, standard_of(uow, own.get(row.item_id))) for code, row in rows.items()}
    for code, ((_, place), _) in first.items():
        if place is not None:
            rows[code].purpose = place.valued_apart  # another one than before only where nothing lies in it
    return [made[code] for code in codes]


def standings_of(uow: UnitOfWork, ids: Iterable[int]) -> dict[int, Standing]:
    """Id → pool: locked in the order of their ids."""
    rows = uow.get_all(Pool, ids, lock=True)
    own = costings(uow, {row.item_id for row in rows.values()})
    return {ident: Standing.of(row, standard_of(uow, own.get(row.item_id))) for ident, row in rows.items()}


def standard_of(uow: UnitOfWork, costing: Costing | None) -> tuple[int, int] | None:
    """The standard cost of an item, as value and quantity."""
    price: UnitPrice | None = None if costing is None else costing.standard
    return None if price is None else unit_value(price, price.token.exponent)


# -- what a pool consists of


FIRST = 8
"""Layers of a pool that are read at once for many pools; the few that need more of them are read one by one."""


def heads_of(uow: UnitOfWork, wanted: Mapping[int, tuple[Standing, int]]) -> dict[int, Curve]:
    """Pool → curve from the oldest units that are left, for as many as are wanted: what was used up is not read again."""
    entry, pool = Entry.c, Pool.c
    sums = sa.func.sum(entry.quantity).label("quantity"), sa.func.sum(entry.value).label("value")
    order = sa.func.row_number().over(partition_by=entry.pool_id, order_by=[entry.place_on, entry.place]).label("number")
    found: dict[int, list[tuple[date, int, int]]] = {ident: [] for ident in wanted}
    ids = sorted(wanted)
    for start in range(0, len(ids), CHUNK):
        layers = (
            sa.select(entry.pool_id, entry.place_on, *sums, order)
            .where(entry.pool_id == pool.id, entry.kind.in_(LAYERS), entry.place_on.between(pool.head_on, pool.head_to))
            .where(pool.id.in_(ids[start : start + CHUNK]))
            .group_by(entry.pool_id, entry.place_on, entry.place)
            .subquery()
        )
        named = layers.c.pool_id, layers.c.place_on, layers.c.quantity, layers.c.value
        for ident, on, quantity, value in uow.rows(sa.select(*named).where(layers.c.number <= FIRST).order_by("pool_id", layers.c.number)):
            found[ident].append((on, micro(quantity), value))
    return {ident: _head(uow, standing, many, found[ident]) for ident, (standing, many) in wanted.items()}


def _head(uow: UnitOfWork, standing: Standing, wanted: int, layers: list[tuple[date, int, int]]) -> Curve:
    """The curve of one pool from its first layers, and from more of them where these are not enough."""
    row, end = standing.row, standing.issued + wanted
    start = micro(row.head_received), row.head_value
    more = len(layers) == FIRST or row.head_to < date.max  # there may be more
    while more and start[0] + sum(quantity for _, quantity, _ in layers) <= end:
        size = 4 * max(len(layers), FIRST)
        read = uow.rows(_layers(row).limit(size).offset(len(layers)))
        layers += [(on, micro(quantity), value) for on, quantity, value, _ in read]
        more = len(read) == size
    row.head_to = layers[-1][0] if more and layers else date.max
    (reached, value), last = start, None
    for on, quantity, worth in layers:
        if on != last and reached <= standing.issued:
            row.head_on, row.head_received, row.head_value, last = on, plain(reached), value, on
        reached, value = reached + quantity, value + worth
    return Curve([layer[1:] for layer in layers], estimate=standing.estimate, start=start)


def _layers(row: Pool) -> sa.Select[Any]:
    entry = Entry.c
    statement = (
        sa.select(entry.place_on, sa.func.sum(entry.quantity), sa.func.sum(entry.value), entry.place)
        .where(entry.pool_id == row.id, entry.kind.in_(LAYERS))
        .group_by(entry.place_on, entry.place)
        .order_by(entry.place_on, entry.place)
    )
    return statement.where(entry.place_on >= row.head_on)


def days_of(uow: UnitOfWork, standing: Standing) -> list[tuple[date, list[int]]]:
    """Day, received, its value, and issued: all days of a pool in order, with what changed now."""
    day = PoolDay.c
    statement = sa.select(day.on, day.received, day.received_value, day.issued).where(day.pool_id == standing.row.id)
    found = {on: [micro(received), value, micro(issued)] for on, received, value, issued in uow.rows(statement)}
    for on, changes in standing.changed.items():
        have = found.setdefault(on, [0, 0, 0])
        for i, change in enumerate(changes):
            have[i] += change
    return sorted(found.items())


def sums_before(uow: UnitOfWork, standing: Standing, day: date) -> tuple[int, int, int]:
    """What had come into a pool before a day, its value, and what had gone out, as it is written: what changes now comes later."""
    row = PoolDay.c
    sums = (sa.func.sum(each) for each in (row.received, row.received_value, row.issued))
    ((received, value, issued),) = uow.rows(sa.select(*sums).where(row.pool_id == standing.row.id, row.on < day))
    return micro(received or Decimal(0)), int(value or 0), micro(issued or Decimal(0))


def keep_days(uow: UnitOfWork, pools: Iterable[Standing]) -> None:
    """Add what came in and went out to the sums of its days."""
    changes = {f"{pool.row.id}.{on.isoformat()}": (pool, on, change) for pool in pools for on, change in pool.changed.items()}
    rows = uow.find_all(PoolDay, slot=changes) if changes else {}
    new = []
    for slot, (pool, on, (received, value, issued)) in changes.items():
        row = rows.get(slot)
        if row is None:
            row = PoolDay(slot=slot, pool_id=pool.row.id, on=on)
            new.append(row)
        row.received += plain(received)
        row.received_value += value
        row.issued += plain(issued)
    uow.add_all(new, made_by=BY)
    uow.write(list(rows.values()), made_by=BY)
