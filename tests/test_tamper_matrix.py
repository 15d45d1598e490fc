"""Whatever is done to a row of any table with an SQL tool is found and named, and nothing else is.

Every attack is tried on every entity of the core and of each plugin here. As many would take hours one by one, an attack is made on all
tables at once, each of them must be named by its own rows, and nothing beside; then each table is attacked alone, by some attacks which
rotate from table to table, to see that none of them is found by the help of another. Within a table, each column has a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import attacks
import pytest
from attacks import ANYWHERE, ON_POSTGRESQL, ON_SQLITE, House, named

from bocore.testing.engines import engine

ATTACKS = [*ANYWHERE, *(ON_SQLITE if engine() == "sqlite" else ON_POSTGRESQL)]
ALONE = 2
"""Attacks on each table alone."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    house = attacks.build(folder)
    try:
        yield house
    finally:
        house.session.close(read_only=True)
        house.database.engine.dispose()


def test_a_database_without_its_constraints_is_still_as_recorded_and_sealed(house: House) -> None:
    found = house.verified()
    assert [str(finding) for finding in found.findings] == []
    assert (found.vouched, found.signed) == ("sealed, not anchored", True)
    assert len(house.tables) > 80
    assert min(len(table.ids) for table in house.tables) > 5


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_every_table_is_named_where_all_are_attacked_alike(house: House, attack: attacks.Attack) -> None:
    with house.undone() as session:
        expected = {(table.name, what, ident) for table in house.tables for what, ident in attack(session, table)}
        assert expected
        assert named(house.verified()) == expected


def test_a_table_that_is_attacked_alone_is_named_alone(house: House) -> None:
    for number, table in enumerate(house.tables):
        for turn in range(ALONE):
            attack = ATTACKS[(number * ALONE + turn) % len(ATTACKS)]
            with house.undone() as session:
                expected = {(table.name, what, ident) for what, ident in attack(session, table)}
                assert named(house.verified()) == expected, (table.name, attack.__name__)
