"""Columns: what a row class says about its fields, for every way of showing rows."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import attrs

from bocore.amounts import Money, UnitPrice
from bocore.values import plain_value, without_none


@attrs.frozen
class Column:
    """One column: the field it shows, its title, its type, and the entity that its value leads to.

    Metadata of the attrs field: ``label`` (title), ``doc``, ``unit``, ``drill`` (the entity whose id, number or code the value is).
    """

    name: str
    title: str
    type: Any
    doc: str = ""
    unit: str = ""
    drill: type | None = None

    @property
    def numeric(self) -> bool:
        """True where values are set flush right."""
        return self.type in (int, Decimal, Money, UnitPrice)

    @property
    def money(self) -> bool:
        """True where a value has a currency, which JSON and CSV give in a column of its own: ``debit``, ``debit_currency``."""
        return self.type in (Money, UnitPrice)


def columns_of(row: type) -> list[Column]:
    """The columns of an attrs class, in the order written; fields whose names begin with ``_`` are not shown."""
    hints = typing.get_type_hints(row)
    return [_column(a, hints.get(a.name, Any)) for a in attrs.fields(row) if not a.name.startswith("_")]


def _column(field: attrs.Attribute[Any], hint: Any) -> Column:
    metadata: Mapping[str, Any] = field.metadata.get("bocore") or field.metadata
    title = str(metadata.get("label") or field.name.replace("_", " ").strip().capitalize())
    unit = str(metadata.get("unit") or "")
    return Column(
        name=field.name,
        title=f"{title} ({unit})" if unit else title,
        type=without_none(hint)[0],
        doc=str(metadata.get("doc") or ""),
        unit=unit,
        drill=metadata.get("drill"),
    )


def as_objects(columns: Sequence[Column], rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Rows as JSON carries them: a list of flat objects in column order, amounts as decimal text beside their currency."""
    return [as_object(columns, row) for row in rows]


def as_object(columns: Sequence[Column], row: Any) -> dict[str, Any]:
    """One row as JSON carries it."""
    plain: dict[str, Any] = {}
    for column in columns:
        value = getattr(row, column.name)
        plain[column.name] = plain_value(value)
        if column.money:
            plain[f"{column.name}_currency"] = None if value is None else value.currency
    return plain
