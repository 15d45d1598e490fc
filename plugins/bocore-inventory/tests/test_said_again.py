"""What is said again is done once; what was taken back limits what may be amended; and nothing is booked past stock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from store import item, there
from trade import books, do, eur, make, movement

from bocore import BackOffice, Finding, Money, Refused, UnitOfWork, UnitPrice
from bocore_catalog import Item, Tracking
from bocore_inventory import Method, Move, correct, correct_cost, land_cost, receive, set_costing, ship, stock, transfer
from bocore_inventory.places import locations

JAN, FEB = date(2026, 1, 5), date(2026, 2, 5)


def refused(bo: BackOffice, what: Callable[[UnitOfWork], Any]) -> Finding:
    """What is said of it; and nothing has changed."""
    before = books(bo, "inventory", "grni", "cogs")
    with pytest.raises(Refused) as told, bo.unit_of_work(actor="ann") as uow:
        what(uow)
    assert books(bo, "inventory", "grni", "cogs") == before
    assert told.value.findings[0].fix
    return told.value.findings[0]


def move(uow: UnitOfWork, key: str) -> Move:
    """A move by its key."""
    return uow.find(Move, key=key)  # type: ignore[return-value]


@pytest.fixture
def sold(bo: BackOffice, nail: int) -> int:
    """Twenty at 30.00, of which ten are gone."""
    make(bo, movement(nail, 20, JAN, "in", cost=eur("600.00")), movement(nail, 20, JAN, "in2", cost=eur("600.00")))
    make(bo, movement(nail, -10, JAN, "out"))
    return nail


# -- the same again


def test_freight_that_is_said_again_is_booked_once(bo: BackOffice, sold: int) -> None:
    for _ in range(2):
        left = do(bo, lambda uow: land_cost(uow, eur("200.00"), [move(uow, "in")], purpose="clearing", key="bill"))
        assert left == eur("100.00")
        assert books(bo, "inventory", "cogs", "clearing") == ["1000.00", "400.00", "-200.00"]
    for _ in range(2):
        left = do(bo, lambda uow: land_cost(uow, eur("40.00"), [move(uow, "in"), move(uow, "in2")], purpose="clearing", key="two"))
        assert books(bo, "inventory", "clearing") == ["1030.00", "-240.00"]  # by the price, half to each; half of the first is gone
        assert left == eur("30.00")


@pytest.mark.parametrize(
    "other",
    [
        lambda uow: land_cost(uow, eur("100.00"), [move(uow, "in")], purpose="clearing", key="bill"),
        lambda uow: land_cost(uow, eur("200.00"), [move(uow, "in2")], purpose="clearing", key="bill"),
        lambda uow: land_cost(uow, eur("200.00"), [move(uow, "in"), move(uow, "in2")], purpose="clearing", key="bill"),
        lambda uow: land_cost(uow, eur("200.00"), [move(uow, "in")], purpose="cogs", key="bill"),
        lambda uow: correct_cost(uow, move(uow, "in"), eur("800.00"), key="bill"),
    ],
)
def test_a_key_is_of_one_cost(bo: BackOffice, sold: int, other: Callable[[UnitOfWork], Any]) -> None:
    do(bo, lambda uow: land_cost(uow, eur("200.00"), [move(uow, "in")], purpose="clearing", key="bill"))
    assert refused(bo, other).code == "inventory.key"


def test_a_price_that_is_said_again_is_not_set_back(bo: BackOffice, sold: int) -> None:
    """Two invoices arrive, and the first of them once more, late."""
    assert do(bo, lambda uow: correct_cost(uow, move(uow, "in"), eur("700.00"), key="first")) == eur("50.00")
    do(bo, lambda uow: correct_cost(uow, move(uow, "in"), eur("800.00"), key="second"))
    assert do(bo, lambda uow: correct_cost(uow, move(uow, "in"), eur("700.00"), key="first")) == eur("50.00")
    assert books(bo, "inventory", "grni", "cogs") == ["1000.00", "-1400.00", "400.00"]
    assert refused(bo, lambda uow: correct_cost(uow, move(uow, "in"), eur("900.00"), key="second")).code == "inventory.key"


def test_a_quantity_that_is_said_again_is_amended_once(bo: BackOffice, sold: int) -> None:
    first = do(bo, lambda uow: correct(uow, move(uow, "in"), Decimal(15), key="recount").id)
    do(bo, lambda uow: correct(uow, move(uow, "in"), Decimal(12)))
    assert do(bo, lambda uow: correct(uow, move(uow, "in"), Decimal(15), key="recount").id) == first
    assert books(bo, "inventory", "grni") == ["660.00", "-960.00"]
    assert refused(bo, lambda uow: correct(uow, move(uow, "in"), Decimal(14), key="recount")).code == "inventory.key"
    assert refused(bo, lambda uow: correct(uow, move(uow, "in2"), Decimal(15), key="recount")).code == "inventory.key"


def test_the_same_twice_in_a_unit_of_work_is_done_twice(bo: BackOffice, nail: int) -> None:
    """Without keys, each is one of its own: two pallets of the same goods, and two bills over the same amount."""
    with bo.unit_of_work(actor="ann") as uow:
        lamp, shelf = uow.get(Item, nail), locations(uow, ["TRANSIT"])["TRANSIT"]
        moves = [receive(uow, lamp, Decimal(10), cost=eur("100.00"), on=JAN).moves[0] for _ in range(2)]
        for _ in range(2):
            ship(uow, lamp, Decimal(1), on=JAN)
            transfer(uow, lamp, Decimal(1), locations(uow, ["STOCK"])["STOCK"], shelf, on=JAN)
        first = uow.get(Move, moves[0])
        for amount in ("10.00", "10.00"):
            land_cost(uow, eur(amount), [first], purpose="clearing")
        for cost in ("110.00", "120.00"):
            correct_cost(uow, first, eur(cost))
        for quantity in (9, 8):
            correct(uow, first, Decimal(quantity))
    assert there(bo, nail)["STOCK", ""][0] == 14
    assert books(bo, "clearing", "grni", "cogs") == ["-20.00", "-196.00", "32.00"]  # two at 14.00; 4.00 of freight for what was never sent


@pytest.mark.parametrize("serials", [("C", "D"), ("A", "C"), ("A",)])
def test_a_key_is_of_the_pieces_that_were_named(bo: BackOffice, serials: tuple[str, ...]) -> None:
    phone = item(bo, "PHONE", Tracking.SERIAL)
    asked = movement(phone, 2, JAN, "k", serials=("A", "B"), cost=eur("20.00"))
    make(bo, asked)
    assert make(bo, asked)[0].repeated
    other = movement(phone, len(serials), JAN, "k", serials=serials, cost=eur("20.00"))
    assert refused(bo, lambda uow: stock(uow, [other])).code == "inventory.key"
    assert there(bo, phone).keys() == {("STOCK", "A"), ("STOCK", "B")}


def test_a_key_of_which_lots_were_chosen_is_not_that_of_one_lot(bo: BackOffice) -> None:
    milk = item(bo, "MILK", Tracking.LOT)
    make(bo, *(movement(milk, 5, JAN, name, lot=name, cost=eur("5.00")) for name in ("L1", "L2")))
    make(bo, movement(milk, -7, FEB, "out"))
    assert refused(bo, lambda uow: stock(uow, [movement(milk, -2, FEB, "out", lot="L2")])).code == "inventory.key"


# -- what was taken back


def test_less_was_not_moved_than_came_back(bo: BackOffice, sold: int) -> None:
    make(bo, movement(sold, 4, FEB, "back", returns="out", counter_purpose="cogs"))
    told = refused(bo, lambda uow: correct(uow, move(uow, "out"), Decimal(3)))
    assert (told.code, told.field) == ("inventory.correction", "quantity")
    assert told.message == "4 of what out moved were taken back: it can't be corrected to 3."
    do(bo, lambda uow: correct(uow, move(uow, "out"), Decimal(4)))
    assert books(bo, "inventory", "cogs") == ["1200.00", "0.00"]


def test_what_comes_back_is_held_against_what_was_amended(bo: BackOffice, sold: int) -> None:
    do(bo, lambda uow: correct(uow, move(uow, "out"), Decimal(3)))
    back = movement(sold, 4, FEB, "back", returns="out", counter_purpose="cogs")
    told = refused(bo, lambda uow: stock(uow, [back]))
    assert told.message == "4 of NAIL would have come back of the 3 of out."
    do(bo, lambda uow: correct(uow, move(uow, "out"), Decimal(12)))
    make(bo, back)
    do(bo, lambda uow: correct(uow, move(uow, "back"), Decimal(1)))  # three of them had not come
    assert refused(bo, lambda uow: correct(uow, move(uow, "back"), Decimal(13))).code == "inventory.returns"
    make(bo, movement(sold, 11, FEB, "rest", returns="out", counter_purpose="cogs"))
    assert books(bo, "inventory", "cogs") == ["1200.00", "0.00"]


# -- what can't be


@pytest.mark.parametrize("cost", [Money("100.00", "USD"), eur("-1.00")])
def test_a_price_is_in_the_currency_of_the_company_and_not_below_zero(bo: BackOffice, sold: int, cost: Money) -> None:
    told = refused(bo, lambda uow: correct_cost(uow, move(uow, "in"), cost))
    assert (told.code, told.field) == ("inventory.currency", "cost")


def test_nothing_comes_in_for_less_than_nothing(bo: BackOffice, nail: int) -> None:
    told = refused(bo, lambda uow: stock(uow, [movement(nail, 1, JAN, "in", cost=eur("-1.00"))]))
    assert (told.code, told.field, told.message) == ("inventory.cost_below_zero", "cost", "NAIL can't have cost -1.00 EUR.")


@pytest.mark.parametrize("key", ["inventory:in", "inventory:bill", "inventory.delta:bill:2026-01"])
def test_what_stock_has_posted_is_not_reversed_in_the_books_alone(bo: BackOffice, sold: int, key: str) -> None:
    do(bo, lambda uow: land_cost(uow, eur("200.00"), [move(uow, "in")], purpose="clearing", key="bill"))
    told = refused(bo, lambda uow: uow.reverse(key, "A mistake"))
    assert told.code == "inventory.reversal"
    assert "inventory correct" in str(told.fix)


def test_a_standard_cost_may_change_twice_in_a_unit_of_work(bo: BackOffice, sold: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        lamp = uow.get(Item, sold)
        for cost in ("31.00", "32.00"):
            set_costing(uow, lamp, Method.STANDARD, standard=UnitPrice(cost, "EUR"))
    assert books(bo, "inventory", "inventory.adjustment") == ["960.00", "-60.00"]


@pytest.mark.parametrize(("method", "value"), [(Method.FIFO, "540.00"), (Method.AVERAGE, "540.00"), (Method.STANDARD, "63.00")])
def test_what_was_taken_back_wholly_and_came_after_all_has_its_own_price(bo: BackOffice, nail: int, method: Method, value: str) -> None:
    """Not that of what came in last."""
    do(bo, lambda uow: set_costing(uow, uow.get(Item, nail), method, standard=UnitPrice("7.00", "EUR")))
    make(bo, movement(nail, 5, JAN, "in", cost=eur("50.00")), movement(nail, 5, FEB, "other", cost=eur("500.00")))
    for quantity in (0, 4):
        do(bo, lambda uow, quantity=quantity: correct(uow, move(uow, "in"), Decimal(quantity)))
    assert books(bo, "inventory", "grni") == [value, "-540.00"]
