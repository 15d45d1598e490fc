"""Figures: what accounts have, or what moved on them, on the days of a span; in what it is counted in, or as it stands in the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal

import attrs
import sqlalchemy as sa

from bocore import DimensionSet, Finding, Refused, Severity, UnitOfWork, dimension_value, matching_sets
from bocore_accounting.balances import totals
from bocore_accounting.statements.spans import Span

Currency = Literal["own", "base"]
"""Amounts each in its own currency or commodity, or in the company's."""

Figures = Mapping[tuple[int, str], int]
"""Account and currency or commodity → minor units, debit positive."""

OPENING, CLOSING = "opening", "closing"
"""Natures of entries that bring balances into the books, and that close a year."""

NORMAL, ADJUSTMENT, REVALUATION = "normal", "adjustment", "revaluation"
MOVING = (NORMAL, ADJUSTMENT, REVALUATION)
"""Natures of entries that say what happened."""

LIMIT = 60
"""So many comparative periods at most."""


@attrs.frozen
class Selection:
    """Which lines count, and in what.

    :param base: amounts in the company's currency; those that have none stay in their own.
    """

    book: str = ""
    dims: Mapping[str, str] = attrs.field(factory=dict)
    base: bool = False

    def figures(self, uow: UnitOfWork, span: Span, without: Sequence[str] = (), **narrowed: Any) -> Figures:
        """Sums of a span.

        :param without: natures of the entries that don't count.
        :param narrowed: ``accounts`` or ``entries``, as :func:`bocore_accounting.totals` has them.
        """
        rows = self._rows(uow, span, ["nature"] if without else [], **narrowed)
        return self._sums(uow, [row for row in rows if row.nature not in without] if without else rows)

    def of_natures(self, uow: UnitOfWork, span: Span, natures: Sequence[str]) -> Figures:
        """Sums of a span, of entries of these natures alone."""
        return self._sums(uow, [row for row in self._rows(uow, span, ["nature"]) if row.nature in natures])

    def _rows(self, uow: UnitOfWork, span: Span, by: Sequence[str], **narrowed: Any) -> Sequence[Any]:
        since, through = span
        return totals(
            uow, company=uow.company, since=since, through=through, book=self.book, dims=self.dims, by=[*by, "valued"], **narrowed
        )

    def _sums(self, uow: UnitOfWork, rows: Iterable[Any]) -> Figures:
        found: dict[tuple[int, str], int] = {}
        own = uow.company.currency
        for row in rows:
            unit, minor = self.counted(row, own)
            found[row.account_id, unit] = found.get((row.account_id, unit), 0) + minor
        return found

    def counted(self, row: Any, own: str) -> tuple[str, int]:
        """What a row of sums is counted in, and how much that is: debit less credit.

        :param own: the company's currency.
        """
        if self.base and row.valued:
            return own, int(row.base_debit - row.base_credit)
        if row.commodity:
            return row.commodity, int(row.quantity_debit - row.quantity_credit)
        return row.currency, int(row.debit - row.credit)


def selection(uow: UnitOfWork, book: str, dim: Sequence[str], currency: Currency = "own") -> Selection:
    """What the options of a statement select."""
    dims = written_dims(dim)
    warn_unused(uow, dims)
    return Selection(book, dims, currency == "base")


def written_dims(dim: Sequence[str]) -> dict[str, str]:
    """Axis → value of dimensions that are written as axis=value.

    :raises Refused: one is not.
    """
    dims, findings = dict[str, str](), []
    for written in dim:
        axis, equals, value = written.partition("=")
        if not equals or not axis.strip() or axis.strip() in dims:
            message = f"{written!r} is no dimension and value." if not equals or not axis.strip() else f"{axis.strip()} is given twice."
            fix = "Write --dim site=north, one for each dimension; --dim site= for what has none."
            findings.append(Finding("accounting.dim", message, field="dim", fix=fix))
        dims[axis.strip()] = value.strip()
    if findings:
        raise Refused(findings)
    return dims


