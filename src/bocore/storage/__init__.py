"""Where rows live: engines, column types, internal tables and blocks of ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

stand_in: Callable[[Any], tuple[Any, str | None]] | None = None
"""For ``bocore.testing`` alone, which lets a schema of a server stand in for the file that a test names: returns URL and tenant."""
