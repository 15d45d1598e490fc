"""After an exception nothing remains: not in the database, and in memory no id, version, number or reference to them."""

from __future__ import annotations

from datetime import date
from types import ModuleType
from typing import Any

import pytest

from bocore import (
    BackOffice,
    Entity,
    Finding,
    Money,
    Plugin,
    PluginError,
    Refused,
    UsageError,
    Voucher,
    entity,
    event,
    field,
    hookimpl,
    numbered,
    parent,
    recorded,
    ref,
)
from bocore import Line as VoucherLine


@entity("vet_owner")
class Owner(Entity):
    """Whom an animal belongs to."""

    name: str = field(max_length=30, unique=True)
    friend_id: int | None = ref("self", default=None)


@entity("vet_visit", company=True)
class Visit(Entity):
    """An animal came."""

    owner_id: int | None = ref(Owner, default=None)
    on: date = date(2026, 1, 15)
    number: str = numbered("vet.visit", "{year}-{n:03}", per=("company", "year"), on="on")


@entity("vet_line", append_only=True)
class Line(Entity):
    """One thing done."""

    visit_id: int = parent(Visit)
    unit: int = recorded()
    text: str = ""


@entity("vet_card", extends=Owner)
class Card(Entity):
    """What the practice notes of an owner."""

    points: int = 0


vet = Plugin(prefix="vet", entities=[Owner, Visit, Line, Card])


class Stop(Exception):
    """Ends a unit of work."""


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [vet]


def counts(bo: BackOffice) -> dict[str, int]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return {cls.__name__: uow.select(cls).count() for cls in (Owner, Visit, Line, Card)}


def commits(bo: BackOffice) -> int:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return int(uow._touch().execute("SELECT count(*) FROM bo_commit").fetchone()[0])


@pytest.mark.parametrize("when", ["pending", "written early", "flushed", "numbered"])
def test_new_objects_lose_what_the_unit_gave_them(bo: BackOffice, when: str) -> None:
    before = commits(bo)
    owner, visit, line, card = Owner(name="Kim"), Visit(), Line(visit_id=0), Card(points=3)
    with pytest.raises(Stop), bo.unit_of_work(actor="ann") as uow:
        uow.add(owner)
        visit.owner_id = owner.id
        line.visit_id = uow.add(visit).id
        uow.add(line)
        uow.add(card, extends=owner)
        assert card.id == owner.id
        if when == "written early":
            assert uow.select(Line).all() == [line]
        elif when != "pending":
            uow.flush()
        if when == "numbered":
            assert visit.number == "2026-001"
        raise Stop
    assert counts(bo) == {"Owner": 0, "Visit": 0, "Line": 0, "Card": 0}
    assert commits(bo) == before
    for obj, gone in [(owner, "id version"), (visit, "id version number"), (line, "id unit visit_id"), (card, "id version")]:
        assert [name for name in gone.split() if hasattr(obj, name)] == []
    assert visit.owner_id is None
    assert (owner.name, card.points, visit.on) == ("Kim", 3, date(2026, 1, 15))


def test_undone_objects_can_be_added_again(bo: BackOffice) -> None:
    owner, visit = Owner(name="Kim"), Visit()
    for attempt in (1, 2):
        try:
            with bo.unit_of_work(actor="ann") as uow:
                visit.owner_id = uow.add(owner).id
                uow.add(visit)
                uow.flush()
                if attempt == 1:
                    raise Stop
        except Stop:
            continue
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Visit, visit.id).number == "2026-001"
    assert counts(bo)["Owner"] == 1


