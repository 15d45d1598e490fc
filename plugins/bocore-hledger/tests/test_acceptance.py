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

pytestmark = pytest.mark.acceptance

NAMES = ("sample", "bcexample", "1ktxns-100accts")
AMOUNT = re.compile(r"(\$?)(-?[0-9.]+) ?([A-Za-z]*)")

Figures = dict[tuple[str, str], Decimal]
"""Account and commodity → what hledger shows of it."""


def published(path: Path) -> Figures:
    """The figures of a report of hledger's, without those that are nil."""
    found: Figures = {}
    with path.open(encoding="utf-8", newline="") as file:
        for account, balance in list(csv.reader(file))[1:]:
            for part in balance.split(", "):
                match = AMOUNT.fullmatch(part)
                assert match is not None, part
                if Decimal(match[2]):
                    found[account, match[1] or match[3]] = Decimal(match[2])
    return found


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
