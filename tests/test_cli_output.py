"""What services return, as the command line writes it."""

import json

import click
import pytest

from bocore.cli.output import put_value
from bocore.cli.root import bo

POSTED = [{"contract": "R1", "days": 2, "amount": {"amount": "25.00", "currency": "EUR"}}, {"contract": "R2", "days": 1, "amount": None}]
"""What ``bo.run`` gives for rows with an amount."""


@pytest.fixture(autouse=True)
def run():
    """As inside a command."""
    with click.Context(bo):
        yield


def test_an_amount_in_a_row_has_its_currency_beside_it_as_in_reports(capsys):
    put_value(POSTED, "json", None)
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"contract": "R1", "days": 2, "amount": "25.00", "amount_currency": "EUR"}
    assert second == {"contract": "R2", "days": 1, "amount": None}
    put_value(POSTED, "csv", None)
    assert capsys.readouterr().out == "contract,days,amount,amount_currency\nR1,2,25.00,EUR\nR2,1,,\n"


def test_amounts_in_rows_are_numbers_in_a_table(capsys):
    put_value(POSTED, "table", None)
    assert capsys.readouterr().out.splitlines()[2:] == ["R1           2   25.00  EUR", "R2           1"]


@pytest.mark.parametrize("style", ["json", "table"])
def test_one_amount_stays_what_it_is(style, capsys):
    put_value({"amount": "25.00", "currency": "EUR"}, style, None)
    out = capsys.readouterr().out
    assert json.loads(out) == {"amount": "25.00", "currency": "EUR"} if style == "json" else "25.00   EUR" in out
