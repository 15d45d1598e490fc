"""What the books refuse: entries that don't balance, closed days and accounts, wrong currencies. All findings come at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from bocore import Changes, Company, Finding, Money, UnitOfWork, VoucherRecord, concerns, hookimpl, locked_through, open_day, unknown_book
from bocore_accounting.account_rules import check_accounts
from bocore_accounting.model import RESULT, Account, Entry, FiscalYear, Line
from bocore_accounting.posting import base_currency
from bocore_accounting.years import FIRST_YEAR, LAST_YEAR


class Difference(NamedTuple):
    """An entry that does not balance: by how many minor units, and in which token; in base where that is None."""

    entry: int
    token: str | None
    minor: int


def unbalanced(lines: Iterable[tuple[int, str, int, int | None]]) -> list[Difference]:
    """The entries among these lines that don't balance, in order of appearance.

    An entry sums to zero in each token that its amounts are counted in, and in base when every line has a base amount; or in base alone
    where money of one kind was given for another at a known rate (a sale in dollars paid in euros).

    :param lines: of each line the entry, token, amount and base amount (or None), both in minor units.
    """
    sums: dict[tuple[int, str], int] = {}
    bases: dict[int, int | None] = {}
    have, base_of = sums.get, bases.get
    for entry, token, amount, base in lines:
        key = entry, token
        sums[key] = have(key, 0) + amount
        total = base_of(entry, 0)
        bases[entry] = None if base is None or total is None else total + base
    found = [Difference(entry, token, minor) for (entry, token), minor in sums.items() if minor]
    if found:
        several = _in_several_tokens(sums)
        found = [d for d in found if bases[d.entry] is None or d.entry not in several]
    said = {difference.entry for difference in found}
    return found + [Difference(entry, None, minor) for entry, minor in bases.items() if minor and entry not in said]


def _in_several_tokens(sums: Iterable[tuple[int, str]]) -> set[int]:
    seen: set[int] = set()
    several: set[int] = set()
    for entry, _ in sums:
        (several if entry in seen else seen).add(entry)
    return several


# ---------------------------------------------------------------- the hook


@hookimpl
@concerns(Account, Entry, FiscalYear, Line)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse what would spoil the books, each with its reason and its place."""
    findings: list[Finding] = []
    if changes.touch(Account, FiscalYear):
        findings += [*_check_years(uow, changes), *check_accounts(uow, changes)]
    entries, lines = changes.added(Entry), changes.added(Line)
    if entries or lines:
        findings += _Batch(uow, entries, lines).findings()
    return findings


