"""Stock: moves with their vouchers, a receipt that comes late, cost of a million moves, as ratios to raw sqlite3 doing the same statements.

python benchmarks/inventory.py [moves | queues | late | past | promise] …

What raw sqlite3 does is what bocore did: its statements are recorded in a first pass and played again on a copy of the database from
before it. Both take the processor's time, in turns; medians over the rounds.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bocore import BackOffice, Money, VoucherRecord
from bocore.storage.sqlite import SqliteSession
from bocore_accounting import apply_standard_chart
from bocore_catalog import Item, StockMovement
from bocore_inventory import stock
from bocore_inventory.as_of import held
from bocore_inventory.costing import replayed
from bocore_inventory.model import Costing, Counter, Entry, EntryKind, Location, Method, Move, Pool
from bocore_inventory.places import locations
from bocore_inventory.pools import BY, Standing
from bocore_inventory.reserving import Demand, reserve

DAY = date(2026, 1, 2)
ROUNDS = 11
BATCH = 1000
PLUGINS = ["accounting", "catalog", "inventory"]


def opened(path: Path, items: int) -> tuple[BackOffice, list[int]]:
    """A company with items."""
    bo = BackOffice(path, plugins=PLUGINS).init(company="Acme", code="ACME", currency="EUR")
    with bo.unit_of_work(actor="ann") as uow:
        apply_standard_chart(uow, uow.company.id)
        ids = [item.id for item in uow.add_all([Item(code=f"I{n:05}", name=f"Item {n}") for n in range(items)])]
    return bo, ids


def spent(what: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    what()
    return time.process_time() - began


def moved(bo: BackOffice, ids: list[int], turn: int, sign: int) -> None:
    """A batch of movements, each with a voucher of its own, in one unit of work."""
    with bo.unit_of_work(actor="ann") as uow:
        stock(
            uow,
            [
                StockMovement(
                    key=f"{turn}.{n}",
                    item=item,
                    quantity=Decimal(n % 7 + 5 if sign > 0 else -(n % 3) - 1),
                    counter_purpose="grni" if sign > 0 else "cogs",
                    cost=Money.minor(1250 + n, "EUR") if sign > 0 else None,
                    on=DAY + timedelta(days=turn),
                )
                for n, item in enumerate(ids)
            ],
        )


Said = list[tuple[bool, str, Any]]
"""Whether it is for many rows, a statement, and its values."""


@contextlib.contextmanager
def listening(said: Said) -> Iterator[None]:
    """Note every statement that is sent to SQLite, with its values."""
    execute, many = SqliteSession.execute, SqliteSession.many

    def one(self: Any, sql: str, values: Any = ()) -> Any:
        said.append((False, sql, values))
        return execute(self, sql, values)

    def several(self: Any, sql: str, rows: Any) -> Any:
        kept = list(rows)
        said.append((True, sql, kept))
        return many(self, sql, kept)

    def selected(_conn: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        said.append((False, sql, values))

    SqliteSession.execute, SqliteSession.many = one, several  # type: ignore[assignment,method-assign]
    sa.event.listen(sa.Engine, "before_cursor_execute", selected)
    try:
        yield
    finally:
        SqliteSession.execute, SqliteSession.many = execute, many  # type: ignore[method-assign]
        sa.event.remove(sa.Engine, "before_cursor_execute", selected)


def repeated(heard: list[Said], path: Path) -> float:
    """The same statements by sqlite3 alone; seconds of the last lot."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")

    def play(said: Said) -> None:
        for many, sql, values in said:
            if many:
                raw.executemany(sql, values)
            else:
                raw.execute(sql, values).fetchall()

    try:
        return [spent(partial(play, said)) for said in heard][-1]
    finally:
        raw.close()


def copied(path: Path, to: Path) -> None:
    """The whole database as it is now, in another file."""
    with contextlib.closing(sqlite3.connect(path)) as source, contextlib.closing(sqlite3.connect(to)) as target:
        source.backup(target)


