"""Series: what numbers look like and where each sequence begins anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from bocore.entities import Entity, EntitySpec, FieldSpec, entity, field, ref
from bocore.entities.templates import template_names, wrong_template
from bocore.errors import Finding
from bocore.kernel.company import Company
from bocore.kernel.site import Site
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork


RESETS = ("year", "month", "never")
FIXED = frozenset({"code", "company_id", "scope", "reset"})
"""By which a series is found, and its counter: fixed by the first number."""


@entity("bo_series", read="*", write="bo.setup", unique=[("code", "company_id", "scope")], steady=True)
class Series(Entity):
    """A sequence of numbers. Made on first use from the declaration of the numbered field, or added before by whoever keeps the books; from
    then on this row counts."""

    code: str = field(max_length=100)
    company_id: int | None = ref(Company, default=None)
    site_id: int | None = ref(Site, default=None, doc="the site whose numbers these are, where each has its own")
    scope: str = field(default="", max_length=200, doc="what else separates the sequences, such as a till: ids as text, with dots between")
    reset: str = field(default="year", max_length=10, doc="year, month or never: when it begins at 1 anew; fixed by the first number")
    template: str = field(max_length=100)
    gapless: bool = field(default=True, doc="whether a number may never be missing: others then wait for who takes one; on SQLite none is")
    chronological: bool = field(default=False, doc="refuse a date before that of the last number")


class SeriesFacts(NamedTuple):
    """What taking a number needs to know of a series."""

    id: int
    code: str
    company: int | None
    scope: str
    template: str
    reset: str
    chronological: bool
    gapless: bool


def find_series(uow: UnitOfWork, declared: FieldSpec, company: int | None, scope: str, site: int | None) -> tuple[SeriesFacts, bool]:
    """The series of a sequence, made on first use; True with it where it is new."""
    code, per = declared.options["series"], declared.options["per"]
    row = next((s for s in uow.select(Series, code=code, scope=scope) if s.company_id == company), None)
    if row is None:
        uow.hold(f"bo.series {code}")  # somebody else may be making it, and no index tells two rows without a company apart
        row = next((s for s in uow.select(Series, code=code, scope=scope) if s.company_id == company), None)
    new = row is None
    if row is None:
        row = uow.add(
            Series(
                code=code,
                company_id=company,
                site_id=site,
                scope=scope,
                reset="month" if "month" in per else "year" if "year" in per else "never",
                template=declared.options["template"],
                chronological=declared.options["chronological"],
            )
        )
    return SeriesFacts(row.id, code, company, scope, row.template, row.reset, row.chronological, row.gapless), new


@hookimpl
@concerns(Series)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse a template that could not be filled when the next number is taken, and what would give numbers twice."""
    rows = [*changes.added(Series), *(change.entity for change in changes.updated(Series) if "template" in change.new)]
    findings: list[Finding] = []
    for row in [*changes.added(Series), *(change.entity for change in changes.updated(Series))]:
        if row.reset not in RESETS:
            message = f"A series begins anew each {RESETS[0]}, each {RESETS[1]} or {RESETS[2]}, not {row.reset!r}."
            findings.append(Finding("bo.series", message, row, "reset", f"Write one of {', '.join(RESETS)}."))
        if row.site_id is not None and str(row.site_id) not in row.scope.split("."):
            message = f"The scope {row.scope!r} does not name the site {row.site_id}, so that its numbers would not be found."
            findings.append(Finding("bo.series", message, row, "scope", f'Give scope="{row.site_id}", or leave site_id out.'))
    for change in changes.updated(Series):
        for name in sorted(change.new.keys() & FIXED) if uow.has_numbers(change.entity.id) else ():
            code = change.old.get("code", change.entity.code)
            message = f"Numbers were taken from {code} already: with another {name} one could be given twice."
            findings.append(Finding("bo.series", message, change.entity, name, "Leave it; the template may change."))
    for row in changes.removed(Series):
        if uow.has_numbers(row.id):
            message = f"Numbers were taken from {row.code} already: without it the next would be given again from 1."
            findings.append(Finding("bo.series", message, row, fix="Keep the row; its template may change."))
    declared = _declared(uow)
    for row in changes.added(Series):
        others = uow.select(Series, code=row.code, scope=row.scope, company_id=None) if row.company_id is None else ()
        if any(row is not other for other in others):
            message = f"There is a series {row.code} {row.scope!r} of all companies already: numbers would be given twice."
            findings.append(Finding("bo.series", message, row, "code", "Change that one, or give company_id."))
        per = [one.options["per"] for one, _ in declared.get(row.code, ())]
        if per and row.company_id is None and all("company" in each for each in per):
            message = f"Each company has numbers of its own for {row.code}, and the series names none: it would not be found."
            findings.append(Finding("bo.series", message, row, "company_id", "Give company_id=uow.company_id."))
    for row in rows:
        allowed: list[tuple[str, ...] | None] = [
            template_names(one.options["per"], spec.fields) for one, spec in declared.get(row.code, ())
        ]
        for names in allowed or [None]:
            wrong = wrong_template(row.template, names)
            if wrong:
                message = f"The template {row.template!r} {wrong}."
                findings.append(Finding("bo.template", message, row, "template", 'Write it as in "{year}-{n:05}".'))
                break
    return findings


def _declared(uow: UnitOfWork) -> Mapping[str, list[tuple[FieldSpec, EntitySpec]]]:
    """Series code → the numbered fields that are declared with it, and their entities."""
    found: dict[str, list[tuple[FieldSpec, EntitySpec]]] = {}
    for spec in uow._app._specs.values():
        for one in spec.all("numbered"):
            found.setdefault(one.options["series"], []).append((one, spec))
    return found
