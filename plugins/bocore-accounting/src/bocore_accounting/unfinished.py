"""What still stands in the way of closing the ledger: the books' answer to ``bo_close_check``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from bocore import Company, Finding, Money, Severity, UnitOfWork, VoucherRecord, hookimpl
from bocore_accounting.balances import totals
from bocore_accounting.model import Account, Entry, PurposeRule
from bocore_accounting.monetary import held_abroad, monetary_accounts
from bocore_accounting.results import unclosed
from bocore_accounting.revaluation import KIND
from bocore_accounting.vouchers import SUSPENSE, not_entered
from bocore_accounting.years import Year, year_around


@hookimpl
def bo_close_check(uow: UnitOfWork, company: Any, area: str, through: date) -> Iterable[Finding]:
    """Keep the ledger open while vouchers wait for their entries; warn of what is usually done before.

    Warned of are suspense accounts that are not empty, and at the end of a fiscal year a result that is not closed and amounts in other
    currencies that are not revalued.
    """
    if area != "ledger":
        return
    waiting = not_entered(uow, company.id, through)
    if waiting is not None:
        yield waiting
    yield from _suspense(uow, company, through)
    year = year_around(uow, company.id, through)
    if year.end == through:
        yield from _year(uow, company, year)


def _suspense(uow: UnitOfWork, company: Company, through: date) -> Iterator[Finding]:
    """Suspense accounts that are not empty on the last day."""
    mapped = {rule.account_id for rule in uow.select(PurposeRule, company_id=company.id, purpose="suspense")}
    accounts = {row.id: row.code for row in uow.select(Account, company_id=company.id) if row.id in mapped or row.code == SUSPENSE}
    if not accounts:
        return
    for row in totals(uow, company=company, through=through, accounts=accounts):
        minor = int(row.debit - row.credit)
        if minor:
            code = accounts[row.account_id]
            message = f"The suspense account {code} has {Money.minor(minor, uow.tokens[row.currency])} on {through}."
            fix = f"Find out what it is (bo report general-ledger --account {code}), and move it where it belongs."
            yield Finding("accounting.suspense", message, f"account {code}", fix=fix, severity=Severity.WARNING, account=code)


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
