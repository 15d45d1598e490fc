"""``journal-csv``: entries as a table that an accountant can make in a spreadsheet, one row a line.

The first row names the columns, in any order; only ``account`` and one of ``debit`` and ``credit`` must be there:

``entry``
    any name for the entry. Rows of one entry follow one another. Where it is empty, a row with a ``date`` begins an entry and rows
    without one continue it.
``date``, ``journal``, ``text``, ``reference``
    of the entry, in its first row; further down they may be empty or the same. ``date`` is written 2026-12-31. Without ``journal``
    it is the general journal, without ``reference`` the entry's name is kept in its place.
``account``, ``account_name``, ``account_kind``
    the code of an account; a new one is opened where its kind is given: asset, liability, equity, income or expense.
``debit``, ``credit``
    the amount, in one of the two.
``currency``
    of the amount; the company's where it is empty.
``quantity``, ``commodity``
    what moved, where it is counted in something else: 10 shares, negative where they leave.
``base``
    the amount in the company's currency, negative for a credit, where ``currency`` is another and a rate is known.
``nature``, ``book``
    of the entry, in its first row: opening, adjustment, revaluation or closing where it is not a normal one; and its adjustment book.

========== ==== ======= ======= ====== ======
date       text account debit   credit currency
========== ==== ======= ======= ====== ======
2026-01-31 Rent 6100    1200.00
_               1010            1200.00
========== ==== ======= ======= ====== ======

Parties, dimensions, due dates and tax facts have no column: they come with vouchers, not with a table.

All that is wrong comes at once, each with its line. Whether an entry balances is not known where one of its rows can't be read; its other
rows are checked like all rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date as Day
from decimal import Decimal
from typing import Any, Literal, TextIO

import attrs
import sqlalchemy as sa

from bocore import BocoreError, CsvWriter, Finding, Money, Refused, Severity, TextTable, UnitOfWork, Unread, exporter, importer
from bocore_accounting.checks import unbalanced
from bocore_accounting.model import Account, AccountKind, Entry, Line
from bocore_accounting.posting import journal as find_journal
from bocore_accounting.posting import post
from bocore_accounting.reports import _journal_lines
from bocore_accounting.rights import POST, READ, SETUP
from bocore_accounting.written import written_amount

BATCH = 2000
"""Entries that are held in memory at once."""


@attrs.frozen(kw_only=True)
class JournalRow:
    """One line of an entry, as the table has it."""

    entry: str = ""
    date: Day | None = None
    journal: str = ""
    text: str = ""
    reference: str = ""
    account: str
    account_name: str = ""
    account_kind: AccountKind | None = None
    debit: Decimal | None = None
    credit: Decimal | None = None
    currency: str = ""
    quantity: Decimal | None = None
    commodity: str = ""
    base: Decimal | None = None
    nature: Literal["normal", "opening", "adjustment", "revaluation", "closing"] = "normal"
    book: str = ""


Rows = list[tuple[int, JournalRow]]
"""Rows with their lines in the file."""


@attrs.define
class Group:
    """The rows of one entry."""

    name: str = ""
    rows: Rows = attrs.field(factory=list)
    unread: list[Unread] = attrs.field(factory=list)
    headed: bool = True
    """False where the row that begins the entry could not be read."""
    whole: bool = True
    """False where a row of it could not be read, or may have been: what it adds up to is not known."""
    begun: bool = False


# ---------------------------------------------------------------- in


@importer("accounting.journal-csv", permission=POST, suffix=".csv", row=JournalRow)
def load(uow: UnitOfWork, rows: Iterable[tuple[int, JournalRow]], *, journal: str = "GEN") -> Iterable[Finding]:
    """Post the entries of a table, one row a line (see the guide for its columns).

    :param journal: code of the journal of entries that name none.
    """
    reader = _Reader(uow, journal)
    for group in grouped(rows.everything() if isinstance(rows, TextTable) else rows):
        yield from reader.take(group)
        if len(reader.waiting) >= BATCH:
            yield from reader.write()
    yield from reader.write()


def grouped(rows: Iterable[tuple[int, JournalRow | Unread]]) -> Iterator[Group]:
    """The rows entry by entry: a new one begins with another name, or without a name with a date.

    A row that could not be read still says where an entry begins, by those of its cells that could. Where it says nothing at all, it may
    belong to the entry before it or to the one after it, so that neither is whole.
    """
    group, unsure = Group(), False
    for line, row in rows:
        if isinstance(row, Unread) and row.blank:
            group.whole, unsure = False, True
            continue
        name, dated = _head_of(row)
        if group.begun and (name != group.name if name else dated):
            yield group
            group = Group()
        if not group.begun:
            group.name, group.begun = name, True
            group.whole = not unsure
            group.headed = group.whole and not isinstance(row, Unread)
        unsure = False
        if isinstance(row, Unread):
            group.whole = False
            group.unread.append(row)
        else:
            group.rows.append((line, row))
    if group.begun:
        yield group


def _head_of(row: JournalRow | Unread) -> tuple[str, bool]:
    """What decides whether a row begins an entry: the entry's name, and whether something stands in the column of the date."""
    if isinstance(row, Unread):
        return row.values.get("entry", ""), "date" in row.wrong or row.values.get("date") is not None
    return row.entry, row.date is not None


