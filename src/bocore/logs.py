"""What bocore tells the log of a machine: names of events, ids and codes, and nothing that anybody typed.

A host that embeds bocore hears it through logging, on the logger ``bocore``, and is told nothing unless it asks. Whatever is not known
here is dropped, and whatever is no number and no name of code is masked: so a log has no names of people, no amounts, no passwords, no
values of SQL, and no line that somebody else made up.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TextIO

import orjson

KNOWN = frozenset({
    "event", "unit", "user", "job", "name", "attempt", "state", "codes", "permission", "error", "trace", "sqlstate", "plugin", "migration",
})  # fmt: skip
"""What an event may carry; ``user`` is an id, ``error`` the class of an exception, ``trace`` its places in code."""
MASK = "***"
MOST = 40
"""Codes or places of one event."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,99}", re.ASCII)
_ROOT = logging.getLogger("bocore")
_ROOT.addHandler(logging.NullHandler())  # silent until the host, or bo, asks


def tell(area: str, event: str, level: int = logging.INFO, **fields: Any) -> None:
    """Log an event: ``tell("jobs", "job.failed", logging.WARNING, job=17, name="acme.send", error=failure)``.

    :param area: the end of the logger's name: ``bocore.jobs``.
    :param fields: of :data:`KNOWN`; an exception becomes its class, its codes and its places in code, without what it says.
    """
    if logging.getLogger(f"bocore.{area}").isEnabledFor(level):
        _logger(area).log(level, event, **fields)


@cache
def _logger(area: str) -> Any:
    import structlog

    return structlog.wrap_logger(
        logging.getLogger(f"bocore.{area}"), processors=[of_errors, masked, _rendered], wrapper_class=structlog.stdlib.BoundLogger
    )


def refused(error: BaseException, unit: int | None) -> None:
    """Log that a unit of work ended without a commit: by a refusal of access, by another of bocore's, or by what nobody expected."""
    if not isinstance(error, Exception) or not _ROOT.isEnabledFor(logging.INFO):
        return
    from bocore.errors import BocoreError, NotAllowed, NotAuthenticated, UnknownActor

    if isinstance(error, (NotAllowed, NotAuthenticated, UnknownActor)):
        tell("access", "access.refused", logging.WARNING, error=error)
    elif isinstance(error, BocoreError):
        tell("unit", "unit.refused", unit=unit, error=error)
    else:
        tell("unit", "unit.failed", logging.WARNING, unit=unit, error=error)


# ---------------------------------------------------------------- what may be said


def of_errors(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its class, its codes, and where it was raised; never its text, which may quote anything."""
    from bocore.errors import UsageError

    error = event.get("error")
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        findings = getattr(error, "findings", None)
        if findings:
            event["codes"] = list(dict.fromkeys(finding.code for finding in findings))
            permissions = [finding.params["permission"] for finding in findings if "permission" in finding.params]
            if permissions:
                event["permission"] = permissions[0]
        if not findings or isinstance(error, UsageError):
            event["trace"] = list(_places(error))[-MOST:]
        state = getattr(error.__cause__ or error, "sqlstate", None)
        if state:
            event["sqlstate"] = f"s{state}"
    return event


def _places(error: BaseException) -> Iterator[str]:
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"{trace.tb_frame.f_globals.get('__name__', 'unknown')}:{code.co_name.strip('<>')}:{trace.tb_lineno}"
        trace = trace.tb_next


def masked(logger: Any, method: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is known, and of that only numbers and names of code."""
    return {name: _harmless(value) for name, value in event.items() if name in KNOWN and value is not None}


def _harmless(value: Any) -> Any:
    if isinstance(value, bool) or (isinstance(value, int) and -(2**63) <= value < 2**63):
        return value
    if isinstance(value, (list, tuple)):
        return [_harmless(one) for one in value[:MOST]]
    return str(value) if isinstance(value, str) and _NAME.fullmatch(value) else MASK


def _rendered(logger: Any, method: str, event: MutableMapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """One line of JSON as the message, for any formatter; and the fields themselves, for one that wants them."""
    return (orjson.dumps(event).decode().replace("%", "%%"),), {"extra": {"bocore": event}}


# ---------------------------------------------------------------- where it goes


class JsonLines(logging.Formatter):
    """A record as one line of JSON: when, how bad, which logger, and the event with its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = getattr(record, "bocore", None) or {"event": MASK}
        return orjson.dumps({"at": at, "level": record.levelname.lower(), "logger": record.name, **told}).decode()


@contextlib.contextmanager
def log_to(target: str | Path | TextIO, level: str | int = "INFO") -> Iterator[None]:
    """Write what bocore logs as lines of JSON, as long as the ``with`` lasts.

    :param target: a file, to whose end is written and which its owner alone can read; ``-`` for standard error; or an open text file.
    :param level: the least: DEBUG, INFO, WARNING, ERROR.
    """
    handler: logging.Handler
    if isinstance(target, (str, Path)) and str(target) != "-":
        from bocore.errors import StorageError

        try:
            stream: TextIO | None = open(target, "a", encoding="utf-8", opener=_own)  # noqa: SIM115 - closed below
        except OSError as error:
            raise StorageError(f"The log {target} can't be written: {error.strerror}.", fix="Name a file that you may write.") from None
        handler = logging.StreamHandler(stream)
    else:
        stream = None
        handler = logging.StreamHandler(sys.stderr if isinstance(target, (str, Path)) else target)
    handler.setFormatter(JsonLines())
    handler.setLevel(level)
    before = _ROOT.level
    _ROOT.addHandler(handler)
    if not _ROOT.isEnabledFor(handler.level):
        _ROOT.setLevel(handler.level)
    try:
        yield
    finally:
        _ROOT.removeHandler(handler)
        _ROOT.setLevel(before)
        if stream is not None:
            stream.close()


_own: Callable[[str, int], int] = lambda path, flags: os.open(path, flags, 0o600)  # noqa: E731
