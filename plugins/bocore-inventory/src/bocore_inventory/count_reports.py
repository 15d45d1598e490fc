"""Counts on paper: the sheet that is taken along, what differs, and what is due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs

from bocore import Finding, Money, NotFound, UnitOfWork, report
from bocore_catalog import Item
from bocore_inventory.as_of import places
from bocore_inventory.counts import Count, CountLine
from bocore_inventory.model import OnHand
from bocore_inventory.rights import CATALOG, COUNT, SETTLE, VALUE
from bocore_inventory.scales import quantities
from bocore_inventory.stock_report import Names
from bocore_inventory.tallies import due_lines, prices_of, worth


@attrs.frozen(field_transformer=quantities)
class SheetRow:
    """A line of a count. ``expected`` is empty in a blind one."""

    place: str
    item: str = attrs.field(metadata={"drill": Item})
    name: str
    lot: str
    expected: Decimal | None
    counted: Decimal | None
    unit: str
    state: str


@report("inventory.count-sheet", permission=COUNT, runs_with=[CATALOG, SETTLE], title="Count")
def count_sheet(uow: UnitOfWork, *, count: str = "") -> Iterable[SheetRow]:
    """List what is to be counted, and what was; what the books have only where the count is not blind.

    :param count: number of the count; all that are open without one.
    """
    names = Names.of(uow)
    rows = _counts(uow, count)
    lines = uow.children(rows, CountLine)
    blind = {row.id for row in rows if row.blind}
    open_ = [line for row in rows if not row.blind for line in lines[row.id] if line.state == "open"]
    now = uow.find_all(OnHand, slot=[line.slot for line in open_]) if open_ else {}
    for row in rows:
        for line in sorted(lines[row.id], key=lambda one: (names.places[one.location_id].code, names.items[one.item_id][0], one.id)):
            code, name, unit, _ = names.items[line.item_id]
            expected = line.book if line.state != "open" else now[line.slot].quantity if line.slot in now else None
            yield SheetRow(
                names.places[line.location_id].code, code, name, "" if line.lot_id is None else names.lots[line.lot_id],
                None if row.id in blind else expected, line.counted, unit, line.state,
            )  # fmt: skip


def _counts(uow: UnitOfWork, number: str) -> list[Count]:
    if not number:
        return uow.select(Count, company_id=uow.company_id, state="open").order_by(Count.c.id).all()
    row = uow.find(Count, company_id=uow.company_id, number=number)
    if row is None:
        fix = "Leave it out to see the open ones."
        raise NotFound([Finding("inventory.no_count", f"There is no count {number!r}.", field="count", fix=fix)])
    return [row]


@attrs.frozen(field_transformer=quantities)
class DifferenceRow:
    """What was found more or less than the books had when it was counted."""

    count: str
    place: str
    item: str = attrs.field(metadata={"drill": Item})
    lot: str
    book: Decimal
    counted: Decimal
    difference: Decimal
    unit: str
    value: Money = attrs.field(metadata={"doc": "about, by what stock of the item is worth"})
    state: str


@report("inventory.count-differences", permission=SETTLE, runs_with=[CATALOG, VALUE], title="Differences of counts")
def count_differences(uow: UnitOfWork, *, count: str = "") -> Iterable[DifferenceRow]:
    """List the lines of a count in which something else was found than the books had.

    :param count: number of the count; all that are open without one.
    """
    names = Names.of(uow)
    rows = _counts(uow, count)
    lines = uow.children(rows, CountLine)
    prices = prices_of(uow, {line.item_id for row in rows for line in lines[row.id]})
    for row in rows:
        for line in lines[row.id]:
            if line.counted is not None and line.difference:
                code, _, unit, _ = names.items[line.item_id]
                value = names.money(worth(line.difference, prices.get(line.item_id)))
                yield DifferenceRow(
                    row.number, names.places[line.location_id].code, code, "" if line.lot_id is None else names.lots[line.lot_id],
                    line.book or Decimal(0), line.counted, line.difference, unit, value, line.state,
                )  # fmt: skip


@attrs.frozen
class DueRow:
    """An item in a place that is to be counted."""

    due_on: date
    place: str
    item: str = attrs.field(metadata={"drill": Item})
    name: str
    abc: str = attrs.field(metadata={"label": "Class"})
    last_counted: date | None


@report("inventory.count-due", permission=COUNT, runs_with=[CATALOG, VALUE], title="What is to be counted")
def count_due(uow: UnitOfWork, *, through: date | None = None, place: str = "") -> Iterable[DueRow]:
    """List what is to be counted by its class, the most urgent first; what never was is due.

    :param through: due by this day; today without one.
    :param place: code of a place: it and all within it.
    """
    names = Names.of(uow)
    inside = set(places(uow)) & (names.place(place) if place else names.places.keys())
    last = through or uow.today()
    rows = [one for one in due_lines(uow, inside) if one.due_on <= last]
    for one in sorted(rows, key=lambda one: (one.due_on, one.abc, names.places[one.place].code, names.items[one.item][0])):
        code, name, _, _ = names.items[one.item]
        yield DueRow(one.due_on, names.places[one.place].code, code, name, one.abc.value, one.last)
