"""Open items: lines of vouchers open and settle them, nothing more is settled than is open, and any past day can be asked about."""

from __future__ import annotations

import gc
import sqlite3
import threading
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
    Book,
    Company,
    DimensionAxis,
    DimensionSet,
    DimensionValue,
    Finding,
    ItemBalance,
    ItemKind,
    ItemRow,
    Line,
    Money,
    NotFound,
    OpenItem,
    Paid,
    Party,
    Plugin,
    Posted,
    Rate,
    Receipt,
    Refused,
    Settlement,
    UnitOfWork,
    UsageError,
    Voucher,
    VoucherRecord,
    check_items,
    hookimpl,
    lock_period,
    open_items,
    posted_from,
    settle_lines,
)
from bocore.kernel.backfill import itemise_posted
from bocore.kernel.items import kind_of
from bocore.kernel.purposes import STANDARD
from bocore.kernel.settling import Unsettled, share_lines
from bocore.record.verify import verify
from bocore.testing import FrozenClock, behind, posted

JAN, FEB, MAR = date(2026, 1, 5), date(2026, 2, 3), date(2026, 3, 2)
AHEAD = date(2026, 12, 31)


class Clinic(ModuleType):
    """A plugin with purposes of its own, and a ledger that notes what it was handed."""

    plugin = Plugin(
        prefix="clinic",
        purposes={"clinic.payer": "receivable", "clinic.patient": "receivable", "clinic.contractual": "sales", "clinic.remit": "clearing"},
    )

    def __init__(self) -> None:
        super().__init__("clinic")
        self.seen: list[Posted] = []

        @hookimpl
        def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
            self.seen += vouchers

        self.bo_posted = bo_posted


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
def bo(tmp_path: Path, clock: FrozenClock, clinic: Clinic) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[clinic], clock=clock) as office:
        yield office.init(company="Acme Ltd", currency="EUR")


def eur(amount: str) -> Money:
    return Money(amount, "EUR")


def usd(amount: str) -> Money:
    return Money(amount, "USD")


def voucher(key: str, *lines: Line, on: date = JAN, **more: Any) -> Voucher:
    return Voucher(key, key.partition(":")[0], lines, posting_date=on, **more)


def invoice(key: str = "inv:1", amount: str = "100.00", on: date = JAN, due: date | None = FEB, **more: Any) -> Voucher:
    owed = Line("receivable", eur(amount), opens=key, due=due, **more)
    return voucher(f"sale:{key}", owed, Line("sales", -eur(amount)), on=on)


def payment(key: str, amount: str, of: str = "inv:1", on: date = FEB, **more: Any) -> Voucher:
    return voucher(key, Line("bank", eur(amount)), Line("receivable", -eur(amount), settles=of, **more), on=on)


def post(bo: BackOffice, *vouchers: Voucher) -> list[Receipt]:
    with bo.unit_of_work(actor="ann") as uow:
        return uow.post(*vouchers)


def refused(bo: BackOffice, *vouchers: Voucher) -> list[Finding]:
    """The findings with which vouchers are refused; nothing is left of them."""
    before = len(posted(bo)), remaining(bo)
    with pytest.raises(Refused) as error:
        post(bo, *vouchers)
    assert (len(posted(bo)), remaining(bo)) == before
    return list(error.value.findings)


def listed(bo: BackOffice, **asked: Any) -> list[ItemRow]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_items(uow)) == []
        return open_items(uow, **asked)


def remaining(bo: BackOffice, **asked: Any) -> dict[str, str]:
    return {row.key: str(row.remaining) for row in listed(bo, **asked)}


# ---------------------------------------------------------------- opening and settling


