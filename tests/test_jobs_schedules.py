"""Jobs by the clock: which instants a schedule has, through clock changes too, and that each is run once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bocore import BackOffice, Company, DeclarationError, JobBackOffice, Plugin, Worker, job
from bocore.jobs.cron import check_cron, instants, latest_run, next_run
from bocore.jobs.schedules import Schedules
from bocore.testing import FrozenClock, run_job

RUN: list[Any] = []
FAILING: list[Exception] = []


@job("dairy.milk", cron="0 6 * * *", retries=1)
def milk(bo: JobBackOffice) -> None:
    """Milk the cows every morning."""
    if FAILING:
        raise FAILING.pop()
    RUN.append(("milk", bo.job.run_at))


@job("dairy.sell", cron="30 17 * * mon-fri", per_company=True)
def sell(bo: JobBackOffice) -> None:
    """Sell what there is on working days, each company in its own evening."""
    with bo.unit_of_work(read_only=True) as uow:
        RUN.append((uow.company.code, uow.now().astimezone(ZoneInfo(uow.company.zone)).strftime("%a %H:%M")))


dairy = Plugin(prefix="dairy", jobs=[milk])
shops = Plugin(prefix="dairy", jobs=[sell])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [dairy]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    RUN.clear()
    FAILING.clear()


def burst(bo: BackOffice, name: str = "dairy.milk") -> list[Any]:
    """What a worker runs now."""
    before = len(RUN)
    Worker(bo).run(burst=True)
    return RUN[before:]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


# ---------------------------------------------------------------- in the database


def test_a_schedule_counts_from_when_a_worker_first_sees_it(bo: BackOffice, clock: FrozenClock) -> None:
    assert burst(bo) == []  # it is nine o'clock, and nobody has missed anything
    clock.set("2026-01-16T05:59Z")
    assert burst(bo) == []
    clock.set("2026-01-16T06:00Z")
    assert burst(bo) == [("milk", at("2026-01-16T06:00Z"))]
    assert burst(bo) == []


def test_what_was_missed_is_run_once_and_not_once_for_each_time(bo: BackOffice, clock: FrozenClock) -> None:
    burst(bo)
    clock.advance(days=100)
    assert burst(bo) == [("milk", at("2026-04-25T06:00Z"))]
    assert burst(bo) == []
    (done,) = bo.jobs.all(name="milk")
    assert (done.key, done.unit, done.run_at) == ("dairy.milk@2026-04-25T06:00:00.000000Z", None, at("2026-04-25T06:00Z"))


def test_several_workers_run_a_schedule_once(bo: BackOffice, clock: FrozenClock) -> None:
    burst(bo)
    clock.advance(days=1)
    threads = [threading.Thread(target=Worker(bo).run, kwargs={"burst": True}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [("milk", at("2026-01-16T06:00Z"))] == RUN


def test_a_worker_that_goes_on_sees_the_next_morning(bo: BackOffice, clock: FrozenClock) -> None:
    schedules = Schedules(bo)
    assert [schedules.turn(), schedules.turn()] == [0, 0]
    for days in range(1, 4):
        clock.advance(days=1)
        assert schedules.turn() == 3, f"after {days} days"  # the milk, and the two that the core does every night
        assert schedules.turn() == 0
        Worker(bo).run(burst=True)


def test_a_schedule_does_not_overtake_itself(bo: BackOffice, clock: FrozenClock) -> None:
    burst(bo)
    FAILING.append(RuntimeError("no milk"))
    clock.set("2026-01-16T06:00Z")
    burst(bo)
    (failed,) = bo.jobs.all(name="milk")
    assert failed.state == "queued"
    clock.set("2026-01-17T06:00Z")  # it waits for its next try, and nobody is there until tomorrow
    Schedules(bo).turn()
    assert [one.id for one in bo.jobs.all(name="milk")] == [failed.id]
    assert burst(bo) == [("milk", at("2026-01-16T06:00Z"))]
    assert burst(bo) == [("milk", at("2026-01-17T06:00Z"))]


def test_it_counts_in_the_zone_of_the_company(bo: BackOffice, clock: FrozenClock) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.zone = "Europe/Vienna"
    burst(bo)
    clock.set("2026-01-16T05:00Z")
    assert burst(bo) == [("milk", at("2026-01-16T05:00Z"))]  # six o'clock there
    (line,) = [one for one in Schedules(bo).all() if one.job == "dairy.milk"]
    assert (line.zone, line.next, line.latest) == ("Europe/Vienna", at("2026-01-17T05:00Z"), at("2026-01-16T05:00Z"))


def test_each_company_has_its_own_evening(bo_path: Any, clock: FrozenClock) -> None:
    with BackOffice(bo_path, plugins=[shops], clock=clock) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Company(code="NY", name="Acme Inc", currency="USD", zone="America/New_York"))
        burst(bo)  # Thursday, nine in the morning
        clock.set("2026-01-15T17:30Z")
        assert burst(bo) == [("ACME", "Thu 17:30")]
        clock.set("2026-01-15T22:30Z")
        assert burst(bo) == [("NY", "Thu 17:30")]
        clock.set("2026-01-19T16:00Z")  # Friday evening was missed, the weekend is none of its business
        assert {code for code, _ in burst(bo)} == {"ACME", "NY"}
        assert len(bo.jobs.all(name="sell")) == 4
        run_job(bo, sell, company="NY")
        assert RUN[-1] == ("NY", "Mon 11:00")


def test_jobs_that_were_done_are_forgotten_after_a_month_by_a_job(bo: BackOffice, clock: FrozenClock) -> None:
    burst(bo)
    clock.advance(days=1)
    burst(bo)
    first = bo.jobs.all(name="milk")[0].id
    clock.advance(days=29)
    burst(bo)
    assert first in {one.id for one in bo.jobs.all(name="milk")}
    clock.advance(days=2)
    burst(bo)
    assert first not in {one.id for one in bo.jobs.all(name="milk")}
    assert bo.jobs.all(name="bo.forget-jobs", state="done")[0].result == 3  # itself of then, too, and bo.destroy-retained


# ---------------------------------------------------------------- the instants


def runs(cron: str, zone: str, after: str, count: int) -> list[str]:
    found = islice(instants(cron, at(after), zone), count)
    return [moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes") for moment in found]


def test_what_falls_into_the_hour_that_is_left_out_runs_when_it_is_over() -> None:
    """In Vienna there is no 02:30 on 29 March 2026."""
    assert runs("30 2 * * *", "Europe/Vienna", "2026-03-28T00:00Z", 3) == [
        "2026-03-28T02:30+01:00",
        "2026-03-29T03:00+02:00",
        "2026-03-30T02:30+02:00",
    ]


def test_what_falls_into_the_hour_that_comes_twice_runs_the_first_time() -> None:
    """In Vienna there is 02:30 twice on 25 October 2026; what runs every hour runs in both."""
    assert runs("30 2 * * *", "Europe/Vienna", "2026-10-24T12:00Z", 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    hourly = ["2026-10-25T01:00+02:00", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"]
    assert runs("0 * * * *", "Europe/Vienna", "2026-10-24T22:30Z", 4) == hourly


def test_a_schedule_that_is_none_is_refused_where_it_is_declared() -> None:
    for cron, why in {"daily": "five fields", "61 * * * *": "Bad minute", "0 0 30 2 *": "Bad day-of-month", "": "five fields"}.items():
        with pytest.raises(DeclarationError, match=why):
            check_cron(cron, "acme.jobs.nightly")
    check_cron("0 0 29 2 *", "acme.jobs.leap")


CRONS = st.sampled_from(["* * * * *", "*/7 * * * *", "0 * * * *", "30 2 * * *", "0 6 * * mon", "15 2,3 1 * *", "0 0 L * *", "59 1 * * 0"])
ZONES = st.sampled_from(["UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"])
MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants it so


@given(CRONS, ZONES, MOMENTS)
def test_every_next_instant_is_later_and_lies_on_a_minute(cron: str, zone: str, after: datetime) -> None:
    first, second = islice(instants(cron, after, zone), 2)
    assert after < first < second
    assert (first.second, first.microsecond) == (0, 0)
    assert next_run(cron, after, zone) == first


@given(CRONS, ZONES, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=3)))
@example("30 2 * * *", "Europe/Vienna", at("2026-10-25T00:00Z"), timedelta(minutes=90))
@example("30 2 * * *", "Europe/Vienna", at("2026-03-29T00:00Z"), timedelta(minutes=60))
def test_the_latest_instant_that_was_missed_is_the_last_of_all_that_were(cron: str, zone: str, since: datetime, gone: timedelta) -> None:
    now = since + gone
    missed = []
    for moment in instants(cron, since, zone):
        if moment > now:
            break
        missed.append(moment)
    assert latest_run(cron, since, now, zone) == (missed[-1] if missed else None)


def test_years_without_a_worker_are_looked_over_quickly() -> None:
    assert latest_run("* * * * *", at("1990-01-01T00:00Z"), at("2026-01-01T00:00:30Z"), "Europe/Vienna") == at("2026-01-01T00:00Z")
