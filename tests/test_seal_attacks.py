"""What is done to records and to their seal with an SQL tool is found and named; test_seal_anchored.py has what takes an anchor."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from forging import MALLORY, Books, every_head, found, second, signed_by_mallory

from bocore import BocoreError
from bocore.keys.signing import HeadSigner
from bocore.record.sealed import TABLES
from bocore.testing.engines import engine

FULL, EDGE = 200, 600
"""Positions in a full tile of the tree, and behind the last."""
Attack = Callable[[Books], Any]
Named = Callable[[Books], set[tuple[str, str]]]
SQLITE = engine() == "sqlite"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with contextlib.closing(Books(tmp_path_factory.mktemp("books"))) as books:
        yield books


def test_books_to_which_nothing_was_done_are_sealed_signed_and_anchored(books: Books) -> None:
    assert len(books.sizes) >= 4
    for against, said in ((None, "sealed, not anchored"), (books.anchored, f"sealed, anchored to {books.total}")):
        result = books.verified(against)
        assert ([str(finding) for finding in result.findings], result.vouched) == ([], said)
        assert (result.ok, result.signed, result.unsealed) == (True, True, 0)


# -- records


def swap_records(books: Books, one: int, two: int) -> None:
    """Two records exchange everything that says when they came."""
    books.exchange("id", books.id_at(one), books.id_at(two))
    books.exchange("position", one, two)


def last_head(books: Books) -> tuple[str, str]:
    return "record_removed", f"bo_head {books.total}"


def around(books: Books, position: int) -> tuple[str, str]:
    """Behind the last tile, the first head over a record is what shows that it is another."""
    return "seal", f"bo_head {next(size for size in books.sizes if size > position)}"


def removed(position: int) -> tuple[Attack, Named]:
    return (
        lambda b: b.delete(position),
        lambda b: {("record_removed", b.place(position)), ("added", f"bo_party {b.party_at(position)}")},
    )


def moved(b: Books, one: int, two: int) -> set[tuple[str, str]]:
    """Where ids have no gaps they tell the order beside the positions."""
    return {("position", f"bo_commit {b.id_at(place)}") for place in (one, two)} if SQLITE else set()


def closed_up(b: Books) -> set[tuple[str, str]]:
    """Ids move up with the positions where they have no gaps."""
    first, tiled = b.id_at(FULL) + (not SQLITE), 256 - FULL
    runs = [(first, first + tiled - 1), (first + tiled, first + tiled + 255)]
    return {("record", f"bo_commit {one}-{two}") for one, two in runs} | {last_head(b), ("added", f"bo_party {b.party_at(FULL)}")}


def replace_all(b: Books, position: int, name: str) -> None:
    """The digest of a forged record goes into its tile too."""
    b.forge(position, name)
    b.run("DELETE FROM bo_tile")


RECORDS: dict[str, tuple[Attack, Named]] = {
    "one in a tile deleted": removed(FULL),
    "one behind the tiles deleted": removed(EDGE),
    "last deleted": (
        lambda b: b.delete(b.total - 1),
        lambda b: {last_head(b), ("added", f"bo_party {b.party_at(b.total - 1)}")},
    ),
    "last deleted with its row": (lambda b: b.roll_back(b.total - 1), lambda b: {last_head(b)}),
    "newest deleted with their rows": (lambda b: b.roll_back(b.sizes[-2]), lambda b: {last_head(b)}),
    "deleted and closed up in a tile": (lambda b: (b.delete(FULL), b.close_up(FULL)), closed_up),
    "deleted and closed up behind the tiles": (
        lambda b: (b.delete(EDGE), b.close_up(EDGE)),
        lambda b: {around(b, EDGE), last_head(b), ("added", f"bo_party {b.party_at(EDGE)}")},
    ),
    "positions exchanged in a tile": (
        lambda b: b.exchange("position", FULL, FULL + 5),
        lambda b: {("record", f"bo_commit {b.id_at(place)}") for place in (FULL, FULL + 5)} | moved(b, FULL, FULL + 5),
    ),
    "positions exchanged behind the tiles": (
        lambda b: b.exchange("position", EDGE, EDGE + 5),
        lambda b: moved(b, EDGE, EDGE + 5) or {around(b, EDGE)},
    ),
    "exchanged in a tile": (
        lambda b: swap_records(b, FULL, FULL + 5),
        lambda b: {("record", f"bo_commit {b.id_at(place)}") for place in (FULL, FULL + 5)},
    ),
    "exchanged behind the tiles": (lambda b: swap_records(b, EDGE, EDGE + 5), lambda b: {around(b, EDGE)}),
    "forged with its row in a tile": (lambda b: b.forge(FULL, "Mallory"), lambda b: {("record", f"bo_commit {b.id_at(FULL)}")}),
    "forged with its row behind the tiles": (lambda b: b.forge(EDGE, "Mallory"), lambda b: {around(b, EDGE)}),
    "forged with its row, the tiles removed": (
        lambda b: replace_all(b, FULL, "Mallory"),
        lambda b: {("seal", "bo_tile 0 0"), ("seal", "bo_tile 0 1"), around(b, FULL)},
    ),
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_record_that_was_tampered_with_is_named(books: Books, case: str) -> None:
    attack, expected = RECORDS[case]
    wanted = expected(books)
    with books.undone():
        attack(books)
        result = books.verified()
        assert found(result) == wanted
        assert not result.ok
        assert "NOT as recorded" in result.summary()
        assert not books.verified(books.anchored).ok


def test_a_first_record_that_is_gone_is_named_and_with_it_the_shapes_that_it_held(books: Books) -> None:
    name = books.place(0)
    with books.undone():
        books.delete(0)
        named = found(books.verified())
        assert ("record_removed", name) in named
        assert {code for code, _ in named} == {"record_removed", "shape"}


@pytest.mark.engine("sqlite")  # ids tell the order where they have no gaps
def test_ids_that_were_exchanged_are_named(books: Books) -> None:
    wanted = moved(books, FULL, FULL + 5)
    with books.undone():
        books.exchange("id", books.id_at(FULL), books.id_at(FULL + 5))
        assert found(books.verified()) == wanted


def test_a_record_that_was_put_between_others_is_named(books: Books) -> None:
    first = books.id_at(FULL)
    with books.undone():
        for column, free in {"position": FULL, **({"id": first} if SQLITE else {})}.items():
            books.run(f"UPDATE bo_commit SET {column} = -{column} WHERE {column} >= ?", free)
            books.run(f"UPDATE bo_commit SET {column} = -{column} + 1 WHERE {column} < 0")
        books.append("Mallory")
        books.run("UPDATE bo_commit SET position = ? WHERE position IS NULL", FULL)
        if SQLITE:
            books.run("UPDATE bo_commit SET id = ? WHERE position = ?", first, FULL)
        named = found(books.verified())
        assert {code for code, _ in named} == {"record"}
        ids = {books.id_at(position) for position in (FULL, FULL + 1)}
        assert any(where.startswith(f"bo_commit {ident}-") for _, where in named for ident in ids)


# -- heads, tiles, keys


def set_head(column: str, value: Any) -> tuple[Attack, Named]:
    return (
        lambda b: b.run(f"UPDATE bo_head SET {column} = ? WHERE size = ?", value, second(b)),
        lambda b: {("seal", f"bo_head {second(b)}")},
    )


def add_tile(level: int, number: int) -> tuple[Attack, Named]:
    values = "VALUES (?, ?, ?, ?)"
    return (
        lambda b: b.run(f"INSERT INTO bo_tile (level, number, hashes, root) {values}", level, number, b"t" * 8192, b"r" * 32),
        lambda b: {("seal", f"bo_tile {level} {number}")},
    )


def set_tile(change: str, *values: Any) -> tuple[Attack, Named]:
    return lambda b: b.run(f"UPDATE bo_tile SET {change} WHERE number = 0", *values), lambda b: {("seal", "bo_tile 0 0")}


def flip_signature(b: Books) -> None:
    """One byte of a signature is another, behind the four that name the key."""
    (note,) = b.session.execute("SELECT note FROM bo_head WHERE size = ?", (second(b),)).fetchone()
    end = len(note) - 20
    b.run("UPDATE bo_head SET note = ? WHERE size = ?", note[:end] + ("A" if note[end] != "A" else "B") + note[end + 1 :], second(b))


def whole_index(b: Books) -> set[tuple[str, str]]:
    return {("index", f"bo_named {entity}") for (entity,) in b.session.execute("SELECT DISTINCT entity FROM bo_shape").fetchall()}


def party_index(b: Books) -> set[tuple[str, str]]:
    return {("index", "bo_named bo_party")}


SEAL: dict[str, tuple[Attack, Named]] = {
    "root of a head": set_head("root", b"r" * 32),
    "root of a head too short": set_head("root", b"r"),
    "note of a head": set_head("note", "bocore/else\n1\nAAAA\n"),
    "note of a head empty": set_head("note", ""),
    "origin of a head": (
        lambda b: b.run("UPDATE bo_head SET origin = 'else' WHERE size = ?", second(b)),
        lambda b: {("seal", f"bo_head {second(b)}"), ("seal", "bo_head")},
    ),
    "size of a head": (
        lambda b: b.run("UPDATE bo_head SET size = size - 1 WHERE size = ?", second(b)),
        lambda b: {("seal", f"bo_head {second(b) - 1}")},
    ),
    "head said not to be signed": set_head("signed", 0),
    "head said to be signed otherwise": set_head("signed", 2),
    "signature of a head": (flip_signature, lambda b: {("seal", f"bo_head {second(b)}")}),
    "head added over other records": (
        lambda b: b.put_head(b.origin, 100, b"r" * 32, b.stolen),
        lambda b: {("seal", "bo_head 100")},
    ),
    "head added over more records": (
        lambda b: b.put_head(b.origin, 9999, b"r" * 32, b.stolen),
        lambda b: {("record_removed", "bo_head 9999")},
    ),
    "head added over no records": (lambda b: b.put_head(b.origin, 0, b"r" * 32, b.stolen), lambda b: {("seal", "bo_head 0")}),
    "head signed by a stranger": (
        lambda b: b.run("UPDATE bo_head SET note = ? WHERE size = ?", signed_by_mallory(b), second(b)),
        lambda b: {("seal", f"bo_head {second(b)}")},
    ),
    "all heads signed by a stranger": (lambda b: b.seal_anew(HeadSigner(MALLORY)), every_head),
    "all heads removed": (
        lambda b: b.run("DELETE FROM bo_head"),
        lambda b: {("seal", "bo_head"), ("seal", "bo_tile 0 0"), ("seal", "bo_tile 0 1")},
    ),
    "all heads and tiles removed": (
        lambda b: [b.run(f"DELETE FROM {table}") for table in ("bo_head", "bo_tile", "bo_named")],
        lambda b: {("seal", "bo_head")},
    ),
    "all heads, tiles and keys removed": (
        lambda b: [b.run(f"DELETE FROM {table}") for table in TABLES],
        lambda b: {("seal", "bo_head")},
    ),
    "index of rows dropped": (lambda b: b.run("DROP TABLE bo_named"), lambda b: {("shape", "bo_named")}),
    "index of rows emptied": (
        lambda b: b.run("DELETE FROM bo_named"),
        whole_index,
    ),
    "index of the rows of an entity taken out": (
        lambda b: b.run("DELETE FROM bo_named WHERE entity = 'bo_party' AND tile = 1"),
        party_index,
    ),
    "index of a shape taken out": (lambda b: b.run("DELETE FROM bo_named WHERE entity = 'bo_party' AND block = -1"), party_index),
    "a row added to the index": (
        lambda b: b.run("INSERT INTO bo_named (entity, block, tile, runs) VALUES ('bo_party', 77, 0, ?)", bytes(4)),
        party_index,
    ),
    "a row added to the index behind the last tile": (
        lambda b: b.run("INSERT INTO bo_named (entity, block, tile, runs) VALUES ('bo_party', 0, 9999, ?)", bytes(4)),
        party_index,
    ),
    "an entity added to the index": (
        lambda b: b.run("INSERT INTO bo_named (entity, block, tile, runs) VALUES ('bo_nobody', 0, 0, ?)", bytes(4)),
        lambda b: {("index", "bo_named bo_nobody")},
    ),
    "a row of the index that leads elsewhere": (
        lambda b: b.run("UPDATE bo_named SET runs = ? WHERE entity = 'bo_party' AND tile = 1", bytes(4)),
        party_index,
    ),
    "tile removed": (lambda b: b.run("DELETE FROM bo_tile WHERE number = 1"), lambda b: {("seal", "bo_tile 0 1")}),
    "tile moved": (
        lambda b: b.run("UPDATE bo_tile SET number = 7 WHERE number = 1"),
        lambda b: {("seal", "bo_tile 0 1"), ("seal", "bo_tile 0 7")},
    ),
    "hashes of a tile": set_tile("hashes = ?", b"t" * 8192),
    "hashes of a tile and its root": set_tile("hashes = ?, root = ?", b"t" * 8192, b"r" * 32),
    "hashes of a tile cut short": set_tile("hashes = ?", b"t"),
    "root of a tile": set_tile("root = ?", b"r" * 32),
    "tile added": add_tile(0, 2),
    "tile of a higher level added": add_tile(1, 0),
    "keys removed": (lambda b: b.run("DELETE FROM bo_verifier"), every_head),
    "key of a stranger": (lambda b: b.trust(MALLORY), every_head),
    "a key that is none": (lambda b: b.run("UPDATE bo_verifier SET key = 'key'"), lambda b: every_head(b) | {("seal", "bo_verifier")}),
    "table of heads dropped": (lambda b: b.run("DROP TABLE bo_head"), lambda b: {("shape", "bo_head")}),
    "all tables of the seal dropped": (
        lambda b: [b.run(f"DROP TABLE {table}") for table in TABLES],
        lambda b: {("shape", TABLES[0])},
    ),
    "all tables of the seal dropped, and their migration forgotten": (
        lambda b: [*(b.run(f"DROP TABLE {table}") for table in TABLES), b.run("UPDATE bo_version_bo SET version_num = '0004'")],
        lambda b: {("shape", TABLES[0])},
    ),
}
UNTYPED: dict[str, tuple[Attack, Named]] = {
    "root of a head as text": set_head("root", "r" * 32),
    "note of a head as bytes": set_head("note", b"\xff"),
    "size of a head as text": (
        lambda b: b.run("UPDATE bo_head SET size = 'many' WHERE size = ?", second(b)),
        lambda b: {("seal", "bo_head many")},
    ),
    "hashes of a tile as text": set_tile("hashes = 'text'"),
    "index of rows by no number": (lambda b: b.run("UPDATE bo_named SET tile = 'x' WHERE entity = 'bo_party' AND tile = 1"), party_index),
    "index of rows of no name": (
        lambda b: b.run("UPDATE bo_named SET entity = x'ff' WHERE entity = 'bo_party' AND tile = 1"),
        lambda b: party_index(b) | {("index", "bo_named b'\\xff'")},
    ),
    "a key as bytes": (lambda b: b.run("UPDATE bo_verifier SET key = x'ff'"), lambda b: every_head(b) | {("seal", "bo_verifier")}),
}


@pytest.mark.parametrize("case", [*SEAL, *(UNTYPED if SQLITE else ())])
def test_a_seal_that_was_tampered_with_is_named(books: Books, case: str) -> None:
    attack, expected = {**SEAL, **UNTYPED}[case]
    with books.undone():
        attack(books)
        result = books.verified()
        assert found(result) == expected(books)
        assert not result.ok


@pytest.mark.parametrize("case", [*SEAL, *(UNTYPED if SQLITE else ())])
def test_on_a_seal_that_was_tampered_with_sealing_goes_on_or_is_refused_and_hides_nothing(books: Books, case: str) -> None:
    attack, _ = {**SEAL, **UNTYPED}[case]
    with books.undone():
        attack(books)
        books.append("Somebody")
        try:
            books.session.begin_part()
            books.seal(books.stolen)
        except BocoreError:
            books.session.undo_part()
        else:
            books.session.keep_part()
        # The key that signs is written down again where it is not among those that are trusted, and a stranger's has signed nothing.
        assert books.verified(books.anchored).ok == case.startswith("key")
