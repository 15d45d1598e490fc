"""Two people of the clinic of whom everything is known, for tests of erasure."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests import clinic
from tests.clinic import Patient, Visit

from bocore import BackOffice, Money, Party, PartyAddress, PartyIdentifier, PartyKind, add_bank_account, attach
from bocore.erasure.erasing import erase_person
from bocore.testing import behind

ANN, BOB = "Annabel Wetherby", "Bobiana Nakamura"


def everything(bo: BackOffice) -> str:
    """Every value of every table, as text."""
    found = []
    with behind(bo) as sql:
        for table in sorted(bo.metadata.tables):
            for row in sql.execute(f'SELECT * FROM "{table}"').fetchall():
                values = [bytes(v).decode("latin-1") if isinstance(v, (bytes, memoryview)) else str(v) for v in row]
                found.append(f"{table}: {' | '.join(values)}")
    return "\n".join(found)


def stay(uow: Any, name: str, n: int) -> Party:
    """A person of whom everything is known."""
    party = uow.add(Party(name=name, code=f"P{n}", kind=PartyKind.PERSON))
    uow.add(Patient(born=date(1980, 5, n), blood="AB", card=f"card-{name}", ward="east"), extends=party)
    uow.add(PartyIdentifier(party_id=party.id, scheme="club", value=f"member {name}"))
    uow.add(PartyIdentifier(party_id=party.id, scheme="club", value=f"second {name}"))
    uow.add(PartyAddress(party_id=party.id, lines=f"{n} {name} Street", city=f"City of {name}", country="AT"))
    account = add_bank_account(uow, party, currency="EUR", number=f"no {name}", bank_code="1", country="AT")
    uow.flush()
    attach(uow, party, f"scan of {name}".encode() * 3, file_name=f"{name}.txt", note=f"for {name}")
    visit = uow.add(Visit(patient_id=party.id, complaint=f"{name} aches", price=Money("90", "EUR")))
    uow.flush()
    uow.add_all([clinic.note(visit, f"{name} says {i}") for i in range(3)])
    assert account.id
    return party


def arrivals(bo: BackOffice) -> tuple[int, int]:
    """Ann and Bob come."""
    with bo.unit_of_work(actor="desk", reason="Arrivals") as uow:
        return stay(uow, ANN, 1).id, stay(uow, BOB, 2).id


def erase(bo: BackOffice, party: int, reason: str = "Request 7", **more: Any) -> Any:
    with bo.unit_of_work(actor="dpo", reason=reason) as uow:
        return erase_person(uow, uow.get(Party, party), **more)
