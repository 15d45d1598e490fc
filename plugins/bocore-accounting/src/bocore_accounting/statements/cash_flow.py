"""The cash flow statement, by the direct method: how much each cash account gained or lost, or where it came from and went to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

from bocore import UnitOfWork, report
from bocore_accounting.balances import entries_on
from bocore_accounting.chart import cash_accounts
from bocore_accounting.rights import READ
from bocore_accounting.statements.balance_sheet import CONVERSIONS, OTHERS
from bocore_accounting.statements.figures import (
    CLOSING,
    MOVING,
    OPENING,
    Currency,
    Figures,
    Selection,
    added,
    by_unit,
    check_span,
    selection,
)
from bocore_accounting.statements.layout import Column, Statement, StatementRow, View, headed, side_by_side, total
from bocore_accounting.statements.spans import DAY, Span, Step, earlier, period

WITHOUT = (OPENING, CLOSING)
"""Natures of entries that move no cash."""


@report("accounting.cash-flow", permission=READ, title="Cash flow statement")
def cash_flow(
    uow: UnitOfWork,
    *,
    since: date | None = None,
    through: date | None = None,
    year: int | None = None,
    by: Literal["cash", "counter"] = "cash",
    compare: int = 0,
    step: Step | None = None,
    book: str = "",
    dim: Sequence[str] = (),
    currency: Currency = "own",
    tree: bool = False,
    depth: int | None = None,
    zero: bool = False,
) -> Iterable[StatementRow]:
    """Show how cash changed in a period, account by account, and what there was at its beginning and end.

    Cash is in the accounts of the purposes cash and bank, in those that are marked as cash, and in all below them. Opening entries bring
    in no cash: they belong to the beginning.

    :param since: the first day; from the beginning without one.
    :param through: the last day; the last one that something is posted on without one.
    :param year: a fiscal year, in place of both.
    :param by: the cash accounts, or the accounts on the other side of the entries that moved cash (counter).
    :param compare: so many periods before it beside it.
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
    return headed(spans, _flows(uow, chosen, spans, View(tree, depth, zero), by == "counter"))


def _flows(uow: UnitOfWork, chosen: Selection, spans: Sequence[Span], view: View, counter: bool) -> Iterator[StatementRow]:
    cash = cash_accounts(uow)
    moved = [_of(cash, chosen.figures(uow, span, WITHOUT)) for span in spans]
    began = [_of(cash, _beginning(uow, chosen, span)) for span in spans]
    others = [_counter(uow, chosen, span, cash) if counter else {} for span in spans]
    columns = [Column(span.label, span, added(*both)) for span, *both in zip(spans, moved, others, strict=True)]
    made = Statement(uow, chosen, columns, view, WITHOUT, beside="cash" if counter else None)
    change = side_by_side([by_unit(figures) for figures in moved])
    if counter:
        sources = [ident for ident in made.chart if ident not in cash]
        yield from made.accounts("Cash flows", sources, -1, None)
        converted = total(change, made.sums(sources))
        yield from made.computed("Cash flows", OTHERS if chosen.dims else CONVERSIONS, converted)
    else:
        yield from made.accounts("Cash flows", [ident for ident in made.chart if ident in cash], 1, "cash")
    yield from made.total("Cash flows", "Change of cash", change, "cash", "grand_total")
    first = side_by_side([by_unit(figures) for figures in began])
    units = list(made.shown(total(first, change)))
    yield from made.total("Cash", "Cash at the beginning", first, "cash", among=units, without=MOVING)
    yield from made.total("Cash", "Cash at the end", total(first, change), "cash", among=units, without=())


def _beginning(uow: UnitOfWork, chosen: Selection, span: Span) -> Figures:
    """What there was before the first day, and what opening and closing entries of the period put beside it."""
    before = {} if span.since is None else chosen.figures(uow, Span(None, span.since - DAY))
    return added(before, chosen.of_natures(uow, span, WITHOUT))


def _counter(uow: UnitOfWork, chosen: Selection, span: Span, cash: Collection[int]) -> Figures:
    """The other lines of the entries that moved cash."""
    figures = chosen.figures(uow, span, WITHOUT, entries=entries_on(cash, span.since, span.through))
    return {key: minor for key, minor in figures.items() if key[0] not in cash}


def _of(accounts: Collection[int], figures: Figures) -> Figures:
    return {key: minor for key, minor in figures.items() if key[0] in accounts}
