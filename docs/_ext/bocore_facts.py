"""Read entities, errors, purposes and codes of findings out of the code: plain data, which the reference pages and the tests share."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ELSEWHERE = ("numbered", "event", "Token")
"""What is called with a dotted name and a text, and makes no finding."""


class Field(NamedTuple):
    """A field of an entity: what it holds, in words, and its documentation."""

    name: str
    what: str
    doc: str


class Entity(NamedTuple):
    """An entity as its reader needs it."""

    table: str
    name: str
    doc: str
    rules: tuple[str, ...]
    fields: tuple[Field, ...]


class Code(NamedTuple):
    """A code that findings have, and what they say; ``…`` stands for what is filled in."""

    code: str
    messages: tuple[str, ...]


class Named(NamedTuple):
    """Something with a name and a sentence: an error with its code, a purpose with its fallback."""

    name: str
    beside: str
    doc: str


# ---------------------------------------------------------------- entities


def entities(modules: list[str]) -> Iterator[Entity]:
    """The entities of plugins, by the modules of their entry points."""
    from bocore import PluginHost

    plugins = [importlib.import_module(module) for module in modules]
    wanted = {module.plugin.prefix for module in plugins}
    host = PluginHost.of([module for module in plugins if not module.__name__.startswith("bocore.")])  # the core is always there
    host.load()
    for prefix, cls in host.entity_classes():
        if prefix in wanted:
            yield _entity(cls)


def _entity(cls: type) -> Entity:
    from bocore.entities import spec_of

    spec = spec_of(cls)
    rules = [
        f"extends `{spec_of(spec.extends).name}`" if spec.extends else "",
        "written once" if spec.append_only else "",
        "derived: rebuilt from other rows" if spec.derived else "",
        "rows belong to a company" if spec.company else "",
        f"frozen in the states {', '.join(sorted(spec.frozen_in))}" if spec.frozen_in else "",
        "its rows declare what money counts in" if spec.tokens else "",
        *(f"unique: {', '.join(f'`{name}`' for name in names)}" for names in spec.unique),
    ]
    fields = tuple(Field(field.name, _what(field), str(field.options.get("doc") or "")) for field in spec.fields.values())
    return Entity(spec.name, cls.__name__, inspect.getdoc(cls) or "", tuple(filter(None, rules)), fields)


def _what(field: Any) -> str:
    from bocore.entities import spec_of

    options = field.options
    if field.target is not None:
        said = f"{'part of' if field.role == 'parent' else 'refers to'} `{spec_of(field.target).name}`"
    elif field.role == "numbered":
        said = f"number `{options['template']}`, per {' and '.join(options['per']) or 'database'}"
    elif field.role == "recorded":
        said = "the unit of work that wrote the row"
    elif hasattr(field.kind, "enum"):
        said = f"one of {', '.join(f'`{member.value}`' for member in field.kind.enum)}"
    else:
        said = field.kind.doc
    more = ["optional" if field.optional else "", "unique" if options.get("unique") else "", "personal" if options.get("personal") else ""]
    return ", ".join([said, *filter(None, more)])


# ---------------------------------------------------------------- errors and purposes


def errors(module: ModuleType) -> Iterator[Named]:
    """The exceptions of a module, with the codes of their findings."""
    for name, value in vars(module).items():
        if inspect.isclass(value) and issubclass(value, module.BocoreError):
            yield Named(name, getattr(value, "code", ""), inspect.cleandoc(value.__doc__ or ""))


def purposes(module: ModuleType) -> Iterator[Named]:
    """The standard purposes, in the order of the table, each with its example."""
    for name, fallback in module.STANDARD.items():
        story, lines = module.EXAMPLES[name]
        example = ", ".join(f"`{purpose}` {amount}" for purpose, amount in lines)
        yield Named(name, fallback, f"{module.DESCRIPTIONS[name]} {story}: {example}.")


# ---------------------------------------------------------------- codes of findings


def codes(packages: list[str]) -> list[Code]:
    """Every code that is written in these packages beside a message, by name."""
    found: dict[str, list[str]] = {}
    for package in packages:
        home = importlib.import_module(package).__file__
        assert home is not None
        prefix = "bo" if package == "bocore" else package.removeprefix("bocore_")
        pattern = re.compile(rf"{prefix}(\.[a-z_]+)+")
        for path in sorted(Path(home).parent.rglob("*.py")):
            for code, message in _said(ast.parse(path.read_text(encoding="utf-8")), pattern):
                if message not in found.setdefault(code, []):
                    found[code].append(message)
    return [Code(code, tuple(filter(None, messages))) for code, messages in sorted(found.items())]


def _said(tree: ast.AST, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Codes with the messages beside them: the arguments of a call, the items of a dict."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and _name(call.func) not in ELSEWHERE:
                    for code, message in zip(call.args, call.args[1:], strict=False):
                        if _is(code, pattern):
                            yield code.value, _text(_latest(message, node, call.lineno) or message)  # type: ignore[attr-defined]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if key is not None and _is(key, pattern) and isinstance(value, ast.Constant):
                    yield key.value, _text(value)  # type: ignore[attr-defined]


def _latest(message: ast.expr, function: ast.FunctionDef, before: int) -> ast.expr | None:
    """What a name was set to last above a line of its function."""
    if not isinstance(message, ast.Name):
        return None
    above = [node for node in ast.walk(function) if isinstance(node, ast.Assign) and node.lineno <= before and _sets(node, message.id)]
    return max(above, key=lambda node: node.lineno).value if above else None


def _sets(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _is(node: ast.expr, pattern: re.Pattern[str]) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and pattern.fullmatch(node.value) is not None


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.IfExp):
        return _text(node.body) or _text(node.orelse)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""
