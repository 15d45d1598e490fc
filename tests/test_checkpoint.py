"""Signed heads: the published examples of notes and checkpoints, what is refused, and that nothing signed can be changed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import UsageError
from bocore.record.checkpoint import Checkpoint, OtherOrigin, checkpoint_of, open_checkpoint, sign_checkpoint
from bocore.record.note import (
    BadSignature,
    BadVerifierKey,
    MalformedNote,
    NotSigned,
    VerifierKey,
    check_note,
    read_note,
    read_verifier_key,
    sign_note,
    verifier_key,
)
from bocore.record.tree import EMPTY_ROOT, hash_leaf

# The facts: golang.org/x/mod at 02c9913, sumdb/note/note_test.go (BSD-3-Clause).
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SIGNED = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH_SIGNED = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
PETER, ENOCH = read_verifier_key(PETER_KEY), read_verifier_key(ENOCH_KEY)

ORIGIN = "example.com/books/acme"
SEED = bytes(range(32))
KEY = verifier_key(ORIGIN, SEED)
HEAD = Checkpoint(ORIGIN, 3, hash_leaf(b"a root"))
SIGNED = sign_checkpoint(HEAD, SEED)


# ---------------------------------------------------------------- notes as published


def test_a_note_is_signed_as_published():
    assert sign_note(TEXT, "PeterNeumann", PETER_SEED) == f"{TEXT}\n{PETER_SIGNED}"
    assert str(verifier_key("PeterNeumann", PETER_SEED)) == PETER_KEY


def test_a_private_key_signs_as_its_seed_does():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    assert sign_note(TEXT, "PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED)) == f"{TEXT}\n{PETER_SIGNED}"


def test_the_example_of_the_specification_is_verified():
    """C2SP signed-note, Verifier keys, Example."""
    key = read_verifier_key("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    note = read_note(f"This is an example message.\n\n— example.com/foo {signature}\n")
    assert check_note(note, [key]) == [key]
    assert note.text == "This is an example message.\n"


def test_the_text_may_have_empty_lines():
    """C2SP signed-note: the text is separated from the signatures by the last empty line in the note."""
    signature = "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc="
    poem = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    note = read_note(f"{poem}\n— quasimodo.example/salvatore {signature}\n".encode())
    assert note.text == poem
    assert [(each.name, each.key_id.hex(), len(each.signature)) for each in note.signatures] == [
        ("quasimodo.example/salvatore", "367ba04b", 64)
    ]


@pytest.mark.parametrize(
    ("keys", "signed"), [([PETER], [PETER]), ([ENOCH], [ENOCH]), ([ENOCH, PETER], [PETER, ENOCH]), ([PETER, PETER], [PETER])]
)
def test_who_of_the_asked_has_signed(keys: list[VerifierKey], signed: list[VerifierKey]):
    """Others may have signed too, such as a witness: their signatures are passed over."""
    assert check_note(read_note(f"{TEXT}\n{PETER_SIGNED}{ENOCH_SIGNED}"), keys) == signed


def test_a_note_that_nobody_asked_for_has_signed_is_refused():
    note = read_note(f"{TEXT}\n{PETER_SIGNED}")
    for keys in ([], [ENOCH], [VerifierKey("PeterNeuman", PETER.public)], [VerifierKey("PeterNeumann", ENOCH.public)]):
        with pytest.raises(NotSigned, match=r"but by PeterNeumann \(c74f20a3\)"):
            check_note(note, keys)
    with pytest.raises(NotSigned, match="not signed by any key that was given"):
        check_note(note, [])
    with pytest.raises(NotSigned, match=r"not signed by EnochRoot \(af0cfe78\)"):
        check_note(note, [ENOCH])


def test_signatures_of_others_are_not_looked_at_even_where_they_do_not_hold():
    # note_test.go, TestOpen, "Duplicated verified and unverified signatures"
    changed = ENOCH_SIGNED[:60] + "ABCD" + ENOCH_SIGNED[60:]
    note = read_note(f"{TEXT}\n{PETER_SIGNED * 2}{ENOCH_SIGNED * 2}{changed}")
    assert check_note(note, [PETER]) == [PETER]
    with pytest.raises(BadSignature, match="EnochRoot does not hold"):
        check_note(note, [PETER, ENOCH])


def test_a_signature_of_another_length_does_not_hold():
    # note_test.go, TestOpen, "Invalid signature"
    with pytest.raises(BadSignature, match="PeterNeumann does not hold"):
        check_note(read_note(f"{TEXT}\n{PETER_SIGNED[:60]}ABCD{PETER_SIGNED[60:]}"), [PETER])


def test_up_to_a_hundred_signatures_are_read():
    # note_test.go, TestOpen, "too many signatures"
    assert len(read_note(f"{TEXT}\n{PETER_SIGNED * 100}").signatures) == 100
    with pytest.raises(MalformedNote, match="note:104: There are more than 100 signatures"):
        read_note(f"{TEXT}\n{PETER_SIGNED * 101}")


@pytest.mark.parametrize(
    ("note", "line", "what"),
    [
        # note_test.go, TestOpen, "Invalid encoded message syntax"
        (TEXT, 3, "no empty line"),
        (f"{TEXT}\n", 4, "no signature"),
        (f"{TEXT}\n{PETER_SIGNED[:-1]}", 4, "no end"),
        (f"\x01{TEXT}\n{PETER_SIGNED}", 1, "control character"),
        (f"{TEXT}\n— Bad Name {PETER_SIGNED.split()[2]}\n", 4, "no Base64"),
        (f"{TEXT}\n{PETER_SIGNED}Unexpected line.\n", 5, "the form"),
        (b"\xff" + f"{TEXT}\n{PETER_SIGNED}".encode(), 1, "no UTF-8"),
        # and more
        (f"{TEXT}\n{PETER_SIGNED}{ENOCH_SIGNED[:-1]}", 5, "no end"),
        (b"\n\xff" + f"{TEXT}\n{PETER_SIGNED}".encode(), 2, "no UTF-8"),
        (f"{TEXT}\n{PETER_SIGNED}".replace("\n", "\r\n"), 1, "control character"),
        (f"{TEXT}\udc80\n\n{PETER_SIGNED}", 3, "no UTF-8"),
        (f"{TEXT}\n{PETER_SIGNED[2:]}", 4, "the form"),
        (f"{TEXT}\n{PETER_SIGNED.replace('Neumann', '+')}", 4, "the form"),
        (f"{TEXT}\n" + PETER_SIGNED.replace("Neumann", "\N{EM SPACE}"), 4, "the form"),
        (f"{TEXT}\n—  {PETER_SIGNED.split()[2]}\n", 4, "the form"),
        (f"{TEXT}\n— PeterNeumann x08gow==\n", 4, "no Base64"),  # the ID and nothing behind it
        (f"{TEXT}\n{PETER_SIGNED.replace('=', '')}", 4, "no Base64"),
        (f"{TEXT}\n{PETER_SIGNED.replace('AM=', 'AN=')}", 4, "no Base64"),  # bits behind the last byte
        ("x" * 1_000_001, 1, "longer than 1,000,000"),
        ("", 1, "no empty line"),
    ],
)
def test_what_is_no_note_is_refused_by_line(note: str | bytes, line: int, what: str):
    with pytest.raises(MalformedNote, match=f"^head.txt:{line}: .*{what}"):
        read_note(note, at="head.txt")


def test_a_text_that_would_not_be_read_back_is_not_signed():
    for text in ("", "abc", f"abc\n\n{PETER_SIGNED[:-1]}", "a\x01\n", "\ud800\n"):
        with pytest.raises(MalformedNote):
            sign_note(text, "PeterNeumann", PETER_SEED)
    for name in ("", "bad name", "a+b", "a\nb", "a\x01b", "a\ud800"):
        with pytest.raises(UsageError, match="can't be the name"):
            sign_note(TEXT, name, PETER_SEED)
    with pytest.raises(UsageError, match="32 bytes, not 31"):
        sign_note(TEXT, "PeterNeumann", PETER_SEED[:-1])


# ---------------------------------------------------------------- public keys


@pytest.mark.parametrize("key", [PETER_KEY, ENOCH_KEY])
def test_a_public_key_is_read_and_written(key: str):
    assert str(read_verifier_key(key)) == key


def test_no_part_of_a_public_key_is_one():
    # note_test.go, TestNewVerifier
    for start in range(len(PETER_KEY) + 1):
        for end in range(start, len(PETER_KEY) + 1):
            if PETER_KEY[start:end] != PETER_KEY:
                with pytest.raises(BadVerifierKey):
                    read_verifier_key(PETER_KEY[start:end])


def test_no_letter_of_a_public_key_may_differ():
    # note_test.go, TestNewVerifier
    for at, letter in enumerate(PETER_KEY):
        with pytest.raises(BadVerifierKey, match=r"^key\.txt: "):
            read_verifier_key(f"{PETER_KEY[:at]}{chr(ord(letter) + 1)}{PETER_KEY[at + 1 :]}", at="key.txt")


@pytest.mark.parametrize(
    "key",
    [
        # note_test.go, TestNewVerifier: a key of another length, and another kind of key, with the ID that belongs to it
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        PETER_KEY.replace("c74f20a3", "C74F20A3"),
        f" {PETER_KEY}",
        f"{PETER_KEY}\n",
        f"\ud800{PETER_KEY}",
    ],
)
def test_what_is_no_public_key_is_refused(key: str):
    with pytest.raises(BadVerifierKey):
        read_verifier_key(key)


def test_two_keys_of_one_id_are_not_guessed_between(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(VerifierKey, "id", property(lambda self: b"same"))
    with pytest.raises(BadVerifierKey, match="Two keys have the name PeterNeumann"):
        check_note(read_note(f"{TEXT}\n{PETER_SIGNED}"), [PETER, VerifierKey(PETER.name, ENOCH.public)])


def test_the_id_of_a_key_is_that_of_the_specification():
    """C2SP signed-note, Ed25519 signatures: SHA-256(key name || 0x0A || 0x01 || public key)[:4]."""
    assert KEY.id == sha256(ORIGIN.encode() + b"\x0a\x01" + KEY.public).digest()[:4]
    assert str(KEY) == f"{ORIGIN}+{KEY.id.hex()}+{b64encode(bytes([1]) + KEY.public).decode()}"


# ---------------------------------------------------------------- heads

SOFA = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
"""
"""The example of C2SP tlog-checkpoint."""


