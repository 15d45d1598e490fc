"""What is particular to PostgreSQL: schemas, many writers at a time, and a host's own connections."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bocore import (
    BackOffice,
    Company,
    Conflict,
    Entity,
    Line,
    Money,
    Party,
    Plugin,
    Refused,
    Series,
    StorageError,
    UnitOfWork,
    UsageError,
    Voucher,
    entity,
    exact,
    field,
    lock_period,
    money,
    number,
    numbered,
    parent,
    ref,
    states,
)
from bocore.testing import behind
from bocore.testing.engines import host_engine

pytestmark = pytest.mark.engine("postgresql")
DAY = date(2026, 3, 2)


@entity("pgs_thing")
class Thing(Entity):
    """One of each kind of field."""

    code: str = field(unique=True)
    on: date
    at: datetime
    clock: time
    ready: bool = False
    weight: Decimal = exact(places=3)
    factor: Decimal = number(default=None)
    price: Money = money()
    picture: bytes = b""
    tags: dict[str, str] = field(factory=dict)
    owner_id: int | None = ref(Party, default=None)
    note: str = field(default="", personal="owner_id")


@entity("pgs_bill")
class Bill(Entity):
    """Has a gapless number."""

    text: str = field(max_length=40)
    number: str = numbered("pgs.bill", "B{n}", per=())


@entity("pgs_receipt", frozen_in={"closed"})
class Receipt(Entity):
    """Its numbers follow the days."""

    on: date
    number: str = numbered("pgs.receipt", "R{n}", per=(), on="on", chronological=True)
    state: str = states({("open", "close"): "closed"}, default="open")


@entity("pgs_part")
class Part(Entity):
    """What a receipt is for."""

    receipt_id: int = parent(Receipt)


pgs = Plugin(prefix="pgs", entities=[Thing, Bill, Receipt, Part])


def thing(code: str, **more: object) -> Thing:
    values = {
        "on": date(1999, 12, 31), "at": datetime(2026, 2, 28, 23, 59, 59, 7, tzinfo=UTC), "clock": time(23, 59, 59, 999999),
        "ready": True, "weight": Decimal("12.345"), "factor": Decimal("1.10"), "price": Money("0.10", "EUR"), "picture": b"\0\xff",
        "tags": {"größe": "%s?"}, "note": "naïve 名前", **more,
    }  # fmt: skip
    return Thing(code=code, **values)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


@pytest.fixture
def bo(path: Path) -> Iterator[BackOffice]:
    with BackOffice(path, plugins=[pgs]).init(company="Acme", currency="EUR") as application:
        yield application


@pytest.fixture
def other(bo: BackOffice, path: Path) -> Iterator[BackOffice]:
    """Another process, as it were."""
    with BackOffice(path, plugins=[pgs]) as application:
        yield application


def sale(key: str) -> Voucher:
    lines = [Line("cash", Money("1.00", "EUR")), Line("sales", Money("-1.00", "EUR"))]
    return Voucher(key=key, kind="pgs.sale", document_date=DAY, posting_date=DAY, lines=lines)


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize("count", [1, 5, 16, 40], ids=["one", "together", "copied", "many copied"])
def test_every_kind_of_field_comes_back_as_it_was_however_it_is_written(bo: BackOffice, count: int) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(thing(f"t{i}") for i in range(count))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for found in uow.select(Thing).order_by(Thing.c.code):
            wanted = thing(found.code)
            for name in ("on", "at", "clock", "ready", "weight", "factor", "price", "picture", "tags", "note"):
                assert getattr(found, name) == getattr(wanted, name), name
        assert uow.rows(sa.select(sa.func.max(Thing.c.on), sa.func.sum(Thing.c.price), sa.func.min(Thing.c.at))) == [
            (date(1999, 12, 31), 10 * count, datetime(2026, 2, 28, 23, 59, 59, 7, tzinfo=UTC))
        ]
    with behind(bo) as db:
        kinds = db.execute('SELECT pg_typeof("on")::text, pg_typeof(at)::text, pg_typeof(ready)::text FROM pgs_thing LIMIT 1').fetchone()
    assert tuple(kinds) == ("date", "timestamp with time zone", "boolean")


def test_a_null_date_a_far_day_and_a_changed_row(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(thing("a", on=date(1, 1, 1), factor=Decimal("1e-30")))
        uow.add(thing("b", on=date(9999, 12, 31)))
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.find(Thing, code="a")
        assert first is not None and first.on == date(1, 1, 1) and first.factor == Decimal("1e-30")
        first.ready, first.clock = False, time(0, 0)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [t.code for t in uow.select(Thing, ready=False)] == ["a"]
        assert [t.code for t in uow.find_all(Thing, on=[date(9999, 12, 31)]).values()] == ["b"]


# ---------------------------------------------------------------- schemas


def test_tenants_of_one_server_do_not_see_each_other(bo: BackOffice, tmp_path: Path) -> None:
    with BackOffice(tmp_path / "second.db", plugins=[pgs]).init(company="Second", currency="USD") as second:
        assert second.database is not bo.database
        for one, name in ((bo, "Ann"), (second, "Bob")):
            with one.unit_of_work(actor="x") as uow:
                uow.add(Party(name=name))
        with second.unit_of_work(actor="x", read_only=True) as uow:
            assert [party.name for party in uow.select(Party)] == ["Bob"]


def test_a_tenant_that_is_not_there_says_so(bo: BackOffice) -> None:
    with BackOffice(bo.engine, tenant="nobody_here", plugins=[pgs]) as empty:
        with pytest.raises(StorageError, match=r"no tables|not ready"), empty.unit_of_work(actor="x") as uow:
            uow.select(Party).count()
        with pytest.raises(StorageError, match="no tenant nobody_here"):
            empty.migrate()


@pytest.mark.parametrize("name", ["Acme", "pg_acme", "public", "1st", "a-b", "", 'a"b', "a" * 51])
def test_what_can_be_no_name_of_a_tenant(bo: BackOffice, name: str) -> None:
    with pytest.raises(UsageError, match="name of a tenant"):
        BackOffice(bo.engine, tenant=name)


# ---------------------------------------------------------------- a host


def test_a_hosts_connection_keeps_its_path_and_its_types(path: Path) -> None:
    engine, tenant = host_engine(path)
    with BackOffice(engine, tenant=tenant, plugins=[pgs]).init() as bo, engine.begin() as connection:
        before = connection.exec_driver_sql("SELECT current_setting('search_path')").scalar()
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            uow.add(thing("a"))
            assert uow.select(Thing).one().code == "a"
            assert connection.exec_driver_sql("SELECT date '2026-01-31'").scalar() == date(2026, 1, 31)
        assert connection.exec_driver_sql("SELECT current_setting('search_path')").scalar() == before
        assert connection.exec_driver_sql("SELECT 1.50::numeric").scalar() == Decimal("1.50")
    engine.dispose()


# ---------------------------------------------------------------- refusals


def test_a_unique_value_is_explained_although_the_transaction_is_gone(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(thing("a"))
    for count in (1, 20):
        with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
            uow.add_all([thing("a"), *(thing(f"n{i}") for i in range(count - 1))])
        (found,) = refused.value.findings
        assert found.code == "bo.unique" and found.field == "code" and "has the same code already: a" in found.message
    with pytest.raises(Refused, match="Two new rows of Thing have the same code: z"), bo.unit_of_work(actor="ann") as uow:
        uow.add_all([thing("z"), thing("z")])


def test_a_part_that_fails_leaves_the_rest(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(thing("a"))
        with pytest.raises(Refused), uow.savepoint():
            uow.add(thing("a"))
        uow.add(thing("b"))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [t.code for t in uow.select(Thing).order_by(Thing.c.code)] == ["a", "b"]


def test_a_report_sees_one_moment(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as reading:
        assert reading.select(Thing).count() == 0
        with other.unit_of_work(actor="bob") as uow:
            uow.add(thing("a"))
        assert reading.select(Thing).count() == 0
    with bo.unit_of_work(actor="ann", read_only=True) as reading:
        assert reading.select(Thing).count() == 1


# ---------------------------------------------------------------- many writers


def test_two_who_change_one_row_are_told_apart_and_bo_run_tries_again(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ident = uow.add(thing("a", weight=Decimal("0.000"))).id
    with pytest.raises(Conflict, match="bob changed weight"), bo.unit_of_work(actor="ann") as uow:
        mine = uow.get(Thing, ident)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_weigh, other, ident, "bob").result()
        mine.weight = Decimal("9.000")
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(bo.run, _heavier, ident, actor="ann", retries=200) for _ in range(20)]:
            done.result()
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.get(Thing, ident).weight == Decimal("21.000")


def _weigh(bo: BackOffice, ident: int, actor: str) -> None:
    with bo.unit_of_work(actor=actor) as uow:
        uow.get(Thing, ident).weight = Decimal("1.000")


def _heavier(uow: UnitOfWork, ident: int) -> None:
    uow.get(Thing, ident).weight += 1


def test_numbers_have_no_gaps_when_some_roll_back(bo: BackOffice) -> None:
    def bill(n: int) -> None:
        def add(uow: UnitOfWork) -> None:
            uow.add(Bill(text=f"bill {n}"))
            if n % 3 == 0:
                uow.flush()
                raise _Enough

        try:
            bo.run(add, actor=f"clerk {n}", retries=50)
        except _Enough:
            return

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(bill, range(60)))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert sorted(int(b.number[1:]) for b in uow.select(Bill)) == list(range(1, 41))


class _Enough(Exception):
    """Rolls back."""


def test_who_closes_a_period_waits_for_who_posts_into_it_and_who_comes_later_is_refused(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(sale("first"))  # what may be remembered of locks is
    posting, posted = threading.Event(), threading.Event()

    def close() -> None:
        assert posting.wait(20)
        with other.unit_of_work(actor="closer") as uow:
            lock_period(uow, "ledger", DAY)
        assert posted.is_set()

    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(close)
        with bo.unit_of_work(actor="ann") as uow:
            uow.post(sale("second"))
            uow.flush()
            posting.set()
            with pytest.raises(TimeoutError):
                closing.result(timeout=0.3)
            posted.set()
        closing.result(timeout=20)
    with pytest.raises(Refused, match=r"closed|locked"), bo.unit_of_work(actor="ann") as uow:
        uow.post(sale("third"))


def test_what_is_remembered_is_forgotten_when_another_process_changes_it(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(sale("first"))
    with other.unit_of_work(actor="bob") as uow:
        lock_period(uow, "ledger", DAY)
    with pytest.raises(Refused), bo.unit_of_work(actor="ann") as uow:
        uow.post(sale("second"))


def test_ids_are_reserved_while_somebody_waits_to_be_alone(bo: BackOffice, other: BackOffice) -> None:
    with ThreadPoolExecutor(1) as pool, bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="First"))
        uow.flush()
        waiting = pool.submit(other.migrate)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        uow.add_all(Party(name=f"Party {n}") for n in range(9000))  # far beyond any block that is there
    waiting.result(timeout=20)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Party).count() == 9001


def test_a_connection_that_the_server_has_ended_is_replaced_before_anything_happens(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(thing("a"))
    with behind(bo) as db:
        others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = current_setting('search_path')"
        ended = db.execute(f"SELECT pg_terminate_backend(pid) {others}").fetchall()
    assert ended
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(thing("b"))
    assert [commit.actor for commit in bo.feed("x")][-2:] == ["ann", "ann"]


def test_positions_are_dense_whoever_commits_first(bo: BackOffice) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: bo.run(lambda uow: uow.add(Bill(text=str(n))), actor="x", retries=50), range(40)))
    first = [commit.position for commit in bo.feed("x")]
    assert first == list(range(len(first)))
    with behind(bo) as db:
        db.execute("DELETE FROM bo_commit WHERE position = ?", (len(first) - 3,))
    from bocore.record.verify import verify

    found = verify(bo)
    assert any(finding.code == "bo.audit.record_removed" for finding in found.findings)


def test_numbers_that_follow_the_days_do_so_whoever_comes_first(bo: BackOffice) -> None:
    def write(n: int) -> None:
        def add(uow: UnitOfWork) -> None:
            uow.add(Receipt(on=date(2026, 1, 1 + n % 28)))

        with contextlib.suppress(Refused):  # an earlier day came too late
            bo.run(add, actor="x", retries=50)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(56)))
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = sorted(uow.select(Receipt), key=lambda receipt: int(receipt.number[1:]))
    assert [int(receipt.number[1:]) for receipt in found] == list(range(1, len(found) + 1))
    assert [receipt.on for receipt in found] == sorted(receipt.on for receipt in found)


def test_who_misses_a_row_that_somebody_makes_waits_and_finds_it(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(thing("there"))

    def count(uow: UnitOfWork, codes: list[str]) -> dict[str, int]:
        found = uow.find_or_add(Thing, lambda code: thing(code, tags={"seen": "0"}), code=codes, lock=True)
        for row in found.values():
            row.tags = {"seen": str(int(row.tags.get("seen", "0")) + 1)}
        return {code: row.id for code, row in found.items()}

    def meanwhile() -> dict[str, int]:
        with other.unit_of_work(actor="bob") as uow:
            return count(uow, ["there", "second", "first"])

    with ThreadPoolExecutor(1) as pool, bo.unit_of_work(actor="ann") as uow:
        mine = count(uow, ["first"])
        waiting = pool.submit(meanwhile)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        mine |= count(uow, ["there"])  # who waits keeps nobody from what is there already
    theirs = waiting.result(timeout=20)
    assert list(theirs) == ["there", "second", "first"]
    assert theirs.items() > mine.items()
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert {row.code: row.tags["seen"] for row in uow.select(Thing)} == {"first": "2", "second": "1", "there": "2"}


def test_what_is_remembered_is_forgotten_while_waiting_for_a_lock(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.memory("pgs.companies", Company)["names"] = ["Acme"]
        with other.unit_of_work(actor="bob") as theirs:
            theirs.company.name = "Acme Ltd"
        assert uow.memory("pgs.companies", Company) == {"names": ["Acme"]}
        uow.hold("pgs.companies", "pgs.others")
        assert uow.memory("pgs.companies", Company) == {}


def test_a_row_is_not_frozen_while_somebody_adds_to_it(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        ident = uow.add(Receipt(on=DAY)).id

    def close() -> None:
        with other.unit_of_work(actor="closer") as uow:
            uow.move(uow.get(Receipt, ident), "close")

    with ThreadPoolExecutor(1) as pool, bo.unit_of_work(actor="ann") as uow:
        uow.add(Part(receipt_id=ident))
        uow.flush()
        closing = pool.submit(close)
        with pytest.raises(TimeoutError):
            closing.result(timeout=0.3)
    closing.result(timeout=20)
    with pytest.raises(Refused, match="is closed"), bo.unit_of_work(actor="ann") as uow:
        uow.add(Part(receipt_id=ident))


def test_a_series_that_may_have_gaps_keeps_nobody_waiting(bo: BackOffice, other: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Series(code="pgs.bill", reset="never", template="B{n}", gapless=False))
    with contextlib.suppress(_Enough), bo.unit_of_work(actor="ann") as uow:
        mine = uow.add(Bill(text="mine"))
        uow.flush()
        assert mine.number == "B1"
        assert other.run(lambda uow: uow.add(Bill(text="yours")), actor="bob")["number"] == "B2"
        raise _Enough
    assert bo.run(lambda uow: uow.add(Bill(text="next")), actor="ann")["number"] == "B3"
