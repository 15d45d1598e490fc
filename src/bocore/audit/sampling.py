"""An auditor's sample: the population and its sums, whether these tie to the books, and what a seed draws from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import attrs
import sqlalchemy as sa

from bocore.amounts import Money
from bocore.audit.draw import Hit, Item, draw_monetary, draw_random, interval_of, start_of
from bocore.audit.population import COLUMNS, Population, PopulationQuery, Totals
from bocore.audit.walk import PERMISSION
from bocore.errors import Finding, NotFound, UsageError
from bocore.reports.columns import as_objects, columns_of

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

Method = Literal["random", "mus"]
METHODS: tuple[Method, ...] = ("random", "mus")
AT_ONCE = 5000
MOST_NAMED = 20


@attrs.frozen
class SampleRow:
    """A line that was drawn.

    :param key: what ``bo audit trace`` takes: the key of its voucher, or the number of the entry.
    :param times: by monetary units, how many of them lie in it.
    :param certain: it was drawn for certain.
    :param row: its table and id.
    """

    key: str
    entry: str
    line: int
    date: date
    account: str
    text: str
    amount: Decimal | None
    currency: str
    times: int
    certain: bool
    row: str


@attrs.frozen
class Sample:
    """What was drawn, from what, and whether that is complete.

    :param count: items of the population; ``unmeasured`` of them have no amount in the company's currency.
    :param debit, credit: sums of the items; ``control_debit`` and ``control_credit`` those of the books, added up another way.
    :param differences: where they differ; empty where the sample ties.
    :param interval, start: by monetary units, how much money lies between two of them, and before the first: minor units. ``every`` is the
        interval as money, rounded down.
    """

    population: str
    title: str
    control: str
    company: str
    since: date | None
    through: date | None
    method: Method
    seed: int
    size: int
    count: int
    unmeasured: int
    debit: Money
    credit: Money
    control_debit: Money
    control_credit: Money
    differences: tuple[Finding, ...]
    interval: Fraction | None
    every: Money | None
    start: Fraction | None
    rows: tuple[SampleRow, ...]

    @property
    def ok(self) -> bool:
        """Whether the population ties to the books."""
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for ``--format json``."""
        amounts = ("debit", "credit", "control_debit", "control_credit")
        found: dict[str, Any] = {
            name: getattr(self, name) for name in ("population", "company", "method", "seed", "size", "count", "unmeasured")
        }
        found |= {name: None if (day := getattr(self, name)) is None else day.isoformat() for name in ("since", "through")}
        found |= {name: str(getattr(self, name).amount) for name in amounts} | {"currency": self.debit.currency, "ok": self.ok}
        found |= {name: None if (part := getattr(self, name)) is None else str(part) for name in ("interval", "start")}
        found["differences"] = [finding.as_dict() for finding in self.differences]
        return found | {"rows": as_objects(columns_of(SampleRow), self.rows)}


@attrs.frozen
class _Sums:
    count: int
    unmeasured: int
    groups: Totals

    def side(self, at: int) -> int:
        return sum(pair[at] for pair in self.groups.values())


