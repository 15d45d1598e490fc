"""Layout: accounts with their figures as the rows of a statement, flat or as a tree, section by section."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import attrs
import sqlalchemy as sa

from bocore import Drill, Finding, Headed, Refused, UnitOfWork
from bocore_accounting.model import Account, AccountKind
from bocore_accounting.statements.figures import CLOSING, Figures, Selection, amounts, units_in_order, warn_unknown, warn_unvalued
from bocore_accounting.statements.spans import Span

LEDGER = "accounting.general-ledger"
_BEHIND = {"account": "_of", "kind": "_which", "alone": "_alone", "currency": "_unit", "without": "_without", "beside": "_beside"}
_DRILL = Drill(LEDGER, **_BEHIND, since="_since", through="_through")
_DRILL_COMPARED = Drill(LEDGER, **_BEHIND, since="_sinces", through="_throughs")


@attrs.frozen
class StatementRow:
    """An account, a group of accounts with its subtotal, a figure that is computed, or a total, in one currency or commodity."""

    section: str
    account: str = attrs.field(metadata={"drill": Account})
    name: str = attrs.field(metadata={"indent": "level"})
    currency: str
    amount: Decimal = attrs.field(metadata={"drill": _DRILL})
    compared: dict[str, Decimal] = attrs.field(metadata={"spread": True, "drill": _DRILL_COMPARED})
    level: int
    kind: str = attrs.field(metadata={"style": True})
    _of: str | None
    _which: str | None
    _alone: bool | None
    _unit: str | None
    _since: date | None
    _through: date
    _without: Sequence[str] | None
    _beside: str | None
    _sinces: Mapping[str, date | None]
    _throughs: Mapping[str, date]


def headed(spans: Sequence[Span], rows: Iterable[StatementRow]) -> Headed[StatementRow]:
    """A statement that says its days, and over its figures which they are of where there are others beside them."""
    return Headed(rows, since=spans[0].since, through=spans[0].through, titles={"amount": spans[0].label} if spans[1:] else {})


class Place(NamedTuple):
    """An account of the chart."""

    code: str
    name: str
    kind: AccountKind
    parent: int | None
    postable: bool


@attrs.frozen
class View:
    """How a statement is laid out: as a tree with subtotals or flat, so many levels deep, with zeros or without."""

    tree: bool = False
    depth: int | None = None
    zero: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse a depth at which there are no accounts."""
        if self.depth is not None and self.depth < 1:
            message = f"There are no accounts at the depth {self.depth}."
            raise Refused(
                [Finding("accounting.depth", message, field="depth", fix="Give 1 for the topmost, 2 for those below them, and so on.")]
            )


class Column(NamedTuple):
    """One period of a statement.

    :param span: the days whose lines are behind the figures, after an opening balance where there is one.
    """

    label: str
    span: Span
    figures: Figures


Vectors = dict[str, list[int]]
"""Currency or commodity → minor units, one for each period."""


def chart(uow: UnitOfWork) -> dict[int, Place]:
    """The accounts of the unit's company by id, in the order of their codes."""
    c = Account.c
    columns = [c.id, c.code, c.name, c.kind, c.parent_id, c.postable]
    rows = uow.rows(sa.select(*columns).where(c.company_id == uow.company.id).order_by(c.code))
    return {ident: Place(code, name, AccountKind(kind), parent, bool(postable)) for ident, code, name, kind, parent, postable in rows}


