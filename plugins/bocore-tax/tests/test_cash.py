"""Cash basis: tax is declared when it is paid, by the share that is paid."""

from __future__ import annotations

from datetime import date

import pytest

from bocore import Line, Money, TaxFact, Voucher, open_items
from bocore_tax import LineKind, Scheme, TaxLine

DAY = date(2026, 1, 10)


def eur(amount):
    return Money(amount, "EUR")


@pytest.fixture
def payer(shop):
    """A firm that declares what it was paid."""
    shop.register(scheme=Scheme.CASH)
    return shop


def declared(firm):
    """Day of declaring, base and tax, of what is declared."""
    rows = [row for row in firm.report("tax.ledger") if row.declared is not None]
    return [(row.declared, str(row.base.amount), str(row.tax.amount)) for row in rows]


def total(firm):
    """Base and tax of all that is declared."""
    with firm.work(read_only=True) as uow:
        rows = uow.select(TaxLine).where(TaxLine.c.declared.is_not(None)).all()
    return tuple(str(sum((getattr(row, name) for row in rows), eur("0.00")).amount) for name in ("base", "tax"))


def post(firm, key, *lines, **more):
    """A voucher of the tenth of January."""
    with firm.work() as uow:
        uow.post(Voucher(key, key.partition(":")[0], list(lines), document_date=DAY, **more))


def fact(base, tax):
    return TaxFact("XA-STD", base=eur(base), tax=eur(tax), direction="output", on=DAY, registration="XA")


def taxed(base, tax):
    """The tax of a sale as a line of a voucher."""
    return Line("tax.output", eur(tax), tax=fact(base, tax))


