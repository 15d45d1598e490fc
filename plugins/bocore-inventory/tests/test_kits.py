"""A kit is sold as one, and its parts leave: each with its cost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from store import DAY, item, promise, receive, there
from trade import balance, eur, make, movement

from bocore import BackOffice, Refused
from bocore_catalog import Item, ItemKind, KitPart, Tracking


@pytest.fixture
def hamper(bo: BackOffice, nail: int) -> tuple[int, int, int]:
    """A hamper: two bottles of milk, kept by lots, one phone with its number, and half a nail."""
    milk, phone = item(bo, "MILK", Tracking.LOT), item(bo, "PHONE", Tracking.SERIAL)
    with bo.unit_of_work(actor="ann") as uow:
        kit = uow.add(Item(code="HAMPER", name="Hamper", kind=ItemKind.KIT, tax_class="standard"))
        for part, quantity in ((milk, "2"), (phone, "1"), (nail, "0.5")):
            uow.add(KitPart(kit_id=kit.id, item_id=part, quantity=Decimal(quantity)))
    receive(bo, milk, 3, "m1", lot="L1")
    receive(bo, milk, 3, "m2", lot="L2")
    receive(bo, phone, 2, "p", serials=("S1", "S2"))
    receive(bo, nail, 10, "n")
    return kit.id, milk, phone


def test_a_kit_that_is_sold_moves_its_parts_and_costs_what_they_do(bo: BackOffice, nail: int, hamper: tuple[int, int, int]) -> None:
    kit, milk, phone = hamper
    (sold,) = make(bo, movement(kit, -2, DAY, "s", serials=("S1", "S2")))
    assert (sold.cost, len(sold.moves)) == (eur("-7.00"), 5)  # four of milk in two lots, two phones, one nail
    assert there(bo, milk) == {("STOCK", "L2"): (2, 0)}
    assert there(bo, phone) == {}
    assert there(bo, nail) == {("STOCK", ""): (9, 0)}
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "cogs") == eur("7.00")
    (again,) = make(bo, movement(kit, -2, DAY, "s", serials=("S1", "S2")))
    assert (again.repeated, again.cost, sorted(again.moves)) == (True, sold.cost, sorted(sold.moves))


def test_a_kit_comes_back_with_its_parts(bo: BackOffice, nail: int, hamper: tuple[int, int, int]) -> None:
    kit, milk, phone = hamper
    make(bo, movement(kit, -2, DAY, "s", serials=("S1", "S2")))
    (back,) = make(bo, movement(kit, 1, DAY, "b", returns="s", serials=("S2",)))
    assert back.cost == eur("3.50")
    assert there(bo, milk) == {("STOCK", "L1"): (2, 0), ("STOCK", "L2"): (2, 0)}
    assert (list(there(bo, phone)), there(bo, nail)) == ([("STOCK", "S2")], {("STOCK", ""): (Decimal("9.5"), 0)})


def test_a_kit_of_which_one_part_is_missing_is_not_sold(bo: BackOffice, nail: int, hamper: tuple[int, int, int]) -> None:
    kit, milk, _ = hamper
    make(bo, movement(milk, -5, DAY, "s"))
    with pytest.raises(Refused, match="There are 1 of MILK"):
        make(bo, movement(kit, -1, DAY, "k", serials=("S1",)))
    assert there(bo, nail) == {("STOCK", ""): (10, 0)}


def test_what_a_kit_has_not_is_refused(bo: BackOffice, nail: int, hamper: tuple[int, int, int]) -> None:
    kit, _, _ = hamper
    with pytest.raises(Refused) as refused:
        make(bo, movement(kit, 1, DAY, "k", cost=eur("9.00"), lot="L1", serials=("S9",)))
    assert [finding.code for finding in refused.value.findings] == ["inventory.kit", "inventory.kit"]
    with pytest.raises(Refused, match="kept by serial: which one"):
        make(bo, movement(kit, -1, DAY, "k"))
    with pytest.raises(Refused, match="HAMPER is a kit: no stock is kept of it"):
        promise(bo, kit, 1, "order:1")
    with bo.unit_of_work(actor="ann") as uow:
        empty = uow.add(Item(code="EMPTY", name="Empty", kind=ItemKind.KIT, tax_class="standard")).id
    with pytest.raises(Refused, match="EMPTY has no parts"):
        make(bo, movement(empty, -1, DAY, "k"))


def test_a_kit_that_is_said_again_moves_what_it_was_made_of_then(bo: BackOffice, nail: int) -> None:
    """A till that was offline says its sale again after the kit was filled otherwise: it is the same sale."""
    screw, washer = item(bo, "SCREW"), item(bo, "WASHER")
    with bo.unit_of_work(actor="ann") as uow:
        box = uow.add(Item(code="BOX", name="Box", kind=ItemKind.KIT, tax_class="standard"))
        held = uow.add(KitPart(kit_id=box.id, item_id=nail, quantity=Decimal(3)))
        uow.add(KitPart(kit_id=box.id, item_id=screw, quantity=Decimal(2)))
    for part in (nail, screw, washer):
        receive(bo, part, 20, f"r{part}")
    sold = movement(box.id, -2, DAY, "s")
    (first,) = make(bo, sold)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(KitPart(kit_id=box.id, item_id=washer, quantity=Decimal(1)))
        uow.get(KitPart, held.id).quantity = Decimal(4)
    (again,) = make(bo, sold)
    assert (again.repeated, again.cost, sorted(again.moves)) == (True, first.cost, sorted(first.moves))
    assert [there(bo, part)["STOCK", ""][0] for part in (nail, screw, washer)] == [14, 16, 20]
    with pytest.raises(Refused, match="was made before, and was another"):
        make(bo, movement(box.id, 2, DAY, "s"))
