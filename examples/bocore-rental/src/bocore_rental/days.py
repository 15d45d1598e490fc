"""Days: which of them a contract is charged for, and how they fall into months. Pure functions on plain data."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

Span = tuple[date, date]
"""First and last day, both included."""

DAY = timedelta(days=1)


def month_end(day: date) -> date:
    """The last day of a month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY


def month_start(day: date, back: int = 0) -> date:
    """The first day of a month, or of one so many months before."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def by_month(since: date, through: date) -> Iterator[Span]:
    """The days from one to another in parts that don't cross the end of a month, since each month has books of its own."""
    while since <= through:
        last = min(month_end(since), through)
        yield since, last
        since = last + DAY


def length(span: Span) -> int:
    """How many days there are; both ends count."""
    return max(0, (span[1] - span[0]).days + 1)


def common(one: Span, other: Span) -> Span:
    """The days that are in both; the last is before the first where there are none."""
    return max(one[0], other[0]), min(one[1], other[1])


def covered(spans: Iterable[Span], within: Span) -> int:
    """How many days of a period are in one of the spans, each day once."""
    count, reached = 0, within[0] - DAY
    for span in sorted(spans):
        since, through = common(span, within)
        count += length((max(since, reached + DAY), through))
        reached = max(reached, through)
    return count


def last_charged(through: date, ends: date, handed_over: date | None, returned: date | None) -> date:
    """The last day that rent is earned for, as known on the day ``through``.

    What is out is charged until it comes back, late or not; what was never fetched is charged as long as it was booked.
    """
    if returned is not None:
        return min(through, returned)
    return through if handed_over is not None else min(through, ends)
