"""What must be kept of a person: the answers of ``bo_retention``, checked, and spread over the rows that they name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import attrs

from bocore.entities import Entity, spec_of
from bocore.erasure.finding import parts_of
from bocore.errors import Finding, PluginError

if TYPE_CHECKING:
    from bocore.kernel.party import Party
    from bocore.uow import UnitOfWork


@attrs.frozen
class Reason:
    """Why something is kept, and until when; ``until`` is None while who named it goes on naming it.

    :param fields: the names of the fields that are kept; None for all personal ones.
    """

    code: str
    message: str
    until: date | None
    fields: frozenset[str] | None = None


Kept = dict[tuple[type, int], list[Reason]]
"""Entity and row → why it is kept."""


def ask(uow: UnitOfWork, party: Party) -> Kept:
    """Ask every plugin what must be kept of a person. What they answer is not written by them: they only read.

    A row that is named without fields is kept with all that is a part of it: its children and what extends them.

    :raises PluginError: an answer names no row, or no date that can be understood; nobody can erase anything before it is mended.
    """
    phase, uow._phase = uow._phase, "checking" if uow._phase == "open" else uow._phase
    try:
        named = [_checked(uow, finding) for given in uow.hook.bo_retention(uow=uow, party=party) for finding in _several(uow, given)]
    finally:
        uow._phase = phase
    by_reason: dict[Reason, dict[type, set[int]]] = {}
    for row, reason in named:
        if reason.until is None or reason.until >= uow.now().date():
            by_reason.setdefault(reason, {}).setdefault(type(row), set()).add(row.id)
    kept: Kept = {}
    for reason, rows in by_reason.items():
        whole = rows if reason.fields is not None else parts_of(uow._app, uow._touch(), rows)
        for place in ((cls, ident) for cls, ids in whole.items() for ident in sorted(ids)):
            _join(kept.setdefault(place, []), reason)
    return kept


def _several(uow: UnitOfWork, given: Any) -> Iterable[Any]:
    if isinstance(given, (Finding, str)) or not isinstance(given, Iterable):
        raise _wrong(uow, f"with {type(given).__name__}, and not with several findings")
    return given


def _checked(uow: UnitOfWork, finding: Any) -> tuple[Entity, Reason]:
    if not isinstance(finding, Finding):
        raise _wrong(uow, f"with {type(finding).__name__}")
    row, given = finding.at, finding.params
    if not isinstance(row, Entity):
        raise _wrong(uow, f"with {finding.code}, which names no row")
    if "until" not in given or not (given["until"] is None or type(given["until"]) is date):
        raise _wrong(uow, f"with {finding.code}, which has {repr(given['until']) if 'until' in given else 'nothing'} for a day")
    fields = given.get("fields")
    if fields is None:
        return row, Reason(finding.code, finding.message, given["until"])
    unknown = [str(name) for name in fields if name not in spec_of(type(row)).fields]
    if isinstance(fields, str) or unknown:
        raise _wrong(uow, f"with {finding.code}, which names fields that {type(row).__name__} has not: {', '.join(unknown)}")
    return row, Reason(finding.code, finding.message, given["until"], frozenset(fields))


def _wrong(uow: UnitOfWork, how: str) -> PluginError:
    who = ", ".join(name for name in uow._app.host.implementers("bo_retention") if name != "bocore")
    fix = "A plugin answers with findings: Finding(code, message, row, until=date(…)); see the reference of hooks."
    return PluginError(f"A plugin answers bo_retention {how}; {who} answer it. Nobody can be erased before it is mended.", fix=fix)


def _join(reasons: list[Reason], new: Reason) -> None:
    """Of the same reason twice the later day counts."""
    for i, old in enumerate(reasons):
        if (old.code, old.fields) == (new.code, new.fields):
            if old.until is not None and (new.until is None or new.until > old.until):
                reasons[i] = new
            return
    reasons.append(new)
