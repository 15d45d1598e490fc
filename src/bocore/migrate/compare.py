"""The difference between a database and the entities of one plugin, as alembic's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.autogenerate import produce_migrations
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Connection

from bocore.migrate.upgrading import tables_of

if TYPE_CHECKING:
    from bocore.app import BackOffice


def compared(app: BackOffice, connection: Connection, plugin: str) -> list[ops.MigrateOperation]:
    """What would have to be done to this database for the plugin's entities; nothing of other plugins."""
    mine = set(tables_of(app, plugin))
    prefixes = sorted(_prefixes(app), key=len, reverse=True)

    def owned(name: str | None) -> bool:
        if name is None or name.startswith("bo_version_"):
            return False
        if name in app.metadata.tables:
            return name in mine
        return next((prefix for prefix in prefixes if name.startswith(f"{prefix}_")), None) == plugin

    def include_name(name: str | None, kind: str, parents: Any) -> bool:
        return kind != "table" or owned(name)

    def include_object(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
        return kind != "table" or owned(name)

    options = {"include_name": include_name, "include_object": include_object, "compare_type": True, "compare_server_default": False}
    context = MigrationContext.configure(connection, opts=options)
    found = produce_migrations(context, app.metadata).upgrade_ops
    return [] if found is None else list(found.ops)


def described(app: BackOffice, connection: Connection, plugin: str) -> list[str]:
    """The same in words, one a difference; empty where there is none."""
    return [_words(diff) for diff in _flat(ops.UpgradeOps(compared(app, connection, plugin)).as_diffs())]


def _flat(diff: Any) -> list[Any]:
    return [one for part in diff for one in _flat(part)] if isinstance(diff, list) else [diff]


def _words(diff: Any) -> str:
    """``add_column vet_visit.colour``"""
    what, *parts = diff
    thing = parts[-1]
    table = getattr(thing, "table", None)
    if what in ("add_table", "remove_table"):
        return f"{what} {thing.name}"
    if table is not None and what.startswith(("add_", "remove_")):
        return f"{what} {table.name if what.endswith(('index', 'fk', 'constraint')) else parts[1]}.{thing.name}"
    return f"{what} {'.'.join(str(part) for part in parts[1:3])}"


def _prefixes(app: BackOffice) -> set[str]:
    return {state.prefix for state in app.host.plugins if state.state == "loaded"}
