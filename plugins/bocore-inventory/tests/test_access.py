"""Who works in a warehouse needs no rights in the ledger, and sees no other company's goods."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from store import DAY, place
from trade import eur, movement

from bocore import Actor, BackOffice, Company, Entity, NotAllowed, NotFound, Refused, UnitOfWork
from bocore.testing import as_role
from bocore_catalog import Item, Tracking
from bocore_inventory import Demand, Lot, Move, OnHand, counts, model, reservations, reserve, rules, stock, transfers
from bocore_inventory.places import locations
from bocore_inventory.reservations import Reservation
from bocore_inventory.transferring import TransferRow, draft_transfer, ship_transfer
from bocore_inventory.transfers import Transfer

FOUND = {cls for module in (model, counts, reservations, rules, transfers) for cls in vars(module).values() if isinstance(cls, type)}
ENTITIES = sorted(
    (cls for cls in FOUND if issubclass(cls, Entity) and cls.__module__.startswith("bocore_inventory")), key=lambda cls: cls.__name__
)


# -- a worker without rights in the ledger


def test_a_clerk_receives_reserves_and_ships_and_the_books_are_right(bo: BackOffice, nail: int) -> None:
    clerk = as_role(bo, "inventory.clerk")
    bo.run("inventory.receive", "NAIL", Decimal(10), actor=clerk, cost=eur("20.00"), key="r")
    promise = bo.run("inventory.reserve", "NAIL", Decimal(4), actor=clerk, text="order 1")
    bo.run("inventory.ship", "NAIL", Decimal(3), actor=clerk, reservation=promise["reservation"], key="s")
    shipped = bo.run("inventory.ship", "NAIL", Decimal(1), actor=clerk)
    with bo.unit_of_work(actor="owner", read_only=True) as uow:
        last = uow.get(Move, shipped["moves"][0]).id
    bo.run("inventory.correct", last, Decimal(0), actor=clerk)
    with pytest.raises(NotAllowed, match=r"accounting\.read"):
        bo.report("trial-balance", actor=clerk)
    with pytest.raises(NotAllowed, match=r"inventory\.value"):
        bo.run("inventory.correct-cost", 1, eur("1.00"), actor=clerk)
    rows = {row.name: str(row.balance) for row in bo.report("trial-balance", actor=as_role(bo, "accounting.auditor")).rows}
    assert (rows["Inventory"], rows["Cost of goods sold"]) == ("14.00", "6.00")
    (left,) = bo.report("inventory.reservations", actor=clerk).rows
    assert (left.text, left.item, left.left) == ("order 1", "NAIL", 1)


def test_a_clerk_transfers_scans_and_traces(bo: BackOffice, nail: int) -> None:
    clerk = as_role(bo, "inventory.clerk")
    with bo.unit_of_work(actor="owner") as uow:
        place(uow, "SHOP")
        uow.add(Item(code="MILK", name="Milk", tax_class="standard", tracking=Tracking.LOT))
    bo.run("catalog.add-gtin", "MILK", "7032069804988", actor="owner")
    bo.run("inventory.receive", "MILK", Decimal(10), actor=clerk, lot="L1", cost=eur("20.00"))
    bo.run("inventory.transfer", "MILK", Decimal(2), "STOCK", "SHOP", actor=clerk)
    assert bo.run("inventory.scan", "(01)07032069804988(10)L1", actor=clerk)["known_lot"]
    assert [str(row.direction) for row in bo.report("inventory.lot-trace", actor=clerk, lot="L1").rows] == ["from", "here", "here"]


def test_who_only_looks_moves_nothing(bo: BackOffice, nail: int) -> None:
    controller = as_role(bo, "inventory.controller")
    ways: tuple[tuple[str, tuple[str, ...]], ...] = (("ship", ()), ("reserve", ()), ("transfer", ("STOCK", "SHOP")))
    for name, more in ways:
        with pytest.raises(NotAllowed, match=r"inventory\.move"):
            bo.run(f"inventory.{name}", "NAIL", Decimal(1), *more, actor=controller)


def test_whoever_sells_moves_stock_through_the_hook_without_any_right_in_it(bo: BackOffice, nail: int) -> None:
    """A till asks by the catalogue's hook: its cashier may neither see stock nor post."""
    cashier = as_role(bo)
    with bo.unit_of_work(actor=cashier) as uow:
        uow.hook.bo_catalog_stock(uow=uow, movements=[movement(nail, 10, DAY, "r", cost=eur("20.00"))])
    with bo.unit_of_work(actor=cashier) as uow:
        (sold,) = uow.hook.bo_catalog_stock(uow=uow, movements=[movement(nail, -3, DAY, "s")])
        assert sold.cost == eur("-6.00")
        with pytest.raises(NotAllowed):
            uow.select(OnHand).all()
    rows = {row.name: str(row.balance) for row in bo.report("trial-balance", actor=as_role(bo, "accounting.auditor")).rows}
    assert (rows["Inventory"], rows["Cost of goods sold"]) == ("14.00", "6.00")


