"""Texts of vouchers that name a number: filled when the number is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from bocore.entities import Entity, spec_of
from bocore.errors import Finding, UsageError
from bocore.kernel.voucher import Posted, Voucher, VoucherRecord, posted_from

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

_PLACE = re.compile(r"\{(?:(number)|(label)|source\.([a-z_][a-z0-9_]*))\}", re.ASCII)


def fill_text(uow: UnitOfWork, posted: Posted, set_text: Callable[[str], None]) -> None:
    """Give a ledger the text of a voucher: at once, or as soon as the number is known that it names.

    For ``bo_posted``: ``fill_text(uow, posted, lambda text: setattr(entry, "text", text))``, before the entry is written.
    """
    record = posted.record
    waiting = _awaited(uow, posted.voucher)
    if waiting is None:
        set_text(record.text)
    else:
        uow.when_numbered(waiting, lambda: set_text(record.text))


def fill_record(uow: UnitOfWork, record: VoucherRecord, voucher: Voucher) -> None:
    """Fill text and label of a new record now, or when its source is numbered."""
    source = voucher.source
    entity = None if source is None else source.entity
    label = "" if source is None else source.label

    def fill() -> None:
        record.source_label = _fill(label, entity, "")
        record.text = _fill(voucher.text, entity, record.source_label)

    if "{" not in label and "{" not in voucher.text:
        record.source_label, record.text = label, voucher.text
        return
    waiting = _awaited(uow, voucher)
    if waiting is None:
        fill()
        return
    record.source_label, record.text = label, voucher.text
    uow.when_numbered(waiting, fill)


def require_source(uow: UnitOfWork, voucher: Voucher) -> None:
    """Refuse a text that waits for a number which this unit of work will never take.

    :raises UsageError: the source belongs to another unit of work, and has no number.
    """
    waiting = _awaited(uow, voucher)
    held = None if waiting is None else uow._tracker.held(type(waiting)).get(waiting.id)
    if waiting is not None and (held is None or held[0] is not waiting):
        raise UsageError(
            f"The voucher {voucher.key} names the number of {waiting!r}, which belongs to another unit of work.",
            fix="Post it in the unit of work that numbers its source, or get the source here first.",
        )


def follow_text(uow: UnitOfWork, record: VoucherRecord, voucher: Voucher, original: VoucherRecord) -> None:
    """Give the record of a reversal the label of its original, now or when that is filled; its own text is no template."""
    record.text = voucher.text
    label = posted_from(original).voucher.source

    def fill() -> None:
        record.source_label = original.source_label

    fill()
    waiting = None if label is None else _awaited(uow, attrs.evolve(voucher, source=label, text=""))
    if waiting is not None:
        uow.when_numbered(waiting, fill)


def check_templates(voucher: Voucher) -> list[Finding]:
    """What the templates of a voucher name and its source does not have, or must not show."""
    source = voucher.source
    entity = None if source is None else source.entity
    label = "" if source is None else source.label
    return [*_check(label, "source.label", entity, voucher.key), *_check(voucher.text, "text", entity, voucher.key)]


def _check(template: str, name: str, entity: Entity | None, key: str) -> Iterator[Finding]:
    for number, label, field in _PLACE.findall(template) if "{" in template else ():
        written = f"{{{number or label or f'source.{field}'}}}"
        at = f"voucher {key}"
        if label:
            if name != "text":
                yield Finding("bo.template", f"The label names itself: {written}.", at, name, "Write {number} or {source.FIELD}.")
        elif entity is None:
            message = f"The text names {written}, but the voucher has no source row."
            yield Finding("bo.template", message, at, name, "Give source=Source(row, …).")
        else:
            field = field or _number_field(entity)
            known = spec_of(type(entity)).fields
            open_fields = ", ".join(n for n, f in known.items() if not (f.options.get("personal") or f.options.get("secret")))
            if field not in known:
                message = f"The text names {written}, which {type(entity).__name__} does not have."
                yield Finding("bo.template", message, at, name, f"It has: {open_fields}.")
            elif known[field].options.get("personal") or known[field].options.get("secret"):
                what = "personal" if known[field].options.get("personal") else "secret"
                message = f"The text names {written}, which is {what}; vouchers carry no {what} text."
                yield Finding("bo.template", message, at, name, f"Use one of: {open_fields}.")


def _awaited(uow: UnitOfWork, voucher: Voucher) -> Entity | None:
    """The source, if the texts name a number of it that is not taken yet."""
    source = voucher.source
    if source is None:
        return None
    entity = source.entity
    if entity is None and source.name and source.id is not None:
        spec = uow._app._specs.get(source.name)
        held = None if spec is None else uow._tracker.held(spec.cls).get(source.id)
        entity = None if held is None else held[0]
    if entity is None:
        return None
    fields = spec_of(type(entity)).fields
    for number, _, field in _PLACE.findall(source.label + voucher.text):
        name = field or (_number_field(entity) if number else "")
        if name in fields and fields[name].role == "numbered" and not _set(entity, name):
            return entity
    return None


def _fill(template: str, entity: Entity | None, label: str) -> str:
    def value(place: re.Match[str]) -> str:
        _number, wants_label, field = place.groups()
        if wants_label:
            return label
        if entity is None:
            return place.group()
        found: Any = getattr(entity, field or _number_field(entity))
        return "" if found is None else str(found)

    return _PLACE.sub(value, template) if "{" in template else template


def _number_field(entity: Entity) -> str:
    spec = spec_of(type(entity)).one("numbered")
    return "number" if spec is None else spec.name


def _set(entity: Entity, name: str) -> bool:
    try:
        return object.__getattribute__(entity, name) is not None
    except AttributeError:
        return False