def test_the_checkpoint_of_the_specification_is_read_and_written():
    note = read_note(SOFA)
    head = checkpoint_of(note)
    assert (head.origin, head.size, head.extensions) == ("example.com/behind-the-sofa", 20_852_163, ())
    assert head.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert head.text() == note.text


def test_a_head_is_signed_and_opened():
    assert open_checkpoint(SIGNED, [KEY], origin=ORIGIN) == HEAD
    assert open_checkpoint(SIGNED.encode(), [KEY]) == HEAD
    assert SIGNED.splitlines()[:4] == [ORIGIN, "3", b64encode(HEAD.root).decode(), ""]


def test_a_witness_may_sign_below():
    witness = verifier_key("witness.example/w1", bytes(32))
    cosigned = SIGNED + sign_note(HEAD.text(), witness.name, bytes(32)).splitlines()[-1] + "\n"
    assert open_checkpoint(cosigned, [KEY]) == open_checkpoint(cosigned, [witness]) == open_checkpoint(cosigned, [KEY, witness]) == HEAD


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(st.text("abc é—+=", min_size=1), max_size=3))
def test_every_head_is_read_as_it_was_signed(size: int, root: bytes, extensions: list[str]):
    head = Checkpoint(ORIGIN, size, root, tuple(extensions))
    assert open_checkpoint(sign_checkpoint(head, SEED), [KEY]) == head


