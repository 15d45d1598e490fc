"""The file that proves one row: what is in it, and how it is written and read.

Canonical JSON and a line feed, so that no byte of it can be changed without being seen; but for a compressed head, which can be written in
several ways and says the same in each. :mod:`bocore.record.proving` makes it,
:mod:`bocore.record.checking` checks it. Pure functions.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import attrs
import orjson

from bocore.errors import Refused
from bocore.record.canonical import canonical_bytes
from bocore.record.changes import NONCE, Segment, parse_head
from bocore.record.commit import SALT, SECTIONS
from bocore.record.note import decode_base64
from bocore.record.proofs import LARGEST
from bocore.record.tree import HASH

T = TypeVar("T")
VERSION = 1
FIELDS = ("proof", "entity", "id", "row", "record", "block", "shape", "head", "key", "told")
LONGEST = 16 * 2**20
"""Bytes of a file that are read."""
INFLATED = 64 * 2**20
"""Bytes that a head of changes may have."""
_AS_TEXT = 1024
"""Bytes of a head of changes that are written as they are; a longer one is compressed."""
_FIX = "Take the file as bo audit prove wrote it; a mail program or an editor changed it."


class MalformedProof(Refused, ValueError):
    """What is no file that proves a row, or is not as it was written; the finding says where."""

    code = "bo.audit.proof_malformed"


@attrs.frozen
class SealedRecord:
    """What of a commit record enters the tree: its digest can be recomputed, and nothing in it says who or why.

    :param path: the hashes from its leaf up to the root.
    :param sections: the hashes by which actor, reason, request and events enter.
    :param head: of its changes.
    :param blocks: the hashes of the blocks of digests.
    """

    position: int
    path: tuple[bytes, ...]
    unit: int
    at: str
    plugins: str
    sections: tuple[bytes, ...]
    nonce: bytes
    head: bytes
    blocks: tuple[bytes, ...]

    @property
    def begun(self) -> bytes:
        """The changes as they are stored, as far as the first digest."""
        return self.nonce + len(self.head).to_bytes(4, "big") + self.head

    def segments(self) -> tuple[list[Segment], int]:
        """What the record did, and where its last digest ends. ValueError and the like where the head is none."""
        return parse_head(self.begun)


@attrs.frozen
class Proof:
    """A proof that a row was recorded so, or that it was deleted.

    :param row: its canonical array; None for one that was deleted.
    :param block: the number of the block of digests that its digest is in, and the block.
    :param shape: the record that gives the columns their names; None for a row that was deleted.
    :param head: the signed head, as a C2SP checkpoint; without signature where nobody signed.
    :param key: the public key that signed, as text; None where nobody did.
    :param told: sections that are shown, with their salts: ``actor`` or ``reason``.
    """

    entity: str
    id: int
    row: Sequence[Any] | None
    record: SealedRecord
    block: tuple[int, bytes] | None
    shape: SealedRecord | None
    head: str
    key: str | None
    told: Mapping[str, tuple[bytes, Any]] = attrs.field(factory=dict)

    def text(self) -> str:
        """The file."""
        block = None if self.block is None else {"number": self.block[0], "digests": _base64(self.block[1])}
        plain = {
            "proof": VERSION,
            "entity": self.entity,
            "id": self.id,
            "row": None if self.row is None else list(self.row),
            "record": _plain_record(self.record),
            "block": block,
            "shape": None if self.shape is None else _plain_record(self.shape),
            "head": self.head,
            "key": self.key,
            "told": {name: [salt.hex(), value] for name, (salt, value) in self.told.items()},
        }
        return canonical_bytes(plain).decode() + "\n"


def _plain_record(record: SealedRecord) -> dict[str, Any]:
    deflated = len(record.head) > _AS_TEXT
    return {
        "position": record.position,
        "path": [each.hex() for each in record.path],
        "unit": record.unit,
        "at": record.at,
        "plugins": record.plugins,
        "sections": {name: each.hex() for name, each in zip(SECTIONS, record.sections, strict=True)},
        "nonce": record.nonce.hex(),
        "head": {"deflated": _base64(zlib.compress(record.head))} if deflated else record.head.decode(),
        "blocks": _base64(b"".join(record.blocks)),
    }


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


# ---------------------------------------------------------------- reading


def read_proof(content: bytes | str, *, at: str = "proof") -> Proof:
    """Take a file apart; whether it proves anything is :func:`~bocore.record.checking.check_proof`'s business.

    :param at: what it is to its reader, e.g. the name of the file.
    :raises MalformedProof: it is none, or another byte of it than those of the canonical form.
    """
    try:
        return _Reader(at).proof(content)
    except RecursionError:
        raise MalformedProof("It is nested too deeply.", at=at, fix=_FIX) from None


class _Reader:
    """Reads values of which nothing is known yet."""

    def __init__(self, at: str) -> None:
        self.at = at

    def proof(self, content: bytes | str) -> Proof:
        plain = self._fields(self._json(content), "", FIELDS)
        block, shape, told = plain["block"], plain["shape"], plain["told"]
        return Proof(
            entity=self._is(str, plain["entity"], "entity"),
            id=self._number(plain["id"], "id"),
            row=None if plain["row"] is None else self._is(list, plain["row"], "row"),
            record=self._record(plain["record"], "record"),
            block=None if block is None else self._block(block),
            shape=None if shape is None else self._record(shape, "shape"),
            head=self._is(str, plain["head"], "head"),
            key=None if plain["key"] is None else self._is(str, plain["key"], "key"),
            told={name: self._told(name, value) for name, value in self._is(dict, told, "told").items()},
        )

    def _json(self, content: bytes | str) -> Any:
        whole = content.encode(errors="surrogatepass") if isinstance(content, str) else content
        if len(whole) > LONGEST:
            raise self._odd(f"It is longer than {LONGEST:,} bytes.", "")
        try:
            plain = orjson.loads(whole)
        except orjson.JSONDecodeError as error:
            raise self._odd(f"It is no whole JSON: {error}.", "") from None
        try:
            same = canonical_bytes(plain) + b"\n" == whole
        except Refused as refused:
            raise self._odd(refused.findings[0].message, "") from None
        if type(plain) is not dict or type(plain.get("proof")) is not int:
            raise self._odd("It is no proof of a row.", "")
        if plain["proof"] != VERSION:
            raise self._odd(f"It is a proof of the form {plain['proof']}, which this version of bocore does not know.", "")
        if not same:
            raise self._odd("It is not written in the canonical form: it has other white space, an order or an escape of its own.", "")
        return plain

    def _record(self, given: Any, where: str) -> SealedRecord:
        names = ("position", "path", "unit", "at", "plugins", "sections", "nonce", "head", "blocks")
        plain = self._fields(given, where, names)
        sections = self._fields(plain["sections"], f"{where}.sections", SECTIONS)
        return SealedRecord(
            position=self._number(plain["position"], f"{where}.position"),
            path=tuple(self._hex(each, f"{where}.path", HASH) for each in self._is(list, plain["path"], f"{where}.path")),
            unit=self._number(plain["unit"], f"{where}.unit"),
            at=self._is(str, plain["at"], f"{where}.at"),
            plugins=self._is(str, plain["plugins"], f"{where}.plugins"),
            sections=tuple(self._hex(sections[name], f"{where}.sections.{name}", HASH) for name in SECTIONS),
            nonce=self._hex(plain["nonce"], f"{where}.nonce", NONCE),
            head=self._head(plain["head"], f"{where}.head"),
            blocks=self._hashes(plain["blocks"], f"{where}.blocks"),
        )

    def _head(self, given: Any, where: str) -> bytes:
        if type(given) is str:
            return given.encode()
        packed = self._bytes(self._fields(given, where, ("deflated",))["deflated"], where)
        inflate = zlib.decompressobj()
        try:
            head = inflate.decompress(packed, INFLATED)
        except zlib.error:
            raise self._odd("It can't be inflated.", where) from None
        if not inflate.eof or inflate.unused_data:
            raise self._odd(f"It ends too early or too late, or has more than {INFLATED:,} bytes.", where)
        return head

    def _hashes(self, given: Any, where: str) -> tuple[bytes, ...]:
        joined = self._bytes(given, where)
        if len(joined) % HASH:
            raise self._odd("It has part of a hash.", where)
        return tuple(joined[start : start + HASH] for start in range(0, len(joined), HASH))

    def _block(self, given: Any) -> tuple[int, bytes]:
        plain = self._fields(given, "block", ("number", "digests"))
        return self._number(plain["number"], "block.number"), self._bytes(plain["digests"], "block.digests")

    def _told(self, name: str, given: Any) -> tuple[bytes, Any]:
        if name not in SECTIONS or type(given) is not list or len(given) != 2:
            raise self._odd(f"It has a name of {', '.join(SECTIONS)}, with a salt and a value.", f"told.{name}")
        return self._hex(given[0], f"told.{name}", SALT), given[1]

    # -- values

    def _fields(self, given: Any, where: str, names: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = self._is(dict, given, where)
        if found.keys() != set(names):
            raise self._odd(f"It has the keys {', '.join(sorted(found)) or 'of nothing'}, and not {', '.join(sorted(names))}.", where)
        return found

    def _is(self, kind: type[T], given: Any, where: str) -> T:
        if type(given) is not kind:
            raise self._odd(f"It is {type(given).__name__}, and not {kind.__name__}.", where)
        return given

    def _number(self, given: Any, where: str) -> int:
        number: int = self._is(int, given, where)
        if not 0 <= number <= LARGEST:
            raise self._odd(f"It is no whole number from 0 to {LARGEST}.", where)
        return number

    def _hex(self, given: Any, where: str, size: int) -> bytes:
        return self._decoded(given, where, _from_hex, size)

    def _bytes(self, given: Any, where: str) -> bytes:
        return self._decoded(given, where, decode_base64, None)

    def _decoded(self, given: Any, where: str, decode: Callable[[str], bytes | None], size: int | None) -> bytes:
        content = decode(given) if type(given) is str else None
        if content is None or (size is not None and len(content) != size):
            raise self._odd(f"It is no {'Base64' if size is None else f'hexadecimal text of {size} bytes'}.", where)
        return content

    def _odd(self, message: str, where: str) -> MalformedProof:
        return MalformedProof(message, at=f"{self.at}: {where}" if where else self.at, fix=_FIX)


def _from_hex(text: str) -> bytes | None:
    try:
        content = bytes.fromhex(text)
    except ValueError:
        return None
    return content if content.hex() == text else None
