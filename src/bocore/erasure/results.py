"""What an erasure did: the receipt for who asked, and the event on the record. Neither has a name in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from bocore.uow.events import event


@attrs.frozen
class KeptRow:
    """A row of which something is kept, out of sight, and why.

    :param until: the last day; None while who named it goes on naming it, as an open item is until it is settled.
    """

    entity: str
    row_id: int
    fields: tuple[str, ...]
    until: date | None
    code: str
    why: str


@attrs.frozen
class ErasureResult:
    """What was done, in numbers: good as a receipt.

    :param cleared: entity → rows of which personal fields were overwritten, those included of which something is kept.
    :param attachments: files whose content was dropped.
    :param keys: encryption keys of the person that were destroyed.
    :param redacted: position in the log and section of what was taken out of commit records.
    :param remaining: what erasure can't do or know by itself, each in a sentence.
    :param dry_run: nothing was done: this is what would be.
    """

    party_id: int
    at: datetime
    cleared: dict[str, int]
    attachments: int = 0
    keys: int = 0
    kept: tuple[KeptRow, ...] = ()
    redacted: tuple[tuple[int, str], ...] = ()
    remaining: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def rows(self) -> int:
        """The rows that were overwritten."""
        return sum(self.cleared.values())

    @property
    def nothing(self) -> bool:
        """True where there was nothing left to erase."""
        return not (self.rows or self.attachments or self.keys or self.redacted)

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables in which bytes of what was erased may still be."""
        return tables_of(attrs.asdict(self, recurse=False))


def tables_of(result: Mapping[str, Any]) -> tuple[str, ...]:
    """As :attr:`ErasureResult.tables`, of a result as ``bo.run`` gives it."""
    others = {"bo_attachment_content": result["attachments"], "bo_commit": result["redacted"], "bo_key": result["keys"]}
    return (*result["cleared"], *(name for name, touched in others.items() if touched))


@event("bo.person_erased")
class PersonErased:
    """The personal data of a party was erased: overwritten, and kept only where the law says so."""

    party_id: int
    rows: dict[str, int]
    attachments: int
    keys: int
    kept: int
    until: str
    redacted: list[list[Any]]


@event("bo.retained_opened")
class RetainedOpened:
    """Somebody has read what is kept of an erased party."""

    party_id: int
    rows: list[int]


@event("bo.retained_destroyed")
class RetainedDestroyed:
    """What was kept of erased parties was destroyed, since its day has passed."""

    parties: list[int]
    rows: int
