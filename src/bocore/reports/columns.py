"""Columns: what a row class says about its fields, for every way of showing rows."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from bocore.amounts import Money, UnitPrice
from bocore.errors import DeclarationError
from bocore.reports.drill import Drill
from bocore.values import plain_value, without_none

NUMERIC = (int, Decimal, Money, UnitPrice)
KINDS = ("group", "total", "grand_total")
"""What the field with ``style`` may say of its row: a heading, a sum with a rule above it, the last of all sums. Other texts are plain."""


@attrs.frozen
class Column:
    """One column: the field it shows, its title, its type, and what its values lead to.

    Metadata of the attrs field:

    - ``label`` (title), ``doc``, ``unit``;
    - ``drill``: the entity whose id, number or code the value is, or a :class:`Drill` to the report behind a figure;
    - ``spread=True`` on ``dict[str, Decimal]`` (or int, Money, UnitPrice): a column for each key, in the order in which keys first appear;
    - ``indent="level"``: the value stands as far in as the row's field of that name says;
    - ``style=True``: the value is one of :data:`KINDS`, by which the whole row is set.

    What ``indent`` names and what has ``style`` is layout: JSON and CSV carry it, people see its effect instead of a column.
    """

    name: str
    title: str
    type: Any
    doc: str = ""
    unit: str = ""
    drill: type | Drill | None = None
    spread: bool = False
    indent: str = ""
    layout: str = ""
    key: str | None = None

    @property
    def numeric(self) -> bool:
        """True where values are set flush right."""
        return self.type in NUMERIC

    @property
    def money(self) -> bool:
        """True where a value has a currency, which JSON and CSV give in a column of its own: ``debit``, ``debit_currency``."""
        return self.type in (Money, UnitPrice)

    @property
    def heads(self) -> list[str]:
        """The names over this column in CSV."""
        name = self.name if self.key is None else f"{self.name}:{self.key}"
        return [name, f"{name}_currency"] if self.money else [name]

    def value(self, row: Any) -> Any:
        """What a row has here; of a spread column the value of its key, or None."""
        value = getattr(row, self.name)
        return value if self.key is None else value.get(self.key)


def columns_of(row: type) -> list[Column]:
    """The columns of an attrs class, in the order written; fields whose names begin with ``_`` are not shown.

    :raises DeclarationError: metadata says what the class does not have.
    """
    hints = typing.get_type_hints(row)
    fields = {field.name: field for field in attrs.fields(row)}
    levels = {_metadata(field).get("indent") for field in fields.values()} - {None}
    for name in levels - fields.keys():
        raise DeclarationError(f"{row.__qualname__} indents by {name!r}, which it does not have.", fix=f"Add {name}: int.")
    return [
        _column(row, field, hints.get(name, Any), "level" if name in levels else "")
        for name, field in fields.items()
        if not name.startswith("_")
    ]


def _metadata(field: attrs.Attribute[Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = field.metadata.get("bocore") or field.metadata
    return found


def _column(row: type, field: attrs.Attribute[Any], hint: Any, layout: str) -> Column:
    metadata = _metadata(field)
    label, unit = str(metadata.get("label") or ""), str(metadata.get("unit") or "")
    spread = bool(metadata.get("spread"))
    title = label or ("" if spread else field.name.replace("_", " ").strip().capitalize())
    kind, drill = without_none(hint)[0], metadata.get("drill")
    if spread:
        kind = _inside(row, field.name, kind)
    if isinstance(drill, Drill):
        drill.check(row, field.name)
    return Column(
        name=field.name,
        title=f"{title} ({unit})" if unit else title,
        type=kind,
        doc=str(metadata.get("doc") or ""),
        unit=unit,
        drill=drill,
        spread=spread,
        indent=str(metadata.get("indent") or ""),
        layout="style" if metadata.get("style") else layout,
    )


def _inside(row: type, name: str, hint: Any) -> Any:
    """The type of a spread column's values."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    kind = without_none(inside[1])[0] if len(inside) == 2 and inside[0] is str else None
    if not (isinstance(origin, type) and issubclass(dict, origin)) or kind not in NUMERIC:
        written = getattr(hint, "__name__", str(hint)) if origin is None else hint
        raise DeclarationError(f"{row.__qualname__}.{name} is spread, and is {written}.", fix="Write dict[str, Decimal], int, or Money.")
    return kind


def spread_out(columns: Sequence[Column], rows: Sequence[Any]) -> list[Column]:
    """The columns with one for each key in the place of those that are spread."""
    found: list[Column] = []
    for column in columns:
        if not column.spread:
            found.append(column)
            continue
        keys = dict.fromkeys(key for row in rows for key in getattr(row, column.name))
        found += [attrs.evolve(column, key=key, title=f"{column.title} {key}".strip(), spread=False) for key in keys]
    return found


def as_objects(columns: Sequence[Column], rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows as JSON carries them: a list of objects in column order, amounts as decimal text beside their currency."""
    return [as_object(columns, row) for row in rows]


def as_object(columns: Sequence[Column], row: Any) -> dict[str, Any]:
    """One row as JSON carries it; what is spread stays an object of its keys."""
    plain: dict[str, Any] = {}
    for column in columns:
        value = getattr(row, column.name)
        if column.spread:
            plain[column.name] = {key: plain_value(one) for key, one in value.items()}
            if column.money:
                plain[f"{column.name}_currency"] = {key: None if one is None else one.currency for key, one in value.items()}
            continue
        plain[column.name] = plain_value(value)
        if column.money:
            plain[f"{column.name}_currency"] = None if value is None else value.currency
    return plain
