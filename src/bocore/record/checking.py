"""Checking a proof of a row: from its digest up to the signature, with nothing but the file and, better, a public key that was kept apart.

It needs no database, no plugin code and no key of who keeps the books.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import attrs

from bocore.errors import KeyUnavailable, Refused
from bocore.record.canonical import canonical_bytes, row_digests
from bocore.record.changes import BLOCK, DIGEST, Segment
from bocore.record.checkpoint import Checkpoint, checkpoint_of, open_checkpoint
from bocore.record.commit import SECTIONS, digest_of
from bocore.record.named import WRITES
from bocore.record.note import Note, VerifierKey, read_verifier_key
from bocore.record.proof_file import Proof, SealedRecord, read_proof
from bocore.record.proofs import check_inclusion
from bocore.record.shapes import Shape
from bocore.record.tree import hash_leaf

_FIX = "Don't rely on it; ask who keeps the record for it anew."
_ODD = (ValueError, TypeError, LookupError, AttributeError)


class ProofFails(Refused, ValueError):
    """A file that does not prove what it says; the finding names the step that fails."""

    code = "bo.audit.proof_fails"


@attrs.frozen
class Value:
    """What a row holds in a column, in canonical form.

    :param open: False for a personal field, of which the row's commitment in ``_salt`` is all that is shown, and for a secret one, which is
        shown as it is encrypted.
    """

    column: str
    kind: str
    value: Any
    open: bool = True


@attrs.frozen
class Proved:
    """What a proof shows: that a row was recorded so at an instant. That no later record changed it, it can't show.

    :param deleted: the record says that the row was deleted; there are no values then.
    :param at: the instant of the record.
    :param position: its place among the records, from 0.
    :param size: how many records the head has.
    :param signer: the public key that signed the head; None where nobody did, and anybody can have written the file.
    :param known: whether that is a key which was given, and not only the one that the file names.
    :param told: who did it, or why, where the file tells.
    """

    entity: str
    id: int
    deleted: bool
    values: tuple[Value, ...]
    at: str
    position: int
    origin: str
    size: int
    signer: str | None
    known: bool
    told: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for ``--format json``."""
        return attrs.asdict(self)


def check_proof(proof: Proof | bytes | str, keys: Sequence[str | VerifierKey] = (), *, at: str = "proof") -> Proved:
    """Check a proof, and say what it shows.

    :param proof: the file, or what was read of it.
    :param keys: public keys, of which one must have signed; without any, the signer is whoever the file says.
    :param at: what the proof is to its reader, e.g. the name of the file.
    :raises MalformedProof: it is no such file.
    :raises ProofFails: it does not prove what it says, or none of the keys has signed.
    :raises BadVerifierKey: a key is none.
    :raises KeyUnavailable: ``cryptography`` is not installed.
    """
    given = [key if isinstance(key, VerifierKey) else read_verifier_key(key, at="--key") for key in keys]
    return _Check(proof if isinstance(proof, Proof) else read_proof(proof, at=at), at).run(given)


