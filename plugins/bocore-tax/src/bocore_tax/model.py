"""What is kept of taxes: registrations, a firm's own codes, rates and rules, the tax ledger, and returns."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bocore import Company, Entity, Money, Party, VoucherRecord, entity, field, money, number, parent, recorded, ref, states
from bocore_tax.declare import Boxes, TaxKind
from bocore_tax.rights import READ, SETUP


class Scheme(StrEnum):
    """When tax is declared: with the document, or when it is paid."""

    ACCRUAL = "accrual"
    CASH = "cash"


class LineKind(StrEnum):
    """What a line of the tax ledger is."""

    FACT = "fact"  # declared as posted
    WAITING = "waiting"  # cash basis: declared when it is paid
    PAID = "paid"  # cash basis: the share of a waiting line that a payment declares
    BARE = "bare"  # an amount on a purpose of tax without a tax fact: in the books, and in no return


@entity("tax_registration", read="*", write=SETUP, company=True, unique=[("company_id", "code")], steady=True)
class TaxRegistration(Entity):
    """A company is registered with a tax authority: what it declares there is locked by the area ``tax:<code>``."""

    code: str = field(max_length=40, not_blank=True, doc="what tax facts and the lock of its periods name: GB")
    place: str = field(max_length=20, not_blank=True, doc="ISO 3166 code of the country, or of a part of it: GB, US-CA")
    number: str = field(default="", max_length=40, doc="as the authority gave it")
    form: str = field(default="", max_length=40, doc="code of the return; the only one of the place where empty")
    scheme: Scheme = field(default=Scheme.ACCRUAL)
    months: int = field(default=3, ge=1, le=12, doc="of a period")
    first_month: int = field(default=1, ge=1, le=12, doc="the month in which a period begins, of every year: 1, or 2 or 3 for a stagger")
    since: date = field(doc="the first day of being registered")
    until: date | None = field(default=None, doc="the last")
    authority_id: int | None = ref(Party, default=None, doc="to whom tax is owed")
    company_id: int = ref(Company, default=None)


@entity("tax_code", read="*", write=SETUP, unique=["code"], steady=True)
class TaxCode(Entity):
    """A tax of the firm's own, or one that it sees otherwise than the pack of the country: the row wins."""

    code: str = field(max_length=40, not_blank=True)
    place: str = field(max_length=20, not_blank=True)
    name: str = field(max_length=200, not_blank=True)
    kind: TaxKind
    compound: bool = field(default=False, doc="computed on the net amount and the taxes before it")
    recoverable: Decimal = number(ge=0, le=100, default=Decimal(100), doc="percent of the tax on purchases that is given back")
    boxes: dict[str, str] = field(factory=dict, doc='boxes by amount: {"output.base": "6", "output.tax": "1", "input.base": "7 9"}')
    note: str = field(default="", max_length=500, doc="what is written on the document")


@entity("tax_rate", read="*", write=SETUP, index=["code"], steady=True)
class TaxRate(Entity):
    """A rate of the firm's own for a code: it wins over the pack's on its days."""

    code: str = field(max_length=40, not_blank=True)
    percent: Decimal = number(ge=0, le=10000)
    since: date
    until: date | None = field(default=None, doc="the last day")
    source: str = field(default="", max_length=500)


@entity("tax_rule", read="*", write=SETUP, index=["place"], steady=True)
class TaxRule(Entity):
    """A rule of the firm's own: which taxes an item of a class has in a place. It wins over the pack's."""

    place: str = field(max_length=20, not_blank=True)
    codes: list[str] = field(factory=list, doc="of the taxes, in order; none where nothing is charged or declared")
    tax_class: str = field(default="", max_length=50, doc="of the items; any where empty")
    direction: str = field(default="", max_length=10, doc="output or input; both where empty")
    party: str = field(default="", max_length=10, doc="business or consumer; both where empty")
    counterpart: str = field(default="", max_length=20, doc="domestic, abroad, or an area; anywhere where empty")
    since: date | None = field(default=None)
    until: date | None = field(default=None)


