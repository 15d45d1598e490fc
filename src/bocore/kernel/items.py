"""Open items: what is still to be settled, in one place for every module, as of any day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import attrs
import sqlalchemy as sa

from bocore.amounts import Money
from bocore.collector import uncollected
from bocore.entities import Entity, entity, field, money, ref
from bocore.errors import Finding, UsageError
from bocore.kernel.books import layers
from bocore.kernel.company import Company, which_company
from bocore.kernel.dimensions import DimensionSet
from bocore.kernel.party import Party
from bocore.kernel.purposes import fallbacks
from bocore.kernel.voucher import VoucherRecord

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork


class ItemKind(StrEnum):
    """What sort of claim an item is: it decides how people read a list of them, never how they are settled."""

    INVOICE = "invoice"
    CREDIT = "credit"
    ADVANCE = "advance"
    ON_ACCOUNT = "on_account"
    RETENTION = "retention"
    DEPOSIT = "deposit"
    CLEARING = "clearing"


class SettlementKind(StrEnum):
    """How a voucher changed what is open of an item."""

    SETTLEMENT = "settlement"
    REOPENING = "reopening"
    REVERSAL = "reversal"
    REVALUATION = "revaluation"


@entity(
    "bo_open_item",
    read="bo.read",
    append_only=True,
    company=True,
    unique=[("key", "company_id")],
    index=[("company_id", "posting_date")],
    made_by="uow.post",
)
class OpenItem(Entity):
    """A claim, a debt or money on its way, as the line of a voucher that opened it said; it never changes."""

    key: str = field(max_length=200, not_blank=True)
    kind: ItemKind
    purpose: str = field(max_length=100)
    party_id: int | None = ref(Party, default=None)
    partner_id: int | None = ref(Company, default=None, doc="the other company, within a group")
    amount: Money = money(doc="signed like the line: positive for a claim, negative for a debt")
    base: Money = money(doc="in the company's currency")
    due: date | None = field(default=None)
    document_date: date
    posting_date: date = field(doc="from which day on it is open")
    book: str | None = field(default=None, max_length=50)
    account: str | None = field(default=None, max_length=200, doc="where the line named one")
    by: dict[str, Any] = field(factory=dict, doc="what the account depends on, besides the purpose")
    dimension_set_id: int | None = ref(DimensionSet, default=None, index=False)
    voucher_id: int = ref(VoucherRecord)
    line: int = field(ge=1, doc="its place in the voucher, from 1")
    company_id: int = ref(Company, default=None, index=False)


@entity("bo_settlement", read="bo.read", append_only=True, company=True, index=[("company_id", "posting_date")], made_by="uow.post")
class Settlement(Entity):
    """A line of a voucher that changed what is open of an item, on its day: a payment, or what took one back."""

    item_id: int = ref(OpenItem)
    kind: SettlementKind
    posting_date: date
    amount: Money = money(doc="signed like the line: added to the item's amount it gives what remains")
    base: Money = money(doc="the item's own base that went with it; of a revaluation, by how much the item is worth more or less")
    voucher_id: int = ref(VoucherRecord)
    line: int = field(ge=1, doc="its place in the voucher, from 1")
    company_id: int = ref(Company, default=None, index=False)


@entity("bo_item_balance", extends=OpenItem, made_by="uow.post")
class ItemBalance(Entity):
    """What remains of an item: changed in the unit of work that settles it, which therefore waits for others that do."""

    open: bool = field(index=True, doc="False when nothing remains, neither amount nor base nor revaluation")
    remaining: int = field(doc="minor units, in the item's currency")
    base: int = field(doc="minor units, in the company's currency: the item's own base, without revaluation")
    revaluation: int = field(default=0, doc="minor units, in the company's currency")


# ---------------------------------------------------------------- kinds by purpose

_KINDS = {
    "receivable": ItemKind.INVOICE,
    "payable": ItemKind.INVOICE,
    "employee.payable": ItemKind.INVOICE,
    "employee.receivable": ItemKind.ADVANCE,
    "wages.withheld": ItemKind.INVOICE,
    "tax": ItemKind.INVOICE,
    "customer.advance": ItemKind.ADVANCE,
    "supplier.advance": ItemKind.ADVANCE,
    "stored_value": ItemKind.DEPOSIT,
}


def kind_of(purposes: Mapping[str, str], purpose: str, amount: int) -> ItemKind:
    """The kind of an item where its line names none: by purpose, and for what is invoiced also by its sign."""
    for step in fallbacks(purposes, purpose):
        if step in _KINDS:
            against = amount < 0 if step == "receivable" else amount > 0 if step == "payable" else False
            return ItemKind.CREDIT if against else _KINDS[step]
    return ItemKind.CLEARING


# ---------------------------------------------------------------- what is open


@attrs.frozen
class ItemRow:
    """An open item as of a day.

    :param kind: ``credit`` where more was settled than was ever open, or was when it opened.
    :param amount: what it opened with.
    :param remaining: what is open of it; positive for a claim, negative for a debt.
    :param base: the share of its own base that is open, in the company's currency.
    :param revaluation: what it is worth more or less by a later rate; with ``base`` it is what the ledger shows.
    """

    id: int
    key: str
    kind: ItemKind
    purpose: str
    party_id: int | None
    partner_id: int | None
    amount: Money
    remaining: Money
    base: Money
    revaluation: Money
    due: date | None
    document_date: date
    posting_date: date
    book: str | None
    account: str | None
    dimension_set_id: int | None
    voucher_id: int
    line: int


def open_items(
    uow: UnitOfWork,
    *,
    company: Company | int | str | None = None,
    party: Party | int | None = None,
    purpose: str | None = None,
    kind: ItemKind | str | None = None,
    as_of: date | None = None,
    book: str | None = None,
    keys: Collection[str] | None = None,
) -> list[ItemRow]:
    """What is open at the end of a day, by due date; see :func:`open_items_select` for the parameters."""
    statement = open_items_select(uow, company=company, party=party, purpose=purpose, kind=kind, as_of=as_of, book=book, keys=keys)
    columns = statement.selected_columns
    rows = uow.rows(statement.order_by(sa.func.coalesce(columns.due, columns.document_date), "id"))
    with uncollected():  # it would walk over the growing list again and again
        return _made(uow, rows)


def _made(uow: UnitOfWork, rows: Sequence[Any]) -> list[ItemRow]:
    tokens, minor, kinds, made = uow.tokens, Money.minor, {kind.value: kind for kind in ItemKind}, []
    known: dict[str, Any] = {}
    for ident, key, kind, purpose, party, partner, amount, code, remaining, base, base_code, revaluation, *rest in rows:
        token, base_token = known.get(code), known.get(base_code)
        if token is None or base_token is None:
            token, base_token = known[code], known[base_code] = tokens[code], tokens[base_code]
        made.append(
            ItemRow(
                ident, key, kinds[kind], purpose, party, partner, minor(amount, token), minor(remaining, token),
                minor(base, base_token), minor(revaluation, base_token), *rest,
            )
        )  # fmt: skip
    return made


def open_items_select(
    uow: UnitOfWork,
    *,
    company: Company | int | str | None = None,
    party: Party | int | None = None,
    purpose: str | None = None,
    kind: ItemKind | str | None = None,
    as_of: date | None = None,
    book: str | None = None,
    keys: Collection[str] | None = None,
) -> sa.Select[Any]:
    """The select that :func:`open_items` runs, to be added up further in the database: ageing, balances of parties.

    Its columns are the fields of :class:`ItemRow` in minor units, with ``currency`` and ``base_currency``. What is open on a day is
    what is open now without everything that was posted after it: only items that are open, or were touched since, are read.

    :param company: the unit's company without one.
    :param purpose: this one and those that fall back to it: ``"receivable"`` has a plugin's receivables too.
    :param kind: as of that day: a credit is listed as one only once it is.
    :param as_of: the last day that counts; without one everything that is posted, of later days too.
    :param book: an adjustment book, which is added to the common layer.
    """
    ident = uow.company_id if company is None else which_company(uow, company).id
    item, now = OpenItem.c, ItemBalance.c
    statement, remaining, base, revaluation = _as_of(ident, as_of)
    credit = sa.or_(sa.and_(item.amount > 0, remaining < 0), sa.and_(item.amount < 0, remaining > 0))
    shown_kind = sa.case((credit, ItemKind.CREDIT.value), else_=item.kind)
    statement = statement.add_columns(
        item.id, item.key, shown_kind.label("kind"), item.purpose, item.party_id, item.partner_id,
        item.amount, item.amount_currency.label("currency"), remaining.label("remaining"),
        base.label("base"), item.base_currency, revaluation.label("revaluation"),
        item.due, item.document_date, item.posting_date, item.book, item.account, item.dimension_set_id, item.voucher_id, item.line,
    )  # fmt: skip
    statement = statement.where(item.company_id == ident, now.id == item.id, sa.or_(remaining != 0, base != 0, revaluation != 0))
    chosen = layers(uow, book, ident)[1:]
    statement = statement.where(sa.or_(item.book.is_(None), item.book.in_(chosen)) if chosen else item.book.is_(None))
    if party is not None:
        statement = statement.where(item.party_id == (party if isinstance(party, int) else party.id))
    if purpose is not None:
        if purpose not in uow.purposes:
            close = get_close_matches(purpose, list(uow.purposes), n=3)
            fix = f"Did you mean {' or '.join(close)}?" if close else "Use one of the core's, such as receivable, or of a plugin."
            raise UsageError(f"No plugin knows the purpose {purpose!r}.", fix=fix)
        statement = statement.where(item.purpose.in_(refined(uow.purposes, purpose)))
    if kind is not None:
        if kind not in list(ItemKind):
            raise UsageError(f"{kind!r} is no kind of open item.", fix=f"There are: {', '.join(ItemKind)}.")
        statement = statement.where(shown_kind == ItemKind(kind).value)
    if keys is not None:
        statement = statement.where(item.key.in_(list(keys)))
    return statement


def refined(purposes: Mapping[str, str], purpose: str) -> list[str]:
    """A purpose and all that fall back to it."""
    return sorted({purpose, *(one for one in purposes if purpose in fallbacks(purposes, one))})


def _as_of(company: int, day: date | None) -> tuple[sa.Select[Any], Any, Any, Any]:
    """A select of the items that can be open on a day, still without columns, and what remains of each as expressions."""
    item, now, paid = OpenItem.c, ItemBalance.c, Settlement.c
    tables = sa.select().select_from(item.id.table)
    if day is None:
        return tables.where(now.open.is_(True)), now.remaining, now.base, now.revaluation
    revalued = paid.kind == SettlementKind.REVALUATION.value
    later = (
        sa.select(
            paid.item_id,
            sa.func.sum(paid.amount).label("amount"),
            sa.func.sum(sa.case((revalued, 0), else_=paid.base)).label("base"),
            sa.func.sum(sa.case((revalued, paid.base), else_=0)).label("revaluation"),
        )
        .where(paid.company_id == company, paid.posting_date > day)
        .group_by(paid.item_id)
        .cte("later")
    )
    candidates = sa.union(
        sa.select(now.id).where(now.open.is_(True)),
        sa.select(later.c.item_id),
        sa.select(item.id).where(item.company_id == company, item.posting_date > day),
    ).subquery("candidates")
    tables = (
        sa.select()
        .select_from(candidates)
        .join(item.id.table, item.id == candidates.c.id)
        .join(now.id.table, now.id == candidates.c.id)
        .outerjoin(later, later.c.item_id == candidates.c.id)
    )
    opened_later = item.posting_date > day
    remaining, base = (
        total - sa.func.coalesce(after, 0) - sa.case((opened_later, opened), else_=0)
        for total, after, opened in ((now.remaining, later.c.amount, item.amount), (now.base, later.c.base, item.base))
    )
    return tables, remaining, base, now.revaluation - sa.func.coalesce(later.c.revaluation, 0)


# ---------------------------------------------------------------- the check


def check_items(uow: UnitOfWork) -> Iterable[Finding]:
    """Compare what is kept as open with what items and settlements add up to; one finding for each item that differs."""
    item, now, paid = OpenItem.c, ItemBalance.c, Settlement.c
    revalued = paid.kind == SettlementKind.REVALUATION.value
    sums = (
        sa.select(
            paid.item_id,
            sa.func.sum(paid.amount).label("amount"),
            sa.func.sum(sa.case((revalued, 0), else_=paid.base)).label("base"),
            sa.func.sum(sa.case((revalued, paid.base), else_=0)).label("revaluation"),
        )
        .group_by(paid.item_id)
        .subquery("sums")
    )
    remaining, base = (opened + sa.func.coalesce(total, 0) for opened, total in ((item.amount, sums.c.amount), (item.base, sums.c.base)))
    revaluation = sa.func.coalesce(sums.c.revaluation, 0)
    is_open = sa.or_(remaining != 0, base != 0, revaluation != 0)
    differs = sa.or_(
        now.id.is_(None),
        now.remaining != remaining,
        now.base != base,
        now.revaluation != revaluation,
        now.open != sa.case((is_open, True), else_=False),
    )
    statement = (
        sa.select(item.id, item.key, item.amount_currency, remaining.label("due"), now.remaining.label("kept"))
        .select_from(item.id.table.outerjoin(now.id.table, now.id == item.id).outerjoin(sums, sums.c.item_id == item.id))
        .where(differs)
        .order_by(item.id)
    )
    for row in uow.rows(statement):
        token = uow.tokens[row.amount_currency]
        kept = "nothing is kept" if row.kept is None else f"{Money.minor(row.kept, token)} is kept"
        message = f"{Money.minor(row.due, token)} remains of {row.key} by its settlements, and {kept}."
        fix = "Run bo audit verify: the row was written past bocore. Then correct it."
        yield Finding("bo.item_balance", message, f"open item {row.id}", "remaining", fix)
