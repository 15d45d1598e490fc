"""Running one job in a test: as a worker would, but here, now, and with its errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bocore.record.canonical import canonical_instant

if TYPE_CHECKING:
    from bocore.app import BackOffice


def run_job(bo: BackOffice, job: Callable[..., Any] | str, /, *, company: Any = None, **arguments: Any) -> Any:
    """Run a job at once, in this thread, and return what it returns; what it raises comes through.

    Its arguments take the way over JSON that they take in the queue. Nothing stays in the queue: what a job leaves there, or whether it
    is tried again, is seen with ``uow.enqueue`` and ``Worker(bo).run(burst=True)``.

    :param company: for which it is to run, as by the clock with ``per_company=True``.
    """
    from bocore.jobs.arguments import pack, unpack
    from bocore.jobs.claiming import Claimed
    from bocore.jobs.enqueueing import declared_job
    from bocore.jobs.office import JobBackOffice, JobInHand
    from bocore.testing.roles import seeing_all

    declared = declared_job(bo, job)
    what, options = f"The job {declared.name}", bo.jobs.options(declared)
    with seeing_all(bo, company) as uow:
        uow._touch()  # reads what the database declares
        company_id = None if company is None else uow.company.id
    kept = pack(what, options, arguments, bo.tokens)
    (ident,) = bo._ids.take("bo_job", 1)[0]
    claimed = Claimed(ident, declared.name, kept, 1, canonical_instant(bo.clock()), company_id, None, None)
    return declared.function(JobBackOffice(bo, JobInHand(claimed)), **unpack(what, options, kept, bo.tokens))
