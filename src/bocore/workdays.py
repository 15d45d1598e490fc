"""Working days: a week's pattern, and the dated exceptions to it. Pure, and as fast over decades as over days."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate

import attrs

from bocore.errors import UsageError

WEEK = 7
_NONE = Decimal(0)


def _hours(value: Sequence[Decimal | int]) -> tuple[Decimal, ...]:
    return tuple(Decimal(hours) for hours in value)


def _dated(value: Mapping[date, Decimal | int]) -> dict[date, Decimal]:
    return {day: Decimal(hours) for day, hours in sorted(value.items())}


@attrs.frozen
class WorkingDays:
    """Which days are worked, and for how many hours. A day with hours is a working day.

    :param week: hours on Monday to Sunday.
    :param exceptions: hours on single days: 0 for a holiday, more for a Saturday that is worked.
    """

    week: tuple[Decimal, ...] = attrs.field(converter=_hours)
    exceptions: Mapping[date, Decimal] = attrs.field(factory=dict, converter=_dated)
    _days: tuple[int, ...] = attrs.field(init=False, repr=False, eq=False)
    _more: tuple[int, ...] = attrs.field(init=False, repr=False, eq=False)
    _more_hours: tuple[Decimal, ...] = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if len(self.week) != WEEK:
            raise UsageError(f"A week has 7 days, not {len(self.week)}.", fix="Give the hours of Monday to Sunday: (8, 8, 8, 8, 8, 0, 0).")
        if any(not 0 <= hours <= 24 for hours in (*self.week, *self.exceptions.values())):
            raise UsageError("A day has 0 to 24 working hours.", fix="Put the hours of the week and of the exceptions right.")
        if not any(self.week):
            raise UsageError("A week without a working day has no next one.", fix="Give one weekday hours at least.")
        changes = [(day.toordinal(), hours, self.week[day.weekday()]) for day, hours in self.exceptions.items()]
        put = object.__setattr__
        put(self, "_days", tuple(day for day, _, _ in changes))
        put(self, "_more", (0, *accumulate(bool(hours) - bool(usual) for _, hours, usual in changes)))
        put(self, "_more_hours", (_NONE, *accumulate(hours - usual for _, hours, usual in changes)))

    def hours_on(self, day: date) -> Decimal:
        """The working hours of a day."""
        found = self.exceptions.get(day)
        return self.week[day.weekday()] if found is None else found

    def is_working_day(self, day: date) -> bool:
        """Whether the day is worked."""
        return bool(self.hours_on(day))

    def next_working_day(self, day: date) -> date:
        """The day itself where it is worked, else the first working day after it."""
        return self._find(self._before(day.toordinal()) + 1, day)

    def previous_working_day(self, day: date) -> date:
        """The day itself where it is worked, else the last working day before it."""
        return self._find(self._before(day.toordinal() + 1), day)

    def add_working_days(self, day: date, count: int) -> date:
        """The ``count``-th working day after the day, or before it where ``count`` is negative; the day itself for 0.

        The day itself is not counted, whether it is worked or not: a Saturday and one working day are Monday.
        """
        if count == 0:
            return day
        before = self._before(day.toordinal() + (count > 0))
        return self._find(before + count if count > 0 else before + count + 1, day)

    def working_days_between(self, first: date, last: date) -> int:
        """How many working days there are from the first day through the last, both counted; 0 where the last is before the first."""
        return max(0, self._before(last.toordinal() + 1) - self._before(first.toordinal())) if first <= last else 0

    def hours_between(self, first: date, last: date) -> Decimal:
        """The working hours from the first day through the last."""
        return self._hours_before(last.toordinal() + 1) - self._hours_before(first.toordinal()) if first <= last else _NONE

    def _before(self, ordinal: int) -> int:
        """How many working days there are before a day, from the beginning of the calendar (1 January of the year 1, a Monday)."""
        weeks, days = divmod(ordinal - 1, WEEK)
        worked = [bool(hours) for hours in self.week]
        return weeks * sum(worked) + sum(worked[:days]) + self._more[bisect_left(self._days, ordinal)]

    def _hours_before(self, ordinal: int) -> Decimal:
        weeks, days = divmod(ordinal - 1, WEEK)
        return weeks * sum(self.week, _NONE) + sum(self.week[:days], _NONE) + self._more_hours[bisect_left(self._days, ordinal)]

    def _find(self, number: int, asked: date) -> date:
        """The day that is the working day of that number: the first before which there are so many, less itself."""
        low, high = 1, date.max.toordinal()
        if number < 1 or self._before(high + 1) < number:
            raise UsageError(
                f"From {asked} there is no such working day in the calendar.", fix="Look at the day and at the number of days."
            )
        while low < high:
            middle = (low + high) // 2
            if self._before(middle + 1) >= number:
                high = middle
            else:
                low = middle + 1
        return date.fromordinal(low)
