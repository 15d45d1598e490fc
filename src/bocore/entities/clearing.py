"""What a personal field is overwritten with when its person is erased: nothing where it may be empty, else a value that tells nothing.

A cleared row stays a valid one, so that what is not personal of it can go on changing. A field that could only be overwritten with
another statement about somebody (a member of an Enum, a reference) must be declared ``… | None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import attrs

from bocore.entities.kinds import Boolean as BooleanKind
from bocore.entities.kinds import BytesKind, DateKind, EnumKind, InstantKind, JsonKind, StateKind, TextKind, TimeKind, UuidKind
from bocore.entities.numeric import Exact, Integer, MoneyKind, Number, UnitPriceKind
from bocore.entities.secret import SecretKind
from bocore.entities.spec import EntitySpec, FieldSpec
from bocore.record.canonical import canonical_decimal

MARK = "[erased]"
"""Stands where text must not be empty; with the id of its row where no two may be the same."""
SHORTEST = 8
"""Characters that a mark needs which is of one row alone."""
DAY = "1900-01-01"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Clear = Callable[[int, Sequence[Any]], tuple[Any, ...]]
"""Takes the id of a row and the stored values of the field, and returns what is stored instead."""


class Unerasable(Exception):
    """A personal field that nothing can be put into which says nothing of a person; the text goes on after the field's name."""


def clearing(spec: EntitySpec, field: FieldSpec) -> Clear:
    """How a personal field is cleared.

    :raises Unerasable: there is no such value.
    """
    if field.role in ("states", "numbered", "recorded"):
        raise Unerasable("is set by the unit of work, and can't be personal")
    if isinstance(field.kind, SecretKind):  # the key goes, and the blind index; the ciphertext stays, and its digest with it
        return lambda ident, stored: (stored[0], None)[: len(stored)] if stored[0] else tuple(stored)
    if field.optional:
        nothing = (None,) * len(field.columns)
        return lambda ident, stored: nothing
    if field.target is not None:
        raise Unerasable("refers to a row, and can't be emptied")
    names = {column.name for column in field.columns}
    unique = bool(field.options.get("unique")) or any(names & set(group) for group in spec.unique)
    return _distinct(field) if unique else _plain(field)


def _distinct(field: FieldSpec) -> Clear:
    """A value for each row, since no two may have the same."""
    kind = field.kind
    if isinstance(kind, UuidKind):
        return lambda ident, stored: (f"00000000-0000-0000-{ident >> 48:04x}-{ident & (1 << 48) - 1:012x}",)
    if not isinstance(kind, TextKind) or isinstance(kind, StateKind):
        raise Unerasable("is unique, and no two rows could be emptied")
    if kind.max_length < SHORTEST:
        raise Unerasable(f"is unique, and has no room for a mark of {SHORTEST} characters")
    longest = kind.max_length
    return lambda ident, stored: (_mark_of(ident, longest),)


def _mark_of(ident: int, longest: int) -> str:
    mark = f"[erased {ident}]"
    if len(mark) <= longest:
        return mark
    digits = ""
    while ident:
        ident, digit = divmod(ident, 36)
        digits = _DIGITS[digit] + digits
    return f"*{digits}"


def _plain(field: FieldSpec) -> Clear:
    kind = field.kind
    if isinstance(kind, MoneyKind):
        figure = next(n for n in (0, 1, -1) if all(_holds(n, sign, 0) for sign, _ in kind.limits))
        return lambda ident, stored: (figure, stored[1])  # a currency alone says nothing of anybody
    if isinstance(kind, UnitPriceKind):
        return lambda ident, stored: ("0", stored[1])
    value = _value(field)
    return lambda ident, stored: (value,)


def _value(field: FieldSpec) -> Any:
    """The stored value that clears a field of one column."""
    kind = field.kind
    if isinstance(kind, (BooleanKind, EnumKind)):
        return _usual(field)
    if isinstance(kind, StateKind):
        raise Unerasable("is one of a few states")
    if isinstance(kind, TextKind):
        return "" if not kind.required else MARK if kind.max_length >= len(MARK) else "*"
    if isinstance(kind, Integer):
        return int(_nearest(kind.bounds.limits, Decimal(1)))
    if isinstance(kind, Exact):
        return int(_nearest(kind.bounds.limits, Decimal(1).scaleb(-kind.places)).scaleb(kind.places))
    if isinstance(kind, Number):
        return canonical_decimal(_nearest(kind.bounds.limits, Decimal(1)))
    if isinstance(kind, JsonKind):
        return "[]" if kind.outer is list else "{}"
    fixed: dict[type, Any] = {
        DateKind: DAY,
        InstantKind: f"{DAY}T00:00:00.000000Z",
        TimeKind: "00:00:00.000000",
        UuidKind: "00000000-0000-0000-0000-000000000000",
        BytesKind: b"",
    }
    if type(kind) not in fixed:
        raise Unerasable(f"is {kind.doc}, which nobody has said how to empty")
    return fixed[type(kind)]


def _usual(field: FieldSpec) -> Any:
    """The default: where there are few values, it is the one that says least."""
    default, kind = field.default, field.kind
    if not isinstance(kind, EnumKind):
        return default if type(default) is bool else False
    if isinstance(default, kind.enum):
        return default.value
    raise Unerasable(f"is {field.kind.doc}, each of which would say something of the person")


def _nearest(limits: Sequence[tuple[str, Any]], step: Decimal) -> Decimal:
    """The number nearest to nought within the limits."""
    found = [n for n in _candidates(limits, step) if all(_holds(n, sign, Decimal(limit)) for sign, limit in limits)]
    if not found:
        raise Unerasable("has limits between which there is no number")
    return min(found, key=abs)


def _candidates(limits: Sequence[tuple[str, Any]], step: Decimal) -> Iterator[Decimal]:
    yield Decimal(0)
    for _, limit in limits:
        yield from (Decimal(limit), Decimal(limit) + step, Decimal(limit) - step)


def _holds(value: Any, sign: str, limit: Any) -> bool:
    return bool({">=": value >= limit, ">": value > limit, "<=": value <= limit, "<": value < limit}[sign])


@attrs.frozen
class PersonalField:
    """A personal field of an entity: whose it is, and how it is cleared."""

    name: str
    path: str
    columns: tuple[str, ...]
    clear: Clear
    secret: bool


def personal_fields(spec: EntitySpec) -> dict[str, PersonalField]:
    """The personal fields of an entity by name.

    :raises Unerasable: one of them can't be cleared; no application starts with such an entity.
    """
    return {
        field.name: PersonalField(
            field.name,
            field.options["personal"],
            tuple(column.name for column in field.columns),
            clearing(spec, field),
            bool(field.options.get("secret")),
        )
        for field in spec.fields.values()
        if field.options.get("personal")
    }
