"""Goods that lie with others are valued apart: what they cost goes with them, and what turns out later does too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store import place
from trade import balance, check, eur, make, movement

from bocore import BackOffice, Line, Money, Refused, UnitPrice, Voucher
from bocore.testing import behind, posted
from bocore_catalog import Item, Tracking
from bocore_inventory import BelowZero, Location, LocationKind, Method, Move, Pool, correct, correct_cost, land_cost, set_costing, stock
from bocore_inventory.as_of import held
from bocore_inventory.checking import check as check_all
from bocore_inventory.checking import rebuild
from bocore_inventory.demand import issued_cost
from bocore_inventory.locations import add_location, set_location
from bocore_inventory.places import locations
from bocore_inventory.transferring import TransferRow, draft_transfer, receive_transfer, ship_transfer, transfer
from bocore_inventory.transfers import Transfer

JAN, FEB, MAR = date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 5)
AT = "inventory.at_subcontractor"


@pytest.fixture
def sub(bo: BackOffice) -> int:
    """A subcontractor, with a shelf, whose goods are valued apart."""
    with bo.unit_of_work(actor="ann") as uow:
        found = add_location(uow, "SUB", "Subcontractor", valued_apart=AT)
        place(uow, "SHELF", within="SUB")
        locations(uow, ["STOCK"])
        return found.id


def bring(bo: BackOffice, item: int, quantity: int, source: str, target: str, on: date, key: str) -> None:
    """Transfer goods at once."""
    with bo.unit_of_work(actor="ann") as uow:
        ends = locations(uow, [source, target])
        transfer(uow, uow.get(Item, item), Decimal(quantity), ends[source], ends[target], on=on, key=key)
    check(bo)


def books(bo: BackOffice, *purposes: str) -> list[str]:
    """What the books have for each purpose alone; and what is kept is sound, place by place."""
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_all(uow)) == []
        worth = {AT: 0, "inventory": 0}
        for pool in uow.select(Pool):
            worth[pool.purpose] += (2 * pool.value + 10_000) // 20_000
        at, everything = balance(uow, AT), balance(uow, "inventory")
        assert (at.minor_units, everything.minor_units) == (worth[AT], sum(worth.values()))
        rows = held(uow)
        assert sum(row.value for row in rows) == everything.minor_units
        inside = {row.id for row in uow.select(Location, code=["SUB", "SHELF"])}
        assert sum(row.value for row in rows if row.location_id in inside) == at.minor_units
        found = {AT: at, "inventory": everything - at}
        return [str((found[name] if name in found else balance(uow, name)).amount) for name in purposes]


def lines_of(record: Any) -> dict[str, int]:
    """Purpose → amount of a voucher, in cents."""
    return {line["purpose"]: line["amount"][0] for line in record.body["lines"]}


def freight(bo: BackOffice, amount: str, *keys: str, **more: Any) -> Money:
    """A cost that comes after the goods."""
    with bo.unit_of_work(actor="ann") as uow:
        return land_cost(uow, eur(amount), [uow.find(Move, key=key) for key in keys], purpose="clearing", **more)


# -- there and back


@pytest.mark.parametrize("method", [Method.FIFO, Method.AVERAGE, Method.LIFO])
def test_what_it_costs_goes_with_it_in_one_voucher(bo: BackOffice, nail: int, sub: int, method: Method) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), method)
    make(bo, movement(nail, 20, JAN, "in", cost=eur("600.00")))
    before = len(posted(bo))
    bring(bo, nail, 10, "STOCK", "SHELF", FEB, "t")
    (record,) = posted(bo)[before:]
    assert lines_of(record) == {"inventory": -300_00, AT: 300_00}
    assert books(bo, "inventory", AT) == ["300.00", "300.00"]
    bring(bo, nail, 2, "SHELF", "SUB", FEB, "inside")  # no value moves within
    assert len(posted(bo)) == before + 1
    make(bo, movement(nail, -4, FEB, "used", location="SHELF"))
    assert books(bo, "inventory", AT, "cogs") == ["300.00", "180.00", "120.00"]
    bring(bo, nail, 3, "SHELF", "STOCK", MAR, "home")
    assert books(bo, "inventory", AT, "cogs") == ["390.00", "90.00", "120.00"]
    assert freight(bo, "200.00", "in") == eur("160.00")
    assert books(bo, "inventory", AT, "cogs") == ["520.00", "120.00", "160.00"]


def test_freight_of_one_layer_follows_that_layer(bo: BackOffice, nail: int, sub: int) -> None:
    """The first ten were sold, the second went to the subcontractor in the same month: freight on the first is cost of sales alone."""
    make(bo, movement(nail, 10, JAN, "a", cost=eur("100.00")), movement(nail, 10, JAN, "b", cost=eur("200.00")))
    make(bo, movement(nail, -10, JAN, "sold"))
    bring(bo, nail, 6, "STOCK", "SUB", JAN, "t1")
    bring(bo, nail, 4, "STOCK", "SUB", JAN, "t2")
    assert books(bo, "inventory", AT, "cogs") == ["0.00", "200.00", "100.00"]
    assert freight(bo, "30.00", "a") == eur("0.00")
    assert books(bo, "inventory", AT, "cogs") == ["0.00", "200.00", "130.00"]
    assert freight(bo, "50.01", "b") == eur("50.01")
    assert books(bo, "inventory", AT, "cogs") == ["0.00", "250.01", "130.00"]


def test_cents_are_neither_lost_nor_found_between_pools(bo: BackOffice, nail: int, sub: int) -> None:
    make(bo, movement(nail, 7, JAN, "in", cost=eur("10.00")))
    for number in range(7):
        bring(bo, nail, 1, "STOCK", "SUB", FEB, f"t{number}")
        make(bo, movement(nail, 1, FEB, f"more{number}", cost=eur("3.33")), movement(nail, -1, FEB, f"less{number}"))
        books(bo)
    freight(bo, "0.10", "in")
    books(bo)
    make(bo, movement(nail, -7, MAR, "all", location="SUB"))
    assert books(bo, "inventory", AT, "cogs") == ["0.00", "0.00", "33.41"]


def test_standard_costs_are_the_same_in_all_places(bo: BackOffice, nail: int, sub: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.STANDARD, standard=UnitPrice("2.50", "EUR"))
    make(bo, movement(nail, 10, JAN, "in", cost=eur("26.00")))
    bring(bo, nail, 4, "STOCK", "SUB", FEB, "t")
    assert books(bo, "inventory", AT, "inventory.price_difference") == ["15.00", "10.00", "1.00"]
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.STANDARD, standard=UnitPrice("3.00", "EUR"))
    assert books(bo, "inventory", AT, "inventory.adjustment") == ["18.00", "12.00", "-5.00"]


def test_a_lot_is_valued_apart_as_well(bo: BackOffice, sub: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        item = uow.add(Item(code="CLOTH", name="Cloth", tracking=Tracking.LOT))
        set_costing(uow, item, Method.SPECIFIC)
    cloth = item.id
    make(bo, movement(cloth, 10, JAN, "a", cost=eur("100.00"), lot="A"), movement(cloth, 10, JAN, "b", cost=eur("300.00"), lot="B"))
    with bo.unit_of_work(actor="ann") as uow:
        ends = locations(uow, ["STOCK", "SUB"])
        transfer(uow, uow.get(Item, cloth), Decimal(5), ends["STOCK"], ends["SUB"], lot="B", on=FEB, key="t")
    assert books(bo, "inventory", AT) == ["250.00", "150.00"]
    freight(bo, "20.00", "b")
    assert books(bo, "inventory", AT) == ["260.00", "160.00"]


def test_a_change_of_method_keeps_the_value_of_each_place(bo: BackOffice, nail: int, sub: int) -> None:
    make(bo, movement(nail, 10, JAN, "a", cost=eur("100.00")), movement(nail, 10, JAN, "b", cost=eur("200.00")))
    bring(bo, nail, 10, "STOCK", "SUB", FEB, "t")
    for method in (Method.AVERAGE, Method.LIFO, Method.FIFO):
        with bo.unit_of_work(actor="ann") as uow:
            set_costing(uow, uow.get(Item, nail), method)
        assert books(bo, "inventory", AT) == ["200.00", "100.00"]
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.STANDARD)  # one standard, of both together
    assert books(bo, "inventory", AT) == ["150.00", "150.00"]


# -- in two steps


@pytest.mark.parametrize("transit", ["", "inventory.in_transit"])
def test_transfers_in_two_steps_whichever_pool_transit_belongs_to(bo: BackOffice, nail: int, sub: int, transit: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        way = locations(uow, ["TRANSIT"])["TRANSIT"]
        way.valued_apart = transit
        way.below_zero = BelowZero.FORBID
    make(bo, movement(nail, 10, JAN, "in", cost=eur("100.00")))
    with bo.unit_of_work(actor="ann") as uow:
        ends = locations(uow, ["STOCK", "SUB"])
        made = draft_transfer(uow, ends["STOCK"], ends["SUB"], [TransferRow(item="NAIL", quantity=Decimal(6))])
        ship_transfer(uow, made, on=JAN)
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "inventory.in_transit") == eur("60.00" if transit else "0.00")
    freight(bo, "10.00", "in")
    with bo.unit_of_work(actor="ann") as uow:
        arrived = receive_transfer(uow, uow.get(Transfer, made.id), arrived=[TransferRow(item="NAIL", quantity=Decimal(5))], on=FEB)
        assert arrived.difference == eur("-11.00")
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_all(uow)) == []
        figures = [balance(uow, name) for name in ("inventory", AT, "inventory.in_transit", "inventory.adjustment")]
        assert figures == [eur("99.00"), eur("55.00"), eur("0.00"), eur("11.00")]


# -- what is made of it


def make_lamps(bo: BackOffice, nail: int, lamp: int, **more: Any) -> None:
    """Nails go to the subcontractor, who makes five lamps of all of them for 150.00."""
    make(bo, movement(nail, 10, JAN, "in", cost=eur("300.00")))
    bring(bo, nail, 10, "STOCK", "SUB", JAN, "t")
    parts = movement(nail, -10, FEB, "parts", location="SUB", counter_purpose="inventory")
    make(bo, parts, movement(lamp, 5, FEB, "lamps", cost=eur("150.00"), opens="po:9:1", made_of=("parts",), **more))


@pytest.fixture
def lamp(bo: BackOffice) -> int:
    with bo.unit_of_work(actor="ann") as uow:
        return uow.add(Item(code="LAMP", name="Lamp")).id


def test_what_is_made_has_the_cost_of_its_parts_now_and_later(bo: BackOffice, nail: int, lamp: int, sub: int) -> None:
    make_lamps(bo, nail, lamp)
    assert lines_of(posted(bo)[-1]) == {"grni": -150_00, "inventory": 450_00, AT: -300_00}
    assert books(bo, "inventory", AT, "grni") == ["450.00", "0.00", "-450.00"]
    make(bo, movement(lamp, -2, MAR, "sold"))
    assert freight(bo, "100.00", "in") == eur("60.00")  # through the subcontractor into lamps, of which two of five are sold
    assert books(bo, "inventory", AT, "cogs", "clearing") == ["330.00", "0.00", "220.00", "-100.00"]


def test_what_was_used_can_be_corrected(bo: BackOffice, nail: int, lamp: int, sub: int) -> None:
    make_lamps(bo, nail, lamp)
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="parts"), Decimal(8))
    assert books(bo, "inventory", AT, "grni") == ["390.00", "60.00", "-450.00"]
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="lamps"), Decimal(4))  # a fifth of the service, and none of the parts
    assert books(bo, "inventory", AT, "grni") == ["360.00", "60.00", "-420.00"]
    with pytest.raises(Refused, match="what it was made of is still in it"), bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="lamps"), Decimal(0))
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="parts"), Decimal(0))
        correct(uow, uow.find(Move, key="lamps"), Decimal(0))
    assert books(bo, "inventory", AT, "grni") == ["0.00", "300.00", "-300.00"]


def test_a_transfer_is_corrected_in_both_pools(bo: BackOffice, nail: int, sub: int) -> None:
    make(bo, movement(nail, 10, JAN, "a", cost=eur("100.00")), movement(nail, 10, JAN, "b", cost=eur("200.00")))
    bring(bo, nail, 15, "STOCK", "SUB", FEB, "t")
    assert books(bo, "inventory", AT) == ["100.00", "200.00"]
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="t"), Decimal(12))
    assert books(bo, "inventory", AT) == ["160.00", "140.00"]
    freight(bo, "10.00", "b")
    assert books(bo, "inventory", AT) == ["168.00", "142.00"]
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="t"), Decimal(18))
    assert books(bo, "inventory", AT) == ["42.00", "268.00"]
    with pytest.raises(Refused, match="goods changed places"), bo.unit_of_work(actor="ann") as uow:
        correct_cost(uow, uow.find(Move, key="t"), eur("1.00"))


def test_what_is_made_at_standard_leaves_a_price_difference(bo: BackOffice, nail: int, lamp: int, sub: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, lamp), Method.STANDARD, standard=UnitPrice("88.00", "EUR"))
    make_lamps(bo, nail, lamp)
    assert books(bo, "inventory", AT, "grni", "inventory.price_difference") == ["440.00", "0.00", "-450.00", "10.00"]
    freight(bo, "5.00", "in")
    assert books(bo, "inventory", AT, "inventory.price_difference") == ["440.00", "0.00", "15.00"]


@pytest.mark.parametrize(
    ("parts", "lamps", "said"),
    [
        ({}, None, "Stock would be on both sides of it"),
        ({}, {"made_of": ("nothing",)}, "can't be made of nothing"),
        ({"counter_purpose": "wip"}, {"made_of": ("parts",)}, "can't be made of parts"),
        ({"counter_purpose": AT}, None, "Stock would be on both sides of it"),
        ({}, {"made_of": ("parts", "parts")}, "can't be made of parts"),
        ({}, {"made_of": ("parts",), "quantity": -1}, "Only what comes in"),
    ],
)
def test_parts_go_into_something(
    bo: BackOffice, nail: int, lamp: int, parts: dict[str, Any], lamps: dict[str, Any] | None, said: str
) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("300.00")))
    asked = [movement(nail, -10, FEB, "parts", **{"counter_purpose": "inventory", **parts})]
    if lamps is not None:
        quantity = lamps.pop("quantity", 5)
        asked.append(movement(lamp, quantity, FEB, "lamps", cost=eur("150.00"), **lamps))
    with pytest.raises(Refused) as told, bo.unit_of_work(actor="ann") as uow:
        stock(uow, asked)
    assert {found.code for found in told.value.findings} == {"inventory.made_of"}
    assert said in "; ".join(found.message for found in told.value.findings)


def test_parts_do_not_come_back_from_outside(bo: BackOffice, nail: int, lamp: int, sub: int) -> None:
    make_lamps(bo, nail, lamp)
    with pytest.raises(Refused, match="still stock"), bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(nail, 1, MAR, "back", returns="parts", counter_purpose="cogs")])


def test_asking_again_is_answered_as_the_first_time(bo: BackOffice, nail: int, lamp: int, sub: int) -> None:
    make_lamps(bo, nail, lamp)
    parts = movement(nail, -10, FEB, "parts", location="SUB", counter_purpose="inventory")
    lamps = movement(lamp, 5, FEB, "lamps", cost=eur("150.00"), opens="po:9:1", made_of=("parts",))
    assert [(one.cost, one.repeated) for one in make(bo, parts, lamps)] == [(eur("-300.00"), True), (eur("450.00"), True)]


def test_goods_that_stay_stock_are_no_demand(bo: BackOffice, nail: int, sub: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("300.00")))
    bring(bo, nail, 9, "STOCK", "SUB", JAN, "t")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert issued_cost(uow, JAN, MAR) == {nail: 0}


# -- places


def test_how_a_place_is_valued_stays_while_goods_lie_in_it(bo: BackOffice, nail: int, sub: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("300.00"), location="SHELF"), movement(nail, 20, JAN, "more", cost=eur("600.00")))

    def refused(**change: Any) -> None:
        with pytest.raises(Refused, match="Goods lie in") as told, bo.unit_of_work(actor="ann") as uow:
            shelf = uow.find(Location, code="SHELF")
            if "parent_id" in change:
                shelf.parent_id = change["parent_id"]
            else:
                set_location(uow, uow.find(Location, code=change.pop("code", "SUB")), **change)
        assert [(each.code, bool(each.fix)) for each in told.value.findings] == [("inventory.valued_apart", True)]

    refused(valued_apart="")
    refused(valued_apart="inventory")
    refused(code="SHELF", valued_apart="inventory")
    refused(parent_id=None)
    with bo.unit_of_work(actor="ann") as uow:
        set_location(uow, uow.find(Location, code="SUB"), name="Other name")
    bring(bo, nail, 10, "SHELF", "STOCK", FEB, "home")
    with bo.unit_of_work(actor="ann") as uow:
        set_location(uow, uow.find(Location, code="SUB"), valued_apart="")
    bring(bo, nail, 10, "STOCK", "SHELF", MAR, "there")
    with pytest.raises(Refused, match="valued otherwise"), bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="home"), Decimal(5))
    assert books_of(bo) == eur("900.00")


def books_of(bo: BackOffice) -> Money:
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_all(uow)) == []
        return balance(uow, "inventory")


@pytest.mark.parametrize("purpose", ["cogs", "wip", "nonsense"])
def test_a_place_is_valued_under_a_purpose_for_stock(bo: BackOffice, purpose: str) -> None:
    with pytest.raises(Refused, match="no purpose for stock"), bo.unit_of_work(actor="ann") as uow:
        add_location(uow, "SUB", "Subcontractor", valued_apart=purpose)


def test_a_place_outside_is_not_valued(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="no place of one's own stock"), bo.unit_of_work(actor="ann") as uow:
        add_location(uow, "SUB", "Subcontractor", kind=LocationKind.SUPPLIER, valued_apart=AT)


def test_stock_by_place_on_any_day(bo: BackOffice, nail: int, sub: int) -> None:
    """Ten at 10.00 each and ten at 20.00: what went to the subcontractor first is worth 10.00 each there, not the mean."""
    make(bo, movement(nail, 10, JAN, "a", cost=eur("100.00")), movement(nail, 10, JAN, "b", cost=eur("200.00")))
    bring(bo, nail, 10, "STOCK", "SHELF", FEB, "t")
    bring(bo, nail, 10, "SHELF", "STOCK", MAR, "home")

    def by_place(**asked: Any) -> dict[str, str]:
        return {row.place or row.name: str(row.value.amount) for row in bo.report("inventory.stock", actor="ann", by="place", **asked).rows}

    for basis in ("posting", "effective"):
        assert by_place(as_of="2026-02-28", basis=basis) == {"STOCK": "200.00", "SHELF": "100.00", "SUB": "100.00", "All stock": "300.00"}
        assert by_place(as_of="2026-01-31", basis=basis) == {"STOCK": "300.00", "All stock": "300.00"}
        assert by_place(basis=basis) == {"STOCK": "300.00", "All stock": "300.00"}
    with bo.unit_of_work(actor="ann") as uow:
        set_location(uow, uow.find(Location, code="SUB"), valued_apart="")  # the past stays as it was
    assert by_place(as_of="2026-02-28") == {"STOCK": "200.00", "SHELF": "100.00", "SUB": "100.00", "All stock": "300.00"}
    rows = list(bo.report("inventory.moves", actor="ann", place="SUB").rows)
    assert [(row.change, str(row.value.amount)) for row in rows] == [(10, "100.00"), (-10, "-100.00")]


def test_what_is_kept_of_places_is_checked_and_rebuilt(bo: BackOffice, nail: int, sub: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("300.00")))
    bring(bo, nail, 4, "STOCK", "SUB", FEB, "t")
    with behind(bo) as db:
        db.execute("UPDATE inventory_pool SET value = 0 WHERE location_id IS NOT NULL")
    with bo.unit_of_work(actor="ann") as uow:
        assert "NAIL in SUB: value is 0 and should be 120000000." in next(found.message for found in check_all(uow))
        assert rebuild(uow) == 1
    with behind(bo) as db:
        db.execute("UPDATE inventory_move SET to_id = from_id WHERE key = 't'")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        messages = [found.message for found in check_all(uow)]
    assert "10 lie in all places that are not valued apart, and 6 are valued there." in messages
    assert "0 lie in SUB and within it, and 4 are valued there." in messages


def test_work_in_progress_is_not_what_stock_is_worth(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("300.00")))
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(Voucher("wo:1", "wo", [Line("wip", eur("5.00")), Line("cash", eur("-5.00"))], posting_date=JAN, text="Labour"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_all(uow)) == []


# -- whatever is known when

facts = st.lists(
    st.one_of(
        st.tuples(st.just("in"), st.integers(1, 20), st.integers(1, 500), st.integers(0, 90)),
        st.tuples(st.just("out"), st.integers(1, 5), st.sampled_from([0, 1]), st.integers(0, 90)),
        st.tuples(st.just("go"), st.integers(1, 9), st.sampled_from([0, 1]), st.integers(0, 90)),
        st.tuples(st.just("go"), st.integers(1, 9), st.sampled_from([0, 1]), st.integers(0, 90)),
        st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 3), st.integers(0, 40)),
        st.tuples(st.just("freight"), st.integers(0, 30), st.integers(1, 300), st.just(0)),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(method=st.sampled_from([Method.FIFO, Method.AVERAGE]), steps=facts)
def test_two_pools_end_as_if_all_had_been_known_at_once(bo: BackOffice, method: Method, steps: Sequence[tuple[str, int, int, int]]) -> None:
    """The same facts, once as they became known and once in the order in which they took place, with final costs; to some cents."""
    with bo.unit_of_work(actor="ann") as uow:
        items = [uow.add(Item(code=f"{name}{uow.unit}", name=name)) for name in ("late", "known")]
        for item in items:
            set_costing(uow, item, method)
        late, known = (item.id for item in items)
        if uow.find(Location, code="SUB") is None:
            add_location(uow, "SUB", "Subcontractor", valued_apart=AT)
            place(uow, "SHELF", within="SUB")
    told: dict[str, tuple[date, str, int, int, int, str]] = {}  # day, what, quantity, place, cost, what it takes back
    returned: dict[str, int] = {}
    for key, fact in (("first", (JAN, "in", 200, 0, 100_000, "")), ("second", (JAN, "go", 90, 0, 0, ""))):
        told[key] = fact
        _tell(bo, late, key, fact)
    for number, (what, size, more, day) in enumerate(steps):
        key, on = f"{what}{number}", JAN + timedelta(days=day)
        outs = [name for name, fact in told.items() if fact[1] == "out"]
        ins = [name for name, fact in told.items() if fact[1] == "in"]
        if what in ("out", "go"):
            told[key] = on, what, size, more, 0, ""
        elif what == "in":
            told[key] = on, what, size, 0, more * 100 + 37, ""
        elif what == "freight":
            receipt = ins[size % len(ins)]
            told[receipt] = (*told[receipt][:4], told[receipt][4] + more * 100, "")
            freight(bo, f"{more}.00", f"{late}.{receipt}", key=f"{late}.{key}")
        elif outs:
            out = outs[size % len(outs)]
            if returned.get(out, 0) + more <= told[out][2]:
                returned[out] = returned.get(out, 0) + more
                told[key] = told[out][0] + timedelta(days=day), what, more, size % 2, 0, out
        if key in told:
            _tell(bo, late, key, told[key])
    books(bo)
    for key, fact in sorted(told.items(), key=lambda one: one[1][0]):
        _tell(bo, known, key, fact)
    books(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        values = [{pool.purpose: pool.value for pool in uow.select(Pool, item_id=item)} for item in (late, known)]
        for purpose in values[1]:
            assert abs(values[0][purpose] - values[1][purpose]) <= 10_000 * len(told)  # a cent for each


def _tell(bo: BackOffice, item: int, key: str, fact: tuple[date, str, int, int, int, str]) -> None:
    """Enter a fact."""
    on, what, quantity, where, cost, back = fact
    places = ["STOCK", "SHELF"]
    if what == "go":
        bring(bo, item, quantity, places[where], places[1 - where], on, f"{item}.{key}")
    elif what == "in":
        make(bo, movement(item, quantity, on, f"{item}.{key}", cost=Money.minor(cost, "EUR")))
    elif what == "out":
        make(bo, movement(item, -quantity, on, f"{item}.{key}", location=places[where]))
    else:
        returns = {"returns": f"{item}.{back}", "counter_purpose": "cogs", "location": places[where]}
        make(bo, movement(item, quantity, on, f"{item}.{key}", **returns))


def test_costs_that_go_round_between_places_leave_the_books_right(bo: BackOffice, nail: int, sub: int) -> None:
    """Five went there before any had come, and three of them came back first: these cover a part of what they were taken of."""
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    days = [date(2025, 12, day) for day in (4, 9, 27)]
    bring(bo, nail, 5, "STOCK", "SUB", days[0], "there")
    make(bo, movement(nail, 6, days[2], "in", cost=eur("278.12")))
    bring(bo, nail, 3, "SUB", "STOCK", days[1], "back")
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.AVERAGE)
    with bo.unit_of_work(actor="ann") as uow:
        correct_cost(uow, uow.find(Move, key="in"), eur("283.37"))  # type: ignore[arg-type]
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert "inventory.books" not in [found.code for found in check_all(uow)]
        assert balance(uow, "grni") == eur("-283.37")
        assert balance(uow, "inventory.adjustment") == eur("0.01")
