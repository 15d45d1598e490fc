"""Completing vouchers: the posting date that is open, the base of every line, and that it all adds up."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import attrs

from bocore.access.views import may_name
from bocore.amounts import Money
from bocore.currencies import Token
from bocore.errors import Finding, MoneyError, NotFound, Severity
from bocore.kernel.body import ident, source_key
from bocore.kernel.books import unknown_book
from bocore.kernel.company import Company, which_company
from bocore.kernel.currency import find_rate
from bocore.kernel.dimensions import check_dimensions
from bocore.kernel.periods import OpenDay, locked_through, open_day, tax_area
from bocore.kernel.voucher import Line, Source, Voucher

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

AREA = "ledger"
RESIDUE = "rounding.fx"


@attrs.define
class Completed:
    """A voucher as ledgers get it, and how it came about.

    :param filled: positions of the lines whose base the core put in.
    :param residue: the last line is what converting line by line left over.
    :param late: closed days that something of it counts on under an exception, and tax that is declared later than it arose.
    """

    voucher: Voucher
    moved: bool
    filled: list[int]
    residue: bool
    late: tuple[OpenDay, ...] = ()


class Completer:
    """Completes the vouchers of one call; companies, locks and rates are looked up once."""

    def __init__(self, uow: UnitOfWork, *, mirrors: bool) -> None:
        self.uow = uow
        self.mirrors = mirrors
        self.findings: list[Finding] = []
        self._companies: dict[Any, Company] = {}
        self._days: dict[int, date] = {}
        self._sound: set[Any] = set()
        """Posting dates with dimensions that were found to be right."""
        self._locks: dict[tuple[int, str], date | None] = {}
        self._late: dict[str, OpenDay] = {}
        self._partners: dict[int, str] = {}
        self._rates: dict[tuple[str, str, date], Decimal | NotFound] = {}

    def company(self, wanted: Company | int | str | None) -> Company:
        """The company of a voucher."""
        if wanted is None:
            return self.uow.company
        key = wanted if isinstance(wanted, (int, str)) else wanted.id
        if key not in self._companies:
            self._companies[key] = which_company(self.uow, wanted)
        return self._companies[key]

    def complete(self, voucher: Voucher, company: Company, passed: Voucher | None = None) -> Completed:
        """The voucher with dates, bases and ids in place of rows; what is wrong with it is added to ``findings``.

        :param passed: as it was before lines took over parts of their open items, which were checked when those were opened.
        """
        at = f"voucher {voucher.key}"
        if not self.mirrors:
            self._check_purposes(voucher, company, at)
        if voucher.book is not None and not self.mirrors:
            self._check_book(voucher.book, company, at)
        self._late = {}
        document, posting, moved = self._dates(voucher, company, at)
        if not self.mirrors:
            self._check_dimensions(passed or voucher, posting, at)
        if any([line.tax for line in voucher.lines]):
            voucher = self._declared(voucher, document, company, at)
        base = self.uow.tokens[company.currency]
        lines, filled, residue = self._lines(voucher, base, posting, at)
        source = voucher.source
        if source is not None:
            name, ident_of_source = source_key(source)
            source = Source(event=source.event, label=source.label, name=name, id=ident_of_source)
        completed = Voucher(
            key=voucher.key,
            kind=voucher.kind,
            lines=lines,
            source=source,
            nature=voucher.nature,
            document_date=document,
            posting_date=posting,
            tax_date=voucher.tax_date,
            if_closed=voucher.if_closed,
            text=voucher.text,
            book=voucher.book,
            reverses=voucher.reverses,
            company=company.id,
        )
        return Completed(completed, moved, filled, residue, tuple(self._late.values()))

    def _check_book(self, book: str, company: Company, at: str) -> None:
        wrong = unknown_book(self.uow, company.id, book, at)
        if wrong is not None:
            self.findings.append(wrong)

    # -- dates

    def _dates(self, voucher: Voucher, company: Company, at: str) -> tuple[date, date, bool]:
        document = voucher.document_date or voucher.posting_date or self._today(company)
        wanted = voucher.posting_date or document
        if not self._closed(company.id, AREA, wanted):
            return document, wanted, False
        found = self._open_day(AREA, wanted, company, voucher.if_closed, at, "posting_date")
        if found.exception is not None:
            self._late[AREA] = found
        return document, found.day, found.day != wanted

    def _closed(self, company: int, area: str, day: date) -> bool:
        key = company, area
        if key not in self._locks:
            self._locks[key] = locked_through(self.uow, company, area)
        through = self._locks[key]
        return through is not None and day <= through

    def _open_day(self, area: str, wanted: date, company: Company, if_closed: str, at: str, field: str) -> OpenDay:
        found = open_day(self.uow, area, wanted, company=company, if_closed=if_closed, at=at, field=field)
        if found.finding is not None:
            self.findings.append(found.finding)
        return found

    def _declared(self, voucher: Voucher, document: date, company: Company, at: str) -> Voucher:
        """The voucher with the day on which each tax fact is declared, where the period of its tax point is closed."""
        lines, changed = list(voucher.lines), False
        for position, line in enumerate(lines):
            fact = line.tax
            if fact is None:
                continue
            day, area = voucher.tax_day(fact) or document, tax_area(fact.registration)
            if not self._closed(company.id, area, day):
                continue
            where = ("tax_date", at) if fact.on is None else ("tax.on", f"{at} line {position + 1}")
            found = self._open_day(area, day, company, voucher.if_closed, where[1], where[0])
            if found.late:
                self._late.setdefault(f"{area} {day}", found)
            if found.day != day:
                lines[position] = attrs.evolve(line, tax=attrs.evolve(fact, declared=found.day))
                changed = True
        return attrs.evolve(voucher, lines=lines) if changed else voucher

    def _today(self, company: Company) -> date:
        if company.id not in self._days:
            self._days[company.id] = self.uow.now().astimezone(ZoneInfo(company.zone)).date()
        return self._days[company.id]

    # -- purposes

    def _check_purposes(self, voucher: Voucher, company: Company, at: str) -> None:
        known = self.uow._app.host.purposes
        for position, line in enumerate(voucher.lines, 1):
            if line.purpose not in known and line.settles is None:  # the item's own purpose, which may be of a plugin that is gone
                self.findings.append(unknown_purpose(line.purpose, known, f"{at} line {position}"))
            if line.partner is not None:
                self._check_partner(ident(line.partner), company, f"{at} line {position}")

    def _check_partner(self, partner: int, company: Company, at: str) -> None:
        """The partner of a line is another company of this database."""
        if not self._partners:
            self._partners.update((one.id, one.code) for one in self.uow.select(Company))
        named = [code for one, code in self._partners.items() if one != company.id and may_name(self.uow, one)]
        others = ", ".join(sorted(named)) or "none yet"
        fix = f"Name another company; there are: {others}."
        if partner == company.id:
            self.findings.append(Finding("bo.partner", f"{company.code} can't be its own partner.", at, "partner", fix))
        elif partner not in self._partners:
            self.findings.append(Finding("bo.partner", f"There is no company with the id {partner}.", at, "partner", fix))

    def _check_dimensions(self, voucher: Voucher, posting: date, at: str) -> None:
        for position, line in enumerate(voucher.lines, 1):
            if line.dims:
                key = (posting, frozenset(line.dims.items()))
                if key in self._sound:
                    continue
                findings = check_dimensions(self.uow, line.dims, posting, f"{at} line {position}")
                if findings:
                    self.findings += findings
                else:
                    self._sound.add(key)

    # -- amounts

    def _lines(self, voucher: Voucher, base: Token, posting: date, at: str) -> tuple[list[Line], list[int], bool]:
        before = len(self.findings)
        lines: list[Line] = []
        filled: list[int] = []
        total = converted = 0
        for position, line in enumerate(voucher.lines):
            value = line.base
            if value is None:
                value = self._base(line, base, posting, f"{at} line {position + 1}")
                filled.append(position)
                converted += line.amount.token != base
            else:
                self._check_base(line, value, base, f"{at} line {position + 1}")
            if value is not None:
                total += value.minor_units
                lines.append(_completed(line, value))
        if converted and len(filled) == len(voucher.lines) and (off := _off(voucher.lines)):
            self.findings.append(_unbalanced(off, 0, at))  # in their own currency, so that it is no residue of converting
        if len(self.findings) > before or not total:
            return lines, filled, False
        if abs(total) > converted:
            self.findings.append(_unbalanced(Money.minor(total, base), converted, at))
            return lines, filled, False
        left = Money.minor(-total, base)
        return [*lines, Line(RESIDUE, left, base=left)], filled, True

    def _base(self, line: Line, base: Token, posting: date, at: str) -> Money | None:
        """The amount in the company's currency, at the spot rate of the posting date."""
        if line.amount.token == base:
            return line.amount
        if not line.amount:
            return Money.zero(base)
        rate = self._rate(line.amount.currency, base.code, posting)
        if isinstance(rate, NotFound):
            found = rate.findings[0]
            self.findings.append(Finding(found.code, found.message, at, "amount", found.fix, **found.params))
            return None
        try:
            return line.amount.convert(rate, base)
        except MoneyError as error:
            self.findings.append(Finding(error.code, error.findings[0].message, at, "amount", error.findings[0].fix))
            return None

    def _rate(self, currency: str, to: str, on: date) -> Decimal | NotFound:
        key = (currency, to, on)
        if key not in self._rates:
            try:
                self._rates[key] = find_rate(self.uow, currency, to, on)
            except NotFound as error:
                self._rates[key] = error
        return self._rates[key]

    def _check_base(self, line: Line, value: Money, base: Token, at: str) -> None:
        if value.token != base:
            message = f"The base amount is in {value.currency}; the company's currency is {base.code}."
            self.findings.append(Finding("bo.base", message, at, "base", f"Give it in {base.code}, or leave it out to have it converted."))
        elif line.amount and line.amount.token == base and line.amount != value:
            message = f"The amount is {line.amount} and its base {value}, in the same currency."
            self.findings.append(Finding("bo.base", message, at, "base", "Leave the base out: it is the amount."))


