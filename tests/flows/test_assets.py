"""Two views of one company: a machine that is sold with another gain for tax, and books that adjust without copying."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bocore import Book, Refused, TaxFact
from flows.office import Office, line, money, voucher


@pytest.fixture
def owner(office: Office) -> Office:
    """A machine of 12,000.00, depreciated by 7,500.00 for the owners and by 9,000.00 for the tax office."""
    with office.work("carla") as uow:
        uow.add(Book(code="tax", name="Tax balance sheet"))
        uow.add(Book(code="ifrs", name="IFRS"))
    office.book("asset.buy:1", "2023-01-02", line("asset.cost", "12000.00"), line("equity", "-12000.00"))
    office.book("asset.depreciation:2025", "2025-12-31", line("depreciation", "7500.00"), line("asset.accdep", "-7500.00"))
    more = [line("depreciation", "1500.00"), line("asset.accdep", "-1500.00")]
    office.book("asset.depreciation:2025:tax", "2025-12-31", *more, book="tax")
    return office


def sell(owner: Office) -> None:
    """Sold for 5,000.00 and 20 % VAT after another 200.00 of depreciation; the tax book takes its own 1,300.00 of difference out."""
    vat = TaxFact("S20", money("-5000.00"), money("-1000.00"), Decimal(20))
    with owner.work(correlation="asset:1") as uow:
        caught_up = [line("depreciation", "200.00"), line("asset.accdep", "-200.00")]
        sold = [
            line("receivable", "6000.00", opens="inv:1"), line("asset.accdep", "7700.00"), line("asset.cost", "-12000.00"),
            line("tax.output", "-1000.00", tax=vat), line("income", "-700.00"),
        ]  # fmt: skip
        otherwise = [line("asset.accdep", "1500.00"), line("income", "-1300.00"), line("depreciation", "-200.00")]
        uow.post(
            voucher("asset.depreciation:2026", "2026-01-10", *caught_up),
            voucher("asset.sale:1", "2026-01-10", *sold),
            voucher("asset.sale:1:tax", "2026-01-10", *otherwise, book="tax"),
        )


def gain(owner: Office, book: str) -> str:
    return owner.statement("income-statement", year=2026, book=book)["4800"]


def test_a_machine_is_sold_with_700_for_the_owners_and_2_000_for_the_tax_office(owner: Office) -> None:
    sell(owner)
    assert (gain(owner, ""), gain(owner, "tax"), gain(owner, "ifrs")) == ("700.00", "2000.00", "700.00")
    assert owner.balances(as_of="2025-12-31")["1510"] == "-7500.00"
    assert owner.balances(as_of="2025-12-31", book="tax")["1510"] == "-9000.00"
    for book in ("", "tax", "ifrs"):
        after = owner.balances(book=book)
        assert ("1500" in after, "1510" in after, after["1100"]) == (False, False, "6000.00")
    results = {book: owner.statement("balance-sheet", as_of="2026-12-31", book=book) for book in ("", "tax")}
    assert results[""]["Result of the year"] == "500.00"
    assert results["tax"]["Result of the year"] == "2000.00"
    assert results[""]["Total liabilities and equity"] == results["tax"]["Total liabilities and equity"] == "6000.00"
    assert owner.items() == owner.items(book="tax") == {"inv:1": "6000.00"}


def test_a_report_is_the_common_layer_and_one_book_and_never_two(owner: Office) -> None:
    """IFRS shows a lease that the others do not; tax knows nothing of it."""
    owner.book("lease:1", "2026-01-02", line("asset.cost", "3000.00"), line("liability", "-3000.00", opens="lease:1"), book="ifrs")
    sheets = {book: owner.statement("balance-sheet", as_of="2026-01-31", book=book) for book in ("", "tax", "ifrs")}
    assert {book: sheet["Total assets"] for book, sheet in sheets.items()} == {"": "4500.00", "tax": "3000.00", "ifrs": "7500.00"}
    assert owner.items(book="ifrs") == {"lease:1": "-3000.00"}
    assert owner.items() == owner.items(book="tax") == {}
    assert [owner.balance("asset.cost", book=book, alone=True) for book in (None, "ifrs")] == ["12000.00", "15000.00"]
    assert [owner.balance("asset.cost", book=book) for book in (None, "tax", "ifrs")] == ["4500.00", "3000.00", "7500.00"]


def test_an_item_of_a_book_is_paid_in_that_book(owner: Office) -> None:
    owner.book("lease:1", "2026-01-02", line("asset.cost", "3000.00"), line("liability", "-3000.00", opens="lease:1"), book="ifrs")
    paid = [line("liability", "100.00", settles="lease:1"), line("bank", "-100.00")]
    with pytest.raises(Refused, match="book"):
        owner.book("lease.payment:1", "2026-01-31", *paid)
    owner.book("lease.payment:1", "2026-01-31", *paid, book="ifrs")
    assert owner.items(book="ifrs") == {"lease:1": "-2900.00"}


def test_the_sale_is_taken_back_book_by_book(owner: Office) -> None:
    before = {book: owner.balances(book=book) for book in ("", "tax", "ifrs")}
    sell(owner)
    for key in ("asset.sale:1:tax", "asset.sale:1", "asset.depreciation:2026"):
        owner.reverse(key, "The buyer withdrew")
    assert {book: owner.balances(book=book) for book in ("", "tax", "ifrs")} == before
