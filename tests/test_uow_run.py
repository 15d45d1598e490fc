"""bo.run, hooks, events, the feed, settings, threads: what surrounds a unit of work."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from bocore import (
    BackOffice,
    BocoreError,
    Changes,
    Entity,
    Finding,
    KeyReused,
    Money,
    NotFound,
    Party,
    Plugin,
    Refused,
    Severity,
    StorageError,
    UnitOfWork,
    UsageError,
    entity,
    event,
    field,
    hookimpl,
    lock_period,
    numbered,
)
from bocore.testing import FrozenClock


@entity("club_member")
class Member(Entity):
    """Has a number."""

    name: str = field(max_length=20)
    number: str = numbered("club.member", "M{n}", per=())


@entity("club_greeting", append_only=True)
class Greeting(Entity):
    """Written by a hook."""

    member_id: int


@event("club.joined", version=2)
class Joined:
    member_id: int
    on: date = date(2026, 1, 1)
    fee: Money = Money("5.00", "EUR")


@event("club.echo")
class Echo:
    depth: int


class Stop(Exception):
    """Ends a unit of work."""


hooks = ModuleType("club_hooks")
seen: list[Any] = []


@hookimpl
def bo_event(uow: UnitOfWork, events: list[Any]) -> None:
    for one in events:
        seen.append(one)
        if isinstance(one, Joined):
            uow.add(Greeting(member_id=one.member_id))
        elif one.depth != 3:
            uow.emit(Echo(depth=one.depth + 1))


@hookimpl
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding] | None:
    seen.append((len(changes.added(Member)), [sorted(c.new) for c in changes.updated(Member)], len(changes.removed(Member))))
    known = uow.select(Member).count()
    for member in changes.added(Member):
        if member.name == "nobody":
            yield Finding("club.nobody", "Nobody can't join.", member, "name", "Give a name.")
        if member.name == "late":
            yield Finding("club.late", f"Member of {known} is late.", member, severity=Severity.WARNING)
        if member.name == "adder":
            uow.add(Member(name="smuggled"))


hooks.bo_event, hooks.bo_validate = bo_event, bo_validate  # type: ignore[attr-defined]


@attrs.frozen
class ClubSettings:
    """What the club decides."""

    fee: int = 5
    name: str = attrs.field(default="Club", validator=attrs.validators.min_len(2))


club = Plugin(prefix="club", entities=[Member, Greeting], hooks=[hooks], settings=ClubSettings)


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [club]


@pytest.fixture(autouse=True)
def fresh() -> None:
    seen.clear()


def members(bo: BackOffice) -> list[str]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return [m.name for m in uow.select(Member).order_by(Member.c.id)]


# ---------------------------------------------------------------- bo.run


def join(uow: UnitOfWork, name: str, *, fail: bool = False) -> Member:
    member = uow.add(Member(name=name))
    if fail:
        raise Stop
    return member


def test_the_same_key_gives_the_first_answer(bo: BackOffice, bo_path: Path) -> None:
    first = bo.run(join, "Kim", actor="ann", key="k1")
    assert first["number"] == "M1" and first["entity"] == "club_member"
    assert bo.run(join, "Kim", actor="bob", key="k1") == first
    assert members(bo) == ["Kim"]
    with pytest.raises(KeyReused, match="'k1' was used before with other arguments"):
        bo.run(join, "Lee", actor="ann", key="k1")
    with BackOffice(bo_path, plugins=[club]) as again:
        assert again.run(join, "Kim", actor="ann", key="k1") == first
    bo.run(join, "Kim", actor="ann")
    bo.run(join, "Kim", actor="ann")
    assert members(bo) == ["Kim"] * 3


@attrs.frozen
class Joins:
    name: str


@attrs.frozen
class Leaves:
    name: str


def test_requests_are_told_apart_by_what_they_are_and_not_by_their_order_in_memory(bo: BackOffice) -> None:
    def note(uow: UnitOfWork, *asked: object) -> str:
        return "noted"

    bo.run(note, [Joins("Kim")], actor="ann", key="k1")
    assert bo.run(note, (Joins("Kim"),), actor="ann", key="k1") == "noted"
    with pytest.raises(KeyReused):
        bo.run(note, [Leaves("Kim")], actor="ann", key="k1")
    one, same = {8, 0}, {0, 8}
    assert list(one) != list(same), "as sets of texts in two processes"
    bo.run(note, one, actor="ann", key="k2")
    assert bo.run(note, same, actor="ann", key="k2") == "noted"


def test_what_failed_may_be_tried_again_with_its_key(bo: BackOffice) -> None:
    with pytest.raises(Stop):
        bo.run(join, "Kim", fail=True, actor="ann", key="k1")
    assert members(bo) == []
    assert bo.run(join, "Kim", actor="ann", key="k1")["number"] == "M1"


def test_results_of_every_kind(bo: BackOffice) -> None:
    def give(uow: UnitOfWork, kind: str) -> Any:
        member = uow.add(Member(name="x"))
        return {
            "none": None, "text": "é", "list": [1, True, None], "money": Money("1.50", "EUR"), "decimal": Decimal("1.10"),
            "day": date(2026, 1, 2),
            "nested": {"a": [member]}, "late": lambda: member.number, "float": 1.5, "object": object(), "entity": member,
        }[kind]  # fmt: skip

    def answer(kind: str) -> Any:
        first = bo.run(give, kind, actor="ann", key=kind)
        assert bo.run(give, kind, actor="ann", key=kind) == first
        return first

    assert answer("none") is None
    assert answer("text") == "é"
    assert answer("list") == [1, True, None]
    assert answer("money") == {"amount": "1.50", "currency": "EUR"}
    assert answer("decimal") == "1.1"
    assert answer("day") == "2026-01-02"
    assert answer("nested")["a"][0]["number"] == "M7"
    assert answer("late") == "M8"
    assert answer("entity")["number"] == "M9"
    for kind in ("float", "object"):
        with pytest.raises(UsageError, match="can't be kept on a commit record"):
            answer(kind)
    assert len(members(bo)) == 9


def test_a_repeated_run_gives_the_keys_of_its_result_in_the_order_of_the_first(bo: BackOffice) -> None:
    def totals(uow: UnitOfWork) -> dict[str, int]:
        return {"wages": 3, "bank": 1, "sales": 2}

    first = bo.run(totals, actor="ann", key="totals")
    assert list(first) == list(bo.run(totals, actor="ann", key="totals")) == ["wages", "bank", "sales"]


def test_a_party_without_a_code_is_its_id(bo: BackOffice) -> None:
    ann = bo.run(lambda uow: uow.add(Party(name="Ann")), actor="ann")
    assert ann == {"entity": "bo_party", "id": ann["id"]}
    assert bo.run(lambda uow: uow.add(Party(name="Bob", code="B")), actor="ann")["code"] == "B"


def test_the_result_is_read_when_all_is_written(bo: BackOffice) -> None:
    def late(uow: UnitOfWork) -> Any:
        member = uow.add(Member(name="x"))
        return lambda: uow.add(Member(name=f"after {member.number}")).name

    with pytest.raises(UsageError):
        bo.run(late, actor="ann")
    assert members(bo) == []


def test_arguments_that_can_not_be_compared_are_refused(bo: BackOffice) -> None:
    with pytest.raises(UsageError, match="can't be told apart in a retry"):
        bo.run(join, object(), actor="ann", key="k")
    with pytest.raises(UsageError, match="not added to any unit"):
        bo.run(join, Member(name="x"), actor="ann", key="k")


def test_a_busy_database_is_tried_again(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from bocore.uow import running

    monkeypatch.setattr(running.time, "sleep", lambda _: None)
    attempts: list[int] = []

    def stumble(uow: UnitOfWork, times: int) -> str:
        attempts.append(1)
        uow.add(Member(name="Kim"))
        uow.flush()
        if len(attempts) < times:
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY_SNAPSHOT
            raise StorageError("busy") from busy
        return "done"

    assert bo.run(stumble, 4, actor="ann") == "done"
    assert (len(attempts), members(bo)) == (4, ["Kim"])
    attempts.clear()
    with pytest.raises(StorageError):
        bo.run(stumble, 9, actor="ann", retries=2)
    assert (len(attempts), members(bo)) == (3, ["Kim"])


@pytest.mark.engine("sqlite")  # which has one writer at a time
def test_a_database_that_stays_busy_says_so(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Member(name="Kim"))
        uow.flush()
        other = bo.engine.connect()
        other.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(StorageError, match="busy"), bo.unit_of_work(actor="bob", connection=other) as second:
            second.add(Member(name="Lee"))
        other.exec_driver_sql("PRAGMA busy_timeout=20000")
        other.close()


# ---------------------------------------------------------------- the record and the feed


def test_a_commit_leaves_one_record(bo: BackOffice, clock: FrozenClock) -> None:
    list(bo.feed("before"))
    clock.set("2026-05-06T07:08:09Z")
    with bo.unit_of_work(actor="ann", reason="Spring", correlation="order:7", on_behalf_of="bob") as uow:
        uow.add_all(Member(name=f"m{n}") for n in range(3))
        unit = uow.unit
    with bo.unit_of_work(actor="ann") as uow:
        uow.select(Member).all()[0].name = "renamed"
    with bo.unit_of_work(actor="ann") as uow:
        uow.select(Member).all()
    first, second = bo.feed("before")
    assert (first.unit, first.actor, first.reason, first.correlation, first.at) == (
        unit, "ann", "Spring", "order:7", "2026-05-06T07:08:09.000000Z",
    )  # fmt: skip
    assert len(first.changed("club_member")) == 3
    assert [(s.operation, len(s)) for s in second.segments] == [("u", 1)]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        plugins = uow._touch().execute("SELECT plugins, on_behalf_of FROM bo_commit WHERE unit = ?", (unit,)).fetchone()
    assert plugins == ('["bo","club"]', "bob")


def test_a_correlation_ties_the_commits_of_one_business_together(bo: BackOffice) -> None:
    units = []
    for name, business in [("order", "order:1042"), ("other", "order:7"), ("parcel", "order:1042"), ("alone", None)]:
        with bo.unit_of_work(actor="ann", correlation=business) as uow:
            uow.add(Member(name=name))
            units.append(uow.unit)
    with bo.unit_of_work(actor="ann") as uow:
        uow.correlation = "order:1042"  # known only once the work has begun
        uow.add(Member(name="paid"))
        units.append(uow.unit)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.units_of("order:1042") == [units[0], units[2], units[4]]
        assert uow.units_of("order:8") == []


def test_the_feed_gives_each_commit_at_least_once_and_in_order(bo: BackOffice) -> None:
    list(bo.feed("crm"))
    for n in range(5):
        bo.run(join, f"m{n}", actor="ann", reason=str(n))
    feed = bo.feed("crm")
    assert [next(feed).reason, next(feed).reason] == ["0", "1"]
    feed.close()  # type: ignore[attr-defined]
    again = list(bo.feed("crm"))
    assert [c.reason for c in again] == ["1", "2", "3", "4"]
    assert [c.position for c in again] == sorted(c.position for c in again)
    assert list(bo.feed("crm")) == []
    assert [c.position for c in bo.feed("other")] == list(range(again[-1].position + 1))


def test_the_feed_goes_on_with_what_comes_meanwhile(bo: BackOffice) -> None:
    list(bo.feed("crm"))
    bo.run(join, "a", actor="ann", reason="0")
    found = []
    for commit in bo.feed("crm"):
        found.append(commit.reason)
        if len(found) < 4:
            bo.run(join, "b", actor="ann", reason=str(len(found)))
    assert found == ["0", "1", "2", "3"]


# ---------------------------------------------------------------- events and hooks


def test_events_are_answered_in_the_same_transaction(bo: BackOffice) -> None:
    list(bo.feed("x"))
    with bo.unit_of_work(actor="ann") as uow:
        member = uow.add(Member(name="Kim"))
        uow.emit(Joined(member_id=member.id))
    (commit,) = bo.feed("x")
    assert [(e.name, e.values) for e in commit.events] == [
        ("club.joined/2", {"member_id": member.id, "on": "2026-01-01", "fee": {"amount": "5.00", "currency": "EUR"}})
    ]
    assert len(commit.changed("club_greeting")) == 1


def test_rounds_end(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.emit(Echo(depth=0))
    assert [e.depth for e in seen if isinstance(e, Echo)] == [0, 1, 2, 3]
    with pytest.raises(BocoreError, match="still post vouchers or emit events: club"), bo.unit_of_work(actor="ann") as uow:
        uow.emit(Echo(depth=4))


def test_only_an_event_is_emitted(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(UsageError, match="is no event"):
        uow.emit("joined")


def test_a_check_of_a_plugin_sees_what_changed(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        kim = uow.add(Member(name="Kim"))
        uow.select(Member).all()
        uow.add(Member(name="Lee"))
    assert seen == [(2, [], 0)]
    seen.clear()
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Member, kim.id).name = "Kimberley"
        uow.get(Member, kim.id + 1)
    assert seen == [(0, [["name"]], 0)]


def test_a_check_refuses_and_warns(bo: BackOffice) -> None:
    with pytest.raises(Refused, match="Nobody can't join") as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Member(name="nobody"), Member(name="late"), Member(name="nobody")])
    assert [f.code for f in refused.value.findings] == ["club.nobody", "club.nobody"]
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Member(name="late"))
    assert [f.code for f in uow.findings] == ["club.late"]
    with pytest.raises(UsageError, match="only checks now"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Member(name="adder"))
    assert members(bo) == ["late"]


# ---------------------------------------------------------------- settings, clock, memory, threads


def test_settings_are_typed_rows(bo: BackOffice) -> None:
    from bocore.kernel.settings import write_setting

    with bo.unit_of_work(actor="ann") as uow:
        assert uow.settings(ClubSettings) == ClubSettings()
        write_setting(uow, ClubSettings, "fee", 9)
        assert uow.settings(ClubSettings).fee == 9
        with pytest.raises(Refused, match="name can't be 'x'"):
            write_setting(uow, ClubSettings, "name", "x")
        with pytest.raises(UsageError, match="has no setting 'fe'"):
            write_setting(uow, ClubSettings, "fe", 1)
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.settings(ClubSettings) == ClubSettings(fee=9)
        with pytest.raises(UsageError):
            uow.settings(FrozenClock)


def test_today_is_the_companys_day(bo: BackOffice, clock: FrozenClock) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.zone = "America/Los_Angeles"
    clock.set("2026-03-01T05:00Z")
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.today() == date(2026, 2, 28)
        clock.advance(hours=4)
        assert uow.today() == date(2026, 3, 1)
        assert uow.now() == clock.instant


def test_a_large_import_lets_go_of_what_is_written(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        for start in range(0, 3000, 500):
            uow.add_all(Member(name=f"m{n}") for n in range(start, start + 500))
            uow.flush(release=True)
            assert uow._tracker.held(Member) == {}
            assert uow._tracker.added == []
    (commit,) = [c for c in bo.feed("x") if c.changed("club_member")]
    assert len(commit.changed("club_member")) == 3000
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert {m.number for m in uow.select(Member)} == {f"M{n}" for n in range(1, 3001)}


def test_eight_threads_through_one_application(bo: BackOffice) -> None:
    barrier = threading.Barrier(8)

    def work(thread: int) -> list[int]:
        barrier.wait()
        ids = []
        for n in range(12):
            try:
                with bo.unit_of_work(actor=f"t{thread}") as uow:
                    first = uow.add(Member(name=f"{thread}.{n}"))
                    uow.flush()
                    rest = uow.add_all(Member(name=f"{thread}.{n}") for _ in range(n))  # while the write lock is held
                    if n % 4 == 3:
                        raise Stop
                    ids += [first.id, *(m.id for m in rest)]
            except Stop:
                continue
        return ids

    with ThreadPoolExecutor(8) as pool:
        ids = [i for found in pool.map(work, range(8)) for i in found]
    assert len(ids) == len(set(ids))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = uow.select(Member).all()
        assert {m.id for m in found} == set(ids)
        assert sorted(int(m.number[1:]) for m in found) == list(range(1, len(ids) + 1))
    units = [c.unit for c in bo.feed("x")]
    assert len(units) == len(set(units))


def test_findings_are_plain_values() -> None:
    finding = Finding("club.x", "It is wrong.", "members.csv:3", "name", "Give one.", Severity.WARNING, limit=Money("1.00", "EUR"), n=3)
    assert finding.as_dict() == {
        "code": "club.x", "message": "It is wrong.", "at": "members.csv:3.name", "severity": "warning", "field": "name", "fix": "Give one.",
        "params": {"limit": "1.00 EUR", "n": 3},
    }  # fmt: skip
    assert str(finding) == "members.csv:3.name: It is wrong. Give one."
    assert Refused([finding]).as_dict()["code"] == "club.x"


# ---------------------------------------------------------------- services by their name


def test_a_service_is_run_by_its_full_name_or_a_short_one_and_is_the_same_as_its_function(bo: BackOffice) -> None:
    first = bo.run("bo.lock-period", "stock", date(2026, 1, 31), actor="carla", company="ACME", key="close:2026-01")
    assert bo.run(lock_period, "stock", date(2026, 1, 31), actor="carla", company="ACME", key="close:2026-01") == first
    bo.run("unlock-period", "stock", actor="carla", company="ACME", reason="counted again")
    assert list(bo.report("locks", actor="carla", company="ACME").rows) == []


def test_a_service_that_nobody_has_is_named_with_those_that_are_meant(bo: BackOffice) -> None:
    with pytest.raises(NotFound, match=r"lock.peroid"):
        bo.run("bo.lock-peroid", "stock", date(2026, 1, 31), actor="carla", company="ACME")
