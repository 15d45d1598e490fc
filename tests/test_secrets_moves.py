"""Secret values through migrations, and from one database to another: they open where their field went, and nowhere else."""

from __future__ import annotations

import gzip
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from acme import Make, making, released, revised, versions

from bocore import BackOffice, KeyUnavailable, StorageError
from bocore.keys.masked import MASK
from bocore.keys.operate import check_keys
from bocore.migrate import upgrade
from bocore.record.verify import verify
from bocore.testing import behind
from bocore.testing.clock import FrozenClock

MODEL = """
from bocore import Entity, Party, entity, field, ref

@entity("vet_owner")
class Owner(Entity):
    name: str = field(max_length=50)
    party_id: int | None = ref(Party, default=None)
    iban: str = field(secret=True, searchable=True, default="")
    word: str = field(secret=True, default="", personal="party_id")
"""
KEY = bytes(range(32))
IBAN = "AT611904300234573201"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    yield from making(tmp_path, monkeypatch)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    return tmp_path / "books.db"


@pytest.fixture
def first(make: Make, books: Path) -> ModuleType:
    """A plugin with a secret field, and a database of it."""
    module = released(make, MODEL)
    with opened(books, module) as bo:
        bo.init()
        with bo.unit_of_work(actor="ann") as uow:
            model = model_of(module)
            party = uow.add(model.Party(name="Ada"))
            uow.add_all([model.Owner(name="Ada", party_id=party.id, iban=IBAN, word="enigma"), model.Owner(name="Bea", iban="", word="")])
    return module


def model_of(module: ModuleType) -> Any:
    return importlib.import_module(module.__name__.replace(".plugin", ".model"))


def migration(module: ModuleType, n: int, steps: list[str]) -> None:
    head = "from alembic import op\nfrom bocore.migrations import rebase\n\n"
    head += f'revision = "vet_{n:04}"\ndown_revision = "vet_{n - 1:04}"\n\n\ndef upgrade() -> None:\n'
    (versions(module) / f"{n:04}_renamed.py").write_text(head + "".join(f"    {step}\n" for step in steps))


def opened(books: Path, module: ModuleType, **how: Any) -> BackOffice:
    return BackOffice(books, plugins=[module], clock=FrozenClock(), **{"key": KEY, **how})


def values(bo: BackOffice, cls: Any, iban: str = "iban", word: str = "word") -> list[tuple[str | None, str | None]]:
    with bo.unit_of_work(actor="ann") as uow:
        rows = uow.select(cls).order_by(cls.c.id).all()
        found = uow.unmask_all(rows, iban, reason="test"), uow.unmask_all(rows, word, reason="test")
        assert uow.find(cls, **{iban: IBAN}).name == "Ada"
        return [(found[0][row.id], found[1][row.id]) for row in rows]


ALL = [(IBAN, "enigma"), ("", "")]


def test_a_field_is_renamed_and_its_values_open(make: Make, books: Path, first: ModuleType) -> None:
    changed = MODEL.replace("    word: str = field(", '    password: str = field(was="word", ')
    changed = changed.replace("iban: str = field(", 'account: str = field(was="iban", ')
    second = revised(make, first, changed)
    written = (versions(second) / "0002_changes.py").read_text()
    assert written.count("new_column_name=") == 3  # iban, its index, word
    with opened(books, second) as bo:
        upgrade(bo)
        assert values(bo, model_of(second).Owner, "account", "password") == ALL
        assert verify(bo).ok


def test_an_entity_is_renamed_twice_and_its_values_open(make: Make, books: Path, first: ModuleType) -> None:
    before, old, line = first, "vet_owner", "    name: str = field(max_length=50)\n"
    for n, new in ((2, "vet_client"), (3, "vet_customer")):
        # The order of the fields changes too: what counts is the position that each had at first.
        module = make(MODEL.replace("vet_owner", new).replace(line, "") + line, before=before)
        moves = [f'op.drop_index("ix_{old}_{c}", "{new}")' for c in ("party_id", "iban_index")]
        moves += [f'op.create_index("ix_{new}_{c}", "{new}", ["{c}"])' for c in ("party_id", "iban_index")]
        migration(module, n, [f'op.rename_table("{old}", "{new}")', *moves, f'rebase("{old}", "{new}")'])
        with opened(books, module) as bo:
            upgrade(bo)
            assert values(bo, model_of(module).Owner) == ALL
            assert verify(bo).ok
            assert bo.shape(new).first == "vet_owner"
        before, old = module, new
        with opened(books, module) as bo:
            upgrade(bo)
            assert values(bo, model_of(module).Owner) == ALL
            assert verify(bo).ok
            assert bo.shape(new).first == "vet_owner"