@entity(
    "tax_line",
    read=READ,
    append_only=True,
    company=True,
    index=[("company_id", "registration", "declared"), ("company_id", "posting_date")],
    unique=[("voucher_id", "position", "part")],
)
class TaxLine(Entity):
    """A line of the tax ledger: what a line of a voucher means for tax, in the company's currency, signed like that line."""

    voucher_id: int = ref(VoucherRecord)
    position: int = field(ge=1, doc="of the line in the voucher, from 1")
    kind: LineKind = field(default=LineKind.FACT)
    part: int = field(default=0, ge=0, doc="0, counting up where the line is cut up; of a paid share: the id of the line that waited")
    code: str = field(default="", max_length=100)
    rate: Decimal | None = number(default=None, doc="percent")
    direction: str = field(default="", max_length=10, doc="output or input")
    registration: str = field(default="", max_length=100)
    base: Money = money(doc="what the tax was computed on")
    tax: Money = money()
    booked: Money = money(doc="what the line put on a purpose of tax: zero where it has another purpose")
    purpose: str = field(max_length=100)
    posting_date: date
    tax_date: date = field(doc="the tax point")
    declared: date | None = field(default=None, doc="the day by whose period it is declared; none while it waits to be paid")
    late: bool = field(default=False, doc="the period of its tax point was closed: it is declared in a later one")
    item: str = field(default="", max_length=200, doc="of a waiting line: key of the open item whose payment declares it")
    whole: Money | None = money(default=None, doc="of a waiting line: what the open item came to; of a paid share: what was paid of it")
    unit_id: int = recorded()
    company_id: int = ref(Company, default=None)


@entity(
    "tax_return",
    read=READ,
    company=True,
    unique=[("company_id", "code"), ("company_id", "registration", "since", "sequence")],
    frozen_in={"filed"},
)
class TaxReturn(Entity):
    """The return of a period. Once filed, neither it nor its boxes and lines change."""

    code: str = field(max_length=60, not_blank=True, doc="the registration and the last day: GB-2026-03-31, and -1 for what amends it")
    registration: str = field(max_length=40, not_blank=True)
    form: str = field(max_length=40)
    since: date
    through: date
    sequence: int = field(default=0, ge=0, doc="0 for the return itself; counts the returns that amend it")
    amends_id: int | None = ref("TaxReturn", default=None)
    prepared_on: date | None = field(default=None)
    filed_on: date | None = field(default=None)
    reference: str = field(default="", max_length=100, doc="what the authority calls it")
    due: Money | None = money(default=None, doc="to be paid; negative where it is given back")
    state: str = states(
        {("open", "prepare"): "prepared", ("prepared", "prepare"): "prepared", ("prepared", "file"): "filed"}, default="open"
    )
    company_id: int = ref(Company, default=None)

    @property
    def key(self) -> str:
        """Of the voucher that clears its tax, and of the open item that it makes."""
        return f"tax.return:{self.id}"


@entity("tax_return_box", unique=[("return_id", "box")])
class TaxReturnBox(Entity):
    """A box of a return: what its lines come to, and what is declared, which may be rounded."""

    return_id: int = parent(TaxReturn)
    box: str = field(max_length=20)
    label: str = field(max_length=300)
    position: int = field(ge=1)
    exact: Money = money(doc="what the lines come to")
    amount: Money = money(doc="as declared")


@entity("tax_return_line", index=["tax_line_id"])
class TaxReturnLine(Entity):
    """What a line of the tax ledger puts into a box of a return; one with an empty box where the form has none for it."""

    return_id: int = parent(TaxReturn)
    tax_line_id: int = ref(TaxLine, index=False)
    box: str = field(default="", max_length=20)
    amount: Money = money()
    late: bool = field(default=False, doc="its tax point lies before the period")


@entity("tax_correction", read=READ, append_only=True, company=True)
class TaxCorrection(Entity):
    """An error in a filed return, put right in the next open one."""

    return_id: int = ref(TaxReturn)
    code: str = field(max_length=100)
    direction: str = field(max_length=10)
    base: Money = money()
    tax: Money = money()
    counter: str = field(max_length=100, doc="purpose of the other side of the tax")
    unit_id: int = recorded()
    company_id: int = ref(Company, default=None)

    @property
    def key(self) -> str:
        """Of its voucher."""
        return f"tax.correction:{self.id}"


def plain_boxes(row: TaxCode) -> dict[str, Any]:
    """The boxes of a firm's own code, as ``Tax`` takes them."""

    def of(direction: str) -> Boxes:
        return Boxes(*(tuple(row.boxes.get(f"{direction}.{part}", "").split()) for part in ("base", "tax")))

    return {direction: of(direction) for direction in ("output", "input")}
