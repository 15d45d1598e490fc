"""What is to be ordered, by levels and by days of cover, and that asking twice does no harm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trade import eur, make, movement

from bocore import BackOffice, Company, Plugin, Refused, UnitOfWork, Worker, hookimpl, write_setting
from bocore.testing import as_role, run_job
from bocore_catalog import Item, SupplyAnswer, SupplyRequest
from bocore_inventory import BelowZero
from bocore_inventory.locations import add_location
from bocore_inventory.needs import outstanding, wanted
from bocore_inventory.places import locations
from bocore_inventory.reordering import nightly, reorder, set_reorder
from bocore_inventory.rules import ReorderBy, ReorderRule, SupplyAsked
from bocore_inventory.settings import InventorySettings


@pytest.fixture(autouse=True)
def april(clock: Any) -> None:
    clock.set("2026-04-01T09:00Z")


def rule(bo: BackOffice, item: int, place: str = "STOCK", **more: Any) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        set_reorder(uow, uow.get(Item, item), locations(uow, [place])[place], **more)


def to_order(bo: BackOffice, **options: Any) -> list[tuple[str, Decimal, Decimal, Decimal]]:
    """Place, free, coming and what to order."""
    return [(row.place, row.free, row.coming, row.order) for row in bo.report("inventory.reorder", actor="ann", **options).rows]


def test_up_to_the_maximum_once_there_is_less_than_the_minimum(bo: BackOffice, nail: int) -> None:
    rule(bo, nail, minimum=Decimal(20), maximum=Decimal(100), multiple=Decimal(12), lead_days=3)
    make(bo, movement(nail, 25, date(2026, 3, 1), "in", cost=eur("25.00")))
    assert to_order(bo) == []
    assert to_order(bo, every=True) == [("STOCK", 25, 0, 0)]
    make(bo, movement(nail, -6, date(2026, 3, 2), "out"))
    assert to_order(bo) == [("STOCK", 19, 0, 84)]  # 81 in dozens
    assert bo.report("inventory.reorder", actor="ann").rows[0].due == date(2026, 4, 4)


def test_enough_for_the_days_of_cover_after_it_has_come(bo: BackOffice, nail: int) -> None:
    """90 in 30 days are 3 a day: below 3 × 5 + 10 it is ordered, so that with it 3 × (5 + 20) + 10 are there."""
    make(bo, movement(nail, 114, date(2026, 3, 1), "in", cost=eur("114.00")), movement(nail, -90, date(2026, 3, 15), "out"))
    rule(bo, nail, cover_days=20, lead_days=5, minimum=Decimal(10), demand_days=30)
    (row,) = bo.report("inventory.reorder", actor="ann").rows
    assert (row.a_day, row.wanted_from, row.order) == (3, 25, 61)
    make(bo, movement(nail, 1, date(2026, 4, 1), "back", returns="out"))  # 25 are there: 3 a day until the next come
    assert to_order(bo) == []


def test_each_place_by_what_is_in_it_and_within_it(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        add_location(uow, "SHELF", "Shelf", parent=locations(uow, ["STOCK"])["STOCK"], below_zero=BelowZero.ALLOW)
    make(bo, movement(nail, 8, date(2026, 3, 1), "in", cost=eur("8.00")), movement(nail, -1, date(2026, 3, 2), "out", location="SHELF"))
    rule(bo, nail, minimum=Decimal(10), maximum=Decimal(10))
    rule(bo, nail, "SHELF", minimum=Decimal(5), maximum=Decimal(6))
    assert to_order(bo) == [("SHELF", -1, 0, 7), ("STOCK", 7, 0, 3)]
    assert to_order(bo, place="SHELF") == [("SHELF", -1, 0, 7)]
    rule(bo, nail, "SHELF", minimum=Decimal(5), maximum=Decimal(6), active=False)
    assert [row[0] for row in to_order(bo, every=True)] == ["STOCK"]


def test_where_nobody_supplies_nothing_is_asked(bo: BackOffice, nail: int) -> None:
    rule(bo, nail, minimum=Decimal(20), maximum=Decimal(100))
    with bo.unit_of_work(actor="ann") as uow:
        assert reorder(uow) == []
        assert [finding.code for finding in uow.findings] == ["inventory.no_supply"]
        assert uow.select(SupplyAsked).count() == 0


class Supplier:
    """Somebody who sends half of what is asked for, and remembers."""

    def __init__(self) -> None:
        self.known: dict[str, Decimal] = {}

    @hookimpl
    def bo_catalog_supply(self, uow: UnitOfWork, requests: Sequence[SupplyRequest]) -> list[SupplyAnswer]:
        answers = []
        for one in requests:
            repeated = one.key in self.known
            quantity = self.known.setdefault(one.key, one.quantity / 2)
            answers.append(SupplyAnswer(key=one.key, quantity=quantity, due=one.due, by="purchase", reference="PO-1", repeated=repeated))
        return answers


@pytest.fixture
def supplied(tmp_path: Path, clock: Any) -> Iterator[tuple[BackOffice, Supplier]]:
    """A company with a supplier."""
    import types

    supplier = Supplier()
    module = types.ModuleType("supplier")
    module.plugin = Plugin(prefix="supplier")  # type: ignore[attr-defined]
    module.bo_catalog_supply = supplier.bo_catalog_supply  # type: ignore[attr-defined]
    with BackOffice(tmp_path / "s.db", plugins=["catalog", "inventory", module], clock=clock).init(company="Acme", currency="EUR") as bo:
        yield bo, supplier


def test_what_was_promised_is_coming_until_it_is_there(supplied: tuple[BackOffice, Supplier], clock: Any) -> None:
    bo, supplier = supplied
    with bo.unit_of_work(actor="ann") as uow:
        nail = uow.add(Item(code="NAIL", name="Nail", tax_class="standard")).id
    rule(bo, nail, minimum=Decimal(50), maximum=Decimal(100), lead_days=7)
    asked = bo.run("inventory.reorder", actor="ann")
    assert [(row["wanted"], row["promised"], row["by"]) for row in asked] == [("100", "50", "purchase")]
    assert to_order(bo, every=True) == [("STOCK", 0, 50, 0)]
    assert bo.run("inventory.reorder", actor="ann") == []  # asking again the same day, or the next
    with bo.unit_of_work(actor="ann") as uow:
        from bocore_inventory import stock

        stock(uow, [movement(nail, 30, date(2026, 4, 1), "came", cost=eur("30.00"))])
    assert to_order(bo, every=True) == [("STOCK", 30, 20, 0)]
    with bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(nail, -10, date(2026, 4, 1), "sold")])
    assert to_order(bo) == [("STOCK", 20, 20, 60)]
    bo.run("inventory.reorder", actor="ann")
    assert list(supplier.known) == ["inventory.reorder:1:1", "inventory.reorder:1:2"]
    clock.set("2026-06-01T09:00Z")  # long overdue: somebody else is asked
    assert to_order(bo) == [("STOCK", 20, 0, 80)]
    assert len(bo.run("inventory.reorder", actor=as_role(bo, "inventory.clerk"))) == 1


def test_each_night_what_is_to_be_ordered_is_asked_for_in_each_company(supplied: tuple[BackOffice, Supplier], clock: Any) -> None:
    bo, supplier = supplied
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="SOUTH", name="South", currency="EUR"))
        nail = uow.add(Item(code="NAIL", name="Nail", tax_class="standard")).id
    for company, maximum in (("ACME", 100), ("SOUTH", 60)):
        with bo.unit_of_work(actor="ann", company=company) as uow:
            set_reorder(uow, uow.get(Item, nail), locations(uow, ["STOCK"])["STOCK"], minimum=Decimal(20), maximum=Decimal(maximum))
    Worker(bo).run(burst=True)  # a schedule counts from when a worker first sees it
    assert supplier.known == {}
    clock.set("2026-04-02T03:30Z")
    Worker(bo).run(burst=True)
    assert sorted(supplier.known.values()) == [30, 50]
    clock.set("2026-04-03T03:30Z")
    Worker(bo).run(burst=True)
    assert len(supplier.known) == 2, "half of it is coming, which is above the minimum"
    assert {one.state for one in bo.jobs.all(name="inventory.reorder")} == {"done"}


def test_no_night_asks_where_the_setting_says_no(supplied: tuple[BackOffice, Supplier]) -> None:
    bo, supplier = supplied
    with bo.unit_of_work(actor="ann") as uow:
        nail = uow.add(Item(code="NAIL", name="Nail", tax_class="standard")).id
        write_setting(uow, InventorySettings, "reorder_by_itself", False)
    rule(bo, nail, minimum=Decimal(20), maximum=Decimal(100))
    assert (run_job(bo, nightly, company="ACME"), supplier.known) == (0, {})


def test_no_night_asks_where_nobody_supplies(bo: BackOffice, nail: int) -> None:
    rule(bo, nail, minimum=Decimal(20), maximum=Decimal(100))
    assert run_job(bo, nightly, company="ACME") == 0
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(SupplyAsked).count() == 0


def test_what_comes_in_belongs_to_what_was_asked_for_first() -> None:
    first, second = date(2026, 1, 1), date(2026, 1, 10)
    asked = [(first, Decimal(10)), (second, Decimal(5))]
    assert outstanding(asked, []) == 15
    assert outstanding(asked, [(date(2026, 1, 5), Decimal(12))]) == 5  # two more than was asked for by then
    assert outstanding(asked, [(date(2026, 1, 12), Decimal(12))]) == 3
    assert outstanding([], [(first, Decimal(1))]) == 0


def test_what_is_taken_back_by_more_than_was_sold_is_no_demand() -> None:
    kept = ReorderRule(item_id=1, location_id=1, by=ReorderBy.COVER, cover_days=10, lead_days=5, minimum=Decimal(4), multiple=Decimal(0))
    assert wanted(kept, Decimal(3), Decimal(-9)) == (4, 1)
    assert wanted(kept, Decimal("3.5"), Decimal(1)) == (Decimal("4.055556"), Decimal("0.666667"))


def test_rules_that_make_no_sense(bo: BackOffice, nail: int) -> None:
    for given, words in (
        ({}, "is not clear"),
        ({"maximum": Decimal(1), "cover_days": 3}, "is not clear"),
        ({"minimum": Decimal(5), "maximum": Decimal(4)}, "below the minimum"),
        ({"maximum": Decimal(4), "lead_days": -1}, "lead_days can't be -1"),
        ({"cover_days": 4, "demand_days": 0}, "demand_days can't be 0"),
    ):
        with pytest.raises(Refused, match=words):
            rule(bo, nail, **given)
    with pytest.raises(Refused, match="not ordered for CUSTOMERS"):
        rule(bo, nail, "CUSTOMERS", maximum=Decimal(4))
