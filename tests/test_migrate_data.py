"""Data steps, dry runs, copies, and databases that are newer than the code."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from acme import CHILD, VISIT, Make, filled, making, released, revised, schema, sql, versions
from click.testing import CliRunner, Result

from bocore import BackOffice, Party
from bocore.cli.root import bo as program
from bocore.errors import BocoreError, StorageError
from bocore.migrate import current, pending, upgrade
from bocore.record.verify import verify

make = pytest.fixture(making)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


def model_of(module: ModuleType) -> ModuleType:
    return importlib.import_module(module.__name__.replace(".plugin", ".model"))


def data(module: ModuleType, file: str, body: str) -> Path:
    """Give a migration a data step."""
    path = versions(module) / file
    inside = "\n".join(f"    {line}" for line in body.format(model=module.__name__.replace(".plugin", ".model")).splitlines())
    path.write_text(f"{path.read_text()}\n\ndef data(uow):\n{inside}\n", encoding="utf-8")
    return path


COLOUR = VISIT + "    colour: str = field(default='')\n"
PAINT = """from {model} import Visit
for visit in uow.select(Visit, colour=""):
    visit.colour = visit.animal.lower()"""


def test_a_data_step_runs_through_a_unit_of_work_and_leaves_its_own_record(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    data(second, "0002_changes.py", PAINT)
    heard: list[str] = []
    with BackOffice(books, plugins=[second]) as bo:
        assert upgrade(bo, say=heard.append) == ["vet 0002"]
        assert heard == ["Migrating vet 0002: changes", "Running the data step of vet 0002."]
        assert verify(bo).ok and verify(bo).rebases == ()
        commits = list(bo.feed("test"))[-2:]
        assert [(one.actor, one.reason) for one in commits] == [("migrate", "Migrations: vet 0002"), ("migrate", "vet 0002: changes")]
        assert commits[1].changed("vet_visit") == [1, 2]
        assert upgrade(bo) == []
        with bo.unit_of_work(actor="ann") as uow:
            rex = uow.find(model_of(second).Visit, animal="Rex")
            assert (rex.colour, rex.version) == ("rex", 2)
            rex.colour = "red"
    assert sql(books, "SELECT colour FROM vet_visit ORDER BY id") == [("red",), ("max",)]


def test_data_steps_run_with_todays_entities_after_every_schema(make: Make, books: Path) -> None:
    """0002 fills what 0003 renames: from 0001 the step of 0002, as it is kept with today's names, runs once all columns are there."""
    first = released(make)
    second = revised(make, first, COLOUR)
    third = revised(make, second, COLOUR.replace("    colour: str = field(", "    coat: str = field(was='colour', "), "coat")
    data(third, "0002_changes.py", PAINT.replace("colour", "coat"))
    data(third, "0003_coat.py", "from {model} import Visit\nfor visit in uow.select(Visit):\n    visit.note = f'coat: {{visit.coat}}'")
    filled(books, first)
    with BackOffice(books, plugins=[third]) as bo:
        assert upgrade(bo) == ["vet 0002", "vet 0003"]
        assert verify(bo).ok
        reasons = [commit.reason for commit in bo.feed("test")][-3:]
        assert reasons == ["Migrations: vet 0002, vet 0003", "vet 0002: changes", "vet 0003: coat"]
    assert sql(books, "SELECT coat, note FROM vet_visit ORDER BY id") == [("rex", "coat: rex"), ("max", "coat: max")]


def test_a_data_step_that_was_forgotten_when_a_field_was_renamed_loses_nothing(make: Make, books: Path) -> None:
    first = released(make)
    second = revised(make, first, COLOUR)
    third = revised(make, second, COLOUR.replace("    colour: str = field(", "    coat: str = field(was='colour', "), "coat")
    data(third, "0002_changes.py", PAINT)
    filled(books, first)
    with BackOffice(books, plugins=[third]) as bo:
        with pytest.raises(StorageError, match="The data step of vet 0002 was refused: Visit has no field 'colour'"):
            upgrade(bo)
        assert current(bo)["vet"] == "0001"
    with BackOffice(books, plugins=[first]) as bo:
        assert verify(bo).ok
    assert len(sql(books, "SELECT animal, note FROM vet_visit")) == 2


