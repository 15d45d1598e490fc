"""The resolved description of an entity: its fields, columns and rules. Built once a class, read by everything else."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

from bocore.entities.kind import Kind
from bocore.entities.kinds import kind_of
from bocore.entities.numeric import Integer
from bocore.entities.secret import check_secrets, secret_kind
from bocore.entities.templates import template_names, wrong_template
from bocore.errors import DeclarationError


@attrs.frozen
class Column:
    """One column of an entity's table, as the canonical form and the audit see it."""

    name: str
    kind: str
    places: int | None = None
    nullable: bool = False
    personal: bool = False
    was: str | None = None


@attrs.frozen
class FieldSpec:
    """One field: its kind, whether it may be None, its role and its options."""

    name: str
    kind: Kind
    optional: bool
    role: str
    options: Mapping[str, Any]
    annotation: Any
    target: type | None = None
    default: Any = attrs.field(factory=lambda: attrs.NOTHING)

    @property
    def columns(self) -> list[Column]:
        late = self.role == "numbered"
        was, personal = self.options.get("was"), bool(self.options.get("personal"))
        secret = self.options.get("secret")
        return [
            Column(
                name=self.name + part.suffix,
                kind=part.kind,
                places=part.places,
                # The blind index of personal data goes when the person is erased; of the secret the key goes, and the ciphertext stays.
                nullable=self.optional or late or bool(secret and personal and part.suffix),
                personal=personal and part.kind != "secret",
                was=was + part.suffix if was else None,
            )
            for part in self.kind.stored
        ]


@attrs.frozen(eq=False)
class Declared:
    """The arguments of ``@entity``, before any annotation is resolved."""

    name: str
    append_only: bool
    derived: bool
    frozen_in: frozenset[str]
    company: bool
    extends: type | None
    unique: tuple[tuple[str, ...], ...]
    index: tuple[tuple[str, ...], ...]
    tokens: bool
    made_by: str
    steady: bool
    guards: bool
    read: tuple[str, ...]
    """Permissions one of which is needed to read rows; empty for what only its plugin's own code reaches."""
    write: tuple[str, ...]


@attrs.frozen(eq=False)
class EntitySpec(Declared):
    """What ``@entity`` was told, with every annotation resolved."""

    cls: type
    fields: Mapping[str, FieldSpec]
    columns: tuple[Column, ...]
    roles: Mapping[str, tuple[FieldSpec, ...]]
    salted: bool
    """True where a row keeps a salt for the commitment to its personal fields."""
    secrets: tuple[FieldSpec, ...] = ()
    """The fields that are stored encrypted."""

    @property
    def versioned(self) -> bool:
        """True where rows can change, and so carry a version."""
        return not (self.append_only or self.derived)

    def one(self, role: str) -> FieldSpec | None:
        """The only field of that role, if there is one."""
        found = self.roles.get(role)
        return found[0] if found else None

    def all(self, *roles: str) -> list[FieldSpec]:
        """The fields of these roles."""
        return [spec for role in roles for spec in self.roles.get(role, ())]


def resolve(cls: type, declared: Declared, hints: Mapping[str, Any]) -> EntitySpec:
    """Build the spec of an entity from its attrs fields and resolved type hints."""
    fields: dict[str, FieldSpec] = {}
    for attribute in cls.__attrs_attrs__:  # type: ignore[attr-defined]
        if "bocore" not in attribute.metadata and attribute.name in ("evolve_guard",):
            continue
        options = dict(attribute.metadata.get("bocore") or {"role": "field"})
        spec = _field(cls, attribute.name, hints.get(attribute.name), options, declared)
        fields[attribute.name] = attrs.evolve(spec, default=attribute.default)
    columns = [Column("id", "integer")]
    if not (declared.append_only or declared.derived):
        columns.append(Column("version", "integer"))
    for spec in fields.values():
        columns.extend(spec.columns)
    if any(column.personal for column in columns):
        columns.append(Column("_salt", "bytes", nullable=True))
    _check_names(cls, columns, fields, declared)
    found = EntitySpec(
        cls=cls,
        fields=fields,
        columns=tuple(columns),
        salted=columns[-1].name == "_salt",
        roles={role: tuple(f for f in fields.values() if f.role == role) for role in {f.role for f in fields.values()}},
        secrets=tuple(f for f in fields.values() if f.options.get("secret")),
        **{name: getattr(declared, name) for name in (a.name for a in attrs.fields(Declared))},
    )
    check_secrets(found)
    return found


