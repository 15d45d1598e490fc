"""What issues have cost by a moving average, from a day on: months that are over as they are packed, the others entry by entry."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from itertools import groupby

from bocore import UnitOfWork, uncollected
from bocore_inventory.flows import Flow
from bocore_inventory.histories import Groups, groups_of, place_of
from bocore_inventory.model import EntryKind
from bocore_inventory.packing import between, large, packed
from bocore_inventory.pools import Standing, month_of
from bocore_inventory.valuation import Average

Exact = dict[tuple[date, int], int]
"""Month and counterpart → what everything that was issued to it has cost."""
Taken = dict[int, tuple[int, int]]
"""Place of an issue → its cost and quantity."""


def averaged(uow: UnitOfWork, pool: Standing, flows: Sequence[Flow], since: date, start: tuple[int, int]) -> tuple[Exact, Taken] | None:
    """What issues have cost by month and counterpart, and each of these; None where less than nothing was there on the way.

    Months that are over are played as they are packed, and those in which something changes now entry by entry.

    :param start: quantity and value before ``since``.
    """
    heap, exact, taken = Average(*start), Exact(), Taken()
    wanted = {place_of(flow, number) for number, flow in enumerate(flows) if flow.kind is EntryKind.ISSUE}
    last_month = date.min
    with uncollected():
        months = packed(uow, pool, since, {month_of(flow.counts_on) for flow in flows})
        groups = groups_of(uow, pool, flows, between(since, months))
        apart = {month: list(there) for month, there in groupby(groups, lambda group: month_of(group[0][0]))}
        pool.over |= large(apart)
        for month in sorted({*months, *apart}):
            if not (heap.play(months[month]) if month in months else _one_by_one(heap, apart[month], wanted, taken)):
                return None
            if heap.costs:
                last_month = month
                exact.update({(month, counter): cost for counter, cost in heap.costs.items()})
                heap.costs.clear()
    if heap.value and not heap.quantity and heap.last is not None:  # a cost that came when all was gone
        counter, place = heap.last
        exact[last_month, counter] += heap.value
        if place in taken:
            taken[place] = taken[place][0] + heap.value, taken[place][1]
    return exact, taken


def _one_by_one(heap: Average, groups: Groups, wanted: Collection[int], taken: Taken) -> bool:
    """Play a month, and keep what the wanted issues of it cost; False where less is there than goes out."""
    for (_, place, issued), (quantity, value, counter) in groups:
        if not issued:
            heap.put(quantity, value)
            continue
        cost = heap.take(quantity, counter, place)
        if cost is None:
            return False
        if place in wanted:
            taken[place] = cost, quantity
    return True
