"""The kernel of encryption, where keys come from, and the data keys of a tenant and of its people."""

from __future__ import annotations

import os
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import BackOffice, KeyProvider, KeyUnavailable, Party, Plugin, UsageError, hookimpl
from bocore.keys import kernel
from bocore.keys.operate import (
    check_keys,
    destroy_person_key,
    destroy_retention_keys,
    open_retained,
    rotate,
    seal_for_retention,
)
from bocore.keys.provider import LocalKey, find_provider, from_file, new_key_file, read_key
from bocore.keys.store import ACTIVE, DESTROYED, PERSON, TENANT, Use, stored_keys
from bocore.record.canonical import canonical_bytes
from bocore.record.verify import verify
from bocore.testing.clock import FrozenClock
from bocore.testing.faults import Interrupted, Saboteur

KEY = bytes(range(32))
CIPHER = kernel.cipher_of(KEY)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
IDS = st.integers(1, 2**62)


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


@pytest.fixture(scope="session")
def bo_key() -> Any:
    """The application of these tests that has none."""
    return None


@pytest.fixture(autouse=True)
def no_keys_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)
    monkeypatch.delenv("BOCORE_KEY", raising=False)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    new_key_file(tmp_path / "books.key")
    return tmp_path / "books.key"


@pytest.fixture
def keyed(bo_path: Path, key_file: Path) -> Iterator[BackOffice]:
    """An application that has a key."""
    with BackOffice(bo_path, plugins=[], clock=FrozenClock(), key=key_file) as application:
        yield application


# ---------------------------------------------------------------- the kernel


@given(TEXT, IDS, IDS, st.integers(0, 200))
def test_what_is_sealed_opens_in_its_place_and_nowhere_else(text: str, key: int, row: int, position: int) -> None:
    place = kernel.place_of("vet_owner", position, row)
    stored = kernel.seal(CIPHER, key, text, place)
    assert kernel.FORM.fullmatch(stored)
    assert kernel.key_of(stored) == key
    assert kernel.unseal(CIPHER, stored, place) == text
    elsewhere = [("vet_owner", position, row + 1), ("vet_owner", position + 1, row), ("vet_animal", position, row)]
    for other in elsewhere:
        with pytest.raises(kernel.Unreadable, match="another row or field"):
            kernel.unseal(CIPHER, stored, kernel.place_of(*other))
    with pytest.raises(kernel.Unreadable):
        kernel.unseal(kernel.cipher_of(bytes(32)), stored, place)
    assert kernel.seal(CIPHER, key, text, place) != stored  # two rows with the same value look different


@given(TEXT, st.data())
def test_no_byte_of_a_stored_value_can_be_changed(text: str, data: st.DataObject) -> None:
    place = kernel.place_of("vet_owner", 3, 17)
    stored = kernel.seal(CIPHER, 5, text, place)
    head, body = stored[: stored.rindex(":") + 1], urlsafe_b64decode(stored[stored.rindex(":") + 1 :])
    for at in range(len(body)):
        bits = data.draw(st.integers(1, 255), label="bits") if at == 0 else 1 << (at % 8)
        other = body[:at] + bytes([body[at] ^ bits]) + body[at + 1 :]
        with pytest.raises(kernel.Unreadable):
            kernel.unseal(CIPHER, head + urlsafe_b64encode(other).decode(), place)
    for at in range(len(stored)):
        other_text = stored[:at] + ("A" if stored[at] != "A" else "B") + stored[at + 1 :]
        with pytest.raises(kernel.Unreadable):
            kernel.unseal(CIPHER, other_text, place)
    for cut in range(len(stored)):
        with pytest.raises(kernel.Unreadable):
            kernel.unseal(CIPHER, stored[:cut], place)


