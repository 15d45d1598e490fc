"""What issues have cost by a moving average, from a day on: rows are played as they are stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bocore import UnitOfWork, uncollected
from bocore_inventory.flows import Flow, month_of
from bocore_inventory.histories import place_of
from bocore_inventory.model import Entry, EntryKind
from bocore_inventory.pools import LAYERS, Standing
from bocore_inventory.valuation import Average, Row

Exact = dict[tuple[date, int], int]
"""Month and counterpart → what everything that was issued to it has cost."""
Taken = dict[int, tuple[int, int]]
"""Place of an issue → its cost and quantity."""


def averaged(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow], since: date, start: tuple[int, int]) -> tuple[Exact, Taken] | None:
    """What issues have cost by month and counterpart, and each of these; None where less than nothing was there on the way.

    :param start: quantity and value before ``since``.
    """
    heap, exact = Average(*start), Exact()
    month = last_month = date.min
    last = None
    with uncollected():
        for day, rows, wanted in _days(uow, pool, since, flows):
            if month_of(day) != month:
                _count(exact, month, heap)
                month = month_of(day)
            if not heap.play(rows, wanted):
                return None
            if heap.last is not last:
                last, last_month = heap.last, month
        _count(exact, month, heap)
    if heap.value and not heap.quantity and last is not None:  # a cost that came when all was gone
        counter, place = last
        exact[last_month, counter] += heap.value
        if place in heap.taken:
            heap.taken[place] = heap.taken[place][0] + heap.value, heap.taken[place][1]
    return exact, heap.taken


def _count(exact: Exact, month: date, heap: Average) -> None:
    """Keep what the issues of a month have cost."""
    exact.update({(month, counter): cost for counter, cost in heap.costs.items()})
    heap.costs.clear()


def _days(uow: UnitOfWork, pool: Standing, since: date, flows: Sequence[Flow]) -> Iterator[tuple[date, Iterable[Row], Collection[int]]]:
    """Each day with its rows, in order, and the places of those that change now."""
    entry = Entry.c
    there = entry.pool_id == pool.row.id, entry.place_on >= since
    sizes = uow.rows(sa.select(entry.place_on, sa.func.count()).where(*there).group_by(entry.place_on).order_by(entry.place_on))
    select: sa.Select[Any] = sa.select(*_row())
    stored = iter(uow.rows(select.where(*there).order_by(entry.place_on, entry.place, entry.id)))
    changed: dict[date, list[Row]] = {}
    for number, flow in enumerate(flows):
        place, issued = place_of(flow, number), flow.kind is EntryKind.ISSUE
        row = (-place, flow.quantity, flow.counter_id) if issued else (place, flow.quantity, flow.value or 0)
        changed.setdefault(flow.counts_on, []).append(row)
    waiting = sorted(changed)
    for day, size in [*sizes, (date.max, 0)]:
        while waiting and waiting[0] < day:
            yield waiting[0], changed[waiting[0]], {row[0] for row in changed[waiting.pop(0)]}
        if waiting and waiting[0] == day:
            more = changed[waiting.pop(0)]
            yield day, sorted([*islice(stored, size), *more], key=lambda row: abs(row[0])), {row[0] for row in more}
        else:
            yield day, islice(stored, size), ()


def _row() -> list[sa.ColumnElement[Any]]:
    """What is played, in as few columns as it takes, and as they are stored: of a hundred thousand, reading them takes most of the time.

    What changes no cost (deltas, revaluations) comes as nothing that came in; so the days' sizes are those of an index.
    """
    entry = Entry.c
    issued, came = entry.kind == EntryKind.ISSUE, entry.kind.in_(LAYERS)
    return [
        sa.case((issued, -entry.place), else_=entry.place),
        sa.type_coerce(entry.quantity, sa.BigInteger()),
        sa.case((issued, entry.counter_id), (came, entry.value), else_=0),
    ]
