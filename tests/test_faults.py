"""Faults: a unit of work is interrupted at every step, killed, raced and starved of disk; the books stay whole.

What is promised, and tested here: nothing of an interrupted unit remains; what was acknowledged is there; nothing is there twice;
numbers are gapless and unique; the file is sound; the commit records name exactly the rows that are there.
Loops obey ``BO_TEST_SECONDS`` (5 unless told).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Entity, Money, Party, Plugin, StorageError, entity, event, field, hookimpl, money, numbered, parent, ref
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.faults import Children, FullDisk, Interrupted, Saboteur

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))


@entity("fault_entry", company=True)
class Entry(Entity):
    """A numbered document."""

    on: date = date(2026, 1, 15)
    text: str = field(default="", max_length=200)
    worker_id: int | None = ref(Party, default=None)
    worker: str = field(default="", personal="worker_id")
    number: str = numbered("fault.entry", "{year}-{n}", per=("company", "year"), on="on")


@entity("fault_line", append_only=True)
class Line(Entity):
    """Lines add up to nothing."""

    entry_id: int = parent(Entry)
    amount: Money = money()


@entity("fault_total")
class Total(Entity):
    """A running total that every entry changes."""

    name: str = field(unique=True)
    amount: Money = money()


@event("fault.posted")
class Posted:
    entry_id: int


@hookimpl
def bo_event(uow: Any, events: list[Any]) -> None:
    """The hook that is interrupted, too: it adds to the total of each new entry."""
    for _ in events:
        total = uow.find(Total, name="all")
        if total is None:
            uow.add(Total(name="all", amount=Money("1.00", "EUR")))
        else:
            total.amount += Money("1.00", "EUR")


hooks = type(sys)("fault_hooks")
hooks.bo_event = bo_event
faults = Plugin(prefix="fault", entities=[Entry, Line, Total], hooks=[hooks])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [faults]


def post(uow: Any, text: str, lines: int = 2) -> Entry:
    """The unit of work of all these tests."""
    entry: Entry = uow.add(Entry(text=text, worker=f"Zoë {os.getpid()}"))
    uow.add_all(Line(entry_id=entry.id, amount=Money.minor((-1) ** n * 1250, "EUR")) for n in range(lines))
    uow.emit(Posted(entry_id=entry.id))
    return entry


def check_sound(path: Path, plugins: Any = None) -> list[str]:
    """Everything that is promised of a file; returns the texts of its entries."""
    with behind(path) as raw:
        if isinstance(raw, sqlite3.Connection):
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        entries = raw.execute("SELECT id, text, number FROM fault_entry").fetchall()
        numbers = sorted(int(number.split("-")[1]) for _, _, number in entries)
        assert numbers == list(range(1, len(entries) + 1)), "numbers are gapless and unique"
        sums = raw.execute(
            "SELECT e.id, sum(l.amount) FROM fault_entry e LEFT JOIN fault_line l ON l.entry_id = e.id GROUP BY 1"
        ).fetchall()
        assert all(total == 0 for _, total in sums), "every entry has all its lines"
        total = raw.execute("SELECT coalesce(sum(amount), 0) FROM fault_total").fetchone()[0]
        assert total == 100 * len(entries), "the hook ran once for each entry"
    with BackOffice(path, plugins=[faults] if plugins is None else plugins) as bo:
        verification = verify(bo)
        assert verification.ok, verification.findings
    return [text for _, text, _ in entries]


# ---------------------------------------------------------------- interrupted at every step


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Interrupted, sqlite3.OperationalError], ids=["interrupt", "driver"])
def test_a_unit_that_is_interrupted_at_any_step_leaves_nothing(
    bo: BackOffice, bo_path: Path, after: bool, error: type[BaseException]
) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        post(uow, "first")
    done = 1
    for n in range(1, 200):
        made: list[Any] = []
        try:
            with Saboteur(n, after=after, error=error), bo.unit_of_work(actor="ann") as uow:
                old = uow.select(Entry).order_by(Entry.c.id).first()
                entry = uow.add(Entry(text=f"step {n}"))
                made += [entry, *uow.add_all(Line(entry_id=entry.id, amount=Money.minor(s, "EUR")) for s in (5, -5))]
                uow.emit(Posted(entry_id=entry.id))
                if n % 2:
                    uow.flush()
                old.text = f"changed {n}"  # type: ignore[union-attr]
        except error as problem:
            committed = "after COMMIT" in str(problem)
        else:
            done += 1
            break
        if committed:
            done += 1
        else:
            assert [name for obj in made for name in ("id", "version", "number", "entry_id") if hasattr(obj, name)] == []
        assert len(check_sound(bo_path)) == done
    else:
        pytest.fail("the unit of work never came to its end")
    assert n > 8


def test_an_interruption_in_a_hook_leaves_nothing(bo: BackOffice, bo_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(uow: Any, events: Any) -> None:
        uow.add(Total(name="half", amount=Money("1.00", "EUR")))
        uow.flush()
        raise Interrupted

    for hook in bo.host.hook.bo_event.get_hookimpls():
        monkeypatch.setattr(hook, "function", interrupt)
    with pytest.raises(Interrupted), bo.unit_of_work(actor="ann") as uow:
        entry = post(uow, "x")
    assert not hasattr(entry, "id")
    assert check_sound(bo_path) == []


def test_a_rollback_that_fails_is_no_second_error(bo: BackOffice, bo_path: Path) -> None:
    with pytest.raises(Interrupted), bo.unit_of_work(actor="ann") as uow:
        entry = post(uow, "x")
        uow.flush()
        uow._touch().cursor.execute("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise Interrupted
    assert not hasattr(entry, "id")
    with bo.unit_of_work(actor="ann") as uow:
        post(uow, "after")
    assert check_sound(bo_path) == ["after"]


# ---------------------------------------------------------------- a full disk


@pytest.mark.engine("sqlite")  # a server's disk is filled in test_postgres_crashes.py
def test_a_full_disk_is_an_error_message_and_not_a_corrupt_book(bo_path: Path) -> None:
    with BackOffice(bo_path, plugins=[faults]) as bo, bo.unit_of_work(actor="ann") as uow:
        post(uow, "before")
    with BackOffice(bo_path, plugins=[faults]) as bo:
        FullDisk(bo.engine)
        with pytest.raises(StorageError, match="disk is full") as full, bo.unit_of_work(actor="ann") as uow:
            for n in range(200):
                entry = post(uow, f"{n} " + "x" * 150)
                uow.flush()
        assert "Free some space" in full.value.findings[0].fix
        assert not hasattr(entry, "id")
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Entry).count() == 1
        with pytest.raises(StorageError, match="disk is full"):
            bo.run(lambda uow: [post(uow, "y" * 200) for _ in range(300)][-1], actor="ann", key="k")
    assert check_sound(bo_path) == ["before"]
    with BackOffice(bo_path, plugins=[faults]) as bo:
        bo.run(post, "after", actor="ann", key="k")
    assert check_sound(bo_path) == ["before", "after"]


# ---------------------------------------------------------------- processes


def child(path: str, name: str, count: str) -> None:
    """Post entries by key, each acknowledged on standard output once it is committed."""
    bo = BackOffice(path, plugins=[faults])
    n = 0
    while n < int(count):
        bo.run(post, f"{name}.{n}", lines=2 + n % 3 * 2, actor=name, key=f"{name}.{n}", retries=20)
        if n % 5 == 0:  # a till that did not hear the answer asks again
            bo.run(post, f"{name}.{n}", lines=2 + n % 3 * 2, actor=name, key=f"{name}.{n}", retries=20)
        sys.stdout.write(json.dumps(f"{name}.{n}") + "\n")
        sys.stdout.flush()
        n += 1


@pytest.fixture
def children() -> Iterator[Children]:
    """This file is the script that they run."""
    with Children(__file__) as running:
        yield running


def test_a_killed_process_loses_nothing_that_it_acknowledged(bo_path: Path, children: Children) -> None:
    """kill -9 at any moment, again and again on the same file."""
    promised: list[str] = []
    chance = random.Random(20260115)
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end or rounds < 2:
        process = children.start(bo_path, f"r{rounds}", 10_000)
        promised += [children.heard(process) for _ in range(1 + chance.randrange(25))]
        os.kill(process.pid, signal.SIGKILL)
        promised += children.rest(process)
        found = check_sound(bo_path)
        assert len(found) == len(set(found)), "nothing is there twice"
        assert set(promised) <= set(found), "what was acknowledged is there"
        rounds += 1
    assert len(found) <= len(promised) + rounds, "at most one unit a kill was committed and not yet acknowledged"


def test_four_processes_at_once_lose_and_double_nothing(bo_path: Path, children: Children) -> None:
    count = max(10, int(SECONDS * 6))
    processes = [children.start(bo_path, f"p{n}", count) for n in range(4)]
    promised = [text for process in processes for text in children.rest(process)]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert sorted(check_sound(bo_path)) == sorted(promised)
    assert len(promised) == 4 * count
    with BackOffice(bo_path, plugins=[faults]) as bo:
        positions = [commit.position for commit in bo.feed("x")]
    assert positions == list(range(len(positions)))


if __name__ == "__main__":
    child(*sys.argv[1:])
