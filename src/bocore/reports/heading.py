"""What stands above a report and below it: title, company, period, currency; notes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zoneinfo import ZoneInfo

import attrs

from bocore.errors import Finding, UsageError

if TYPE_CHECKING:
    from bocore.plugins import Report
    from bocore.reports.columns import Column
    from bocore.uow import UnitOfWork

T = TypeVar("T")
FIRST, LAST = ("since", "start"), ("as_of", "through", "until", "end")
"""Names of options that say the first and the last day."""


@attrs.frozen(kw_only=True)
class Heading:
    """Title, company and period of a report, and how its reader writes numbers and dates.

    ``narrowed`` says which other options it was run with, ``Account: 1000``, so that nobody takes a part for the whole. ``currency`` is the
    company's, where there are amounts: those in it stand alone, others with their currency. ``findings`` are shown below the rows; the
    list may grow while these are read.
    """

    title: str = ""
    company: str = ""
    since: date | None = None
    through: date | None = None
    narrowed: Sequence[str] = ()
    currency: str = ""
    locale: str = "en"
    zone: tzinfo | None = None
    made: datetime | None = None
    findings: Sequence[Finding] = ()

    def lines(self) -> list[str]:
        """What stands under the title: company, period, other options, currency."""
        from bocore.reports.formats import Formats

        formats = Formats(self.locale, self.zone)
        period = ""
        if self.since is not None and self.through is not None:
            period = f"{formats.date(self.since)} – {formats.date(self.through)}"
        elif self.since is not None:
            period = f"From {formats.date(self.since)}"
        elif self.through is not None:
            period = f"As of {formats.date(self.through)}"
        return [
            line
            for line in (self.company, period, "; ".join(self.narrowed), f"Amounts in {self.currency}" if self.currency else "")
            if line
        ]

    def notes(self) -> list[str]:
        """The findings, each once."""
        return list(dict.fromkeys(str(finding) for finding in self.findings))


class Headed(Generic[T]):
    """Rows of a report that says itself which days they are of, where its options leave them open: ``return Headed(rows, through=day)``.

    :param since: the first day.
    :param through: the last day, or the only one.
    :param titles: field → the title of its column, such as the period that its figures are of.
    """

    def __init__(
        self, rows: Iterable[T], *, since: date | None = None, through: date | None = None, titles: Mapping[str, str] | None = None
    ) -> None:
        self.rows, self.since, self.through, self.titles = rows, since, through, titles or {}

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def over(self, heading: Heading) -> Heading:
        """The heading with these days in place of those that the options say."""
        return attrs.evolve(heading, since=self.since or heading.since, through=self.through or heading.through)

    def titled(self, columns: Sequence[Column]) -> list[Column]:
        """The columns with these titles."""
        return [attrs.evolve(column, title=self.titles.get(column.name, column.title)) for column in columns]


def heading_of(uow: UnitOfWork, report: Report, columns: Sequence[Column], options: Mapping[str, Any]) -> Heading:
    """The heading of a report in the unit's company, with these options."""
    made = uow.now()
    try:
        company = uow.company
    except UsageError:  # none yet, or several and none was named: a report of all of them
        return Heading(title=report.title, made=made, findings=uow.findings)
    return Heading(
        title=report.title,
        company=company.name,
        since=_day(options, FIRST),
        through=_day(options, LAST),
        narrowed=_narrowed(options),
        currency=company.currency if any(column.money for column in columns) else "",
        locale=company.locale,
        zone=ZoneInfo(company.zone),
        made=made,
        findings=uow.findings,
    )


def _day(options: Mapping[str, Any], names: Sequence[str]) -> date | None:
    return next((options[name] for name in names if isinstance(options.get(name), date)), None)


def _narrowed(options: Mapping[str, Any]) -> list[str]:
    from bocore.reports.render import shown

    """What is left out of the rows: options that are text, lists or entities. Yes, no and numbers say how rows are laid out."""
    told = {name: value for name, value in options.items() if name not in (*FIRST, *LAST) and value and not isinstance(value, int)}
    return [f"{name.strip('_').replace('_', ' ').capitalize()}: {shown(value)}" for name, value in told.items()]
