"""Balances: the last roll-up plus the lines after it, and the check that recomputes both from the lines.

No balance is kept up to date while entries are posted: that row would be the one for which all writers wait. ``roll_up`` sums the lines
up to a position of the commits, and every reader adds what was committed since. Nothing is lost between the two and nothing counted
twice, because a line belongs to exactly one unit of work, and a unit of work has one position.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

import sqlalchemy as sa

from bocore import Company, DimensionSet, Finding, Money, UnitOfWork, dimension_value, layers, matching_sets
from bocore_accounting.model import Account, Balance, Entry, Line, RollUp

FEW = 5000
"""So many units of work are named one by one in a statement; after more, it is quicker to read all the lines."""

LAYOUT = 2
"""Of balances, raised when they are summed by more than before: what was rolled up in another layout waits for the next roll-up."""

KEYS = ("company_id", "account_id", "book", "period", "currency", "commodity", "nature", "valued")
SUMS = ("debit", "credit", "base_debit", "base_credit", "quantity_debit", "quantity_credit", "lines")


def roll_up(uow: UnitOfWork) -> int:
    """Sum the lines of every committed unit of work into balances; returns how many balances there are now.

    Only what was committed since the last roll-up is read. Lines of this unit of work itself are left for the next one.
    """
    uow.hold("accounting.roll-up")
    before = rolled_through(uow)
    through = uow.place_commits()
    if before is not None and before > through:
        before = None  # a restored or shortened database: begin again
    units = None if before is None else uow.units_after(before, through)
    if units is None or len(units) > FEW:
        source = _by_month(_lines().where(Entry.c.unit_id.in_(uow.units_through(through))))
    else:
        old = sa.select(*_balances(*KEYS, *SUMS))
        source = _added([old, _by_month(_lines().where(Entry.c.unit_id.in_(units)))], KEYS) if units else old
    count = uow.rebuild(Balance, source)
    columns: list[Any] = [sa.literal(value, sa.BigInteger).label(name) for name, value in (("through", through), ("layout", LAYOUT))]
    uow.rebuild(RollUp, sa.select(*columns))
    return count


def rolled_through(uow: UnitOfWork) -> int | None:
    """The position of the commits up to which balances are rolled up; None where they never were, or not in today's layout."""
    return next((row.through for row in uow.rows(sa.select(RollUp.c.through).where(RollUp.c.layout == LAYOUT))), None)


def totals(
    uow: UnitOfWork,
    *,
    company: Company | int,
    through: date | None = None,
    since: date | None = None,
    accounts: Collection[int] | None = None,
    book: str = "",
    dims: Mapping[str, str] | None = None,
    entries: Any = None,
    by: Collection[str] = (),
) -> Sequence[Any]:
    """Turnovers of each account, by balancing currency and commodity, of any days: from the roll-up where it covers whole months.

    Rows have ``account_id``, ``currency``, ``commodity``, and in minor units ``debit``, ``credit`` of the currency, ``base_debit``,
    ``base_credit`` of the company's, ``quantity_debit``, ``quantity_credit`` of the commodity; and the number of ``lines``.

    :param through: the last day; without one, all that is posted.
    :param since: the first day; without one, from the beginning.
    :param accounts: ids; without them all accounts.
    :param book: an adjustment book, which is added to the common layer.
    :param dims: only lines with these values, axis → value; an empty value for the lines without one. These are summed line by line.
    :param entries: a select of ids: only lines of these entries. These are summed line by line.
    :param by: what else they are summed by: ``"nature"`` of the entry, and whether lines are ``"valued"``: have an amount in the company's
        currency.
    """
    keys = ("account_id", "currency", "commodity", *by)
    ident = company if isinstance(company, int) else company.id
    books = layers(uow, book, ident)
    plain = _lines().where(Entry.c.book.in_(books))
    months = sa.select(*_balances(*keys, *SUMS)).where(Balance.c.company_id == ident, Balance.c.book.in_(books))
    if accounts is not None:
        plain = plain.where(Line.c.account_id.in_(sorted(accounts)))
        months = months.where(Balance.c.account_id.in_(sorted(accounts)))
    days = plain.where(Entry.c.company_id == ident)
    if dims or entries is not None:
        days = with_dims(uow, days, dims or {})
        days = days if entries is None else days.where(Line.c.entry_id.in_(entries))
        return uow.rows(_added([_without_month(_between(days, since, through), keys)], keys))
    # "+ 0" keeps the planner from going through all entries of the company: units of work are the narrower way in.
    later = plain.where(Entry.c.company_id + 0 == ident)
    while True:
        rolled = rolled_through(uow)
        parts = _parts(uow, rolled, days, later, months, since, through)
        rows = uow.rows(_added([_without_month(part, keys) for part in parts], keys))
        if uow.read_only or rolled_through(uow) == rolled:  # else somebody has rolled up between these selects
            return rows


