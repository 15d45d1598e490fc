"""Schedules as cron writes them: five fields, and the instants that they stand for in a time zone.

Where clocks are set forward, what falls into the hour that is left out runs when that is over; where they are set back, a job at
certain hours runs the first time only, one of every hour in each. So counts Debian's cron, and the library that is used here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from bocore.errors import DeclarationError


def check_cron(cron: str, place: str) -> None:
    """Refuse a schedule that can't be read, or that never comes."""
    from cronsim import CronSim, CronSimError

    try:
        if len(cron.split()) != 5:
            raise CronSimError("It needs five fields")
        next(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        why = f"{error}." if str(error) else "No such day comes."
        fix = 'Minute, hour, day of month, month, day of week: "0 6 * * *" is every day at six.'
        raise DeclarationError(f"{place}: @job(cron={cron!r}) is no schedule. {why}", fix=fix) from None


def instants(cron: str, after: datetime, zone: str) -> Iterator[datetime]:
    """The instants of a schedule after another, in UTC."""
    from cronsim import CronSim

    for moment in CronSim(cron, after.astimezone(ZoneInfo(zone))):
        yield moment.astimezone(UTC)


def next_run(cron: str, after: datetime, zone: str) -> datetime:
    """The first instant of a schedule after another."""
    return next(instants(cron, after, zone))


def latest_run(cron: str, since: datetime, now: datetime, zone: str) -> datetime | None:
    """The latest instant of a schedule after ``since``, up to now: those that were missed before it are not made up for."""
    from cronsim import CronSim

    # Backwards the library does not see the hour that comes twice as it does forwards: a few steps back are near enough to begin at.
    back = [moment.astimezone(UTC) for moment in islice(CronSim(cron, now.astimezone(ZoneInfo(zone)), reverse=True), 3)]
    found = None
    for moment in instants(cron, max([since, *back[-1:]]), zone):
        if moment > now:
            return found
        found = moment
    return found
