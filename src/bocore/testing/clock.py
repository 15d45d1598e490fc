"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any


class FrozenClock:
    """The clock of an application under test: ``BackOffice(clock=FrozenClock())``.

    :param at: the instant that it shows: a datetime with a zone, or text such as ``"2026-01-15T09:00Z"``.
    """

    def __init__(self, at: datetime | str = "2026-01-15T09:00:00Z") -> None:
        self.instant = _instant(at)

    def __call__(self) -> datetime:
        return self.instant

    def set(self, at: datetime | str) -> None:
        """Show another instant from now on, earlier or later."""
        self.instant = _instant(at)

    def advance(self, **by: Any) -> datetime:
        """Go on by ``days``, ``hours``, ``minutes`` … as timedelta takes them; returns the instant then."""
        self.instant += timedelta(**by)
        return self.instant


def _instant(at: datetime | str) -> datetime:
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    if found.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone: write 2026-01-15T09:00Z")
    return found.astimezone(UTC)
