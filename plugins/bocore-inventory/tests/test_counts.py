"""A place is counted while trade goes on: blind, line by line, and what differs is settled or looked at again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from trade import balance, check, eur, make, movement

from bocore import Actor, ApprovalNeeded, BackOffice, FieldHidden, Grant, KernelSettings, NotAllowed, Party, Refused, User, write_setting
from bocore.testing import as_role
from bocore_catalog import Item, Tracking
from bocore_inventory import Location, Lot, Move, OnHand, TallyRow
from bocore_inventory.counting import accept_count, cancel_count, count_missing, start_count, tally
from bocore_inventory.counts import Count, CountLine
from bocore_inventory.locations import add_location
from bocore_inventory.places import locations
from bocore_inventory.settings import InventorySettings
from bocore_inventory.tallies import Tally, enter_tallies

SUNDAY = date(2026, 1, 18)


@pytest.fixture(autouse=True)
def sunday(clock: Any) -> None:
    clock.set("2026-01-18T09:00Z")


@pytest.fixture
def shelf(bo: BackOffice, nail: int) -> int:
    """A hundred nails at 1.00, forty of them on the shelf within the stock."""
    with bo.unit_of_work(actor="ann") as uow:
        add_location(uow, "SHELF", "Shelf", parent=locations(uow, ["STOCK"])["STOCK"])
    make(
        bo,
        movement(nail, 60, date(2026, 1, 5), "in", cost=eur("60.00")),
        movement(nail, 40, date(2026, 1, 5), "in2", cost=eur("40.00"), location="SHELF"),
    )
    return nail


def begin(bo: BackOffice, place: str = "STOCK", **more: Any) -> int:
    with bo.unit_of_work(actor="ann") as uow:
        return start_count(uow, locations(uow, [place])[place], **more).id


def find(bo: BackOffice, count: int, item: int, quantity: int | str, *, place: str | None = None, **more: Any) -> str:
    """So much was found: what becomes of the line."""
    with bo.unit_of_work(actor="ann") as uow:
        at = None if place is None else uow.select(Location, code=place).one()
        return tally(uow, uow.get(Count, count), uow.get(Item, item), Decimal(quantity), place=at, **more)


def there(bo: BackOffice, place: str) -> Decimal:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return uow.select(OnHand, location_id=uow.select(Location, code=place).one().id).one().quantity


def set_to(bo: BackOffice, **values: Any) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        for name, value in values.items():
            write_setting(uow, InventorySettings, name, value)


def test_a_count_on_sunday_settles_by_itself_while_trade_goes_on(bo: BackOffice, clock: Any, shelf: int) -> None:
    """Two are missing when the shelf is counted; then five are sold, and the second count, with five less, finds the same two missing."""
    count = begin(bo)
    assert find(bo, count, shelf, 60) == "settled"
    assert find(bo, count, shelf, 38, place="SHELF") == "differs"
    make(bo, movement(shelf, -5, SUNDAY, "sold", location="SHELF"))
    assert find(bo, count, shelf, 33, place="SHELF") == "settled"
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        row = uow.get(Count, count)
        assert (row.state, row.number) == ("settled", "2026-00001")
        assert balance(uow, "inventory.adjustment") == eur("2.00")
        move = uow.select(Move).order_by(Move.c.id.desc()).first()
        assert move is not None and (move.quantity, move.on, move.text) == (2, SUNDAY, "Count of SHELF")
    assert there(bo, "SHELF") == 33
    check(bo)


def test_what_is_sold_between_the_count_and_its_settlement_does_not_distort_it(bo: BackOffice, clock: Any, shelf: int) -> None:
    count = begin(bo, "SHELF")
    assert find(bo, count, shelf, 38) == "differs"
    clock.set("2026-01-20T09:00Z")
    make(
        bo,
        movement(shelf, -10, date(2026, 1, 20), "sold", location="SHELF"),
        movement(shelf, 3, date(2026, 1, 20), "more", location="SHELF"),
    )
    with bo.unit_of_work(actor="ann") as uow:
        assert accept_count(uow, uow.get(Count, count)) == 1
    assert there(bo, "SHELF") == 31  # 40 - 2 - 10 + 3
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Move, text="Count of SHELF").one().on == SUNDAY
    check(bo)


def test_small_differences_are_settled_at_once(bo: BackOffice, shelf: int) -> None:
    set_to(bo, count_tolerance_percent=Decimal(5), count_tolerance_value=Decimal("2.50"))
    count = begin(bo)
    assert find(bo, count, shelf, 38, place="SHELF") == "settled"  # 5 %, 2.00
    assert find(bo, count, shelf, 57) == "differs"  # 5 %, but 3.00
    assert find(bo, count, shelf, 58) == "settled"
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "inventory") == eur("96.00")


def test_what_was_found_too_much_comes_in_at_what_the_last_has_cost(bo: BackOffice, shelf: int) -> None:
    count = begin(bo, "SHELF")
    assert [find(bo, count, shelf, 43), find(bo, count, shelf, 43)] == ["differs", "settled"]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "inventory.adjustment") == eur("-3.00")


def test_who_counts_does_not_see_what_the_books_have(bo: BackOffice, shelf: int) -> None:
    count = begin(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        shelf_id = uow.select(Location, code="SHELF").one().id
    counter = as_role(bo, "inventory.counter")
    assert bo.run("inventory.tally", count, shelf, Decimal(37), place=shelf_id, actor=counter) == "differs"
    with bo.unit_of_work(actor=counter, read_only=True) as uow:
        line = uow.select(CountLine, state="differs").one()
        assert line.counted == 37
        with pytest.raises(FieldHidden):
            _ = line.book
        with pytest.raises(NotAllowed):
            uow.select(OnHand).all()
    sheet = bo.report("inventory.count-sheet", actor=counter).rows
    assert {row.expected for row in sheet} == {None}
    with pytest.raises(NotAllowed, match=r"inventory\.settle"):
        bo.report("inventory.count-differences", actor=counter)
    with pytest.raises(NotAllowed, match=r"inventory\.settle"):
        bo.run("inventory.accept-count", count, actor=counter)
    (row,) = bo.report("inventory.count-differences", actor=as_role(bo, "inventory.manager")).rows
    assert (row.book, row.counted, row.difference, str(row.value), row.state) == (40, 37, -3, "-3.00 EUR", "differs")


def test_a_count_that_is_not_blind_shows_what_is_expected(bo: BackOffice, shelf: int) -> None:
    count = begin(bo, blind=False)
    find(bo, count, shelf, 60)
    sheet = bo.report("inventory.count-sheet", actor="ann").rows
    assert [(row.place, row.expected, row.counted, row.state) for row in sheet] == [
        ("SHELF", 40, None, "open"),
        ("STOCK", 60, 60, "settled"),
    ]


@pytest.fixture
def pump(bo: BackOffice, shelf: int) -> int:
    """Pumps that have serial numbers: one on the shelf, one in stock."""
    with bo.unit_of_work(actor="ann") as uow:
        item = uow.add(Item(code="PUMP", name="Pump", tax_class="standard", tracking=Tracking.SERIAL)).id
    make(
        bo,
        movement(item, 1, date(2026, 1, 5), "p1", cost=eur("80.00"), serials=("P1",)),
        movement(item, 1, date(2026, 1, 5), "p2", cost=eur("90.00"), serials=("P2",), location="SHELF"),
    )
    return item


def test_a_piece_is_counted_once(bo: BackOffice, pump: int) -> None:
    count = begin(bo)
    assert find(bo, count, pump, 1, lot="P1") == "settled"
    with pytest.raises(Refused, match="P1 of PUMP was counted in STOCK already"):
        find(bo, count, pump, 1, lot="P1", place="SHELF")
    with pytest.raises(Refused, match="single piece"):
        find(bo, count, pump, 2, lot="P2", place="SHELF")


def test_a_piece_that_stands_somewhere_else_is_lost_there_and_found_here(bo: BackOffice, pump: int, nail: int) -> None:
    count = begin(bo)
    assert find(bo, count, pump, 1, lot="P2") == "differs"
    with bo.unit_of_work(actor="ann") as uow:
        assert count_missing(uow, uow.get(Count, count)) == 4
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.get(Count, count).state == "open"
        assert {line.state for line in uow.children(uow.get(Count, count), CountLine)} == {"differs"}


def test_a_lot_that_nobody_knew_is_found(bo: BackOffice, pump: int) -> None:
    count = begin(bo)
    with pytest.raises(Refused, match="There is no lot or serial number 'P9'"):
        find(bo, count, pump, 1, lot="P9")
    assert find(bo, count, pump, 1, lot="P9", new=True) == "differs"
    assert find(bo, count, pump, 0, lot="P9") == "settled"
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Lot, code="P9").one().serial


def test_all_that_is_wrong_is_said_at_once(bo: BackOffice, pump: int, nail: int) -> None:
    count = begin(bo, "SHELF")
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        nails, pumps = uow.get(Item, nail), uow.get(Item, pump)
        found = [
            Tally(item=nails, quantity=Decimal(-1)),
            Tally(item=nails, quantity=Decimal(1), place=locations(uow, ["STOCK"])["STOCK"]),
            Tally(item=nails, quantity=Decimal(1), lot="L"),
            Tally(item=pumps, quantity=Decimal(1)),
        ]
        enter_tallies(uow, uow.get(Count, count), found)
    codes = [finding.code for finding in refused.value.findings]
    assert codes == ["inventory.quantity", "inventory.place", "inventory.lot", "inventory.lot"]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert {line.times for line in uow.children(uow.get(Count, count), CountLine)} == {0}


def test_what_is_settled_is_not_counted_again_and_a_count_that_is_over_takes_nothing(bo: BackOffice, shelf: int) -> None:
    count = begin(bo)
    find(bo, count, shelf, 60)
    with pytest.raises(Refused, match="counted there already"):
        find(bo, count, shelf, 60)
    with bo.unit_of_work(actor="ann") as uow:
        cancel_count(uow, uow.get(Count, count))
    with pytest.raises(Refused, match="is cancelled"):
        find(bo, count, shelf, 40, place="SHELF")


def test_what_is_promised_is_not_counted_away_by_itself(bo: BackOffice, shelf: int) -> None:
    """Of 40 on the shelf 39 are promised: that only 38 are there somebody has to look at, even within the tolerance."""
    set_to(bo, count_tolerance_percent=Decimal(10))
    with bo.unit_of_work(actor="ann") as uow:
        row = uow.select(OnHand, quantity=Decimal(40)).one()
        row.reserved = Decimal(39)
        uow.write([row], made_by="inventory.move")
    count = begin(bo, "SHELF")
    assert find(bo, count, shelf, 38) == "differs"
    with pytest.raises(Refused, match="Release a reservation"), bo.unit_of_work(actor="ann") as uow:
        accept_count(uow, uow.get(Count, count))
    assert there(bo, "SHELF") == 40


def test_differences_wait_for_somebody_else_where_the_setting_says_so(bo: BackOffice, shelf: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(User(name="ann", owner=True))
        for name in ("bob", "mia"):
            uow.add(Grant(user_id=uow.add(User(name=name)).id, role="inventory.manager"))
        write_setting(uow, KernelSettings, "approvals", {"inventory.accept_count": "inventory.manager"})
    count = begin(bo, "SHELF")
    find(bo, count, shelf, 38)
    with pytest.raises(ApprovalNeeded):
        bo.run("inventory.accept_count", count, actor="mia")
    assert there(bo, "SHELF") == 40
    (request,) = bo.approvals.all(actor="bob")
    bo.approvals.approve(request.id, actor="bob")
    assert there(bo, "SHELF") == 38


def test_a_difference_is_confirmed_by_somebody_else_where_the_setting_says_so(bo: BackOffice, shelf: int) -> None:
    """Bea finds two missing; finding them again by herself, or as whom another application calls Bea, is no confirmation."""
    set_to(bo, count_second_by_another=True)
    count = begin(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        shelf_id = uow.select(Location, code="SHELF").one().id
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(User(name="ann", owner=True))
        party = uow.add(Party(name="Bea", kind="person"))
        for name, roles in (("bea", ["inventory.counter"]), ("bea-scanner", ["inventory.counter"]), ("cem", ["inventory.counter"])):
            user = uow.add(User(name=name, party_id=None if name == "cem" else party.id))
            uow.add_all(Grant(user_id=user.id, role=role) for role in roles)

    def found(quantity: int, who: Any) -> str:
        return str(bo.run("inventory.tally", count, shelf, Decimal(quantity), place=shelf_id, actor=who))

    assert found(37, "bea") == "differs"
    assert found(38, "bea") == "differs"  # she has misread it
    for herself in ("bea", "bea-scanner", Actor(name="Bea", roles=["inventory.counter"], via="app")):
        with pytest.raises(Refused, match="somebody else is to confirm it") as refused:
            found(38, herself)
        assert refused.value.findings[0].code == "inventory.same_counter"
    assert found(37, "cem") == "differs"
    assert found(37, "bea") == "settled"
    assert bo.run("inventory.tally", count, shelf, Decimal(60), actor="cem") == "settled"  # no difference, nothing to confirm


def test_a_piece_that_nobody_knew_is_confirmed_by_a_second_count(bo: BackOffice, pump: int) -> None:
    count = begin(bo)
    assert [find(bo, count, pump, 1, lot="P9", new=new) for new in (True, False)] == ["differs", "settled"]


def test_a_piece_is_counted_once_in_a_batch_too(bo: BackOffice, pump: int) -> None:
    count = begin(bo)
    with pytest.raises(Refused, match="P1 of PUMP was counted in STOCK already"), bo.unit_of_work(actor="ann") as uow:
        item, places = uow.get(Item, pump), locations(uow, ["STOCK", "SHELF"])
        enter_tallies(
            uow,
            uow.get(Count, count),
            [Tally(item=item, quantity=Decimal(1), place=place, lot="P1") for place in (places["STOCK"], places["SHELF"])],
        )


def test_what_an_application_counts_is_entered_in_one_go(bo: BackOffice, pump: int) -> None:
    count = begin(bo)
    rows = [TallyRow(item="NAIL", quantity=Decimal(60)), TallyRow(item="NAIL", quantity=Decimal(38), place="SHELF")]
    with pytest.raises(Refused) as refused:
        bo.run("inventory.tally-all", count, [*rows, TallyRow(item="PIN", quantity=Decimal(1), place="MARS")], actor="ann")
    assert [finding.code for finding in refused.value.findings] == ["catalog.no_item", "inventory.no_location"]
    rows.append(TallyRow(item="PUMP", quantity=Decimal(1), lot="P1"))
    assert bo.run("inventory.tally-all", count, rows, actor=as_role(bo, "inventory.counter")) == ["settled", "differs", "settled"]


def test_what_is_due_by_its_class(bo: BackOffice, clock: Any, shelf: int) -> None:
    """Nails make all of what is issued: class A, once a month; pins were never issued: C, once a year."""
    with bo.unit_of_work(actor="ann") as uow:
        pin = uow.add(Item(code="PIN", name="Pin", tax_class="standard")).id
    make(bo, movement(pin, 10, SUNDAY, "pins", cost=eur("1.00")), movement(shelf, -10, SUNDAY, "sold"))
    due = [(row.place, row.item, row.abc, row.last_counted) for row in bo.report("inventory.count-due", actor="ann").rows]
    assert due == [("SHELF", "NAIL", "A", None), ("STOCK", "NAIL", "A", None), ("STOCK", "PIN", "C", None)]
    with pytest.raises(Refused, match="There is no class X"):
        begin(bo, classes="X")
    count = begin(bo, classes="A")
    assert [find(bo, count, shelf, 50), find(bo, count, shelf, 40, place="SHELF")] == ["settled"] * 2
    count = begin(bo, classes="BC")
    find(bo, count, pin, 10)
    assert bo.report("inventory.count-due", actor="ann").rows == []
    with pytest.raises(Refused, match="Nothing that is to be counted"):
        begin(bo, due=True)
    clock.set("2026-02-17T09:00Z")
    assert [row.item for row in bo.report("inventory.count-due", actor="ann", place="SHELF").rows] == ["NAIL"]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        later = bo.report("inventory.count-due", actor="ann", through=SUNDAY + timedelta(days=365)).rows
    assert [(row.item, row.due_on) for row in later][-1] == ("PIN", SUNDAY + timedelta(days=365))
    count = begin(bo, due=True)
    assert [row.item for row in bo.report("inventory.count-sheet", actor="ann").rows] == ["NAIL", "NAIL"]
