"""How workers share a queue: a job is claimed with a lease, in one statement, so that no two workers have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from bocore.record.canonical import canonical_instant

if TYPE_CHECKING:
    from bocore.storage.session import Session

DUE = "SELECT 1 FROM bo_job WHERE due_at <= ? AND name IN ({names}) LIMIT 1"
# A CTE, so that the limit is that of the rows that are locked: PostgreSQL may run a subquery again, and lock others.
CLAIM = (
    "WITH due AS MATERIALIZED"
    " (SELECT id FROM bo_job WHERE due_at <= ? AND name IN ({names}) ORDER BY due_at, id LIMIT {most}{locking})"
    " UPDATE bo_job SET state = 'running', attempt = attempt + 1, worker = ?, started_at = ?, due_at = ?"
    " WHERE id IN (SELECT id FROM due)"
    " RETURNING id, name, arguments, attempt, run_at, company_id, correlation, cancel_asked_at"
)
MINE = " WHERE id = ? AND worker = ? AND attempt = ? AND state = 'running'"
FINISH = (
    "UPDATE bo_job SET state = ?, due_at = ?, started_at = ?, finished_at = ?, done = ?, total = ?, error = ?, result = ?" + MINE
)  # fmt: skip
RENEW = "UPDATE bo_job SET due_at = ?, done = ?, total = ?" + MINE
GIVE_BACK = "UPDATE bo_job SET state = 'queued', attempt = attempt - 1, worker = NULL, started_at = NULL, due_at = ?" + MINE
HOLD = "UPDATE bo_job SET due_at = ?" + MINE
LOOK = "SELECT cancel_asked_at FROM bo_job" + MINE


class Claimed(NamedTuple):
    """A job in the hands of a worker."""

    id: int
    name: str
    arguments: str
    attempt: int
    run_at: str
    company_id: int | None
    correlation: str | None
    cancel_asked_at: str | None


class Ended(NamedTuple):
    """How a job ended, in the order of :data:`FINISH`."""

    state: str
    due_at: str | None
    started_at: str
    finished_at: str | None
    done: int | None
    total: int | None
    error: str | None
    result: str | None


def is_due(session: Session, names: Sequence[str], now: datetime) -> bool:
    """Whether there is anything to claim: asked without a lock, since most times there is nothing."""
    sql = DUE.format(names=_marks(names))
    return bool(names) and session.execute(sql, (canonical_instant(now), *names)).fetchone() is not None


def claim(session: Session, names: Sequence[str], most: int, *, worker: str, now: datetime, until: datetime) -> list[Claimed]:
    """Claim jobs that are due, those first that wait longest; without a sign of life they are lost when the lease is over.

    On SQLite the transaction has the database to itself; PostgreSQL passes over what another worker is claiming at this moment.
    """
    at = canonical_instant(now)
    sql = CLAIM.format(names=_marks(names), most=int(most), locking=session.passing_over)
    rows = session.execute(sql, (at, *names, worker, at, canonical_instant(until))).fetchall()
    return sorted((Claimed(*row) for row in rows), key=lambda one: (one.run_at, one.id))


def finish(session: Session, worker: str, ended: Iterable[tuple[Claimed, Ended]]) -> None:
    """Write how jobs ended; what another worker has claimed since is that one's."""
    session.many(FINISH, [(*how, job.id, worker, job.attempt) for job, how in ended])


def renew(session: Session, worker: str, until: datetime, jobs: Iterable[tuple[Claimed, int | None, int | None]]) -> None:
    """Prolong the lease of jobs, and write how far they are."""
    at = canonical_instant(until)
    session.many(RENEW, [(at, done, total, job.id, worker, job.attempt) for job, done, total in jobs])


def hold(session: Session, worker: str, until: datetime, job: Claimed) -> bool:
    """Prolong the lease of the job in hand with the business that it commits; False where another worker has it by now."""
    return bool(session.execute(HOLD, (canonical_instant(until), job.id, worker, job.attempt)).rowcount)


def give_back(session: Session, worker: str, now: datetime, jobs: Iterable[Claimed]) -> None:
    """Give back what was claimed and not begun, as if it had never been claimed."""
    at = canonical_instant(now)
    session.many(GIVE_BACK, [(at, job.id, worker, job.attempt) for job in jobs])


def look(session: Session, worker: str, job: Claimed) -> tuple[bool, bool]:
    """Whether a job is still this worker's, and whether somebody has asked to cancel it."""
    found = session.execute(LOOK, (job.id, worker, job.attempt)).fetchone()
    return found is not None, found is not None and found[0] is not None


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
