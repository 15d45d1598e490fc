"""Days and months: pure, so every case can be tried."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bocore_rental.days import DAY, by_month, covered, last_charged, length, month_end, month_start

days = st.dates(date(2024, 1, 1), date(2027, 12, 31))
spans = st.tuples(days, st.integers(0, 90)).map(lambda made: (made[0], made[0] + timedelta(days=made[1])))


@given(spans)
def test_months_share_the_days_of_a_contract_without_gap_or_overlap(span):
    parts = list(by_month(*span))
    assert [day for part in parts for day in each_day(part)] == each_day(span)
    assert all(since.month == through.month and since.year == through.year for since, through in parts)


@given(st.lists(spans, max_size=6), spans)
def test_each_day_of_utilisation_counts_once(lets, within):
    assert covered(lets, within) == len({day for span in lets for day in each_day(span)} & set(each_day(within)))


@given(days, st.integers(0, 40))
def test_a_month_begins_on_its_first_day_and_ends_before_the_next(day, back):
    assert month_start(day).day == 1
    assert (month_end(day) + DAY).day == 1
    assert month_start(day) <= day <= month_end(day)
    months = day.year * 12 + day.month - back
    start = month_start(day, back)
    assert start.year * 12 + start.month == months


def test_what_is_out_is_charged_until_it_is_back_and_what_was_never_fetched_as_booked():
    ends, later = date(2026, 1, 14), date(2026, 1, 20)
    assert last_charged(later, ends, handed_over=None, returned=None) == ends
    assert last_charged(later, ends, handed_over=date(2026, 1, 5), returned=None) == later
    assert last_charged(later, ends, handed_over=date(2026, 1, 5), returned=date(2026, 1, 12)) == date(2026, 1, 12)
    assert last_charged(date(2026, 1, 8), ends, handed_over=None, returned=None) == date(2026, 1, 8)


def each_day(span):
    return [span[0] + timedelta(days=n) for n in range(length(span))]
