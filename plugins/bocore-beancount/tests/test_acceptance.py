"""Real ledgers, and those that beancount makes up: the same balances as beancount's, to the last digit, there and back."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from beancount.core import convert, data, inventory, realization
from beancount.scripts import check, example
from click.testing import CliRunner

from bocore import BackOffice
from bocore.record.verify import verify
from bocore_accounting.reports import trial_balance
from bocore_beancount.ledger import Cost, Ledger, balances, lots, turnovers_by_year
from bocore_beancount.parse import load
from bocore_beancount.read import read
from bocore_beancount.weigh import residuals
from bocore_beancount.write import dump

pytestmark = pytest.mark.acceptance

POSITION = re.compile(r"(-?[0-9.]+) ([A-Z]+)(?: \{ *([0-9.]+) ([A-Z]+)\})?")


def published(path: Path) -> list[tuple[str, dict[str, Decimal]]]:
    """Rows of what bean-query printed: the columns before the last, joined, and the last with its lots added up."""
    rows = []
    for row in list(csv.reader(io.StringIO(path.read_text())))[1:]:
        totals: dict[str, Decimal] = defaultdict(Decimal)
        for number, code, _, _ in POSITION.findall(row[-1]):
            totals[code] += Decimal(number)
        rows.append((" ".join(row[:-1]), {code: total for code, total in totals.items() if total}))
    return rows


def written_and_read(ledger: Ledger, folder: Path) -> Ledger:
    """The ledger after a round trip through a file that bean-check has nothing to say of."""
    path = folder / "copy.beancount"
    with path.open("w", encoding="utf-8") as out:
        dump(ledger, out)
    checked = CliRunner().invoke(check.main, ["--no-cache", str(path)])
    assert (checked.exit_code, checked.output) == (0, "")
    return read(path)


@pytest.mark.parametrize("name", ["example", "basic"])
def test_balances_are_those_that_beancount_publishes(samples: Path, name: str) -> None:
    """``*.balances.bean-query.csv``: beancount 3.2.3 and beanquery 0.2.0, ``SELECT account, sum(position)``."""
    expected = {
        (account, code): total
        for account, totals in published(samples / f"{name}.balances.bean-query.csv")
        for code, total in totals.items()
    }
    assert len(expected) > 20
    assert balances(read(samples / f"{name}.beancount")) == expected


def test_lots_are_those_that_beancount_publishes(samples: Path) -> None:
    """The braces hold the unit cost."""
    expected: dict[tuple[str, str, Decimal | None], Decimal] = defaultdict(Decimal)
    for row in list(csv.reader(io.StringIO((samples / "example.balances.bean-query.csv").read_text())))[1:]:
        for number, code, cost, _ in POSITION.findall(row[1]):
            expected[row[0], code, Decimal(cost) if cost else None] += Decimal(number)
    found: dict[tuple[str, str, Decimal | None], Decimal] = defaultdict(Decimal)
    for (account, code, cost), units in lots(read(samples / "example.beancount")).items():
        found[account, code, round(cost.number, 2) if cost else None] += units
    assert found == expected


def test_income_and_expenses_by_year_are_those_that_beancount_publishes(samples: Path) -> None:
    expected = {
        (int(key[:4]), key[5:], code): total
        for key, totals in published(samples / "example.income_expense_by_year.csv")
        for code, total in totals.items()
    }
    assert len(expected) > 80
    assert turnovers_by_year(read(samples / "example.beancount")) == expected


def test_what_the_example_leaves_below_a_cent_is_taken_up(samples: Path) -> None:
    """179 of its 1 146 transactions leave something; the 78 payrolls balance in dollars and, each for itself, in two tokens."""
    path = samples / "example.beancount"
    entries = [entry for entry in load(path).entries if isinstance(entry, data.Transaction)]
    weights = [[convert.get_weight(posting) for posting in entry.postings] for entry in entries]
    left = []
    for each in weights:
        total: dict[str, Decimal] = defaultdict(Decimal)
        for weight in each:
            total[weight.currency] += weight.number
        left.append(max(map(abs, total.values())))
    transactions = read(path).transactions
    assert (len(transactions), sum(bool(each) for each in left)) == (1146, 179)
    assert max(left) < Decimal("0.005")
    assert sum({line.amount.code for line in each.lines} == {"USD", "IRAUSD", "VACHR"} for each in transactions) == 78
    assert [residuals(line.amount for line in each.lines) for each in transactions] == [{}] * 1146


@pytest.mark.parametrize("name", ["example", "basic", "starter"])
def test_a_published_ledger_survives_being_written_and_read_again(samples: Path, tmp_path: Path, name: str) -> None:
    ledger = read(samples / f"{name}.beancount")
    copy = written_and_read(ledger, tmp_path)
    assert copy.transactions == ledger.transactions
    assert copy == ledger
    assert lots(copy) == lots(ledger)


def made_up(folder: Path, seed: int, begin: str, end: str) -> Path:
    """A ledger that bean-example makes. It begins in January: from any other month it makes ledgers that bean-check refuses."""
    path = folder / "made-up.beancount"
    arguments = ["--seed", str(seed), "--date-begin", begin, "--date-end", end, "--date-birth", "1980-05-12", "--output", str(path)]
    assert CliRunner().invoke(example.main, arguments).exit_code == 0
    return path


SEEDS = pytest.mark.parametrize(
    ("seed", "begin", "end"), [(1, "2019-01-01", "2021-12-31"), (2, "2022-01-01", "2024-02-29"), (7, "2015-01-01", "2016-12-31")]
)


@SEEDS
def test_ledgers_that_beancount_makes_up_have_beancounts_balances(tmp_path: Path, seed: int, begin: str, end: str) -> None:
    path = made_up(tmp_path, seed, begin, end)
    ledger = read(path)
    entries = load(path).entries

    expected: dict[tuple[str, str], Decimal] = {}
    expected_lots: dict[tuple[str, str, Cost | None], Decimal] = {}
    for account in realization.iter_children(realization.realize(entries)):
        held: inventory.Inventory = account.balance
        for position in held:
            cost = position.cost and Cost(position.cost.number, position.cost.currency, position.cost.date, position.cost.label)
            expected_lots[account.account, position.units.currency, cost] = position.units.number
        for position in held.reduce(convert.get_units):
            expected[account.account, position.units.currency] = position.units.number
    assert len(ledger.transactions) > 200
    assert balances(ledger) == expected
    assert lots(ledger) == expected_lots
    assert all(not residuals(line.amount for line in each.lines) for each in ledger.transactions)

    copy = written_and_read(ledger, tmp_path)
    assert copy == ledger
    assert lots(copy) == expected_lots


# Through the books


def in_the_books(bo: BackOffice, *, as_of: date | None = None, since: date | None = None) -> dict[tuple[str, str], Decimal]:
    """The trial balance: account and commodity → balance."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return {(row.account, row.currency): row.balance for row in trial_balance(uow, as_of=as_of, since=since)}


