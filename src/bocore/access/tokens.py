"""API tokens: what a program signs in with in the name of a user, with some of his permissions, until a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import attrs

from bocore.access import bearer
from bocore.access.actor import Scoped
from bocore.access.rights import account_of, refuse_others, require_users
from bocore.errors import Finding
from bocore.kernel.users import ApiToken, User
from bocore.record.canonical import canonical_instant, read_instant

if TYPE_CHECKING:
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork

DAYS, MOST_DAYS = 90, 3660
USED_AGAIN = timedelta(hours=1)
"""How old the note of the last use may be: it is no business, and many requests a second must not wait for it."""
READ = """
    SELECT t.digest, t.scopes, t.expires_at, t.revoked_at, u.name, u.state, n.at FROM bo_api_token t
    JOIN bo_user u ON u.id = t.user_id LEFT JOIN bo_token_use n ON n.token_id = t.id WHERE t.id = ?
"""
USED = """
    INSERT INTO bo_token_use (token_id, at) VALUES (?, ?) ON CONFLICT (token_id) DO UPDATE SET at = excluded.at
"""


@attrs.frozen
class TokenLine:
    """A token as it is listed: never its secret.

    :param used_at: the last use, but for an hour.
    """

    id: int
    user: str
    title: str
    scopes: str
    state: str
    expires_at: datetime
    used_at: datetime | None


def make_token(uow: UnitOfWork, user: User | str, *, title: str, scopes: Iterable[str], days: int = DAYS) -> tuple[ApiToken, str]:
    """Make a token of a user; returns its row, and the text that the program shows, which is nowhere kept and never shown again.

    :param title: what it is for, in words.
    :param scopes: permissions; what is in force is what both the user and the token have. ``"*"`` stands for all that the user has.
    :param days: how long it is good.
    :raises Refused: a scope is no permission (``bo.unknown_permission``), there is none, or the days are too many (``bo.token``).
    :raises NotAllowed: the actor is neither that user nor may make users, or an owner is meant and the actor is none.
    """
    account = account_of(uow, user)
    refuse_others(uow, account, "make a token")
    wanted = sorted({scopes} if isinstance(scopes, str) else set(scopes))
    wrong = []
    if not wanted:
        fix = 'Name what the program needs, such as "bo.read", or "*" for all that the user has.'
        wrong.append(Finding("bo.token", "A token without scopes is good for nothing.", account, "scopes", fix))
    if not account.active:
        wrong.append(Finding("bo.token", "This user is disabled.", account, fix="Enable the user first: bo user enable NAME."))
    if type(days) is not int or not 1 <= days <= MOST_DAYS:
        fix = f"Give a number of days from 1 to {MOST_DAYS}; replace a token before it ends."
        wrong.append(Finding("bo.token", f"A token can't be good for {days!r} days.", account, "days", fix))
    uow.refuse(*wrong)
    secret = bearer.new_secret()
    row = ApiToken(
        user_id=account.id,
        title=title,
        digest=bearer.digest(secret).hex(),
        scopes=" ".join(wanted),
        expires_at=uow.now() + timedelta(days=days),
    )
    with uow.core():
        uow.add(row)
        uow.flush()
    return row, bearer.text_of(bearer.API, row.id, secret)


def revoke_token(uow: UnitOfWork, token: ApiToken | int) -> None:
    """End a token now and for good; nothing happens where it is revoked already.

    :raises NotFound: there is no such token.
    :raises NotAllowed: the actor is neither its user nor may make users, or an owner's is meant and the actor is none.
    """
    with uow.core():
        row = uow.get(ApiToken, token.id if isinstance(token, ApiToken) else token)
        user = uow.get(User, row.user_id)
    refuse_others(uow, account_of(uow, user.name), "revoke a token", opens=False)
    if row.revoked_at is None:
        with uow.core():
            row.revoked_at = uow.now()
            uow.flush()


def list_tokens(uow: UnitOfWork, user: User | str | None = None) -> list[TokenLine]:
    """The tokens of a user, or of all, with their states: ``good``, ``expired``, ``revoked``, or ``disabled`` with their user."""
    if user is None:
        require_users(uow, "see the tokens of others")
        where, values = "", []
    else:
        account = account_of(uow, user)
        refuse_others(uow, account, "see the tokens", opens=False)
        where, values = "WHERE t.user_id = ?", [account.id]
    sql = f"""
        SELECT t.id, u.name, t.title, t.scopes, t.expires_at, t.revoked_at, u.state, n.at FROM bo_api_token t
        JOIN bo_user u ON u.id = t.user_id LEFT JOIN bo_token_use n ON n.token_id = t.id {where} ORDER BY u.name, t.id
    """
    now, lines = uow.now(), []
    for ident, name, title, scopes, expires, revoked, state, used in uow._touch().execute(sql, values).fetchall():
        until = read_instant(expires)
        said = "revoked" if revoked else "expired" if until <= now else "good" if state == "active" else "disabled"
        lines.append(TokenLine(ident, name, title, scopes, said, until, None if used is None else read_instant(used)))
    return lines


@attrs.frozen
class FoundToken:
    """Whose token it is, and what it allows."""

    id: int
    actor: Scoped
    stale: bool
    """Whether it is time to note that it is used."""


def find_token(session: Session, text: object, now: datetime, everything: Iterable[str]) -> FoundToken | None:
    """The token that a text is; None where it is none, has expired, is revoked, or its user is disabled. Only reads.

    :param everything: the permissions that ``*`` stands for.
    """
    shown = bearer.read(bearer.API, text)
    row = None if shown is None else session.execute(READ, (shown[0],)).fetchone()
    if shown is None or row is None or not bearer.same(bytes.fromhex(row[0]), shown[1]):
        return None
    if row[3] is not None or read_instant(row[2]) <= now or row[5] != "active":
        return None
    scopes = frozenset(row[1].split())
    used = None if row[6] is None else read_instant(row[6])
    stale = used is None or now >= used + USED_AGAIN
    allowed: frozenset[str] = frozenset(everything) if "*" in scopes else scopes
    return FoundToken(shown[0], Scoped(row[4], allowed), stale)


def note_use(session: Session, ident: int, now: datetime) -> None:
    """Note that a token is used."""
    session.execute(USED, (ident, canonical_instant(now)))
