"""Suspense: what waits there because no account was mapped to its purpose, and the way out once one is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import Company, Finding, Money, Posted, Severity, UnitOfWork, Voucher, VoucherRecord, hookimpl, posted_from, report, service
from bocore import Line as VoucherLine
from bocore_accounting.model import Account, Entry, Line, PurposeRule
from bocore_accounting.purposes import PurposeMap
from bocore_accounting.rights import POST, READ
from bocore_accounting.vouchers import SUSPENSE, not_entered

KIND = "accounting.suspense"


@attrs.frozen
class _Waiting:
    """A line in suspense, and the account that its purpose is mapped to by now."""

    id: int
    number: str
    account: int
    posted: Posted
    line: VoucherLine
    to: int | None
    times: int
    """How often it was taken out before, and put back by a reversal."""


def _waiting(uow: UnitOfWork, company: int, through: date | None = None) -> Iterator[_Waiting]:
    held = _suspense_accounts(uow, company)
    statement = sa.select(Line.c.id, Line.c.account_id, Line.c.position, Entry.c.number, Entry.c.voucher_id)
    statement = statement.where(Line.c.account_id.in_(sorted(held)), Entry.c.id == Line.c.entry_id, Entry.c.company_id == company)
    statement = statement.where(Line.c.purpose.not_in(["", "suspense"]), Entry.c.voucher_id.is_not(None))
    if through is not None:
        statement = statement.where(Line.c.posting_date <= through)
    rows = uow.rows(statement.order_by(Line.c.posting_date, Line.c.id)) if held else []
    out, times = _taken_out(uow, company)
    records = uow.get_all(VoucherRecord, {row.voucher_id for row in rows})
    accounts = PurposeMap.of(uow, company)
    read: dict[int, Posted] = {}
    for row in rows:
        record = records[row.voucher_id]
        if record.kind == KIND or row.id in out:
            continue
        posted = read.get(record.id) or read.setdefault(record.id, posted_from(record))
        line = posted.voucher.lines[row.position - 1]
        if line.account is None:  # else somebody said that it belongs there
            to = accounts.account(line.purpose, record.book or "", line.by, record.posting_date)
            yield _Waiting(row.id, row.number, row.account_id, posted, line, None if to in held else to, times[row.id])


def _suspense_accounts(uow: UnitOfWork, company: int) -> Collection[int]:
    mapped = {rule.account_id for rule in uow.select(PurposeRule, company_id=company, purpose="suspense")}
    return mapped | {account.id for account in uow.select(Account, company_id=company, code=SUSPENSE)}


def _taken_out(uow: UnitOfWork, company: int) -> tuple[set[int], Counter[int]]:
    """The lines that were taken out of suspense, and how often; those that a reversal put back are in the second only."""
    keys = VoucherRecord.c.key, VoucherRecord.c.reverses
    rows = uow.rows(sa.select(*keys).where(VoucherRecord.c.company_id == company, VoucherRecord.c.kind == KIND))
    back = {reverses for _, reverses in rows if reverses is not None}
    taken = {key: int(key.split(":")[1]) for key, reverses in rows if reverses is None}
    return {line for key, line in taken.items() if key not in back}, Counter(taken.values())


# ---------------------------------------------------------------- what a bookkeeper asks and does


@attrs.frozen
class SuspenseRow:
    """A line in suspense, and the account that it would go to by now; none where its purpose is still not mapped."""

    date: date
    entry: str = attrs.field(metadata={"drill": Entry})
    purpose: str
    currency: str
    amount: Decimal
    to: str = attrs.field(metadata={"drill": Account})
    text: str


@report("accounting.suspense", permission=READ, runs_with=["bo.read"])
def suspense(uow: UnitOfWork, *, through: date | None = None) -> Iterable[SuspenseRow]:
    """List what waits in suspense because no account was mapped to its purpose when it was posted.

    :param through: the last posting date.
    """
    for one in _waiting(uow, uow.company.id, through):
        to = "" if one.to is None else uow.get(Account, one.to).code
        record, amount = one.posted.record, one.line.amount
        yield SuspenseRow(record.posting_date, one.number, one.line.purpose, amount.currency, amount.amount, to, record.text)


@attrs.frozen
class UnmappedRow:
    """A purpose without an account, what it falls back to, and how many lines wait in suspense for it."""

    purpose: str
    falls_back_to: str
    waiting: int


@report("accounting.unmapped-purposes", permission=READ, runs_with=["bo.read"])
def unmapped_purposes(uow: UnitOfWork, *, book: str = "") -> Iterable[UnmappedRow]:
    """List the purposes, of the core and of all plugins, that neither they nor what they fall back to has an account for today.

    :param book: an adjustment book with accounts of its own.
    """
    company = uow.company.id
    accounts, held = PurposeMap.of(uow, company), _suspense_accounts(uow, company)
    waiting = Counter(one.line.purpose for one in _waiting(uow, company) if one.to is None)
    for purpose, falls_back_to in sorted(uow.purposes.items()):
        found = accounts.account(purpose, book, {}, uow.today())
        if found is None or (found in held and purpose != "suspense"):
            yield UnmappedRow(purpose, falls_back_to, waiting[purpose])


@service(POST, runs_with=["bo.read"])
def clear_suspense(uow: UnitOfWork, *, purpose: str = "") -> int:
    """Take out of suspense what has an account by now; returns how many lines that were.

    The entries stay as they are: each line gets a voucher of its own that posts it over, once, on its own day or the first open one.

    :param purpose: only lines of this one.
    """
    ready = [one for one in _waiting(uow, uow.company.id) if one.to is not None and purpose in ("", one.line.purpose)]
    codes = {
        account.id: account.code for account in uow.get_all(Account, {i for one in ready for i in (one.account, one.to or 0)}).values()
    }
    uow.post(*(_over(one, codes[one.account], codes[one.to or 0]) for one in ready))
    return len(ready)


def _over(one: _Waiting, account: str, to: str) -> Voucher:
    """The voucher that posts a line from suspense to its account: same amount, base, dimensions, party and partner; no tax, no item."""
    line, record = one.line, one.posted.record

    def side(sign: int, code: str) -> VoucherLine:
        base: Money | None = None if line.base is None else line.base * sign
        by, dims, party, partner = line.by, line.dims, line.party, line.partner
        return VoucherLine(line.purpose, line.amount * sign, base=base, by=by, dims=dims, party=party, partner=partner, account=code)

    return Voucher(
        f"{KIND}:{one.id}:{one.times + 1}",
        KIND,
        [side(-1, account), side(1, to)],
        company=record.company_id,
        document_date=record.document_date,
        posting_date=record.posting_date,
        if_closed="next_open",
        book=record.book,
        nature=record.nature,
        text=f"{line.purpose} out of suspense, from {one.number}",
    )


# ---------------------------------------------------------------- before a period is closed


@hookimpl
def bo_close_check(uow: UnitOfWork, company: Company, area: str, through: date) -> Iterable[Finding]:
    """A ledger closes with all its vouchers in the books; what is in suspense is a warning."""
    return list(_unfinished(uow, company, through)) if area == "ledger" else []


def _unfinished(uow: UnitOfWork, company: Company, through: date) -> Iterator[Finding]:
    missing = not_entered(uow, company, through)
    if missing is not None:
        yield missing
    waiting = sum(1 for _ in _waiting(uow, company.id, through))
    if waiting:
        message = f"{waiting} lines through {through} are in suspense."
        fix = "bo report suspense lists them; map their purposes, then bo accounting clear-suspense."
        yield Finding("accounting.in_suspense", message, company.code, fix=fix, severity=Severity.WARNING, lines=waiting)
