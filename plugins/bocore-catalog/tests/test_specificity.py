"""Which price decides: rule by rule, and against an oracle that eliminates by hand."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import UnitPrice
from bocore_catalog.days import clashes, holds, narrowness
from bocore_catalog.specificity import ListTerms, Offer, Wanted, ranked

DAY = date(2026, 3, 10)
WANTED = Wanted(quantity=Fraction(24), unit="BOX", own="C62", day=DAY, currency="EUR", group=1, site=1)


def on_list(**terms):
    return ListTerms(**({"id": 1, "code": "L", "currency": "EUR"} | terms))


def offer(row, terms=None, **more):
    return Offer(**({"row": row, "terms": terms or on_list(), "price": UnitPrice("1", "EUR"), "unit": "C62"} | more))


MARCH = (date(2026, 3, 1), date(2026, 3, 31))
FROM_MARCH = (date(2026, 3, 1), None)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(offer(1, on_list(group=1)), offer(2, on_list(site=1)), id="group before shop"),
        pytest.param(offer(1, on_list(group=1, site=1)), offer(2, on_list(group=1)), id="and shop after group"),
        pytest.param(offer(1, on_list(site=1), distance=5), offer(2, on_list(days=MARCH)), id="shop before days and target"),
        pytest.param(offer(1, on_list(days=MARCH), distance=5), offer(2, on_list()), id="a promotion's list before the item"),
        pytest.param(offer(1, on_list(days=MARCH)), offer(2, on_list(days=FROM_MARCH)), id="the narrower list"),
        pytest.param(offer(1), offer(2, distance=1, from_quantity=Fraction(20)), id="the item before its model, whatever the quantity"),
        pytest.param(offer(1, distance=1), offer(2, distance=2), id="the model before its category"),
        pytest.param(offer(1, distance=2), offer(2, distance=3), id="the nearer category"),
        pytest.param(offer(1, from_quantity=Fraction(20)), offer(2, unit="BOX", days=MARCH), id="the quantity before the unit"),
        pytest.param(offer(1, unit="BOX"), offer(2, days=MARCH), id="the unit asked for before the item's own, and before days"),
        pytest.param(offer(1), offer(2, unit="AAA"), id="the item's own unit before others"),
        pytest.param(offer(1, unit="AAA"), offer(2, unit="AAB"), id="others by their code"),
        pytest.param(offer(1, days=MARCH), offer(2, days=FROM_MARCH), id="the narrower days"),
        pytest.param(offer(1, days=FROM_MARCH), offer(2), id="what began later"),
    ],
)
def test_the_first_is_more_specific(first, second):
    assert [each.row for each in ranked([second, first], WANTED)] == [1, 2]


@pytest.mark.parametrize(
    "not_fitting",
    [
        offer(1, on_list(group=2)),
        offer(1, on_list(site=2)),
        offer(1, on_list(currency="USD")),
        offer(1, on_list(days=(date(2026, 3, 11), None))),
        offer(1, days=(None, date(2026, 3, 9))),
        offer(1, from_quantity=Fraction(25)),
    ],
    ids=["group", "shop", "currency", "the list's days", "the price's days", "quantity"],
)
def test_what_does_not_fit_is_no_offer(not_fitting):
    assert ranked([not_fitting], WANTED) == []


def test_goods_that_come_back_have_the_price_of_their_quantity():
    back = Wanted(quantity=Fraction(-24), unit="C62", own="C62", day=DAY, currency="EUR")
    assert [each.row for each in ranked([offer(1), offer(2, from_quantity=Fraction(24))], back)] == [2, 1]


days = st.none() | st.integers(0, 6).map(lambda n: DAY + timedelta(days=n - 3))
spans = st.tuples(days, days).filter(lambda span: None in span or span[0] <= span[1])


def within(one, other):
    """Whether the first span lies within the second."""
    return (other[0] is None or (one[0] is not None and one[0] >= other[0])) and (
        other[1] is None or (one[1] is not None and one[1] <= other[1])
    )


def unclear(one, other):
    apart = any(a is not None and b is not None and a > b for a, b in ((one[0], other[1]), (other[0], one[1])))
    return not apart and (one == other or not (within(one, other) or within(other, one)))


@given(st.lists(spans, max_size=6))
def test_a_clash_is_found_just_where_two_spans_have_neither_within_the_other(found):
    expected = any(unclear(one, other) for at, one in enumerate(found) for other in found[:at])
    assert bool(list(clashes((span, place) for place, span in enumerate(found)))) is expected
    for one, other in clashes((span, place) for place, span in enumerate(found)):
        assert unclear(found[one], found[other])


@given(st.lists(spans, min_size=1, max_size=6, unique=True))
def test_on_each_day_the_narrowest_of_spans_without_clashes_lies_within_all_others(found):
    if list(clashes((span, span) for span in found)):
        return
    for day in (DAY + timedelta(days=n) for n in range(-4, 5)):
        there = sorted((span for span in found if holds(span, day)), key=narrowness)
        assert all(within(there[0], other) for other in there)


def oracle(offers, wanted):
    """The most specific offer by elimination: of each rule in turn, those that fulfil it stay where there are any."""
    left = [
        o
        for o in offers
        if o.terms.currency == wanted.currency
        and o.terms.group in (None, wanted.group)
        and o.terms.site in (None, wanted.site)
        and holds(o.terms.days, wanted.day)
        and holds(o.days, wanted.day)
        and o.from_quantity <= abs(wanted.quantity)
    ]
    if not left:
        return None

    def keep(condition):
        nonlocal left
        left = [o for o in left if condition(o)] or left

    keep(lambda o: o.terms.group is not None)
    keep(lambda o: o.terms.site is not None)
    keep(lambda o: all(within(o.terms.days, other.terms.days) for other in left))
    nearest = min(o.distance for o in left)
    keep(lambda o: o.distance == nearest)
    highest = max(o.from_quantity for o in left)
    keep(lambda o: o.from_quantity == highest)
    keep(lambda o: o.unit == wanted.unit)
    keep(lambda o: o.unit == wanted.own)
    first = min(o.unit for o in left)
    keep(lambda o: o.unit == first)
    keep(lambda o: all(within(o.days, other.days) for other in left))
    assert len(left) == 1, "no ties"
    return left[0]


def without_clashes(rows, key, span):
    """Those of the rows, in their order, that don't clash with one before."""
    kept = {}
    for row in rows:
        mates = kept.setdefault(key(row), [])
        if not any(unclear(span(row), span(mate)) for mate in mates):
            mates.append(row)
    return [row for mates in kept.values() for row in mates]


