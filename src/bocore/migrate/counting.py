"""Watching migrations on PostgreSQL, which counts what a transaction does to the rows of each table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.migrate.watching import ADDED, CHANGED, DELETED, Watch

if TYPE_CHECKING:
    from bocore.storage.session import Session

STATE = (
    "SELECT c.relname, c.oid::bigint, "
    "coalesce(pg_stat_get_xact_tuples_inserted(c.oid), 0), coalesce(pg_stat_get_xact_tuples_updated(c.oid), 0), "
    "coalesce(pg_stat_get_xact_tuples_deleted(c.oid), 0), "
    "(SELECT string_agg(concat_ws(' ', a.attname, a.atttypid, a.attnotnull), ', ' ORDER BY a.attnum) "
    "FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) "
    "FROM pg_class c WHERE c.relnamespace = to_regnamespace(?) AND c.relkind = 'r'"
)
"""The tables of a schema. The view of these counts, pg_stat_xact_user_tables, adds up those of all tenants before one is chosen."""
_ENDS = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|ABORT|END|START\s+TRANSACTION|PREPARE\s+TRANSACTION|TRUNCATE)\b", re.IGNORECASE)
_UPDATE = re.compile(r'\s*UPDATE\s+(?:ONLY\s+)?(?:[\w"]+\.)?"?(\w+)"?\s+SET\s+(.*)', re.IGNORECASE | re.DOTALL)
_SET = re.compile(r'(?:^|,)\s*"?(\w+)"?\s*=')


@attrs.frozen
class _Table:
    oid: int
    added: int
    changed: int
    deleted: int
    columns: str | None


@contextmanager
def counted(watch: Watch, session: Session, schema: str) -> Iterator[None]:
    """Tell ``watch`` afterwards what was done to rows, and stop statements that would end the transaction."""
    before, unit = _tables(session, schema), session.execute("SELECT pg_current_xact_id()::text").fetchone()[0]
    updates: dict[str, set[str]] = {}

    def stop(what: str) -> None:
        watch.wrong = f"it tries to {what}: all migrations are one transaction, which it neither begins nor ends"
        raise PermissionError(watch.wrong)

    def listen(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        ends = _ENDS.match(statement)
        if ends:
            stop(ends[1].upper())
        found = _UPDATE.match(statement)
        if found:
            updates.setdefault(found[1], set()).update(_SET.findall(found[2].split(" WHERE ")[0]) or [""])

    def commit(connection: Any) -> None:
        stop("COMMIT")

    sa.event.listen(session.sa, "before_cursor_execute", listen)
    sa.event.listen(session.sa, "commit", commit)
    try:
        yield
    finally:
        sa.event.remove(session.sa, "before_cursor_execute", listen)
        sa.event.remove(session.sa, "commit", commit)
    if session.execute("SELECT pg_current_xact_id()::text").fetchone()[0] != unit:
        watch.wrong = "the transaction is gone: it was ended, and another begun"
        return
    _compare(watch, before, _tables(session, schema), updates)


def _tables(session: Session, schema: str) -> dict[str, _Table]:
    rows = session.execute(STATE, (schema,)).fetchall()
    return {name: _Table(*counts) for name, *counts in rows}


def _compare(watch: Watch, before: dict[str, _Table], after: dict[str, _Table], updates: dict[str, set[str]]) -> None:
    was = {table.oid: table for table in before.values()}
    for name, table in after.items():
        earlier = was.get(table.oid, _Table(table.oid, 0, 0, 0, table.columns))
        if name in before and before[name].oid != table.oid:
            watch.replace(name)
            watch.wrong = watch.wrong or watch.strange(name, shape=True)
        if table.columns != earlier.columns:
            watch.wrong = watch.wrong or watch.strange(name, shape=True)
        touched = False
        if table.added > earlier.added:
            watch.write(name, ADDED)
            touched = True
        if table.deleted > earlier.deleted:
            watch.write(name, DELETED)
            touched = True
        if table.changed > earlier.changed:
            for column in sorted(updates.get(name, {""})):
                watch.write(name, CHANGED, column)
            touched = True
        if touched:
            watch.wrong = watch.wrong or watch.strange(name)
    here = {table.oid for table in after.values()}
    for name, table in before.items():
        if table.oid not in here:
            if name not in after:
                watch.replace(name)
            watch.wrong = watch.wrong or watch.strange(name, shape=True)
