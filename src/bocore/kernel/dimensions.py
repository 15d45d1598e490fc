"""Dimensions: what a line belongs to beside its account (cost centre, site, project), as axis, value and set.

An axis that nobody has declared, or that is declared open, takes any text, so that a plugin can mark lines with its work orders and no
table grows with them. A closed axis takes its declared values only. Combinations are stored once each, as a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from bocore.access.core import in_core
from bocore.entities import Entity, entity, field, parent, ref, spec_of
from bocore.entities.tables import plain_table
from bocore.errors import Finding, Refused
from bocore.plugins.hooks import concerns, hookimpl
from bocore.record.canonical import canonical_bytes, normalise_text
from bocore.storage.types import JsonText

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork

MAX_AXIS, MAX_VALUE = 50, 200
SHOWN = 10
"""Values that a finding names at most."""


@entity("bo_dimension_axis", read="*", write="bo.setup", steady=True)
class DimensionAxis(Entity):
    """One way of dividing amounts: by cost centre, site, project. Without a row an axis is open."""

    code: str = field(unique=True, max_length=MAX_AXIS, not_blank=True, doc='as lines name it: {"cost_centre": …}')
    name: str = field(default="", max_length=100)
    closed: bool = field(default=False, doc="takes its declared values only; an open axis takes any text")
    plugin: str = field(default="", max_length=30, doc="the prefix of the plugin that declared it; empty for one of your own")


@entity("bo_dimension_value", read="*", write="bo.setup", unique=[("axis_id", "code")], steady=True)
class DimensionValue(Entity):
    """One value of an axis: a cost centre, a project. Values can stand under one another; a report of one includes what is under it."""

    axis_id: int = parent(DimensionAxis)
    code: str = field(max_length=MAX_VALUE, not_blank=True)
    name: str = field(default="", max_length=200)
    under_id: int | None = ref("DimensionValue", default=None, doc="the value of the same axis that this one is a part of")
    valid_from: date | None = field(default=None, doc="the first posting date on which it may be used")
    valid_through: date | None = field(default=None, doc="the last one")
    active: bool = field(default=True, doc="an inactive value stays in reports and takes no new lines")


@entity("bo_dimension_set", read="*", append_only=True)
class DimensionSet(Entity):
    """One combination of axis and value, such as ``{"cost_centre": "sales", "site": "north"}``."""

    digest: str = field(unique=True, max_length=32, doc="of the canonical form of values")
    values: dict[str, str] = field(doc="axis → value")


class _Value(NamedTuple):
    """A declared value, as it is remembered."""

    active: bool
    first: date | None
    last: date | None
    under: str | None


# ---------------------------------------------------------------- sets


@in_core
def dimension_sets(uow: UnitOfWork, wanted: Iterable[Mapping[str, str]]) -> list[int | None]:
    """The id of the set for each mapping, made where it is new; None for an empty one."""
    asked = [dict(values) for values in wanted]
    for position, values in enumerate(asked):
        if not values:
            continue
        findings = [Finding("bo.dimension", found.message, found.at, found.field, found.fix) for found in _wrong(values, None)]
        if findings:
            raise Refused(findings)
        asked[position] = {normalise_text(axis): normalise_text(value) for axis, value in values.items()}
    digests = [blake2b(canonical_bytes(values), digest_size=16).hexdigest() if values else None for values in asked]
    named = {digest: values for digest, values in zip(digests, asked, strict=True) if digest is not None}
    known = uow.find_or_add(DimensionSet, lambda digest: DimensionSet(digest=digest, values=named[digest]), digest=named) if named else {}
    return [None if digest is None else known[digest].id for digest in digests]


def dimension_value(axis: str) -> sa.ColumnElement[str | None]:
    """The value that a set has on an axis, as a column of :class:`DimensionSet`: to select, group by or compare; NULL without one."""
    for finding in _wrong({axis: "x"}, None):
        raise Refused([finding])
    stored = plain_table(spec_of(DimensionSet)).c["values"]
    return JsonText(stored, sa.literal(normalise_text(axis), sa.Text()))


def matching_sets(uow: UnitOfWork, wanted: Mapping[str, str | Iterable[str]]) -> sa.Select[Any]:
    """The ids of the sets that have these values, as a select: ``Line.c.dimension_set_id.in_(matching_sets(uow, {"site": "north"}))``.

    A value stands for itself and all that is under it; several values of one axis for any of them; several axes must all fit.

    :raises Refused: a closed axis has no such value, or nothing is asked for (``bo.dimension``, ``bo.dimension_value``).
    """
    if not wanted:
        fix = 'Leave the condition out, or name an axis: {"site": "north"}.'
        raise Refused([Finding("bo.dimension", "No dimension is asked for.", fix=fix)])
    conditions = []
    for axis, given in wanted.items():
        values = [given] if isinstance(given, str) else list(given)
        every = sorted({one for value in values for one in values_under(uow, axis, value)})
        column = dimension_value(axis)
        conditions.append(column == every[0] if len(every) == 1 else column.in_(every))
    return sa.select(DimensionSet.c.id).where(*conditions)


def values_under(uow: UnitOfWork, axis: str, value: str) -> list[str]:
    """The value and all that stand under it, at any depth, sorted; just the value where nothing does.

    :raises Refused: the axis is closed and has no such value (``bo.dimension_value``).
    """
    findings = _wrong({axis: value}, None)
    if findings:
        raise Refused(findings)
    axis, value = normalise_text(axis), normalise_text(value)
    closed, known = _axis(uow, axis)
    if closed and value not in known:
        raise Refused([_unknown(axis, value, known, None)])
    below: dict[str, list[str]] = {}
    for code, one in known.items():
        if one.under is not None:
            below.setdefault(one.under, []).append(code)
    found, waiting = {value}, [value]
    while waiting:
        for code in below.get(waiting.pop(), ()):
            if code not in found:
                found.add(code)
                waiting.append(code)
    return sorted(found)


# ---------------------------------------------------------------- checking


@in_core
def check_dimensions(uow: UnitOfWork, dims: Mapping[str, str], on: date, at: object) -> list[Finding]:
    """What is wrong with the dimensions of a line on a posting date; empty where every axis takes its value."""
    findings = _wrong(dims, at)
    if findings:
        return findings
    for axis, value in dims.items():
        axis, value = normalise_text(axis), normalise_text(value)
        closed, known = _axis(uow, axis)
        if not closed:
            continue
        one = known.get(value)
        if one is None:
            findings.append(_unknown(axis, value, known, at))
        elif not one.active:
            message = f"{value!r} of {axis} is inactive and takes no new lines."
            findings.append(Finding("bo.dimension_value", message, at, "dims", "Use another value, or make this one active again."))
        elif (one.first is not None and on < one.first) or (one.last is not None and on > one.last):
            spell = " ".join(part for part in (one.first and f"from {one.first}", one.last and f"through {one.last}") if part)
            message = f"{value!r} of {axis} is valid {spell}, not on {on}."
            findings.append(Finding("bo.dimension_value", message, at, "dims", "Use another value, or change when this one is valid."))
    return findings


def _wrong(dims: Mapping[str, str], at: object) -> list[Finding]:
    """What is wrong with axes and values by themselves."""
    findings = []
    for axis, value in dims.items():
        if type(axis) is not str or type(value) is not str:
            message, fix = f"{dict(dims)} is no set of dimensions.", "Axis and value are text."
        elif not axis.strip() or len(axis) > MAX_AXIS or not axis.isprintable() or '"' in axis or "\\" in axis:
            message, fix = f"{axis!r} can't be an axis.", f"Name it in at most {MAX_AXIS} characters, without quotes: cost_centre."
        elif not value.strip():
            message, fix = f"The value of {axis} is empty.", "Leave the axis out where a line has no value on it."
        elif len(value) > MAX_VALUE or not value.isprintable():
            message, fix = f"{value!r} can't be a value of {axis}.", f"Give printable text of at most {MAX_VALUE} characters."
        else:
            continue
        findings.append(Finding("bo.dimension", message, at, "dims", fix))
    return findings


def _unknown(axis: str, value: str, known: Mapping[str, _Value], at: object) -> Finding:
    there = sorted(code for code, one in known.items() if one.active)
    close = get_close_matches(value, there, n=3)
    if close:
        fix = f"Did you mean {' or '.join(repr(one) for one in close)}? "
    else:
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        fix = f"There are: {', '.join(there[:SHOWN])}{more}. " if there else "It has no values yet. "
    fix += "A new one is declared by a DimensionValue."
    return Finding("bo.dimension_value", f"{axis} is closed and has no value {value!r}.", at, "dims", fix)


def _axis(uow: UnitOfWork, axis: str) -> tuple[bool, Mapping[str, _Value]]:
    """Whether an axis is closed, and its declared values."""
    memory = uow.memory("bo.dimensions", DimensionAxis, DimensionValue)
    if "axes" not in memory:
        memory["axes"] = {row.code: (row.id, bool(row.closed)) for row in uow.rows(_AXES)}
    ident, closed = memory["axes"].get(axis, (None, False))
    if ident is None:
        return False, {}
    if axis not in memory.setdefault("values", {}):
        memory["values"][axis] = dict(_read_values(uow, ident))
    return closed, memory["values"][axis]


_AXES = sa.select(DimensionAxis.c.id, DimensionAxis.c.code, DimensionAxis.c.closed)


def _read_values(uow: UnitOfWork, axis: int) -> Iterator[tuple[str, _Value]]:
    v = DimensionValue.c
    rows = uow.rows(sa.select(v.id, v.code, v.active, v.valid_from, v.valid_through, v.under_id).where(v.axis_id == axis))
    codes = {row.id: row.code for row in rows}
    for row in rows:
        yield row.code, _Value(bool(row.active), row.valid_from, row.valid_through, codes.get(row.under_id))


@hookimpl
@concerns(DimensionAxis, DimensionValue)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse values under a value of another axis or under themselves, and codes that change or go while sets have them."""
    rows = [*changes.added(DimensionValue), *(change.entity for change in changes.updated(DimensionValue))]
    yield from _check_rows(uow, rows)
    for axis in [*changes.added(DimensionAxis), *(change.entity for change in changes.updated(DimensionAxis))]:
        yield from (Finding(found.code, found.message, axis, "code", found.fix) for found in _wrong({axis.code: "x"}, None))
    for change in [*changes.updated(DimensionAxis), *changes.updated(DimensionValue)]:
        for name in change.new.keys() & {"code", "axis_id"}:
            message = f"The {'axis' if name == 'axis_id' else name} of a {type(change.entity).__name__} can't change: lines name it."
            yield Finding("bo.dimension", message, change.entity, name, "Declare another, and make this one inactive.")
    gone = changes.removed(DimensionValue)
    axes = uow.get_all(DimensionAxis, {row.axis_id for row in gone})
    for row in gone:
        if uow.rows(sa.select(DimensionSet.c.id).where(dimension_value(axes[row.axis_id].code) == row.code).limit(1)):
            message = f"{row.code!r} can't be deleted: lines have it."
            yield Finding("bo.dimension", message, row, "code", "Make it inactive: active=False.")


def _check_rows(uow: UnitOfWork, rows: list[DimensionValue]) -> Iterator[Finding]:
    for row in rows:
        for found in _wrong({"x": row.code}, None):
            yield Finding(found.code, f"{row.code!r} can't be a value.", row, "code", found.fix)
        if row.valid_from is not None and row.valid_through is not None and row.valid_through < row.valid_from:
            message = f"It is valid from {row.valid_from} through {row.valid_through}, so never."
            yield Finding("bo.dimension", message, row, "valid_through", "Put the two days right.")
        above, seen = row, {row.id}
        while above.under_id is not None:
            above = uow.get(DimensionValue, above.under_id)
            if above.axis_id != row.axis_id:
                message = f"It stands under {above.code!r}, a value of another axis."
                yield Finding("bo.dimension", message, row, "under_id", "Name a value of the same axis.")
                break
            if above.id in seen:
                message = f"{row.code!r} would stand under itself."
                yield Finding("bo.dimension", message, row, "under_id", "Name a value that does not stand under it.")
                break
            seen.add(above.id)
