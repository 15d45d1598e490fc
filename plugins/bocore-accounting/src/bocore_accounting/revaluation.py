"""Revaluation: what is owed and held in other currencies, at the rate of a day; taken back the day after.

A revaluation is a voucher and not an entry of this ledger alone, because open items are everybody's: each item of a foreign currency is
worth more or less from that day on, in every ledger, and items and control accounts agree. Its lines have the amount zero and a base: one
for each item, and one for what an account holds besides its items (a bank account, entries made by hand), which names the account. The
other side is ``fx.unrealised``, with ``by={"side": "gain"}`` or ``"loss"``.

It is reversed on the next day. What is paid later is therefore measured against what the item was booked with, once, by ``settle_lines``:
nothing is counted as unrealised and again as realised. What is posted is what the books lack: nothing when the same day is revalued again,
and only the difference after a rate was corrected, or an invoice came late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import (
    Finding,
    FoundRate,
    Money,
    NotFound,
    OpenItem,
    Receipt,
    Refused,
    Severity,
    UnitOfWork,
    Voucher,
    VoucherRecord,
    open_items,
    report,
    service,
    trace_rate,
)
from bocore import Line as VoucherLine
from bocore_accounting.model import Account
from bocore_accounting.monetary import Held, held_abroad, is_monetary, monetary_accounts
from bocore_accounting.purposes import BY_KIND, PurposeMap, account_purposes
from bocore_accounting.rights import CLOSE, READ
from bocore_accounting.vouchers import not_entered

KIND = "accounting.revaluation"
UNREALISED = "fx.unrealised"
OLD = timedelta(days=7)
"""A rate that is older is used with a warning: no bank is shut for longer."""


@service(CLOSE, runs_with=["bo.read"])
def revalue(uow: UnitOfWork, on: date) -> list[Receipt]:
    """Value open items and balances of other currencies at the rates of a day, and take it back the day after.

    The closing rate counts, or the spot rate where that is later. Doing it again posts what has changed since, or nothing.

    :param on: the last day of a month, quarter or year.
    """
    waiting = not_entered(uow, uow.company, on)
    if waiting is not None:  # they are in the items and not in the accounts, so that what is beside the items would be wrong
        raise Refused([waiting])
    valuation = Valuation.of(uow, on)
    receipts: list[Receipt] = []
    for book in valuation.books:
        lines = list(valuation.lines(book))
        if lines:
            receipts += _post(uow, on, book, lines)
    for warning in valuation.warnings():
        uow.warn(warning)
    if not receipts:
        message = f"There is nothing to revalue on {on}: all that is in other currencies is worth what the books say."
        uow.warn(Finding("accounting.nothing_to_revalue", message, fix="Nothing to do.", severity=Severity.WARNING))
    return receipts


def _post(uow: UnitOfWork, on: date, book: str, lines: Sequence[VoucherLine]) -> list[Receipt]:
    """A voucher of the day and its reversal."""
    stem = f"{KIND}:{uow.company.id}:{on}" + (f":{book}" if book else "")
    before = uow.select(VoucherRecord, kind=KIND, company_id=uow.company.id, posting_date=on, book=book or None, reverses=None).count()
    key = f"{stem}#{before + 1}" if before else stem
    voucher = Voucher(key, KIND, lines, posting_date=on, nature="revaluation", book=book or None, text=f"Revaluation of {on}")
    return [*uow.post(voucher), uow.reverse(key, f"revaluation of {on}", on + timedelta(days=1))]


# ---------------------------------------------------------------- what is valued


@attrs.frozen
class Position:
    """What is in a foreign currency: an open item, or what an account holds besides its items. Minor units, debit positive.

    :param base: what it stands in the books for, in the company's currency, with revaluations of before.
    """

    book: str
    account_id: int | None
    currency: str
    amount: int
    base: int
    purpose: str
    item: str | None = None


@attrs.frozen
class Valuation:
    """All positions of a day, with the rates to value them at.

    :param unclear: codes of accounts with foreign amounts of which nothing says whether they are monetary.
    """

    uow: UnitOfWork
    on: date
    positions: Sequence[Position]
    rates: Mapping[str, FoundRate]
    unclear: Sequence[str]
    codes: Mapping[int, str]

    @classmethod
    def of(cls, uow: UnitOfWork, on: date) -> Valuation:
        """The valuation of the unit's company.

        :raises Refused: a rate is missing; all that are.
        """
        monetary = monetary_accounts(uow, uow.company)
        codes = {ident: code for ident, code in uow.rows(sa.select(Account.c.id, Account.c.code).where(_own(uow)))}
        held, unclear = held_abroad(uow, uow.company, on, monetary)
        items = [position for book in ("", *sorted({key[0] for key in held if key[0]})) for position in _items(uow, on, book, monetary)]
        positions = [*items, *_besides(uow, held, items)]
        rates = _rates(uow, {position.currency for position in positions if position.amount}, on)
        order = sorted(positions, key=lambda p: (p.book, codes.get(p.account_id or 0, ""), p.currency, p.item is None, p.item or ""))
        return cls(uow, on, order, rates, sorted(codes[ident] for ident in unclear), codes)

    @property
    def books(self) -> list[str]:
        """The layers that have positions, the common one first."""
        return sorted({position.book for position in self.positions})

    def worth(self, position: Position) -> int:
        """What a position is worth on the day, in minor units of the company's currency."""
        if not position.amount:
            return 0
        amount = Money.minor(position.amount, self.uow.tokens[position.currency])
        return amount.convert(self.rates[position.currency].rate, self.uow.tokens[self.uow.company.currency]).minor_units

    def lines(self, book: str) -> Iterator[VoucherLine]:
        """The lines that bring the books of a layer to what its positions are worth; none where they are."""
        own = self.uow.tokens[self.uow.company.currency]
        unrealised: dict[str, int] = {}
        for position in self.positions:
            difference = self.worth(position) - position.base
            if position.book == book and difference:
                zero, base = Money.zero(self.uow.tokens[position.currency]), Money.minor(difference, own)
                if position.item is not None:
                    yield VoucherLine(position.purpose, zero, base=base, settles=position.item)
                else:
                    yield VoucherLine(position.purpose, zero, base=base, account=self.codes[position.account_id or 0])
                side = "gain" if difference > 0 else "loss"
                unrealised[side] = unrealised.get(side, 0) - difference
        for side, minor in unrealised.items():
            yield VoucherLine(UNREALISED, Money.minor(minor, own), by={"side": side})

    def warnings(self) -> Iterator[Finding]:
        """Rates that are old, and accounts that were left out because nobody said what they are."""
        for currency, rate in sorted(self.rates.items()):
            day = _day(rate)
            if day is not None and self.on - day > OLD:
                message = f"The latest rate of {currency} is of {day}, {(self.on - day).days} days before {self.on}."
                fix = "Import the rate of the day (bo import rates-csv FILE), and revalue again: only the difference is posted."
                yield Finding("accounting.old_rate", message, fix=fix, severity=Severity.WARNING, currency=currency)
        if self.unclear:
            some = ", ".join(self.unclear)
            message = f"Nothing says whether these accounts with amounts in other currencies are monetary, so they were left out: {some}."
            fix = "Say it: bo accounting classify-account ACCOUNT --monetary, or --no-monetary."
            yield Finding("accounting.monetary_unclear", message, fix=fix, severity=Severity.WARNING)


