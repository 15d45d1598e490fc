"""How long a unit of work that only reads may keep the database busy with one statement."""

from __future__ import annotations

import time

from bocore.errors import TimedOut

STEPS = 100_000
"""Instructions of SQLite between two looks at the clock: a few milliseconds, and nothing that could be measured."""
LONGEST_STEP = 1.0
"""Seconds that count between two looks at most: what is longer was not SQLite's, but of who works on the rows."""


def timed_out() -> TimedOut:
    """What is raised where the database has stopped a statement."""
    fix = (
        "Ask for less at once, such as a shorter period; or let it take longer: BackOffice(…, report_timeout=SECONDS), "
        "or BOCORE_REPORT_TIMEOUT for bo. A server may have a statement_timeout of its own."
    )
    return TimedOut("The database stopped a statement: it took too long, or somebody cancelled it. Nothing was changed.", fix=fix)


class Patience:
    """Counts the time that SQLite takes for a statement; asked from inside it, and stops it once the limit is over."""

    __slots__ = ("last", "limit", "spent")

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.spent = 0.0
        """Seconds of the present statement; set to 0 by whoever begins one."""
        self.last = time.monotonic()

    def __call__(self) -> bool:
        now = time.monotonic()
        self.spent += min(now - self.last, LONGEST_STEP)
        self.last = now
        return self.spent > self.limit


def as_told(error: BaseException | None) -> BaseException | None:
    """TimedOut for what SQLite says when it is stopped while rows are fetched, where nobody else translates it; else None."""
    original = getattr(error, "orig", None) or error
    return timed_out() if (getattr(original, "sqlite_errorcode", None) or 0) & 0xFF == INTERRUPTED else None


INTERRUPTED = 9
"""SQLITE_INTERRUPT."""
