"""An office for each test, whose books are looked through when the test is over."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bocore.testing import FrozenClock
from flows.desk import Desk, opened
from flows.office import BOOKS, Office


@pytest.fixture(scope="session")
def empty_books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an office that has done nothing yet: a copy is faster than tables."""
    path = tmp_path_factory.mktemp("flows") / "empty.db"
    Office(path, BOOKS, clock=FrozenClock()).bo.close()
    return path


@pytest.fixture
def open_office(tmp_path: Path, clock: FrozenClock, empty_books: Path) -> Iterator[Callable[..., Office]]:
    """Opens offices with the plugins that are given, and the books; what must hold of all of them is checked at the end."""
    opened: list[Office] = []

    def open_(*plugins: Any, name: str = "books", books: bool = True, begin: bool = True) -> Office:
        path = tmp_path / f"{name}.db"
        if books and not path.exists():
            shutil.copyfile(empty_books, path)
        opened.append(Office(path, *([BOOKS] if books else []), *plugins, clock=clock, begin=begin))
        return opened[-1]

    yield open_
    for office in opened:
        office.sound()
        office.bo.close()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    """An office with books and nothing else."""
    return open_office()


@pytest.fixture
def desk(open_office: Callable[..., Office]) -> Desk:
    """An office that writes invoices, pays and is paid: what an auditor looks at."""
    return opened(open_office)
