"""A small plugin for tests of reliability: a workshop with customers, numbered orders and notes, and a ledger of what is posted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from workshop_model import (
    BAD,
    DAYS,
    DUD,
    Accept,
    Bill,
    Cancel,
    Edit,
    Enrol,
    Fail,
    Flush,
    Leave,
    Note,
    Part,
    Pay,
    Rename,
    Reverse,
    Ring,
    Sell,
    Stop,
    Strike,
)

from bocore import (
    BackOffice,
    BocoreError,
    Changes,
    Entity,
    Finding,
    Line,
    Money,
    Paid,
    Party,
    Plugin,
    Posted,
    Source,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    check_items,
    entity,
    event,
    field,
    hookimpl,
    money,
    numbered,
    open_items,
    parent,
    posted_from,
    ref,
    settle_lines,
    states,
)
from bocore.record.verify import verify


@entity("shop_order", company=True, frozen_in={"billed"}, unique=[("company_id", "n")])
class Order(Entity):
    """What a customer wants done."""

    n: int
    on: date
    text: str = field(default="", max_length=50)
    customer_id: int | None = ref(Party, default=None)
    number: str = numbered("shop.order", "{year}-{n:03}", per=("company", "year"), on="on")
    state: str = states({("open", "bill"): "billed", ("open", "cancel"): "cancelled"}, default="open")


@entity("shop_note")
class NoteRow(Entity):
    """Something noted of an order."""

    order_id: int = parent(Order)
    text: str = field(max_length=50)


@entity("shop_turnover", append_only=True, company=True)
class Turnover(Entity):
    """A line that was posted, as the ledger of the workshop keeps it."""

    voucher: str = field(max_length=100)
    purpose: str = field(max_length=100)
    base: Money = money()


@entity("shop_tally", unique=["name"])
class Tally(Entity):
    """How often it rang in a company: one row that everybody changes."""

    name: str = field(max_length=20)
    rings: int = 0


@event("shop.rang")
class Rang:
    """Somebody rang."""

    harm: bool


# ---------------------------------------------------------------- hooks

hooks = ModuleType("shop_hooks")


@hookimpl
def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
    """Enter the lines; choke on some."""
    for one in vouchers:
        for line in one.voucher.lines:
            assert line.base is not None
            if line.base.minor_units == DUD and one.voucher.kind == "shop.sell":
                raise Stop
            row = Turnover(voucher=one.voucher.key, purpose=line.purpose, base=line.base)
            uow.add(row, company=one.record.company_id)


@hookimpl
def bo_event(uow: UnitOfWork, events: Sequence[Any]) -> None:
    """Count; raise where one would do harm."""
    for one in events:
        name = uow.company.code
        ids = [row.id for row in uow.rows(sa.select(Tally.c.id).where(Tally.c.name == name))]
        tally = uow.get_all(Tally, ids, lock=True)[ids[0]] if ids else uow.add(Tally(name=name))
        tally.rings += 1
        if one.harm:
            raise Stop


@hookimpl
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse what can't be read."""
    for order in [*changes.added(Order), *(change.entity for change in changes.updated(Order))]:
        if order.text == BAD:
            yield Finding("shop.unreadable", "Nobody can read that.", order, "text", "Write it again.")


for hook in (bo_posted, bo_event, bo_validate):
    setattr(hooks, hook.__name__, hook)
plugin = Plugin(prefix="shop", entities=[Order, NoteRow, Turnover, Tally], hooks=[hooks])


# ---------------------------------------------------------------- a posting for tests of faults


def story(n: int) -> list[Any]:
    """An order with a number and a note, its bill, a payment, and an event that changes a row which everybody changes."""
    return [Accept(n, 1, 2, "clean"), Note(n, "oil"), Bill(n, 20, 3), Pay(n, n, 5, 4), Ring(False)]


def post(bo: BackOffice, n: int, **more: Any) -> list[str]:
    """Post the story of order n under its key; returns the numbers of all orders then."""
    numbers: list[str] = bo.run(play, "ACME", story(n), actor="ann", key=f"order-{n}", **more)
    return numbers


