"""Series: what numbers look like and where each sequence begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bocore.entities import Entity, FieldSpec, entity, field, ref
from bocore.kernel.company import Company

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@entity("bo_series", unique=[("code", "company_id", "scope")])
class Series(Entity):
    """A sequence of numbers. Made on first use from the declaration of the numbered field; from then on this row counts."""

    code: str = field(max_length=100)
    company_id: int | None = ref(Company, default=None)
    scope: str = field(default="", max_length=200, doc="what else separates the sequences: a journal, a till, a site")
    reset: str = field(default="year", max_length=10, doc="year, month or never")
    template: str = field(max_length=100)
    gapless: bool = field(default=True)
    chronological: bool = field(default=False, doc="refuse a date before that of the last number")


class Sequence(NamedTuple):
    """What taking a number needs to know of a series."""

    id: int
    code: str
    template: str
    chronological: bool


def find_series(uow: UnitOfWork, key: tuple[str, int | None, str, str], declared: FieldSpec) -> Sequence:
    """The series of a sequence, made on first use."""
    code, company, scope, _ = key
    memory = uow.memory("bo.series", Series)
    known: Sequence | None = memory.get((code, company, scope))
    if known is not None:
        return known
    row = next((s for s in uow.select(Series, code=code, scope=scope) if s.company_id == company), None)
    if row is not None:
        known = memory[code, company, scope] = Sequence(row.id, row.code, row.template, row.chronological)
        return known
    per = declared.options["per"]
    made = uow.add(
        Series(
            code=code,
            company_id=company,
            scope=scope,
            reset="month" if "month" in per else "year" if "year" in per else "never",
            template=declared.options["template"],
            chronological=declared.options["chronological"],
        )
    )
    return Sequence(made.id, made.code, made.template, made.chronological)
