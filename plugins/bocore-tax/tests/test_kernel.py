"""Computing tax, on plain numbers: what it must give, and what must hold of whatever it gives."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import DOWN, HALF_DOWN, HALF_EVEN, HALF_UP, UP, Rounding, UsageError
from bocore_tax.kernel import MODES, Levy, Taxable, compute, share_out


def levy(percent: str, code: str = "S", **more: bool) -> Levy:
    return Levy(code, Fraction(percent) / 100, **more)


TWENTY, TEN, FIVE, NONE = levy("20"), levy("10"), levy("5"), levy("0")


def one(amount: int, *levies: Levy, inclusive: bool = False, mode: Rounding = HALF_UP):
    (found,) = compute([Taxable(amount, levies, inclusive)], rounding="line", mode=mode)
    return found


def both(lines, mode: Rounding = HALF_UP):
    return (compute(lines, rounding=rounding, mode=mode) for rounding in ("line", "document"))


# ---------------------------------------------------------------- published figures


@pytest.mark.acceptance
def test_a_sale_of_a_tryton_till():
    """trytond_sale_point 8.2.0, tests/scenario_sale_point.rst: 500 at 12.00 and 1 at 36.00, 21 % included, 6036.00 in all.

    Tryton has 4988.45 net and 1047.55 tax: it rounds the net price of one to four places (9.9174) before it takes it 500 times. The tax
    in 6036.00 is 1047.5702…, which is what is declared here.
    """
    lines = compute([Taxable(600000, (levy("21"),), True), Taxable(3600, (levy("21"),), True)])
    assert (sum(each.net for each in lines), sum(each.taxes[0] for each in lines)) == (498843, 104757)
    assert round(500 * 99174 / 100) + 2975 == 498845 == 603600 - 104755


@pytest.mark.acceptance
@pytest.mark.parametrize(("net", "gross"), [(140292, 168350), (126263, 151516)])
def test_vendure_orders_of_one_rate(net, gross):
    """vendure, order-calculator.spec.ts @1633446f, item10_then_order10_excl, 20 % on top."""
    assert one(net, TWENTY).gross == gross


@pytest.mark.acceptance
def test_a_vendure_order_whose_discount_is_shared_out_over_two_rates():
    """vendure, order-calculator.spec.ts @1633446f, mixed_tax_final_boss_excl: 5719 net after discounts.

    1000 × 2 less 15 % at 20 %; 3499 and 255 × 4 at 10 %; 500 more shared out as 137, 281 and 82. With tax that is 6447.2 exactly. Vendure
    has 6446, since it rounds the discounted price of one item; each rate rounded once gives 313 and 416.
    """
    lines = [Taxable(1700 - 137, (TWENTY,)), Taxable(3499 - 281, (TEN,)), Taxable(1020 - 82, (TEN,))]
    assert sum(line.amount for line in lines) == 5719
    for found in both(lines):
        assert [sum(line.taxes) for line in found] == [313, 322, 94]


@pytest.mark.acceptance
def test_a_vendure_discount_over_prices_with_tax():
    """vendure, order-calculator.spec.ts @1633446f, fixed5_two_tax_rates_incl: 500 at 20 % and 500 at 0 %, tax included, 500 off: 500."""
    found = compute([Taxable(250, (TWENTY,), True), Taxable(250, (NONE,), True)])
    assert [(line.gross, line.taxes) for line in found] == [(250, (42,)), (250, (0,))]


@pytest.mark.acceptance
def test_a_woocommerce_order():
    """WooCommerce REST API documentation, orders: 6.00 and 12.00 less discounts, tax 0.45 and 0.90 at 7.5 %, 1.35 in all."""
    found = compute([Taxable(600, (levy("7.5"),)), Taxable(1200, (levy("7.5"),))])
    assert [line.taxes for line in found] == [(45,), (90,)]


@pytest.mark.acceptance
def test_an_odoo_sale_whose_cash_is_rounded():
    """odoo, test_pos_cash_rounding.py @13803fa8: 15.72 with 2.05 tax of 15 % on 13.67; 13.65 + 2.05 once 0.02 are rounded away."""
    assert (one(1367, levy("15")).gross, one(1572, levy("15"), inclusive=True).taxes) == (1572, (205,))


@pytest.mark.acceptance
def test_flow_of_a_sale_with_a_gift_card():
    """47.98 gross at 20 %: 39.98 net and 8.00 tax."""
    found = one(4798, TWENTY, inclusive=True)
    assert (found.net, found.taxes) == (3998, (800,))


@pytest.mark.acceptance
def test_the_rounding_concession_of_the_vat_guide():
    """HMRC, VATREC12010 and VAT Notice 700, 17.5: the tax of an invoice may be rounded down to a whole penny; that of a line to the nearest
    penny (86.76p is 87p), or down to a tenth of one (86.7p)."""
    assert one(43380, levy("0.2"), mode=HALF_UP).taxes == (87,)  # 86.76 pence
    assert one(433800, levy("0.2"), mode=DOWN).taxes == (867,)  # the same in tenths of a penny
    lines = [Taxable(333, (TWENTY,))] * 3  # 66.6 pence each
    assert sum(line.taxes[0] for line in compute(lines, mode=DOWN)) == 199
    assert sum(line.taxes[0] for line in compute(lines, rounding="line", mode=DOWN)) == 198


# ---------------------------------------------------------------- kinds of tax


def test_a_tax_on_tax_is_computed_on_what_stands_before_it():
    """Quebec until 2012: 5 % federal, and 9.5 % on the price with it: 100.00, 5.00, 9.98."""
    found = one(10000, levy("5", "GST"), levy("9.5", "QST", compound=True))
    assert (found.bases, found.taxes, found.gross) == ((10000, 10500), (500, 998), 11498)
    assert one(11498, levy("5", "GST"), levy("9.5", "QST", compound=True), inclusive=True) == found


def test_several_taxes_stand_side_by_side():
    found = one(10000, levy("5", "GST"), levy("7", "PST"))
    assert (found.bases, found.taxes, found.gross) == ((10000, 10000), (500, 700), 11200)


def test_what_is_withheld_is_no_part_of_the_price():
    found = one(10000, TWENTY, levy("15", "WH", withheld=True))
    assert (found.gross, found.payable, found.taxes) == (12000, 10500, (2000, 1500))
    assert one(12000, TWENTY, levy("15", "WH", withheld=True), inclusive=True) == found


def test_a_reverse_charge_is_owed_beside_the_price():
    for inclusive in (False, True):
        found = one(10000, levy("20", "RC", beside=True), inclusive=inclusive)
        assert (found.net, found.gross, found.payable, found.taxes) == (10000, 10000, 10000, (2000,))


def test_zero_and_nothing():
    assert one(10000, NONE).taxes == (0,)
    assert one(10000).gross == 10000
    assert compute([]) == []


def test_currencies_without_and_with_three_decimal_places():
    """1,234 yen at 10 %; 12.345 dinars at 5 %: the kernel counts what there is."""
    assert one(1234, TEN).taxes == (123,)
    assert one(12345, FIVE).taxes == (617,)


@pytest.mark.parametrize(
    ("mode", "tax"), [(HALF_UP, 13), (HALF_EVEN, 12), (HALF_DOWN, 12), (UP, 13), (DOWN, 12)]
)  # fmt: skip
def test_modes_of_rounding(mode, tax):
    assert one(125, TEN, mode=mode).taxes == (tax,)  # 12.5
    assert one(-125, TEN, mode=mode).taxes == (-tax,)


@pytest.mark.parametrize("mode", [Rounding.FLOOR, Rounding.CEILING])
def test_a_mode_by_which_a_refund_would_not_take_back_its_sale_is_refused(mode):
    with pytest.raises(UsageError, match="half_up"):
        compute([Taxable(100, (TEN,))], mode=mode)
    with pytest.raises(UsageError, match="document"):
        compute([Taxable(100, (TEN,))], rounding="page")


def test_a_document_is_rounded_once_and_shared_out():
    """Three lines of 0.33 at 20 %: 0.066 each, 0.198 together. Line by line that is 0.21, by document 0.20."""
    lines = [Taxable(33, (TWENTY,))] * 3
    by_line, by_document = both(lines)
    assert [line.taxes[0] for line in by_line] == [7, 7, 7]
    assert [line.taxes[0] for line in by_document] == [7, 7, 6]


def test_shares_of_either_sign():
    assert share_out(0, [5, -5], 10) == [0, 0]
    assert share_out(1, [14, -5], 10) == [1, 0]
    assert share_out(-1, [-14, 5], 10) == [-1, 0]


# ---------------------------------------------------------------- what always holds

AMOUNTS = st.integers(-(10**9), 10**9)
RATES = st.builds(Fraction, st.integers(0, 4000), st.just(10_000))
PRICED = st.lists(st.builds(Levy, st.sampled_from("ABC"), RATES, st.booleans()), max_size=3).map(tuple)
ANY = st.lists(st.builds(Levy, st.sampled_from("ABC"), RATES, st.booleans(), st.booleans(), st.booleans()), max_size=3).map(tuple)
LINES = st.lists(st.builds(Taxable, AMOUNTS, ANY, st.booleans()), max_size=8)
MODE, ROUNDING = st.sampled_from(MODES), st.sampled_from(["line", "document"])


@given(AMOUNTS, PRICED, MODE)
def test_inclusive_of_exclusive_is_the_identity(net, levies, mode):
    there = one(net, *levies, mode=mode)
    assert one(there.gross, *levies, inclusive=True, mode=mode) == there


@given(st.lists(AMOUNTS, max_size=8), RATES, MODE)
def test_inclusive_of_exclusive_is_the_identity_for_a_document_of_one_tax(nets, rate, mode):
    levies = (Levy("A", rate),)
    there = compute([Taxable(net, levies) for net in nets], mode=mode)
    back = compute([Taxable(line.gross, levies, True) for line in there], mode=mode)
    assert sum(line.net for line in back) == sum(nets)
    assert sum(line.taxes[0] for line in back) == sum(line.taxes[0] for line in there)


@given(LINES, ROUNDING, MODE)
def test_a_line_adds_up(lines, rounding, mode):
    for line, found in zip(lines, compute(lines, rounding=rounding, mode=mode), strict=True):
        priced = sum(tax for tax, levy in zip(found.taxes, line.levies, strict=True) if levy.priced)
        withheld = sum(tax for tax, levy in zip(found.taxes, line.levies, strict=True) if levy.withheld)
        assert found.net + priced == found.gross == found.payable + withheld
        assert line.amount == (found.gross if line.inclusive else found.net)


@given(st.lists(st.builds(Taxable, AMOUNTS, st.tuples(st.builds(Levy, st.sampled_from("AB"), RATES)), st.booleans()), max_size=8), MODE)
def test_the_lines_of_a_document_add_up_to_its_tax_rounded_once(lines, mode):
    from bocore import round_ratio

    found = compute(lines, mode=mode)
    for levy_of in {line.levies[0] for line in lines}:
        exact = sum(
            (line.amount * levy_of.rate / (1 + levy_of.rate if line.inclusive else 1) for line in lines if line.levies[0] == levy_of),
            Fraction(0),
        )
        total = sum(each.taxes[0] for line, each in zip(lines, found, strict=True) if line.levies[0] == levy_of)
        assert total == round_ratio(*exact.as_integer_ratio(), mode)


@given(LINES, ROUNDING, MODE)
def test_a_refund_takes_back_what_its_sale_declared(lines, rounding, mode):
    sale = compute(lines, rounding=rounding, mode=mode)
    refund = compute([Taxable(-line.amount, line.levies, line.inclusive) for line in lines], rounding=rounding, mode=mode)
    for there, back in zip(sale, refund, strict=True):
        assert [-value for value in (there.net, there.gross, there.payable, *there.bases, *there.taxes)] == [
            back.net, back.gross, back.payable, *back.bases, *back.taxes,
        ]  # fmt: skip


@given(LINES, MODE)
def test_no_share_is_a_minor_unit_or_more_from_its_exact_tax(lines, mode):
    simple = [Taxable(line.amount, tuple(Levy(one.code, one.rate) for one in line.levies[:1])) for line in lines]
    for line, found in zip(simple, compute(simple, mode=mode), strict=True):
        for each, tax in zip(line.levies, found.taxes, strict=True):
            assert abs(tax - line.amount * each.rate) < 1 or mode in (UP, DOWN)