class _Batch:
    """The entries and lines of one validation. What is checked for each line is kept to a few look-ups; places are found when needed."""

    def __init__(self, uow: UnitOfWork, entries: list[Entry], lines: list[Line]) -> None:
        self.uow = uow
        self.entries = entries
        self.lines = lines
        self.by_id = {entry.id: entry for entry in entries}
        self.with_lines: set[int] = set()
        self.companies = {entry.company_id for entry in entries}

    def findings(self) -> list[Finding]:
        doubtful, used, odd, strays = self._read()
        found = [*self._check_entries(), *self._check_books(), *self._check_days()]
        if strays or odd or doubtful:
            found += [self._stray(line) for line in strays]
            found += [f for line in odd for f in self._check_line(line)]
            found += [self._difference(difference) for difference in unbalanced(map(_plain, doubtful))]
        found += self._check_accounts(used)
        return found

    def _read(self) -> tuple[list[Line], set[tuple[int, date, str]], list[Line], list[Line]]:
        """One pass over the lines: those of entries whose balance needs a closer look, the distinct uses of accounts, lines to look at
        closely themselves, and lines of older entries.

        An entry in one currency, the company's, that sums to zero needs no closer look, and that is nearly every one.
        """
        doubtful: list[Line] = []
        used: set[tuple[int, date, str]] = set()
        odd: list[Line] = []
        strays: list[Line] = []
        mine: list[Line] = []
        total, token, plain, scattered = 0, None, True, False
        use, by_id, seen, last, day = used.add, self.by_id, self.with_lines, 0, date.min
        for line in self.lines:
            ident, amount, base, quantity, on = line.entry_id, line.amount, line.base, line.quantity, line.posting_date
            if ident != last:
                if total or not plain:
                    doubtful += mine
                mine, total, token, plain, last = [], 0, amount.token, True, ident
                entry = by_id.get(ident)
                if entry is None:
                    strays.append(line)
                    last = 0
                    continue
                scattered = scattered or ident in seen
                day = entry.posting_date
                seen.add(ident)
            mine.append(line)
            total += amount.minor_units
            if base is not amount:
                plain = False
                odd.append(line)
            elif amount.token is not token:
                plain = False
            use((line.account_id, on, (amount if quantity is None else quantity).token.code))
            if (on is not day and on != day) or line.service_to is not None or line.service_from is not None:
                odd.append(line)
        if total or not plain:
            doubtful += mine
        if scattered:  # an entry whose lines stand apart is judged as a whole, so all are
            doubtful = [line for line in self.lines if line.entry_id in by_id]
        return doubtful, used, odd, strays

    # -- places

    @cached_property
    def _numbers(self) -> dict[int, int]:
        return {entry.id: number for number, entry in enumerate(self.entries, 1)}

    def _at(self, line: Line) -> tuple[str, dict[str, Any]]:
        entry = self.by_id.get(line.entry_id)
        if entry is None:
            return f"line {line.position}", {"line": line.position}
        number = self._numbers[entry.id]
        return f"entry {number}, line {line.position}", {"entry": number, "line": line.position}

    # -- one kind of check each

    def _check_entries(self) -> Iterable[Finding]:
        for number, entry in enumerate(self.entries, 1):
            if entry.id not in self.with_lines:
                fix = "Post it with two lines or more: post(uow, [(entry, lines)])."
                yield Finding("accounting.no_lines", "The entry has no lines.", f"entry {number}", fix=fix, entry=number)
            if not entry.fiscal_year:
                message, fix = "The entry has no fiscal year.", "Post entries through bocore_accounting.post, which sets it."
                yield Finding("accounting.fiscal_year", message, f"entry {number}", "fiscal_year", fix, entry=number)

    def _check_books(self) -> Iterable[Finding]:
        said: set[tuple[int, str]] = set()
        for number, entry in enumerate(self.entries, 1):
            if entry.book and (entry.company_id, entry.book) not in said:
                said.add((entry.company_id, entry.book))
                wrong = unknown_book(self.uow, entry.company_id, entry.book, f"entry {number}")
                if wrong is not None:
                    yield Finding(wrong.code, wrong.message, wrong.at, wrong.field, wrong.fix, entry=number)

    def _check_days(self) -> Iterable[Finding]:
        locks = {company: locked_through(self.uow, company, "ledger") for company in self.companies}
        open_days: set[tuple[int, date]] = set()
        for number, entry in enumerate(self.entries, 1):
            day, company = entry.posting_date, entry.company_id
            if (company, day) in open_days:
                continue
            through, absurd = locks.get(company), not FIRST_YEAR <= day.year <= LAST_YEAR
            if not absurd and (through is None or day > through):
                open_days.add((company, day))
                continue
            if absurd:
                message = f"The posting date {day} can't be meant."
                fix = f"Give a day of the years {FIRST_YEAR} to {LAST_YEAR}."
                yield Finding("accounting.date", message, f"entry {number}", "posting_date", fix, entry=number)
            if through is not None and day <= through and not self._decided(entry) and not self._excepted(entry):
                message = f"The posting date {day} is in a closed period: the ledger is locked through {through}."
                fix = "Post on a later day, or have an exception granted: bo period allow."
                yield Finding("accounting.locked", message, f"entry {number}", "posting_date", fix, entry=number)

    def _decided(self, entry: Entry) -> bool:
        """True for the entry of a voucher on the voucher's day: the core decided on the day when it was posted, and it may be replayed."""
        if entry.voucher_id is None:
            return False
        record = self.uow.get_all(VoucherRecord, [entry.voucher_id]).get(entry.voucher_id)
        return record is not None and record.posting_date == entry.posting_date and record.company_id == entry.company_id

    def _excepted(self, entry: Entry) -> bool:
        """True where the actor may post on that closed day, by an exception."""
        company = self.uow.get(Company, entry.company_id)
        return open_day(self.uow, "ledger", entry.posting_date, company=company).exception is not None

    def _stray(self, line: Line) -> Finding:
        message = f"Entry {line.entry_id} was written before: it takes no more lines."
        return Finding("accounting.written", message, *self._place(line, "entry_id"), "Post a new entry, or reverse that one.")

    def _place(self, line: Line, field: str) -> tuple[str, str]:
        return self._at(line)[0], field

    def _check_line(self, line: Line) -> Iterable[Finding]:
        entry, (at, place) = self.by_id[line.entry_id], self._at(line)
        expected = base_currency(self.uow, entry.company_id)
        if line.base is not None and line.base.currency != expected:
            message = f"The base amount is in {line.base.currency}, the company's currency is {expected}."
            yield Finding("accounting.base", message, at, "base", f"Convert it to {expected}, or leave it out.", **place)
        elif line.base is not None and line.amount.currency == expected and line.base != line.amount:
            message = f"The base amount {line.base} differs from the amount {line.amount}, which is in the company's currency."
            yield Finding("accounting.base", message, at, "base", "Leave it out; it follows from the amount.", **place)
        if line.posting_date != entry.posting_date:
            message = f"The line is dated {line.posting_date}, its entry {entry.posting_date}."
            yield Finding("accounting.line_date", message, at, "posting_date", "Post through bocore_accounting.post.", **place)
        if line.service_from is not None and line.service_to is not None and line.service_to < line.service_from:
            message = f"The service ends on {line.service_to}, before it begins on {line.service_from}."
            yield Finding("accounting.service", message, at, "service_to", "Exchange the two dates.", **place)

    def _difference(self, difference: Difference) -> Finding:
        entry = self.by_id[difference.entry]
        number = self._numbers[entry.id]
        token = self.uow.tokens[difference.token or base_currency(self.uow, entry.company_id)]
        amount = Money.minor(difference.minor, token)
        side = "debit" if difference.minor > 0 else "credit"
        where = " in the company's currency" if difference.token is None else ""
        message = f"The entry does not balance{where}: {abs(amount)} too much on the {side} side."
        said: dict[str, Any] = {"entry": number, "token": token.code, "difference": str(amount.amount)}
        fix = "Correct an amount, or add the line that is missing."
        return Finding("accounting.unbalanced", message, f"entry {number}", fix=fix, **said)

    def _closes(self, line: Line) -> bool:
        """True where the year's result is taken off an account, which must be possible whatever became of the account meanwhile."""
        if self.by_id[line.entry_id].nature != "closing":
            return False
        account = self.uow.get_all(Account, [line.account_id]).get(line.account_id)
        return account is not None and account.kind in RESULT

    def _check_accounts(self, used: set[tuple[int, date, str]]) -> list[Finding]:
        accounts = _facts(self.uow, used)
        bad = {}
        for use in used:
            account = accounts.get(use[0])
            if account is None or account.limited:
                reason = _objection(account, *use)
                if reason is not None:
                    bad[use] = reason
        if not bad:
            return []
        found = []
        for line in self.lines:
            code = (line.amount if line.quantity is None else line.quantity).currency
            reason = bad.get((line.account_id, line.posting_date, code))
            if reason is not None and line.entry_id in self.by_id and not self._closes(line):
                at, place = self._at(line)
                found.append(Finding(f"accounting.{reason[0]}", reason[1], at, "account_id", reason[2], **place))
        return found


