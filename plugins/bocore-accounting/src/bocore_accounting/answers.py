"""What other plugins may ask the books: ``bo_balance``."""

from __future__ import annotations

from typing import Any

from bocore import BalanceQuery, Company, Finding, Money, Refused, UnitOfWork, fallbacks, hookimpl, layers
from bocore_accounting.balances import totals, with_dims
from bocore_accounting.chart import with_those_below
from bocore_accounting.model import Account, Entry, Line
from bocore_accounting.posting import no_account
from bocore_accounting.purposes import check_purpose


@hookimpl
def bo_balance(uow: UnitOfWork, query: BalanceQuery) -> Money:
    """The balance of an account or a purpose in the company's currency: debit less credit. Lines without a rate have none and don't count.

    :raises Refused: neither account nor purpose is asked for, the chart has no such account, or no plugin knows the purpose.
    """
    company = uow.get(Company, query.company)
    if query.account is None and query.purpose is None:
        fix = 'BalanceQuery(company=…, purpose="receivable")'
        raise Refused([Finding("accounting.query", "The query names neither an account nor a purpose.", fix=fix)])
    account = None
    if query.account is not None:
        account = uow.find(Account, company_id=query.company, code=query.account)
        if account is None:
            raise Refused([no_account(query.account)])
    accounts = None if account is None else _accounts(uow, query, account)
    if accounts is not None and query.purpose is None and query.party is None and not query.dims:
        rows = totals(uow, company=query.company, through=query.through, accounts=accounts, book=query.book or "")
        minor = sum(row.base_debit - row.base_credit for row in rows)
    else:
        minor = _from_lines(uow, query, accounts)
    return Money.minor(int(minor), uow.tokens[company.currency])


def _accounts(uow: UnitOfWork, query: BalanceQuery, account: Account) -> set[int]:
    """The account and, unless it alone is asked for, all below it."""
    if query.alone:
        return {account.id}
    import sqlalchemy as sa

    chart = uow.rows(sa.select(Account.c.id, Account.c.parent_id).where(Account.c.company_id == query.company))
    return with_those_below({account.id}, {row.id: row.parent_id for row in chart})


def _from_lines(uow: UnitOfWork, query: BalanceQuery, accounts: set[int] | None) -> int:
    import sqlalchemy as sa

    joined = sa.join(Line.c.id.table, Entry.c.id.table, Line.c.entry_id == Entry.c.id)
    books = layers(uow, query.book, query.company)
    conditions: list[Any] = [Entry.c.company_id == query.company, Entry.c.book.in_(books)]
    if accounts is not None:
        conditions.append(Line.c.account_id.in_(sorted(accounts)))
    if query.purpose is not None:
        wanted = check_purpose(uow, query.purpose)
        purposes = [wanted] if query.alone else [one for one in uow.purposes if wanted in fallbacks(uow.purposes, one)]
        conditions.append(Line.c.purpose.in_(purposes))
    if query.party is not None:
        conditions.append(Line.c.party_id == query.party)
    if query.through is not None:
        conditions.append(Line.c.posting_date <= query.through)
    statement = sa.select(sa.func.coalesce(sa.func.sum(Line.c.base), 0)).select_from(joined).where(*conditions)
    if query.dims:
        statement = with_dims(uow, statement, query.dims)
    return int(next(iter(uow.rows(statement)))[0])
