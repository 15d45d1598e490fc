"""What people do about taxes; each is a command of ``bo tax``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

import attrs

from bocore import Finding, Line, Money, Party, Refused, Source, TaxFact, UnitOfWork, Voucher, service
from bocore_tax import ledger, returns
from bocore_tax.computing import INPUT, OUTPUT, tax
from bocore_tax.declare import RATELESS, TaxKind
from bocore_tax.model import Scheme, TaxCode, TaxCorrection, TaxRate, TaxRegistration, TaxReturn, TaxRule
from bocore_tax.reports import reconciliation
from bocore_tax.requests import TaxRequest
from bocore_tax.rights import FILE, PREPARE, READ, SETUP
from bocore_tax.tables import Tables, country, tables

Direction = Literal["output", "input"]


@service(SETUP)
def register(
    uow: UnitOfWork,
    code: str,
    place: str,
    number: str,
    since: date,
    *,
    scheme: Scheme = Scheme.ACCRUAL,
    months: int = 3,
    first_month: int = 1,
    form: str = "",
    authority: Party | None = None,
) -> TaxRegistration:
    """Register the company for tax in a place.

    :param code: how tax facts and the lock of its periods name it, such as GB.
    :param place: ISO code of the country, or of a part of it: GB, US-CA.
    :param number: as the authority gave it.
    :param since: the first day.
    :param scheme: accrual, by the tax point; or cash, by payments.
    :param months: of a period: 1, 3 or 12.
    :param first_month: the month in which a period begins.
    :param form: code of the return, where the place has several.
    :param authority: to whom tax is owed.
    """
    return uow.add(
        TaxRegistration(
            code=code, place=place, number=number, since=since, scheme=scheme, months=months, first_month=first_month, form=form,
            authority_id=None if authority is None else authority.id,
        )
    )  # fmt: skip


@service(SETUP)
def end_registration(uow: UnitOfWork, registration: TaxRegistration, until: date) -> TaxRegistration:
    """Say that a registration has ended.

    :param until: its last day.
    """
    registration.until = until
    return registration


@service(SETUP)
def add_code(
    uow: UnitOfWork,
    code: str,
    place: str,
    name: str,
    kind: TaxKind,
    *,
    compound: bool = False,
    recoverable: Decimal = Decimal(100),
    boxes: list[str] | None = None,
    note: str = "",
) -> TaxCode:
    """Add a tax code of the firm's own; one with the code of a pack's is used in its place.

    :param kind: standard, reduced, zero, exempt, reverse_charge, withholding or out_of_scope.
    :param compound: computed on the net amount and the taxes before it.
    :param recoverable: percent of the tax on purchases that is given back.
    :param boxes: where it goes in the return: output.base=6, output.tax=1, input.base=7, input.tax=4.
    :param note: what is written on the document.
    """
    placed: dict[str, str] = {}
    for one in boxes or ():
        amount, _, box = one.partition("=")
        placed[amount] = f"{placed[amount]} {box}" if amount in placed else box
    return uow.add(
        TaxCode(code=code, place=place, name=name, kind=kind, compound=compound, recoverable=recoverable, boxes=placed, note=note)
    )


@service(SETUP)
def add_rate(uow: UnitOfWork, code: str, percent: Decimal, since: date, *, until: date | None = None, source: str = "") -> TaxRate:
    """Add a rate of the firm's own for a code; it wins over the pack's on its days.

    :param until: the last day on which it holds.
    :param source: where it stands.
    """
    return uow.add(TaxRate(code=code, percent=percent, since=since, until=until, source=source))


@service(SETUP)
def end_rate(uow: UnitOfWork, rate: TaxRate, until: date) -> TaxRate:
    """Say on which day a rate of the firm's own holds for the last time."""
    rate.until = until
    return rate


@service(SETUP)
def add_rule(
    uow: UnitOfWork,
    place: str,
    codes: list[str],
    *,
    tax_class: str = "",
    direction: Direction | None = None,
    party: Literal["business", "consumer"] | None = None,
    counterpart: str = "",
    since: date | None = None,
    until: date | None = None,
) -> TaxRule:
    """Add a rule of the firm's own: which taxes items of a class have in a place.

    :param codes: of the taxes, in order.
    :param tax_class: of the items; any where left out.
    :param direction: output or input.
    :param party: business or consumer.
    :param counterpart: domestic, abroad, or an area such as EU.
    :param since, until: the first and the last day.
    """
    return uow.add(
        TaxRule(
            place=place, codes=list(codes), tax_class=tax_class, direction=direction or "", party=party or "", counterpart=counterpart,
            since=since, until=until,
        )
    )  # fmt: skip


# ---------------------------------------------------------------- computing


@attrs.frozen
class QuoteRow:
    """The tax of an amount, one row a tax."""

    code: str
    name: str
    rate: Decimal | None = attrs.field(metadata={"unit": "%"})
    direction: str
    base: Money
    tax: Money
    gross: Money
    note: str


@service(READ, read_only=True)
def quote(
    uow: UnitOfWork,
    amount: Money,
    place: str,
    *,
    on: date | None = None,
    tax_class: str = "standard",
    inclusive: bool = False,
    direction: Direction = "output",
    business: bool = False,
    counterpart: str = "",
) -> Iterable[QuoteRow]:
    """Show the tax of an amount.

    :param place: of supply.
    :param on: the tax point; today without one.
    :param inclusive: the amount is gross.
    :param business: the other side is a business.
    :param counterpart: the place of the other side.
    """
    request = TaxRequest(
        amount=amount, place=place, on=on or uow.today(), tax_class=tax_class, inclusive=inclusive, direction=direction,
        business=business, counterpart=counterpart,
    )  # fmt: skip
    (answer,) = tax(uow, [request])
    for one in answer.charges:
        yield QuoteRow(one.code, one.name, one.rate, one.fact.direction, one.fact.base, one.fact.tax, answer.gross, one.note)


