"""What goes back to its supplier clears what is owed to him, to the cent, whatever the goods have cost that leave stock for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from trade import books, do, eur, make, movement

from bocore import BackOffice, UnitOfWork, UnitPrice
from bocore_catalog import Item
from bocore_inventory import Method, Move, correct, correct_cost, land_cost, set_costing

JAN, FEB = date(2026, 1, 5), date(2026, 1, 7)
METHODS = [Method.FIFO, Method.AVERAGE, Method.LIFO, Method.STANDARD]


def move(uow: UnitOfWork, key: str) -> Move:
    """A move by its key."""
    return uow.find(Move, key=key)  # type: ignore[return-value]


def bought(bo: BackOffice, nail: int, method: Method) -> None:
    """Ten at 10.00 from one, ten at 20.00 from another, by some method."""
    standard = UnitPrice("12.00", "EUR") if method is Method.STANDARD else None
    do(bo, lambda uow: set_costing(uow, uow.get(Item, nail), method, standard=standard))
    make(bo, movement(nail, 10, JAN, "a", cost=eur("100.00")), movement(nail, 10, JAN, "b", cost=eur("200.00")))


def send(bo: BackOffice, nail: int, quantity: int, key: str) -> None:
    """Some of the second delivery go back."""
    make(bo, movement(nail, -quantity, FEB, key, returns="b", counter_purpose="grni"))


@pytest.mark.parametrize("method", METHODS)
def test_who_sold_it_gives_back_its_price(bo: BackOffice, nail: int, method: Method) -> None:
    bought(bo, nail, method)
    send(bo, nail, 4, "back")
    assert books(bo, "grni") == ["-220.00"]  # ten at 10.00, six at 20.00
    do(bo, lambda uow: correct_cost(uow, move(uow, "b"), eur("250.00")))
    assert books(bo, "grni") == ["-250.00"]  # and six at 25.00
    do(bo, lambda uow: land_cost(uow, eur("10.00"), [move(uow, "b")], purpose="clearing"))
    assert books(bo, "grni", "clearing") == ["-250.00", "-10.00"]  # the carrier is owed his freight, the supplier none of it
    do(bo, lambda uow: correct(uow, move(uow, "b"), Decimal(8)))
    assert books(bo, "grni") == ["-200.00"]
    stock, difference = books(bo, "inventory", "inventory.price_difference")
    assert Decimal(stock) + Decimal(difference) == 210  # nothing was sold: what is owed is on stock, or a difference


def test_with_one_price_nothing_differs(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, JAN, "b", cost=eur("100.00")))
    send(bo, nail, 4, "back")
    do(bo, lambda uow: correct_cost(uow, move(uow, "b"), eur("120.00")))
    assert books(bo, "inventory", "grni", "inventory.price_difference") == ["72.00", "-72.00", "0.00"]


def test_freight_of_what_went_back_is_lost(bo: BackOffice, nail: int) -> None:
    """ERPNext issue 15148 books such a return at another value than it takes from stock; here both are said."""
    make(bo, movement(nail, 10, JAN, "b", cost=eur("100.00")))
    do(bo, lambda uow: land_cost(uow, eur("20.00"), [move(uow, "b")], purpose="clearing"))
    send(bo, nail, 10, "back")
    assert books(bo, "inventory", "grni", "clearing", "inventory.price_difference") == ["0.00", "0.00", "-20.00", "20.00"]


def test_returns_piece_by_piece_clear_what_is_owed_to_the_cent(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 3, JAN, "b", cost=eur("10.00")))
    for number, owed in enumerate(("-6.67", "-3.33", "0.00")):
        send(bo, nail, 1, f"back{number}")
        assert books(bo, "grni") == [owed]
    assert books(bo, "inventory", "inventory.price_difference") == ["0.00", "0.00"]


@pytest.mark.parametrize("method", METHODS)
def test_a_return_is_amended_at_the_price_as_well(bo: BackOffice, nail: int, method: Method) -> None:
    bought(bo, nail, method)
    send(bo, nail, 4, "back")
    do(bo, lambda uow: correct(uow, move(uow, "back"), Decimal(1)))
    assert books(bo, "grni") == ["-280.00"]
    do(bo, lambda uow: correct(uow, move(uow, "back"), Decimal(10)))
    assert books(bo, "grni") == ["-100.00"]
    do(bo, lambda uow: correct(uow, move(uow, "back"), Decimal(0)))
    assert books(bo, "grni") == ["-300.00"]


def test_it_is_no_sale(bo: BackOffice, nail: int) -> None:
    """The difference is in the books as the cost of sales is, and no figure of how fast stock turns."""
    bought(bo, nail, Method.FIFO)
    send(bo, nail, 4, "back")
    assert books(bo, "inventory.price_difference") == ["-40.00"]
    (row,) = bo.report("inventory.turn", actor="ann").rows
    assert row.cost_of_sales == eur("0.00")


def test_goods_that_went_back_after_the_method_was_changed(bo: BackOffice, nail: int) -> None:
    bought(bo, nail, Method.FIFO)
    do(bo, lambda uow: set_costing(uow, uow.get(Item, nail), Method.AVERAGE))
    send(bo, nail, 10, "back")
    assert books(bo, "grni", "inventory", "inventory.price_difference") == ["-100.00", "150.00", "-50.00"]
    do(bo, lambda uow: correct_cost(uow, move(uow, "b"), eur("220.00")))  # of goods that are all gone back: nothing is owed of it
    assert books(bo, "grni", "inventory", "inventory.price_difference") == ["-100.00", "160.00", "-60.00"]