# -- two companies


def trade(bo: BackOffice, company: str) -> None:
    """A company receives, reserves, ships, and sends goods on their way; its codes begin with its own."""
    with bo.unit_of_work(actor="owner", company=company) as uow:
        items = uow.find_all(Item, code=["NAIL", "MILK"])
        shop = place(uow, f"{company}-SHOP")
        key = company.lower()
        stock(
            uow,
            [
                movement(items["NAIL"].id, 10, DAY, f"{key}.n", cost=eur("20.00")),
                movement(items["MILK"].id, 10, DAY, f"{key}.m", cost=eur("20.00"), lot=f"{company}-L"),
                movement(items["NAIL"].id, -2, DAY, f"{key}.s"),
            ],
        )
        reserve(uow, [Demand(key=f"{key}.order", item=items["NAIL"].id, quantity=Decimal(3))])
        sent = draft_transfer(uow, locations(uow, ["STOCK"])["STOCK"], shop, [TransferRow(item="MILK", quantity=Decimal(4))])
        ship_transfer(uow, sent)


def ids(bo: BackOffice) -> dict[type[Entity], set[int]]:
    """Of each entity of the plugin: all rows that there are."""
    with bo.unit_of_work(actor="owner") as uow, uow.system("Count everything"):
        return {cls: {row[0] for row in uow.rows(sa.select(cls.c.id))} for cls in ENTITIES}


@pytest.fixture
def clerk(bo: BackOffice, nail: int) -> Actor:
    """A clerk of the first of two companies that trade in the same goods."""
    found = as_role(bo, "inventory.clerk", companies=["ACME"])
    with bo.unit_of_work(actor="owner") as uow:
        uow.add(Company(code="BETA", name="Beta Ltd", currency="EUR"))
        uow.add(Item(code="MILK", name="Milk", tax_class="standard", tracking=Tracking.LOT))
    bo.run("accounting.setup-chart", actor="owner", company="BETA")
    trade(bo, "ACME")
    return found


FORMS: dict[str, Callable[[Any], Any]] = {
    "plain": lambda table: sa.select(table.c.id),
    "alias": lambda table: sa.select(table.alias("a").c.id),
    "subquery": lambda table: sa.select(sa.select(table.c.id).subquery().c.id),
    "cte": lambda table: sa.select(sa.select(table.c.id).cte("c").c.id),
    "union": lambda table: sa.union_all(sa.select(table.c.id), sa.select(table.alias("b").c.id)),
    "in": lambda table: sa.select(table.c.id).where(table.c.id.in_(sa.select(table.alias("b").c.id))),
    "exists": lambda table: _exists(table, table.alias("b")),
    "outer join": lambda table: _outer(table, table.alias("b")),
    "scalar": lambda table: sa.select(sa.select(sa.func.max(table.c.id)).scalar_subquery()),
    "max": lambda table: sa.select(sa.func.max(table.c.id)),
    "group": lambda table: sa.select(table.c.id, sa.func.count(table.c.id)).group_by(table.c.id),
}


