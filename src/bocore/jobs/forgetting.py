"""The core's own jobs: what was done long ago leaves the queue, and what was kept of erased people goes when its day has passed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bocore.erasure.keeping import destroy_due
from bocore.kernel.settings import KernelSettings
from bocore.plugins.declare import job

if TYPE_CHECKING:
    from bocore.jobs.office import JobBackOffice


@job("bo.forget-jobs", cron="20 2 * * *", permissions=["bo.jobs"])
def forget_jobs(bo: JobBackOffice) -> int:
    """Forget jobs that were done or cancelled some time ago (setting ``jobs_kept``, in days); dead ones stay until they are retried."""
    with bo.unit_of_work(read_only=True) as uow:
        days, now = uow.settings(KernelSettings).jobs_kept, uow.now()
    return bo.jobs.forget(now - timedelta(days=days))


@job("bo.destroy-retained", cron="30 2 * * *", permissions=["bo.erase"])
def destroy_retained(bo: JobBackOffice) -> int:
    """Destroy what was kept of erased people until a day that has passed, and what nobody needs any more; returns the number of rows."""
    with bo.unit_of_work(reason="Its day has passed, or nobody needs it any more") as uow:
        return destroy_due(uow)
