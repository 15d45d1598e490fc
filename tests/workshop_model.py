"""A workshop in plain Python: what its books must say after any steps. No database, nothing of bocore: ``test_any_business.py`` compares.

Steps name things by small numbers, and most do nothing where the thing is not there, so that any list of steps is a story.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date, timedelta
from typing import Any

import attrs

DAYS = [date(2025, 12, 29) + timedelta(n) for n in range(6)]
"""The days on which things happen, in two years; numbers begin anew with each."""
BAD = "unreadable"
"""A text that the plugin's check refuses."""
DUD = 13
"""A price, in cents, that the ledger chokes on."""


class Stop(Exception):
    """What a program raises in the middle of its work."""


class Refusal(Exception):
    """The model refuses; its argument is the code that bocore must give as well."""


# ---------------------------------------------------------------- what may be asked for


@attrs.frozen
class Enrol:
    """A customer is entered."""

    customer: int


@attrs.frozen
class Rename:
    """A customer is called otherwise."""

    customer: int
    name: str


@attrs.frozen
class Leave:
    """A customer is deleted; refused where an order names it."""

    customer: int


@attrs.frozen
class Accept:
    """An order comes in, and gets a number; ``twice`` enters it even where it is there."""

    order: int
    customer: int
    day: int
    text: str
    twice: bool = False


@attrs.frozen
class Edit:
    """The text of an order is changed, and written at once; refused once it was billed."""

    order: int
    text: str


@attrs.frozen
class Note:
    """Something is noted of an order, in a row of its own."""

    order: int
    text: str


@attrs.frozen
class Strike:
    """The note of an order that comes first in the alphabet is deleted."""

    order: int


@attrs.frozen
class Cancel:
    """An order is called off; refused unless it is open."""

    order: int


@attrs.frozen
class Bill:
    """An order is charged: a voucher that opens an item."""

    order: int
    cents: int
    day: int


@attrs.frozen
class Pay:
    """Something is paid of a bill, or paid back where more was paid than is owed."""

    payment: int
    order: int
    cents: int
    day: int


@attrs.frozen
class Sell:
    """A sale for cash: the same slip again gives the first receipt, another under its number is refused."""

    slip: int
    cents: int
    day: int


@attrs.frozen
class Reverse:
    """A voucher is taken back: on a day, or on its own day or the first open one."""

    kind: str
    n: int
    day: int | None


@attrs.frozen
class Ring:
    """Something happens; whoever hears of ``harm`` raises."""

    harm: bool


@attrs.frozen
class Flush:
    """What waits is checked and written now."""


@attrs.frozen
class Fail:
    """The program raises."""


@attrs.frozen
class Part:
    """Steps in a savepoint; where they fail the unit of work goes on without them."""

    steps: tuple[Any, ...]


# ---------------------------------------------------------------- what there is


@attrs.define
class Order:
    company: str
    customer: int | None
    day: date
    text: str
    number: str
    state: str = "open"
    notes: list[str] = attrs.field(factory=list)


@attrs.define
class Posted:
    """A voucher: lines of purpose, cents and, of receivables, the bill that they open or settle."""

    company: str
    day: date
    lines: list[tuple[str, int, str | None]]
    text: str = ""
    reversed_as_of: tuple[date | None] | None = None
    """The day that its reversal was asked for; None where it was not reversed."""


@attrs.define
class State:
    """What the database has, and what the present unit of work has done."""

    customers: dict[int, str] = attrs.field(factory=dict)
    orders: dict[tuple[str, int], Order] = attrs.field(factory=dict)
    vouchers: dict[str, Posted] = attrs.field(factory=dict)
    numbers: Counter[tuple[str, int]] = attrs.field(factory=Counter)
    locks: dict[str, date] = attrs.field(factory=dict)
    rings: Counter[str] = attrs.field(factory=Counter)
    # of the present unit of work
    billed_before: frozenset[tuple[str, int]] = frozenset()
    events: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)
    alarm: bool = False
    wrote: bool = False

    def picture(self) -> str:
        """All that is stored, to see whether it changed."""
        return repr((self.customers, self.orders, self.vouchers, self.locks))


@attrs.frozen
class Committed:
    """A commit as the feed must give it."""

    actor: str
    correlation: str | None
    events: list[tuple[str, dict[str, Any]]]


