"""A firm moves from its SQLite file to PostgreSQL, and back, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moving import NAMES, content, firm, lines, pay, schema, sqlite_file, voucher

from bocore import BackOffice, KeyReused, Party, VoucherRecord, attachments, read_attachment
from bocore.record.sealed import Anchored
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.clock import FrozenClock
from bocore_accounting import Entry

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


def test_heads_that_were_kept_hold_on_the_other_engine_and_back(tmp_path):
    """One origin and one tree: what was anchored on SQLite, and then on PostgreSQL, holds wherever the tenant lives."""
    kept: list[str] = []

    def trade(bo: BackOffice, count: int) -> None:
        for n in range(count):
            with bo.unit_of_work(actor="ann") as uow:
                uow.add(Party(name=f"Customer {n}"))
        head = bo.seal()
        assert head is not None and head.signed
        kept.append(head.note)

    here = {"plugins": [], "clock": FrozenClock(), "key": bytes(32)}
    with schema() as where, BackOffice(sqlite_file(tmp_path / "books.db"), **here) as old, BackOffice(**where, **here) as server:
        trade(old.init(company="Acme Ltd", currency="EUR"), 300)
        trade(old, 3)
        server.import_tenant(old.export_tenant(tmp_path / "there.bo").path)
        assert verify(server, against=Anchored(kept)).vouched == f"sealed, anchored to {verify(old).records}"
        trade(server, 300)
        with BackOffice(sqlite_file(tmp_path / "back.db"), **here) as back:
            back.import_tenant(server.export_tenant(tmp_path / "back.bo").path)
            trade(back, 3)
            found = verify(back, against=Anchored(kept))
            assert ([str(finding) for finding in found.findings], found.anchored) == ([], found.records)
            assert {note.split("\n")[0] for note in kept} == {kept[0].split("\n")[0]}
            with behind(back) as connection:
                connection.execute("UPDATE bo_party SET code = 'X' WHERE id = (SELECT max(id) FROM bo_party)")
            assert {finding.code for finding in verify(back, against=Anchored(kept)).findings} == {"bo.audit.altered"}
        found = verify(server, against=Anchored(kept))  # which stayed behind
        assert [finding.code for finding in found.findings] == ["bo.audit.anchor"]
        assert "rolled back" in found.findings[0].message


def test_the_work_goes_on_where_it_was(moved, tmp_path):
    here, _ = moved
    file = here.export_tenant(tmp_path / "firm.bo").path
    with schema() as where, BackOffice(**where, clock=FrozenClock()) as there, BackOffice(sqlite_file(tmp_path / "b.db")) as back:
        there.import_tenant(file)
        back.import_tenant(file)
        back.clock = there.clock
        done = [_go_on(bo) for bo in (there, back)]
        assert done[0] == done[1]
        assert [verify(bo).ok for bo in (there, back)] == [True, True]


def _go_on(bo: BackOffice) -> list[object]:
    """What a day's work gives after the move."""
    first = bo.run(pay, "fee:once", actor="ann", company="GARDEN", key="once")  # the answer of before the move
    with pytest.raises(KeyReused):
        bo.run(pay, "fee:other", actor="ann", company="GARDEN", key="once")
    at = next(bo.feed("warehouse")).position
    with bo.unit_of_work(actor="ann", company="GARDEN") as uow:
        uow.post(voucher("fee:new", "EUR", "3.00"))
        uow.add(Party(name="New"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        entries = list(uow.select(Entry, company_id=1).order_by(Entry.c.number))
        numbers = [entry.number for entry in entries][-3:]
        photo = uow.find(Party, name=NAMES[1])
        assert photo is not None
        (file,) = attachments(uow, [photo])[photo.id]
        assert read_attachment(uow, file) == bytes(range(256)) * 4000
        assert uow.select(VoucherRecord, key="fee:new").count() == 1
    waiting = [(job.name, job.state, job.arguments) for job in bo.jobs.all()]
    assert bo.tokens["VTI"].exponent == 4
    last = [commit.position for commit in bo.feed("another")][-1]
    return [first, at, numbers, len(entries), waiting, last]


def test_records_keep_their_order_where_postgresql_gave_ids_in_another(tmp_path):
    """There ids have gaps, and a record may have a lower one than what it follows; on SQLite they follow each other."""
    with schema() as where, BackOffice(**where, clock=FrozenClock()) as there:
        there.init(company="Acme Ltd", currency="EUR")
        for name in ("Ann", "Bob", "Cid"):
            with there.unit_of_work(actor=name) as uow:
                uow.add(Party(name=name))
        positions = {commit.actor: commit.position for commit in there.feed("all")}
        with behind(there) as sql:
            sql.execute("UPDATE bo_commit SET id = id + 1000 WHERE actor = 'Bob'")
            sql.execute("SELECT setval(pg_get_serial_sequence('bo_commit', 'id'), 2000)")
        with there.unit_of_work(actor="Dan") as uow:
            uow.add(Party(name="Dan"))
        assert verify(there).ok
        file = there.export_tenant(tmp_path / "there.bo")
    with BackOffice(sqlite_file(tmp_path / "back.db")) as back:
        back.import_tenant(file.path)
        found = {commit.actor: commit.position for commit in back.feed("a new one")}
        assert found == {**positions, "Dan": 5}
        with behind(back) as sql:
            assert sql.execute("SELECT id, actor FROM bo_commit ORDER BY id").fetchall() == [
                (1, "migrate"), (2, "init"), (3, "Ann"), (4, "Bob"), (5, "Cid"), (6, "Dan"),
            ]  # fmt: skip
        again = back.export_tenant(tmp_path / "back.bo")
    assert {name for name, rows in content(again).items() if rows != content(file)[name]} == {"bo_commit", "bo_feed"}


def test_what_is_written_meanwhile_is_not_in_the_file(moved, tmp_path):
    _, there = moved
    meanwhile: list[str] = []

    def write(table: str, rows: int) -> None:
        if not meanwhile:
            meanwhile.append(table)
            with there.unit_of_work(actor="ann") as uow:
                uow.add(Party(name="Meanwhile"))

    before = content(there.export_tenant(tmp_path / "before.bo"))
    assert content(there.export_tenant(tmp_path / "during.bo", progress=write)) == before
    after = content(there.export_tenant(tmp_path / "after.bo"))
    assert meanwhile == ["bo_commit"]
    assert after["bo_party"][0] == before["bo_party"][0] + 1


def test_ten_thousand_rows_are_one_copy_of_many(tmp_path):
    """More rows than any batch has, with empty and long values among them."""
    with BackOffice(sqlite_file(tmp_path / "many.db"), clock=FrozenClock()) as many, schema() as where:
        many.init(company="Acme Ltd", currency="EUR")
        with many.unit_of_work(actor="ann") as uow:
            uow.add_all([Party(name=f"{NAMES[n % 8]} {n}"[:200]) for n in range(10_000)])
        file = many.export_tenant(tmp_path / "many.bo")
        with BackOffice(**where) as there:
            assert content(there.import_tenant(file.path)) == content(file)
            assert content(there.export_tenant(tmp_path / "again.bo")) == content(file)
