"""The rules that entities declare, explained: what may not be stored, changed or deleted, and why."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from bocore.access.views import may_name, sees_all
from bocore.entities import EntitySpec, FieldSpec, spec_of
from bocore.errors import BocoreError, Finding, Refused, UsageError, with_article
from bocore.keys.sealing import shown_columns, shown_values
from bocore.uow.numbering import reset_of

if TYPE_CHECKING:
    from bocore.entities.generate import Compiled, Row
    from bocore.storage.session import IntegrityProblem, Session
    from bocore.uow.unit import UnitOfWork

SALT = 16


def explain(spec: EntitySpec, obj: Any, name: str, value: Any, tokens: Mapping[str, Any]) -> Finding | None:
    """Why a value can't be stored; None where it could be made right (text in another normal form, an int for a Decimal)."""
    field = spec.fields[name]
    label = field.options.get("label") or name
    if value is None:
        return Finding("bo.required", f"{label} is None, but it is required.", obj, name, "Give a value, or declare the field as … | None.")
    try:
        converted = field.kind.convert(value)
    except BocoreError as error:  # it says what to do itself
        found = error.findings[0]
        inside = found.at[1:] if isinstance(found.at, str) and found.at.startswith("$") else ""  # of a field of JSON: $.tags[0]
        return Finding("bo.invalid", f"{label}{inside}: {found.message}", obj, name, found.fix or f"Give {field.kind.doc}.")
    except ValueError as error:
        return Finding("bo.invalid", f"{label} {error}.", obj, name, f"Give {field.kind.doc}.")
    token = getattr(converted, "token", None)
    if token is not None:
        try:
            known = tokens[token.code] == token
        except (LookupError, ValueError):
            known = False
        if not known:
            message = (
                f"{label} is in {token.code}, which is neither an ISO 4217 currency nor a declared token with {token.exponent} decimals."
            )
            return Finding("bo.unknown_currency", message, obj, name, "Declare it first, for example as a Commodity.")
    if converted != value or type(converted) is not type(value):
        setattr(obj, name, converted)
    return None


def check_references(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    """References that leave the company of their row."""
    guarded = uow._app.guarded(spec)
    if not guarded:
        return []
    findings: list[Finding] = []
    companies = _companies(uow, spec, objects)
    for name, value, target in guarded:
        known = uow._app._companies.get(target, _NONE)
        idents = list(map(value, objects))
        if list(map(known.get, idents)) == companies:
            continue
        doubtful: list[tuple[Any, int]] = []
        for obj, ident, company in zip(objects, idents, companies, strict=True):
            if ident is not None and company is not None and known.get(ident) != company:
                doubtful.append((obj, company))
        if not doubtful:
            continue
        known = uow._app.companies_of(uow, target, {value(obj) for obj, _ in doubtful})
        told: set[tuple[int, int]] = set()
        for obj, company in doubtful:
            ident = value(obj)
            other = known.get(ident, company)
            if other == company or (ident, company) in told:
                continue
            told.add((ident, company))
            fix = f"Use {with_article(target.__name__)} of the same company."
            if not may_name(uow, other):
                findings.append(Finding("bo.no_such_row", f"There is no {target.__name__} with the id {ident}.", obj, name, fix))
                continue
            message = f"{target.__name__} {ident} belongs to another company (id {other}) than the row (id {company})."
            findings.append(Finding("bo.other_company", message, obj, name, fix))
    return findings


_NONE: Mapping[int, int] = {}


def _companies(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any]) -> Sequence[int | None]:
    """The company of each row: its own, or that of its parent; None for a row of no company."""
    if spec.company:
        return list(map(attrgetter("company_id"), objects))
    link = spec.one("parent")
    if link is None or link.target is None or not spec_of(link.target).company:
        return [None] * len(objects)
    parents = list(map(attrgetter(link.name), objects))
    known = uow._app.companies_of(uow, link.target, set(parents))
    return list(map(known.get, parents))


def made_otherwise(spec: EntitySpec, made_by: str) -> UsageError:
    """The error for rows that are added, changed or deleted by another function than the one that their entity names."""
    name = spec.cls.__name__
    if not spec.made_by:
        return UsageError(f"{name} names no function that makes its rows, and made_by={made_by!r} was given.", fix="Leave made_by out.")
    return UsageError(f"Rows of {name} are made and kept by {spec.made_by} alone.", fix=f"Call {spec.made_by}.")


