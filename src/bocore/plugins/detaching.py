"""Detaching: an administrator decides to go on without a plugin that owns data here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bocore.errors import Finding, NotFound, Refused
from bocore.uow.events import event

if TYPE_CHECKING:
    from bocore.app import BackOffice


@event("bo.plugin_detached")
class PluginDetached:
    """A plugin's rules and hooks no longer hold here; its tables stay."""

    plugin: str
    version: str


def detach(app: BackOffice, name: str, *, actor: str, reason: str) -> None:
    """Let the database be written without a plugin that is not loaded; leaves a commit record that says who and why.

    :raises Refused: the plugin is loaded, so there is nothing to go on without.
    :raises NotFound: this database has never had it.
    """
    from bocore.storage.recorded import recorded_plugins, set_state

    loaded = next((state for state in app.host.plugins if state.name == name and state.state == "loaded"), None)
    if loaded is not None:
        message = f"The plugin {name!r} is loaded; only one that is gone can be detached."
        fix = f"Uninstall {loaded.distribution or name} first, or set BOCORE_BLOCK={name}."
        raise Refused([Finding("bo.plugin_loaded", message, fix=fix)])
    before, app._may_write = app._may_write, True  # its absence is what is being decided, so it must not stop this
    try:
        with app.unit_of_work(actor=actor, reason=reason) as uow:
            session = uow._touch()
            known = {one.name: one for one in recorded_plugins(session)}
            if name not in known:
                raise NotFound(f"This database has never had a plugin {name!r}.", fix=f"It had: {', '.join(known) or 'none'}.")
            set_state(session, name, "detached")
            uow.emit(PluginDetached(plugin=name, version=known[name].version))
    finally:
        app._may_write = before
