"""Rates of exchange: the latest one counts, either way round; and what is counted in that is no currency of ISO 4217."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bocore import BackOffice, Currency, Line, Money, NotFound, Rate, Refused, UsageError, Voucher, find_rate, posted_from
from bocore.testing import posted


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


def rate(currency: str, to: str, on: str, value: str, **more: Any) -> Rate:
    return Rate(currency=currency, to_currency=to, on=date.fromisoformat(on), rate=Decimal(value), **more)


def test_the_latest_rate_on_the_day_or_before_counts(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([rate("USD", "EUR", "2026-01-01", "0.90"), rate("USD", "EUR", "2026-01-05", "0.93")])
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 4)) == Decimal("0.90")
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 5)) == Decimal("0.93")
        assert find_rate(uow, "USD", "EUR", date(2026, 3, 1)) == Decimal("0.93")
        assert find_rate(uow, "EUR", "EUR", date(2020, 1, 1)) == 1


def test_a_rate_the_other_way_round_is_inverted_to_28_digits(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(rate("EUR", "USD", "2026-01-01", "1.1"))
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 1)) == Decimal("0.9090909090909090909090909091")
        uow.add(rate("USD", "EUR", "2026-01-01", "0.91"))
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 1)) == Decimal("0.91"), "the direct rate of the same day goes first"
        uow.add(rate("EUR", "USD", "2026-01-02", "1.25"))
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 2)) == Decimal("0.8"), "a later rate goes first, whatever its direction"


def test_kinds_and_sources_are_kept_apart(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([
            rate("USD", "EUR", "2026-01-01", "0.92", source="Fed"),
            rate("USD", "EUR", "2026-01-01", "0.90", source="ECB"),
            rate("USD", "EUR", "2026-01-01", "0.95", kind="closing"),
        ])  # fmt: skip
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 1)) == Decimal("0.90"), "the first source by name"
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 1), "closing") == Decimal("0.95")
        with pytest.raises(UsageError, match=r"no kind of rate.*spot, closing"):
            find_rate(uow, "USD", "EUR", date(2026, 1, 1), "sport")
    with pytest.raises(Refused, match="has the same"), bo.unit_of_work(actor="ann") as uow:
        uow.add(rate("USD", "EUR", "2026-01-01", "0.99", source="ECB"))


def test_a_rate_that_is_missing_is_named_with_the_remedy(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(rate("USD", "EUR", "2026-01-02", "0.90"))
        with pytest.raises(NotFound) as missing:
            find_rate(uow, "USD", "EUR", date(2026, 1, 1))
    (finding,) = missing.value.findings
    assert finding.code == "bo.no_rate"
    assert "no spot rate from USD to EUR on 2026-01-01" in finding.message
    assert 'Rate(currency="USD", to_currency="EUR"' in finding.fix


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (rate("USD", "USD", "2026-01-01", "1"), "to itself"),
        (rate("USD", "ERU", "2026-01-01", "1"), "'ERU' is no currency"),
        (rate("USD", "EUR", "2026-01-01", "0"), "must be > 0"),
        (rate("USD", "EUR", "2026-01-01", "1", kind="sport"), "kind"),
    ],
)
def test_a_rate_that_can_not_be_is_refused(bo: BackOffice, row: Rate, said: str) -> None:
    with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann") as uow:
        uow.add(row)


def test_points_are_counted_once_they_are_declared_and_converted_once_they_have_a_rate(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Currency(code="POINTS", exponent=0, name="Points of the club"), rate("POINTS", "EUR", "2026-01-01", "0.005")])
    with bo.unit_of_work(actor="ann") as uow:
        points = Money("1500", uow.tokens["POINTS"])
        uow.post(Voucher("club:1", "club.gift", [Line("expense", points), Line("stored_value", -points)]))
    (record,) = posted(bo)
    assert [line.amount for line in posted_from(record).voucher.lines] == [points, -points]
    assert [str(line.base) for line in posted_from(record).voucher.lines] == ["7.50 EUR", "-7.50 EUR"]


def test_a_currency_that_can_not_be_is_refused(bo: BackOffice) -> None:
    for row, said in ((Currency(code="EUR", exponent=2), "ISO 4217"), (Currency(code="A B", exponent=2), "can't be the code")):
        with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann") as uow:
            uow.add(row)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Currency(code="POINTS", exponent=0))
    with pytest.raises(Refused, match="exponent"), bo.unit_of_work(actor="ann") as uow:
        found = uow.find(Currency, code="POINTS")
        assert found is not None
        found.exponent = 2
