"""Dimensions: open axes take any text, closed ones what is declared; sets are found again by any of their values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    DimensionAxis,
    DimensionSet,
    DimensionValue,
    Line,
    Money,
    Refused,
    UnitOfWork,
    Voucher,
    dimension_sets,
    dimension_value,
    matching_sets,
    values_under,
)


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


def declare(uow: UnitOfWork, axis: str, *codes: str, closed: bool = True, **more: Any) -> dict[str, DimensionValue]:
    """An axis with values; ``"child<parent"`` puts one under another."""
    row = uow.add(DimensionAxis(code=axis, closed=closed))
    made: dict[str, DimensionValue] = {}
    for code in codes:
        name, _, above = code.partition("<")
        made[name] = uow.add(DimensionValue(axis_id=row.id, code=name, under_id=made[above].id if above else None, **more))
    return made


def voucher(key: str, on: str = "2026-03-01", **dims: str) -> Voucher:
    amount = Money("100.00", "EUR")
    return Voucher(key, "expense", [Line("expense", amount, dims=dims), Line("bank", -amount)], posting_date=date.fromisoformat(on))


def refusal(bo: BackOffice, work: Callable[[UnitOfWork], Any]) -> list[str]:
    with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
        work(uow)
    return [f"{finding.code} {finding.at}: {finding.message} {finding.fix}" for finding in refused.value.findings]


def test_an_open_axis_takes_any_text_and_leaves_no_row(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "project", "known", closed=False)
        uow.post(voucher("1", work_order="wo:12"), voucher("2", project="unheard of"))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.select(DimensionValue).count() == 1


def test_a_closed_axis_takes_what_is_declared_and_names_what_there_is(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "cost_centre", "sales", "service")
        declare(uow, "site")
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(voucher("1", cost_centre="sales", anything="else"))
    assert refusal(bo, lambda uow: uow.post(voucher("2", cost_centre="saels", site="north"), voucher("3", cost_centre="x"))) == [
        "bo.dimension_value voucher 2 line 1: cost_centre is closed and has no value 'saels'. "
        "Did you mean 'sales'? A new one is declared by a DimensionValue.",
        "bo.dimension_value voucher 2 line 1: site is closed and has no value 'north'. "
        "It has no values yet. A new one is declared by a DimensionValue.",
        "bo.dimension_value voucher 3 line 1: cost_centre is closed and has no value 'x'. "
        "There are: sales, service. A new one is declared by a DimensionValue.",
    ]


def test_a_value_declared_in_the_same_unit_of_work_counts(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "cost_centre", "sales")
        uow.post(voucher("1", cost_centre="sales"))
    with bo.unit_of_work(actor="ann") as uow:
        axis = uow.select(DimensionAxis).one()
        uow.add(DimensionValue(axis_id=axis.id, code="service"))
        uow.post(voucher("2", cost_centre="service"))


def test_a_value_is_used_while_it_is_valid_and_active_by_the_posting_date(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "project", "P1", valid_from=date(2026, 3, 1), valid_through=date(2026, 3, 31))
        declare(uow, "site", "old", active=False)
    with bo.unit_of_work(actor="ann") as uow:
        uow.post(voucher("1", "2026-03-01", project="P1"), voucher("2", "2026-03-31", project="P1"))
    four = voucher("4", "2026-04-01", project="P1")
    early, late, gone = refusal(
        bo,
        lambda uow: uow.post(voucher("3", "2026-02-28", project="P1"), four, voucher("5", site="old")),
    )
    assert "'P1' of project is valid from 2026-03-01 through 2026-03-31, not on 2026-02-28" in early
    assert "not on 2026-04-01" in late
    assert "'old' of site is inactive" in gone


def test_a_reversal_goes_through_though_the_value_is_closed_by_now(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "project", "P1")
        uow.post(voucher("1", project="P1"))
    with bo.unit_of_work(actor="ann") as uow:
        uow.select(DimensionValue).one().active = False
    with bo.unit_of_work(actor="ann") as uow:
        uow.reverse("1", "entered twice")


@pytest.mark.parametrize(
    ("dims", "said"),
    [
        ({"": "x"}, "can't be an axis"),
        ({"a" * 51: "x"}, "can't be an axis"),
        ({'a"b': "x"}, "can't be an axis"),
        ({"a\\b": "x"}, "can't be an axis"),
        ({"site": " "}, "The value of site is empty"),
        ({"site": "x" * 201}, "can't be a value"),
        ({"site": "a\nb"}, "can't be a value"),
    ],
)
def test_dimensions_that_can_not_be_are_refused(bo: BackOffice, dims: dict[str, str], said: str) -> None:
    (posted,) = refusal(bo, lambda uow: uow.post(voucher("1", **dims)))
    assert said in posted
    (stored,) = refusal(bo, lambda uow: dimension_sets(uow, [dims]))
    assert said in stored


def test_what_is_no_text_is_no_dimension(bo: BackOffice) -> None:
    wrong: Any = {"site": 1}
    assert "Axis and value are text" in refusal(bo, lambda uow: dimension_sets(uow, [wrong]))[0]


def test_values_stand_under_one_another(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "region", "europe", "austria<europe", "graz<austria", "vienna<austria", "asia")
        assert values_under(uow, "region", "europe") == ["austria", "europe", "graz", "vienna"]
        assert values_under(uow, "region", "asia") == ["asia"]
        assert values_under(uow, "work_order", "wo:1") == ["wo:1"]
    assert "no value 'africa'" in refusal(bo, lambda uow: values_under(uow, "region", "africa"))[0]


def test_a_hierarchy_that_can_not_be_is_refused(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        made = declare(uow, "region", "europe", "austria<europe", "graz<austria")
        other = declare(uow, "project", "P1")

    def circle(uow: UnitOfWork) -> None:
        uow.get(DimensionValue, made["europe"].id).under_id = made["graz"].id

    def across(uow: UnitOfWork) -> None:
        uow.get(DimensionValue, other["P1"].id).under_id = made["graz"].id

    def never(uow: UnitOfWork) -> None:
        uow.get(DimensionValue, other["P1"].id).valid_from = date(2026, 2, 1)
        uow.get(DimensionValue, other["P1"].id).valid_through = date(2026, 1, 1)

    assert "'europe' would stand under itself" in refusal(bo, circle)[0]
    assert "a value of another axis" in refusal(bo, across)[0]
    assert "so never" in refusal(bo, never)[0]


def test_what_lines_name_neither_changes_its_code_nor_goes(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        made = declare(uow, "site", "north", "south")
        dimension_sets(uow, [{"site": "north"}])

    def rename(uow: UnitOfWork) -> None:
        uow.get(DimensionValue, made["south"].id).code = "east"
        uow.select(DimensionAxis).one().code = "shop"

    assert len(refusal(bo, rename)) == 2
    assert "lines have it" in refusal(bo, lambda uow: uow.remove(uow.get(DimensionValue, made["north"].id)))[0]
    with bo.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(DimensionValue, made["south"].id))
    assert "can't be an axis" in refusal(bo, lambda uow: uow.add(DimensionAxis(code='a"b')))[0]
    axis = made["north"].axis_id
    assert "can't be a value" in refusal(bo, lambda uow: uow.add(DimensionValue(axis_id=axis, code="a\nb")))[0]
    assert "same axis_id" in refusal(bo, lambda uow: uow.add(DimensionValue(axis_id=axis, code="north")))[0]


def test_sets_are_found_by_their_values_and_summed_by_an_axis(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        declare(uow, "region", "europe", "austria<europe", closed=False)
        ids = dimension_sets(uow, [{"region": "austria", "site": "n"}, {"region": "europe"}, {"site": "n"}, {}, {"region": "Austria"}])
        assert ids[3] is None
        one, two, three, _, five = ids

        def found(wanted: Any) -> list[int]:
            return sorted(row.id for row in uow.rows(matching_sets(uow, wanted)))

        assert found({"region": "europe"}) == [one, two], "with what is under it"
        assert found({"region": "austria"}) == [one]
        assert found({"region": ["austria", "Austria"]}) == [one, five], "large and small letters differ"
        assert found({"site": "n"}) == [one, three]
        assert found({"site": "n", "region": "europe"}) == [one]
        assert found({"colour": "red"}) == []
        site = dimension_value("site")
        counted = uow.rows(sa.select(site, sa.func.count(DimensionSet.c.id)).group_by(site).order_by(site.nulls_first()))
        assert [tuple(row) for row in counted] == [(None, 2), ("n", 2)]
    assert "No dimension is asked for" in refusal(bo, lambda uow: matching_sets(uow, {}))[0]
    assert "can't be an axis" in refusal(bo, lambda uow: matching_sets(uow, {'a"': "x"}))[0]


def test_what_looks_the_same_is_the_same_set(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first, second = dimension_sets(uow, [{"site": "Caf\u00e9"}, {"site": "Cafe\u0301"}])
        assert first == second
        assert [row.id for row in uow.rows(matching_sets(uow, {"site": "Cafe\u0301"}))] == [first]


axes = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='"\\'), min_size=1, max_size=8)
values = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(axes, values, min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_value_of_any_set_finds_it_again(bo: BackOffice, sets: list[dict[str, str]]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        for ident, dims in zip(dimension_sets(uow, sets), sets, strict=True):
            for axis, value in dims.items():
                assert ident in [row.id for row in uow.rows(matching_sets(uow, {axis: value}))]
            assert ident in [row.id for row in uow.rows(matching_sets(uow, dims))]
