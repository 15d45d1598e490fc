"""What holds of closing, for any books: it is undone without a trace in the reports, and a late entry changes what it is about alone."""

from __future__ import annotations

import os
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import DimensionSet, Money, Rate, Voucher
from bocore import Line as VoucherLine
from bocore_accounting import Account, Entry, Line, apply_standard_chart, check, close_year, plugin, reopen_year
from bocore_accounting.services import declare_book

ACCOUNTS = {"1010": "bank", "1100": "receivable", "2000": "payable", "3000": "equity", "4000": "sales", "6000": "wages", "6100": "expense"}
YEAR = 2026
REPORTS = [
    ("trial-balance", {"zero": True}),
    ("trial-balance", {"book": "tax", "dim": ["site=NORTH"], "as_of": date(2026, 12, 31)}),
    ("balance-sheet", {"as_of": date(2027, 3, 31), "currency": "base", "tree": True}),
    ("balance-sheet", {"as_of": date(2026, 12, 31), "compare": 1}),
    ("income-statement", {"year": 2026, "book": "tax", "currency": "base"}),
    ("income-statement", {"year": 2027, "compare": 1}),
    ("cash-flow", {"year": 2026}),
    ("changes-in-equity", {"year": 2027}),
]

lines = st.lists(st.tuples(st.sampled_from(sorted(ACCOUNTS)), st.integers(-(10**7), 10**7)), min_size=1, max_size=4)
booking = st.fixed_dictionaries(
    {
        "lines": lines,
        "currency": st.sampled_from(["EUR", "EUR", "USD"]),
        "day": st.integers(0, 540).map(lambda n: date(2025, 11, 1) + timedelta(n)),
        "book": st.sampled_from([None, None, None, "tax"]),
        "site": st.sampled_from(["", "NORTH", "SOUTH"]),
    }
)
bookings = st.lists(booking, min_size=1, max_size=6)
EXAMPLES = max(6, int(float(os.environ.get("BO_TEST_SECONDS", "5"))))
calm = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def begin(open_books, folder, given_):
    """Books of their own for each example."""
    books = open_books(folder.name, plugin)
    with books.work() as uow:
        apply_standard_chart(uow, uow.company.id)
        declare_book(uow, "tax")
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2025, 1, 1), rate=Decimal("0.9137")))
    book(books, given_)
    return books


def book(books, given_, **more):
    """Post bookings as vouchers, each balanced by the bank; returns their keys."""
    keys = []
    with books.work() as uow:
        for one in given_:
            keys.append(f"v{uow.unit}.{len(keys)}")
            dims = {"site": one["site"]} if one["site"] else {}
            money = [(ACCOUNTS[code], Money.minor(minor, one["currency"])) for code, minor in one["lines"]]
            money.append(("clearing", -sum((amount for _, amount in money), Money.zero(uow.tokens[one["currency"]]))))
            voucher_lines = [VoucherLine(purpose, amount, dims=dims) for purpose, amount in money]
            uow.post(Voucher(keys[-1], "any.thing", voucher_lines, **{"posting_date": one["day"], "book": one["book"], **more}))
    return keys


def shown(books):
    """Every report that adds up, byte by byte."""
    return {f"{name} {options}": books.bo.report(name, actor="ann", options=options).as_objects() for name, options in REPORTS}


def totals_by_group(books, *, closing):
    """Account, currency, dimensions and layer → what 2026 has of it, of closing entries or of all others."""
    with books.work(read_only=True) as uow:
        codes = {account.id: account.code for account in uow.select(Account)}
        sites = {row.id: row.values.get("site") for row in uow.select(DimensionSet)}
        entries = {entry.id: entry for entry in uow.select(Entry)}
        sums = {}
        for line in uow.select(Line):
            entry = entries[line.entry_id]
            if entry.posting_date.year == YEAR and (entry.nature == "closing") is closing:
                key = codes[line.account_id], line.amount.currency, sites.get(line.dims_id), entry.book
                amount, base = sums.get(key, (0, 0))
                sums[key] = amount + line.amount.minor_units, base + line.base.minor_units
        return {key: value for key, value in sums.items() if any(value)}


