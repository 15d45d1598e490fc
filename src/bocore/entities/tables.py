"""Tables: a constraint-free one a class for building statements, and the real ones, made for each application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from bocore.entities.declare import spec_of
from bocore.entities.spec import Column, EntitySpec
from bocore.errors import DeclarationError
from bocore.storage.tables import where
from bocore.storage.types import type_of


def plain_table(spec: EntitySpec) -> sa.Table:
    """The table of a class without constraints, good in any application: what ``Party.c`` belongs to."""
    held = spec.cls.__dict__["__bocore__"]
    if getattr(held, "table", None) is None:
        held.table = sa.Table(spec.name, sa.MetaData(), *(_plain(c) for c in spec.columns))
        held.table.info["bocore"] = spec
    table: sa.Table = held.table
    return table


def _plain(column: Column) -> sa.Column[Any]:
    return sa.Column(column.name, type_of(column.kind, column.places), nullable=column.nullable)


def real_tables(metadata: sa.MetaData, specs: Iterable[EntitySpec]) -> dict[str, sa.Table]:
    """Add the tables of these entities, with keys, checks and indexes, to the metadata of one application."""
    tables: dict[str, sa.Table] = {}
    for spec in specs:
        tables[spec.name] = _real(metadata, spec)
    return tables


def _real(metadata: sa.MetaData, spec: EntitySpec) -> sa.Table:
    by_column = {column.name: field for field in spec.fields.values() for column in field.columns}
    columns: list[Any] = []
    for column in spec.columns:
        field = by_column.get(column.name)
        keys: list[Any] = []
        if column.name == "id" and spec.extends is not None:
            keys.append(sa.ForeignKey(spec_of(spec.extends).name + ".id", name=_name("fk", spec, "id")))
        if field is not None and field.target is not None:
            itself = field.target is spec.cls
            keys.append(
                sa.ForeignKey(
                    spec_of(field.target).name + ".id",
                    name=_name("fk", spec, column.name),
                    deferrable=itself or None,
                    initially="DEFERRED" if itself else None,
                )
            )
        # SQLite makes only "INTEGER PRIMARY KEY" the row's own key, which BIGINT is not.
        kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite") if column.name == "id" else type_of(column.kind, column.places)
        columns.append(sa.Column(column.name, kind, *keys, primary_key=column.name == "id", nullable=column.nullable, autoincrement=False))
    table = sa.Table(spec.name, metadata, *columns, info={"bocore": spec})
    for field in spec.fields.values():
        found = field.columns[-1 if field.options.get("searchable") else 0]
        name = found.name
        if field.options.get("unique"):
            sa.Index(_name("uq", spec, name), table.c[name], unique=True, **(where(name) if found.nullable else {}))
        elif (field.options.get("index") or field.options.get("searchable")) and not _begins(spec, name):
            sa.Index(_name("ix", spec, name), table.c[name])
    for group in spec.unique:
        sa.Index(_name("uq", spec, *group), *(table.c[name] for name in group), unique=True)
    for group in spec.index:
        sa.Index(_name("ix", spec, *group), *(table.c[name] for name in group))
    return table


def _begins(spec: EntitySpec, name: str) -> bool:
    """Whether an index of several columns begins with this one, and so serves for it."""
    return any(group[0] == name for group in (*spec.unique, *spec.index))


def _name(kind: str, spec: EntitySpec, *columns: str) -> str:
    """A name that every engine keeps whole (PostgreSQL cuts at 63 characters)."""
    name = f"{kind}_{spec.name}_{'_'.join(columns)}"
    if len(name) > 63:
        from hashlib import blake2b

        name = name[:54] + "_" + blake2b(name.encode(), digest_size=4).hexdigest()
    return name


def in_order(specs: Iterable[EntitySpec]) -> list[EntitySpec]:
    """The entities with what they refer to before them; a circle of references is refused by name."""
    import graphlib

    by_name = {spec.name: spec for spec in specs}
    graph: dict[str, set[str]] = {}
    for spec in by_name.values():
        targets = {spec_of(f.target).name for f in spec.fields.values() if f.target is not None and f.target is not spec.cls}
        if spec.extends is not None:
            targets.add(spec_of(spec.extends).name)
        missing = targets - set(by_name)
        if missing:
            raise DeclarationError(f"{spec.cls.__qualname__} refers to {', '.join(sorted(missing))}, which no loaded plugin declares.")
        graph[spec.name] = targets
    try:
        sorter = graphlib.TopologicalSorter({name: sorted(graph[name]) for name in sorted(graph)})
        return [by_name[name] for name in sorter.static_order()]
    except graphlib.CycleError as error:
        raise DeclarationError(
            f"Entities refer to each other in a circle: {' → '.join(error.args[1])}.", fix="Make one side a row of its own."
        ) from None
