"""Sessions: that somebody is signed in, by a random text of which a digest is kept.

A session of a user ends with any change of his row: when he is disabled, or made an owner, he signs in anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.access import bearer
from bocore.access.actor import Actor
from bocore.record.canonical import canonical_instant, read_instant

if TYPE_CHECKING:
    from bocore.storage.session import Session

IDLE, LONGEST = timedelta(hours=1), timedelta(hours=12)
"""After so long without being used, and after so long in any case, somebody signs in anew."""
SEEN_AGAIN = timedelta(minutes=5)
"""How old the note of the last use may be."""
MOST = 50
"""Sessions of one user; the oldest ends where there would be more."""

INSERT = """
    INSERT INTO bo_session (id, digest, user_id, user_version, actor, begun_at, seen_at, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
READ = """
    SELECT s.digest, s.user_id, s.actor, s.seen_at, s.ends_at, s.user_version, u.version, u.name, u.state
    FROM bo_session s LEFT JOIN bo_user u ON u.id = s.user_id WHERE s.id = ?
"""
LIST = """
    SELECT s.id, u.name, s.actor, s.begun_at, s.seen_at, s.ends_at FROM bo_session s LEFT JOIN bo_user u ON u.id = s.user_id
    WHERE s.ends_at > ? AND s.seen_at > ? AND (s.user_id IS NULL OR (u.version = s.user_version AND u.state = 'active'))
    ORDER BY s.begun_at, s.id
"""


@attrs.frozen
class OpenSession:
    """A session that is open.

    :param user: the name of the user; of an Actor as it is recorded.
    :param seen_at: when it was last used, but for some minutes.
    """

    id: int
    user: str
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime


def begin(session: Session, ident: int, now: datetime, *, user: tuple[int, int] | None, actor: Actor | None) -> str:
    """Open a session; returns the text to show, once. What has ended is cleared away.

    :param user: id and version of the user's row.
    :param actor: whom a plugin vouches for, where it is nobody of this database.
    """
    at = canonical_instant(now)
    session.execute("DELETE FROM bo_session WHERE ends_at <= ?", (at,))
    secret = bearer.new_secret()
    told = None if actor is None else orjson.dumps([actor.name, actor.roles, actor.via, actor.companies]).decode()
    user_id, version = user or (None, None)
    session.execute(INSERT, (ident, bearer.digest(secret), user_id, version, told, at, at, canonical_instant(now + LONGEST)))
    if user_id is not None:
        newest = "SELECT id FROM bo_session WHERE user_id = ? ORDER BY begun_at DESC, id DESC LIMIT ?"
        session.execute(f"DELETE FROM bo_session WHERE user_id = ? AND id NOT IN ({newest})", (user_id, user_id, MOST))
    return bearer.text_of(bearer.SESSION, ident, secret)


@attrs.frozen
class Found:
    """Whom a session that is open belongs to."""

    id: int
    actor: str | Actor
    stale: bool
    """Whether it is time to note that it is used."""


def find(session: Session, text: object, now: datetime) -> Found | None:
    """The session that a text belongs to; None where it is none, has ended, or its user has changed. Only reads."""
    shown = bearer.read(bearer.SESSION, text)
    row = None if shown is None else session.execute(READ, (shown[0],)).fetchone()
    if shown is None or row is None or not bearer.same(bytes(row[0]), shown[1]):
        return None
    seen = read_instant(row[3])
    if now >= read_instant(row[4]) or now >= seen + IDLE:
        return None
    if row[1] is None:
        name, roles, via, companies = orjson.loads(row[2])
        return Found(shown[0], Actor(name, roles, via=via, companies=companies), now >= seen + SEEN_AGAIN)
    if row[5] != row[6] or row[8] != "active":
        return None
    return Found(shown[0], row[7], now >= seen + SEEN_AGAIN)


def touch(session: Session, ident: int, now: datetime) -> None:
    """Note that a session is used."""
    session.execute(
        "UPDATE bo_session SET seen_at = ? WHERE id = ? AND seen_at < ?", (canonical_instant(now), ident, canonical_instant(now))
    )


def end(session: Session, text: object) -> int | None:
    """End the session that a text belongs to; returns its id."""
    shown = bearer.read(bearer.SESSION, text)
    if shown is None:
        return None
    row = session.execute("SELECT digest FROM bo_session WHERE id = ?", (shown[0],)).fetchone()
    if row is None or not bearer.same(bytes(row[0]), shown[1]):
        return None
    session.execute("DELETE FROM bo_session WHERE id = ?", (shown[0],))
    return shown[0]


def end_all(session: Session, user_id: int, only: Iterable[int] = ()) -> int:
    """End the sessions of a user, or some of them; returns how many."""
    chosen = [int(ident) for ident in only]
    which = f" AND id IN ({', '.join(map(str, chosen))})" if chosen else ""
    return int(session.execute(f"DELETE FROM bo_session WHERE user_id = ?{which}", (user_id,)).rowcount)


def open_sessions(session: Session, now: datetime) -> list[OpenSession]:
    """Every session that is open, the oldest first."""
    rows: list[Any] = session.execute(LIST, (canonical_instant(now), canonical_instant(now - IDLE))).fetchall()
    return [OpenSession(row[0], row[1] or _recorded(row[2]), *map(read_instant, row[3:6])) for row in rows]


def _recorded(told: str) -> str:
    name, roles, via, companies = orjson.loads(told)
    return Actor(name, roles, via=via, companies=companies).recorded
