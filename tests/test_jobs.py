"""Jobs: enqueued with the business that wants them, claimed, run, tried again, given up, retried, cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

import attrs
import pytest

from bocore import (
    BackOffice,
    Company,
    Entity,
    JobBackOffice,
    KeyReused,
    Money,
    NotFound,
    Party,
    Plugin,
    PluginError,
    Refused,
    UnitOfWork,
    UsageError,
    Worker,
    entity,
    event,
    field,
    hookimpl,
    job,
)
from bocore.testing import FrozenClock, run_job


@entity("vet_letter", append_only=True)
class Letter(Entity):
    """What a job has written."""

    party_id: int
    text: str = field(max_length=200)


def write(uow: UnitOfWork, party_id: int, text: str) -> int:
    return uow.add(Letter(party_id=party_id, text=text)).id


class Tone(StrEnum):
    KIND = "kind"
    FIRM = "firm"


@attrs.frozen
class Enclosure:
    """Something that comes with a letter."""

    name: str
    worth: Money


TOLD: list[Any] = []
"""What jobs of these tests were told."""


@job("vet.welcome", permissions=["vet.write"])
def welcome(bo: JobBackOffice, *, party_id: int, tone: Tone = Tone.KIND) -> int:
    """Write to a new customer."""
    TOLD.append((bo.job.actor, bo.job.attempt, tone))
    return int(bo.run(write, party_id, f"Welcome, be {tone}"))


@job("vet.told")
def told(
    bo: JobBackOffice,
    *,
    text: str = "",
    price: Money | None = None,
    on: date | None = None,
    at: datetime | None = None,
    rate: Decimal | None = None,
    tones: list[Tone] = [],  # noqa: B006 - never changed
    enclosures: tuple[Enclosure, ...] = (),
    counts: dict[str, int] | None = None,
    yes: bool = False,
) -> dict[str, Any]:
    """Say what it was told."""
    TOLD.append((text, price, on, at, rate, tones, enclosures, counts, yes))
    return {"price": price, "on": on}


@job("vet.where")
def where(bo: JobBackOffice) -> list[str]:
    """Say for which company it is, twice."""
    with bo.unit_of_work(read_only=True) as uow:
        here = uow.company.code
    return [here, bo.run(code_of)]


def code_of(uow: UnitOfWork) -> str:
    return uow.company.code


FAILING: list[Exception] = []
"""What the job below raises, one at each attempt."""


@job("vet.post", retries=2)
def post(bo: JobBackOffice, *, party_id: int = 1) -> None:
    """Hand letters to the post office, which may be closed."""
    bo.run(write, party_id, "one")
    if FAILING:
        raise FAILING.pop(0)
    bo.run(write, party_id, "two")


@event("vet.registered")
class Registered:
    party_id: int


@hookimpl
def bo_event(uow: Any, events: list[Any]) -> None:
    """A reaction for later."""
    for one in events:
        if isinstance(one, Registered):
            uow.enqueue(welcome, party_id=one.party_id)


hooks = type(pytest)("vet_hooks")
hooks.bo_event = bo_event  # type: ignore[attr-defined]
vet = Plugin(
    prefix="vet",
    entities=[Letter],
    jobs=[welcome, told, post, where],
    permissions={"vet.write": "Write letters to customers"},
    hooks=[hooks],
)


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [vet]


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    yield
    TOLD.clear()
    FAILING.clear()


def letters(bo: BackOffice) -> list[str]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return [letter.text for letter in uow.select(Letter).order_by(Letter.c.id)]


def enqueued(bo: BackOffice, *args: Any, **more: Any) -> int:
    with bo.unit_of_work(actor="ann") as uow:
        return uow.enqueue(*args, **more)


# ---------------------------------------------------------------- enqueuing


def test_a_job_is_done_after_the_business_that_wanted_it(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", correlation="order:1042") as uow:
        party = uow.add(Party(name="Acme Ltd"))
        ident = uow.enqueue(welcome, party_id=party.id, tone="firm")
    waiting = bo.jobs.get(ident)
    assert (waiting.state, waiting.arguments, waiting.attempt) == ("queued", {"party_id": party.id, "tone": "firm"}, 0)
    assert Worker(bo).run(burst=True) == 1
    found = bo.jobs.get(ident)
    assert (found.state, found.attempt, found.due_at, found.unit) == ("done", 1, None, uow.unit)
    assert TOLD == [("job:vet.welcome", 1, Tone.FIRM)]
    assert letters(bo) == ["Welcome, be firm"]
    with bo.unit_of_work(actor="ann", read_only=True) as reading:
        assert [letter.id for letter in reading.select(Letter)] == [found.result]
        assert len(reading.units_of("order:1042")) == 2  # the job's commit belongs to the same business


def test_a_unit_of_work_that_fails_enqueues_nothing(bo: BackOffice) -> None:
    with pytest.raises(ZeroDivisionError), bo.unit_of_work(actor="ann") as uow:
        uow.enqueue(welcome, party_id=1)
        raise ZeroDivisionError
    assert bo.jobs.all() == []
    assert Worker(bo).run(burst=True) == 0


def test_a_part_that_is_undone_enqueues_nothing(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.enqueue(welcome, party_id=1)
        with pytest.raises(ZeroDivisionError), uow.savepoint():
            uow.enqueue(welcome, party_id=2)
            raise ZeroDivisionError
    assert [one.id for one in bo.jobs.all()] == [first]


def test_a_hook_enqueues_in_the_same_transaction(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.emit(Registered(party_id=7))
    Worker(bo).run(burst=True)
    assert letters(bo) == ["Welcome, be kind"]


def test_a_unit_of_work_that_only_enqueues_is_on_the_record(bo: BackOffice) -> None:
    before = [commit.unit for commit in bo.feed("before")]
    enqueued(bo, "vet.welcome", party_id=3)
    (commit,) = [commit for commit in bo.feed("after") if commit.unit not in before]
    assert (commit.actor, commit.unit) == ("ann", bo.jobs.all()[0].unit)


def test_a_request_that_is_asked_again_enqueues_once(bo: BackOffice) -> None:
    def order(uow: UnitOfWork, party_id: int) -> int:
        return uow.enqueue(welcome, party_id=party_id)

    first = bo.run(order, 1, actor="ann", key="order:1")
    assert bo.run(order, 1, actor="ann", key="order:1") == first
    assert [one.id for one in bo.jobs.all()] == [first]


def test_in_a_hosts_transaction_the_host_decides(bo: BackOffice) -> None:
    for commits in (False, True):
        with bo.engine.connect() as connection:
            with bo.unit_of_work(actor="ann", connection=connection) as uow:
                uow.enqueue(welcome, party_id=1)
            (connection.commit if commits else connection.rollback)()
        assert len(bo.jobs.all()) == commits


def test_a_job_is_for_the_company_of_what_enqueued_it(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="Z", name="Zeta", currency="EUR"))
    with bo.unit_of_work(actor="ann", company="Z") as uow:
        here, zeta = uow.enqueue(where), uow.company.id
    Worker(bo).run(burst=True)
    assert (bo.jobs.get(here).company_id, bo.jobs.get(here).result) == (zeta, ["Z", "Z"])
    assert run_job(bo, where, company="ACME") == ["ACME", "ACME"]
    with pytest.raises(UsageError, match="more than one company"):
        run_job(bo, where)


def test_the_same_key_is_one_job(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.enqueue(welcome, party_id=1, key="welcome:1")
        assert uow.enqueue(welcome, party_id=1, key="welcome:1") == first
    assert enqueued(bo, welcome, party_id=1, key="welcome:1") == first
    assert len(bo.jobs.all()) == 1
    Worker(bo).run(burst=True)
    assert enqueued(bo, welcome, party_id=1, key="welcome:1") == first  # also when it has been done
    assert bo.jobs.get(first).state == "done"


def test_a_key_is_not_another_jobs(bo: BackOffice) -> None:
    first = enqueued(bo, welcome, party_id=1, key="k")
    with pytest.raises(KeyReused, match=rf"The key 'k' is another job's, number {first} \(vet.welcome\)"):
        enqueued(bo, welcome, party_id=2, key="k")
    with pytest.raises(KeyReused):
        enqueued(bo, told, key="k")


def test_a_job_waits_for_its_time(bo: BackOffice, clock: FrozenClock) -> None:
    ident = enqueued(bo, welcome, party_id=1, at=clock() + timedelta(hours=2))
    assert Worker(bo).run(burst=True) == 0
    clock.advance(hours=2)
    assert Worker(bo).run(burst=True) == 1
    assert bo.jobs.get(ident).started_at == clock()


def test_arguments_come_back_as_they_were(bo: BackOffice) -> None:
    given: dict[str, Any] = {
        "text": "Zoë",
        "price": Money("12.50", "EUR"),
        "on": date(2026, 2, 28),
        "at": datetime(2026, 2, 28, 12, 30, tzinfo=UTC),
        "rate": Decimal("0.0825"),
        "tones": [Tone.KIND, Tone.FIRM],
        "enclosures": (Enclosure("Map", Money("3.00", "USD")),),
        "counts": {"a": 1},
        "yes": True,
    }
    ident = enqueued(bo, told, options={"at": given.pop("at"), **given}, key="k")
    Worker(bo).run(burst=True)
    (seen,) = TOLD
    assert seen == ("Zoë", given["price"], given["on"], datetime(2026, 2, 28, 12, 30, tzinfo=UTC), *list(given.values())[3:])
    assert bo.jobs.get(ident).result == {"price": {"amount": "12.50", "currency": "EUR"}, "on": "2026-02-28"}


def test_text_is_read_as_the_type_that_it_stands_for(bo: BackOffice) -> None:
    enqueued(bo, "told", price="12.50 EUR", on="2026-02-28", yes="no")
    Worker(bo).run(burst=True)
    assert TOLD[0][1:3] == (Money("12.50", "EUR"), date(2026, 2, 28))
    assert TOLD[0][-1] is False


def test_what_a_job_is_told_wrongly_is_said_together_and_at_once(bo: BackOffice) -> None:
    with pytest.raises(UsageError) as refused:
        enqueued(bo, told, on="soon", price=Decimal("1.5"), yes=3, rates=1)
    assert [finding.message for finding in refused.value.findings] == [
        "The job vet.told has no argument 'rates'.",
        "The job vet.told: price must be an amount with its currency such as \"12.50 EUR\", is '1.5'.",
        "The job vet.told: on must be a date such as 2026-12-31, is 'soon'.",
        "The job vet.told: yes must be yes or no, is '3'.",
    ]
    with pytest.raises(UsageError, match=r"The job vet.welcome needs party_id\. Give party_id=…"):
        enqueued(bo, welcome)
    assert bo.jobs.all() == []


def test_a_row_or_a_float_is_no_argument(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Acme"))
        with pytest.raises(UsageError, match=r"party_id is a Party, which JSON can't keep: .* the id where a row is meant"):
            uow.enqueue(welcome, party_id=party)
        with pytest.raises(UsageError, match="party_id is a float"):
            uow.enqueue(welcome, party_id=1.0)


def test_who_may_not_write_may_not_enqueue(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(UsageError, match="only reads"):
        uow.enqueue(welcome, party_id=1)
    with pytest.raises(UsageError, match="ended"):
        uow.enqueue(welcome, party_id=1)
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(UsageError, match="at is"):
            uow.enqueue(welcome, party_id=1, at=datetime(2026, 1, 1))  # noqa: DTZ001 - no zone: that is the point
        with pytest.raises(UsageError, match="is no job"):
            uow.enqueue(write, party_id=1)
        with pytest.raises(NotFound, match=r"There is no job 'welcom'. Did you mean 'welcome'\?"):
            uow.enqueue("welcom", party_id=1)


def test_a_job_of_no_plugin_here_is_refused(bo: BackOffice) -> None:
    @job("vet.stray")
    def stray(bo: JobBackOffice) -> None:
        """Nobody lists it."""

    with bo.unit_of_work(actor="ann") as uow, pytest.raises(PluginError, match=r"vet.stray belongs to no plugin"):
        uow.enqueue(stray)


def test_validation_enqueues_nothing(bo_path: Any) -> None:
    check = type(pytest)("checks")

    @hookimpl
    def bo_validate(uow: UnitOfWork, changes: Any) -> None:
        uow.enqueue(welcome, party_id=1)

    check.bo_validate = bo_validate  # type: ignore[attr-defined]
    refused = pytest.raises(UsageError, match="Nothing can be enqueued in bo_validate")
    with BackOffice(bo_path, plugins=[attrs.evolve(vet, hooks=[check])]) as bo, refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Acme"))


def test_a_job_has_the_whole_back_office_and_acts_as_itself_in_it(bo_path: Path, clock: FrozenClock) -> None:
    file = bo_path.with_name("rates.csv")
    file.write_text("on,currency,to,rate,kind,source\n2026-01-14,EUR,USD,1.1,spot,ECB\n", encoding="utf-8")

    @job("vet.all", permissions=["vet.write"], retries=0)
    def everything(bo: JobBackOffice) -> list[Any]:
        """Import, report, read the feed, and try to close what is not its own."""
        added = bo.import_file("rates-csv", file).added
        for forbidden in (bo.close, bo.init, bo.migrate):
            with pytest.raises(UsageError, match="A job can't"):
                forbidden()
        rows = bo.report("locks").rows
        return [added, len(rows), [commit.actor for commit in bo.feed("x")][-1], bo.clock() == clock(), bo.job.done]

    with BackOffice(bo_path, plugins=[attrs.evolve(vet, jobs=[everything])], clock=clock) as bo:
        ident = enqueued(bo, everything)
        Worker(bo).run(burst=True)
        found = bo.jobs.get(ident)
        assert found.error is None
        assert found.result == [{"bo_rate": 1}, 0, "job:vet.all", True, file.stat().st_size]


# ---------------------------------------------------------------- failing, again and again


def test_a_job_that_fails_is_tried_again_later_and_does_nothing_twice(bo: BackOffice, clock: FrozenClock) -> None:
    FAILING.append(RuntimeError("Mrs Smith's address is not known"))
    ident = enqueued(bo, post)
    assert Worker(bo).run(burst=True) == 1
    failed = bo.jobs.get(ident)
    assert (failed.state, failed.attempt) == ("queued", 1)
    assert failed.due_at is not None and timedelta(seconds=12) <= failed.due_at - clock() <= timedelta(seconds=18)
    assert failed.error is not None and failed.error.startswith("builtins.RuntimeError at ")
    assert "test_jobs.py" in failed.error and "Smith" not in failed.error  # the words of others may hold anything
    assert Worker(bo).run(burst=True) == 0
    clock.advance(seconds=20)
    assert Worker(bo).run(burst=True) == 1
    assert letters(bo) == ["one", "two"]
    done = bo.jobs.get(ident)
    assert (done.state, done.attempt, done.error) == ("done", 2, None)


def test_after_its_last_try_a_job_is_dead_until_somebody_retries_it(bo: BackOffice, clock: FrozenClock) -> None:
    FAILING.extend(Refused([]) if n else UsageError("The post office is closed.", fix="Come back.") for n in range(3))
    ident = enqueued(bo, post)
    waits = []
    for _ in range(3):
        assert Worker(bo).run(burst=True) == 1
        due = bo.jobs.get(ident).due_at
        if due is not None:
            waits.append(due - clock())
            clock.set(due)
    assert waits[1] > 2 * waits[0]
    dead = bo.jobs.get(ident)
    assert (dead.state, dead.attempt, dead.due_at, dead.finished_at) == ("dead", 3, None, clock())
    assert [one.id for one in bo.jobs.all(state="dead")] == [ident]
    clock.advance(hours=12)
    assert Worker(bo).run(burst=True) == 0
    assert bo.jobs.retry_dead() == [ident]
    assert bo.jobs.get(ident).attempt == 0
    assert Worker(bo).run(burst=True) == 1
    assert bo.jobs.get(ident).state == "done"
    assert letters(bo) == ["one", "two"]  # what it had done before it died is not done again


def test_findings_are_kept_as_they_are(bo: BackOffice) -> None:
    FAILING.append(UsageError("The post office is closed.", fix="Come back tomorrow."))
    ident = enqueued(bo, post)
    Worker(bo).run(burst=True)
    assert bo.jobs.get(ident).error == "The post office is closed. Come back tomorrow."


def test_only_what_failed_can_be_retried(bo: BackOffice, clock: FrozenClock) -> None:
    done = enqueued(bo, welcome, party_id=1)
    Worker(bo).run(burst=True)
    FAILING.append(RuntimeError())
    failed, fresh = enqueued(bo, post), enqueued(bo, welcome, party_id=2, at=clock() + timedelta(days=1))
    Worker(bo).run(burst=True)
    with pytest.raises(Refused) as refused:
        bo.jobs.retry(failed, done, fresh)
    assert len(refused.value.findings) == 2
    assert bo.jobs.get(failed).due_at != clock()  # none is retried then
    assert bo.jobs.retry(failed) == [failed]
    assert Worker(bo).run(burst=True) == 1
    with pytest.raises(NotFound, match="There is no job 4711"):
        bo.jobs.retry(4711)


def test_a_result_that_can_not_be_kept_is_a_failure(bo_path: Any) -> None:
    @job("vet.half", retries=0)
    def half(bo: JobBackOffice) -> float:
        """Return what no record keeps."""
        return 0.5

    with BackOffice(bo_path, plugins=[attrs.evolve(vet, jobs=[half])]) as bo:
        ident = enqueued(bo, half)
        Worker(bo).run(burst=True)
        assert bo.jobs.get(ident).state == "dead"


def test_arguments_of_an_earlier_version_that_do_not_fit_any_more_are_said(bo_path: Any) -> None:
    @job("vet.welcome", retries=0)
    def changed(bo: JobBackOffice, *, guest_id: int) -> None:
        """The same job in a later version, with another argument."""

    with BackOffice(bo_path, plugins=[vet]) as bo:
        ident = enqueued(bo, welcome, party_id=1)
    with BackOffice(bo_path, plugins=[attrs.evolve(vet, jobs=[changed])]) as bo:
        Worker(bo).run(burst=True)
        error = bo.jobs.get(ident).error or ""
    assert "The job vet.welcome: party_id is no argument of it any more." in error
    assert "The job vet.welcome needs guest_id, which it was not enqueued with." in error


def test_a_job_of_a_plugin_that_is_gone_stays_queued_and_says_so(bo_path: Any, clock: FrozenClock) -> None:
    with BackOffice(bo_path, plugins=[vet], clock=clock) as bo:
        ident = enqueued(bo, welcome, party_id=1)
    with BackOffice(bo_path, plugins=[attrs.evolve(vet, jobs=[told])], clock=clock) as without:
        clock.advance(hours=1)
        assert Worker(without).run(burst=True) == 0
        (waiting,) = without.jobs.overdue()
        assert (waiting.id, waiting.state, waiting.absent) == (ident, "queued", "The plugin 'vet' has no job of this name any more.")
    with BackOffice(bo_path, plugins=[vet], clock=clock) as again:
        assert again.jobs.get(ident).absent == ""
        assert Worker(again).run(burst=True) == 1
        assert again.jobs.overdue() == []


# ---------------------------------------------------------------- forgetting, counting


def test_what_was_done_long_ago_is_forgotten_and_what_is_dead_is_not(bo: BackOffice, clock: FrozenClock) -> None:
    FAILING.extend(RuntimeError() for _ in range(3))
    dead = enqueued(bo, post)
    for _ in range(3):
        Worker(bo).run(burst=True)
        clock.advance(hours=1)
    done, cancelled, waiting = (enqueued(bo, welcome, party_id=n, at=clock() + timedelta(days=n)) for n in range(3))
    bo.jobs.cancel(cancelled)
    Worker(bo).run(burst=True)
    assert bo.jobs.forget(clock()) == 0
    assert bo.jobs.forget(clock() + timedelta(seconds=1)) == 2
    assert {one.id for one in bo.jobs.all()} == {dead, waiting}
    with pytest.raises(NotFound):
        bo.jobs.get(done)


def test_the_queue_is_listed_by_state_and_name(bo: BackOffice) -> None:
    ids = [enqueued(bo, welcome, party_id=1), enqueued(bo, post), enqueued(bo, told)]
    Worker(bo).run(limit=1)
    assert [one.id for one in bo.jobs.all()] == ids[::-1]
    assert [one.id for one in bo.jobs.all(state="done")] == ids[:1]
    assert [one.id for one in bo.jobs.all(name="post")] == ids[1:2]
    assert [one.id for one in bo.jobs.all(unfinished=True, limit=1)] == ids[2:]
    with pytest.raises(UsageError, match="No job is 'lost'"):
        bo.jobs.all(state="lost")  # type: ignore[arg-type]