class _Reader:
    """Makes entries of rows and posts them in batches; after an error it goes on, so that the books name what they refuse too."""

    def __init__(self, uow: UnitOfWork, journal: str) -> None:
        self.uow = uow
        self.journal = journal
        self.base = uow.company.currency
        self.accounts: dict[str, int] = {
            code: ident for code, ident in uow.rows(sa.select(Account.c.code, Account.c.id).where(Account.c.company_id == uow.company.id))
        }
        self.charted = bool(self.accounts)
        self.journals: dict[str, int] = {}
        self.waiting: list[tuple[Entry, list[Line]]] = []
        self.places: list[list[int]] = []

    def take(self, group: Group) -> Iterator[Finding]:
        """Check the rows of an entry, and let it wait to be posted."""
        findings = list(_check_head(group.rows)) if group.headed else []
        lines: list[Line] = []
        for unread in group.unread:
            self._foresee(unread.values)
        for at, row in group.rows:
            try:
                lines.append(self._line(row))
            except BocoreError as error:
                findings += [_placed(found, at) for found in error.findings]
        if not findings and group.whole:
            findings += self._check_balance(group.rows, lines)
        yield from findings
        if group.headed:
            yield from _lost(group.rows)
        if not findings and group.whole:
            self.waiting.append((self._entry(group.rows[0][1]), lines))
            self.places.append([at for at, _ in group.rows])

    def write(self) -> Iterator[Finding]:
        """Post what waits, and let go of it; what the books refuse is told by the line of the file."""
        waiting, self.waiting = self.waiting, []
        places, self.places = self.places, []
        if not waiting:
            return
        try:
            with self.uow.savepoint():
                post(self.uow, waiting)
                self.uow.flush(release=True)
        except Refused as refused:
            for found in refused.findings:
                entry, line = found.params.get("entry"), found.params.get("line", 1)
                yield _placed(found, places[entry - 1][line - 1]) if isinstance(entry, int) else found

    def _entry(self, first: JournalRow) -> Entry:
        code = first.journal or self.journal
        if code not in self.journals:
            self.journals[code] = find_journal(self.uow, code).id
        assert first.date is not None
        return Entry(
            journal_id=self.journals[code],
            posting_date=first.date,
            text=first.text,
            reference=first.reference or first.entry,
            nature=first.nature,
            book=first.book,
        )

    def _line(self, row: JournalRow) -> Line:
        base = None if row.base is None else written_amount(self.uow, row.base, self.base, "base")
        quantity = None if row.quantity is None else written_amount(self.uow, row.quantity, row.commodity, "quantity")
        return Line(account_id=self._account(row), amount=self._amount(row), base=base, quantity=quantity)

    def _amount(self, row: JournalRow) -> Money:
        currency = row.currency or self.base
        if row.debit is None and row.credit is None:
            raise _refused("amount", "The row has neither a debit nor a credit.", "debit", "Write the amount in one of the two columns.")
        if row.debit and row.credit:
            raise _refused("amount", "The row has a debit and a credit.", "credit", "Make two rows of it.")
        amount, field = (row.debit, "debit") if row.debit is not None and not row.credit else (row.credit, "credit")
        assert amount is not None
        if amount < 0:
            raise _refused("amount", f"The {field} {amount} is negative.", field, "Write it in the other column, without the sign.")
        money = written_amount(self.uow, amount, currency, field)
        return money if field == "debit" else -money

    def _account(self, row: JournalRow) -> int:
        code = row.account
        ident = self.accounts.get(code)
        if ident is None:
            if row.account_kind is None:
                how = "bo accounting open-account" if self.charted else "bo accounting setup-chart makes the standard chart"
                kinds = ", ".join(kind.value for kind in AccountKind)
                fix = f"Open it: {how}; or say in the column account_kind which of these it is: {kinds}."
                raise _refused("no_account", f"There is no account {code!r} in the chart.", "account", fix)
            ident = self._open(code, row.account_name, row.account_kind)
        return ident

    def _open(self, code: str, name: str, kind: AccountKind) -> int:
        self.uow.require(SETUP, f"open the account {code}")
        ident = self.accounts[code] = self.uow.add(Account(code=code, name=name or code, kind=kind)).id
        return ident

    def _foresee(self, values: Mapping[str, Any]) -> None:
        """Open the account that a row would have opened if it could be read, so that later rows are not blamed for it."""
        code, kind = values.get("account", ""), values.get("account_kind")
        if code and kind is not None and code not in self.accounts:
            self._open(code, values.get("account_name", ""), kind)

    def _check_balance(self, group: Rows, lines: list[Line]) -> Iterator[Finding]:
        amounts = [(0, line.amount.currency, line.amount.minor_units, self._in_base(line)) for line in lines]
        for difference in unbalanced(amounts):
            amount = Money.minor(difference.minor, self.uow.tokens[difference.token or self.base])
            side = "debit" if difference.minor > 0 else "credit"
            first, last = group[0][0], group[-1][0]
            rows = f"of lines {first} to {last}" if last > first else f"of line {first}"
            message = f"The entry {rows} does not balance: {abs(amount)} too much on the {side} side."
            fix = "Correct an amount, or add what is missing; rows of one entry must follow one another."
            yield Finding("accounting.unbalanced", message, first, fix=fix)

    def _in_base(self, line: Line) -> int | None:
        if line.base is not None:
            return line.base.minor_units
        return line.amount.minor_units if line.amount.currency == self.base else None


