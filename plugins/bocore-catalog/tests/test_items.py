"""The life of items, their variants and categories."""

import pytest

from bocore import Refused, UnitPrice
from bocore_catalog import (
    Category,
    Item,
    ItemKind,
    ItemUnit,
    Tracking,
    add_category,
    add_gtin,
    add_item,
    add_price_list,
    set_price,
    set_unit,
    to_base,
)
from bocore_catalog.items import change_item, move_category, reactivate_item, retire_item
from bocore_catalog.packaging import drop_unit, set_part


def codes(findings):
    """Of findings, which must all say where and what to do."""
    assert all(each.where and each.fix for each in findings)
    return [each.code for each in findings]


def test_a_variant_is_an_item_of_its_own_and_takes_what_it_is_not_given_from_its_model(bo):
    with bo.unit_of_work(actor="ann") as uow:
        shirts = add_category(uow, "SHIRTS", "Shirts", under=add_category(uow, "CLOTHES", "Clothes"))
        shirt = add_item(uow, "SHIRT", "Shirt", category=shirts, tax_class="standard")
        large = add_item(uow, "SHIRT-L", "Shirt, large", variant_of=shirt, options={"size": "L"})
    assert (large.category_id, large.tax_class, large.variant_of_id) == (shirts.id, "standard", shirt.id)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"options": {}}, "catalog.options"),
        ({"options": {"size": "M"}}, "catalog.options"),
        ({"options": {"size": "L"}, "unit": "KGM"}, "catalog.variant"),
        ({"options": {"size": "L"}, "kind": ItemKind.SERVICE}, "catalog.variant"),
    ],
)
def test_a_variant_differs_from_its_siblings_by_its_options_alone(bo, refused, wrong, code):
    def another(uow):
        shirt = add_item(uow, "SHIRT", "Shirt")
        add_item(uow, "SHIRT-M", "Shirt, medium", variant_of=shirt, options={"size": "M"})
        add_item(uow, "SHIRT-L", "Shirt, large", variant_of=shirt, **wrong)

    assert code in codes(refused(another))


def test_a_variant_has_no_variants(refused):
    def chain(uow):
        shirt = add_item(uow, "A", "Shirt")
        large = add_item(uow, "B", "Large", variant_of=shirt, options={"size": "L"})
        add_item(uow, "C", "Large and red", variant_of=large, options={"colour": "red"})

    assert set(codes(refused(chain))) == {"catalog.variant"}


def test_the_unit_and_the_kind_of_an_item_never_change(bo, refused):
    with bo.unit_of_work(actor="ann") as uow:
        item = add_item(uow, "A", "Apple").id

    def change(uow):
        apple = uow.get(Item, item)
        apple.unit, apple.kind = "KGM", ItemKind.SERVICE

    assert codes(refused(change)) == ["catalog.fixed", "catalog.fixed"]


def test_a_unit_that_nobody_knows_is_refused_and_another_one_offered(refused):
    (finding,) = refused(lambda uow: add_item(uow, "A", "Apple", unit="KG"))
    assert (finding.code, finding.field) == ("catalog.no_unit", "unit")
    assert "KGM" in finding.fix


def test_services_and_kits_have_no_serial_numbers(refused):
    assert codes(refused(lambda uow: add_item(uow, "A", "Advice", kind=ItemKind.SERVICE, tracking=Tracking.SERIAL))) == ["catalog.tracking"]


def test_an_item_is_changed_retired_and_comes_back(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "A", "Aple")
        change_item(uow, apple, name="Apple", tax_class="reduced", category=add_category(uow, "FRUIT", "Fruit"), tracking=Tracking.LOT)
        retire_item(uow, apple)
        assert apple.state == "retired"
        reactivate_item(uow, apple)
    assert (apple.name, apple.tax_class, apple.tracking, apple.state) == ("Apple", "reduced", Tracking.LOT, "active")


