"""The income statement: what was earned, what was used up for it, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bocore import UnitOfWork, report
from bocore_accounting.model import AccountKind
from bocore_accounting.rights import READ
from bocore_accounting.statements.figures import CLOSING, Currency, check_span, selection
from bocore_accounting.statements.layout import Column, Statement, StatementRow, View, headed, total
from bocore_accounting.statements.spans import Step, earlier, period


@report("accounting.income-statement", permission=READ, title="Income statement")
def income_statement(
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
) -> Iterable[StatementRow]:
    """Show income and expenses of a period, both positive, and the result: profit positive. Closing entries are left out.

    :param since: the first day; from the beginning without one.
    :param through: the last day; the last one that something is posted on without one.
    :param year: a fiscal year, in place of both.
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
    columns = [Column(one.label, one, chosen.figures(uow, one, [CLOSING])) for one in spans]
    return headed(spans, _rows(Statement(uow, chosen, columns, View(tree, depth, zero))))


def _rows(made: Statement) -> Iterator[StatementRow]:
    made.warn_unknown()
    income, expenses = made.of_kinds(AccountKind.INCOME), made.of_kinds(AccountKind.EXPENSE)
    earned, used = made.sums(income, -1), made.sums(expenses)
    yield from made.accounts("Income", income, -1, "income")
    yield from made.total("Income", "Total income", earned, "income")
    yield from made.accounts("Expenses", expenses, 1, "expense")
    yield from made.total("Expenses", "Total expenses", used, "expense")
    among = [unit for unit, vector in {**earned, **used}.items() if any(vector)]
    yield from made.total("Result", "Result", total(earned, total(used, sign=-1)), "result", "grand_total", among)
