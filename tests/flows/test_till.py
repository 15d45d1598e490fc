"""A till: a sale with a gift card and rounding, a Saturday without a mapping, a day offline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest

from bocore import (
    Company,
    Entity,
    Finding,
    Money,
    Posted,
    Severity,
    Source,
    TaxFact,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    entity,
    event,
    hookimpl,
    hookspec,
    numbered,
)
from bocore.plugins import Plugin
from bocore.testing import posted
from bocore_accounting import AccountKind, Entry
from bocore_accounting import Line as Posting
from flows.office import Office, line, money, voucher

# ---------------------------------------------------------------- what a shop's plugins would be


@entity("retail_sale", company=True)
class Sale(Entity):
    """A sale at a till."""

    on: date
    number: str = numbered("retail.sale", "S{n:04}", per=("company",), on="on")


@event("retail.sold")
class Sold:
    """Something was sold."""

    sale_id: int


@hookspec(firstresult=True)
def bo_retail_stock(uow: UnitOfWork, sale: Sale, cost: Money) -> bool | None:
    """Port: take what was sold out of stock."""


class Retail(ModuleType):
    """Sells. Goods are somebody else's: whoever keeps stock answers ``bo_retail_stock``, and posts what they cost."""

    plugin = Plugin(prefix="retail", entities=Sale, purposes={"retail.sales": "sales", "retail.card": "stored_value"})

    def __init__(self) -> None:
        super().__init__("retail")
        self.unheard: dict[str, date] = {}
        """Tills that are offline, and the day on which they were last heard of."""
        specs = ModuleType("retail.hookspecs")
        specs.bo_retail_stock = bo_retail_stock  # type: ignore[attr-defined]

        @hookimpl
        def bo_addhooks(pm: Any) -> None:
            pm.add_hookspecs(specs)

        @hookimpl
        def bo_close_check(company: Company, area: str, through: date) -> Iterator[Finding]:
            for till, last in self.unheard.items():
                if last <= through:
                    fix = "Wait for it, or close: what it brings then counts on the first open day."
                    yield Finding("retail.offline", f"Till {till} was last heard of on {last}.", till, fix=fix, severity=Severity.WARNING)

        self.bo_addhooks, self.bo_close_check = bo_addhooks, bo_close_check


class Stock(ModuleType):
    """Keeps stock, and alone posts its value."""

    plugin = Plugin(prefix="stock")

    def __init__(self) -> None:
        super().__init__("stock")

        @hookimpl
        def bo_retail_stock(uow: UnitOfWork, sale: Sale, cost: Money) -> bool:
            lines = [line("cogs", str(cost.amount)), line("inventory", str(-cost.amount))]
            source = Source(sale, event="issued", label="Sale {number}")
            uow.post(voucher(f"stock.cost:{sale.id}", sale.on, *lines, source=source, if_closed="next_open"))
            return True

        @hookimpl
        def bo_posted(uow: UnitOfWork, vouchers: Iterable[Posted]) -> None:
            """A sale that is taken back brings its goods back, in the same commit."""
            for one in vouchers:
                if one.record.kind == "retail.sale" and one.record.reverses is not None:
                    uow.reverse(f"stock.cost:{one.record.source_id}", "The sale was taken back", one.record.posting_date)

        self.bo_retail_stock, self.bo_posted = bo_retail_stock, bo_posted


def sell(uow: UnitOfWork, on: date, card: str = "gc:8841") -> dict[str, Any]:
    """47.98 at 20 %, of which a gift card pays 20.00 and cash 27.98, rounded to 28.00; the goods have cost 21.40."""
    sale = uow.add(Sale(on=on))
    vat = TaxFact("S20", money("-39.98"), money("-8.00"), Decimal(20))
    uow.post(
        Voucher(
            f"retail.sale:{sale.id}", "retail.sale", [
                line("cash", "28.00"), line("retail.card", "20.00", settles=card), line("retail.sales", "-39.98"),
                line("tax.output", "-8.00", tax=vat), line("rounding.cash", "-0.02"),
            ],
            source=Source(sale, event="sold", label="Sale {number}"), document_date=on, if_closed="next_open", text="{label}",
        )
    )  # fmt: skip
    assert uow.hook.bo_retail_stock(uow=uow, sale=sale, cost=money("21.40"))
    uow.emit(Sold(sale_id=sale.id))
    return {"change": "2.00"}


@pytest.fixture
def retail() -> Retail:
    return Retail()


