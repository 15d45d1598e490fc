"""Returns: opened for a period, prepared from the tax ledger, filed and never changed. Services call this; it is none itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import attrs
import sqlalchemy as sa

from bocore import Company, Finding, Line, Money, Refused, Source, UnitOfWork, Voucher, lock_period, locked_through
from bocore_tax.boxes import Figure, add_up, boxes_of, filled
from bocore_tax.computing import WITHHOLDING
from bocore_tax.declare import Boxes, Form
from bocore_tax.ledger import CLEARING
from bocore_tax.model import TaxLine, TaxRegistration, TaxReturn, TaxReturnBox, TaxReturnLine
from bocore_tax.periods import next_period, period_around
from bocore_tax.tables import Registered, Tables, form_of, plain_registration, tables

ROUNDING = "tax.rounding"
"""Purpose of what boxes in whole units leave over."""


@attrs.frozen
class Content:
    """What a return declares: its boxes, and what each line of the tax ledger puts into which."""

    figures: list[Figure]
    lines: list[tuple[TaxLine, list[tuple[str, int]]]]


def open_next(uow: UnitOfWork, registration: TaxRegistration) -> TaxReturn:
    """Open the return of the period after the last one; the first is the period in which the registration begins."""
    refuse_others(uow, registration)
    last = _last(uow, registration)
    if last is not None and last.state != "filed":
        message = f"The return of {last.since} to {last.through} is not filed yet."
        raise Refused([Finding("tax.return_open", message, last, fix=f"File it first: bo tax file-return {last.code}.")])
    if last is None:
        since, through = period_around(registration.since, registration.months, registration.first_month)
        since = max(since, registration.since)
    else:
        since, through = next_period(last.through, registration.months, registration.first_month)
        since = last.through + timedelta(days=1)
    if registration.until is not None:
        if since > registration.until:
            raise Refused([_ended(uow, registration, last)])
        through = min(through, registration.until)
    form = _form(tables(uow), plain_registration(registration))
    return uow.add(
        TaxReturn(code=f"{registration.code}-{through}", registration=registration.code, form=form.code, since=since, through=through)
    )


def refuse_others(uow: UnitOfWork, row: TaxReturn | TaxRegistration) -> None:
    """A return is filed in the unit of work of its own company: another one's period would be locked, and the tax cleared in its books."""
    if row.company_id != uow.company_id:
        mine, theirs = uow.company.code, uow.get(Company, row.company_id).code
        message = f"It belongs to the company {theirs}, and this is done in {mine}."
        fix = f"Do it in that company: bo --company {theirs} tax …, or bo.unit_of_work(company={theirs!r})."
        raise Refused([Finding("tax.other_company", message, row, "company_id", fix)])


def _last(uow: UnitOfWork, registration: TaxRegistration) -> TaxReturn | None:
    query = uow.select(TaxReturn, company_id=registration.company_id, registration=registration.code)
    return query.order_by(TaxReturn.c.through.desc(), TaxReturn.c.sequence.desc()).first()


def _ended(uow: UnitOfWork, registration: TaxRegistration, last: TaxReturn | None) -> Finding:
    """No more returns come; what is declared after the end, such as the payment of an old invoice, amends one of those that there are."""
    message, fix = f"The registration {registration.code} ended on {registration.until}.", "There is nothing more to declare."
    query = uow.select(TaxLine, company_id=registration.company_id, registration=registration.code)
    late = query.where(TaxLine.c.declared.is_not(None), TaxLine.c.id.not_in(sa.select(TaxReturnLine.c.tax_line_id))).all()
    if late and last is not None:
        since = min(row.tax_date for row in late)
        message = f"{message} Of the tax ledger {len(late)} {'line is' if len(late) == 1 else 'lines are'} in no return."
        fix = f"Amend the return of the period of each tax point, the first is {since}: bo tax amend-return {last.code} is of the last."
    return Finding("tax.return_period", message, registration, "until", fix)


def _form(known: Tables, registration: Registered) -> Form:
    found = form_of(known, registration)
    if isinstance(found, Finding):
        raise Refused([found])
    return found


def amend(uow: UnitOfWork, filed: TaxReturn) -> TaxReturn:
    """Open a return that amends a filed one: all that was declared of the period, and what has come late of it since."""
    refuse_others(uow, filed)
    if filed.state != "filed":
        message = f"The return of {filed.since} to {filed.through} is not filed."
        raise Refused([Finding("tax.return_open", message, filed, fix=f"Prepare it anew: bo tax prepare-return {filed.code}.")])
    later = uow.select(TaxReturn, company_id=filed.company_id, registration=filed.registration, since=filed.since)
    last = later.order_by(TaxReturn.c.sequence.desc()).first()
    if last is not None and last.sequence > filed.sequence:
        message = f"It is amended already, by {last.code}."
        raise Refused([Finding("tax.return_amended", message, filed, fix=f"Amend that one: bo tax amend-return {last.code}.")])
    sequence = filed.sequence + 1
    return uow.add(
        TaxReturn(
            code=f"{filed.registration}-{filed.through}-{sequence}", registration=filed.registration, form=filed.form,
            since=filed.since, through=filed.through, sequence=sequence, amends_id=filed.id,
        )
    )  # fmt: skip


