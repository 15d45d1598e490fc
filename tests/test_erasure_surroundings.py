"""Erasure among others who write, as the restricted role of an application, before and after a move, and from the command line."""

from __future__ import annotations

import json
import threading
import uuid
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests import clinic
from tests.patients import ANN, BOB, arrivals, erase, everything

from bocore import BackOffice, Party, PartyAddress, StorageError, erase_person, retained_data, scrub
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo as program
from bocore.record.verify import verify
from bocore.testing import FrozenClock
from bocore.testing.engines import administering

KEY = "bocore-key-1:" + b64encode(bytes(range(32))).decode()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOCORE_KEY", KEY)


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    return [clinic.module()]


@pytest.fixture
def people(bo: BackOffice) -> tuple[int, int]:
    return arrivals(bo)


# ---------------------------------------------------------------- others write


def test_what_is_half_written_meanwhile_is_erased_too(bo: BackOffice, people: tuple[int, int]) -> None:
    """Somebody enters an address; the erasure waits for the end of that, and finds it."""
    asked, results = threading.Event(), []

    def work() -> None:
        with bo.unit_of_work(actor="dpo", reason="Request 7") as uow:
            asked.set()
            results.append(erase_person(uow, uow.get(Party, people[0])))

    dpo = threading.Thread(target=work)
    with bo.unit_of_work(actor="desk") as uow:
        uow.get(Party, people[0]).name = f"{ANN} the Second"
        uow.add(PartyAddress(party_id=people[0], city=f"{ANN} Springs"))
        uow.flush()
        dpo.start()
        assert asked.wait(30)
    dpo.join(60)
    [result] = results
    assert result.cleared["bo_party_address"] == 2
    assert ANN not in everything(bo)
    assert verify(bo).ok