def test_a_loaded_object_keeps_its_values_but_not_the_references_to_what_is_gone(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        old = uow.add(Owner(name="Old"))
        kim = uow.add(Owner(name="Kim", friend_id=old.id))
    for flush in (False, True):
        with pytest.raises(Stop), bo.unit_of_work(actor="ann") as uow:
            found = uow.get(Owner, kim.id)
            new = uow.add(Owner(name="New"))
            found.friend_id, found.name = new.id, "Kim the second"
            if flush:
                uow.flush()
                assert found.version == 2
            raise Stop
        assert (found.friend_id, found.name, found.version) == (old.id, "Kim the second", 1)


def test_a_unit_that_was_refused_at_commit_leaves_nothing(bo: BackOffice) -> None:
    owner, other = Owner(name="Kim"), Owner(name="Kim")
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add_all([owner, other])
    assert refused.value.findings[0].field == "name"
    assert "Kim" in refused.value.findings[0].message
    assert not hasattr(owner, "id") and not hasattr(other, "id")
    assert counts(bo)["Owner"] == 0


def test_the_same_object_twice_is_refused(bo: BackOffice) -> None:
    owner = Owner(name="Kim")
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(owner)
        with pytest.raises(UsageError, match="has the id"):
            uow.add(owner)
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(UsageError, match="has the id"):
        uow.add(owner)
    twin = Owner(name="Twin")
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(UsageError, match="twice"):
        uow.add_all([twin, twin])
    assert not hasattr(twin, "id")
    assert counts(bo)["Owner"] == 1


def test_an_object_of_another_application_is_refused(bo: BackOffice, tmp_path: Any) -> None:
    owner = Owner(name="Kim")
    with BackOffice(tmp_path / "other.db", plugins=[vet]).init() as other, other.unit_of_work(actor="ann") as uow:
        uow.add(owner)
    with bo.unit_of_work(actor="ann") as uow, pytest.raises(UsageError, match="has the id"):
        uow.add(owner)


def test_an_object_that_could_not_be_prepared_has_no_id(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        from bocore import Company

        uow.add(Company(code="SECOND", name="Second", currency="EUR", zone="UTC"))
    visit = Visit()
    with pytest.raises(UsageError, match="more than one company"), bo.unit_of_work(actor="ann") as uow:
        uow.add(visit)
    assert not hasattr(visit, "id")


def test_a_refused_row_that_was_caught_can_not_be_committed_around(bo: BackOffice) -> None:
    """The database took part of the rows before it refused one: going on would leave rows that no record names."""
    with pytest.raises(UsageError, match="can't go on"), bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Owner(name="Kim"), Owner(name="Lee"), Owner(name="Kim")])
        with pytest.raises(Refused):
            uow.select(Owner).all()
        with pytest.raises(UsageError, match="can't go on"):
            uow.add(Owner(name="Max"))
    assert counts(bo)["Owner"] == 0


def test_series_of_a_unit_that_failed_is_not_remembered(bo: BackOffice) -> None:
    with pytest.raises(Stop), bo.unit_of_work(actor="ann") as uow:
        for _ in range(3):
            visit = uow.add(Visit())
            uow.flush()
        assert visit.number == "2026-003"
        raise Stop
    with bo.unit_of_work(actor="ann") as uow:
        visit = uow.add(Visit())
    assert visit.number == "2026-001"


# ---------------------------------------------------------------- savepoints


