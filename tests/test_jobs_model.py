"""The queue beside a plain model of it: whatever is enqueued, fails, dies, is cancelled and retried, both say the same."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from bocore import BackOffice, Entity, JobBackOffice, Plugin, Refused, UnitOfWork, UsageError, Worker, entity, field, job
from bocore.testing import FrozenClock
from bocore.testing.faults import Interrupted

RETRIES, LEASE = 2, timedelta(minutes=2)
ENDS = st.lists(st.sampled_from(["works", "fails", "dies"]), max_size=5)
SCRIPTS: dict[int, list[str]] = {}
"""How the next tries of each job end; after the last word it works."""


@entity("mill_sack", append_only=True)
class Sack(Entity):
    """What a job has milled, by a key of the job."""

    job: int = field(index=True)


def mill(uow: UnitOfWork, ident: int) -> None:
    uow.add(Sack(job=ident))


@job("mill.grind", retries=RETRIES)
def grind(bo: JobBackOffice, *, n: int) -> None:
    """Fill a sack, and then work, fail or die as it is written."""
    bo.run(mill, bo.job.id)
    how = SCRIPTS[bo.job.id].pop(0) if SCRIPTS[bo.job.id] else "works"
    if how == "fails":
        raise UsageError("The wind has dropped.")
    if how == "dies":
        raise Interrupted


mills = Plugin(prefix="mill", entities=[Sack], jobs=[grind])


@attrs.define
class Expected:
    """A job of the model."""

    state: str
    due: Any
    script: list[str]
    attempt: int = 0
    filled: bool = False


class Queue(RuleBasedStateMachine):
    """What people, workers and the clock can do to a queue."""

    where: Path
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.bo = BackOffice(self.where, plugins=[mills], clock=self.clock)
        with self.bo.ready(write=True) as session:
            for table in ("bo_job", "bo_schedule"):
                session.execute(f"DELETE FROM {table}")
        self.model: dict[int, Expected] = {}
        self.numbers = itertools.count(1)

    def teardown(self) -> None:
        self.bo.close()

    @rule(target=jobs, wait=st.sampled_from([0, 10, 3600]), script=ENDS)
    def enqueue(self, wait: int, script: list[str]) -> int:
        at = self.clock() + timedelta(seconds=wait)
        with self.bo.unit_of_work(actor="ann") as uow:
            ident = uow.enqueue(grind, n=next(self.numbers), at=at)
        SCRIPTS[ident] = list(script)
        self.model[ident] = Expected("queued", at, list(script))
        return ident

    @rule(script=ENDS)
    def enqueue_and_regret(self, script: list[str]) -> None:
        with pytest.raises(ZeroDivisionError), self.bo.unit_of_work(actor="ann") as uow:
            uow.enqueue(grind, n=next(self.numbers))
            raise ZeroDivisionError

    @rule(seconds=st.sampled_from([1, 30, 130, 4000, 30_000]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def work(self) -> None:
        while True:  # another worker takes the place of one that dies
            worker = Worker(self.bo, lease=LEASE)
            worker._size = 8  # it has been quick so far, and claims several at once
            try:
                worker.run(burst=True)
                break
            except Interrupted:
                continue
        now = self.clock()
        for ident, expected in self.model.items():
            if expected.due is not None and expected.due <= now:
                self._run(ident, expected)

    def _run(self, ident: int, expected: Expected) -> None:
        """What a worker makes of a job that is due."""
        expected.attempt += 1
        if expected.attempt > RETRIES + 1:
            expected.state, expected.due = "dead", None
            return
        expected.filled = True
        how = expected.script.pop(0) if expected.script else "works"
        if how == "dies":
            expected.state, expected.due = "running", self.clock() + LEASE
        elif how == "fails" and expected.attempt <= RETRIES:
            due = self.bo.jobs.get(ident).due_at  # by chance, in bounds
            wait = timedelta(seconds=15 * 4 ** (expected.attempt - 1))
            assert due is not None and wait * 0.8 <= due - self.clock() <= wait * 1.2
            expected.state, expected.due = "queued", due
        else:
            expected.state, expected.due = "dead" if how == "fails" else "done", None

    @rule(ident=jobs)
    def retry(self, ident: int) -> None:
        expected = self.model[ident]
        if expected.state in ("dead", "cancelled") or (expected.state == "queued" and expected.attempt):
            self.bo.jobs.retry(ident)
            expected.state, expected.due, expected.attempt = "queued", self.clock(), 0
        else:
            with pytest.raises(Refused):
                self.bo.jobs.retry(ident)

    @rule(ident=consumes(jobs), target=jobs)
    def cancel(self, ident: int) -> int:
        expected = self.model[ident]
        if expected.state in ("done", "dead"):
            with pytest.raises(Refused):
                self.bo.jobs.cancel(ident)
        elif expected.state in ("queued", "cancelled"):
            self.bo.jobs.cancel(ident)
            expected.state, expected.due = "cancelled", None
        return ident

    @invariant()
    def both_say_the_same(self) -> None:
        found = {one.id: (one.state, one.attempt, one.due_at) for one in self.bo.jobs.all(name="grind")}
        assert found == {ident: (one.state, one.attempt, one.due) for ident, one in self.model.items()}

    @invariant()
    def each_sack_is_filled_once(self) -> None:
        with self.bo.unit_of_work(actor="ann", read_only=True) as uow:
            sacks = sorted(sack.job for sack in uow.select(Sack) if sack.job in self.model)
        assert sacks == sorted(ident for ident, one in self.model.items() if one.filled)


def test_whatever_happens_to_the_queue_it_is_as_the_model_says(tmp_path: Path) -> None:
    Queue.where = tmp_path / "queue.db"
    with BackOffice(Queue.where, plugins=[mills], clock=FrozenClock()) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    run_state_machine_as_test(Queue, settings=settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=slow))
