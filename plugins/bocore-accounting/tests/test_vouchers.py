"""Vouchers become entries in the transaction that posts them, and later for those that were posted before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import ModuleType

import pytest

from bocore import (
    BalanceQuery,
    Entity,
    Line,
    Money,
    Party,
    Plugin,
    Rate,
    Refused,
    Source,
    TaxFact,
    Voucher,
    VoucherRecord,
    entity,
    field,
    lock_period,
    numbered,
)
from bocore_accounting import Account, Entry, Journal, PurposeRule, account_ids, catch_up, check, plugin
from bocore_accounting import Line as Posting
from bocore_accounting.demo import business, prepare

DAY = date(2026, 3, 2)


def eur(text):
    return Money(text, "EUR")


def sale(key="shop.sale:1", **more):
    """28.00 in the till: 23.33 of revenue, 4.67 of tax."""
    fact = TaxFact("S20", eur("-23.33"), eur("-4.67"), Decimal(20))
    lines = [Line("cash", eur("28.00")), Line("sales", eur("-23.33")), Line("tax.output", eur("-4.67"), tax=fact)]
    return Voucher(key, "shop.sale", lines, **{"posting_date": DAY, "text": "Sale", **more})


def post(books, *vouchers):
    with books.work() as uow:
        uow.post(*vouchers)
    return uow


def lines_of(books, **entry):
    """The lines of the only such entry, by account code."""
    with books.work(read_only=True) as uow:
        found = uow.select(Entry, **entry).one()
        codes = {account.id: account.code for account in uow.select(Account)}
        return found, [(codes[line.account_id], line) for line in uow.children(found, Posting)]


def test_a_sale_is_in_the_books_when_it_is_posted(books):
    post(books, sale())
    entry, lines = lines_of(books)
    assert (entry.number, entry.text, entry.posting_date) == ("SHOP/2026/00001", "Sale", DAY)
    assert [(code, str(line.amount), line.purpose) for code, line in lines] == [
        ("1000", "28.00 EUR", "cash"),
        ("4000", "-23.33 EUR", "sales"),
        ("2200", "-4.67 EUR", "tax.output"),
    ]
    assert lines[2][1].tax["code"] == "S20"
    assert lines[2][1].tax["base"] == [-2333, "EUR"]


def test_the_same_voucher_twice_is_one_entry(books):
    post(books, sale())
    post(books, sale())
    with books.work(read_only=True) as uow:
        assert uow.select(Entry).count() == 1


def test_party_dimensions_due_date_and_service_stay_on_the_line(books):
    with books.work() as uow:
        customer = uow.add(Party(name="Rosehill Nurseries"))
        owed = Line("receivable", eur("50.00"), party=customer, due=date(2026, 4, 1), dims={"site": "north"})
        earned = Line("sales", eur("-50.00"), service=(date(2026, 1, 1), date(2026, 12, 31)), dims={"site": "north"})
        uow.post(Voucher("shop.sale:2", "shop.sale", [owed, earned], posting_date=DAY))
    _, ((_, first), (_, second)) = lines_of(books)
    assert (first.party_id, first.due, first.dims_id) == (customer.id, date(2026, 4, 1), second.dims_id)
    assert (second.service_from, second.service_to) == (date(2026, 1, 1), date(2026, 12, 31))


def test_a_line_may_name_its_account(books):
    post(books, Voucher("k", "gift", [Line("cash", eur("5.00")), Line("income", eur("-5.00"), account="4810")], posting_date=DAY))
    assert books.balances() == {("1000", "EUR"): Decimal("5.00"), ("4810", "EUR"): Decimal("-5.00")}
    voucher = Voucher("k2", "gift", [Line("cash", eur("5.00")), Line("income", eur("-5.00"), account="4811")], posting_date=DAY)
    (finding,) = books.refused(lambda uow: uow.post(voucher))
    assert (finding.code, finding.at) == ("accounting.no_account", "voucher k2 line 2")


def test_kinds_without_a_prefix_go_into_the_general_journal(books):
    post(books, Voucher("k", "gift", [Line("cash", eur("5.00")), Line("income", eur("-5.00"))], posting_date=DAY))
    with books.work(read_only=True) as uow:
        assert [(book.code, book.name) for book in uow.select(Journal)] == [("GEN", "General journal")]


# ---------------------------------------------------------------- no account for a purpose


def unmap(books, *purposes):
    with books.work() as uow:
        for rule in uow.select(PurposeRule, purpose=list(purposes)):
            uow.remove(rule)


def test_what_nobody_mapped_goes_to_suspense_with_a_warning(books):
    unmap(books, "sales", "income")
    uow = post(books, sale())
    (finding,) = uow.findings
    assert (finding.code, finding.severity.value, finding.at) == ("accounting.unmapped", "warning", "voucher shop.sale:1 line 2")
    assert books.balances()["1900", "EUR"] == Decimal("-23.33")


def test_or_it_is_refused_where_the_settings_say_so(books):
    unmap(books, "sales", "income")
    from bocore.kernel.settings import write_setting
    from bocore_accounting.settings import AccountingSettings

    with books.bo.unit_of_work(actor="olga") as uow:
        write_setting(uow, AccountingSettings, "unmapped", "refuse")
    (finding,) = books.refused(lambda uow: uow.post(sale()))
    assert (finding.code, finding.params["purpose"]) == ("accounting.unmapped", "sales")
    with books.work(read_only=True) as uow:
        assert uow.select(VoucherRecord).count() == 0


def test_a_chart_without_a_suspense_account_gets_one(books):
    """As after the import of somebody's ledger: there are accounts, and no purpose is mapped."""
    with books.work() as uow:
        for rule in uow.select(PurposeRule):
            uow.remove(rule)
    findings = post(books, sale()).findings
    assert [(finding.code, finding.params["purpose"]) for finding in findings] == [
        ("accounting.unmapped", "cash"), ("accounting.unmapped", "sales"), ("accounting.unmapped", "tax.output"),
    ]  # fmt: skip
    _, lines = lines_of(books)
    assert [code for code, _ in lines] == ["Suspense"] * 3
    assert [line.purpose for _, line in lines] == ["cash", "sales", "tax.output"]
    post(books, sale("shop.sale:2"))
    with books.work(read_only=True) as uow:
        assert uow.select(Account, code="Suspense").count() == 1


