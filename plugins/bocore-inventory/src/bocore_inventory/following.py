"""What came in at the cost of an issue follows that cost: goods that come back, that lie elsewhere, that were made of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import attrs
import sqlalchemy as sa

from bocore import Finding, Severity, UnitOfWork, largest_remainder, round_ratio
from bocore_inventory.flows import Carried, Flow, corrected_on
from bocore_inventory.histories import costs_of
from bocore_inventory.model import FINE, Counter, Entry, EntryKind, Follow, Method, Move
from bocore_inventory.pools import Standing, month_of, standings_of
from bocore_inventory.scales import micro, minor
from bocore_inventory.wanted import Counterpart

NOISE = FINE // 100
"""A hundredth of a minor unit: by less than that two ways of reckoning the same cost may differ."""


@attrs.frozen(kw_only=True)
class Link:
    """An issue, and what came in at its cost.

    :param on: the day as of which the issue counts.
    :param place: day and order of what came in.
    :param quantity: how much came in.
    :param carried: how much of its value it has from the issue, as posted until now.
    """

    pool: int
    on: date
    issue: int
    whole: bool
    counter: int
    into: int
    place: tuple[date, int]
    quantity: int
    carried: int

    def worth(self, costs: Mapping[int, tuple[int, int]]) -> int:
        """What it should have from the issue."""
        cost, quantity = costs[self.issue]
        return cost if self.whole else round_ratio(cost * self.quantity, quantity) if quantity else 0


def links(uow: UnitOfWork, since: Mapping[int, date]) -> list[Link]:
    """What follows issues of these pools from a day on.

    :param since: id of a pool → the first day of the issues.
    """
    if not since:
        return []
    follow, entry = Follow.c, Entry.c
    by = (follow.pool_id, follow.on, follow.issue_id, follow.whole, follow.counter_id, entry.pool_id, entry.place_on, entry.place)
    received = sa.case((entry.kind == EntryKind.RECEIPT, entry.quantity), else_=0)
    statement = (
        sa.select(*by, sa.func.sum(received), sa.func.sum(follow.value))
        .where(follow.entry_id == entry.id, follow.pool_id.in_(sorted(since)), follow.on >= min(since.values()))
        .group_by(*by)
        .order_by(entry.place_on, entry.place, follow.issue_id)
    )
    return [
        Link(
            pool=pool,
            on=on,
            issue=issue,
            whole=bool(whole),
            counter=counter,
            into=into,
            place=(place_on, place),
            quantity=micro(quantity),
            carried=int(carried),
        )
        for pool, on, issue, whole, counter, into, place_on, place, quantity, carried in uow.rows(statement)
        if on >= since[pool]
    ]


def due(uow: UnitOfWork, booked: Sequence[Flow], key: str) -> list[Flow]:
    """What follows from these changes: costs of what came in, by what the issues have come to cost more or less.

    :param key: what the vouchers of it begin with.
    """
    causes: dict[int, Flow] = {}
    for flow in booked:
        if flow.pool.row.followed and flow.pool.since is not None:
            causes.setdefault(flow.pool.row.id, flow)
    found = links(uow, {ident: cause.pool.since for ident, cause in causes.items() if cause.pool.since is not None})
    costs: dict[int, tuple[int, int]] = {}
    for ident, cause in causes.items():
        costs |= costs_of(uow, cause.pool, {(link.on, link.issue) for link in found if link.pool == ident})
        cause.pool.since = None
    today = uow.today()
    changes = [
        (link, change, corrected_on(month_of(link.on), causes[link.pool].posting_date, today))
        for link in found
        if not link.whole and abs(change := link.worth(costs) - link.carried) >= NOISE
    ]
    changes += _wholly([link for link in found if link.whole], costs, booked, causes, today)
    return _flows(uow, changes, {flow.pool.row.id: flow.pool for flow in booked}, causes, key) if changes else []


def _flows(
    uow: UnitOfWork, changes: Sequence[tuple[Link, int, date]], known: Mapping[int, Standing], causes: Mapping[int, Flow], key: str
) -> list[Flow]:
    pools = {**standings_of(uow, {link.into for link, _, _ in changes} - known.keys()), **known}
    counters = uow.get_all(Counter, {link.counter for link, _, _ in changes})
    flows = []
    for link, change, day in changes:
        row, month = counters[link.counter], month_of(link.on)
        into = pools[link.into]
        flows.append(
            Flow(
                pool=into,
                kind=EntryKind.COST,
                key=f"inventory.follow:{key}:{month:%Y-%m}:{day}",
                on=link.place[0],
                counter=Counterpart(purpose=row.purpose, by=row.by, dims=row.dims, party=row.party_id),
                value=change,
                place=link.place,
                month=month,
                paid=minor(change) if into.method is Method.STANDARD else None,
                price=change,
                posting_date=day,
                if_closed="next_open",
                source=causes[link.pool].source,
                carried=[Carried(pool=link.pool, on=link.on, issue=link.issue, value=change, whole=link.whole)],
            )
        )
    return flows


def _wholly(
    found: Sequence[Link], costs: Mapping[int, tuple[int, int]], booked: Iterable[Flow], causes: Mapping[int, Flow], today: date
) -> list[tuple[Link, int, date]]:
    """What those take that take all: to the cent what was posted for the issues, each as much as its own came to cost more or less."""
    posted = _posted(found, booked)
    months: dict[tuple[int, date], list[Link]] = {}
    for link in found:
        months.setdefault((link.pool, month_of(link.on)), []).append(link)
    changes = []
    for (pool, month), there in months.items():
        usual = corrected_on(month, causes[pool].posting_date, today)
        days = sorted(posted.get((pool, month), {}).items()) or [(usual, 0)]
        needs = [link.worth(costs) - link.carried for link in there]
        for number, (day, amount) in enumerate(days, 1):
            shares = share(amount, needs, rounded=number == len(days))
            needs = [need - each * FINE for need, each in zip(needs, shares, strict=True)]
            changes += [(link, each * FINE, day) for link, each in zip(there, shares, strict=True) if each]
    return changes


def _posted(found: Iterable[Link], booked: Iterable[Flow]) -> dict[tuple[int, date], dict[date, int]]:
    """Pool and month → day → what was posted for issues that are followed wholly, of what was not taken with the issue itself."""
    counters = {(link.pool, link.counter) for link in found}
    sums: dict[tuple[int, date], dict[date, int]] = {}
    for flow in booked:
        if flow.kind in (EntryKind.ISSUE, EntryKind.DELTA) and not flow.followed and (flow.pool.row.id, flow.counter_id) in counters:
            days = sums.setdefault((flow.pool.row.id, flow.month or month_of(flow.counts_on)), {})
            day = flow.posted_on or flow.posting_date
            days[day] = days.get(day, 0) - flow.amount
    return sums


def share(amount: int, needs: Sequence[int], *, rounded: bool = True) -> list[int]:
    """An amount in minor units over those who need it; the parts add up to it.

    :param needs: in ten-thousandths of the minor unit; less than a minor unit is no need, as long as there is a greater one.
    :param rounded: each gets what it needs, and what is left or lacks is spread; else only the amount is spread.
    """
    great = [need if abs(need) >= FINE else 0 for need in needs]
    if not any(great):
        great = list(needs) if amount else great
    parts = [minor(need) for need in great] if rounded else [0] * len(great)
    rest = amount - sum(parts)
    if not rest:
        return parts
    weights = [abs(need) for need in great]
    more = largest_remainder(rest, weights if any(weights) else [1] * len(weights))
    return [part + each for part, each in zip(parts, more, strict=True)]


def circle(uow: UnitOfWork, following: Sequence[Flow]) -> Finding:
    """Costs that go round: what was issued below zero would be covered by what it itself was made of."""
    move = uow.select(Move).where(Move.c.id.in_(_moves(uow, following))).first()
    names = "" if move is None else f", among them {move.key}"
    message = f"The costs of {len(following)} receipts follow from each other in a circle{names}: the last difference was left."
    fix = "Enter what is missing where stock was below zero, with the day on which it came."
    return Finding("inventory.circle", message, move, "cost", fix, Severity.WARNING)


def _moves(uow: UnitOfWork, following: Sequence[Flow]) -> list[int]:
    places = [flow.place[1] for flow in following if flow.place is not None][:100]
    return [ident for (ident,) in uow.rows(sa.select(Entry.c.move_id).where(Entry.c.id.in_(places), Entry.c.move_id.is_not(None)))]
