"""An item is valued otherwise from a day on, and what it cost before turns out later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from trade import balance, check, eur, make, movement

from bocore import BackOffice, Refused, UnitOfWork, UnitPrice
from bocore_catalog import Item
from bocore_inventory import Method, Move, Pool, correct, correct_cost, land_cost, set_costing, stock
from bocore_inventory.checking import check as check_all

JAN, FEB = date(2026, 1, 5), date(2026, 1, 7)


def books(bo: BackOffice, *purposes: str) -> list[str]:
    """What the books have for each purpose; what is kept is sound, and nothing is worth anything where nothing lies."""
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_all(uow)) == []
        assert [pool.code for pool in uow.select(Pool) if not pool.quantity and pool.value] == []
        return [str(balance(uow, purpose).amount) for purpose in purposes]


def do(bo: BackOffice, what: Callable[[UnitOfWork], Any]) -> Any:
    """Something in a unit of work of its own."""
    with bo.unit_of_work(actor="ann") as uow:
        return what(uow)


def value_by(bo: BackOffice, item: int, method: Method, standard: str | None = None) -> None:
    """From now on."""
    price = None if standard is None else UnitPrice(standard, "EUR")
    do(bo, lambda uow: set_costing(uow, uow.get(Item, item), method, standard=price))


def receipt(uow: UnitOfWork) -> Move:
    """The delivery."""
    return uow.find(Move, key="in")  # type: ignore[return-value]


@pytest.fixture
def sold(bo: BackOffice, nail: int) -> int:
    """Twenty at 30.00, of which ten are gone."""
    make(bo, movement(nail, 20, JAN, "in", cost=eur("600.00")), movement(nail, -10, JAN, "out"))
    return nail


@pytest.mark.parametrize(
    "chain", [[Method.AVERAGE], [Method.LIFO], [Method.AVERAGE, Method.FIFO], [Method.LIFO, Method.AVERAGE, Method.LIFO]]
)
def test_what_turns_out_of_a_delivery_reaches_the_goods_that_are_left(bo: BackOffice, sold: int, chain: list[Method]) -> None:
    """Freight of 200.00 and a price that was wrong: half is stock, though it is valued by another method than when it came."""
    for method in chain:
        value_by(bo, sold, method)
        assert books(bo, "inventory", "cogs") == ["300.00", "300.00"]
    assert do(bo, lambda uow: land_cost(uow, eur("200.00"), [receipt(uow)], purpose="clearing")) == eur("100.00")
    do(bo, lambda uow: correct_cost(uow, receipt(uow), eur("800.00")))
    assert books(bo, "inventory", "cogs", "grni") == ["500.00", "500.00", "-800.00"]
    make(bo, movement(sold, -4, FEB, "later"), movement(sold, 2, FEB, "back", returns="out", counter_purpose="cogs"))
    assert books(bo, "inventory", "cogs") == ["400.00", "600.00"]
    do(bo, lambda uow: correct_cost(uow, receipt(uow), eur("840.00")))
    assert books(bo, "inventory", "cogs", "grni") == ["416.00", "624.00", "-840.00"]
    make(bo, movement(sold, -8, FEB, "rest"))
    do(bo, lambda uow: land_cost(uow, eur("20.00"), [receipt(uow)], purpose="clearing"))
    assert books(bo, "inventory", "cogs") == ["0.00", "1060.00"]


def test_at_a_standard_cost_it_is_a_difference_of_prices(bo: BackOffice, sold: int) -> None:
    value_by(bo, sold, Method.STANDARD, "31.00")
    assert books(bo, "inventory", "inventory.adjustment") == ["310.00", "-10.00"]
    do(bo, lambda uow: land_cost(uow, eur("200.00"), [receipt(uow)], purpose="clearing"))
    assert books(bo, "inventory", "inventory.price_difference") == ["310.00", "100.00"]
    value_by(bo, sold, Method.FIFO)
    assert books(bo, "inventory", "inventory.adjustment") == ["310.00", "-10.00"]


def test_a_standard_cost_that_was_an_estimate_values_what_is_there(bo: BackOffice, nail: int) -> None:
    """It was said for what nothing is known of; when the item is kept at it, all of it is."""
    value_by(bo, nail, Method.FIFO, "5.00")
    make(bo, movement(nail, 10, JAN, "in", cost=eur("80.00")))
    value_by(bo, nail, Method.STANDARD)
    assert books(bo, "inventory", "inventory.adjustment") == ["50.00", "30.00"]
    make(bo, movement(nail, -4, FEB, "out"))
    assert books(bo, "inventory", "inventory.price_difference") == ["30.00", "0.00"]


def test_a_standard_cost_is_said_and_not_below_zero(bo: BackOffice, nail: int) -> None:
    value_by(bo, nail, Method.STANDARD)
    with pytest.raises(Refused) as told:
        make(bo, movement(nail, 10, JAN, "in", cost=eur("80.00")))
    assert [(each.code, each.field) for each in told.value.findings] == [("inventory.standard", "cost")]
    assert "set-costing NAIL standard" in str(told.value.findings[0].fix)
    with pytest.raises(Refused) as told:
        value_by(bo, nail, Method.STANDARD, "-1.00")
    assert [(each.code, each.field) for each in told.value.findings] == [("inventory.cost_below_zero", "standard")]
    assert books(bo, "inventory", "grni") == ["0.00", "0.00"]


@pytest.mark.parametrize("key", ["in", "out"])
def test_a_quantity_of_before_is_set_right_by_a_movement_of_today(bo: BackOffice, sold: int, key: str) -> None:
    value_by(bo, sold, Method.AVERAGE)
    with pytest.raises(Refused) as told:
        do(bo, lambda uow: correct(uow, uow.find(Move, key=key), Decimal(16)))  # type: ignore[arg-type]
    (found,) = told.value.findings
    assert found.code == "inventory.correction"
    assert found.message.startswith(f"{key} was made when NAIL, ")
    assert books(bo, "inventory", "cogs") == ["300.00", "300.00"]


def test_what_the_report_says_of_it(bo: BackOffice, sold: int) -> None:
    value_by(bo, sold, Method.AVERAGE)
    rows = bo.report("inventory.value", actor="ann", item="NAIL").rows
    assert [str(row.amount) for row in rows if row.why == "the method of valuation was changed"] == ["-300.00 EUR", "300.00 EUR"]


def test_what_is_entered_for_a_day_to_come_keeps_its_place(bo: BackOffice, sold: int) -> None:
    """Ten more are to come at 90.00: they are worth that whatever the method is until then."""
    make(bo, movement(sold, 10, date(2031, 1, 1), "next", cost=eur("900.00")))
    value_by(bo, sold, Method.AVERAGE)
    value_by(bo, sold, Method.FIFO)
    assert books(bo, "inventory") == ["1200.00"]
    with bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(sold, -20, date(2031, 1, 2), "all")])
    assert books(bo, "inventory", "cogs") == ["0.00", "1500.00"]
