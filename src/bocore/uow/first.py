"""Rows that everybody shares and the first one makes: found, locked, and made once where they are missing, whoever comes at that time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from zlib import crc32

import sqlalchemy as sa

from bocore.entities import Entity, EntitySpec, spec_of
from bocore.errors import UsageError

if TYPE_CHECKING:
    from bocore.uow.unit import UnitOfWork

T = TypeVar("T", bound=Entity)
SHARES = 256
"""Locks by which the missing rows of an entity are divided: a server has room for some thousands in all, and a batch may miss more rows."""
CHUNK = 500


def find_or_add(
    uow: UnitOfWork, cls: type[T], make: Callable[[Any], T], equal: Mapping[str, Iterable[Any]], *, lock: bool, made_by: str
) -> dict[Any, T]:
    """See :meth:`bocore.UnitOfWork.find_or_add`."""
    name, values = _asked(spec_of(cls), equal)
    wanted = list(dict.fromkeys(values))
    if not wanted:
        return {}
    session = uow._touch()
    alone = session.serial or uow.read_only
    found = _found(uow, cls, name, wanted, lock, whole=not alone)
    missing = [value for value in wanted if value not in found]
    if missing and not alone:  # somebody else may be making the same rows
        session.lock(*(f"bo.first {spec_of(cls).name} {crc32(str(value).encode()) % SHARES}" for value in missing))
        found = _found(uow, cls, name, wanted, lock)
        missing = [value for value in wanted if value not in found]
    if missing:
        found |= zip(missing, uow.add_all([make(value) for value in missing], made_by=made_by), strict=True)
    return {value: found[value] for value in wanted}


def _asked(spec: EntitySpec, equal: Mapping[str, Iterable[Any]]) -> tuple[str, Iterable[Any]]:
    if len(equal) != 1:
        raise UsageError("find_or_add looks up by one field.", fix="uow.find_or_add(Slot, make, code=codes)")
    ((name, values),) = equal.items()
    field = spec.fields.get(name)
    if field is None or not (field.options.get("unique") or (name,) in spec.unique):
        message = f"{spec.cls.__name__}.{name} is not unique: nothing says which row is meant."
        raise UsageError(message, fix="Look up by a field that is declared unique.")
    return name, values


def _found(uow: UnitOfWork, cls: type[T], name: str, wanted: Sequence[Any], lock: bool, *, whole: bool = False) -> dict[Any, Any]:
    """Value → row, for those that there are.

    :param whole: lock none while some are missing, and then give ids: who is going to wait for a row that somebody makes must not
        hold another one for which that one may wait.
    """
    if not lock or uow._touch().serial:
        return uow.find_all(cls, **{name: wanted})
    column, ident = getattr(cls.c, name), cls.c.id  # ids alone: what is read before it is locked may be out of date
    parts = (wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK))
    ids = {value: row for part in parts for value, row in uow.rows(sa.select(column, ident).where(column.in_(part)))}
    if whole and len(ids) < len(wanted):
        return ids
    return {getattr(row, name): row for row in uow.get_all(cls, ids.values(), lock=True).values()}
