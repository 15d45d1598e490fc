"""Paid before it is delivered: an advance with its tax, the invoice that uses it up, and revenue that is earned month by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from bocore import Line, Money, TaxFact, Voucher, largest_remainder, posted_from
from bocore.testing import posted
from bocore_accounting import Line as Posting
from flows.office import Office, line, money

YEAR = (date(2026, 7, 1), date(2027, 6, 30))


def sell(office: Office) -> None:
    """600.00 in advance, 100.00 of it tax, which is due with the payment; then 1,200.00 for twelve months, with 240.00 of tax."""
    paid = TaxFact("S20", money("-500.00"), money("-100.00"), Decimal(20), on=date(2026, 6, 15))
    office.clock.set("2026-06-15T09:00Z")
    advance = line("customer.advance", "-500.00", opens="adv:1")
    office.book("bank.receipt:1", "2026-06-15", line("bank", "600.00"), advance, line("tax.output", "-100.00", tax=paid))
    rest = TaxFact("S20", money("-700.00"), money("-140.00"), Decimal(20))
    office.clock.set("2026-07-01T09:00Z")
    office.book(
        "bill.invoice:1", "2026-07-01", line("receivable", "840.00", opens="inv:1", due=date(2026, 7, 31)),
        line("customer.advance", "500.00", settles="adv:1"), line("sales", "-1200.00", service=YEAR),
        line("tax.output", "-140.00", tax=rest),
    )  # fmt: skip


def defer(office: Office) -> list[str]:
    """What a module that defers revenue does: it finds lines whose service goes beyond their month, and releases a month at a time.

    Returns the keys of the vouchers, whose posting again changes nothing.
    """
    (invoice,) = posted(office.bo, kind="bill.invoice")
    (at, sold) = next((at, one) for at, one in enumerate(posted_from(invoice).voucher.lines, 1) if one.service == YEAR)
    shares = largest_remainder(-sold.amount.minor_units, [1] * 12)
    months = [date(2026 + (6 + n) // 12, (6 + n) % 12 + 1, 1) for n in range(12)]
    vouchers = [release(f"deferral:{invoice.id}:{at}", months[0], -sum(shares[1:]))]
    vouchers += [
        release(f"deferral:{invoice.id}:{at}:{month:%Y-%m}", month, share) for month, share in zip(months[1:], shares[1:], strict=True)
    ]
    office.post(*vouchers, actor="deferrals")
    return [one.key for one in vouchers]


def release(key: str, on: date, minor: int) -> Voucher:
    amount = Money.minor(minor, "EUR")
    return Voucher(key, "deferral", [Line("deferred.revenue", amount), Line("sales", -amount)], posting_date=on)


def test_the_invoice_takes_the_advance_and_leaves_the_rest_to_be_paid(office: Office) -> None:
    sell(office)
    assert 840 + 500 == 1200 + 140
    assert office.items(as_of="2026-06-30") == {"adv:1": "-500.00"}
    assert office.items(as_of="2026-06-30", kind="advance") == {"adv:1": "-500.00"}
    assert office.items() == {"inv:1": "840.00"}
    assert office.balances(as_of="2026-06-30") == {"1010": "600.00", "2040": "-500.00", "2200": "-100.00"}
    assert office.balances() == {"1010": "600.00", "1100": "840.00", "2200": "-240.00", "4000": "-1200.00"}
    with office.work(read_only=True) as uow:
        facts = [entry.tax for entry in uow.select(Posting).order_by(Posting.c.id) if entry.tax]
    assert [(fact["tax"], fact["on"]) for fact in facts] == [([-10000, "EUR"], "2026-06-15"), ([-14000, "EUR"], None)]


def test_revenue_is_earned_month_by_month(office: Office) -> None:
    sell(office)
    keys = defer(office)
    assert len(keys) == 12
    before = office.balances()
    assert defer(office) == keys  # the same keys again: nothing is posted twice
    assert office.balances() == before
    earned = {"2026-07-31": ("100.00", "1100.00"), "2026-12-31": ("600.00", "600.00"), "2027-05-31": ("1100.00", "100.00")}
    for on, (revenue, deferred) in earned.items():
        assert office.balances(as_of=on)["4000"] == f"-{revenue}"
        assert office.balances(as_of=on)["2060"] == f"-{deferred}"
    assert "2060" not in office.balances()
    years = [office.statement("income-statement", year=year)["4000"] for year in (2026, 2027)]
    assert years == ["600.00", "600.00"]
    assert office.statement("balance-sheet", as_of="2026-12-31")["2060"] == "600.00"


def test_an_invoice_that_is_taken_back_leaves_the_advance_to_be_used_up_or_paid_back(office: Office) -> None:
    sell(office)
    keys = defer(office)
    with office.work() as uow:
        for key in reversed(keys):
            uow.reverse(key, "Cancelled")
        uow.reverse("bill.invoice:1", "Cancelled")
    assert office.items() == {"adv:1": "-500.00"}
    assert office.balances() == {"1010": "600.00", "2040": "-500.00", "2200": "-100.00"}
    assert office.statement("income-statement", year=2027).get("Result", "0.00") == "0.00"
