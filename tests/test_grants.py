"""Rights on PostgreSQL: the daily work is done as a role to which the server refuses to rewrite what is append-only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bocore import BackOffice, JobBackOffice, Line, Money, Party, Plugin, StorageError, Voucher, Worker, job
from bocore.cli.root import bo as program
from bocore.migrate import upgrade
from bocore.migrate.upgrading import alone
from bocore.plugins.detaching import detach
from bocore.record.verify import verify
from bocore.storage.grants import INTERNAL, grant, grantees, needed
from bocore.testing import FrozenClock
from bocore.testing.engines import administering
from bocore_accounting.demo import play

pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture
def role(bo: BackOffice) -> Iterator[str]:
    """A role of the server that may do nothing yet."""
    name = f"bo_app_{uuid.uuid4().hex[:12]}"
    with administering() as server:
        server.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'".encode())
        yield name
        server.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


@pytest.fixture
def app(bo: BackOffice, role: str, clock: FrozenClock) -> Iterator[BackOffice]:
    """An application that has logged in as that role, with the rights of daily work."""
    bo.init(role=role)
    with another(bo, role, clock) as application:
        yield application


def another(bo: BackOffice, role: str, clock: FrozenClock, **more: Any) -> BackOffice:
    url = bo.engine.url.set(username=role, password="secret")
    return BackOffice(url, tenant=bo.database.schema, clock=clock, **more)  # type: ignore[attr-defined]


def test_an_owner_who_may_make_no_schemas_is_given_one(bo: BackOffice, role: str, clock: FrozenClock) -> None:
    url = bo.engine.url.set(username=role, password="secret")
    schema = f"given_{uuid.uuid4().hex[:12]}"
    with BackOffice(url, tenant=schema, clock=clock) as empty, pytest.raises(StorageError, match="permission denied for database"):
        empty.init()
    with administering() as server:
        server.execute(f'CREATE SCHEMA "{schema}" AUTHORIZATION {role}'.encode())
    with BackOffice(url, tenant=schema, clock=clock) as given:
        given.init(company="Acme", currency="EUR").init()
        assert verify(given).ok


def refused(app: BackOffice, sql: str) -> bool:
    """Whether the server refuses plain SQL of this application's role for want of rights."""
    session = app._connect()
    try:
        session.begin(write=True)
        with pytest.raises(StorageError) as caught:
            session.execute(sql)
        return "permission denied" in str(caught.value) or "must be owner" in str(caught.value)
    finally:
        session.close()


def test_a_quarter_of_business_is_done_without_the_right_to_rewrite_it(app: BackOffice) -> None:
    play(app, lambda text: None)  # posts, numbers, settles, reverses, rolls up, and closes periods
    with app.unit_of_work(actor="ann", reason="A customer with a bank account") as uow:
        party = uow.add(Party(name="Berta"))
    with app.unit_of_work(actor="ann", reason="Married") as uow:
        uow.get(Party, party.id).name = "Berta Maier"
        twin = uow.add(Party(name="A mistake"))
    with app.unit_of_work(actor="ann", reason="Written twice") as uow:
        uow.remove(uow.get(Party, twin.id))
    assert [commit.actor for commit in app.feed("crm")][-3:] == ["ann"] * 3
    assert list(app.feed("crm")) == []
    assert verify(app).ok


@job("vet.greet", permissions=["vet.write"], cron="0 8 * * *")
def greet(bo: JobBackOffice) -> None:
    """Add somebody."""
    with bo.unit_of_work() as uow:
        uow.add(Party(name="From a job"))


def test_jobs_are_worked_off(tmp_path: Path, role: str, clock: FrozenClock) -> None:
    vet = Plugin(prefix="vet", jobs=[greet], permissions={"vet.write": "Write letters to customers"})
    with BackOffice(tmp_path / "vet.db", plugins=[vet], clock=clock) as owner:
        owner.init(company="Vet Ltd", currency="EUR", role=role)
        with another(owner, role, clock, plugins=[vet]) as app:
            with app.unit_of_work(actor="ann") as uow:
                uow.enqueue(greet)
            Worker(app).run(burst=True)
            clock.advance(days=1)
            Worker(app).run(burst=True)  # by the clock
            with app.unit_of_work(actor="ann", read_only=True) as uow:
                assert uow.select(Party, name="From a job").count() == 2
            clock.advance(days=1)
            assert app.jobs.forget(clock()) >= 2


def test_append_only_tables_are_refused_by_the_server_itself(app: BackOffice) -> None:
    with app.unit_of_work(actor="ann") as uow:
        uow.post(Voucher(key="a:1", kind="a.sale", posting_date=date(2026, 1, 5), lines=lines()))
    append_only = [spec.name for spec in app._specs.values() if spec.append_only]
    assert len(append_only) > 8
    for table in (*append_only, "bo_commit", "bo_shape"):
        assert refused(app, f"DELETE FROM {table}"), table
        assert refused(app, f"TRUNCATE TABLE {table}"), table
        assert refused(app, f"DROP TABLE {table}"), table
        assert refused(app, f"ALTER TABLE {table} ADD COLUMN mine int"), table
        column = "definition" if table == "bo_shape" else "id"
        assert refused(app, f"UPDATE {table} SET {column} = {column}"), table
    assert refused(app, "UPDATE bo_commit SET changes = ''")
    assert refused(app, "UPDATE bo_commit SET digest = ''")
    assert refused(app, "UPDATE accounting_line SET amount = 0")


