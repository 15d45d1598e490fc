"""mypy --strict understands what a vendor writes, and finds what a vendor gets wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MISTAKES = {
    "animal.nmae": "attr-defined",
    "animal.legs = 'four'": "assignment",
    "Animal(owner_id=1, name='Rex', lges=4)": "call-arg",
    "Animal(owner_id=1, name=5)": "arg-type",
    "Animal(1, 'Rex')": "misc|call-arg",
    "Animal(owner_id=1)": "call-arg",
    "uow.get(str, 1)": "type-var",
    "uow.get(Animal, 1).legs + 'x'": "operator",
    "Visit(animal_id=1, on=date.min, weight=Decimal(1), number='x')": "call-arg",
}


def mypy(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    config = HERE.parent / "pyproject.toml"
    command = [sys.executable, "-m", "mypy", "--config-file", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("mypy")
    return str(tmp_path_factory.mktemp("mypy"))


def test_a_vendors_module_needs_no_ignores_and_its_mistakes_are_found(cache: str, tmp_path: Path) -> None:
    vendor = (HERE / "typing" / "vendor.py").read_text(encoding="utf-8")
    assert "ignore" not in vendor.replace("without a single ignore", "")
    (tmp_path / "vendor.py").write_text(vendor, encoding="utf-8")
    lines = [
        "from datetime import date",
        "from decimal import Decimal",
        "from bocore import UnitOfWork",
        "from vendor import Animal, Visit",
        "",
    ]
    lines += ["def wrong(uow: UnitOfWork, animal: Animal) -> None:", *(f"    {mistake}" for mistake in MISTAKES), ""]
    (tmp_path / "wrong.py").write_text("\n".join(lines), encoding="utf-8")
    run = mypy("--cache-dir", cache, "vendor.py", "wrong.py", cwd=tmp_path)
    first = lines.index("def wrong(uow: UnitOfWork, animal: Animal) -> None:") + 2
    assert [line for line in run.stdout.splitlines() if line.startswith("vendor.py")] == []
    for number, (mistake, kinds) in enumerate(MISTAKES.items(), first):
        found = [line for line in run.stdout.splitlines() if line.startswith(f"wrong.py:{number}:")]
        assert any(f"[{kind}]" in line for kind in kinds.split("|") for line in found), (mistake, found)
