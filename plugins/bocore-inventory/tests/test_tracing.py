"""Both ways: what a lot was made of and who got it, as a recall wants to know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from store import DAY, item, receive
from trade import eur, movement

from bocore import BackOffice, NotFound, Party, Source, UsageError
from bocore_catalog import StockMovement, Tracking
from bocore_inventory import Lot, Move, correct, stock


def traced(bo: BackOffice, lot: str, **options: Any) -> list[tuple[int, str, str, str, int, str, str]]:
    rows = bo.report("inventory.lot-trace", actor="ann", lot=lot, **options).rows
    return [(row.depth, str(row.direction), row.item, row.lot, int(row.quantity), row.place, row.party) for row in rows]


def enter(bo: BackOffice, one: StockMovement) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        stock(uow, [one])


@pytest.fixture
def bakery(bo: BackOffice, nail: int) -> dict[str, int]:
    """Flour F1 and F2 become dough D1, and nails go in; dough D1 becomes bread B1 and B2, which customers get."""
    goods = {name: item(bo, name, Tracking.LOT) for name in ("FLOUR", "DOUGH", "BREAD")}
    with bo.unit_of_work(actor="ann") as uow:
        mill = uow.add(Party(name="Mill", kind="organisation")).id
        cafe = uow.add(Party(name="Café Ève", kind="organisation")).id
    receive(bo, goods["FLOUR"], 10, "f1", lot="F1", party=mill)
    receive(bo, goods["FLOUR"], 10, "f2", lot="F2")
    receive(bo, nail, 10, "n")

    def step(number: int, *moves: tuple[str, int, str | None]) -> None:
        source = Source(name="bakery.order", id=number)
        for count, (name, quantity, lot) in enumerate(moves):
            what = goods.get(name, nail)
            cost = eur("5.00") if quantity > 0 else None
            more: dict[str, Any] = {"lot": lot, "source": source, "counter_purpose": "wip", "cost": cost}
            enter(bo, movement(what, quantity, DAY, f"o{number}.{count}", **more))

    step(1, ("FLOUR", -4, "F1"), ("FLOUR", -4, "F2"), ("NAIL", -1, None), ("DOUGH", 8, "D1"))
    step(2, ("DOUGH", -8, "D1"), ("BREAD", 5, "B1"), ("BREAD", 3, "B2"))
    step(3, ("FLOUR", -1, "F2"), ("DOUGH", 1, "D9"))
    enter(bo, movement(goods["BREAD"], -4, DAY, "s1", lot="B1", party=cafe))
    enter(bo, movement(goods["BREAD"], -3, DAY, "s2", lot="B2"))
    return goods


def test_what_a_loaf_was_made_of(bo: BackOffice, bakery: dict[str, int]) -> None:
    assert traced(bo, "B1", direction="from") == [
        (0, "from", "BREAD", "B1", 5, "PRODUCTION", ""),
        (1, "from", "DOUGH", "D1", 8, "PRODUCTION", ""),
        (2, "from", "NAIL", "", 1, "PRODUCTION", ""),
        (2, "from", "FLOUR", "F1", 10, "SUPPLIERS", "Mill"),
        (2, "from", "FLOUR", "F2", 10, "SUPPLIERS", ""),
    ]


def test_who_has_what_was_made_of_bad_flour_and_what_is_still_here(bo: BackOffice, bakery: dict[str, int]) -> None:
    assert traced(bo, "F1", direction="to") == [
        (0, "to", "FLOUR", "F1", 4, "PRODUCTION", ""),
        (1, "to", "DOUGH", "D1", 8, "PRODUCTION", ""),
        (2, "to", "BREAD", "B1", 4, "CUSTOMERS", "Café Ève"),
        (2, "to", "BREAD", "B2", 3, "CUSTOMERS", ""),
    ]
    here = [row for row in traced(bo, "F1") if row[1] == "here"]
    assert here == [(0, "here", "FLOUR", "F1", 6, "STOCK", ""), (0, "here", "BREAD", "B1", 1, "STOCK", "")]


def test_what_was_set_right_counts_as_it_stands_now(bo: BackOffice, bakery: dict[str, int]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.select(Move, key="s1").one(), Decimal(3))
        correct(uow, uow.select(Move, key="s2").one(), Decimal(0))
    assert [row[3:6] for row in traced(bo, "D1", direction="to")][1:] == [("B1", 3, "CUSTOMERS")]


def test_a_lot_that_there_never_was(bo: BackOffice, bakery: dict[str, int]) -> None:
    with pytest.raises(NotFound, match="B9"):
        traced(bo, "B9")


def test_a_lot_of_a_number_that_several_items_have_is_named_by_its_id(bo: BackOffice, bakery: dict[str, int]) -> None:
    receive(bo, bakery["BREAD"], 1, "b", lot="F1")
    with pytest.raises(UsageError, match=r"More than one Lot has the code 'F1'\. Give its id"):
        traced(bo, "F1")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        bread = uow.select(Lot, code="F1", item_id=bakery["BREAD"]).one().id
    assert [row[2:5] for row in traced(bo, str(bread), direction="from")] == [("BREAD", "F1", 1)]
