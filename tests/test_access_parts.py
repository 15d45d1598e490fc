"""What follows from a row for its parts and extensions, and what refusals say of rows that are out of sight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from practice import PRICES, READ, RECORD, Visit, plugin_of, practice, served, treat

from bocore import (
    BackOffice,
    Entity,
    Line,
    Money,
    NotAllowed,
    NotFound,
    Party,
    PostingConflict,
    Refused,
    UnitOfWork,
    Voucher,
    entity,
    field,
    hookimpl,
    parent,
    ref,
)

V = Visit.c


@entity("vet_sample", company=True, read=READ, write=RECORD)
class Sample(Entity):
    """A sample that was taken in a visit, and that one company's laboratory has."""

    visit_id: int = parent(Visit)
    code: str = field(max_length=20, unique=True)


@entity("vet_result")
class Result(Entity):
    """What the laboratory found."""

    sample_id: int = parent(Sample)
    text: str = field(default="", max_length=20)


@entity("vet_insured", extends=Visit, read=READ, write=RECORD)
class Insured(Entity):
    """A visit that somebody else pays for."""

    policy: str = field(max_length=20, unique=True)


@entity("vet_referral", read=READ, write=RECORD)
class Referral(Entity):
    """Where somebody was sent."""

    visit_id: int = ref(Visit)
    where: str = field(default="", max_length=20)


@hookimpl
def bo_record_rule(uow: UnitOfWork, entity: type[Entity]) -> Any:
    """Tom is for those who set prices."""
    return V.animal != "Tom" if entity is Visit and not uow.may(PRICES) else None


def the(uow: UnitOfWork, animal: str) -> Visit:
    return uow.select(Visit, animal=animal).one()


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    """Each visit has a sample with a result, and is insured."""
    with practice(tmp_path):
        pass
    usual = plugin_of(bo_record_rule)
    with BackOffice(
        tmp_path / "vet.db", plugins=[attrs.evolve(usual, entities=[*usual.entities, Sample, Result, Insured, Referral])]
    ) as made:
        made.migrate()
        with made.unit_of_work(actor="olga") as uow:
            for visit in uow.select(Visit):
                sample = uow.add(Sample(visit_id=visit.id, code=f"S-{visit.animal}", company_id=visit.company_id))
                uow.add(Result(sample_id=sample.id))
                uow.add(Insured(policy=f"P-{visit.animal}"), extends=visit)
        yield made


@pytest.mark.parametrize(("actor", "animals"), [("ann", ["Mia", "Rex"]), ("sam", ["Mia"]), ("vera", ["Mia", "Rex", "Tom"])])
def test_a_part_with_a_company_of_its_own_is_seen_with_what_it_is_a_part_of(bo: BackOffice, actor: str, animals: list[str]) -> None:
    """By the company of the row and by the rules for its parent, to any depth, and in any select."""
    with bo.unit_of_work(actor=actor, read_only=True) as uow:
        assert [row.code for row in uow.select(Sample).order_by(Sample.c.code)] == [f"S-{animal}" for animal in animals]
        assert uow.rows(sa.select(sa.func.count(Sample.c.id))) == [(len(animals),)]
        assert uow.rows(sa.select(sa.func.count(Result.c.id))) == [(len(animals),)]
        assert [row.policy for row in uow.select(Insured).order_by(Insured.c.policy)] == [f"P-{animal}" for animal in animals]
        assert (uow.find(Sample, code="S-Tom") is not None) == ("Tom" in animals)


def test_a_part_of_a_company_is_added_to_what_its_writer_sees(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        tom, rex = the(uow, "Tom").id, the(uow, "Rex").id
        sample, north = uow.select(Sample, code="S-Tom").one().id, the(uow, "Tom").company_id
    for actor, row in (
        ("ann", Sample(visit_id=tom, code="x", company_id=north)),
        ("ann", Result(sample_id=sample)),
        ("sam", Sample(visit_id=rex, code="x")),
    ):
        with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor=actor, company="SOUTH") as uow:
            uow.add(row)
    with pytest.raises(NotAllowed, match="There is no Visit"), bo.unit_of_work(actor="ann") as uow:
        uow.select(Sample, code="S-Rex").one().visit_id = tom