def _own(uow: UnitOfWork) -> sa.ColumnElement[bool]:
    condition: sa.ColumnElement[bool] = Account.c.company_id == uow.company.id
    return condition


def _items(uow: UnitOfWork, on: date, book: str, monetary: Mapping[int, bool | None]) -> Iterator[Position]:
    """The open items of a layer that are in other currencies and monetary."""
    found = [item for item in open_items(uow, as_of=on, book=book or None) if (item.book or "") == book]
    foreign = [item for item in found if item.remaining.currency != uow.company.currency]
    if not foreign:
        return
    rows = uow.get_all(OpenItem, [item.id for item in foreign])
    codes = {code: ident for code, ident in uow.rows(sa.select(Account.c.code, Account.c.id).where(_own(uow)))}
    purposes = PurposeMap.of(uow, uow.company.id)
    for item in foreign:
        account = codes.get(item.account) if item.account else purposes.account(item.purpose, book, rows[item.id].by, on)
        answer = None if account is None else monetary.get(account)
        if is_monetary(uow.purposes, item.purpose) if answer is None else answer:
            base = item.base.minor_units + item.revaluation.minor_units
            yield Position(book, account, item.remaining.currency, item.remaining.minor_units, base, item.purpose, item.key)


def _besides(uow: UnitOfWork, held: Held, items: Iterable[Position]) -> Iterator[Position]:
    """What accounts hold besides their open items."""
    left = dict(held)
    for item in items:
        key = item.book, item.account_id or 0, item.currency
        if key in left:
            left[key] = left[key][0] - item.amount, left[key][1] - item.base
    purposes = account_purposes(uow)
    accounts = uow.get_all(Account, {account for _, account, _ in left})
    for (book, account, currency), (amount, base) in left.items():
        if amount or base:
            purpose = purposes.get(account) or BY_KIND[accounts[account].kind]
            yield Position(book, account, currency, amount, base, purpose)


