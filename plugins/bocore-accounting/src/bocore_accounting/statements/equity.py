"""The statement of changes in equity: what the owners had, what came to it, and what they have now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

import attrs

from bocore import Drill, Headed, UnitOfWork, report
from bocore_accounting.model import Account, AccountKind
from bocore_accounting.rights import READ
from bocore_accounting.statements.balance_sheet import CONVERSIONS, OTHERS, RESULT
from bocore_accounting.statements.figures import (
    CLOSING,
    MOVING,
    OPENING,
    Currency,
    Selection,
    added,
    amounts,
    by_unit,
    check_span,
    selection,
)
from bocore_accounting.statements.layout import LEDGER, Column, Statement, StatementRow, View, side_by_side, total
from bocore_accounting.statements.spans import DAY, Span, Step, earlier, period, year_around

UNCLOSED = "Results not closed to an account"
_ON = {"account": "_of", "alone": "_alone", "currency": "_unit"}
_BEFORE = Drill(LEDGER, **_ON, kind="_which", since="_since", through="_through", without="_not_before")
_RESULT = Drill(LEDGER, **_ON, kind="_earned", since="_since", through="_through", without="_without")
_CHANGES = Drill(LEDGER, **_ON, kind="_changed", since="_since", through="_through", without="_without")
_TRANSFERS = Drill(LEDGER, **_ON, kind="_moved", since="_since", through="_former", without="_not_moved")
_AFTER = Drill(LEDGER, **_ON, kind="_which", since="_year", through="_through", without="_not_after")


@attrs.frozen
class EquityRow:
    """A part of equity in one currency or commodity, from the beginning of a period to its end: credit positive.

    ``result`` is what the period earned, ``changes`` what the owners put in or took out, ``transfers`` what closing a former year moved
    from results to an account.
    """

    period: str
    account: str = attrs.field(metadata={"drill": Account})
    name: str = attrs.field(metadata={"indent": "level"})
    currency: str
    opening: Decimal = attrs.field(metadata={"drill": _BEFORE})
    result: Decimal = attrs.field(metadata={"drill": _RESULT})
    changes: Decimal = attrs.field(metadata={"drill": _CHANGES})
    transfers: Decimal = attrs.field(metadata={"drill": _TRANSFERS})
    closing: Decimal = attrs.field(metadata={"drill": _AFTER})
    level: int
    kind: str = attrs.field(metadata={"style": True})
    _of: str | None
    _which: str | None
    _earned: str | None
    _changed: str | None
    _moved: str | None
    _alone: bool | None
    _unit: str | None
    _since: date | None
    _through: date
    _former: date
    _year: date
    _without: Sequence[str] = (OPENING, CLOSING)
    _not_before: Sequence[str] = (*MOVING, CLOSING)
    _not_moved: Sequence[str] = (*MOVING, OPENING)
    _not_after: Sequence[str] = (CLOSING,)


@report("accounting.changes-in-equity", permission=READ, title="Changes in equity")
def changes_in_equity(
    uow: UnitOfWork,
    *,
    since: date | None = None,
    through: date | None = None,
    year: int | None = None,
    compare: int = 0,
    step: Step | None = None,
    book: str = "",
    dim: Sequence[str] = (),
    currency: Currency = "own",
    tree: bool = False,
    depth: int | None = None,
    zero: bool = False,
) -> Iterable[EquityRow]:
    """Show how equity changed in a period: by its result, by what the owners put in or took out, and what it was before and after.

    :param since: the first day; from the beginning without one.
    :param through: the last day; the last one that something is posted on without one.
    :param year: a fiscal year, in place of both.
    :param compare: so many periods before it below it.
    :param step: compare with the same days a month, a quarter or a year before, and not with the days just before.
    :param book: an adjustment book, which is added to the common layer.
    :param dim: only lines with this dimension, as axis=value; axis= for those without a value.
    :param currency: each amount in its own currency, or all in the company's as they stand in the books (base).
    :param tree: groups of accounts with their subtotals.
    :param depth: so many levels of accounts; what is deeper is added to the account above it.
    :param zero: with accounts that nothing moved on.
    """
    span = period(uow, since, through, year)
    check_span(*span, compare)
    chosen = selection(uow, book, dim, currency)
    spans = [span, *earlier(span, compare, step)]
    rows = (row for one in spans for row in _Period(uow, chosen, one, View(tree, depth, zero)).rows())
    return Headed(rows, since=spans[-1].since, through=span.through)


class _Period:
    """Equity in one period: of each account what it had, what changed, and what closing former years moved to it."""

    def __init__(self, uow: UnitOfWork, chosen: Selection, span: Span, view: View) -> None:
        self.uow, self.span, self.narrowed = uow, span, bool(chosen.dims)
        before = {} if span.since is None else chosen.figures(uow, Span(None, span.since - DAY))
        opening = added(before, chosen.of_natures(uow, span, [OPENING]))
        changed = chosen.figures(uow, span, [OPENING, CLOSING])
        year = year_around(uow, span.through)
        assert year.since is not None
        former = Span(span.since, year.since - DAY)
        self.former, self.year = former.through, max(span.since or year.since, year.since)
        moved = {} if (span.since or date.min) >= year.since else chosen.of_natures(uow, former, [CLOSING])
        parts = {"opening": opening, "changes": changed, "transfers": moved}
        columns = [Column(name, span, figures) for name, figures in parts.items()]
        self.made = Statement(uow, chosen, columns, view, [OPENING, CLOSING])
        self.result = side_by_side([by_unit(figures, self.made.of_kinds(*RESULT)) for figures in parts.values()], -1)
        self.conversions = side_by_side([by_unit(figures) for figures in parts.values()])

    def rows(self) -> Iterator[EquityRow]:
        """Account by account, then results that no account has yet, then the totals."""
        made = self.made
        made.warn_unknown()
        equity = made.of_kinds(AccountKind.EQUITY)
        for row in made.accounts("Equity", equity, -1, "equity"):
            yield self._row(row)
        for row in made.computed("Equity", UNCLOSED, self.result, "result"):
            yield self._row(row, result=True)
        for row in made.computed("Equity", OTHERS if self.narrowed else CONVERSIONS, self.conversions, None):
            yield self._row(row)
        parts = total(made.sums(equity, -1), self.conversions)
        earned = {unit: vector[1] for unit, vector in self.result.items()}
        for row in made.total("Equity", "Total equity", total(parts, self.result), "owners", "grand_total", beyond=self.conversions):
            (result,) = amounts(self.uow, [earned.get(row.currency, 0)], row.currency)
            changed = row.compared["changes"] - result
            yield attrs.evolve(self._row(row), result=result, changes=changed, earned="result", changed=row._which and "equity")

    def _row(self, row: StatementRow, *, result: bool = False) -> EquityRow:
        """Of a row whose amount is the opening balance, with what changed and what was transferred beside it.

        :param result: what changed is the result of the period.
        """
        changed, moved = row.compared["changes"], row.compared["transfers"]
        nothing = changed - changed
        earned, other = (changed, nothing) if result else (nothing, changed)
        of = row._which
        of_result, of_change = (of, "") if result else ("", of)
        return EquityRow(
            self.span.label, row.account, row.name, row.currency, row.amount, earned, other, moved, row.amount + changed + moved,
            row.level, row.kind, row._of, of, of_result, of_change, of if moved else "", row._alone, row._unit, row._since, row._through,
            self.former, self.year,
        )  # fmt: skip
