"""The README's day at the command line, as somebody has it who has installed the rental."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"
METADATA = "Metadata-Version: 2.1\nName: bocore-rental\nVersion: 0.1.0\nSummary: Machines for rent: contracts, deposits, rent by the day\n"
FLEET = "code;name;daily rate;purchased\nEX-1;Excavator;180.00 EUR;2026-01-01\n"


@pytest.fixture
def bo(tmp_path):
    """Run ``bo`` in an empty folder, where a distribution's metadata says that the rental is there."""
    info = tmp_path / "site" / "bocore_rental-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    (info / "entry_points.txt").write_text("[bocore.plugins]\nrental = bocore_rental.plugin\n")
    (tmp_path / "fleet.csv").write_text(FLEET)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BOCORE_", "PYTEST_"))}
    path = os.pathsep.join([str(info.parent), str(SOURCE), *filter(None, [own.get("PYTHONPATH")])])

    def run(words, code=0):
        command = [sys.executable, "-m", "bocore.cli", *words]
        done = subprocess.run(command, cwd=tmp_path, env={**own, "PYTHONPATH": path}, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_a_contract_at_the_command_line(bo):
    bo(["init", "--company", "Lift & Dig Ltd", "--currency", "EUR"])
    bo(["import", "machines", "fleet.csv"])
    bo(["party", "add", "Stone & Daughters", "--code", "STONE"])
    assert "R2026-0001" in bo(["rental", "draft", "EX-1", "STONE", "2026-01-05", "2026-01-14", "--on", "2026-01-05"])
    bo(["rental", "sign", "R2026-0001"])
    said = bo(["rental", "accrue", "--through", "2026-01-10", "--format", "csv"])
    assert said.splitlines()[1] == "R2026-0001,2026-01-05,2026-01-10,6,1080.00,EUR"
    assert "The machine was never fetched. Hand it over first" in bo(["rental", "take-back", "R2026-0001"], code=1)
    said = bo(["report", "rental.revenue", "--since", "2026-01-01", "--through", "2026-01-31", "--format", "csv"])
    assert said.splitlines()[1:] == [
        ",EX-1,Excavator,1080.00,EUR",
        "total,,All machines,1080.00,EUR",
    ]


def test_the_demo_at_the_command_line(bo):
    said = bo(["demo"])
    assert "Two machines were let" in said
    assert "rows verified: ok" in said
