"""The text of a migration: alembic's operations, made fit for older rows and for SQLite, and laid out as ruff does."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.operations import ops
from sqlalchemy.dialects import sqlite

from bocore.entities import EntitySpec
from bocore.errors import Finding, UsageError
from bocore.migrate.layout import layout
from bocore.storage import types

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

    from bocore.app import BackOffice

SIMPLE = (ops.AddColumnOp, ops.CreateIndexOp, ops.DropIndexOp)
"""What SQLite can do to a table that is there; for the rest alembic's batch builds the table anew."""
GONE = "What it holds is lost."
CAST = "Look at what the database makes of the values, or write them yourself."
HEAD = '''"""{message}."""

{imports}


def upgrade() -> None:
{body}
'''


@attrs.define
class _Script:
    """The statements of a migration, with what the author must look at."""

    app: BackOffice
    lines: list[str] = attrs.field(factory=list)
    rebased: list[str] = attrs.field(factory=list)
    """Entities whose digests must be stated anew."""
    warnings: list[str] = attrs.field(factory=list)
    findings: list[Finding] = attrs.field(factory=list)

    def add(self, operation: ops.MigrateOperation) -> None:
        batch = isinstance(operation, ops.ModifyTableOps) and not all(isinstance(op, SIMPLE) for op in operation.ops)
        code = render_python_code(ops.UpgradeOps([operation]), render_item=_render_item, render_as_batch=batch)
        (function,) = ast.parse(f"def upgrade():\n    {code}").body  # alembic indents for a function's body
        assert isinstance(function, ast.FunctionDef)
        for statement in function.body:
            if not isinstance(statement, ast.Pass):
                self.lines += layout(statement, 4)

    def restate(self, entity: str, what: str, advice: str) -> None:
        """Digests of rows that are there cover what this changes: the migration ends with a rebase."""
        self.warnings.append(f"{what}. {advice} Digests are stated anew.")
        self.lines.append(f"    # {what}. {advice}")
        if entity not in self.rebased:
            self.rebased.append(entity)


def rendered(
    app: BackOffice, operations: list[ops.MigrateOperation], message: str, rebase: Sequence[str] = ()
) -> tuple[str | None, list[str]]:
    """The file's text (None where there is nothing to do), and warnings for the author.

    :param rebase: entities to state anew, whatever the difference: for changes that only the author knows of.
    """
    script = _Script(app, rebased=list(rebase))
    for operation in operations:
        if isinstance(operation, ops.ModifyTableOps):
            _modify(script, operation)
        else:
            if isinstance(operation, ops.DropTableOp):
                script.restate(operation.table_name, f"Drops the table {operation.table_name}", GONE)
            if isinstance(operation, ops.CreateTableOp):
                _plain(operation)
            script.add(operation)
    if script.findings:
        raise UsageError(script.findings)
    if script.rebased:
        names = ", ".join(f'"{name}"' for name in sorted(script.rebased))
        script.lines.append(f"    rebase({names})")
    if not script.lines:
        return None, []
    body = "\n".join(script.lines)
    imports = ["import sqlalchemy as sa"] if "sa." in body else []
    if "op." in body:
        imports.append("from alembic import op")
    ours = [name for name, used in (("rebase", bool(script.rebased)), ("types", "types." in body)) if used]
    if ours:
        imports += [*([""] if imports else []), f"from bocore.migrations import {', '.join(ours)}"]
    sentence = message.strip().rstrip(".")
    return HEAD.format(message=sentence[:1].upper() + sentence[1:], imports="\n".join(imports), body=body), script.warnings


def _plain(operation: ops.CreateTableOp) -> None:
    """Leave out what says nothing in a text: the entity, and that columns which are no key don't count by themselves."""
    operation.info = {}
    for column in operation.columns:
        if isinstance(column, sa.Column) and not column.primary_key:
            column.autoincrement = "auto"


