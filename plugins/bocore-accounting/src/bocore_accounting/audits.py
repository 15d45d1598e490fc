"""What the books answer to an auditor: the entries and lines of a voucher, and the journal lines to draw a sample from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from bocore import Entity, NotFound, Population, PopulationQuery, TraceStep, UnitOfWork, VoucherRecord, hookimpl, layers
from bocore_accounting.balances import totals
from bocore_accounting.chart import with_those_below
from bocore_accounting.model import Account, Entry, Line
from bocore_accounting.posting import no_account
from bocore_accounting.rights import READ

# ---------------------------------------------------------------- the trail


@hookimpl
def bo_audit_trace(uow: UnitOfWork, rows: Sequence[Entity]) -> Iterable[TraceStep]:
    """The entry of each voucher with its lines, and the lines of an entry that has no voucher."""
    vouchers = {row.id: row for row in rows if isinstance(row, VoucherRecord)}
    asked = [row for row in rows if isinstance(row, Entry)]
    if not vouchers and not asked:
        return []
    if not uow.may(READ):
        return [TraceStep("entry", text=f"not shown: it takes the permission {READ}", of=row) for row in [*vouchers.values(), *asked]]
    made = uow.select(Entry, voucher_id=list(vouchers)).all() if vouchers else []
    entered = {entry.voucher_id for entry in made}
    steps = [_entry(uow, entry, vouchers[entry.voucher_id]) for entry in made if entry.voucher_id is not None]
    steps += [_entry(uow, entry, entry) for entry in asked]
    text = "No entry has been made of the voucher yet: bo accounting catch-up."
    return steps + [TraceStep("not entered", text=text, of=row) for ident, row in vouchers.items() if ident not in entered]


def _entry(uow: UnitOfWork, entry: Entry, of: Entity) -> TraceStep:
    said = [entry.text, entry.reference and f"reference {entry.reference}", entry.book and f"book {entry.book}"]
    return TraceStep(
        "entry" if entry.nature == "normal" else f"{entry.nature} entry", entry, entry.number,
        date=entry.posting_date, text=", ".join(filter(None, said)), key=entry.number, of=of,
        parts=[*_reversals(uow, entry), *_lines(uow, entry)],
    )  # fmt: skip


def _lines(uow: UnitOfWork, entry: Entry) -> Iterator[TraceStep]:
    lines = sorted(uow.children(entry, Line), key=lambda line: line.position)
    accounts = uow.get_all(Account, {line.account_id for line in lines})
    for line in lines:
        account = accounts[line.account_id]
        money = line.amount if line.quantity is None else line.quantity
        worth = f"worth {line.base}" if line.base is not None and line.base.currency != money.currency else ""
        text = ", ".join(filter(None, [line.purpose, worth]))
        yield TraceStep(
            "line", line, f"{account.code} {account.name}".strip(), amount=money, text=text, line=line.position, unit=entry.unit_id
        )


def _reversals(uow: UnitOfWork, entry: Entry) -> Iterator[TraceStep]:
    if entry.reverses_id is not None:
        yield _other("reverses", uow.get(Entry, entry.reverses_id))
    after = uow.find(Entry, reverses_id=entry.id)
    if after is not None:
        yield _other("reversed by", after)


def _other(step: str, entry: Entry) -> TraceStep:
    return TraceStep(step, entry, entry.number, date=entry.posting_date, text=entry.text, key=entry.number)


# ---------------------------------------------------------------- the population


@hookimpl
def bo_audit_population(uow: UnitOfWork, query: PopulationQuery) -> Population:
    """The journal lines of a period, which must come to what moved in the trial balance."""
    accounts = _accounts(uow, query)
    books = layers(uow, query.book, query.company)
    columns: list[Any] = [
        Line.c.id.label("id"), Entry.c.number.label("name"), Line.c.position.label("place"), Line.c.posting_date.label("on"),
        Account.c.code.label("group"), Entry.c.text.label("text"), Line.c.base.label("amount"), VoucherRecord.c.key.label("voucher"),
    ]  # fmt: skip
    tables = (
        Line.c.id.table.join(Entry.c.id.table, Entry.c.id == Line.c.entry_id)
        .join(Account.c.id.table, Account.c.id == Line.c.account_id)
        .outerjoin(VoucherRecord.c.id.table, VoucherRecord.c.id == Entry.c.voucher_id)
    )
    items = sa.select(*columns).select_from(tables).where(Entry.c.company_id == query.company, Entry.c.book.in_(books))
    if query.since is not None:
        items = items.where(Line.c.posting_date >= query.since)
    if query.through is not None:
        items = items.where(Line.c.posting_date <= query.through)
    if accounts is not None:
        items = items.where(Line.c.account_id.in_(sorted(accounts)))
    return Population(
        name="accounting.lines", title="journal lines", entity="accounting_line", items=items,
        control=lambda: _movements(uow, query, accounts), control_name="the trial balance",
    )  # fmt: skip


def _movements(uow: UnitOfWork, query: PopulationQuery, accounts: set[int] | None) -> dict[str, tuple[int, int]]:
    """Account → debit and credit of the period, as the trial balance has them: from the roll-up, and what came after it."""
    rows = totals(uow, company=query.company, since=query.since, through=query.through, accounts=accounts, book=query.book)
    codes = {ident: code for ident, code in uow.rows(sa.select(Account.c.id, Account.c.code).where(Account.c.company_id == query.company))}
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        debit, credit = found.get(codes[row.account_id], (0, 0))
        found[codes[row.account_id]] = debit + int(row.base_debit or 0), credit + int(row.base_credit or 0)
    return found


def _accounts(uow: UnitOfWork, query: PopulationQuery) -> set[int] | None:
    """The ids of the accounts that are asked for, with all below them; None for all."""
    if not query.groups:
        return None
    c = Account.c
    chart = uow.rows(sa.select(c.id, c.code, c.parent_id).where(c.company_id == query.company))
    known = {row.code: row.id for row in chart}
    unknown = [code for code in query.groups if code not in known]
    if unknown:
        raise NotFound([no_account(code) for code in unknown])
    return with_those_below({known[code] for code in query.groups}, {row.id: row.parent_id for row in chart})
