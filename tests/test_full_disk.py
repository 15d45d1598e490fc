"""A disk that is really full, at a COMMIT, within a unit of work and at its ROLLBACK: a clear error, whole books, and it goes on."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from small_disk import SmallDisk
from workshop import NoteRow, Order, orders_in, play, plugin, post
from workshop_model import Accept, Enrol

from bocore import BackOffice, StorageError, UnitOfWork
from bocore.testing import Server

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def bo_plugins() -> list[Any]:
    return [plugin]


def small(bo: BackOffice, n: int) -> None:
    """A small unit of work: it fits in memory, so that it is the COMMIT that finds the disk full."""
    post(bo, n, retries=0)


def large(bo: BackOffice, n: int) -> None:
    """A large one: it is written before the COMMIT, so that there is something to roll back when the disk is full."""

    def write(uow: UnitOfWork, n: int) -> None:
        play(uow, "ACME", [Accept(n, 1, 2, "clean")])
        order = uow.find(Order, n=n)
        assert order is not None
        for _ in range(50):
            uow.add_all(NoteRow(order_id=order.id, text="x" * 50) for _ in range(1000))
            uow.flush()

    bo.run(write, n, actor="ann", key=f"order-{n}", retries=0)


def fill_up(bo: BackOffice, work: Callable[[BackOffice, int], None]) -> tuple[StorageError, int]:
    """Work until it fails: the error, and which piece of work it was."""
    for n in range(1, 2000):
        try:
            work(bo, n)
        except StorageError as error:
            return error, n
    raise AssertionError("the disk was never full")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("work", [small, large])
def test_a_full_disk_under_sqlite_is_an_error_message_and_the_books_go_on(bo_path: Path, work: Callable[[BackOffice, int], None]) -> None:
    with SmallDisk(16) as disk:
        books = Path(shutil.copyfile(bo_path, disk.path / "books.db"))
        with BackOffice(books, plugins=[plugin]) as bo:
            bo.run(play, "ACME", [Enrol(1)], actor="ann")
            post(bo, 10_000)
            disk.fill(leave=400_000)
            error, failed = fill_up(bo, work)
            assert "disk" in str(error)
            assert "nothing was written" in error.findings[0].fix
            with pytest.raises(StorageError, match="disk"):
                large(bo, failed)
            with bo.unit_of_work(actor="ann", read_only=True) as uow:
                assert uow.select(Order).count() == failed, "what is there can be read"
            disk.free()
            went_on(bo, failed)
        with BackOffice(books, plugins=[plugin]) as again:
            assert len(orders_in(again)) == failed + 3


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize("work", [small, large])
def test_a_full_disk_under_postgresql_is_an_error_message_and_the_books_go_on(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[BackOffice, int], None]
) -> None:
    """No table can grow any more: the unit of work is refused, and the server goes on."""
    with SmallDisk(200) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk.path))
        with Server(durable=True, settings=SMALL) as server:
            monkeypatch.undo()
            with begun(server) as bo:
                disk.fill(leave=1_000_000)
                error, failed = fill_up(bo, work)
                assert "The disk of the server is full" in str(error)
                assert "nothing was written" in error.findings[0].fix
                with bo.unit_of_work(actor="ann", read_only=True) as uow:
                    assert uow.select(Order).count() == failed, "what is there can be read"
                disk.free()
                went_on(bo, failed)


@pytest.mark.engine("postgresql")
def test_a_log_that_can_not_grow_stops_postgresql_and_loses_nothing() -> None:
    """The server's log is full at a COMMIT: PostgreSQL goes down with it, and is started again when there is room."""
    with SmallDisk(40) as disk, Server(durable=True, settings=SMALL) as server:
        server.stop()
        log = server.folder / "data" / "pg_wal"
        subprocess.run(["cp", "-a", log, disk.path / "pg_wal"], check=True)
        shutil.rmtree(log)
        log.symlink_to(disk.path / "pg_wal")
        server.start()
        with begun(server) as bo:
            disk.fill(leave=1_000_000)

            def small_in_a_new_file_of_the_log(bo: BackOffice, n: int) -> None:
                with contextlib.suppress(psycopg.Error), psycopg.connect(server.url.replace("+psycopg", "")) as raw:
                    raw.execute("SELECT pg_switch_wal()")
                small(bo, n)

            error, failed = fill_up(bo, small_in_a_new_file_of_the_log)
            assert "connection to the server is gone" in str(error) or "can't be reached" in str(error), "nobody knows what the COMMIT did"
            assert "No space left on device" in server.log
            disk.free()
            server.kill()
            server.start()
            went_on(bo, failed)


SMALL = {"shared_buffers": "2MB", "max_wal_size": "48MB", "min_wal_size": "32MB"}


def begun(server: Server) -> BackOffice:
    bo = BackOffice(server.url, tenant="acme", plugins=[plugin])
    bo.init(company="Acme Ltd", currency="EUR")
    bo.run(play, "ACME", [Enrol(1)], actor="ann")
    post(bo, 10_000)
    return bo


def went_on(bo: BackOffice, failed: int) -> None:
    """All of it is asked for again from the beginning, by its keys: what is there is not done twice, and the rest is done."""
    for n in range(1, failed + 3):
        post(bo, n, retries=20)
    assert sorted(orders_in(bo)) == [*range(1, failed + 3), 10_000]
