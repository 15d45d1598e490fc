"""What SQLite and PostgreSQL answer alike. Where they don't, a select is refused on both, so that a report says the same on either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, Cast, CollationClause, Extract, Null
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import custom_op

from bocore.storage.types import Day, Instant, TimeOfDay

ALLOWED = frozenset(
    {
        *("count", "max", "min", "sum", "abs", "coalesce", "nullif", "cast", "extract", "json_text"),
        *("length", "lower", "ltrim", "replace", "rtrim", "substr", "substring", "trim", "upper"),
        *("dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile", "percent_rank", "rank", "row_number"),
    }
)
"""Functions that only compute, and that both have."""
INSTEAD = {
    "avg": "select sum and count, and divide in Python, which says how it rounds",
    "ceil": "compute it in Python, from exact numbers",
    "concat": "write left + right, which is NULL where one side is",
    "current_date": "pass uow.today(), the day of the company",
    "exp": "compute it in Python, from exact numbers",
    "floor": "compute it in Python, from exact numbers, or divide whole numbers with //",
    "greatest": "write sa.case((a > b, a), else_=b)",
    "iif": "write sa.case((condition, a), else_=b)",
    "instr": "write column.contains(text)",
    "least": "write sa.case((a < b, a), else_=b)",
    "mod": "write a % b",
    "now": "pass uow.now(), by the clock of the application",
    "round": "round in Python, where the mode is named",
    "sign": "write sa.case((a > 0, 1), (a < 0, -1), else_=0)",
    "strftime": 'write sa.extract("year", column), or format in Python',
    "total": "write sum",
}
"""What somebody may look for → what to write."""
EXTRACTED = ("year", "month", "day", "dow", "doy")
OPERATORS = frozenset({"||", "+", "-", "*", "%", "<<", ">>", "&", "|", "=", "<>", "<", ">", "<=", ">="})
_ARITHMETIC = frozenset({operators.add, operators.concat_op, operators.sub, operators.mul, operators.floordiv, operators.mod})
_REGULAR = frozenset(
    {operators.regexp_match_op, operators.not_regexp_match_op, operators.regexp_replace_op, operators.match_op, operators.not_match_op}
)
_UNTYPED = frozenset({operators.between_op, operators.not_between_op, operators.inv})
"""What gives a flag, and SQLAlchemy does not know it."""
_POINTS = (Day, Instant, TimeOfDay, sa.Date, sa.DateTime, sa.Time)
_WRITABLE = (sa.String, sa.Integer, sa.types.NullType)
"""The types of what can be put together as text; what a function gives has no type that is known."""
Why = tuple[str, str] | None
"""What is not alike, and what to write instead."""


def unlike(node: Any) -> Why:
    """What the engines would answer differently in a node of a select; None for nothing."""
    for kind, check in _CHECKS:
        if isinstance(node, kind):
            return check(node)
    return None


def _select(node: Any) -> Why:
    if node._for_update_arg is not None:
        return "FOR UPDATE", "uow.get_all(Entity, ids, lock=True) reads rows locked"
    if any(getattr(getattr(one, "element", one), "operator", None) in _UNTYPED for one in node._raw_columns):
        return "BETWEEN or NOT in a column, which comes back as a number or as a flag,", "write sa.type_coerce(condition, sa.Boolean)"
    return None


def _function(node: Any) -> Why:
    name, arguments = str(node.name).lower(), list(node.clauses)
    if name in ("min", "max") and len(arguments) != 1:
        return f"{name} of several values", INSTEAD["greatest" if name == "max" else "least"]
    if name in ("min", "max", "sum") and isinstance(arguments[0].type, (sa.Boolean, sa.LargeBinary)):
        return f"{name} of what is no number", "write sa.case((flag, 1), else_=0) for a flag"
    if isinstance(node.type, sa.types.NullType) and any(isinstance(one.type, sa.Boolean) for one in arguments):
        return f"{name} of a flag", "write sa.case((flag, 1), else_=0)"
    if name in ("substr", "substring"):
        places = [getattr(one, "value", None) for one in arguments[1:]]
        if not all(type(place) is int and place >= least for place, least in zip(places, (1, 0), strict=False)):
            return name, "say as plain numbers where to begin, from 1 on, and how many characters to take"
    return None


def _operation(node: Any) -> Why:
    operator, sides = node.operator, (node.left, node.right)
    if operator is operators.truediv:
        return "Division", "divide in Python, which says how it rounds; // divides whole numbers"
    if operator in _ARITHMETIC and any(isinstance(side.type, _POINTS) for side in sides):
        return "Adding to dates", "compute the dates in Python, and compare with them"
    if operator is operators.add and all(isinstance(side.type, sa.types.NullType) for side in sides):
        return "The sum of what two functions give", "say what they give: sa.func.lower(column, type_=sa.Text)"
    if operator is operators.add and any(isinstance(_plain(side), (sa.String, sa.Boolean)) for side in sides):
        return "Adding text or flags to something else", "format it in Python"
    if operator is operators.concat_op and not all(isinstance(_plain(side), _WRITABLE) for side in sides):
        return "Putting together what is neither text nor a whole number", "format it in Python"
    if operator in _REGULAR:
        return "A regular expression", "use like or ilike, or match in Python"
    if isinstance(operator, custom_op) and operator.opstring not in OPERATORS:
        return f"The operator {operator.opstring!r}", f"these are alike: {' '.join(sorted(OPERATORS))}"
    return None


def _extract(node: Any) -> Why:
    if node.field not in EXTRACTED or not isinstance(node.expr.type, (Day, sa.Date)):
        return f"extract({node.field!r}, …)", f"take {', '.join(EXTRACTED)} of a date; an instant has a day in a zone only"
    return None


def _cast(node: Any) -> Why:
    given, wanted = _plain(node.clause), node.type
    if isinstance(node.clause, (Null, BindParameter)):  # a union asks for the type of a column that has no values
        return None
    wanted = wanted.impl_instance if isinstance(wanted, sa.types.TypeDecorator) else wanted
    if isinstance(wanted, sa.String) and isinstance(given, (sa.String, sa.Integer)):
        return None
    if isinstance(wanted, sa.Integer) and isinstance(given, sa.Integer):
        return None
    return f"cast to {node.type!r}", "cast whole numbers or text to text, and whole numbers to whole numbers; write sa.case for a flag"


def _collation(node: Any) -> Why:
    return f"The collation {node.collation!r}", "text is in the order of its code points; sa.func.lower(column) ignores the case of a to z"


def _value(node: Any) -> Why:
    return ("A float", "use whole numbers or Decimals") if type(node.value) is float else None


def _plain(node: Any) -> Any:
    """The type of a node; that of the text behind one of our own, and none of a date's, which is text on SQLite only."""
    kind = node.type
    if isinstance(kind, sa.types.TypeDecorator) and not isinstance(kind, _POINTS):
        return kind.impl_instance
    return kind


_CHECKS: tuple[tuple[Any, Callable[[Any], Why]], ...] = (
    (sa.Column, lambda node: None),  # most nodes are columns
    (BinaryExpression, _operation),
    (BindParameter, _value),
    (FunctionElement, _function),
    (Extract, _extract),
    (Cast, _cast),
    (CollationClause, _collation),
    (sa.Select, _select),
)
