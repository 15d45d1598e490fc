from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest

from bocore import BackOffice, Finding, Grant, Refused, User
from bocore_accounting.reports import trial_balance
from bocore_hledger.journal import Journal
from bocore_hledger.read import read

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "accounting" / "hledger"


@pytest.fixture(scope="session")
def bo_plugins() -> list[ModuleType]:
    """The books, and hledger."""
    import bocore_accounting.plugin
    import bocore_hledger.plugin

    return [bocore_accounting.plugin, bocore_hledger.plugin]


@pytest.fixture(scope="session")
def bo_company() -> Mapping[str, str]:
    """A company that counts in the currency of hledger's examples."""
    return {"company": "Acme Ltd", "currency": "USD"}


@pytest.fixture
def bo(bo: BackOffice) -> BackOffice:
    """Books that Ann keeps, who may do what an accountant may."""
    with bo.unit_of_work(actor="olga") as uow:
        uow.add(User(name="olga", owner=True))
        uow.add(Grant(user_id=uow.add(User(name="ann")).id, role="accounting.accountant"))
    return bo


@pytest.fixture
def take_in(bo: BackOffice, tmp_path: Path) -> Callable[..., tuple[list[str], int]]:
    """Import a journal that is given as text; returns the codes of the findings, and how many entries are new."""

    def run(text: str, name: str = "books.journal", **options: object) -> tuple[list[str], int]:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        result = bo.import_file("hledger", path, actor="ann", options=options)
        return [finding.code for finding in result.findings], result.added.get("accounting_entry", 0)

    return run


@pytest.fixture
def balances(bo: BackOffice) -> Callable[[], dict[str, Decimal]]:
    """The trial balance: account and commodity → balance."""

    def run() -> dict[str, Decimal]:
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            return {f"{row.account} {row.currency}": row.balance for row in trial_balance(uow)}

    return run


@pytest.fixture
def journal(tmp_path: Path) -> Callable[..., Journal]:
    """Read a journal that is given as text."""

    def read_text(text: str, **options: object) -> Journal:
        path = tmp_path / "books.journal"
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return read(path, **options)  # type: ignore[arg-type]

    return read_text


@pytest.fixture
def refusal(journal: Callable[..., Journal]) -> Callable[..., list[tuple[str, int]]]:
    """Why a journal that is given as text is refused: code and line of each finding, in their order."""

    def refused(text: str, **options: object) -> list[tuple[str, int]]:
        with pytest.raises(Refused) as caught:
            journal(text, **options)
        assert all(finding.fix for finding in caught.value.findings)
        return [placed(finding) for finding in caught.value.findings]

    return refused


def placed(finding: Finding) -> tuple[str, int]:
    """A finding's code, without the prefix, and its line."""
    return finding.code.removeprefix("hledger."), int(str(finding.at).rpartition(":")[2] or 0)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder with hledger's published examples and what hledger itself says of them."""
    if not SAMPLES.is_dir():
        pytest.skip("the sample journals are not on this machine")
    return SAMPLES
