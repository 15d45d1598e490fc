"""Goods: a receipt that comes after the month was closed, freight that comes after the sale, work done by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from bocore import Entity, Line, Money, Plugin, Receipt, Source, Voucher, entity, largest_remainder
from bocore import money as money_field
from bocore.testing import posted
from bocore_catalog import Item, StockMovement
from bocore_catalog import plugin as catalog
from bocore_inventory import Move, land_cost, stock
from bocore_inventory import plugin as inventory
from bocore_inventory.locations import add_location
from flows.office import Office, day, line, money, voucher


@entity("stock_value", company=True, append_only=True)
class ValueChange(Entity):
    """By how much stock is worth more: on the day on which it was so, and on the day on which the ledger counts it."""

    effective: date
    counted: date
    value: Money = money_field()


STOCK = Plugin(
    prefix="stock",
    entities=ValueChange,
    purposes={"stock.landed": "clearing"},
)


@pytest.fixture
def store(open_office: Callable[..., Office]) -> Office:
    return open_office(STOCK)


def move(store: Office, key: str, effective: str, *lines: Line) -> Receipt:
    """What a module that keeps stock does: the ledger counts a change on an open day, and the module keeps both days."""
    made = Voucher(key, key.partition(":")[0], lines, document_date=date.fromisoformat(effective), if_closed="next_open")
    with store.work("stock") as uow:
        (receipt,) = uow.post(made)
        value = sum((one.amount for one in lines if one.purpose == "inventory"), money("0.00"))
        uow.add(ValueChange(effective=date.fromisoformat(effective), counted=receipt.posting_date, value=value))
    return receipt


def worth(store: Office, by: str, on: str) -> str:
    """The value of stock at the end of a day, by effective or by counted day."""
    column = getattr(ValueChange.c, by)
    with store.work(read_only=True) as uow:
        ((minor,),) = uow.rows(sa.select(sa.func.coalesce(sa.func.sum(ValueChange.c.value), 0)).where(column <= date.fromisoformat(on)))
    return str(Money.minor(int(minor), "EUR").amount)


# ---------------------------------------------------------------- a receipt that comes late


def test_a_receipt_of_a_closed_month_counts_in_the_open_one_and_stock_keeps_both_days(store: Office) -> None:
    """4 were sold short at a provisional 4.50; on 10 February it turns out that 10 came on 28 January at 5.00."""
    move(store, "stock.cost:1", "2026-01-29", line("cogs", "18.00"), line("inventory", "-18.00"))
    store.clock.set("2026-02-02T09:00Z")
    store.lock("ledger", "2026-01-31")
    january = store.balances(as_of="2026-01-31")
    store.clock.set("2026-02-10T09:00Z")
    goods = move(store, "stock.receipt:7", "2026-01-28", line("inventory", "50.00"), line("grni", "-50.00", opens="po:7:1"))
    delta = move(store, "stock.adjust:77", "2026-01-29", line("cogs", "2.00"), line("inventory", "-2.00"))
    for receipt in (goods, delta):
        assert (receipt.posting_date, receipt.moved) == (date(2026, 2, 1), True)
        assert [found.code for found in receipt.findings] == ["bo.posting_moved"]
    record = posted(store.bo, kind="stock.receipt")[0]
    assert (record.document_date, record.posting_date) == (date(2026, 1, 28), date(2026, 2, 1))
    assert store.balances(as_of="2026-01-31") == january == {"1300": "-18.00", "5000": "18.00"}
    assert store.balances(as_of="2026-02-01") == {"1300": "30.00", "2010": "-50.00", "5000": "20.00"}
    assert store.items(as_of="2026-01-31") == {}
    assert store.items(as_of="2026-02-01") == {"po:7:1": "-50.00"}
    # As of a day stock is worth what was there, the ledger what was known; counted by posting dates they are the same on every day.
    assert [worth(store, "effective", on) for on in ("2026-01-28", "2026-01-31", "2026-02-01")] == ["50.00", "30.00", "30.00"]
    for on in ("2026-01-28", "2026-01-31", "2026-02-01"):
        assert worth(store, "counted", on) == store.balance("inventory", through=on)
    assert [row.label for row in store.report("late-postings")] == ["stock.receipt:7", "stock.adjust:77"]


def test_the_bill_for_it_settles_what_was_received(store: Office) -> None:
    move(store, "stock.receipt:7", "2026-01-10", line("inventory", "50.00"), line("grni", "-50.00", opens="po:7:1"))
    store.book(
        "bill:7",
        "2026-01-14",
        line("grni", "50.00", settles="po:7:1"),
        line("tax.input", "10.00"),
        line("payable", "-60.00", opens="bill:7"),
    )
    assert store.items() == {"bill:7": "-60.00"}
    assert store.items(as_of="2026-01-13") == {"po:7:1": "-50.00"}
    assert store.balance("grni") == "0.00"


# ---------------------------------------------------------------- freight that comes after the sale


def test_freight_of_goods_that_are_sold_in_part_goes_to_the_shops_that_sold_them(store: Office) -> None:
    """20 at 30.00, 6 sold in the north and 4 in the south, then freight of 200.00: 100.00 stay in stock, 60.00 and 40.00 are cost.

    The figures of adempiere issue 4411, by shop.
    """
    move(store, "stock.receipt:1", "2026-01-05", line("inventory", "600.00"), line("payable", "-600.00", opens="bill:1"))
    sold = {"north": 6, "south": 4}
    for shop, count in sold.items():
        where = {"site": shop}
        move(
            store, f"stock.cost:{shop}", "2026-01-10", line("cogs", f"{30 * count}.00", dims=where), line("inventory", f"{-30 * count}.00")
        )
    store.clock.set("2026-02-03T09:00Z")
    store.lock("ledger", "2026-01-31")
    store.book("bill:2", "2026-02-02", line("stock.landed", "200.00", opens="landed:1"), line("payable", "-200.00", opens="bill:2"))
    parts = dict(zip(("stock", *sold), largest_remainder(20000, [10, *sold.values()]), strict=True))
    lines = [line("cogs", str(Money.minor(parts[shop], "EUR").amount), dims={"site": shop}) for shop in sold]
    freight = [
        line("inventory", str(Money.minor(parts["stock"], "EUR").amount)),
        *lines,
        line("stock.landed", "-200.00", settles="landed:1"),
    ]
    receipt = move(store, "stock.landed:1", "2026-01-05", *freight)
    assert (receipt.posting_date, receipt.moved) == (date(2026, 2, 1), True)
    assert store.balances() == {"1300": "400.00", "2000": "-800.00", "5000": "400.00"}
    by_shop = {shop: store.balances(dim=[f"site={shop}"]) for shop in sold}
    assert by_shop == {"north": {"5000": "240.00"}, "south": {"5000": "160.00"}}
    months = [{"since": f"2026-{month}-01", "through": f"2026-{month}-28", "dim": ["site=north"]} for month in ("01", "02")]
    assert [store.statement("income-statement", **month)["5000"] for month in months] == ["180.00", "60.00"]
    assert store.balance("cogs", dims={"site": "south"}) == "160.00"
    assert worth(store, "counted", "2026-02-28") == store.balance("inventory") == "400.00"
    assert store.items() == {"bill:1": "-600.00", "bill:2": "-200.00"}
    store.reverse("stock.landed:1", "Freight of another delivery")
    assert {shop: store.balances(dim=[f"site={shop}"]) for shop in sold} == {"north": {"5000": "180.00"}, "south": {"5000": "120.00"}}
    assert store.items(purpose="clearing") == {"landed:1": "200.00"}


def test_the_freight_settles_before_its_bill_comes_where_it_was_known_earlier(store: Office) -> None:
    """Between the two days the clearing account shows what the carrier will charge."""
    store.book("bill:2", "2026-01-14", line("stock.landed", "200.00", opens="landed:1"), line("payable", "-200.00", opens="bill:2"))
    store.book("stock.landed:1", "2026-01-10", line("inventory", "200.00"), line("stock.landed", "-200.00", settles="landed:1"))
    assert [store.items(as_of=on, purpose="clearing") for on in ("2026-01-10", "2026-01-14")] == [{"landed:1": "-200.00"}, {}]
    assert Decimal(store.balance("stock.landed", through="2026-01-10")) == Decimal("-200.00")


# ---------------------------------------------------------------- work done by somebody else


def test_what_a_subcontractor_works_on_stays_ours_until_it_comes_back(open_office: Callable[..., Office]) -> None:
    """Flow F8: components of 300.00 go to a supplier, whose service of 150.00 is billed with 160.00; freight comes after all of it."""
    works = open_office(catalog, inventory)
    with works.work() as uow:
        bracket, lamp = (uow.add(Item(code=code, name=code.title())).id for code in ("BRACKET", "LAMP"))
        add_location(uow, "SUB", "Subcontractor", valued_apart="inventory.at_subcontractor")
    with works.work() as uow:
        stock(uow, [goods("po:1", bracket, 30, "2026-01-02", counter_purpose="equity", cost=money("300.00"))])
    works.do("inventory.transfer", "BRACKET", Decimal(30), "STOCK", "SUB", on=day("2026-01-05"), key="out:9", actor="ann")
    assert sent(works) == {"inventory.at_subcontractor": "300.00", "inventory": "-300.00"}
    assert (works.balance("inventory"), works.balance("inventory.at_subcontractor")) == ("300.00", "300.00")
    with works.work() as uow:
        used = goods("in:9/1", bracket, -30, "2026-01-12", location="SUB", counter_purpose="inventory")
        made = goods("in:9", lamp, 10, "2026-01-12", counter_purpose="grni", cost=money("150.00"), opens="po:9:1", made_of=("in:9/1",))
        assert [answer.cost for answer in stock(uow, [used, made])] == [money("-300.00"), money("450.00")]
    assert sent(works) == {"inventory": "450.00", "inventory.at_subcontractor": "-300.00", "grni": "-150.00"}
    bill = [
        line("grni", "150.00", settles="po:9:1"),
        line("inventory.price_difference", "10.00"),
        line("payable", "-160.00", opens="bill:3"),
    ]
    works.book("bill:3", "2026-01-14", *bill)
    assert works.balances() == {"1300": "450.00", "2000": "-160.00", "3000": "-300.00", "5000": "10.00"}
    assert (works.balance("inventory.at_subcontractor"), works.items()) == ("0.00", {"bill:3": "-160.00"})
    with works.work() as uow:  # what the brackets cost more goes through the subcontractor into lamps, and with four of ten out of stock
        stock(uow, [goods("so:1", lamp, -4, "2026-01-20", counter_purpose="cogs")])
        assert land_cost(uow, money("50.00"), [uow.find(Move, key="po:1")], on=day("2026-01-21")) == money("30.00")
    assert works.balances() == {"1050": "-50.00", "1300": "300.00", "2000": "-160.00", "3000": "-300.00", "5000": "210.00"}
    assert works.balance("inventory.at_subcontractor") == "0.00"
    assert works.do("inventory.check", actor="ann") == []


def goods(key: str, item: int, quantity: int, on: str, **more: Any) -> StockMovement:
    """Goods come in or go out on a day."""
    return StockMovement(key=key, item=item, quantity=Decimal(quantity), on=day(on), **more)


def sent(works: Office) -> dict[str, str]:
    """Purpose → amount of the last voucher."""
    return {entry["purpose"]: str(Money.minor(entry["amount"][0], "EUR").amount) for entry in posted(works.bo)[-1].body["lines"]}


def test_a_voucher_of_stock_names_its_source(store: Office) -> None:
    with store.work("stock") as uow:
        change = uow.add(ValueChange(effective=date(2026, 1, 5), counted=date(2026, 1, 5), value=money("50.00")))
        lines = [line("inventory", "50.00"), line("grni", "-50.00")]
        uow.post(voucher("stock.receipt:1", "2026-01-05", *lines, source=Source(change, event="received", label="Receipt 1")))
    trail = [(row.step, row.name) for row in store.report("trace", of="stock.receipt:1")]
    assert ("source", "Receipt 1") in trail
