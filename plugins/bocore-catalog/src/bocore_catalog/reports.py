"""What a business wants to know of its catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction

import attrs
import sqlalchemy as sa

from bocore import Drill, Finding, Headed, Money, Party, Refused, Site, UnitOfWork, UnitPrice, report
from bocore_catalog.asking import Asked, price, terms_of, why
from bocore_catalog.days import holds, narrowness, said
from bocore_catalog.model import CatalogCustomer, Category, CustomerGroup, Gtin, Item, ItemKind, ItemUnit, KitPart, Price, PriceList
from bocore_catalog.rights import READ
from bocore_catalog.specs import PriceRequest
from bocore_catalog.written import shown, write_factor, write_options

WHY = Drill("catalog.price", item="code")


@attrs.frozen
class ItemLine:
    """An item of the catalogue."""

    code: str = attrs.field(metadata={"drill": WHY})
    name: str
    kind: ItemKind
    unit: str
    category: str
    tax_class: str
    variant_of: str
    options: str
    tracking: str
    state: str
    packs: str = attrs.field(metadata={"doc": "units that it comes in besides its own, and how much of that they are"})
    barcodes: str


@report("catalog.items", permission=READ)
def items(uow: UnitOfWork, *, category: Category | None = None, kind: ItemKind | None = None, retired: bool = False) -> Iterator[ItemLine]:
    """List the items of the catalogue.

    :param category: only those in it and in what is under it.
    :param kind: only those of this kind.
    :param retired: also those that are retired.
    """
    categories = {each.id: each for each in uow.select(Category)}
    query = uow.select(Item).order_by(Item.c.code)
    query = query if kind is None else query.where(Item.c.kind == kind)
    query = query if retired else query.where(Item.c.state == "active")
    query = query if category is None else query.where(Item.c.category_id.in_(sorted(_under(category.id, categories.values()))))
    found = query.all()
    models = uow.get_all(Item, {item.variant_of_id for item in found if item.variant_of_id})
    units, gtins = uow.children(found, ItemUnit), uow.children(found, Gtin)
    for item in found:
        packs = [f"{each.unit}={write_factor(Fraction(each.numerator, each.denominator))}" for each in units[item.id]]
        yield ItemLine(
            item.code,
            item.name,
            item.kind,
            item.unit,
            categories[item.category_id].code if item.category_id else "",
            item.tax_class,
            models[item.variant_of_id].code if item.variant_of_id else "",
            write_options(item.options) if item.options else "",
            item.tracking,
            item.state,
            ", ".join(packs),
            ", ".join(sorted(each.code for each in gtins[item.id])),
        )


def _under(top: int, categories: Iterable[Category]) -> set[int]:
    below: dict[int | None, list[int]] = {}
    for each in categories:
        below.setdefault(each.parent_id, []).append(each.id)
    found, waiting = {top}, [top]
    while waiting:
        more = below.get(waiting.pop(), [])
        found.update(more)
        waiting += more
    return found


@attrs.frozen
class PartLine:
    """What is in one kit."""

    kit: str
    item: str = attrs.field(metadata={"drill": Drill("catalog.price", item="item")})
    name: str
    quantity: Decimal
    unit: str


@report("catalog.parts", permission=READ)
def parts(uow: UnitOfWork, *, kit: Item | None = None) -> Iterator[PartLine]:
    """List what is in the kits.

    :param kit: only this one.
    """
    rows = (uow.select(KitPart) if kit is None else uow.select(KitPart, kit_id=kit.id)).all()
    known = uow.get_all(Item, {ident for row in rows for ident in (row.kit_id, row.item_id)})
    for row in sorted(rows, key=lambda each: (known[each.kit_id].code, known[each.item_id].code)):
        item = known[row.item_id]
        yield PartLine(known[row.kit_id].code, item.code, item.name, shown(row.quantity), row.unit or item.unit)


@attrs.frozen
class GroupLine:
    """A group of customers."""

    code: str
    name: str
    customers: int
    price_lists: str


@report("catalog.customer-groups", permission=READ)
def customer_groups(uow: UnitOfWork) -> Iterator[GroupLine]:
    """List the groups of customers, with how many are in them and their price lists."""
    counted = sa.select(CatalogCustomer.c.group_id, sa.func.count(CatalogCustomer.c.id)).group_by(CatalogCustomer.c.group_id)
    members = {group: count for group, count in uow.rows(counted)}
    lists = uow.select(PriceList, company_id=uow.company.id).order_by(PriceList.c.code).all()
    for group in uow.select(CustomerGroup).order_by(CustomerGroup.c.code):
        mine = ", ".join(each.code for each in lists if each.group_id == group.id)
        yield GroupLine(group.code, group.name, members.get(group.id, 0), mine)


@attrs.frozen
class ListLine:
    """A price as it stands on a list."""

    price_list: str
    item: str = attrs.field(metadata={"drill": Drill("catalog.price", item="item")})
    category: str
    name: str
    unit: str
    from_quantity: Decimal
    price: UnitPrice
    since: date | None
    through: date | None


@report("catalog.price-list", permission=READ)
def price_list(uow: UnitOfWork, *, of: PriceList | None = None, as_of: date | None = None, every: bool = False) -> Iterable[ListLine]:
    """Show what stands on the price lists of the company as of a day.

    :param of: only this list.
    :param as_of: the day; today without one.
    :param every: also prices that an offer stands in for on that day, and those of other days.
    """
    day = as_of or uow.today()
    lists = {each.id: each for each in uow.select(PriceList, company_id=uow.company.id) if of in (None, each)}
    rows = uow.select(Price, list_id=list(lists)).all() if lists else []
    if not every:
        rows = _in_force([row for row in rows if holds((lists[row.list_id].since, lists[row.list_id].through), day)], day)
    return Headed(_list_lines(uow, rows, lists), through=day)


def _in_force(rows: Iterable[Price], day: date) -> list[Price]:
    """Of each sort of price the one that holds: the narrowest of those that do."""
    found: dict[tuple[object, ...], Price] = {}
    for row in sorted(
        (row for row in rows if holds((row.since, row.through), day)), key=lambda each: narrowness((each.since, each.through))
    ):
        found.setdefault((row.list_id, row.item_id, row.category_id, row.unit, row.from_quantity), row)
    return list(found.values())


def _list_lines(uow: UnitOfWork, rows: list[Price], lists: dict[int, PriceList]) -> Iterator[ListLine]:
    known = uow.get_all(Item, {row.item_id for row in rows if row.item_id})
    categories = uow.get_all(Category, {row.category_id for row in rows if row.category_id})
    lines = []
    for row in rows:
        item, category = known.get(row.item_id or 0), categories.get(row.category_id or 0)
        named = item or category
        code, name = lists[row.list_id].code, named.name if named else ""
        of = item.code if item else "", category.code if category else ""
        lines.append(ListLine(code, *of, name, row.unit, shown(row.from_quantity), row.price, row.since, row.through))
    yield from sorted(
        lines, key=lambda each: (each.price_list, each.category, each.item, each.unit, each.from_quantity, str(each.since or ""))
    )


@attrs.frozen
class WhyLine:
    """A price that would do, the one that decides first."""

    rank: int
    price: UnitPrice | None
    unit: str
    quantity: str = attrs.field(metadata={"doc": "what is asked for, in the unit of the price"})
    amount: Money | None
    tax_included: bool
    price_list: str
    why: str


@report("catalog.price", permission=READ, runs_with=["bo.read"])
def why_price(
    uow: UnitOfWork,
    *,
    item: Item | None = None,
    quantity: Decimal = Decimal(1),
    unit: str | None = None,
    customer: Party | None = None,
    group: CustomerGroup | None = None,
    site: Site | None = None,
    on: date | None = None,
    currency: str | None = None,
) -> Iterator[WhyLine]:
    """Say what an item costs, and why: the price that decides, and those that would do without it, the most specific first.

    :param item: its code.
    :param quantity: how much of it.
    :param unit: the unit of the quantity; the item's own without one.
    :param customer: whose group counts.
    :param group: a customer group, in place of a customer.
    :param site: the shop.
    :param on: the day; today without one.
    :param currency: of the price; the company's without one.
    """
    if item is None:
        return
    request = PriceRequest(
        item=item.id,
        quantity=quantity,
        unit=unit,
        party=customer.id if customer else None,
        group=group.code if group else None,
        site=site.code if site else None,
        on=on,
        currency=currency,
    )
    (answer,) = price(uow, [request])
    if answer.price is None:
        uow.refuse(*answer.findings)
        raise Refused([_unanswered(item)])
    asked = Asked.of(uow, [request])
    offers = asked.offers(0)
    if not offers or offers[0].row != answer.row:  # a plugin knew better
        yield WhyLine(1, answer.price, answer.unit, str(answer.quantity), answer.amount, answer.tax_included, answer.price_list, answer.why)
    begin = 1 if offers and offers[0].row == answer.row else 2
    wanted = asked.wanted[0]
    for rank, offer in enumerate(offers, begin):
        amount = wanted.quantity / offer.factor if wanted else Fraction(0)
        costs, terms = offer.price.times(amount), offer.terms
        yield WhyLine(rank, offer.price, offer.unit, str(amount), costs, terms.tax_included, terms.code, why(offer))


def _unanswered(item: Item) -> Finding:
    said = f"{item.code} has no price, and who was asked does not say why."
    return Finding("catalog.no_price", said, item, fix="Ask the plugin that answers bo_catalog_price: bo plugin why bo_catalog_price.")


@attrs.frozen
class ListOverview:
    """A price list of the company."""

    code: str
    name: str
    currency: str
    tax_included: bool
    group: str
    site: str
    days: str
    prices: int


@report("catalog.price-lists", permission=READ)
def price_lists(uow: UnitOfWork) -> Iterator[ListOverview]:
    """List the price lists of the company: whom they are for, and when."""
    counted = sa.select(Price.c.list_id, sa.func.count(Price.c.id)).group_by(Price.c.list_id)
    counts = {ident: count for ident, count in uow.rows(counted)}
    rows = uow.select(PriceList, company_id=uow.company.id).order_by(PriceList.c.code).all()
    groups = uow.get_all(CustomerGroup, {row.group_id for row in rows if row.group_id})
    sites = uow.get_all(Site, {row.site_id for row in rows if row.site_id})
    for row in rows:
        group, site = groups.get(row.group_id or 0), sites.get(row.site_id or 0)
        names = group.code if group else "", site.code if site else ""
        days = said(terms_of(row).days)
        yield ListOverview(row.code, row.name, row.currency, row.tax_included, *names, days, counts.get(row.id, 0))


@attrs.frozen
class Catalogue:
    """The catalogue today."""

    active: int
    without_price: int = attrs.field(
        metadata={"doc": "active items that have no price of their own, of what they are a variant of, or of a category"}
    )
    without_barcode: int = attrs.field(metadata={"doc": "active goods without a barcode, kits and models of variants apart"})


@report("catalog.catalogue", permission=READ, kpi=True)
def catalogue(uow: UnitOfWork) -> Iterator[Catalogue]:
    """Count the items that are sold, and those that a till could not sell."""
    active = sa.select(Item.c.id, Item.c.variant_of_id, Item.c.category_id, Item.c.kind).where(Item.c.state == "active")
    rows = uow.rows(active)
    models = {row.variant_of_id for row in rows}
    labelled = {ident for (ident,) in uow.rows(sa.select(Gtin.c.item_id).distinct())}
    priced, tree = _priced_today(uow), {each.id: each.parent_id for each in uow.select(Category)}
    goods = [row for row in rows if row.kind == ItemKind.GOODS and row.id not in models]
    unpriced = [row for row in rows if row.id not in models and priced.isdisjoint(_targets(row, tree))]
    yield Catalogue(len(rows), len(unpriced), sum(row.id not in labelled for row in goods))


def _priced_today(uow: UnitOfWork) -> set[tuple[str, int]]:
    """Items and categories for which a list of the company has a price today."""
    day = uow.today()
    lists = [each.id for each in uow.select(PriceList, company_id=uow.company.id) if holds((each.since, each.through), day)]
    begun = sa.or_(Price.c.since.is_(None), Price.c.since <= day)
    going_on = sa.or_(Price.c.through.is_(None), Price.c.through >= day)
    rows = uow.rows(sa.select(Price.c.item_id, Price.c.category_id).where(Price.c.list_id.in_(lists), begun, going_on).distinct())
    return {("item", item) if item else ("category", category) for item, category in rows}


def _targets(row: sa.Row[tuple[int, int | None, int | None, ItemKind]], tree: dict[int, int | None]) -> Iterator[tuple[str, int]]:
    yield "item", row.id
    if row.variant_of_id:
        yield "item", row.variant_of_id
    category = row.category_id
    while category is not None:
        yield "category", category
        category = tree.get(category)