def lines() -> list[Line]:
    return [Line("cash", Money("10.00", "EUR")), Line("sales", Money("-10.00", "EUR"))]


def test_an_erasure_reaches_personal_columns_of_append_only_rows_and_nothing_else(app: BackOffice) -> None:
    from bocore.entities import spec_of
    from bocore.kernel.bank import BankDetails

    personal = {column.name for column in spec_of(BankDetails).columns if column.personal}
    assert personal
    for name in (column.name for column in spec_of(BankDetails).columns):
        sql = f"UPDATE bo_bank_details SET {name} = {name} WHERE id = 0"
        if name in personal | {"_salt"}:
            session = app._connect()
            session.begin(write=True)
            assert session.execute(sql).rowcount == 0
            session.close()
        else:
            assert refused(app, sql), name


def test_the_rights_of_every_internal_table_are_decided(bo: BackOffice) -> None:
    assert {name for name in bo.metadata.tables if name not in bo._specs} == INTERNAL.keys()
    assert not any("DELETE" in rights for name, rights in needed(bo).items() if name in ("bo_commit", "bo_voucher", "accounting_line"))


def test_migrations_are_the_owners(app: BackOffice, bo: BackOffice) -> None:
    assert upgrade(app) == []  # nothing is to be done, so nobody is needed
    app.init(company="Second Ltd", currency="USD", code="SECOND")
    with administering() as server:
        server.execute(f"UPDATE \"{bo.database.schema}\".bo_version_accounting SET version_num = '0001'".encode())
    with pytest.raises(StorageError, match=r"may not migrate: the tables belong to .* accounting 0002"):
        upgrade(app)
    assert refused(app, "CREATE TABLE mine (id int)")


def test_a_migration_gives_rights_on_new_tables_to_those_who_had_rights(app: BackOffice, bo: BackOffice, role: str) -> None:
    schema = bo.database.schema
    with administering() as server:
        server.execute(f'REVOKE ALL ON "{schema}".bo_party, "{schema}".accounting_line FROM {role}'.encode())
        server.execute(f'CREATE ROLE {role}_reader; GRANT USAGE ON SCHEMA "{schema}" TO {role}_reader'.encode())
        server.execute(f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO {role}_reader'.encode())
        server.execute(f'GRANT DELETE ON "{schema}".bo_voucher TO {role}'.encode())
    with pytest.raises(StorageError, match="permission denied"), app.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Nobody"))
    assert bo.migrate() is bo
    with administering() as server:
        reads = server.execute(f"SELECT has_table_privilege('{role}_reader', '\"{schema}\".bo_party', 'INSERT')".encode()).fetchone()
        server.execute(f"DROP OWNED BY {role}_reader; DROP ROLE {role}_reader".encode())
    assert reads == (False,)
    with app.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Somebody"))
    assert refused(app, "DELETE FROM bo_voucher")


def test_a_plugin_that_is_gone_can_be_detached_and_its_tables_stay_readable(bo: BackOffice, role: str, clock: FrozenClock) -> None:
    bo.init(role=role)
    with another(bo, role, clock, plugins=[]) as without:
        for gone in reversed([state.name for state in bo.host.plugins if state.name != "bocore"]):
            detach(without, gone, actor="ann", reason="Not needed any more")
        with without.unit_of_work(actor="ann") as uow:
            uow.add(Party(name="Somebody"))
        assert verify(without).ok
    with BackOffice(bo.engine.url, tenant=bo.database.schema, plugins=[]) as owner:
        owner.init(role=role)  # what the role has on tables of the plugins stays as it is
    bo.init(role=role)


def test_only_a_role_to_whom_something_can_be_refused_gets_rights(bo: BackOffice, app: BackOffice, role: str) -> None:
    for name, message in (("nobody_of_that_name", "no role"), (bo.engine.url.username or "", "superuser")):
        with pytest.raises(StorageError, match=message):
            bo.init(role=name)
    with pytest.raises(StorageError, match="can't give rights"), alone(app, keep=False) as session:
        grant(session, app, role)
    with administering() as server:
        server.execute(f'CREATE ROLE {role}_owner; ALTER SCHEMA "{bo.database.schema}" OWNER TO {role}_owner'.encode())
        server.execute(f"GRANT {role}_owner TO {role}".encode())
        try:
            with pytest.raises(StorageError, match="member of it"):
                bo.init(role=role)
        finally:
            server.execute(
                f'ALTER SCHEMA "{bo.database.schema}" OWNER TO CURRENT_USER; DROP OWNED BY {role}_owner; DROP ROLE {role}_owner'.encode()
            )


def test_rights_are_given_on_the_command_line(bo: BackOffice, role: str) -> None:
    url = bo.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(program, ["--db", url, "--tenant", bo.database.schema, "init", "--role", role])
    assert done.exit_code == 0, done.output
    assert f"{role} may do the daily work" in done.output
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert grantees(uow._touch()) == [role]
