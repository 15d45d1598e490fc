"""What a ledger says, booked and weighed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bocore_beancount.ledger import Amount, Cost, Ledger, Roots, balances, lots, turnovers_by_year
from bocore_beancount.read import read

Reader = Callable[[str], Ledger]

FUND = """
    option "title" "Savings"
    option "operating_currency" "USD"
    1792-01-01 commodity VBMPX
      name: "Total Bond Market"
      risk: 2.50
    2014-01-01 open Assets:Fund VBMPX "FIFO"
    2014-01-01 open Assets:Cash USD
    2014-01-01 open Income:Gains
    2014-01-06 * "Broker" "Buy" #savings ^plan-7
      Assets:Fund  2.005 VBMPX {199.13 USD}
      Assets:Cash  -399.26 USD
    2014-02-03 * "Buy"
      Assets:Fund  3.001 VBMPX {201.45 USD, "second"}
      Assets:Cash  -604.55 USD
    2014-03-03 * "Sell the older and some of the newer"
      Assets:Fund  -4.000 VBMPX {} @ 205.00 USD
      Assets:Cash  820.00 USD
      Income:Gains
    2014-03-04 close Income:Gains
    2014-03-05 price VBMPX 206.10 USD
    2014-03-05 balance Assets:Fund 1.006 VBMPX
