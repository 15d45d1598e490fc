"""Several companies in one database: each has its chart, its journals, its numbers and its locks."""

from __future__ import annotations

from datetime import date

import pytest

from bocore import Company, Line, Money, Refused, Voucher, lock_period
from bocore_accounting import Account, Entry, catch_up, check, plugin, totals

DAY = date(2026, 3, 2)


def sale(key, company, amount):
    return Voucher(key, "shop.sale", [Line("cash", amount), Line("sales", -amount)], company=company, posting_date=DAY, text="Sale")


@pytest.fixture
def group(open_books):
    """ACME keeps its books in euros, its daughter in dollars; both sold before accounting was there."""
    before = open_books("group")
    with before.work() as uow:
        uow.add(Company(code="DAUGHTER", name="Daughter Inc", currency="USD"))
    with before.work(company="ACME") as uow:
        uow.post(sale("s:1", "ACME", Money("10.00", "EUR")), sale("s:2", "DAUGHTER", Money("20.00", "USD")))
    return open_books("group", plugin)


def test_catching_up_does_all_companies(group):
    with group.work() as uow:
        assert catch_up(uow) == 2
    assert [finding.code for finding in uow.findings] == ["accounting.standard_chart"] * 2
    with group.work(read_only=True) as uow:
        entries = uow.select(Entry).order_by(Entry.c.company_id).all()
        assert [entry.number for entry in entries] == ["SHOP/2026/00001", "SHOP/2026/00001"]
        assert entries[0].company_id != entries[1].company_id
        assert list(check(uow)) == []
        for company, currency, balance in (("ACME", "EUR", 1000), ("DAUGHTER", "USD", 2000)):
            cash = uow.find(Account, company_id=uow.find(Company, code=company).id, code="1000")
            (row,) = totals(uow, company=uow.find(Company, code=company), accounts=[cash.id])
            assert (row.currency, row.debit, row.base_debit) == (currency, balance, balance)


def test_one_unit_of_work_posts_for_both(group):
    with group.work(company="ACME") as uow:
        uow.post(sale("s:3", None, Money("1.00", "EUR")), sale("s:4", "DAUGHTER", Money("2.00", "USD")))
    with group.work(read_only=True) as uow:
        codes = {company.id: company.code for company in uow.select(Company)}
        assert sorted(codes[entry.company_id] for entry in uow.select(Entry)) == ["ACME", "DAUGHTER"]


def test_a_lock_holds_for_its_company_only(group):
    with group.work() as uow:
        catch_up(uow)
    with group.work(company="ACME") as uow:
        lock_period(uow, "ledger", DAY)
    with group.work(company="DAUGHTER") as uow:
        uow.post(sale("s:5", None, Money("5.00", "USD")))
    with pytest.raises(Refused) as refused, group.work(company="ACME") as uow:
        uow.post(sale("s:6", None, Money("5.00", "EUR")))
    (finding,) = refused.value.findings
    assert finding.code == "bo.period_locked"
