"""Real distributions on disk: found without import, ordered by their requirements, skipped with a reason."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore.errors import PluginError
from bocore.plugins import PluginHost, PluginState, RecordedPlugin, missing_owners, summaries
from bocore.plugins import host as host_module
from bocore.plugins.discovery import Candidate, in_order, installed, normalised

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """``install("acme-vet", "vet", requires=…, code=…)`` puts a distribution with one plugin on the path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(host_module, "CORE_MODULE", "bocore.kernel.not_there")  # the core's declarations have tests of their own
    monkeypatch.setattr(host_module, "installed", lambda: [one for one in installed() if not one.distribution.startswith("bocore-")])
    monkeypatch.delenv("BOCORE_BLOCK", raising=False)
    monkeypatch.delenv("BOCORE_STRICT", raising=False)
    before = set(sys.modules)

    def put(
        distribution: str, prefix: str, *, requires: tuple[str, ...] = (), code: str | None = None, more: str = "", value: str = ""
    ) -> Path:
        package = normalised(distribution).replace("-", "_")
        written = (
            f"from bocore.plugins import Plugin, hookimpl\nplugin = Plugin(prefix={prefix!r})\n" if code is None else textwrap.dedent(code)
        )
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("")
        (tmp_path / package / "plugin.py").write_text(written + textwrap.dedent(more))
        info = tmp_path / f"{package}-1.2.dist-info"
        info.mkdir()
        required = "".join(f"Requires-Dist: {one}\n" for one in requires)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\nSummary: What {prefix} does\n{required}\nSummary: not this one\n"
        )
        (info / "entry_points.txt").write_text(f"[bocore.plugins]\n{prefix} = {value or package + '.plugin'}\n")
        importlib.invalidate_caches()
        return tmp_path / package

    yield put
    for name in set(sys.modules) - before:
        if name.startswith("acme_"):
            del sys.modules[name]


def ours(host: PluginHost) -> dict[str, PluginState]:
    """The plugins of the test, without the core and whatever else is installed here."""
    return {state.name: state for state in host.plugins if state.distribution.startswith("acme")}


def test_a_plugin_is_found_with_its_summary_and_nothing_is_imported(install: Install) -> None:
    install("acme-vet", "vet", requires=("attrs>=23",))
    (found,) = [candidate for candidate in installed() if candidate.name == "vet"]
    assert (found.source, found.distribution, found.version, found.requires) == ("acme_vet.plugin", "acme-vet", "1.2", ("attrs",))
    assert summaries()["vet"] == "What vet does"
    host = PluginHost.discover()
    assert ours(host)["vet"].state == "found"
    assert not [name for name in sys.modules if name.startswith("acme_vet")]
    assert ours(host.load())["vet"].state == "loaded"
    assert "acme_vet.plugin" in sys.modules


def test_plugins_load_after_those_that_they_require_and_else_by_name(install: Install) -> None:
    install("acme-zoo", "zoo")
    install("acme-vet", "vet", requires=("Acme_Zoo>=1,<2 ; python_version >= '3'", "acme-books (>=1)"))
    install("acme-books", "books", requires=("acme-tax[all]>=1",))
    install("acme-tax", "tax", requires=('acme-vet>=1 ; extra == "vet"',))
    install("acme-art", "art")
    host = PluginHost.discover().load()
    assert list(ours(host)) == ["art", "tax", "books", "zoo", "vet"]
    assert ours(host)["vet"].requires == ("books", "zoo")
    assert ours(host)["tax"].requires == ()  # a requirement of an extra binds nobody


def test_a_circle_of_requirements_is_named(install: Install) -> None:
    install("acme-vet", "vet", requires=("acme-books",))
    install("acme-books", "books", requires=("acme-vet",))
    with pytest.raises(PluginError, match=r"circle: (vet → books → vet|books → vet → books)"):
        PluginHost.discover().load()


def test_a_plugin_that_cannot_be_imported_is_skipped_with_its_dependants_and_nobody_else(install: Install) -> None:
    package = install("acme-books", "books", code="import acme_books.model\n")
    (package / "model.py").write_text("\nimport orjsonn\n")
    install("acme-vet", "vet", requires=("acme-books",))
    install("acme-claims", "claims", requires=("acme-vet",))
    install("acme-zoo", "zoo")
    states = ours(PluginHost.discover().load())
    assert {name: state.state for name, state in states.items()} == {
        "books": "broken",
        "vet": "skipped",
        "claims": "skipped",
        "zoo": "loaded",
    }
    assert states["books"].reason.startswith("ModuleNotFoundError: No module named 'orjsonn' (")
    assert states["books"].reason.endswith("model.py, line 2: import orjsonn)")
    assert states["books"].fix == "Install what provides the module 'orjsonn'; acme-books does not require it, tell its author."
    assert "needs books, which is broken (ModuleNotFoundError" in states["vet"].reason
    assert states["claims"].fix == states["books"].fix


