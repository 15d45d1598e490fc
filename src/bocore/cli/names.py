"""What plugins add to ``bo --help``: read from metadata, so that no plugin is imported for it."""

from __future__ import annotations

import os
import sys
from functools import cache

GROUP = "bocore.commands"
"""Entry points of commands that are written in click: ``vet = "acme_vet.commands:vet"``."""


def command_lines() -> dict[str, str]:
    """Command → its help line, the Summary of its distribution; plugins that are blocked are left out."""
    return _lines(tuple(sys.path), os.environ.get("BOCORE_BLOCK", ""))


@cache
def _lines(path: tuple[str, ...], block: str) -> dict[str, str]:
    from bocore.plugins.discovery import summaries

    blocked = {word.strip() for word in block.split(",")}
    lines = {**summaries(GROUP), **summaries()}
    return {name: lines[name] or "…" for name in sorted(lines) if name not in blocked}
