"""What is done to books properly leaves their seal whole: heads hold, sealing goes on, and what is done behind its back is named."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from acme import CHILD, VISIT, Make, filled, making, released, revised, versions
from test_migrate_from_first import first
from tests import clinic
from tests.patients import ANN, arrivals, erase

from bocore import BackOffice, Party
from bocore.keys.provider import new_key_file
from bocore.keys.signing import HeadSigner
from bocore.migrate import upgrade
from bocore.migrate.upgrading import alone
from bocore.plugins.detaching import detach
from bocore.record.sealed import Anchored
from bocore.record.sealing import seal
from bocore.record.verify import verify
from bocore.testing import FrozenClock, behind
from bocore.testing.conforming import Subject, _fill
from bocore.testing.upgrades import earlier, make_earlier

make = pytest.fixture(making)
KEY = bytes(32)
PLUGINS = ("accounting", "beancount", "catalog", "hledger", "inventory", "tax")


@pytest.fixture(scope="module")
def bo_plugins() -> list[Any]:
    return [clinic.module()]


def anchor(bo: BackOffice) -> Anchored:
    """Seal what is there; the head, as somebody keeps it elsewhere."""
    head = bo.seal()
    assert head is not None
    assert head.signed
    return Anchored([head.note])


def stands(bo: BackOffice, kept: Anchored | None, table: str = "bo_company") -> None:
    """The records go on from the head that was kept, more is sealed behind them, and a row that is altered then is named."""
    found = verify(bo, against=kept)
    assert [str(finding) for finding in found.findings] == []
    assert kept is None or found.anchored
    head = bo.seal()
    assert head is not None
    found = verify(bo, against=kept)
    assert (found.ok, found.signed, found.unsealed, head.size) == (True, True, 0, found.records)
    with behind(bo) as connection:
        (ident,) = connection.execute(f"SELECT min(id) FROM {table}").fetchone()
        connection.execute(f"UPDATE {table} SET version = version + 7 WHERE id = ?", (ident,))
    found = verify(bo, against=kept)
    assert [(finding.code, finding.where) for finding in found.findings] == [("bo.audit.altered", f"{table} {ident}")]


# ---------------------------------------------------------------- migrations


def test_each_earlier_revision_of_each_plugin_is_upgraded_under_its_seal(tmp_path: Path) -> None:
    upgraded = []
    for plugin in PLUGINS:
        subject, folder = Subject(plugin, (), {}), tmp_path / plugin
        folder.mkdir()
        with subject.open(folder) as app:
            revisions = earlier(app, plugin)
            if revisions:
                _fill(subject, app)
        for revision in revisions:
            with BackOffice(folder / f"{revision.number}.db", plugins=subject.plugins, clock=FrozenClock(), key=KEY) as app:
                make_earlier(app, revision, folder / "conformance.db")
                with alone(app) as session:
                    head = seal(session, app.clock(), HeadSigner(KEY))
                assert head is not None
                upgraded += upgrade(app)
                stands(app, Anchored([head.note]))
    assert "accounting 0002" in upgraded


@pytest.mark.engine("sqlite")
def test_books_from_before_there_was_a_seal_are_sealed_after_their_upgrade(tmp_path: Path) -> None:
    with BackOffice(first(tmp_path / "books.db"), plugins=["accounting", "beancount"], clock=FrozenClock(), key=KEY) as bo:
        assert verify(bo).vouched == "not sealed"
        upgrade(bo)
        assert (verify(bo).ok, verify(bo).vouched) == (True, "not sealed")
        stands(bo, anchor(bo))


BY_HAND = """from alembic import op
from bocore.migrations import rebase


def upgrade() -> None:
    op.execute("UPDATE vet_visit SET animal = upper(animal)")
    rebase("vet_visit")
