"""An attacker among the people of the practice, with rows that pass from hand to hand: changed after they were looked at, left by code
that may more, of others, refused and kept all the same.

Code that runs in the process can do anything; what is tried here is what code might do by mistake, or with a row that somebody gave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from practice import PRICES, READ, RECORD, Drug, Treatment, Visit, invoice, plugin_of, practice, served, the, treat

from bocore import (
    BackOffice,
    Company,
    Entity,
    FieldHidden,
    Grant,
    Line,
    Money,
    NotAllowed,
    NotFound,
    Role,
    RolePermission,
    Source,
    UnitOfWork,
    UnknownActor,
    UsageError,
    User,
    Voucher,
    VoucherRecord,
    entity,
    field,
    hookimpl,
    numbered,
    service,
)
from bocore.record.verify import verify

T, V = Treatment.c, Visit.c
ONE, TEN = Money("1.00", "EUR"), Money("10.00", "EUR")


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    with practice(tmp_path) as made:
        yield made


def gift(uow: UnitOfWork, **more: Any) -> Treatment:
    return uow.add(Treatment(visit_id=the(uow, Visit, animal="Rex").id, what="gift", **more))


def look(uow: UnitOfWork) -> None:
    """Any select: what waits is looked at, and those rows written that it would find."""
    uow.rows(sa.select(Company.c.id))


def given(bo: BackOffice) -> list[Money]:
    """The prices of what was recorded beyond the three vaccinations."""
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert uow.select(Treatment, what="vaccination").count() == 3
        return [row.price for row in uow.select(Treatment).where(T.what != "vaccination")]


# ---------------------------------------------------------------- rows that are changed after they were looked at


def test_a_new_row_is_held_to_the_rights_of_its_writer_until_it_is_written(bo: BackOffice) -> None:
    """A select in between looks at the rows that wait; what is set after it counts as well."""
    with pytest.raises(NotAllowed, match="price"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
        made = uow.add(Treatment(visit_id=the(uow, Visit, animal="Rex").id, what="gift"))
        uow.rows(sa.select(Company.c.id))
        made.price = Money("1.00", "EUR")


def test_a_new_row_does_not_move_to_what_its_writer_does_not_see(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        rex = the(uow, Visit, animal="Rex").id
    with pytest.raises(NotAllowed, match="There is no Visit"), bo.unit_of_work(actor="sam") as uow:
        made = uow.add(Treatment(visit_id=the(uow, Visit, animal="Mia").id, what="gift"))
        uow.rows(sa.select(Company.c.id))
        made.visit_id = rex
    with pytest.raises(NotAllowed, match="There is no Visit"), bo.unit_of_work(actor="sam") as uow:
        uow.children(the(uow, Visit, animal="Mia"), Treatment)[0].visit_id = rex


def test_what_went_past_the_rights_stays_with_what_did(bo: BackOffice) -> None:
    """Changes inside ``uow.system`` are allowed and kept; those after it are the actor's again."""
    with bo.unit_of_work(actor="rita") as uow, uow.system("Put a note"):
        the(uow, Visit, animal="Rex").note = "checked"
    with pytest.raises(NotAllowed), bo.unit_of_work(actor="rita") as uow:
        with uow.system("Put a note"):
            rex = the(uow, Visit, animal="Rex")
            rex.note = "again"
        rex.note = "by rita"
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert the(uow, Visit, animal="Rex").note == "checked"


def test_a_part_that_was_undone_leaves_no_hidden_value_behind(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        row = uow.select(Treatment).order_by(T.id).all()[0]
        with pytest.raises(ZeroDivisionError), uow.savepoint():
            with uow.system("Correct the cost"):
                uow.get(Treatment, row.id).cost = 4711
                uow.flush()
            raise ZeroDivisionError
        row.what = "operation"
        ident = row.id
        with pytest.raises(FieldHidden):
            _ = row.cost
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        kept = uow.get(Treatment, ident)
        assert (kept.what, kept.cost) == ("operation", 30)
    assert verify(bo).ok


def test_what_a_savepoint_undoes_leaves_the_watch_on(bo: BackOffice) -> None:
    with pytest.raises(NotAllowed, match="price"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
        made = gift(uow)
        with suppress(ZeroDivisionError), uow.savepoint():
            made.price = ONE
            raise ZeroDivisionError
        made.price = ONE


def test_what_waits_for_a_number_and_is_written_for_another_select_is_looked_at_first(numbers: BackOffice) -> None:
    """Vouchers are read, and a bill is numbered and written for their texts."""
    with numbers.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="auditor"))
        uow.add(RolePermission(role_id=role.id, permission="bo.read"))
        uow.add(Grant(user_id=the(uow, User, name="ann").id, role="auditor"))
    with pytest.raises(NotAllowed, match="price"), numbers.unit_of_work(actor="ann", company="NORTH") as uow:
        bill = uow.add(Bill())
        uow.when_numbered(bill, lambda: None)
        look(uow)
        bill.price = 5
        uow.select(VoucherRecord).all()


