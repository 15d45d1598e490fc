"""Books with a few hundred records and several signed heads, and what somebody who can write to the database may do to their seal."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bocore import BackOffice, Party
from bocore.keys.signing import HeadSigner, signer_of
from bocore.record.anchoring import read_anchor
from bocore.record.canonical import row_digests
from bocore.record.changes import ChangesWriter, parse
from bocore.record.checkpoint import Checkpoint
from bocore.record.commit import COLUMNS, CommitRow, append_record, record_digest
from bocore.record.note import verifier_key
from bocore.record.sealed import Anchored
from bocore.record.sealing import seal
from bocore.record.shapes import read_shapes
from bocore.record.stored import RowReader
from bocore.record.tiles import Edge
from bocore.record.tree import hash_leaves
from bocore.record.verify import Verification, verify
from bocore.storage.database import open_database
from bocore.storage.ids import reserve
from bocore.testing import FrozenClock

NOW = datetime(2026, 4, 1, tzinfo=UTC)
MALLORY = b"m" * 32
"""The seed of a key that nobody trusts."""
KEY = bytes(32)


def open_books(path: Path, **more: Any) -> BackOffice:
    return BackOffice(path, plugins=[], clock=FrozenClock(), key=KEY, **more)


class Books:
    """The books in one transaction that is never committed: whatever is forged is undone.

    :param sizes: of the heads, in order.
    :param stolen: the key that signs for these books.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.older, self.anchor = folder / "books.db", folder / "older.db", folder / "heads.txt"
        with open_books(self.path, anchor=self.anchor) as app:
            app.init(company="Acme Ltd", currency="EUR")
            app.seal()
            self._trade(app, 300)
        shutil.copy(self.path, self.older)
        open_database(self.older).engine.connect().close()  # now: what stands in for a file on a server is copied when it is opened
        with open_books(self.path, anchor=self.anchor) as app:
            self._trade(app, 300)
            self._trade(app, 40)
            found = signer_of(app)
            assert found is not None
            self.stolen: HeadSigner = found
            names = app.table_names
        self.anchored = read_anchor(self.anchor)
        self.database = open_database(self.path)
        self.database.tables = names
        self.session = self.database.connect(lambda session: False)
        self.session.begin(write=True)
        if self.session.engine != "sqlite":
            self.session.execute(f'SET LOCAL search_path = "{self.session.tenant}"')
            self.session.execute("SET LOCAL session_replication_role = replica")
        self.sizes = [row[0] for row in self.session.execute("SELECT size FROM bo_head ORDER BY size").fetchall()]
        (self.origin,) = self.session.execute("SELECT DISTINCT origin FROM bo_head").fetchone()
        self.total = self.sizes[-1]

    @staticmethod
    def _trade(app: BackOffice, count: int) -> None:
        for n in range(count):
            with app.unit_of_work(actor="ann", reason=f"customer {n}") as uow:
                uow.add(Party(name=f"Customer {n}"))
        app.seal()

    def close(self) -> None:
        self.session.close(read_only=True)
        self.database.engine.dispose()

    @contextlib.contextmanager
    def undone(self) -> Iterator[None]:
        """A part of the transaction that leaves nothing behind."""
        self.session.begin_part()
        try:
            yield
        finally:
            self.session.undo_part()

    def verified(self, against: Anchored | None = None) -> Verification:
        return verify(self.session, against=against)

    def run(self, sql: str, *values: Any) -> None:
        """SQL as somebody with a tool would write it."""
        self.session.execute(sql, values)

    # -- what is where

    def id_at(self, position: int) -> int:
        """The id of the record at a position."""
        return int(self.session.execute("SELECT id FROM bo_commit WHERE position = ?", (position,)).fetchone()[0])

    def place(self, position: int) -> str:
        """How a record that is gone is named: by its id where these have no gaps, else by its position."""
        return f"bo_commit {self.id_at(position)}" if self.session.serial else f"bo_commit position {position}"

    def party_at(self, position: int) -> int:
        """The party that the record at a position has added."""
        (changes,) = self.session.execute("SELECT changes FROM bo_commit WHERE position = ?", (position,)).fetchone()
        (segment,) = parse(bytes(changes))
        assert (segment.entity, segment.operation) == ("bo_party", "i")
        return segment.runs[0][0]

    # -- what is forged

    def delete(self, *positions: int) -> None:
        for position in positions:
            self.run("DELETE FROM bo_commit WHERE position = ?", position)

    def close_up(self, position: int) -> None:
        """The records behind a position that is free move up, and with them their ids where these have no gaps."""
        columns = ("position", "id") if self.session.serial else ("position",)
        for column in columns:
            free = position if column == "position" else self.id_at(position) - 1
            self.run(f"UPDATE bo_commit SET {column} = -{column} WHERE {column} > ?", free)
            self.run(f"UPDATE bo_commit SET {column} = -{column} - 1 WHERE {column} < 0")

    def exchange(self, column: str, one: int, two: int) -> None:
        """Two records exchange their positions, or ids."""
        for old, new in ((one, -1), (two, one), (-1, two)):
            self.run(f"UPDATE bo_commit SET {column} = ? WHERE {column} = ?", new, old)

    def forge(self, position: int, name: str) -> None:
        """The party of a record gets another name, and the record is made to say so, with a digest that holds."""
        session, ident = self.session, self.party_at(position)
        reader = RowReader(read_shapes(session)["bo_party"])
        self.run("UPDATE bo_party SET name = ? WHERE id = ?", name, ident)
        rows = session.execute(f"SELECT {', '.join(reader.names)} FROM bo_party WHERE id = ?", (ident,)).fetchall()
        kept = dict(zip(COLUMNS.split(", "), self._record(position), strict=True))
        changes = bytes(kept["changes"])
        digest = row_digests("bo_party", changes[:16], reader.encode(rows))
        kept["changes"] = changes[: -len(digest)] + digest
        made = record_digest(CommitRow(**{field: kept[field] for field in CommitRow._fields}))
        self.run("UPDATE bo_commit SET changes = ?, digest = ? WHERE position = ?", kept["changes"], made, position)

    def _record(self, position: int) -> Any:
        return self.session.execute(f"SELECT {COLUMNS} FROM bo_commit WHERE position = ?", (position,)).fetchone()

    def append(self, name: str, ident: int = 900_000) -> None:
        """A record that nobody wrote, with the row that it tells of, as sound as any."""
        session, record = self.session, ChangesWriter()
        reader = RowReader(read_shapes(session)["bo_party"])
        names = [column for column in reader.names if column not in ("id", "name")]
        some = f"SELECT ?, ?, {', '.join(names)} FROM bo_party WHERE id = ?"
        self.run(f"INSERT INTO bo_party (id, name, {', '.join(names)}) {some}", ident, name, self.party_at(100))
        rows = session.execute(f"SELECT {', '.join(reader.names)} FROM bo_party WHERE id = ?", (ident,)).fetchall()
        record.add("bo_party", "i", [ident], row_digests("bo_party", record.nonce, reader.encode(rows)))
        append_record(session, record, unit=reserve(session, "bo_commit", 1) - 1, at=NOW, actor="ann", reason="forged")

    def roll_back(self, size: int) -> None:
        """The newest records go, with the rows that only they know."""
        for position in range(size, self.total):
            self.run("DELETE FROM bo_party WHERE id = ?", self.party_at(position))
        self.run("DELETE FROM bo_commit WHERE position >= ?", size)

    def forget(self, size: int) -> None:
        """Heads and tiles of more records go."""
        self.run("DELETE FROM bo_head WHERE size > ?", size)
        self.run("DELETE FROM bo_tile WHERE (number + 1) * 256 > ?", size)

    def seal(self, signer: HeadSigner | None) -> None:
        """What is there is sealed as a sealer would."""
        seal(self.session, NOW, signer)

    def seal_anew(self, signer: HeadSigner, origin: str | None = None) -> None:
        """Every tile and head is made again over the records as they are now."""
        digests = [bytes(row[0]) for row in self.session.execute("SELECT digest FROM bo_commit ORDER BY position").fetchall()]
        self.run("DELETE FROM bo_tile")
        self.run("DELETE FROM bo_head")
        edge, origin = Edge(), origin or self.origin
        for size in self.sizes:
            edge, tiles = edge.extended(hash_leaves(digests[edge.size : size]))
            for tile in tiles:
                self.run(
                    "INSERT INTO bo_tile (level, number, hashes, root) VALUES (?, ?, ?, ?)", tile.level, tile.index, tile.hashes, tile.root
                )
            self.put_head(origin, size, edge.root(), signer)

    def put_head(self, origin: str, size: int, root: bytes, signer: HeadSigner) -> None:
        note = signer.sign(Checkpoint(origin, size, root))
        values = origin, size, root, note, "2026-04-01T00:00:00.000000Z", 1
        self.run("INSERT INTO bo_head (origin, size, root, note, at, signed) VALUES (?, ?, ?, ?, ?, ?)", *values)

    def trust(self, seed: bytes) -> None:
        """The public key in the database is replaced."""
        self.run("UPDATE bo_verifier SET key = ?", str(verifier_key(self.origin, seed)))


def found(verification: Verification) -> set[tuple[str, str]]:
    return {(finding.code.removeprefix("bo.audit."), finding.where) for finding in verification.findings}


def second(books: Books) -> int:
    """The size of a head that is neither the first nor the last."""
    return books.sizes[1]


def every_head(books: Books) -> set[tuple[str, str]]:
    """What is named where the signature of no head holds."""
    return {("seal", f"bo_head {size}") for size in books.sizes}


def signed_by_mallory(books: Books) -> str:
    """A head of these books over the records that it is said to have, with the signature of a key that nobody trusts."""
    (root,) = books.session.execute("SELECT root FROM bo_head WHERE size = ?", (second(books),)).fetchone()
    return HeadSigner(MALLORY).sign(Checkpoint(books.origin, second(books), bytes(root)))
