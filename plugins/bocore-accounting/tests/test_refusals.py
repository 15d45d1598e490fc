"""What the books refuse, each with its reason and its place; nothing is written."""

from __future__ import annotations

from datetime import date

import pytest

from bocore import MAX_MINOR, Company, Money, MoneyError, Refused, StorageError, lock_period
from bocore_accounting import Account, AccountKind, Commodity, Entry, FiscalYear, Line, account_ids, journal, post, services

DAY = date(2026, 3, 2)


def entry_of(uow, lines, on=DAY):
    """An entry and its lines, written as (account code or id, amount)."""
    ids = account_ids(uow, {code for code, _ in lines if isinstance(code, str)})
    made = [Line(account_id=ids.get(code, code), amount=amount) for code, amount in lines]
    return Entry(journal_id=journal(uow, "GEN").id, posting_date=on), made


def eur(text):
    return Money(text, "EUR")


def refusal(books, lines, on=DAY):
    findings = books.refused(lambda uow: post(uow, [entry_of(uow, lines, on)]))
    with books.work(read_only=True) as uow:
        assert uow.select(Entry).count() == 0
        assert uow.select(Line).count() == 0
    return findings


def test_debit_and_credit_must_be_equal(books):
    (finding,) = refusal(books, [("1010", eur("100.00")), ("4000", eur("-99.00"))])
    assert (finding.code, finding.where) == ("accounting.unbalanced", "entry 1")
    assert "1.00 EUR too much on the debit side" in finding.message
    assert finding.params == {"entry": 1, "token": "EUR", "difference": "1.00"}


def test_each_currency_balances_for_itself_where_there_is_no_rate(books):
    found = refusal(books, [("1010", Money("100.00", "USD")), ("4000", eur("-100.00"))])
    assert [(f.code, f.params["token"], f.params["difference"]) for f in found] == [
        ("accounting.unbalanced", "USD", "100.00"),
        ("accounting.unbalanced", "EUR", "-100.00"),
    ]


def test_an_entry_needs_lines(books):
    (finding,) = refusal(books, [])
    assert (finding.code, finding.where) == ("accounting.no_lines", "entry 1")


def test_the_account_must_exist(books):
    (finding,) = refusal(books, [("1010", eur("5.00")), (4711, eur("-5.00"))])
    assert (finding.code, finding.at, finding.params) == ("accounting.no_account", "entry 1, line 2", {"entry": 1, "line": 2})


def test_a_group_takes_no_lines(books):
    (finding,) = refusal(books, [("10", eur("5.00")), ("4000", eur("-5.00"))])
    assert (finding.code, finding.at) == ("accounting.not_postable", "entry 1, line 1")


def open_account(books, code, **more):
    with books.work() as uow:
        return uow.add(Account(code=code, name="Special", kind=AccountKind.ASSET, **more)).id


@pytest.mark.parametrize(
    ("on", "code"),
    [
        (date(2026, 2, 28), "accounting.not_open_yet"),
        (date(2026, 3, 1), None),
        (date(2026, 3, 31), None),
        (date(2026, 4, 1), "accounting.account_closed"),
    ],
)
def test_an_account_takes_lines_from_its_first_day_until_it_is_closed(books, on, code):
    open_account(books, "1099", opened=date(2026, 3, 1), closed=date(2026, 4, 1))
    lines = [("1099", eur("5.00")), ("4000", eur("-5.00"))]
    if code is None:
        with books.work() as uow:
            post(uow, [entry_of(uow, lines, on)])
        assert len(books.balances()) == 2
    else:
        (finding,) = refusal(books, lines, on)
        assert (finding.code, finding.at, finding.field) == (code, "entry 1, line 1", "account_id")


def test_an_account_takes_its_currencies_only(books):
    open_account(books, "1015", currencies=["USD"])
    (finding,) = refusal(books, [("1015", eur("5.00")), ("4000", eur("-5.00"))])
    assert (finding.code, finding.at) == ("accounting.wrong_currency", "entry 1, line 1")
    assert "takes USD only, the line is in EUR" in finding.message


def test_an_account_of_shares_takes_shares_paid_in_money(books):
    with books.work() as uow:
        uow.add(Commodity(code="AAPL", exponent=0))
    open_account(books, "1600", currencies=["AAPL"])
    with books.work() as uow:
        entry, (shares, cash) = entry_of(uow, [("1600", Money("701.90", "USD")), ("1010", Money("-701.90", "USD"))])
        shares.quantity = Money.minor(10, uow.tokens["AAPL"])
        post(uow, [(entry, [shares, cash])])
    (finding,) = books.refused(lambda uow: post(uow, [entry_of(uow, [("1600", Money("1.00", "USD")), ("1010", Money("-1.00", "USD"))])]))
    assert (finding.code, finding.at) == ("accounting.wrong_currency", "entry 1, line 1")