def with_dims(uow: UnitOfWork, lines: Any, dims: Mapping[str, str]) -> Any:
    """A select of lines narrowed to those with these values of dimensions, axis → value; an empty value for lines without one."""
    return lines.where(*dims_conditions(uow, Line.c.dims_id, dims)) if dims else lines


def dims_conditions(uow: UnitOfWork, column: Any, dims: Mapping[str, str]) -> Iterator[Any]:
    """What must hold of a column with the id of a set of dimensions."""
    wanted = {axis: value for axis, value in dims.items() if value}
    if wanted:
        yield column.in_(matching_sets(uow, wanted))
    for axis in dims.keys() - wanted.keys():
        yield sa.or_(column.is_(None), column.not_in(sa.select(DimensionSet.c.id).where(dimension_value(axis).is_not(None))))


def entries_on(accounts: Collection[int], since: date | None, through: date | None) -> sa.Select[Any]:
    """The ids of the entries that have a line on one of these accounts, as a select."""
    lines = sa.select(Line.c.entry_id).where(Line.c.account_id.in_(sorted(accounts))).correlate(None)
    return cast("sa.Select[Any]", _within(lines, Line.c.posting_date, since, through))


def check(uow: UnitOfWork) -> list[Finding]:
    """Recompute everything from the lines: entries balance, lines are of their entry's day, and the roll-up says what its lines say."""
    return [*_unbalanced(uow), *_misdated(uow), *_drift(uow)]


# -- which days come from where


def _parts(
    uow: UnitOfWork, rolled: int | None, days: Any, later: Any, months: Any, since: date | None, through: date | None
) -> Iterator[Any]:
    """The selects whose sum is the answer: whole months of the roll-up, the days around them, and later commits in these months."""
    first, last = whole_months(since, through)
    units = None if rolled is None or (first and last and first > last) else uow.units_after(rolled)
    if units is None or len(units) > FEW:
        yield _between(days, since, through)
        return
    if first:
        months = months.where(Balance.c.period >= _period(first))
    if last:
        months = months.where(Balance.c.period <= _period(last))
    yield months
    if since and first and since < first:
        yield _between(days, since, first - timedelta(1))
    if through and last and last < through:
        yield _between(days, last + timedelta(1), through)
    if units:
        yield _within(later.where(Entry.c.unit_id.in_(units)), Line.c.posting_date, first, last)


def whole_months(since: date | None, through: date | None) -> tuple[date | None, date | None]:
    """The first and the last day of the whole months within a period; None stays open. Without a whole month the first is after the last.

    >>> whole_months(date(2026, 1, 15), date(2026, 4, 29))
    (datetime.date(2026, 2, 1), datetime.date(2026, 3, 31))
    """
    first = since
    if since is not None and since.day > 1:
        first = _last_day(since) + timedelta(1)
    last = through
    if through is not None and through != _last_day(through):
        last = through.replace(day=1) - timedelta(1)
    return first, last


