"""Prices: a thousand requests over 160 000 prices, as ratios to sqlite3 reading the same rows by the same keys, and nothing more.

python benchmarks/catalog.py [ITEMS]

40 000 items have four prices each: for everybody, from ten pieces on, for a customer group, and in a shop. The requests
are a till's (one of them by itself), an order's (fifty) and a batch's (a thousand). Processor time, in turns; medians over the rounds.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from bocore import BackOffice, Site, UnitPrice
from bocore_catalog import CustomerGroup, Item, Price, PriceList, PriceRequest, price

ROUNDS = 9
BATCH = 5000
LISTS = ("ALL", "TRADE", "NORTH")
PRICES = (("ALL", 0), ("ALL", 10), ("TRADE", 0), ("NORTH", 0))
"""List, and quantity from which a price holds."""


def stocked(path: Path, count: int) -> tuple[BackOffice, list[int]]:
    """A company with items, and their prices."""
    bo, chance = BackOffice(path, plugins=["catalog"]).init(company="Acme", code="ACME", currency="EUR"), random.Random(7)
    with bo.unit_of_work(actor="ann") as uow:
        group = uow.add(CustomerGroup(code="TRADE", name="Trade"))
        shop = uow.add(Site(code="NORTH", name="North", company_id=uow.company.id))
        limits = {"TRADE": {"group_id": group.id}, "NORTH": {"site_id": shop.id}}
        made = [PriceList(code=code, name=code, currency="EUR", **limits.get(code, {})) for code in LISTS]
        lists = {one.code: one.id for one in uow.add_all(made)}
    ids: list[int] = []
    for start in range(0, count, BATCH):
        with bo.unit_of_work(actor="ann") as uow:
            items = uow.add_all([Item(code=f"I{n:05}", name=f"Item {n}") for n in range(start, min(start + BATCH, count))])
            ids += [item.id for item in items]
            uow.add_all(
                Price(
                    list_id=lists[code],
                    item_id=item.id,
                    unit="C62",
                    from_quantity=Decimal(pieces),
                    price=UnitPrice(Decimal(chance.randrange(1, 100_000)) / 1000, "EUR"),
                )
                for item in items
                for code, pieces in PRICES
            )
    return bo, ids


def asked(ids: list[int], count: int) -> list[PriceRequest]:
    """Requests as they come in: some for a group, some in a shop, some for many pieces."""
    chance = random.Random(count)
    return [
        PriceRequest(
            item=item,
            quantity=Decimal(chance.randrange(1, 20)),
            group=chance.choice([None, None, "TRADE"]),
            site=chance.choice([None, "NORTH"]),
        )
        for item in chance.sample(ids, count)
    ]


def answered(bo: BackOffice, requests: list[PriceRequest]) -> None:
    """Ask in a unit of work of its own."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert all(one.price is not None for one in price(uow, requests))


def plainly(raw: sqlite3.Connection, requests: list[PriceRequest]) -> None:
    """The rows of the same items and their prices, by sqlite3."""
    keys = [request.item for request in requests]
    for table, column in (("catalog_item", "id"), ("catalog_price", "item_id")):
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            raw.execute(f"SELECT * FROM {table} WHERE {column} IN ({','.join('?' * len(some))})", some).fetchall()


def spent(what: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    what()
    return time.process_time() - began


def main(count: int) -> None:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.db"
        bo, ids = stocked(path, count)
        with bo:
            raw = sqlite3.connect(path)
            for many in (1, 50, 1000):
                requests = asked(ids, many)
                answered(bo, requests)
                pairs = [(spent(partial(answered, bo, requests)), spent(partial(plainly, raw, requests))) for _ in range(ROUNDS)]
                ratio = statistics.median(ours / theirs for ours, theirs in pairs)
                middle = statistics.median(ours for ours, _ in pairs) * 1000
                print(f"{many:>5} requests: {middle:6.1f} ms over {count * len(PRICES)} prices, {ratio:.1f} times reading the rows alone")
            raw.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40_000)
