"""Signed heads of the record: how many records there were and the root over them, in the form of C2SP tlog-checkpoint.

::

    ORIGIN
    SIZE
    ROOT in Base64

    — ORIGIN SIGNATURE

The origin says whose record it is; a witness may sign below. Pure functions on texts; the form of signatures is
:mod:`bocore.record.note`'s.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Refused
from bocore.record.note import MalformedNote, Note, VerifierKey, check_note, decode_base64, malformed, read_note, sign_note
from bocore.record.proofs import LARGEST
from bocore.record.tree import HASH

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class OtherOrigin(Refused, ValueError):
    """A signed head of another record than the one that is asked for."""

    code = "bo.audit.head_of_other"


@attrs.frozen
class Checkpoint:
    """The head of a record.

    :param origin: whose record it is, e.g. ``example.com/books/acme``; also the name of the key that signs, and so without white space.
    :param size: how many records there are.
    :param root: the root of the tree over them, 32 bytes.
    :param extensions: further lines. Nobody can check what they say.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """What is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, b64encode(self.root).decode(), *self.extensions))


def sign_checkpoint(checkpoint: Checkpoint, private: Ed25519PrivateKey | bytes) -> str:
    """The signed head, as it is stored and handed on.

    :param private: the key that signs for the origin, or its seed of 32 bytes.
    :raises MalformedNote: it has no such form, and was not signed.
    """
    if checkpoint_of(Note(checkpoint.text(), ())) != checkpoint:
        raise MalformedNote("The head would be read back as another.", at="checkpoint", fix="An origin and an extension are one line each.")
    return sign_note(checkpoint.text(), checkpoint.origin, private)


def open_checkpoint(note: str | bytes, keys: Iterable[VerifierKey], *, origin: str | None = None, at: str = "checkpoint") -> Checkpoint:
    """The head that at least one of the keys has signed.

    :param origin: whose it has to be; not asked where there is none.
    :param at: what it is to its reader, e.g. the name of a file.
    :raises MalformedNote: it is no signed head; the finding names the line.
    :raises BadSignature: the signature of one of the keys does not hold.
    :raises NotSigned: none of them has signed.
    :raises OtherOrigin: it is another record's.
    """
    read = read_note(note, at=at)
    check_note(read, keys, at=at)
    checkpoint = checkpoint_of(read, at=at)
    if origin is not None and checkpoint.origin != origin:
        message = f"It is a head of {checkpoint.origin}, and not of {origin}."
        raise OtherOrigin(message, at=at, fix="Give a head of the record that is to be checked.")
    return checkpoint


def checkpoint_of(note: Note, *, at: str = "checkpoint") -> Checkpoint:
    """The head that a note is, whoever signed it.

    :raises MalformedNote: it is none; the finding names the line.
    """
    lines = note.text.split("\n")[:-1]
    if "" in lines:
        raise malformed("A line is empty.", at, lines.index("") + 1)
    if len(lines) < 3:
        raise malformed("A head has an origin, a size and a root, each in a line.", at, len(lines) + 1)
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > LARGEST:
        raise malformed(f"The size {lines[1]!r} is no whole number without zeros before it.", at, 2)
    root = decode_base64(lines[2])
    if root is None:
        raise malformed("The root is no Base64.", at, 3)
    if len(root) != HASH:
        raise malformed(f"The root has {len(root)} bytes, not {HASH}.", at, 3)
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[3:]))
