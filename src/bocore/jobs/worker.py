"""The worker: claims jobs that are due, runs them one after the other, and says how they ended."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import secrets
import socket
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from bocore import logs
from bocore.errors import BocoreError, JobCancelled, StorageError
from bocore.jobs.arguments import unpack
from bocore.jobs.claiming import Claimed, Ended, claim, finish, give_back, hold, is_due, look, renew
from bocore.jobs.office import JobBackOffice, JobInHand
from bocore.jobs.schedules import Schedules
from bocore.record.canonical import canonical_bytes, canonical_instant
from bocore.storage.session import is_busy
from bocore.uow.events import to_plain

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session

T = TypeVar("T")
tell = partial(logs.tell, "jobs")

LEASE = timedelta(minutes=2)
POLL, BEAT, SEAL, NAP = 1.0, 1.0, 0.25, 0.1
"""Seconds between two looks for jobs where there are none; between two looks at the job that runs; between two for what is to be sealed;
between two at whether to end."""
SLICE = 0.25
"""Seconds of work to claim at once, by what the last took; results wait no longer than that to be written."""
MOST = 64
FIRST_DELAY, GROWTH, LONGEST_DELAY = 15.0, 4, 6 * 3600.0
ERROR_LENGTH = 4000


@attrs.frozen
class JobRun:
    """How a job ended that a worker ran, as it tells those who watch."""

    id: int
    name: str
    state: str
    """``done``, ``dead``, ``cancelled``, or ``queued`` where it failed and is tried again."""
    attempt: int
    error: str | None = None


class Worker:
    """Runs the jobs of one application, one after the other in the calling thread; several, in threads or processes, share the queue.

    :param lease: how long a job that was claimed stays this worker's without a sign of life. It gives one all the time, so that only the
        jobs of a worker that was killed are claimed by another.
    :param poll: seconds between two looks where there is nothing to do.
    :param told: called with every job that has ended.
    """

    def __init__(
        self, bo: BackOffice, *, lease: timedelta = LEASE, poll: float = POLL, told: Callable[[JobRun], None] | None = None
    ) -> None:
        self._app = bo
        self._lease, self._poll, self._told = lease, poll, told
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        """Host, process and a few letters: on the jobs that it has."""
        self._schedules = Schedules(bo)
        self._stopping = False
        """Plain: a signal handler runs in the thread that waits, which may hold the lock of an Event at that moment."""
        self._lock = threading.Lock()
        """Held while the queue is told something; never while a job does."""
        self._mine: dict[int, Claimed] = {}
        self._hand: tuple[Claimed, JobInHand] | None = None
        self._ended: list[tuple[Claimed, Ended]] = []
        self._since = 0.0
        self._renewed = bo.clock()
        self._size = 1

    def run(self, *, burst: bool = False, limit: int | None = None) -> int:
        """Work until :meth:`stop`; returns how many jobs it ran.

        :param burst: end when nothing is due.
        :param limit: end after so many jobs.
        """
        ran = 0
        with self._beside(BEAT, self._try_to_beat), self._sealing():
            while not self._stopping and (limit is None or ran < limit):
                claimed = self._insist(self._next, self._size if limit is None else min(self._size, limit - ran))
                if claimed:
                    ran += self._work(deque(claimed))
                elif burst:
                    break
                else:
                    self._wait()
        return ran

    def stop(self) -> None:
        """End after the job in hand; what was claimed and not begun is given back. For other threads and signal handlers."""
        self._stopping = True

    def _wait(self) -> None:
        until = time.monotonic() + self._poll
        while not self._stopping and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, NAP))

    # -- claiming and telling

    def _insist(self, what: Callable[..., T], *given: Any) -> T:
        """Do it again while the database is busy or can't be reached, for as long as a lease: then this worker ends, with the error."""
        until = time.monotonic() + self._lease.total_seconds()
        while True:
            try:
                return what(*given)
            except StorageError as error:
                if not is_busy(error) or time.monotonic() > until:
                    raise
                tell("worker.waits", logging.WARNING, error=error)
                time.sleep(self._poll)

    def _next(self, most: int) -> list[Claimed]:
        """Claim what is due, after the clock has put there what it wants."""
        if self._stopping:
            return []
        self._schedules.turn()
        names, now = list(self._app.host.jobs), self._app.clock()
        with self._app.ready(write=False) as session:
            if not is_due(session, names, now):
                return []
        until = now + self._lease
        with self._lock, self._app.ready(write=True) as session:
            claimed = claim(session, names, most, worker=self.name, now=now, until=until)
        self._mine.update((one.id, one) for one in claimed)
        self._renewed = now
        return claimed

    def _work(self, claimed: deque[Claimed]) -> int:
        began, ran = time.monotonic(), 0
        try:
            while claimed and not self._stopping:
                self._perform(claimed.popleft())
                ran += 1
                if time.monotonic() - self._since > SLICE:
                    self._insist(self._tell)
        finally:
            for job in claimed:
                del self._mine[job.id]  # no sign of life for what is not begun
            self._insist(self._tell)
            if claimed:
                self._insist(self._give_back, claimed)
        took = time.monotonic() - began
        self._size = max(1, self._size // 2) if took > SLICE else min(MOST, self._size * 2) if took < SLICE / 2 else self._size
        return ran

    def _tell(self) -> None:
        """Write how jobs ended; several at once where they are quick."""
        with self._lock:
            ended, self._ended = self._ended, []
            if not ended:
                return
            try:
                with self._app.ready(write=True) as session:
                    finish(session, self.name, ended)
            except BaseException:
                self._ended = ended + self._ended
                raise
            for job, _ in ended:
                self._mine.pop(job.id, None)
        if self._told is not None:
            for job, how in ended:
                self._told(JobRun(job.id, job.name, how.state, job.attempt, how.error))

    def _give_back(self, claimed: deque[Claimed]) -> None:
        with self._lock, self._app.ready(write=True) as session:
            give_back(session, self.name, self._app.clock(), claimed)

    # -- the sign of life

    @contextlib.contextmanager
    def _beside(self, seconds: float, what: Callable[[], None]) -> Iterator[None]:
        """A thread that does something all the time beside the job in hand, which may take hours."""
        over = threading.Event()

        def again() -> None:
            while not over.wait(seconds):
                what()

        thread = threading.Thread(target=again, name="bocore worker", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    @contextlib.contextmanager
    def _sealing(self) -> Iterator[None]:
        """Seal what anybody commits, where no application does so by itself; what is left at the end too."""
        if self._app.database.name == "sqlite":
            yield
            return
        with self._beside(SEAL, self._app.keeper.keep_up):
            yield
        self._app.keeper.keep_up(ends=True)

    def _try_to_beat(self) -> None:
        try:
            self.beat()
        except Exception:  # the job goes on; the next beat may succeed
            tell("worker.mute", logging.WARNING, error=sys.exc_info()[1])

    def beat(self) -> None:
        """Tell the queue what waits to be told, prolong the lease, write progress, and see whether the job in hand is cancelled."""
        if self._ended and time.monotonic() - self._since > SLICE:
            self._tell()
        hand, now = self._hand, self._app.clock()
        with self._lock:
            mine = list(self._mine.values())
            news = hand is not None and (hand[1].done, hand[1].total) != hand[1]._shown
            if mine and (news or now - self._renewed >= self._lease / 3):
                far = {hand[0].id: (hand[1].done, hand[1].total)} if hand is not None else {}
                with self._app.ready(write=True) as session:
                    renew(session, self.name, now + self._lease, [(job, *far.get(job.id, (None, None))) for job in mine])
                self._renewed = now
                if hand is not None:
                    hand[1]._shown = far[hand[0].id]
        if hand is not None:
            with self._app.ready(write=False) as session:
                still, cancelled = look(session, self.name, hand[0])
            hand[1].cancelled = hand[1].cancelled or cancelled or not still

    def _hold(self, claimed: Claimed, session: Session) -> bool:
        """Whether a job may commit: its lease, where it is half over, is prolonged in the same transaction.

        A unit of work that holds the write lock of SQLite for minutes keeps every sign of life from being written; and a process that was
        asleep, or cut off from its server, may wake up after another worker has begun the same job.
        """
        now = self._app.clock()
        return now - self._renewed < self._lease / 2 or hold(session, self.name, now + self._lease, claimed)

    # -- one job

    def _perform(self, claimed: Claimed) -> None:
        hand = JobInHand(claimed, partial(self._hold, claimed))
        began = canonical_instant(self._app.clock())
        self._hand = claimed, hand
        result = error = None
        state = "done"
        tell("job.begun", job=claimed.id, name=claimed.name, attempt=claimed.attempt)
        try:
            result = self._call(claimed, hand)
        except JobCancelled as refusal:
            state, error = "cancelled", str(refusal)
        except Exception as failure:
            state, error = "dead", described(failure)
            expected = isinstance(failure, BocoreError)  # its findings say all of it, and the queue has them
            level = logging.INFO if expected else logging.WARNING
            tell("job.failed", level, job=claimed.id, name=claimed.name, attempt=claimed.attempt, error=failure)
        finally:
            self._hand = None
        now, due = self._app.clock(), None
        if state == "dead" and claimed.attempt <= self._app.host.jobs[claimed.name].retries:
            state, due = "queued", canonical_instant(now + delay(claimed.attempt))
        tell("job.ended", job=claimed.id, name=claimed.name, attempt=claimed.attempt, state=state)
        finished = None if due else canonical_instant(now)
        if not self._ended:
            self._since = time.monotonic()
        self._ended.append((claimed, Ended(state, due, began, finished, hand.done, hand.total, error, result)))

    def _call(self, claimed: Claimed, hand: JobInHand) -> str | None:
        """JobRun the function of a job; returns its result as it is kept."""
        declared = self._app.host.jobs[claimed.name]
        if claimed.cancel_asked_at is not None:
            hand.cancelled = True
            hand.refuse_if_cancelled()
        if claimed.attempt > declared.retries + 1:
            raise WorkerGone(claimed)
        arguments = unpack(f"The job {claimed.name}", self._app.jobs.options(declared), claimed.arguments, self._app.tokens)
        given = declared.function(JobBackOffice(self._app, hand), **arguments)
        return None if given is None else canonical_bytes(to_plain(given)).decode()


class WorkerGone(BocoreError):
    """The process that ran a job was gone before it had ended, as often as the job may be tried."""

    code = "bo.worker_gone"

    def __init__(self, job: Claimed) -> None:
        super().__init__(
            f"Its worker was gone before the job had ended, {job.attempt - 1} times: killed, out of memory, or without the database.",
            fix=f"Look at the worker's own log, then: bo job retry {job.id}",
        )


def delay(attempt: int) -> timedelta:
    """How long after a failure a job is tried again: 15 seconds, a minute, four …, six hours at most; a fifth more or less."""
    seconds = min(LONGEST_DELAY, FIRST_DELAY * GROWTH ** (attempt - 1))
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - spreads retries, hides nothing


def described(error: Exception) -> str:
    """An error as the queue keeps it: findings of bocore's own; of others kind and place only, since their words may hold anything.

    The worker's log has all places that it came through.
    """
    if isinstance(error, BocoreError):
        return str(error)[:ERROR_LENGTH]
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    places = ", ".join(f"{os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames)
    return f"{type(error).__module__}.{type(error).__qualname__} at {places}"[:ERROR_LENGTH]
