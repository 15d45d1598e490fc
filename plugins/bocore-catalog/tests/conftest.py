"""A wholesaler's catalogue, without books."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bocore import Finding, Refused
from bocore_catalog import plugin


@pytest.fixture(scope="session")
def bo_plugins():
    return [plugin]


@pytest.fixture
def refused(bo: Any) -> Callable[[Callable[[Any], Any]], list[Finding]]:
    """What a unit of work of Ann's is refused for; it must be."""

    def act(work: Callable[[Any], Any]) -> list[Finding]:
        with pytest.raises(Refused) as refusal, bo.unit_of_work(actor="ann") as uow:
            work(uow)
        return refusal.value.findings

    return act
