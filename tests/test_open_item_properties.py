"""Whatever is opened, paid, revalued and taken back, in whatever order: what is open is what a plain model says, on every day."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    ItemKind,
    Line,
    Money,
    OpenItem,
    Paid,
    Refused,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    check_items,
    open_items,
    posted_from,
    settle_lines,
)
from bocore.record.verify import verify

PREFIXES = (f"run{n}" for n in itertools.count())
START = date(2026, 1, 1)
CONTROL = ("receivable", "payable", "clearing")


@pytest.fixture(scope="module")
def bo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    path: Path = tmp_path_factory.mktemp("items") / "books.db"
    with BackOffice(path, plugins=[]) as office:
        yield office.init(company="Acme Ltd", currency="EUR")


# ---------------------------------------------------------------- what happens

days = st.integers(0, 9)
cents = st.integers(1, 10_000)


@attrs.frozen
class Opens:
    """An item is opened: a claim or, negative, a debt; in base currency, or in dollars at a rate in percent."""

    purpose: str
    amount: int
    rate: int | None
    day: int


@attrs.frozen
class Pays:
    """A share of what is open of one of the items is paid, in percent; at a rate."""

    item: int
    percent: int
    rate: int
    day: int


@attrs.frozen
class Revalues:
    """An item is worth more or less."""

    item: int
    by: int
    day: int


@attrs.frozen
class Reverses:
    """One of the vouchers before is taken back on a day."""

    voucher: int
    day: int


steps = st.one_of(
    st.builds(Opens, st.sampled_from(CONTROL), cents | cents.map(int.__neg__), st.none() | st.integers(50, 150), days),
    st.builds(Pays, st.integers(0, 9), st.integers(1, 100), st.integers(50, 150), days),
    st.builds(Pays, st.integers(0, 9), st.just(100), st.integers(50, 150), days),
    st.builds(Revalues, st.integers(0, 9), st.integers(-500, 500), days),
    st.builds(Reverses, st.integers(0, 20), days),
)
stories = st.lists(steps, min_size=1, max_size=12).map(lambda rest: [Opens("receivable", 10_000, 90, 0), *rest])


@attrs.define
class Movement:
    """What a voucher did to an item, as the model keeps it."""

    item: str
    on: date
    amount: int
    base: int
    revaluation: int = 0


class Model:
    """Open items as a list of movements: what remains on a day is their sum through that day."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.currency: dict[str, str] = {}
        self.opened: dict[str, int] = {}
        self.by_voucher: dict[str, list[Movement]] = {}
        self.reversed: set[str] = set()

    def through(self, day: date | None) -> dict[str, tuple[int, int, int]]:
        sums = dict.fromkeys(self.keys, (0, 0, 0))
        for one in itertools.chain.from_iterable(self.by_voucher.values()):
            if day is None or one.on <= day:
                amount, base, revaluation = sums[one.item]
                sums[one.item] = amount + one.amount, base + one.base, revaluation + one.revaluation
        return {key: total for key, total in sums.items() if any(total)}


def day(number: int) -> date:
    return START + timedelta(number)


