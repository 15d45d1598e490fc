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
from bocore.reports.heading import Headed, Heading, heading_of
from bocore.values import read_options

if TYPE_CHECKING:
    from bocore.access.actor import Who
    from bocore.app import BackOffice
    from bocore.plugins import Report
    from bocore.reports.details import Details
    from bocore.uow import UnitOfWork


@attrs.frozen
class ReportResult:
    """A report that was run: its declaration, its columns, its rows as objects of the declared class, and what stands above them.

    ``options`` are those that were given, as typed values; ``findings`` the warnings that came while it ran; ``details`` the reports
    behind its figures, where they were asked for.
    """

    report: Report
    columns: list[Column]
    rows: list[Any]
    heading: Heading
    options: Mapping[str, Any]
    findings: list[Finding]
    details: Details | None = attrs.field(default=None, repr=False)
    _app: BackOffice = attrs.field(repr=False, kw_only=True)
    _actor: Any = attrs.field(repr=False, kw_only=True)
    _company: Any = attrs.field(repr=False, kw_only=True)
    _takes: dict[str, frozenset[str]] = attrs.field(factory=dict, repr=False, init=False)

    def as_objects(self) -> list[dict[str, Any]]:
        """The rows as JSON carries them."""
        return as_objects(self.columns, self.rows)

    def render(self, style: str, out: str | Path | TextIO | BinaryIO) -> None:
        """Write it as ``table``, ``csv``, ``json``, ``xlsx`` or ``html``; a file that is named takes its new content whole."""
        from bocore.reports.render import render_to

        render_to(style, self.columns, self.rows, out, self.heading, self.details)

    def link(self, row: Any, column: str, key: str | None = None) -> Link | None:
        """The report and options behind a figure; None where it leads nowhere.

        :param key: of a spread column.
        """
        found = next((one for one in self.columns if one.name == column), None)
        if found is None:
            raise UsageError(f"{self.report.name} has no column {column!r}.", fix=f"It has: {', '.join(c.name for c in self.columns)}.")
        return self.link_of(found if key is None else attrs.evolve(found, key=key), row)

    def link_of(self, column: Column, row: Any) -> Link | None:
        """The same for a column; None without a figure too, and where the plugin of that report is not there."""
        drill = column.drill
        if not isinstance(drill, Drill) or column.value(row) is None or drill.report not in self._app.host.reports:
            return None
        own = self.report.name
        return drill.link(own, self._options_of(own), self.options, self._options_of(drill.report), row, column.key)

    def _options_of(self, name: str) -> frozenset[str]:
        """The options that a report takes: read from its signature, which takes a while, once."""
        found = self._takes.get(name)
        if found is None:
            found = self._takes[name] = frozenset(option.name for option in self._app.host.reports[name].options)
        return found

    def drill(self, row: Any, column: str, key: str | None = None) -> ReportResult:
        """Run the report behind a figure.

        :param key: of a spread column.
        :raises NotFound: nothing is behind it.
        """
        link = self.link(row, column, key)
        if link is None:
            raise NotFound(f"No report is behind {column} of that row.", fix="Ask link(row, column) first.")
        return run_report(self._app, link.report, actor=self._actor, company=self._company, options=link.options)


def run_report(
    app: BackOffice, name: str, *, actor: Who, company: Any = None, options: Mapping[str, Any] | None = None, details: bool = False
) -> ReportResult:
    """Run a report by its full name, or a short one while that is unique.

    :param options: its keyword arguments; text is read as the type that they are annotated with, entities by id, number or code.
    :param details: with the reports behind its figures, from the same snapshot.
    :raises NotFound: there is no such report.
    :raises UsageError: an option is missing, unknown or can't be read.
    """
    with running(app, name, actor=actor, company=company, options=options) as begun:
        return begun.whole(details=details)


@contextlib.contextmanager
def running(app: BackOffice, name: str, *, actor: Who, company: Any = None, options: Mapping[str, Any] | None = None) -> Iterator[Begun]:
    """A report that has begun, whose rows can be read one by one inside the ``with``."""
    with app.unit_of_work(actor=actor, company=company, read_only=True) as uow:
        begun = Begun(app, uow, company)
        begun.begin(name, options or {})
        yield begun


class Begun:
    """A report that runs: its result so far, and its rows, to be read once."""

    result: ReportResult
    rows: Iterator[Any]

    def __init__(self, app: BackOffice, uow: UnitOfWork, company: Any) -> None:
        self._app, self._uow, self._company = app, uow, company

    def begin(self, name: str, options: Mapping[str, Any]) -> None:
        """Begin the report of that name."""
        self.result, self.rows = self.another(name, options)

    def may(self, name: str) -> bool:
        """Whether the actor may run a report."""
        return self._uow.may(self._app.host.reports[name].permission)

    def whole(self, *, details: bool = False) -> ReportResult:
        """Read all rows, and with ``details`` what is behind their figures."""
        self.result.rows.extend(self.rows)
        if not details:
            return self.result
        from bocore.reports.details import gather

        return attrs.evolve(self.result, details=gather(self, self.result))

    def another(self, name: str, options: Mapping[str, Any]) -> tuple[ReportResult, Iterator[Any]]:
        """A report in this unit of work: its result without rows, and the rows."""
        app, uow = self._app, self._uow
        report: Report = app.host.resolve("report", name)
        with uow.serving(report):
            return self._begun(report, options)

    def _begun(self, report: Report, options: Mapping[str, Any]) -> tuple[ReportResult, Iterator[Any]]:
        app, uow = self._app, self._uow
        values = read_options(uow, f"The report {report.name}", report.options, options)
        columns = columns_of(report.row)
        heading = heading_of(uow, report, columns, values)
        given: Iterable[Any] = report.function(uow, **values)
        if isinstance(given, Headed):
            columns, heading = given.titled(columns), given.over(heading)
        result = ReportResult(report, columns, [], heading, values, uow.findings, app=app, actor=uow._actor, company=self._company)
        return result, _checked(report, uow._iterating(report, given))


def _checked(report: Report, given: Iterable[Any]) -> Iterator[Any]:
    for row in given:
        if not isinstance(row, report.row):
            raise DeclarationError(
                f"{place_of(report.function)} returns {type(row).__name__}, and is annotated to return {report.row.__name__}.",
                fix="Return rows of the annotated class.",
            )
        yield row
