"""What may be changed and deleted, and who has refused it: frozen documents, states, references, unique values, companies."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bocore import (
    BackOffice,
    BocoreError,
    Company,
    Conflict,
    Entity,
    NotFound,
    Plugin,
    Refused,
    UsageError,
    entity,
    field,
    numbered,
    parent,
    ref,
    states,
)
from bocore.testing import FrozenClock


@entity("sale_customer", company=True)
class Customer(Entity):
    """Of one company."""

    code: str = field(max_length=10, unique=True)
    chief_id: int | None = ref("self", default=None)


@entity("sale_invoice", company=True, frozen_in={"posted", "void"})
class Invoice(Entity):
    """A document that is frozen once it is posted."""

    customer_id: int | None = ref(Customer, default=None)
    text: str = ""
    state: str = states(
        {("open", "post"): "posted", ("posted", "void"): "void", ("open", "drop"): "dropped"},
        default="open",
    )


@entity("sale_line")
class Line(Entity):
    """A line of an invoice."""

    invoice_id: int = parent(Invoice)
    text: str = ""
    customer_id: int | None = ref(Customer, default=None)
    other_id: int | None = ref(Customer, default=None, cross_company=True)


@entity("sale_log", append_only=True)
class Log(Entity):
    """Never changed."""

    text: str


@entity("sale_seat", unique=[("room", "seat")])
class Seat(Entity):
    """Two columns that are unique together."""

    room: str
    seat: int
    guest: str | None = field(default=None, unique=True)


@entity("sale_loyal", extends=Customer)
class Loyal(Entity):
    """Extends the customer."""

    points: int = 0


@entity("sale_receipt")
class Receipt(Entity):
    """Has a number that must not go missing."""

    on: date = date(2026, 1, 15)
    number: str = numbered("sale.receipt", "R{n}", per=(), on="on")


sale = Plugin(prefix="sale", entities=[Customer, Invoice, Line, Log, Seat, Loyal, Receipt])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [sale]


def made(bo: BackOffice, *objects: Any) -> Any:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(objects)
    return objects[0]


def refused(bo: BackOffice, change: Any) -> list[tuple[str, str | None]]:
    """The code and field of each finding of a unit of work that must be refused."""
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="ann") as uow:
        change(uow)
    assert all(finding.message and finding.fix for finding in caught.value.findings)
    return [(finding.code, finding.field) for finding in caught.value.findings]


# ---------------------------------------------------------------- states and freezing


@pytest.fixture
def invoice(bo: BackOffice) -> Invoice:
    """A posted invoice with one line."""
    with bo.unit_of_work(actor="ann") as uow:
        invoice = uow.add(Invoice(text="posted"))
        uow.add(Line(invoice_id=invoice.id, text="line"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.move(uow.get(Invoice, invoice.id), "post")
    return invoice


def test_an_illegal_move_names_the_legal_ones(bo: BackOffice, invoice: Invoice) -> None:
    with pytest.raises(Refused, match="From 'posted' you can: void"), bo.unit_of_work(actor="ann") as uow:
        uow.move(uow.get(Invoice, invoice.id), "post")
    with bo.unit_of_work(actor="ann") as uow:
        uow.move(uow.get(Invoice, invoice.id), "void")
    with pytest.raises(Refused, match="'void' is final"), bo.unit_of_work(actor="ann") as uow:
        uow.move(uow.get(Invoice, invoice.id), "post")


def test_a_state_is_only_moved(bo: BackOffice) -> None:
    invoice = made(bo, Invoice())
    assert refused(bo, lambda uow: setattr(uow.get(Invoice, invoice.id), "state", "posted")) == [("bo.state", "state")]
    assert refused(bo, lambda uow: uow.add(Invoice(state="psoted"))) == [("bo.invalid", "state")]


def test_a_frozen_row_and_its_children_do_not_change(bo: BackOffice, invoice: Invoice) -> None:
    frozen = ("bo.frozen", None)
    assert refused(bo, lambda uow: setattr(uow.get(Invoice, invoice.id), "text", "other")) == [frozen]
    assert refused(bo, lambda uow: uow.remove(uow.get(Invoice, invoice.id))) == [frozen]

    def change_line(uow: Any) -> None:
        uow.children(uow.get(Invoice, invoice.id), Line)[0].text = "other"

    assert refused(bo, change_line) == [frozen]
    assert refused(bo, lambda uow: uow.remove(uow.select(Line).one())) == [frozen]
    assert refused(bo, lambda uow: uow.add(Line(invoice_id=invoice.id))) == [frozen]


def test_a_line_does_not_leave_a_frozen_row_for_another(bo: BackOffice, invoice: Invoice) -> None:
    other = made(bo, Invoice())
    assert refused(bo, lambda uow: setattr(uow.select(Line).one(), "invoice_id", other.id)) == [("bo.frozen", None)]


def test_a_move_between_frozen_states_changes_nothing_else(bo: BackOffice, invoice: Invoice) -> None:
    def void_and_rewrite(uow: Any) -> None:
        found = uow.get(Invoice, invoice.id)
        uow.move(found, "void")
        found.text = "rewritten"

    assert refused(bo, void_and_rewrite) == [("bo.frozen", None)]


@pytest.mark.parametrize("flush", [False, True])
def test_what_counts_is_the_state_before_the_unit(bo: BackOffice, flush: bool) -> None:
    invoice = made(bo, Invoice())
    with bo.unit_of_work(actor="ann") as uow:
        found = uow.get(Invoice, invoice.id)
        uow.move(found, "post")
        if flush:
            uow.flush()
        found.text = "completed while posting"
        uow.add(Line(invoice_id=found.id))
    with bo.unit_of_work(actor="ann") as uow:
        new = uow.add(Invoice())
        uow.move(new, "post")
        if flush:
            uow.flush()
        new.text = "completed"
        uow.add(Line(invoice_id=new.id))
    with bo.unit_of_work(actor="ann") as uow:
        assert [i.text for i in uow.select(Invoice).order_by(Invoice.c.id)] == ["completed while posting", "completed"]


def test_append_only_rows_are_written_once(bo: BackOffice) -> None:
    log = made(bo, Log(text="first"))
    assert refused(bo, lambda uow: setattr(uow.get(Log, log.id), "text", "second")) == [("bo.append_only", None)]
    assert refused(bo, lambda uow: uow.remove(uow.get(Log, log.id))) == [("bo.append_only", None)]
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Log, log.id).text == "first"
        assert not hasattr(uow.get(Log, log.id), "version")


def test_what_the_unit_sets_is_not_set_by_hand(bo: BackOffice) -> None:
    invoice, receipt = made(bo, Invoice()), made(bo, Receipt())
    assert ("bo.identity", None) in refused(bo, lambda uow: setattr(uow.get(Invoice, invoice.id), "version", 7))
    assert refused(bo, lambda uow: setattr(uow.get(Receipt, receipt.id), "number", "R9")) == [("bo.number", "number")]


# ---------------------------------------------------------------- deleting


def test_a_text_that_no_database_can_hold_is_refused_once_with_its_own_remedy(bo: BackOffice) -> None:
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="ann") as uow:
        uow.add(Customer(code="a\0"))
    (finding,) = caught.value.findings
    assert (finding.code, finding.field) == ("bo.invalid", "code")
    assert (finding.message, finding.fix) == ("code: The text holds a NUL character.", "Take it out: databases can't store it.")


def test_a_remedy_is_given_beside_the_fault(bo: BackOffice) -> None:
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Customer(code="x" * 11), Customer(code=7)])  # type: ignore[arg-type]
    assert [(f.message, f.fix) for f in caught.value.findings] == [
        ("code has 11 characters, at most 10 are allowed.", "Give text of at most 10 characters."),
        ("code is int 7.", "Give text of at most 10 characters."),
    ]


def test_who_does_it_is_named_where_it_can_not_be_written(bo: BackOffice) -> None:
    with pytest.raises(BocoreError, match=r"^actor: The text holds a NUL character"):
        bo.unit_of_work(actor="ann\0")
    for name in ("reason", "key"):
        with pytest.raises(BocoreError, match=f"{name}: The text holds a NUL character"):
            bo.run(lambda uow: None, actor="ann", **{name: "\0"})


def test_a_second_extension_of_a_row_is_refused_by_its_name(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Loyal(points=1), extends=uow.get(Customer, customer.id))
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="ann") as uow:
        uow.add(Loyal(points=2), extends=uow.get(Customer, customer.id))
    (finding,) = caught.value.findings
    assert (finding.where, finding.message) == (f"sale_customer {customer.id}", f"Customer {customer.id} has a Loyal already.")


def test_one_row_that_refers_to_another_is_one(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"))
    made(bo, Invoice(customer_id=customer.id))
    with pytest.raises(Refused, match="1 Invoice row refers to it by customer_id"), bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Customer, customer.id))


def test_a_row_that_others_refer_to_is_not_deleted(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"))
    made(bo, Invoice(customer_id=customer.id), Invoice(customer_id=customer.id))
    with pytest.raises(Refused, match="2 Invoice rows refer to it by customer_id"), bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Customer, customer.id))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Customer, customer.id).code == "A"
        for invoice in uow.select(Invoice):
            uow.remove(invoice)
        uow.remove(uow.get(Customer, customer.id))
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(NotFound, match=f"no Customer with the id {customer.id}"):
        uow.get(Customer, customer.id)


def test_a_row_goes_with_its_extension(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        customer = uow.add(Customer(code="A"))
        uow.add(Loyal(points=5), extends=customer)
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.extension(uow.get(Customer, customer.id), Loyal).points == 5  # type: ignore[union-attr]
        uow.remove(uow.get(Customer, customer.id))
    with bo.unit_of_work(actor="ann") as uow:
        assert (uow.select(Customer).count(), uow.select(Loyal).count()) == (0, 0)


def test_what_was_only_added_goes_without_a_trace(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        customer = uow.add(Customer(code="A"))
        invoice = uow.add(Invoice(customer_id=customer.id))
        line = uow.add(Line(invoice_id=invoice.id))
        uow.remove(line)
        assert not hasattr(line, "id")
        assert uow.children(invoice, Line) == []
        uow.remove(uow.add(Receipt()))
        kept = uow.add(Receipt())
    assert kept.number == "R1"


def test_a_numbered_row_is_not_deleted(bo: BackOffice) -> None:
    receipt = made(bo, Receipt())
    assert refused(bo, lambda uow: uow.remove(uow.get(Receipt, receipt.id))) == [("bo.numbered", "number")]


def test_deleting_twice_is_deleting_once_and_a_stranger_is_refused(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"))
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(UsageError, match="does not belong to this unit"):
            uow.remove(customer)
        found = uow.get(Customer, customer.id)
        uow.remove(found)
        uow.remove(found)
        assert uow.find(Customer, code="A") is None
        assert uow.select(Customer).all() == []
        with pytest.raises(NotFound):
            uow.get(Customer, customer.id)
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.select(Customer).count() == 0


def test_a_value_is_free_again_after_its_row_is_deleted(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Customer, customer.id))
        new = uow.add(Customer(code="A"))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.find(Customer, code="A").id == new.id  # type: ignore[union-attr]


def test_a_row_goes_whose_children_have_moved_to_a_new_one(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"))
    invoice = made(bo, Invoice(customer_id=customer.id))
    with bo.unit_of_work(actor="ann") as uow:
        new = uow.add(Customer(code="B"))
        uow.get(Invoice, invoice.id).customer_id = new.id
        uow.remove(uow.get(Customer, customer.id))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.get(Invoice, invoice.id).customer_id == new.id
        assert [one.code for one in uow.select(Customer)] == ["B"]


def test_a_child_of_a_row_that_goes_is_an_orphan(bo: BackOffice) -> None:
    invoice = made(bo, Invoice())
    with pytest.raises(Refused, match=r"Invoice 1 can't be deleted: (1|a) Line"), bo.unit_of_work(actor="ann") as uow:
        found = uow.get(Invoice, invoice.id)
        uow.add(Line(invoice_id=found.id))
        uow.remove(found)


# ---------------------------------------------------------------- unique values


def test_a_value_that_is_taken_is_named_with_its_row(bo: BackOffice) -> None:
    customer = made(bo, Customer(code="A"), Customer(code="B"))
    with pytest.raises(Refused, match=f"Customer {customer.id} has the same code already: A"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Customer(code="A"))
    with pytest.raises(Refused, match="Two new rows of Customer have the same code: C"), bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Customer(code="C"), Customer(code="C")])
    with pytest.raises(Refused, match="has the same code already: A"), bo.unit_of_work(actor="ann") as uow:
        uow.find(Customer, code="B").code = "A"  # type: ignore[union-attr]


def test_columns_that_are_unique_together_are_named_together(bo: BackOffice) -> None:
    made(bo, Seat(room="red", seat=1), Seat(room="red", seat=2), Seat(room="blue", seat=1))
    with pytest.raises(Refused, match="the same room, seat already: red, 1"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Seat(room="red", seat=1))


def test_swapping_two_unique_values_says_how(bo: BackOffice) -> None:
    one = made(bo, Customer(code="A"), Customer(code="B"))
    with pytest.raises(Refused, match="to swap values, flush in between"), bo.unit_of_work(actor="ann") as uow:
        a, b = uow.select(Customer).order_by(Customer.c.code)
        a.code, b.code = "B", "A"
    with bo.unit_of_work(actor="ann") as uow:
        a, b = uow.select(Customer).order_by(Customer.c.code)
        a.code = "temporary"
        uow.flush()
        b.code = "A"
        uow.flush()
        a.code = "B"
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Customer, one.id).code == "B"


# ---------------------------------------------------------------- references and companies


def test_a_reference_to_nothing_is_named(bo: BackOffice) -> None:
    assert refused(bo, lambda uow: uow.add(Invoice(customer_id=4711))) == [("bo.no_such_row", "customer_id")]
    assert refused(bo, lambda uow: uow.add(Customer(code="A", chief_id=4711))) == [("bo.no_such_row", "chief_id")]
    invoice = made(bo, Invoice())
    assert refused(bo, lambda uow: setattr(uow.get(Invoice, invoice.id), "customer_id", 4711)) == [("bo.no_such_row", "customer_id")]


def test_references_stay_inside_a_company(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        second = uow.add(Company(code="TWO", name="Two", currency="USD", zone="UTC"))
        here = uow.add(Customer(code="HERE"))
        there = uow.add(Customer(code="THERE"), company=second)
        assert (here.company_id, there.company_id) == (uow.company.id, second.id)
    other = ("bo.other_company", "customer_id")

    def line(uow: Any) -> None:
        invoice = uow.add(Invoice(customer_id=here.id))
        uow.add(Line(invoice_id=invoice.id, customer_id=there.id, other_id=there.id))

    assert refused_in(bo, "ACME", line) == [other]
    assert refused_in(bo, "TWO", lambda uow: uow.add(Invoice(customer_id=here.id))) == [other]
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        invoice = uow.add(Invoice(customer_id=here.id))
    assert refused_in(bo, "ACME", lambda uow: setattr(uow.get(Invoice, invoice.id), "customer_id", there.id)) == [other]
    assert refused_in(bo, "ACME", lambda uow: setattr(uow.get(Invoice, invoice.id), "company_id", second.id))[0][0] == "bo.company"
    with bo.unit_of_work(actor="ann", company="TWO") as uow:
        assert uow.add(Invoice(customer_id=there.id)).company_id == second.id


def refused_in(bo: BackOffice, company: str, change: Any) -> list[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught, bo.unit_of_work(actor="ann", company=company) as uow:
        change(uow)
    return [(finding.code, finding.field) for finding in caught.value.findings]


def test_a_company_is_asked_for_where_there_are_several(bo: BackOffice) -> None:
    made(bo, Company(code="TWO", name="Two", currency="USD", zone="UTC"))
    with pytest.raises(UsageError, match=r"more than one company\. Name one of ACME, TWO:"), bo.unit_of_work(actor="ann") as uow:
        uow.company
    with pytest.raises(NotFound, match="There are: ACME, TWO"), bo.unit_of_work(actor="ann", company="THREE") as uow:
        uow.company


# ---------------------------------------------------------------- conflicts


def test_a_conflict_says_who_changed_what_and_when(bo: BackOffice, clock: FrozenClock) -> None:
    customer = made(bo, Customer(code="A"), Customer(code="B"))
    with bo.unit_of_work(actor="ann") as uow:
        seen = uow.get(Customer, customer.id).version
    clock.set("2026-02-03T10:30Z")
    with bo.unit_of_work(actor="bob") as uow:
        uow.get(Customer, customer.id).code = "C"
    with bo.unit_of_work(actor="eve") as uow:
        uow.find(Customer, code="B").code = "D"  # type: ignore[union-attr]
    with pytest.raises(Conflict) as conflict, bo.unit_of_work(actor="ann") as uow:
        uow.get(Customer, customer.id, version=seen)
    (finding,) = conflict.value.findings
    for said in ("bob", "code", "2026-02-03T10:30"):
        assert said in finding.message
    assert finding.fix
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Customer, customer.id, version=seen + 1).code == "C"


def test_an_actor_is_needed(bo: BackOffice) -> None:
    for actor in ("", None, 5):
        with pytest.raises(UsageError, match="needs an actor"):
            bo.unit_of_work(actor=actor)  # type: ignore[arg-type]
