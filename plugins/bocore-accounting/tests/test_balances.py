"""Balances: whatever is posted and rolled up, in whatever order, the totals are what the lines add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Book, Company, Money, StorageError, UsageError
from bocore.testing import behind
from bocore_accounting import Account, AccountKind, Commodity, Entry, Journal, Line, check, post, roll_up, totals
from bocore_accounting.balances import whole_months

DAYS = st.dates(date(2025, 11, 20), date(2026, 4, 10))
ACCOUNTS = ("bank", "depot", "sales")


class Posted(NamedTuple):
    """A line as the brute-force book remembers it."""

    account: int
    day: date
    book: str
    amount: Money
    quantity: Money | None


class Books:
    """One company's books with three accounts, and a plain list of every line posted."""

    def __init__(self, bo: BackOffice, company: int) -> None:
        self.bo = bo
        self.company = company
        with bo.unit_of_work(actor="ann", company=company) as uow:
            self.journal = uow.add(Journal(code="GEN", name="General")).id
            uow.add(Book(code="tax"))
            self.accounts = [uow.add(Account(code=code, name=code.title(), kind=AccountKind.ASSET)).id for code in ACCOUNTS]
        self.lines: list[Posted] = []

    def post(self, *entries: tuple[date, int, int, str, str, int], roll: bool = False, nature: str = "normal") -> None:
        """Post entries (day, debited, credited account, currency, book, minor units), all in one unit; shares where the currency is X."""
        with self.bo.unit_of_work(actor="ann", company=self.company) as uow:
            batch = []
            for day, debit, credit, unit, book, minor in entries:
                shares = Money.minor(minor, uow.tokens["X"]) if unit == "X" else None
                amount = Money.minor(minor * 7, "EUR") if unit == "X" else Money.minor(minor, unit)
                lines = [Line(account_id=self.accounts[debit], amount=amount, quantity=shares)]
                lines.append(Line(account_id=self.accounts[credit], amount=-amount))
                batch.append((Entry(journal_id=self.journal, posting_date=day, book=book, nature=nature), lines))
                self.lines += [Posted(line.account_id, day, book, line.amount, line.quantity) for line in lines]
            post(uow, batch)
            if roll:
                roll_up(uow)

    def roll_up(self) -> int:
        with self.bo.unit_of_work(actor="ann") as uow:
            return roll_up(uow)

    def totals(self, **options: Any) -> dict[tuple[int, str, str], tuple[int, ...]]:
        with self.bo.unit_of_work(actor="ann", read_only=True) as uow:
            rows = totals(uow, company=self.company, **options)
            names = ("debit", "credit", "quantity_debit", "quantity_credit", "lines")
            return {(r.account_id, r.currency, r.commodity): tuple(getattr(r, name) for name in names) for r in rows if r.lines}

    def brute(self, since: date | None = None, through: date | None = None, book: str = "") -> dict[tuple[int, str, str], tuple[int, ...]]:
        """What :meth:`totals` must give, added up line by line."""
        sums: dict[tuple[int, str, str], Counter[int]] = {}
        for line in self.lines:
            if (since and line.day < since) or (through and line.day > through) or line.book not in ("", book):
                continue
            found = sums.setdefault(
                (line.account, line.amount.currency, line.quantity.currency if line.quantity is not None else ""), Counter()
            )
            minor, shares = line.amount.minor_units, line.quantity.minor_units if line.quantity is not None else 0
            found.update({0: max(minor, 0), 1: max(-minor, 0), 2: max(shares, 0), 3: max(-shares, 0), 4: 1})
        return {key: tuple(found[i] for i in range(5)) for key, found in sums.items()}

    def findings(self) -> list[str]:
        with self.bo.unit_of_work(actor="ann", read_only=True) as uow:
            return [str(finding) for finding in check(uow)]


def new_books(bo: BackOffice, count: int = 2) -> list[Books]:
    """Books of new companies, one in euros, one in dollars."""
    with bo.unit_of_work(actor="ann") as uow:
        number = uow.select(Company).count()
        made = [uow.add(Company(code=f"C{number + i}", name="Acme", currency=("EUR", "USD")[i])).id for i in range(count)]
    return [Books(bo, company) for company in made]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    """One database for all examples of a property, which makes companies of its own for each."""
    with open_office(tmp_path_factory.mktemp("shared") / "books.db") as bo:
        yield bo


