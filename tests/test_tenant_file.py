"""A file of a tenant is taken in whole and as it was written, or refused with what is wrong, and nothing is left behind."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moving import NAMES, Edit, Tables, forged, voucher, written

from bocore import BackOffice, Party, PartyKind, Refused, StorageError, attach, attachments, read_attachment
from bocore.record.verify import verify
from bocore.tenants.file import Reader
from bocore.testing import behind
from bocore.testing.clock import FrozenClock


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    """A firm of the core alone, with a person, a file, and a job's key."""
    with BackOffice(tmp_path_factory.mktemp("small") / "small.db", plugins=[], clock=FrozenClock()) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        with bo.unit_of_work(actor="ann") as uow:
            people = uow.add_all([Party(name=name, kind=PartyKind("person")) for name in ("Zoë", "Ben")])
            attach(uow, people[0], b"\0\1\2" * 100, file_name="scan.bin")
        yield bo


@pytest.fixture(scope="module")
def file(small: BackOffice, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.export_tenant(tmp_path_factory.mktemp("file") / "small.bo").path


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Callable[..., BackOffice]]:
    """Take a file into a new database."""
    opened: list[BackOffice] = []

    def take(path: Path, name: str = "new.db", **more: Any) -> BackOffice:
        opened.append(BackOffice(tmp_path / name, plugins=[], clock=FrozenClock()))
        opened[-1].import_tenant(path, **more)
        return opened[-1]

    yield take
    for bo in opened:
        bo.close()


def refusal(take: Callable[..., BackOffice], path: Path, tmp_path: Path) -> str:
    """What is said of a file, which leaves nothing behind."""
    with pytest.raises((Refused, StorageError)) as caught:
        take(path)
    assert caught.value.findings[0].fix
    if os.environ.get("BOCORE_TEST_ENGINE", "sqlite") == "sqlite":
        assert list(tmp_path.iterdir()) == []
    else:
        with BackOffice(tmp_path / "new.db", plugins=[]) as bo, behind(bo) as sql:
            assert sql.execute("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").fetchone() == (0,)
    return str(caught.value)


def test_what_was_written_is_taken_in(small, file, taken):
    there = taken(file)
    assert verify(there).summary() == verify(small).summary()
    with there.unit_of_work(actor="ann", read_only=True) as uow:
        assert [party.name for party in uow.select(Party).order_by(Party.c.id)] == ["Zoë", "Ben"]


def test_forging_without_an_edit_gives_a_file_that_is_taken_in(file, taken):
    assert verify(taken(forged(file, lambda header, tables: None))).ok


# ---------------------------------------------------------------- what is no file of a tenant


OTHERS = {
    "empty": b"",
    "csv": b"Date,Amount\n2026-01-01,12.50\n",
    "nothing-zipped": gzip.compress(b"", mtime=0),
    "csv-zipped": gzip.compress(b"Date,Amount\n", mtime=0),
    "other-json": gzip.compress(b'{"file":"x"}\n', mtime=0),
    "cut": b"\x1f\x8b",
}


@pytest.mark.parametrize("content", OTHERS.values(), ids=OTHERS)
def test_another_file_is_refused(content, tmp_path_factory, taken, tmp_path):
    path = tmp_path_factory.mktemp("other") / "other.bo"
    path.write_bytes(content)
    said = refusal(taken, path, tmp_path)
    assert "it is no file of a tenant" in said
    assert "bo tenant export" in said


def test_a_file_of_a_later_format_is_refused_with_what_to_install(file, taken, tmp_path):
    said = refusal(taken, forged(file, lambda header, _: header.update(format=2, bocore="7.1")), tmp_path)
    assert "it has the format 2, written by bocore 7.1, and this bocore reads formats up to 1" in said
    assert "pip install --upgrade bocore" in said


def test_a_sound_file_is_taken_in_where_another_was_refused(file, taken, tmp_path):
    refusal(taken, forged(file, _set("bo_party", "name", "Zoe")), tmp_path)
    assert verify(taken(file)).ok


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with BackOffice(tmp_path / "new.db", plugins=[]) as bo, pytest.raises(FileNotFoundError):
        bo.import_tenant(tmp_path / "absent.bo")


# ---------------------------------------------------------------- what is not as it was written


