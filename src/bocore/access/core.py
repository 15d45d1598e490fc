"""``@in_core``: functions of the core that read and write on behalf of whoever calls them, and check themselves what that one may ask."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


def in_core(function: F) -> F:
    """Run a function with the core's own authority, whoever calls it; its first parameter is the unit of work.

    For what follows from a call that was allowed: the exception that lets somebody post late, the set of dimensions of a line. What it
    returns must be nothing that the caller may not see.
    """

    @functools.wraps(function)
    def run(uow: Any, *given: Any, **named: Any) -> Any:
        if uow._free:
            return function(uow, *given, **named)
        uow.authority  # noqa: B018 - whoever is nobody gets no further
        with uow.core():
            return function(uow, *given, **named)

    return cast("F", run)