some_lists = st.lists(
    st.builds(
        ListTerms,
        id=st.just(0),
        code=st.text("ABC", min_size=1, max_size=4),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
        group=st.sampled_from([None, 1, 2]),
        site=st.sampled_from([None, 1, 2]),
        days=spans,
    ),
    max_size=8,
).map(lambda lists: without_clashes(lists, lambda each: (each.currency, each.group, each.site), lambda each: each.days))


@st.composite
def priced(draw):
    offers = []
    for number, terms in enumerate(draw(some_lists)):
        rows = draw(
            st.lists(
                st.tuples(st.integers(0, 3), st.sampled_from(["C62", "BOX", "PAL"]), st.sampled_from([0, 1, 5, 12, 24]), spans), max_size=6
            )
        )
        terms = ListTerms(id=number, code=terms.code, currency=terms.currency, group=terms.group, site=terms.site, days=terms.days)
        for distance, unit, quantity, span in without_clashes(rows, lambda row: row[:3], lambda row: row[3]):
            offers.append(offer(len(offers), terms, distance=distance, unit=unit, from_quantity=Fraction(quantity), days=span))
    return draw(st.permutations(offers))


@given(
    priced(), st.sampled_from([0, 1, 6, 30, -12]), st.sampled_from(["C62", "BOX"]), st.sampled_from([None, 1]), st.sampled_from([None, 1])
)
def test_the_most_specific_is_what_elimination_leaves(offers, quantity, unit, group, site):
    wanted = Wanted(quantity=Fraction(quantity), unit=unit, own="C62", day=DAY, currency="EUR", group=group, site=site)
    found = ranked(offers, wanted)
    assert (found[0] if found else None) is oracle(offers, wanted)