def test_a_plain_column_does_not_become_secret_by_itself(make: Make, books: Path, first: ModuleType) -> None:
    second = make(MODEL.replace("name: str = field(max_length=50)", "name: str = field(max_length=50, secret=True)"), before=first)
    with opened(books, second) as bo, pytest.raises(StorageError, match="name became secret") as error:
        upgrade(bo)
    assert error.value.findings[0].code == "bo.becomes_secret"
    migration(second, 2, ['rebase("vet_owner")'])  # whoever says that he has seen to it
    with opened(books, second) as bo, pytest.raises(StorageError, match="not written as a canonical secret") as error:
        upgrade(bo)
    assert "Ada" not in str(error.value)
    third = make(
        MODEL.replace('iban: str = field(secret=True, searchable=True, default="")', 'iban: str = field(default="")'), before=first
    )
    with opened(books, third) as bo, pytest.raises(StorageError, match="iban became open"):
        upgrade(bo)


def test_a_new_secret_field_takes_over_what_was_plain(make: Make, books: Path, first: ModuleType) -> None:
    second = revised(make, first, MODEL + '    title: str = field(secret=True, default="")\n')
    path = versions(second) / "0002_changes.py"
    with path.open("a") as file:
        file.write(
            "\n\ndef data(uow):\n"
            f"    from {second.__name__.replace('.plugin', '.model')} import Owner\n"
            "    for owner in uow.select(Owner):\n        owner.title = owner.name\n"
        )
    with opened(books, second) as bo:
        upgrade(bo)
        assert values(bo, model_of(second).Owner, word="title") == [(IBAN, "Ada"), ("", "Bea")]
        assert verify(bo).ok


def test_a_tenant_moves_with_its_keys(books: Path, first: ModuleType, tmp_path: Path) -> None:
    with opened(books, first) as bo:
        written = bo.export_tenant(tmp_path / "firm.bo")
        counts = {table.name: table.rows for table in written.tables}
        assert counts["bo_key"] == 4  # tenant, index, Ada, and the one that signs heads
    text = gzip.decompress((tmp_path / "firm.bo").read_bytes()).decode()
    assert "Ada" in text
    assert IBAN not in text
    assert "enigma" not in text
    with opened(tmp_path / "there.db", first) as there:
        there.import_tenant(tmp_path / "firm.bo")
        assert values(there, model_of(first).Owner) == ALL
        assert verify(there).ok
    with opened(tmp_path / "elsewhere.db", first, key=bytes(32)) as elsewhere:
        elsewhere.import_tenant(tmp_path / "firm.bo")  # what is not secret is of use without the key
        with elsewhere.unit_of_work(actor="ann", read_only=True) as uow:
            rows = uow.select(model_of(first).Owner).all()
            assert sorted(str(row.iban) for row in rows) == ["", MASK]
            assert [finding.code for finding in check_keys(uow._touch(), elsewhere.keys.provider)] == ["bo.key_wrong"]
        with pytest.raises(KeyUnavailable, match="under the key"), elsewhere.unit_of_work(actor="ann") as uow:
            uow.unmask_all(uow.select(model_of(first).Owner).all(), "iban", reason="test")


def test_a_row_of_another_tenant_does_not_open_here(books: Path, first: ModuleType, tmp_path: Path) -> None:
    """Both tenants have the same key; their data keys differ."""
    with opened(books, first) as one, opened(tmp_path / "other.db", first) as other:
        other.init()
        with other.unit_of_work(actor="ann") as uow:
            other_id = uow.add(model_of(first).Owner(name="Ada", iban="DE89")).id
        with one.unit_of_work(actor="ann", read_only=True) as uow:
            ident, value = uow._touch().execute("SELECT id, iban FROM vet_owner ORDER BY id").fetchone()
        assert ident == other_id
        with behind(tmp_path / "other.db") as forger:
            forger.execute("UPDATE vet_owner SET iban = ? WHERE id = ?", (value, other_id))
        with pytest.raises(KeyUnavailable) as error, other.unit_of_work(actor="ann") as uow:
            uow.unmask(uow.get(model_of(first).Owner, other_id), "iban", reason="test")
        assert error.value.findings[0].code == "bo.key_damaged"