def test_who_read_the_name_before_can_not_write_it_back(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        version = uow.get(Party, people[0]).version
    erase(bo, people[0])
    with pytest.raises(Exception, match="dpo changed personal data"), bo.unit_of_work(actor="desk") as uow:
        uow.get(Party, people[0], version=version).name = ANN


# ---------------------------------------------------------------- the role of an application


@pytest.fixture
def app(bo: BackOffice, clock: FrozenClock) -> Iterator[BackOffice]:
    """An application that logs in with the rights of daily work, and none to rewrite what is append-only."""
    role = f"bo_app_{uuid.uuid4().hex[:12]}"
    with administering() as server:
        server.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'".encode())
        bo.init(role=role)
        url = bo.engine.url.set(username=role, password="secret")
        with BackOffice(url, tenant=bo.database.schema, clock=clock, plugins=[clinic.module()], key=bo.keys.provider) as application:  # type: ignore[attr-defined]
            yield application
        server.execute(f"DROP OWNED BY {role}; DROP ROLE {role}".encode())


@pytest.mark.engine("postgresql")
def test_the_restricted_role_can_erase_and_nothing_more(bo: BackOffice, app: BackOffice, people: tuple[int, int]) -> None:
    with app.unit_of_work(actor="desk", reason=f"{ANN} called") as uow:
        uow.move(uow.select(clinic.Visit, patient_id=people[0]).one(), "bill")
    with app.unit_of_work(actor="dpo", reason="Request 7") as uow:
        result = erase_person(uow, uow.get(Party, people[0]), redact=[(3, "reason")])
    assert (len(result.kept), result.redacted) == (4, ((3, "reason"),))
    assert ANN not in everything(bo)
    assert verify(app).ok
    [left] = scrub(app, result.tables)
    assert left.startswith("VACUUM (FULL, ANALYZE) has still to be run by the owner of the tables")
    assert scrub(bo, result.tables) == []
    session = app._connect()
    try:
        session.begin(write=True)
        with pytest.raises(StorageError, match="permission denied"):
            session.execute("UPDATE clinic_note SET visit_id = 1")
    finally:
        session.close()


# ---------------------------------------------------------------- moving


def test_an_erased_tenant_moves_and_verifies_and_what_is_kept_opens_there(
    bo: BackOffice, people: tuple[int, int], tmp_path: Path, clock: FrozenClock
) -> None:
    with bo.unit_of_work(actor="desk") as uow:
        uow.move(uow.select(clinic.Visit, patient_id=people[0]).one(), "bill")
    erase(bo, people[0])
    bo.export_tenant(tmp_path / "firm.bo")
    with BackOffice(tmp_path / "there.db", plugins=[clinic.module()], clock=clock, key=bo.keys.provider) as there:
        there.import_tenant(tmp_path / "firm.bo")
        assert verify(there).ok
        assert ANN not in everything(there)
        with there.unit_of_work(actor="auditor", reason="Tax audit 2026") as uow:
            assert len(retained_data(uow, uow.get(Party, people[0]))) == 4
        erase(there, people[1])
        assert BOB not in everything(there)
        assert verify(there).ok


# ---------------------------------------------------------------- the command line


@pytest.fixture
def ask(bo_path: Path, clock: FrozenClock) -> Any:
    def asked(*words: str, code: int = 0, **more: Any) -> Any:
        told = Invocation(plugins=[clinic.module()], clock=clock)
        result = CliRunner().invoke(program, ["--db", str(bo_path), "--as", "dpo", "person", *words], obj=told, **more)
        assert result.exit_code == code, result.output
        return result

    return asked


def test_the_commands_show_hand_over_erase_and_open(ask: Any, bo: BackOffice, people: tuple[int, int], tmp_path: Path) -> None:
    with bo.unit_of_work(actor="desk") as uow:
        uow.move(uow.select(clinic.Visit, patient_id=people[0]).one(), "bill")
    rows = json.loads(ask("show", "P1", "--format", "json").stdout)
    assert {"entity": "bo_party", "row": people[0], "field": "name", "value": ANN} in rows
    ask("export", "P1", "-o", str(tmp_path / "ann.json"))
    assert ANN in (tmp_path / "ann.json").read_text(encoding="utf-8")
    would = ask("erase", "P1", "--dry-run")
    assert "would be erased" in would.stdout
    assert "2036-12-31" in would.stdout
    ask("erase", "P1", "--reason", "Request 7", input="n\n", code=130)
    assert ANN in everything(bo)
    receipt = json.loads(ask("erase", "P1", "--reason", "Request 7", "--yes", "--format", "json").stdout)
    assert (receipt["party_id"], receipt["dry_run"], len(receipt["kept"])) == (people[0], False, 4)
    assert ANN not in everything(bo)
    again = ask("erase", "P1", "--reason", "Request 7", "--yes")
    assert f"There is nothing to erase of party {people[0]}." in again.stderr
    assert [row["party"] for row in json.loads(ask("retained", "--format", "json").stdout)] == [people[0]] * 4
    assert "What is kept is opened for a reason only." in ask("retained", "P1", code=1).stderr
    kept = ask("retained", "P1", "--reason", "Tax audit 2026")
    assert f"{ANN} aches" in kept.stdout
    ask("scrub")
    assert verify(bo).ok


@pytest.mark.parametrize("said", ["x", "17 18", "-1", ":reason"])
def test_a_record_to_redact_is_a_number_and_a_section(ask: Any, people: tuple[int, int], said: str) -> None:
    assert "RECORD:SECTION" in ask("erase", "P1", "--reason", "Request 7", "--yes", "--redact", said, code=2).stderr


def test_somebody_who_is_not_there_is_said_so(ask: Any, bo: BackOffice) -> None:
    for words in (["show"], ["export"], ["erase", "--reason", "Request 7", "--yes"], ["retained", "--reason", "Audit"]):
        assert "There is no Party 'nobody'" in ask(words[0], "nobody", *words[1:], code=1).stderr
