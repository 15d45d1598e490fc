"""Whatever is traded, counted, invoiced, declared and closed, in whatever order: stock, its value, tax and books agree after every step.

What must hold is computed here from the moves, entries and tax facts themselves, not by what the plugins compute it with.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, currently_in_test_context, settings
from hypothesis import event as note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bocore import (
    BackOffice,
    BalanceQuery,
    Line,
    Money,
    Plugin,
    Refused,
    TaxFact,
    UnitOfWork,
    UnitPrice,
    Voucher,
    VoucherRecord,
    lock_period,
    unlock_period,
)
from bocore.record.verify import verify
from bocore.testing.clock import FrozenClock
from bocore.testing.engines import engine
from bocore_accounting import apply_standard_chart
from bocore_accounting import check as check_books
from bocore_catalog import Item, StockMovement, Tracking
from bocore_inventory import (
    BelowZero,
    Count,
    Demand,
    Entry,
    Location,
    LocationKind,
    Method,
    Move,
    OnHand,
    Pool,
    Reservation,
    accept_count,
    add_location,
    cancel_count,
    correct,
    correct_cost,
    land_cost,
    packing,
    pools,
    release,
    reserve,
    set_costing,
    start_count,
    stock,
    tally,
    transfer,
)
from bocore_inventory import check as check_stock
from bocore_inventory.places import locations
from bocore_tax import Box, Boxes, DatedRate, Form, Tax, TaxLine, TaxRegistration, TaxReturn, TaxReturnBox, TaxReturnLine
from bocore_tax.services import amend_return, file_return, open_return, prepare_return, register
from bocore_tax.services import check as check_tax

EXAMPLES = int(os.environ.get("BO_TEST_EXAMPLES", "7"))
TODAY, LAST = date(2026, 5, 20), date(2026, 12, 20)
QUARTERS = [date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date.max]
METHODS = {"NAIL": Method.FIFO, "SCREW": Method.AVERAGE, "PAINT": Method.STANDARD, "GLUE": Method.LIFO}
LOTS = "GLUE"
"""Kept by lots, of which none is named when it goes out."""
PLACES = ["STOCK", "YARD"]
FORBIDS, ALLOWS = PLACES
EXPECTED = {
    "bo.illegal_move",
    "bo.locked_already",
    "bo.period_locked",
    "inventory.below_zero",
    "inventory.closed",
    "inventory.nothing_to_count",
}
"""What a step may be refused for: the goods are not there, or promised to others; the period is closed."""

KNOWN = {
    "closed", "counts", "facts", "filed", "invoices", "items", "latest", "made", "places", "promised", "receipts", "reversed", "sales",
    "steps", "today",
}  # fmt: skip
"""What a story knows of what was done before it."""

taxes = Plugin(
    prefix="xa",
    data={
        "tax.rates": [
            Tax(
                code="XA-STD", place="XA", name="Standard", kind="standard", rates=[DatedRate(percent=Decimal(20), source="a law")],
                output=Boxes(base="6", tax="1"), input=Boxes(base="7", tax="4"),
            ),
        ],
        "tax.returns": [
            Form(
                code="XA-RETURN", place="XA", name="Return", due="5",
                boxes=[
                    Box(code="1", label="Tax on sales"), Box(code="4", label="Tax on purchases"), Box(code="5", label="Due", sums="1 - 4"),
                    Box(code="6", label="Sales", whole="down"), Box(code="7", label="Purchases", whole="down"),
                ],
            )
        ],
    },
)  # fmt: skip
PLUGINS = ["accounting", "catalog", "inventory", "tax", taxes]


def tell(act: Callable[..., Any], *became: str) -> None:
    """Count what became of a step, for Hypothesis's statistics."""
    if currently_in_test_context():
        note(f"{act.__qualname__.split('.')[1]}: {' '.join(became)}")


def eur(cents: int) -> Money:
    return Money.minor(cents, "EUR")


