"""The reports of the books: trial balance, general ledger, journal; as of any day, of any period, for the unit's company."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import attrs
import sqlalchemy as sa

from bocore import Drill, Money, NotFound, UnitOfWork, layers, report
from bocore_accounting.balances import entries_on, totals, with_dims
from bocore_accounting.chart import cash_accounts, with_those_below
from bocore_accounting.model import Account, Entry, Journal, Line
from bocore_accounting.posting import no_account
from bocore_accounting.rights import READ
from bocore_accounting.statements.figures import CLOSING, Currency, Selection, selection, warn_unvalued
from bocore_accounting.statements.spans import Span

OF_ACCOUNT, OF_ENTRY, OF_JOURNAL = {"drill": Account}, {"drill": Drill("accounting.trace", of="entry")}, {"drill": Journal}
"""Where a value leads to."""


# ---------------------------------------------------------------- trial balance

_LINES = {"drill": Drill("accounting.general-ledger", account="account", alone="_alone", currency="currency", through="as_of")}


@attrs.frozen
class TrialBalanceRow:
    """An account in one currency or commodity. ``value`` is what a commodity stands in the books for, where that is in one currency."""

    account: str = attrs.field(metadata=OF_ACCOUNT)
    name: str
    currency: str
    debit: Decimal = attrs.field(metadata=_LINES)
    credit: Decimal = attrs.field(metadata=_LINES)
    balance: Decimal = attrs.field(metadata=_LINES)
    value: Decimal | None = attrs.field(metadata=_LINES)
    value_currency: str
    _alone: bool = True


@report("accounting.trial-balance", permission=READ)
def trial_balance(
    uow: UnitOfWork,
    *,
    as_of: date | None = None,
    since: date | None = None,
    zero: bool = False,
    book: str = "",
    dim: Sequence[str] = (),
    currency: Currency = "own",
) -> Iterable[TrialBalanceRow]:
    """List each account with its turnovers and balance, by currency or commodity.

    Debit and credit are the turnovers from ``since`` through ``as_of``, the balance is their difference. Shares and the like are counted in
    themselves, as they are written in the entry; money in its currency. Of entries that close a year the difference counts, so that a year
    that was closed and opened again has the turnovers that it had.

    :param as_of: the last day; all that is posted without one.
    :param since: the first day; from the beginning without one.
    :param zero: with the accounts whose balance is zero, and those that nothing was posted to.
    :param book: an adjustment book, which is added to the common layer.
    :param dim: only lines with this dimension, as axis=value; axis= for those without a value.
    :param currency: each amount in its own currency, or all in the company's as they stand in the books (base).
    """
    chosen = selection(uow, book, dim, currency)
    accounts = uow.rows(
        sa.select(Account.c.id, Account.c.code, Account.c.name, Account.c.postable)
        .where(Account.c.company_id == uow.company.id)
        .order_by(Account.c.code)
    )
    moved: dict[int, dict[str, _Sum]] = {}
    by = ["nature", "valued"] if chosen.base else ["nature"]
    for row in totals(uow, company=uow.company, through=as_of, since=since, book=book, dims=chosen.dims, by=by):
        units, own = moved.setdefault(row.account_id, {}), chosen.base and row.valued
        units.setdefault(uow.company.currency if own else row.commodity or row.currency, _Sum()).add(row, own=own)
    figures = [{(ident, unit): total.debit - total.credit for unit, total in units.items()} for ident, units in moved.items()]
    warn_unvalued(uow, chosen, figures)
    for ident, code, name, postable in accounts:
        units = {unit: total.netted() for unit, total in moved.get(ident, {}).items() if total.moved or total.closed}
        if not units and postable:
            units = {uow.company.currency: _Sum()}
        for unit in sorted(units):
            total = units[unit]
            if zero or total.debit != total.credit:
                yield _balance_row(uow, code, name, unit, total)


@attrs.define
class _Sum:
    """Turnovers in one unit, and the amounts in money of those lines that count a commodity."""

    debit: int = 0
    credit: int = 0
    values: dict[str, int] = attrs.field(factory=dict)
    closed: int = 0
    """What closing entries brought, debit less credit."""
    moved: bool = False
    """Whether anything but closing entries was posted."""

    def add(self, row: Any, *, own: bool) -> None:
        """Count a row of sums; ``own`` as it stands in the books, in the company's currency."""
        kind = "base_" if own else "quantity_" if row.commodity else ""
        debit, credit = int(getattr(row, f"{kind}debit")), int(getattr(row, f"{kind}credit"))
        if row.nature == CLOSING:
            self.closed += debit - credit
        else:
            self.debit, self.credit, self.moved = self.debit + debit, self.credit + credit, True
        if row.commodity and not own:
            self.values[row.currency] = self.values.get(row.currency, 0) + int(row.debit) - int(row.credit)

    def netted(self) -> _Sum:
        """With what was closed on the side where it is."""
        return attrs.evolve(self, debit=self.debit + max(self.closed, 0), credit=self.credit + max(-self.closed, 0), closed=0)


