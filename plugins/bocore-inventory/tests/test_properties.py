"""Whatever is moved, corrected and charged: stock, its value and the books say the same, and what a replay of it all says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest import mock

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trade import balance, check

from bocore import BackOffice, Money, Refused, UnitOfWork
from bocore_catalog import Item, StockMovement
from bocore_inventory import (
    BelowZero,
    Entry,
    EntryKind,
    Method,
    Move,
    OnHand,
    Pool,
    correct,
    correct_cost,
    land_cost,
    packing,
    pools,
    set_costing,
    stock,
)
from bocore_inventory.costing import replayed
from bocore_inventory.model import PoolMonth
from bocore_inventory.places import locations
from bocore_inventory.pools import Standing
from bocore_inventory.valuation import Average, Curve, Issue, Layer, replay

START = date(2026, 1, 1)
ONE = 10**6

# -- the kernel alone

layers = st.tuples(st.integers(1, 50), st.integers(0, 5000)).map(lambda pair: Layer(pair[0] * ONE, pair[1] * 10_000))
issues = st.integers(1, 60).map(lambda number: Issue(number * ONE))
histories = st.lists(st.one_of(layers, issues), max_size=40)
estimates = st.tuples(st.integers(0, 10**6), st.integers(1, ONE))


@given(histories, estimates)
def test_the_curve_gives_what_a_queue_gives(moves: list[Layer | Issue], estimate: tuple[int, int]) -> None:
    curve = Curve([move for move in moves if isinstance(move, Layer)], estimate=estimate)
    ends = [0]
    for move in moves:
        if isinstance(move, Issue):
            ends.append(ends[-1] + move.quantity)
    played = replay("fifo", moves, estimate=estimate)
    assert sum(played.costs) == curve.at(ends[-1]) or abs(sum(played.costs) - curve.at(ends[-1])) <= len(ends)
    for cost, exact in zip(played.costs, curve.costs(ends), strict=True):
        assert abs(cost - exact) <= 2  # the queue rounds each part of a layer, the curve each point
    assert played.value + sum(played.costs) == curve.value


@given(histories, st.sampled_from(["fifo", "lifo", "average"]), estimates)
def test_nothing_is_lost_between_what_came_in_and_what_went_out(moves: list[Layer | Issue], method: str, estimate: tuple[int, int]) -> None:
    played = replay(method, moves, estimate=estimate)
    came = [move for move in moves if isinstance(move, Layer)]
    gone = [move for move in moves if isinstance(move, Issue)]
    assert played.value == sum(layer.value for layer in came) - sum(played.costs)
    assert played.quantity == sum(layer.quantity for layer in came) - sum(issue.quantity for issue in gone)
    assert played.short == max(0, -played.quantity) or played.quantity >= 0 == played.short
    if played.quantity == 0:
        assert played.value == 0 or not gone


parts = st.one_of(
    st.tuples(st.just(True), st.integers(0, 50), st.integers(-900, 5000), st.booleans()),
    st.tuples(st.just(False), st.integers(1, 30), st.integers(1, 3), st.booleans()),
)


@given(st.lists(parts, max_size=40), st.integers(0, 300))
def test_an_average_over_plain_rows_is_what_a_replay_gives(said: list[tuple[bool, int, int, bool]], there: int) -> None:
    """As far as there is enough of it, in one go, or each that is ``alone`` by itself."""
    start = there * ONE, there * 7_777_777
    heap, left, costs, rows, enough = Average(*start), there, [], [], True
    moves: list[Layer | Issue] = []
    for comes, quantity, what, alone in said:
        left += quantity if comes else -quantity
        row = (quantity * ONE, what * 10_000) if comes else (-quantity * ONE, what)
        moves.append(Layer(*row) if comes else Issue(quantity * ONE))
        if not alone:
            rows.append(row)
        else:
            enough = heap.play(rows)
            if enough and comes:
                heap.put(*row)
            elif enough:
                costs.append((len(moves), heap.take(-row[0], what)))
                enough = costs[-1][1] is not None
            rows = []
        if left < 0:
            assert not (enough and heap.play(rows))
            return
    assert enough and heap.play(rows)
    played = replay("average", moves, start=start)
    of = dict(zip([n for n, move in enumerate(moves, 1) if isinstance(move, Issue)], played.costs, strict=True))
    if of and not heap.quantity:
        of[max(of)] -= heap.value  # the last issue takes what is left when all is gone
    assert dict(costs).items() <= of.items()
    counters = {n: what for n, (comes, _, what, _) in enumerate(said, 1) if not comes}
    assert heap.costs == {counter: sum(cost for n, cost in of.items() if counters[n] == counter) for counter in counters.values()}
    assert heap.last == ((counters[max(of)], 0) if of else None)
    assert heap.quantity == played.quantity
    assert heap.value == played.value or not heap.quantity


# -- through the services

steps = st.lists(
    st.one_of(
        st.tuples(st.just("in"), st.integers(1, 20), st.integers(0, 500), st.integers(0, 120)),
        st.tuples(st.just("out"), st.integers(1, 25), st.sampled_from(["north", "south"]), st.integers(0, 120)),
        st.tuples(st.just("freight"), st.integers(0, 30), st.integers(1, 300), st.just(0)),
        st.tuples(st.just("price"), st.integers(0, 30), st.integers(1, 900), st.just(0)),
        st.tuples(st.just("amend"), st.integers(0, 30), st.integers(0, 30), st.just(0)),
        st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 5), st.integers(0, 120)),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(method=st.sampled_from(["fifo", "average", "lifo", "standard"]), steps=steps, few=st.sampled_from([1, 3, packing.WORTH_IT]))
def test_whatever_happens_stock_its_value_and_the_books_agree(bo: BackOffice, method: str, steps: list[tuple[Any, ...]], few: int) -> None:
    """Packed or not (``few``: entries for which a month is worth it), and with layers that are read by one, by three or by all."""
    with mock.patch.object(packing, "WORTH_IT", few), mock.patch.object(pools, "FIRST", few):
        _whatever_happens(bo, method, steps)


def _whatever_happens(bo: BackOffice, method: str, steps: list[tuple[Any, ...]]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
        item = uow.add(Item(code=f"I{uow.unit}", name="Anything"))
        from bocore import UnitPrice

        set_costing(uow, item, Method(method), standard=UnitPrice("7.25", "EUR") if method == "standard" else None)
        ident = item.id
    receipts: list[str] = []
    sales: list[str] = []
    for number, (what, size, value, day) in enumerate(steps):
        key, on = f"{ident}.{number}", START + timedelta(days=day)
        with bo.unit_of_work(actor="ann") as uow:
            if what == "in":
                stock(uow, [_movement(ident, key, size, on, cost=Money(f"{value}.37", "EUR"))])
                receipts.append(key)
            elif what == "out":
                stock(uow, [_movement(ident, key, -size, on, dims={})])
                sales.append(key)
            elif what == "back" and sales:
                sold = uow.find(Move, key=sales[size % len(sales)])
                done = uow.rows(sa.select(sa.func.sum(Move.c.quantity)).where(Move.c.returns_id == sold.id))[0][0] or 0
                amended = uow.select(Move, corrects_id=sold.id).first() is not None
                if done + value <= sold.quantity and not amended:
                    stock(uow, [_movement(ident, key, value, max(on, sold.on), returns=sold.key, counter_purpose="cogs")])
            elif what in ("freight", "price") and receipts:
                receipt = uow.find(Move, key=receipts[size % len(receipts)])
                if not _net(uow, receipt):
                    with pytest.raises(Refused, match="nothing came in by it"):
                        land_cost(uow, Money("1.00", "EUR"), [receipt])
                elif what == "freight":
                    land_cost(uow, Money(f"{value}.11", "EUR"), [receipt], key=key)
                else:
                    correct_cost(uow, receipt, Money(f"{value}.00", "EUR"), key=key)
            elif what == "amend" and (receipts or sales):
                known = [*receipts, *sales]
                move = uow.find(Move, key=known[size % len(known)])
                returned = uow.select(Move, returns_id=move.id).first() is not None
                if _net(uow, move) != value and not returned:
                    correct(uow, move, Decimal(value), key=key)
        check(bo)
    _compare(bo, ident, method)


def _net(uow: UnitOfWork, move: Move) -> Decimal:
    """What a move comes to with what corrects it."""
    more = uow.select(Move, corrects_id=move.id)
    return move.quantity + sum((each.quantity if each.from_id == move.from_id else -each.quantity for each in more), Decimal(0))


def _movement(item: int, key: str, quantity: int, on: date, **more: Any) -> StockMovement:
    purpose = more.pop("counter_purpose", "grni" if quantity > 0 else "cogs")
    return StockMovement(key=key, item=item, quantity=Decimal(quantity), on=on, counter_purpose=purpose, **more)


def _compare(bo: BackOffice, item: int, method: str) -> None:
    """What is kept against what the moves and entries say, played through from the beginning."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        row = uow.select(OnHand, item_id=item).first()
        pool = uow.select(Pool, item_id=item).first()
        if row is None or pool is None:
            return
        into = uow.rows(sa.select(sa.func.sum(Move.c.quantity)).where(Move.c.item_id == item, Move.c.to_id == row.location_id))[0][0] or 0
        out = uow.rows(sa.select(sa.func.sum(Move.c.quantity)).where(Move.c.item_id == item, Move.c.from_id == row.location_id))[0][0] or 0
        assert row.quantity == into - out == pool.quantity
        if method == "standard":
            assert pool.value == pool.quantity * 725 * 10_000
            return
        entries = list(uow.select(Entry, pool_id=pool.id))
        months = list(uow.select(PoolMonth, pool_id=pool.id))
        played = _play(entries, method, pool)
        assert replayed(uow, [Standing.of(pool, None)])[pool.id].costs == played.costs
        # A month and counterpart is booked at what its issues cost; rounding of points and parts is worth less than a cent of a cent.
        assert abs(sum(month.cost for month in months) - sum(played.costs)) <= 2 * len(entries) + 2
        assert abs(pool.value - played.value) <= 2 * len(entries) + 2
        if pool.quantity == 0:
            assert pool.value == 0


