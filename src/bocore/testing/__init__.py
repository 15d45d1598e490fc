"""For testing plugins: fixtures (``bo``, ``clock``) that pytest finds by itself, tests that every plugin must pass, a PostgreSQL server.

In a plugin's tests::

    from bocore.testing import conformance

    test_conformance = conformance("acme_vet.plugin")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bocore.testing.clock import FrozenClock
    from bocore.testing.conforming import conformance
    from bocore.testing.engines import host_engine
    from bocore.testing.jobs import run_job
    from bocore.testing.postgres import Server
    from bocore.testing.recorded import posted
    from bocore.testing.roles import as_role
    from bocore.testing.tampering import behind

__all__ = ["FrozenClock", "Server", "as_role", "behind", "conformance", "host_engine", "posted", "run_job"]

_HOMES = {
    "FrozenClock": "clock",
    "Server": "postgres",
    "as_role": "roles",
    "behind": "tampering",
    "conformance": "conforming",
    "host_engine": "engines",
    "posted": "recorded",
    "run_job": "jobs",
}


def __getattr__(name: str) -> Any:
    """Import on first use: the pytest plugin is loaded in every run of an environment, and must stay cheap there."""
    if name not in _HOMES:
        raise AttributeError(f"bocore.testing has no public name {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"bocore.testing.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
