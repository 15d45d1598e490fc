"""Reports of the books, with figures by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import bocore_accounting.plugin as accounting
from bocore import BackOffice, Company, Money, NotFound
from bocore.reports import render
from bocore_accounting import Account, AccountKind, Commodity, Entry, Line, account_ids, journal, post, roll_up

CHART = {
    "1000": ("Bank", AccountKind.ASSET),
    "1500": ("Depot", AccountKind.ASSET),
    "2000": ("Loan", AccountKind.LIABILITY),
    "3000": ("Capital", AccountKind.EQUITY),
    "4000": ("Sales", AccountKind.INCOME),
    "6000": ("Rent", AccountKind.EXPENSE),
}


class Books:
    """A small firm's year."""

    def __init__(self, path: Path) -> None:
        self.bo = BackOffice(path, plugins=[accounting]).init(company="Acme Ltd", currency="EUR", code="ACME")
        with self.bo.unit_of_work(actor="ann") as uow:
            uow.add(Company(code="US", name="Acme Inc", currency="USD"))
            uow.add(Commodity(code="FUND", exponent=3))
        for company in ("ACME", "US"):
            self.open_chart(company)
        self.enter("2026-01-02", "Opening", ("1000", "10000.00"), ("3000", "-10000.00"))
        self.enter("2026-01-31", "Rent January", ("6000", "1200.00"), ("1000", "-1200.00"), reference="R-1")
        self.enter("2026-02-10", "Sale in dollars", ("1000", "500.00 USD"), ("4000", "-500.00 USD"))
        self.enter("2026-02-15", "10.5 shares of the fund", ("1500", "1050.00", "10.500"), ("1000", "-1050.00"))
        self.enter("2026-02-20", "Rent February, taken back", ("6000", "1200.00"), ("1000", "-1200.00"))
        self.enter("2026-02-20", "Rent February, taken back", ("6000", "-1200.00"), ("1000", "1200.00"))
        self.enter("2026-03-01", "Loan", ("1000", "300.00"), ("2000", "-300.00"))
        self.enter("2026-03-05", "Loan paid back", ("1000", "-300.00"), ("2000", "300.00"))
        self.enter("2026-01-15", "Of another company", ("1000", "77.00 USD"), ("3000", "-77.00 USD"), company="US")

    def open_chart(self, company: str) -> None:
        with self.bo.unit_of_work(actor="ann", company=company) as uow:
            uow.add_all(Account(code=code, name=name, kind=kind) for code, (name, kind) in CHART.items())

    def enter(self, day: str, text: str, *lines: tuple[str, ...], company: str = "ACME", reference: str = "") -> None:
        """Lines are (account, "amount" or "amount CURRENCY", units of FUND)."""
        with self.bo.unit_of_work(actor="ann", company=company) as uow:
            ids = account_ids(uow, [line[0] for line in lines])
            entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=date.fromisoformat(day), text=text, reference=reference)
            made = []
            for account, amount, *quantity in lines:
                number, _, currency = amount.partition(" ")
                units = Money(quantity[0], uow.tokens["FUND"]) if quantity else None
                made.append(Line(account_id=ids[account], amount=Money(number, currency or "EUR"), quantity=units))
            post(uow, [(entry, made)])

    def report(self, name: str, company: str = "ACME", **options: Any) -> list[dict[str, Any]]:
        """The rows as JSON has them."""
        return self.bo.report(name, actor="ann", company=company, options=options).as_objects()


@pytest.fixture(params=["as posted", "rolled up"])
def books(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Books]:
    made = Books(tmp_path / "books.db")
    if request.param == "rolled up":
        with made.bo.unit_of_work(actor="ann") as uow:
            assert roll_up(uow) > 0
    yield made
    made.bo.close()


def brief(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in ("account", "currency", "debit", "credit", "balance")) for row in rows]


def test_the_trial_balance_has_a_row_for_each_account_and_currency_in_account_order(books: Books) -> None:
    rows = books.report("trial-balance")
    assert brief(rows) == [
        ("1000", "EUR", "11500.00", "3750.00", "7750.00"),
        ("1000", "USD", "500.00", "0.00", "500.00"),
        ("1500", "FUND", "10.500", "0.000", "10.500"),
        ("3000", "EUR", "0.00", "10000.00", "-10000.00"),
        ("4000", "USD", "0.00", "500.00", "-500.00"),
        ("6000", "EUR", "2400.00", "1200.00", "1200.00"),
    ]
    assert rows[0]["name"] == "Bank"


def test_commodities_are_counted_in_themselves_and_show_what_they_stand_for_in_the_books(books: Books) -> None:
    fund = next(row for row in books.report("trial-balance") if row["currency"] == "FUND")
    assert (fund["value"], fund["value_currency"]) == ("1050.00", "EUR")


def test_the_trial_balance_as_of_a_day_counts_that_day_and_nothing_after(books: Books) -> None:
    assert brief(books.report("trial-balance", as_of="2026-01-30")) == [
        ("1000", "EUR", "10000.00", "0.00", "10000.00"),
        ("3000", "EUR", "0.00", "10000.00", "-10000.00"),
    ]
    assert brief(books.report("trial-balance", as_of="2026-01-31"))[-1] == ("6000", "EUR", "1200.00", "0.00", "1200.00")


