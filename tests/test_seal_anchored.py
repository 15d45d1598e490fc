"""What only a head shows that was kept elsewhere, or a key: it passes without, in words that say so, and is found with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from forging import MALLORY, Books, every_head, found, second, signed_by_mallory
from test_seal_attacks import EDGE, FULL, swap_records

from bocore.keys.signing import HeadSigner
from bocore.record.note import read_verifier_key, verifier_key
from bocore.record.sealed import TABLES, Anchored
from bocore.record.verify import verify
from bocore.storage.database import open_database

Attack = Callable[[Books], Any]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with contextlib.closing(Books(tmp_path_factory.mktemp("books"))) as books:
        yield books


def roll_back(b: Books) -> None:
    """The newest records go with their rows, and with whatever of the seal knows of them."""
    b.roll_back(b.sizes[-2])
    b.forget(b.sizes[-2])


def fork(b: Books, *, after: int = 50) -> None:
    """Other records in the place of the newest, sealed with the key that signs: as many as before, and more."""
    roll_back(b)
    for n in range(after):
        b.append(f"Mallory {n}", 900_000 + n)
    b.seal(b.stolen)


def rewrite(b: Books) -> None:
    """A record becomes another, and everything is sealed anew with the key that signs."""
    b.forge(FULL, "Mallory")
    b.seal_anew(b.stolen)


def reseal(b: Books) -> None:
    """The same without the key: newer heads go, and the application itself seals what was forged, as it does a tail."""
    b.forge(FULL, "Mallory")
    b.run("DELETE FROM bo_head WHERE size > ?", b.sizes[0])
    for table in ("bo_tile", "bo_named"):
        b.run(f"DELETE FROM {table}")
    b.seal(b.stolen)  # with its own key, as the application would


def usurp(b: Books) -> None:
    """The same with a key of one's own, which the database is made to name."""
    b.forge(FULL, "Mallory")
    b.seal_anew(HeadSigner(MALLORY))
    b.trust(MALLORY)


def seal_as_another(b: Books) -> None:
    b.seal_anew(b.stolen, "bocore/another")
    b.run("DELETE FROM bo_verifier")
    b.run("INSERT INTO bo_verifier (key, at) VALUES (?, ?)", b.stolen.verifier("bocore/another"), "2026-04-01T00:00:00.000000Z")


def unseal(b: Books) -> None:
    for table in (*TABLES, "bo_named"):
        b.run(f"DELETE FROM {table}")


ANCHORED: dict[str, tuple[Attack, str, str]] = {
    "rolled back": (roll_back, "sealed, not anchored", "rolled back"),
    "rolled back between two heads": (
        lambda b: (b.roll_back(b.sizes[-2] + 3), b.forget(b.sizes[-2])),
        "sealed, unsealed tail of 3, not anchored",
        "rolled back",
    ),
    "forked, shorter": (lambda b: fork(b, after=1), "sealed, not anchored", "rolled back"),
    "forked, longer": (fork, "sealed, not anchored", "not the same first"),
    "rewritten": (rewrite, "sealed, not anchored", "not the same first"),
    "rewritten, and sealed by the application": (reseal, "sealed, not anchored", "not the same first"),
    "rewritten with another key": (usurp, "sealed, not anchored", "does not hold|do not hold"),
    "sealed as another's": (seal_as_another, "sealed, not anchored", "do not hold"),
    "a head removed": (lambda b: b.run("DELETE FROM bo_head WHERE size = ?", second(b)), "sealed, not anchored", "it was removed"),
    "the last head removed": (
        lambda b: b.run("DELETE FROM bo_head WHERE size = ?", b.total),
        "sealed, unsealed tail of 40, not anchored",
        "it was removed",
    ),
    "the seal removed": (unseal, "not sealed", "do not hold"),
}


@pytest.mark.parametrize("case", ANCHORED)
def test_what_passes_without_an_anchor_is_found_with_one(books: Books, case: str) -> None:
    attack, said, why = ANCHORED[case]
    with books.undone():
        attack(books)
        result = books.verified()
        assert ([str(finding) for finding in result.findings], result.vouched) == ([], said)
        against = books.verified(books.anchored)
        assert {code for code, _ in found(against)} == {"anchor"}
        assert {where for _, where in found(against)} == {"heads.txt"}
        assert any(word in str(against.findings[0]) for word in why.split("|"))


def test_a_whole_older_copy_is_found_against_an_anchor(books: Books) -> None:
    database = open_database(books.older)
    try:
        result = verify(database)
        assert (result.ok, result.vouched) == (True, "sealed, not anchored")
        (finding,) = verify(database, against=books.anchored).findings
        assert (finding.code, finding.where) == ("bo.audit.anchor", "heads.txt")
        assert "rolled back" in finding.message
        assert "older state" in finding.fix
    finally:
        database.engine.dispose()


def test_a_key_that_was_kept_elsewhere_shows_that_another_has_signed(books: Books) -> None:
    """Without any anchor: whoever has the database, and not the key, can't seal it anew."""
    right = Anchored(keys=[read_verifier_key(books.stolen.verifier(books.origin))])
    wrong = Anchored(keys=[verifier_key(books.origin, MALLORY)])
    assert (books.verified(right).ok, books.verified(right).vouched) == (True, "sealed, not anchored")
    assert found(books.verified(wrong)) == every_head(books)
    with books.undone():
        usurp(books)
        assert books.verified().ok
        assert found(books.verified(right)) == every_head(books)


def test_a_seal_that_was_removed_is_named_against_the_key_and_against_an_older_head(books: Books) -> None:
    """All four tables are empty, as before the first seal: nothing in the database itself tells of it."""
    key = read_verifier_key(books.stolen.verifier(books.origin))
    with books.undone():
        unseal(books)
        assert (books.verified().ok, books.verified().vouched) == (True, "not sealed")
        (finding,) = books.verified(Anchored(keys=[key], at="--key")).findings
        assert (finding.code, finding.where) == ("bo.audit.anchor", "--key")
        assert "No head is signed" in finding.message
        first = Anchored(books.anchored.notes[:1], [key], "heads.txt")
        assert found(books.verified(first)) == {("anchor", "heads.txt")}
        books.seal(None)  # by whoever verifies, without the key
        assert "No head is signed" in str(books.verified(Anchored(keys=[key])).findings)


def test_an_anchor_that_a_stranger_signed_proves_nothing(books: Books) -> None:
    result = books.verified(Anchored([signed_by_mallory(books)], at="found.txt"))
    assert found(result) == {("anchor", "found.txt")}
    assert result.anchored == 0


def test_what_came_after_the_seal_is_told_and_a_record_that_nobody_wrote_is_not(books: Books) -> None:
    """A sound record in the unsealed tail, made with its row by whoever can write there, is as good as any: sealing is what ends that."""
    with books.undone():
        books.append("Mallory")
        result = books.verified(books.anchored)
        assert (result.ok, result.unsealed) == (True, 1)
        assert result.vouched == f"sealed, unsealed tail of 1, anchored to {books.total}"
        books.seal(None)
        result = books.verified(books.anchored)
        assert (result.ok, result.vouched) == (True, f"sealed, not signed, anchored to {books.total}")
        books.seal(books.stolen)
        assert books.verified().vouched == "sealed, not anchored"


def test_forging_needs_more_than_this_file(books: Books) -> None:
    """The attacks do what they say: what they make is itself sound, so that nothing but the seal can show them."""
    with books.undone():
        unseal(books)
        books.forge(FULL, "Mallory")
        swap_records(books, EDGE, EDGE + 5)
        assert (books.verified().ok, books.verified().vouched) == (True, "not sealed")
