"""Numbers: taken late under a lock, in series order; chronology is checked before a number is spent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bocore.entities import FieldSpec, spec_of
from bocore.errors import Finding, Refused

if TYPE_CHECKING:
    from bocore.uow.unit import UnitOfWork

AGAIN = "UPDATE bo_counter SET last = last + ?, last_on = max(coalesce(last_on, ''), ?) WHERE series_id = ? AND period = ? RETURNING last"
FIRST = (
    "INSERT INTO bo_counter (series_id, period, last, last_on) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (series_id, period) DO UPDATE SET last = last + excluded.last, "
    "last_on = max(coalesce(last_on, ''), excluded.last_on) RETURNING last"
)
Key = tuple[str, int | None, str, str]
"""Series code, company, scope, period."""


def number_rows(uow: UnitOfWork, pending: dict[type, list[Any]]) -> None:
    """Give every waiting row its number, then run what waited for it, in number order."""
    waiting: dict[Key, list[tuple[Any, FieldSpec, date]]] = {}
    for cls, objects in pending.items():
        for field in spec_of(cls).all("numbered"):
            for key, rows in _grouped(uow, field, objects).items():
                waiting.setdefault(key, []).extend(rows)
    for key in sorted(waiting, key=lambda k: (k[0], k[1] or 0, k[2], k[3])):
        _take(uow, key, waiting[key])


def _grouped(uow: UnitOfWork, field: FieldSpec, objects: list[Any]) -> dict[Key, list[tuple[Any, FieldSpec, date]]]:
    """The rows by the sequence that they belong to: company, year or month, and the other things of ``per``."""
    per, on = field.options["per"], field.options["on"]
    scopes = [name for name in per if name not in ("company", "year", "month")]
    own = "company" in per and "company_id" in spec_of(type(objects[0])).fields
    shared = uow.company_id if "company" in per and not own else None
    names = [*scopes, *(["company_id"] if own else []), *([on] if on else [])]
    values_of: Callable[[Any], tuple[Any, ...]] = (
        attrgetter(*names) if len(names) > 1 else lambda obj: tuple(getattr(obj, name) for name in names)
    )
    dated = "year" in per or "month" in per  # only then it matters whose day it is
    today = None if on else uow.today() if dated else uow.now().date()
    groups: dict[Key, list[tuple[Any, FieldSpec, date]]] = {}
    known: dict[tuple[Any, ...], tuple[list[tuple[Any, FieldSpec, date]], date]] = {}
    for obj in objects:
        values = values_of(obj)
        found = known.get(values)
        if found is None:
            day = values[-1] if on else today
            if day is None:
                raise Refused([Finding("bo.required", f"{on} is None, but the {field.name} depends on it.", obj, on, "Give a date.")])
            period = f"{day.year}-{day.month:02}" if "month" in per else str(day.year) if "year" in per else ""
            company = values[len(scopes)] if own else shared
            key = (field.options["series"], company, ".".join(str(part) for part in values[: len(scopes)]), period)
            found = known[values] = groups.setdefault(key, []), day
        found[0].append((obj, field, found[1]))
    return groups


def _take(uow: UnitOfWork, key: Key, rows: list[tuple[Any, FieldSpec, date]]) -> None:
    from bocore.kernel.series import find_series

    _refuse_given(rows)
    first, field, _ = rows[0]
    series = find_series(uow, key, field)
    session = uow._touch()
    latest = rows[0][2] if len(rows) == 1 else max(on for _, _, on in rows)
    if series.chronological:
        _check_chronology(uow, series, key[3], rows)
    count, day = len(rows), latest.isoformat()
    taken = session.execute(AGAIN, (count, day, series.id, key[3])).fetchone()
    last = (taken or session.execute(FIRST, (series.id, key[3], count, day)).fetchone())[0]
    labels = _labels(uow, first, field)
    template, n = series.template, last - len(rows)
    try:
        patterns: dict[date, tuple[str, str, str]] = {}
        for obj, spec, on in rows:
            n += 1
            pattern = patterns.get(on) or patterns.setdefault(on, _pattern(template, on, labels))
            setattr(obj, spec.name, pattern[0] + format(n, pattern[1]) + pattern[2])
    except (LookupError, ValueError, AttributeError) as error:
        known = ", ".join(["n", "year", "month", *labels])
        message = f"The template {template!r} of the series {series.code} can't be filled: {error}."
        fix = f"It may name {known}, as in {{year}}-{{n:05}}."
        raise Refused([Finding("bo.template", message, f"bo_series {series.id}", "template", fix)]) from None
    finishers = uow._closing.finishers
    if finishers:
        uow._closing.finishing = True
        try:
            for obj, _, _ in rows:
                for finish in finishers.pop(obj, ()):
                    finish()
        finally:
            uow._closing.finishing = False


class _Here:
    """Stands for the number while the rest of a template is filled."""

    def __format__(self, spec: str) -> str:
        return f"\0{spec}\0"


def _pattern(template: str, on: date, labels: dict[str, Any]) -> tuple[str, str, str]:
    """What stands before the number, how it is written, and what stands after it; a template names it once."""
    return _filled(template, on.year, on.month, tuple(labels.items()))


@lru_cache(maxsize=1000)
def _filled(template: str, year: int, month: int, labels: tuple[tuple[str, Any], ...]) -> tuple[str, str, str]:
    before, spec, after = template.format(n=_Here(), year=year, month=month, **dict(labels)).split("\0")
    return before, spec, after


def _refuse_given(rows: list[tuple[Any, FieldSpec, date]]) -> None:
    """A number that somebody set would be lost, and another be taken."""
    findings = []
    for obj, field, _ in rows:
        try:
            given = object.__getattribute__(obj, field.name)
        except AttributeError:
            continue
        message = f"{field.name} was set to {given!r}; it is taken at commit."
        findings.append(Finding("bo.number", message, obj, field.name, "Leave it out; its template is in Series."))
    if findings:
        raise Refused(findings)


def _labels(uow: UnitOfWork, obj: Any, field: FieldSpec) -> dict[str, Any]:
    """What else a template may name: the fields of ``per``, a reference by the code of its row."""
    spec, labels = spec_of(type(obj)), {}
    for name in field.options["per"]:
        target = spec.fields.get(name)
        if target is None:
            continue
        value = getattr(obj, name)
        if target.target is not None:
            value = _code_of(uow, target.target, value)
        labels[name.removesuffix("_id")] = value
    return labels


def _code_of(uow: UnitOfWork, cls: type, ident: int) -> Any:
    memory = uow.memory(f"bo.code of {spec_of(cls).name}", cls)
    if ident not in memory:
        memory[ident] = getattr(uow.get(cls, ident), "code", ident)
    return memory[ident]


def _check_chronology(uow: UnitOfWork, series: Any, period: str, rows: list[tuple[Any, FieldSpec, date]]) -> None:
    found = uow._touch().execute("SELECT last_on FROM bo_counter WHERE series_id = ? AND period = ?", (series.id, period)).fetchone()
    last = date.fromisoformat(found[0]) if found and found[0] else date.min
    findings = []
    for obj, field, on in rows:
        if on < last:
            message = f"The series {series.code} is chronological: {on} is before {last}, the date of its last number."
            findings.append(Finding("bo.chronology", message, obj, field.options["on"], f"Use {last} or a later date."))
        last = max(last, on)
    if findings:
        raise Refused(findings)
