"""What is usually done before a year is locked: the books' answer to ``bo_close_check``, besides what waits in suspense."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from bocore import Company, Finding, Severity, UnitOfWork, VoucherRecord, hookimpl
from bocore_accounting.model import Entry
from bocore_accounting.monetary import held_abroad, monetary_accounts
from bocore_accounting.results import unclosed
from bocore_accounting.revaluation import KIND
from bocore_accounting.years import Year, year_around


@hookimpl
def bo_close_check(uow: UnitOfWork, company: Any, area: str, through: date) -> Iterable[Finding]:
    """Warn, where a fiscal year ends, of a result that is not closed and of amounts in other currencies that are not revalued."""
    year = year_around(uow, company.id, through)
    return list(_year(uow, company, year)) if area == "ledger" and year.end == through else []


def _year(uow: UnitOfWork, company: Company, year: Year) -> Iterator[Finding]:
    """What is usually done at the end of a year, and was not."""
    held, _ = held_abroad(uow, company, year.end, monetary_accounts(uow, company))
    currencies = sorted({currency for (_, _, currency), (amount, _) in held.items() if amount})
    if currencies and not uow.select(VoucherRecord, kind=KIND, company_id=company.id, posting_date=year.end).count():
        message = f"What is in {', '.join(currencies)} was not revalued on {year.end}."
        fix = f"Revalue it: bo accounting revalue {year.end}."
        yield Finding("accounting.not_revalued", message, fix=fix, severity=Severity.WARNING)
    if unclosed(uow, company.id, year):
        again = bool(uow.select(Entry, company_id=company.id, nature="closing", posting_date=year.end).count())
        message = f"Income and expenses of {year.code} are not closed{' to the last' if again else ''}."
        fix = f"Close the year{' again' if again else ''}: bo accounting close-year {year.code}."
        yield Finding("accounting.year_open", message, fix=fix, severity=Severity.WARNING, year=year.code)
