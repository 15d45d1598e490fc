"""The pytest plugin of bocore: an application over a fresh database for each test, with a clock that the test moves.

pytest loads this module in every run of the environment, so it imports nothing but pytest; SQLAlchemy and plugins come with the
first fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.testing.clock import FrozenClock


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


@pytest.fixture
def bo(bo_path: Path, bo_plugins: Any, clock: FrozenClock) -> Iterator[BackOffice]:
    """An application over a database of this test's own, with the plugins of ``bo_plugins`` and one company."""
    from bocore.app import BackOffice

    with BackOffice(bo_path, plugins=bo_plugins, clock=clock) as application:
        yield application
