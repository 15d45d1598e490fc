"""``field(secret=True)``: text that is stored encrypted, with a blind index beside it where it is searched for."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import attrs

from bocore.entities.kind import Kind, Stored
from bocore.entities.kinds import TextKind
from bocore.errors import DeclarationError
from bocore.keys.masked import Masked, index_of, stored_of

INDEX = "_index"


class SecretKind(Kind):
    """Text in a slot before it is written, a Masked value from then on; a finding never shows what it is."""

    def __init__(self, inner: TextKind, *, searchable: bool) -> None:
        self.inner = inner
        self.searchable = searchable
        self.stored = (Stored("", "secret"), Stored(INDEX, "text")) if searchable else (Stored("", "secret"),)
        self.doc = inner.doc

    def bad(self) -> str:
        return f"(v.row != o.id and v._plain is None) if type(v) is Masked else ({self.inner.bad()})"

    def convert(self, value: Any) -> Any:
        if type(value) is Masked:
            raise ValueError("is the masked value of another row, where it does not open")
        if not isinstance(value, str) or isinstance(value, Enum):
            raise ValueError(f"is {type(value).__name__}")
        return self.inner.convert(value)

    def store(self, var: str) -> list[str]:
        return [f"stored_of({var})", f"index_of({var})"][: len(self.stored)]

    def load(self, *columns: str) -> str:
        index = columns[1] if self.searchable else None
        return f"Masked({columns[0]}, {index}, c0) if {columns[0]} else ''"

    def helpers(self) -> dict[str, Any]:
        return {"Masked": Masked, "stored_of": stored_of, "index_of": index_of}


def secret_kind(kind: Kind, role: str, options: Mapping[str, Any]) -> Kind:
    """The kind of a field in view of ``secret`` and ``searchable``; raises DeclarationError for what can't be."""
    if not options.get("secret"):
        if options.get("searchable"):
            raise DeclarationError("is searchable, which says how a secret is looked up; it is not secret")
        return kind
    if role != "field" or type(kind) is not TextKind:
        raise DeclarationError("is secret: only text can be, declared as str with field(…)")
    searchable = bool(options.get("searchable"))
    if not searchable and (options.get("unique") or options.get("index")):
        raise DeclarationError("is secret: for unique or index it has to be searchable=True, by a blind index")
    return SecretKind(kind, searchable=searchable)


def check_secrets(spec: Any) -> None:
    """Raise DeclarationError where an entity makes of a secret what can't be."""
    for field in spec.secrets:
        place = f"{spec.cls.__qualname__}.{field.name}"
        if spec.derived:
            raise DeclarationError(f"{place} is secret, and the entity derived: SQL can't encrypt.", fix="Keep it where it is entered.")
        if field.default is not attrs.NOTHING and field.default not in ("", None):
            raise DeclarationError(f"{place} is secret, and its default stands in the program.", fix='Leave it out, or write default="".')
        grouped = [group for group in (*spec.unique, *spec.index) if field.name in group]
        if grouped:
            fix = f"Name its blind index: {field.name}{INDEX}." if field.kind.searchable else "Declare it searchable=True."
            raise DeclarationError(f"{place} is secret: its ciphertext is another each time, so an index finds nothing.", fix=fix)
        if any(field.name in (*other.options["per"], other.options["on"]) for other in spec.all("numbered")):
            raise DeclarationError(f"{place} is secret, and a number goes by it.", fix="Name another field in per or on.")
