"""Figures of stock: their definitions, and what they say where there is nothing to divide by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trade import eur, make, movement

from bocore import BackOffice, Line, Refused, Voucher
from bocore.testing import as_role
from bocore_catalog import Item
from bocore_inventory.demand import Abc, classes


@pytest.fixture(autouse=True)
def last_of_january(clock: Any) -> None:
    clock.set("2026-01-31T09:00Z")


@pytest.fixture
def screw(bo: BackOffice) -> int:
    with bo.unit_of_work(actor="ann") as uow:
        return uow.add(Item(code="SCREW", name="Screw", tax_class="standard")).id


def one(bo: BackOffice, name: str, **options: Any) -> Any:
    """The single row of a report, with its warnings."""
    result = bo.report(f"inventory.{name}", actor="ann", **options)
    (row,) = result.rows
    return row


def sell(bo: BackOffice, amount: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        lines = [Line("cash", eur(amount)), Line("sales", -eur(amount))]
        uow.post(Voucher(key=f"sale:{amount}", kind="sale", posting_date=date(2026, 1, 21), text="Sale", lines=lines))


@pytest.fixture
def january(bo: BackOffice, nail: int) -> int:
    """100 at 1.00 on the first; 60 sold after twenty days; one lost, two found."""
    make(
        bo,
        movement(nail, 100, date(2026, 1, 1), "in", cost=eur("100.00")),
        movement(nail, -60, date(2026, 1, 21), "out"),
        movement(nail, -1, date(2026, 1, 31), "lost", counter_purpose="inventory.adjustment"),
    )
    return nail


def test_turn_is_the_cost_of_sales_by_the_mean_of_every_evening(bo: BackOffice, january: int) -> None:
    """Twenty evenings at 100.00, ten at 40.00, one at 39.00: 78.68 on average of 31; 60.00 of it were sold."""
    row = one(bo, "turn", since=date(2026, 1, 1), through=date(2026, 1, 31))
    assert (row.cost_of_sales, row.average_stock, row.turn) == (eur("60.00"), eur("78.68"), Decimal("0.76"))
    assert row.a_year == Decimal("8.98")


def test_stock_of_39_lasts_for_as_long_as_it_sells_at_2_a_day(bo: BackOffice, january: int) -> None:
    row = one(bo, "cover", days=30)
    assert (row.stock, row.cost_of_sales, row.cover) == (eur("39.00"), eur("60.00"), Decimal("19.5"))


def test_shrink_is_what_was_lost_by_what_was_sold(bo: BackOffice, january: int) -> None:
    """1.00 of net sales of 200.00 is half a per cent; without books of sales, 1.67 % of the cost of 60.00."""
    row = one(bo, "shrink")
    assert (row.of, row.lost, row.percent) == ("cost of sales", eur("1.00"), Decimal("1.67"))
    sell(bo, "200.00")
    row = one(bo, "shrink")
    assert (row.of, row.sales, row.percent) == ("net sales", eur("200.00"), Decimal("0.50"))


def test_what_was_found_is_taken_off_what_was_lost(bo: BackOffice, january: int) -> None:
    make(bo, movement(january, 2, date(2026, 1, 31), "found", counter_purpose="inventory.adjustment", cost=eur("2.00")))
    assert one(bo, "shrink").lost == eur("-1.00")


def test_dead_is_what_nobody_has_wanted(bo: BackOffice, clock: Any, january: int, screw: int) -> None:
    make(bo, movement(screw, 10, date(2026, 1, 31), "screws", cost=eur("11.00")))
    assert one(bo, "dead", days=30).items == 0
    clock.set("2026-02-21T09:00Z")
    assert one(bo, "dead", days=32).items == 0  # 32 days with today: nails were still sold
    assert one(bo, "dead", days=31).items == 1
    clock.set("2026-02-25T09:00Z")
    row = one(bo, "dead", days=26)
    assert (row.items, row.value, row.stock, row.percent) == (1, eur("39.00"), eur("50.00"), Decimal("78.00"))


def test_classes_of_items_and_what_they_fill(bo: BackOffice, january: int, screw: int) -> None:
    make(bo, movement(screw, 10, date(2026, 1, 1), "s1", cost=eur("11.00")), movement(screw, -5, date(2026, 1, 21), "s2"))
    rows = bo.report("inventory.abc", actor="ann").rows
    assert [(row.abc, row.items, str(row.issued), row.stock_percent) for row in rows] == [
        ("A", 1, "60.00 EUR", Decimal("87.6")),
        ("B", 1, "5.50 EUR", Decimal("12.4")),
        ("C", 0, "0.00 EUR", Decimal("0.0")),
        ("", 2, "65.50 EUR", Decimal("100.0")),
    ]


def test_pace_of_an_item_in_a_place(bo: BackOffice, january: int) -> None:
    row = one(bo, "pace", days=30, item="NAIL")
    assert (row.on_hand, row.a_day, row.cover, row.abc) == (39, 2, Decimal("19.5"), "A")
    row = one(bo, "pace", days=5)
    assert (row.a_day, row.cover) == (0, None)
    (seen,) = bo.report("inventory.pace", actor=as_role(bo, "inventory.clerk"), days=30).rows
    assert (seen.abc, seen.cover) == ("A", Decimal("19.5"))


@given(st.dictionaries(st.integers(1, 50), st.integers(-10, 1000), max_size=30))
def test_every_item_has_a_class_and_a_has_most(costs: dict[int, int]) -> None:
    found = classes(costs)
    assert found.keys() == costs.keys()
    total = sum(cost for cost in costs.values() if cost > 0)
    a = sum(costs[item] for item, abc in found.items() if abc is Abc.A)
    assert a * 100 >= total * 80
    assert all(costs[first] >= costs[second] for first, x in found.items() for second, y in found.items() if x < y)


def test_without_sales_or_stock_it_says_so(bo: BackOffice, nail: int) -> None:
    """Nothing is divided by nothing."""
    for name, field, words in (
        ("turn", "turn", "can't turn"),
        ("cover", "cover", "lasts for ever"),
        ("shrink", "percent", "Nothing was sold"),
        ("dead", "percent", "There is no stock"),
    ):
        result = bo.report(f"inventory.{name}", actor="ann")
        (row,) = result.rows
        assert getattr(row, field) is None
        assert any(words in finding.message for finding in result.findings), name
    assert [row.issued_percent for row in bo.report("inventory.abc", actor="ann").rows] == [None] * 4


def test_days_that_make_no_sense(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="is after"):
        one(bo, "turn", since=date(2026, 2, 1), through=date(2026, 1, 1))
    for name in ("cover", "dead", "pace"):
        with pytest.raises(Refused, match="can't be looked at"):
            bo.report(f"inventory.{name}", actor="ann", days=0)
