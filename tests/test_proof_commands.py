"""``bo audit prove``, ``bo audit check-proof`` and the filters of ``bo audit log``, as somebody types them."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bocore import BackOffice, Party
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from bocore.keys.provider import new_key_file
from bocore.record.canonical import canonical_bytes

ANN = "ann"


class Books:
    """The command line over one database, and a folder to write into."""

    def __init__(self, where: Path, folder: Path) -> None:
        self.where = where
        self.folder = folder

    def __call__(self, *words: str) -> Result:
        return CliRunner().invoke(root, ["--db", str(self.where), *words], obj=Invocation(plugins=[], user=ANN))

    def file(self, name: str, text: str = "") -> Path:
        path = self.folder / name
        if text:
            path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.delenv("BOCORE_KEY", raising=False)
    monkeypatch.setenv("BOCORE_KEY_FILE", str(tmp_path / "books.key"))
    new_key_file(tmp_path / "books.key")
    where = tmp_path / "books.db"
    with BackOffice(where, plugins=[]).init(company="Acme Ltd", currency="EUR", owner=ANN) as app:
        for number, name in enumerate(("Mill", "Lake", "Hill"), 1):
            with app.unit_of_work(actor=ANN, reason=f"Customer {number}", correlation="fair") as uow:
                uow.add(Party(name=name, code=f"K{number}"))
        app.run(lambda uow: uow.get(Party, 2).id, actor=ANN, key="nothing")
    return Books(where, tmp_path)


def proof(books: Books) -> Path:
    file = books.file("mill.json")
    done = books("audit", "prove", "bo_party", "1", "-o", str(file), "--tell", "reason")
    assert (done.exit_code, done.stderr) == (0, "")
    return file


def test_a_proof_is_written_and_checked_against_a_key_from_elsewhere(books: Books) -> None:
    file = proof(books)
    key = json.loads(file.read_text(encoding="utf-8"))["key"]
    alone = books("audit", "check-proof", str(file))
    assert alone.exit_code == 0
    assert "Whose key that is, the file alone says" in alone.stdout
    kept = books.file("acme.keys", f"{key}\n\n")
    for words in (["--key", key], ["--key-file", str(kept)]):
        known = books("audit", "check-proof", str(file), *words)
        assert known.exit_code == 0
        assert "Signed by a key that you gave." in known.stdout
        assert "code      K1" in known.stdout
        assert "Mill" not in known.stdout
        assert 'Reason: "Customer 1"' in known.stdout


def test_checking_needs_no_database(books: Books, tmp_path: Path) -> None:
    file = proof(books)
    done = CliRunner().invoke(root, ["--db", str(tmp_path / "none.db"), "audit", "check-proof", str(file), "--format", "json"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["entity"], found["id"], found["known"]) == ("bo_party", 1, False)
    assert {value["column"]: value["value"] for value in found["values"]}["code"] == "K1"
    assert not (tmp_path / "none.db").exists()


def test_what_is_wrong_is_said_with_its_step_and_exit_code_1(books: Books) -> None:
    text = proof(books).read_text(encoding="utf-8")
    for changed, step in ((text.replace("K1", "K9"), "row"), (text.replace('"Customer 1"', '"Customer 2"'), "reason")):
        done = books("audit", "check-proof", str(books.file("forged.json", changed)))
        assert done.exit_code == 1
        assert f"forged.json: {step}: " in done.stderr
    for broken in (text[:-200], "nothing", "{}", "\x00", text.replace("{", "{ ", 1)):
        done = books("audit", "check-proof", str(books.file("broken.json", broken)))
        assert done.exit_code == 1
        assert done.stderr.startswith("Error: broken.json: ")
    done = books("audit", "check-proof", str(proof(books)), "--key", "nonsense")
    assert (done.exit_code, "no public key" in done.stderr) == (1, True)
    assert books("audit", "check-proof", str(proof(books)), "--key-file", str(books.file("none.keys"))).exit_code == 2


BOMB = json.dumps({"deflated": b64encode(zlib.compress(bytes(2**27))).decode()})
ODD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no whole JSON"),
    "not UTF-8": (b"\xff\xfe{}", "no whole JSON"),
    "not a number": (b'{"proof":NaN}\n', "no whole JSON"),
    "nested without end": (b"[" * 100_000, "no whole JSON"),
    "nested deeply": (b"[" * 900 + b"]" * 900 + b"\n", "nested more than 100 deep"),
    "a huge number": (b'{"proof":1' + b"0" * 5000 + b"}\n", "no "),
    "a name twice": (b'{"proof":1,"proof":1}\n', "not written in the canonical form"),
    "longer than any": (bytes(2**24 + 1), "longer than 16,777,216 bytes"),
    "of a later form": (b'{"proof":2}\n', "a proof of the form 2"),
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_no_proof_is_refused_in_a_sentence(case: str, tmp_path: Path) -> None:
    content, said = ODD[case]
    (tmp_path / "odd.json").write_bytes(content)
    done = CliRunner().invoke(root, ["audit", "check-proof", str(tmp_path / "odd.json")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: odd.json: ") and said in done.stderr


def test_a_head_that_inflates_without_end_is_refused(books: Books) -> None:
    plain = json.loads(proof(books).read_text(encoding="utf-8"))
    plain["record"]["head"] = json.loads(BOMB)
    done = books("audit", "check-proof", str(books.file("bomb.json", canonical_bytes(plain).decode() + "\n")))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "bomb.json: record.head: It ends too early or too late, or has more than 67,108,864 bytes." in done.stderr


def test_a_file_that_can_not_be_read_is_no_proof_that_fails(tmp_path: Path) -> None:
    for name, code in ((str(tmp_path), 2), (str(tmp_path / "missing.json"), 3)):
        done = CliRunner().invoke(root, ["audit", "check-proof", name])
        assert (done.exit_code, done.stdout) == (code, "")


def test_a_proof_can_go_through_a_pipe(books: Books) -> None:
    written = books("audit", "prove", "bo_party", "2")
    assert written.exit_code == 0
    done = CliRunner().invoke(root, ["audit", "check-proof", "-"], input=written.stdout)
    assert done.exit_code == 0
    assert done.stdout.startswith("bo_party 2 was recorded as\n")


def test_a_proof_without_signature_is_written_with_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOCORE_KEY", raising=False)
    monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)
    with BackOffice(tmp_path / "books.db", plugins=[]).init(company="Acme Ltd", currency="EUR", owner=ANN):
        pass
    books = Books(tmp_path / "books.db", tmp_path)
    written = books("audit", "prove", "bo_company", "1")
    assert written.exit_code == 0
    assert "Nobody has signed" in written.stderr
    assert "NOT SIGNED" in CliRunner().invoke(root, ["audit", "check-proof", "-"], input=written.stdout).stdout


def test_what_is_not_there_is_said(books: Books) -> None:
    done = books("audit", "prove", "bo_party", "77")
    assert (done.exit_code, "no record names one" in done.stderr) == (1, True)
    done = books("audit", "prove", "bo_part", "1")
    assert (done.exit_code, "No record knows the entity 'bo_part'" in done.stderr) == (2, True)


def reasons(books: Books, *words: str) -> list[str]:
    done = books("audit", "log", "--format", "json", *words)
    assert done.exit_code == 0, done.stderr
    return [line["reason"] for line in json.loads(done.stdout)]


def test_the_log_is_filtered_and_paged(books: Books) -> None:
    assert reasons(books, "--entity", "bo_party") == ["Customer 3", "Customer 2", "Customer 1"]
    assert reasons(books, "--entity", "bo_party", "--id", "2") == ["Customer 2"]
    assert reasons(books, "--correlation", "fair", "-n", "2") == ["Customer 3", "Customer 2"]
    [_, second] = json.loads(books("audit", "log", "--format", "json", "--correlation", "fair", "-n", "2").stdout)
    assert reasons(books, "--correlation", "fair", "--before", str(second["position"])) == ["Customer 1"]
    assert reasons(books, "--actor", "nobody") == []
    assert reasons(books, "--since", second["at"], "--until", second["at"]) == ["Customer 2"]
    day = second["at"][:10]
    assert "Customer 1" in reasons(books, "--since", day, "--until", day)
    assert reasons(books, "--until", "2001-01-01") == []
    for words in (["--id", "2"], ["--since", "yesterday"], ["--until", "2026-02-30"]):
        assert books("audit", "log", *words).exit_code == 2