def _balance_row(uow: UnitOfWork, code: str, name: str, unit: str, total: _Sum) -> TrialBalanceRow:
    value, value_currency = None, ""
    if len(total.values) == 1:
        ((value_currency, minor),) = total.values.items()
        value = _amount(uow, minor, value_currency)
    return TrialBalanceRow(
        account=code,
        name=name,
        currency=unit,
        debit=_amount(uow, total.debit, unit),
        credit=_amount(uow, total.credit, unit),
        balance=_amount(uow, total.debit - total.credit, unit),
        value=value,
        value_currency=value_currency,
    )


def _amount(uow: UnitOfWork, minor: int, unit: str) -> Decimal:
    return Money.minor(minor, uow.tokens[unit]).amount


# ---------------------------------------------------------------- general ledger


@attrs.frozen
class LedgerRow:
    """A line of an account with the balance after it; the first of an account and currency is its opening balance."""

    account: str = attrs.field(metadata=OF_ACCOUNT)
    name: str
    date: date | None
    entry: str = attrs.field(metadata=OF_ENTRY)
    text: str
    contra: list[str]
    currency: str
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal
    reference: str


Kind = Literal["asset", "liability", "equity", "income", "expense", "unknown", "result", "owners", "claims", "cash"]
"""Kinds of account, several kinds together, and those whose changes are cash flows."""

SEVERAL = {
    "result": ("income", "expense"),
    "owners": ("equity", "income", "expense"),
    "claims": ("liability", "equity", "income", "expense"),
}
"""What makes the result, what is the owners', and what everybody has a claim to."""

Nature = Literal["normal", "opening", "adjustment", "revaluation", "closing"]


@report("accounting.general-ledger", permission=READ)
def general_ledger(
    uow: UnitOfWork,
    *,
    account: str = "",
    since: date | None = None,
    through: date | None = None,
    book: str = "",
    dim: Sequence[str] = (),
    kind: Kind | None = None,
    currency: str = "",
    alone: bool = False,
    without: Sequence[Nature] = (),
    beside: Kind | None = None,
) -> Iterable[LedgerRow]:
    """List what was posted to each account, line by line, with the balance before the period and after each line.

    :param account: its code; of one that groups others, all below it. All accounts without one.
    :param since: the first day; what was before is the opening balance.
    :param through: the last day.
    :param book: an adjustment book, which is added to the common layer.
    :param dim: only lines with this dimension, as axis=value; axis= for those without a value.
    :param kind: only accounts of a kind; result for income and expense, owners for these and equity, claims for these and liability, cash
        for those whose changes are cash flows.
    :param currency: only what is counted in this currency or commodity; base for all that has an amount in the company's, in that amount.
    :param alone: the account without those below it.
    :param without: without the period's entries of this nature, such as closing; the opening balance has them all.
    :param beside: only lines of other accounts in the entries that have a line on an account of this kind; no opening balance.
    """
    others = set(_chart(uow, "", False, beside)) if beside else None
    accounts = {ident: place for ident, place in _chart(uow, account, alone, kind).items() if ident not in (others or ())}
    some = bool(account or kind or beside)
    base, own = currency == "base", uow.company.currency
    chosen = _Lines(uow, accounts, some, since, through, selection(uow, book, dim, "base" if base else "own"), without, others)
    wanted = own if base else currency
    opening = chosen.opening()
    lines = chosen.read()
    contra = _contra(chosen, lines)
    by_account: dict[int, list[Any]] = {}
    for line in lines:
        by_account.setdefault(line.account_id, []).append(line)
    for ident, (code, name) in chosen.accounts.items():
        balances = dict(opening.get(ident, {}))
        for unit in sorted(balances):
            if balances[unit] and wanted in ("", unit):
                amount = _amount(uow, balances[unit], unit)
                yield LedgerRow(code, name, since, "", "Opening balance", [], unit, None, None, amount, "")
        for line in by_account.get(ident, ()):
            minor, unit = (line.amount, line.amount_currency) if line.quantity is None else (line.quantity, line.quantity_currency)
            if base and line.base is not None:
                minor, unit = line.base, own
            if wanted not in ("", unit):
                continue
            balances[unit] = balances.get(unit, 0) + minor
            debit, credit = _sides(uow, minor, unit)
            against = [other for other in contra[line.entry_id] if other != code]
            yield LedgerRow(
                code, name, line.posting_date, line.number, line.text, against, unit, debit, credit, _amount(uow, balances[unit], unit),
                line.reference,
            )  # fmt: skip


