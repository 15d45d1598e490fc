"""Whatever is known of people: whom one erases is nowhere in the database any more, and of the others nothing has changed."""

from __future__ import annotations

import itertools
from base64 import b64encode
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import clinic
from tests.clinic import Patient, Visit
from tests.patients import everything

from bocore import BackOffice, Money, Party, PartyAddress, PartyIdentifier, add_bank_account, attach, erase_person, personal_data
from bocore.record.verify import verify
from bocore.testing import behind

PEOPLE = 3
_NUMBER = itertools.count(1)
who = st.integers(0, PEOPLE - 1)
things = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["identifier", "address", "account", "file", "secret", "rename"]), who, who),
        st.tuples(st.sampled_from(["visit", "billed", "note"]), who, who),
    ),
    max_size=14,
)


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    return [clinic.module()]


class World:
    """Some people, and a word of each that is in every text of theirs and in nobody else's."""

    def __init__(self, bo: BackOffice) -> None:
        self.bo = bo
        self.words = [f"zq{next(_NUMBER)}qz" for _ in range(PEOPLE)]
        with bo.unit_of_work(actor="desk") as uow:
            self.people = [uow.add(Party(name=f"Name {word}")).id for word in self.words]
            for ident, word in zip(self.people, self.words, strict=True):
                patient = Patient(born=date(1970, 1, 2), card=f"card {word}", insurance=f"insured {word}", blood=word)
                uow.add(patient, extends=uow.get(Party, ident))

    def happens(self, what: str, one: int, other: int) -> None:
        party, word = self.people[one], f"{what} {self.words[one]} {next(_NUMBER)}"
        with self.bo.unit_of_work(actor="desk") as uow:
            if what == "identifier":
                uow.add(PartyIdentifier(party_id=party, scheme="club", value=word))
            elif what == "address":
                uow.add(PartyAddress(party_id=party, lines=word, city=word))
            elif what == "account":
                add_bank_account(uow, uow.get(Party, party), currency="EUR", holder=word, number=word, bank_code="1", country="AT")
            elif what == "file":
                attach(uow, uow.get(Party, party), word.encode(), file_name=word, note=word)
            elif what == "secret":
                uow.get(Patient, party).insurance = word
            elif what == "rename":
                uow.get(Party, party).name = word
            else:
                visit = uow.add(Visit(patient_id=party, doctor_id=self.people[other], complaint=word, price=Money("1", "EUR")))
                visit.opinion = f"opinion of {self.words[other]}"
                uow.flush()
                if what == "note":
                    uow.add_all([clinic.note(visit, word, diagnosis=word, relative_id=self.people[other])])
                if what == "billed":
                    uow.move(visit, "bill")

    def known(self, one: int) -> list[Any]:
        with self.bo.unit_of_work(actor="dpo", read_only=True) as uow:
            return list(personal_data(uow, uow.get(Party, self.people[one])))

    def erase(self, one: int) -> Any:
        with self.bo.unit_of_work(actor="dpo", reason="A request") as uow:
            return erase_person(uow, uow.get(Party, self.people[one]))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things, st.lists(who, min_size=1, max_size=2, unique=True), things)
def test_whom_one_erases_is_nowhere_and_the_others_are_as_they_were(
    bo: BackOffice, monkeypatch: pytest.MonkeyPatch, before: list[Any], gone: list[int], after: list[Any]
) -> None:
    monkeypatch.setenv("BOCORE_KEY", "bocore-key-1:" + b64encode(bytes(range(32))).decode())
    world = World(bo)
    for thing in before:
        world.happens(*thing)
    for one in gone:
        others = {other: world.known(other) for other in range(PEOPLE) if other != one}
        world.erase(one)
        assert {other: world.known(other) for other in others} == others
        assert world.words[one] not in everything(bo)
        assert world.erase(one).nothing
    for what, one, other in after:
        if one not in gone and other not in gone:
            world.happens(what, one, other)
    assert not any(world.words[one] in everything(bo) for one in gone)
    found = verify(bo)
    assert found.ok, found.findings
    with behind(bo) as sql:
        stored = sql.execute("SELECT count(*) FROM bo_party WHERE name = '[erased]' AND _salt IS NOT NULL").fetchone()[0]
    assert stored == 0
