"""The tax ledger: what the lines of vouchers mean for tax, written in the transaction that posts them, or later by ``catch_up``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

import attrs

from bocore import Company, Finding, Line, Money, Posted, Severity, UnitOfWork, VoucherRecord, fallbacks, hookimpl, posted_from, round_ratio
from bocore_tax import cash
from bocore_tax.computing import INPUT, OUTPUT, WITHHOLDING
from bocore_tax.declare import TaxKind
from bocore_tax.model import LineKind, Scheme, TaxLine
from bocore_tax.tables import Registered, form_of, registrations, tables

CHUNK = 500
"""Vouchers that catch_up holds in memory at once."""
CLEARING = "tax.return"
"""Kind of the voucher that clears the tax of a filed return: its lines are in no return."""


@hookimpl
def bo_posted(uow: UnitOfWork, vouchers: Sequence[Posted]) -> None:
    """Write the tax of each voucher into the tax ledger, in the transaction that posts it.

    What cleared the tax of a filed return stays: without it the debt to the authority would be gone, and no return would declare it again.
    """
    uow.refuse(*(_cleared(posted) for posted in vouchers if posted.voucher.kind == CLEARING and posted.record.reverses is not None))
    uow.refuse(*(finding for posted in vouchers for finding in _worthless(uow, posted)))
    write(uow, vouchers)


def _cleared(posted: Posted) -> Finding:
    message = f"{posted.record.reverses} clears the tax of a filed return, and can't be reversed."
    fix = "Correct the return (bo tax correct), or amend it (bo tax amend-return)."
    return Finding("tax.return_filed", message, f"voucher {posted.record.key}", fix=fix)


def _worthless(uow: UnitOfWork, posted: Posted) -> Iterator[Finding]:
    """Facts in a currency of which the voucher does not say what it is worth: their base or tax would be declared as nothing."""
    taxed = [(at, line) for at, line in enumerate(posted.voucher.lines, 1) if line.tax is not None]
    worth = {line.amount.currency for line in posted.voucher.lines if line.amount} if taxed else set()
    for at, line in taxed:
        for name in ("base", "tax"):
            amount: Money = getattr(line.tax, name)
            if amount and amount.currency not in worth and amount.currency != uow.get(Company, posted.record.company_id).currency:
                message = f"The {name} of the tax is {amount}, and no line of the voucher is in {amount.currency}."
                fix = "Give it in the currency of the line, or of the company."
                yield Finding("tax.currency", message, f"voucher {posted.record.key} line {at}", f"tax.{name}", fix)


def write(uow: UnitOfWork, vouchers: Sequence[Posted]) -> int:
    """Write the tax of vouchers, in their order; returns how many lines of the tax ledger that makes."""
    purposes = _purposes(uow.purposes, {line.purpose for posted in vouchers for line in posted.voucher.lines})
    books: dict[int, _Books] = {}
    lines: list[TaxLine] = []
    made = 0
    for posted in vouchers:
        company = posted.record.company_id
        taxed = [(at, line) for at, line in enumerate(posted.voucher.lines, 1) if line.tax is not None or line.purpose in purposes]
        settles = any(line.settles is not None for line in posted.voucher.lines)
        if not (taxed or settles):
            continue
        if company not in books:
            books[company] = _Books(uow, company)
        rows = [books[company].line(posted, at, line, line.purpose in purposes) for at, line in taxed]
        lines += cash.defer(posted, rows, uow.purposes, books[company].waits) if books[company].on_cash_basis else rows
        if settles and books[company].on_cash_basis:
            made += len(uow.add_all(lines)) + len(cash.declare_paid(uow, posted))
            lines = []
    for one in books.values():
        one.warn()
    return made + len(uow.add_all(lines))


def _purposes(known: Mapping[str, str], used: Iterable[str]) -> set[str]:
    """Those of the purposes that are of tax, or refine one that is."""
    return {one for one in used if not {OUTPUT, INPUT, WITHHOLDING}.isdisjoint(fallbacks(known, one))}


class _Books:
    """What writing the tax of one company's vouchers asks for, read once."""

    def __init__(self, uow: UnitOfWork, company: int) -> None:
        self.uow = uow
        self.token = uow.tokens[uow.get(Company, company).currency]
        self.registered: dict[str, Registered] = {one.code: one for one in registrations(uow, company)}
        self.on_cash_basis = any(one.scheme is Scheme.CASH for one in self.registered.values())
        self.unknown: dict[str, str] = {}
        self.on_payment: dict[str, tuple[str, ...]] = {}
        """Registration on cash basis → the directions of tax that wait for payment."""
        self.reversed: set[str] = set()

    def line(self, posted: Posted, position: int, line: Line, on_purpose: bool) -> TaxLine:
        """The line of the tax ledger that a line of a voucher makes."""
        record, fact = posted.record, line.tax
        zero = Money.zero(self.token)
        assert line.base is not None
        made = TaxLine(
            voucher_id=record.id, position=position, kind=LineKind.BARE, base=zero, tax=zero, purpose=line.purpose,
            booked=line.base if on_purpose else zero, posting_date=record.posting_date, tax_date=record.posting_date,
            company_id=record.company_id,
        )  # fmt: skip
        if fact is None:
            return made
        rate, of_base = _worth(posted, line)
        made.kind = LineKind.FACT
        made.code, made.rate, made.direction, made.registration = fact.code, fact.rate, fact.direction, fact.registration
        made.base, made.tax = self._converted(fact.base, of_base), self._converted(fact.tax, rate)
        made.tax_date = fact.on or posted.voucher.tax_date or record.document_date
        made.declared = posted.voucher.tax_day(fact) or record.document_date
        made.late = fact.declared is not None
        if fact.registration not in self.registered:
            self.unknown.setdefault(fact.registration, record.key)
        return made

    def waits(self, row: TaxLine) -> bool:
        """Whether a line is of a tax that is declared when it is paid: what its buyer owes is not, whatever the scheme."""
        registration = self.registered.get(row.registration)
        if row.kind is not LineKind.FACT or registration is None or registration.scheme is not Scheme.CASH:
            return False
        if registration.code not in self.on_payment:
            known = tables(self.uow)
            form = form_of(known, registration)
            self.on_payment[registration.code] = ("output", "input") if isinstance(form, Finding) else form.on_payment
            self.reversed = {code for code, one in known.taxes.items() if one.kind is TaxKind.REVERSE_CHARGE}
        return row.direction in self.on_payment[registration.code] and row.code not in self.reversed

    def _converted(self, amount: Money, worth: dict[str, Fraction]) -> Money:
        """An amount in the company's currency, at what the lines of its voucher are worth."""
        if amount.token == self.token:
            return amount
        rate = worth.get(amount.currency, Fraction(0)) * Fraction(10**self.token.exponent, 10**amount.token.exponent)
        return Money.minor(round_ratio(amount.minor_units * rate.numerator, rate.denominator), self.token)

    def warn(self) -> None:
        """Say which facts name a registration that the company does not have: no return will have them."""
        for code, key in self.unknown.items():
            message = f"Tax is posted under the registration {code!r}, which the company does not have."
            fix = f"Register it: bo tax register {code or 'CODE'} PLACE NUMBER SINCE. The return has it then."
            self.uow.warn(Finding("tax.unknown_registration", message, f"voucher {key}", "tax.registration", fix, Severity.WARNING))


