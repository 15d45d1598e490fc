"""Stock with a catalogue and books, in a company that counts in euros."""

from __future__ import annotations

import pytest

from bocore import BackOffice
from bocore_catalog import Item


@pytest.fixture(scope="session")
def bo_plugins() -> list[str]:
    return ["catalog", "inventory", "accounting"]


@pytest.fixture
def nail(bo: BackOffice) -> int:
    """An item that is kept in pieces."""
    with bo.unit_of_work(actor="ann") as uow:
        return uow.add(Item(code="NAIL", name="Nail", tax_class="standard")).id
