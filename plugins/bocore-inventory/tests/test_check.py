"""Somebody changed the database behind everything's back: the check names each difference, and the rebuild sets right what is derived."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from trade import eur, make, movement

from bocore import BackOffice, Finding, Line, NotAllowed, Voucher
from bocore.testing import as_role, behind
from bocore_catalog import Item
from bocore_inventory import Method, Move, OnHand, Pool, land_cost, packing, set_costing
from bocore_inventory.checking import check, rebuild
from bocore_inventory.model import PackedMonth, PoolMonth


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


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ("moves = substr(moves, 2)", False),
        ("moves = (SELECT moves FROM inventory_packed_month WHERE month = '2026-01-01')", False),
        ("", True),
    ],
)
def test_a_packed_month_that_was_changed_is_named_and_one_that_is_missing_does_no_harm(
    bo: BackOffice, nail: int, monkeypatch: pytest.MonkeyPatch, change: str, missing: bool
) -> None:
    monkeypatch.setattr(packing, "WORTH_IT", 2)
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.AVERAGE)
    for month in (1, 2, 3):
        make(bo, movement(nail, 10 * month, date(2026, month, 2), f"in{month}", cost=eur(f"{month}0.00")))
        make(bo, movement(nail, -4, date(2026, month, 5), f"out{month}"))
    packed = "SELECT slot, stale FROM inventory_packed_month ORDER BY slot"
    with behind(bo) as db:
        assert [(slot[-10:], bool(stale)) for slot, stale in db.execute(packed)] == [("2026-01-01", False), ("2026-02-01", False)]
        february = f"UPDATE inventory_packed_month SET {change} WHERE month = '2026-02-01'"
        db.execute("DELETE FROM inventory_packed_month" if missing else february)
    found = findings(bo)
    assert [(each.code, each.message.partition(": ")[0]) for each in found] == (
        [] if missing else [("inventory.derived", "NAIL, 2026-02-01")]
    )
    if "SELECT" in change:  # it can be read, and would be believed
        with bo.unit_of_work(actor="ann") as uow:
            assert rebuild(uow) == 1
    make(bo, movement(nail, 10, date(2026, 1, 3), "late", cost=eur("30.00")))
    with bo.unit_of_work(actor="ann") as uow:
        rebuild(uow)
        assert findings(bo) == []
        cost = {month: cost for month, cost in uow.rows(sa.select(PoolMonth.c.month, PoolMonth.c.cost))}
    # of 20 for 40.00, 4 go; with 20 for 20.00 more, of 36 for 52.00; with 30 for 30.00 more, of 62 for 76.22
    assert [cost[date(2026, month, 1)] for month in (1, 2, 3)] == [8_000_000, 5_777_778, 4_917_563]


def test_what_changes_in_a_packed_month_makes_it_stale_until_the_next_is_over(
    bo: BackOffice, nail: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "WORTH_IT", 2)
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.AVERAGE)

    def stale() -> list[bool]:
        assert findings(bo) == []
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            return [row.stale for row in uow.select(PackedMonth).order_by(PackedMonth.c.month)]

    for month in (1, 2):
        make(bo, movement(nail, 5, date(2026, month, 2), f"in{month}", cost=eur("10.00")))
        make(bo, movement(nail, -4, date(2026, month, 5), f"out{month}"))
    assert stale() == [False]
    make(bo, movement(nail, 1, date(2026, 1, 6), "late", cost=eur("3.00")))
    assert stale() == [True]
    make(bo, movement(nail, 1, date(2026, 2, 6), "in time", cost=eur("3.00")))
    assert stale() == [True]
    make(bo, movement(nail, 1, date(2026, 3, 1), "next", cost=eur("3.00")))
    assert stale() == [False, False]


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
