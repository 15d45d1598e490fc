"""Whoever keeps the key that wraps data keys: a file, the environment, the program, or a plugin (``bo_key_provider``)."""

from __future__ import annotations

import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from bocore.errors import Finding, KeyUnavailable
from bocore.keys import kernel

PREFIX = "bocore-key-1:"
FILE, VALUE = "BOCORE_KEY_FILE", "BOCORE_KEY"
LONGEST = 4096
MAKE = "Make one with bo key new FILE."


@runtime_checkable
class KeyProvider(Protocol):
    """Wraps data keys and opens them again; the key that does it need never leave it (an HSM, the key service of a cloud).

    Calls are few: one for each data key that a process makes or first uses.
    """

    @property
    def key_id(self) -> str:
        """Which key :meth:`wrap` uses now. It is kept with what was wrapped, and is no secret."""

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypt a data key of 32 bytes; with another context it must not open."""

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        """The data key again. A provider that has had several keys opens what any of them wrapped.

        :raises KeyUnavailable: the key is not there, or is another one.
        """


class LocalKey:
    """A key of 32 bytes that this process holds.

    :param again: reads the key anew, where it may have been replaced since.
    """

    def __init__(self, key: bytes, *, source: str = "the program", again: Callable[[], bytes] | None = None) -> None:
        if type(key) is not bytes or len(key) != kernel.KEY_SIZE:
            raise _bad(source, f"it has to have {kernel.KEY_SIZE} bytes")
        self.source = source
        self._again = again
        self._take(key)

    def _take(self, key: bytes) -> None:
        self.key_id = kernel.fingerprint(key)
        self._cipher = kernel.cipher_of(key)

    def __repr__(self) -> str:
        return f"<LocalKey {self.key_id} of {self.source}>"

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        return kernel.wrap(self._cipher, data_key, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        if key_id != self.key_id and self._again is not None:
            self._take(self._again())  # a file may have been replaced since
        if key_id != self.key_id:
            raise another_key(key_id, self)
        try:
            return kernel.unwrap(self._cipher, wrapped, context)
        except kernel.Unreadable:
            message = "A data key was altered: it does not open with the key that wrapped it."
            fix = "Restore bo_key from a backup; bo key check names each that does not open."
            raise KeyUnavailable(Finding("bo.key_damaged", message, "bo_key", fix=fix)) from None


def another_key(key_id: str, provider: Any) -> KeyUnavailable:
    """The error for data keys that another key has wrapped."""
    where = f" of {provider.source}" if getattr(provider, "source", "") else ""
    message = f"What is secret here is under the key {key_id}, and the key{where} is {provider.key_id}."
    fix = f"Point ${FILE} to the file with {key_id}; after bo key rotate that is the new one, in every process. Nothing was written."
    return KeyUnavailable(Finding("bo.key_wrong", message, "bo_key", fix=fix))


def find_provider(given: object, hook: Callable[[], Any], environ: Mapping[str, str] = os.environ) -> KeyProvider:
    """The provider of an application: given to it, of a plugin, of the file that the environment names, or in the environment.

    :param given: the ``key=`` of the application: a Path of a file, the text of a key, its 32 bytes, or a provider.
    :raises KeyUnavailable: there is none, or it is no key.
    """
    if given is not None:
        return _given(given)
    answered = hook()
    if answered is not None:
        return _given(answered)
    file, value = environ.get(FILE), environ.get(VALUE)
    if file and value:
        message = f"${FILE} and ${VALUE} are both set: it is not said which key counts."
        raise KeyUnavailable(Finding("bo.key_missing", message, f"${FILE}", fix="Unset one of them."))
    if file:
        return from_file(Path(file), f"${FILE}")
    if value:
        return LocalKey(read_key(value, f"${VALUE}"), source=f"${VALUE}")
    message = "Secret fields need a key, and none was given."
    fix = f"Set ${FILE} to the file of the key, or give BackOffice(key=…). {MAKE}"
    raise KeyUnavailable(Finding("bo.key_missing", message, f"${FILE}", fix=fix))


def _given(given: object) -> KeyProvider:
    if isinstance(given, Path):
        return from_file(given, "the program")
    if isinstance(given, bytes):
        return LocalKey(given)
    if isinstance(given, str) and not given.strip().startswith(PREFIX):
        message = "The text that was given as key= is no key."
        raise KeyUnavailable(Finding("bo.key_wrong", message, "key", fix=f"Give the file of a key as a Path. {MAKE}"))
    if isinstance(given, str):
        return LocalKey(read_key(given, "the program"))
    if isinstance(given, KeyProvider):
        return given
    what = f"A {type(given).__name__} keeps no keys: key_id, wrap and unwrap are missing."
    raise KeyUnavailable(Finding("bo.key_missing", what, "key", fix="Give a Path, the text of a key, its 32 bytes, or a KeyProvider."))


# ---------------------------------------------------------------- text and files


def read_key(text: str, where: str) -> bytes:
    """The key that a text stands for. The text is never shown.

    :raises KeyUnavailable: it stands for none.
    """
    body = text.strip()
    if not body.startswith(PREFIX):
        raise _bad(where, f"it does not begin with {PREFIX}")
    try:
        key = b64decode(body[len(PREFIX) :], validate=True)
    except (Base64Error, ValueError):
        raise _bad(where, "what follows its beginning is no base64") from None
    if len(key) != kernel.KEY_SIZE:
        raise _bad(where, f"it stands for {len(key)} bytes, not {kernel.KEY_SIZE}: something was cut off or added")
    return key


def from_file(path: Path, named_by: str = "") -> LocalKey:
    """The key in a file that is not open to everybody.

    :raises KeyUnavailable: the file is not there, can't be read, is open to all, or has no key.
    """
    where = f"{path}" if not named_by else f"{path} (named by {named_by})"
    return LocalKey(_read_file(path, where), source=str(path), again=lambda: _read_file(path, where))


def _read_file(path: Path, where: str) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(LONGEST + 1)
    except OSError as error:
        message = f"The key file {where} can't be read: {error.strerror or 'no such file'}."
        raise KeyUnavailable(
            Finding("bo.key_file", message, str(path), fix=f"Name the right file, and let its user read it. {MAKE}")
        ) from None
    if os.name == "posix" and mode & (stat.S_IROTH | stat.S_IWOTH):
        message = f"The key file {where} is open to everybody on this machine."
        raise KeyUnavailable(
            Finding("bo.key_file", message, str(path), fix=f"chmod 600 {path}; if others may have read it: bo key rotate.")
        )
    if len(text) > LONGEST:
        raise _bad(where, "it is far too long")
    try:
        return read_key(text.decode("ascii"), where)
    except UnicodeDecodeError:
        raise _bad(where, "it is no text") from None


def new_key_file(path: Path) -> LocalKey:
    """Make a key in a new file that only its owner may read.

    :raises KeyUnavailable: the file is there already, or can't be made.
    """
    key = kernel.new_key()
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(PREFIX.encode() + b64encode(key) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        message = f"{path} is there already: a key that is overwritten takes with it all that it opens."
        raise KeyUnavailable(Finding("bo.key_file", message, str(path), fix="Name another file.")) from None
    except OSError as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        message = f"The key file {path} can't be made: {error.strerror}."
        raise KeyUnavailable(Finding("bo.key_file", message, str(path), fix="Name a place that you may write.")) from None
    return from_file(path)


def _bad(where: str, why: str) -> KeyUnavailable:
    return KeyUnavailable(Finding("bo.key_wrong", f"What {where} gives is no key: {why}.", where, fix=f"Give it whole. {MAKE}"))
