"""Quantities are converted to the unit of their item, exactly or not at all."""

from decimal import Decimal

import pytest

from bocore import Refused
from bocore_catalog import ItemUnit, add_item, to_base


def test_boxes_kilograms_and_the_items_own_unit_are_converted_in_one_go(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple, flour = add_item(uow, "APPLE", "Apple"), add_item(uow, "FLOUR", "Flour", unit="KGM")
        uow.add(ItemUnit(item_id=apple.id, unit="BOX", numerator=96))
        uow.add(ItemUnit(item_id=apple.id, unit="KGM", numerator=5))
        made = to_base(uow, [apple, flour.id, apple, apple, flour], [2, Decimal("0.5"), 3, 1, 250], ["BOX", None, "DZN", "GRM", "GRM"])
    assert made == [Decimal(192), Decimal("0.5"), Decimal(36), Decimal("0.005"), Decimal("0.25")]


def test_what_does_not_convert_is_named_with_its_place_all_at_once(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "APPLE", "Apple", unit="DZN")
        with pytest.raises(Refused) as refused:
            to_base(uow, [apple, apple, apple], [1, 1, 12], ["LTR", "C62", "C62"])
    assert [(each.code, each.at) for each in refused.value.findings] == [("catalog.unit", "APPLE (1)"), ("catalog.inexact", "APPLE (2)")]
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(Refused, match="There is no item 999"):
        to_base(uow, [999], [1], [None])
