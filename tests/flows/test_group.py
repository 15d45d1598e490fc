"""A group: one company sells to another in another currency, what is eliminated, and what two companies never share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from bocore import (
    Book,
    Company,
    Entity,
    Paid,
    Plugin,
    PostingConflict,
    Rate,
    Refused,
    UsageError,
    VoucherRecord,
    entity,
    field,
    find_rate,
    ref,
    settle_lines,
)
from bocore_accounting import Entry
from flows.office import Office, line, money, voucher

SALE = "ic.sale:7"


@entity("depot_bin", company=True)
class Bin(Entity):
    """A place for goods."""

    code: str = field(max_length=10)


@entity("depot_pallet", company=True)
class Pallet(Entity):
    """What stands there."""

    bin_id: int = ref(Bin)


DEPOT = Plugin(prefix="depot", entities=[Bin, Pallet], purposes={"depot.ic_sales": "sales"})


@pytest.fixture
def group(open_office: Callable[..., Office]) -> Office:
    """Acme keeps its books in euros, Beta in pounds; a euro is worth 0.86 pounds."""
    group = open_office(DEPOT)
    with group.work("carla") as uow:
        uow.add(Company(code="BETA", name="Beta Ltd", currency="GBP", zone="Europe/London"))
        uow.add(Rate(currency="EUR", to_currency="GBP", on=date(2026, 1, 1), rate=Decimal("0.86")))
    with group.work("carla", company="ACME") as uow:
        uow.post(voucher("stock.opening:1", "2026-01-01", line("inventory", "700.00"), line("equity", "-700.00")))
    return group


def sell(group: Office, on: str) -> None:
    """Acme sells for 1,000.00 EUR what has cost it 700.00."""
    with group.work("seller", company="ACME", correlation=SALE) as uow:
        beta = uow.select(Company, code="BETA").one()
        owed = [line("ic.receivable", "1000.00", partner=beta, opens="ic:7"), line("depot.ic_sales", "-1000.00", partner=beta)]
        uow.post(voucher("ic.sale:7", on, *owed), voucher("stock.cost:7", on, line("cogs", "700.00"), line("inventory", "-700.00")))


def receive(group: Office, on: str) -> bool:
    """Beta takes what the feed told it of into its books, whenever it is ready; returns whether its day was moved."""
    with group.work("buyer", company="BETA", correlation=SALE) as uow:
        acme = uow.select(Company, code="ACME").one()
        owed = line("ic.payable", "-1000.00", "-860.00 GBP", partner=acme, opens="ic:7")
        (receipt,) = uow.post(voucher("ic.sale:7:BETA", on, line("inventory", "860.00 GBP"), owed, if_closed="next_open"))
    return receipt.moved


def test_one_sale_is_in_two_books_under_one_correlation(group: Office) -> None:
    sell(group, "2026-01-12")
    receive(group, "2026-01-12")
    assert group.balances(company="ACME") == {"1120": "1000.00", "3000": "-700.00", "4000": "-1000.00", "5000": "700.00"}
    assert group.balances(company="BETA") == {"1300": "860.00 GBP", "2030": "-1000.00"}
    assert group.statement("balance-sheet", company="BETA")["Total assets"] == "860.00"
    assert (group.items(company="ACME"), group.items(company="BETA")) == ({"ic:7": "1000.00"}, {"ic:7": "-1000.00"})
    with group.work(read_only=True, company="ACME") as uow:
        units = uow.units_of(SALE)
        records = uow.select(VoucherRecord, unit_id=units).order_by(VoucherRecord.c.id).all()
    assert [record.key for record in records] == ["ic.sale:7", "stock.cost:7", "ic.sale:7:BETA"]
    assert len(units) == len({record.company_id for record in records}) == 2


def test_a_buyer_whose_month_is_closed_counts_it_in_the_next_and_the_report_says_so_meanwhile(group: Office) -> None:
    group.clock.set("2026-02-02T09:00Z")
    group.lock("ledger", "2026-01-31", company="BETA")
    sell(group, "2026-01-30")
    (owed,) = [row for row in group.report("intercompany", company="ACME", differences=True) if row.part == "balance"]
    assert (owed.ours, owed.theirs) == (Decimal("1000.00"), Decimal("0.00"))
    assert receive(group, "2026-01-30")
    assert group.balances(company="BETA", as_of="2026-01-31") == {}
    for day, difference in (("2026-01-31", Decimal("1000.00")), ("2026-02-01", Decimal("0.00"))):
        (owed,) = [row for row in group.report("intercompany", company="ACME", as_of=day) if row.part == "balance"]
        assert owed.difference == difference


def test_the_group_has_neither_sold_nor_earned_while_the_goods_are_in_the_house(group: Office) -> None:
    """An elimination book of Acme's takes out the sale, the debt, and the 300.00 that nobody outside has paid."""
    sell(group, "2026-01-12")
    receive(group, "2026-01-12")
    with group.work("carla", company="ACME") as uow:
        beta = uow.select(Company, code="BETA").one()
        uow.add(Book(code="group", name="Eliminations"))
        uow.post(
            voucher(
                "ic.elimination:2026-01", "2026-01-31", line("depot.ic_sales", "1000.00", partner=beta), line("cogs", "-700.00"),
                line("inventory", "-300.00"), line("ic.receivable", "-1000.00", partner=beta), line("ic.payable", "1000.00", partner=beta),
                book="group",
            )
        )  # fmt: skip
    assert group.balances(company="ACME")["4000"] == "-1000.00"
    own = group.balances(company="ACME", book="group")
    assert own == {"1300": "-300.00", "2030": "1000.00", "3000": "-700.00"}
    with group.work(read_only=True, company="BETA") as uow:
        rate = find_rate(uow, "GBP", "EUR", date(2026, 1, 31))
    theirs = {row.account: row.amount * rate for row in group.report("balance-sheet", company="BETA", currency="base") if row.account}
    assert {account: round(amount, 2) for account, amount in theirs.items()} == {"1300": Decimal("1000.00"), "2030": Decimal("1000.00")}
    assert Decimal(own["1300"]) + round(theirs["1300"], 2) == Decimal("700.00")  # what the goods have cost the group
    assert Decimal(own["2030"]) - round(theirs["2030"], 2) == 0


