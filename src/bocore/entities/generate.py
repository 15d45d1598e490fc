"""One function an entity for each thing that is done to many rows: check, store, load, compare, make canonical.

The source is put together from the kinds' pieces and compiled once; names in it are checked identifiers. Per-object calls would
cost more than the database does (measured in docs/explanation/ideas.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from types import CodeType
from typing import Any

import attrs

from bocore.currencies import Token
from bocore.entities.spec import Column, EntitySpec, FieldSpec
from bocore.record.canonical import canonical_bytes, scaled_text

Row = tuple[Any, ...]


@attrs.frozen(eq=False)
class Compiled:
    """The generated functions and SQL texts of one entity in one application."""

    spec: EntitySpec
    begin: Callable[[Sequence[Any], Iterable[int], int | None], None]
    check: Callable[[Sequence[Any], Callable[[Any, str, Any], None]], None]
    rows: Callable[[Sequence[Any], Sequence[bytes | None]], list[Row]]
    load: Callable[[Sequence[Row], dict[int, tuple[Any, Any]], list[Any]], None]
    altered: Callable[[Iterable[tuple[Any, Any]]], list[tuple[Any, Any]]]
    names: tuple[str, ...]
    insert: str
    update: str
    delete: str
    select: str


def quoted(name: str) -> str:
    """A checked identifier, safe even where it is a word of SQL such as ``on``."""
    return f'"{name}"'


def compile_entity(spec: EntitySpec, tokens: Mapping[str, Token], mark: str = "?", quote: Callable[[str], str] = quoted) -> Compiled:
    """Generate the functions and texts of an entity.

    :param tokens: code → token of this application; a token that is not in it is refused.
    :param mark: the driver's place holder.
    :param quote: makes a table name safe, and qualifies it with its schema.
    """
    space = _space(spec, tokens)
    code: dict[str, Any] = {}
    for source in (_begin_source(spec), _check_source(spec), _rows_source(spec), _load_source(spec), _altered_source(spec)):
        exec(_code(source, spec.name), space, code)  # noqa: S102 - our own text, checked identifiers
    names = tuple(column.name for column in spec.columns)
    table, columns, one = quote(spec.name), ", ".join(quoted(name) for name in names), f"({', '.join([mark] * len(names))})"
    body = ", ".join(f"{quoted(name)} = {mark}" for name in names[1:])
    known = f" AND version = {mark}" if spec.versioned else ""
    return Compiled(
        spec=spec,
        begin=code["begin"],
        check=code["check"],
        rows=code["rows"],
        load=code["load"],
        altered=code["altered"],
        names=names,
        insert=f"INSERT INTO {table} ({columns}) VALUES {one}",
        update=f"UPDATE {table} SET {body} WHERE id = {mark}{known}",
        delete=f"DELETE FROM {table} WHERE id = {mark}{known}",
        select=f"SELECT {columns} FROM {table}",
    )


@attrs.frozen(eq=False)
class Masked:
    """The generated functions for rows of one entity of which some fields are not seen: their slots stay unset."""

    load: Callable[[Sequence[Row], dict[int, tuple[Any, Any]], list[Any]], None]
    altered: Callable[[Iterable[tuple[Any, Any]]], list[tuple[Any, Any]]]


def mask_entity(spec: EntitySpec, tokens: Mapping[str, Token], hidden: frozenset[str]) -> Masked:
    """Generate the functions of an entity without its hidden fields."""
    code: dict[str, Any] = {}
    for source in (_load_source(spec, hidden), _altered_source(spec, hidden)):
        exec(_code(source, f"{spec.name} masked"), _space(spec, tokens), code)  # noqa: S102 - our own text
    return Masked(code["load"], code["altered"])


@lru_cache(maxsize=4096)
def _code(source: str, name: str) -> CodeType:
    """The text compiled: once a process, however many applications are opened in it."""
    return compile(source, f"<bocore {name}>", "exec")


def _space(spec: EntitySpec, tokens: Mapping[str, Token]) -> dict[str, Any]:
    def known(token: Token) -> bool:
        try:
            found = tokens[token.code]
            return found is token or found == token
        except LookupError:
            return False
        except ValueError:
            return False

    space: dict[str, Any] = {"tokens": tokens, "known": known, "new": spec.cls.__new__, "cls": spec.cls}
    for field in spec.fields.values():
        space.update(field.kind.helpers())
        space[f"default_{field.name}"] = field.default
    return space


def _check_source(spec: EntitySpec) -> str:
    lines = ["def check(objects, refuse):", "    seen = None", "    for o in objects:"]
    for field in spec.fields.values():
        if field.role in ("numbered", "recorded"):
            continue
        bad = field.kind.bad()
        lines.append(f"        v = o.{field.name}")
        usual = _usual(field)
        test = f"v is not None and ({bad})" if field.optional else bad
        if usual is not None:  # most fields of most rows hold their default, the very object
            test = f"v is not {usual} and ({bad})"
        if usual not in (None, "None") and field.optional:
            test = f"v is not None and {test}"
        lines.append(f"        if {test}: refuse(o, {field.name!r}, v)")
    return "\n".join([*lines, "        pass", ""])


_FACTORY: Any = type(attrs.Factory(list))


def _usual(field: FieldSpec) -> str | None:
    """The name under which the check knows the default of a field, if it has a valid one of its own."""
    if field.default is attrs.NOTHING or type(field.default) is _FACTORY:
        return None
    if field.default is None:
        return "None" if field.optional else None
    try:
        field.kind.convert(field.default)
    except ValueError:
        return None
    return f"default_{field.name}"


def _begin_source(spec: EntitySpec) -> str:
    lines = ["def begin(objects, ids, unit):", "    for o, i in zip(objects, ids, strict=True):", "        o.id = i"]
    if spec.versioned:
        lines.append("        o.version = 1")
    lines += [f"        o.{field.name} = unit" for field in spec.all("recorded")]
    return "\n".join([*lines, ""])


def _stored(spec: EntitySpec, hidden: Collection[str] = ()) -> str:
    """Source of the driver values of the object ``o``, in the order of the columns, without the salt."""
    parts = ["o.id"]
    if spec.versioned:
        parts.append("o.version")
    for field in spec.fields.values():
        if field.name in hidden:
            continue
        value = f"o.{field.name}"
        if field.optional and field.kind.store("v") != ["v"]:
            stored = field.kind.store("v")
            parts.append(f"(None if (v := {value}) is None else {stored[0]})")
            parts.extend(f"(None if v is None else {more})" for more in stored[1:])
        else:
            parts.extend(field.kind.store(value))
    return ", ".join(parts)


def _rows_source(spec: EntitySpec) -> str:
    if spec.salted:
        return f"def rows(objects, salts):\n    return [({_stored(spec)}, s) for o, s in zip(objects, salts)]\n"
    return f"def rows(objects, salts):\n    return [({_stored(spec)},) for o in objects]\n"


def _load_source(spec: EntitySpec, hidden: Collection[str] = ()) -> str:
    names = [f"c{i}" for i in range(len(spec.columns))]
    lines = ["def load(rows, held, found):", "    add = found.append", "    have = held.get", "    for r in rows:"]
    lines += [
        f"        ({', '.join(names)},) = r",
        "        e = have(c0)",
        "        if e is None:",
        "            o = new(cls)",
        "            o.id = c0",
    ]
    at = 1
    if spec.versioned:
        lines.append("            o.version = c1")
        at = 2
    for field in spec.fields.values():
        mine = names[at : at + len(field.kind.stored)]
        at += len(mine)
        if field.name in hidden:
            continue
        steps = [f"            {step}" for step in field.kind.load_into(f"o.{field.name}", *mine)]
        if field.optional or field.role == "numbered":
            steps = [f"            if {mine[0]} is None: o.{field.name} = None", "            else:", *(f"    {step}" for step in steps)]
        lines += steps
    lines += ["            held[c0] = (o, r)", "            add(o)", "        else:", "            add(e[0])", ""]
    return "\n".join(lines)


def _altered_source(spec: EntitySpec, hidden: Collection[str] = ()) -> str:
    """Compares objects with the rows that they were loaded from; one with a value that can't be stored counts as altered.

    Hidden fields are left out: of a row, too, only what is seen is compared.
    """
    tests = ["o.version != r[1]"] if spec.versioned else []
    at = 2 if spec.versioned else 1
    for field in spec.fields.values():
        columns = [f"r[{i}]" for i in range(at, at + len(field.kind.stored))]
        at += len(columns)
        if field.name in hidden:
            continue
        if field.optional:
            value = field.kind.differs("v", *columns)
            tests.append(f"(({columns[0]} is not None) if (v := o.{field.name}) is None else ({columns[0]} is None or {value}))")
        else:
            tests.append(field.kind.differs(f"o.{field.name}", *columns))
    lines = ["def altered(entries):", "    found = []", "    for e in entries:", "        o, r = e", "        if r is None: continue"]
    lines += [
        "        try:",
        f"            if o.id != r[0] or {' or '.join(tests)}: found.append(e)",
        "        except Exception: found.append(e)",
    ]
    return "\n".join([*lines, "    return found", ""])


def canonical_rows(positions: Sequence[tuple[Column, Any] | None]) -> Callable[[Sequence[Row], Sequence[str]], Sequence[Row]]:
    """Return a function from driver rows to canonical rows, in the order of a shape's positions.

    :param positions: the column of each position with its absent value; None for one that is retired.

    The function takes the rows and the names of their columns. Personal values become null, and the position of ``_salt`` holds the
    commitment to them.
    """
    personal_columns = [p for p in positions if p is not None and p[0].personal]
    plans: dict[tuple[str, ...], tuple[list[Any], bool]] = {}

    def planned(names: Sequence[str]) -> tuple[list[Any], bool]:
        """Where each position is found and how it is converted; True with it where driver rows are canonical as they are."""
        found = plans.get(tuple(names))
        if found is None:
            plan = [(-1, None, None) if p is None else (names.index(p[0].name), converter(p[0]), p[1]) for p in positions]
            plain = all(at == i and how is None and absent is None for i, (at, how, absent) in enumerate(plan))
            found = plans[tuple(names)] = plan, plain and not personal_columns and len(plan) == len(names)
        return found

    def convert(rows: Sequence[Row], names: Sequence[str]) -> Sequence[Row]:
        plan, plain = planned(names)
        if not rows or plain:
            return rows
        personal = [(names.index(column.name), converter(column), absent) for column, absent in personal_columns]
        salt = names.index("_salt") if personal else -1
        hidden = {at for at, _, _ in personal}
        # Column by column: taking rows apart and putting them together again is one call each.
        stored = list(zip(*rows, strict=True))
        columns: list[Sequence[Any]] = []
        for at, how, absent in plan:
            if at < 0 or at in hidden:
                columns.append((None,) * len(rows))
            elif at == salt:
                values = zip(*(_canonical(stored[p], *rest) for p, *rest in personal), strict=True)
                columns.append([commitment(s, v) for s, v in zip(stored[salt], values, strict=True)])
            else:
                columns.append(_canonical(stored[at], how, absent))
        return list(zip(*columns, strict=True))

    return convert


def _canonical(column: Sequence[Any], how: Callable[[Any], Any] | None, absent: Any) -> Sequence[Any]:
    """The canonical values of one column. Where the absent value is not null, it is null that needs a sign of its own: ``[]``."""
    if how is not None:
        values = {value: how(value) for value in set(column) if value is not None}  # much of a column is the same
        column = list(map(values.get, column))
    if absent is not None:
        column = [None if value == absent else [] if value is None else value for value in column]
    return column


def converter(column: Column) -> Callable[[Any], Any] | None:
    """How a driver value of this column becomes canonical; None where it already is."""
    if column.kind == "boolean":
        return _boolean
    if column.kind == "decimal":
        places = column.places or 0
        return lambda value: scaled_text(value, places)
    if column.kind == "bytes":
        return bytes.hex
    return None


def _boolean(value: Any) -> bool:
    return bool(value)


def commitment(salt: bytes | None, values: Sequence[Any]) -> str | None:
    """The salted commitment to the personal values of a row; null for an erased row, where salt and values are all gone.

    Trailing nulls are cut, as in a row: a personal column that is added later leaves the commitments of older rows as they are.
    """
    end = len(values)
    while end and values[end - 1] is None:
        end -= 1
    if salt is None and not end:
        return None
    return blake2b((salt or b"") + canonical_bytes(list(values[:end])), digest_size=16).hexdigest()
