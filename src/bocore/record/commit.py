"""One commit, one record: the row of ``bo_commit`` and its digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from bocore.record.canonical import canonical_bytes, canonical_instant
from bocore.record.changes import ChangesWriter, hash_changes

if TYPE_CHECKING:
    from bocore.storage.session import Session

SECTIONS = ("actor", "reason", "request", "events")
SALT = 16
INSERT = (
    "INSERT INTO bo_commit (unit, at, actor, on_behalf_of, plugins, reason, key, request, result, correlation, changes, events, salts,"
    " digest)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
COLUMNS = (
    "id, unit, at, actor, on_behalf_of, plugins, reason, key, request, result, correlation, changes, events, salts, redacted, digest,"
    " position"
)


class CommitRow(NamedTuple):
    """The values of a commit record, as stored, in the order of :data:`INSERT`."""

    unit: int
    at: str
    actor: str | None
    on_behalf_of: str | None
    plugins: str
    reason: str | None
    key: str | None
    request: str | None
    result: str | None
    correlation: str | None
    changes: bytes | bytearray
    events: str | None
    salts: bytes
    redacted: str | None = None

    def sections(self) -> tuple[Any, ...]:
        """What enters the digest by a salted hash, so that it can be redacted later, in the order of :data:`SECTIONS`."""
        _, _, actor, on_behalf_of, _, reason, key, request, result, correlation, _, events, _, _ = self
        return [actor, on_behalf_of], reason, [key, request, result, correlation], events

    def values(self) -> tuple[Any, ...]:
        """The driver values of :data:`INSERT`."""
        return (*self[:-1], record_digest(self))


def append_record(
    session: Session,
    record: ChangesWriter,
    *,
    unit: int,
    at: datetime,
    actor: str,
    reason: str,
    plugins: Iterable[str] = (),
    events: Sequence[Any] = (),
) -> None:
    """Append the record of what is no unit of work: a run of migrations, or a plugin that is detached.

    :param events: JSON-able.
    """
    row = CommitRow(
        unit=unit,
        at=canonical_instant(at),
        actor=actor,
        on_behalf_of=None,
        plugins=canonical_bytes(sorted(plugins)).decode(),
        reason=reason,
        key=None,
        request=None,
        result=None,
        correlation=None,
        changes=record.encode(),
        events=kept_events(events) if events else None,
        salts=record.salts,
    )
    session.execute(INSERT, row.values())


def kept_events(events: Sequence[Any]) -> str:
    """Plain events as text."""
    return canonical_bytes(events).decode()


def kept_result(result: Any) -> str:
    """A result as text, its keys in their own order: whoever asks again gets what the first got."""
    canonical_bytes(result)  # refuses what JSON can't hold exactly
    return orjson.dumps(result).decode()


def record_digest(row: CommitRow) -> bytes:
    """SHA-256 over the canonical array of the record.

    ``["bocore commit 1", unit, at, plugins, H(actor), H(reason), H(request), H(events), H(changes)]``, hashes in hex; a section's hash is
    SHA-256 of its salt and its canonical JSON. ``id`` and ``position`` are not in it. A redacted section enters by the hash that was kept.
    """
    return digest_of(row.unit, row.at, row.plugins, section_hashes(row), hash_changes(row.changes))


def section_hashes(row: CommitRow) -> list[str]:
    """The hashes by which the sections enter, in hex, in the order of :data:`SECTIONS`."""
    salts, dumps = row.salts, orjson.dumps
    actor, reason, request, events = row.sections()
    hashes = [  # one by one: verifying makes them for every record
        sha256(salts[:16] + dumps(actor)).hexdigest(),
        sha256(salts[16:32] + dumps(reason)).hexdigest(),
        sha256(salts[32:48] + dumps(request)).hexdigest(),
        sha256(salts[48:64] + dumps(events)).hexdigest(),
    ]
    if row.redacted:
        redacted = orjson.loads(row.redacted)
        hashes = [redacted.get(name) or own for name, own in zip(SECTIONS, hashes, strict=True)]
    return hashes


def digest_of(unit: int, at: str, plugins: str, sections: Sequence[str], changes: bytes) -> bytes:
    """The digest of a record from what enters it.

    :param sections: :func:`section_hashes`.
    :param changes: the hash of them.
    """
    return sha256(orjson.dumps(["bocore commit 1", unit, at, plugins, *sections, changes.hex()])).digest()
