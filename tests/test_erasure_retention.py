"""What the law keeps of a person who is erased: out of sight, opened on the record, and destroyed when its day has passed."""

from __future__ import annotations

import io
import json
import types
from base64 import b64decode, b64encode
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests import clinic
from tests.clinic import Note, Patient, Visit
from tests.patients import ANN, arrivals, erase, everything

from bocore import (
    BackOffice,
    Company,
    Finding,
    KernelSettings,
    KeyUnavailable,
    Line,
    Money,
    Party,
    PartyAddress,
    Plugin,
    PluginError,
    Refused,
    Retained,
    Voucher,
    Worker,
    attach,
    erase_person,
    export_person,
    hookimpl,
    personal_data,
    retained_data,
    retained_rows,
    write_setting,
)
from bocore.record.verify import verify
from bocore.testing import FrozenClock, behind


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOCORE_KEY", "bocore-key-1:" + b64encode(bytes(range(32))).decode())


@pytest.fixture(scope="session")
def bo_key() -> None:
    """That of the environment."""


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    return [clinic.module()]


@pytest.fixture
def people(bo: BackOffice) -> tuple[int, int]:
    return arrivals(bo)


def opened(bo: BackOffice, party: int) -> dict[tuple[str, str], Any]:
    """(entity, field) → what is kept."""
    with bo.unit_of_work(actor="auditor", reason="Tax audit 2026") as uow:
        rows = retained_data(uow, uow.get(Party, party))
        return {(row.entity, name): value for row in rows for name, value in row.fields.items()}


def night(bo: BackOffice, clock: FrozenClock, day: str) -> None:
    """The worker runs, and sees the night of that day."""
    Worker(bo).run(burst=True)  # a schedule that was never seen begins now
    clock.set(f"{day}T03:00Z")
    Worker(bo).run(burst=True)
    assert bo.jobs.all(name="bo.destroy-retained")[0].state == "done"


def bill(bo: BackOffice, party: int) -> None:
    """A visit is billed: its records must be kept for ten years."""
    with bo.unit_of_work(actor="desk") as uow:
        [visit] = uow.select(Visit, patient_id=party)
        uow.move(visit, "bill")


def sale(bo: BackOffice, party: int, number: int = 1, company: str | None = None, on: date = date(2026, 1, 15)) -> None:
    """A claim of the books against a party."""
    amount = Money("50", "EUR")
    with bo.unit_of_work(actor="till", company=company) as uow:
        lines = [Line("receivable", amount, party=party, opens=f"sale:{number}"), Line("sales", -amount)]
        uow.post(Voucher(key=f"sale:{number}", kind="clinic.sale", posting_date=on, lines=lines))


def pay(bo: BackOffice, party: int, number: int = 1, company: str | None = None) -> None:
    amount = Money("50", "EUR")
    with bo.unit_of_work(actor="till", company=company) as uow:
        lines = [Line("cash", amount), Line("receivable", -amount, party=party, settles=f"sale:{number}")]
        uow.post(Voucher(key=f"paid:{number}", kind="clinic.payment", lines=lines))


# ---------------------------------------------------------------- a document of a plugin


