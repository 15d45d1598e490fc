"""``uow.memory``: what was read may be remembered for exactly as long as nobody changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bocore import BackOffice, Entity, Plugin, UnitOfWork, entity, field


@entity("tariff_price", steady=True)
class Price(Entity):
    """What something costs."""

    code: str = field(unique=True, max_length=20)
    cents: int


tariff = Plugin(prefix="tariff", entities=Price)


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[tariff]).init() as made:
        with made.unit_of_work(actor="ann") as uow:
            uow.add(Price(code="tea", cents=250))
        yield made


def price(uow: UnitOfWork, reads: list[str]) -> int:
    """The price of tea, read only where it is not remembered; what is read is noted."""
    memory = uow.memory("tariff.prices", Price)
    if "tea" not in memory:
        reads.append("tea")
        found = uow.find(Price, code="tea")
        assert found is not None
        memory["tea"] = found.cents
    cents: int = memory["tea"]
    return cents


def ask(bo: BackOffice, reads: list[str]) -> int:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return price(uow, reads)


def test_what_was_read_is_remembered_from_one_unit_to_the_next(bo: BackOffice) -> None:
    reads: list[str] = []
    assert [ask(bo, reads) for _ in range(3)] == [250, 250, 250]
    assert reads == ["tea"]


def test_a_change_of_ones_own_is_seen_at_once_and_afterwards(bo: BackOffice) -> None:
    reads: list[str] = []
    ask(bo, reads)
    with bo.unit_of_work(actor="ann") as uow:
        assert price(uow, reads) == 250
        found = uow.find(Price, code="tea")
        assert found is not None
        found.cents = 300
        uow.flush()
        assert price(uow, reads) == 300
    assert ask(bo, reads) == 300


def test_what_is_undone_was_never_remembered(bo: BackOffice) -> None:
    reads: list[str] = []
    ask(bo, reads)
    with pytest.raises(RuntimeError), bo.unit_of_work(actor="ann") as uow:
        found = uow.find(Price, code="tea")
        assert found is not None
        found.cents = 300
        uow.flush(release=True)
        assert price(uow, reads) == 300
        raise RuntimeError
    assert ask(bo, reads) == 250


def test_another_program_that_changes_a_row_makes_us_read_again(bo: BackOffice, tmp_path: Path) -> None:
    reads: list[str] = []
    ask(bo, reads)
    with BackOffice(tmp_path / "books.db", plugins=[tariff]) as other, other.unit_of_work(actor="bob") as uow:
        found = uow.find(Price, code="tea")
        assert found is not None
        found.cents = 275
    assert ask(bo, reads) == 275
    assert reads == ["tea", "tea"]


def test_a_part_that_fails_leaves_nothing_behind(bo: BackOffice) -> None:
    reads: list[str] = []
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(RuntimeError), uow.savepoint():
            uow.add(Price(code="milk", cents=90))
            found = uow.find(Price, code="tea")
            assert found is not None
            found.cents = 1
            uow.flush(release=True)
            assert price(uow, reads) == 1
            raise RuntimeError
        assert price(uow, reads) == 250
    assert ask(bo, reads) == 250


def test_in_a_hosts_transaction_nothing_is_remembered(bo: BackOffice) -> None:
    reads: list[str] = []
    with bo.engine.begin() as connection, bo.unit_of_work(actor="ann", connection=connection) as uow:
        assert price(uow, reads) == price(uow, reads) == 250
    assert len(reads) == 2
