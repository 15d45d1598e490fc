"""Moves: the one way in which goods come, go and change places, with what that does to their value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import attrs
import sqlalchemy as sa

from bocore import Finding, Money, UnitOfWork, first_open_day, round_ratio, uncollected
from bocore_catalog import ItemKind, Tracking
from bocore_inventory.apart import tops
from bocore_inventory.booking import book
from bocore_inventory.flows import Carried, Flow
from bocore_inventory.histories import costs_of
from bocore_inventory.lots import misplaced
from bocore_inventory.model import OWN, Entry, EntryKind, Follow, LocationKind, Method, Move, Pool
from bocore_inventory.on_hand import take_effect
from bocore_inventory.pools import BY, Side, Standing, standings, standings_of
from bocore_inventory.scales import fine, micro, shown
from bocore_inventory.wanted import Counterpart, Wanted

AREA = "stock"
"""The area of locks of periods that closes stock: what takes effect in it can't be entered any more, or counts later."""


@attrs.frozen
class Moved:
    """What became of a movement.

    :param cost: what the value of stock changed by, as posted now; zero between two places of one's own.
    :param repeated: it had been made before.
    :param provisional: it took more than there is: its cost is an estimate until goods come in.
    """

    move: Move
    cost: Money
    repeated: bool = False
    provisional: bool = False
    findings: tuple[Finding, ...] = ()


def move(uow: UnitOfWork, wanted: Sequence[Wanted]) -> list[Moved]:
    """Make these movements, all or none: what lies where, what it is worth, and the vouchers of that.

    :raises Refused: what is wrong with any of them, and nothing is done.
    """
    with uncollected():
        return _move_all(uow, wanted)


def _move_all(uow: UnitOfWork, wanted: Sequence[Wanted]) -> list[Moved]:
    known = uow.find_all(Move, key=[one.key for one in wanted])
    new = [one for one in wanted if one.key not in known]
    uow.refuse(*_check(uow, wanted, known))
    before = len(uow.findings)
    uow.refuse(*take_effect(uow, new))
    moves = uow.add_all([_move(uow, one) for one in new], made_by=BY)
    flows = _flows(uow, list(zip(new, moves, strict=True)))
    if flows:
        book(uow, [flow for several in flows.values() for flow in several])
    made = dict(zip((one.key for one in new), moves, strict=True))
    earlier = _earlier_costs(uow, [row.id for row in known.values()])
    currency = uow.company.currency
    warnings: dict[str, list[Finding]] = {}
    for each in uow.findings[before:]:
        warnings.setdefault(str(each.at), []).append(each)
    answers = []
    for one in wanted:
        row = known.get(one.key)
        if row is not None:
            answers.append(Moved(row, Money.minor(earlier.get(row.id, 0), currency), repeated=True))
            continue
        mine = flows.get(one.key, ())
        short = any(flow.kind is EntryKind.ISSUE and flow.pool.quantity < 0 for flow in mine)
        cost = Money.minor(sum(flow.amount for flow in mine), currency)
        answers.append(Moved(made[one.key], cost, provisional=short, findings=tuple(warnings.get(one.key, ()))))
    return answers


def _move(uow: UnitOfWork, one: Wanted) -> Move:
    source = one.source
    name, ident = "", None
    if source is not None:
        name = source.name if source.entity is None else type(source.entity).c.id.table.name
        ident = source.id if source.entity is None else source.entity.id
    return Move(
        key=one.key,
        item_id=one.item.id,
        lot_id=None if one.lot is None else one.lot.id,
        quantity=one.quantity,
        from_id=one.from_.id,
        to_id=one.to.id,
        on=one.on,
        posting_date=posting_day(uow, one),
        corrects_id=None if one.corrects is None else one.corrects.id,
        returns_id=None if one.returns is None else one.returns.id,
        source_entity=name,
        source_id=ident,
        text=one.text,
        request=one.request,
    )


def posting_day(uow: UnitOfWork, one: Wanted) -> date:
    """The day on which its value counts: the one that was asked for, or the first that is open for stock."""
    return first_open_day(uow, uow.company_id, one.posting_date or one.on, AREA)


# -- checks


