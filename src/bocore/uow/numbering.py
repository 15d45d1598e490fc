"""Numbers: taken late under a lock, in series order; chronology is checked before a number is spent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bocore.entities import EntitySpec, FieldSpec
from bocore.errors import Finding, Refused
from bocore.uow.completing import completing

if TYPE_CHECKING:
    from bocore.kernel.series import SeriesFacts
    from bocore.uow.unit import UnitOfWork

Key = tuple[str, int, str, str]
"""Series code, company, scope, period."""


class Plan:
    """How the numbers of one field are taken, worked out once: what separates the sequences, and what a template may name."""

    __slots__ = ("dated", "entities", "field", "labels", "memory", "name", "on", "own", "per_company", "scopes", "values_of")

    def __init__(self, spec: EntitySpec, field: FieldSpec, series: type) -> None:
        per = field.options["per"]
        self.field, self.name, self.on = field, field.name, field.options["on"]
        self.scopes = [name for name in per if name not in ("company", "year", "month")]
        self.per_company = "company" in per
        self.own = self.per_company and "company_id" in spec.fields
        self.dated = "year" in per or "month" in per  # only then it matters whose day it is
        names = [*self.scopes, *(["company_id"] if self.own else []), *([self.on] if self.on else [])]
        self.values_of: Callable[[Any], tuple[Any, ...]] = (
            attrgetter(*names) if len(names) > 1 else lambda obj: tuple(getattr(obj, name) for name in names)
        )
        self.labels = [(name.removesuffix("_id"), name, spec.fields[name].target) for name in per if name in spec.fields]
        """Label, field and, of a reference, whose code it is."""
        self.memory = f"bo.numbers of {spec.name}.{field.name}"
        targets = [target for _, _, target in self.labels if target is not None]
        self.entities = (series, *dict.fromkeys(targets))


class _Sequence:
    """A series with what its template names besides the number; remembered while neither changes."""

    __slots__ = ("labels", "patterns", "series")

    def __init__(self, series: SeriesFacts, labels: dict[str, Any]) -> None:
        self.series = series
        self.labels = labels
        self.patterns: dict[tuple[int, int], tuple[str, str, str]] = {}

    def pattern(self, on: date) -> tuple[str, str, str]:
        """What stands before the number, how it is written, and what stands after it; a template names it once."""
        key = on.year, on.month
        found = self.patterns.get(key)
        if found is None:
            template, labels = self.series.template, self.labels
            try:
                before, how, after = template.format(n=_Here(), year=on.year, month=on.month, **labels).split("\0")
                format(1, how)
            except (LookupError, ValueError, AttributeError) as error:
                known = ", ".join(["n", "year", "month", *labels])
                message = f"The template {template!r} of the series {self.series.code} can't be filled: {error}."
                fix = f"It may name {known}, as in {{year}}-{{n:05}}."
                raise Refused([Finding("bo.template", message, f"bo_series {self.series.id}", "template", fix)]) from None
            found = self.patterns[key] = before, how, after
        return found


Waiting = dict[Key, tuple[_Sequence, list[tuple[Any, FieldSpec, date]]]]


def number_rows(uow: UnitOfWork, pending: dict[type, list[Any]]) -> None:
    """Give every waiting row its number, then run what waited for it, in number order."""
    waiting: Waiting = {}
    for cls, objects in pending.items():
        for plan in uow._app.numbering(cls):
            _group(uow, plan, objects, waiting)
    for key in sorted(waiting) if len(waiting) > 1 else waiting:
        _take(uow, key[3], *waiting[key])


def _group(uow: UnitOfWork, plan: Plan, objects: list[Any], waiting: Waiting) -> None:
    """Put the rows to the sequence that they belong to: company, year or month, and the other things of ``per``."""
    shared = uow.company_id if plan.per_company and not plan.own else None
    count, on, values_of, own = len(plan.scopes), plan.on, plan.values_of, plan.own
    today = None if on else uow.today() if plan.dated else uow.now().date()
    known: dict[tuple[Any, ...], tuple[list[tuple[Any, FieldSpec, date]], date]] = {}
    for obj in objects:
        values = values_of(obj)
        found = known.get(values)
        if found is None:
            day = values[-1] if on else today
            if day is None:
                raise Refused([Finding("bo.required", f"{on} is None, but the {plan.name} depends on it.", obj, on, "Give a date.")])
            sequence = _sequence(uow, plan, obj, values[:count], values[count] if own else shared)
            series = sequence.series
            key = series.code, series.company or 0, series.scope, _period(series.reset, day)
            found = known[values] = waiting.setdefault(key, (sequence, []))[1], day
        found[0].append((obj, plan.field, found[1]))


def _sequence(uow: UnitOfWork, plan: Plan, obj: Any, scopes: tuple[Any, ...], company: int | None) -> _Sequence:
    memory = uow.memory(plan.memory, *plan.entities)
    key = company, scopes
    found: _Sequence | None = memory.get(key)
    if found is None:
        from bocore.kernel.series import find_series
        from bocore.kernel.site import Site

        site = next((getattr(obj, name) for _, name, target in plan.labels if target is Site), None)
        series, made = find_series(uow, plan.field, company, ".".join(map(str, scopes)), site)
        labels = {label: _label(uow, getattr(obj, name), target) for label, name, target in plan.labels}
        found = _Sequence(series, labels)
        if not made:  # else it may yet be undone
            memory[key] = found
    return found


def reset_of(uow: UnitOfWork, field: FieldSpec, obj: Any) -> str:
    """When the series of a numbered row begins anew: each year, each month, or never."""
    plan = next(plan for plan in uow._app.numbering(type(obj)) if plan.field is field)
    values = plan.values_of(obj)
    company = values[len(plan.scopes)] if plan.own else uow.company_id if plan.per_company else None
    return _sequence(uow, plan, obj, values[: len(plan.scopes)], company).series.reset


def _period(reset: str, day: date) -> str:
    return str(day.year) if reset == "year" else f"{day.year}-{day.month:02}" if reset == "month" else ""


def _take(uow: UnitOfWork, period: str, sequence: _Sequence, rows: list[tuple[Any, FieldSpec, date]]) -> None:
    _refuse_given(rows)
    series, session, count = sequence.series, uow._touch(), len(rows)
    patterns = [sequence.pattern(on) for _, _, on in rows]  # what can't be filled is refused before a number is spent
    if series.chronological:
        _check_chronology(uow, series, period, rows)
    day = max(on for _, _, on in rows).isoformat()
    taken = session.count_up if series.gapless or session.serial else uow._app.count_up_at_once
    n = taken(series.id, period, count, day) - count
    for (obj, field, _), (before, how, after) in zip(rows, patterns, strict=True):
        n += 1
        setattr(obj, field.name, before + format(n, how) + after)
    finishers = uow._closing.finishers
    if finishers:
        uow._closing.finishing = True
        try:
            with completing(uow):
                for obj, _, _ in rows:
                    for finish in finishers.pop(obj, ()):
                        finish()
        finally:
            uow._closing.finishing = False


class _Here:
    """Stands for the number while the rest of a template is filled."""

    def __format__(self, spec: str) -> str:
        return f"\0{spec}\0"


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


def _label(uow: UnitOfWork, value: Any, target: type[Any] | None) -> Any:
    """What a template shows: of a reference the code of its row."""
    return value if target is None or value is None else getattr(uow.get(target, value), "code", value)


def _check_chronology(uow: UnitOfWork, series: Any, period: str, rows: list[tuple[Any, FieldSpec, date]]) -> None:
    uow.hold(f"bo.counter {series.id} {period}")
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
