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
    declared = declared_years(uow, uow.company.id)
    for year in declared:
        if year.code == code:
            return year
    pieces = undeclared(code, declared)
    if not pieces:
        message = f"No day belongs to {code}: declared fiscal years cover all of it."
        fix = "Give the code of a fiscal year: the year in which it ends."
        raise Refused([Finding("accounting.fiscal_year", message, field="year", fix=fix)])
    if len(pieces) > 1:
        between = next(year for year in declared if year.start > pieces[0].end)
        message = f"What is left of {code} beside the fiscal year {between.code} ({between.start} to {between.end}) is not in one piece."
        raise Refused([Finding("accounting.fiscal_year", message, field="year", fix="Declare it: bo accounting open-year.")])
    return pieces[0]


def year_around(uow: UnitOfWork, company: int, day: date) -> Year:
    """The fiscal year of a day: the declared one, or what is left of the calendar year between those that are declared."""
    declared = declared_years(uow, company)
    return next(year for year in (*declared, *undeclared(day.year, declared)) if year.start <= day <= year.end)


def declared_years(uow: UnitOfWork, company: int) -> list[Year]:
    """The fiscal years that a company has declared, in the order of their days."""
    memory = uow.memory("accounting.years", FiscalYear)
    if company not in memory:
        rows = uow.select(FiscalYear, company_id=company)
        memory[company] = sorted((Year(row.code, row.start, row.end) for row in rows), key=lambda year: year.start)
    found: list[Year] = memory[company]
    return found


def undeclared(code: int, declared: Iterable[Year]) -> list[Year]:
    """The pieces of a calendar year that belong to no declared fiscal year.

    :param declared: in the order of their days.
    """
    start, end, pieces = date(code, 1, 1), date(code, 12, 31), list[Year]()
    for year in declared:
        if year.end < start:
            continue
        if year.start > end:
            break
        if start < year.start:
            pieces.append(Year(code, start, year.start - timedelta(1)))
        if year.end >= end:
            return pieces
        start = year.end + timedelta(1)
    return [*pieces, Year(code, start, end)]
