"""What movements are worth: what each does to the pools of its places, and from what it has its value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import sqlalchemy as sa

from bocore import Finding, UnitOfWork, round_ratio
from bocore_inventory.apart import tops
from bocore_inventory.flows import Carried, Flow
from bocore_inventory.histories import costs_of
from bocore_inventory.model import OWN, Entry, EntryKind, Follow, Method, Move, Pool
from bocore_inventory.pools import BY, Side, Standing, standings, standings_of
from bocore_inventory.scales import fine, micro, minor
from bocore_inventory.sent_back import price_sent_back
from bocore_inventory.wanted import Counterpart, Wanted


def flows_of(uow: UnitOfWork, made: Sequence[tuple[Wanted, Move]]) -> dict[str, list[Flow]]:
    """Key → what each movement does to pools and their value: it adds to one, takes from one, or takes from one what it adds to another."""
    apart = tops(uow, {place.id: place for one, _ in made for place in (one.from_, one.to) if place.kind in OWN}.values())
    sides: list[tuple[Side, Move, EntryKind]] = []
    for one, row in made:
        out, into = one.from_.kind in OWN, one.to.kind in OWN
        if out and into and apart[one.from_.id] is apart[one.to.id]:
            continue
        if out:
            sides.append((Side(one, apart[one.from_.id]), row, EntryKind.ISSUE))
        if into:
            sides.append((Side(one, apart[one.to.id]), row, EntryKind.RECEIPT))
    places = _places(uow, [one.corrects.id for one, _ in made if one.corrects is not None])
    uow.refuse(*_check_corrections([one for one, _ in made], [side for side, _, _ in sides], places))
    if not sides:
        return {}
    pools = standings(uow, [side for side, _, _ in sides])
    uow.refuse(*_check_standards([side for side, _, _ in sides], pools))
    flows: dict[str, list[Flow]] = {}
    for (side, row, kind), pool in zip(sides, pools, strict=True):
        flows.setdefault(side.wanted.key, []).append(_flow(side, row, kind, pool, places))
    for several in flows.values():
        if len(several) == 2:
            _link(*sorted(several, key=lambda flow: flow.kind is EntryKind.RECEIPT))
    _make(uow, [side.wanted for side, _, _ in sides if side.wanted.made_of], flows)
    _value_returns(uow, [one for one, _ in made if one.returns is not None and one.cost is None], flows)
    price_sent_back(uow, [one for one, _ in made], flows)
    _value_corrections(uow, [flow for several in flows.values() for flow in several])
    return flows


def _check_standards(sides: Sequence[Side], pools: Sequence[Standing]) -> Iterable[Finding]:
    """What is kept at a standard cost has one: without it all that is paid would be a difference of prices."""
    for side, pool in zip(sides, pools, strict=True):
        if pool.method is Method.STANDARD and pool.standard is None:
            message = f"{side.wanted.item.code} is kept at a standard cost, and has none."
            fix = f"Say what one costs: bo inventory set-costing {side.wanted.item.code} standard --standard '1.00 EUR'."
            yield Finding("inventory.standard", message, side.wanted.key, "cost", fix)


def _flow(side: Side, row: Move, kind: EntryKind, pool: Standing, places: Mapping[int, Mapping[int | None, Placed]]) -> Flow:
    one = side.wanted
    quantity, value = micro(one.quantity), fine(one.cost) if one.cost is not None else None
    place = None
    corrected = places.get(one.corrects.id, {}).get(pool.row.location_id) if one.corrects is not None else None
    if corrected is not None:
        place = corrected.place
        if corrected.kind is not kind:  # it takes back a part
            kind, quantity, value = corrected.kind, -quantity, -value if value is not None else None
    paid = None
    if kind is EntryKind.RECEIPT and pool.method is Method.STANDARD and one.cost is not None:
        paid = one.cost.minor_units if quantity > 0 else -one.cost.minor_units
    return Flow(
        pool=pool,
        kind=kind,
        key=one.key,
        on=one.on,
        counter=one.counter,
        quantity=quantity,
        value=value if kind is EntryKind.RECEIPT else 0,
        place=place,
        move=row,
        paid=paid,
        stock_purpose=one.stock_purpose,
        posting_date=row.posting_date,
        if_closed=one.if_closed,
        source=one.source,
        text=one.text,
        teaches=one.corrects is None and one.returns is None,
    )


def _link(issue: Flow, receipt: Flow) -> None:
    """What comes in has all that goes out costs, now and later, and the books show nothing else of it."""
    issue.followed = issue.pool.row.followed = True
    issue.counter = receipt.counter = Counterpart(purpose=issue.purpose)
    receipt.value = receipt.paid = None
    receipt.carried = [Carried(pool=issue.pool.row.id, on=issue.counts_on, issue=issue, value=0, whole=True)]


class Placed(NamedTuple):
    """What a move was in a pool, and where in its order."""

    kind: EntryKind
    place: tuple[date, int]


def _places(uow: UnitOfWork, corrected: Sequence[int]) -> dict[int, dict[int | None, Placed]]:
    """Move → place that is valued apart, or None for the others → what it was there."""
    if not corrected:
        return {}
    entry, found = Entry.c, dict[int, dict[int | None, Placed]]()
    statement = sa.select(entry.move_id, Pool.c.location_id, entry.kind, entry.place_on, entry.place).where(
        entry.pool_id == Pool.c.id,
        Pool.c.active.is_(True),
        entry.move_id.in_(sorted(set(corrected))),
        entry.kind.in_((EntryKind.RECEIPT, EntryKind.ISSUE)),
    )
    for ident, location, kind, on, place in uow.rows(statement):
        found.setdefault(ident, {})[location] = Placed(EntryKind(kind), (on, place))
    return found


def _check_corrections(
    made: Iterable[Wanted], sides: Sequence[Side], places: Mapping[int, Mapping[int | None, Placed]]
) -> Iterable[Finding]:
    """What was moved when its places were valued otherwise can't be corrected in its place."""
    for one in made:
        if one.corrects is not None:
            now = {None if side.place is None else side.place.id for side in sides if side.wanted is one}
            if now != places.get(one.corrects.id, {}).keys():
                message = f"{one.corrects.key} was made when {one.item.code}, {one.from_.code} or {one.to.code} was valued otherwise: "
                message += "it can't be corrected."
                yield Finding("inventory.correction", message, one.corrects, fix="Make a movement of today that sets it right.")


