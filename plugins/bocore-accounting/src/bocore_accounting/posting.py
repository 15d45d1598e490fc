"""Posting: entries and their lines go into the books through ``post``, and are taken back by ``reverse_entry``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from bocore import Company, Finding, Money, NotFound, Refused, UnitOfWork, first_open_day, locked_through, note_late, open_day
from bocore_accounting.model import Account, Entry, Journal, Line
from bocore_accounting.years import declared_years


def post(uow: UnitOfWork, entries: Iterable[tuple[Entry, Sequence[Line]]]) -> list[Entry]:
    """Post journal entries, each with its lines; the books refuse at commit what does not balance.

    Sets what entries and lines have in common: ``entry_id``, ``position`` (from 1), ``posting_date``, ``fiscal_year``, and ``base`` where
    the amount is in the company's currency. Debit is positive, credit negative. Made for batches: pass all entries at once.

    :raises Refused: a posting date that is no date; everything else is found at commit (or flush), all of it at once.
    """
    batch = list(entries)
    if not batch:
        return []
    posted = [entry for entry, _ in batch]
    uow.add_all(posted)
    _set_fiscal_years(uow, posted)
    _note_late(uow, posted)
    rows: list[Line] = []
    company, currency, token = None, "", None
    for entry, lines in batch:
        ident, day = entry.id, entry.posting_date
        if entry.company_id != company:
            company, token = entry.company_id, None
            currency = base_currency(uow, company)
        for position, line in enumerate(lines, 1):
            line.entry_id = ident
            line.position = position
            line.posting_date = day
            if line.base is None:
                amount = line.amount
                if type(amount) is Money:  # what is none is refused at commit, by the check of the field
                    if token is None and amount.token.code == currency:
                        token = amount.token
                    if amount.token is token or amount.token.code == currency:
                        line.base = amount
        rows += lines
    uow.add_all(rows)
    return posted


def account_ids(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, int]:
    """Code → id of accounts of the unit's company.

    :raises NotFound: names every code that the chart does not have.
    """
    wanted = set(codes)
    memory = uow.memory("accounting.codes", Account)
    chart: dict[str, int] | None = memory.get(uow.company.id)
    if chart is None:
        chart = memory[uow.company.id] = dict(uow.rows(_chart(uow)))
    found = {code: chart[code] for code in wanted & chart.keys()}
    missing = sorted(wanted - found.keys())
    if missing:
        raise NotFound([no_account(code) for code in missing])
    return found


def no_account(code: str, at: object = None) -> Finding:
    """The finding for an account that the chart does not have."""
    return Finding("accounting.no_account", f"There is no account {code!r} in the chart.", at, fix="Open it: bo accounting open-account.")


def journal(uow: UnitOfWork, code: str, name: str = "", *, company: int | None = None) -> Journal:
    """The journal with that code of a company (the unit's, unless told), made where it is new."""
    owner = uow.company.id if company is None else company
    found = uow.find(Journal, company_id=owner, code=code)
    if found is None:
        uow.hold(f"accounting.journal {owner} {code}")  # somebody else may be posting the first entry too
        found = uow.find(Journal, company_id=owner, code=code)
    return found or uow.add(Journal(company_id=owner, code=code, name=name or JOURNALS.get(code, code)))


def journal_id(uow: UnitOfWork, code: str, company: int) -> int:
    """The id of a journal of a company, made where it is new."""
    memory = uow.memory("accounting.journals", Journal)
    ident: int | None = memory.get((company, code))
    if ident is None:
        found = uow.find(Journal, company_id=company, code=code)
        if found is None:
            return journal(uow, code, company=company).id
        ident = memory[company, code] = found.id
    return ident


JOURNALS: Mapping[str, str] = {"GEN": "General journal", "OPEN": "Opening balances", "CLOSE": "Closing entries", "REVAL": "Revaluations"}


def reverse_entry(uow: UnitOfWork, entry: Entry, reason: str, date: date | None = None) -> Entry:
    """Take an entry back by its mirror, once: on the original date if that is open, else on the first open day.

    :raises Refused: it was reversed before, or came from a voucher, which is reversed as a whole: ``uow.reverse``.
    """
    before = uow.find(Entry, reverses_id=entry.id)
    if before is not None:
        fix = "Post a new entry if it is to count again."
        raise Refused([Finding("accounting.reversed", f"This entry was reversed by {_name(before)} already.", entry, fix=fix)])
    if entry.voucher_id is not None:
        fix = "Reverse the voucher, so that open items, stock and taxes follow: uow.reverse(key, reason)."
        raise Refused([Finding("accounting.from_voucher", "This entry was made from a voucher.", entry, fix=fix)])
    if entry.nature == "closing" and date != entry.posting_date:
        fix = "Open the year again: bo accounting reopen-year; or post the adjustment, and close the year again."
        raise Refused([Finding("accounting.closing_entry", "A closing entry is taken back on its own day or not at all.", entry, fix=fix)])
    day = date or first_open_day(uow, entry.company_id, entry.posting_date)
    mirror = Entry(
        company_id=entry.company_id,
        journal_id=entry.journal_id,
        posting_date=day,
        document_date=entry.document_date,
        text=f"Reversal: {reason}"[:1000],
        reference=entry.reference,
        nature=entry.nature,
        book=entry.book,
        reverses_id=entry.id,
    )
    lines = sorted(uow.children(entry, Line), key=lambda line: line.position)
    return post(uow, [(mirror, [_mirrored(line) for line in lines])])[0]


def _mirrored(line: Line) -> Line:
    return Line(
        account_id=line.account_id,
        amount=-line.amount,
        base=None if line.base is None else -line.base,
        quantity=None if line.quantity is None else -line.quantity,
        purpose=line.purpose,
        party_id=line.party_id,
        dims_id=line.dims_id,
        partner_id=line.partner_id,
        due=line.due,
        tax=None if line.tax is None else mirrored_tax(line.tax),
        service_from=line.service_from,
        service_to=line.service_to,
    )


def mirrored_tax(tax: Mapping[str, Any]) -> dict[str, Any]:
    """A tax fact with base and tax of the opposite sign; both are ``[minor units, code]``."""
    return {name: [-value[0], *value[1:]] if name in ("base", "tax") and value else value for name, value in tax.items()}


def base_currency(uow: UnitOfWork, company: int) -> str:
    """The currency in which a company keeps its books."""
    memory = uow.memory("accounting.currency", Company)
    if company not in memory:
        memory[company] = uow.get(Company, company).currency
    currency: str = memory[company]
    return currency


def _chart(uow: UnitOfWork) -> Any:
    from sqlalchemy import select

    return select(Account.c.code, Account.c.id).where(Account.c.company_id == uow.company.id)


def _set_fiscal_years(uow: UnitOfWork, entries: Sequence[Entry]) -> None:
    """The fiscal year of each posting date: that of the company's row which covers it, else the calendar year."""
    known: dict[tuple[int, date], int] = {}
    findings: list[Finding] = []
    for number, entry in enumerate(entries, 1):
        day = entry.posting_date
        company = entry.company_id
        year = known.get((company, day))
        if year is None:
            if type(day) is not date:
                findings.append(_no_date(day, number))
                continue
            year = day.year
            for declared in declared_years(uow, company):
                if declared.start <= day <= declared.end:
                    year = declared.code
            known[company, day] = year
        entry.fiscal_year = year
    if findings:
        raise Refused(findings)


def _note_late(uow: UnitOfWork, entries: Sequence[Entry]) -> None:
    """Keep which entries are posted on closed days under an exception; vouchers have been looked at by the core."""
    for company in {entry.company_id for entry in entries}:
        through = locked_through(uow, company)
        if through is None:
            continue
        for entry in entries:
            if entry.company_id == company and entry.posting_date <= through and entry.voucher_id is None:
                warning = note_late(uow, open_day(uow, "ledger", entry.posting_date, company=uow.get(Company, company)), entry)
                if warning is not None:
                    uow.warn(warning)


def _no_date(day: object, number: int) -> Finding:
    message = f"The posting date {day!r} is no date."
    return Finding("accounting.no_date", message, f"entry {number}", "posting_date", "Give a datetime.date that exists.", entry=number)


def _name(entry: Entry) -> str:
    return entry.number if hasattr(entry, "number") else f"an entry of {entry.posting_date}"
