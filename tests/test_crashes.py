"""Many at once, killed at any moment, starved of disk: what was acknowledged is there, nothing is there twice, and the books are right.

This file is also the script of those who work: ``python test_crashes.py WHERE TENANT FIRST COUNT``. All post to one number series, one hot
row and the same accounts, each order under a key. Loops obey ``BO_TEST_SECONDS`` (5 unless told).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from workshop import orders_in, play, plugin, post
from workshop_model import Enrol

from bocore import BackOffice
from bocore.testing.faults import Children

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))
WORKERS = {"sqlite": 4, "postgresql": 8}
RETRIES = 100
"""A worker gives up after minutes: a server that is killed comes back."""


@pytest.fixture(scope="module")
def bo_plugins() -> list[Any]:
    return [plugin]


@pytest.fixture
def books(bo_path: Path) -> Path:
    """Books with the customer of all orders."""
    with BackOffice(bo_path, plugins=[plugin]) as bo:
        bo.run(play, "ACME", [Enrol(1)], actor="ann")
    return bo_path


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(__file__) as running:
        yield running


def audited(books: Path) -> list[int]:
    with BackOffice(books, plugins=[plugin]) as bo:
        return orders_in(bo)


def work(where: str, tenant: str, first: str, count: str) -> None:
    """Post orders one after the other; each is acknowledged once it is committed, and every fifth is asked for again."""
    with BackOffice(where, tenant=tenant or None, plugins=[plugin]) as bo:
        for n in range(int(first), int(first) + int(count)):
            numbers = post(bo, n, retries=RETRIES)
            if n % 5 == 0:
                assert post(bo, n, retries=RETRIES) == numbers
            sys.stdout.write(json.dumps(n) + "\n")
            sys.stdout.flush()


# ---------------------------------------------------------------- many at once


def test_many_at_once_lose_and_double_nothing(books: Path, children: Children, bo_engine: str) -> None:
    """Every order is asked for by two, which both are told that it is done."""
    count = max(4, int(SECONDS * 2))
    workers = [children.start(books, "", 1 + n // 2 * count, count) for n in range(WORKERS[bo_engine])]
    heard = [children.rest(worker) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * len(workers)
    assert heard == [list(range(1 + n // 2 * count, 1 + n // 2 * count + count)) for n in range(len(workers))]
    assert sorted(audited(books)) == sorted({n for one in heard for n in one})


def test_workers_that_are_killed_lose_nothing_that_they_acknowledged(books: Path, children: Children, bo_engine: str) -> None:
    """kill -9 of one of many at any moment; who comes after it asks for everything of it again, by its keys."""
    chance, end = random.Random(20260302), time.monotonic() + SECONDS
    firsts = [10_000 * (n + 1) for n in range(WORKERS[bo_engine])]
    acknowledged: list[int] = []
    workers = {first: children.start(books, "", first, 1000) for first in firsts}
    kills = 0
    while time.monotonic() < end or kills < 3:
        first = chance.choice(firsts)
        acknowledged += [children.heard(workers[first]) for _ in range(1 + chance.randrange(3))]
        os.kill(workers[first].pid, signal.SIGKILL)
        acknowledged += children.rest(workers[first])
        workers[first] = children.start(books, "", first, 1000)
        kills += 1
    for worker in workers.values():
        os.kill(worker.pid, signal.SIGKILL)
    for worker in workers.values():
        acknowledged += children.rest(worker)
    found = audited(books)
    assert set(acknowledged) <= set(found), "what was acknowledged is there"
    assert len(found) == len(set(found)), "nothing is there twice"
    assert len(set(found) - set(acknowledged)) <= kills + len(workers), "at most one a kill was committed and not acknowledged"


if __name__ == "__main__":
    work(*sys.argv[1:])
