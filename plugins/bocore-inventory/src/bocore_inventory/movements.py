"""Movements that others ask for, through the hook of the catalogue: rows are looked up for all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import attrs
import sqlalchemy as sa

from bocore import Finding, Money, UnitOfWork, fallbacks, hookimpl, uncollected
from bocore_catalog import Item, ItemKind, Part, StockAnswer, StockMovement, Tracking, explode, to_base
from bocore_inventory.apart import is_stock
from bocore_inventory.lots import lots_named
from bocore_inventory.model import Location, Lot, Move
from bocore_inventory.moving import Moved, move
from bocore_inventory.parts import FEW, Known, divide
from bocore_inventory.places import locations
from bocore_inventory.wanted import Counterpart, Wanted

OTHER_SIDE = {"wip": "PRODUCTION", "inventory": "PRODUCTION", "inventory.adjustment": "LOSS", "grni": "SUPPLIERS"}
"""Where goods come from or go to, by the purpose of the other side; customers and suppliers where nothing is said."""


@hookimpl
def bo_catalog_stock(uow: UnitOfWork, movements: Sequence[StockMovement]) -> Sequence[StockAnswer]:
    """Move stock for whoever asks: its value is posted here and nowhere else."""
    return stock(uow, movements)


def stock(uow: UnitOfWork, movements: Sequence[StockMovement]) -> list[StockAnswer]:
    """Make these movements, all or none, and say what the value of stock changed by.

    A kit moves its parts. Several serial numbers are a move for each of them; what goes out of an item that is kept by lots, without the
    name of one, is a move for each lot that it is taken of; and what was reserved is one for each place in which it lies.

    :raises Refused: with everything that is wrong.
    """
    with uncollected():
        return _stock(uow, movements)


def _stock(uow: UnitOfWork, movements: Sequence[StockMovement]) -> list[StockAnswer]:
    items = _items(uow, movements)
    unkitted = _unkit(uow, movements, items)
    parts = iter(_wanted(uow, [one for several in unkitted for one in several], items))
    mine = [[piece for _ in several for piece in next(parts)] for several in unkitted]
    made = iter(move(uow, [one for several in mine for one in several]))
    return [_answer(uow, movement, [next(made) for _ in several]) for movement, several in zip(movements, mine, strict=True)]


def _answer(uow: UnitOfWork, movement: StockMovement, made: Sequence[Moved]) -> StockAnswer:
    return StockAnswer(
        key=movement.key,
        cost=made[0].cost if len(made) == 1 else sum((one.cost for one in made), Money.zero(uow.company.currency)),
        moves=tuple(one.move.id for one in made),
        provisional=any(one.provisional for one in made),
        repeated=all(one.repeated for one in made),
        findings=tuple(each for one in made for each in one.findings),
    )


def _items(uow: UnitOfWork, movements: Iterable[StockMovement]) -> dict[int, Item]:
    items = uow.get_all(Item, {one.item for one in movements})
    unknown = [one for one in movements if one.item not in items]
    uow.refuse(
        *(Finding("inventory.no_item", f"There is no item {one.item}.", one.key, "item", "Look it up by its code.") for one in unknown)
    )
    return items


# -- kits


def _unkit(uow: UnitOfWork, movements: Sequence[StockMovement], items: dict[int, Item]) -> list[list[StockMovement]]:
    """For each movement itself, or those of the parts of its kit; their items are added to those that are known."""
    kits = [one for one in movements if items[one.item].kind is ItemKind.KIT]
    if not kits:
        return [[one] for one in movements]
    quantities = to_base(uow, [items[one.item] for one in kits], [one.quantity for one in kits], [one.unit for one in kits])
    parts = explode(uow, [items[one.item] for one in kits], [abs(quantity) for quantity in quantities])
    items |= uow.get_all(Item, {part.item for several in parts for part in several})
    before = _as_before(uow, kits, parts, items)
    items |= uow.get_all(Item, {part.item for several in before for part in several})
    found: dict[str, list[StockMovement]] = {}
    for one, quantity, several in zip(kits, quantities, before, strict=True):
        uow.refuse(*_check_kit(one, items[one.item], [items[part.item] for part in several]))
        found[one.key] = [
            attrs.evolve(
                one,
                key=f"{one.key}/{part.item}",
                item=part.item,
                quantity=part.quantity if quantity > 0 else -part.quantity,
                unit=None,
                serials=one.serials if items[part.item].tracking is Tracking.SERIAL else (),
                returns=None if one.returns is None else f"{one.returns}/{part.item}",
            )
            for part in several
            if items[part.item].kind is ItemKind.GOODS
        ]
    return [found.get(one.key, [one]) for one in movements]


def _as_before(
    uow: UnitOfWork, kits: Sequence[StockMovement], parts: Sequence[Sequence[Part]], items: Mapping[int, Item]
) -> list[Sequence[Part]]:
    """For each kit its parts; of one that was moved before, and is filled otherwise since, those that were moved then."""
    moved = _parts_moved(uow, [one.key for one in kits])
    found: list[Sequence[Part]] = []
    for one, several in zip(kits, parts, strict=True):
        before = moved.get(one.key, {})
        now = {part.item: part.quantity for part in several if items[part.item].kind is ItemKind.GOODS}
        ratios = {Fraction(now.get(item, 0)) / Fraction(quantity) for item, quantity in before.items()}
        same = not before or (now.keys() == before.keys() and len(ratios) == 1)  # of another quantity it is another movement
        found.append(several if same else [Part(item, quantity) for item, quantity in before.items()])
    return found


def _parts_moved(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, dict[int, Decimal]]:
    """Key of a kit's movement that was made before → item and quantity of its parts."""
    move, found = Move.c, dict[str, dict[int, Decimal]]()
    for start in range(0, len(keys), FEW):
        mine = keys[start : start + FEW]
        ranges = [sa.and_(move.key > f"{each}/", move.key < f"{each}0") for each in mine]  # 0 comes after /
        for name, item, quantity in uow.rows(sa.select(move.key, move.item_id, move.quantity).where(sa.or_(*ranges))):
            for key in mine:
                if name == f"{key}/{item}" or name.startswith(f"{key}/{item}#"):
                    there = found.setdefault(key, {})
                    there[item] = there.get(item, Decimal(0)) + quantity
    return found


