"""Locks: through which day an area of a company is closed for postings."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from bocore.entities import Entity, entity, field, ref
from bocore.kernel.company import Company

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@entity("bo_period_lock", unique=[("company_id", "area")])
class PeriodLock(Entity):
    """An area of a company is closed through a day: ``ledger``, ``stock``, ``payroll``, ``tax:<registration>``."""

    company_id: int = ref(Company)
    area: str = field(max_length=60)
    through: date
    hard: bool = field(default=False, doc="a hard lock is never moved back")


def locked_through(uow: UnitOfWork, company: int, area: str = "ledger") -> date | None:
    """The last closed day of an area, as this transaction sees it; None where nothing is closed."""
    memory = uow.memory("bo.locks", PeriodLock)
    if (company, area) not in memory:
        found = uow.find(PeriodLock, company_id=company, area=area)
        memory[company, area] = None if found is None else found.through
    through: date | None = memory[company, area]
    return through


def first_open_day(uow: UnitOfWork, company: int, wanted: date, area: str = "ledger") -> date:
    """The wanted day, or the first open one after it."""
    through = locked_through(uow, company, area)
    return wanted if through is None or wanted > through else through + timedelta(days=1)


def lock_period(uow: UnitOfWork, area: str, through: date, *, hard: bool = False) -> PeriodLock:
    """Close an area of the unit's company through a day; a hard lock can't be moved back."""
    from bocore.errors import Finding, Refused

    found = uow.find(PeriodLock, company_id=uow.company.id, area=area)
    if found is None:
        return uow.add(PeriodLock(company_id=uow.company.id, area=area, through=through, hard=hard))
    if found.hard and (through < found.through or not hard):
        message = f"{area} is closed for good through {found.through}."
        raise Refused([Finding("bo.hard_lock", message, found, "through", "Post the correction on an open day.")])
    found.through, found.hard = through, hard
    return found
