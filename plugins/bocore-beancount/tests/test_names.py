"""Every account and commodity has a name that beancount can read, none has another's, and good names stay."""

from __future__ import annotations

from beancount.core import account
from hypothesis import given
from hypothesis import strategies as st

from bocore_beancount.names import account_names, commodity_codes
from bocore_beancount.write import is_code

ROOTS = st.sampled_from(["Assets", "Liabilities", "Equity", "Income", "Expenses"])
TEXTS = st.text(max_size=12) | st.sampled_from(["1000", "cash", "Assets:Bank", "Assets", "", "ß", "_", "Assets:Bank-2"])


def test_names_are_made_of_code_and_name() -> None:
    chart = [
        ("Assets:Bank", "Bank", "Assets"),
        ("1000", "Cash", "Assets"),
        ("2000", "", "Liabilities"),
        ("vat", "VAT 20 %", "Liabilities"),
        ("Aktiva:Kasse", "Kasse", "Assets"),
    ]
    assert account_names(chart) == {
        "Assets:Bank": "Assets:Bank",
        "1000": "Assets:1000-Cash",
        "2000": "Liabilities:2000",
        "vat": "Liabilities:Vat-VAT-20",
        "Aktiva:Kasse": "Assets:Aktiva-Kasse-Kasse",
    }


def test_codes_are_made_of_capitals_and_digits() -> None:
    codes = ["EUR", "gold oz", "GOLD-OZ", "7-Eleven", "TRUE", "ß"]
    assert commodity_codes(codes) == {
        "EUR": "EUR",
        "GOLD-OZ": "GOLD-OZ",
        "gold oz": "GOLD-OZ-2",
        "7-Eleven": "X7-ELEVEN",
        "TRUE": "XTRUE",
        "ß": "SS",
    }


@given(st.lists(st.tuples(TEXTS, TEXTS, ROOTS), unique_by=lambda each: each[0]))
def test_every_account_gets_a_name_of_its_own(chart: list[tuple[str, str, str]]) -> None:
    names = account_names(chart)
    assert names.keys() == {code for code, _, _ in chart}
    assert len(set(names.values())) == len(names)
    for code, _, root in chart:
        assert account.is_valid(names[code])
        assert names[code].startswith(f"{root}:")
    assert account_names(chart) == names


@given(st.lists(TEXTS))
def test_every_commodity_gets_a_code_of_its_own(codes: list[str]) -> None:
    made = commodity_codes(codes)
    assert made.keys() == set(codes)
    assert len(set(made.values())) == len(made)
    assert all(map(is_code, made.values()))
    assert all(made[code] == code for code in codes if is_code(code))