# ---------------------------------------------------------------- what it declares


def content_of(uow: UnitOfWork, tax_return: TaxReturn) -> Content:
    """What a return declares if it is prepared now: every line declared through its last day that is in no other return."""
    known = tables(uow)
    form = known.forms.get(tax_return.form)
    if form is None:
        message = f"Nobody declares the form {tax_return.form!r} any more."
        raise Refused([Finding("tax.no_form", message, tax_return, "form", "Install the pack of the country again.")])
    placed = [(row, _boxes(known, row)) for row in _unfiled(uow, tax_return)]
    _refuse_homeless(tax_return, form, placed)
    lines = [(row, filled(boxes, row.direction, row.base.minor_units, row.tax.minor_units)) for row, boxes in placed]
    lines = [(row, put) for row, put in lines if put or row.purpose != WITHHOLDING]  # what is withheld may have a return of its own
    token = uow.tokens[uow.company.currency]
    put = [*_amended(uow, tax_return), *(one for _, put in lines for one in put)]
    return Content(add_up(form, put, token.exponent), lines)


def _refuse_homeless(tax_return: TaxReturn, form: Form, lines: list[tuple[TaxLine, Boxes]]) -> None:
    """What no box takes would be lost: its code is unknown here, has no box for the tax, or one that the form does not have."""
    there = {box.code for box in form.boxes}
    computed_from = {box.of for box in form.boxes}
    homeless, unknown = set(), set()
    for row, boxes in lines:
        withheld = row.purpose == WITHHOLDING and not (boxes.base or boxes.tax)
        if row.tax and not withheld and not boxes.tax and computed_from.isdisjoint(boxes.base):
            homeless.add((row.code, row.direction))
        unknown |= {(row.code, row.direction, box) for box in {*boxes.base, *boxes.tax} - there}
    findings = [
        Finding(
            "tax.no_box",
            f"Tax of the code {code!r} ({direction}) is to be declared, and the form {tax_return.form} has no box for it.",
            tax_return,
            fix=f"Say where it goes: bo tax add-code {code}, or install the pack that declares the code.",
        )
        for code, direction in sorted(homeless)
    ]
    findings += [
        Finding(
            "tax.no_box",
            f"The code {code!r} ({direction}) goes into box {box!r}, which the form {tax_return.form} does not have.",
            tax_return,
            fix=f"Say where it goes instead: bo tax add-code {code}; the form has {', '.join(one.code for one in form.boxes)}.",
        )
        for code, direction, box in sorted(unknown)
    ]
    if findings:
        raise Refused(findings)


def _amended(uow: UnitOfWork, tax_return: TaxReturn) -> list[tuple[str, int]]:
    """What the return that this one amends has declared, box by box."""
    found: list[tuple[str, int]] = []
    before = tax_return.amends_id
    while before is not None:
        row = uow.get(TaxReturn, before)
        found += [(one.box, one.amount.minor_units) for one in uow.children(row, TaxReturnLine) if one.box]
        before = row.amends_id
    return found


def _boxes(known: Tables, row: TaxLine) -> Boxes:
    return boxes_of(known.taxes.get(row.code), known.step(row.code, row.tax_date), row.direction)


def _unfiled(uow: UnitOfWork, tax_return: TaxReturn) -> list[TaxLine]:
    filed = (
        sa.select(TaxReturnLine.c.tax_line_id)
        .join(TaxReturn.c.id.table, TaxReturn.c.id == TaxReturnLine.c.return_id)
        .where(TaxReturn.c.id != tax_return.id, TaxReturn.c.state == "filed")
    )
    query = uow.select(TaxLine, company_id=tax_return.company_id, registration=tax_return.registration)
    if tax_return.amends_id is None:
        query = query.where(TaxLine.c.declared <= tax_return.through)
    else:  # what came late, of the period that is declared anew
        query = query.where(TaxLine.c.tax_date.between(tax_return.since, tax_return.through), TaxLine.c.declared.is_not(None))
    return query.where(TaxLine.c.id.not_in(filed)).order_by(TaxLine.c.declared, TaxLine.c.id).all()


