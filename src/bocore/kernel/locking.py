"""Closing and opening periods: the services behind ``bo period``, and what an auditor lists of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import sqlalchemy as sa

from bocore.errors import Finding, Refused, UsageError
from bocore.kernel.periods import LatePosting, LockException, PeriodLock, closed_for_good, hard_finding, wrong_area
from bocore.kernel.voucher import VoucherRecord
from bocore.plugins.declare import report, service
from bocore.uow import UnitOfWork

LOCK, READ = "bo.lock", "bo.read"


@service(LOCK)
def lock_period(uow: UnitOfWork, area: str, through: date, *, hard: bool = False) -> PeriodLock:
    """Close an area through a day: nothing more is posted on it or before.

    AREA is ledger, stock, payroll, tax:REGISTRATION, or tax for what is declared without a registration. Every plugin is asked at commit
    what is still unfinished (``bo_close_check``): errors keep the period open, warnings are shown.

    :param area: ledger, stock, payroll, tax:REGISTRATION, or tax for what is declared without a registration.
    :param through: the last closed day.
    :param hard: for good: no exception opens it, and it is never moved back.
    """
    _refuse_unknown(area)
    _refuse_no_day(through)
    found = uow.find(PeriodLock, company_id=uow.company.id, area=area)
    if found is None:
        return uow.add(PeriodLock(company_id=uow.company.id, area=area, through=through, hard=hard))
    final = closed_for_good(found)
    if hard:
        _set(found, max(found.through, through), max(through, final or through))
    elif through < found.through:
        message = f"{area} is closed through {found.through} already."
        fix = f"Nothing to do; to open it again after {through}: bo period unlock {area} --through {through} --reason …"
        raise Refused([Finding("bo.locked_already", message, found, "through", fix)])
    else:
        _set(found, through, final)
    return found


@service(LOCK)
def unlock_period(uow: UnitOfWork, area: str, *, through: date | None = None) -> None:
    """Open the days of an area again after a day, or all that are not closed for good. It needs a reason.

    :param area: ledger, stock, payroll, tax:REGISTRATION.
    :param through: the last day that stays closed.
    """
    _refuse_unknown(area)
    if through is not None:
        _refuse_no_day(through)
    found = uow.find(PeriodLock, company_id=uow.company.id, area=area)
    if found is None or (through is not None and through > found.through):
        locked = "is not locked" if found is None else f"is locked through {found.through} only"
        fix = "bo report locks lists what is locked."
        raise Refused([Finding("bo.not_locked", f"{area} of {uow.company.code} {locked}.", f"area {area}", "through", fix)])
    final = closed_for_good(found)
    if through is None and final is None:
        uow.remove(found)
        return
    through = through or final
    assert through is not None
    if final is not None and through < final:
        raise Refused([hard_finding(area, final, found)])
    _set(found, through, final)


def _set(lock: PeriodLock, through: date, final: date | None) -> None:
    """A lock through a day, of which the days through ``final`` are closed for good."""
    lock.through, lock.hard = through, final == through
    lock.hard_through = None if final == through else final


@service(LOCK)
def grant_exception(uow: UnitOfWork, area: str, person: str, *, since: date, through: date, expires: date) -> LockException:
    """Let a person post on closed days of an area, for a while. It needs a reason, and never opens what is closed for good.

    :param area: ledger, stock, payroll, tax:REGISTRATION.
    :param person: the actor who may.
    :param since, through: the first and the last day on which to post.
    :param expires: the last day on which it counts; in Python also the instant from which it counts no more.
    """
    _refuse_unknown(area)
    if not (uow.reason or "").strip():
        fix = 'Say why: bo.unit_of_work(reason="…"), or --reason at the command line.'
        raise Refused([Finding("bo.lock_reason", "An exception needs a reason.", f"area {area}", "reason", fix)])
    made = LockException(
        area=area,
        person=person,
        since=since,
        through=through,
        expires_at=_end(expires, uow.company.zone),
        reason=str(uow.reason),
        granted_by=uow.actor,
    )
    return uow.add(made, company=uow.company)


def _end(expires: date, zone: str) -> datetime:
    if isinstance(expires, datetime):
        return expires
    _refuse_no_day(expires)
    if expires.year == date.max.year:
        message = f"It would count until {expires}, so for ever."
        raise Refused([Finding("bo.lock_exception", message, "exception", "expires", "Give the last day on which it is needed.")])
    return datetime.combine(expires + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


@service(LOCK)
def withdraw_exception(uow: UnitOfWork, exception: LockException) -> None:
    """Take an exception back: from now on it counts no more. What was posted under it stays.

    :param exception: its id: bo report lock-exceptions lists them.
    """
    if exception.withdrawn_at is not None:
        message = f"It was withdrawn on {exception.withdrawn_at.date()} already."
        raise Refused([Finding("bo.lock_exception", message, exception, fix="Nothing to do.")])
    exception.withdrawn_at = uow.now()


def _refuse_unknown(area: str) -> None:
    wrong = wrong_area(area)
    if wrong is not None:
        raise Refused([wrong])


def _refuse_no_day(given: Any) -> None:
    if type(given) is not date:
        raise UsageError(f"{given!r} is no day.", fix="Give a datetime.date: date(2026, 1, 31).")


# ---------------------------------------------------------------- lists


@attrs.frozen
class LockRow:
    """An area and the last day through which it is closed, and closed for good."""

    area: str
    through: date
    for_good: date | None


@report("bo.locks", permission=READ)
def locks(uow: UnitOfWork) -> Iterable[LockRow]:
    """List the areas of the company that are locked, and through which day."""
    for lock in uow.select(PeriodLock, company_id=uow.company.id).order_by(PeriodLock.c.area):
        yield LockRow(lock.area, lock.through, closed_for_good(lock))


@attrs.frozen
class ExceptionRow:
    """An exception: who may post where and when, until when, and why."""

    id: int
    area: str
    person: str
    since: date
    through: date
    expires: datetime
    withdrawn: datetime | None
    granted_by: str
    reason: str
    used: int


@report("bo.lock-exceptions", permission=READ)
def lock_exceptions(uow: UnitOfWork, *, every: bool = False) -> Iterable[ExceptionRow]:
    """List who may post on closed days, until when, and how often it was made use of.

    :param every: also those that have expired or were withdrawn.
    """
    counted = sa.select(LatePosting.c.exception_id, sa.func.count()).where(LatePosting.c.exception_id.is_not(None))
    used = {ident: count for ident, count in uow.rows(counted.group_by(LatePosting.c.exception_id))}
    now = uow.now()
    for one in uow.select(LockException, company_id=uow.company.id).order_by(LockException.c.id):
        if every or (one.withdrawn_at is None and now < one.expires_at):
            yield ExceptionRow(
                one.id, one.area, one.person, one.since, one.through, one.expires_at, one.withdrawn_at, one.granted_by, one.reason,
                used.get(one.id, 0),
            )  # fmt: skip


@attrs.frozen
class LateRow:
    """Something that was written late: the day asked for, the day that counts, and under whose exception."""

    area: str
    asked: date
    day: date
    exception: int | None
    person: str
    entity: str
    id: int
    label: str


@report("bo.late-postings", permission=READ)
def late_postings(uow: UnitOfWork, *, since: date | None = None, through: date | None = None) -> Iterable[LateRow]:
    """List what was written on a closed day under an exception, and what was moved to the first open day.

    :param since, through: the first and the last day that was asked for.
    """
    people = {one.id: one.person for one in uow.select(LockException, company_id=uow.company.id)}
    rows = [
        LateRow(r.area, r.asked, r.day, r.exception_id, people.get(r.exception_id or 0, ""), r.entity, r.row_id, r.label)
        for r in uow.select(LatePosting, company_id=uow.company.id).order_by(LatePosting.c.id)
    ]
    rows += [
        LateRow("ledger", asked_date(r), r.posting_date, None, "", "bo_voucher", r.id, r.key)
        for r in uow.select(VoucherRecord, company_id=uow.company.id, moved=True)
    ]
    for row in sorted(rows, key=lambda row: (row.day, row.asked, row.area, row.id)):
        if (since is None or row.asked >= since) and (through is None or row.asked <= through):
            yield row


def asked_date(record: VoucherRecord) -> date:
    """The posting date that was asked for."""
    asked = record.body["asked"]["posting_date"]
    return date.fromisoformat(asked) if asked else record.document_date
