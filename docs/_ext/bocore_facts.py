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

ELSEWHERE = ("numbered", "event", "Token", "memory", "set", "require", "requires")
"""What is called with a dotted name and more, and makes no finding."""


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
    """A code that findings have, what they say, and the remedies beside it; ``…`` stands for what is filled in."""

    code: str
    said: tuple[tuple[str, str], ...]

    @property
    def messages(self) -> tuple[str, ...]:
        """What is said, without the remedies."""
        return tuple(message for message, _ in self.said)


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
        f"made by `{spec.made_by}`" if spec.made_by else "",
        "derived: rebuilt from other rows" if spec.derived else "",
        "guards what others write" if spec.guards else "steady" if spec.steady else "",
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
    more = [word for word in ("unique", "personal", "secret", "searchable") if options.get(word)]
    more = ["optional", *more] if field.optional else more
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


def chart(module: ModuleType) -> Iterator[Named]:
    """The accounts of a chart that purposes are mapped to, by code."""
    for template in module.STANDARD:
        if template.purposes:
            yield Named(template.code, template.name, ", ".join(f"`{purpose}`" for purpose in template.purposes))


# ---------------------------------------------------------------- codes of findings


def codes(packages: list[str]) -> list[Code]:
    """Every code that is written in these packages beside a message, by name."""
    found: dict[str, list[tuple[str, str]]] = {}
    for package in packages:
        home = importlib.import_module(package).__file__
        assert home is not None
        prefix = "bo" if package == "bocore" else package.removeprefix("bocore_")
        pattern = re.compile(rf"{prefix}(\.[a-z_]+)+")
        for path in sorted(Path(home).parent.rglob("*.py")):
            for code, message, fix in _said(ast.parse(path.read_text(encoding="utf-8")), pattern):
                if (message, fix) not in found.setdefault(code, []):
                    found[code].append((message, fix))
    return [Code(code, tuple(said for said in several if said[0])) for code, several in sorted(found.items())]


def _said(tree: ast.Module, pattern: re.Pattern[str]) -> Iterator[tuple[str, str, str]]:
    """Codes with the messages and remedies beside them: the arguments of a call, the items of a dict."""
    module = _Module(tree)
    for function in module.functions:
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and _name(call.func) not in ELSEWHERE:
                for place, code in enumerate(call.args[:-1]):
                    if _is(code, pattern):
                        for message, fix in module.said(function, call, place + 1):
                            yield code.value, message, fix  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                if key is not None and _is(key, pattern) and " " in _text(value):
                    yield key.value, _text(value), _text(module.constants.get("_FIX"))  # type: ignore[attr-defined]


class _Module:
    """The functions and constants of a module, in which names of messages and remedies are looked up."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
        self.constants = {node.targets[0].id: node.value for node in assigned if isinstance(node.targets[0], ast.Name)}

    def said(self, function: ast.FunctionDef, call: ast.Call, place: int) -> Iterator[tuple[str, str]]:
        """What a call says from that argument on. A function that is given its message is asked who gives it."""
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        message = call.args[place]
        if isinstance(message, ast.Name) and message.id in names:
            for other in ast.walk(self.tree):
                if isinstance(other, ast.Call) and _name(other.func) == function.name and len(other.args) > names.index(message.id):
                    caller = next(one for one in reversed(self.functions) if one.lineno <= other.lineno <= (one.end_lineno or 0))
                    given = other.args[names.index(message.id)]
                    yield (
                        self.text(given, caller, other.lineno),
                        self.fix(other, names.index(message.id) + 1, caller) or self.fix(call, place + 1, function),
                    )
            return
        yield self.text(message, function, call.lineno) or _summary(function), self.fix(call, place + 1, function)

    def fix(self, call: ast.Call, after: int, function: ast.FunctionDef) -> str:
        """The remedy: the argument ``fix``, or else the last sentence among those after the message; ``…`` where it is worked out."""
        positional = (one for one in call.args[after:] if isinstance(one, ast.Name) and one.id == "fix")
        named = next((keyword.value for keyword in call.keywords if keyword.arg == "fix"), None) or next(positional, None)
        if named is not None:
            return self.text(named, function, call.lineno) or "…"
        texts = (self.text(one, function, call.lineno) for one in reversed(call.args[after:]))
        return next((text for text in texts if text.rstrip().endswith(".")), "")

    def text(self, node: ast.expr, function: ast.FunctionDef, line: int) -> str:
        """What an expression says; a name is what it was set to last, in the function or the module."""
        if isinstance(node, ast.Name):
            node = _latest(node, function, line) or self.constants.get(node.id, node)
        return _text(node)


def _summary(function: ast.FunctionDef) -> str:
    """The first line of a docstring, where a message is made elsewhere."""
    return (ast.get_docstring(function) or "").split("\n", 1)[0]


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


def _text(node: ast.expr | None) -> str:
    """What an expression says; of two ways the first that says something."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.IfExp):
        return _text(node.body) or _text(node.orelse)
    if isinstance(node, ast.BoolOp):
        return next(filter(None, map(_text, node.values)), "")
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return (_text(node.value) if isinstance(node.value, ast.IfExp) else "") or "…"
    return ""