def check_maker(spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    """Changes of rows that only the function that made them may change."""
    if not spec.made_by:
        return []
    message, fix = f"Rows of {spec.cls.__name__} are made and kept by {spec.made_by} alone.", f"Call {spec.made_by}."
    return [Finding("bo.made_by", message, obj, fix=fix) for obj in objects]


def check_identity(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    """New rows whose id or version was set by hand: what is known of a row, and was checked of it, goes by its id."""
    held, versioned = uow._tracker.held(spec.cls), spec.versioned
    findings = []
    for obj in objects:
        ident = getattr(obj, "id", None)
        entry = held.get(ident) if type(ident) is int else None
        if entry is None or entry[0] is not obj or (versioned and getattr(obj, "version", None) != 1):
            findings.append(Finding("bo.identity", "id or version was changed.", obj, fix="Leave them to the unit of work."))
    return findings


def check_altered(
    uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any], old: Sequence[Row], new: Sequence[Row | None]
) -> list[Finding]:
    """Changes of rows that can't change: append-only, derived, frozen, a state or number set by hand."""
    findings = []
    if spec.append_only or spec.derived:
        what = "append-only: a correction is a new row" if spec.append_only else "derived: it is rebuilt, not changed"
        return [Finding("bo.append_only", f"{spec.cls.__name__} is {what}.", obj, fix="Add a correcting row.") for obj in objects]
    names = [column.name for column in spec.columns]
    state = spec.one("states")
    given = [(field, names.index(field.name)) for field in spec.all("numbered", "recorded")]
    for obj, before, after in zip(objects, old, new, strict=True):
        if after is None:
            continue
        if spec.frozen_in:
            findings += _frozen(uow, obj, before, after)
        now = getattr(obj, state.name) if state is not None else None
        if state is not None and before[names.index(state.name)] != now and uow._tracker.moved.get(obj) != now:
            findings.append(Finding("bo.state", "The state was set by hand.", obj, state.name, 'Use uow.move(row, "action").'))
        for field, at in given:
            if before[at] is not None and before[at] != after[at]:
                findings.append(Finding("bo.number", f"{field.name} was changed; it is given once.", obj, field.name, "Leave it as it is."))
            elif before[at] is not None and field.role == "numbered":
                findings += _out_of_sequence(uow, field, obj, dict(zip(names, before, strict=True)), dict(zip(names, after, strict=True)))
        if spec.company and before[names.index("company_id")] != obj.company_id:
            findings.append(Finding("bo.company", "A row can't move to another company.", obj, "company_id", "Add a row there."))
        if before[0] != after[0] or before[1] != after[1]:
            findings.append(Finding("bo.identity", "id or version was changed.", obj, fix="Leave them to the unit of work."))
    return findings + check_frozen_parents(uow, spec, objects, old)


def _out_of_sequence(uow: UnitOfWork, field: FieldSpec, obj: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Finding]:
    """A row whose date or other values have left the sequence that its number was taken from."""
    per, on = field.options["per"], field.options["on"]
    findings = []
    moved = [name for name in (*per, *([on] if on else [])) if name in before and before[name] != after[name]]
    if not moved:
        return []
    digits = 0
    if moved == [on]:
        reset = reset_of(uow, field, obj)
        digits = 7 if reset == "month" else 4 if reset == "year" else 0  # of 2026-01-31
    elif on in moved:
        digits = 7 if "month" in per else 4 if "year" in per else 0
    if on and str(before[on])[:digits] != str(after[on])[:digits]:
        message = f"It is numbered for {str(before[on])[:digits]}, as {before[field.name]}."
        findings.append(Finding("bo.number", message, obj, on, "Keep the date within it, or take this one back and make a new one."))
    for name in per:
        if name in before and before[name] != after[name]:
            message = f"It is numbered for the {name} {before[name]}, as {before[field.name]}."
            findings.append(Finding("bo.number", message, obj, name, "Leave it as it is, or take this one back and make a new one."))
    return findings


def _state_before(uow: UnitOfWork, obj: Any, row: Row | None) -> str | None:
    """The state that a row had before this unit of work; None for a new one, and for entities without states."""
    spec = spec_of(type(obj))
    state = spec.one("states")
    if state is None or row is None or uow._tracker.is_new(obj):
        return None
    before: str = uow._tracker.origin.get(obj) or row[[column.name for column in spec.columns].index(state.name)]
    return before


def _frozen(uow: UnitOfWork, obj: Any, old: Row, new: Row | None) -> list[Finding]:
    """A row that was frozen before this unit of work: it may only move on to another state."""
    spec = spec_of(type(obj))
    before = _state_before(uow, obj, old)
    if before is None or before not in spec.frozen_in:
        return []
    if new is not None and obj in uow._tracker.moved:
        free = [column.name in ("version", spec.one("states").name) for column in spec.columns]  # type: ignore[union-attr]
        if all(may or a == b for may, a, b in zip(free, old, new, strict=True)):
            return []
    return [Finding("bo.frozen", f"{spec.cls.__name__} is {before} and can't change any more.", obj, fix="Correct it with a new document.")]


def check_frozen_parents(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any], old: Sequence[Row] = ()) -> list[Finding]:
    """Children, new or altered, of a row that was frozen before this unit of work.

    :param old: the rows of altered objects before: what they were a part of counts too.
    """
    link = spec.one("parent")
    if link is None or link.target is None or not spec_of(link.target).frozen_in:
        return []
    target = spec_of(link.target)
    at = [column.name for column in spec.columns].index(link.name)
    owners: list[set[Any]] = [{getattr(obj, link.name, None)} for obj in objects]
    for owner, row in zip(owners, old, strict=False):
        owner.add(row[at])
    held = uow._tracker.held(link.target)
    known = {i for owner in owners for i in owner if type(i) is int and not (i in held and uow._tracker.is_new(held[i][0]))}
    # Nobody freezes them before this unit of work has written its rows.
    parents: dict[int, Any] = uow.get_all(link.target, known, lock=not uow._touch().serial) if known else {}
    frozen = {i: s for i, p in parents.items() if (s := _state_before(uow, p, held[i][1])) in target.frozen_in}
    findings = []
    for obj, owner in zip(objects, owners, strict=True) if frozen else ():
        for ident in owner & frozen.keys():
            message = f"{link.target.__name__} {ident} is {frozen[ident]}: its {spec.cls.__name__} rows can't change any more."
            findings.append(Finding("bo.frozen", message, obj, fix="Correct it with a new document."))
    return findings