@pytest.mark.parametrize(("actor", "animal"), [("sam", "Rex"), ("ann", "Tom")], ids=["of another company", "hidden by a plugin"])
@pytest.mark.parametrize("through", ["the escape", "another unit of work", "an id by hand"])
def test_what_is_out_of_sight_is_not_extended(bo: BackOffice, actor: str, animal: str, through: str) -> None:
    """Whether it has an extension already or not: it reads as if the row were not there."""
    said = []
    for extended in (True, False):
        with bo.unit_of_work(actor="olga") as uow:
            base = the(uow, animal)
            if not extended:
                found = uow.extension(base, Insured)
                assert found is not None
                uow.remove(found)
        with pytest.raises(NotAllowed, match="There is no Visit") as refused, bo.unit_of_work(actor=actor, company="SOUTH") as uow:
            if through == "the escape":
                with uow.system("Look at a visit"):
                    base = the(uow, animal)
            elif through == "an id by hand":
                ident, base = base.id, Visit(animal="Kim")
                base.id = ident
            uow.add(Insured(policy="P-new"), extends=base)
        said.append(str(refused.value))
    assert said[0] == said[1]


def told(bo: BackOffice, do: Callable[[UnitOfWork], Any], actor: str = "sam") -> str:
    """What somebody of SOUTH is told when he is refused."""
    with pytest.raises((NotAllowed, NotFound, Refused, PostingConflict)) as refused, bo.unit_of_work(actor=actor, company="SOUTH") as uow:
        do(uow)
    return str(refused.value)


def test_a_refusal_names_no_row_that_is_out_of_sight(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        rex, mia = the(uow, "Rex").id, the(uow, "Mia").id
        taken = uow.select(Sample, code="S-Rex").one()
    said = told(bo, lambda uow: uow.add(Sample(visit_id=mia, code="S-Rex")))
    assert "Another Sample has the same code" in said
    assert repr(taken) not in said
    for ident in (rex, 987654):
        assert f"There is no Visit with the id {ident}" in told(bo, lambda uow, ident=ident: uow.add(Referral(visit_id=ident)))  # type: ignore[misc]


def sale(key: str, amount: str, company: str, **line: Any) -> Voucher:
    lines = [Line("receivable" if line else "cash", Money(amount, "EUR"), **line), Line("sales", Money(f"-{amount}", "EUR"))]
    return Voucher(key=key, kind="vet.sale", posting_date=date(2026, 3, 1), text="Rex, castrated", lines=lines, company=company)


def test_a_refusal_quotes_no_voucher_that_is_out_of_sight(bo: BackOffice) -> None:
    """The keys of vouchers are the same for all companies: who uses one again learns that it is taken, and no more."""
    with bo.unit_of_work(actor="olga") as uow:
        ida = uow.add(Party(name="Ida"))
        uow.post(sale("vet:1", "77.00", "NORTH"), sale("vet:2", "77.00", "NORTH", party=ida.id, opens="bill:1"))
        party = ida.id

    def selling(key: str, **line: Any) -> Callable[[UnitOfWork], Any]:
        def do(uow: UnitOfWork) -> None:
            with uow.serving(served(treat)):
                uow.post(sale(key, "20.00", "SOUTH", **line))

        return do

    def reversing(key: str) -> Callable[[UnitOfWork], Any]:
        def do(uow: UnitOfWork) -> None:
            with uow.serving(served(treat)):
                uow.reverse(key, "A mistake")

        return do

    said = told(bo, selling("vet:1"))
    assert "posted already with another body" in said
    assert not {"77.00", "castrated"} & set(said.replace(",", " ").replace("'", " ").split())
    assert told(bo, selling("vet:3", party=party, settles="bill:1")) == told(bo, selling("vet:3", party=party, settles="bill:9")).replace(
        "bill:9", "bill:1"
    )
    assert told(bo, reversing("vet:1")) == told(bo, reversing("vet:9")).replace("vet:9", "vet:1")
    with pytest.raises(PostingConflict, match=r"77\.00"), bo.unit_of_work(actor="olga") as uow:
        uow.post(sale("vet:1", "20.00", "NORTH"))
