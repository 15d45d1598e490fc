"""What there is, what it is worth, and how it came about: on any day, and as the books have it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from trade import eur, make, movement

from bocore import BackOffice, Money, NotFound, Refused
from bocore.testing import as_role
from bocore_catalog import Category, Item, Tracking
from bocore_inventory import Location, Lot, Method, Move, Pool, Shares, land_cost, set_costing
from bocore_inventory.locations import add_location
from bocore_inventory.places import locations

JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


@pytest.fixture
def shop(bo: BackOffice, clock: Any) -> dict[str, int]:
    """Two categories, three items, and a stock with a shelf and a cold room in it."""
    clock.set("2026-03-31T09:00Z")
    with bo.unit_of_work(actor="ann") as uow:
        stock = locations(uow, ["STOCK", "TRANSIT"])["STOCK"]
        add_location(uow, "SHELF", "Shelf", parent=stock)
        add_location(uow, "COLD", "Cold room", parent=stock)
        food = uow.add(Category(code="FOOD", name="Food"))
        dairy = uow.add(Category(code="DAIRY", name="Dairy", parent_id=food.id))
        items = [
            Item(code="BOLT", name="Bolt", tax_class="standard"),
            Item(code="CHEESE", name="Cheese", tax_class="reduced", category_id=dairy.id, tracking=Tracking.LOT),
            Item(code="RICE", name="Rice", tax_class="reduced", category_id=food.id),
        ]
        uow.add_all(items)
        set_costing(uow, items[2], Method.AVERAGE)
        return {item.code: item.id for item in items}


@pytest.fixture
def quarter(bo: BackOffice, shop: dict[str, int]) -> dict[str, int]:
    """Three months of trade: freight that comes late, a receipt that is entered late, lots, and a shelf beside the stock."""
    make(
        bo,
        movement(shop["BOLT"], 7, JAN + timedelta(4), "b1", cost=eur("10.00")),
        movement(shop["BOLT"], 3, JAN + timedelta(5), "b2", cost=eur("5.00"), location="SHELF"),
        movement(shop["RICE"], 10, JAN + timedelta(6), "r1", cost=eur("20.00")),
        movement(shop["CHEESE"], 4, JAN + timedelta(7), "c1", cost=eur("40.00"), lot="L1", location="COLD"),
        movement(shop["CHEESE"], 4, FEB + timedelta(7), "c2", cost=eur("44.01"), lot="L2", location="COLD"),
    )
    make(
        bo,
        movement(shop["BOLT"], -5, JAN + timedelta(19), "b3", dims={"region": "north"}),
        movement(shop["RICE"], -4, FEB + timedelta(1), "r2"),
        movement(shop["CHEESE"], -3, FEB + timedelta(20), "c3", lot="L1", location="COLD"),
    )
    with bo.unit_of_work(actor="ann") as uow:
        land_cost(uow, eur("7.00"), [uow.find(Move, key="b1")], by=Shares.QUANTITY, on=FEB + timedelta(9), key="freight")
    make(bo, movement(shop["RICE"], 10, JAN + timedelta(14), "r3", cost=eur("30.00"), posting_date=MAR + timedelta(2)))
    make(bo, movement(shop["RICE"], -6, MAR + timedelta(9), "r4"))
    return shop


def rows(bo: BackOffice, name: str, **given: Any) -> list[Any]:
    """The rows of a report."""
    return list(bo.report(f"inventory.{name}", actor="ann", **given).rows)


def days() -> Iterator[date]:
    """Days on which something happens, and some between them."""
    yield from (JAN + timedelta(n) for n in (0, 4, 5, 6, 7, 18, 19, 31, 32, 38, 40, 51, 58, 60, 61, 62, 67, 68, 89))


def test_the_value_of_stock_is_the_stock_account_on_every_day(bo: BackOffice, quarter: dict[str, int]) -> None:
    """And so is the sum by item, by place, by category and by lot."""
    seen = set()
    for day in days():
        books = {row.account: row.balance for row in bo.report("trial-balance", actor="ann", as_of=day).rows}
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            from bocore import BalanceQuery

            found = uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, purpose="inventory", through=day))
        account = found if isinstance(found, Money) else sum(found or [], Money.zero("EUR"))
        assert not account or account.amount in books.values()
        for by in ("item", "slot", "lot", "place", "category"):
            *several, total = rows(bo, "stock", as_of=day, by=by)
            assert total.value == account, (day, by)
            top = [row.value for row in several if row.level == 1]
            assert sum(top, Money.zero("EUR")) == account
        seen.add(account)
    assert len(seen) == 11


def test_stock_of_a_day_by_item_and_by_place(bo: BackOffice, quarter: dict[str, int]) -> None:
    assert [(row.item, str(row.quantity), row.unit, str(row.value)) for row in rows(bo, "stock", as_of=JAN + timedelta(30))] == [
        ("BOLT", "5", "C62", "7.86 EUR"),
        ("CHEESE", "4", "C62", "40.00 EUR"),
        ("RICE", "10", "C62", "20.00 EUR"),
        ("", "None", "", "67.86 EUR"),
    ]
    assert [(row.level, row.place, str(row.value)) for row in rows(bo, "stock", as_of=JAN + timedelta(30), by="place")] == [
        (1, "STOCK", "67.86 EUR"),
        (2, "COLD", "40.00 EUR"),
        (2, "SHELF", "4.72 EUR"),
        (0, "", "67.86 EUR"),
    ]
    assert [(row.item, row.name, row.level, str(row.value)) for row in rows(bo, "stock", as_of=JAN + timedelta(30), by="category")] == [
        ("", "Food", 1, "60.00 EUR"),
        ("", "Dairy", 2, "40.00 EUR"),
        ("", "Without a category", 1, "7.86 EUR"),
        ("", "All stock", 0, "67.86 EUR"),
    ]
    lots = rows(bo, "stock", by="lot", category="DAIRY")[:-1]
    assert [(row.lot, row.quantity, str(row.value)) for row in lots] == [("L1", 1, "10.80 EUR"), ("L2", 4, "43.21 EUR")]
    assert [row.quantity for row in rows(bo, "stock", lot="L2", by="slot", place="STOCK")[:-1]] == [4]


def test_what_came_in_late_counts_when_it_came_or_when_it_was_booked(bo: BackOffice, quarter: dict[str, int]) -> None:
    """Ten bags of rice came on 15 January and were booked in March: by then 4 had been issued at 2.00 that have cost 2.00 each still."""
    on = JAN + timedelta(20)
    by_posting = next(row for row in rows(bo, "stock", as_of=on) if row.item == "RICE")
    by_effect = next(row for row in rows(bo, "stock", as_of=on, basis="effective") if row.item == "RICE")
    assert (by_posting.quantity, by_posting.value) == (10, eur("20.00"))
    assert (by_effect.quantity, by_effect.value) == (20, eur("50.00"))
    assert rows(bo, "stock", item="RICE")[0].value == rows(bo, "stock", item="RICE", basis="effective")[0].value == eur("25.00")


def test_within_a_month_what_was_issued_by_that_day_has_its_cost_of_now(bo: BackOffice, shop: dict[str, int]) -> None:
    """Of four and four sold in March at 1.00 the freight of 10.00 on ten makes 2.00, on the 10th as well as at the end of the month."""
    for method, item in ((Method.FIFO, "BOLT"), (Method.AVERAGE, "RICE")):
        make(
            bo,
            movement(shop[item], 10, MAR, f"{method}1", cost=eur("10.00")),
            movement(shop[item], -4, MAR + timedelta(5), f"{method}2"),
            movement(shop[item], -4, MAR + timedelta(15), f"{method}3"),
        )
        with bo.unit_of_work(actor="ann") as uow:
            land_cost(uow, eur("10.00"), [uow.find(Move, key=f"{method}1")], key=f"{method}freight")
        for day, value in ((0, "20.00"), (9, "12.00"), (19, "4.00"), (30, "4.00")):
            (row, _) = rows(bo, "stock", as_of=MAR + timedelta(day), basis="effective", item=item)
            assert row.value == eur(value), (method, day)


def test_a_place_that_owes_goods_takes_its_share_of_the_value(bo: BackOffice, nail: int) -> None:
    """Nine in stock and three too few on the shelf: 15.00 and -5.00 are the 10.00 of the six."""
    from bocore_inventory import BelowZero

    with bo.unit_of_work(actor="ann") as uow:
        add_location(uow, "SHELF", "Shelf", below_zero=BelowZero.ALLOW)
    make(
        bo, movement(nail, 12, JAN, "in", cost=eur("20.00")), movement(nail, -3, JAN, "out"), movement(nail, -3, JAN, "s", location="SHELF")
    )
    assert [(row.place, row.quantity, str(row.value)) for row in rows(bo, "stock", by="slot")[:-1]] == [
        ("SHELF", -3, "-5.00 EUR"),
        ("STOCK", 9, "15.00 EUR"),
    ]


def test_from_stock_to_its_moves_to_their_voucher(bo: BackOffice, quarter: dict[str, int]) -> None:
    result = bo.report("inventory.stock", actor="ann", item="BOLT", by="slot", place="SHELF")
    moves = result.drill(result.rows[0], "quantity")
    assert [(row.on, row.from_place, row.to_place, row.change) for row in moves.rows] == [(JAN + timedelta(5), "SUPPLIERS", "SHELF", 3)]
    trail = moves.drill(moves.rows[0], "voucher")
    assert any("inventory:b2" in str(row) for row in trail.rows)
    out = rows(bo, "moves", item="BOLT", since=JAN + timedelta(10))
    assert [(row.change, str(row.value)) for row in out] == [(-5, "-7.14 EUR")]
    assert len(rows(bo, "moves")) == 10
    assert [row.move for row in rows(bo, "moves", basis="posting", since=MAR)] == ["r3", "r4"]
    assert [row.lot for row in rows(bo, "moves", lot="L1")] == ["L1", "L1"]


def test_why_the_value_of_an_item_is_what_it_is(bo: BackOffice, quarter: dict[str, int]) -> None:
    found = rows(bo, "value", item="BOLT")
    assert [(row.kind, row.quantity, str(row.amount), str(row.balance)) for row in found] == [
        ("receipt", 7, "10.00 EUR", "10.00 EUR"),
        ("receipt", 3, "5.00 EUR", "15.00 EUR"),
        ("issue", -5, "-7.14 EUR", "7.86 EUR"),
        ("cost", 0, "7.00 EUR", "14.86 EUR"),
        ("delta", 0, "-5.00 EUR", "9.86 EUR"),
    ]
    assert found[-1].why == "what was issued in 2026-01 for cogs (region north) has cost more or less than was booked"
    assert found[2].exact == Decimal("-7.142857")
    assert rows(bo, "value", item="BOLT", since=FEB)[0].balance == eur("14.86")


def test_how_long_it_has_been_there(bo: BackOffice, quarter: dict[str, int]) -> None:
    """Five bolts of January are left, two of the first delivery; of the rice the later ten that came, at the average."""
    bolt, cheese, rice, total = rows(bo, "stock-ageing", days=[30, 60])
    assert list(bolt.value) == ["0-30", "31-60", "over 60"]
    assert (bolt.oldest, bolt.quantity, bolt.value["over 60"]) == (JAN + timedelta(4), 5, eur("9.86"))
    assert (cheese.quantity, cheese.value["31-60"], cheese.value["over 60"]) == (5, eur("44.01"), eur("10.00"))
    assert (rice.oldest, rice.value["over 60"]) == (JAN + timedelta(14), eur("25.00"))
    assert sum(total.value.values(), Money.zero("EUR")) == rows(bo, "stock")[-1].value
    assert rows(bo, "stock-ageing", as_of=JAN + timedelta(5), item="BOLT")[0].quantity == 10
    with pytest.raises(Refused, match="before today"):
        rows(bo, "stock-ageing", days=[-1])


def test_after_a_change_of_method_the_age_begins_anew(bo: BackOffice, quarter: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, quarter["BOLT"]), Method.AVERAGE)
    (bolt, _) = rows(bo, "stock-ageing", item="BOLT")
    assert (bolt.oldest, bolt.quantity, bolt.value["0-30"]) == (date(2026, 3, 31), 5, eur("9.86"))
    (bolt, _) = rows(bo, "stock-ageing", item="BOLT", as_of=date(2026, 3, 30))
    assert (bolt.quantity, bolt.value["61-90"]) == (5, eur("9.86"))
    assert rows(bo, "stock", item="BOLT")[0].value == eur("9.86")
    assert rows(bo, "value", item="BOLT")[-1].why == "the method of valuation was changed"


def test_lots_and_what_expires(bo: BackOffice, quarter: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        for code, day in (("L1", date(2026, 3, 28)), ("L2", date(2026, 5, 1))):
            uow.select(Lot, code=code).one().expires_on = day
    soon = rows(bo, "expiry", within=60)
    assert [(row.lot, row.days, row.quantity, str(row.value)) for row in soon] == [("L1", -3, 1, "10.80 EUR"), ("L2", 31, 4, "43.21 EUR")]
    assert [row.lot for row in rows(bo, "expiry", within=0)] == ["L1"]
    assert [row.lot for row in rows(bo, "lots", place="SHELF")] == []
    make(bo, movement(quarter["CHEESE"], -1, date(2026, 3, 31), "scrap", lot="L1", location="COLD"))
    assert [row.lot for row in rows(bo, "lots")] == ["L2"]
    assert [row.lot for row in rows(bo, "lots", gone=True)] == ["L1", "L2"]


def test_who_may_not_see_values_sees_quantities(bo: BackOffice, quarter: dict[str, int]) -> None:
    total = rows(bo, "stock")[-1].value
    clerk = as_role(bo, "inventory.clerk")
    found = list(bo.report("inventory.stock", actor=clerk).rows)
    assert [row.quantity for row in found[:-1]] == [5, 5, 10]
    assert {row.value for row in found} == {None}
    assert {row.value for row in bo.report("inventory.moves", actor=clerk).rows} == {None}
    controller = as_role(bo, "inventory.controller")
    assert list(bo.report("inventory.stock", actor=controller).rows)[-1].value == total


def test_names_that_there_are_not(bo: BackOffice, quarter: dict[str, int]) -> None:
    for option in ("item", "place", "category"):
        with pytest.raises(NotFound, match="There is no"):
            rows(bo, "stock", **{option: "NOWHERE"})


def test_stock_of_nothing(bo: BackOffice) -> None:
    for by in ("item", "slot", "lot", "place", "category"):
        (total,) = rows(bo, "stock", by=by)
        assert total.value == Money.zero("EUR")
    assert rows(bo, "moves") == rows(bo, "lots") == rows(bo, "expiry") == []


def test_pools_and_places_are_those_of_the_company(bo: BackOffice, quarter: dict[str, int]) -> None:
    from bocore import Company

    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="TWO", name="Two", currency="EUR"))
    with bo.unit_of_work(actor="ann", company="TWO", read_only=True) as uow:
        assert uow.select(Location, company_id=uow.company_id).all() == []
        assert uow.select(Pool, company_id=uow.company_id).all() == []
    (total,) = bo.report("inventory.stock", actor="ann", company="TWO").rows
    assert total.value == Money.zero("EUR")
