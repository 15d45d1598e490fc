"""What amounts count in beside the currencies of the world is a row, and as transactional as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bocore import BackOffice, Entity, Money, Plugin, Refused, Token, entity, field, money


@entity("club_point", tokens=True)
class Point(Entity):
    """Something that members collect."""

    code: str = field(unique=True, max_length=24)
    exponent: int = field(ge=0, le=18)
    name: str = field(default="", max_length=50)


@entity("club_gift")
class Gift(Entity):
    """What a member was given."""

    worth: Money = money()


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    """An application in which members collect points."""
    club = ModuleType("club")
    club.plugin = Plugin(prefix="club", entities=[Point, Gift])  # type: ignore[attr-defined]
    with BackOffice(tmp_path / "books.db", plugins=[club]).init() as office:
        yield office


def test_amounts_count_in_a_token_from_the_unit_of_work_that_declares_it(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Point(code="MILES", exponent=1, name="Miles"))
        gift = uow.add(Gift(worth=Money("12.5", uow.tokens["MILES"])))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert str(uow.get(Gift, gift.id).worth) == "12.5 MILES"


def test_a_token_whose_row_is_undone_is_unknown_again(bo: BackOffice) -> None:
    with pytest.raises(ZeroDivisionError), bo.unit_of_work(actor="ann") as uow:
        uow.add(Point(code="MILES", exponent=1))
        raise ZeroDivisionError
    with pytest.raises(Refused, match="MILES, which is neither"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Gift(worth=Money("1", Token("MILES", 1))))
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(ZeroDivisionError), uow.savepoint():
            uow.add(Point(code="MILES", exponent=1))
            raise ZeroDivisionError
        assert "MILES" not in uow.tokens
        uow.add(Point(code="MILES", exponent=3))
        uow.add(Gift(worth=Money("1.125", uow.tokens["MILES"])))


def test_a_token_that_can_not_be_is_refused_by_its_field(bo: BackOffice) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Point(code="MILES", exponent=19))
    assert [finding.field for finding in refused.value.findings] == ["exponent"]
