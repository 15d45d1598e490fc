"""The cost of what goes out, and of what went out before where something came in between: by sums, by the curve, or by a replay."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from bocore import UnitOfWork, largest_remainder, round_ratio, uncollected
from bocore_inventory.averages import Exact, Taken, averaged
from bocore_inventory.flows import Flow
from bocore_inventory.histories import Days, ends_of, groups_of, place_of, values_at
from bocore_inventory.model import Entry, EntryKind, Follow, Method, PoolMonth
from bocore_inventory.pools import LAYERS, QUEUED, Standing, heads_of, month_of, sums_before
from bocore_inventory.scales import micro, plain
from bocore_inventory.valuation import Curve, Issue, Layer, Replayed, replay

MANY = 100
"""Pools that are read at once."""
Booked = dict[tuple[date, int], list[int]]
"""Month and counterpart → quantity issued, and the cost that was booked for it."""


def read_heads(uow: UnitOfWork, pools: Sequence[tuple[Standing, Sequence[Flow]]]) -> dict[int, Curve]:
    """The layers from which these flows take, of all pools in which they come after everything else."""
    wanted = {}
    for pool, flows in pools:
        issued = sum(flow.quantity for flow in flows if flow.kind is EntryKind.ISSUE)
        if issued and pool.method in QUEUED and _in_order(pool, flows):
            wanted[pool.row.id] = pool, issued
    return heads_of(uow, wanted) if wanted else {}


def find_costs(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow], head: Curve | None) -> list[tuple[date, int, int]]:
    """Set the value of what goes out, and count everything in; month, counterpart and difference of what was booked wrongly before.

    :param head: the layers from which is taken, where everything comes after what there is.
    """
    if all(flow.kind is EntryKind.REVALUATION for flow in flows):
        pool.value += sum(flow.change for flow in flows)
        return []
    if pool.method is Method.STANDARD:
        _at_standard(pool, flows)
        return []
    if _in_order(pool, flows):
        _append(pool, flows, head)
        return []
    return _insert(uow, pool, flows)


def _in_order(pool: Standing, flows: Sequence[Flow]) -> bool:
    """Whether what was booked stays as it is: everything comes after it, and nothing waits for its cost."""
    if pool.method is Method.LIFO:
        return False
    last, quantity = pool.row.last_on, pool.quantity
    for flow in flows:
        if flow.place is not None or flow.on < last or (flow.kind is EntryKind.RECEIPT and quantity < 0):
            return False
        last = flow.on
        quantity += flow.quantity if flow.kind is EntryKind.RECEIPT else -flow.quantity
    return True


# -- in order


def _at_standard(pool: Standing, flows: Iterable[Flow]) -> None:
    """Everything is worth the standard; what was paid besides is a difference of prices."""
    numerator, denominator = pool.standard or (0, 1)
    for flow in flows:
        if flow.kind is EntryKind.ISSUE:
            pool.note(flow.counts_on, issued=flow.quantity)
            flow.value = round_ratio(flow.quantity * numerator, denominator) if pool.quantity else pool.value
            if flow.place is not None:
                pool.reopen(flow.counts_on)
        else:
            flow.value = round_ratio(flow.quantity * numerator, denominator)
            pool.note(flow.counts_on, received=flow.quantity, value=flow.value)
        pool.value += flow.change


def _append(pool: Standing, flows: Iterable[Flow], head: Curve | None) -> None:
    """What comes after everything else: its cost follows from the sums, or from the layers at the head of the queue."""
    for flow in flows:
        if flow.kind is not EntryKind.ISSUE:
            _receive(pool, flow)
            if head is not None:
                head.append(flow.quantity, flow.value or 0)
                head.goes_on(*pool.estimate)
        elif head is not None:
            flow.value = head.at(pool.issued + flow.quantity) - head.at(pool.issued)
            pool.note(flow.on, issued=flow.quantity)
        else:
            flow.value = _average_cost(pool, flow.quantity)
            pool.note(flow.on, issued=flow.quantity)
        pool.value += flow.change


def _average_cost(pool: Standing, quantity: int) -> int:
    there = max(pool.quantity, 0)
    if quantity < there:
        return round_ratio(pool.value * quantity, there)
    numerator, denominator = pool.estimate
    return (pool.value if there else 0) + round_ratio((quantity - there) * numerator, denominator)


def _receive(pool: Standing, flow: Flow) -> None:
    """Count in what comes in; where nobody knows its cost it is taken to be worth what the last was, or the standard."""
    if flow.value is None:
        numerator, denominator = pool.estimate
        flow.value = round_ratio(flow.quantity * numerator, denominator)
    elif flow.teaches and flow.kind is EntryKind.RECEIPT and flow.quantity > 0:
        pool.row.unit_value, pool.row.unit_quantity = flow.value, plain(flow.quantity)
    pool.note(flow.counts_on, received=flow.quantity, value=flow.value)


# -- in between


def _insert(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow]) -> list[tuple[date, int, int]]:
    """Cost where earlier ones may change: what was booked for a month is held against what it comes to now."""
    received_before = pool.received
    short = pool.quantity < 0
    for flow in flows:
        if flow.kind is EntryKind.ISSUE:
            pool.note(flow.counts_on, issued=flow.quantity)
        else:
            _receive(pool, flow)
            pool.value += flow.change
    booked = booked_in(uow, pool)
    if pool.method in QUEUED:
        months, own = _by_curve(uow, pool, flows, received_before if short else None)
        _add_own(booked, flows)
        found = _spread(booked, months, own)
    else:
        since, exact = _by_replay(uow, pool, flows, booked)
        pool.reopen(since)
        _add_own(booked, flows)
        found = [(*key, exact.get(key, 0) - cost) for key, (_, cost) in booked.items() if key[0] >= since and exact.get(key, 0) != cost]
    for flow in flows:
        if flow.kind is EntryKind.ISSUE:
            pool.value += flow.change
    pool.value -= sum(difference for _, _, difference in found)
    return found


def booked_in(uow: UnitOfWork, pool: Standing) -> Booked:
    """What was issued, and what was booked for it, by month and counterpart."""
    month = PoolMonth.c
    statement = sa.select(month.month, month.counter_id, month.quantity, month.cost).where(month.pool_id == pool.row.id)
    return {(on, counter): [micro(quantity), cost] for on, counter, quantity, cost in uow.rows(statement)}


def _add_own(booked: Booked, flows: Iterable[Flow]) -> None:
    for flow in flows:
        if flow.kind is EntryKind.ISSUE:
            row = booked.setdefault((month_of(flow.counts_on), flow.counter_id), [0, 0])
            row[0] += flow.quantity
            row[1] += flow.value or 0


def _spread(booked: Booked, months: dict[date, int], own: Exact) -> list[tuple[date, int, int]]:
    """What each month comes to more or less than was booked, over its counterparts by what was issued to them.

    :param own: those of which the cost is known exactly.
    """
    found = []
    for month, cost in months.items():
        there = [(counter, row) for (on, counter), row in booked.items() if on == month]
        difference = cost - sum(row[1] for _, row in there)
        for counter, row in there:
            if (month, counter) in own and own[month, counter] != row[1]:
                found.append((month, counter, own[month, counter] - row[1]))
                difference -= own[month, counter] - row[1]
        there = [(counter, row) for counter, row in there if (month, counter) not in own] or there
        if difference and there:
            weights = [max(row[0], 0) for _, row in there]
            shares = largest_remainder(difference, weights if any(weights) else [1] * len(weights))
            found += [(month, counter, share) for (counter, _), share in zip(there, shares, strict=True) if share]
    return found


def _by_curve(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow], short_from: int | None) -> tuple[dict[date, int], Exact]:
    """Set the cost of these issues; month → cost of everything that was issued in it, for the months that it may have changed of.

    Beside it the exact cost by counterpart, where what was issued to it is followed wholly.
    """
    days = Days.of(uow, pool)
    _set_head(pool, days)
    touched = [days.before(days.received, flow.counts_on) for flow in flows if flow.kind is not EntryKind.ISSUE]
    position = min([*touched, *([] if short_from is None else [short_from])], default=None)
    issues = [flow for flow in flows if flow.kind is EntryKind.ISSUE]
    first = min((month_of(flow.counts_on) for flow in issues), default=None)
    ends: dict[date, int] = {}  # of each month: what had gone out by its end
    for day, issued in zip(days.days, days.issued, strict=True):
        ends[month_of(day)] = issued
    changed = [month for month, end in ends.items() if (position is not None and end > position) or (first is not None and month >= first)]
    points = {month: (days.before(days.issued, month), ends[month]) for month in changed}
    reached = [day for day, issued in zip(days.days, days.issued, strict=True) if position is not None and issued > position]
    for day in (*reached[:1], *(flow.counts_on for flow in issues)):
        pool.reopen(day)
    own: list[tuple[Flow, int, int]] = []
    for day in {flow.counts_on for flow in issues}:
        at = days.issued[bisect_right(days.days, day) - 1]
        for flow in reversed([each for each in issues if each.counts_on == day]):
            own.append((flow, at - flow.quantity, at))
            at -= flow.quantity
    whole = _followed_wholly(uow, pool, days, changed, flows)
    wanted = {x for pair in points.values() for x in pair} | {x for _, low, high in (*own, *whole) for x in (low, high)}
    value = values_at(uow, pool, days, wanted, flows)
    exact: Exact = {}
    for flow, low, high in own:
        flow.value = value[high] - value[low]
        if flow.followed and flow.place is None:
            key = month_of(flow.on), flow.counter_id
            exact[key] = exact.get(key, 0) + flow.value
    for key, low, high in whole:
        exact[key] = exact.get(key, 0) + value[high] - value[low]
    return {month: value[end] - value[start] for month, (start, end) in points.items()}, exact


def _followed_wholly(
    uow: UnitOfWork, pool: Standing, days: Days, months: Sequence[date], flows: Sequence[Flow]
) -> list[tuple[tuple[date, int], int, int]]:
    """Month and counterpart of each issue of these months all of whose cost goes on into other stock, and the units that it took."""
    if not pool.row.followed or not months:
        return []
    follow = Follow.c
    statement = sa.select(follow.on, follow.issue_id, follow.counter_id).where(
        follow.pool_id == pool.row.id, follow.whole.is_(True), follow.on >= min(months)
    )
    issues = {(on, issue): counter for on, issue, counter in uow.rows(statement) if month_of(on) in months}
    ends = ends_of(uow, pool, days, issues, flows)
    return [((month_of(on), counter), *ends[on, issue]) for (on, issue), counter in issues.items()]


def _set_head(pool: Standing, days: Days) -> None:
    """From which day on there is something left: what came before need not be read again."""
    at = min(bisect_right(days.received, pool.issued), len(days.days) - 1)
    row = pool.row
    row.head_on = days.days[at]
    row.head_received, row.head_value = (plain(days.received[at - 1]), days.values[at - 1]) if at else (plain(0), 0)


def _by_replay(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow], booked: Booked) -> tuple[date, Exact]:
    """Set the cost of these issues; month and counterpart → what everything issued to it in that month has cost.

    :return: with the first month from which it is known; what was booked before stands.
    """
    since, start = _beginning(uow, pool, flows, booked)
    played = averaged(uow, pool, flows, since, start) if pool.method is Method.AVERAGE else None
    exact, own = _move_by_move(uow, pool, flows, since, start) if played is None else played
    for number, flow in enumerate(flows):
        if flow.kind is EntryKind.ISSUE:
            cost, quantity = own[place_of(flow, number)]
            flow.value = cost if flow.place is None else round_ratio(cost * flow.quantity, quantity) if quantity else 0
    return since, exact


def _beginning(uow: UnitOfWork, pool: Standing, flows: Iterable[Flow], booked: Booked) -> tuple[date, tuple[int, int]]:
    """From which day on to play a pool through again, with its quantity and value before that day.

    An average has no memory but these two, so that the month of the first change is early enough; where less than nothing was there by
    then, what came in later gives older issues their cost, and everything is played.
    """
    if pool.method is not Method.AVERAGE:
        return date.min, (0, 0)
    month = month_of(min(flow.counts_on for flow in flows))
    received, worth, issued = sums_before(uow, pool, month)
    value = worth - sum(cost for (on, _), (_, cost) in booked.items() if on < month)
    return (month, (received - issued, value)) if received > issued else (date.min, (0, 0))


def _move_by_move(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow], since: date, start: tuple[int, int]) -> tuple[Exact, Taken]:
    """What issues have cost by month and counterpart, and by place those of these flows: as :func:`averaged`, for any method."""
    groups = groups_of(uow, pool, flows, [(since, None)])
    moves = [Issue(group[0]) if key[2] else Layer(group[0], group[1]) for key, group in groups]
    costs = iter(replay(pool.method, moves, estimate=pool.estimate, start=start).costs)
    wanted = {place_of(flow, number) for number, flow in enumerate(flows) if flow.kind is EntryKind.ISSUE}
    exact: Exact = {}
    taken: Taken = {}
    for (on, place, issued), (quantity, _, counter) in groups:
        if issued:
            there, cost = (month_of(on), counter), next(costs)
            exact[there] = exact.get(there, 0) + cost
            if place in wanted:
                taken[place] = cost, quantity
    return exact, taken


def replayed(uow: UnitOfWork, pools: Sequence[Standing]) -> dict[int, Replayed]:
    """Pool → the cost of everything that ever went out of it, and what is left, by what is known now: read in a few selects."""
    found = dict[int, Replayed]()
    with uncollected():  # rows make no garbage in circles, and looking for it takes two fifths of the time
        for start in range(0, len(pools), MANY):
            found |= _replay_some(uow, {pool.row.id: pool for pool in pools[start : start + MANY]})
    return found


def _replay_some(uow: UnitOfWork, pools: dict[int, Standing]) -> dict[int, Replayed]:
    entry, found = Entry.c, dict[int, Replayed]()
    statement = (
        sa.select(entry.pool_id, entry.place, entry.kind == EntryKind.ISSUE, sa.type_coerce(entry.quantity, sa.BigInteger()), entry.value)
        .where(entry.pool_id.in_(pools), entry.kind.in_((*LAYERS, EntryKind.ISSUE)))
        .order_by(entry.pool_id, entry.place_on, entry.place, entry.id)
    )
    for ident, rows in groupby(uow.tuples(statement), itemgetter(0)):
        pool = pools[ident]
        found[ident] = replay("fifo" if pool.method in QUEUED else pool.method, _moves(rows), estimate=pool.estimate)
    return found


def _moves(rows: Iterable[Sequence[Any]]) -> Iterator[Issue | Layer]:
    """What came in and went out, in order; what corrects an entry in its place is counted with it."""
    last, out = None, False
    quantity = value = 0
    for _, place, issued, more, worth in rows:
        if place == last and issued == out:
            quantity += more
            value += worth
            continue
        if last is not None:
            yield Issue(quantity) if out else Layer(quantity, value)
        last, out, quantity, value = place, issued, more, worth
    if last is not None:
        yield Issue(quantity) if out else Layer(quantity, value)
