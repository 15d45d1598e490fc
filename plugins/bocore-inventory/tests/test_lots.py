"""Lots that expire, and pieces with numbers of their own."""

from __future__ import annotations

from datetime import date

import pytest
from store import DAY, item, place, receive, there
from trade import check, eur, make, movement

from bocore import BackOffice, Refused
from bocore.testing import FrozenClock
from bocore_catalog import StockMovement, Tracking
from bocore_inventory import BelowZero, Lot, Move, stock
from bocore_inventory.places import locations
from bocore_inventory.services import describe_lot


@pytest.fixture
def milk(bo: BackOffice) -> int:
    """Three lots: the first to come expires last, and the third expires on the 12th of January."""
    milk = item(bo, "MILK", Tracking.LOT)
    for number, expires in enumerate([date(2026, 3, 1), date(2026, 2, 1), date(2026, 1, 12)]):
        receive(bo, milk, 5, f"r{number}", lot=f"L{number}", expires_on=expires, on=date(2026, 1, 5 + number))
    return milk


@pytest.fixture
def phone(bo: BackOffice) -> int:
    """Three telephones."""
    phone = item(bo, "PHONE", Tracking.SERIAL)
    receive(bo, phone, 3, "r", serials=("S1", "S2", "S3"))
    return phone


def lots_of(bo: BackOffice, moves: tuple[int, ...]) -> list[tuple[str, int]]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rows = [uow.get(Move, ident) for ident in moves]
        return [(uow.get(Lot, row.lot_id).code, int(row.quantity)) for row in rows if row.lot_id is not None]


# -- lots


def test_what_expires_first_goes_first_over_as_many_lots_as_it_takes(bo: BackOffice, milk: int) -> None:
    (sold,) = make(bo, movement(milk, -7, DAY, "s"))
    assert lots_of(bo, sold.moves) == [("L2", 5), ("L1", 2)]
    assert sold.cost == eur("-7.00")
    assert there(bo, milk) == {("STOCK", "L0"): (5, 0), ("STOCK", "L1"): (3, 0)}


def test_two_movements_of_a_batch_don_t_take_the_same_goods(bo: BackOffice, milk: int) -> None:
    first, second = make(bo, movement(milk, -4, DAY, "s1"), movement(milk, -4, DAY, "s2"))
    assert (lots_of(bo, first.moves), lots_of(bo, second.moves)) == ([("L2", 4)], [("L2", 1), ("L1", 3)])


def test_what_came_first_goes_first_where_a_business_says_so(bo: BackOffice, milk: int) -> None:
    from bocore import write_setting
    from bocore_inventory.settings import InventorySettings

    with bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, InventorySettings, "removal", "fifo")
    (sold,) = make(bo, movement(milk, -7, DAY, "s"))
    assert lots_of(bo, sold.moves) == [("L0", 5), ("L1", 2)]


def test_what_has_expired_stays_unless_its_lot_is_named(bo: BackOffice, milk: int) -> None:
    later = date(2026, 1, 13)
    with pytest.raises(Refused, match=r"There are 10 of MILK in STOCK .*, and 11 are to go out\. 5 more have expired") as refused:
        make(bo, movement(milk, -11, later, "s"))
    assert [finding.code for finding in refused.value.findings] == ["inventory.below_zero"]
    assert lots_of(bo, make(bo, movement(milk, -2, later, "s"))[0].moves) == [("L1", 2)]
    assert lots_of(bo, make(bo, movement(milk, -5, later, "scrap", lot="L2"))[0].moves) == [("L2", 5)]


def test_the_same_again_is_the_same_lots_whatever_there_is_now(bo: BackOffice, milk: int, clock: FrozenClock) -> None:
    asked = StockMovement(key="s", item=milk, quantity=movement(milk, -7, DAY, "s").quantity, counter_purpose="cogs")
    clock.set("2026-01-11T09:00Z")
    (first,) = make(bo, asked)
    clock.set("2026-01-20T09:00Z")
    (again,) = make(bo, asked)
    assert (again.repeated, again.moves, again.cost) == (True, first.moves, first.cost)
    with pytest.raises(Refused, match="made before, and was another"):
        make(bo, movement(milk, -8, date(2026, 1, 11), "s"))


def test_what_comes_back_goes_to_the_lots_that_it_was_of(bo: BackOffice, milk: int) -> None:
    make(bo, movement(milk, -7, DAY, "s"))
    (back,) = make(bo, movement(milk, 6, DAY, "b", returns="s"))
    assert lots_of(bo, back.moves) == [("L2", 5), ("L1", 1)]
    assert back.cost == eur("6.00")
    with pytest.raises(Refused, match="would have come back"):
        make(bo, movement(milk, 2, DAY, "b2", returns="s"))
    make(bo, movement(milk, 1, DAY, "b3", returns="s"))
    assert there(bo, milk) == {("STOCK", f"L{number}"): (5, 0) for number in range(3)}


