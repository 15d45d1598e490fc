"""Where a person is named in free text: on commit records, which no declaration leads to. What is found this way is a hint, never all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bocore.record.positions import SHOWN as POSITION
from bocore.record.redacting import TEXTS

if TYPE_CHECKING:
    from bocore.storage.session import Session

SHORTEST, MOST, SHOWN = 4, 20, 20
"""Characters of a text that is looked for, how many texts are, and how many records are named."""


class Mentions:
    """Remembers the first texts that were erased, and looks for them where people write what they like."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}

    def note(self, value: Any) -> None:
        """A value that was erased; text that is long enough is looked for."""
        if type(value) is str and len(self.texts) < MOST and len(value.strip()) >= SHORTEST and not value.startswith("[erased"):
            self.texts[value.strip().lower()] = None

    def sentences(self, session: Session) -> list[str]:
        """The sections of records that still have one of the texts."""
        found: dict[tuple[int, str], None] = {}
        for section, columns in TEXTS.items():
            whole = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
            sql = f"SELECT {POSITION} FROM bo_commit WHERE lower({whole}) LIKE ? ESCAPE '~' ORDER BY id"
            for text in self.texts:
                pattern = "%" + text.replace("~", "~~").replace("%", "~%").replace("_", "~_") + "%"
                found.update(((row[0], section), None) for row in session.execute(sql, (pattern,)).fetchall())
        named = sorted(found)
        said = [f"Record {place} has a text of the person's in its {name}: --redact {place}:{name}." for place, name in named[:SHOWN]]
        return said + ([f"{len(named) - SHOWN} more records have such a text."] if len(named) > SHOWN else [])
