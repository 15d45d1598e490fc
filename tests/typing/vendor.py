"""A vendor's module with a field of every kind: mypy --strict must understand it without a single ignore."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, assert_type
from uuid import UUID

import attrs
import sqlalchemy as sa

from bocore import (
    BackOffice,
    Changes,
    Entity,
    Finding,
    Money,
    Party,
    Plugin,
    UnitOfWork,
    UnitPrice,
    entity,
    event,
    exact,
    field,
    hookimpl,
    importer,
    money,
    number,
    numbered,
    parent,
    recorded,
    ref,
    report,
    service,
    states,
)


class Species(StrEnum):
    """What the practice treats."""

    DOG = "dog"
    CAT = "cat"


@entity("vendor_animal", company=True, unique=["chip"], index=[("species", "born")])
class Animal(Entity):
    """Somebody's animal."""

    owner_id: int = ref(Party)
    mother_id: int | None = ref("self", default=None)
    name: str = field(max_length=50, personal="owner_id")
    species: Species = Species.DOG
    born: date | None = None
    seen_at: datetime | None = None
    feeds_at: time | None = None
    chip: UUID | None = None
    photo: bytes | None = field(default=None, max_length=100_000)
    tags: list[str] = field(factory=list)
    details: dict[str, Any] = field(factory=dict)
    neutered: bool = False
    legs: int = field(default=4, ge=0, le=8)


@entity("vendor_visit", company=True, frozen_in={"done"})
class Visit(Entity):
    """An animal came."""

    animal_id: int = ref(Animal)
    on: date
    weight: Decimal = exact(places=3, gt=0)
    factor: Decimal = number(default=Decimal(1))
    number: str = numbered("vendor.visit", "{year}-{n:05}", on="on")
    state: str = states({("open", "finish"): "done"}, default="open")


@entity("vendor_treatment", append_only=True)
class Treatment(Entity):
    """One thing done."""

    visit_id: int = parent(Visit)
    price: Money = money(ge=0)
    tariff: UnitPrice | None = money(default=None)
    unit: int = recorded()


@entity("vendor_client", extends=Party)
class Client(Entity):
    """A party that brings animals."""

    points: int = 0


@event("vendor.visit_finished")
class VisitFinished:
    """Ids only."""

    visit_id: int


@attrs.frozen
class TurnoverRow:
    """One day."""

    on: date
    amount: Money


@service("vendor.record")
def finish(uow: UnitOfWork, visit: Visit, *, note: str = "") -> None:
    """Close the visit."""
    uow.move(visit, "finish")
    uow.emit(VisitFinished(visit_id=visit.id))


@report("vendor.turnover", permission="vendor.read")
def turnover(uow: UnitOfWork, *, start: date) -> Iterable[TurnoverRow]:
    """What was earned a day."""
    for on, amount in uow.rows(sa.select(Visit.c.on, sa.func.sum(Treatment.c.price)).where(Visit.c.on >= start).group_by(Visit.c.on)):
        yield TurnoverRow(on=on, amount=Money.minor(amount, "EUR"))


@attrs.frozen
class AnimalRow:
    """One line of a file."""

    name: str
    born: date


@importer("vendor.animals", permission="vendor.record", suffix=".csv", row=AnimalRow)
def load(uow: UnitOfWork, rows: Iterable[tuple[int, AnimalRow]], *, owner: Party) -> Iterable[Finding]:
    """Take animals in."""
    for line, row in rows:
        if not row.name:
            yield Finding("vendor.no_name", "The animal has no name.", f"line {line}", "name", "Give it one.")
            continue
        uow.add(Animal(owner_id=owner.id, name=row.name, born=row.born))


@hookimpl
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """A visit is not in the future."""
    for visit in changes.added(Visit):
        assert_type(visit, Visit)
        if visit.on > uow.today():
            yield Finding("vendor.future", "The visit is in the future.", visit, "on")


plugin = Plugin(
    prefix="vendor", entities=[Animal, Visit, Treatment, Client], services=[finish], reports=[turnover], importers=[load],
    permissions={"vendor.read": "Read the practice's records", "vendor.record": "Record visits and animals"},
)  # fmt: skip


def use(bo: BackOffice) -> None:
    """Every way of reading and writing, with the types that come out of it."""
    with bo.unit_of_work(actor="ann", reason="types") as uow:
        owner = uow.add(Party(name="Kim"))
        animal = uow.add(Animal(owner_id=owner.id, name="Rex", species=Species.CAT))
        assert_type(animal, Animal)
        assert_type(animal.id, int)
        assert_type(animal.version, int)
        assert_type(animal.born, date | None)
        visits = uow.add_all(Visit(animal_id=animal.id, on=date(2026, 1, n), weight=Decimal(n)) for n in (1, 2))
        assert_type(visits, list[Visit])
        treatment = uow.add(Treatment(visit_id=visits[0].id, price=Money("12.50", "EUR")))
        assert_type(treatment.price + treatment.price, Money)
        uow.add(Client(points=1), extends=owner)
        assert_type(uow.extension(owner, Client), Client | None)
        assert_type(uow.get(Visit, 1), Visit)
        assert_type(uow.find(Visit, number="x"), Visit | None)
        assert_type(uow.get_all(Visit, [1]), dict[int, Visit])
        assert_type(uow.children(visits, Treatment), dict[int, list[Treatment]])
        assert_type(uow.children(visits[0], Treatment), list[Treatment])
        for found in uow.select(Animal, species=Species.DOG).where(Animal.c.name.like("R%")).order_by(Animal.c.name.desc()).limit(5):
            assert_type(found, Animal)
        uow.when_numbered(visits[0], lambda: None)
        animal.name = "Max"
        uow.remove(animal)
    result = bo.run(finish, visits[0], actor="ann", key="k")
    print(result)
