"""Whatever is done, in whatever order, by two programs on one database: the books say what a plain model says, after every step.

The model is ``workshop_model.py``; the plugin with its hooks, and the same steps on a database, are in ``workshop.py``.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import event as note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from workshop import NoteRow, Order, Tally, Turnover, play, plugin
from workshop_model import (
    BAD,
    DAYS,
    DUD,
    Accept,
    Bill,
    Cancel,
    Committed,
    Edit,
    Enrol,
    Fail,
    Flush,
    Leave,
    Model,
    Note,
    Part,
    Pay,
    Refusal,
    Rename,
    Reverse,
    Ring,
    Sell,
    Stop,
    Strike,
)

from bocore import (
    BackOffice,
    BocoreError,
    Company,
    Conflict,
    Party,
    PeriodLock,
    StorageError,
    UnitOfWork,
    VoucherRecord,
    check_items,
    lock_period,
    open_items,
    posted_from,
    unlock_period,
)
from bocore.record.verify import verify
from bocore.testing.clock import FrozenClock

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))
COMPANIES = ["ACME", "BOLT"]

# ---------------------------------------------------------------- any steps

customers, orders, slips, days = st.integers(0, 2), st.integers(0, 7), st.integers(0, 3), st.integers(0, 5)
cents = st.integers(1, 30)
texts = st.sampled_from(["clean", "oil", "mend", "clean", "oil", BAD])
simple = st.one_of(
    st.builds(Enrol, customers),
    st.builds(Rename, customers, st.sampled_from(["Ada", "Bob"])),
    st.builds(Leave, customers),
    st.builds(Accept, orders, customers, days, texts),
    st.builds(Accept, orders, customers, days, st.just("clean")),
    st.builds(Accept, orders, customers, days, texts, st.just(True)),
    st.builds(Edit, orders, texts),
    st.builds(Note, orders, texts),
    st.builds(Strike, orders),
    st.builds(Cancel, orders),
    st.builds(Bill, orders, cents, days),
    st.builds(Pay, slips, orders, cents, days),
    st.builds(Sell, slips, cents | st.sampled_from([1, DUD]), days),
    st.builds(Reverse, st.sampled_from(["bill", "pay", "sell"]), orders, days | st.none()),
    st.builds(Ring, st.sampled_from([False, False, False, True])),
    st.builds(Flush),
)
heard = st.builds(Ring, st.just(False)) | st.builds(Sell, slips, st.integers(1, 9), days)
parts = st.builds(Part, st.lists(simple | st.builds(Fail), min_size=1, max_size=4).map(tuple))
undone = st.builds(Part, st.lists(simple, max_size=2).map(lambda steps: (*steps, Flush(), Fail())))
"""Parts that are written, heard by the plugins, and taken back."""
nested = st.builds(Part, st.lists(simple | parts | undone, min_size=1, max_size=3).map(tuple))
whole = simple.map(lambda step: step)  # as one branch of several, and not as sixteen
stories = st.one_of(
    st.lists(st.one_of(whole, whole, parts, undone, nested), min_size=2, max_size=5),
    st.lists(simple | st.builds(Fail), min_size=2, max_size=3),
)
BEGINNING = [
    *(Enrol(n) for n in range(3)),
    *(Accept(n, n % 3, n, "clean") for n in range(4)),
    Note(1, "oil"),
    *(Bill(n, 20, 3) for n in (0, 1)),
    Sell(0, 5, 4),
]
"""What every story begins with, so that there is something to pay, to note and to take back."""
programs = st.integers(0, 1)
companies = st.sampled_from(COMPANIES)


class Business(RuleBasedStateMachine):
    """Two programs on one database, and the model."""

    open: Callable[[], Callable[[], BackOffice]]
    """Makes a database, and returns what opens it."""

    def __init__(self) -> None:
        super().__init__()
        self.opened = type(self).open()
        self.programs = [self.opened(), self.opened()]
        self.model = Model()
        self.turn, self.days = itertools.cycle([0, 1]), itertools.cycle(DAYS)
        self.steps = itertools.count()
        self.cursors: dict[str, int] = {}
        self.ids: dict[Any, int] = {}
        self.model.commits = [_committed(commit) for commit in self.programs[0].feed("setup")]
        for company in COMPANIES:
            self._work(0, company, BEGINNING, "ann")

    def teardown(self) -> None:
        try:
            with self.programs[1].unit_of_work(actor="auditor", read_only=True) as uow:
                self._check_items(uow, DAYS)
            verification = verify(self.programs[0])
            assert verification.findings == []
            assert verification.records == len(self.model.commits)
            commits = list(self.programs[1].feed("at the end"))
            assert [commit.position for commit in commits] == list(range(len(commits)))
            assert [_committed(commit) for commit in commits] == self.model.commits
            assert len({commit.unit for commit in commits}) == len(commits)
        finally:
            for program in self.programs:
                program.close()

    def _same(self, model: Callable[[], Any], books: Callable[[], Any]) -> Any:
        """Both succeed with one result, or fail for one reason."""
        try:
            expected = model()
        except Stop:
            with pytest.raises(Stop):
                books()
            note("stopped")
        except Refusal as refusal:
            with pytest.raises(BocoreError) as refused:
                books()
            assert {finding.code for finding in refused.value.findings} == {refusal.args[0]}
            note(refusal.args[0])
        else:
            assert books() == expected
            note("done")

    # -- what happens

    @rule(program=programs, company=companies, story=stories, actor=st.sampled_from(["ann", "bob"]))
    def work(self, program: int, company: str, story: list[Any], actor: str) -> None:
        """A unit of work, in which anything may fail."""
        self._work(program, company, story, actor)

    @rule(program=programs, company=companies, story=stories)
    def more_work(self, program: int, company: str, story: list[Any]) -> None:
        """The same, so that it comes more often than the rest."""
        self._work(program, company, story, "carl")

    @rule(
        program=programs, company=companies, before=st.lists(heard, min_size=1, max_size=2), part=undone, after=st.lists(heard, max_size=1)
    )
    def work_around_a_part(self, program: int, company: str, before: list[Any], part: Part, after: list[Any]) -> None:
        """A part is undone after the plugins had heard of what came before it."""
        self._work(program, company, [*before, part, *after], "dora")

    def _work(self, program: int, company: str, story: list[Any], actor: str) -> None:
        step = f"step:{next(self.steps)}"

        def unit() -> None:
            with self.programs[program].unit_of_work(actor=actor, company=company, correlation=step) as uow:
                play(uow, company, story)

        self._same(lambda: self.model.unit(company, story, actor, step), unit)

    @rule(program=programs, company=companies, story=stories, key=st.sampled_from(["k1", "k2", "k3"]))
    def run(self, program: int, company: str, story: list[Any], key: str) -> None:
        """The same under a key, which may have been used before."""
        self._run(program, company, story, key)

    @precondition(lambda self: self.model.answers)
    @rule(program=programs, data=st.data())
    def run_again(self, program: int, data: st.DataObject) -> None:
        """What was done is asked for again."""
        key = data.draw(st.sampled_from(sorted(self.model.answers)))
        company, story = self.model.answers[key][0]
        self._run(program, company, story, key)

    def _run(self, program: int, company: str, story: list[Any], key: str) -> None:
        step, office = f"step:{next(self.steps)}", self.programs[program]
        self._same(
            lambda: self.model.run(company, story, "till", step, key),
            lambda: office.run(play, company, story, actor="till", key=key, company=company, correlation=step, retries=0),
        )

    @rule(program=programs, company=companies, day=st.sampled_from([None, *DAYS[:4]]))
    def lock(self, program: int, company: str, day: date | None) -> None:
        """The ledger is closed through a day, or opened again."""
        step = f"step:{next(self.steps)}"

        def close() -> None:
            with self.programs[program].unit_of_work(actor="eve", company=company, correlation=step, reason="Audit") as uow:
                if day is None:
                    unlock_period(uow, "ledger")
                else:
                    lock_period(uow, "ledger", day)

        self._same(lambda: self.model.lock(company, day, "eve", step), close)

    @rule(program=programs, company=companies, n=orders)
    def two_at_once(self, program: int, company: str, n: int) -> None:
        """One reads an order and is slow; the other changes it meanwhile. One of the two gets it, and the other is told."""
        slow, quick = self.programs[program], self.programs[1 - program]
        order = self.model.state.orders.get((company, n))
        if order is None or order.state == "billed":
            return
        step = f"step:{next(self.steps)}"

        def change(uow: UnitOfWork, text: str) -> None:
            found = uow.find(Order, company_id=uow.company_id, n=n)
            assert found is not None
            found.text = text

        winner = "slow"
        try:
            with slow.unit_of_work(actor="slow", company=company, correlation=step) as first:
                assert first.find(Order, company_id=first.company_id, n=n) is not None
                try:
                    with quick.unit_of_work(actor="quick", company=company, correlation=step) as second:
                        change(second, f"quick at {step}")
                    winner = "quick"
                except StorageError as busy:  # SQLite: who writes is alone
                    assert "busy" in str(busy)
                change(first, f"slow at {step}")
        except Conflict as conflict:
            assert winner == "quick"
            assert "quick" in str(conflict)
        else:
            assert winner == "slow"
        self.model.unit(company, [Edit(n, f"{winner} at {step}")], winner, step)

    @rule(program=programs, consumer=st.sampled_from(["crm", "bank"]), count=st.integers(1, 8))
    def listen(self, program: int, consumer: str, count: int) -> None:
        """Somebody reads on in the feed, and forgets the last one that was read: it comes again."""
        feed = self.programs[program].feed(consumer)
        heard = [_committed(commit) for commit in itertools.islice(feed, count)]
        at = self.cursors.get(consumer, 0)
        assert heard == self.model.commits[at : at + count]
        self.cursors[consumer] = at + len(heard) - (len(heard) == count)

    @rule(program=programs)
    def reopen(self, program: int) -> None:
        """A program ends, and begins anew."""
        self.programs[program].close()
        self.programs[program] = self.opened()

    # -- what must hold

    @invariant()
    def books_are_as_the_model(self) -> None:
        """Every way to read gives what the model has, from the one program and from the other."""
        with self.programs[next(self.turn)].unit_of_work(actor="auditor", company="ACME", read_only=True) as uow:
            codes = {row.id: row.code for row in uow.select(Company)}
            self._check_orders(uow, codes)
            self._check_vouchers(uow, codes)
            assert {row.name: row.rings for row in uow.select(Tally)} == dict(self.model.state.rings)
            assert {codes[row.company_id]: row.through for row in uow.select(PeriodLock)} == self.model.state.locks
            assert {int(row.code[1:]): row.name for row in uow.select(Party) if row.code} == self.model.state.customers

    def _check_orders(self, uow: UnitOfWork, codes: dict[int, str]) -> None:
        expected = self.model.state.orders
        rows = uow.select(Order).order_by(Order.c.id).all()
        found = {(codes[row.company_id], row.n): row for row in rows}
        assert len(found) == len(rows)
        assert found.keys() == expected.keys()
        notes = uow.children(rows, NoteRow)
        for name, order in expected.items():
            row = found[name]
            party = uow.get(Party, row.customer_id) if row.customer_id else None
            assert (party and party.code) == (None if order.customer is None else f"c{order.customer}")
            assert (row.on, row.text, row.number, row.state) == (order.day, order.text, order.number, order.state)
            assert sorted(note.text for note in notes[row.id]) == sorted(order.notes)
            assert self.ids.setdefault(name, row.id) == row.id
            assert uow.find(Order, company_id=row.company_id, n=row.n) is uow.get(Order, row.id) is row
        assert uow.get_all(Order, self.ids.values()).keys() == {row.id for row in rows}
        counted = uow.rows(sa.select(Order.c.company_id, sa.func.count()).group_by(Order.c.company_id))
        assert {codes[ident]: count for ident, count in counted} == Counter(company for company, _ in expected)
        for (company, year), last in self.model.state.numbers.items():
            numbers = [row.number for row in rows if codes[row.company_id] == company and row.on.year == year]
            assert sorted(numbers) == [f"{year}-{n:03}" for n in range(1, last + 1)], "gapless and unique"

    def _check_vouchers(self, uow: UnitOfWork, codes: dict[int, str]) -> None:
        expected = self.model.state.vouchers
        records = {record.key: record for record in uow.select(VoucherRecord)}
        assert records.keys() == expected.keys()
        for key, posted in expected.items():
            lines = posted_from(records[key]).voucher.lines
            assert [(line.purpose, line.amount.minor_units, line.opens or line.settles) for line in lines] == posted.lines
            assert sum(line.base.minor_units for line in lines if line.base is not None) == 0
            assert (codes[records[key].company_id], records[key].posting_date) == (posted.company, posted.day)
            assert records[key].text == posted.text
        summed = sa.select(Turnover.c.company_id, Turnover.c.purpose, sa.func.sum(Turnover.c.base))
        turnover = uow.rows(summed.group_by(Turnover.c.company_id, Turnover.c.purpose))
        assert {(codes[ident], purpose): total for ident, purpose, total in turnover} == self.model.turnover()
        assert uow.select(Turnover).count() == sum(len(posted.lines) for posted in expected.values())
        assert list(check_items(uow)) == []
        self._check_items(uow, [None, next(self.days)])

    def _check_items(self, uow: UnitOfWork, days: Iterable[date | None]) -> None:
        for company, through in itertools.product(COMPANIES, days):
            rows = open_items(uow, company=company, as_of=through)
            assert {row.key: row.remaining.minor_units for row in rows} == self.model.open_items(company, through or date.max)
            assert all(row.remaining == row.base for row in rows)


def _committed(commit: Any) -> Committed:
    return Committed(commit.actor, commit.correlation, [(one.name, one.values) for one in commit.events])


# ---------------------------------------------------------------- on a database


def test_whatever_is_done_the_books_say_what_the_model_says(tmp_path: Path, bo_templates: Callable[..., Path]) -> None:
    made = bo_templates([plugin], {"company": "Acme Ltd", "currency": "EUR"})
    template = Path(shutil.copyfile(made, tmp_path / "template.db"))
    with BackOffice(template, plugins=[plugin]) as office, office.unit_of_work(actor="init") as uow:
        uow.add(Company(code="BOLT", name="Bolt Ltd", currency="EUR"))
    files = itertools.count()

    def fresh() -> Callable[[], BackOffice]:
        books = Path(shutil.copyfile(template, tmp_path / f"{next(files)}.db"))

        def opened() -> BackOffice:
            office = BackOffice(books, plugins=[plugin], clock=FrozenClock())
            sa.event.listen(office.engine, "checkout", _impatient)
            return office

        return opened

    class Here(Business):
        open = staticmethod(fresh)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=max(4, int(SECONDS * 1.2)), stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def _impatient(connection: Any, *_: Any) -> None:
    """One thread waits for nobody."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA busy_timeout=0")
