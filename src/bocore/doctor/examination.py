"""The list of what is looked at, and the looking: each check has a session of its own, so that one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import attrs

from bocore.errors import BocoreError

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session

State = Literal["ok", "warning", "wrong"]


@attrs.frozen
class Check:
    """What was looked at, how it is, and what to do.

    :param state: ``ok``; ``warning``: it works, and something may be lost or stop; ``wrong``: it does not work as it must.
    """

    name: str
    state: State
    what: str
    remedy: str = ""


Found = Iterator[Check]


@attrs.frozen
class Patient:
    """What a check looks at."""

    app: BackOffice
    session: Session


def examine(app: BackOffice, *, deep: bool = False) -> list[Check]:
    """Look at everything that can be seen from here, and change nothing.

    :param deep: also read every page of a SQLite file and recompute what plugins keep derived: that takes a while.
    """
    found: list[Check] = []
    for name, check in _checks(app, deep):
        try:
            with app.looking() as session:
                found += check(Patient(app, session))
        except BocoreError as error:
            found += [Check(name, "wrong", finding.message, finding.fix) for finding in error.findings]
            if name == "tables":
                break  # nothing else can be looked at
    return found


def _checks(app: BackOffice, deep: bool) -> Iterator[tuple[str, Callable[[Patient], Found]]]:
    from bocore.doctor import both, on_postgresql, on_sqlite

    engine = on_sqlite if app.database.name == "sqlite" else on_postgresql
    modules = [both.CHECKS, engine.CHECKS, *([both.DEEP, engine.DEEP] if deep else [])]
    for checks in modules:
        for check in checks:
            yield check.__name__.replace("_", " "), check
