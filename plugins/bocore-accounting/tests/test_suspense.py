"""What no account is mapped to waits in suspense, is listed, and goes where it belongs once somebody says where that is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Company, Line, Money, Plugin, Rate, Refused, Voucher, VoucherRecord, lock_period
from bocore.record.verify import verify
from bocore_accounting import Entry, PurposeRule, apply_standard_chart, catch_up, check, plugin, services
from bocore_accounting import Line as Posting
from bocore_accounting.suspense import clear_suspense

DAY = date(2026, 3, 2)
till = Plugin(prefix="till", purposes={"till.tips": "", "till.food": "sales"})


def eur(text):
    return Money(text, "EUR")


@pytest.fixture
def shop(open_books):
    """Books with the standard chart, and a till whose tips nobody has mapped."""
    made = open_books("shop", plugin, till)
    with made.work() as uow:
        apply_standard_chart(uow, uow.company.id)
    return made


def tip(key="till.sale:1", amount="3.00", **more):
    return Voucher(key, "till.sale", [Line("cash", eur(amount)), Line("till.tips", eur("-" + amount))], **{"posting_date": DAY, **more})


def post(books, *vouchers):
    with books.work() as uow:
        uow.post(*vouchers)
    return uow


def clear(books, **options):
    with books.work() as uow:
        return clear_suspense(uow, **options)


def listed(books, report, **options):
    return list(books.bo.report(report, actor="ann", **options).rows)


def map_tips(books, account="4800", **more):
    with books.work() as uow:
        services.map_purpose(uow, "till.tips", account, **more)


def test_a_purpose_without_an_account_is_known_before_anything_is_posted(shop):
    assert [(row.purpose, row.falls_back_to, row.waiting) for row in listed(shop, "unmapped-purposes")] == [("till.tips", "", 0)]
    post(shop, tip())
    assert [row.waiting for row in listed(shop, "unmapped-purposes")] == [1]
    map_tips(shop)
    assert listed(shop, "unmapped-purposes") == []


def test_once_mapped_it_is_posted_over_once_and_the_old_entry_stays(shop):
    post(shop, tip())
    assert shop.balances() == {("1000", "EUR"): Decimal("3.00"), ("1900", "EUR"): Decimal("-3.00")}
    (row,) = listed(shop, "suspense")
    assert (row.date, row.entry, row.purpose, row.amount, row.to) == (DAY, "TILL/2026/00001", "till.tips", Decimal("-3.00"), "")
    assert clear(shop) == 0
    map_tips(shop)
    assert [row.to for row in listed(shop, "suspense")] == ["4800"]
    assert clear(shop) == 1
    assert clear(shop) == 0
    assert shop.balances() == {("1000", "EUR"): Decimal("3.00"), ("4800", "EUR"): Decimal("-3.00")}
    assert listed(shop, "suspense") == []
    with shop.work(read_only=True) as uow:
        first, second = uow.select(Entry).order_by(Entry.c.id)
        assert (second.posting_date, second.text) == (DAY, "till.tips out of suspense, from TILL/2026/00001")
        assert len(uow.children(first, Posting)) == 2
        assert list(check(uow)) == []
    assert verify(shop.bo).ok


def test_what_was_mapped_by_key_goes_where_its_key_says(shop):
    lines = [
        Line("cash", eur("5.00")),
        Line("till.tips", eur("-2.00"), by={"site": "north"}),
        Line("till.tips", eur("-3.00"), by={"site": "south"}, dims={"site": "south"}),
    ]
    from bocore import DimensionAxis, DimensionValue

    with shop.work() as uow:
        axis = uow.add(DimensionAxis(code="site", name="Site"))
        uow.add(DimensionValue(axis_id=axis.id, code="south", name="South"))
    post(shop, Voucher("till.sale:1", "till.sale", lines, posting_date=DAY))
    map_tips(shop, "4800", by="site=north")
    assert clear(shop) == 1
    assert [row.amount for row in listed(shop, "suspense")] == [Decimal("-3.00")]
    map_tips(shop, "4000")
    assert clear(shop, purpose="sales") == 0
    assert clear(shop, purpose="till.tips") == 1
    assert shop.balances() == {
        ("1000", "EUR"): Decimal("5.00"), ("4800", "EUR"): Decimal("-2.00"), ("4000", "EUR"): Decimal("-3.00"),
    }  # fmt: skip
    with shop.work(read_only=True) as uow:
        south = [line for line in uow.select(Posting) if abs(line.amount) == eur("3.00")]
        assert len({line.dims_id for line in south}) == 1
        assert south[0].dims_id is not None


def test_other_currencies_keep_the_value_they_were_posted_with(shop):
    with shop.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.90")))
    usd = Money("10.00", "USD")
    post(shop, Voucher("k", "till.sale", [Line("cash", usd), Line("till.tips", -usd)], posting_date=DAY))
    with shop.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=DAY, rate=Decimal("0.80")))
    map_tips(shop)
    clear(shop)
    with shop.work(read_only=True) as uow:
        lines = [line for line in uow.select(Posting) if line.purpose == "till.tips"]
        assert sorted(line.base.minor_units for line in lines) == [-900, -900, 900]


def test_a_closed_month_stays_as_it_was_reported(shop):
    post(shop, tip())
    with shop.work() as uow:
        lock_period(uow, "ledger", date(2026, 3, 31))
    assert [(finding.code, finding.params["lines"]) for finding in uow.findings] == [("accounting.in_suspense", 1)]
    map_tips(shop)
    assert clear(shop) == 1
    assert shop.balances(through=date(2026, 3, 31))["1900", "EUR"] == Decimal("-3.00")
    assert ("1900", "EUR") not in shop.balances()


def test_a_reversal_before_and_after_it_was_posted_over(shop):
    post(shop, tip("a"), tip("b"))
    with shop.work() as uow:
        uow.reverse("a", "Wrong till")
    map_tips(shop)
    assert clear(shop) == 3
    with shop.work() as uow:
        uow.reverse("b", "Wrong till")
    assert shop.balances() == {}
    assert listed(shop, "suspense") == []


def test_posting_over_can_be_taken_back_and_done_again(shop):
    post(shop, tip())
    map_tips(shop, "4000")
    clear(shop)
    with shop.work(read_only=True) as uow:
        (over,) = uow.select(VoucherRecord, kind="accounting.suspense")
    with shop.work() as uow:
        uow.reverse(over.key, "They are no sales")
    assert shop.balances()["1900", "EUR"] == Decimal("-3.00")
    map_tips(shop, "4800")
    assert clear(shop) == 1
    assert clear(shop) == 0
    assert shop.balances()["4800", "EUR"] == Decimal("-3.00")


def test_what_was_put_there_on_purpose_stays(shop):
    put = [
        Line("cash", eur("1.00")),
        Line("suspense", eur("-1.00")),
        Line("cash", eur("2.00")),
        Line("sales", eur("-2.00"), account="1900"),
    ]
    post(shop, Voucher("k", "till.sale", put, posting_date=DAY))
    assert listed(shop, "suspense") == []
    assert clear(shop) == 0


def test_each_company_has_its_own_suspense(shop):
    with shop.work() as uow:
        uow.add(Company(code="BETA", name="Beta", currency="EUR"))
    for company in ("ACME", "BETA"):
        with shop.work(company=company) as uow:
            uow.post(tip(f"tip:{company}"))
            if company == "ACME":
                services.map_purpose(uow, "till.tips", "4800")
    with shop.work(company="ACME") as uow:
        assert clear_suspense(uow) == 0
    with shop.work(company="BETA") as uow:
        assert clear_suspense(uow) == 0
    assert [row.purpose for row in listed(shop, "suspense", company="BETA")] == ["till.tips"]


def test_a_ledger_is_not_closed_before_its_vouchers_are_in_it(open_books):
    early = open_books("late", till)
    post(early, tip())
    early.bo.close()
    books = open_books("late", plugin, till)
    (finding,) = books.refused(lambda uow: lock_period(uow, "ledger", date(2026, 3, 31)))
    assert (finding.code, finding.params["vouchers"]) == ("accounting.not_entered", 1)
    with books.work() as uow:
        lock_period(uow, "stock", date(2026, 3, 31))
        lock_period(uow, "ledger", date(2026, 2, 28))
        catch_up(uow)
    with books.work() as uow:
        lock_period(uow, "ledger", date(2026, 3, 31))


def test_or_nothing_is_posted_at_all_where_the_setting_says_so(shop):
    from bocore import write_setting
    from bocore_accounting.settings import AccountingSettings

    with shop.bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, AccountingSettings, "unmapped", "refuse")
    with pytest.raises(Refused, match=r"till\.tips"):
        post(shop, tip())
    with shop.work(read_only=True) as uow:
        assert uow.select(PurposeRule, purpose="till.tips").count() == 0
    assert [row.purpose for row in listed(shop, "unmapped-purposes")] == ["till.tips"]
