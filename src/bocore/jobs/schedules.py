"""Jobs by the clock, and who puts them into the queue.

A schedule counts in the time zone of its company; one of the whole database in that of the first company, and in UTC while there is
none. What was missed while no worker ran is made up for once: by the latest instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from bocore.jobs.cron import latest_run, next_run
from bocore.jobs.enqueueing import NewJob, write_scheduled
from bocore.record.canonical import canonical_instant, read_instant
from bocore.storage.ids import reserve

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins.declare import Job
    from bocore.storage.session import Session

AGAIN = timedelta(minutes=1)
"""How long after a look at the schedules the next one comes at the latest: for new companies, and for what other workers do."""
SEEN = "INSERT INTO bo_schedule (name, company_id, at) VALUES (?, ?, ?) ON CONFLICT (name, company_id) DO NOTHING"
TAKE = "UPDATE bo_schedule SET at = ? WHERE name = ? AND company_id = ? AND at < ?"
UNFINISHED = "SELECT 1 FROM bo_job WHERE due_at IS NOT NULL AND unit IS NULL AND name = ? AND coalesce(company_id, 0) = ? LIMIT 1"


@attrs.frozen
class Schedule:
    """One schedule of this database: a job by the clock, of one company or of all."""

    job: str
    cron: str
    company: str
    zone: str
    next: datetime
    latest: datetime | None
    """The latest instant that was enqueued; None before a worker has seen the schedule."""


class Schedules:
    """What the workers of an application look at to enqueue jobs by the clock."""

    def __init__(self, app: BackOffice) -> None:
        self._app = app
        self._jobs = [job for job in app.host.jobs.values() if job.cron is not None]
        self._looks_at: datetime | None = None

    def turn(self) -> int:
        """Enqueue what the clock says, once however many workers look; returns how many jobs."""
        now = self._app.clock()
        if not self._jobs or (self._looks_at is not None and self._looks_at - AGAIN <= now < self._looks_at):
            return 0
        due = []
        self._looks_at = now + AGAIN
        with self._app.ready(write=False) as session:
            at = _latest(session)
            places = list(self._places(session))
        for job, company_id, _, zone in places:
            assert job.cron is not None
            latest = at.get((job.name, company_id))
            wanted = now if latest is None else latest_run(job.cron, latest, now, zone)
            if wanted is not None:
                due.append((job, company_id, wanted, latest is None))
            self._looks_at = min(self._looks_at, next_run(job.cron, now, zone))
        if not due:
            return 0
        with self._app.ready(write=True) as session:
            return sum(self._take(session, job, company_id, wanted, new, now) for job, company_id, wanted, new in due)

    @staticmethod
    def _take(session: Session, job: Job, company_id: int, wanted: datetime, new: bool, now: datetime) -> bool:
        at = canonical_instant(wanted)
        if new:  # counts from now on
            session.execute(SEEN, (job.name, company_id, at))
            return False
        if session.execute(UNFINISHED, (job.name, company_id)).fetchone() is not None:
            return False  # it does not overtake itself: the latest one that was missed runs when this one has ended
        if not session.execute(TAKE, (at, job.name, company_id, at)).rowcount:
            return False  # another worker has
        ident = reserve(session, "bo_job", 1) - 1
        key = f"{job.name}@{at}" if not company_id else f"{job.name}#{company_id}@{at}"
        write_scheduled(session, NewJob(ident, job.name, "{}", key, company_id or None, at), now)
        return True

    def all(self) -> list[Schedule]:
        """Every schedule of this database, with its next instant."""
        now = self._app.clock()
        with self._app.ready(write=False) as session:
            at = _latest(session)
            places = list(self._places(session))
        return [
            Schedule(job.name, job.cron or "", code, zone, next_run(job.cron or "", now, zone), at.get((job.name, company_id)))
            for job, company_id, code, zone in places
        ]

    def _places(self, session: Session) -> Iterator[tuple[Job, int, str, str]]:
        """Each schedule with its company (id 0 for that of the whole database) and its time zone."""
        companies = session.execute("SELECT id, code, zone FROM bo_company ORDER BY id").fetchall()
        for job in self._jobs:
            if job.per_company:
                yield from ((job, company_id, code, zone) for company_id, code, zone in companies)
            else:
                yield job, 0, "", companies[0][2] if companies else "UTC"


def _latest(session: Session) -> dict[tuple[str, int], datetime]:
    return {
        (name, company): read_instant(at)
        for name, company, at in session.execute("SELECT name, company_id, at FROM bo_schedule").fetchall()
    }
