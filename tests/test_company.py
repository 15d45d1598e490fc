"""A company's currency and time zone are real, and stay what its books are kept in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bocore import BackOffice, Company, Line, Money, Refused, Voucher


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    """A database with one company, and no plugin."""
    with BackOffice(tmp_path / "books.db", plugins=[]).init(company="Acme Ltd", currency="EUR") as office:
        yield office


def test_a_currency_or_zone_that_nobody_knows_is_refused_at_once(bo: BackOffice) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Company(code="B", name="B", currency="EUX", zone="Mars/Olympus"))
    assert [finding.field for finding in refused.value.findings] == ["currency", "zone"]


def test_the_currency_may_be_put_right_until_the_books_begin(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.currency = "USD"
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.company.currency == "USD"
        price = Money("1.00", "USD")
        uow.post(Voucher(key="1", kind="sale", posting_date=date(2026, 3, 1), text="", lines=[Line("cash", price), Line("sales", -price)]))
    with pytest.raises(Refused, match="VoucherRecord rows are kept in USD"), bo.unit_of_work(actor="ann") as uow:
        uow.company.currency = "EUR"
