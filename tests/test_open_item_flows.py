"""Flows of business that live from open items, with their figures: web shop, payroll, health claims, prepayment, returned payments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import (
    BackOffice,
    Company,
    ItemKind,
    Line,
    Money,
    Paid,
    Party,
    Plugin,
    Voucher,
    check_items,
    lock_period,
    open_items,
    posted_from,
    settle_lines,
)
from bocore.testing import FrozenClock, posted

CLINIC = Plugin(
    prefix="clinic",
    purposes={"clinic.payer": "receivable", "clinic.patient": "receivable", "clinic.contractual": "sales", "clinic.remit": "clearing"},
)


@pytest.fixture
def bo(tmp_path: Path, clock: FrozenClock) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[CLINIC], clock=clock) as office:
        yield office.init(company="Acme Ltd", currency="EUR")


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


def post(bo: BackOffice, key: str, *lines: tuple[Any, ...], on: date, **more: Any) -> None:
    """Post a voucher from lines written as (purpose, amount, options)."""
    made = [Line(line[0], eur(line[1]), **(line[2] if len(line) > 2 else {})) for line in lines]
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(Voucher(key, key.partition(":")[0], made, posting_date=on, **more))


def remaining(bo: BackOffice, **asked: Any) -> dict[str, str]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_items(uow)) == []
        return {row.key: str(row.remaining) for row in open_items(uow, **asked)}


def balances(bo: BackOffice, *purposes: str) -> Sequence[str]:
    """What the lines of all vouchers add up to, for each purpose."""
    lines = [line for record in posted(bo) for line in posted_from(record).voucher.lines]
    return [str(sum((line.base for line in lines if line.purpose == purpose and line.base), eur("0.00"))) for purpose in purposes]


def test_a_web_order_in_two_parcels_is_settled_by_the_payment_provider(bo: BackOffice) -> None:
    """A 60 + B 40 + shipping 10, 20 % VAT; captures of 84 and 48, a refund of 24, settled as 105.50 after a fee of 2.50."""
    day = date(2026, 1, 12)
    post(bo, "ship:1", ("clearing", "84.00", {"opens": "psp:pi1:c1"}), ("sales", "-70.00"), ("tax.output", "-14.00"), on=day)
    post(bo, "ship:2", ("clearing", "48.00", {"opens": "psp:pi1:c2"}), ("sales", "-40.00"), ("tax.output", "-8.00"), on=day)
    post(bo, "refund:1", ("sales.returns", "20.00"), ("tax.output", "4.00"), ("clearing", "-24.00", {"opens": "psp:pi1:r1"}), on=day)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = open_items(uow, purpose="clearing")
    assert [(row.key, row.kind, str(row.remaining), row.party_id) for row in rows] == [
        ("psp:pi1:c1", ItemKind.CLEARING, "84.00 EUR", None),
        ("psp:pi1:c2", ItemKind.CLEARING, "48.00 EUR", None),
        ("psp:pi1:r1", ItemKind.CLEARING, "-24.00 EUR", None),
    ]
    post(
        bo, "payout:1", ("bank", "105.50"), ("bank.fees", "2.50"), ("clearing", "-84.00", {"settles": "psp:pi1:c1"}),
        ("clearing", "-48.00", {"settles": "psp:pi1:c2"}), ("clearing", "24.00", {"settles": "psp:pi1:r1"}), on=date(2026, 1, 14),
    )  # fmt: skip
    assert remaining(bo) == {}
    assert balances(bo, "clearing", "bank", "tax.output") == ["0.00 EUR", "105.50 EUR", "-18.00 EUR"]


def test_a_pay_run_owes_one_aggregated_sum_and_its_reversal_owes_nothing(bo: BackOffice) -> None:
    """Gross 5 000.00 in shares of 33/33/34; employer's tax 382.50; a garnishment of 400 to a court; net pay 3 617.50 as one item."""
    with bo.unit_of_work(actor="ann") as uow:
        court = uow.add(Party(name="County court")).id
    taxes = [("wages.employer", "126.23"), ("wages.employer", "126.22"), ("wages.employer", "130.05")]
    wages = [("wages", "1650.00"), ("wages", "1650.00"), ("wages", "1700.00")]
    owed: list[tuple[Any, ...]] = [
        ("wages.withheld", "-600.00"),
        ("wages.withheld", "-765.00"),
        ("employee.payable", "-400.00", {"opens": "pr:17:g:case9", "party": court}),
        ("employee.payable", "-3617.50", {"opens": "pr:17:net"}),
    ]
    post(bo, "payroll.run:17:post", *wages, *taxes, *owed, on=date(2026, 1, 31))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = {row.key: (str(row.remaining), row.party_id) for row in open_items(uow)}
    assert found == {"pr:17:net": ("-3617.50 EUR", None), "pr:17:g:case9": ("-400.00 EUR", court)}
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("payroll.run:17:post", "Wrong month")
    assert remaining(bo) == {}
    assert set(balances(bo, "wages", "wages.employer", "wages.withheld", "employee.payable")) == {"0.00 EUR"}


