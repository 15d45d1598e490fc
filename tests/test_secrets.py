"""Secret fields: encrypted in the database, dots everywhere else, found by their whole value, and shown on the record only."""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    Conflict,
    Entity,
    Finding,
    KeyUnavailable,
    Party,
    Plugin,
    Refused,
    UsageError,
    entity,
    event,
    field,
    hookimpl,
    parent,
    ref,
)
from bocore.entities import spec_of
from bocore.keys.masked import MASK, Masked
from bocore.keys.operate import destroy_person_key
from bocore.keys.store import stored_keys
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.conforming import CHECKS, Subject

IBAN, OTHER = "AT611904300234573201", "DE89370400440532013000"
KEY = bytes(range(32))


@entity("vault_account")
class Account(Entity):
    """How somebody is paid."""

    party_id: int | None = ref(Party, default=None)
    name: str = ""
    iban: str | None = field(secret=True, searchable=True, unique=True, max_length=34, default=None, personal="party_id")


@entity("vault_card", append_only=True)
class Card(Entity):
    """A card of an account, and what is said to the bank over the telephone."""

    account_id: int = parent(Account)
    number: str = field(secret=True, searchable=True, max_length=19, not_blank=True)
    word: str | None = field(secret=True, default=None, personal="account_id.party_id")


@entity("vault_gate")
class Gate(Entity):
    """A door of the firm."""

    code: str = field(secret=True, max_length=8)
    on: date = date(2026, 1, 15)


@event("vault.told")
class Told:
    """Something was said."""

    text: str


SEEN: list[Any] = []


@hookimpl
def bo_validate(uow: Any, changes: Any) -> list[Finding]:
    """A check of a plugin, which sees what is set."""
    wrong = []
    for account in changes.added(Account):
        if str(account.iban).startswith("XX"):
            wrong.append(Finding("vault.iban", "Not an IBAN.", account, "iban"))
    for change in changes.updated(Account):
        if "iban" in change.new:
            SEEN.append(uow.unmask(change.entity, "iban", reason="Is it valid?"))
    return wrong


module = ModuleType("vault")
vars(module).update(plugin=Plugin(prefix="vault", entities=[Account, Card, Gate]), bo_validate=bo_validate)


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    return [module]


@pytest.fixture
def bo(bo_path: Path, bo_plugins: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[BackOffice]:
    monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)
    monkeypatch.delenv("BOCORE_KEY", raising=False)
    with BackOffice(bo_path, plugins=bo_plugins, clock=clock, key=KEY) as application:
        yield application


@pytest.fixture
def again(bo_path: Path, bo_plugins: Any, clock: Any) -> Callable[..., BackOffice]:
    """Another process over the same database."""
    return lambda **how: BackOffice(bo_path, plugins=bo_plugins, clock=clock, **{"key": KEY, **how})


@pytest.fixture
def ada(bo: BackOffice) -> dict[str, int]:
    """A party with an account and a card: their ids."""
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Ada"))
        account = uow.add(Account(party_id=party.id, name="Salary", iban=IBAN))
        card = uow.add(Card(account_id=account.id, number="4000 1234 5678 9010", word="enigma"))
    return {"party": party.id, "account": account.id, "card": card.id}


def stored(bo: BackOffice, table: str, column: str) -> list[Any]:
    with bo.unit_of_work(actor="test", read_only=True) as uow:
        return [row[0] for row in uow._touch().execute(f"SELECT {column} FROM {table} ORDER BY id").fetchall()]


def everything(bo: BackOffice) -> str:
    """All that the database has, as text."""
    found = []
    with bo.looking() as session:
        for table in session.columns():
            found += [repr(row) for row in session.execute(f"SELECT * FROM {table}").fetchall()]
    return "\n".join(found)


def events(bo: BackOffice, name: str) -> list[tuple[str, dict[str, Any]]]:
    return [(commit.actor or "", event.values) for commit in bo.feed("test") for event in commit.events if event.name == name]


@pytest.mark.parametrize("check", sorted(CHECKS.keys() - {"only_public_names_are_imported", "migrations_make_the_tables"}))
def test_a_plugin_with_secrets_keeps_the_rules(check: str, tmp_path: Path) -> None:
    CHECKS[check](Subject(module, (), {}), tmp_path)


# ---------------------------------------------------------------- writing and reading


