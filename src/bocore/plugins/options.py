"""What a service, report, importer, exporter or job can be told: its parameters, read from its signature."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import attrs

from bocore.errors import DeclarationError

# Names that a linter likes to move under ``if TYPE_CHECKING:``; an annotation may use them all the same.
_KNOWN: Mapping[str, Any] = {
    "Callable": Callable,
    "Decimal": Decimal,
    "Generator": Generator,
    "Iterable": Iterable,
    "Iterator": Iterator,
    "Mapping": Mapping,
    "Path": Path,
    "Sequence": Sequence,
    "TextIO": TextIO,
    "date": date,
    "datetime": datetime,
}
_PARAM = re.compile(r"^\s*:param\s+(?:[^:,]*\s)?(\*{0,2}\w+(?:\s*,\s*\w+)*)\s*:(.*)$")
_DIRECTIVE = re.compile(r"^\s*(:\w[^:]*:|\.\. )")


@attrs.frozen
class Option:
    """One parameter: an argument of a command where it is positional, an option of it where it is keyword-only.

    ``type`` is the annotation without ``| None``; entity classes stay as they are, and a command looks them up by id or number.
    ``many`` is true of ``*lines``: any number of values of that type.
    """

    name: str
    type: Any
    required: bool
    default: Any
    positional: bool
    help: str = ""
    many: bool = False


def options_of(function: Callable[..., Any], *, skip: int = 1) -> list[Option]:
    """The parameters of a function, in its own order, without the first ``skip`` (``uow`` or ``bo``; of an importer the rows or path too).

    Raises DeclarationError where a parameter has no annotation, or one that can't be found at run time.
    """
    helps = described(function)
    return [_option(function, parameter, helps) for parameter in parameters_of(function)[skip:]]


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters as they are written; their annotations may still be text."""
    return list(inspect.signature(function).parameters.values())


def result_type(function: Callable[..., Any]) -> Any:
    """The resolved return annotation, or None where there is none."""
    written = inspect.signature(function).return_annotation
    return None if written is inspect.Signature.empty else _resolved(function, "return", written)


def place_of(function: Callable[..., Any]) -> str:
    """Where a function is, for an error message: ``acme_vet.services.finish``."""
    return f"{function.__module__}.{function.__qualname__}"


def untyped(function: Callable[..., Any], name: str) -> DeclarationError:
    """The error for a parameter without an annotation."""
    return DeclarationError(
        f"{place_of(function)}: the parameter {name!r} has no type.", fix=f"Write {name}: int, date, an entity class, …"
    )


def _option(function: Callable[..., Any], parameter: inspect.Parameter, helps: Mapping[str, str]) -> Option:
    name, written = parameter.name, parameter.annotation
    if written is inspect.Parameter.empty:
        raise untyped(function, name)
    many = parameter.kind is inspect.Parameter.VAR_POSITIONAL
    given = parameter.default is not inspect.Parameter.empty
    return Option(
        name=name,
        type=_without_none(_resolved(function, name, written)),
        required=not given and not many,
        default=parameter.default if given else None,
        positional=parameter.kind is not inspect.Parameter.KEYWORD_ONLY,
        help=helps.get(name, ""),
        many=many,
    )


def _resolved(function: Callable[..., Any], name: str, written: Any) -> Any:
    """One annotation as a type. Each is resolved alone, so that ``uow: UnitOfWork`` may stay under TYPE_CHECKING."""
    holder = types.SimpleNamespace(__annotations__={name: written})
    space = {**_KNOWN, **getattr(function, "__globals__", {})}
    try:
        return typing.get_type_hints(holder, space)[name]
    except (NameError, AttributeError, SyntaxError, TypeError) as error:
        raise DeclarationError(
            f"{place_of(function)}: the type {written!r} of {name!r} can't be found: {error}.",
            fix="Define or import it at run time, above the function, not under TYPE_CHECKING.",
        ) from None


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) == 1:
            return rest[0]
    return hint


def described(written: object) -> dict[str, str]:
    """The texts of ``:param name:`` in the docstring of a function or class, lines joined; ``:param start, end:`` is for both."""
    helps: dict[str, str] = {}
    current: tuple[str, ...] = ()
    for line in (inspect.getdoc(written) or "").splitlines():
        found = _PARAM.match(line)
        if found:
            current = tuple(name.strip().lstrip("*") for name in found[1].split(","))
            helps.update(dict.fromkeys(current, found[2].strip()))
        elif not line.strip() or _DIRECTIVE.match(line):
            current = ()
        else:
            helps.update({name: f"{helps[name]} {line.strip()}".strip() for name in current})
    return helps