def test_an_invoice_is_open_until_it_is_paid_and_every_past_day_can_be_asked_about(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ada = uow.add(Party(name="Ada Ltd"))
        uow.post(invoice(party=ada), payment("pay:1", "40.00"), payment("pay:2", "60.00", on=MAR))
    assert remaining(bo) == {}
    days = [date(2026, 1, 4), JAN, date(2026, 2, 2), FEB, date(2026, 3, 1), MAR]
    assert [remaining(bo, as_of=day).get("inv:1") for day in days] == [None, "100.00 EUR", "100.00 EUR", "60.00 EUR", "60.00 EUR", None]
    (row,) = listed(bo, as_of=FEB)
    assert (row.kind, row.purpose, row.party_id, row.due, row.posting_date) == (ItemKind.INVOICE, "receivable", ada.id, FEB, JAN)
    assert (row.amount, row.remaining, row.base, row.revaluation) == (eur("100.00"), eur("60.00"), eur("60.00"), eur("0.00"))


def test_a_settling_line_takes_from_its_item_what_it_leaves_out(bo: BackOffice, clinic: Clinic) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ada = uow.add(Party(name="Ada Ltd"))
        first = uow.post(invoice(party=ada, by={"group": "export"}, dims={"site": "north"}, account="1400"))[0]
        (second,) = uow.post(payment("pay:1", "40.00"))
    line = clinic.seen[1].voucher.lines[1]
    assert (line.party, line.by, line.dims, line.account) == (ada.id, {"group": "export"}, {"site": "north"}, "1400")
    records = posted(bo)
    assert [record.id for record in records] == [first.voucher_id, second.voucher_id]
    assert posted_from(records[1]).voucher == clinic.seen[1].voucher
    assert post(bo, payment("pay:1", "40.00"))[0].repeated  # what was passed is still known, without what was taken
    (row,) = listed(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert row.dimension_set_id is not None
        assert uow.get(DimensionSet, row.dimension_set_id).values == {"site": "north"}


def test_a_payment_is_not_held_up_by_a_dimension_that_was_closed_since(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        axis = uow.add(DimensionAxis(code="site", name="Site", closed=True))
        north = uow.add(DimensionValue(axis_id=axis.id, code="north", name="North"))
        uow.post(invoice(dims={"site": "north"}))
        north.active = False
    post(bo, payment("pay:1", "40.00"))
    assert remaining(bo) == {"inv:1": "60.00 EUR"}
    assert [f.code for f in refused(bo, payment("pay:2", "10.00", dims={"site": "north"}))] == ["bo.dimension_value"]


def test_what_was_opened_in_the_same_unit_or_call_can_be_settled(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(invoice("inv:1"), payment("pay:1", "30.00"))
        uow.post(payment("pay:2", "30.00"))
        assert [str(row.remaining) for row in open_items(uow)] == ["40.00 EUR"]  # written by this read
        uow.post(payment("pay:3", "15.00"))
        assert [str(row.remaining) for row in open_items(uow)] == ["25.00 EUR"]
        uow.post(voucher("net:1", Line("receivable", eur("9.00"), opens="x"), Line("receivable", eur("-9.00"), settles="x")))
    assert remaining(bo) == {"inv:1": "25.00 EUR"}


def test_an_undone_part_leaves_items_as_they_were(bo: BackOffice) -> None:
    post(bo, invoice("inv:1"))
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(ZeroDivisionError), uow.savepoint():
            uow.post(payment("pay:1", "100.00"), invoice("inv:2"))
            raise ZeroDivisionError
        with pytest.raises(Refused, match="no open item inv:2"), uow.savepoint():
            uow.post(payment("pay:9", "1.00", of="inv:2"))
        uow.post(payment("pay:2", "80.00"), invoice("inv:2", "5.00"))
    assert remaining(bo) == {"inv:1": "20.00 EUR", "inv:2": "5.00 EUR"}


def test_a_repeated_voucher_settles_once(bo: BackOffice) -> None:
    post(bo, invoice(), payment("pay:1", "60.00"))
    assert [one.repeated for one in post(bo, invoice(), payment("pay:1", "60.00"), payment("pay:1", "60.00"))] == [True] * 3
    assert remaining(bo) == {"inv:1": "40.00 EUR"}


def test_dates_that_move_move_items_and_settlements(bo: BackOffice) -> None:
    post(bo, invoice("old"))
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 1, 31))
    sale = voucher("sale:2", Line("receivable", eur("7.00"), opens="late"), Line("sales", eur("-7.00")), if_closed="next_open")
    paid = voucher("pay:1", Line("bank", eur("100.00")), Line("receivable", eur("-100.00"), settles="old"), if_closed="next_open")
    post(bo, sale, paid)
    assert remaining(bo, as_of=date(2026, 1, 31)) == {"old": "100.00 EUR"}
    (row,) = listed(bo, as_of=date(2026, 2, 1))
    assert (row.key, row.posting_date, row.document_date) == ("late", date(2026, 2, 1), JAN)


def test_a_payment_booked_before_its_invoice_is_a_credit_until_then(bo: BackOffice) -> None:
    """As the control account shows it: 40 paid on 10 January, the invoice posted on the 20th."""
    post(bo, invoice(on=date(2026, 1, 20)), payment("pay:1", "40.00", on=date(2026, 1, 10)))
    (early,) = listed(bo, as_of=date(2026, 1, 15))
    assert (early.kind, early.remaining) == (ItemKind.CREDIT, eur("-40.00"))
    assert remaining(bo, as_of=date(2026, 1, 9)) == {}
    assert remaining(bo, as_of=date(2026, 1, 20)) == {"inv:1": "60.00 EUR"}
    post(bo, payment("pay:2", "60.00", on=date(2026, 1, 21)))
    assert [remaining(bo, as_of=date(2026, 1, day)) for day in (15, 20, 21)] == [{"inv:1": "-40.00 EUR"}, {"inv:1": "60.00 EUR"}, {}]


# ---------------------------------------------------------------- kinds


def test_the_kind_follows_from_purpose_and_sign(bo: BackOffice) -> None:
    purposes = {**STANDARD, "clinic.payer": "receivable"}
    given = [
        ("receivable", 1), ("receivable", -1), ("payable", -1), ("payable", 1), ("clinic.payer", 1), ("ic.payable", -1),
        ("customer.advance", -1), ("supplier.advance", 1), ("stored_value", -1), ("clearing", -1), ("grni", -1), ("nobody.declares", 1),
    ]  # fmt: skip
    assert [kind_of(purposes, *one).value for one in given] == [
        "invoice", "credit", "invoice", "credit", "invoice", "invoice", "advance", "advance", "deposit", "clearing", "clearing", "clearing",
    ]  # fmt: skip


def test_a_line_can_say_the_kind_of_its_item(bo: BackOffice) -> None:
    kept = Line("receivable", eur("5.00"), opens="ret:1", kind="retention")
    post(bo, voucher("sale:1", kept, Line("receivable", eur("95.00"), opens="inv:1"), Line("sales", eur("-100.00"))))
    assert {row.key: row.kind.value for row in listed(bo)} == {"ret:1": "retention", "inv:1": "invoice"}
    assert [row.key for row in listed(bo, kind="retention")] == ["ret:1"]
    assert [row.key for row in listed(bo, kind=ItemKind.INVOICE)] == ["inv:1"]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("line", "code", "field", "says"),
    [
        (Line("receivable", eur("-10.00"), settles="inv:9"), "bo.no_item", "settles", "There is no open item inv:9."),
        (Line("receivable", eur("-100.01"), settles="inv:1"), "bo.item_exceeded", "amount", "of which 100.00 EUR is open."),
        (Line("receivable", eur("10.00"), settles="inv:1"), "bo.item_sign", "amount", "is open, and the line adds 10.00 EUR."),
        (Line("receivable", usd("-10.00"), base=eur("-9.00"), settles="inv:1"), "bo.item_currency", "amount", "inv:1 is in EUR"),
        (Line("payable", eur("-10.00"), settles="inv:1"), "bo.item_differs", "purpose", "is 'receivable', and that of the line 'payable'"),
        (Line("receivable", eur("-10.00"), settles="inv:1", party=2), "bo.item_differs", "party", "is 1, and that of the line 2"),
        (Line("receivable", eur("-10.00"), settles="inv:1", account="1"), "bo.item_differs", "account", "is none"),
        (Line("receivable", eur("0.00"), base=eur("3.00"), settles="inv:1"), "bo.item_base", "base", "changes the base of inv:1 alone"),
        (Line("receivable", eur("5.00"), opens="inv:1"), "bo.item_exists", "opens", "already: it was opened on 2026-01-05."),
        (Line("receivable", usd("5.00"), base=eur("-5.00"), opens="x"), "bo.item_base", "base", "5.00 USD with a base of -5.00 EUR"),
        (Line("receivable", usd("0.00"), base=eur("-5.00"), opens="x"), "bo.item_base", "base", "0.00 USD with a base of -5.00 EUR"),
        (Line("receivable", eur("5.00"), opens="x", settles="inv:1"), "bo.voucher", "settles", "opens x and settles inv:1"),
        (Line("receivable", eur("5.00"), opens="x", kind="bill"), "bo.voucher", "kind", "'bill' is no kind of open item."),
        (Line("receivable", eur("5.00"), kind="invoice"), "bo.voucher", "kind", "opens no item"),
    ],
)
def test_what_an_item_can_not_take_is_refused(bo: BackOffice, line: Line, code: str, field: str, says: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Party(name="Ada Ltd"), Party(name="Bob Ltd")])
        uow.post(invoice(party=1))
    other = Line("bank", -(line.base or line.amount))
    (finding,) = refused(bo, voucher("x:1", line, other, on=FEB))
    assert (finding.code, finding.field, finding.at) == (code, field, "voucher x:1 line 1")
    assert says in finding.message
    assert finding.fix


