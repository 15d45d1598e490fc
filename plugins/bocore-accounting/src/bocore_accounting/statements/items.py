"""Open items with the accounts that they stand on: what is still to be received, paid or cleared, as of any day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import attrs
import sqlalchemy as sa

from bocore import Drill, Headed, ItemKind, NotFound, OpenItem, Party, UnitOfWork, open_items_select, report
from bocore_accounting.balances import dims_conditions
from bocore_accounting.model import Account, AccountKind, Entry, Line
from bocore_accounting.posting import no_account
from bocore_accounting.purposes import check_purpose
from bocore_accounting.rights import READ
from bocore_accounting.statements.figures import Currency, Selection, amounts, selection
from bocore_accounting.statements.layout import Place, chart

OPEN_ITEMS = "accounting.open-items"
NOT_ENTERED = Place("", "Not entered in the books", AccountKind.UNKNOWN, None, True)
"""Where items stand whose vouchers have no entries: ``bo accounting catch-up`` makes them."""


@attrs.frozen(kw_only=True)
class Items:
    """Which open items are looked at, and in what they are counted."""

    chosen: Selection
    day: date
    purpose: str | None = None
    kind: ItemKind | None = None
    party: int | None = None
    account: int | None = None

    def joined(self, uow: UnitOfWork) -> tuple[Any, Any]:
        """The open items as a subquery, and it joined with the lines that opened them; without columns yet."""
        found = open_items_select(
            uow, party=self.party, purpose=self.purpose, kind=self.kind, as_of=self.day, book=self.chosen.book or None
        )
        if self.chosen.dims:
            found = found.where(*dims_conditions(uow, OpenItem.c.dimension_set_id, self.chosen.dims))
        items = found.subquery("items")
        line = sa.and_(Line.c.entry_id == Entry.c.id, Line.c.position == items.c.line)
        joined = items.outerjoin(Entry.c.id.table, Entry.c.voucher_id == items.c.voucher_id).outerjoin(Line.c.id.table, line)
        return items, joined

    def counted(self, items: Any) -> tuple[Any, Any]:
        """The columns that say in what an item is counted, and how much is open of it, in minor units."""
        if self.chosen.base:
            return items.c.base_currency, items.c.base + items.c.revaluation
        return items.c.currency, items.c.remaining

    def narrowed(self, statement: Any) -> Any:
        """A select of the join, of one account where only that is looked at."""
        return statement if self.account is None else statement.where(Line.c.account_id == self.account)


def sign_of(kind: AccountKind) -> int:
    """1 where debit is the natural side of an account, -1 where credit is."""
    return 1 if kind in (AccountKind.ASSET, AccountKind.EXPENSE, AccountKind.UNKNOWN) else -1


def names_of(uow: UnitOfWork, parties: Iterable[int | None]) -> Mapping[int | None, str]:
    """The names of parties; items may have none."""
    found = uow.get_all(Party, {ident for ident in parties if ident is not None})
    return {None: "Without a party"} | {ident: party.name for ident, party in found.items()}


@attrs.frozen
class OpenItemRow:
    """An open item as of a day; what is owed to others is positive on their accounts, as what they owe is on theirs."""

    account: str = attrs.field(metadata={"drill": Account})
    party: str
    item: str
    kind: str
    purpose: str
    document_date: date
    due: date | None
    overdue: int = attrs.field(metadata={"label": "Days overdue"})
    currency: str
    amount: Decimal = attrs.field(metadata={"doc": "what it opened with", "drill": Drill("accounting.trace", of="item")})
    remaining: Decimal = attrs.field(metadata={"drill": Drill("accounting.trace", of="item")})
    entry: str = attrs.field(metadata={"drill": Drill("accounting.trace", of="entry")})


@report(OPEN_ITEMS, permission=READ, title="Open items", runs_with=["bo.read"])
def open_items(
    uow: UnitOfWork,
    *,
    as_of: date | None = None,
    party: Party | None = None,
    purpose: str = "",
    kind: ItemKind | None = None,
    account: str = "",
    overdue_from: int | None = None,
    overdue_to: int | None = None,
    book: str = "",
    dim: Sequence[str] = (),
    currency: Currency = "own",
) -> Iterable[OpenItemRow]:
    """List what is still to be received, paid or cleared, by account, party and due date.

    :param as_of: the day; today without one.
    :param party: only of this one.
    :param purpose: only of this purpose and those that fall back to it: receivable, payable.
    :param kind: only items of a kind.
    :param account: only on this control account.
    :param overdue_from: only what is so many days overdue, or more.
    :param overdue_to: only what is so many days overdue, or less; 0 for what is not.
    :param book: an adjustment book, which is added to the common layer.
    :param dim: only items with this dimension, as axis=value; axis= for those without a value.
    :param currency: each amount in its own currency, or all in the company's as they stand in the books (base).
    """
    day = as_of or uow.today()
    places = chart(uow)
    wanted = Items(
        chosen=selection(uow, book, dim, currency), day=day, purpose=check_purpose(uow, purpose) if purpose else None, kind=kind,
        party=None if party is None else party.id, account=_account(places, account),
    )  # fmt: skip
    items, joined = wanted.joined(uow)
    unit, minor = wanted.counted(items)
    due = sa.func.coalesce(items.c.due, items.c.document_date)
    opened = items.c.amount
    if wanted.chosen.base:
        opened = sa.select(OpenItem.c.base).where(OpenItem.c.id == items.c.id).scalar_subquery()
    statement = sa.select(
        Line.c.account_id, items.c.party_id, items.c.key, items.c.kind, items.c.purpose, items.c.document_date, items.c.due,
        due.label("by"), unit.label("unit"), opened.label("opened"), minor.label("minor"), Entry.c.number,
    ).select_from(joined)  # fmt: skip
    if overdue_from is not None:
        statement = statement.where(due <= day - timedelta(overdue_from))
    if overdue_to is not None:
        statement = statement.where(due >= day - timedelta(overdue_to))
    rows = uow.rows(wanted.narrowed(statement))
    return Headed(_rows(uow, places, rows, day), through=day)


def _account(places: Mapping[int, Place], code: str) -> int | None:
    """The id of an account by its code; None for an empty one."""
    found = next((ident for ident, place in places.items() if place.code == code), None)
    if code and found is None:
        raise NotFound([no_account(code)])
    return found


def _rows(uow: UnitOfWork, places: Mapping[int, Place], rows: Sequence[Any], day: date) -> Iterator[OpenItemRow]:
    """By account, party and due date."""
    names = names_of(uow, {row.party_id for row in rows})
    in_order = sorted(rows, key=lambda row: (places.get(row.account_id, NOT_ENTERED).code, names[row.party_id], row.by, row.key))
    for row in in_order:
        if not row.minor:
            continue
        place = places.get(row.account_id, NOT_ENTERED)
        sign = sign_of(place.kind)
        opened, remaining = amounts(uow, [sign * int(row.opened), sign * int(row.minor)], row.unit)
        yield OpenItemRow(
            place.code, names[row.party_id], row.key, ItemKind(row.kind).value, row.purpose, row.document_date, row.due,
            (day - row.by).days, row.unit, opened, remaining, row.number or "",
        )  # fmt: skip
