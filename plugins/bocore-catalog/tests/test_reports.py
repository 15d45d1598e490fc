"""What the reports of the catalogue say, after its part of the demo."""

from datetime import date, timedelta

import pytest

from bocore import Refused, UnitPrice
from bocore_catalog import Item, PriceList, add_customer_group, add_item
from bocore_catalog.demo import play
from bocore_catalog.pricing import set_price


@pytest.fixture
def shop(bo):
    """On 15 January 2026, which begins the week of coffee."""
    heard = []
    play(bo, heard.append)
    assert heard == ["8 items are in the catalogue, with a price list for everybody, one for cafés and a promotion."]
    return bo


def report(bo, name, **options):
    return bo.report(name, actor="ann", options=options).as_objects()


def test_the_items_are_listed_with_their_packs_and_barcodes(shop):
    rows = {row["code"]: row for row in report(shop, "items")}
    assert rows["BEAN"]["packs"] == "BAG=1/4, SACK=60"
    assert rows["BEAN"]["barcodes"] == "04006381333931"
    assert (rows["MUG-RED"]["variant_of"], rows["MUG-RED"]["options"]) == ("MUG", "colour=red")
    assert [row["code"] for row in report(shop, "items", category="WARE")] == ["GIFTBOX", "MACHINE", "MUG", "MUG-BLUE", "MUG-RED"]
    assert [row["code"] for row in report(shop, "items", kind="gift_card")] == ["CARD-25"]
    assert [(row["item"], row["quantity"], row["unit"]) for row in report(shop, "parts", kit="GIFTBOX")] == [
        ("BEAN", "1", "BAG"),
        ("MUG-BLUE", "1", "C62"),
        ("MUG-RED", "1", "C62"),
    ]


def test_retired_items_are_listed_on_demand(shop):
    with shop.unit_of_work(actor="ann") as uow:
        uow.move(uow.find(Item, code="MACHINE"), "retire")
    assert "MACHINE" not in [row["code"] for row in report(shop, "items")]
    assert "MACHINE" in [row["code"] for row in report(shop, "items", retired=True)]


def test_a_price_is_explained_by_all_that_would_do_the_most_specific_first(shop):
    rows = report(shop, "catalog.price", item="BEAN", unit="BAG", quantity=2)
    assert [(row["rank"], row["price_list"], row["price"], row["unit"], row["amount"]) for row in rows] == [
        (1, "COFFEE-WEEK", "5.95", "BAG", "11.90"),
        (2, "RETAIL", "6.45", "BAG", "12.90"),
        (3, "RETAIL", "23.9", "KGM", "11.95"),
    ]
    later = report(shop, "catalog.price", item="BEAN", unit="BAG", quantity=2, on=date(2026, 1, 22))
    assert later[0]["why"] == "price of the item on RETAIL (for everybody)"
    (first, *_) = report(shop, "catalog.price", item="MUG-RED", quantity=30, customer="CORNER-CAFE")
    assert (first["price"], first["amount"]) == ("5.2", "156.00")
    assert first["why"] == "price of its category on TRADE (for the customer's group), from 24 C62 on"
    assert report(shop, "catalog.price", item="BEAN", quantity=120, customer="CORNER-CAFE")[0]["amount"] == "1710.00"


def test_an_item_without_a_price_says_so(shop):
    with shop.unit_of_work(actor="ann") as uow:
        add_item(uow, "NEW", "Something new")
    with pytest.raises(Refused, match="has no price in EUR on 2026-01-15"):
        report(shop, "catalog.price", item="NEW")


def test_a_price_list_is_shown_as_of_a_day(shop, clock):
    def retail(**options):
        return [
            (row["item"], row["unit"], row["price"]) for row in report(shop, "price-list", of="RETAIL", **options) if row["item"] == "BEAN"
        ]

    with shop.unit_of_work(actor="ann") as uow:
        bean, lists = uow.find(Item, code="BEAN"), uow.select(PriceList, code="RETAIL").one()
        set_price(uow, lists, bean, UnitPrice("25", "EUR"), since=date(2026, 2, 1))
    assert retail() == [("BEAN", "BAG", "6.45"), ("BEAN", "KGM", "23.9")]
    assert retail(as_of=date(2026, 2, 1)) == [("BEAN", "BAG", "6.45"), ("BEAN", "KGM", "25")]
    assert len(retail(every=True)) == 3
    assert {row["price_list"] for row in report(shop, "price-list")} == {"RETAIL", "TRADE", "COFFEE-WEEK"}
    assert {row["price_list"] for row in report(shop, "price-list", as_of=date(2026, 1, 15) + timedelta(days=7))} == {"RETAIL", "TRADE"}
    (mugs,) = [row for row in report(shop, "price-list", of="TRADE") if row["category"]]
    assert (mugs["category"], mugs["from_quantity"]) == ("MUGS", "24")


def test_lists_and_groups_are_listed(shop):
    with shop.unit_of_work(actor="ann") as uow:
        add_customer_group(uow, "STAFF", "Staff")
    assert [(row["code"], row["group"], row["days"], row["prices"]) for row in report(shop, "price-lists")] == [
        ("COFFEE-WEEK", "", "2026-01-15 to 2026-01-21", 1),
        ("RETAIL", "", "always", 8),
        ("TRADE", "CAFES", "always", 3),
    ]
    groups = report(shop, "customer-groups")
    assert [(row["code"], row["customers"], row["price_lists"]) for row in groups] == [("CAFES", 1, "TRADE"), ("STAFF", 0, "")]


def test_what_a_till_could_not_sell_is_counted(shop):
    assert report(shop, "catalogue") == [{"active": 8, "without_price": 0, "without_barcode": 1}]
    with shop.unit_of_work(actor="ann") as uow:
        add_item(uow, "NEW", "Something new")
    assert report(shop, "catalogue") == [{"active": 9, "without_price": 1, "without_barcode": 2}]
