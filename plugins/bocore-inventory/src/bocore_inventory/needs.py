"""How much is needed of an item at a place: what is free and what is coming against what the rule wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

import attrs
import sqlalchemy as sa

from bocore import UnitOfWork
from bocore_inventory.as_of import below, places
from bocore_inventory.demand import demand, ratio
from bocore_inventory.model import PLACES, Location, Move, OnHand
from bocore_inventory.rules import ReorderBy, ReorderRule, SupplyAsked
from bocore_inventory.stock_report import Names

ZERO = Decimal(0)
LATE = timedelta(days=30)
"""What was promised and is so late does not count as coming any more."""


@attrs.frozen
class Need:
    """What a rule comes to now.

    :param free: there, and not promised to anybody.
    :param coming: promised by whoever was asked, and not there yet.
    :param point: below this it is ordered.
    :param times: how often was asked before.
    """

    rule: ReorderRule
    free: Decimal
    coming: Decimal
    a_day: Decimal
    point: Decimal
    order: Decimal
    times: int


def wanted(rule: ReorderRule, available: Decimal, demanded: Decimal) -> tuple[Decimal, Decimal]:
    """Below which quantity a rule orders, and how much it orders now.

    :param available: free and coming.
    :param demanded: in the days whose demand is looked at.
    """
    if rule.by is ReorderBy.LEVELS:
        point, target = Fraction(rule.minimum), Fraction(rule.maximum)
    else:
        a_day = Fraction(max(demanded, ZERO)) / rule.demand_days
        point = a_day * rule.lead_days + Fraction(rule.minimum)
        target = point + a_day * rule.cover_days
    missing = target - Fraction(available)
    order = _up(missing, rule.multiple) if Fraction(available) < point and missing > 0 else ZERO
    return _up(point, ZERO), order


def _up(quantity: Fraction, multiple: Decimal) -> Decimal:
    """The next quantity that is not less: a multiple, or one of as many places as quantities have."""
    step = Fraction(multiple) if multiple else Fraction(1, 10**PLACES)
    number = -(-quantity // step)
    return (Decimal(number) * (multiple or Decimal(1).scaleb(-PLACES))).quantize(Decimal(1).scaleb(-PLACES), ROUND_CEILING)


def needs(uow: UnitOfWork, place: str = "", *, lock: bool = False) -> list[Need]:
    """What every rule comes to, those that hold: a query for all, not one for each.

    :param place: code of a place: the rules for it and for places within it.
    :param lock: nobody else asks for the same until this unit of work ends.
    """
    chosen = [ReorderRule.c.company_id == uow.company_id, ReorderRule.c.active.is_(True)]
    if place:
        chosen.append(ReorderRule.c.location_id.in_(Names.of(uow).place(place)))
    ids = [ident for (ident,) in uow.rows(sa.select(ReorderRule.c.id).where(*chosen))]
    rules = list(uow.get_all(ReorderRule, ids, lock=lock).values())
    if not rules:
        return []
    items = {rule.item_id for rule in rules}
    own = places(uow)
    parents = {ident: parent for ident, parent in uow.rows(sa.select(Location.c.id, Location.c.parent_id))}
    inside = {ident: below([ident], parents) & own.keys() for ident in {rule.location_id for rule in rules}}
    free = _free(uow, items)
    went = {days: demand(uow, uow.today(), days, items) for days in {rule.demand_days for rule in rules}}
    asked = _asked(uow, ids)
    came = _came(uow, items, min((one.on for several in asked.values() for one in several), default=uow.today()))
    found = []
    for rule in rules:
        at = inside[rule.location_id]
        there = sum((free.get((rule.item_id, each), ZERO) for each in at), ZERO)
        gone = sum((went[rule.demand_days].get((rule.item_id, each), ZERO) for each in at), ZERO)
        mine = asked.get(rule.id, [])
        coming = outstanding(
            [(one.on, one.promised) for one in mine if (one.due or one.on + timedelta(days=rule.lead_days)) + LATE >= uow.today()],
            [(on, q) for (item, to_id), several in came.items() if item == rule.item_id and to_id in at for on, q in several],
        )
        point, order = wanted(rule, there + coming, gone)
        found.append(Need(rule, there, coming, ratio(gone, rule.demand_days, PLACES) or ZERO, point, order, len(mine)))
    return found


def outstanding(asked: Sequence[tuple[date, Decimal]], came: Sequence[tuple[date, Decimal]]) -> Decimal:
    """What was promised and has not come: what comes in belongs to the oldest that was asked for by then."""
    days = [on for on, _ in sorted(asked)]
    left = [quantity for _, quantity in sorted(asked)]
    for day, quantity in sorted(came):
        rest = quantity
        for number, on in enumerate(days):
            if on <= day:
                part = min(rest, left[number])
                left[number] -= part
                rest -= part
    return sum(left, ZERO)


def _free(uow: UnitOfWork, items: set[int]) -> Mapping[tuple[int, int], Decimal]:
    hand = OnHand.c
    statement = sa.select(hand.item_id, hand.location_id, sa.func.sum(hand.quantity), sa.func.sum(hand.reserved)).where(
        hand.company_id == uow.company_id, hand.item_id.in_(sorted(items))
    )
    rows = uow.rows(statement.group_by(hand.item_id, hand.location_id))
    return {(item, place): quantity - reserved for item, place, quantity, reserved in rows}


def _asked(uow: UnitOfWork, rules: Sequence[int]) -> dict[int, list[SupplyAsked]]:
    found: dict[int, list[SupplyAsked]] = {}
    for row in uow.select(SupplyAsked, rule_id=list(rules)).order_by(SupplyAsked.c.id):
        found.setdefault(row.rule_id, []).append(row)
    return found


def _came(uow: UnitOfWork, items: set[int], since: date) -> dict[tuple[int, int], list[tuple[date, Decimal]]]:
    """Item and place → day and quantity of what came in there from outside since a day, customers apart."""
    move, kinds = Move.c, {row.id: row.kind for row in uow.select(Location, company_id=uow.company_id)}
    statement = sa.select(move.item_id, move.to_id, move.from_id, move.on, sa.func.sum(move.quantity)).where(
        move.company_id == uow.company_id, move.item_id.in_(sorted(items)), move.on >= since
    )
    found: dict[tuple[int, int], list[tuple[date, Decimal]]] = {}
    for item, to_id, from_id, on, quantity in uow.rows(statement.group_by(move.item_id, move.to_id, move.from_id, move.on)):
        if kinds[from_id] in ("supplier", "production", "transit") and kinds[to_id] == "internal":
            found.setdefault((item, to_id), []).append((on, quantity))
    return found