"""


def test_values_that_a_migration_changes_leave_what_was_sealed(make: Make, tmp_path: Path) -> None:
    vet, books = released(make), tmp_path / "books.db"
    filled(books, vet)
    with BackOffice(books, plugins=[vet], key=KEY) as bo:
        kept = anchor(bo)
    (versions(vet) / "0002_by_hand.py").write_text(BY_HAND, encoding="utf-8")
    with BackOffice(books, plugins=[vet], key=KEY) as bo:
        assert upgrade(bo) == ["vet 0002"]
        assert [rebase.entity for rebase in verify(bo).rebases] == ["vet_visit"]
        stands(bo, kept, "vet_visit")


def test_an_entity_that_a_migration_drops_leaves_what_was_sealed(make: Make, tmp_path: Path) -> None:
    vet, books = released(make, VISIT + CHILD), tmp_path / "books.db"
    filled(books, vet)
    model = importlib.import_module(vet.__name__.replace(".plugin", ".model"))
    with BackOffice(books, plugins=[vet], key=KEY) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(model.Treatment(visit_id=uow.find(model.Visit, animal="Rex").id, quantity=model.Decimal(1)))
        kept = anchor(bo)
    without = revised(make, vet, VISIT)
    with BackOffice(books, plugins=[without], key=KEY) as bo:
        upgrade(bo)
        assert [(rebase.entity, rebase.dropped) for rebase in verify(bo).rebases] == [("vet_treatment", True)]
        stands(bo, kept, "vet_visit")


# ---------------------------------------------------------------- people, keys, plugins


def test_a_person_is_erased_and_a_reason_redacted_under_the_seal(bo: BackOffice) -> None:
    ann, _ = arrivals(bo)
    with bo.unit_of_work(actor="desk", reason=f"{ANN} called") as uow:
        uow.get(Party, ann).language = "en"
    kept = anchor(bo)
    with behind(bo) as connection:
        (at,) = connection.execute("SELECT position FROM bo_commit WHERE reason LIKE '%called'").fetchone()
    erase(bo, ann, redact=[(at, "reason")])
    assert verify(bo, against=kept).redacted == 1
    stands(bo, kept, "clinic_visit")


def test_a_name_that_is_written_back_after_its_erasure_is_named(bo: BackOffice) -> None:
    ann, _ = arrivals(bo)
    kept = anchor(bo)
    erase(bo, ann)
    bo.seal()
    with behind(bo) as connection:
        connection.execute("UPDATE bo_party SET name = ? WHERE id = ?", (ANN, ann))
    (finding,) = verify(bo, against=kept).findings
    assert (finding.code, finding.where) == ("bo.audit.altered", f"bo_party {ann}")


def test_heads_go_on_under_a_new_key_of_keys(bo: BackOffice, bo_path: Path, tmp_path: Path) -> None:
    """Rotation wraps the key that signs anew, and does not make another: what was pinned stays right."""
    kept = anchor(bo)
    with behind(bo) as connection:
        before = connection.execute("SELECT key FROM bo_verifier").fetchall()
    assert bo.rotate_keys(new_key_file(tmp_path / "new.key"), actor="ann") >= 1
    with BackOffice(bo_path, plugins=[clinic.module()], key=tmp_path / "new.key", clock=FrozenClock()) as again:
        stands(again, kept)
        with behind(again) as connection:
            assert connection.execute("SELECT key FROM bo_verifier").fetchall() == before


def test_who_has_another_key_signs_nothing_and_takes_nothing_from_what_was_signed(bo: BackOffice, bo_path: Path) -> None:
    kept = anchor(bo)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Later"))
    with BackOffice(bo_path, plugins=[clinic.module()], clock=FrozenClock()) as stranger:
        head = stranger.seal()
        assert head is not None
        assert (head.signed, verify(stranger, against=kept).ok, verify(stranger).signed) == (False, True, False)
    stands(bo, kept)


def test_without_its_plugin_the_record_is_sealed_on(bo: BackOffice, bo_path: Path) -> None:
    arrivals(bo)
    kept = anchor(bo)
    with BackOffice(bo_path, plugins=[], key=KEY, clock=FrozenClock()) as core:
        assert verify(core, against=kept).ok
        detach(core, bo.host.plugins[-1].name, actor="ann", reason="Uninstalled")
        with core.unit_of_work(actor="ann") as uow:
            uow.add(Party(name="Later"))
        stands(core, kept, "clinic_visit")


def test_a_plugin_that_was_detached_and_comes_back_goes_on_under_the_same_seal(bo: BackOffice, bo_path: Path) -> None:
    ann, _ = arrivals(bo)
    kept = anchor(bo)
    with BackOffice(bo_path, plugins=[], key=KEY, clock=FrozenClock()) as core:
        detach(core, bo.host.plugins[-1].name, actor="ann", reason="Uninstalled")
        core.seal()
        with behind(core) as connection:
            connection.execute("UPDATE clinic_visit SET version = version + 1 WHERE id = (SELECT min(id) FROM clinic_visit)")
        assert {finding.code for finding in verify(core, against=kept).findings} == {"bo.audit.altered"}, "while nobody knows its rules"
        with behind(core) as connection:
            connection.execute("UPDATE clinic_visit SET version = version - 1 WHERE id = (SELECT min(id) FROM clinic_visit)")
    with BackOffice(bo_path, plugins=[clinic.module()], key=KEY, clock=FrozenClock()) as again:
        again.migrate()
        erase(again, ann)
        stands(again, kept, "clinic_visit")


# ---------------------------------------------------------------- moving house


def test_a_tenant_takes_its_seal_along_and_two_that_go_on_are_a_fork(bo: BackOffice, tmp_path: Path) -> None:
    arrivals(bo)
    before = anchor(bo)
    file = bo.export_tenant(tmp_path / "acme.bocore").path
    with BackOffice(tmp_path / "there.db", plugins=[clinic.module()], key=KEY, clock=FrozenClock()) as there:
        there.import_tenant(file)
        assert verify(there, against=before).ok
        origins = []
        for one in (bo, there):
            with one.unit_of_work(actor="ann", reason="Meanwhile") as uow:
                uow.add(Party(name="Later"))
            head = one.seal()
            assert head is not None
            origins.append((head.origin, head.size, head.note))
        (here_origin, here_size, here_note), (there_origin, there_size, there_note) = origins
        assert (there_origin, there_size) == (here_origin, here_size)
        for one, other in ((bo, there_note), (there, here_note)):
            assert verify(one).ok
            (finding,) = verify(one, against=Anchored([other])).findings
            assert finding.code == "bo.audit.anchor"
            assert "not the same first" in finding.message
        stands(there, Anchored([before.notes[0], there_note]), "clinic_visit")
