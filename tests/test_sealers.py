"""Sealers: several at once, killed in the middle, without a key, over a database that can't be written; business goes on, and is sealed.

This file is also the script of those who work: ``python test_sealers.py WHAT WHERE …``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bocore import BackOffice, Party, PeriodLock, StorageError, Worker
from bocore.jobs import worker as worker_module
from bocore.record import keeper, sealing
from bocore.record.anchoring import read_anchor
from bocore.record.positions import LAST, UNPLACED
from bocore.record.sealed import Anchored
from bocore.record.verify import Verification, verify
from bocore.storage import sqlite as sqlite_storage
from bocore.testing import FrozenClock, behind, host_engine
from bocore.testing.faults import Children

SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))
KEY = bytes(32)


@pytest.fixture(scope="module")
def bo_plugins() -> list[Any]:
    return []


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(__file__) as running:
        yield running


def opened(where: Any, **more: Any) -> BackOffice:
    return BackOffice(where, plugins=[], key=KEY, **more)


def trade(bo: BackOffice, count: int, first: int = 0) -> None:
    for n in range(first, first + count):
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(Party(name=f"Customer {n}"))


def heads(bo: BackOffice) -> list[tuple[int, int]]:
    with behind(bo) as connection:
        return [tuple(row) for row in connection.execute("SELECT size, signed FROM bo_head ORDER BY size, signed").fetchall()]


def checked(bo: BackOffice, **how: Any) -> Verification:
    found = verify(bo, **how)
    assert [str(finding) for finding in found.findings] == []
    return found


def all_sealed(bo: BackOffice, against: Anchored | None = None) -> int:
    """Seal what is left: positions are dense, every head holds, nothing is unsealed; returns how many records there are."""
    head = bo.seal()
    assert head is not None
    found = checked(bo, against=against)
    assert (found.unsealed, found.unplaced, found.records, found.signed) == (0, 0, head.size, True)
    with behind(bo) as connection:
        positions = [row[0] for row in connection.execute("SELECT position FROM bo_commit ORDER BY position").fetchall()]
    assert positions == list(range(head.size))
    return head.size


# ---------------------------------------------------------------- when an application seals


def test_an_application_over_a_file_seals_each_256_commits_and_at_its_end(tmp_path: Path) -> None:
    with opened(tmp_path / "books.db") as bo:
        bo.init(company="Acme Ltd", currency="EUR").seal()
        trade(bo, 2 * keeper.EVERY + 10)
        sizes = [size for size, _ in heads(bo)]
    with opened(tmp_path / "books.db") as bo:
        if bo.engine.dialect.name == "sqlite":
            assert len(sizes) == 3
            assert [size for size, _ in heads(bo)] == [*sizes, checked(bo).records]
            assert checked(bo).unsealed == 0
        else:  # where a worker seals, or whoever is told to
            assert len(sizes) == 1
            assert checked(bo).unsealed >= 2 * keeper.EVERY + 10


@pytest.mark.engine("sqlite")
def test_what_closes_a_period_is_sealed_with_it(bo: BackOffice) -> None:
    trade(bo, 3)
    before = checked(bo).unsealed
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(PeriodLock(company_id=uow.company.id, area="ledger", through=datetime(2025, 12, 31, tzinfo=UTC).date()))
    assert (before > 0, checked(bo).unsealed) == (True, 0)


@pytest.mark.parametrize("last", ["commit", "rollback"])
def test_in_a_hosts_transaction_nothing_is_sealed_before_the_host_has_committed(
    bo_path: Path, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealing takes a connection of its own, which would wait for the host's lock for ever."""
    monkeypatch.setattr(keeper, "EVERY", 1)
    engine, tenant = host_engine(bo_path)
    with BackOffice(engine, tenant=tenant, plugins=[], key=KEY, clock=FrozenClock()) as bo:
        bo.seal()
        with engine.connect() as connection, connection.begin() as transaction:
            with bo.unit_of_work(actor="ann", connection=connection) as uow:
                uow.add(Party(name="Host's"))
            getattr(transaction, last)()
        assert checked(bo).unsealed == (last == "commit")
        assert all_sealed(bo) == checked(bo).records
    engine.dispose()


# ---------------------------------------------------------------- business goes on where sealing can't


def trouble(*given: Any, **more: Any) -> Any:
    raise TROUBLES[-1]


