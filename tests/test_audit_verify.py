"""Verifying a database: a clean one passes whatever was done to it properly, and what was done behind bocore's back is named."""

from __future__ import annotations

import shutil
import types
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore.amounts import Money, UnitPrice
from bocore.app import BackOffice
from bocore.entities import Entity, entity, exact, field, money, number, parent, ref, states
from bocore.entities.generate import canonical_rows
from bocore.entities.spec import Column
from bocore.errors import StorageError, UsageError
from bocore.kernel.party import Party
from bocore.plugins import Plugin
from bocore.record.canonical import encode_rows
from bocore.record.verify import Verification, verify
from bocore.storage.database import open_database
from bocore.testing import behind, host_engine


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@entity("zoo_pet", unique=["code"])
class Pet(Entity):
    """A row with every kind of field."""

    code: str = field(max_length=20)
    owner_id: int = ref(Party)
    tame: bool = field(default=True)
    born: date
    seen: datetime
    feeding: time | None = None
    tag: uuid.UUID
    picture: bytes = b""
    traits: dict[str, Any] = field(factory=dict)
    size: Size = field(default=Size.SMALL)
    weight: Decimal = exact(places=3)
    factor: Decimal = number(default=Decimal(1))
    price: Money = money()
    feed: UnitPrice | None = money(default=None)
    age: int | None = field(default=None)
    call_name: str | None = field(default=None, personal="owner_id")
    chip: int | None = field(default=None, personal="owner_id")


@entity("zoo_meal", append_only=True)
class Meal(Entity):
    """Written once."""

    pet_id: int = parent(Pet)
    eaten: date
    grams: int


@entity("zoo_bird", extends=Pet)
class Bird(Entity):
    """What is added to a pet that flies."""

    span: Decimal | None = exact(places=1, default=None)
    ring: str | None = field(default=None, personal="id.owner_id")


@entity("zoo_stay", frozen_in={"over"})
class Stay(Entity):
    """A document that ends."""

    pet_id: int = ref(Pet)
    state: str = states({("open", "end"): "over"}, default="open")


def open_zoo(path: Path) -> BackOffice:
    module: Any = types.ModuleType("acme_zoo.plugin")
    module.plugin = Plugin(prefix="zoo", entities=[Pet, Meal, Bird, Stay])
    return BackOffice(path, plugins=[module])


def pet(n: int, owner: int, **more: Any) -> Pet:
    return Pet(
        code=f"P{n}",
        owner_id=owner,
        born=date(2026, 1, 1 + n % 28),
        seen=datetime(2026, 3, 1, 12, 0, n % 60, tzinfo=UTC),
        feeding=time(8, n % 60) if n % 2 else None,
        tag=uuid.UUID(int=0xABCDEF << 64 | n),
        picture=bytes([n % 256]) * 3,
        traits={"colour": "],[", "legs": [1, 2, n]},
        weight=Decimal(n) / 8,
        factor=Decimal("1.50") * n,
        price=Money.minor(100 * n, "EUR"),
        feed=UnitPrice("0.0125", "EUR") if n % 3 else None,
        age=n,
        call_name=f"Zoë {n}",
        chip=n if n % 2 else None,
        **more,
    )


