"""A firm that is to be registered for Umsatzsteuer."""

from __future__ import annotations

import pytest

from bocore import BackOffice
from bocore_tax.testing import Taxpayer


@pytest.fixture(scope="session")
def bo_plugins() -> list[str]:
    return ["accounting", "tax", "tax_de"]


@pytest.fixture
def firm(bo: BackOffice) -> Taxpayer:
    return Taxpayer(bo, "DE")
