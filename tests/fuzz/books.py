"""Books that files are thrown at, and what must be true whatever happens to them."""

from __future__ import annotations

import contextlib
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
from fuzz.seeds import PART, Seed

from bocore import BackOffice, BocoreError, DeclarationError, Finding, Money, Party, PluginError, Severity, UsageError
from bocore.imports import ImportResult
from bocore.record.verify import verify
from bocore_accounting import Commodity, Entry, apply_standard_chart, check
from bocore_catalog import Gtin, Item, Tracking
from bocore_inventory import Location, receive, start_count

SECONDS = 10
"""Of the processor, that one file may take: a slow machine is no failure, and a file that is never done is one."""
MEMORY = 512 << 20
"""Bytes that one file may take beyond what is there."""
LONGEST = 3000
"""Characters of one finding: it is for a person."""
RESERVED = frozenset({"bo_id"})
"""What is no part of the books: which ids are set aside. It moves on where a unit of work is undone, so that none is given twice."""

KEPT = ("accounting_entry", "accounting_line", "bo_rate", "bo_voucher")
"""What is only ever added to: as many as the result of an import says."""


class Hang(BaseException):
    """A file took too long. No ``except Exception`` on the way may take it for an answer."""


def furnish(app: BackOffice) -> BackOffice:
    """Books with a chart, a customer, a commodity, and a count of what is in stock, so that files can be right."""
    with app.unit_of_work(actor="ann") as uow:
        apply_standard_chart(uow, uow.company.id)
        uow.add(Party(name="Acme Customer", code="ACME"))
        uow.add(Commodity(code="FUND", exponent=3))
        nut, bolt = uow.add_all([Item(code="NUT", name="Nut"), Item(code="BOLT", name="Bolt")])
        pump = uow.add(Item(code="PUMP", name="Pump", tracking=Tracking.SERIAL))
        uow.add_all([Gtin(item_id=bolt.id, code="05901234123457"), Gtin(item_id=pump.id, code="04006381333948")])
    with app.unit_of_work(actor="ann") as uow:
        receive(uow, nut, Decimal(5), cost=Money("5.00", "EUR"))
        receive(uow, pump, Decimal(1), cost=Money("80.00", "EUR"), serials=["P1"])
    with app.unit_of_work(actor="ann") as uow:
        start_count(uow, uow.select(Location, code="STOCK").one())
    return app


class Target:
    """An application that takes file after file in, in a folder of its own."""

    def __init__(self, app: BackOffice, folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.tries = 0
        self.taken = 0
        self.refused = 0
        self._before = everything(app)

    def throw(self, importer: str, file: bytes, options: Mapping[str, Any]) -> ImportResult | BocoreError:
        """Take a file in, and check all that is promised, whether it was taken or refused.

        :raises AssertionError: a promise was broken; any other exception is a broken promise as well.
        """
        self.tries += 1
        told = {name: value.replace("{n}", str(self.tries)) if isinstance(value, str) else value for name, value in options.items()}
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            path = _write(Path(folder), file, self.app.host.importers[importer].suffix[0])
            try:
                with bounded():
                    result = self.app.import_file(importer, path, actor="ann", options=told)
            except BocoreError as error:
                self.refused += 1
                check_refusal(error)
                assert everything(self.app) == self._before, "what was refused left something behind"
                return error
        self.taken += 1
        self._before = check_taken(self.app, self._before, result)
        return result

    def seed(self, importer: str, seed: Seed) -> ImportResult | BocoreError:
        """Take a seed in as it is."""
        return self.throw(importer, seed.file, seed.options)


def _write(folder: Path, file: bytes, suffix: str) -> Path:
    for number, part in enumerate(file.split(PART)):
        (folder / f"books{number or ''}{suffix}").write_bytes(part)
    return folder / f"books{suffix}"


# ---------------------------------------------------------------- what is promised


def check_refusal(error: BocoreError) -> None:
    """It is the file that is wrong, not the program; every error says what and what to do, in few words that JSON can carry."""
    assert not isinstance(error, (UsageError, DeclarationError, PluginError)), f"{type(error).__name__}: {error}"
    assert any(finding.severity is Severity.ERROR for finding in error.findings)
    assert len(error.findings) <= 102, "a hundred errors and how many more there are"
    for finding in error.findings:
        check_finding(finding)
    orjson.dumps(error.as_dict())


def check_finding(finding: Finding) -> None:
    """A sentence, a place in a line of its own, and a remedy where something is refused."""
    assert finding.code and finding.message.strip(" ."), f"{finding.code} says nothing: {finding}"
    assert finding.fix.strip() or finding.severity is Severity.WARNING, f"{finding.code} has no remedy: {finding}"
    assert len(str(finding)) <= LONGEST, f"{finding.code} has {len(str(finding))} characters"


def check_taken(app: BackOffice, before: Mapping[str, tuple[str, ...]], result: ImportResult) -> Mapping[str, tuple[str, ...]]:
    """The books balance, they verify, and what was added is what the result says; returns what is in the database now."""
    for finding in result.findings:
        check_finding(finding)
    now = everything(app)
    for name in KEPT:
        assert len(now[name]) - len(before[name]) == result.added.get(name, 0), f"{name}: {result.added}"
    if now == before:
        return now  # taken in before
    with app.unit_of_work(actor="auditor", read_only=True) as uow:
        assert [str(finding) for finding in check(uow)] == []
        lines = uow._touch().execute("SELECT entry_id, sum(base) FROM accounting_line GROUP BY entry_id").fetchall()
        assert [entry for entry, base in lines if base] == [], "every entry balances"
        assert len(lines) == uow.select(Entry).count(), "and has its lines"
    verification = verify(app)
    assert verification.ok, "\n".join(map(str, verification.findings))
    return now


def everything(app: BackOffice) -> Mapping[str, tuple[str, ...]]:
    """Each row of each table, but for what is set aside only."""
    with app.unit_of_work(actor="auditor", read_only=True) as uow:
        session = uow._touch()
        tables = sorted(app.metadata.tables.keys() - RESERVED)
        return {name: tuple(sorted(map(repr, map(tuple, session.execute(f'SELECT * FROM "{name}"').fetchall())))) for name in tables}


# ---------------------------------------------------------------- bounds


@contextlib.contextmanager
def bounded(seconds: float = SECONDS, memory: int = MEMORY) -> Iterator[None]:
    """Raise Hang where what is in it takes longer, of the processor's time, and MemoryError where it needs more."""

    def stop(*_: object) -> None:
        raise Hang(f"not done after {seconds} seconds of the processor's time")

    before = signal.signal(signal.SIGPROF, stop)
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with _at_most(memory, soft, hard):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _at_most(memory: int, soft: int, hard: int) -> Iterator[None]:
    """Where the system tells how much memory there is."""
    try:
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (size + memory, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


Fresh = Callable[[], Target]
