"""The arguments of a job: checked when it is enqueued, kept as JSON, and the same values again when it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs
import orjson

from bocore.amounts import Money, UnitPrice
from bocore.errors import Finding, Refused, UsageError
from bocore.record.canonical import canonical_bytes, canonical_decimal
from bocore.uow.events import to_plain
from bocore.values import read_value, shaped

if TYPE_CHECKING:
    from bocore.plugins import Option


def pack(what: str, options: Sequence[Option], given: Mapping[str, Any], tokens: Mapping[str, Any]) -> str:
    """The arguments as canonical JSON; text is read as the type that it stands for, as on the command line.

    :raises UsageError: with every argument that is unknown, missing, of another type, or would not come back from JSON as it is.
    """
    known = {option.name: option for option in options}
    findings = []
    unknown = [name for name in given if name not in known]
    if unknown:
        fix = f"It takes: {', '.join(known) or 'none'}."
        findings.append(Finding(UsageError.code, f"{what} has no argument {', '.join(map(repr, unknown))}.", fix=fix))
    missing = [option.name for option in options if option.required and option.name not in given]
    if missing:
        findings.append(Finding(UsageError.code, f"{what} needs {', '.join(missing)}.", fix=f"Give {missing[0]}=…"))
    plain = {}
    for name in (name for name in known if name in given):
        try:
            plain[name] = packed(given[name], known[name].type, tokens)
        except ValueError as error:
            findings.append(Finding(UsageError.code, f"{what}: {name} {error}.", field=name))
    if findings:
        raise UsageError(findings)
    return canonical_bytes(plain).decode()


def unpack(what: str, options: Sequence[Option], kept: str, tokens: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the function takes them now: they may have been kept by an earlier version of the plugin.

    :raises UsageError: they don't fit any more.
    """
    known = {option.name: option for option in options}
    plain: dict[str, Any] = orjson.loads(kept)
    findings = []
    values = {}
    for name, value in plain.items():
        try:
            if name not in known:
                raise ValueError("is no argument of it any more")
            values[name] = unpacked(value, known[name].type, tokens)
        except ValueError as error:
            findings.append(Finding(UsageError.code, f"{what}: {name} {error}.", field=name))
    missing = [option.name for option in options if option.required and option.name not in values and option.name not in plain]
    if missing:
        findings.append(Finding(UsageError.code, f"{what} needs {', '.join(missing)}, which it was not enqueued with."))
    if findings:
        raise UsageError(findings)
    return values


def packed(value: Any, hint: Any, tokens: Mapping[str, Any]) -> Any:
    """One value as JSON from which :func:`unpacked` makes it again; ValueError, as the end of a sentence, where that can't be."""
    if isinstance(value, str) and hint is not str:
        value = read_value(value, hint, tokens=tokens)
    try:
        plain = _plain(value)
        canonical_bytes(plain)
    except (UsageError, Refused):
        fix = "give numbers, text, dates, Money, attrs classes, lists or dicts, and the id where a row is meant"
        raise ValueError(f"is {_named(value)}, which JSON can't keep: {fix}") from None
    if unpacked(plain, hint, tokens) != value:
        wanted = getattr(hint, "__name__", str(hint))
        raise ValueError(f"must be {wanted}, is {_named(value)}")
    return plain


def _named(value: Any) -> str:
    kind = type(value).__name__
    return f"{'an' if kind[:1].lower() in 'aeio' else 'a'} {kind}"


def _plain(value: Any) -> Any:
    """JSON that :func:`bocore.values.shaped` reads back."""
    if isinstance(value, (Money, UnitPrice)):
        return f"{value.amount} {value.currency}"
    if isinstance(value, Decimal):
        return canonical_decimal(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(one) for one in value), key=canonical_bytes)
    if attrs.has(type(value)) and not hasattr(type(value), "__bocore__"):
        return {one.name: _plain(getattr(value, one.name)) for one in attrs.fields(type(value))}
    if hasattr(type(value), "__bocore__"):
        raise UsageError("A row is no argument of a job.")
    return to_plain(value)


def unpacked(plain: Any, hint: Any, tokens: Mapping[str, Any]) -> Any:
    """The value that :func:`packed` kept."""
    return None if plain is None else shaped(plain, hint, tokens)
