"""Cash basis: tax is declared when it is paid, by the share that is paid."""

from __future__ import annotations

from datetime import date

import pytest

from bocore import Money
from bocore_tax import LineKind, Scheme, TaxLine


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
