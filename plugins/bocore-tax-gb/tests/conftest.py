"""A firm that is registered for VAT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bocore import BackOffice
from bocore_tax import TaxRegistration
from bocore_tax.testing import Taxpayer


@pytest.fixture(scope="session")
def bo_plugins() -> list[str]:
    return ["accounting", "tax", "tax_gb"]


@pytest.fixture
def firm(tmp_path: Path, bo_plugins: list[str], clock: Any) -> Iterator[Taxpayer]:
    with BackOffice(tmp_path / "gb.db", plugins=bo_plugins, clock=clock).init(company="Acme Ltd", currency="GBP") as bo:
        made = Taxpayer(bo, "GB")
        made.register(date(2026, 1, 1), "GB 980 7806 84")
        yield made


@pytest.fixture
def long_ago(firm: Taxpayer) -> Callable[..., Any]:
    """The same firm, registered since 1973."""
    with firm.work() as uow:
        uow.select(TaxRegistration).one().since = date(1973, 4, 1)
    return firm.taxes