TROUBLES: list[Exception] = []


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("error", [StorageError("The database is busy."), ZeroDivisionError()], ids=lambda error: type(error).__name__)
def test_a_seal_that_fails_breaks_no_commit_and_no_close(
    bo_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    TROUBLES.append(error)
    with monkeypatch.context() as patched, opened(bo_path) as bo:
        patched.setattr(keeper, "EVERY", 2)
        patched.setattr(keeper, "seal", trouble)
        trade(bo, 5)
    assert caplog.text.count("The record was not sealed") == 3  # after two commits, after four, and at the end
    with opened(bo_path) as bo:
        assert checked(bo).rows == 1 + 5
        all_sealed(bo)


@pytest.mark.engine("sqlite")
def test_an_application_is_closed_in_peace_while_somebody_else_writes(
    bo_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite_storage, "BUSY_SECONDS", 0.01)
    bo = opened(bo_path)
    trade(bo, 3)
    with contextlib.closing(sqlite3.connect(bo_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        bo.close()
    assert caplog.text.count("The record was not sealed") == 1
    with opened(bo_path) as again:
        assert (checked(again).rows, checked(again).vouched) == (1 + 3, "sealed, not signed, unsealed tail of 3, not anchored")
        all_sealed(again)


def test_without_a_key_heads_are_not_signed_and_a_key_that_comes_signs_what_was_sealed(bo_path: Path, tmp_path: Path) -> None:
    anchor = tmp_path / "heads.txt"
    with BackOffice(bo_path, plugins=[], anchor=anchor) as bo:
        head = bo.seal()
        assert head is not None
        assert not head.signed
        assert checked(bo).vouched == "sealed, not signed, not anchored"
        assert bo.seal() == head
    assert not anchor.exists(), "a head that nobody signed proves nothing elsewhere"
    with opened(bo_path, anchor=anchor) as bo:
        signed = bo.seal()
        assert signed is not None
        assert signed.signed
        all_sealed(bo, read_anchor(anchor))


# ---------------------------------------------------------------- several sealers, and what kills them


def test_a_sealer_that_is_killed_in_the_middle_leaves_everything_to_the_next(bo_path: Path, children: Children) -> None:
    with opened(bo_path) as bo:
        bo.seal()
    writer = children.start("write", bo_path, 0, 300)
    assert len(children.rest(writer)) == 300
    with opened(bo_path) as bo:
        before = heads(bo)
    killed = children.start("hold", bo_path)
    assert children.heard(killed) == "holding"
    waiting = children.start("seal", bo_path, 1)
    os.kill(killed.pid, signal.SIGKILL)
    assert children.rest(killed) == []
    (size,) = children.rest(waiting)
    with opened(bo_path) as bo:
        assert [size for size, _ in heads(bo)][len(before) :] == [size]
        assert checked(bo).rows == 1 + 300
        if bo.engine.dialect.name == "sqlite":
            with behind(bo) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        trade(bo, 3)
        all_sealed(bo)


@pytest.mark.faults
@pytest.mark.engine("postgresql")
def test_two_sealers_that_are_killed_all_the_time_lose_and_double_nothing_that_many_commit(bo_path: Path, children: Children) -> None:
    chance, end, kills = random.Random(20260403), time.monotonic() + SECONDS, 0
    writers = [children.start("write", bo_path, 100_000 * n, 10_000) for n in range(4)]
    sealers = [children.start("seal", bo_path, 10_000) for _ in range(2)]
    while time.monotonic() < end or kills < 4:
        victim = chance.randrange(2)
        for _ in range(1 + chance.randrange(3)):
            children.heard(sealers[victim])
        os.kill(sealers[victim].pid, signal.SIGKILL)
        children.rest(sealers[victim])
        sealers[victim] = children.start("seal", bo_path, 10_000)
        kills += 1
    for process in (*writers, *sealers):
        os.kill(process.pid, signal.SIGKILL)
    written = {name for writer in writers for name in children.rest(writer)}
    with opened(bo_path) as bo:
        all_sealed(bo)
        with behind(bo) as connection:
            found = [row[0] for row in connection.execute("SELECT name FROM bo_party WHERE name LIKE 'Customer %'").fetchall()]
        assert len(found) == len(set(found))
        assert written <= set(found)
        assert len(set(found) - written) <= len(writers), "at most one of each was committed and not acknowledged"
        assert len(heads(bo)) > kills


# ---------------------------------------------------------------- the worker


@pytest.mark.engine("postgresql")
def test_a_worker_seals_what_anybody_has_committed(bo_path: Path, bo: BackOffice, tmp_path: Path) -> None:
    trade(bo, 5)
    assert checked(bo).vouched == "not sealed"
    with opened(bo_path, anchor=tmp_path / "heads.txt") as office:
        Worker(office).run(burst=True)
        found = checked(bo, against=read_anchor(tmp_path / "heads.txt"))
        assert (found.vouched, found.unsealed) == (f"sealed, anchored to {found.records}", 0)
        count = len(heads(bo))
        Worker(office).run(burst=True)
        assert len(heads(bo)) == count, "where nothing was committed, nothing is sealed"


@pytest.mark.engine("postgresql")
def test_a_worker_seals_while_it_has_nothing_else_to_do(bo_path: Path, bo: BackOffice, children: Children) -> None:
    worker = children.start("work", bo_path)
    for n in range(3):
        trade(bo, 2, first=10 * n)
        records = checked(bo).records
        while children.heard(worker) < records:
            pass  # a head over the first of them came before
    worker.terminate()
    children.rest(worker)
    assert checked(bo).unsealed == 0


@pytest.mark.engine("postgresql")
def test_a_worker_makes_a_head_of_a_batch_or_a_minute_and_not_of_each_commit(bo: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    bo.seal()
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(keeper, "time", SimpleNamespace(monotonic=lambda: clock.now))
    before = len(heads(bo))

    def looked(seconds: float, **how: Any) -> int:
        clock.now += seconds
        bo.keeper.keep_up(**how)
        return len(heads(bo)) - before

    trade(bo, 3)
    assert [looked(1), looked(30), looked(29)] == [0, 0, 0]
    assert looked(1) == 1, "the first of them was seen a minute ago"
    assert looked(3600) == 1
    trade(bo, 1)
    assert looked(1) == 1, "another minute begins with what is committed then"
    trade(bo, keeper.EVERY)
    assert looked(1) == 2
    trade(bo, 1)
    assert [looked(1), looked(1, ends=True)] == [2, 3]


@pytest.mark.engine("postgresql")
def test_looks_for_what_is_not_sealed_read_an_index_whatever_the_server_counted_before_all_of_it_was_sealed(bo: BackOffice) -> None:
    trade(bo, 300)
    with behind(bo) as connection:
        connection.execute("ANALYZE bo_commit")  # of none it knows a position
    bo.seal()
    with behind(bo) as connection:
        for look in (UNPLACED, LAST, sealing._UNSEALED.replace("?", "256")):
            plan = [row[0] for row in connection.execute(f"EXPLAIN {look}").fetchall()]
            assert any("bo_commit" in line for line in plan)
            assert not any("Seq Scan on bo_commit" in line for line in plan), plan


@pytest.mark.engine("postgresql")
def test_a_worker_that_can_not_seal_works_on(bo: BackOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    trade(bo, 1)
    TROUBLES.append(StorageError("The server is gone."))
    monkeypatch.setattr(worker_module, "SEAL", 3600.0)
    monkeypatch.setattr(keeper, "unsealed", trouble)
    assert Worker(bo).run(burst=True) == 0
    assert "Nobody knows whether the record is sealed: The server is gone." in caplog.text


# ---------------------------------------------------------------- those who work


def say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def work(what: str, where: str, *more: str) -> None:
    """``write FIRST COUNT`` commits; ``seal COUNT`` makes so many heads; ``hold`` stops before its commit; ``work`` is a worker."""
    with opened(Path(where)) as bo:
        if what == "write":
            bo.keeper.committed = lambda uow: None  # type: ignore[method-assign]
            first, count = map(int, more)
            for n in range(first, first + count):
                trade(bo, 1, n)
                say(f"Customer {n}")
        elif what == "seal":
            made = size = 0
            while made < int(more[0]):
                head = bo.seal()
                if head is not None and head.size > size:
                    made, size = made + 1, head.size
                    say(size)
        elif what == "hold":
            kept = sealing._keep

            def hold(*given: Any) -> Any:
                kept(*given)
                say("holding")
                sys.stdin.read()

            sealing._keep = hold
            bo.seal()
        else:
            keeper.PATIENCE = 0.1
            bo.keeper._publish = lambda head: say(head.size)  # type: ignore[method-assign]
            Worker(bo, poll=60).run()


if __name__ == "__main__":
    logging.disable()
    work(*sys.argv[1:])
