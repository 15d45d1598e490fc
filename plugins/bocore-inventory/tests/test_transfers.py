"""Goods that change places: their value stays, unless something is lost on the way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from store import DAY, item, place, receive, there
from trade import balance, check, eur

from bocore import BackOffice, Company, Money, Refused, UnitOfWork
from bocore.testing import posted
from bocore_catalog import Item, Tracking
from bocore_inventory import Location
from bocore_inventory.places import locations
from bocore_inventory.transferring import TransferRow, cancel_transfer, draft_transfer, receive_transfer, ship_transfer, transfer
from bocore_inventory.transfers import Transfer, TransferLine


def two(uow: UnitOfWork) -> tuple[Location, Location]:
    """Stock and shop."""
    found = locations(uow, ["STOCK", "SHOP"])
    return found["STOCK"], found["SHOP"]


@pytest.fixture
def milk(bo: BackOffice) -> int:
    """Two lots of milk in STOCK, at one euro each, and a shop."""
    milk = item(bo, "MILK", Tracking.LOT)
    receive(bo, milk, 5, "m1", lot="L1", expires_on=date(2026, 3, 1))
    receive(bo, milk, 5, "m2", lot="L2", expires_on=date(2026, 2, 1))
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "SHOP")
    return milk


def sent(bo: BackOffice, *rows: TransferRow) -> int:
    with bo.unit_of_work(actor="ann") as uow:
        made = draft_transfer(uow, *two(uow), list(rows))
    with bo.unit_of_work(actor="ann") as uow:
        ship_transfer(uow, uow.get(Transfer, made.id))
    assert made.number == "TR2026-00001"
    return made.id


def arrive(bo: BackOffice, ident: int, *rows: TransferRow) -> Money:
    with bo.unit_of_work(actor="ann") as uow:
        answer = receive_transfer(uow, uow.get(Transfer, ident), arrived=list(rows) or None)
    check(bo)
    return answer.difference


def test_goods_that_change_places_at_once_keep_their_value(bo: BackOffice, milk: int) -> None:
    before = len(posted(bo))
    for _ in range(2):
        with bo.unit_of_work(actor="ann") as uow:
            moves = transfer(uow, uow.get(Item, milk), Decimal(7), *two(uow), on=DAY, key="t")
    assert len(moves) == 2
    assert there(bo, milk) == {("SHOP", "L2"): (5, 0), ("SHOP", "L1"): (2, 0), ("STOCK", "L1"): (3, 0)}
    assert len(posted(bo)) == before
    check(bo)


def test_goods_on_the_way_are_the_company_s_own(bo: BackOffice, milk: int) -> None:
    before = len(posted(bo))
    ident = sent(bo, TransferRow(item="MILK", quantity=Decimal(7)))
    assert there(bo, milk) == {("TRANSIT", "L2"): (5, 0), ("TRANSIT", "L1"): (2, 0), ("STOCK", "L1"): (3, 0)}
    assert arrive(bo, ident) == eur("0.00")
    assert there(bo, milk) == {("SHOP", "L2"): (5, 0), ("SHOP", "L1"): (2, 0), ("STOCK", "L1"): (3, 0)}
    assert len(posted(bo)) == before


def test_what_is_missing_on_arrival_is_lost_with_its_value(bo: BackOffice, milk: int) -> None:
    ident = sent(bo, TransferRow(item="MILK", quantity=Decimal(7)))
    rows = [TransferRow(item="MILK", quantity=Decimal(quantity), lot=lot) for lot, quantity in (("L2", 3), ("L1", 2))]
    assert arrive(bo, ident, *rows) == eur("-2.00")
    assert there(bo, milk) == {("SHOP", "L2"): (3, 0), ("SHOP", "L1"): (2, 0), ("STOCK", "L1"): (3, 0)}
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "inventory.adjustment") == eur("2.00")
        assert sorted(row.received or 0 for row in uow.children(uow.get(Transfer, ident), TransferLine)) == [2, 3]
    assert [voucher.text for voucher in posted(bo, kind="inventory.move")][-1] == "Lost on the way"


def test_what_is_too_much_on_arrival_is_found_with_its_value(bo: BackOffice, milk: int) -> None:
    ident = sent(bo, TransferRow(item="MILK", quantity=Decimal(2), lot="L1"))
    assert arrive(bo, ident, TransferRow(item="MILK", quantity=Decimal(3), lot="L1")) == eur("1.00")
    assert there(bo, milk)["SHOP", "L1"] == (3, 0)


def test_what_was_not_sent_does_not_arrive(bo: BackOffice, nail: int, milk: int) -> None:
    ident = sent(bo, TransferRow(item="MILK", quantity=Decimal(2), lot="L1"))
    with pytest.raises(Refused, match="NAIL was not sent"):
        arrive(bo, ident, TransferRow(item="NAIL", quantity=Decimal(1)))
    with pytest.raises(Refused, match="MILK of lot L2 was not sent"):
        arrive(bo, ident, TransferRow(item="MILK", quantity=Decimal(1), lot="L2"))
    assert there(bo, milk)["TRANSIT", "L1"] == (2, 0)


def test_a_transfer_goes_one_step_after_the_other(bo: BackOffice, milk: int) -> None:
    ident = sent(bo, TransferRow(item="MILK", quantity=Decimal(2)))
    with pytest.raises(Refused, match="shipped"), bo.unit_of_work(actor="ann") as uow:
        cancel_transfer(uow, uow.get(Transfer, ident))
    arrive(bo, ident)
    with pytest.raises(Refused, match="received"):
        arrive(bo, ident)


def test_what_makes_no_sense_is_refused_with_all_that_is_wrong(bo: BackOffice, milk: int) -> None:
    rows = [TransferRow(item="MULK", quantity=Decimal(1)), TransferRow(item="MILK", quantity=Decimal(-1))]
    with pytest.raises(Refused) as refused:
        sent(bo, *rows)
    assert [finding.code for finding in refused.value.findings] == ["inventory.no_item", "inventory.quantity"]
    with pytest.raises(Refused, match="Nothing is to go"):
        sent(bo)
    with pytest.raises(Refused, match="no lot or serial number 'L9'"):
        sent(bo, TransferRow(item="MILK", quantity=Decimal(1), lot="L9"))
    with pytest.raises(Refused, match="There are 10 of MILK in STOCK"):
        sent(bo, TransferRow(item="MILK", quantity=Decimal(11)))
    assert there(bo, milk) == {("STOCK", "L1"): (5, 0), ("STOCK", "L2"): (5, 0)}


def test_goods_are_sold_between_companies_and_not_transferred(bo: BackOffice, milk: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        other = uow.add(Company(code="BETA", name="Beta Ltd", currency="EUR")).id
    with bo.unit_of_work(actor="ann", company=other) as uow:
        theirs = place(uow, "THEIRS").id
    said = r"THEIRS is another company's.*Sell the goods to it"
    with pytest.raises(Refused, match=said) as refused, bo.unit_of_work(actor="ann", company="ACME") as uow:
        transfer(uow, uow.get(Item, milk), Decimal(1), two(uow)[0], uow.get(Location, theirs))
    assert [finding.code for finding in refused.value.findings] == ["inventory.other_company"]
    with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann", company="ACME") as uow:
        draft_transfer(uow, two(uow)[0], uow.get(Location, theirs), [TransferRow(item="MILK", quantity=Decimal(1))])
