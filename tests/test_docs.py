"""No snippet without a test: what the documentation shows is done, block by block, and must come out as shown."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pages
import pytest

import bocore_accounting.plugin as accounting
from bocore import PluginHost

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


@pytest.mark.engine("sqlite")  # a page says itself on which engine it works, and those about a server have one
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_shows_comes_out_as_shown(page, tmp_path):
    if page == "README.md":
        (tmp_path / "ledger.beancount").write_text(LEDGER)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BOCORE_", "PYTEST_"))}
    command = [sys.executable, "-W", "error", ROOT / "tests" / "pages.py", ROOT / page, tmp_path]
    done = subprocess.run(command, env=own, encoding="utf-8", check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode == pages.NO_SERVER and not os.environ.get("CI"):
        pytest.skip(done.stdout)
    assert done.returncode == 0, done.stdout


def test_every_test_that_a_promise_names_is_there():
    pages = [(ROOT / "docs" / "explanation" / name).read_text(encoding="utf-8") for name in ("reliability.md", "mutation.md")]
    named = re.findall(r"`([\w./-]+\.py)::(?:\w+::)?(\w+)`", "\n".join(pages))
    assert len(named) > 50
    missing = [f"{file}::{name}" for file, name in named if not _has(ROOT / file, name)]
    assert missing == []


def test_the_table_of_contents_says_of_every_page_what_it_is_for():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    pages = {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} - {"index.md"}
    assert {page for page in pages if not re.search(rf"^\| \[\]\({re.escape(page)}\) \| \w", index, re.MULTILINE)} == set()


def test_the_glossary_is_in_order_and_has_every_entity_of_kernel_and_books():
    text = (DOCS / "reference" / "glossary.md").read_text(encoding="utf-8").partition(":::{glossary}\n")[2]
    terms = re.findall(r"^(?! |:)(.+)$", text, re.MULTILINE)
    assert len(terms) > 100
    assert terms == sorted(set(terms), key=str.casefold)
    meanings = re.findall(r"^(?! |:).+\n(.*)$", text, re.MULTILINE)
    assert [term for term, meaning in zip(terms, meanings, strict=True) if not meaning.startswith("  ")] == []
    entities = [cls.__name__ for _, cls in PluginHost.of([accounting]).load().entity_classes()]
    assert [name for name in entities if f"`{name}`" not in text and _words(name) not in text.casefold()] == []


def _words(name):
    """``DimensionSet`` as it is written: dimension set."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).casefold()


def _has(file, name):
    return file.is_file() and re.search(rf"^ *def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