@attrs.frozen
class _Lines:
    """Which lines a ledger shows."""

    uow: UnitOfWork
    accounts: Mapping[int, tuple[str, str]]
    some: bool
    since: date | None
    through: date | None
    chosen: Selection
    without: Sequence[str]
    beside: Collection[int] | None

    def opening(self) -> dict[int, dict[str, int]]:
        """Account → unit → what it had before the first day."""
        found: dict[int, dict[str, int]] = {}
        if self.since is not None and self.beside is None:
            before = Span(None, self.since - timedelta(1))
            figures = self.chosen.figures(self.uow, before, accounts=self.accounts if self.some else None)
            for (account, unit), minor in figures.items():
                found.setdefault(account, {})[unit] = minor
        return found

    def read(self) -> Sequence[Any]:
        """The lines, account by account in the order of their days."""
        of_entry = Entry.c.number, Entry.c.text, Entry.c.reference
        statement = self.narrowed(sa.select(Line.c.account_id, Line.c.posting_date, Line.c.entry_id, *_counted(), Line.c.base, *of_entry))
        statement = with_dims(self.uow, statement, self.chosen.dims)
        if self.beside is not None:
            statement = statement.where(Line.c.entry_id.in_(entries_on(self.beside, self.since, self.through)))
        if self.some:
            statement = statement.where(Line.c.account_id.in_(sorted(self.accounts)))
        return self.uow.rows(statement.order_by(Line.c.account_id, Line.c.posting_date, *_in_number_order(), Line.c.position))

    def narrowed(self, statement: Any) -> Any:
        """A select of lines, narrowed to the entries that count."""
        statement = _narrowed(self.uow, statement, self.since, self.through, self.chosen.book)
        return statement.where(Entry.c.nature.not_in(sorted(self.without))) if self.without else statement


def _sides(uow: UnitOfWork, minor: int, unit: str) -> tuple[Decimal | None, Decimal | None]:
    """An amount in the debit or in the credit column."""
    return (_amount(uow, minor, unit), None) if minor >= 0 else (None, _amount(uow, -minor, unit))


def _chart(uow: UnitOfWork, wanted: str, alone: bool, kind: str | None) -> dict[int, tuple[str, str]]:
    """id → code and name of the accounts to show, in their order: all, or one with those below it, or those of a kind."""
    rows = uow.rows(
        sa.select(Account.c.id, Account.c.code, Account.c.name, Account.c.parent_id, Account.c.kind)
        .where(Account.c.company_id == uow.company.id)
        .order_by(Account.c.code)
    )
    chosen = {row.id for row in rows if not wanted or row.code == wanted}
    if not chosen and wanted:
        raise NotFound([no_account(wanted)])
    if wanted and not alone:
        chosen = with_those_below(chosen, {row.id: row.parent_id for row in rows})
    if kind == "cash":
        chosen &= cash_accounts(uow)
    elif kind is not None:
        chosen &= {row.id for row in rows if row.kind in SEVERAL.get(kind, (kind,))}
    return {row.id: (row.code, row.name) for row in rows if row.id in chosen}


