"""What is written is read back by beancount without a word, and says the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocore import Refused
from bocore_beancount.ledger import AccountDecl, Amount, CommodityDecl, Cost, Ledger, Posting, Price, Transaction, lots
from bocore_beancount.read import read
from bocore_beancount.write import dump, keys

Reader = Callable[[str], Ledger]


def text_of(ledger: Ledger) -> str:
    out = io.StringIO()
    dump(ledger, out)
    return out.getvalue()


@pytest.fixture
def again(tmp_path: Path) -> Callable[[Ledger], Ledger]:
    """Write a ledger and read it back; beancount must have nothing to say."""

    def write_and_read(ledger: Ledger) -> Ledger:
        path = tmp_path / "again.beancount"
        path.write_text(text_of(ledger), encoding="utf-8")
        back = read(path)
        assert back.warnings == ()
        return back

    return write_and_read


def test_a_ledger_with_everything_comes_back_the_same(everything: str, ledger: Reader, again: Callable[[Ledger], Ledger]) -> None:
    books = ledger(everything)
    back = again(books)
    for name in attrs.fields_dict(Ledger):
        if name not in ("files", "warnings"):
            assert getattr(back, name) == getattr(books, name), name
    assert lots(back) == lots(books)
    assert text_of(back) == text_of(books)


def test_a_sale_names_its_lot_in_full(everything: str, ledger: Reader) -> None:
    written = text_of(ledger(everything))
    assert 'Assets:Broker  -1 VTI {33.33333333333333333333333333 USD, 2020-01-02, "lot \\"A\\""} @ 40.123456789 USD' in written
    assert "Assets:Fifo  -5 VTI {10.00 USD, 2020-01-04}" in written


def test_a_lot_without_label_beside_one_with_is_found_again(ledger: Reader, again: Callable[[Ledger], Ledger]) -> None:
    """Beancount would find both for ``{10.00 USD, 2020-01-02}`` and call it ambiguous."""
    books = ledger("""
        2020-01-01 open Assets:Fund "FIFO"
        2020-01-01 open Assets:Cash
        2020-01-02 * "Two lots"
          Assets:Fund  5 VTI {10.00 USD, "gift"}
          Assets:Fund  5 VTI {10.00 USD}
          Assets:Cash  -100.00 USD
        2020-01-03 * "The older, and some of the other"
          Assets:Fund  -6 VTI {}
          Assets:Cash  60.00 USD
    """)
    back = again(books)
    assert back.transactions == books.transactions
    assert lots(back) == lots(books)


def test_a_residual_that_only_the_ledgers_options_allowed_is_allowed_in_the_copy(ledger: Reader, again: Callable[[Ledger], Ledger]) -> None:
    books = ledger("""
        option "inferred_tolerance_default" "USD:0.05"
        2020-01-01 open Assets:Fund
        2020-01-01 open Assets:Cash
        2020-01-02 * "Buy"
          Assets:Fund  3 VTI {33.32 USD}
          Assets:Cash  -100 USD
    """)
    assert 'option "inferred_tolerance_default" "USD:0.04"' in text_of(books)
    assert again(books).transactions == books.transactions


def test_balance_assertions_can_be_left_out(everything: str, ledger: Reader) -> None:
    out = io.StringIO()
    dump(ledger(everything), out, assertions=False)
    assert " balance " not in out.getvalue()


def test_a_line_that_balances_in_another_currency_without_cost_or_price_is_written_at_its_total(again: Callable[[Ledger], Ledger]) -> None:
    """Such lines are not beancount's; books that were kept elsewhere have them."""
    shares = Posting(account="Assets:Fund", units=Amount(Decimal(-7), "VTI"), amount=Amount(Decimal("-8.01"), "USD"))
    cash = Posting(account="Assets:Cash", units=Amount(Decimal("8.01"), "USD"), amount=Amount(Decimal("8.01"), "USD"))
    accounts = tuple(AccountDecl(name=name, opened=date(2020, 1, 1)) for name in ("Assets:Cash", "Assets:Fund"))
    books = Ledger(accounts=accounts, transactions=(Transaction(date=date(2020, 1, 2), lines=(shares, cash)),))
    assert "Assets:Fund  -7 VTI @@ 8.01 USD" in text_of(books)
    assert [line.amount for line in again(books).transactions[0].lines] == [shares.amount, cash.amount]


CASH = AccountDecl(name="Assets:Cash", opened=date(2020, 1, 1))


