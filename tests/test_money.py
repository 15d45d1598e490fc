"""Money: exact, one currency at a time, and never silently rounded."""

from __future__ import annotations

import copy
import decimal
import pickle
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from babel.core import get_global
from babel.numbers import get_currency_precision, get_territory_currencies
from hypothesis import given
from hypothesis import strategies as st

from bocore.amounts import MAX_MINOR, Money, UnitPrice, load_money
from bocore.currencies import ISO_4217, MAX_CODE_LENGTH, Token, Tokens, iso
from bocore.errors import DeclarationError, MoneyError, UnknownCurrency, UsageError
from bocore.rounding import DOWN, HALF_EVEN, HALF_UP, UP

amounts = st.integers(-MAX_MINOR, MAX_MINOR)
currencies = st.sampled_from(sorted(ISO_4217))
weights = st.lists(st.integers(0, 10**12) | st.decimals(0, 10**6, places=4), min_size=1, max_size=20).filter(any)


class TestAnAmount:
    def test_is_written_as_text_or_decimal_or_in_minor_units(self) -> None:
        assert Money("12.50", "EUR") == Money(Decimal("12.5"), "EUR") == Money.minor(1250, "EUR")
        assert Money("12", "EUR").minor_units == 1200
        assert Money("-0.05", "EUR").minor_units == -5
        assert Money("1250", "JPY").minor_units == 1250
        assert Money("1.250", "KWD").minor_units == 1250

    def test_reads_back_with_the_places_of_its_currency(self) -> None:
        assert str(Money("12.5", "EUR")) == "12.50 EUR"
        assert str(Money("-0.05", "EUR")) == "-0.05 EUR"
        assert str(Money("7", "JPY")) == "7 JPY"
        assert repr(Money("12.50", "EUR")) == "Money('12.50', 'EUR')"
        assert str(Money("12.5", "EUR").amount) == "12.50"
        assert f"{Money('12.5', 'EUR'):>12}" == "   12.50 EUR"

    @given(amounts, currencies)
    def test_survives_the_way_through_text_decimal_and_pickle(self, units: int, code: str) -> None:
        money = Money.minor(units, code)
        with decimal.localcontext(prec=3):  # a careless caller's context must not touch our digits
            assert Money(money.amount, code) == money
        assert Money(str(money).split()[0], code) == money
        assert pickle.loads(pickle.dumps(money)) == money
        assert copy.deepcopy(money) is copy.copy(money) is money

    @pytest.mark.parametrize("amount", [12, 12.5, True, None, Fraction(1, 2)])
    def test_refuses_what_is_not_clear_or_not_exact_and_says_how_to_write_it(self, amount: object) -> None:
        with pytest.raises(UsageError, match=r'Money\("12\.50", "EUR"\).*Money\.minor\(1250, "EUR"\)'):
            Money(amount, "EUR")  # type: ignore[arg-type]

    @pytest.mark.parametrize("amount", ["", "12,50", "1 000", "1_000", "1e3", "EUR 5", "NaN", "٣", ".5", "5.", " 5", "5\n", "9" * 41])
    def test_refuses_text_that_is_no_plain_number(self, amount: str) -> None:
        with pytest.raises(MoneyError, match="no amount of EUR"):
            Money(amount, "EUR")

    @pytest.mark.parametrize("amount", ["NaN", "Infinity", "1E+999999999", "1E-999999999", "1E+70", "1." + "1" * 150])
    def test_refuses_decimals_that_are_no_amount(self, amount: str) -> None:
        with pytest.raises(MoneyError):
            Money(Decimal(amount), "EUR")

    def test_has_so_many_digits_that_none_is_lost_on_the_way(self) -> None:
        assert Money(Decimal("1." + "0" * 119), "EUR") == Money("1.00", "EUR")
        for amount in ("1." + "0" * 120, "0.50" + "0" * 300 + "1", "1" + "0" * 61):
            with pytest.raises(MoneyError, match="too many digits"):
                Money(Decimal(amount), "EUR")
        with pytest.raises(MoneyError, match="is out of range: an amount has at most"):
            Money(Decimal("1" + "0" * 60), "EUR")

    def test_is_never_rounded_silently(self) -> None:
        with pytest.raises(MoneyError, match=r"12\.505 EUR has more decimal places than EUR \(2\)"):
            Money("12.505", "EUR")
        with pytest.raises(MoneyError, match="more decimal places than JPY"):
            Money(Decimal("0.5"), "JPY")
        assert Money("12.500", "EUR").minor_units == 1250  # nothing is lost

    def test_fits_sixty_three_bits(self) -> None:
        assert -Money.minor(MAX_MINOR, "EUR") == Money.minor(-MAX_MINOR, "EUR")
        assert Money.minor(-MAX_MINOR, "EUR") + Money.zero("EUR") == Money("-92233720368547758.07", "EUR")
        attempts: list[Callable[[], Money]] = [
            lambda: Money.minor(MAX_MINOR + 1, "EUR"),
            lambda: Money("92233720368547758.08", "EUR"),
            lambda: Money.minor(MAX_MINOR, "EUR") + Money.minor(1, "EUR"),
            lambda: Money.minor(MAX_MINOR, "EUR").times(2),
        ]
        for out_of_range in attempts:
            with pytest.raises(MoneyError, match="out of range"):
                out_of_range()

    def test_minor_units_are_whole(self) -> None:
        for units in (12.5, True, "1250", Decimal(5)):
            with pytest.raises(UsageError, match="minor units"):
                Money.minor(units, "EUR")  # type: ignore[arg-type]

    def test_can_not_be_changed(self) -> None:
        money = Money("1", "EUR")
        for name in ("_minor", "amount", "currency", "note"):
            with pytest.raises(AttributeError, match="immutable"):
                setattr(money, name, 5)
        with pytest.raises(AttributeError, match="immutable"):
            del money._minor
        assert not hasattr(money, "__dict__")
        assert money == load_money(100, iso("EUR"))


