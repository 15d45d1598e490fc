"""Text to values and values to text, in one place: options of commands, cells of imported tables, columns of reports.

``read_value`` takes what a person or a file wrote and gives the type that a parameter or field is annotated with; entities, which need a
unit of work, are looked up by ``find_entity``. ``plain_value`` goes the other way, to what JSON can carry, without floats.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs

from bocore.amounts import Money, UnitPrice
from bocore.currencies import iso
from bocore.errors import MoneyError, NotFound, UnknownCurrency, UsageError
from bocore.rounding import round_decimal

if TYPE_CHECKING:
    from bocore.entities import Entity
    from bocore.plugins import Option
    from bocore.uow import UnitOfWork

TRUE, FALSE = frozenset(("yes", "true", "1", "y", "on")), frozenset(("no", "false", "0", "n", "off"))
DEEPEST = 50
"""Lists and objects of JSON in one another: everything that reads or writes them calls itself that often."""
NAMED_BY = ("number", "code", "key", "name")
"""Fields by which a person names a row, in this order."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_POINT = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{1,40})?|\.[0-9]{1,40})", re.ASCII)
_COMMA = re.compile(r"[+-]?([0-9]{1,40}|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]{1,40})?", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def is_entity(hint: Any) -> bool:
    """True for an entity class."""
    return isinstance(hint, type) and "__bocore__" in vars(hint)


def without_none(hint: Any) -> tuple[Any, bool]:
    """The type without ``| None``, and whether that was there."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False


def read_value(text: str, hint: Any, *, decimal_comma: bool = False, tokens: Mapping[str, Any] | None = None) -> Any:
    """The value of a type that a text says; ValueError, as the end of a sentence, for one that it does not.

    :param decimal_comma: numbers are written ``1.234,50`` and not ``1234.50``.
    :param tokens: code → currency or token, for amounts in what a database declares.
    """
    return reader_of(hint, decimal_comma=decimal_comma, tokens=tokens)(text)


def reader_of(hint: Any, *, decimal_comma: bool = False, tokens: Mapping[str, Any] | None = None) -> Callable[[str], Any]:
    """The function that reads one type: chosen once for a column of many cells."""
    hint, _ = without_none(hint)
    if hint is str or hint is Any:
        return str
    if hint is Decimal:
        return lambda text: _decimal(text.strip(), decimal_comma)
    if hint is Money or hint is UnitPrice:
        return lambda text: _amount(text.strip(), hint, decimal_comma, tokens)
    reader = _READERS.get(hint)
    if reader is not None:
        return lambda text: reader(text.strip())
    known: dict[str, Any] = {}
    if isinstance(hint, type) and issubclass(hint, Enum):
        known = {str(member.value): member for member in hint} | {member.name: member for member in hint}
    elif typing.get_origin(hint) is typing.Literal:
        known = {str(value): value for value in typing.get_args(hint)}
    return (lambda text: _one_of(text.strip(), known)) if known else lambda text: structured(text, hint, tokens)


def structured(text: str, hint: Any, tokens: Mapping[str, Any] | None = None) -> Any:
    """A list, mapping or attrs class given as JSON text; ValueError says what does not fit."""
    import orjson

    try:
        plain = orjson.loads(text)
    except ValueError:
        raise ValueError(f"must be JSON for {_called(hint)}, is {_shown(text)}") from None
    if _deeper(plain, DEEPEST):
        raise ValueError(f"must be JSON with at most {DEEPEST} brackets in one another, is {_shown(text)}")
    return shaped(plain, hint, tokens)


def _deeper(plain: Any, most: int) -> bool:
    """Whether lists and objects stand in one another more often than that; found out without recursion."""
    level = [plain]
    for _ in range(most + 1):
        level = [one for each in level if isinstance(each, (list, dict)) for one in (each.values() if isinstance(each, dict) else each)]
        if not level:
            return False
    return True


def shaped(plain: Any, hint: Any, tokens: Mapping[str, Any] | None = None) -> Any:
    """JSON's plain values as the types of a hint; ValueError, as the end of a sentence, for those that don't fit."""
    hint, optional = without_none(hint)
    if plain is None and optional:
        return None
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(plain, list) and isinstance(origin, type) and issubclass(list, origin):
        return [shaped(one, inside[0], tokens) for one in plain]
    if isinstance(plain, list) and origin in (tuple, set, frozenset):
        return origin(shaped(one, inside[0], tokens) for one in plain)
    if isinstance(plain, dict) and isinstance(hint, type) and attrs.has(hint):
        return _attrs(plain, hint, tokens)
    if isinstance(plain, dict) and (hint in (dict, Any) or (isinstance(origin, type) and issubclass(origin, Mapping))):
        return {str(key): shaped(value, inside[1] if len(inside) > 1 else Any, tokens) for key, value in plain.items()}
    if isinstance(plain, float):
        raise ValueError(f"has the number {plain}: write decimal numbers as text, in quotes")
    if isinstance(plain, (str, int)) and hint is not Any and not isinstance(plain, bool):
        return read_value(str(plain), hint, tokens=tokens)
    if hint is Any or (isinstance(hint, type) and isinstance(plain, hint)):
        return plain
    raise ValueError(f"must be {_called(hint)}, is {_shown(plain)}")


def _attrs(plain: dict[str, Any], cls: type, tokens: Mapping[str, Any] | None) -> Any:
    hints = typing.get_type_hints(cls)
    unknown = [name for name in plain if name not in hints]
    if unknown:
        raise ValueError(f"names {', '.join(unknown)}, which {cls.__name__} does not have")
    try:
        return cls(**{name: shaped(value, hints[name], tokens) for name, value in plain.items()})
    except TypeError as error:
        raise ValueError(f"can't be made a {cls.__name__}: {error}") from None


def _decimal(text: str, comma: bool) -> Decimal:
    if comma:
        if not _COMMA.fullmatch(text):
            raise ValueError(f"must be a number such as 1234,50, is {_shown(text)}")
        return Decimal(text.replace(".", "").replace(",", "."))
    if not _POINT.fullmatch(text):
        raise ValueError(f"must be a number such as 1234.50, is {_shown(text)}")
    return Decimal(text)


def _amount(text: str, kind: Any, comma: bool, tokens: Mapping[str, Any] | None) -> Any:
    number, _, code = text.rpartition(" ")
    if not number:
        raise ValueError(f'must be an amount with its currency such as "12.50 EUR", is {_shown(text)}')
    amount = _decimal(number.strip(), comma)
    try:
        token = tokens[code] if tokens is not None else iso(code)
        return kind(amount, token)
    except (UnknownCurrency, KeyError):
        raise ValueError(f"is {_shown(text)}, but {code} is no currency of ISO 4217 and nothing that was declared") from None
    except MoneyError:
        if kind is Money and round_decimal(amount, token.exponent) != amount:
            most = f"at most {token.exponent} decimals" if token.exponent else "no decimals"
            raise ValueError(f"must have {most} for {code}, is {_shown(text)}") from None
        raise ValueError(f"is {_shown(text)}, which is too large or too exact to be kept") from None


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"must be a whole number, is {_shown(text)}")
    return int(text)


def _yes_no(text: str) -> bool:
    lower = text.lower()
    if lower not in TRUE and lower not in FALSE:
        raise ValueError(f"must be yes or no, is {_shown(text)}")
    return lower in TRUE


def _day(text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be a date such as 2026-12-31, is {_shown(text)}") from None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be an instant such as 2026-12-31T12:00:00Z, is {_shown(text)}") from None
    if found.tzinfo is None:
        raise ValueError(f"must say its time zone, as in {found.isoformat()}Z or {found.isoformat()}+01:00, is {_shown(text)}")
    return found.astimezone(UTC)


def _hour(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ValueError(f"must be a time of day such as 14:30, is {_shown(text)}") from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ValueError(f"must be a UUID, is {_shown(text)}") from None


_READERS: dict[Any, Callable[[str], Any]] = {
    int: _whole, bool: _yes_no, date: _day, datetime: _instant, time: _hour, UUID: _uuid, Path: Path,
}  # fmt: skip


def _one_of(text: str, known: Mapping[str, Any]) -> Any:
    for name, value in known.items():
        if name.lower().replace("-", "_") == text.lower().replace("-", "_"):
            return value
    raise ValueError(f"must be one of {', '.join(dict.fromkeys(str(getattr(v, 'value', v)) for v in known.values()))}, is {_shown(text)}")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[-1]


def _called(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint)) if typing.get_origin(hint) is None else str(hint)


def find_entity(uow: UnitOfWork, cls: type[Any], given: Any) -> Any:
    """A row by its number or code (``2026-00017``), by its id (``17``), or as an object of another unit of work."""
    from bocore.entities import spec_of

    if isinstance(given, cls):
        return uow.get(cls, given.id)
    spec = spec_of(cls)
    names = [name for name in NAMED_BY if name in spec.fields and spec.fields[name].annotation is str]
    if isinstance(given, str):
        for name in names:
            own = {"company_id": uow.company.id} if spec.company else {}
            found = uow.select(cls, **{name: given}, **own).limit(2).all()
            if len(found) > 1:
                raise UsageError(f"More than one {cls.__name__} has the {name} {given!r}.", fix="Give its id.")
            if found:
                return found[0]
        if not _WHOLE.fullmatch(given):
            raise NotFound(f"There is no {cls.__name__} {given!r}.", fix=f"Give its {' or '.join([*names, 'id'])}.")
    elif type(given) is not int:
        raise UsageError(f"{given!r} names no {cls.__name__}.", fix=f"Give its {' or '.join([*names, 'id'])}.")
    return uow.get(cls, int(given))


def fill_entities(
    uow: UnitOfWork, options: Sequence[Option], args: Sequence[Any], keywords: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """The arguments with entities in the places where ids, numbers or codes were given for them."""
    positional = [option for option in options if option.positional]
    filled = []
    for i, value in enumerate(args):
        option = positional[min(i, len(positional) - 1)] if positional else None
        filled.append(_filled(uow, option, value))
    by_name = {option.name: option for option in options}
    return filled, {name: _filled(uow, by_name.get(name), value) for name, value in keywords.items()}


def _filled(uow: UnitOfWork, option: Option | None, value: Any) -> Any:
    if option is None or value is None:
        return value
    if is_entity(option.type):
        return find_entity(uow, option.type, value)
    inside = typing.get_args(option.type)
    if inside and is_entity(inside[0]) and isinstance(value, (list, tuple)):
        return [find_entity(uow, inside[0], one) for one in value]
    return value


def read_options(uow: UnitOfWork, what: str, options: Sequence[Option], given: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments for a declared function: text becomes typed, rows are looked up; UsageError for what does not fit or is missing."""
    known = {option.name: option for option in options}
    unknown = [name for name in given if name not in known]
    if unknown:
        raise UsageError(f"{what} has no option {', '.join(map(repr, unknown))}.", fix=f"It has: {', '.join(known) or 'none'}.")
    values: dict[str, Any] = {}
    for name, value in given.items():
        option = known[name]
        if isinstance(value, str) and not holds_entity(option.type):
            try:
                value = read_value(value, option.type, tokens=uow.tokens)
            except ValueError as error:
                raise UsageError(f"{what}: {name} {error}.") from None
        values[name] = _filled(uow, option, value)
    missing = [option.name for option in options if option.required and option.name not in values]
    if missing:
        raise UsageError(f"{what} needs {', '.join(missing)}.", fix=f"Give {', '.join('--' + m.replace('_', '-') for m in missing)}.")
    return values


def holds_entity(hint: Any) -> bool:
    """True for an entity class, and for a list of one."""
    return is_entity(hint) or any(is_entity(inside) for inside in typing.get_args(hint))


def plain_value(value: Any) -> Any:
    """A value as JSON carries it: exact numbers as decimal text, dates in ISO form, entities as their number, code or id."""
    from bocore.entities import Entity
    from bocore.uow.events import to_plain

    if isinstance(value, (Money, UnitPrice)):
        return str(value.amount)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Entity):
        return name_of(value)
    if isinstance(value, Path):
        return str(value)
    return to_plain(value)


def name_of(row: Entity) -> Any:
    """What a person calls a row: its number or code, else its id."""
    for name in ("number", "code"):
        text = getattr(row, name, None)
        if isinstance(text, str) and text:
            return text
    return row.id
