"""Forgetting a person: nothing of theirs is left, everything of everybody else is, and the books verify."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import clinic
from tests.clinic import Note, Patient, Visit
from tests.patients import ANN, BOB, arrivals, erase, everything

from bocore import (
    BackOffice,
    DeclarationError,
    Entity,
    Grant,
    Money,
    NotAllowed,
    Party,
    PartyAddress,
    PartyIdentifier,
    Plugin,
    PluginError,
    Refused,
    Role,
    RolePermission,
    User,
    entity,
    field,
    hookimpl,
    ref,
)
from bocore.entities.clearing import _mark_of
from bocore.erasure.erasing import erase_person
from bocore.erasure.keeping import retained_data
from bocore.erasure.scrubbing import scrub
from bocore.erasure.showing import export_person, personal_data, retained_rows
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.conforming import CHECKS, Subject


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    return [clinic.module()]


@pytest.fixture
def people(bo: BackOffice) -> tuple[int, int]:
    return arrivals(bo)


def test_nothing_is_left_of_who_is_erased_and_all_of_the_others(bo: BackOffice, people: tuple[int, int]) -> None:
    before = everything(bo)
    assert before.count(ANN) > 10
    others = [line for line in before.splitlines() if BOB in line]

    result = erase(bo, people[0])

    after = everything(bo)
    assert ANN not in after
    assert ANN.lower() not in after.lower()
    assert [line for line in after.splitlines() if BOB in line] == others
    assert result.cleared == {
        "bo_attachment": 1, "bo_bank_details": 1, "bo_party": 1, "bo_party_address": 1, "bo_party_identifier": 2,
        "clinic_note": 3, "clinic_patient": 1, "clinic_visit": 1,
    }  # fmt: skip
    assert (result.attachments, result.kept, result.remaining) == (1, (), ())
    found = verify(bo)
    assert found.ok, found.findings


def test_cleared_rows_are_valid_and_can_go_on_changing(bo: BackOffice, people: tuple[int, int]) -> None:
    erase(bo, people[0])
    with bo.unit_of_work(actor="desk") as uow:
        party = uow.get(Party, people[0])
        assert (party.name, party.active, party.code) == ("[erased]", False, "P1")
        patient = uow.extension(party, Patient)
        assert patient is not None
        assert (patient.born, patient.blood, patient.card) == (date(1900, 1, 1), None, f"[erased {party.id}]")
        assert [one.value for one in uow.children(party, PartyIdentifier)] == [
            f"[erased {one.id}]" for one in uow.children(party, PartyIdentifier)
        ]
        [visit] = uow.select(Visit, patient_id=party.id)
        notes = uow.children(visit, Note)
        assert {one.text for one in notes} == {"[erased]"}
        one = notes[0]
        assert (one.picture, one.values, one.mood, one.weight, one.factor) == (b"", {}, clinic.Mood.UNKNOWN, Decimal("0.01"), 0)
        assert (one.age, one.fee, one.tariff, one.told) == (18, Money("-0.01", "EUR"), None, False)
        patient.ward = "west"
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        assert uow.get(Patient, people[0]).ward == "west"
    assert verify(bo).ok


def test_erased_again_there_is_nothing_to_do_and_nothing_is_recorded(bo: BackOffice, people: tuple[int, int]) -> None:
    erase(bo, people[0])
    before = everything(bo)
    again = erase(bo, people[0])
    assert (again.nothing, again.rows, again.cleared) == (True, 0, {})
    assert everything(bo) == before


def test_what_is_entered_later_is_erased_later(bo: BackOffice, people: tuple[int, int]) -> None:
    erase(bo, people[0])
    with bo.unit_of_work(actor="desk") as uow:
        uow.add(PartyAddress(party_id=people[0], city="New Town"))
    assert erase(bo, people[0], "Request 8").cleared == {"bo_party_address": 1}
    assert "New Town" not in everything(bo)
    assert verify(bo).ok


def test_an_erasure_that_is_interrupted_leaves_everything_as_it_was(bo: BackOffice, people: tuple[int, int]) -> None:
    before = everything(bo)
    with pytest.raises(KeyboardInterrupt), bo.unit_of_work(actor="dpo", reason="Request 7") as uow:
        erase_person(uow, uow.get(Party, people[0]))
        uow.flush()
        raise KeyboardInterrupt
    assert everything(bo) == before
    assert verify(bo).ok


def test_of_a_row_of_two_people_only_one_is_forgotten(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="desk") as uow:
        uow.add(Visit(patient_id=people[0], doctor_id=people[1], complaint="cough", opinion="a cold", price=Money("9", "EUR")))
    assert erase(bo, people[1], "Request 7").cleared["clinic_visit"] == 2
    with bo.unit_of_work(actor="desk", read_only=True) as uow:
        assert [(one.complaint, one.opinion) for one in uow.select(Visit, doctor_id=people[1])] == [("cough", "")]
    assert verify(bo).ok
    erase(bo, people[0])
    assert "cough" not in everything(bo)
    assert verify(bo).ok


def test_a_frozen_document_is_cleared_too(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="desk", reason="Nobody keeps the books of a clinic") as uow:
        [visit] = uow.select(Visit, patient_id=people[1])
        uow.move(visit, "bill")
    with behind(bo) as sql:  # the hook keeps billed visits; here nobody does
        assert sql.execute("SELECT count(*) FROM clinic_visit WHERE state = 'billed'").fetchone()[0] == 1
    assert erase(bo, people[0]).kept == ()
    assert verify(bo).ok


def test_a_dry_run_says_what_would_be_and_does_nothing(bo: BackOffice, people: tuple[int, int]) -> None:
    before = everything(bo)
    with bo.unit_of_work(actor="dpo", read_only=True) as uow:
        would = erase_person(uow, uow.get(Party, people[0]), dry_run=True)
    assert everything(bo) == before
    assert (would.dry_run, would.attachments) == (True, 1)
    assert would.cleared == erase(bo, people[0]).cleared


def test_what_a_detached_plugin_knows_is_not_known(bo: BackOffice, people: tuple[int, int]) -> None:
    with behind(bo) as sql:
        sql.execute("INSERT INTO bo_plugin (prefix, distribution, version, state) VALUES ('zoo', 'acme-zoo', '1.0', 'detached')")
    [said] = erase(bo, people[0]).remaining
    assert said.startswith("The plugin zoo is detached")


# ---------------------------------------------------------------- access


def test_a_person_gets_all_that_is_known(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="dpo", read_only=True) as uow:
        party = uow.get(Party, people[0])
        rows = list(personal_data(uow, party))
        out = io.StringIO()
        assert export_person(uow, party, out) == len(rows)
    whole = json.loads(out.getvalue())
    assert (whole["file"], whole["party"], whole["kept"]) == ("bocore-person/1", {"id": people[0], "code": "P1"}, [])
    assert [row["entity"] for row in whole["rows"]] == [row.entity for row in rows]
    assert {"entity": "bo_party", "id": people[0], "fields": {"name": ANN}}.items() <= whole["rows"][0].items()
    note = next(row for row in whole["rows"] if row["entity"] == "clinic_note")
    assert note["fields"]["fee"] == {"amount": "-12.34", "currency": "EUR"}
    assert note["about"].startswith("What was written down")
    assert BOB not in out.getvalue()


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("reason", [None, " ", f"Forget {ANN.upper()}"])
def test_a_reason_is_needed_that_names_nobody(bo: BackOffice, people: tuple[int, int], reason: str | None) -> None:
    with pytest.raises(Refused) as refused:
        erase(bo, people[0], reason)  # type: ignore[arg-type]
    assert refused.value.findings[0].code == "bo.erasure_reason"
    assert ANN not in str(refused.value)


def test_a_party_that_is_an_active_user_is_disabled_first(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="root") as uow:
        uow.add(User(name="root", owner=True))
        ann = uow.add(User(name="ann", party_id=people[0]))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="root", reason="Request 7") as uow:
        erase_person(uow, uow.get(Party, people[0]))
    assert refused.value.findings[0].code == "bo.active_user"
    with behind(bo) as sql:
        sql.execute("INSERT INTO bo_credential (user_id, password) VALUES (?, 'of ann')", (ann.id,))
    with bo.unit_of_work(actor="root") as uow:
        uow.move(uow.get(User, ann.id), "disable")
    with bo.unit_of_work(actor="root", reason="Request 7") as uow:
        result = erase_person(uow, uow.get(Party, people[0]))
    assert result.remaining == ("The records of what the user ann did go on naming that user.",)
    assert result.cleared["bo_credential"] == 1
    assert ANN not in everything(bo)
    assert "of ann" not in everything(bo)


# ---------------------------------------------------------------- text on the record


def test_texts_on_the_record_are_found_and_taken_out(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="desk", reason=f"{ANN} called", correlation=f"call:{ANN}") as uow:
        uow.get(Party, people[0]).language = "en"
    at = 3  # as bo audit log shows it, though nobody has read the feed
    with bo.unit_of_work(actor="dpo", read_only=True) as uow:
        said = erase_person(uow, uow.get(Party, people[0]), dry_run=True).remaining
    assert said == (
        f"Record {at} has a text of the person's in its reason: --redact {at}:reason.",
        f"Record {at} has a text of the person's in its request: --redact {at}:request.",
    )
    result = erase(bo, people[0], redact=[(at, "reason"), (at, "request")])
    assert result.redacted == ((at, "reason"), (at, "request"))
    assert result.remaining == ()
    assert ANN not in everything(bo)
    found = verify(bo)
    assert (found.ok, found.redacted) == (True, 1)
    assert erase(bo, people[0], redact=[(at, "reason")]).nothing


@pytest.mark.parametrize(("position", "section", "said"), [(999, "reason", "no record 999"), (0, "name", "no section 'name'")])
def test_what_can_not_be_redacted_is_refused_and_nothing_done(
    bo: BackOffice, people: tuple[int, int], position: int, section: str, said: str
) -> None:
    before = everything(bo)
    with pytest.raises(Refused, match=said):
        erase(bo, people[0], redact=[(position, section)])
    assert everything(bo) == before


def test_who_erased_whom_can_not_be_taken_off_the_record(bo: BackOffice, people: tuple[int, int]) -> None:
    erase(bo, people[0], "Request of the other Annabel")
    at = max(commit.position for commit in bo.feed("test"))
    for section in ("actor", "events"):
        with pytest.raises(Refused, match="that stays"):
            erase(bo, people[1], redact=[(at, section)])
    assert erase(bo, people[1], redact=[(at, "reason")]).redacted == ((at, "reason"),)
    assert "the other Annabel" not in everything(bo)
    assert verify(bo).ok


def test_the_actor_of_a_record_can_be_taken_out(bo: BackOffice, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="annabel.w", reason="Her own change") as uow:
        uow.get(Party, people[0]).language = "en"
    assert "annabel.w" in everything(bo)
    erase(bo, people[0], redact=[(3, "actor")])
    assert "annabel.w" not in everything(bo)
    assert verify(bo).ok


# ---------------------------------------------------------------- out of the file, too


@pytest.mark.engine("sqlite")
def test_the_bytes_are_gone_from_the_file(bo: BackOffice, bo_path: Path, people: tuple[int, int]) -> None:
    def files() -> bytes:
        return b"".join(file.read_bytes() for file in bo_path.parent.glob(f"{bo_path.name}*"))

    assert ANN.encode() in files()
    result = erase(bo, people[0])
    assert scrub(bo, result.tables) == []
    assert ANN.encode() not in files()
    assert BOB.encode() in files()
    assert verify(bo).ok


@pytest.mark.engine("sqlite")
def test_somebody_who_reads_keeps_old_bytes_and_it_is_said(bo: BackOffice, bo_path: Path, people: tuple[int, int]) -> None:
    with bo.unit_of_work(actor="slow", read_only=True) as uow:
        assert uow.get(Party, people[0]).name == ANN
        result = erase(bo, people[0])
        assert scrub(bo, result.tables) == ["Somebody is reading, so the write-ahead log keeps old pages: run bo person scrub again."]
    assert scrub(bo) == []
    assert ANN.encode() not in b"".join(file.read_bytes() for file in bo_path.parent.glob(f"{bo_path.name}*"))


@pytest.mark.engine("postgresql")
def test_an_older_transaction_keeps_old_rows_and_it_is_said(
    bo: BackOffice, people: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bocore.erasure.scrubbing.PATIENCE", 1)
    with behind(bo) as other:
        other.execute("SELECT pg_current_xact_id()")
        result = erase(bo, people[0])
        assert "Somebody's transaction is older than the erasure" in scrub(bo, result.tables)[0]


@pytest.mark.engine("postgresql")
def test_the_bytes_are_gone_from_the_tables_and_their_statistics(bo: BackOffice, people: tuple[int, int]) -> None:
    def pages(sql: Any) -> bytes:
        sql.execute("CHECKPOINT")
        schema = sql.execute("SELECT current_schema()").fetchone()[0]
        files = sql.execute(
            "SELECT pg_read_binary_file(pg_relation_filepath(c.oid)) FROM pg_class c WHERE c.relnamespace = to_regnamespace(?) "
            "AND c.relkind IN ('r', 'i') AND pg_relation_size(c.oid) > 0",
            (schema,),
        ).fetchall()
        stats = sql.execute("SELECT coalesce(string_agg(s::text, ' '), '') FROM pg_stats s WHERE schemaname = ?", (schema,)).fetchone()
        return b"".join(bytes(row[0]) for row in files) + str(stats[0]).encode()

    with behind(bo) as sql:
        sql.execute("ANALYZE bo_party")
        sql.commit()
        assert ANN.encode() in pages(sql)
    result = erase(bo, people[0])
    assert scrub(bo, result.tables) == []
    with behind(bo) as sql:
        found = pages(sql)
    assert ANN.encode() not in found
    assert BOB.encode() in found
    assert verify(bo).ok


# ---------------------------------------------------------------- who may


@pytest.fixture
def officer(bo: BackOffice, people: tuple[int, int]) -> str:
    """Who may erase people, and nothing else: neither read nor write."""
    with bo.unit_of_work(actor="root") as uow:
        uow.add(User(name="root", owner=True))
        role = uow.add(Role(code="privacy"))
        uow.add(RolePermission(role_id=role.id, permission="bo.erase"))
        uow.add(Grant(user_id=uow.add(User(name="dpo")).id, role="privacy"))
        uow.add(User(name="clerk"))
    return "dpo"


def test_it_takes_one_permission_and_no_other(bo: BackOffice, people: tuple[int, int], officer: str) -> None:
    with bo.unit_of_work(actor="root", read_only=True) as uow:
        party = uow.get(Party, people[0])
    with bo.unit_of_work(actor=officer, read_only=True) as uow:
        assert {row.entity for row in personal_data(uow, party)} >= {"bo_party", "clinic_note"}
    with bo.unit_of_work(actor=officer, reason="Request 7") as uow:
        assert erase_person(uow, party).rows == 11
    assert ANN not in everything(bo)
    assert verify(bo).ok


def test_without_the_permission_nothing_is_shown_or_done(bo: BackOffice, people: tuple[int, int], officer: str) -> None:
    before = everything(bo)
    with bo.unit_of_work(actor="root", read_only=True) as uow:
        party = uow.get(Party, people[0])
    tried: list[Any] = [
        lambda uow: erase_person(uow, party),
        lambda uow: erase_person(uow, party, dry_run=True),
        lambda uow: list(personal_data(uow, party)),
        lambda uow: export_person(uow, party, io.StringIO()),
        lambda uow: retained_data(uow, party),
        lambda uow: retained_rows(uow),
    ]
    for attempt in tried:
        with pytest.raises(NotAllowed), bo.unit_of_work(actor="clerk", reason="Curious") as uow:
            attempt(uow)
    assert everything(bo) == before


@pytest.mark.parametrize("check", ["personal_data_can_be_erased", "personal_data_has_its_person", "rows_come_back_as_they_were"])
def test_the_plugin_of_these_tests_keeps_the_rules(check: str, tmp_path: Path) -> None:
    CHECKS[check](Subject(clinic.module(), (), {}), tmp_path)


def test_conformance_finds_a_retention_that_nobody_understands(tmp_path: Path) -> None:
    module = clinic.module()
    module.bo_retention = hookimpl(lambda uow, party: ["for ever"])
    with pytest.raises(PluginError, match="clinic answer it"):
        CHECKS["personal_data_can_be_erased"](Subject(module, (), {}), tmp_path)


# ---------------------------------------------------------------- declarations


class Sex(Enum):
    FEMALE = "f"
    MALE = "m"


@entity("bad_person")
class BadPerson(Entity):
    """What can't be emptied."""

    party_id: int = ref(Party)
    sex: Sex = field(personal="party_id")
    chip: int = field(unique=True, personal="party_id")
    short: str = field(unique=True, max_length=7, personal="party_id")
    relative_id: int = ref(Party, personal="party_id")
    size: int = field(gt=3, lt=4, personal="party_id")


def test_a_field_that_could_never_be_erased_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError) as refused:
        BackOffice(tmp_path / "bad.db", plugins=[Plugin(prefix="bad", entities=[BadPerson])])
    assert {str(finding.at): finding.message.partition("this one ")[2] for finding in refused.value.findings} == {
        "BadPerson.sex": "is one of Sex.FEMALE, Sex.MALE, each of which would say something of the person.",
        "BadPerson.chip": "is unique, and no two rows could be emptied.",
        "BadPerson.short": "is unique, and has no room for a mark of 8 characters.",
        "BadPerson.relative_id": "refers to a row, and can't be emptied.",
        "BadPerson.size": "has limits between which there is no number.",
    }
    assert {finding.fix for finding in refused.value.findings} == {"Declare it … | None: what is None tells nothing."}


@given(st.integers(1, 36**7 - 1), st.integers(1, 36**7 - 1), st.integers(8, 40))
def test_marks_are_of_one_row_alone_and_fit(one: int, other: int, longest: int) -> None:
    marks = [_mark_of(ident, longest) for ident in (one, other)]
    assert max(map(len, marks)) <= longest
    assert (marks[0] == marks[1]) == (one == other)
