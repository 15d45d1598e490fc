"""Closing a fiscal year: what it earned and used up goes to retained earnings; closing again posts what came since.

A closing is made of entries of this ledger and of no voucher. It says nothing about the world: it is a statement about the balances that
*these* accounts have, entries made by hand included, and another ledger has other accounts. So a ledger that is installed later replays
what happened, and closes for itself.

Income and expense are closed account by account, in each currency or commodity and each set of dimensions, so that a trial balance of a
cost centre is closed too; each layer of books (the common one, and every adjustment book) has an entry of its own. What is closed is what
the days of the year still add up to, closings that are there already included: nothing the second time, and only the difference after a
late adjustment. Accounts of the balance sheet carry their balance into the next year by themselves, since nothing ever ends in a ledger:
there is no opening entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from bocore import Finding, Money, Refused, Severity, UnitOfWork, service
from bocore_accounting.model import RESULT, Account, Entry, FiscalYear, Line
from bocore_accounting.posting import journal_id, post, reverse_entry
from bocore_accounting.purposes import PurposeMap
from bocore_accounting.results import Unclosed, unclosed
from bocore_accounting.rights import CLOSE
from bocore_accounting.years import FIRST_YEAR, Year, year_of

JOURNAL = "CLOSE"
NATURE = "closing"


@service(CLOSE)
def close_year(uow: UnitOfWork, year: int) -> list[Entry]:
    """Close a fiscal year: move what it earned and used up to retained earnings, or what came since it was closed.

    Balances of assets, liabilities and equity carry forward by themselves; there is no opening entry to make. Lock the year afterwards:
    bo period lock ledger 2026-12-31.

    :param year: the code of the fiscal year: the year in which it ends.
    """
    period = year_of(uow, year)
    _warn_of_neighbours(uow, period)
    open_ = unclosed(uow, uow.company.id, period)
    if not open_:
        message = f"There is nothing to close in {year} ({period.start} to {period.end}): income and expenses are zero, or closed already."
        uow.warn(Finding("accounting.nothing_to_close", message, fix="Nothing to do.", severity=Severity.WARNING))
        return []
    if period.end >= uow.today():
        message = f"{year} runs until {period.end}, which is not over yet."
        uow.warn(Finding("accounting.year_runs", message, fix="Close it again when it is over.", severity=Severity.WARNING))
    books = {book: [row for row in open_ if row.book == book] for book in sorted({row.book for row in open_})}
    retained = _retained(uow, period, books)
    batch = [_closing(uow, period, book, rows, retained[book]) for book, rows in books.items()]
    return post(uow, batch)


@service(CLOSE)
def reopen_year(uow: UnitOfWork, year: int) -> list[Entry]:
    """Open a closed fiscal year again: take its closing entries back, on the same day.

    Reports are as if it had never been closed. Late adjustments need no re-opening: post them, and close the year again.

    :param year: the code of the fiscal year: the year in which it ends.
    """
    period = year_of(uow, year)
    standing = _standing(uow, period)
    if not standing:
        message = f"{year} is not closed."
        uow.warn(Finding("accounting.not_closed", message, fix="Nothing to do.", severity=Severity.WARNING))
    why = uow.reason or f"{year} is open again"
    return [reverse_entry(uow, entry, why, entry.posting_date) for entry in standing]


def _warn_of_neighbours(uow: UnitOfWork, period: Year) -> None:
    """Years before that were left open, and a year that is short only since nobody declared it."""
    before = Year(period.code - 1, date(FIRST_YEAR, 1, 1), period.start - timedelta(1))
    if unclosed(uow, uow.company.id, before):
        message = f"Income and expenses of the time before {period.start} are not closed; they stay results of former years."
        fix = f"Close the year before too: bo accounting close-year {before.code}."
        uow.warn(Finding("accounting.earlier_year_open", message, fix=fix, severity=Severity.WARNING))
    if (period.end - period.start).days < 364 and not uow.find(FiscalYear, company_id=uow.company.id, code=period.code):
        message = f"{period.code} runs from {period.start} to {period.end} only: the rest of it belongs to other fiscal years."
        fix = f"If that is not meant, declare the year first: bo accounting open-year {period.code} START END."
        uow.warn(Finding("accounting.short_year", message, fix=fix, severity=Severity.WARNING))


def _standing(uow: UnitOfWork, period: Year) -> list[Entry]:
    """The closing entries of a year that stand: those that are no reversal and were not reversed."""
    every = (
        uow.select(Entry, company_id=uow.company.id, nature=NATURE, voucher_id=None)
        .where(Entry.c.posting_date >= period.start, Entry.c.posting_date <= period.end)
        .order_by(Entry.c.id)
        .all()
    )
    reversed_ = {entry.reverses_id for entry in every if entry.reverses_id is not None}
    return [entry for entry in every if entry.reverses_id is None and entry.id not in reversed_]


# ---------------------------------------------------------------- the entries


def _retained(uow: UnitOfWork, period: Year, books: Iterable[str]) -> dict[str, int]:
    """Layer → the account of retained earnings; Refused where there is none, or one that would be closed itself."""
    purposes = PurposeMap.of(uow, uow.company.id)
    found = {book: purposes.account("retained_earnings", book, {}, period.end) for book in books}
    fix = "Map it to an account of equity: bo accounting map-purpose retained_earnings ACCOUNT."
    if None in found.values():
        message = "No account is mapped to the purpose 'retained_earnings': nothing was closed."
        raise Refused([Finding("accounting.unmapped", message, field="purpose", fix=fix, purpose="retained_earnings")])
    accounts = uow.get_all(Account, {ident for ident in found.values() if ident is not None})
    for account in accounts.values():
        if account.kind in RESULT:
            message = f"Retained earnings go to {account.code} {account.name}, an account of {account.kind}, which is closed itself."
            raise Refused([Finding("accounting.retained_earnings", message, account, "kind", fix)])
    return {book: ident for book, ident in found.items() if ident is not None}


def _closing(uow: UnitOfWork, period: Year, book: str, rows: Sequence[Unclosed], retained: int) -> tuple[Entry, list[Line]]:
    """The entry that closes one layer: the mirror of what is open, and the same the other way on retained earnings."""
    entry = Entry(
        journal_id=journal_id(uow, JOURNAL, uow.company.id),
        posting_date=period.end,
        text=f"Closing of {period.code}",
        nature=NATURE,
        book=book,
    )
    kept: dict[tuple[str, int, bool], list[int]] = {}
    lines = []
    for row in rows:
        lines.append(_line(uow, row.account_id, row.currency, row.dims_id, -row.amount, None if row.base is None else -row.base))
        if row.commodity is not None:
            lines[-1].quantity = _money(uow, -row.quantity, row.commodity)
        sums = kept.setdefault((row.currency, row.dims_id or 0, row.base is not None), [0, 0])
        sums[0] += row.amount
        sums[1] += row.base or 0
    for (currency, dims, based), (amount, base) in sorted(kept.items()):
        if amount or base:
            lines.append(_line(uow, retained, currency, dims or None, amount, base if based else None))
            lines[-1].purpose = "retained_earnings"
    return entry, lines


def _line(uow: UnitOfWork, account: int, currency: str, dims: int | None, amount: int, base: int | None) -> Line:
    money = _money(uow, amount, currency)
    worth = None if base is None or currency == uow.company.currency else _money(uow, base, uow.company.currency)
    return Line(account_id=account, amount=money, base=worth, dims_id=dims)


def _money(uow: UnitOfWork, minor: int, code: str) -> Money:
    return Money.minor(minor, uow.tokens[code])
