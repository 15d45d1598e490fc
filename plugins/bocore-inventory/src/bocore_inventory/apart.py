"""Places that are valued apart: what lies in them, and below them, has pools of its own, and a stock account of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

import sqlalchemy as sa

from bocore import Finding, UnitOfWork, fallbacks
from bocore_inventory.model import OWN, Location, LocationKind, OnHand, Pool
from bocore_inventory.scales import shown


def is_stock(purposes: Mapping[str, str], purpose: str) -> bool:
    """Whether a purpose is for goods on stock; work in progress falls back to stock and is none."""
    chain = fallbacks(purposes, purpose)
    return "inventory" in chain and "wip" not in chain


def tops(uow: UnitOfWork, places: Iterable[Location]) -> dict[int, Location | None]:
    """Place → the place by which what lies in it is valued apart: itself, or the nearest that it is within; None for the others."""
    known = {place.id: place for place in places}
    wanted = list(known)
    missing = _parents(known.values()) - known.keys()
    while missing:
        more = uow.get_all(Location, missing)
        known |= more
        missing = _parents(more.values()) - known.keys()
    return {ident: top_of(ident, known) for ident in wanted}


def _parents(places: Iterable[Location]) -> set[int]:
    return {place.parent_id for place in places if place.parent_id is not None and not place.valued_apart}


def top_of(ident: int, known: Mapping[int, Location]) -> Location | None:
    """The same for one place among all that are known."""
    seen: set[int] = set()
    place = known.get(ident)
    while place is not None and place.id not in seen:
        if place.valued_apart:
            return place
        seen.add(place.id)
        place = None if place.parent_id is None else known.get(place.parent_id)
    return None


# -- what may be changed


def check_places(uow: UnitOfWork, places: Collection[Location], changed: Mapping[int, Mapping[str, object]]) -> Iterator[Finding]:
    """What is wrong with how these places are valued.

    :param changed: id of a place → field → what it was before, of those that were there.
    """
    for place in places:
        if place.valued_apart and not is_stock(uow.purposes, place.valued_apart):
            message = f"{place.valued_apart!r} is no purpose for stock: {place.code} can't be valued under it."
            fix = "Name inventory, inventory.at_subcontractor, inventory.in_transit, or a purpose of a plugin that falls back to inventory."
            yield Finding("inventory.purpose", message, place, "valued_apart", fix)
        if place.valued_apart and place.kind not in OWN and place.kind is not LocationKind.VIEW:
            message = f"{place.code} is no place of one's own stock: nothing is valued there."
            yield Finding("inventory.purpose", message, place, "valued_apart", "Value a place apart in which goods of one's own lie.")
    if changed:
        yield from _moved_value(uow, changed)


def _moved_value(uow: UnitOfWork, changed: Mapping[int, Mapping[str, object]]) -> Iterator[Finding]:
    """Places in which goods lie that would be valued by another place, or under another purpose, than they are."""
    now = {row.id: row for row in uow.select(Location, company_id=uow.company_id)}
    below: dict[int | None, list[int]] = {}
    for row in now.values():
        below.setdefault(row.parent_id, []).append(row.id)
    for ident, before in changed.items():
        if ident not in now:
            continue
        place, inside = now[ident], [ident]
        for each in inside:
            inside += [one for one in below.get(each, ()) if one not in inside]
        parent, purpose = before.get("parent_id", place.parent_id), before.get("valued_apart", place.valued_apart)
        old = (ident, purpose) if purpose else _named(top_of(int(str(parent)), now) if parent is not None else None)
        if old == _named(top_of(ident, now)):
            continue
        held = uow.rows(sa.select(OnHand.c.quantity).where(OnHand.c.location_id.in_(inside), OnHand.c.quantity != 0).limit(1))
        worth = uow.rows(
            sa.select(Pool.c.id).where(Pool.c.location_id == ident, Pool.c.active.is_(True), (Pool.c.value != 0) | (Pool.c.quantity != 0))
        )
        if held or worth:
            message = f"Goods lie in {place.code} or within it{f', {shown(held[0][0])} of one item' if held else ''}: "
            message += "how they are valued can't change with that."
            fix = "Transfer them to another place first, change it, and bring them back."
            yield Finding("inventory.valued_apart", message, place, "valued_apart", fix)


def _named(top: Location | None) -> tuple[int, object] | None:
    return None if top is None else (top.id, top.valued_apart)
