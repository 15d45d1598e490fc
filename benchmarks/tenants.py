"""How many rows a second go out of a tenant into its file and in again, beside what the engines' own means do with the same rows.

python benchmarks/tenants.py [ROWS]

Out of SQLite is compared with the ``iterdump`` of Python's sqlite3, and in with running that dump; out of PostgreSQL and in with COPY of
every table. None of those looks at what it reads; so the export and import without verification stand beside the whole. Seconds are of
the wall clock, since half of the work is the server's; both sides of a ratio are measured in the same run, one after the other.
"""

from __future__ import annotations

import gzip
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from bocore import BackOffice, Line, Money, Party, TenantFile, Voucher
from bocore.testing import Server


def main(rows: int) -> None:
    """Make a tenant of about so many rows, and move it."""
    with tempfile.TemporaryDirectory() as name, Server() as server:
        folder = Path(name)
        with BackOffice(folder / "here.db", plugins=[]) as here, BackOffice(server.url, tenant="moved", plugins=[]) as there:
            fill(here.init(company="Bench", currency="EUR"), rows)
            file, out = timed(lambda: here.export_tenant(folder / "here.bo"))
            _, out_only = timed(lambda: here.export_tenant(folder / "only.bo", verify=False))
            _, dumped = timed(lambda: dump(folder / "here.db", folder / "here.sql.gz"))
            _, into = timed(lambda: there.import_tenant(file.path))
            _, again = timed(lambda: there.export_tenant(folder / "there.bo", verify=False))
            copies, copied_out = timed(lambda: copy_out(server.url, file))
            with BackOffice(server.url, tenant="copied", plugins=[]).init() as copied:
                _, copied_in = timed(lambda: copy_in(server.url, copied, copies))
            with BackOffice(server.url, tenant="only", plugins=[]) as only:
                _, into_only = timed(lambda: only.import_tenant(file.path, verify=False))
            with BackOffice(folder / "back.db", plugins=[]) as back:
                _, back_in = timed(lambda: back.import_tenant(file.path))
            _, run = timed(lambda: load(folder / "here.sql.gz", folder / "loaded.db"))
    print(f"{file.rows:,} rows, {len(file.tables)} tables")
    for what, seconds, raw in [
        ("SQLite → file, verified", out, dumped),
        ("SQLite → file", out_only, dumped),
        ("PostgreSQL → file", again, copied_out),
        ("file → PostgreSQL, read again and verified", into, copied_in),
        ("file → PostgreSQL, read again", into_only, copied_in),
        ("file → SQLite, read again and verified", back_in, run),
    ]:
        print(f"{what:45}{file.rows / seconds:10,.0f} rows/s{file.rows / raw:12,.0f} raw{seconds / raw:8.2f} times the raw time")


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def fill(bo: BackOffice, rows: int) -> None:
    """Half of the rows are people, with a salt each; the others come of vouchers with open items."""
    for start in range(0, rows // 2, 20_000):
        with bo.unit_of_work(actor="bench") as uow:
            uow.add_all([Party(name=f"Customer {n}") for n in range(start, min(start + 20_000, rows // 2))])
    amount = Money("12.50", "EUR")
    for start in range(0, rows // 4, 5_000):
        with bo.unit_of_work(actor="bench") as uow:
            uow.post(
                *(
                    Voucher(
                        f"bench:{n}",
                        "sale",
                        posting_date=date(2026, 1, 2),
                        lines=[Line("receivable", amount, opens=f"bench:{n}"), Line("sales", -amount)],
                    )
                    for n in range(start, min(start + 5_000, rows // 4))
                )
            )


def dump(source: Path, target: Path) -> None:
    with sqlite3.connect(source) as connection, gzip.open(target, "wt", compresslevel=2, encoding="utf-8") as out:
        out.writelines(f"{statement}\n" for statement in connection.iterdump())


def load(source: Path, target: Path) -> None:
    with sqlite3.connect(target) as connection, gzip.open(source, "rt", encoding="utf-8") as read:
        connection.executescript(read.read())


def copy_out(url: str, file: TenantFile) -> dict[str, bytes]:
    """Every table by COPY, in the order of the file."""
    found: dict[str, bytes] = {}
    with _connect(url) as connection:
        for table in file.tables:
            with connection.cursor().copy(f'COPY moved."{table.name}" TO STDOUT'.encode()) as copy:
                found[table.name] = b"".join(bytes(part) for part in copy)
            gzip.compress(found[table.name], 2)
    return found


def copy_in(url: str, bo: BackOffice, copies: dict[str, bytes]) -> None:
    """The same into tables with their keys, references and indexes."""
    with _connect(url) as connection:
        connection.execute("TRUNCATE " + ", ".join(f'copied."{name}"' for name in copies))
        for name, content in copies.items():
            with connection.cursor().copy(f'COPY copied."{name}" FROM STDIN'.encode()) as copy:
                copy.write(content)


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", ""))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
