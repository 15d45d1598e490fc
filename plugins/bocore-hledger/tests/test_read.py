"""What a journal says: dates, marks, amounts in every spelling, directives, and what follows from what is left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocore_hledger.amounts import read_number
from bocore_hledger.journal import AccountDecl, Amount, Assertion, Cost, Journal
from bocore_hledger.kinds import type_of

Read = Callable[..., Journal]


def units(journal: Journal) -> list[str]:
    """Account and amount of each line."""
    return [f"{line.account} {line.units}" for each in journal.transactions for line in each.postings]


@pytest.mark.parametrize("written", ["2008/01/31", "2008-1-31", "2008.01.31"])
def test_a_date_has_three_spellings(journal: Read, written: str) -> None:
    (found,) = journal(f"{written} x\n  a  1 EUR\n  b\n").transactions
    assert found.date == date(2008, 1, 31)


def test_a_transaction_has_a_second_date_status_code_payee_and_note(journal: Read) -> None:
    (found,) = journal(
        """
        2024-01-31=2/2 ! (INV 7) Ann | lunch  ; client: Bob
          ; and more
          * expenses:food  $12.50  ; eaten
            ; all of it
          assets:cash
        """
    ).transactions
    assert (found.date, found.date2, found.status, found.code) == (date(2024, 1, 31), date(2024, 2, 2), "!", "INV 7")
    assert (found.description, found.comment) == ("Ann | lunch", "client: Bob\nand more")
    food, cash = found.postings
    assert (food.status, food.comment, food.line) == ("*", "eaten\nall of it", 3)
    assert (cash.units, cash.inferred) == (Amount(Decimal("-12.50"), "$"), True)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$1", "1 $"), ("-$1", "-1 $"), ("$-1", "-1 $"), ("$ -1", "-1 $"), ("- $ 1", "-1 $"), ("+1 EUR", "1 EUR"), ("1EUR", "1 EUR"),
        ("€1.000,50", "1000.50 €"), ("1,000.50 EUR", "1000.50 EUR"), ("1 000 000.5 EUR", "1000000.5 EUR"),
        ("9,99,999.00 INR", "999999.00 INR"),
        ("1.000.000 EUR", "1000000 EUR"), ('3 "green apples"', "3 green apples"), ('"ABC 1" 4', "4 ABC 1"), ("1E3 EUR", "1000 EUR"),
        (".5 EUR", "0.5 EUR"), ("1. EUR", "1 EUR"), ("0,25 EUR", "0.25 EUR"),
    ],
)  # fmt: skip
def test_an_amount_has_many_spellings(tmp_path: Path, written: str, expected: str) -> None:
    from bocore_hledger.amounts import scan_amount

    found = scan_amount(written)
    assert found is not None
    assert (f"{found.amount.number:f} {found.amount.code}", found.end) == (expected, len(written))


def test_one_mark_before_three_digits_is_a_decimal_mark_unless_told_otherwise(journal: Read) -> None:
    text = "2024-01-01 x\n  a  1,000 EUR\n  b\n"
    plain = journal(text)
    assert units(plain) == ["a 1.000 EUR", "b -1.000 EUR"]
    assert [finding.code for finding in plain.warnings] == ["hledger.decimal_mark"]
    for directive in ("decimal-mark .", "commodity 1,000.00 EUR", "commodity EUR\n  format 1,000.00 EUR", "D 1,000.00 EUR"):
        told = journal(f"{directive}\n{text}")
        assert (units(told), told.warnings) == (["a 1000 EUR", "b -1000 EUR"], ())


def test_numbers_know_their_decimals() -> None:
    assert read_number("1,000.50") == (Decimal("1000.50"), 2, ".", "")
    assert read_number("1,000", ",") == (Decimal("1.000"), 3, ",", "")
    assert read_number("12345,678") == (Decimal("12345.678"), 3, ",", "")


def test_comments_of_all_kinds_say_nothing(journal: Read) -> None:
    found = journal(
        """
        ; one
        # two
        * three
        comment
        2024-01-01 not this
          a  1
        end comment
          ; indented
        2024-01-02 this
          a  1 EUR
          b
        """
    )
    assert [each.description for each in found.transactions] == ["this"]


def test_a_default_year_ends_with_its_file(journal: Read, tmp_path: Path) -> None:
    (tmp_path / "sub.journal").write_text("Y2019\n5/6 inner\n  a  1 EUR\n  b\n")
    found = journal("Y 2020\n1/2 one\n  a  1 EUR\n  b\ninclude sub.journal\n3.4 two\n  a  1 EUR\n  b\n")
    assert [each.date for each in found.transactions] == [date(2020, 1, 2), date(2019, 5, 6), date(2020, 3, 4)]
    assert [Path(each).name for each in found.files] == ["books.journal", "sub.journal"]


def test_a_year_can_be_given_from_outside(journal: Read) -> None:
    assert journal("1/2 x\n  a  1 EUR\n  b\n", year=2024).transactions[0].date == date(2024, 1, 2)


def test_files_are_included_by_pattern(journal: Read, tmp_path: Path) -> None:
    for month in ("02", "01"):
        (tmp_path / f"2024-{month}.j").write_text(f"2024-{month}-01 x\n  a  1 EUR\n  b\n")
    assert [each.date.month for each in journal("include 2024-*.j\n").transactions] == [1, 2]


def test_a_default_commodity_is_that_of_bare_numbers(journal: Read) -> None:
    assert units(journal("D $1,000.00\n2024-01-01 x\n  a  5\n  b\n")) == ["a 5 $", "b -5 $"]


def test_accounts_have_types_and_comments(journal: Read) -> None:
    found = journal(
        """
        account bank:giro  ; type: Cash, my account
          ; since 2001
        account vermögen
          ; type:A
        payee Ann
        2024-01-01 x
          bank:giro  1 EUR
          vermögen
        """
    )
    assert found.accounts == (
        AccountDecl(name="bank:giro", type="C", comment="type: Cash, my account\nsince 2001"),
        AccountDecl(name="vermögen", type="A", comment="type:A"),
    )


def test_prices_are_read_with_their_day(journal: Read) -> None:
    prices = journal('P 2024-01-01 10:00:00 € $1.10\nP 2024/2/1 "no 1"  3,5 EUR ; c\n').prices
    assert [(each.date.month, each.code, str(each.amount)) for each in prices] == [(1, "€", "1.10 $"), (2, "no 1", "3.5 EUR")]


def test_a_left_out_amount_is_what_the_others_cost(journal: Read) -> None:
    found = journal("2024-01-01 buy\n  shares  10 VTI @ $70.19\n  fund  3 X @@ 10 EUR\n  bank\n")
    assert units(found)[2:] == ["bank -701.90 $", "bank -10 EUR"]
    assert found.transactions[0].postings[1].cost == Cost(Amount(Decimal(10), "EUR"), total=True)


def test_two_commodities_without_a_word_of_cost_are_exchanged(journal: Read) -> None:
    one = journal("2024-01-01 x\n  euros  100 EUR\n  dollars  $-135\n").transactions[0]
    assert one.postings[0].cost == Cost(Amount(Decimal(135), "$"), total=True)
    two = journal("2024-01-01 x\n  a  10 A\n  b  5 A\n  c  $-30\n").transactions[0]
    assert [line.cost for line in two.postings] == [Cost(Amount(Decimal(2), "$"))] * 2 + [None]


def test_an_assertion_without_an_amount_makes_itself_true(journal: Read) -> None:
    found = journal("2024-01-01 x\n  cash  $10\n  equity\n2024-01-02 count\n  cash  = $7\n  expenses\n")
    assert units(found)[2:] == ["cash -3 $", "expenses 3 $"]


def test_assertions_hold_by_day_whatever_the_order_of_the_file(journal: Read) -> None:
    found = journal(
        """
        2024-01-05 later
          a:b  1 EUR = 3 EUR
          a  $1 ==* $1
          c
        2024-01-01 earlier
          a:b  2 EUR = 2 EUR
          c
        """.replace("a  $1 ==* $1", "a  $1 == $1")
    )
    assert found.transactions[0].postings[0].assertion == Assertion(Amount(Decimal(3), "EUR"))
    journal("2024-01-01 x\n  a:b  2 EUR\n  a  1 EUR =* 3 EUR\n  a:b  0 == 2 EUR\n  c\n")


def test_rules_are_passed_over_and_said(journal: Read) -> None:
    found = journal("~ monthly\n  a  1 EUR\n  b\n\n= expenses\n  (budget)  *-1\n\n2024-01-01 x\n  a  1 EUR\n  b\n")
    assert [(finding.code, str(finding.at).rpartition(":")[2]) for finding in found.warnings] == [
        ("hledger.rule", "1"),
        ("hledger.rule", "5"),
    ]
    assert len(found.transactions) == 1


def test_a_windows_file_with_a_byte_order_mark_reads_like_any(journal: Read) -> None:
    assert units(journal("\ufeff2024-01-01 x\r\n  a  1 EUR\r\n  b\r\n")) == ["a 1 EUR", "b -1 EUR"]


def test_a_currency_has_its_decimals_and_a_sign_at_least_two(journal: Read) -> None:
    found = journal("2024-01-01 x\n  a  1 EUR\n  a  $1\n  a  1.2345 VTI\n  a  5 MILES\n  b\n")
    assert found.exponents == {"$": 2, "EUR": 2, "MILES": 0, "VTI": 4}


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        ("assets", "A"), ("Asset:Fixed", "A"), ("assets:bank", "C"), ("assets:US:BofA:Checking", "C"), ("assets:savings:a", "C"),
        ("assets:bankrupt", "A"), ("liabilities:x", "L"), ("debts", "L"), ("equity", "E"), ("equity:conversion", "V"), ("Income:x", "R"),
        ("revenues", "R"), ("expense:food", "X"), ("assetsx", ""), ("1:2", ""), ("mine", "E"), ("mine:cash", "C"), ("mine:cash:a", "C"),
        ("assets:mine", "X"),
    ],
)  # fmt: skip
def test_types_follow_hledgers_rules(name: str, letter: str) -> None:
    """The manual of hledger 1.25, "Account types": declared here, declared above, by name."""
    assert type_of(name, {"mine": "E", "mine:cash": "C", "assets:mine": "X"}) == letter