def test_an_item_is_not_retired_while_a_kit_or_a_variant_needs_it(refused):
    def retire(uow):
        apple = add_item(uow, "A", "Apple")
        add_item(uow, "A1", "Red apple", variant_of=apple, options={"colour": "red"})
        set_part(uow, add_item(uow, "BASKET", "Basket", kind=ItemKind.KIT), apple, 3)
        retire_item(uow, apple)

    assert codes(refused(retire)) == ["catalog.in_kit", "catalog.has_variants"]


def test_a_category_never_stands_under_itself(bo, refused):
    with bo.unit_of_work(actor="ann") as uow:
        top = add_category(uow, "TOP", "Top")
        middle = add_category(uow, "MIDDLE", "Middle", under=top)
        low = add_category(uow, "LOW", "Low", under=middle)

    def turn(uow):
        move_category(uow, uow.get(Category, top.id), under=uow.get(Category, low.id))

    (finding,) = refused(turn)
    assert finding.code == "catalog.circle"
    assert "TOP > MIDDLE > LOW > TOP" in finding.message
    with bo.unit_of_work(actor="ann") as uow:
        move_category(uow, uow.get(Category, low.id), under=uow.get(Category, top.id))
        move_category(uow, uow.get(Category, middle.id))
        assert uow.get(Category, middle.id).parent_id is None


def test_two_categories_that_each_go_under_the_other_are_refused_together(bo, refused):
    with bo.unit_of_work(actor="ann") as uow:
        one, two = add_category(uow, "ONE", "One"), add_category(uow, "TWO", "Two")

    def swap(uow):
        first, second = uow.get(Category, one.id), uow.get(Category, two.id)
        first.parent_id, second.parent_id = second.id, first.id

    assert codes(refused(swap)) == ["catalog.circle", "catalog.circle"]


def test_units_are_set_changed_and_dropped(bo):
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "A", "Apple")
        set_unit(uow, apple, "BOX", 12)
        box = set_unit(uow, apple, "BOX", 10, per=4)
        assert (box.numerator, box.denominator) == (5, 2)
        assert [str(each) for each in to_base(uow, [apple], [2], ["BOX"])] == ["5"]
        drop_unit(uow, apple, "BOX")
        assert uow.select(ItemUnit).all() == []
        with pytest.raises(Refused, match="does not come in BOX"):
            drop_unit(uow, apple, "BOX")


def test_a_unit_is_not_dropped_while_something_rests_on_it(bo, refused):
    """A box that is scanned was of nothing, and its price gone without a word."""
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "A", "Apple")
        set_unit(uow, apple, "BOX", 12)
        set_unit(uow, apple, "PAL", 480)
        add_gtin(uow, apple, "96385074", unit="BOX")
        red = add_item(uow, "A1", "Red apple", variant_of=apple, options={"colour": "red"})
        set_price(uow, add_price_list(uow, "ALL", "All", currency="EUR"), red, UnitPrice("5", "EUR"), unit="BOX")
        set_part(uow, add_item(uow, "BASKET", "Basket", kind=ItemKind.KIT), apple, 1, unit="BOX")
    found = refused(lambda uow: drop_unit(uow, uow.find(Item, code="A"), "BOX"))
    assert {finding.code for finding in found} == {"catalog.unit_in_use"}
    assert [finding.message for finding in found] == [
        "A comes in BOX by the barcode 00000096385074 of A.", "A comes in BOX by the price 5 EUR of A1.",
        "A comes in BOX by a part of a kit of A.",
    ]  # fmt: skip
    with bo.unit_of_work(actor="ann") as uow:
        drop_unit(uow, uow.find(Item, code="A"), "PAL")


@pytest.mark.parametrize(("unit", "factor"), [("C62", 2), ("DZN", 10), ("two words", 2), ("BOX", 0), ("BOX", -1)])
def test_a_unit_that_can_not_be_is_refused(refused, unit, factor):
    assert codes(refused(lambda uow: set_unit(uow, add_item(uow, "A", "Apple"), unit, factor))) == ["catalog.item_unit"]


def test_a_dozen_may_be_said_to_be_twelve(bo):
    with bo.unit_of_work(actor="ann") as uow:
        set_unit(uow, add_item(uow, "A", "Apple"), "DZN", 12)
