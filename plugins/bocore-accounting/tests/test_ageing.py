"""Open items and their ageing as of any day, reconciled with the control accounts; and the trail of an entry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Line, Money, NotFound, Party, PartyKind, Rate, Refused, Source, Voucher
from bocore_accounting import AccountKind, apply_standard_chart, plugin, services

EUR, USD = "EUR", "USD"


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


@pytest.fixture
def shop(open_books: Any) -> Any:
    """A shop with two customers and a supplier.

    Acme: 120.00 due in January, of which 50.00 is paid in February; 80.00 due in March. Bolt: 100.00 USD at 0.90, due in February; and a
    credit of 30.00. The mill is owed 200.00, without a due date.
    """
    books = open_books("shop", plugin)
    with books.work() as uow:
        apply_standard_chart(uow, uow.company.id)
        books.acme, books.bolt, books.mill = (
            uow.add(Party(name=name, kind=PartyKind.ORGANISATION)).id for name in ("Acme", "Bolt", "Mill")
        )
        uow.add(Rate(currency=USD, to_currency=EUR, on=date(2026, 1, 1), source="test", rate=Decimal("0.90")))
    acme, bolt, mill = books.acme, books.bolt, books.mill

    def sold(key: str, day: date, amount: Money, party: int, due: date | None, site: str = "north") -> Voucher:
        owed = Line("receivable", amount, party=party, opens=key, due=due, dims={"site": site})
        return Voucher(f"sale:{key}", "shop.sale", [owed, Line("sales", -amount)], posting_date=day, text=f"Invoice {key}",
                       source=Source(label=f"Order of {key}", event="sold"))  # fmt: skip

    with books.work(reason="January") as uow:
        uow.post(
            sold("A1", date(2026, 1, 2), eur("120.00"), acme, date(2026, 1, 20)),
            sold("A2", date(2026, 2, 2), eur("80.00"), acme, date(2026, 3, 10), "south"),
            sold("B1", date(2026, 1, 10), Money("100.00", USD), bolt, date(2026, 2, 9)),
            sold("B2", date(2026, 2, 20), eur("-30.00"), bolt, None),
        )
        bill = [Line("expense", eur("200.00")), Line("payable", eur("-200.00"), party=mill, opens="M1")]
        uow.post(Voucher("bill:M1", "shop.bill", bill, posting_date=date(2026, 1, 31)))
    with books.work(reason="Bank statement") as uow:
        paid = [Line("bank", eur("50.00")), Line("receivable", eur("-50.00"), settles="A1")]
        uow.post(Voucher("paid:A1", "shop.paid", paid, posting_date=date(2026, 2, 15), text="Part of A1"))
    return books


def report(books: Any, name: str, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = books.bo.report(name, actor="ann", options=options).as_objects()
    return found


def aged(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Name and currency → total, and what is in each column."""
    return {(row["name"], row["currency"]): [row["total"], *row["overdue"].values()] for row in rows}


def test_each_partys_items_stand_in_the_column_of_their_days_overdue(shop: Any) -> None:
    rows = report(shop, "ageing", as_of="2026-03-11", purpose="receivable")
    assert list(rows[0]["overdue"]) == ["Not due", "1-30", "31-60", "61-90", "Over 90"]
    assert aged(rows) == {
        ("Acme", EUR): ["150.00", "0.00", "80.00", "70.00", "0.00", "0.00"],
        ("Bolt", EUR): ["-30.00", "0.00", "-30.00", "0.00", "0.00", "0.00"],
        ("Bolt", USD): ["100.00", "0.00", "100.00", "0.00", "0.00", "0.00"],
        ("Total 1100 Trade receivables", EUR): ["120.00", "0.00", "50.00", "70.00", "0.00", "0.00"],
        ("Total 1100 Trade receivables", USD): ["100.00", "0.00", "100.00", "0.00", "0.00", "0.00"],
        ("Balance of the account", EUR): ["120.00"],
        ("Balance of the account", USD): ["100.00"],
        ("Difference", EUR): ["0.00"],
        ("Difference", USD): ["0.00"],
    }


