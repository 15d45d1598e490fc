"""``TraceStep``: one step of a trail, by the core or by a plugin, with all that belongs to it; and the trail that they make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import attrs

from bocore.amounts import Money
from bocore.entities import Entity, spec_of

if TYPE_CHECKING:
    from bocore.audit.commits import TracedCommit


def _several(steps: Iterable[TraceStep]) -> tuple[TraceStep, ...]:
    return tuple(steps)


@attrs.frozen
class TraceStep:
    """One step of a trail: a row, or what there is to say of one.

    :param step: what it is to what it belongs to: ``"entry"``, ``"settled by"``.
    :param row: the row that it shows, which can be proved; None where there is none, or the actor may not see it.
    :param name: what people call it: a number, a key, a file name.
    :param key: what ``bo audit trace`` takes to walk on from here; empty where there is nothing more to see.
    :param of: in an answer to ``bo_audit_trace``, which of the rows it belongs to.
    :param line: its place in the voucher, from 1: what that line opened or settled is hung below it.
    :param unit: the unit of work that wrote it; that of the row, where it keeps one.
    :param parts: what belongs to it.
    """

    step: str
    row: Entity | None = None
    name: str = ""
    date: date | None = attrs.field(default=None, kw_only=True)
    amount: Money | None = attrs.field(default=None, kw_only=True)
    text: str = attrs.field(default="", kw_only=True)
    key: str = attrs.field(default="", kw_only=True)
    of: Entity | None = attrs.field(default=None, kw_only=True, repr=False)
    line: int = attrs.field(default=0, kw_only=True)
    unit: int | None = attrs.field(kw_only=True)
    parts: tuple[TraceStep, ...] = attrs.field(default=(), kw_only=True, converter=_several)

    @unit.default
    def _unit_of_row(self) -> int | None:
        return getattr(self.row, "unit_id", None)

    @property
    def entity(self) -> str:
        """The table of the row; empty where there is none."""
        return "" if self.row is None else spec_of(type(self.row)).name

    @property
    def id(self) -> int | None:
        """The id of the row."""
        return None if self.row is None else self.row.id

    def all(self) -> Iterator[TraceStep]:
        """This step and all below it, from above."""
        yield self
        for part in self.parts:
            yield from part.all()


@attrs.frozen
class TrailRow:
    """One line of a trail, as it is listed; ``level`` says what it belongs to.

    :param record: the place of its commit in the record.
    :param row: table and id: what can be proved.
    """

    step: str = attrs.field(metadata={"indent": "level"})
    name: str
    date: date | None
    amount: Decimal | None
    currency: str
    text: str
    who: str
    when: datetime | None
    record: int | None
    row: str
    level: int


@attrs.frozen
class Trail:
    """All that belongs to what a key names.

    :param steps: vouchers, or the row itself where it has none; everything else is below.
    :param commits: unit of work → its commit, of all that wrote something on the trail.
    """

    key: str
    company: str
    steps: tuple[TraceStep, ...]
    commits: Mapping[int, TracedCommit]

    def all(self) -> Iterator[TraceStep]:
        """Every step, from above."""
        for step in self.steps:
            yield from step.all()

    def rows(self) -> Iterator[TrailRow]:
        """The trail as lines of a table."""
        return (row for step in self.steps for row in self._rows(step, 0, None))

    def _rows(self, step: TraceStep, level: int, unit: int | None) -> Iterator[TrailRow]:
        unit = step.unit if step.unit is not None else unit if step.row is not None else None
        commit = None if unit is None else self.commits.get(unit)
        money = step.amount
        yield TrailRow(
            step=step.step,
            name=step.name,
            date=step.date,
            amount=None if money is None else money.amount,
            currency="" if money is None else money.currency,
            text=step.text,
            who="" if commit is None else commit.who,
            when=None if commit is None else commit.when,
            record=None if commit is None else commit.position,
            row="" if step.row is None else f"{step.entity} {step.id}",
            level=level,
        )
        for part in step.parts:
            yield from self._rows(part, level + 1, unit)

    def proved(self) -> list[tuple[str, int]]:
        """Table and id of every row on the trail, each once."""
        return list(dict.fromkeys((step.entity, step.row.id) for step in self.all() if step.row is not None))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for ``--format json``: the steps within one another, and the commits."""
        commits = [each.as_dict() for each in sorted(self.commits.values(), key=lambda each: each.unit)]
        return {"key": self.key, "company": self.company, "steps": [_plain(step) for step in self.steps], "commits": commits}


def _plain(step: TraceStep) -> dict[str, Any]:
    return {
        "step": step.step,
        "name": step.name,
        "date": None if step.date is None else step.date.isoformat(),
        "amount": None if step.amount is None else str(step.amount.amount),
        "amount_currency": None if step.amount is None else step.amount.currency,
        "text": step.text,
        "entity": step.entity or None,
        "id": step.id,
        "key": step.key or None,
        "line": step.line or None,
        "unit": step.unit,
        "parts": [_plain(part) for part in step.parts],
    }


def hung(steps: Sequence[TraceStep], below: dict[int, list[TraceStep]]) -> list[TraceStep]:
    """The steps with those of each line hung below it; what was hung is taken out of ``below``."""
    found = []
    for step in steps:
        parts = [*hung(step.parts, below), *(below.pop(step.line, ()) if step.line else ())]
        found.append(attrs.evolve(step, parts=parts))
    return found
