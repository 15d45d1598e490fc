"""Heads that are kept elsewhere: the one thing that shows a rolled-back tail, or a forger who has the key that signs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bocore.errors import Finding, Refused, UsageError
from bocore.record.note import MalformedNote, VerifierKey, read_verifier_key
from bocore.record.sealed import Anchored
from bocore.record.sealing import Head

Anchor = Callable[[Head], object]
VARIABLE = "BOCORE_ANCHOR"


class FileAnchor:
    """Appends heads to a file, an empty line between two. It should lie where whoever can write to the database can't: another machine's
    share, a folder that a job commits to git, a medium that is written once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, head: Head) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(f"{head.note}\n")
            file.flush()
            os.fsync(file.fileno())


def file_anchor(given: object) -> Anchor | None:
    """The file that an application was told, or $BOCORE_ANCHOR names; None where there is none."""
    if given is None:
        given = os.environ.get(VARIABLE) or None
    if given is None:
        return None
    if not isinstance(given, (str, Path)):
        raise UsageError(f"anchor is {given!r}.", fix="Give the path of a file, to which heads are appended.")
    return FileAnchor(Path(given))


def read_anchor(path: Path, keys: Sequence[str] = ()) -> Anchored:
    """The heads in a file.

    :param keys: the public keys that must have signed them, as text.
    :raises Refused: the file can't be read, or is not what :class:`FileAnchor` writes.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused([Finding("bo.audit.anchor", f"It can't be read: {error}.", path.name, fix="Give the file of heads.")]) from None
    except UnicodeDecodeError:
        raise Refused([Finding("bo.audit.anchor", "It is no text, and so no heads.", path.name, fix="Give the file of heads.")]) from None
    notes = list(notes_in(text, path.name))
    if not notes:
        raise Refused([Finding("bo.audit.anchor", "There is no head in it.", path.name, fix="Give the file of heads.")])
    return Anchored(notes, trusted(keys), path.name)


def trusted(keys: Sequence[str]) -> list[VerifierKey]:
    """Public keys as they were kept elsewhere, from their text."""
    return [read_verifier_key(key, at="--key") for key in keys]


def notes_in(text: str, at: str) -> Iterator[str]:
    """The signed heads of a file, in order.

    :param at: the name of the file.
    :raises MalformedNote: what is in it is none.
    """
    body: list[str] = []
    signed = False
    for line in [*text.splitlines(keepends=True), ""]:
        if signed and not line.startswith("— "):
            yield "".join(body)
            body, signed = [], False
        if line.strip() or body:
            body.append(line)
            signed = signed or line.startswith("— ")
    if "".join(body).strip():
        raise MalformedNote("The last head in it is not whole: it has no signature.", at=at, fix="Give the file as bocore wrote it.")