def read_through(path: Path) -> str:
    """Read a whole file and none of it into a database; returns its digest."""
    with path.open("rb") as opened:
        reader = Reader(opened, path.name)
        for part in reader.tables():
            for _ in part.batches():
                pass
    return reader.digest


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_file_that_was_cut_is_refused(data, file, tmp_path_factory):
    whole = file.read_bytes()
    path = tmp_path_factory.mktemp("cut") / "cut.bo"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(Refused, match=r"ends too early|no file of a tenant"):
        read_through(path)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_file_with_a_bit_that_fell_over_is_refused_or_says_the_same(data, file, tmp_path_factory):
    damaged = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[at // 8] ^= 1 << at % 8
    path = tmp_path_factory.mktemp("bit") / "bit.bo"
    path.write_bytes(damaged)
    try:
        digest = read_through(path)
    except Refused:
        return
    assert at // 8 < 10  # the time and system in the head of the compressed stream, which nobody reads
    assert digest == read_through(file)


@pytest.mark.parametrize(("more", "said"), [(gzip.compress(b"[1]\n", mtime=0), "something follows its end"), (b"more", "it is damaged")])
def test_a_file_with_something_after_its_end_is_refused(more, said, file, taken, tmp_path):
    path = file.with_name("longer.bo")
    path.write_bytes(file.read_bytes() + more)
    assert said in refusal(taken, path, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b'"Zo\xc3\xab"', b'"Zoe"', "the rows of bo_party are not those that were written"),
        (b'"rows":2,', b'"rows":3,', "the rows of bo_"),
        (b'"engine":"', b'"enginE":"', "the counts and the digest at its end do not fit"),
        (b'"end":"bo_party"', b'"end":"bo_other"', "here should be a row of bo_party, or its end"),
        (b'"table":"bo_party"', b'"tabel":"bo_party"', "here should be a table or the end"),
    ],
)
def test_a_line_that_was_changed_is_noticed(old, new, said, file, taken, tmp_path):
    text = gzip.decompress(file.read_bytes())
    assert old in text
    assert said in refusal(taken, written(file.with_name("changed.bo"), text.replace(old, new, 1)), tmp_path)


def test_a_line_without_end_is_not_read_into_memory(file, taken, tmp_path, monkeypatch):
    monkeypatch.setattr("bocore.tenants.file.Reader.line.__defaults__", (1000,))
    text = gzip.decompress(file.read_bytes()).replace(b'"Zo\xc3\xab"', b'"' + b"x" * 5000 + b'"')
    with pytest.raises(Refused, match="a line is longer than 1,000 bytes"):
        read_through(written(file.with_name("endless.bo"), text))


def _rows(table: str, change: Callable[[list[Any]], Any]) -> Edit:
    return lambda header, tables: [change(row) for row in tables[table]["rows"]] and None


def _set(table: str, column: str, value: Any) -> Edit:
    def edit(header: dict[str, Any], tables: Tables) -> None:
        at = [name for name, _ in tables[table]["columns"]].index(column)
        tables[table]["rows"][0][at] = value

    return edit


def _kind(header: dict[str, Any], tables: Tables) -> None:
    tables["bo_party"]["columns"][0][1] = "text"
    for row in tables["bo_party"]["rows"]:
        row[0] = str(row[0])


FORGED: list[tuple[str, Edit, str]] = [
    ("lacks-table", lambda header, tables: tables.pop("bo_party_address") and None, "it lacks the table bo_party_address"),
    ("foreign-table", lambda header, tables: tables.update(x={"table": "sqlite_master", "columns": [["id", "integer"]], "rows": []}),
     "there is no table sqlite_master here"),
    ("state", lambda header, tables: tables.update(x={"table": "bo_state", "columns": [["name", "text"]], "rows": []}),
     "there is no table bo_state here"),
    ("twice", lambda header, tables: tables.update(x={**tables["bo_party"], "rows": []}), "the table bo_party is in it twice"),
    ("column-gone", lambda header, tables: tables["bo_party_address"]["columns"].pop() and None,
     "the columns of bo_party_address are not those that its migrations make here"),
    ("column-other", lambda header, tables: tables["bo_party"]["columns"][2].__setitem__(0, "nam"), "the columns of bo_party are"),
    ("kind", _kind, "text is no kind of the column id of bo_party"),
    ("no-kind", lambda header, tables: tables["bo_party"]["columns"][0].__setitem__(1, "float"), "has a column that can't be read"),
    ("short-row", _rows("bo_party", lambda row: row.pop()), "a row is a list of"),
    ("fraction", _set("bo_party", "id", 1.5), "id holds a fraction, not a whole number"),
    ("true", _set("bo_party", "version", True), "version holds true or false, not a whole number"),
    ("too-large", _set("bo_party", "version", 2**63), "version holds a number that is not between"),
    ("huge", _set("bo_party", "version", 2**70), "version holds"),
    ("not-base64", _set("bo_attachment_content", "data", "*"), "what should be base64 is not"),
    ("id-twice", lambda header, tables: tables["bo_party"]["rows"].append(tables["bo_party"]["rows"][0]), "a row does not fit (bo_party"),
    ("null", _set("bo_party", "name", None), "a row does not fit (bo_party"),
    ("dangling", _set("bo_attachment", "party_id", 999), "re"),
    ("no-plugins", lambda header, tables: header.pop("plugins") and None, "its header does not say which plugins"),
    ("odd-plugins", lambda header, tables: header.update(plugins=[{"name": "bo; DROP"}]), "its header does not say which plugins"),
    ("newer", lambda header, tables: header["plugins"][0].update(migration="0099"),
     "The tables of 'bo' are at 0099 in the file, and bocore here knows"),
    ("altered", _set("bo_party", "name", "Zoe"), "What is in the file is not as it was recorded: it was altered after it was written"),
    ("record-gone", lambda header, tables: tables["bo_commit"]["rows"].pop() and None, "What is in the file is not as it was recorded"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "said"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED])