def _worth(posted: Posted, line: Line) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """Currency → what one of it is worth in the company's: for the tax of a line, and for what it was computed on.

    The tax is worth what its line is, which was rounded, so that its rate would be wrong for a larger base. The base is worth what the
    largest line of the voucher says, unless the line was converted at another rate on purpose.
    """
    largest: dict[str, Fraction] = {}
    for one in sorted(posted.voucher.lines, key=lambda one: abs(one.amount.minor_units)):
        if one.amount and one.base is not None:
            largest[one.amount.currency] = _rate(one.amount, one.base)
    if not line.amount or line.base is None:
        return largest, largest
    own = {**largest, line.amount.currency: _rate(line.amount, line.base)}
    scale = Fraction(10**line.base.token.exponent, 10**line.amount.token.exponent)
    expected = abs(line.amount.minor_units) * largest[line.amount.currency] * scale
    return own, largest if abs(expected - abs(line.base.minor_units)) <= 1 else own


def _rate(amount: Money, base: Money) -> Fraction:
    return abs(Fraction(base.minor_units, amount.minor_units)) * Fraction(10**amount.token.exponent, 10**base.token.exponent)


# ---------------------------------------------------------------- vouchers from before


def catch_up(uow: UnitOfWork) -> int:
    """Write the tax of the vouchers that were posted before the plugin was there, in the order of posting date and commit.

    Returns how many vouchers there were. Doing it twice adds nothing: what has lines of the tax ledger, or no tax, is passed over.
    """
    uow.place_commits()
    waiting = _without_lines(uow)
    done = 0
    for start in range(0, len(waiting), CHUNK):
        part = waiting[start : start + CHUNK]
        records = uow.get_all(VoucherRecord, part)
        done += sum(1 for one in part if write(uow, [posted_from(records[one])]))
        uow.flush()
    return done


def _without_lines(uow: UnitOfWork) -> list[int]:
    import sqlalchemy as sa

    records = VoucherRecord.c
    statement = sa.select(records.id, records.unit_id, records.posting_date).where(records.id.not_in(sa.select(TaxLine.c.voucher_id)))
    order = {unit: place for place, unit in enumerate(uow.units_after(-1))}
    rows = sorted(uow.rows(statement), key=lambda r: (r.posting_date, order.get(r.unit_id, len(order)), r.id))
    return [row.id for row in rows]


@attrs.frozen
class BareRow:
    """An amount on a purpose of tax that no return has."""

    voucher: str
    posting_date: date
    purpose: str
    amount: Money


def bare_lines(uow: UnitOfWork, company: int, through: date) -> Iterator[BareRow]:
    """What stands on purposes of tax without a tax fact, through a posting date; what clears filed returns is none."""
    rows = uow.select(TaxLine, company_id=company, kind=LineKind.BARE).where(TaxLine.c.posting_date <= through).order_by(TaxLine.c.id).all()
    records = uow.get_all(VoucherRecord, {row.voucher_id for row in rows})
    for row in rows:
        record = records[row.voucher_id]
        if record.kind != CLEARING and row.booked:
            yield BareRow(record.key, row.posting_date, row.purpose, row.booked)
