"""Is stock what its moves say? Checked, and what is derived rebuilt."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from bocore import BalanceQuery, Finding, Money, Severity, UnitOfWork, service
from bocore_inventory.model import OnHand, Pool
from bocore_inventory.recount import contradictions, differences, set_right
from bocore_inventory.rights import VALUE
from bocore_inventory.scales import minor


@service(VALUE, read_only=True, runs_with=["catalog.read"])
def check(uow: UnitOfWork) -> Iterable[Finding]:
    """Recompute what lies where and what it is worth from the moves and entries; lists what differs, and what the books have else."""
    yield from (one.finding for one in differences(uow))
    yield from contradictions(uow)
    worth = sum(minor(value) for (value,) in uow.rows(sa.select(Pool.c.value).where(Pool.c.company_id == uow.company_id)))
    stock = Money.minor(worth, uow.company.currency)
    books, wip = (uow.hook.bo_balance(uow=uow, query=BalanceQuery(company=uow.company.id, purpose=name)) for name in ("inventory", "wip"))
    if isinstance(books, Money) and isinstance(wip, Money) and books - wip != stock:
        books -= wip
        message = f"Stock is worth {stock}, and the books have {books} for it."
        fix = "Look for vouchers that name inventory and are not of stock, or for a ledger that was not caught up with."
        yield Finding("inventory.books", message, f"company {uow.company.code}", fix=fix, severity=Severity.WARNING)


@service(VALUE, runs_with=["catalog.read"])
def rebuild(uow: UnitOfWork) -> int:
    """Write what lies where and the sums of pools anew from the moves and entries; returns how many rows were wrong."""
    for cls in (OnHand, Pool):  # in the order in which movements lock them
        ids = [ident for (ident,) in uow.rows(sa.select(cls.c.id).where(cls.c.company_id == uow.company_id))]
        uow.get_all(cls, ids, lock=True)
    return set_right(uow, list(differences(uow)))
