"""How many users one server bears, as ratios measured in one run: ``python benchmarks/concurrency.py [--quick]``.

A server of its own is started (bocore.testing.postgres), which writes to the disk as in production. *by hand* is a psycopg program that
sends the very statements which a posting of bocore sends: one transaction an entry with its key looked up, a number from the same
counter, voucher, entry, two lines and the commit record; it checks nothing and computes no digest. Rounds of both alternate; medians
are shown. A ratio of the processor's time counts client and server together; wall clock is shown beside it, and is noisy.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Line, Money, Voucher
from bocore.testing.postgres import Server
from bocore_accounting import apply_standard_chart

TENANT = "bench"
DAY = date(2026, 3, 2)
WARM = 20
"""Entries before the clock starts: statements are prepared and caches filled, on both sides."""
TICKS = os.sysconf("SC_CLK_TCK")


def sale(key: str, minor: int) -> Voucher:
    """A sale of two lines."""
    amount = Money.minor(minor, "EUR")
    return Voucher(
        key=key, kind="bench.sale", document_date=DAY, posting_date=DAY, lines=[Line("bank", amount), Line("sales", -amount)]
    )  # fmt: skip


def post_one(uow: Any, key: str, minor: int) -> int:
    """What ``bo.run`` runs."""
    return int(uow.post(sale(key, minor))[0].voucher_id)


# ---------------------------------------------------------------- writers


def with_bocore(url: str, who: str, count: int, gate: Any) -> None:
    """Post ``count`` sales, each a commit with a key."""
    with BackOffice(url, tenant=TENANT, plugins=[accounting]) as bo:
        for i in range(WARM):
            bo.run(post_one, f"{who}:warm:{i}", 100, actor="bench", key=f"{who}:warm:{i}")
        gate.wait()
        for i in range(count):
            bo.run(post_one, f"{who}:{i}", 100 + i, actor="bench", key=f"{who}:{i}")
        gate.wait()


class Statements:
    """The statements of one posting, recorded from bocore, and rows to fill them with."""

    def __init__(self, url: str) -> None:
        with BackOffice(url, tenant=TENANT, plugins=[accounting]) as bo:
            for warm in range(30):  # past the first blocks of ids, which are small
                bo.run(post_one, f"record:{warm}", 100, actor="bench", key=f"record:{warm}")
            with recorded() as sent:
                bo.run(post_one, "record:it", 100, actor="bench", key="record:it")
        self.reads = [(text, values) for text, values in sent if text.startswith("SELECT")]
        ((self.count, self.counted),) = [(text, values) for text, values in sent if text.startswith("UPDATE")]
        self.writes = [(text, values) for text, values in sent if text.startswith("INSERT")]


@contextmanager
def recorded() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """Every statement that sessions of PostgreSQL send, with its values; rows one by one."""
    from bocore.storage.postgresql import PostgresSession

    sent: list[tuple[str, tuple[Any, ...]]] = []
    execute, send = PostgresSession.execute, PostgresSession._send

    def note(session: PostgresSession, sql: str, values: Any = ()) -> Any:
        sent.append((session._database.text(sql), tuple(values)))
        return execute(session, sql, values)

    def note_rows(session: PostgresSession) -> None:
        sent.extend((session._database.text(sql), tuple(values)) for sql, values in session._waiting)
        send(session)

    PostgresSession.execute, PostgresSession._send = note, note_rows  # type: ignore[method-assign]
    try:
        yield sent
    finally:
        PostgresSession.execute, PostgresSession._send = execute, send  # type: ignore[method-assign]


def by_hand(url: str, who: str, count: int, gate: Any, statements: Any, first: int) -> None:
    """The same with psycopg alone: a call a statement, prepared by the driver, as one would write it."""
    connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    cursor = connection.cursor()
    for i in range(-WARM, count):
        if i == 0:
            gate.wait()
        key, ident = f"{who}:{i}", first + 4 * (i + WARM)
        cursor.execute("BEGIN")
        for text, values in statements.reads:
            cursor.execute(text, tuple([key] if isinstance(value, list) else key for value in values))
            cursor.fetchone()
        cursor.execute(statements.count, statements.counted)
        number = cursor.fetchone()[0]  # type: ignore[index]
        for text, values in statements.writes:
            cursor.execute(text, renewed(text, values, key, ident, number))
            if "accounting_line" in text:
                ident += 1
        cursor.execute("COMMIT")
    gate.wait()
    connection.close()


def renewed(text: str, values: tuple[Any, ...], key: str, ident: int, number: int) -> tuple[Any, ...]:
    """A recorded row with ids, keys and the number of another posting."""
    names = [name.strip('" ') for name in text[text.index("(") + 1 : text.index(")")].split(",")]
    new = dict(zip(names, values, strict=True))
    if "bo_commit" in text:
        new.update(key=key, unit=ident)
    else:
        new.update({name: ident for name in ("id",)})
        new.update({name: value for name, value in (("key", key), ("number", f"R{number}-{ident}"), ("unit_id", ident)) if name in new})
        if "entry_id" in new:
            new["entry_id"] = ident // 4 * 4
        if new.get("voucher_id") is not None:
            new["voucher_id"] = ident
    return tuple(new.values())


# ---------------------------------------------------------------- measuring


def cpu_of(pids: list[int]) -> float:
    """Seconds of the processor that processes have used, and their children that have ended."""
    total = 0.0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as stat:
                parts = stat.read().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        total += sum(int(part) for part in parts[11:15]) / TICKS
    return total


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for each in found:
        try:
            with open(f"/proc/{each}/task/{each}/children") as children:
                found += [int(part) for part in children.read().split()]
        except OSError:
            continue
    return found


def together(
    server: Server, count: int, connections: int, work: Callable[..., None], more: Callable[[int], tuple[Any, ...]]
) -> tuple[float, float]:
    """Seconds an entry by the clock and of the processors, with so many writers at a time."""
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(connections + 1, timeout=300)
    stamp = time.time_ns()
    writers = [
        context.Process(target=work, args=(server.url, f"{work.__name__}:{stamp}:{n}", count, gate, *more(n))) for n in range(connections)
    ]
    for writer in writers:
        writer.start()
    gate.wait()
    pids = [*(writer.pid or 0 for writer in writers), *family(server.pid)]
    before, began = cpu_of(pids), time.perf_counter()
    gate.wait()
    taken, used = time.perf_counter() - began, cpu_of(pids) - before
    for writer in writers:
        writer.join()
        if writer.exitcode:
            raise SystemExit(f"A writer ended with {writer.exitcode}.")
    return taken / (count * connections), used / (count * connections)


def posting(server: Server, rounds: int, count: int, connections: int) -> None:
    """One commit an entry, many writers."""
    statements = Statements(server.url)
    times: dict[str, list[tuple[float, float]]] = {"by hand": [], "bocore": []}
    base = 1_000_000_000
    for turn in range(rounds):
        first = base + turn * connections * (count + WARM) * 4
        times["by hand"].append(
            together(server, count, connections, by_hand, lambda n, first=first: (statements, first + n * (count + WARM) * 4))  # type: ignore[misc]
        )
        times["bocore"].append(together(server, count, connections, with_bocore, lambda n: ()))
    print(f"\nPosting, one commit an entry of two lines with its key, {connections} connections, {count} each, {rounds} rounds")
    print(f"{'':12}{'entries/s':>12}{'CPU µs':>10}{'% of by hand (CPU)':>22}{'(wall)':>10}")
    hand = [statistics.median(t[i] for t in times["by hand"]) for i in (0, 1)]
    for name, found in times.items():
        wall, cpu = (statistics.median(t[i] for t in found) for i in (0, 1))
        print(f"{name:12}{1 / wall:12.0f}{cpu * 1e6:10.0f}{hand[1] / cpu:22.0%}{hand[0] / wall:10.0%}", flush=True)


def batched(server: Server, rounds: int, count: int) -> None:
    """Batches of entries, one writer, against executemany of the same rows."""
    import gc

    from bocore_accounting import Entry, account_ids, journal, post
    from bocore_accounting import Line as EntryLine

    times: dict[str, list[float]] = {"raw executemany": [], "bocore": [], "bocore, uow.post": []}
    with BackOffice(server.url, tenant=TENANT, plugins=[accounting]) as bo:
        with bo.unit_of_work(actor="bench") as uow:
            ids, book = account_ids(uow, ("1010", "4000")), journal(uow, "GEN").id
        for turn in range(rounds):
            gc.collect()
            made: list[tuple[str, tuple[Any, ...]]] = []
            with recorded_copies(made):
                began = time.perf_counter()
                with bo.unit_of_work(actor="bench") as uow:
                    pairs = []
                    for i in range(count):
                        amount = Money.minor(100 + i, "EUR")
                        lines = [EntryLine(account_id=ids["1010"], amount=amount), EntryLine(account_id=ids["4000"], amount=-amount)]
                        pairs.append((Entry(journal_id=book, posting_date=DAY), lines))
                    post(uow, pairs)
                times["bocore"].append(time.perf_counter() - began)
            times["raw executemany"].append(raw_batch(server, made, 2_000_000_000 + turn * count * 4))
            began = time.perf_counter()
            with bo.unit_of_work(actor="bench") as uow:
                uow.post(*(sale(f"batch:{turn}:{i}", 100 + i) for i in range(count)))
            times["bocore, uow.post"].append(time.perf_counter() - began)
    print(f"\nPosting in batches of {count} entries of two lines, {rounds} rounds, wall clock")
    raw = statistics.median(times["raw executemany"])
    for name, found in times.items():
        wall = statistics.median(found)
        print(f"{name:20}{wall / count * 1e6:10.0f} µs/entry{wall / raw:8.2f} × raw", flush=True)


@contextmanager
def recorded_copies(into: list[tuple[str, tuple[Any, ...]]]) -> Iterator[None]:
    """The rows that bocore copies, for somebody else to write."""
    from bocore.storage.postgresql import PostgresSession

    insert = PostgresSession.insert

    def note(session: PostgresSession, compiled: Any, rows: Any) -> None:
        if "accounting_" in compiled.insert:
            into.append((session._database.text(compiled.insert), tuple(rows)))
        insert(session, compiled, rows)

    PostgresSession.insert = note  # type: ignore[method-assign]
    try:
        yield
    finally:
        PostgresSession.insert = insert  # type: ignore[method-assign]


def raw_batch(server: Server, made: list[tuple[str, tuple[Any, ...]]], first: int) -> float:
    """Seconds for executemany of the same rows under other ids, in one transaction."""
    moved = {}
    for text, rows in made:
        names = [name.strip('" ') for name in text[text.index("(") + 1 : text.index(")")].split(",")]
        at = names.index("id")
        start = rows[0][at]
        parent = names.index("entry_id") if "entry_id" in names else None
        low = min(row[parent] for row in rows) if parent is not None else 0
        number = names.index("number") if "number" in names else None
        new = []
        for row in rows:
            values = list(row)
            values[at] = first + row[at] - start
            if parent is not None:
                values[parent] = first + row[parent] - low
            if number is not None:
                values[number] = f"R{first + row[at]}"
            new.append(values)
        moved[text] = new
    with psycopg.connect(server.url.replace("+psycopg", "")) as connection:
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for text, new in moved.items():
                cursor.executemany(text, new)
        connection.commit()
        return time.perf_counter() - began


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    options.add_argument("--connections", type=int, default=8)
    given = options.parse_args()
    rounds, count = (3, 100) if given.quick else (7, 300)
    with Server(durable=True) as server:
        bo = BackOffice(server.url, tenant=TENANT, plugins=[accounting]).init(company="Bench Ltd", currency="EUR")
        with bo, bo.unit_of_work(actor="bench") as uow:
            apply_standard_chart(uow, uow.company.id)
        print(f"Python {platform.python_version()}, psycopg {psycopg.__version__}, {os.cpu_count()} cores")
        posting(server, rounds, count, given.connections)
        batched(server, rounds, 2000 if given.quick else 5000)


if __name__ == "__main__":
    main()
