"""Movements that others ask for, through the hook of the catalogue: rows are looked up for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import attrs

from bocore import Finding, Money, UnitOfWork, fallbacks, hookimpl
from bocore_catalog import Item, StockAnswer, StockMovement, Tracking, to_base
from bocore_inventory.model import Location, Lot, Move
from bocore_inventory.moving import Moved, move
from bocore_inventory.places import locations
from bocore_inventory.wanted import Counterpart, Wanted

OTHER_SIDE = {"wip": "PRODUCTION", "inventory.adjustment": "LOSS", "grni": "SUPPLIERS"}
"""Where goods come from or go to, by the purpose of the other side; customers and suppliers where nothing is said."""


@hookimpl
def bo_catalog_stock(uow: UnitOfWork, movements: Sequence[StockMovement]) -> Sequence[StockAnswer]:
    """Move stock for whoever asks: its value is posted here and nowhere else."""
    return stock(uow, movements)


def stock(uow: UnitOfWork, movements: Sequence[StockMovement]) -> list[StockAnswer]:
    """Make these movements, all or none, and say what the value of stock changed by.

    A movement of several serial numbers is a move for each of them.

    :raises Refused: with everything that is wrong.
    """
    parts = _wanted(uow, movements)
    made = iter(move(uow, [one for several in parts for one in several]))
    return [_answer(uow, movement, [next(made) for _ in several]) for movement, several in zip(movements, parts, strict=True)]


def _answer(uow: UnitOfWork, movement: StockMovement, made: Sequence[Moved]) -> StockAnswer:
    return StockAnswer(
        key=movement.key,
        cost=sum((one.cost for one in made), Money.zero(uow.company.currency)),
        moves=tuple(one.move.id for one in made),
        provisional=any(one.provisional for one in made),
        repeated=all(one.repeated for one in made),
        findings=tuple(each for one in made for each in one.findings),
    )


def _wanted(uow: UnitOfWork, movements: Sequence[StockMovement]) -> list[list[Wanted]]:
    items = uow.get_all(Item, {one.item for one in movements})
    unknown = [one for one in movements if one.item not in items]
    uow.refuse(
        *(Finding("inventory.no_item", f"There is no item {one.item}.", one.key, "item", "Look it up by its code.") for one in unknown)
    )
    known = to_base(uow, [items[one.item] for one in movements], [one.quantity for one in movements], [one.unit for one in movements])
    purposes = {one.counter_purpose: _other_side(uow, one.counter_purpose) for one in movements}
    names = {one.location or "STOCK" for one in movements} | {name for name in purposes.values() if name} | {"CUSTOMERS", "SUPPLIERS"}
    places = locations(uow, sorted(names))
    lots = _lots(uow, movements, items)
    returned = uow.find_all(Move, key=sorted({one.returns for one in movements if one.returns is not None}))
    lost = [one for one in movements if one.returns is not None and one.returns not in returned]
    uow.refuse(
        *(
            Finding(
                "inventory.returns",
                f"There is no movement {one.returns}.",
                one.key,
                "returns",
                "Name the key of the movement that is taken back.",
            )
            for one in lost
        )
    )
    found = []
    for one, quantity in zip(movements, known, strict=True):
        other = places[purposes[one.counter_purpose] or ("SUPPLIERS" if (quantity > 0) == (one.returns is None) else "CUSTOMERS")]
        found.append(_each(uow, one, items[one.item], quantity, places[one.location or "STOCK"], other, lots, returned))
    return found


def _each(
    uow: UnitOfWork,
    one: StockMovement,
    item: Item,
    quantity: Decimal,
    place: Location,
    other: Location,
    lots: dict[tuple[int, str], Lot],
    returned: dict[str, Move],
) -> list[Wanted]:
    counter = Counterpart(purpose=one.counter_purpose, by=one.by, dims=one.dims, party=one.party, opens=one.opens, settles=one.settles)
    whole = Wanted(
        key=one.key,
        item=item,
        quantity=abs(quantity),
        from_=other if quantity > 0 else place,
        to=place if quantity > 0 else other,
        on=one.on or uow.today(),
        lot=lots.get((item.id, one.lot)) if one.lot is not None else None,
        posting_date=one.posting_date,
        if_closed=one.if_closed,
        counter=counter,
        stock_purpose=one.purpose,
        cost=one.cost,
        returns=returned.get(one.returns) if one.returns is not None else None,
        source=one.source,
        text=one.text,
    )
    if not one.serials:
        return [whole]
    if len(one.serials) != whole.quantity or len(set(one.serials)) != len(one.serials):
        message = f"{len(set(one.serials))} serial numbers are given for {whole.quantity:f} of {item.code}."
        uow.refuse(Finding("inventory.serial", message, one.key, "serials", "Give each piece a number of its own."))
    costs: list[Money | None] = list(one.cost.split(len(one.serials))) if one.cost is not None else [None] * len(one.serials)
    return [
        attrs.evolve(whole, key=f"{one.key}#{serial}", quantity=Decimal(1), lot=lots[item.id, serial], cost=cost)
        for serial, cost in zip(one.serials, costs, strict=True)
    ]


def _other_side(uow: UnitOfWork, purpose: str) -> str:
    return next((OTHER_SIDE[each] for each in fallbacks(uow.purposes, purpose) if each in OTHER_SIDE), "")


def _lots(uow: UnitOfWork, movements: Sequence[StockMovement], items: dict[int, Item]) -> dict[tuple[int, str], Lot]:
    """Item and code → lot or serial number: made where it comes in for the first time."""
    wanted = {(one.item, code): one for one in movements for code in (*one.serials, *([one.lot] if one.lot is not None else []))}
    if not wanted:
        return {}
    codes = sorted({code for _, code in wanted})
    rows = uow.select(Lot, company_id=uow.company_id, code=codes)
    found = {(row.item_id, row.code): row for row in rows if (row.item_id, row.code) in wanted}
    gone = []
    for (item, code), one in wanted.items():
        if (item, code) not in found:
            if one.quantity > 0 and one.returns is None:
                found[item, code] = uow.add(Lot(item_id=item, code=code, serial=items[item].tracking is Tracking.SERIAL))
            else:
                message = f"There is no lot or serial number {code!r} of {items[item].code}."
                gone.append(Finding("inventory.no_lot", message, one.key, "lot", "Look at what there is: bo report inventory.lots."))
    uow.refuse(*gone)
    return found
