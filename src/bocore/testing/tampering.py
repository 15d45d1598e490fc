"""SQL behind bocore's back, on either engine: what a test tampers with, and what it looks up where bocore would not show it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL, make_url

from bocore.testing.engines import make_standing, stand_in

if TYPE_CHECKING:
    from bocore.app import BackOffice


class Behind:
    """A connection to PostgreSQL that takes ``?`` for values, and whose rows are as those of SQLite."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """Run a statement; returns a cursor."""
        return self.connection.execute(_text(sql) if values else sql, values or None)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once a row."""
        with self.connection.cursor() as cursor:
            cursor.executemany(_text(sql), rows)

    def commit(self) -> None:
        """Commit what was done so far."""
        self.connection.commit()


@contextlib.contextmanager
def behind(where: str | Path | BackOffice) -> Iterator[Any]:
    """A connection that no record tells of, with ``execute(sql, values)``; it commits at the end, and keeps no references.

    On PostgreSQL it takes a superuser, since only these may leave references unchecked.

    :param where: the path of a database, as the application was given it, or the application.
    """
    if isinstance(where, (str, Path)):
        found, schema = stand_in(where) if _serves() else (where, None)
    else:
        found, schema = where.engine.url, getattr(where.database, "schema", None)
    url = found if isinstance(found, URL) else None
    if url is not None and url.get_backend_name() == "postgresql":
        make_standing(str(schema))
        with _postgresql(url, str(schema)) as connection:
            yield Behind(connection)
        return
    with contextlib.closing(sqlite3.connect(str(url.database) if url is not None else str(found))) as file, file:
        yield file


def _serves() -> bool:
    import bocore.storage

    return bocore.storage.stand_in is not None


def _postgresql(url: URL, schema: str) -> Any:
    import psycopg

    from bocore.storage.driver_rows import Canonical

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    options = f"-c search_path={schema} -c session_replication_role=replica"
    return psycopg.connect(plain, cursor_factory=Canonical, options=options)


def _text(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")
