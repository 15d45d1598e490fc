"""Read the public names of a package out of the code: plain data, which the reference page and the tests share."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import bocore_collect as collect


class Public(NamedTuple):
    """A public name, or a method of one: how it is written, and what it is for.

    :param kind: ``class``, ``function`` or ``member``.
    """

    kind: str
    name: str
    signature: str
    doc: str
    members: tuple[Public, ...] = ()


def public(module: ModuleType, asked: list[str]) -> Iterator[Public]:
    """What is asked for, a name a line; ``Name: method method`` lists these methods of it only."""
    for line in asked:
        name, _, wanted = line.partition(":")
        yield _public(name.strip(), getattr(module, name.strip()), wanted.split() or None)


def functions_and_classes(module: ModuleType) -> list[str]:
    """The public names that are neither entities nor errors, which have pages of their own, nor constants."""
    from bocore import BocoreError, Entity

    elsewhere = (BocoreError, Entity)
    found = {name: getattr(module, name) for name in module.__all__}
    return [
        name
        for name, value in found.items()
        if inspect.isfunction(value) or (inspect.isclass(value) and (value is Entity or not issubclass(value, elsewhere)))
    ]


def _public(name: str, value: Any, wanted: list[str] | None) -> Public:
    doc = inspect.cleandoc(value.__doc__ or "")
    if not inspect.isclass(value):
        return Public("function", name, f"{name}{_signature(value)}", doc)
    members = tuple(each for each in _members(value) if wanted is None or each.name in wanted)
    if wanted is not None and (missing := set(wanted) - {each.name for each in members}):
        raise LookupError(f"{name} has no {', '.join(sorted(missing))}")
    return Public("class", name, f"{name}{_signature(value)}" if _made_by_callers(value) else name, doc, members)


def _made_by_callers(cls: type) -> bool:
    import enum

    return not issubclass(cls, enum.Enum)


def _members(cls: type) -> Iterator[Public]:
    """The public methods and properties of a class, and of the bases that it shares with nobody else's class."""
    seen: set[str] = set()
    for base in cls.__mro__:
        if not base.__module__.startswith("bocore"):
            continue
        for name, value in vars(base).items():
            if name.startswith("_") or name in seen:
                continue
            seen.add(name)
            if isinstance(value, property):
                yield Public("member", name, name, inspect.cleandoc(value.__doc__ or ""))
            elif isinstance(value, (staticmethod, classmethod)) or inspect.isfunction(value):
                function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
                yield Public("member", name, f"{name}{_signature(function)}", inspect.cleandoc(function.__doc__ or ""))


def _signature(value: Any) -> str:
    try:
        text = collect.signature_of(value)
    except (TypeError, ValueError):  # made by a C extension or a metaclass
        return "(…)"
    text = re.sub(r"\b(self|cls)(, |(?=\)))", "", text, count=1).removesuffix(" -> None")
    text = re.sub(r"= ?<(\w+\.\w+): [^>]*>", r"= \1", text)
    return re.sub(r"= ?(NOTHING|<[^>]*>)", "= ...", text)