def _last_day(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _period(day: date) -> int:
    return day.year * 100 + day.month


def _between(lines: Any, since: date | None, through: date | None) -> Any:
    # The day stands on the line and on its entry, so that either one's index can serve.
    return _within(_within(lines, Line.c.posting_date, since, through), Entry.c.posting_date, since, through)


def _within(lines: Any, day: Any, since: date | None, through: date | None) -> Any:
    if since:
        lines = lines.where(day >= since)
    if through:
        lines = lines.where(day <= through)
    return lines


# -- statements


def _lines() -> sa.Select[Any]:
    """Turnovers of lines by account, day, book, currency and commodity: narrow it before summing further."""
    keys = [
        Entry.c.company_id.label("company_id"),
        Line.c.account_id.label("account_id"),
        Entry.c.book.label("book"),
        Line.c.posting_date.label("day"),
        Line.c.amount_currency.label("currency"),
        sa.func.coalesce(Line.c.quantity_currency, "").label("commodity"),
        Entry.c.nature.label("nature"),
        Line.c.base.is_not(None).label("valued"),
    ]
    sides = {"": Line.c.amount, "base_": Line.c.base, "quantity_": Line.c.quantity}
    sums = [
        sa.func.sum(sa.case((column * sign > 0, column * sign), else_=0)).label(name + side)
        for name, column in sides.items()
        for side, sign in (("debit", 1), ("credit", -1))
    ]
    return _select(keys, [*sums, sa.func.count(Line.c.id).label("lines")]).where(Line.c.entry_id == Entry.c.id)


def _balances(*names: str) -> list[Any]:
    return [getattr(Balance.c, name) for name in names]


def _by_month(lines: Any) -> sa.Select[Any]:
    """The same by month. Summed by day first: a year has fewer days than lines, and taking a date apart costs more than adding."""
    days = lines.subquery()
    period = sa.extract("year", days.c.day) * 100 + sa.extract("month", days.c.day)
    keys = [period.label(name) if name == "period" else days.c[name] for name in KEYS]
    return _select(keys, _summed(days))


def _without_month(part: Any, keys: Iterable[str]) -> sa.Select[Any]:
    days = part.subquery()
    columns = [days.c[name] for name in (*keys, *SUMS)]
    return sa.select(*columns)


def _added(parts: Sequence[Any], keys: Iterable[str]) -> sa.Select[Any]:
    selects: list[sa.Select[Any]] = list(parts)
    every = sa.union_all(*selects).subquery()
    columns = [every.c[name] for name in keys]
    return _select(columns, _summed(every))


def _select(keys: list[Any], sums: list[Any]) -> sa.Select[Any]:
    columns = [*keys, *sums]
    return sa.select(*columns).group_by(*keys)


def _summed(rows: Any) -> list[Any]:
    return [sa.func.sum(rows.c[name]).label(name) for name in SUMS]


# -- the check


def _unbalanced(uow: UnitOfWork) -> Iterator[Finding]:
    """By currency, or in base alone where money of one kind was given for another: the rule by which entries are posted."""
    count, amount = sa.func.count, sa.func.sum(Line.c.amount)
    sums = (
        sa.select(Line.c.entry_id, Line.c.amount_currency.label("currency"), amount.label("over"))
        .group_by(Line.c.entry_id, Line.c.amount_currency)
        .having(amount != 0)
        .subquery()
    )
    whole = (
        sa.select(
            Line.c.entry_id,
            sa.func.min(Line.c.base_currency).label("currency"),
            sa.func.sum(Line.c.base).label("over"),
            count(Line.c.base).label("based"),
            count(Line.c.id).label("lines"),
            (sa.func.min(Line.c.amount_currency) != sa.func.max(Line.c.amount_currency)).label("mixed"),
        )
        .group_by(Line.c.entry_id)
        .subquery()
    )
    based = whole.c.based == whole.c.lines
    number = Entry.c.number
    by_currency = sa.select(number, sums.c.currency, sums.c.over).where(
        Entry.c.id == sums.c.entry_id, whole.c.entry_id == sums.c.entry_id, sa.not_(sa.and_(based, whole.c.mixed))
    )
    by_base = sa.select(number, whole.c.currency, whole.c.over).where(Entry.c.id == whole.c.entry_id, based, whole.c.over != 0)
    for where, statement in (("", by_currency), (" in the company's currency", by_base)):
        for name, currency, over in uow.rows(statement):
            said = f"Entry {name} does not balance{where}: debit less credit is {Money.minor(int(over), uow.tokens[currency])}."
            yield Finding("accounting.unbalanced", said, at=f"entry {name}", fix=_FIX)
    empty = sa.select(number).where(Entry.c.id.not_in(sa.select(Line.c.entry_id)))
    for (name,) in uow.rows(empty):
        yield Finding("accounting.no_lines", f"Entry {name} has no lines.", at=f"entry {name}", fix=_FIX)


def _misdated(uow: UnitOfWork) -> Iterator[Finding]:
    wrong = sa.select(Entry.c.number, Entry.c.posting_date, Line.c.position, Line.c.posting_date.label("day")).where(
        Line.c.entry_id == Entry.c.id, Line.c.posting_date != Entry.c.posting_date
    )
    for number, day, position, found in uow.rows(wrong):
        yield Finding(
            "accounting.misdated_line",
            f"Line {position} of entry {number} is of {found}, the entry of {day}.",
            at=f"entry {number}",
            fix=_FIX,
        )


def _drift(uow: UnitOfWork) -> Iterator[Finding]:
    """Where the roll-up and the lines that it covers differ, by account and month."""
    rolled = rolled_through(uow)
    said = {tuple(row[: len(KEYS)]): row[len(KEYS) :] for row in uow.rows(sa.select(*_balances(*KEYS, *SUMS)))}
    if rolled is None and (not said or uow.select(RollUp).first() is not None):
        return  # nothing is rolled up, or all of it in another layout, which nobody reads
    true: dict[tuple[Any, ...], list[int]] = {tuple(row[: len(KEYS)]): list(row[len(KEYS) :]) for row in uow.rows(_by_month(_lines()))}
    units = uow.units_after(-1 if rolled is None else rolled)
    for start in range(0, len(units), FEW):
        for row in uow.rows(_by_month(_lines().where(Entry.c.unit_id.in_(units[start : start + FEW])))):
            sums = true[tuple(row[: len(KEYS)])]
            sums[:] = [total - later for total, later in zip(sums, row[len(KEYS) :], strict=True)]
    nothing = [0] * len(SUMS)
    codes = {ident: code for ident, code in uow.rows(sa.select(Account.c.id, Account.c.code))}
    bases = {ident: code for ident, code in uow.rows(sa.select(Company.c.id, Company.c.currency))}
    for key in sorted({*said, *true}, key=str):
        differences = [int(a) - int(b) for a, b in zip(said.get(key, nothing), true.get(key, nothing), strict=True)]
        if any(differences):
            yield _drifted(uow, key, differences, codes, bases)


def _drifted(uow: UnitOfWork, key: tuple[Any, ...], differences: list[int], codes: Mapping[int, str], bases: Mapping[int, str]) -> Finding:
    company, account, book, period, currency, commodity, nature, _ = key
    units = {"": currency, "base_": bases.get(company, currency), "quantity_": commodity}
    parts = []
    for name, over in zip(SUMS, differences, strict=True):
        if over:
            unit = units.get(name.removesuffix("debit").removesuffix("credit"))
            parts.append(f"{name.replace('_', ' ')} {Money.minor(over, uow.tokens[unit]) if unit else over}")
    code, month = codes.get(account, str(account)), f"{period // 100}-{period % 100:02}"
    where = f"account {code}, {month}" + (f", book {book}" if book else "") + (f", {nature}" if nature != "normal" else "")
    return Finding(
        "accounting.balance_differs",
        f"The balance of {where} in {commodity or currency} is rolled up with {', '.join(parts)} too much.",
        at=where,
        fix="Roll the balances up again; then run bo audit verify: somebody changed rows behind bocore's back.",
        account=code,
        period=month,
    )


_FIX = "Run bo audit verify: entries are checked when they are posted, so the row was changed behind bocore's back."
