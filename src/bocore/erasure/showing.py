"""The right of access: all that is known of a person, to look at and as a file that other programs read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

import attrs
import orjson

from bocore.erasure.finding import Found, find_rows
from bocore.erasure.keeping import plain_fields
from bocore.errors import Finding, Refused
from bocore.kernel.retained import ERASE, Retained
from bocore.keys.unmasking import Unmasked
from bocore.uow.events import to_plain

if TYPE_CHECKING:
    from bocore.kernel.party import Party
    from bocore.uow import UnitOfWork

FORMAT = "bocore-person/1"


@attrs.frozen
class PersonalRow:
    """The fields of one row that are a person's, as plain values: numbers, text, lists and dicts; bytes in base64."""

    entity: str
    row_id: int
    fields: dict[str, Any]


def personal_data(uow: UnitOfWork, party: Party, *, unmask: bool = False) -> Iterator[PersonalRow]:
    """Every row of every entity, of all plugins, of which a field is declared to be this person's; what is empty is left out.

    Read in batches, in the order of the entities and their ids. What was erased and is kept by law is not among it.

    :param unmask: also what secret fields say, in a unit of work that writes and has a reason: it leaves an event on the record. Else
        these are dots.
    """
    uow.require(ERASE, "see all that is known of a person")
    if unmask:
        _refuse_unrecorded(uow)
    if uow._tracker.pending:
        uow._writer.write_pending(None)
    session = uow._touch()
    for found in find_rows(uow._app, session, party.id):
        for rows in found.batches(session):
            for row in rows:
                names = sorted(found.by_id[row[0]], key=list(found.spec.fields).index)
                mine = plain_fields(uow, found.spec, row, names, opening=unmask)
                if unmask:
                    _record(uow, found, row[0], mine)
                told = {name: value for name, value in mine.items() if value not in (None, "", [], {})}
                if told:
                    yield PersonalRow(found.spec.name, row[0], told)


def _refuse_unrecorded(uow: UnitOfWork) -> None:
    if uow.read_only or not (uow.reason or "").strip():
        message = "Secret fields are opened on the record, and for a reason."
        fix = "Use a unit of work that writes and has a reason; bo person export --unmask --reason 'Request 2026-17'."
        raise Refused([Finding("bo.unmask_reason", message, None, "reason", fix)])


def _record(uow: UnitOfWork, found: Found, ident: int, mine: dict[str, Any]) -> None:
    for name in mine:
        if found.fields[name].secret and mine[name]:
            uow._unmasked.append(Unmasked(entity=found.spec.name, field=name, ids=[ident], reason=str(uow.reason)))


def export_person(uow: UnitOfWork, party: Party, out: TextIO, *, unmask: bool = False) -> int:
    """Write all that is known of a person as JSON, row by row, for that person; returns the number of rows.

    ``{"file": "bocore-person/1", "party": …, "made": …, "rows": [{"entity", "id", "about", "fields"}, …], "kept": […]}``; what is kept by
    law of a person who was erased before is named, and not shown.

    :param unmask: as of :func:`personal_data`: the person has a right to that, too.
    """
    uow.require(ERASE, "hand over all that is known of a person")
    head = {"file": FORMAT, "party": {"id": party.id, "code": party.code}, "made": to_plain(uow.now())}
    out.write(_text(head)[:-1] + ',"rows":[')
    count = 0
    for row in personal_data(uow, party, unmask=unmask):
        about = (uow._app._specs[row.entity].cls.__doc__ or "").strip().partition("\n")[0]
        out.write((",\n" if count else "\n") + _text({"entity": row.entity, "id": row.row_id, "about": about, "fields": row.fields}))
        count += 1
    kept = [{"entity": one.entity, "id": one.row_id, "until": to_plain(one.until), "why": one.code} for one in retained_rows(uow, party)]
    out.write(f'\n],"kept":{_text(kept)}}}\n')
    return count


def retained_rows(uow: UnitOfWork, party: Party | None = None) -> list[Retained]:
    """What is kept of an erased person, or of all; sealed."""
    uow.require(ERASE, "see what is kept of people")
    with uow.core():
        rows = uow.select(Retained).all() if party is None else uow.select(Retained, party_id=party.id).all()
    return sorted(rows, key=lambda row: (row.party_id, row.entity, row.row_id, row.serial))


def _text(value: object) -> str:
    return orjson.dumps(value).decode()
