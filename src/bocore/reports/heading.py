"""What stands above a report and below it: title, company, period, currency; notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import attrs

from bocore.errors import Finding, UsageError

if TYPE_CHECKING:
    from bocore.plugins import Report
    from bocore.uow import UnitOfWork

FIRST, LAST = ("since", "start"), ("as_of", "through", "until", "end")
"""Names of options that say the first and the last day."""


@attrs.frozen(kw_only=True)
class Heading:
    """Title, company and period of a report, and how its reader writes numbers and dates.

    ``narrowed`` says which other options it was run with, ``Account: 1000``, so that nobody takes a part for the whole. ``currency`` is the
    company's: amounts in it stand alone, others with their currency. ``findings`` are shown below the rows; the list may grow while these
    are read.
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
        return [line for line in (self.company, period, *self.narrowed, f"Amounts in {self.currency}" if self.currency else "") if line]

    def notes(self) -> list[str]:
        """The findings, each once."""
        return list(dict.fromkeys(str(finding) for finding in self.findings))


def heading_of(uow: UnitOfWork, report: Report, options: Mapping[str, Any]) -> Heading:
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
        currency=company.currency,
        locale=company.locale,
        zone=ZoneInfo(company.zone),
        made=made,
        findings=uow.findings,
    )


def _day(options: Mapping[str, Any], names: Sequence[str]) -> date | None:
    return next((options[name] for name in names if isinstance(options.get(name), date)), None)


def _narrowed(options: Mapping[str, Any]) -> list[str]:
    from bocore.reports.render import shown

    told = {name: value for name, value in options.items() if name not in (*FIRST, *LAST) and value not in (None, "", False)}
    return [f"{name.strip('_').replace('_', ' ').capitalize()}: {shown(value)}" for name, value in told.items()]
