"""Which of the prices that would do decides: the most specific one. Pure: plain data in, plain data out.

Each rule decides only where those above it don't:

1. a list for the customer's group before a list for everybody;
2. a list for the shop before a list for all shops;
3. the list whose days lie within the other's (a promotion within the year's list);
4. a price of the item before one of what it is a variant of, that before one of its category, a nearer category before a farther one;
5. the highest quantity from which it holds, as counted in the item's unit;
6. a price for the unit that is asked for, then for the item's own, then by the code of the unit;
7. the price whose days lie within the other's (a new price that began later, a week's offer within it).

There are no ties, since what would make one is refused when it is written: two lists of one company, currency, group and shop, or two
prices of one list, item or category, unit and quantity, may share days only where the days of one lie within those of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

import attrs

from bocore import UnitPrice
from bocore_catalog.days import Span, holds, narrowness


@attrs.frozen(kw_only=True)
class ListTerms:
    """Whom a price list is for, and when.

    :param group, site: ids; None for everybody, and everywhere.
    """

    id: int
    code: str
    currency: str
    tax_included: bool = False
    group: int | None = None
    site: int | None = None
    days: Span = (None, None)


@attrs.frozen(kw_only=True)
class Offer:
    """A price that may do.

    :param distance: 0 for a price of the item, 1 of what it is a variant of, 2 of its category, 3 of the one above it, and so on.
    :param from_quantity: from which it holds, in the item's unit.
    :param factor: one unit of the price in the item's unit.
    :param written: the quantity as the row has it, in the unit of the price.
    """

    row: int
    terms: ListTerms
    price: UnitPrice
    unit: str
    factor: Fraction = Fraction(1)
    distance: int = 0
    from_quantity: Fraction = Fraction(0)
    written: str = "0"
    days: Span = (None, None)


@attrs.frozen(kw_only=True)
class Wanted:
    """What a price must be for.

    :param quantity: in the item's unit; that of goods taken back counts like that of goods sold.
    :param unit: the one asked for.
    :param own: the item's own unit.
    """

    quantity: Fraction
    unit: str
    own: str
    day: date
    currency: str
    group: int | None = None
    site: int | None = None


Rank = tuple[bool, bool, tuple[int, int], int, Fraction, int, str, tuple[int, int]]


def applies(terms: ListTerms, wanted: Wanted) -> bool:
    """Whether a list is for this customer, shop, day and currency."""
    if terms.currency != wanted.currency or not holds(terms.days, wanted.day):
        return False
    return terms.group in (None, wanted.group) and terms.site in (None, wanted.site)


def ranked(offers: Iterable[Offer], wanted: Wanted) -> list[Offer]:
    """The offers that would do, the one that decides first."""
    fitting = [each for each in offers if applies(each.terms, wanted) and holds(each.days, wanted.day)]
    reached = [each for each in fitting if each.from_quantity <= abs(wanted.quantity)]
    return sorted(reached, key=lambda each: rank(each, wanted))


def rank(offer: Offer, wanted: Wanted) -> Rank:
    """A key that sorts the most specific first, by the rules above."""
    unit = 0 if offer.unit == wanted.unit else 1 if offer.unit == wanted.own else 2
    return (
        offer.terms.group is None,
        offer.terms.site is None,
        narrowness(offer.terms.days),
        offer.distance,
        -offer.from_quantity,
        unit,
        offer.unit,
        narrowness(offer.days),
    )
