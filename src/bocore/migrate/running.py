"""Running one migration with alembic's operations, inside a transaction that somebody else holds."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations, ops
from alembic.runtime.migration import MigrationContext

from bocore.errors import BocoreError, DeclarationError, StorageError
from bocore.migrate.watching import Watch
from bocore.storage.database import driver_error, is_mistake

if TYPE_CHECKING:
    from bocore.migrate.history import Revision
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork

DataStep = Callable[["UnitOfWork"], object]


def run(session: Session, revision: Revision, watch: Watch) -> DataStep | None:
    """Call ``upgrade()`` of a migration, in which ``alembic.op`` works; returns its ``data(uow)``, to be run when all are through."""
    module = load(revision)
    upgrade = getattr(module, "upgrade", None)
    if upgrade is None:
        raise DeclarationError(f"{revision.path} has no function upgrade().", fix="Write def upgrade() -> None: op.…")
    context = MigrationContext.configure(session.sa, opts={"bocore_watch": watch})
    watch.begin(revision)
    operations = _watched(context)
    operations._install_proxy()
    try:
        with session.watched(watch):
            upgrade()
    except BocoreError:
        raise
    except Exception as error:
        raise _failed(revision, watch.wrong, error) from error
    finally:
        operations._remove_proxy()
    if watch.wrong:  # and the migration has swallowed the error
        raise _failed(revision, watch.wrong, None)
    return getattr(module, "data", None)


def watch_of(context: MigrationContext) -> Watch:
    """The watch of the run that a migration is part of."""
    watch = context.opts.get("bocore_watch")
    if not isinstance(watch, Watch):
        raise StorageError("rebase() works only in migrations that bo migrate runs.", fix="Call it last in upgrade().")
    return watch


def entities_to_rebase(revision: Revision) -> set[str]:
    """What a migration will state anew, read from its text: it must be verified before anything runs."""
    found: set[str] = set()
    text = revision.path.read_text(encoding="utf-8")
    if "rebase" not in text:  # parsing is a third of the time that a new database takes
        return found
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name != "rebase":
            continue
        for argument in node.args:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                raise DeclarationError(
                    f"{revision.path.name}:{node.lineno}: rebase takes names of entities as literal text.",
                    fix='Write rebase("vet_visit"): it is read before anything runs, to verify first.',
                )
            found.add(argument.value)
    return found


def _failed(revision: Revision, wrong: str, error: Exception | None) -> StorageError:
    cause: Any = getattr(error, "orig", None) or error
    if not wrong and not is_mistake(cause):
        told = driver_error(cause)
        if isinstance(told, StorageError):
            return StorageError(
                f"The migration {revision} failed: {told.findings[0].message}", at=revision.path.name, fix=told.findings[0].fix
            )
    what = wrong or f"{type(cause).__name__}: {cause}"
    return StorageError(
        f"The migration {revision} failed: {what}.".replace("..", "."),
        at=revision.path.name,
        fix="Nothing was changed. Tell the author of the plugin, or mend the migration.",
    )


def load(revision: Revision) -> ModuleType:
    """The module of a migration, from its file: names that begin with digits can't be imported by statement."""
    spec = importlib.util.spec_from_file_location(f"bocore_migration_{revision.plugin}_{revision.number}", revision.path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _watched(context: MigrationContext) -> Any:
    """alembic's operations, with an eye on renames: a column keeps its place in the digests under its new name."""
    operations: Any = Operations(context)
    batched = operations.batch_alter_table

    @contextmanager
    def batch_alter_table(*rest: Any, **options: Any) -> Iterator[Any]:
        if context.dialect.name == "postgresql":
            options["recreate"] = "never"  # what SQLite needs a new table for is done in place
        with batched(*rest, **options) as batch:
            _listen(batch)
            yield batch

    _listen(operations)
    operations.batch_alter_table = batch_alter_table
    return operations


def _listen(operations: Any) -> None:
    invoke = operations.invoke

    def noted(operation: MigrateOperation) -> Any:
        if operations.migration_context.dialect.name == "postgresql":
            _collate(operation)
            _convert(operation, operations.migration_context.dialect)
        found = invoke(operation)
        _note(watch_of(operations.migration_context), operation)
        return found

    operations.invoke = noted


def _collate(operation: MigrateOperation) -> None:
    """Text of a plain type is in the order of its code points as well, whatever the database's own order: as it is on SQLite."""
    if isinstance(operation, ops.CreateTableOp):
        columns = [column for column in operation.columns if isinstance(column, sa.Column)]
    elif isinstance(operation, ops.AddColumnOp):
        columns = [operation.column]
    else:
        columns = []
        if isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
            operation.modify_type = _by_code_point(operation.modify_type)
    for column in columns:
        column.type = _by_code_point(column.type)


def _convert(operation: MigrateOperation, dialect: Any) -> None:
    """A column of another type takes the values of before as a cast makes them, unless the migration says how: as it is on SQLite."""
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_type is not None:
        operation.kw.pop("autoincrement", None)  # which alembic writes where SQLite's whole number is another
        kind = sa.types.to_instance(operation.modify_type).compile(dialect).partition(" COLLATE ")[0]
        operation.kw.setdefault("postgresql_using", f'"{operation.column_name}"::{kind}')


def _by_code_point(kind: Any) -> Any:
    kind = sa.types.to_instance(kind)
    if not isinstance(kind, sa.String) or isinstance(kind, sa.Enum) or kind.collation:
        return kind
    found = kind.copy()
    found.collation = "C"
    return found


def _note(watch: Watch, operation: MigrateOperation) -> None:
    if isinstance(operation, ops.AlterColumnOp) and operation.modify_name:
        watch.rename_column(operation.table_name, operation.column_name, operation.modify_name)
    elif isinstance(operation, ops.RenameTableOp):
        watch.rename_table(operation.table_name, operation.new_table_name)


@Operations.register_operation("rebase")
class _Rebase(MigrateOperation):
    """``op.rebase("vet_visit")``: the same as :func:`bocore.migrations.rebase`."""

    @classmethod
    def rebase(cls, operations: Operations, *entities: str) -> None:
        """State the digests of these entities anew."""
        watch_of(operations.migration_context).rebase(entities)
