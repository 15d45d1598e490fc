"""A process that keeps books until its work is done or it is killed: ``python fault_child.py TASK FILE NAME COUNT``.

What is committed is acknowledged with a line of JSON on standard output, after ``bo.run`` has returned and not before.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa

from bocore import BackOffice, BocoreError, LockException, Money, Refused, TaxFact, Voucher, lock_period, open_day, withdraw_exception
from bocore import Line as VoucherLine
from bocore_accounting import Entry, Line, account_ids, journal, plugin, post, roll_up
from bocore_accounting.reports import trial_balance

BUSY = 2
"""Milliseconds for which those who post to a file wait inside SQLite for another process; then bo.run has to try again."""
RETRIES = 100


def say(*values: Any) -> None:
    """Acknowledge: whoever reads this may rely on it."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


# ---------------------------------------------------------------- what is posted


def enter(uow: Any, key: str, on: date, minor: int, count: int = 1) -> Callable[[], list[str]]:
    """Journal entries made by hand; their numbers are read when they have some."""
    ids, book = account_ids(uow, ["1010", "4000", "2200"]), journal(uow, "GEN").id
    amounts = {"1010": 6 * minor, "4000": -5 * minor, "2200": -minor}
    made = post(
        uow,
        [
            (
                Entry(journal_id=book, posting_date=on, text=key),
                [Line(account_id=ids[code], amount=Money.minor(amount, "EUR")) for code, amount in amounts.items()],
            )
            for _ in range(count)
        ],
    )
    return lambda: [entry.number for entry in made]


def sell(uow: Any, key: str, on: date, minor: int, if_closed: str = "refuse") -> Callable[[], list[str]]:
    """A voucher, which accounting answers with an entry in the journal of the till."""
    lines = [VoucherLine("cash", Money.minor(minor, "EUR")), VoucherLine("sales", Money.minor(-minor, "EUR"))]
    (receipt,) = uow.post(Voucher(key, "till.sale", lines, posting_date=on, text=key, if_closed=if_closed))
    return lambda: [entry.number for entry in uow.select(Entry, voucher_id=receipt.voucher_id)]


def day_at_the_till(uow: Any, key: str, on: date, minor: int) -> Callable[[], list[str]]:
    """Several of both in one unit of work."""
    numbers = [enter(uow, key, on, minor, count=3), *(sell(uow, f"{key}/{n}", on, minor + n) for n in range(2))]
    return lambda: [number for read in numbers for number in read()]


def declare(uow: Any, key: str, on: date, minor: int) -> None:
    """A sale of March whose tax arose on a day; the ledger is not what is closed."""
    fact = TaxFact("GB20", Money.minor(-minor * 5, "EUR"), Money.minor(-minor, "EUR"), registration="GB", on=on)
    lines = [VoucherLine("cash", Money.minor(minor, "EUR")), VoucherLine("tax.output", Money.minor(-minor, "EUR"), tax=fact)]
    uow.post(Voucher(key, "till.sale", lines, posting_date=MARCH, text=key))


def receive(uow: Any, key: str, on: date, minor: int) -> None:
    """What an inventory does: it asks whether its own area is open, and posts the value."""
    found = open_day(uow, "stock", on, at=key)
    if found.finding is not None:
        uow.refuse(found.finding)
    lines = [VoucherLine("inventory", Money.minor(minor, "EUR")), VoucherLine("grni", Money.minor(-minor, "EUR"))]
    uow.post(Voucher(key, "shed.receipt", lines, posting_date=found.day, text=key))


JANUARY, MARCH = date(2026, 1, 15), date(2026, 3, 15)
WORK: tuple[Callable[..., Any], ...] = (enter, sell, day_at_the_till)


def day(n: int) -> date:
    """Days of two years, so that journals have two sequences of numbers each."""
    return date(2025 + n % 2, 1 + n % 12, 1 + n % 28)


# ---------------------------------------------------------------- tasks


def post_all(bo: BackOffice, name: str, count: int) -> None:
    """Post that many pieces of work; every fifth is asked for again, as by a till that did not hear the answer."""
    for n in range(count):
        key = f"{name}.{n}"
        for _ in range(2 if n % 5 == 0 else 1):
            numbers = bo.run(WORK[n % len(WORK)], key, day(n), 100 + n, actor=name, key=key, retries=RETRIES)
        say(key, numbers)


