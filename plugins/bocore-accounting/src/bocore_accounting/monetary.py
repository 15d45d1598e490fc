"""Which accounts are monetary: money, and claims and debts of it. They are worth more or less as rates change; goods and advances are not.

The distinction is that of IAS 21 (paragraphs 8 and 16): the right to receive, or the duty to deliver, a fixed number of units of currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from bocore import Company, UnitOfWork, fallbacks
from bocore_accounting.model import Account, AccountKind, Entry, Line, PurposeRule

MONETARY = frozenset(
    (
        "receivable", "payable", "cash", "bank", "clearing", "stored_value", "employee.payable", "employee.receivable", "grni",
        "accrued.revenue", "accrued.expense", "tax", "tax.input", "wages.withheld",
    )
)  # fmt: skip
NOT_MONETARY = frozenset(
    (
        "customer.advance", "supplier.advance", "deferred.revenue", "deferred.expense", "inventory", "wip", "asset.cost", "asset.accdep",
        "equity",
    )
)  # fmt: skip
"""What was paid in advance comes back as goods or services, so it stays at the rate of the day on which it was paid."""


def is_monetary(purposes: Mapping[str, str], purpose: str) -> bool | None:
    """Whether what a purpose is for is monetary, by the first of its fall-backs that says so; None where none does."""
    for step in fallbacks(purposes, purpose):
        if step in MONETARY or step in NOT_MONETARY:
            return step in MONETARY
    return None


Held = dict[tuple[str, int, str], tuple[int, int]]
"""Layer, account and currency → amount and base."""


def monetary_accounts(uow: UnitOfWork, company: Company) -> dict[int, bool | None]:
    """Account of a company → whether it is monetary: None where nothing says it.

    What is said of the account itself counts first, then that it is cash, then the purposes that are mapped to it, then the same of the
    account above it; and last, that an asset or a liability takes other currencies than the company's only.
    """
    accounts = uow.select(Account, company_id=company.id).all()
    found = _said(uow, company, accounts)
    above = {account.id: account.parent_id for account in accounts}
    answers: dict[int, bool | None] = {}
    for account in accounts:
        place: int | None = account.id
        seen = set()
        while place is not None and place not in found and place not in seen:
            seen.add(place)
            place = above.get(place)
        answer = None if place is None else found.get(place)
        if account.kind not in (AccountKind.ASSET, AccountKind.LIABILITY):
            answer = False
        elif answer is None and account.currencies and company.currency not in account.currencies:
            answer = True
        answers[account.id] = answer
    return answers


def _said(uow: UnitOfWork, company: Company, accounts: Iterable[Account]) -> dict[int, bool]:
    """The accounts of which something is said directly."""
    found: dict[int, bool] = {}
    for rule in uow.select(PurposeRule, company_id=company.id):
        answer = is_monetary(uow.purposes, rule.purpose)
        if answer is not None:
            found[rule.account_id] = answer or found.get(rule.account_id, False)
    for account in accounts:
        if account.monetary is not None or account.cash:
            found[account.id] = account.cash if account.monetary is None else account.monetary
    return found


def held_abroad(uow: UnitOfWork, company: Company, on: date, monetary: Mapping[int, bool | None]) -> tuple[Held, set[int]]:
    """What the accounts hold in other currencies; and those of which it is not clear whether they are monetary.

    Lines without a value in the company's currency were never worth anything in the books; what is counted in a commodity stays at cost.
    """
    keys = (Entry.c.book, Line.c.account_id, Line.c.amount_currency)
    statement = (
        sa.select(*keys, sa.func.sum(Line.c.amount), sa.func.sum(Line.c.base))
        .where(
            Line.c.entry_id == Entry.c.id,
            Account.c.id == Line.c.account_id,
            Account.c.kind.in_([AccountKind.ASSET.value, AccountKind.LIABILITY.value]),
            Entry.c.company_id == company.id,
            Entry.c.posting_date <= on,
            Line.c.posting_date <= on,
            Line.c.amount_currency != company.currency,
            Line.c.base.is_not(None),
            Line.c.quantity.is_(None),
        )
        .group_by(*keys)
    )
    held: Held = {}
    unclear: set[int] = set()
    for book, account, currency, amount, base in uow.rows(statement):
        if monetary.get(account):
            held[book, account, currency] = int(amount), int(base)
        elif monetary.get(account) is None and amount:
            unclear.add(account)
    return held, unclear