def test_what_comes_in_can_go_out_in_the_same_call(bo: BackOffice, milk: int) -> None:
    """What is unloaded from one lorry is loaded onto the next: the new lot expires after L2 and before L1."""
    _, sold = make(
        bo,
        movement(milk, 4, DAY, "r9", lot="L9", cost=eur("8.00"), expires_on=date(2026, 1, 20)),
        movement(milk, -8, DAY, "s"),
    )
    assert lots_of(bo, sold.moves) == [("L2", 5), ("L9", 3)]
    assert there(bo, milk) == {("STOCK", "L0"): (5, 0), ("STOCK", "L1"): (5, 0), ("STOCK", "L9"): (1, 0)}
    first, second = make(bo, movement(milk, 2, DAY, "b", returns="s"), movement(milk, -3, DAY, "s2"))
    assert (lots_of(bo, first.moves), lots_of(bo, second.moves)) == ([("L2", 2)], [("L2", 2), ("L9", 1)])


def test_the_whole_life_of_a_lot_in_one_call(bo: BackOffice) -> None:
    rice = item(bo, "RICE", Tracking.LOT)
    one, other = (movement(rice, 5, DAY, f"r{n}", lot=f"L{n}", cost=eur("5.00")) for n in (1, 2))
    made = make(bo, one, other, movement(rice, -6, DAY, "s1"), movement(rice, -4, DAY, "s2"))
    assert [lots_of(bo, answer.moves) for answer in made[2:]] == [[("L1", 5), ("L2", 1)], [("L2", 4)]]
    assert there(bo, rice) == {}


def test_what_goes_out_before_it_comes_in_is_not_there(bo: BackOffice) -> None:
    rice = item(bo, "RICE", Tracking.LOT)
    arrives = movement(rice, 5, DAY, "r", lot="L1", cost=eur("5.00"))
    with pytest.raises(Refused, match="There are 0 of RICE in STOCK") as unnamed:
        make(bo, movement(rice, -5, DAY, "s"), arrives)
    with pytest.raises(Refused, match="no lot or serial number 'L1'") as named:
        make(bo, movement(rice, -5, DAY, "s", lot="L1"), arrives)
    assert [one.value.findings[0].code for one in (unnamed, named)] == ["inventory.below_zero", "inventory.no_lot"]
    make(bo, arrives, movement(rice, -5, DAY, "s", lot="L1"))
    assert there(bo, rice) == {}


def test_a_lot_that_is_named_is_left_for_who_names_it(bo: BackOffice, milk: int) -> None:
    first, second = make(bo, movement(milk, -6, DAY, "s1"), movement(milk, -5, DAY, "s2", lot="L2"))
    assert (lots_of(bo, first.moves), lots_of(bo, second.moves)) == ([("L1", 5), ("L0", 1)], [("L2", 5)])


def test_what_comes_in_where_less_than_nothing_is_fills_that_first(bo: BackOffice, milk: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    make(bo, movement(milk, -17, DAY, "s"))
    _, sold = make(bo, movement(milk, 4, DAY, "r8", lot="L0", cost=eur("4.00")), movement(milk, -3, DAY, "s2"))
    assert (lots_of(bo, sold.moves), sold.provisional) == ([("L0", 3)], True)
    assert there(bo, milk) == {("STOCK", "L0"): (-1, 0)}


def test_where_a_place_may_fall_below_zero_the_lot_that_came_last_does(bo: BackOffice, milk: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    (sold,) = make(bo, movement(milk, -17, DAY, "s"))
    assert (sold.provisional, lots_of(bo, sold.moves)) == (True, [("L2", 5), ("L1", 5), ("L0", 7)])


def test_a_lot_expires_on_one_day(bo: BackOffice, milk: int) -> None:
    with pytest.raises(Refused, match="Lot L0 of MILK expires on 2026-03-01, not on 2026-04-01") as refused:
        receive(bo, milk, 1, "r9", lot="L0", expires_on=date(2026, 4, 1))
    assert refused.value.findings[0].code == "inventory.expiry"
    receive(bo, milk, 1, "r8", lot="L8")
    receive(bo, milk, 1, "r9", lot="L8", expires_on=date(2026, 4, 1))
    with bo.unit_of_work(actor="ann") as uow:
        lot = uow.select(Lot, code="L8").one()
        assert (lot.expires_on, lot.came_on) == (date(2026, 4, 1), DAY)
        describe_lot(uow, lot, expires_on=date(2026, 5, 1), supplier_lot="X-17")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Lot, code="L8").one().expires_on == date(2026, 5, 1)


def test_a_lot_that_is_gone_and_one_that_there_never_was(bo: BackOffice, milk: int) -> None:
    make(bo, movement(milk, -5, DAY, "s", lot="L1"))
    with pytest.raises(Refused, match="There are 0 of MILK of lot L1 in STOCK"):
        make(bo, movement(milk, -1, DAY, "s2", lot="L1"))
    with pytest.raises(Refused, match="no lot or serial number 'L9' of MILK"):
        make(bo, movement(milk, -1, DAY, "s3", lot="L9"))
    with pytest.raises(Refused, match="kept by lot: which one"):
        receive(bo, milk, 1, "r9")


# -- pieces


def test_a_piece_comes_in_once(bo: BackOffice, phone: int) -> None:
    with pytest.raises(Refused, match="S1 of PHONE is in STOCK already: it can't come in once more") as refused:
        receive(bo, phone, 2, "r2", serials=("S1", "S4"))
    assert [finding.code for finding in refused.value.findings] == ["inventory.serial"]
    with pytest.raises(Refused, match="1 serial numbers are given for 2 of PHONE"):
        receive(bo, phone, 2, "r2", serials=("S4", "S4"))
    assert len(there(bo, phone)) == 3
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Lot, code="S4") is None