def test_a_claim_is_taken_back_after_the_patient_has_paid(bo: BackOffice) -> None:
    """250 charged; 120 paid, 90 contractual, 40 the patient's, which he pays; then taken back after the close: 40 are his credit.

    Decided anew: 100 paid, 110 contractual, 40 the patient's; 40 of a second payer, who pays 30 of them.
    """
    post(bo, "claim:55", ("clinic.payer", "250.00", {"opens": "clm:55:P1"}), ("sales", "-250.00"), on=date(2026, 1, 8))
    post(
        bo, "era:998", ("clinic.remit", "120.00", {"opens": "trn:998"}), ("clinic.contractual", "90.00"),
        ("clinic.patient", "40.00", {"opens": "clm:55:pat"}), ("clinic.payer", "-250.00", {"settles": "clm:55:P1"}), on=date(2026, 1, 20),
    )  # fmt: skip
    post(bo, "pat:1", ("bank", "40.00"), ("clinic.patient", "-40.00", {"settles": "clm:55:pat"}), on=date(2026, 1, 28))
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("era:998", "Taken back by the payer")
    assert remaining(bo, as_of=date(2026, 1, 31)) == {"trn:998": "120.00 EUR"}
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = {row.key: (row.kind.value, str(row.remaining)) for row in open_items(uow)}
    assert rows == {"clm:55:P1": ("invoice", "250.00 EUR"), "clm:55:pat": ("credit", "-40.00 EUR")}
    day = date(2026, 2, 2)
    post(
        bo, "era:999", ("clinic.remit", "100.00", {"opens": "trn:999"}), ("clinic.contractual", "110.00"),
        ("clinic.patient", "40.00", {"opens": "clm:55:pat:2"}), ("clinic.payer", "-250.00", {"settles": "clm:55:P1"}), on=day,
    )  # fmt: skip
    second = ("clinic.payer", "40.00", {"opens": "clm:55:P2"}), ("clinic.patient", "-40.00", {"settles": "clm:55:pat:2"})
    post(bo, "second:1", *second, on=day)
    post(bo, "era:1000", ("bank", "30.00"), ("clinic.payer", "-30.00", {"settles": "clm:55:P2"}), on=date(2026, 2, 10))
    assert remaining(bo, purpose="receivable") == {"clm:55:pat": "-40.00 EUR", "clm:55:P2": "10.00 EUR"}
    back = ("clinic.payer", "-10.00", {"settles": "clm:55:P2"}), ("clinic.patient", "10.00", {"settles": "clm:55:pat"})
    post(bo, "back:1", *back, on=date(2026, 2, 11))
    assert remaining(bo) == {"trn:999": "100.00 EUR", "clm:55:pat": "-30.00 EUR"}
    assert balances(bo, "clinic.patient", "clinic.payer") == ["-30.00 EUR", "0.00 EUR"]


def test_an_advance_is_used_up_by_the_invoice(bo: BackOffice) -> None:
    """600 in advance, 100 of it VAT; then 1 200 for twelve months and 240 VAT, of which 140 are still due: 840 stay to be paid."""
    paid = ("customer.advance", "-500.00", {"opens": "adv:1"})
    post(bo, "advance:1", ("bank", "600.00"), paid, ("tax.output", "-100.00"), on=date(2026, 6, 15))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [(row.key, row.kind) for row in open_items(uow)] == [("adv:1", ItemKind.ADVANCE)]
    service = {"service": (date(2026, 7, 1), date(2027, 6, 30))}
    post(
        bo, "inv:1", ("receivable", "840.00", {"opens": "inv:1"}), ("customer.advance", "500.00", {"settles": "adv:1"}),
        ("sales", "-1200.00", service), ("tax.output", "-140.00"), on=date(2026, 7, 1),
    )  # fmt: skip
    assert remaining(bo) == {"inv:1": "840.00 EUR"}
    assert remaining(bo, as_of=date(2026, 6, 30), kind="advance") == {"adv:1": "-500.00 EUR"}
    assert balances(bo, "customer.advance", "tax.output") == ["0.00 EUR", "-240.00 EUR"]


