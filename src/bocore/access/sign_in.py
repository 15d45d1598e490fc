"""Signing in, and who it is that comes with a session or a token.

Whoever is refused learns nothing: the same words, and the same work, whether the name is unknown, the password wrong, the code used before
or the user disabled. What an attempt costs is bounded before anything is computed, see :mod:`bocore.access.lockout`.
"""

from __future__ import annotations

import secrets
import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from logging import WARNING
from typing import TYPE_CHECKING, Any, NoReturn

import attrs

from bocore.access import bearer, credentials, events, lockout, passwords, sessions, tokens, totp
from bocore.access.actor import Actor, Scoped
from bocore.access.authority import FULL
from bocore.access.rights import Account, read_account
from bocore.errors import BocoreError, Finding, NotAuthenticated, PluginError, UsageError
from bocore.kernel.user_rules import plain_name
from bocore.logs import tell
from bocore.uow import UnitOfWork

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session

TOTP_TAKEN = "UPDATE bo_credential SET totp_step = ? WHERE user_id = ? AND (totp_step IS NULL OR totp_step < ?)"
RECOVERY_TAKEN = "DELETE FROM bo_recovery_code WHERE digest = ? AND user_id = ?"
REHASHED = "UPDATE bo_credential SET password = ? WHERE user_id = ? AND password = ?"


@attrs.frozen
class SignedIn:
    """Somebody has signed in.

    :param actor: what ``actor=`` takes: the name of a user of this database, or an Actor that a plugin vouches for.
    :param session: the text by which ``bo.actor_of(session=…)`` knows him again: a secret, for a cookie that only the server reads.
    :param ends_at: when he signs in anew at the latest.
    """

    actor: str | Actor
    session: str = attrs.field(repr=False)
    ends_at: datetime


class _NoCode(Exception):
    """The password was right, and there was no right code."""


def sign_in(
    app: BackOffice, user: str | None, password: str | None, code: str | None, token: str | None, source: str | None, replaces: str | None
) -> SignedIn:
    """See :meth:`bocore.BackOffice.sign_in`."""
    for what, given in (("user", user), ("password", password), ("code", code), ("token", token), ("source", source)):
        if given is not None and not isinstance(given, str):
            raise UsageError(f"The {what} is {type(given).__name__}.", fix="Give text.")
    if token is not None and user is None and password is None:
        return _by_token(app, token, replaces)
    if user is None or password is None or token is not None:
        raise UsageError("Signing in takes a user and a password, or a token.", fix='bo.sign_in(user="ann", password=…)')
    try:
        attempt = _Attempt.begin(app, user, source)
    except NotAuthenticated as error:
        tell("access", "sign_in.locked_out", WARNING, error=error)
        raise
    why = ""
    try:
        actor = attempt.proved(password, code)
        if actor is not None:
            signed_in = attempt.open(actor, password, code, replaces)
            tell("access", "sign_in.done", user=None if attempt.account is None else attempt.account.id)
            return signed_in
    except _NoCode as error:
        why = str(error)
    except BaseException:
        attempt.take_back()
        raise
    attempt.refuse(why)


def actor_of(app: BackOffice, session: str | None, token: str | None) -> str | Actor | Scoped:
    """See :meth:`bocore.BackOffice.actor_of`."""
    if (session is None) == (token is None):
        raise UsageError("Give a session or a token.", fix="bo.actor_of(session=…)")
    now = app.clock()
    found: sessions.Found | tokens.FoundToken | None
    with app.ready(write=False) as connection:
        if session is not None:
            found = sessions.find(connection, session, now)
        else:
            found = tokens.find_token(connection, token, now, app.host.permissions)
    if found is None and isinstance(token, str) and not token.startswith(f"{bearer.API}_"):
        answered = _asked(app, {"token": token})
        if answered is not None and _is_active(app, answered):
            return answered
    if found is None:
        raise _ended(session is not None)
    if found.stale and threading.get_ident() not in app._writers:  # whoever writes in this thread has the lock; the next call notes it
        with app.ready(write=True) as connection:
            if session is not None:
                sessions.touch(connection, found.id, now)
            else:
                tokens.note_use(connection, found.id, now)
    return found.actor


