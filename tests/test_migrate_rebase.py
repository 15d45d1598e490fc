"""Migrations that change what records cover: verified first, digests stated anew last, and the record says so."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from acme import CHILD, VISIT, Make, filled, making, released, revised, sql, tables, versions
from click.testing import CliRunner

from bocore import BackOffice, Party
from bocore.cli.root import bo as program
from bocore.errors import DeclarationError, StorageError, UsageError
from bocore.migrate import differences, new, upgrade
from bocore.record.changes import parse
from bocore.record.verify import verify

make = pytest.fixture(making)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


def migration(module: ModuleType, number: int, body: str, name: str = "by_hand") -> Path:
    """A migration written by hand."""
    path = versions(module) / f"{number:04}_{name}.py"
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    path.write_text(
        f"from alembic import op\nfrom bocore.migrations import rebase\n\n\ndef upgrade() -> None:\n{lines}\n", encoding="utf-8"
    )
    return path


def model_of(module: ModuleType) -> ModuleType:
    return importlib.import_module(module.__name__.replace(".plugin", ".model"))


def findings(books: Path) -> list[str]:
    with BackOffice(books, plugins=[]) as bo:
        return [f"{finding.code} {finding.where}" for finding in verify(bo).findings]


# ------------------------------------------------------------------------------------------------------- changed values


def test_changed_values_get_digests_anew_and_later_tampering_is_found(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    migration(vet, 2, """op.execute("UPDATE vet_visit SET animal = upper(animal)")\nrebase("vet_visit")""")
    heard: list[str] = []
    with BackOffice(books, plugins=[vet]) as bo:
        assert upgrade(bo, say=heard.append) == ["vet 0002"]
        assert heard == ["Verifying vet_visit.", "Migrating vet 0002: by hand", "Stated 2 digests of vet_visit anew: vet 0002."]
        found = verify(bo)
        assert found.ok
        assert [(one.entity, one.rows, one.migrations, one.record) for one in found.rebases] == [("vet_visit", 2, "vet 0002", 4)]
        with bo.unit_of_work(actor="ann") as uow:  # and work goes on
            uow.find(model_of(vet).Visit, animal="REX").note = "well again"
            uow.add(model_of(vet).Visit(animal="Kit"))
        assert verify(bo).ok
        assert upgrade(bo) == []
    sql(books, "UPDATE vet_visit SET animal = 'Rex' WHERE animal = 'REX'")
    assert findings(books) == ["bo.audit.altered vet_visit 1"]


def test_op_rebase_is_the_same(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    migration(vet, 2, """op.execute("UPDATE vet_visit SET note = 'x'")\nop.rebase("vet_visit")""")
    with BackOffice(books, plugins=[vet]) as bo:
        upgrade(bo)
        assert verify(bo).ok


def test_the_audit_says_which_migration_stated_what_anew_and_when(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    migration(vet, 2, """op.execute("UPDATE vet_visit SET note = 'x'")\nrebase("vet_visit")""")
    with BackOffice(books, plugins=[vet]) as bo:
        upgrade(bo)
        bo.seal()
    shown = CliRunner().invoke(program, ["--db", str(books), "audit", "verify"])
    assert shown.exit_code == 0
    assert "Note: 2 digests of vet_visit were stated anew by vet 0002, 20" in shown.stdout
    assert shown.stdout.rstrip().endswith("ok, sealed, not signed, not anchored")


def test_a_forged_row_is_not_laundered(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    sql(books, "UPDATE vet_visit SET note = 'forged' WHERE animal = 'Rex'")
    migration(vet, 2, """op.execute("UPDATE vet_visit SET animal = upper(animal)")\nrebase("vet_visit")""")
    with BackOffice(books, plugins=[vet]) as bo, pytest.raises(StorageError) as refused:
        upgrade(bo)
    assert [(finding.code, finding.where) for finding in refused.value.findings] == [("bo.rebase_refused", "vet_visit 1")]
    assert "can't be stated anew: The row was altered behind bocore's back" in str(refused.value)
    assert sql(books, "SELECT animal FROM vet_visit ORDER BY id") == [("Rex",), ("Max",)]
    assert findings(books) == ["bo.audit.altered vet_visit 1"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE vet_visit SET note = 'x'", "values were changed in the column note by vet 0002"),
        ("DELETE FROM vet_visit WHERE id = 1", "rows were deleted by vet 0002"),
        ("INSERT INTO vet_visit VALUES (9, 1, 'Kit', '2026-01-02', NULL)", "rows were added by vet 0002"),
    ],
)
def test_rows_that_a_migration_writes_without_stating_it_are_refused(make: Make, books: Path, statement: str, said: str) -> None:
    vet = released(make)
    filled(books, vet)
    migration(vet, 2, f"op.execute({statement!r})")
    with (
        BackOffice(books, plugins=[vet]) as bo,
        pytest.raises(StorageError, match=rf"vet_visit has rows, and {said}.*rebase\(\"vet_visit\"\)"),
    ):
        upgrade(bo)
    assert findings(books) == []


def test_a_table_that_takes_the_place_of_another_is_refused_too(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    body = """
op.execute("CREATE TABLE vet_copy AS SELECT * FROM vet_visit")
op.execute("DROP TABLE vet_visit")
op.execute("ALTER TABLE vet_copy RENAME TO vet_visit")
"""
    migration(vet, 2, body)
    with BackOffice(books, plugins=[vet]) as bo, pytest.raises(StorageError, match="vet_visit has rows, and its table was replaced"):
        upgrade(bo)


def test_rows_that_come_and_go_are_recorded_as_such(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    body = """
op.execute("DELETE FROM vet_visit WHERE animal = 'Rex'")
op.execute("INSERT INTO vet_visit SELECT id + 5000, version, animal || '2', \\"on\\", note FROM vet_visit")
rebase("vet_visit")
"""
    migration(vet, 2, body)
    with BackOffice(books, plugins=[vet]) as bo:
        upgrade(bo)
        assert verify(bo).ok
        last = list(bo.feed("test"))[-1]
        assert [(s.operation, list(s.ids())) for s in last.segments if s.entity == "vet_visit"] == [("r", [2]), ("i", [5002]), ("d", [1])]
        with bo.unit_of_work(actor="ann") as uow:
            assert uow.add(model_of(vet).Visit(animal="Kit")).id > 5002
    sql(books, "DELETE FROM vet_visit WHERE id = 5002")
    assert findings(books) == ["bo.audit.removed vet_visit 5002"]


# ------------------------------------------------------------------------------------------- columns and their meaning


def test_a_column_is_dropped_by_what_bo_migrate_new_writes(make: Make, books: Path) -> None:
    first = released(make)
    second = make(VISIT.replace("    note: str | None = field(default=None)\n", ""), before=first)
    heard: list[str] = []
    with BackOffice("unused.db", plugins=[second]) as bo:
        path = new(bo, "vet", "less", say=heard.append)
    assert heard == ["Drops vet_visit.note. What it holds is lost. Digests are stated anew."]
    assert path.read_text().partition("None:\n")[2] == (
        "    # Drops vet_visit.note. What it holds is lost.\n"
        '    with op.batch_alter_table("vet_visit", schema=None) as batch_op:\n'
        '        batch_op.drop_column("note")\n'
        '    rebase("vet_visit")\n'
    )
    filled(books, first)
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
        assert [one.rows for one in verify(bo).rebases] == [2]
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(model_of(second).Visit(animal="Kit"))
        assert verify(bo).ok


def test_without_a_rebase_a_dropped_column_is_refused_where_there_are_rows(make: Make, books: Path, tmp_path: Path) -> None:
    first = released(make)
    filled(books, first)
    second = make(VISIT.replace("    note: str | None = field(default=None)\n", ""), before=first)
    migration(second, 2, "op.drop_column('vet_visit', 'note')")
    with (
        BackOffice(books, plugins=[second]) as bo,
        pytest.raises(StorageError, match="vet_visit has rows, and the column note was dropped"),
    ):
        upgrade(bo)
    with BackOffice(tmp_path / "empty.db", plugins=[first]) as bo:
        bo.init()
    with BackOffice(tmp_path / "empty.db", plugins=[second]) as bo:
        assert upgrade(bo) == ["vet 0002"]
        assert verify(bo).ok


def test_a_change_of_a_column_that_came_after_one_was_dropped_is_recorded(make: Make, books: Path) -> None:
    """The place of the dropped one stays, so that a row has more places than columns."""
    first = released(make)
    filled(books, first)
    note = "    note: str | None = field(default=None)\n"
    second = revised(make, first, VISIT.replace(note, "    colour: str = field(default='brown')\n"))
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        with bo.unit_of_work(actor="ann") as uow:
            visit = uow.find(model_of(second).Visit, animal="Rex")
            visit.colour = "red"
        with bo.ready(write=False) as session:
            ((changes,),) = session.execute("SELECT changes FROM bo_commit ORDER BY unit DESC LIMIT 1").fetchall()
        (segment,) = parse(bytes(changes))
        ((version, colour),) = segment.details
        assert (segment.entity, segment.operation, version[1:], colour[1:]) == ("vet_visit", "u", [1, 2], ["brown", "red"])
        assert verify(bo).ok


def test_a_column_changes_its_kind(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = make(VISIT.replace("note: str | None", "note: int | None"), before=first)
    heard: list[str] = []
    with BackOffice("unused.db", plugins=[second]) as bo:
        path = new(bo, "vet", "count", say=heard.append)
    said = "Look at what the database makes of the values, or write them yourself."
    assert heard == [f"Changes the kind of vet_visit.note. {said} Digests are stated anew."]
    path.write_text(
        path.read_text().replace("    # Changes", "    op.execute(\"UPDATE vet_visit SET note = '7' WHERE note = 'limps'\")\n    # Changes")
    )
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.find(model_of(second).Visit, animal="Max").note == 7


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("int", "note is stored as text 'limps', not as integer"),
        ("date", "note is 'limps', not written as a canonical date"),
    ],
)
def test_values_that_do_not_fit_their_new_kind_are_refused_by_row(make: Make, books: Path, kind: str, said: str) -> None:
    first = released(make)
    filled(books, first)
    second = make(VISIT.replace("note: str | None", f"note: {kind} | None"), before=first)
    migration(second, 2, "rebase('vet_visit')")
    with BackOffice(books, plugins=[second]) as bo, pytest.raises(StorageError) as refused:
        upgrade(bo)
    assert f"vet_visit 2: After the migrations the row can't be what it should: {said}" in str(refused.value)
    assert findings(books) == []


def test_text_that_a_migration_writes_must_be_as_text_is_stored(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    migration(vet, 2, """op.execute("UPDATE vet_visit SET animal = 'Re\u0301x' WHERE id = 1")\nrebase("vet_visit")""")
    with BackOffice(books, plugins=[vet]) as bo, pytest.raises(StorageError, match=r"vet_visit 1: .*animal is 'Re.x', not written as"):
        upgrade(bo)


def test_a_field_becomes_personal_and_gets_salted_commitments(make: Make, books: Path) -> None:
    owned = VISIT + "    owner_id: int | None = ref(Party, default=None)\n"
    first = released(make, owned)
    filled(books, first)
    second = make(owned.replace("field(default=None)\n", "field(default=None, personal='owner_id')\n", 1), before=first)
    heard: list[str] = []
    with BackOffice("unused.db", plugins=[second]) as bo:
        path = new(bo, "vet", "private notes", say=heard.append)
    assert heard == ["Makes vet_visit.note personal. Older records keep openly what they said. Digests are stated anew."]
    assert '    rebase("vet_visit")\n' in path.read_text()
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
    assert sql(books, "SELECT length(_salt) FROM vet_visit ORDER BY id") == [(None,), (16,)]
    sql(books, "UPDATE vet_visit SET note = 'runs' WHERE note = 'limps'")
    assert findings(books) == ["bo.audit.altered vet_visit 2"]


def test_a_second_personal_field_needs_the_author_to_say_so(make: Make, books: Path) -> None:
    owned = VISIT + "    owner_id: int | None = ref(Party, default=None)\n    phone: str = field(default='', personal='owner_id')\n"
    first = released(make, owned)
    filled(books, first)
    second = make(owned.replace("field(default=None)\n", "field(default=None, personal='owner_id')\n", 1), before=first)
    with (
        BackOffice(books, plugins=[second]) as bo,
        pytest.raises(StorageError, match="vet_visit has rows, and the column note became personal"),
    ):
        upgrade(bo)
    with BackOffice("unused.db", plugins=[second]) as bo:
        with pytest.raises(UsageError, match=r"'vet' has no entity vet_cat.*It has: vet_visit"):
            new(bo, "vet", "private notes", rebase=["vet_cat"])
        path = new(bo, "vet", "private notes", rebase=["vet_visit"])
    assert path.read_text() == (
        '"""Private notes."""\n\nfrom bocore.migrations import rebase\n\n\ndef upgrade() -> None:\n    rebase("vet_visit")\n'
    )
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok


def test_a_new_column_may_have_different_values_in_older_rows(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, VISIT + "    colour: str = field(default='brown')\n")
    path = versions(second) / "0002_changes.py"
    path.write_text(
        path.read_text() + "    op.execute(\"UPDATE vet_visit SET colour = 'red' WHERE animal = 'Rex'\")\n    op.rebase('vet_visit')\n"
    )
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
    sql(books, "UPDATE vet_visit SET colour = 'brown'")
    assert findings(books) == ["bo.audit.altered vet_visit 1"]


# ---------------------------------------------------------------------------------------------------- renames and drops


def test_a_column_that_was_renamed_twice_keeps_its_place(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = revised(make, first, VISIT.replace("    animal: str = field(", "    patient: str = field(was='animal', "))
    third = revised(make, second, VISIT.replace("    animal: str = field(", "    creature: str = field(was='patient', "), "again")
    fourth = make(VISIT.replace("    animal: str", "    creature: str"), before=third)  # was= has done its work
    with BackOffice(books, plugins=[fourth]) as bo:
        assert upgrade(bo) == ["vet 0002", "vet 0003"]
        assert verify(bo).ok and verify(bo).rebases == ()
        assert differences(bo, "vet") == []


def test_a_column_renamed_while_its_table_is_built_anew_keeps_its_place(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = make(VISIT.replace("    animal: str", "    patient: str"), before=first)
    body = """