# ---------------------------------------------------------------- returns


@service(PREPARE)
def open_return(uow: UnitOfWork, registration: TaxRegistration) -> TaxReturn:
    """Open the next return of a registration.

    :param registration: its code.
    """
    return returns.open_next(uow, registration)


@service(PREPARE)
def prepare_return(uow: UnitOfWork, tax_return: TaxReturn) -> TaxReturn:
    """Fill the boxes of a return in from the tax ledger; again where something has come in since.

    :param tax_return: its code: bo report tax.returns lists them.
    """
    returns.prepare(uow, tax_return)
    return tax_return


@service(FILE, runs_with=["bo.lock", "bo.read"], approval=True)
def file_return(uow: UnitOfWork, tax_return: TaxReturn, *, reference: str = "") -> TaxReturn:
    """File a return as it was prepared: it never changes again, and its period is locked.

    :param tax_return: its code.
    :param reference: what the authority calls it.
    """
    returns.file(uow, tax_return, reference)
    return tax_return


@service(PREPARE)
def amend_return(uow: UnitOfWork, tax_return: TaxReturn) -> TaxReturn:
    """Open a return that amends a filed one, where the authority wants the period declared anew; what came late of it is in it.

    :param tax_return: the filed one.
    """
    return returns.amend(uow, tax_return)


@service(PREPARE)
def correct(
    uow: UnitOfWork, tax_return: TaxReturn, code: str, direction: Direction, base: Money, tax: Money, *, counter: str = "expense"
) -> TaxCorrection:
    """Put right, in the next open return, what a filed one has declared too little or too much of; it needs a reason.

    :param tax_return: the filed one.
    :param code: of the tax.
    :param direction: output or input.
    :param base, tax: what was declared too little; negative for too much.
    :param counter: purpose of the other side of the tax.
    """
    returns.refuse_others(uow, tax_return)
    if tax_return.state != "filed":
        message = f"The return of {tax_return.since} to {tax_return.through} is not filed: it still takes what is posted."
        fix = f"Post the correction by itself, and prepare it anew: bo tax prepare-return {tax_return.code}."
        raise Refused([Finding("tax.return_open", message, tax_return, fix=fix)])
    if not (uow.reason or "").strip():
        raise Refused([Finding("tax.correction_reason", "A correction needs a reason.", tax_return, "reason", "Say why: --reason.")])
    known = tables(uow)
    uow.refuse(*_wrong_correction(known, tax_return, code, base, tax))
    made = uow.add(TaxCorrection(return_id=tax_return.id, code=code, direction=direction, base=base, tax=tax, counter=counter))
    sign = -1 if direction == "output" else 1
    step = known.step(code, tax_return.through)
    fact = TaxFact(
        code, base * sign, tax * sign, None if step is None else step.percent, direction, on=tax_return.through,
        registration=tax_return.registration,
    )  # fmt: skip
    lines = [Line(OUTPUT if direction == "output" else INPUT, tax * sign, by={"tax": code}, tax=fact), Line(counter, tax * -sign)]
    label = f"Correction of the return {tax_return.code}"
    uow.post(
        Voucher(
            key=made.key, kind="tax.correction", source=Source(made, event="corrected", label=label), posting_date=uow.today(),
            if_closed="next_open", text="{label}", lines=lines,
        )
    )  # fmt: skip
    return made


def _wrong_correction(known: Tables, tax_return: TaxReturn, code: str, base: Money, tax: Money) -> Iterator[Finding]:
    """What no return could declare: it would keep the next one from being prepared."""
    place = known.forms[tax_return.form].place if tax_return.form in known.forms else ""
    found = known.taxes.get(code)
    if found is None or country(found.place) != country(place or found.place):
        there = ", ".join(sorted(one.code for one in known.taxes.values() if country(one.place) == country(place or one.place))) or "none"
        message = f"There is no tax code {code!r}{' in ' + place if found is not None else ''}."
        yield Finding("tax.unknown_code", message, tax_return, "code", f"There are: {there}.")
    elif found.kind in RATELESS and tax:
        message = f"{code} ({found.name}) charges no tax, so {tax} can't be put right."
        yield Finding("tax.correction", message, tax_return, "tax", "Give a tax of 0, or the code under which it was charged.")
    if base.currency != tax.currency:
        message = f"The base is in {base.currency}, the tax in {tax.currency}."
        yield Finding("tax.correction", message, tax_return, "base", f"Give it in {tax.currency}.")


@service(SETUP)
def catch_up(uow: UnitOfWork) -> int:
    """Write the tax of the vouchers that were posted before this plugin was there; returns how many there were."""
    return ledger.catch_up(uow)


@service(READ, read_only=True, runs_with=["bo.read"])
def check(uow: UnitOfWork, *, through: date | None = None) -> Iterable[Finding]:
    """Compare the tax ledger with the books: a finding for each difference; none where they tie, or nobody keeps books.

    :param through: the last posting date; today without one.
    """
    rows = reconciliation(uow, through=through)
    fix = "bo report tax.reconciliation names what is not declared; bo tax catch-up writes what was posted before."
    for one in rows:
        if one.difference:
            yield Finding("tax.difference", f"{one.what} differs by {one.difference}.", uow.company.code, fix=fix)
