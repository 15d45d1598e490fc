"""What the record says of signing in: ids and counts, no names, no secrets.

A sign-in is one event, a change of credentials is one, and a lockout is one: not an attempt, so that whoever guesses can't fill the record.
How many attempts failed before is said by the next sign-in, or by the lockout.
"""

from __future__ import annotations

from bocore.uow.events import event


@event("bo.signed_in")
class UserSignedIn:
    """Somebody has signed in; the actor of the commit says who."""

    user_id: int | None
    session_id: int
    failures: int
    """Attempts under this name that failed since the last time."""
    second_factor: str
    """``totp``, ``recovery`` or nothing."""


@event("bo.sign_in_locked")
class SignInLocked:
    """Too many attempts under the name of a user failed, and more have to wait: said at 5, 10, 20, 40 … failures."""

    user_id: int
    failures: int


@event("bo.code_refused")
class CodeRefused:
    """Somebody knew the password of a user, and had no right code: it was wrong, missing, or used before."""

    user_id: int
    why: str


@event("bo.password_set")
class PasswordSet:
    """The password of a user was set, and his sessions ended."""

    user_id: int
    sessions: int


@event("bo.password_removed")
class PasswordRemoved:
    """A user has no password any more, and his sessions ended."""

    user_id: int
    sessions: int


@event("bo.totp_added")
class TotpAdded:
    """A user has confirmed one-time codes, which every sign-in needs from now on."""

    user_id: int


@event("bo.totp_removed")
class TotpRemoved:
    """A user needs no one-time code any more."""

    user_id: int


@event("bo.recovery_codes_made")
class RecoveryCodesMade:
    """A user got recovery codes; those that he had before are worth nothing."""

    user_id: int
    codes: int


@event("bo.sessions_ended")
class SessionsEnded:
    """Sessions of a user were ended before their time."""

    user_id: int
    sessions: int


@event("bo.sign_in_unlocked")
class SignInUnlocked:
    """Somebody has lifted the lockout of a user."""

    user_id: int