# ---------------------------------------------------------------- refusals that somebody overhears


def add_what_is_closed(uow: UnitOfWork) -> None:
    gift(uow, price=ONE)
    with suppress(NotAllowed):
        look(uow)


def change_what_is_closed(uow: UnitOfWork) -> None:
    made = gift(uow)
    look(uow)
    made.price = ONE
    with suppress(NotAllowed):
        uow.select(Treatment).all()


def change_before_a_part(uow: UnitOfWork) -> None:
    made = gift(uow)
    look(uow)
    made.price = ONE
    with suppress(NotAllowed), uow.savepoint():
        pass


def change_before_a_service(uow: UnitOfWork) -> None:
    made = gift(uow)
    look(uow)
    made.price = ONE
    with suppress(NotAllowed):
        invoice(uow, the(uow, Visit, animal="Rex"))


@pytest.mark.parametrize("tried", [add_what_is_closed, change_what_is_closed, change_before_a_part, change_before_a_service])
def test_who_overhears_a_refusal_writes_nothing_more(bo: BackOffice, tried: Callable[[UnitOfWork], None]) -> None:
    with pytest.raises(UsageError, match="can't go on"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
        tried(uow)
    assert given(bo) == []


def test_a_row_that_was_refused_at_once_is_not_there(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="rita", company="NORTH") as uow:
        made = Treatment(visit_id=the(uow, Visit, animal="Rex").id, what="gift")
        with pytest.raises(NotAllowed):
            uow.add(made)
        assert not hasattr(made, "id")
    assert given(bo) == []


def test_a_part_that_was_refused_is_taken_back_alone(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="NORTH") as uow:
        with pytest.raises(NotAllowed), uow.savepoint():
            gift(uow, price=ONE)
        gift(uow)
    assert given(bo) == [Money("0.00", "EUR")]


# ---------------------------------------------------------------- rows that others have left


@service(RECORD, runs_with=[PRICES])
def charge(uow: UnitOfWork, visit: Visit) -> Treatment:
    """Charge ten, whoever records it."""
    return uow.add(Treatment(visit_id=visit.id, what="charged", price=TEN))


@service(RECORD)
def store(uow: UnitOfWork, name: str) -> Drug:
    """Put a drug into the cupboard."""
    return uow.add(Drug(name=name))


def lent(uow: UnitOfWork, function: Any, *args: Any) -> Any:
    """Call a service as ``bo.run`` does, inside the unit of work."""
    with uow.serving(served(function)):
        return function.__wrapped__(uow, *args)


def after_a_service(uow: UnitOfWork) -> None:
    lent(uow, charge, the(uow, Visit, animal="Rex")).price = ONE


def after_a_service_in_a_service(uow: UnitOfWork) -> None:
    with uow.serving(served(treat)):
        after_a_service(uow)


def after_a_service_of_closed_tables(uow: UnitOfWork) -> None:
    lent(uow, store, "aspirin").name = "morphine"


def after_a_service_that_set_it(uow: UnitOfWork) -> None:
    made = gift(uow)
    with uow.serving(served(charge)):
        made.price = TEN
    made.price = ONE


def after_the_escape(uow: UnitOfWork) -> None:
    with uow.system("Set a price"):
        made = gift(uow, price=TEN)
    made.price = ONE


def after_a_hook(uow: UnitOfWork) -> None:
    with uow._as_plugin("vet"):
        made = gift(uow, price=TEN)
    made.price = ONE


def after_the_core(uow: UnitOfWork) -> None:
    with uow.core():
        made = gift(uow)
    made.price = ONE


@pytest.mark.parametrize(
    "tried",
    [after_a_service, after_a_service_in_a_service, after_a_service_of_closed_tables, after_a_service_that_set_it, after_the_escape,
     after_a_hook, after_the_core],
)  # fmt: skip
def test_what_others_have_left_stays_as_they_left_it(bo: BackOffice, tried: Callable[[UnitOfWork], None]) -> None:
    with pytest.raises(NotAllowed, match="ann may not"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
        tried(uow)
    assert given(bo) == []


def test_what_others_have_set_is_not_held_against_who_goes_on(bo: BackOffice) -> None:
    """A service and a hook price rows for ann, new ones and old ones; she goes on with what she may change."""
    with bo.unit_of_work(actor="ann", company="NORTH") as uow:
        made, seen = gift(uow), gift(uow)
        look(uow)
        old = the(uow, Treatment, visit_id=the(uow, Visit, animal="Tom").id)
        charged = lent(uow, charge, the(uow, Visit, animal="Rex"))
        drug = lent(uow, store, "aspirin")
        with uow.serving(served(store)):
            drug.name = "aspirin, in tablets"  # another call, of a row that still waits
        with uow._as_plugin("vet"):
            for row in (made, seen, old):
                uow.get(Treatment, row.id).price = TEN
        for row in (charged, made, seen, old):
            row.what = "checked"
        look(uow)
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert [row.price for row in uow.select(Treatment, what="checked")] == [TEN] * 4


def test_a_voucher_that_waits_is_not_changed_by_who_gets_hold_of_it(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="auditor"))
        uow.add(RolePermission(role_id=role.id, permission="bo.read"))
        uow.add(Grant(user_id=the(uow, User, name="ann").id, role="auditor"))
    for get in (lambda uow, ident: uow.get(VoucherRecord, ident), lambda uow, ident: uow.get_all(VoucherRecord, [ident])[ident]):
        with pytest.raises(NotAllowed, match="VoucherRecord"), bo.unit_of_work(actor="ann", company="NORTH") as uow:
            invoice(uow, the(uow, Visit, animal="Rex"))
            [waiting] = uow._tracker.pending[VoucherRecord]
            get(uow, waiting.id).text = "for something else"  # type: ignore[no-untyped-call]
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        assert uow.select(VoucherRecord).count() == 0


# ---------------------------------------------------------------- functions that wait for a number


@entity("vet_bill", company=True, read=READ, write=RECORD)
class Bill(Entity):
    """A bill with a number."""

    number: str = numbered("vet.bill", "B{n:04}")
    text: str = field(max_length=100, default="")
    price: int = field(default=0, write=PRICES)


@pytest.fixture
def numbers(tmp_path: Path) -> Iterator[BackOffice]:
    """The practice writes bills."""
    with practice(tmp_path):
        pass
    usual = plugin_of()
    with BackOffice(tmp_path / "vet.db", plugins=[attrs.evolve(usual, entities=[*usual.entities, Bill])]) as made:
        made.migrate()
        yield made


@pytest.mark.parametrize("read", [False, True])
def test_what_is_set_with_the_number_is_held_to_the_rights_of_who_left_it(numbers: BackOffice, read: bool) -> None:
    with pytest.raises(NotAllowed, match="price"), numbers.unit_of_work(actor="ann", company="NORTH") as uow:
        bill = uow.add(Bill())
        uow.when_numbered(bill, lambda: setattr(bill, "price", 5))
        if read:
            uow.select(Bill).all()
    for actor, name, value in (("ann", "text", "x"), ("vera", "price", 5)):
        with numbers.unit_of_work(actor=actor, company="NORTH") as uow:
            bill = uow.add(Bill())
            uow.when_numbered(bill, lambda bill=bill, name=name, value=value: setattr(bill, name, value))  # type: ignore[misc]
        assert getattr(bill, name) == value


def test_a_voucher_is_completed_with_the_number_of_its_source_whoever_goes_on(numbers: BackOffice) -> None:
    """The text of a voucher names the number of a bill; between two calls of services both still wait."""
    with numbers.unit_of_work(actor="ann", company="NORTH") as uow:
        bill = uow.add(Bill())
        with uow.serving(served(treat)):
            lines = [Line("cash", ONE), Line("sales", -ONE)]
            uow.post(
                Voucher(key="vet:1", kind="vet.bill", posting_date=uow.today(), lines=lines, text="Bill {number}", source=Source(bill))
            )
        with uow.serving(served(treat)):
            uow.select(Bill).all()
    with numbers.unit_of_work(actor="olga", read_only=True) as uow:
        assert uow.select(VoucherRecord).one().text == f"Bill {bill.number}"


# ---------------------------------------------------------------- rows that somebody else has loaded


@hookimpl
def bo_record_rule(uow: UnitOfWork, entity: type[Entity]) -> Any:
    """Tom is for those who set prices."""
    return Visit.c.animal != "Tom" if entity is Visit and not uow.may(PRICES) else None


def remove_all(uow: UnitOfWork, rows: list[Any]) -> None:
    for row in rows:
        uow.remove(row)


@pytest.mark.parametrize(("actor", "animal"), [("sam", "Rex"), ("ann", "Tom")], ids=["of another company", "hidden by a plugin"])
def test_a_row_that_is_out_of_sight_is_neither_changed_nor_deleted(tmp_path: Path, actor: str, animal: str) -> None:
    """uow.system, or a hook, has loaded it; that does not open it to the code that goes on."""
    with practice(tmp_path, bo_record_rule) as bo:
        for do in (
            lambda uow, visit, treated: setattr(visit, "note", "x"),
            lambda uow, visit, treated: setattr(treated, "what", "x"),
            lambda uow, visit, treated: uow.remove(treated),
            lambda uow, visit, treated: remove_all(uow, [treated, visit]),
        ):
            with pytest.raises(NotAllowed, match="There is no"), bo.unit_of_work(actor=actor) as uow:
                with uow.system("Look at a visit"):
                    visit = the(uow, Visit, animal=animal)
                    [treated] = uow.children(visit, Treatment)
                do(uow, visit, treated)  # type: ignore[no-untyped-call]
        with bo.unit_of_work(actor="olga", read_only=True) as uow:
            assert (uow.select(Visit, note="").count(), uow.select(Treatment, what="vaccination").count()) == (3, 3)


def test_a_row_is_not_changed_into_what_its_writer_does_not_see(tmp_path: Path) -> None:
    with practice(tmp_path, bo_record_rule) as bo:
        with pytest.raises(NotAllowed, match="would not see"), bo.unit_of_work(actor="ann") as uow:
            the(uow, Visit, animal="Rex").animal = "Tom"
        with bo.unit_of_work(actor="vera") as uow:
            the(uow, Visit, animal="Rex").animal = "Tom"


def test_what_is_remembered_of_who_sees_what_ends_with_the_rows_and_the_rights(bo: BackOffice, tmp_path: Path) -> None:
    """Another process deletes the visit, moves the grant, disables the user: the next unit of work of this one knows."""
    with bo.unit_of_work(actor="sam") as uow:
        mia = the(uow, Visit, animal="Mia").id
    with bo.unit_of_work(actor="sam") as uow:
        uow.add(Treatment(visit_id=mia, what="more"))
    with BackOffice(tmp_path / "vet.db", plugins=[plugin_of()]) as other:
        with other.unit_of_work(actor="olga") as uow:
            visit = uow.get(Visit, mia)
            remove_all(uow, [*uow.children(visit, Treatment), visit])
        with pytest.raises((NotAllowed, NotFound), match="There is no Visit"), bo.unit_of_work(actor="sam") as uow:
            uow.add(Treatment(visit_id=mia, what="more"))
        with other.unit_of_work(actor="olga") as uow:
            sam = the(uow, User, name="sam")
            uow.children(sam, Grant)[0].company_id = the(uow, Company, code="NORTH").id
        with bo.unit_of_work(actor="sam", read_only=True) as uow:
            assert [visit.animal for visit in uow.select(Visit).order_by(V.animal)] == ["Rex", "Tom"]
        with other.unit_of_work(actor="olga") as uow:
            uow.move(the(uow, User, name="sam"), "disable")
        with pytest.raises(UnknownActor), bo.unit_of_work(actor="sam", read_only=True) as uow:
            uow.select(Visit).all()
