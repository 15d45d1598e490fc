"""What a key names: a voucher, an open item, a file, a document by its number, or any row by its table and id."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bocore.access.views import check_row, company_column, may_read
from bocore.entities import Entity, EntitySpec, spec_of
from bocore.errors import Finding, NotAllowed, NotFound, Refused
from bocore.kernel.attachments import Attachment
from bocore.kernel.company import Company
from bocore.kernel.items import OpenItem
from bocore.kernel.voucher import VoucherRecord

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

MOST = 20
"""So many rows are named where a key is that of several."""
_TABLE_AND_ID = re.compile(r"([a-z][a-z0-9_]*) ([0-9]{1,19})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def starting_points(uow: UnitOfWork, key: str) -> list[Entity]:
    """Where a trail begins: the vouchers that the key leads to, or the row itself where there are none.

    :raises NotFound: it is the key of nothing that the actor sees in this company (``bo.audit.no_trail``).
    :raises Refused: of several things (``bo.audit.several``).
    """
    rows = list({(spec_of(type(row)).name, row.id): row for row in _named(uow, key)}.values())
    if not rows:
        raise NotFound([_nothing(uow, key)])
    found = {tuple((spec_of(type(one)).name, one.id) for one in starts): starts for starts in (_starts(uow, row) for row in rows)}
    if len(found) > 1:
        said = ", ".join(f"{spec_of(type(row)).name} {row.id}" for row in rows[:MOST])
        fix = f"Say which: bo audit trace {spec_of(type(rows[0])).name} {rows[0].id}."
        raise Refused([Finding("bo.audit.several", f"{key!r} is the key or number of several: {said}.", field="key", fix=fix)])
    return list(next(iter(found.values())))


# ---------------------------------------------------------------- what is called so


def _named(uow: UnitOfWork, key: str) -> Iterator[Entity]:
    company = uow.company.id
    yield from uow.select(VoucherRecord, company_id=company, key=key)
    yield from uow.select(OpenItem, company_id=company, key=key)
    if (written := _TABLE_AND_ID.fullmatch(key)) is not None:
        yield from _by_id(uow, written[1], int(written[2]))
    if _SHA256.fullmatch(key):
        with uow.core():
            files = uow.select(Attachment, sha256=key).order_by(Attachment.c.id).limit(MOST).all()
        yield from (one for one in files if _belonging(uow, one) is not None)
    for spec, name in _numbered(uow):
        equal: dict[str, Any] = {name: key}
        if company_column(spec) == "company_id":
            equal["company_id"] = company
        found: list[Entity] = uow.select(spec.cls, **equal).limit(MOST).all()
        yield from (row for row in found if is_ours(uow, row))


def _numbered(uow: UnitOfWork) -> Iterator[tuple[EntitySpec, str]]:
    """The entities whose rows have numbers, as far as the actor may read them."""
    for spec in uow._app.tables.values():
        for field in spec.all("numbered"):
            if may_read(uow._app, uow.authority, spec.cls):
                yield spec, field.name


def _by_id(uow: UnitOfWork, table: str, ident: int) -> Iterator[Entity]:
    spec = uow._app.tables.get(table)
    if spec is None or ident >= 2**63:
        return
    if spec.cls is Attachment:
        with uow.core():
            found = uow.get_all(Attachment, [ident])
        yield from (one for one in found.values() if _belonging(uow, one) is not None)
        return
    rows: dict[int, Any] = uow.get_all(spec.cls, [ident])
    for row in rows.values():
        if is_ours(uow, row):
            yield row


def _belonging(uow: UnitOfWork, attachment: Attachment) -> Entity | None:
    """The row that a file belongs to; None where the actor does not see it."""
    return visible(uow, attachment.entity, attachment.row_id)


def visible(uow: UnitOfWork, table: str, ident: int) -> Entity | None:
    """A row of any entity; None where it is not there, not seen, or another company's."""
    spec = uow._app.tables.get(table)
    if spec is None:
        return None
    try:
        check_row(uow, spec.cls, ident)
        row: Entity | None = uow.get_all(spec.cls, [ident]).get(ident)
    except (NotAllowed, NotFound):
        return None
    return row if row is not None and is_ours(uow, row) else None


def is_ours(uow: UnitOfWork, row: Entity) -> bool:
    """Whether a row is the company's, by itself or by what it is a part of, or nobody's in particular."""
    at: Any = row
    with uow.core():
        while at is not None:
            company = at.id if isinstance(at, Company) else getattr(at, "company_id", None)
            if company is not None:
                return bool(company == uow.company.id)
            spec = spec_of(type(at))
            link = spec.one("parent")
            above: Any = spec.extends or (link.target if link is not None else None)
            ident = None if above is None else at.id if spec.extends is not None or link is None else getattr(at, link.name)
            at = None if ident is None else uow.get_all(above, [ident]).get(ident)
    return True


# ---------------------------------------------------------------- where its trail begins


def _starts(uow: UnitOfWork, row: Entity) -> Sequence[Entity]:
    """The vouchers of a row: that which it names, that of what it is a part of, or those whose source it is; else the row."""
    if isinstance(row, VoucherRecord):
        return [row]
    if isinstance(row, Attachment):
        owner = _belonging(uow, row)
        return [row] if owner is None else _starts(uow, owner)
    spec = spec_of(type(row))
    for field in spec.all("ref"):
        if field.target is VoucherRecord and getattr(row, field.name) is not None:
            return [uow.get(VoucherRecord, getattr(row, field.name))]
    parent = spec.one("parent")
    if parent is not None:
        owner = visible(uow, spec_of(parent.target).name, getattr(row, parent.name)) if parent.target is not None else None
        return [row] if owner is None else _starts(uow, owner)
    made = uow.select(VoucherRecord, source_entity=spec.name, source_id=row.id).order_by(VoucherRecord.c.id).all()
    return [one for one in made if one.company_id == uow.company.id] or [row]


def _nothing(uow: UnitOfWork, key: str) -> Finding:
    """The finding for a key of nothing, with keys that are like it."""
    begin = key[: max(1, key.rfind(":") + 1)]
    column = VoucherRecord.c.key
    like = sa.select(column).where(VoucherRecord.c.company_id == uow.company.id, column >= begin).order_by(column).limit(3)
    keys = [row[0] for row in uow.rows(like) if row[0].startswith(begin)]
    there = f" There are vouchers {', '.join(keys)}, for instance." if keys else ""
    message = f"Nothing in {uow.company.code or uow.company.name} has the key or number {key!r}.{there}"
    fix = "Give the key of a voucher or an open item, the number of a document or an entry, the SHA-256 of a file, or a table and an id."
    return Finding("bo.audit.no_trail", message, field="key", fix=fix)