def test_the_id_of_the_key_is_authenticated() -> None:
    place = kernel.place_of("vet_owner", 3, 17)
    stored = kernel.seal(CIPHER, 5, "AT61 1904", place)
    with pytest.raises(kernel.Unreadable):
        kernel.unseal(CIPHER, stored.replace("0000000000000005", "0000000000000006"), place)


def test_a_place_is_canonical_json() -> None:
    assert kernel.place_of("vet_owner", 3, 17) == canonical_bytes(["vet_owner", 3, 17]) == b'["vet_owner",3,17]'


@pytest.mark.parametrize("wrong", ["", "bo1:", "AT611904300234573201", "bo2:0000000000000005:" + "A" * 40, None, 5, b"bo1:"])
def test_what_is_no_stored_value_is_told(wrong: Any) -> None:
    with pytest.raises(kernel.Unreadable, match="no encrypted value"):
        kernel.key_of(wrong)


@given(TEXT, TEXT)
def test_the_blind_index_is_the_same_for_the_same_text_of_the_same_field_alone(one: str, other: str) -> None:
    iban, note = kernel.place_of("vet_owner", 3, 0), kernel.place_of("vet_owner", 4, 0)
    index = kernel.blind_index(KEY, iban, one)
    assert len(index) == 32
    assert (index == kernel.blind_index(KEY, iban, other)) is (one == other)
    assert index != kernel.blind_index(KEY, note, one)
    assert index != kernel.blind_index(bytes(32), iban, one)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_a_data_key_opens_with_its_own_context_alone(key: bytes, context: bytes) -> None:
    wrapped = kernel.wrap(CIPHER, key, context)
    assert kernel.unwrap(CIPHER, wrapped, context) == key
    for bad in (wrapped[:-1], wrapped[:5], b"", wrapped[:-1] + bytes([wrapped[-1] ^ 1])):
        with pytest.raises(kernel.Unreadable):
            kernel.unwrap(CIPHER, bad, context)
    with pytest.raises(kernel.Unreadable):
        kernel.unwrap(CIPHER, wrapped, context + b"x")


# ---------------------------------------------------------------- where the key comes from


def told(error: pytest.ExceptionInfo[KeyUnavailable]) -> tuple[str, str]:
    (finding,) = error.value.findings
    assert finding.fix
    return finding.code, finding.message


def nobody() -> None:
    return None


def test_a_new_key_file_is_its_owners_and_is_never_overwritten(tmp_path: Path) -> None:
    made = new_key_file(tmp_path / "books.key")
    assert (tmp_path / "books.key").stat().st_mode & 0o777 == 0o600
    assert from_file(tmp_path / "books.key").key_id == made.key_id
    before = (tmp_path / "books.key").read_bytes()
    with pytest.raises(KeyUnavailable, match="there already") as error:
        new_key_file(tmp_path / "books.key")
    assert told(error)[0] == "bo.key_file"
    assert (tmp_path / "books.key").read_bytes() == before
    with pytest.raises(KeyUnavailable, match="can't be made"):
        new_key_file(tmp_path / "nowhere" / "books.key")