def warn_unused(uow: UnitOfWork, dims: Mapping[str, str]) -> None:
    """Warn of an axis, or of a value on it, that no line has: what is misspelt would look like nothing there."""
    for axis, value in dims.items():
        column = dimension_value(axis)
        fix = "Nothing to do if none is posted yet."
        if not uow.rows(sa.select(DimensionSet.c.id).where(column.is_not(None)).limit(1)):
            message = f"No line has the dimension {axis!r}."
            known = {name for one in uow.select(DimensionSet) for name in one.values}
            meant = get_close_matches(axis, sorted(known), n=1)
        elif value and not uow.rows(matching_sets(uow, {axis: value}).limit(1)):
            message = f"No line has the value {value!r} of {axis!r}."
            meant = get_close_matches(value, sorted({one for (one,) in uow.rows(sa.select(column).distinct()) if one}), n=1)
        else:
            continue
        fix = f"Did you mean {meant[0]!r}? {fix}" if meant else fix
        uow.warn(Finding("accounting.unused_dimension", message, field="dim", fix=fix, severity=Severity.WARNING))


def check_span(since: date | None, through: date, compare: int, *, whole: bool = False) -> None:
    """Refuse days in the wrong order, and periods that can't be compared.

    :param whole: what is shown is the state of a day, which needs no first one.
    """
    findings = []
    if since is not None and since > through:
        message = f"The first day, {since}, is after the last, {through}."
        findings.append(Finding("accounting.days", message, field="since", fix="Put the two days right."))
    if not 0 <= compare <= LIMIT:
        message = f"{compare} periods can't be compared."
        findings.append(Finding("accounting.compare", message, field="compare", fix=f"Ask for at most {LIMIT}."))
    elif compare and since is None and not whole:
        message = "From the beginning is no period that has others before it."
        findings.append(Finding("accounting.compare", message, field="compare", fix="Say from when on: --since, or --year."))
    if findings:
        raise Refused(findings)


def added(*several: Figures) -> Figures:
    """Sum figures account by account."""
    sums: dict[tuple[int, str], int] = {}
    for figures in several:
        for key, minor in figures.items():
            sums[key] = sums.get(key, 0) + minor
    return sums


def by_unit(figures: Figures, accounts: Iterable[int] | None = None) -> dict[str, int]:
    """Sum figures over accounts, for each currency or commodity."""
    wanted = None if accounts is None else set(accounts)
    sums: dict[str, int] = {}
    for (account, unit), minor in figures.items():
        if wanted is None or account in wanted:
            sums[unit] = sums.get(unit, 0) + minor
    return sums


def warn_unvalued(uow: UnitOfWork, chosen: Selection, several: Iterable[Figures]) -> None:
    """Warn of what can't be shown in the company's currency."""
    if not chosen.base:
        return
    own = uow.company.currency
    units = sorted({unit for figures in several for (_, unit), minor in figures.items() if unit != own and minor})
    if units:
        message = f"{_listed(units)} {'is' if len(units) == 1 else 'are'} shown by {'itself' if len(units) == 1 else 'themselves'}: "
        message += f"there are lines without an amount in {own}."
        fix = f"Enter a rate before you post what is not in {own}; what is posted stays as it is."
        uow.warn(Finding("accounting.not_valued", message, field="currency", fix=fix, severity=Severity.WARNING))


def _listed(words: Sequence[str], most: int = 10) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def warn_unknown(uow: UnitOfWork, codes: Sequence[str]) -> None:
    """Warn of accounts that stand on no statement."""
    if codes:
        several = len(codes) > 1
        message = (
            f"{len(codes)} accounts are" if several else "One account is"
        ) + f" of unknown kind and in the trial balance only: {_listed(codes)}."
        fix = "Say what it is: bo accounting classify-account ACCOUNT KIND."
        uow.warn(Finding("accounting.unknown_kind", message, fix=fix, severity=Severity.WARNING))


def units_in_order(units: Iterable[str], own: str) -> list[str]:
    """The company's currency first, then the others by their code."""
    return sorted(set(units), key=lambda unit: (unit != own, unit))


def amounts(uow: UnitOfWork, minors: Sequence[int], unit: str) -> Iterator[Any]:
    """Minor units as Decimals."""
    from bocore import Money

    token = uow.tokens[unit]
    return (Money.minor(minor, token).amount for minor in minors)
