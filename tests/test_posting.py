"""Vouchers: what happened is said once, balances in the company's currency, and reaches every ledger in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from bocore import (
    BackOffice,
    BalanceQuery,
    Company,
    Entity,
    Finding,
    Line,
    Money,
    NotFound,
    Party,
    Plugin,
    Posted,
    PostingConflict,
    Rate,
    Receipt,
    Refused,
    Source,
    TaxFact,
    Token,
    UnitOfWork,
    UsageError,
    Voucher,
    VoucherRecord,
    entity,
    field,
    fill_text,
    hookimpl,
    lock_period,
    numbered,
    posted_from,
    recorded,
    ref,
)
from bocore.kernel.body import passed_as, read_money, request_of
from bocore.kernel.purposes import DESCRIPTIONS, EXAMPLES, STANDARD, fallbacks
from bocore.testing import FrozenClock, posted


@entity("till_sale")
class Sale(Entity):
    """What the till sold."""

    number: str = numbered("till.sale", "{year}-{n:04}")
    customer: str = field(default="", max_length=50, personal="party_id")
    party_id: int | None = ref(Party, default=None)


@entity("book_entry", append_only=True)
class Entry(Entity):
    """What a ledger made of a voucher."""

    voucher_id: int = ref(VoucherRecord)
    total: int
    text: str = field(default="", max_length=200)
    unit_id: int = recorded()


class Till(ModuleType):
    """A plugin that sells and, in the same module, a ledger that notes what it was handed."""

    plugin = Plugin(prefix="till", entities=[Sale], purposes={"till.sales": "sales", "till.food": "till.sales"})


class Book(ModuleType):
    """The ledger of these tests."""

    plugin = Plugin(prefix="book", entities=[Entry])

    def __init__(self) -> None:
        super().__init__("book")
        self.seen: list[Posted] = []

        @hookimpl
        def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
            self.seen += vouchers
            for one in vouchers:
                total = sum(line.base.minor_units for line in one.voucher.lines if line.base is not None)
                entry = uow.add(Entry(voucher_id=one.record.id, total=total))
                fill_text(uow, one, lambda text, entry=entry: setattr(entry, "text", text))  # type: ignore[misc]

        self.bo_posted = bo_posted


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def bo(tmp_path: Path, clock: FrozenClock, book: Book) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[Till("till"), book], clock=clock) as office:
        yield office.init(company="Acme Ltd", currency="EUR")


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


def usd(amount: str) -> Money:
    return Money(amount, "USD")


def cash_sale(key: str = "till.sale:1", amount: str = "28.00", **more: Any) -> Voucher:
    return Voucher(key, "till.sale", [Line("cash", eur(amount)), Line("sales", -eur(amount))], **more)


def post(bo: BackOffice, *vouchers: Voucher) -> list[Receipt]:
    with bo.unit_of_work(actor="ann") as uow:
        return uow.post(*vouchers)


def refusal(bo: BackOffice, *vouchers: Voucher) -> list[Finding]:
    with pytest.raises(Refused) as refused:
        post(bo, *vouchers)
    assert posted(bo) == []
    return refused.value.findings


# ---------------------------------------------------------------- what happened


def test_a_sale_paid_with_a_gift_card_and_rounded_cash(bo: BackOffice, book: Book) -> None:
    """47.98 gross at 20 % (39.98 net); 20.00 from a gift card, 27.98 in cash, rounded to 28.00; what was sold had cost 21.40."""
    tax = TaxFact("AT20", base=eur("-39.98"), tax=eur("-8.00"), rate=Decimal(20), registration="ATU12345675")
    with bo.unit_of_work(actor="till 3") as uow:
        sale = uow.add(Sale())
        card = [Line("cash", eur("50.00")), Line("stored_value", eur("-50.00"), opens="gc:8841")]
        _, *receipts = uow.post(
            Voucher("till.card:8841", "till.card", card),
            Voucher(
                key="till.sale:8f14e45f",
                kind="till.sale",
                source=Source(sale, event="sold", label="Sale {number}"),
                text="{label} at the till",
                lines=[
                    Line("cash", eur("28.00")),
                    Line("stored_value", eur("20.00"), settles="gc:8841"),
                    Line("till.sales", eur("-39.98"), dims={"shop": "north"}),
                    Line("tax.output", eur("-8.00"), tax=tax),
                    Line("rounding.cash", eur("-0.02")),
                ],
            ),
            Voucher("inventory.cost:8f14e45f", "inventory.cost", [Line("cogs", eur("21.40")), Line("inventory", eur("-21.40"))]),
        )
    assert [(r.key, r.posting_date, r.moved, r.repeated) for r in receipts] == [
        ("till.sale:8f14e45f", date(2026, 1, 15), False, False),
        ("inventory.cost:8f14e45f", date(2026, 1, 15), False, False),
    ]
    _, sale_record, cost = posted(bo)
    assert (sale_record.text, sale_record.source_label) == ("Sale 2026-0001 at the till", "Sale 2026-0001")
    assert (sale_record.source_entity, sale_record.source_id, sale_record.source_event) == ("till_sale", sale.id, "sold")
    assert cost.source_id is None
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        _, *entries = uow.select(Entry).order_by(Entry.c.id).all()
        assert [(e.voucher_id, e.total, e.text) for e in entries] == [
            (receipts[0].voucher_id, 0, "Sale 2026-0001 at the till"),
            (receipts[1].voucher_id, 0, ""),
        ]
    tax_line = book.seen[1].voucher.lines[3]
    assert tax_line.tax == tax
    assert tax_line.base == eur("-8.00")


def test_what_ledgers_get_is_plain_and_the_same_when_it_is_replayed(bo: BackOffice, book: Book) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party, sale = uow.add(Party(name="Ada")), uow.add(Sale())
        uow.post(
            Voucher(
                "till.sale:1",
                "till.sale",
                [Line("receivable", eur("10.00"), party=party, opens="inv:1", due=date(2026, 2, 1)), Line("sales", eur("-10.00"))],
                source=Source(sale, event="sold", label="{number}"),
                document_date=date(2026, 1, 2),
            )
        )
    (live,) = book.seen
    assert live.voucher.company == 1
    assert live.voucher.lines[0].party == party.id
    assert live.voucher.source == Source(event="sold", label="{number}", name="till_sale", id=sale.id)
    assert (live.voucher.document_date, live.voucher.posting_date, live.voucher.tax_date) == (date(2026, 1, 2), date(2026, 1, 2), None)
    (record,) = posted(bo)
    replayed = posted_from(record)
    assert replayed.voucher == live.voucher
    with bo.unit_of_work(actor="ann") as uow:
        texts: list[str] = []
        fill_text(uow, replayed, texts.append)
        assert texts == [record.text]


def test_a_voucher_that_a_ledger_refuses_leaves_nothing(tmp_path: Path, book: Book) -> None:
    strict = ModuleType("strict")
    strict.plugin = Plugin(prefix="strict")  # type: ignore[attr-defined]

    @hookimpl
    def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
        uow.refuse(Finding("strict.no", "Not on my watch.", fix="Ask me first."))

    strict.bo_posted = bo_posted  # type: ignore[attr-defined]
    with BackOffice(tmp_path / "books.db", plugins=[book, strict]).init(company="Acme", currency="EUR") as bo:
        with pytest.raises(Refused, match="Not on my watch"):
            post(bo, cash_sale())
        assert posted(bo) == []


def test_vouchers_that_a_ledger_posts_in_answer_reach_the_ledgers_too(tmp_path: Path, book: Book) -> None:
    stock = ModuleType("stock")
    stock.plugin = Plugin(prefix="stock")  # type: ignore[attr-defined]

    @hookimpl
    def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
        for one in vouchers:
            if one.voucher.kind == "till.sale":
                uow.post(Voucher(f"cost:{one.voucher.key}", "stock.cost", [Line("cogs", eur("2")), Line("inventory", eur("-2"))]))

    stock.bo_posted = bo_posted  # type: ignore[attr-defined]
    with BackOffice(tmp_path / "books.db", plugins=[book, stock]).init(company="Acme", currency="EUR") as bo:
        post(bo, cash_sale())
        assert [r.key for r in posted(bo)] == ["till.sale:1", "cost:till.sale:1"]
        assert [one.voucher.key for one in book.seen] == ["till.sale:1", "cost:till.sale:1"]


# ---------------------------------------------------------------- once


def test_the_same_voucher_again_gives_the_first_receipt(bo: BackOffice, book: Book, clock: FrozenClock) -> None:
    (first,) = post(bo, cash_sale())
    clock.advance(days=30)
    (again,) = post(bo, cash_sale())
    assert again == attrs.evolve(first, repeated=True)
    assert len(posted(bo)) == len(book.seen) == 1


def test_the_same_voucher_twice_in_one_call_or_unit_is_posted_once(bo: BackOffice, book: Book) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first, second = uow.post(cash_sale(), cash_sale())
        third, other = uow.post(cash_sale(), cash_sale("till.sale:2"))
    assert [r.repeated for r in (first, second, third, other)] == [False, True, True, False]
    assert first.voucher_id == second.voucher_id == third.voucher_id != other.voucher_id
    assert len(posted(bo)) == len(book.seen) == 2


def test_a_key_with_another_body_is_a_conflict_that_says_what_differs(bo: BackOffice) -> None:
    post(bo, cash_sale(text="Two coffees"))
    with pytest.raises(PostingConflict) as conflict:
        post(bo, cash_sale("till.sale:2"), cash_sale(amount="27.00", text="Two teas", document_date=date(2026, 1, 14)))
    said = str(conflict.value)
    assert "line 1: amount was 28.00 EUR and is 27.00 EUR" in said
    assert "text was 'Two coffees' and is 'Two teas'" in said
    assert "document_date was None and is '2026-01-14'" in said
    assert "uow.reverse" in said
    assert [r.key for r in posted(bo)] == ["till.sale:1"]
    with pytest.raises(PostingConflict, match="it had 2 lines and has 3"):
        post(bo, cash_sale("till.sale:3"), Voucher("till.sale:3", "till.sale", [*cash_sale().lines, Line("sales", eur("0"))]))


def test_a_repeated_voucher_is_not_judged_by_what_changed_since(bo: BackOffice) -> None:
    (first,) = post(bo, cash_sale())
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    (again,) = post(bo, cash_sale())
    assert again.repeated
    assert again.voucher_id == first.voucher_id


def test_texts_that_look_the_same_are_the_same_however_they_are_composed(bo: BackOffice) -> None:
    composed, apart = "K\u00e4se", "Ka\u0308se"
    (first,) = post(bo, cash_sale(f"sale:{composed}", text=composed))
    (again,) = post(bo, cash_sale(f"sale:{apart}", text=apart))
    assert (again.repeated, again.voucher_id, again.key) == (True, first.voucher_id, f"sale:{composed}")
    (row,) = posted(bo)
    assert (row.key, row.text) == (f"sale:{composed}", composed)
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.reverse(f"sale:{apart}", "Returned").key == f"sale:{composed}:reversal"


def test_money_in_a_voucher_keeps_the_decimals_that_its_currency_had() -> None:
    assert read_money([1250, "EUR", 2]) == eur("12.50")
    assert (read_money([1250, "EUR", 3]).amount, read_money([1250, "FUND", 4]).amount) == (Decimal("1.250"), Decimal("0.1250"))


def test_a_unit_that_fails_leaves_its_keys_free(bo: BackOffice) -> None:
    with pytest.raises(ZeroDivisionError), bo.unit_of_work(actor="ann") as uow:
        uow.post(cash_sale())
        raise ZeroDivisionError
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(ZeroDivisionError), uow.savepoint():
            uow.post(cash_sale(amount="1.00"))
            raise ZeroDivisionError
        assert not uow.post(cash_sale())[0].repeated
    assert [r.key for r in posted(bo)] == ["till.sale:1"]


# ---------------------------------------------------------------- refused


def test_everything_that_is_wrong_is_said_at_once_with_its_place(bo: BackOffice) -> None:
    findings = refusal(
        bo,
        Voucher("a", "till.sale", []),
        Voucher("b", "till.sale", [Line("cash", 28)], nature="odd", if_closed="later", posting_date="2026-01-01"),  # type: ignore[arg-type]
        Voucher("c", "till.sale", [Line("cash", eur("1"), opens=7, dims={"shop": 1}, quantity=Decimal("NaN"))]),  # type: ignore[arg-type, dict-item]
    )
    assert [(f.at, f.field) for f in findings] == [
        ("voucher a", "lines"),
        ("voucher b", "posting_date"),
        ("voucher b", "nature"),
        ("voucher b", "if_closed"),
        ("voucher b line 1", "amount"),
        ("voucher c line 1", "dims"),
        ("voucher c line 1", "opens"),
        ("voucher c line 1", "quantity"),
    ]
    assert all(f.fix for f in findings)


def test_a_voucher_must_balance_and_name_purposes_that_exist(bo: BackOffice) -> None:
    findings = refusal(
        bo,
        Voucher("a", "x", [Line("cash", eur("28.00")), Line("sales", eur("-27.00"))]),
        Voucher("b", "x", [Line("cash", eur("1.00")), Line("till.slaes", eur("-1.00"))]),
    )
    assert [(f.code, f.at, f.field) for f in findings] == [
        ("bo.unbalanced", "voucher a", "lines"),
        ("bo.unknown_purpose", "voucher b line 2", "purpose"),
    ]
    assert "1.00 EUR" in findings[0].message
    assert "'till.sales'" in findings[1].fix


def test_the_vouchers_of_one_call_are_checked_all_the_way_whatever_is_wrong_with_the_first(bo: BackOffice) -> None:
    findings = refusal(
        bo,
        Voucher("a", "x", []),
        cash_sale("b", text="nul \0"),
        Voucher("c", "x", [Line("cash", eur("28.00")), Line("sales", eur("-27.00"))]),
        Voucher("d", "x", [Line("cash", eur("1.00")), Line("till.slaes", eur("-1.00"))]),
        cash_sale("e", reverses="a"),
    )
    assert [(f.code, f.at) for f in findings] == [
        ("bo.no_lines", "voucher a"),
        ("bo.not_canonical", "voucher 'b'"),
        ("bo.unbalanced", "voucher c"),
        ("bo.unknown_purpose", "voucher d line 2"),
    ]


def test_a_key_that_is_taken_is_said_together_with_what_is_wrong_with_the_others(bo: BackOffice) -> None:
    post(bo, cash_sale())
    with pytest.raises(PostingConflict) as conflict:
        post(bo, cash_sale(amount="29.00"), Voucher("b", "x", []))
    assert [(f.code, f.at) for f in conflict.value.findings] == [
        ("bo.posting_conflict", "voucher till.sale:1"),
        ("bo.no_lines", "voucher b"),
    ]


def test_a_reversal_needs_a_reason(bo: BackOffice) -> None:
    post(bo, cash_sale())
    for reason in ("", "  "):
        with bo.unit_of_work(actor="ann") as uow, pytest.raises(Refused, match="A reversal needs a reason") as refused:
            uow.reverse("till.sale:1", reason)
        assert (refused.value.findings[0].code, refused.value.findings[0].field) == ("bo.reversal", "reason")
    assert len(posted(bo)) == 1


def test_a_base_that_contradicts_the_amount_or_the_company_is_refused(bo: BackOffice) -> None:
    findings = refusal(
        bo,
        Voucher("a", "x", [Line("cash", eur("5"), base=eur("4")), Line("sales", eur("-4"))]),
        Voucher("b", "x", [Line("cash", usd("5"), base=usd("5")), Line("sales", eur("-4"))]),
    )
    assert [(f.code, f.at) for f in findings] == [("bo.base", "voucher a line 1"), ("bo.base", "voucher b line 1")]


def test_text_that_no_database_can_hold_is_refused(bo: BackOffice) -> None:
    for text in ("half \ud800", "nul \0"):
        (finding,) = refusal(bo, cash_sale(text=text))
        assert finding.code == "bo.not_canonical"
        assert finding.at == "voucher 'till.sale:1'"


def test_a_source_must_have_been_added(bo: BackOffice) -> None:
    with pytest.raises(UsageError, match="was not added yet"):
        post(bo, cash_sale(source=Source(Sale())))


def test_a_number_that_another_unit_of_work_takes_can_not_be_waited_for(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        sale = uow.add(Sale())
        with pytest.raises(UsageError, match="another unit of work"):
            post(bo, cash_sale(source=Source(sale, label="{number}")))
    post(bo, cash_sale(source=Source(sale, label="{number}")))
    assert [r.source_label for r in posted(bo)] == ["2026-0001"]


def test_texts_name_only_what_the_source_has_and_may_show(bo: BackOffice) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        sale = uow.add(Sale(customer="Ada"))
        uow.post(
            cash_sale("a", source=Source(sale, label="Sale {source.nubmer}")),
            cash_sale("b", source=Source(sale), text="For {source.customer}"),
            cash_sale("c", text="{number}"),
        )
    said = [f.message for f in refused.value.findings]
    assert [f.at for f in refused.value.findings] == ["voucher a", "voucher b", "voucher c"]
    assert "which Sale does not have" in said[0]
    assert "personal" in said[1]
    assert "no source row" in said[2]


def test_braces_that_are_no_template_stay(bo: BackOffice) -> None:
    post(bo, cash_sale(text="Fee {12} {x}"))
    assert posted(bo)[0].text == "Fee {12} {x}"


def test_texts_are_filled_even_if_vouchers_are_read_before_the_end(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        sale = uow.add(Sale())
        uow.post(cash_sale(source=Source(sale, label="Sale {number}"), text="{label}"))
        assert uow.select(VoucherRecord).one().text == "Sale 2026-0001"
        second = uow.add(Sale())
        uow.post(cash_sale("till.sale:2", source=Source(second), text="No. {source.number}"))
    assert [r.text for r in posted(bo)] == ["Sale 2026-0001", "No. 2026-0002"]


def test_the_company_of_a_voucher_may_be_another_than_the_units(bo: BackOffice, book: Book) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="UK", name="Acme UK", currency="GBP"))
    pounds = [Line("cash", Money("3", "GBP")), Line("sales", Money("-3", "GBP"))]
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.post(cash_sale(), Voucher("uk:1", "till.sale", pounds, company="UK"))
    assert [one.voucher.company for one in book.seen] == [1, 2]
    assert [line.base for line in book.seen[1].voucher.lines] == [Money("3", "GBP"), Money("-3", "GBP")]


# ---------------------------------------------------------------- closed periods


def test_a_sale_that_the_till_sends_late_moves_to_the_first_open_day_if_it_may(bo: BackOffice, clock: FrozenClock) -> None:
    """An offline till sends on 3 February what it sold on 31 January; January is locked."""
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    clock.set("2026-02-03T08:00Z")
    late = cash_sale(document_date=date(2026, 1, 31))
    (finding,) = refusal(bo, late)
    assert (finding.code, finding.field, finding.params["through"]) == ("bo.period_locked", "posting_date", "2026-01-31")
    assert "2026-02-01 or later" in finding.fix
    with bo.unit_of_work(actor="till 3") as uow:
        (receipt,) = uow.post(attrs.evolve(late, if_closed="next_open"))
        assert [f.code for f in uow.findings] == ["bo.posting_moved"]
    assert (receipt.moved, receipt.posting_date) == (True, date(2026, 2, 1))
    assert "2026-01-31 is closed" in receipt.findings[0].message
    (record,) = posted(bo)
    assert (record.document_date, record.posting_date, record.moved) == (date(2026, 1, 31), date(2026, 2, 1), True)
    (again,) = post(bo, attrs.evolve(late, if_closed="next_open"))
    assert (again.repeated, again.moved, again.posting_date) == (True, True, date(2026, 2, 1))


def test_dates_that_are_not_given(bo: BackOffice) -> None:
    new_year = date(2026, 1, 1)
    post(bo, cash_sale("a"), cash_sale("b", document_date=new_year), cash_sale("c", posting_date=new_year, tax_date=new_year))
    assert [(r.document_date, r.posting_date, r.tax_date) for r in posted(bo)] == [
        (date(2026, 1, 15), date(2026, 1, 15), None),
        (new_year, new_year, None),
        (new_year, new_year, new_year),
    ]


# ---------------------------------------------------------------- other currencies


def test_lines_in_another_currency_are_converted_at_the_rate_of_the_posting_date(bo: BackOffice, book: Book) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.90")))
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 20), rate=Decimal("0.93")))
    post(bo, Voucher("inv:1", "invoice", [Line("receivable", usd("10000"), opens="inv:1"), Line("sales", usd("-10000"))]))
    assert [line.base for line in book.seen[0].voucher.lines] == [eur("9000"), eur("-9000")]


def test_a_foreign_invoice_is_paid_in_parts_with_a_realised_loss(bo: BackOffice) -> None:
    """USD 10 000 at 0.90; 4 000 paid at 0.91, valued at 0.93, 6 000 paid at 0.88: a loss of 80 in all."""
    lines = {
        "sale:1": [Line("receivable", usd("10000"), base=eur("9000"), opens="inv:1"), Line("sales", usd("-10000"), base=eur("-9000"))],
        "pay:1": [
            Line("bank", eur("3640")),
            Line("receivable", usd("-4000"), base=eur("-3600"), settles="inv:1"),
            Line("fx.realised", eur("-40")),
        ],
        "value:1": [Line("receivable", usd("0"), base=eur("180")), Line("fx.unrealised", eur("-180"))],
        "pay:2": [
            Line("bank", eur("5280")),
            Line("fx.realised", eur("120")),
            Line("receivable", usd("-6000"), base=eur("-5400"), settles="inv:1"),
        ],
    }
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(*(Voucher(key, "payment", of, nature="revaluation" if key == "value:1" else "normal") for key, of in lines.items()))
        uow.reverse("value:1", "Next day", date(2026, 2, 1))
    sums: dict[str, Decimal] = {}
    for record in posted(bo):
        for line in posted_from(record).voucher.lines:
            assert line.base is not None
            sums[line.purpose] = sums.get(line.purpose, Decimal(0)) + line.base.amount
    assert sums == {"receivable": 0, "sales": -9000, "bank": 8920, "fx.realised": 80, "fx.unrealised": 0}


def test_what_rounding_leaves_over_goes_to_a_line_of_its_own(bo: BackOffice, book: Book) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.333")))
    lines = [Line("bank", usd("1.00")), *(Line("sales", usd("-0.25")) for _ in range(4))]
    (receipt,) = post(bo, Voucher("a", "x", lines))
    bases = [line.base for line in book.seen[0].voucher.lines]
    assert bases == [eur("0.33"), *[eur("-0.08")] * 4, eur("-0.01")]
    assert book.seen[0].voucher.lines[-1] == Line("rounding.fx", eur("-0.01"), base=eur("-0.01"))
    assert post(bo, Voucher("a", "x", lines))[0] == attrs.evolve(receipt, repeated=True)
    with pytest.raises(Refused, match=r"after 1 of them were converted"):
        post(bo, Voucher("b", "x", [Line("bank", usd("1.00")), Line("sales", eur("-0.30"))]))


def test_lines_of_one_currency_that_do_not_add_up_in_it_are_not_said_to_be_converted_wrong(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.001")))
    (finding,) = refusal(bo, Voucher("a", "x", [Line("bank", usd("1.00")), Line("sales", usd("-0.99"))]))
    assert finding.message == "The lines add up to 0.01 USD, and must add up to 0."


def test_a_currency_or_token_without_a_rate_is_refused(bo: BackOffice) -> None:
    findings = refusal(
        bo,
        Voucher("a", "x", [Line("bank", usd("1.00")), Line("sales", usd("-1.00"))]),
        Voucher("b", "x", [Line("bank", Money("1", Token("POINTS", 0))), Line("sales", eur("-1.00"))]),
    )
    assert [(f.code, f.at) for f in findings] == [
        ("bo.unknown_currency", "voucher b line 1"),
        ("bo.no_rate", "voucher a line 1"),
        ("bo.no_rate", "voucher a line 2"),
    ]
    assert "from USD to EUR on 2026-01-15" in findings[1].message


# ---------------------------------------------------------------- reversal


def test_a_reversal_mirrors_lines_taxes_and_bases_once(bo: BackOffice, book: Book) -> None:
    tax = TaxFact("AT20", base=eur("-10.00"), tax=eur("-2.00"), rate=Decimal(20))
    with bo.unit_of_work(actor="ann") as uow:
        sale = uow.add(Sale())
        uow.post(
            Voucher(
                "inv:1",
                "invoice",
                [
                    Line("receivable", eur("12.00"), opens="inv:1", due=date(2026, 2, 1), dims={"shop": "north"}),
                    Line("sales", eur("-10.00"), quantity=Decimal(3)),
                    Line("tax.output", eur("-2.00"), tax=tax),
                ],
                source=Source(sale, event="sold", label="Sale {number}"),
                tax_date=date(2026, 1, 10),
            )
        )
    with bo.unit_of_work(actor="ann") as uow:
        receipt = uow.reverse("inv:1", "Wrong customer")
        assert uow.reverse("inv:1", "Wrong customer") == attrs.evolve(receipt, repeated=True)
    original, mirror = posted(bo)
    assert (mirror.key, mirror.reverses, mirror.text) == ("inv:1:reversal", "inv:1", "Reversal: Wrong customer")
    assert mirror.source_label == original.source_label == "Sale 2026-0001"
    assert (mirror.posting_date, mirror.tax_date) == (original.posting_date, original.tax_date)
    lines = book.seen[1].voucher.lines
    assert [line.base for line in lines] == [eur("-12.00"), eur("10.00"), eur("2.00")]
    assert (lines[0].opens, lines[0].settles, lines[0].dims) == (None, "inv:1", {"shop": "north"})
    assert lines[1].quantity == -3
    assert lines[2].tax == attrs.evolve(tax, base=eur("10.00"), tax=eur("2.00"))
    assert posted_from(mirror).voucher == book.seen[1].voucher
    with pytest.raises(Refused, match="already reversed by inv:1:reversal"), bo.unit_of_work(actor="ann") as uow:
        uow.reverse("inv:1", "Another reason")
    with pytest.raises(Refused, match=r"can't be reversed.*new voucher"), bo.unit_of_work(actor="ann") as uow:
        uow.reverse("inv:1:reversal", "Undo the undoing")
    with pytest.raises(NotFound, match="no voucher inv:2"), bo.unit_of_work(actor="ann") as uow:
        uow.reverse("inv:2", "Never was")


def test_a_reversal_of_a_closed_day_counts_on_the_first_open_one(bo: BackOffice) -> None:
    post(bo, cash_sale("a"), cash_sale("b"))
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    with bo.unit_of_work(actor="ann") as uow:
        moved = uow.reverse("a", "Returned")
        assert (moved.moved, moved.posting_date) == (True, date(2026, 2, 1))
        with pytest.raises(Refused, match="closed"):
            uow.reverse("b", "Returned", date(2026, 1, 20))
        assert uow.reverse("b", "Returned", date(2026, 2, 5)).posting_date == date(2026, 2, 5)


def test_a_voucher_can_be_reversed_where_it_was_posted_and_by_hand(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        sale = uow.add(Sale())
        uow.post(cash_sale("a", source=Source(sale, label="Sale {number}")), cash_sale("b"))
        uow.reverse("a", "Typed {number} by mistake")
        uow.post(Voucher("b:back", "till.return", [Line("cash", eur("-28")), Line("sales", eur("28"))], reverses="b"))
    assert [(r.text, r.source_label) for r in posted(bo, reverses="a")] == [("Reversal: Typed {number} by mistake", "Sale 2026-0001")]
    with pytest.raises(Refused) as refused:
        post(bo, cash_sale("c", reverses="b"), cash_sale("d", reverses="nothing"), cash_sale("e", reverses="b:back"))
    assert [f.code for f in refused.value.findings] == ["bo.already_reversed", "bo.reversal", "bo.reversal"]


# ---------------------------------------------------------------- stored form and purposes


def test_the_stored_body_is_json_that_says_what_was_passed(bo: BackOffice) -> None:
    """The form of schema 1 is for ever: books are rebuilt from it."""
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=date(2026, 1, 1), rate=Decimal("0.335")))
    period = (date(2026, 1, 1), date(2026, 12, 31))
    lines = [Line("bank", usd("1.00"), quantity=Decimal("1.50")), Line("sales", eur("-0.33"), service=period), Line("expense", eur("0.00"))]
    post(bo, Voucher("a", "x", lines, text="Rent"))
    (record,) = posted(bo)
    assert record.body == {
        "v": 1,
        "asked": {"document_date": None, "posting_date": None, "if_closed": "refuse", "text": "Rent", "label": None},
        "lines": [
            {"purpose": "bank", "amount": [100, "USD", 2], "base": [34, "EUR", 2], "filled": True, "quantity": "1.5"},
            {
                "purpose": "sales",
                "amount": [-33, "EUR", 2],
                "base": [-33, "EUR", 2],
                "filled": True,
                "service": ["2026-01-01", "2026-12-31"],
            },
            {"purpose": "expense", "amount": [0, "EUR", 2], "base": [0, "EUR", 2], "filled": True},
            {"purpose": "rounding.fx", "amount": [-1, "EUR", 2], "base": [-1, "EUR", 2]},
        ],
        "residue": True,
    }
    assert json.loads(json.dumps(record.body)) == record.body
    assert request_of(passed_as(record)) == record.request


def test_every_purpose_is_described_and_falls_back_to_one_that_exists() -> None:
    assert STANDARD.keys() == DESCRIPTIONS.keys() == EXAMPLES.keys()
    assert all(text.endswith(".") for text in DESCRIPTIONS.values())
    assert {fallback for fallback in STANDARD.values() if fallback} <= STANDARD.keys()
    assert {chain[-1] for chain in (fallbacks(STANDARD, purpose) for purpose in STANDARD)} == {
        "asset", "liability", "equity", "income", "expense", "suspense",
    }  # fmt: skip


def test_the_example_of_every_purpose_is_a_voucher_that_balances_and_uses_it(bo: BackOffice, book: Book) -> None:
    assert [purpose for purpose, (_, lines) in EXAMPLES.items() if purpose not in {used for used, _ in lines}] == []
    assert [purpose for purpose, (_, lines) in EXAMPLES.items() if sum(Decimal(amount) for _, amount in lines)] == []
    for purpose, (story, lines) in EXAMPLES.items():
        post(bo, Voucher(purpose, "example", [Line(used, eur(amount)) for used, amount in lines], text=story))
        assert [(line.purpose, str(line.amount.amount)) for line in book.seen[-1].voucher.lines] == list(lines)


def test_a_purpose_of_a_plugin_falls_back_step_by_step(bo: BackOffice) -> None:
    assert fallbacks(bo.host.purposes, "till.food") == ["till.food", "till.sales", "sales", "income"]
    assert fallbacks(bo.host.purposes, "gone.since") == ["gone.since"]


def test_a_balance_is_asked_for_by_purpose_or_account() -> None:
    query = BalanceQuery(company=1, purpose="cash", through=date(2026, 1, 31))
    assert (query.account, query.party, dict(query.dims)) == (None, None, {})


def sold(key: str, amount: str = "1.00", **more: Any) -> Voucher:
    return Voucher(key, "till.sale", [Line("cash", eur(amount)), Line("till.sales", -eur(amount))], **more)


def test_vouchers_of_one_call_reverse_one_another_once_and_no_reversal(bo: BackOffice) -> None:
    def refusals(*vouchers: Voucher) -> list[tuple[str, str | None]]:
        with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
            uow.post(*vouchers)
        assert posted(bo) == []
        return [(f.code, f.field) for f in refused.value.findings]

    sale, back = sold("s"), sold("r", "-1.00", reverses="s")
    assert refusals(sale, back, sold("again", "-1.00", reverses="s")) == [("bo.already_reversed", "reverses")]
    assert refusals(sale, back, sold("back", reverses="r")) == [("bo.reversal", "reverses")]
    assert refusals(sold("itself", reverses="itself")) == [("bo.reversal", "reverses")]
    with bo.unit_of_work(actor="ann") as uow:
        assert [receipt.repeated for receipt in uow.post(sale, back, back)] == [False, False, True]


def test_a_voucher_of_another_company_is_not_reversed_by_hand(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(sold("s"))
        uow.add(Company(code="NORTH", name="North Ltd", currency="EUR", zone="Europe/Vienna"))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann", company="NORTH") as uow:
        uow.post(sold("r", "-1.00", reverses="s"))
    assert [(f.code, f.field) for f in refused.value.findings] == [("bo.other_company", "reverses")]


def test_every_key_leaves_room_for_its_reversal(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="at most 191 are allowed"), bo.unit_of_work(actor="ann") as uow:
        uow.post(sold("k" * 192))
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(sold("k" * 191))
    with bo.unit_of_work(actor="ann") as uow:
        assert len(uow.reverse("k" * 191, "Wrong").key) == 200


def test_correlations_are_the_same_however_they_are_composed(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", correlation="cafe\u0301") as uow:
        uow.post(sold("s"))
    with bo.unit_of_work(actor="ann", read_only=True) as reading:
        assert reading.units_of("caf\u00e9") == reading.units_of("cafe\u0301") == [uow.unit]
    number: Any = 7
    with pytest.raises(UsageError, match="correlation is 7"):
        bo.unit_of_work(actor="ann", correlation=number)
