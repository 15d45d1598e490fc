"""What comes in can't hurt: no file eats memory, names other people's files, or goes on for ever."""

import gzip
import os
import subprocess
import sys
import textwrap
import tracemalloc
from decimal import Decimal
from pathlib import Path

import attrs
import pytest

from bocore import BackOffice, Folder, NotFound, Party, Refused, StorageError, TextTable
from bocore.imports.collected import Collected
from bocore.imports.running import fingerprint
from bocore.tenants.file import Reader
from bocore.values import read_value

MIB = 1024 * 1024


@attrs.frozen
class Row:
    code: str
    amount: Decimal = Decimal(0)


def peak(read):
    """Bytes that were held at once, at most."""
    tracemalloc.start()
    try:
        read()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read_table(path):
    found = Collected(path.name)
    try:
        rows = sum(1 for _ in TextTable(path, Row, found))
    except Refused:
        rows = 0
    return rows, [finding.code for finding in found.errors]


# ---------------------------------------------------------------- tables

HOSTILE = {
    "a line without an end": (lambda: b"code\n" + b"x" * 48 * MIB, ["bo.import.too_long"]),
    "a header without an end": (lambda: b"x," * 24 * MIB, ["bo.import.too_long"]),
    "a quote that is never closed": (lambda: b'code\n"' + b"x\n" * 24 * MIB, ["bo.import.csv"]),
    "tens of thousands of columns": (lambda: b"x," * 50_000 + b"\n", ["bo.import.columns"]),
    "hundreds of thousands of cells": (lambda: b"code\n" + (b"1," * 400_000 + b"\n") * 20, ["bo.import.cells"] * 20),
    "a cell of half a megabyte": (lambda: b"code\n" + b"x" * 500_000 + b"\n", ["bo.import.csv"]),
    "nothing but errors": (lambda: b"code,amount\n" + b"x,y\n" * 20_000, ["bo.import.cell"] * 100),
    "nothing but empty lines": (lambda: b"code\n" + b"\n" * 500_000, []),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_table_is_refused_in_bounded_memory(tmp_path, what):
    content, codes = HOSTILE[what]
    path = tmp_path / "x.csv"
    path.write_bytes(content())
    result = []
    assert peak(lambda: result.append(read_table(path))) < 24 * MIB
    assert result == [(0, codes)]


def test_a_file_that_goes_on_growing_has_an_end(tmp_path):
    """Its fingerprint is that of what it had, and its rows are those that it had, though somebody writes another for each that is read."""
    path = tmp_path / "x.csv"
    path.write_text("code\n" + "a\n" * 10)
    codes = []
    with path.open("a") as more:
        for _, row in TextTable(path, Row, Collected("x.csv")):
            codes.append(row.code)
            more.write("b\n" * 10_000)
            more.flush()
    assert codes == ["a"] * 10


@pytest.mark.parametrize("special", ["/dev/zero", "descriptor", "pipe", "folder"])
def test_what_is_no_ordinary_file_is_not_opened(tmp_path, special):
    path = tmp_path / "pipe"
    reader, writer = os.pipe()
    if special == "descriptor":  # as /dev/stdin is
        path.symlink_to(f"/dev/fd/{reader}")
    else:
        os.mkfifo(path) if special == "pipe" else path.mkdir() if special == "folder" else path.symlink_to(special)
    with open(reader, "rb"), open(writer, "wb"), BackOffice(tmp_path / "x.db", plugins=["accounting"]) as app:
        app.init(company="Acme Ltd", currency="EUR")
        with pytest.raises(Refused) as refused:
            app.import_file("journal-csv", path, actor="ann")
    assert refused.value.findings[0].code == "bo.import.no_file"


CHILD = """
import resource, sys
from pathlib import Path
from bocore import BackOffice, Refused
app = BackOffice(sys.argv[1], plugins=["accounting", *sys.argv[4:]]).init(company="Acme Ltd", currency="EUR")
resource.setrlimit(resource.RLIMIT_AS, (used := 2**30, used))
try:
    app.import_file(sys.argv[2], sys.argv[3], actor="ann")
except Refused as refused:
    print(refused.findings[0].code)
"""


@pytest.mark.parametrize(
    ("importer", "name", "code"),
    [
        ("journal-csv", "x.csv", "bo.import.binary"),
        ("opening-balances", "x.csv", "bo.import.binary"),
        ("beancount", "x.beancount", "beancount.include_too_large"),
        ("hledger", "x.journal", "hledger.file"),
    ],
)
def test_a_file_that_is_larger_than_memory_is_refused(tmp_path, importer, name, code):
    """A process may have one gigabyte in all, and the file has more: in holes, so that it costs the disk nothing."""
    path = tmp_path / name
    path.write_text("account,debit\n")
    os.truncate(path, 2**30 + MIB)
    plugins = [importer] if importer in ("beancount", "hledger") else []
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), tmp_path / "x.db", importer, path, *plugins],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == (code, 0), done.stderr[-2000:]


