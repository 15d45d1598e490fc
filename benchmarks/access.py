"""What it costs to hold people to their rights: posting and reading by an owner and by bookkeepers, as ratios to a database without users.

python benchmarks/access.py [ROUNDS]

Everything runs in one process, in turns: each round does the same in every database, and the medians of the processor's time over the
rounds are compared pair by pair.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bocore import BackOffice, Company, Grant, Money, UnitOfWork, User
from bocore_accounting import Account, Entry, Line, account_ids, apply_standard_chart, journal, plugin, post

DAY = date(2026, 3, 2)
WHO = {"no users": "ann", "owner": "olga", "all companies": "beth", "one company": "nina"}
SINGLE, BATCH = 30, 400
READS = 200


def opened(folder: Path, name: str) -> BackOffice:
    """Books of two companies; with users but for the first."""
    bo = BackOffice(folder / f"{name.replace(' ', '-')}.db", plugins=[plugin]).init(company="North", code="NORTH", currency="EUR")
    with bo.unit_of_work(actor="olga") as uow:
        north, south = uow.select(Company).one(), uow.add(Company(code="SOUTH", name="South", currency="EUR"))
        for company in (north, south):
            apply_standard_chart(uow, company.id)
        if name != "no users":
            uow.add(User(name="olga", owner=True))
            for person, place in (("beth", None), ("nina", north.id)):
                uow.add(Grant(user_id=uow.add(User(name=person)).id, role="accounting.bookkeeper", company_id=place))
    return bo


def enter(uow: UnitOfWork, count: int) -> None:
    """Post entries of two lines."""
    ids, book = account_ids(uow, ["1010", "4000"]), journal(uow, "GEN").id
    amount = Money("12.50", "EUR")
    post(
        uow,
        [
            (
                Entry(journal_id=book, posting_date=DAY, text="Sale"),
                [Line(account_id=ids["1010"], amount=amount), Line(account_id=ids["4000"], amount=-amount)],
            )
            for _ in range(count)
        ],
    )


def one_by_one(bo: BackOffice, actor: str) -> None:
    """A commit an entry."""
    for _ in range(SINGLE):
        with bo.unit_of_work(actor=actor, company="NORTH") as uow:
            enter(uow, 1)


def at_once(bo: BackOffice, actor: str) -> None:
    """All in one commit."""
    with bo.unit_of_work(actor=actor, company="NORTH") as uow:
        enter(uow, BATCH)


def reading(uow: UnitOfWork) -> dict[str, Callable[[], Any]]:
    """Reads of few rows."""
    account = uow.select(Account, code="1010").first()
    assert account is not None
    entry, line = Entry.c, Line.c
    joined = sa.select(entry.number, line.amount).where(line.entry_id == entry.id, entry.id == 1)
    return {
        "find": lambda: uow.find(Account, code="1010", company_id=account.company_id),
        "get": lambda: uow.get(Account, account.id),
        "select by equality": lambda: uow.select(Account, code="1010", company_id=account.company_id).all(),
        "select with where": lambda: uow.select(Account).where(Account.c.code == "1010", Account.c.company_id == account.company_id).all(),
        "rows with a join": lambda: uow.rows(joined),
    }


def spent(what: Callable[[], Any]) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    what()
    return time.process_time() - began


def main(rounds: int) -> None:
    """Measure in turns, and print ratios and differences."""
    with tempfile.TemporaryDirectory() as folder:
        books = {name: opened(Path(folder), name) for name in WHO}
        try:
            for what, count in ((one_by_one, SINGLE), (at_once, BATCH)):
                taken: dict[str, list[float]] = {name: [] for name in WHO}
                for turn in range(rounds + 1):
                    for name, actor in WHO.items():
                        found = spent(lambda what=what, name=name, actor=actor: what(books[name], actor))  # type: ignore[misc]
                        if turn:  # the first warms up
                            taken[name].append(found / count * 1e6)
                base = taken["no users"]
                for name in WHO:
                    ratio = statistics.median(mine / other for mine, other in zip(taken[name], base, strict=True))
                    print(f"{what.__name__:>12} {name:>14}: {statistics.median(taken[name]):8.1f} µs an entry, {ratio:.3f}")
            reads: dict[str, dict[str, list[float]]] = {}
            for turn in range(rounds + 1):
                for name, actor in WHO.items():
                    with books[name].unit_of_work(actor=actor, company="NORTH", read_only=True) as uow:
                        for read, run in reading(uow).items():
                            run()
                            found = spent(lambda run=run: [run() for _ in range(READS)])  # type: ignore[misc]
                            if turn:
                                reads.setdefault(read, {each: [] for each in WHO})[name].append(found / READS * 1e6)
            for read, by_name in reads.items():
                for name in WHO:
                    more = statistics.median(mine - other for mine, other in zip(by_name[name], by_name["no users"], strict=True))
                    print(f"{read:>18} {name:>14}: {statistics.median(by_name[name]):7.1f} µs, {more:+.1f}")
        finally:
            for bo in books.values():
                bo.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
