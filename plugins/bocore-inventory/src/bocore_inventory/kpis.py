"""Figures of stock that are looked at daily: how often it turns, how long it lasts, what is lost, what does not move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import BalanceQuery, Finding, Money, UnitOfWork, fallbacks, report, round_ratio
from bocore_catalog import Item
from bocore_inventory.as_of import held
from bocore_inventory.demand import LOSSES, WANTED, Abc, abc, demand, issued_cost, ratio
from bocore_inventory.model import Counter, Entry, Location, Move
from bocore_inventory.rights import CATALOG, READ, VALUE
from bocore_inventory.scales import minor, quantities
from bocore_inventory.sent_back import DIFFERENCE
from bocore_inventory.stock_report import Names

ALL = timedelta(days=365)


def _span(uow: UnitOfWork, since: date | None, through: date | None) -> tuple[date, date]:
    """The days that are looked at: a year up to today without any.

    :raises Refused: the last day is before the first.
    """
    last = through or uow.today()
    first = since or last - ALL + timedelta(days=1)
    if first > last:
        uow.refuse(Finding("inventory.days", f"{first} is after {last}.", field="since", fix="Give the first day first."))
    return first, last


def _posted(uow: UnitOfWork, purpose: str, first: date, last: date) -> int:
    """What was posted against a purpose in these days, as seen from stock: below zero is what went out.

    Losses are no sales, nor is what went back to a supplier.
    """
    chains = {name: fallbacks(uow.purposes, name) for name in uow.purposes}
    others = {LOSSES, DIFFERENCE} - {purpose}
    names = [name for name, chain in chains.items() if purpose in chain and others.isdisjoint(chain)]
    entry, counter = Entry.c, Counter.c
    statement = sa.select(sa.func.sum(entry.amount)).where(
        entry.counter_id == counter.id, counter.purpose.in_(names), entry.company_id == uow.company_id,
        entry.posting_date >= first, entry.posting_date <= last, entry.move_id.is_not(None) | entry.month.is_not(None),
    )  # fmt: skip
    return int(uow.rows(statement)[0][0] or 0)


def _average_stock(uow: UnitOfWork, first: date, last: date) -> int:
    """The mean of what stock was worth on each evening of these days, by posting date, in minor units."""
    entry = Entry.c
    statement = sa.select(entry.posting_date, sa.func.sum(entry.amount)).where(
        entry.company_id == uow.company_id, entry.posting_date <= last
    )
    days = (last - first).days + 1
    total = sum(int(amount) * min(days, (last - on).days + 1) for on, amount in uow.rows(statement.group_by(entry.posting_date)))
    return round_ratio(total, days)


# -- turn and cover


@attrs.frozen
class TurnRow:
    """How often stock was sold and bought anew."""

    since: date
    through: date
    cost_of_sales: Money
    average_stock: Money = attrs.field(metadata={"doc": "the mean of every evening"})
    turn: Decimal | None = attrs.field(metadata={"doc": "cost of sales by average stock, in these days"})
    a_year: Decimal | None = attrs.field(metadata={"doc": "the same for 365 days"})


@report("inventory.turn", permission=VALUE, kpi=True, title="Stock turn")
def turn(uow: UnitOfWork, *, since: date | None = None, through: date | None = None) -> Iterable[TurnRow]:
    """Say how often stock turns: the cost of sales by the average value of stock.

    :param since: the first posting date; a year ago without one.
    :param through: the last posting date; today without one.
    """
    first, last = _span(uow, since, through)
    cost, stock = -_posted(uow, "cogs", first, last), _average_stock(uow, first, last)
    if stock <= 0:
        _nothing(uow, f"There was no stock on average from {first} through {last}: it can't turn.")
    days, currency = (last - first).days + 1, uow.company.currency
    turns = ratio(cost, stock) if stock > 0 else None
    yearly = ratio(cost * 365, stock * days) if stock > 0 else None
    yield TurnRow(first, last, Money.minor(cost, currency), Money.minor(stock, currency), turns, yearly)


def _nothing(uow: UnitOfWork, message: str) -> None:
    uow.warn(Finding("inventory.nothing", message, fix="Ask for other days."))


@attrs.frozen
class CoverRow:
    """How long stock lasts."""

    as_of: date
    stock: Money
    cost_of_sales: Money = attrs.field(metadata={"doc": "of the days that are looked at"})
    days: int = attrs.field(metadata={"doc": "so many before that day, and the day itself"})
    cover: Decimal | None = attrs.field(metadata={"label": "Days of cover"})


@report("inventory.cover", permission=VALUE, kpi=True, title="Days of cover")
def cover(uow: UnitOfWork, *, as_of: date | None = None, days: int = 90) -> Iterable[CoverRow]:
    """Say for how many days stock lasts, if it goes on selling as it did: its value by the cost of sales of a day.

    :param as_of: the evening of a day; today without one.
    :param days: so many are looked at.
    """
    _check_days(uow, days)
    last = as_of or uow.today()
    stock = sum(row.value for row in held(uow, last))
    cost, currency = -_posted(uow, "cogs", last - timedelta(days=days - 1), last), uow.company.currency
    if cost <= 0:
        _nothing(uow, f"Nothing was sold in the {days} days up to {last}: what is on stock lasts for ever.")
    yield CoverRow(
        last, Money.minor(stock, currency), Money.minor(cost, currency), days, ratio(stock * days, cost, 1) if cost > 0 else None
    )


def _check_days(uow: UnitOfWork, days: int) -> None:
    if days < 1:
        uow.refuse(Finding("inventory.days", f"{days} days can't be looked at.", field="days", fix="Give one or more."))


# -- shrink


@attrs.frozen
class ShrinkRow:
    """What was lost."""

    since: date
    through: date
    lost: Money = attrs.field(metadata={"doc": "what the books had and a count did not find, less what it found too much, at cost"})
    of: str = attrs.field(metadata={"doc": "net sales where there are books of them, or else cost of sales"})
    sales: Money
    percent: Decimal | None = attrs.field(metadata={"label": "Shrink", "unit": "%"})


@report("inventory.shrink", permission=VALUE, kpi=True)
def shrink(uow: UnitOfWork, *, since: date | None = None, through: date | None = None) -> Iterable[ShrinkRow]:
    """Say what was lost, stolen and miscounted, as a percentage of net sales.

    Where nobody keeps books of sales, of the cost of sales.

    :param since: the first posting date; a year ago without one.
    :param through: the last posting date; today without one.
    """
    first, last = _span(uow, since, through)
    lost, currency = -_posted(uow, LOSSES, first, last), uow.company.currency
    sales, of = _sales(uow, first, last), "net sales"
    if sales is None:
        sales, of = Money.minor(-_posted(uow, "cogs", first, last), currency), "cost of sales"
    if sales.minor_units <= 0:
        _nothing(uow, f"Nothing was sold from {first} through {last}: there is nothing that a loss is a percentage of.")
    percent = ratio(lost * 100, sales.minor_units) if sales.minor_units > 0 else None
    yield ShrinkRow(first, last, Money.minor(lost, currency), of, sales, percent)


def _sales(uow: UnitOfWork, first: date, last: date) -> Money | None:
    """Net sales by the books; None where there are none."""
    company = uow.company.id
    found = [
        uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=company, purpose="sales", through=day))
        for day in (first - timedelta(days=1), last)
    ]
    if any(not isinstance(each, Money) for each in found):
        return None
    before, after = found
    return before - after if before != after else None


# -- what does not move


@attrs.frozen
class DeadRow:
    """What nobody has wanted for long."""

    as_of: date
    days: int
    items: int
    value: Money
    stock: Money
    percent: Decimal | None = attrs.field(metadata={"unit": "%"})


@report("inventory.dead", permission=VALUE, kpi=True, title="Dead stock")
def dead(uow: UnitOfWork, *, days: int = 180) -> Iterable[DeadRow]:
    """Say how much of stock nobody has wanted for long: no customer, no order of production, in so many days.

    What came in within these days is not counted as dead.

    :param days: so many up to today.
    """
    _check_days(uow, days)
    today, currency = uow.today(), uow.company.currency
    stock = [row for row in held(uow, today) if row.value]
    alive = _moved(uow, today - timedelta(days=days - 1), today)
    still = [row for row in stock if row.item_id not in alive]
    value, whole = sum(row.value for row in still), sum(row.value for row in stock)
    if not whole:
        _nothing(uow, "There is no stock: none of it is dead.")
    share = ratio(value * 100, whole) if whole > 0 else None
    yield DeadRow(today, days, len({row.item_id for row in still}), Money.minor(value, currency), Money.minor(whole, currency), share)


def _moved(uow: UnitOfWork, first: date, last: date) -> set[int]:
    """Items that came in or were wanted in these days."""
    move = Move.c
    kinds = {row.id: row.kind for row in uow.select(Location, company_id=uow.company_id)}
    statement = (
        sa.select(move.item_id, move.from_id, move.to_id)
        .where(move.company_id == uow.company_id, move.on >= first, move.on <= last)
        .group_by(move.item_id, move.from_id, move.to_id)
    )
    ends = {*WANTED, "supplier"}
    return {item for item, from_id, to_id in uow.rows(statement) if kinds[to_id] in WANTED or kinds[from_id] in ends}


# -- classes


@attrs.frozen
class ClassRow:
    """What a class of items makes of sales and of stock."""

    kind: str = attrs.field(metadata={"style": True})
    abc: str = attrs.field(metadata={"label": "Class"})
    items: int
    issued: Money = attrs.field(metadata={"doc": "cost of what was issued in the twelve months, losses apart"})
    issued_percent: Decimal | None = attrs.field(metadata={"unit": "%"})
    stock: Money
    stock_percent: Decimal | None = attrs.field(metadata={"unit": "%"})


@report("inventory.abc", permission=VALUE, title="Stock by classes")
def by_class(uow: UnitOfWork) -> Iterable[ClassRow]:
    """Show how stock is filled with items that go fast, and with those that do not.

    A are the items that make the first 80 % of the cost of what was issued in twelve months, B those up to 95 %, C the rest.
    """
    today, currency = uow.today(), uow.company.currency
    costs = {item: minor(cost) for item, cost in issued_cost(uow, today - ALL + timedelta(days=1), today).items()}
    of = abc(uow, today)
    stock = dict.fromkeys(Abc, 0)
    for row in held(uow, today):
        stock[of.get(row.item_id, Abc.C)] += row.value
    whole, total = sum(stock.values()), sum(costs.values())
    if not total:
        _nothing(uow, "Nothing was issued in twelve months: every item is of class C.")
    for one in Abc:
        mine = [item for item, found in of.items() if found is one]
        cost = sum(costs[item] for item in mine)
        yield ClassRow(
            "", one.value, len(mine), Money.minor(cost, currency), ratio(cost * 100, total, 1), Money.minor(stock[one], currency),
            ratio(stock[one] * 100, whole, 1),
        )  # fmt: skip
    percent = [Decimal("100.0") if each else None for each in (total, whole)]
    yield ClassRow("grand_total", "", len(of), Money.minor(total, currency), percent[0], Money.minor(whole, currency), percent[1])


@attrs.frozen(field_transformer=quantities)
class PaceRow:
    """How fast an item goes, and how long what there is of it lasts."""

    item: str = attrs.field(metadata={"drill": Item})
    name: str
    abc: str = attrs.field(metadata={"label": "Class"})
    on_hand: Decimal
    a_day: Decimal = attrs.field(metadata={"doc": "went to customers and into production, on average of the days"})
    cover: Decimal | None = attrs.field(metadata={"label": "Days of cover"})
    unit: str


@report("inventory.pace", permission=READ, runs_with=[CATALOG, VALUE], title="Pace of items")
def pace(uow: UnitOfWork, *, days: int = 90, item: str = "", place: str = "") -> Iterable[PaceRow]:
    """Show how fast each item goes and for how many days what there is of it lasts.

    :param days: so many before today are looked at.
    :param item: code of an item.
    :param place: code of a place: it and all within it.
    """
    _check_days(uow, days)
    names, today, zero = Names.of(uow), uow.today(), Decimal(0)
    chosen, inside = {names.item(item)} if item else None, names.place(place) if place else None
    there: dict[int, Decimal] = {}
    for row in held(uow, None, "effective", chosen):
        if inside is None or row.location_id in inside:
            there[row.item_id] = there.get(row.item_id, zero) + row.quantity
    wanted: dict[int, Decimal] = {}
    for (ident, at), quantity in demand(uow, today, days, chosen).items():
        if inside is None or at in inside:
            wanted[ident] = wanted.get(ident, zero) + quantity
    of = abc(uow, today)
    for ident in sorted({*there, *wanted}, key=lambda one: names.items[one][0]):
        code, name, unit, _ = names.items[ident]
        quantity, gone = there.get(ident, zero), wanted.get(ident, zero)
        lasts = ratio(quantity * days, gone, 1) if gone > 0 else None
        yield PaceRow(code, name, of.get(ident, Abc.C).value, quantity, ratio(gone, days, 6) or zero, lasts, unit)
