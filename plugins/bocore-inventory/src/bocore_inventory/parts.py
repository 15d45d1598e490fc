"""A movement divided into moves: by serial numbers, by lots, by the places in which goods were reserved, and by what is taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

import attrs
import sqlalchemy as sa

from bocore import Finding, Money, UnitOfWork, largest_remainder
from bocore_catalog import StockMovement, Tracking
from bocore_inventory.model import OWN, BelowZero, Location, Lot, Move, OnHand
from bocore_inventory.nets import nets, taken_back
from bocore_inventory.on_hand import slot
from bocore_inventory.promised import Promised
from bocore_inventory.scales import micro, shown
from bocore_inventory.settings import InventorySettings
from bocore_inventory.shelves import Removal, Shelves
from bocore_inventory.wanted import Wanted

ZERO = Decimal(0)
CHUNK = 100
FEW = 200
"""Ranges of keys that are read at once."""


@attrs.define(eq=False)
class Known:
    """Moves that were made before: of the movements that are asked for again, and of those that are taken back.

    :param made: key of a movement → its moves, in their order.
    """

    made: dict[str, list[Move]]
    lots: dict[int, Lot]
    places: dict[int, Location]

    @classmethod
    def of(cls, uow: UnitOfWork, movements: Sequence[StockMovement]) -> Known:
        """Those that these movements concern; nothing is read for what is new, complete and takes nothing back."""
        first = {one.key: [one.key, f"{one.key}#{one.serials[0] if one.serials else 1}"] for one in movements if _looks_back(one)}
        there = uow.find_all(Move, key=[key for keys in first.values() for key in keys]) if first else {}
        wanted = {key for key, keys in first.items() if any(each in there for each in keys)}
        wanted |= {one.returns for one in movements if one.returns is not None}
        wanted |= _divided(uow, [one.key for one in movements if one.serials or (one.lot is not None and one.quantity < 0)])
        return cls.about(uow, _made(uow, sorted(wanted)))

    @classmethod
    def about(cls, uow: UnitOfWork, made: dict[str, list[Move]]) -> Known:
        """Moves with their lots and places."""
        rows = [row for each in made.values() for row in each]
        lots = uow.get_all(Lot, {row.lot_id for row in rows if row.lot_id is not None}) if rows else {}
        places = uow.get_all(Location, {ident for row in rows for ident in (row.from_id, row.to_id)}) if rows else {}
        return cls(made, lots, places)

    def lot(self, row: Move) -> Lot | None:
        """The lot of a move."""
        return None if row.lot_id is None else self.lots[row.lot_id]


def _looks_back(one: StockMovement) -> bool:
    """Whether what it comes to depends on what there is, or on the day."""
    return one.on is None or one.reservation is not None or one.returns is not None or (one.quantity < 0 and one.lot is None)


def _divided(uow: UnitOfWork, keys: Sequence[str]) -> set[str]:
    """Those of these movements that were made before, of several moves: maybe of other lots or pieces than are named now."""
    key, found = Move.c.key, set[str]()
    for start in range(0, len(keys), FEW):
        ranges = [sa.and_(key > f"{each}#", key < f"{each}$") for each in keys[start : start + FEW]]  # $ comes after #
        found |= {name.rpartition("#")[0] for (name,) in uow.rows(sa.select(key).where(sa.or_(*ranges)))}
    return found & set(keys)


def _made(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, list[Move]]:
    """Key → the moves that a movement was divided into."""
    found: dict[str, list[Move]] = {}
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        starts = [Move.c.key.startswith(f"{key}#", autoescape=True) for key in part]
        for row in uow.select(Move, company_id=uow.company_id).where(sa.or_(Move.c.key.in_(part), *starts)).order_by(Move.c.id):
            key = row.key if row.key in part else next(key for key in part if row.key.startswith(f"{key}#"))
            found.setdefault(key, []).append(row)
    return found


def divide(
    uow: UnitOfWork,
    movements: Sequence[StockMovement],
    wholes: Sequence[Wanted],
    lots: Mapping[tuple[int, str], Lot],
    known: Known,
) -> list[list[Wanted]]:
    """For each movement the moves that it consists of.

    :raises Refused: what is promised to nobody, or not there, or was never moved.
    """
    pairs = list(zip(movements, wholes, strict=True))
    uow.refuse(*(each for one, whole in pairs for each in _check(one, whole, known)))
    fresh = [(one, whole) for one, whole in pairs if not known.made.get(one.key)]
    promised = _promised(uow, fresh, lots)
    sent_back = _sent_back(uow, fresh, known)
    found = []
    for one, whole in pairs:
        if known.made.get(one.key):
            found.append(list(_again(whole, known, anywhere=one.reservation is not None, serials=one.serials)))
        elif one.key in promised:
            found.append(_split(whole, promised[one.key], takes_reserved=True))
        elif one.returns is not None:
            found.append(_split(whole, _back(one, whole, known, sent_back)))
        elif one.serials:
            found.append(_split(whole, [Piece(Decimal(1), lots[whole.item.id, serial]) for serial in one.serials]))
        else:
            found.append([whole])
    new = {one.key for one, _ in fresh}
    chosen = choose(uow, [each for (one, _), several in zip(pairs, found, strict=True) if one.key in new for each in several])
    return [_split(several[0], chosen[several[0].key]) if several and several[0].key in chosen else several for several in found]


@attrs.frozen
class Piece:
    """A part of a movement: of what lot, from what place, and of what move it is the return."""

    quantity: Decimal
    lot: Lot | None
    place: Location | None = None
    returns: Move | None = None


def _split(whole: Wanted, pieces: Sequence[Piece], *, takes_reserved: bool = False) -> list[Wanted]:
    costs: list[Money | None] = [None] * len(pieces)
    if whole.cost is not None and len(pieces) == 1:
        costs = [whole.cost]
    elif whole.cost is not None:
        shares = largest_remainder(whole.cost.minor_units, [micro(each.quantity) for each in pieces])
        costs = [Money.minor(share, whole.cost.currency) for share in shares]
    serials = all(each.lot is not None and each.lot.serial for each in pieces)
    found = []
    for number, (each, cost) in enumerate(zip(pieces, costs, strict=True), 1):
        name = each.lot.code if serials and each.lot is not None else str(number)
        found.append(
            attrs.evolve(
                whole,
                key=whole.key if len(pieces) == 1 and not serials else f"{whole.key}#{name}",
                quantity=each.quantity,
                lot=each.lot,
                from_=each.place or whole.from_,
                returns=each.returns,
                cost=cost,
                takes_reserved=takes_reserved,
            )
        )
    return found


def _check(one: StockMovement, whole: Wanted, known: Known) -> Iterable[Finding]:
    if one.returns is not None and not known.made.get(one.returns):
        message = f"There is no movement {one.returns}."
        yield Finding("inventory.returns", message, one.key, "returns", "Name the key of the movement that is taken back.")
    elif one.returns is not None and one.serials:
        moved = {lot.code for row in known.made[one.returns] if (lot := known.lot(row)) is not None}
        for serial in sorted(set(one.serials) - moved):
            message = f"{serial} of {whole.item.code} was not moved by {one.returns}."
            yield Finding("inventory.returns", message, one.key, "serials", "Take back what was moved.")
    if one.serials and (len(one.serials) != whole.quantity or len(set(one.serials)) != len(one.serials)):
        message = f"{len(set(one.serials))} serial numbers are given for {shown(whole.quantity)} of {whole.item.code}."
        yield Finding("inventory.serial", message, one.key, "serials", "Give each piece a number of its own.")
    if one.reservation is not None and (one.quantity > 0 or one.returns is not None):
        message = f"{whole.item.code} comes in or goes back: nothing is promised of that."
        yield Finding("inventory.reservation", message, one.key, "reservation", "Leave the reservation out.")


def _again(whole: Wanted, known: Known, *, anywhere: bool = False, serials: Sequence[str] = ()) -> Iterator[Wanted]:
    """What was made before, as it was made then; or else as it is asked for now, which is then refused as another one."""
    rows = known.made[whole.key]
    same = sum((row.quantity for row in rows), ZERO) == whole.quantity and all(row.item_id == whole.item.id for row in rows)
    pieces = {lot.code for row in rows if (lot := known.lot(row)) is not None}
    same = same and (not serials or pieces == set(serials))
    returns = {row.id: row for each in known.made.values() for row in each}
    costs = [piece.cost for piece in _split(whole, [Piece(row.quantity, known.lot(row)) for row in rows])]
    for row, cost in zip(rows, costs, strict=True):
        yield attrs.evolve(
            whole,
            key=row.key,
            quantity=row.quantity if same else whole.quantity,
            lot=(known.lot(row) if same else None) if whole.lot is None else whole.lot,
            from_=known.places[row.from_id] if anywhere else whole.from_,
            returns=None if row.returns_id is None else returns.get(row.returns_id),
            cost=cost,
        )


# -- what goes out


def _promised(
    uow: UnitOfWork, fresh: Sequence[tuple[StockMovement, Wanted]], lots: Mapping[tuple[int, str], Lot]
) -> dict[str, list[Piece]]:
    mine = [(one, whole) for one, whole in fresh if one.reservation is not None]
    if not mine:
        return {}
    promised = Promised.of(uow, [one.reservation for one, _ in mine if one.reservation is not None])
    places = uow.get_all(Location, {row.location_id for row in promised.places.values()})
    rows = uow.get_all(Lot, {row.lot_id for row in promised.places.values() if row.lot_id is not None})
    found = {}
    for one, whole in mine:
        assert one.reservation is not None
        named = frozenset(lots[one.item, code].id for code in (*one.serials, *([one.lot] if one.lot is not None else [])))
        taken = promised.take(uow, one.reservation, whole.item, whole.quantity, named, one.key)
        found[one.key] = [
            Piece(quantity, None if row.lot_id is None else rows[row.lot_id], places[row.location_id]) for row, quantity in taken
        ]
    promised.keep(uow)
    return found


def pieces_of(uow: UnitOfWork, whole: Wanted) -> list[Wanted]:
    """A move between places, by the lots that it takes where none is named; or as it was made before."""
    rows = _made(uow, [whole.key]).get(whole.key)
    if rows is not None:
        return list(_again(whole, Known.about(uow, {whole.key: rows})))
    chosen = choose(uow, [whole])
    return _split(whole, chosen[whole.key]) if whole.key in chosen else [whole]


def choose(uow: UnitOfWork, moves: Sequence[Wanted]) -> dict[str, list[Piece]]:
    """Lots for what goes out without the name of one: none that has expired, and first what expires first.

    What goes out with the name of one is left for that; what comes in counts for what stands after it.

    :returns: key → pieces, of those alone for which lots are to be chosen.
    :raises Refused: what there is not enough of.
    """
    mine = [one for one in moves if _to_choose(one)]
    if not mine:
        return {}
    coming = _coming(moves)
    shelves = Shelves.of(uow, {one.item.id for one in mine}, {one.from_.id: one.from_ for one in mine}, coming)
    for one in moves:
        if one.lot is not None and one.from_.kind in OWN:
            shelves.give(_slot(one, one.from_), one.quantity)
    removal = Removal(uow.settings(InventorySettings).removal)
    found: dict[str, list[Piece]] = {}
    findings = []
    for one in moves:
        if not _to_choose(one):
            if one.lot is not None and one.to.kind in OWN:
                shelves.give(_slot(one, one.to), -one.quantity)
            continue
        taken = shelves.pick(one.item.id, [one.from_.id], one.quantity, on=one.on, removal=removal)
        pieces = [Piece(quantity, shelves.lots[row.lot_id]) for row, quantity in taken if row.lot_id is not None]
        rest = one.quantity - sum((piece.quantity for piece in pieces), ZERO)
        lot = pieces[-1].lot if pieces else _last(uow, one.item.id, one.on) if rest and _may(one) else None
        if rest and lot is not None and _may(one):
            pieces = [*pieces[:-1], Piece((pieces[-1].quantity if pieces else ZERO) + rest, lot)]
        elif rest:
            findings.append(_lacking(one, one.quantity - rest, shelves, one.on))
        found[one.key] = pieces
    uow.refuse(*findings)
    return found


def _to_choose(one: Wanted) -> bool:
    """Whether it goes out of an item that is kept by lots, without the name of one."""
    return one.item.tracking is Tracking.LOT and one.lot is None and one.from_.kind in OWN and one.returns is None


def _slot(one: Wanted, place: Location) -> str:
    return slot(place.id, one.item.id, None if one.lot is None else one.lot.id)


def _coming(moves: Sequence[Wanted]) -> dict[str, Callable[[], OnHand]]:
    """Slot → its row, of the lots that come where something goes out after them without the name of one."""

    def row(key: str, one: Wanted) -> OnHand:
        lot = None if one.lot is None else one.lot.id
        return OnHand(slot=key, item_id=one.item.id, location_id=one.to.id, lot_id=lot, last_on=one.on)

    found: dict[str, Callable[[], OnHand]] = {}
    later: set[tuple[int, int]] = set()
    for one in reversed(moves):
        if _to_choose(one):
            later.add((one.from_.id, one.item.id))
        elif one.lot is not None and (one.to.id, one.item.id) in later:
            key = _slot(one, one.to)
            found[key] = partial(row, key, one)
    return dict(reversed(found.items()))


def _may(whole: Wanted) -> bool:
    return whole.from_.below_zero is not BelowZero.FORBID


def _last(uow: UnitOfWork, item: int, on: date) -> Lot | None:
    """The lot that came in last, for what is taken though nothing is there."""
    lots = uow.select(Lot, company_id=uow.company_id, item_id=item).all()
    good = [lot for lot in lots if lot.expires_on is None or lot.expires_on >= on]
    return max(good, key=lambda lot: (lot.came_on or date.min, lot.id), default=None)


def _lacking(whole: Wanted, there: Decimal, shelves: Shelves, on: date) -> Finding:
    rows = [row for row in shelves.rows.get(whole.item.id, ()) if row.location_id == whole.from_.id]
    old = sum((shelves.free(row) for row in rows if shelves.expired(row, on)), ZERO)
    message = f"There are {shown(there)} of {whole.item.code} in {whole.from_.code} in lots that are free and good on {on}"
    message += f", and {shown(whole.quantity)} are to go out." + (f" {shown(old)} more have expired." if old > 0 else "")
    fix = "Name the lot to take one that has expired." if old > 0 else "Receive goods first, release a reservation, or take another place."
    return Finding("inventory.below_zero", message, whole.key, "quantity", fix)


# -- what comes back


def _sent_back(uow: UnitOfWork, fresh: Sequence[tuple[StockMovement, Wanted]], known: Known) -> dict[int, Decimal]:
    """Move → what of it was taken back already."""
    rows = {row.id: row for one, _ in fresh if one.returns is not None for row in known.made[one.returns]}
    back, moved = taken_back(uow, rows), nets(uow, rows.values())
    return {ident: back.get(ident, ZERO) + row.quantity - moved[ident] for ident, row in rows.items()}  # what was amended can't come back


def _back(one: StockMovement, whole: Wanted, known: Known, done: dict[int, Decimal]) -> list[Piece]:
    """The moves of a movement that are taken back, in their order; those of the lots that are named."""
    assert one.returns is not None
    rows = known.made[one.returns]
    if one.serials:
        by_serial = {lot.code: row for row in rows if (lot := known.lot(row)) is not None}
        return [Piece(Decimal(1), known.lot(row), None, row) for serial in one.serials if (row := by_serial.get(serial)) is not None]
    rows = [row for row in rows if whole.lot is None or row.lot_id == whole.lot.id] or rows
    pieces, rest = [], whole.quantity
    for row in rows:
        take = rest if row is rows[-1] else min(rest, max(row.quantity - done.get(row.id, ZERO), ZERO))
        if take:
            pieces.append(Piece(take, whole.lot or known.lot(row), None, row))
            done[row.id] = done.get(row.id, ZERO) + take
            rest -= take
    return pieces
