"""Detaching: an administrator decides to go on without a plugin that owns data here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bocore.errors import Finding, NotFound, Refused
from bocore.record.canonical import canonical_text
from bocore.record.changes import ChangesWriter
from bocore.record.commit import append_record
from bocore.storage.ids import reserve
from bocore.uow.events import event, plain_event

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session


@event("bo.plugin_detached")
class PluginDetached:
    """A plugin's rules and hooks no longer hold here; its tables stay."""

    plugin: str
    version: str


def detach(app: BackOffice, name: str, *, actor: str, reason: str) -> None:
    """Let the database be written without a plugin that is not loaded; leaves a commit record that says who and why.

    It works in a database that is older than the code, too: data steps of migrations wait for plugins that own data, as all writing does.

    :raises Refused: the plugin is loaded, so there is nothing to go on without.
    :raises NotFound: this database has never had it.
    """
    from bocore.migrate import refuse_newer
    from bocore.storage.recorded import recorded_plugins, set_state

    loaded = next((state for state in app.host.plugins if state.name == name and state.state == "loaded"), None)
    if loaded is not None:
        message = f"The plugin {name!r} is loaded; only one that is gone can be detached."
        fix = f"Uninstall {loaded.distribution or name} first, or set BOCORE_BLOCK={name}."
        raise Refused([Finding("bo.plugin_loaded", message, fix=fix)])
    for where, text in (("actor", actor), ("reason", reason)):
        canonical_text(text, at=where)
    session = app._connect()
    try:
        session.begin(write=True)
        refuse_newer(app, session)
        known = {one.name: one for one in recorded_plugins(session)}
        if name not in known:
            raise NotFound(f"This database has never had a plugin {name!r}.", fix=f"It had: {', '.join(known) or 'none'}.")
        set_state(session, name, "detached")
        _record(app, session, PluginDetached(plugin=name, version=known[name].version), actor, reason)
        session.commit()
    finally:
        session.close()


def _record(app: BackOffice, session: Session, what: PluginDetached, actor: str, reason: str) -> None:
    """The commit record, without a unit of work: whose rules would not hold, and which an older database does not let begin."""
    unit = reserve(session, "bo_commit", 1) - 1
    append_record(session, ChangesWriter(), unit=unit, at=app.clock(), actor=actor, reason=reason, events=[plain_event(what)])
