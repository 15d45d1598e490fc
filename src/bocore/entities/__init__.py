"""Entities: plain attrs classes that the unit of work stores."""

from bocore.entities.declare import Entity, entity, spec_of
from bocore.entities.fields import exact, field, money, number, numbered, parent, recorded, ref, states
from bocore.entities.spec import Column, EntitySpec, FieldSpec

__all__ = [
    "Column",
    "Entity",
    "EntitySpec",
    "FieldSpec",
    "entity",
    "exact",
    "field",
    "money",
    "number",
    "numbered",
    "parent",
    "recorded",
    "ref",
    "spec_of",
    "states",
]
