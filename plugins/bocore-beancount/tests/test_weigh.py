"""Transactions balance to the last digit, and what rounding leaves goes where it belongs."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocore_beancount.ledger import Amount, Cost
from bocore_beancount.weigh import Weight, decimals, residuals, weigh, weight

EXPONENTS = {"USD": 2, "EUR": 2, "VACHR": 0, "BTC": 8}
DAY = date(2014, 2, 3)


def usd(number: str) -> Amount:
    return Amount(Decimal(number), "USD")


def shares(number: str) -> Amount:
    return Amount(Decimal(number), "VBMPX")


def test_units_weigh_themselves() -> None:
    assert weight(usd("12.50")) == Weight(Decimal("12.50"), "USD")


def test_units_held_at_cost_weigh_their_cost_whatever_they_are_sold_for() -> None:
    lot = Cost(Decimal("199.13"), "USD", DAY)
    assert weight(shares("-2.005"), lot, usd("210.00")) == Weight(Decimal("-399.25565"), "USD", True)


def test_units_with_a_price_weigh_what_they_are_priced_at() -> None:
    assert weight(Amount(Decimal("100"), "CAD"), price=usd("0.757")) == Weight(Decimal("75.700"), "USD", True)


def test_what_rounding_leaves_goes_into_the_largest_line_with_a_cost() -> None:
    """A fund is bought for 1200.00; the shares come to 480.00175 and 719.99688 dollars, so a cent would be missing."""
    weights = [
        weight(shares("4.003"), Cost(Decimal("119.91050"), "USD", DAY)),
        weight(shares("5.106"), Cost(Decimal("141.00898"), "USD", DAY)),
        weight(usd("-1199.99")),
    ]
    assert weigh(weights, EXPONENTS).amounts == (usd("480.00"), usd("719.99"), usd("-1199.99"))


def test_a_line_in_the_currency_itself_never_takes_up_a_residual() -> None:
    weighed = weigh([Weight(Decimal("10.01"), "USD"), Weight(Decimal("-10.00"), "USD")], EXPONENTS)
    assert weighed.amounts == (usd("10.01"), usd("-10.00"))
    assert weighed.left == {"USD": Decimal("0.01")}


def test_each_balancing_currency_is_settled_for_itself() -> None:
    """Salary in dollars and vacation in hours, in one transaction."""
    weights = [
        Weight(Decimal("4.62"), "VACHR"),
        Weight(Decimal("-4.62"), "VACHR"),
        Weight(Decimal("99.996"), "USD", True),
        Weight(Decimal("-99.99"), "USD"),
    ]
    assert [each.number for each in weigh(weights, EXPONENTS).amounts] == [5, -5, Decimal("99.99"), Decimal("-99.99")]


@pytest.mark.parametrize(
    ("exact", "amount"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("1.015", "1.02"), ("-1.015", "-1.02"), ("2.0049", "2.00")]
)
def test_halves_are_rounded_away_from_zero_so_that_mirror_images_weigh_the_same(exact: str, amount: str) -> None:
    weights = [Weight(Decimal(exact), "USD", True), Weight(-Decimal(exact), "USD", True)]
    assert weigh(weights, EXPONENTS).amounts == (usd(amount), Amount(-Decimal(amount), "USD"))


def test_of_equally_large_lines_the_first_takes_what_is_left() -> None:
    weights = [Weight(Decimal("3.334"), "USD", True)] * 3 + [Weight(Decimal("-10.00"), "USD")]
    assert [str(each.number) for each in weigh(weights, EXPONENTS).amounts] == ["3.34", "3.33", "3.33", "-10.00"]


@pytest.mark.parametrize(
    ("number", "needed", "written"), [("10.00", 0, 2), ("0.1250", 3, 4), ("1E+3", 0, 0), ("0E-28", 0, 28), ("-7", 0, 0)]
)
def test_decimals_are_counted_as_needed_or_as_written(number: str, needed: int, written: int) -> None:
    assert decimals(Decimal(number)) == needed
    assert decimals(Decimal(number), written=True) == written


NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=6)
CODES = st.sampled_from(sorted(EXPONENTS))
MADE = st.builds(Weight, NUMBERS, CODES, st.just(True))


def cents(each: Weight) -> Decimal:
    return each.number.quantize(Decimal(1).scaleb(-EXPONENTS[each.code]), rounding=ROUND_HALF_UP)


@settings(deadline=None)
@given(st.lists(MADE, min_size=1, max_size=8), st.data())
def test_amounts_sum_to_zero_and_no_line_moves_by_more_than_the_residual(lines: list[Weight], data: st.DataObject) -> None:
    """Whatever costs and prices come to: closed by one plain line a currency, within beancount's half a minor unit."""
    closing = []
    for code, total in residuals(lines).items():
        unit = Decimal(1).scaleb(-EXPONENTS[code])
        closing.append(Weight(-total.quantize(unit), code))
    weights = data.draw(st.permutations(lines + closing))

    weighed = weigh(weights, EXPONENTS)

    assert residuals(weighed.amounts) == {} == weighed.left
    nearest = [Amount(cents(each), each.code) for each in weights]
    left = residuals(nearest)
    moved = [(each, abs(amount.number - near.number)) for each, amount, near in zip(weights, weighed.amounts, nearest, strict=True)]
    moved = [(each, by) for each, by in moved if by]
    assert sorted(each.code for each, _ in moved) == sorted(left)
    for each, by in moved:
        assert by == abs(left[each.code])
        assert each.made
        assert abs(each.number) == max(abs(one.number) for one in weights if one.made and one.code == each.code)


@settings(deadline=None)
@given(st.lists(MADE, min_size=1, max_size=8))
def test_a_reversal_weighs_what_was_reversed(lines: list[Weight]) -> None:
    there = weigh(lines, EXPONENTS).amounts
    back = weigh([Weight(-each.number, each.code, each.made) for each in lines], EXPONENTS).amounts
    assert [-each.number for each in back] == [each.number for each in there]
