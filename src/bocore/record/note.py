"""Signed notes: a text and the signatures under it, in the form that every tool of transparency logs reads.

C2SP signed-note, with Ed25519 (RFC 8032) as the one kind of signature that is made and checked; signatures of others, such as witnesses,
may stand beside it. Pure functions.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Refused, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\x01"
KEY_SIZE = 32
"""Bytes of a public key, and of the seed of a private one."""
KEY_ID = 4
MOST = 100
"""Signatures that are read of one note."""
LONGEST = 1_000_000
"""Bytes that are read of one note."""
_DASH = "\N{EM DASH} "
_NAME = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")


class MalformedNote(Refused, ValueError):
    """What is no signed note, or no signed head of a record; the finding says in which line."""

    code = "bo.audit.head_malformed"


class NotSigned(Refused, ValueError):
    """A signed note without a signature of any key that was asked for."""

    code = "bo.audit.head_not_signed"


class BadSignature(Refused, ValueError):
    """A signed note whose signature by a key that was asked for does not hold."""

    code = "bo.audit.head_forged"


class BadVerifierKey(Refused, ValueError):
    """A text that is no public key by which signed notes are checked."""

    code = "bo.audit.verifier_key"


@attrs.frozen
class VerifierKey:
    """A public key under the name that it signs with; as text ``NAME+ID+KEY``, the ID in hex and the key in Base64.

    :param public: 32 bytes.
    """

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart; they prove nothing."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_ID]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(ED25519 + self.public).decode()}"


@attrs.frozen
class Signature:
    """A signature under a note, of whatever kind: whether it holds is another question."""

    name: str
    key_id: bytes
    signature: bytes


@attrs.frozen
class Note:
    """A text, with its last newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]


# ---------------------------------------------------------------- keys


def read_verifier_key(text: str, *, at: str = "verifier key") -> VerifierKey:
    """The public key of its text.

    :raises BadVerifierKey: it is none, or not of Ed25519, or its ID belongs to another key or name.
    """
    name, plus, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    content = decode_base64(encoded)
    if not plus or not _is_name(name) or content is None or len(content) != len(ED25519) + KEY_SIZE or content[:1] != ED25519:
        raise BadVerifierKey("That is no public key of Ed25519 in the form NAME+ID+KEY.", at=at, fix="Copy the whole key, from one line.")
    key = VerifierKey(name, content[1:])
    if key_id != key.id.hex():
        message = f"The key of {name} has the ID {key.id.hex()}, and the text says {key_id!r}."
        raise BadVerifierKey(message, at=at, fix="Copy the whole key anew; a letter of it, or of its name, was changed.")
    return key


def verifier_key(name: str, private: Ed25519PrivateKey | bytes) -> VerifierKey:
    """The public key of a private one.

    :param name: without white space and ``+``.
    :param private: or its seed of 32 bytes.
    """
    if not _is_name(name):
        raise UsageError(f"{name!r} can't be the name of a key: it is empty, or has white space or a plus sign.", fix="Give another name.")
    return VerifierKey(name, _private(private).public_key().public_bytes_raw())