def test_a_payment_that_the_bank_rejects_reopens_the_bill_with_its_due_date(bo: BackOffice) -> None:
    """A bill of 900 is paid by a file; the bank rejects it: the bill is open again, as old as it is, and nothing is in transit."""
    due = date(2026, 2, 9)
    with bo.unit_of_work(actor="ann") as uow:
        supplier = uow.add(Party(name="Bolt Ltd")).id
    bill = ("payable", "-900.00", {"opens": "bill:3", "party": supplier, "due": due})
    post(bo, "bill:3", ("cogs", "900.00"), bill, on=date(2026, 1, 10))
    sent = ("payable", "900.00", {"settles": "bill:3"}), ("clearing", "-900.00", {"opens": "pay:77"})
    post(bo, "pay:77", *sent, on=due)
    assert remaining(bo) == {"pay:77": "-900.00 EUR"}
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("pay:77", "AC04: the account is closed", date(2026, 2, 12))
        (row,) = open_items(uow)
    assert (row.key, row.due, row.party_id, str(row.remaining)) == ("bill:3", due, supplier, "-900.00 EUR")
    days = [date(2026, 2, 8), due, date(2026, 2, 11), date(2026, 2, 12)]
    assert [list(remaining(bo, as_of=day)) for day in days] == [["bill:3"], ["pay:77"], ["pay:77"], ["bill:3"]]


def test_a_payment_that_comes_back_late_reopens_the_bill_through_the_bank(bo: BackOffice) -> None:
    """The bank has booked the 900 already, and returns them a week later."""
    bill = ("payable", "-900.00", {"opens": "bill:3", "due": date(2026, 2, 9)})
    post(bo, "bill:3", ("cogs", "900.00"), bill, on=date(2026, 1, 10))
    sent = ("payable", "900.00", {"settles": "bill:3"}), ("clearing", "-900.00", {"opens": "pay:77"})
    post(bo, "pay:77", *sent, on=date(2026, 2, 9))
    post(bo, "stmt:5", ("clearing", "900.00", {"settles": "pay:77"}), ("bank", "-900.00"), on=date(2026, 2, 10))
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("pay:77", "MD06: returned", date(2026, 2, 17))
    assert remaining(bo) == {"bill:3": "-900.00 EUR", "pay:77": "900.00 EUR"}
    post(bo, "stmt:6", ("bank", "900.00"), ("clearing", "-900.00", {"settles": "pay:77"}), on=date(2026, 2, 17))
    assert remaining(bo) == {"bill:3": "-900.00 EUR"}
    assert balances(bo, "bank", "clearing") == ["0.00 EUR", "0.00 EUR"]


def test_companies_of_one_owner_keep_items_with_each_other(bo: BackOffice) -> None:
    """A sells to B for 1 000 EUR; B keeps its books in GBP, at 0.86, and pays at 0.87."""
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="B", name="Bolt Ltd", currency="GBP"))
    with bo.unit_of_work(actor="ann", company=1) as uow:
        owed = Line("ic.receivable", eur("1000.00"), partner=2, opens="ic:7")
        uow.post(Voucher("ic:7:a", "ic", [owed, Line("sales", eur("-1000.00"), partner=2)]))
    with bo.unit_of_work(actor="ann", company="B") as uow:
        debt = Line("ic.payable", eur("-1000.00"), base=Money("-860.00", "GBP"), partner=1, opens="ic:7")
        uow.post(Voucher("ic:7:b", "ic", [Line("inventory", Money("860.00", "GBP")), debt]))
    with bo.unit_of_work(actor="ann", company="B") as uow:
        lines = settle_lines(uow, [Paid("ic:7", base=Money("870.00", "GBP"))])
        uow.post(Voucher("ic:7:pay", "pay", [*lines, Line("bank", Money("-870.00", "GBP"))]))
        assert [(line.purpose, str(line.base)) for line in lines] == [("ic.payable", "860.00 GBP"), ("fx.realised", "10.00 GBP")]
        assert open_items(uow) == []
        assert [(row.key, row.partner_id, str(row.remaining)) for row in open_items(uow, company=1)] == [("ic:7", 2, "1000.00 EUR")]


def test_opening_balances_come_in_item_by_item(bo: BackOffice) -> None:
    """What was open before the books began: each invoice with its own date, so that it ages from there."""
    items = [("inv:old:1", "120.00", date(2025, 10, 30)), ("inv:old:2", "80.00", date(2025, 12, 14)), ("cn:old:1", "-15.00", None)]
    lines = [("receivable", amount, {"opens": key, "due": due}) for key, amount, due in items]
    opening = {"nature": "opening", "document_date": date(2025, 12, 31)}
    post(bo, "opening:2026", *lines, ("equity.opening", "-185.00"), on=date(2026, 1, 1), **opening)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [(row.key, row.kind.value, row.due) for row in open_items(uow)] == [
            ("inv:old:1", "invoice", date(2025, 10, 30)),
            ("inv:old:2", "invoice", date(2025, 12, 14)),
            ("cn:old:1", "credit", None),
        ]
    post(bo, "pay:1", ("bank", "120.00"), ("receivable", "-120.00", {"settles": "inv:old:1"}), on=date(2026, 1, 9))
    assert remaining(bo) == {"inv:old:2": "80.00 EUR", "cn:old:1": "-15.00 EUR"}
