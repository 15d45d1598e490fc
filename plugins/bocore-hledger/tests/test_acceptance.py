"""hledger's own example journals, and what hledger 1.25 says of them: the same figures, to the last digit.

``*.expected.csv`` were written by ``hledger -O csv``; an expected row of several commodities has them all.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bocore import BackOffice, Refused
from bocore.record.verify import verify
from bocore_accounting import Account
from bocore_accounting.reports import trial_balance
from bocore_accounting.statements.balance_sheet import balance_sheet
from bocore_accounting.statements.cash_flow import cash_flow
from bocore_accounting.statements.income_statement import income_statement

pytestmark = pytest.mark.acceptance

NAMES = ("sample", "bcexample", "1ktxns-100accts")
AMOUNT = re.compile(r"(\$?)(-?[0-9.]+) ?([A-Za-z]*)")

Figures = dict[tuple[str, str], Decimal]
"""Account and commodity → what hledger shows of it."""


def published(path: Path) -> Figures:
    """The figures of a balance report of hledger's, without those that are nil."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {(account, code): number for account, balance in rows for code, number in amounts(balance).items()}


def published_statement(path: Path) -> Figures:
    """The figures of a statement of hledger's: accounts, a total for each section, and what is left at the end."""
    found: Figures = {}
    section = ""
    with path.open(encoding="utf-8", newline="") as file:
        for row in list(csv.reader(file))[2:]:
            account, balance = row if len(row) == 2 else (row[0], "0")
            if not balance:
                section = account
            name = {"total": f"total {section}", "Net:": "net"}.get(account, account)
            found |= {(name, code): number for code, number in amounts(balance).items()}
    return found


def amounts(text: str) -> dict[str, Decimal]:
    """What a cell says, by commodity; not what is nil."""
    found = {}
    for part in filter(None, text.split(", ")):
        match = AMOUNT.fullmatch(part)
        assert match is not None, part
        found[match[1] or match[3]] = Decimal(match[2])
    return {code: number for code, number in found.items() if number}


def in_the_books(bo: BackOffice) -> Figures:
    """The trial balance, in units."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return {(row.account, row.currency): row.balance for row in trial_balance(uow)}


def with_those_below(bo: BackOffice, figures: Figures) -> Figures:
    """Each account with what stands below it in the chart, and the total of all."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = uow.rows(sa.select(Account.c.id, Account.c.code, Account.c.parent_id))
    code_of = {ident: code for ident, code, _ in rows}
    above = {code: code_of.get(parent, "") for _, code, parent in rows}
    sums: Figures = defaultdict(Decimal)
    for (account, code), balance in figures.items():
        place = account
        while place:
            sums[place, code] += balance
            place = above[place]
        sums["total", code] += balance
    return {key: total for key, total in sums.items() if total}


@pytest.mark.parametrize(("name", "rows"), list(zip(NAMES, (7, 53, 1533), strict=True)))
def test_the_trial_balance_of_an_imported_journal_is_what_hledger_publishes(bo: BackOffice, samples: Path, name: str, rows: int) -> None:
    bo.import_file("hledger", samples / f"{name}.journal", actor="ann")
    expected = published(samples / f"{name}.balflatN.expected.csv")
    assert len(expected) == rows
    assert in_the_books(bo) == expected
    assert verify(bo).ok


STATEMENTS = {
    "balancesheet": (balance_sheet, {"Total assets": "total Assets", "Total liabilities": "total Liabilities"}),
    "incomestatement": (income_statement, {"Total income": "total Revenues", "Total expenses": "total Expenses", "Result": "net"}),
    "cashflow": (cash_flow, {"Change of cash": "total Cash flows"}),
}
"""Our statement for each of hledger's, and what the two call their totals."""

EXTRA = {"Cash", "Equity", "Difference"}
"""Sections that hledger's statements leave out."""


