"""Sites: places of a company, where it may be another day than at its seat."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bocore import BackOffice, Company, DimensionAxis, Line, Money, Refused, Site, Voucher, site_dimensions, site_today
from bocore.testing import posted


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


def test_a_site_has_its_own_day(bo: BackOffice, clock: Any) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.company.zone = "Europe/Vienna"
        shop = uow.add(
            Site(code="AKL", name="Auckland shop", zone="Pacific/Auckland", lines="1 Queen Street", city="Auckland", country="NZ")
        )
        office = uow.add(Site(code="VIE", name="Vienna"))
        assert (site_today(uow, shop), site_today(uow, office)) == (date(2026, 1, 15), date(2026, 1, 15))
    clock.advance(hours=3)  # 12:00 UTC, one in the morning of the next day in Auckland
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert {row.code: site_today(uow, row) for row in uow.select(Site)} == {"AKL": date(2026, 1, 16), "VIE": date(2026, 1, 15)}


def test_what_happens_at_a_site_has_its_dimensions_unless_told(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        shop = uow.add(Site(code="N", name="North", dims={"site": "north", "region": "upper"}))
        price = Money("5.00", "EUR")
        line = Line("cash", price, dims=site_dimensions(shop, {"region": "lower"}))
        uow.post(Voucher("1", "sale", [line, Line("sales", -price, dims=site_dimensions(shop))]))
    lines = posted(bo)[0].body["lines"]
    assert [line["dims"] for line in lines] == [{"region": "lower", "site": "north"}, {"region": "upper", "site": "north"}]


def test_sites_belong_to_a_company(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.add(Site(code="N", name="North"))
        other = uow.add(Company(code="B", name="B", currency="EUR"))
        uow.add(Site(code="N", name="North of B"), company=other)
    with pytest.raises(Refused, match="same company_id"), bo.unit_of_work(actor="ann", company="ACME") as uow:
        uow.add(Site(code="N", name="North again"))


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"zone": "Mars/Olympus"}, "bo.unknown_zone", "Mars/Olympus"),
        ({"dims": {"site": "nowhere"}}, "bo.dimension_value", "site is closed"),
        ({"dims": {"": "x"}}, "bo.dimension", "can't be an axis"),
        ({"dims": {"site": 1}}, "bo.dimension", "text"),
        ({"country": "AUT"}, "bo.invalid", "country"),
        ({"code": ""}, "bo.invalid", "code"),
    ],
)
def test_a_site_that_can_not_be_is_refused(bo: BackOffice, more: dict[str, Any], code: str, said: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(DimensionAxis(code="site", closed=True))
    with pytest.raises(Refused, match=said) as refused, bo.unit_of_work(actor="ann") as uow:
        uow.add(Site(**{"code": "N", "name": "North", **more}))
    assert [finding.code for finding in refused.value.findings] == [code]