def test_a_data_step_follows_the_rules_that_everybody_follows(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    path = data(second, "0002_changes.py", "from {model} import Visit\nuow.add(Visit(animal='x' * 51))\nuow.add(Visit(animal='Tim'))")
    with BackOffice(books, plugins=[second]) as bo:
        with pytest.raises(StorageError, match=r"The data step of vet 0002 was refused: animal .*Nothing was changed") as refused:
            upgrade(bo)
        assert (refused.value.findings[0].code, refused.value.findings[0].field) == ("bo.invalid", "animal")
        assert current(bo)["vet"] == "0001"
        path.write_text(path.read_text().replace("'x' * 51", "'Tom'"))
        assert upgrade(bo) == ["vet 0002"]
        assert verify(bo).ok
        with bo.unit_of_work(actor="ann") as uow:  # ids of the step and of the program do not meet
            added = uow.add_all([model_of(second).Visit(animal=f"cat {n}") for n in range(30)])
            assert len({visit.id for visit in added}) == 30
        assert verify(bo).ok


def test_what_a_data_step_deletes_must_not_be_referred_to(make: Make, books: Path) -> None:
    owned = VISIT + "    owner_id: int | None = ref(Party, default=None)\n"
    first = released(make, owned)
    with BackOffice(books, plugins=[first]) as bo:
        bo.init()
        with bo.unit_of_work(actor="ann") as uow:
            owner = uow.add(Party(name="Ann", code="A"))
            uow.add(model_of(first).Visit(animal="Rex", owner_id=owner.id))
    path = versions(first) / "0002_less.py"
    path.write_text("from bocore import Party\n\ndef upgrade():\n    pass\n\ndef data(uow):\n    uow.remove(uow.find(Party, code='A'))\n")
    with BackOffice(books, plugins=[first]) as bo:
        with pytest.raises(StorageError, match=r"rows refer to rows that are not there: vet_visit 1 → bo_party|was refused"):
            upgrade(bo)
        assert current(bo)["vet"] == "0001"
    assert sql(books, "SELECT count(*) FROM bo_party") == [(1,)]


def test_without_a_plugin_that_owns_data_no_data_step_runs(make: Make, books: Path) -> None:
    first, shop = released(make), released(make, VISIT, prefix="shop")
    with BackOffice(books, plugins=[first, shop]) as bo:
        bo.init()
    second = revised(make, first, COLOUR)
    data(second, "0002_changes.py", PAINT)
    with (
        BackOffice(books, plugins=[second]) as bo,
        pytest.raises(BocoreError, match="'shop' owns data here"),
    ):
        upgrade(bo)
    with BackOffice(books, plugins=[second, shop]) as bo:
        assert upgrade(bo) == ["vet 0002"]


def test_a_new_database_runs_data_steps_too(make: Make, books: Path) -> None:
    first = released(make)
    data(first, "0001_first_tables.py", "from {model} import Visit\nuow.add(Visit(animal='The house cat'))")
    with BackOffice(books, plugins=[first]) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        assert verify(bo).ok
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert [visit.animal for visit in uow.select(model_of(first).Visit)] == ["The house cat"]


# -------------------------------------------------------------------------------------------------- before it is done


def run(books: Path, module: ModuleType, *arguments: str, code: int = 0) -> Result:
    from bocore.cli.invocation import Invocation

    result = CliRunner().invoke(program, ["--db", str(books), "--as", "ann", *arguments], obj=Invocation(plugins=[module]))
    assert result.exit_code == code, result.output
    return result


def test_check_lists_what_is_pending_and_touches_nothing(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    was = books.read_bytes()
    assert "Pending: vet 0002\n" in run(books, second, "migrate", "--check", code=1).output
    assert books.read_bytes() == was
    run(books, second, "migrate")
    assert "is up to date" in run(books, second, "migrate", "--check").output


def test_a_dry_run_does_everything_and_undoes_it(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    path = data(second, "0002_changes.py", PAINT)
    before = schema(books), sql(books, "SELECT count(*) FROM bo_commit")
    shown = run(books, second, "migrate", "--dry-run").output
    assert "Running the data step of vet 0002." in shown and "1 migration can be applied" in shown and "is as it was" in shown
    assert (schema(books), sql(books, "SELECT count(*) FROM bo_commit")) == before
    with BackOffice(books, plugins=[first]) as bo:
        assert verify(bo).ok
    path.write_text(path.read_text().replace("visit.animal.lower()", "1 / 0"))
    with BackOffice(books, plugins=[second]) as bo, pytest.raises(StorageError, match="division by zero"):
        upgrade(bo, dry_run=True)


def test_an_author_says_what_values_a_migration_will_change(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    shown = run(books, vet, "migrate", "new", "vet", "-m", "shout", "--rebase", "vet_visit").output
    path = versions(vet) / "0002_shout.py"
    assert str(path) in shown.replace("\n", "")
    path.write_text(path.read_text().replace("    rebase(", "    op.execute('UPDATE vet_visit SET note = upper(note)')\n    rebase("))
    path.write_text(path.read_text().replace("from bocore.migrations", "from alembic import op\n\nfrom bocore.migrations"))
    assert "Stated 2 digests of vet_visit anew: vet 0002." in run(books, vet, "migrate").output
    assert "Note: 2 digests of vet_visit were stated anew by vet 0002" in run(books, vet, "audit", "verify").output
    assert "has no entity vet_cat" in run(books, vet, "migrate", "new", "vet", "-m", "x", "--rebase", "vet_cat", code=2).output


@pytest.mark.engine("postgresql")
def test_no_copy_of_a_servers_database_is_pretended(make: Make, books: Path, tmp_path: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    said = run(books, second, "migrate", "--backup", str(tmp_path / "before.db"), code=3).output
    assert "bo tenant export" in said
    assert not (tmp_path / "before.db").exists()
    with BackOffice(books, plugins=[first]) as bo:
        assert current(bo)["vet"] == "0001"


@pytest.mark.engine("sqlite")
def test_a_copy_is_made_of_the_books_as_they_were(make: Make, books: Path, tmp_path: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    copy = tmp_path / "before.db"
    shown = run(books, second, "migrate", "--backup", str(copy)).output
    assert f"Copied the database to {copy}" in shown and "1 migration was applied" in shown
    with BackOffice(copy, plugins=[first]) as bo:
        assert verify(bo).ok and current(bo)["vet"] == "0001"
    assert "there already" in run(books, second, "migrate", "--backup", str(copy), code=3).output
    assert "no copy was made" in run(books, second, "migrate", "--backup", str(tmp_path / "again.db")).output
    assert not (tmp_path / "again.db").exists()


@pytest.mark.engine("sqlite")
def test_a_copy_that_can_not_be_made_stops_the_upgrade(make: Make, books: Path, tmp_path: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    with BackOffice(books, plugins=[second]) as bo:
        with pytest.raises(StorageError, match=r"can't be made.*Nothing was changed"):
            bo.migrate(backup=tmp_path / "nowhere" / "before.db")
        assert pending(bo) == {"vet": ["0002"]}


# ------------------------------------------------------------------------------------------------ newer than the code

COMMANDS = [
    ["init"],
    ["init", "--company", "Other", "--currency", "EUR"],
    ["migrate"],
    ["migrate", "--check"],
    ["migrate", "--dry-run"],
    ["party", "list"],
    ["party", "add", "Acme", "--reason", "x"],
]
NEWER = {"bo": "pip install --upgrade bocore", "vet": "install a newer vet"}


@pytest.mark.parametrize("plugin", NEWER)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_refuses_a_newer_database_and_says_what_to_upgrade(make: Make, books: Path, plugin: str, command: list[str]) -> None:
    vet = released(make)
    filled(books, vet)
    sql(books, f"UPDATE bo_version_{plugin} SET version_num = '0099'")
    records = sql(books, "SELECT count(*) FROM bo_commit")
    said = run(books, vet, *command, code=3).output
    assert f"newer than the code: the tables of '{plugin}' are at 0099" in said and NEWER[plugin] in said
    assert sql(books, "SELECT count(*) FROM bo_commit") == records


@pytest.mark.parametrize("plugin", NEWER)
def test_so_does_every_way_in_from_python(make: Make, books: Path, plugin: str) -> None:
    vet = released(make)
    filled(books, vet)
    sql(books, f"UPDATE bo_version_{plugin} SET version_num = '0099'")

    def use(bo: BackOffice) -> None:
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            uow.select(Party).all()

    def write(bo: BackOffice) -> None:
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Party(name="Nobody"))

    def host(bo: BackOffice) -> None:
        with bo.engine.begin() as connection, bo.unit_of_work(actor="ann", connection=connection) as uow:
            uow.add(Party(name="Nobody"))

    ways = [use, write, host, upgrade, pending, BackOffice.init, BackOffice.migrate]
    ways += [lambda bo: bo.run(lambda uow: None, actor="ann", key="1"), lambda bo: list(bo.feed("crm"))]
    with BackOffice(books, plugins=[vet]) as bo:
        for way in ways:
            with pytest.raises(StorageError, match=f"the tables of '{plugin}' are at 0099"):
                way(bo)
        assert verify(bo).ok  # which needs no plugin, and so no version of it


def test_a_plugin_without_migrations_any_more_is_older_than_the_database(make: Make, books: Path) -> None:
    filled(books, released(make))
    bare = make(VISIT, migrations=False)
    with (
        BackOffice(books, plugins=[bare]) as bo,
        pytest.raises(StorageError, match=r"are at 0001, and .+ has no migrations"),
    ):
        upgrade(bo)


def test_a_program_that_runs_while_the_database_is_upgraded_is_stopped(make: Make, books: Path) -> None:
    """What was checked when it began does not hold any more: with old entities it would write what new ones can't read."""
    first = released(make)
    filled(books, first)
    second = revised(make, first, COLOUR)
    with BackOffice(books, plugins=[first]) as old, BackOffice(books, plugins=[second]) as new:
        with old.unit_of_work(actor="ann") as uow:
            uow.add(model_of(first).Visit(animal="Kit"))
        upgrade(new)
        with (
            pytest.raises(StorageError, match="newer than the code: the tables of 'vet' are at 0002"),
            old.unit_of_work(actor="ann") as uow,
        ):
            uow.add(model_of(first).Visit(animal="Kat"))
        with pytest.raises(StorageError, match="newer than the code"), old.unit_of_work(actor="ann", read_only=True) as uow:
            uow.select(model_of(first).Visit).all()
        with new.unit_of_work(actor="ann") as uow:
            assert uow.select(model_of(second).Visit).count() == 3
        assert verify(new).ok


def test_a_program_notices_digests_that_were_stated_anew_meanwhile(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    with BackOffice(books, plugins=[first]) as old, BackOffice(books, plugins=[first]) as other:
        with old.unit_of_work(actor="ann") as uow:
            uow.find(model_of(first).Visit, animal="Rex").note = "well"
        path = versions(first) / "0002_shout.py"
        body = "op.execute('UPDATE vet_visit SET note = upper(note)')\n    op.rebase('vet_visit')\n"
        path.write_text(f"from alembic import op\n\ndef upgrade():\n    {body}")
        upgrade(other)
        with old.unit_of_work(actor="ann") as uow:  # its migrations are read anew, too: this program has the new file
            assert uow.find(model_of(first).Visit, animal="Rex").note == "WELL"
        assert verify(old).ok


# ------------------------------------------------------------------------------------------ what a vendor gets for free


def test_the_conformance_kit_upgrades_from_each_earlier_revision_with_rows(make: Make, tmp_path: Path) -> None:
    from bocore.testing.conforming import CHECKS, Subject

    check = CHECKS["earlier_revisions_can_be_upgraded"]
    first = released(make, VISIT + CHILD)
    second = revised(make, first, COLOUR + CHILD)
    renamed = COLOUR.replace("    colour: str = field(", "    coat: str = field(was='colour', ")
    third = revised(make, second, renamed.replace("    note: str | None = field(default=None)\n", ""), "coat")
    step = data(third, "0002_changes.py", PAINT.replace("colour", "coat"))
    (tmp_path / "right").mkdir()
    check(Subject(third, [], {}), tmp_path / "right")
    for number in ("0001", "0002"):
        rows = sql(tmp_path / "right" / f"{number}.db", "SELECT animal, coat FROM vet_visit")
        assert rows and (number == "0002" or all(animal == coat for animal, coat in rows))
        assert sql(tmp_path / "right" / f"{number}.db", "SELECT version_num FROM bo_version_vet") == [("0003",)]
    right = step.read_text()
    step.write_text(right.replace("coat", "colour"))  # as it was released, and forgotten
    (tmp_path / "wrong").mkdir()
    with pytest.raises(StorageError, match="The data step of vet 0002 was refused: Visit has no field 'colour'"):
        check(Subject(third, [], {}), tmp_path / "wrong")
    path = versions(third) / "0003_coat.py"
    step.write_text(right)
    path.write_text(path.read_text().replace("    rebase(", "    # rebase("))
    (tmp_path / "loose").mkdir()
    with pytest.raises(StorageError, match="vet_visit has rows, and the column note was dropped"):
        check(Subject(third, [], {}), tmp_path / "loose")
