"""What people do with transfers: at once, or drawn up, shipped and received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import attrs

from bocore import Finding, Money, Source, UnitOfWork, service
from bocore_catalog import Item, ItemKind, to_base
from bocore_inventory.lots import find_lots, no_lot
from bocore_inventory.model import Location, Lot
from bocore_inventory.moving import move
from bocore_inventory.parts import Piece, choose, pieces_of
from bocore_inventory.places import locations
from bocore_inventory.rights import CATALOG, LENT, MOVE
from bocore_inventory.scales import shown
from bocore_inventory.transfers import Transfer, TransferLine
from bocore_inventory.wanted import Counterpart, Wanted, own_key

ZERO = Decimal(0)
DIFFERENCE = "inventory.adjustment"


@attrs.frozen(kw_only=True)
class TransferRow:
    """So much of an item is to go, or has arrived.

    :param item: its code.
    :param unit: the item's own without one.
    :param lot: what expires first, without one.
    """

    item: str
    quantity: Decimal
    unit: str | None = None
    lot: str | None = None


@attrs.frozen(kw_only=True)
class Arrived:
    """What became of a transfer.

    :param difference: what the value of stock changed by, because more or less arrived than was sent.
    """

    transfer: int
    difference: Money
    moves: tuple[int, ...]


@service(MOVE, runs_with=LENT)
def transfer(
    uow: UnitOfWork,
    item: Item,
    quantity: Decimal,
    source: Location,
    target: Location,
    *,
    unit: str | None = None,
    lot: str | None = None,
    on: date | None = None,
    key: str | None = None,
) -> list[int]:
    """Bring goods from one place to another at once; returns the moves.

    :param source: where they are taken from.
    :param target: where they are put.
    :param unit: the item's own without one.
    :param lot: lot or serial number; what expires first, without one.
    :param on: the day; today without one.
    :param key: what makes it the same when it is said again.
    """
    uow.refuse(*_foreign(uow, source, target))
    (quantity,) = to_base(uow, [item], [quantity], [unit])
    lots = _named(uow, [(item, lot)], "transfer")
    whole = Wanted(
        key=key or own_key("transfer"),
        item=item,
        quantity=quantity,
        from_=source,
        to=target,
        on=on or uow.today(),
        lot=lots.get((item.id, lot or "")),
    )
    return [made.move.id for made in move(uow, pieces_of(uow, whole))]


@service(MOVE, runs_with=[CATALOG])
def draft_transfer(
    uow: UnitOfWork, source: Location, target: Location, lines: list[TransferRow], *, via: Location | None = None, text: str = ""
) -> Transfer:
    """Draw up a transfer in two steps.

    :param source: where the goods are taken from.
    :param target: where they are put.
    :param lines: what is to go: item, quantity, unit and lot.
    :param via: where they are meanwhile; TRANSIT without one.
    """
    uow.refuse(*_foreign(uow, source, target))
    way = via or locations(uow, ["TRANSIT"])["TRANSIT"]
    if not lines:
        uow.refuse(Finding("inventory.transfer", "Nothing is to go.", source, "lines", "Name items and quantities."))
    known = _quantities(uow, lines)
    made = uow.add(Transfer(drawn_up=uow.today(), from_id=source.id, to_id=target.id, via_id=way.id, text=text))
    uow.add_all(
        TransferLine(transfer_id=made.id, item_id=item.id, lot_id=None if lot is None else lot.id, quantity=quantity)
        for item, lot, quantity in known
    )
    return made


@service(MOVE, runs_with=LENT)
def ship_transfer(uow: UnitOfWork, transfer: Transfer, *, on: date | None = None) -> Transfer:
    """Send the goods of a transfer on their way: they stay the company's own, and keep their value.

    :param on: the day on which they leave; today without one.
    """
    uow.move(transfer, "ship")
    transfer.shipped_on = on or uow.today()
    rows = uow.children(transfer, TransferLine)
    wanted = _steps(uow, transfer, rows, "ship", transfer.from_id, transfer.via_id, transfer.shipped_on)
    pieces = choose(uow, list(wanted.values()))
    moves: list[Wanted] = []
    for row in rows:
        whole = wanted[row.id]
        several = pieces.get(whole.key)
        if several is None:
            moves.append(whole)
            continue
        extra = uow.add_all(
            TransferLine(transfer_id=transfer.id, item_id=row.item_id, lot_id=_lot(piece), quantity=piece.quantity) for piece in several[1:]
        )
        for line, piece in zip([row, *extra], several, strict=True):
            line.lot_id, line.quantity = _lot(piece), piece.quantity
            moves.append(attrs.evolve(whole, key=_key(transfer, "ship", line), quantity=piece.quantity, lot=piece.lot))
    move(uow, moves)
    return transfer


@service(MOVE, runs_with=LENT)
def receive_transfer(uow: UnitOfWork, transfer: Transfer, *, arrived: list[TransferRow] | None = None, on: date | None = None) -> Arrived:
    """Take the goods of a transfer in; what is missing is lost, and what is too much is found, each with its value.

    :param arrived: what has arrived, where that is not all: item, quantity and lot of every line.
    :param on: the day on which they arrive; today without one.
    """
    uow.move(transfer, "receive")
    transfer.received_on = on or uow.today()
    rows = uow.children(transfer, TransferLine)
    for row, quantity in _arrived(uow, rows, arrived):
        row.received = quantity
    loss = locations(uow, ["LOSS"])["LOSS"]
    moves: list[Wanted] = []
    for way, step, ends, quantities in (
        ("to", "receive", (transfer.via_id, transfer.to_id), {row.id: min(row.received or ZERO, row.quantity) for row in rows}),
        ("lost", "lose", (transfer.via_id, loss.id), {row.id: row.quantity - (row.received or ZERO) for row in rows}),
        ("found", "find", (loss.id, transfer.to_id), {row.id: (row.received or ZERO) - row.quantity for row in rows}),
    ):
        wanted = _steps(uow, transfer, rows, step, *ends, transfer.received_on)
        moves += [
            attrs.evolve(wanted[ident], quantity=quantity, text="" if way == "to" else f"{way.title()} on the way")
            for ident, quantity in quantities.items()
            if quantity > 0
        ]
    made = move(uow, moves)
    difference = sum((one.cost for one in made), Money.zero(uow.company.currency))
    return Arrived(transfer=transfer.id, difference=difference, moves=tuple(one.move.id for one in made))


@service(MOVE)
def cancel_transfer(uow: UnitOfWork, transfer: Transfer) -> Transfer:
    """Give up a transfer that has not been shipped."""
    uow.move(transfer, "cancel")
    return transfer


# -- what they share


def _key(transfer: Transfer, step: str, line: TransferLine) -> str:
    return f"inventory.transfer:{transfer.id}:{line.id}:{step}"


def _lot(piece: Piece) -> int | None:
    return None if piece.lot is None else piece.lot.id


def _steps(
    uow: UnitOfWork, transfer: Transfer, rows: Sequence[TransferLine], step: str, start: int, end: int, on: date
) -> dict[int, Wanted]:
    """Line → the move of all of it from one place to another."""
    items = uow.get_all(Item, {row.item_id for row in rows})
    lots = uow.get_all(Lot, {row.lot_id for row in rows if row.lot_id is not None})
    places = uow.get_all(Location, [start, end])
    return {
        row.id: Wanted(
            key=_key(transfer, step, row),
            item=items[row.item_id],
            quantity=row.quantity,
            from_=places[start],
            to=places[end],
            on=on,
            lot=None if row.lot_id is None else lots[row.lot_id],
            counter=Counterpart(purpose=DIFFERENCE),
            source=Source(transfer, event=step, label="Transfer {number}"),
            text=transfer.text,
        )
        for row in rows
    }


def _foreign(uow: UnitOfWork, *places: Location) -> Iterable[Finding]:
    for place in places:
        if place.company_id != uow.company_id:
            message = f"{place.code} is another company's: goods are not transferred between companies."
            yield Finding("inventory.other_company", message, place, "location", "Sell the goods to it, and let it receive them.")


def _named(uow: UnitOfWork, wanted: Sequence[tuple[Item, str | None]], at: object) -> dict[tuple[int, str], Lot]:
    found = find_lots(uow, ((item.id, code) for item, code in wanted if code is not None))
    uow.refuse(*(no_lot(item, code, at) for item, code in wanted if code is not None and (item.id, code) not in found))
    return found


def _quantities(uow: UnitOfWork, lines: Sequence[TransferRow]) -> list[tuple[Item, Lot | None, Decimal]]:
    """Item, lot and quantity in the item's unit of each line."""
    items = uow.find_all(Item, code=[line.item for line in lines])
    findings = []
    for number, line in enumerate(lines, 1):
        item = items.get(line.item)
        at = f"line {number}"
        if item is None:
            findings.append(Finding("inventory.no_item", f"There is no item {line.item!r}.", at, "item", "Look it up by its code."))
        elif item.kind is not ItemKind.GOODS:
            message = f"{item.code} is a {item.kind.value.replace('_', ' ')}: no stock is kept of it."
            findings.append(Finding("inventory.not_stocked", message, at, "item", "Move goods; a kit by its parts."))
        if line.quantity < 0:
            message = f"{shown(line.quantity)} of {line.item} can't be moved."
            findings.append(Finding("inventory.quantity", message, at, "quantity", "Give more than zero."))
    uow.refuse(*findings)
    mine = [items[line.item] for line in lines]
    quantities = to_base(uow, mine, [line.quantity for line in lines], [line.unit for line in lines])
    lots = _named(uow, [(item, line.lot) for item, line in zip(mine, lines, strict=True)], "lines")
    return [(item, lots.get((item.id, line.lot or "")), quantity) for item, line, quantity in zip(mine, lines, quantities, strict=True)]


