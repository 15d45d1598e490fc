"""What comes back follows the cost of what went out: whatever that turns out to be, stock and the cost of sales are both right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trade import balance, books, check, eur, make, movement

from bocore import BackOffice, Money, Refused, UnitPrice, lock_period
from bocore.testing import behind, posted
from bocore_catalog import Item
from bocore_inventory import BelowZero, Entry, EntryKind, Method, Move, Pool, booking, correct, correct_cost, land_cost, set_costing, stock
from bocore_inventory.checking import check as check_all
from bocore_inventory.checking import rebuild
from bocore_inventory.following import share
from bocore_inventory.places import locations

JAN, FEB, MAR = date(2026, 1, 5), date(2026, 2, 5), date(2026, 3, 5)


def freight(bo: BackOffice, amount: str, *keys: str, **more: Any) -> Money:
    """A cost that comes after the goods."""
    with bo.unit_of_work(actor="ann") as uow:
        return land_cost(uow, eur(amount), [uow.find(Move, key=key) for key in keys], purpose="clearing", **more)


def below_zero(bo: BackOffice) -> None:
    """Let stock fall below zero."""
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW


# -- returns


@pytest.mark.parametrize("method", [Method.FIFO, Method.AVERAGE, Method.LIFO])
def test_freight_reaches_what_came_back(bo: BackOffice, nail: int, method: Method) -> None:
    """Twenty at 30.00; ten are sold and four of them come back. Freight of 200.00 makes each 40.00, wherever it has been."""
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), method)
    make(bo, movement(nail, 20, JAN, "in", cost=eur("600.00")), movement(nail, -10, JAN, "out"))
    make(bo, movement(nail, 4, FEB, "back", returns="out", counter_purpose="cogs"))
    assert books(bo, "inventory", "cogs") == ["420.00", "180.00"]
    assert freight(bo, "200.00", "in") == eur("140.00")
    assert books(bo, "inventory", "cogs", "clearing") == ["560.00", "240.00", "-200.00"]


def test_at_a_standard_cost_nothing_follows_what_comes_back(bo: BackOffice, nail: int) -> None:
    """It comes back at the standard that it went out by, and stays there whatever the issue has really cost."""
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), Method.STANDARD, standard=UnitPrice("30.00", "EUR"))
    make(bo, movement(nail, 20, JAN, "in", cost=eur("600.00")), movement(nail, -10, JAN, "out"))
    make(bo, movement(nail, 4, FEB, "back", returns="out", counter_purpose="cogs"))
    assert books(bo, "inventory", "cogs") == ["420.00", "180.00"]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert not uow.select(Pool).one().followed
    freight(bo, "200.00", "in")  # is a variance, and none of it is stock
    assert books(bo, "inventory", "clearing") == ["420.00", "-200.00"]


@pytest.mark.parametrize("method", [Method.FIFO, Method.AVERAGE, Method.LIFO, Method.STANDARD])
def test_a_price_is_what_it_was_set_to_last_and_freight_stays(bo: BackOffice, nail: int, method: Method) -> None:
    """Twenty at 30.00 were 35.00, no, 40.00; freight of 200.00 is no part of the price, and half of all was never sent."""
    with bo.unit_of_work(actor="ann") as uow:
        set_costing(uow, uow.get(Item, nail), method, standard=UnitPrice("30.00", "EUR") if method is Method.STANDARD else None)
    make(bo, movement(nail, 20, JAN, "in", cost=eur("610.00")))
    for cost in ("700.00", "800.00"):
        with bo.unit_of_work(actor="ann") as uow:
            correct_cost(uow, uow.find(Move, key="in"), eur(cost))
        assert books(bo, "grni") == [f"-{cost}"]
    freight(bo, "200.00", "in")
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="in"), Decimal(10))
    stock_now = "300.00" if method is Method.STANDARD else "500.00"
    assert books(bo, "inventory", "grni") == [stock_now, "-400.00"]
    with bo.unit_of_work(actor="ann") as uow:
        correct_cost(uow, uow.find(Move, key="in"), eur("420.00"))
    assert books(bo, "inventory", "grni") == [stock_now if method is Method.STANDARD else "520.00", "-420.00"]


def test_a_receipt_amended_after_its_freight_takes_more_freight(bo: BackOffice, nail: int) -> None:
    """What was taken back took its share of the freight with it; what the goods themselves cost is still above zero."""
    make(bo, movement(nail, 2, JAN, "in", cost=eur("0.37")), movement(nail, 2, JAN, "other", cost=eur("0.74")))
    freight(bo, "1.11", "in")
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="in"), Decimal(1))
    freight(bo, "0.92", "in", "other")  # 0.185 and 0.74: a fifth, and the rest
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        costs = uow.select(Entry, kind=EntryKind.COST).order_by(Entry.c.id)
        assert [row.amount for row in costs] == [eur("1.11"), eur("0.18"), eur("0.74")]


def test_a_price_that_was_wrong_follows_a_piece_to_and_fro(bo: BackOffice, nail: int) -> None:
    """Each time it goes out and comes back at what it really cost, though that was known only after all of it."""
    make(bo, movement(nail, 1, JAN, "in", cost=eur("10.00")))
    for day in range(5):
        on = FEB + timedelta(days=day)
        make(bo, movement(nail, -1, on, f"out{day}"))
        make(bo, movement(nail, 1, on, f"back{day}", returns=f"out{day}", counter_purpose="cogs"))
    make(bo, movement(nail, -1, MAR, "sold"))
    with bo.unit_of_work(actor="ann") as uow:
        assert correct_cost(uow, uow.find(Move, key="in"), eur("12.50")) == eur("0.00")
    assert books(bo, "inventory", "cogs") == ["0.00", "12.50"]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        costs = uow.select(Entry, kind=EntryKind.COST).order_by(Entry.c.place)
        assert [(row.place_on, row.amount) for row in costs] == [
            (JAN, eur("2.50")),
            *((FEB + timedelta(days=n), eur("2.50")) for n in range(5)),
        ]


def test_what_was_sold_short_and_came_back_is_worth_what_the_rest_was_covered_at(bo: BackOffice, nail: int) -> None:
    """Four sold at an estimate of 1.00, one came back at that; then ten come for 20.00. The one is worth 2.00 as well."""
    below_zero(bo)
    make(bo, movement(nail, 1, JAN, "first", cost=eur("1.00")), movement(nail, -1, JAN, "gone"))
    make(bo, movement(nail, -4, JAN, "out"))
    make(bo, movement(nail, 1, FEB, "back", returns="out", counter_purpose="cogs"))
    assert books(bo, "inventory", "cogs") == ["-3.00", "4.00"]
    make(bo, movement(nail, 10, MAR, "in", cost=eur("20.00")))
    assert books(bo, "inventory", "cogs") == ["14.00", "7.00"]  # seven at 2.00; and 1.00 and three at 2.00


def test_it_counts_in_the_first_open_month_with_the_delta_that_it_follows(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("100.00")), movement(nail, -5, JAN, "out", dims={"shop": "NORTH"}))
    make(bo, movement(nail, 2, FEB, "back", returns="out", counter_purpose="cogs", dims={"shop": "NORTH"}))
    with bo.unit_of_work(actor="ann") as uow:
        lock_period(uow, "ledger", date(2026, 2, 28))
    before = len(posted(bo))
    freight(bo, "50.00", "in", on=date(2026, 2, 10))
    corrections = posted(bo)[before:]
    assert {record.posting_date for record in corrections} == {date(2026, 3, 1)}
    assert books(bo, "inventory", "cogs") == ["105.00", "45.00"]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "cogs", shop="NORTH") == eur("45.00")
        rows = uow.select(Entry, kind=[EntryKind.COST, EntryKind.DELTA]).order_by(Entry.c.id)
        assert [(row.kind, row.month, row.amount) for row in rows] == [
            (EntryKind.COST, None, eur("50.00")),
            (EntryKind.DELTA, date(2026, 1, 1), eur("-25.00")),
            (EntryKind.COST, date(2026, 1, 1), eur("10.00")),
        ]


def test_a_return_that_is_corrected_takes_its_share_back(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("100.00")), movement(nail, -8, JAN, "out"))
    make(bo, movement(nail, 4, FEB, "back", returns="out", counter_purpose="cogs"))
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="back"), Decimal(1))
    assert books(bo, "inventory", "cogs") == ["30.00", "70.00"]
    freight(bo, "10.00", "in")
    assert books(bo, "inventory", "cogs") == ["33.00", "77.00"]
    with bo.unit_of_work(actor="ann") as uow:
        correct(uow, uow.find(Move, key="back"), Decimal(0))
    freight(bo, "10.00", "in")
    assert books(bo, "inventory", "cogs") == ["24.00", "96.00"]


def test_the_cost_of_a_return_can_be_set_and_follows_from_there(bo: BackOffice, nail: int) -> None:
    """It came back damaged: half of it is written off. What its issue costs more later, it does too."""
    make(bo, movement(nail, 10, JAN, "in", cost=eur("100.00")), movement(nail, -5, JAN, "out"))
    make(bo, movement(nail, 1, FEB, "back", returns="out", counter_purpose="cogs"))
    freight(bo, "10.00", "in")
    with bo.unit_of_work(actor="ann") as uow:
        correct_cost(uow, uow.find(Move, key="back"), eur("5.50"), purpose="inventory.adjustment")
    assert books(bo, "inventory", "cogs", "inventory.adjustment") == ["60.50", "49.50", "5.50"]
    freight(bo, "10.00", "in")
    assert books(bo, "inventory", "cogs", "inventory.adjustment") == ["66.50", "53.50", "5.50"]


def test_nothing_comes_back_before_it_went(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("100.00")), movement(nail, -5, FEB, "out"))
    with pytest.raises(Refused) as told, bo.unit_of_work(actor="ann") as uow:
        stock(uow, [movement(nail, 1, JAN, "back", returns="out", counter_purpose="cogs")])
    (found,) = told.value.findings
    assert (found.code, found.field) == ("inventory.returns", "on")
    assert found.message == "NAIL would come back on 2026-01-05, before it went out on 2026-02-05 by out."
    assert found.fix


def test_costs_that_go_round_end_with_a_warning(bo: BackOffice, nail: int) -> None:
    """All four that were sold short come back, with freight on them: they would cover themselves, each time at a higher cost."""
    below_zero(bo)
    make(bo, movement(nail, -4, JAN, "out"))
    make(bo, movement(nail, 4, FEB, "back", returns="out", counter_purpose="cogs"))
    with bo.unit_of_work(actor="ann") as uow:
        land_cost(uow, eur("4.00"), [uow.find(Move, key="back")], purpose="clearing")
        (warned,) = [found for found in uow.findings if found.code == "inventory.circle"]
    assert warned.message.startswith("The costs of 1 receipts follow from each other in a circle, among them back")
    assert warned.fix
    check(bo)  # the books have what stock is worth all the same


def test_what_nothing_follows_looks_for_nothing(bo: BackOffice, nail: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise AssertionError("looked for what follows")

    monkeypatch.setattr(booking, "due", fail)
    make(bo, movement(nail, 10, FEB, "in", cost=eur("100.00")), movement(nail, -5, FEB, "out"))
    freight(bo, "10.00", "in")
    make(bo, movement(nail, 1, JAN, "late", cost=eur("9.00")))
    make(bo, movement(nail, 1, MAR, "back", returns="out", counter_purpose="cogs"), movement(nail, -1, MAR, "again"))  # in order
    with pytest.raises(AssertionError, match="looked for"):
        freight(bo, "10.00", "in")


def test_what_does_not_follow_is_named(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, JAN, "in", cost=eur("100.00")), movement(nail, -5, JAN, "out"))
    make(bo, movement(nail, 1, FEB, "back", returns="out", counter_purpose="cogs"))
    with behind(bo) as db:
        db.execute("UPDATE inventory_follow SET value = value - 20000")
        db.execute("UPDATE inventory_pool SET followed = (1 = 0)")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = list(check_all(uow))
    assert {each.code for each in found} == {"inventory.derived", "inventory.follow"}
    assert "What came in by back is worth 10.00 EUR by the issue that it follows, and has 9.98 EUR of it." in [
        each.message for each in found
    ]
    with bo.unit_of_work(actor="ann") as uow:
        assert rebuild(uow) == 1
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [each.code for each in check_all(uow)] == ["inventory.follow"]
        assert uow.select(Pool).one().followed


# -- whatever is known when


def test_parts_that_follow_wholly_add_up_to_what_was_posted() -> None:
    assert share(300, [1_000_000, 2_000_000]) == [100, 200]
    assert share(0, [9_999, -9_999, 4]) == [0, 0, 0]  # less than a cent
    assert share(1, [9_999, 2]) == [1, 0]
    assert sum(share(-1, [12_000, 14_000])) == -1
    assert share(100, [2_000_000, -1_000_000]) == [200, -100]
    assert share(7, [0, 0]) == [4, 3]
    assert share(5, [30_000, 10_000], rounded=False) == [4, 1]


facts = st.lists(
    st.one_of(
        st.tuples(st.just("in"), st.integers(1, 20), st.integers(1, 500), st.integers(0, 90)),
        st.tuples(st.just("out"), st.integers(1, 9), st.just(0), st.integers(0, 90)),
        st.tuples(st.just("back"), st.integers(0, 30), st.integers(1, 3), st.integers(0, 40)),
        st.tuples(st.just("freight"), st.integers(0, 30), st.integers(1, 300), st.just(0)),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(method=st.sampled_from([Method.FIFO, Method.AVERAGE]), steps=facts)
def test_what_is_learned_late_ends_as_if_it_had_been_known_at_once(
    bo: BackOffice, method: Method, steps: Sequence[tuple[str, int, int, int]]
) -> None:
    """The same facts, once as they became known and once in the order in which they took place, with final costs."""
    with bo.unit_of_work(actor="ann") as uow:
        items = [uow.add(Item(code=f"{name}{uow.unit}", name=name)) for name in ("late", "known")]
        for item in items:
            set_costing(uow, item, method)
        late, known = (item.id for item in items)
    told: dict[str, list[Any]] = {}  # key → day, quantity, cost and what it takes back
    returned: dict[str, int] = {}
    make(bo, movement(late, 200, JAN, f"{late}.first", cost=eur("1000.00")))
    told["first"] = [JAN, 200, 100_000, None]
    for number, (what, size, more, day) in enumerate(steps):
        key, on = f"{what}{number}", JAN + timedelta(days=day)
        outs = [name for name, fact in told.items() if fact[1] < 0]
        ins = [name for name, fact in told.items() if fact[2]]
        if what == "in":
            told[key] = [on, size, more * 100 + 37, None]
            make(bo, movement(late, size, on, f"{late}.{key}", cost=Money.minor(told[key][2], "EUR")))
        elif what == "out":
            told[key] = [on, -size, 0, None]
            make(bo, movement(late, -size, on, f"{late}.{key}"))
        elif what == "back" and outs:
            out = outs[size % len(outs)]
            if returned.get(out, 0) + more <= -told[out][1]:
                returned[out] = returned.get(out, 0) + more
                told[key] = [told[out][0] + timedelta(days=day), more, 0, out]
                make(bo, movement(late, more, told[key][0], f"{late}.{key}", returns=f"{late}.{out}", counter_purpose="cogs"))
        elif what == "freight":
            receipt = ins[size % len(ins)]
            told[receipt][2] += more * 100
            freight(bo, f"{more}.00", f"{late}.{receipt}", key=f"{late}.{key}")
    _tell(bo, known, sorted(told.items(), key=lambda one: one[1][0]))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        values = [uow.select(Pool, item_id=item).one().value for item in (late, known)]
        assert abs(values[0] - values[1]) <= 200 * len(told)  # a fiftieth of a cent for each
        assert list(check_all(uow)) == []


def _tell(bo: BackOffice, item: int, told: Iterable[tuple[str, Sequence[Any]]]) -> None:
    """Enter facts as they took place."""
    for key, (on, quantity, cost, back) in told:
        more = {"returns": f"{item}.{back}", "counter_purpose": "cogs"} if back else {"cost": Money.minor(cost, "EUR")} if cost else {}
        make(bo, movement(item, quantity, on, f"{item}.{key}", **more))
