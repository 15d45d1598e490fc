"""How fast goods go: demand by item and place, classes by the cost of what was issued, and days of cover."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import sqlalchemy as sa

from bocore import UnitOfWork, fallbacks
from bocore_inventory.apart import is_stock
from bocore_inventory.model import Counter, Location, LocationKind, Move, Pool, PoolMonth
from bocore_inventory.pools import month_of

LOSSES = "inventory.adjustment"
WANTED = frozenset({LocationKind.CUSTOMER, LocationKind.PRODUCTION})
"""Where goods go that somebody wanted."""


class Abc(StrEnum):
    """How much of the cost of what goes out an item makes: A the first 80 %, B up to 95 %, C the rest."""

    A = "A"
    B = "B"
    C = "C"


LIMITS = ((Abc.A, 80), (Abc.B, 95))


def classes(costs: Mapping[int, int]) -> dict[int, Abc]:
    """Item → class by what was issued of it. The one that passes a limit belongs to the class before it; what never went out is C."""
    total, reached, found = sum(cost for cost in costs.values() if cost > 0), 0, {}
    for item, cost in sorted(costs.items(), key=lambda one: (-one[1], one[0])):
        if cost <= 0:
            found[item] = Abc.C
            continue
        found[item] = next((abc for abc, limit in LIMITS if reached * 100 < total * limit), Abc.C)
        reached += cost
    return found


def issued_cost(uow: UnitOfWork, since: date, through: date) -> dict[int, int]:
    """Item → cost of what was issued in the months of these days, losses and what stayed stock apart, in ten-thousandths of a cent.

    All items with a pool are among them.
    """
    pool, month, counter = Pool.c, PoolMonth.c, Counter.c
    found = {item: 0 for (item,) in uow.rows(sa.select(pool.item_id).where(pool.company_id == uow.company_id).distinct())}
    purposes = [name for name in uow.purposes if LOSSES not in fallbacks(uow.purposes, name) and not is_stock(uow.purposes, name)]
    statement = (
        sa.select(pool.item_id, sa.func.sum(month.cost))
        .where(month.pool_id == pool.id, month.counter_id == counter.id, pool.company_id == uow.company_id)
        .where(month.month >= month_of(since), month.month <= month_of(through), counter.purpose.in_(purposes))
        .group_by(pool.item_id)
    )
    for item, cost in uow.rows(statement):
        found[item] = int(cost)
    return found


def abc(uow: UnitOfWork, on: date) -> dict[int, Abc]:
    """Item → class by the twelve months up to a day."""
    return classes(issued_cost(uow, on - timedelta(days=364), on))


def demand(uow: UnitOfWork, on: date, days: int, items: Collection[int] | None = None) -> dict[tuple[int, int], Decimal]:
    """Item and place → how much went from there to customers or into production in the days before a day, less what came back."""
    move = Move.c
    kinds = {row.id: row.kind for row in uow.select(Location, company_id=uow.company_id)}
    statement = sa.select(move.item_id, move.from_id, move.to_id, sa.func.sum(move.quantity)).where(
        move.company_id == uow.company_id, move.on >= on - timedelta(days=days), move.on < on
    )
    if items is not None:
        statement = statement.where(move.item_id.in_(sorted(items)))
    found: dict[tuple[int, int], Decimal] = {}
    for item, from_id, to_id, quantity in uow.rows(statement.group_by(move.item_id, move.from_id, move.to_id)):
        if kinds[to_id] in WANTED and kinds[from_id] not in WANTED:
            found[item, from_id] = found.get((item, from_id), Decimal(0)) + quantity
        elif kinds[from_id] in WANTED and kinds[to_id] not in WANTED:
            found[item, to_id] = found.get((item, to_id), Decimal(0)) - quantity
    return found


def ratio(numerator: Decimal | int, denominator: Decimal | int, places: int = 2) -> Decimal | None:
    """A quotient as a figure to read; None where there is nothing to divide by."""
    if not denominator:
        return None
    return (Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