def test_what_a_plugin_names_is_kept_out_of_sight_until_its_day(bo: BackOffice, clock: FrozenClock, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    result = erase(bo, people[0])
    assert ANN not in everything(bo)
    assert {(row.entity, row.until, row.code) for row in result.kept} == {
        ("clinic_visit", date(2036, 12, 31), "clinic.visits"),
        ("clinic_note", date(2036, 12, 31), "clinic.visits"),
    }
    assert len(result.kept) == 4  # the visit, and its three notes
    kept = opened(bo, people[0])
    assert kept["clinic_visit", "complaint"] == f"{ANN} aches"
    assert kept["clinic_note", "fee"] == {"amount": "-12.34", "currency": "EUR"}
    assert verify(bo).ok

    night(bo, clock, "2036-12-31")
    assert opened(bo, people[0]) == kept
    night(bo, clock, "2037-01-01")
    assert opened(bo, people[0]) == {}
    with behind(bo) as sql:
        assert sql.execute("SELECT count(*) FROM bo_retained").fetchone()[0] == 0
        assert sql.execute("SELECT count(*) FROM bo_key WHERE state = 'active' AND kind <> 'seal'").fetchone()[0] == 0
    assert verify(bo).ok


def test_daily_users_see_nothing_of_what_is_kept(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    erase(bo, people[0])
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        assert {note.text for note in uow.select(Note, visit_id=uow.select(Visit, patient_id=people[0]).one().id)} == {"[erased]"}
        assert ANN not in str(list(personal_data(uow, uow.get(Party, people[0]))))


def test_a_single_field_can_be_kept(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="desk") as uow:
        uow.get(Patient, people[0]).ward = "closed"
    erase(bo, people[0])
    assert opened(bo, people[0]) == {("clinic_patient", "born"): "1980-05-01"}


def test_opening_takes_a_reason_and_leaves_an_event(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    erase(bo, people[0])
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="auditor") as uow:
        retained_data(uow, uow.get(Party, people[0]))
    assert refused.value.findings[0].code == "bo.retained_reason"
    opened(bo, people[0])
    last = list(bo.feed("test"))[-1]
    assert (last.actor, last.reason, [event.name for event in last.events]) == ("auditor", "Tax audit 2026", ["bo.retained_opened/1"])
    assert last.events[0].values["party_id"] == people[0]


def test_the_events_of_an_erasure_name_nobody(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    erase(bo, people[0])
    last = list(bo.feed("test"))[-1]
    [event] = [event for event in last.events if event.name == "bo.person_erased/1"]
    assert (event.values["party_id"], event.values["kept"], event.values["until"]) == (people[0], 4, "2036-12-31")
    assert event.values["rows"]["bo_party_identifier"] == 2


def test_erased_twice_the_first_is_still_kept(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    erase(bo, people[0])
    kept = opened(bo, people[0])
    assert erase(bo, people[0], "Request 8").nothing
    assert opened(bo, people[0]) == kept


def test_what_is_written_later_of_a_kept_row_is_kept_beside(bo: BackOffice, people: tuple[int, int]) -> None:
    sale(bo, people[0])
    erase(bo, people[0])
    with bo.unit_of_work(actor="desk") as uow:
        uow.get(Party, people[0]).name = "Ann again"
    erase(bo, people[0], "Request 8")
    with bo.unit_of_work(actor="auditor", reason="Tax audit 2026") as uow:
        party = uow.get(Party, people[0])
        assert {row.fields["name"] for row in retained_data(uow, party) if row.entity == "bo_party"} == {ANN, "Ann again"}
        assert sorted(row.serial for row in retained_rows(uow, party) if row.entity == "bo_party") == [1, 2, 3, 4]


def test_nobody_makes_changes_or_deletes_what_is_kept(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    erase(bo, people[0])
    for attempt in (
        lambda uow: uow.remove(uow.select(Retained).first()),
        lambda uow: setattr(uow.select(Retained).first(), "until", date(2026, 1, 1)),
    ):
        with pytest.raises(Exception, match="erase_person"), bo.unit_of_work(actor="desk") as uow:
            attempt(uow)


def test_the_scan_of_a_kept_document_is_kept_with_it(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    with bo.unit_of_work(actor="desk") as uow:
        [visit] = uow.select(Visit, patient_id=people[0])
        attach(uow, visit, b"the X-ray of a knee" * 40_000, file_name="knee.txt", party=people[0])
    result = erase(bo, people[0])
    assert result.attachments == 2
    assert "the X-ray of a knee" not in everything(bo)
    with bo.unit_of_work(actor="auditor", reason="Tax audit 2026") as uow:
        rows = retained_data(uow, uow.get(Party, people[0]))
    parts = [b64decode(row.fields["data"]) for row in rows if row.entity == "bo_attachment_content"]
    assert b"".join(parts) == b"the X-ray of a knee" * 40_000
    assert len(parts) == 2
    assert [row.fields for row in rows if row.entity == "bo_attachment"] == [{"file_name": "knee.txt"}]
    assert verify(bo).ok


# ---------------------------------------------------------------- secret fields


def confide(bo: BackOffice, party: int) -> None:
    with bo.unit_of_work(actor="desk") as uow:
        uow.get(Patient, party).insurance = f"insured {party}"
        [visit] = uow.select(Visit, patient_id=party)
        uow.add(clinic.note(visit, "short", diagnosis=f"gout {party}"))


def test_of_secret_fields_the_key_goes_and_the_index(bo: BackOffice, people: tuple[int, int]) -> None:
    for party in people:
        confide(bo, party)
    result = erase(bo, people[0])
    assert (result.keys, verify(bo).ok) == (1, True)
    with bo.unit_of_work(actor="desk", reason="look") as uow:
        assert uow.find(Patient, insurance=f"insured {people[0]}") is None
        found = uow.find(Patient, insurance=f"insured {people[1]}")
        assert found is not None
        assert found.id == people[1]
        assert uow.unmask(found, "insurance", reason="look") == f"insured {people[1]}"
        assert uow.unmask(uow.get(Patient, people[0]), "insurance", reason="look") is None
    assert erase(bo, people[0], "Request 8").nothing


def test_secrets_that_must_be_kept_are_kept(bo: BackOffice, people: tuple[int, int]) -> None:
    confide(bo, people[0])
    bill(bo, people[0])
    with bo.unit_of_work(actor="dpo", read_only=True) as uow:
        would = erase_person(uow, uow.get(Party, people[0]), dry_run=True)
    result = erase(bo, people[0])
    assert (would.kept, would.keys) == (result.kept, 1)
    assert opened(bo, people[0])["clinic_note", "diagnosis"] == f"gout {people[0]}"
    assert verify(bo).ok


def test_a_secret_under_the_key_of_another_is_named(bo: BackOffice, people: tuple[int, int]) -> None:
    confide(bo, people[1])
    with bo.unit_of_work(actor="desk", reason="It was the other's visit") as uow:
        uow.select(Visit, patient_id=people[1]).one().patient_id = people[0]
    said = f"These secrets are under another key than the person's, and still open: clinic_note {notes(bo)[-1]}.diagnosis."
    assert erase(bo, people[0]).remaining == (f"{said} Empty them; in rows that never change they go with that key.",)
    assert erase(bo, people[1]).remaining == ()  # the key goes, and they with it
    assert erase(bo, people[0]).remaining == ()


def notes(bo: BackOffice) -> list[int]:
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        return sorted(note.id for note in uow.select(Note))


def test_secrets_are_handed_over_on_the_record(bo: BackOffice, people: tuple[int, int]) -> None:
    confide(bo, people[0])
    with bo.unit_of_work(actor="dpo", read_only=True) as uow:
        out = io.StringIO()
        export_person(uow, uow.get(Party, people[0]), out)
        assert "gout" not in out.getvalue()
        with pytest.raises(Refused) as refused:
            export_person(uow, uow.get(Party, people[0]), out, unmask=True)
    assert refused.value.findings[0].code == "bo.unmask_reason"
    with bo.unit_of_work(actor="dpo", reason="Request 9") as uow:
        export_person(uow, uow.get(Party, people[0]), out := io.StringIO(), unmask=True)
    rows = json.loads(out.getvalue())["rows"]
    assert [row["fields"]["diagnosis"] for row in rows if "diagnosis" in row["fields"]] == [f"gout {people[0]}"]
    last = list(bo.feed("test"))[-1]
    assert {(event.name, event.values["field"]) for event in last.events} == {
        ("bo.unmasked/1", "diagnosis"),
        ("bo.unmasked/1", "insurance"),
    }


# ---------------------------------------------------------------- what the core keeps


def test_open_items_keep_who_owes_until_they_are_settled(bo: BackOffice, clock: FrozenClock, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="root") as uow:
        write_setting(uow, KernelSettings, "books_kept", 0)
    sale(bo, people[0])
    result = erase(bo, people[0])
    assert {(row.entity, row.until, row.code) for row in result.kept} == {
        (entity, None, "bo.open_items") for entity in ("bo_party", "bo_party_identifier", "bo_party_address", "bo_bank_details")
    }
    assert opened(bo, people[0])["bo_party", "name"] == ANN
    night(bo, clock, "2027-01-16")
    assert opened(bo, people[0])["bo_party_address", "lines"] == f"1 {ANN} Street"
    pay(bo, people[0])
    night(bo, clock, "2027-01-18")
    assert opened(bo, people[0]) == {}
    assert verify(bo).ok


def test_the_books_keep_the_name_for_years_after_the_last_voucher(bo: BackOffice, clock: FrozenClock, people: tuple[int, int]) -> None:
    sale(bo, people[0])
    pay(bo, people[0])
    result = erase(bo, people[0])
    assert {(row.entity, row.until, row.code) for row in result.kept} == {
        ("bo_party", date(2036, 12, 31), "bo.vouchers"),
        ("bo_party_identifier", date(2036, 12, 31), "bo.vouchers"),
    }
    night(bo, clock, "2037-01-01")
    assert opened(bo, people[0]) == {}


def test_a_party_of_two_companies_is_kept_for_the_one_that_needs_it(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="root") as uow:
        uow.add(Company(code="TWO", name="Two Ltd", currency="EUR"))
    sale(bo, people[0], 1, "ACME", date(2020, 3, 1))
    sale(bo, people[0], 2, "TWO", date(2024, 3, 1))
    pay(bo, people[0], 1, "ACME")
    result = erase(bo, people[0])
    assert {row.until for row in result.kept} == {None, date(2036, 12, 31)}
    assert {row.why for row in result.kept if row.code == "bo.open_items"} == {"It is needed for 1 open item."}
    assert verify(bo).ok


# ---------------------------------------------------------------- what goes wrong


def test_without_a_key_nothing_is_erased(bo: BackOffice, people: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOCORE_KEY")
    bill(bo, people[0])
    before = everything(bo)
    with pytest.raises(KeyUnavailable, match="BOCORE_KEY_FILE"):
        erase(bo, people[0])
    assert everything(bo) == before
    assert erase(bo, people[1]).rows == 11  # nothing of him is kept


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("until 2030", "with str, and not with several findings"),
        (["until 2030"], "with str; "),
        ([Finding("zoo.law", "It is kept.", "somewhere", until=date(2030, 1, 1))], "zoo.law, which names no row"),
        ([Finding("zoo.law", "It is kept.", "PARTY")], "zoo.law, which has nothing for a day"),
        ([Finding("zoo.law", "It is kept.", "PARTY", until="2030-01-01")], "zoo.law, which has '2030-01-01' for a day"),
        ([Finding("zoo.law", "It is kept.", "PARTY", until=None, fields=["nam"])], "fields that Party has not: nam"),
    ],
)
def test_a_plugin_that_answers_something_else_stops_the_erasure(tmp_path: Path, answer: Any, said: str) -> None:
    @hookimpl
    def bo_retention(uow: Any, party: Party) -> Any:
        for finding in answer:
            if isinstance(finding, Finding) and finding.at == "PARTY":
                finding.at = party
        return answer

    module: Any = types.ModuleType("acme_zoo.plugin")
    module.plugin, module.bo_retention = Plugin(prefix="zoo"), bo_retention
    with BackOffice(tmp_path / "zoo.db", plugins=[module]).init(company="Zoo", currency="EUR") as zoo:
        with zoo.unit_of_work(actor="ann") as uow:
            party = uow.add(Party(name=ANN))
        with pytest.raises(PluginError, match=said) as refused:
            erase(zoo, party.id)
        assert "zoo answer" in str(refused.value)
        assert ANN in everything(zoo)


def test_what_is_kept_does_not_open_for_another_row(bo: BackOffice, people: tuple[int, int]) -> None:
    bill(bo, people[0])
    erase(bo, people[0])
    with behind(bo) as sql:
        sql.execute("UPDATE bo_retained SET row_id = row_id + 1000 WHERE entity = 'clinic_note'")
    with pytest.raises(KeyUnavailable):
        opened(bo, people[0])
    assert {finding.code for finding in verify(bo).findings} == {"bo.audit.altered"}


def test_a_late_address_of_an_erased_party_is_nobodys_but_its_own(bo: BackOffice, people: tuple[int, int]) -> None:
    sale(bo, people[0])
    erase(bo, people[0])
    with bo.unit_of_work(actor="desk") as uow:
        uow.add(PartyAddress(party_id=people[0], city="Elsewhere"))
    assert "Elsewhere" not in str(opened(bo, people[0]))