def test_what_somebody_made_up_is_refused(edit, said, file, taken, tmp_path):
    assert said in refusal(taken, forged(file, edit), tmp_path)


def test_an_instant_that_is_none_is_refused(file, taken, tmp_path):
    refusal(taken, forged(file, _set("bo_commit", "at", "yesterday")), tmp_path)


# ---------------------------------------------------------------- where it may go


def test_a_tenant_that_is_there_stays(small, file, taken):
    there = taken(file)
    before = verify(there).summary()
    with pytest.raises(Refused, match="is there already; a tenant is taken in whole, into a place of its own"):
        there.import_tenant(file)
    with pytest.raises(Refused, match="is there already"):
        small.import_tenant(file)
    assert verify(there).summary() == before


def test_a_file_is_never_overwritten_and_only_its_owner_reads_it(small, file, tmp_path):
    before = file.read_bytes()
    with pytest.raises(StorageError, match="is there already"):
        small.export_tenant(file)
    assert file.read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(StorageError, match="can't be written: No such file or directory"):
        small.export_tenant(tmp_path / "absent" / "x.bo")


def test_what_was_left_of_a_run_that_was_killed_is_replaced(small, tmp_path):
    (tmp_path / "small.bo.part").write_bytes(b"half")
    small.export_tenant(tmp_path / "small.bo")
    assert [path.name for path in tmp_path.iterdir()] == ["small.bo"]


def test_a_full_disk_leaves_no_file(small, tmp_path, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bocore.tenants.file.os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        small.export_tenant(tmp_path / "small.bo")
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- what is not as it was recorded


def test_what_was_altered_behind_bocores_back_is_carried_over_only_when_that_is_wanted(taken, file, tmp_path_factory):
    bo, folder = taken(file), tmp_path_factory.mktemp("out")
    with behind(bo) as sql:
        sql.execute("UPDATE bo_party SET name = 'Zoe' WHERE name = 'Zoë'")
    with pytest.raises(Refused) as caught:
        bo.export_tenant(folder / "altered.bo")
    assert [finding.code for finding in caught.value.findings] == ["bo.tenant_differs", "bo.audit.altered"]
    assert list(folder.iterdir()) == []
    path = bo.export_tenant(folder / "altered.bo", verify=False).path
    with pytest.raises(Refused, match="is not as it was recorded: it was written without verifying"):
        taken(path, "strict.db")
    there = taken(path, "as-it-is.db", verify=False)
    assert verify(there).counts == verify(bo).counts == {"bo.audit.altered": 1}


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("odd", ["'x'", "1.5", "CAST(x'ff41' AS TEXT)"])
def test_what_sqlite_holds_and_no_column_may_is_named(taken, file, tmp_path_factory, odd):
    bo, column = taken(file), "name" if "CAST" in odd else "version"
    with behind(bo) as sql:
        sql.execute(f"UPDATE bo_party SET {column} = {odd} WHERE name = 'Zoë'")
    with pytest.raises(StorageError, match="A row of bo_party between 1 and 2 can't be written"):
        bo.export_tenant(tmp_path_factory.mktemp("out") / "odd.bo", verify=False)


# ---------------------------------------------------------------- for ever

FIRST = Path(__file__).with_name("upgrade") / "tenant-format-1.bo"
"""Written with the first format, at the second migration of the core: every later version takes it in."""


def test_a_file_of_the_first_format_is_taken_in_for_ever(taken):
    there = taken(FIRST)
    there.migrate()
    assert verify(there).ok
    with there.unit_of_work(actor="ann") as uow:
        people = list(uow.select(Party).order_by(Party.c.id))
        assert [party.name for party in people] == NAMES[:-1]
        (scan,) = attachments(uow, people)[people[0].id]
        assert read_attachment(uow, scan) == bytes(range(256))
        uow.post(voucher("fee:1", "EUR", "12.50"))  # the same as then: nothing is added
        uow.post(voucher("fee:2", "EUR", "1.00"))
    assert next(there.feed("warehouse")).position == 0


KILLED = """
import os, sys
from bocore import BackOffice
def told(table, rows):
    if table == "bo_party":
        os._exit(9)
BackOffice(sys.argv[1], plugins=[]).import_tenant(sys.argv[2], progress=told)
"""


def test_an_import_that_was_killed_can_be_done_again(file, taken, tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "new.db"), str(file)], check=False)
    assert done.returncode == 9
    with BackOffice(tmp_path / "new.db", plugins=[]) as bo, pytest.raises(StorageError, match="no tables of bocore"):
        verify(bo)
    assert verify(taken(file)).ok