def check_removed(uow: UnitOfWork, obj: Any) -> list[Finding]:
    """A frozen row, a child of one, or a row with a number of its own can't be deleted."""
    spec = spec_of(type(obj))
    row = uow._tracker.held(type(obj))[obj.id][1]
    found = _frozen(uow, obj, row, None)
    for field in spec.all("numbered"):
        message = f"{spec.cls.__name__} {obj.id} has the {field.name} {getattr(obj, field.name)}, which would go missing."
        found.append(Finding("bo.numbered", message, obj, field.name, "Keep the row, and move it to a state such as void."))
    return found + check_frozen_parents(uow, spec, [obj])


def refuse_orphans(uow: UnitOfWork, removed: Sequence[Any]) -> None:
    """Raise Refused where rows still refer to one that was deleted, naming how many and where."""
    findings = _referring(uow, uow._touch(), removed)
    if findings:
        raise Refused(findings)


def explain_removal(uow: UnitOfWork, removed: Sequence[Any], problem: IntegrityProblem) -> list[Finding]:
    """Say what refers to rows that the database would not delete."""
    with uow._app.aside(uow._touch()) as session:
        findings = _referring(uow, session, removed)
    return findings or [Finding("bo.integrity", f"The database refused to delete a row: {problem}.", fix="Remove what refers to it first.")]


def _referring(uow: UnitOfWork, session: Session, removed: Sequence[Any]) -> list[Finding]:
    findings = []
    for obj in removed:
        ident = obj.id
        for spec, field in uow._app.referrers(type(obj)):
            count = session.execute(f'SELECT count(*) FROM {spec.name} WHERE "{field.name}" = ?', (ident,)).fetchone()[0]
            if count:
                rows = f"{count} {spec.cls.__name__} row{'s' if count > 1 else ''}"
                if not sees_all(uow, spec.cls):
                    message = f"{type(obj).__name__} {ident} can't be deleted: what the actor does not see refers to it."
                    fix = "Ask somebody who sees more, or keep it."
                    findings.append(Finding("bo.referred_to", message, f"{spec_of(type(obj)).name} {ident}", fix=fix))
                    continue
                message = f"{type(obj).__name__} {ident} can't be deleted: {rows} refer{'' if count > 1 else 's'} to it by {field.name}."
                findings.append(
                    Finding("bo.referred_to", message, f"{spec_of(type(obj)).name} {ident}", fix="Remove or re-point those first.")
                )
    return findings


def explain_integrity(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any], problem: IntegrityProblem) -> list[Finding]:
    """Say in our words which row the database refused."""
    with uow._app.aside(uow._touch()) as session:
        if problem.kind == "unique":
            return [_duplicate(uow, session, spec, objects, problem.columns or _columns_of(uow, spec, problem.constraint))]
        if problem.kind == "reference":
            findings = _without_target(uow, session, spec, objects)
            if findings:
                return findings
    return [
        Finding(
            "bo.integrity",
            f"The database refused a row of {spec.name}: {problem}.",
            fix="Correct the row; nothing was written.",
        )
    ]


