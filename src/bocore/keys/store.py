"""Data keys: one a tenant, one a person, one a date until which the law keeps something. Made on first use, kept wrapped in ``bo_key``."""

from __future__ import annotations

import secrets
import threading
from datetime import date
from typing import TYPE_CHECKING, Any

import attrs

from bocore.errors import BocoreError, Finding, KeyUnavailable, UsageError
from bocore.keys import kernel
from bocore.keys.provider import KeyProvider, another_key, find_provider
from bocore.record.canonical import canonical_bytes, canonical_instant

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session
    from bocore.uow import UnitOfWork
    from bocore.uow.reading import Reading

TENANT, INDEX, PERSON, RETENTION = "tenant", "index", "person", "retention"
ACTIVE, DESTROYED = "active", "destroyed"
COLUMNS = "id, kind, name, party_id, keep_until, wrapped, wrapped_by, state, made_at, destroyed_at"
_INSERT = (
    "INSERT INTO bo_key (id, kind, name, party_id, keep_until, wrapped, wrapped_by, state, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@attrs.frozen
class Use:
    """What a data key is for; its name is that of no other active key."""

    kind: str
    party: int | None = None
    until: date | None = None

    @property
    def name(self) -> str:
        return " ".join(str(part) for part in (self.kind, self.party, self.until) if part is not None)


@attrs.frozen
class StoredKey:
    """A row of ``bo_key``; one that is destroyed has neither name nor wrapped key any more."""

    id: int
    kind: str
    name: str | None
    party_id: int | None
    keep_until: str | None
    wrapped: bytes | None = attrs.field(repr=False)
    wrapped_by: str | None
    state: str
    made_at: str
    destroyed_at: str | None

    @property
    def context(self) -> bytes:
        """What the wrapped key opens with only: a row's key is of no use in another row."""
        return context_of(self.id, self.kind, self.party_id, self.keep_until)


def context_of(ident: int, kind: str, party: int | None, until: str | None) -> bytes:
    """What is authenticated with a wrapped key."""
    return canonical_bytes([ident, kind, party, until])


def stored_keys(session: Session, condition: str = "1 = 1", values: tuple[Any, ...] = (), *, locking: str = "") -> list[StoredKey]:
    """Rows of ``bo_key``, in the order in which they were made."""
    sql = f"SELECT {COLUMNS} FROM bo_key WHERE {condition} ORDER BY made_at, id{locking}"
    return [StoredKey(*row) for row in session.execute(sql, values).fetchall()]


@attrs.frozen
class DataKey:
    """A data key that is open: what encrypts under it, and for the index of a tenant its bytes."""

    id: int
    cipher: Any = attrs.field(repr=False)
    raw: bytes = attrs.field(repr=False)


class Keychain:
    """The keys of one application: who wraps them, and those that are open already. Nothing is read until something secret is touched."""

    def __init__(self, app: BackOffice, given: object) -> None:
        self._app = app
        self._given = given
        self._provider: KeyProvider | None = None
        self._open: dict[int, DataKey] = {}
        self._lock = threading.Lock()

    @property
    def provider(self) -> KeyProvider:
        """Who wraps the data keys. Raises KeyUnavailable where nobody does."""
        if self._provider is None:
            with self._lock:
                if self._provider is None:
                    self._provider = find_provider(self._given, self._app.host.hook.bo_key_provider)
        return self._provider

    def replace(self, provider: KeyProvider) -> None:
        """Another key wraps from now on."""
        self._provider = provider

    def open(self, row: StoredKey) -> DataKey:
        """The data key of a row. Raises KeyUnavailable where it does not open here."""
        found = self._open.get(row.id)
        if found is None:
            assert row.wrapped is not None and row.wrapped_by is not None
            raw = unwrapped(self.provider, row)
            found = self._open[row.id] = DataKey(row.id, kernel.cipher_of(raw), raw)
        return found

    def forget(self, ident: int) -> None:
        """Let go of a key that is destroyed."""
        self._open.pop(ident, None)


def unwrapped(provider: KeyProvider, row: StoredKey) -> bytes:
    """The bytes of a data key. What goes wrong inside a provider is named by its kind alone: it may say too much."""
    try:
        raw = provider.unwrap(str(row.wrapped_by), bytes(row.wrapped or b""), row.context)
    except BocoreError:
        raise
    except Exception as error:
        raise _failed(error) from None
    if type(raw) is not bytes or len(raw) != kernel.KEY_SIZE:
        raise _failed(ValueError())
    return raw


def wrapped(provider: KeyProvider, raw: bytes, context: bytes) -> bytes:
    """A data key wrapped by a provider."""
    try:
        return bytes(provider.wrap(raw, context))
    except BocoreError:
        raise
    except Exception as error:
        raise _failed(error) from None


def _failed(error: Exception) -> KeyUnavailable:
    message = f"The key provider failed ({type(error).__name__})."
    return KeyUnavailable(Finding("bo.key_missing", message, "bo_key_provider", fix="See its own log, and try again; nothing was written."))


class UnitKeys:
    """The data keys that one unit of work uses. Others may destroy one of them only after its end."""

    def __init__(self, uow: Reading) -> None:
        self._uow = uow
        self._used: dict[str, DataKey] = {}
        self.plain: set[str] = set()
        """Secret values that were set or shown here: what is kept in the clear must not hold them."""

    def told(self, plain: str) -> None:
        """A secret value is known in this unit of work."""
        self.plain.add(plain)

    def forget(self) -> None:
        """Look keys up anew: those made here since may have been undone."""
        self._used.clear()

    def get(self, use: Use) -> DataKey:
        """The key for a use, made where there is none yet."""
        return self._used.get(use.name) or self._find(use) or self._make(use)

    def find(self, use: Use) -> DataKey | None:
        """The key for a use, if there is one."""
        return self._used.get(use.name) or self._find(use)

    def by_id(self, ident: int) -> DataKey | None:
        """The key of a stored value; None where it is destroyed. Asked of the database each time: another process may have done it."""
        session = self._uow._touch()
        rows = stored_keys(session, "id = ?", (ident,), locking="" if self._uow.read_only else session.sharing)
        if not rows:
            message = f"The data key {ident:016x} is not in this database."
            fix = "Restore bo_key from a backup: what is under that key can't be opened without."
            raise KeyUnavailable(Finding("bo.key_damaged", message, "bo_key", fix=fix))
        return None if rows[0].state == DESTROYED else self._uow._app.keys.open(rows[0])

    def _find(self, use: Use) -> DataKey | None:
        session = self._uow._touch()
        rows = stored_keys(session, "name = ?", (use.name,), locking="" if self._uow.read_only else session.sharing)
        if not rows:
            return None
        found = self._used[use.name] = self._uow._app.keys.open(rows[0])
        return found

    def _make(self, use: Use) -> DataKey:
        if self._uow.read_only:
            raise UsageError("This unit of work only reads: no key can be made in it.", fix="Write secret fields in one that writes.")
        keys, session = self._uow._app.keys, self._uow._touch()
        session.lock(f"bo.key {use.name}")
        found = self._find(use)  # another process was quicker
        if found is not None:
            return found
        provider = keys.provider
        refuse_another(session, provider)
        ident, raw = secrets.randbits(62) | 1, kernel.new_key()  # random: an id that a rollback frees never comes again
        until = None if use.until is None else use.until.isoformat()
        sealed = wrapped(provider, raw, context_of(ident, use.kind, use.party, until))
        made = canonical_instant(self._uow._app.clock())
        session.execute(_INSERT, (ident, use.kind, use.name, use.party, until, sealed, provider.key_id, ACTIVE, made))
        made_key = self._used[use.name] = DataKey(ident, kernel.cipher_of(raw), raw)
        return made_key


def refuse_another(session: Session, provider: KeyProvider) -> None:
    """Raise KeyUnavailable where other data keys are wrapped by another key: a tenant has one at a time.

    The key that signs heads encrypts nothing: where it does not open, heads are not signed, and that is all.
    """
    sql = "SELECT wrapped_by FROM bo_key WHERE state = ? AND wrapped_by <> ? AND kind <> 'seal' LIMIT 1"
    other = session.execute(sql, (ACTIVE, provider.key_id)).fetchone()
    if other is not None:
        raise another_key(other[0], provider)


def destroy(uow: UnitOfWork, condition: str, values: tuple[Any, ...]) -> list[StoredKey]:
    """Destroy the active keys for which a condition holds, for good; returns them. Needs no key.

    The wrapped key is written over before it is taken away: a file keeps what is deleted until something else takes its place.
    """
    session = uow._touch()
    rows = stored_keys(session, f"state = '{ACTIVE}' AND {condition}", values, locking=session.locking)
    now = canonical_instant(uow.now())
    for row in rows:
        session.execute("UPDATE bo_key SET wrapped = ? WHERE id = ?", (bytes(len(row.wrapped or b"")), row.id))
        session.execute(
            "UPDATE bo_key SET wrapped = NULL, wrapped_by = NULL, name = NULL, state = ?, destroyed_at = ? WHERE id = ?",
            (DESTROYED, now, row.id),
        )
        uow._app.keys.forget(row.id)
    uow.keys.forget()
    return rows