def test_all_that_is_wrong_is_said_at_once(bo: BackOffice) -> None:
    post(bo, invoice())
    bad = voucher("x:1", Line("bank", eur("1.00")), Line("receivable", eur("-101.00"), settles="inv:1"), on=FEB)
    unbalanced = ["bo.unbalanced", "bo.item_exceeded", "bo.no_item"]
    assert [f.code for f in refused(bo, bad, payment("pay:2", "1.00", of="inv:7"))] == unbalanced


def test_lines_of_one_call_that_settle_one_item_count_together(bo: BackOffice) -> None:
    post(bo, invoice())
    (finding,) = refused(bo, payment("pay:1", "60.00"), payment("pay:2", "60.00"))
    assert finding.at == "voucher pay:2 line 2"
    assert finding.params == {"open": "40.00 EUR"}
    assert "settles 60.00 EUR of inv:1, of which 40.00 EUR is open" in finding.message
    twice = [Line("receivable", eur("-60.00"), settles="inv:1")] * 2
    (finding,) = refused(bo, voucher("pay:3", Line("bank", eur("120.00")), *twice, on=FEB))
    assert finding.at == "voucher pay:3 line 3"


def test_an_item_is_settled_in_its_company_and_its_book(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="B", name="Bolt Ltd", currency="EUR"))
    with bo.unit_of_work(actor="ann", company="B") as uow:
        uow.post(invoice("inv:b"))
    with bo.unit_of_work(actor="ann", company=1) as uow:
        uow.add(Book(code="tax"))
        uow.post(invoice("inv:a"), voucher("adj:1", Line("payable", eur("-3.00"), opens="t"), Line("wages", eur("3.00")), book="tax"))
    for line, code in (
        (Line("receivable", eur("-1.00"), settles="inv:b"), "bo.other_company"),
        (Line("payable", eur("1.00"), settles="t"), "bo.item_differs"),
    ):
        with pytest.raises(Refused) as error, bo.unit_of_work(actor="ann", company=1) as uow:
            uow.post(voucher("x:1", line, Line("bank", -line.amount)))
        assert [f.code for f in error.value.findings] == [code]
    with bo.unit_of_work(actor="ann", company=1, read_only=True) as uow:
        assert [row.key for row in open_items(uow)] == ["inv:a"]
        assert [row.key for row in open_items(uow, book="tax")] == ["t", "inv:a"]
        assert [row.key for row in open_items(uow, company=2)] == ["inv:b"]
    with bo.unit_of_work(actor="ann", company="B") as uow:
        mine = Line("receivable", eur("8.00"), opens="inv:a"), Line("sales", eur("-8.00"))
        uow.post(voucher("b:1", *mine))  # keys are of a company's own
        assert {row.key: str(row.remaining) for row in open_items(uow)} == {"inv:a": "8.00 EUR", "inv:b": "100.00 EUR"}


