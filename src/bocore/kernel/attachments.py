"""Attachments: files that belong to a row of any entity, kept in the database and known by the SHA-256 of their content.

The same file is kept once for a row, and once more for another row: what is shared between two people's rows could not be taken away
from one of them. Dropping the content leaves the row: that there was such a file, of that size and digest, from when to when.
"""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import sqlalchemy as sa

from bocore.access.views import check_row
from bocore.entities import Entity, entity, field, parent, recorded, ref, spec_of
from bocore.errors import Finding, NotAllowed, NotFound, Refused, UsageError
from bocore.kernel.external import can_be_removed, check_named, naming_removed, row_key
from bocore.kernel.filetypes import ANY_TYPE, Unfit, checked_type, headers, is_device
from bocore.kernel.party import Party
from bocore.kernel.settings import KernelSettings
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

CHUNK = 500_000
"""Bytes of one row of content."""
MAX_NAME = 200
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*", re.ASCII)
_FREE = {"note", "party_id", "removed_at"}
"""What may change of an attachment."""


@entity("bo_attachment", index=[("entity", "row_id")])
class Attachment(Entity):
    """A file that belongs to a row: the scan of a bill, a contract. Its content stands beside it, until it is dropped."""

    entity: str = field(max_length=50, not_blank=True, doc="the table of the row")
    row_id: int
    party_id: int | None = ref(Party, default=None, doc="whose data it is, where it is a person's")
    file_name: str = field(max_length=MAX_NAME, not_blank=True, personal="party_id", doc="for people: no path, no control characters")
    media_type: str = field(default=ANY_TYPE, max_length=100, doc="as its sender or its name says, and its content bears out")
    size: int = field(gt=0, unit="bytes")
    sha256: str = field(max_length=64, doc="of the content, in hexadecimal")
    note: str = field(default="", max_length=500, personal="party_id")
    added_at: datetime
    removed_at: datetime | None = field(default=None, doc="when the content was dropped")
    unit_id: int = recorded()


@entity("bo_attachment_content", unique=[("attachment_id", "position")])
class AttachmentContent(Entity):
    """A part of the content of an attachment. The commit record has a salted digest of it only: nothing is left once it is dropped."""

    attachment_id: int = parent(Attachment)
    position: int = field(ge=0)
    data: bytes = field(max_length=CHUNK, personal="attachment_id.party_id")


# ---------------------------------------------------------------- in


def attach(
    uow: UnitOfWork,
    row: Entity,
    content: bytes | Path | BinaryIO,
    *,
    file_name: str = "",
    media_type: str = "",
    note: str = "",
    party: Party | int | None = None,
) -> Attachment:
    """Keep a file with a row. The same content a second time gives the attachment that is there.

    :param content: bytes, the path of a file, or a binary stream, which is read to its end.
    :param file_name: what people see; the name of the file without it. Paths and control characters are taken out.
    :param media_type: ``application/pdf``; by the ending of the name without it.
    :param party: the person whose data it is; the row itself where it is a Party.
    :raises Refused: larger than the setting ``attachment_limit`` (``bo.attachment_too_large``), empty, or of a media type that can't
        be (``bo.attachment``); a program or a file with macros (``bo.attachment_program``), two things at once
        (``bo.attachment_two_things``), an archive that swells (``bo.attachment_archive``), or something else than it is said to be
        (``bo.attachment_type``). Nothing is written then.
    """
    table, ident = row_key(row)
    check_row(uow, type(row), ident, write=True)
    name = clean_file_name(file_name or (content.name if isinstance(content, Path) else ""))
    data = _bytes(content, uow.settings(KernelSettings).attachment_limit, f"{table} {ident}", name)
    kind = media_type or mimetypes.guess_type(name)[0] or ANY_TYPE
    if not _MEDIA_TYPE.fullmatch(kind.lower()):
        message = f"{media_type!r} is no media type."
        raise Refused([Finding("bo.attachment", message, f"{table} {ident}", "media_type", "Write it as in application/pdf.")])
    kind = _checked(uow, data, name, kind.lower(), f"{table} {ident}")
    digest = sha256(data).hexdigest()
    with uow.core():
        for there in uow.select(Attachment, entity=table, row_id=ident, sha256=digest):
            if there.removed_at is None:
                return there
    whose = (row.id if isinstance(row, Party) else None) if party is None else party if isinstance(party, int) else party.id
    made = Attachment(
        entity=table, row_id=ident, party_id=whose, file_name=name, media_type=kind, size=len(data), sha256=digest, note=note,
        added_at=uow.now(),
    )  # fmt: skip
    parts = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    with uow.core():
        uow.add(made)
        uow.add_all(AttachmentContent(attachment_id=made.id, position=position, data=part) for position, part in enumerate(parts))
    return made


