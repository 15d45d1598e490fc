"""The same select gives the same rows on SQLite and on PostgreSQL: values, types and order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, Entity, Money, Plugin, entity, exact, field, money

pytestmark = pytest.mark.engine("postgresql")


@entity("shop_thing")
class Thing(Entity):
    """Something of every kind."""

    name: str | None = field(default=None, max_length=50)
    other: str = field(default="", max_length=50)
    count: int | None = None
    size: int = 0
    weight: Decimal | None = exact(places=2, default=None)
    price: Money | None = money(default=None)
    good: bool | None = None
    made: date | None = None
    sold: date = date(2026, 1, 1)
    at: datetime | None = None
    open: time | None = None
    seal: bytes | None = None


WORDS = (None, "", "a", "A", "b", "_b", "B c", "éa", "Éa", "ß", "%a", "a%", "zz", " z ", "10", "9", "ﬁ", "𝄞", "Ab_c")
THINGS = [
    {
        "name": word,
        "other": WORDS[-n - 1] or "",
        "count": None if n % 5 == 0 else (n * 37) % 11 - 5,
        "size": n % 4,
        "weight": None if n % 7 == 3 else Decimal(n * 13 % 17 - 8) / 4,
        "price": None if n % 3 == 1 else Money.minor(n * 100 - 700, "EUR"),
        "good": (None, True, False)[n % 3],
        "made": None if n % 4 == 0 else date(2024 + n % 3, 1 + n % 12, 1 + n * 5 % 28),
        "sold": date(2026, 1 + n % 3, 2),
        "at": None if n % 6 == 5 else datetime(2026, 1, 1 + n, n, n * 3 % 60, 7, 120 * n, UTC),
        "open": None if n % 2 else time(n, n * 2),
        "seal": None if n % 4 == 2 else bytes([n, 255 - n]),
    }
    for n, word in enumerate(WORDS)
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BackOffice, BackOffice]]:
    """The same things in a file of SQLite and in a schema of PostgreSQL."""
    folder = tmp_path_factory.mktemp("both")
    shop = Plugin(prefix="shop", entities=[Thing])
    file = sa.create_engine(f"sqlite:///{folder / 'file.db'}", connect_args={"check_same_thread": False})
    with BackOffice(file, plugins=[shop]) as lite, BackOffice(folder / "server.db", plugins=[shop]) as server:
        for bo in (lite, server):
            bo.init(company="Shop", currency="EUR")
            with bo.unit_of_work(actor="ann") as uow:
                uow.add_all([Thing(**values) for values in THINGS])
        assert (lite.database.name, server.database.name) == ("sqlite", "postgresql")
        yield lite, server


def agreed(both: tuple[BackOffice, BackOffice], statement: Any) -> list[Any]:
    """What both engines answer, told apart by type as well."""
    answers = []
    for bo in both:
        with bo.unit_of_work(actor="ann", read_only=True) as uow:
            answers.append([tuple(row) for row in uow.rows(statement)])
    assert repr(answers[0]) == repr(answers[1]), str(statement)
    return answers[0]


# ---------------------------------------------------------------- selects at random

C: Any = Thing.c
numbers, words, days, flags = (st.deferred(lambda kind=kind: made[kind]) for kind in ("numbers", "words", "days", "flags"))  # type: ignore[misc]
small = st.integers(-3, 12)
plain_words = st.sampled_from([word for word in WORDS if word is not None])
plain_days = st.dates(date(2023, 1, 1), date(2027, 1, 1))
patterns = st.lists(st.sampled_from(["a", "A", "%", "_", "é", "b", " "]), min_size=1, max_size=3).map("".join)
whole = st.sampled_from([C.count, C.size, C.price, C.id])


def chosen(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(flags, values, values).map(lambda parts: sa.case((parts[0], parts[1]), else_=parts[2]))


made = {
    "numbers": st.one_of(
        whole,
        st.tuples(whole, small).map(lambda p: p[0] + p[1]),
        st.tuples(whole, whole).map(lambda p: p[0] * p[1] - p[0]),
        st.tuples(whole, st.sampled_from([-7, -2, 3, 5])).map(lambda p: p[0] // p[1]),
        st.tuples(whole, st.sampled_from([2, 3, 5])).map(lambda p: p[0] % p[1]),
        whole.map(sa.func.abs),
        words.map(sa.func.length),
        st.tuples(whole, small).map(lambda p: sa.func.coalesce(*p)),
        st.tuples(whole, small).map(lambda p: sa.func.nullif(*p)),
        st.tuples(st.sampled_from(["year", "month", "day", "dow", "doy"]), days).map(lambda p: sa.extract(*p)),
        chosen(whole),
    ),
    "words": st.one_of(
        st.sampled_from([C.name, C.other]),
        st.tuples(words, plain_words).map(lambda p: p[0] + p[1]),
        st.tuples(words, words).map(lambda p: p[0] + p[1]),
        st.sampled_from([C.name, C.other]).map(lambda word: sa.func.lower(word, type_=sa.Text)),
        st.sampled_from([C.name, C.other]).map(lambda word: sa.func.upper(word, type_=sa.Text)),
        words.map(lambda word: sa.func.trim(word, type_=sa.Text)),
        st.tuples(words, st.sampled_from(["a", " ", "zb"])).map(lambda p: sa.func.ltrim(*p, type_=sa.Text)),
        st.tuples(words, st.sampled_from(["a", " ", "c%"])).map(lambda p: sa.func.rtrim(*p, type_=sa.Text)),
        st.tuples(words, plain_words.filter(bool), plain_words).map(lambda p: sa.func.replace(*p, type_=sa.Text)),
        st.tuples(words, st.integers(1, 4), st.integers(0, 3)).map(lambda p: sa.func.substr(*p, type_=sa.Text)),
        st.tuples(words, plain_words).map(lambda p: sa.func.coalesce(*p)),
        st.tuples(words, plain_words).map(lambda p: sa.func.nullif(*p, type_=sa.Text)),
        whole.map(lambda number: sa.cast(number, sa.Text)),
        chosen(st.sampled_from([C.name, C.other])),
    ),
    "days": st.one_of(
        st.sampled_from([C.made, C.sold]),
        st.tuples(st.just(C.made), plain_days).map(lambda p: sa.func.coalesce(*p)),
        st.tuples(st.just(C.sold), plain_days).map(lambda p: sa.func.nullif(*p, type_=C.sold.type)),
    ),
    "flags": st.one_of(
        st.just(C.good),
        st.tuples(whole, small).map(lambda p: p[0] < p[1]),
        st.tuples(C_words := st.sampled_from([C.name, C.other]), plain_words).map(lambda p: p[0] <= p[1]),
        st.tuples(C_words, patterns).map(lambda p: p[0].like(p[1])),
        st.tuples(C_words, patterns).map(lambda p: p[0].ilike(p[1])),
        st.tuples(C_words, plain_words).map(lambda p: p[0].contains(p[1], autoescape=True)),
        st.tuples(C_words, plain_words).map(lambda p: p[0].istartswith(p[1], autoescape=True)),
        st.tuples(days, plain_days).map(lambda p: p[0] > p[1]),
        C_words.map(lambda word: word.is_(None)),
        st.tuples(C_words, st.lists(plain_words, max_size=3)).map(lambda p: p[0].in_(p[1])),
        st.tuples(C_words, plain_words).map(lambda p: p[0].is_distinct_from(p[1])),
        st.tuples(whole, small, small).map(lambda p: sa.type_coerce(p[0].between(p[1], p[2]), sa.Boolean)),
        flags.map(lambda flag: sa.type_coerce(sa.not_(flag), sa.Boolean)),
        st.tuples(flags, flags).map(lambda p: sa.or_(*p)),
        st.tuples(flags, flags).map(lambda p: sa.and_(*p)),
    ),
}
anything = st.one_of(numbers, words, days, flags, st.sampled_from([C.weight, C.at, C.open, C.seal]))
ways = st.sampled_from([lambda one: one, sa.asc, sa.desc, sa.nulls_last, lambda one: sa.nulls_first(sa.desc(one))])
sortings = st.tuples(anything, ways).map(lambda p: p[1](p[0]))
windows = st.sampled_from(["row_number", "rank", "dense_rank", "percent_rank"]).map(lambda name: getattr(sa.func, name)())


@st.composite
def selects(draw: Any) -> Any:
    """A select of any shape that uow.rows takes."""
    shape = draw(st.sampled_from(["rows", "groups", "window", "union", "distinct", "limited"]))
    if shape == "groups":
        key = draw(st.one_of(words, numbers, days, flags)).label("key")
        sums = [sa.func.count(), sa.func.sum(draw(numbers)), sa.func.min(draw(words)), sa.func.max(draw(days)), sa.func.sum(C.weight)]
        inner = sa.select(key, *[one.label(f"s{i}") for i, one in enumerate(sums)]).where(draw(flags)).group_by(key)
        return inner.order_by(draw(ways)(key))
    if shape == "window":
        over = draw(windows).over(order_by=[draw(sortings), *([] if draw(st.booleans()) else [C.id])])
        if over.element.name == "row_number":
            over = sa.func.row_number().over(order_by=[draw(sortings), C.id])
        lag = sa.func.lag(draw(st.one_of(numbers, words, days, st.sampled_from([C.weight, C.at, C.open, C.seal])))).over(
            order_by=[draw(sortings), C.id]
        )
        return sa.select(C.id, over.label("place"), lag.label("before")).order_by(C.id)
    if shape == "union":
        parts = [sa.select(C.id, draw(words).label("word")), sa.select(C.size, draw(words).label("word"))]
        whole = sa.union_all(*parts)
        return whole.order_by(draw(ways)(whole.selected_columns.word), whole.selected_columns.id)
    if shape == "distinct":
        word = draw(words).label("word")
        return sa.select(word).distinct().order_by(draw(ways)(word))
    select = sa.select(C.id, *[draw(anything).label(f"c{n}") for n in range(draw(st.integers(1, 3)))]).where(draw(flags))
    select = select.order_by(draw(sortings), C.id)
    if shape == "limited":
        inner = select.limit(draw(st.integers(1, 9))).subquery()
        return sa.select(inner).order_by(inner.c.id.desc())
    return select


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(statement=selects())
def test_any_select_says_the_same_on_both(both: tuple[BackOffice, BackOffice], statement: Any) -> None:
    agreed(both, statement)
