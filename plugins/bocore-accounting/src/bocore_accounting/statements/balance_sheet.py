"""The balance sheet: what there is, what is owed, and what is the owners', as of any day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bocore import UnitOfWork, report
from bocore_accounting.model import AccountKind
from bocore_accounting.rights import READ
from bocore_accounting.statements.figures import CLOSING, Currency, Selection, added, by_unit, check_span, selection
from bocore_accounting.statements.layout import Column, Statement, StatementRow, View, headed, side_by_side, total
from bocore_accounting.statements.spans import DAY, Span, Step, earlier, last_posted, year_around

RESULT = (AccountKind.INCOME, AccountKind.EXPENSE)
PRIOR, CURRENT = "Results of former years", "Result of the year"
CONVERSIONS = "Conversions between currencies"
"""What balances a currency or commodity that was given for another."""
OTHERS = "Balance with other dimensions"
"""What balances the lines of a dimension alone."""


@report("accounting.balance-sheet", permission=READ, title="Balance sheet")
def balance_sheet(
    uow: UnitOfWork,
    *,
    as_of: date | None = None,
    compare: int = 0,
    step: Step | None = None,
    book: str = "",
    dim: Sequence[str] = (),
    currency: Currency = "own",
    tree: bool = False,
    depth: int | None = None,
    zero: bool = False,
) -> Iterable[StatementRow]:
    """Show assets, liabilities and equity as of a day, each positive on its natural side, with a total for each currency or commodity.

    The result of the year is a part of equity whether the year is closed or not: its closing entries are left out. So are results of former
    years, as long as they are not closed to an account. What was given in one currency for another stands under equity in both.

    :param as_of: the day; the last one that something is posted on without one.
    :param compare: so many earlier days beside it, a year apart.
    :param step: how far apart they are: a month, a quarter, a year.
    :param book: an adjustment book, which is added to the common layer.
    :param dim: only lines with this dimension, as axis=value; axis= for those without a value.
    :param currency: each amount in its own currency, or all in the company's as they stand in the books (base).
    :param tree: groups of accounts with their subtotals.
    :param depth: so many levels of accounts; what is deeper is added to the account above it.
    :param zero: with accounts that have nothing.
    """
    day = as_of or last_posted(uow)
    check_span(None, day, compare, whole=True)
    chosen = selection(uow, book, dim, currency)
    spans = [Span(None, day), *earlier(Span(None, day), compare, step)]
    return headed(spans, _Sheet(uow, chosen, spans, View(tree, depth, zero)).rows())


class _Sheet:
    """One balance sheet, with those of other days beside it."""

    def __init__(self, uow: UnitOfWork, chosen: Selection, spans: Sequence[Span], view: View) -> None:
        years = [Span(year_around(uow, span.through).since, span.through) for span in spans]
        self.years, self.before = years, [Span(None, year.since - DAY) for year in years if year.since is not None]
        former = [chosen.figures(uow, span) for span in self.before]
        current = [chosen.figures(uow, year, [CLOSING]) for year in years]
        every = [added(*both) for both in zip(former, current, strict=True)]
        columns = [Column(span.label, year, figures) for span, year, figures in zip(spans, years, every, strict=True)]
        self.statement = Statement(uow, chosen, columns, view)
        result = self.statement.of_kinds(*RESULT)
        self.former = side_by_side([by_unit(figures, result) for figures in former], -1)
        self.current = side_by_side([by_unit(figures, result) for figures in current], -1)
        self.conversions = side_by_side([by_unit(column.figures) for column in columns])
        self.narrowed = bool(chosen.dims)

    def rows(self) -> Iterator[StatementRow]:
        """Section by section."""
        made, kinds = self.statement, AccountKind
        made.warn_unknown()
        among = made.shown(total(*made.vectors.values())) if made.vectors else {}
        assets = made.of_kinds(kinds.ASSET)
        yield from made.accounts("Assets", assets, 1, "asset")
        yield from made.total("Assets", "Total assets", made.sums(assets), "asset", "grand_total", among)
        liabilities = made.of_kinds(kinds.LIABILITY)
        yield from made.accounts("Liabilities", liabilities, -1, "liability")
        owed = made.sums(liabilities, -1)
        yield from made.total("Liabilities", "Total liabilities", owed, "liability")
        yield from made.accounts("Equity", made.of_kinds(kinds.EQUITY), -1, "equity")
        yield from made.computed("Equity", PRIOR, self.former, "result", self.before)
        yield from made.computed("Equity", CURRENT, self.current, "result", self.years)
        yield from made.computed("Equity", OTHERS if self.narrowed else CONVERSIONS, self.conversions, None)
        equity = total(made.sums(made.of_kinds(kinds.EQUITY), -1), self.former, self.current, self.conversions)
        beyond = self.conversions
        yield from made.total("Equity", "Total equity", equity, "owners", beyond=beyond)
        yield from made.total("Equity", "Total liabilities and equity", total(owed, equity), "claims", "grand_total", among, beyond=beyond)
        unknown = made.shown(made.sums(made.of_kinds(kinds.UNKNOWN), -1))
        if any(map(any, unknown.values())):
            yield from made.total("Difference", "Accounts of unknown kind", unknown, "unknown")
