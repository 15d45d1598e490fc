"""Faults: posting is killed, raced, interrupted at every step and starved of disk, and the books are right afterwards.

What is promised, and tested here: every entry balances, numbers are gapless and unique in each journal and year, what was acknowledged is
there, once; what was refused or interrupted left nothing; the file is sound and every row is as the commit records say.
Loops obey ``BO_TEST_SECONDS`` (5 unless told).
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from click.testing import CliRunner

from bocore import (
    BackOffice,
    Entity,
    Line,
    Money,
    Plugin,
    Refused,
    Source,
    StorageError,
    UsageError,
    Voucher,
    entity,
    event,
    field,
    grant_exception,
    hookimpl,
    lock_period,
    money,
    numbered,
)
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo as bo_command
from bocore.record.verify import verify
from bocore.storage.sqlite import storage_error
from bocore.testing import behind
from bocore.testing.faults import Children, FaultyHooks, FullDisk, Interrupted, Saboteur, stop
from bocore.uow.tracker import Tracker
from bocore_accounting import Account, Entry, Journal, account_ids, check, journal, plugin, post, roll_up
from bocore_accounting import Line as Posting
from bocore_accounting.reports import trial_balance

pytestmark = pytest.mark.faults
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))
ENTRIES = (1, 1, 5)
"""How many entries the pieces of work of ``fault_child.py`` make."""
DAY = date(2026, 3, 2)


@pytest.fixture
def users():
    """Many processes write here, under any name."""
    return False


@pytest.fixture
def path(books, tmp_path):
    """A file with a chart, which processes are let loose on."""
    books.bo.close()
    return tmp_path / "books.db"


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(Path(__file__).with_name("fault_child.py")) as running:
        yield running


def check_sound(path, *plugins):
    """Everything that is promised of a file with books; returns number → text of its entries."""
    with behind(path) as raw:
        if isinstance(raw, sqlite3.Connection):
            assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        entries = dict(raw.execute("SELECT number, text FROM accounting_entry").fetchall())
        assert len(entries) == raw.execute("SELECT count(*) FROM accounting_entry").fetchone()[0], "numbers are unique"
        taken = {}
        for number in entries:
            sequence, n = number.rsplit("/", 1)
            taken.setdefault(sequence, []).append(int(n))
        assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in taken.values()), "numbers are gapless"
        sums = raw.execute(
            "SELECT e.number, sum(l.amount), sum(l.base), count(l.id) FROM accounting_entry e "
            "LEFT JOIN accounting_line l ON l.entry_id = e.id GROUP BY e.id "
            "HAVING sum(l.amount) <> 0 OR sum(l.base) <> 0 OR count(l.id) < 2"
        ).fetchall()
        assert sums == [], "every entry has its lines and balances"
        vouchers = raw.execute("SELECT count(*) FROM bo_voucher").fetchone()[0]
        assert raw.execute("SELECT count(voucher_id) FROM accounting_entry").fetchone()[0] == vouchers, "each voucher has its entry"
        debit = raw.execute("SELECT coalesce(sum(amount), 0) FROM accounting_line WHERE amount > 0").fetchone()[0]
    with BackOffice(path, plugins=[plugin, *plugins]) as bo:
        with bo.unit_of_work(actor="auditor", read_only=True) as uow:
            assert check(uow) == []
            rows = list(trial_balance(uow, zero=True))
        assert sum(row.debit for row in rows) == sum(row.credit for row in rows) == Money.minor(int(debit), "EUR").amount
        assert verify(bo).findings == []
    return entries


def check_once(path, acknowledged):
    """What was acknowledged is there, and nothing is there twice: one commit a key, with all its entries."""
    entries = check_sound(path)
    with behind(path) as raw:
        keys = Counter(key for (key,) in raw.execute("SELECT key FROM bo_commit WHERE key NOT LIKE 'bo.run:%'"))
    assert set(keys.values()) <= {1}
    texts = Counter(text.split("/")[0] for text in entries.values())
    assert {key: ENTRIES[int(key.split(".")[1]) % len(ENTRIES)] for key in keys} == texts
    for key, numbers in acknowledged:
        assert keys[key] == 1
        assert [entries[number].split("/")[0] for number in numbers] == [key] * texts[key]
    return keys


def accounting(path, *command):
    """Run ``bo accounting …`` on the file."""
    return CliRunner().invoke(bo_command, ["--db", str(path), "--as", "ann", "accounting", *command], obj=Invocation(plugins=[plugin]))


# ---------------------------------------------------------------- kill -9


def test_a_killed_process_loses_nothing_that_it_acknowledged(path, children):
    """kill -9 at any moment, again and again on the same file."""
    acknowledged, chance, rounds = [], random.Random(20260302), 0
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or rounds < 3:
        process = children.start("post", path, f"r{rounds}", 100_000)
        acknowledged += [children.heard(process) for _ in range(1 + chance.randrange(25))]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += children.rest(process)
        rounds += 1
        keys = check_once(path, acknowledged)
    assert len(keys) <= len(acknowledged) + rounds, "at most one unit a kill was committed and not acknowledged any more"
    checked = accounting(path, "check")
    assert checked.exit_code == 0, checked.output


# ---------------------------------------------------------------- four at once


def test_four_processes_at_once_lose_and_double_nothing(path, children):
    """Two of them try the same work as the other two, in the same order: both are told the same numbers, and it is done once."""
    count = max(12, int(SECONDS * 5))
    processes = [children.start("post", path, name, count) for name in ("anna", "anna", "ben", "ben")]
    heard = [children.rest(process) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    assert heard[0] == heard[1]
    assert heard[2] == heard[3]
    assert [len(one) for one in heard] == [count] * 4
    assert set(check_once(path, heard[0] + heard[2])) == {f"{name}.{n}" for name in ("anna", "ben") for n in range(count)}
    checked = accounting(path, "check")
    assert checked.exit_code == 0, checked.output


@pytest.mark.engine("sqlite")  # where one writes, the others wait; on PostgreSQL they write at once
def test_what_finds_the_database_busy_is_done_when_it_is_free(books, path, monkeypatch):
    with BackOffice(path, plugins=[plugin]) as bo, closing(sqlite3.connect(path, isolation_level=None)) as other:
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            uow._touch().execute("PRAGMA busy_timeout=0")  # bocore keeps the connection for its next unit of work
        other.execute("BEGIN IMMEDIATE")
        pauses = []

        def pause(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                other.execute("ROLLBACK")

        monkeypatch.setattr("bocore.uow.running.time", SimpleNamespace(sleep=pause))
        bo.run(lambda uow: uow.post(sale("till.1")) and None, actor="ann", key="till.1")
        assert len(pauses) == 3
    assert list(check_sound(path).values()) == ["till.1"]


def sale(key):
    return Voucher(key, "till.sale", [Line("cash", eur(12)), Line("sales", eur(-12))], posting_date=DAY, text=key)


def eur(units):
    return Money.minor(units * 100, "EUR")


# ---------------------------------------------------------------- a period is closed


def test_nothing_lands_behind_the_lock(path, children):
    """Four processes post to January and to March, while a fifth closes January."""
    locker = children.start("lock", path, "carla", 1)
    posters = [children.start("until-locked", path, f"p{n}", 9) for n in range(4)]
    heard = [[children.heard(poster) for _ in range(6)] for poster in posters]
    locker.stdin.write("now\n")
    locker.stdin.flush()
    assert len(children.rest(locker)) == 1
    for mine, poster in zip(heard, posters, strict=True):
        mine += children.rest(poster)
        assert mine.pop() == ["end", None, []]
    assert [poster.returncode for poster in posters] == [0, 0, 0, 0]

    entries = check_sound(path)
    with behind(path) as raw:
        closed = raw.execute("SELECT id FROM bo_commit WHERE key = 'carla.lock'").fetchone()[0]
        posted = raw.execute(
            "SELECT c.key, c.id, e.posting_date FROM accounting_entry e JOIN bo_commit c ON c.unit = e.unit_id ORDER BY c.id"
        ).fetchall()
        moved = {key for (key,) in raw.execute("SELECT key FROM bo_voucher WHERE moved")}
    assert [key for key, commit, day in posted if day <= "2026-01-31" and commit > closed] == []
    assert {day for _, commit, day in posted if commit > closed} == {"2026-02-01", "2026-03-15"}
    assert {day for _, commit, day in posted if commit < closed} == {"2026-01-15", "2026-03-15"}
    assert moved == {key for key, commit, day in posted if day == "2026-02-01"}

    done = {key for mine in heard for key, numbers, _ in mine if numbers is not None}
    codes = Counter(code for mine in heard for _, _, refused in mine for code in refused)
    assert done == {key for key, _, _ in posted} == set(entries.values()), "what was refused left nothing"
    assert codes.keys() == {"accounting.locked", "bo.period_locked"}, "entries by the books, vouchers by the core"


@pytest.mark.parametrize(
    ("closer", "poster", "codes", "in_march"),
    [
        ("withdraw", "under-exception", {"accounting.locked", "bo.period_locked"}, 3),
        ("lock-tax", "declare", {"bo.period_locked"}, 2),
        ("lock-stock", "receive", {"bo.period_locked"}, 2),
    ],
)
def test_nothing_lands_behind_an_exception_that_is_withdrawn_or_a_lock_of_another_area(path, children, closer, poster, codes, in_march):
    """Four processes post to January and to March; a fifth withdraws what let them, or closes January for tax, or for stock."""
    if closer == "withdraw":
        with BackOffice(path, plugins=[plugin]) as bo, bo.unit_of_work(actor="carla", reason="Audit") as uow:
            lock_period(uow, "ledger", date(2026, 1, 31))
            for n in range(4):
                grant_exception(uow, "ledger", f"p{n}", since=date(2026, 1, 1), through=date(2026, 1, 31), expires=date(2400, 1, 1))
    locker = children.start(closer, path, "carla", 1)
    posters = [children.start(poster, path, f"p{n}", 9) for n in range(4)]
    heard = [[children.heard(one) for _ in range(6)] for one in posters]
    locker.stdin.write("now\n")
    locker.stdin.flush()
    assert len(children.rest(locker)) == 1
    for mine, one in zip(heard, posters, strict=True):
        mine += children.rest(one)
        assert mine.pop() == ["end", None, []]
    check_sound(path)
    with behind(path) as raw:
        closed = raw.execute("SELECT id FROM bo_commit WHERE key = 'carla.lock'").fetchone()[0]
        commits = raw.execute("SELECT id, key FROM bo_commit WHERE key LIKE 'p%.%'").fetchall()
        late = {unit for (unit,) in raw.execute("SELECT c.id FROM bo_late_posting l JOIN bo_commit c ON c.unit = l.unit_id")}
    january = {commit for commit, key in commits if int(key.split(".")[1]) % in_march != in_march - 1}
    assert january
    assert max(january) < closed < max(commit for commit, _ in commits)
    assert late == (january if closer == "withdraw" else set()), "every posting under an exception is on the list"
    assert {code for mine in heard for _, _, refused in mine for code in refused} == codes


# ---------------------------------------------------------------- interrupted at every step


@entity("stall_sale", company=True)
class Sale(Entity):
    """What is sold at a stall; its number is on the voucher."""

    on: date = DAY
    total: Money = money()
    number: str = numbered("stall.sale", "{year}-{n:03}", per=("company", "year"), on="on")


@entity("stall_tally")
class Tally(Entity):
    """How much was sold in all."""

    name: str = field(unique=True)
    sales: int = 0


@event("stall.sold")
class Sold:
    sale_id: int


@hookimpl
def count_sales(uow, events):
    for _ in events:
        uow.find(Tally, name="all").sales += 1


stall_hooks = ModuleType("stall_hooks")
stall_hooks.bo_event = count_sales
stall = Plugin(prefix="stall", entities=[Sale, Tally], hooks=[stall_hooks])


@pytest.fixture
def made(monkeypatch):
    """Every object that a unit of work is given, also by the books themselves."""
    objects = []
    original = Tracker.track

    def remember(self, cls, given):
        objects.extend(given)
        original(self, cls, given)

    monkeypatch.setattr(Tracker, "track", remember)
    return objects


def sell_at_stall(uow, key):
    """A numbered sale whose voucher names it, with an event; accounting makes the entry."""
    sold = uow.add(Sale(total=eur(12)))
    lines = [Line("cash", eur(12)), Line("sales", eur(-12))]
    uow.post(
        Voucher(key, "stall.sale", lines, source=Source(sold, "sold", "Sale {number}"), posting_date=DAY, text=f"{key} {{source.number}}")
    )
    uow.emit(Sold(sale_id=sold.id))


def open_stall(open_books, *plugins):
    books = open_books("books", plugin, stall, *plugins)
    with books.work() as uow:
        uow.add(Tally(name="all"))
        uow.post(sale("first"))  # makes the chart
    return books


def sales_in(path):
    """Text → times, of the entries made from sales; the stall itself says the same."""
    entries = check_sound(path, stall)
    found = [text for text in entries.values() if text != "first"]
    with behind(path) as raw:
        numbers = [number for (number,) in raw.execute("SELECT number FROM stall_sale ORDER BY number")]
        assert raw.execute("SELECT sales FROM stall_tally").fetchall() == [(len(found),)]
    assert numbers == sorted(text.split()[1] for text in found) == [f"2026-{n:03}" for n in range(1, len(found) + 1)]
    return [text.split()[0] for text in found]


def left_behind(objects):
    """What objects still have that only the database may give."""
    names = ("id", "version", "number", "entry_id", "unit_id")
    return [f"{type(obj).__name__}.{name}" for obj in objects for name in names if hasattr(obj, name)]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("error", [Interrupted, StorageError], ids=["interrupt", "storage"])
def test_posting_that_is_interrupted_at_any_statement_is_done_whole_or_not_at_all(open_books, tmp_path, made, error, after, bo_engine):
    """The first postings of an application also make journal, series and blocks of ids, so each round opens the books anew."""
    open_stall(open_books).bo.close()
    path, kept, n = tmp_path / "books.db", [], 0
    while True:
        n += 1
        made.clear()
        with BackOffice(path, plugins=[plugin, stall]) as bo:
            try:
                with Saboteur(n, after=after, error=error) as saboteur, bo.unit_of_work(actor="ann") as uow:
                    sell_at_stall(uow, f"s{n}")
            except error:
                assert left_behind(made) == []
                found = sales_in(path)
                if saboteur.stopped == "after COMMIT" and found != kept:
                    kept.append(f"s{n}")  # the caller can't know; the key of bo.run tells
                assert found == kept
                with bo.unit_of_work(actor="ann", read_only=True) as uow:
                    assert uow.select(Sale).count() == len(kept), "the application goes on"
            else:
                break
    assert n > 30, "there were that many statements"
    assert sales_in(path) == [*kept, f"s{n}"]
    # On PostgreSQL COMMIT goes with the statements before it; what is lost after it is tried by killing the server.
    assert len(kept) == (1 if after and bo_engine == "sqlite" else 0)


def test_posting_that_is_interrupted_in_any_hook_leaves_nothing_in_memory_either(open_books, tmp_path, made):
    faulty = FaultyHooks()
    books = open_stall(open_books, faulty.module)
    path, n = tmp_path / "books.db", 0
    while True:
        n += 1
        made.clear()
        try:
            with faulty.at(n, stop), books.work() as uow:
                sell_at_stall(uow, "s")
        except Interrupted:
            assert left_behind(made) == []
            assert sales_in(path) == []
        else:
            break
    assert n == 7, "before and after vouchers, events and checks"
    assert sales_in(path) == ["s"]


@pytest.mark.parametrize("flush", [False, True], ids=["at once", "flushed"])
def test_an_error_that_is_swallowed_commits_no_half_of_a_batch(open_books, tmp_path, flush):
    """Who catches what he should not, and goes on, still gets whole entries, or is refused."""
    books = open_stall(open_books)
    path, done = tmp_path / "books.db", 0
    for n in range(1, 200):
        saboteur = Saboteur(n, error=sqlite3.OperationalError)
        swallowed = contextlib.suppress(sqlite3.OperationalError)
        with contextlib.suppress(Refused, UsageError, sqlite3.OperationalError), saboteur, books.work() as uow, swallowed:
            batch(uow, f"b{n}", count=3)
            if flush:
                uow.flush()
        found = sum(text.startswith(f"b{n} ") for text in check_sound(path, stall).values())
        assert found in (0, 3)
        done += found
        if not saboteur.stopped:
            break
    assert n > 8
    assert found == 3


# ---------------------------------------------------------------- a full disk


def batch(uow, key, count=40):
    """So many entries of two lines in one unit of work."""
    ids, book = account_ids(uow, ["1010", "4000"]), journal(uow, "GEN").id
    lines = [("1010", 12), ("4000", -12)]
    post(
        uow,
        [
            (
                Entry(journal_id=book, posting_date=DAY, text=f"{key} " + "x" * 100),
                [Posting(account_id=ids[code], amount=eur(units)) for code, units in lines],
            )
            for _ in range(count)
        ],
    )


@pytest.mark.engine("sqlite")  # a server's disk is filled in the core's test_postgres_crashes.py
def test_a_full_disk_is_an_error_message_and_not_a_wrong_book(path):
    """Batch after batch, until there is no space; and again when there is."""
    with BackOffice(path, plugins=[plugin]) as bo:
        disk = FullDisk(bo.engine, spare=60)
        done = 0
        with pytest.raises(StorageError, match="disk is full") as full:
            while done < 100:
                bo.run(batch, f"b{done}", actor="ann", key=f"b{done}")
                done += 1
        assert "Free some space" in full.value.findings[0].fix
        assert done > 0
        texts = Counter(text.split()[0] for text in check_sound(path).values())
        assert texts == {f"b{n}": 40 for n in range(done)}
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Entry).count() == 40 * done, "what is there can be read"
        with pytest.raises(StorageError, match="disk is full"):
            bo.run(batch, f"b{done}", actor="ann", key=f"b{done}")

        disk.free()
        for n in range(done + 3):  # the whole batch again from its beginning: what is there is not done twice
            bo.run(batch, f"b{n}", actor="ann", key=f"b{n}")
    texts = Counter(text.split()[0] for text in check_sound(path).values())
    assert texts == {f"b{n}": 40 for n in range(done + 3)}


@pytest.mark.engine("sqlite")
def test_a_disk_that_is_full_at_the_commit_is_an_error_message_too(path, children):
    """No file of the process may grow any more: small units fail in COMMIT, when they are written to the disk."""
    process = children.start("fill", path, "ann", 200)
    heard = children.rest(process)
    assert process.returncode == 0
    (error,) = [said for what, _, said in heard if what == "error"]
    assert error["code"] == "bo.storage"
    assert "nothing was written" in error["findings"][0]["fix"]
    done = [key for what, key, _ in heard if what in ("full", "again")]
    assert {what for what, _, _ in heard} == {"full", "again", "error"}
    entries = check_sound(path)
    assert sorted(entries.values()) == sorted(["ann.first", *done])
    assert all(entries[number] == key for what, key, said in heard if what != "error" for number in said)


@pytest.mark.engine("sqlite")
def test_a_disk_that_is_full_in_a_savepoint_is_still_said_to_be_full(path):
    """SQLite may have rolled back the whole transaction by then: the savepoint is gone, and nothing after it may be kept."""
    with BackOffice(path, plugins=[plugin]) as bo:
        FullDisk(bo.engine)
        with pytest.raises(StorageError, match="disk is full"), bo.unit_of_work(actor="ann") as uow:
            batch(uow, "before", count=1)
            with uow.savepoint():
                batch(uow, "within", count=400)
    assert check_sound(path) == {}


@pytest.mark.engine("sqlite")
def test_what_goes_on_after_sqlite_rolled_back_by_itself_is_not_kept(path):
    """A program that catches the error and goes on would write without a transaction, line by line."""
    gone = pytest.raises(StorageError, match="The transaction is gone")
    with BackOffice(path, plugins=[plugin]) as bo, gone, bo.unit_of_work(actor="ann") as uow:
        batch(uow, "before", count=1)
        uow.flush()
        with Saboteur(1, error=lambda _: lose_transaction(uow)), pytest.raises(StorageError, match="disk is full"):
            uow.select(Account).count()
        batch(uow, "after", count=1)
    assert check_sound(path) == {}


def lose_transaction(uow):
    """What SQLite does where a temporary file of a sort can't grow."""
    session = uow._touch()
    session.cursor.connection.rollback()
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return storage_error(error)