def _check_kit(one: StockMovement, kit: Item, parts: Sequence[Item]) -> Iterable[Finding]:
    if one.cost is not None:
        message = f"{kit.code} is a kit: what it has cost is what its parts have."
        yield Finding("inventory.kit", message, one.key, "cost", "Receive the parts, each with its cost.")
    if one.lot is not None or one.reservation is not None:
        message = f"{kit.code} is a kit: its parts have lots and reservations, it has none."
        yield Finding("inventory.kit", message, one.key, "lot", "Move the parts; lots are chosen as they expire where none is named.")
    if one.serials and sum(part.tracking is Tracking.SERIAL for part in parts) != 1:
        message = f"{kit.code} has not exactly one part that is kept by serial number."
        yield Finding("inventory.kit", message, one.key, "serials", "Move the parts, each with its serial numbers.")


# -- what is asked for


def _wanted(uow: UnitOfWork, movements: Sequence[StockMovement], items: Mapping[int, Item]) -> list[list[Wanted]]:
    quantities = to_base(uow, [items[one.item] for one in movements], [one.quantity for one in movements], [one.unit for one in movements])
    purposes = {one.counter_purpose: _other_side(uow, one.counter_purpose) for one in movements}
    names = {one.location or "STOCK" for one in movements} | {name for name in purposes.values() if name} | {"CUSTOMERS", "SUPPLIERS"}
    places = locations(uow, sorted(names))
    known = Known.of(uow, movements)
    lots = lots_named(uow, movements, items)
    wholes = []
    for one, quantity in zip(movements, quantities, strict=True):
        other = places[purposes[one.counter_purpose] or ("SUPPLIERS" if (quantity > 0) == (one.returns is None) else "CUSTOMERS")]
        wholes.append(_whole(uow, one, items[one.item], quantity, places[one.location or "STOCK"], other, lots, known))
    pieces = divide(uow, movements, wholes, lots, known)
    uow.refuse(*_make(uow, movements, pieces))
    return pieces


def _make(uow: UnitOfWork, movements: Sequence[StockMovement], pieces: Sequence[Sequence[Wanted]]) -> Iterable[Finding]:
    """Say of what is made what it is made of; what goes out for the sake of stock has to go into something."""
    parts: dict[str, Sequence[Wanted]] = {}
    for one, mine in zip(movements, pieces, strict=True):
        of = [key for name in one.made_of for key in [each for each in parts if each == name or each.startswith(f"{name}/")] or [name]]
        missing = [key for number, key in enumerate(of) if key not in parts or key in of[:number]]
        if missing:
            message = f"What is made can't be made of {', '.join(missing)}."
            fix = "Name movements before it by which parts go out for the purpose inventory, each once."
            yield Finding("inventory.made_of", message, one.key, "made_of", fix)
        elif of and (one.quantity < 0 or one.returns is not None or len(mine) != 1):
            message = "Only what comes in, and in one piece, is made of something."
            yield Finding("inventory.made_of", message, one.key, "made_of", "Receive each serial number with its own parts.")
        elif of:
            mine[0].made_of = [part for key in of for part in parts.pop(key)]
        if is_stock(uow.purposes, one.counter_purpose):
            parts[one.key] = mine if one.quantity < 0 else ()
    for key in parts:
        message = "Stock would be on both sides of it: nothing says where the value goes."
        fix = "Transfer goods from place to place; name what goes into something in the made_of of a movement after it."
        yield Finding("inventory.made_of", message, key, "counter_purpose", fix)


def _whole(
    uow: UnitOfWork,
    one: StockMovement,
    item: Item,
    quantity: Decimal,
    place: Location,
    other: Location,
    lots: Mapping[tuple[int, str], Lot],
    known: Known,
) -> Wanted:
    """The movement as one move, before it is divided."""
    counter = Counterpart(purpose=one.counter_purpose, by=one.by, dims=one.dims, party=one.party, opens=one.opens, settles=one.settles)
    earlier: Sequence[Move] = known.made.get(one.key, ())
    return Wanted(
        key=one.key,
        item=item,
        quantity=abs(quantity),
        from_=other if quantity > 0 else place,
        to=place if quantity > 0 else other,
        on=one.on or (earlier[0].on if earlier else uow.today()),
        lot=lots.get((item.id, one.lot)) if one.lot is not None else None,
        posting_date=one.posting_date,
        if_closed=one.if_closed,
        counter=counter,
        stock_purpose=one.purpose,
        cost=one.cost,
        source=one.source,
        text=one.text,
    )


def _other_side(uow: UnitOfWork, purpose: str) -> str:
    return next((OTHER_SIDE[each] for each in fallbacks(uow.purposes, purpose) if each in OTHER_SIDE), "")
