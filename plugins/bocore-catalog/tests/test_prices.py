"""Prices of items: set, changed, closed, and asked for."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import ModuleType

import pytest
from sqlalchemy import event

from bocore import BackOffice, Money, Party, Plugin, PluginError, Refused, Site, UnitPrice, erase_person, hookimpl, personal_data
from bocore_catalog import (
    Category,
    Item,
    Price,
    PriceAnswer,
    PriceList,
    PriceRequest,
    add_category,
    add_customer_group,
    add_item,
    add_price_list,
    plugin,
    price,
    put_in_group,
    set_category_price,
    set_price,
    set_unit,
)
from bocore_catalog.pricing import close_category_price, close_price, close_price_list


def eur(text):
    return UnitPrice(text, "EUR")


@pytest.fixture
def shop(bo):
    """Apples by the piece and the box, for everybody, for the trade, and in March; returns the ids of what was made."""
    with bo.unit_of_work(actor="ann") as uow:
        fruit = add_category(uow, "FRUIT", "Fruit", under=add_category(uow, "FOOD", "Food"))
        apple = add_item(uow, "APPLE", "Apple", category=fruit)
        red = add_item(uow, "APPLE-R", "Red apple", variant_of=apple, options={"colour": "red"})
        set_unit(uow, apple, "BOX", Decimal(12))
        trade = add_customer_group(uow, "TRADE", "Trade")
        customer = uow.add(Party(name="Grocer", code="GROCER"))
        put_in_group(uow, customer, group=trade)
        site = uow.add(Site(code="NORTH", name="North"))
        everybody = add_price_list(uow, "ALL", "For everybody", tax_included=True)
        for_trade = add_price_list(uow, "TRADE", "For the trade", group=trade)
        set_price(uow, everybody, apple, eur("0.50"))
        set_price(uow, everybody, apple, eur("5.40"), unit="BOX", from_quantity=Decimal(1))
        set_category_price(uow, for_trade, fruit, eur("0.375"), "C62")
    return {"apple": apple.id, "red": red.id, "customer": customer.id, "fruit": fruit.id, "site": site.id}


def ask(bo, item, quantity=1, **more):
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        (answer,) = price(uow, [PriceRequest(item=item, quantity=Decimal(quantity), **more)])
    return answer


def test_a_variant_has_the_price_of_its_model_and_a_box_is_cheaper_from_one_box_on(bo, shop):
    five, twelve = ask(bo, shop["red"], 5), ask(bo, shop["red"], 12)
    assert (five.price, five.unit, five.amount, five.tax_included) == (eur("0.50"), "C62", Money("2.50", "EUR"), True)
    assert (twelve.price, twelve.unit, twelve.quantity, twelve.amount) == (eur("5.40"), "BOX", 1, Money("5.40", "EUR"))
    assert five.why == "price of what it is a variant of on ALL (for everybody)"
    assert twelve.why.endswith("from 1 BOX on")
    seventeen = ask(bo, shop["apple"], 17)
    assert (seventeen.quantity, seventeen.amount) == (Fraction(17, 12), Money("7.65", "EUR"))


def test_a_customer_of_a_group_has_its_price_by_name_or_by_group(bo, shop):
    for answer in (ask(bo, shop["apple"], 3, party=shop["customer"]), ask(bo, shop["apple"], 3, group="TRADE")):
        assert (answer.price_list, answer.price, answer.amount) == ("TRADE", eur("0.375"), Money("1.13", "EUR"))
        assert answer.row is not None
        assert answer.why == "price of its category on TRADE (for the customer's group)"


def test_a_shop_has_prices_of_its_own(bo, shop):
    with bo.unit_of_work(actor="ann") as uow:
        north = add_price_list(uow, "NORTH", "In the north", site=uow.get(Site, shop["site"]))
        set_price(uow, north, uow.get(Item, shop["apple"]), eur("0.60"))
    assert ask(bo, shop["apple"], site="NORTH").price == eur("0.60")
    assert ask(bo, shop["apple"]).price == eur("0.50")
    assert ask(bo, shop["apple"], site="NORTH", group="TRADE").price_list == "TRADE"


def test_a_new_price_ends_the_one_before_and_an_offer_lets_it_wait(bo, shop):
    with bo.unit_of_work(actor="ann") as uow:
        apple, everybody = uow.get(Item, shop["apple"]), uow.find(PriceList, code="ALL")
        set_price(uow, everybody, apple, eur("0.55"), since=date(2026, 4, 1))
        set_price(uow, everybody, apple, eur("0.45"), since=date(2026, 4, 10), through=date(2026, 4, 12))
    prices = [str(ask(bo, shop["apple"], on=date(2026, month, day)).price) for month, day in ((3, 31), (4, 1), (4, 11), (4, 13))]
    assert prices == ["0.5 EUR", "0.55 EUR", "0.45 EUR", "0.55 EUR"]


def test_a_price_without_a_day_begins_today_where_there_is_one_and_corrects_that_on_the_same_day(bo, shop, clock):
    with bo.unit_of_work(actor="ann") as uow:
        apple, everybody = uow.get(Item, shop["apple"]), uow.find(PriceList, code="ALL")
        set_price(uow, everybody, apple, eur("0.70"))
        set_price(uow, everybody, apple, eur("0.65"))
        spans = [(row.since, row.through, row.price) for row in uow.select(Price, item_id=apple.id, unit="C62").order_by(Price.c.id)]
    assert spans == [(None, date(2026, 1, 14), eur("0.50")), (date(2026, 1, 15), None, eur("0.65"))]


def test_prices_are_closed_from_a_day_on(bo, shop):
    with bo.unit_of_work(actor="ann") as uow:
        apple, everybody = uow.get(Item, shop["apple"]), uow.find(PriceList, code="ALL")
        set_price(uow, everybody, apple, eur("0.70"), since=date(2026, 6, 1))
        assert close_price(uow, everybody, apple, date(2026, 5, 1), unit="C62") == 2  # one ends, the other never begins
        assert close_price(uow, everybody, apple, date(2026, 3, 1)) == 2
        assert close_category_price(uow, uow.find(PriceList, code="TRADE"), uow.get(Category, shop["fruit"]), date(2026, 3, 1)) == 1
        with pytest.raises(Refused, match="no price on the list"):
            close_price(uow, everybody, apple, date(2026, 3, 1))
    assert ask(bo, shop["apple"], on=date(2026, 2, 28)).price == eur("0.50")
    for more in ({"on": date(2026, 3, 1)}, {"on": date(2026, 3, 1), "group": "TRADE"}):
        gone = ask(bo, shop["apple"], **more)
        assert (gone.price, gone.amount, [each.code for each in gone.findings]) == (None, None, ["catalog.no_price"])


def test_a_list_is_closed_from_a_day_on(bo, shop, refused):
    with bo.unit_of_work(actor="ann") as uow:
        close_price_list(uow, uow.find(PriceList, code="TRADE"), date(2026, 3, 1))
        add_price_list(uow, "TRADE2", "From March", group=None, since=date(2026, 3, 1), currency="USD")
    assert ask(bo, shop["apple"], group="TRADE", on=date(2026, 2, 28)).price_list == "TRADE"
    assert ask(bo, shop["apple"], group="TRADE", on=date(2026, 3, 1)).price_list == "ALL"
    for code, day in (("TRADE", date(2026, 3, 2)), ("TRADE2", date(2026, 3, 1))):
        (finding,) = refused(lambda uow, code=code, day=day: close_price_list(uow, uow.find(PriceList, code=code), day))
        assert finding.code == "catalog.ends_early"


def test_prices_in_another_currency_are_asked_for_by_name(bo, shop):
    with bo.unit_of_work(actor="ann") as uow:
        set_price(uow, add_price_list(uow, "JP", "Japan", currency="JPY"), uow.get(Item, shop["apple"]), UnitPrice("80.5", "JPY"))
    assert ask(bo, shop["apple"], 3, currency="JPY").amount == Money("242", "JPY")
    assert ask(bo, shop["apple"], currency="KWD").price is None


def test_a_unit_that_does_not_convert_is_said_in_the_answer_and_the_others_are_answered(bo, shop):
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        wrong, right = price(uow, [PriceRequest(item=shop["apple"], unit="LTR"), PriceRequest(item=shop["apple"], unit="BOX")])
        assert price(uow, []) == []
    assert ([each.code for each in wrong.findings], wrong.price) == (["catalog.unit"], None)
    assert right.amount == Money("5.40", "EUR")


def test_items_groups_and_shops_that_are_not_there_are_refused(bo, shop):
    for request, code in (
        (PriceRequest(item=10**6), "catalog.no_item"),
        (PriceRequest(item=shop["apple"], group="VIP"), "catalog.no_group"),
        (PriceRequest(item=shop["apple"], site="MOON"), "catalog.no_site"),
    ):
        with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(Refused) as refused:
            price(uow, [request])
        assert [each.code for each in refused.value.findings] == [code]


def test_lists_and_prices_of_which_either_might_decide_are_refused(bo, shop, refused):
    def another_list(uow):
        add_price_list(uow, "ALL2", "The same once more")

    def across(uow):
        apple, everybody = uow.get(Item, shop["apple"]), uow.find(PriceList, code="ALL")
        uow.add(
            Price(list_id=everybody.id, item_id=apple.id, unit="C62", price=eur("1"), since=date(2026, 3, 1), through=date(2026, 3, 31))
        )
        uow.add(
            Price(list_id=everybody.id, item_id=apple.id, unit="C62", price=eur("2"), since=date(2026, 3, 20), through=date(2026, 4, 5))
        )

    (finding,) = refused(another_list)
    assert (finding.code, finding.field) == ("catalog.ambiguous_list", "since")
    assert "ALL2" in finding.message
    (finding,) = refused(across)
    assert finding.code == "catalog.ambiguous_price"
    assert "APPLE from 0 C62 on" in finding.message
    with bo.unit_of_work(actor="ann") as uow:
        add_price_list(uow, "MARCH", "March", since=date(2026, 3, 1), through=date(2026, 3, 31))  # within the other


def test_prices_that_can_not_be_are_refused(bo, shop, refused):
    def wrong(uow):
        everybody = uow.find(PriceList, code="ALL")
        rows = [
            {"item_id": shop["apple"], "category_id": shop["fruit"]},
            {"price": UnitPrice("1", "USD"), "item_id": shop["apple"], "unit": "DZN"},
            {"item_id": shop["apple"], "unit": "LTR"},
            {"item_id": shop["apple"], "since": date(2026, 3, 2), "through": date(2026, 3, 1)},
        ]
        uow.add_all(Price(**({"list_id": everybody.id, "unit": "C62", "price": eur("1")} | row)) for row in rows)

    assert [each.code for each in refused(wrong)] == ["catalog.target", "catalog.currency", "catalog.unit", "catalog.days"]

    def wrong_list(uow):
        add_price_list(uow, "X", "X", currency="EURO")
        add_price_list(uow, "Y", "Y", since=date(2026, 3, 2), through=date(2026, 3, 1))
        uow.find(PriceList, code="ALL").tax_included = False

    assert [each.code for each in refused(wrong_list)] == ["catalog.fixed", "catalog.currency", "catalog.days"]


def test_a_price_of_a_category_for_a_unit_that_nothing_comes_in_is_warned_of(bo):
    with bo.unit_of_work(actor="ann") as uow:
        every = add_price_list(uow, "ALL", "All", currency="EUR")
        fruit = add_category(uow, "FRUIT", "Fruit")
        set_unit(uow, add_item(uow, "A", "Apple", category=fruit), "CRATE", 40)
        for unit in ("CRATE", "C62", "CRTAE"):
            set_category_price(uow, every, fruit, UnitPrice("1", "EUR"), unit)
    assert [(found.code, found.severity, "'CRTAE'" in found.message) for found in uow.findings] == [("catalog.unit", "warning", True)]


def test_a_thousand_requests_cost_as_many_queries_as_one(bo, shop):
    with bo.unit_of_work(actor="ann") as uow:
        everybody, fruit = uow.find(PriceList, code="ALL"), uow.get(Category, shop["fruit"])
        items = uow.add_all(Item(code=f"I{n}", name=f"Item {n}", category_id=fruit.id) for n in range(1000))
        uow.add_all(Price(list_id=everybody.id, item_id=item.id, unit="C62", price=eur(f"{n}.01")) for n, item in enumerate(items))
    requests = [PriceRequest(item=item.id, quantity=3, party=shop["customer"] if n % 2 else None) for n, item in enumerate(items)]
    counts = {}
    for size in (2, 1000):
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            statements = []
            listener = lambda *more, seen=statements: seen.append(more[2])  # noqa: E731
            event.listen(bo.engine, "before_cursor_execute", listener)
            answers = price(uow, requests[:size])
            event.remove(bo.engine, "before_cursor_execute", listener)
            counts[size] = len(statements)
    assert [answer.price for answer in answers] == [eur("0.375") if n % 2 else eur(f"{n}.01") for n in range(1000)]
    assert 0 < counts[1000] <= counts[2] + 2 <= 14


class Contracts(ModuleType):
    """A plugin that knows what was agreed about large quantities."""

    plugin = Plugin(prefix="contracts")

    def __init__(self) -> None:
        super().__init__("contracts")

        @hookimpl
        def bo_catalog_price(requests):
            if any(request.currency == "XXX" for request in requests):
                return []
            agreed = PriceAnswer(item=requests[0].item, price=eur("0.10"), unit="C62", price_list="contract 7")
            return [agreed if request.quantity > 100 else None for request in requests]

        self.bo_catalog_price = bo_catalog_price


def test_a_plugin_that_knows_better_is_asked_first_and_leaves_the_rest_to_the_lists(tmp_path):
    bo = BackOffice(tmp_path / "shop.db", plugins=[plugin, Contracts()])
    bo.init(company="Shop", currency="EUR")
    with bo.unit_of_work(actor="ann") as uow:
        apple = add_item(uow, "APPLE", "Apple").id
        set_price(uow, add_price_list(uow, "ALL", "For everybody"), uow.get(Item, apple), eur("0.50"))
        answers = price(uow, [PriceRequest(item=apple, quantity=q) for q in (1, 101, 2)])
        assert [answer.price_list for answer in answers] == ["ALL", "contract 7", "ALL"]
        with pytest.raises(PluginError, match="answered 0 of 1"):
            price(uow, [PriceRequest(item=apple, currency="XXX")])
    bo.close()


def test_in_which_group_a_person_is_is_shown_to_that_person_and_forgotten_with_it(bo, shop):
    with bo.unit_of_work(actor="ann") as uow:
        group = add_customer_group(uow, "PENSION", "Pensioners")
        person = uow.add(Party(name="Ada", code="ADA", kind="person"))
        put_in_group(uow, person, group=group)
        set_price(uow, add_price_list(uow, "PENSION", "For pensioners", group=group), uow.find(Item, code="APPLE"), eur("0.30"))
    assert ask(bo, shop["apple"], party=person.id).price == eur("0.30")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        (row,) = (row for row in personal_data(uow, uow.get(Party, person.id)) if row.entity == "catalog_customer")
        assert row.fields == {"group_id": group.id}
    with bo.unit_of_work(actor="ann", reason="Request 7") as uow:
        erase_person(uow, uow.get(Party, person.id))
    assert ask(bo, shop["apple"], party=person.id).price == eur("0.50")
