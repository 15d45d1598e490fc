"""Bringing a database up to the code: numbered migrations a plugin, in plugin order, all or nothing.

Each plugin has a version table of its own (``bo_version_vet``), so that uninstalling one can't break another. alembic is imported
only when a migration runs or is written; an application that has nothing to bring up never sees it.
"""

from bocore.migrate.authoring import differences, new
from bocore.migrate.upgrading import check, current, pending, refuse_newer, upgrade

__all__ = ["check", "current", "differences", "new", "pending", "refuse_newer", "upgrade"]
