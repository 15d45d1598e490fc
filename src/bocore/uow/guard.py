"""What ``uow.rows`` accepts: selects over known tables, built from columns, with functions that only compute."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableSample, TextualSelect

from bocore.errors import UsageError

ALLOWED = frozenset(
    "abs avg cast ceil coalesce concat count current_date dense_rank exp extract first_value floor greatest iif instr lag last_value"
    " lead least length lower ltrim max min mod nth_value ntile nullif percent_rank rank replace round row_number rtrim sign strftime"
    " substr substring sum total trim upper".split()
)


def check_statement(statement: Any, known: Collection[str]) -> set[str]:
    """Return the names of the tables that a statement reads; UsageError for anything that could read past the rules."""
    if not isinstance(statement, (sa.Select, sa.CompoundSelect)):
        raise UsageError(f"uow.rows takes a select or a union of selects, not {type(statement).__name__}.", fix="Writes go through uow.add and objects.")
    tables: set[str] = set()
    for node in visitors.iterate(statement):
        if isinstance(node, (TextClause, TextualSelect)):
            raise UsageError("text() is not allowed in uow.rows: it could read past the rules of access.", fix="Build it from columns: Party.c.name.")
        if isinstance(node, (sa.Insert, sa.Update, sa.Delete)):
            raise UsageError("uow.rows only reads.", fix="Write with uow.add, uow.remove and changes of loaded objects.")
        if isinstance(node, TableSample):
            raise UsageError("TABLESAMPLE is not allowed in uow.rows.")
        if isinstance(node, ColumnClause) and not isinstance(node, sa.Column) and node.is_literal:
            raise UsageError(f"literal_column({node.name!r}) is not allowed in uow.rows.", fix="Use sa.literal(value) or a column.")
        if isinstance(node, FunctionElement) and str(getattr(node, "name", "")).lower() not in ALLOWED:
            raise UsageError(f"The SQL function {getattr(node, 'name', node)!r} is not allowed in uow.rows.", fix=f"Allowed: {', '.join(sorted(ALLOWED))}.")
        if isinstance(node, sa.Table):
            if node.name not in known or node.schema is not None:
                raise UsageError(f"{node.name!r} is no table of an installed entity.", fix="Use Entity.c of a loaded plugin.")
            tables.add(node.name)
        elif isinstance(node, sa.TableClause):
            raise UsageError(f"table({node.name!r}) is not allowed in uow.rows.", fix="Use Entity.c of a loaded plugin.")
    return tables


def refuse_bool(conditions: tuple[Any, ...]) -> None:
    """``Party.name == "x"`` compares a slot and is always False: say so instead of finding nothing."""
    for condition in conditions:
        if isinstance(condition, bool):
            raise UsageError(
                "where() got a plain True or False: Entity.field is a slot, not a column.",
                fix="Write Entity.c.field == value, or uow.select(Entity, field=value).",
            )
