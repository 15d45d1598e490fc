"""What a job gets: the application, acting as that job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bocore.access.authority import authority_of_job
from bocore.app import BackOffice
from bocore.errors import JobCancelled, UsageError
from bocore.record.canonical import read_instant
from bocore.uow.running import request_of

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sqlalchemy.engine import Connection

    from bocore.access.actor import Who
    from bocore.imports import ImportResult
    from bocore.jobs.claiming import Claimed
    from bocore.kernel.company import Company
    from bocore.record.feed import Commit
    from bocore.reports import ReportResult
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork


class JobInHand:
    """The job that runs: ``bo.job`` inside of it."""

    def __init__(self, claimed: Claimed, may_commit: Callable[[Session], bool] | None = None) -> None:
        self.id = claimed.id
        self.name = claimed.name
        self.attempt = claimed.attempt
        """1 the first time, one more after each failure."""
        self.run_at: datetime = read_instant(claimed.run_at)
        """When it was to run: for a job by the clock the instant of its schedule, however late it is."""
        self.company_id = claimed.company_id
        self.correlation = claimed.correlation or f"job:{claimed.id}"
        """Of the unit of work that enqueued it, or its own: on every commit that it makes."""
        self.done: int | None = None
        self.total: int | None = None
        self._shown: tuple[int | None, int | None] = (None, None)
        """What the queue knows of ``done`` and ``total``."""
        self.cancelled = False
        """Whether somebody has asked to cancel it, or another worker has it by now."""
        self._calls: Counter[str] = Counter()
        self._may_commit = may_commit

    @property
    def actor(self) -> str:
        """Who does it, on the record."""
        return f"job:{self.name}"

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far it is, which is shown within seconds; a job that was cancelled stops here.

        :raises JobCancelled: let it pass through.
        """
        for value in (done, total):
            if value is not None and (type(value) is not int or value < 0):
                raise UsageError(f"Progress is {value!r}.", fix="Give whole numbers: bo.job.progress(3, 12).")
        self.done, self.total = done, total
        self.refuse_if_cancelled()

    def refuse_if_cancelled(self) -> None:
        """Stop here if somebody has cancelled the job.

        :raises JobCancelled: let it pass through.
        """
        if self.cancelled:
            raise JobCancelled(f"The job {self.id} ({self.name}) was cancelled.", fix="bo job retry lets it run again.")

    def _hold(self, session: Session) -> None:
        """Before a commit of this job: refuse it where another worker has the job by now, and would do the same."""
        if self._may_commit is not None and not self._may_commit(session):
            self.cancelled = True
            message = f"The job {self.id} ({self.name}) is another worker's by now: this one gave no sign of life for too long."
            raise JobCancelled(message, fix="Nothing was written; the other one does it.")

    def _key_of(self, request: str) -> str:
        """The key of a call of ``bo.run``: the same in every attempt, whatever the other calls are."""
        self._calls[request] += 1
        return f"job:{self.id}:{request[:32]}:{self._calls[request]}"


class JobBackOffice(BackOffice):
    """The application as a job gets it: units of work are the job's own, and ``bo.job`` is the job.

    ``bo.run`` takes a key of the job where none is given, from what it calls and with which arguments: a job that runs again after a
    crash or a failure does not do again what it has done. A ``bo.unit_of_work`` has no such memory.
    """

    def __init__(self, app: BackOffice, job: JobInHand) -> None:
        self._app = app
        self.job = job

    def __getattr__(self, name: str) -> Any:
        if name in ("_app", "job"):
            raise AttributeError(name)
        return getattr(self._app, name)

    def unit_of_work(
        self,
        *,
        actor: Who | None = None,
        reason: str | None = None,
        company: Company | int | str | None = None,
        read_only: bool = False,
        connection: Connection | None = None,
        on_behalf_of: str | None = None,
        correlation: str | None = None,
    ) -> UnitOfWork:
        """Begin a unit of work of the job: as itself, for the company and under the correlation of what enqueued it, unless told."""
        uow = self._app.unit_of_work(
            actor=actor or self.job.actor,
            reason=reason,
            company=self.job.company_id if company is None else company,
            read_only=read_only,
            connection=connection,
            on_behalf_of=on_behalf_of,
            correlation=correlation or self.job.correlation,
        )
        if actor in (None, self.job.actor):
            declared = self._app.host.jobs[self.job.name]
            uow._actor = authority_of_job(declared.name, declared.prefix, declared.permissions)
        uow._closing.hold = self.job._hold
        return uow

    def run(
        self,
        fn: Callable[..., Any] | str,
        *args: Any,
        actor: Who | None = None,
        reason: str | None = None,
        key: str | None = None,
        retries: int = 5,
        company: Company | int | str | None = None,
        correlation: str | None = None,
        **keywords: Any,
    ) -> Any:
        """Run a function or service once for this job, however often the job itself runs."""
        company = self.job.company_id if company is None else company
        function = self._app.host.resolve("service", fn).function if isinstance(fn, str) else fn
        return super().run(
            function,
            *args,
            actor=actor or self.job.actor,
            reason=reason,
            key=key or self.job._key_of(request_of(function, args, {**keywords, "company": company})),
            retries=retries,
            company=company,
            correlation=correlation or self.job.correlation,
            **keywords,
        )

    def report(
        self,
        name: str,
        *,
        actor: Who | None = None,
        company: Company | int | str | None = None,
        details: bool = False,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ReportResult:
        """Run a report as the job."""
        company = self.job.company_id if company is None else company
        return super().report(name, actor=actor or self.job.actor, company=company, details=details, options=options, **more)

    def import_file(
        self,
        name: str,
        path: str | Path,
        *,
        actor: Who | None = None,
        company: Company | int | str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ImportResult:
        """Take a file in as the job, whose progress is that of the file unless told."""
        company = self.job.company_id if company is None else company
        told = progress or self.job.progress
        return super().import_file(
            name, path, actor=actor or self.job.actor, company=company, dry_run=dry_run, progress=told, options=options, **more
        )

    def export(
        self,
        name: str,
        out: TextIO | str | Path,
        *,
        actor: Who | None = None,
        company: Company | int | str | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Write a file in a format of somebody else's, as the job."""
        company = self.job.company_id if company is None else company
        super().export(name, out, actor=actor or self.job.actor, company=company, options=options, **more)

    def feed(self, consumer: str) -> Iterator[Commit]:
        """Committed units of work in order, from the consumer's own cursor, at least once."""
        return self._app.feed(consumer)

    def executor(self) -> Executor:
        """The executor of the application."""
        return self._app.executor()

    def init(self, **more: Any) -> BackOffice:
        """Not from a job."""
        raise _not_here("init")

    def migrate(self, *, backup: str | Path | None = None) -> BackOffice:
        """Not from a job."""
        raise _not_here("migrate")

    def close(self) -> None:
        """Not from a job."""
        raise _not_here("close")


def _not_here(what: str) -> UsageError:
    return UsageError(f"A job can't {what} the application that runs it.", fix=f"bo.{what} belongs to the program around the worker.")
