"""Calendars: which days a company works, with its holidays. What can be computed from one is in :class:`bocore.WorkingDays`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bocore.entities import Entity, entity, exact, field, parent, ref
from bocore.errors import Finding, NotFound
from bocore.kernel.company import Company, which_company
from bocore.plugins.hooks import concerns, hookimpl
from bocore.workdays import WorkingDays

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _day(usual: int) -> Any:
    return exact(places=2, ge=0, le=24, default=Decimal(usual), unit="h")


@entity("bo_calendar", read="*", write="bo.setup", steady=True)
class Calendar(Entity):
    """Which days are worked: hours for each weekday, 0 for one that is free, and dated exceptions."""

    code: str = field(unique=True, max_length=20, not_blank=True)
    name: str = field(default="", max_length=100)
    company_id: int | None = ref(Company, default=None, doc="whose it is; empty for one that all companies can use")
    standard: bool = field(default=False, doc="counts where no calendar is named: the company's own, else that of all companies")
    monday: Decimal = _day(8)
    tuesday: Decimal = _day(8)
    wednesday: Decimal = _day(8)
    thursday: Decimal = _day(8)
    friday: Decimal = _day(8)
    saturday: Decimal = _day(0)
    sunday: Decimal = _day(0)


@entity("bo_calendar_exception", unique=[("calendar_id", "on")], steady=True)
class CalendarException(Entity):
    """A day that differs from its weekday: a holiday, half a day, a Saturday that is worked."""

    calendar_id: int = parent(Calendar)
    on: date
    hours: Decimal = exact(places=2, ge=0, le=24, default=Decimal(0), unit="h")
    name: str = field(default="", max_length=100)


def working_days(uow: UnitOfWork, calendar: Calendar | str | None = None, company: Company | int | str | None = None) -> WorkingDays:
    """What a calendar says, to count with: ``working_days(uow).add_working_days(day, 5)``.

    :param calendar: the calendar or its code; the standard one of the company without it.
    :param company: whose standard calendar, unless the unit's.
    :raises NotFound: there is no such calendar (``bo.no_calendar``).
    """
    memory = uow.memory("bo.calendars", Calendar, CalendarException)
    if calendar is None:
        key: Any = ("standard", uow.company_id if company is None else which_company(uow, company).id)
    else:
        key = calendar.code if isinstance(calendar, Calendar) else calendar
    if key not in memory:
        memory[key] = _read(uow, _standard(uow, key[1]) if isinstance(key, tuple) else _named(uow, key))
    found: WorkingDays = memory[key]
    return found


def _named(uow: UnitOfWork, code: str) -> Calendar:
    found = uow.find(Calendar, code=code)
    if found is None:
        codes = ", ".join(sorted(row.code for row in uow.select(Calendar))) or "none"
        raise NotFound([Finding("bo.no_calendar", f"There is no calendar {code!r}.", f"calendar {code}", fix=f"There are: {codes}.")])
    return found


def _standard(uow: UnitOfWork, company: int) -> Calendar:
    there = {row.company_id: row for row in uow.select(Calendar) if row.standard}
    found = there.get(company) or there.get(None)
    if found is None:
        code = uow.get(Company, company).code
        fix = 'Add one: Calendar(code="…", standard=True), with a CalendarException for each holiday; or name a calendar.'
        raise NotFound([Finding("bo.no_calendar", f"{code} has no standard calendar.", f"company {code}", fix=fix)])
    return found


def _read(uow: UnitOfWork, row: Calendar) -> WorkingDays:
    return WorkingDays(_week(row), {day.on: day.hours for day in uow.children(row, CalendarException)})


def _week(row: Calendar) -> tuple[Decimal, ...]:
    return tuple(getattr(row, name) for name in WEEKDAYS)


@hookimpl
@concerns(Calendar)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse a week without a working day, and a second standard calendar of one company."""
    rows = [*changes.added(Calendar), *(change.entity for change in changes.updated(Calendar))]
    for row in rows:
        if not any(_week(row)):
            yield Finding("bo.calendar", "No day of the week is worked.", row, "monday", "Give one weekday hours at least.")
    if any(row.standard for row in rows):
        seen: dict[int | None, Calendar] = {}
        for row in uow.select(Calendar).order_by(Calendar.c.id):
            before = seen.setdefault(row.company_id, row) if row.standard else row
            if before is not row:
                whose = "all companies" if row.company_id is None else uow.get(Company, row.company_id).code
                message = f"{before.code} and {row.code} are both the standard calendar of {whose}."
                yield Finding("bo.calendar", message, row, "standard", "Say standard=False of one of them.")