def _narrowed(uow: UnitOfWork, statement: Any, since: date | None, through: date | None, book: str) -> Any:
    statement = statement.where(Line.c.entry_id == Entry.c.id, Entry.c.company_id == uow.company.id, Entry.c.book.in_(layers(uow, book)))
    if since is not None:
        statement = statement.where(Line.c.posting_date >= since, Entry.c.posting_date >= since)
    if through is not None:
        statement = statement.where(Line.c.posting_date <= through, Entry.c.posting_date <= through)
    return statement


def _counted() -> list[Any]:
    return [Line.c.amount, Line.c.amount_currency, Line.c.quantity, Line.c.quantity_currency]


def _in_number_order() -> list[Any]:
    # 99999 comes before 100000, which text would not know.
    return [sa.func.length(Entry.c.number), Entry.c.number]


def _contra(chosen: _Lines, lines: Sequence[Any]) -> Mapping[int, list[str]]:
    """Entry → codes of all its accounts, in the order of its lines."""
    if not lines:
        return {}
    statement = chosen.narrowed(sa.select(Line.c.entry_id, Account.c.code).where(Account.c.id == Line.c.account_id))
    if chosen.some:
        mine = sa.select(Line.c.entry_id).where(Line.c.account_id.in_(sorted(chosen.accounts))).correlate(None)
        statement = statement.where(Line.c.entry_id.in_(mine))
    codes: dict[int, dict[str, None]] = {}
    for entry, code in chosen.uow.rows(statement.order_by(Line.c.entry_id, Line.c.position)):
        codes.setdefault(entry, {})[code] = None
    return {entry: list(names) for entry, names in codes.items()}


# ---------------------------------------------------------------- journal


@attrs.frozen
class JournalRow:
    """A line of an entry."""

    journal: str = attrs.field(metadata=OF_JOURNAL)
    entry: str = attrs.field(metadata=OF_ENTRY)
    date: date
    text: str
    reference: str
    account: str = attrs.field(metadata=OF_ACCOUNT)
    name: str
    currency: str
    debit: Decimal | None
    credit: Decimal | None
    quantity: Decimal | None
    commodity: str


@report("accounting.journal", permission=READ)
def journal(
    uow: UnitOfWork, *, since: date | None = None, through: date | None = None, journal: str = "", book: str = ""
) -> Iterable[JournalRow]:
    """List the entries of a period with their lines, journal by journal in the order of their numbers.

    :param since: the first day.
    :param through: the last day.
    :param journal: the code of the only journal to list.
    :param book: an adjustment book, which is added to the common layer.
    """
    yield from _journal_rows(uow, _journal_lines(uow, since, through, journal, book))


def _journal_lines(uow: UnitOfWork, since: date | None, through: date | None, journal: str = "", book: str = "") -> Sequence[Any]:
    """The lines of a period's entries with what the entry says, in number order."""
    statement = sa.select(
        Journal.c.code.label("journal"), Entry.c.number, Entry.c.posting_date, Entry.c.document_date, Entry.c.text, Entry.c.reference,
        Entry.c.nature, Entry.c.book,
        Account.c.code.label("account"), Account.c.name, Account.c.kind, *_counted(), Line.c.base, Line.c.base_currency,
    ).where(Journal.c.id == Entry.c.journal_id, Account.c.id == Line.c.account_id)  # fmt: skip
    if journal:
        statement = statement.where(Journal.c.code == journal)
    statement = _narrowed(uow, statement, since, through, book)
    return uow.rows(statement.order_by(Journal.c.code, Entry.c.fiscal_year, *_in_number_order(), Line.c.position))


def _journal_rows(uow: UnitOfWork, lines: Iterable[Any]) -> Iterator[JournalRow]:
    for line in lines:
        debit, credit = _sides(uow, line.amount, line.amount_currency)
        quantity = None if line.quantity is None else _amount(uow, line.quantity, line.quantity_currency)
        yield JournalRow(
            line.journal, line.number, line.posting_date, line.text, line.reference, line.account, line.name, line.amount_currency,
            debit, credit, quantity, line.quantity_currency or "",
        )  # fmt: skip
