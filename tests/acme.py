"""A vendor's plugin in several versions, written as packages, for tests of migrations."""

from __future__ import annotations

import importlib
import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from bocore import BackOffice
from bocore.migrate import new
from bocore.testing import behind

VISIT = """
from datetime import date
from decimal import Decimal
from bocore import Entity, Money, Party, entity, exact, field, money, parent, ref

@entity("{prefix}_visit", index=["on"])
class Visit(Entity):
    animal: str = field(max_length=50, unique=True)
    on: date = field(default=date(2026, 1, 2))
    note: str | None = field(default=None)
"""
CHILD = """
@entity("{prefix}_treatment")
class Treatment(Entity):
    visit_id: int = parent(Visit)
    quantity: Decimal = exact(places=3, gt=0)
"""
Make = Callable[..., ModuleType]
_numbers = itertools.count(1)


def making(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """Writes a plugin's package: its entities' source, and its migrations taken over from an earlier version of it."""
    monkeypatch.syspath_prepend(tmp_path)

    def written(
        model: str, *, prefix: str = "vet", before: ModuleType | None = None, migrations: bool = True, head: str = ""
    ) -> ModuleType:
        name = f"acme_{prefix}_{next(_numbers)}"
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "model.py").write_text(model.replace("{prefix}", prefix), encoding="utf-8")
        told = f'migrations="{name}.migrations"' if migrations else ""
        source = (
            f"from bocore.plugins import Plugin\nfrom {name} import model\nplugin = Plugin(prefix={prefix!r}, entities=model, {told})\n"
        )
        (package / "plugin.py").write_text(source, encoding="utf-8")
        if before is not None and before.__file__ and (Path(before.__file__).parent / "migrations").is_dir():
            shutil.copytree(
                Path(before.__file__).parent / "migrations", package / "migrations", ignore=shutil.ignore_patterns("__pycache__")
            )
        elif head:
            (package / "migrations").mkdir()
        if head:
            (package / "migrations" / "__init__.py").write_text(head, encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module(f"{name}.plugin")

    yield written
    for name in [name for name in sys.modules if name.startswith("acme_")]:
        del sys.modules[name]


def released(make: Make, model: str = VISIT, **more: object) -> ModuleType:
    """A plugin with its first migration."""
    module = make(model, **more)
    with BackOffice("unused.db", plugins=[module]) as bo:
        new(bo, module.plugin.prefix, "first tables")
    return module


def revised(make: Make, before: ModuleType, model: str, message: str = "changes") -> ModuleType:
    """The next version of a plugin, with the migration that `bo migrate new` writes for it."""
    module = make(model, prefix=before.plugin.prefix, before=before)
    with BackOffice("unused.db", plugins=[module]) as bo:
        new(bo, module.plugin.prefix, message)
    return module


def versions(module: ModuleType) -> Path:
    assert module.__file__
    return Path(module.__file__).parent / "migrations" / "versions"


def filled(books: Path, module: ModuleType) -> None:
    """A database with two visits, one of them changed."""
    model = importlib.import_module(module.__name__.replace(".plugin", ".model"))
    with BackOffice(books, plugins=[module]) as bo:
        bo.init()
        with bo.unit_of_work(actor="ann") as uow:
            uow.add_all([model.Visit(animal="Rex"), model.Visit(animal="Max")])
        with bo.unit_of_work(actor="bob") as uow:
            uow.find(model.Visit, animal="Max").note = "limps"


def touch(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.company


def sql(books: Path, statement: str) -> list[tuple[object, ...]]:
    """What a statement behind bocore's back finds, on either engine."""
    with behind(books) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def migrating(books: Path, module: ModuleType) -> subprocess.Popen[str]:
    """A process that upgrades, and prints what it did."""
    code = (
        "import importlib\nfrom bocore import BackOffice\nfrom bocore.migrate import upgrade\n"
        f"print(upgrade(BackOffice({str(books)!r}, plugins=[importlib.import_module({module.__name__!r})])))"
    )
    path = os.pathsep.join([str(versions(module).parents[2]), *filter(None, sys.path)])
    return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)


def tables(books: Path) -> set[object]:
    return {name for name, part, *_ in schema(books) if part == "table"}


def schema(books: Path) -> list[tuple[object, ...]]:
    """Everything that the tables are made of, to compare: (table, part, …)."""
    with behind(books) as connection:
        if isinstance(connection, sqlite3.Connection):
            return connection.execute("SELECT tbl_name, type, sql FROM sqlite_master ORDER BY name").fetchall()
        return connection.execute(SCHEMA).fetchall()


SCHEMA = """
    SELECT relname, 'table', '' FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
    UNION SELECT table_name, 'column', concat_ws(' ', ordinal_position, column_name, data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = current_schema()
    UNION SELECT conrelid::regclass::text, 'constraint', conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
    UNION SELECT tablename, 'index', indexdef FROM pg_indexes WHERE schemaname = current_schema()
    ORDER BY 1, 2, 3
"""
