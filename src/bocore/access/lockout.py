"""Lockout: growing waits after attempts that failed, in a table that nobody can make grow.

Three things are counted: failures of a name, of a name from one place, and of a place; a host that says where somebody comes from
(``source=``) has all three, any other the first alone, and stricter. An attempt counts before it is looked at, so that a hundred at once
are no more than one after the other; what turns out right is taken back. While somebody waits nothing is computed, counted or written.

Names that nobody has are counted like others, so that waiting says nothing of who is a user here. Their rows, and those of places, are
few: the oldest go. Those of users are as many as users.

Somebody who guesses at a name makes its owner wait too. Not where he has signed in from before: there only his own failures count. And
``bo user unlock``, sessions and tokens are not touched by any wait, nor is the command line.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Finding, NotAuthenticated
from bocore.record.canonical import canonical_instant, read_instant

if TYPE_CHECKING:
    from bocore.storage.session import Session

MOST = 10_000
"""Rows that are no user's."""
PLACES = 20
"""Places of a user that are remembered, from which he has signed in."""
FORGOTTEN, TRUSTED = timedelta(hours=24), timedelta(days=90)
FIRST = timedelta(seconds=30)
"""The wait after the first failure too many; each further one doubles it."""
PLACE = -1
"""Stands for failures in the row of a place from which a user has signed in."""

WAITS = "SELECT key, until FROM bo_attempt WHERE {} AND until > ?"
COUNT = """
    INSERT INTO bo_attempt AS mine (key, user_id, failures, at) VALUES (?, ?, 1, ?)
    ON CONFLICT (key) DO UPDATE SET at = excluded.at, until = NULL,
        failures = CASE WHEN mine.at < ? THEN 1 ELSE mine.failures + 1 END
    WHERE mine.until IS NULL OR mine.until <= excluded.at RETURNING failures
"""
WAIT = "UPDATE bo_attempt SET until = ? WHERE key = ?"
TAKE_BACK = "UPDATE bo_attempt SET failures = failures - 1, until = NULL WHERE key = ? AND failures > 0"
REMEMBER = """
    INSERT INTO bo_attempt (key, user_id, failures, at) VALUES (?, ?, -1, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at
"""


@attrs.frozen
class Counter:
    """One row that counts, and how patient it is."""

    what: str
    """``name``, ``place`` (a name from one place), or ``source``."""
    key: bytes
    free: int
    """Failures after which the first wait begins."""
    longest: timedelta
    user_id: int | None = None
    binding: bool = True
    """False where failures are counted and nobody waits."""

    def wait(self, failures: int) -> timedelta | None:
        """How long to wait after so many failures."""
        if failures < self.free:
            return None
        return min(self.longest, FIRST * (1 << min(failures - self.free, 20)))


@attrs.frozen
class Attempt:
    """An attempt that was counted and may go on."""

    counters: tuple[Counter, ...]
    place: bytes | None
    failures: int
    """Of the name, this one included."""


def counters(session: Session, name: str, user_id: int | None, source: str | None) -> tuple[tuple[Counter, ...], bytes | None]:
    """What counts an attempt, and the key of the place that it comes from.

    :param name: in the form in which names are compared.
    """
    of_name = _key("name", name)
    if source is None:
        return (Counter("name", of_name, 5, timedelta(minutes=15), user_id),), None
    place = _key("signed in", name, _network(source))
    known = (
        user_id is not None
        and session.execute("SELECT 1 FROM bo_attempt WHERE key = ? AND user_id = ? AND failures = ?", (place, user_id, PLACE)).fetchone()
    )
    found = [
        Counter("name", of_name, 50, timedelta(minutes=5), user_id, binding=not known),
        Counter("place", _key("place", name, _network(source)), 5, timedelta(minutes=15)),
        Counter("source", _key("source", _network(source)), 100, timedelta(minutes=15)),
    ]
    return tuple(sorted(found, key=lambda each: each.key)), place  # in one order, so that two attempts don't wait for each other


def refuse_waiting(session: Session, among: Sequence[Counter], now: datetime) -> None:
    """Raise NotAuthenticated where one of these waits. Only reads."""
    keys = [each.key for each in among if each.binding]
    marks = f"key IN ({', '.join('?' * len(keys))})"
    rows = session.execute(WAITS.format(marks), (*keys, canonical_instant(now))).fetchall() if keys else []
    if rows:
        raise locked_out(max(read_instant(until) for _, until in rows), now)


