"""Makes the tables of a set of plugins by migrations once in a process, and then copies them: it is what tests do most."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bocore.app import BackOffice

JUST_NOW = timedelta(hours=1)
"""How old the record of the migrations may be where an application takes the machine's clock."""
Copy = Callable[["BackOffice"], None]


def remember_tables() -> None:
    """From now on, ``init`` of an empty database copies what ``init`` of the same plugins made before it in this process.

    The first of them runs the migrations, as does each that finds anything in its database. What was copied tells of the same instant:
    applications with other clocks have tables of their own.
    """
    import bocore.migrate

    original = bocore.migrate.upgrade
    if getattr(original, "remembers", False):
        return
    made: dict[Any, tuple[Copy, Any]] = {}

    def upgrade(app: BackOffice, **how: Any) -> list[str]:
        if set(how) != {"create"} or not _is_empty(app):
            return original(app, **how)
        key, kept = _key(app)
        if key in made:
            made[key][0](app)
            app._forget_state()
            return []
        done = original(app, **how)
        made[key] = _copy_of(app, len(made)), kept
        return done

    upgrade.remembers = True  # type: ignore[attr-defined]
    bocore.migrate.upgrade = upgrade


def _key(app: BackOffice) -> tuple[Any, Any]:
    """What decides what is made; and what must be kept, so that ids stay theirs."""
    from bocore.migrate.history import histories

    classes = [cls for _, cls in app.host.entity_classes()]
    plugins = [(state.prefix, state.distribution, state.version, state.state) for state in app.host.plugins]
    files = [(str(one.path), one.path.stat().st_mtime_ns) for history in histories(app.host) for one in history.revisions]
    at = app.clock()
    since = None if abs(at - datetime.now(UTC)) < JUST_NOW else at
    key = (app.database.name, tuple(map(id, classes)), tuple(plugins), tuple(files), tuple(sorted(app.host.purposes.items())), since)
    return key, (classes, app.host)


def _is_empty(app: BackOffice) -> bool:
    """Whether there is nothing yet in a database that this process can make by a copy."""
    if app.database.name == "sqlite":
        path = Path(app.engine.url.database or "")
        with contextlib.suppress(FileNotFoundError):
            return path.stat().st_size == 0
        return path.parent.is_dir()
    from bocore.testing.engines import make_standing, pool, stands_in

    schema = app.database.schema  # type: ignore[attr-defined]
    if not stands_in(schema):
        return False
    make_standing(schema)
    with pool().working() as connection:
        found = connection.execute(
            "SELECT count(c.oid) FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid WHERE n.nspname = %s GROUP BY n.oid",
            (schema,),
        ).fetchone()
    return found is not None and found[0] == 0


def _copy_of(app: BackOffice, number: int) -> Copy:
    """What is in this database, to be put into others that are empty."""
    if app.database.name == "sqlite":
        with contextlib.closing(sqlite3.connect(str(app.engine.url.database))) as file:
            content = file.serialize()
        return lambda other: _write(other, content)
    from bocore.testing.engines import pool
    from bocore.testing.pooling import note

    template = f"template_{os.getpid()}_{number}"
    with pool().working() as connection, connection.transaction():
        pool().clone(app.database.schema, template)  # type: ignore[attr-defined]
    note(template)
    return lambda other: _clone(other, template)


def _write(app: BackOffice, content: bytes) -> None:
    Path(str(app.engine.url.database)).write_bytes(content)


def _clone(app: BackOffice, template: str) -> None:
    from bocore.testing.engines import pool

    schema = app.database.schema  # type: ignore[attr-defined]
    with pool().working() as connection, connection.transaction():
        connection.execute(f'DROP SCHEMA "{schema}"'.encode())
        pool().clone(template, schema)
