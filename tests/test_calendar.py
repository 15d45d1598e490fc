"""Calendars: working days are counted as one would on the wall, a day at a time, and much faster."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import BackOffice, Calendar, CalendarException, Company, NotFound, Refused, UsageError, WorkingDays, working_days

OFFICE = (8, 8, 8, 8, 8, 0, 0)


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


def austria(uow: Any, **more: Any) -> Calendar:
    """Austria around the new year 2026: holidays, and Christmas Eve until noon."""
    row: Calendar = uow.add(Calendar(**{"code": "AT", "standard": True, **more}))
    holidays = [(date(2025, 12, 25), 0), (date(2025, 12, 26), 0), (date(2026, 1, 1), 0), (date(2026, 1, 6), 0), (date(2025, 12, 24), 4)]
    uow.add_all(CalendarException(calendar_id=row.id, on=day, hours=Decimal(hours)) for day, hours in holidays)
    return row


def test_the_days_between_the_years(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        austria(uow)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        days = working_days(uow)
        assert not days.is_working_day(date(2026, 1, 1))
        assert days.is_working_day(date(2025, 12, 24))
        assert days.hours_on(date(2025, 12, 24)) == 4
        assert days.next_working_day(date(2025, 12, 25)) == date(2025, 12, 29)
        assert days.next_working_day(date(2025, 12, 29)) == date(2025, 12, 29)
        assert days.previous_working_day(date(2026, 1, 1)) == date(2025, 12, 31)
        assert days.add_working_days(date(2025, 12, 23), 2) == date(2025, 12, 29)
        assert days.add_working_days(date(2026, 1, 7), -1) == date(2026, 1, 5)
        assert days.add_working_days(date(2026, 1, 10), 1) == date(2026, 1, 12), "a Saturday and a working day are Monday"
        assert days.add_working_days(date(2026, 1, 10), 0) == date(2026, 1, 10)
        assert days.working_days_between(date(2025, 12, 22), date(2026, 1, 9)) == 11
        assert days.hours_between(date(2025, 12, 22), date(2026, 1, 9)) == 84
        assert days.working_days_between(date(2026, 1, 9), date(2026, 1, 8)) == 0
        assert days.hours_between(date(2026, 1, 9), date(2026, 1, 8)) == 0


def test_a_company_has_its_own_calendar_or_that_of_all(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.company
        other = uow.add(Company(code="B", name="B", currency="EUR"))
        austria(uow)
        uow.add(Calendar(code="SHOP", company_id=other.id, standard=True, saturday=Decimal("4.5")))
        uow.add(Calendar(code="NIGHT", sunday=Decimal(6)))
    with bo.unit_of_work(actor="ann", company=first.code, read_only=True) as uow:
        assert not working_days(uow).is_working_day(date(2026, 1, 1))
        assert working_days(uow, company="B").hours_on(date(2026, 1, 3)) == Decimal("4.5")
        assert working_days(uow, company="B").is_working_day(date(2026, 1, 1))
        assert working_days(uow, "NIGHT").is_working_day(date(2026, 1, 4))
    with bo.unit_of_work(actor="ann", company="B") as uow:
        row = uow.find(Calendar, code="SHOP")
        assert row is not None
        uow.add(CalendarException(calendar_id=row.id, on=date(2026, 1, 1), name="New Year"))
        assert not working_days(uow, row).is_working_day(date(2026, 1, 1)), "what changes counts at once"


def test_a_calendar_that_is_missing_is_named_with_the_remedy(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(NotFound, match=r"has no standard calendar.*standard=True"):
            working_days(uow)
        uow.add(Calendar(code="AT"))
        with pytest.raises(NotFound, match="There is no calendar 'DE'. There are: AT") as missing:  # noqa: RUF043
            working_days(uow, "DE")
    assert missing.value.findings[0].code == "bo.no_calendar"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"monday": Decimal(25)}, "monday"),
        ({"monday": Decimal(-1)}, "monday"),
        ({"monday": Decimal("7.333")}, "monday"),
        (dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), Decimal(0)), "No day of the week is worked"),
        ({"standard": True}, "AT and X are both the standard calendar of all companies"),
        ({"code": "AT"}, "same code"),
        ({"code": ""}, "code"),
    ],
)
def test_a_calendar_that_can_not_be_is_refused(bo: BackOffice, more: dict[str, Any], said: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        austria(uow)
    with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann") as uow:
        uow.add(Calendar(**{"code": "X", **more}))


def test_the_standard_can_pass_from_one_to_another(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first, second = austria(uow), uow.add(Calendar(code="X"))
    with pytest.raises(Refused, match="both the standard"), bo.unit_of_work(actor="ann") as uow:
        uow.get(Calendar, second.id).standard = True
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Calendar, first.id).standard, uow.get(Calendar, second.id).standard = False, True


def test_a_day_has_one_exception_of_at_most_a_day(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        row = austria(uow)
    for day, hours, said in ((date(2026, 1, 1), 0, "same calendar_id"), (date(2026, 1, 2), 25, "hours")):
        with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann") as uow:
            uow.add(CalendarException(calendar_id=row.id, on=day, hours=Decimal(hours)))


@pytest.mark.parametrize(
    ("week", "exceptions"),
    [((8, 8), {}), ((0,) * 7, {}), ((25, *OFFICE[1:]), {}), (OFFICE, {date(2026, 1, 1): -1}), (OFFICE, {date(2026, 1, 1): 25})],
)
def test_a_pattern_that_can_not_be_is_refused(week: Any, exceptions: Any) -> None:
    with pytest.raises(UsageError):
        WorkingDays(week, exceptions)


def test_the_calendar_ends() -> None:
    days = WorkingDays(OFFICE)
    for wrong in (lambda: days.add_working_days(date.max, 1), lambda: days.add_working_days(date(2026, 1, 1), -(10**6))):
        with pytest.raises(UsageError, match="no such working day"):
            wrong()
    assert days.add_working_days(date(1, 1, 2), -1) == date(1, 1, 1)


# ---------------------------------------------------------------- against counting day by day

near = st.dates(date(2025, 11, 1), date(2026, 3, 31))
hours = st.sampled_from([Decimal(0), Decimal(0), Decimal(8), Decimal("4.25")])
patterns = st.builds(
    WorkingDays, st.tuples(*[hours] * 7).filter(any), st.dictionaries(st.dates(date(2025, 10, 1), date(2026, 4, 30)), hours, max_size=25)
)


def step(days: WorkingDays, day: date, by: int) -> date:
    """The next working day in a direction, by looking at each day."""
    day += timedelta(by)
    while not days.is_working_day(day):
        day += timedelta(by)
    return day


@given(patterns, near, near)
def test_counting_is_as_day_by_day(days: WorkingDays, first: date, last: date) -> None:
    every = [first + timedelta(n) for n in range((last - first).days + 1)]
    assert days.working_days_between(first, last) == sum(days.is_working_day(day) for day in every)
    assert days.hours_between(first, last) == sum(days.hours_on(day) for day in every)


@given(patterns, near, st.integers(1, 60))
def test_adding_is_as_day_by_day(days: WorkingDays, day: date, count: int) -> None:
    later = earlier = day
    for _ in range(count):
        later, earlier = step(days, later, 1), step(days, earlier, -1)
    assert days.add_working_days(day, count) == later
    assert days.add_working_days(day, -count) == earlier


@given(patterns, near)
def test_the_next_and_the_previous_are_as_day_by_day(days: WorkingDays, day: date) -> None:
    assert days.next_working_day(day) == (day if days.is_working_day(day) else step(days, day, 1))
    assert days.previous_working_day(day) == (day if days.is_working_day(day) else step(days, day, -1))


@given(patterns, near, st.integers(-300, 300).filter(bool))
def test_going_on_and_coming_back_ends_on_a_working_day(days: WorkingDays, day: date, count: int) -> None:
    start = days.next_working_day(day)
    there = days.add_working_days(start, count)
    assert days.is_working_day(there)
    assert days.add_working_days(there, -count) == start
    assert days.working_days_between(min(start, there), max(start, there)) == abs(count) + 1
