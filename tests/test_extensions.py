"""What a plugin knows beyond another's rows is in a table of its own, one row for each that it extends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bocore import BackOffice, Entity, Plugin, UsageError, entity, field


@entity("club_person")
class Person(Entity):
    """Somebody."""

    name: str = field(max_length=50)


@entity("gym_member", extends=Person)
class Member(Entity):
    """What the gym knows of a person."""

    locker: int = field(ge=1)


@entity("gym_towel", extends=Person)
class Towel(Entity):
    """A towel that a person has."""

    colour: str = field(max_length=20)


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    """An application with persons and what the gym adds to them."""
    club, gym = ModuleType("club"), ModuleType("gym")
    club.plugin = Plugin(prefix="club", entities=[Person])  # type: ignore[attr-defined]
    gym.plugin = Plugin(prefix="gym", entities=[Member, Towel])  # type: ignore[attr-defined]
    with BackOffice(tmp_path / "books.db", plugins=[club, gym]).init() as office:
        yield office


def test_many_extensions_are_added_at_once_each_to_its_row(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        people = uow.add_all(Person(name=name) for name in ("Ada", "Bea", "Cem"))
        extensions: list[Entity] = [Member(locker=1), Towel(colour="red"), Member(locker=3)]
        uow.add_all(extensions, extends=people)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        people = uow.select(Person).order_by(Person.c.name).all()
        members = uow.extensions(people, Member)
        towels = uow.extensions(people, Towel)
        assert [members[p.id].locker if p.id in members else None for p in people] == [1, None, 3]
        assert [towels[p.id].colour if p.id in towels else None for p in people] == [None, "red", None]


def test_each_extension_needs_a_row_of_the_right_kind(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        people = uow.add_all([Person(name="Ada"), Person(name="Bea")])
        with pytest.raises(UsageError, match="1 objects can't extend 2 rows"):
            uow.add_all([Member(locker=1)], extends=people)
        with pytest.raises(UsageError, match="Member extends Person"):
            uow.add_all([Member(locker=1)])
        with pytest.raises(UsageError, match="Person extends nothing"):
            uow.add_all([Person(name="Cem")], extends=people[:1])
        uow.add(Member(locker=4), extends=people[0])
        assert uow.select(Member).count() == 1
