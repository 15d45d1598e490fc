"""The sessions of an application: which are idle, what a new one must find, and what only other connections can do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

from bocore.app_entities import Entities
from bocore.errors import PluginError, StorageError
from bocore.record.shapes import next_shape, read_shapes
from bocore.storage.ids import IdPool
from bocore.storage.session import Session, is_lost
from bocore.storage.tokens import DatabaseTokens

if TYPE_CHECKING:
    from bocore.plugins import PluginHost
    from bocore.record.keeper import Keeper
    from bocore.storage.database import Database
    from bocore.uow import UnitOfWork

IDLE = 4
"""Connections that are kept for the next transaction; taking one from the pool costs more than a small statement."""


class Sessions(Entities):
    """One database, seen through the entities of the loaded plugins."""

    def __init__(self, database: Database, host: PluginHost) -> None:
        super().__init__(host)
        self.database = database
        self.engine = database.engine
        database.tables = self.table_names
        self.lends = database.lends
        self._idle: list[Session] = []
        self._closed = False
        self._ids = IdPool(self._connect)
        self.tokens = DatabaseTokens(self._connect, [spec.name for spec in self._specs.values() if spec.tokens])
        self._schema: int | None = None
        """The number of the schema that the shapes were read with."""
        self._may_write: bool | None = None
        self._writers: set[int] = set()
        """Threads in which a unit of work holds the write lock."""
        self._lock = threading.RLock()
        self.keeper: Keeper

    def _drop_connections(self) -> None:
        while self._idle:
            self._idle.pop().end()
        self.database.close()

    def _connect(self) -> Session:
        """A session: the one that was used last, if it is idle. Taking a connection from the pool costs more than a small statement."""
        try:
            return self._idle.pop()
        except IndexError:
            return self.database.connect(self._put_back)

    def _put_back(self, session: Session) -> bool:
        if self._closed or len(self._idle) >= IDLE or not session.is_sound():
            return False
        self._idle.append(session)
        return True

    def _open_session(self, connection: Connection | None, *, write: bool, longest: float | None = None) -> Session:
        if connection is not None:
            return self.database.join(connection, write=write)
        while True:
            kept = bool(self._idle)
            session = self._connect()
            try:
                session.begin(write=write, longest=longest)
            except BaseException as error:
                session.close()
                if kept and is_lost(error.__cause__ or error):
                    continue  # it was idle while the server went; nothing has happened in it yet
                raise
            return session

    def count_up_at_once(self, series: int, period: str, count: int, day: str) -> int:
        """Take numbers that may go missing: in a transaction of their own, so that nobody waits for the end of another's."""
        session = self._connect()
        try:
            return session.count_up(series, period, count, day)
        finally:
            session.close()

    def place_commits(self) -> None:
        """Give all commits their positions, in a transaction of its own."""
        session = self._connect()
        try:
            session.place_commits()
        finally:
            session.close()

    @contextmanager
    def aside(self, session: Session) -> Iterator[Session]:
        """A session that can still read after the database has refused a statement: PostgreSQL ends the transaction with it."""
        if session.engine == "sqlite":
            yield session
            return
        with self.looking() as other:
            yield other

    @contextmanager
    def looking(self) -> Iterator[Session]:
        """A session that reads what is there, whether or not the tables are those of the code."""
        session = self._connect()
        try:
            session.begin(write=False)
            yield session
        finally:
            session.close(read_only=True)

    @contextmanager
    def ready(self, *, write: bool) -> Iterator[Session]:
        """A short transaction over the tables of the code, in which no business is done; kept where it writes and comes to its end."""
        session = self._open_session(None, write=write)
        try:
            self._check_ready(session, write=write)
            yield session
            if write:
                session.commit()
        finally:
            session.close(read_only=not write)

    def _check_ready(self, session: Session, *, write: bool) -> None:
        """Once, and again after a migration: the database has the tables and shapes of the code, and no plugin with data is missing."""
        if self._shapes is None or session.schema != self._schema:
            with self._lock:
                if self._shapes is None or session.schema != self._schema:  # else another thread has, meanwhile
                    if self._shapes is not None:
                        self._forget_state()
                    self._read_state(session)
        if write and not self._may_write:
            from bocore.plugins import missing_owners
            from bocore.storage.recorded import recorded_plugins

            findings = missing_owners(recorded_plugins(session), self.host)
            if findings:
                raise PluginError(findings)
            self._may_write = True

    def _read_state(self, session: Session) -> None:
        from bocore.migrate import check
        from bocore.storage.recorded import recorded_purposes

        check(self, session)
        shapes = read_shapes(session)
        behind = [
            spec.name for spec in self._specs.values() if not spec.derived and next_shape(spec, shapes.get(spec.name), {}) is not None
        ]
        if behind:
            raise StorageError(f"The database is older than the code: {', '.join(sorted(behind))} changed.", fix="Run bo migrate.")
        self.tokens.read(session)
        self.purposes = {**recorded_purposes(session), **self.host.purposes}
        self._shapes, self._schema = shapes, session.schema

    def _forget_state(self) -> None:
        """After a migration: read shapes and plugins again."""
        with self._lock:
            self._shapes, self._may_write = None, None
            self._ids = IdPool(self._connect)
            self._canonical.clear()

    def _committed(self, uow: UnitOfWork) -> None:
        """After COMMIT: what was private to the unit is everybody's."""
        for entity, blocks in uow._private.items():
            for block in blocks:
                if len(block):
                    self._ids.give(entity, block)
        self.keeper.committed(uow)

    def _follow_host(self, uow: UnitOfWork) -> None:
        from bocore.storage.joined import follow

        follow(uow, lambda: self._committed(uow))
