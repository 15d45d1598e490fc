"""Ledgers to read: written out in a test, or the published ones."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from bocore import BackOffice, Finding, Grant, Refused, User
from bocore_beancount.ledger import Ledger
from bocore_beancount.read import read

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "accounting" / "beancount"

EVERYTHING = r"""
    option "title" "Anna's \"books\" \\ 2023"
    option "operating_currency" "EUR"
    option "operating_currency" "USD"
    option "name_income" "Revenue"
    option "booking_method" "FIFO"
    2020-01-01 commodity VTI
      name: "Total market"
      weight: 2.50
      quoted: TRUE
      hidden: FALSE
      since: 2001-05-24
      target: 250.00 USD
      broker: Assets:Broker
      nothing:
    2020-01-01 open Assets:Broker VTI,USD "STRICT"
      number: "0815"
    2020-01-01 open Assets:Fifo
    2020-01-01 open Assets:Größe
    2020-01-01 open Revenue:Übriges
    2020-01-01 open Equity:Start
    2020-01-02 ! "Broker" "First
    and \"second\" \\ line" #a-b ^inv/1 ^inv.2
      note: "Rückfrage\tnötig"
      P Assets:Broker  3 VTI {{100.00 USD, "lot \"A\""}}
        bought-at: 2020-01-02
      ! Assets:Broker  -100.00 USD
    2020-01-02 * ""
    2020-01-02 P "" ""
      Assets:Größe  1.00 EUR
      Revenue:Übriges
    2020-01-03 & "Sold with a gain"
      Assets:Broker  -1 VTI {"lot \"A\""} @ 40.123456789 USD
      Assets:Broker  40.12 USD
      Revenue:Übriges
    2020-01-04 # "Two lots, the older goes first"
      Assets:Fifo   5 VTI {10.00 USD}
      Assets:Broker
    2020-01-05 T "Two lots, the older goes first"
      Assets:Fifo   5 VTI {20.00 USD}
      Assets:Broker
    2020-01-06 * "Seven"
      Assets:Fifo   -7 VTI {}
      Assets:Broker  90.00 USD
    2020-01-07 * "Exchange"
      Assets:Größe    7.00 EUR @@ 8.01 USD
      Assets:Broker  -8.01 USD
    2020-02-01 balance Assets:Größe 8.00 EUR
    2020-02-01 balance Assets:Fifo 3.1 ~ 0.2 VTI
    2020-02-01 price VTI 250.12345 USD
      source: "exchange"
    2020-02-02 note Assets:Größe "Called \"them\"" #tag ^link
    2020-02-02 event "location" "Wien"
    2020-02-02 query "cash" "SELECT account"
    2020-02-02 custom "budget" "food" 12.50 TRUE 2020-01-01 Assets:Größe 1.50 EUR
    2020-03-01 close Equity:Start
"""


@pytest.fixture(scope="session")
def everything() -> str:
    """A ledger with everything that beancount can say."""
    return EVERYTHING


@pytest.fixture(scope="session")
def bo_plugins() -> list[ModuleType]:
    """The books, and beancount."""
    import bocore_accounting.plugin
    import bocore_beancount.plugin

    return [bocore_accounting.plugin, bocore_beancount.plugin]


@pytest.fixture(scope="session")
def bo_company() -> Mapping[str, str]:
    """A company that counts in the currency of beancount's examples."""
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
    """Import a ledger that is given as text; returns the codes of the findings, and how many entries are new."""

    def run(text: str, name: str = "books.beancount", **options: object) -> tuple[list[str], int]:
        path = tmp_path / name
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        result = bo.import_file("beancount", path, actor="ann", options=options)
        return [finding.code for finding in result.findings], result.added.get("accounting_entry", 0)

    return run


@pytest.fixture
def given_out(bo: BackOffice, tmp_path: Path) -> Callable[[], Ledger]:
    """Export the books, have bean-check say nothing of them, and read them back."""
    from beancount.scripts import check
    from click.testing import CliRunner

    def run() -> Ledger:
        path = tmp_path / "out.beancount"
        bo.export("beancount", path, actor="ann")
        checked = CliRunner().invoke(check.main, ["--no-cache", str(path)])
        assert (checked.exit_code, checked.output) == (0, "")
        return read(path)

    return run


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