"""


def test_lots_are_booked_as_beancount_books_them(ledger: Reader) -> None:
    books = ledger(FUND)
    older = Cost(Decimal("199.13"), "USD", date(2014, 1, 6))
    newer = Cost(Decimal("201.45"), "USD", date(2014, 2, 3), "second")
    assert [(line.units.number, line.cost) for line in books.transactions[2].lines[:2]] == [
        (Decimal("-2.005"), older),
        (Decimal("-1.995"), newer),
    ]
    assert lots(books)["Assets:Fund", "VBMPX", newer] == Decimal("1.006")
    assert balances(books)["Assets:Fund", "VBMPX"] == Decimal("1.006")


def test_lines_balance_with_the_weight_of_their_lot_in_whole_cents(ledger: Reader) -> None:
    bought = ledger(FUND).transactions[0]
    assert [line.amount for line in bought.lines] == [Amount(Decimal("399.26"), "USD"), Amount(Decimal("-399.26"), "USD")]


def test_every_transaction_sums_to_zero_in_each_balancing_currency(ledger: Reader) -> None:
    for transaction in ledger(FUND).transactions:
        assert sum(line.amount.number for line in transaction.lines) == 0


def test_what_is_said_about_accounts_commodities_and_prices(ledger: Reader) -> None:
    books = ledger(FUND)
    fund, cash, gains = books.accounts
    assert (fund.name, fund.opened, fund.currencies, fund.booking, fund.line) == ("Assets:Fund", date(2014, 1, 1), ("VBMPX",), "FIFO", 6)
    assert (cash.booking, cash.closed, gains.closed) == (None, None, date(2014, 3, 4))
    usd, bonds = books.commodities
    assert (usd.code, usd.exponent, usd.date) == ("USD", 2, None)
    assert (bonds.code, bonds.exponent, bonds.name, bonds.meta["risk"]) == ("VBMPX", 3, "Total Bond Market", Decimal("2.50"))
    assert [(each.code, each.number, each.currency) for each in books.prices] == [("VBMPX", Decimal("206.10"), "USD")]
    assert books.balances[0].amount == Amount(Decimal("1.006"), "VBMPX")
    assert (books.title, books.operating_currencies, books.roots) == ("Savings", ("USD",), Roots())


def test_a_transaction_keeps_its_words_tags_links_and_lines(ledger: Reader) -> None:
    bought = ledger(FUND).transactions[0]
    assert (bought.payee, bought.narration, bought.tags, bought.links) == ("Broker", "Buy", {"savings"}, {"plan-7"})
    assert [bought.line, *(line.line for line in bought.lines)] == [9, 10, 11]
    assert bought.at.endswith("books.beancount:9")


def test_income_and_expenses_by_year_follow_the_ledgers_own_account_types(ledger: Reader) -> None:
    books = ledger("""
        option "name_income" "Revenue"
        2023-01-01 open Assets:Cash
        2023-01-01 open Revenue:Sales
        2023-12-31 * "Sale"
          Assets:Cash  10.00 EUR
          Revenue:Sales
        2024-01-01 * "Sale"
          Assets:Cash  4.50 EUR
          Revenue:Sales
    """)
    assert turnovers_by_year(books) == {(2023, "Revenue:Sales", "EUR"): Decimal(-10), (2024, "Revenue:Sales", "EUR"): Decimal("-4.50")}


def test_a_total_price_is_kept_to_the_cent_however_it_divides(ledger: Reader) -> None:
    books = ledger("""
        2023-01-01 open Assets:Euros
        2023-01-01 open Assets:Dollars
        2023-05-01 * "Exchange"
          Assets:Euros     7.00 EUR @@ 8.01 USD
          Assets:Dollars  -8.01 USD
    """)
    assert [line.amount.number for line in books.transactions[0].lines] == [Decimal("8.01"), Decimal("-8.01")]


def test_a_token_has_the_decimals_it_is_written_with_and_a_currency_those_of_iso_4217(ledger: Reader) -> None:
    books = ledger("""
        2023-01-01 open Assets:Coins
        2023-01-01 open Assets:Yen
        2023-01-01 open Equity:Start
        2023-05-01 * "Start"
          Assets:Coins   0.00120000 BTC
          Equity:Start  -0.0012 BTC
          Assets:Yen     12000.00 JPY
          Equity:Start
        2023-05-02 price BTC 25000.123456 USD
    """)
    assert {each.code: each.exponent for each in books.commodities} == {"BTC": 8, "JPY": 0, "USD": 2}


def test_a_pad_becomes_a_transaction_with_the_flag_p(ledger: Reader) -> None:
    books = ledger("""
        2023-01-01 open Assets:Cash
        2023-01-01 open Equity:Start
        2023-01-01 pad Assets:Cash Equity:Start
        2023-02-01 balance Assets:Cash 75.00 EUR
    """)
    (padding,) = books.transactions
    assert (padding.flag, padding.lines[0].units) == ("P", Amount(Decimal("75.00"), "EUR"))


def test_included_files_are_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "years").mkdir()
    (tmp_path / "books.beancount").write_text('include "years/*.beancount"\n2023-01-01 open Assets:Cash\n2023-01-01 open Equity:Start\n')
    (tmp_path / "years" / "2023.beancount").write_text('\n\n2023-05-01 * "Start"\n  Assets:Cash 1.00 EUR\n  Equity:Start\n')
    books = read(tmp_path / "books.beancount")
    assert books.files == (str(tmp_path / "books.beancount"), str(tmp_path / "years" / "2023.beancount"))
    assert books.transactions[0].at == f"{tmp_path / 'years' / '2023.beancount'}:3"


def test_beancounts_own_plugins_are_applied(ledger: Reader) -> None:
    books = ledger("""
        plugin "beancount.plugins.auto_accounts"
        2023-05-01 * "Start"
          Assets:Cash 1.00 EUR
          Equity:Start
    """)
    assert [each.name for each in books.accounts] == ["Assets:Cash", "Equity:Start"]


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "books.beancount").write_bytes(b"\xef\xbb\xbf2023-01-01 open Assets:Cash\n")
    assert [each.name for each in read(tmp_path / "books.beancount").accounts] == ["Assets:Cash"]


@pytest.mark.parametrize("environment", [None, "1"])
def test_no_cache_is_read_written_or_deleted(tmp_path: Path, environment: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beancount's loader would unpickle what lies there."""
    if environment:
        monkeypatch.setenv("BEANCOUNT_DISABLE_LOAD_CACHE", environment)
    (tmp_path / "books.beancount").write_text("2023-01-01 open Assets:Cash\n")
    cache = tmp_path / ".books.beancount.picklecache"
    cache.write_bytes(b"cbuiltins\nexit\n(I7\ntR.")
    assert len(read(tmp_path / "books.beancount").accounts) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == [".books.beancount.picklecache", "books.beancount"]
    assert cache.read_bytes() == b"cbuiltins\nexit\n(I7\ntR."


def test_what_beancount_only_warns_of_does_not_refuse_the_ledger(ledger: Reader) -> None:
    books = ledger("""
        option "inferred_tolerance_multiplier" "0.5"
        2023-01-01 open Assets:Cash
    """)
    assert [(each.code, each.at.rpartition(":")[2]) for each in books.warnings if isinstance(each.at, str)] == [
        ("beancount.deprecated", "1")
    ]
