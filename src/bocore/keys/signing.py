"""The key that signs the heads of the record: made on first use, kept wrapped as the data keys are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from bocore.errors import KeyUnavailable
from bocore.keys.store import Use
from bocore.record.checkpoint import Checkpoint, sign_checkpoint
from bocore.record.note import verifier_key

if TYPE_CHECKING:
    from bocore.app import BackOffice

SEAL = Use("seal")


@attrs.frozen
class HeadSigner:
    """Signs heads with Ed25519."""

    _seed: bytes = attrs.field(repr=False)

    def verifier(self, origin: str) -> str:
        """The public key under the name of an origin, as text."""
        return str(verifier_key(origin, self._seed))

    def sign(self, checkpoint: Checkpoint) -> str:
        """The signed note of a head."""
        return sign_checkpoint(checkpoint, self._seed)


def signer_of(app: BackOffice) -> HeadSigner | None:
    """Who signs for an application; None where it has no key provider, and heads stay unsigned."""
    from bocore.access.authority import FULL
    from bocore.uow import UnitOfWork

    try:
        app.keys.provider  # noqa: B018 - asks for it
        with UnitOfWork(app, actor="bo.seal", reason="The key that signs heads", authority=FULL) as uow:
            return HeadSigner(uow.keys.get(SEAL).raw)
    except KeyUnavailable:
        return None