def test_the_ageing_of_a_past_day_knows_nothing_of_later_payments(shop: Any) -> None:
    before = aged(report(shop, "ageing", as_of="2026-02-14", purpose="receivable"))
    assert before["Acme", EUR] == ["200.00", "80.00", "120.00", "0.00", "0.00", "0.00"]
    assert before["Difference", EUR] == ["0.00"]
    with shop.work() as uow:
        uow.reverse("sale:A2", "Never delivered", date(2026, 4, 1))
    assert aged(report(shop, "ageing", as_of="2026-02-14", purpose="receivable")) == before


def test_what_is_owed_to_others_is_positive_too_and_due_on_its_document(shop: Any) -> None:
    rows = aged(report(shop, "ageing", as_of="2026-03-11", purpose="payable"))
    assert rows["Mill", EUR] == ["200.00", "0.00", "0.00", "200.00", "0.00", "0.00"]
    assert rows["Balance of the account", EUR] == ["200.00"]


def test_in_the_companys_currency_it_is_as_the_books_have_it(shop: Any) -> None:
    rows = aged(report(shop, "ageing", as_of="2026-03-11", purpose="receivable", currency="base"))
    assert rows["Bolt", EUR][0] == "60.00"
    assert rows["Balance of the account", EUR] == ["210.00"]
    assert rows["Difference", EUR] == ["0.00"]


def test_what_was_posted_to_the_account_without_an_item_is_the_difference(shop: Any) -> None:
    shop.post([("1100", "7.00"), ("4000", "-7.00")])
    rows = aged(report(shop, "ageing", as_of="2026-03-11"))
    assert rows["Difference", EUR] == ["0.00"]  # of the last account, payables
    receivable = [row for row in report(shop, "ageing", as_of="2026-03-11") if row["account"] == "1100"]
    assert aged(receivable)["Difference", EUR] == ["7.00"]


def test_a_control_account_without_open_items_is_still_compared(open_books: Any) -> None:
    books = open_books("empty", plugin)
    with books.work() as uow:
        apply_standard_chart(uow, uow.company.id)
    assert report(books, "ageing") == []
    books.post([("1100", "7.00"), ("4000", "-7.00")])
    rows = report(books, "ageing", as_of="2026-03-11")
    assert [(row["name"], row["total"]) for row in rows] == [
        ("Total 1100 Trade receivables", "0.00"), ("Balance of the account", "7.00"), ("Difference", "7.00"),
    ]  # fmt: skip


def test_items_are_grouped_by_purpose_or_kind_and_columns_end_where_one_wants(shop: Any) -> None:
    kinds = aged(report(shop, "ageing", as_of="2026-03-11", by="kind", days=[14, 60]))
    assert kinds["invoice", EUR] == ["200.00", "0.00", "0.00", "200.00", "0.00"]  # payables come last
    rows = [row for row in report(shop, "ageing", as_of="2026-03-11", by="kind", days=[14, 60]) if row["account"] == "1100"]
    assert aged(rows)["credit", EUR] == ["-30.00", "0.00", "0.00", "-30.00", "0.00"]
    assert list(rows[0]["overdue"]) == ["Not due", "1-14", "15-60", "Over 60"]
    assert ("receivable", USD) in aged(report(shop, "ageing", as_of="2026-03-11", by="purpose"))


def test_of_one_party_or_dimension_only(shop: Any) -> None:
    rows = report(shop, "ageing", as_of="2026-03-11", party=shop.acme)
    assert [(row["name"], row["total"]) for row in rows] == [("Acme", "150.00"), ("Total 1100 Trade receivables", "150.00")]
    south = aged(report(shop, "ageing", as_of="2026-03-11", dim=["site=south"]))
    assert south["Acme", EUR][0] == south["Balance of the account", EUR][0] == "80.00"


def test_former_days_stand_below(shop: Any) -> None:
    rows = report(shop, "ageing", as_of="2026-03-31", purpose="receivable", compare=1, step="month")
    assert {row["as_of"] for row in rows} == {"2026-03-31", "2026-02-28"}
    month = [row for row in rows if row["as_of"] == "2026-02-28"]
    assert aged(month) == aged(report(shop, "ageing", as_of="2026-02-28", purpose="receivable"))