def test_free_shares_cost_nothing(books):
    with books.work() as uow:
        uow.add(Commodity(code="AAPL", exponent=0))
    with books.work() as uow:
        entry, lines = entry_of(uow, [("1190", Money("0.00", "USD"))])
        lines[0].quantity = Money.minor(1, uow.tokens["AAPL"])
        post(uow, [(entry, lines)])
    with books.work(read_only=True) as uow:
        assert uow.select(Line).one().quantity.minor_units == 1


def test_nothing_is_posted_behind_the_lock(books):
    with books.work() as uow:
        lock_period(uow, "ledger", DAY)
    (finding,) = refusal(books, [("1010", eur("5.00")), ("4000", eur("-5.00"))])
    assert (finding.code, finding.where) == ("accounting.locked", "entry 1.posting_date")
    assert "locked through 2026-03-02" in finding.message
    books.post([("1010", "5.00"), ("4000", "-5.00")], on=date(2026, 3, 3))


@pytest.mark.parametrize("on", ["2026-02-30", None, 20260302])
def test_a_date_that_does_not_exist(books, on):
    (finding,) = refusal(books, [("1010", eur("5.00")), ("4000", eur("-5.00"))], on)
    assert (finding.code, finding.where) == ("accounting.no_date", "entry 1.posting_date")


def test_a_year_that_cannot_be_meant(books):
    (finding,) = refusal(books, [("1010", eur("5.00")), ("4000", eur("-5.00"))], date(206, 3, 2))
    assert (finding.code, finding.where) == ("accounting.date", "entry 1.posting_date")


def test_accounts_of_another_company_are_refused(books):
    with books.work() as uow:
        other = uow.add(Company(code="OTHER", name="Other Ltd", currency="EUR"))
        foreign = uow.add(Account(company_id=other.id, code="1010", name="Bank", kind=AccountKind.ASSET)).id
    with pytest.raises(Refused) as refused, books.work(company="ACME") as uow:
        post(uow, [entry_of(uow, [(foreign, eur("5.00")), ("4000", eur("-5.00"))])])
    assert [finding.code for finding in refused.value.findings] == ["bo.other_company"]


def test_a_written_entry_takes_no_more_lines(books):
    (ident,) = books.post([("1010", "5.00"), ("4000", "-5.00")])

    def smuggle(uow):
        line = Line(account_id=account_ids(uow, ["1010"])["1010"], amount=eur("0.00"), position=3, posting_date=DAY)
        line.entry_id = ident
        uow.add(line)

    (finding,) = books.refused(smuggle)
    assert (finding.code, finding.where) == ("accounting.written", "line 3.entry_id")


def test_a_line_is_of_the_day_of_its_entry(books):
    def backdate(uow):
        entry, lines = entry_of(uow, [("1010", eur("5.00")), ("4000", eur("-5.00"))])
        post(uow, [(entry, lines)])
        lines[1].posting_date = date(2026, 1, 1)

    (finding,) = books.refused(backdate)
    assert (finding.code, finding.where) == ("accounting.line_date", "entry 1, line 2.posting_date")


def test_the_base_is_in_the_currency_of_the_company(books):
    def wrong(uow):
        entry, lines = entry_of(uow, [("1010", Money("10.00", "USD")), ("4000", Money("-10.00", "USD"))])
        lines[0].base, lines[1].base = Money("8.00", "GBP"), Money("-8.00", "GBP")
        post(uow, [(entry, lines)])

    assert [(f.code, f.at) for f in books.refused(wrong)] == [
        ("accounting.base", "entry 1, line 1"),
        ("accounting.base", "entry 1, line 2"),
    ]


def test_all_reasons_of_all_entries_come_at_once(books):
    with books.work() as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))

    def mixed(uow):
        good = entry_of(uow, [("1010", eur("1.00")), ("4000", eur("-1.00"))])
        locked = entry_of(uow, [("1010", eur("1.00")), ("4000", eur("-1.00"))], date(2026, 1, 31))
        empty = entry_of(uow, [])
        group = entry_of(uow, [("10", eur("1.00")), ("4000", eur("-2.00"))])
        post(uow, [good, locked, empty, group])

    assert sorted((f.code, f.where) for f in books.refused(mixed)) == [
        ("accounting.locked", "entry 2.posting_date"),
        ("accounting.no_lines", "entry 3"),
        ("accounting.not_postable", "entry 4, line 1.account_id"),
        ("accounting.unbalanced", "entry 4"),
    ]
    assert books.balances() == {}


def test_fiscal_years_do_not_overlap(books):
    with books.work() as uow:
        uow.add(FiscalYear(code=2026, start=date(2025, 4, 1), end=date(2026, 3, 31)))
    (finding,) = books.refused(lambda uow: uow.add(FiscalYear(code=2027, start=date(2026, 3, 31), end=date(2027, 3, 31))))
    assert "overlaps 2026" in finding.message


# ---------------------------------------------------------------- accounts


def account(uow, code):
    return uow.find(Account, company_id=uow.company.id, code=code)


