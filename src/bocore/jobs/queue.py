"""``bo.jobs``: what is in the queue, and what a person does with it: look, retry, cancel, forget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import attrs
import orjson

from bocore.errors import Finding, NotFound, Refused, UsageError
from bocore.plugins.declare import Job
from bocore.record.canonical import canonical_instant, read_instant

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import Option

State = Literal["queued", "running", "done", "dead", "cancelled"]
STATES: tuple[State, ...] = ("queued", "running", "done", "dead", "cancelled")
INSTANTS = ("run_at", "due_at", "enqueued_at", "started_at", "finished_at", "cancel_asked_at")
COLUMNS = (
    "id, name, state, run_at, due_at, attempt, key, company_id, correlation, unit, enqueued_at, started_at, finished_at, worker, done,"
    " total, cancel_asked_at, error, arguments, result"
)
RETRY = (
    "UPDATE bo_job SET state = 'queued', attempt = 0, due_at = ?, finished_at = NULL, cancel_asked_at = NULL, done = NULL, total = NULL"
    " WHERE id = ? AND state = ?"
)
CANCEL = "UPDATE bo_job SET state = 'cancelled', due_at = NULL, finished_at = ? WHERE id = ? AND state = 'queued'"
ASK = "UPDATE bo_job SET cancel_asked_at = coalesce(cancel_asked_at, ?) WHERE id = ? AND state = 'running'"
FORGET = "DELETE FROM bo_job WHERE finished_at < ? AND state IN ('done', 'cancelled')"


@attrs.frozen(kw_only=True)
class QueuedJob:
    """A job as the queue knows it: queued, running, done, dead or cancelled.

    :param run_at: when it was to run; for one that the clock enqueued, the instant of its schedule.
    :param due_at: when a worker may claim it: later after a failure; while it runs, when its worker has lost it. None once finished.
    :param attempt: how often a worker has claimed it since it was enqueued or retried by hand.
    :param unit: the unit of work that enqueued it; None where the clock did.
    :param absent: why no worker can run it, such as a plugin that is not loaded; empty where one can.
    """

    id: int
    name: str
    state: State
    run_at: datetime
    due_at: datetime | None
    attempt: int
    key: str | None
    company_id: int | None
    correlation: str | None
    unit: int | None
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    done: int | None
    total: int | None
    cancel_asked_at: datetime | None
    error: str | None
    arguments: Mapping[str, Any]
    result: Any
    absent: str = ""


class Jobs:
    """The queue of one database: ``bo.jobs``. Workers take from it; see :class:`bocore.Worker`."""

    def __init__(self, app: BackOffice) -> None:
        self._app = app
        self._options: dict[str, list[Option]] = {}

    def all(
        self, *, state: State | None = None, name: str | None = None, unfinished: bool = False, limit: int | None = None
    ) -> list[QueuedJob]:
        """Jobs, the newest first.

        :param name: full, or short while that is unique.
        :param unfinished: only those that are queued, running or dead: what still wants doing.
        """
        if state is not None and state not in STATES:
            raise UsageError(f"No job is {state!r}.", fix=f"They are {', '.join(STATES)}.")
        conditions: list[str] = []
        values: list[str] = []
        if state is not None:
            conditions.append("state = ?")
            values.append(state)
        if unfinished:
            conditions.append("state IN ('queued', 'running', 'dead')")
        if name is not None:
            conditions.append("name = ?")
            values.append(self._full_name(name))
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        most = "" if limit is None else f" LIMIT {int(limit)}"
        return self._read(f"SELECT {COLUMNS} FROM bo_job{where} ORDER BY enqueued_at DESC, id DESC{most}", values)

    def get(self, job: int) -> QueuedJob:
        """One job by its id; NotFound where there is none."""
        found = self._read(f"SELECT {COLUMNS} FROM bo_job WHERE id = ?", [job])
        if not found:
            raise NotFound(f"There is no job {job}.", fix="bo job list --all shows which there are; finished ones are forgotten in time.")
        return found[0]

    def overdue(self, by: timedelta = timedelta(minutes=15)) -> list[QueuedJob]:
        """Jobs that a worker should have claimed by now, those first that wait longest: none runs, or none has their plugin."""
        before = canonical_instant(self._app.clock() - by)
        return self._read(f"SELECT {COLUMNS} FROM bo_job WHERE due_at < ? ORDER BY due_at, id", [before])

    def retry(self, *jobs: int) -> list[int]:
        """Let jobs that are dead, cancelled or wait after a failure run again, at once and with all their tries; returns their ids.

        :raises Refused: with each that can't be retried; none is then.
        """
        found = [self.get(job) for job in jobs]
        wrong = [one for one in found if not (one.state in ("dead", "cancelled") or (one.state == "queued" and one.attempt))]
        if wrong:
            raise Refused([_not_retried(one) for one in wrong])
        now = canonical_instant(self._app.clock())
        with self._app.ready(write=True) as session:
            session.many(RETRY, [(now, one.id, one.state) for one in found])
        return [one.id for one in found]

    def retry_dead(self, name: str | None = None) -> list[int]:
        """Let every dead job run again, or those of a name; returns their ids."""
        return self.retry(*(one.id for one in self.all(state="dead", name=name)))

    def cancel(self, job: int) -> QueuedJob:
        """Cancel a job: at once where it waits; one that runs is asked to, and stops where it next looks (``bo.job.progress``).

        :raises Refused: it has finished.
        """
        now = canonical_instant(self._app.clock())
        with self._app.ready(write=True) as session:
            changed = session.execute(CANCEL, (now, job)).rowcount or session.execute(ASK, (now, job)).rowcount
        found = self.get(job)
        if not changed and found.state != "cancelled":
            raise Refused(
                [Finding("bo.job_finished", f"The job {job} ({found.name}) is {found.state}.", fix="Nothing is to be cancelled.")]
            )
        return found

    def forget(self, before: datetime) -> int:
        """Delete the rows of jobs that were done or cancelled before an instant, and with them their keys; returns how many."""
        with self._app.ready(write=True) as session:
            return int(session.execute(FORGET, (canonical_instant(before),)).rowcount)

    # -- for the worker and the unit of work

    def options(self, declared: Job) -> list[Option]:
        """What a job can be told: read from its signature, which takes a while, once."""
        found = self._options.get(declared.name)
        if found is None:
            found = self._options[declared.name] = declared.options
        return found

    def _read(self, sql: str, values: Sequence[Any]) -> list[QueuedJob]:
        with self._app.ready(write=False) as session:
            rows = session.execute(sql, values).fetchall()
        return [self._job(row) for row in rows]

    def _job(self, row: Iterable[Any]) -> QueuedJob:
        values: dict[str, Any] = dict(zip(COLUMNS.split(", "), row, strict=True))
        for name in INSTANTS:
            if values[name] is not None:
                values[name] = read_instant(values[name])
        values["arguments"] = orjson.loads(values["arguments"])
        values["result"] = None if values["result"] is None else orjson.loads(values["result"])
        return QueuedJob(**values, absent=self.absent(values["name"]))

    def absent(self, name: str) -> str:
        """Why no worker of this application can run a job of that name; empty where it can."""
        host = self._app.host
        if name in host.jobs:
            return ""
        state = next((one for one in host.plugins if one.prefix == name.split(".", 1)[0]), None)
        if state is None:
            return f"The plugin {name.split('.', 1)[0]!r} is not installed."
        return state.trouble if state.state != "loaded" else f"The plugin {state.name!r} has no job of this name any more."

    def _full_name(self, name: str) -> str:
        """The full name of a declared job; a name that nobody declares any more is taken as it is."""
        try:
            found: str = self._app.host.resolve("job", name).name
        except NotFound:
            return name
        return found


def _not_retried(job: QueuedJob) -> Finding:
    fix = "Wait for it." if job.state in ("queued", "running") else "Enqueue it anew."
    return Finding("bo.job_not_failed", f"The job {job.id} ({job.name}) is {job.state} and has not failed.", fix=fix)
