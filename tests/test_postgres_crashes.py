"""What only a server can do to its clients: lose their connections, let them run into each other, be killed as a whole, fill its disk."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from proxies import LossyProxy
from workshop import Order, Tally, orders_in, play, plugin, post, story
from workshop_model import DAYS, Enrol

from bocore import BackOffice, Party, PeriodLock, StorageError, UnitOfWork, lock_period
from bocore.testing import Server
from bocore.testing.faults import Children, Saboteur

pytestmark = [pytest.mark.faults, pytest.mark.engine("postgresql")]
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))


@pytest.fixture(scope="module")
def bo_plugins() -> list[Any]:
    return [plugin]


@pytest.fixture
def office(bo: BackOffice) -> BackOffice:
    """An application over books with the customer of all orders, and two rows that everybody changes."""

    def begin(uow: UnitOfWork) -> None:
        play(uow, "ACME", [Enrol(1)])
        uow.add_all(Tally(name=name) for name in ("left", "right"))

    bo.run(begin, actor="ann")
    return bo


def reopened(office: BackOffice) -> BackOffice:
    """Another program on the same books."""
    return BackOffice(office.engine.url.render_as_string(hide_password=False), tenant=office.database.schema, plugins=[plugin])  # type: ignore[attr-defined]


# ---------------------------------------------------------------- the answer to a COMMIT is lost


@pytest.fixture
def lossy(office: BackOffice) -> Iterator[tuple[LossyProxy, BackOffice]]:
    """A program that reaches the same books through a proxy."""
    url = office.engine.url
    tenant = office.database.schema  # type: ignore[attr-defined]
    with LossyProxy(url.render_as_string(hide_password=False)) as proxy, BackOffice(proxy.url, tenant=tenant, plugins=[plugin]) as there:
        yield proxy, there


@pytest.mark.parametrize("how", ["sent", "unsent"])
@pytest.mark.parametrize("key", ["order-7", None])
def test_a_connection_that_is_lost_at_the_commit_is_no_doubt_for_bo_run(
    lossy: tuple[LossyProxy, BackOffice], office: BackOffice, how: str, key: str | None
) -> None:
    """Whether the server has committed or not: the work is there once, and the answer is the one that was lost."""
    proxy, there = lossy
    with there.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Order).count() == 0
    proxy.lose = how
    assert there.run(play, "ACME", story(7), actor="ann", key=key) == ["2025-001"]
    assert proxy.lost == 1
    assert orders_in(office) == [7]
    if key:
        assert office.run(play, "ACME", story(7), actor="ann", key=key) == ["2025-001"], "who asks again gets the same answer"


@pytest.mark.parametrize("how", ["sent", "unsent"])
def test_a_unit_of_work_whose_commit_was_not_answered_says_that_nobody_knows(
    lossy: tuple[LossyProxy, BackOffice], office: BackOffice, how: str
) -> None:
    proxy, there = lossy
    with pytest.raises(StorageError, match="connection to the server is gone") as gone, there.unit_of_work(actor="ann") as uow:
        play(uow, "ACME", story(7))
        uow.flush()
        proxy.lose = how
    assert "nothing was written" not in str(gone.value), "for nobody knows"
    assert orders_in(office) == ([7] if how == "sent" else [])
    with there.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Order).count() == (how == "sent"), "the program goes on with a new connection"


# ---------------------------------------------------------------- in each other's way


def test_a_deadlock_is_run_again_and_both_get_through(office: BackOffice) -> None:
    """Each changes two rows, in opposite order, and has the first before the other asks for it."""
    both, tries = threading.Barrier(2, timeout=30), []

    def ring(uow: UnitOfWork, first: str, second: str) -> None:
        tries.append(first)
        for name in (first, second):
            tally = uow.find(Tally, name=name)
            assert tally is not None
            tally.rings += 1
            uow.write([tally])
            if name == first and tries.count(first) == 1:
                both.wait()

    def right() -> None:
        with reopened(office) as other:
            other.run(ring, "right", "left", actor="bob")

    thread = threading.Thread(target=right)
    thread.start()
    office.run(ring, "left", "right", actor="ann")
    thread.join()
    assert len(tries) > 2, "one of them was run again"
    with office.unit_of_work(actor="ann", read_only=True) as uow:
        assert {tally.name: tally.rings for tally in uow.select(Tally)} == {"left": 2, "right": 2}


def test_those_who_close_a_period_at_once_all_get_through(office: BackOffice) -> None:
    """Each is writing already, and wants to be alone: one waits for the other, which waits for it."""
    together, failed = threading.Barrier(3, timeout=30), []

    def close(uow: UnitOfWork, first: list[bool]) -> None:
        uow.add(Party(name="Somebody"))
        uow.flush()
        if first:
            first.pop()
            together.wait()
        lock_period(uow, "ledger", DAYS[0])

    def program() -> None:
        first = [True]
        try:
            with reopened(office) as mine:
                mine.run(lambda uow: close(uow, first), actor="ann")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=program) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with office.unit_of_work(actor="ann", read_only=True) as uow:
        assert [lock.through for lock in uow.select(PeriodLock)] == [DAYS[0]]
        assert uow.select(Party, name="Somebody").count() == 3


def test_who_locks_a_row_second_waits_and_reads_what_the_first_one_left(office: BackOffice) -> None:
    locked, tries = threading.Event(), []

    def ring(uow: UnitOfWork, who: str) -> None:
        tries.append(who)
        (ident,) = [row.id for row in uow.rows(sa.select(Tally.c.id).where(Tally.c.name == "left"))]
        if who == "second":
            assert locked.wait(30)
        tally = uow.get_all(Tally, [ident], lock=True)[ident]
        if who == "first":
            locked.set()
            waiting_for_a_lock(office)
        tally.rings += 1

    threads = [threading.Thread(target=office.run, args=(ring, who), kwargs={"actor": who}) for who in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tries) == ["first", "second"], "nobody had to begin again"
    with office.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Tally, name="left").rings == 2  # type: ignore[union-attr]


def waiting_for_a_lock(office: BackOffice) -> None:
    """Return once somebody waits for a lock of this tenant's application."""
    name = office.engine.url.query["application_name"]
    with psycopg.connect(office.engine.url.set(drivername="postgresql").render_as_string(hide_password=False), autocommit=True) as raw:
        asked = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND wait_event_type = 'Lock'"
        until = time.monotonic() + 30
        while raw.execute(asked, (name,)).fetchone() is None:
            assert time.monotonic() < until