def test_an_account_does_not_stand_below_itself(books):
    def under_itself(uow):
        cash = account(uow, "1000")
        cash.parent_id = cash.id

    (finding,) = books.refused(under_itself)
    assert (finding.code, finding.field) == ("accounting.circle", "parent_id")
    assert "1000 > 1000" in finding.message


def test_accounts_do_not_stand_in_a_circle(books):
    def under_a_grandchild(uow):
        group, cash = account(uow, "10"), account(uow, "1000")
        till = uow.add(Account(code="1000-1", name="Till", kind=AccountKind.ASSET, parent_id=cash.id))
        group.parent_id = till.id

    (finding,) = books.refused(under_a_grandchild)
    assert "10 > 1000-1 > 1000 > 10." in finding.message

    def new_ones(uow):
        first = uow.add(Account(code="A", name="A", kind=AccountKind.ASSET))
        first.parent_id = uow.add(Account(code="B", name="B", kind=AccountKind.ASSET, parent_id=first.id)).id

    (finding,) = books.refused(new_ones)
    assert "A > B > A" in finding.message


def test_an_account_may_move_in_the_tree(books):
    with books.work() as uow:
        account(uow, "1000").parent_id = account(uow, "11").id
    with books.work() as uow:
        account(uow, "1000").parent_id = None


def test_an_account_with_lines_keeps_its_kind(books):
    books.post([("6100", "5.00"), ("1010", "-5.00")], [("6100", "7.00"), ("1010", "-7.00")])

    def other_kind(uow):
        account(uow, "6100").kind = AccountKind.ASSET

    (finding,) = books.refused(other_kind)
    assert (finding.code, finding.field, finding.params) == ("accounting.in_use", "kind", {"lines": 2})
    assert "has 2 lines as expense: it can't become asset" in finding.message
    with books.work() as uow:
        account(uow, "6200").kind = AccountKind.ASSET
        account(uow, "6100").name = "Rents"


def test_an_account_with_lines_of_the_same_unit_of_work_keeps_its_kind(books):
    def post_and_change(uow):
        post(uow, [entry_of(uow, [("6100", eur("5.00")), ("1010", eur("-5.00"))])])
        account(uow, "6100").kind = AccountKind.ASSET

    (finding,) = books.refused(post_and_change)
    assert "has 1 line as expense" in finding.message


def test_an_account_is_open_on_the_days_of_its_lines(books):
    books.post([("6100", "5.00"), ("1010", "-5.00")], on=date(2026, 3, 2))
    books.post([("6100", "5.00"), ("1010", "-5.00")], on=date(2026, 4, 2))

    def days(opened, closed):
        def change(uow):
            found = account(uow, "6100")
            found.opened, found.closed = opened, closed

        return change

    findings = books.refused(days(date(2026, 3, 3), date(2026, 4, 2)))
    assert [(f.code, f.field, f.fix) for f in findings] == [
        ("accounting.in_use", "opened", "Let it open on 2026-03-02 or earlier."),
        ("accounting.in_use", "closed", "Close it on 2026-04-03 or later."),
    ]
    with books.work() as uow:
        days(date(2026, 3, 2), date(2026, 4, 3))(uow)


def test_what_was_taken_back_does_not_hold_an_account_open(books):
    from bocore_accounting import reverse_entry

    (ident,) = books.post([("6100", "5.00"), ("1010", "-5.00")], on=date(2026, 3, 2))
    with books.work() as uow:
        reverse_entry(uow, uow.get(Entry, ident), "Paid by somebody else")
    with books.work() as uow:
        account(uow, "6100").opened = date(2026, 4, 1)


def test_a_book_that_is_not_declared(books):
    lines = [("1010", "5.00"), ("4000", "-5.00")]
    with pytest.raises(Refused) as refusal:
        books.post(lines, lines, book="txa")
    assert [(finding.code, finding.at) for finding in refusal.value.findings] == [("bo.unknown_book", "entry 1")]
    with books.work() as uow:
        services.declare_book(uow, "tax", name="Tax balance sheet")
        assert services.declare_book(uow, "tax").name == "Tax balance sheet"
    books.post(lines, book="tax")
    for report in ("trial-balance", "general-ledger", "journal", "balance-sheet", "income-statement"):
        assert books.bo.report(report, actor="ann", book="tax").rows
        with pytest.raises(Refused, match=r"no adjustment book 'txa'.*Did you mean 'tax'"):
            list(books.bo.report(report, actor="ann", book="txa").rows)
    assert [f.code for f in books.refused(lambda uow: services.map_purpose(uow, "sales", "4000", book="txa"))] == ["bo.unknown_book"]


def test_a_sum_that_no_number_of_the_database_holds_is_named(books):
    most = Money.minor(MAX_MINOR, "EUR")
    with books.work() as uow:
        for _ in range(2):
            post(uow, [entry_of(uow, [("1010", most), ("4000", -most)])])
    with pytest.raises((StorageError, MoneyError), match=r"9,?223,?372,?036,?854,?775,?807 minor units"):  # PostgreSQL adds up further
        books.bo.report("trial-balance", actor="ann").as_objects()
