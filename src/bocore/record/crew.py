"""Processes that verify rows beside each other, all in one state of the database.

The records are read by one process, which tells each of the others what rows must be there, with which digests, some ten thousand at a
time. They are spawned, on every system: a forked one would hold connections and locks of this process. On PostgreSQL they begin in the
snapshot of this one's transaction. SQLite has no such thing: there all begin, and if anybody has committed meanwhile, all begin again.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

import attrs
from sqlalchemy.engine import URL, make_url

from bocore.collector import uncollected
from bocore.errors import BocoreError, StorageError, UsageError
from bocore.record.comparing import Part, compare
from bocore.record.shapes import Shape
from bocore.record.stored import RowReader

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from bocore.storage.database import Database
    from bocore.storage.session import Session

ROWS = 50_000
"""Rows of one table that a process is given at a time."""
TRIES = 200
"""How often all begin again where somebody commits to a SQLite file meanwhile; all of it takes some milliseconds."""
_LAST = "SELECT id, digest FROM bo_commit ORDER BY id DESC LIMIT 1"
_ENDED = "A script that verifies with several processes must do it below if __name__ == '__main__'. With one job none is needed."


@attrs.frozen
class Task:
    """A part of a table to verify, and the shape of its rows."""

    shape: Shape
    part: Part


@attrs.frozen
class Outcome:
    """What was found in a part: how many rows, and runs of those which are not as they must be, by what begins first."""

    entity: str
    rows: int
    runs: list[tuple[str, int, int, str]]


class Crew:
    """Processes with a connection each, and the session of this process that sees the same state of the database."""

    def __init__(self, count: int, address: tuple[str, str]) -> None:
        context = multiprocessing.get_context("spawn")
        self._hands: dict[Connection, BaseProcess] = {}
        self.session: Session
        try:
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs, *address), daemon=True)
                process.start()
                theirs.close()
                self._hands[ours] = process
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the processes, whatever they do."""
        for pipe, process in self._hands.items():
            process.kill()  # they only read
            pipe.close()
        for process in self._hands.values():
            process.join()

    def tell(self, what: str, given: Any = None) -> list[Any]:
        """Tell all of them the same, and wait for their answers."""
        for pipe in self._hands:
            self._send(pipe, (what, given))
        return [self._answer(pipe) for pipe in self._hands]

    def run(self, tasks: Iterable[Task], done: Callable[[Outcome], None]) -> list[Outcome]:
        """Share out the tasks; the outcomes in their order.

        :param done: told of each that is done.
        """
        left: Iterator[tuple[int, Task]] = enumerate(tasks)
        free, busy = list(self._hands), dict[Any, int]()
        outcomes: dict[int, Outcome] = {}
        while True:
            while free and (following := next(left, None)) is not None:
                pipe = free.pop()
                busy[pipe], task = following
                self._send(pipe, ("verify", task))
            if not busy:
                return [outcomes[number] for number in sorted(outcomes)]
            ready: list[Any] = wait(list(busy))
            for pipe in ready:
                answer = outcomes[busy[pipe]] = self._answer(pipe)
                free.append(pipe)
                del busy[pipe]
                done(answer)

    def _send(self, pipe: Connection, message: object) -> None:
        with suppress(OSError):  # one that has ended is found where its answer is missing
            pipe.send(message)

    def _answer(self, pipe: Any) -> Any:
        try:
            answer = pipe.recv()
        except (EOFError, OSError):
            process = self._hands[pipe]
            process.join()
            message = f"A process that verified rows has ended by itself (exit code {process.exitcode}); nothing is known of its rows."
            raise StorageError(message, fix=_ENDED) from None
        if isinstance(answer, _Failed):
            raise StorageError(f"A process that verified rows could not go on: {answer.message}", fix=answer.fix)
        return answer


@contextmanager
def crew_of(database: Database, count: int) -> Iterator[Crew]:
    """Processes that see one state of a database, and a session of this process that sees it too.

    :raises UsageError: other processes can't open it.
    """
    crew = Crew(count, _address(database))
    try:
        crew.tell("ready")  # from here on, beginning takes no time
        crew.session = _of_one_snapshot(database, crew) if database.name == "postgresql" else _of_one_commit(database, crew)
        try:
            yield crew
        finally:
            crew.session.close(read_only=True)
    finally:
        crew.close()


