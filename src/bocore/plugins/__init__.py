"""Plugins: the value that declares one, the decorators, the hooks, and the host that loads them all."""

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
from bocore.plugins.hooks import hookimpl, hookspec
from bocore.plugins.host import PluginHost, PluginState
from bocore.plugins.options import Option, options_of
from bocore.plugins.recorded import RecordedPlugin, missing_owners
from bocore.plugins.spec import Plugin

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
