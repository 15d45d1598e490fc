"""Ageing: how long open items have been overdue, by party and control account, and whether the account says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain, pairwise
from typing import Any, Literal

import attrs
import sqlalchemy as sa

from bocore import Drill, Finding, Headed, ItemKind, Party, Refused, UnitOfWork, report
from bocore_accounting.model import Line
from bocore_accounting.purposes import PurposeMap, check_purpose
from bocore_accounting.rights import READ
from bocore_accounting.statements.figures import Currency, amounts, by_unit, check_span, selection, units_in_order
from bocore_accounting.statements.items import NOT_ENTERED, OPEN_ITEMS, Items, names_of, sign_of
from bocore_accounting.statements.layout import Place, chart, total
from bocore_accounting.statements.spans import Span, Step, earlier

CONTROL = ("receivable", "payable")
"""Purposes whose accounts are compared with their items even where nothing is open."""
_ITEMS = {"account": "_of", "party": "_party", "purpose": "_purpose", "kind": "_sort", "as_of": "as_of"}


_LEDGER = Drill("accounting.general-ledger", account="account", through="as_of", currency="_counted")
"""The lines of the account, which its balance and the difference to its items come from."""


@attrs.frozen
class AgeingRow:
    """What is open of a party (or a purpose, or a kind of item) on an account, by days overdue; or a total, or what the account has."""

    as_of: date
    account: str = attrs.field(metadata={"drill": _LEDGER})
    name: str = attrs.field(metadata={"indent": "level"})
    currency: str
    total: Decimal = attrs.field(metadata={"drill": Drill(OPEN_ITEMS, **_ITEMS)})
    overdue: dict[str, Decimal] = attrs.field(
        metadata={"spread": True, "drill": Drill(OPEN_ITEMS, **_ITEMS, overdue_from="_firsts", overdue_to="_lasts")}
    )
    level: int
    kind: str = attrs.field(metadata={"style": True})
    _of: str
    _party: int | None
    _purpose: str | None
    _sort: str | None
    _firsts: Mapping[str, int | None]
    _lasts: Mapping[str, int | None]
    _counted: str


@report("accounting.ageing", permission=READ, title="Ageing of open items", runs_with=["bo.read"])
def ageing(
    uow: UnitOfWork,
    *,
    as_of: date | None = None,
    by: Literal["party", "purpose", "kind"] = "party",
    days: Sequence[int] = (30, 60, 90),
    party: Party | None = None,
    purpose: str = "",
    kind: ItemKind | None = None,
    compare: int = 0,
    step: Step | None = None,
    book: str = "",
    dim: Sequence[str] = (),
    currency: Currency = "own",
) -> Iterable[AgeingRow]:
    """Show what is open on each control account by days overdue, and beside its total what the account itself has.

    What is owed to others is positive on their accounts, as what they owe is on theirs. An item without a due date is due on the date of
    its document. The difference between items and account comes from entries that were posted to the account and open or settle nothing;
    it is not shown where only a party or a kind of item is looked at.

    :param as_of: the day; today without one.
    :param by: in rows by party, by purpose, or by kind of item.
    :param days: where the columns end: 30, 60 and 90 days overdue.
    :param party: only of this one.
    :param purpose: only of this purpose and those that fall back to it: receivable, payable.
    :param kind: only items of a kind.
    :param compare: so many earlier days below it, a year apart.
    :param step: how far apart they are: a month, a quarter, a year.
    :param book: an adjustment book, which is added to the common layer.
    :param dim: only items with this dimension, as axis=value; axis= for those without a value.
    :param currency: each amount in its own currency, or all in the company's as they stand in the books (base).
    """
    day = as_of or uow.today()
    check_span(None, day, compare, whole=True)
    columns = _columns(days)
    chosen = selection(uow, book, dim, currency)
    wanted = check_purpose(uow, purpose) if purpose else None
    spans = [Span(None, day), *earlier(Span(None, day), compare, step)]
    several = (Items(chosen=chosen, day=one.through, purpose=wanted, kind=kind, party=None if party is None else party.id) for one in spans)
    return Headed(chain.from_iterable(_Ageing(uow, one, by, columns).rows() for one in several), through=day)


Columns = dict[str, tuple[int | None, int | None]]
"""Title → from and to how many days overdue."""


def _columns(days: Sequence[int]) -> Columns:
    """The columns that end at these days.

    :raises Refused: they don't grow.
    """
    ends = [0, *days]
    if any(a >= b for a, b in pairwise(ends)):
        message = f"Columns can't end at {', '.join(map(str, days))} days."
        raise Refused([Finding("accounting.days", message, field="days", fix="Give growing numbers: --days 30 --days 60 --days 90.")])
    return {
        "Not due": (None, 0),
        **{f"{a + 1}-{b}": (a + 1, b) for a, b in pairwise(ends)},
        f"Over {ends[-1]}": (ends[-1] + 1, None),
    }


Group = tuple[int | None, Any]
"""Account, and the party, purpose or kind."""


class _Ageing:
    """The ageing of one day."""

    def __init__(self, uow: UnitOfWork, wanted: Items, by: str, columns: Columns) -> None:
        self.uow, self.wanted, self.by, self.columns = uow, wanted, by, columns
        self.own = uow.company.currency
        self.chart = chart(uow)
        self.sums: dict[int | None, dict[Any, dict[str, list[int]]]] = {}
        for account, group, unit, column, minor in self._read():
            vector = self.sums.setdefault(account, {}).setdefault(group, {}).setdefault(unit, [0] * len(columns))
            vector[column] += int(minor)
        self.names = self._names()

    def _read(self) -> Sequence[Any]:
        """Sums by account, group, currency and column, added up in the database."""
        items, joined = self.wanted.joined(self.uow)
        unit, minor = self.wanted.counted(items)
        due = sa.func.coalesce(items.c.due, items.c.document_date)
        ends = [end for _, end in self.columns.values() if end is not None]
        column = sa.case(
            *((due >= self.wanted.day - timedelta(end), at) for at, end in enumerate(ends)),
            else_=len(ends),
        )
        group = {"party": items.c.party_id, "purpose": items.c.purpose, "kind": items.c.kind}[self.by]
        keys = [Line.c.account_id, group, unit, column]
        labelled = [key.label(name) for key, name in zip(keys, ("account", "group", "unit", "column"), strict=True)]
        return self.uow.rows(sa.select(*labelled, sa.func.sum(minor).label("minor")).select_from(joined).group_by(*keys))

    def _names(self) -> Mapping[Any, str]:
        groups = {group for found in self.sums.values() for group in found}
        return names_of(self.uow, groups) if self.by == "party" else {group: str(group) for group in groups}

    def rows(self) -> Iterator[AgeingRow]:
        """Account by account."""
        control = self._control()
        order = {ident: at for at, ident in enumerate(self.chart)}
        for account in sorted({*self.sums, *control}, key=lambda ident: order.get(ident, len(order)) if ident is not None else len(order)):
            place = NOT_ENTERED if account is None else self.chart[account]
            sign = sign_of(place.kind)
            groups = self.sums.get(account, {})
            shown = [row for group in sorted(groups, key=self.names.__getitem__) for row in self._group(place, group, groups[group], sign)]
            there = control.get(account, {})
            items = total(*groups.values(), sign=sign)
            if not shown and not any(there.values()):
                continue
            yield from shown
            yield from self._ends(place, items, {unit: sign * minor for unit, minor in there.items()}, account in control)

    def _group(self, place: Place, group: Any, units: Mapping[str, list[int]], sign: int) -> Iterator[AgeingRow]:
        for unit in units_in_order(units, self.own):
            if any(units[unit]):
                yield self._row(place, self.names[group], unit, [sign * minor for minor in units[unit]], "item", group, level=1)

    def _ends(self, place: Place, items: Mapping[str, list[int]], there: Mapping[str, int], control: bool) -> Iterator[AgeingRow]:
        """The totals of an account, what it has itself, and the difference."""
        title = f"{place.code} {place.name}".strip()
        units = [unit for unit in units_in_order({**items, **there}, self.own) if any(items.get(unit, ())) or there.get(unit)] or [self.own]
        for unit in units:
            vector = items.get(unit, [0] * len(self.columns))
            yield self._row(place, f"Total {title}", unit, vector, "total")
            if control:
                has = there.get(unit, 0)
                yield self._row(place, "Balance of the account", unit, [], "balance", amount=has)
                yield self._row(place, "Difference", unit, [], "difference", amount=has - sum(vector))

    def _row(
        self, place: Place, name: str, unit: str, vector: Sequence[int], style: str, group: Any = None, *, level: int = 0, amount: int = 0
    ) -> AgeingRow:
        whole, *parts = amounts(self.uow, [sum(vector) if vector else amount, *vector], unit)
        of = {by: group if by == self.by and style == "item" else None for by in ("party", "purpose", "kind")}
        wanted, behind = self.wanted, bool(vector) and (style != "item" or group is not None)
        return AgeingRow(
            wanted.day, place.code, name, unit, whole, dict(zip(self.columns, parts, strict=False)), level, style,
            place.code if behind else "", of["party"] or wanted.party, of["purpose"] or wanted.purpose, of["kind"] or wanted.kind,
            {title: first for title, (first, _) in self.columns.items()}, {title: last for title, (_, last) in self.columns.items()},
            "base" if wanted.chosen.base else unit,
        )  # fmt: skip

    def _control(self) -> dict[int | None, dict[str, int]]:
        """The accounts that items are compared with, and what each has."""
        wanted = self.wanted
        if wanted.party is not None or wanted.kind is not None:
            return {}
        accounts = {account for account in self.sums if account is not None}
        rules = PurposeMap.of(self.uow, self.uow.company.id)
        for purpose in CONTROL if wanted.purpose is None else [wanted.purpose]:
            accounts |= rules.accounts(purpose)
        figures = wanted.chosen.figures(self.uow, Span(None, wanted.day), accounts=accounts)
        return {account: by_unit(figures, [account]) for account in accounts}
