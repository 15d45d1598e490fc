"""Who may do what in the catalogue, and what companies share."""

from types import ModuleType

import pytest

from bocore import BackOffice, Company, NotAllowed, Party, Plugin, Refused, UnitOfWork, UnitPrice, service
from bocore.testing import as_role
from bocore_catalog import (
    Category,
    Item,
    Price,
    PriceList,
    PriceRequest,
    add_category,
    add_item,
    add_price_list,
    plugin,
    price,
    set_price,
    set_unit,
)
from bocore_catalog.items import retire_item
from bocore_catalog.pricing import add_customer_group, close_price_list, put_in_group


@service("shop.sell", runs_with=["catalog.read"])
def sell(uow: UnitOfWork, item: str) -> str:
    """Sell one of an item; returns what it costs."""
    (answer,) = price(uow, [PriceRequest(item=uow.find_all(Item, code=[item])[item].id)])
    return str(answer.amount)


class Shop(ModuleType):
    """A plugin that sells, and knows the catalogue by its public names."""

    plugin = Plugin(prefix="shop", services=[sell], permissions={"shop.sell": "Sell"}, roles={"till": ["shop.sell"]})


@pytest.fixture
def shop(tmp_path):
    with BackOffice(tmp_path / "shop.db", plugins=[plugin, Shop("shop")]) as bo:
        bo.init(company="North Ltd", code="NORTH", currency="EUR")
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Company(name="South Ltd", code="SOUTH", currency="EUR"))
            uow.add(Party(name="Grocer", code="GROCER"))
        for company, amount in (("NORTH", "0.50"), ("SOUTH", "0.60")):
            with bo.unit_of_work(actor="ann", company=company) as uow:
                apple = uow.find(Item, code="APPLE") or add_item(uow, "APPLE", "Apple")
                set_price(uow, add_price_list(uow, "ALL", "For everybody"), apple, UnitPrice(amount, "EUR"))
        yield bo


def test_an_editor_keeps_items_and_sets_no_price(shop):
    editor = as_role(shop, "catalog.editor")
    with shop.unit_of_work(actor=editor, company="NORTH") as uow:
        pear = add_item(uow, "PEAR", "Pear", category=add_category(uow, "FRUIT", "Fruit"))
        set_unit(uow, pear, "BOX", 20)
        retire_item(uow, pear)
    with pytest.raises(NotAllowed, match=r"catalog\.prices"), shop.unit_of_work(actor=editor, company="NORTH") as uow:
        set_price(uow, uow.find(PriceList, code="ALL", company_id=uow.company.id), uow.find(Item, code="APPLE"), UnitPrice("1", "EUR"))
    with pytest.raises(NotAllowed), shop.unit_of_work(actor=editor, company="NORTH") as uow:
        uow.select(Price).first().price = UnitPrice("1", "EUR")


def test_who_sets_prices_groups_customers_and_adds_no_item(shop):
    pricing = as_role(shop, "catalog.pricing")
    with shop.unit_of_work(actor=pricing, company="NORTH") as uow:
        group = add_customer_group(uow, "TRADE", "Trade")
        put_in_group(uow, uow.find(Party, code="GROCER"), group=group)
        lists = add_price_list(uow, "TRADE", "Trade", group=group)
        set_price(uow, lists, uow.find(Item, code="APPLE"), UnitPrice("0.40", "EUR"))
    for work in (lambda uow: add_item(uow, "PEAR", "Pear"), lambda uow: uow.add(Category(code="X", name="X"))):
        with pytest.raises(NotAllowed, match=r"catalog\.edit"), shop.unit_of_work(actor=pricing, company="NORTH") as uow:
            work(uow)


def test_a_reader_reads(shop):
    reader = as_role(shop, "catalog.reader")
    with shop.unit_of_work(actor=reader, company="NORTH", read_only=True) as uow:
        apple = uow.find(Item, code="APPLE")
        assert str(price(uow, [PriceRequest(item=apple.id)])[0].price) == "0.5 EUR"
    assert shop.report("catalog.price", actor=reader, company="NORTH", options={"item": "APPLE"}).as_objects()[0]["price"] == "0.5"
    with pytest.raises(NotAllowed), shop.unit_of_work(actor=reader, company="NORTH") as uow:
        close_price_list(uow, uow.find(PriceList, code="ALL", company_id=uow.company.id), uow.today())


def test_a_till_sells_at_the_right_price_and_reads_no_list(shop):
    till = as_role(shop, "shop.till")
    assert shop.run("shop.sell", "APPLE", actor=till, company="NORTH") == "0.50 EUR"
    assert shop.run("shop.sell", "APPLE", actor=till, company="SOUTH") == "0.60 EUR"
    for cls in (Item, PriceList, Price):
        with pytest.raises(NotAllowed), shop.unit_of_work(actor=till, company="NORTH", read_only=True) as uow:
            uow.select(cls).all()


def test_companies_share_items_and_see_no_price_of_one_another(shop):
    clerk = as_role(shop, "catalog.manager", companies=["SOUTH"])
    with shop.unit_of_work(actor=clerk, company="SOUTH") as uow:
        assert [str(row.price) for row in uow.select(Price)] == ["0.6 EUR"]
        assert [row.code for row in uow.select(PriceList)] == ["ALL"]
        assert uow.select(Item).count() == 1
    rows = shop.report("price-list", actor=clerk, company="SOUTH").as_objects()
    assert [row["price"] for row in rows] == ["0.6"]
    with pytest.raises((NotAllowed, Refused)):
        shop.report("price-list", actor=clerk, company="NORTH")