def _arrived(uow: UnitOfWork, rows: Sequence[TransferLine], arrived: Sequence[TransferRow] | None) -> list[tuple[TransferLine, Decimal]]:
    """What arrived of each line: all of it where nothing is said, nothing where others are named and it is not."""
    if arrived is None:
        return [(row, row.quantity) for row in rows]
    left: dict[tuple[int, int | None], Decimal] = {}
    names: Mapping[tuple[int, int | None], str] = {}
    for line, (item, lot, quantity) in zip(arrived, _quantities(uow, arrived), strict=True):
        place = item.id, None if lot is None else lot.id
        left[place] = left.get(place, ZERO) + quantity
        names = {**names, place: f"{line.item}{f' of lot {line.lot}' if line.lot else ''}"}
    found: dict[int, Decimal] = {}
    for row in rows:
        take = min(left.get((row.item_id, row.lot_id), ZERO), row.quantity)
        found[row.id] = take
        if (row.item_id, row.lot_id) in left:
            left[row.item_id, row.lot_id] -= take
    last = {(row.item_id, row.lot_id): row for row in rows}
    strange = [place for place in left if place not in last]
    uow.refuse(
        *(
            Finding("inventory.transfer", f"{names[place]} was not sent.", "arrived", "item", "Name the items and lots of the transfer.")
            for place in strange
        )
    )
    for place, more in left.items():
        found[last[place].id] += more
    return [(row, found[row.id]) for row in rows]
