"""Stating digests anew: verified first, and last a digest of every row, in the commit record of the migrations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from bocore.entities.generate import quoted
from bocore.errors import Finding, StorageError
from bocore.record.canonical import row_digests
from bocore.record.changes import ChangesWriter
from bocore.record.stored import NO_FORM, RowReader, oddity
from bocore.storage.session import batch_of

if TYPE_CHECKING:
    from bocore.migrate.shapes import Before
    from bocore.record.shapes import Shape
    from bocore.storage.session import Session

SHOWN = 20
RAISE = (
    "INSERT INTO bo_id (entity, next) VALUES (?, ?) "
    "ON CONFLICT (entity) DO UPDATE SET next = excluded.next WHERE excluded.next > bo_id.next"
)


@attrs.frozen
class Rebasing:
    """The entities that migrations will state anew, as they were before: verified, and their ids noted.

    :param rows: entity → how many rows it had.
    """

    rows: dict[str, int]

    @classmethod
    def begin(cls, session: Session, before: Before, wanted: Iterable[str]) -> Rebasing:
        """Verify what is there of these entities, and note its ids, which later tell new rows from old.

        Raises StorageError where anything differs: what was forged would be stated as true.
        """
        from bocore.record.verify import verify

        here = sorted(name for name in set(wanted) if name in before.filled)
        if here:
            found = verify(session, entity=here, limit=SHOWN)
            if not found.ok:
                raise StorageError([*(_refusal(finding) for finding in found.findings), *_more(found.more)])
        rows = {}
        for name in here:
            session.execute(f"CREATE TEMP TABLE {_kept(session, name)} (id BIGINT PRIMARY KEY)")
            rows[name] = session.execute(f"INSERT INTO {_kept(session, name)} SELECT id FROM {quoted(name)}").rowcount
        return cls(rows)

    def state(self, session: Session, record: ChangesWriter, shape: Shape, migrations: list[str], doubtful: set[str]) -> int:
        """Put the digests of all rows of an entity into the record; returns how many rows there are.

        :param doubtful: columns whose values are looked at one by one, since migrations wrote them.
        """
        name, reader = shape.entity, RowReader(shape)
        if any(column.personal for column in reader.columns):
            _salt(session, shape)
        operation = "r" if name in self.rows else "i"
        added, removed = self._difference(session, name)
        new: tuple[list[int], bytearray] = [], bytearray()
        count, wrong = 0, []
        suspects = [(at, column) for at, column in enumerate(reader.columns) if column.name in doubtful]
        for rows in session.read_table(name, reader.names, batch=batch_of(reader.columns)):
            encoded = reader.encode(rows)
            odd = {i for i, text in enumerate(encoded) if text == NO_FORM} if NO_FORM in encoded else set()
            for at, column in suspects:
                odd.update(i for i, row in enumerate(rows) if oddity(column, row[at]))
            wrong += [_no_form(name, rows[i][0], reader.why(rows[i])) for i in sorted(odd)]
            kept = [i for i, row in enumerate(rows) if row[0] not in added] if added else range(len(rows))
            told = list(migrations) if operation == "r" else None
            record.add(name, operation, _ids(rows, kept), row_digests(name, record.nonce, [encoded[i] for i in kept]), told)
            if len(kept) < len(rows):
                others = [i for i, row in enumerate(rows) if row[0] in added]
                new[0].extend(_ids(rows, others))
                new[1].extend(row_digests(name, record.nonce, [encoded[i] for i in others]))
            count += len(rows)
        if wrong:
            raise StorageError([*wrong[:SHOWN], *_more(len(wrong) - SHOWN)])
        if new[0]:
            record.add(name, "i", new[0], bytes(new[1]))
        if removed:
            record.add(name, "d", removed)
        last = session.execute(f"SELECT coalesce(max(id), 0) FROM {quoted(name)}").fetchone()[0]
        if last:
            session.execute(RAISE, (name, last + 1))
        return count

    def _difference(self, session: Session, name: str) -> tuple[set[int], list[int]]:
        """The ids that the migrations added, and those that they deleted."""
        here, kept = quoted(name), _kept(session, name)
        if name not in self.rows:
            return set(), []
        added = session.execute(f"SELECT id FROM {here} AS now WHERE NOT EXISTS (SELECT 1 FROM {kept} AS was WHERE was.id = now.id)")
        found = {row[0] for row in added.fetchall()}
        gone = session.execute(
            f"SELECT id FROM {kept} AS was WHERE NOT EXISTS (SELECT 1 FROM {here} AS now WHERE now.id = was.id) ORDER BY id"
        )
        return found, [row[0] for row in gone.fetchall()]


def _kept(session: Session, name: str) -> str:
    return session.temporary(f"bo_before_{name}")


def _ids(rows: list[tuple[int, ...]], chosen: Iterable[int]) -> list[int]:
    return [rows[i][0] for i in chosen]


def _salt(session: Session, shape: Shape) -> None:
    """Rows whose values have become personal get a salt: a commitment without one could be guessed."""
    personal = " OR ".join(f"{quoted(column.name)} IS NOT NULL" for column in shape.columns if column is not None and column.personal)
    session.execute(f"UPDATE {quoted(shape.entity)} SET _salt = {session.salt()} WHERE _salt IS NULL AND ({personal})")


def _refusal(finding: Finding) -> Finding:
    return Finding(
        "bo.rebase_refused",
        f"The digests can't be stated anew: {finding.message}",
        at=finding.at,
        fix=f"Nothing was changed. {finding.fix}",
        **finding.params,
    )


def _no_form(entity: str, ident: int, why: str) -> Finding:
    return Finding(
        "bo.rebase_refused",
        f"After the migrations the row can't be what it should: {why or 'its values do not belong into their columns'}.",
        at=f"{entity} {ident}",
        fix="Nothing was changed. Mend the migration: write values as the new kind of column stores them.",
    )


def _more(count: int) -> list[Finding]:
    return [Finding("bo.rebase_refused", f"And {count} more.", fix="bo audit verify names all.")] if count > 0 else []
