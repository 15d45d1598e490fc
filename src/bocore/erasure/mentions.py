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
        if not self.texts:
            return []
        columns = [column for section in TEXTS.values() for column in section]
        whole = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
        tests = " OR ".join([f"lower({whole}) LIKE ? ESCAPE '~'"] * len(self.texts))
        patterns = ["%" + text.replace("~", "~~").replace("%", "~%").replace("_", "~_") + "%" for text in self.texts]
        found: set[tuple[int, str]] = set()
        for position, *values in session.execute(
            f"SELECT {POSITION}, {', '.join(columns)} FROM bo_commit WHERE {tests}", patterns
        ).fetchall():
            held = dict(zip(columns, values, strict=True))
            for section, names in TEXTS.items():
                held_here = " ".join(str(held[name]) for name in names if held[name]).lower()
                if any(text in held_here for text in self.texts):
                    found.add((position, section))
        named = sorted(found)
        said = [f"Record {place} has a text of the person's in its {name}: --redact {place}:{name}." for place, name in named[:SHOWN]]
        return said + ([f"{len(named) - SHOWN} more records have such a text."] if len(named) > SHOWN else [])
