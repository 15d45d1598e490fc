"""What people do with prices: customer groups, price lists, and what stands on them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from bocore import Finding, Party, Refused, Site, UnitOfWork, UnitPrice, service
from bocore_catalog.model import CatalogCustomer, Category, CustomerGroup, Item, Price, PriceList
from bocore_catalog.rights import PRICES, READ

DAY = timedelta(days=1)
LENT = [READ, "bo.read"]
"""Who sets prices names items and customers; the services see them for him."""


@service(PRICES)
def add_customer_group(uow: UnitOfWork, code: str, name: str) -> CustomerGroup:
    """Add a group of customers that has prices of its own."""
    return uow.add(CustomerGroup(code=code, name=name))


@service(PRICES, runs_with=LENT)
def put_in_group(uow: UnitOfWork, customer: Party, *, group: CustomerGroup | None = None) -> CatalogCustomer:
    """Say to which group a customer belongs.

    :param customer: the party: code, name or id.
    :param group: its group from now on; none without one.
    """
    found = uow.extension(customer, CatalogCustomer) or uow.add(CatalogCustomer(), extends=customer)
    found.group_id = group.id if group else None
    return found


@service(PRICES, runs_with=LENT)
def add_price_list(
    uow: UnitOfWork,
    code: str,
    name: str,
    *,
    currency: str = "",
    tax_included: bool = False,
    group: CustomerGroup | None = None,
    site: Site | None = None,
    since: date | None = None,
    through: date | None = None,
) -> PriceList:
    """Add a price list of the company.

    :param currency: of its prices; the company's without one.
    :param tax_included: whether its prices have tax in them.
    :param group: the customers that it is for; everybody without one.
    :param site: the shop that it is for; all of them without one.
    :param since: the first day on which it holds; always without one.
    :param through: the last day on which it holds.
    """
    return uow.add(
        PriceList(
            code=code,
            name=name,
            currency=currency or uow.company.currency,
            tax_included=tax_included,
            group_id=group.id if group else None,
            site_id=site.id if site else None,
            since=since,
            through=through,
        )
    )


@service(PRICES)
def close_price_list(uow: UnitOfWork, price_list: PriceList, on: date) -> None:
    """Let a price list hold no more from a day on.

    :param on: the first day without it.
    """
    uow.refuse(*_ended(price_list, on, price_list.code))
    price_list.through = on - DAY


@service(PRICES, runs_with=LENT)
def set_price(
    uow: UnitOfWork,
    price_list: PriceList,
    item: Item,
    price: UnitPrice,
    *,
    unit: str = "",
    from_quantity: Decimal = Decimal(0),
    since: date | None = None,
    through: date | None = None,
) -> Price:
    """Set what an item costs on a price list; the price from before ends where this one begins.

    :param price: for one unit, such as "12.50 EUR".
    :param unit: the unit that it is for; the item's own without one.
    :param from_quantity: it holds from so many of the unit on.
    :param since: the first day; without one today, or always where the list has no such price yet.
    :param through: the last day, of an offer within which the price from before waits.
    """
    return _set(uow, price_list, price, unit or item.unit, from_quantity, since, through, item_id=item.id)


@service(PRICES, runs_with=LENT)
def set_category_price(
    uow: UnitOfWork,
    price_list: PriceList,
    category: Category,
    price: UnitPrice,
    unit: str,
    *,
    from_quantity: Decimal = Decimal(0),
    since: date | None = None,
    through: date | None = None,
) -> Price:
    """Set what everything in a category, and in those under it, costs on a price list, where the item has no price of its own there.

    :param price: for one unit, such as "12.50 EUR".
    :param unit: the unit that it is for; items that don't come in it have no price by it.
    :param from_quantity: it holds from so many of the unit on.
    :param since: the first day; without one today, or always where the list has no such price yet.
    :param through: the last day, of an offer within which the price from before waits.
    """
    return _set(uow, price_list, price, unit, from_quantity, since, through, category_id=category.id)


@service(PRICES, runs_with=LENT)
def close_price(uow: UnitOfWork, price_list: PriceList, item: Item, on: date, *, unit: str = "") -> int:
    """Let the prices of an item on a list hold no more from a day on; returns how many.

    :param on: the first day without them; those that would begin later are taken off the list.
    :param unit: only those for this unit.
    """
    return _close(uow, item.code, [row for row in uow.select(Price, list_id=price_list.id, item_id=item.id) if unit in ("", row.unit)], on)


@service(PRICES, runs_with=LENT)
def close_category_price(uow: UnitOfWork, price_list: PriceList, category: Category, on: date, *, unit: str = "") -> int:
    """Let the prices of a category on a list hold no more from a day on; returns how many.

    :param on: the first day without them; those that would begin later are taken off the list.
    :param unit: only those for this unit.
    """
    rows = uow.select(Price, list_id=price_list.id, category_id=category.id)
    return _close(uow, category.code, [row for row in rows if unit in ("", row.unit)], on)


def _set(
    uow: UnitOfWork,
    price_list: PriceList,
    price: UnitPrice,
    unit: str,
    from_quantity: Decimal,
    since: date | None,
    through: date | None,
    **target: int,
) -> Price:
    rows = [row for row in uow.select(Price, list_id=price_list.id, unit=unit, **target) if row.from_quantity == from_quantity]
    if since is None and through is None and rows:
        since = uow.today()
    for row in rows:
        if (row.since, row.through) == (since, through):
            row.price = price
            return row
    for row in rows:
        if through is None and row.through is None and since is not None and (row.since or date.min) < since:
            row.through = since - DAY
    made = Price(list_id=price_list.id, unit=unit, from_quantity=from_quantity, price=price, since=since, through=through, **target)
    return uow.add(made)


def _close(uow: UnitOfWork, code: str, rows: list[Price], on: date) -> int:
    left = [row for row in rows if row.through is None or row.through >= on]
    if not left:
        said = f"{code} has no price on the list that holds on {on} or later."
        raise Refused([Finding("catalog.no_such_price", said, f"price of {code}", fix="bo report price-list shows what is on it.")])
    for row in left:
        if row.since is not None and row.since >= on:
            uow.remove(row)
        else:
            row.through = on - DAY
    return len(left)


def _ended(row: PriceList, on: date, code: str) -> list[Finding]:
    if row.since is not None and on <= row.since:
        said = f"{code} begins on {row.since}, so it can't end before {on}."
        return [Finding("catalog.ends_early", said, row, "through", "Give a later day.")]
    if row.through is not None and row.through < on:
        said = f"{code} ends on {row.through} already."
        return [Finding("catalog.ends_early", said, row, "through", "Give an earlier day, or leave it.")]
    return []