class _Check:
    def __init__(self, proof: Proof, at: str) -> None:
        self.proof = proof
        self.at = at

    def run(self, keys: Sequence[VerifierKey]) -> Proved:
        proof = self.proof
        segments, end = self._segments(proof.record, "record")
        segment = self._latest(segments)
        if segment.operation == "d":
            if proof.row is not None or proof.block is not None or proof.shape is not None:
                raise self._fails("row", "The record deletes the row, and the file shows one.")
        else:
            self._row(segment, end)
        head = self._head(keys)
        self._included(proof.record, end, head, "record")
        self._told()
        return Proved(
            entity=proof.entity,
            id=proof.id,
            deleted=segment.operation == "d",
            values=() if segment.operation == "d" else self._values(head),
            at=proof.record.at,
            position=proof.record.position,
            origin=head.origin,
            size=head.size,
            signer=proof.key,
            known=bool(keys),
            told={name: value for name, (_, value) in proof.told.items()},
        )

    # -- the row

    def _segments(self, record: SealedRecord, step: str) -> tuple[list[Segment], int]:
        try:
            segments, end = record.segments()
            for segment in segments:
                if type(segment.entity) is not str or not all(type(part) is int and part >= 0 for run in segment.runs for part in run):
                    raise ValueError("a segment names no rows")
        except _ODD as error:
            raise self._fails(step, f"What the record did can't be read: {error}.") from None
        return segments, end

    def _latest(self, segments: Sequence[Segment]) -> Segment:
        """The last segment that names the row: that says what the row is."""
        proof = self.proof
        for segment in reversed(segments):
            if segment.entity == proof.entity and segment.operation in WRITES and self._index(segment) is not None:
                return segment
        raise self._fails("record", f"The record does not name {proof.entity} {proof.id}.")

    def _index(self, segment: Segment) -> int | None:
        """The place of the row among those of a segment."""
        before = 0
        for first, count in segment.runs:
            if first <= self.proof.id < first + count:
                return before + self.proof.id - int(first)
            before += count
        return None

    def _row(self, segment: Segment, end: int) -> None:
        proof = self.proof
        if proof.row is None or proof.block is None or proof.shape is None:
            raise self._fails("row", "The record wrote the row, and the file does not show it with its block and shape.")
        number, digests = proof.block
        start = len(proof.record.begun)
        place = segment.offset + DIGEST * (self._index(segment) or 0) - start - DIGEST * BLOCK * number
        if len(digests) != max(0, min(DIGEST * BLOCK, end - start - DIGEST * BLOCK * number)) or not 0 <= place < len(digests):
            raise self._fails("block", "The digest of the row is not in the block of digests that is shown.")
        # Compared as it stands: another null at its end would be another digest.
        digest = row_digests(proof.entity, proof.record.nonce, [canonical_bytes(list(proof.row))])
        if not proof.row or proof.row[0] != proof.id or type(proof.row[0]) is not int:
            raise self._fails("row", f"The row is not that with the id {proof.id}.")
        if digests[place : place + DIGEST] != digest:
            raise self._fails("row", "The row is not the one that was recorded: its digest is another.")
        if number >= len(proof.record.blocks) or sha256(digests).digest() != proof.record.blocks[number]:
            raise self._fails("block", "The block of digests is not the one that was recorded: its hash is another.")

    # -- the tree

    def _included(self, record: SealedRecord, end: int, head: Checkpoint, step: str) -> None:
        count = end - len(record.begun)
        if len(record.blocks) != -(-count // (DIGEST * BLOCK)):
            raise self._fails(step, "There are more or fewer hashes of blocks than the record has.")
        changes = sha256(record.begun + b"".join(record.blocks)).digest()
        digest = digest_of(record.unit, record.at, record.plugins, [each.hex() for each in record.sections], changes)
        try:
            check_inclusion(record.position, head.size, hash_leaf(digest), record.path, head.root)
        except Refused as refused:
            message = f"The {step} is not one of those that were sealed, or was altered: {refused.findings[0].message}"
            raise self._fails(step, message) from None

    def _head(self, keys: Sequence[VerifierKey]) -> Checkpoint:
        proof, at = self.proof, f"{self.at}: head"
        try:
            if proof.key is None:
                head = checkpoint_of(Note(proof.head, ()), at=at)
                if head.text() != proof.head:
                    raise self._fails("head", "It is not signed, and no plain head either.")
                if keys:
                    raise self._fails("signature", "Nobody has signed the head.")
                return head
            own = read_verifier_key(proof.key, at=f"{self.at}: key")
            head = open_checkpoint(proof.head, [own], origin=own.name, at=at)
            if keys:
                open_checkpoint(proof.head, keys, at=at)
        except ModuleNotFoundError as error:
            raise KeyUnavailable(f"Signatures are checked with the package {error.name}.", fix="pip install cryptography") from None
        except ProofFails:
            raise
        except Refused as refused:
            raise self._fails("signature", refused.findings[0].message) from None
        return head

    # -- what it says

    def _values(self, head: Checkpoint) -> tuple[Value, ...]:
        record, row = self.proof.shape, self.proof.row
        assert record is not None and row is not None  # or _row had refused it
        segments, end = self._segments(record, "shape")
        self._included(record, end, head, "shape")
        try:
            told = [segment.details for segment in segments if segment.entity == self.proof.entity and segment.operation == "s"][-1]
            shape = Shape.read(canonical_bytes(told).decode(), 0)
            values = [_value(position, row[at] if at < len(row) else None) for at, position in enumerate(shape.positions) if position]
        except _ODD:
            raise self._fails("shape", f"The record of the shape gives the columns of {self.proof.entity} no names.") from None
        if shape.entity != self.proof.entity or len(row) > len(shape.positions):
            raise self._fails("shape", "The row has more columns than the shape.")
        return tuple(values)

    def _told(self) -> None:
        for name, (salt, value) in self.proof.told.items():
            if sha256(salt + canonical_bytes(value)).digest() != self.proof.record.sections[SECTIONS.index(name)]:
                raise self._fails(name, f"The {name} that the file tells is not the one that was recorded.")

    def _fails(self, step: str, message: str) -> ProofFails:
        return ProofFails(message, at=f"{self.at}: {step}", fix=_FIX)


def _value(position: tuple[Any, Any], value: Any) -> Value:
    column, absent = position
    hidden = column.personal or column.kind == "secret"
    if absent is not None:
        value = absent if value is None else None if value == [] else value
    return Value(column.name, column.kind, value, open=not hidden)
