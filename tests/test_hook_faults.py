"""A hook that raises, sleeps or kills, at every moment of a posting with accounting: all of the posting is there afterwards, or nothing.

This file is also the script that is killed: ``python test_hook_faults.py FILE`` takes the number of a moment from each line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import workshop
from workshop import plugin, post

import bocore_accounting.plugin as accounting
from bocore import BackOffice, StorageError
from bocore.testing.faults import Children, FaultyHooks, Interrupted, stop
from bocore_accounting import Entry, check
from bocore_accounting.reports import trial_balance

pytestmark = pytest.mark.faults
TRACE = [f"{when} {hook}" for hook in ("bo_validate", "bo_posted", "bo_event", "bo_validate") for when in ("before", "after")]
"""The moments of a posting: what is written at once is checked first."""
MOMENTS = len(TRACE)


def orders_in(books: Path) -> list[int]:
    """The orders that are there, each with its entries in accounting, which are right."""
    with opened(books) as bo:
        orders = workshop.orders_in(bo)
        with bo.unit_of_work(actor="auditor", read_only=True) as uow:
            assert uow.select(Entry).count() == 2 * len(orders)
            assert check(uow) == []
            balance = list(trial_balance(uow))
            assert sum(row.debit for row in balance) == sum(row.credit for row in balance)
    return orders


@pytest.fixture
def faulty() -> FaultyHooks:
    return FaultyHooks()


@pytest.fixture
def books(bo_templates: Callable[..., Path], tmp_path: Path) -> Path:
    """Books with a chart, and nothing in them."""
    books = tmp_path / "books.db"
    with BackOffice(books, plugins=[accounting, plugin]) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
    return books


def opened(books: Path, *more: Any) -> BackOffice:
    return BackOffice(books, plugins=[accounting, plugin, *more])


class Trouble(Exception):
    """An error of a plugin's own."""


def trouble() -> None:
    raise Trouble


# ---------------------------------------------------------------- it raises


@pytest.mark.parametrize(("act", "error"), [(stop, Interrupted), (trouble, Trouble)], ids=["interrupted", "error"])
def test_a_hook_that_raises_at_any_moment_leaves_nothing(books: Path, faulty: FaultyHooks, act: Any, error: type[BaseException]) -> None:
    with opened(books, faulty.module) as bo:
        for n in range(1, MOMENTS + 1):
            with faulty.at(n, act), pytest.raises(error):
                post(bo, n)
            assert orders_in(books) == list(range(1, n)), f"nothing remains of what failed {faulty.moments[-1]}"
            assert len(post(bo, n)) == n, "and the same key goes through afterwards"
            assert orders_in(books) == list(range(1, n + 1))
        with faulty.at(MOMENTS + 1, act):
            post(bo, MOMENTS + 1)
        assert faulty.moments == TRACE, "that was every moment"


# ---------------------------------------------------------------- it is slow


def test_a_hook_that_is_slow_at_any_moment_makes_others_wait_or_tells_them(
    books: Path, faulty: FaultyHooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one hook sleeps, an impatient program tries, and a patient one; in the end everything is there that was not refused."""
    done: list[int] = []
    with opened(books, faulty.module) as bo, opened(books) as patient:
        for n in range(1, MOMENTS + 1):
            asleep, awake = threading.Event(), threading.Event()
            errors: list[BaseException] = []

            def sleep(asleep: threading.Event = asleep, awake: threading.Event = awake) -> None:
                asleep.set()
                awake.wait()

            def work(office: BackOffice, order: int, errors: list[BaseException] = errors, asleep: threading.Event = asleep) -> None:
                try:
                    post(office, order)
                except BaseException as error:
                    errors.append(error)
                    asleep.set()

            slow = threading.Thread(target=work, args=(bo, 3 * n))
            with faulty.at(n, sleep):
                slow.start()
                asleep.wait()
                done += [3 * n, 3 * n + 1, *tried_at_once(books, 3 * n + 2, monkeypatch)]
                waiting = threading.Thread(target=work, args=(patient, 3 * n + 1))
                waiting.start()
                awake.set()
                slow.join()
                waiting.join()
            assert errors == []
            assert sorted(orders_in(books)) == sorted(done)


def tried_at_once(books: Path, order: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What somebody posts who does not wait: all of it, or nothing and a sentence that says why and what to do."""
    with monkeypatch.context() as patched:
        for engine in ("sqlite", "postgresql"):
            patched.setattr(f"bocore.storage.{engine}.BUSY_SECONDS", 0.05)
        with opened(books) as impatient:
            try:
                post(impatient, order, retries=0)
            except StorageError as busy:
                assert "Try again; nothing was written" in str(busy) or "Run it again" in str(busy), busy
                return []
    return [order]


# ---------------------------------------------------------------- it kills


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(__file__) as running:
        yield running


def test_a_process_that_is_killed_in_a_hook_at_any_moment_leaves_nothing(books: Path, children: Children) -> None:
    script = children.start(books)
    assert script.stdin is not None
    with opened(books) as bo:
        for n in range(1, MOMENTS + 2):
            script.stdin.write(f"{n}\n")
            script.stdin.flush()
            ended = children.heard(script)
            if n > MOMENTS:
                assert ended == 0, "there are no more moments"
                break
            assert ended == signal.SIGKILL
            assert orders_in(books) == list(range(1, n))
            assert len(post(bo, n)) == n
        assert orders_in(books) == list(range(1, MOMENTS + 2))


def serve(books: str) -> None:
    """For each number: post in a process of its own, which is killed at that moment; say by which signal it ended."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            faulty = FaultyHooks()
            with opened(Path(books), faulty.module) as bo, faulty.at(int(line), lambda: os.kill(os.getpid(), signal.SIGKILL)):
                post(bo, int(line))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(json.dumps(os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(*sys.argv[1:])
