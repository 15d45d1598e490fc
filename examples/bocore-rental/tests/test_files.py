"""A fleet as a table."""

import pytest

from bocore import Refused
from bocore_rental.model import Machine

FLEET = "Code;Name;Daily rate;Purchased;Price\nEX-1;Excavator;180.00 EUR;2026-01-01;90000.00 EUR\nMX-1;Mixer;25.00 EUR;;\n"


def test_a_fleet_is_taken_in_once(bo, tmp_path):
    file = tmp_path / "fleet.csv"
    file.write_text(FLEET)
    bo.import_file("machines", file, actor="boss")
    bo.import_file("machines", file, actor="boss")
    with bo.unit_of_work(actor="boss", read_only=True) as uow:
        rows = [(each.code, str(each.daily_rate), each.price and str(each.price)) for each in uow.select(Machine).order_by(Machine.c.code)]
    assert rows == [("EX-1", "180.00 EUR", "90000.00 EUR"), ("MX-1", "25.00 EUR", None)]


def test_all_that_is_wrong_is_said_at_once_and_nothing_taken_in(bo, tmp_path):
    (tmp_path / "one.csv").write_text(FLEET)
    bo.import_file("machines", tmp_path / "one.csv", actor="boss")
    file = tmp_path / "two.csv"
    file.write_text(
        "code,name,daily_rate\nEX-2,Digger,180\nEX-1,Again,1.00 EUR\nEX-3,Free,0.00 EUR\nEX-4,One,1.00 EUR\nEX-4,Two,1.00 EUR\n"
    )
    with pytest.raises(Refused) as refused:
        bo.import_file("machines", file, actor="boss")
    found = [str(finding.where).removeprefix(str(tmp_path)).lstrip("/") for finding in refused.value.findings]
    assert found == ["two.csv:2.daily_rate", "two.csv:3.code", "two.csv:4.daily_rate", "two.csv:6.code"]
    with bo.unit_of_work(actor="boss", read_only=True) as uow:
        assert uow.select(Machine).count() == 2