def count(session: Session, among: tuple[Counter, ...], place: bytes | None, user_id: int | None, now: datetime) -> Attempt:
    """Count an attempt as if it failed; in a transaction that is committed before it is looked at."""
    at, total = canonical_instant(now), 0
    for each in among:
        row = session.execute(COUNT, (each.key, each.user_id, at, canonical_instant(now - FORGOTTEN))).fetchone()
        if row is None:  # another attempt has begun a wait since we looked
            if not each.binding:
                continue
            refuse_waiting(session, [each], now)
            raise locked_out(now + FIRST, now)
        wait = each.wait(row[0])
        if wait is not None:
            session.execute(WAIT, (canonical_instant(now + wait), each.key))
        if row[0] == 1 and each.user_id is None:
            _make_room(session, now)
        if each.what == "name":
            total = row[0]
    return Attempt(among, place, total)


def succeeded(session: Session, attempt: Attempt, user_id: int | None, now: datetime) -> None:
    """Take the failures of the name back, count this attempt of the place as none, and remember the place."""
    for each in attempt.counters:
        if each.what == "source":
            session.execute(TAKE_BACK, (each.key,))
        elif each.binding:
            session.execute("DELETE FROM bo_attempt WHERE key = ?", (each.key,))
    if attempt.place is not None and user_id is not None:
        session.execute(REMEMBER, (attempt.place, user_id, canonical_instant(now)))
        session.execute(
            "DELETE FROM bo_attempt WHERE user_id = ? AND failures = ? AND key NOT IN "
            "(SELECT key FROM bo_attempt WHERE user_id = ? AND failures = ? ORDER BY at DESC, key LIMIT ?)",
            (user_id, PLACE, user_id, PLACE, PLACES),
        )


def taken_back(session: Session, attempt: Attempt) -> None:
    """An attempt that nobody could look at is none."""
    for each in attempt.counters:
        session.execute(TAKE_BACK, (each.key,))


def unlock(session: Session, name: str, user_id: int) -> None:
    """Forget the failures of a user."""
    session.execute("DELETE FROM bo_attempt WHERE key = ? OR (user_id = ? AND failures >= 0)", (_key("name", name), user_id))


def is_worth_a_record(failures: int) -> bool:
    """Whether a lockout goes on the record: at 5, 10, 20, 40 … failures of a name, so that guessing for years leaves a page."""
    return failures >= 5 and failures % 5 == 0 and (failures // 5).bit_count() == 1


def locked_out(until: datetime, now: datetime) -> NotAuthenticated:
    """The refusal of who has to wait, user or not."""
    seconds = max(1, int((until - now).total_seconds() + 0.999))
    wait = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
    message = "Too many attempts failed under this name or from this place."
    fix = f"Wait {wait}, then try again; an administrator lifts it with bo user unlock."
    return NotAuthenticated(Finding("bo.locked_out", message, "sign-in", fix=fix, seconds=seconds))


def _make_room(session: Session, now: datetime) -> None:
    session.execute("DELETE FROM bo_attempt WHERE at < ? AND failures >= 0", (canonical_instant(now - FORGOTTEN),))
    session.execute("DELETE FROM bo_attempt WHERE at < ?", (canonical_instant(now - TRUSTED),))
    (rows,) = session.execute("SELECT count(*) FROM bo_attempt WHERE user_id IS NULL").fetchone()
    if rows > MOST:
        oldest = "SELECT key FROM bo_attempt WHERE user_id IS NULL ORDER BY at, key LIMIT ?"
        session.execute(f"DELETE FROM bo_attempt WHERE key IN ({oldest})", (rows - MOST,))


def _key(*parts: str) -> bytes:
    """What stands for a name or a place: people type their password into the field for the name, and this is no place to keep it."""
    return sha256("\0".join(("bocore attempt", *parts)).encode(errors="surrogatepass")).digest()[:16]


def _network(source: str) -> str:
    """The place that an address is of: the /64 of IPv6, of which anybody has as many addresses as he likes."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source[:200]
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped is not None else str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
