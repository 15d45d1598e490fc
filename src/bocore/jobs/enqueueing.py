"""``uow.enqueue``: a job is put into the queue by the unit of work that wants it done, if and only if that commits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from bocore.errors import KeyReused, PluginError, UsageError
from bocore.jobs.arguments import pack
from bocore.plugins.declare import Job, declaration_of
from bocore.record.canonical import canonical_instant, canonical_text

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork

INSERT = (
    "INSERT INTO bo_job (id, name, arguments, key, company_id, run_at, due_at, correlation, unit, enqueued_at, state, attempt)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 0) ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING"
)
KNOWN = "SELECT id, name, arguments FROM bo_job WHERE key = ?"


class NewJob(NamedTuple):
    """A job that a unit of work has enqueued and not written yet."""

    id: int
    name: str
    arguments: str
    key: str | None
    company_id: int | None
    run_at: str


def enqueue(
    uow: UnitOfWork, job: Callable[..., Any] | str, given: Mapping[str, Any], *, at: datetime | None = None, key: str | None = None
) -> int:
    """See :meth:`bocore.UnitOfWork.enqueue`."""
    declared = declared_job(uow._app, job)
    if not uow._free and declared.prefix not in uow.authority.own:  # it would run with what it declares, whoever had it run
        uow.require("bo.jobs", f"enqueue the job {declared.name}")
    arguments = pack(f"The job {declared.name}", uow._app.jobs.options(declared), given, uow.tokens)
    wanted: Any = at
    if wanted is not None and (not isinstance(wanted, datetime) or wanted.tzinfo is None):
        raise UsageError(f"at is {at!r}.", fix="Give an instant with its zone: uow.now() + timedelta(hours=1).")
    key = canonical_text(key, at="key") if key else None
    if key is not None:
        found: Any = next((one[:3] for one in uow._closing.jobs if one.key == key), None)
        if found is None:
            found = uow._touch().execute(KNOWN, (key,)).fetchone()
        if found is not None:
            if tuple(found[1:]) != (declared.name, arguments):
                raise KeyReused(f"The key {key!r} is another job's, number {found[0]} ({found[1]}).", fix="Use a new key for a new job.")
            return int(found[0])
    company = None if uow._wanted_company is None else uow.company.id
    new = NewJob(uow._ids("bo_job", 1)[0], declared.name, arguments, key, company, canonical_instant(at or uow.now()))
    uow._closing.jobs.append(new)
    return new.id


def declared_job(app: BackOffice, job: Callable[..., Any] | str) -> Job:
    """The declaration of a job by its function or name; PluginError or NotFound where this application does not have it."""
    if isinstance(job, str):
        found: Job = app.host.resolve("job", job)
        return found
    declared = declaration_of(job)
    if not isinstance(declared, Job):
        raise UsageError(f"{job!r} is no job.", fix='Decorate it with @job("prefix.name", …), and list it in Plugin(jobs=[…]).')
    mine = app.host.jobs.get(declared.name)
    if mine is None or mine.function is not job:
        raise PluginError(f"The job {declared.name} belongs to no plugin of this application.", fix="List it in Plugin(jobs=[…]).")
    return mine


def write_jobs(uow: UnitOfWork, jobs: list[NewJob]) -> None:
    """Write what was enqueued, with the rest of the unit of work."""
    now = canonical_instant(uow.now())
    more = (uow.correlation, uow.unit, now)
    uow._touch().many(INSERT, [(*job, job.run_at, *more) for job in jobs])


def write_scheduled(session: Session, new: NewJob, now: datetime) -> None:
    """Write a job that the clock has enqueued."""
    session.execute(INSERT, (*new, new.run_at, None, None, canonical_instant(now)))
