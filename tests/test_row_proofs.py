"""Proofs of rows: what a proof shows to somebody who has nothing else, and that nothing in it can be changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, Entity, Party, Plugin, Refused, UsageError, entity, field, ref
from bocore.record import named
from bocore.record.canonical import canonical_bytes
from bocore.record.changes import head_end, parse
from bocore.record.checking import ProofFails, Proved, check_proof
from bocore.record.log import Wanted, read_log
from bocore.record.note import BadVerifierKey, verifier_key
from bocore.record.proof_file import MalformedProof, read_proof
from bocore.record.proving import prove
from bocore.record.redacting import redact_sections
from bocore.record.sealing import seal
from bocore.record.tiles import WIDTH
from bocore.record.verify import verify
from bocore.testing import behind


@entity("yard_cart")
class Cart(Entity):
    """Something on wheels."""

    name: str
    wheels: int = 4
    ready: bool = field(default=False)
    owner_id: int | None = ref(Party, default=None)
    driver: str | None = field(default=None, personal="owner_id")


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    return [Plugin(prefix="yard", entities=[Cart])]


def add(bo: BackOffice, *names: str, **more: Any) -> list[int]:
    with bo.unit_of_work(actor="ann", **more) as uow:
        return [cart.id for cart in uow.add_all([Cart(name=name, driver="Zoë") for name in names])]


def shown(proved: Proved) -> dict[str, Any]:
    return {each.column: each.value for each in proved.values}


def proof_text(bo: BackOffice, ident: int, **more: Any) -> str:
    return prove(bo, "yard_cart", ident, **more).text()


# ---------------------------------------------------------------- what is proved


def test_a_proof_shows_the_row_as_it_was_recorded(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    proved = check_proof(proof_text(bo, ident))
    assert (proved.entity, proved.id, proved.deleted) == ("yard_cart", ident, False)
    values = shown(proved)
    assert (values["id"], values["name"], values["wheels"], values["ready"]) == (ident, "Barrow", 4, False)
    assert proved.at == bo.clock().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = bo.seal()
    assert head is not None
    assert (proved.origin, proved.size, proved.position) == (head.origin, head.size, head.size - 1)


def test_what_is_personal_does_not_leave_with_the_proof(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow", reason="For Zoë of Mill Lane")
    text = proof_text(bo, ident)
    record = read_proof(text).record
    assert all(word.encode() not in text.encode() + record.head for word in ("Zoë", "Mill Lane", '"ann'))
    proved = check_proof(text)
    [driver] = [each for each in proved.values if each.column == "driver"]
    assert (driver.value, driver.open) == (None, False)
    told = check_proof(proof_text(bo, ident, tell=["actor", "reason"]))
    assert told.told == {"actor": ["ann", None], "reason": "For Zoë of Mill Lane"}


def test_a_redacted_reason_is_not_told_and_the_proof_holds(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow", reason="For Zoë of Mill Lane")
    bo.seal()
    position = prove(bo, "yard_cart", ident).record.position
    with bo.ready(write=True) as session:
        redact_sections(session, position, ["reason"])
    assert check_proof(proof_text(bo, ident, tell=["reason", "actor"])).told == {"actor": ["ann", None]}
    (said,) = verify(bo).findings  # nobody erased a person: whoever took it out did so behind bocore's back
    assert (said.code, said.message) == ("bo.audit.record", "Its section reason was taken out, and no record of an erasure tells of it.")


def test_the_latest_record_is_proved(bo: BackOffice) -> None:
    [ident, other] = add(bo, "Barrow", "Van")
    with bo.unit_of_work(actor="bob") as uow:
        uow.get(Cart, ident).wheels = 1
    proved, first = check_proof(proof_text(bo, ident)), check_proof(proof_text(bo, other))
    assert shown(proved)["wheels"] == 1
    assert proved.position == first.position + 1


def test_a_row_that_is_added_and_changed_in_one_unit_of_work_is_proved_as_it_ended(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        cart = uow.add(Cart(name="Barrow"))
        uow.flush()
        cart.wheels = 3
    assert shown(check_proof(proof_text(bo, cart.id)))["wheels"] == 3


def test_a_deletion_is_proved(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    with bo.unit_of_work(actor="bob") as uow:
        uow.remove(uow.get(Cart, ident))
    proved = check_proof(proof_text(bo, ident))
    assert proved.deleted
    assert proved.values == ()


@pytest.mark.parametrize("place", [0, 1023, 1024, 2499])
def test_a_row_of_a_bulk_commit_has_a_small_proof(bo: BackOffice, place: int) -> None:
    ids = add(bo, *(f"Cart {n}" for n in range(2500)))
    text = proof_text(bo, ids[place])
    assert len(text) < 64 * 1024
    assert shown(check_proof(text))["name"] == f"Cart {place}"


@pytest.mark.parametrize("what", ["changed", "deleted"])
def test_a_row_of_a_commit_that_changed_or_deleted_very_many_has_a_small_proof_and_tells_nothing_of_the_others(
    bo: BackOffice, what: str
) -> None:
    """What was there before and after stands apart from the head, which the proof shows, and is on the record all the same."""
    ids = add(bo, *(f"Cart {n}" for n in range(6000)))
    wagons = [f"Wagon {n} {n * 7919 % 10_007}" for n in range(6000)]
    with bo.unit_of_work(actor="bob") as uow:
        for n, cart in enumerate(uow.get_all(Cart, ids).values()):
            if what == "changed":
                cart.name = wagons[n]
            else:
                uow.remove(cart)
    text = proof_text(bo, ids[4321])
    assert len(text) < 64 * 1024
    proved = check_proof(text)
    assert (proved.deleted, shown(proved).get("name")) == ((True, None) if what == "deleted" else (False, wagons[4321]))
    assert b"Cart 1" not in read_proof(text).record.head
    assert verify(bo).findings == []
    with behind(bo) as connection:
        [(changes,)] = connection.execute("SELECT changes FROM bo_commit ORDER BY id DESC LIMIT 1").fetchall()
    [segment] = parse(bytes(changes))
    assert len(segment.details) == 6000
    assert any("Cart 4321" in change for change in segment.details[4321])


@pytest.mark.parametrize("lie", ["other", "cut", "longer"])
def test_values_that_stand_apart_from_the_head_can_not_be_altered_unseen(bo: BackOffice, lie: str) -> None:
    ids = add(bo, *(f"Cart {n}" for n in range(400)))
    with bo.unit_of_work(actor="bob") as uow:
        for cart in uow.get_all(Cart, ids).values():
            cart.name = f"Wagon {cart.id}"
    bo.seal()
    with behind(bo) as connection:
        [(ident, changes)] = connection.execute("SELECT id, changes FROM bo_commit ORDER BY id DESC LIMIT 1").fetchall()
        changes = bytes(changes)
        assert b"Cart 17" in changes[head_end(changes) :]
        lies = {"other": changes.replace(b"Cart 17", b"Cart 18"), "cut": changes[:-1], "longer": changes + b"]"}
        connection.execute("UPDATE bo_commit SET changes = ? WHERE id = ?", (lies[lie], ident))
    assert ("bo.audit.record", f"bo_commit {ident}") in {(each.code, each.at) for each in verify(bo).findings}


# ---------------------------------------------------------------- who signed


def test_without_a_key_the_signer_is_whoever_the_file_says(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    text = proof_text(bo, ident)
    proved = check_proof(text)
    assert proved.signer is not None
    assert not proved.known
    assert check_proof(text, [proved.signer]).known
    with pytest.raises(ProofFails, match="is not signed by"):
        check_proof(text, [verifier_key("forger", bytes(32))])
    with pytest.raises(BadVerifierKey):
        check_proof(text, ["nonsense"])


def test_a_proof_that_nobody_signed_says_so(bo_path: Path, bo_plugins: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)
    monkeypatch.delenv("BOCORE_KEY", raising=False)
    with BackOffice(bo_path, plugins=bo_plugins, key=None) as bo:
        [ident] = add_without_owner(bo)
        text = proof_text(bo, ident)
    assert check_proof(text).signer is None
    with pytest.raises(ProofFails, match="Nobody has signed") as caught:
        check_proof(text, [verifier_key("somebody", bytes(32))])
    assert caught.value.findings[0].at == "proof: signature"


def add_without_owner(bo: BackOffice) -> list[int]:
    with bo.unit_of_work(actor="ann") as uow:
        return [uow.add(Cart(name="Barrow")).id]


# ---------------------------------------------------------------- what is refused


def test_what_is_not_there_is_not_proved(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    with pytest.raises(Refused, match="no record names one"):
        prove(bo, "yard_cart", ident + 1)
    with pytest.raises(UsageError, match="No record knows the entity 'yard_boat'"):
        prove(bo, "yard_boat", 1)
    with pytest.raises(UsageError, match="is no id"):
        prove(bo, "yard_cart", -1)
    with pytest.raises(UsageError, match="can't tell 'key'"):
        prove(bo, "yard_cart", ident, tell=["key"])


def test_what_is_not_sealed_is_not_proved(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    with pytest.raises(Refused, match="sealed yet"):
        prove(bo.database, "yard_cart", ident)
    bo.seal()
    [later] = add(bo, "Van")
    assert check_proof(prove(bo.database, "yard_cart", ident)).id == ident
    with pytest.raises(Refused, match="not sealed yet"):
        prove(bo.database, "yard_cart", later)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE yard_cart SET wheels = 5 WHERE id = ?",
        "DELETE FROM yard_cart WHERE id = ?",
    ],
)
def test_a_row_that_was_changed_behind_our_back_is_not_proved(bo: BackOffice, statement: str) -> None:
    [ident] = add(bo, "Barrow")
    bo.seal()
    with behind(bo) as connection:
        connection.execute(statement, (ident,))
    with pytest.raises(Refused, match="behind bocore's back"):
        prove(bo, "yard_cart", ident)


def test_a_record_that_was_changed_behind_our_back_proves_nothing(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    bo.seal()
    with behind(bo) as connection:
        connection.execute("UPDATE bo_commit SET reason = 'other' WHERE position = (SELECT max(position) FROM bo_commit)")
    with pytest.raises(Refused, match="was altered"):
        prove(bo, "yard_cart", ident)


# ---------------------------------------------------------------- finding the record


@pytest.fixture
def tiled(bo: BackOffice) -> tuple[BackOffice, list[int]]:
    """Carts of single commits which fill more than one tile, with one that changed in between and one that is gone."""
    ids = [add(bo, f"Cart {n}")[0] for n in range(WIDTH + 20)]
    with bo.unit_of_work(actor="bob") as uow:
        uow.get(Cart, ids[3]).wheels = 1
        uow.remove(uow.get(Cart, ids[5]))
    for n in range(WIDTH):
        add(bo, f"More {n}")
    bo.seal()
    return bo, ids


def test_rows_are_found_through_the_index_as_they_are_by_reading_everything(tiled: tuple[BackOffice, list[int]]) -> None:
    bo, ids = tiled
    texts = {n: proof_text(bo, ids[n]) for n in (0, 3, 5, 100, WIDTH + 5)}
    assert shown(check_proof(texts[3]))["wheels"] == 1
    assert check_proof(texts[5]).deleted
    assert check_proof(texts[0]).position < check_proof(texts[100]).position < check_proof(texts[3]).position
    with behind(bo) as connection:
        connection.execute("DELETE FROM bo_named")
    # Without it the row is found all the same; only of one that is gone nobody knows that it ever was.
    assert {n: proof_text(bo, ids[n]) for n in texts if n != 5} == {n: text for n, text in texts.items() if n != 5}


def test_an_index_that_points_to_an_older_record_does_not_mislead(tiled: tuple[BackOffice, list[int]]) -> None:
    bo, ids = tiled
    right = proof_text(bo, ids[3])
    with behind(bo) as connection:
        connection.execute("DELETE FROM bo_named WHERE entity = 'yard_cart' AND tile > 0")
    assert proof_text(bo, ids[3]) == right


def test_an_older_state_whose_later_record_was_hidden_is_not_proved_where_all_are_read(
    tiled: tuple[BackOffice, list[int]],
) -> None:
    bo, ids = tiled
    with behind(bo) as connection:
        connection.execute("DELETE FROM bo_named WHERE entity = 'yard_cart' AND tile > 0")
        connection.execute(f"UPDATE yard_cart SET wheels = 4, version = 1 WHERE id = {ids[3]}")
    assert shown(check_proof(proof_text(bo, ids[3])))["wheels"] == 4, "the index is believed"
    with pytest.raises(Refused, match=r"The record \d+ wrote it after \d+, and was taken out of the index") as refused:
        prove(bo, "yard_cart", ids[3], scan=True)
    assert refused.value.findings[0].code == "bo.audit.index"
    assert {(f.code, f.where) for f in verify(bo).findings} == {
        ("bo.audit.index", "bo_named yard_cart"),
        ("bo.audit.altered", f"yard_cart {ids[3]}"),
    }
    with bo.ready(write=False) as session:
        wanted = Wanted(entity="yard_cart", id=ids[3])
        assert [each.actor for each in read_log(session, wanted, 10)] == ["ann"]
        assert [each.actor for each in read_log(session, wanted, 10, scan=True)] == ["bob", "ann"]


def test_the_log_finds_what_was_done_to_a_row(tiled: tuple[BackOffice, list[int]]) -> None:
    bo, ids = tiled
    with bo.ready(write=False) as session:
        of_one = read_log(session, Wanted(entity="yard_cart", id=ids[3]), 10)
        assert [each.actor for each in of_one] == ["bob", "ann"]
        assert of_one[0].position > of_one[1].position
        everything = read_log(session, Wanted(entity="yard_cart"), 10_000)
        assert [each.position for each in everything] == sorted((each.position for each in everything), reverse=True)
        assert len(everything) == 2 * WIDTH + 21
        newest = read_log(session, Wanted(entity="yard_cart"), 7)
        assert newest == everything[:7]
        assert read_log(session, Wanted(entity="yard_cart", before=newest[-1].position), 7) == everything[7:14]
        assert read_log(session, Wanted(entity="yard_cart", actor="bob"), 7) == of_one[:1]
        assert read_log(session, Wanted(entity="yard_cart", id=10**12), 7) == []


def test_the_log_is_filtered_by_who_when_and_which_business(bo: BackOffice, clock: Any) -> None:
    add(bo, "Barrow", correlation="order:1")
    first = bo.clock()
    clock.advance(days=2)
    bo.run(lambda uow: uow.add(Cart(name="Van")).id, actor="bob", key="k-1")
    with bo.ready(write=False) as session:

        def actors(**wanted: Any) -> list[str | None]:
            return [each.actor for each in read_log(session, Wanted(**wanted), 10)]

        assert actors(key="k-1") == ["bob"]
        assert actors(correlation="order:1") == ["ann"]
        assert actors(actor="bob") == ["bob"]
        assert actors(since=bo.clock().date().isoformat()) == ["bob"]
        assert actors(until=first.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), entity="yard_cart") == ["ann"]
        assert actors(entity="yard_cart") == ["bob", "ann"]


RUNS = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 3000)), min_size=1, max_size=4)


@given(st.lists(st.tuples(st.sampled_from("iudr"), RUNS), min_size=1, max_size=8), st.integers(0, 8000))
def test_the_index_finds_the_last_record_that_names_a_row(records: list[tuple[str, list[tuple[int, int]]]], ident: int) -> None:
    heads = []
    for position, (operation, runs) in enumerate(records, 3 * WIDTH):
        head = canonical_bytes({"e": [["yard_cart", operation, [list(run) for run in runs], None]], "v": 1})
        heads.append((position, bytes(16) + len(head).to_bytes(4, "big") + head))
    noted = named.runs_of(3, heads)
    block, start = divmod(ident, named.BLOCK)
    place = named.place_in(noted.get(("yard_cart", block), b""), start)
    naming = [position for position, head in heads if named.names(named.segments_of(head), "yard_cart", ident)]
    assert (None if place is None else 3 * WIDTH + place) == (naming[-1] if naming else None)


def test_a_record_that_somebody_damaged_does_not_keep_others_from_being_sealed(bo: BackOffice) -> None:
    ids = [add(bo, f"Cart {n}")[0] for n in range(WIDTH)]
    with behind(bo) as connection:
        connection.execute("UPDATE bo_commit SET changes = ? WHERE reason IS NULL AND id < 20", (b"\xff" * 30,))
    with bo.ready(write=True) as session:
        head = seal(session, bo.clock())
    assert head is not None and head.size > WIDTH
    assert check_proof(prove(bo.database, "yard_cart", ids[-1])).id == ids[-1]


# ---------------------------------------------------------------- nothing in it can be changed


def proofs(bo: BackOffice) -> list[str]:
    [ident, _, gone] = add(bo, "Barrow", "Van", "Cart", reason="Bought")
    with bo.unit_of_work(actor="bob", reason="Sold") as uow:
        uow.remove(uow.get(Cart, gone))
    return [proof_text(bo, ident, tell=["actor", "reason"]), proof_text(bo, gone, tell=["reason"])]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a proof, and of every container."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, each in inner for place in places(each, (*path, key)))]


def with_value(plain: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copied = plain.copy()
    copied[path[0]] = with_value(plain[path[0]], path[1:], value)
    return copied


def at(plain: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        plain = plain[key]
    return plain


def refused(content: bytes | str) -> bool:
    try:
        check_proof(content)
    except (MalformedProof, ProofFails):
        return True
    return False


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["", "00" * 32, "00" * 16]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def test_a_changed_byte_value_or_end_is_refused(bo: BackOffice) -> None:
    for text in proofs(bo):
        assert not refused(text)
        every_byte_counts(text.encode())
        every_value_counts(json.loads(text))


def every_byte_counts(whole: bytes) -> None:
    begins = whole.find(b'"deflated":"') + len(b'"deflated":"')
    compressed = range(begins, whole.index(b'"', begins)) if b'"deflated"' in whole else range(0)

    @settings(max_examples=300, deadline=None)
    @given(st.integers(0, len(whole) - 1), st.integers(1, 255))
    def changed(place: int, by: int) -> None:
        other = bytearray(whole)
        other[place] ^= by
        # Two compressed forms can have one content: what is proved is the same then.
        assert refused(bytes(other)) or (place in compressed and check_proof(bytes(other)) == check_proof(whole))

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, len(whole) - 1))
    @example(len(whole) - 1)
    def cut(end: int) -> None:
        assert refused(whole[:end])

    changed()
    cut()


def every_value_counts(plain: Any) -> None:
    @settings(max_examples=500, deadline=None)
    @given(st.sampled_from(places(plain)), VALUES)
    def changed(path: tuple[Any, ...], value: Any) -> None:
        nothing_told = path == ("told",) and value == {}  # tells less, and nothing else
        if not nothing_told and (type(value) is not type(at(plain, path)) or value != at(plain, path)):
            assert refused(json.dumps(with_value(plain, path, value), ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n")

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(places(plain)))
    def left_out(path: tuple[Any, ...]) -> None:
        if path and isinstance(path[-1], str):
            held = at(plain, path[:-1])
            less = with_value(plain, path[:-1], {key: value for key, value in held.items() if key != path[-1]})
            known = check_proof(canonical_bytes(plain) + b"\n").told
            assert refused(canonical_bytes(less) + b"\n") or (path[0] == "told" and path[-1] in known)

    changed()
    left_out()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300) | VALUES.map(lambda value: json.dumps(value)))
def test_what_is_no_proof_is_refused(content: bytes | str) -> None:
    with pytest.raises(MalformedProof):
        read_proof(content)


def test_parts_of_two_proofs_make_no_third(bo: BackOffice) -> None:
    first, second = add(bo, "Barrow")[0], add(bo, "Van")[0]
    bo.seal()
    one, two = json.loads(proof_text(bo, first)), json.loads(proof_text(bo, second))
    for name in ("row", "record", "block", "id"):
        mixed = canonical_bytes({**one, name: two[name]}) + b"\n"
        if one[name] != two[name]:
            assert refused(mixed), name
    assert refused(canonical_bytes({**one, "entity": "bo_party"}) + b"\n")


def test_another_entitys_shape_is_refused(bo: BackOffice) -> None:
    [ident] = add(bo, "Barrow")
    proof = prove(bo, "yard_cart", ident)
    with pytest.raises(ProofFails, match="no names") as caught:
        check_proof(attrs.evolve(proof, shape=proof.record))
    assert caught.value.findings[0].at == "proof: shape"
