"""Several processes move an item that nobody has moved before, in the same moment: all of them succeed, and the sums are right.

This file is also their script: ``python test_at_once.py WHERE TENANT WHAT WORKER``. Each says that it is ready, and begins when it is told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from store import DAY, item, receive, there
from trade import balance, check, eur, movement

from bocore import BackOffice, UnitOfWork
from bocore.record.verify import verify
from bocore.testing.faults import Children
from bocore_accounting import Journal
from bocore_catalog import Item, Tracking
from bocore_inventory import BelowZero, Lot, Pool, checking, stock
from bocore_inventory.model import Counter
from bocore_inventory.places import locations
from bocore_inventory.reserving import Demand, reserve

PLUGINS = ["catalog", "inventory", "accounting"]
WORKERS, ITEMS, ROUNDS = 3, 3, 4


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(__file__) as running:
        yield running


def at_once(children: Children, where: Path, what: str, numbers: list[int]) -> None:
    """Have all of them do it in the same moment; each must succeed at the first attempt."""
    workers = [children.start(where, "", what, number, *numbers) for number in range(WORKERS)]
    assert [children.heard(worker) for worker in workers] == ["ready"] * WORKERS
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    assert [children.rest(worker) for worker in workers] == [["done"] * ROUNDS] * WORKERS


def sound(bo: BackOffice) -> None:
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(checking.check(uow)) == []
    assert verify(bo).ok


def test_new_items_and_lots_are_received_at_once(bo_path: Path, children: Children) -> None:
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        numbers = [item(bo, f"NEW-{number}", Tracking.NONE if number % ITEMS else Tracking.LOT) for number in range(ITEMS * ROUNDS)]
    at_once(children, bo_path, "receive", numbers)
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        for number, one in enumerate(numbers):
            assert there(bo, one) == {("STOCK", "" if number % ITEMS else "L1"): (WORKERS, 0)}
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert (uow.select(Pool).count(), uow.select(Lot).count()) == (len(numbers), ROUNDS)
            assert (uow.select(Counter).count(), uow.select(Journal).count()) == (ROUNDS, 1)
            assert balance(uow, "inventory") == eur(f"{WORKERS * len(numbers)}.00")
            assert balance(uow, "grni", shop="NORTH-1") == eur(f"-{WORKERS * ITEMS}.00")
        sound(bo)


@pytest.mark.engine("postgresql")  # elsewhere one writes at a time
def test_what_has_never_been_there_is_shipped_at_once(bo_path: Path, children: Children) -> None:
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        numbers = [item(bo, f"NEW-{number}") for number in range(ITEMS * ROUNDS)]
        with bo.unit_of_work(actor="ann") as uow:
            locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    at_once(children, bo_path, "ship", numbers)
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        assert [there(bo, one) for one in numbers] == [{("STOCK", ""): (-WORKERS, 0)}] * len(numbers)
        for one in numbers:
            receive(bo, one, WORKERS, f"in:{one}")
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert balance(uow, "inventory") == eur("0.00")
            assert balance(uow, "cogs") == eur(f"{WORKERS * len(numbers)}.00")
        sound(bo)


@pytest.mark.engine("postgresql")  # elsewhere one writes at a time
def test_what_is_not_there_yet_is_promised_at_once(bo_path: Path, children: Children) -> None:
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        numbers = [item(bo, f"NEW-{number}") for number in range(ITEMS * ROUNDS)]
        with bo.unit_of_work(actor="ann") as uow:
            locations(uow, ["STOCK"])["STOCK"].below_zero = BelowZero.ALLOW
    at_once(children, bo_path, "reserve", numbers)
    with BackOffice(bo_path, plugins=PLUGINS) as bo:
        assert [there(bo, one) for one in numbers] == [{("STOCK", ""): (0, WORKERS)}] * len(numbers)
        sound(bo)


# -- the script


def work(where: str, tenant: str, what: str, worker: str, *items: str) -> None:
    """Do it for some items after the others, each time in a unit of work of its own, which is not tried again."""
    numbers = [int(one) for one in items]
    with BackOffice(where, tenant=tenant or None, plugins=PLUGINS) as bo:
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.company.currency == "EUR"
        told("ready")
        sys.stdin.readline()
        for number in range(ROUNDS):
            mine = numbers[number * ITEMS : (number + 1) * ITEMS]
            with bo.unit_of_work(actor="ann") as uow:
                do(uow, what, f"{worker}:{number}", number, mine if int(worker) % 2 else mine[::-1])
            told("done")


def do(uow: UnitOfWork, what: str, key: str, number: int, items: list[int]) -> None:
    dims = {"shop": f"NORTH-{number}"}
    if what == "reserve":
        reserve(uow, [Demand(key=f"{key}:{one}", item=one, quantity=Decimal(1)) for one in items])
        return
    tracked = uow.get_all(Item, items)
    stock(
        uow,
        [
            movement(
                one,
                -1 if what == "ship" else 1,
                DAY,
                f"{key}:{one}",
                cost=None if what == "ship" else eur("1.00"),
                lot="L1" if tracked[one].tracking is Tracking.LOT else None,
                dims=dims,
            )
            for one in items
        ],
    )


def told(what: Any) -> None:
    """Acknowledge in a line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    work(*sys.argv[1:])
