"""What ``uow.rows`` accepts: selects over known tables, built from columns, with functions that only compute."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import BindParameter, Cast, ColumnClause, TextClause, TypeClause, _textual_label_reference, quoted_name
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.lambdas import LambdaElement
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.selectable import TableSample, TextualSelect

from bocore.entities import EntitySpec
from bocore.entities.tables import plain_table
from bocore.errors import UsageError
from bocore.record.positions import is_placed
from bocore.uow.portable import ALLOWED, INSTEAD, OPERATORS, unlike

RAW = ("_prefixes", "_suffixes", "_hints", "_statement_hints")
SETTINGS = ("_execution_options", "_with_options", "_with_context_options", "_compile_state_funcs", "_propagate_attrs")
"""What changes how a statement is run or compiled: nothing of it is part of what is checked here."""
SIZES = ("length", "precision", "scale", "second_precision", "decimal_return_scale")
_sound: set[type] = set()
"""The classes of types that were looked at and found to be SQLAlchemy's or our own, without sizes."""


class Read(set[str]):
    """The names of the tables that a statement reads.

    ``flat`` says that it is one select of tables that are joined from inside, and nothing inside it selects again.
    """

    flat = False


def check_statement(statement: Any, known: Mapping[str, EntitySpec]) -> Read:
    """Return the names of the tables that a statement reads; UsageError for anything that could read past the rules.

    :param known: table → the entity that is kept in it.
    """
    if not isinstance(statement, (sa.Select, sa.CompoundSelect)):
        raise UsageError(
            f"uow.rows takes a select or a union of selects, not {type(statement).__name__}.", fix="Writes go through uow.add and objects."
        )
    tables, inner = Read(), 0
    for node in {id(node): node for node in visitors.iterate(statement)}.values():  # a column stands in many places
        if isinstance(node, (TextClause, TextualSelect)):
            raise UsageError(
                "text() is not allowed in uow.rows: it could read past the rules of access.", fix="Build it from columns: Party.c.name."
            )
        if isinstance(node, (sa.Insert, sa.Update, sa.Delete)):
            raise UsageError("uow.rows only reads.", fix="Write with uow.add, uow.remove and changes of loaded objects.")
        if isinstance(node, TableSample):
            raise UsageError("TABLESAMPLE is not allowed in uow.rows.")
        if isinstance(node, ColumnClause) and node.is_literal and node.name != "*":
            raise UsageError(f"literal_column({node.name!r}) is not allowed in uow.rows.", fix="Use sa.literal(value) or a column.")
        if isinstance(node, _textual_label_reference) and node.element not in [column.key for column in statement.selected_columns]:
            raise UsageError(
                f"order_by or group_by has the text {node.element!r}, which is no column of the select.", fix="Write Party.c.name."
            )
        raw = _raw(node)
        if raw:
            raise UsageError(
                f"{raw} is not allowed in uow.rows: it puts text into the statement.", fix="Build it from columns and functions."
            )
        if isinstance(node, FunctionElement) and (
            str(getattr(node, "name", "")).lower() not in ALLOWED or bool(getattr(node, "packagenames", None))
        ):
            name = str(getattr(node, "name", node))
            fix = f"Instead {INSTEAD[name.lower()]}." if name.lower() in INSTEAD else f"Allowed: {', '.join(sorted(ALLOWED))}."
            raise UsageError(f"The SQL function {name!r} is not allowed in uow.rows.", fix=fix)
        different = unlike(node)
        if different is not None:
            what, instead = different
            raise UsageError(
                f"{what} is not allowed in uow.rows: SQLite and PostgreSQL do not answer alike.", fix=f"{instead[0].upper()}{instead[1:]}."
            )
        if isinstance(node, (sa.FromClause, sa.SelectBase)) and not isinstance(node, FunctionElement):
            inner += 1
        if isinstance(node, sa.Table):
            if is_placed(node):
                continue
            spec = known.get(node.name)
            if spec is None or plain_table(spec) is not node:  # another with its name would name other columns
                raise UsageError(f"{node.name!r} is no table of an installed entity.", fix="Use Entity.c of a loaded plugin.")
            tables.add(node.name)
        elif isinstance(node, sa.TableClause):
            raise UsageError(f"table({node.name!r}) is not allowed in uow.rows.", fix="Use Entity.c of a loaded plugin.")
    tables.flat = isinstance(statement, sa.Select) and inner == 1 + len(tables) and not _joined_outside(statement)
    return tables