def test_a_figure_leads_to_its_items_and_an_item_to_its_trail(shop: Any) -> None:
    result = shop.bo.report("ageing", actor="ann", options={"as_of": "2026-03-11"})
    followed = 0
    for row in result.rows:
        for key, amount in [(None, row.total), *row.overdue.items()]:
            column = "total" if key is None else "overdue"
            if result.link(row, column, key) is not None:
                items = result.drill(row, column, key).rows
                assert sum(item.remaining for item in items if item.currency == row.currency) == amount
                followed += 1
    assert followed == 7 * 6  # four rows of parties and three totals, each with five columns and their sum
    items = shop.bo.report("open-items", actor="ann", options={"as_of": "2026-03-11"})
    assert items.drill(items.rows[0], "remaining").rows[0].name == "sale:A1"
    assert items.drill(items.rows[0], "amount").rows[0].name == "sale:A1"


@pytest.mark.parametrize("currency", ["own", "base"])
def test_the_balance_of_a_control_account_leads_to_its_lines(shop: Any, currency: str) -> None:
    result = shop.bo.report("ageing", actor="ann", options={"as_of": "2026-03-11", "currency": currency})
    balances = [row for row in result.rows if row.kind == "balance"]
    assert balances
    for row in balances:
        lines = result.drill(row, "account").rows
        assert abs(lines[-1].balance) == abs(row.total)


def test_days_that_do_not_grow_and_purposes_that_nobody_knows_are_refused(shop: Any) -> None:
    with pytest.raises(Refused, match="Columns can't end at 60, 30 days"):
        report(shop, "ageing", days=[60, 30])
    with pytest.raises(Refused, match="Did you mean receivable"):
        report(shop, "ageing", purpose="receivables")
    with pytest.raises(NotFound, match="no account '9999'"):
        report(shop, "open-items", account="9999")


# ---------------------------------------------------------------- open items


def test_open_items_are_listed_with_what_remains_of_them(shop: Any) -> None:
    rows = report(shop, "open-items", as_of="2026-03-11")
    assert [(r["account"], r["party"], r["item"], r["amount"], r["remaining"], r["overdue"]) for r in rows] == [
        ("1100", "Acme", "A1", "120.00", "70.00", 50),
        ("1100", "Acme", "A2", "80.00", "80.00", 1),
        ("1100", "Bolt", "B1", "100.00", "100.00", 30),
        ("1100", "Bolt", "B2", "-30.00", "-30.00", 19),
        ("2000", "Mill", "M1", "200.00", "200.00", 39),
    ]
    assert [row["kind"] for row in rows] == ["invoice", "invoice", "invoice", "credit", "invoice"]
    assert rows[0]["entry"] == "SHOP/2026/00001"


def test_open_items_are_narrowed_by_what_one_looks_for(shop: Any) -> None:
    def keys(**options: Any) -> list[str]:
        return [row["item"] for row in report(shop, "open-items", as_of="2026-03-11", **options)]

    assert keys(party=shop.bolt) == ["B1", "B2"]
    assert keys(purpose="payable") == ["M1"]
    assert keys(kind="credit") == ["B2"]
    assert keys(account="2000") == ["M1"]
    assert keys(overdue_from=30) == ["A1", "B1", "M1"]
    assert keys(overdue_from=1, overdue_to=30) == ["A2", "B1", "B2"]
    assert keys(dim=["site=south"]) == ["A2"]
    assert report(shop, "open-items", as_of="2026-03-11", kind="invoice", party=shop.bolt, currency="base")[0]["remaining"] == "90.00"


def test_items_of_vouchers_without_entries_are_said_to_be_so(tmp_path: Path) -> None:
    with (
        BackOffice(tmp_path / "later.db", plugins=[]).init(company="Acme Ltd", currency=EUR) as bare,
        bare.unit_of_work(actor="ann") as uow,
    ):
        owed = [Line("receivable", eur("5.00"), opens="A9"), Line("sales", eur("-5.00"))]
        uow.post(Voucher("sale:A9", "shop.sale", owed, posting_date=date(2026, 3, 1)))
    with BackOffice(tmp_path / "later.db", plugins=[plugin]) as bo:
        bo.migrate()
        rows = bo.report("ageing", actor="ann", options={"as_of": "2026-03-11"}).as_objects()
        assert ("Total Not entered in the books", EUR) in aged(rows)
        (trail,) = [row for row in bo.report("trace", actor="ann", options={"of": "A9"}).as_objects() if row["step"] == "not entered"]
        assert "catch-up" in trail["text"]