class TestArithmetic:
    def test_adds_up_within_one_currency(self) -> None:
        rent, power = Money("800.00", "EUR"), Money("45.90", "EUR")
        assert rent + power == Money("845.90", "EUR")
        assert rent - power == Money("754.10", "EUR")
        assert sum([rent, power, power]) == Money("891.80", "EUR")
        assert sum([], Money.zero("EUR")) == Money.zero("EUR")
        assert 3 * power == power * 3 == Money("137.70", "EUR")
        assert abs(-rent) == +rent == rent
        assert power < rent
        assert rent >= rent.split(1)[0]
        assert max(rent, power) is rent
        assert rent
        assert not Money.zero("EUR")

    def test_never_mixes_currencies(self) -> None:
        euros, dollars = Money("1", "EUR"), Money("1", "USD")
        with pytest.raises(MoneyError, match="USD is not EUR"):
            euros + dollars
        with pytest.raises(MoneyError, match="USD is not EUR"):
            euros - dollars
        with pytest.raises(MoneyError, match="USD is not EUR"):
            _ = euros < dollars
        assert euros != dollars
        assert len({euros, dollars, Money("1.00", "EUR")}) == 2

    def test_refuses_plain_numbers_and_says_what_to_write(self) -> None:
        euro = Money("1", "EUR")
        for wrong in (lambda: euro + 1, lambda: 1 + euro, lambda: 5 - euro, lambda: euro < 0, lambda: euro - Decimal(1)):  # type: ignore[operator]
            with pytest.raises(UsageError, match="no amount of money"):
                wrong()
        for factor in (1.19, Decimal("1.19"), True):
            with pytest.raises(UsageError, match=r"\.times\("):
                euro * factor  # type: ignore[operator]
        with pytest.raises(UsageError, match=r"\.split\(n\)"):
            euro / 3
        assert (euro == 1) is False

    def test_times_rounds_once_by_the_named_mode(self) -> None:
        price = Money("0.05", "EUR")
        assert price.times(Decimal("0.5")) == Money("0.03", "EUR")
        assert price.times(Decimal("0.5"), round=HALF_EVEN) == Money("0.02", "EUR")
        assert (-price).times(Decimal("0.5")) == Money("-0.03", "EUR")
        assert Money("100", "EUR").times(Fraction(1, 3), round=UP) == Money("33.34", "EUR")
        with pytest.raises(UsageError, match="float"):
            price.times(0.5)  # type: ignore[arg-type]
        with pytest.raises(MoneyError):
            price.times(Decimal("NaN"))

    def test_converts_between_currencies_of_different_exponents(self) -> None:
        assert Money("100.00", "EUR").convert(Decimal("162.345"), "JPY") == Money("16235", "JPY")
        assert Money("16235", "JPY").convert(Decimal("0.00616"), "EUR", round=DOWN) == Money("100.00", "EUR")
        assert Money("1", "EUR").convert(Decimal("0.33725"), iso("KWD")) == Money("0.337", "KWD")