class Statement:
    """The rows of a statement, from figures of one period and of those that it is compared with."""

    def __init__(
        self, uow: UnitOfWork, chosen: Selection, columns: Sequence[Column], view: View, without: Sequence[str] = (CLOSING,),
        beside: str | None = None,
    ) -> None:  # fmt: skip
        self.uow = uow
        self.own = uow.company.currency
        self.base = chosen.base
        self.columns = columns
        self.view = view
        self.without = list(without)
        self.beside = beside
        self.chart = chart(uow)
        self.vectors: dict[int, Vectors] = {}
        for at, column in enumerate(columns):
            for (account, unit), minor in column.figures.items():
                self.vectors.setdefault(account, {}).setdefault(unit, [0] * len(columns))[at] += minor
        warn_unvalued(uow, chosen, [column.figures for column in columns])

    def warn_unknown(self) -> None:
        """Warn of accounts with lines that stand on no statement, because nobody has said of what kind they are."""
        warn_unknown(self.uow, [self.chart[ident].code for ident in self.of_kinds(AccountKind.UNKNOWN) if ident in self.vectors])

    def of_kinds(self, *kinds: AccountKind) -> list[int]:
        """The accounts of some kinds, in the order of their codes."""
        return [ident for ident, place in self.chart.items() if place.kind in kinds]

    def sums(self, accounts: Iterable[int], sign: int = 1) -> Vectors:
        """The sums over accounts, by currency or commodity."""
        return total(*(self.vectors[ident] for ident in accounts if ident in self.vectors), sign=sign)

    # -- rows

    def accounts(self, section: str, accounts: Collection[int], sign: int, kind: str | None) -> Iterator[StatementRow]:
        """The rows of a section's accounts.

        :param sign: 1 where debit is positive, -1 where credit is.
        :param kind: what the general ledger calls these accounts; None where they are of several kinds.
        """
        tree = _Tree(self.chart, accounts, self.vectors)
        rows = tree.rows(self.view.depth) if self.view.tree else tree.flat(self.view.depth)
        for ident, level, style, alone, vectors in rows:
            place, shown = self.chart[ident], self.shown(total(vectors, sign=sign))
            if not shown and self.view.zero and place.postable:
                shown = {self.own: [0] * len(self.columns)}
            for unit, vector in shown.items():
                behind = _Behind(place.code, kind, alone)
                yield self.row(section, place.name, unit, vector, style, level=level, account=place.code, behind=behind)

    def shown(self, vectors: Vectors) -> Vectors:
        """Those that are to be seen, in their order."""
        return {unit: vectors[unit] for unit in units_in_order(vectors, self.own) if self.view.zero or any(vectors[unit])}

    def computed(
        self, section: str, name: str, vectors: Vectors, kind: str | None = "", spans: Sequence[Span] = ()
    ) -> Iterator[StatementRow]:
        """A figure of no account, where it is not zero.

        :param kind: what the general ledger calls the accounts that it is computed from; None for all of them.
        :param spans: the days that it is computed from, where they are not the statement's own.
        """
        for unit, vector in self.shown(vectors).items():
            if any(vector):
                yield self.row(section, name, unit, vector, "computed", level=1, behind=_Behind(None, kind, None), spans=spans)

    def total(
        self, section: str, name: str, vectors: Vectors, kind: str = "", style: str = "total", among: Iterable[str] = (),
        without: Sequence[str] | None = None, beyond: Vectors | None = None,
    ) -> Iterator[StatementRow]:  # fmt: skip
        """A total for each currency or commodity; zero in the company's where there is nothing at all.

        :param kind: what the general ledger calls the accounts of which it is the sum.
        :param among: currencies and commodities that get a total even if it is zero.
        :param without: natures of the entries that are not in it, where they are not the statement's own.
        :param beyond: what is in it and on none of these accounts: where there is any, its parts lead to their lines, and not the total.
        """
        units = [unit for unit in {**dict.fromkeys(among), **vectors} if unit in among or any(vectors[unit])] or [self.own]
        nothing = [0] * len(self.columns)
        for unit in units_in_order(units, self.own):
            behind = _Behind(None, "" if any((beyond or {}).get(unit, ())) else kind, None)
            yield self.row(section, name, unit, vectors.get(unit, nothing), style, behind=behind, without=without)

    def row(
        self, section: str, name: str, unit: str, vector: Sequence[int], style: str, *, level: int = 0, account: str = "",
        behind: _Behind | None = None, spans: Sequence[Span] = (), without: Sequence[str] | None = None,
    ) -> StatementRow:  # fmt: skip
        """One row, with what leads from its figures to their lines.

        :param without: natures of the entries that are not behind it, where they are not the statement's own.
        """
        of, kind, alone = behind or _Behind(None, "", None)
        first, *rest = amounts(self.uow, vector, unit)
        (since, through), *others = spans or [column.span for column in self.columns]
        labels = [column.label for column in self.columns[1:]]
        return StatementRow(
            section, account, name, unit, first, dict(zip(labels, rest, strict=True)), level, style,
            of, kind, alone, "base" if self.base and unit == self.own else unit, since, through,
            (self.without if without is None else list(without)) or None,
            self.beside if kind is None else None,
            {label: span.since for label, span in zip(labels, others, strict=True)},
            {label: span.through for label, span in zip(labels, others, strict=True)},
        )  # fmt: skip