def test_an_invoice_is_declared_as_it_is_paid_and_the_last_payment_leaves_nothing(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    assert declared(payer) == []
    payer.pay("p:1", "s:1", "40.00", date(2026, 2, 1))
    payer.pay("p:2", "s:1", "40.00", date(2026, 4, 2))
    payer.pay("p:3", "s:1", "40.00", date(2026, 5, 2))
    assert declared(payer) == [
        (date(2026, 2, 1), "-33.33", "-6.67"), (date(2026, 4, 2), "-33.34", "-6.66"), (date(2026, 5, 2), "-33.33", "-6.67"),
    ]  # fmt: skip


def test_a_bill_is_given_back_as_it_is_paid(payer):
    payer.buy("b:1", "200.00", opens="b:1")
    payer.pay("p:1", "b:1", "-60.00", date(2026, 2, 1), purpose="payable")
    assert declared(payer) == [(date(2026, 2, 1), "50.00", "10.00")]


def test_what_is_paid_at_once_is_declared_at_once(payer):
    payer.sell("s:1", "100.00")
    assert declared(payer) == [(date(2026, 1, 10), "-100.00", "-20.00")]


def test_a_payment_that_is_taken_back_takes_its_tax_back(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    payer.pay("p:1", "s:1", "60.00", date(2026, 2, 1))
    with payer.work() as uow:
        uow.reverse("p:1", "The cheque bounced")
    assert [row[1:] for row in declared(payer)] == [("-50.00", "-10.00"), ("50.00", "10.00")]


def test_an_invoice_that_is_taken_back_leaves_what_was_declared_at_nothing(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    with payer.work() as uow:
        uow.reverse("s:1", "Never delivered")
    with payer.work(read_only=True) as uow:
        rows = uow.select(TaxLine).where(TaxLine.c.kind != LineKind.WAITING).all()
    assert sum(row.tax.minor_units for row in rows) == 0
    assert sum(row.base.minor_units for row in rows) == 0


def test_a_payment_in_a_filed_quarter_is_declared_in_the_next(payer, clock):
    payer.sell("s:1", "100.00", opens="s:1")
    clock.set("2026-04-20T09:00Z")
    first = payer.declare()
    assert payer.boxes(first)["1"] == "0.00"
    payer.pay("p:1", "s:1", "120.00", date(2026, 3, 30))
    row = payer.report("tax.ledger")[-1]
    assert (row.posting_date, row.declared, row.late) == (date(2026, 3, 30), date(2026, 4, 1), True)


def test_the_ledger_ties_to_the_books_while_tax_waits(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    payer.pay("p:1", "s:1", "40.00", date(2026, 1, 12))
    assert [row.what for row in payer.report("tax.reconciliation") if row.difference] == []


# ---------------------------------------------------------------- what is no payment


def test_what_is_written_off_was_not_paid(payer):
    """On cash basis nothing is due on what is never paid: relief for bad debts comes by itself."""
    payer.sell("s:1", "100.00", opens="s:1")
    payer.pay("p:1", "s:1", "60.00", date(2026, 2, 1))
    post(payer, "w:1", Line("expense", eur("60.00")), Line("receivable", eur("-60.00"), settles="s:1"))
    assert declared(payer) == [(date(2026, 2, 1), "-50.00", "-10.00")]


def test_a_debt_that_is_paid_after_all_is_declared_when_its_writing_off_is_taken_back(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    post(payer, "w:1", Line("expense", eur("120.00")), Line("receivable", eur("-120.00"), settles="s:1"))
    with payer.work() as uow:
        uow.reverse("w:1", "Paid after all")
    assert declared(payer) == []
    with payer.work(read_only=True) as uow:
        (item,) = open_items(uow, purpose="receivable")
    payer.pay("p:1", item.key, "120.00", date(2026, 2, 1))
    assert declared(payer) == [(date(2026, 2, 1), "-100.00", "-20.00")]


def test_what_is_written_off_with_its_tax_declares_nothing_either(payer):
    """Posted like this the tax that waits leaves the books as well."""
    payer.sell("s:1", "100.00", opens="s:1")
    relief = Line("tax.output", eur("20.00"), tax=fact("100.00", "20.00"))
    post(payer, "w:1", Line("expense", eur("100.00")), relief, Line("receivable", eur("-120.00"), settles="s:1"))
    assert total(payer) == ("0.00", "0.00")
    assert {row.what: str(row.books) for row in payer.report("tax.reconciliation")}["tax.output"] == "0.00 EUR"


def test_a_customer_has_paid_what_the_bank_kept_and_not_what_was_let_go(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    payer.sell("s:2", "100.00", opens="s:2")
    post(payer, "p:1", Line("bank", eur("117.50")), Line("bank.fees", eur("2.50")), Line("receivable", eur("-120.00"), settles="s:1"))
    post(payer, "p:2", Line("bank", eur("90.00")), Line("sales.returns", eur("30.00")), Line("receivable", eur("-120.00"), settles="s:2"))
    assert [row[1:] for row in declared(payer)] == [("-100.00", "-20.00"), ("-75.00", "-15.00")]


def test_one_payment_of_two_invoices_shares_out_what_is_written_off(payer):
    for key in ("s:1", "s:2"):
        payer.sell(key, "100.00", opens=key)
    settled = [Line("receivable", eur("-120.00"), settles=key) for key in ("s:1", "s:2")]
    post(payer, "p:1", Line("bank", eur("180.00")), Line("expense", eur("60.00")), *settled)
    assert [row[1:] for row in declared(payer)] == [("-75.00", "-15.00"), ("-75.00", "-15.00")]


def test_a_bill_that_a_supplier_lets_go_is_not_paid(payer):
    payer.buy("b:1", "100.00", opens="b:1")
    post(payer, "w:1", Line("payable", eur("120.00"), settles="b:1"), Line("income", eur("-120.00")))
    assert declared(payer) == []


def test_a_credit_note_and_the_rest_that_is_paid_make_the_whole(payer):
    payer.sell("s:1", "100.00", opens="s:1")
    credit = [Line("sales.returns", eur("50.00")), Line("tax.output", eur("10.00"), tax=fact("50.00", "10.00"))]
    post(payer, "c:1", Line("receivable", eur("-60.00"), settles="s:1"), *credit)
    assert total(payer) == ("0.00", "0.00")
    payer.pay("p:1", "s:1", "60.00", date(2026, 2, 1))
    assert total(payer) == ("-50.00", "-10.00")


def test_valuing_an_item_anew_is_no_payment(payer):
    usd = [Money(amount, "USD") for amount in ("120.00", "-100.00", "-20.00")]
    tax = TaxFact("XA-STD", base=usd[1], tax=usd[2], direction="output", on=DAY, registration="XA")
    lines = [Line("receivable", usd[0], base=eur("108.00"), opens="s:1"), Line("sales", usd[1], base=eur("-90.00"))]
    post(payer, "s:1", *lines, Line("tax.output", usd[2], base=eur("-18.00"), tax=tax))
    worth = Line("receivable", Money("0.00", "USD"), base=eur("3.60"), settles="s:1")
    post(payer, "r:1", worth, Line("fx.unrealised", eur("-3.60")), nature="revaluation")
    assert declared(payer) == []
    paid = Line("receivable", Money("-120.00", "USD"), base=eur("-108.00"), settles="s:1")
    post(payer, "p:1", Line("bank", eur("114.00")), paid, Line("fx.realised", eur("-6.00")))
    assert total(payer) == ("-90.00", "-18.00")


# ---------------------------------------------------------------- what waits, and what does not


def test_an_advance_is_declared_when_it_comes_in(payer):
    """The tax point of an advance is its receipt, and with the invoice the rest waits: nothing is declared twice."""
    post(payer, "a:1", Line("bank", eur("60.00")), Line("customer.advance", eur("-50.00"), opens="a:1"), taxed("-50.00", "-10.00"))
    assert declared(payer) == [(DAY, "-50.00", "-10.00")]
    set_off = [Line("customer.advance", eur("50.00"), settles="a:1"), taxed("50.00", "10.00")]
    invoice = [Line("receivable", eur("60.00"), opens="s:1"), Line("sales", eur("-100.00")), taxed("-100.00", "-20.00")]
    post(payer, "s:1", *invoice, *set_off)
    assert total(payer) == ("-50.00", "-10.00")
    payer.pay("p:1", "s:1", "60.00", date(2026, 2, 1))
    assert total(payer) == ("-100.00", "-20.00")


def test_what_is_paid_at_the_till_is_declared_and_the_rest_waits(payer):
    sold = [Line("sales", eur("-100.00")), taxed("-100.00", "-20.00")]
    post(payer, "s:1", Line("cash", eur("40.00")), Line("receivable", eur("80.00"), opens="s:1"), *sold)
    assert declared(payer) == [(DAY, "-33.33", "-6.67")]
    payer.pay("p:1", "s:1", "80.00", date(2026, 2, 1))
    assert total(payer) == ("-100.00", "-20.00")
    assert [row.what for row in payer.report("tax.reconciliation") if row.difference] == []


def test_a_card_pays_at_once_whenever_it_is_paid_out(payer):
    post(payer, "s:1", Line("clearing", eur("120.00"), opens="card:1"), Line("sales", eur("-100.00")), taxed("-100.00", "-20.00"))
    assert declared(payer) == [(DAY, "-100.00", "-20.00")]


def test_each_instalment_declares_its_own(payer):
    owed = [Line("receivable", eur("40.00"), opens="s:1/1"), Line("receivable", eur("80.00"), opens="s:1/2")]
    post(payer, "s:1", *owed, Line("sales", eur("-100.00")), taxed("-100.00", "-20.00"))
    assert declared(payer) == []
    payer.pay("p:1", "s:1/1", "40.00", date(2026, 2, 1))
    payer.pay("p:2", "s:1/2", "80.00", date(2026, 3, 1))
    assert [row[1:] for row in declared(payer)] == [("-33.33", "-6.67"), ("-66.67", "-13.33")]


def test_what_a_buyer_owes_does_not_wait_for_his_payment(payer):
    """VAT Notice 731, paragraph 5.5 (by a secondary account): the scheme is not for imports. A reverse charge nets to zero either way."""
    payer.buy("b:1", "100.00", opens="b:1", counterpart="XQ", business=True)
    assert [row[1:] for row in declared(payer)] == [("-100.00", "-20.00"), ("100.00", "20.00")]
