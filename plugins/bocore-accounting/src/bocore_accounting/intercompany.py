"""What companies of one owner say of each other, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import Company, Finding, Money, Refused, Severity, UnitOfWork, report, unknown_book
from bocore_accounting.model import RESULT, Account, Entry, Line
from bocore_accounting.rights import READ


@attrs.frozen
class IntercompanyRow:
    """What two companies say of each other in one currency; they agree where the sum of both, the difference, is zero."""

    company: str
    partner: str
    part: str
    currency: str
    ours: Decimal
    theirs: Decimal
    difference: Decimal


@report("accounting.intercompany", permission=READ)
def intercompany(
    uow: UnitOfWork, *, as_of: date | None = None, since: date | None = None, differences: bool = False, book: str = ""
) -> Iterable[IntercompanyRow]:
    """Compare what companies say of each other: the lines of each that name the other as partner, by currency.

    Each pair of which the actor may see both is listed once. What is owed (``balance``) and what was earned and spent (``result``) are
    compared by themselves. A difference is a voucher that the other company has not posted yet, or posted otherwise.

    :param as_of: the last day.
    :param since: the first day of the result.
    :param differences: only where they do not agree.
    :param book: an adjustment book, which is added to the common layer.
    """
    wrong = unknown_book(uow, None, book) if book else None
    if wrong is not None:
        raise Refused([wrong])
    codes = {company.id: company.code for company in uow.select(Company)}
    everything = _said(uow, as_of, since, book)
    said = {key: total for key, total in everything.items() if key[1] in codes}
    if len(said) < len(everything):
        fix = "Ask somebody who works for all companies of the group."
        message = "Lines with companies that you do not work for are left out: what those say can't be compared."
        uow.warn(Finding("accounting.unseen_partner", message, fix=fix, severity=Severity.WARNING))
    pairs = {(min(a, b, key=codes.__getitem__), max(a, b, key=codes.__getitem__), part, unit) for a, b, part, unit in said}
    for ours, theirs, part, unit in sorted(pairs, key=lambda row: (codes[row[0]], codes[row[1]], row[2], row[3])):
        mine, others = said.get((ours, theirs, part, unit), 0), said.get((theirs, ours, part, unit), 0)
        if mine + others or not differences:
            token = uow.tokens[unit]
            yield IntercompanyRow(
                codes[ours], codes[theirs], part, unit, *(Money.minor(n, token).amount for n in (mine, others, mine + others))
            )


def _said(uow: UnitOfWork, as_of: date | None, since: date | None, book: str) -> dict[tuple[int, int, str, str], int]:
    """(company, partner, balance or result, currency) → sum of its lines, in minor units."""
    result = Account.c.kind.in_([kind.value for kind in RESULT])
    part = sa.case((result, "result"), else_="balance").label("part")
    statement = sa.select(Entry.c.company_id, Line.c.partner_id, part, Line.c.amount_currency, sa.func.sum(Line.c.amount))
    statement = statement.where(Line.c.partner_id.is_not(None), Entry.c.id == Line.c.entry_id, Account.c.id == Line.c.account_id)
    statement = statement.where(Entry.c.book.in_(sorted({"", book})))
    if as_of is not None:
        statement = statement.where(Line.c.posting_date <= as_of)
    if since is not None:
        statement = statement.where(sa.or_(sa.not_(result), Line.c.posting_date >= since))
    grouped = statement.group_by(Entry.c.company_id, Line.c.partner_id, part, Line.c.amount_currency)
    return {(company, partner, which, unit): int(total) for company, partner, which, unit, total in uow.rows(grouped)}