@pytest.mark.parametrize(
    ("ledger_", "said"),
    [
        (Ledger(accounts=(AccountDecl(name="1000 Kasse", opened=date(2020, 1, 1)),)), "no account names like '1000 Kasse'"),
        (Ledger(accounts=(AccountDecl(name="Assets:petty cash", opened=date(2020, 1, 1)),)), "no account names"),
        (Ledger(accounts=(AccountDecl(name="Assets:ölig", opened=date(2020, 1, 1)),)), "no account names"),
        (Ledger(accounts=(AccountDecl(name="Assets", opened=date(2020, 1, 1)),)), "no account names"),
        (Ledger(commodities=(CommodityDecl(code="Öl", exponent=0),)), "no commodities like 'Öl'"),
        (Ledger(transactions=(Transaction(date=date(2020, 1, 2), narration="x", tags=frozenset({"two words"})),)), "no tags or links"),
        (Ledger(transactions=(Transaction(date=date(2020, 1, 2), flag="ok"),)), "no flag 'ok'"),
        (Ledger(transactions=(Transaction(date=date(2020, 1, 2), meta={"Key": "x"}),)), "no metadata keys like 'Key'"),
        (Ledger(transactions=(Transaction(date=date(2020, 1, 2), meta={"lineno": "x"}),)), "no metadata keys like 'lineno'"),
        (
            Ledger(
                accounts=(CASH,),
                transactions=(
                    Transaction(
                        date=date(2020, 1, 2),
                        lines=(Posting(account="Assets:Cash", units=Amount(Decimal(0), "EUR"), amount=Amount(Decimal(5), "USD")),),
                    ),
                ),
            ),
            "can't say that 0 EUR on Assets:Cash balance as 5 USD",
        ),
    ],
)
def test_what_beancount_has_no_way_to_write_is_refused_and_nothing_is_written(ledger_: Ledger, said: str) -> None:
    out = io.StringIO()
    with pytest.raises(Refused, match=said) as caught:
        dump(ledger_, out)
    assert out.getvalue() == ""
    assert all(finding.fix and finding.where for finding in caught.value.findings)


def test_a_transaction_is_known_again_when_its_file_is_read_again(
    everything: str, ledger: Reader, again: Callable[[Ledger], Ledger]
) -> None:
    books = ledger(everything)
    assert keys(again(books).transactions) == keys(books.transactions)
    assert len(set(keys(books.transactions))) == len(books.transactions)


def test_two_transactions_that_say_the_same_are_two(ledger: Reader) -> None:
    coffee = '2020-01-02 * "Coffee"\n  Assets:Cash  -2.5 EUR\n  Assets:Mug\n'
    books = ledger(f"2020-01-01 open Assets:Cash\n2020-01-01 open Assets:Mug\n{coffee}\n{coffee.replace('2.5', '2.50')}")
    first, second = keys(books.transactions)
    assert first != second
    assert first.split(".")[0] == second.split(".")[0]


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
NUMBERS = st.decimals(min_value=-(10**7), max_value=10**7, places=2).filter(bool)
POSITIVE = st.decimals(min_value="0.0001", max_value=10**6, places=4)
META = st.dictionaries(
    st.from_regex("[a-e][a-zA-Z0-9_-]{1,5}", fullmatch=True), WORDS | NUMBERS | st.booleans() | st.dates() | st.none(), max_size=3
)


@st.composite
def purchases(draw: st.DrawFn) -> Transaction:
    """Shares are bought for dollars: at cost, at a price, or both, with any words around it."""
    day = draw(st.dates(date(2020, 1, 1), date(2029, 12, 31)))
    units, per = Amount(draw(NUMBERS), "VTI"), draw(POSITIVE)
    cost = draw(st.none() | st.builds(Cost, st.just(per), st.just("USD"), st.dates(), st.none() | WORDS.filter(bool)))
    price = draw(st.none() | st.builds(Amount, POSITIVE, st.just("USD"))) if cost else Amount(per, "USD")
    total = (units.number * per).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    shares = Posting(account="Assets:Fund", units=units, amount=Amount(total, "USD"), cost=cost, price=price, meta=draw(META))
    cash = Posting(account="Assets:Cash", units=Amount(-total, "USD"), amount=Amount(-total, "USD"))
    words = {"payee": draw(st.none() | WORDS), "narration": draw(WORDS), "meta": draw(META)}
    return Transaction(date=day, flag=draw(st.sampled_from("*!&#?%PSTCURM")), lines=(shares, cash), **words)


@settings(max_examples=60, deadline=None)
@given(st.lists(purchases(), max_size=6))
def test_whatever_words_and_numbers_a_ledger_has_it_comes_back_the_same(
    tmp_path_factory: pytest.TempPathFactory, bought: list[Transaction]
) -> None:
    accounts = (attrs.evolve(CASH), AccountDecl(name="Assets:Fund", opened=date(2020, 1, 1), booking="NONE"))
    bought.sort(key=lambda each: each.date)
    books = Ledger(
        accounts=accounts,
        transactions=tuple(bought),
        prices=(Price(date=date(2020, 1, 1), code="VTI", number=Decimal("9.8765"), currency="USD"),),
    )
    path = tmp_path_factory.mktemp("any") / "again.beancount"
    path.write_text(text_of(books), encoding="utf-8")
    back = read(path)
    assert back.transactions == books.transactions
    assert lots(back) == lots(books)
