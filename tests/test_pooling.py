"""A schema that a test has done with serves the next one, who can't tell it from a new one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Company, Entity, Party, Plugin, entity, field
from bocore.testing import behind
from bocore.testing.engines import administering, drop_below, schema_of

pytestmark = pytest.mark.engine("postgresql")  # where each test has a file of its own, there is nothing to keep


@entity("pool_pet")
class Pet(Entity):
    """Has an index of its own."""

    name: str = field(unique=True)


Open = Callable[[str], BackOffice]


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A firm with one party, which others are copies of."""
    path = tmp_path / "template.db"
    with (
        BackOffice(path, plugins=[Plugin(prefix="pool", entities=[Pet])]).init(company="Acme Ltd") as bo,
        bo.unit_of_work(actor="ann") as uow,
    ):
        uow.add(Party(name="First"))
    return path


@pytest.fixture
def copy(template: Path, tmp_path: Path) -> Iterator[Open]:
    """Opens a copy of the template, in a folder of that name."""
    opened = []

    def open_(name: str) -> BackOffice:
        (tmp_path / name).mkdir()
        shutil.copyfile(template, tmp_path / name / "books.db")
        opened.append(BackOffice(tmp_path / name / "books.db", plugins=[Plugin(prefix="pool", entities=[Pet])]))
        with opened[-1].unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Company).one().name == "Acme Ltd"
        return opened[-1]

    yield open_
    for bo in opened:
        bo.close()


def over(bo: BackOffice, tmp_path: Path, name: str) -> None:
    """The test that used this copy ends."""
    bo.close()
    drop_below(tmp_path / name)


def tables_of(bo: BackOffice, tmp_path: Path, name: str) -> dict[str, int]:
    """Table → the number by which the server knows it."""
    schema = schema_of(tmp_path / name / "books.db")
    with administering() as server:
        found = server.execute("SELECT relname, oid FROM pg_class WHERE relnamespace = to_regnamespace(%s)", (schema,)).fetchall()
    return dict(found)


def content(bo: BackOffice) -> dict[str, list[Any]]:
    """Every row of every table, and what its sequences give next."""
    with behind(bo) as file:
        names = [
            row[0]
            for row in file.execute("SELECT relname FROM pg_class WHERE relnamespace = current_schema::regnamespace AND relkind = 'r'")
        ]
        found = {name: sorted(map(repr, file.execute(f"SELECT * FROM {name}"))) for name in names}
        sequences = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = current_schema ORDER BY 1"
        return {**found, "sequences": [tuple(row) for row in file.execute(sequences)]}


def test_the_next_test_gets_the_same_tables_with_the_rows_of_the_template(copy, tmp_path):
    first = copy("first")
    fresh = content(first)
    with first.unit_of_work(actor="ann") as uow:
        uow.select(Party, name="First").one().name = "Renamed"
        uow.add_all([Party(name=f"Party {n}") for n in range(50)])
        uow.add(Pet(name="Rex"))
    with behind(first) as file:
        file.execute("DELETE FROM bo_shape")
        file.execute("UPDATE bo_company SET name = 'Forged'")
    assert content(first) != fresh
    tables = tables_of(first, tmp_path, "first")
    over(first, tmp_path, "first")

    second = copy("second")
    assert tables_of(second, tmp_path, "second") == tables
    assert content(second) == fresh
    with second.unit_of_work(actor="ann") as uow:
        uow.add(Pet(name="Rex"))  # refused where the other test's were still in the index


def test_a_template_that_was_changed_since_is_what_the_next_test_gets(copy, template, tmp_path):
    over(copy("first"), tmp_path, "first")
    with BackOffice(template, plugins=[Plugin(prefix="pool", entities=[Pet])]) as bo, bo.unit_of_work(actor="ann") as uow:
        uow.add(Pet(name="Later"))
        uow.select(Party, name="First").one().name = "Renamed"
    with BackOffice(template, plugins=[Plugin(prefix="pool", entities=[Pet])]) as bo:
        expected = content(bo)
    assert content(copy("second")) == expected


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE pool_pet ADD COLUMN colour text",
        "ALTER TABLE pool_pet ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE pool_pet ALTER COLUMN name SET DEFAULT 'Rex'",
        "DROP INDEX uq_pool_pet_name",
        "CREATE INDEX ix_more ON pool_pet (name)",
        "CREATE TABLE more (id int)",
        "CREATE SEQUENCE more",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TYPE more AS ENUM ('a')",
        "ALTER TABLE bo_party DISABLE TRIGGER ALL",
        "GRANT SELECT ON pool_pet TO PUBLIC",
        "GRANT UPDATE (name) ON pool_pet TO PUBLIC",
        "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO PUBLIC', current_schema); END $$",
        "DROP TABLE pool_pet",
        "DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_schema); END $$",
    ],
)
def test_tables_that_a_test_has_changed_serve_no_other(copy, tmp_path, change):
    first = copy("first")
    tables = tables_of(first, tmp_path, "first")
    with behind(first) as file:
        file.execute(change)
    over(first, tmp_path, "first")
    new = tables_of(copy("second"), tmp_path, "second")
    assert new.keys() == tables.keys()
    assert not set(new.values()) & set(tables.values())


def test_tables_that_have_become_large_serve_no_other(copy, tmp_path):
    first = copy("first")
    tables = tables_of(first, tmp_path, "first")
    with first.unit_of_work(actor="ann") as uow:
        uow.add_all([Pet(name=f"{n:0200}") for n in range(500)])
    over(first, tmp_path, "first")
    assert tables_of(copy("second"), tmp_path, "second")["pool_pet"] != tables["pool_pet"]


def test_an_application_that_a_test_left_open_does_not_see_the_next_one(copy, tmp_path):
    held = copy("first").engine.connect()
    held.exec_driver_sql(f"LOCK TABLE {schema_of(tmp_path / 'first' / 'books.db')}.pool_pet")
    drop_below(tmp_path / "first")
    with copy("second").unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Pet).all() == []
    held.invalidate()
    held.close()