def test_the_trial_balance_of_a_period_has_the_turnovers_of_its_days(books: Books) -> None:
    assert brief(books.report("trial-balance", since="2026-01-31", as_of="2026-02-10")) == [
        ("1000", "EUR", "0.00", "1200.00", "-1200.00"),
        ("1000", "USD", "500.00", "0.00", "500.00"),
        ("4000", "USD", "0.00", "500.00", "-500.00"),
        ("6000", "EUR", "1200.00", "0.00", "1200.00"),
    ]


def test_behind_a_figure_of_the_trial_balance_stand_its_lines(books: Books) -> None:
    result = books.bo.report("trial-balance", actor="ann", company="ACME", options={"since": "2026-01-31", "as_of": "2026-02-20"})
    for row in result.rows:
        lines = [line for line in result.drill(row, "balance").rows if line.entry]
        assert sum(line.debit or 0 for line in lines) == row.debit
        assert sum(line.credit or 0 for line in lines) == row.credit


def test_zero_balances_are_shown_when_asked_for(books: Books) -> None:
    assert not [row for row in books.report("trial-balance") if row["account"] == "2000"]
    rows = brief(books.report("trial-balance", zero=True))
    assert ("2000", "EUR", "300.00", "300.00", "0.00") in rows
    unused = brief(books.report("trial-balance", zero=True, as_of="2026-01-02"))
    assert ("6000", "EUR", "0.00", "0.00", "0.00") in unused


def test_each_company_has_its_own_trial_balance(books: Books) -> None:
    assert brief(books.report("trial-balance", company="US")) == [
        ("1000", "USD", "77.00", "0.00", "77.00"),
        ("3000", "USD", "0.00", "77.00", "-77.00"),
    ]


def test_debits_and_credits_of_a_trial_balance_are_equal_in_each_balancing_currency(books: Books) -> None:
    sums: dict[str, Decimal] = {}
    for row in books.report("trial-balance"):
        unit, amount = (row["value_currency"], row["value"]) if row["value"] else (row["currency"], row["balance"])
        sums[unit] = sums.get(unit, Decimal(0)) + Decimal(amount)
    assert sums == {"EUR": 0, "USD": 0}


def test_the_general_ledger_runs_from_the_opening_balance_line_by_line(books: Books) -> None:
    rows = books.report("general-ledger", account="1000", since="2026-02-01", through="2026-02-28")
    assert [(r["date"], r["text"], r["currency"], r["debit"], r["credit"], r["balance"]) for r in rows] == [
        ("2026-02-01", "Opening balance", "EUR", None, None, "8800.00"),
        ("2026-02-10", "Sale in dollars", "USD", "500.00", None, "500.00"),
        ("2026-02-15", "10.5 shares of the fund", "EUR", None, "1050.00", "7750.00"),
        ("2026-02-20", "Rent February, taken back", "EUR", None, "1200.00", "6550.00"),
        ("2026-02-20", "Rent February, taken back", "EUR", "1200.00", None, "7750.00"),
    ]
    assert [r["contra"] for r in rows] == [[], ["4000"], ["1500"], ["6000"], ["6000"]]
    table = books.bo.report("general-ledger", actor="ann", company="ACME", options={"account": "4000"})
    out = io.StringIO()
    render("csv", table.columns, table.rows, out)
    (line,) = csv.DictReader(io.StringIO(out.getvalue()))
    assert line["contra"] == "1000"
    assert rows[1]["entry"] == "GEN/2026/00003"


def test_the_general_ledger_of_all_accounts_ends_with_the_balances_of_the_trial_balance(books: Books) -> None:
    last = {(r["account"], r["currency"]): r["balance"] for r in books.report("general-ledger")}
    balances = {(r["account"], r["currency"]): r["balance"] for r in books.report("trial-balance", zero=True) if r["debit"] != "0.00"}
    assert balances.items() <= last.items()
    assert last["1500", "FUND"] == "10.500"


def test_the_general_ledger_of_a_group_shows_the_accounts_below_it(books: Books) -> None:
    with books.bo.unit_of_work(actor="ann", company="ACME") as uow:
        group = uow.add(Account(code="1", name="Assets", kind=AccountKind.ASSET, postable=False))
        for account in uow.select(Account, code=["1000", "1500"], company_id=uow.company.id):
            account.parent_id = group.id
    assert {row["account"] for row in books.report("general-ledger", account="1")} == {"1000", "1500"}


def test_the_ledger_of_an_account_that_is_not_there_is_an_error_that_names_it(books: Books) -> None:
    with pytest.raises(NotFound, match="no account '9999'"):
        books.report("general-ledger", account="9999")


def test_the_journal_lists_entries_with_their_lines_in_number_order(books: Books) -> None:
    rows = books.report("journal", since="2026-01-31", through="2026-02-15")
    assert [(r["entry"], r["account"], r["debit"], r["credit"]) for r in rows] == [
        ("GEN/2026/00002", "6000", "1200.00", None),
        ("GEN/2026/00002", "1000", None, "1200.00"),
        ("GEN/2026/00003", "1000", "500.00", None),
        ("GEN/2026/00003", "4000", None, "500.00"),
        ("GEN/2026/00004", "1500", "1050.00", None),
        ("GEN/2026/00004", "1000", None, "1050.00"),
    ]
    assert (rows[0]["reference"], rows[4]["quantity"], rows[4]["commodity"]) == ("R-1", "10.500", "FUND")
    assert books.report("journal", journal="SALES") == []
