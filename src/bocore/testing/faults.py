"""For tests of faults: interrupt a unit of work at its n-th statement, fill the disk, and run processes that may be killed.

A promise to test with it: whatever is interrupted, killed or starved leaves all of its work or nothing of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, NoReturn

import sqlalchemy as sa

from bocore.plugins import Plugin, hookimpl, hooks
from bocore.storage.session import Session

PASSED = ("ROLLBACK", "PRAGMA query_only")
"""What clears up after an interruption is not interrupted itself."""
SENDING = ("_run", "_send", "_copy")
"""The other ways in which a session of PostgreSQL speaks to its server."""


class Interrupted(BaseException):
    """As sudden as Ctrl-C: no ``except Exception`` stops it."""


class Saboteur:
    """Lets the n-th statement fail, before or after it ran, while it is used in ``with``::

        with Saboteur(7, after=True) as saboteur, pytest.raises(Interrupted):
            bo.run(sell, sale, actor="ann")

    :param n: which statement, from 1: of the driver (BEGIN and COMMIT too) or of SQLAlchemy.
    :param error: what is raised; it is told when, and how the statement begins.
    """

    def __init__(self, n: int, *, after: bool = False, error: Callable[[str], BaseException] = Interrupted) -> None:
        self.left, self.after, self.error = n, after, error
        self.stopped = ""
        """The statement that was interrupted; empty where the work came to its end before."""
        self._originals: dict[tuple[type, str], Any] = {}

    def __enter__(self) -> Saboteur:
        for kind in Session.__subclasses__():
            for name in ("execute", "many", "select", *SENDING):
                if name in vars(kind):
                    self._originals[kind, name] = vars(kind)[name]
                    setattr(kind, name, self._sabotaged(vars(kind)[name]))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for (kind, name), original in self._originals.items():
            setattr(kind, name, original)

    def _sabotaged(self, original: Any) -> Any:
        def call(session: Session, *given: Any) -> Any:
            statement = given[0] if given else "what waits to be sent"
            if isinstance(statement, str) and statement.startswith(PASSED):
                return original(session, *given)
            self.left -= 1
            mine = self.left == 0  # what it sends by others of these counts further
            if mine and not self.after:
                self._stop("before", statement)
            result = original(session, *given)
            if mine:
                self._stop("after", statement)
            return result

        return call

    def _stop(self, when: str, statement: Any) -> None:
        self.left = -1
        self.stopped = f"{when} {' '.join(str(statement).split())[:60]}"
        raise self.error(self.stopped)


class FaultyHooks:
    """A plugin that looks on at every hook of the core's, and acts at the n-th moment: before a call, or after all have answered::

    faulty = FaultyHooks()
    with BackOffice(path, plugins=[plugin, faulty.module]) as bo:
        bo.run(sell, sale, actor="ann")
        for n, moment in enumerate(list(faulty.moments), 1):  # "before bo_posted", "after bo_posted", …
            with faulty.at(n, stop), pytest.raises(Interrupted):
                bo.run(sell, sale, actor="ann")
    """

    def __init__(self) -> None:
        self.moments: list[str] = []
        """What was passed, in order, since the beginning or since ``at``."""
        self._n = 0
        self._act: Callable[[], object] = stop
        self.module = ModuleType("bocore_faulty_hooks")
        vars(self.module)["plugin"] = Plugin(prefix="faulty")
        for name, spec in vars(hooks).items():
            options = getattr(spec, f"{hooks.PROJECT}_spec", None)
            if options is not None and not options["historic"]:
                vars(self.module)[name] = hookimpl(self._looking_on(name), wrapper=True)

    @contextlib.contextmanager
    def at(self, n: int, act: Callable[[], object]) -> Iterator[None]:
        """While this lasts, act at the n-th moment, from 1."""
        self.moments.clear()
        self._n, self._act = n, act
        try:
            yield
        finally:
            self._n = 0

    def _looking_on(self, name: str) -> Callable[[], Generator[None, Any, Any]]:
        def look_on() -> Generator[None, Any, Any]:
            self._pass(f"before {name}")
            answers = yield
            self._pass(f"after {name}")
            return answers

        return look_on

    def _pass(self, moment: str) -> None:
        self.moments.append(moment)
        if len(self.moments) == self._n:
            self._act()


def stop() -> NoReturn:
    """Raise Interrupted."""
    raise Interrupted


class FullDisk:
    """From now on the file can grow by a few pages only: what SQLite says then is what it says of a full disk."""

    def __init__(self, engine: sa.Engine, spare: int = 3) -> None:
        self.spare: int | None = spare
        self._connections: list[Any] = []
        sa.event.listen(engine, "checkout", self._limit)

    def _limit(self, connection: Any, *_: Any) -> None:
        self._connections.append(connection)
        if self.spare is not None:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages + self.spare}")

    def free(self) -> None:
        """There is space again."""
        self.spare = None
        for connection in self._connections:
            with contextlib.suppress(sqlite3.ProgrammingError):  # some are closed by now
                connection.execute("PRAGMA max_page_count=1073741823")


class Children:
    """Processes of a test: Python scripts that acknowledge in lines of JSON what they have done. What still runs at the end is killed."""

    def __init__(self, script: str | Path) -> None:
        self.script = str(script)
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start the script with these arguments; it finds what this process finds."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
        command = [sys.executable, self.script, *map(str, arguments)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
        self.running.append(process)
        return process

    @staticmethod
    def heard(process: subprocess.Popen[str]) -> Any:
        """The next acknowledgement; waits for it."""
        assert process.stdout is not None
        return json.loads(process.stdout.readline())

    @staticmethod
    def rest(process: subprocess.Popen[str]) -> list[Any]:
        """All further acknowledgements, once the process has ended; half a line was none."""
        assert process.stdout is not None  # not communicate(): it would pass over what is buffered here already
        lines = process.stdout.read().split("\n")
        process.wait()
        return [json.loads(line) for line in lines[:-1]]

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
