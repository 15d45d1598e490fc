"""The conformance kit refuses migrations that change what digests cover without saying rebase."""

from __future__ import annotations

from pathlib import Path

import pytest
from acme import CHILD, VISIT, Make, making, released, revised, versions

from bocore.testing.conforming import CHECKS, Subject

make = pytest.fixture(making)
check = CHECKS["migrations_state_digests_anew"]

NOTE = "    note: str | None = field(default=None)\n"
TICKET = """
@entity("{prefix}_ticket")
class Ticket(Entity):
    number: Decimal = exact(places=0, gt=4, lt=5)
    paid: int | None = field(default=None)
"""
"""No row of it can be made up."""


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (VISIT, VISIT.replace(NOTE, ""), "vet_visit has rows, and the column note was dropped"),
        (VISIT, VISIT.replace("note: str | None", "note: int | None"), "the column note changed from text to integer"),
        (VISIT + CHILD, VISIT, "vet_treatment has rows, and its table was dropped"),
        (VISIT + TICKET, VISIT + TICKET.replace("    paid: int | None = field(default=None)\n", ""), "vet_ticket .* paid was dropped"),
    ],
    ids=["a column", "a kind", "a table", "a table for which no row can be made up"],
)
def test_what_changes_or_goes_without_a_rebase_is_refused(make: Make, tmp_path: Path, before: str, after: str, said: str) -> None:
    second = revised(make, released(make, before), after)
    path = versions(second) / "0002_changes.py"
    written = path.read_text()
    assert "    rebase(" in written, "bo migrate new says it"
    (tmp_path / "told").mkdir()
    check(Subject(second, (), {}), tmp_path / "told")
    path.write_text("".join(line for line in written.splitlines(keepends=True) if "    rebase(" not in line) + "    pass\n")
    with pytest.raises(AssertionError, match=rf'^vet 0002: .*{said}.*End the migration with rebase\("vet_'):
        check(Subject(second, (), {}), tmp_path)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE vet_visit SET note = 'x'", "values were changed in the column note by vet 0002"),
        ("DELETE FROM vet_visit", "rows were deleted by vet 0002"),
        pytest.param(
            "UPDATE vet_visit SET note = 'x' WHERE animal = 'one that no test has'",
            "values were changed in the column note by vet 0002",
            marks=pytest.mark.engine("sqlite"),  # PostgreSQL counts the rows that a statement changes
        ),
    ],
)
def test_values_that_are_changed_without_a_rebase_are_refused(make: Make, tmp_path: Path, statement: str, said: str) -> None:
    vet = released(make)
    path = versions(vet) / "0002_by_hand.py"
    path.write_text(f'from alembic import op\n\n\ndef upgrade() -> None:\n    op.execute("{statement}")\n')
    with pytest.raises(AssertionError, match=rf'^vet 0002: .*{said}.*rebase\("vet_visit"\)'):
        check(Subject(vet, (), {}), tmp_path)


def test_the_migration_that_is_wrong_is_named_and_not_one_behind_it(make: Make, tmp_path: Path) -> None:
    second = revised(make, released(make), VISIT.replace(NOTE, ""))
    path = versions(second) / "0002_changes.py"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "    rebase(" not in line))
    third = revised(make, second, VISIT.replace(NOTE, "    colour: str = field(default='brown')\n"), "colours")
    with pytest.raises(AssertionError, match=r"^vet 0002: .*the column note was dropped"):
        check(Subject(third, (), {}), tmp_path)


def test_columns_that_are_added_or_renamed_need_none(make: Make, tmp_path: Path) -> None:
    renamed = VISIT.replace("    animal: str = field(", "    patient: str = field(was='animal', ")
    second = revised(make, released(make), renamed + "    colour: str = field(default='brown')\n")
    assert "rebase" not in (versions(second) / "0002_changes.py").read_text()
    check(Subject(second, (), {}), tmp_path)
