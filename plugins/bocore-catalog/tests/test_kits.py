"""Kits and what is in them."""

from decimal import Decimal

import pytest

from bocore import Refused
from bocore_catalog import ItemKind, KitPart, add_item, explode, set_part, set_unit
from bocore_catalog.packaging import drop_part


def kit(uow, code, *parts):
    made = add_item(uow, code, code.title(), kind=ItemKind.KIT)
    for item, quantity, *unit in parts:
        set_part(uow, made, item, Decimal(quantity), unit=unit[0] if unit else "")
    return made


def test_kits_within_kits_come_apart_into_each_item_once_in_its_own_unit(bo):
    with bo.unit_of_work(actor="ann") as uow:
        screw, board, glue = add_item(uow, "SCREW", "Screw"), add_item(uow, "BOARD", "Board"), add_item(uow, "GLUE", "Glue", unit="KGM")
        set_unit(uow, screw, "BOX", 100)
        shelf = kit(uow, "SHELF", (board, "2"), (screw, "8"), (glue, "50", "GRM"))
        wall = kit(uow, "WALL", (shelf, "3"), (screw, "1", "BOX"))
        parts = explode(uow, [wall, screw, shelf.id], [2, Decimal("5"), Decimal("0.5")])
    assert [{part.item: part.quantity for part in each} for each in parts] == [
        {board.id: 12, screw.id: 248, glue.id: Decimal("0.3")},
        {screw.id: 5},
        {board.id: 1, screw.id: 4, glue.id: Decimal("0.025")},
    ]


def test_a_kit_never_contains_itself(bo, refused):
    def directly(uow):
        made = kit(uow, "A")
        set_part(uow, made, made, 1)

    def by_way_of_another(uow):
        first, second = kit(uow, "A"), kit(uow, "B")
        third = kit(uow, "C", (first, "1"))
        set_part(uow, second, third, 1)
        set_part(uow, first, second, 1)

    assert [each.code for each in refused(directly)] == ["catalog.circle"]
    findings = refused(by_way_of_another)
    assert {each.code for each in findings} == {"catalog.circle"}
    assert any("A > B > C > A" in each.message for each in findings)


def test_only_kits_have_parts_and_in_units_that_convert(refused):
    def wrong(uow):
        apple, pear = add_item(uow, "A", "Apple"), add_item(uow, "P", "Pear")
        set_part(uow, apple, pear, 1)
        kit(uow, "K", (apple, "1", "LTR"))

    assert [each.code for each in refused(wrong)] == ["catalog.no_kit", "catalog.unit"]


def test_an_empty_kit_does_not_come_apart(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "A", "Apple")
        made = kit(uow, "K", (apple, "1"))
        set_part(uow, made, apple, Decimal(4))
        assert [part.quantity for part in uow.select(KitPart)] == [4]
        drop_part(uow, made, apple)
        with pytest.raises(Refused, match="has no parts"):
            explode(uow, [made], [1])
        with pytest.raises(Refused, match="is not in the kit"):
            drop_part(uow, made, apple)