def test_what_is_set_is_encrypted_and_reads_as_dots(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="bob", reason="Pay") as uow:
        account, card = uow.get(Account, ada["account"]), uow.get(Card, ada["card"])
        assert isinstance(account.iban, Masked)
        assert f"{account.iban} {card.number!r} {card.word:>10}" == f"{MASK} {MASK} {MASK:>10}"
        assert uow.unmask(account, "iban", reason="Pay run of January") == IBAN
        assert uow.unmask_all([card], "word", reason="Called by the bank") == {card.id: "enigma"}
        assert uow.unmask_all([], "word", reason="Nobody") == {}
    told = {"entity": "vault_account", "field": "iban", "ids": [ada["account"]], "reason": "Pay run of January"}
    found = events(bo, "bo.unmasked/1")
    assert found[0] == ("bob", told)
    assert len(found) == 2
    assert stored(bo, "vault_account", "iban")[0].startswith("bo1:")
    kept = everything(bo)
    for plain in (IBAN, "4000 1234", "enigma"):
        assert plain not in kept
        assert plain.encode().hex() not in kept
    assert verify(bo).ok


def test_no_copy_of_the_file_holds_a_plain_value(bo: BackOffice, ada: dict[str, int]) -> None:
    if bo.database.name != "sqlite":
        pytest.skip("a server has no file of ours")
    path = str(bo.engine.url.database)
    dump = "\n".join(sqlite3.connect(path).iterdump())
    assert "Salary" in dump
    for plain in (IBAN, "4000 1234", "enigma"):
        assert plain not in dump
        assert all(plain.encode() not in Path(f"{path}{end}").read_bytes() for end in ("", "-wal"))


def test_only_what_changes_is_encrypted_again(bo: BackOffice, ada: dict[str, int]) -> None:
    before = stored(bo, "vault_account", "iban")
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Account, ada["account"]).name = "Wages"
    assert stored(bo, "vault_account", "iban") == before
    with bo.unit_of_work(actor="ann") as uow:
        account = uow.get(Account, ada["account"])
        account.iban = OTHER
        uow.flush()
        assert str(account.iban) == MASK
    assert SEEN[-1] == OTHER  # what is set in a unit of work is known in it, without a record
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test") == OTHER
    assert [told["ids"] for _, told in events(bo, "bo.unmasked/1")] == [[ada["account"]]]
    assert verify(bo).ok


