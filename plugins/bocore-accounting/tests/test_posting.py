"""Entries go into the books whole: numbered without gaps, dated, in the company's currency where that is known."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bocore import Money, NotFound, Refused, UsageError, lock_period
from bocore_accounting import Entry, FiscalYear, Journal, Line, account_ids, journal, post, reverse_entry

RENT = [("6100", "1200.00"), ("1010", "-1200.00")]
SALE = [("1010", "28.00"), ("4000", "-28.00")]


def test_rent_is_paid_from_the_bank(books):
    (ident,) = books.post(RENT, on=date(2026, 3, 2), text="March rent")
    with books.work(read_only=True) as uow:
        entry = uow.get(Entry, ident)
        lines = uow.children(entry, Line)
        assert (entry.number, entry.fiscal_year, entry.text) == ("GEN/2026/00001", 2026, "March rent")
        assert [(line.position, line.posting_date, line.amount, line.base) for line in lines] == [
            (1, date(2026, 3, 2), Money("1200.00", "EUR"), Money("1200.00", "EUR")),
            (2, date(2026, 3, 2), Money("-1200.00", "EUR"), Money("-1200.00", "EUR")),
        ]
    assert books.balances() == {("6100", "EUR"): Decimal("1200.00"), ("1010", "EUR"): Decimal("-1200.00")}


def test_each_journal_and_year_counts_for_itself(books):
    with books.work() as uow:
        ids = account_ids(uow, ["1010", "4000"])
        general, sales = journal(uow, "GEN").id, journal(uow, "SAL", "Sales").id
        days = [(general, 2025), (sales, 2026), (general, 2026), (sales, 2026), (general, 2026)]
        lines = [("1010", 100), ("4000", -100)]
        made = post(
            uow,
            [
                (
                    Entry(journal_id=book, posting_date=date(year, 1, 5)),
                    [Line(account_id=ids[code], amount=Money.minor(minor, "EUR")) for code, minor in lines],
                )
                for book, year in days
            ],
        )
    assert [entry.number for entry in made] == [
        "GEN/2025/00001", "SAL/2026/00001", "GEN/2026/00001", "SAL/2026/00002", "GEN/2026/00002",
    ]  # fmt: skip


def test_a_refused_entry_leaves_no_gap(books):
    books.post(RENT)
    with pytest.raises(Refused):
        books.post([("6100", "1200.00"), ("1010", "-1.00")])
    (ident,) = books.post(RENT)
    with books.work(read_only=True) as uow:
        assert uow.get(Entry, ident).number == "GEN/2026/00002"


def test_the_same_objects_are_posted_once_they_are_right(books):
    with books.work(read_only=True) as uow:
        ids = account_ids(uow, ["1010", "6100"])
    rent, bank = Line(account_id=ids["6100"], amount=Money("5.00", "EUR")), Line(account_id=ids["1010"], amount=Money("-4.00", "EUR"))
    with books.work() as uow:
        book = journal(uow, "GEN").id
    entry = Entry(journal_id=book, posting_date=date(2026, 3, 2))
    with pytest.raises(Refused), books.work() as uow:
        post(uow, [(entry, [rent, bank])])
    assert not hasattr(entry, "id")
    bank.amount, bank.base = Money("-5.00", "EUR"), None
    with books.work() as uow:
        post(uow, [(entry, [rent, bank])])
    assert books.balances() == {("6100", "EUR"): Decimal("5.00"), ("1010", "EUR"): Decimal("-5.00")}


def test_a_fiscal_year_of_its_own_shows_in_the_number(books):
    with books.work() as uow:
        uow.add(FiscalYear(code=2027, start=date(2026, 4, 1), end=date(2027, 3, 31)))
    in_march, in_april = books.post(RENT, on=date(2026, 3, 31)) + books.post(RENT, on=date(2026, 4, 1))
    with books.work(read_only=True) as uow:
        assert uow.get(Entry, in_march).number == "GEN/2026/00001"
        assert uow.get(Entry, in_april).number == "GEN/2027/00001"


def test_no_base_where_no_rate_is_known(books):
    (ident,) = books.post([("1010", "10.00 USD"), ("4000", "-10.00 USD")])
    with books.work(read_only=True) as uow:
        assert [line.base for line in uow.children(uow.get(Entry, ident), Line)] == [None, None]
    assert books.balances() == {("1010", "USD"): Decimal("10.00"), ("4000", "USD"): Decimal("-10.00")}


def test_nothing_to_post_is_nothing(books):
    assert books.post() == []


def test_a_journal_is_made_once(books):
    with books.work() as uow:
        assert journal(uow, "BANK") is journal(uow, "BANK")
    with books.work() as uow:
        journal(uow, "BANK")
        assert uow.select(Journal, code="BANK").count() == 1


def test_every_unknown_code_is_named(books):
    with pytest.raises(NotFound) as missing, books.work() as uow:
        account_ids(uow, ["1010", "1011", "9999"])
    assert [finding.message for finding in missing.value.findings] == [
        "There is no account '1011' in the chart.",
        "There is no account '9999' in the chart.",
    ]


# ---------------------------------------------------------------- reversal instead of edit


def test_a_reversal_takes_everything_back(books):
    (ident,) = books.post(SALE)
    with books.work() as uow:
        mirror = reverse_entry(uow, uow.get(Entry, ident), "Wrong till")
    assert (mirror.reverses_id, mirror.posting_date, mirror.text) == (ident, date(2026, 3, 2), "Reversal: Wrong till")
    assert books.balances() == {}


def test_an_entry_is_reversed_once(books):
    (ident,) = books.post(SALE)
    with books.work() as uow:
        mirror = reverse_entry(uow, uow.get(Entry, ident), "Wrong till")
    (finding,) = books.refused(lambda uow: reverse_entry(uow, uow.get(Entry, ident), "Again"))
    assert finding.code == "accounting.reversed"
    assert mirror.number in finding.message


def test_what_lies_in_a_closed_month_is_reversed_on_the_first_open_day(books):
    (ident,) = books.post(SALE, on=date(2026, 3, 31))
    with books.work() as uow:
        lock_period(uow, "ledger", date(2026, 3, 31))
    with books.work() as uow:
        mirror = reverse_entry(uow, uow.get(Entry, ident), "Wrong till")
    assert mirror.posting_date == date(2026, 4, 1)
    assert books.balances(through=date(2026, 3, 31)) == {("1010", "EUR"): Decimal("28.00"), ("4000", "EUR"): Decimal("-28.00")}
    assert books.balances() == {}


def test_a_written_entry_cannot_be_changed_or_removed(books):
    (ident,) = books.post(SALE)

    def change(uow):
        uow.get(Entry, ident).text = "Something else"

    (finding,) = books.refused(change)
    assert finding.code == "bo.append_only"
    (finding,) = books.refused(lambda uow: uow.remove(uow.get(Entry, ident)))
    assert finding.code == "bo.append_only"


def test_posting_an_entry_twice_is_a_mistake_of_the_program(books):
    with pytest.raises(UsageError), books.work() as uow:
        ids = account_ids(uow, ["1010", "4000"])
        lines = [Line(account_id=ids["1010"], amount=Money("1.00", "EUR")), Line(account_id=ids["4000"], amount=Money("-1.00", "EUR"))]
        entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date(2026, 3, 2))
        post(uow, [(entry, lines), (entry, lines)])
