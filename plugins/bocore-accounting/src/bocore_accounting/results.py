"""Results: what income and expense accounts have of a year, after everything that was closed of it."""

from __future__ import annotations

import attrs
import sqlalchemy as sa

from bocore import UnitOfWork
from bocore_accounting.model import RESULT, Account, Entry, Line
from bocore_accounting.years import Year


@attrs.frozen
class Unclosed:
    """What an account still has of a year, in one layer, currency, commodity and set of dimensions; minor units, debit positive."""

    book: str
    account_id: int
    currency: str
    commodity: str | None
    dims_id: int | None
    amount: int
    base: int | None
    quantity: int


def unclosed(uow: UnitOfWork, company: int, period: Year) -> list[Unclosed]:
    """What the income and expense accounts of a company still have of a year, by account code; what is zero is left out."""
    has_base = Line.c.base.is_not(None)
    keys = (Entry.c.book, Line.c.account_id, Line.c.amount_currency, Line.c.quantity_currency, Line.c.dims_id, has_base)
    sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in (Line.c.amount, Line.c.base, Line.c.quantity)]
    statement = (
        sa.select(*keys, *sums, Account.c.code)
        .where(
            Line.c.entry_id == Entry.c.id,
            Account.c.id == Line.c.account_id,
            Entry.c.company_id == company,
            Account.c.kind.in_([kind.value for kind in RESULT]),
            Entry.c.posting_date >= period.start,
            Entry.c.posting_date <= period.end,
            Line.c.posting_date >= period.start,
            Line.c.posting_date <= period.end,
        )
        .group_by(*keys, Account.c.code)
    )
    found = []
    for book, account, currency, commodity, dims, based, amount, base, quantity, code in uow.rows(statement):
        if amount or base or quantity:
            row = Unclosed(book, account, currency, commodity, dims, int(amount), int(base) if based else None, int(quantity))
            found.append((code, currency, commodity or "", dims or 0, row))
    return [row for *_, row in sorted(found, key=lambda one: one[:4])]
