"""Moving a tenant between installations whose plugins differ: refused with what to install, or taken in as far as it goes."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from acme import Make, making, released, revised
from moving import content, forged, schema, sqlite_file

from bocore import BackOffice, Money, PluginError, Refused, StorageError
from bocore.migrate import pending
from bocore.migrate.compare import described
from bocore.migrate.upgrading import alone
from bocore.plugins.detaching import detach
from bocore.record.verify import verify
from bocore.testing import behind

OWNER = """
from datetime import date, datetime
from decimal import Decimal
from bocore import Entity, Money, Party, entity, exact, field, money, parent, ref

@entity("{prefix}_visit", index=["on"])
class Visit(Entity):
    animal: str = field(max_length=50, unique=True)
    on: date = field(default=date(2026, 1, 2))
    tag: str | None = field(default=None, unique=True)
    owner_id: int | None = ref(Party, default=None)
    before_id: int | None = ref("Visit", default=None)
    seen: bool = field(default=True)
    fee: Money = money(default=Money("12.50", "EUR"))

@entity("{prefix}_treatment")
class Treatment(Entity):
    visit_id: int = parent(Visit)
    quantity: Decimal = exact(places=3, gt=0)

@entity("{prefix}_count", derived=True)
class Count(Entity):
    visits: int
