"""Ledgers to read: written out in a test, or the published ones."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from bocore import Finding, Refused
from bocore_beancount.ledger import Ledger
from bocore_beancount.read import read

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "accounting" / "beancount"


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[[str], Ledger]:
    """Read a ledger that is given as text."""

    def read_text(text: str) -> Ledger:
        path = tmp_path / "books.beancount"
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return read(path)

    return read_text


@pytest.fixture
def refusal(ledger: Callable[[str], Ledger]) -> Callable[[str], list[Finding]]:
    """Why a ledger that is given as text is refused; the line of each finding is its ``at`` after the colon."""

    def refused(text: str) -> list[Finding]:
        with pytest.raises(Refused) as caught:
            ledger(text)
        return caught.value.findings

    return refused


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder with beancount's published examples and what beancount itself says of them."""
    if not SAMPLES.is_dir():
        pytest.skip("the sample ledgers are not on this machine")
    return SAMPLES
