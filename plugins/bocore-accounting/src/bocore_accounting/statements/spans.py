"""Spans of days: of a statement, of the periods that it is compared with, and of fiscal years."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, NamedTuple

import sqlalchemy as sa

from bocore import Finding, Refused, UnitOfWork
from bocore_accounting import years
from bocore_accounting.model import Entry

Step = Literal["month", "quarter", "year"]
"""How far back the next comparative period is, where that is not the length of the period itself."""

MONTHS = {"month": 1, "quarter": 3, "year": 12}
DAY = timedelta(days=1)


class Span(NamedTuple):
    """From one day through another, both included; without a first day from the beginning."""

    since: date | None
    through: date

    @property
    def label(self) -> str:
        """How people write it: 2026, 2026-Q1, 2026-03, 2026-03-05..2026-03-11; the last day alone without a first."""
        if self.since is None:
            return self.through.isoformat()
        months, first = whole_months(self.since, self.through), self.since
        if months == 12 and first.month == 1:
            return f"{first:%Y}"
        if months == 3 and first.month % 3 == 1:
            return f"{first:%Y}-Q{first.month // 3 + 1}"
        return f"{first:%Y-%m}" if months == 1 else f"{first}..{self.through}"


def whole_months(since: date, through: date) -> int:
    """How many whole months a span of days is; 0 where it begins or ends within one."""
    if since.day > 1 or (through + DAY).day > 1 or through < since:
        return 0
    return (through.year - since.year) * 12 + through.month - since.month + 1


def moved(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month stays the last.

    >>> moved(date(2026, 2, 28), -12), moved(date(2026, 3, 31), -1), moved(date(2024, 2, 28), 12)
    (datetime.date(2025, 2, 28), datetime.date(2026, 2, 28), datetime.date(2025, 2, 28))
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    last = monthrange(year, month)[1]
    return date(year, month, last if (day + DAY).day == 1 else min(day.day, last))


def earlier(span: Span, count: int, step: Step | None = None) -> list[Span]:
    """The spans that one is compared with, the latest first.

    Without a step they follow each other: the months before a month, the quarters before a quarter, the seven days before a week. Of a day
    alone, without a first one, they are a year apart.
    """
    since, through = span
    if since is None:
        return [Span(None, moved(through, -n * MONTHS[step or "year"])) for n in range(1, count + 1)]
    months = MONTHS[step] if step else whole_months(since, through)
    if months:
        return [Span(moved(since, -n * months), moved(through, -n * months)) for n in range(1, count + 1)]
    days = through - since + DAY
    return [Span(since - n * days, through - n * days) for n in range(1, count + 1)]


def year_around(uow: UnitOfWork, day: date) -> Span:
    """The fiscal year of a day, of the unit's company."""
    _, start, end = years.year_around(uow, uow.company.id, day)
    return Span(start, end)


def last_posted(uow: UnitOfWork) -> date:
    """The last day on which something is posted; today in empty books."""
    ((found,),) = uow.rows(sa.select(sa.func.max(Entry.c.posting_date)).where(Entry.c.company_id == uow.company.id))
    return found or uow.today()


def period(uow: UnitOfWork, since: date | None, through: date | None, year: int | None) -> Span:
    """The days that are asked for, by their first and last or by their fiscal year; through the last day that something is posted on.

    :raises Refused: both are given, or there is no such year.
    """
    if year is None:
        return Span(since, through or last_posted(uow))
    if since is not None or through is not None:
        message = "Both a year and days are given."
        raise Refused([Finding("accounting.days", message, field="year", fix="Give --year, or --since and --through.")])
    found = years.year_of(uow, year)
    return Span(found.start, found.end)