@pytest.mark.parametrize(
    ("code", "requires", "reason", "fix"),
    [
        ("import acme_books", ("acme-books",), "It requires acme-books, which is not installed.", "pip install acme-books"),
        ("import bocore_books", (), "ModuleNotFoundError: No module named 'bocore_books'", "pip install bocore-books"),
        ("import acme_vet.gone", (), "No module named 'acme_vet.gone'", "pip install --force-reinstall acme-vet"),
        ("from os import nothing_like_it", (), "ImportError: cannot import name 'nothing_like_it'", "pip install --upgrade acme-vet"),
        ("1 / 0", (), "plugin.py, line 1: 1 / 0", "start with BOCORE_BLOCK=vet"),
        ("def (", (), "SyntaxError: ", "start with BOCORE_BLOCK=vet"),
        ("raise SystemExit(3)", (), "SystemExit: 3", "start with BOCORE_BLOCK=vet"),
        ("x = 1", (), "The module acme_vet.plugin has no name 'plugin'.", "plugin = Plugin("),
        ("plugin = dict(prefix='vet')", (), "has a 'plugin' that is a dict", "plugin = Plugin("),
        (
            "from bocore.plugins import Plugin\nplugin = Plugin(prefix='pets')",
            (),
            "The entry point is called 'vet', but acme_vet.plugin says Plugin(prefix='pets').",
            "Give both the same name",
        ),
        (
            "from bocore.plugins import Plugin\nplugin = Plugin(prefix='vet', permissions={'pets.read': 'Read'})",
            (),
            "the permission 'pets.read' does not begin with 'vet'",
            "Call it vet.read",
        ),
        (
            "from bocore.plugins import Plugin, hookimpl\nplugin = Plugin(prefix='vet')\n@hookimpl\ndef bo_validate(uow, nope): pass",
            (),
            "Argument(s) {'nope'} are declared in the hookimpl but can not be found in the hookspec",
            "reference",
        ),
    ],
)
def test_the_reason_and_the_remedy_of_a_broken_plugin(
    install: Install, code: str, requires: tuple[str, ...], reason: str, fix: str
) -> None:
    install("acme-vet", "vet", requires=requires, code=code)
    host = PluginHost.discover().load()
    state = ours(host)["vet"]
    assert state.state == "broken"
    assert reason in state.reason
    assert fix in state.fix
    assert "vet" not in host.implementers("bo_validate")


