"""Plugins that a database remembers, and what it means when one of them is not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from bocore.errors import Finding, PluginError
from bocore.plugins.discovery import installed

if TYPE_CHECKING:
    from bocore.plugins.host import PluginHost


@attrs.frozen
class RecordedPlugin:
    """What a database knows of a plugin: when it was last here, whether it has tables, and whether it was detached on purpose."""

    name: str
    version: str
    state: str
    owns_data: bool
    distribution: str = ""


def missing_owners(recorded: Iterable[RecordedPlugin], host: PluginHost) -> list[Finding]:
    """A finding for each plugin that owns data here and is not loaded: without its rules and hooks, writing would make wrong books.

    An empty list means that writes are safe. Detached plugins are passed over: an administrator decided to go on without them.
    """
    states = {state.name: state for state in host.plugins}
    findings = []
    for one in recorded:
        here = states.get(one.name)
        if not one.owns_data or one.state == "detached" or (here is not None and here.state == "loaded"):
            continue
        which = f"{one.name!r} ({one.version})" if one.version else repr(one.name)
        if here is None and any(candidate.name == one.name for candidate in installed()):
            reason = "is installed, but not among the plugins of this application"
            fix = f"Add {one.name!r} to plugins=[…], or leave plugins out to have all that are installed"
        elif here is None:
            reason = "is not installed"
            fix = f"pip install {one.distribution}" if one.distribution else f"Install {which} again"
        else:
            reason = f"is {here.state}: {here.reason}"
            fix = here.fix
        findings.append(
            Finding(
                PluginError.code,
                f"The plugin {which} owns data here and {reason.rstrip('.')}; until it is back, nothing is written.",
                fix=f"{fix.rstrip('.')}. To go on without it: bo plugin detach {one.name} --reason TEXT.",
                plugin=one.name,
            )
        )
    return findings