def _play(entries: Iterable[Entry], method: str, pool: Pool) -> Any:
    groups: dict[tuple[date, int, bool], list[int]] = {}
    for entry in entries:
        if entry.kind in (EntryKind.RECEIPT, EntryKind.COST, EntryKind.ISSUE):
            group = groups.setdefault((entry.place_on, entry.place, entry.kind is EntryKind.ISSUE), [0, 0])
            group[0] += int(entry.quantity * ONE)
            group[1] += entry.value
    moves = [Issue(group[0]) if key[2] else Layer(group[0], group[1]) for key, group in sorted(groups.items(), key=lambda one: one[0][:2])]
    estimate = (pool.unit_value, int(pool.unit_quantity * ONE)) if pool.unit_value else (0, 1)
    return replay(method, moves, estimate=estimate)


# -- one delivery, two shops, one freight bill


@pytest.mark.acceptance
def test_freight_that_comes_after_the_sale_follows_the_goods(bo: BackOffice, nail: int) -> None:
    """Flow F4, after adempiere issue 4411: 20 received at 30, 10 sold, 6 in the north and 4 in the south; then 200 of freight."""
    with bo.unit_of_work(actor="ann") as uow:
        stock(uow, [_movement(nail, "in", 20, START, cost=Money("600.00", "EUR"))])
        stock(uow, [_movement(nail, "n", -6, START, dims={"shop": "NORTH"}), _movement(nail, "s", -4, START, dims={"shop": "SOUTH"})])
    with bo.unit_of_work(actor="ann") as uow:
        left = land_cost(uow, Money("200.00", "EUR"), [uow.find(Move, key="in")], purpose="clearing")
        assert left == Money("100.00", "EUR")
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "inventory") == Money("400.00", "EUR")
        assert balance(uow, "cogs", shop="NORTH") == Money("240.00", "EUR")  # 180 and 60
        assert balance(uow, "cogs", shop="SOUTH") == Money("160.00", "EUR")  # 120 and 40
        assert Fraction(balance(uow, "clearing").minor_units) == -200_00
