"""Events: small, plain, with a versioned name; and the plain values that a commit record may keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar, dataclass_transform
from uuid import UUID

import attrs

from bocore.amounts import Money, UnitPrice
from bocore.entities import Entity, spec_of
from bocore.errors import DeclarationError, Finding, UsageError
from bocore.keys.masked import Masked
from bocore.record.canonical import canonical_bytes, canonical_decimal, canonical_instant

T = TypeVar("T")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def event(name: str, *, version: int = 1) -> Callable[[type[T]], type[T]]:
    """Make a class an event: ``@event("vet.visit_finished") class VisitFinished: visit_id: int``.

    Values are ids, numbers, dates and short codes, never personal data. A change of meaning is a new version; fields are only added.
    """
    if "." not in name:
        raise DeclarationError(f"The event {name!r} has no prefix.", fix='Name it "plugin.what_happened".')

    def decorate(cls: type[T]) -> type[T]:
        made = attrs.define(cls, frozen=True, kw_only=True, slots=True)
        made.__bocore_event__ = f"{name}/{version}"  # type: ignore[attr-defined]
        return made

    return decorate


def event_name(item: Any) -> str:
    """The versioned name of an event: ``vet.visit_finished/1``."""
    found = getattr(type(item), "__bocore_event__", None)
    if found is None:
        raise UsageError(f"{item!r} is no event.", fix='Decorate its class with @event("plugin.what_happened").')
    return str(found)


def plain_event(item: Any) -> list[Any]:
    """``[name, values]`` as the commit record keeps it."""
    return [event_name(item), {a.name: to_plain(getattr(item, a.name)) for a in attrs.fields(type(item))}]


def to_plain(value: Any) -> Any:
    """A JSON-able value without floats: Money as amount and currency, an entity as its id and number."""
    if value is None or (isinstance(value, (bool, int, str)) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Entity):
        named = {n: name for n in ("number", "code") if n in spec_of(type(value)).fields and (name := getattr(value, n)) is not None}
        return {"entity": spec_of(type(value)).name, "id": value.id, **named}
    if isinstance(value, (Money, UnitPrice)):
        return {"amount": str(value.amount), "currency": value.currency}
    if isinstance(value, Decimal):
        return canonical_decimal(value)
    if isinstance(value, datetime):
        return canonical_instant(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (UUID, Masked)):
        return str(value)
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(v) for v in value]
    if isinstance(value, (set, frozenset)):  # the order in which Python gives them is another in every process
        return sorted(map(to_plain, value), key=canonical_bytes)
    if isinstance(value, Finding):  # what a check has found
        return to_plain(value.as_dict())
    if attrs.has(type(value)):
        return {a.name: to_plain(getattr(value, a.name)) for a in attrs.fields(type(value))}
    raise UsageError(
        f"{type(value).__name__} can't be kept on a commit record.", fix="Use numbers, text, dates, Money, entities, lists and dicts."
    )
