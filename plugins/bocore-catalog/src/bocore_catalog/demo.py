"""The catalogue's part of ``bo demo``: what a small wholesaler sells."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from bocore import BackOffice, Party, UnitOfWork, UnitPrice
from bocore_catalog.items import add_category, add_item
from bocore_catalog.model import Category, Item, ItemKind, Tracking
from bocore_catalog.packaging import add_gtin, set_part, set_unit
from bocore_catalog.pricing import add_customer_group, add_price_list, put_in_group, set_category_price, set_price


def play(bo: BackOffice, say: Callable[[str], None]) -> None:
    """Coffee by weight, mugs in two colours, a gift box, a service and a gift card, with prices for everybody and for cafés."""
    with bo.unit_of_work(actor="demo", reason="The catalogue") as uow:
        items = _items(uow)
        _prices(uow, items)
    say(f"{len(items)} items are in the catalogue, with a price list for everybody, one for cafés and a promotion.")


def _items(uow: UnitOfWork) -> dict[str, Item]:
    drinks = add_category(uow, "DRINKS", "Drinks")
    coffee, ware = add_category(uow, "COFFEE", "Coffee", under=drinks), add_category(uow, "WARE", "Tableware")
    mugs = add_category(uow, "MUGS", "Mugs", under=ware)
    bean = add_item(uow, "BEAN", "Coffee beans", unit="KGM", category=coffee, tax_class="reduced", tracking=Tracking.LOT)
    set_unit(uow, bean, "BAG", Decimal("0.25"))
    set_unit(uow, bean, "SACK", Decimal(60))
    add_gtin(uow, bean, "4006381333931", unit="BAG")
    mug = add_item(uow, "MUG", "Mug", category=mugs)
    set_unit(uow, mug, "BOX", Decimal(12))
    red, blue = (add_item(uow, f"MUG-{c.upper()}", f"Mug, {c}", variant_of=mug, options={"colour": c}) for c in ("red", "blue"))
    add_gtin(uow, red, "96385074")
    add_gtin(uow, blue, "012345678905")
    machine = add_item(uow, "MACHINE", "Espresso machine", category=ware, tracking=Tracking.SERIAL)
    service = add_item(uow, "SERVICE", "Service of machines", kind=ItemKind.SERVICE, unit="HUR")
    card = add_item(uow, "CARD-25", "Gift card of 25", kind=ItemKind.GIFT_CARD, tax_class="none")
    box = add_item(uow, "GIFTBOX", "Gift box: two mugs and a bag of coffee", kind=ItemKind.KIT, category=ware)
    for part, quantity, unit in ((red, 1, ""), (blue, 1, ""), (bean, 1, "BAG")):
        set_part(uow, box, part, Decimal(quantity), unit=unit)
    return {item.code: item for item in (bean, mug, red, blue, machine, service, card, box)}


def _prices(uow: UnitOfWork, items: dict[str, Item]) -> None:
    currency, day = uow.company.currency, uow.today()
    cafes = add_customer_group(uow, "CAFES", "Cafés")
    put_in_group(uow, uow.add(Party(name="Corner Café", code="CORNER-CAFE")), group=cafes)
    everybody = add_price_list(uow, "RETAIL", "For everybody", tax_included=True)
    trade = add_price_list(uow, "TRADE", "For cafés", group=cafes)
    week = add_price_list(uow, "COFFEE-WEEK", "The week of coffee", tax_included=True, since=day, through=day + timedelta(days=6))
    prices = {"BEAN": "23.90", "MUG": "7.50", "MACHINE": "899", "SERVICE": "72", "CARD-25": "25", "GIFTBOX": "19.90"}
    for code, text in prices.items():
        set_price(uow, everybody, items[code], UnitPrice(text, currency))
    set_price(uow, everybody, items["BEAN"], UnitPrice("6.45", currency), unit="BAG")
    set_price(uow, everybody, items["MUG"], UnitPrice("78", currency), unit="BOX", from_quantity=Decimal(1))
    set_price(uow, week, items["BEAN"], UnitPrice("5.95", currency), unit="BAG")
    mugs = uow.find(Category, code="MUGS")
    if mugs is not None:
        set_category_price(uow, trade, mugs, UnitPrice("5.20", currency), "C62", from_quantity=Decimal(24))
    set_price(uow, trade, items["BEAN"], UnitPrice("16.80", currency))
    set_price(uow, trade, items["BEAN"], UnitPrice("855", currency), unit="SACK", from_quantity=Decimal(1))
