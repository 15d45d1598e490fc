"""``bo key``, and what ``bo doctor`` and ``bo tenant import`` say of keys."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import orjson
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from bocore import BackOffice, Entity, Grant, Party, Plugin, Role, RolePermission, UnitOfWork, User, entity, field, ref, report
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from bocore.keys.masked import MASK
from bocore.keys.operate import destroy_person_key
from bocore.keys.provider import new_key_file
from bocore.testing.clock import FrozenClock


@entity("vault_safe", read="vault.see", write="vault.see")
class Safe(Entity):
    """Where valuables are."""

    party_id: int | None = ref(Party, default=None)
    name: str = ""
    code: str = field(secret=True, searchable=True, personal="party_id", default="")
    pin: str = field(secret=True, read="vault.pin", default="", searchable=True)


def play(bo: BackOffice, say: Callable[[str], None]) -> None:
    """The part of this plugin in a demo."""
    with bo.unit_of_work(actor="demo") as uow:
        uow.add(Safe(code="27-18-28"))
    say("One safe.")


@attrs.frozen
class SafeLine:
    """One safe as the report shows it."""

    name: str
    code: str


@report("vault.safes", permission="vault.see")
def safes(uow: UnitOfWork) -> list[SafeLine]:
    """Every safe."""
    return [SafeLine(safe.name, safe.code) for safe in uow.select(Safe)]


PERMISSIONS = {"vault.see": "See which safes there are", "vault.pin": "See the pins of safes"}
module = ModuleType("vault")
vars(module).update(plugin=Plugin(prefix="vault", entities=[Safe], reports=[safes], permissions=PERMISSIONS, demo=f"{__name__}:play"))
Run = Callable[..., Result]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    new_key_file(tmp_path / "books.key")
    return tmp_path / "books.key"


@pytest.fixture
def books(tmp_path: Path, key_file: Path) -> Path:
    with BackOffice(tmp_path / "books.db", plugins=[module], clock=FrozenClock(), key=key_file) as bo:
        bo.init(company="Acme Ltd")
        with bo.unit_of_work(actor="ann") as uow:
            ada = uow.add(Party(name="Ada"))
            uow.add_all([Safe(party_id=ada.id, code="31-41-59"), Safe(code="27-18-28", pin="4711")])
    return tmp_path / "books.db"


@pytest.fixture
def run(books: Path, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("BOCORE_KEY", raising=False)

    def called(*arguments: str, key: Path | None = key_file, db: Path = books) -> Result:
        if key is None:
            monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)
        else:
            monkeypatch.setenv("BOCORE_KEY_FILE", str(key))
        given = ["--db", str(db), "--as", "ann", *arguments]
        return CliRunner().invoke(root, given, obj=Invocation(plugins=[module], clock=FrozenClock()))

    return called


def rows(found: Result) -> Any:
    assert found.exit_code == 0, found.output
    return orjson.loads(found.output)


def test_a_key_is_made_in_a_file_and_never_overwritten(run: Run, tmp_path: Path) -> None:
    made = run("key", "new", str(tmp_path / "new.key"), key=None)
    assert made.exit_code == 0
    assert "export BOCORE_KEY_FILE=" in made.output
    text = (tmp_path / "new.key").read_text()
    assert text.strip() not in made.output
    again = run("key", "new", str(tmp_path / "new.key"))
    assert (again.exit_code, "there already" in again.output) == (3, True)
    assert (tmp_path / "new.key").read_text() == text


def test_the_list_says_which_keys_there_are_and_not_what_they_are(run: Run, books: Path, key_file: Path) -> None:
    with BackOffice(books, plugins=[module], clock=FrozenClock()) as bo, bo.unit_of_work(actor="ann") as uow:
        destroy_person_key(uow, uow.select(Party, name="Ada").one())
    found = rows(run("key", "list", "--format", "json", key=None))
    assert sorted((row["kind"], row["state"], row["wrapped_by"] is None) for row in found if row["kind"] != "seal") == [
        ("index", "active", False),
        ("person", "destroyed", True),
        ("tenant", "active", False),
    ]
    assert {name for row in found for name in row} == {
        *("id", "kind", "party", "keep_until", "state", "wrapped_by", "made_at", "destroyed_at"),
    }


def test_a_rotation_on_the_command_line_and_what_then_opens(run: Run, tmp_path: Path, books: Path, key_file: Path, bo_engine: str) -> None:
    run("key", "new", str(tmp_path / "new.key"))
    count = 3 + (bo_engine == "sqlite")  # which has been sealed, by a key of its own
    assert f"opens every one of the {count} data keys" in run("key", "check").output
    missing = run("key", "rotate", str(tmp_path / "absent.key"))
    assert (missing.exit_code, "No such file" in missing.output) == (3, True)
    done = run("key", "rotate", str(tmp_path / "new.key"))
    assert done.exit_code == 0, done.output
    assert f"{count} data keys are under local:" in done.output
    assert run("key", "check", key=tmp_path / "new.key").exit_code == 0
    old = run("key", "check")
    assert (old.exit_code, "is under the key local:" in old.output) == (1, True)
    key_file.unlink()
    with BackOffice(books, plugins=[module], key=tmp_path / "new.key") as bo, bo.unit_of_work(actor="ann") as uow:
        assert sorted(uow.unmask_all(uow.select(Safe).all(), "code", reason="test").values()) == ["27-18-28", "31-41-59"]
    log = run("audit", "log", key=None)
    assert "bo.keys_rewrapped/1" in log.output
    assert "bo.unmasked/1" in log.output
    assert "31-41-59" not in log.output


def test_the_doctor_says_whether_the_key_is_here(run: Run, tmp_path: Path, key_file: Path) -> None:
    def keys(**how: Any) -> tuple[str, str, str]:
        found = run("doctor", "--format", "json", **how)
        return next((one["state"], one["what"], one["remedy"]) for one in orjson.loads(found.output) if one["name"] == "keys")

    state, what, _ = keys()
    assert (state, what.endswith("opens what is secret")) == ("ok", True)
    state, what, remedy = keys(key=None)
    assert (state, "none was given" in what, "BOCORE_KEY_FILE" in remedy) == ("wrong", True, True)
    other = tmp_path / "other.key"
    new_key_file(other)
    assert keys(key=other)[0] == "wrong"
    other.write_text("bocore-key-1:AAAA")
    assert "no key" in keys(key=other)[1]
    key_file.chmod(0o644)
    assert "open to everybody" in keys()[1]


def test_a_tenant_that_comes_without_its_key_is_told(run: Run, tmp_path: Path) -> None:
    assert run("tenant", "export", str(tmp_path / "firm.bo")).exit_code == 0
    other = tmp_path / "other.key"
    new_key_file(other)
    there = run("tenant", "import", str(tmp_path / "firm.bo"), db=tmp_path / "there.db", key=other)
    assert there.exit_code == 0, there.output
    assert "What is secret in it can't be read here yet." in there.output
    same = run("tenant", "import", str(tmp_path / "firm.bo"), db=tmp_path / "same.db")
    assert "secret" not in same.output


def test_a_report_shows_dots_in_every_format(run: Run, tmp_path: Path) -> None:
    for style in ("table", "csv", "json", "html"):
        found = run("report", "safes", "--format", style, key=None)
        assert found.exit_code == 0, found.output
        assert MASK in found.output
        assert "27-18" not in found.output
    file = tmp_path / "safes.xlsx"
    assert run("report", "safes", "--format", "xlsx", "-o", str(file), key=None).exit_code == 0
    with zipfile.ZipFile(file) as parts:
        text = "".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())
    assert MASK in text
    assert "27-18" not in text


@pytest.mark.engine("sqlite")
def test_a_demo_has_a_key_of_its_own_where_none_is_set(run: Run, tmp_path: Path, key_file: Path) -> None:
    played = run("demo", db=tmp_path / "demo.db", key=None)
    assert played.exit_code == 0, played.output
    assert f"opens with the key in {tmp_path / 'demo.db.key'}" in played.output
    again = run("demo", "--force", db=tmp_path / "demo.db", key=None)
    assert again.exit_code == 0, again.output
    assert "opens every one" in run("key", "check", db=tmp_path / "demo.db", key=tmp_path / "demo.db.key").output
    own = run("demo", "--force", db=tmp_path / "demo.db")
    assert "opens with" not in own.output
    assert "opens every one" in run("key", "check", db=tmp_path / "demo.db").output


def test_who_sees_which_secret(books: Path, key_file: Path) -> None:
    """``bo.unmask`` opens fields that name no permission; one that names one is opened by that alone."""
    with BackOffice(books, plugins=[module], clock=FrozenClock(), key=key_file) as bo:
        grants = {"olga": [], "carl": ["vault.see"], "una": ["vault.see", "bo.unmask"], "pia": ["vault.see", "vault.pin"]}
        with bo.unit_of_work(actor="ann") as uow:
            olga = uow.add(User(name="olga", owner=True))
            assert olga.id
        with bo.unit_of_work(actor="olga") as uow:
            for name, permissions in grants.items():
                if permissions:
                    role, user = uow.add(Role(code=f"r-{name}")), uow.add(User(name=name))
                    uow.add_all(RolePermission(role_id=role.id, permission=one) for one in permissions)
                    uow.add(Grant(user_id=user.id, role=role.code))
        seen: dict[tuple[str, str], str] = {}
        for name in grants:
            for column in ("code", "pin"):
                with bo.unit_of_work(actor=name) as uow:
                    safe = uow.select(Safe).order_by(Safe.c.id.desc()).first()
                    assert safe is not None
                    try:
                        seen[name, column] = str(uow.unmask(safe, column, reason="test"))
                    except Exception as error:
                        seen[name, column] = type(error).__name__
        assert seen == {
            ("olga", "code"): "27-18-28",
            ("olga", "pin"): "4711",
            ("carl", "code"): "NotAllowed",
            ("carl", "pin"): "NotAllowed",
            ("una", "code"): "27-18-28",
            ("una", "pin"): "NotAllowed",
            ("pia", "code"): "NotAllowed",
            ("pia", "pin"): "4711",
        }
        # What is hidden is found by nobody who does not see it, and changing the rest of the row leaves it.
        with bo.unit_of_work(actor="carl") as uow:
            assert uow.find(Safe, pin="4711") is None
            assert uow.find_all(Safe, pin=["4711"]) == {}
            assert uow.select(Safe).where(pin="4711").all() == []
            assert {row[0] for row in uow.rows(sa.select(Safe.c.pin_index))} == {None}
            safe = uow.find(Safe, code="27-18-28")
            assert safe is not None
            safe.name = "Cellar"
        with bo.unit_of_work(actor="pia") as uow:
            safe = uow.find(Safe, pin="4711")
            assert safe is not None
            assert (safe.name, uow.unmask(safe, "pin", reason="test")) == ("Cellar", "4711")