def open_office(path: Path) -> BackOffice:
    bo = BackOffice(path, plugins=[accounting]).init()
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Commodity(code="X", exponent=3))
    return bo


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """The books of the only company of a database."""
    with open_office(tmp_path / "books.db") as bo:
        yield new_books(bo, 1)[0]


entries = st.tuples(
    DAYS, st.integers(0, 2), st.integers(0, 2), st.sampled_from(["EUR", "USD", "X"]), st.sampled_from(["", "tax"]), st.integers(-500, 500)
)  # fmt: skip
steps = st.lists(st.one_of(st.just(None), st.tuples(st.integers(0, 1), st.lists(entries, max_size=4), st.booleans())), max_size=8)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps, since=st.none() | DAYS, through=st.none() | DAYS, book=st.sampled_from(["", "tax"]))
def test_any_postings_and_roll_ups_give_the_totals_of_the_lines(
    shared: BackOffice, steps: list[Any], since: date | None, through: date | None, book: str
) -> None:
    both = new_books(shared)
    for step in steps:
        if step is None:
            both[0].roll_up()
        else:
            company, some, roll = step
            both[company].post(*some, roll=roll)
    for one in both:
        assert one.totals(since=since, through=through, book=book) == one.brute(since, through, book)
        assert one.totals() == one.brute()
    assert both[0].findings() == []


@given(since=st.none() | DAYS, through=st.none() | DAYS)
def test_whole_months_lie_within_the_period_and_leave_less_than_a_month_on_each_side(since: date | None, through: date | None) -> None:
    first, last = whole_months(since, through)
    assert (first is None) == (since is None)
    assert (last is None) == (through is None)
    if first and since:
        assert first.day == 1
        assert timedelta(0) <= first - since < timedelta(31)
    if last and through:
        assert (last + timedelta(1)).day == 1
        assert timedelta(0) <= through - last < timedelta(31)


def test_lines_of_the_unit_that_rolls_up_are_neither_lost_nor_counted_twice(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 100), roll=True)
    assert books.totals() == books.brute()
    books.roll_up()
    assert books.totals() == books.brute()
    books.post((date(2026, 1, 6), 0, 2, "EUR", "", 1))
    books.roll_up()
    books.roll_up()
    assert books.totals() == books.brute()


def test_totals_see_what_the_unit_itself_has_posted(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 100))
    books.roll_up()
    with books.bo.unit_of_work(actor="ann", company=books.company) as uow:
        line = Line(account_id=books.accounts[0], amount=Money("5.00", "EUR"))
        other = Line(account_id=books.accounts[2], amount=Money("-5.00", "EUR"))
        post(uow, [(Entry(journal_id=books.journal, posting_date=date(2026, 1, 6)), [line, other])])
        found = {row.account_id: row.debit - row.credit for row in totals(uow, company=books.company)}
    assert found == {books.accounts[0]: 600, books.accounts[2]: -600}


def test_a_roll_up_has_one_balance_for_each_account_month_book_and_currency(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 100), (date(2026, 1, 31), 0, 2, "EUR", "", 50))
    books.post((date(2026, 2, 1), 0, 2, "EUR", "", 25), (date(2026, 1, 5), 0, 2, "EUR", "tax", 10))
    assert books.roll_up() == 6


def test_a_posting_into_a_month_that_is_rolled_up_counts_from_its_day(books: Books) -> None:
    books.post((date(2026, 3, 5), 0, 2, "EUR", "", 100))
    books.roll_up()
    books.post((date(2026, 1, 20), 0, 2, "EUR", "", 30))
    bank = (books.accounts[0], "EUR", "")
    assert bank not in books.totals(through=date(2026, 1, 19))
    assert books.totals(through=date(2026, 1, 31))[bank][0] == 30
    assert books.totals(through=date(2026, 2, 28))[bank][0] == 30
    assert books.totals()[bank][0] == 130


