"""The pytest plugin of bocore: an application over a fresh database for each test, with a clock that the test moves, on either engine.

pytest loads this module in every run of the environment, so it imports nothing but pytest; SQLAlchemy and plugins come with the
first fixture.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.testing.clock import FrozenClock

NO_SERVER = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--bo-engine``."""
    told = "run the tests on this engine (or $BOCORE_TEST_ENGINE); a server is started unless $BOCORE_TEST_PG names one"
    parser.getgroup("bocore").addoption("--bo-engine", choices=("sqlite", "postgresql"), help=told)


def pytest_configure(config: pytest.Config) -> None:
    """The marker, and the engine for all who ask: workers and the processes that tests start."""
    config.addinivalue_line("markers", "engine(name): about one engine alone, sqlite or postgresql; not selected on the other")
    if chosen := config.getoption("bo_engine", None):
        os.environ["BOCORE_TEST_ENGINE"] = chosen
    if os.environ.get("BOCORE_TEST_ENGINE") == "postgresql":  # an application that a test leaves open, as it may leave a file
        config.addinivalue_line("filterwarnings", "ignore:.*was deleted while still open:ResourceWarning")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the server before xdist starts its workers, who find it in their environment."""
    from bocore.testing.engines import engine

    if engine() == "postgresql" and not session.config.getoption("collectonly"):
        from bocore.testing.engines import prepare
        from bocore.testing.postgres import NoServer

        try:
            reason = prepare(session.config.add_cleanup)
        except NoServer as error:
            raise pytest.UsageError(str(error)) from error
        if reason:
            session.config.stash[NO_SERVER] = reason


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine; skip everything, with the reason, where there is no server."""
    from bocore.testing.engines import engine

    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("engine")
        (kept if marker is None or engine() in marker.args else left).append(item)
        if NO_SERVER in config.stash:
            item.add_marker(pytest.mark.skip(reason=config.stash[NO_SERVER]))
    if left:
        items[:] = kept
        config.hook.pytest_deselected(items=left)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Drop the schemas that stood in for files of this test."""
    try:
        return (yield)
    finally:
        from bocore.testing.engines import drop_below, engine

        folder = (getattr(item, "funcargs", None) or {}).get("tmp_path")
        if engine() == "postgresql" and folder is not None:
            drop_below(folder)


@pytest.fixture(scope="session")
def bo_engine() -> str:
    """The engine of this run: ``sqlite`` or ``postgresql``."""
    from bocore.testing.engines import engine

    return engine()


@pytest.fixture
def clock() -> FrozenClock:
    """The clock of ``bo``: it stands at 2026-01-15 09:00 UTC until ``clock.set(…)`` or ``clock.advance(days=1)``."""
    from bocore.testing.clock import FrozenClock

    return FrozenClock()


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The plugins of ``bo``, as BackOffice takes them; a module or conftest overrides this. All installed ones unless told."""
    return None


@pytest.fixture(scope="session")
def bo_company() -> Mapping[str, str]:
    """What ``bo.init`` is told of the first company; empty for none."""
    return {"company": "Acme Ltd", "currency": "EUR"}


@pytest.fixture(scope="session")
def bo_templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any, Mapping[str, str]], Path]:
    """Returns the file of an initialised database for a set of plugins, made once a session: a copy is far faster than tables."""
    made: dict[Any, tuple[Path, Any]] = {}

    def template(plugins: Any, company: Mapping[str, str]) -> Path:
        key = (None if plugins is None else tuple(map(id, plugins)), tuple(sorted(company.items())))
        if key not in made:
            from bocore.app import BackOffice
            from bocore.testing.clock import FrozenClock

            path = tmp_path_factory.mktemp("bocore") / "template.db"
            with BackOffice(path, plugins=plugins, clock=FrozenClock()) as fresh:
                fresh.init(**company)
            made[key] = path, plugins  # the plugins are kept, so that their ids stay theirs
        return made[key][0]

    return template


@pytest.fixture
def bo_path(bo_plugins: Any, bo_company: Mapping[str, str], bo_templates: Callable[..., Path], tmp_path: Path) -> Path:
    """The file of an initialised database of this test's own."""
    import shutil

    return Path(shutil.copyfile(bo_templates(bo_plugins, bo_company), tmp_path / "books.db"))


@pytest.fixture(scope="session")
def bo_key() -> Any:
    """The key of ``bo``, for plugins with secret fields: one that everybody knows. A module or conftest overrides this."""
    return bytes(32)


@pytest.fixture
def bo(bo_path: Path, bo_plugins: Any, bo_key: Any, clock: FrozenClock) -> Iterator[BackOffice]:
    """An application over a database of this test's own, with the plugins of ``bo_plugins`` and one company."""
    from bocore.app import BackOffice

    with BackOffice(bo_path, plugins=bo_plugins, clock=clock, key=bo_key) as application:
        yield application
