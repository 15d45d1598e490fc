"""The seal at the command line: its words, and how it ends."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bocore import Party
from bocore.cli.root import bo as program
from bocore.keys.provider import new_key_file
from bocore.record.note import verifier_key
from bocore.storage import sqlite as sqlite_storage
from bocore.testing import behind

Ask = Callable[..., Result]


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BOCORE_KEY", "BOCORE_KEY_FILE", "BOCORE_ANCHOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ask(bo_path: Path) -> Ask:
    def ask(*arguments: str, code: int = 0, **variables: str) -> Result:
        found = CliRunner().invoke(program, ["--db", str(bo_path), *arguments], env=variables)
        assert found.exit_code == code, found.output
        return found

    return ask


@pytest.fixture
def keyed(tmp_path: Path) -> dict[str, str]:
    new_key_file(tmp_path / "acme.key")
    return {"BOCORE_KEY_FILE": str(tmp_path / "acme.key"), "BOCORE_ANCHOR": str(tmp_path / "heads.txt")}


def written(path: Path) -> str:
    (key,) = _one(path, "SELECT key FROM bo_verifier")
    return str(key)


def _one(path: Path, sql: str) -> Any:
    with behind(path) as connection:
        return connection.execute(sql).fetchone()


def tamper(path: Path, *statements: str) -> None:
    with behind(path) as connection:
        for statement in statements:
            connection.execute(statement)


def test_without_a_key_it_says_so_and_ends_well(ask: Ask) -> None:
    assert ask("audit", "verify").stdout.endswith("verified: ok, sealed, not signed, not anchored\n")
    sealed = ask("audit", "seal")
    assert sealed.stdout.startswith("bocore/")
    assert "not signed, for there is no key" in sealed.stderr


def test_with_key_and_anchor_it_says_how_far_it_vouches(ask: Ask, bo_path: Path, keyed: dict[str, str]) -> None:
    head = ask("audit", "seal", **keyed).stdout
    assert Path(keyed["BOCORE_ANCHOR"]).read_text().startswith(head.strip())
    assert ask("audit", "verify").stdout.endswith("verified: ok, sealed, not anchored\n")
    against = ("audit", "verify", "--against", keyed["BOCORE_ANCHOR"])
    size = head.split("\n")[1]
    assert ask(*against).stdout.endswith(f"verified: ok, sealed, anchored to {size}\n")
    assert ask(*against, "--key", written(bo_path)).stdout.endswith(f"anchored to {size}\n")


def test_a_tail_that_can_not_be_sealed_is_told(ask: Ask, bo_path: Path, bo: Any, keyed: dict[str, str]) -> None:
    """Here what is stored of the seal was altered, so that nothing can be put behind it; it is named too."""
    ask("audit", "seal", **keyed)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Later"))
    tamper(bo_path, "UPDATE bo_head SET root = 'short'")
    found = ask("audit", "verify", code=1)
    assert "it holds what no head does" in found.stdout
    refused = ask("audit", "seal", code=1)
    assert "bo audit verify names what was altered" in refused.stderr


@pytest.mark.engine("sqlite")
def test_where_somebody_else_writes_all_the_time_the_tail_is_told_and_it_ends_well(
    ask: Ask, bo_path: Path, bo: Any, keyed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("audit", "seal", **keyed)
    for name in ("Later", "Latest"):
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Party(name=name))
    monkeypatch.setattr(sqlite_storage, "BUSY_SECONDS", 0.01)
    with contextlib.closing(sqlite3.connect(bo_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ask("audit", "verify").stdout.endswith("verified: ok, sealed, unsealed tail of 2, not anchored\n")
        assert "The database is busy" in ask("audit", "seal", code=3).stderr


def test_what_only_an_anchor_shows_ends_with_1_against_it_and_with_0_without(
    ask: Ask, bo_path: Path, bo: Any, keyed: dict[str, str]
) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Later")).id
    ask("audit", "seal", **keyed)
    size = _one(bo_path, "SELECT max(size) FROM bo_head")[0]
    tamper(
        bo_path,
        "DELETE FROM bo_head",
        f"DELETE FROM bo_party WHERE id = {party}",
        f"DELETE FROM bo_commit WHERE position >= {size - 1}",
        "DELETE FROM bo_verifier",
    )
    assert ask("audit", "verify").stdout.endswith("verified: ok, sealed, not signed, not anchored\n")
    found = ask("audit", "verify", "--against", keyed["BOCORE_ANCHOR"], code=1)
    assert "heads.txt" in found.stdout
    assert "NOT as recorded: " in found.stdout


def test_a_key_that_was_pinned_shows_that_another_has_signed(ask: Ask, bo_path: Path, keyed: dict[str, str]) -> None:
    ask("audit", "seal", **keyed)
    right = written(bo_path)
    wrong = str(verifier_key(right.split("+")[0], b"m" * 32))
    assert ask("audit", "verify", "--key", right).stdout.endswith("verified: ok, sealed, not anchored\n")
    assert "The signature of a head does not hold" in ask("audit", "verify", "--key", wrong, code=1).stdout
    assert "no public key" in ask("audit", "verify", "--key", "rubbish", code=1).stderr


def test_a_record_that_was_forged_ends_with_1(ask: Ask, bo_path: Path, keyed: dict[str, str]) -> None:
    ask("audit", "seal", **keyed)
    tamper(bo_path, "UPDATE bo_commit SET reason = 'Nothing to see here' WHERE position = 0")
    found = ask("audit", "verify", code=1)
    assert "bo_commit 1: The record was altered" in found.stdout
    assert found.stdout.strip().splitlines()[-1].endswith("NOT as recorded: 1 record")


def test_a_seal_that_was_removed_is_made_anew_and_named_against_what_was_kept(ask: Ask, bo_path: Path, keyed: dict[str, str]) -> None:
    ask("audit", "seal", **keyed)
    key = written(bo_path)
    tamper(bo_path, *(f"DELETE FROM {table}" for table in ("bo_head", "bo_tile", "bo_verifier", "bo_named")))
    assert ask("audit", "verify").stdout.endswith("verified: ok, sealed, not signed, not anchored\n")
    assert "No head is signed" in ask("audit", "verify", "--key", key, code=1).stdout
    for words in ([], ["--key", key]):
        told = ask("audit", "verify", "--against", keyed["BOCORE_ANCHOR"], *words, code=1).stdout
        assert "heads.txt: A head that was kept elsewhere does not hold" in told or "heads.txt: It is a head of bocore/" in told
    del keyed["BOCORE_ANCHOR"]
    ask("audit", "seal", **keyed)  # with the right key, and another origin
    assert "heads.txt" in ask("audit", "verify", "--against", str(Path(keyed["BOCORE_KEY_FILE"]).with_name("heads.txt")), code=1).stdout


def test_what_is_no_file_of_this_records_heads_is_said(ask: Ask, bo_path: Path, tmp_path: Path, keyed: dict[str, str]) -> None:
    ask("audit", "seal", **keyed)
    whole = Path(keyed["BOCORE_ANCHOR"]).read_text(encoding="utf-8")
    origin = whole.splitlines()[0]
    others = "\n".join(["bocore/other", *whole.splitlines()[1:4], "— bocore/other " + whole.split()[-1], ""])
    cases = {
        b"": "There is no head in it",
        b"\xff\x00": "It is no text",
        b"hello\n": "not whole: it has no signature",
        "\n".join(whole.splitlines()[:3]).encode(): "not whole: it has no signature",
        whole[:-3].encode(): "does not hold",
        "\n".join(["a", "", *whole.splitlines()[3:], ""]).encode(): "does not hold",
        others.encode(): f"does not hold: it is a head of bocore/other, and these are the records of {origin}.",
    }
    for content, said in cases.items():
        (tmp_path / "odd.heads").write_bytes(content)
        done = ask("audit", "verify", "--against", str(tmp_path / "odd.heads"), code=1)
        assert said in done.output and "odd.heads" in done.output
    ask("audit", "verify", "--against", str(tmp_path / "missing"), code=2)
    for changed in (whole.replace("\n", "\r\n"), f"\n\n{whole}\n\n", f"{whole.rstrip()}\n— witness.example {whole.split()[-1]}\n"):
        (tmp_path / "sent.heads").write_text(changed, encoding="utf-8", newline="")  # mailed, copied, and signed by a witness too
        assert "anchored to" in ask("audit", "verify", "--against", str(tmp_path / "sent.heads")).stdout
