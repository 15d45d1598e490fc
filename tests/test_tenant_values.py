"""Whatever a field can hold comes out of the file of a tenant as it went in, on the other engine too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moving import content, lines, schema, sqlite_file
from test_entities_kinds import STRATEGIES, Thing, kinds

from bocore import BackOffice

things = st.lists(st.fixed_dictionaries({}, optional=STRATEGIES), max_size=30)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BackOffice]:
    """A SQLite file, in which rows of all examples gather."""
    with BackOffice(sqlite_file(tmp_path_factory.mktemp("shop") / "shop.db"), plugins=[kinds]) as bo:
        yield bo.init()


@contextmanager
def elsewhere(engine: str, folder: Path) -> Iterator[BackOffice]:
    """A place without a tenant."""
    if engine == "sqlite":
        with BackOffice(folder / "there.db", plugins=[kinds]) as there:
            yield there
        return
    with schema() as where, BackOffice(**where, plugins=[kinds]) as there:
        yield there


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=things, changes=things, gone=st.sets(st.integers(0, 29), max_size=5))
def test_any_values_come_out_as_they_went_in(rows: list[Any], changes: list[Any], gone: set[int], shop: BackOffice, bo_engine: str) -> None:
    with shop.unit_of_work(actor="ann") as uow:
        made = uow.add_all([Thing(label="x", **values) for values in rows])
    with shop.unit_of_work(actor="ann") as uow:
        there_now = uow.get_all(Thing, [one.id for one in made])
        for one, values in zip(there_now.values(), changes, strict=False):
            for name, value in values.items():
                setattr(one, name, value)
        for at in gone & set(range(len(made))):
            uow.remove(uow.get(Thing, made[at].id))
    with TemporaryDirectory() as name, elsewhere(bo_engine, Path(name)) as there:
        here = shop.export_tenant(Path(name) / "here.bo")
        taken = there.import_tenant(here.path)
        back = there.export_tenant(Path(name) / "back.bo")
        assert content(here) == content(taken) == content(back)
        assert lines(here.path)[1:-1] == lines(back.path)[1:-1]
