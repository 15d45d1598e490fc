"""A clinic whose wards, stays and doses are seen in parts: hidden fields of several kinds, companies, a rule with a subselect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from bocore import (
    BackOffice,
    Company,
    Entity,
    Grant,
    Money,
    Plugin,
    Role,
    RolePermission,
    UnitOfWork,
    User,
    entity,
    exact,
    field,
    hookimpl,
    money,
    parent,
    ref,
    service,
)

READ, WRITE, RATES, NOTES, SECRET = "clinic.read", "clinic.write", "clinic.rates", "clinic.notes", "clinic.secret"


@entity("clinic_ward", company=True, read=READ, write=WRITE)
class Ward(Entity):
    """A ward of a hospital."""

    name: str = field(max_length=100)
    beds: int = field(default=0)
    confidential: bool = field(default=False)
    rate: Money = money(read=RATES, write=RATES, default=Money("0.00", "EUR"))
    rank: int = field(read=RATES, default=0)
    opened: date | None = field(read=NOTES, default=None)
    note: str | None = field(read=NOTES, default=None, max_length=100)
    factor: Decimal | None = exact(places=2, read=NOTES, default=None)


@entity("clinic_stay")
class Stay(Entity):
    """A stay in a ward."""

    ward_id: int = parent(Ward)
    patient: str = field(max_length=100)
    nights: int = field(default=1)
    since: date | None = field(default=None)
    diagnosis: str = field(read=NOTES, default="", max_length=100)
    price: Money | None = money(read=RATES, default=None)


@entity("clinic_dose")
class Dose(Entity):
    """Something given in a stay."""

    stay_id: int = parent(Stay)
    drug: str = field(max_length=100)
    amount: int = field(default=1)
    cost: int | None = field(read=RATES, default=None)


@entity("clinic_plan", extends=Ward)
class Plan(Entity):
    """What a ward is going to be."""

    goal: str = field(max_length=100)
    budget: int = field(read=RATES, write=RATES, default=0)


@entity("clinic_audit", company=True, read=READ, write=WRITE)
class Audit(Entity):
    """A look at a ward: a row of a company that refers to what may be hidden."""

    ward_id: int | None = ref(Ward, default=None)
    title: str = field(max_length=100)
    grade: int | None = field(read=NOTES, default=None)


TABLES: tuple[type[Entity], ...] = (Ward, Stay, Dose, Plan, Audit)


@service(WRITE, runs_with=[RATES])
def admit(uow: UnitOfWork, ward: Ward, patient: str) -> Stay:
    """Admit a patient, at the rate of the ward."""
    return uow.add(Stay(ward_id=ward.id, patient=patient, price=ward.rate))


@service(WRITE)
def rename(uow: UnitOfWork, ward: Ward, name: str) -> str:
    """Give a ward another name."""
    ward.name = name
    return name


@hookimpl
def bo_record_rule(uow: UnitOfWork, entity: type[Entity]) -> Any:
    """Confidential wards, and what was looked at in them, are for those who may know."""
    if uow.may(SECRET):
        return None
    if entity is Ward:
        return Ward.c.confidential.is_(False)
    if entity is Audit:
        return sa.or_(Audit.c.ward_id.is_(None), Audit.c.ward_id.in_(sa.select(Ward.c.id).where(Ward.c.beds < 9)))
    return None


PERMISSIONS = {READ: "See wards", WRITE: "Change wards", RATES: "See rates", NOTES: "See notes", SECRET: "See all wards"}
ROLES = {"nurse": [READ, WRITE], "clerk": [READ, RATES, SECRET], "doctor": [READ, WRITE, NOTES], "chief": [*PERMISSIONS]}
PEOPLE: dict[str, tuple[tuple[str, str | None], ...]] = {
    "nina": (("clinic.nurse", None),),
    "carl": (("clinic.clerk", "EAST"),),
    "dora": (("clinic.doctor", "EAST"),),
    "chiara": (("clinic.chief", None),),
    "wanda": (("clinic.nurse", "WEST"), ("clinic.clerk", "WEST")),
}
"""Everybody who works there: a role, and where it holds."""


def plugin_of(*hooks: Any) -> Plugin:
    """The plugin, with more hooks of its own."""
    module = ModuleType("clinic_hooks")
    for hook in (bo_record_rule, *hooks):
        setattr(module, hook.__name__, hook)
    return Plugin(prefix="clinic", entities=TABLES, services=[admit, rename], permissions=PERMISSIONS, roles=ROLES, hooks=[module])


def wards() -> Iterable[Ward]:
    """Some wards; which company they belong to is told by their order."""
    for n in range(16):
        yield Ward(
            name=f"ward {'ABCD'[n % 4]}",
            beds=(n * 5) % 13,
            confidential=n % 4 == 3,
            rate=Money.minor(100 * (n % 3) + n, "EUR"),
            rank=n % 3,
            opened=date(2026, 1 + n % 8, 2) if n % 3 else None,
            note=None if n % 4 == 1 else "xyz"[n % 3] * (n % 3),
            factor=Decimal(n) / 4 if n % 2 else None,
        )


def clinic(folder: Path, *hooks: Any) -> BackOffice:
    """The clinic with its people and patients."""
    bo = BackOffice(folder / "clinic.db", plugins=[plugin_of(*hooks)])
    bo.init(company="East Clinic", currency="EUR", code="EAST", owner="olga")
    with bo.unit_of_work(actor="olga") as uow:
        west = uow.add(Company(code="WEST", name="West Clinic", currency="EUR"))
        companies = {"EAST": uow.find(Company, code="EAST"), "WEST": west}
        role = uow.add(Role(code="porter"))
        uow.add(RolePermission(role_id=role.id, permission=READ))
        for name, grants in PEOPLE.items():
            user = uow.add(User(name=name))
            for held, place in grants:
                uow.add(Grant(user_id=user.id, role=held, company_id=companies[place].id if place else None))  # type: ignore[union-attr]
        for n, ward in enumerate(wards()):
            uow.add(ward, company=list(companies.values())[n // 2 % 2 if n < 8 else n % 2])
            if n % 2:
                uow.add(Plan(goal=f"goal {n % 3}", budget=n * 10), extends=ward)
            for m in range(n % 4):
                stay = Stay(ward_id=ward.id, patient="pqr"[m % 3], nights=m + 1, since=date(2026, 2, 1 + n) if m else None,
                            diagnosis="flu" if m else "", price=Money.minor(n * m, "EUR") if m else None)  # fmt: skip
                uow.add(stay)
                for k in range(m):
                    uow.add(Dose(stay_id=stay.id, drug="abc"[k % 3], amount=k, cost=k * n if k else None))
            uow.add(Audit(ward_id=ward.id if n % 3 else None, title=f"t{n % 4}", grade=n % 5 or None, company_id=ward.company_id))
    return bo
