"""What migrations use, of the core and of every plugin: ``rebase`` and ``bocore.migrations.types``; beside it, those of the core itself."""

from __future__ import annotations

__all__ = ["rebase"]


def rebase(*entities: str) -> None:
    """State the digests of these entities anew: the last line of a migration that changes what commit records cover.

    That is: it changes values of rows, adds or deletes rows, drops a column, changes its kind, makes it personal or open, renames or drops
    the whole table. ``bo migrate`` reads this call before anything runs, and verifies the entities first: a row that was changed behind
    bocore's back must not be taken for a true one. When all migrations are through, every row gets its digest anew, in their record.

    :param entities: names of tables, as literal text; of a table that is renamed the old name and the new one.
    """
    from alembic import op

    from bocore.migrate.running import watch_of

    watch_of(op.get_context()).rebase(entities)