def draw_sample(
    uow: UnitOfWork,
    *,
    seed: int,
    size: int,
    method: Method = "random",
    since: date | None = None,
    through: date | None = None,
    groups: Sequence[str] = (),
    book: str = "",
    population: str | None = None,
) -> Sample:
    """Draw from a population of the unit's company, and say whether that ties to the books. The same seed and books, the same sample.

    It takes ``bo.audit``, and the permission to read the items. Reads only, in one snapshot.

    :param size: how many; all where there are no more.
    :param groups: only these accounts, each with all below it.
    :param population: its name, where plugins name several.
    :raises UsageError: a size below 1, another method, or a population that nobody names.
    :raises NotFound: there is nothing to draw from (``bo.audit.nothing_to_draw``).
    """
    uow.require(PERMISSION, "draw a sample of what is on record")
    _refuse_nonsense(size, method, since, through)
    query = PopulationQuery(company=uow.company.id, since=since, through=through, book=book, groups=tuple(groups))
    chosen = _chosen(uow, query, population)
    sums = _sums(uow, chosen)
    control = dict(chosen.control())
    differences = tuple(_differences(uow, chosen, query, sums, control))
    if not sums.count and not differences:
        fix = "Name another period or account; bo report journal lists what there is."
        raise NotFound([Finding("bo.audit.nothing_to_draw", f"There are no {chosen.title} {_period(query)}.", fix=fix)])
    hits, interval, start = _drawn(uow, chosen, sums, seed, size, method)
    rows, money = tuple(_rows(uow, chosen, hits)), _in(uow)
    control_debit, control_credit = (money(sum(pair[at] for pair in control.values())) for at in (0, 1))
    return Sample(
        population=chosen.name, title=chosen.title, control=chosen.control_name, company=uow.company.code or uow.company.name,
        since=since, through=through, method=method, seed=seed, size=size, count=sums.count, unmeasured=sums.unmeasured,
        debit=money(sums.side(0)), credit=money(sums.side(1)), control_debit=control_debit, control_credit=control_credit,
        differences=differences, interval=interval, every=None if interval is None else money(int(interval)), start=start, rows=rows,
    )  # fmt: skip


def _refuse_nonsense(size: int, method: str, since: date | None, through: date | None) -> None:
    if size < 1:
        raise UsageError(f"A sample of {size} is none.", fix="Give how many items to draw, from 1.")
    if method not in METHODS:
        raise UsageError(f"There is no method {method!r}.", fix=f"There are: {', '.join(METHODS)}.")
    if since is not None and through is not None and since > through:
        raise UsageError(f"{since} comes after {through}.", fix="Give the first day of the period, then the last.")


def _chosen(uow: UnitOfWork, query: PopulationQuery, name: str | None) -> Population:
    there: dict[str, Population] = {one.name: one for one in uow.hook.bo_audit_population(uow=uow, query=query) if one is not None}
    if name is None and len(there) == 1:
        return next(iter(there.values()))
    if name is None or name not in there:
        said = "No plugin names anything" if not there else "Several are named" if name is None else f"There is no population {name!r}"
        fix = f"There are: {', '.join(sorted(there))}." if there else "Install one that keeps books, such as bocore-accounting."
        raise UsageError(f"{said} to draw from." if name is None else f"{said}.", fix=fix)
    return there[name]


# ---------------------------------------------------------------- completeness


def _sums(uow: UnitOfWork, chosen: Population) -> _Sums:
    """What the items come to, group by group, added up by the database."""
    items = chosen.items.subquery("items")
    amount, group = items.c.amount, items.c.group
    debit = sa.func.sum(sa.case((amount > 0, amount), else_=0)).label("debit")
    credit = sa.func.sum(sa.case((amount < 0, -amount), else_=0)).label("credit")
    count, measured = sa.func.count(items.c.id).label("count"), sa.func.count(amount).label("measured")
    rows = uow.rows(sa.select(group, count, measured, debit, credit).group_by(group))
    every = sum(int(row[1]) for row in rows)
    groups = {row[0]: (int(row[3] or 0), int(row[4] or 0)) for row in rows}
    return _Sums(every, every - sum(int(row[2]) for row in rows), groups)


