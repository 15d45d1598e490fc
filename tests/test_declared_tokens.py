"""What amounts count in beside the currencies of the world is a row, and as transactional as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bocore import BackOffice, Currency, Entity, Money, Plugin, Refused, Token, entity, field, money


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


def test_what_amounts_are_stored_in_keeps_its_decimal_places(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Point(code="MILES", exponent=1))
        uow.add(Gift(worth=Money("12.5", uow.tokens["MILES"])))
    with pytest.raises(Refused, match="The exponent of a Point can't change"), bo.unit_of_work(actor="ann") as uow:
        uow.find(Point, code="MILES").exponent = 0  # type: ignore[union-attr]
    with pytest.raises(Refused, match="Gift has amounts in it"), bo.unit_of_work(actor="ann") as uow:
        miles = uow.find(Point, code="MILES")
        assert miles is not None
        uow.remove(miles)


def test_a_token_nobody_counts_in_can_go(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        miles = uow.add(Point(code="MILES", exponent=1))
    with bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Point, miles.id))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Point, code="MILES") is None


@pytest.mark.parametrize(
    ("code", "exponent", "message"), [("EUR", 3, "needs no row"), ("MILES", 4, "2 decimal places"), ("A B", 0, "can't be")]
)
def test_a_token_that_would_shut_the_database_is_refused(bo: BackOffice, code: str, exponent: int, message: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Currency(code="MILES", exponent=2))
    with pytest.raises(Refused, match=message), bo.unit_of_work(actor="ann") as uow:
        uow.add(Point(code=code, exponent=exponent))