# ---------------------------------------------------------------- files that name others


@pytest.fixture
def books(tmp_path):
    """A folder of books, beside other people's, with a way out."""
    (tmp_path / "secrets").write_text("hunter2\n")
    folder = tmp_path / "books"
    (folder / "years").mkdir(parents=True)
    for name in ("main", "years/2025", "years/2026"):
        (folder / name).write_text(name)
    (folder / "way-out").symlink_to(tmp_path)
    (folder / "link").symlink_to(tmp_path / "secrets")
    (folder / "round").symlink_to(folder / "round")
    return folder


@pytest.mark.parametrize(
    "pattern",
    [
        "../secrets",
        "years/../../secrets",
        "/etc/passwd",
        "/etc/pass*",
        "/**/*",
        "../**",
        "way-out/secrets",
        "way-out/*",
        "link",
        "lin?",
        "years/*/../../../secrets",
        "*/secrets",
        "round",
        "a\0b",
    ],
)
def test_nothing_outside_of_the_folder_is_found(books, pattern):
    with pytest.raises(Refused) as refused:
        Folder.of(books / "main").find(pattern, books / "main")
    assert refused.value.findings[0].code == "bo.import.outside"
    assert "hunter2" not in str(refused.value)


def test_what_lies_in_the_folder_is(books):
    folder = Folder.of(books / "main")
    years = [books / "years" / name for name in ("2025", "2026")]
    assert folder.find("years/*", books / "main") == years
    assert folder.find("./years/../years/2025", books / "main") == years[:1]
    assert folder.find("../main", years[0]) == [books / "main"]
    assert folder.find("nothing", books / "main") == []
    assert folder.find("x" * 5000, books / "main") == []
    assert folder.read(years[0]) == b"years/2025"


def test_another_root_may_be_named_which_holds_the_file(books):
    wider = Folder.of(books / "main", books.parent)
    assert [wider.read(path) for path in wider.find("../secrets", books / "main")] == [b"hunter2\n"]
    with pytest.raises(Refused, match="does not lie in"):
        Folder.of(books / "main", books / "years")


def test_files_that_include_one_another_again_and_again_are_not_read_for_ever(books, monkeypatch):
    folder = Folder(books, most=25)
    folder.read(books / "years" / "2025")
    folder.read(books / "years" / "2025")
    with pytest.raises(Refused, match="more than 25 bytes"):
        folder.read(books / "years" / "2025")
    monkeypatch.setattr("bocore.imports.folder.MAX_FILES", 2)
    with pytest.raises(Refused, match="more than 2 files"):
        Folder(books).find("**", books / "main")
    small = Folder(books)
    with pytest.raises(Refused, match="More than 2 files"):
        [small.read(books / "main") for _ in range(3)]


@pytest.mark.parametrize(
    ("importer", "line", "code"),
    [
        ("hledger", "include {}\n", "hledger.include"),
        ("beancount", 'include "{}"\n', "beancount.include_outside"),
    ],
)
@pytest.mark.parametrize("pattern", ["../secrets", "/etc/passwd", "../*", "link"])
def test_an_importer_of_ledgers_stays_in_the_folder_of_its_file(tmp_path, books, importer, line, code, pattern):
    path = books / f"books.{importer}"
    path.write_text(line.format(pattern))
    with BackOffice(tmp_path / "x.db", plugins=["accounting", importer]) as app:
        app.init(company="Acme Ltd", currency="EUR")
        with pytest.raises(Refused) as refused:
            app.import_file(importer, path, actor="ann")
        assert [finding.code for finding in refused.value.findings] == [code]
        assert "hunter2" not in str(refused.value)
        (tmp_path / "other.journal").write_text("2026-01-02 x\n  a  1 EUR\n  b\n")
        if importer == "hledger":
            path.write_text("include ../other.journal\n")
            assert app.import_file(importer, path, actor="ann", root=str(tmp_path)).added["accounting_entry"] == 1


