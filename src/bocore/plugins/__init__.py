"""Plugins: the value that declares one, the decorators, the hooks, and the host that loads them all.

Names are imported on first use: ``bo --help`` reads which plugins there are without pluggy and the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bocore.plugins.declare import (
        Declaration,
        Exporter,
        Importer,
        Job,
        Report,
        Service,
        declaration_of,
        declared_in,
        exporter,
        importer,
        job,
        report,
        service,
        undecorated,
    )
    from bocore.plugins.discovery import summaries
    from bocore.plugins.hooks import concerns, hookimpl, hookspec
    from bocore.plugins.host import PluginHost, PluginState
    from bocore.plugins.options import Option, options_of
    from bocore.plugins.recorded import RecordedPlugin, missing_owners
    from bocore.plugins.spec import Plugin

_HOMES = {
    "declare": "Declaration Exporter Importer Job Report Service declaration_of declared_in exporter importer job report service"
    " undecorated",
    "discovery": "summaries",
    "hooks": "concerns hookimpl hookspec",
    "host": "PluginHost PluginState",
    "options": "Option options_of",
    "recorded": "RecordedPlugin missing_owners",
    "spec": "Plugin",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "Declaration",
    "Exporter",
    "Importer",
    "Job",
    "Option",
    "Plugin",
    "PluginHost",
    "PluginState",
    "RecordedPlugin",
    "Report",
    "Service",
    "concerns",
    "declaration_of",
    "declared_in",
    "exporter",
    "hookimpl",
    "hookspec",
    "importer",
    "job",
    "missing_owners",
    "options_of",
    "report",
    "service",
    "summaries",
    "undecorated",
]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"bocore.plugins has no public name {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"bocore.plugins.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