@pytest.mark.parametrize(("name", "rows"), [("example", 56), ("basic", 37)])
def test_the_trial_balance_of_an_imported_ledger_is_what_beancount_publishes(bo: BackOffice, samples: Path, name: str, rows: int) -> None:
    bo.import_file("beancount", samples / f"{name}.beancount", actor="ann")
    expected = {
        (account, code): total
        for account, totals in published(samples / f"{name}.balances.bean-query.csv")
        for code, total in totals.items()
    }
    assert len(expected) == rows
    assert in_the_books(bo) == expected
    audit = verify(bo)
    assert audit.ok
    assert audit.rows > 400


def test_turnovers_of_an_imported_ledger_by_year_are_what_beancount_publishes(bo: BackOffice, samples: Path) -> None:
    bo.import_file("beancount", samples / "example.beancount", actor="ann")
    expected = {
        (int(key[:4]), key[5:], code): total
        for key, totals in published(samples / "example.income_expense_by_year.csv")
        for code, total in totals.items()
    }
    found = {
        (year, account, code): balance
        for year in {key[0] for key in expected}
        for (account, code), balance in in_the_books(bo, since=date(year, 1, 1), as_of=date(year, 12, 31)).items()
        if account.startswith(("Income:", "Expenses:"))
    }
    assert found == expected


@pytest.mark.parametrize("name", ["example", "basic", "starter"])
def test_a_published_ledger_comes_out_of_the_books_as_it_went_in(
    bo: BackOffice, samples: Path, given_out: Callable[[], Ledger], name: str
) -> None:
    bo.import_file("beancount", samples / f"{name}.beancount", actor="ann")
    ledger, copy = read(samples / f"{name}.beancount"), given_out()
    assert copy.transactions == ledger.transactions
    assert copy == ledger
    assert lots(copy) == lots(ledger)


@SEEDS
def test_ledgers_that_beancount_makes_up_have_its_balances_in_the_books(
    bo: BackOffice, tmp_path: Path, given_out: Callable[[], Ledger], seed: int, begin: str, end: str
) -> None:
    path = made_up(tmp_path, seed, begin, end)
    bo.import_file("beancount", path, actor="ann")
    expected = {
        (account.account, position.units.currency): position.units.number
        for account in realization.iter_children(realization.realize(load(path).entries))
        for position in account.balance.reduce(convert.get_units)
    }
    assert len(expected) > 30
    assert in_the_books(bo) == expected
    assert given_out() == read(path)