def test_a_part_can_fail_alone(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        kept = uow.add(Owner(name="Kept"))
        with pytest.raises(Stop), uow.savepoint():
            lost = uow.add(Owner(name="Lost"))
            uow.add(Visit(owner_id=lost.id))
            kept.friend_id = lost.id
            raise Stop
        assert not hasattr(lost, "id")
        assert kept.friend_id is None
        with uow.savepoint():
            also = uow.add(Owner(name="Also"))
    assert counts(bo) == {"Owner": 2, "Visit": 0, "Line": 0, "Card": 0}
    with bo.unit_of_work(actor="ann") as uow:
        assert {o.name for o in uow.select(Owner)} == {"Kept", "Also"}
        assert uow.get(Owner, also.id).friend_id is None


def test_a_failed_part_gives_loaded_objects_their_values_back(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        kim = uow.add(Owner(name="Kim"))
    with bo.unit_of_work(actor="ann") as uow:
        found = uow.get(Owner, kim.id)
        found.name = "Changed before"
        with pytest.raises(Stop), uow.savepoint():
            found.name = "Changed inside"
            uow.flush()
            found.name = "Changed after the flush"
            raise Stop
        assert found.name == "Changed before"
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.get(Owner, kim.id).name == "Changed before"


def test_savepoints_nest(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        with uow.savepoint():
            uow.add(Owner(name="outer"))
            with pytest.raises(Stop), uow.savepoint():
                uow.add(Owner(name="inner"))
                raise Stop
            uow.add(Owner(name="after"))
        with pytest.raises(Stop), uow.savepoint():
            with uow.savepoint():
                uow.add(Owner(name="inner of a failed one"))
            raise Stop
    with bo.unit_of_work(actor="ann") as uow:
        assert sorted(o.name for o in uow.select(Owner)) == ["after", "outer"]


def test_ids_and_numbers_of_a_failed_part_are_not_given_twice_and_not_missing(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Visit())
        for _ in range(3):
            with pytest.raises(Stop), uow.savepoint():
                uow.add_all(Visit() for _ in range(20))
                uow.flush()
                raise Stop
            uow.add_all(Visit() for _ in range(20))
            uow.flush()
    with bo.unit_of_work(actor="ann") as uow:
        visits = uow.select(Visit).all()
        assert sorted(v.number for v in visits) == [f"2026-{n:03}" for n in range(1, 62)]
        uow.add(Visit())
    assert len({c.unit for c in bo.feed("units")}) == commits(bo)


def test_a_refused_row_in_a_part_leaves_the_rest_sound(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Owner(name="Kim"))
        with pytest.raises(Refused), uow.savepoint():
            uow.add(Owner(name="Kim"))
        uow.add(Owner(name="Lee"))
    assert counts(bo)["Owner"] == 2


def test_an_event_of_a_failed_part_never_happened(bo: BackOffice) -> None:
    @event("vet.called")
    class Called:
        owner_id: int

    with bo.unit_of_work(actor="ann") as uow:
        owner = uow.add(Owner(name="Kim"))
        with pytest.raises(Stop), uow.savepoint():
            uow.emit(Called(owner_id=1))
            raise Stop
        uow.emit(Called(owner_id=owner.id))
    (last,) = [c for c in bo.feed("events") if c.events]
    assert [e.values for e in last.events] == [{"owner_id": owner.id}]


def test_what_a_failed_part_had_handed_to_the_plugins_is_handed_to_them_again(bo_path: Any) -> None:
    """A part that flushes lets ledgers answer vouchers from before it; undoing it undoes their answers, not the vouchers."""
    answered: list[Any] = []
    ledger = ModuleType("ledger")

    @hookimpl
    def bo_posted(uow: Any, vouchers: Any) -> None:
        answered.extend(uow.add(Owner(name=f"ledger of {one.voucher.key}")) for one in vouchers)
        uow.warn(Finding("ledger.late", "It is late.", severity="warning"))

    @hookimpl
    def bo_event(uow: Any, events: Any) -> None:
        answered.extend(uow.add(Owner(name=f"caller of {one.owner_id}")) for one in events)

    @event("ledger.called")
    class Called:
        owner_id: int

    ledger.bo_posted, ledger.bo_event = bo_posted, bo_event  # type: ignore[attr-defined]
    ledger.plugin = Plugin(prefix="ledger")  # type: ignore[attr-defined]
    with BackOffice(bo_path, plugins=[vet, ledger]) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            uow.post(Voucher("v1", "visit", [VoucherLine("cash", Money("1.00", "EUR")), VoucherLine("sales", Money("-1.00", "EUR"))]))
            uow.emit(Called(owner_id=7))
            with pytest.raises(Stop), uow.savepoint():
                uow.flush()
                assert len(answered) == 2
                raise Stop
            assert not any(hasattr(owner, "id") for owner in answered)
            assert uow.select(Owner).count() == 0
        assert [finding.code for finding in uow.findings] == ["ledger.late"]
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert sorted(owner.name for owner in uow.select(Owner)) == ["caller of 7", "ledger of v1"]
        assert [one.values for commit in bo.feed("events") for one in commit.events] == [{"owner_id": 7}]


def test_an_ended_unit_of_work_says_so(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        owner = uow.add(Owner(name="Kim"))
    for attempt in (
        lambda: uow.add(Owner(name="x")), lambda: uow.get(Owner, 999), lambda: uow.remove(owner), lambda: uow.flush(),
        lambda: uow.select(Owner).all(), lambda: uow.move(owner, "x"),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            attempt()


def test_two_units_that_write_in_one_thread_do_not_wait_for_each_other(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Owner(name="Kim"))
        uow.flush()
        for _ in range(2):
            with pytest.raises(UsageError, match="open in this thread"), bo.unit_of_work(actor="bob") as inner:
                inner.add_all(Owner(name=f"Lee {n}") for n in range(500))
        with bo.unit_of_work(actor="bob", read_only=True) as reader:
            assert reader.select(Owner).count() == 0
    with bo.unit_of_work(actor="bob") as uow:
        assert uow.select(Owner).count() == 1


def test_a_plugin_that_is_missing_is_not_got_round_by_catching_its_error(bo: BackOffice, bo_path: Any) -> None:
    with BackOffice(bo_path, plugins=[]) as without:
        for _ in range(2):
            with pytest.raises(PluginError, match="vet"), without.unit_of_work(actor="ann") as uow:
                from bocore import Party

                with pytest.raises(PluginError):
                    uow.select(Party).all()
                uow.add(Party(name="Kim"))
        with without.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Party).count() == 0


def test_a_unit_of_work_outside_of_with_is_refused_before_it_holds_a_lock(bo: BackOffice) -> None:
    forgotten = bo.unit_of_work(actor="ann")
    with pytest.raises(UsageError, match="has not begun"):
        forgotten.add(Owner(name="Ann"))
    with pytest.raises(UsageError, match="has not begun"):
        forgotten.find(Owner, name="Ann")
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Owner(name="Ann"))
    with pytest.raises(UsageError, match="has ended"), uow:
        pass
