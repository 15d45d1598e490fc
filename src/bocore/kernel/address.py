"""The parts of a postal address, said once for every entity that has one."""

from __future__ import annotations

from typing import Any

from bocore.entities import field

_PARTS: dict[str, tuple[int, str]] = {
    "lines": (500, "street, house and what else, one line each"),
    "postcode": (20, ""),
    "city": (100, ""),
    "region": (100, "state, county or province, where it belongs to an address"),
    "country": (2, "ISO 3166-1 alpha-2"),
}


def address_part(name: str, **metadata: Any) -> Any:
    """A field of an address: ``lines``, ``postcode``, ``city``, ``region`` or ``country``; empty unless told."""
    length, doc = _PARTS[name]
    if doc:
        metadata["doc"] = doc
    return field(default="", max_length=length, **metadata)