def _exists(table: Any, other: Any) -> Any:
    return sa.select(table.c.id).where(sa.exists(sa.select(other.c.id).where(other.c.id >= table.c.id)))


def _outer(table: Any, other: Any) -> Any:
    return sa.select(other.c.id).select_from(table.outerjoin(other, table.c.id <= other.c.id))


def seen(uow: UnitOfWork, cls: type[Entity]) -> Iterator[tuple[str, set[int]]]:
    """What somebody sees of an entity, by each form of a select."""
    for name, form in FORMS.items():
        yield name, {row[0] for row in uow.rows(form(cls.c.id.table)) if row[0] is not None}
    yield "objects", {row.id for row in uow.select(cls)}


def test_a_clerk_sees_nothing_of_another_company_s_stock_in_any_form_of_select(bo: BackOffice, clerk: Actor) -> None:
    before = ids(bo)
    trade(bo, "BETA")
    after = ids(bo)
    theirs = {cls: after[cls] - before[cls] for cls in ENTITIES}
    assert all(theirs[cls] for cls in (OnHand, Move, Lot, Reservation, Transfer))
    shown = set()
    with bo.unit_of_work(actor=clerk, read_only=True, company="ACME") as uow:
        for cls in ENTITIES:
            try:
                for form, found in seen(uow, cls):
                    assert not found & theirs[cls], f"{cls.__name__} by {form}"
                    assert found <= before[cls]
                    shown |= {cls} if found else set()
                assert not uow.get_all(cls, theirs[cls])
            except NotAllowed:
                assert cls not in {OnHand, Move, Lot, Reservation, Transfer}
    assert shown >= {OnHand, Move, Lot, Reservation, Transfer}


def test_no_report_tells_a_clerk_of_another_company_s_goods(bo: BackOffice, clerk: Actor) -> None:
    trade(bo, "BETA")
    mine = 0
    for name, declared in bo.host.reports.items():
        if declared.plugin == "inventory" and declared.permission == "inventory.read":
            options = {option.name: "ACME-L" for option in declared.options if option.required}
            told = str(bo.report(name, actor=clerk, company="ACME", options=options).as_objects())
            assert "BETA-" not in told
            assert "beta." not in told
            mine += "ACME-L" in told
            with pytest.raises(NotAllowed):
                bo.report(name, actor=clerk, company="BETA", options=options)
    assert mine


def test_a_clerk_moves_nothing_of_another_company(bo: BackOffice, clerk: Actor) -> None:
    trade(bo, "BETA")
    with bo.unit_of_work(actor="owner", read_only=True, company="BETA") as uow:
        theirs = locations(uow, ["STOCK"])["STOCK"].id
        lot = uow.select(Lot, code="BETA-L").one().id
        promised = uow.select(Reservation, key="beta.order").one().id
    refused: list[Callable[[], Any]] = [
        lambda: bo.run("inventory.ship", "NAIL", Decimal(1), actor=clerk, company="ACME", location=theirs),
        lambda: bo.run("inventory.ship", "MILK", Decimal(1), actor=clerk, company="ACME", lot="BETA-L"),
        lambda: bo.run("inventory.ship", "NAIL", Decimal(1), actor=clerk, company="ACME", reservation=promised),
        lambda: bo.run("inventory.release", promised, actor=clerk, company="ACME"),
        lambda: bo.run("inventory.describe-lot", lot, actor=clerk, company="ACME", supplier_lot="X"),
        lambda: bo.run("inventory.reserve", "NAIL", Decimal(1), actor=clerk, company="ACME", location=theirs),
        lambda: bo.run("inventory.ship", "NAIL", Decimal(1), actor=clerk, company="BETA"),
    ]
    before = ids(bo)
    for act in refused:
        with pytest.raises((NotAllowed, NotFound, Refused)):
            act()
    assert ids(bo) == before
