"""The same tests on either engine: where a test names a SQLite file, a schema of a PostgreSQL server stands in for it.

``pytest --bo-engine postgresql`` puts :func:`stand_in` where ``open_database`` asks for it, in this process and (by the environment and
``sitecustomize``) in those that tests start. A path becomes the server's URL and a schema whose name is made of the path. A small file
with the name of the schema is written there, so that what asks whether a database exists is answered, and ``shutil.copyfile`` copies
one: the schema is cloned when the copy is opened first. A file that SQLite made is left to SQLite.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bocore.testing.pooling import MADE, Pool, note, noted

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.engine import Engine

ENGINE = "BOCORE_TEST_ENGINE"
SERVER = "BOCORE_TEST_PG"
_STANDING = "stands in for this file: schema "
_paths: dict[str, Path] = {}


def engine() -> str:
    """The engine of this run."""
    return os.environ.get(ENGINE) or "sqlite"


def prepare(at_end: Callable[[Callable[[], Any]], Any]) -> str:
    """Find or start the server of this run, and let schemas of it stand in for files; returns why there is none, where there is none.

    :param at_end: is told what to do when the run is over.

    Raises NoServer for one that was named and does not answer, and where continuous integration lacks one: no test is skipped there.
    """
    from bocore.testing.postgres import NoServer, Server

    if os.environ.get(SERVER):
        _ask()
        last: Callable[[], None] = partial(drop_below, None)
    else:
        last = pool().close  # what is in a server that is removed need not be dropped first
        try:
            server = Server().start()
        except NoServer as error:
            if os.environ.get("CI"):
                raise
            return str(error)
        at_end(server.remove)
        os.environ[SERVER] = server.url
        at_end(lambda: os.environ.pop(SERVER))
    os.environ[MADE] = tempfile.mkdtemp(prefix="bo-schemas-")
    at_end(lambda: shutil.rmtree(os.environ.pop(MADE)))
    at_end(last)
    install()
    return ""


def _ask() -> None:
    from bocore.testing.postgres import NoServer

    try:
        import psycopg

        with administering() as connection:
            connection.execute("SELECT 1")
    except ImportError as error:
        raise NoServer("The driver of PostgreSQL is missing: pip install 'bocore[postgresql]'") from error
    except psycopg.OperationalError as error:
        raise NoServer(f"${SERVER} names a server that does not answer: {str(error).strip()}") from error


def install() -> None:
    """Let schemas stand in for files from now on, in this process and its children."""
    import sys

    import bocore.storage

    startup = str(Path(__file__).with_name("startup"))
    if startup not in sys.path:
        sys.path.insert(0, startup)  # tests that start processes hand their path on; a system's own sitecustomize stands behind
    places = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if startup not in places:
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [startup, *places]))
    bocore.storage.stand_in = stand_in


def stand_in(where: Any) -> tuple[Any, str | None]:
    """Where to find what a test calls by the path of a file: a URL and a tenant; everything else stays as it is."""
    path = _file(where)
    if path is None or not path.parent.is_dir() or _standing(path) is None:
        return where, None
    _listen()
    schema = schema_of(path)
    _paths[schema] = path
    from sqlalchemy.engine import make_url

    return make_url(os.environ[SERVER]).update_query_dict({"application_name": schema}), schema


def host_engine(path: str | Path) -> tuple[Engine, str | None]:
    """An engine as a host makes its own, over what a test calls by the path of a file; and the tenant, which is None on SQLite::

    engine, tenant = host_engine(tmp_path / "host.db")
    bo = BackOffice(engine, tenant=tenant)
    """
    import sqlalchemy as sa

    import bocore.storage

    found: Any
    found, tenant = stand_in(path) if bocore.storage.stand_in is not None else (path, None)
    return sa.create_engine(f"sqlite:///{path}" if tenant is None else found), tenant


def schema_of(path: Path) -> str:
    """The schema that stands in for a file."""
    return f"t{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:24]}"


def drop_below(folder: Path | None) -> None:
    """Let go of the schemas that stand in for files below a folder; drop all that this run has made where none is given."""
    for schema, path in noted():
        if folder is None:
            pool().drop(schema)
        elif folder in path.parents:
            pool().let_go(schema)
    if folder is None:
        pool().close()


@cache
def pool() -> Pool:
    """The schemas of this process."""
    return Pool(_connect)


@contextlib.contextmanager
def administering() -> Iterator[psycopg.Connection[Any]]:
    """A connection to the test's server, outside of any application."""
    with _connect() as connection:
        yield connection


def _connect() -> psycopg.Connection[Any]:
    import psycopg
    from sqlalchemy.engine import make_url

    url = make_url(os.environ[SERVER])
    return psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True)


# ---------------------------------------------------------------- files and what stands in for them


def _file(where: Any) -> Path | None:
    """The file that is meant, where one is."""
    from sqlalchemy.engine import URL, make_url

    if isinstance(where, (str, URL)) and "://" in str(where):
        url = make_url(where)
        if url.get_backend_name() != "sqlite":
            return None
        where = url.database
    if not isinstance(where, (str, Path)) or not str(where) or str(where) == ":memory:":
        return None
    return Path(where).absolute()


def _standing(path: Path) -> str | None:
    """The schema that stands in for a file: empty for one that is to be made, None where the file is something else."""
    try:
        with path.open("rb") as file:
            content = file.read(200)
    except FileNotFoundError:
        return ""
    except OSError:
        return None
    if not content:
        return ""
    before, found, schema = content.decode(errors="replace").partition(_STANDING)
    return schema.strip() if found and not before else None


def _listen() -> None:
    """Make a schema, or copy one, when the first connection of an application is made: an application that opens nothing leaves none."""
    import sqlalchemy as sa

    from bocore.testing.remembering import remember_tables

    if sa.event.contains(sa.Engine, "do_connect", _before_connecting):
        return
    remember_tables()
    sa.event.listen(sa.Engine, "do_connect", _before_connecting)


def _before_connecting(dialect: Any, record: Any, arguments: Sequence[Any], parameters: dict[str, Any]) -> None:
    make_standing(parameters.get("application_name", ""))


def stands_in(schema: str) -> bool:
    """Whether a test called this schema by the path of a file, in this process."""
    return schema in _paths


def make_standing(schema: str) -> None:
    """Make the schema that stands in for a file, if need be: a clone where the file is a copy, else an empty one."""
    path = _paths.get(schema)
    if path is not None and _standing(path) != schema:
        _make(schema, path)


def _make(schema: str, path: Path) -> None:
    with pool().working() as connection, connection.transaction():
        connection.execute(f"SELECT pg_advisory_xact_lock(hashtextextended('{schema}', 0))".encode())  # other processes open the same file
        standing = _standing(path)
        if standing == schema or not path.parent.is_dir():
            return
        connection.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'.encode())  # of a file that has been deleted
        if standing:
            pool().clone(standing, schema)
        else:
            connection.execute(f'CREATE SCHEMA "{schema}"'.encode())  # as SQLite makes an empty file
        note(schema, path)
        path.write_text(_STANDING + schema, encoding="utf-8")