class Model:
    """The workshop's books by the rules of bocore, written down a second time as simply as they can be."""

    def __init__(self) -> None:
        self.state = State()
        self.commits: list[Committed] = []
        self.answers: dict[str, tuple[Any, list[str]]] = {}
        """Key → what was asked under it, and what was answered."""

    # -- units of work

    def unit(self, company: str, steps: list[Any], actor: str, correlation: str, *, keyed: bool = False) -> None:
        """A unit of work, all or nothing; raises Refusal or Stop."""
        before = self.state
        self.state = deepcopy(before)
        self.state.billed_before = frozenset(name for name, order in before.orders.items() if order.state == "billed")
        self._seen = before.picture()
        try:
            for step in steps:
                self._apply(company, step)
            self._settle()
        except BaseException:
            self.state = before
            raise
        done = self.state
        if done.wrote or done.events or keyed:
            self.commits.append(Committed(actor, correlation, done.events))
        done.events, done.wrote = [], False

    def run(self, company: str, steps: list[Any], actor: str, correlation: str, key: str) -> list[str]:
        """The same under a key: once."""
        if key in self.answers:
            asked, answer = self.answers[key]
            if asked != (company, steps):
                raise Refusal("bo.key_reused")
            return answer
        self.unit(company, steps, actor, correlation, keyed=True)
        numbers = sorted(order.number for order in self.state.orders.values() if order.company == company)
        self.answers[key] = (company, steps), numbers
        return numbers

    def lock(self, company: str, day: date | None, actor: str, correlation: str) -> None:
        """The ledger is closed through a day, or opened again."""
        through = self.state.locks.get(company)
        if day == through is not None:
            return
        if day is None and self.state.locks.pop(company, None) is None:
            raise Refusal("bo.not_locked")
        if day is not None:
            if through is not None and day < through:
                raise Refusal("bo.locked_already")
            self.state.locks[company] = day
        self.commits.append(Committed(actor, correlation, []))

    def _settle(self, refusal: str = "") -> None:
        """Plugins hear of what happened, and everything is checked, in this order.

        :param refusal: of the core's own checks of what was changed.
        """
        if self.state.alarm:
            raise Stop
        if refusal:
            raise Refusal(refusal)
        if any(order.text == BAD for order in self.state.orders.values()):
            raise Refusal("shop.unreadable")
        now = self.state.picture()
        if now != self._seen:
            self.state.wrote, self._seen = True, now

    # -- steps

    def _apply(self, company: str, step: Any) -> None:
        state = self.state
        match step:
            case Enrol(customer):
                if customer not in state.customers:
                    state.customers[customer] = f"Customer {customer}"
                    state.wrote = True
            case Rename(customer, name):
                if customer in state.customers:
                    state.customers[customer] = name
            case Leave(customer):
                if state.customers.pop(customer, None) is not None:
                    state.wrote = True
                    self._settle()
                    if any(order.customer == customer for order in state.orders.values()):
                        raise Refusal("bo.referred_to")
            case Accept(n, customer, day, text, twice):
                self._accept(company, n, customer, DAYS[day], text, twice)
            case Edit(n, text):
                order = state.orders.get((company, n))
                if order is not None:
                    frozen = (company, n) in state.billed_before and text != order.text
                    order.text = text
                    self._settle("bo.frozen" if frozen else "")
            case Note(n, text):
                if (company, n) in state.orders:
                    state.orders[company, n].notes.append(text)
                    state.wrote = True
                    self._settle("bo.frozen" if (company, n) in state.billed_before else "")
            case Strike(n):
                if (company, n) in state.orders and state.orders[company, n].notes:
                    state.orders[company, n].notes.remove(min(state.orders[company, n].notes))
                    state.wrote = True
                    self._settle("bo.frozen" if (company, n) in state.billed_before else "")
            case Cancel(n):
                self._move(company, n, "cancelled")
            case Bill(n, cents, day):
                order = self._move(company, n, "billed")
                if order is not None:
                    key = f"{company}-bill-{n}"
                    self._post(key, company, DAYS[day], [("receivable", cents, key), ("sales", -cents, None)], f"Order {order.number}")
            case Pay(payment, n, cents, day):
                self._pay(company, f"{company}-pay-{payment}", f"{company}-bill-{n}", cents, DAYS[day])
            case Sell(slip, cents, day):
                self._sell(company, f"{company}-sell-{slip}", cents, DAYS[day])
            case Reverse(kind, n, day):
                self._reverse(company, f"{company}-{kind}-{n}", None if day is None else DAYS[day])
            case Ring(harm):
                state.events.append(("shop.rang/1", {"harm": harm}))
                state.rings[company] += 1
                state.alarm = state.alarm or harm
            case Flush():
                self._settle()
            case Fail():
                raise Stop
            case Part(steps):
                self._part(company, steps)

    def _part(self, company: str, steps: tuple[Any, ...]) -> None:
        before, seen = deepcopy(self.state), self._seen
        try:
            for step in steps:
                self._apply(company, step)
        except (Refusal, Stop):
            self.state, self._seen = before, seen

    def _accept(self, company: str, n: int, customer: int, day: date, text: str, twice: bool) -> None:
        state = self.state
        known = (company, n) in state.orders
        if known and not twice:
            return
        if known:
            self._settle("" if text != BAD else "shop.unreadable")
            raise Refusal("bo.unique")
        state.numbers[company, day.year] += 1
        number = f"{day.year}-{state.numbers[company, day.year]:03}"
        state.orders[company, n] = Order(company, customer if customer in state.customers else None, day, text, number)
        state.wrote = True

    def _move(self, company: str, n: int, target: str) -> Order | None:
        order = self.state.orders.get((company, n))
        if order is not None and order.state != "open":
            raise Refusal("bo.illegal_move")
        if order is not None:
            order.state = target
        return order

    # -- vouchers

    def _post(self, key: str, company: str, day: date, lines: list[tuple[str, int, str | None]], text: str = "") -> None:
        if day <= self.state.locks.get(company, date.min):
            raise Refusal("bo.period_locked")
        self.state.vouchers[key] = Posted(company, day, lines, text)
        self.state.wrote = True

    def _pay(self, company: str, key: str, bill: str, cents: int, day: date) -> None:
        if key in self.state.vouchers or bill not in self.state.vouchers:
            return
        remaining = self.open_items(company).get(bill, 0)
        if cents > abs(remaining):
            raise Refusal("bo.item_exceeded")
        paid = cents if remaining > 0 else -cents
        self._post(key, company, day, [("bank", paid, None), ("receivable", -paid, bill)])

    def _sell(self, company: str, key: str, cents: int, day: date) -> None:
        known = self.state.vouchers.get(key)
        lines: list[tuple[str, int, str | None]] = [("cash", cents, None), ("sales", -cents, None)]
        if known is None:
            self._post(key, company, day, lines)
            self.state.alarm = self.state.alarm or cents == DUD
        elif (known.day, known.lines) != (day, lines):
            raise Refusal("bo.posting_conflict")

    def _reverse(self, company: str, key: str, asked: date | None) -> None:
        posted = self.state.vouchers.get(key)
        if posted is None:
            return
        if posted.reversed_as_of is not None:
            if posted.reversed_as_of != (asked,):
                raise Refusal("bo.already_reversed")
            return
        locked = self.state.locks.get(company, date.min)
        day = asked or (posted.day if posted.day > locked else locked + timedelta(1))
        self._post(f"{key}:reversal", company, day, [(purpose, -cents, item) for purpose, cents, item in posted.lines], "Reversal: Again")
        posted.reversed_as_of = (asked,)

    # -- what the books say

    def open_items(self, company: str, through: date = date.max) -> dict[str, int]:
        """Bill → what is still owed at the end of a day."""
        sums: Counter[str] = Counter()
        for posted in self.state.vouchers.values():
            for _, cents, item in posted.lines:
                if item is not None and posted.company == company and posted.day <= through:
                    sums[item] += cents
        return {item: cents for item, cents in sums.items() if cents}

    def turnover(self) -> dict[tuple[str, str], int]:
        """Company and purpose → the sum of its lines."""
        sums: Counter[tuple[str, str]] = Counter()
        for posted in self.state.vouchers.values():
            for purpose, cents, _ in posted.lines:
                sums[posted.company, purpose] += cents
        return dict(sums)
