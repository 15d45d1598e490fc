"""What stock is worth: flows of the trade, figure by figure, and the books beside them."""

from __future__ import annotations

from datetime import date

from trade import balance, eur, make, movement

from bocore import BackOffice
from bocore_inventory import Pool


def test_first_in_first_out(bo: BackOffice, nail: int) -> None:
    make(bo, movement(nail, 10, date(2026, 1, 5), "a", cost=eur("100.00")), movement(nail, 10, date(2026, 1, 6), "b", cost=eur("200.00")))
    (sold,) = make(bo, movement(nail, -15, date(2026, 1, 7), "c"))
    assert sold.cost == eur("-200.00")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        pool = uow.select(Pool).one()
        assert (pool.quantity, pool.value) == (5, 100 * 100 * 10_000)
        assert balance(uow, "inventory") == eur("100.00")
        assert balance(uow, "cogs") == eur("200.00")


def test_what_was_sold_short_takes_its_cost_from_the_receipt_that_comes_in_late(bo: BackOffice, nail: int) -> None:
    """Flow F3: four sold at an estimate of 4.50, ten received later and effective before, at 5.00."""
    make(bo, movement(nail, 1, date(2026, 1, 3), "a", cost=eur("4.50")))
    with bo.unit_of_work(actor="ann") as uow:
        from bocore_inventory.locations import set_location
        from bocore_inventory.model import BelowZero
        from bocore_inventory.places import locations

        set_location(uow, locations(uow, ["STOCK"])["STOCK"], below_zero=BelowZero.ALLOW)
    make(bo, movement(nail, -1, date(2026, 1, 4), "b"), movement(nail, -4, date(2026, 1, 20), "c"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "cogs") == eur("22.50")
        assert balance(uow, "inventory") == eur("-18.00")
    make(bo, movement(nail, 10, date(2026, 1, 18), "d", cost=eur("50.00")))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert balance(uow, "cogs") == eur("24.50")
        assert balance(uow, "inventory") == eur("30.00")
