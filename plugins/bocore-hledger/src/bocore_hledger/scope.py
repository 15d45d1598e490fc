"""What directives have said so far: default year, decimal marks, default commodity. It ends with the file that says it."""

from __future__ import annotations

import attrs


@attrs.define
class Scope:
    """The state in which the lines of a file are read; an included file begins with a copy of it."""

    year: int | None = None
    mark: str | None = None
    marks: dict[str, str] = attrs.field(factory=dict)
    commodity: str = ""

    def copy(self) -> Scope:
        """One that an included file can change without changing this."""
        return attrs.evolve(self, marks=dict(self.marks))

    def mark_of(self, code: str) -> str | None:
        """The decimal mark of amounts in a commodity, where a directive has given one."""
        return self.mark or self.marks.get(code or self.commodity)
