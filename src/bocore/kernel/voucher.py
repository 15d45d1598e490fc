"""Vouchers: something of value happened, said once, in lines that every ledger understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import attrs

from bocore.amounts import Money
from bocore.entities import Entity, entity, field, recorded
from bocore.errors import Finding
from bocore.kernel.company import Company

NATURES = ("normal", "opening", "adjustment", "revaluation", "closing")
IF_CLOSED = ("refuse", "next_open")


@attrs.frozen
class Source:
    """What a voucher comes from: a row, what happened to it, and what people call it.

    :param entity: the row, added already; the voucher keeps its table and id only, which outlive its plugin.
    :param event: what happened: ``"sold"``.
    :param label: for people; ``{number}`` and ``{source.FIELD}`` are filled at commit, when numbers are known.
    :param name, id: table and id, in place of ``entity``: what a posted voucher has.
    """

    entity: Entity | None = None
    event: str = ""
    label: str = ""
    name: str = ""
    id: int | None = None


@attrs.frozen
class TaxFact:
    """What a tax return needs to know of a line, as it was when it was posted.

    :param base, tax: signed like the line: negative for a sale.
    :param rate: in percent; None where the tax is no percentage.
    :param direction: ``"output"`` or ``"input"``.
    :param on: the tax point, where it differs from the voucher's tax date.
    :param registration: under which the tax is declared.
    :param declared: set by the core where the tax point lies in a closed period of the registration: the first open day, in whose return
        it is declared.
    """

    code: str
    base: Money
    tax: Money
    rate: Decimal | None = None
    direction: str = "output"
    on: date | None = None
    registration: str = ""
    declared: date | None = None


@attrs.frozen
class Line:
    """One line of a voucher: debit positive, credit negative. It carries no personal text.

    :param purpose: what the line is for: one of the core's purposes, or of a plugin's.
    :param base: in the company's currency; the core converts where there is none.
    :param by: what the account may depend on, besides the purpose: ``{"category": "food"}``.
    :param dims: dimensions for analysis: ``{"cost_centre": "SHOP1"}``.
    :param party: whose open item or account it is.
    :param partner: the other company, within a group.
    :param opens, settles: the key of the open item that the line makes, or pays; one of them at most.
    :param due: when the item that the line opens is to be paid.
    :param kind: what sort of item it opens (``bocore.ItemKind``): by its purpose without one.
    :param service: first and last day of what was delivered, where that is not the posting date.
    :param account: the code of an account, where the caller knows it and no mapping is wanted.
    """

    purpose: str
    amount: Money
    base: Money | None = attrs.field(default=None, kw_only=True)
    by: Mapping[str, str | int] = attrs.field(factory=dict, kw_only=True)
    dims: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)
    party: Entity | int | None = attrs.field(default=None, kw_only=True)
    partner: Company | int | None = attrs.field(default=None, kw_only=True)
    opens: str | None = attrs.field(default=None, kw_only=True)
    settles: str | None = attrs.field(default=None, kw_only=True)
    due: date | None = attrs.field(default=None, kw_only=True)
    kind: str | None = attrs.field(default=None, kw_only=True)
    tax: TaxFact | None = attrs.field(default=None, kw_only=True)
    service: tuple[date, date] | None = attrs.field(default=None, kw_only=True)
    quantity: Decimal | None = attrs.field(default=None, kw_only=True)
    account: str | None = attrs.field(default=None, kw_only=True)


def _several(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(lines)


@attrs.frozen
class Voucher:
    """Something of value happened. Making one checks nothing: ``uow.post`` does, and says everything at once.

    :param key: unique for ever, made from what it is about: ``"retail.sale:<uuid>"``, at most 191 characters. Posting it again gives the
        first receipt.
    :param company: the company, its id or code; the unit's without one.
    :param document_date: of the paper; the posting date, or else today, without one.
    :param posting_date: in which period it counts; the document date without one.
    :param tax_date: the tax point of the lines that carry a tax fact; the document date without one.
    :param if_closed: ``"refuse"`` a locked period, or move to the ``"next_open"`` day.
    :param book: the adjustment book that it belongs to; the common layer of all books without one.
    :param nature: ``normal``, ``opening``, ``adjustment``, ``revaluation`` or ``closing``.
    :param reverses: the key of the voucher that this one takes back: ``uow.reverse`` sets it.
    :param text: for people: ``{source.number}``, ``{number}``, ``{source.FIELD}`` and ``{label}`` are filled at commit.
    """

    key: str
    kind: str
    lines: tuple[Line, ...] = attrs.field(converter=_several)
    source: Source | None = attrs.field(default=None, kw_only=True)
    company: Company | int | str | None = attrs.field(default=None, kw_only=True)
    document_date: date | None = attrs.field(default=None, kw_only=True)
    posting_date: date | None = attrs.field(default=None, kw_only=True)
    tax_date: date | None = attrs.field(default=None, kw_only=True)
    if_closed: str = attrs.field(default="refuse", kw_only=True)
    book: str | None = attrs.field(default=None, kw_only=True)
    nature: str = attrs.field(default="normal", kw_only=True)
    reverses: str | None = attrs.field(default=None, kw_only=True)
    text: str = attrs.field(default="", kw_only=True)

    def tax_day(self, fact: TaxFact) -> date | None:
        """The day by whose period a tax fact is declared: where that was closed the first open one, else the tax point."""
        return fact.declared or fact.on or self.tax_date or self.document_date


@attrs.frozen
class Receipt:
    """What became of a voucher.

    :param moved: the posting date is not the one asked for: its period was closed.
    :param repeated: the voucher was posted before, and nothing was done now.
    """

    voucher_id: int
    key: str
    posting_date: date
    moved: bool = False
    repeated: bool = False
    findings: tuple[Finding, ...] = ()


@attrs.frozen(kw_only=True)
class BalanceQuery:
    """What ``bo_balance`` is asked: the balance of a purpose or an account, through a day.

    :param purpose: this one and those that fall back to it: ``"wip"`` has a plugin's work in progress too.
    :param account: its code; of one that groups others, all below it.
    :param alone: the purpose alone, without those that fall back to it; the account without those below it.
    """

    company: int
    purpose: str | None = None
    account: str | None = None
    alone: bool = False
    through: date | None = None
    dims: Mapping[str, str] = attrs.field(factory=dict)
    party: int | None = None
    book: str | None = None


@entity(
    "bo_voucher",
    read="bo.read",
    append_only=True,
    company=True,
    index=[("company_id", "posting_date"), ("source_entity", "source_id")],
    made_by="uow.post",
)
class VoucherRecord(Entity):
    """A voucher as posted; its body has all that a ledger needs, so that one installed later makes the same books of it."""

    key: str = field(unique=True, max_length=200, not_blank=True)
    kind: str = field(max_length=100, not_blank=True)
    nature: str = field(default="normal", max_length=20)
    document_date: date
    posting_date: date
    tax_date: date | None = field(default=None)
    moved: bool = field(default=False, doc="the posting date is not the one asked for: its period was closed")
    book: str | None = field(default=None, max_length=50)
    reverses: str | None = field(default=None, unique=True, max_length=200, doc="key of the voucher that this one takes back")
    source_entity: str = field(default="", max_length=50)
    source_id: int | None = field(default=None)
    source_event: str = field(default="", max_length=100)
    source_label: str = field(default="", max_length=1000)
    text: str = field(default="", max_length=2000)
    body: dict[str, Any] = field(doc="lines and templates, by the schema of bocore.kernel.body")
    request: str = field(max_length=64, doc="hash of the voucher as it was passed")
    unit_id: int = recorded()


@attrs.frozen
class Posted:
    """A voucher as ledgers get it: dates resolved, bases filled, rows replaced by their ids.

    :param record: the row; its ``text`` may wait for a number, see :func:`bocore.fill_text`.
    :param voucher: plain data, the same now and when it is replayed from the record.
    """

    record: VoucherRecord
    voucher: Voucher


def posted_from(record: VoucherRecord) -> Posted:
    """What ``bo_posted`` got for this record, rebuilt from the stored body: for ledgers that were installed later."""
    from bocore.kernel.body import read_voucher

    return Posted(record, read_voucher(record))
