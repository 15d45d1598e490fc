"""Watching migrations: what they write and rename is noted; what would break "all or nothing", or touch others' tables, is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from bocore.migrate.history import Revision

ADDED, CHANGED, DELETED = "rows were added", "values were changed", "rows were deleted"
_RECORDS = ("bo_commit", "bo_shape")


@attrs.frozen
class Written:
    """One thing that SQL of a migration did to recorded rows."""

    table: str
    what: str
    column: str
    revision: str


@attrs.define
class Watch:
    """What all migrations of one run did, in order.

    :param owners: table → the plugin whose it is.
    :param prefixes: of all loaded plugins; the longest that fits says whose a table is that no entity has (any more).
    """

    owners: Mapping[str, str]
    prefixes: tuple[str, ...]
    written: list[Written] = attrs.field(factory=list)
    renamed: list[tuple[str, str, str]] = attrs.field(factory=list)
    """``(table, old column, new column)``; ``(old table, "", new table)``."""
    rebased: dict[str, list[str]] = attrs.field(factory=dict)
    """Entity → the migrations that asked for new digests."""
    wrong: str = ""
    """Why the last statement was not allowed."""
    _revision: Revision | None = None
    _replaced: list[tuple[str, str]] = attrs.field(factory=list)

    def begin(self, revision: Revision) -> None:
        """The next migration."""
        self._revision, self.wrong = revision, ""

    def rebase(self, entities: Iterable[str]) -> None:
        """A migration wants new digests of these entities."""
        for entity in entities:
            asked = self.rebased.setdefault(entity, [])
            if str(self._revision) not in asked:
                asked.append(str(self._revision))

    def write(self, table: str, what: str, column: str = "") -> None:
        """A migration wrote to rows of a table."""
        self.written.append(Written(table, what, column, str(self._revision)))

    def replace(self, table: str) -> None:
        """A migration put another table in the place of one."""
        self._replaced.append((table, str(self._revision)))

    def rename_column(self, table: str, old: str, new: str) -> None:
        self.renamed.append((table, old, new))

    def rename_table(self, old: str, new: str) -> None:
        self.renamed.append((old, "", new))
        self.write(new, ADDED)

    def columns_now(self, table: str) -> Callable[[str], str]:
        """A function from a column's name at the beginning to its name now."""

        def now(name: str) -> str:
            for place, old, new in self.renamed:
                if place == table and old == name:
                    name = new
            return name

        return now

    def changes(self, tables: Iterable[str]) -> list[Written]:
        """What was done to rows of these tables, as they are called now, that digests would not agree with."""
        wanted = set(tables)
        replaced = [Written(table, "its table was replaced by another", "", revision) for table, revision in self._replaced]
        return [one for one in (*self.written, *replaced) if one.table in wanted]

    # -- whose tables

    def strange(self, table: str, *, shape: bool = False) -> str:
        """Why this plugin's migrations may not touch a table.

        :param shape: the table itself, and not its rows.
        """
        assert self._revision is not None
        mine, owner = self._revision.plugin, self._owner(table)
        if table in _RECORDS and not (shape and mine == "bo"):
            return f"it writes to {table}: commit records are never changed"
        return "" if owner in (mine, "") else f"it writes to {table}, which belongs to {owner!r}"

    def _owner(self, table: str) -> str:
        found = self.owners.get(table)
        return found or next((prefix for prefix in self.prefixes if table.startswith(f"{prefix}_")), "")


def watching(owners: Mapping[str, str], prefixes: Iterable[str]) -> Watch:
    """A watch for one run of migrations."""
    return Watch(owners, tuple(sorted(prefixes, key=len, reverse=True)))
