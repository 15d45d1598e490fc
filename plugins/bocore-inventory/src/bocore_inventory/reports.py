"""Behind the stock: moves, the entries of a pool and why, how old it is, which lots there are and when they expire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import attrs
import sqlalchemy as sa

from bocore import Drill, Finding, Money, UnitOfWork, report
from bocore_catalog import Item
from bocore_inventory.as_of import Basis, held, left, places
from bocore_inventory.model import Counter, Entry, EntryKind, Lot, Move, OnHand, Pool
from bocore_inventory.rights import READ, VALUE
from bocore_inventory.scales import quantities
from bocore_inventory.stock_report import Names

_TRACE = {"drill": Drill("accounting.trace", of="voucher")}
BATCH = 500


@attrs.frozen(field_transformer=quantities)
class MoveRow:
    """Goods went from one place to another. ``change`` is what the places asked for have more by it."""

    on: date
    posting_date: date
    item: str = attrs.field(metadata={"drill": Item})
    lot: str
    from_place: str = attrs.field(metadata={"label": "From"})
    to_place: str = attrs.field(metadata={"label": "To"})
    quantity: Decimal
    change: Decimal
    unit: str
    value: Money | None
    voucher: str = attrs.field(metadata=_TRACE)
    corrects: str
    text: str
    move: str = attrs.field(metadata={"drill": Move})


@report("inventory.moves", permission=READ, runs_with=["catalog.read"], title="Moves of stock")
def moves(
    uow: UnitOfWork,
    *,
    since: date | None = None,
    through: date | None = None,
    basis: Basis = "effective",
    item: str = "",
    place: str = "",
    lot: str = "",
) -> Iterable[MoveRow]:
    """List what came, went and changed places.

    :param since: the first day.
    :param through: the last day.
    :param basis: effective, the day on which it took place; posting, the day on which it counts in the books.
    :param item: code of an item.
    :param place: code of a place: it and all within it.
    :param lot: number of a lot or a piece.
    """
    names = Names.of(uow)
    move = Move.c
    day = move.on if basis == "effective" else move.posting_date
    inside = names.place(place) if place else set(places(uow))
    statement = sa.select(
        move.id, move.key, move.on, move.posting_date, move.item_id, move.lot_id, move.from_id, move.to_id, move.quantity,
        move.corrects_id, move.text,
    ).where(move.company_id == uow.company_id)  # fmt: skip
    if item:
        statement = statement.where(move.item_id == names.item(item))
    if place:
        statement = statement.where(move.from_id.in_(inside) | move.to_id.in_(inside))
    if lot:
        statement = statement.where(move.lot_id.in_([ident for ident, code in names.lots.items() if code == lot]))
    if since is not None:
        statement = statement.where(day >= since)
    if through is not None:
        statement = statement.where(day <= through)
    found = uow.rows(statement.order_by(day, move.id))
    for at in range(0, len(found), BATCH):
        yield from _move_rows(uow, names, found[at : at + BATCH], inside)


def _move_rows(uow: UnitOfWork, names: Names, rows: Any, inside: set[int]) -> Iterator[MoveRow]:
    entry, values = Entry.c, uow.may(VALUE)
    statement = (
        sa.select(entry.move_id, entry.kind, sa.func.sum(entry.amount), sa.func.max(entry.voucher))
        .where(entry.move_id.in_([row[0] for row in rows]), entry.kind.in_((EntryKind.RECEIPT, EntryKind.ISSUE)))
        .group_by(entry.move_id, entry.kind)
    )
    posted: dict[int, dict[str, tuple[int, str]]] = {}
    for ident, kind, sum_, name in uow.rows(statement):
        posted.setdefault(ident, {})[kind] = int(sum_), name
    corrected = {row[9] for row in rows if row[9] is not None}
    keys = dict(tuple(row) for row in uow.rows(sa.select(Move.c.id, Move.c.key).where(Move.c.id.in_(corrected)))) if corrected else {}
    for ident, key, on, posting, item, lot, from_id, to_id, quantity, corrects, text in rows:
        code, _, unit, _ = names.items[item]
        sides = posted.get(ident, {})
        if len(sides) == 2 and (from_id in inside) != (to_id in inside):  # from one pool into another, and only one is asked for
            sides = {kind: side for kind, side in sides.items() if (side[0] > 0) == (to_id in inside)}
        amount = sum(side for side, _ in sides.values()) if sides else None
        voucher = max((name for _, name in sides.values()), default="")
        yield MoveRow(
            on,
            posting,
            code,
            "" if lot is None else names.lots[lot],
            names.places[from_id].code,
            names.places[to_id].code,
            quantity,
            quantity * ((to_id in inside) - (from_id in inside)),
            unit,
            None if amount is None or not values else names.money(amount),
            voucher,
            "" if corrects is None else keys[corrects],
            text,
            key,
        )


# -- value


@attrs.frozen(field_transformer=quantities)
class ValueRow:
    """An entry of what stock of an item is worth. ``balance`` is what the books have after it."""

    posting_date: date
    counts_on: date = attrs.field(metadata={"doc": "the day as of which it counts in the order of the pool"})
    kind: str
    quantity: Decimal
    amount: Money
    balance: Money
    exact: Decimal = attrs.field(metadata={"doc": "the change to a ten-thousandth of the minor unit"})
    why: str
    lot: str
    voucher: str = attrs.field(metadata=_TRACE)


@report("inventory.value", permission=VALUE, runs_with=["catalog.read"], title="Value of stock")
def value_of(uow: UnitOfWork, *, item: str = "", since: date | None = None, through: date | None = None) -> Iterable[ValueRow]:
    """List by what the value of an item came about: receipts, issues, costs that came later, corrections, and why.

    :param item: code of the item; all without one.
    :param since: the first posting date; what was before is in the balance.
    :param through: the last posting date.
    """
    names = Names.of(uow)
    entry, pool = Entry.c, Pool.c
    statement = (
        sa.select(
            entry.kind, entry.quantity, entry.value, entry.amount, entry.posting_date, entry.place_on, entry.month, entry.voucher,
            entry.counter_id, entry.move_id, pool.lot_id,
        )
        .where(entry.pool_id == pool.id, entry.company_id == uow.company_id)
        .order_by(entry.posting_date, entry.id)
    )  # fmt: skip
    if item:
        statement = statement.where(pool.item_id == names.item(item))
    if through is not None:
        statement = statement.where(entry.posting_date <= through)
    rows = uow.rows(statement)
    counters = uow.get_all(Counter, {row[8] for row in rows if row[8] is not None})
    places_ = 4 + Money.zero(names.currency).token.exponent
    balance = 0
    for kind, quantity, value, amount, posting, on, month, voucher, counter, move, lot in rows:
        balance += (minor_units := amount.minor_units if isinstance(amount, Money) else int(amount))
        if since is None or posting >= since:
            yield ValueRow(
                posting,
                on,
                str(EntryKind(kind).value),
                -quantity if kind == EntryKind.ISSUE else quantity,
                names.money(minor_units),
                names.money(balance),
                Decimal(value).scaleb(-places_),
                _why(EntryKind(kind), counters.get(counter), month, move is None and kind in (EntryKind.RECEIPT, EntryKind.ISSUE)),
                "" if lot is None else names.lots[lot],
                voucher,
            )


def _why(kind: EntryKind, counter: Counter | None, month: date | None, change: bool) -> str:
    """What brought it about, in words."""
    if change:
        return "the method of valuation was changed"
    dims = "" if counter is None else ", ".join(f"{axis} {value}" for axis, value in sorted(counter.dims.items()))
    purpose = ("" if counter is None else counter.purpose) + (f" ({dims})" if dims else "")
    if kind is EntryKind.DELTA:
        return f"what was issued in {month:%Y-%m} for {purpose} has cost more or less than was booked"
    if kind is EntryKind.COST and month is not None:
        return f"what it follows, issued in {month:%Y-%m}, has cost more or less; from {purpose}"
    words = {EntryKind.RECEIPT: "came in, from", EntryKind.ISSUE: "went out, for", EntryKind.COST: "a cost that came later, from"}
    return f"{words.get(kind, 'valued anew, against')} {purpose}"


# -- age


@attrs.frozen(field_transformer=quantities)
class AgeRow:
    """What is left of an item, by how long it has been there."""

    kind: str = attrs.field(metadata={"style": True})
    item: str = attrs.field(metadata={"drill": Drill("inventory.value", item="item")})
    name: str
    oldest: date | None
    quantity: Decimal | None
    unit: str
    value: dict[str, Money] = attrs.field(metadata={"spread": True, "doc": "of what has been there for so many days"})


@report("inventory.stock-ageing", permission=VALUE, runs_with=["catalog.read"], title="Age of stock")
def ageing(uow: UnitOfWork, *, as_of: date | None = None, days: list[int] | None = None, item: str = "") -> Iterable[AgeRow]:
    """Show how long what is on stock has been there: what came in last is what is left.

    :param as_of: the evening of a day; today without one.
    :param days: ends of the spans; 30, 60, 90 and 180 without any.
    :param item: code of an item.
    """
    names, on = Names.of(uow), as_of or uow.today()
    ends = sorted(set(days or (30, 60, 90, 180)))
    if ends[0] < 0:
        uow.refuse(
            Finding("inventory.days", f"A span can't end {-ends[0]} days before today.", field="days", fix="Give days of zero or more.")
        )
    spans = [*(f"{low + 1 if low >= 0 else 0}-{high}" for low, high in zip([-1, *ends], ends, strict=False)), f"over {ends[-1]}"]
    rows: dict[int, tuple[list[date], list[Decimal], dict[str, int]]] = {}
    for part in left(uow, on, {names.item(item)} if item else None):
        age = (on - part.on).days
        span = next((name for name, end in zip(spans, ends, strict=False) if age <= end), spans[-1])
        dates, quantities, values = rows.setdefault(part.item_id, ([], [], dict.fromkeys(spans, 0)))
        dates.append(part.on)
        quantities.append(part.quantity)
        values[span] += part.value
    totals = dict.fromkeys(spans, 0)
    for ident, (dates, quantities, values) in sorted(rows.items(), key=lambda one: names.items[one[0]][0]):
        code, name, unit, _ = names.items[ident]
        totals = {span: total + values[span] for span, total in totals.items()}
        yield AgeRow(
            "", code, name, min(dates), sum(quantities, Decimal(0)), unit, {span: names.money(value) for span, value in values.items()}
        )
    yield AgeRow("grand_total", "", "All stock", None, None, "", {span: names.money(value) for span, value in totals.items()})


# -- lots


@attrs.frozen(field_transformer=quantities)
class LotRow:
    """A lot or a single piece that there is."""

    item: str = attrs.field(metadata={"drill": Item})
    lot: str = attrs.field(metadata={"drill": Drill("inventory.moves", item="item", lot="lot")})
    expires_on: date | None
    days: int | None = attrs.field(metadata={"doc": "until it expires; below zero when it has"})
    made_on: date | None
    supplier_lot: str
    quantity: Decimal
    reserved: Decimal
    unit: str
    value: Money | None


@report("inventory.lots", permission=READ, runs_with=["catalog.read"], title="Lots")
def lots(uow: UnitOfWork, *, item: str = "", place: str = "", gone: bool = False) -> Iterable[LotRow]:
    """List lots and single pieces with what is on hand of them.

    :param item: code of an item.
    :param place: code of a place: it and all within it.
    :param gone: with those of which nothing is left.
    """
    for row in _lots(uow, item, place):
        if gone or row.quantity:
            yield row


@report("inventory.expiry", permission=READ, runs_with=["catalog.read"], title="What expires")
def expiry(uow: UnitOfWork, *, within: int = 90, item: str = "", place: str = "") -> Iterable[LotRow]:
    """List what is on hand and expires soon, or has, the first first, with its value.

    :param within: so many days from today.
    :param item: code of an item.
    :param place: code of a place: it and all within it.
    """
    last = uow.today() + timedelta(days=within)
    soon = [row for row in _lots(uow, item, place) if row.quantity and row.expires_on is not None and row.expires_on <= last]
    yield from sorted(soon, key=lambda row: (row.expires_on or last, row.item, row.lot))


def _lots(uow: UnitOfWork, item: str, place: str) -> Iterator[LotRow]:
    """All lots with what is on hand of them now, by item and number."""
    names, hand, lot = Names.of(uow), OnHand.c, Lot.c
    chosen = {names.item(item)} if item else None
    inside = names.place(place) if place else None
    statement = sa.select(hand.lot_id, sa.func.sum(hand.quantity), sa.func.sum(hand.reserved)).where(
        hand.company_id == uow.company_id, hand.lot_id.is_not(None)
    )
    if inside is not None:
        statement = statement.where(hand.location_id.in_(inside))
    there = {ident: (quantity, reserved) for ident, quantity, reserved in uow.rows(statement.group_by(hand.lot_id))}
    of_lots = sa.select(lot.id, lot.item_id, lot.code, lot.expires_on, lot.made_on, lot.supplier_lot).where(
        lot.company_id == uow.company_id
    )
    if chosen is not None:
        of_lots = of_lots.where(lot.item_id.in_(chosen))
    rows = list(uow.rows(of_lots))
    worth: dict[int, int] = {}
    if values := uow.may(VALUE):
        for one in held(uow, None, "posting", chosen if chosen is not None else {row[1] for row in rows}):
            if one.lot_id is not None and (inside is None or one.location_id in inside):
                worth[one.lot_id] = worth.get(one.lot_id, 0) + one.value
    today, zero = uow.today(), Decimal(0)
    for ident, item_id, code, expires, made, supplier in sorted(rows, key=lambda row: (names.items[row[1]][0], row[2])):
        quantity, reserved = there.get(ident, (zero, zero))
        yield LotRow(
            names.items[item_id][0],
            code,
            expires,
            None if expires is None else (expires - today).days,
            made,
            supplier,
            quantity,
            reserved,
            names.items[item_id][2],
            names.money(worth.get(ident, 0)) if values else None,
        )
