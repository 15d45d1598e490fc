"""Rounding: each mode by name, exact for every size, and parts that add up to the whole."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore.errors import MoneyError, UsageError
from bocore.rounding import (
    CEILING,
    DOWN,
    FLOOR,
    HALF_DOWN,
    HALF_EVEN,
    HALF_UP,
    UP,
    Rounding,
    cumulative_rounding,
    largest_remainder,
    round_decimal,
    round_number,
    round_ratio,
    round_to_step,
)

modes = st.sampled_from(Rounding)
whole = st.integers(-(10**30), 10**30)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [  # -2.5 -1.5 -0.6 -0.5 -0.4 0.4 0.5 0.6 1.5 2.5
        (HALF_UP, [-3, -2, -1, -1, 0, 0, 1, 1, 2, 3]),
        (HALF_EVEN, [-2, -2, -1, 0, 0, 0, 0, 1, 2, 2]),
        (HALF_DOWN, [-2, -1, -1, 0, 0, 0, 0, 1, 1, 2]),
        (UP, [-3, -2, -1, -1, -1, 1, 1, 1, 2, 3]),
        (DOWN, [-2, -1, 0, 0, 0, 0, 0, 0, 1, 2]),
        (FLOOR, [-3, -2, -1, -1, -1, 0, 0, 0, 1, 2]),
        (CEILING, [-2, -1, 0, 0, 0, 1, 1, 1, 2, 3]),
    ],
)
def test_each_mode_does_what_its_name_says(mode: Rounding, expected: list[int]) -> None:
    tenths = [-25, -15, -6, -5, -4, 4, 5, 6, 15, 25]
    assert [round_ratio(n, 10, mode) for n in tenths] == expected
    assert [round_number(Fraction(n, 10), mode) for n in tenths] == expected
    assert [int(round_decimal(Decimal(n) / 10, 0, mode)) for n in tenths] == expected


@given(whole, st.integers(0, 18), st.integers(-5, 18), modes)
def test_agrees_with_the_decimal_module(units: int, scale: int, places: int, mode: Rounding) -> None:
    value = Decimal(units).scaleb(-scale, decimal.Context(prec=100))
    with decimal.localcontext(prec=100):
        expected = value.quantize(Decimal(1).scaleb(-places), rounding=mode.decimal_mode)
        shifted = int(value.scaleb(places).quantize(Decimal(1), rounding=mode.decimal_mode))
    with decimal.localcontext(prec=3):
        rounded = round_decimal(value, places, mode)
    assert rounded == expected
    assert rounded.as_tuple().exponent == -places
    assert rounded or not rounded.is_signed()
    exact = Fraction(value) * Fraction(10) ** places
    assert round_ratio(exact.numerator, exact.denominator, mode) == shifted


@given(whole, st.integers(1, 10**20), modes)
def test_a_ratio_may_be_written_with_either_sign_below(numerator: int, denominator: int, mode: Rounding) -> None:
    assert round_ratio(-numerator, -denominator, mode) == round_ratio(numerator, denominator, mode)
    assert abs(round_ratio(numerator, denominator, mode) - Fraction(numerator, denominator)) < 1


def test_cash_is_rounded_to_the_smallest_coin() -> None:
    """Switzerland pays in steps of five cents; Sweden in whole crowns."""
    assert [round_to_step(minor, 5) for minor in (1232, 1233, 1237, 1238, -1238)] == [1230, 1235, 1235, 1240, -1240]
    assert round_to_step(1250, 100, HALF_EVEN) == 1200


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("total", "step", "mode", "due"),
    [
        (1572, 5, Rounding.HALF_UP, 1570),  # Odoo, point_of_sale/tests/test_pos_cash_rounding.py at 13803fa8
        (-1572, 5, Rounding.HALF_UP, -1570),  # the refund of it
        (4206, 5, Rounding.UP, 4210),  # Tryton, trytond_account_cash_rounding 8.2.0
        (1223, 5, Rounding.HALF_UP, 1225),  # ERPNext, issue 11171
        (3, 5, Rounding.HALF_UP, 5),  # Switzerland and Canada: steps of 0.05
        (7, 5, Rounding.HALF_UP, 5),
        (105, 10, Rounding.HALF_UP, 110),  # New Zealand: steps of 0.10; which way a tie goes is the shop's to say
        (105, 10, Rounding.HALF_DOWN, 100),
        (1050, 100, Rounding.HALF_UP, 1100),  # Sweden: whole crowns
        (1050, 100, Rounding.HALF_DOWN, 1000),
    ],
)
def test_what_is_due_in_cash(total: int, step: int, mode: Rounding, due: int) -> None:
    assert round_to_step(total, step, mode) == due
    assert round_to_step(1233, 1) == 1233
    for step in (0, -5):
        with pytest.raises(MoneyError, match="steps"):
            round_to_step(1232, step)


def test_seats_by_largest_remainder() -> None:
    """The textbook case of Hamilton's method: 10 seats for 47, 16, 15.8, 12, 6.1 and 3.1 thousand votes."""
    votes = [47000, 16000, 15800, 12000, 6100, 3100]
    assert largest_remainder(10, votes) == [5, 2, 1, 1, 1, 0]


@given(whole, st.lists(st.integers(0, 10**9) | st.fractions(0, 1000, max_denominator=1000), min_size=1, max_size=30).filter(any))
def test_parts_add_up_and_no_weight_means_no_part(total: int, weights: list[int | Fraction]) -> None:
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    assert all(not part for part, weight in zip(parts, weights, strict=True) if not weight)


@given(st.lists(st.fractions(-1000, 1000, max_denominator=365), max_size=60), modes)
def test_instalments_add_up_to_the_rounded_total_at_every_step(amounts: list[Fraction], mode: Rounding) -> None:
    increments = list(cumulative_rounding(amounts, mode))
    assert list(accumulate(increments)) == [round_number(exact, mode) for exact in accumulate(amounts)]


def test_a_year_of_rent_in_months() -> None:
    assert list(cumulative_rounding([Fraction(1000, 12)] * 12)) == [83, 84, 83, 83, 84, 83, 83, 84, 83, 83, 84, 83]


def test_refuses_what_is_not_exact() -> None:
    for value in (0.5, True, "1", None):
        with pytest.raises(UsageError, match="exact"):
            round_number(value)  # type: ignore[arg-type]
    for text in ("NaN", "Infinity", "1E+999999999", "1E-999999999"):
        with pytest.raises(MoneyError):
            round_number(Decimal(text))
        with pytest.raises(MoneyError):
            round_decimal(Decimal(text), 2)
    with pytest.raises(MoneyError, match="denominator"):
        round_ratio(1, 0)
