"""How fast reports are, in figures of one run: ``python benchmarks/reports.py [--quick] [--only xlsx,…]``.

XLSX: 50 000 rows of a ledger written by ``render``, beside xlsxwriter called directly with the same cells, in the same mode (constant
memory) and with the same formats. Each side is a process of its own, so that the memory shown is what it needed at most. Rounds are
interleaved; medians are shown. Absolute times say more about the machine than about the program.

Statements: over a million lines, rolled up, with a thousand commits after the roll-up. Ageing: of 100 000 open items and what was paid of
them. Both beside one plain sum over the same lines or items by sqlite3, which knows nothing of days, kinds and currencies.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import items
import ledger
import xlsxwriter

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Money, Party
from bocore.reports import Heading, columns_of, render
from bocore_accounting import roll_up

HEADING = Heading(title="General ledger", company="Bench Ltd", currency="EUR", since=date(2026, 1, 1), through=date(2026, 12, 31))


@attrs.frozen
class Row:
    """A line of a ledger: ten columns, as the general ledger has them."""

    account: str
    name: str
    date: date
    entry: str
    text: str
    contra: list[str]
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal
    amount: Money


def rows(count: int) -> Iterator[Row]:
    """Lines that are made while they are written."""
    for i in range(count):
        moved = Decimal(100 + i * 37 % 90_000).scaleb(-2)
        debit, credit = (moved, None) if i % 2 else (None, moved)
        balance, day = Decimal(i * 1_234_567).scaleb(-2), date(2026, 1 + i % 12, 1 + i % 28)
        text = f"Invoice {i} of a customer"
        yield Row("1100", "Trade receivables", day, f"GEN/2026/{i:05}", text, ["4000", "2200"], debit, credit, balance, Money(moved, "EUR"))


def by_bocore(count: int, path: Path) -> None:
    """What ``bo report … -o FILE.xlsx`` does with rows."""
    with path.open("wb") as file:
        render("xlsx", columns_of(Row), rows(count), file, HEADING)


def by_xlsxwriter(count: int, path: Path) -> None:
    """The same cells by hand."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": 14})
        amount, bold = book.add_format({"num_format": "#,##0.00"}), book.add_format({"bold": True})
        for at, field in enumerate(attrs.fields(Row)):
            sheet.write_string(0, at, field.name, bold)
        for n, row in enumerate(rows(count), 1):
            sheet.write_string(n, 0, row.account)
            sheet.write_string(n, 1, row.name)
            sheet.write_datetime(n, 2, row.date, day)
            sheet.write_string(n, 3, row.entry)
            sheet.write_string(n, 4, row.text)
            sheet.write_string(n, 5, ", ".join(row.contra))
            for at, value in ((6, row.debit), (7, row.credit), (8, row.balance), (9, row.amount.amount)):
                if value is not None:
                    sheet.write_number(n, at, value, amount)


SIDES = {"xlsxwriter": by_xlsxwriter, "bocore": by_bocore}


class Taken(NamedTuple):
    """Seconds by the clock on the wall and of the processor, and the most memory that the process had, in MB."""

    wall: float
    cpu: float
    memory: float


def child(side: str, count: int, path: Path) -> Taken:
    """One side in a process of its own, which times itself: starting Python and importing is not part of it."""
    command = [sys.executable, __file__, "--child", side, "--rows", str(count), "--folder", str(path.parent)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
    return Taken(*map(float, said.split()))


def measure(side: str, count: int, path: Path) -> None:
    """What the child does."""
    wall, cpu = time.perf_counter(), time.process_time()
    SIDES[side](count, path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024))


def workbooks(folder: Path, count: int, rounds: int) -> None:
    """Both sides, interleaved."""
    times: dict[str, list[Taken]] = {side: [] for side in SIDES}
    for _ in range(rounds):
        for side, taken in times.items():
            taken.append(child(side, count, folder / f"{side}.xlsx"))
    print(f"\nXLSX of {count:,} rows of {len(attrs.fields(Row))} columns")
    print(f"{'':24}{'seconds':>10}{'× raw':>8}{'CPU s':>10}{'× raw':>8}{'MB at most':>12}{'file, MB':>10}")
    middle = {side: Taken(*map(statistics.median, zip(*taken, strict=True))) for side, taken in times.items()}
    raw = middle["xlsxwriter"]
    for side, (wall, cpu, memory) in middle.items():
        size = (folder / f"{side}.xlsx").stat().st_size / 1e6
        print(f"{side:24}{wall:10.2f}{wall / raw.wall:8.2f}{cpu:10.2f}{cpu / raw.cpu:8.2f}{memory:12.0f}{size:10.1f}", flush=True)


# ---------------------------------------------------------------- statements and ageing


def plain_sum(bo: BackOffice, table: str, by: str) -> float:
    """Seconds that SQLite takes to add up all amounts of a table."""
    began = time.perf_counter()
    with closing(sqlite3.connect(str(bo.engine.url.database))) as connection:
        assert connection.execute(f"SELECT {by}, amount_currency, sum(amount) FROM {table} GROUP BY 1, 2").fetchall()
    return time.perf_counter() - began


