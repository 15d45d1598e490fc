"""Series: what numbers look like and where each sequence begins anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from bocore.entities import Entity, FieldSpec, entity, field, ref
from bocore.entities.templates import template_names, wrong_template
from bocore.errors import Finding
from bocore.kernel.company import Company
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork


@entity("bo_series", unique=[("code", "company_id", "scope")])
class Series(Entity):
    """A sequence of numbers. Made on first use from the declaration of the numbered field; from then on this row's template and chronology
    count. Where it begins anew, and that it has no gaps, is the declaration's to say in this version."""

    code: str = field(max_length=100)
    company_id: int | None = ref(Company, default=None)
    scope: str = field(default="", max_length=200, doc="what else separates the sequences: a journal, a till, a site")
    reset: str = field(default="year", max_length=10, doc="year, month or never: as declared by per=, and can't be changed yet")
    template: str = field(max_length=100)
    gapless: bool = field(default=True, doc="always so: numbers with gaps come later")
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


def find_series(uow: UnitOfWork, declared: FieldSpec, company: int | None, scope: str) -> tuple[SeriesFacts, bool]:
    """The series of a sequence, made on first use; True with it where it is new."""
    code, per = declared.options["series"], declared.options["per"]
    row = next((s for s in uow.select(Series, code=code, scope=scope) if s.company_id == company), None)
    new = row is None
    if row is None:
        row = uow.add(
            Series(
                code=code,
                company_id=company,
                scope=scope,
                reset="month" if "month" in per else "year" if "year" in per else "never",
                template=declared.options["template"],
                chronological=declared.options["chronological"],
            )
        )
    return SeriesFacts(row.id, code, company, scope, row.template, row.reset, row.chronological), new


@hookimpl
@concerns(Series)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse a template that could not be filled when the next number is taken, and what would be taken down and never followed."""
    rows = [*changes.added(Series), *(change.entity for change in changes.updated(Series) if "template" in change.new)]
    findings = [
        Finding(
            "bo.series", f"{name} of a series can't be changed yet: it would have no effect.", change.entity, name, "Leave it as it is."
        )
        for change in changes.updated(Series)
        for name in ("reset", "gapless")
        if name in change.new
    ]
    for row in changes.added(Series):
        if not row.gapless:
            fix = "Leave gapless out."
            findings.append(Finding("bo.series", "Numbers with gaps are not possible yet.", row, "gapless", fix))
    for row in rows:
        declared: list[tuple[str, ...] | None] = [
            template_names(one.options["per"], spec.fields)
            for spec in uow._app._specs.values()
            for one in spec.all("numbered")
            if one.options["series"] == row.code
        ]
        for names in declared or [None]:
            wrong = wrong_template(row.template, names)
            if wrong:
                message = f"The template {row.template!r} {wrong}."
                findings.append(Finding("bo.template", message, row, "template", 'Write it as in "{year}-{n:05}".'))
                break
    return findings
