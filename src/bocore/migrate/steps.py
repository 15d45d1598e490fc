"""Data steps: what migrations do through a unit of work, once every schema is as today's entities want it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bocore.access.authority import FULL
from bocore.errors import BocoreError, Finding, StorageError
from bocore.uow import UnitOfWork

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.migrate.history import Revision
    from bocore.migrate.running import DataStep
    from bocore.storage.session import Session


def run_steps(app: BackOffice, session: Session, steps: list[tuple[Revision, DataStep]], say: Callable[[str], object]) -> None:
    """Run the ``data(uow)`` of migrations, in their order, each in a unit of work of its own inside the transaction of all.

    Raises StorageError for one that fails: then nothing of any migration was done.
    """
    app._forget_state()  # shapes and tokens are to be read as they are now
    for revision, step in steps:
        say(f"Running the data step of {revision}.")
        try:
            with UnitOfWork(app, actor="migrate", reason=f"{revision}: {revision.title}", connection=session.sa, authority=FULL) as uow:
                step(uow)
        except BocoreError as error:
            raise StorageError([_told(revision, finding) for finding in error.findings]) from error
        except Exception as error:
            raise StorageError(
                f"The data step of {revision} failed: {type(error).__name__}: {error}.".replace("..", "."),
                at=revision.path.name,
                fix="Nothing was changed. A data step runs with today's entities: tell the author of the plugin, or mend it.",
            ) from error


def _told(revision: Revision, finding: Finding) -> Finding:
    return Finding(
        finding.code,
        f"The data step of {revision} was refused: {finding.message}",
        finding.at,
        finding.field,
        f"{finding.fix} Nothing was changed.".strip(),
        **finding.params,
    )