def _address(database: Database) -> tuple[str, str]:
    """The URL and schema by which another process opens the database."""
    if database.name == "postgresql":
        return database.engine.url.render_as_string(hide_password=False), database.schema  # type: ignore[attr-defined]
    with closing(_connected(database)) as session:
        path = session.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]
    if not path:
        raise UsageError("A SQLite database in memory can't be opened by other processes.", fix="Verify it with one job.")
    return URL.create("sqlite", database=path).render_as_string(), ""


def _connected(database: Database) -> Session:
    return database.connect(lambda session: False)


def _of_one_snapshot(database: Database, crew: Crew) -> Session:
    session = _connected(database)
    try:
        session.begin(write=False)
        snapshot = session.execute("SELECT pg_export_snapshot()").fetchone()[0]
        crew.tell("begin", snapshot)
    except BaseException:
        session.close(read_only=True)
        raise
    return session


def _of_one_commit(database: Database, crew: Crew) -> Session:
    """Begin everywhere until nobody has committed meanwhile: a connection that is in no transaction sees by a number whether one has."""
    with closing(_connected(database)) as watch:
        for _ in range(TRIES):
            before = _commits(watch)
            session = _connected(database)
            try:
                session.begin(write=False)
                mine, others = _mark(session), crew.tell("begin", "")
                if _commits(watch) == before:
                    if any(other != mine for other in others):
                        fix = "Verify it with one job; the path of the file leads to another one by now."
                        raise StorageError("Other processes open another database than this one.", fix=fix)
                    return session
            except BaseException:
                session.close(read_only=True)
                raise
            session.close(read_only=True)
    fix = "Try again when less is written, or verify with one job."
    raise StorageError("Others commit so often that several processes can't begin in one state of the file.", fix=fix)


def _commits(session: Session) -> int:
    """A number that is another one after a commit of any other connection."""
    return int(session.execute("PRAGMA data_version").fetchone()[0])


def _mark(session: Session) -> object:
    """What a transaction sees first, by which it begins for real: the last record, where there are any."""
    if session.table_columns("bo_commit") is None:
        return None
    row = session.execute(_LAST).fetchone()
    return None if row is None else tuple(row)


# ---------------------------------------------------------------- in the other processes


@attrs.frozen
class _Failed:
    """Why a process can't do what it was told."""

    message: str
    fix: str


def _serve(pipe: Connection, url: str, schema: str) -> None:
    """Do what is told until nobody is there to tell."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted at a keyboard ends all of them
    hand = _Hand(url, schema)
    with suppress(EOFError, OSError), uncollected():
        while True:
            what, given = pipe.recv()
            try:
                answer = getattr(hand, what)(given)
            except BocoreError as error:
                answer = _Failed(error.findings[0].message, error.findings[0].fix)
            except Exception as error:
                answer = _Failed(f"{type(error).__name__}: {error}", "Verify with one job.")
            pipe.send(answer)


class _Hand:
    def __init__(self, url: str, schema: str) -> None:
        self._url = url
        self._schema = schema
        self._database: Database | None = None
        self._session: Session | None = None

    def ready(self, _: None) -> None:
        """Open the database."""
        if self._schema:
            from bocore.storage.server import PostgresDatabase, open_server

            self._database = PostgresDatabase(open_server(make_url(self._url)), self._schema)
        else:
            from bocore.storage.database import SqliteDatabase
            from bocore.storage.sqlite import open_file

            self._database = SqliteDatabase(open_file(make_url(self._url)))
        _connected(self._database).close()

    def begin(self, snapshot: str) -> object:
        """Begin, anew if need be, the transaction that only reads."""
        assert self._database is not None
        if self._session is not None:
            self._session.close(read_only=True)
        self._session = _connected(self._database)
        if snapshot:
            self._session.begin_beside(snapshot)
            return None
        self._session.begin(write=False)
        return _mark(self._session)

    def verify(self, task: Task) -> Outcome:
        """Compare the rows of a part."""
        assert self._session is not None
        runs: list[tuple[str, int, int, str]] = []
        places: dict[str, int] = {}

        def say(code: str, _: str, first: int, last: int, why: str) -> None:
            place = places.get(code, -1)
            if place >= 0 and runs[place][2] + 1 == first and runs[place][3] == why:
                runs[place] = code, runs[place][1], last, why
            else:
                places[code] = len(runs)
                runs.append((code, first, last, why))

        rows = compare(self._session, task.part, RowReader(task.shape), say, lambda rows: None)
        return Outcome(task.part.entity, rows, runs)
