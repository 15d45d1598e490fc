"""No snippet without a test: what the documentation shows is done, block by block, and must come out as shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = ["README.md", *sorted(str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if "```" in page.read_text(encoding="utf-8"))]
"""Every page that shows code."""
LEDGER = """
2026-01-01 open Assets:Bank EUR
2026-01-01 open Equity:Opening EUR
2026-01-01 * "Opening"
  Assets:Bank  5000.00 EUR
  Equity:Opening
"""
"""What the README imports, as the reader's own ledger."""


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_comes_out_as_shown(page, tmp_path):
    if page == "README.md":
        (tmp_path / "ledger.beancount").write_text(LEDGER)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BOCORE_", "PYTEST_"))}
    command = [sys.executable, "-W", "error", ROOT / "tests" / "pages.py", ROOT / page, tmp_path]
    done = subprocess.run(command, env=own, encoding="utf-8", check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def test_every_test_that_a_promise_names_is_there():
    page = (ROOT / "docs" / "explanation" / "reliability.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./-]+\.py)::(\w+)`", page)
    assert len(named) > 50
    missing = [f"{file}::{name}" for file, name in named if not _has(ROOT / file, name)]
    assert missing == []


def _has(file, name):
    return file.is_file() and re.search(rf"^ *def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
