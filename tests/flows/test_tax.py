"""Tax returns: a bill that comes after its quarter was filed, a correction, and a return whose lines can be walked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from types import ModuleType

import pytest

from bocore import (
    Entity,
    Finding,
    Money,
    Plugin,
    Posted,
    Refused,
    TaxFact,
    UnitOfWork,
    VoucherRecord,
    entity,
    field,
    hookimpl,
    posted_from,
    ref,
)
from bocore import (
    money as money_field,
)
from flows.office import Office, line, money

AREA = "tax:GB"


@entity("vat_fact", append_only=True, company=True, index=["declared"])
class Fact(Entity):
    """A tax fact of a voucher, with the day by whose return it is declared."""

    voucher_id: int = ref(VoucherRecord)
    arose: date
    declared: date
    direction: str = field(max_length=10)
    tax: Money = money_field()


class Vat(ModuleType):
    """A tax ledger of its own: it takes facts from whatever is posted, and never looks at invoices."""

    plugin = Plugin(prefix="vat", entities=Fact)

    def __init__(self) -> None:
        super().__init__("vat")

        @hookimpl
        def bo_posted(uow: UnitOfWork, vouchers: Iterable[Posted]) -> None:
            take(uow, vouchers)

        self.bo_posted = bo_posted


def take(uow: UnitOfWork, vouchers: Iterable[Posted]) -> None:
    """Keep the facts of vouchers: when they are posted, or later from their records."""
    for posted in vouchers:
        for one in posted.voucher.lines:
            if one.tax is not None and one.tax.registration == "GB":
                arose = one.tax.on or posted.voucher.tax_date or posted.record.document_date
                declared = posted.voucher.tax_day(one.tax)
                assert declared is not None
                fact = Fact(voucher_id=posted.record.id, arose=arose, declared=declared, direction=one.tax.direction, tax=one.tax.tax)
                uow.add(fact, company=posted.record.company_id)


def declare(office: Office, since: str, through: str) -> dict[str, list[tuple[str, str]]]:
    """The return of a period: direction → its facts, by the voucher that each comes from."""
    lines: dict[str, list[tuple[str, str]]] = {}
    with office.work("carla", read_only=True) as uow:
        period = Fact.c.declared.between(date.fromisoformat(since), date.fromisoformat(through))
        for fact in uow.select(Fact).where(period).order_by(Fact.c.id):
            lines.setdefault(fact.direction, []).append((uow.get(VoucherRecord, fact.voucher_id).key, str(fact.tax.amount)))
    return lines


def gb(base: str, tax: str, direction: str = "output") -> TaxFact:
    return TaxFact("GB20", money(base), money(tax), Decimal(20), direction, registration="GB")


def file_quarter(office: Office) -> None:
    """Q1 has sales of 1,000.00 with 200.00 of tax, of which 250.00 were declared by mistake; it is filed on 20 April."""
    office.clock.set("2026-03-10T09:00Z")
    fact = gb("-1250.00", "-250.00")
    sold = [line("receivable", "1250.00", opens="inv:1"), line("sales", "-1000.00"), line("tax.output", "-250.00", tax=fact)]
    office.book("bill.invoice:1", "2026-03-10", *sold)
    office.clock.set("2026-04-20T09:00Z")
    office.lock(AREA, "2026-03-31")
    office.clock.set("2026-04-25T09:00Z")


@pytest.fixture
def filed(open_office: Callable[..., Office]) -> Office:
    office = open_office(Vat())
    file_quarter(office)
    return office


def late_bill(office: Office, **more: str) -> list[Finding]:
    """A bill of 20 March over 100.00 and 20.00 of tax, which comes in on 25 April."""
    lines = [
        line("expense", "100.00"),
        line("tax.input", "20.00", tax=gb("100.00", "20.00", "input")),
        line("payable", "-120.00", opens="bill:9"),
    ]
    receipt = office.book("bill.bill:9", "2026-04-25", *lines, document_date=date(2026, 3, 20), tax_date=date(2026, 3, 20), **more)
    return list(receipt.findings)


def test_a_bill_that_comes_after_the_return_was_filed_is_declared_in_the_next(filed: Office) -> None:
    with pytest.raises(Refused, match="tax:GB"):
        late_bill(filed)
    assert [finding.code for finding in late_bill(filed, if_closed="next_open")] == ["bo.moved_late"]
    assert declare(filed, "2026-01-01", "2026-03-31") == {"output": [("bill.invoice:1", "-250.00")]}
    assert declare(filed, "2026-04-01", "2026-06-30") == {"input": [("bill.bill:9", "20.00")]}
    assert filed.balances(as_of="2026-04-24") == {"1100": "1250.00", "2200": "-250.00", "4000": "-1000.00"}
    assert filed.balances(since="2026-04-25")["1160"] == "20.00"  # the ledger was open, and counts it on the day on which it came
    with filed.work(read_only=True) as uow:
        (fact,) = uow.select(Fact, direction="input")
        assert (fact.arose, fact.declared) == (date(2026, 3, 20), date(2026, 4, 1))
    assert [(row.area, row.label, row.asked, row.day) for row in filed.report("late-postings")] == [
        (AREA, "bill.bill:9", date(2026, 3, 20), date(2026, 4, 1))
    ]


def test_a_line_of_a_return_leads_to_its_voucher_and_who_posted_it(filed: Office) -> None:
    late_bill(filed, if_closed="next_open")
    ((key, _),) = declare(filed, "2026-04-01", "2026-06-30")["input"]
    steps = [row.step for row in filed.report("trace", of=key)]
    assert steps[:2] == ["voucher", "commit"]
    assert steps.count("line") == 3


def test_an_error_of_a_filed_return_is_corrected_in_the_next_and_the_filed_one_stays(filed: Office) -> None:
    """50.00 too much were declared: a correction of 50.00 counts in Q2, and Q1 is as it was filed."""
    before = declare(filed, "2026-01-01", "2026-03-31")
    lines = [line("tax.output", "50.00", tax=gb("250.00", "50.00")), line("sales", "-50.00")]
    filed.book("bill.correction:1", "2026-04-25", *lines, tax_date=date(2026, 3, 10), if_closed="next_open")
    assert declare(filed, "2026-01-01", "2026-03-31") == before
    assert declare(filed, "2026-04-01", "2026-06-30") == {"output": [("bill.correction:1", "50.00")]}
    assert filed.balance("tax.output") == "-200.00"


def test_a_sale_of_the_filed_quarter_that_is_taken_back_is_declared_back_in_the_next(filed: Office) -> None:
    filed.reverse("bill.invoice:1", "Never delivered")
    assert declare(filed, "2026-04-01", "2026-06-30") == {"output": [("bill.invoice:1:reversal", "250.00")]}
    assert filed.balances(as_of="2026-03-31") == {}  # the ledger was open: there it never was
    assert (filed.balances(), filed.items()) == ({}, {})


def test_a_tax_ledger_that_is_installed_later_finds_the_facts_in_the_vouchers(filed: Office, open_office: Callable[..., Office]) -> None:
    late_bill(filed, if_closed="next_open")
    before = open_office(name="late")
    file_quarter(before)
    late_bill(before, if_closed="next_open")
    vat = open_office(Vat(), name="late")
    with vat.work("carla") as uow:
        take(uow, [posted_from(record) for record in uow.select(VoucherRecord).order_by(VoucherRecord.c.id)])
    for period in (("2026-01-01", "2026-03-31"), ("2026-04-01", "2026-06-30")):
        assert declare(vat, *period) == declare(filed, *period) != {}
