"""Migrations: every plugin by itself, in plugin order, all or nothing; and the digests of older rows stand."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from acme import CHILD, VISIT, Make, filled, making, migrating, released, revised, schema, sql, tables, touch, versions

from bocore import BackOffice
from bocore.errors import DeclarationError, StorageError, UsageError
from bocore.migrate import current, differences, new, pending, upgrade
from bocore.plugins import Plugin
from bocore.record.verify import verify

make = pytest.fixture(making)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


# ------------------------------------------------------------------------------------------------------------- upgrading


def test_a_new_database_gets_every_migration_in_plugin_order_and_one_record(make: Make, books: Path) -> None:
    vet, shop = released(make), released(make, VISIT, prefix="shop")
    heard: list[str] = []
    with BackOffice(books, plugins=[shop, vet]) as bo:
        done = upgrade(bo, say=heard.append)
        assert [one for one in done if not one.startswith("bo ")] == ["shop 0001", "vet 0001"]
        assert [said for said in heard if said.startswith("Migrating ")][-1] == "Migrating vet 0001: first tables"
        assert pending(bo) == {}
        assert {name: number for name, number in current(bo).items() if name != "bo"} == {"shop": "0001", "vet": "0001"}
        assert upgrade(bo) == []
        commits = list(bo.feed("test"))
    assert [commit.actor for commit in commits] == ["migrate"]
    assert commits[0].reason == f"Migrations: {', '.join(done)}"
    assert {"bo_version_shop", "bo_version_vet"} <= tables(books)


def test_added_columns_leave_the_digests_of_older_rows_as_they_are(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    more = "    colour: str = field(default='brown')\n    insured: bool = field(default=True)\n"
    more += "    fee: Money = money(default=Money('12.50', 'EUR'))\n"
    more += "    since: date = field(default=date(2020, 2, 29))\n    tags: list[str] = field(factory=list)\n"
    more += "    owner_id: int | None = ref(Party, default=None)\n    owner: str = field(default='nobody', personal='owner_id')\n"
    more += "    phone: str | None = field(default=None, personal='owner_id')\n"
    second = revised(make, first, VISIT + more + "    weight: Decimal | None = exact(places=1, default=None)\n")
    with BackOffice(books, plugins=[second]) as bo:
        assert pending(bo) == {"vet": ["0002"]}
        with pytest.raises(StorageError, match=r"older than the code: vet 0002.*Run bo migrate"):
            touch(bo)
        bo.migrate()
        assert verify(bo).ok
        model = importlib.import_module(second.__name__.replace(".plugin", ".model"))
        with bo.unit_of_work(actor="ann") as uow:
            rex = uow.find(model.Visit, animal="Rex")
            assert (rex.colour, rex.insured, str(rex.fee), rex.weight) == ("brown", True, "12.50 EUR", None)
            assert (rex.since.isoformat(), rex.tags, rex.owner, rex.phone) == ("2020-02-29", [], "nobody", None)
            rex.colour, rex.owner = "black", "Ann"
            uow.add(model.Visit(animal="Kit", colour="brown", insured=False))
        assert verify(bo).ok
    sql(books, "UPDATE vet_visit SET colour = 'white' WHERE animal = 'Max'")
    with BackOffice(books, plugins=[second]) as bo:
        assert [finding.code for finding in verify(bo).findings] == ["bo.audit.altered"]


def test_a_plugin_that_is_gone_breaks_no_other(make: Make, books: Path) -> None:
    vet, shop = released(make), released(make, VISIT, prefix="shop")
    with BackOffice(books, plugins=[vet, shop]) as bo:
        bo.init()
    later = revised(make, shop, VISIT + "    till: str = field(default='')\n")
    with BackOffice(books, plugins=[later]) as bo:
        assert upgrade(bo) == ["shop 0002"]
        assert current(bo)["vet"] == "0001"
        assert verify(bo).ok


def test_a_failing_migration_leaves_nothing_of_any_plugin(make: Make, books: Path) -> None:
    vet, shop = released(make), released(make, VISIT, prefix="shop")
    filled(books, vet)
    before = schema(books)
    later = revised(make, vet, VISIT + "    colour: str = field(default='')\n")
    path = versions(shop) / "0002_broken.py"
    path.write_text("from alembic import op\n\ndef upgrade():\n    op.drop_table('shop_visit')\n    op.drop_table('shop_nothing')\n")
    with (
        BackOffice(books, plugins=[later, shop]) as bo,
        pytest.raises(
            StorageError, match=r"0002_broken.py: The migration shop 0002 failed: .*(no such table|does not exist).*Nothing was changed"
        ),
    ):
        upgrade(bo)
    assert schema(books) == before
    with BackOffice(books, plugins=[vet]) as bo:
        assert verify(bo).ok
        assert current(bo)["vet"] == "0001"


@pytest.mark.faults
def test_a_process_that_dies_in_a_migration_leaves_the_database_as_it_was(make: Make, books: Path, bo_engine: str) -> None:
    vet = released(make, VISIT + CHILD)
    filled(books, vet)
    before = schema(books)
    later = revised(make, vet, VISIT + "    after_id: int | None = ref('self', default=None)\n" + CHILD)
    path = versions(later) / "0002_changes.py"
    path.write_text(path.read_text() + "    __import__('os').kill(__import__('os').getpid(), 9)\n")
    died = migrating(books, later)
    died.communicate(timeout=120)
    assert died.returncode == -9
    with BackOffice(books, plugins=[vet]) as bo:
        assert verify(bo).ok
        assert current(bo)["vet"] == "0001"
    assert schema(books) == before
    assert bo_engine != "sqlite" or sql(books, "PRAGMA integrity_check") == [("ok",)]


def test_three_processes_that_upgrade_at_once_do_it_once(make: Make, books: Path) -> None:
    vet = released(make)
    running = [migrating(books, vet) for _ in range(3)]
    answers = [process.communicate(timeout=120)[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert sorted(answer == "[]" for answer in answers) == [False, True, True]
    with BackOffice(books, plugins=[vet]) as bo:
        assert len(list(bo.feed("test"))) == 1


def test_a_database_without_tables_asks_for_init(make: Make, books: Path) -> None:
    with BackOffice(books, plugins=[]) as bo, pytest.raises(StorageError, match=r"no tables of bocore yet\. Run bo init"):
        touch(bo)


def test_a_database_newer_than_the_code_is_refused_by_name_and_remedy(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    sql(books, "UPDATE bo_version_vet SET version_num = '0007'")
    with BackOffice(books, plugins=[vet]) as bo:
        said = (
            r"newer than the code: the tables of 'vet' are at 0007, and the plugin that is here knows 0001 as its last.*install a newer vet"
        )
        with pytest.raises(StorageError, match=said):
            upgrade(bo)
        with pytest.raises(StorageError, match=said):
            touch(bo)


def test_migrations_may_require_those_of_another_plugin(make: Make, books: Path) -> None:
    vet = released(make)
    shop = released(make, VISIT, prefix="shop")
    package = importlib.import_module(shop.plugin.migrations)
    package.REQUIRES = {"vet": "0002"}
    said = "The migrations of 'shop' need the tables of 'vet' at 0002, and the plugin that is here ends at 0001"
    with BackOffice(books, plugins=[vet, shop]) as bo, pytest.raises(StorageError, match=said):
        upgrade(bo)
    later = revised(make, vet, VISIT + "    colour: str = field(default='')\n")
    with BackOffice(books, plugins=[later, shop]) as bo:
        assert upgrade(bo)[-3:] == ["vet 0001", "vet 0002", "shop 0001"]


def test_two_migrations_of_one_number_are_refused(make: Make, books: Path) -> None:
    vet = released(make)
    shutil.copy(versions(vet) / "0001_first_tables.py", versions(vet) / "0001_second_thoughts.py")
    with BackOffice(books, plugins=[vet]) as bo, pytest.raises(DeclarationError, match=r"0001_second_thoughts.py must begin with 0002"):
        upgrade(bo)


# ------------------------------------------------------------------------------------- what changes recorded values


def test_older_rows_must_agree_on_a_new_column(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, VISIT + "    colour: str = field(default='brown')\n")
    path = versions(second) / "0002_changes.py"
    path.write_text(path.read_text() + "    op.execute(\"UPDATE vet_visit SET colour = 'red' WHERE animal = 'Rex'\")\n")
    with (
        BackOffice(books, plugins=[second]) as bo,
        pytest.raises(StorageError, match="older rows were given different values in the new column colour"),
    ):
        upgrade(bo)
    path.write_text(path.read_text().replace(" WHERE animal = 'Rex'", ""))
    with BackOffice(books, plugins=[second]) as bo:
        assert upgrade(bo) == ["vet 0002"]
        assert verify(bo).ok


def test_a_new_column_that_may_be_empty_stays_empty_in_older_rows(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, VISIT + "    colour: str | None = field(default=None)\n")
    path = versions(second) / "0002_changes.py"
    path.write_text(path.read_text() + "    op.execute(\"UPDATE vet_visit SET colour = 'red'\")\n")
    with BackOffice(books, plugins=[second]) as bo, pytest.raises(StorageError, match="the new column colour, which may be empty"):
        upgrade(bo)


def test_a_migration_that_leaves_dangling_references_is_refused(make: Make, books: Path) -> None:
    first = released(make, VISIT + CHILD)
    filled(books, first)
    model = importlib.import_module(first.__name__.replace(".plugin", ".model"))
    with BackOffice(books, plugins=[first]) as bo, bo.unit_of_work(actor="ann") as uow:
        uow.add(model.Treatment(visit_id=uow.find(model.Visit, animal="Rex").id, quantity=model.Decimal(1)))
    path = versions(first) / "0002_less.py"
    path.write_text("from alembic import op\n\ndef upgrade():\n    op.execute('DELETE FROM vet_visit')\n")
    left = r"(?s)(vet_treatment 1 → vet_visit|still referenced from table \"vet_treatment\")\..*Nothing was changed"
    with BackOffice(books, plugins=[first]) as bo, pytest.raises(StorageError, match=left):
        upgrade(bo)
    assert sql(books, "SELECT count(*) FROM vet_visit") == [(2,)]


def test_a_renamed_column_keeps_its_place_in_the_digests(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, VISIT.replace("    animal: str = field(", "    patient: str = field(was='animal', "))
    assert 'op.alter_column("vet_visit", "animal", new_column_name="patient")' in (versions(second) / "0002_changes.py").read_text()
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
        assert differences(bo, "vet") == []
    assert sql(books, "SELECT patient FROM vet_visit ORDER BY patient") == [("Max",), ("Rex",)]


def test_a_table_that_is_built_anew_keeps_rows_children_and_its_own_key(make: Make, books: Path, bo_engine: str) -> None:
    first = released(make, VISIT + CHILD)
    filled(books, first)
    model = importlib.import_module(first.__name__.replace(".plugin", ".model"))
    with BackOffice(books, plugins=[first]) as bo, bo.unit_of_work(actor="ann") as uow:
        rex = uow.find(model.Visit, animal="Rex")
        uow.add(model.Treatment(visit_id=rex.id, quantity=model.Decimal("1.5")))
    second = revised(make, first, VISIT + "    after_id: int | None = ref('self', default=None)\n" + CHILD)
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
        assert differences(bo, "vet") == []
        session = bo._connect()
        assert bo_engine != "sqlite" or session.execute("PRAGMA foreign_keys").fetchone() == (1,)
        session.close()
    made = [str(text) for table, _, text in schema(books) if table == "vet_visit"]
    assert [text for text in made if "id INTEGER NOT NULL" in text or "id bigint NO" in text]
    assert [text for text in made if "PRIMARY KEY (id)" in text]
    assert sql(books, "SELECT quantity FROM vet_treatment JOIN vet_visit v ON v.id = visit_id") == [(1500,)]


def test_a_table_that_is_dropped_and_comes_back_is_verified_again(make: Make, books: Path) -> None:
    first = released(make, VISIT + CHILD)
    filled(books, first)
    second = revised(make, first, VISIT)
    third = revised(make, second, VISIT + CHILD, "back")
    with BackOffice(books, plugins=[second]) as bo:
        assert upgrade(bo) == ["vet 0002"]
        assert "vet_treatment" not in tables(books)
        assert verify(bo).ok
    model = importlib.import_module(third.__name__.replace(".plugin", ".model"))
    with BackOffice(books, plugins=[third]) as bo:
        assert upgrade(bo) == ["vet 0003"]
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(model.Treatment(visit_id=uow.find(model.Visit, animal="Rex").id, quantity=model.Decimal(2)))
        assert verify(bo).ok
    sql(books, "UPDATE vet_treatment SET quantity = 9")
    with BackOffice(books, plugins=[third]) as bo:
        assert not verify(bo).ok


# --------------------------------------------------------------------------------------------------- writing migrations

FIRST = '''"""First tables."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.create_table(
        "vet_visit",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("animal", types.Words(), nullable=False),
        sa.Column("on", types.Day(), nullable=False),
        sa.Column("note", types.Words(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_vet_visit_on", "vet_visit", ["on"], unique=False)
    op.create_index("uq_vet_visit_animal", "vet_visit", ["animal"], unique=True)
    op.create_table(
        "vet_treatment",
        sa.Column("id", types.Id(), autoincrement=False, nullable=False),
        sa.Column("version", types.Minor(), nullable=False),
        sa.Column("visit_id", types.Minor(), nullable=False),
        sa.Column("quantity", types.Scaled(3), nullable=False),
        sa.ForeignKeyConstraint(
            ["visit_id"],
            ["vet_visit.id"],
            name="fk_vet_treatment_visit_id",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_vet_treatment_visit_id",
        "vet_treatment",
        ["visit_id"],
        unique=False,
    )
'''
SECOND = '''"""Add colour and fee."""

import sqlalchemy as sa
from alembic import op

from bocore.migrations import types


def upgrade() -> None:
    op.add_column(
        "vet_visit",
        sa.Column("colour", types.Words(), server_default="it's brown", nullable=False),
    )
    op.add_column(
        "vet_visit",
        sa.Column(
            "weight",
            types.Scaled(2),
            server_default=sa.text("150"),
            nullable=False,
        ),
    )
    op.create_index("ix_vet_visit_colour", "vet_visit", ["colour"], unique=False)
'''


def test_the_text_of_a_migration(make: Make) -> None:
    first = released(make, VISIT + CHILD)
    assert (versions(first) / "0001_first_tables.py").read_text() == FIRST
    added = '    colour: str = field(default="it\'s brown", index=True)\n    weight: Decimal = exact(places=2, default=Decimal("1.5"))\n'
    second = revised(make, first, VISIT + added + CHILD, "Add colour, and fee")
    assert sorted(path.name for path in versions(second).glob("0*")) == ["0001_first_tables.py", "0002_add_colour_and_fee.py"]
    assert (versions(second) / "0002_add_colour_and_fee.py").read_text() == SECOND.replace("colour and", "colour, and")


def test_nothing_is_written_where_nothing_changed(make: Make) -> None:
    vet = released(make)
    with BackOffice("unused.db", plugins=[vet]) as bo:
        with pytest.raises(UsageError, match="are as its migrations say"):
            new(bo, "vet", "again")
        with pytest.raises(UsageError, match="There is no plugin 'cat'"):
            new(bo, "cat", "again")
    assert not Path("unused.db").exists()


def test_a_new_column_without_a_value_for_older_rows_is_refused_by_field(make: Make) -> None:
    first = released(make)
    second = make(VISIT + "    colour: str\n    fee: Money = money()\n", before=first)
    with BackOffice("unused.db", plugins=[second]) as bo, pytest.raises(UsageError) as refused:
        new(bo, "vet", "colour")
    assert [finding.field for finding in refused.value.findings] == ["colour", "fee", "fee_currency"]
    assert "Give the field a default, or make it optional" in str(refused.value)


def test_migrations_can_begin_anew_before_a_release(make: Make) -> None:
    first = released(make)
    second = revised(make, first, VISIT + "    colour: str = field(default='')\n")
    with BackOffice("unused.db", plugins=[second]) as bo:
        path = new(bo, "vet", "tables", initial=True)
        assert differences(bo, "vet") == []
    assert [found.name for found in versions(second).glob("0*")] == [path.name] == ["0001_tables.py"]


# ------------------------------------------------------------------------------------------ plugins without migrations


def test_without_migrations_tables_are_made_from_the_entities(make: Make, books: Path) -> None:
    vet = make(VISIT, migrations=False)
    filled(books, vet)
    with BackOffice(books, plugins=[vet]) as bo:
        assert current(bo)["vet"] is None
        assert verify(bo).ok
        with pytest.raises(UsageError, match="names no package for migrations"):
            new(bo, "vet", "tables")
    changed = make(VISIT + "    colour: str = field(default='')\n", migrations=False)
    said = r"The table vet_visit has no column colour.*no migration says so. bo migrate new vet -m"
    with BackOffice(books, plugins=[changed]) as bo, pytest.raises(StorageError, match=said):
        upgrade(bo)


def test_a_first_migration_takes_over_tables_that_were_made_without_one(make: Make, books: Path) -> None:
    bare = make(VISIT, migrations=False)
    filled(books, bare)
    first = released(make)
    second = revised(make, first, VISIT + "    colour: str = field(default='')\n")
    with BackOffice(books, plugins=[second]) as bo:
        assert upgrade(bo) == ["vet 0002"]
        assert current(bo)["vet"] == "0002"
        assert verify(bo).ok
    other = released(make, VISIT + "    colour: str = field(default='')\n")
    filled(books.with_name("other.db"), bare)
    with BackOffice(books.with_name("other.db"), plugins=[other]) as bo, pytest.raises(StorageError, match=r"add_column vet_visit.colour"):
        upgrade(bo)


# ------------------------------------------------------------------------------------------------------------- promises


def test_a_forgotten_migration_is_named(make: Make, books: Path) -> None:
    first = released(make)
    second = make(VISIT.replace('index=["on"]', "") + "    colour: str = field(default='')\n", before=first)
    with BackOffice(books, plugins=[second]) as bo:
        assert differences(bo, "vet") == ["add_column vet_visit.colour", "remove_index vet_visit.ix_vet_visit_on"]
    with BackOffice(books, plugins=[make(VISIT)]) as bo:
        assert differences(bo, "vet") == ["vet has no migration yet: bo migrate new vet -m tables"]


def test_core_and_installed_plugins_forgot_no_migration() -> None:
    with BackOffice("unused.db") as bo:
        told = [state.prefix for state in bo.host.plugins if state.plugin is not None and state.plugin.migrations]
        assert "bo" in told
        assert {prefix: differences(bo, prefix) for prefix in told} == {prefix: [] for prefix in told}


def test_alembic_is_imported_only_where_a_migration_runs(tmp_path: Path) -> None:
    code = """
import json, sys
from bocore import BackOffice
from bocore.migrate import current, pending, upgrade
path, first = sys.argv[1:]
bo = BackOffice(path, plugins=[])
if first == "init":
    bo.init(company="Acme Ltd", currency="EUR")
    print(json.dumps([]))
else:
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.name = "Acme Limited"
    pending(bo), current(bo), upgrade(bo)
    print(json.dumps([name for name in ("alembic", "mako") if name in sys.modules]))
"""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for what in ("init", "work"):
        run = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "a.db"), what], env=env, capture_output=True, text=True, check=True
        )
        assert json.loads(run.stdout) == []


def test_types_for_migrations_are_public_and_lasting() -> None:
    from bocore.migrations import types

    assert types.__all__ == ["Day", "DecimalText", "Id", "Instant", "Minor", "Scaled", "TimeOfDay", "Words"]
    assert Plugin(prefix="vet").migrations is None


def test_a_stored_value_that_is_no_member_any_more_is_named(make: Make, books: Path) -> None:
    module = released(make, VISIT)
    filled(books, module)
    kinds = VISIT.replace("@entity", "from enum import StrEnum\nclass Name(StrEnum):\n    REX = 'Rex'\n@entity", 1)
    later = make(kinds.replace("animal: str = field(max_length=50, unique=True)", "animal: Name"), before=module)
    model = importlib.import_module(later.__name__.replace(".plugin", ".model"))
    with (
        BackOffice(books, plugins=[later]) as bo,
        bo.unit_of_work(actor="ann", read_only=True) as uow,
        pytest.raises(StorageError, match="A row holds 'Max', which is no value of Name") as error,
    ):
        uow.select(model.Visit).all()
    assert "Keep what was stored" in error.value.findings[0].fix