"""
MORE = OWNER.replace("    seen: bool", "    note: str | None = field(default=None)\n    seen: bool")
DATED = OWNER.replace("    visits: int", "    visits: int\n    through: date = field(default=date(2026, 1, 2))")


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    yield from making(tmp_path, monkeypatch)


def model_of(module: ModuleType) -> Any:
    return importlib.import_module(module.__name__.replace(".plugin", ".model"))


def practice(path: Path, module: ModuleType) -> BackOffice:
    """A practice with two visits, the second of which follows the first."""
    model = model_of(module)
    bo = BackOffice(path, plugins=[module]).init(company="Acme Ltd", currency="EUR")
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.add(model.Visit(animal="Rex"))
        second = uow.add(model.Visit(animal="Max", before_id=first.id, tag="x", seen=False))
        uow.add(model.Treatment(visit_id=second.id, quantity=model.Decimal("0.250")))
        columns = {"visits": sa.func.count(), "through": sa.func.max(model.Visit.c.on)}
        chosen = [how.label(name) for name, how in columns.items() if hasattr(model.Count, name)]
        uow.rebuild(model.Count, sa.select(*chosen).select_from(model.Visit.c.id.table))
    return bo


def refused(bo: BackOffice, path: Path) -> str:
    with pytest.raises(Refused) as caught:
        bo.import_tenant(path)
    assert all(finding.fix for finding in caught.value.findings)
    return str(caught.value)


# ---------------------------------------------------------------- versions


def test_an_older_file_is_taken_in_as_it_is_and_migrated_afterwards(make, tmp_path):
    first = released(make, OWNER)
    second = revised(make, first, MORE)
    with practice(tmp_path / "old.db", first) as old:
        file = old.export_tenant(tmp_path / "old.bo")
    with BackOffice(tmp_path / "new.db", plugins=[second]) as new:
        assert content(new.import_tenant(file.path)) == content(file)
        assert pending(new) == {"vet": ["0002"]}
        with pytest.raises(StorageError, match="vet 0002 to come"):
            new.export_tenant(tmp_path / "new.bo")
        new.migrate()
        with new.unit_of_work(actor="ann") as uow:
            visit = uow.find(model_of(second).Visit, animal="Rex")
            assert (visit.note, visit.fee, visit.on) == (None, Money("12.50", "EUR"), date(2026, 1, 2))
            visit.note = "limps"
        assert verify(new).ok


def test_a_newer_file_is_refused_with_what_to_install(make, tmp_path):
    first = released(make, OWNER)
    with practice(tmp_path / "new.db", revised(make, first, MORE)) as new:
        file = new.export_tenant(tmp_path / "new.bo").path
    with BackOffice(tmp_path / "old.db", plugins=[first]) as old:
        said = refused(old, file)
    assert "The tables of 'vet' are at 0002 in the file, and vet here knows 0001 as its last" in said
    assert "pip install" in said


def test_a_plugin_that_has_no_data_there_gets_its_tables_by_migrating(make, tmp_path):
    with BackOffice(tmp_path / "plain.db", plugins=[]).init(company="Acme Ltd", currency="EUR") as plain:
        file = plain.export_tenant(tmp_path / "plain.bo").path
    module = released(make, OWNER)
    with BackOffice(tmp_path / "vet.db", plugins=[module]) as bo:
        bo.import_tenant(file)
        bo.migrate()
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(model_of(module).Visit(animal="Rex"))
        assert verify(bo).ok


# ---------------------------------------------------------------- plugins that are not here


def test_a_plugin_with_data_that_is_missing_is_named(make, tmp_path):
    with practice(tmp_path / "vet.db", released(make, OWNER)) as bo:
        file = bo.export_tenant(tmp_path / "vet.bo").path
    with BackOffice(tmp_path / "plain.db", plugins=[]) as plain:
        said = refused(plain, file)
    assert "The plugin 'vet' () owns data in the file, and is not here." in said
    assert "bo plugin detach vet" in said
    with BackOffice(tmp_path / "vet.db", plugins=[]) as bo, pytest.raises(PluginError, match="'vet' owns data here and is not installed"):
        bo.export_tenant(tmp_path / "without.bo")
    assert not (tmp_path / "without.bo").exists()


def detached(path: Path, module: ModuleType) -> BackOffice:
    """The practice without its plugin."""
    practice(path, module).close()
    bo = BackOffice(path, plugins=[])
    detach(bo, "vet", actor="ann", reason="The practice was sold")
    return bo


def check_returned(bo: BackOffice, module: ModuleType) -> None:
    """The plugin finds its tables as its migrations had made them, and its rows."""
    bo.migrate()
    with alone(bo, keep=False) as session:
        assert described(bo, session.sa, "vet") == []
    model = model_of(module)
    with bo.unit_of_work(actor="ann") as uow:
        second = uow.find(model.Visit, animal="Max")
        assert uow.get(model.Visit, second.before_id).animal == "Rex"
        assert [one.quantity for one in uow.children([second], model.Treatment)[second.id]] == [model.Decimal("0.250")]
        assert [one.visits for one in uow.select(model.Count)] == [2]
        assert second.seen is False
        uow.add(model.Visit(animal="New", before_id=second.id))
    with pytest.raises(Refused, match="Rex"), bo.unit_of_work(actor="ann") as uow:
        uow.add(model.Visit(animal="Rex"))
    assert verify(bo).ok


def test_the_tables_of_a_detached_plugin_are_carried_over_and_fit_when_it_is_back(make, tmp_path):
    module = released(make, OWNER)
    with detached(tmp_path / "vet.db", module) as bo:
        file = bo.export_tenant(tmp_path / "vet.bo")
    assert {"vet_visit", "vet_treatment", "vet_count"} <= content(file).keys()
    with BackOffice(tmp_path / "there.db", plugins=[]) as there:
        assert content(there.import_tenant(file.path)) == content(file)
        assert content(there.export_tenant(tmp_path / "again.bo")) == content(file)
    with BackOffice(tmp_path / "there.db", plugins=[module]) as there:
        check_returned(there, module)


def test_where_the_detached_plugin_is_installed_it_makes_its_own_tables(make, tmp_path):
    module = released(make, OWNER)
    with detached(tmp_path / "vet.db", module) as bo:
        file = bo.export_tenant(tmp_path / "vet.bo").path
    with BackOffice(tmp_path / "there.db", plugins=[module]) as there:
        there.import_tenant(file)
        check_returned(there, module)


@pytest.mark.engine("postgresql")
def test_a_detached_plugin_moves_between_the_engines(make, tmp_path):
    module = released(make, OWNER)
    with detached(sqlite_file(tmp_path / "vet.db"), module) as bo:
        file = bo.export_tenant(tmp_path / "vet.bo")
    with schema() as where:
        with BackOffice(**where, plugins=[]) as there:
            there.import_tenant(file.path)
            again = there.export_tenant(tmp_path / "again.bo")
        with BackOffice(**where, plugins=[module]) as there:
            check_returned(there, module)
    assert content(again) == content(file)
    back = sqlite_file(tmp_path / "back.db")
    with BackOffice(back, plugins=[]) as there:
        there.import_tenant(again.path)
    with BackOffice(back, plugins=[module]) as there:
        check_returned(there, module)


@pytest.mark.engine("postgresql")
def test_what_sqlite_does_not_tell_of_a_detached_plugin_is_asked_of_the_plugin(make, tmp_path):
    """A derived entity has no shape, and SQLite stores days as text."""
    with detached(sqlite_file(tmp_path / "vet.db"), released(make, DATED)) as bo:
        file = bo.export_tenant(tmp_path / "vet.bo").path
    with schema() as where, BackOffice(**where, plugins=[]) as there:
        said = refused(there, file)
    assert "of vet_count, a table of the plugin 'vet' that is detached, SQLite does not tell what is text and what dates" in said
    assert "Install vet here or where the file was written" in said


def test_an_index_that_cant_be_described_is_refused(make, tmp_path):
    with detached(tmp_path / "vet.db", released(make, OWNER)) as bo:
        with behind(bo) as sql:
            sql.execute("CREATE INDEX ix_odd ON vet_visit (on) WHERE animal > 'M'".replace("(on)", '("on")'))
        with pytest.raises(Refused, match="the index ix_odd is of a kind that can't be described"):
            bo.export_tenant(tmp_path / "vet.bo")


FORGED = [
    ({"empty": 5}, "it does not say how it is made"),
    ({"references": [["fk_x", "nothing", "bo_party", False]]}, "it says of columns that it has not how they are made"),
    ({"indexes": [{"name": 'ix"; DROP', "columns": ["id"], "unique": False, "filled": None}]}, "it says of columns"),
]


@pytest.mark.parametrize(("change", "said"), FORGED)
def test_a_made_up_description_is_refused(change, said, make, tmp_path):
    with detached(tmp_path / "vet.db", released(make, OWNER)) as bo:
        file = bo.export_tenant(tmp_path / "vet.bo").path

    def edit(header: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
        tables["vet_visit"]["made"].update(change)

    with BackOffice(tmp_path / "there.db", plugins=[]) as there:
        assert said in refused(there, forged(file, edit))