def test_a_key_says_which_it_is_and_not_what_it_is(key_file: Path) -> None:
    text = key_file.read_text().strip()
    key = LocalKey(read_key(text, "test"))
    assert key.key_id.startswith("local:")
    assert len(key.key_id) == 22
    assert text.removeprefix("bocore-key-1:")[:8] not in repr(key)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "does not begin with bocore-key-1:"),
        ("hunter2-is-my-secret", "does not begin with bocore-key-1:"),
        ("bocore-key-1:AAAA", "stands for 3 bytes, not 32"),
        ("bocore-key-1:" + "A" * 42, "no base64"),
        ("bocore-key-1:" + "A" * 84, "stands for 63 bytes, not 32"),
        ("bocore-key-1:ß" + "A" * 42, "no text"),
        ("bocore-key-1:" + "A" * 9000, "far too long"),
    ],
)
def test_a_file_that_is_no_key_is_refused_without_showing_it(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "wrong.key"
    file.write_text(content, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(KeyUnavailable) as error:
        from_file(file)
    code, message = told(error)
    assert code == "bo.key_wrong"
    assert why in message
    assert "hunter2" not in str(error.value)


def test_a_file_that_is_missing_or_open_to_everybody_is_refused(key_file: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="No such file") as error:
        from_file(tmp_path / "absent.key")
    assert told(error)[0] == "bo.key_file"
    with pytest.raises(KeyUnavailable, match="can't be read"):
        from_file(tmp_path)
    key_file.chmod(0o604)
    with pytest.raises(KeyUnavailable, match="open to everybody") as error:
        from_file(key_file)
    assert "chmod 600" in error.value.findings[0].fix
    key_file.chmod(0o640)
    assert from_file(key_file).key_id


def test_the_program_comes_first_then_a_plugin_then_the_environment(tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.key" for n in range(4)]
    ids = [new_key_file(file).key_id for file in files]
    text = files[3].read_text()
    assert find_provider(files[0], lambda: from_file(files[1]), {"BOCORE_KEY_FILE": str(files[2])}).key_id == ids[0]
    assert find_provider(None, lambda: from_file(files[1]), {"BOCORE_KEY_FILE": str(files[2])}).key_id == ids[1]
    assert find_provider(None, nobody, {"BOCORE_KEY_FILE": str(files[2])}).key_id == ids[2]
    assert find_provider(None, nobody, {"BOCORE_KEY": text}).key_id == ids[3]
    assert find_provider(text, nobody, {}).key_id == ids[3]
    assert find_provider(read_key(text, ""), nobody, {}).key_id == ids[3]
    with pytest.raises(KeyUnavailable, match="both set"):
        find_provider(None, nobody, {"BOCORE_KEY_FILE": str(files[2]), "BOCORE_KEY": text})
    with pytest.raises(KeyUnavailable, match="none was given"):
        find_provider(None, nobody, {})
    for wrong in (b"short", 5, "no key"):
        with pytest.raises(KeyUnavailable) as error:
            find_provider(wrong, nobody, {})
        assert "short" not in str(error.value)


class Vault:
    """A keeper of keys that has had two of them."""

    def __init__(self) -> None:
        self.keys = {"vault/1": LocalKey(bytes(32)), "vault/2": LocalKey(bytes([1]) * 32)}
        self.key_id = "vault/1"
        self.broken = False

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        if self.broken:
            raise ConnectionError("token s.hunter2 has expired")
        return self.keys[self.key_id].wrap(data_key, context)

    def unwrap(self, key_id: str, wrapped: bytes, context: bytes) -> bytes:
        return self.keys[key_id].unwrap(self.keys[key_id].key_id, wrapped, context)


def a_plugin(vault: Vault) -> ModuleType:
    module = ModuleType("acme_vault")
    module.plugin = Plugin(prefix="vault", entities=[])  # type: ignore[attr-defined]

    @hookimpl
    def bo_key_provider() -> Any:
        return vault

    module.bo_key_provider = bo_key_provider  # type: ignore[attr-defined]
    return module


def test_a_plugin_keeps_the_key(bo_path: Path) -> None:
    vault = Vault()
    assert isinstance(vault, KeyProvider)
    with BackOffice(bo_path, plugins=[a_plugin(vault)], clock=FrozenClock()) as bo:
        bo.migrate()
        with bo.unit_of_work(actor="ann") as uow:
            first = uow.keys.get(Use(TENANT)).raw
        vault.key_id = "vault/2"
        with bo.unit_of_work(actor="ann") as uow:
            assert rotate(uow, bo.keys.provider) == 1
        vault.broken = True
        with pytest.raises(KeyUnavailable, match=r"failed \(ConnectionError\)") as error, bo.unit_of_work(actor="ann") as uow:
            uow.keys.get(Use(PERSON, 7))
        assert "hunter2" not in str(error.value)
    with BackOffice(bo_path, plugins=[a_plugin(vault)]) as bo, bo.unit_of_work(actor="ann", read_only=True) as uow:
        (row,) = stored_keys(uow._touch())
        assert (row.wrapped_by, bo.keys.open(row).raw) == ("vault/2", first)


def test_what_keeps_no_keys_is_refused() -> None:
    with pytest.raises(KeyUnavailable, match="wrap and unwrap are missing"):
        find_provider(SimpleNamespace(key_id="x"), nobody, {})


# ---------------------------------------------------------------- data keys


def keys_of(bo: BackOffice) -> list[tuple[str, str | None, str]]:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        return [(row.kind, row.name, row.state) for row in stored_keys(uow._touch())]


def test_a_key_is_made_on_first_use_and_found_again(keyed: BackOffice, bo_path: Path, key_file: Path) -> None:
    assert keys_of(keyed) == []
    with keyed.unit_of_work(actor="ann") as uow:
        tenant, ada = uow.keys.get(Use(TENANT)), uow.keys.get(Use(PERSON, 7))
        assert uow.keys.get(Use(TENANT)) is tenant
        assert tenant.raw != ada.raw
        assert repr(tenant.raw) not in repr(tenant)
    assert sorted(keys_of(keyed)) == [(PERSON, "person 7", ACTIVE), (TENANT, "tenant", ACTIVE)]
    with BackOffice(bo_path, plugins=[], key=key_file) as other, other.unit_of_work(actor="bob") as uow:
        assert uow.keys.get(Use(TENANT)).raw == tenant.raw
        found = uow.keys.by_id(ada.id)
        assert found is not None
        assert found.raw == ada.raw


def test_keys_of_a_unit_that_fails_are_gone(keyed: BackOffice) -> None:
    with pytest.raises(RuntimeError), keyed.unit_of_work(actor="ann") as uow:
        lost = uow.keys.get(Use(TENANT))
        raise RuntimeError
    assert keys_of(keyed) == []
    with keyed.unit_of_work(actor="ann") as uow:
        with pytest.raises(RuntimeError), uow.savepoint():
            again = uow.keys.get(Use(TENANT))
            raise RuntimeError
        kept = uow.keys.get(Use(TENANT))
        assert len({lost.id, again.id, kept.id}) == 3
        assert uow.keys.by_id(kept.id) is not None
        with pytest.raises(KeyUnavailable, match="not in this database"):
            uow.keys.by_id(again.id)


def test_nothing_is_made_without_a_key_or_under_a_second_one(keyed: BackOffice, bo_path: Path, bo: BackOffice, tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="none was given"), bo.unit_of_work(actor="ann") as uow:
        uow.keys.get(Use(TENANT))
    assert keys_of(bo) == []
    with keyed.unit_of_work(actor="ann") as uow:
        uow.keys.get(Use(TENANT))
    with BackOffice(bo_path, plugins=[], key=new_key_file(tmp_path / "other.key")) as other:
        for use in (Use(TENANT), Use(PERSON, 7)):
            with pytest.raises(KeyUnavailable, match="under the key local:") as error, other.unit_of_work(actor="bob") as uow:
                uow.keys.get(use)
            assert error.value.findings[0].code == "bo.key_wrong"
    assert keys_of(keyed) == [(TENANT, "tenant", ACTIVE)]


def test_no_key_is_made_while_reading(keyed: BackOffice) -> None:
    with keyed.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.keys.find(Use(TENANT)) is None
        with pytest.raises(UsageError, match="only reads"):
            uow.keys.get(Use(TENANT))


def test_whoever_comes_first_makes_the_key_and_the_others_take_it(bo_path: Path, key_file: Path) -> None:
    apps = [BackOffice(bo_path, plugins=[], key=key_file) for _ in range(4)]
    barrier, found, wrong = threading.Barrier(4), [], []

    def work(app: BackOffice) -> None:
        try:
            barrier.wait()
            with app.unit_of_work(actor="ann") as uow:
                found.append((uow.keys.get(Use(TENANT)).raw, uow.keys.get(Use(PERSON, 7)).raw))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(app,)) for app in apps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(set(found)) == 1
    assert sorted(keys_of(apps[0])) == [(PERSON, "person 7", ACTIVE), (TENANT, "tenant", ACTIVE)]
    for app in apps:
        app.close()


def test_a_wrapped_key_is_of_no_use_in_another_row(keyed: BackOffice, bo_path: Path, key_file: Path) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        one, other = uow.keys.get(Use(PERSON, 7)), uow.keys.get(Use(PERSON, 8))
        session = uow._touch()
        (row,) = stored_keys(session, "id = ?", (one.id,))
        session.execute("UPDATE bo_key SET wrapped = ? WHERE id = ?", (row.wrapped, other.id))
    fresh = BackOffice(bo_path, plugins=[], key=key_file)
    with fresh, fresh.unit_of_work(actor="ann") as uow:
        assert uow.keys.by_id(one.id) is not None
        with pytest.raises(KeyUnavailable, match="altered") as error:
            uow.keys.by_id(other.id)
        assert error.value.findings[0].code == "bo.key_damaged"
        (finding,) = check_keys(uow._touch(), fresh.keys.provider)
        assert finding.code == "bo.key_damaged"
        assert f"{other.id:016x}" in finding.where


# ---------------------------------------------------------------- destroying


def test_a_persons_key_is_destroyed_in_every_process(keyed: BackOffice, bo_path: Path, bo: BackOffice, key_file: Path) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        party = uow.add(Party(name="Ada"))
        key, other = uow.keys.get(Use(PERSON, party.id)), uow.keys.get(Use(PERSON, party.id + 1))
    with BackOffice(bo_path, plugins=[], key=key_file) as elsewhere:
        with elsewhere.unit_of_work(actor="eve") as uow:
            assert uow.keys.by_id(key.id) is not None  # it has it open from here on
        with bo.unit_of_work(actor="ann", reason="Asked to be forgotten") as uow:  # which has no key at all
            assert destroy_person_key(uow, uow.get(Party, party.id)) is True
        with bo.unit_of_work(actor="ann") as uow:
            assert destroy_person_key(uow, party.id) is False
            (row,) = stored_keys(uow._touch(), "id = ?", (key.id,))
            assert (row.state, row.wrapped, row.wrapped_by, row.name, row.party_id) == (DESTROYED, None, None, None, party.id)
        with elsewhere.unit_of_work(actor="eve") as uow:
            assert uow.keys.by_id(key.id) is None
            assert uow.keys.by_id(other.id) is not None
            assert uow.keys.get(Use(PERSON, party.id)).id != key.id  # what comes later is under a key of its own
    events = [event for commit in keyed.feed("test") for event in commit.events]
    (event,) = events
    assert event.name == "bo.key_destroyed/1"
    assert event.values == {"kind": PERSON, "key": f"{key.id:016x}", "party_id": party.id}
    assert verify(keyed).ok


def test_what_the_law_keeps_is_gone_after_its_day(keyed: BackOffice) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        sealed = seal_for_retention(uow, "Ada Lovelace, Vienna", date(2033, 12, 31), "bo_party 17")
        later = seal_for_retention(uow, "Invoice 7", date(2036, 12, 31), "bo_party 17")
        assert seal_for_retention(uow, "x", date(2033, 12, 31), "a") != seal_for_retention(uow, "x", date(2033, 12, 31), "a")
    assert "Ada" not in sealed
    with keyed.unit_of_work(actor="ann") as uow:
        assert open_retained(uow, sealed, "bo_party 17") == "Ada Lovelace, Vienna"
        with pytest.raises(KeyUnavailable, match="does not open") as error:
            open_retained(uow, sealed, "bo_party 18")
        assert error.value.findings[0].code == "bo.secret_unreadable"
        assert destroy_retention_keys(uow, date(2033, 12, 31)) == 0  # that day it is still to be kept
    with keyed.unit_of_work(actor="ann") as uow:
        assert destroy_retention_keys(uow, date(2034, 1, 1)) == 1
    with keyed.unit_of_work(actor="ann") as uow:
        assert open_retained(uow, sealed, "bo_party 17") is None
        assert open_retained(uow, later, "bo_party 17") == "Invoice 7"


# ---------------------------------------------------------------- rotating


def test_after_a_rotation_the_new_key_opens_everything(keyed: BackOffice, bo_path: Path, key_file: Path, tmp_path: Path) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        raws = {use: uow.keys.get(use).raw for use in (Use(TENANT), Use(PERSON, 7), Use(PERSON, 8))}
        gone = uow.keys.get(Use(PERSON, 9)).id
    with keyed.unit_of_work(actor="ann") as uow:
        destroy_person_key(uow, 9)
    new = new_key_file(tmp_path / "new.key")
    with keyed.unit_of_work(actor="ann") as uow:
        assert rotate(uow, new) == 3
    key_file.unlink()
    with (
        BackOffice(bo_path, plugins=[], key=tmp_path / "new.key") as after,
        after.unit_of_work(actor="ann") as uow,
    ):
        assert {use: uow.keys.get(use).raw for use in raws} == raws
        assert uow.keys.by_id(gone) is None
        assert check_keys(uow._touch(), new) == []


def test_a_process_that_reads_its_key_from_the_same_file_goes_on(keyed: BackOffice, bo_path: Path, key_file: Path, tmp_path: Path) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        uow.keys.get(Use(TENANT))
    with BackOffice(bo_path, plugins=[], key=key_file) as running:
        assert running.keys.provider.key_id == keyed.keys.provider.key_id
        with keyed.unit_of_work(actor="ann") as uow:
            rotate(uow, new_key_file(tmp_path / "new.key"))
        os.replace(tmp_path / "new.key", key_file)
        with running.unit_of_work(actor="bob") as uow:
            assert uow.keys.find(Use(TENANT)) is not None


def test_an_interrupted_rotation_leaves_the_old_key_in_force(keyed: BackOffice, bo_path: Path, key_file: Path, tmp_path: Path) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        raws = {use: uow.keys.get(use).raw for use in (Use(TENANT), Use(PERSON, 7))}
    new, n = new_key_file(tmp_path / "new.key"), 0
    while True:
        n += 1
        with Saboteur(n) as saboteur:
            try:
                with keyed.unit_of_work(actor="ann") as uow:
                    rotate(uow, new)
            except Interrupted:
                pass
        if not saboteur.stopped:
            break
        with BackOffice(bo_path, plugins=[], key=key_file) as old, old.unit_of_work(actor="ann") as uow:
            assert {use: uow.keys.get(use).raw for use in raws} == raws
    assert n > 4
    with keyed.unit_of_work(actor="ann", read_only=True) as uow:
        assert {row.wrapped_by for row in stored_keys(uow._touch())} == {new.key_id}


def test_a_rotation_by_who_has_the_wrong_key_changes_nothing(keyed: BackOffice, bo_path: Path, tmp_path: Path) -> None:
    with keyed.unit_of_work(actor="ann") as uow:
        uow.keys.get(Use(TENANT))
    other = new_key_file(tmp_path / "other.key")
    wrong = BackOffice(bo_path, plugins=[], key=other)
    with wrong, pytest.raises(KeyUnavailable, match="under the key"), wrong.unit_of_work(actor="ann") as uow:
        rotate(uow, new_key_file(tmp_path / "new.key"))
    with keyed.unit_of_work(actor="ann", read_only=True) as uow:
        assert [row.wrapped_by for row in stored_keys(uow._touch())] == [keyed.keys.provider.key_id]
