"""``bo.run``: run a function in a unit of work, once, whatever happens: retried, and idempotent by its key."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import orjson

from bocore.entities import Entity, spec_of
from bocore.errors import KeyReused, UsageError
from bocore.record.canonical import canonical_bytes
from bocore.storage.database import is_busy
from bocore.uow.events import to_plain

if TYPE_CHECKING:
    from bocore.app import BackOffice

FOUND = "SELECT request, result FROM bo_commit WHERE key = ?"


def run(
    app: BackOffice, fn: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any], *, actor: str, reason: str | None,
    key: str | None, retries: int, company: Any, correlation: str | None,
) -> Any:
    """See :meth:`bocore.BackOffice.run`."""
    request = _request(fn, args, keywords)
    key = key or f"bo.run:{uuid.uuid4()}"
    for attempt in range(retries + 1):
        try:
            with app.unit_of_work(actor=actor, reason=reason, company=company, correlation=correlation) as uow:
                found = uow._touch().execute(FOUND, (key,)).fetchone()
                if found is not None:
                    return _replay(key, request, found)
                given = fn(uow, *args, **keywords)
                uow._closing.key, uow._closing.request = key, request
                uow._closing.result = lambda given=given: to_plain(given() if callable(given) else given)
            return uow._closing.kept
        except Exception as error:
            if attempt == retries or not is_busy(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * 2**attempt)  # noqa: S311 - spreads retries, hides nothing
    raise AssertionError("unreachable")


def _replay(key: str, request: str, found: tuple[str, str]) -> Any:
    if found[0] != request:
        raise KeyReused(f"The key {key!r} was used before with other arguments.", fix="Use a new key for a new request.")
    return orjson.loads(found[1]) if found[1] is not None else None


def _request(fn: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> str:
    """A hash of what was asked for."""
    for value in (*args, *keywords.values()):
        if isinstance(value, Entity) and not hasattr(value, "id"):
            raise UsageError(f"{value!r} was not added to any unit of work.", fix="Make it inside the function.")
    name = f"{getattr(fn, '__module__', '')}.{getattr(fn, '__qualname__', repr(type(fn)))}"
    plain = [name, [_argument(a) for a in args], {k: _argument(v) for k, v in keywords.items()}]
    return sha256(canonical_bytes(plain)).hexdigest()


def _argument(value: Any) -> Any:
    if isinstance(value, Entity):
        return [spec_of(type(value)).name, value.id]
    try:
        return to_plain(value)
    except UsageError:
        if isinstance(value, bytes):
            return sha256(value).hexdigest()
        if hasattr(value, "__fspath__"):
            return str(value)
        raise UsageError(
            f"An argument of type {type(value).__name__} can't be told apart in a retry.",
            fix="Pass numbers, text, dates, Money, attrs classes, lists and dicts to bo.run.",
        ) from None
