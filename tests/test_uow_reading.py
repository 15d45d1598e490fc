"""Reading: one object an id, one query whatever the number of rows, and nothing that reads past the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.sql import quoted_name

from bocore import (
    BackOffice,
    BocoreError,
    Company,
    Entity,
    Money,
    NotFound,
    Party,
    Plugin,
    Refused,
    UsageError,
    entity,
    exact,
    field,
    money,
    parent,
    ref,
)


@entity("farm_field")
class Field(Entity):
    """Where something grows."""

    name: str = field(max_length=20, unique=True)
    area: Decimal = exact(places=2, default=Decimal(1))
    rent: Money = money(default=Money("10.00", "EUR"))
    sown: date | None = None


@entity("farm_row")
class Row(Entity):
    """A part of a field."""

    field_id: int = parent(Field)
    crop: str = ""


@entity("farm_soil", extends=Field)
class Soil(Entity):
    """What the field is made of."""

    clay: int


@entity("farm_yield", derived=True)
class Yield(Entity):
    """Rebuilt from rows."""

    field_id: int = ref(Field)
    rows: int


farm = Plugin(prefix="farm", entities=[Field, Row, Soil, Yield])


@pytest.fixture(scope="module")
def bo_plugins() -> list[Plugin]:
    return [farm]


@pytest.fixture
def fields(bo: BackOffice) -> list[Field]:
    with bo.unit_of_work(actor="ann") as uow:
        made = uow.add_all(Field(name=f"field {n}", area=Decimal(n)) for n in range(1, 6))
        uow.add_all(Row(field_id=made[n % 3].id, crop=f"crop {n}") for n in range(9))
        uow.add(Soil(clay=7), extends=made[0])
    return made


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch, bo_engine: str) -> Callable[[BackOffice], list[str]]:
    """Begins to note the statements that the driver runs."""

    def begin(bo: BackOffice) -> list[str]:
        seen: list[str] = []
        if bo_engine == "sqlite":
            with bo.unit_of_work(actor="ann", read_only=True) as uow:
                uow._touch().sa.connection.driver_connection.set_trace_callback(seen.append)  # type: ignore[union-attr]
            return seen
        import psycopg

        execute = psycopg.Cursor.execute

        def noted(cursor: Any, text: Any, *rest: Any, **more: Any) -> Any:
            seen.append(str(text))
            return execute(cursor, text, *rest, **more)

        monkeypatch.setattr(psycopg.Cursor, "execute", noted)
        return seen

    return begin


# ---------------------------------------------------------------- objects


def test_one_object_an_id(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        first = uow.get(Field, fields[0].id)
        assert first is not fields[0]
        assert uow.get(Field, first.id) is first
        assert uow.find(Field, name="field 1") is first
        assert uow.select(Field).order_by(Field.c.id).all()[0] is first
        assert uow.get_all(Field, [first.id])[first.id] is first
        assert uow.find_all(Field, name=["field 1"])["field 1"] is first


def test_what_is_missing_is_made(bo: BackOffice, queries: Any, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        found = uow.find_or_add(Field, lambda name: Field(name=name), name=["new", "field 1", "new", "newer"], lock=True)
        assert [(name, row.name) for name, row in found.items()] == [(name, name) for name in ("new", "field 1", "newer")]
        assert found["field 1"].id == fields[0].id
        assert uow.find_or_add(Field, lambda name: Field(name=name), name=["new"]) == {"new": found["new"]}
        assert uow.find_or_add(Field, lambda name: Field(name=name), name=[]) == {}
        with pytest.raises(UsageError, match=r"Field\.area is not unique"):
            uow.find_or_add(Field, lambda area: Field(name="x", area=area), area=[Decimal(1)])
        with pytest.raises(UsageError, match="by one field"):
            uow.find_or_add(Field, lambda name: Field(name=name), name=["x"], area=[Decimal(1)])
    seen = queries(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert len(uow.find_or_add(Field, lambda name: Field(name=name), name=["new", "newer", "field 2"])) == 3
        assert len([text for text in seen if "farm_field" in text]) == 1
        with pytest.raises(UsageError, match="only reads"):
            uow.find_or_add(Field, lambda name: Field(name=name), name=["newest"])


def test_each_way_of_reading_is_one_query(bo: BackOffice, queries: Any, fields: list[Field]) -> None:
    seen = queries(bo)
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for read in (
            lambda: uow.get_all(Field, [f.id for f in fields]),
            lambda: uow.children(list(uow.get_all(Field, [f.id for f in fields]).values()), Row),
            lambda: uow.extensions(list(uow.get_all(Field, [f.id for f in fields]).values()), Soil),
            lambda: uow.find_all(Field, name=["field 1", "field 2", "field 9"]),
            lambda: uow.select(Row, crop="crop 1").all(),
            lambda: uow.select(Row).where(Row.c.crop.like("crop%")).all(),
            lambda: uow.select(Row).count(),
        ):
            seen.clear()
            read()
            assert sum("SELECT" in sql and "farm_" in sql for sql in seen) <= 1, seen


def test_children_extensions_and_what_is_not_there(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        held = uow.get_all(Field, [f.id for f in fields] + [999])
        assert sorted(held) == sorted(f.id for f in fields)
        children = uow.children(list(held.values()), Row)
        assert [len(children[f.id]) for f in fields] == [3, 3, 3, 0, 0]
        assert uow.children(held[fields[4].id], Row) == []
        assert uow.children([], Row) == {}
        assert uow.extension(held[fields[0].id], Soil).clay == 7  # type: ignore[union-attr]
        assert uow.extension(held[fields[1].id], Soil) is None
        assert list(uow.extensions(list(held.values()), Soil)) == [fields[0].id]
        assert uow.find(Field, name="no such") is None
        with pytest.raises(NotFound, match="no Field with the id 999") as caught:
            uow.get(Field, 999)
        assert "farm_field 999" in str(caught.value)
        first, second = (row.id for row in uow.select(Row, field_id=fields[0].id).limit(2))
        with pytest.raises(UsageError, match=f"More than one Row has field_id {fields[0].id}: {first} and {second}, at least"):
            uow.find(Row, field_id=fields[0].id)
        with pytest.raises(UsageError, match="Field has no parent"):
            uow.children(list(held.values()), Field)


def test_a_select_narrows_sorts_and_counts(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        large = uow.select(Field).where(Field.c.area > Decimal("2.5"))
        assert [f.name for f in large.order_by(Field.c.area.desc())] == ["field 5", "field 4", "field 3"]
        assert [f.name for f in large.order_by(Field.c.area).limit(1, offset=1)] == ["field 4"]
        assert (large.count(), uow.select(Field).count(), uow.select(Field).limit(2).count()) == (3, 5, 2)
        assert large.order_by(Field.c.area).first().name == "field 3"  # type: ignore[union-attr]
        assert uow.select(Field, name=["field 1", "field 2"]).count() == 2
        assert uow.select(Field, name=[]).all() == []
        assert uow.select(Field, sown=None).count() == 5
        assert uow.select(Field, rent=Money("10.00", "EUR")).count() == 5
        assert uow.select(Field, rent=Money("10.00", "USD")).count() == 0
        assert uow.select(Row, field_id=uow.get(Field, fields[0].id)).count() == 3
        assert uow.select(Row).where(field_id=fields[0].id).where(crop="crop 0").one().crop == "crop 0"
        with pytest.raises(NotFound):
            uow.select(Field, name="none").one()
        with pytest.raises(UsageError, match="More than one"):
            uow.select(Field).one()


def test_what_a_select_is_sorted_by_is_a_column(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for text in ("random()", "area DESC", "rent"):
            with pytest.raises(UsageError, match=r"which is no column of the select\. Write Party\.c\.name"):
                uow.rows(sa.select(Field.c.name).order_by(text))
            with pytest.raises(UsageError, match="is no column of the select"):
                uow.rows(sa.select(Field.c.name).order_by(sa.desc(text)))
        with pytest.raises(UsageError, match="is no column of the select"):
            uow.select(Field).order_by("random()").all()
        assert uow.rows(sa.select(Field.c.name.label("called")).order_by(sa.desc("called")).limit(1))[0][0] == "field 5"


def test_a_mistaken_condition_is_refused_with_the_remedy(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises(UsageError, match=r"Write Entity\.c\.field == value"):
            uow.select(Field).where(Field.name == "field 1")
        for wrong in (
            lambda: uow.select(Field, nmae="x").all(),
            lambda: uow.find(Field, nmae="x"),
            lambda: uow.find_all(Field, nmae=["x"]),
        ):
            with pytest.raises(UsageError, match="has no field 'nmae'"):
                wrong()
        for value in ("2026-01-01", 5, 1.5):
            with pytest.raises(BocoreError):
                uow.select(Field, sown=value).all()
        with pytest.raises(UsageError, match="one field"):
            uow.find_all(Field, name=["x"], area=[1])


def test_what_was_added_is_seen_by_reading(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        new = uow.add(Field(name="new"))
        row = uow.add(Row(field_id=new.id, crop="oats"))
        assert uow.get(Field, new.id) is new
        assert uow.children(new, Row) == [row]
        assert uow.find_all(Field, name=["new"]) == {"new": new}
        assert uow.select(Field).count() == 6
        late = uow.add(Row(field_id=new.id, crop="rye"))
        assert [tuple(r) for r in uow.rows(sa.select(sa.func.count(Row.c.id)).where(Row.c.field_id == new.id))] == [(2,)]
        soil = uow.add(Soil(clay=3), extends=new)
        assert uow.extension(new, Soil) is soil
        assert uow.select(Row, crop="rye").one() is late
        assert [f.name for f in uow.stream(uow.select(Field, name="new"))] == ["new"]


def test_pending_rows_that_a_subquery_names_are_seen_by_streams_too(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Row(field_id=fields[4].id, crop="hemp"))
        with_hemp = sa.exists().where(Row.c.field_id == Field.c.id, Row.c.crop == "hemp")
        assert [f.name for f in uow.stream(uow.select(Field).where(with_hemp))] == ["field 5"]


def test_a_stream_holds_nothing(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        streamed = list(uow.stream(uow.select(Row), size=2))
        assert len(streamed) == 9
        assert uow._tracker.held(Row) == {}
        streamed[0].crop = "changed in vain"
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.get(Row, streamed[0].id).crop != "changed in vain"


def test_a_stream_that_is_left_half_way_does_no_harm(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        stream = uow.stream(uow.select(Row), size=2)
        assert next(stream).crop
        uow.add(Field(name="meanwhile"))
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.find(Field, name="meanwhile") is not None


def test_a_unit_that_reads_only_refuses_everything_else(bo: BackOffice, fields: list[Field]) -> None:
    from bocore import event

    @event("farm.seen")
    class Seen:
        field_id: int

    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        found = uow.get(Field, fields[0].id)
        for attempt in (lambda: uow.add(Field(name="x")), lambda: uow.remove(found), lambda: uow.emit(Seen(field_id=1))):
            with pytest.raises(UsageError, match="only reads"):
                attempt()
        with pytest.raises(BocoreError):
            uow._touch().execute("DELETE FROM farm_row")
        with pytest.raises(BocoreError):
            uow.rebuild(Yield, sa.select(Row.c.field_id, sa.func.count(Row.c.id).label("rows")).group_by(Row.c.field_id))
    with pytest.raises(UsageError, match="changed in a unit of work that only reads"), bo.unit_of_work(actor="ann", read_only=True) as uow:
        uow.get(Field, fields[0].id).name = "lost"
    with bo.unit_of_work(actor="ann") as uow:
        uow.get(Field, fields[0].id).name = "writes again"


def test_readers_do_not_wait_for_a_writer(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann") as writer:
        writer.get(Field, fields[0].id).name = "not yet"
        writer.flush()
        with bo.unit_of_work(actor="bob", read_only=True) as reader:
            assert reader.get(Field, fields[0].id).name == "field 1"


# ---------------------------------------------------------------- derived


def test_a_derived_entity_is_rebuilt_and_nothing_else(bo: BackOffice, fields: list[Field]) -> None:
    per_field = sa.select(Row.c.field_id, sa.func.count(Row.c.id).label("rows")).group_by(Row.c.field_id)
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Row(field_id=fields[3].id))
        assert uow.rebuild(Yield, per_field) == 4
        assert uow.rebuild(Yield, per_field) == 4
        assert {y.field_id: y.rows for y in uow.select(Yield)} == {fields[0].id: 3, fields[1].id: 3, fields[2].id: 3, fields[3].id: 1}
    with bo.unit_of_work(actor="ann") as uow:
        assert uow.select(Yield).count() == 4
        made = Yield(field_id=fields[0].id, rows=1)
        with pytest.raises(UsageError, match=r"uow\.rebuild"):
            uow.add(made)
        assert not hasattr(made, "id")
        with pytest.raises(UsageError, match="is not derived"):
            uow.rebuild(Row, per_field)
        with pytest.raises(UsageError, match="Label its columns"):
            uow.rebuild(Yield, sa.select(Row.c.field_id))
    with pytest.raises(Refused, match="it is rebuilt"), bo.unit_of_work(actor="ann") as uow:
        uow.select(Yield).all()[0].rows = 99
    changed = {segment.entity for commit in bo.feed("x") for segment in commit.segments if segment.operation != "s"}
    assert "farm_yield" not in changed


# ---------------------------------------------------------------- rows()


def test_rows_of_every_shape(bo: BackOffice, fields: list[Field]) -> None:
    parts = sa.select(Row.c.field_id, sa.func.count(Row.c.id).label("n")).group_by(Row.c.field_id).cte("parts")
    other = Field.c.id.table.alias("other")  # type: ignore[attr-defined]
    statements: list[Any] = [
        sa.select(Field.c.name).order_by(Field.c.name),
        sa.select(Field.c.name, parts.c.n).join_from(Field.c.id.table, parts, Field.c.id == parts.c.field_id),  # type: ignore[attr-defined]
        sa.select(Field.c.name).union_all(sa.select(Row.c.crop)),
        sa.select(sa.func.sum(Field.c.area), sa.func.max(Field.c.name)),
        sa.select(Field.c.name).where(sa.exists().where(Row.c.field_id == Field.c.id)),
        sa.select(sa.func.row_number().over(order_by=Field.c.id).label("n"), Field.c.id),
        sa.select(sa.case((Field.c.area > 2, "large"), else_="small").label("size"), sa.cast(Field.c.id, sa.Text)),
        sa.select(other.c.name).where(other.c.id.in_(sa.select(Row.c.field_id))),
        sa.select(sa.func.count(sa.distinct(Row.c.crop))),
        sa.select(sa.literal(1), sa.null(), sa.true()),
    ]
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for statement in [*statements, sa.select(*Field.c), sa.select(Field.c.area).where(Field.c.id == 0)]:
            assert uow.tuples(statement) == [tuple(row) for row in uow.rows(statement)]
            assert all(type(row) is tuple for row in uow.tuples(statement))
        for statement in statements:
            assert uow.rows(statement)
        assert uow.rows(sa.select(Field.c.area, Field.c.rent).order_by(Field.c.id))[0] == (Decimal("1.00"), 1000)


def hostile() -> dict[str, Any]:
    """Statements that would read or write past the rules of access."""
    table = Field.c.id.table  # type: ignore[attr-defined]
    secret = "(SELECT group_concat(actor) FROM bo_commit)"
    return {
        "text": sa.text("SELECT * FROM farm_field"),
        "text columns": sa.text("SELECT id FROM farm_field").columns(sa.column("id")),
        "text in columns": sa.select(sa.text(secret)),
        "text in where": sa.select(Field.c.id).where(sa.text("1=1")),
        "text in order": sa.select(Field.c.id).order_by(sa.text(secret)),
        "text as from": sa.select(sa.literal(1)).select_from(sa.text("bo_commit")),
        "literal column": sa.select(sa.literal_column(secret)),
        "light table": sa.select(sa.table("bo_commit", sa.column("actor")).c.actor),
        "unknown table": sa.select(sa.Table("bo_commit", sa.MetaData(), sa.Column("actor", sa.Text))),
        "schema": sa.select(sa.Table("farm_field", sa.MetaData(), sa.Column("id", sa.Integer), schema="temp")),
        "insert": sa.insert(table).values(name="x"),
        "update": sa.update(table).values(name="x"),
        "delete": sa.delete(table),
        "insert in cte": sa.select(sa.insert(table).values(name="x").returning(table.c.id).cte("c")),
        "insert from select": sa.insert(table).from_select(["name"], sa.select(Row.c.crop)),
        "function": sa.select(sa.func.load_extension("evil")),
        "function in where": sa.select(Field.c.id).where(sa.func.random() > 0),
        "table function": sa.select(sa.func.json_each("[1]").table_valued("value")),
        "tablesample": sa.select(sa.tablesample(table, 50)),
        "prefix": sa.select(Field.c.id).prefix_with(secret + ","),
        "suffix": sa.select(Field.c.id).suffix_with("UNION SELECT actor FROM bo_commit"),
        "hint": sa.select(Field.c.id).with_statement_hint("UNION SELECT actor FROM bo_commit"),
        "table hint": sa.select(Field.c.id).with_hint(table, "UNION SELECT actor FROM bo_commit"),
        "operator": sa.select(Field.c.id.op(f"+ {secret} +")(1)),
        "unquoted label": sa.select(Field.c.id.label(quoted_name(f"x, {secret}", quote=False))),
        "unquoted alias": sa.select(table.alias(quoted_name(f"x, {secret} y", quote=False))),
        "unquoted column": sa.select(sa.column(quoted_name(secret, quote=False))),
        "unquoted cte": sa.select(sa.select(Field.c.id).cte(quoted_name(f"x AS (SELECT 1), {secret} y", quote=False))),
        "collation": sa.select(sa.collate(Field.c.name, quoted_name(f"nocase, {secret}", quote=False))),
        "own type": sa.select(sa.cast(Field.c.id, Injected())),
        "a list": [sa.select(Field.c.id)],
        "a string": "SELECT 1",
    }


class Injected(sa.types.UserDefinedType[Any]):
    """A type whose name is a statement."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "INT), (SELECT group_concat(actor) FROM bo_commit"


@pytest.mark.parametrize("name", hostile())
def test_rows_refuses_what_reads_past_the_rules(bo: BackOffice, fields: list[Field], name: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        with pytest.raises(UsageError):
            uow.rows(hostile()[name])
        with pytest.raises(UsageError):
            uow.tuples(hostile()[name])
        assert uow.select(Field).count() == 5


def test_a_query_is_guarded_too(bo: BackOffice, fields: list[Field]) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises(UsageError):
            uow.select(Field).where(sa.text("1=1")).all()
        with pytest.raises(UsageError):
            uow.select(Field).order_by(sa.literal_column("(SELECT actor FROM bo_commit)")).all()
        with pytest.raises(UsageError):
            next(iter(uow.stream(uow.select(Field).where(sa.text("1=1")))))


def test_core_entities_are_read_like_all_others(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add(Party(name="Zo\u00eb"))
        assert uow.find(Party, name="Zoe\u0308") is not None
        assert uow.select(Company).one().currency == "EUR"
        assert uow.find_all(Party, name=["Zoe\u0308"])


def test_nothing_stands_before_everything_on_either_engine(bo: BackOffice) -> None:
    days = [date(2026, 3, 1), None, date(2026, 1, 1)]
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Field(name=f"f{n}", sown=day) for n, day in enumerate(days)])
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        rising = [None, date(2026, 1, 1), date(2026, 3, 1)]
        assert [f.sown for f in uow.select(Field).order_by(Field.c.sown)] == rising
        assert [f.sown for f in uow.select(Field).order_by(Field.c.sown.desc())] == rising[::-1]
        assert [f.sown for f in uow.select(Field).order_by(Field.c.sown.nulls_last())] == [*rising[1:], None]
        latest = sa.select(Field.c.sown).order_by(Field.c.sown.desc()).limit(2).subquery()
        place = sa.func.row_number().over(order_by=latest.c.sown)
        assert [tuple(row) for row in uow.rows(sa.select(latest.c.sown, place).order_by(sa.desc(latest.c.sown)))] == [
            (date(2026, 3, 1), 2),
            (date(2026, 1, 1), 1),
        ]
        labelled = sa.select(Field.c.sown.label("day")).union_all(sa.select(Field.c.sown.label("day")))
        assert uow.rows(labelled.order_by("day"))[:2] == [(None,), (None,)]


def test_like_minds_the_case_of_letters_and_ilike_does_not(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all([Field(name=name) for name in ("Acre", "acre 2", "Zacre")])
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [f.name for f in uow.select(Field).where(Field.c.name.like("a%"))] == ["acre 2"]
        assert [f.name for f in uow.select(Field).where(Field.c.name.ilike("a%")).order_by(Field.c.name)] == ["Acre", "acre 2"]


def unlike() -> dict[str, Any]:
    """Selects that the engines would answer differently, and what to write instead."""
    flag = Field.c.area > 1
    return {
        "sum and count": sa.select(sa.func.avg(Field.c.area)),
        "uow.today": sa.select(sa.func.current_date()),
        "divides whole numbers": sa.select(Field.c.area / Field.c.id),
        "Compute the dates in Python": sa.select(Field.c.sown + 1),
        "an instant has a day in a zone": sa.select(sa.extract("week", Field.c.sown)),
        "ignores the case": sa.select(Field.c.name).order_by(sa.collate(Field.c.name, "NOCASE")),
        "lock=True": sa.select(Field.c.id).with_for_update(),
        "sa.case": sa.select(sa.func.sum(flag)),
        "for a flag": sa.select(sa.cast(flag, sa.Integer)),
        "from 1 on": sa.select(sa.func.substr(Field.c.name, -2)),
        "Write sa.case((a > b": sa.select(sa.func.max(Field.c.id, 1)),
        "match in Python": sa.select(Field.c.id).where(Field.c.name.regexp_match("^a")),
        "these are alike|text into the statement": sa.select(Field.c.name.op("GLOB")("a*")),
        "sa.type_coerce": sa.select(Field.c.id.between(1, 2)),
        "Decimals": sa.select(Field.c.id).where(Field.c.id > sa.literal(1.5)),
        "type_=sa.Text": sa.select(sa.func.lower(Field.c.name) + sa.func.upper(Field.c.name)),
        "Format it in Python": sa.select(Field.c.name + sa.type_coerce(flag, sa.Boolean)),
    }


@pytest.mark.parametrize("instead", unlike())
def test_what_the_engines_would_answer_differently_is_refused_on_both(bo: BackOffice, instead: str) -> None:
    with pytest.raises(UsageError, match=instead.replace("(", r"\(")), bo.unit_of_work(actor="ann", read_only=True) as uow:
        uow.rows(unlike()[instead])


def test_what_plugins_declare_for_another_is_read_in_their_order(tmp_path: Any) -> None:
    plugins = [Plugin(prefix="farm", data={"mill.grain": ["rye", "oats"]}), Plugin(prefix="barn", data={"mill.grain": ["wheat"]})]
    bo = BackOffice(tmp_path / "mill.db", plugins=plugins).init(company="Mill Ltd", currency="EUR")
    with bo, bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.declarations("mill.grain") == [("farm", "rye"), ("farm", "oats"), ("barn", "wheat")]
        assert uow.declarations("mill.flour") == []
