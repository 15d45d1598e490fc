"""A plugin with personal data of every kind, on paths of several references, for tests of erasure."""

from __future__ import annotations

import types
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

from bocore.amounts import Money, UnitPrice
from bocore.entities import Entity, entity, exact, field, money, number, parent, ref, states
from bocore.errors import Finding
from bocore.kernel.party import Party
from bocore.plugins import Plugin, hookimpl
from bocore.plugins.hooks import concerns


class Mood(Enum):
    UNKNOWN = "unknown"
    AFRAID = "afraid"


@entity("clinic_patient", extends=Party)
class Patient(Entity):
    """What a clinic knows of a person."""

    born: date = field(personal="id")
    blood: str | None = field(default=None, personal="id")
    card: str = field(max_length=30, unique=True, not_blank=True, personal="id")
    insurance: str = field(default="", secret=True, searchable=True, personal="id")
    ward: str = field(default="", doc="of no person")


@entity("clinic_visit", frozen_in={"billed"})
class Visit(Entity):
    """A patient came."""

    patient_id: int = ref(Party)
    doctor_id: int | None = ref(Party, default=None)
    complaint: str = field(default="", personal="patient_id")
    opinion: str = field(default="", personal="doctor_id")
    price: Money = money(gt=0)
    state: str = states({("open", "bill"): "billed"}, default="open")


@entity("clinic_note", append_only=True)
class Note(Entity):
    """What was written down of a visit, for good: every kind of field."""

    visit_id: int = parent(Visit)
    text: str = field(not_blank=True, personal="visit_id.patient_id")
    on: date = field(personal="visit_id.patient_id")
    at: datetime = field(personal="visit_id.patient_id")
    hour: time = field(personal="visit_id.patient_id")
    tag: uuid.UUID = field(personal="visit_id.patient_id")
    picture: bytes = field(personal="visit_id.patient_id")
    values: dict[str, Any] = field(personal="visit_id.patient_id")
    mood: Mood = field(default=Mood.UNKNOWN, personal="visit_id.patient_id")
    weight: Decimal = exact(places=2, gt=0, personal="visit_id.patient_id")
    factor: Decimal = number(personal="visit_id.patient_id")
    age: int = field(ge=18, personal="visit_id.patient_id")
    fee: Money = money(lt=0, personal="visit_id.patient_id")
    tariff: UnitPrice | None = money(default=None, personal="visit_id.patient_id")
    diagnosis: str = field(default="", secret=True, personal="visit_id.patient_id")
    told: bool = field(default=False, personal="visit_id.patient_id")
    relative_id: int | None = ref(Party, default=None, personal="visit_id.patient_id")


def note(visit: Visit, text: str, **more: Any) -> Note:
    values: dict[str, Any] = {
        "on": date(1980, 5, 17), "at": datetime(2026, 1, 3, 4, 5, 6, tzinfo=UTC), "hour": time(4, 5), "tag": uuid.UUID(int=77),
        "picture": text.encode(), "values": {"said": text}, "mood": Mood.AFRAID, "weight": Decimal("81.25"), "factor": Decimal("1.5"),
        "age": 45, "fee": Money("-12.34", "EUR"), "tariff": UnitPrice("0.125", "EUR"), "told": True,
    }  # fmt: skip
    return Note(visit_id=visit.id, text=text, **{**values, **more})


@hookimpl
def bo_retention(uow: Any, party: Party) -> Iterator[Finding]:
    """Billed visits are kept for ten years, with their notes; of the patient the day of birth."""
    for visit in uow.select(Visit, patient_id=party.id, state="billed"):
        yield Finding("clinic.visits", "Medical records of billed visits.", visit, until=date(2036, 12, 31))
    patient = uow.extension(party, Patient)
    if patient is not None and patient.ward == "closed":
        yield Finding("clinic.ward", "Needed by the health office.", patient, until=date(2030, 6, 30), fields=["born"])


@hookimpl
@concerns(Visit)
def bo_validate(uow: Any, changes: Any) -> Iterator[Finding]:
    """A rule that a cleared row would not fulfil."""
    for visit in [*changes.added(Visit), *(change.entity for change in changes.updated(Visit))]:
        if not visit.complaint:
            yield Finding("clinic.complaint", "Say what the patient complains of.", visit, "complaint")


plugin = Plugin(prefix="clinic", entities=[Patient, Visit, Note])


def module() -> Any:
    made: Any = types.ModuleType("acme_clinic.plugin")
    made.plugin = plugin
    made.bo_retention = bo_retention
    made.bo_validate = bo_validate
    return made
