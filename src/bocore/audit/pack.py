"""A voucher pack: the trail, a proof of each row on it, and the files, for somebody who has nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from bocore.audit.steps import Trail
from bocore.errors import Finding, Refused
from bocore.kernel.attachments import Attachment, clean_file_name, stream_attachment
from bocore.record.proving import prove

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


def files_of(uow: UnitOfWork, trail: Trail) -> Iterator[tuple[str, bytes]]:
    """The files of a pack, name and content, made one by one.

    ``proofs/ENTITY-ID.json`` proves a row, as ``bo audit prove`` does, and ``bo audit check-proof`` checks it; ``files/ID-NAME`` is an
    attachment whose content is as its SHA-256 says; ``trail.json``, the last, is the trail.

    :param uow: that which walked the trail, and began when everything was sealed: ``bo.seal()``.
    :raises Refused: after all that can be made: rows or files are not as recorded, or not sealed. The pack is worth nothing then.
    """
    session, wrong = uow._touch(), list[Finding]()
    for entity, ident in trail.proved():
        try:
            yield f"proofs/{entity}-{ident}.json", prove(session, entity, ident).text().encode()
        except Refused as refused:
            wrong += refused.findings
    for file in {step.row.id: step.row for step in trail.all() if isinstance(step.row, Attachment)}.values():
        if file.removed_at is None:
            try:
                yield f"files/{file.id}-{clean_file_name(file.file_name or '')}", b"".join(stream_attachment(uow, file))
            except Refused as refused:
                wrong += refused.findings
    if wrong:
        raise Refused(wrong)
    yield "trail.json", orjson.dumps(trail.as_dict(), option=orjson.OPT_INDENT_2) + b"\n"
