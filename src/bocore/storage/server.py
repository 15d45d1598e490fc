"""PostgreSQL: a server's database, and the schema of one tenant in it."""

from __future__ import annotations

import re
import zlib
from itertools import groupby
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bocore.errors import StorageError
from bocore.storage.database import Database, Keep
from bocore.storage.server_errors import first_line

if TYPE_CHECKING:
    from bocore.storage.session import Session

MIGRATING = "bocore.migrating"
"""In the info of a connection: nobody else writes, and what other connections see may be older."""
_TABLE = re.compile(r'\b(FROM|JOIN|INTO|UPDATE|TABLE|ONLY|EXISTS)\s+(?:main\.)?"?([a-z_][a-z0-9_]*)"?(?![\w.(])')


def open_server(url: URL) -> Engine:
    """The engine of a server; the driver is psycopg, whatever the URL says of it."""
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_driver_name() != "psycopg":
        raise StorageError(f"The driver {url.get_driver_name()} is not supported.", fix="Use psycopg: postgresql+psycopg://…")
    return sa.create_engine(url, pool_size=10, max_overflow=20)


class PostgresDatabase(Database):
    """A server's database, and the schema of one tenant in it."""

    name = "postgresql"

    def __init__(self, engine: Engine, tenant: str | None) -> None:
        self.engine = engine
        self.schema = tenant or "public"
        self.ready = False
        """Whether ``bo_state`` is known to be there."""
        self.texts: dict[str, str] = {}
        """What generated texts become: place holders of this driver, and names of tables with their schema."""
        self.key = zlib.crc32(self.schema.encode()) - 2**31
        self.lends = lambda connection: connection is None or not connection.info.get(MIGRATING)
        self._own = engine.execution_options(isolation_level="AUTOCOMMIT")  # transactions are begun and ended by sessions

    def connect(self, keep: Keep) -> Session:
        from bocore.storage.postgresql import PostgresSession

        try:
            return PostgresSession(self, self._own.connect(), keep=keep)
        except sa.exc.OperationalError as error:
            raise StorageError(
                f"The server can't be reached: {first_line(error.orig)}", fix="Check the URL, and the server."
            ) from error.orig

    def join(self, connection: Connection, *, write: bool) -> Session:
        if not connection.in_transaction():
            connection.begin()
        from bocore.storage.postgresql import PostgresSession

        session = PostgresSession(self, connection, joined=True)
        session.begin(write=write)
        return session

    def text(self, sql: str) -> str:
        """A text of the core's in the words of this driver and this tenant."""
        found = self.texts.get(sql)
        if found is None:
            qualified = _TABLE.sub(self._qualified, sql)
            found = self.texts[sql] = qualified.replace("%", "%%").replace("?", "%s")
            if len(self.texts) > 5000:
                self.texts.clear()
        return found

    def together(self, inserts: list[str]) -> str:
        """One statement that runs several INSERTs, of one row each."""
        key = "\0".join(inserts)
        found = self.texts.get(key)
        if found is None:
            parts: list[str] = []
            for insert, rows in groupby(inserts):
                text = self.text(insert)
                place = text[text.index(" VALUES ") + 8 :]
                parts.append(", ".join([text, *[place] * (sum(1 for _ in rows) - 1)]))
            *others, last = parts
            before = ", ".join(f"part_{i} AS ({part})" for i, part in enumerate(others))
            found = self.texts[key] = f"WITH {before} {last}" if others else last
        return found

    def _qualified(self, match: re.Match[str]) -> str:
        word, name = match.groups()
        return f'{word} "{self.schema}"."{name}"' if name in self.tables or name.startswith("bo_") else match[0]