def moves(folder: Path) -> None:
    """Receipts and issues in batches, of as many items as there are movements, in an application that stays open.

    Of each three batches the first is timed. The others are listened to and played again on a copy of the database from before them, the
    last one timed: both know their pages by then.
    """
    path = folder / "moves.db"
    bo, ids = opened(path, BATCH)
    with bo:
        for day, sign in ((0, 1), (1, -1)):
            moved(bo, ids, day, sign)
        for name, sign, first in (("receipts", 1, 2), ("issues", -1, 2 + 3 * ROUNDS)):
            ours, raws, said = [], [], Said()
            for day in range(first, first + 3 * ROUNDS, 3):
                ours.append(spent(partial(moved, bo, ids, day, sign)))
                copied(path, raw := folder / f"raw{day}.db")
                heard: list[Said] = []
                for more in (1, 2):
                    with listening(said := Said()):
                        moved(bo, ids, day + more, sign)
                    heard.append(said)
                raws.append(repeated(heard, raw))
            ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, raws, strict=True))
            rate = BATCH / statistics.median(ours)
            print(f"{name:>9}: {rate:6.0f} a second with vouchers, {ratio:.2f} times raw ({len(said)} statements)")


def queues(folder: Path) -> None:
    """Issues in batches of as many items as there are movements, first in, first out, while ever more receipts of each item are left."""
    bo, ids = opened(folder / "queues.db", BATCH)
    with bo:
        day = 0
        for receipts in (5, 30, 60):
            for _ in range(receipts):
                moved(bo, ids, day, 1)
                day += 1
            took = []
            for _ in range(5):
                took.append(spent(partial(moved, bo, ids, day, -1)))
                day += 1
            print(f"   queues: {BATCH / statistics.median(took):6.0f} issues a second with vouchers, after {day - 5} days of trade")


def late(folder: Path) -> None:
    """A receipt on the first day, and one three weeks ago, of an item with 100 000 moves over three years, with all vouchers of it."""
    for method in (Method.FIFO, Method.AVERAGE):
        bo, ids = opened(folder / f"late.{method}.db", 1)
        with bo:
            with bo.unit_of_work(actor="ann") as uow:
                uow.add(Costing(item_id=ids[0], method=method))
            history(bo, ids[0], 100_000, 1095)
            for turn, days in enumerate((1094, 1094, 21, 21)):
                before = deltas(bo)
                began, spend = time.perf_counter(), time.process_time()
                with bo.unit_of_work(actor="ann") as uow:
                    stock(uow, [received(ids[0], f"late.{turn}", Decimal(20), "65.00", DAY - timedelta(days=days))])
                took, spend = time.perf_counter() - began, time.process_time() - spend
                changed = deltas(bo) - before
                what = f"{method}, {days} days ago among 100 000 moves, {changed} corrections of months"
                print(f"     late: {took * 1000:5.1f} ms, {spend * 1000:5.1f} of the processor: {what}")