# ---------------------------------------------------------------- rates


def _rates(uow: UnitOfWork, currencies: Iterable[str], on: date) -> dict[str, FoundRate]:
    """The rate of each currency; Refused with every one that has none."""
    rates: dict[str, FoundRate] = {}
    findings: list[Finding] = []
    for currency in sorted(currencies):
        found = _rate(uow, currency, on)
        if found is not None:
            rates[currency] = found
            continue
        own = uow.company.currency
        message = f"There is neither a closing nor a spot rate from {currency} to {own} on {on} or before: nothing was revalued."
        fix = "Import it, of the kind closing: bo import rates-csv FILE."
        findings.append(Finding("accounting.no_rate", message, f"currency {currency}", "rate", fix, currency=currency))
    if findings:
        raise Refused(findings)
    return rates


def _rate(uow: UnitOfWork, currency: str, on: date) -> FoundRate | None:
    """The closing rate, or the spot rate where that is later: last month's closing rate is no rate of this month's end."""
    best: FoundRate | None = None
    for kind in ("closing", "spot"):
        try:
            found = trace_rate(uow, currency, uow.company.currency, on, kind)
        except NotFound:
            continue
        if best is None or (_day(found) or on) > (_day(best) or on):
            best = found
    return best


def _day(rate: FoundRate) -> date | None:
    """The day of a rate; of two that were multiplied, the earlier."""
    return min((step.on for step in rate.steps), default=None)


# ---------------------------------------------------------------- the list


@attrs.frozen
class RevaluationRow:
    """An open item, or what an account holds besides its items: in its currency, in the books, and at the rate of the day."""

    book: str
    account: str = attrs.field(metadata={"drill": Account})
    item: str
    currency: str
    amount: Decimal
    booked: Decimal
    rate: Decimal | None
    rate_of: date | None
    worth: Decimal
    difference: Decimal


@report("accounting.revaluation", permission=READ, runs_with=["bo.read"])
def revaluation(uow: UnitOfWork, *, on: date | None = None) -> Iterable[RevaluationRow]:
    """List what is in other currencies and monetary, with what it is worth at the rates of a day: what bo accounting revalue would post.

    :param on: the day; today without one.
    """
    valuation = Valuation.of(uow, on or uow.today())
    own = uow.tokens[uow.company.currency]
    for position in valuation.positions:
        rate, worth = valuation.rates.get(position.currency) if position.amount else None, valuation.worth(position)
        yield RevaluationRow(
            book=position.book,
            account=valuation.codes.get(position.account_id or 0, ""),
            item=position.item or "",
            currency=position.currency,
            amount=Money.minor(position.amount, uow.tokens[position.currency]).amount,
            booked=Money.minor(position.base, own).amount,
            rate=None if rate is None else rate.rate,
            rate_of=None if rate is None else _day(rate),
            worth=Money.minor(worth, own).amount,
            difference=Money.minor(worth - position.base, own).amount,
        )
    for warning in valuation.warnings():
        uow.warn(warning)
