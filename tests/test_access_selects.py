"""Selects at random, over tables of which an actor sees a part: they answer as if the rest had never been there."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from functools import reduce
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wards import PEOPLE, ROLES, SECRET, TABLES, Audit, Dose, Plan, Stay, Ward, clinic

from bocore import BackOffice, Company, Entity, FieldHidden
from bocore.entities import spec_of
from bocore.entities.tables import plain_table
from bocore.storage.ordering import nulls_least
from bocore.storage.types import Day

EXAMPLES = int(os.environ.get("BOCORE_SELECTS", "120"))
"""Selects of each kind; by hand, thousands."""
LIMITED = sorted(set(PEOPLE) - {"chiara"})
tried = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


# ---------------------------------------------------------------- the truth: plain tables with what each sees, and nothing else


def seen_by(name: str, rows: dict[type, list[Any]], companies: dict[str, int]) -> dict[type, list[dict[str, Any]]]:
    """What somebody may see, filtered in Python: by what clinic.py says in words."""
    grants = PEOPLE[name]
    permissions = {permission for role, _ in grants for permission in ROLES[role.partition(".")[2]]}
    places = {companies[place] for _, place in grants if place is not None} or set(companies.values())
    small = {ward.id for ward in rows[Ward] if ward.beds < 9}
    known = SECRET in permissions
    wards = {w.id for w in rows[Ward] if w.company_id in places and (known or not w.confidential)}
    stays = {s.id for s in rows[Stay] if s.ward_id in wards}
    shown: dict[type, Callable[[Any], bool]] = {
        Ward: lambda row: row.id in wards,
        Stay: lambda row: row.id in stays,
        Dose: lambda row: row.stay_id in stays,
        Plan: lambda row: row.id in wards,
        Audit: lambda row: row.company_id in places and (known or row.ward_id is None or row.ward_id in small),
    }
    found: dict[type, list[dict[str, Any]]] = {}
    for cls in TABLES:
        fields = spec_of(cls).fields.values()
        hidden = {c.name for f in fields if f.options.get("read") and f.options["read"] not in permissions for c in f.columns}
        found[cls] = [{k: None if k in hidden else v for k, v in row._mapping.items()} for row in rows[cls] if shown[cls](row)]
    return found


class Truth:
    """The plain tables of one actor, in a connection of their own."""

    def __init__(self, bo: BackOffice, rows: dict[type, list[dict[str, Any]]]) -> None:
        self.server = bo.database.name != "sqlite"
        engine = bo.engine if self.server else sa.create_engine("sqlite://")
        self.connection = engine.connect()
        metadata = sa.MetaData()
        for cls in TABLES:
            columns = [sa.Column(c.name, c.type) for c in plain_table(spec_of(cls)).c]
            table = sa.Table(spec_of(cls).name, metadata, *columns, prefixes=["TEMPORARY"] if self.server else [])
            self.connection.execute(sa.schema.CreateTable(table))
            if rows[cls]:
                self.connection.execute(sa.insert(table), rows[cls])

    def rows(self, statement: Any) -> list[Any]:
        """What the plain tables answer."""
        return list(self.connection.execute(nulls_least(statement) if self.server else statement).fetchall())


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BackOffice, dict[str, Truth]]]:
    """The clinic, and for each actor the truth."""
    with warnings.catch_warnings(), clinic(tmp_path_factory.mktemp("clinic")) as bo:
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # products of tables are meant here
        with bo.unit_of_work(actor="olga", read_only=True) as uow:
            rows = {cls: list(uow.rows(sa.select(plain_table(spec_of(cls))))) for cls in TABLES}
            companies = {company.code: company.id for company in uow.select(Company)}
        truths = {name: Truth(bo, seen_by(name, rows, companies)) for name in PEOPLE}
        yield bo, truths
        for truth in truths.values():
            truth.connection.rollback()
            truth.connection.close()


def compare(seen: tuple[BackOffice, dict[str, Truth]], name: str, statement: Any) -> list[Any]:
    """The same select by somebody, and over what he may see; the rows in any order."""
    bo, truths = seen
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        expected = truths[name].rows(statement)
        with bo.unit_of_work(actor=name, read_only=True) as uow:
            found = list(uow.rows(statement))
    assert Counter(map(repr, map(tuple, found))) == Counter(map(repr, map(tuple, expected))), f"{name}: {statement}"
    return found


def test_the_truth_is_less_than_everything(seen: tuple[BackOffice, dict[str, Truth]]) -> None:
    """Each limited actor misses rows or values that others see, and sees some: so that no comparison is of nothing with nothing."""
    everything = {cls: len(compare(seen, "chiara", sa.select(cls.c.id))) for cls in TABLES}
    assert all(everything.values())
    for name in LIMITED:
        numbers = {cls: len(compare(seen, name, sa.select(cls.c.id))) for cls in TABLES}
        assert all(0 < numbers[cls] <= everything[cls] for cls in TABLES), (name, numbers)
        assert numbers != everything


# ---------------------------------------------------------------- selects at random


def kind(column: Any) -> str:
    """Whether a column holds whole numbers, text or days."""
    if isinstance(column.type, Day):
        return "day"
    inner = getattr(column.type, "impl_instance", column.type)
    return "int" if isinstance(inner, sa.Integer) else "text" if isinstance(inner, sa.String) else ""


def columns_of(source: Any, wanted: str) -> list[Any]:
    """The columns of a table, alias or subquery whose values are of one kind; hidden ones as well."""
    found = [column for column in source.c if kind(column) == wanted and column.name not in ("version", "confidential")]
    return found or [
        sa.literal(
            {"int": 1, "text": "a", "day": date(2026, 2, 3)}[wanted],
            type_=Ward.c[{"int": "beds", "text": "name", "day": "opened"}[wanted]].type,
        )
    ]


@st.composite
def sources(draw: st.DrawFn, depth: int) -> Any:
    """Something to select from: a table, an alias, a subquery, a CTE."""
    table = plain_table(spec_of(draw(st.sampled_from(TABLES))))
    how = draw(st.sampled_from(["table", "table", "alias", "alias of alias", "subquery", "cte", "lateral"][: 7 if depth else 4]))
    if how == "alias":
        return table.alias()
    if how == "alias of alias":
        return table.alias().alias()
    if how == "table":
        return table
    inner = draw(selects(depth - 1))
    return inner.subquery() if how != "cte" else inner.cte(nesting=draw(st.booleans()))


@st.composite
def numbers(draw: st.DrawFn, source: Any, depth: int) -> Any:
    """A whole number of a source."""
    column = draw(st.sampled_from(columns_of(source, "int")))
    how = draw(st.sampled_from(["column", "column", "coalesce", "case", "sum", "length", "abs", "scalar", "rank"]))
    if how == "coalesce":
        return sa.func.coalesce(column, draw(st.integers(-2, 5)))
    if how == "case":
        return sa.case((draw(conditions(source, 0)), column), else_=draw(st.integers(0, 3)))
    if how == "sum":
        return column + draw(st.sampled_from(columns_of(source, "int")))
    if how == "length":
        return sa.func.length(draw(st.sampled_from(columns_of(source, "text"))), type_=sa.Integer)
    if how == "abs":
        return sa.func.abs(column, type_=column.type)
    if how == "scalar" and depth:
        other = plain_table(spec_of(draw(st.sampled_from(TABLES)))).alias()
        mine = draw(st.sampled_from(columns_of(other, "int")))
        inner = sa.select(sa.func.count(mine)).select_from(other)
        return inner.where(draw(st.sampled_from(columns_of(other, "int"))) == column).scalar_subquery()
    if how == "rank":
        key = draw(st.sampled_from([*columns_of(source, "int"), *columns_of(source, "text"), *columns_of(source, "day")]))
        return sa.func.dense_rank().over(partition_by=draw(st.sampled_from([None, column])), order_by=key)
    return column


@st.composite
def conditions(draw: st.DrawFn, source: Any, depth: int) -> Any:
    """What may hold for a row of a source."""
    of = draw(st.sampled_from(["int", "text", "day"]))
    column = draw(st.sampled_from(columns_of(source, of)))
    value = draw({"int": st.integers(-1, 12), "text": st.sampled_from(["", "a", "flu", "xx", "ward B", "q"]),
                  "day": st.dates(date(2026, 1, 1), date(2026, 10, 1))}[of])  # fmt: skip
    plain = ["equal", "less", "null", "not null", "in", "not", "or", "distinct"]
    how = draw(st.sampled_from(plain + (["exists", "not exists", "in select", "not in select", "any"] if depth else [])))
    if how == "less":
        return column <= value
    if how == "null":
        return column.is_(None)
    if how == "not null":
        return column.is_not(None)
    if how == "in":
        return column.in_([value])
    if how == "not":
        return sa.not_(column == value)
    if how == "or":
        return sa.or_(column == value, column.is_(None))
    if how == "distinct":
        return column.is_distinct_from(value)
    if how in ("exists", "not exists", "in select", "not in select", "any"):
        other = draw(sources(depth - 1))
        mine = draw(st.sampled_from(columns_of(other, of)))
        if "exists" in how:
            found = sa.select(mine).select_from(other).where(mine == column).correlate(source).exists()
            return sa.not_(found) if how.startswith("not") else found
        chosen = sa.select(mine).select_from(other)
        if draw(st.booleans()):
            chosen = chosen.where(draw(conditions(other, 0)))
        return column.not_in(chosen) if how.startswith("not") else column.in_(chosen)
    return column == value


@st.composite
def selects(draw: st.DrawFn, depth: int = 2) -> Any:
    """A select of a number ``i``, a text ``t`` and a day ``d``."""
    source = draw(sources(depth))
    target = source
    if depth and draw(st.booleans()):
        other = draw(sources(depth - 1))
        other = other.alias() if isinstance(other, sa.Table) else other  # the other side may be the same table
        on = draw(st.sampled_from(columns_of(source, "int"))) == draw(st.sampled_from(columns_of(other, "int")))
        target = sa.join(source, other, on, isouter=draw(st.booleans()))
        if draw(st.booleans()):
            source = other
    text, day = (draw(st.sampled_from(columns_of(source, of))) for of in ("text", "day"))
    if draw(st.integers(0, 3)) == 0:
        number = draw(st.sampled_from(columns_of(source, "int")))
        total = draw(st.sampled_from([sa.func.count(number), sa.func.sum(number), sa.func.max(number), sa.func.min(number)]))
        total = sa.cast(total, sa.BigInteger) if total.name == "sum" else total
        made = sa.select(total.label("i"), text.label("t"), sa.func.max(day, type_=day.type).label("d")).select_from(target).group_by(text)
        if draw(st.booleans()):
            made = made.having(sa.func.count(draw(st.sampled_from(columns_of(source, "day")))) >= draw(st.integers(0, 2)))
    else:
        number = draw(numbers(source, depth))
        made = sa.select(number.label("i"), text.label("t"), day.label("d")).select_from(target)
        if draw(st.booleans()):
            made = made.distinct()
    for _ in range(draw(st.integers(0, 2))):
        made = made.where(draw(conditions(source, depth)))
    if draw(st.integers(0, 3)) == 0:
        made = ordered(made, draw(st.booleans()))
        made = made.limit(draw(st.integers(0, 6))).offset(draw(st.integers(0, 3)))
    return made


def ordered(made: Any, down: bool) -> Any:
    """In an order that leaves nothing open, so that what a limit leaves is certain."""
    keys = list(made.selected_columns)
    return made.order_by(*(sa.desc(key.name) if down else sa.asc(key.name) for key in keys))


@st.composite
def compounds(draw: st.DrawFn) -> Any:
    """Two or three selects, one with the other."""
    parts = draw(st.lists(selects(1), min_size=2, max_size=3))
    parts = [sa.select(*(part.subquery().c)) for part in parts]
    made = draw(st.sampled_from([sa.union, sa.union_all, sa.intersect, sa.except_]))
    return reduce(lambda left, right: made(sa.select(*left.subquery().c), right), parts[1:], parts[0])


@given(who=st.sampled_from(LIMITED), statement=selects())
@tried
def test_selects_see_no_more_than_their_actor(seen: tuple[BackOffice, dict[str, Truth]], who: str, statement: Any) -> None:
    compare(seen, who, statement)


@given(who=st.sampled_from(LIMITED), statement=compounds())
@tried
def test_unions_see_no_more_than_their_actor(seen: tuple[BackOffice, dict[str, Truth]], who: str, statement: Any) -> None:
    compare(seen, who, statement)


@given(people=st.permutations(sorted(PEOPLE)), statement=selects())
@settings(tried, max_examples=EXAMPLES // 3)
def test_what_was_compiled_for_one_is_not_run_for_another(
    seen: tuple[BackOffice, dict[str, Truth]], people: list[str], statement: Any
) -> None:
    for name in people:
        compare(seen, name, statement)


@given(
    who=st.sampled_from(LIMITED),
    start=st.sampled_from(TABLES),
    step=st.sampled_from(TABLES),
    all_of_them=st.booleans(),
    inside=st.booleans(),
)
@settings(tried, max_examples=EXAMPLES // 3)
def test_recursive_selects_see_no_more_than_their_actor(
    seen: tuple[BackOffice, dict[str, Truth]], who: str, start: type[Entity], step: type[Entity], all_of_them: bool, inside: bool
) -> None:
    first, other = plain_table(spec_of(start)), plain_table(spec_of(step)).alias()
    base = sa.select(first.c.id.label("i"), columns_of(first, "int")[-1].label("n"), sa.literal(0, type_=sa.Integer).label("level"))
    tree = base.cte("tree", recursive=True)
    above = tree.alias() if inside else tree
    following = sa.select(other.c.id, columns_of(other, "int")[-1], above.c.level + 1).where(other.c.id == above.c.i + 1, above.c.level < 4)
    tree = tree.union_all(following) if all_of_them else tree.union(following)
    twice = tree.alias()
    compare(seen, who, sa.select(tree.c.i, tree.c.n, tree.c.level))
    compare(seen, who, sa.select(tree.c.i, twice.c.n).where(tree.c.i == twice.c.i, sa.or_(twice.c.n > 0, twice.c.n.is_(None))))


@given(data=st.data(), who=st.sampled_from(LIMITED), cls=st.sampled_from(TABLES))
@tried
def test_queries_of_objects_see_no_more_than_their_actor(
    seen: tuple[BackOffice, dict[str, Truth]], data: Any, who: str, cls: type[Any]
) -> None:
    bo, truths = seen
    table = plain_table(spec_of(cls))
    wanted = data.draw(st.lists(conditions(table, 1), max_size=2))
    known = [*columns_of(table, "int"), *columns_of(table, "text"), *columns_of(table, "day")]
    key = data.draw(st.sampled_from([one for one in known if isinstance(one, sa.Column)]))
    key = key.desc() if data.draw(st.booleans()) else key
    limit = data.draw(st.integers(0, 5)) if data.draw(st.booleans()) else None
    statement = sa.select(table).where(*wanted).order_by(key, table.c.id).limit(limit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        expected = truths[who].rows(statement)
        with bo.unit_of_work(actor=who, read_only=True) as uow:
            query = uow.select(cls).where(*wanted).order_by(key, table.c.id)
            query = query if limit is None else query.limit(limit)
            found = query.all()
            assert [row.id for row in found] == [row.id for row in expected], f"{who}: {statement}"
            assert query.count() == len(expected)
            assert [row.id for row in uow.stream(query)] == [row.id for row in expected]
            for row, true in zip(found, expected, strict=True):
                for field in spec_of(cls).fields.values():
                    try:
                        value = getattr(row, field.name)
                    except FieldHidden:
                        assert getattr(true, field.columns[0].name) is None
                        continue
                    plain = getattr(value, "minor_units", value)
                    assert plain == getattr(true, field.columns[0].name), f"{who}: {field.name}"


@given(data=st.data(), who=st.sampled_from(LIMITED), cls=st.sampled_from(TABLES))
@tried
def test_values_find_no_more_than_their_actor_sees(seen: tuple[BackOffice, dict[str, Truth]], data: Any, who: str, cls: type[Any]) -> None:
    """The look-ups with constant SQL texts: by id, by equality, by many values, of children and extensions."""
    bo, truths = seen
    table = plain_table(spec_of(cls))
    known = [*columns_of(table, "int"), *columns_of(table, "text"), *columns_of(table, "day")]
    column = data.draw(st.sampled_from([one for one in known if isinstance(one, sa.Column)]))
    values = [row[0] for row in truths["chiara"].rows(sa.select(column).distinct())]
    some = data.draw(st.lists(st.sampled_from(values), max_size=4, unique=True))
    every = [row[0] for row in truths["chiara"].rows(sa.select(table.c.id))]
    expected = {row.id: row for row in truths[who].rows(sa.select(table))}
    plain = {ident: getattr(row, column.name) for ident, row in expected.items()}
    with bo.unit_of_work(actor=who, read_only=True) as uow:
        if data.draw(st.booleans()):
            with bo.unit_of_work(actor="chiara", read_only=True) as other:
                other.get_all(cls, every)
        for one in some:
            same = {ident for ident, value in plain.items() if value == one and (one is not None or value is None)}
            assert {row.id for row in uow.select(cls, **{column.name: one})} == same
        given = [one for one in some if one is not None]
        assert {row.id for row in uow.select(cls, **{column.name: given})} == {ident for ident, value in plain.items() if value in given}
        assert set(uow.get_all(cls, every)) == set(expected)
        if cls is Plan:
            wards = uow.select(Ward).all()
            assert set(uow.extensions(wards, Plan)) == set(expected)
        if cls in (Stay, Dose):
            owners = uow.select(Ward if cls is Stay else Stay).all()
            assert {row.id for rows in uow.children(owners, cls).values() for row in rows} == set(expected)
