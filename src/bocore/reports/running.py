"""Running a report: its options converted, its rows read in a unit of work that writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from bocore.errors import DeclarationError, Finding
from bocore.plugins.options import place_of
from bocore.reports.columns import Column, columns_of
from bocore.values import read_options

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import Report


@attrs.frozen
class ReportResult:
    """A report that was run: its declaration, its columns, its rows as objects of the declared class, and what it warned of."""

    report: Report
    columns: list[Column]
    rows: list[Any]
    findings: list[Finding] = attrs.field(factory=list)

    def as_objects(self) -> list[dict[str, Any]]:
        """The rows as JSON carries them."""
        from bocore.reports.columns import as_objects

        return as_objects(self.columns, self.rows)


def run_report(app: BackOffice, name: str, *, actor: str, company: Any = None, options: Mapping[str, Any] | None = None) -> ReportResult:
    """Run a report by its full name, or a short one while that is unique.

    :param options: its keyword arguments; text is read as the type that they are annotated with, entities by id, number or code.
    :raises NotFound: there is no such report.
    :raises UsageError: an option is missing, unknown or can't be read.
    """
    report: Report = app.host.resolve("report", name)
    with app.unit_of_work(actor=actor, company=company, read_only=True) as uow:
        values = read_options(uow, f"The report {report.name}", report.options, options or {})
        rows = list(report.function(uow, **values))
    wrong = next((row for row in rows if not isinstance(row, report.row)), None)
    if wrong is not None:
        raise DeclarationError(
            f"{place_of(report.function)} returns {type(wrong).__name__}, and is annotated to return {report.row.__name__}.",
            fix="Return rows of the annotated class.",
        )
    return ReportResult(report, columns_of(report.row), rows, list(uow.findings))
