"""What stock answers to an auditor: what of it a voucher stands for, and which goods moved for a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bocore import Entity, TraceStep, UnitOfWork, VoucherRecord, hookimpl
from bocore_catalog import Item
from bocore_inventory.model import Entry, Location, Lot, Move
from bocore_inventory.rights import READ, VALUE

MOST = 200
"""So many moves of one document are named."""


@hookimpl
def bo_audit_trace(uow: UnitOfWork, rows: Sequence[Entity]) -> Iterable[TraceStep]:
    """The stock whose value a voucher changed with the moves behind it; the stock that a move changed; the moves of a document."""
    steps: list[TraceStep] = []
    for row in rows:
        if isinstance(row, VoucherRecord):
            made = uow.select(Entry, unit_id=row.unit_id, voucher=row.key).order_by(Entry.c.id).all()
            steps += _stock(uow, made, row)
        elif isinstance(row, Move):
            steps += _moved(uow, [row], row)
            steps += _stock(uow, uow.select(Entry, move_id=row.id).order_by(Entry.c.id).all(), row)
        else:
            of = {"source_entity": type(row).c.id.table.name, "source_id": row.id}
            own = uow.select(Move, **of).order_by(Move.c.id)
            steps += _moved(uow, own.limit(MOST).all(), row)
            steps += _more(uow, own.count() - MOST, row)
    return steps


def _stock(uow: UnitOfWork, made: Sequence[Entry], of: Entity) -> Iterator[TraceStep]:
    """What pools came to be worth more or less, each with its move where that is not what was asked about."""
    if made and not uow.may(VALUE):
        yield TraceStep("stock", text=f"not shown: it takes the permission {VALUE}", of=of)
        return
    moves = uow.get_all(Move, {entry.move_id for entry in made if entry.move_id is not None})
    behind = {step.row.id: step for step in _moved(uow, list(moves.values()), of) if step.row is not None}
    for entry in made:
        move = behind.get(entry.move_id or 0)
        parts = () if move is None or isinstance(of, Move) else [move]
        yield TraceStep(
            "stock", entry, str(entry.kind), date=entry.posting_date, amount=entry.amount, text=f"quantity {entry.quantity.normalize():f}",
            key=entry.voucher, of=of, parts=parts,
        )  # fmt: skip


def _more(uow: UnitOfWork, count: int, of: Entity) -> Iterator[TraceStep]:
    """Says that moves are not shown, and where they are."""
    if count > 0 and uow.may(READ):
        text = "not shown: trace the vouchers of the same business, or one by its id, inventory_move and a number"
        yield TraceStep("more", name=f"{count:,} more moves", text=text, of=of)


def _moved(uow: UnitOfWork, moves: Sequence[Move], of: Entity) -> Iterator[TraceStep]:
    if moves and not uow.may(READ):
        yield TraceStep("move", text=f"not shown: it takes the permission {READ}", of=of)
        return
    items = uow.get_all(Item, {move.item_id for move in moves})
    places = uow.get_all(Location, {ident for move in moves for ident in (move.from_id, move.to_id)})
    lots = uow.get_all(Lot, {move.lot_id for move in moves if move.lot_id is not None})
    for move in moves:
        yield TraceStep("move", move, move.key, date=move.on, text=_said(move, items, places, lots), key=f"inventory_move {move.id}", of=of)


def _said(move: Move, items: Mapping[int, Item], places: Mapping[int, Location], lots: Mapping[int, Lot]) -> str:
    lot = f" of {lots[move.lot_id].code}" if move.lot_id is not None else ""
    what = f"{move.quantity.normalize():f} {items[move.item_id].code}{lot}"
    whence = f"from {places[move.from_id].code} to {places[move.to_id].code}"
    return ", ".join(filter(None, [f"{what} {whence}", move.text]))
