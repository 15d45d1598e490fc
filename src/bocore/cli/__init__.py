"""``bo``: the reference command line, made from what plugins declare.

``bo --help`` imports neither SQLAlchemy nor a plugin: the groups of plugins come from the names of their entry points.
"""

from __future__ import annotations

from bocore.cli.root import bo

__all__ = ["bo", "main"]


def main() -> None:
    """Run ``bo`` with the arguments of the process, and exit: 0 done, 1 refused, 2 usage, 3 environment, 130 interrupted."""
    bo(prog_name="bo")
