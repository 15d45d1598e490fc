"""Rates of exchange: the latest one counts, either way round; and what is counted in that is no currency of ISO 4217."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bocore import (
    BackOffice,
    Currency,
    KernelSettings,
    Line,
    Money,
    NotFound,
    Rate,
    Refused,
    UsageError,
    Voucher,
    find_rate,
    posted_from,
    trace_rate,
    write_setting,
)
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


def test_a_source_can_be_asked_for_or_preferred(bo: BackOffice) -> None:
    day = date(2026, 1, 1)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([
            rate("USD", "EUR", "2026-01-01", "0.92", source="Fed"),
            rate("USD", "EUR", "2026-01-01", "0.90", source="ECB"),
            rate("EUR", "USD", "2026-01-01", "1.25", source="Bank"),
        ])  # fmt: skip
        assert find_rate(uow, "USD", "EUR", day, source="Fed") == Decimal("0.92")
        assert find_rate(uow, "USD", "EUR", day, source="Bank") == Decimal("0.8")
        with pytest.raises(NotFound, match=r"no spot rate of Treasury from USD") as missing:
            find_rate(uow, "USD", "EUR", day, source="Treasury")
        assert 'source="Treasury"' in missing.value.findings[0].fix
        write_setting(uow, KernelSettings, "rate_sources", "Fed, Treasury")
        assert find_rate(uow, "USD", "EUR", day) == Decimal("0.92")
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(rate("USD", "EUR", "2026-01-02", "0.91", source="ECB"))
        assert find_rate(uow, "USD", "EUR", date(2026, 1, 2)) == Decimal("0.91"), "a preferred source goes first on its day only"


def test_a_pair_that_nobody_publishes_is_compared_over_the_euro(bo: BackOffice) -> None:
    # Euro foreign exchange reference rates of the ECB, 2 January 2024: 1 EUR = 1.0956 USD = 0.86645 GBP = 155.96 JPY.
    day = date(2024, 1, 2)
    with bo.unit_of_work(actor="ann") as uow:
        for code, value in (("USD", "1.0956"), ("GBP", "0.86645"), ("JPY", "155.96")):
            uow.add(rate("EUR", code, "2024-01-02", value, source="ECB"))
        found = trace_rate(uow, "GBP", "USD", day)
        assert found.rate == Decimal(10956) / Decimal(10000) / Decimal("0.86645")
        assert str(found) == "GBP → EUR 0.86645 (ECB, 2024-01-02, inverted); EUR → USD 1.0956 (ECB, 2024-01-02)"
        uow.add(rate("CHF", "EUR", "2024-01-02", "1.07"))
        assert find_rate(uow, "CHF", "JPY", day) == Decimal("166.8772"), "exact: neither part is inverted"
        uow.add(rate("GBP", "USD", "2023-12-01", "1.25"))
        assert str(trace_rate(uow, "GBP", "USD", day)) == "GBP → USD 1.25 (2023-12-01)", (
            "an entered rate goes before one over a third currency"
        )
        assert str(trace_rate(uow, "EUR", "EUR", day)) == "the same currency"


def test_the_currency_between_can_be_another_or_none(bo: BackOffice) -> None:
    day = date(2026, 1, 1)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([rate("GBP", "USD", "2026-01-01", "1.25"), rate("USD", "JPY", "2026-01-01", "150")])
        with pytest.raises(NotFound, match="from GBP to JPY on 2026-01-01 or before, nor one over EUR"):
            find_rate(uow, "GBP", "JPY", day)
        write_setting(uow, KernelSettings, "rate_via", "USD")
        assert find_rate(uow, "GBP", "JPY", day) == Decimal("187.5")
        write_setting(uow, KernelSettings, "rate_via", "")
        with pytest.raises(NotFound, match=r"on 2026-01-01 or before\. Add") as missing:
            find_rate(uow, "GBP", "JPY", day, "closing")
        assert 'kind="closing"' in missing.value.findings[0].fix


@pytest.mark.parametrize(("name", "value"), [("rate_sources", 1), ("rate_via", 7), ("attachment_limit", 0), ("attachment_limit", "much")])
def test_a_setting_that_can_not_be_is_refused(bo: BackOffice, name: str, value: Any) -> None:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        write_setting(uow, KernelSettings, name, value)
    assert [finding.code for finding in refused.value.findings] == ["bo.setting"]


# ---------------------------------------------------------------- rates-csv

TABLE = """on,currency,to,rate,kind,source
2026-01-02,EUR,USD,1.1750,,ECB
2026-01-02,EUR,GBP,0.8710,spot,ECB
2026-01-05,EUR,USD,1.1690,closing,
"""


def take_in(bo: BackOffice, tmp_path: Path, text: str, **options: Any) -> Any:
    path = tmp_path / "rates.csv"
    path.write_text(text, encoding="utf-8")
    return bo.import_file("rates-csv", path, actor="ann", options=options)


def test_rates_are_taken_in_from_a_table_and_once_only(bo: BackOffice, tmp_path: Path) -> None:
    assert take_in(bo, tmp_path, TABLE).added == {"bo_rate": 3}
    assert take_in(bo, tmp_path, TABLE).repeated
    assert take_in(bo, tmp_path, TABLE + "2026-01-06,EUR,USD,1.1700,,ECB\n").added == {"bo_rate": 1}
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert str(trace_rate(uow, "EUR", "USD", date(2026, 1, 5))) == "EUR → USD 1.175 (ECB, 2026-01-02)"
        assert find_rate(uow, "EUR", "USD", date(2026, 1, 5), "closing") == Decimal("1.169")


def test_a_rate_that_differs_is_replaced_only_if_told(bo: BackOffice, tmp_path: Path) -> None:
    take_in(bo, tmp_path, TABLE)
    other = TABLE.replace("1.1750", "1.2")
    with pytest.raises(Refused, match=r"rates.csv:2.rate: The spot rate of ECB from EUR to USD on 2026-01-02 is 1.175 already, not 1.2"):
        take_in(bo, tmp_path, other)
    take_in(bo, tmp_path, other, replace=True)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert find_rate(uow, "EUR", "USD", date(2026, 1, 2)) == Decimal("1.2")
    with pytest.raises(Refused, match=r"rates\.csv:3\.rate"):
        take_in(bo, tmp_path, "on,currency,to,rate\n2026-02-01,EUR,USD,1.1\n2026-02-01,EUR,USD,1.2\n")


def test_all_that_is_wrong_with_a_table_of_rates_is_said_by_line(bo: BackOffice, tmp_path: Path) -> None:
    lines = [
        "2026-01-02,EUR,USD,0,,",
        "2026-01-02,EUR,EUR,1,,",
        "2026-01-02,EUX,USD,1,,",
        "2026-01-02,EUR,USX,1,,",
        "2026-13-02,EUR,USD,1,,",
    ]
    lines += ["2026-01-02,EUR,USD,x,,", "2026-01-02,EUR,USD,1,sport,", f"2026-01-02,EUR,USD,1,,{'x' * 51}", "2026-01-03,EUR,USD,1.1,,"]
    with pytest.raises(Refused) as refused:
        take_in(bo, tmp_path, "on,currency,to,rate,kind,source\n" + "\n".join(lines) + "\n")
    places = sorted(f"{finding.at}.{finding.field}" for finding in refused.value.findings)
    assert places == [
        "rates.csv:2.rate", "rates.csv:3.to", "rates.csv:4.currency", "rates.csv:5.to",
        "rates.csv:6.on", "rates.csv:7.rate", "rates.csv:8.kind", "rates.csv:9.source",
    ]  # fmt: skip
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.select(Rate).count() == 0
