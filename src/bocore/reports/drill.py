"""From a figure to what it is made of: another report, with options taken from the row."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import attrs

from bocore.errors import DeclarationError
from bocore.values import plain_value


class Drill:
    """The report behind a figure: ``Drill("accounting.general-ledger", account="account", through="as_of")``.

    Each keyword is an option of that report; its value names a field of the row (which may be a hidden one, ``_since``), or else an option
    of the report that the row is in. A field that is a dict is asked for the key of the spread column. Where such a field is an empty text
    the figure leads nowhere, where it is None the option is left out. Options that both reports have under one name are passed on without
    being named.
    """

    __slots__ = ("options", "report")

    def __init__(self, report: str, /, **options: str) -> None:
        self.report = report
        self.options: Mapping[str, str] = options

    def __repr__(self) -> str:
        return f"Drill({', '.join([repr(self.report), *(f'{name}={value!r}' for name, value in self.options.items())])})"

    def check(self, row: type, name: str) -> None:
        """Raise DeclarationError for what can't be a report with options from a row."""
        named: list[object] = [self.report, *self.options.values()]
        wrong = [value for value in named if not isinstance(value, str) or not value]
        if wrong:
            raise DeclarationError(f"{row.__qualname__}.{name}: {self!r} names {wrong[0]!r}.", fix="Name a field of the row, as text.")

    def link(
        self, source: str, known: Collection[str], given: Mapping[str, Any], takes: Collection[str], row: Any, key: str | None = None
    ) -> Link | None:
        """Where the figure of a row leads; None where it leads nowhere.

        :param known: the options of the report ``source``, which the row is in.
        :param given: those that it was run with.
        :param takes: the options of the report behind the figure.
        :param key: of the spread column that the figure is in.
        :raises DeclarationError: the declaration names what none of them has.
        """
        if not self.options.keys() <= set(takes):
            wrong = ", ".join(sorted(self.options.keys() - takes))
            fix = f"It has: {', '.join(sorted(takes)) or 'none'}."
            raise DeclarationError(f"{self!r} names {wrong}, and {self.report} has no such option.", fix=fix)
        values = {name: value for name, value in given.items() if name in takes}
        for option, name in self.options.items():
            value = self._value(source, known, given, row, name, key)
            if value == "":
                return None
            values[option] = value
        return Link(self.report, {name: value for name, value in values.items() if value is not None})

    def _value(self, source: str, known: Collection[str], given: Mapping[str, Any], row: Any, name: str, key: str | None) -> Any:
        if hasattr(row, name):
            value = getattr(row, name)
            return value.get(key) if isinstance(value, Mapping) else value
        if name not in known:
            what = f"neither a field of {type(row).__qualname__} nor an option of {source}"
            raise DeclarationError(f"{self!r} names {name!r}, which is {what}.", fix="Name one of them.")
        return given.get(name)


@attrs.frozen
class Link:
    """A report and the options to run it with."""

    report: str
    options: Mapping[str, Any]

    @property
    def command(self) -> str:
        """What to type for it: ``bo report accounting.general-ledger --account 1000``."""
        words = ["bo", "report", self.report]
        for name, value in self.options.items():
            flag = name.strip("_").replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                for one in value if isinstance(value, (list, tuple)) else [value]:
                    words += [f"--{flag}", one.isoformat() if isinstance(one, date) else str(plain_value(one))]
        return shlex.join(words)

    @property
    def identity(self) -> tuple[Any, ...]:
        """Equal for two figures that lead to the same rows."""
        return (self.report, tuple(sorted((name, repr(plain_value(value))) for name, value in self.options.items())))
