"""Secret fields of rows: encrypted before they are written, looked up by their blind index, and opened on the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bocore.entities import EntitySpec, FieldSpec, spec_of
from bocore.errors import BocoreError, Finding, KeyUnavailable, UsageError
from bocore.keys import kernel
from bocore.keys.masked import MASK, Masked
from bocore.keys.store import INDEX, PERSON, TENANT, DataKey, Use
from bocore.record.canonical import normalise_text

if TYPE_CHECKING:
    from bocore.app_entities import Entities
    from bocore.entities.generate import Row
    from bocore.uow import UnitOfWork
    from bocore.uow.reading import Reading

NOTHING = "-"
"""The index of no value: what is looked for where no value has an index yet."""


def place_of(app: Entities, spec: EntitySpec, field: FieldSpec, row: int) -> bytes:
    """What a value of a field belongs to, whatever entity and field are called today."""
    shape = app.shape(spec.name)
    return kernel.place_of(shape.first, shape.position(field.name), row)


def seal_new(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any]) -> None:
    """Encrypt the secret fields of new rows, which have been checked."""
    for field in spec.secrets:
        _seal(uow, spec, field, [(obj, text) for obj in objects if (text := _new_text(obj, field)) is not None])


def _new_text(obj: Any, field: FieldSpec) -> str | None:
    value = getattr(obj, field.name, None)
    if type(value) is Masked:
        return value._plain  # encrypted in a unit of work that failed, perhaps under a key that is gone with it
    return value or None


def seal_altered(uow: UnitOfWork, spec: EntitySpec, objects: Sequence[Any], before: Sequence[Row]) -> None:
    """Encrypt what was set in rows that are there already; what did not change stays as it is stored. What can't be stored waits for
    the check that says so."""
    for field in spec.secrets:
        chosen = []
        for obj, row in zip(objects, before, strict=True):
            value = getattr(obj, field.name, None)
            if type(value) is str and value:
                try:
                    chosen.append((obj, field.kind.convert(value)))
                except (BocoreError, ValueError):
                    continue
            elif type(value) is Masked and value.row == obj.id and _another_person(spec, field, obj, row):
                text = value._plain or opened(uow, spec, field, [obj])[0][obj.id]
                if text is not None:
                    chosen.append((obj, text))
        _seal(uow, spec, field, chosen)


def _another_person(spec: EntitySpec, field: FieldSpec, obj: Any, before: Row) -> bool:
    """Whether a row was given to somebody else: what is secret in it would go with the key of who it belonged to."""
    first = str(field.options.get("personal") or "").partition(".")[0]
    if first in ("", "id"):
        return False
    return bool(before[[column.name for column in spec.columns].index(first)] != getattr(obj, first, None))


def _seal(uow: UnitOfWork, spec: EntitySpec, field: FieldSpec, chosen: list[tuple[Any, str]]) -> None:
    if not chosen:
        return
    shape = uow._app.shape(spec.name)
    entity, position = shape.first, shape.position(field.name)
    people = _people(uow, spec, field, [obj for obj, _ in chosen])
    searchable, whole = bool(field.options.get("searchable")), kernel.place_of(entity, position, 0)
    index = uow.keys.get(Use(INDEX)) if searchable else None
    for (obj, text), person in zip(chosen, people, strict=True):
        key = uow.keys.get(Use(TENANT) if person is None else Use(PERSON, person))
        stored = kernel.seal(key.cipher, key.id, text, kernel.place_of(entity, position, obj.id))
        found = None if index is None else kernel.blind_index(index.raw, whole, text)
        setattr(obj, field.name, Masked(stored, found, obj.id, text))
        uow.keys.told(text)


def _people(uow: UnitOfWork, spec: EntitySpec, field: FieldSpec, objects: Sequence[Any]) -> list[int | None]:
    """Whose data each value is: the id of the party at the end of the field's path, one query a step; None where it leads to nobody."""
    path = field.options.get("personal")
    if not path:
        return [None] * len(objects)
    cls, ids = spec.cls, [obj.id for obj in objects]
    rows: dict[int, Any] = dict(zip(ids, objects, strict=True))
    with uow.core():
        for step, name in enumerate(path.split(".")):
            if step:
                rows = uow.get_all(cls, {ident for ident in ids if ident is not None})
            known = spec_of(cls)
            if name == "id":
                cls = known.extends or cls
                continue
            ids = [None if ident is None or ident not in rows else getattr(rows[ident], name) for ident in ids]
            target = known.fields[name].target
            assert target is not None
            cls = target
    return ids


