"""Short ways to say what goes in and out, and to look at what the books make of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bocore import BackOffice, BalanceQuery, Money, UnitOfWork
from bocore_catalog import StockAnswer, StockMovement
from bocore_inventory import Entry, Pool, stock
from bocore_inventory.checking import check as check_all


def eur(amount: str) -> Money:
    """Euros."""
    return Money(amount, "EUR")


def movement(item: int, quantity: int | str, on: date, key: str, **more: Any) -> StockMovement:
    """So much of an item, in or out, on a day."""
    number = Decimal(quantity)
    purpose = more.pop("counter_purpose", "grni" if number > 0 and "returns" not in more else "cogs")
    return StockMovement(key=key, item=item, quantity=number, on=on, counter_purpose=purpose, **more)


def make(bo: BackOffice, *movements: StockMovement) -> list[StockAnswer]:
    """Make movements in a unit of work of their own."""
    with bo.unit_of_work(actor="ann") as uow:
        answers = stock(uow, movements)
    check(bo)
    return answers


def balance(uow: UnitOfWork, purpose: str, **dims: str) -> Money:
    """What the books have for a purpose, alone."""
    found = uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, purpose=purpose, dims=dims))
    return Money.zero("EUR") if found is None else sum(found, Money.zero("EUR")) if isinstance(found, (list, tuple)) else found


def check(bo: BackOffice) -> None:
    """Stock account = stock value, of every pool, and of each the sum of its entries."""
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        entry = Entry.c
        sums = {
            row[0]: row[1:]
            for row in uow.rows(sa.select(entry.pool_id, sa.func.sum(entry.value), sa.func.sum(entry.amount)).group_by(entry.pool_id))
        }
        worth = 0
        for pool in uow.select(Pool):
            value, amount = sums.get(pool.id, (0, 0))
            assert pool.value == value, f"{pool.code}: {pool.value} kept, {value} by its entries"
            assert amount == (2 * pool.value + 10_000) // 20_000
            worth += amount
        assert balance(uow, "inventory") == Money.minor(worth, "EUR")


def books(bo: BackOffice, *purposes: str) -> list[str]:
    """What the books have for each purpose; and what is kept is sound."""
    check(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert list(check_all(uow)) == []
        return [str(balance(uow, purpose).amount) for purpose in purposes]


def do(bo: BackOffice, what: Callable[[UnitOfWork], Any]) -> Any:
    """Something in a unit of work of its own."""
    with bo.unit_of_work(actor="ann") as uow:
        return what(uow)