@pytest.fixture
def shop(open_office: Callable[..., Office], retail: Retail) -> Office:
    """A shop that was set up with 300.00 of goods and has sold a gift card of 50.00."""
    office = open_office(retail, Stock())
    office.book("stock.opening:1", "2026-01-02", line("inventory", "300.00"), line("equity", "-300.00"))
    office.book("retail.card:8841", "2026-01-05", line("cash", "50.00"), line("retail.card", "-50.00", opens="gc:8841"))
    return office


# ---------------------------------------------------------------- a sale


def test_a_sale_is_two_vouchers_of_one_commit_and_the_cashier_needs_to_know_neither(shop: Office) -> None:
    on = date(2026, 1, 15)
    first = shop.bo.run(sell, on, actor="till 3", key="till-uuid-1", correlation="session:3")
    assert shop.bo.run(sell, on, actor="till 3", key="till-uuid-1", correlation="session:3") == first == {"change": "2.00"}
    assert shop.balances(as_of="2026-01-14") == {"1000": "50.00", "1300": "300.00", "2050": "-50.00", "3000": "-300.00"}
    assert shop.balances() == {
        "1000": "78.00", "1300": "278.60", "2050": "-30.00", "2200": "-8.00", "3000": "-300.00", "4000": "-39.98", "5000": "21.40",
        "6810": "-0.02",
    }  # fmt: skip
    assert shop.items(as_of="2026-01-14") == {"gc:8841": "-50.00"}
    assert shop.items() == {"gc:8841": "-30.00"}
    sheet = shop.statement("balance-sheet", as_of="2026-01-15")
    assert (sheet["Total assets"], sheet["2050"], sheet["Result of the year"]) == ("356.60", "30.00", "18.60")
    sales = [*posted(shop.bo, kind="retail.sale"), *posted(shop.bo, kind="stock.cost")]
    assert len({record.unit_id for record in sales}) == 1
    assert [(record.text, record.source_label) for record in sales] == [("Sale S0001", "Sale S0001"), ("", "Sale S0001")]
    (commit,) = [commit for commit in shop.bo.feed("test") if commit.actor == "till 3"]
    assert (commit.correlation, [event.name for event in commit.events]) == ("session:3", ["retail.sold/1"])
    assert len(commit.changed("bo_voucher")) == len(commit.changed("accounting_entry")) == 2


def test_the_tax_of_the_sale_stands_on_its_line_for_the_return(shop: Office) -> None:
    shop.bo.run(sell, date(2026, 1, 15), actor="till 3")
    with shop.work(read_only=True) as uow:
        (fact,) = [line.tax for line in uow.select(Posting) if line.tax]
    assert (fact["code"], fact["base"], fact["tax"], fact["rate"]) == ("S20", [-3998, "EUR"], [-800, "EUR"], "20")


def test_a_card_with_less_on_it_sells_nothing_and_takes_nothing_out_of_stock(shop: Office) -> None:
    shop.book("retail.spent:1", "2026-01-10", line("retail.card", "35.00", settles="gc:8841"), line("cash", "-35.00"))
    before = shop.balances()
    assert shop.refused(shop.bo.run, sell, date(2026, 1, 15), actor="till 3") == ["bo.item_exceeded"]
    assert shop.balances() == before
    shop.book("retail.card:8842", "2026-01-15", line("cash", "20.00"), line("retail.card", "-20.00", opens="gc:8842"))
    shop.bo.run(sell, date(2026, 1, 15), "gc:8842", actor="till 3")
    assert [record.text for record in posted(shop.bo, kind="retail.sale")] == ["Sale S0001"]  # the refused one took no number


def test_a_sale_that_is_taken_back_leaves_stock_and_books_as_they_were_and_the_card_full(shop: Office) -> None:
    before = shop.balances()
    shop.bo.run(sell, date(2026, 1, 15), actor="till 3")
    (sale,) = posted(shop.bo, kind="retail.sale")
    shop.reverse(sale.key, "Rung up twice", actor="till 3")
    assert shop.balances() == before
    back = [record for record in posted(shop.bo) if record.reverses]
    assert [record.key for record in back] == [f"{sale.key}:reversal", f"stock.cost:{sale.source_id}:reversal"]
    assert len({record.unit_id for record in back}) == 1
    assert shop.items() == {"gc:8841": "-50.00"}


# ---------------------------------------------------------------- Saturday


