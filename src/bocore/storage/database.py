"""One database: which engine it is, and where its connections come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, Connection, Engine, make_url

from bocore import storage
from bocore.errors import StorageError, UsageError
from bocore.storage.session import Session

Keep = Callable[[Any], bool]
TENANT = re.compile(r"[a-z][a-z0-9_]{0,49}")
_RESERVED = frozenset({"public", "information_schema", "citus", "citus_internal", "columnar"})


class Database:
    """An engine and, on PostgreSQL, the schema of a tenant; makes the sessions of one application."""

    engine: Engine
    tables: Collection[str] = ()
    """The tables of the application's entities, which texts name without their schema; those of the core are known."""
    made = False
    """Whether the engine was made here, and is nobody else's."""
    name: str
    """``sqlite`` or ``postgresql``."""
    lends: Callable[[Connection | None], bool] | None = None
    """Whether another connection can reserve ids while this one (a host's, or None) is writing, so that no other writer waits for it."""

    def connect(self, keep: Keep) -> Session:
        """A session of its own; ``keep`` may hold it back for the next transaction when it is closed."""
        raise NotImplementedError

    def join(self, connection: Connection, *, write: bool) -> Session:
        """A session inside the transaction of a host, begun."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections; those of a host's engine are the host's."""
        if self.made:
            self.engine.dispose()


class SqliteDatabase(Database):
    """A file."""

    name = "sqlite"

    def __init__(self, engine: Engine) -> None:
        from bocore.storage.sqlite import prepare

        self.engine = engine
        prepare(engine)

    def connect(self, keep: Keep) -> Session:
        from bocore.storage.sqlite import SqliteSession

        return SqliteSession(self.engine.connect(), keep=keep)

    def join(self, connection: Connection, *, write: bool) -> Session:
        from bocore.storage.sqlite import join

        return join(connection, write=write)


def open_database(where: str | Path | URL | Engine, tenant: str | None = None) -> Database:
    """Open a SQLite file by its path or URL, a PostgreSQL database by its URL, or what an engine of the host's is connected to.

    :param tenant: on PostgreSQL the schema; ``public`` unless told.

    Raises StorageError for what can't be opened.
    """
    if tenant is not None:
        check_tenant(tenant)
    if isinstance(where, Engine):
        return _of_engine(where, tenant)
    if storage.stand_in is not None and tenant is None:
        where, tenant = storage.stand_in(where)
    text: Any = str(where) if isinstance(where, Path) else where
    url = make_url(text) if isinstance(text, URL) or "://" in text else URL.create("sqlite", database=text)
    name = {"postgres": "postgresql"}.get(url.get_backend_name(), url.get_backend_name())
    if name == "sqlite":
        _refuse_tenant(tenant)
        from bocore.storage.sqlite import open_file

        return _made(SqliteDatabase(open_file(url)))
    if name == "postgresql":
        try:
            from bocore.storage.server import PostgresDatabase, open_server
        except ModuleNotFoundError as error:
            raise StorageError(f"{error.name} is not installed, which PostgreSQL needs.", fix='pip install "bocore[postgresql]"') from error
        return _made(PostgresDatabase(open_server(url), tenant))
    raise StorageError(f"{name} is not supported.", fix="Use a SQLite file (books.db), or PostgreSQL: postgresql+psycopg://…")


def _made(database: Database) -> Database:
    database.made = True
    return database


def _of_engine(engine: Engine, tenant: str | None) -> Database:
    if engine.dialect.name == "sqlite":
        _refuse_tenant(tenant)
        return SqliteDatabase(engine)
    if engine.dialect.name == "postgresql" and engine.dialect.driver == "psycopg":
        from bocore.storage.server import PostgresDatabase

        return PostgresDatabase(engine, tenant)
    what = f"{engine.dialect.name}+{engine.dialect.driver}"
    raise StorageError(f"{what} is not supported.", fix="Use an engine of SQLite or of PostgreSQL with psycopg: postgresql+psycopg://…")


def driver_error(error: object) -> Exception | None:
    """What a driver raised, as a sentence with a remedy; None for an error that is no driver's."""
    import sqlite3

    if isinstance(error, sqlite3.Error):
        from bocore.storage.sqlite import storage_error as of_sqlite

        return of_sqlite(error)
    if type(error).__module__.startswith("psycopg"):
        from bocore.storage.server_errors import storage_error

        return storage_error(error)  # type: ignore[arg-type]
    return None


def is_mistake(error: object) -> bool:
    """Whether the database did not understand a statement: the driver's own words say most of that."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF == 1 if code is not None else str(getattr(error, "sqlstate", "") or "").startswith("42")


def check_tenant(tenant: str) -> None:
    """Refuse what can't be the name of a tenant, which is the name of its schema."""
    if not TENANT.fullmatch(tenant) or tenant in _RESERVED or tenant.startswith("pg_"):
        raise UsageError(
            f"{tenant!r} can't be the name of a tenant: it is the name of a schema.",
            fix="Use small letters, digits and underscores, beginning with a letter, at most 50: acme_vet.",
        )


def _refuse_tenant(tenant: str | None) -> None:
    if tenant is not None:
        raise UsageError("A SQLite file is one tenant.", fix="Use a file for each tenant; on PostgreSQL a tenant is a schema.")