items, places = st.sampled_from(list(METHODS)), st.sampled_from(PLACES)
few, piece, cents = st.integers(1, 20), st.integers(1, 5), st.integers(1, 50_000)
ago = st.integers(0, 120)
"""So many days ago."""
any_of = st.integers(0, 10**6)
"""Which of those that there are."""
shops = st.sampled_from(["north", "south"])
if_closed = st.sampled_from(["refuse", "next_open", "next_open"])


class Trade(RuleBasedStateMachine):
    """A wholesaler with a shop, a yard, and a tax office."""

    open: Callable[[], tuple[BackOffice, FrozenClock]]
    begun: dict[str, Any] | None = None
    """What is known of the database that is opened, where something was done in it."""

    def __init__(self) -> None:
        super().__init__()
        self.bo, self.clock = type(self).open()
        if self.begun is not None:
            self.__dict__.update(deepcopy(self.begun))
            return
        self.steps = 0
        self.today = TODAY
        with self.work(read_only=True) as uow:
            self.items = {item.code: item.id for item in uow.select(Item)}
            self.places = {place.code: place.id for place in uow.select(Location)}
        self.receipts: list[str] = []
        self.sales: list[str] = []
        self.promised: dict[str, tuple[str, int]] = {}
        self.invoices: list[str] = []
        self.facts: dict[str, tuple[str, int, int]] = {}
        self.reversed: list[str] = []
        self.filed: dict[int, Any] = {}
        self.latest: list[int] = []
        self.closed: set[str] = set()
        self.made = 0
        self.counts = self.written()

    def begin(self) -> dict[str, Any]:
        """Something of everything, so that there is what to sell, to give back, to ship and to put right; what is known then."""
        for place, item in itertools.product(PLACES, METHODS):
            self.receive(item, 20, 600_00, place, 100, "refuse")
            self.ship(item, 6, "north", place, 60, "refuse")
            self.ship(item, 4, "south", place, 30, "refuse")
        for item in METHODS:
            self.promise(item, 3, False)
        self.invoice(1000, False, 70, "refuse")
        self.invoice(500, True, 70, "refuse")
        self.bo.close()
        return {name: value for name, value in vars(self).items() if name in KNOWN}

    def teardown(self) -> None:
        try:
            assert verify(self.bo).findings == []
            with self.work(read_only=True) as uow:
                assert list(check_books(uow)) == []
        finally:
            self.bo.close()

    def work(self, **more: Any) -> UnitOfWork:
        return self.bo.unit_of_work(actor="ann", **more)

    def attempt(self, act: Callable[[UnitOfWork], Any], *also: str) -> bool:
        """Do it, or be refused with a reason and a remedy, and then nothing has changed."""
        try:
            with self.work(reason="A step") as uow:
                act(uow)
        except Refused as refused:
            codes = {finding.code for finding in refused.findings}
            assert codes <= EXPECTED | set(also), refused
            assert all(finding.fix for finding in refused.findings)
            assert self.written() == self.counts
            tell(act, *sorted(codes))
            return False
        tell(act, "done")
        self.counts = self.written()
        return True

    def written(self) -> list[int]:
        with self.work(read_only=True) as uow:
            return [uow.select(cls).count() for cls in (Move, Entry, VoucherRecord, TaxLine, TaxReturn, Reservation, Count)]

    def key(self) -> str:
        self.steps += 1
        return f"step:{self.steps}"

    def day(self, ago: int) -> date:
        return self.today - timedelta(days=ago)

    def there(self, uow: UnitOfWork) -> dict[tuple[int, int, int | None], Decimal]:
        """Place, item and lot → what the moves have left there."""
        found: Counter[tuple[int, int, int | None]] = Counter()
        move = Move.c
        for item, lot, start, end, quantity in uow.rows(sa.select(move.item_id, move.lot_id, move.from_id, move.to_id, move.quantity)):
            found[end, item, lot] += quantity
            found[start, item, lot] -= quantity
        return {place: quantity for place, quantity in found.items() if quantity}  # type: ignore[misc]

    def moved(self, uow: UnitOfWork, key: str) -> Move:
        """The move of a movement, or the first of those by lots."""
        found = uow.select(Move).where(sa.or_(Move.c.key == key, Move.c.key.startswith(f"{key}#"))).order_by(Move.c.id).first()
        assert found is not None
        return found

    # -- goods come, go, and change places

    def movement(self, item: str, quantity: int, ago: int, **more: Any) -> StockMovement:
        made = {"key": self.key(), "item": self.items[item], "quantity": Decimal(quantity), "on": self.day(ago), **more}
        return StockMovement(**{"counter_purpose": "grni" if quantity > 0 else "cogs", **made})

    @rule(item=items, quantity=few, cost=cents, place=places, ago=ago, closed=if_closed)
    def receive(self, item: str, quantity: int, cost: int, place: str, ago: int, closed: str) -> None:
        lot = f"L{cost % 3}" if item == LOTS else None
        one = self.movement(item, quantity, ago, cost=eur(cost), location=place, lot=lot, if_closed=closed)
        if self.attempt(lambda uow: stock(uow, [one])):
            self.receipts.append(one.key)

    @rule(item=items, quantity=few, shop=shops, place=places, ago=ago, closed=if_closed)
    def ship(self, item: str, quantity: int, shop: str, place: str, ago: int, closed: str) -> None:
        one = self.movement(item, -quantity, ago, location=place, dims={"shop": shop}, if_closed=closed)
        if self.attempt(lambda uow: stock(uow, [one])):
            self.sales.append(one.key)

    @rule(item=items, quantity=few, there=st.booleans(), ago=ago)
    def bring(self, item: str, quantity: int, there: bool, ago: int) -> None:
        start, end = PLACES if there else PLACES[::-1]

        def act(uow: UnitOfWork) -> None:
            found = locations(uow, PLACES)
            transfer(uow, uow.get(Item, self.items[item]), Decimal(quantity), found[start], found[end], on=self.day(ago))

        self.attempt(act)

    @precondition(lambda self: self.sales)
    @rule(which=any_of, quantity=piece, ago=ago)
    def take_back(self, which: int, quantity: int, ago: int) -> None:
        key = self.sales[which % len(self.sales)]
        with self.work(read_only=True) as uow:
            sold = self.moved(uow, key)
            code = uow.get(Item, sold.item_id).code
        one = self.movement(code, quantity, min(ago, (self.today - sold.on).days), returns=key, counter_purpose="cogs")
        self.attempt(lambda uow: stock(uow, [one]), "inventory.returns")

    # -- what it costs, and how much it was, turns out later

    @precondition(lambda self: self.receipts)
    @rule(which=any_of, cost=cents)
    def freight(self, which: int, cost: int) -> None:
        key = self.receipts[which % len(self.receipts)]
        self.attempt(lambda uow: land_cost(uow, eur(cost), [self.moved(uow, key)], key=self.key()), "inventory.landed")

    @precondition(lambda self: self.receipts)
    @rule(which=any_of, cost=cents)
    def price(self, which: int, cost: int) -> None:
        key = self.receipts[which % len(self.receipts)]
        self.attempt(lambda uow: correct_cost(uow, self.moved(uow, key), eur(cost), key=self.key()), "inventory.landed")

    @precondition(lambda self: self.receipts or self.sales)
    @rule(which=any_of, quantity=st.integers(0, 20))
    def amend(self, which: int, quantity: int) -> None:
        known = [*self.receipts, *self.sales]
        key = known[which % len(known)]
        self.attempt(lambda uow: correct(uow, self.moved(uow, key), Decimal(quantity), key=self.key()), "inventory.correction")

    # -- what is promised

    @rule(item=items, quantity=few, partial=st.booleans())
    def promise(self, item: str, quantity: int, partial: bool) -> None:
        with self.work(read_only=True) as uow:
            here = self.places[FORBIDS], self.items[item]
            there = sum((quantity for place, quantity in self.there(uow).items() if place[:2] == here), Decimal(0))
        free = max(there - sum(left for code, left in self.promised.values() if code == item), Decimal(0))
        demand = Demand(key=self.key(), item=self.items[item], quantity=Decimal(quantity), partial=partial, location=FORBIDS)
        with self.work() as uow:
            (answer,) = reserve(uow, [demand])
        self.counts = self.written()
        assert answer.quantity == (quantity if quantity <= free else free if partial else 0)
        if answer.quantity:
            self.promised[demand.key] = item, int(answer.quantity)

    @precondition(lambda self: self.promised)
    @rule(which=any_of)
    def let_go(self, which: int) -> None:
        key = sorted(self.promised)[which % len(self.promised)]
        assert self.attempt(lambda uow: release(uow, uow.find(Reservation, key=key)))
        del self.promised[key]

    @precondition(lambda self: self.promised)
    @rule(which=any_of, quantity=piece, ago=ago)
    def ship_promised(self, which: int, quantity: int, ago: int) -> None:
        key = sorted(self.promised)[which % len(self.promised)]
        item, left = self.promised[key]
        one = self.movement(item, -quantity, ago, reservation=key)
        if self.attempt(lambda uow: stock(uow, [one]), *(["inventory.reservation"] if quantity > left else [])):
            assert quantity <= left
            self.promised[key] = item, left - quantity
            if quantity == left:
                del self.promised[key]

    # -- what is found when it is counted

    @rule(item=items.filter(lambda item: item != LOTS), place=places, found=st.integers(0, 25))
    def count(self, item: str, place: str, found: int) -> None:
        def act(uow: UnitOfWork) -> None:
            made = start_count(uow, locations(uow, [place])[place])
            if tally(uow, made, uow.get(Item, self.items[item]), Decimal(found)) == "differs":
                accept_count(uow, made)
            if made.state == "open":
                cancel_count(uow, made)

        self.attempt(act)

    # -- invoices, and the tax of them

    @rule(net=st.integers(1, 100_000), bought=st.booleans(), ago=ago, closed=if_closed)
    def invoice(self, net: int, bought: bool, ago: int, closed: Any) -> None:
        sign, tax, key, on = 1 if bought else -1, net // 5, self.key(), self.day(ago)
        direction = "input" if bought else "output"
        fact = TaxFact(
            "XA-STD", base=eur(sign * net), tax=eur(sign * tax), rate=Decimal(20), direction=direction, on=on, registration="XA"
        )  # fmt: skip
        lines = [
            Line("payable" if bought else "receivable", eur(-sign * (net + tax))),
            Line("expense" if bought else "sales", eur(sign * net)),
            Line(f"tax.{direction}", eur(sign * tax), tax=fact),
        ]
        if self.attempt(lambda uow: uow.post(Voucher(key, "test.invoice", lines, posting_date=on, if_closed=closed))):
            self.invoices.append(key)
            self.facts[key] = direction, sign * net, sign * tax

    @precondition(lambda self: self.invoices)
    @rule(which=any_of)
    def take_back_an_invoice(self, which: int) -> None:
        key = self.invoices[which % len(self.invoices)]
        if self.attempt(lambda uow: uow.reverse(key, "It was wrong"), *(["bo.already_reversed"] if key in self.reversed else [])):
            if key not in self.reversed:
                direction, net, tax = self.facts[key]
                self.facts[f"{key}:reversal"] = direction, -net, -tax
            self.reversed.append(key)

    @precondition(lambda self: QUARTERS[len(self.latest)] < self.today)
    @rule()
    def declare(self) -> None:
        def act(uow: UnitOfWork) -> None:
            made = open_return(uow, uow.select(TaxRegistration).one())
            prepare_return(uow, made)
            file_return(uow, made)
            self.made = made.id

        assert self.attempt(act)
        self.latest.append(self.made)
        self.freeze()

    @precondition(lambda self: self.latest)
    @rule(which=any_of)
    def declare_anew(self, which: int) -> None:
        at = which % len(self.latest)

        def act(uow: UnitOfWork) -> None:
            made = amend_return(uow, uow.get(TaxReturn, self.latest[at]))
            prepare_return(uow, made)
            file_return(uow, made)
            self.made = made.id

        assert self.attempt(act)
        self.latest[at] = self.made
        self.freeze()

    def freeze(self) -> None:
        with self.work(read_only=True) as uow:
            self.filed[self.made] = frozen(uow, self.made)
            boxes = {box: exact for box, exact, _ in self.filed[self.made][1]}
            sums: Counter[str] = Counter()
            ident: int | None = self.made
            while ident is not None:  # what amends another declares the whole period
                sums.update(_sums(uow, ident))
                ident = uow.get(TaxReturn, ident).amends_id
        assert boxes == {"1": sums["1"], "4": sums["4"], "5": sums["1"] - sums["4"], "6": sums["6"], "7": sums["7"]}

    # -- time

    @rule(area=st.sampled_from(["stock", "ledger"]), ago=ago)
    def close(self, area: str, ago: int) -> None:
        if self.attempt(lambda uow: lock_period(uow, area, self.day(ago))):
            self.closed.add(area)

    @precondition(lambda self: self.closed)
    @rule(which=any_of)
    def open_again(self, which: int) -> None:
        area = sorted(self.closed)[which % len(self.closed)]
        assert self.attempt(lambda uow: unlock_period(uow, area))
        self.closed.remove(area)

    @precondition(lambda self: self.today < LAST)
    @rule(days=st.integers(1, 45))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.clock.set(datetime.combine(self.today, time(9), UTC))

    # -- what must hold

    @invariant()
    def what_lies_where_is_what_the_moves_say(self) -> None:
        with self.work(read_only=True) as uow:
            there = self.there(uow)
            own = {row.id for row in uow.select(Location) if row.kind in (LocationKind.INTERNAL, LocationKind.TRANSIT)}
            rows = uow.select(OnHand).all()
            assert {(row.location_id, row.item_id, row.lot_id): row.quantity for row in rows if row.quantity} == {
                place: quantity for place, quantity in there.items() if place[0] in own
            }
            promised: Counter[str] = Counter()
            for item, left in self.promised.values():
                promised[item] += left
            kept: Counter[int] = Counter()
            for row in rows:
                kept[row.item_id] += row.reserved  # type: ignore[assignment]
                forbidden = row.location_id == self.places[FORBIDS]
                assert (0 <= row.reserved <= row.quantity) if forbidden else row.reserved == 0
            assert {code: kept[ident] for code, ident in self.items.items()} == {code: promised[code] for code in self.items}
            still = uow.select(Reservation, state="open").all()
            assert {row.key: int(row.left) for row in still} == {key: left for key, (_, left) in self.promised.items()}
            pooled: Counter[int] = Counter()
            for pool in uow.select(Pool):
                pooled[pool.item_id] += pool.quantity  # type: ignore[assignment]
            for item_id in self.items.values():
                assert pooled[item_id] == sum(quantity for place, quantity in there.items() if place[0] in own and place[1] == item_id)

    @invariant()
    def the_stock_account_is_the_value_of_stock_on_every_day(self) -> None:
        with self.work(read_only=True) as uow:
            value: Counter[int] = Counter()
            amount: Counter[int] = Counter()
            by_day: Counter[date] = Counter()
            for pool, day, more, posted in uow.rows(sa.select(Entry.c.pool_id, Entry.c.posting_date, Entry.c.value, Entry.c.amount)):
                value[pool] += more
                amount[pool] += posted
                by_day[day] += posted
            for row in uow.select(Pool):
                assert row.value == value[row.id]
                assert (2 * row.value + 10_000) // 20_000 == amount[row.id]  # half a cent is a cent
            days = sorted(by_day)
            for day in {*days[:: max(1, len(days) // 4)], *days[-1:]}:
                query = BalanceQuery(company=uow.company.id, purpose="inventory", through=day)
                assert uow.hook.bo_balance(uow=uow, query=query) == eur(sum(by_day[one] for one in days if one <= day))

    @invariant()
    def the_tax_ledger_is_the_tax_of_what_was_posted(self) -> None:
        with self.work(read_only=True) as uow:
            lines = uow.select(TaxLine, kind="fact").all()
            found = Counter((row.direction, row.base.minor_units, row.tax.minor_units) for row in lines)
            assert found == Counter(self.facts.values())
            declared = Counter(ident for filed in self.filed.values() for ident in {ident for ident, _, _ in filed[2]})
            assert set(declared.values()) <= {1}
            assert declared.keys() <= {row.id for row in lines}
            assert list(check_tax(uow)) == []

    @invariant()
    def what_is_filed_never_moves(self) -> None:
        with self.work(read_only=True) as uow:
            for ident, was in self.filed.items():
                assert frozen(uow, ident) == was

    @invariant()
    def the_books_balance_and_no_check_finds_anything(self) -> None:
        assert not sum(row.balance for row in self.bo.report("trial-balance", actor="auditor", options={"currency": "base"}).rows)
        with self.work(read_only=True) as uow:
            assert list(check_stock(uow)) == []


def frozen(uow: UnitOfWork, ident: int) -> Any:
    """All that a return says."""
    row = uow.get(TaxReturn, ident)
    boxes = [(box.box, box.exact.minor_units, box.amount.minor_units) for box in uow.select(TaxReturnBox, return_id=ident)]
    lines = [(one.tax_line_id, one.box, one.amount.minor_units) for one in uow.select(TaxReturnLine, return_id=ident)]
    return (row.code, row.since, row.through, row.state, row.due, row.filed_on), sorted(boxes), sorted(lines)


def _sums(uow: UnitOfWork, ident: int) -> Counter[str]:
    sums: Counter[str] = Counter()
    for one in uow.select(TaxReturnLine, return_id=ident):
        sums[one.box] += one.amount.minor_units
    return sums


# ---------------------------------------------------------------- on a database


def test_whatever_is_done_stock_tax_and_the_books_agree(
    tmp_path: Path, bo_templates: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "WORTH_IT", 2)
    monkeypatch.setattr(pools, "FIRST", 2)
    made = bo_templates(PLUGINS, {"company": "Acme Ltd", "currency": "EUR"})
    template = Path(shutil.copyfile(made, tmp_path / "template.db"))
    with BackOffice(template, plugins=PLUGINS) as bo, bo.unit_of_work(actor="init") as uow:
        apply_standard_chart(uow, uow.company.id)
        add_location(uow, ALLOWS, "Yard", below_zero=BelowZero.ALLOW)
        locations(uow, [FORBIDS, "TRANSIT", "SUPPLIERS", "CUSTOMERS", "LOSS"])
        for code, method in METHODS.items():
            item = uow.add(Item(code=code, name=code.title(), tracking=Tracking.LOT if code == LOTS else Tracking.NONE))
            set_costing(uow, item, method, standard=UnitPrice("7.25", "EUR") if method is Method.STANDARD else None)
        register(uow, "XA", "XA", "", date(2026, 1, 1))
    files = itertools.count()

    def opened(path: Path) -> tuple[BackOffice, FrozenClock]:
        clock = FrozenClock()
        clock.set(datetime.combine(TODAY, time(9), UTC))
        return BackOffice(path, plugins=PLUGINS, clock=clock), clock

    class First(Trade):
        open = staticmethod(lambda: opened(template))

    class Here(Trade):
        open = staticmethod(lambda: opened(Path(shutil.copyfile(template, tmp_path / f"{next(files)}.db"))))
        begun = First().begin()

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES if engine() == "sqlite" else max(1, EXAMPLES // 7),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
