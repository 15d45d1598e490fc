"""Closed periods: through which day an area of a company is locked, who may still post behind it, and what became of a day asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from bocore.access.core import in_core
from bocore.entities import Entity, entity, field, recorded, ref, spec_of
from bocore.errors import Finding, Severity
from bocore.kernel.company import Company
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

AREAS = ("ledger", "stock", "payroll", "tax")
"""What can be locked by itself; ``tax:<registration>`` besides, for each registration that is declared under."""
_AREA = re.compile(r"ledger|stock|payroll|tax|tax:.*\S")


@entity("bo_period_lock", read="*", write="bo.lock", unique=[("company_id", "area")], guards=True)
class PeriodLock(Entity):
    """An area of a company is closed through a day: ``ledger``, ``stock``, ``payroll``, ``tax:<registration>``."""

    company_id: int = ref(Company)
    area: str = field(max_length=60)
    through: date
    hard: bool = field(default=False, doc="closed for good through that day: it is never moved back, and no exception opens it")
    hard_through: date | None = field(default=None, doc="closed for good through this day, where the lock itself can still be moved back")


@entity("bo_lock_exception", read="bo.read", write="bo.lock", company=True, index=[("company_id", "area")], guards=True)
class LockException(Entity):
    """One person may still write on days that are closed in an area, for a while. Never on days that are closed for good."""

    area: str = field(max_length=60)
    person: str = field(max_length=200, not_blank=True, doc="the actor who may")
    since: date = field(doc="first day that is open to the person")
    through: date = field(doc="last day that is open to the person")
    expires_at: datetime = field(doc="from then on it counts no more")
    reason: str = field(max_length=1000, not_blank=True, doc="no personal data")
    granted_by: str = field(max_length=200, doc="the actor of the commit that granted it")
    withdrawn_at: datetime | None = field(default=None, doc="when it was taken back")
    unit_id: int = recorded()
    company_id: int = ref(Company, default=None)


@entity("bo_late_posting", read="bo.read", append_only=True, company=True, index=[("entity", "row_id")], made_by="note_late")
class LatePosting(Entity):
    """Something was written on another day than was asked for, or on a closed day under an exception.

    A voucher whose posting date was moved says so itself (``moved``) and has no row here.
    """

    area: str = field(max_length=60)
    asked: date = field(doc="the day that was asked for, and is closed")
    day: date = field(doc="the day that counts in the area: the one asked for, or the first open one")
    exception_id: int | None = ref(LockException, default=None, doc="that opened the day asked for")
    entity: str = field(max_length=50, doc="table of what was written")
    row_id: int = field(doc="id of what was written")
    label: str = field(default="", max_length=200, doc="the key of a voucher, or what else people find it by")
    unit_id: int = recorded()
    company_id: int = ref(Company, default=None)


# ---------------------------------------------------------------- looking up


def tax_area(registration: str) -> str:
    """The area of what is declared under a registration; ``tax`` of what names none."""
    return f"tax:{registration}" if registration else "tax"


def locked_through(uow: UnitOfWork, company: int, area: str = "ledger") -> date | None:
    """The last closed day of an area, as this transaction sees it; None where nothing is closed."""
    return _locked(uow, company, area)[0]


def _locked(uow: UnitOfWork, company: int, area: str) -> tuple[date | None, date | None]:
    """The last closed day of an area, and the last that is closed for good."""
    memory = uow.memory("bo.locks", PeriodLock)
    if (company, area) not in memory:
        lock = uow.find(PeriodLock, company_id=company, area=area)
        memory[company, area] = (None, None) if lock is None else (lock.through, closed_for_good(lock))
    found: tuple[date | None, date | None] = memory[company, area]
    return found


def closed_for_good(lock: PeriodLock) -> date | None:
    """The last day of a lock that no exception opens; None where there is none."""
    return lock.through if lock.hard else lock.hard_through


def first_open_day(uow: UnitOfWork, company: int, wanted: date, area: str = "ledger") -> date:
    """The wanted day if it is open, or opened to the actor by an exception; else the first open one after it."""
    through = locked_through(uow, company, area)
    if through is None or wanted > through or exception_for(uow, company, wanted, area) is not None:
        return wanted
    return through + timedelta(days=1)


class Allowed(NamedTuple):
    """An exception that counts now."""

    id: int
    area: str
    person: str
    since: date
    through: date
    expires_at: datetime
    granted_by: str


@in_core
def exception_for(uow: UnitOfWork, company: int, day: date, area: str = "ledger") -> Allowed | None:
    """The exception by which the actor of this unit of work may write on a closed day now; None where there is none."""
    memory = uow.memory("bo.lock_exceptions", LockException)
    if company not in memory:
        rows = uow.select(LockException, company_id=company, withdrawn_at=None).order_by(LockException.c.id)
        memory[company] = [Allowed(r.id, r.area, r.person, r.since, r.through, r.expires_at, r.granted_by) for r in rows]
    now = uow.now()
    for one in memory[company]:
        if one.area == area and one.person == uow.actor and one.since <= day <= one.through and now < one.expires_at:
            final = _locked(uow, company, area)[1]
            return one if final is None or day > final else None
    return None


# ---------------------------------------------------------------- a day that is asked for


@attrs.frozen
class OpenDay:
    """What became of a day that was asked for.

    :param day: on which it counts: the one asked for, or the first open one.
    :param exception: that opened the day asked for, where it is closed.
    :param finding: why it can't be: the day is closed, and there is no exception. A caller refuses with it.
    """

    area: str
    asked: date
    day: date
    exception: Allowed | None = None
    finding: Finding | None = None

    @property
    def late(self) -> bool:
        """Whether the day asked for is closed, and it was written all the same."""
        return self.finding is None and (self.day != self.asked or self.exception is not None)


def open_day(
    uow: UnitOfWork,
    area: str,
    asked: date,
    *,
    company: Company | None = None,
    if_closed: str = "refuse",
    at: object = None,
    field: str = "posting_date",
) -> OpenDay:
    """Whether something may be written on a day of an area, and if not, what becomes of it.

    What is late is kept by :func:`note_late`, once its row is added.

    :param area: ``ledger``, ``stock``, ``payroll``, ``tax:<registration>``.
    :param company: the unit's without one.
    :param if_closed: ``"refuse"``, or ``"next_open"`` for the first open day.
    :param at, field: where the day was given: for the finding.
    """
    company = company or uow.company
    through = locked_through(uow, company.id, area)
    if through is None or asked > through:
        return OpenDay(area, asked, asked)
    exception = exception_for(uow, company.id, asked, area)
    if exception is not None:
        return OpenDay(area, asked, asked, exception)
    opens = through + timedelta(days=1)
    if if_closed == "next_open":
        return OpenDay(area, asked, opens)
    message = f"{asked} is closed: {company.code} is locked through {through} ({area})."
    fix = f'Post it on {opens} or later, say if_closed="next_open", or have an exception granted: bo period allow.'
    finding = Finding("bo.period_locked", message, at, field, fix, through=through.isoformat(), area=area)
    return OpenDay(area, asked, opens, None, finding)


@in_core
def note_late(uow: UnitOfWork, found: OpenDay, row: Entity, label: str = "") -> Finding | None:
    """Keep that a row was written late, so that ``bo report late-postings`` lists it; returns the warning that says so, if it was.

    :param row: added already.
    :param label: what people find it by.
    """
    if not found.late:
        return None
    late = LatePosting(area=found.area, asked=found.asked, day=found.day, entity=spec_of(type(row)).name, row_id=row.id, label=label)
    late.exception_id = None if found.exception is None else found.exception.id
    uow.add(late, company=getattr(row, "company_id", None), made_by="note_late")
    return late_finding(found, label or repr(row))


def late_finding(found: OpenDay, at: str) -> Finding:
    """The warning that comes with what was written late."""
    if found.exception is not None:
        by = f"exception {found.exception.id}, granted by {found.exception.granted_by}"
        message = f"{found.asked} is closed ({found.area}): written under {by}."
        fix = "Nothing to do; bo report late-postings lists it."
        return Finding("bo.posted_late", message, at, fix=fix, severity=Severity.WARNING, area=found.area, exception=found.exception.id)
    message = f"{found.asked} is closed ({found.area}): it counts on {found.day}, the first open day."
    fix = "Nothing to do; what was reported of the closed period does not change."
    return Finding("bo.moved_late", message, at, fix=fix, severity=Severity.WARNING, area=found.area, day=found.day.isoformat())


# ---------------------------------------------------------------- what may happen to locks


@hookimpl
@concerns(PeriodLock, LockException)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse locks that go back in silence, close what is unfinished, or name no area; and exceptions that are not what they say."""
    return [*_check_locks(uow, changes), *_check_exceptions(uow, changes)]


