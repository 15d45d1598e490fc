"""Redaction: a section of a commit record is taken out for good, and the record still verifies.

What is left of it is the hash by which it entered the digest. Its salt goes too: otherwise whoever guesses the text could see that he
guessed right.
"""

from __future__ import annotations

from collections.abc import Collection
from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from bocore.errors import Finding, Refused
from bocore.record.canonical import canonical_bytes
from bocore.record.commit import COLUMNS, SALT, SECTIONS, CommitRow

if TYPE_CHECKING:
    from bocore.storage.session import Session

TEXTS = {
    "actor": ("actor", "on_behalf_of"),
    "reason": ("reason",),
    "request": ("key", "request", "result", "correlation"),
    "events": ("events",),
}
"""Section → the columns that it is kept in."""
_READ = f"SELECT {COLUMNS} FROM bo_commit WHERE position = ?"


def redact_sections(session: Session, position: int, sections: Collection[str]) -> list[str]:
    """Take sections out of the record at a position of the log; returns those that held anything.

    :raises Refused: there is no such record or section, or it is evidence: an event of the core's own and who did it (``bo.redaction``).
    """
    unknown = sorted(set(sections) - set(SECTIONS))
    if unknown:
        message = f"A record has no section {', '.join(map(repr, unknown))}."
        raise Refused([Finding("bo.redaction", message, f"record {position}", fix=f"It has: {', '.join(SECTIONS)}.")])
    found = session.execute(_READ, (position,)).fetchone()
    if found is None:
        raise Refused([Finding("bo.redaction", f"There is no record {position}.", fix="Take the position that bo audit log shows.")])
    ident, *values, _, _ = found
    row = CommitRow(*values)
    if {"actor", "events"} & set(sections) and any(name.startswith("bo.") for name, _ in orjson.loads(row.events or "[]")):
        message = f"Record {position} says who erased, unmasked or got past his rights: that stays, and names nobody else."
        raise Refused([Finding("bo.redaction", message, f"record {position}", fix="Take out its reason, if that has a name in it.")])
    held = dict(zip(SECTIONS, row.sections(), strict=True))
    kept: dict[str, str] = orjson.loads(row.redacted) if row.redacted else {}
    salts, done = bytearray(row.salts), []
    for at, name in enumerate(SECTIONS):
        value = held[name]
        if name not in sections or not any(part is not None for part in (value if isinstance(value, list) else [value])):
            continue
        place = slice(at * SALT, (at + 1) * SALT)
        kept[name] = sha256(bytes(salts[place]) + canonical_bytes(value)).hexdigest()
        salts[place] = bytes(SALT)
        done.append(name)
    if done:
        empty = ", ".join(f'"{column}" = NULL' for name in done for column in TEXTS[name])
        session.execute(
            f"UPDATE bo_commit SET {empty}, salts = ?, redacted = ? WHERE id = ?", (bytes(salts), canonical_bytes(kept).decode(), ident)
        )
    return done
