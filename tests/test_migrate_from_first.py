"""Upgrading the books that the first revision of the core and of each plugin left (``tests/upgrade``), with everything in them."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice, Company, Line, Money, Party, Voucher
from bocore.errors import StorageError
from bocore.kernel.party import PartyAddress
from bocore.migrate import current, differences, pending, upgrade
from bocore.plugins.detaching import detach
from bocore.record.verify import verify
from bocore.reports import render
from bocore.testing import FrozenClock
from bocore.testing.faults import Children, FullDisk

pytestmark = pytest.mark.engine("sqlite")  # the first revision had no other
HERE = Path(__file__).parent / "upgrade"
PLUGINS = ["accounting", "beancount"]
SECONDS = float(os.environ.get("BO_TEST_SECONDS", "5"))


def first(path: Path) -> Path:
    """A database as the first revision left it."""
    connection = sqlite3.connect(path)
    connection.executescript((HERE / "first.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return first(tmp_path / "books.db")


def opened(books: Path, plugins: list[str] | None = None) -> BackOffice:
    return BackOffice(books, plugins=PLUGINS if plugins is None else plugins, clock=FrozenClock())


def figures(bo: BackOffice) -> dict[str, list[dict[str, Any]]]:
    """The rows of the reports whose figures are kept."""
    found = {}
    for name in json.loads((HERE / "first.json").read_text(encoding="utf-8")):
        company, report = name.split()
        result, out = bo.report(report, actor="ann", company=company), StringIO()
        render("json", result.columns, result.rows, out)
        found[name] = json.loads(out.getvalue())
    return found


def assert_same_figures(bo: BackOffice) -> None:
    """Every row of every report says what it said then; a later version may say more in a row."""
    kept = json.loads((HERE / "first.json").read_text(encoding="utf-8"))
    shown = figures(bo)
    assert {name: len(rows) for name, rows in shown.items()} == {name: len(rows) for name, rows in kept.items()}
    for name, rows in kept.items():
        for was, now in zip(rows, shown[name], strict=True):
            assert {key: now.get(key) for key in was} == was, name


def content(books: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that business left: table → its rows, by the columns that the first revision had."""
    with sqlite3.connect(":memory:") as known:
        known.executescript((HERE / "first.sql").read_text(encoding="utf-8"))
        names = [row[0] for row in known.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        columns = {name: ", ".join(f'"{row[1]}"' for row in known.execute(f"PRAGMA table_info({name})")) for name in names}
    known.close()
    own = ("bo_commit", "bo_shape", "bo_id", "bo_plugin", "bo_version_bo", "bo_version_accounting", "bo_version_beancount")
    connection = sqlite3.connect(books)
    rows = {name: connection.execute(f"SELECT {columns[name]} FROM {name} ORDER BY 1, 2").fetchall() for name in names if name not in own}
    connection.close()
    return rows


def schema(books: Path) -> list[tuple[str]]:
    connection = sqlite3.connect(books)
    found = connection.execute("SELECT sql FROM sqlite_master ORDER BY type, name").fetchall()
    connection.close()
    return found


def assert_sound(bo: BackOffice) -> None:
    found = verify(bo)
    assert found.ok, found.findings
    assert [differences(bo, name) for name in ("bo", *PLUGINS)] == [[], [], []]
    assert pending(bo) == {} and upgrade(bo) == []


def test_the_kept_books_are_of_the_first_revisions_and_small() -> None:
    assert (HERE / "first.sql").stat().st_size + (HERE / "first.json").stat().st_size < 300_000
    with sqlite3.connect(":memory:") as known:
        known.executescript((HERE / "first.sql").read_text(encoding="utf-8"))
        for table in ("bo_version_bo", "bo_version_accounting", "bo_version_beancount"):
            assert known.execute(f"SELECT version_num FROM {table}").fetchall() == [("0001",)]
        filled = [name for name in ("bo_voucher", "bo_party_address", "accounting_line", "accounting_balance", "beancount_lot")]
        assert all(known.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in filled)
    known.close()


def test_everything_at_once(books: Path) -> None:
    """Verified, the same figures, and business goes on: posted to, reversed, changed, imported twice, read by the feed."""
    before = content(books)
    with opened(books) as bo:
        done = upgrade(bo)
        assert set(done) == {f"{name} {number}" for name, numbers in _later().items() for number in numbers}
        assert_sound(bo)
        assert content(books) == before
        assert_same_figures(bo)
        _carry_on(bo)
        assert verify(bo).ok
        assert upgrade(bo) == []


@pytest.mark.parametrize("plugins", [["accounting"], []], ids=["accounting, then beancount", "the core, then the others"])
def test_plugin_by_plugin(books: Path, plugins: list[str]) -> None:
    """Who goes on without some plugins brings up the others; they keep what they have, and are brought up when they are back."""
    before = content(books)
    gone = [name for name in PLUGINS if name not in plugins]
    with opened(books, plugins) as bo:
        for name in gone:
            detach(bo, name, actor="ann", reason="Not for this version yet")
        upgrade(bo)
        assert verify(bo).ok
        assert {name: current(bo)[name] for name in gone} == dict.fromkeys(gone, "0001")
    assert content(books) == before
    with opened(books) as bo:
        upgrade(bo)
        assert_sound(bo)
        assert content(books) == before
        assert_same_figures(bo)
        _carry_on(bo)
        assert verify(bo).ok


def test_an_absent_plugin_keeps_data_steps_from_running_and_nothing_changes(books: Path) -> None:
    """The core's 0002 makes open items out of vouchers: without the rules of whoever owns data here it does not."""
    with opened(books, ["accounting"]) as bo:
        with pytest.raises(StorageError, match=r"'beancount' .+ owns data here and is installed, but not among .+Nothing was changed"):
            upgrade(bo)
        assert current(bo)["bo"] == "0001"
        assert verify(bo).ok


def _later() -> dict[str, list[str]]:
    """What came after the first revision of each plugin."""
    from bocore.migrate.history import histories
    from bocore.plugins import PluginHost

    return {one.plugin: [revision.number for revision in one.revisions[1:]] for one in histories(PluginHost.of(PLUGINS).load())}


def _carry_on(bo: BackOffice) -> None:
    amount = Money("100.00", "EUR")
    with bo.unit_of_work(actor="ann", company="DEMO") as uow:
        uow.post(Voucher("later:1", "till.sale", [Line("cash", amount), Line("sales", -amount)]))
    with bo.unit_of_work(actor="ann", company="DEMO") as uow:
        uow.reverse("till:5", "Brought back")  # a voucher of before
        party = uow.find(Party, code="P1")
        uow.children(party, PartyAddress)[0].lines = "Gasse 3"
        assert uow.find(Company, code="ANN").currency == "USD"
    assert bo.run(_never, 5, actor="till", key="sale:5", company="DEMO") == {"key": "till:5"}
    unread = [commit.reason for commit in bo.feed("crm")]
    assert unread[0] == "Not read by anybody yet" and set(_reasons(bo)) <= set(unread)
    cash = next(row for row in figures(bo)["DEMO trial-balance"] if row["account"] == "1000")
    assert cash["balance"] == "1651.40"


def _never(uow: Any, amount: int) -> None:
    raise AssertionError("a key of before was forgotten")


_never.__module__, _never.__qualname__ = "__main__", "sell"  # whose result was kept


def _reasons(bo: BackOffice) -> list[str]:
    """The records of upgrades since; they come next in the feed."""
    session = bo.database.connect(lambda session: False)
    found = session.execute("SELECT reason FROM bo_commit WHERE actor = 'migrate' ORDER BY id").fetchall()
    session.close(read_only=True)
    return [reason for (reason,) in found[1:]]


# ---------------------------------------------------------------------------------------------------- what may go wrong

CHILD = """
import json, sys
from bocore import BackOffice
from bocore.migrate import upgrade
print(json.dumps("ready"), flush=True)
sys.stdin.readline()
with BackOffice(sys.argv[1], plugins=["accounting", "beancount", "heavy_vet.plugin"]) as bo:
    print(json.dumps(upgrade(bo)), flush=True)
"""
MODEL = '''
from bocore import Entity, entity, field

@entity("heavy_visit")
class Visit(Entity):
    """A visit."""
    animal: str = field(max_length=50)
    note: str = field(default="")
'''
HEAVY = """
from alembic import op
from bocore.migrations import rebase

def upgrade():
    with op.batch_alter_table("heavy_visit", recreate="always") as batch:
        pass
    op.execute("UPDATE heavy_visit SET note = animal || ' again'")
    rebase("heavy_visit")

def data(uow):
    from heavy_vet.model import Visit
    for visit in uow.select(Visit).limit(500):
        visit.note = "seen"
"""


@pytest.fixture
def heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A plugin with 20 000 rows in the database and, then, a migration that rebuilds, changes, restates and walks through them."""
    import importlib
    import sys

    from bocore.migrate import new

    folder = tmp_path / "heavy_vet"
    folder.mkdir()
    for name, text in (("__init__", ""), ("model", MODEL)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    told = 'Plugin(prefix="heavy", entities=model, migrations="heavy_vet.migrations")'
    (folder / "plugin.py").write_text(
        f"from bocore.plugins import Plugin\nfrom heavy_vet import model\nplugin = {told}\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plugin = importlib.import_module("heavy_vet.plugin")
    with BackOffice("unused.db", plugins=[plugin]) as bo:
        new(bo, "heavy", "first tables")
    yield plugin
    for name in [name for name in sys.modules if name.startswith("heavy_vet")]:
        del sys.modules[name]


def _filled(books: Path, heavy: Any) -> None:
    import importlib

    with BackOffice(books, plugins=[*PLUGINS, heavy]) as bo:
        bo.migrate()
        visit = importlib.import_module("heavy_vet.model").Visit
        with bo.unit_of_work(actor="ann") as uow:
            uow.add_all([visit(animal=f"animal {n}") for n in range(20_000)])
    path = Path(heavy.__file__).parent / "migrations" / "versions" / "0002_again.py"
    path.write_text(HEAVY, encoding="utf-8")


@pytest.mark.faults
def test_a_process_that_is_killed_at_any_moment_leaves_the_old_books_or_the_new(books: Path, heavy: Any, tmp_path: Path) -> None:
    _filled(books, heavy)
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    before, rows = schema(books), content(books)
    took, kills, chance = _migrated(script, first_copy(books, tmp_path / "try.db"), None), 0, random.Random(7)
    ends = time.monotonic() + SECONDS
    assert took is not None
    while time.monotonic() < ends or not kills:
        path = first_copy(books, tmp_path / f"killed{kills}.db")
        killed = _migrated(script, path, chance.uniform(0, took)) is None
        kills += killed
        assert content(path) == rows
        with BackOffice(path, plugins=[*PLUGINS, heavy]) as bo:
            assert verify(bo).ok
            at = current(bo)["heavy"]
            assert at == "0002" or (killed and schema(path) == before)
            assert upgrade(bo) == (["heavy 0002"] if at == "0001" else [])
            found = verify(bo)
            assert found.ok and [one.rows for one in found.rebases] == [20_000]
        connection = sqlite3.connect(path)
        assert connection.execute("SELECT count(*) FROM heavy_visit WHERE note = 'seen'").fetchone() == (500,)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        connection.close()
        path.unlink()


def first_copy(books: Path, path: Path) -> Path:
    """Another database like this one, which nobody has open."""
    source, target = sqlite3.connect(books), sqlite3.connect(path)
    source.backup(target)
    source.close()
    target.close()
    return path


def _migrated(script: Path, books: Path, killed_after: float | None) -> float | None:
    """Upgrade in another process; the seconds that it took, or None where it was killed before its end."""
    with Children(script) as children:
        process = children.start(books)
        assert children.heard(process) == "ready"
        began = time.monotonic()
        _go(process)
        try:
            process.wait(killed_after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return None
        assert process.returncode == 0
        return time.monotonic() - began


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


@pytest.mark.faults
@pytest.mark.parametrize("spare", [0, 5, 50, 100])
def test_a_full_disk_leaves_the_books_as_they_were(books: Path, heavy: Any, spare: int) -> None:
    _filled(books, heavy)
    before, rows = schema(books), content(books)
    with BackOffice(books, plugins=[*PLUGINS, heavy]) as bo:
        disk = FullDisk(bo.engine, spare)
        with pytest.raises(StorageError, match="The disk is full"):
            upgrade(bo)
        assert (schema(books), content(books)) == (before, rows)
        assert verify(bo).ok
        disk.free()
        assert upgrade(bo) == ["heavy 0002"]
        assert verify(bo).ok


@pytest.mark.faults
def test_two_processes_that_upgrade_at_once_do_it_once(books: Path, heavy: Any, tmp_path: Path) -> None:
    _filled(books, heavy)
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    with Children(script) as children:
        both = [children.start(books) for _ in range(2)]
        assert [children.heard(process) for process in both] == ["ready", "ready"]
        for process in both:
            _go(process)
        answers = [children.rest(process) for process in both]
    assert sorted(answers) == [[[]], [["heavy 0002"]]]
    with BackOffice(books, plugins=[*PLUGINS, heavy]) as bo:
        assert verify(bo).ok