def _joined_outside(statement: sa.Select[Any]) -> bool:
    """Whether a table of it stands on the far side of an outer join, where rows that are missing count too."""
    return any(options["isouter"] or options["full"] for *_, options in statement._setup_joins)


def refuse_ciphertext(expression: Any, ciphertexts: Mapping[str, Collection[str]]) -> None:
    """Refuse what names the column of a secret field: ciphertext can be neither compared, sorted nor shown.

    :param ciphertexts: table → its columns that are encrypted.
    """
    if not ciphertexts:
        return
    selected = list(expression.selected_columns) if isinstance(expression, (sa.Select, sa.CompoundSelect)) else []
    for node in {id(node): node for part in (expression, *selected) for node in visitors.iterate(part)}.values():
        if not isinstance(node, ColumnClause):
            continue
        for base in node.base_columns:
            table = getattr(base, "table", None)
            if isinstance(table, sa.Table) and base.name in ciphertexts.get(table.name, ()):
                raise UsageError(
                    f"{table.name}.{base.name} is secret: the database has its ciphertext, which says nothing and has no order.",
                    fix="Look rows up by uow.select(Entity, field=value), where it is searchable, and show values by uow.unmask.",
                )


def _raw(node: Any) -> str:
    """What would put text of the caller's into the statement as it stands; nothing for a node that is built from parts."""
    if not type(node).__module__.startswith(("sqlalchemy.", "bocore.storage.")):
        return f"A node of one's own ({type(node).__name__})"
    if any(_value(node, name) for name in RAW):
        return "A prefix, suffix or hint"
    for name in ("name", "key", "element", "collation"):
        value = _value(node, name)
        if isinstance(value, quoted_name) and value.quote is False:
            return "A name without quotes"
    for name in ("operator", "modifier"):
        operator = _value(node, name)
        if isinstance(operator, custom_op) and operator.opstring not in OPERATORS:
            return f"The operator {operator.opstring!r}"
    kind = _value(node, "type")
    if kind is not None and type(kind) not in _sound and _unsound(kind):
        return f"The type {type(kind).__name__} as it is"
    if isinstance(node, (Cast, TypeClause)) and getattr(kind, "collation", None):
        return "A collation"
    return _unseen(node)


def _unsound(kind: Any) -> bool:
    """Whether a type would put text of its own into the statement: one that is not SQLAlchemy's or ours, or a size that is no number."""
    cls = type(kind)
    variants = getattr(kind, "_variant_mapping", None)
    if variants and any(map(_unsound, variants.values())):
        return True
    if cls.__module__ not in ("sqlalchemy.sql.sqltypes", "bocore.storage.types"):
        return True
    sized = [name for name in SIZES if hasattr(kind, name)]
    if not sized and not variants and not isinstance(kind, (sa.ARRAY, sa.Enum, sa.JSON, sa.Interval)):
        _sound.add(cls)
    return any(getattr(kind, name) is not None and type(getattr(kind, name)) is not int for name in sized) or (
        isinstance(kind, sa.ARRAY) and _unsound(kind.item_type)
    )


def _unseen(node: Any) -> str:
    """What is worked out after the statement was looked at, or would not be looked at when tables are replaced."""
    if isinstance(node, LambdaElement):  # known by its code, whatever stands in it: that of another actor would be run
        return "A lambda"
    if isinstance(node, BindParameter) and (node.callable is not None or node.literal_execute or node.isoutparam):
        return "A value that is computed later or written into the text"
    if isinstance(node, sa.Values) and node.literal_binds:
        return "VALUES with its values in the text"
    # SQLAlchemy goes over FROMs that are equal once, and an annotated one is equal to the plain one.
    parts = (*node._from_obj, *(join[0] for join in node._setup_joins)) if isinstance(node, sa.Select) else ()
    if any("no_replacement_traverse" in part._annotations for part in (node, *parts)):
        return "A part that asks to be left as it is"
    if isinstance(node, Executable) and any(_value(node, name) for name in SETTINGS):
        return "An option of a statement"
    return ""


def _value(node: Any, name: str) -> Any:
    """An attribute of a node, or None. A column that has none would ask its type, whatever the name: that took most of the time."""
    return getattr(node, name, None) if name in vars(node) or hasattr(type(node), name) else None


def refuse_bool(conditions: tuple[Any, ...]) -> None:
    """``Party.name == "x"`` compares a slot and is always False: say so instead of finding nothing."""
    for condition in conditions:
        if isinstance(condition, bool):
            raise UsageError(
                "where() got a plain True or False: Entity.field is a slot, not a column.",
                fix="Write Entity.c.field == value, or uow.select(Entity, field=value).",
            )