def _check(uow: UnitOfWork, wanted: Sequence[Wanted], known: Mapping[str, Move]) -> Iterable[Finding]:
    """Everything that is wrong with what is asked for, before anything is changed."""
    seen: set[str] = set()
    for one in wanted:
        if one.key in seen:
            yield Finding("inventory.key", f"Two movements have the key {one.key}.", one.key, "key", "Give each a key of its own.")
        seen.add(one.key)
        row = known.get(one.key)
        if row is not None:
            if row.request != one.request:
                message = f"The movement {one.key} was made before, and was another."
                yield Finding("inventory.key", message, one.key, "key", "Give it a key of its own, or ask for what was asked for then.")
            continue
        yield from _check_one(uow, one)
    yield from misplaced(uow, [one for one in wanted if one.key not in known])
    yield from _check_returns(uow, [one for one in wanted if one.returns is not None and one.key not in known])


def _check_one(uow: UnitOfWork, one: Wanted) -> Iterable[Finding]:
    item, at = one.item, one.key
    if one.quantity <= 0:
        yield Finding("inventory.quantity", f"{shown(one.quantity)} of {item.code} can't be moved.", at, "quantity", "Give more than zero.")
    if item.kind is not ItemKind.GOODS:
        message = f"{item.code} is a {item.kind.value.replace('_', ' ')}: no stock is kept of it."
        yield Finding("inventory.not_stocked", message, at, "item", "Move goods; a kit by its parts.")
    for place in (one.from_, one.to):
        if place.company_id != uow.company_id:
            message = f"{place.code} is another company's: goods don't move between companies."
            yield Finding(
                "inventory.other_company", message, at, "location", "Sell the goods to it: each company has a movement of its own."
            )
        if place.kind is LocationKind.VIEW:
            message = f"{place.code} only groups other places: nothing lies in it."
            yield Finding("inventory.place", message, at, "location", "Name a place within it.")
    if one.from_ is one.to or one.from_.id == one.to.id:
        yield Finding("inventory.place", f"{item.code} would move from {one.to.code} to itself.", at, "location", "Name two places.")
    yield from _check_lot(one)
    if one.cost is not None and one.cost.currency != uow.company.currency:
        message = f"The cost of {item.code} is in {one.cost.currency}: stock is valued in {uow.company.currency}."
        yield Finding("inventory.currency", message, at, "cost", "Convert it at the rate of the receipt.")
    if one.if_closed == "refuse":
        day = one.posting_date or one.on
        opened = first_open_day(uow, uow.company_id, day, AREA)
        if opened != day:
            message = f"Stock is closed on {day}: {item.code} can't be moved then."
            fix = f"Use {opened} or later, or if_closed='next_open'; an administrator opens periods (bo lock)."
            yield Finding("inventory.closed", message, at, "on", fix)


def _check_lot(one: Wanted) -> Iterable[Finding]:
    item, at = one.item, one.key
    if item.tracking is Tracking.NONE and one.lot is not None:
        yield Finding("inventory.lot", f"{item.code} is not kept by lots.", at, "lot", "Leave the lot out.")
    elif item.tracking is not Tracking.NONE and one.lot is None:
        yield Finding(
            "inventory.lot", f"{item.code} is kept by {item.tracking.value}: which one is it?", at, "lot", "Name the lot or serial number."
        )
    elif one.lot is not None and one.lot.item_id != item.id:
        yield Finding("inventory.lot", f"The lot {one.lot.code} is not of {item.code}.", at, "lot", "Name a lot of this item.")
    elif one.lot is not None and one.lot.serial and one.quantity != 1:
        message = f"{one.lot.code} is a single piece of {item.code}: {shown(one.quantity)} of it can't be moved."
        yield Finding("inventory.serial", message, at, "quantity", "Give a serial number for each piece.")


