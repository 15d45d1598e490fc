"""A ledger that is installed after two years of business: the same books, as if it had been there from the first day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from bocore import Book, Paid, Party, Rate, TaxFact, VoucherRecord
from bocore_accounting import Account, Entry, Journal, apply_standard_chart, catch_up
from bocore_accounting import Line as Posting
from flows.office import Office, line, money, voucher


def two_years(office: Office) -> int:
    """Sales, bills, pay, dollars, a book for tax, reversals, and days out of order; returns the number of vouchers."""
    with office.work() as uow:
        mill = uow.add(Party(name="Mill & Sons")).id
        uow.add(Book(code="tax", name="Tax balance sheet"))
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2024, 1, 1), rate=Decimal("0.9137")))
    for month in range(24):
        on = date(2024 + month // 12, month % 12 + 1, 15)
        vat = TaxFact("S20", money("-100.00"), money("-20.00"), Decimal(20))
        owed = line("receivable", "120.00", opens=f"inv:{month}", party=mill, due=on, dims={"site": ("north", "south")[month % 2]})
        sold = [owed, line("sales", "-100.00", dims={"site": "north"}), line("tax.output", "-20.00", tax=vat)]
        bought = [line("inventory", "33.33 USD"), line("expense", "33.33 USD"), line("payable", "-66.66 USD", opens=f"bill:{month}")]
        office.post(
            voucher(f"shop.sale:{month}", on, *sold, text=f"Sale of {on:%B}"), voucher(f"shop.bill:{month}", on.replace(day=28), *bought)
        )
        if month % 3 == 1:
            office.pay(f"bank.receipt:{month}", on.replace(day=20), Paid(f"inv:{month}"), Paid(f"inv:{month - 1}"))
        if month % 6 == 5:
            office.reverse(f"shop.sale:{month}", "Sent back")
    office.clock.set("2026-01-10T09:00Z")
    office.lock("ledger", "2025-06-30")
    late = [line("expense", "9.00"), line("bank", "-9.00")]
    office.book("shop.late:1", "2025-06-29", *late, if_closed="next_open")
    office.book("shop.late:2", "2025-08-01", line("depreciation", "70.00"), line("asset.accdep", "-70.00"), book="tax")
    office.reverse("shop.sale:0", "Never delivered")
    with office.work(read_only=True) as uow:
        return uow.select(VoucherRecord).count()


def written(office: Office) -> dict[str, bytes]:
    """Key of the voucher → its entry with all its lines, as bytes; rows that it refers to by what people call them."""
    with office.work(read_only=True) as uow:
        names: dict[str, dict[int | None, Any]] = {
            "account_id": {account.id: account.code for account in uow.select(Account)},
            "voucher_id": {record.id: record.key for record in uow.select(VoucherRecord)},
            "journal_id": {journal.id: journal.code for journal in uow.select(Journal)},
        }
        entries = uow.select(Entry).all()
        names["reverses_id"] = {entry.id: names["voucher_id"][entry.voucher_id] for entry in entries}
        lines = uow.children(entries, Posting)

        def plain(row: Any) -> dict[str, Any]:
            skipped = {"unit_id", "number", "entry_id", "evolve_guard"}
            values = {a.name: getattr(row, a.name) for a in attrs.fields(type(row)) if a.name not in skipped}
            return {name: str(names.get(name, {}).get(value, value) if isinstance(value, int) else value) for name, value in values.items()}

        found = {}
        for entry in entries:
            whole = [plain(entry), *(plain(one) for one in sorted(lines[entry.id], key=lambda one: one.position))]
            found[names["voucher_id"][entry.voucher_id]] = json.dumps(whole, sort_keys=True).encode()
        return found


def test_books_that_are_opened_last_are_byte_for_byte_those_that_were_there_first(open_office: Callable[..., Office]) -> None:
    first = open_office(name="first")
    with first.work("carla") as uow:
        apply_standard_chart(uow, uow.company.id)
    count = two_years(first)

    open_clock = first.clock.instant
    before = open_office(name="last", books=False)
    before.clock.set("2026-01-05T09:00Z")
    assert two_years(before) == count
    last = open_office(name="last")
    with last.work("carla") as uow:
        assert catch_up(uow) == count
    assert first.clock.instant == open_clock

    assert written(last) == written(first)
    assert last.report("trial-balance") == first.report("trial-balance")
    for book in ("", "tax"):
        for on in ("2024-12-31", "2025-06-30", "2025-12-31"):
            assert last.balances(as_of=on, book=book) == first.balances(as_of=on, book=book)
            assert last.statement("balance-sheet", as_of=on, book=book) == first.statement("balance-sheet", as_of=on, book=book)
    assert last.items() == first.items() == before.items()
    assert last.balances(dim=["site=north"]) == first.balances(dim=["site=north"])
    with last.work("carla") as uow:
        assert catch_up(uow) == 0


def test_its_numbers_run_by_posting_date_and_then_by_the_order_of_commits(open_office: Callable[..., Office]) -> None:
    office = open_office(books=False)
    count = two_years(office)
    late = open_office()
    with late.work("carla") as uow:
        catch_up(uow)
    with late.work(read_only=True) as uow:
        order = {unit: place for place, unit in enumerate(uow.units_after(-1))}
        records = {record.id: record for record in uow.select(VoucherRecord)}
        entries = uow.select(Entry).all()
    by_year: dict[tuple[int, int], list[tuple[str, tuple[Any, ...]]]] = {}
    for entry in entries:
        record = records[entry.voucher_id or 0]
        by_year.setdefault((entry.journal_id, entry.fiscal_year), []).append(
            (entry.number, (record.posting_date, order[record.unit_id], record.id))
        )
    assert sum(map(len, by_year.values())) == count
    for numbered in by_year.values():
        numbered.sort()
        assert [place for _, place in numbered] == sorted(place for _, place in numbered)
        assert [int(number.rpartition("/")[2]) for number, _ in numbered] == list(range(1, len(numbered) + 1))


def test_the_record_says_who_posted_and_who_entered_it_later(open_office: Callable[..., Office]) -> None:
    open_office(books=False).post(voucher("shop.sale:1", "2025-03-02", line("cash", "5.00"), line("sales", "-5.00")), actor="till 3")
    late = open_office()
    rows = [(row.step, row.name) for row in late.report("trace", of="shop.sale:1")]
    assert ("not entered", "") in rows
    with late.work("carla") as uow:
        catch_up(uow)
    commits = [row.text.partition(" ")[0] for row in late.report("trace", of="shop.sale:1") if row.step == "commit"]
    assert commits == ["till", "carla"]
