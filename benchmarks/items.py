"""How long it takes to say what is open: ageing by party, and the list of items, now and as of past days; and what keys cost a voucher.

python benchmarks/items.py [ITEMS]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bocore import BackOffice, Line, Money, Party, UnitOfWork, Voucher, check_items, open_items, open_items_select

BATCH = 5000
START = date(2025, 1, 1)
DAYS = (None, date(2026, 3, 1), date(2025, 12, 31), date(2025, 6, 30), date(2025, 1, 31))


def vouchers(first: int, count: int, of: int, parties: list[int], keyed: bool) -> list[Voucher]:
    """Invoices over a year, a third of them paid, a third in half."""
    chance, made = random.Random(first), []
    for n in range(first, first + count):
        day = START + timedelta(n * 360 // of)
        amount = chance.randrange(100, 100_000)
        opens: dict[str, Any] = {"opens": f"i{n}", "due": day + timedelta(30)} if keyed else {}
        settles: dict[str, Any] = {"settles": f"i{n}"} if keyed else {}
        owed = Line("receivable", Money.minor(amount, "EUR"), party=parties[n % len(parties)], **opens)
        made.append(Voucher(f"s{n}{keyed}", "sale", [owed, Line("sales", -owed.amount)], posting_date=day))
        if n % 3:
            paid = Money.minor(amount if n % 3 == 1 else amount // 2, "EUR")
            lines = [Line("bank", paid), Line("receivable", -paid, party=owed.party, **settles)]
            made.append(Voucher(f"p{n}{keyed}", "payment", lines, posting_date=day + timedelta(chance.randrange(1, 60))))
    return made


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what came of it."""
    began = time.process_time()
    outcome = what()
    return time.process_time() - began, outcome


def ageing(uow: UnitOfWork, day: date | None) -> list[Any]:
    """What is open by party, due or not."""
    items = open_items_select(uow, as_of=day).subquery()
    late = sa.case((items.c.due < (day or date(2026, 3, 1)), 1), else_=0).label("late")
    return list(uow.rows(sa.select(items.c.party_id, late, sa.func.sum(items.c.remaining)).group_by(items.c.party_id, "late")))


def main(count: int) -> None:
    """Post the items, and print the seconds of the processor."""
    with tempfile.TemporaryDirectory() as folder, BackOffice(Path(folder) / "books.db", plugins=[]) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        with bo.unit_of_work(actor="bench") as uow:
            parties = [party.id for party in uow.add_all(Party(name=f"Party {n}") for n in range(1000))]
        spent = {True: 0.0, False: 0.0}
        posted = 0
        for first in range(0, count, BATCH):
            for keyed in spent if first < 4 * BATCH else (True,):
                made = vouchers(first, min(BATCH, count - first), count, parties, keyed)
                with bo.unit_of_work(actor="bench") as uow:
                    taken, _ = timed(lambda made=made, uow=uow: uow.post(*made))  # type: ignore[misc]
                if first < 4 * BATCH:
                    spent[keyed] += taken
                    posted += len(made) * keyed
        with bo.unit_of_work(actor="bench", read_only=True) as uow:
            print(f"posting {posted} vouchers: {spent[False]:.2f} s without keys, {spent[True]:.2f} s with")
            for day in DAYS:
                aged, _ = timed(lambda day=day: ageing(uow, day))  # type: ignore[misc]
                listed, rows = timed(lambda day=day: open_items(uow, as_of=day))  # type: ignore[misc]
                print(f"{day or 'now'!s:>10}: {len(rows):>7} items, ageing {aged:.2f} s, list {listed:.2f} s")
            checked, wrong = timed(lambda: list(check_items(uow)))
            print(f"check: {checked:.2f} s, {len(wrong)} wrong")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 150_000)
