"""Workers: they share a queue, are killed, lose their lease, are asked to end; each job is done once all the same.

Loops obey ``BO_TEST_SECONDS`` (5 unless told).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bocore import (
    BackOffice,
    Entity,
    JobBackOffice,
    JobCancelled,
    JobRun,
    Plugin,
    StorageError,
    UnitOfWork,
    UsageError,
    Worker,
    entity,
    field,
    job,
)
from bocore.jobs import worker as worker_module
from bocore.record.verify import verify
from bocore.testing import FrozenClock
from bocore.testing.faults import Children, Interrupted, Saboteur

SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))


@entity("press_copy", append_only=True)
class Copy(Entity):
    """One copy of a newspaper, printed by a job."""

    n: int = field(index=True)
    worker: str = field(default="", max_length=100)


def print_copy(uow: UnitOfWork, n: int) -> None:
    uow.add(Copy(n=n, worker=f"{os.getpid()}:{threading.get_ident()}"))


@job("press.copy", retries=20)
def copy(bo: JobBackOffice, *, n: int) -> None:
    """Print a copy: in a unit of work without a key, so that a second run would show."""
    with bo.unit_of_work() as uow:
        print_copy(uow, n)


@job("press.copy-once", retries=20)
def copy_once(bo: JobBackOffice, *, n: int) -> None:
    """Print a copy and its supplement, each once whatever happens."""
    bo.run(print_copy, n)
    bo.run(print_copy, -n)


STEPS: list[Callable[[JobBackOffice], None]] = []
"""What the job below does, one step at each attempt."""


@job("press.edition", retries=2)
def edition(bo: JobBackOffice) -> None:
    """Do what the test wants."""
    if STEPS:
        STEPS.pop(0)(bo)


press = Plugin(prefix="press", entities=[Copy], jobs=[copy, copy_once, edition])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [press]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    STEPS.clear()


def enqueued(bo: BackOffice, what: Any, **more: Any) -> int:
    with bo.unit_of_work(actor="ann") as uow:
        return uow.enqueue(what, **more)


def printed(where: Any) -> list[int]:
    with BackOffice(where, plugins=[press]) as bo, bo.unit_of_work(actor="ann", read_only=True) as uow:
        return sorted(one.n for one in uow.select(Copy))


# ---------------------------------------------------------------- progress and cancelling


def test_the_queue_shows_how_far_a_job_is(bo: BackOffice) -> None:
    worker = Worker(bo)

    def step(office: JobBackOffice) -> None:
        office.job.progress(3, 12)
        worker.beat()
        running = bo.jobs.get(ident)
        assert (running.state, running.done, running.total, running.worker) == ("running", 3, 12, worker.name)
        with pytest.raises(UsageError, match="Progress is -1"):
            office.job.progress(-1)

    STEPS.append(step)
    ident = enqueued(bo, edition)
    worker.run(burst=True)
    assert (bo.jobs.get(ident).state, bo.jobs.get(ident).done) == ("done", 3)


def test_a_job_that_waits_is_cancelled_at_once(bo: BackOffice) -> None:
    ident = enqueued(bo, copy, n=1)
    assert bo.jobs.cancel(ident).state == "cancelled"
    assert bo.jobs.cancel(ident).state == "cancelled"  # once more changes nothing
    assert Worker(bo).run(burst=True) == 0
    bo.jobs.retry(ident)
    assert Worker(bo).run(burst=True) == 1
    with pytest.raises(Exception, match=r"is done\. Nothing is to be cancelled"):
        bo.jobs.cancel(ident)


def test_a_job_that_runs_stops_where_it_says_how_far_it_is(bo: BackOffice, bo_path: Path) -> None:
    worker = Worker(bo)

    def step(office: JobBackOffice) -> None:
        office.run(print_copy, 1)
        asked = bo.jobs.cancel(ident)
        assert (asked.state, asked.cancel_asked_at) == ("running", bo.clock())
        worker.beat()
        with office.unit_of_work() as uow:
            print_copy(uow, 2)
            office.job.progress(1)
        raise AssertionError("unreachable")

    STEPS.append(step)
    ident = enqueued(bo, edition)
    worker.run(burst=True)
    assert bo.jobs.get(ident).state == "cancelled"
    assert printed(bo_path) == [1]  # what was committed stays, what was begun is rolled back


def test_a_job_that_was_cancelled_while_it_failed_is_not_tried_again(bo: BackOffice, clock: FrozenClock) -> None:
    def step(office: JobBackOffice) -> None:
        bo.jobs.cancel(ident)
        raise RuntimeError

    STEPS.append(step)
    ident = enqueued(bo, edition)
    Worker(bo).run(burst=True)
    clock.advance(hours=1)
    Worker(bo).run(burst=True)
    assert bo.jobs.get(ident).state == "cancelled"


# ---------------------------------------------------------------- leases


def test_a_job_whose_worker_gives_no_sign_of_life_is_claimed_by_another(bo: BackOffice, clock: FrozenClock) -> None:
    one, other = Worker(bo), Worker(bo)

    def step(office: JobBackOffice) -> None:
        clock.advance(minutes=1)
        assert other.run(burst=True) == 0  # its lease is not over
        clock.advance(minutes=2)
        assert bo.jobs.overdue(timedelta()) != []
        assert other.run(burst=True) == 1
        one.beat()
        with pytest.raises(JobCancelled):
            office.job.refuse_if_cancelled()

    STEPS.append(step)
    ident = enqueued(bo, edition)
    one.run(burst=True)
    found = bo.jobs.get(ident)
    assert (found.state, found.attempt, found.worker) == ("done", 2, other.name)  # what the first one says of it comes too late


def test_a_worker_that_was_cut_off_can_not_commit_what_another_one_does(bo: BackOffice, bo_path: Path, clock: FrozenClock) -> None:
    one, other = Worker(bo), Worker(bo)

    def step(office: JobBackOffice) -> None:
        STEPS.append(lambda office: copy(office, n=1))  # what the other one does
        clock.advance(minutes=3)
        other.run(burst=True)
        copy(office, n=1)
        raise AssertionError("unreachable")

    STEPS.append(step)
    ident = enqueued(bo, edition)
    one.run(burst=True)
    assert printed(bo_path) == [1]
    assert (bo.jobs.get(ident).state, bo.jobs.get(ident).worker) == ("done", other.name)


def test_a_commit_is_a_sign_of_life(bo: BackOffice, bo_path: Path, clock: FrozenClock) -> None:
    one, other = Worker(bo), Worker(bo)

    def step(office: JobBackOffice) -> None:
        for n in range(2):
            clock.advance(minutes=3)  # the lease is over, and nobody has noticed
            copy(office, n=n)
            office.run(print_copy, n + 2)
            assert other.run(burst=True) == 0

    STEPS.append(step)
    ident = enqueued(bo, edition)
    one.run(burst=True)
    assert printed(bo_path) == [0, 1, 2, 3]
    assert bo.jobs.get(ident).attempt == 1


def test_a_worker_that_lives_keeps_its_jobs_however_long_they_take(bo: BackOffice, clock: FrozenClock) -> None:
    one, other = Worker(bo), Worker(bo)

    def step(office: JobBackOffice) -> None:
        for _ in range(10):
            clock.advance(minutes=1)
            one.beat()
        assert other.run(burst=True) == 0

    STEPS.append(step)
    ident = enqueued(bo, edition)
    one.run(burst=True)
    assert bo.jobs.get(ident).attempt == 1


def test_a_job_that_takes_its_worker_down_is_dead_in_the_end(bo: BackOffice, clock: FrozenClock) -> None:
    def step(office: JobBackOffice) -> None:
        raise Interrupted

    STEPS.extend([step] * 3)
    ident = enqueued(bo, edition)
    for _ in range(3):
        with pytest.raises(Interrupted):
            Worker(bo).run(burst=True)
        assert Worker(bo).run(burst=True) == 0
        clock.advance(minutes=3)
    Worker(bo).run(burst=True)
    dead = bo.jobs.get(ident)
    assert (dead.state, dead.attempt) == ("dead", 4)
    assert dead.error == (
        "Its worker was gone before the job had ended, 3 times: killed, out of memory, or without the database. "
        f"Look at the worker's own log, then: bo job retry {ident}"
    )


def test_a_worker_that_is_asked_to_end_finishes_what_it_does_and_gives_the_rest_back(bo: BackOffice) -> None:
    worker = Worker(bo)
    for _ in range(3):  # quick ones first, so that it claims several at once
        enqueued(bo, edition)
    worker.run(burst=True)
    STEPS.append(lambda office: worker.stop())
    ids = [enqueued(bo, edition) for _ in range(3)]
    assert worker.run() == 1
    assert [(bo.jobs.get(one).state, bo.jobs.get(one).attempt) for one in ids] == [("done", 1), ("queued", 0), ("queued", 0)]
    assert Worker(bo).run(burst=True) == 2


class Busy(Exception):
    """What a driver raises where the same may succeed a moment later."""

    sqlite_errorcode = 5


@pytest.mark.parametrize("step", ["claim", "finish", "give_back"])
def test_a_worker_waits_for_a_database_that_is_busy(bo: BackOffice, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    real, troubles = getattr(worker_module, step), [Busy(), Busy()]

    def troubled(*args: Any, **more: Any) -> Any:
        if troubles:
            raise StorageError("The database is busy.") from troubles.pop()
        return real(*args, **more)

    worker = Worker(bo, poll=0)
    for _ in range(3):
        enqueued(bo, edition)
    worker.run(burst=True)
    monkeypatch.setattr(worker_module, step, troubled)
    STEPS.append(lambda office: worker.stop())
    ids = [enqueued(bo, edition) for _ in range(2)]
    assert worker.run() == 1
    assert troubles == []
    assert [(bo.jobs.get(one).state, bo.jobs.get(one).attempt) for one in ids] == [("done", 1), ("queued", 0)]


def test_a_worker_ends_where_the_database_is_of_no_use(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **more: Any) -> Any:
        raise StorageError("The disk is full.")

    ident = enqueued(bo, edition)
    monkeypatch.setattr(worker_module, "finish", broken)
    with pytest.raises(StorageError, match="The disk is full"):
        Worker(bo).run()
    assert bo.jobs.get(ident).state == "running"  # until its lease is over


def test_what_ended_is_told_to_who_watches(bo: BackOffice) -> None:
    def step(office: JobBackOffice) -> None:
        raise UsageError("No paper.")

    STEPS.append(step)
    ident, other = enqueued(bo, edition), enqueued(bo, edition)
    heard: list[JobRun] = []
    Worker(bo, told=heard.append).run(limit=2)
    assert heard == [JobRun(ident, "press.edition", "queued", 1, "No paper."), JobRun(other, "press.edition", "done", 1, None)]


@pytest.mark.faults
@pytest.mark.parametrize("after", [False, True])
def test_whatever_statement_a_worker_dies_at_its_job_is_done_once(
    bo: BackOffice, bo_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    for pace in ("BEAT", "SEAL"):
        monkeypatch.setattr(worker_module, pace, 3600.0)  # the statements of one thread
    for n in range(1, 200):
        ident = enqueued(bo, copy_once, n=n)
        with Saboteur(n, after=after) as saboteur, contextlib.suppress(Interrupted):
            Worker(bo).run(burst=True)
        clock.advance(minutes=3)
        Worker(bo).run(burst=True)
        assert (bo.jobs.get(ident).state, n) == ("done", n), saboteur.stopped
        if not saboteur.stopped:
            break
    else:
        pytest.fail("the worker never came to its end")
    assert n > 15
    assert printed(bo_path) == [*range(-n, 0), *range(1, n + 1)]
    assert verify(bo).ok


# ---------------------------------------------------------------- many at once


def test_four_workers_in_threads_do_each_job_once(bo: BackOffice, bo_path: Path) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        for n in range(200):
            uow.enqueue(copy, n=n)
    workers = [Worker(bo) for _ in range(4)]
    threads = [threading.Thread(target=worker.run, kwargs={"burst": True}) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert printed(bo_path) == list(range(200))
    assert {one.state for one in bo.jobs.all()} == {"done"}
    assert {one.attempt for one in bo.jobs.all()} == {1}


def child(path: str, burst: str, lease: str) -> None:
    """A worker in a process of its own, that says of each job that it has ended."""

    def told(run: JobRun) -> None:
        sys.stdout.write(json.dumps([run.id, run.state, run.error]) + "\n")
        sys.stdout.flush()

    with BackOffice(path, plugins=[press]) as bo:
        worker = Worker(bo, poll=0.05, lease=timedelta(seconds=float(lease)), told=told)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        worker.run(burst=burst == "burst")


def asked_to_end(path: str) -> None:
    """Workers that have nothing to do, each asked to end by a signal at some moment of that."""
    with BackOffice(path, plugins=[press]) as bo:
        for _ in range(400):
            worker = Worker(bo, poll=1e-6)
            worker._next = lambda most: []  # type: ignore[method-assign,assignment]
            signal.signal(signal.SIGALRM, lambda *_, worker=worker: worker.stop())
            signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 2e-3))
            assert worker.run() == 0


def test_a_signal_ends_a_worker_at_whatever_moment_it_comes(bo: BackOffice, bo_path: Path) -> None:
    """Its handler runs in the thread that waits: a lock that this one holds is never let go."""
    code = f"import runpy; runpy.run_path({__file__!r})['asked_to_end']({str(bo_path)!r})"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.fixture
def children() -> Iterator[Children]:
    """This file is the script that they run."""
    with Children(__file__) as running:
        yield running


@pytest.mark.faults
def test_four_workers_in_processes_do_each_job_once(bo_path: Path, children: Children) -> None:
    count = max(100, int(SECONDS * 40))
    with BackOffice(bo_path, plugins=[press]) as bo, bo.unit_of_work(actor="ann") as uow:
        for n in range(count):
            uow.enqueue(copy, n=n)
    processes = [children.start(bo_path, "burst", 60) for _ in range(4)]
    told = [one for process in processes for one in children.rest(process)]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert {(state, error) for _, state, error in told} == {("done", None)}
    assert len(told) == len({ident for ident, *_ in told}) == count
    assert printed(bo_path) == list(range(count))


@pytest.mark.faults
def test_killed_workers_lose_no_job_and_do_none_twice(bo_path: Path, children: Children) -> None:
    """kill -9 in the middle, several times; what a job did by bo.run is there once, and all of it in the end."""
    each, rounds, chance = max(20, int(SECONDS * 5)), 3, random.Random(20260115)
    ids: list[int] = []
    worker = children.start(bo_path, "on", 0.5)
    with BackOffice(bo_path, plugins=[press]) as bo:
        for n in range(rounds):
            with bo.unit_of_work(actor="ann") as uow:
                ids += [uow.enqueue(copy_once, n=n * each + i) for i in range(1, each + 1)]
            for _ in range(1 + chance.randrange(8)):
                children.heard(worker)
            killed, worker = worker, children.start(bo_path, "on", 0.5)
            os.kill(killed.pid, signal.SIGKILL)
            children.rest(killed)
        left = {one.id for one in bo.jobs.all(unfinished=True)}
    while left:  # the last one waits for the leases of those that were killed
        left.discard(children.heard(worker)[0])
    worker.send_signal(signal.SIGTERM)
    assert children.rest(worker) == []
    assert worker.returncode == 0
    count = rounds * each
    assert printed(bo_path) == [*range(-count, 0), *range(1, count + 1)]
    with BackOffice(bo_path, plugins=[press]) as bo:
        assert {one.state for one in bo.jobs.all()} == {"done"}
        assert {one.id for one in bo.jobs.all()} == set(ids)
        assert verify(bo).ok


if __name__ == "__main__":
    child(*sys.argv[1:])