def test_empty_text_and_nothing_are_what_they_are(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        gate = uow.add(Gate(code=""))
        account = uow.add(Account())
        card = uow.add(Card(account_id=account.id, number="1"))
    assert stored(bo, "vault_gate", "code") == [""]
    assert stored(bo, "vault_card", "word") == [None]
    with bo.unit_of_work(actor="ann") as uow:
        gate, card = uow.get(Gate, gate.id), uow.get(Card, card.id)
        assert (gate.code, card.word) == ("", None)
        assert uow.unmask(gate, "code", reason="test") == ""
        assert uow.unmask(card, "word", reason="test") is None
        gate.code = "1234"
    with bo.unit_of_work(actor="ann") as uow:
        gate = uow.get(Gate, gate.id)
        assert uow.unmask(gate, "code", reason="test") == "1234"
        gate.code = ""
    assert stored(bo, "vault_gate", "code") == [""]
    assert len(events(bo, "bo.unmasked/1")) == 1


def test_an_application_that_touches_no_secret_needs_no_key(again: Callable[..., BackOffice], bo: BackOffice, ada: dict[str, int]) -> None:
    with again(key=None) as bare:
        with bare.unit_of_work(actor="ann") as uow:
            account = uow.get(Account, ada["account"])
            account.name = "Wages"
            assert str(account.iban) == MASK
        with pytest.raises(KeyUnavailable, match="none was given"), bare.unit_of_work(actor="ann") as uow:
            uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test")
        with pytest.raises(KeyUnavailable, match="none was given"), bare.unit_of_work(actor="ann") as uow:
            uow.add(Gate(code="1234"))
    with again(key=bytes(32)) as wrong, pytest.raises(KeyUnavailable, match="under the key"), wrong.unit_of_work(actor="ann") as uow:
        uow.add(Gate(code="1234"))
    assert stored(bo, "vault_gate", "code") == []
    assert stored(bo, "vault_account", "name") == ["Wages"]


def test_a_secret_may_be_the_name_of_a_field_of_an_event(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        gate = uow.add(Gate(code="reason"))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.unmask(uow.get(Gate, gate.id), "code", reason="The gate is stuck") == "reason"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), max_size=6))
def test_whatever_is_written_comes_back_as_any_text_does(bo: BackOffice, texts: list[str]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        gates = uow.add_all([Gate(code=text) for text in texts])
        names = uow.add_all([Account(name=text) for text in texts])
    with bo.unit_of_work(actor="ann") as uow:
        back = uow.get_all(Gate, [gate.id for gate in gates])
        plain = uow.unmask_all(back.values(), "code", reason="Any text is given back")
        assert [plain[gate.id] for gate in gates] == [uow.get(Account, name.id).name for name in names]


# ---------------------------------------------------------------- looking up


def test_a_row_is_found_by_the_whole_value(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        new = uow.add(Account(iban=OTHER, name="New"))
        assert uow.find(Account, iban=OTHER) is new  # written before it is looked for
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Account, iban=IBAN).id == ada["account"]
        assert uow.find(Account, iban=IBAN, name="New") is None
        assert uow.find(Account, iban=IBAN[:-1]) is None
        assert [row.name for row in uow.select(Account, iban=[IBAN, OTHER]).order_by(Account.c.name)] == ["New", "Salary"]
        assert uow.select(Account).where(iban=OTHER).one().name == "New"
        assert uow.select(Account, iban=OTHER).count() == 1
        assert {iban: row.name for iban, row in uow.find_all(Account, iban=[IBAN, "nobody's", OTHER]).items()} == {
            IBAN: "Salary",
            OTHER: "New",
        }
        assert uow.find(Card, number="4000 1234 5678 9010").id == ada["card"]
        assert [row.id for row in uow.select(Card, word=None)] == []


def test_looking_for_what_nobody_has_entered_needs_no_key(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        account = uow.add(Account())
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Account, iban=IBAN) is None
        assert uow.find(Account, iban=None).id == account.id
        assert uow.find(Account, iban="") is None


def test_the_same_value_twice_is_refused_without_being_shown(bo: BackOffice, ada: dict[str, int]) -> None:
    for rows in ([Account(iban=IBAN)], [Account(iban=OTHER), Account(iban=OTHER)]):
        with pytest.raises(Refused) as error, bo.unit_of_work(actor="ann") as uow:
            uow.add_all(rows)
        assert error.value.findings[0].code == "bo.unique"
        assert MASK in str(error.value)
        assert IBAN not in str(error.value)
        assert OTHER not in str(error.value)


def test_several_are_named_without_the_value(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Card(account_id=ada["account"], number="4000 1234 5678 9010"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises(UsageError, match="More than one Card") as error:
            uow.find(Card, number="4000 1234 5678 9010")
        assert "4000" not in str(error.value)


CARD = spec_of(Card).cls.c
ACCOUNT = Account.c


@pytest.mark.parametrize(
    "ask",
    [
        lambda uow: uow.select(Account).where(Account.c.iban == IBAN),
        lambda uow: uow.select(Account).where(Account.c.iban.like("AT%")),
        lambda uow: uow.select(Account).order_by(Account.c.iban),
        lambda uow: uow.select(Account).order_by(Account.c.iban.desc()),
        lambda uow: uow.select(Party).where(Party.c.id.in_(sa.select(Account.c.party_id).where(Account.c.iban != ""))),
        lambda uow: uow.rows(sa.select(Account.c.iban)),
        lambda uow: uow.rows(sa.select(Account.c.iban.label("name"))),
        lambda uow: uow.rows(sa.select(sa.func.max(Account.c.iban))),
        lambda uow: uow.rows(sa.select(Account.c.id).order_by(Account.c.iban)),
        lambda uow: uow.rows(sa.select(sa.select(Account.c.iban.label("x")).subquery().c.x)),
        lambda uow: uow.rows(sa.select(sa.select(Account.c.id, Account.c.iban).cte().c.iban)),
        lambda uow: uow.rows(sa.select(Account.c.id.table.alias().c.iban)),
        lambda uow: uow.rows(sa.select(Account.c.id.table)),
        lambda uow: uow.rows(sa.select(Account.c.name).union(sa.select(Account.c.iban))),
        lambda uow: uow.rows(sa.select(Party.c.id).where(sa.exists().where(Account.c.iban == Party.c.name))),
        lambda uow: list(uow.stream(uow.select(Account).where(sa.or_(Account.c.iban == "x", Account.c.id == 1)))),
    ],
)
def test_ciphertext_is_neither_compared_nor_sorted_nor_selected(bo: BackOffice, ada: dict[str, int], ask: Any) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(UsageError, match=r"vault_account.iban is secret"):
        ask(uow)


def test_what_is_not_secret_of_the_same_table_is_selected_as_ever(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [tuple(row) for row in uow.rows(sa.select(Account.c.name).where(Account.c.name != ""))] == [("Salary",)]
        assert uow.rows(sa.select(sa.func.count(Account.c.id)))[0][0] == 1
        assert uow.select(Account).count() == 1
        assert [row.name for row in uow.stream(uow.select(Account))] == ["Salary"]


def test_a_secret_that_is_not_searchable_is_not_looked_up(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for ask in (lambda: uow.find(Gate, code="1234"), lambda: uow.select(Gate, code="1"), lambda: uow.find_all(Gate, code=["1"])):
            with pytest.raises(UsageError, match="searchable=True") as error:
                ask()
            assert "1234" not in str(error.value)
        with pytest.raises(UsageError, match="compared with int"):
            uow.find(Account, iban=5)


# ---------------------------------------------------------------- what is refused


def test_a_mask_is_no_text(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        account = uow.get(Account, ada["account"])
        with pytest.raises(UsageError, match="it is masked"):
            _ = account.iban == IBAN
        assert account.iban != ""
        assert account.iban != None  # noqa: E711
        assert account.iban == uow.get(Account, ada["account"]).iban
        assert account.iban
        with pytest.raises(UsageError, match="copied or pickled"):
            pickle.dumps(account.iban)
        assert IBAN not in repr(account)
        for ask in (lambda: len(account.iban), lambda: account.iban[:2], lambda: "AT" in account.iban):
            with pytest.raises(UsageError, match="it is masked"):
                ask()
        with pytest.raises(AttributeError, match=r"startswith: it is masked.*uow.unmask"):
            account.iban.startswith("AT")


def test_a_mask_opens_in_no_other_row(bo: BackOffice, ada: dict[str, int]) -> None:
    with pytest.raises(Refused, match="masked value of another row") as error, bo.unit_of_work(actor="ann") as uow:
        uow.add(Account(iban=uow.get(Account, ada["account"]).iban))
    assert error.value.findings[0].field == "iban"
    with bo.unit_of_work(actor="ann") as uow:
        bea = uow.add(Account(iban=OTHER))
    with pytest.raises(Refused, match="masked value of another row"), bo.unit_of_work(actor="ann") as uow:
        uow.get(Account, bea.id).iban = uow.get(Account, ada["account"]).iban


@pytest.mark.parametrize(
    ("value", "why"),
    [(IBAN * 2, "has 40 characters, at most 34"), (1904300234573201, "is int"), (b"AT61 1904", "is bytes"), ("AT\0", "NUL")],
)
def test_what_can_t_be_stored_is_refused_without_being_shown(bo: BackOffice, ada: dict[str, int], value: Any, why: str) -> None:
    with pytest.raises(Refused, match=why) as error, bo.unit_of_work(actor="ann") as uow:
        uow.add(Account(iban=value))
    assert "1904" not in str(error.value)
    with pytest.raises(Refused, match=why) as error, bo.unit_of_work(actor="ann") as uow:
        uow.get(Account, ada["account"]).iban = value
    assert "1904" not in str(error.value)
    with pytest.raises(Refused, match="required"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Gate(code=None))
    assert stored(bo, "vault_account", "id") == [ada["account"]]


def test_unmasking_says_why_and_leaves_a_record_or_is_refused(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(UsageError, match="could not be recorded"):
        uow.unmask(uow.get(Account, ada["account"]), "iban", reason="Looking")
    with bo.unit_of_work(actor="ann") as uow:
        account = uow.get(Account, ada["account"])
        for reason in ("", "  "):
            with pytest.raises(UsageError, match="for a reason"):
                uow.unmask(account, "iban", reason=reason)
        with pytest.raises(UsageError, match="no secret field"):
            uow.unmask(account, "name", reason="x")
        with pytest.raises(UsageError, match="no secret field"):
            uow.unmask(account, "ibn", reason="x")
        strange = next(iter(uow.stream(uow.select(Account))))
        with pytest.raises(UsageError, match="does not belong to this unit"):
            uow.unmask(strange, "iban", reason="x")
    with pytest.raises(UsageError, match="has ended"):
        uow.unmask(account, "iban", reason="x")
    assert events(bo, "bo.unmasked/1") == []


def test_who_has_seen_a_value_is_recorded_though_he_then_takes_all_back(bo: BackOffice, ada: dict[str, int]) -> None:
    with pytest.raises(RuntimeError), bo.unit_of_work(actor="eve") as uow:
        account = uow.get(Account, ada["account"])
        account.name = "Mine"
        assert uow.unmask(account, "iban", reason="Curious") == IBAN
        raise RuntimeError
    with bo.unit_of_work(actor="eve") as uow, pytest.raises(RuntimeError), uow.savepoint():
        uow.unmask(uow.get(Account, ada["account"]), "iban", reason="Again")
        raise RuntimeError
    assert [(who, told["reason"]) for who, told in events(bo, "bo.unmasked/1")] == [("eve", "Curious"), ("eve", "Again")]
    assert stored(bo, "vault_account", "name") == ["Salary"]
    assert verify(bo).ok


def test_the_record_keeps_no_secret_in_the_clear(bo: BackOffice, ada: dict[str, int]) -> None:
    def leak(uow: Any, how: str) -> Any:
        iban = uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test")
        if how == "event":
            uow.emit(Told(text=f"Paid to {iban}"))
        if how == "correlation":
            uow.correlation = iban
        return {"paid": [iban]} if how == "result" else None

    for how, what in (("result", "The result"), ("event", "An event"), ("correlation", "The correlation")):
        with pytest.raises(Refused, match=what) as error:
            bo.run(leak, how, actor="ann")
        assert error.value.findings[0].code == "bo.secret_in_record"
        assert IBAN not in str(error.value)
    with pytest.raises(Refused, match="The reason"), bo.unit_of_work(actor="ann", reason=f"Enter {OTHER}") as uow:
        uow.add(Account(iban=OTHER))
    assert bo.run(leak, "", actor="ann") is None
    assert IBAN not in everything(bo)


def test_masks_go_where_values_would(bo: BackOffice, ada: dict[str, int]) -> None:
    def show(uow: Any) -> Any:
        account = uow.get(Account, ada["account"])
        return {"iban": account.iban, "account": account}

    found = bo.run(show, actor="ann")
    assert found["iban"] == MASK
    from bocore.values import plain_value

    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert plain_value(uow.get(Account, ada["account"]).iban) == MASK


def test_a_mask_is_no_argument(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        masked = uow.get(Account, ada["account"]).iban
    with pytest.raises(UsageError, match="masks look all the same"):
        bo.run(lambda uow, iban: None, [masked], actor="ann")


# ---------------------------------------------------------------- after a failure


def test_rows_of_a_unit_that_failed_can_be_added_again(bo: BackOffice) -> None:
    account = Account(iban=IBAN)
    with pytest.raises(RuntimeError), bo.unit_of_work(actor="ann") as uow:
        uow.add(account)
        uow.flush()
        raise RuntimeError
    assert str(account.iban) == MASK
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(RuntimeError), uow.savepoint():
            uow.add(account)
            uow.flush()
            raise RuntimeError
        uow.add(account)
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.unmask(uow.get(Account, account.id), "iban", reason="test") == IBAN
        assert uow.find(Account, iban=IBAN).id == account.id
        assert {row.name for row in stored_keys(uow._touch())} == {"tenant", "index"}


def test_in_a_transaction_of_a_host_it_is_the_same(bo: BackOffice) -> None:
    with pytest.raises(RuntimeError), bo.engine.begin() as connection:
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            uow.add(Account(iban=IBAN))
        raise RuntimeError
    with bo.engine.begin() as connection, bo.unit_of_work(actor="ann", connection=connection) as uow:
        account = uow.add(Account(iban=IBAN))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.find(Account, iban=IBAN).id == account.id
        assert uow.unmask(uow.get(Account, account.id), "iban", reason="test") == IBAN
        assert len(stored_keys(uow._touch())) == 2


def test_what_can_t_be_recorded_is_logged_and_the_first_error_stays(
    bo: BackOffice, ada: dict[str, int], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: Any, **named: Any) -> Any:
        raise OSError

    with pytest.raises(RuntimeError, match="first"), bo.unit_of_work(actor="eve") as uow:
        uow.unmask(uow.get(Account, ada["account"]), "iban", reason="Curious")
        monkeypatch.setattr(bo, "ready", broken)
        raise RuntimeError("first")
    assert "eve unmasked secret values" in caplog.text
    assert IBAN not in caplog.text


def test_a_change_that_is_taken_back_leaves_the_value(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        account = uow.get(Account, ada["account"])
        with pytest.raises(RuntimeError), uow.savepoint():
            account.iban = OTHER
            uow.flush()
            raise RuntimeError
        assert uow.unmask(account, "iban", reason="test") == IBAN
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.find(Account, iban=IBAN).id == ada["account"]
    assert verify(bo).ok


def test_a_conflict_shows_nothing(bo: BackOffice, again: Callable[..., BackOffice], ada: dict[str, int]) -> None:
    with again() as other, other.unit_of_work(actor="bob") as uow:
        uow.get(Account, ada["account"]).iban = OTHER
    with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(Conflict) as error:
        uow.get(Account, ada["account"], version=1)
    assert OTHER not in str(error.value)
    assert "iban" in str(error.value)


# ---------------------------------------------------------------- people


def test_what_is_personal_goes_with_the_persons_key(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        bea = uow.add(Party(name="Bea"))
        hers = uow.add(Account(party_id=bea.id, iban=OTHER))
        firm = uow.add(Account(iban="CH9300762011623852957"))
        names = {row.name for row in stored_keys(uow._touch())}
    assert verify(bo).ok
    with bo.unit_of_work(actor="ann", reason="Article 17") as uow:
        assert destroy_person_key(uow, ada["party"]) is True
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test") is None
        card = uow.get(Card, ada["card"])
        assert uow.unmask(card, "word", reason="test") is None
        assert uow.unmask(card, "number", reason="test") == "4000 1234 5678 9010"  # not personal: under the tenant's key
        assert uow.unmask_all([uow.get(Account, hers.id), uow.get(Account, firm.id)], "iban", reason="test") == {
            hers.id: OTHER,
            firm.id: "CH9300762011623852957",
        }
    assert verify(bo).ok
    assert {"tenant", "index", f"person {ada['party']}"} <= names | {f"person {ada['party']}"}
    assert [told["ids"] for _, told in events(bo, "bo.unmasked/1")] == [[ada["card"]], [hers.id, firm.id]]


def test_who_is_given_an_account_takes_its_secret_along(bo: BackOffice, ada: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        bea = uow.add(Party(name="Bea"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Account, ada["account"]).party_id = bea.id
    with bo.unit_of_work(actor="ann") as uow:
        destroy_person_key(uow, ada["party"])
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test") == IBAN
        destroy_person_key(uow, bea.id)
        assert uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test") is None
    assert verify(bo).ok


def test_the_index_of_what_is_personal_can_be_erased_and_the_books_still_verify(bo: BackOffice, ada: dict[str, int]) -> None:
    personal = {column.name: column.personal for column in spec_of(Account).columns}
    assert (personal["iban"], personal["iban_index"], spec_of(Account).salted) == (False, True, True)
    assert spec_of(Card).salted is False  # nothing of it is in the clear


# ---------------------------------------------------------------- behind its back


def test_a_value_that_is_moved_or_altered_does_not_open(bo: BackOffice, ada: dict[str, int], bo_path: Path) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        other = uow.add(Account(iban=OTHER))
    values = stored(bo, "vault_account", "iban")
    for wrong in (values[1], values[0][:-4] + "AAA=", "bo1:0000000000000007" + values[0][20:], "plain text"):
        with behind(bo_path) as forger:
            forger.execute("UPDATE vault_account SET iban = ? WHERE id = ?", (wrong, ada["account"]))
        with pytest.raises(KeyUnavailable) as error, bo.unit_of_work(actor="ann") as uow:
            uow.unmask(uow.get(Account, ada["account"]), "iban", reason="test")
        assert error.value.findings[0].code in ("bo.secret_unreadable", "bo.key_damaged")
        found = verify(bo)
        assert not found.ok
        assert "plain text" not in str(found.findings)
    assert other.id