class Story:
    """Plays steps on the database and the model."""

    def __init__(self, bo: BackOffice) -> None:
        self.bo = bo
        self.model = Model()
        self.prefix = next(PREFIXES)
        self.numbers = itertools.count()

    def play(self, step: object) -> None:
        with self.bo.unit_of_work(actor="ann") as uow:
            if isinstance(step, Opens):
                self._open(uow, step)
            elif isinstance(step, Pays):
                self._pay(uow, step)
            elif isinstance(step, Revalues):
                self._revalue(uow, step)
            elif isinstance(step, Reverses):
                self._reverse(uow, step)

    def _key(self) -> str:
        return f"{self.prefix}:{next(self.numbers)}"

    def _post(self, uow: UnitOfWork, lines: Sequence[Line], on: date, moved: Movement, nature: str = "normal") -> None:
        key = self._key()
        uow.post(Voucher(key, "story", lines, posting_date=on, nature=nature))
        self.model.by_voucher[key] = [moved]

    def _open(self, uow: UnitOfWork, step: Opens) -> None:
        model, key = self.model, f"{self.prefix}:item:{len(self.model.keys)}"
        amount = Money.minor(step.amount, "EUR" if step.rate is None else "USD")
        base = amount if step.rate is None else amount.convert(Decimal(step.rate) / 100, "EUR")
        model.keys.append(key)
        model.currency[key], model.opened[key] = amount.currency, step.amount
        lines = [Line(step.purpose, amount, base=base, opens=key), Line("sales", -base)]
        self._post(uow, lines, day(step.day), Movement(key, day(step.day), step.amount, base.minor_units))

    def _pay(self, uow: UnitOfWork, step: Pays) -> None:
        key = self.model.keys[step.item % len(self.model.keys)]
        remaining = self.model.through(None).get(key, (0, 0, 0))[0]
        amount = abs(remaining) * step.percent // 100
        if not amount:
            with pytest.raises(Refused, match=r"is paid of|is 0\.00"):
                settle_lines(uow, [Paid(key, Money.minor(0, self.model.currency[key]))])
            return
        paid = Money.minor(amount, self.model.currency[key])
        worth = paid if paid.currency == "EUR" else paid.convert(Decimal(step.rate) / 100, "EUR")
        lines = settle_lines(uow, [Paid(key, paid, base=worth)])
        settling = lines[0]
        assert settling.base is not None
        bank = worth if remaining > 0 else -worth
        moved = Movement(key, day(step.day), settling.amount.minor_units, settling.base.minor_units)
        assert moved.amount == (-amount if remaining > 0 else amount)
        self._post(uow, [Line("bank", bank), *lines], day(step.day), moved)

    def _revalue(self, uow: UnitOfWork, step: Revalues) -> None:
        key = self.model.keys[step.item % len(self.model.keys)]
        if self.model.currency[key] == "EUR":
            return
        purpose = next(row.purpose for row in uow.select(OpenItem, key=key))
        by = Money.minor(step.by, "EUR")
        lines = [Line(purpose, Money.zero("USD"), base=by, settles=key), Line("fx.unrealised", -by)]
        self._post(uow, lines, day(step.day), Movement(key, day(step.day), 0, 0, step.by), "revaluation")

    def _reverse(self, uow: UnitOfWork, step: Reverses) -> None:
        left = [key for key in self.model.by_voucher if key not in self.model.reversed and not key.endswith(":reversal")]
        if not left:
            return
        key = left[step.voucher % len(left)]
        uow.reverse(key, "Story", day(step.day))
        self.model.reversed.add(key)
        self.model.by_voucher[f"{key}:reversal"] = [
            Movement(one.item, day(step.day), -one.amount, -one.base, -one.revaluation) for one in self.model.by_voucher[key]
        ]

    # -- what must hold

    def check(self) -> None:
        with self.bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert list(check_items(uow)) == []
            records = uow.select(VoucherRecord).where(VoucherRecord.c.key.like(f"{self.prefix}:%")).all()
            lines = [(record.posting_date, line) for record in records for line in posted_from(record).voucher.lines]
            for at in [None, *(day(number) for number in (-1, 0, 3, 4, 9))]:
                rows = [row for row in open_items(uow, as_of=at) if row.key in self.model.currency]
                found = {row.key: (row.remaining.minor_units, row.base.minor_units, row.revaluation.minor_units) for row in rows}
                assert found == self.model.through(at)
                for row in rows:
                    against = row.remaining.minor_units * self.model.opened[row.key] < 0
                    assert (row.kind is ItemKind.CREDIT) >= against
                for purpose in CONTROL:
                    kept = [line for on, line in lines if line.purpose == purpose and (at is None or on <= at)]
                    assert all(line.opens or line.settles for line in kept)
                    ledger = sum(line.base.minor_units for line in kept if line.base is not None)
                    assert sum(row.base.minor_units + row.revaluation.minor_units for row in rows if row.purpose == purpose) == ledger
                    for currency in ("EUR", "USD"):
                        amounts = sum(line.amount.minor_units for line in kept if line.amount.currency == currency)
                        mine = [row.remaining for row in rows if row.purpose == purpose and row.remaining.currency == currency]
                        assert sum(amount.minor_units for amount in mine) == amounts


@settings(max_examples=25, deadline=None)
@given(story=stories)
def test_what_is_open_is_opened_less_settled_on_every_day_and_equals_the_control_accounts(bo: BackOffice, story: list[object]) -> None:
    told = Story(bo)
    for step in story:
        told.play(step)
        told.check()


@settings(max_examples=20, deadline=None)
@given(story=stories)
def test_reversing_everything_leaves_nothing_open_and_changes_no_past_day(bo: BackOffice, story: list[object]) -> None:
    told = Story(bo)
    for step in story:
        told.play(step)
    before = told.model.through(day(10))
    for _ in range(len(told.model.by_voucher)):
        told.play(Reverses(0, 11))
    told.check()
    assert told.model.through(None) == {}
    assert told.model.through(day(10)) == before


@settings(max_examples=25, deadline=None)
@given(
    parts=st.lists(st.tuples(st.integers(1, 5_000), st.integers(50, 150)), min_size=1, max_size=6),
    open_rest=st.integers(0, 5_000),
    base=st.integers(1, 20_000),
    data=st.data(),
)
def test_the_order_of_settlements_does_not_change_what_is_owed_or_realised(
    bo: BackOffice, parts: list[tuple[int, int]], open_rest: int, base: int, data: st.DataObject
) -> None:
    """Paid in full, the payments realise what they are worth less what the item stood for, in whatever order they come."""
    whole = sum(amount for amount, _ in parts) + open_rest
    outcomes = []
    for order in (parts, data.draw(st.permutations(parts))):
        prefix = next(PREFIXES)
        with bo.unit_of_work(actor="ann") as uow:
            stood = Money.minor(base, "EUR")
            owed = Line("receivable", Money.minor(whole, "USD"), base=stood, opens=prefix)
            uow.post(Voucher(f"{prefix}:sale", "sale", [owed, Line("sales", -stood)]))
            realised = worth = Money.zero("EUR")
            rest = [(open_rest, 100)] if open_rest else []
            for n, (amount, rate) in enumerate([*order, *rest]):
                if n == len(order):
                    outcomes.append([(row.remaining, row.kind) for row in open_items(uow, keys=[prefix])])
                paid = Money.minor(amount, "USD")
                value = paid.convert(Decimal(rate) / 100, "EUR")
                lines = settle_lines(uow, [Paid(prefix, paid, base=value)])
                uow.post(Voucher(f"{prefix}:{n}", "pay", [Line("bank", value), *lines]))
                realised, worth = realised + sum((one.amount for one in lines[1:]), Money.zero("EUR")), worth + value
            assert open_items(uow, keys=[prefix]) == []
            assert realised == stood - worth
            outcomes.append([realised])
    half = len(outcomes) // 2
    assert outcomes[:half] == outcomes[half:]


def test_all_these_books_verify(bo: BackOffice) -> None:
    Story(bo).play(Opens("receivable", 100, None, 0))
    assert [str(finding) for finding in verify(bo).findings] == []
