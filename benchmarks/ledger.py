"""How fast the ledger is, as ratios measured in one run: ``python benchmarks/ledger.py [--quick] [--only posting,…]``.

What is compared does the same work on the same tables (foreign keys, indexes, WAL, synchronous=FULL), from the same plain documents,
whose rows or objects are built inside the timing. *raw* is Python's sqlite3 with ``executemany``; it checks nothing, numbers by counting
in a variable and keeps no commit record. Rounds are interleaved; medians are shown. Absolute times say more about the machine.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import sqlalchemy as sa

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Entity, Money, Plugin, Voucher, entity, field, money
from bocore import Line as VoucherLine
from bocore_accounting import Entry, Line, account_ids, apply_standard_chart, check, journal, post, roll_up
from bocore_accounting.reports import trial_balance

BATCH = 5000
"""Entries a commit where posting is batched, on every side."""
CODES = ("1010", "4000", "6100", "2200", "1100", "2000", "5000", "6000")
PURPOSES = ("bank", "sales", "expense", "tax.output")

Document = tuple[date, list[tuple[str, int]]]
"""A day, and code of an account with minor units for each line."""


class Time(NamedTuple):
    """What something took, in seconds: by the clock on the wall, and of the processor."""

    wall: float
    cpu: float


def documents(count: int, lines: int) -> list[Document]:
    """Plain entries of a year, two or four lines each, which balance."""
    start = date(2026, 1, 1)
    made: list[Document] = []
    for i in range(count):
        minor, codes = 100 + i * 37 % 90_000, [CODES[(i + k) % len(CODES)] for k in range(lines)]
        parts = [minor, -minor] if lines == 2 else [minor, minor * 2, -minor, -minor * 2]
        made.append((start + timedelta(i * 365 // count), list(zip(codes, parts, strict=True))))
    return made


def timed(work: Callable[[], object]) -> Time:
    """Run it once; what the benchmark itself holds is kept from the garbage collector, which runs as always."""
    gc.collect()
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    taken = Time(time.perf_counter() - wall, time.process_time() - cpu)
    gc.unfreeze()
    return taken


def median(times: Sequence[Time]) -> Time:
    """Of each measure by itself."""
    return Time(statistics.median(t.wall for t in times), statistics.median(t.cpu for t in times))


class Table:
    """Lines of figures, the first of which is what the others are compared with."""

    def __init__(self, title: str, each: int, what: str) -> None:
        print(f"\n{title}\n{'':38}{'µs/' + what:>12}{'× raw':>9}{'CPU µs':>12}{'× raw':>9}", flush=True)
        self.each = each
        self.first: Time | None = None

    def add(self, name: str, taken: Time) -> None:
        """Print one line."""
        first = self.first = self.first or taken
        wall, cpu = taken.wall / self.each * 1e6, taken.cpu / self.each * 1e6
        print(f"{name:38}{wall:12.1f}{taken.wall / first.wall:9.2f}{cpu:12.1f}{taken.cpu / first.cpu:9.2f}", flush=True)


# ---------------------------------------------------------------- databases


@entity("bench_item", append_only=True)
class Item(Entity):
    """Six columns, one of them Money."""

    code: str = field(max_length=20)
    name: str = field(max_length=100)
    on: date
    pieces: int
    price: Money = money()


bench = ModuleType("bench")
bench.plugin = Plugin(prefix="bench", entities=[Item])  # type: ignore[attr-defined]


class Databases:
    """Fresh copies of one database with a company and a chart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        self.template = folder / "template.db"
        with BackOffice(self.template, plugins=[accounting, bench]).init(company="Bench Ltd", currency="EUR") as bo:
            with bo.unit_of_work(actor="bench") as uow:
                apply_standard_chart(uow, uow.company.id)
            with bo.unit_of_work(actor="bench") as uow:
                journal(uow, "GEN")
            self.tables = bo.metadata.tables
            with bo.unit_of_work(actor="bench", read_only=True) as uow:
                self.accounts = account_ids(uow, CODES)
                self.company, self.journal = uow.company.id, journal(uow, "GEN").id
            with bo.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def copy(self) -> Path:
        """A new file."""
        self.count += 1
        return Path(shutil.copy(self.template, self.folder / f"{self.count}.db"))

    def open(self) -> BackOffice:
        """An application over a new file."""
        return BackOffice(self.copy(), plugins=[accounting, bench])

    def raw(self) -> sqlite3.Connection:
        """The driver's own connection to a new file, with the settings that bocore uses."""
        connection = sqlite3.connect(self.copy(), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


COLUMNS = {
    "accounting_entry": (
        "id", "company_id", "journal_id", "posting_date", "document_date", "fiscal_year", "number", "text", "reference", "nature",
        "book", "reverses_id", "voucher_id", "unit_id",
    ),
    "accounting_line": (
        "id", "entry_id", "account_id", "amount", "amount_currency", "base", "base_currency", "quantity", "quantity_currency", "purpose",
        "party_id", "dims_id", "partner_id", "due", "tax", "service_from", "service_to", "position", "posting_date",
    ),
}  # fmt: skip


class Rows:
    """Driver rows of entries and lines, with every column of the real tables."""

    def __init__(self, at: Databases) -> None:
        self.at = at
        self.sql = {n: f"INSERT INTO {n} ({', '.join(c)}) VALUES ({', '.join('?' * len(c))})" for n, c in COLUMNS.items()}
        self.entries = self.lines = 0
        for name, columns in COLUMNS.items():
            wanted = [c.name for c in at.tables[name].columns]
            if sorted(wanted) != sorted(columns):
                raise SystemExit(f"{name} has the columns {wanted}: bring COLUMNS up to date.")

    def entry(self, day: Any) -> tuple[Any, ...]:
        self.entries += 1
        n, at = self.entries, self.at
        return (n, at.company, at.journal, day, None, 2026, f"GEN/2026/{n:05}", "Benchmark", "", "normal", "", None, None, 1)

    def line(self, code: str, minor: int, position: int, day: Any) -> tuple[Any, ...]:
        self.lines += 1
        ident, account, none = self.lines, self.at.accounts[code], (None,) * 7
        return (ident, self.entries, account, minor, "EUR", minor, "EUR", None, None, "", *none, position, day)


# ---------------------------------------------------------------- posting


def post_raw(connection: sqlite3.Connection, rows: Rows, given: Sequence[Document], batch: int) -> None:
    for start in range(0, len(given), batch):
        entries, lines = [], []
        for day, parts in given[start : start + batch]:
            text = day.isoformat()
            entries.append(rows.entry(text))
            lines += [rows.line(code, minor, i, text) for i, (code, minor) in enumerate(parts, 1)]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(rows.sql["accounting_entry"], entries)
        connection.executemany(rows.sql["accounting_line"], lines)
        connection.execute("COMMIT")


def post_core(bo: BackOffice, rows: Rows, given: Sequence[Document], batch: int) -> None:
    """SQLAlchemy Core: the same rows as mappings, types converted by SQLAlchemy."""
    (entry_table, of_entry), (line_table, of_line) = ((bo.metadata.tables[name], columns) for name, columns in COLUMNS.items())
    for start in range(0, len(given), batch):
        entries, lines = [], []
        for day, parts in given[start : start + batch]:
            entries.append(dict(zip(of_entry, rows.entry(day), strict=True)))
            lines += [dict(zip(of_line, rows.line(code, minor, i, day), strict=True)) for i, (code, minor) in enumerate(parts, 1)]
        with bo.engine.begin() as connection:
            connection.execute(sa.insert(entry_table), entries)
            connection.execute(sa.insert(line_table), lines)


def post_bocore(bo: BackOffice, at: Databases, given: Sequence[Document], batch: int) -> None:
    accounts, book = at.accounts, at.journal
    for start in range(0, len(given), batch):
        with bo.unit_of_work(actor="bench") as uow:
            post(
                uow,
                [
                    (
                        Entry(journal_id=book, posting_date=day, text="Benchmark"),
                        [Line(account_id=accounts[code], amount=Money.minor(minor, "EUR")) for code, minor in parts],
                    )
                    for day, parts in given[start : start + batch]
                ],
            )


def post_vouchers(bo: BackOffice, given: Sequence[Document], batch: int) -> None:
    for start in range(0, len(given), batch):
        with bo.unit_of_work(actor="bench") as uow:
            uow.post(
                *(
                    Voucher(
                        key=f"bench:{n}", kind="bench.sale", posting_date=day, text="Benchmark",
                        lines=[VoucherLine(PURPOSES[i], Money.minor(minor, "EUR")) for i, (_, minor) in enumerate(parts)],
                    )
                    for n, (day, parts) in enumerate(given[start : start + batch], start)
                )
            )  # fmt: skip


def posting(at: Databases, count: int, rounds: int, batch: int, title: str) -> None:
    """Batched, or one commit an entry: raw, SQLAlchemy Core, bocore's posting call, and vouchers."""
    for lines in (2, 4):
        given = documents(count, lines)
        times: dict[str, list[Time]] = {}
        for _ in range(rounds):
            for name, work in _sides(at, given, batch):
                times.setdefault(name, []).append(timed(work))
        table = Table(f"{title}: {count:,} entries of {lines} lines", count, "entry")
        for name, taken in times.items():
            table.add(name, median(taken))


def _sides(at: Databases, given: Sequence[Document], batch: int) -> Iterator[tuple[str, Callable[[], object]]]:
    raw, rows = at.raw(), Rows(at)
    yield "raw sqlite3", lambda: post_raw(raw, rows, given, batch)
    raw.close()
    with at.open() as bo:
        yield "SQLAlchemy Core", lambda: post_core(bo, Rows(at), given, batch)
    with at.open() as bo:
        yield "bocore_accounting.post", lambda: post_bocore(bo, at, given, batch)
    with at.open() as bo:
        yield "uow.post (vouchers)", lambda: post_vouchers(bo, given, batch)
    for path in at.folder.glob("[0-9]*.db*"):
        path.unlink()


# ---------------------------------------------------------------- reading


def reading(at: Databases, count: int, rounds: int) -> None:
    """All rows of a table as entities, as rows of a select and as tuples, beside the driver's fetchall."""
    bo = at.open()
    with bo.unit_of_work(actor="bench") as uow:
        uow.add_all(
            Item(code=f"I{i:07}", name=f"Item number {i}", on=date(2026, 1 + i % 12, 1 + i % 28), pieces=i, price=Money.minor(i, "EUR"))
            for i in range(count)
        )
    raw = sqlite3.connect(str(bo.engine.url.database))
    times: dict[str, list[Time]] = {}

    def fetchall() -> None:
        assert len(raw.execute("SELECT * FROM bench_item").fetchall()) == count

    def whole_unit() -> None:
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            assert len(uow.select(Item).all()) == count

    columns = sa.select(Item.c.code, Item.c.name, Item.c.on, Item.c.pieces, Item.c.price, Item.c.price_currency)

    def taken_apart(read: Callable[[Any], Sequence[Any]]) -> None:
        assert sum(1 for _, _, _, _, _, _ in read(columns)) == count

    for _ in range(rounds):
        times.setdefault("driver fetchall", []).append(timed(fetchall))
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            times.setdefault("uow.rows of the columns", []).append(timed(partial(taken_apart, uow.rows)))
            times.setdefault("uow.tuples of the columns", []).append(timed(partial(taken_apart, uow.tuples)))
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            times.setdefault("uow.select(Item).all()", []).append(timed(uow.select(Item).all))
        times.setdefault("the same, with its unit of work", []).append(timed(whole_unit))
    table = Table(f"Reading {count:,} rows of six columns, one of them Money", count, "row")
    for name, taken in times.items():
        table.add(name, median(taken))
    raw.close()
    bo.close()


# ---------------------------------------------------------------- trial balance


def trial_balances(at: Databases, count: int) -> None:
    """The trial balance over ``count`` lines: rolled up, within a month, after later commits, and without a roll-up."""
    bo = at.open()
    post_bocore(bo, at, documents(count // 4, 4), BATCH)
    print(f"\nTrial balance over {count:,} lines{'ms':>20}", flush=True)

    def show(name: str, repeat: int, **options: Any) -> None:
        def run() -> None:
            with bo.unit_of_work(actor="bench", read_only=True) as uow:
                assert list(trial_balance(uow, **options))

        print(f"{name:44}{median([timed(run) for _ in range(repeat)]).wall * 1e3:12.1f}", flush=True)

    show("never rolled up", 3)
    with bo.unit_of_work(actor="bench") as uow:
        print(f"{'the first roll-up itself':44}{timed(lambda: roll_up(uow)).wall * 1e3:12.1f}", flush=True)
    show("rolled up, of everything", 50)
    show("rolled up, as of the end of a month", 50, as_of=date(2026, 6, 30))
    show("rolled up, as of a day within a month", 5, as_of=date(2026, 6, 15))
    post_bocore(bo, at, documents(1000, 2), 1)
    show("after 1 000 commits more", 20)
    show("the same, as of the end of a month", 20, as_of=date(2026, 6, 30))
    with bo.unit_of_work(actor="bench") as uow:
        print(f"{'the next roll-up':44}{timed(lambda: roll_up(uow)).wall * 1e3:12.1f}", flush=True)

    def checked() -> None:
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            assert check(uow) == []

    print(f"{'bo accounting check':44}{timed(checked).wall * 1e3:12.1f}", flush=True)
    bo.close()


# ---------------------------------------------------------------- start


def starting(rounds: int) -> None:
    """Processor time of a new process that shows the help, beside one that imports click."""
    programs = {
        "import click": "import click",
        "bo --help": "import sys; sys.argv = ['bo', '--help']; from bocore.cli import main; main()",
        "import bocore": "import bocore",
    }
    times: dict[str, list[Time]] = {}
    for _ in range(rounds):
        for name, program in programs.items():
            times.setdefault(name, []).append(_child(program))
    table = Table("Starting a process", 1, "process")
    for name, taken in times.items():
        table.add(name, median(taken))


def _child(program: str) -> Time:
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Time(time.perf_counter() - wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


PARTS = ("posting", "commits", "reading", "trial-balance", "start")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the entries, fewer rounds")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--folder", help="where the databases are made; a temporary folder without it")
    chosen = parser.parse_args()
    part = 10 if chosen.quick else 1
    rounds = 3 if chosen.quick else 5
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, SQLAlchemy {sa.__version__}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        at = Databases(Path(folder))
        wanted = chosen.only.split(",")
        if "posting" in wanted:
            posting(at, 100_000 // part, rounds, BATCH, f"Posting, {BATCH:,} entries a commit")
        if "commits" in wanted:
            posting(at, 3000 // part, rounds, 1, "Posting, one commit an entry")
        if "reading" in wanted:
            reading(at, 200_000 // part, rounds)
        if "trial-balance" in wanted:
            trial_balances(at, 1_000_000 // part)
        if "start" in wanted:
            starting(7 if chosen.quick else 15)


if __name__ == "__main__":
    main()