FAILURES = [
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.AdminShutdown,
    psycopg.errors.ConnectionFailure,
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_what_may_succeed_when_run_again_is_run_again_and_done_once_wherever_it_failed(office: BackOffice, after: bool) -> None:
    """Each failure at each statement, the COMMIT too; after it, only the key tells that the work is done."""
    n = 0
    while True:
        n += 1
        failure = FAILURES[n % len(FAILURES)]
        with Saboteur(n, after=after, error=failure) as saboteur:
            assert len(post(office, n)) == n
        if not saboteur.stopped:
            break
    assert n > 15, "there were that many statements"
    assert orders_in(office) == list(range(1, n + 1))


# ---------------------------------------------------------------- the server is killed


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(Path(__file__).with_name("test_crashes.py")) as running:
        yield running


def test_a_server_that_is_killed_as_a_whole_loses_nothing_and_its_clients_go_on(children: Children) -> None:
    """kill -9 of the postmaster and all its children, again and again under eight writers, who wait and ask again by their keys."""
    count = max(8, int(SECONDS * 2))
    with Server(durable=True) as server:
        begun(server)
        workers = [children.start(server.url, "acme", 1 + n * count, count) for n in range(8)]
        acknowledged: list[list[int]] = [[] for _ in workers]
        for _ in range(max(2, int(SECONDS / 2))):
            for mine, worker in zip(acknowledged, workers, strict=True):
                mine.append(children.heard(worker))
            server.kill()
            server.start()
            with BackOffice(server.url, tenant="acme", plugins=[plugin]) as bo:
                with bo.unit_of_work(actor="auditor", read_only=True) as uow:
                    found = {row.n for row in uow.select(Order)}
                assert {n for mine in acknowledged for n in mine} <= found, "what was acknowledged is there"
        for mine, worker in zip(acknowledged, workers, strict=True):
            mine += children.rest(worker)
        assert [worker.returncode for worker in workers] == [0] * 8
        with BackOffice(server.url, tenant="acme", plugins=[plugin]) as bo:
            assert sorted(orders_in(bo)) == sorted(n for mine in acknowledged for n in mine) == list(range(1, 8 * count + 1))


def begun(server: Server) -> None:
    """Books with the customer of all orders."""
    with BackOffice(server.url, tenant="acme", plugins=[plugin]) as bo:
        bo.init(company="Acme Ltd", currency="EUR")
        bo.run(play, "ACME", [Enrol(1)], actor="ann")
