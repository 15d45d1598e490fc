"""The record on a medium that can only be read, for a role that may only read, and on a full disk: nothing is lost, and it is said."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from small_disk import SmallDisk

from bocore import BackOffice, Party, Refused, StorageError
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from bocore.keys.provider import new_key_file
from bocore.record.keeper import Keeper
from bocore.record.proving import prove
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.engines import administering

TAIL = 3


def unsealed(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """A row whose record is sealed, and one whose record is in the tail."""
    with bo.unit_of_work(actor="ann") as uow:
        sealed = uow.add(Party(name="Mill")).id
    bo.seal()
    monkeypatch.setattr(Keeper, "tend", lambda keeper: None)
    for n in range(TAIL):
        with bo.unit_of_work(actor="ann") as uow:
            last = uow.add(Party(name=f"Later {n}")).id
    return sealed, last


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    new_key_file(tmp_path / "books.key")
    monkeypatch.setenv("BOCORE_KEY_FILE", str(tmp_path / "books.key"))
    return tmp_path / "books.key"


def ask(books: Path, *words: str) -> Result:
    return CliRunner().invoke(root, ["--db", str(books), *words], obj=Invocation(plugins=[], user="ann"))


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("left_open", [False, True])
def test_a_file_on_a_medium_that_can_only_be_read(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_open: bool) -> None:
    """As a copy of a file at rest, and as one whose application was ended by a power cut."""
    with SmallDisk(32) as disk:
        books = disk.path / "books.db"
        with BackOffice(tmp_path / "books.db", plugins=[]).init(company="Acme Ltd", currency="EUR", owner="ann") as bo:
            sealed, last = unsealed(bo, monkeypatch)
            for end in ("", "-wal", "-shm") if left_open else ():
                shutil.copy(f"{bo.engine.url.database}{end}", f"{books}{end}")
        if not left_open:
            shutil.copy(tmp_path / "books.db", books)
        disk.shelve()
        for words in ((), ("--jobs", "2")):
            done = ask(books, "audit", "verify", *words)
            assert (done.exit_code, done.stdout.partition("verified: ")[2]) == (0, f"ok, sealed, unsealed tail of {TAIL}, not anchored\n")
        done = ask(books, "audit", "prove", "bo_party", str(sealed))
        assert (done.exit_code, done.stderr) == (0, "")
        done = ask(books, "audit", "prove", "bo_party", str(last))
        assert (done.exit_code, done.stdout) == (1, "")
        assert "The record that wrote it last is not sealed yet. Run bo audit seal" in done.stderr
        done = ask(books, "audit", "seal")
        assert (done.exit_code, done.stdout) == (3, "")
        assert "The database is read-only here." in done.stderr
        assert ask(books, "audit", "log", "-n", "1").exit_code == 0
        checks = {line.split("  ")[0]: line for line in ask(books, "doctor").stdout.splitlines()}
        assert "can't be written by this user" in checks["rights"]
        assert " ok " in checks["safety"]


@pytest.fixture
def reader(bo: BackOffice) -> Iterator[str]:
    """A role that may read every table of the tenant, and nothing else."""
    bo.init()
    name, schema = f"bo_reader_{uuid.uuid4().hex[:12]}", bo.database.schema  # type: ignore[attr-defined]
    with administering() as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'".encode())
        server.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {name}'.encode())
        yield name
        server.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


@pytest.mark.engine("postgresql")
def test_a_role_that_may_only_read(bo: BackOffice, reader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed, last = unsealed(bo, monkeypatch)
    url = bo.engine.url.set(username=reader, password="secret")
    with BackOffice(url, tenant=bo.database.schema) as auditor:  # type: ignore[attr-defined]
        for jobs in (1, 2):
            found = verify(auditor, jobs=jobs)
            assert (found.ok, found.vouched) == (True, f"sealed, unsealed tail of {TAIL}, not anchored")
        assert prove(auditor, "bo_party", sealed).id == sealed
        with pytest.raises(Refused, match=r"The record that wrote it last is not sealed yet. Run bo audit seal"):
            prove(auditor, "bo_party", last)
        with pytest.raises(StorageError, match="denied"):
            auditor.seal()


@pytest.mark.faults
@pytest.mark.engine("sqlite")
def test_a_disk_that_is_full_while_it_is_sealed_loses_nothing(key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SmallDisk(16) as disk:
        books = disk.path / "books.db"
        with BackOffice(books, plugins=[]).init(company="Acme Ltd", currency="EUR", owner="ann") as bo:
            unsealed(bo, monkeypatch)
            for _ in range(600):
                with bo.unit_of_work(actor="ann") as uow:
                    uow.add(Party(name="Customer"))
            before = verify(bo)
            assert (before.ok, before.unsealed) == (True, TAIL + 600)
            with behind(books) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # or there would be room in the log
            disk.fill(leave=0)
            with pytest.raises(StorageError, match=r"The disk is full. Free some space and run it again; nothing was written"):
                bo.seal()
            assert verify(bo).vouched == before.vouched, "what was begun is undone"
            disk.free()
            bo.seal()
            after = verify(bo)
            assert (after.ok, after.vouched, after.records) == (True, "sealed, not anchored", before.records)
