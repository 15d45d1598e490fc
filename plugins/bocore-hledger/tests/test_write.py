"""A journal that is written reads back as it was, whatever it says."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import Refused
from bocore_hledger.journal import AccountDecl, Amount, Assertion, Cost, Journal, Posting, Price, Transaction
from bocore_hledger.keys import keys
from bocore_hledger.read import read
from bocore_hledger.write import dump

CODES = ["$", "€", "money", "A1", "green_apples", "x-y"]

days = st.dates(date(1990, 1, 1), date(2090, 12, 31))
numbers = st.decimals(Decimal("-99999.99"), Decimal("99999.99"), places=2)
amounts = st.builds(Amount, numbers, st.sampled_from(CODES))
words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=";:()[]*!|"), min_size=1, max_size=8)
texts = st.lists(words, max_size=3).map(" ".join)
names = st.lists(st.lists(words, min_size=1, max_size=2).map(" ".join), min_size=1, max_size=3).map(":".join)
statuses = st.sampled_from(["", "*", "!"])
costs = st.builds(Cost, amounts.map(lambda each: Amount(abs(each.number), each.code)), st.booleans())


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    """A transaction of two lines that balances: the second takes what the first weighs."""
    first = Posting(
        account=draw(names), units=draw(amounts), cost=draw(st.none() | costs), status=draw(statuses), comment=draw(texts)
    )  # fmt: skip
    assert first.units is not None
    number, code = first.units
    if first.cost is not None:
        code = first.cost.amount.code
        number = first.cost.amount.number * (1 if first.cost.total else number)
        if first.cost.total and first.units.number <= 0:
            number = -number if first.units.number else Decimal(0)
    second = Posting(account=draw(names), units=Amount(-number, code), status=draw(statuses), comment=draw(texts))
    return Transaction(
        date=draw(days), date2=draw(st.none() | days), status=draw(statuses), code=draw(texts),
        description=draw(texts | texts.map(lambda each: f"(x) {each}".strip())), comment=draw(texts), postings=(first, second),
    )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(transactions(), max_size=5))
def test_what_is_written_reads_back_as_it_was(tmp_path: Path, made: list[Transaction]) -> None:
    path = tmp_path / "made.journal"
    used = {line.units.code for each in made for line in each.postings if line.units}
    with path.open("w", encoding="utf-8", newline="") as out:
        dump(Journal(transactions=tuple(made), exponents={code: 4 for code in used}), out)
    again = read(path)
    assert again.transactions == tuple(made)
    exponents = {**dict.fromkeys(CODES, 2), **again.exponents}
    assert keys(again.transactions, exponents) == keys(made, exponents)
    assert again.warnings == ()


def test_everything_that_a_journal_says_is_written(journal: Callable[..., Journal], tmp_path: Path) -> None:
    whole = Journal(
        accounts=(AccountDecl(name="mine", type="A", comment="type: A"), AccountDecl(name="own:x", type="E", comment="type: E\nmore")),
        prices=(Price(date=date(2024, 1, 1), code="A1", amount=Amount(Decimal("1.5"), "EUR")),),
        exponents={"A1": 0, "EUR": 2},
        transactions=(
            Transaction(
                date=date(2024, 1, 2),
                description="* starred",
                postings=(
                    Posting(
                        account="mine", units=Amount(Decimal(1), "A1"), assertion=Assertion(Amount(Decimal(1), "A1"), sole=True, below=True)
                    ),
                    Posting(account="own:x", units=Amount(Decimal(-1), "A1")),
                ),
            ),
        ),
    )
    out = io.StringIO()
    dump(whole, out)
    assert out.getvalue() == (
        "decimal-mark .\n\n"
        'commodity 1000. "A1"\ncommodity 1000.00 EUR\n\n'
        "account mine\n  ; type: A\naccount own:x\n  ; type: E\n  ; more\n\n"
        'P 2024-01-01 "A1" 1.5 EUR\n\n'
        "2024-01-02 () * starred\n"
        '  mine   1 "A1" ==* 1 "A1"\n'
        '  own:x  -1 "A1"\n'
    )
    again = journal(out.getvalue())
    assert (again.accounts, again.prices, again.transactions) == (whole.accounts, whole.prices, whole.transactions)


@pytest.mark.parametrize("name", ["(virtual)", "two  spaces", "a ; b", "*starred", "a::b", " a"])
def test_names_that_hledger_can_not_read_are_refused(name: str) -> None:
    postings = (Posting(account=name, units=Amount(Decimal(0), "EUR")),)
    out = io.StringIO()
    with pytest.raises(Refused, match="hledger has no account names like"):
        dump(Journal(transactions=(Transaction(date=date(2024, 1, 1), postings=postings),)), out)
    assert out.getvalue() == ""