def deltas(bo: BackOffice) -> int:
    """How many corrections of months were posted."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return sum(1 for _ in uow.select(VoucherRecord, kind="inventory.delta"))


def received(item: int, key: str, quantity: Decimal, cost: str, on: date) -> StockMovement:
    """A receipt."""
    return StockMovement(key=key, item=item, quantity=quantity, counter_purpose="grni", cost=Money(cost, "EUR"), on=on)


def history(bo: BackOffice, item: int, count: int, days: int) -> None:
    """Receipts at changing prices and issues of half as much, in turns."""
    chance = random.Random(7)
    for start in range(0, count, BATCH):
        rows = []
        for n in range(start, start + BATCH):
            on = DAY - timedelta(days=days - 1) + timedelta(days=n * days // count)
            if n % 2 == 0:
                rows.append(received(item, f"h{n}", Decimal(10), f"{chance.randrange(2000, 4000) / 100:.2f}", on))
            else:
                rows.append(
                    StockMovement(key=f"h{n}", item=item, quantity=Decimal(-chance.randrange(8, 11)), counter_purpose="cogs", on=on)
                )
        with bo.unit_of_work(actor="ann") as uow:
            stock(uow, rows)


def bulk(bo: BackOffice, items: list[int], places: int, count: int) -> None:
    """Moves and entries as they are after years of trade, written without the work of every day: each item in its places, in turns."""
    chance = random.Random(7)
    with bo.unit_of_work(actor="ann") as uow:
        codes = [f"P{n}" for n in range(places)]
        shelves = uow.add_all([Location(code=code, name=code) for code in codes])
        outside = locations(uow, ["SUPPLIERS", "CUSTOMERS"])
        made = [Pool(code=f"{uow.company_id}.{item}.0", item_id=item, method=Method.FIFO, currency="EUR", last_on=DAY) for item in items]
        pools = uow.add_all(made, made_by=BY)
        counter = uow.add(Counter(code="bulk", purpose="cogs"), made_by=BY).id
        held = {pool.item_id: pool.id for pool in pools}
        shelf = [row.id for row in shelves]
        ends = outside["SUPPLIERS"].id, outside["CUSTOMERS"].id
    for start in range(0, count, 10 * BATCH):
        with bo.unit_of_work(actor="ann") as uow:
            moved, entries = [], []
            for n in range(start, start + 10 * BATCH):
                item, place = items[n % len(items)], shelf[n // len(items) % places]
                on = DAY - timedelta(days=1095) + timedelta(days=n * 1095 // count)
                comes = (n // (len(items) * places)) % 2 == 0
                quantity, value = Decimal(10), chance.randrange(2000, 4000) * 10_000
                from_id, to_id = (ends[0], place) if comes else (place, ends[1])
                moved.append(
                    Move(key=f"b{n}", item_id=item, quantity=quantity, from_id=from_id, to_id=to_id, on=on, posting_date=on, request="")
                )
                entries.append((held[item], on, quantity, value if comes else -value, comes))
            moves = uow.add_all(moved, made_by=BY)
            made = [
                Entry(
                    pool_id=pool,
                    kind=EntryKind.RECEIPT if comes else EntryKind.ISSUE,
                    move_id=move.id,
                    place_on=on,
                    place=move.id,
                    quantity=quantity,
                    value=value,
                    amount=Money.minor(value // 10_000, "EUR"),
                    counter_id=counter,
                    posting_date=on,
                    voucher="",
                )
                for move, (pool, on, quantity, value, comes) in zip(moves, entries, strict=True)
            ]
            uow.add_all(made, made_by=BY)


def past(folder: Path) -> None:
    """A million moves of 4 000 items in five places: the cost of every issue, and what lay where on a day and what it was worth."""
    bo, ids = opened(folder / "past.db", 4000)
    with bo:
        bulk(bo, ids, 5, 1_000_000)
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            pools = [Standing.of(pool, None) for pool in uow.select(Pool)]
            began = time.process_time()
            issued = sum(sum(one.costs) for one in replayed(uow, pools).values())
            print(f"     cost: {time.process_time() - began:.2f} s for first in, first out of 1 000 000 moves with reading, {issued}")
            for basis in ("posting", "effective"):
                began = time.process_time()
                rows = held(uow, DAY - timedelta(days=200), basis)
                print(f"    as of: {time.process_time() - began:.2f} s for {len(rows)} items in places by {basis} date, 1 000 000 moves")


def promise(folder: Path) -> None:
    """Ten thousand lines reserved in one unit of work."""
    bo, ids = opened(folder / "promise.db", BATCH)
    with bo:
        moved(bo, ids, 0, 1)
        demands = [Demand(key=f"d{n}", item=ids[n % BATCH], quantity=Decimal("0.4")) for n in range(10_000)]
        began = time.perf_counter()
        with bo.unit_of_work(actor="ann") as uow:
            kept = reserve(uow, demands)
        print(f"  reserve: {time.perf_counter() - began:.2f} s for {sum(1 for one in kept if one.quantity)} lines")


def main(parts: list[str]) -> None:
    """Measure."""
    known = {"moves": moves, "queues": queues, "late": late, "past": past, "promise": promise}
    with tempfile.TemporaryDirectory() as folder:
        for part in parts or known:
            known[part](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