class _Behind(NamedTuple):
    """What the general ledger is asked for to show the lines of a figure; nothing is behind one of the kind ""."""

    account: str | None
    kind: str | None
    alone: bool | None


def total(*several: Mapping[str, Sequence[int]], sign: int = 1) -> Vectors:
    """Add up, currency by currency and period by period."""
    sums: Vectors = {}
    for vectors in several:
        for unit, vector in vectors.items():
            before = sums.get(unit)
            sums[unit] = [sign * n for n in vector] if before is None else [a + sign * n for a, n in zip(before, vector, strict=True)]
    return sums


def side_by_side(columns: Sequence[Mapping[str, int]], sign: int = 1) -> Vectors:
    """The sums of several periods as one vector for each currency or commodity."""
    units = dict.fromkeys(unit for sums in columns for unit in sums)
    return {unit: [sign * sums.get(unit, 0) for sums in columns] for unit in units}


Shown = tuple[int, int, str, bool, Vectors]
"""An account, its level from 1, the kind of row, whether the accounts below it are left out, and what it has."""


class _Tree:
    """The accounts of a section under one another; one whose parent belongs to another section stands at the top."""

    def __init__(self, chart: Mapping[int, Place], accounts: Collection[int], vectors: Mapping[int, Vectors]) -> None:
        self.chart = chart
        self.own = {ident: vectors.get(ident, {}) for ident in accounts}
        self.below: dict[int | None, list[int]] = {}
        for ident in chart:
            if ident in self.own:
                above = chart[ident].parent
                self.below.setdefault(above if above in self.own else None, []).append(ident)

    def rows(self, depth: int | None, above: int | None = None, level: int = 1) -> Iterator[Shown]:
        """Depth first: a group before the accounts below it, and what was posted to the group itself as the first of them."""
        for ident in self.below.get(above, ()):
            if ident not in self.below or level == depth:
                yield ident, level, "account", False, self.inclusive(ident)
                continue
            yield ident, level, "group", False, self.inclusive(ident)
            if any(map(any, self.own[ident].values())):
                yield ident, level + 1, "account", True, self.own[ident]
            yield from self.rows(depth, ident, level + 1)

    def flat(self, depth: int | None) -> list[Shown]:
        """Account by account, in the order of their codes; those too deep are added to the one above them."""
        found = [(ident, 1, "account", True, self.own[ident]) for ident in self.own] if depth is None else list(self._clipped(depth))
        order = {ident: at for at, ident in enumerate(self.chart)}
        return sorted(found, key=lambda row: order[row[0]])

    def _clipped(self, depth: int, above: int | None = None, level: int = 1) -> Iterator[Shown]:
        for ident in self.below.get(above, ()):
            if level == depth:
                yield ident, 1, "account", False, self.inclusive(ident)
            else:
                yield ident, 1, "account", True, self.own[ident]
                yield from self._clipped(depth, ident, level + 1)

    def inclusive(self, ident: int) -> Vectors:
        """What an account and all below it have."""
        return total(self.own[ident], *(self.inclusive(child) for child in self.below.get(ident, ())))
