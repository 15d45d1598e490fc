"""Fiscal years: from when to when each runs. Without a row that covers a day, the calendar year counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from bocore import Finding, Refused, UnitOfWork
from bocore_accounting.model import FiscalYear

FIRST_YEAR, LAST_YEAR = 1800, 2400
"""A day outside of these is a slip of the pen."""


class Year(NamedTuple):
    """A fiscal year as plain data; ``code`` is the year in which it ends."""

    code: int
    start: date
    end: date


def year_of(uow: UnitOfWork, code: int) -> Year:
    """The fiscal year with that code, of the unit's company.

    A calendar year is shortened by the declared years that reach into it: where 2027 runs from April 2026, 2026 ends in March.

    :raises Refused: no book is of that year, or a declared year leaves no days of it in one piece.
    """
    if not FIRST_YEAR <= code <= LAST_YEAR:
        message = f"{code} can't be meant as a fiscal year."
        raise Refused([Finding("accounting.fiscal_year", message, field="year", fix=f"Give a year from {FIRST_YEAR} to {LAST_YEAR}.")])
    declared = [Year(row.code, row.start, row.end) for row in uow.select(FiscalYear, company_id=uow.company.id)]
    for year in declared:
        if year.code == code:
            return year
    return calendar_year(code, declared)


def year_around(uow: UnitOfWork, company: int, day: date) -> Year:
    """The fiscal year of a day: the declared one, or what is left of the calendar year between those that are declared."""
    start, end = date(day.year, 1, 1), date(day.year, 12, 31)
    for year in uow.select(FiscalYear, company_id=company):
        if year.start <= day <= year.end:
            return Year(year.code, year.start, year.end)
        if year.end < day:
            start = max(start, year.end + timedelta(1))
        else:
            end = min(end, year.start - timedelta(1))
    return Year(day.year, start, end)


def calendar_year(code: int, declared: Iterable[Year]) -> Year:
    """The days of a calendar year that belong to no declared fiscal year."""
    start, end = date(code, 1, 1), date(code, 12, 31)
    for year in sorted(declared, key=lambda year: year.start):
        if year.end < start or end < year.start:
            continue
        if year.start <= start:
            start = year.end + timedelta(1)
        elif end <= year.end:
            end = year.start - timedelta(1)
        else:
            message = f"What is left of {code} beside the fiscal year {year.code} ({year.start} to {year.end}) is not in one piece."
            raise Refused([Finding("accounting.fiscal_year", message, field="year", fix="Declare it: bo accounting open-year.")])
    if end < start:
        message = f"No day belongs to {code}: declared fiscal years cover all of it."
        raise Refused(
            [Finding("accounting.fiscal_year", message, field="year", fix="Give the code of a fiscal year: the year in which it ends.")]
        )
    return Year(code, start, end)