def test_the_buyer_pays_at_another_rate_and_each_has_its_own_difference(group: Office) -> None:
    sell(group, "2026-01-12")
    receive(group, "2026-01-12")
    with group.work("bank", company="BETA", correlation=SALE) as uow:
        lines = settle_lines(uow, [Paid("ic:7", base=money("870.00 GBP"))])
        uow.post(voucher("ic.payment:7:BETA", "2026-01-30", *lines, line("bank", "-870.00 GBP")))
    with group.work("bank", company="ACME", correlation=SALE) as uow:
        uow.post(voucher("ic.payment:7", "2026-01-30", line("bank", "1000.00"), *settle_lines(uow, [Paid("ic:7")])))
    assert group.balances(company="BETA") == {"1010": "-870.00 GBP", "1300": "860.00 GBP", "7100": "10.00 GBP"}
    assert group.balances(company="ACME")["1010"] == "1000.00"
    assert [row for row in group.report("intercompany", company="ACME", differences=True) if row.part == "balance"] == []


# ---------------------------------------------------------------- two companies of one tenant


def test_each_company_has_its_own_items_numbers_locks_and_statements(group: Office) -> None:
    for company, currency in (("ACME", "EUR"), ("BETA", "GBP")):
        with group.work(company=company) as uow:
            owed = line("receivable", f"100.00 {currency}", opens="inv:1")
            uow.post(voucher(f"bill.invoice:{company}", "2026-01-10", owed, line("sales", f"-100.00 {currency}")))
    group.lock("ledger", "2026-01-31", company="ACME")
    assert group.items(company="ACME") == {"inv:1": "100.00"}
    assert group.items(company="BETA") == {"inv:1": "100.00 GBP"}
    with group.work(read_only=True, company="BETA") as uow:
        numbers = {(entry.company_id, entry.number) for entry in uow.select(Entry) if entry.number.startswith("BILL")}
        assert numbers == {(company.id, "BILL/2026/00001") for company in uow.select(Company)}
    late = voucher("rent:1", "2026-01-31", line("expense", "5.00 GBP"), line("bank", "-5.00 GBP"))
    group.post(late, company="BETA")
    assert group.refused(group.post, voucher("rent:2", "2026-01-31", line("expense", "5.00"), line("bank", "-5.00")), company="ACME")
    assert group.balances(company="BETA") == {"1010": "-5.00 GBP", "1100": "100.00 GBP", "4000": "-100.00 GBP", "6800": "5.00 GBP"}


def test_nothing_refers_from_one_company_to_another(group: Office) -> None:
    with group.work(company="ACME") as uow:
        ours = uow.add(Bin(code="A1"))
        uow.post(voucher("bill.invoice:1", "2026-01-10", line("receivable", "100.00", opens="inv:1"), line("sales", "-100.00")))
    with pytest.raises(Refused) as pallet, group.work(company="BETA") as uow:
        uow.add(Pallet(bin_id=ours.id))
    assert [(finding.code, finding.field) for finding in pallet.value.findings] == [("bo.other_company", "bin_id")]
    paid = voucher("pay:1", "2026-01-20", line("bank", "100.00"), line("receivable", "-100.00", settles="inv:1"))
    assert group.refused(group.post, paid, company="BETA") == ["bo.other_company"]
    assert group.items(company="ACME") == {"inv:1": "100.00"}


def test_a_key_is_unique_in_the_tenant_so_each_side_has_one_of_its_own(group: Office) -> None:
    group.post(voucher("rent:1", "2026-01-10", line("expense", "5.00"), line("bank", "-5.00")), company="ACME")
    other = voucher("rent:1", "2026-01-10", line("expense", "5.00 GBP"), line("bank", "-5.00 GBP"))
    with pytest.raises(PostingConflict, match="unique among all companies: put the company into it, such as rent:1:BETA"):
        group.post(other, company="BETA")


def test_whoever_names_no_company_is_told_to(group: Office) -> None:
    with pytest.raises(UsageError, match="more than one company"):
        group.post(voucher("rent:1", "2026-01-10", line("expense", "5.00"), line("bank", "-5.00")))
