"""A firm moves from its SQLite file to PostgreSQL, and back, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moving import content, firm, lines, schema, sqlite_file

from bocore import BackOffice
from bocore.record.verify import verify
from bocore.testing.clock import FrozenClock

pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BackOffice, BackOffice]]:
    """The firm on SQLite, and the same on PostgreSQL."""
    folder = tmp_path_factory.mktemp("moved")
    with schema() as where, firm(sqlite_file(folder / "books.db")) as here:
        assert here.database.name == "sqlite"
        here.export_tenant(folder / "firm.bo")
        with BackOffice(**where, clock=FrozenClock()) as there:
            there.import_tenant(folder / "firm.bo")
            yield here, there


def test_the_way_there_and_back_gives_the_same_file(moved, tmp_path):
    here, there = moved
    first, second = here.export_tenant(tmp_path / "first.bo"), there.export_tenant(tmp_path / "second.bo")
    assert content(first) == content(second)
    assert first.digest != second.digest  # the header says where each was written
    with BackOffice(sqlite_file(tmp_path / "back.db"), clock=FrozenClock()) as back:
        assert back.database.name == "sqlite"
        back.import_tenant(second.path)
        third = back.export_tenant(tmp_path / "third.bo")
    assert content(third) == content(first)
    assert lines(third.path)[1:-1] == lines(first.path)[1:-1]


def test_there_is_business_of_every_kind_in_it(moved, tmp_path):
    here, _ = moved
    counts = {table.name: table.rows for table in here.export_tenant(tmp_path / "again.bo").tables}
    full = ["bo_commit", "bo_shape", "bo_id", "bo_feed", "bo_job", "bo_plugin", "bo_party", "bo_attachment_content"]
    full += ["bo_voucher", "bo_open_item", "bo_period_lock", "accounting_entry", "accounting_commodity", "accounting_balance"]
    assert [name for name in full if not counts.get(name)] == []
    assert "bo_state" not in counts


def test_audit_and_reports_are_the_same(moved):
    here, there = moved
    found = [verify(bo) for bo in (here, there)]
    assert [(one.ok, one.records, one.rows) for one in found] == [(True, found[0].records, found[0].rows)] * 2
    for name in ("trial-balance", "balance-sheet", "income-statement"):
        shown = [bo.report(name, actor="ann", company="GARDEN").rows for bo in (here, there)]
        assert shown[0] == shown[1]
        assert shown[0]