def test_a_roll_up_of_many_commits_reads_all_the_lines(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bocore_accounting.balances.FEW", 2)
    for minor in range(1, 6):
        books.post((date(2026, 1, minor), 0, 2, "EUR", "", minor))
        if minor == 1:
            books.roll_up()
    assert books.totals() == books.brute()
    books.roll_up()
    assert books.totals() == books.brute()
    books.post((date(2026, 1, 9), 0, 2, "EUR", "", 7))
    assert books.findings() == []


def test_turnovers_are_told_by_nature_and_by_what_has_a_value_in_the_companys_currency(books: Books) -> None:
    books.post((date(2026, 12, 31), 0, 2, "EUR", "", 100), (date(2026, 12, 31), 0, 2, "USD", "", 30), roll=True)
    books.post((date(2026, 12, 31), 2, 0, "EUR", "", 40), nature="closing")
    wanted = {("normal", "EUR", True, 100, 0), ("normal", "USD", False, 30, 0), ("closing", "EUR", True, 0, 40)}
    for _ in range(2):
        with books.bo.unit_of_work(actor="ann", read_only=True) as uow:
            rows = totals(uow, company=books.company, accounts=[books.accounts[0]], by=["nature", "valued"])
        assert {(r.nature, r.currency, bool(r.valued), r.debit, r.credit) for r in rows} == wanted
        books.roll_up()
    assert books.totals() == books.brute()
    assert books.findings() == []


def test_balances_rolled_up_in_an_older_layout_are_not_read(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 100))
    books.roll_up()
    behind_its_back(books, "UPDATE accounting_balance SET debit = 7, nature = ''")
    behind_its_back(books, "UPDATE accounting_roll_up SET layout = 1")
    assert books.totals() == books.brute()
    assert books.findings() == []
    books.roll_up()
    assert books.totals() == books.brute()
    assert books.findings() == []


def test_a_unit_that_only_reads_cannot_roll_up(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 100))
    with (
        pytest.raises((StorageError, UsageError), match=r"only reads|read-only"),
        books.bo.unit_of_work(actor="ann", read_only=True) as uow,
    ):
        roll_up(uow)


# ---------------------------------------------------------------- the check


def behind_its_back(books: Books, sql: str) -> None:
    """Change the file with another program."""
    with behind(books.bo) as connection:
        connection.execute(sql)


def test_the_check_names_account_month_and_difference_of_a_balance_that_was_changed(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 12345))
    books.roll_up()
    behind_its_back(books, f"UPDATE accounting_balance SET debit = debit + 250 WHERE account_id = {books.accounts[0]}")
    (finding,) = books.findings()
    assert "account bank, 2026-01" in finding
    assert "debit 2.50 EUR" in finding
    books.post((date(2026, 1, 6), 0, 2, "EUR", "", 1))
    assert len(books.findings()) == 1


def test_the_check_finds_a_balance_that_is_gone(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "X", "", 4))
    books.roll_up()
    behind_its_back(books, f"DELETE FROM accounting_balance WHERE account_id = {books.accounts[0]}")
    (finding,) = books.findings()
    assert "debit -0.28 EUR" in finding
    assert "quantity debit -0.004 X" in finding


def test_the_check_names_entries_that_do_not_balance_or_have_no_lines_or_other_days(books: Books) -> None:
    books.post((date(2026, 1, 5), 0, 2, "EUR", "", 100), (date(2026, 1, 6), 0, 2, "USD", "", 100), (date(2026, 1, 7), 0, 2, "EUR", "", 100))
    behind_its_back(books, "UPDATE accounting_line SET amount = amount + 1, base = base + 1 WHERE id = 1")
    behind_its_back(books, "UPDATE accounting_line SET posting_date = '2026-02-01' WHERE id = 3")
    behind_its_back(books, "DELETE FROM accounting_line WHERE entry_id = 3")
    found = books.findings()
    assert any("GEN/2026/00001 does not balance: debit less credit is 0.01 EUR" in text for text in found)
    assert any("GEN/2026/00001 does not balance in the company's currency" in text for text in found)
    assert any("Line 1 of entry GEN/2026/00002 is of 2026-02-01" in text for text in found)
    assert any("GEN/2026/00003 has no lines" in text for text in found)
    assert len(found) == 4