# ---------------------------------------------------------------- looking up


def indexed(uow: Reading, spec: EntitySpec, equal: Mapping[str, Any]) -> dict[str, Any]:
    """``field=value`` with the blind index in the place of each secret field.

    :raises UsageError: the field is not searchable.
    """
    secrets = {field.name: field for field in spec.secrets}
    found: dict[str, Any] = {}
    for name, value in equal.items():
        field = secrets.get(name)
        if field is None:
            found[name] = value
        elif isinstance(value, (list, tuple, set, frozenset)):
            found[f"{name}_index"] = list(index_values(uow, spec, field, value))
        elif value is None:
            found[name] = None
        else:
            found[f"{name}_index"] = next(iter(index_values(uow, spec, field, [value])))
    return found


def index_values(uow: Reading, spec: EntitySpec, field: FieldSpec, values: Iterable[Any]) -> dict[str, str]:
    """Index → value, for values that are looked for."""
    where = f"{spec.cls.__name__}.{field.name}"
    if not field.options.get("searchable"):
        message = f"{where} is secret: its ciphertext is another each time, so that nothing can be compared with it."
        raise UsageError(message, fix="Declare it field(secret=True, searchable=True), or look the row up by another field.")
    key: DataKey | None = None
    uow._touch()  # the shape is read with the first session
    place, found = place_of(uow._app, spec, field, 0), {}
    for value in values:
        if not isinstance(value, str):
            raise UsageError(f"{where} is compared with {type(value).__name__}, not text.", fix="Give the whole value as text.")
        text = normalise_text(value)
        if text:
            key = key or uow.keys.find(Use(INDEX))
            found[NOTHING if key is None else kernel.blind_index(key.raw, place, text)] = value
        else:
            found[""] = value
    return found


# ---------------------------------------------------------------- opening


def opened(uow: UnitOfWork, spec: EntitySpec, field: FieldSpec, rows: Sequence[Any]) -> tuple[dict[int, str | None], list[int]]:
    """Row id → value, None for one that is erased; and the ids of those rows whose stored value was opened for it."""
    found: dict[int, str | None] = {}
    shown: list[int] = []
    keys: dict[int, DataKey | None] = {}
    shape = uow._app.shape(spec.name)
    where = shape.first, shape.position(field.name)
    for row in rows:
        value = getattr(row, field.name)
        if type(value) is not Masked:
            found[row.id] = value
        elif value._plain is not None:
            found[row.id] = value._plain
        else:
            found[row.id] = text = _opened(uow, spec, field, value, where, keys)
            if text is not None:
                shown.append(row.id)
                uow.keys.told(text)
    return found, shown


def _opened(
    uow: UnitOfWork, spec: EntitySpec, field: FieldSpec, value: Masked, where: tuple[str, int], keys: dict[int, DataKey | None]
) -> str | None:
    """The value behind a mask; None where its key is destroyed.

    :param where: the first name of the entity, and the position of the field in its shape.
    :param keys: those that are open.
    """
    try:
        ident = kernel.key_of(value.stored)
        if ident not in keys:
            keys[ident] = uow.keys.by_id(ident)
        key = keys[ident]
        return None if key is None else kernel.unseal(key.cipher, value.stored, kernel.place_of(*where, value.row))
    except kernel.Unreadable as error:
        message = f"The value does not open: {error}."
        at = f"{spec.name} {value.row}"
        fix = "bo audit verify says whether the row was altered behind bocore's back."
        raise KeyUnavailable(Finding("bo.secret_unreadable", message, at, field.name, fix)) from None


def shown_columns(spec: EntitySpec, columns: Sequence[str]) -> list[str]:
    """Columns for a message: a blind index goes by the name of its field."""
    fields = {field.columns[-1].name: field.name for field in spec.secrets}
    return [fields.get(column, column) for column in columns]


def shown_values(spec: EntitySpec, columns: Sequence[str], values: Sequence[Any]) -> str:
    """Values of columns for a message, those of secrets as dots."""
    secret = {column.name for field in spec.secrets for column in field.columns}
    return ", ".join(MASK if column in secret else str(value) for column, value in zip(columns, values, strict=True))
