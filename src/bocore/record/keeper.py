"""When an application seals: by itself in batches and on close where a database has one writer, else where a worker is told to."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from bocore.errors import BocoreError
from bocore.record.anchoring import Anchor, file_anchor
from bocore.record.sealing import Head, Signer, last_head, seal, unsealed

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.uow import UnitOfWork

EVERY = 256
"""Commits after which a seal is made: a tile's width, so that most batches complete one."""
PATIENCE = 60.0
"""Seconds after which a worker seals what fewer of them wait: heads are kept for ever, and each costs verify the check of a signature."""
AT_ONCE = frozenset({"bo_period_lock"})
"""Entities whose change is sealed with its commit: what closes a period closes its records."""

log = logging.getLogger("bocore.seal")


class Keeper:
    """Seals the records of one application."""

    def __init__(self, app: BackOffice, anchor: Anchor | None) -> None:
        self._app = app
        self._anchor = anchor
        self._behind = 0
        self._soon = False
        self._since: float | None = None
        self._signer: Signer | None = None
        self._lock = threading.Lock()

    def seal(self) -> Head | None:
        """Seal what is committed now; the newest head, or None where nothing ever was committed.

        :raises StorageError: the database is busy or can't be written.
        """
        app = self._app
        self._behind, self._soon = 0, False
        signer = self._who_signs()
        with self._lock, app.ready(write=True) as session:
            before = last_head(session)
            head = seal(session, app.clock(), signer)
        if head is not None and head != before:
            self._publish(head)
        return head

    def committed(self, uow: UnitOfWork) -> None:
        """Count a unit of work that commits; its transaction may not have ended, where it is a host's."""
        if uow._record and self._app.engine.dialect.name == "sqlite":
            self._behind += 1
            self._soon = self._soon or not AT_ONCE.isdisjoint(uow._record.entities())

    def turn(self) -> None:
        """A unit of work has ended, and let go of its locks: where nobody else writes, this seals now and then."""
        if self._soon or self._behind >= EVERY:
            self.tend()

    def close(self) -> None:
        """Seal what is left, before the last connection goes."""
        if self._behind:
            self.tend()

    def tend(self) -> None:
        """Seal where that can be done. Else business goes on, and the tail stays unsealed, which verify and the doctor report."""
        try:
            self.seal()
        except BocoreError as error:
            log.warning("The record was not sealed: %s", error)
        except Exception:  # it comes after the commit: nobody may take that for undone
            log.exception("The record was not sealed")

    def keep_up(self, *, ends: bool = False) -> None:
        """Seal what waits long enough, or is enough for a batch, and take no lock otherwise: what a worker does all the time.

        :param ends: nobody looks again, so that whatever waits is enough.
        """
        waiting = 0
        try:
            with self._app.ready(write=False) as session:
                waiting = unsealed(session, EVERY)
        except BocoreError as error:
            log.warning("Nobody knows whether the record is sealed: %s", error)
        except Exception:  # the next look may succeed
            log.exception("Nobody knows whether the record is sealed")
        now = time.monotonic()
        if not waiting:
            self._since = None
            return
        self._since = now if self._since is None else self._since
        if ends or waiting >= EVERY or now - self._since >= PATIENCE:
            self._since = None
            self.tend()

    @property
    def anchors(self) -> bool:
        """Whether somebody keeps heads elsewhere: a file that the application was told, or a plugin."""
        return self._anchor is not None or bool(self._app.host.hook.bo_audit_anchor.get_hookimpls())

    def _who_signs(self) -> Signer | None:
        if self._signer is None:
            from bocore.keys.signing import signer_of

            self._signer = signer_of(self._app)
        return self._signer

    def _publish(self, head: Head) -> None:
        """Hand a new head to everybody who keeps heads elsewhere; one who fails keeps none of the others from it.

        One that nobody has signed proves nothing to whoever finds it elsewhere.
        """
        if not head.signed:
            return
        if self._anchor is not None:
            try:
                self._anchor(head)
            except OSError as error:
                log.error("The head of %s records was not anchored: %s", head.size, error)
        try:
            self._app.host.hook.bo_audit_anchor(head=head)
        except Exception:
            log.exception("A plugin did not anchor the head of %s records", head.size)


def keeper_of(app: BackOffice, anchor: object) -> Keeper:
    """The keeper of an application, which anchors where it is told, or $BOCORE_ANCHOR says."""
    return Keeper(app, file_anchor(anchor))
