"""``Kind``: what a field holds, as small pieces of source.

A kind writes pieces of Python which :mod:`bocore.entities.generate` joins into one function an entity; per-value method calls would cost
more than the database does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs


@attrs.frozen
class Stored:
    """One column of a field: the suffix of its name, its stored kind, and the decimal places of a scaled integer."""

    suffix: str
    kind: str
    places: int | None = None


class Memo(dict[Any, Any]):
    """Remembers what a pure conversion gave, up to a limit: dates are few, and converting one costs more than looking it up."""

    def __init__(self, convert: Callable[[Any], Any], limit: int = 50_000) -> None:
        super().__init__()
        self.convert = convert
        self.limit = limit

    def __missing__(self, key: Any) -> Any:
        if len(self) >= self.limit:
            self.clear()
        value = self[key] = self.convert(key)
        return value


class Kind:
    """What a field holds. ``bad`` is source that is true for a value ``v`` which can't be stored as it is."""

    stored: tuple[Stored, ...] = ()
    doc = "value"

    def bad(self) -> str:
        raise NotImplementedError

    def convert(self, value: Any) -> Any:
        """Return a value that can be stored, or raise ValueError with the reason."""
        raise ValueError(f"is {type(value).__name__} {value!r}")

    def store(self, var: str) -> list[str]:
        """Source of the driver values, one a column, of the value named ``var`` (never None)."""
        return [var]

    def differs(self, var: str, *columns: str) -> str:
        """Source that is true where the value named ``var`` (never None) is another than what ``columns`` were read from."""
        return " or ".join(f"{stored} != {column}" for stored, column in zip(self.store(var), columns, strict=True))

    def load(self, *columns: str) -> str:
        """Source of the value read from the driver values named ``columns`` (the first is not None)."""
        return columns[0]

    def load_into(self, target: str, *columns: str) -> list[str]:
        """Source lines that put the value read into ``target``."""
        return [f"{target} = {self.load(*columns)}"]

    def helpers(self) -> dict[str, Any]:
        """Names that the source of this kind uses."""
        return {}
