"""Entries of pools and their vouchers: the stock account is what stock is worth after every unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import count

from bocore import Finding, Line, Money, Source, UnitOfWork, Voucher, first_open_day
from bocore_inventory.costing import find_costs, read_heads
from bocore_inventory.flows import Carried, Flow, corrected_on
from bocore_inventory.following import circle, due
from bocore_inventory.model import FINE, Counter, Entry, EntryKind, Follow, Method, PoolMonth
from bocore_inventory.packing import pack_months
from bocore_inventory.pools import BY, Standing, keep_days, month_of
from bocore_inventory.scales import minor, plain
from bocore_inventory.wanted import Counterpart, plain_code

LEFT = "inventory.adjustment"
"""What takes the last difference of costs that go round."""
ROUNDS = 200
"""So often what follows is reckoned anew, and once more for each that follows: chains end sooner, circles never."""


def book(uow: UnitOfWork, flows: Sequence[Flow]) -> list[Flow]:
    """Cost, correct, post and write down everything that changes pools, and what follows from it; all of that comes back."""
    for flow in flows:
        flow.pool.since = None
    booked = [each for number, part in enumerate(_parts(flows)) for each in _book(uow, part, number)]
    everything, limit = booked, ROUNDS
    for number in count(1):
        if not any(flow.pool.since is not None and flow.pool.row.followed for flow in booked):
            break
        following = due(uow, booked, f"{flows[0].key}:{number}")
        if not following:
            break
        limit = max(limit, ROUNDS + len(following))
        if number > limit:
            uow.warn(circle(uow, following))
            _leave(uow, booked, flows[0].key)
            break
        booked = _book(uow, following)
        everything = everything + booked
    return everything


def _leave(uow: UnitOfWork, booked: Iterable[Flow], key: str) -> None:
    """Post what other stock should take of these corrections, and does not any more: the stock account is what stock is worth."""
    left: dict[tuple[str, date], int] = {}
    for flow in booked:
        if flow.kind is EntryKind.DELTA and flow.counter.code == plain_code(flow.purpose):
            place = flow.purpose, flow.posted_on or flow.posting_date
            left[place] = left.get(place, 0) + flow.amount
    for number, ((purpose, day), amount) in enumerate(left.items()):
        if amount:
            money = Money.minor(amount, uow.company.currency)
            lines = [Line(purpose, money), Line(LEFT, -money)]
            named = f"inventory.circle:{key}:{number}"
            uow.post(Voucher(key=named, kind="inventory.delta", lines=lines, posting_date=day, if_closed="next_open"))


def _parts(flows: Sequence[Flow]) -> list[list[Flow]]:
    """The flows in their order, cut where a pool that gave to another would take itself: its costs have to be found first."""
    if not any(flow.carried for flow in flows):
        return [list(flows)]
    parts: list[list[Flow]] = [[]]
    givers, takers, there = set[int](), set[int](), set[int]()
    for flow in flows:
        given = {id(one.issue.pool) for one in flow.carried if isinstance(one.issue, Flow) and id(one.issue) in there}
        if given and (id(flow.pool) in givers | given or given & takers):
            parts.append([])
            givers, takers, there, given = set(), set(), set(), set()
        if given:
            givers |= given
            takers.add(id(flow.pool))
        there.add(id(flow))
        parts[-1].append(flow)
    return parts


def _book(uow: UnitOfWork, flows: Sequence[Flow], number: int = 0) -> list[Flow]:
    """The same for flows of which none has to be costed before another one of its pool, but givers before takers."""
    _find_counters(uow, flows)
    by_pool: dict[int, list[Flow]] = {}
    for flow in flows:
        by_pool.setdefault(id(flow.pool), []).append(flow)
    pools = [mine[0].pool for mine in by_pool.values()]
    heads = read_heads(uow, [(pool, by_pool[id(pool)]) for pool in pools])
    takers = {id(flow.pool) for flow in flows if flow.carried}
    deltas: list[Flow] = []
    for pool in sorted(pools, key=lambda one: id(one) in takers) if takers else pools:
        mine, before = by_pool[id(pool)], pool.value
        for flow in mine if id(pool) in takers else ():
            _take(flow)
        found = [_delta(uow, pool, mine[0], *each) for each in find_costs(uow, pool, mine, heads.get(pool.row.id))]
        for flow in (*mine, *found):
            after = before + flow.change
            flow.amount, before = minor(after) - minor(before), after
        deltas += found
    _name_counterparts(uow, deltas)
    _post(uow, flows, deltas, f"/{number}" if number else "")
    _write(uow, [*flows, *deltas])
    keep_days(uow, pools)
    for pool in pools:
        pool.keep()
    uow.write([pool.row for pool in pools], made_by=BY)
    pack_months(uow, pools)
    return [*flows, *deltas]


def _take(flow: Flow) -> None:
    """What comes in takes over, to the cent, what the issues have cost that are made now."""
    for part in flow.carried:
        if isinstance(part.issue, Flow):
            part.value = -part.issue.amount * FINE
            flow.value = (flow.value or 0) + part.value
            if flow.pool.method is Method.STANDARD:
                flow.paid = (flow.paid or 0) - part.issue.amount


def _find_counters(uow: UnitOfWork, flows: Iterable[Flow]) -> None:
    """The rows of the counterparts, made where they are new."""
    wanted = {one.code: one for flow in flows for one in (flow.counter, *(part.counter for part in flow.carried if part.counter))}

    def new(code: str) -> Counter:
        one = wanted[code]
        return Counter(code=code, purpose=one.purpose, by=dict(one.by), dims=dict(one.dims), party_id=one.party)

    rows = uow.find_or_add(Counter, new, code=wanted, made_by=BY)
    for flow in flows:
        flow.counter_id = rows[flow.counter.code].id
        for part in flow.carried:
            part.counter_id = rows[(part.counter or flow.counter).code].id


def _delta(uow: UnitOfWork, pool: Standing, cause: Flow, month: date, counter: int, difference: int) -> Flow:
    """A correction of what was booked for the issues of a month."""
    return Flow(
        pool=pool,
        kind=EntryKind.DELTA,
        key=f"inventory.delta:{cause.key}:{month:%Y-%m}",
        on=month,
        counter=cause.counter,
        counter_id=counter,
        value=difference,
        month=month,
        stock_purpose=cause.stock_purpose,
        posting_date=corrected_on(month, cause.posting_date, uow.today()),
        if_closed="next_open",
        source=cause.source,
    )


def _name_counterparts(uow: UnitOfWork, deltas: Sequence[Flow]) -> None:
    rows = uow.get_all(Counter, {delta.counter_id for delta in deltas}) if deltas else {}
    for delta in deltas:
        row = rows[delta.counter_id]
        delta.counter = Counterpart(purpose=row.purpose, by=row.by, dims=row.dims, party=row.party_id)


# -- vouchers


def _post(uow: UnitOfWork, flows: Sequence[Flow], deltas: Sequence[Flow], part: str) -> None:
    """One voucher for what comes of one source on one day, and one for all corrections of a month."""
    groups: dict[object, list[Flow]] = {}
    for flow in (*flows, *deltas):
        origin = _origin(flow) if flow.month is None else flow.month
        groups.setdefault((origin, flow.posting_date, flow.if_closed), []).append(flow)
    vouchers: list[tuple[Voucher, list[Flow]]] = []
    for group in groups.values():
        lines = _lines(uow, group)
        first = group[0]
        if not lines:
            for flow in group:
                flow.posted_on = first_open_day(uow, uow.company_id, flow.posting_date)
            continue
        later = first.month is not None
        voucher = Voucher(
            key=first.key if later else f"inventory:{first.key}{part}",
            kind="inventory.delta" if later else "inventory.move",
            lines=lines,
            source=first.source,
            document_date=first.posting_date if later else first.on,
            posting_date=first.posting_date,
            if_closed=first.if_closed,
            text=f"Cost of what was issued in {first.month:%Y-%m}" if later else first.text,
        )
        vouchers.append((voucher, group))
    for receipt, (voucher, group) in zip(uow.post(*(voucher for voucher, _ in vouchers)) if vouchers else (), vouchers, strict=True):
        if receipt.repeated:  # the books have it, and stock would have it twice
            message = f"{group[0].key} was booked before."
            uow.refuse(Finding("inventory.key", message, group[0].key, "key", "Give it a key of its own."))
        for flow in group:
            flow.voucher, flow.posted_on = voucher.key, receipt.posting_date


def _origin(flow: Flow) -> object:
    """What tells vouchers apart: where a movement comes from, or else itself."""
    source: Source | None = flow.source
    if source is None or (source.entity is None and source.id is None):
        return flow.key.partition("#")[0]  # of several lots or serial numbers: one voucher for all of them
    return (source.name, source.id, source.event) if source.entity is None else (id(source.entity), source.event)


def _lines(uow: UnitOfWork, flows: Sequence[Flow]) -> list[Line]:
    """Stock on one side, what pays for it or takes its cost on the other: one line for all that has the same counterpart."""
    currency, lines = uow.company.currency, []
    counters: dict[tuple[str, str | None, str | None], tuple[Counterpart, list[int]]] = {}
    for flow in flows:
        paid = flow.amount if flow.paid is None else flow.paid
        own, stock, rest = flow.purpose, flow.amount, paid
        others = []
        for part in flow.carried:
            if part.counter is not None:
                others.append((part.counter, minor(part.value)))
                rest -= minor(part.value)
        if flow.credit is not None:
            others.append((flow.credit[0], -flow.credit[1]))
            rest += flow.credit[1]
        for one, amount in ((flow.counter, rest), *others):
            if one.code == plain_code(own):  # it stays what it was
                stock -= amount
            else:
                counters.setdefault((one.code, one.opens, one.settles), (one, []))[1].append(amount)
        if stock:
            lines.append(Line(own, Money.minor(stock, currency)))
        if paid != flow.amount:
            lines.append(Line(flow.variance, Money.minor(paid - flow.amount, currency), dims=dict(flow.counter.dims)))
    for one, amounts in counters.values():
        total = sum(amounts)
        if total:
            money, by, dims = Money.minor(-total, currency), dict(one.by), dict(one.dims)
            lines.append(Line(one.purpose, money, by=by, dims=dims, party=one.party, opens=one.opens, settles=one.settles))
    return lines


# -- rows


def _write(uow: UnitOfWork, flows: Sequence[Flow]) -> None:
    """The entries, and what they add to the sums of months."""
    currency = uow.company.currency
    entries = uow.add_all(
        [
            Entry(
                pool_id=flow.pool.row.id,
                kind=flow.kind,
                move_id=None if flow.move is None else flow.move.id,
                place_on=flow.counts_on,
                place=0 if flow.place is None else flow.place[1],
                quantity=plain(flow.quantity),
                value=flow.change,
                price=flow.agreed,
                amount=Money.minor(flow.amount, currency),
                counter_id=flow.counter_id,
                month=flow.month,
                posting_date=flow.posted_on or flow.posting_date,
                voucher=flow.voucher,
            )
            for flow in flows
        ],
        made_by=BY,
    )
    for flow, entry in zip(flows, entries, strict=True):
        if flow.place is None:
            entry.place = entry.id
        flow.number = entry.place
    _write_follows(uow, [(entry.id, part) for flow, entry in zip(flows, entries, strict=True) for part in flow.carried])
    _keep_months(uow, flows)


def _write_follows(uow: UnitOfWork, carried: Sequence[tuple[int, Carried]]) -> None:
    """From which issue each entry has its value."""
    uow.add_all(
        [
            Follow(
                pool_id=part.pool,
                on=part.on,
                issue_id=part.place,
                entry_id=entry,
                counter_id=part.counter_id,
                value=part.value,
                whole=part.whole,
            )
            for entry, part in carried
        ],
        made_by=BY,
    )


def _keep_months(uow: UnitOfWork, flows: Iterable[Flow]) -> None:
    changes: dict[str, tuple[Flow, date, list[int]]] = {}
    for flow in flows:
        if flow.kind in (EntryKind.ISSUE, EntryKind.DELTA):
            month = flow.month or month_of(flow.counts_on)
            slot = f"{flow.pool.row.id}.{month.isoformat()}.{flow.counter_id}"
            _, _, sums = changes.setdefault(slot, (flow, month, [0, 0]))
            sums[0] += flow.quantity
            sums[1] += flow.value or 0
    rows = uow.find_all(PoolMonth, slot=changes) if changes else {}
    new = []
    for slot, (flow, month, (quantity, cost)) in changes.items():
        row = rows.get(slot)
        if row is None:
            row = PoolMonth(slot=slot, pool_id=flow.pool.row.id, month=month, counter_id=flow.counter_id, quantity=Decimal(0))
            new.append(row)
        row.quantity += plain(quantity)
        row.cost += cost
    uow.add_all(new, made_by=BY)
    uow.write(list(rows.values()), made_by=BY)