def stated(bo: BackOffice, report: str) -> Figures:
    """The figures of a statement under hledger's names, with neither nil nor what hledger leaves out."""
    function, names = STATEMENTS[report]
    found: Figures = {}
    net: Figures = defaultdict(Decimal)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for row in function(uow):
            if row.amount and row.section not in EXTRA:
                found[row.account or names[row.name], row.currency] = row.amount
            if report == "balancesheet" and row.name in ("Total assets", "Total liabilities"):
                net["net", row.currency] += row.amount if row.name == "Total assets" else -row.amount
    return found | {key: number for key, number in net.items() if number}


@pytest.mark.parametrize("report", STATEMENTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_statements_of_an_imported_journal_are_what_hledger_publishes(bo: BackOffice, samples: Path, name: str, report: str) -> None:
    bo.import_file("hledger", samples / f"{name}.journal", actor="ann")
    expected = published_statement(samples / f"{name}.{report}.expected.csv")
    assert stated(bo, report) == expected
    assert bool(expected) == (name != "1ktxns-100accts"), "whose accounts have no type"


@pytest.mark.parametrize("name", ["sample", "bcexample"])
def test_the_net_of_hledgers_balance_sheet_is_our_equity(bo: BackOffice, samples: Path, name: str) -> None:
    """With the results in it, and what was given in one commodity for another."""
    bo.import_file("hledger", samples / f"{name}.journal", actor="ann")
    expected = published_statement(samples / f"{name}.balancesheet.expected.csv")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        equity = {row.currency: row.amount for row in balance_sheet(uow) if row.name == "Total equity" and row.amount}
    assert equity == {code: number for (account, code), number in expected.items() if account == "net"}


@pytest.mark.parametrize("name", NAMES)
def test_balances_with_those_below_are_what_hledger_publishes(bo: BackOffice, samples: Path, name: str) -> None:
    """hledger leaves out an account that has nothing but one other below it; every figure that it shows is ours."""
    bo.import_file("hledger", samples / f"{name}.journal", actor="ann")
    expected = published(samples / f"{name}.baltreeE.expected.csv")
    found = with_those_below(bo, in_the_books(bo))
    assert len(expected) > 10
    assert {key: found.get(key) for key in expected} == expected
    assert {key for key in found if key[0] == "total"} == {key for key in expected if key[0] == "total"}


def test_no_account_of_the_thousand_transactions_has_a_type(bo: BackOffice, samples: Path) -> None:
    result = bo.import_file("hledger", samples / "1ktxns-100accts.journal", actor="ann")
    (warning,) = result.findings
    assert warning.code == "hledger.no_type"
    assert "1, 1:2, 1:2:3, 1:2:3:4, 1:2:3:4:5 and 95 more" in warning.message
    assert result.added["bo_rate"] == 1000


def test_the_dollar_sign_stays_or_becomes_what_it_is_said_to_be(bo: BackOffice, samples: Path) -> None:
    options = {"commodity": "$=USD"}
    bo.import_file("hledger", samples / "sample.journal", actor="ann", options=options)
    expected = published(samples / "sample.balflatN.expected.csv")
    assert in_the_books(bo) == {(account, "USD"): balance for (account, _), balance in expected.items()}


@pytest.mark.parametrize("name", ["borrowing", "business"])
def test_hledgers_small_examples_are_taken_in_or_refused_by_line(bo: BackOffice, samples: Path, name: str) -> None:
    options = {"year": 2024, "commodity": "=EUR"}
    if name == "business":
        bo.import_file("hledger", samples / "business.journal", actor="ann", options=options)
        assert in_the_books(bo) == {("expenses:office supplies", "$"): Decimal(1), ("assets:business checking", "$"): Decimal(-1)}
        return
    with pytest.raises(Refused) as refused:
        bo.import_file("hledger", samples / "borrowing.journal", actor="ann", options=options)
    (finding,) = refused.value.findings
    assert finding.code == "hledger.virtual"
    assert str(finding.at).endswith("borrowing.journal:26")
