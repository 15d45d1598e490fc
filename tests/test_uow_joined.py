"""A host's transaction: bocore writes inside it, the host commits, and what it rolls back never was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bocore import BackOffice, Entity, Plugin, Refused, StorageError, entity, field, numbered


@entity("app_order")
class Order(Entity):
    """What the host's shop sold."""

    text: str = field(max_length=20, unique=True)
    number: str = numbered("app.order", "O{n}", per=())


app = Plugin(prefix="app", entities=[Order])
ITEMS = sa.Table("items", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))


class Stop(Exception):
    """The host changes its mind."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    """The host's engine, used before bocore came."""
    made = sa.create_engine(f"sqlite:///{tmp_path / 'host.db'}")
    ITEMS.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def bo(engine: sa.Engine) -> Iterator[BackOffice]:
    with BackOffice(engine, plugins=[app]).init() as application:
        yield application


def stored(engine: sa.Engine) -> tuple[list[str], list[str]]:
    with engine.connect() as connection:
        orders = connection.execute(sa.text("SELECT text FROM app_order ORDER BY id")).scalars().all()
        return list(connection.execute(sa.select(ITEMS.c.name)).scalars()), list(orders)


def test_the_host_commits_both(bo: BackOffice, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(ITEMS).values(name="pen"))
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            order = uow.add(Order(text="pen"))
        assert (order.number, order.version) == ("O1", 1)
        connection.execute(sa.insert(ITEMS).values(name="ink"))
    assert stored(engine) == (["pen", "ink"], ["pen"])
    assert [c.actor for c in bo.feed("x")][-1] == "ann"


def test_what_the_host_rolls_back_never_was(bo: BackOffice, engine: sa.Engine) -> None:
    with pytest.raises(Stop), engine.begin() as connection:
        connection.execute(sa.insert(ITEMS).values(name="pen"))
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            order = uow.add(Order(text="pen"))
        assert order.id
        raise Stop
    assert stored(engine) == ([], [])
    assert [name for name in ("id", "version", "number") if hasattr(order, name)] == []
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(order)
    assert order.number == "O1"


def test_a_unit_that_fails_leaves_the_rest_of_the_hosts_work(bo: BackOffice, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(ITEMS).values(name="pen"))
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            uow.add(Order(text="good"))
        with pytest.raises(Stop), bo.unit_of_work(actor="ann", connection=connection) as uow:
            lost = uow.add(Order(text="lost"))
            uow.flush()
            raise Stop
        with pytest.raises(Refused), bo.unit_of_work(actor="ann", connection=connection) as uow:
            uow.add_all([Order(text="x"), Order(text="good")])
        connection.execute(sa.insert(ITEMS).values(name="ink"))
    assert not hasattr(lost, "id")
    assert stored(engine) == (["pen", "ink"], ["good"])


def test_ids_of_a_rolled_back_unit_are_not_given_twice(bo: BackOffice, engine: sa.Engine) -> None:
    seen: list[int] = []
    for attempt in range(6):
        connection = engine.connect()
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            seen += [o.id for o in uow.add_all(Order(text=f"{attempt} {n}") for n in range(20))]
        (connection.rollback if attempt % 2 else connection.commit)()
        connection.close()
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(Order(text=f"last {n}") for n in range(100))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.select(Order).count() == 160
        assert sorted(int(o.number[1:]) for o in uow.select(Order)) == list(range(1, 161))


def test_a_connection_that_has_not_begun_is_begun(bo: BackOffice, engine: sa.Engine) -> None:
    with engine.connect() as connection:
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            uow.add(Order(text="pen"))
        connection.commit()
    assert stored(engine)[1] == ["pen"]
    with engine.connect() as connection, bo.unit_of_work(actor="ann", connection=connection) as uow:
        uow.add(Order(text="never committed"))
    assert stored(engine)[1] == ["pen"]


def test_a_stale_transaction_is_refused(bo: BackOffice, engine: sa.Engine) -> None:
    with engine.connect() as connection:
        connection.execute(sa.select(ITEMS)).all()
        with bo.unit_of_work(actor="bob") as uow:
            uow.add(Order(text="meanwhile"))
        with (
            pytest.raises(StorageError, match="has read what others have changed"),
            bo.unit_of_work(actor="ann", connection=connection) as uow,
        ):
            uow.add(Order(text="late"))
    assert stored(engine)[1] == ["meanwhile"]


def test_an_unprepared_connection_is_refused(bo: BackOffice, engine: sa.Engine) -> None:
    other = sa.create_engine(engine.url)
    with (
        other.connect() as connection,
        pytest.raises(StorageError, match="not prepared"),
        bo.unit_of_work(actor="ann", connection=connection) as uow,
    ):
        uow.add(Order(text="x"))
    other.dispose()


def test_a_nested_transaction_of_the_host(bo: BackOffice, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        with pytest.raises(Stop), connection.begin_nested():
            with bo.unit_of_work(actor="ann", connection=connection) as uow:
                lost = uow.add(Order(text="lost"))
            raise Stop
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            kept = uow.add(Order(text="kept"))
        with pytest.raises(Stop), connection.begin_nested():
            connection.execute(sa.insert(ITEMS).values(name="lost"))
            raise Stop
    assert not hasattr(lost, "id")
    assert kept.number == "O1"
    assert stored(engine) == ([], ["kept"])


def test_a_reading_unit_joins_too(bo: BackOffice, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        with bo.unit_of_work(actor="ann", connection=connection) as uow:
            order = uow.add(Order(text="pen"))
        with bo.unit_of_work(actor="ann", connection=connection, read_only=True) as uow:
            assert uow.get(Order, order.id).text == "pen"
        connection.execute(sa.insert(ITEMS).values(name="still writes"))
    assert stored(engine) == (["still writes"], ["pen"])


def test_the_hosts_own_transactions_are_whole(bo: BackOffice, engine: sa.Engine) -> None:
    with pytest.raises(Stop), engine.begin() as connection:
        connection.execute(sa.insert(ITEMS).values(name="pen"))
        raise Stop
    assert stored(engine) == ([], [])


def test_an_engine_of_another_kind_is_refused() -> None:
    for where in ("mysql://x", ":memory:", "sqlite://", "/no/such/folder/books.db"):
        with pytest.raises(StorageError) as error:
            BackOffice(where, plugins=[app])
        assert error.value.findings[0].fix
