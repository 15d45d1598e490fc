"""What users prove with who they are: passwords, one-time codes, recovery codes. Set in a unit of work, with an event on its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from bocore.access import events, lockout, passwords, sessions, totp
from bocore.access.rights import Account, account_of, refuse_others, require_users
from bocore.errors import Finding, Refused
from bocore.kernel.user_rules import plain_name
from bocore.record.canonical import canonical_instant

if TYPE_CHECKING:
    from bocore.kernel.users import User
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork

MADE = "INSERT INTO bo_credential (user_id) VALUES (?) ON CONFLICT (user_id) DO NOTHING"
ENTITY, TOTP, TOTP_NEW = "bo_credential", 2, 3
"""What a secret belongs to, as it is authenticated with it: the table, the place of the column, and the user's id."""


@attrs.frozen
class Credential:
    """What is kept of a user."""

    password: str | None = None
    totp: str | None = None
    totp_new: str | None = None
    totp_step: int | None = None


def read_credential(session: Session, user_id: int | None, *, lock: bool = False) -> Credential:
    """What a user can sign in with; nothing where there is none.

    :param lock: keep others from changing it until the end of the transaction.
    """
    sql = f"SELECT password, totp, totp_new, totp_step FROM bo_credential WHERE user_id = ?{session.locking if lock else ''}"
    row = None if user_id is None else session.execute(sql, (user_id,)).fetchone()
    return Credential() if row is None else Credential(*row)


# ---------------------------------------------------------------- passwords


def set_password(uow: UnitOfWork, user: User | str, password: str) -> None:
    """Give a user a password: he himself or an administrator; his sessions end.

    :param user: the user, or the name.
    :raises Refused: the password is too short, too long, or easily guessed (``bo.password``).
    :raises NotAllowed: the actor is neither that user nor may make users, or an owner is meant and the actor is none.
    """
    account = account_of(uow, user)
    refuse_others(uow, account, "set the password")
    uow.refuse(*passwords.check_password(password, account.name, account))
    made = passwords.hash_password(password)
    ended = _store(uow, account, "password", made)
    uow.emit(events.PasswordSet(user_id=account.id, sessions=ended))


def remove_password(uow: UnitOfWork, user: User | str) -> None:
    """Take a user's password away, so that he signs in by a plugin or not at all; his sessions end. Raises NotAllowed as above."""
    account = account_of(uow, user)
    refuse_others(uow, account, "remove the password")
    ended = _store(uow, account, "password", None)
    uow.emit(events.PasswordRemoved(user_id=account.id, sessions=ended))


def _store(uow: UnitOfWork, account: Account, column: str, value: Any) -> int:
    """Write one column; who is signed in as that user is so no more. Returns how many sessions have ended."""
    session = uow._touch()
    session.execute(MADE, (account.id,))
    session.execute(f"UPDATE bo_credential SET {column} = ? WHERE user_id = ?", (value, account.id))
    return sessions.end_all(session, account.id)


# ---------------------------------------------------------------- one-time codes


def enrol_totp(uow: UnitOfWork, user: User | str, *, issuer: str | None = None) -> str:
    """Begin with one-time codes: returns the ``otpauth://`` address for an authenticator, to be shown as text or QR code, once.

    Nothing has changed until :func:`confirm_totp` has seen a first code.

    :param issuer: what the authenticator shows beside the name; the company's name unless told.
    :raises KeyUnavailable: there is no key under which the secret could be kept.
    """
    account = account_of(uow, user)
    refuse_others(uow, account, "add one-time codes")
    secret = totp.new_secret()
    session = uow._touch()
    session.execute(MADE, (account.id,))
    session.execute("UPDATE bo_credential SET totp_new = ? WHERE user_id = ?", (_seal(uow, secret, TOTP_NEW, account.id), account.id))
    return totp.provisioning_uri(secret, account.name, issuer or _issuer(uow))


def _issuer(uow: UnitOfWork) -> str:
    rows = uow._touch().execute("SELECT name FROM bo_company ORDER BY id LIMIT 2").fetchall()
    return str(rows[0][0]) if len(rows) == 1 else "bocore"


def confirm_totp(uow: UnitOfWork, user: User | str, code: str) -> list[str]:
    """Take one-time codes into use, with a first code that the authenticator shows; returns recovery codes, to be kept on paper.

    Every sign-in by password needs a code from now on. Other sessions end.

    :raises Refused: the code is wrong, or nothing was begun (``bo.totp``).
    """
    account = account_of(uow, user)
    refuse_others(uow, account, "add one-time codes")
    session, now = uow._touch(), uow.now()
    kept = read_credential(session, account.id).totp_new
    if kept is None:
        raise Refused([Finding("bo.totp", "No one-time codes were begun for this user.", account, fix="Begin: bo user totp NAME.")])
    secret = open_secret(uow, kept, TOTP_NEW, account.id)
    step = totp.matching_step(secret, code, now)
    if step is None:
        fix = "Type the code that the authenticator shows now; where it stays wrong, compare the clocks of both machines."
        raise Refused([Finding("bo.totp", "The code does not belong to the secret that was shown.", account, "code", fix)])
    session.execute(
        "UPDATE bo_credential SET totp = ?, totp_new = NULL, totp_step = ? WHERE user_id = ?",
        (_seal(uow, secret, TOTP, account.id), step, account.id),
    )
    sessions.end_all(session, account.id)
    uow.emit(events.TotpAdded(user_id=account.id))
    return _new_recovery_codes(uow, account)


