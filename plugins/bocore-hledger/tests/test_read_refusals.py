"""Everything that is not understood is refused by its line, all of it at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bocore import Refused
from bocore_hledger.journal import Journal
from bocore_hledger.read import read

Refusal = Callable[..., list[tuple[str, int]]]

GOOD = "2024-01-01 good\n  a  1 EUR\n  b\n"


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("virtual", "  (a)  1 EUR"), ("virtual", "  [a]  1 EUR"), ("virtual", "  * (a:b)  1 EUR = 3 EUR"),
        ("amount", "  a  one EUR"), ("syntax", "  a  1 EUR EUR"), ("amount", "  a  5 ABC1"), ("amount", "  a  -$-1"),
        ("amount", "  a  $1 EUR"),
        ("amount", "  a  1,00,0.00 EUR"), ("amount", "  a  1.000,00.1 EUR"), ("amount", "  a  1.0.0 EUR"), ("amount", "  a  1 EUR @"),
        ("amount", "  a  1 EUR @ -2 USD"), ("amount", "  a  1 EUR ="), ("amount", f"  a  {'9' * 70} EUR"), ("amount", "  a  1E9999 EUR"),
        ("lots", "  a  1 VTI {2 EUR}"), ("lots", "  a  1 VTI @ 2 EUR [2020-01-01]"),
        ("amount", "  a  @ 2 EUR"), ("syntax", "  a  1 EUR = 2 EUR @ 3 USD"), ("syntax", "  a  1 EUR % x"),
        ("syntax", "  *"), ("syntax", "  ! ; no account"), ("amount", "  a  1E99 EUR"),
        ("account_name", "  a ; no"), ("account_name", "  a::b  1 EUR"), ("account_name", f"  {'a' * 251}  1 EUR"),
        ("posting_date", "  a  1 EUR  ; date: 2024-02-01"), ("posting_date", "  a  1 EUR  ; [2024-02-01]"),
        ("posting_date", "  a  1 EUR\n  ; date:2/1"),
    ],
)  # fmt: skip
def test_a_line_of_a_transaction(refusal: Refusal, kind: str, lines: str) -> None:
    at = 3 if "\n" not in lines else 4
    assert refusal(f"; first\n2024-01-01 x\n{lines}\n  b\n") == [(kind, at)]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("directive", "alias a = b"), ("directive", "apply account x"), ("directive", "bucket a"), ("directive", "assert 1 == 1"),
        ("directive", "i 2024-01-01 10:00:00 work"), ("directive", "nonsense"), ("directive", "!include x"), ("directive", "end comment"),
        ("account_type", "account a  ; type: Z"), ("account_name", "account a:  ; type: A"),
        ("syntax", "account"), ("syntax", "account a  A"),
        ("syntax", "commodity (x)"), ("syntax", "D EUR"), ("syntax", "decimal-mark x"), ("syntax", "Y 24"), ("syntax", "year next"),
        ("syntax", "P tomorrow EUR 1 USD"), ("syntax", "P 2024-01-01 EUR"), ("syntax", "P 2024-02-30 EUR 1 USD"),
        ("include", "include nowhere.journal"), ("include", "include *.nothing"), ("include", "include timedot:x.md"),
        ("include", "include x.csv"), ("include", "include"), ("include", f"include {'x' * 300}"), ("include", "include ~nobody.here/x"),
        ("include", "include **x"), ("include", "include books\0"), ("include", "include books.journal"),
        ("date", "2024-02-30 x"), ("date", "2024-13-01 x"), ("date", "2024/01-01 x"), ("date", "1/2 x"), ("date", "2024-01-01x"),
        ("date", "2024-01-01=x"), ("date", "20240101 x"), ("syntax", "2024-01-01 (7 x"), ("syntax", "  a  1 EUR"),
    ],
)  # fmt: skip
def test_a_line_at_the_margin(refusal: Refusal, kind: str, line: str) -> None:
    assert refusal(f"; first\n\n{line}\n\n{GOOD}") == [(kind, 3)]


def test_what_does_not_balance(refusal: Refusal) -> None:
    assert refusal("2024-01-01 x\n  a  1 EUR\n  b  -2 EUR\n") == [("unbalanced", 1)]
    assert refusal("2024-01-01 x\n  a  1 EUR\n  b  1 USD\n") == [("unbalanced", 1)]
    assert refusal("2024-01-01 x\n  a  1 EUR\n  b\n  c\n") == [("unbalanced", 4)]
    assert refusal("2024-01-01 x\n  a 1 EUR\n  b\n") == [("unbalanced", 3)]
    assert refusal("2024-01-01 x\n  a  10 VTI @ 1.333 EUR\n  b  -13.32 EUR\n") == [("unbalanced", 1)]


def test_a_wrong_assertion_says_what_is_expected_and_what_there_is(tmp_path: Path) -> None:
    path = tmp_path / "books.journal"
    path.write_text("2024-01-01 x\n  cash  $10\n  equity\n\n2024-01-02 y\n  cash  $1  = $12\n  equity\n")
    with pytest.raises(Refused, match=r"books.journal:6: cash should hold 12 \$ here, and holds 11 \$.*the difference is -1 \$") as refused:
        read(path)
    (finding,) = refused.value.findings
    assert (finding.code, finding.params) == ("hledger.assertion", {"expected": "12", "actual": "11"})


@pytest.mark.parametrize("wrong", ["= 2 EUR", "== 1 EUR", "=* 1 EUR", "==* 3 EUR"])
def test_every_kind_of_assertion_can_fail(refusal: Refusal, wrong: str) -> None:
    """The account holds 1 EUR and $1, that below it 2 EUR."""
    assert refusal(f"2024-01-01 x\n  a:b  2 EUR\n  a  $1\n  a  1 EUR {wrong}\n  c\n") == [("assertion", 4)]


def test_an_amount_without_a_commodity(refusal: Refusal, journal: Callable[..., Journal]) -> None:
    text = "2024-01-01 x\n  a  10\n  b  -10\n  c  0 = 0\n"
    assert refusal(text) == [("no_commodity", 2), ("no_commodity", 3)]
    assert journal(text, symbols={"": "EUR"}).exponents == {"EUR": 2}


def test_amounts_that_can_not_be_kept(refusal: Refusal) -> None:
    assert refusal("2024-01-01 x\n  a  1.005 EUR\n  b\n") == [("decimals", 2)]
    assert refusal("2024-01-01 x\n  a  1e18 EUR\n  b\n") == [("out_of_range", 2), ("out_of_range", 3)]
    assert refusal('2024-01-01 x\n  a  1 "two words"\n  b\n') == [("commodity", 2)]
    assert refusal("commodity 1000. A\n2024-01-01 x\n  a  1.4 A\n  b  -1 A\n") == [("residual", 2)]


def test_all_errors_come_at_once_and_assertions_wait_for_them(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "sub.journal").write_text("2024-01-01 x\n  (a)  1 EUR\n")
    found = refusal(
        """
        2024-01-01 x
          a  one
          [b]  2 EUR
        include sub.journal
        2024-01-01 y
          a  1 EUR = 99 EUR
          b  -2 EUR
        """
    )
    assert found == [("amount", 2), ("virtual", 3), ("unbalanced", 5), ("virtual", 2)]


def test_files_that_include_each_other(refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "sub.journal").write_text("\ninclude books.journal\n")
    assert refusal("include sub.journal\n") == [("include", 2)]


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "latin.journal"
    path.write_bytes("2024-01-01 x\n  größe  1 EUR\n  b\n".encode("latin-1"))
    with pytest.raises(Refused, match=r"latin.journal:2: The file is not UTF-8"):
        read(path)
