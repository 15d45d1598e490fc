"""What the database remembers of plugins: which were here, and whether they own tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bocore.plugins.recorded import RecordedPlugin

if TYPE_CHECKING:
    from bocore.plugins import PluginHost
    from bocore.storage.session import Session


def recorded_plugins(session: Session) -> list[RecordedPlugin]:
    """The plugins that were installed when the database was last migrated."""
    owners = {entity.split("_", 1)[0] for (entity,) in session.execute("SELECT DISTINCT entity FROM bo_shape").fetchall()}
    rows = session.execute("SELECT prefix, distribution, version, state FROM bo_plugin ORDER BY prefix").fetchall()
    return [
        RecordedPlugin(name=prefix, version=version, state=state, owns_data=_owns(prefix, owners, session), distribution=distribution)
        for prefix, distribution, version, state in rows
    ]


def _owns(prefix: str, owners: set[str], session: Session) -> bool:
    if prefix.split("_", 1)[0] not in owners:
        return False
    found = session.execute("SELECT 1 FROM bo_shape WHERE entity >= ? AND entity < ? LIMIT 1", (f"{prefix}_", f"{prefix}`")).fetchone()
    return found is not None


def record_plugins(session: Session, host: PluginHost) -> None:
    """Remember the loaded plugins and their purposes; one that was detached and is here again is attached."""
    for state in host.plugins:
        if state.state == "loaded" and state.plugin is not None and state.prefix != "bo":
            session.execute(
                "INSERT INTO bo_plugin (prefix, distribution, version, state) VALUES (?, ?, ?, 'attached') "
                "ON CONFLICT (prefix) DO UPDATE SET distribution = excluded.distribution, version = excluded.version, state = 'attached'",
                (state.prefix, state.distribution, state.version),
            )
            session.many(
                "INSERT INTO bo_purpose (purpose, fallback, plugin) VALUES (?, ?, ?) "
                "ON CONFLICT (purpose) DO UPDATE SET fallback = excluded.fallback, plugin = excluded.plugin",
                [(purpose, fallback, state.prefix) for purpose, fallback in state.plugin.purposes.items()],
            )


def recorded_purposes(session: Session) -> dict[str, str]:
    """Purpose → what it falls back to, of every plugin that was ever here."""
    return dict(session.execute("SELECT purpose, fallback FROM bo_purpose").fetchall())


def set_state(session: Session, prefix: str, state: str) -> bool:
    """Note that a plugin was detached or attached; False where it was never here."""
    return bool(session.execute("UPDATE bo_plugin SET state = ? WHERE prefix = ?", (state, prefix)).rowcount == 1)