def post_until_locked(bo: BackOffice, name: str, count: int) -> None:
    """Post to January and to March, until January has been refused that often."""
    _until_closed(bo, name, count, ((enter, JANUARY), (sell, JANUARY), (sell, JANUARY, "next_open"), (enter, MARCH)))


def post_under_exception(bo: BackOffice, name: str, count: int) -> None:
    """Post to a January that is closed to all who have no exception, and to March."""
    _until_closed(bo, name, count, ((enter, JANUARY), (sell, JANUARY), (enter, MARCH)))


def declare_until_locked(bo: BackOffice, name: str, count: int) -> None:
    """Post tax of January and of March, until January has been refused that often."""
    _until_closed(bo, name, count, ((declare, JANUARY), (declare, MARCH)))


def receive_until_locked(bo: BackOffice, name: str, count: int) -> None:
    """Receive stock in January and in March, until January has been refused that often."""
    _until_closed(bo, name, count, ((receive, JANUARY), (receive, MARCH)))


def _until_closed(bo: BackOffice, name: str, count: int, asked: tuple[tuple[Any, ...], ...]) -> None:
    refused = n = 0
    while refused < count:
        (work, on, *closed), key = asked[n % len(asked)], f"{name}.{n}"
        n += 1
        try:
            say(key, bo.run(work, key, on, 100 + n, *closed, actor=name, key=key, retries=RETRIES), [])
        except Refused as refusal:
            refused += 1
            say(key, None, [finding.code for finding in refusal.findings])
    say("end", None, [])


def lock_january(bo: BackOffice, name: str, count: int) -> None:
    """Close January when a line on standard input says so."""
    _lock(bo, name, "ledger")


def lock_tax(bo: BackOffice, name: str, count: int) -> None:
    """Close January for what is declared in the United Kingdom."""
    _lock(bo, name, "tax:GB")


def lock_stock(bo: BackOffice, name: str, count: int) -> None:
    """Close January for stock."""
    _lock(bo, name, "stock")


def _lock(bo: BackOffice, name: str, area: str) -> None:
    sys.stdin.readline()
    say(bo.run(lock_period, area, date(2026, 1, 31), actor=name, key=f"{name}.lock", retries=RETRIES))


def withdraw_all(bo: BackOffice, name: str, count: int) -> None:
    """Withdraw every exception when a line on standard input says so."""

    def withdraw(uow: Any) -> None:
        for one in uow.select(LockException):
            withdraw_exception(uow, one)

    sys.stdin.readline()
    say(bo.run(withdraw, actor=name, key=f"{name}.lock", retries=RETRIES))


def roll_all(bo: BackOffice, name: str, count: int) -> None:
    """Roll up again and again, and read the trial balance after each time."""
    for _ in range(count):
        bo.run(roll_up, actor=name, retries=RETRIES)
        with bo.unit_of_work(actor=name, read_only=True) as uow:
            rows = list(trial_balance(uow, zero=True))
        say(str(sum(row.debit for row in rows)), str(sum(row.credit for row in rows)), len(rows))


def fill_disk(bo: BackOffice, name: str, count: int) -> None:
    """Post small units until no file may grow any more: they fit in memory, so it is COMMIT that fails; then again with space."""
    bo.run(enter, f"{name}.first", day(0), 100, actor=name, key=f"{name}.first")
    path = str(bo.engine.url.database)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with open(f"{path}-wal", "rb") as wal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.seek(0, 2) + 200_000, hard))
    n = 0
    for phase in ("full", "again"):
        for _ in range(count):
            n += 1
            key = f"{name}.{n}"
            try:
                say(phase, key, bo.run(enter, key, day(n), 100 + n, actor=name, key=key))
            except BocoreError as error:
                say("error", key, error.as_dict())
                break
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


TASKS = {
    "post": post_all,
    "until-locked": post_until_locked,
    "under-exception": post_under_exception,
    "declare": declare_until_locked,
    "receive": receive_until_locked,
    "lock": lock_january,
    "lock-tax": lock_tax,
    "lock-stock": lock_stock,
    "withdraw": withdraw_all,
    "roll": roll_all,
    "fill": fill_disk,
}


def main(task: str, path: str, name: str, count: str) -> None:
    with BackOffice(path, plugins=[plugin]) as bo:

        @sa.event.listens_for(bo.engine, "checkout")
        def impatient(connection: Any, *_: Any) -> None:
            if task == "post" and bo.engine.dialect.name == "sqlite":
                connection.execute(f"PRAGMA busy_timeout={BUSY}")

        TASKS[task](bo, name, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
