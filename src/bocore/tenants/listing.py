"""Which tenants a PostgreSQL database has, and dropping one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy.engine import Engine

from bocore.errors import StorageError, UsageError
from bocore.migrate.history import History, histories
from bocore.migrate.upgrading import versions
from bocore.record.canonical import read_instant
from bocore.storage.database import open_database

if TYPE_CHECKING:
    from bocore.plugins import PluginHost
    from bocore.storage.server import PostgresDatabase

LAST = "SELECT at FROM bo_commit ORDER BY id DESC LIMIT 1"


@attrs.frozen
class Tenant:
    """One tenant of a database.

    :param companies: the codes of its companies.
    :param migrations: ``up to date``, what is to come, or that it is newer than the code; empty where this role may not read it.
    :param size: bytes that its tables and indexes take.
    """

    name: str
    companies: tuple[str, ...]
    commits: int | None
    last_commit: datetime | None
    migrations: str
    size: int | None


def list_tenants(where: str | Engine, *, plugins: Sequence[Any] | PluginHost | None = None) -> list[Tenant]:
    """The tenants of a PostgreSQL database, by name: every schema that has commit records.

    :param where: the URL, or an engine of the host's.
    :param plugins: those whose migrations are to be compared; all installed ones unless told.
    """
    from bocore.plugins import PluginHost
    from bocore.storage.schemas import tenant_schemas

    host = plugins if isinstance(plugins, PluginHost) else PluginHost.discover() if plugins is None else PluginHost.of(plugins)
    plans = histories(host.load())
    database = _server(where)
    try:
        found = [
            _listed(database, name, plans) if readable else Tenant(name, (), None, None, "", None)
            for name, readable in tenant_schemas(database)
        ]
        return [tenant for tenant in found if tenant is not None]
    finally:
        _close(database, where)


def read_tenant(where: str | Engine, name: str) -> Tenant:
    """One tenant; its migrations are compared with nothing.

    :raises StorageError: it is not there.
    """
    from bocore.storage.schemas import tenant_schemas

    database = _server(where)
    try:
        readable = dict(tenant_schemas(database))
        if name not in readable:
            raise StorageError(f"There is no tenant {name}.", fix=f"There are: {', '.join(readable) or 'none'}.")
        return _read(database, name, []) if readable[name] else Tenant(name, (), None, None, "", None)
    finally:
        _close(database, where)


def drop_tenant(where: str | Engine, name: str) -> None:
    """Drop a tenant: its schema, with all that is in it, for good.

    :raises Refused: somebody is writing to it.
    :raises StorageError: there is no such tenant.
    """
    from bocore.storage.schemas import drop_schema

    database = _server(where, name)
    try:
        drop_schema(database)
    finally:
        _close(database, where)


def _server(where: str | Path | Engine, name: str | None = None) -> PostgresDatabase:
    database = open_database(where) if name is None or _is_file(where) else open_database(where, name)
    if database.name != "postgresql":
        raise UsageError(
            "On SQLite a tenant is a file: there are no others in it.",
            fix="Make one with bo --db FILE init, list and delete the files, and move one with bo tenant export and import.",
        )
    return database  # type: ignore[return-value]


def _is_file(where: str | Path | Engine) -> bool:
    return where.dialect.name == "sqlite" if isinstance(where, Engine) else "://" not in str(where) or str(where).startswith("sqlite")


def _close(database: PostgresDatabase, where: object) -> None:
    if not isinstance(where, Engine):
        database.engine.dispose()


def _listed(server: PostgresDatabase, name: str, plans: Sequence[History]) -> Tenant | None:
    """One of many; None where somebody has dropped it meanwhile."""
    from bocore.storage.schemas import tenant_schemas

    try:
        return _read(server, name, plans)
    except StorageError:
        if name in dict(tenant_schemas(server)):
            raise
        return None


def _read(server: PostgresDatabase, name: str, plans: Sequence[History]) -> Tenant:
    from bocore.storage.schemas import size_of
    from bocore.storage.server import PostgresDatabase

    database = PostgresDatabase(server.engine, name)
    session = database.connect(lambda session: False)
    try:
        session.begin(write=False)
        companies = tuple(row[0] for row in session.execute("SELECT code FROM bo_company ORDER BY id").fetchall())
        commits = session.execute("SELECT count(*) FROM bo_commit").fetchone()[0]
        last = session.execute(LAST).fetchone()
        return Tenant(
            name,
            companies,
            commits,
            None if last is None else read_instant(last[0]),
            _compared(versions(session), plans),
            size_of(database, session),
        )
    finally:
        session.close(read_only=True)


def _compared(at: dict[str, str | None], plans: Sequence[History]) -> str:
    """What the code has to do with the tables of a tenant."""
    waiting: list[str] = []
    for history in plans:
        try:
            waiting += map(str, history.after(at.get(history.plugin)))
        except StorageError:
            return f"newer than the code: {history.plugin} {at[history.plugin]}"
    return f"{', '.join(waiting)} to come" if waiting else "up to date"