def _differences(
    uow: UnitOfWork, chosen: Population, query: PopulationQuery, sums: _Sums, control: Mapping[str, tuple[int, int]]
) -> Iterator[Finding]:
    money, fix = _in(uow), "Run bo audit verify: somebody may have changed rows behind bocore's back."
    apart = [group for group in sorted({*sums.groups, *control}) if sums.groups.get(group, (0, 0)) != control.get(group, (0, 0))]
    for group in apart[:MOST_NAMED]:
        mine, theirs = sums.groups.get(group, (0, 0)), control.get(group, (0, 0))
        parts = [
            f"{side} of {money(mine[at])}, {chosen.control_name} {money(theirs[at])}: a difference of {money(mine[at] - theirs[at])}"
            for at, side in enumerate(("debits", "credits"))
            if mine[at] != theirs[at]
        ]
        yield Finding("bo.audit.sample_differs", f"The {chosen.title} have {'; '.join(parts)}.", f"account {group}", fix=fix)
    if len(apart) > MOST_NAMED:
        yield Finding("bo.audit.sample_differs", f"{len(apart) - MOST_NAMED} more accounts differ.", fix=fix)
    over = sums.side(0) - sums.side(1)
    if chosen.balanced and not query.groups and not sums.unmeasured and over:
        message = f"The {chosen.title} do not balance: debits less credits are {money(over)}."
        yield Finding("bo.audit.sample_unbalanced", message, fix=fix)


# ---------------------------------------------------------------- drawing


def _drawn(
    uow: UnitOfWork, chosen: Population, sums: _Sums, seed: int, size: int, method: Method
) -> tuple[list[Hit], Fraction | None, Fraction | None]:
    if size >= sums.count:
        return [Hit(item, certain=True) for item in _items(uow, chosen)], None, None
    if method == "random":
        return draw_random(seed, _items(uow, chosen, ordered=False), size), None, None
    total = sums.side(0) + sums.side(1)
    if not total:
        message = f"The {chosen.title} have no money in them by which they could be drawn."
        raise NotFound([Finding("bo.audit.nothing_to_draw", message, fix="Take the method random.")])
    start = start_of(seed, total)
    return draw_monetary(_items(uow, chosen), size, total, start), interval_of(total, size), Fraction(start, size)


def _items(uow: UnitOfWork, chosen: Population, *, ordered: bool = True) -> Iterator[Item]:
    """All items by day, name and place, a few thousand at a time; of names the shorter first, so that 99999 comes before 100000."""
    items = chosen.items.subquery("items")
    c = items.c
    statement = sa.select(c.id, c.name, c.place, sa.func.coalesce(c.amount, 0).label("amount"))
    if ordered:
        statement = statement.order_by(c.on, sa.func.length(c.name), c.name, c.place)
    for ident, name, place, amount in uow.stream_rows(statement, AT_ONCE):
        yield Item(ident, f"{name}|{place}", int(amount))


def _rows(uow: UnitOfWork, chosen: Population, hits: Sequence[Hit]) -> Iterator[SampleRow]:
    """What was drawn, with all there is to say of it, in the order drawn."""
    items, found = chosen.items.subquery("items"), dict[int, Any]()
    ids = [hit.item.id for hit in hits]
    for start in range(0, len(ids), AT_ONCE):
        columns = [items.c[name] for name in COLUMNS]
        some = sa.select(*columns).where(items.c.id.in_(ids[start : start + AT_ONCE]))
        found |= {row.id: row for row in uow.rows(some)}
    money = _in(uow)
    for hit in hits:
        row = found[hit.item.id]
        amount = None if row.amount is None else money(int(row.amount)).amount
        yield SampleRow(
            key=row.voucher or row.name, entry=row.name, line=row.place, date=row.on, account=row.group, text=row.text, amount=amount,
            currency=uow.company.currency, times=hit.times, certain=hit.certain, row=f"{chosen.entity} {row.id}",
        )  # fmt: skip


def _in(uow: UnitOfWork) -> Any:
    token = uow.tokens[uow.company.currency]
    return lambda minor: Money.minor(minor, token)


def _period(query: PopulationQuery) -> str:
    days = " ".join(filter(None, [f"from {query.since}" if query.since else "", f"through {query.through}" if query.through else ""]))
    where = f"on {', '.join(query.groups)}" if query.groups else ""
    return " ".join(filter(None, [days, where])) or "at all"