def orders_in(bo: BackOffice) -> list[int]:
    """The orders that are there by their numbers; each is whole, nothing else is there, and everything is as the commit records say."""
    with bo.unit_of_work(actor="auditor", read_only=True) as uow:
        rows = sorted(uow.select(Order), key=lambda row: int(row.number.split("-")[1]))
        assert [row.number for row in rows] == [f"2025-{n:03}" for n in range(1, len(rows) + 1)], "numbers are gapless and unique"
        keys = sorted(f"ACME-{kind}-{row.n}" for row in rows for kind in ("bill", "pay"))
        records = uow.select(VoucherRecord).all()
        assert sorted(record.key for record in records) == keys
        for record in records:
            assert sum(line.base.minor_units for line in posted_from(record).voucher.lines if line.base is not None) == 0
        assert uow.select(Turnover).count() == 2 * len(keys), "the ledger has every line once"
        assert sum(row.base.minor_units for row in uow.select(Turnover)) == 0
        assert len(rows) == uow.select(NoteRow).count() == sum(tally.rings for tally in uow.select(Tally))
        assert [item.remaining.minor_units for item in open_items(uow)] == [15] * len(rows)
        assert list(check_items(uow)) == []
    assert verify(bo).findings == []
    return [row.n for row in rows]


# ---------------------------------------------------------------- the steps of the model, on a database


def eur(cents: int) -> Money:
    """Cents as money."""
    return Money.minor(cents, "EUR")


def play(uow: UnitOfWork, company: str, steps: Sequence[Any]) -> Callable[[], list[str]]:
    """Do all the steps; the answer is the numbers of all orders of the company."""
    for step in steps:
        _play(uow, company, step)
    return lambda: sorted(order.number for order in uow.select(Order, company_id=uow.company_id))


def _play(uow: UnitOfWork, company: str, step: Any) -> None:
    match step:
        case Enrol(customer):
            if _customer(uow, customer) is None:
                uow.add(Party(code=f"c{customer}", name=f"Customer {customer}"))
        case Rename(customer, name):
            party = _customer(uow, customer)
            if party is not None:
                party.name = name
        case Leave(customer):
            party = _customer(uow, customer)
            if party is not None:
                uow.remove(party)
                uow.flush()
        case Sell(slip, cents, day):
            _post(uow, f"{company}-sell-{slip}", "shop.sell", day, [Line("cash", eur(cents)), Line("sales", eur(-cents))])
        case Reverse(kind, n, day):
            key = f"{company}-{kind}-{n}"
            if uow.find(VoucherRecord, key=key) is not None:
                uow.reverse(key, "Again", None if day is None else DAYS[day])
        case Pay(payment, n, cents, day):
            _pay(uow, f"{company}-pay-{payment}", f"{company}-bill-{n}", cents, day)
        case Ring(harm):
            uow.emit(Rang(harm=harm))
        case Flush():
            uow.flush()
        case Fail():
            raise Stop
        case Part(steps):
            with contextlib.suppress(BocoreError, Stop), uow.savepoint():
                play(uow, company, steps)
        case _:
            _work(uow, company, step)


def _work(uow: UnitOfWork, company: str, step: Any) -> None:
    """What happens to an order."""
    order = uow.find(Order, company_id=uow.company_id, n=step.order)
    match step:
        case Accept(n, customer, day, text, twice) if order is None or twice:
            party = _customer(uow, customer)
            uow.add(Order(n=n, on=DAYS[day], text=text, customer_id=party.id if party else None))
            if order is not None:
                uow.flush()
        case Edit(_, text) if order is not None:
            order.text = text
            uow.flush()
        case Note(_, text) if order is not None:
            uow.add(NoteRow(order_id=order.id, text=text))
            uow.flush()
        case Strike() if order is not None:
            for note in sorted(uow.children(order, NoteRow), key=lambda note: note.text)[:1]:
                uow.remove(note)
                uow.flush()
        case Cancel() if order is not None:
            uow.move(order, "cancel")
        case Bill(n, cents, day) if order is not None:
            uow.move(order, "bill")
            key = f"{company}-bill-{n}"
            lines = [Line("receivable", eur(cents), opens=key), Line("sales", eur(-cents))]
            _post(uow, key, "shop.bill", day, lines, source=Source(order, "billed", "Order {number}"), text="Order {source.number}")


def _pay(uow: UnitOfWork, key: str, bill: str, cents: int, day: int) -> None:
    if uow.find(VoucherRecord, key=key) is not None or uow.find(VoucherRecord, key=bill) is None:
        return
    lines = settle_lines(uow, [Paid(bill, eur(cents))])
    _post(uow, key, "shop.pay", day, [Line("bank", -lines[0].amount), *lines])


def _post(uow: UnitOfWork, key: str, kind: str, day: int, lines: list[Line], **more: Any) -> None:
    uow.post(Voucher(key, kind, lines, posting_date=DAYS[day], document_date=DAYS[day], **more))


def _customer(uow: UnitOfWork, n: int) -> Party | None:
    return uow.find(Party, code=f"c{n}")