def test_a_piece_is_in_one_place(bo: BackOffice, phone: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "SHOP")
    with pytest.raises(Refused, match="S1 of PHONE is not in SHOP: it is in STOCK"):
        make(bo, movement(phone, -1, DAY, "s", serials=("S1",), location="SHOP"))
    found = movement(phone, 1, DAY, "count", serials=("S1",), location="SHOP", counter_purpose="inventory.adjustment")
    with pytest.raises(Refused, match="S1 of PHONE is in STOCK already"):
        make(bo, found)


def test_a_piece_that_is_counted_twice_is_refused(bo: BackOffice, phone: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "SHOP")
    twice = [
        movement(phone, 1, DAY, f"count.{where}", serials=("S7",), location=where, counter_purpose="inventory.adjustment")
        for where in ("STOCK", "SHOP")
    ]
    with pytest.raises(Refused, match="S7 of PHONE is in STOCK already"):
        make(bo, *twice)
    assert ("STOCK", "S7") not in there(bo, phone)


def test_a_piece_comes_back_as_a_return_and_not_as_a_new_one(bo: BackOffice, phone: int) -> None:
    make(bo, movement(phone, -2, DAY, "s", serials=("S1", "S2")))
    with pytest.raises(Refused, match="S1 of PHONE is not in STOCK: it is in CUSTOMERS"):
        make(bo, movement(phone, -1, DAY, "s2", serials=("S1",)))
    with pytest.raises(Refused, match="S1 of PHONE is not in SUPPLIERS: it is in CUSTOMERS"):
        receive(bo, phone, 1, "r2", serials=("S1",))
    with pytest.raises(Refused, match="S3 of PHONE was not moved by s"):
        make(bo, movement(phone, 1, DAY, "b", returns="s", serials=("S3",)))
    (back,) = make(bo, movement(phone, 1, DAY, "b", returns="s", serials=("S2",)))
    assert (back.cost, sorted(there(bo, phone))) == (eur("1.00"), [("STOCK", "S2"), ("STOCK", "S3")])


def test_a_piece_that_was_sent_back_to_its_supplier_may_come_again(bo: BackOffice, phone: int) -> None:
    make(bo, movement(phone, -1, DAY, "b", returns="r", serials=("S1",)))
    assert ("STOCK", "S1") not in there(bo, phone)
    receive(bo, phone, 1, "r2", serials=("S1",))
    assert ("STOCK", "S1") in there(bo, phone)


def test_several_pieces_share_the_cost_of_their_movement_to_the_cent(bo: BackOffice, phone: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        (answer,) = stock(uow, [movement(phone, 3, DAY, "r2", serials=("S7", "S8", "S9"), cost=eur("100.00"))])
    assert (answer.cost, len(answer.moves)) == (eur("100.00"), 3)
    check(bo)


def test_a_piece_comes_and_goes_in_one_call(bo: BackOffice, phone: int) -> None:
    arrives = movement(phone, 2, DAY, "r2", serials=("S8", "S9"), cost=eur("20.00"))
    _, sold = make(bo, arrives, movement(phone, -2, DAY, "s", serials=("S9", "S1")))
    assert (lots_of(bo, sold.moves), sold.cost) == ([("S9", 1), ("S1", 1)], eur("-2.00"))
    assert sorted(lot for _, lot in there(bo, phone)) == ["S2", "S3", "S8"]
    with pytest.raises(Refused, match="no lot or serial number 'S7'"):
        make(bo, movement(phone, -1, DAY, "s2", serials=("S7",)), movement(phone, 1, DAY, "r3", serials=("S7",), cost=eur("1.00")))
