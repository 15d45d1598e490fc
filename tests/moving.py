"""A firm with business of every kind, for tests of moving it: its quarter, and what is unusual to store."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from bocore import (
    BackOffice,
    Company,
    Line,
    Money,
    Party,
    PartyKind,
    TenantFile,
    UnitOfWork,
    Voucher,
    attach,
    attachments,
    drop_attachment,
    drop_tenant,
)
from bocore.testing.clock import FrozenClock
from bocore_accounting.demo import play

Tables = dict[str, dict[str, Any]]
Edit = Callable[[dict[str, Any], Tables], None]
NAMES = [
    "Zoë Ångström",
    "株式会社アクメ",
    "ЖШС «Ромашқа»",
    "شركة الأمل",
    "Ελένη & Υιοί",
    "🌻 Gärtnerei",
    "O'Neill; DROP TABLE",
    'Say "hi"\\n',
]


def voucher(key: str, currency: str, amount: str, **more: Any) -> Voucher:
    fee = Money(amount, currency)
    return Voucher(key, "fee", posting_date=date(2026, 1, 3), lines=[Line("bank.fees", fee), Line("bank", -fee)], **more)


def pay(uow: UnitOfWork, key: str) -> dict[str, Any]:
    (receipt,) = uow.post(voucher(key, "EUR", "1.00"))
    return {"voucher": receipt.voucher_id}


def firm(path: Path | str, **where: Any) -> BackOffice:
    """An office whose quarter was played, with names in any script, several decimals, files, removed rows, tokens, jobs and cursors."""
    bo = BackOffice(path, clock=FrozenClock(), **where)
    bo.init(company="Garden Tools Ltd", currency="EUR")
    play(bo, lambda text: None)
    with bo.unit_of_work(actor="ann", reason="Names") as uow:
        people = uow.add_all([Party(name=name, kind=PartyKind("person")) for name in NAMES])
        for at, content in enumerate([b"\0\xff" * 5, bytes(range(256)) * 4000, b"gone"]):
            attach(uow, people[at], content, file_name=f"{NAMES[at]}.bin")
    with bo.unit_of_work(actor="ann", reason="Away with it") as uow:
        gone = uow.find(Party, name=NAMES[-1])
        assert gone is not None
        uow.remove(gone)
        third = uow.find(Party, name=NAMES[2])
        assert third is not None
        drop_attachment(uow, attachments(uow, [third])[third.id][0])
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="JP", name="東京", currency="JPY", zone="Asia/Tokyo"))
        uow.add(Company(code="KW", name="الكويت", currency="KWD", zone="Asia/Kuwait"))
    for code, currency, amount in [("JP", "JPY", "12345"), ("KW", "KWD", "0.001")]:
        with bo.unit_of_work(actor="ann", company=code) as uow:
            uow.post(voucher(f"fee:{code}", currency, amount))
    bo.run("accounting.declare-commodity", "VTI", 4, name="Fund", actor="ann", company="GARDEN")
    bo.run(pay, "fee:once", actor="ann", company="GARDEN", key="once")
    with bo.unit_of_work(actor="ann", company="GARDEN") as uow:
        uow.enqueue("accounting.roll-up")
    feed = bo.feed("warehouse")
    for _ in range(4):
        next(feed)
    feed.close()  # type: ignore[attr-defined]
    return bo


def content(file: TenantFile) -> dict[str, tuple[int, str]]:
    """Table → rows and digest: what must be the same in two files of the same tenant."""
    return {table.name: (table.rows, table.sha256) for table in file.tables}


def sqlite_file(path: Path) -> Path:
    """A SQLite file on any engine that the tests run on: only a path without a file is taken for a schema."""
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=1")
    connection.close()
    return path


@contextmanager
def schema() -> Iterator[dict[str, str]]:
    """Where there is no tenant yet on the server of the tests, as BackOffice takes it; dropped at the end."""
    url, name = os.environ["BOCORE_TEST_PG"], f"moving_{uuid4().hex[:12]}"
    try:
        yield {"where": url, "tenant": name}
    finally:
        if any(one.name == name for one in listed(url)):
            drop_tenant(url, name)


def listed(url: str) -> list[Any]:
    from bocore import list_tenants

    return list_tenants(url)


def lines(path: Path) -> list[Any]:
    """The lines of a file of a tenant, as JSON."""
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


def forged(source: Path, edit: Edit) -> Path:
    """The same file after an edit by somebody who knows how counts and digests are made."""
    with gzip.open(source) as read:
        header, *rest = [json.loads(line) for line in read]
    tables: Tables = {}
    for line in rest[:-1]:
        if isinstance(line, dict) and "table" in line:
            tables[line["table"]] = {**line, "rows": []}
        elif isinstance(line, list):
            list(tables.values())[-1]["rows"].append(line)
    edit(header, tables)
    lines = [header]
    for table in tables.values():
        rows = [_line(row) for row in table["rows"]]
        lines += [{key: value for key, value in table.items() if key != "rows"}, *table["rows"]]
        lines.append({"end": table["table"], "rows": len(rows), "sha256": sha256(b"".join(rows)).hexdigest()})
    text = b"".join(map(_line, lines))
    total = sum(len(table["rows"]) for table in tables.values())
    text += _line({"end": "bocore-tenant", "tables": len(tables), "rows": total, "sha256": sha256(text).hexdigest()})
    return written(source.with_name("forged.bo"), text)


def _line(values: Any) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def written(path: Path, text: bytes) -> Path:
    path.write_bytes(gzip.compress(text))
    return path
