"""Field specifiers: what stands to the right of ``name: type =`` in an entity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, Literal

import attrs

from bocore.errors import DeclarationError

NOTHING: Any = attrs.NOTHING


def field(
    *,
    default: Any = NOTHING,
    factory: Callable[[], Any] | None = None,
    init: bool = True,
    max_length: int | None = None,
    not_blank: bool = False,
    ge: int | None = None,
    gt: int | None = None,
    le: int | None = None,
    lt: int | None = None,
    unique: bool = False,
    index: bool = False,
    **metadata: Any,
) -> Any:
    """A field of the type that is annotated: int, bool, str, date, datetime, time, UUID, bytes, an Enum of text, or JSON (dict, list).

    :param max_length: of text (characters, 10 000 unless told) or bytes.
    :param not_blank: refuse text that is empty, or has nothing but white space.
    :param ge, gt, le, lt: the range of a number.
    :param unique: no two rows have the same value (empty values apart).
    :param index: keep an index for look-ups.
    :param metadata: ``label``, ``doc``, ``unit``, ``personal`` (a path of references to the Party whose data it is), ``read`` and
        ``write`` (permissions), ``was`` (the name that the column had before); of text ``secret`` (stored encrypted, shown as dots) and
        ``searchable`` (a secret that is looked up by its whole value).
    """
    rules = {"max_length": max_length, "not_blank": not_blank, "ge": ge, "gt": gt, "le": le, "lt": lt, "unique": unique, "index": index}
    return _make("field", default, factory, init, {**rules, **_known(metadata)})


def exact(
    *,
    places: int,
    default: Any = NOTHING,
    ge: int | Decimal | None = None,
    gt: int | Decimal | None = None,
    le: int | Decimal | None = None,
    lt: int | Decimal | None = None,
    unique: bool = False,
    index: bool = False,
    **metadata: Any,
) -> Any:
    """A Decimal with a declared number of decimal places: a quantity, a percentage. More places are refused, never rounded away."""
    rules = {"places": places, "ge": ge, "gt": gt, "le": le, "lt": lt, "unique": unique, "index": index}
    return _make("exact", default, None, True, {**rules, **_known(metadata)})


def number(*, default: Any = NOTHING, ge: Any = None, gt: Any = None, le: Any = None, lt: Any = None, **metadata: Any) -> Any:
    """A Decimal of any precision, such as an exchange rate; kept as exact text, so that SQL can't add it up."""
    return _make("number", default, None, True, {"places": None, "ge": ge, "gt": gt, "le": le, "lt": lt, **_known(metadata)})


def money(
    *,
    default: Any = NOTHING,
    ge: int | None = None,
    gt: int | None = None,
    le: int | None = None,
    lt: int | None = None,
    index: bool = False,
    **metadata: Any,
) -> Any:
    """A Money (two columns: ``price`` in minor units and ``price_currency``) or a UnitPrice (exact decimal text and currency).

    :param ge, gt, le, lt: only 0 makes sense: an amount is compared with nothing else without its currency.
    """
    return _make("money", default, None, True, {"ge": ge, "gt": gt, "le": le, "lt": lt, "index": index, **_known(metadata)})


def ref(
    target: type | str, *, default: Any = NOTHING, unique: bool = False, index: bool = True, cross_company: bool = False, **metadata: Any
) -> Any:
    """The id of a row of another entity; deleting that row is refused while this one refers to it.

    :param target: the entity class; the name of a class of the same module for one that comes later, or for the entity itself.
    :param cross_company: allow a row of another company.
    """
    rules = {"target": target, "unique": unique, "index": index, "cross_company": cross_company}
    return _make("ref", default, None, True, {**rules, **_known(metadata)})


def parent(target: type | str, *, default: Any = NOTHING, init: bool = True, **metadata: Any) -> Any:
    """The id of the row that this one is a part of: loaded by ``uow.children``, frozen with it, in its company."""
    return _make("parent", default, None, init, {"target": target, "index": True, **_known(metadata)})


def states(moves: Mapping[tuple[str, str], str], *, default: str, **metadata: Any) -> Any:
    """A state that only ``uow.move`` changes.

    :param moves: ``{(state, action): next state}``: the whole machine, in one place.
    """
    known = frozenset({state for state, _ in moves} | set(moves.values()) or {default})
    return _make(
        "states", default, None, True, {"moves": dict(moves), "known": known, "max_length": 50, "index": False, **_known(metadata)}
    )


def numbered(
    code: str,
    template: str,
    *,
    per: Iterable[str] = ("company", "year"),
    on: str | None = None,
    chronological: bool = False,
    init: Literal[False] = False,
    **metadata: Any,
) -> Any:
    """A gapless number, taken at commit under a lock: never twice, never missing, and not readable before.

    :param code: of the series, e.g. ``"vet.invoice"``.
    :param template: e.g. ``"{year}-{n:05}"``; also ``{month}``, and a field of ``per`` by its name (the code of what it refers to).
    :param per: what starts a sequence of its own: ``company``, ``year``, ``month``, or names of fields.
    :param on: the date field that year and month come from; the company's day without one.
    :param chronological: refuse a date before that of the last number.
    """
    rules = {"series": code, "template": template, "per": tuple(per), "on": on, "chronological": chronological, "max_length": 100}
    return _make("numbered", NOTHING, None, False, {**rules, **_known(metadata)})


def recorded(*, init: Literal[False] = False, **metadata: Any) -> Any:
    """The id of the unit of work that wrote the row: its commit record's ``unit``. Set by ``uow.add``."""
    return _make("recorded", NOTHING, None, False, {"index": True, **_known(metadata)})


METADATA = ("label", "doc", "unit", "personal", "secret", "searchable", "read", "write", "was", "index", "unique")
"""What can be said of any field, besides the options of its specifier."""


def _known(metadata: dict[str, Any]) -> dict[str, Any]:
    """The metadata as it is; a misspelt option would else be one that nobody ever reads."""
    for name in metadata:
        if name not in METADATA:
            close = get_close_matches(name, [*METADATA, "max_length", "not_blank", "default", "factory", "places", "cross_company"], n=1)
            fix = f"Did you mean {close[0]!r}?" if close else f"Any field takes {', '.join(METADATA)}; see the reference for the others."
            raise DeclarationError(f"A field has no option {name!r}.", fix=fix)
    return metadata


def _make(role: str, default: Any, factory: Callable[[], Any] | None, init: bool, options: dict[str, Any]) -> Any:
    metadata = {"bocore": {"role": role, **options}}
    if factory is not None:
        return attrs.field(factory=factory, init=init, metadata=metadata)
    return attrs.field(default=default, init=init, metadata=metadata)
