"""What holds of the firm's own rows, and of locking tax periods by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa

from bocore import Changes, Company, Finding, Severity, UnitOfWork, concerns, hookimpl
from bocore_tax.model import TaxCode, TaxLine, TaxRate, TaxRegistration, TaxReturn, TaxReturnLine, TaxRule
from bocore_tax.places import wrong_place
from bocore_tax.tables import chain, country, overlapping, tables

DIRECTIONS = ("", "output", "input")
PARTIES = ("", "business", "consumer")


@hookimpl
@concerns(TaxCode, TaxRate, TaxRule, TaxRegistration)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse rates that overlap, rules and rates of codes that nobody knows, and registrations that overlap or have a wrong number."""
    yield from _check_rates(uow, changes)
    yield from _check_rules(uow, _written(changes, TaxRule))
    for row in (*_written(changes, TaxCode), *_written(changes, TaxRule), *_written(changes, TaxRegistration)):
        if wrong := wrong_place(row.place):
            yield Finding("tax.place", f"{row.place!r} {wrong}.", row, "place", "Give its ISO code in capital letters: GB, US-CA.")
    for code in _written(changes, TaxCode):
        yield from _check_boxes(uow, code)
    yield from _check_registrations(uow, changes)


def _written(changes: Changes, cls: type[Any]) -> list[Any]:
    return [*changes.added(cls), *(change.entity for change in changes.updated(cls))]


def _check_rates(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    rows = _written(changes, TaxRate)
    if not rows:
        return
    known = tables(uow).taxes
    for row in rows:
        if row.until is not None and row.until < row.since:
            message = f"The rate ends on {row.until}, before it begins on {row.since}."
            yield Finding("tax.rate", message, row, "until", "Exchange the two days.")
        if row.code not in known:
            yield _unknown(row, row.code, known)
    same = uow.select(TaxRate, code={row.code for row in rows}).all()
    for later, before in overlapping(same):
        message = f"{later.code} has two rates on {later.since}: {before.percent} and {later.percent}."
        fix = f"End the earlier one first: bo tax end-rate {before.id} UNTIL."
        yield Finding("tax.overlapping_rates", message, later, "since", fix)


def _unknown(row: Any, code: str, known: Iterable[str]) -> Finding:
    there = ", ".join(sorted(known)) or "none yet"
    return Finding(
        "tax.unknown_code", f"There is no tax code {code!r}.", row, "code", f"Add it first: bo tax add-code. There are: {there}."
    )


def _check_rules(uow: UnitOfWork, rows: list[TaxRule]) -> Iterator[Finding]:
    wrong = [row for row in rows if row.direction not in DIRECTIONS or row.party not in PARTIES]
    for row in wrong:
        message = f"A rule is for no direction {row.direction!r} or party {row.party!r}."
        fix = "Direction is output, input or empty; party is business, consumer or empty."
        yield Finding("tax.rule", message, row, "direction" if row.direction not in DIRECTIONS else "party", fix)
    if wrong or not rows:
        return
    known = tables(uow)
    for row in rows:
        for code in row.codes:
            if code not in known.taxes:
                yield _unknown(row, code, known.taxes)
        if row.counterpart not in ("", "domestic", "abroad", *known.areas):
            there = ", ".join(("domestic", "abroad", *sorted(known.areas)))
            yield Finding("tax.rule", f"There is no area {row.counterpart!r}.", row, "counterpart", f"Choose one of: {there}.")


def _check_boxes(uow: UnitOfWork, row: TaxCode) -> Iterator[Finding]:
    allowed = {f"{direction}.{part}" for direction in ("output", "input") for part in ("base", "tax")}
    for name in sorted(row.boxes.keys() - allowed):
        message = f"{name!r} is no amount that goes into a box."
        yield Finding("tax.boxes", message, row, "boxes", f"Choose from: {', '.join(sorted(allowed))}.")
    forms = [form for form in tables(uow).forms.values() if form.place in chain(row.place)]
    there = [box.code for form in forms for box in form.boxes if not (box.sums or box.of)]
    for name in sorted({box for boxes in row.boxes.values() for box in boxes.split()} - set(there)):
        if forms:
            message = f"No return of {row.place} has a box {name!r} for {row.code}."
            yield Finding("tax.boxes", message, row, "boxes", f"Choose from: {', '.join(there)}.")


def _check_registrations(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    for row in _written(changes, TaxRegistration):
        if row.until is not None and row.until < row.since:
            message = f"The registration ends on {row.until}, before it begins on {row.since}."
            yield Finding("tax.registration", message, row, "until", "Exchange the two days.")
        if ":" in row.code or row.code != row.code.strip():
            message = f"{row.code!r} can't be the code of a registration: it names a lock, tax:{row.code}."
            yield Finding("tax.registration", message, row, "code", "Use letters and digits.")
        if 12 % row.months:
            message = f"A period of {row.months} months does not begin in the same months every year."
            yield Finding("tax.registration", message, row, "months", "Choose 1, 2, 3, 4, 6 or 12.")
        if row.number and (wrong := wrong_number(row.place, row.number)):
            message = f"{row.number!r} is no tax number of {country(row.place)}: {wrong}"
            yield Finding("tax.number", message, row, "number", "Compare it with the letter of the authority.")
        for other in uow.select(TaxRegistration, company_id=row.company_id, place=row.place):
            if other.id < row.id and (other.until is None or row.since <= other.until) and (row.until is None or other.since <= row.until):
                message = f"The company is registered in {row.place} on {max(row.since, other.since)} already, as {other.code}."
                yield Finding("tax.registration", message, row, "since", f"End that first: bo tax end-registration {other.code} UNTIL.")
    for change in changes.updated(TaxRegistration):
        for name in sorted(change.new.keys() & {"code", "place", "months", "first_month", "scheme"}):
            if uow.select(TaxReturn, company_id=change.entity.company_id, registration=change.old.get("code", change.entity.code)).first():
                message = f"The {name} of a registration with returns can't change."
                yield Finding("tax.registration", message, change.entity, name, "End it, and register anew.")


def wrong_number(place: str, number: str) -> str:
    """What is wrong with a tax number of a country, as far as that can be told from itself; empty where nothing is."""
    from stdnum.exceptions import ValidationError
    from stdnum.util import get_cc_module

    module = get_cc_module(country(place).lower(), "vat")
    if module is None:
        return ""
    try:
        module.validate(number)
    except ValidationError as error:
        return f"{str(error)[:1].lower()}{str(error)[1:]}"
    return ""


@hookimpl
def bo_close_check(uow: UnitOfWork, company: Any, area: str, through: date) -> Iterable[Finding]:
    """Warn where a period of tax is locked whose lines are in no filed return."""
    if not area.startswith("tax:"):
        return []
    return list(_not_filed(uow, company, area.removeprefix("tax:"), through))


def _not_filed(uow: UnitOfWork, company: Company, registration: str, through: date) -> Iterator[Finding]:
    line = TaxLine.c
    listed = sa.select(TaxReturnLine.c.tax_line_id)
    statement = sa.select(sa.func.count(line.id)).where(
        line.company_id == company.id, line.registration == registration, line.declared <= through, line.id.not_in(listed)
    )
    ((count,),) = uow.rows(statement)
    if count:
        message = f"{count} lines of the tax ledger through {through} are in no return of {registration}."
        fix = "They are declared in the next return; to have them in that of the period, prepare and file it first."
        yield Finding("tax.not_declared", message, company.code, fix=fix, severity=Severity.WARNING, lines=count)
