"""A plugin that has posted is uninstalled: what it posted stays, can be read, paid and taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner

from bocore import BocoreError, Entity, Paid, Plugin, Source, entity, numbered, open_items
from bocore.cli.root import bo as program
from bocore_accounting import AccountKind, apply_standard_chart, catch_up
from flows.office import Office, line, voucher


@entity("salon_visit", company=True)
class Visit(Entity):
    """Somebody has had a haircut."""

    on: date
    number: str = numbered("salon.visit", "V{n:04}", per=("company",), on="on")


SALON = Plugin(prefix="salon", entities=Visit, purposes={"salon.cuts": "sales", "salon.owed": "receivable"})
DAY = date(2026, 1, 12)


def visit(office: Office) -> str:
    """A visit on account; returns the key of its voucher."""
    with office.work("salon") as uow:
        row = uow.add(Visit(on=DAY))
        source = Source(row, event="done", label="Visit {number}")
        lines = [line("salon.owed", "40.00", opens=f"visit:{row.id}"), line("salon.cuts", "-40.00", dims={"chair": "1"})]
        uow.post(voucher(f"salon.visit:{row.id}", DAY, *lines, source=source, text="{label}"))
    return f"salon.visit:{row.id}"


@pytest.fixture
def sold(open_office: Callable[..., Office]) -> tuple[Office, list[str]]:
    """The business is sold with its salon: two visits stay unpaid, and nothing of the plugin is installed any more."""
    with_salon = open_office(SALON)
    keys = [visit(with_salon), visit(with_salon)]
    left = open_office(begin=False)
    with pytest.raises(BocoreError, match="salon"):
        left.book("rent:1", DAY, line("expense", "5.00"), line("bank", "-5.00"))
    detach(left)
    return left, keys


def detach(office: Office) -> None:
    told: Any = CliRunner().invoke(program, ["--db", str(office.path), "plugin", "detach", "salon", "--reason", "sold"])
    assert told.exit_code == 0, told.output


def test_reports_and_trail_say_what_it_was(sold: tuple[Office, list[str]]) -> None:
    office, (first, _) = sold
    assert office.balances() == {"1100": "80.00", "4000": "-80.00"}
    assert office.balances(dim=["chair=1"]) == {"4000": "-80.00"}
    trail = [(row.step, row.name) for row in office.report("trace", of=first)]
    assert ("source", "Visit V0001") in trail
    assert next(row.text for row in office.report("journal")) == "Visit V0001"


def test_what_it_posted_is_taken_back_by_key_and_nets_every_account(sold: tuple[Office, list[str]]) -> None:
    office, keys = sold
    for key in keys:
        office.reverse(key, "The salon was sold")
    assert office.balances() == {}
    assert office.balances(dim=["chair=1"]) == {}
    assert office.items() == {}


def test_what_is_owed_to_it_is_paid_without_it(sold: tuple[Office, list[str]]) -> None:
    office, _ = sold
    first, second = sorted(office.items())
    office.pay("bank.receipt:1", "2026-01-20", Paid(first))
    assert office.items() == {second: "40.00"}
    assert office.balances() == {"1010": "40.00", "1100": "40.00", "4000": "-80.00"}


def test_a_mapping_that_was_changed_since_does_not_keep_a_reversal_from_netting(open_office: Callable[..., Office]) -> None:
    """Haircuts went to Sales; from now on they have an account of their own: what is taken back leaves Sales."""
    office = open_office(SALON)
    keys = [visit(office)]
    office.do("accounting.open-account", "4010", "Haircuts", AccountKind.INCOME)
    office.do("accounting.map-purpose", "salon.cuts", "4010")
    keys.append(visit(office))
    assert office.balances() == {"1100": "80.00", "4000": "-40.00", "4010": "-40.00"}
    for key in keys:
        office.reverse(key, "Complained about")
    assert office.balances() == {}


def test_books_that_are_opened_when_it_is_gone_know_what_its_lines_were_for(open_office: Callable[..., Office]) -> None:
    salon = open_office(SALON, books=False)
    visit(salon)
    alone = open_office(books=False, begin=False)
    detach(alone)
    with alone.work(read_only=True) as uow:
        assert [row.purpose for row in open_items(uow, purpose="receivable")] == ["salon.owed"]
    late = open_office(begin=False)
    late.bo.migrate()
    with late.work() as uow:
        apply_standard_chart(uow, uow.company_id)
        catch_up(uow)
    assert late.balances() == {"1100": "40.00", "4000": "-40.00"}
