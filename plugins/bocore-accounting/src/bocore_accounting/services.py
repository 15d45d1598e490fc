"""What a bookkeeper does besides posting documents; each is a command of ``bo accounting``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bocore import ISO_4217, Book, Finding, JobBackOffice, Money, NotFound, Refused, UnitOfWork, find_rate, job, layers, service
from bocore_accounting import balances, chart, vouchers
from bocore_accounting.model import Account, AccountKind, Commodity, Entry, FiscalYear, Line, PurposeRule
from bocore_accounting.posting import account_ids, journal, post, reverse_entry
from bocore_accounting.purposes import check_purpose
from bocore_accounting.rights import POST, READ, SETUP
from bocore_accounting.statements.trail import TraceRow, trail
from bocore_accounting.written import written_amount, written_token


@service(SETUP)
def setup_chart(uow: UnitOfWork) -> int:
    """Set up the standard chart and its mapping of purposes; what is there already stays."""
    return chart.apply_standard_chart(uow, uow.company.id)


@service(SETUP)
def open_account(
    uow: UnitOfWork, code: str, name: str, kind: AccountKind, *, parent: str = "", currency: str = "", opened: date | None = None
) -> Account:
    """Open an account.

    :param kind: asset, liability, equity, income or expense; unknown where it is to be said later.
    :param parent: code of the account under which it stands.
    :param currency: codes of the only currencies that it takes, with commas; any, where left out.
    """
    above = _accounts(uow, [parent])[parent] if parent else None
    currencies = [part.strip() for part in currency.split(",") if part.strip()]
    for one in currencies:
        written_token(uow, one)
    return uow.add(Account(code=code, name=name, kind=kind, parent_id=above, currencies=currencies, opened=opened))


def _accounts(uow: UnitOfWork, codes: Iterable[str]) -> dict[str, int]:
    """Code → id; where there is no chart at all yet, the way to one."""
    try:
        return account_ids(uow, codes)
    except NotFound as error:
        if uow.select(Account, company_id=uow.company.id).first() is not None:
            raise
        message = f"{uow.company.name} has no accounts yet."
        fix = "Set up the standard chart: bo accounting setup-chart; or open accounts of your own: bo accounting open-account."
        raise NotFound([Finding("accounting.no_chart", message, fix=fix)]) from error


@service(SETUP)
def classify_account(
    uow: UnitOfWork, account: str, kind: AccountKind | None = None, *, cash: bool | None = None, monetary: bool | None = None
) -> Account:
    """Say of what kind an account is, while it has no lines or its kind is unknown; or whether it is cash, or monetary.

    :param account: its code.
    :param kind: asset, liability, equity, income or expense.
    :param cash: whether changes of it, and of the accounts below it, are cash flows; those of the purposes cash and bank are at any rate.
    :param monetary: whether it, and the accounts below it, are revalued: money, claims and debts are, goods and advances are not. By
        the purposes of the account where nobody says it.
    """
    found = uow.get(Account, _accounts(uow, [account])[account])
    if kind is not None:
        found.kind = kind
    if cash is not None:
        found.cash = cash
    if monetary is not None:
        found.monetary = monetary
    return found


@service(SETUP)
def close_account(uow: UnitOfWork, account: str, on: date) -> Account:
    """Close an account: from that day on it takes no lines; it may have none there.

    :param account: its code.
    :param on: the first day on which it takes none.
    """
    found = uow.get(Account, _accounts(uow, [account])[account])
    found.closed = on
    return found


@service(SETUP)
def declare_commodity(uow: UnitOfWork, code: str, exponent: int, *, name: str = "") -> Commodity:
    """Declare what is counted and is no currency of ISO 4217: shares, miles, hours. It stays declared as it is.

    :param code: up to 24 characters without spaces: VTI.
    :param exponent: the decimals in which it is counted, 0 to 18: 4 for shares down to 0.0001.
    :param name: for people.
    """
    if code in ISO_4217:
        message = f"{code} is a currency of ISO 4217: it is there already."
        raise Refused([Finding("accounting.currency", message, field="code", fix="Use it as it is, or choose another code.")])
    found = uow.find(Commodity, code=code)
    if found is None:
        return uow.add(Commodity(code=code, exponent=exponent, name=name))
    if found.exponent != exponent:
        message = f"{code} is declared with {found.exponent} decimals already, which amounts are stored in."
        raise Refused([Finding("accounting.currency", message, found, "exponent", "Choose another code.")])
    return found


@service(SETUP, runs_with=["bo.setup"])
def declare_book(uow: UnitOfWork, code: str, *, name: str = "") -> Book:
    """Declare an adjustment book: what is posted to it comes on top of the common layer in reports that ask for it.

    :param code: what vouchers and reports call it: ifrs, tax.
    :param name: for people.
    """
    return uow.find(Book, company_id=uow.company.id, code=code) or uow.add(Book(code=code, name=name))


@service(SETUP)
def map_purpose(uow: UnitOfWork, purpose: str, account: str, *, by: str = "", book: str = "", since: date | None = None) -> PurposeRule:
    """Say which account the lines of a purpose go to from now on.

    :param account: its code.
    :param by: what the line must say besides, e.g. ``site=north,category=food``.
    :param book: for an adjustment book only.
    :param since: first posting date for which it counts.
    """
    check_purpose(uow, purpose)
    keys = dict(_pair(part) for part in by.split(",") if part.strip())
    layers(uow, book)
    ident = _accounts(uow, [account])[account]
    same = [rule for rule in uow.select(PurposeRule, company_id=uow.company.id, purpose=purpose, book=book) if rule.keys == keys]
    for rule in same:
        if rule.since == since:
            rule.account_id = ident
            return rule
    return uow.add(PurposeRule(purpose=purpose, account_id=ident, book=book, keys=keys, since=since))


def _pair(part: str) -> tuple[str, str]:
    name, equals, value = part.strip().partition("=")
    if not equals or not name or not value:
        raise Refused([Finding("accounting.by", f"{part.strip()!r} is no name and value.", field="by", fix="Write --by site=north.")])
    return name, value


@service(SETUP)
def open_year(uow: UnitOfWork, code: int, start: date, end: date) -> FiscalYear:
    """Say from when to when a fiscal year runs; without one that covers a day, the calendar year counts.

    :param code: the year in which it ends; numbers of entries show it.
    :param start: its first day.
    :param end: its last day.
    """
    return uow.add(FiscalYear(code=code, start=start, end=end))


@service(POST)
def enter(
    uow: UnitOfWork,
    on: date,
    text: str,
    debit: str,
    credit: str,
    amount: Decimal,
    *,
    currency: str = "",
    base: Decimal | None = None,
    reference: str = "",
    adjustment: bool = False,
    book: str = "",
) -> Entry:
    """Enter a simple journal entry: one account debited, another credited.

    :param debit, credit: codes of accounts.
    :param currency: the company's, where left out.
    :param base: what it is worth in the company's currency; by the rate of the day where left out, and where there is one.
    :param reference: the number of the document outside.
    :param adjustment: it corrects a year that is over, such as an auditor's entry of its last day.
    :param book: an adjustment book; the common layer without one.
    """
    ids = _accounts(uow, {debit, credit})
    findings = []
    if debit == credit:
        message, fix = f"The account {debit} would be debited and credited with the same.", "Name the account on the other side."
        findings.append(Finding("accounting.same_account", message, field="credit", fix=fix))
    if not amount:
        findings.append(Finding("accounting.amount", "The amount is zero.", field="amount", fix="Write what is to be entered."))
    if findings:
        raise Refused(findings)
    money = written_amount(uow, amount, currency or uow.company.currency)
    worth = _worth(uow, money, base, on)
    nature = "adjustment" if adjustment else "normal"
    entry = Entry(journal_id=journal(uow, "GEN").id, posting_date=on, text=text, reference=reference, nature=nature, book=book)
    lines = [Line(account_id=ids[debit], amount=money, base=worth)]
    lines.append(Line(account_id=ids[credit], amount=-money, base=None if worth is None else -worth))
    return post(uow, [(entry, lines)])[0]


def _worth(uow: UnitOfWork, money: Money, base: Decimal | None, on: date) -> Money | None:
    """An amount in the company's currency: as given, or by the rate of the day; None where there is none."""
    own = uow.company.currency
    if base is not None:
        return written_amount(uow, base, own, "base")
    if money.currency == own:
        return None  # post sets it
    try:
        return money.convert(find_rate(uow, money.currency, own, on), uow.tokens[own])
    except NotFound:
        return None