def _completed(line: Line, base: Money) -> Line:
    return Line(
        line.purpose,
        line.amount,
        base=base,
        by=dict(line.by),
        dims=dict(line.dims),
        party=None if line.party is None else ident(line.party),
        partner=None if line.partner is None else ident(line.partner),
        opens=line.opens,
        settles=line.settles,
        due=line.due,
        kind=line.kind,
        tax=line.tax,
        service=line.service,
        quantity=line.quantity,
        account=line.account,
    )


def _off(lines: Sequence[Line]) -> Money | None:
    """What lines of one currency add up to; None where that is nothing, or they are of several."""
    token = lines[0].amount.token
    if any(line.amount.token != token for line in lines):
        return None
    return Money.minor(sum(line.amount.minor_units for line in lines), token) or None


def _unbalanced(off: Money, converted: int, at: str) -> Finding:
    after = f" after {converted} of them were converted" if converted else ""
    message = f"The lines add up to {off}{after}, and must add up to 0."
    fix = "Debits are positive, credits negative; correct an amount or add the line that is missing."
    return Finding("bo.unbalanced", message, at, "lines", fix)


def unknown_purpose(purpose: str, known: Mapping[str, str], at: str) -> Finding:
    """The finding for a purpose that no loaded plugin declares, with those that may be meant."""
    close = difflib.get_close_matches(purpose, known, n=3)
    meant = f"Did you mean {' or '.join(repr(one) for one in close)}? " if close else ""
    fix = f'{meant}Use a purpose of the core, or declare it: Plugin(purposes={{"{purpose}": "sales"}}).'
    return Finding("bo.unknown_purpose", f"Nobody declares the purpose {purpose!r}.", at, "purpose", fix)


def moved_finding(key: str, wanted: date, posting: date) -> Finding:
    """The warning that comes with a voucher whose period was closed."""
    message = f"{wanted} is closed: posted on {posting}, the first open day."
    fix = "Nothing to do; reports of the closed period do not change."
    return Finding("bo.posting_moved", message, f"voucher {key}", "posting_date", fix, Severity.WARNING)
