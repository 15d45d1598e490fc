"""Promises of goods: nothing is promised twice, what is promised is not sold to others, and it is taken by what it was promised to.

This file is also the script of those who reserve at once: ``python test_reservations.py WHERE TENANT ITEM FIRST COUNT``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from store import DAY, item, place, promise, receive, there
from trade import make, movement

from bocore import BackOffice, NotFound, Refused
from bocore.testing import FrozenClock, behind, run_job
from bocore.testing.faults import Children
from bocore_catalog import Tracking
from bocore_inventory import BelowZero, LocationKind, OnHand
from bocore_inventory.checking import check, rebuild
from bocore_inventory.places import locations
from bocore_inventory.promises import expire, release
from bocore_inventory.reservations import Reservation
from bocore_inventory.reserving import Demand, reserve

PLUGINS = ["catalog", "inventory", "accounting"]


def codes(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [finding.code for finding in refused.value.findings]


def test_what_is_promised_is_not_sold_to_others(bo: BackOffice, nail: int) -> None:
    receive(bo, nail, 10, "r")
    assert promise(bo, nail, 6, "order:1").quantity == 6
    assert there(bo, nail) == {("STOCK", ""): (10, 6)}
    with pytest.raises(Refused, match="4 of NAIL in STOCK that are not reserved") as refused:
        make(bo, movement(nail, -5, DAY, "s"))
    assert codes(refused) == ["inventory.below_zero"]
    make(bo, movement(nail, -4, DAY, "s"))
    assert there(bo, nail) == {("STOCK", ""): (6, 6)}


def test_no_more_is_promised_than_is_there(bo: BackOffice, nail: int) -> None:
    receive(bo, nail, 10, "r")
    short = promise(bo, nail, 11, "order:1")
    assert (short.quantity, short.short) == (0, 11)
    assert [(each.code, each.severity) for each in short.findings] == [("inventory.short", "error")]
    part = promise(bo, nail, 11, "order:2", partial=True)
    assert (part.quantity, part.short, [each.severity for each in part.findings]) == (10, 1, ["warning"])
    assert promise(bo, nail, 1, "order:3").quantity == 0
    assert there(bo, nail) == {("STOCK", ""): (10, 10)}


def test_the_same_key_is_the_same_promise(bo: BackOffice, nail: int) -> None:
    receive(bo, nail, 10, "r")
    first, again = promise(bo, nail, 6, "order:1"), promise(bo, nail, 6, "order:1")
    assert (again.repeated, again.quantity, again.parts, again.reservation) == (True, 6, first.parts, first.reservation)
    with pytest.raises(Refused, match="made before, and for something else"):
        promise(bo, nail, 5, "order:1")
    assert there(bo, nail) == {("STOCK", ""): (10, 6)}


def test_a_place_that_groups_others_promises_what_lies_in_any_of_them(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "NORTH", kind=LocationKind.VIEW)
        place(uow, "N1", within="NORTH")
        place(uow, "N2", within="NORTH")
    receive(bo, nail, 3, "r1", location="N1")
    receive(bo, nail, 3, "r2", location="N2")
    receive(bo, nail, 3, "r3")
    answer = promise(bo, nail, 5, "order:1", location="NORTH")
    assert [(part.location, part.quantity) for part in answer.parts] == [("N1", 3), ("N2", 2)]
    assert promise(bo, nail, 2, "order:2", location="NORTH").quantity == 0


def test_more_than_is_there_is_promised_where_the_place_may_fall_below_zero(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    assert promise(bo, nail, 5, "order:1").quantity == 5
    receive(bo, nail, 3, "r")
    assert promise(bo, nail, 2, "order:2").quantity == 2
    assert there(bo, nail) == {("STOCK", ""): (3, 7)}


def test_who_ships_against_a_reservation_takes_exactly_what_was_promised(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "NORTH", kind=LocationKind.VIEW)
        place(uow, "N1", within="NORTH")
        place(uow, "N2", within="NORTH")
    receive(bo, nail, 3, "r1", location="N1")
    receive(bo, nail, 5, "r2", location="N2")
    promise(bo, nail, 4, "order:1", location="NORTH")
    (shipped,) = make(bo, movement(nail, -3, DAY, "s1", reservation="order:1"))
    assert (shipped.cost.amount, len(shipped.moves)) == (Decimal("-3.00"), 1)
    assert there(bo, nail) == {("N2", ""): (5, 1)}
    with pytest.raises(Refused, match="1 of NAIL are promised to order:1, and 2 are to go out"):
        make(bo, movement(nail, -2, DAY, "s2", reservation="order:1"))
    make(bo, movement(nail, -1, DAY, "s3", reservation="order:1"))
    assert there(bo, nail) == {("N2", ""): (4, 0)}
    (again,) = make(bo, movement(nail, -1, DAY, "s3", reservation="order:1"))
    assert again.repeated
    with pytest.raises(Refused, match="it is shipped"):
        make(bo, movement(nail, -1, DAY, "s4", reservation="order:1"))
    with pytest.raises(Refused, match="promised to order:9"):
        make(bo, movement(nail, -1, DAY, "s5", reservation="order:9"))


def test_one_shipment_from_two_places_is_one_answer(bo: BackOffice, nail: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        place(uow, "NORTH", kind=LocationKind.VIEW)
        place(uow, "N1", within="NORTH")
        place(uow, "N2", within="NORTH")
    receive(bo, nail, 3, "r1", location="N1")
    receive(bo, nail, 5, "r2", location="N2")
    promise(bo, nail, 7, "order:1", location="NORTH")
    (shipped,) = make(bo, movement(nail, -7, DAY, "s1", reservation="order:1"))
    assert (shipped.cost.amount, len(shipped.moves)) == (Decimal("-7.00"), 2)
    (again,) = make(bo, movement(nail, -7, DAY, "s1", reservation="order:1"))
    assert (again.repeated, again.cost, sorted(again.moves)) == (True, shipped.cost, sorted(shipped.moves))
    (back,) = make(bo, movement(nail, 7, DAY, "s2", returns="s1", location="N1"))
    assert (back.cost, there(bo, nail)) == (-shipped.cost, {("N1", ""): (7, 0), ("N2", ""): (1, 0)})


def test_what_is_released_or_has_ended_is_free_again(bo: BackOffice, nail: int, clock: FrozenClock) -> None:
    receive(bo, nail, 10, "r")
    promise(bo, nail, 6, "order:1")
    promise(bo, nail, 4, "order:2", expires=datetime(2026, 1, 15, 12, tzinfo=UTC))
    with bo.unit_of_work(actor="ann") as uow:
        release(uow, uow.find(Reservation, key="order:1"))
    assert there(bo, nail) == {("STOCK", ""): (10, 4)}
    with pytest.raises(Refused, match="released"), bo.unit_of_work(actor="ann") as uow:
        release(uow, uow.find(Reservation, key="order:1"))
    assert run_job(bo, expire) == 0
    clock.set("2026-01-15T12:00Z")
    assert run_job(bo, expire) == 1
    assert there(bo, nail) == {("STOCK", ""): (10, 0)}
    assert promise(bo, nail, 10, "order:3").quantity == 10


def test_what_makes_no_sense_is_refused_with_all_that_is_wrong(bo: BackOffice, nail: int) -> None:
    receive(bo, nail, 10, "r")
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        reserve(uow, [Demand(key=key, item=nail, quantity=Decimal(quantity)) for key, quantity in (("a", 1), ("a", 1), ("b", 0))])
    assert codes(refused) == ["inventory.key", "inventory.quantity"]
    with pytest.raises(Refused, match="no item 999"):
        promise(bo, 999, 1, "c")
    with pytest.raises(Refused, match="no lot or serial number 'L9' of NAIL"):
        promise(bo, nail, 1, "c", lot="L9")
    with pytest.raises(NotFound, match="no location 'MARS'"):
        promise(bo, nail, 1, "c", location="MARS")
    assert there(bo, nail) == {("STOCK", ""): (10, 0)}


def test_lots_are_promised_as_they_expire(bo: BackOffice) -> None:
    milk = item(bo, "MILK", Tracking.LOT)
    for number, expires in enumerate(["2026-03-01", "2026-02-01", "2026-01-12"]):
        receive(bo, milk, 5, f"r{number}", lot=f"L{number}", expires_on=date.fromisoformat(expires))
    answer = promise(bo, milk, 7, "order:1")
    assert [(part.lot, part.quantity) for part in answer.parts] == [("L1", 5), ("L0", 2)]
    late = promise(bo, milk, 8, "order:2")
    assert late.quantity == 0
    assert "5 more have expired" in late.findings[0].message
    assert promise(bo, milk, 8, "order:3", expired=True).quantity == 8
    assert there(bo, milk) == {("STOCK", f"L{number}"): (5, 5) for number in range(3)}


def test_what_is_promised_is_recomputed_from_the_reservations(bo: BackOffice, nail: int) -> None:
    receive(bo, nail, 10, "r")
    promise(bo, nail, 6, "order:1")
    make(bo, movement(nail, -2, DAY, "s", reservation="order:1"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check(uow)) == []
    with behind(bo) as db:
        db.execute("UPDATE inventory_on_hand SET reserved = 0")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert len(list(check(uow))) == 1
    with bo.unit_of_work(actor="ann") as uow:
        assert rebuild(uow) == 1
    assert there(bo, nail) == {("STOCK", ""): (8, 4)}


# -- many at once


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(__file__) as running:
        yield running


def test_400_reservations_against_100_from_several_processes_are_exactly_100(bo_path: Path, children: Children) -> None:
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        nail = item(bo, "NAIL")
        receive(bo, nail, 100, "r")
    workers = [children.start(bo_path, "", nail, 1 + number * 100, 100) for number in range(4)]
    told = [children.rest(worker) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert [len(one) for one in told] == [100] * 4
    assert sum(quantity for one in told for quantity in one) == 100
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        assert there(bo, nail) == {("STOCK", ""): (100, 100)}
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Reservation, state="open").count() == 100
            assert uow.select(OnHand).count() == 1


def work(where: str, tenant: str, what: str, first: str, count: str) -> None:
    """Reserve one piece after the other, each under a key."""

    def one(uow: Any, key: str) -> int:
        return int(reserve(uow, [Demand(key=key, item=int(what), quantity=Decimal(1))])[0].quantity)

    with BackOffice(where, tenant=tenant or None, plugins=PLUGINS) as bo:
        for number in range(int(first), int(first) + int(count)):
            quantity = bo.run(one, f"order:{number}", actor="ann", key=f"order:{number}", retries=100)
            sys.stdout.write(json.dumps(quantity) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    work(*sys.argv[1:])