def _check_head(group: Rows) -> Iterator[Finding]:
    """What the entry is must stand in its first row, and nothing else below."""
    at, first = group[0]
    if first.date is None:
        yield Finding("accounting.date", "The entry has no date.", at, "date", "Fill it in, in the first row of the entry.")
    for line, row in group[1:]:
        for name in ("date", "journal", "nature", "book"):
            value = getattr(row, name)
            if value and value != "normal" and value != getattr(first, name):
                message = f"The {name} {value} is not that of line {at}, where the entry begins."
                fix = "Give the rows of another entry another name in the column entry."
                yield Finding("accounting.csv_entry", message, line, name, fix)


def _lost(group: Rows) -> Iterator[Finding]:
    first = group[0][1]
    for line, row in group[1:]:
        for name in ("text", "reference"):
            value = getattr(row, name)
            if value and value != getattr(first, name):
                message = f"The {name} {value!r} is not kept: an entry has one, that of its first row."
                fix = "Put it in the first row, or take it out."
                yield Finding("accounting.csv_text", message, line, name, fix, severity=Severity.WARNING)


def _refused(code: str, message: str, field: str, fix: str) -> Refused:
    return Refused([Finding(f"accounting.{code}", message, None, field, fix)])


def _placed(found: Finding, line: int) -> Finding:
    return Finding(found.code, found.message, line, found.field, found.fix, found.severity, **found.params)


# ---------------------------------------------------------------- out


@exporter("accounting.journal-csv", permission=READ, suffix=".csv")
def dump(uow: UnitOfWork, out: TextIO, *, since: Day | None = None, through: Day | None = None, book: str = "") -> None:
    """Write the entries of a period as the table that journal-csv reads, in the order of their numbers.

    :param since: the first day.
    :param through: the last day.
    :param book: an adjustment book, which is added to the common layer.
    """
    names = [field.name for field in attrs.fields(JournalRow)]
    writer = CsvWriter(out)
    writer.writerow(names)
    base = uow.company.currency
    for line in _journal_lines(uow, since, through, book=book):
        row = _written(uow.tokens, base, line)
        writer.writerow(row.get(name, "") for name in names)


def _written(tokens: Mapping[str, Any], base: str, line: Any) -> dict[str, object]:
    def number(minor: int | None, code: str | None) -> Decimal | None:
        return None if minor is None or code is None else Money.minor(minor, tokens[code]).amount

    return {
        "entry": line.number,
        "date": line.posting_date.isoformat(),
        "journal": line.journal,
        "text": line.text,
        "reference": line.reference,
        "account": line.account,
        "account_name": line.name,
        "account_kind": line.kind,
        "debit" if line.amount >= 0 else "credit": number(abs(line.amount), line.amount_currency),
        "currency": line.amount_currency,
        "quantity": number(line.quantity, line.quantity_currency),
        "commodity": line.quantity_currency or "",
        "base": number(line.base, line.base_currency) if line.amount_currency != base else "",
        "nature": "" if line.nature == "normal" else line.nature,
        "book": line.book,
    }
