"""How many jobs a second four workers do, in processes of their own, each job exactly once and with a row that it writes.

python benchmarks/jobs.py [JOBS] [--workers N] [--db URL --tenant NAME]

Without --db it is a SQLite file in a temporary folder ($TMPDIR), whose disk has the last word: each job commits by itself.
The schema of the tenant is made if need be, and stays.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bocore import BackOffice, Entity, JobBackOffice, Plugin, UnitOfWork, Worker, entity, job


@entity("bench_done", append_only=True)
class Done(Entity):
    """What a job did."""

    n: int


def do(uow: UnitOfWork, n: int) -> None:
    """The business of a job: one row, one commit."""
    uow.add(Done(n=n))


@job("bench.do")
def doing(bo: JobBackOffice, *, n: int) -> None:
    """Do it once."""
    bo.run(do, n)


bench = Plugin(prefix="bench", entities=[Done], jobs=[doing])


def opened(where: str, tenant: str | None) -> BackOffice:
    """The application of this benchmark."""
    return BackOffice(where, tenant=tenant, plugins=[bench])


def work(where: str, tenant: str | None) -> None:
    """One worker: ready when it has a connection, and begins when it is told."""
    with opened(where, tenant) as bo:
        bo.jobs.all(limit=1)
        print("ready", flush=True)
        sys.stdin.readline()
        print(Worker(bo).run(burst=True), flush=True)


def children(where: str, tenant: str | None, count: int) -> list[subprocess.Popen[str]]:
    """The workers, ready."""
    command = [sys.executable, __file__, "--work", "--db", where, *(["--tenant", tenant] if tenant else [])]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for process in running:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return running


def raw(where: str) -> float:
    """Commits of one row a second by the driver alone, here and now: each waits for the disk, and no job can be quicker than that."""
    connection = sqlite3.connect(f"{where}.raw", isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE done (n INTEGER)"):
        connection.execute(statement)
    began = time.perf_counter()
    for n in range(500):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO done VALUES (?)", (n,))
        connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return 500 / took


def measured(where: str, tenant: str | None, jobs: int, workers: int) -> None:
    """Enqueue, work off, count, and print."""
    with opened(where, tenant) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            before = uow.select(Done).count()
        began = time.perf_counter()
        with bo.unit_of_work(actor="bench") as uow:
            ids = {uow.enqueue(doing, n=n) for n in range(jobs)}
        enqueued = time.perf_counter() - began
        running = children(where, tenant, workers)
        cpu, began = os.times(), time.perf_counter()
        for process in running:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        shares = [int(process.communicate()[0]) for process in running]
        took, after = time.perf_counter() - began, os.times()
        spent = after.children_user + after.children_system - cpu.children_user - cpu.children_system
        rows: Counter[int] = Counter()
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            rows.update(done.n for done in uow.stream(uow.select(Done)))
        states = Counter((one.state, one.attempt) for one in bo.jobs.all() if one.id in ids)
    assert sum(shares) == jobs and states == {("done", 1): jobs}, (shares, states)
    assert sum(rows.values()) == before + jobs, "each exactly once"
    print(f"{'engine':>12} {'jobs':>7} {'enqueued/s':>11} {'done/s':>7} {'ms of CPU a job':>16}  shares of the workers")
    engine = "postgresql" if "postgres" in where else "sqlite"
    print(f"{engine:>12} {jobs:>7} {jobs / enqueued:>11.0f} {jobs / took:>7.0f} {1000 * spent / jobs:>16.2f}  {shares}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="?", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--db")
    parser.add_argument("--tenant")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    told: Any = parser.parse_args()
    if told.work:
        work(told.db, told.tenant)
    elif told.db:
        measured(told.db, told.tenant, told.jobs, told.workers)
    else:
        with tempfile.TemporaryDirectory() as folder:
            where = str(Path(folder) / "books.db")
            before = raw(where)
            measured(where, None, told.jobs, told.workers)
            print(f"The driver alone commits {before:.0f} rows a second on this disk, one at a time.")


if __name__ == "__main__":
    main()