def sign_out(app: BackOffice, session: str) -> None:
    """See :meth:`bocore.BackOffice.sign_out`."""
    with app.ready(write=True) as connection:
        sessions.end(connection, session)


@attrs.define
class _Attempt:
    """One attempt to sign in, which has been counted."""

    app: BackOffice
    user: str
    source: str | None
    now: datetime
    account: Account | None
    kept: credentials.Credential
    counted: lockout.Attempt
    compared: bool = False
    """Whether it was the password of this database that was right."""

    @classmethod
    def begin(cls, app: BackOffice, user: str, source: str | None) -> _Attempt:
        """Count it, or refuse it unseen. Raises NotAuthenticated (``bo.locked_out``) where somebody has to wait."""
        now, plain = app.clock(), plain_name(user[:1000])
        with app.ready(write=False) as session:
            account = _find(session, user)
            kept = credentials.read_credential(session, None if account is None else account.id)
            ident = None if account is None else account.id
            counters, place = lockout.counters(session, plain, ident, source)
            lockout.refuse_waiting(session, counters, now)
        with app.ready(write=True) as session:
            counted = lockout.count(session, counters, place, ident, now)
        return cls(app, user, source, now, account, kept, counted)

    def proved(self, password: str, code: str | None) -> str | Actor | None:
        """Who it is, as far as the password goes; None where it is wrong. A plugin is asked first, so that all wait for it alike."""
        shown = {"user": self.user, "password": password, "code": code, "source": self.source}
        trouble: PluginError | None = None
        try:
            answered = _asked(self.app, {name: text for name, text in shown.items() if text is not None})
        except PluginError as error:
            answered, trouble = None, error  # who has a password here signs in even while another server is down
        if isinstance(answered, str):
            with self.app.ready(write=False) as session:
                self.account = _find(session, answered)
            return answered if self.account is not None and self.account.active else None
        if answered is not None:
            return answered
        right = passwords.verify_password(self.kept.password, password)
        if right and self.account is not None and self.account.active:
            self.compared = True
            return self.account.name
        if trouble is not None:
            raise trouble
        return None

    def open(self, actor: str | Actor, password: str, code: str | None, replaces: str | None) -> SignedIn:
        """Open a session, with everything that changes by it, in one unit of work on the record."""
        again = None
        if self.compared and self.kept.password is not None and passwords.is_outdated(self.kept.password):
            again = passwords.hash_password(password)
        with UnitOfWork(self.app, actor=actor, reason="Sign-in", authority=FULL) as uow:
            session, factor, user = uow._touch(), "", None
            if isinstance(actor, str):
                account = _find(session, actor)
                if account is None or not account.active:
                    raise _NoCode("")
                user = account.id, account.version
                factor = self._second_factor(uow, account, code)
                if again is not None:
                    session.execute(REHASHED, (again, account.id, self.kept.password))
            lockout.succeeded(session, self.counted, None if user is None else user[0], self.now)
            if replaces is not None:
                sessions.end(session, replaces)
            return _begun(uow, actor, user, self.now, self.counted.failures - 1, factor)

    def _second_factor(self, uow: UnitOfWork, account: Account, code: str | None) -> str:
        """Take the code; each is good once, whoever is quicker."""
        session = uow._touch()
        kept = credentials.read_credential(session, account.id, lock=True)
        if self.compared and kept.password != self.kept.password:
            raise _NoCode("")  # it was changed while we compared it
        if kept.totp is None:
            return ""
        if code is None or not code:
            raise _NoCode("missing")
        digest = totp.recovery_digest(code, account.id)
        if digest is not None and session.execute(RECOVERY_TAKEN, (digest, account.id)).rowcount == 1:
            return "recovery"
        secret = credentials.open_secret(uow, kept.totp, credentials.TOTP, account.id)
        step = totp.matching_step(secret, code, self.now)
        if step is None:
            raise _NoCode("wrong")
        if session.execute(TOTP_TAKEN, (step, account.id, step)).rowcount != 1:
            raise _NoCode("used")
        return "totp"

    def refuse(self, why: str = "") -> NoReturn:
        """Refuse it, and leave a record where it began a wait, or somebody knew the password."""
        said: list[Any] = []
        tell("access", "sign_in.refused", WARNING, user=None if self.account is None else self.account.id)
        if self.account is not None:
            if why:
                said.append(events.CodeRefused(user_id=self.account.id, why=why))
            if lockout.is_worth_a_record(self.counted.failures):
                said.append(events.SignInLocked(user_id=self.account.id, failures=self.counted.failures))
        if said:
            with UnitOfWork(self.app, actor="sign-in", reason="Refused", authority=FULL) as uow:
                for each in said:
                    uow.emit(each)
        message = "The name, the password or the code is wrong."
        fix = "Try again. A code is good once: wait for the next one."
        raise NotAuthenticated(Finding("bo.not_authenticated", message, "sign-in", fix=fix))

    def take_back(self) -> None:
        """It was not looked at: it is no failure."""
        with self.app.ready(write=True) as session:
            lockout.taken_back(session, self.counted)


