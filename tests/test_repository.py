"""The repository keeps its own promises: what the README, CI, packaging and the architecture rules say of each other is true."""

import re
import tomllib
from pathlib import Path

import pytest

from bocore import PluginHost

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))


def pyproject(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def readme_commands() -> list[str]:
    """The one-line commands of the README's shell blocks that start from nothing."""
    return re.findall(r"^```sh\n(python3 -m venv .*)\n```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_readme_has_the_two_commands_and_ci_runs_the_second():
    first, second = readme_commands()
    assert first == "python3 -m venv .venv && .venv/bin/pip install . ./plugins/*/ && .venv/bin/bo demo"
    assert second in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_is_laid_out_as_all_are(folder: Path):
    project = pyproject(folder)["project"]
    package = folder.name.replace("-", "_")
    assert project["name"] == folder.name
    assert project["entry-points"]["bocore.plugins"] == {package.removeprefix("bocore_"): f"{package}.plugin"}
    assert project["description"]
    missing = [name for name in ("README.md", "LICENSE", "tests", f"src/{package}/py.typed") if not (folder / name).exists()]
    assert missing == []


@pytest.mark.parametrize("folder", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_accepts_the_versions_that_lie_beside_it(folder: Path):
    """A requirement that nobody here fulfils would send pip to a package index, where the name isn't ours."""
    versions = {pyproject(place)["project"]["name"]: pyproject(place)["project"]["version"] for place in [ROOT, *PLUGINS]}
    ours = [r for r in pyproject(folder)["project"]["dependencies"] if r.startswith("bocore")]
    assert any(re.match(r"bocore\b(?!-)", requirement) for requirement in ours)
    for requirement in ours:
        name = re.match(r"[a-z-]+", requirement)[0]
        major, minor = versions[name].split(".")[:2]
        assert requirement == f"{name}>={major}.{minor},<{major}.{int(minor) + 1}"


def test_every_plugin_is_under_the_architecture_rules():
    linter = pyproject(ROOT)["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in linter["contracts"]}
    packages = {folder.name.replace("-", "_") for folder in PLUGINS}
    assert set(linter["root_packages"]) == {"bocore", *packages}
    assert {name.strip() for layer in contracts["layers"]["layers"] for name in layer.split("|")} == {"bocore", *packages}
    assert set(contracts["public-core"]["source_modules"]) == packages


def test_nobody_but_the_beancount_plugin_depends_on_a_gpl_library():
    assert pyproject(ROOT)["project"]["license"] == "MIT"
    licences = {folder.name: pyproject(folder)["project"]["license"] for folder in PLUGINS}
    assert licences.pop("bocore-beancount") == "GPL-2.0-only"
    assert set(licences.values()) == {"MIT"}


def test_the_short_names_of_what_these_plugins_offer_are_their_own():
    host = PluginHost.discover().load()
    for offered in (host.reports, host.importers, host.exporters, host.jobs):
        short = [name.partition(".")[2] for name in offered]
        assert [name for name in short if short.count(name) > 1] == []