def timed_reports(bo: BackOffice, chosen: Sequence[tuple[str, str, dict[str, Any]]], table: str, by: str, rounds: int) -> None:
    """Each report and the plain sum, interleaved."""
    plain: list[float] = []
    times: dict[str, list[float]] = {title: [] for title, _, _ in chosen}
    for _ in range(rounds):
        plain.append(plain_sum(bo, table, by))
        for title, name, options in chosen:
            began = time.perf_counter()
            assert bo.report(name, actor="bench", options=options).rows
            times[title].append(time.perf_counter() - began)
    one = statistics.median(plain)
    print(f"{'':52}{'seconds':>10}{'× sum':>8}\n{f'sqlite3: SELECT sum(amount) GROUP BY {by}':52}{one:10.3f}{1:8.2f}")
    for title, taken in times.items():
        print(f"{title:52}{statistics.median(taken):10.3f}{statistics.median(taken) / one:8.2f}", flush=True)


STATEMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("balance sheet", "balance-sheet", {}),
    ("balance sheet, as of a day within a month", "balance-sheet", {"as_of": "2026-06-15"}),
    ("balance sheet, tree, base, four quarters beside it", "balance-sheet",
     {"as_of": "2026-12-31", "compare": 4, "step": "quarter", "tree": True, "currency": "base"}),
    ("income statement of the year", "income-statement", {"year": 2026}),
    ("income statement, quarter and three before it", "income-statement", {"since": "2026-10-01", "through": "2026-12-31", "compare": 3}),
    ("cash flow of the year", "cash-flow", {"year": 2026}),
    ("cash flow of a month, by counter account", "cash-flow", {"since": "2026-06-01", "through": "2026-06-30", "by": "counter"}),
    ("changes in equity of the year", "changes-in-equity", {"year": 2026}),
    ("general ledger of an account, one day", "general-ledger", {"account": "1010", "since": "2026-06-15", "through": "2026-06-15"}),
)  # fmt: skip


def statements(folder: Path, count: int, rounds: int) -> None:
    """The statements over ``count`` lines of a year."""
    at = ledger.Databases(folder)
    with at.open() as bo:
        ledger.post_bocore(bo, at, ledger.documents(count // 4, 4), ledger.BATCH)
        with bo.unit_of_work(actor="bench") as uow:
            roll_up(uow)
        ledger.post_bocore(bo, at, ledger.documents(1000, 2), 1)
        print(f"\nStatements over {count:,} lines, rolled up, and 1 000 commits after that")
        timed_reports(bo, STATEMENTS, "accounting_line", "account_id", rounds)


AGEINGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("ageing by party, after everything", "ageing", {"as_of": "2026-12-31"}),
    ("ageing by party, as of a past day", "ageing", {"as_of": "2025-09-30"}),
    ("ageing by kind, in the company's currency", "ageing", {"as_of": "2026-12-31", "by": "kind", "currency": "base"}),
    ("open items of one party", "open-items", {"as_of": "2026-12-31", "party": 1}),
)  # fmt: skip


def ageing(folder: Path, count: int, rounds: int) -> None:
    """The ageing of ``count`` open items: of half as many more, a third is paid and a third in half."""
    with BackOffice(folder / "items.db", plugins=[accounting]).init(company="Bench Ltd", currency="EUR") as bo:
        with bo.unit_of_work(actor="bench") as uow:
            parties = [party.id for party in uow.add_all(Party(name=f"Party {n}") for n in range(1000))]
        every = count * 3 // 2
        for first in range(0, every, items.BATCH):
            with bo.unit_of_work(actor="bench") as uow:
                uow.post(*items.vouchers(first, min(items.BATCH, every - first), every, parties, True))
        with bo.unit_of_work(actor="bench") as uow:
            roll_up(uow)
        print(f"\nAgeing of {count:,} open items")
        timed_reports(bo, AGEINGS, "bo_open_item", "party_id", rounds)


PARTS = ("xlsx", "statements", "ageing")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, fewer rounds")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of: {','.join(PARTS)}")
    parser.add_argument("--folder", help="where files are made; a temporary folder without it")
    parser.add_argument("--child", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=50_000, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        measure(chosen.child, chosen.rows, Path(chosen.folder) / f"{chosen.child}.xlsx")
        return
    print(f"Python {platform.python_version()}, xlsxwriter {xlsxwriter.__version__}, {os.cpu_count()} processors")
    wanted = chosen.only.split(",")
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        if "xlsx" in wanted:
            workbooks(Path(folder), 5000 if chosen.quick else 50_000, 3 if chosen.quick else 5)
        if "statements" in wanted:
            statements(Path(folder), 100_000 if chosen.quick else 1_000_000, 3 if chosen.quick else 5)
        if "ageing" in wanted:
            ageing(Path(folder), 10_000 if chosen.quick else 100_000, 3 if chosen.quick else 5)


if __name__ == "__main__":
    main()