def remove_totp(uow: UnitOfWork, user: User | str) -> None:
    """Do without one-time codes again, and forget the recovery codes; sessions end. Raises NotAllowed as above."""
    account = account_of(uow, user)
    refuse_others(uow, account, "remove the one-time codes")
    session = uow._touch()
    session.execute("UPDATE bo_credential SET totp = NULL, totp_new = NULL, totp_step = NULL WHERE user_id = ?", (account.id,))
    session.execute("DELETE FROM bo_recovery_code WHERE user_id = ?", (account.id,))
    sessions.end_all(session, account.id)
    uow.emit(events.TotpRemoved(user_id=account.id))


def make_recovery_codes(uow: UnitOfWork, user: User | str) -> list[str]:
    """Give a user new recovery codes; each stands in for one one-time code, and those from before are worth nothing.

    :raises Refused: the user has no one-time codes that they could stand in for (``bo.totp``).
    """
    account = account_of(uow, user)
    refuse_others(uow, account, "make recovery codes")
    if read_credential(uow._touch(), account.id).totp is None:
        fix = "Add one-time codes first: bo user totp NAME."
        raise Refused([Finding("bo.totp", "This user has no one-time codes that others could stand in for.", account, fix=fix)])
    return _new_recovery_codes(uow, account)


def _new_recovery_codes(uow: UnitOfWork, account: Account) -> list[str]:
    session, codes = uow._touch(), totp.new_recovery_codes()
    session.execute("DELETE FROM bo_recovery_code WHERE user_id = ?", (account.id,))
    rows = [(totp.recovery_digest(code, account.id), account.id) for code in codes]
    session.many("INSERT INTO bo_recovery_code (digest, user_id) VALUES (?, ?)", rows)
    uow.emit(events.RecoveryCodesMade(user_id=account.id, codes=len(codes)))
    return codes


# ---------------------------------------------------------------- how secrets are kept


def _seal(uow: UnitOfWork, secret: str, position: int, user_id: int) -> str:
    """The secret, encrypted for its place under the tenant's data key."""
    from bocore.keys import kernel
    from bocore.keys.store import TENANT, Use

    key = uow.keys.get(Use(TENANT))
    return kernel.seal(key.cipher, key.id, secret, kernel.place_of(ENTITY, position, user_id))


def open_secret(uow: UnitOfWork, sealed: str, position: int, user_id: int) -> str:
    """The secret that was encrypted for this place. Raises KeyUnavailable where its key is not here, or it was altered."""
    from bocore.errors import KeyUnavailable
    from bocore.keys import kernel

    try:
        key = uow.keys.by_id(kernel.key_of(sealed))
        if key is not None:
            return kernel.unseal(key.cipher, sealed, kernel.place_of(ENTITY, position, user_id))
    except kernel.Unreadable:
        pass
    message = "The secret of the one-time codes does not open."
    fix = "An administrator removes the codes of this user, who begins anew: bo user totp NAME --remove."
    raise KeyUnavailable(Finding("bo.secret_unreadable", message, f"bo_user {user_id}", fix=fix))


def signing_in(uow: UnitOfWork) -> dict[int, set[str]]:
    """User id → what can be signed in with: ``password``, ``codes``, ``tokens``. Raises NotAllowed for who may not see users."""
    require_users(uow, "see what users sign in with")
    session, found = uow._touch(), dict[int, set[str]]()
    for ident, password, codes in session.execute("SELECT user_id, password, totp FROM bo_credential").fetchall():
        found[ident] = {name for name, kept in (("password", password), ("codes", codes)) if kept is not None}
    sql = "SELECT DISTINCT user_id FROM bo_api_token WHERE revoked_at IS NULL AND expires_at > ?"
    for (ident,) in session.execute(sql, (canonical_instant(uow.now()),)).fetchall():
        found.setdefault(ident, set()).add("tokens")
    return found


# ---------------------------------------------------------------- sessions and lockout


def list_sessions(uow: UnitOfWork, user: User | str | None = None) -> list[sessions.OpenSession]:
    """The sessions that are open, of a user or of all, the oldest first. Raises NotAllowed for those of others."""
    if user is None:
        require_users(uow, "see the sessions of others")
        return sessions.open_sessions(uow._touch(), uow.now())
    account = account_of(uow, user)
    refuse_others(uow, account, "see the sessions", opens=False)
    return [each for each in sessions.open_sessions(uow._touch(), uow.now()) if each.user == account.name]


def end_sessions(uow: UnitOfWork, user: User | str, *sessions_: int) -> int:
    """End all sessions of a user, or those with these ids; returns how many."""
    account = account_of(uow, user)
    refuse_others(uow, account, "end the sessions", opens=False)
    ended = sessions.end_all(uow._touch(), account.id, sessions_)
    if ended:
        uow.emit(events.SessionsEnded(user_id=account.id, sessions=ended))
    return ended


def unlock_user(uow: UnitOfWork, user: User | str) -> None:
    """Let a user sign in at once, who would have to wait after too many attempts under his name."""
    account = account_of(uow, user)
    refuse_others(uow, account, "lift the lockout", himself=False, opens=False)
    lockout.unlock(uow._touch(), plain_name(account.name), account.id)
    uow.emit(events.SignInUnlocked(user_id=account.id))
