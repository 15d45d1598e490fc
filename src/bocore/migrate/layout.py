"""Laying out generated statements: on one line where they fit, else one argument a line, as ruff format would leave them."""

from __future__ import annotations

import ast

WIDTH = 88  # what fits here, and is broken with trailing commas beyond, every wider setting leaves alone


def layout(statement: ast.stmt, indent: int) -> list[str]:
    """The lines of a statement: a call, or a ``with`` of calls."""
    margin = " " * indent
    if isinstance(statement, ast.With):
        (item,) = statement.items
        assert item.optional_vars is not None
        head = f"{margin}with {_flat(item.context_expr)} as {_flat(item.optional_vars)}:"
        return [head, *(line for inner in statement.body for line in layout(inner, indent + 4))]
    assert isinstance(statement, ast.Expr)
    return [margin + _broken(statement.value, indent, 0)]


def _broken(node: ast.expr, column: int, tail: int) -> str:
    """The expression, whose first line begins at ``column`` and whose last is followed by ``tail`` more characters."""
    flat = _flat(node)
    if column + len(flat) + tail <= WIDTH or not isinstance(node, ast.Call | ast.List):
        return flat
    margin = " " * (column + 4)
    parts: list[str] = []
    if isinstance(node, ast.List):
        opening, closing = "[", "]"
        parts = [_broken(one, column + 4, 1) for one in node.elts]
    else:
        opening, closing = f"{_flat(node.func)}(", ")"
        parts = [_broken(one, column + 4, 1) for one in node.args]
        parts += [f"{one.arg}={_broken(one.value, column + 4, len(one.arg or '') + 2)}" for one in node.keywords]
    return "\n".join([opening, *(f"{margin}{part}," for part in parts), f"{' ' * column}{closing}"])


def _flat(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = repr(node.value)
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text else text
    if isinstance(node, ast.List):
        return f"[{', '.join(map(_flat, node.elts))}]"
    if isinstance(node, ast.Call):
        named = [f"{one.arg}={_flat(one.value)}" for one in node.keywords]
        return f"{_flat(node.func)}({', '.join([*map(_flat, node.args), *named])})"
    return ast.unparse(node)
