"""``bo doctor`` names what is wrong, each thing broken for real."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bocore import BackOffice, Check, JobBackOffice, Line, Money, Party, Plugin, Voucher, job
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo as program
from bocore.testing import FrozenClock, behind
from bocore.testing.engines import administering

only_sqlite = pytest.mark.engine("sqlite")
only_postgresql = pytest.mark.engine("postgresql")


def by_name(checks: list[Check]) -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in checks:
        found.setdefault(check.name, []).append(check)
    return found


def tamper(bo: BackOffice, sql: str) -> None:
    with behind(bo) as connection:
        connection.execute(sql)


def only(bo: BackOffice, name: str, *, deep: bool = False) -> Check:
    (check,) = by_name(bo.doctor(deep=deep))[name]
    return check


def test_a_sound_database_is_said_to_be_sound_check_by_check(bo: BackOffice, clock: FrozenClock, bo_engine: str) -> None:
    clock.set(datetime.now(UTC))
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Mill"))
        uow.post(Voucher(key="a:1", kind="a.sale", posting_date=uow.today(), lines=lines()))
    checks = bo.doctor(deep=True)
    assert [check for check in checks if check.state == "wrong"] == []
    names = {check.name for check in checks}
    assert {"tables", "versions", "plugins", "clock", "zones", "positions", "jobs", "rights", "disk", "references", "derived"} <= names
    assert ("pages" in names) == (bo_engine == "sqlite")
    assert ("durability" in names) == (bo_engine == "postgresql")


def lines() -> list[Line]:
    return [Line("cash", Money("10.00", "EUR")), Line("sales", Money("-10.00", "EUR"))]


def test_the_command_lists_it_and_ends_with_1_where_something_is_wrong(bo_path: Path, bo: BackOffice, clock: FrozenClock) -> None:
    def doctor(*options: str) -> Any:
        return CliRunner().invoke(program, ["--db", str(bo_path), "doctor", *options], obj=Invocation(clock=clock))

    clock.set(datetime.now(UTC))
    sound = doctor("--format", "json")
    assert sound.exit_code == 0, sound.output
    assert {row["state"] for row in json.loads(sound.stdout)} <= {"ok", "warning"}
    tamper(bo, "UPDATE bo_company SET zone = 'Mars/Olympus'")
    wrong = doctor("--format", "json")
    assert wrong.exit_code == 1, wrong.output
    assert [row for row in json.loads(wrong.stdout) if row["state"] == "wrong"] == [
        {"name": "zones", "state": "wrong", "what": "time zones that are not known here: Mars/Olympus", "remedy": "pip install tzdata"}
    ]
    assert "zones" in doctor().stdout


# ---------------------------------------------------------------- on every engine


def test_migrations_that_wait_and_databases_that_are_newer(bo: BackOffice) -> None:
    tamper(bo, "UPDATE bo_version_accounting SET version_num = '0001'")
    check = only(bo, "tables")
    assert (check.state, check.remedy) == ("wrong", "Run bo migrate.")
    assert "accounting 0002" in check.what
    assert [one.name for one in bo.doctor()] == ["tables"]  # nothing else can be looked at
    tamper(bo, "UPDATE bo_version_accounting SET version_num = '9000'")
    assert "newer than the code" in only(bo, "tables").what


def test_a_database_without_tables(tmp_path: Path) -> None:
    with BackOffice(tmp_path / "empty.db") as empty:
        check = only(empty, "tables")
    assert (check.state, check.remedy) == ("wrong", "Run bo init.")


def test_plugins_that_are_missing_or_older_than_what_has_written_here(bo: BackOffice, bo_path: Path) -> None:
    tamper(bo, "UPDATE bo_plugin SET version = '999.1' WHERE prefix = 'accounting'")
    check = only(bo, "plugins")
    assert (check.state, check.remedy) == ("warning", "pip install --upgrade bocore-accounting")
    with BackOffice(bo_path, plugins=[]) as without:
        missing = by_name(without.doctor())["plugins"]
    assert {one.state for one in missing} == {"wrong"}
    assert any("'accounting' (999.1) owns data here" in one.what for one in missing)


def test_commits_of_the_future(bo: BackOffice, clock: FrozenClock) -> None:
    clock.advance(days=1)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Tomorrow"))
    clock.advance(days=-1)
    check = only(bo, "clock")
    assert check.state == "wrong"
    assert "2026-01-16" in check.what


def test_a_feed_that_nobody_reads_any_more(bo: BackOffice, clock: FrozenClock) -> None:
    list(bo.feed("crm"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Mill"))
    assert (only(bo, "positions").state, only(bo, "positions").what) == ("ok", "1 commits have no position yet")
    clock.advance(days=2)
    assert only(bo, "positions").state == "warning"
    assert "(crm)" in only(bo, "positions").what


def test_what_nobody_seals_and_heads_that_are_not_signed_or_kept_elsewhere(bo_path: Path, tmp_path: Path, clock: FrozenClock) -> None:
    with BackOffice(bo_path, clock=clock) as bo:
        bo.seal()
        assert [check.what for check in by_name(bo.doctor())["seal"]] == [
            "heads are not signed: whoever can write to the database can seal it anew"
        ]
    with BackOffice(bo_path, clock=clock, key=bytes(32)) as bo:
        bo.seal()
        assert only(bo, "seal").what.startswith("heads are kept nowhere else")
    with BackOffice(bo_path, clock=clock, key=bytes(32), anchor=tmp_path / "heads.txt") as bo:
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Party(name="Mill"))
        assert only(bo, "seal").state == "ok"
        assert only(bo, "seal").what.endswith("commits are sealed, 1 are about to be")
        clock.advance(minutes=6)
        late = only(bo, "seal")
        assert (late.state, late.what.partition(",")[0]) == ("warning", "1 commits are not sealed")
        assert late.remedy == ("bo audit seal" if bo.database.name == "sqlite" else "Start a worker, which seals: bo job run.")
        bo.seal()
        assert only(bo, "seal").state == "ok"


@job("vet.fail", permissions=["vet.write"], retries=0)
def fail(bo: JobBackOffice) -> None:
    """Fail."""
    raise ValueError("never")


def test_jobs_that_nobody_takes_or_that_were_given_up(tmp_path: Path, clock: FrozenClock) -> None:
    from bocore import Worker

    vet = Plugin(prefix="vet", jobs=[fail], permissions={"vet.write": "Write letters to customers"})
    with BackOffice(tmp_path / "vet.db", plugins=[vet], clock=clock) as bo:
        bo.init(company="Vet Ltd", currency="EUR")
        with bo.unit_of_work(actor="ann") as uow:
            uow.enqueue(fail)
        assert only(bo, "jobs").state == "ok"
        clock.advance(days=1)
        assert (only(bo, "jobs").state, only(bo, "jobs").remedy) == ("wrong", "Start a worker: bo job run.")
        Worker(bo).run(burst=True)
        assert any(one.state == "warning" and "vet.fail" in one.what for one in by_name(bo.doctor())["jobs"])


def test_what_is_derived_and_does_not_agree(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(Voucher(key="a:1", kind="a.sale", posting_date=uow.today(), lines=lines()))
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="So that the commit before has its place"))
    bo.run("accounting.roll-up", actor="ann")
    tamper(bo, "UPDATE accounting_balance SET debit = debit + 1")
    found = by_name(bo.doctor(deep=True))["derived"]
    assert {check.state for check in found if check.what.startswith("accounting.check")} == {"wrong"}
    assert "derived" not in by_name(bo.doctor())


def test_rows_that_refer_to_nothing(bo: BackOffice, bo_engine: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(Voucher(key="a:1", kind="a.sale", posting_date=uow.today(), lines=lines()))
    tamper(bo, "UPDATE accounting_line SET entry_id = 4711")
    if bo_engine == "sqlite":  # PostgreSQL leaves no way to ask but its own constraints, which nobody can switch off unseen
        assert only(bo, "references", deep=True).state == "wrong"


# ---------------------------------------------------------------- SQLite


@only_sqlite
def test_pages_that_do_not_fit(bo: BackOffice, bo_path: Path) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Party(name=f"Party {n:04}") for n in range(500)])
    bo.close()
    with sa.create_engine(f"sqlite:///{bo_path}").connect() as raw:
        raw.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        root = raw.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'bo_party'").scalar()
    with bo_path.open("r+b") as file:
        file.seek((root - 1) * 4096 + 8)
        file.write(b"\xff" * 200)
    with BackOffice(bo_path) as broken:
        assert "wrong" in {check.state for check in broken.doctor(deep=True)}
        assert by_name(broken.doctor(deep=True))["pages"][0].state == "wrong"


@only_sqlite
def test_a_file_that_is_not_kept_as_it_must_be(bo: BackOffice) -> None:
    @sa.event.listens_for(bo.engine, "checkout")
    def careless(connection: Any, record: Any, proxy: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA foreign_keys=OFF")

    checks = by_name(bo.doctor())["safety"]
    assert {check.state for check in checks} == {"wrong"}
    assert [check.remedy for check in checks] == ["PRAGMA synchronous=FULL.", "PRAGMA foreign_keys=ON."]


def test_what_the_database_does_by_itself(bo: BackOffice, bo_engine: str) -> None:
    assert only(bo, "triggers").state == "ok"
    if bo_engine == "sqlite":
        made = [
            "CREATE TRIGGER kickback AFTER INSERT ON bo_party BEGIN UPDATE bo_party SET code = 'x' WHERE id = new.id; END",
            "CREATE TABLE host_log (text TEXT)",
            "CREATE TRIGGER fine AFTER INSERT ON host_log BEGIN DELETE FROM host_log; END",
        ]
        said = "the trigger kickback on bo_party"
    else:
        made = [
            "CREATE RULE kept AS ON DELETE TO bo_tile DO INSTEAD NOTHING",
            "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER kickback AFTER INSERT ON bo_party FOR EACH ROW EXECUTE FUNCTION nothing()",
            "CREATE POLICY few ON bo_party USING (false)",
            "CREATE TABLE host_log (text TEXT)",
            "CREATE TRIGGER fine AFTER INSERT ON host_log FOR EACH ROW EXECUTE FUNCTION nothing()",
        ]
        said = "the policy few on bo_party, the trigger kickback on bo_party, the rule kept on bo_tile"
    for statement in made:
        tamper(bo, statement)
    check = only(bo, "triggers")
    assert (check.state, check.what) == ("warning", f"the database acts by itself where bocore reads or writes: {said}")


@only_sqlite
def test_a_disk_that_is_nearly_full(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    size = Path(str(bo.engine.url.database)).stat().st_size
    for free, state in ((1024, "wrong"), (size - 1 + 2**40, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda folder, free=free: usage._replace(free=free))
        assert only(bo, "disk").state == state
    monkeypatch.setattr("bocore.doctor.on_sqlite.LITTLE", 0)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=size - 1))
    assert only(bo, "disk").state == "warning"


@only_sqlite
def test_a_file_that_another_programme_holds_or_that_can_not_be_written(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bocore.storage.sqlite.BUSY_SECONDS", 0)
    with BackOffice(str(bo.engine.url.database)) as impatient, bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Still typing"))
        uow.flush()
        assert (only(impatient, "rights").state, "busy" in only(impatient, "rights").what) == ("wrong", True)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).is_dir())
    assert "books.db can't be written" in only(bo, "rights").what


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture
def role(bo: BackOffice) -> Iterator[str]:
    name = f"bo_app_{uuid.uuid4().hex[:12]}"
    with administering() as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'".encode())
        yield name
        server.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


@pytest.fixture
def app(bo: BackOffice, role: str, clock: FrozenClock) -> Iterator[BackOffice]:
    bo.init(role=role)
    with BackOffice(bo.engine.url.set(username=role, password="secret"), tenant=schema(bo), clock=clock) as application:
        yield application


def schema(bo: BackOffice) -> str:
    return str(bo.database.schema)  # type: ignore[attr-defined]


def served(sql: str) -> None:
    with administering() as server:
        server.execute(sql.encode())


@only_postgresql
def test_roles_that_may_do_too_much_or_too_little(bo: BackOffice, app: BackOffice, role: str) -> None:
    assert "superuser" in only(bo, "rights").what
    assert (only(app, "rights").state, only(app, "other roles").state) == ("ok", "ok")
    served(f'GRANT UPDATE, DELETE ON "{schema(bo)}".accounting_line TO {role}')
    check = only(app, "rights")
    assert (check.state, check.remedy) == ("warning", f"As the owner: bo init --role {role}")
    assert "DELETE on accounting_line" in check.what
    assert role in only(bo, "other roles").what
    served(f'REVOKE INSERT ON "{schema(bo)}".bo_party FROM {role}')
    assert [one.state for one in by_name(app.doctor())["rights"]] == ["wrong", "warning"]
    assert "lacks INSERT on bo_party" in by_name(app.doctor())["rights"][0].what
    bo.init(role=role)
    assert only(app, "rights").state == "ok"
    served(f'GRANT SELECT ON "{schema(bo)}".bo_party TO PUBLIC')
    assert "everybody (PUBLIC) has SELECT on bo_party" in only(app, "other roles").what


@only_postgresql
def test_settings_by_which_something_is_lost_or_stopped(bo: BackOffice, app: BackOffice, role: str) -> None:
    found = {check.what.split(" ")[0]: check.state for check in by_name(app.doctor())["durability"]}
    served(f"ALTER ROLE {role} SET synchronous_commit = off; ALTER ROLE {role} SET statement_timeout = '5min'")
    with BackOffice(app.engine.url, tenant=schema(bo), clock=app.clock) as again:
        checks = by_name(again.doctor())
    lost = next(check for check in checks["durability"] if check.what.startswith("synchronous_commit"))
    assert "the last commits may be gone" in lost.what
    assert {check.state for check in checks["durability"]} == {"warning"}
    assert found == {} or "wrong" not in found.values()
    assert checks["time limits"][0].what == "statement_timeout is 5min"


@only_postgresql
def test_what_others_have_left_behind(bo: BackOffice, app: BackOffice, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(app, "transactions").state == "ok"
    monkeypatch.setattr("bocore.doctor.on_postgresql.LONG", 0)
    with administering() as server, server.transaction():
        server.execute("SELECT 1")
        checks = by_name(bo.doctor())["transactions"]
    assert any("has been open since" in check.what for check in checks)


@only_postgresql
def test_an_index_that_can_not_be_used(bo: BackOffice) -> None:
    assert only(bo, "indexes").state == "ok"
    served(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"{schema(bo)}\".uq_bo_commit_key'::regclass")
    check = only(bo, "indexes")
    assert check.state == "wrong"
    assert check.remedy == f'REINDEX INDEX "{schema(bo)}"."uq_bo_commit_key"'


@only_postgresql
def test_a_search_path_to_another_tenant(bo: BackOffice, app: BackOffice, role: str, tmp_path: Path) -> None:
    with BackOffice(tmp_path / "other.db", plugins=[]) as other:
        other.init()
        served(f'GRANT USAGE ON SCHEMA "{schema(other)}" TO {role}; ALTER ROLE {role} SET search_path = "{schema(other)}", public')
        with BackOffice(app.engine.url, tenant=schema(bo), clock=app.clock) as again:
            assert schema(other) in only(again, "search path").what
        served(f'REVOKE USAGE ON SCHEMA "{schema(other)}" FROM {role}')


@only_postgresql
def test_clocks_that_differ(bo: BackOffice, clock: FrozenClock) -> None:
    clock.set(datetime.now(UTC))
    assert only(bo, "server clock").state == "ok"
    clock.advance(days=-1)
    check = only(bo, "server clock")
    assert check.state == "warning"
    assert 86_390 < int(check.what.split()[-2].replace(",", "")) < 86_410


@only_postgresql
def test_a_server_with_few_locks_or_another_encoding(bo: BackOffice, clock: FrozenClock) -> None:
    assert only(bo, "locks").state == "ok"
    name = f"bo_latin_{uuid.uuid4().hex[:12]}"
    served(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        with BackOffice(bo.engine.url.set(database=name), tenant="acme", plugins=[], clock=clock) as latin:
            latin.init()
            check = only(latin, "encoding")
        assert (check.state, "LATIN1" in check.what) == ("wrong", True)
    finally:
        served(f"DROP DATABASE {name}")
