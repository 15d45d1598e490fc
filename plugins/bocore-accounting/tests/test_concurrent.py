"""Balances while many post at once, on PostgreSQL: on SQLite one writes at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Line, Money, UnitOfWork, Voucher
from bocore_accounting import apply_standard_chart, check, plugin, roll_up, totals

pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    with BackOffice(tmp_path / "books.db", plugins=[plugin]).init(company="Acme Ltd", currency="EUR") as made:
        with made.unit_of_work(actor="ann") as uow:
            apply_standard_chart(uow, uow.company.id)
        yield made


def sell(uow: UnitOfWork, n: int) -> None:
    amount = Money("1.00", "EUR")
    day = date(2026, 1 + n % 12, 15)
    uow.post(Voucher(f"sale:{n}", "shop.sale", document_date=day, posting_date=day, lines=[Line("bank", amount), Line("sales", -amount)]))


def bank(uow: UnitOfWork) -> int:
    return sum(int(row.debit - row.credit) for row in totals(uow, company=uow.company, through=date(2026, 12, 31)) if row.debit)


def test_a_roll_up_counts_each_commit_once_while_others_commit(bo: BackOffice) -> None:
    seen: list[int] = []

    def work(n: int) -> Any:
        if n % 10 == 0:
            return bo.run(roll_up, actor="clock", retries=50)
        if n % 10 == 5:  # in a unit of work that writes: each select of it sees another moment
            seen.append(bo.run(bank, actor="ann", retries=50))
        return bo.run(sell, n, actor="till", retries=50)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(200)))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert check(uow) == []
        assert bank(uow) == 180 * 100
    assert len(seen) == 20 and all(0 <= amount <= 180 * 100 and amount % 100 == 0 for amount in seen)
