"""The filters of the log, one by one and together, against a plain list of what was done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bocore import BackOffice, Entity, Party, Plugin, entity
from bocore.cli.log import Moment
from bocore.record.log import Wanted, read_log
from bocore.record.tiles import WIDTH
from bocore.testing import FrozenClock

BEGAN = datetime(2026, 3, 28, 21, tzinfo=UTC)
"""Before a night in which clocks change in Europe."""
COUNT = 2 * WIDTH + 40
ACTORS, BUSINESS = ("ann", "bob", "Zoë"), ("fair", "order 7", None)


@entity("shed_tool")
class Tool(Entity):
    """Something in the shed."""

    name: str


NAMES = {"bo_party": Party, "shed_tool": Tool}


@attrs.frozen
class Done:
    """One commit, as whoever did it remembers it."""

    at: datetime
    actor: str
    correlation: str | None
    rows: frozenset[tuple[str, int]]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BackOffice, list[Done]]]:
    """Parties and tools are added, changed and removed by three people; most of it is sealed, in two tiles and more, the newest not."""
    random, clock, done = Random(7), FrozenClock(BEGAN), list[Done]()
    path: Path = tmp_path_factory.mktemp("log") / "books.db"
    with BackOffice(path, plugins=[Plugin(prefix="shed", entities=[Tool])], clock=clock).init() as bo:
        there = {name: list[int]() for name in NAMES}
        for n in range(COUNT):
            actor, business, rows = random.choice(ACTORS), random.choice(BUSINESS), set[tuple[str, int]]()
            clock.set(BEGAN + timedelta(minutes=n // 2))  # two of the same instant
            with bo.unit_of_work(actor=actor, correlation=business) as uow:
                for name in random.sample(sorted(NAMES), random.randint(1, 2)):
                    rows |= {(name, ident) for ident in worked(uow, name, there[name], random, n)}
            done.append(Done(clock(), actor, business, frozenset(rows)))
            if n == COUNT - 20:
                bo.seal()
        yield bo, done


def worked(uow: Any, name: str, there: list[int], random: Random, n: int) -> list[int]:
    """Rows are added, or one is changed or removed."""
    if len(there) < 5 or random.random() < 0.6:
        ids = [row.id for row in uow.add_all([NAMES[name](name=f"{n}") for _ in range(random.randint(1, 3))])]
        there.extend(ids)
        return ids
    ident = random.choice(there)
    row = uow.get(NAMES[name], ident)
    if random.random() < 0.3:
        uow.remove(row)
        there.remove(ident)
    else:
        row.name = f"again {n}"
    return [ident]


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))])
INSTANTS = st.builds(
    lambda minutes, zone, odd: (BEGAN + timedelta(minutes=minutes, microseconds=odd)).astimezone(zone).isoformat(),
    st.integers(-10, COUNT // 2 + 10),
    ZONES,
    st.sampled_from([0, 0, 1, -1]),
)
DAYS = st.sampled_from(["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"])


def first_of(text: str) -> datetime:
    return datetime.fromisoformat(text) if "T" in text else datetime.fromisoformat(f"{text}T00:00:00+00:00")


def last_of(text: str) -> datetime:
    return first_of(text) if "T" in text else first_of(text) + timedelta(days=1, microseconds=-1)


@settings(max_examples=300, deadline=None)
@given(
    actor=st.none() | st.sampled_from([*ACTORS, "nobody"]),
    entity=st.none() | st.sampled_from([*NAMES, "bo_nothing"]),
    ident=st.none() | st.integers(0, 2 * COUNT),
    since=st.none() | INSTANTS | DAYS,
    until=st.none() | INSTANTS | DAYS,
    correlation=st.none() | st.sampled_from(["fair", "order 7", "none"]),
    before=st.none() | st.integers(0, COUNT + 10),
    limit=st.sampled_from([1, 7, 10_000]),
    scan=st.booleans(),
)
def test_filters_find_what_was_done_and_nothing_else(
    books: tuple[BackOffice, list[Done]],
    actor: str | None,
    entity: str | None,
    ident: int | None,
    since: str | None,
    until: str | None,
    correlation: str | None,
    before: int | None,
    limit: int,
    scan: bool,
) -> None:
    bo, done = books
    everything = sorted({row for one in done for row in one.rows})
    if ident is not None and entity in NAMES:
        ids = [row for name, row in everything if name == entity]
        ident = ids[ident % len(ids)]
    begins, ends = Moment().convert(since, None, None) if since else None, Moment(end=True).convert(until, None, None) if until else None
    with bo.looking() as session:
        found = read_log(session, Wanted(actor, entity, ident, begins, ends, None, correlation, before), limit, scan=scan)
        offset = len(read_log(session, Wanted(), 10_000)) - COUNT  # the commits of init() come first
    expected = [
        n + offset
        for n, one in enumerate(done)
        if actor in (None, one.actor)
        and (entity is None or any(name == entity and ident in (None, row) for name, row in one.rows))
        and (since is None or one.at >= first_of(since))
        and (until is None or one.at <= last_of(until))
        and correlation in (None, one.correlation)
        and (before is None or n + offset < before)
    ][::-1][:limit]
    assert [each.position for each in found if each.position >= offset] == expected