def _columns_of(uow: UnitOfWork, spec: EntitySpec, constraint: str) -> list[str]:
    """The columns of a unique index or of the primary key, by its name."""
    table = uow._app.metadata.tables[spec.name]
    return next((list(index.columns.keys()) for index in table.indexes if index.name == constraint), ["id"])


def _without_target(uow: UnitOfWork, session: Session, spec: EntitySpec, objects: Sequence[Any]) -> list[Finding]:
    findings = []
    removed = {(type(obj), obj.id) for obj in uow._tracker.removed}
    for field in spec.fields.values():
        if field.target is None:
            continue
        target, held = spec_of(field.target).name, uow._tracker.held(field.target)
        for obj in objects:
            value = getattr(obj, field.name)
            if (field.target, value) in removed:
                message = f"{field.target.__name__} {value} can't be deleted: a {spec.cls.__name__} refers to it by {field.name}."
                findings.append(Finding("bo.referred_to", message, obj, field.name, "Remove or re-point those first."))
                continue
            if value is None or (value in held and uow._tracker.is_new(held[value][0])):
                continue
            if not session.execute(f"SELECT 1 FROM {target} WHERE id = ?", (value,)).fetchone():
                message = f"There is no {field.target.__name__} with the id {value}."
                findings.append(Finding("bo.no_such_row", message, obj, field.name, f"Add the {field.target.__name__} first."))
    return findings


def explain_at_commit(uow: UnitOfWork, problem: IntegrityProblem) -> list[Finding]:
    """Say what a COMMIT was refused for: references that are checked only there, and all that was sent without waiting."""
    findings = []
    for cls, held in uow._tracker.maps.items():
        if spec_of(cls).name == problem.table:
            return explain_integrity(uow, spec_of(cls), [obj for obj, _ in held.values()], problem)
    for table, ident, column, target, value in uow._touch().dangling(20) if not problem.table else ():
        message = f"{column} refers to row {value} of {target}, which is not there."
        findings.append(Finding("bo.no_such_row", message, f"{table} {ident}", column, f"Add the row of {target} first, or keep it."))
    return findings or [
        Finding("bo.integrity", f"The database refused the unit of work: {problem}.", fix="Correct it; nothing was written.")
    ]


def _duplicate(uow: UnitOfWork, session: Session, spec: EntitySpec, objects: Sequence[Any], columns: list[str]) -> Finding:
    seen: set[tuple[Any, ...]] = set()
    compiled: Compiled = uow._app.compiled(spec.cls)
    at = [compiled.names.index(name) for name in columns]
    rows = compiled.rows(objects, [None] * len(objects))
    condition = " AND ".join(f'"{name}" = ?' for name in columns)
    names = shown_columns(spec, columns)
    what = ", ".join(names)
    fix = "Use the row that exists, or another value; to swap values, flush in between."
    for obj, row in zip(objects, rows, strict=True):
        values = tuple(row[i] for i in at)
        if columns == ["id"] and spec.extends is not None:
            whose = f"{spec.extends.__name__} {row[0]}"
            message = f"{whose} has {with_article(spec.cls.__name__)} already."
            return Finding("bo.unique", message, f"{spec_of(spec.extends).name} {row[0]}", fix="Change that one: uow.extension(row, …).")
        shown = shown_values(spec, columns, values)
        if values in seen:
            return Finding("bo.unique", f"Two new rows of {spec.cls.__name__} have the same {what}: {shown}.", obj, names[0], fix)
        seen.add(values)
        found = session.execute(f"SELECT id FROM {spec.name} WHERE {condition} AND id <> ?", (*values, row[0])).fetchone()
        if found:
            other = f"{spec.cls.__name__} {found[0]}" if sees_all(uow, spec.cls) else f"Another {spec.cls.__name__}"
            message = f"{other} has the same {what} already: {shown}."
            return Finding("bo.unique", message, obj, names[0], fix)
    return Finding("bo.unique", f"{what} of {spec.cls.__name__} is taken already.", None, names[0], fix)


def new_salts(count: int) -> list[bytes]:
    """Random salts for the commitments to personal fields, one a row."""
    drawn = os.urandom(SALT * count)
    return [drawn[i : i + SALT] for i in range(0, SALT * count, SALT)]


def renew_salts(compiled: Compiled, old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """Draw a new salt for each row whose personal values changed."""
    personal = [i for i, column in enumerate(compiled.spec.columns) if column.personal]
    return [
        row if all(before[i] == row[i] for i in personal) else (*row[:-1], os.urandom(SALT)) for before, row in zip(old, new, strict=True)
    ]
