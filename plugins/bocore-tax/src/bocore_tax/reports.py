"""What is asked of taxes: the ledger, returns with their drill-down, rates of a day, what is due, and whether the books agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

import attrs
import sqlalchemy as sa

from bocore import BalanceQuery, Drill, Money, UnitOfWork, VoucherRecord, report
from bocore_tax.computing import INPUT, OUTPUT, WITHHOLDING
from bocore_tax.ledger import bare_lines
from bocore_tax.model import LineKind, TaxLine, TaxReturn, TaxReturnBox, TaxReturnLine
from bocore_tax.rights import READ
from bocore_tax.settings import TaxSettings
from bocore_tax.tables import chain, tables

VOUCHER = Drill("accounting.trace", of="voucher")  # leads nowhere where nobody keeps books
LINES = Drill("tax.return-lines", tax_return="_filed", box="box")


@attrs.frozen
class LedgerRow:
    """A line of the tax ledger."""

    voucher: str = attrs.field(metadata={"drill": VOUCHER})
    posting_date: date
    tax_date: date
    declared: date | None
    late: bool
    kind: str
    code: str
    rate: Decimal | None = attrs.field(metadata={"unit": "%"})
    direction: str
    registration: str
    base: Money
    tax: Money
    in_return: str | None = attrs.field(metadata={"label": "Return", "drill": TaxReturn})


@report("tax.ledger", permission=READ, runs_with=["bo.read"])
def tax_ledger(
    uow: UnitOfWork, *, registration: str | None = None, since: date | None = None, through: date | None = None, code: str | None = None
) -> Iterable[LedgerRow]:
    """List the tax ledger, by the day of declaring.

    :param registration: only of this one.
    :param since, through: the first and the last day of declaring; what waits to be paid has none, and is listed without them only.
    :param code: only of this tax.
    """
    query = uow.select(TaxLine, company_id=uow.company.id).order_by(TaxLine.c.declared, TaxLine.c.id)
    for column, value in ((TaxLine.c.registration, registration), (TaxLine.c.code, code)):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(TaxLine.c.declared >= since)
    if through is not None:
        query = query.where(TaxLine.c.declared <= through)
    rows = query.all()
    return _ledger_rows(uow, rows)


def _ledger_rows(uow: UnitOfWork, rows: list[TaxLine]) -> list[LedgerRow]:
    keys = {one.id: one.key for one in uow.get_all(VoucherRecord, {row.voucher_id for row in rows}).values()}
    returned = dict(iter(_returned(uow)))
    return [
        LedgerRow(
            keys[row.voucher_id], row.posting_date, row.tax_date, row.declared, row.late, row.kind, row.code, row.rate, row.direction,
            row.registration, row.base, row.tax, returned.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def _returned(uow: UnitOfWork) -> Iterator[tuple[int, str]]:
    """Line of the tax ledger → the filed return that it is in."""
    filed = uow.select(TaxReturn, company_id=uow.company.id, state="filed").all()
    codes = {row.id: row.code for row in filed}
    listed = sa.select(TaxReturnLine.c.tax_line_id, TaxReturnLine.c.return_id).where(TaxReturnLine.c.return_id.in_(codes))
    for line, one in uow.rows(listed):
        yield line, codes[one]


@attrs.frozen
class ReturnRow:
    """A return."""

    code: str
    registration: str
    since: date
    through: date
    amends: str | None
    state: str
    due: Money | None
    late_lines: int
    filed_on: date | None
    reference: str


@report("tax.returns", permission=READ)
def tax_returns(uow: UnitOfWork, *, registration: str | None = None) -> Iterable[ReturnRow]:
    """List the returns of the company.

    :param registration: only of this one.
    """
    query = uow.select(TaxReturn, company_id=uow.company.id).order_by(TaxReturn.c.registration, TaxReturn.c.since, TaxReturn.c.sequence)
    rows = [row for row in query if registration in (None, row.registration)]
    lines = uow.children(rows, TaxReturnLine)
    codes = {row.id: row.code for row in rows}
    for row in rows:
        late = len({one.tax_line_id for one in lines[row.id] if one.late})
        amends = codes.get(row.amends_id or 0)
        yield ReturnRow(
            row.code, row.registration, row.since, row.through, amends, row.state, row.due, late, row.filed_on, row.reference
        )  # fmt: skip


@attrs.frozen
class BoxRow:
    """A box of a return."""

    box: str
    label: str
    amount: Money = attrs.field(metadata={"drill": LINES, "doc": "as declared"})
    exact: Money = attrs.field(metadata={"doc": "what the lines come to"})
    _filed: int


@report("tax.return", permission=READ)
def one_return(uow: UnitOfWork, *, tax_return: TaxReturn) -> Iterable[BoxRow]:
    """Show the boxes of a return, as they were prepared or filed.

    :param tax_return: its code: bo report tax.returns lists them.
    """
    for row in sorted(uow.children(tax_return, TaxReturnBox), key=lambda one: one.position):
        yield BoxRow(row.box, row.label, row.amount, row.exact, tax_return.id)


@attrs.frozen
class ReturnLineRow:
    """What a line of the tax ledger puts into a box."""

    box: str
    voucher: str = attrs.field(metadata={"drill": VOUCHER})
    tax_date: date
    declared: date | None
    late: bool
    code: str
    base: Money
    tax: Money
    amount: Money


@report("tax.return-lines", permission=READ, runs_with=["bo.read"])
def return_lines(uow: UnitOfWork, *, tax_return: TaxReturn, box: str | None = None) -> Iterable[ReturnLineRow]:
    """List what the boxes of a return are made of, line by line, with the vouchers.

    :param box: only this one.
    """
    rows = [row for row in uow.children(tax_return, TaxReturnLine) if box in (None, row.box)]
    lines = uow.get_all(TaxLine, {row.tax_line_id for row in rows})
    records = uow.get_all(VoucherRecord, {line.voucher_id for line in lines.values()})
    for row in sorted(rows, key=lambda one: (one.box, one.tax_line_id)):
        line = lines[row.tax_line_id]
        yield ReturnLineRow(
            row.box, records[line.voucher_id].key, line.tax_date, line.declared, row.late, line.code, line.base, line.tax, row.amount
        )  # fmt: skip


@attrs.frozen
class RateRow:
    """A tax code and its rate."""

    place: str
    code: str
    name: str
    kind: str
    rate: Decimal | None = attrs.field(metadata={"unit": "%"})
    since: date | None
    until: date | None
    own: bool = attrs.field(metadata={"doc": "the firm's own rate"})
    source: str


@report("tax.rates", permission=READ)
def rates(uow: UnitOfWork, *, on: date | None = None, place: str | None = None) -> Iterable[RateRow]:
    """List the tax codes and the rates that hold on a day.

    :param on: today without one.
    :param place: only of this one, and of what it is a part of.
    """
    day, known = on or uow.today(), tables(uow)
    for code, one in sorted(known.taxes.items(), key=lambda item: (item[1].place, item[0])):
        if place is not None and one.place not in chain(place):
            continue
        step = known.step(code, day)
        own = any(each.holds(day) for each in known.own_rates.get(code, ()))
        if step is None:
            yield RateRow(one.place, code, one.name, one.kind, None, None, None, own, one.source)
        else:
            yield RateRow(one.place, code, one.name, one.kind, step.percent, step.since, step.until, own, step.source or one.source)


@attrs.frozen
class DueRow:
    """Tax that is not filed yet."""

    due: Money
    lines: int
    late: int = attrs.field(metadata={"doc": "lines whose tax point lies in a closed period"})


@report("tax.due", permission=READ, kpi=True, title="Tax due")
def due(uow: UnitOfWork) -> Iterable[DueRow]:
    """Add up the tax that is declared by now and in no filed return: owed, or given back where it is negative."""
    returned = {line for line, _ in _returned(uow)}
    line = TaxLine.c
    statement = sa.select(line.id, line.tax, line.late).where(
        line.company_id == uow.company.id, line.declared <= uow.today(), line.code != "", line.purpose != WITHHOLDING
    )  # fmt: skip
    rows = [row for row in uow.rows(statement) if row.id not in returned]
    yield DueRow(Money.minor(-sum(row.tax for row in rows), uow.tokens[uow.company.currency]), len(rows), sum(row.late for row in rows))


@attrs.frozen
class ReconciliationRow:
    """What the books have and what the tax ledger has, or one reason why they differ."""

    what: str
    books: Money | None
    ledger: Money | None
    difference: Money | None


@report("tax.reconciliation", permission=READ, runs_with=["bo.read"])
def reconciliation(uow: UnitOfWork, *, through: date | None = None) -> Iterable[ReconciliationRow]:
    """Compare the tax ledger with the books, and name what stands on purposes of tax without being declared.

    :param through: the last posting date; today without one.
    """
    day, company = through or uow.today(), uow.company
    token = uow.tokens[company.currency]
    accounts = uow.settings(TaxSettings).accounts
    booked = _booked(uow, day)
    if accounts:
        kept = [uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=company.id, account=one, through=day)) for one in accounts]
        if all(one is not None for one in kept):
            whole, ledger = sum(kept, Money.zero(token)), Money.minor(sum(booked.values()), token)
            yield ReconciliationRow(f"accounts {', '.join(accounts)}", whole, ledger, whole - ledger)
    else:
        for purpose in (OUTPUT, INPUT, WITHHOLDING):
            kept_one = uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=company.id, purpose=purpose, through=day))
            ledger = Money.minor(booked.get(purpose, 0), token)
            yield ReconciliationRow(purpose, kept_one, ledger, None if kept_one is None else kept_one - ledger)
    for bare in bare_lines(uow, company.id, day):
        yield ReconciliationRow(f"no tax fact: {bare.voucher}", None, bare.amount, None)
    for voucher, amount, declared in _other_amounts(uow, day):
        yield ReconciliationRow(f"tax fact of another amount: {voucher}", amount, declared, amount - declared)


def _booked(uow: UnitOfWork, through: date) -> dict[str, int]:
    """Purpose of the core → what vouchers put on it and on those that refine it."""
    from bocore import fallbacks

    line = TaxLine.c
    statement = sa.select(line.purpose, sa.func.sum(line.booked)).where(line.company_id == uow.company.id, line.posting_date <= through)
    found: dict[str, int] = {}
    for purpose, minor in uow.rows(statement.group_by(line.purpose)):
        over = next((one for one in fallbacks(uow.purposes, purpose) if one in (OUTPUT, INPUT, WITHHOLDING)), purpose)
        found[over] = found.get(over, 0) + int(minor)
    return found


def _other_amounts(uow: UnitOfWork, through: date) -> Iterator[tuple[str, Money, Money]]:
    rows = [
        row
        for row in uow.select(TaxLine, company_id=uow.company.id, kind=[LineKind.FACT, LineKind.WAITING]).where(
            TaxLine.c.posting_date <= through, TaxLine.c.tax != TaxLine.c.booked
        )
        if row.tax != row.booked
    ]
    records = uow.get_all(VoucherRecord, {row.voucher_id for row in rows})
    for row in rows:
        yield records[row.voucher_id].key, row.booked, row.tax