def _private(private: Ed25519PrivateKey | bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if not isinstance(private, bytes):
        return private
    if len(private) != KEY_SIZE:
        raise UsageError(f"The seed of a key that signs has {KEY_SIZE} bytes, not {len(private)}.", fix="Give the seed that was made.")
    return Ed25519PrivateKey.from_private_bytes(private)


# ---------------------------------------------------------------- signing and checking


def sign_note(text: str, name: str, private: Ed25519PrivateKey | bytes) -> str:
    """A text with its signature under it.

    :param text: ends with a newline.
    :raises MalformedNote: it can't be signed as it is.
    """
    key = verifier_key(name, private)
    _plain(text, "text")
    signature = b64encode(key.id + _private(private).sign(text.encode())).decode()
    note = f"{text}\n{_DASH}{name} {signature}\n"
    if read_note(note, at="text").text != text:
        raise MalformedNote("The text would be read back as another.", at="text", fix="End it with one newline.")
    return note


def check_note(note: Note, keys: Iterable[VerifierKey], *, at: str = "note") -> list[VerifierKey]:
    """The keys, of those that are given, which have signed a note; signatures of other keys are passed over.

    :raises BadSignature: one of them is said to have signed, and has not.
    :raises NotSigned: none of them has signed.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.id), key) != key:
            raise BadVerifierKey(f"Two keys have the name {key.name} and the ID {key.id.hex()}.", at=at, fix="Check with one of them.")
    signed: list[VerifierKey] = []
    for signature in note.signatures:
        signer = known.get((signature.name, signature.key_id))
        if signer is None:
            continue
        if not _holds(signer, signature.signature, note.text):
            message = f"The signature of {signer.name} does not hold: the text was changed, or another key has signed."
            raise BadSignature(message, at=at, fix="Don't rely on it; compare it with a copy that was kept elsewhere.")
        if signer not in signed:
            signed.append(signer)
    if not signed:
        wanted = ", ".join(f"{name} ({key_id.hex()})" for name, key_id in known) or "any key that was given"
        found = ", ".join(f"{each.name} ({each.key_id.hex()})" for each in note.signatures)
        message = f"It is not signed by {wanted}, but by {found}."
        raise NotSigned(message, at=at, fix="Check it with the public key of who signed it, if that is who should have.")
    return signed


def _holds(key: VerifierKey, signature: bytes, text: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


# ---------------------------------------------------------------- reading


def read_note(note: str | bytes, *, at: str = "note") -> Note:
    """Take a note apart; whether its signatures hold is :func:`check_note`'s business.

    :param at: what the note is to its reader, e.g. the name of a file; findings name the line behind it.
    :raises MalformedNote: it is no signed note, to the last byte.
    """
    whole = _plain(note, at)
    border = whole.rfind("\n\n")
    if border < 0:
        raise malformed("There is no empty line between the text and the signatures.", at, 1 + whole.count("\n"))
    text, under = whole[: border + 1], whole[border + 2 :]
    first = text.count("\n") + 2
    lines = under.split("\n")
    if lines.pop():
        raise malformed("The last line has no end.", at, first + len(lines))
    if not lines:
        raise malformed("There is no signature.", at, first)
    if len(lines) > MOST:
        raise malformed(f"There are more than {MOST} signatures.", at, first + MOST)
    return Note(text, tuple(_signature(line, at, number) for number, line in enumerate(lines, first)))


def _plain(note: str | bytes, at: str) -> str:
    content = note.encode(errors="surrogatepass") if isinstance(note, str) else note
    if len(content) > LONGEST:
        raise malformed(f"It is longer than {LONGEST:,} bytes.", at, 1)
    try:
        whole = content.decode()
    except UnicodeDecodeError as error:
        raise malformed("A character is no UTF-8.", at, 1 + content.count(b"\n", 0, error.start)) from None
    for number, line in enumerate(whole.split("\n"), 1):
        if control := next((each for each in line if each < " "), ""):
            raise malformed(f"The control character {control!r} can't stand in it.", at, number)
    return whole


def _signature(line: str, at: str, number: int) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _is_name(name):
        raise malformed("A signature has the form “— NAME SIGNATURE”.", at, number)
    content = decode_base64(encoded)
    if content is None or len(content) <= KEY_ID:
        raise malformed("The signature is no Base64 of the ID of a key and what it signed.", at, number)
    return Signature(name, content[:KEY_ID], content[KEY_ID:])


def malformed(message: str, at: str, line: int) -> MalformedNote:
    """The error for a line of a note."""
    return MalformedNote(message, at=f"{at}:{line}", fix="Take the file as it was written; a mail program or an editor changed it.")


def decode_base64(text: str) -> bytes | None:
    """The bytes of a Base64 text (RFC 4648, section 4); None for any but the one text that they have."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        return None
    return content if b64encode(content).decode() == text else None


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
