"""What companies of one owner say of each other is compared, by partner and currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Book, Company, Line, Money, Rate, Refused, Voucher
from bocore_accounting import Entry
from bocore_accounting import Line as Posting

DAY = date(2026, 3, 2)


@pytest.fixture
def group(books):
    with books.work() as uow:
        uow.add(Company(code="BETA", name="Beta Inc", currency="USD"))
        uow.add(Company(code="GAMMA", name="Gamma SA", currency="EUR"))
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.90")))
        uow.add(Rate(currency="EUR", to_currency="USD", on=date(2026, 1, 1), rate=Decimal("1.11")))
    return books


def charge(group, number, company, partner, amount, on=DAY, **more):
    """The company bills the partner: it is owed and earns."""
    return _side(group, number, company, partner, amount, ("ic.receivable", "income"), on, **more)


def accept(group, number, company, partner, amount, on=DAY, **more):
    """The company owes the partner and has an expense."""
    return _side(group, number, company, partner, "-" + amount, ("ic.payable", "expense"), on, **more)


def _side(group, number, company, partner, text, purposes, on, **more):
    amount = Money(*text.split())
    with group.work(company=company) as uow:
        other = uow.select(Company, code=partner).one()
        lines = [Line(purposes[0], amount, partner=other), Line(purposes[1], -amount, partner=other)]
        uow.post(Voucher(f"ic:{number}:{company}", "ic.fee", lines, posting_date=on, **more))


def rows(group, **options):
    found = group.bo.report("intercompany", actor="ann", company="ACME", **options).rows
    return [(r.company, r.partner, r.part, r.currency, str(r.ours), str(r.theirs), str(r.difference)) for r in found]


def test_both_sides_in_the_currency_of_the_event_agree(group):
    charge(group, 1, "ACME", "BETA", "500.00 USD")
    accept(group, 1, "BETA", "ACME", "500.00 USD")
    assert rows(group) == [
        ("ACME", "BETA", "balance", "USD", "500.00", "-500.00", "0.00"),
        ("ACME", "BETA", "result", "USD", "-500.00", "500.00", "0.00"),
    ]
    assert rows(group, differences=True) == []


def test_what_one_has_not_posted_or_posted_otherwise_is_a_difference(group):
    charge(group, 1, "ACME", "BETA", "500.00 USD")
    charge(group, 2, "GAMMA", "ACME", "80.00 EUR")
    accept(group, 2, "ACME", "GAMMA", "79.00 EUR")
    assert rows(group, differences=True) == [
        ("ACME", "BETA", "balance", "USD", "500.00", "0.00", "500.00"),
        ("ACME", "BETA", "result", "USD", "-500.00", "0.00", "-500.00"),
        ("ACME", "GAMMA", "balance", "EUR", "-79.00", "80.00", "1.00"),
        ("ACME", "GAMMA", "result", "EUR", "79.00", "-80.00", "-1.00"),
    ]


def test_as_of_a_day_and_since_a_day(group):
    charge(group, 1, "ACME", "GAMMA", "10.00 EUR")
    accept(group, 1, "GAMMA", "ACME", "10.00 EUR", on=date(2026, 4, 1))
    assert [row[-1] for row in rows(group, as_of=date(2026, 3, 31))] == ["10.00", "-10.00"]
    assert [row[-1] for row in rows(group, as_of=date(2026, 4, 1))] == ["0.00", "0.00"]
    assert [row[2:] for row in rows(group, since=date(2026, 3, 15))] == [
        ("balance", "EUR", "10.00", "-10.00", "0.00"),
        ("result", "EUR", "0.00", "10.00", "10.00"),
    ]


def test_a_reversal_takes_the_partner_with_it(group):
    charge(group, 1, "ACME", "BETA", "500.00 USD")
    with group.work(company="ACME") as uow:
        uow.reverse("ic:1:ACME", "Charged twice")
    assert [row[4:] for row in rows(group)] == [("0.00", "0.00", "0.00")] * 2
    with group.work(company="ACME", read_only=True) as uow:
        beta = uow.select(Company, code="BETA").one()
        lines = uow.children(uow.select(Entry).all(), Posting)
        assert {line.partner_id for several in lines.values() for line in several} == {beta.id}


def test_an_adjustment_book_of_one_of_them_comes_on_top(group):
    with group.work(company="ACME") as uow:
        uow.add(Book(code="ifrs"))
    charge(group, 1, "ACME", "GAMMA", "10.00 EUR", book="ifrs")
    assert rows(group) == []
    assert [row[4] for row in rows(group, book="ifrs")] == ["10.00", "-10.00"]
    with pytest.raises(Refused, match=r"no adjustment book 'ifsr'.*Did you mean 'ifrs'"):
        rows(group, book="ifsr")
