"""``Masked``: what the slot of a secret field holds. Shown, logged or exported it is dots; ``uow.unmask`` gives the value."""

from __future__ import annotations

from typing import Any, NoReturn

from bocore.errors import UsageError

MASK = "••••••••"
"""As long for every value: its length says something too."""


class Masked:
    """The value of a secret field, encrypted: it belongs to its row, and shows nothing of itself.

    It is never empty: an empty text is empty text, and no value is None.

    :param stored: the ciphertext as the row has it.
    :param index: what it is looked up by, where its field is searchable and its person not erased.
    :param row: the id of the row that it opens for.
    :param plain: the value, where this unit of work has set it.
    """

    __slots__ = ("_plain", "index", "row", "stored")

    def __init__(self, stored: str, index: str | None, row: int, plain: str | None = None) -> None:
        self.stored = stored
        self.index = index
        self.row = row
        self._plain = plain

    def __str__(self) -> str:
        return MASK

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Masked):
            return self.stored == other.stored
        if isinstance(other, str) and other:
            raise _no_text("is compared with text: it is masked, and equals none")
        return False

    def __hash__(self) -> int:
        return hash(self.stored)

    def __len__(self) -> int:
        raise _no_text("is asked for its length: it is masked")

    def __getitem__(self, place: object) -> NoReturn:
        raise _no_text("is asked for a part: it is masked")

    def __contains__(self, part: object) -> bool:
        raise _no_text("is searched in: it is masked")

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(str(_no_text(f"is asked for its {name}: it is masked")))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise UsageError("The value of a secret field can't be copied or pickled.", fix="Pass the id of its row.")


def _no_text(what: str) -> UsageError:
    """The error for a mask that is taken for the text behind it."""
    fix = 'uow.unmask(row, "field", reason=…) gives the value; uow.find(Entity, field=value) looks for it.'
    return UsageError(f"A secret field {what}.", fix=fix)


def stored_of(value: Any) -> str:
    """What a row stores of the value in a slot; AttributeError for one that is not encrypted yet."""
    return "" if type(value) is str and not value else value.stored


def index_of(value: Any) -> str | None:
    """What a row stores beside it to look it up by."""
    return "" if type(value) is str and not value else value.index
