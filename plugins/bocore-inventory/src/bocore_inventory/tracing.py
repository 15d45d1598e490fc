"""Where a lot or a piece came from and where it went, through everything that was made of it or that it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import attrs
import sqlalchemy as sa

from bocore import Party, UnitOfWork, report
from bocore_catalog import Item
from bocore_inventory.model import OWN, Counter, Entry, Location, LocationKind, Lot, Move, OnHand
from bocore_inventory.rights import CATALOG, READ
from bocore_inventory.scales import quantities

ZERO = Decimal(0)
CHUNK = 500
Node = tuple[int, int | None]
"""An item, and the lot of it."""
Origin = tuple[str, int]
"""What brought moves about: an entity and its id."""


class Direction(StrEnum):
    """Towards where it came from, towards where it went, or where it is."""

    FROM = "from"
    TO = "to"
    HERE = "here"


@attrs.frozen(field_transformer=quantities)
class TraceRow:
    """A step of the way of a lot. ``depth`` counts how often something was made in between."""

    depth: int
    direction: Direction
    on: date | None
    item: str = attrs.field(metadata={"drill": Item})
    lot: str
    quantity: Decimal
    unit: str
    place: str
    party: str
    source: str
    move: str = attrs.field(metadata={"drill": Move})


@report("inventory.lot-trace", permission=READ, runs_with=[CATALOG, "bo.read"], title="Where a lot came from and where it went")
def trace(uow: UnitOfWork, *, lot: Lot, direction: Direction | None = None) -> Iterable[TraceRow]:
    """Show where a lot or a piece came from and where it went, through what was made of it and what it was made of.

    :param lot: lot or serial number; its id where several items have one of that number.
    :param direction: from, to or here; all of them without one.
    """
    start: set[Node] = {(lot.item_id, lot.id)}
    found: list[_Step] = []
    for each in (Direction.FROM, Direction.TO):
        if direction in (None, each):
            found += _walk(uow, start, each)
    if direction in (None, Direction.HERE):
        found += _here(uow, {step.node for step in found if step.direction is Direction.TO and step.node[1] is not None} | start)
    yield from _told(uow, found)


@attrs.frozen(field_transformer=quantities)
class _Step:
    depth: int
    direction: Direction
    node: Node
    quantity: Decimal
    place: int
    move: Move | None = None


def _walk(uow: UnitOfWork, start: set[Node], direction: Direction) -> Iterator[_Step]:
    """Level by level: the moves of these lots at the company's edge, and behind production what else its source moved."""
    places = {row.id: row for row in uow.select(Location, company_id=uow.company_id)}
    own = {ident for ident, row in places.items() if row.kind in OWN}
    made = {ident for ident, row in places.items() if row.kind is LocationKind.PRODUCTION}
    level, seen, depth = set(start), set(start), 0
    while level:
        steps = [(row, end, quantity) for row, end, quantity in _edge(uow, level, own, direction) if quantity]
        yield from (_Step(depth, direction, (row.item_id, row.lot_id), quantity, end, row) for row, end, quantity in steps)
        sources = {
            (row.source_entity, row.source_id) for row, end, _ in steps if end in made and row.source_entity and row.source_id is not None
        }
        depth += 1
        beyond = [(row, place) for row, place in _of_sources(uow, sources, made, direction) if (row.item_id, row.lot_id) not in seen]
        yield from (_Step(depth, direction, (row.item_id, None), row.quantity, place, row) for row, place in beyond if row.lot_id is None)
        level = {(row.item_id, row.lot_id) for row, _ in beyond if row.lot_id is not None}
        seen |= level


def _edge(uow: UnitOfWork, level: set[Node], own: set[int], direction: Direction) -> Iterator[tuple[Move, int, Decimal]]:
    """Moves by which lots came in or went out, with the place beyond, and how much that is after its corrections."""
    lots = sorted(lot for _, lot in level if lot is not None)
    rows: list[Move] = []
    for start in range(0, len(lots), CHUNK):
        rows += uow.select(Move, company_id=uow.company_id, lot_id=lots[start : start + CHUNK]).order_by(Move.c.on, Move.c.id).all()
    corrected: dict[int, Decimal] = {}
    by_id = {row.id: row for row in rows}
    for row in rows:
        if row.corrects_id is not None:
            same = row.from_id == by_id[row.corrects_id].from_id
            corrected[row.corrects_id] = corrected.get(row.corrects_id, ZERO) + (row.quantity if same else -row.quantity)
    for row in rows:
        inside, beyond = (row.to_id, row.from_id) if direction is Direction.FROM else (row.from_id, row.to_id)
        if row.corrects_id is None and inside in own and beyond not in own:
            yield row, beyond, row.quantity + corrected.get(row.id, ZERO)


def _of_sources(uow: UnitOfWork, sources: Iterable[Origin], made: set[int], direction: Direction) -> Iterator[tuple[Move, int]]:
    """What else the sources of production moved: what went in, or what came out."""
    by_entity: dict[str, list[int]] = {}
    for entity, ident in sorted(sources):
        by_entity.setdefault(entity, []).append(ident)
    move = Move.c
    column = move.to_id if direction is Direction.FROM else move.from_id
    for entity, ids in by_entity.items():
        for start in range(0, len(ids), CHUNK):
            mine = uow.select(Move, company_id=uow.company_id, source_entity=entity, source_id=ids[start : start + CHUNK])
            for row in mine.where(column.in_(sorted(made))).order_by(move.on, move.id):
                yield row, row.to_id if direction is Direction.FROM else row.from_id


def _here(uow: UnitOfWork, nodes: set[Node]) -> Iterator[_Step]:
    lots = sorted(lot for _, lot in nodes if lot is not None)
    for start in range(0, len(lots), CHUNK):
        for row in uow.select(OnHand, company_id=uow.company_id, lot_id=lots[start : start + CHUNK]).order_by(OnHand.c.id):
            if row.quantity:
                yield _Step(0, Direction.HERE, (row.item_id, row.lot_id), row.quantity, row.location_id)


# -- what it is called


def _told(uow: UnitOfWork, steps: Sequence[_Step]) -> Iterator[TraceRow]:
    items = uow.get_all(Item, {step.node[0] for step in steps})
    lots = uow.get_all(Lot, {step.node[1] for step in steps if step.node[1] is not None})
    places = uow.get_all(Location, {step.place for step in steps})
    parties = _parties(uow, [step.move.id for step in steps if step.move is not None])
    for step in steps:
        item, row = items[step.node[0]], step.move
        yield TraceRow(
            depth=step.depth,
            direction=step.direction,
            on=None if row is None else row.on,
            item=item.code,
            lot="" if step.node[1] is None else lots[step.node[1]].code,
            quantity=step.quantity,
            unit=item.unit,
            place=places[step.place].code,
            party="" if row is None else parties.get(row.id, ""),
            source="" if row is None or row.source_id is None else f"{row.source_entity} {row.source_id}",
            move="" if row is None else row.key,
        )


def _parties(uow: UnitOfWork, moves: Sequence[int]) -> Mapping[int, str]:
    """Move → who sent it or got it, as the voucher of its value says."""
    found: dict[int, str] = {}
    entry, counter = Entry.c, Counter.c
    for start in range(0, len(moves), CHUNK):
        statement = (
            sa.select(entry.move_id, Party.c.name)
            .join(counter.id.table, counter.id == entry.counter_id)
            .join(Party.c.id.table, Party.c.id == counter.party_id)
            .where(entry.move_id.in_(moves[start : start + CHUNK]))
        )
        found |= dict(tuple(row) for row in uow.rows(statement))
    return found