@service(POST)
def reverse(uow: UnitOfWork, number: str, reason: str, *, on: date | None = None) -> Entry:
    """Take an entry back by its mirror, once.

    :param number: of the entry, such as ``GEN/2026/00042``.
    :param on: the day of the reversal; the entry's own without one, or the first open day.
    """
    found = uow.find(Entry, company_id=uow.company.id, number=number)
    if found is None:
        raise Refused([Finding("accounting.no_entry", f"There is no entry {number}.", field="number", fix="bo report journal lists them.")])
    return reverse_entry(uow, found, reason, on)


@service(POST, runs_with=["bo.read"])
def catch_up(uow: UnitOfWork) -> int:
    """Make the entries of vouchers that were posted before accounting was installed; returns how many."""
    return vouchers.catch_up(uow)


@service(READ, read_only=True, runs_with=["bo.read"])
def trace(uow: UnitOfWork, of: str) -> Iterable[TraceRow]:
    """Walk from an entry, a voucher or an open item to all that belongs to it: source, lines, items, reversals, and the commits.

    :param of: the number of an entry, or the key of a voucher or of an open item.
    """
    return trail(uow, of)


@service(READ, read_only=True)
def check(uow: UnitOfWork) -> Iterable[Finding]:
    """Recompute all balances from the entries and compare; lists what differs."""
    return balances.check(uow)


@service(POST)
def roll_up(uow: UnitOfWork) -> int:
    """Bring the roll-up of balances up to date, so that reports have less to add; returns how many balances there are."""
    return balances.roll_up(uow)


@job("accounting.roll-up", cron="40 2 * * *", permissions=[POST])
def nightly(bo: JobBackOffice) -> int:
    """Bring the roll-up of balances up to date every night, as `bo accounting roll-up` does."""
    found: int = bo.run(roll_up)
    return found