def _plain(line: Line) -> tuple[int, str, int, int | None]:
    return line.entry_id, line.amount.currency, line.amount.minor_units, None if line.base is None else line.base.minor_units


class _Facts(NamedTuple):
    """What decides whether an account takes a line."""

    code: str
    name: str
    postable: bool
    opened: date | None
    closed: date | None
    currencies: tuple[str, ...]
    limited: bool
    """False for an account that takes any line, as most do."""


def _facts(uow: UnitOfWork, used: Iterable[tuple[int, date, str]]) -> Mapping[int, _Facts]:
    memory: dict[int, _Facts] = uow.memory("accounting.accounts", Account)
    missing = [use[0] for use in used if use[0] not in memory]
    if missing:
        for row in uow.get_all(Account, set(missing)).values():
            limited = not row.postable or row.opened is not None or row.closed is not None or bool(row.currencies)
            memory[row.id] = _Facts(row.code, row.name, row.postable, row.opened, row.closed, tuple(row.currencies), limited)
    return memory


def _objection(account: _Facts | None, ident: int, day: date, currency: str) -> tuple[str, str, str] | None:
    """Why an account does not take a line of that day in that currency: code, message, remedy; None where it does."""
    if account is None:
        return "no_account", f"There is no account with the id {ident}.", "Look it up by its code: account_ids(uow, codes)."
    name = f"{account.code} {account.name}".strip()
    if not account.postable:
        return "not_postable", f"{name} only groups other accounts.", "Post to one of the accounts below it."
    if account.opened is not None and day < account.opened:
        return "not_open_yet", f"{name} is open from {account.opened} only, the line is of {day}.", "Use another account, or a later date."
    if account.closed is not None and day >= account.closed:
        return "account_closed", f"{name} is closed since {account.closed}, the line is of {day}.", "Use another account."
    if account.currencies and currency not in account.currencies:
        takes = ", ".join(account.currencies)
        return "wrong_currency", f"{name} takes {takes} only, the line is in {currency}.", f"Use an account that takes {currency}."
    return None


def _check_years(uow: UnitOfWork, changes: Changes) -> list[Finding]:
    """Fiscal years run forward and do not overlap."""
    rows = [*changes.added(FiscalYear), *(change.entity for change in changes.updated(FiscalYear))]
    findings = []
    for row in rows:
        if row.end < row.start:
            message = f"The fiscal year {row.code} ends on {row.end}, before it begins on {row.start}."
            findings.append(Finding("accounting.fiscal_year", message, row, "end", "Exchange the two dates."))
            continue
        others: Mapping[int, FiscalYear] = {other.id: other for other in uow.select(FiscalYear, company_id=row.company_id)}
        for other in others.values():
            if other is not row and other.start <= row.end and row.start <= other.end:
                message = f"The fiscal year {row.code} overlaps {other.code}, which runs from {other.start} to {other.end}."
                findings.append(Finding("accounting.fiscal_year", message, row, "start", "A day belongs to one fiscal year."))
    return findings
