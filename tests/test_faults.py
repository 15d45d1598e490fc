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
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bocore import BackOffice, Entity, Money, Plugin, StorageError, entity, event, field, hookimpl, money, numbered, parent
from bocore.record.verify import verify
from bocore.storage.database import Session

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))


@entity("fault_entry", company=True)
class Entry(Entity):
    """A numbered document."""

    on: date = date(2026, 1, 15)
    text: str = field(default="", max_length=200)
    worker: str = field(default="", personal="company_id")
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
    with sqlite3.connect(path) as raw:
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
    raw.close()
    with BackOffice(path, plugins=[faults] if plugins is None else plugins) as bo:
        verification = verify(bo)
        assert verification.ok, verification.findings
    return [text for _, text, _ in entries]


# ---------------------------------------------------------------- interrupted at every step


class Interrupted(BaseException):
    """As sudden as Ctrl-C: no ``except Exception`` stops it."""


class Saboteur:
    """Lets the n-th statement that writes or ends a transaction fail, before or after it ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, self.after, self.error = -1, False, BaseException
        execute, many = Session.execute, Session.many

        def wrap(original: Any) -> Any:
            def call(session: Session, sql: str, *rest: Any) -> Any:
                if sql.startswith(("ROLLBACK", "PRAGMA query_only")):
                    return original(session, sql, *rest)
                self.left -= 1
                if self.left == 0 and not self.after:
                    raise self.error("before " + sql[:40])
                result = original(session, sql, *rest)
                if self.left == 0:
                    raise self.error("after " + sql[:40])
                return result

            return call

        monkeypatch.setattr(Session, "execute", wrap(execute))
        monkeypatch.setattr(Session, "many", wrap(many))

    def arm(self, n: int, after: bool, error: type[BaseException]) -> None:
        self.left, self.after, self.error = n, after, error

    def disarm(self) -> None:
        self.left = -1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Interrupted, sqlite3.OperationalError], ids=["interrupt", "driver"])
def test_a_unit_that_is_interrupted_at_any_step_leaves_nothing(
    bo: BackOffice, bo_path: Path, monkeypatch: pytest.MonkeyPatch, after: bool, error: type[BaseException]
) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        post(uow, "first")
    saboteur = Saboteur(monkeypatch)
    done = 1
    for n in range(1, 200):
        made: list[Any] = []
        saboteur.arm(n, after, error)
        try:
            with bo.unit_of_work(actor="ann") as uow:
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
        finally:
            saboteur.disarm()
        if committed:
            done += 1
        else:
            assert [name for obj in made for name in ("id", "version", "number", "entry_id") if hasattr(obj, name)] == []
        assert len(check_sound(bo_path)) == done
    else:
        pytest.fail("the unit of work never came to its end")
    assert n > 10


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


def limit_pages(engine: sa.Engine) -> Any:
    """From now on the file can't grow: what SQLite says then is what it says of a full disk."""

    def limit(connection: Any, *_: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 3}")

    sa.event.listen(engine, "checkout", limit)
    return limit


def test_a_full_disk_is_an_error_message_and_not_a_corrupt_book(bo_path: Path) -> None:
    with BackOffice(bo_path, plugins=[faults]) as bo, bo.unit_of_work(actor="ann") as uow:
        post(uow, "before")
    with BackOffice(bo_path, plugins=[faults]) as bo:
        limit_pages(bo.engine)
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

CHILD = """
import sys, importlib.util
spec = importlib.util.spec_from_file_location("fault_child", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["fault_child"] = module
spec.loader.exec_module(module)
module.child(*sys.argv[2:])
"""


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


def start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", CHILD, __file__, str(path), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def acknowledged(process: subprocess.Popen[str]) -> list[str]:
    lines = process.communicate(timeout=120)[0].split("\n")
    return [json.loads(line) for line in lines[:-1]]


@pytest.fixture
def children() -> Iterator[list[subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []
    yield running
    for process in running:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_a_killed_process_loses_nothing_that_it_acknowledged(bo_path: Path, children: list[Any]) -> None:
    """kill -9 at any moment, again and again on the same file."""
    promised: list[str] = []
    chance = random.Random(20260115)
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end or rounds < 2:
        process = start(bo_path, f"r{rounds}", 10_000)
        children.append(process)
        assert process.stdout is not None
        promised.append(json.loads(process.stdout.readline()))  # it is under way
        for _ in range(chance.randrange(25)):
            promised.append(json.loads(process.stdout.readline()))
        os.kill(process.pid, signal.SIGKILL)
        promised += acknowledged(process)
        found = check_sound(bo_path)
        assert len(found) == len(set(found)), "nothing is there twice"
        assert set(promised) <= set(found), "what was acknowledged is there"
        rounds += 1
    assert len(found) <= len(promised) + rounds, "at most one unit a kill was committed and not yet acknowledged"


def test_four_processes_at_once_lose_and_double_nothing(bo_path: Path, children: list[Any]) -> None:
    count = max(10, int(SECONDS * 6))
    children += [start(bo_path, f"p{n}", count) for n in range(4)]
    promised = [text for process in children for text in acknowledged(process)]
    assert [process.returncode for process in children] == [0, 0, 0, 0]
    assert sorted(check_sound(bo_path)) == sorted(promised)
    assert len(promised) == 4 * count
    with BackOffice(bo_path, plugins=[faults]) as bo:
        positions = [commit.position for commit in bo.feed("x")]
    assert positions == list(range(len(positions)))
