"""Running one migration with alembic's operations, inside a transaction that somebody else holds."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from bocore.errors import DeclarationError

if TYPE_CHECKING:
    from bocore.migrate.history import Revision
    from bocore.storage.database import Session


def run(session: Session, revision: Revision) -> None:
    """Call ``upgrade()`` of a migration; ``alembic.op`` works in it."""
    module = _load(revision)
    upgrade = getattr(module, "upgrade", None)
    if upgrade is None:
        raise DeclarationError(f"{revision.path} has no function upgrade().", fix="Write def upgrade() -> None: op.…")
    context = MigrationContext.configure(session.sa)
    with Operations.context(context):
        upgrade()


def _load(revision: Revision) -> ModuleType:
    """The module of a migration, from its file: names that begin with digits can't be imported by statement."""
    spec = importlib.util.spec_from_file_location(f"bocore_migration_{revision.plugin}_{revision.number}", revision.path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