def clean_file_name(name: str) -> str:
    """A file name as it can be shown and saved: its last part, without control and formatting characters, at most 200 long."""
    last = re.split(r"[/\\]", name)[-1].encode("utf-8", "ignore").decode("utf-8")
    shown = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*')
    shown = unicodedata.normalize("NFC", " ".join(shown.split())).strip(". ")
    if len(shown) > MAX_NAME:
        stem, dot, ending = shown.rpartition(".")
        keep = dot + ending if stem and len(ending) <= 20 else ""
        shown = shown[: MAX_NAME - len(keep)].rstrip(". ") + keep
    return f"_{shown}"[:MAX_NAME] if is_device(shown) else shown or "file"


def _checked(uow: UnitOfWork, data: bytes, name: str, said: str, at: str) -> str:
    try:
        return checked_type(data, name, said, uow.settings(KernelSettings).attachment_unpacked)
    except Unfit as unfit:
        code = f"bo.attachment_{unfit.code}"
        raise Refused([Finding(code, f"{name} is not kept. {unfit.message}", at, "content", unfit.fix)]) from None


def attachment_headers(attachment: Attachment) -> dict[str, str]:
    """HTTP headers to serve a file with: a browser shows pictures, PDF and plain text, downloads everything else, and runs nothing."""
    return dict(headers(attachment.media_type, attachment.file_name))


def _bytes(content: Any, limit: int, at: str, name: str) -> bytes:
    """The content, once it is sure that it is not too large: more than that is never read."""
    if isinstance(content, Path):
        if not content.is_file():
            raise Refused([Finding("bo.attachment", f"There is no file {content}.", at, fix="Name an ordinary file.")])
        size = content.stat().st_size
        data = b"" if size > limit else content.read_bytes()
        size = max(size, len(data))
    elif isinstance(content, (bytes, bytearray, memoryview)):
        data = bytes(content)
        size = len(data)
    elif hasattr(content, "read"):
        data = _read_through(content, limit + 1)
        size = len(data) if isinstance(data, bytes) else -1
    else:
        size = -1
    if size < 0:
        raise UsageError(f"{type(content).__name__} is no content of a file.", fix="Give bytes, a Path, or a stream opened with 'rb'.")
    if size > limit:
        said = f"more than {limit:,}" if hasattr(content, "read") else f"{size:,}"
        message = f"{name} has {said} bytes; an attachment has at most {limit:,}."
        fix = 'Make it smaller, or raise the limit: write_setting(uow, KernelSettings, "attachment_limit", …).'
        raise Refused([Finding("bo.attachment_too_large", message, at, "content", fix, size=size, limit=limit)])
    if not size:
        raise Refused([Finding("bo.attachment", f"{name} is empty.", at, "content", "Look whether the file was saved.")])
    return data


def _read_through(stream: Any, most: int) -> Any:
    """A stream to its end, or as much of it as is asked for: what is unbuffered gives less at a time."""
    data = stream.read(most)
    while isinstance(data, bytes) and 0 < len(data) < most and isinstance(more := stream.read(most - len(data)), bytes) and more:
        data += more
    return data


# ---------------------------------------------------------------- out


def attachments(uow: UnitOfWork, rows: Iterable[Entity], *, dropped: bool = False) -> dict[int, list[Attachment]]:
    """Row id → its attachments, oldest first, for many rows of one entity in one query.

    :param dropped: also those whose content was dropped.
    """
    several = list(rows)
    found: dict[int, list[Attachment]] = {row.id: [] for row in several}
    if not several:
        return found
    tables = {spec_of(type(row)).name for row in several}
    if len(tables) > 1:
        raise UsageError(f"Rows of {' and '.join(sorted(tables))} can't be asked for together.", fix="Ask for each entity by itself.")
    for row in several:
        check_row(uow, type(row), row.id)
    with uow.core():
        kept = uow.select(Attachment, entity=tables.pop(), row_id=list(found)).order_by(Attachment.c.added_at, Attachment.c.id).all()
    for one in kept:
        if dropped or one.removed_at is None:
            found[one.row_id].append(one)
    return found