def _check_locks(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    for lock in [*changes.added(PeriodLock), *(change.entity for change in changes.updated(PeriodLock))]:
        if lock.through == date.max:
            message = f"After {lock.through} there is no day that could be open."
            yield Finding("bo.period_lock", message, lock, "through", "Give the last day of a period that is over.")
    for lock in changes.added(PeriodLock):
        wrong = wrong_area(lock.area, lock)
        if wrong is not None:
            yield wrong
        else:
            yield from _unfinished(uow, lock)
    for change in changes.updated(PeriodLock):
        lock, old = change.entity, change.old
        before = old.get("through", lock.through)
        final = before if old.get("hard", lock.hard) else old.get("hard_through", lock.hard_through)
        if "area" in old or "company_id" in old:
            yield Finding("bo.area", "A lock stays with its area and its company.", lock, "area", "Lock the other area besides.")
        elif final is not None and min(lock.through, closed_for_good(lock) or date.min) < final:
            yield hard_finding(lock.area, final, lock)
        elif lock.through < before:
            yield from _without_reason(uow, lock)
        elif lock.through > before or closed_for_good(lock) != final:
            yield from _unfinished(uow, lock)
    for lock in changes.removed(PeriodLock):
        final = closed_for_good(lock)
        if final is not None:
            yield hard_finding(lock.area, final, lock)
        else:
            yield from _without_reason(uow, lock)


def _unfinished(uow: UnitOfWork, lock: PeriodLock) -> Iterator[Finding]:
    """What the plugins say still stands in the way of closing."""
    company = uow.get(Company, lock.company_id)
    for answer in uow.hook.bo_close_check(uow=uow, company=company, area=lock.area, through=lock.through):
        yield from answer or ()


def _without_reason(uow: UnitOfWork, lock: PeriodLock) -> Iterator[Finding]:
    if not (uow.reason or "").strip():
        message = f"Opening days of {lock.area} again needs a reason."
        yield Finding("bo.lock_reason", message, lock, "through", 'Say why: bo.unit_of_work(reason="…"), or --reason at the command line.')


def hard_finding(area: str, through: date, at: object) -> Finding:
    """The finding for an attempt to open what is closed for good."""
    message = f"{area} is closed for good through {through}."
    return Finding("bo.hard_lock", message, at, "through", "Post the correction on an open day.", through=through.isoformat())


def wrong_area(area: Any, at: object = None) -> Finding | None:
    """What is wrong with the name of an area, if anything."""
    if isinstance(area, str) and _AREA.fullmatch(area):
        return None
    fix = f"Choose one of: {', '.join(AREAS)}, or tax:REGISTRATION for what is declared under that registration."
    return Finding("bo.area", f"There is no area {area!r} to lock.", at, "area", fix)


def _check_exceptions(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    for one in changes.added(LockException):
        wrong = wrong_area(one.area, one)
        if wrong is not None:
            yield wrong
            continue
        final = _locked(uow, one.company_id, one.area)[1]
        if one.through < one.since:
            message = f"It ends on {one.through}, before it begins on {one.since}."
            yield Finding("bo.lock_exception", message, one, "through", "Exchange the two days.")
        elif final is not None and one.through <= final:
            yield hard_finding(one.area, final, one)
        if one.expires_at <= uow.now():
            fix = "Give a day that is still to come, the last on which it counts."
            yield Finding("bo.lock_exception", "It has expired before it begins.", one, "expires_at", fix)
        if one.granted_by != uow.actor:
            message = f"It says that {one.granted_by!r} grants it, and {uow.actor!r} does."
            yield Finding("bo.lock_exception", message, one, "granted_by", "Grant it with grant_exception, which sets that.")
    for change in changes.updated(LockException):
        if change.new.keys() != {"withdrawn_at"} or change.old["withdrawn_at"] is not None:
            message = "An exception does not change: it can only be withdrawn, once."
            yield Finding("bo.lock_exception", message, change.entity, fix="Withdraw it and grant another.")
    for one in changes.removed(LockException):
        yield Finding("bo.lock_exception", "An exception stays on record.", one, fix="Withdraw it: bo period withdraw.")
