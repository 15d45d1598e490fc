"""``Actor``: somebody whom the host of an embedded application vouches for."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs

from bocore.errors import UsageError
from bocore.record.canonical import canonical_text

NAME = re.compile(r"[^\s\x00-\x1f\x7f]+(?: [^\s\x00-\x1f\x7f]+)*")


def _names(value: Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _set(value: Iterable[str]) -> frozenset[str]:
    return frozenset(value)


def _companies(value: Iterable[str | int] | str | int | None) -> tuple[str | int, ...] | None:
    return None if value is None else (value,) if isinstance(value, (str, int)) else tuple(value)


@attrs.frozen
class Actor:
    """Somebody whom the program that embeds bocore vouches for: it knows its users itself, and gives each the roles that he has here.

    Recorded as ``name via clinic-app``, so that nobody takes the name for that of a user of this database.

    :param name: as the host knows him.
    :param roles: of plugins (``"vet.assistant"``) or of this firm's own.
    :param via: the host.
    :param companies: ids or codes of the companies that he works for; all of them unless told.
    """

    name: str
    roles: tuple[str, ...] = attrs.field(default=(), converter=_names)
    via: str = attrs.field(default="host", kw_only=True)
    companies: tuple[str | int, ...] | None = attrs.field(default=None, converter=_companies, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for what, text in (("name", self.name), ("via", self.via)):
            if type(text) is not str or not NAME.fullmatch(text):
                raise UsageError(f"The {what} of an Actor is {text!r}.", fix='Give words: Actor("ann@clinic", via="clinic-app").')
            canonical_text(text, at=what)

    @property
    def recorded(self) -> str:
        """The name on the record."""
        return f"{self.name} via {self.via}"


@attrs.frozen
class Scoped:
    """A user of this database who has signed in by a token that allows less than he may.

    :param permissions: the scopes of the token; what is in force is what both the user and the token allow.
    """

    user: str
    permissions: frozenset[str] = attrs.field(converter=_set)

    @property
    def recorded(self) -> str:
        """The name on the record."""
        return self.user


Who = str | Actor | Scoped
"""Whoever acts: the name of a user, somebody whom the host vouches for, or a user by a token."""
