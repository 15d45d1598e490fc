"""The hooks that the catalogue publishes, and what they carry: prices, movements of stock, and supply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import attrs

from bocore import Finding, Money, Source, UnitOfWork, UnitPrice, hookspec


@attrs.frozen(kw_only=True)
class PriceRequest:
    """What does so much of an item cost, for whom, where and when?

    :param item: id of the item.
    :param quantity: in ``unit``; decides on quantity breaks, and on the amount.
    :param unit: code of the unit; the item's own without one.
    :param party: id of the customer, whose group counts.
    :param group: code of a customer group, in place of the party's.
    :param site: code of the shop.
    :param on: the day; today without one.
    :param currency: of the price; the company's without one.
    """

    item: int
    quantity: Decimal | int = Decimal(1)
    unit: str | None = None
    party: int | None = None
    group: str | None = None
    site: str | None = None
    on: date | None = None
    currency: str | None = None


@attrs.frozen(kw_only=True)
class PriceAnswer:
    """What it costs, and which price decided.

    :param price: for one ``unit``, exact; None where there is no price, and then ``findings`` say why.
    :param unit: of the price, which may be another than the one asked for: a price for a box answers for pieces.
    :param quantity: what was asked for, in that unit, exactly.
    :param amount: ``price`` times ``quantity``, rounded once (half up) to the minor unit.
    :param price_list: code of the list that decided; of a plugin that answers ``bo_catalog_price``, what it calls its source.
    :param row: id of the row of that list.
    :param why: what made this row win, for people.
    """

    item: int
    price: UnitPrice | None = None
    unit: str = ""
    quantity: Fraction = Fraction(1)
    amount: Money | None = None
    tax_included: bool = False
    price_list: str = ""
    row: int | None = None
    why: str = ""
    findings: tuple[Finding, ...] = ()


@attrs.frozen(kw_only=True)
class StockMovement:
    """Goods come in or go out, and something else pays for it or takes their cost.

    :param key: unique for ever, of the caller: ``"retail.sale:<uuid>:1"``; the same again gives the first answer.
    :param item: id of the item.
    :param quantity: in ``unit``; positive into stock, negative out of it.
    :param unit: the item's unit without one.
    :param location: code of a location; the site's or company's default without one.
    :param lot, serials: which of them, where the item is told apart by lot or serial number.
    :param expires_on: of a lot that comes in: the last day on which it is good.
    :param reservation: key of the reservation that is shipped: exactly what was promised goes out.
    :param counter_purpose: what the other side of the value is for: ``"cogs"``, ``"grni"``, ``"wip"``, ``"opening"``.
    :param purpose: of the stock itself: one that falls back to inventory.
    :param dims, by, party: of the counter line of the voucher.
    :param opens, settles: open item of the counter line (of goods received and not invoiced: ``"po:7:1"``).
    :param cost: of receipts: the value of all of it; without one, who keeps stock says (last cost, standard).
    :param returns: key of the movement that this one takes back, at that one's cost of now; what that turns out to be later it follows.
        What goes back to its supplier he gives back the price of; the rest of its cost is a difference of prices.
    :param made_of: of receipts: keys of movements before it in the same call by which parts go out, each with the counter purpose
        ``"inventory"``: what they cost, now and later, this costs besides ``cost``.
    :param on: effective day; today without one.
    :param posting_date, if_closed: as of a voucher.
    :param source, text: as of a voucher.
    """

    key: str
    item: int
    quantity: Decimal
    unit: str | None = None
    location: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    expires_on: date | None = None
    reservation: str | None = None
    counter_purpose: str
    purpose: str = "inventory"
    dims: Mapping[str, str] = attrs.field(factory=dict)
    by: Mapping[str, str | int] = attrs.field(factory=dict)
    party: int | None = None
    opens: str | None = None
    settles: str | None = None
    cost: Money | None = None
    returns: str | None = None
    made_of: tuple[str, ...] = ()
    on: date | None = None
    posting_date: date | None = None
    if_closed: str = "refuse"
    source: Source | None = None
    text: str = ""


@attrs.frozen(kw_only=True)
class StockAnswer:
    """What a movement did.

    :param key: of the movement.
    :param cost: signed like the quantity: what the value of stock changed by, as posted now.
    :param moves: ids of the moves that were made.
    :param provisional: issued below zero: the cost will be settled by the next receipt.
    :param repeated: it had been made before; this is what it did then.
    """

    key: str
    cost: Money
    moves: tuple[int, ...] = ()
    provisional: bool = False
    repeated: bool = False
    findings: tuple[Finding, ...] = ()


@attrs.frozen(kw_only=True)
class SupplyRequest:
    """So much of an item is wanted at a place by a day: somebody may buy, make or move it.

    :param key: unique for ever, of the caller; the same again gives the first answer.
    :param item: id of the item.
    :param quantity: in ``unit``; more than zero.
    :param unit: the item's unit without one.
    :param location: code of the location where it is wanted; the default without one.
    :param due: the day on which it is wanted; as soon as possible without one.
    :param party: id of the customer for whom it is, where it is for one alone.
    :param source, text: what wants it, for people.
    """

    key: str
    item: int
    quantity: Decimal
    unit: str | None = None
    location: str | None = None
    due: date | None = None
    party: int | None = None
    source: Source | None = None
    text: str = ""


@attrs.frozen(kw_only=True)
class SupplyAnswer:
    """What will be done about a request.

    :param key: of the request.
    :param quantity: how much will come, in the unit of the request; zero where nobody supplies the item.
    :param due: the day on which all of it is there, where that is known.
    :param by: how: ``"purchase"``, ``"manufacture"``, ``"transfer"``.
    :param reference: what it is known by there: ``"PO-2026-00017"``.
    :param repeated: it had been asked for before; this is what was answered then.
    """

    key: str
    quantity: Decimal
    due: date | None = None
    by: str = ""
    reference: str = ""
    repeated: bool = False
    findings: tuple[Finding, ...] = ()


@hookspec(firstresult=True)
def bo_catalog_price(uow: UnitOfWork, requests: Sequence[PriceRequest]) -> Sequence[PriceAnswer | None] | None:
    """Port: say what items cost.

    Asked by ``bocore_catalog.price`` before the price lists are, with all requests at once.

    :param requests: what is asked.
    :returns: an answer for each request, in its place; None in a place leaves that one to the price lists.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_catalog_stock(uow: UnitOfWork, movements: Sequence[StockMovement]) -> Sequence[StockAnswer] | None:
    """Port: move stock, post its value, and say what it cost.

    Asked by whoever receives, sells or uses goods (a till, an invoice, a work order), inside its unit of work.

    :param movements: all that moves in this unit, in order.
    :returns: an answer for each movement, in its place.

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def bo_catalog_supply(uow: UnitOfWork, requests: Sequence[SupplyRequest]) -> Sequence[SupplyAnswer] | None:
    """Port: have goods bought, made or moved that are wanted.

    Asked by whoever runs short of goods (a reorder rule, an order, a work order), inside its unit of work.

    :param requests: what is wanted.
    :returns: an answer for each request, in its place.

    .. versionadded:: 0.1
    """
