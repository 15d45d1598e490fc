"""A pool as it is written down: its days, what the first units received have cost, everything in order, and what issues have cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

import sqlalchemy as sa

from bocore import UnitOfWork, round_ratio
from bocore_inventory.flows import Flow
from bocore_inventory.model import Entry, EntryKind, Method
from bocore_inventory.pools import LAYERS, QUEUED, Standing, days_of
from bocore_inventory.scales import micro
from bocore_inventory.valuation import Curve, Issue, Layer, replay


class Days(NamedTuple):
    """The days of a pool, with what had come in by the end of each, its value, and what had gone out."""

    days: list[date]
    received: list[int]
    values: list[int]
    issued: list[int]

    @classmethod
    def of(cls, uow: UnitOfWork, pool: Standing) -> Days:
        """Those of a pool as it is now."""
        rows = days_of(uow, pool)
        sums = [list(accumulate(change[i] for _, change in rows)) for i in range(3)]
        return cls([day for day, _ in rows], *sums)

    def before(self, sums: list[int], day: date) -> int:
        """A sum before a day."""
        at = bisect_right(self.days, day) - 1
        at = at if at < 0 or self.days[at] < day else at - 1
        return sums[at] if at >= 0 else 0


def values_at(uow: UnitOfWork, pool: Standing, days: Days, wanted: Iterable[int], flows: Sequence[Flow] = ()) -> dict[int, int]:
    """What the first x units received have cost, for each x: only the days on which they came in are read.

    :param flows: what changes now and is not written yet.
    """
    places: dict[int, int] = {}  # x → number of the day; -1 beyond everything
    found: dict[int, int] = {}
    numerator, denominator = pool.estimate
    for x in wanted:
        at = bisect_right(days.received, x)
        start, worth = (days.received[at - 1], days.values[at - 1]) if at else (0, 0)
        if at == len(days.days):
            found[x] = worth + round_ratio((x - start) * numerator, denominator)
        elif x == start:
            found[x] = worth
        else:
            places[x] = at
    read = layers_of(uow, pool, {days.days[at] for at in places.values()}, flows)
    curves: dict[int, Curve] = {}
    for x, at in places.items():
        if at not in curves:
            before = (days.received[at - 1], days.values[at - 1]) if at else (0, 0)
            curves[at] = Curve(read[days.days[at]], estimate=pool.estimate, start=before)
        found[x] = curves[at].at(x)
    return found


def layers_of(uow: UnitOfWork, pool: Standing, days: Iterable[date], flows: Sequence[Flow]) -> dict[date, list[tuple[int, int]]]:
    """Day → quantity and value of what came in on it, in order, with what changes now."""
    wanted, entry = sorted(days), Entry.c
    layers: dict[date, dict[int, list[int]]] = {day: {} for day in wanted}
    for at in range(0, len(wanted), 500):
        statement = (
            sa.select(entry.place_on, entry.place, sa.func.sum(entry.quantity), sa.func.sum(entry.value))
            .where(entry.pool_id == pool.row.id, entry.kind.in_(LAYERS), entry.place_on.in_(wanted[at : at + 500]))
            .group_by(entry.place_on, entry.place)
            .order_by(entry.place_on, entry.place)
        )
        for on, place, quantity, value in uow.rows(statement):
            layers[on][place] = [micro(quantity), value]
    for number, flow in enumerate(flows):
        if flow.kind is not EntryKind.ISSUE and flow.counts_on in layers:
            place = place_of(flow, number)
            layer = layers[flow.counts_on].setdefault(place, [0, 0])
            layer[0] += flow.quantity
            layer[1] += flow.value or 0
    return {day: [(quantity, value) for quantity, value in found.values()] for day, found in layers.items()}


Groups = list[tuple[tuple[date, int, bool], list[int]]]
"""Day, place and whether it is an issue → quantity, value and counterpart, in order."""


EVER = ((date.min, None),)
"""From the first day on."""


def groups_of(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow] = (), within: Iterable[tuple[date, date | None]] = EVER) -> Groups:
    """Everything in a pool, in order, with what changes now.

    :param within: only from a day on up to another, without it; None for the end.
    """
    found: dict[tuple[date, int, bool], list[int]] = {}
    read: dict[object, date] = {}
    for since, before in within:
        for raw, place, kind, quantity, value, counter in uow.tuples(_entries(pool, since, before)):
            on = read.get(raw)
            if on is None:
                on = read[raw] = date.fromisoformat(str(raw))
            _merge(found, (on, place, kind == "issue"), quantity, value, counter)
    if not flows:
        return list(found.items())
    for number, flow in enumerate(flows):
        _merge(
            found, (flow.counts_on, place_of(flow, number), flow.kind is EntryKind.ISSUE), flow.quantity, flow.value or 0, flow.counter_id
        )
    return sorted(found.items(), key=lambda one: one[0][:2])


def _entries(pool: Standing, since: date, before: date | None) -> sa.Select[Any]:
    """Rows as they are stored, quantities in millionths: of a hundred thousand, making days and Decimals would take most of the time."""
    entry, text = Entry.c, sa.Text()
    columns = (
        sa.type_coerce(entry.place_on, text),
        entry.place,
        sa.type_coerce(entry.kind, text),
        sa.type_coerce(entry.quantity, sa.BigInteger()),
        entry.value,
        entry.counter_id,
    )
    statement = sa.select(*columns).where(entry.pool_id == pool.row.id, entry.kind.in_((*LAYERS, EntryKind.ISSUE)))
    if since > date.min:
        statement = statement.where(entry.place_on >= since)
    if before is not None:
        statement = statement.where(entry.place_on < before)
    return statement.order_by(entry.place_on, entry.place, entry.id)


def place_of(flow: Flow, number: int) -> int:
    """Where a change that is not written yet stands in the order of its day: with what it corrects, or after everything.

    :param number: its own among all that changes now.
    """
    return 2**63 + number if flow.place is None else flow.place[1]


def _merge(
    found: dict[tuple[date, int, bool], list[int]], key: tuple[date, int, bool], quantity: int, value: int, counter: int | None
) -> None:
    group = found.get(key)
    if group is None:
        found[key] = [quantity, value, counter or 0]
        return
    group[0] += quantity
    group[1] += value
    group[2] = group[2] or counter or 0


def costs_of(uow: UnitOfWork, pool: Standing, issues: Collection[tuple[date, int]]) -> dict[int, tuple[int, int]]:
    """Place of an issue → what it has cost by what is known now, and its quantity. With a standard cost it is what was booked.

    :param issues: day and place of each.
    """
    if not issues:
        return {}
    if pool.method is Method.STANDARD:
        return _booked_for(uow, pool, [place for _, place in issues])
    if pool.method not in QUEUED:
        groups = groups_of(uow, pool)
        played = replay(pool.method, [Issue(g[0]) if key[2] else Layer(g[0], g[1]) for key, g in groups], estimate=pool.estimate)
        costs = {key[:2]: (cost, group[0]) for (key, group), cost in zip([one for one in groups if one[0][2]], played.costs, strict=True)}
        return {place: costs[on, place] for on, place in issues}
    days = Days.of(uow, pool)
    ends = ends_of(uow, pool, days, issues)
    value = values_at(uow, pool, days, {x for pair in ends.values() for x in pair})
    return {place: (value[high] - value[low], high - low) for (_, place), (low, high) in ends.items()}


def _booked_for(uow: UnitOfWork, pool: Standing, places: Collection[int]) -> dict[int, tuple[int, int]]:
    entry, wanted, found = Entry.c, sorted(set(places)), dict[int, tuple[int, int]]()
    for start in range(0, len(wanted), 500):
        statement = sa.select(entry.place, sa.func.sum(entry.value), sa.func.sum(entry.quantity)).where(
            entry.place.in_(wanted[start : start + 500]), entry.pool_id == pool.row.id, entry.kind == EntryKind.ISSUE
        )
        found |= {place: (-int(value), micro(quantity)) for place, value, quantity in uow.rows(statement.group_by(entry.place))}
    return found


def ends_of(
    uow: UnitOfWork, pool: Standing, days: Days, issues: Collection[tuple[date, int]], flows: Sequence[Flow] = ()
) -> dict[tuple[date, int], tuple[int, int]]:
    """Day and place of issues → the first and the last of all units ever issued that each took.

    :param flows: what changes now and is not written yet.
    """
    entry, wanted = Entry.c, sorted({on for on, _ in issues})
    there: dict[tuple[date, int], int] = {}
    for start in range(0, len(wanted), 500):
        statement = (
            sa.select(entry.place_on, entry.place, sa.func.sum(entry.quantity))
            .where(entry.pool_id == pool.row.id, entry.kind == EntryKind.ISSUE, entry.place_on.in_(wanted[start : start + 500]))
            .group_by(entry.place_on, entry.place)
        )
        there |= {(on, place): micro(quantity) for on, place, quantity in uow.rows(statement)}
    for flow in flows:
        if flow.kind is EntryKind.ISSUE and flow.place in there:
            there[flow.place] += flow.quantity
    found: dict[tuple[date, int], tuple[int, int]] = {}
    reached: dict[date, int] = {}
    for (on, place), quantity in sorted(there.items()):
        low = reached.get(on, days.before(days.issued, on))
        found[on, place] = low, low + quantity
        reached[on] = low + quantity
    return {issue: found[issue] for issue in issues}
