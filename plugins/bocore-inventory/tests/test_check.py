"""Somebody changed the database behind everything's back: the check names each difference, and the rebuild sets right what is derived."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from trade import eur, make, movement

from bocore import BackOffice, Finding, Line, NotAllowed, Voucher
from bocore.testing import as_role, behind
from bocore_catalog import Item
from bocore_inventory import Method, Move, OnHand, Pool, land_cost, set_costing
from bocore_inventory.checking import check, rebuild


def findings(bo: BackOffice) -> list[Finding]:
    """What the check says."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return list(check(uow))


@pytest.fixture
def trade(bo: BackOffice, nail: int) -> int:
    """Nails that came, went, and cost more than was thought."""
    make(bo, movement(nail, 10, date(2026, 1, 2), "in", cost=eur("30.00")), movement(nail, -4, date(2026, 1, 5), "out"))
    with bo.unit_of_work(actor="ann") as uow:
        land_cost(uow, eur("5.00"), [uow.find(Move, key="in")], key="freight")
    make(bo, movement(nail, 3, date(2026, 1, 3), "late", cost=eur("9.50")), movement(nail, 1, date(2026, 1, 6), "back", returns="out"))
    return nail


def test_what_was_not_touched_is_sound(bo: BackOffice, trade: int) -> None:
    assert findings(bo) == []
    for method in (Method.AVERAGE, Method.LIFO, Method.STANDARD, Method.FIFO):
        with bo.unit_of_work(actor="ann") as uow:
            set_costing(uow, uow.get(Item, trade), method)
        make(
            bo,
            movement(trade, 1, date(2026, 1, 15), f"more{method}", cost=eur("3.33")),
            movement(trade, -2, date(2026, 1, 15), f"o{method}"),
        )
        assert findings(bo) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("UPDATE inventory_on_hand SET quantity = 7000000", "NAIL in STOCK: quantity is 7 and should be 10."),
        ("DELETE FROM inventory_on_hand", "NAIL in STOCK: quantity is 0 and should be 10."),
        ("UPDATE inventory_pool SET value = value + 10000", "NAIL: value is 34010000 and should be 34000000."),
        ("UPDATE inventory_pool SET issued = 0, quantity = 0", "quantity is 0 and should be 10, issued is"),
        ("UPDATE inventory_pool_day SET received = 1000000 WHERE received_value > 30000000", "NAIL, 2026-01-02: received is 1 and"),
        ("DELETE FROM inventory_pool_day", "NAIL, 2026-01-03: received is 0 and should be 3"),
        ("UPDATE inventory_pool_month SET cost = 1", "NAIL, 2026-01-01: cost is 1 and should be"),
        ("DELETE FROM inventory_pool_month", "NAIL, 2026-01-01: quantity is 0 and should be 4, cost is 0"),
    ],
)  # fmt: skip
def test_what_is_derived_was_changed(bo: BackOffice, trade: int, change: str, says: str) -> None:
    with behind(bo) as db:
        db.execute(change)
    found = findings(bo)
    assert {each.code for each in found} >= {"inventory.derived"}
    assert any(says in each.message for each in found), [each.message for each in found]
    with bo.unit_of_work(actor="ann") as uow:
        assert rebuild(uow) == len([each for each in found if each.code == "inventory.derived"])
    assert findings(bo) == []
    make(bo, movement(trade, -10, date(2026, 1, 15), "all"))  # and trade goes on: nothing is left
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        pool = uow.select(Pool).one()
        assert (pool.quantity, pool.value, uow.select(OnHand).one().quantity) == (Decimal(0), 0, Decimal(0))


def test_a_move_that_was_changed_is_named_and_no_sum_sets_it_right(bo: BackOffice, trade: int) -> None:
    with behind(bo) as db:
        db.execute("UPDATE inventory_move SET quantity = 11000000 WHERE key = 'in'")
    assert [each.code for each in findings(bo)] == ["inventory.derived", "inventory.contradiction", "inventory.contradiction"]
    assert "11 lie in all places that are not valued apart, and 10 are valued there." in [each.message for each in findings(bo)]
    assert "The move in is of 11, and what was valued of it is 10." in [each.message for each in findings(bo)]


def test_what_was_issued_at_another_cost_than_a_replay_gives_is_named(bo: BackOffice, trade: int) -> None:
    with behind(bo) as db:
        db.execute("UPDATE inventory_entry SET value = value + 10000000 WHERE kind = 'receipt'")
    assert "inventory.cost" in {each.code for each in findings(bo)}


def test_an_entry_whose_amount_was_changed_is_named(bo: BackOffice, trade: int) -> None:
    with behind(bo) as db:
        db.execute("UPDATE inventory_entry SET amount = amount + 1 WHERE kind = 'cost'")
    (found,) = findings(bo)
    assert found.code == "inventory.contradiction"
    with bo.unit_of_work(actor="ann") as uow:
        assert rebuild(uow) == 0


def test_books_that_have_more_than_stock_is_worth(bo: BackOffice, trade: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        lines = [Line("inventory", eur("1.00")), Line("cash", eur("-1.00"))]
        uow.post(Voucher(key="by-hand", kind="by-hand", posting_date=date(2026, 1, 9), text="By hand", lines=lines))
    (found,) = findings(bo)
    assert (found.code, found.severity.value) == ("inventory.books", "warning")
    (shown,) = bo.run("inventory.check", actor="ann")
    assert shown["message"] == "Stock is worth 34.00 EUR, and the books have 35.00 EUR for it."


def test_who_may_not_see_values_can_not_check(bo: BackOffice, trade: int) -> None:
    with pytest.raises(NotAllowed):
        bo.run("inventory.check", actor=as_role(bo, "inventory.clerk"))
    assert list(bo.run("inventory.check", actor=as_role(bo, "inventory.controller"))) == []
