"""Before a year is locked, the books say what is still to be done."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Line as VoucherLine
from bocore import Money, Rate, Refused, Severity, Voucher, grant_exception, lock_period
from bocore_accounting import Entry, apply_standard_chart, catch_up, plugin
from bocore_accounting.closing import close_year, reopen_year
from bocore_accounting.revaluation import revalue
from bocore_accounting.services import enter

LAST = date(2026, 12, 31)


def lock(books, through, area="ledger"):
    with books.work() as uow:
        lock_period(uow, area, through)
    assert all(finding.severity is Severity.WARNING for finding in uow.findings)
    return [(finding.code, finding.message) for finding in uow.findings]


def test_vouchers_that_wait_keep_the_ledger_open(open_books):
    shop = open_books("later")
    with shop.work() as uow:
        for n in (1, 2):
            lines = [VoucherLine("cash", Money("5.00", "EUR")), VoucherLine("sales", Money("-5.00", "EUR"))]
            uow.post(Voucher(f"v{n}", "shop.sale", lines, posting_date=date(2026, n, 2)))
    shop.bo.close()
    books = open_books("later", plugin)
    with books.work() as uow:
        apply_standard_chart(uow, uow.company.id)
    with pytest.raises(Refused) as refused:
        lock(books, date(2026, 1, 31))
    (found,) = refused.value.findings
    assert (found.code, found.message) == (
        "accounting.not_entered",
        "1 voucher through 2026-01-31 is not in the books yet.",
    )
    assert "bo accounting catch-up" in found.fix
    assert lock(books, date(2026, 1, 1)) == []
    with books.work() as uow:
        catch_up(uow)
    assert lock(books, date(2026, 1, 31)) == []


def test_what_is_posted_together_with_the_lock_is_entered(books):
    with books.work() as uow:
        lines = [VoucherLine("cash", Money("5.00", "EUR")), VoucherLine("sales", Money("-5.00", "EUR"))]
        uow.post(Voucher("v", "shop.sale", lines, posting_date=date(2026, 2, 2)))
        lock_period(uow, "ledger", date(2026, 1, 31))
    with books.work() as uow:
        assert uow.select(Entry).count() == 1


def test_the_end_of_a_year_asks_for_revaluation_and_closing(books):
    with books.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.9")))
    with books.work() as uow:
        lines = [VoucherLine("bank", Money("100.00", "USD")), VoucherLine("sales", Money("-100.00", "USD"))]
        uow.post(Voucher("v", "shop.sale", lines, posting_date=date(2026, 2, 2)))
    assert lock(books, date(2026, 11, 30)) == []
    with books.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 12, 30), rate=Decimal("0.95")))
    assert lock_and_undo(books) == [
        ("accounting.not_revalued", "What is in USD was not revalued on 2026-12-31."),
        ("accounting.year_open", "Income and expenses of 2026 are not closed."),
    ]
    with books.work() as uow:
        revalue(uow, LAST)
    with books.work() as uow:
        close_year(uow, 2026)
    assert lock_and_undo(books) == []
    books.post([("6100", "1.00"), ("1010", "-1.00")], on=LAST, nature="adjustment")
    assert lock_and_undo(books) == [("accounting.year_open", "Income and expenses of 2026 are not closed to the last.")]


def lock_and_undo(books):
    """What locking the year would say."""

    class Undone(Exception):
        pass

    with pytest.raises(Undone), books.work() as uow:
        lock_period(uow, "ledger", LAST)
        uow.flush()
        said = [(finding.code, finding.message) for finding in uow.findings]
        raise Undone
    return said


def test_other_areas_are_not_the_books_business(books):
    books.post([("1010", "12.00"), ("4000", "-12.00")], on=date(2026, 1, 5))
    assert lock(books, LAST, "payroll") == []


def test_the_auditor_comes_after_the_lock(books):
    """Closed and locked; on 20 January an accrual of 30,000 for the year, under an exception: only the difference is closed."""
    books.post([("1010", "50000.00"), ("4000", "-50000.00")], on=date(2026, 3, 2))
    with books.work() as uow:
        close_year(uow, 2026)
    assert lock(books, LAST) == []
    bonus = (LAST, "Bonus", "6000", "2020", Decimal("30000.00"))
    assert [one.code for one in books.refused(lambda uow: enter(uow, *bonus, adjustment=True))] == ["accounting.locked"]
    with books.work(reason="the auditor's adjustments") as uow:
        grant_exception(uow, "ledger", "ann", since=LAST, through=LAST, expires=date(2027, 2, 28))
    with books.work() as uow:
        entry = enter(uow, *bonus, adjustment=True)
    assert entry.nature == "adjustment"
    with books.work() as uow:
        (closing,) = close_year(uow, 2026)
    assert closing.number == "CLOSE/2026/00002"
    assert {code: str(value) for (code, _), value in books.balances().items()} == {
        "1010": "50000.00", "2020": "-30000.00", "3200": "-20000.00",
    }  # fmt: skip
    bob = books.bo.unit_of_work(actor="bob")
    with pytest.raises(Refused), bob as uow:
        reopen_year(uow, 2026)  # the exception is Ann's