def test_a_purpose_that_nobody_mapped_stops_no_till_on_saturday(open_office: Callable[..., Office], retail: Retail) -> None:
    """A chart of the firm's own, in which rounding was forgotten: the till sells, Monday maps it, and what waited is posted over."""
    shop = open_office(retail, Stock())
    accounts = {"10": "cash", "13": "inventory", "20": "stored_value", "21": "tax.output", "30": "equity", "40": "sales", "50": "cogs"}
    kinds = {"1": AccountKind.ASSET, "2": AccountKind.LIABILITY, "3": AccountKind.EQUITY, "4": AccountKind.INCOME, "5": AccountKind.EXPENSE}
    for code, purpose in accounts.items():
        shop.do("accounting.open-account", code, purpose, kinds[code[0]])
        shop.do("accounting.map-purpose", purpose, code)
    assert "rounding.cash" in [row.purpose for row in shop.report("unmapped-purposes")]
    shop.book("retail.card:8841", "2026-01-15", line("cash", "50.00"), line("retail.card", "-50.00", opens="gc:8841"))
    with shop.work("till 3") as uow:
        sell(uow, date(2026, 1, 17))
    assert [finding.code for finding in uow.findings] == ["accounting.unmapped"]
    assert shop.balances()["Suspense"] == "-0.02"
    assert [(row.purpose, str(row.amount), row.to) for row in shop.report("suspense")] == [("rounding.cash", "-0.02", "")]
    shop.do("accounting.open-account", "59", "Rounding", AccountKind.EXPENSE)
    shop.do("accounting.map-purpose", "rounding.cash", "59")
    assert [row.to for row in shop.report("suspense")] == ["59"]
    assert shop.do("accounting.clear-suspense") == 1
    assert shop.report("suspense") == []
    assert (shop.balances()["59"], "Suspense" in shop.balances()) == ("-0.02", False)


# ---------------------------------------------------------------- offline


def late_rows(office: Office) -> Iterable[tuple[Any, ...]]:
    return [(row.area, row.asked.isoformat(), row.day.isoformat(), row.label) for row in office.report("late-postings")]


def test_an_offline_till_brings_a_sale_of_a_month_that_is_closed(shop: Office, retail: Retail) -> None:
    """Sold on 31 January, heard of on 3 February, January locked: it counts on 1 February, and its paper keeps its day."""
    retail.unheard["3"] = date(2026, 1, 30)
    shop.clock.set("2026-02-02T09:00Z")
    january = shop.balances(as_of="2026-01-31")
    assert [found.code for found in shop.lock("ledger", "2026-01-31")] == ["retail.offline"]
    shop.lock("tax", "2026-01-31")
    shop.clock.set("2026-02-03T08:00Z")
    with shop.work("till 3", correlation="session:3") as uow:
        sell(uow, date(2026, 1, 31))
    assert {found.code for found in uow.findings} == {"bo.posting_moved", "bo.moved_late"}
    (sale,) = posted(shop.bo, kind="retail.sale")
    assert (sale.document_date, sale.posting_date, sale.moved) == (date(2026, 1, 31), date(2026, 2, 1), True)
    assert shop.balances(as_of="2026-01-31") == january
    assert shop.balances(as_of="2026-02-01")["4000"] == "-39.98"
    assert shop.items(as_of="2026-01-31") == {"gc:8841": "-50.00"}
    assert shop.items(as_of="2026-02-01") == {"gc:8841": "-30.00"}
    assert late_rows(shop) == [
        ("ledger", "2026-01-31", "2026-02-01", f"retail.sale:{sale.source_id}"),
        ("ledger", "2026-01-31", "2026-02-01", f"stock.cost:{sale.source_id}"),
        ("tax", "2026-01-31", "2026-02-01", f"retail.sale:{sale.source_id}"),
    ]


def test_whoever_does_not_ask_for_the_next_open_day_is_refused_and_told_which_it_is(shop: Office) -> None:
    shop.lock("ledger", "2026-01-31")
    with shop.work(read_only=True) as uow:
        count = uow.select(VoucherRecord).count(), uow.select(Entry).count()
    late = voucher("rent:2026-01", "2026-01-31", line("expense", "900.00"), line("bank", "-900.00"))
    assert shop.refused(shop.post, late) == ["bo.period_locked"]
    with shop.work(read_only=True) as uow:
        assert (uow.select(VoucherRecord).count(), uow.select(Entry).count()) == count