with op.batch_alter_table("vet_visit", recreate="always") as batch:
    batch.alter_column("animal", new_column_name="patient")
op.execute("DROP INDEX IF EXISTS uq_vet_visit_animal")
op.create_index("uq_vet_visit_patient", "vet_visit", ["patient"], unique=True)
"""
    migration(second, 2, body)
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok and verify(bo).rebases == ()


def test_an_entity_is_renamed_with_its_rows_and_its_ids(make: Make, books: Path) -> None:
    first = released(make)
    filled(books, first)
    second = make(VISIT.replace("{prefix}_visit", "{prefix}_call"), before=first)
    body = """
op.rename_table("vet_visit", "vet_call")
op.drop_index("ix_vet_visit_on", "vet_call")
op.drop_index("uq_vet_visit_animal", "vet_call")
op.create_index("ix_vet_call_on", "vet_call", ["on"])
op.create_index("uq_vet_call_animal", "vet_call", ["animal"], unique=True)
rebase("vet_visit", "vet_call")
"""
    path = migration(second, 2, body)
    with BackOffice(books, plugins=[second]) as bo:
        assert differences(bo, "vet") == []
        upgrade(bo)
        assert verify(bo).ok
        assert [(one.entity, one.rows, one.dropped) for one in verify(bo).rebases] == [("vet_visit", 2, True)]
        with bo.unit_of_work(actor="ann") as uow:
            assert uow.add(model_of(second).Visit(animal="Kit")).id > 2
    filled(books.with_name("other.db"), first)
    path.write_text(
        path.read_text()
        .replace('"vet_visit", "vet_call")\n', '"vet_visit", "vet_call")\n', 1)
        .replace('    rebase("vet_visit", "vet_call")\n', "")
    )
    with BackOffice(books.with_name("other.db"), plugins=[second]) as bo, pytest.raises(StorageError) as refused:
        upgrade(bo)
    assert [finding.at for finding in refused.value.findings] == ["vet_call", "vet_visit"]


def test_an_entity_with_rows_is_dropped_only_by_saying_so(make: Make, books: Path) -> None:
    first = released(make, VISIT + CHILD)
    filled(books, first)
    model = model_of(first)
    with BackOffice(books, plugins=[first]) as bo, bo.unit_of_work(actor="ann") as uow:
        uow.add(model.Treatment(visit_id=uow.find(model.Visit, animal="Rex").id, quantity=model.Decimal(1)))
    second = revised(make, first, VISIT)
    path = versions(second) / "0002_changes.py"
    written = path.read_text()
    assert "# Drops the table vet_treatment. What it holds is lost." in written and 'rebase("vet_treatment")' in written
    path.write_text(written.replace('    rebase("vet_treatment")\n', ""))
    with BackOffice(books, plugins=[second]) as bo, pytest.raises(StorageError, match="vet_treatment has rows, and its table was dropped"):
        upgrade(bo)
    path.write_text(written)
    sql(books, "UPDATE vet_treatment SET quantity = 9")
    with BackOffice(books, plugins=[second]) as bo, pytest.raises(StorageError, match="vet_treatment 1: The digests can't be stated anew"):
        upgrade(bo)
    sql(books, "UPDATE vet_treatment SET quantity = 1000")
    with BackOffice(books, plugins=[second]) as bo:
        upgrade(bo)
        assert verify(bo).ok
        assert [str(one).partition(", 20")[0] for one in verify(bo).rebases] == ["vet_treatment was dropped with 1 row by vet 0002"]
    assert "vet_treatment" not in tables(books)


# ------------------------------------------------------------------------------------------------------- what is refused

SQLITE = pytest.mark.engine("sqlite")  # statements that PostgreSQL does not have


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("op.execute('COMMIT')", "it tries to COMMIT: all migrations are one transaction"),
        ("op.get_bind().commit()", "it tries to COMMIT"),
        pytest.param("op.get_bind().connection.dbapi_connection.executescript('SELECT 1')", "it tries to COMMIT", marks=SQLITE),
        pytest.param("op.execute(\"ATTACH 'other.db' AS other\")", "it attaches another database", marks=SQLITE),
        ("op.execute(\"UPDATE bo_party SET code = 'x'\")", "it writes to bo_party, which belongs to 'bo'"),
        ("op.drop_column('bo_party', 'code')", "it writes to bo_party, which belongs to 'bo'"),
        ("op.execute(\"UPDATE bo_commit SET actor = 'ann'\")", "it writes to bo_commit: commit records are never changed"),
        ("try:\n    op.execute('COMMIT')\nexcept Exception:\n    pass", "it tries to COMMIT"),
    ],
)
def test_a_migration_neither_ends_the_transaction_nor_touches_what_is_not_its_own(
    make: Make, books: Path, statement: str, said: str
) -> None:
    vet = released(make)
    filled(books, vet)
    with BackOffice(books, plugins=[vet]) as bo, bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Ann", code="A"))
    migration(vet, 2, f"op.execute('CREATE TABLE vet_more (id INTEGER)')\n{statement}")
    with (
        BackOffice(books, plugins=[vet]) as bo,
        pytest.raises(StorageError, match=f"The migration vet 0002 failed: {said}.*Nothing was changed"),
    ):
        upgrade(bo)
    assert "vet_more" not in tables(books)
    assert findings(books) == []


def test_what_is_stated_anew_is_named_in_the_text(make: Make, books: Path) -> None:
    vet = released(make)
    filled(books, vet)
    migration(vet, 2, "name = 'vet_visit'\nrebase(name)")
    with (
        BackOffice(books, plugins=[vet]) as bo,
        pytest.raises(DeclarationError, match=r"0002_by_hand.py:7: rebase takes names .* literal text"),
    ):
        upgrade(bo)


def test_a_new_database_passes_through_all_of_it(make: Make, books: Path) -> None:
    vet = released(make)
    migration(vet, 2, """op.execute("UPDATE vet_visit SET note = 'x'")\nrebase("vet_visit", "vet_that_was_dropped_since")""")
    with BackOffice(books, plugins=[vet]) as bo:
        bo.init()
        assert verify(bo).ok and verify(bo).rebases == ()
        with bo.unit_of_work(actor="ann") as uow:
            assert uow.add(model_of(vet).Visit(animal="Kit")).id == 1
