"""The demo is a quarter that an accountant can follow, the same every time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import VoucherRecord
from bocore_accounting import Entry, check, plugin
from bocore_accounting.demo import last_quarter, play


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 1, 1), date(2025, 10, 1)),
        (date(2026, 3, 31), date(2025, 10, 1)),
        (date(2026, 4, 1), date(2026, 1, 1)),
        (date(2026, 11, 22), date(2026, 7, 1)),
    ],
)
def test_it_plays_in_the_last_quarter_that_is_over(today, start):
    assert last_quarter(today) == start


@pytest.fixture
def played(open_books):
    books, said = open_books("demo", plugin), []
    play(books.bo, said.append)
    return books, said


def test_it_tells_what_happens(played):
    _, said = played
    assert said[0] == "A standard chart of 61 accounts."
    assert "closed through 2026-07-31" in said[-2]
    assert "counts on 2026-08-01" in said[-2]
    assert said[-1].startswith("282 journal entries")


def test_every_voucher_has_its_entry_and_the_books_balance(played):
    books, _ = played
    with books.work(read_only=True) as uow:
        assert uow.select(Entry).count() == uow.select(VoucherRecord).count() == 282
        assert list(check(uow)) == []
    by_currency = {}
    for (_, currency), balance in books.balances().items():
        by_currency[currency] = by_currency.get(currency, 0) + balance
    # 10,000 sold abroad and 4,000 paid: what is left open in dollars stands against sales, and the payment's base closes the rest.
    assert by_currency["USD"] == Decimal("-4000.00")
    assert by_currency["EUR"] == Decimal("3600.00")


def test_the_figures_of_the_quarter(played):
    books, _ = played
    found = {code: balance for (code, currency), balance in books.balances().items() if currency == "EUR"}
    assert found["6100"] == Decimal("5400.00")  # three months of 1,800.00
    assert found["6000"] == Decimal("18000.00")
    assert found["6200"] == Decimal("600.00")
    assert found["7100"] == Decimal("-40.00")
    assert found["1510"] == Decimal("-2600.00")
    assert found["2220"] == Decimal("-2100.00")  # withheld in the last month, paid in the next
    assert "2210" not in found  # net pay is paid out
    assert "1900" not in found  # nothing went to suspense