def _field(cls: type, name: str, hint: Any, options: dict[str, Any], declared: Declared) -> FieldSpec:
    role = options.pop("role")
    place = f"{cls.__module__}.{cls.__qualname__}.{name}"
    if hint is None:
        raise DeclarationError(f"{place} has no type annotation.", fix="Write name: type = field(…).")
    annotation, optional = _without_none(hint)
    target = None
    try:
        if role in ("ref", "parent", "recorded"):
            kind: Kind = Integer({})
            if role != "recorded":
                target = _target(cls, options["target"])
            if annotation is not int:
                raise DeclarationError("must be annotated int (or int | None)")
        else:
            kind = kind_of(annotation, options)
        kind = secret_kind(kind, role, options)
        if role in ("states", "numbered") and annotation is not str:
            raise DeclarationError("must be annotated str")
    except DeclarationError as error:
        raise DeclarationError(f"{place} {error}") from None
    return FieldSpec(name, kind, optional, role, options, annotation, target)


def _target(cls: type, target: Any) -> type:
    if target == "bo_company":
        from bocore.kernel.company import Company

        return Company
    if isinstance(target, str):
        found = cls if target in ("self", cls.__name__) else vars(sys.modules[cls.__module__]).get(target)
        if found is None:
            raise DeclarationError(f"refers to {target!r}, which its module does not have; a name works only inside one module")
        return typing.cast(type, found)
    if not hasattr(target, "__bocore__"):
        raise DeclarationError(f"refers to {target!r}, which is not an entity")
    return typing.cast(type, target)


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return hint, False


def _check_names(cls: type, columns: list[Column], fields: Mapping[str, FieldSpec], declared: Declared) -> None:
    names = [column.name for column in columns]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise DeclarationError(f"{cls.__qualname__}: the column {', '.join(sorted(twice))} comes from two fields.", fix="Rename one.")
    for group in (*declared.unique, *declared.index):
        unknown = [name for name in group if name not in names]
        if unknown:
            raise DeclarationError(f"{cls.__qualname__}: unique or index names {', '.join(unknown)}, which is no column.")
    if "c" in fields:
        raise DeclarationError(f"{cls.__qualname__}.c: the name stands for the columns of an entity.", fix="Take a longer name.")
    _check_states(cls, fields, declared)
    _check_numbers(cls, fields)
    if declared.tokens and not {"code", "exponent"} <= set(names):
        raise DeclarationError(f"{cls.__qualname__}: tokens=True needs the fields code: str and exponent: int.")


def _check_numbers(cls: type, fields: Mapping[str, FieldSpec]) -> None:
    for spec in fields.values():
        if spec.role != "numbered":
            continue
        where, per, on = f"{cls.__qualname__}.{spec.name}", spec.options["per"], spec.options["on"]
        unknown = [name for name in (*per, *([on] if on else [])) if name not in fields and name not in ("company", "year", "month")]
        if unknown:
            raise DeclarationError(
                f"{where}: per or on names {', '.join(unknown)}, which is no field.", fix="Name fields of the same entity."
            )
        wrong = wrong_template(spec.options["template"], template_names(per, fields))
        if wrong:
            raise DeclarationError(f"{where}: the template {spec.options['template']!r} {wrong}.", fix='Write it as in "{year}-{n:05}".')


def _check_states(cls: type, fields: Mapping[str, FieldSpec], declared: Declared) -> None:
    machine = next((spec for spec in fields.values() if spec.role == "states"), None)
    if machine is None:
        if declared.frozen_in:
            raise DeclarationError(f"{cls.__qualname__}: frozen_in needs a field made by states(…).")
        return
    known = machine.options["known"]
    default = attrs.fields_dict(cls)[machine.name].default
    unknown = sorted((declared.frozen_in - known) | ({default} - known))
    if unknown:
        where = f"{cls.__qualname__}.{machine.name}"
        raise DeclarationError(f"{where}: {', '.join(unknown)} is no state of it.", fix=f"It has: {', '.join(sorted(known))}.")
