"""What items cost: a plugin that knows better is asked first, then the price lists, in a few queries however many requests there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import attrs

from bocore import Finding, PluginError, Refused, Site, UnitOfWork, batched
from bocore_catalog.conversion import UnitTable, exactly, in_base, items_of, unit_tables
from bocore_catalog.days import said
from bocore_catalog.model import CatalogCustomer, Category, CustomerGroup, Item, Price, PriceList
from bocore_catalog.specificity import ListTerms, Offer, Wanted, ranked
from bocore_catalog.specs import PriceAnswer, PriceRequest

CHUNK = 5000
"""Items whose prices are read by one query."""


def price(uow: UnitOfWork, requests: Sequence[PriceRequest]) -> list[PriceAnswer]:
    """What each request costs, in its place: ``bo_catalog_price`` is asked first, then the price lists of the company.

    Where there is no price, or the unit does not convert, the answer's ``price`` is None and its ``findings`` say why. Needs
    ``catalog.read``, which a service lends itself by ``runs_with``.

    :raises Refused: an item, group or shop does not exist (``catalog.no_item``, ``catalog.no_group``, ``catalog.no_site``).
    """
    if not requests:
        return []
    answers = uow.hook.bo_catalog_price(uow=uow, requests=requests)
    known: list[PriceAnswer | None] = [None] * len(requests) if answers is None else list(answers)
    if len(known) != len(requests):
        said = f"bo_catalog_price answered {len(known)} of {len(requests)} requests."
        raise PluginError(said, fix="Answer each request in its place: with None where the price lists are to say.")
    rest = [place for place, answer in enumerate(known) if answer is None]
    asked = Asked.of(uow, [requests[place] for place in rest])
    for at, place in enumerate(rest):
        known[place] = asked.answer(at)
    return [answer for answer in known if answer is not None]


@attrs.frozen
class Asked:
    """Requests, and all that was read to answer them."""

    requests: Sequence[PriceRequest]
    items: Sequence[Item]
    tables: Mapping[int, UnitTable]
    wanted: Sequence[Wanted | None]
    targets: Sequence[Sequence[tuple[str, int]]]
    """Of each request: what a price may be of, nearest first: the item, what it is a variant of, its categories."""
    rows: Mapping[tuple[str, int], Sequence[Price]]
    lists: Mapping[int, ListTerms]

    @classmethod
    def of(cls, uow: UnitOfWork, requests: Sequence[PriceRequest]) -> Asked:
        """Read what these requests need."""
        items = items_of(uow, [request.item for request in requests])
        tables = unit_tables(uow, items)
        groups, sites = _groups(uow, requests), _sites(uow, requests)
        wanted = [_wanted(uow, r, item, tables[item.id], groups, sites) for r, item in zip(requests, items, strict=True)]
        above = dict(_parents(uow)) if any(item.category_id for item in items) else {}
        targets = [_targets(item, above) for item in items]
        lists = {each.id: terms_of(each) for each in uow.select(PriceList, company_id=uow.company.id)}
        return cls(requests, items, tables, wanted, targets, _rows(uow, lists, {t for each in targets for t in each}), lists)

    def offers(self, place: int) -> list[Offer]:
        """The prices that would do, the one that decides first."""
        wanted, table = self.wanted[place], self.tables[self.items[place].id]
        if wanted is None:
            return []
        return ranked((offer for offer in self._offers(place, table)), wanted)

    def _offers(self, place: int, table: UnitTable) -> Iterable[Offer]:
        for distance, target in enumerate(self.targets[place]):
            for row in self.rows.get(target, ()):
                factor = table.factor(row.unit)
                if factor is not None:  # a price of a category may be for a unit that this item does not come in
                    yield offer_of(row, self.lists[row.list_id], factor, _distance(distance, target, self.items[place]))

    def answer(self, place: int) -> PriceAnswer:
        """What a request costs by the price lists."""
        request, item, wanted = self.requests[place], self.items[place], self.wanted[place]
        if wanted is None:
            return PriceAnswer(item=item.id, findings=tuple(_unit_findings(self.tables[item.id], item, request)))
        offers = self.offers(place)
        if not offers:
            return PriceAnswer(item=item.id, unit=wanted.unit, findings=(_no_price(item, wanted),))
        best = offers[0]
        quantity = wanted.quantity / best.factor
        return PriceAnswer(
            item=item.id,
            price=best.price,
            unit=best.unit,
            quantity=quantity,
            amount=best.price.times(quantity),
            tax_included=best.terms.tax_included,
            price_list=best.terms.code,
            row=best.row,
            why=why(best),
        )


def _distance(place: int, target: tuple[str, int], item: Item) -> int:
    """The item is 0, what it is a variant of 1; categories begin at 2 also where there is nothing that it is a variant of."""
    return place + 1 if target[0] == "category" and item.variant_of_id is None else place


def _targets(item: Item, above: Mapping[int, int | None]) -> list[tuple[str, int]]:
    found = [("item", item.id)]
    if item.variant_of_id is not None:
        found.append(("item", item.variant_of_id))
    category = item.category_id
    while category is not None:
        found.append(("category", category))
        category = above.get(category)
    return found


def _parents(uow: UnitOfWork) -> Iterable[tuple[int, int | None]]:
    return ((each.id, each.parent_id) for each in uow.select(Category))


def _rows(uow: UnitOfWork, lists: Mapping[int, ListTerms], targets: Iterable[tuple[str, int]]) -> dict[tuple[str, int], list[Price]]:
    """Target → its prices on these lists."""
    found: dict[tuple[str, int], list[Price]] = {}
    if not lists:
        return found
    for part in batched(sorted(ident for kind, ident in targets if kind == "item"), CHUNK):
        for row in uow.select(Price, list_id=list(lists), item_id=part):
            found.setdefault(("item", row.item_id or 0), []).append(row)
    for part in batched(sorted(ident for kind, ident in targets if kind == "category"), CHUNK):
        for row in uow.select(Price, list_id=list(lists), category_id=part):
            found.setdefault(("category", row.category_id or 0), []).append(row)
    return found


def terms_of(row: PriceList) -> ListTerms:
    """Whom a price list is for, as plain data."""
    return ListTerms(
        id=row.id,
        code=row.code,
        currency=row.currency,
        tax_included=row.tax_included,
        group=row.group_id,
        site=row.site_id,
        days=(row.since, row.through),
    )


def offer_of(row: Price, terms: ListTerms, factor: Fraction, distance: int) -> Offer:
    """A row of a price list, as plain data."""
    return Offer(
        row=row.id,
        terms=terms,
        price=row.price,
        unit=row.unit,
        factor=factor,
        distance=distance,
        from_quantity=Fraction(row.from_quantity) * factor,
        written=f"{row.from_quantity.normalize():f}",
        days=(row.since, row.through),
    )


# ---------------------------------------------------------------- who asks, and where


def _wanted(
    uow: UnitOfWork, request: PriceRequest, item: Item, table: UnitTable, groups: Mapping[object, int], sites: Mapping[str, int]
) -> Wanted | None:
    """What is wanted; None where the unit does not convert."""
    unit = request.unit or item.unit
    factor = table.factor(unit)
    if factor is None:
        return None
    return Wanted(
        quantity=exactly(request.quantity) * factor,
        unit=unit,
        own=item.unit,
        day=request.on or uow.today(),
        currency=request.currency or uow.company.currency,
        group=groups.get(request.group) if request.group else groups.get(request.party),
        site=sites[request.site] if request.site else None,
    )


def _groups(uow: UnitOfWork, requests: Sequence[PriceRequest]) -> dict[object, int]:
    """Code of a group → its id, and id of a party → the id of its group."""
    found: dict[object, int] = {}
    asked = {request.group for request in requests if request.group}
    if asked:
        found.update({code: group.id for code, group in uow.find_all(CustomerGroup, code=asked).items()})
        fix = "bo report customer-groups lists them; bo catalog add-customer-group makes one."
        missing = sorted(code for code in asked if code not in found)
        uow.refuse(*(Finding("catalog.no_group", f"There is no customer group {c!r}.", f"group {c}", fix=fix) for c in missing))
    parties = {request.party for request in requests if request.party and not request.group}
    customers = uow.get_all(CatalogCustomer, parties) if parties else {}
    found.update({ident: each.group_id for ident, each in customers.items() if each.group_id is not None})
    return found


def _sites(uow: UnitOfWork, requests: Sequence[PriceRequest]) -> dict[str, int]:
    asked = sorted({request.site for request in requests if request.site})
    if not asked:
        return {}
    found = {site.code: site.id for site in uow.select(Site, company_id=uow.company.id, code=asked)}
    fix = "Give the code of a site of the company."
    uow.refuse(*(Finding("catalog.no_site", f"There is no site {c!r}.", f"site {c}", fix=fix) for c in asked if c not in found))
    return found


# ---------------------------------------------------------------- in words


def why(offer: Offer) -> str:
    """What made this offer the most specific, for people: ``price of the item on TRADE (for the customer's group), from 10 BOX on``."""
    of = {0: "the item", 1: "what it is a variant of", 2: "its category"}.get(offer.distance, "a category above its own")
    terms = [
        "for the customer's group" if offer.terms.group is not None else "",
        "for this shop" if offer.terms.site is not None else "",
        said(offer.terms.days) if offer.terms.days != (None, None) else "",
    ]
    parts = [
        f"price of {of} on {offer.terms.code} ({', '.join(filter(None, terms)) or 'for everybody'})",
        f"from {offer.written} {offer.unit} on" if offer.from_quantity else "",
        said(offer.days) if offer.days != (None, None) else "",
    ]
    return ", ".join(filter(None, parts))


def _unit_findings(table: UnitTable, item: Item, request: PriceRequest) -> list[Finding]:
    try:
        in_base(table, item, request.quantity, request.unit)
    except Refused as refused:
        return list(refused.findings)
    return []


def _no_price(item: Item, wanted: Wanted) -> Finding:
    said = f"{item.code} ({item.name}) has no price in {wanted.currency} on {wanted.day} for what was asked."
    return Finding("catalog.no_price", said, item, fix=f"Set one: bo catalog set-price LIST {item.code} PRICE.")
