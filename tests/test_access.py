"""Who may do what: a veterinary practice with an assistant, a vet and a clerk of another company."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from practice import PRICES, READ, RECORD, Drug, Treatment, Visit, invoice, plugin_of, practice, served

from bocore import (
    Actor,
    BackOffice,
    Company,
    Entity,
    ExternalId,
    FieldHidden,
    Grant,
    Line,
    Money,
    NotAllowed,
    NotFound,
    Party,
    Refused,
    Role,
    RolePermission,
    UnitOfWork,
    UnknownActor,
    UsageError,
    User,
    Voucher,
    VoucherRecord,
    external_ids,
    find_external,
    hookimpl,
    service,
    set_external_id,
)


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    with practice(tmp_path) as made:
        yield made


def test_nobody_is_let_in_who_is_no_user(bo: BackOffice) -> None:
    with pytest.raises(UnknownActor, match="mallory"), bo.unit_of_work(actor="mallory", read_only=True) as uow:
        uow.select(Visit).all()
    with pytest.raises(UnknownActor), bo.unit_of_work(actor="mallory", company="NORTH") as uow:
        uow.add(Visit(animal="Ghost"))
    with pytest.raises(UnknownActor), bo.unit_of_work(actor="job:vet.nightly") as uow:
        uow.add(Drug(name="Ketamine"))
    with bo.unit_of_work(actor="olga") as uow:
        user = uow.find(User, name="vera")
        assert user is not None
        uow.move(user, "disable")
    with pytest.raises(UnknownActor, match="disabled"), bo.unit_of_work(actor="vera", read_only=True) as uow:
        uow.select(Visit).all()


def test_who_was_refused_at_the_door_gets_nothing_afterwards(bo: BackOffice) -> None:
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="mallory", read_only=True) as uow:
        with pytest.raises(UnknownActor):
            uow.select(Visit).all()
        uow.select(Visit).all()


def test_a_user_without_a_role_sees_nothing(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="nora", read_only=True) as uow:
        reads: list[Any] = [
            lambda: uow.select(Visit).all(),
            lambda: uow.get(Visit, 1),
            lambda: uow.rows(sa.select(Visit.c.id)),
            lambda: uow.find(Party, name="x"),
        ]
        for read in reads:
            with pytest.raises(NotAllowed):
                read()


def test_a_reader_reads_and_writes_nothing(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="rita", read_only=True) as uow:
        assert [visit.animal for visit in uow.select(Visit).order_by(Visit.c.animal)] == ["Mia", "Rex", "Tom"]
    with pytest.raises(NotAllowed, match="rita may not add, change or delete Visit"), bo.unit_of_work(actor="rita", company="NORTH") as uow:
        uow.add(Visit(animal="Kim"))
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="rita") as uow:
        uow.select(Visit).all()[0].note = "changed"
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="rita") as uow:
        uow.remove(uow.select(Treatment).all()[0])
    with pytest.raises(NotAllowed, match=r"vet\.treat"):
        bo.run("vet.treat", 1, "x", actor="rita")


def test_the_cupboard_is_open_to_the_practice_s_own_code_alone(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="vera", read_only=True) as uow, pytest.raises(NotAllowed, match="services, reports and hooks of vet"):
        uow.select(Drug).all()
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        visit = uow.find(Visit, animal="Rex")
        assert visit is not None
    bo.run("vet.treat", visit.id, "antibiotic", actor="ann")
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert [drug.name for drug in uow.select(Drug)] == ["antibiotic"]
        assert uow.get(Visit, visit.id).note == "antibiotic, done"


def test_a_hidden_field_is_nowhere(bo: BackOffice) -> None:
    t = Treatment.c
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = uow.select(Treatment).all()
        assert len(rows) == 3
        for row in rows:
            assert row.what == "vaccination"
            with pytest.raises(FieldHidden):
                _ = row.price
            with pytest.raises(FieldHidden):
                _ = row.cost
        assert uow.rows(sa.select(t.price, t.cost, t.price_currency).order_by(t.id)) == [(None, None, None)] * 3
        assert uow.tuples(sa.select(t.price, t.cost, t.price_currency).order_by(t.id)) == [(None, None, None)] * 3
        assert uow.rows(sa.select(t.id).where(t.cost > 40)) == []
        assert uow.select(Treatment).where(t.cost >= 0).all() == []
        assert uow.select(Treatment, cost=30).all() == []
        assert uow.find_all(Treatment, cost=[30, 50]) == {}
        assert uow.rows(sa.select(sa.func.sum(t.cost))) == [(None,)]
        assert uow.rows(sa.select(t.id).where(t.cost.is_(None)).order_by(t.cost.desc(), t.id)) == [(row.id,) for row in rows]
    with bo.unit_of_work(actor="vera", read_only=True) as uow:
        assert sorted(row.cost for row in uow.select(Treatment)) == [30, 50, 70]


def test_writing_a_row_keeps_what_its_writer_does_not_see(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        row = uow.select(Treatment, what="vaccination").all()[0]
        ident, row.what = row.id, "operation"
        uow.flush()
        with pytest.raises(FieldHidden):
            _ = row.price
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        kept = uow.get(Treatment, ident)
        assert (kept.what, kept.price, kept.cost) == ("operation", Money("30.00", "EUR"), 30)


def test_a_price_is_set_by_who_may(bo: BackOffice) -> None:
    with pytest.raises(NotAllowed, match="price"), bo.unit_of_work(actor="ann") as uow:
        visit = uow.find(Visit, animal="Rex")
        assert visit is not None
        uow.add(Treatment(visit_id=visit.id, what="gift", price=Money("1.00", "EUR")))
    with pytest.raises(NotAllowed, match="price"), bo.unit_of_work(actor="ann") as uow:
        uow.select(Treatment).all()[0].price = Money("1.00", "EUR")
    with bo.unit_of_work(actor="vera") as uow:
        uow.select(Treatment).all()[0].price = Money("31.00", "EUR")


def test_a_service_lends_what_it_needs_and_no_more(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        visit = uow.find(Visit, animal="Tom")
        assert visit is not None
    assert bo.run("vet.invoice", visit.id, actor="ann", company="NORTH") == "50.00"
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert uow.find(VoucherRecord, key=f"vet.visit:{visit.id}") is not None
    with bo.unit_of_work(actor="ann", company="NORTH") as uow:
        row = uow.select(Treatment).all()[0]
        invoice(uow, uow.get(Visit, visit.id))
        for one in uow.children(uow.get(Visit, visit.id), Treatment):
            with pytest.raises(FieldHidden):
                _ = one.price
        del row


def test_a_plugin_posts_its_own_kinds_alone(bo: BackOffice) -> None:
    with pytest.raises(NotAllowed, match=r"payroll\.run"):
        bo.run("vet.cheat", _first(bo), actor="ann", company="NORTH")
    lines = [Line("cash", Money("1.00", "EUR")), Line("sales", Money("-1.00", "EUR"))]
    with pytest.raises(NotAllowed, match=r"vet\.visit"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
        uow.post(Voucher(key="v:1", kind="vet.visit", document_date=uow.today(), posting_date=uow.today(), lines=lines))


def _first(bo: BackOffice) -> int:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        return min(visit.id for visit in uow.select(Visit))


def test_a_clerk_of_one_company_sees_nothing_of_the_other(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        rex = uow.find(Visit, animal="Rex")
        assert rex is not None
        theirs = uow.children(rex, Treatment)[0].id
    v, t = Visit.c, Treatment.c
    with bo.unit_of_work(actor="sam") as uow:
        assert uow.company.code == "SOUTH"
        assert [visit.animal for visit in uow.select(Visit)] == ["Mia"]
        assert uow.select(Visit).count() == 1
        assert len(uow.select(Treatment).all()) == 1
        assert uow.rows(sa.select(sa.func.count(t.id))) == [(1,)]
        assert uow.rows(sa.select(v.animal).join(t.id.table, t.visit_id == v.id)) == [("Mia",)]
        assert [row.code for row in uow.select(Company)] == ["SOUTH"]
        for get in (lambda: uow.get(Visit, rex.id), lambda: uow.get(Treatment, theirs)):
            with pytest.raises(NotFound):
                get()
        assert uow.get_all(Visit, [rex.id]) == {}
        assert uow.find(Visit, animal="Rex") is None
        assert list(uow.stream(uow.select(Visit, animal="Rex"))) == []
    with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor="sam") as uow:
        uow.add(Treatment(visit_id=rex.id, what="sabotage"))
    with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor="sam") as uow:
        uow.add(Visit(animal="Ghost", company_id=rex.company_id))
    with bo.unit_of_work(actor="sam", company="NORTH", read_only=True) as uow:
        with pytest.raises(NotAllowed):
            uow.select(Visit).all()
        with pytest.raises(NotFound):
            _ = uow.company
    with pytest.raises(NotFound):
        bo.run("vet.treat", rex.id, "x", actor="sam")


def test_rows_that_are_added_before_anything_is_known_of_their_writer_are_held_to_his_rights_too(tmp_path: Path) -> None:
    with practice(tmp_path) as bo, bo.unit_of_work(actor="olga", read_only=True) as uow:
        south = uow.select(Company, code="SOUTH").one().id
    for actor, row in (
        ("noel", Visit(animal="Ghost", company_id=south)),
        ("rita", Visit(animal="Ghost")),
        ("nora", User(name="mo", owner=True)),
    ):
        with BackOffice(tmp_path / "vet.db", plugins=[plugin_of()]) as fresh:  # which has never seen him
            if actor == "noel":
                with fresh.unit_of_work(actor="olga") as uow:
                    north = uow.select(Company, code="NORTH").one().id
                    uow.add(Grant(user_id=uow.add(User(name="noel")).id, role="vet.vet", company_id=north))
            with pytest.raises(NotAllowed), fresh.unit_of_work(actor=actor, company="NORTH") as uow:
                uow.add(row)


def test_what_belongs_to_one_company_is_hidden_from_the_other_whatever_declares_it(bo: BackOffice) -> None:
    from bocore import PeriodLock, Series

    with bo.unit_of_work(actor="olga") as uow:
        ids = {row.code: row.id for row in uow.select(Company)}
        for code, ident in ids.items():
            uow.add(PeriodLock(company_id=ident, area="stock", through=date(2026, 1, 31)))
            uow.add(Series(code=f"x.{code}", company_id=ident, template="{n}"))
        uow.add(Series(code="x.all", template="{n}"))
    with bo.unit_of_work(actor="sam") as uow:
        assert {row.company_id for row in uow.select(PeriodLock)} == {ids["SOUTH"]}
        assert {row.code for row in uow.select(Series)} == {"x.SOUTH", "x.all"}


def test_what_is_joined_from_outside_stays_where_the_other_side_is_hidden(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        for visit in uow.select(Visit):
            uow.add(Drug(name=visit.animal, treatment_id=uow.children(visit, Treatment)[0].id))
    drugs, treatments = Drug.c.id.table, Treatment.c.id.table

    @service(RECORD)
    def drawer(uow: UnitOfWork) -> None:
        """Look into the cupboard from one company."""
        on = Drug.c.treatment_id == Treatment.c.id
        outer = sa.select(Drug.c.name, Treatment.c.what).join_from(drugs, treatments, on, isouter=True).order_by(Drug.c.name)
        assert uow.rows(outer) == [("Mia", "vaccination"), ("Rex", None), ("Tom", None)]
        inner = sa.select(Drug.c.name, Treatment.c.what).join_from(drugs, treatments, on)
        assert uow.rows(inner) == [("Mia", "vaccination")]
        assert uow.rows(sa.select(Drug.c.name, Treatment.c.what).where(on)) == [("Mia", "vaccination")]

    with bo.unit_of_work(actor="sam") as uow, uow.serving(served(drawer)):
        drawer.__wrapped__(uow)  # type: ignore[attr-defined]


def test_what_is_remembered_of_one_company_is_not_told_in_another(bo: BackOffice) -> None:
    def animals(actor: str) -> list[str]:
        with bo.unit_of_work(actor=actor, read_only=True) as uow:
            memory = uow.memory("vet.animals", Company)
            if "codes" not in memory:
                memory["codes"] = sorted(row.code for row in uow.select(Company))
            return list(memory["codes"])

    for _ in range(2):
        assert [animals(actor) for actor in ("olga", "sam", "ann")] == [["NORTH", "SOUTH"], ["SOUTH"], ["NORTH", "SOUTH"]]


def test_names_in_other_systems_are_told_of_rows_that_are_seen(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        ids = {visit.animal: visit.id for visit in uow.select(Visit)}
        for visit in uow.select(Visit):
            set_external_id(uow, visit, "lab", f"L-{visit.animal}")
    with bo.unit_of_work(actor="sam", read_only=True) as uow:
        assert find_external(uow, "lab", Visit, ["L-Rex", "L-Mia"]) == {"L-Mia": ids["Mia"]}
        assert external_ids(uow, "lab", Visit, ids.values()) == {ids["Mia"]: "L-Mia"}
        with pytest.raises(NotAllowed):
            uow.select(ExternalId).all()
    with bo.unit_of_work(actor="nora", read_only=True) as uow, pytest.raises(NotAllowed):
        find_external(uow, "lab", Visit, ["L-Rex"])
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="rita") as uow:
        set_external_id(uow, uow.get(Visit, ids["Rex"]), "lab", "L-1")


def test_system_is_the_only_escape_and_on_the_record(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="sam") as uow:
        with uow.system("Count all visits for the group"):
            assert len(uow.select(Visit).all()) == 3
        assert [visit.animal for visit in uow.select(Visit)] == ["Mia"]
    said = [event.values for commit in bo.feed("test") for event in commit.events if event.name == "bo.system/1"]
    assert said == [{"reason": "Count all visits for the group"}]
    with bo.unit_of_work(actor="sam", read_only=True) as uow, pytest.raises(UsageError), uow.system("quietly"):
        pass


def test_a_part_that_is_undone_does_not_take_the_escape_off_the_record(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="sam") as uow, suppress(ZeroDivisionError), uow.savepoint():
        with uow.system("A look at the others"):
            assert len(uow.select(Visit).all()) == 3
        raise ZeroDivisionError
    said = [event.values for commit in bo.feed("test") for event in commit.events if event.name == "bo.system/1"]
    assert said == [{"reason": "A look at the others"}]


def test_a_host_vouches_for_somebody(bo: BackOffice) -> None:
    host = Actor("ann@clinic", roles=["vet.reader"], via="clinic-app", companies=["SOUTH"])
    with bo.unit_of_work(actor=host, read_only=True) as uow:
        assert uow.actor == "ann@clinic via clinic-app"
        assert [visit.animal for visit in uow.select(Visit)] == ["Mia"]
    with pytest.raises(UsageError, match=r"vet\.surgeon"), bo.unit_of_work(actor=Actor("x", ["vet.surgeon"]), read_only=True) as uow:
        uow.select(Visit).all()


def test_a_role_of_the_firm_s_own(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="night-shift"))
        uow.add(RolePermission(role_id=role.id, permission=READ))
        nora = uow.find(User, name="nora")
        assert nora is not None
        uow.add(Grant(user_id=nora.id, role="night-shift"))
    with bo.unit_of_work(actor="nora", read_only=True) as uow:
        assert len(uow.select(Visit).all()) == 3
    with bo.unit_of_work(actor="olga") as uow:
        for grant in uow.select(Grant, role="night-shift"):
            uow.remove(grant)
    with bo.unit_of_work(actor="nora", read_only=True) as uow, pytest.raises(NotAllowed):
        uow.select(Visit).all()


def test_rules_of_plugins_narrow_every_read(tmp_path: Path) -> None:
    @hookimpl
    def bo_record_rule(uow: UnitOfWork, entity: type[Entity]) -> Any:
        return Visit.c.animal != "Tom" if entity is Visit and not uow.may(PRICES) else None

    with practice(tmp_path, bo_record_rule) as bo:
        with bo.unit_of_work(actor="olga", read_only=True) as uow:
            tom = uow.find(Visit, animal="Tom")
            assert tom is not None
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert [visit.animal for visit in uow.select(Visit).order_by(Visit.c.animal)] == ["Mia", "Rex"]
            assert uow.find(Visit, animal="Tom") is None
            assert uow.get_all(Visit, [tom.id]) == {}
            assert uow.rows(sa.select(sa.func.count(Treatment.c.id))) == [(2,)]
            with pytest.raises(NotFound):
                uow.get(Visit, tom.id)
        with pytest.raises(NotAllowed, match="would not see"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
            uow.add(Visit(animal="Tom"))
        with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor="ann") as uow:
            uow.add(Treatment(visit_id=tom.id, what="x"))
        with bo.unit_of_work(actor="vera", read_only=True) as uow:
            assert uow.select(Visit).count() == 3


def test_a_plugin_denies_a_single_action(tmp_path: Path) -> None:
    from bocore import Finding

    @hookimpl
    def bo_authorize(uow: UnitOfWork, action: str, entity: type[Entity], records: Any) -> Any:
        if action == "update" and entity is Visit:
            return [Finding("vet.closed", "No visit is changed on a Sunday.", one) for one in records]
        return None

    with practice(tmp_path, bo_authorize) as bo:
        with pytest.raises(NotAllowed, match="Sunday"), bo.unit_of_work(actor="vera") as uow:
            uow.select(Visit, animal="Rex").one().note = "x"
        with bo.unit_of_work(actor="vera", company="NORTH") as uow:
            uow.add(Visit(animal="Kim"))


def test_a_hook_acts_with_its_plugin_s_authority(tmp_path: Path) -> None:
    @hookimpl
    def bo_posted(uow: UnitOfWork, vouchers: Any) -> None:
        for one in vouchers:
            uow.add(Drug(name=f"sold by {one.voucher.key}"))
            assert all(row.cost >= 0 for row in uow.select(Treatment))

    with practice(tmp_path, bo_posted) as bo:
        bo.run("vet.invoice", _first(bo), actor="ann", company="NORTH")
        with bo.unit_of_work(actor="olga", read_only=True) as uow:
            assert uow.select(Drug).count() == 1


def test_hooks_see_whole_what_a_service_wrote_with_what_it_was_lent(tmp_path: Path) -> None:
    seen: list[Any] = []

    @hookimpl
    def bo_posted(uow: UnitOfWork, vouchers: Any) -> None:
        uow.add(Drug(name="a hook of this plugin comes first"))

    @hookimpl
    def bo_validate(uow: UnitOfWork, changes: Any) -> None:
        seen.extend(row.price for row in changes.added(Treatment))

    @service(RECORD, runs_with=[PRICES])
    def charge(uow: UnitOfWork, visit: Visit) -> Treatment:
        """Charge ten, whoever records it."""
        made = uow.add(Treatment(visit_id=visit.id, what="charged", price=Money("10.00", "EUR")))
        lines = [Line("cash", made.price), Line("sales", -made.price)]
        uow.post(Voucher(key="vet.visit:1", kind="vet.visit", posting_date=uow.today(), lines=lines))
        return made

    with practice(tmp_path, bo_posted, bo_validate) as bo:
        seen.clear()
        with bo.unit_of_work(actor="ann", company="NORTH") as uow:
            with uow.serving(served(charge)):
                made = charge.__wrapped__(uow, uow.select(Visit, animal="Rex").one())  # type: ignore[attr-defined]
            with pytest.raises(FieldHidden):
                _ = made.price
        assert seen == [Money("10.00", "EUR")]
        with pytest.raises(FieldHidden):
            _ = made.price


def test_a_service_sees_what_it_set_with_what_it_was_lent_after_the_core_has_run(tmp_path: Path) -> None:
    @service(RECORD, runs_with=[PRICES])
    def raise_price(uow: UnitOfWork, treatment: Treatment) -> bool:
        """Charge another price, and look at it after the company was read."""
        treatment.price = Money("11.00", "EUR")
        return bool(uow.company.id) and treatment.price == Money("11.00", "EUR")

    with practice(tmp_path) as bo:
        with bo.unit_of_work(actor="olga", company="NORTH") as uow:
            visit = uow.select(Visit, animal="Rex").one()
            made = uow.add(Treatment(visit_id=visit.id, what="charged", price=Money("10.00", "EUR"))).id
        with bo.unit_of_work(actor="ann", company="NORTH") as uow:
            treatment = uow.get(Treatment, made)
            with uow.serving(served(raise_price)):
                assert raise_price.__wrapped__(uow, treatment)  # type: ignore[attr-defined]
            with pytest.raises(FieldHidden):
                _ = treatment.price


def test_a_database_without_users_is_open(tmp_path: Path) -> None:
    with BackOffice(tmp_path / "open.db", plugins=[plugin_of()]).init(company="Acme", currency="EUR") as bo:
        with bo.unit_of_work(actor="anybody") as uow:
            uow.add(Drug(name="Aspirin"))
        with pytest.raises(Refused), bo.unit_of_work(actor="anybody") as uow:
            uow.add(User(name="ann"))  # the first must be an owner
        with bo.unit_of_work(actor="anybody") as uow:
            uow.add(User(name="ann", owner=True))
        with pytest.raises(UnknownActor), bo.unit_of_work(actor="anybody") as uow:
            uow.add(Drug(name="Aspirin"))
