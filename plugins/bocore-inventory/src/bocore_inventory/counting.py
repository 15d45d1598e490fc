"""Counts as people do them: begun for a place, entered line by line, accepted or given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import Finding, UnitOfWork, service
from bocore_catalog import Item
from bocore_inventory.counts import Count, CountLine
from bocore_inventory.demand import Abc, abc
from bocore_inventory.model import Location, OnHand
from bocore_inventory.rights import CATALOG, COUNT, SETTLE, VALUE
from bocore_inventory.tallies import BY, Tally, due_lines, enter_tallies, inside_of, note, settle

_LENT = [CATALOG, SETTLE, VALUE]


@attrs.frozen(kw_only=True)
class TallyRow:
    """So much of an item was found.

    :param item: its code.
    :param quantity: in the item's unit; zero where nothing was found.
    :param place: code of the place; the place of the count without one.
    :param lot: lot or serial number, for items that are kept by these.
    """

    item: str
    quantity: Decimal
    place: str | None = None
    lot: str | None = None


@service(COUNT, runs_with=_LENT)
def start_count(uow: UnitOfWork, place: Location, *, classes: str = "", due: bool = False, blind: bool = True, text: str = "") -> Count:
    """Begin to count what lies in a place and within it.

    :param classes: only items of these classes, such as AB.
    :param due: only what is due to be counted by its class.
    :param blind: who counts does not see what the books have.
    """
    wrong = sorted(set(classes) - {each.value for each in Abc})
    if wrong:
        uow.refuse(Finding("inventory.class", f"There is no class {wrong[0]}.", field="classes", fix="Give A, B, C or some of them."))
    inside = inside_of(uow, place)
    hand = OnHand.c
    statement = sa.select(hand.slot, hand.item_id, hand.location_id, hand.lot_id).where(
        hand.company_id == uow.company_id, hand.location_id.in_(inside), hand.quantity != 0
    )
    rows = uow.rows(statement.order_by(hand.location_id, hand.item_id, hand.lot_id))
    of = abc(uow, uow.today())
    soon = {(one.item, one.place) for one in due_lines(uow, inside) if one.due_on <= uow.today()} if due else None
    chosen = [
        row for row in rows
        if (not classes or of.get(row[1], Abc.C).value in classes) and (soon is None or (row[1], row[2]) in soon)
    ]  # fmt: skip
    if not chosen:
        message = f"Nothing that is to be counted lies in {place.code}."
        uow.refuse(Finding("inventory.nothing_to_count", message, place, fix="Name another place, or other classes."))
    count = uow.add(Count(location_id=place.id, on=uow.today(), abc="".join(sorted(set(classes))), blind=blind, text=text), made_by=BY)
    uow.add_all(
        [CountLine(count_id=count.id, slot=key, item_id=item, location_id=at, lot_id=lot) for key, item, at, lot in chosen], made_by=BY
    )
    return count


@service(COUNT, runs_with=_LENT)
def tally(
    uow: UnitOfWork,
    count: Count,
    item: Item,
    quantity: Decimal,
    *,
    place: Location | None = None,
    lot: str | None = None,
    new: bool = False,
) -> str:
    """Enter what was found of an item; says whether it is settled, or is to be counted again.

    What the books have at this moment is noted beside it: what comes and goes from now on makes no difference.

    :param quantity: in the item's unit; zero where nothing was found.
    :param place: where; the place of the count without one.
    :param lot: lot or serial number, for items that are kept by these.
    :param new: the lot or serial number is not known yet.
    """
    (line,) = enter_tallies(uow, count, [Tally(item=item, quantity=quantity, place=place, lot=lot, new=new)])
    return line.state


@service(COUNT, runs_with=_LENT)
def tally_all(uow: UnitOfWork, count: Count, found: list[TallyRow], *, new: bool = False) -> list[str]:
    """Enter what was found of many items, all or none; says of each whether it is settled, or is to be counted again.

    :param new: lots and serial numbers need not be known yet.
    """
    items = uow.find_all(Item, code={one.item for one in found})
    codes = sorted({one.place for one in found if one.place is not None})
    places = {row.code: row for row in uow.select(Location, company_id=uow.company_id, code=codes)} if codes else {}
    uow.refuse(*_unknown(found, items, places))
    tallies = [
        Tally(item=items[one.item], quantity=one.quantity, place=None if one.place is None else places[one.place], lot=one.lot, new=new)
        for one in found
    ]
    return [line.state for line in enter_tallies(uow, count, tallies)]


def _unknown(found: Iterable[TallyRow], items: Mapping[str, Item], places: Mapping[str, Location]) -> Iterable[Finding]:
    for number, one in enumerate(found, 1):
        if one.item not in items:
            message = f"There is no item {one.item!r}."
            yield Finding("catalog.no_item", message, f"line {number}", "item", "Correct the code: bo report items.")
        if one.place is not None and one.place not in places:
            fix = "Name a place within the one that is counted."
            yield Finding("inventory.no_location", f"There is no location {one.place!r}.", f"line {number}", "place", fix)


@service(SETTLE, runs_with=_LENT)
def count_missing(uow: UnitOfWork, count: Count) -> int:
    """Say that of everything that was not counted nothing was found; returns how many lines. They differ until they are accepted."""
    lines = {line.slot: line for line in uow.children(count, CountLine)}
    missing = [(key, Decimal(0)) for key, line in lines.items() if line.state == "open"]
    if missing:
        note(uow, count, missing, lines)
    return len(missing)


@service(SETTLE, runs_with=_LENT, approval=True)
def accept_count(uow: UnitOfWork, count: Count) -> int:
    """Settle the differences of a count as they were last found; returns how many.

    Who must approve it says the setting approvals, or a plugin.
    """
    lines = [line for line in uow.children(count, CountLine) if line.state == "differs"]
    settle(uow, count, lines)
    return len(lines)


@service(SETTLE, runs_with=_LENT)
def cancel_count(uow: UnitOfWork, count: Count) -> Count:
    """Give a count up; what was settled stays."""
    uow.move(count, "cancel")
    uow.write([count], made_by=BY)
    return count