def test_strict_raises_what_would_be_skipped(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme-vet", "vet", code="1 / 0")
    with pytest.raises(PluginError, match=r"'vet' is broken: ZeroDivisionError: division by zero") as refused:
        PluginHost.discover(strict=True).load()
    assert isinstance(refused.value.__cause__, ZeroDivisionError)
    monkeypatch.setenv("BOCORE_STRICT", "1")
    with pytest.raises(PluginError, match="'vet' is broken"):
        PluginHost.discover().load()
    assert ours(PluginHost.discover(strict=False).load())["vet"].state == "broken"


def test_a_blocked_plugin_is_not_imported_and_takes_its_dependants_along(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme-books", "books", code="1 / 0")
    install("acme-vet", "vet", requires=("acme-books",))
    install("acme-zoo", "zoo")
    states = ours(PluginHost.discover(block=["books"]).load())
    assert {name: state.state for name, state in states.items()} == {"books": "blocked", "vet": "skipped", "zoo": "loaded"}
    assert states["vet"].reason == "needs books, which is blocked (blocked by this application)"
    monkeypatch.setenv("BOCORE_BLOCK", "zoo, books")
    states = ours(PluginHost.discover().load())
    assert {name: state.state for name, state in states.items()} == {"books": "blocked", "vet": "skipped", "zoo": "blocked"}
    assert states["zoo"].reason == "blocked by BOCORE_BLOCK"
    assert not [name for name in sys.modules if name.startswith("acme_books")]


def test_a_misspelt_name_in_the_list_of_blocked_plugins_is_said(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("acme-vet", "vet")
    monkeypatch.setenv("BOCORE_BLOCK", "vett")
    host = PluginHost.discover().load()
    assert ours(host)["vet"].state == "loaded"
    (finding,) = host.findings
    assert str(finding) == "The plugin 'vett' is to be blocked by BOCORE_BLOCK, and is not installed. Did you mean 'vet'?"
    monkeypatch.setenv("BOCORE_STRICT", "1")
    with pytest.raises(PluginError, match=r"'vett' is to be blocked by BOCORE_BLOCK"):
        PluginHost.discover()


def test_what_stops_a_plugin_is_a_sentence_of_its_own(install: Install) -> None:
    install("acme-vet", "vet", code="1 / 0")
    state = ours(PluginHost.discover().load())["vet"]
    assert state.trouble.startswith("The plugin 'vet' is broken: ZeroDivisionError: division by zero (")
    assert state.trouble.endswith(", line 1: 1 / 0).")


def test_two_plugins_of_one_prefix_are_named_both(install: Install) -> None:
    install("acme-vet", "vet")
    install("acme-other", "vet")
    with pytest.raises(PluginError, match=r"Two plugins have the prefix 'vet': 'vet' \(acme-other\) and 'vet' \(acme-vet\)"):
        PluginHost.discover().load()


def test_the_names_of_the_core_are_taken(install: Install) -> None:
    install("acme-report", "report")
    state = ours(PluginHost.discover().load())["report"]
    assert (state.state, state.reason) == ("broken", "The name 'report' belongs to bocore itself.")


def test_an_entry_point_is_a_module(install: Install) -> None:
    install("acme-vet", "vet", value="acme_vet.plugin:plugin")
    state = ours(PluginHost.discover().load())["vet"]
    assert (state.state, state.fix) == ("broken", "Write vet = 'acme_vet.plugin'.")


def test_installed_plugins_can_be_chosen_by_name_and_bring_what_they_require(install: Install) -> None:
    install("acme-books", "books")
    install("acme-vet", "vet", requires=("acme-books",))
    install("acme-zoo", "zoo")
    assert list(ours(PluginHost.of(["vet"]).load())) == ["books", "vet"]
    assert list(ours(PluginHost.of(["zoo", "vet", "books"]).load())) == ["zoo", "books", "vet"]
    assert PluginHost.of(["acme_zoo.plugin"]).load().plugins[0].module is sys.modules["acme_zoo.plugin"]
    with pytest.raises(PluginError, match="'nobody' is neither an installed plugin nor a module") as refused:
        PluginHost.of(["nobody"])
    assert "books, " in refused.value.findings[0].fix


def test_dependants_answer_a_hook_before_the_plugins_that_they_depend_on(install: Install) -> None:
    answer = "@hookimpl\ndef bo_retention(uow, party): return [__name__]\n"
    install("acme-books", "books", more=answer)
    install("acme-vet", "vet", requires=("acme-books",), more=answer)
    host = PluginHost.discover(block=[c.name for c in installed() if not c.distribution.startswith("acme")]).load()
    assert host.hook.bo_retention(uow=None, party=None)[:2] == [["acme_vet.plugin"], ["acme_books.plugin"]]


def test_a_database_that_has_data_of_an_absent_plugin_is_not_written(install: Install) -> None:
    install("acme-vet", "vet", code="1 / 0")
    install("acme-zoo", "zoo")
    host = PluginHost.discover().load()
    recorded = [
        RecordedPlugin("vet", "1.1", "loaded", owns_data=True),
        RecordedPlugin("zoo", "1.2", "loaded", owns_data=True),
        RecordedPlugin("books", "1.0", "loaded", owns_data=True, distribution="acme-books"),
        RecordedPlugin("tax", "1.0", "detached", owns_data=True),
        RecordedPlugin("art", "1.0", "loaded", owns_data=False),
    ]
    broken, absent = missing_owners(recorded, host)
    assert broken.message.startswith("The plugin 'vet' (1.1) owns data here and is broken: ZeroDivisionError")
    assert absent.message == "The plugin 'books' (1.0) owns data here and is not installed; until it is back, nothing is written."
    assert absent.fix == "pip install acme-books. To go on without it: bo plugin detach books --reason TEXT."
    assert missing_owners(recorded[1:2], host) == []
    (left_out,) = missing_owners(recorded[1:2], PluginHost.of([]).load())
    assert "'zoo' (1.2) owns data here and is installed, but not among the plugins of this application" in left_out.message
    assert left_out.fix.startswith("Add 'zoo' to plugins=[…], or leave plugins out to have all that are installed.")


@st.composite
def graphs(draw: st.DrawFn) -> list[Candidate]:
    """Plugins that require only such as come before them, in any order."""
    names = draw(st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=8))
    needs = [draw(st.sets(st.sampled_from(names[:place]))) if place else set() for place in range(len(names))]
    made = [Candidate(name=name, source=name, distribution=name, requires=tuple(need)) for name, need in zip(names, needs, strict=True)]
    return draw(st.permutations(made))


@given(graphs())
def test_the_order_follows_requirements_and_does_not_depend_on_the_order_of_finding(candidates: list[Candidate]) -> None:
    order = [candidate.name for candidate, _ in in_order(candidates)]
    assert sorted(order) == sorted(candidate.name for candidate in candidates)
    assert all(order.index(need) < order.index(candidate.name) for candidate in candidates for need in candidate.requires)
    assert order == [candidate.name for candidate, _ in in_order(reversed(candidates))]
