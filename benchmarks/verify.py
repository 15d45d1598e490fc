"""How fast the record is verified: ``python benchmarks/verify.py [--rows N] [--entries N] [--rounds N] [--jobs N] [--server]``.

*bulk* is one entity whose rows were loaded 50,000 a commit; *single* are entries of the ledger, each a commit of its own. What is counted
are rows and records. The *floor* is a plain program of the driver's that reads the same tables, commit records too, and digests each row
by hashlib, one at a time; it compares nothing, and looks at no stored type, tree or signature.

Rounds of both alternate, and medians are shown, by the processor's time of this process; a server's is its own, so the clock on the wall
is shown as well. With --jobs the rows are read by processes beside each other, of which only the wall tells. Without --server it is a
SQLite file in a temporary folder, with it a PostgreSQL server that is started for it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
from proofs import KEY, sales

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Entity, Plugin, entity
from bocore.record.canonical import blake2b
from bocore.record.verify import verify
from bocore.storage.database import Database, open_database
from bocore_accounting import apply_standard_chart

BULK, SINGLE = 200_000, 150_000
"""Rows and records a second that are promised."""
LOADED = 50_000
BATCH = 4096


@entity("bench_line", append_only=True)
class Piece(Entity):
    """A line of very many."""

    entry: int
    account: int
    side: str
    amount: int
    text: str | None = None


bench = Plugin(prefix="bench", entities=[Piece])


def load(where: str, tenant: str | None, count: int) -> None:
    """Rows by the thousand."""
    with BackOffice(where, tenant=tenant, plugins=[bench], key=KEY) as bo:
        bo.init()
        for start in range(0, count, LOADED):
            rows = [
                Piece(entry=n // 2, account=1000 + n % 300, side="DC"[n % 2], amount=n * 7 % 100_000, text=f"line {n}")
                for n in range(start, min(count, start + LOADED))
            ]
            with bo.unit_of_work(actor="bench") as uow:
                uow.add_all(rows)
        bo.seal()


def post(where: str, tenant: str | None, count: int) -> None:
    """Entries of the ledger, each a commit."""
    with BackOffice(where, tenant=tenant, plugins=[accounting], key=KEY).init(company="Bench Ltd", currency="EUR") as bo:
        with bo.unit_of_work(actor="bench") as uow:
            apply_standard_chart(uow, uow.company.id)
        for voucher in sales(count):
            with bo.unit_of_work(actor="bench") as uow:
                uow.post(voucher)
        bo.seal()


def floor(database: Database, tenant: str | None) -> int:
    """Read every row of every recorded table, and digest it; returns their number."""
    with closing(database.engine.raw_connection()) as connection:
        cursor: Any = connection.cursor()
        place = "" if tenant is None else f'"{tenant}".'
        cursor.execute(f"SELECT DISTINCT entity FROM {place}bo_shape")
        tables = ["bo_commit", *(str(row[0]) for row in cursor.fetchall())]
        return sum(digested(rows) for table in tables for rows in batches(connection, f'SELECT * FROM {place}"{table}" ORDER BY id'))


def batches(connection: Any, select: str) -> Iterator[list[tuple[Any, ...]]]:
    """Rows, some thousand at a time; on a server by a cursor of its own, so that they don't come all at once."""
    driver = connection.dbapi_connection
    cursor = driver.cursor(name="floor") if hasattr(driver, "pgconn") else driver.cursor()
    cursor.execute(select)
    while rows := cursor.fetchmany(BATCH):
        yield rows
    cursor.close()


def digested(rows: list[tuple[Any, ...]]) -> int:
    """Digest rows one at a time."""
    for row in rows:
        blake2b(orjson.dumps(row, default=repr), digest_size=16).digest()
    return len(rows)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it returned, and the seconds of the processor and on the wall."""
    began, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - began, time.perf_counter() - wall


def measured(what: str, where: str, tenant: str | None, rounds: int, jobs: int, promised: int) -> None:
    """Verify and read in turns, and print a line."""
    database = open_database(where, tenant)
    cpu, wall, floors = [], [], []
    for _ in range(rounds):
        found, used, took = timed(lambda: verify(database, jobs=jobs))
        assert found.ok and found.unsealed == 0, found.summary()
        count = found.rows + found.records
        read, plain, _ = timed(lambda: floor(database, tenant))
        assert read == count, (read, count)
        cpu.append(count / used)
        wall.append(count / took)
        floors.append(read / plain)
    database.close()
    ratio = statistics.median(one / other for one, other in zip(floors, cpu, strict=True))
    medians = [f"{statistics.median(values) / 1000:>12.0f}" for values in (cpu, wall, floors)]
    if jobs > 1:
        medians[0] = f"{'-':>12}"
    shown = f"{ratio:>8.2f}" if jobs == 1 else f"{'-':>8}"
    best = max(wall if jobs > 1 else cpu) / 1000
    print(f"{what:>20} {count:>9} {' '.join(medians)} {shown} {best:>10.0f} {promised / 1000:>9.0f}", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--server", action="store_true", help="on a PostgreSQL server that is started for it")
    given: Any = parser.parse_args()
    titles = f"{'counted':>9} {'verify CPU':>12} {'wall':>12} {'floor':>12} {'ratio':>8} {'best':>10} {'promised':>9}"
    print(f"{'thousand a second':>20} {titles}")
    if given.server:
        from bocore.testing.postgres import Server

        with Server(durable=True) as server:
            both(server.url, "bulk", server.url, "single", given)
    else:
        with tempfile.TemporaryDirectory() as name:
            both(str(Path(name, "bulk.db")), None, str(Path(name, "single.db")), None, given)


def both(bulk: str, bulk_tenant: str | None, single: str, single_tenant: str | None, given: Any) -> None:
    """Load and measure."""
    engine = "postgresql" if given.server else "sqlite"
    load(bulk, bulk_tenant, given.rows)
    for jobs in sorted({1, given.jobs}):
        measured(f"{engine} bulk{f', {jobs} jobs' if jobs > 1 else ''}", bulk, bulk_tenant, given.rounds, jobs, BULK)
    post(single, single_tenant, given.entries)
    for jobs in sorted({1, given.jobs}):
        measured(f"{engine} single{f', {jobs} jobs' if jobs > 1 else ''}", single, single_tenant, given.rounds, jobs, SINGLE)


if __name__ == "__main__":
    main()
