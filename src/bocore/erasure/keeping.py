"""What must be kept of an erased person: put away encrypted, opened on the record, destroyed when its day has passed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.entities import EntitySpec, spec_of
from bocore.erasure.results import RetainedDestroyed, RetainedOpened
from bocore.errors import Finding, Refused
from bocore.kernel.party import Party
from bocore.kernel.retained import ERASE, MADE_BY, Retained
from bocore.keys.masked import MASK
from bocore.keys.operate import destroy_retention_keys, open_retained, seal_for_retention
from bocore.keys.sealing import opened
from bocore.uow.events import to_plain

if TYPE_CHECKING:
    from bocore.erasure.finding import Row
    from bocore.erasure.retention import Reason
    from bocore.uow import UnitOfWork

OPEN_END = date(9999, 12, 31)
"""Under the key of this day is what has none: it goes with its rows."""


@attrs.frozen
class OpenedRow:
    """A row of an erased person as it was, as far as it is kept; ``fields`` are plain values, bytes in base64."""

    entity: str
    row_id: int
    fields: dict[str, Any]
    until: date | None
    code: str


def keep(uow: UnitOfWork, party: int, spec: EntitySpec, wanted: Sequence[tuple[Row, Sequence[str], Reason]]) -> None:
    """Put fields of rows of one entity away."""
    there = uow.select(Retained, entity=spec.name, row_id={row[0] for row, _, _ in wanted}) if wanted else ()
    serials: dict[int, int] = {}
    for one in there:
        serials[one.row_id] = max(one.serial, serials.get(one.row_id, 0))
    made = []
    for row, fields, reason in wanted:
        plain = orjson.dumps(plain_fields(uow, spec, row, fields, opening=True), option=orjson.OPT_SORT_KEYS).decode()
        serials[row[0]] = serial = serials.get(row[0], 0) + 1
        sealed = seal_for_retention(uow, plain, reason.until or OPEN_END, _about(party, spec.name, row[0]))
        made.append(
            Retained(
                party_id=party,
                entity=spec.name,
                row_id=row[0],
                serial=serial,
                until=reason.until,
                code=reason.code,
                sealed=sealed,
            )
        )
    uow.add_all(made, made_by=MADE_BY)


def _about(party: int, entity: str, ident: int) -> str:
    return f"{entity} {ident} of party {party}"


def plain_fields(uow: UnitOfWork, spec: EntitySpec, row: Row, fields: Iterable[str], *, opening: bool = False) -> dict[str, Any]:
    """Fields of a stored row as plain values.

    :param opening: also what secret fields say, without those whose key is destroyed; else these are dots.
    """
    made: list[Any] = []
    uow._app.compiled(spec.cls).load([row], {}, made)
    found = {}
    for name in fields:
        field = spec.fields[name]
        if field in spec.secrets:
            text = opened(uow, spec, field, made)[0][row[0]] if opening else MASK if getattr(made[0], name) else ""
            if text is not None:
                found[name] = text
        else:
            found[name] = plain_value(getattr(made[0], name))
    return found


def plain_value(value: Any) -> Any:
    """A value as JSON has it; bytes as base64."""
    return b64encode(value).decode() if isinstance(value, bytes) else to_plain(value)


def retained_data(uow: UnitOfWork, party: Party) -> list[OpenedRow]:
    """What is kept of an erased person, readable: for an auditor, a court, a claim that is still open. It leaves an event on the record.

    :raises Refused: without a reason (``bo.retained_reason``).
    """
    uow.require(ERASE, "open what is kept of a person")
    if not (uow.reason or "").strip():
        fix = "Say who wants to know and why: --reason 'Tax audit 2026'."
        raise Refused([Finding("bo.retained_reason", "What is kept is opened for a reason only.", party, "reason", fix)])
    with uow.core():
        rows = sorted(uow.select(Retained, party_id=party.id), key=lambda row: (row.entity, row.row_id, row.serial))
        shown = [found for row in rows if (found := _opened(uow, row)) is not None]
    if rows:
        uow.emit(RetainedOpened(party_id=party.id, rows=[row.id for row in rows]))
    return shown


def _opened(uow: UnitOfWork, row: Retained) -> OpenedRow | None:
    plain = open_retained(uow, row.sealed, _about(row.party_id, row.entity, row.row_id))
    return None if plain is None else OpenedRow(row.entity, row.row_id, orjson.loads(plain), row.until, row.code)


# ---------------------------------------------------------------- the end of it


def destroy_due(uow: UnitOfWork) -> int:
    """Destroy what was kept until a day that has passed, with its keys, and what nobody names any more; returns how many rows."""
    today = uow.now().date()
    due = [*uow.select(Retained).where(Retained.c.until < today), *_settled(uow)]
    for row in due:
        uow._writer.remove(row, with_base=True)
    destroy_retention_keys(uow, today)
    if due:
        uow.emit(RetainedDestroyed(parties=sorted({row.party_id for row in due}), rows=len(due)))
    return len(due)


def _settled(uow: UnitOfWork) -> Iterator[Retained]:
    """What was kept without a date, and is not named for the same cause any more."""
    from bocore.erasure.retention import ask

    by_party: dict[int, list[Retained]] = {}
    for row in uow.select(Retained, until=None):
        by_party.setdefault(row.party_id, []).append(row)
    for party, rows in sorted(by_party.items()):
        kept = ask(uow, uow.get(Party, party))
        named = {(spec_of(cls).name, ident, reason.code) for (cls, ident), reasons in kept.items() for reason in reasons}
        yield from (row for row in rows if (row.entity, row.row_id, row.code) not in named)