def test_a_company_without_a_chart_gets_the_standard_one(open_books):
    books = open_books("new", plugin)
    uow = post(books, sale())
    assert [finding.code for finding in uow.findings] == ["accounting.standard_chart"]
    assert books.balances()["1000", "EUR"] == Decimal("28.00")
    assert post(books, sale("shop.sale:2")).findings == []


# ---------------------------------------------------------------- reversals, closed months, other currencies


def test_a_reversed_voucher_reverses_its_entry(books):
    post(books, sale())
    with books.work() as uow:
        uow.reverse("shop.sale:1", "Wrong till")
    with books.work(read_only=True) as uow:
        original, mirror = uow.select(Entry).order_by(Entry.c.id)
        assert mirror.reverses_id == original.id
        assert mirror.text == "Reversal: Wrong till"
    assert books.balances() == {}


def test_a_voucher_posted_and_reversed_in_one_unit_of_work(books):
    with books.work() as uow:
        uow.post(sale())
        uow.reverse("shop.sale:1", "Wrong till")
    with books.work(read_only=True) as uow:
        original, mirror = uow.select(Entry).order_by(Entry.c.id)
        assert mirror.reverses_id == original.id


def test_the_entry_of_a_voucher_is_reversed_with_it_only(books):
    from bocore_accounting import reverse_entry

    post(books, sale())
    (finding,) = books.refused(lambda uow: reverse_entry(uow, uow.select(Entry).one(), "By hand"))
    assert finding.code == "accounting.from_voucher"


def test_a_voucher_into_a_closed_month_is_refused_or_moved(books):
    with books.work() as uow:
        lock_period(uow, "ledger", date(2026, 3, 31))
    assert [f.code for f in books.refused(lambda uow: uow.post(sale()))] == ["bo.period_locked"]
    post(books, sale(if_closed="next_open"))
    entry, _ = lines_of(books)
    assert (entry.posting_date, entry.document_date) == (date(2026, 4, 1), DAY)


def test_ten_thousand_dollars_in_two_payments_with_a_valuation_between(books):
    """Sold at 0.90; 4,000 paid at 0.91; month-end 0.93; 6,000 paid at 0.88: realised +40 −120 = −80, unrealised nets to nothing."""

    def usd(text):
        return Money(text, "USD")

    gain = Line("fx.realised", eur("-40.00"))
    loss = Line("fx.realised", eur("120.00"))
    revalued = [Line("receivable", usd("0.00"), base=eur("180.00")), Line("fx.unrealised", eur("-180.00"))]
    back = [Line("receivable", usd("0.00"), base=eur("-180.00")), Line("fx.unrealised", eur("180.00"))]
    with books.work() as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 3, 1), rate=Decimal("0.90")))
    steps = [
        (2, "normal", [Line("receivable", usd("10000.00")), Line("sales", usd("-10000.00"))]),
        (9, "normal", [Line("bank", eur("3640.00")), Line("receivable", usd("-4000.00"), base=eur("-3600.00")), gain]),
        (30, "revaluation", revalued),
        (31, "revaluation", back),
        (31, "normal", [Line("bank", eur("5280.00")), Line("receivable", usd("-6000.00"), base=eur("-5400.00")), loss]),
    ]
    for number, (day, nature, lines) in enumerate(steps):
        post(books, Voucher(f"fx:{number}", "fx", lines, posting_date=date(2026, 3, day), nature=nature))
    with books.work(read_only=True) as uow:

        def balance(**query):
            return str(uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, **query)))

        assert balance(account="1100") == "0.00 EUR"
        assert balance(purpose="receivable", through=date(2026, 3, 30)) == "5580.00 EUR"
        assert balance(account="7100") == "80.00 EUR"
        assert balance(account="7110") == "0.00 EUR"
        assert balance(account="1010") == "8920.00 EUR"
        assert list(check(uow)) == []
    assert books.balances() == {
        ("1010", "EUR"): Decimal("8920.00"), ("4000", "USD"): Decimal("-10000.00"), ("7100", "EUR"): Decimal("80.00"),
    }  # fmt: skip