def act(books, what):
    with books.work() as uow:
        return len(what(uow, YEAR))


@calm
@given(bookings)
def test_closing_and_opening_again_is_as_if_nothing_had_been(open_books, tmp_path_factory, given_):
    books = begin(open_books, tmp_path_factory.mktemp("books"), given_)
    before = shown(books)
    act(books, close_year)
    once = shown(books)
    act(books, reopen_year)
    assert shown(books) == before
    act(books, close_year)
    assert shown(books) == once
    assert act(books, close_year) == 0
    with books.work(read_only=True) as uow:
        assert list(check(uow)) == []


@calm
@given(bookings)
def test_what_was_earned_is_shown_alike_before_and_after_closing(open_books, tmp_path_factory, given_):
    books = begin(open_books, tmp_path_factory.mktemp("books"), given_)
    before, totals_before = earned(shown(books))
    act(books, close_year)
    after, totals_after = earned(shown(books))
    assert after == before
    assert totals_after == totals_before


def earned(reports):
    """The statements that closing entries are left out of, and the totals of the balance sheets, in which only places change."""
    left_out = {name: rows for name, rows in reports.items() if name.startswith(("income-statement", "cash-flow"))}
    sheets = {name: rows for name, rows in reports.items() if name.startswith("balance-sheet")}
    totals = {
        name: [(row["name"], row["currency"], row["amount"]) for row in rows if row["name"].startswith("Total")]
        for name, rows in sheets.items()
    }
    assert all(totals.values())
    return left_out, totals


@calm
@given(bookings, bookings)
def test_a_late_adjustment_posts_only_the_difference(open_books, tmp_path_factory, given_, late):
    """All that closing leaves is zero; what the second closing moves is the adjustment, mirrored, group by group."""
    books = begin(open_books, tmp_path_factory.mktemp("books"), given_)
    act(books, close_year)
    first = totals_by_group(books, closing=True)
    before = totals_by_group(books, closing=False)
    book(books, [{**one, "day": date(2026, 12, 31)} for one in late], nature="adjustment")
    brought = difference(totals_by_group(books, closing=False), before)
    act(books, close_year)
    moved = difference(totals_by_group(books, closing=True), first)
    result = {key: value for key, value in brought.items() if key[0][0] in "4567"}
    assert {key: value for key, value in moved.items() if key[0] != "3200"} == {key: (-a, -b) for key, (a, b) in result.items()}
    closed = totals_by_group(books, closing=True)
    open_ = difference(totals_by_group(books, closing=False), {key: (-a, -b) for key, (a, b) in closed.items()})
    assert not any(key[0][0] in "4567" for key in open_)
    assert act(books, close_year) == 0


def difference(now, before):
    found = {}
    for key in now.keys() | before.keys():
        (a, b), (c, d) = now.get(key, (0, 0)), before.get(key, (0, 0))
        if (a - c, b - d) != (0, 0):
            found[key] = a - c, b - d
    return found


@calm
@given(bookings, bookings)
def test_a_reversal_restores_what_reports_add_up_to(open_books, tmp_path_factory, given_, wrong):
    books = begin(open_books, tmp_path_factory.mktemp("books"), given_)
    before, sums = balances(books), totals_by_group(books, closing=False)
    for key in book(books, wrong):
        with books.work() as uow:
            uow.reverse(key, "entered by mistake")
    assert balances(books) == before
    assert totals_by_group(books, closing=False) == sums
    with books.work(read_only=True) as uow:
        assert list(check(uow)) == []


def balances(books):
    """What every statement shows, and the balances of the trial balance; its turnovers show both the mistake and its reversal."""
    rows = {name: rows for name, rows in shown(books).items() if not name.startswith("trial-balance")}
    return {name: amounts for name, amounts in rows.items()} | {"trial-balance": books.balances()}
