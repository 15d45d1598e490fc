"""Months that are over of pools that are valued by average, packed: a hundred thousand entries are read as a few dozen rows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import sqlalchemy as sa

from bocore import UnitOfWork
from bocore_inventory.histories import Groups, groups_of
from bocore_inventory.model import Entry, PackedMonth
from bocore_inventory.pools import BY, CHUNK, Standing, month_after
from bocore_inventory.valuation import Row

WORTH_IT = 200
"""Entries of a month; fewer are read as fast by themselves."""


def pack(groups: Groups) -> bytes:
    """Rows in order, each two numbers of 64 bits, the least byte first; compressed. Issues of which all was taken back are left out."""
    numbers: list[int] = []
    for (_, _, issued), (quantity, value, counter) in groups:
        if not issued:
            numbers += quantity, value
        elif quantity:
            numbers += -quantity, counter
    return zlib.compress(struct.pack(f"<{len(numbers)}q", *numbers), 1)


def unpack(moves: bytes) -> Iterator[Row]:
    """The rows again; ValueError where these are not packed rows."""
    try:
        content = zlib.decompress(moves)
        numbers = iter(struct.unpack(f"<{len(content) // 16 * 2}q", content))
    except (zlib.error, struct.error) as error:
        raise ValueError(f"{len(moves)} bytes that are no packed month: {error}.") from error
    return zip(numbers, numbers, strict=True)


def same(one: bytes, other: bytes) -> bool:
    """Whether both are the same rows: compression differs between versions of zlib."""
    try:
        return list(unpack(one)) == list(unpack(other))
    except ValueError:
        return False


def packed(uow: UnitOfWork, pool: Standing, since: date, without: Iterable[date]) -> dict[date, Iterator[Row]]:
    """Month → its rows, for those that are packed and neither stale nor in ``without``."""
    month = PackedMonth.c
    statement = sa.select(month.month, month.moves).where(
        month.pool_id == pool.row.id, month.month >= since, month.stale.is_(False), month.month.not_in(list(without))
    )
    found = {}
    for on, moves in uow.rows(statement.order_by(month.month)):
        try:
            found[on] = unpack(moves)
        except ValueError:  # bo inventory check names it; the entries say the same
            continue
    return found


def large(groups: Mapping[date, Groups]) -> set[date]:
    """The months that are worth packing."""
    return {month for month, there in groups.items() if len(there) >= WORTH_IT}


def between(since: date, months: Iterable[date]) -> Iterator[tuple[date, date | None]]:
    """The days from one on that are in none of these months."""
    for month in sorted(months):
        if since < month:
            yield since, month
        since = month_after(month)
    yield since, None


def pack_months(uow: UnitOfWork, pools: Iterable[Standing]) -> None:
    """Pack what is over, of pools that have just been written. What changes in a packed month makes it stale until the next is over."""
    over = {slot(pool.row.id, month): (pool, month) for pool in pools for month in pool.over}
    if not over:
        return
    by_id = {pool.row.id: pool for pool, _ in over.values()}
    rows = uow.find_all(PackedMonth, slot=over)
    rolled = sorted(ident for ident, pool in by_id.items() if pool.rolled)
    if rolled:
        rows.update({row.slot: row for row in uow.select(PackedMonth, pool_id=rolled, stale=True)})
    new = []
    for key in _with_many(uow, {key: one for key, one in over.items() if key not in rows}):
        pool, month = over[key]
        new.append(PackedMonth(slot=key, pool_id=pool.row.id, month=month, moves=packed_anew(uow, pool, month)))
    for row in rows.values():
        pool = by_id[row.pool_id]
        row.stale = not pool.rolled
        if pool.rolled:
            row.moves = packed_anew(uow, pool, row.month)
    uow.add_all(new, made_by=BY)
    uow.write(list(rows.values()), made_by=BY)
    for pool in by_id.values():
        pool.over, pool.rolled = set(), False


def packed_anew(uow: UnitOfWork, pool: Standing, month: date) -> bytes:
    """A month packed from its entries."""
    return pack(groups_of(uow, pool, (), [(month, month_after(month))]))


def slot(pool: int, month: date) -> str:
    """What the row of a month is found by."""
    return f"{pool}.{month.isoformat()}"


def _with_many(uow: UnitOfWork, over: Mapping[str, tuple[Standing, date]]) -> Iterator[str]:
    """Those with many entries: counted in an index."""
    by_month: dict[date, dict[int, str]] = {}
    for key, (pool, month) in over.items():
        by_month.setdefault(month, {})[pool.row.id] = key
    entry = Entry.c
    for month, keys in by_month.items():
        ids = sorted(keys)
        for start in range(0, len(ids), CHUNK):
            statement = sa.select(entry.pool_id).where(
                entry.pool_id.in_(ids[start : start + CHUNK]), entry.place_on >= month, entry.place_on < month_after(month)
            )
            for (ident,) in uow.rows(statement.group_by(entry.pool_id).having(sa.func.count() >= WORTH_IT)):
                yield keys[ident]
