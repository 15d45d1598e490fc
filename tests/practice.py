"""A veterinary practice with an assistant, a vet and a clerk of another company, for tests of who may do what."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import attrs

from bocore import (
    BackOffice,
    Company,
    Entity,
    Grant,
    Line,
    Money,
    Plugin,
    UnitOfWork,
    User,
    Voucher,
    entity,
    field,
    money,
    parent,
    ref,
    service,
)

READ, RECORD, PRICES = "vet.read", "vet.record", "vet.prices"


@entity("vet_visit", company=True, read=READ, write=RECORD)
class Visit(Entity):
    """A visit of an animal."""

    animal: str = field(max_length=100)
    vet: str = field(max_length=100, default="")
    note: str = field(max_length=100, default="")


@entity("vet_treatment")
class Treatment(Entity):
    """What was done in a visit."""

    visit_id: int = parent(Visit)
    what: str = field(max_length=100)
    price: Money = money(read=PRICES, write=PRICES, default=Money("0.00", "EUR"))
    cost: int = field(default=0, read=PRICES)


@entity("vet_drug")
class Drug(Entity):
    """What is in the cupboard: nobody but the practice's own code looks there."""

    name: str = field(max_length=100)
    treatment_id: int | None = ref(Treatment, default=None)


@service(RECORD)
def treat(uow: UnitOfWork, visit: Visit, what: str) -> Treatment:
    """Record a treatment, and take a drug out of the cupboard."""
    made = uow.add(Treatment(visit_id=visit.id, what=what))
    uow.add(Drug(name=what, treatment_id=made.id))
    visit.note = f"{what}, done"
    return made


@service(RECORD, runs_with=[PRICES])
def invoice(uow: UnitOfWork, visit: Visit) -> str:
    """Post what a visit costs."""
    total = sum((one.price for one in uow.children(visit, Treatment)), Money("0.00", "EUR"))
    lines = [Line("cash", total), Line("sales", -total)]
    uow.post(Voucher(key=f"vet.visit:{visit.id}", kind="vet.visit", document_date=uow.today(), posting_date=uow.today(), lines=lines))
    return str(total.amount)


@service(RECORD)
def cheat(uow: UnitOfWork, visit: Visit) -> None:
    """Post what is none of the practice's business."""
    lines = [Line("cash", Money("1.00", "EUR")), Line("sales", Money("-1.00", "EUR"))]
    uow.post(Voucher(key="x:1", kind="payroll.run", document_date=uow.today(), posting_date=uow.today(), lines=lines))


def plugin_of(*hooks: Any) -> Plugin:
    module = ModuleType("vet_hooks")
    for hook in hooks:
        setattr(module, hook.__name__, hook)
    return Plugin(
        prefix="vet",
        entities=[Visit, Treatment, Drug],
        services=[treat, invoice, cheat],
        permissions={READ: "Read visits", RECORD: "Record visits", PRICES: "See and set prices"},
        roles={"assistant": [READ, RECORD], "vet": [READ, RECORD, PRICES], "reader": [READ]},
        hooks=[module] if hooks else [],
    )


def practice(folder: Path, *hooks: Any) -> BackOffice:
    bo = BackOffice(folder / "vet.db", plugins=[plugin_of(*hooks)])
    bo.init(company="North Vets", currency="EUR", code="NORTH", owner="olga")
    with bo.unit_of_work(actor="olga") as uow:
        south = uow.add(Company(code="SOUTH", name="South Vets", currency="EUR"))
        north = uow.find(Company, code="NORTH")
        assert north is not None
        has = [("ann", "vet.assistant", None), ("vera", "vet.vet", None), ("sam", "vet.vet", south.id), ("rita", "vet.reader", None)]
        for name, role, place in has:
            user = uow.add(User(name=name))
            uow.add(Grant(user_id=user.id, role=role, company_id=place))
        uow.add(User(name="nora"))
        for company, animal, price in ((north, "Rex", 30), (north, "Tom", 50), (south, "Mia", 70)):
            visit = uow.add(Visit(animal=animal, company_id=company.id, vet="vera"))
            uow.add(Treatment(visit_id=visit.id, what="vaccination", price=Money(f"{price}.00", "EUR"), cost=price))
    return bo


def served(function: Any) -> Any:
    """A service that no plugin has, declared as one of the practice's: for ``uow.serving(…)``."""
    return attrs.evolve(function.__bocore__, name=f"vet.{function.__name__}")


def the(uow: UnitOfWork, cls: type[Any], **equal: Any) -> Any:
    """The only row of a class with these values."""
    found = uow.find(cls, **equal)
    assert found is not None
    return found