class TestAllocation:
    def test_gives_the_odd_cents_to_those_who_lost_most_and_first_of_equals(self) -> None:
        assert Money("100.00", "EUR").split(3) == [Money("33.34", "EUR"), Money("33.33", "EUR"), Money("33.33", "EUR")]
        assert Money("0.05", "EUR").allocate([3, 7]) == [Money("0.02", "EUR"), Money("0.03", "EUR")]
        assert Money("-0.05", "EUR").split(2) == [Money("-0.03", "EUR"), Money("-0.02", "EUR")]
        assert Money("10", "EUR").allocate([Decimal("0.5"), 0, Decimal("1.5")]) == [Money(a, "EUR") for a in ("2.5", "0", "7.5")]
        assert Money.zero("EUR").allocate([0, 0]) == [Money.zero("EUR")] * 2

    @given(amounts, weights)
    def test_loses_nothing_and_is_fair(self, units: int, weights: list[int | Decimal]) -> None:
        whole = Money.minor(units, "EUR")
        parts = whole.allocate(weights)
        assert sum(parts, Money.zero("EUR")) == whole
        assert len(parts) == len(weights)
        total = sum(Fraction(w) for w in weights)
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part.minor_units - units * Fraction(weight) / total) < 1
        assert [-part for part in (-whole).allocate(weights)] == parts

    @pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
    def test_refuses_weights_that_share_nothing(self, weights: list[int]) -> None:
        with pytest.raises(MoneyError, match="weight"):
            Money("1", "EUR").allocate(weights)

    @pytest.mark.parametrize("parts", [0, -1, 1.5, True])
    def test_refuses_to_split_into_no_parts(self, parts: int) -> None:
        with pytest.raises(MoneyError, match="split"):
            Money("1", "EUR").split(parts)


class TestAUnitPrice:
    def test_keeps_every_place_until_the_quantity_is_known(self) -> None:
        power = UnitPrice("0.03755", "EUR")
        assert power.times(1000) == Money("37.55", "EUR")
        assert power.times(Decimal("1.5")) == Money("0.06", "EUR")
        assert power.times(Decimal("1.5"), round=DOWN) == Money("0.05", "EUR")

    def test_has_one_form_for_equal_prices(self) -> None:
        assert UnitPrice("0.10", "EUR") == UnitPrice(Decimal("1E-1"), "EUR")
        assert hash(UnitPrice("0.10", "EUR")) == hash(UnitPrice("0.1", "EUR"))
        assert [UnitPrice(t, "EUR").text for t in ("100", "0.100", "-0", "1.0")] == ["100", "0.1", "0", "1"]
        assert UnitPrice(Decimal("1E+3"), "EUR").text == "1000"
        assert repr(UnitPrice("0.0375", "EUR")) == "UnitPrice('0.0375', 'EUR')"
        assert UnitPrice("1", "EUR") != UnitPrice("1", "USD")
        assert (UnitPrice("1", "EUR") == 1) is False

    def test_says_what_it_is(self) -> None:
        price = UnitPrice("0.0375", "EUR")
        assert (price.amount, price.currency, price.token) == (Decimal("0.0375"), "EUR", ISO_4217["EUR"])
        assert (str(price), bool(price), bool(UnitPrice("0", "EUR"))) == ("0.0375 EUR", True, False)
        assert copy.copy(price) is copy.deepcopy(price) is price

    def test_goes_to_eighteen_places_and_no_further(self) -> None:
        longest = "999999999999999999.999999999999999999"
        with decimal.localcontext(prec=5):
            assert UnitPrice(longest, "EUR").text == longest
        for amount in ("0.0000000000000000001", "1000000000000000000"):
            with pytest.raises(MoneyError, match="18 decimal places"):
                UnitPrice(amount, "EUR")
        with pytest.raises(UsageError, match=r'UnitPrice\("12\.50", "EUR"\)'):
            UnitPrice(0.1, "EUR")  # type: ignore[arg-type]

    def test_can_not_be_changed(self) -> None:
        price = UnitPrice("0.1", "EUR")
        with pytest.raises(AttributeError, match="immutable"):
            price.amount = Decimal(1)  # type: ignore[misc]
        assert pickle.loads(pickle.dumps(price)) == price


