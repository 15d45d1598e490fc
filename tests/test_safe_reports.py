"""A report that takes too long is stopped, says so, and is in nobody's way; on both engines."""

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bocore import BackOffice, Party, StorageError, TimedOut, UsageError
from bocore.cli.root import bo
from bocore.storage.patience import Patience

MANY = 300


@pytest.fixture
def where(tmp_path):
    path = tmp_path / "books.db"
    with BackOffice(path, plugins=[]) as app:
        app.init(company="Acme Ltd", currency="EUR")
        with app.unit_of_work(actor="ann") as uow:
            uow.add_all([Party(name=f"Party {n}") for n in range(MANY)])
    return path


@pytest.fixture
def hurried(where):
    with BackOffice(where, plugins=[], report_timeout=0.25) as app:
        yield app


def together(several):
    """So many ids of parties at a time, in every combination; of five it would take days."""
    first, *others = (sa.select(Party.c.id).subquery() for _ in range(several))
    joined = first
    for other in others:
        joined = joined.join(other, other.c.id > 0)
    return [one.c.id for one in (first, *others)], joined


def count_them_all():
    columns, joined = together(5)
    return sa.select(sa.func.count(columns[0])).select_from(joined)


def find_one_more():
    """The first row comes at once, and then no other."""
    columns, joined = together(5)
    lowest = sa.select(sa.func.min(Party.c.id)).scalar_subquery()
    return sa.select(columns[0]).select_from(joined).where(sum(columns) == 5 * lowest)


@pytest.mark.parametrize("statement", [count_them_all, find_one_more])
def test_a_select_that_takes_too_long_is_stopped_with_a_remedy(hurried, statement):
    with pytest.raises(TimedOut, match="took too long") as stopped, hurried.unit_of_work(actor="ann", read_only=True) as uow:
        uow.rows(statement())
    assert "report_timeout=" in stopped.value.findings[0].fix
    assert (stopped.value.code, isinstance(stopped.value, StorageError)) == ("bo.timed_out", True)


def test_the_connection_is_as_good_as_before(hurried):
    for _ in range(3):
        with pytest.raises(TimedOut), hurried.unit_of_work(actor="ann", read_only=True) as uow:
            uow.rows(count_them_all())
        with hurried.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Party).count() == MANY
    with hurried.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="One more"))
    with hurried.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Party).count() == MANY + 1


def test_what_counts_on_sqlite_is_its_own_time_of_one_statement(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("bocore.storage.patience.time.monotonic", lambda: now[0])
    patience = Patience(3.0)

    def worked(seconds):
        now[0] += seconds
        return patience()

    assert [worked(0.9) for _ in range(4)] == [False, False, False, True]
    patience.spent = 0.0  # the next statement
    assert [worked(3600.0) for _ in range(3)] == [False, False, False]  # somebody thought about the rows for hours
    assert worked(0.1)


def test_who_writes_may_take_longer(hurried):
    """Also on the connection that was used for reading before: the limit ends with the unit that reads."""
    with hurried.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Party).count() == MANY
    with hurried.unit_of_work(actor="ann") as uow:
        columns, joined = together(3)
        found = uow.rows(sa.select(sa.func.sum(columns[0] + columns[1] * columns[2])).select_from(joined))
        assert found[0][0] > 0


@pytest.mark.parametrize("seconds", [0, -1, 3_000_000, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(tmp_path, seconds):
    with pytest.raises(UsageError, match="report_timeout"):
        BackOffice(tmp_path / "x.db", plugins=[], report_timeout=seconds)


def test_the_command_line_takes_it_from_the_environment(where):
    run = CliRunner().invoke(bo, ["--db", str(where), "party", "list"], env={"BOCORE_REPORT_TIMEOUT": "soon"})
    assert (run.exit_code, "BOCORE_REPORT_TIMEOUT is 'soon'" in run.output) == (2, True)
