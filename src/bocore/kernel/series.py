"""Series: what numbers look like and where each sequence begins anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def find_series(uow: UnitOfWork, key: tuple[str, int | None, str, str], declared: FieldSpec) -> Series:
    """The series of a sequence, made on first use."""
    code, company, scope, _ = key
    known = uow._app.series_seen.get((code, company, scope))
    if known is not None:
        found = uow._reader.get(Series, known)
        if found is not None and (found.code, found.company_id, found.scope) == (code, company, scope):
            return found
        # It was seen by a unit of work that let go of its objects and was undone later; its id may be somebody else's by now.
        uow._app.series_seen.pop((code, company, scope), None)
    found_row = next((s for s in uow.select(Series, code=code, scope=scope) if s.company_id == company), None)
    if found_row is not None:
        if not uow._tracker.is_new(found_row):  # one that is undone with this unit would be looked for ever after
            uow._app.series_seen[(code, company, scope)] = found_row.id
        return found_row
    per = declared.options["per"]
    return uow.add(
        Series(
            code=code,
            company_id=company,
            scope=scope,
            reset="month" if "month" in per else "year" if "year" in per else "never",
            template=declared.options["template"],
            chronological=declared.options["chronological"],
        )
    )
