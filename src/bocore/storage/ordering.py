"""Where NULL stands: SQLite takes it for the least of all, PostgreSQL for the greatest. It is the least on both."""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import ClauseList, Over, UnaryExpression, _label_reference
from sqlalchemy.sql.selectable import GenerativeSelect, Join

S = TypeVar("S")
_SAID = (operators.nulls_first_op, operators.nulls_last_op)


def nulls_least(statement: S) -> S:
    """The same statement with a place for NULL in each ORDER BY that names none; for PostgreSQL, whose own way is the other."""
    if not isinstance(statement, GenerativeSelect):
        return statement
    if any(_sorts(node) for node in visitors.iterate(statement) if node is not statement):
        return visitors.cloned_traverse(statement, {}, {"select": _sort, "compound_select": _sort, "over": _sort_window})
    if statement._order_by_clauses:
        statement = statement._clone()
        _sort(statement)
    return statement


def _sorts(node: Any) -> bool:
    return bool(node._order_by_clauses) if isinstance(node, GenerativeSelect) else isinstance(node, Over) and node.order_by is not None


def _sort(select: Any) -> None:
    outer = not isinstance(select, sa.Select) or _has_outer_join(select)
    select._order_by_clauses = tuple(_placed(one, outer) for one in select._order_by_clauses)


def _sort_window(over: Any) -> None:
    if over.order_by is not None:
        over.order_by = ClauseList(*(_placed(one, True) for one in over.order_by.clauses))


def _has_outer_join(select: sa.Select[Any]) -> bool:
    joined = any(flags["isouter"] or flags["full"] for *_, flags in select._setup_joins)
    return joined or any(isinstance(node, Join) and (node.isouter or node.full) for source in select._from_obj for node in _parts(source))


def _parts(source: Any) -> list[Any]:
    return [source, *_parts(source.left), *_parts(source.right)] if isinstance(source, Join) else [source]


def _placed(element: Any, outer: bool) -> Any:
    """An element of ORDER BY, with a place for NULL unless it says one or can't be NULL, so that an index still serves it."""
    falling, inner = False, element
    while isinstance(inner, _label_reference) or (isinstance(inner, UnaryExpression) and inner.modifier is not None):
        if isinstance(inner, UnaryExpression) and inner.modifier in _SAID:
            return element
        falling = falling or (isinstance(inner, UnaryExpression) and inner.modifier is operators.desc_op)
        inner = inner.element
    if not outer and isinstance(inner, sa.Column) and not inner.nullable and isinstance(inner.table, sa.Table):
        return element
    return sa.nulls_last(element) if falling else sa.nulls_first(element)
