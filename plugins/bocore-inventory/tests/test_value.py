"""What stock is worth: flows of the trade, figure by figure, and the books beside them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trade import balance, check, eur, make, movement

from bocore import BackOffice, Money, Party, Refused, lock_period, open_items
from bocore.errors import BocoreError
from bocore.testing import FrozenClock
from bocore_accounting import apply_standard_chart, catch_up
from bocore_catalog import Item, Tracking
from bocore_inventory import BelowZero, Entry, EntryKind, Move, OnHand, Pool, correct, correct_cost, land_cost, stock
from bocore_inventory.places import locations


def test_first_in_first_out(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, date(2026, 1, 5), "a", cost=eur("100.00")), movement(nail, 10, date(2026, 1, 6), "b", cost=eur("200.00")))
    (sold,) = make(bo, movement(nail, -15, date(2026, 1, 7), "c"))
    assert sold.cost == eur("-200.00")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        pool = uow.select(Pool).one()
        assert (pool.quantity, pool.value) == (5, 100 * 100 * 10_000)
        assert balance(uow, "inventory") == eur("100.00")
        assert balance(uow, "cogs") == eur("200.00")


def test_what_was_sold_short_takes_its_cost_from_the_receipt_that_comes_in_late(bo: BackOffice, nail: int) -> None:
    """Flow F3: four sold at an estimate of 4.50, ten received later and effective before, at 5.00."""
    make(bo, movement(nail, 1, date(2026, 1, 3), "a", cost=eur("4.50")))
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    make(bo, movement(nail, -1, date(2026, 1, 4), "b"), movement(nail, -4, date(2026, 1, 20), "c"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "cogs") == eur("22.50")
        assert balance(uow, "inventory") == eur("-18.00")
    make(bo, movement(nail, 10, date(2026, 1, 18), "d", cost=eur("50.00")))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "cogs") == eur("24.50")
        assert balance(uow, "inventory") == eur("30.00")


# ---------------------------------------------------------------- closed periods


def test_what_comes_in_late_corrects_each_month_in_the_first_open_one(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, date(2026, 1, 5), "in", cost=eur("100.00")))
    make(bo, movement(nail, -5, date(2026, 1, 10), "jan"), movement(nail, -4, date(2026, 2, 10), "feb"))
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    with pytest.raises(Refused, match="closed"), bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(nail, 5, date(2026, 1, 2), "early", cost=eur("100.00"))])
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Move, key="early") is None
    make(bo, movement(nail, 5, date(2026, 1, 2), "early", cost=eur("100.00"), if_closed="next_open"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        deltas = uow.select(Entry, kind=EntryKind.DELTA).order_by(Entry.c.id).all()
        # Five at 20 come first now: January costs 100 in place of 50, February 40 as before.
        assert [(entry.month, entry.posting_date >= date(2026, 2, 1), entry.amount) for entry in deltas] == [
            (date(2026, 1, 1), True, eur("-50.00"))
        ]
        assert uow.find(Move, key="early").on == date(2026, 1, 2)
        assert uow.select(Entry, move_id=uow.find(Move, key="early").id).one().posting_date == date(2026, 2, 1)


def test_nothing_moves_in_a_closed_period_of_stock(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "stock", date(2026, 1, 31))
    with pytest.raises(Refused) as told, bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(nail, 5, date(2026, 1, 2), "early", cost=eur("100.00"))])
    assert [(each.code, each.field) for each in told.value.findings] == [("inventory.closed", "on")]
    make(bo, movement(nail, 5, date(2026, 1, 2), "early", cost=eur("100.00"), if_closed="next_open"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        row = uow.find(Move, key="early")
        assert (row.on, row.posting_date) == (date(2026, 1, 2), date(2026, 2, 1))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ({"quantity": -11}, "inventory.below_zero", "There are 5 of NAIL in STOCK, and 11 are to go out"),
        ({"quantity": -3, "on": date(2026, 1, 5)}, "inventory.below_zero", "would leave -1 there on 2026-01-06, after out"),
        ({"quantity": 0}, "inventory.quantity", "can't be moved"),
        ({"quantity": -1, "unit": "KGM"}, "catalog.unit", ""),
        ({"quantity": -1, "location": "NOWHERE"}, "inventory.no_location", "no location 'NOWHERE'"),
        ({"quantity": -1, "lot": "L1"}, "inventory.no_lot", "no lot or serial number 'L1'"),
        ({"quantity": 1, "cost": Money("1.00", "USD")}, "inventory.currency", "is in USD"),
        ({"quantity": 1, "returns": "nothing"}, "inventory.returns", "There is no movement nothing"),
        ({"quantity": 9, "returns": "out"}, "inventory.returns", "9 of NAIL would have come back of the 8 of out"),
        ({"key": "out", "quantity": -3}, "inventory.key", "was made before, and was another"),
        ({"item": 999_999, "quantity": 1}, "inventory.no_item", "There is no item 999999"),
    ],
)
def test_what_can_not_be_is_refused_whole(bo: BackOffice, nail: int, asked: dict[str, Any], code: str, said: str) -> None:
    make(bo, movement(nail, 10, date(2026, 1, 5), "in", cost=eur("100.00")), movement(nail, 4, date(2026, 1, 7), "more", cost=eur("60.00")))
    make(bo, movement(nail, -8, date(2026, 1, 6), "out"))
    given = {"item": nail, "on": date(2026, 1, 9), "key": "wrong", **asked}
    fine = movement(nail, -1, date(2026, 1, 9), "fine")
    with pytest.raises(BocoreError) as told, bo.unit_of_work(actor="ann") as uow:
        stock(uow, [fine, movement(given.pop("item"), given.pop("quantity"), given.pop("on"), given.pop("key"), **given)])
    findings = told.value.findings
    assert code in [each.code for each in findings]
    assert all(each.fix for each in findings)
    assert said in "; ".join(each.message for each in findings)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(OnHand).one().quantity == 6
        assert uow.find(Move, key="fine") is None


def test_the_same_key_is_the_same_movement(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, date(2026, 1, 5), "in", cost=eur("100.00")))
    (first,) = make(bo, movement(nail, -4, date(2026, 1, 8), "out"))
    (again,) = make(bo, movement(nail, -4, date(2026, 1, 8), "out"))
    assert (again.cost, again.moves, again.repeated) == (first.cost, first.moves, True)


def test_how_an_item_is_tracked_stays_while_there_is_stock_of_it(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, date(2026, 1, 5), "in", cost=eur("100.00")))
    with pytest.raises(Refused, match="There is stock of NAIL"), bo.unit_of_work(actor="ann") as uow:
        uow.get(Item, nail).tracking = Tracking.LOT
    make(bo, movement(nail, -10, date(2026, 1, 6), "out"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Item, nail).tracking = Tracking.LOT


def test_pieces_of_one_delivery_open_one_item_of_what_is_owed(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        phone = uow.add(Item(code="PHONE", name="Phone", tracking=Tracking.SERIAL)).id
    serials = ("A1", "A2", "A3")
    make(bo, movement(phone, 3, date(2026, 1, 5), "po:7", cost=eur("100.00"), serials=serials, opens="po:7:1"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [(item.key, item.remaining) for item in open_items(uow)] == [("po:7:1", eur("-100.00"))]
    make(bo, movement(phone, -1, date(2026, 1, 6), "back", serials=("A2",), settles="po:7:1", counter_purpose="grni"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [(item.key, item.remaining) for item in open_items(uow)] == [("po:7:1", eur("-66.66"))]


def test_what_a_correction_makes_owed_is_an_open_item_of_the_supplier_where_that_is_asked_for(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        mill = uow.add(Party(name="Mill & Sons")).id
    make(bo, movement(nail, 10, date(2026, 1, 5), "po:7", cost=eur("100.00"), opens="po:7:1", party=mill))
    with bo.unit_of_work(actor="ann") as uow:
        came = uow.find(Move, key="po:7")
        assert came is not None
        correct_cost(uow, came, eur("120.00"), opens="po:7:2", key="dearer")
        correct(uow, came, Decimal(9), settles="po:7:1", key="fewer")
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = {item.key: (item.party_id, item.remaining) for item in open_items(uow)}
        assert found == {"po:7:1": (mill, eur("-88.00")), "po:7:2": (mill, eur("-20.00"))}
        assert balance(uow, "grni") == eur("-108.00")


# ---------------------------------------------------------------- alone, and with books that come later


def trade(bo: BackOffice) -> None:
    """Receipts, sales, freight and a receipt that comes late."""
    with bo.unit_of_work(actor="ann") as uow:
        nail = uow.add(Item(code="NAIL", name="Nail")).id
    with bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(nail, 20, date(2026, 1, 5), "in", cost=eur("600.00"))])
        stock(uow, [movement(nail, -6, date(2026, 1, 6), "n", dims={"shop": "NORTH"}), movement(nail, -4, date(2026, 2, 6), "s")])
    with bo.unit_of_work(actor="ann") as uow:
        land_cost(uow, eur("200.00"), [uow.find(Move, key="in")], key="freight")
        stock(uow, [movement(nail, 3, date(2026, 1, 2), "late", cost=eur("99.99"))])


def test_books_that_come_later_are_the_same(tmp_path: Path) -> None:
    def opened(name: str, *more: str) -> BackOffice:
        bo = BackOffice(tmp_path / name, plugins=["catalog", "inventory", *more], clock=FrozenClock("2026-03-04T09:00Z"))
        return bo.init(company="Acme Ltd", currency="EUR").migrate()

    def trial(bo: BackOffice) -> list[tuple[str, str, str]]:
        return [(row.account, str(row.debit), str(row.credit)) for row in bo.report("trial-balance", actor="ann").rows]

    with opened("always.db", "accounting") as always:
        with always.unit_of_work(actor="ann") as uow:
            apply_standard_chart(uow, uow.company.id)
        trade(always)
        check(always)
        expected = trial(always)
    with opened("later.db") as alone:
        trade(alone)
    with opened("later.db", "accounting") as later:
        with later.unit_of_work(actor="ann") as uow:
            apply_standard_chart(uow, uow.company.id)
            catch_up(uow)
        check(later)
        assert trial(later) == expected
        assert len(expected) > 2


def test_what_is_sold_short_in_the_call_in_which_the_first_comes_costs_what_that_does(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    day = date(2026, 1, 5)
    make(bo, movement(nail, 2, day, "in", cost=eur("10.00")), movement(nail, -5, day, "out"), movement(nail, -1, day, "more"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [balance(uow, purpose) for purpose in ("inventory", "cogs")] == [eur("-20.00"), eur("30.00")]