def _check_returns(uow: UnitOfWork, wanted: Sequence[Wanted]) -> Iterable[Finding]:
    """Nothing is taken back more than once."""
    originals = {one.returns.id: one.returns for one in wanted if one.returns is not None}
    if not originals:
        return
    statement = (
        sa.select(Move.c.returns_id, sa.func.sum(Move.c.quantity)).where(Move.c.returns_id.in_(list(originals))).group_by(Move.c.returns_id)
    )
    done = dict(tuple(row) for row in uow.rows(statement))
    for one in wanted:
        original = originals[one.returns.id]  # type: ignore[union-attr]
        done[original.id] = done.get(original.id, 0) + one.quantity
        if original.item_id != one.item.id:
            yield Finding(
                "inventory.returns",
                f"{original.key} did not move {one.item.code}.",
                one.key,
                "returns",
                "Name the movement that it takes back.",
            )
        elif one.to.kind in OWN and one.from_.kind not in OWN and one.on < original.on:
            message = f"{one.item.code} would come back on {one.on}, before it went out on {original.on} by {original.key}."
            yield Finding("inventory.returns", message, one.key, "on", "Give the day on which it came back.")
        elif done[original.id] > original.quantity:
            message = (
                f"{shown(done[original.id])} of {one.item.code} would have come back of the {shown(original.quantity)} of {original.key}."
            )
            yield Finding("inventory.returns", message, one.key, "quantity", "Take back at most what was moved.")


# -- value


def _flows(uow: UnitOfWork, made: Sequence[tuple[Wanted, Move]]) -> dict[str, list[Flow]]:
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
    flows: dict[str, list[Flow]] = {}
    for (side, row, kind), pool in zip(sides, pools, strict=True):
        flows.setdefault(side.wanted.key, []).append(_flow(side, row, kind, pool, places))
    for several in flows.values():
        if len(several) == 2:
            _link(*sorted(several, key=lambda flow: flow.kind is EntryKind.RECEIPT))
    _make(uow, [side.wanted for side, _, _ in sides if side.wanted.made_of], flows)
    _value_returns(uow, [one for one, _ in made if one.returns is not None and one.cost is None], flows)
    _value_corrections(uow, [flow for several in flows.values() for flow in several])
    return flows


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
        entry.pool_id == Pool.c.id, entry.move_id.in_(sorted(set(corrected))), entry.kind.in_((EntryKind.RECEIPT, EntryKind.ISSUE))
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
                message = f"{one.corrects.key} was made when {one.from_.code} or {one.to.code} was valued otherwise: it can't be corrected."
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
        pools[pool].row.followed = True
    uow.write([pools[pool].row for pool in {pool for pool, _, _ in places.values()} - known.keys()], made_by=BY)
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
    statement = sa.select(entry.place, sa.func.sum(entry.quantity), sa.func.sum(entry.value)).where(here).group_by(entry.place)
    sums = {place: (micro(quantity), int(value)) for place, quantity, value in uow.rows(statement)}
    by = (entry.place, follow.pool_id, follow.on, follow.issue_id, follow.whole)
    followed: dict[int, list[tuple[int, date, int, bool, int]]] = {}
    for place, *part in uow.rows(sa.select(*by, sa.func.sum(follow.value)).where(here, follow.entry_id == entry.id).group_by(*by)):
        followed.setdefault(place, []).append((part[0], part[1], part[2], bool(part[3]), int(part[4])))
    for flow in wanted:
        place = flow.place[1] if flow.place else 0
        quantity, value = sums.get(place, (0, 0))
        parts = followed.get(place, ())
        made = sum(part for *_, whole, part in parts if whole)
        if made and quantity + flow.quantity <= 0:
            message = f"All of {flow.key} would be taken back, and what it was made of is still in it."
            uow.refuse(Finding("inventory.made_of", message, flow.key, "quantity", "Correct what went into it to zero first."))
        flow.value = round_ratio((value - made) * flow.quantity, quantity) if quantity else None
        if quantity and flow.pool.method is not Method.STANDARD:
            flow.carried = [
                Carried(pool=pool, on=on, issue=issue, value=round_ratio(part * flow.quantity, quantity))
                for pool, on, issue, whole, part in parts
                if not whole
            ]


def _earlier_costs(uow: UnitOfWork, moves: Sequence[int]) -> dict[int, int]:
    """Move → what it was posted at, in minor units, for those that were made before."""
    if not moves:
        return {}
    amount = Entry.c.amount
    statement = sa.select(Entry.c.move_id, sa.func.sum(amount)).where(Entry.c.move_id.in_(moves)).group_by(Entry.c.move_id)
    return {ident: total.minor_units if isinstance(total, Money) else int(total) for ident, total in uow.rows(statement)}