def _modify(script: _Script, container: ops.ModifyTableOps) -> None:
    """One table: renames first, then the rest, with defaults for columns that older rows must have."""
    table = container.table_name
    spec = script.app._specs.get(table)
    gone = {op.column_name for op in container.ops if isinstance(op, ops.DropColumnOp)}
    renamed: dict[str, str] = {}
    if spec is not None:
        renamed = {column.was: column.name for column in spec.columns if column.was in gone}
    for was, name in renamed.items():
        script.lines.append(f'    op.alter_column("{table}", "{was}", new_column_name="{name}")')
    kept: list[ops.MigrateOperation] = []
    for operation in container.ops:
        if isinstance(operation, ops.DropColumnOp):
            if operation.column_name in renamed:
                continue
            script.restate(table, f"Drops {table}.{operation.column_name}", GONE)
        elif isinstance(operation, ops.AddColumnOp):
            if operation.column.name in renamed.values():
                continue
            if operation.column.name == "_salt" and spec is not None:
                _became_personal(script, spec, container)
            operation = ops.AddColumnOp(table, _with_default(script, spec, operation.column))
        elif isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
            script.restate(table, f"Changes the kind of {table}.{operation.column_name}", CAST)
        kept.append(operation)
    if kept:
        script.add(ops.ModifyTableOps(table, kept))


def _became_personal(script: _Script, spec: EntitySpec, container: ops.ModifyTableOps) -> None:
    """The table gets its salt: columns that were there before, and are personal now, were in the digests openly."""
    added = {op.column.name for op in container.ops if isinstance(op, ops.AddColumnOp)}
    became = [column.name for column in spec.columns if column.personal and column.name not in added]
    if became:
        script.restate(spec.name, f"Makes {spec.name}.{', '.join(became)} personal", "Older records keep openly what they said.")


def _with_default(script: _Script, spec: EntitySpec | None, column: sa.Column[Any]) -> sa.Column[Any]:
    """The column as it is added to a table that has rows: they get the default of the field."""
    if column.nullable:
        return sa.Column(column.name, column.type)
    default = None if spec is None else _default(spec, column.name)
    if default is None:
        script.findings.append(
            Finding(
                "bo.no_default",
                f"{column.table.name}.{column.name} is new, may not be empty and has no default: older rows would have no value.",
                at=column.table.name,
                field=column.name,
                fix="Give the field a default, or make it optional (… | None).",
            )
        )
        return sa.Column(column.name, column.type)
    return sa.Column(column.name, column.type, nullable=False, server_default=default)


def _default(spec: EntitySpec, column: str) -> Any:
    """The default of a field as the database is to fill it in; None where there is none."""
    if column == "version":
        return sa.text("1")
    for attribute in spec.cls.__attrs_attrs__:  # type: ignore[attr-defined]
        field = spec.fields.get(attribute.name)
        names = [] if field is None else [one.name for one in field.columns]
        if field is None or column not in names or field.role not in ("field", "exact", "number", "money", "states"):
            continue
        value = attribute.default
        if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
            value = value.factory()
        if value is attrs.NOTHING or value is None:
            return None
        source = field.kind.store("v")[names.index(column)]
        stored = eval(source, {**field.kind.helpers(), "v": value})  # noqa: S307 - our own text, as in entities.generate
        if field.kind.stored[names.index(column)].kind == "boolean":
            return sa.text("true" if stored else "false")
        return stored if isinstance(stored, str) else sa.text(str(stored)) if isinstance(stored, int) else None
    return None


def _render_item(kind: str, thing: Any, context: AutogenContext) -> str | Literal[False]:
    """Our own column types by their public name."""
    if kind == "type" and isinstance(thing, sa.BigInteger) and thing.compile(dialect=sqlite.dialect()) == "INTEGER":
        return "types.Id()"
    if kind != "type" or type(thing).__module__ != types.__name__:
        return False
    inside = str(thing.places) if isinstance(thing, types.Scaled) else ""
    return f"types.{type(thing).__name__}({inside})"
