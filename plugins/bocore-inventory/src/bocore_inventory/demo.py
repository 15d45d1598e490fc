"""A quarter of a wholesaler's stock for ``bo demo``: goods come and go every week, freight and a receipt come late, a shop is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from bocore import BackOffice, BalanceQuery, Company, Money, UnitOfWork
from bocore_catalog import Item, StockMovement, Tracking
from bocore_inventory.corrections import Shares, land_cost
from bocore_inventory.counting import start_count, tally
from bocore_inventory.locations import add_location
from bocore_inventory.model import Move, Pool
from bocore_inventory.movements import stock
from bocore_inventory.places import locations
from bocore_inventory.reordering import set_reorder
from bocore_inventory.scales import minor
from bocore_inventory.transferring import transfer

Say = Callable[[str], None]

ACTOR = "demo"
GOODS = (("W-SPADE", "Spade", 900), ("W-RAKE", "Rake", 650), ("W-HOSE", "Hose, 25 m", 1450), ("W-SEED", "Grass seed, 1 kg", 380))
"""Code, name, and what one costs in minor units in the first week; it rises by a hundredth a week."""
WEEKS = 13


def play(bo: BackOffice, say: Say) -> None:
    """Receive, sell, transfer and count for a quarter; in the end stock is worth what the books have for it."""
    with bo.unit_of_work(actor=ACTOR, reason="First company") as uow:
        empty = not uow.select(Company).count()
    if empty:
        bo.init(company="Garden Tools Ltd", currency="EUR")
    start = _last_quarter(bo.clock().date())
    with bo.unit_of_work(actor=ACTOR, reason="Goods and places") as uow:
        before = _books(uow)
        items = _prepare(uow)
    moved = 0
    for week in range(WEEKS):
        with bo.unit_of_work(actor=ACTOR, reason=f"Stock of week {week + 1}") as uow:
            moved += sum(len(stock(uow, movements)) for movements in _week(uow, items, start, week))
    say(f"{WEEKS} weeks: {moved} receipts and sales of {len(GOODS)} items.")
    _late(bo, say, items, start)
    _shop(bo, say, items, start)
    with bo.unit_of_work(actor=ACTOR, read_only=True) as uow:
        worth = sum(minor(value) for (value,) in uow.rows(sa.select(Pool.c.value).where(Pool.c.company_id == uow.company_id)))
        value, after = Money.minor(worth, uow.company.currency), _books(uow)
    if after is None or before is None:
        say(f"Stock is worth {value}; nobody keeps books yet.")
    elif after - before == value:
        say(f"Stock is worth {value}, and the books have {value} more for it than before.")
    else:
        raise AssertionError(f"Stock is worth {value}, and the books have {after - before} for it.")


def _last_quarter(today: date) -> date:
    """The first day of the last quarter that is over."""
    month = (today.month - 1) // 3 * 3 + 1
    return date(today.year - 1, 10, 1) if month == 1 else date(today.year, month - 3, 1)


def _books(uow: UnitOfWork) -> Money | None:
    found = uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, purpose="inventory"))
    return found if isinstance(found, Money) else None


def _prepare(uow: UnitOfWork) -> list[Item]:
    places = locations(uow, ["STOCK", "TRANSIT"])
    add_location(uow, "SHOP", "Shop in the yard", parent=places["STOCK"])
    items = [
        Item(code=code, name=name, tax_class="standard", tracking=Tracking.LOT if code == "W-SEED" else Tracking.NONE)
        for code, name, _ in GOODS
    ]
    uow.add_all(items)
    set_reorder(uow, items[0], places["STOCK"], minimum=Decimal(40), maximum=Decimal(120), multiple=Decimal(10), lead_days=14)
    set_reorder(uow, items[1], places["STOCK"], cover_days=30, lead_days=14, minimum=Decimal(10), multiple=Decimal(10))
    return items


def _week(uow: UnitOfWork, items: list[Item], start: date, week: int) -> tuple[list[StockMovement], list[StockMovement]]:
    """Half of the goods come on the first day, all of them are sold three days later; seed of which lot is not said: what came first."""
    first = start + timedelta(days=7 * week)
    receipts: list[StockMovement] = []
    sales: list[StockMovement] = []
    for number, (item, (_, _, price)) in enumerate(zip(items, GOODS, strict=True)):
        lot = f"L{week // 2 * 2 + number % 2:02}" if item.tracking is Tracking.LOT else None
        if (week + number) % 2 == 0 or week == 0:
            quantity = 30 + 5 * ((week + number) % 4)
            cost = Money.minor(quantity * (price * (100 + week) // 100), uow.company.currency)
            receipts.append(_movement(uow, item, quantity, first, f"in:{week}:{number}", "grni", lot=lot, cost=cost))
        sold = 10 + (3 * week + number) % 5
        sales.append(_movement(uow, item, -sold, first + timedelta(days=3), f"out:{week}:{number}", "cogs"))
    return receipts, sales


def _movement(
    uow: UnitOfWork, item: Item, quantity: int, on: date, key: str, purpose: str, *, lot: str | None = None, cost: Money | None = None
) -> StockMovement:
    return StockMovement(
        key=f"inventory.demo:{on:%Y}:{key}", item=item.id, quantity=Decimal(quantity), counter_purpose=purpose, on=on, lot=lot, cost=cost,
        if_closed="next_open",
    )  # fmt: skip


def _late(bo: BackOffice, say: Say, items: list[Item], start: date) -> None:
    """A freight bill for two deliveries, and a delivery of the second week that nobody had entered."""
    with bo.unit_of_work(actor=ACTOR, reason="Freight bill") as uow:
        on = start + timedelta(days=56)
        keys = [f"inventory.demo:{on:%Y}:in:8:{number}" for number in (0, 2)]
        receipts = list(uow.find_all(Move, key=keys).values())
        bill = Money.minor(12_000, uow.company.currency)
        kept = land_cost(uow, bill, receipts, by=Shares.VALUE, on=start + timedelta(days=88), key=f"inventory.demo:{start:%Y}:freight")
    say(f"A freight bill of {bill} for the deliveries of week 9 came late: {kept} of it is still on stock, the rest is cost of sales.")
    with bo.unit_of_work(actor=ACTOR, reason="A receipt that nobody had entered") as uow:
        cost = Money.minor(20 * 880, uow.company.currency)
        late = _movement(uow, uow.get(Item, items[0].id), 20, start + timedelta(days=8), "late", "grni", cost=cost)
        stock(uow, [late])
    say(f"20 spades that came on {start + timedelta(days=8)} were entered in the end: what was sold since has its right cost.")


def _shop(bo: BackOffice, say: Say, items: list[Item], start: date) -> None:
    """Spades and rakes go to the shop, where one spade is missing when it is counted."""
    with bo.unit_of_work(actor=ACTOR, reason="Goods for the shop") as uow:
        places = locations(uow, ["STOCK", "SHOP"])
        for item in items[:2]:
            transfer(uow, uow.get(Item, item.id), Decimal(12), places["STOCK"], places["SHOP"], on=start + timedelta(days=88))
    with bo.unit_of_work(actor=ACTOR, reason="Count of the shop") as uow:
        count = start_count(uow, locations(uow, ["SHOP"])["SHOP"])
        spade, rake = (uow.get(Item, item.id) for item in items[:2])
        tally(uow, count, rake, Decimal(12))
        first, second = (tally(uow, count, spade, Decimal(11)) for _ in range(2))
    say(f"The shop was counted: a spade is missing; it {first}, and after a second look it is {second}.")