# ---------------------------------------------------------------- rolled up while others post


def test_balances_rolled_up_while_others_post_are_right(path, children):
    count = max(8, int(SECONDS * 4))
    roller = children.start("roll", path, "carla", count)
    posters = [children.start("post", path, name, 3 * count) for name in ("anna", "ben")]
    read = children.rest(roller)
    heard = [children.rest(poster) for poster in posters]
    assert [process.returncode for process in children.running] == [0, 0, 0]
    assert [debit for debit, credit, _ in read if debit != credit] == [], "balanced at every moment"
    turnovers = [float(debit) for debit, _, _ in read]
    assert turnovers == sorted(turnovers), "and never less than before"
    check_once(path, heard[0] + heard[1])
    with BackOffice(path, plugins=[plugin]) as bo:
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            before = list(trial_balance(uow, zero=True))
            before_june = list(trial_balance(uow, as_of=date(2025, 6, 30)))
        bo.run(roll_up, actor="ann")
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            assert list(trial_balance(uow, zero=True)) == before
            assert list(trial_balance(uow, as_of=date(2025, 6, 30))) == before_june
            assert {row.code for row in uow.select(Journal)} == {"GEN", "TILL"}
    check_sound(path)


def test_a_roll_up_that_is_interrupted_leaves_the_last_one(books):
    """Also where the error is swallowed: balances without their lines, or half of them, would be wrong until the next roll-up."""
    books.post([("1010", "12.50"), ("4000", "-12.50")], [("1010", "7.50"), ("2200", "-7.50")])
    with books.work() as uow:
        roll_up(uow)
    books.post([("1010", "5.00"), ("4000", "-5.00")])
    true = books.balances()
    for n in range(1, 100):
        saboteur = Saboteur(n, error=sqlite3.OperationalError)
        swallowed = contextlib.suppress(sqlite3.OperationalError)
        with contextlib.suppress(Refused, UsageError, sqlite3.OperationalError), saboteur, books.work() as uow, swallowed:
            roll_up(uow)
        with books.work(read_only=True) as uow:
            assert check(uow) == []
        assert books.balances() == true
        if not saboteur.stopped:
            break
    assert n > 8
