"""Do what a newcomer does: built wheels, an empty environment, the demo, and the main job on a ledger from elsewhere.

Run with any Python that has pip; exits non-zero, naming the command, at the first thing that goes wrong.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command as a newcomer's shell would, show what it says, and return its standard output."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("BOCORE_", "PYTHON", "VIRTUAL_ENV"))}
    words = [str(part) for part in command]
    print("$", *words, flush=True)
    done = subprocess.run(words, cwd=cwd, env=own, stdout=subprocess.PIPE, encoding="utf-8", check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        sys.exit(f"exit code {done.returncode} from: {' '.join(words)}")
    return done.stdout


def install(work: Path) -> Path:
    """Build a wheel of the core and of every plugin, install them into an empty environment, return its bin directory."""
    sources = [ROOT, *(path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml")))]
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", work / "wheels", *sources, cwd=work)
    wheels = sorted((work / "wheels").glob("*.whl"))
    if len(wheels) != len(sources):
        sys.exit(f"{len(sources)} distributions made {len(wheels)} wheels: {[wheel.name for wheel in wheels]}")
    venv.create(work / "empty", with_pip=True, symlinks=os.name != "nt")
    binaries = work / "empty" / ("Scripts" if os.name == "nt" else "bin")
    run(binaries / "python", "-m", "pip", "install", "--quiet", *wheels, cwd=work)
    run(binaries / "python", "-m", "pip", "check", cwd=work)
    return binaries


def play_the_demo(binaries: Path, work: Path) -> None:
    """``bo demo`` leaves a database behind it whose every row and record verifies."""
    place = work / "demo"
    place.mkdir()
    run(binaries / "bo", "demo", cwd=place)
    if not (place / "bocore-demo.db").is_file():
        sys.exit("bo demo left no bocore-demo.db")
    run(binaries / "bo", "--db", "bocore-demo.db", "audit", "verify", cwd=place)


def do_the_main_job(binaries: Path, work: Path) -> None:
    """A ledger that beancount generates is imported, reported on and verified."""
    place = work / "main-job"
    place.mkdir()
    period = ("--date-begin", "2024-01-01", "--date-birth", "1980-05-12", "--date-end", "2024-12-31")
    run(binaries / "bean-example", "--seed", "7", *period, "-o", "ledger.beancount", cwd=place)
    run(binaries / "bo", "init", "--company", "Acme Ltd", "--currency", "USD", cwd=place)
    run(binaries / "bo", "import", "beancount", "ledger.beancount", cwd=place)
    rows = json.loads(run(binaries / "bo", "report", "trial-balance", "--as-of", "2024-12-31", "--format", "json", cwd=place))
    if not rows or sum(Decimal(row["debit"]) for row in rows) == 0:
        sys.exit("the trial balance of the imported ledger is empty")
    if wrong := [row for row in rows if Decimal(row["debit"]) - Decimal(row["credit"]) != Decimal(row["balance"])]:
        sys.exit(f"debit less credit is not the balance: {wrong}")
    run(binaries / "bo", "audit", "verify", cwd=place)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bocore-fresh-") as name:
        work = Path(name)
        binaries = install(work)
        play_the_demo(binaries, work)
        do_the_main_job(binaries, work)
    print("fresh: wheels, demo and main job passed")


if __name__ == "__main__":
    main()
