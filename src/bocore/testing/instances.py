"""Objects of any entity, with values that its declaration allows: for tests that know nothing of the business."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import attrs

from bocore.amounts import Money, UnitPrice
from bocore.entities import Entity, FieldSpec, spec_of

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

Given = Mapping[type, Mapping[str, Any]]


class Instances:
    """Adds objects to a unit of work, each with the rows that it refers to.

    :param given: class → values of fields that can't be guessed, such as a code of a list.
    :param counter: makes values differ, also from those of another unit of work that had the same one.
    """

    def __init__(self, uow: UnitOfWork, given: Given, counter: Iterator[int] | None = None) -> None:
        self.uow = uow
        self.given = given
        self.counter = counter or itertools.count(1)

    def add(self, cls: type[Any], depth: int = 0) -> Any:
        """A new row of this entity; references that may be empty stay empty."""
        spec = spec_of(cls)
        values = dict(self.given.get(cls, {}))
        for field in spec.fields.values():
            attribute = attrs.fields_dict(cls)[field.name]
            if field.name in values or field.role in ("numbered", "recorded") or field.name == "company_id":
                continue
            if field.optional or (attribute.default not in (attrs.NOTHING, None) and not field.options.get("unique")):
                continue
            values[field.name] = self._referred(field, depth) if field.target is not None else self.value(field)
        late = {name: values.pop(name) for name in list(values) if not attrs.fields_dict(cls)[name].init}
        made = cls(**values)
        for name, value in late.items():
            setattr(made, name, value)
        if spec.extends is not None:
            return self.uow.add(made, extends=self.add(spec.extends, depth + 1), made_by=spec.made_by)
        return self.uow.add(made, made_by=spec.made_by)

    def _referred(self, field: FieldSpec, depth: int) -> int:
        assert field.target is not None
        if depth > 20:
            raise ValueError(f"{field.name}: rows refer to rows without end")
        target: Entity = self.uow.company if spec_of(field.target).name == "bo_company" else self.add(field.target, depth + 1)
        return target.id

    def value(self, field: FieldSpec) -> Any:
        """A value that the field's kind takes, another one each time where there are several."""
        refused = ""
        for candidate in self._candidates(field):
            try:
                return field.kind.convert(candidate)
            except ValueError as error:
                refused = str(error)
        if type(candidate := next(iter(self._candidates(field)))) is field.annotation:
            return candidate  # kinds without conversion refuse everything; the check of the unit of work decides
        raise ValueError(f"{field.name}: no value fits by guessing ({refused}); give one: conformance(…, given={{Entity: {{…}}}})")

    def _candidates(self, field: FieldSpec) -> Iterator[Any]:
        n, kind = next(self.counter), field.annotation
        if isinstance(kind, type) and issubclass(kind, Enum):
            yield from kind
        length = field.options.get("max_length") or 20
        token = self.uow.tokens["EUR"]
        plain: dict[Any, list[Any]] = {
            int: [n, 1, 0, -1, 12],
            bool: [True],
            str: [f"{n:0{min(length, 6)}}"[-length:], "EUR", "x"],
            date: [date(2026, 1, 1 + n % 28)],
            datetime: [datetime(2026, 1, 1, 12, n % 60, tzinfo=UTC)],
            time: [time(12, n % 60)],
            Decimal: [Decimal(1), Decimal("0.5"), Decimal(0), Decimal(-1), Decimal("0.01"), Decimal(100)],
            UUID: [UUID(int=n)],
            bytes: [bytes([n % 256])],
            Money: [Money.minor(n, token), Money.minor(0, token), Money.minor(-n, token)],
            UnitPrice: [UnitPrice("1.5", token)],
        }
        outer = getattr(kind, "__origin__", kind)
        empty: Any = {} if outer in (dict, Mapping) else [] if outer is list else None
        yield from plain.get(kind, [empty])