def _make(uow: UnitOfWork, wanted: Sequence[Wanted], flows: Mapping[str, Sequence[Flow]]) -> None:
    """What is made has what all that it is made of costs, now and later, besides its own cost."""
    for one in wanted:
        (made,) = flows[one.key]
        made.value = 0 if made.value is None else made.value
        parts = [flow for part in one.made_of for flow in flows.get(part.key, ())]
        if len(parts) != len(one.made_of):
            message = f"What {one.item.code} is made of went out before: its cost has gone elsewhere."
            uow.refuse(Finding("inventory.made_of", message, one.key, "made_of", "Ask for what goes out and what is made at once."))
        for part in parts:
            part.followed = part.pool.row.followed = True
            part.counter = Counterpart(purpose=part.purpose)
        made.carried = [
            Carried(pool=part.pool.row.id, on=part.counts_on, issue=part, value=0, counter=part.counter, whole=True) for part in parts
        ]


def _value_returns(uow: UnitOfWork, wanted: Sequence[Wanted], flows: Mapping[str, Sequence[Flow]]) -> None:
    """What comes back is worth what its issue has cost, by what is known now, and follows that from now on."""
    back = [(flow, one.returns) for one in wanted for flow in flows.get(one.key, ()) if flow.kind is EntryKind.RECEIPT and one.returns]
    if not back:
        return
    entry, follow, places = Entry.c, Follow.c, dict[int, tuple[int, date, int]]()
    statement = sa.select(entry.move_id, entry.pool_id, entry.place_on, entry.place)
    for ident, *place in uow.rows(statement.where(entry.move_id.in_({row.id for _, row in back}), entry.kind == EntryKind.ISSUE)):
        places[ident] = (place[0], place[1], place[2])
    taken = sa.select(follow.issue_id).where(follow.issue_id.in_([place for _, _, place in places.values()]), follow.whole.is_(True))
    gone = {place for (place,) in uow.rows(taken.where(follow.pool_id.in_({pool for pool, _, _ in places.values()})))}
    uow.refuse(
        *(
            Finding(
                "inventory.returns",
                f"What went out by {row.key} is still stock, in another place or in what was made of it: it can't come back from outside.",
                flow.key,
                "returns",
                "Transfer it back, or correct the first movement.",
            )
            for flow, row in back
            if row.id in places and places[row.id][2] in gone
        )
    )
    known = {flow.pool.row.id: flow.pool for several in flows.values() for flow in several}
    pools = {**standings_of(uow, {pool for pool, _, _ in places.values()} - known.keys()), **known}
    costs: dict[int, tuple[int, int]] = {}
    for pool in {pool for pool, _, _ in places.values()}:
        costs |= costs_of(uow, pools[pool], {(on, place) for mine, on, place in places.values() if mine == pool})
    followed = {places[row.id][0] for flow, row in back if row.id in places and flow.pool.method is not Method.STANDARD}
    for pool in followed:
        pools[pool].row.followed = True
    uow.write([pools[pool].row for pool in followed - known.keys()], made_by=BY)
    for flow, row in back:
        if row.id in places:
            pool, on, place = places[row.id]
            cost, quantity = costs[place]
            flow.value = round_ratio(cost * flow.quantity, quantity) if quantity else 0
            if flow.pool.method is not Method.STANDARD:
                flow.carried = [Carried(pool=pool, on=on, issue=place, value=flow.value)]