@pytest.fixture(scope="session")
def empty_zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without pets, to copy."""
    path = tmp_path_factory.mktemp("zoo") / "empty.db"
    open_zoo(path).init(company="Acme Zoo", currency="EUR").close()
    return path


@pytest.fixture(scope="session")
def lived_in(empty_zoo: Path) -> Path:
    """A zoo in which everything happened that can: pets 1 to 20 came, 3 was renamed, 5 erased, 7 left; see the records by their reason."""
    path = empty_zoo.with_name("lived_in.db")
    shutil.copy(empty_zoo, path)
    with open_zoo(path) as bo:
        with bo.unit_of_work(actor="ann", reason="owner") as uow:
            owner = uow.add(Party(name="Ann"))
        with bo.unit_of_work(actor="ann", reason="arrival") as uow:
            pets = uow.add_all([pet(n, owner.id) for n in range(1, 21)])
            assert [p.id for p in pets] == list(range(1, 21))
        with bo.unit_of_work(actor="ann", reason="lunch", correlation="day:1") as uow:
            uow.add_all(Meal(pet_id=n, eaten=date(2026, 4, 1), grams=100 + n) for n in range(1, 7))
        with bo.unit_of_work(actor="bob", reason="rename") as uow:
            uow.get(Pet, 3).code = "P3-new"
            uow.get(Pet, 4).call_name = "Rex"
        with bo.unit_of_work(actor="bob", reason="departure") as uow:
            uow.remove(uow.get(Pet, 7))
        with bo.unit_of_work(actor="bob", reason="erasure") as uow:
            erased = uow.get(Pet, 5)
            erased.call_name, erased.chip = None, None
        with bo.unit_of_work(actor="bob", reason="birds") as uow:
            uow.add(Bird(span=Decimal("31.5"), ring="A 1"), extends=uow.get(Pet, 2))
            uow.add(Bird(), extends=uow.get(Pet, 9))
        with bo.unit_of_work(actor="bob", reason="stay") as uow:
            stay = uow.add(Stay(pet_id=8))
        with bo.unit_of_work(actor="bob", reason="end of stay") as uow:
            uow.move(uow.get(Stay, stay.id), "end")
        assert [commit.position for commit in bo.feed("tests")] == list(range(len(positions(path))))
        with bo.unit_of_work(actor="bob", reason="late arrival") as uow:
            uow.add(pet(21, owner.id))
    return path


def positions(path: Path) -> list[Any]:
    with behind(path) as connection:
        return [row[0] for row in connection.execute("SELECT position FROM bo_commit ORDER BY id")]


@pytest.fixture
def zoo(lived_in: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copy(lived_in, tmp_path / "zoo.db"))


def checked(path: Path, **options: Any) -> Verification:
    database = open_database(path)
    try:
        return verify(database, **options)
    finally:
        database.engine.dispose()


def tamper(path: Path, *statements: str | tuple[str, tuple[Any, ...]]) -> None:
    """Write into the database without bocore, as somebody with an SQL tool would."""
    with behind(path) as connection:
        for statement in statements:
            connection.execute(*((statement,) if isinstance(statement, str) else statement))


def named(found: Verification) -> set[tuple[str, str]]:
    return {(finding.code.removeprefix("bo.audit."), finding.where) for finding in found.findings}


def record(path: Path, reason: str) -> int:
    with behind(path) as connection:
        return int(connection.execute("SELECT id FROM bo_commit WHERE reason = ?", (reason,)).fetchone()[0])


# -- what was done properly passes


def test_a_zoo_in_which_much_happened_is_as_recorded(zoo: Path, bo_engine: str) -> None:
    found = checked(zoo)
    assert found.findings == []
    assert found.ok
    # 1 company, 1 party, 20 pets, 6 meals, 2 birds, 1 stay
    assert (found.records, found.rows) == (12, 31)
    if bo_engine == "sqlite":  # which was sealed when it was closed
        assert (found.unplaced, found.unsealed) == (0, 0)
        assert found.summary() == "12 records, 31 rows verified; sealed, not signed, not anchored"
    else:
        assert (found.unplaced, found.unsealed) == (1, 12)
        assert found.summary() == "12 records, 31 rows verified; not sealed"
    assert found.as_dict()["ok"] is True


def test_an_empty_database_is_as_recorded(empty_zoo: Path) -> None:
    assert checked(empty_zoo).ok


def test_a_file_that_is_no_database_of_bocore_is_refused_and_not_called_altered(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    tamper(path, "CREATE TABLE anything (id INTEGER PRIMARY KEY)")
    with pytest.raises(StorageError, match="no tables of bocore"):
        checked(path)


def test_one_entity_alone_can_be_verified(zoo: Path) -> None:
    tamper(zoo, "UPDATE zoo_meal SET grams = 1 WHERE id = 2")
    assert checked(zoo, entity="zoo_pet").rows == 20
    assert checked(zoo, entity="zoo_pet").ok
    assert named(checked(zoo, entity="zoo_meal")) == {("altered", "zoo_meal 2")}
    with pytest.raises(UsageError, match="zoo_fish"):
        checked(zoo, entity="zoo_fish")


def test_an_engine_of_somebody_else_or_a_session_is_enough_without_plugin_and_application(zoo: Path) -> None:
    engine, tenant = host_engine(zoo)
    database = open_database(engine, tenant)
    assert verify(database).ok
    assert tenant is not None or verify(engine).ok
    session = database.connect(lambda session: False)
    session.begin(write=False)
    try:
        assert verify(session).ok
    finally:
        session.close(read_only=True)
        engine.dispose()


def test_the_application_can_be_given_while_it_is_at_work(zoo: Path) -> None:
    with open_zoo(zoo) as bo, bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Not committed yet"))
        uow.flush()
        assert verify(bo).ok


def test_several_flushes_savepoints_and_released_objects_leave_a_record_that_holds(zoo: Path) -> None:
    with open_zoo(zoo) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            owner = uow.add(Party(name="Cy"))
            first = uow.add(pet(30, owner.id))
            uow.flush()
            first.code = "P30-new"
            uow.flush()
            second = uow.add(pet(31, owner.id))
            with pytest.raises(KeyError), uow.savepoint():
                uow.add(pet(32, owner.id))
                first.code = "lost"
                uow.flush()
                raise KeyError
            with uow.savepoint():
                uow.add(pet(33, owner.id))
                second.call_name = None
            uow.flush(release=True)
            uow.add_all([pet(n, owner.id) for n in range(40, 60)])
            uow.remove(uow.get(Pet, 10))
        assert uow.unit
    found = checked(zoo)
    assert found.findings == []
    assert found.rows == 31 + 1 + 3 + 20 - 1


def test_ids_that_were_reserved_in_a_part_that_failed_are_used_once(zoo: Path) -> None:
    with open_zoo(zoo) as bo, bo.unit_of_work(actor="ann") as uow:
        owner = uow.get(Party, 1)
        uow.add_all(pet(100 + n, owner.id) for n in range(30))
        with pytest.raises(KeyError), uow.savepoint():
            uow.add_all(pet(200 + n, owner.id) for n in range(5))
            raise KeyError
        uow.add_all(pet(300 + n, owner.id) for n in range(60))
    assert checked(zoo).findings == []
    assert checked(zoo, entity="zoo_pet").rows == 20 + 30 + 60


def test_an_extension_that_comes_goes_and_comes_again_passes(zoo: Path) -> None:
    with open_zoo(zoo) as bo:
        for _ in range(2):
            with bo.unit_of_work(actor="ann") as uow:
                uow.remove(uow.get(Bird, 9))
            with bo.unit_of_work(actor="ann") as uow:
                uow.add(Bird(ring="again"), extends=uow.get(Pet, 9))
    assert checked(zoo).findings == []


@pytest.mark.engine("sqlite")  # PostgreSQL's columns take nothing of another type that a finding could quote
def test_the_text_of_a_personal_field_never_appears_in_a_finding(zoo: Path) -> None:
    tamper(zoo, ("UPDATE zoo_pet SET call_name = ? WHERE id = 2", (b"Secret Zo",)), "UPDATE zoo_pet SET chip = 777.5 WHERE id = 3")
    shown = " ".join(map(str, checked(zoo).findings))
    assert "call_name is stored as blob, not as text" in shown
    assert "Secret" not in shown
    assert "777" not in shown


# -- rows

SQLITE = pytest.mark.engine("sqlite")
"""For what the types of PostgreSQL's columns refuse, or write as they always do."""
ROWS: dict[str, tuple[list[Any], set[tuple[str, str]]]] = {
    "text altered": (["UPDATE zoo_pet SET code = 'X' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "amount altered": (["UPDATE zoo_meal SET grams = grams + 1 WHERE id = 6"], {("altered", "zoo_meal 6")}),
    "value made null": (["UPDATE zoo_pet SET age = NULL WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "null filled in": (["UPDATE zoo_pet SET feed = '1', feed_currency = 'EUR' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "last column made null": (["UPDATE zoo_bird SET span = NULL WHERE id = 2"], {("altered", "zoo_bird 2")}),
    "version moved": (["UPDATE zoo_pet SET version = 9 WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "three neighbours": (["UPDATE zoo_pet SET age = 1 WHERE id BETWEEN 17 AND 19"], {("altered", "zoo_pet 17-19")}),
    "two far apart": (["UPDATE zoo_pet SET age = 99 WHERE id IN (1, 21)"], {("altered", "zoo_pet 1"), ("altered", "zoo_pet 21")}),
    "every row": (["UPDATE zoo_meal SET grams = 1"], {("altered", "zoo_meal 1-6")}),
    "put back to an older true state": (
        ["UPDATE zoo_pet SET code = 'P3', version = 1 WHERE id = 3"],
        {("altered", "zoo_pet 3")},
    ),
    "personal value altered": (["UPDATE zoo_pet SET call_name = 'Max' WHERE id = 6"], {("altered", "zoo_pet 6")}),
    "personal values of two fields swapped": (
        ["UPDATE zoo_pet SET call_name = '9', chip = NULL WHERE id = 9"],
        {("altered", "zoo_pet 9")},
    ),
    "salt altered": ([("UPDATE zoo_pet SET _salt = ? WHERE id = 6", (b"another" * 2 + b"!!",))], {("altered", "zoo_pet 6")}),
    "salt destroyed alone": (["UPDATE zoo_pet SET _salt = NULL WHERE id = 6"], {("altered", "zoo_pet 6")}),
    "a name written into an erased row": (["UPDATE zoo_pet SET call_name = 'Back' WHERE id = 5"], {("altered", "zoo_pet 5")}),
    "first row removed": (["DELETE FROM zoo_meal WHERE id = 1"], {("removed", "zoo_meal 1")}),
    "middle row removed": (["DELETE FROM zoo_meal WHERE id = 3"], {("removed", "zoo_meal 3")}),
    "last row removed": (["DELETE FROM zoo_meal WHERE id = 6"], {("removed", "zoo_meal 6")}),
    "run removed": (["DELETE FROM zoo_pet WHERE id BETWEEN 14 AND 16"], {("removed", "zoo_pet 14-16")}),
    "all removed": (["DELETE FROM zoo_meal"], {("removed", "zoo_meal 1-6")}),
    "deleted row put back": (
        ["INSERT INTO zoo_stay (id, version, pet_id, state) VALUES (7, 1, 1, 'open')"],
        {("added", "zoo_stay 7")},
    ),
    "added at the end": (["INSERT INTO zoo_meal VALUES (900, 1, '2026-04-01', 5)"], {("added", "zoo_meal 900")}),
    "added before": (["INSERT INTO zoo_meal VALUES (-3, 1, '2026-04-01', 5)"], {("added", "zoo_meal -3")}),
    "added side by side": (
        ["INSERT INTO zoo_meal VALUES (50, 1, '2026-04-01', 5), (51, 1, '2026-04-01', 5)"],
        {("added", "zoo_meal 50-51")},
    ),
    "id moved": (["UPDATE zoo_meal SET id = 70 WHERE id = 2"], {("removed", "zoo_meal 2"), ("added", "zoo_meal 70")}),
    "two rows swapped": (
        ["UPDATE zoo_meal SET id = -1 WHERE id = 2", "UPDATE zoo_meal SET id = 2 WHERE id = 4", "UPDATE zoo_meal SET id = 4 WHERE id = -1"],
        {("altered", "zoo_meal 2"), ("altered", "zoo_meal 4")},
    ),
}
UNTYPED: dict[str, tuple[list[Any], set[tuple[str, str]]]] = {
    "text as blob": (["UPDATE zoo_pet SET code = CAST(code AS BLOB) WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "text that is no UTF-8": (["UPDATE zoo_pet SET code = CAST(x'50ff31' AS TEXT) WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "text with NUL": (["UPDATE zoo_pet SET code = 'P12' || char(0) || 'x' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "integer as real": (["UPDATE zoo_pet SET age = 12.5 WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "integer as text": (["UPDATE zoo_pet SET weight = 'heavy' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "infinity": (["UPDATE zoo_pet SET price = 9e999 WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "truth of 2": (["UPDATE zoo_pet SET tame = 2 WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "bytes as text": (["UPDATE zoo_pet SET picture = 'abc' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "date written otherwise": (["UPDATE zoo_pet SET born = '2026-1-13' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "instant written otherwise": (["UPDATE zoo_pet SET seen = '2026-03-01T12:00:12Z' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "time written otherwise": (["UPDATE zoo_pet SET feeding = '08:13' WHERE id = 13"], {("altered", "zoo_pet 13")}),
}
WRITTEN: dict[str, tuple[list[Any], set[tuple[str, str]]]] = {
    "number written otherwise": (["UPDATE zoo_pet SET factor = ' ' || factor || '.0' WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "uuid in capitals": (["UPDATE zoo_pet SET tag = upper(tag) WHERE id = 12"], {("altered", "zoo_pet 12")}),
    "JSON spread out": (["UPDATE zoo_pet SET traits = replace(traits, ':', ': ') WHERE id = 12"], {("altered", "zoo_pet 12")}),
}


@pytest.mark.parametrize("case", [*ROWS, *WRITTEN, *(pytest.param(case, marks=SQLITE) for case in UNTYPED)])
def test_a_row_changed_behind_its_back_is_named_and_no_other(zoo: Path, case: str) -> None:
    statements, expected = {**ROWS, **WRITTEN, **UNTYPED}[case]
    tamper(zoo, *statements)
    found = checked(zoo)
    assert named(found) == expected
    assert not found.ok
    assert "NOT as recorded" in found.summary()


UNTYPED_VALUES = {
    "age = 12.5": "age is stored as real 12.5, not as integer",
    "price = 9e999": "price is stored as real inf, not as integer",
    "code = x'00'": "code is stored as blob b'\\x00', not as text",
    "tame = 2": "tame is 2, not 0 or 1",
    "born = '2026-1-13'": "born is '2026-1-13', not written as a canonical date",
    "seen = 'noon'": "seen is 'noon', not written as a canonical instant",
}
ODD_VALUES = {
    "factor = ' 1.50'": "factor is ' 1.50', not written as a canonical number",
    "tag = upper(tag)": "tag is '00000000-00AB-CDEF-0000-00000000000C', not written as a canonical uuid",
    "traits = '{ }'": "traits is '{ }', not written as a canonical json",
    "code = 'e\u0301'": "not written as a canonical text",
}


@pytest.mark.parametrize("change", [*ODD_VALUES, *(pytest.param(change, marks=SQLITE) for change in UNTYPED_VALUES)])
def test_a_stored_value_of_an_odd_form_is_explained(zoo: Path, change: str) -> None:
    tamper(zoo, f"UPDATE zoo_pet SET {change} WHERE id = 12")
    (finding,) = checked(zoo).findings
    assert (finding.code, finding.where) == ("bo.audit.altered", "zoo_pet 12")
    assert (UNTYPED_VALUES | ODD_VALUES)[change] in finding.message


@SQLITE
def test_infinity_over_an_empty_number_is_seen_though_json_would_write_both_as_null(zoo: Path) -> None:
    with open_zoo(zoo) as bo, bo.unit_of_work(actor="ann") as uow:
        uow.get(Pet, 12).age = None
    tamper(zoo, "UPDATE zoo_pet SET age = 9e999 WHERE id = 12")
    assert named(checked(zoo)) == {("altered", "zoo_pet 12")}


def test_findings_stop_at_the_limit_and_the_rest_is_counted(zoo: Path) -> None:
    tamper(zoo, "UPDATE zoo_pet SET age = 99 WHERE id % 2 = 0")
    found = checked(zoo, limit=3)
    assert [finding.where for finding in found.findings] == ["zoo_pet 2", "zoo_pet 4", "zoo_pet 6"]
    assert found.more == 7
    assert found.counts == {"bo.audit.altered": 10}
    assert not found.ok


# -- records

COLUMNS: dict[str, Any] = {
    "unit": 100_000,
    "at": "2026-01-01T00:00:00.000000Z",
    "actor": "mallory",
    "on_behalf_of": "mallory",
    "plugins": "[]",
    "reason": None,
    "key": "k",
    "request": "r",
    "result": "{}",
    "correlation": "day:2",
    "events": "[]",
    "salts": b"s" * 64,
    "digest": b"d" * 32,
}
SPOILT: dict[str, Any] = {"salts": b"s" * 65, "digest": b"short", "redacted": "{", "changes": b"", "plugins": "1.5"}
UNTYPED_SPOILT: dict[str, Any] = {"reason": b"\xff", "at": float("inf"), "digest": "text"}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_record_with_another_value_in_any_column_is_named_and_its_rows_stay(zoo: Path, column: str) -> None:
    ident = record(zoo, "lunch")
    tamper(zoo, (f"UPDATE bo_commit SET {column} = ? WHERE id = ?", (COLUMNS[column], ident)))
    assert named(checked(zoo)) == {("record", f"bo_commit {ident}")}


@pytest.mark.parametrize(
    ("column", "value"), [*SPOILT.items(), *(pytest.param(*spoilt, marks=SQLITE) for spoilt in UNTYPED_SPOILT.items())]
)
def test_a_record_with_rubbish_in_it_is_named(zoo: Path, column: str, value: Any) -> None:
    ident = record(zoo, "stay")
    tamper(zoo, (f"UPDATE bo_commit SET {column} = ? WHERE id = ?", (value, ident)))
    found = named(checked(zoo))
    assert ("record", f"bo_commit {ident}") in found
    assert found <= {("record", f"bo_commit {ident}")} | ({("added", "zoo_stay 1")} if column == "changes" else set())


def test_rows_of_a_record_whose_digests_were_altered_are_called_unproven(zoo: Path) -> None:
    ident = record(zoo, "lunch")
    with behind(zoo) as connection:
        (changes,) = connection.execute("SELECT changes FROM bo_commit WHERE id = ?", (ident,)).fetchone()
    spoilt = changes[:-1] + bytes([changes[-1] ^ 1])
    tamper(zoo, ("UPDATE bo_commit SET changes = ? WHERE id = ?", (spoilt, ident)))
    assert named(checked(zoo)) == {("record", f"bo_commit {ident}"), ("unproven", "zoo_meal 6")}


def test_another_reason_beside_the_hash_of_a_redacted_one_is_named(zoo: Path) -> None:
    from hashlib import sha256

    from bocore.record.canonical import canonical_bytes
    from bocore.record.commit import SALT, SECTIONS

    ident, at = record(zoo, "lunch"), SECTIONS.index("reason")
    with behind(zoo) as connection:
        (salts,) = connection.execute("SELECT salts FROM bo_commit WHERE id = ?", (ident,)).fetchone()
    kept = sha256(salts[SALT * at : SALT * (at + 1)] + canonical_bytes("lunch")).hexdigest()
    redact = ("UPDATE bo_commit SET reason = NULL, redacted = ? WHERE id = ?", (f'{{"reason":"{kept}"}}', ident))
    tamper(zoo, redact)
    found = checked(zoo)
    assert ([finding.message for finding in found.findings], found.redacted) == (
        ["Its section reason was taken out, and no record of an erasure tells of it."],
        1,
    )
    other = record(zoo, "rename")
    tamper(zoo, f"UPDATE bo_commit SET actor = 'mallory' WHERE id = {other}")  # one that is altered hides the other no more
    assert named(checked(zoo)) == {("record", f"bo_commit {one}") for one in (ident, other)}
    tamper(zoo, f"UPDATE bo_commit SET reason = 'dinner' WHERE id = {ident}")
    assert named(checked(zoo)) == {("record", f"bo_commit {one}") for one in (ident, other)}


def removed(zoo: Path, ident: int, engine: str) -> str:
    """How a record that is gone is named: by its id where these have no gaps, else by its place in the order of sealing."""
    if engine == "sqlite":
        return f"bo_commit {ident}"
    with behind(zoo) as connection:
        return f"bo_commit position {connection.execute('SELECT position FROM bo_commit WHERE id = ?', (ident,)).fetchone()[0]}"


def test_a_removed_record_is_named_with_the_rows_that_only_it_knew(zoo: Path, bo_engine: str) -> None:
    ident = record(zoo, "lunch")
    name = removed(zoo, ident, bo_engine)
    tamper(zoo, f"DELETE FROM bo_commit WHERE id = {ident}")
    found = checked(zoo)
    assert named(found) == {("record_removed", name), ("added", "zoo_meal 1-6")}
    assert "A record is missing or altered" in str(found.findings[-1])


def test_a_removed_record_of_a_change_leaves_rows_that_differ(zoo: Path, bo_engine: str) -> None:
    ident = record(zoo, "rename")
    name = removed(zoo, ident, bo_engine)
    tamper(zoo, f"DELETE FROM bo_commit WHERE id = {ident}")
    assert named(checked(zoo)) == {("record_removed", name), ("altered", "zoo_pet 3-4")}


def test_the_newest_records_leave_a_trace_when_removed_after_the_feed_was_read(zoo: Path, bo_engine: str) -> None:
    ident = record(zoo, "end of stay")
    tamper(zoo, f"DELETE FROM bo_commit WHERE id >= {ident}", "DELETE FROM zoo_pet WHERE id = 21")
    seal = {("record_removed", "bo_head 12")} if bo_engine == "sqlite" else set()
    assert named(checked(zoo)) == {("record_removed", "bo_feed tests"), ("altered", "zoo_stay 1"), *seal}


@SQLITE  # ids say nothing of the order on PostgreSQL
def test_records_that_changed_places_are_named_by_their_positions(zoo: Path) -> None:
    one, two = record(zoo, "lunch"), record(zoo, "birds")
    moves = [f"UPDATE bo_commit SET id = {b} WHERE id = {a}" for a, b in ((one, -1), (two, one), (-1, two))]
    tamper(zoo, *moves)
    found = checked(zoo)
    assert {finding.code for finding in found.findings} == {"bo.audit.position"}
    assert f"bo_commit {two}" in {finding.where for finding in found.findings}


def test_records_of_the_same_rows_contradict_each_other_in_another_order(zoo: Path) -> None:
    one, two = record(zoo, "arrival"), record(zoo, "departure")
    with behind(zoo) as connection:
        places = dict(connection.execute("SELECT id, position FROM bo_commit"))
    tamper(
        zoo,
        *(f"UPDATE bo_commit SET id = {b} WHERE id = {a}" for a, b in ((one, -1), (two, one), (-1, two))),
        "UPDATE bo_commit SET position = position + 1000 WHERE position IS NOT NULL",
        *(f"UPDATE bo_commit SET position = {place} WHERE id = {ident}" for ident, place in places.items() if place is not None),
    )
    found = checked(zoo)
    assert ("record", f"bo_commit {one}") in named(found)
    assert any("put in another order" in finding.message for finding in found.findings)


def test_a_position_that_was_moved_or_taken_away_is_named(zoo: Path, bo_engine: str) -> None:
    placed = [place for place in positions(zoo) if place is not None]
    tamper(zoo, f"UPDATE bo_commit SET position = 500 WHERE position = {placed[-1]}")
    gap = "position" if bo_engine == "sqlite" else "record_removed"
    assert {finding.code for finding in checked(zoo).findings} == {f"bo.audit.{gap}"}
    tamper(zoo, "UPDATE bo_commit SET position = NULL WHERE position = 4")
    assert len(checked(zoo).findings) > 1


# -- shapes and tables


def test_a_stored_shape_that_differs_from_the_sealed_one_is_named_and_not_believed(zoo: Path) -> None:
    tamper(zoo, "UPDATE bo_shape SET definition = replace(definition, '\"grams\"', '\"weight\"') WHERE entity = 'zoo_meal'")
    assert named(checked(zoo)) == {("shape", "bo_shape zoo_meal")}
    tamper(zoo, "DELETE FROM bo_shape WHERE entity = 'zoo_meal'")
    assert named(checked(zoo)) == {("shape", "bo_shape zoo_meal")}


def test_a_shape_that_no_record_holds_is_named(zoo: Path) -> None:
    tamper(zoo, "INSERT INTO bo_shape SELECT entity, 2, definition, unit FROM bo_shape WHERE entity = 'zoo_meal'")
    assert named(checked(zoo)) == {("shape", "bo_shape zoo_meal")}


TABLES = {
    "column added": (["ALTER TABLE zoo_meal ADD COLUMN bonus INTEGER"], {("shape", "zoo_meal")}, "bonus"),
    "column removed": (["ALTER TABLE zoo_meal DROP COLUMN grams"], {("shape", "zoo_meal")}, "grams"),
    "column renamed": (["ALTER TABLE zoo_meal RENAME COLUMN grams TO ounces"], {("shape", "zoo_meal")}, "ounces"),
    "table removed": (["DROP TABLE zoo_meal"], {("shape", "zoo_meal")}, "missing"),
    "table hidden by a view": (
        ["ALTER TABLE zoo_meal RENAME TO hidden", "CREATE VIEW zoo_meal AS SELECT * FROM hidden"],
        {("shape", "zoo_meal")},
        "missing",
    ),
    "table made anew without its key": (
        ["CREATE TABLE copied AS SELECT * FROM zoo_meal", "DROP TABLE zoo_meal", "ALTER TABLE copied RENAME TO zoo_meal"],
        {("shape", "zoo_meal")},
        "id is not its key",
    ),
    "records removed": (["DROP TABLE bo_commit"], {("shape", "bo_commit")}, "nothing can be verified"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_is_not_as_its_shape_says_is_named(zoo: Path, case: str) -> None:
    statements, expected, word = TABLES[case]
    tamper(zoo, *statements)
    found = checked(zoo)
    assert expected <= named(found)
    assert case == "records removed" or named(found) == expected
    assert word in " ".join(finding.message for finding in found.findings)


# -- columns that came later


def test_nothing_and_the_default_of_a_later_column_are_told_apart() -> None:
    canonical = canonical_rows([(Column("id", "integer"), None), (Column("colour", "text", nullable=True), "red")])
    rows = canonical([(1, "red"), (2, None), (3, "blue")], ["id", "colour"])
    assert encode_rows(rows) == [b"[1]", b"[2,[]]", b'[3,"blue"]']


def test_a_later_personal_column_leaves_the_commitments_of_older_rows() -> None:
    before = [(Column("id", "integer"), None), (Column("name", "text", personal=True), None), (Column("_salt", "bytes"), None)]
    after = [*before, (Column("mail", "text", personal=True), "")]
    old = canonical_rows(before)([(1, "Ann", b"s" * 16), (2, None, None)], ["id", "name", "_salt"])
    new = canonical_rows(after)([(1, "Ann", "", b"s" * 16), (2, None, "", None)], ["id", "name", "mail", "_salt"])
    assert encode_rows(old) == encode_rows(new)
    written = canonical_rows(after)([(1, "Ann", "a@b.example", b"s" * 16)], ["id", "name", "mail", "_salt"])
    assert encode_rows(written)[0] != encode_rows(new)[0]


# -- whatever is done properly passes, and one tampered row among it is named

STEPS = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["add", "change", "personal", "erase", "remove", "bird", "meal", "fail", "flush"]), st.integers(0, 30)),
        min_size=1,
        max_size=6,
    ),
    min_size=1,
    max_size=5,
)


def act(bo: BackOffice, units: list[list[tuple[str, int]]]) -> Iterator[None]:
    """Do this and that with pets, as several units of work."""
    code = 1000
    with bo.unit_of_work(actor="ann") as uow:
        owner = uow.add(Party(name="Ann"))
    for steps in units:
        with bo.unit_of_work(actor="ann") as uow:
            for what, n in steps:
                pets = list(uow.select(Pet).order_by(Pet.c.id))
                chosen = pets[n % len(pets)] if pets else None
                if what == "add" or chosen is None:
                    uow.add_all([pet(code + i, owner.id) for i in range(1 + n)])
                    code += 40
                elif what == "change":
                    chosen.age, chosen.tame = n, not chosen.tame
                elif what == "personal":
                    chosen.call_name = f"N {n}"
                elif what == "erase":
                    chosen.call_name = chosen.chip = None
                elif what == "remove" and not uow.children(chosen, Meal):
                    uow.remove(chosen)
                    uow.flush()
                elif what == "bird" and uow.extension(chosen, Bird) is None:
                    uow.add(Bird(ring=str(n)), extends=chosen)
                elif what == "meal":
                    uow.add(Meal(pet_id=chosen.id, eaten=date(2026, 5, 1), grams=n))
                elif what == "flush":
                    uow.flush()
                elif what == "fail":
                    code += 1
                    with pytest.raises(KeyError), uow.savepoint():
                        uow.add(pet(code, owner.id))
                        uow.flush()
                        raise KeyError
        yield


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(units=STEPS, victim=st.integers(0, 1000))
def test_random_business_verifies_clean_and_one_tampered_pet_is_named(empty_zoo: Path, tmp_path: Path, units: Any, victim: int) -> None:
    path = Path(shutil.copy(empty_zoo, tmp_path / f"{uuid.uuid4()}.db"))
    with open_zoo(path) as bo:
        for _ in act(bo, units):
            assert [str(finding) for finding in verify(bo).findings] == []
    with behind(path) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM zoo_pet ORDER BY id")]
    if ids:
        ident = ids[victim % len(ids)]
        tamper(path, f"UPDATE zoo_pet SET age = coalesce(age, 0) + 1 WHERE id = {ident}")
        assert named(checked(path)) == {("altered", f"zoo_pet {ident}")}
    path.unlink()