class TestCurrencies:
    def test_a_token_is_its_code_and_decimals(self) -> None:
        assert Token("GOLD", 4) == Token("GOLD", 4)
        assert Token("GOLD", 4) != Token("GOLD", 3)
        assert (Token("GOLD", 4) == "GOLD") is False
        assert repr(Token("GOLD", 4)) == "Token('GOLD', 4)"
        assert len({Token("GOLD", 4), Token("GOLD", 4), Token("GOLD", 3)}) == 2
        assert Token("G" * MAX_CODE_LENGTH, 4).code == "G" * MAX_CODE_LENGTH
        with pytest.raises(DeclarationError):
            Token("G" * (MAX_CODE_LENGTH + 1), 4)

    def test_the_table_holds_what_people_pay_with_anywhere(self) -> None:
        """CLDR (through Babel) lists the legal tender of each territory; what it does not know yet, ISO added lately."""
        legal_tender = {
            code
            for territory in get_global("territory_currencies")
            for code in get_territory_currencies(territory, date(2025, 1, 1), date(2025, 1, 1), tender=True)
        }
        assert len(legal_tender) > 140
        assert legal_tender <= set(ISO_4217)

    def test_minor_units_are_those_of_iso_4217(self) -> None:
        """ISO 4217 list one: the exponents that are not 2."""
        by_exponent = {n: " ".join(sorted(c for c, token in ISO_4217.items() if token.exponent == n)) for n in (0, 3, 4)}
        assert by_exponent == {
            0: "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
            3: "BHD IQD JOD KWD LYD OMR TND",
            4: "CLF UYW",
        }
        for code in ("EUR", "USD", "GBP", "JPY", "KWD", "BHD", "CLP", "TND"):
            assert get_currency_precision(code) == ISO_4217[code].exponent

    @pytest.mark.parametrize("code", ["XAU", "XDR", "XXX", "XTS", "EURO", ""])
    def test_what_has_no_minor_unit_is_no_currency(self, code: str) -> None:
        with pytest.raises(UnknownCurrency, match="declare"):
            Money("1", code)

    def test_a_slip_is_answered_with_a_suggestion(self) -> None:
        with pytest.raises(UnknownCurrency, match="Did you mean EUR"):
            iso("eur")
        with pytest.raises(UnknownCurrency, match="as text"):
            iso(978)  # type: ignore[arg-type]

    def test_an_application_declares_its_own_tokens(self) -> None:
        tokens = Tokens()
        hours = tokens.declare("VACHR", 3, "Vacation hours")
        assert tokens.declare("VACHR", 3) is hours is tokens["VACHR"]
        assert tokens["EUR"] is iso("EUR")
        assert str(Money("4.615", hours)) == "4.615 VACHR"
        assert pickle.loads(pickle.dumps(Money("4.615", hours))) == Money("4.615", hours)
        assert "VACHR" not in Tokens()
        with pytest.raises(DeclarationError, match="3 decimal places already"):
            tokens.declare("VACHR", 2)
        with pytest.raises(DeclarationError, match="ISO 4217"):
            tokens.declare("EUR", 2)
        with pytest.raises(UnknownCurrency, match="VACHR"):
            tokens["VACHRS"]
        with pytest.raises(UsageError, match=r"tokens\.declare"):
            tokens["HOURS"] = hours
        with pytest.raises(UsageError, match="counted"):
            del tokens["EUR"]

    @pytest.mark.parametrize(("code", "exponent"), [("", 2), ("A B", 2), ("X" * 25, 2), ("A\n", 2), ("OK", 19), ("OK", -1), ("OK", True)])
    def test_a_token_needs_a_sound_code_and_exponent(self, code: str, exponent: int) -> None:
        with pytest.raises(DeclarationError):
            Token(code, exponent)

    def test_the_same_code_with_another_exponent_is_something_else(self) -> None:
        coarse, fine = Money("1", Token("POINT", 0)), Money("1", Token("POINT", 2))
        assert coarse != fine
        with pytest.raises(MoneyError, match="POINT with 0 decimal places"):
            coarse + fine
        assert coarse + Money("2", Token("POINT", 0, "Loyalty points")) == Money("3", Token("POINT", 0))

    def test_a_token_can_not_be_changed(self) -> None:
        with pytest.raises(AttributeError, match="immutable"):
            iso("EUR").exponent = 3
        assert copy.deepcopy(iso("EUR")) is pickle.loads(pickle.dumps(iso("EUR"))) is iso("EUR")


def test_half_up_is_the_mode_unless_another_is_named() -> None:
    assert Money("0.05", "EUR").times(Decimal("0.5")) == Money("0.05", "EUR").times(Decimal("0.5"), round=HALF_UP)