def prepare(uow: UnitOfWork, tax_return: TaxReturn) -> None:
    """Fill the boxes in from the tax ledger, anew where it was prepared before."""
    refuse_others(uow, tax_return)
    if tax_return.state == "filed":
        message = f"The return of {tax_return.since} to {tax_return.through} is filed, and does not change any more."
        fix = f"Put right what is wrong in the next one (bo tax correct {tax_return.code}), or amend it (bo tax amend-return)."
        raise Refused([Finding("tax.return_filed", message, tax_return, fix=fix)])
    content = content_of(uow, tax_return)
    for row in (*uow.children(tax_return, TaxReturnLine), *uow.children(tax_return, TaxReturnBox)):
        uow.remove(row)
    uow.flush()
    token = uow.tokens[uow.company.currency]
    uow.add_all(
        TaxReturnBox(
            return_id=tax_return.id, box=one.box.code, label=one.box.label, position=at,
            exact=Money.minor(one.exact, token), amount=Money.minor(one.amount, token),
        )
        for at, one in enumerate(content.figures, 1)
    )  # fmt: skip
    uow.add_all(
        TaxReturnLine(
            return_id=tax_return.id, tax_line_id=row.id, box=box, amount=Money.minor(amount, token), late=_late(row, tax_return)
        )
        for row, put in content.lines
        for box, amount in (put or [("", 0)])
    )  # fmt: skip
    tax_return.prepared_on = uow.today()
    tax_return.due = Money.minor(_due(tables(uow).forms[tax_return.form], content.figures), token)
    uow.move(tax_return, "prepare")


def _late(row: TaxLine, tax_return: TaxReturn) -> bool:
    return row.late or (row.declared is not None and row.declared < tax_return.since)


def _due(form: Form, figures: Iterable[Figure]) -> int:
    return next(one.amount for one in figures if one.box.code == form.due)


# ---------------------------------------------------------------- filing


def file(uow: UnitOfWork, tax_return: TaxReturn, reference: str) -> None:
    """File what was prepared: freeze it, lock its period, and clear its tax into what is owed.

    :raises Refused: it is not prepared, its period is not over, or the tax ledger has changed since.
    """
    refuse_others(uow, tax_return)
    if tax_return.state != "prepared":
        uow.move(tax_return, "file")  # refuses, and says what is possible
    if tax_return.through >= uow.today():
        message = f"Its period ends on {tax_return.through}, and is not over."
        raise Refused([Finding("tax.return_period", message, tax_return, "through", "File it when the period is over.")])
    area = f"tax:{tax_return.registration}"
    through = locked_through(uow, tax_return.company_id, area)
    if through is None or through < tax_return.through:
        lock_period(uow, area, tax_return.through)
        uow.flush()  # waits for all who are posting, so that what is read now is all that there will be
    _refuse_changed(uow, tax_return)
    lines = _clearing(uow, tax_return)
    if lines:
        uow.post(
            Voucher(
                key=tax_return.key,
                kind=CLEARING,
                source=Source(tax_return, event="filed", label=f"Tax return {tax_return.code}"),
                posting_date=uow.today(),
                if_closed="next_open",
                text="{label}",
                lines=lines,
            )
        )
    tax_return.filed_on, tax_return.reference = uow.today(), reference
    uow.move(tax_return, "file")


def _refuse_changed(uow: UnitOfWork, tax_return: TaxReturn) -> None:
    """What is filed is what was looked at: no line has come in since."""
    prepared = {row.box: row.amount.minor_units for row in uow.children(tax_return, TaxReturnBox)}
    listed = {row.tax_line_id for row in uow.children(tax_return, TaxReturnLine)}
    now = content_of(uow, tax_return)
    if listed == {row.id for row, _ in now.lines} and prepared == {one.box.code: one.amount for one in now.figures}:
        return
    differing = [f"box {one.box.code}" for one in now.figures if prepared.get(one.box.code) != one.amount]
    new = len({row.id for row, _ in now.lines} - listed)
    lines = "1 new line" if new == 1 else f"{new} new lines"
    message = f"The tax ledger has changed since it was prepared ({lines}); other than then: {', '.join(differing) or 'no box'}."
    raise Refused([Finding("tax.return_outdated", message, tax_return, fix=f"Look at it again: bo tax prepare-return {tax_return.code}.")])


def _clearing(uow: UnitOfWork, tax_return: TaxReturn) -> list[Line]:
    """What the return takes out of the purposes of tax, what is owed for it, and what rounding of boxes left."""
    token = uow.tokens[uow.company.currency]
    sums: dict[str, int] = {}
    for row in uow.get_all(TaxLine, {one.tax_line_id for one in uow.children(tax_return, TaxReturnLine)}).values():
        sums[row.purpose] = sums.get(row.purpose, 0) + row.tax.minor_units
    due = tax_return.due.minor_units if tax_return.due is not None else 0
    if tax_return.amends_id is not None:
        before = uow.get(TaxReturn, tax_return.amends_id).due
        due -= before.minor_units if before is not None else 0
    lines = [Line(purpose, Money.minor(-minor, token)) for purpose, minor in sorted(sums.items()) if minor]
    registration = uow.find(TaxRegistration, company_id=tax_return.company_id, code=tax_return.registration)
    authority = None if registration is None else registration.authority_id
    if due:
        lines.append(Line("tax", Money.minor(-due, token), opens=tax_return.key, party=authority))
    left = sum(sums.values()) + due
    if left:
        lines.append(Line(ROUNDING, Money.minor(left, token)))
    return lines if len(lines) > 1 else []
