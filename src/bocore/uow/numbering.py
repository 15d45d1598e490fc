"""Numbers: taken late under a lock, in series order; chronology is checked before a number is spent."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from bocore.entities import FieldSpec, spec_of
from bocore.errors import Finding, Refused

if TYPE_CHECKING:
    from bocore.uow.unit import UnitOfWork

TAKE = (
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
            grouping = _Grouping(uow, field)
            for obj in objects:
                if _numbered(obj, field.name):
                    continue
                key, on = grouping.key(obj)
                waiting.setdefault(key, []).append((obj, field, on))
    for key in sorted(waiting, key=lambda k: (k[0], k[1] or 0, k[2], k[3])):
        _take(uow, key, waiting[key])


def _numbered(obj: Any, name: str) -> bool:
    try:
        object.__getattribute__(obj, name)
    except AttributeError:
        return False
    return True


class _Grouping:
    """Which sequence a row belongs to: company, year or month, and the other things of ``per``."""

    def __init__(self, uow: UnitOfWork, field: FieldSpec) -> None:
        self.uow = uow
        self.code = field.options["series"]
        self.per = field.options["per"]
        self.on = field.options["on"]
        self.scopes = [name for name in self.per if name not in ("company", "year", "month")]
        self.keys: dict[Any, Key] = {}
        self.today: date | None = None

    def key(self, obj: Any) -> tuple[Key, date]:
        if self.on is not None:
            on = getattr(obj, self.on)
        else:
            on = self.today = self.today or self.uow.today()
        company = None
        if "company" in self.per:
            company = getattr(obj, "company_id", None) or self.uow._company_id()
        scope = tuple(getattr(obj, name) for name in self.scopes)
        short = (company, scope, on.year if "year" in self.per or "month" in self.per else 0, on.month if "month" in self.per else 0)
        key = self.keys.get(short)
        if key is None:
            period = f"{on.year}-{on.month:02}" if "month" in self.per else str(on.year) if "year" in self.per else ""
            key = self.keys[short] = (self.code, company, ".".join(str(part) for part in scope), period)
        return key, on


def _take(uow: UnitOfWork, key: Key, rows: list[tuple[Any, FieldSpec, date]]) -> None:
    from bocore.kernel.series import find_series

    first, field, _ = rows[0]
    series = find_series(uow, key, field)
    session = uow._touch()
    days = [on for _, _, on in rows]
    if series.chronological:
        _check_chronology(uow, series, key[3], rows)
    last = session.execute(TAKE, (series.id, key[3], len(rows), max(days).isoformat())).fetchone()[0]
    labels = _labels(uow, first, field)
    template, n = series.template, last - len(rows)
    for obj, spec, on in rows:
        n += 1
        setattr(obj, spec.name, template.format(n=n, year=on.year, month=on.month, **labels))
    finishers = uow._closing.finishers
    if finishers:
        for obj, _, _ in rows:
            for finish in finishers.pop(obj, ()):
                finish()


def _labels(uow: UnitOfWork, obj: Any, field: FieldSpec) -> dict[str, Any]:
    """What else a template may name: the fields of ``per``, a reference by the code of its row."""
    spec, labels = spec_of(type(obj)), {}
    for name in field.options["per"]:
        target = spec.fields.get(name)
        if target is None:
            continue
        value = getattr(obj, name)
        if target.target is not None:
            row = uow.get(target.target, value)
            value = getattr(row, "code", value)
        labels[name.removesuffix("_id")] = value
    return labels


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
