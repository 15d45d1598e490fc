"""Several processes verify what one does: the same rows, in one state of the database, with the same words."""

from __future__ import annotations

import multiprocessing
import os
import signal
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool

from bocore.app import BackOffice
from bocore.cli.root import bo as program
from bocore.entities import Entity, entity, field
from bocore.entities.spec import Column
from bocore.errors import StorageError, UsageError
from bocore.plugins import Plugin
from bocore.record import crew
from bocore.record import verify as verifying
from bocore.record.canonical import encode_row, row_digests
from bocore.record.changes import DIGEST, NONCE, ChangesWriter
from bocore.record.comparing import Part, compare, cut
from bocore.record.expected import Expected
from bocore.record.shapes import Shape
from bocore.record.stored import RowReader
from bocore.record.verify import Verification, verify
from bocore.storage.database import Database, open_database
from bocore.testing import behind


@entity("den_pet", unique=["code"])
class Pet(Entity):
    """Rows that are changed."""

    code: str = field(max_length=20)
    age: int | None = None


@entity("den_meal", append_only=True)
class Meal(Entity):
    """Rows that are written once."""

    grams: int


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty pets and thirty meals, of which some were changed and some went; parts are of seven rows."""
    module: Any = types.ModuleType("acme_den.plugin")
    module.plugin = Plugin(prefix="den", entities=[Pet, Meal])
    path = tmp_path / "den.db"
    with BackOffice(path, plugins=[module]).init() as bo:
        for start in range(0, 60, 20):
            with bo.unit_of_work(actor="ann") as uow:
                uow.add_all([Pet(code=f"P{n}") for n in range(start, start + 20)])
        for n in range(30):
            with bo.unit_of_work(actor="ann") as uow:
                uow.add(Meal(grams=n))
        with bo.unit_of_work(actor="ann", reason="change") as uow:
            for ident in (3, 7, 8, 50):
                uow.get(Pet, ident).age = ident
            uow.remove(uow.get(Pet, 30))
        bo.seal()
    monkeypatch.setattr(verifying, "ROWS", 7)
    return path


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = open_database(path)
    yield database
    database.close()
    assert multiprocessing.active_children() == []


TAMPERING = [
    "UPDATE den_pet SET code = 'X' WHERE id = 7",
    "UPDATE den_pet SET age = 1 WHERE id BETWEEN 12 AND 17",
    "DELETE FROM den_pet WHERE id BETWEEN 34 AND 37",
    "INSERT INTO den_pet (id, version, code) VALUES (30, 1, 'back'), (90, 1, 'new'), (91, 1, 'newer')",
    "UPDATE den_meal SET grams = 1000 WHERE id > 4",
    "DELETE FROM den_meal WHERE id = 30",
    "UPDATE bo_shape SET definition = '{}' WHERE entity = 'den_meal'",
    "UPDATE bo_commit SET at = '2020-01-01T00:00:00.000000Z' WHERE reason = 'change'",
]


def said(found: Verification) -> tuple[Any, ...]:
    return [str(finding) for finding in found.findings], found.more, found.counts, found.rows, found.records, found.entities, found.vouched


def test_two_processes_find_what_one_finds_and_say_it_in_the_same_order(path: Path, database: Database) -> None:
    assert verify(database, jobs=2).ok
    for number in range(len(TAMPERING)):
        with behind(path) as connection:
            connection.execute(TAMPERING[number])
    alone = verify(database)
    assert {*alone.counts} >= {"bo.audit.altered", "bo.audit.added", "bo.audit.removed", "bo.audit.unproven", "bo.audit.record"}
    assert said(verify(database, jobs=2)) == said(alone)
    assert said(verify(database, jobs=2, limit=3)) == said(verify(database, limit=3))
    assert said(verify(database, jobs=3, entity="den_pet")) == said(verify(database, entity="den_pet"))


@pytest.mark.parametrize("number", range(len(TAMPERING)))
def test_each_attack_alone_is_named_the_same(path: Path, database: Database, number: int) -> None:
    with behind(path) as connection:
        connection.execute(TAMPERING[number])
    alone = verify(database)
    assert not alone.ok
    assert said(verify(database, jobs=2)) == said(alone)


def test_the_command_takes_jobs_and_refuses_none(path: Path, database: Database) -> None:
    def run(*more: str) -> tuple[int, str]:
        done = CliRunner().invoke(program, ["--db", str(path), "audit", "verify", *more])
        return done.exit_code, done.output

    assert run("--jobs", "2")[0] == 0
    with behind(path) as connection:
        connection.execute(TAMPERING[1])
    assert run("--jobs", "2") == run()
    assert run("--jobs", "2")[0] == 1
    for wrong in ("0", "-1"):
        code, text = run("--jobs", wrong)
        assert code == 2
        assert "--jobs" in text


# -- one state


def one_more(path: Path) -> None:
    """What any other process may commit meanwhile: a row without a record, so that whoever sees it must name it."""
    with behind(path) as connection:
        connection.execute("INSERT INTO den_meal (id, grams) SELECT max(id) + 1, 1 FROM den_meal")


def test_what_is_committed_while_the_processes_begin_is_seen_by_all_or_by_none(
    path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    tell = crew.Crew.tell

    def meddle(self: crew.Crew, what: str, given: Any = None) -> Any:
        if what == "begin":
            begun.append(what)
            if len(begun) == 1:  # this process has begun, the others have not
                one_more(path)
        return tell(self, what, given)

    monkeypatch.setattr(crew.Crew, "tell", meddle)
    found = verify(database, jobs=2)
    if database.name == "sqlite":
        assert len(begun) == 2
        assert found.counts == {"bo.audit.added": 1}
        assert found.rows == 59 + 31
    else:
        assert len(begun) == 1
        assert (found.counts, found.rows) == ({}, 59 + 30)


def test_what_is_committed_once_all_have_begun_is_seen_by_none(path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run = crew.Crew.run

    def meddle(self: crew.Crew, *given: Any) -> Any:
        one_more(path)
        return run(self, *given)

    monkeypatch.setattr(crew.Crew, "run", meddle)
    found = verify(database, jobs=2)
    assert (found.counts, found.rows) == ({}, 59 + 30)
    assert verify(database).counts == {"bo.audit.added": 1}


@pytest.mark.engine("sqlite")
def test_where_others_commit_all_the_time_several_processes_are_refused(
    path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = crew.Crew.tell

    def meddle(self: crew.Crew, what: str, given: Any = None) -> Any:
        one_more(path)
        return tell(self, what, given)

    monkeypatch.setattr(crew.Crew, "tell", meddle)
    monkeypatch.setattr(crew, "TRIES", 3)
    with pytest.raises(StorageError, match="commit so often"):
        verify(database, jobs=2)


# -- what can't be


@pytest.mark.parametrize("jobs", [0, -2, 1.5, True])
def test_a_number_of_jobs_that_is_none_is_refused(path: Path, database: Database, jobs: Any) -> None:
    with pytest.raises(UsageError, match="jobs is"):
        verify(database, jobs=jobs)


def test_a_transaction_of_this_process_can_not_be_shared(path: Path, database: Database) -> None:
    session = database.connect(lambda session: False)
    session.begin(write=False)
    try:
        with pytest.raises(UsageError, match="transaction of a session"):
            verify(session, jobs=2)
    finally:
        session.close(read_only=True)


@pytest.mark.engine("sqlite")
def test_a_database_in_memory_can_not_be_shared() -> None:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    with pytest.raises(UsageError, match="in memory"):
        verify(engine, jobs=2)
    engine.dispose()


def test_a_process_that_is_killed_ends_the_verification(path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run = crew.Crew.run

    def meddle(self: crew.Crew, *given: Any) -> Any:
        process = next(iter(self._hands.values()))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        return run(self, *given)

    monkeypatch.setattr(crew.Crew, "run", meddle)
    with pytest.raises(StorageError, match=r"ended by itself \(exit code -9\)"):
        verify(database, jobs=2)


def test_a_process_that_can_not_open_the_database_says_why(path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    address = crew._address(database)[0]
    wrong = address.replace(".db", "_.db") if database.name == "sqlite" else address.replace("/bo", "/no_such")
    assert wrong != address
    monkeypatch.setattr(crew, "_address", lambda database: (f"{wrong}", getattr(database, "schema", "")))
    with pytest.raises(StorageError, match=r"Other processes open another|could not go on"):
        verify(database, jobs=2)


def test_an_interruption_leaves_no_process_behind(path: Path, database: Database) -> None:
    def interrupt(table: str, rows: int) -> None:
        if table == "den_pet":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify(database, jobs=2, progress=interrupt)
    assert multiprocessing.active_children() == []


# -- parts of a table, without processes

SHAPE = Shape("pet", 1, ((Column("id", "integer"), None), (Column("code", "text"), None)))


class Stored:
    """A table."""

    def __init__(self, rows: dict[int, str]) -> None:
        self._rows = sorted(rows.items())

    def read_table(self, table: str, names: list[str], *, batch: int, ids: tuple[int | None, int | None]) -> Iterator[list[Any]]:
        first, end = ids
        rows = [row for row in self._rows if (first is None or row[0] >= first) and (end is None or row[0] < end)]
        yield from (rows[at : at + 3] for at in range(0, len(rows), 3))


def found_in(parts: list[Part], rows: dict[int, str]) -> dict[tuple[str, int], str]:
    """What is said of each row, and how many were read."""
    said: dict[tuple[str, int], str] = {}

    def say(code: str, entity: str, first: int, last: int, why: str) -> None:
        for ident in range(first, last + 1):
            assert ("", ident) not in said
            said["", ident] = code

    stored: Any = Stored(rows)
    read = sum(compare(stored, part, RowReader(SHAPE), say, lambda rows: None) for part in parts)
    return {**said, ("read", 0): str(read)}


@given(
    st.lists(st.tuples(st.sampled_from("iud"), st.integers(1, 40), st.integers(1, 12)), max_size=12),
    st.dictionaries(st.integers(1, 45), st.sampled_from(["other", None]), max_size=10),
    st.integers(1, 9),
    st.sets(st.integers(0, 11)),
)
def test_a_table_in_parts_is_the_table(
    commits: list[tuple[str, int, int]], tampering: dict[int, str | None], size: int, altered: set[int]
) -> None:
    expected, nonces, rows = Expected(), bytearray(), dict[int, str]()
    for number, (operation, first, count) in enumerate(commits):
        ids = [ident for ident in range(first, first + count) if (ident in rows) is (operation != "i")]
        writer = ChangesWriter()
        nonces += writer.nonce
        if not ids:
            continue
        for ident in ids:
            rows.pop(ident, None)
            if operation != "d":
                rows[ident] = f"code {number}"
        digests = b"" if operation == "d" else row_digests("pet", writer.nonce, [encode_row((i, rows[i])) for i in ids])
        writer.add("pet", operation, ids, digests, [])
        changes = bytes(writer.encode())
        expected.add(operation, number, [[ident, 1] for ident in ids], changes, len(changes) - len(digests) if digests else -1)
    told: list[Any] = []
    whole = Part("pet", expected.pieces(lambda *what: told.append(what)), expected.digests, nonces, altered)
    assert told == []
    assert found_in([whole], rows) == {("read", 0): str(len(rows))}
    stored = dict(rows)
    for ident, code in tampering.items():
        if code is None:
            stored.pop(ident, None)
        else:
            stored[ident] = code
    parts = list(cut(whole, size))
    assert all(len(part.digests) <= DIGEST * size and len(part.nonces) == NONCE * len(part.pieces) for part in parts)
    there = found_in([whole], stored)
    assert found_in(parts, stored) == there
    odd = {ident for _, ident in there if ident}
    assert odd == {ident for ident in range(1, 60) if stored.get(ident) != rows.get(ident)}