def test_two_units_at_once_do_not_settle_more_than_is_open(bo: BackOffice) -> None:
    post(bo, invoice())
    outcomes: list[str] = []

    def pay(key: str) -> None:
        try:
            bo.run(lambda uow: uow.post(payment(key, "70.00")) and None, actor=key)
            outcomes.append("paid")
        except Refused as error:
            outcomes.append(error.findings[0].code)

    threads = [threading.Thread(target=pay, args=(f"pay:{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["bo.item_exceeded"] * 3 + ["paid"]
    assert remaining(bo) == {"inv:1": "30.00 EUR"}


# ---------------------------------------------------------------- reversing


def test_reversing_a_payment_reopens_the_invoice_with_its_due_date(bo: BackOffice) -> None:
    post(bo, invoice(), payment("pay:1", "100.00"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("pay:1", "Returned by the bank", MAR)
    assert [remaining(bo, as_of=day) for day in (JAN, FEB, MAR)] == [{"inv:1": "100.00 EUR"}, {}, {"inv:1": "100.00 EUR"}]
    (row,) = listed(bo)
    assert (row.kind, row.due) == (ItemKind.INVOICE, FEB)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = uow.select(Settlement).order_by(Settlement.c.id)
        assert [(one.kind.value, str(one.amount), one.posting_date) for one in found] == [
            ("settlement", "-100.00 EUR", FEB),
            ("reopening", "100.00 EUR", MAR),
        ]


def test_reversing_an_invoice_that_was_paid_leaves_a_credit(bo: BackOffice) -> None:
    post(bo, invoice(), payment("pay:1", "40.00"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("sale:inv:1", "Not delivered", MAR)
        (row,) = open_items(uow)
        assert (row.kind, row.amount, row.remaining) == (ItemKind.CREDIT, eur("100.00"), eur("-40.00"))
    assert remaining(bo, as_of=FEB) == {"inv:1": "60.00 EUR"}
    (finding,) = refused(bo, voucher("back:1", Line("receivable", eur("41.00"), settles="inv:1"), Line("bank", eur("-41.00")), on=MAR))
    assert (finding.code, finding.params["open"]) == ("bo.item_exceeded", "-40.00 EUR")
    post(bo, voucher("back:2", Line("receivable", eur("40.00"), settles="inv:1"), Line("bank", eur("-40.00")), on=MAR))
    assert remaining(bo) == {}


def test_reversing_twice_changes_nothing_more(bo: BackOffice) -> None:
    post(bo, invoice(), payment("pay:1", "40.00"))
    for _ in range(2):
        with bo.unit_of_work(actor="ann") as uow:
            uow.reverse("pay:1", "Wrong customer")
    assert remaining(bo) == {"inv:1": "100.00 EUR"}


# ---------------------------------------------------------------- settle_lines


def paid_in_dollars(bo: BackOffice, *payments: tuple[str, str, date]) -> list[list[Line]]:
    """Pay inv:1 with amounts at rates; the lines of each payment."""
    made = []
    for n, (amount, rate, on) in enumerate(payments, 1):
        with bo.unit_of_work(actor="ann") as uow:
            lines = settle_lines(uow, [Paid("inv:1", usd(amount), rate=Decimal(rate))])
            uow.post(voucher(f"pay:{n}", Line("bank", usd(amount), base=usd(amount).convert(Decimal(rate), "EUR")), *lines, on=on))
            made.append(lines)
    return made


def in_dollars(amount: str, base: str, on: date = JAN, key: str = "inv:1") -> Voucher:
    return voucher(
        "sale:1", Line("receivable", usd(amount), base=eur(base), opens=key), Line("sales", usd(amount) * -1, base=-eur(base)), on=on
    )


def realised(bo: BackOffice) -> str:
    lines = [line for record in posted(bo) for line in posted_from(record).voucher.lines if line.purpose == "fx.realised"]
    return str(sum((line.amount for line in lines), eur("0.00")))


def revalued(key: str, by: str, on: date) -> Voucher:
    lines = Line("receivable", usd("0.00"), base=eur(by), settles="inv:1"), Line("fx.unrealised", -eur(by))
    return voucher(key, *lines, on=on, nature="revaluation")


def test_a_foreign_invoice_paid_in_parts_realises_minus_80_whatever_it_was_valued_at_between(bo: BackOffice) -> None:
    """10 000 USD at 0.90; 4 000 paid at 0.91 (40 gained), valued at 0.93, 6 000 paid at 0.88 (120 lost): 80 lost."""
    post(bo, in_dollars("10000.00", "9000.00"))
    (first,) = paid_in_dollars(bo, ("4000.00", "0.91", date(2026, 1, 20)))
    assert first == [
        Line("receivable", usd("-4000.00"), base=eur("-3600.00"), settles="inv:1"),
        Line("fx.realised", eur("-40.00"), base=eur("-40.00")),
    ]
    post(bo, revalued("value:1", "180.00", date(2026, 1, 31)))
    (row,) = listed(bo, as_of=date(2026, 1, 31))
    assert (row.remaining, row.base, row.revaluation) == (usd("6000.00"), eur("5400.00"), eur("180.00"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("value:1", "The day after", date(2026, 2, 1))
        lines = settle_lines(uow, [Paid("inv:1", base=eur("5280.00"))])
        assert lines == [
            Line("receivable", usd("-6000.00"), base=eur("-5400.00"), settles="inv:1"),
            Line("fx.realised", eur("120.00"), base=eur("120.00")),
        ]
        uow.post(voucher("pay:2", Line("bank", eur("5280.00")), *lines, on=FEB))
    assert remaining(bo) == {}
    assert realised(bo) == "80.00 EUR"
    (row,) = listed(bo, as_of=date(2026, 2, 1))
    assert (row.base, row.revaluation) == (eur("5400.00"), eur("0.00"))


def test_the_last_payment_takes_the_rest_of_the_base(bo: BackOffice) -> None:
    """100.00 USD stand in the books at 33.34 EUR; three payments of 33.33, 33.33 and 33.34 at that very rate realise nothing."""
    post(bo, in_dollars("100.00", "33.34"))
    with bo.unit_of_work(actor="ann") as uow:
        shares = []
        for n, amount in enumerate(["33.33", "33.33", "33.34"]):
            (line, *_) = settle_lines(uow, [Paid("inv:1", usd(amount), rate=Decimal("0.3334"))])
            uow.post(voucher(f"pay:{n}", Line("bank", -(line.base or eur("0"))), line))
            shares.append(line.base)
    assert shares == [eur("-11.11"), eur("-11.11"), eur("-11.12")]
    assert remaining(bo) == {}


def test_a_debt_realises_the_other_way_round(bo: BackOffice) -> None:
    """A bill of 1 000 USD at 0.90 is paid at 0.95: 50 EUR more than it stood for."""
    bill = voucher("bill:1", Line("payable", usd("-1000.00"), base=eur("-900.00"), opens="bill"), Line("cogs", eur("900.00")))
    post(bo, bill)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Rate(currency="USD", to_currency="EUR", on=FEB, rate=Decimal("0.95")))
        lines = settle_lines(uow, [Paid("bill")], on=FEB)
        uow.post(voucher("pay:1", *lines, Line("bank", usd("-1000.00")), on=FEB))
    assert [(line.purpose, str(line.base)) for line in lines] == [("payable", "900.00 EUR"), ("fx.realised", "50.00 EUR")]
    assert remaining(bo) == {}


def test_a_payment_may_be_worth_nothing(bo: BackOffice) -> None:
    """In notes that no bank takes any more: all of it is lost."""
    post(bo, in_dollars("100.00", "90.00"))
    with bo.unit_of_work(actor="ann") as uow:
        lines = settle_lines(uow, [Paid("inv:1", base=eur("0.00"))])
    assert [(line.purpose, line.base) for line in lines] == [("receivable", eur("-90.00")), ("fx.realised", eur("90.00"))]


def test_several_payments_of_one_item_share_its_base_fairly() -> None:
    item = Unsettled(key="i", purpose="payable", remaining=usd("-3.00"), base=eur("-1.00"))
    lines = share_lines([(item, usd("1.00"), eur("0.33")), (item, usd("1.00"), eur("0.33"))])
    assert [(line.amount, line.base) for line in lines] == [
        (usd("1.00"), eur("0.34")),
        (eur("-0.01"), eur("-0.01")),
        (usd("1.00"), eur("0.33")),
    ]


@pytest.mark.parametrize(
    ("paid", "code"),
    [
        (Paid("inv:9"), "bo.no_item"),
        (Paid("inv:1", usd("100.01"), rate=Decimal(1)), "bo.item_exceeded"),
        (Paid("inv:1", eur("50.00")), "bo.item_currency"),
        (Paid("inv:1", usd("-50.00"), rate=Decimal(1)), "bo.settlement"),
        (Paid("inv:1", usd("50.00"), base=eur("-1.00")), "bo.settlement"),
        (Paid("inv:1", usd("50.00"), base=usd("1.00")), "bo.base"),
        (Paid("inv:1", usd("50.00"), base=eur("1.00"), rate=Decimal(1)), "bo.settlement"),
        (Paid("inv:1", usd("50.00"), rate=Decimal(0)), "bo.settlement"),
        (Paid("inv:1", usd("50.00"), rate=0.9), "bo.settlement"),  # type: ignore[arg-type]
        (Paid("inv:1", usd("50.00")), "bo.no_rate"),
    ],
)
def test_payments_that_can_not_be_are_refused(bo: BackOffice, paid: Paid, code: str) -> None:
    post(bo, in_dollars("100.00", "90.00"))
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(Exception, match=paid.key if code != "bo.no_rate" else "no spot rate") as error:
            settle_lines(uow, [paid])
        assert [f.code for f in error.value.findings] == [code]  # type: ignore[attr-defined]


def test_an_item_that_is_settled_has_nothing_left_to_pay(bo: BackOffice) -> None:
    post(bo, invoice(), payment("pay:1", "100.00"))
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(Refused, match=r"of which 0\.00 EUR is open"):
        settle_lines(uow, [Paid("inv:1")])
    assert [f.code for f in refused(bo, payment("pay:2", "1.00"))] == ["bo.item_exceeded"]


def test_a_foreign_item_is_not_paid_in_full_with_base_left_over(bo: BackOffice) -> None:
    """The rate of the day would leave 2.00 EUR in the books of an item of which nothing is open."""
    post(bo, in_dollars("100.00", "90.00"))
    at_the_rate_of_the_day = (
        Line("bank", usd("100.00"), base=eur("88.00")),
        Line("receivable", usd("-100.00"), base=eur("-88.00"), settles="inv:1"),
    )
    (finding,) = refused(bo, voucher("pay:1", *at_the_rate_of_the_day, on=FEB))
    assert (finding.code, finding.params) == ("bo.item_base", {"base": "-90.00 EUR"})
    too_much = Line("bank", usd("50.00"), base=eur("95.00")), Line("receivable", usd("-50.00"), base=eur("-95.00"), settles="inv:1")
    assert [f.code for f in refused(bo, voucher("pay:2", *too_much, on=FEB))] == ["bo.item_base"]


@pytest.mark.parametrize(("purpose", "other", "sign"), [("receivable", "sales", 1), ("payable", "cogs", -1)])
def test_what_was_paid_after_it_was_revalued_is_listed_as_what_it_was(bo: BackOffice, purpose: str, other: str, sign: int) -> None:
    """Nothing is left to pay, only the revaluation, until that is reversed: it is no credit."""
    amount, base = usd("100.00") * sign, eur("90.00") * sign
    post(bo, voucher("doc:1", Line(purpose, amount, base=base, opens="doc:1"), Line(other, -amount, base=-base)))
    gain = eur("5.00") * sign
    worth_more = Line(purpose, usd("0.00"), base=gain, settles="doc:1"), Line("fx.unrealised", -gain)
    post(bo, voucher("value:1", *worth_more, nature="revaluation"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(voucher("pay:1", *settle_lines(uow, [Paid("doc:1", rate=Decimal("0.9"))]), Line("bank", amount, base=base)))
    (row,) = listed(bo)
    assert (row.kind, row.remaining, row.base, row.revaluation) == (ItemKind.INVOICE, usd("0.00"), eur("0.00"), gain)
    assert listed(bo, kind=ItemKind.CREDIT) == []


def test_what_is_open_with_one_party_is_asked_for_by_row_or_id(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        anna, ben = uow.add_all([Party(name="Anna"), Party(name="Ben")])
    post(bo, invoice("inv:1", party=anna.id), invoice("inv:2", party=ben.id), invoice("inv:3"))
    assert list(remaining(bo, party=anna)) == list(remaining(bo, party=anna.id)) == ["inv:1"]
    assert list(remaining(bo, party=ben)) == ["inv:2"]


def test_looking_up_and_posting_leave_the_garbage_collector_as_it_was(bo: BackOffice) -> None:
    post(bo, invoice())
    listed(bo)
    assert gc.isenabled()
    gc.disable()
    try:
        post(bo, payment("pay:1", "100.00"))
        listed(bo)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_revaluation_touches_no_amount(bo: BackOffice) -> None:
    post(bo, in_dollars("100.00", "90.00"))
    lines = Line("receivable", usd("-1.00"), base=eur("-0.90"), settles="inv:1"), Line("fx.unrealised", eur("0.90"))
    assert [f.code for f in refused(bo, voucher("value:1", *lines, nature="revaluation"))] == ["bo.item_base"]


def test_an_item_in_the_currency_of_the_company_is_not_revalued(bo: BackOffice) -> None:
    post(bo, invoice())
    lines = Line("receivable", eur("0.00"), base=eur("1.00"), settles="inv:1"), Line("fx.unrealised", eur("-1.00"))
    (finding,) = refused(bo, voucher("value:1", *lines, nature="revaluation"))
    assert (finding.code, finding.message) == ("bo.item_base", "inv:1 is in the company's currency, and worth what it is.")


def test_an_item_may_be_worth_less_than_a_cent(bo: BackOffice) -> None:
    """One yen at 0.004 EUR has a base of 0.00."""
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Rate(currency="JPY", to_currency="EUR", on=JAN, rate=Decimal("0.004")))
        yen = Money("1", "JPY")
        uow.post(voucher("sale:1", Line("receivable", yen, opens="inv:1"), Line("sales", -yen)))
        uow.post(voucher("pay:1", *settle_lines(uow, [Paid("inv:1")], on=JAN), Line("bank", yen)))
        assert open_items(uow) == []
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("pay:1", "Returned", FEB)
    assert [(row.remaining, row.base) for row in listed(bo)] == [(yen, eur("0.00"))]


# ---------------------------------------------------------------- the check


def test_what_is_kept_is_compared_with_what_adds_up(bo: BackOffice) -> None:
    post(bo, invoice(), invoice("inv:2"), payment("pay:1", "40.00"))
    with bo.unit_of_work(actor="mallory") as uow:
        balance = uow.get(ItemBalance, uow.select(OpenItem, key="inv:1").one().id)
        balance.remaining = 5_00
        uow.write([balance], made_by="uow.post")  # which is not true
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        (finding,) = check_items(uow)
    assert finding.code == "bo.item_balance"
    assert "60.00 EUR remains of inv:1 by its settlements, and 5.00 EUR is kept" in finding.message


def test_rows_of_items_verify(bo: BackOffice) -> None:
    post(bo, invoice(), payment("pay:1", "40.00"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("pay:1", "Returned")
    assert [str(finding) for finding in verify(bo).findings] == []


# ---------------------------------------------------------------- vouchers of before


def first_books(folder: Path) -> Path:
    """A database as the first revision wrote it, before there were open items."""
    path = folder / "first.db"
    connection = sqlite3.connect(path)
    connection.executescript((Path(__file__).parent / "upgrade" / "first.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


@pytest.mark.engine("sqlite")  # the first revision had no other
def test_vouchers_of_before_there_were_items_have_theirs_after_the_upgrade(tmp_path: Path, clock: FrozenClock) -> None:
    """As many as the control accounts say, on every month's end; and they can be paid."""
    with BackOffice(first_books(tmp_path), clock=clock) as bo:
        bo.migrate()
        with bo.unit_of_work(actor="ann", company="DEMO") as uow:
            assert list(check_items(uow)) == []
            lines = [
                (record.posting_date, line)
                for record in uow.select(VoucherRecord, company_id=uow.company.id)
                for line in posted_from(record).voucher.lines
                if line.opens or line.settles
            ]
            assert lines
            for day in (date(2025, 10, 31), date(2025, 11, 30), date(2025, 12, 31)):
                for purpose in ("receivable", "payable"):
                    ledger = [line.base for on, line in lines if line.purpose == purpose and on <= day and line.base is not None]
                    rows = open_items(uow, purpose=purpose, as_of=day)
                    assert sum((row.base for row in rows), eur("0.00")) == sum(ledger, eur("0.00"))
            first = open_items(uow, purpose="receivable")[0]
            uow.post(Voucher("pay:x", "pay", [*settle_lines(uow, [Paid(first.key)]), Line("bank", first.base)]))
            assert first.key not in {row.key for row in open_items(uow)}
            assert itemise_posted(uow) == 0
        assert [str(finding) for finding in verify(bo).findings] == []


def test_items_that_are_made_afterwards_are_those_that_were_made_at_once(bo: BackOffice, tmp_path: Path) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ada = uow.add(Party(name="Ada Ltd")).id
        uow.post(invoice("inv:1", party=ada, dims={"site": "north"}), in_dollars("100.00", "90.00", key="inv:$"), invoice("inv:2"))
        uow.post(payment("pay:1", "40.00"), payment("pay:2", "100.00", of="inv:2"))
        lines = Line("receivable", usd("0.00"), base=eur("2.00"), settles="inv:$"), Line("fx.unrealised", eur("-2.00"))
        uow.post(voucher("value:1", *lines, nature="revaluation"))
        uow.reverse("pay:1", "Returned", MAR)
        uow.reverse("sale:inv:2", "Not delivered", MAR)
    before = [[attrs.evolve(row, id=0) for row in listed(bo, as_of=day)] for day in (JAN, FEB, MAR)]
    kinds = sorted(kinds_of_settlements(bo))
    with behind(bo) as connection:
        for table in ("bo_item_balance", "bo_settlement", "bo_open_item"):
            connection.execute(f"DELETE FROM {table}")
    assert listed(bo) == []
    with bo.unit_of_work(actor="migrate") as uow:
        assert itemise_posted(uow) == 3
    assert [[attrs.evolve(row, id=0) for row in listed(bo, as_of=day)] for day in (JAN, FEB, MAR)] == before
    assert sorted(kinds_of_settlements(bo)) == kinds == ["reopening", "revaluation", "reversal", "settlement", "settlement"]


def kinds_of_settlements(bo: BackOffice) -> list[str]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return [one.kind.value for one in uow.select(Settlement)]


def test_an_item_is_found_however_its_key_is_composed(bo: BackOffice) -> None:
    apart, together = "inv:cafe\u0301", "inv:caf\u00e9"
    post(bo, invoice(apart))
    post(bo, payment("pay:1", "10.00", of=apart))
    post(bo, payment("pay:2", "10.00", of=together))
    with bo.unit_of_work(actor="ann") as uow:
        lines = settle_lines(uow, [Paid(apart, eur("30.00"))])
        uow.post(voucher("pay:3", Line("bank", eur("30.00")), *lines))
    assert remaining(bo, keys=[apart]) == {together: "50.00 EUR"}
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.post(invoice(together), invoice(apart))[1].repeated
        uow.reverse(f"sale:{apart}", "Sold twice")
    assert remaining(bo) == {together: "-50.00 EUR"}


def test_what_can_not_be_asked_or_paid_is_named(bo: BackOffice) -> None:
    post(bo, invoice())
    wrong: Any
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [row.key for row in open_items(uow, company="ACME", kind="invoice")] == ["inv:1"]
        with pytest.raises(UsageError, match="'weird' is no kind of open item"):
            open_items(uow, kind="weird")
        with pytest.raises(UsageError, match=r"No plugin knows the purpose 'recievable'\. Did you mean receivable"):
            open_items(uow, purpose="recievable")
        for company in ("NOWHERE", 99):
            with pytest.raises(NotFound, match=r"no company|no Company"):
                open_items(uow, company=company)
        for wrong in ("inv:1", Paid(None), Paid("inv:1", "1.00")):  # type: ignore[arg-type]
            with pytest.raises(UsageError, match=r"no payment|is '1\.00'"):
                settle_lines(uow, [wrong])