@given(st.integers(0, len(SIGNED.encode()) - 1), st.integers(0, 7))
def test_no_bit_of_a_signed_head_may_differ(at: int, bit: int):
    changed = bytearray(SIGNED.encode())
    changed[at] ^= 1 << bit
    with pytest.raises((MalformedNote, NotSigned, BadSignature)):
        open_checkpoint(bytes(changed), [KEY])


def test_a_head_of_another_record_is_refused():
    with pytest.raises(OtherOrigin, match=f"a head of {ORIGIN}, and not of example.com/books/other"):
        open_checkpoint(SIGNED, [KEY], origin="example.com/books/other", at="head.txt")


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a\n1\n", 3, "in a line"),
        ("a\n", 2, "in a line"),
        (f"\n1\n{b64encode(EMPTY_ROOT).decode()}\n", 1, "empty"),
        (f"a\n1\n{b64encode(EMPTY_ROOT).decode()}\nmore\n\nmore\n", 5, "empty"),
        (f"a\n01\n{b64encode(EMPTY_ROOT).decode()}\n", 2, "size"),
        (f"a\n-1\n{b64encode(EMPTY_ROOT).decode()}\n", 2, "size"),
        (f"a\n1 \n{b64encode(EMPTY_ROOT).decode()}\n", 2, "size"),
        (f"a\n１\n{b64encode(EMPTY_ROOT).decode()}\n", 2, "size"),  # noqa: RUF001
        (f"a\n9223372036854775808\n{b64encode(EMPTY_ROOT).decode()}\n", 2, "size"),
        (f"a\n1\n{b64encode(EMPTY_ROOT[:31]).decode()}\n", 3, "31 bytes, not 32"),
        (f"a\n1\n{EMPTY_ROOT.hex()}\n", 3, "48 bytes, not 32"),
        ("a\n1\n?\n", 3, "no Base64"),
    ],
)
def test_what_is_no_head_is_refused_by_line_although_it_is_signed(text: str, line: int, what: str):
    with pytest.raises(MalformedNote, match=f"^head.txt:{line}: .*{what}"):
        open_checkpoint(sign_note(text, ORIGIN, SEED), [KEY], at="head.txt")


@pytest.mark.parametrize(
    "changes",
    [{"size": -1}, {"size": True}, {"size": 2**63}, {"root": b"short"}, {"extensions": ("",)}, {"extensions": ("two\nlines",)}],
)
def test_what_is_no_head_is_not_signed(changes: dict[str, Any]):
    with pytest.raises(MalformedNote):
        sign_checkpoint(Checkpoint(**{"origin": ORIGIN, "size": 3, "root": HEAD.root} | changes), SEED)


def test_an_origin_that_is_no_name_is_not_signed():
    for origin in ("Acme Ltd", "a+b", "a\x85b"):
        with pytest.raises(UsageError, match="can't be the name of a key"):
            sign_checkpoint(Checkpoint(origin, 3, HEAD.root), SEED)
    with pytest.raises(MalformedNote):
        sign_checkpoint(Checkpoint("a\n5", 3, HEAD.root), SEED)


def test_a_forged_head_says_what_to_do():
    forged = SIGNED.replace("\n3\n", "\n2\n")
    with pytest.raises(BadSignature) as caught:
        open_checkpoint(forged, [KEY], at="head.txt")
    finding = caught.value.findings[0]
    assert (finding.code, finding.at) == ("bo.audit.head_forged", "head.txt")
    assert finding.fix
