"""Running a report: its options converted, its rows read in a unit of work that writes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import attrs

from bocore.errors import DeclarationError, Finding, NotFound, UsageError
from bocore.plugins.options import place_of
from bocore.reports.columns import Column, as_objects, columns_of
from bocore.reports.drill import Drill, Link
from bocore.reports.heading import Heading, heading_of
from bocore.values import read_options

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import Report
    from bocore.uow import UnitOfWork


@attrs.frozen
class ReportResult:
    """A report that was run: its declaration, its columns, its rows as objects of the declared class, and what stands above them.

    ``options`` are those that were given, as typed values; ``findings`` the warnings that came while it ran.
    """

    report: Report
    columns: list[Column]
    rows: list[Any]
    heading: Heading
    options: Mapping[str, Any]
    findings: list[Finding]
    _app: BackOffice = attrs.field(repr=False)
    _actor: str = attrs.field(repr=False)
    _company: Any = attrs.field(repr=False)

    def as_objects(self) -> list[dict[str, Any]]:
        """The rows as JSON carries them."""
        return as_objects(self.columns, self.rows)

    def render(self, style: str, out: str | Path | TextIO | BinaryIO) -> None:
        """Write it as ``table``, ``csv``, ``json``, ``xlsx`` or ``html``; a file that is named takes its new content whole."""
        from bocore.reports.render import render_to

        render_to(style, self.columns, self.rows, out, self.heading)

    def link(self, row: Any, column: str, key: str | None = None) -> Link | None:
        """The report and options behind a figure; None where it leads nowhere.

        :param key: of a spread column.
        """
        found = next((one for one in self.columns if one.name == column), None)
        if found is None:
            raise UsageError(f"{self.report.name} has no column {column!r}.", fix=f"It has: {', '.join(c.name for c in self.columns)}.")
        return link_of(self._app, self.report, self.options, found if key is None else attrs.evolve(found, key=key), row)

    def drill(self, row: Any, column: str, key: str | None = None) -> ReportResult:
        """Run the report behind a figure.

        :param key: of a spread column.
        :raises NotFound: nothing is behind it.
        """
        link = self.link(row, column, key)
        if link is None:
            raise NotFound(f"No report is behind {column} of that row.", fix="Ask link(row, column) first.")
        return run_report(self._app, link.report, actor=self._actor, company=self._company, options=link.options)


def link_of(app: BackOffice, report: Report, options: Mapping[str, Any], column: Column, row: Any) -> Link | None:
    """The report and options behind a figure; None without a figure, and where the plugin of that report is not there."""
    if not isinstance(column.drill, Drill) or column.value(row) is None:
        return None
    target = app.host.reports.get(column.drill.report)
    return None if target is None else column.drill.link(report, options, target, row, column.key)


def run_report(app: BackOffice, name: str, *, actor: str, company: Any = None, options: Mapping[str, Any] | None = None) -> ReportResult:
    """Run a report by its full name, or a short one while that is unique.

    :param options: its keyword arguments; text is read as the type that they are annotated with, entities by id, number or code.
    :raises NotFound: there is no such report.
    :raises UsageError: an option is missing, unknown or can't be read.
    """
    with running(app, name, actor=actor, company=company, options=options) as (result, rows):
        result.rows.extend(rows)
    return result


@contextlib.contextmanager
def running(
    app: BackOffice, name: str, *, actor: str, company: Any = None, options: Mapping[str, Any] | None = None
) -> Iterator[tuple[ReportResult, Iterator[Any]]]:
    """A report that has begun: its result without rows, and the rows, to be read once and inside the ``with``."""
    report: Report = app.host.resolve("report", name)
    with app.unit_of_work(actor=actor, company=company, read_only=True) as uow:
        values = read_options(uow, f"The report {report.name}", report.options, options or {})
        heading = heading_of(uow, report, values)
        result = ReportResult(report, columns_of(report.row), [], heading, values, uow.findings, app, actor, company)
        yield result, _rows(uow, report, values)


def _rows(uow: UnitOfWork, report: Report, values: Mapping[str, Any]) -> Iterator[Any]:
    given: Iterable[Any] = report.function(uow, **values)
    for row in given:
        if not isinstance(row, report.row):
            raise DeclarationError(
                f"{place_of(report.function)} returns {type(row).__name__}, and is annotated to return {report.row.__name__}.",
                fix="Return rows of the annotated class.",
            )
        yield row
