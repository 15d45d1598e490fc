"""Units convert exactly, or it is said why not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import HALF_EVEN, HALF_UP, UNITS, BackOffice, Refused, Rounding, Unit, UsageError, convert, known_units
from bocore.units import convert_exactly, convert_quantity


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


# UN/ECE Recommendation 20, annex I: the conversion factors as published, to the digits that are published there.
PUBLISHED = """
KGM 1 kg|GRM 1e-3 kg|MGM 1e-6 kg|MC 1e-9 kg|DTN 1e2 kg|TNE 1e3 kg|KTN 1e6 kg|GRN 64.79891e-6 kg|ONZ 2.834952e-2 kg|APZ 3.110348e-3 kg
LBR 0.45359237 kg|STI 6.350293 kg|CWA 45.3592 kg|CWI 50.80235 kg|STN 0.9071847e3 kg|LTN 1.016047e3 kg
MTR 1 m|KMT 1e3 m|DMT 1e-1 m|CMT 1e-2 m|MMT 1e-3 m|4H 1e-6 m|C45 1e-9 m|INH 25.4e-3 m|FOT 0.3048 m|YRD 0.9144 m|AK 1.8288 m|SMI 1609.344 m
NMI 1852 m
MTK 1 m2|DMK 1e-2 m2|CMK 1e-4 m2|MMK 1e-6 m2|ARE 1e2 m2|HAR 1e4 m2|KMK 1e6 m2|INK 6.4516e-4 m2|FTK 9.290304e-2 m2|YDK 8.361274e-1 m2
ACR 4046.873 m2|MIK 2.589988e6 m2
MTQ 1 m3|LTR 1e-3 m3|DMQ 1e-3 m3|MAL 1e3 m3|HLT 1e-1 m3|DLT 1e-4 m3|CLT 1e-5 m3|MLT 1e-6 m3|CMQ 1e-6 m3|4G 1e-9 m3|MMQ 1e-9 m3
INQ 16.387064e-6 m3|FTQ 2.831685e-2 m3|YDQ 0.764555 m3|GLL 3.785412e-3 m3|QTL 9.463529e-4 m3|PTL 4.731765e-4 m3|OZA 2.957353e-5 m3
BLL 158.9873e-3 m3|GLI 4.546092e-3 m3|QTI 1.1365225e-3 m3|PTI 5.68261e-4 m3|OZI 2.841306e-5 m3
SEC 1 s|C26 1e-3 s|MIN 60 s|HUR 3600 s|DAY 86400 s|WEE 6.048e5 s
JOU 1 J|KJO 1e3 J|3B 1e6 J|GV 1e9 J|WHR 3.6e3 J|KWH 3.6e6 J|MWH 3.6e9 J|GWH 3.6e12 J|E14 4.1868e3 J|BTU 1.055056e3 J
"""
ERRATA = {"APZ": "3.110348e-2", "GLI": "4.54609e-3", "ACR": "4046.8564224"}
"""Where the recommendation differs from the definitions in force: a troy ounce is 480 grains, 31 g and not 3 g; the UK gallon is 4.54609 l
since 1985; the acre is of international feet, as NIST retired the survey foot at the end of 2022."""
REFERENCE = {"mass": "kg", "length": "m", "area": "m2", "volume": "m3", "time": "s", "energy": "J"}


def test_factors_are_those_of_recommendation_20() -> None:
    published = [row.split() for row in PUBLISHED.replace("\n", "|").split("|") if row]
    assert {code for code, _, _ in published} == {unit.code for unit in UNITS.values() if unit.dimension != "count"}
    for code, figure, reference in published:
        unit, wanted = UNITS[code], Decimal(ERRATA.get(code, figure))
        unit_in_last_place = Fraction(10) ** wanted.as_tuple().exponent  # type: ignore[operator]
        assert REFERENCE[unit.dimension] == reference
        assert abs(unit.factor - Fraction(wanted)) < unit_in_last_place, code


def test_quantities_convert_by_code(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert convert(uow, Decimal("2.5"), "LBR", "KGM") == Decimal("1.133980925")
        assert convert(uow, 3, "DZN", "C62") == 36
        assert str(convert(uow, Decimal("90"), "MIN", "HUR", places=2)) == "1.50"
        assert convert(uow, Decimal("1"), "KGM", "LBR", places=4, rounding=HALF_UP) == Decimal("2.2046")
        assert convert(uow, Decimal("1000"), "KWH", "3B") == 3600
        assert convert(uow, Decimal("-0.5"), "BLL", "GLL") == -21
        assert convert(uow, Decimal("1E+20"), "KMT", "MMT") == Decimal("1E+26")
        assert convert(uow, 0, "ACR", "MTK", places=2) == 0


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (
            (1, "KGM", "LTR"),
            "bo.unit_dimension",
            r"KGM \(kilogram\) does not convert to LTR \(litre\): one measures mass, the other volume",
        ),
        ((1, "C62", "KGM"), "bo.unit_dimension", "a property of the item"),
        ((1, "KGM", "LBR"), "bo.unit_inexact", "1 KGM in LBR has no end as a decimal number.*places and a rounding"),
        ((1, "kg", "LBR"), "bo.unknown_unit", "There is no unit 'kg'.*Did you mean KGM"),
        ((1, "KGN", "LBR"), "bo.unknown_unit", "Did you mean .*KGM"),
        ((1, "HUR", "fortnight"), "bo.unknown_unit", "Recommendation 20"),
    ],
)
def test_a_unit_that_does_not_convert_is_refused(bo: BackOffice, call: tuple[Any, str, str], code: str, said: str) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow, pytest.raises(Refused, match=said) as refused:
        convert(uow, *call)
    assert [finding.code for finding in refused.value.findings] == [code]
    assert refused.value.findings[0].at
    assert refused.value.findings[0].fix


def test_what_is_not_exact_in_the_places_asked_needs_a_rounding(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises(Refused, match=r"0\.125 KGM in TNE is not exact in 3 decimal places"):
            convert(uow, Decimal("0.125"), "KGM", "TNE", places=3)
        assert convert(uow, Decimal("2.5"), "GRM", "KGM", places=3, rounding=HALF_EVEN) == Decimal("0.002")
        assert convert(uow, Decimal("2.5"), "GRM", "KGM", places=3, rounding=HALF_UP) == Decimal("0.003")
        assert str(convert(uow, Decimal("0.125"), "KGM", "TNE")) == "0.000125"
        for wrong in ({"places": -1}, {"places": 31}, {"places": 1.5}, {"rounding": HALF_UP}):
            with pytest.raises(UsageError):
                convert(uow, 1, "KGM", "GRM", **wrong)
        with pytest.raises(UsageError, match="no exact number"):
            convert(uow, 1.5, "KGM", "GRM")  # type: ignore[arg-type]


def test_units_of_ones_own(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Unit(code="CRATE20", name="crate of 20", dimension="count", numerator=20))
        uow.add(Unit(code="CORD", name="cord of wood", dimension="volume", numerator=128 * 28316846592, denominator=10**12))
        uow.add(Unit(code="POINT", name="story point", dimension="effort", numerator=1))
        uow.add(Unit(code="EPIC", name="epic", dimension="effort", numerator=40, denominator=3))
        assert convert(uow, 3, "CRATE20", "DZN") == 5
        assert convert(uow, 1, "CORD", "FTQ") == 128
        assert convert(uow, 3, "EPIC", "POINT") == 40
        with pytest.raises(Refused, match="one measures effort, the other time"):
            convert(uow, 1, "POINT", "HUR")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert known_units(uow)["EPIC"].factor == Fraction(40, 3)
        assert {"KGM", "CORD"} <= set(known_units(uow))
        assert "ROD" not in known_units(uow)
        assert len(known_units(uow)) == len(UNITS) + 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"code": "KGM"}, "KGM is a built-in unit"),
        ({"code": " "}, "code"),
        ({"name": ""}, "name"),
        ({"dimension": ""}, "dimension"),
        ({"numerator": 0}, "numerator"),
        ({"numerator": -1}, "numerator"),
        ({"denominator": 0}, "denominator"),
        ({"code": "BOX"}, "same code"),
    ],
)
def test_a_unit_that_can_not_be_is_refused(bo: BackOffice, more: dict[str, Any], said: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Unit(code="BOX", name="box", dimension="count", numerator=6))
    with pytest.raises(Refused, match=said), bo.unit_of_work(actor="ann") as uow:
        uow.add(Unit(**{"code": "PACK", "name": "pack", "dimension": "count", "numerator": 6, **more}))


def test_what_quantities_are_stored_in_neither_changes_nor_goes(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        box = uow.add(Unit(code="BOX", name="box", dimension="count", numerator=6))
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        row = uow.get(Unit, box.id)
        row.code, row.dimension, row.numerator, row.denominator = "B", "mass", 7, 2
    assert [finding.field for finding in refused.value.findings] == ["code", "denominator", "dimension", "numerator"]
    with pytest.raises(Refused, match="can't be deleted"), bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Unit, box.id))
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Unit, box.id).name = "big box"


# ---------------------------------------------------------------- what holds of any quantity

quantities = st.decimals(min_value=-(10**12), max_value=10**12, places=6)
same = st.sampled_from(sorted({unit.dimension for unit in UNITS.values()})).flatmap(
    lambda dimension: st.tuples(*[st.sampled_from([unit for unit in UNITS.values() if unit.dimension == dimension])] * 3)
)


@given(quantities, same)
def test_there_and_back_is_where_one_was(quantity: Decimal, units: Any) -> None:
    a, b, _ = units
    assert convert_exactly(convert_exactly(quantity, a, b), b, a) == Fraction(quantity)


@given(quantities, same)
def test_a_way_round_is_as_long_as_the_straight_one(quantity: Decimal, units: Any) -> None:
    a, b, c = units
    assert convert_exactly(convert_exactly(quantity, a, b), b, c) == convert_exactly(quantity, a, c)


@given(quantities, same, st.integers(0, 8), st.sampled_from(list(Rounding)))
def test_a_rounded_result_is_the_nearest_that_its_rounding_allows(quantity: Decimal, units: Any, places: int, rounding: Rounding) -> None:
    a, b, _ = units
    rounded = convert_quantity(quantity, a, b, places=places, rounding=rounding)
    off = abs(Fraction(rounded) - convert_exactly(quantity, a, b))
    assert -rounded.as_tuple().exponent == places  # type: ignore[operator]
    assert off <= Fraction(1, 10**places) / (2 if rounding.name.startswith("HALF") else 1)


@given(quantities, same)
def test_without_a_rounding_a_result_is_exact_or_refused(quantity: Decimal, units: Any) -> None:
    a, b, _ = units
    exact = convert_exactly(quantity, a, b)
    try:
        assert Fraction(convert_quantity(quantity, a, b)) == exact
    except Refused as refused:
        assert refused.findings[0].code == "bo.unit_inexact"
        rest = exact.denominator
        while rest % 2 == 0 or rest % 5 == 0:
            rest //= 2 if rest % 2 == 0 else 5
        assert rest > 1