# ---------------------------------------------------------------- the trail


def test_the_trail_leads_from_an_entry_to_its_voucher_source_items_and_commit(shop: Any) -> None:
    rows = report(shop, "trace", of="SHOP/2026/00001")
    assert [(r["level"], r["step"], r["name"], r["amount"]) for r in rows] == [
        (0, "voucher", "sale:A1", None),
        (1, "source", "Order of A1", None),
        (1, "commit", rows[2]["name"], None),
        (1, "entry", "SHOP/2026/00001", None),
        (2, "line", "1100 Trade receivables", "120.00"),
        (3, "opens", "A1", None),
        (4, "settled by", "paid:A1", "-50.00"),
        (2, "line", "4000 Sales", "-120.00"),
    ]
    assert rows[2]["text"].startswith("ann at 2026-11-22")
    assert rows[2]["text"].endswith("January")
    assert rows == report(shop, "trace", of="sale:A1") == report(shop, "trace", of="A1")
    with shop.work(read_only=True) as uow:
        assert [row.name for row in services.trace(uow, "A1")] == [row["name"] for row in rows]


def test_the_trail_of_a_payment_names_the_item_and_that_of_a_reversal_both_ways(shop: Any) -> None:
    assert ("settles", "A1", "-50.00") in [(r["step"], r["name"], r["amount"]) for r in report(shop, "trace", of="paid:A1")]
    with shop.work() as uow:
        receipt = uow.reverse("sale:A2", "Never delivered")
    after = [(r["step"], r["name"]) for r in report(shop, "trace", of="sale:A2")]
    assert ("reversed by", receipt.key) in after
    back = [(r["step"], r["name"]) for r in report(shop, "trace", of=receipt.key)]
    assert ("reverses", "sale:A2") in back


def test_an_entry_by_hand_has_a_trail_of_its_own(shop: Any) -> None:
    with shop.work(reason="Petty cash") as uow:
        first = services.enter(uow, date(2026, 3, 2), "Stamps", "6800", "1000", Decimal("5.00"), reference="R-7")
    with shop.work() as uow:
        services.reverse(uow, first.number, "Twice")
    rows = report(shop, "trace", of=first.number)
    assert [(r["level"], r["step"]) for r in rows] == [(0, "entry"), (1, "commit"), (1, "reversed by"), (1, "line"), (1, "line")]
    assert rows[0]["text"] == "Stamps, reference R-7"
    back = report(shop, "trace", of=rows[2]["name"])
    assert ("reverses", first.number) in [(r["step"], r["name"]) for r in back]


def test_a_trail_of_nothing_says_what_can_be_asked_for(shop: Any) -> None:
    with pytest.raises(NotFound, match="no entry, voucher or open item 'A7'"):
        report(shop, "trace", of="A7")


def test_a_line_of_the_ledger_leads_to_its_trail(shop: Any) -> None:
    ledger = shop.bo.report("general-ledger", actor="ann", options={"account": "1100", "since": "2026-01-03"})
    assert ledger.link(ledger.rows[0], "entry") is None  # the opening balance
    assert ledger.drill(ledger.rows[2], "entry").rows[0].step == "voucher"


def test_an_account_by_hand_of_unknown_kind_counts_debits_as_positive(shop: Any) -> None:
    with shop.work() as uow:
        services.open_account(uow, "9", "Drawer", AccountKind.UNKNOWN)
        owed = [Line("receivable", eur("5.00"), opens="X", account="9"), Line("sales", eur("-5.00"))]
        uow.post(Voucher("sale:X", "shop.sale", owed, posting_date=date(2026, 3, 1)))
    row = next(row for row in report(shop, "ageing", as_of="2026-03-11") if row["account"] == "9")
    assert (row["name"], row["total"]) == ("Without a party", "5.00")