def _value_corrections(uow: UnitOfWork, flows: Iterable[Flow]) -> None:
    """More or less of what came in is worth its share of all that came in there, with what was added to it since.

    What it was made of is still in it: that goes out by a correction of its own.
    """
    wanted = [
        flow for flow in flows if flow.kind is EntryKind.RECEIPT and flow.place is not None and flow.value is None and not flow.carried
    ]
    if not wanted:
        return
    entry, follow = Entry.c, Follow.c
    here = sa.and_(
        entry.pool_id.in_({flow.pool.row.id for flow in wanted}),
        entry.place_on.in_({flow.counts_on for flow in wanted}),
        entry.place.in_({flow.place[1] for flow in wanted if flow.place}),
        entry.kind.in_((EntryKind.RECEIPT, EntryKind.COST)),
    )
    statement = sa.select(entry.place, sa.func.sum(entry.quantity), sa.func.sum(entry.value), sa.func.sum(entry.price)).where(here)
    rows = uow.rows(statement.group_by(entry.place))
    sums = {place: (micro(quantity), int(value), int(price)) for place, quantity, value, price in rows}
    gone = [place for place, (quantity, *_) in sums.items() if not quantity]  # all of it was taken back, and some came after all
    first = sa.select(entry.id, entry.quantity, entry.price).where(entry.id.in_(gone))
    agreed = {ident: (micro(quantity), int(price)) for ident, quantity, price in uow.rows(first)} if gone else {}
    by = (entry.place, follow.pool_id, follow.on, follow.issue_id, follow.whole)
    followed: dict[int, list[tuple[int, date, int, bool, int]]] = {}
    for place, *part in uow.rows(sa.select(*by, sa.func.sum(follow.value)).where(here, follow.entry_id == entry.id).group_by(*by)):
        followed.setdefault(place, []).append((part[0], part[1], part[2], bool(part[3]), int(part[4])))
    for flow in wanted:
        place = flow.place[1] if flow.place else 0
        quantity, value, price = sums.get(place, (0, 0, 0))
        parts = followed.get(place, ())
        made = sum(part for *_, whole, part in parts if whole)
        if made and quantity + flow.quantity <= 0:
            message = f"All of {flow.key} would be taken back, and what it was made of is still in it."
            uow.refuse(Finding("inventory.made_of", message, flow.key, "quantity", "Correct what went into it to zero first."))
        flow.value = round_ratio((value - made) * flow.quantity, quantity) if quantity else None
        flow.price = round_ratio((price - made) * flow.quantity, quantity) if quantity else None
        if place in agreed:
            flow.value = flow.price = round_ratio(agreed[place][1] * flow.quantity, agreed[place][0])
            flow.paid = minor(flow.price) if flow.pool.method is Method.STANDARD else None
        if quantity and (flow.price != flow.value or flow.pool.method is Method.STANDARD):
            flow.paid = minor(flow.price or 0)  # who sold it gave no freight: its share of that is a difference
        if quantity and flow.pool.method is not Method.STANDARD:
            flow.carried = [
                Carried(pool=pool, on=on, issue=issue, value=round_ratio(part * flow.quantity, quantity))
                for pool, on, issue, whole, part in parts
                if not whole
            ]