def _check_attachment(uow: UnitOfWork, attachment: Attachment, *, write: bool = False) -> None:
    """Who may not see a row does not see what hangs on it; of a plugin that is gone only the core's own code does."""
    if not uow._free:
        if attachment.entity not in uow._app.table_names:
            raise NotAllowed(f"{uow.authority.name} may not read what belonged to {attachment.entity}, which no plugin declares.")
        check_row(uow, uow._app.class_of(attachment.entity), attachment.row_id, write=write)


def read_attachment(uow: UnitOfWork, attachment: Attachment) -> bytes:
    """The content of an attachment, checked against its digest."""
    return b"".join(stream_attachment(uow, attachment))


def stream_attachment(uow: UnitOfWork, attachment: Attachment) -> Iterator[bytes]:
    """The content part by part; the digest is checked at the end, so use nothing of it before the iterator is through.

    :raises NotFound: it was dropped (``bo.attachment_dropped``).
    :raises Refused: it is not what was attached (``bo.attachment_altered``).
    """
    _check_attachment(uow, attachment)
    if attachment.removed_at is not None:
        message = f"The content was dropped on {attachment.removed_at.date()}."
        raise NotFound([Finding("bo.attachment_dropped", message, attachment, fix="Look for another copy: its SHA-256 is in the row.")])
    whole, position, c = sha256(), 0, AttachmentContent.c
    while True:
        with uow.core():
            found = uow.rows(sa.select(c.data).where(c.attachment_id == attachment.id, c.position == position))
        if not found:
            break
        part = bytes(found[0].data)
        whole.update(part)
        yield part
        position += 1
    if whole.hexdigest() != attachment.sha256:
        message = "The content is not what was attached."
        raise Refused([Finding("bo.attachment_altered", message, attachment, "sha256", "bo audit verify says what else was altered.")])


def drop_attachment(uow: UnitOfWork, attachment: Attachment) -> None:
    """Drop the content; the row stays, with name, size, digest and the instant. The unit's reason says why."""
    _check_attachment(uow, attachment, write=True)
    if attachment.removed_at is None:
        with uow.core():
            attachment.removed_at = uow.now()
            uow.write([attachment])
            for part in uow.children(attachment, AttachmentContent):
                uow.remove(part)


# ---------------------------------------------------------------- checking


@hookimpl
@concerns(can_be_removed)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    """Refuse attachments of nothing, other content for a file, and the deletion of rows that still have files."""
    if changes.touch(Attachment, AttachmentContent):
        yield from check_named(uow, changes.added(Attachment), "bo.attachment")
        yield from _check_files(changes)
        yield from _check_content(uow, changes)
    for row, attachment in naming_removed(uow, changes, Attachment):
        if attachment.removed_at is None:
            yield Finding("bo.attachment", "It has an attachment.", row, fix="Drop its content first: drop_attachment(uow, …).")


def _check_files(changes: Changes) -> Iterator[Finding]:
    sizes: dict[int, int] = {}
    for part in changes.added(AttachmentContent):
        sizes[part.attachment_id] = sizes.get(part.attachment_id, 0) + len(part.data)
    for row in changes.added(Attachment):
        if sizes.get(row.id) != row.size:
            yield Finding("bo.attachment", "Its content is not there.", row, "size", "Use attach(uow, row, content, file_name=…).")
    for change in changes.updated(Attachment):
        for name in sorted(change.new.keys() - _FREE):
            yield Finding("bo.attachment", f"The {name} of an attachment can't change.", change.entity, name, "Attach another file.")
        if change.old.get("removed_at") is not None:
            message = "The content was dropped, and does not come back."
            yield Finding("bo.attachment", message, change.entity, "removed_at", "Attach the file again.")
    for row in changes.removed(Attachment):
        message = "That there was an attachment is not deleted."
        yield Finding("bo.attachment", message, row, fix="Drop its content: drop_attachment(uow, attachment).")


def _check_content(uow: UnitOfWork, changes: Changes) -> Iterator[Finding]:
    new = {row.id for row in changes.added(Attachment)}
    altered: list[Any] = [change.entity for change in changes.updated(AttachmentContent)]
    for part in [*altered, *(part for part in changes.added(AttachmentContent) if part.attachment_id not in new)]:
        yield Finding("bo.attachment", "The content of an attachment can't change.", part, "data", "Attach another file.")
    gone = changes.removed(AttachmentContent)
    files = uow.get_all(Attachment, {part.attachment_id for part in gone})
    for part in gone:
        if files[part.attachment_id].removed_at is None:
            yield Finding("bo.attachment", "The content can't go by itself.", part, fix="Use drop_attachment(uow, attachment).")
