"""A web order: two parcels, a refund, and the payment provider's settlement, over several days and commits."""

from __future__ import annotations

from decimal import Decimal

from bocore import Line, TaxFact, Voucher, VoucherRecord
from bocore.testing import posted
from flows.office import Office, line, money, voucher

ORDER = "order:1042"


def taxed(net: str, tax: str) -> Line:
    """20 % VAT of a net amount, signed as the line."""
    return line("tax.output", tax, tax=TaxFact("S20", money(net), money(tax), Decimal(20)))


def parcel(number: int, on: str, captured: str, net: str, tax: str, cost: str) -> list[Voucher]:
    """Goods leave the house, and what they cost is captured from the customer's card."""
    lines = [line("clearing", captured, opens=f"psp:pi1:c{number}"), line("sales", net), taxed(net, tax)]
    issued = [line("cogs", cost), line("inventory", f"-{cost}")]
    return [voucher(f"web.parcel:{number}", on, *lines), voucher(f"stock.cost:{number}", on, *issued)]


def order(shop: Office) -> None:
    """A 60 + B 40 + shipping 10 net, of which 132.00 were authorised; A has cost 35.00 and B 22.00. Half of B is refunded."""
    shop.book("stock.opening:1", "2026-01-01", line("inventory", "100.00"), line("equity", "-100.00"))
    refund = [line("sales.returns", "20.00"), taxed("20.00", "4.00"), line("clearing", "-24.00", opens="psp:pi1:r1")]
    payout = [line("bank", "105.50"), line("bank.fees", "2.50")]
    payout += [line("clearing", "-84.00", settles="psp:pi1:c1"), line("clearing", "-48.00", settles="psp:pi1:c2")]
    payout += [line("clearing", "24.00", settles="psp:pi1:r1")]
    steps = {
        "2026-01-12": parcel(1, "2026-01-12", "84.00", "-70.00", "-14.00", "35.00"),
        "2026-01-14": parcel(2, "2026-01-14", "48.00", "-40.00", "-8.00", "22.00"),
        "2026-01-16": [voucher("web.refund:1", "2026-01-16", *refund)],
        "2026-01-20": [voucher("psp.payout:5", "2026-01-20", *payout)],
    }
    for on, vouchers in steps.items():
        shop.clock.set(f"{on}T09:00Z")
        shop.post(*vouchers, actor="web", correlation=ORDER)


def test_the_order_is_in_the_books_parcel_by_parcel(office: Office) -> None:
    order(office)
    assert office.balances(as_of="2026-01-12") == {
        "1050": "84.00", "1300": "65.00", "2200": "-14.00", "3000": "-100.00", "4000": "-70.00", "5000": "35.00",
    }  # fmt: skip
    assert office.balances() == {
        "1010": "105.50", "1300": "43.00", "2200": "-18.00", "3000": "-100.00", "4000": "-110.00", "4090": "20.00", "5000": "57.00",
        "6300": "2.50",
    }  # fmt: skip
    income = office.statement("income-statement", since="2026-01-01", through="2026-01-31")
    assert (income["4000"], income["4090"], income["Result"]) == ("110.00", "-20.00", "30.50")


def test_on_each_day_the_clearing_account_is_what_the_provider_holds(office: Office) -> None:
    order(office)
    days = {
        "2026-01-11": {}, "2026-01-12": {"psp:pi1:c1": "84.00"}, "2026-01-14": {"psp:pi1:c1": "84.00", "psp:pi1:c2": "48.00"},
        "2026-01-16": {"psp:pi1:c1": "84.00", "psp:pi1:c2": "48.00", "psp:pi1:r1": "-24.00"}, "2026-01-20": {},
    }  # fmt: skip
    for on, held in days.items():
        assert office.items(as_of=on, purpose="clearing") == held
        assert Decimal(office.balance("clearing", through=on)) == sum(map(Decimal, held.values()))


def test_one_correlation_leads_to_all_commits_of_the_order(office: Office) -> None:
    order(office)
    with office.work(read_only=True) as uow:
        units = uow.units_of(ORDER)
        keys = [record.key for record in uow.select(VoucherRecord, unit_id=units).order_by(VoucherRecord.c.id)]
    assert len(units) == 4
    assert keys == ["web.parcel:1", "stock.cost:1", "web.parcel:2", "stock.cost:2", "web.refund:1", "psp.payout:5"]


def test_the_cash_flow_shows_the_payout_and_nothing_that_was_on_its_way(office: Office) -> None:
    order(office)
    rows = office.report("cash-flow", since="2026-01-01", through="2026-01-31", currency="base")
    assert [(row.account, str(row.amount)) for row in rows if row.account] == [("1010", "105.50")]
    assert all(not record.moved for record in posted(office.bo))