def test_the_balance_of_a_purpose_by_dimension_and_party(books):
    with books.work() as uow:
        ann, bob = uow.add_all([Party(name="Ann"), Party(name="Bob")])
        for number, (who, site) in enumerate([(ann, "north"), (ann, "south"), (bob, "north")], 1):
            lines = [Line("receivable", eur("10.00"), party=who, dims={"site": site}), Line("sales", eur("-10.00"), dims={"site": site})]
            uow.post(Voucher(f"s:{number}", "shop.sale", lines, posting_date=DAY))
    with books.work(read_only=True) as uow:
        company = uow.company.id

        def balance(**query):
            return uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=company, **query))

        assert balance(purpose="receivable", party=ann.id) == eur("20.00")
        assert balance(purpose="sales", dims={"site": "north"}) == eur("-20.00")
        assert balance(account="1100", party=bob.id, dims={"site": "south"}) == eur("0.00")
        assert balance(account="11") == balance(account="11", party=ann.id) + eur("10.00") == eur("30.00")  # with the accounts below it
        assert balance(account="11", alone=True) == eur("0.00")
        assert balance(purpose="income") == eur("-30.00")  # sales fall back to it
        assert balance(purpose="income", alone=True) == eur("0.00")
        with pytest.raises(Refused, match="Did you mean"):
            balance(purpose="recievable")
        with pytest.raises(Refused):
            balance()


# ---------------------------------------------------------------- numbers that come late


@entity("till_sale", read="*", write="*", company=True)
class TillSale(Entity):
    """A sale with a number of its own."""

    on: date = field()
    number: str = numbered("till.sale", "T{n:04}", per=("company",), on="on")


till = ModuleType("till")
till.plugin = Plugin(prefix="till", entities=TillSale)


def test_the_text_shows_the_number_that_the_source_gets_at_commit(open_books):
    books = open_books("till", plugin, till)
    with books.work() as uow:
        for _ in range(2):
            row = uow.add(TillSale(on=DAY))
            uow.post(sale(f"till.sale:{row.id}", source=Source(row, event="sold", label="Sale {number}"), text="{label} at the till"))
    with books.work(read_only=True) as uow:
        assert [entry.text for entry in uow.select(Entry).order_by(Entry.c.number)] == ["Sale T0001 at the till", "Sale T0002 at the till"]


# ---------------------------------------------------------------- vouchers from before


def ledger(books):
    """The books but for ids and numbers: entries in the order of date and text, with the lines of each."""
    with books.work(read_only=True) as uow:
        codes = {account.id: account.code for account in uow.select(Account)}
        entries = uow.select(Entry).order_by(Entry.c.id).all()
        keys = {record.id: record.key for record in uow.select(VoucherRecord)}
        texts = {entry.id: keys[entry.voucher_id] for entry in entries}
        lines = uow.children(entries, Posting)
        return sorted(
            (
                (entry.posting_date, keys[entry.voucher_id], entry.text, entry.nature, entry.document_date, entry.fiscal_year),
                texts.get(entry.reverses_id, ""),
                [
                    (codes[x.account_id], x.amount, x.base, x.purpose, x.party_id, x.due, x.tax, x.service_from, x.service_to, x.dims_id)
                    for x in lines[entry.id]
                ],
            )
            for entry in entries
        )  # fmt: skip


def test_books_opened_last_are_the_books_that_were_there_first(open_books):
    first = open_books("first", plugin)
    with first.work() as uow:
        prepare(uow)
    count = business(first.bo, lambda text: None)

    business(open_books("last").bo, lambda text: None)
    last = open_books("last", plugin)
    with last.work() as uow:
        prepare(uow)
    with last.work() as uow:
        assert catch_up(uow) == count
    with last.work() as uow:
        assert catch_up(uow) == 0

    assert count > 250
    assert last.balances() == first.balances()
    assert ledger(last) == ledger(first)
    with last.work(read_only=True) as uow:
        assert list(check(uow)) == []
        numbers = [(entry.posting_date, entry.number) for entry in uow.select(Entry).order_by(Entry.c.number)]
        assert numbers == sorted(numbers)
        assert len(numbers) == count


def test_catching_up_leaves_alone_what_is_entered(books):
    post(books, sale())
    with books.work() as uow:
        assert catch_up(uow) == 0
        assert account_ids(uow, ["1000"])
