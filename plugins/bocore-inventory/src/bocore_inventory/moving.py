"""Moves: the one way in which goods come, go and change places, with what that does to their value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import Finding, Money, UnitOfWork, first_open_day, uncollected
from bocore_catalog import ItemKind, Tracking
from bocore_inventory.booking import book
from bocore_inventory.lots import misplaced
from bocore_inventory.model import OWN, Entry, EntryKind, LocationKind, Move
from bocore_inventory.nets import nets, taken_back
from bocore_inventory.on_hand import take_effect
from bocore_inventory.pools import BY
from bocore_inventory.scales import shown
from bocore_inventory.wanted import Wanted
from bocore_inventory.worth import flows_of

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
    flows = flows_of(uow, list(zip(new, moves, strict=True)))
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
    elif one.cost is not None and one.cost.minor_units < 0:
        message = f"{one.item.code} can't have cost {one.cost}."
        yield Finding("inventory.cost_below_zero", message, at, "cost", "Give what it has cost, or zero where it has cost nothing.")
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
    done, moved = taken_back(uow, originals), nets(uow, originals.values())
    for one in wanted:
        original = originals[one.returns.id]  # type: ignore[union-attr]
        done[original.id] = done.get(original.id, Decimal(0)) + one.quantity
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
        elif done[original.id] > moved[original.id]:
            message = (
                f"{shown(done[original.id])} of {one.item.code} would have come back of the {shown(moved[original.id])} of {original.key}."
            )
            yield Finding("inventory.returns", message, one.key, "quantity", "Take back at most what was moved.")


def _earlier_costs(uow: UnitOfWork, moves: Sequence[int]) -> dict[int, int]:
    """Move → what it was posted at, in minor units, for those that were made before."""
    if not moves:
        return {}
    amount = Entry.c.amount
    statement = sa.select(Entry.c.move_id, sa.func.sum(amount)).where(Entry.c.move_id.in_(moves)).group_by(Entry.c.move_id)
    return {ident: total.minor_units if isinstance(total, Money) else int(total) for ident, total in uow.rows(statement)}