def test_a_journal_that_doubles_with_every_file_comes_to_an_end(tmp_path, monkeypatch):
    monkeypatch.setattr("bocore.imports.folder.MAX_FILES", 500)
    for n in range(40):
        (tmp_path / f"{n}.journal").write_text(f"include {n + 1}.journal\n" * 2)
    (tmp_path / "40.journal").write_text("; nothing\n")
    with BackOffice(tmp_path / "x.db", plugins=["accounting", "hledger"]) as app:
        app.init(company="Acme Ltd", currency="EUR")
        with pytest.raises(Refused, match="included, some of them again and again"):
            app.import_file("hledger", tmp_path / "0.journal", actor="ann")


def test_a_journal_in_a_journal_in_a_journal(tmp_path):
    for n in range(60):
        (tmp_path / f"{n}.journal").write_text(f"include {n + 1}.journal\n")
    (tmp_path / "60.journal").write_text("; nothing\n")
    with BackOffice(tmp_path / "x.db", plugins=["accounting", "hledger"]) as app:
        app.init(company="Acme Ltd", currency="EUR")
        with pytest.raises(Refused, match="more than 50 deep"):
            app.import_file("hledger", tmp_path / "0.journal", actor="ann")


# ---------------------------------------------------------------- JSON, numbers, ids


@pytest.mark.parametrize("text", ['{"a":' * 300 + "1" + "}" * 300, "[" * 300 + "]" * 300, "[" * 100_000, '{"a":' * 100_000])
@pytest.mark.parametrize("hint", [dict, list[object], dict[str, dict]])
def test_json_that_is_nested_without_end_is_refused(text, hint):
    with pytest.raises(ValueError, match="must be JSON"):
        read_value(text, hint)


@pytest.mark.parametrize("text", ["1e999999999", "1E-999999999", "9" * 100_000, "NaN", "Infinity", "0x10", "1_000", "١٢"])
def test_a_number_is_digits(text):
    for hint in (Decimal, int):
        with pytest.raises(ValueError, match="must be"):
            read_value(text, hint)


@pytest.mark.parametrize("ident", [2**63, -(2**63) - 1, 10**30])
def test_an_id_that_no_database_has_is_not_found(bo, ident):
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises(NotFound):
            uow.get(Party, ident)
        with pytest.raises(StorageError, match="too large"):
            uow.select(Party).where(Party.c.id == ident).all()


# ---------------------------------------------------------------- files of tenants

HEAD = b'{"file":"bocore-tenant","format":1}\n{"table":"bo_party","columns":[["id","integer"],["name","text"]]}\n'
BOMBS = {
    "a line without an end": b"[" + b"0," * 128 * MIB,
    "millions of values": b"[" + b"0," * 16 * MIB + b"0]\n",
    "millions of brackets": b"[" * 16 * MIB + b"\n",
    "millions of texts": b"[" + b'"",' * 8 * MIB + b'""]\n',
    "an object": b'{"end":"' + b"x" * 16 * MIB + b'"}\n',
}


@pytest.mark.parametrize("what", BOMBS)
def test_a_tenants_file_that_swells_is_refused(tmp_path, what):
    """As large as the line may be, and never ten times that: what is parsed is a row."""
    path = tmp_path / "x.bo"
    with gzip.open(path, "wb") as out:
        out.write(HEAD + BOMBS[what])
    size = min(len(BOMBS[what]), 256 * MIB)

    def read():
        with path.open("rb") as file, pytest.raises(Refused, match=r"damaged|not whole"):
            for part in Reader(file, "x.bo").tables():
                for _ in part.batches():
                    pass

    assert peak(read) < 2.5 * size + 8 * MIB
    assert path.stat().st_size < size / 100


def test_a_long_row_is_still_one(tmp_path):
    path: Path = tmp_path / "x.bo"
    name = 'é"\\' * MIB
    with gzip.open(path, "wb") as out:
        import orjson

        out.write(HEAD + orjson.dumps([1, name]) + b"\n")
    with path.open("rb") as file, pytest.raises(Refused, match="ends too early"):
        for part in Reader(file, "x.bo").tables():
            assert next(part.batches()) == [(1, name)]


def test_the_fingerprint_of_a_file_that_grows_is_of_what_it_had(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("a" * 100)
    before = fingerprint(path, text=True)
    real = Path.stat
    with path.open("a") as more:

        def stat(self, **how):
            found = real(self, **how)
            more.write("b" * 1000)
            more.flush()
            return found

        monkeypatch.setattr(Path, "stat", stat)
        assert fingerprint(path, text=True) == before
