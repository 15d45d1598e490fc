"""The periods of a registration: pure functions on days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def period_around(day: date, months: int, first_month: int) -> tuple[date, date]:
    """First and last day of the period that a day is in.

    :param months: of a period; they divide the year where its periods are to begin in the same months every year.
    :param first_month: a month in which a period begins.
    """
    count = day.year * 12 + day.month - 1
    start = count - (count - (first_month - 1)) % months
    return _month(start, 1), _month_end(start + months - 1)


def next_period(after: date, months: int, first_month: int) -> tuple[date, date]:
    """The period that follows one that ends on a day."""
    return period_around(after + timedelta(days=1), months, first_month)


def _month(count: int, day: int) -> date:
    return date(count // 12, count % 12 + 1, day)


def _month_end(count: int) -> date:
    year, month = count // 12, count % 12 + 1
    return date(year, month, monthrange(year, month)[1])
