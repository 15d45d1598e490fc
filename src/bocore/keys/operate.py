"""What is done with keys on purpose: a person's is destroyed, all are wrapped anew, and what the law keeps is put under its own."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Finding, KeyUnavailable, UsageError
from bocore.keys import kernel
from bocore.keys.provider import KeyProvider
from bocore.keys.store import (
    ACTIVE,
    PERSON,
    RETENTION,
    StoredKey,
    Use,
    destroy,
    stored_keys,
    unwrapped,
    wrapped,
)
from bocore.record.canonical import canonical_bytes, normalise_text
from bocore.uow.events import event

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.kernel.party import Party
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork

REWRAP = "UPDATE bo_key SET wrapped = ?, wrapped_by = ? WHERE id = ?"


@event("bo.key_destroyed")
class KeyDestroyed:
    """A data key was destroyed: what was under it is lost for good."""

    kind: str
    key: str
    party_id: int | None


@event("bo.keys_rewrapped")
class KeysRewrapped:
    """Every data key was wrapped by another key."""

    keys: int
    wrapped_by: str


# ---------------------------------------------------------------- a person's key


def destroy_person_key(uow: UnitOfWork, party: Party | int) -> bool:
    """Destroy the data key of a person: every secret that was kept under it is erased with it, in each copy of the database.

    Stored values stay as they are, so that their digests go on fitting; opened, they give None. Needs no key. Returns whether there was
    one to destroy. What the person enters later gets a key of its own.
    """
    ident = party if isinstance(party, int) else party.id
    return bool(_destroyed(uow, destroy(uow, "kind = ? AND party_id = ?", (PERSON, ident))))


def _destroyed(uow: UnitOfWork, rows: list[StoredKey]) -> int:
    for row in rows:
        uow.emit(KeyDestroyed(kind=row.kind, key=f"{row.id:016x}", party_id=row.party_id))
    return len(rows)


# ---------------------------------------------------------------- what the law keeps


def seal_for_retention(uow: UnitOfWork, plain: str, until: date, about: str) -> str:
    """Encrypt a text that must be kept until a date, under the key of that date; it goes with the key.

    :param about: what it is, and where it will stand, such as ``"bo_party 17"``: it opens with the same words only.
    """
    _refuse_no_day(until)
    key = uow.keys.get(Use(RETENTION, until=until))
    return kernel.seal(key.cipher, key.id, normalise_text(plain), _place(about))


def open_retained(uow: UnitOfWork, sealed: str, about: str) -> str | None:
    """The text that was kept; None once its time is over and its key destroyed. Whoever calls sees to permission and record.

    :raises KeyUnavailable: the key is not here, or it was altered, or is about something else.
    """
    try:
        key = uow.keys.by_id(kernel.key_of(sealed))
        return None if key is None else kernel.unseal(key.cipher, sealed, _place(about))
    except kernel.Unreadable as error:
        message = f"What was kept of {about} does not open: {error}."
        raise KeyUnavailable(Finding("bo.secret_unreadable", message, about, fix="bo audit verify says what was altered.")) from None


def destroy_retention_keys(uow: UnitOfWork, today: date) -> int:
    """Destroy the keys of what had to be kept until a day before; returns how many. What was under them is gone."""
    _refuse_no_day(today)
    return _destroyed(uow, destroy(uow, "kind = ? AND keep_until < ?", (RETENTION, today.isoformat())))


def _place(about: str) -> bytes:
    return canonical_bytes(["bo retention", about])


def _refuse_no_day(day: date) -> None:
    if type(day) is not date:
        raise UsageError(f"{day!r} is no day.", fix="Give a datetime.date.")


# ---------------------------------------------------------------- the key that wraps them


def rotate(uow: UnitOfWork, new: KeyProvider) -> int:
    """Wrap every data key anew; returns how many. All or nothing: until the commit the key before opens them, from then on the new one.

    No stored value changes. Nobody else writes meanwhile, so that no data key is made under the key before.
    """
    session = uow._touch()
    session.alone()
    old = uow._app.keys.provider
    rows = stored_keys(session, "state = ?", (ACTIVE,), locking=session.locking)
    for row in rows:
        raw = unwrapped(old, row)
        again = wrapped(new, raw, row.context)
        if unwrapped(new, attrs.evolve(row, wrapped=again, wrapped_by=new.key_id)) != raw:
            message = f"{new.key_id} does not open what it has just wrapped."
            raise KeyUnavailable(Finding("bo.key_wrong", message, "bo_key", fix="Mend the key provider; nothing was changed."))
        session.execute(REWRAP, (again, new.key_id, row.id))
    uow.emit(KeysRewrapped(keys=len(rows), wrapped_by=new.key_id))
    return len(rows)


def trouble_with_keys(app: BackOffice, session: Session) -> Finding | None:
    """What is wrong with the key that is here, at a glance: one data key of each that wraps any is opened."""
    rows: dict[str | None, StoredKey] = {row.wrapped_by: row for row in stored_keys(session, "state = ?", (ACTIVE,))}
    try:
        for row in rows.values():
            unwrapped(app.keys.provider, row)
        if app.ciphertexts:
            _ = app.keys.provider
    except KeyUnavailable as error:
        return error.findings[0]
    return None


def check_keys(session: Session, provider: KeyProvider) -> list[Finding]:
    """Open every data key, and say which do not open with this provider."""
    findings: list[Finding] = []
    others: dict[str, int] = {}
    for row in stored_keys(session, "state = ?", (ACTIVE,)):
        try:
            unwrapped(provider, row)
        except KeyUnavailable as error:
            found = error.findings[0]
            others[found.message] = others.get(found.message, 0) + 1
            if others[found.message] == 1:
                findings.append(Finding(found.code, found.message, f"bo_key {row.id:016x}", fix=found.fix))
    return findings
