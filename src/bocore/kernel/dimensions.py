"""Dimension sets: what a line belongs to beside its account (cost centre, site, project), stored once for each combination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

from bocore.entities import Entity, entity, field
from bocore.errors import Finding, Refused
from bocore.record.canonical import canonical_bytes

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


@entity("bo_dimension_set", append_only=True)
class DimensionSet(Entity):
    """One combination of axis and value, such as ``{"cost_centre": "sales", "site": "north"}``."""

    digest: str = field(unique=True, max_length=32, doc="of the canonical form of values")
    values: dict[str, str] = field(doc="axis → value")


def dimension_sets(uow: UnitOfWork, wanted: Iterable[Mapping[str, str]]) -> list[int | None]:
    """The id of the set for each mapping, made where it is new; None for an empty one."""
    asked = [dict(values) for values in wanted]
    for values in asked:
        if not all(type(k) is str and type(v) is str for k, v in values.items()):
            raise Refused([Finding("bo.dimension", f"{values} is no set of dimensions.", fix="Axis and value are text.")])
    digests = [blake2b(canonical_bytes(values), digest_size=16).hexdigest() if values else None for values in asked]
    known = uow.find_all(DimensionSet, digest=[d for d in digests if d]) if any(digests) else {}
    for digest, values in zip(digests, asked, strict=True):
        if digest is not None and digest not in known:
            known[digest] = uow.add(DimensionSet(digest=digest, values=values))
    return [None if digest is None else known[digest].id for digest in digests]
