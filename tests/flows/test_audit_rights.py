"""Who may walk a trail and draw a sample, of which company, and what is hidden from him."""

from __future__ import annotations

from pathlib import Path

import pytest

from bocore import Company, Grant, NotAllowed, NotFound, User, VoucherRecord
from flows.desk import Desk, one, steps
from flows.office import line


@pytest.fixture
def two(desk: Desk) -> Desk:
    """A second company with one sale; an auditor of the first alone, one who may read no books, and one who reads nothing."""
    office = desk.office
    with office.work("carla") as uow:
        uow.add(Company(code="BETA", name="Beta Ltd", currency="EUR", zone="Europe/London"))
    office.book("shop.sale:9", "2026-01-09", line("cash", "777.00"), line("sales", "-777.00"), company="BETA")
    with office.work("carla") as uow:
        acme, beta = (uow.select(Company, code=code).one().id for code in ("ACME", "BETA"))
        uow.add_all([User(name=name, owner=True) for name in ("ann", "auditor", "carla", "zoe", "max")])
        uow.add(Grant(user_id=uow.add(User(name="nina")).id, role="accounting.auditor", company_id=acme))
        uow.add(Grant(user_id=uow.add(User(name="bert")).id, role="bo.administrator"))
        for role in ("bo.administrator", "bo.clerk"):
            uow.add(Grant(user_id=uow.add(User(name=f"only-{role}")).id, role=role))
        both = uow.add(User(name="core")).id
        uow.add_all([Grant(user_id=both, role=role) for role in ("bo.administrator", "bo.clerk")])
    assert acme != beta
    return desk


def test_an_auditor_of_one_company_walks_and_draws_in_that_alone(two: Desk) -> None:
    assert two.trail("desk.invoice:1", "nina", "ACME").company == "ACME"
    assert one(two.trail("shop.sale:9", company="BETA"), "entry").name == "SHOP/2026/00001"
    with two.bo.unit_of_work(actor="auditor", company="BETA", read_only=True) as uow:
        (foreign,) = uow.select(VoucherRecord, key="shop.sale:9")
    for key in ("shop.sale:9", f"bo_voucher {foreign.id}", "SHOP/2026/00001"):
        for actor in ("nina", "auditor"):
            with pytest.raises(NotFound) as caught:
                two.trail(key, actor, "ACME")
            assert "777" not in str(caught.value)
        with pytest.raises((NotAllowed, NotFound)):
            two.trail(key, "nina", "BETA")
    drawn = two.sample("nina", "ACME", size=500)
    assert (drawn.ok, {row.key for row in drawn.rows} & {"shop.sale:9"}) == (True, set())
    assert [row.key for row in two.sample(company="BETA").rows] == ["shop.sale:9"] * 2
    with pytest.raises((NotAllowed, NotFound)):
        two.sample("nina", "BETA")


def test_it_takes_the_permission_to_audit_and_those_of_what_is_read(two: Desk) -> None:
    with pytest.raises(NotAllowed, match=r"bo\.audit"):
        two.trail("desk.invoice:1", "only-bo.clerk", "ACME")
    with pytest.raises(NotAllowed, match=r"bo\.audit"):
        two.sample("only-bo.clerk", "ACME")
    with pytest.raises(NotAllowed, match=r"bo\.read"):
        two.trail("desk.invoice:1", "bert", "ACME")
    with pytest.raises(NotAllowed, match=r"accounting\.read"):
        two.sample("core", "ACME")
    trail = two.trail("desk.invoice:1", "core", "ACME")
    assert one(trail, "entry").text == "not shown: it takes the permission accounting.read"
    assert not [name for name, _ in trail.proved() if name.startswith("accounting")]
    assert [(step.name, str(step.amount)) for step in steps(trail, "line")] == [
        ("receivable", "1200.00 EUR"),
        ("sales", "-1200.00 EUR"),
    ]


def test_a_pack_takes_the_permission_in_all_companies(two: Desk, tmp_path: Path) -> None:
    words = ("--company", "ACME", "audit", "trace", "desk.invoice:1")
    assert two(*words, user="nina").exit_code == 0
    refused = two(*words, "--pack", str(tmp_path / "pack"), user="nina")
    assert (refused.exit_code, "in all companies" in refused.stderr, (tmp_path / "pack").exists()) == (1, True, False)
