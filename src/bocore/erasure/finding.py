"""Whose rows: every row of every entity of which a field is a person's, found over the paths of references that fields declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from bocore.entities import EntitySpec, spec_of
from bocore.entities.clearing import PersonalField, personal_fields
from bocore.kernel.attachments import Attachment
from bocore.kernel.retained import Retained
from bocore.storage.session import batch_of

if TYPE_CHECKING:
    from bocore.app_entities import Entities
    from bocore.storage.session import Session

Row = tuple[Any, ...]


@attrs.frozen(eq=False)
class Found:
    """The rows of one entity that have data of a person: id → the names of the fields that are theirs."""

    spec: EntitySpec
    fields: Mapping[str, PersonalField]
    by_id: Mapping[int, frozenset[str]]

    def batches(self, session: Session) -> Iterator[list[Row]]:
        """The whole rows, as stored, in the order of their ids, a few at a time."""
        columns = ", ".join(f'"{column.name}"' for column in self.spec.columns)
        size = batch_of(column for column in self.spec.columns)
        sql = f"SELECT {columns} FROM {self.spec.name} WHERE {session.among('id')} ORDER BY id"
        ids = sorted(self.by_id)
        for start in range(0, len(ids), size):
            yield session.execute(sql, (session.listed(ids[start : start + size]),)).fetchall()


def find_rows(app: Entities, session: Session, party: int) -> list[Found]:
    """What there is of a person, in the order of the entities; nothing is read but ids."""
    found = []
    for spec in sorted(app._specs.values(), key=lambda spec: app.rank(spec.cls)):
        fields = {} if spec.cls is Retained else personal_fields(spec)
        if fields:
            by_id: dict[int, frozenset[str]] = {}
            for path, names in _by_path(fields.values()).items():
                for (ident,) in session.execute(f"SELECT id FROM {spec.name} WHERE {_whose(spec, path.split('.'))}", (party,)).fetchall():
                    by_id[ident] = by_id.get(ident, frozenset()) | names
            if by_id:
                found.append(Found(spec, fields, by_id))
    return found


def _by_path(fields: Iterable[PersonalField]) -> dict[str, frozenset[str]]:
    paths: dict[str, frozenset[str]] = {}
    for field in fields:
        paths[field.path] = paths.get(field.path, frozenset()) | {field.name}
    return paths


def _whose(spec: EntitySpec, path: Sequence[str]) -> str:
    """The condition that a row belongs to the Party whose id is the one value, as SQL over checked names."""
    name, rest = path[0], path[1:]
    target = spec.extends if name == "id" else spec.fields[name].target
    if not rest:
        return f'"{name}" = ?'
    if target is None:  # "id" of what extends nothing: the row itself
        return _whose(spec, rest)
    other = spec_of(target)
    return f'"{name}" IN (SELECT id FROM {other.name} WHERE {_whose(other, rest)})'


def parts_of(app: Entities, session: Session, rows: Mapping[type, set[int]]) -> dict[type, set[int]]:
    """Rows, with all that is a part of them: children, their children, what extends any of these, and files that belong to them."""
    whole = {cls: set(ids) for cls, ids in rows.items()}
    waiting = [(cls, set(ids)) for cls, ids in rows.items()]
    while waiting:
        cls, ids = waiting.pop()
        for spec in app._specs.values():
            link = spec.one("parent")
            if spec.extends is cls:
                column = "id"
            elif link is not None and link.target is cls:
                column = link.name
            else:
                continue
            sql = f"SELECT id FROM {spec.name} WHERE " + session.among(f'"{column}"')
            new = {row[0] for row in session.execute(sql, (session.listed(sorted(ids)),)).fetchall()} - whole.get(spec.cls, set())
            if new:
                whole.setdefault(spec.cls, set()).update(new)
                waiting.append((spec.cls, new))
        files = _files_of(session, spec_of(cls).name, ids) - whole.get(Attachment, set())
        if files:
            whole.setdefault(Attachment, set()).update(files)
            waiting.append((Attachment, files))
    return whole


def _files_of(session: Session, entity: str, ids: Iterable[int]) -> set[int]:
    sql = f"SELECT id FROM bo_attachment WHERE entity = ? AND {session.among('row_id')}"
    return {row[0] for row in session.execute(sql, (entity, session.listed(sorted(ids)))).fetchall()}