def _by_token(app: BackOffice, token: str, replaces: str | None) -> SignedIn:
    """A session for whom a plugin knows by a token, such as that of an identity provider."""
    actor = _asked(app, {"token": token})
    if actor is None or not _is_active(app, actor):
        raise _ended(False)
    with UnitOfWork(app, actor=actor, reason="Sign-in", authority=FULL) as uow:
        session = uow._touch()
        account = _find(session, actor) if isinstance(actor, str) else None
        if replaces is not None:
            sessions.end(session, replaces)
        return _begun(uow, actor, None if account is None else (account.id, account.version), app.clock(), 0, "")


def _begun(uow: UnitOfWork, actor: str | Actor, user: tuple[int, int] | None, now: datetime, failures: int, factor: str) -> SignedIn:
    ident = secrets.randbits(40) | 1  # says nothing of how many there were, and takes no id from anybody
    text = sessions.begin(uow._touch(), ident, now, user=user, actor=actor if isinstance(actor, Actor) else None)
    user_id = None if user is None else user[0]
    uow.emit(events.UserSignedIn(user_id=user_id, session_id=ident, failures=failures, second_factor=factor))
    return SignedIn(actor, text, now + sessions.LONGEST)


def _find(session: Session, name: str) -> Account | None:
    """The user of that name, however it was typed, but for capitals; None for what can't be a name."""
    plain = unicodedata.normalize("NFKC", name[:200])
    if len(name) > 200 or "\0" in plain or not plain.isprintable():  # a lone surrogate is not printable
        return None
    return read_account(session, "name", plain)


def _is_active(app: BackOffice, actor: str | Actor) -> bool:
    """Whether a plugin's answer is somebody: an Actor is, and a user of this database who is active."""
    if isinstance(actor, Actor):
        return True
    with app.ready(write=False) as session:
        account = _find(session, actor)
    return account is not None and account.active


def _asked(app: BackOffice, credentials_: Mapping[str, str]) -> str | Actor | None:
    """What a plugin says. What goes wrong inside it is named by its kind alone: it has seen a password."""
    try:
        answered = app.host.hook.bo_authenticate(credentials=credentials_)
    except NotAuthenticated:
        return None
    except BocoreError as error:
        raise PluginError(error.findings) from None
    except Exception as error:
        message = f"The plugin that answers bo_authenticate failed ({type(error).__name__})."
        raise PluginError(message, fix="See its own log; users who have a password here can sign in.") from None
    if answered is not None and not isinstance(answered, (str, Actor)):
        message = f"The plugin that answers bo_authenticate gave {type(answered).__name__}."
        raise PluginError(message, fix="It has to give an Actor, the name of a user of this database, or None.")
    return answered


def _ended(session: bool) -> NotAuthenticated:
    what = "session" if session else "token"
    fix = "Sign in again." if session else "Make another: bo user token add NAME."
    message = f"This {what} is not known, has ended, or was revoked."
    return NotAuthenticated(Finding("bo.not_authenticated", message, what, fix=fix))
