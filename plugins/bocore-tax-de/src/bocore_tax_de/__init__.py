"""Umsatzsteuer of Germany as data for ``bocore-tax``. It has no names to import: install it."""

from __future__ import annotations

__version__ = "0.1.0"

__all__: list[str] = []
