"""Quantities are converted to the unit of their item, exactly or not at all."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import UNITS, Refused, Units, UsageError
from bocore_catalog import Item, add_item, set_unit, to_base
from bocore_catalog.conversion import UnitTable, decimal_of, in_base


def test_boxes_kilograms_and_the_items_own_unit_are_converted_in_one_go(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple, flour = add_item(uow, "APPLE", "Apple"), add_item(uow, "FLOUR", "Flour", unit="KGM")
        set_unit(uow, apple, "BOX", Decimal(96))
        set_unit(uow, apple, "KGM", Decimal(5))
        made = to_base(uow, [apple, flour.id, apple, apple, flour], [2, Decimal("0.5"), 3, 1, 250], ["BOX", None, "DZN", "GRM", "GRM"])
    assert made == [Decimal(192), Decimal("0.5"), Decimal(36), Decimal("0.005"), Decimal("0.25")]


def test_a_variant_comes_in_the_units_of_its_model_and_in_its_own(bo):
    with bo.unit_of_work(actor="ann") as uow:
        shirt = add_item(uow, "SHIRT", "Shirt")
        small, large = (add_item(uow, f"SHIRT-{size}", size, variant_of=shirt, options={"size": size}) for size in "SL")
        set_unit(uow, shirt, "BOX", Decimal(20))
        set_unit(uow, large, "BOX", Decimal(15))
        assert to_base(uow, [shirt, small, large], [1, 1, 1], ["BOX"] * 3) == [20, 20, 15]


def test_what_does_not_convert_is_named_with_its_place_all_at_once(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "APPLE", "Apple", unit="DZN")
        with pytest.raises(Refused) as refused:
            to_base(uow, [apple, apple, apple], [1, 1, 12], ["LTR", "C62", "C62"])
    assert [(each.code, each.at) for each in refused.value.findings] == [("catalog.unit", "APPLE (1)"), ("catalog.inexact", "APPLE (2)")]
    assert "set-unit APPLE LTR" in refused.value.findings[0].fix
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(Refused, match="There is no item 999"):
        to_base(uow, [999], [1], [None])


@pytest.mark.parametrize("quantity", [0.1, Decimal("NaN"), Decimal("Infinity"), "1"])
@pytest.mark.parametrize("unit", [None, "DZN"])
def test_what_is_no_exact_quantity_is_refused(bo, quantity, unit):
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(UsageError, match="no exact quantity"):
        to_base(uow, [add_item(uow, "APPLE", "Apple")], [quantity], [unit])


ITEM = Item(code="A", name="Apple", unit="C62")


@given(st.decimals(-(10**9), 10**9, places=6), st.fractions(Fraction(1, 10**6), 10**6, max_denominator=10**6).filter(bool))
def test_there_and_back_again_is_exactly_the_same(quantity, factor):
    table = UnitTable("C62", {"BOX": factor}, Units())
    there = in_base(table, ITEM, quantity, "BOX")
    assert there == Fraction(quantity) * factor
    assert there / (table.factor("BOX") or 0) == Fraction(quantity)
    try:
        assert Fraction(decimal_of(there, ITEM, "BOX", quantity)) == there
    except Refused:
        with pytest.raises(ArithmeticError):
            ends(there)
    else:
        ends(there)


def ends(value: Fraction) -> None:
    """An ArithmeticError where the fraction has no end as a decimal number: found in another way, by dividing."""
    rest = value.numerator % value.denominator
    for _ in range(200):
        rest = rest * 10 % value.denominator
    if rest:
        raise ArithmeticError


@given(st.sampled_from([unit for unit in UNITS.values() if unit.dimension == "mass"]), st.sampled_from(["KGM", "GRM", "LBR"]))
def test_core_units_convert_by_way_of_a_unit_of_the_item_as_they_do_by_themselves(unit, weighed):
    table = UnitTable("C62", {weighed: Fraction(3, 7)}, Units())
    assert table.factor(unit.code) == Fraction(3, 7) * unit.factor / UNITS[weighed].factor
