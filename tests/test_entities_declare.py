"""Declaring entities: what can't work is an error at start that names class, field and remedy."""

from __future__ import annotations

import copy
import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
import pytest

from bocore import (
    BackOffice,
    DeclarationError,
    Entity,
    IdNotSet,
    Money,
    NotNumbered,
    Party,
    Plugin,
    PluginError,
    Refused,
    UsageError,
    entity,
    exact,
    field,
    money,
    numbered,
    parent,
    ref,
    states,
)


@entity("shop_shelf")
class Shelf(Entity):
    """Refers to a class that comes later in the module, and to itself."""

    name: str = field(max_length=20, unique=True)
    keeper_id: int | None = ref("Keeper", default=None)
    above_id: int | None = ref("self", default=None)


@entity("shop_keeper")
class Keeper(Entity):
    """Comes later."""

    name: str


@entity("shop_ticket")
class Ticket(Entity):
    """Has a number that is taken late."""

    on: date
    number: str = numbered("shop.ticket", "{year}-{n:03}", per=("year",), on="on")
    state: str = states({("open", "close"): "closed", ("closed", "reopen"): "open"}, default="open")


@entity("yard_pile")
class Pile(Entity):
    """Belongs to a second plugin."""

    name: str = field(max_length=20)
    shelf_id: int | None = ref(Shelf, default=None)


shop = Plugin(prefix="shop", entities=[Shelf, Keeper, Ticket])
yard = Plugin(prefix="yard", entities=[Pile])


def start(tmp_path: Path, *classes: type) -> BackOffice:
    return BackOffice(tmp_path / "books.db", plugins=[Plugin(prefix="bad", entities=list(classes))]).init()


def test_forward_and_self_references_hold(tmp_path: Path) -> None:
    with BackOffice(tmp_path / "books.db", plugins=[shop]).init() as bo:
        with bo.unit_of_work(actor="ann") as uow:
            low = Shelf(name="low")
            high = uow.add(Shelf(name="high"))
            uow.add(low)
            low.above_id = high.id
            high.keeper_id = uow.add(Keeper(name="Kim")).id
        with bo.unit_of_work(actor="ann") as uow:
            found = uow.get(Shelf, low.id)
            assert (found.above_id, uow.get(Shelf, high.id).keeper_id) == (high.id, high.keeper_id)


def test_a_self_reference_to_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with BackOffice(tmp_path / "books.db", plugins=[shop]).init() as bo:
        with pytest.raises(Refused) as refused, bo.unit_of_work(actor="ann") as uow:
            uow.add(Shelf(name="low", above_id=4711))
        (finding,) = refused.value.findings
        assert (finding.code, finding.field) == ("bo.no_such_row", "above_id")
        assert "4711" in finding.message
        with bo.unit_of_work(actor="ann") as uow:
            assert uow.select(Shelf).all() == []


def test_two_applications_with_different_plugins_share_classes(tmp_path: Path) -> None:
    with BackOffice(tmp_path / "a.db", plugins=[shop]).init() as one, BackOffice(tmp_path / "b.db", plugins=[shop, yard]).init() as two:
        with one.unit_of_work(actor="ann") as uow:
            uow.add(Shelf(name="one"))
            with pytest.raises(PluginError, match="Pile belongs to no plugin of this application"):
                uow.add(Pile(name="x"))
        with two.unit_of_work(actor="ann") as uow:
            shelf = uow.add(Shelf(name="two"))
            uow.add(Pile(name="x", shelf_id=shelf.id))
        with one.unit_of_work(actor="ann") as uow, two.unit_of_work(actor="ann") as other:
            assert [s.name for s in uow.select(Shelf)] == ["one"]
            assert [s.name for s in other.select(Shelf)] == ["two"]


def test_a_class_of_the_same_table_made_anew_is_another_class(tmp_path: Path) -> None:
    def declare(length: int) -> type[Any]:
        @entity("bad_note")
        class Note(Entity):
            text: str = field(max_length=length)

        return Note

    first, second = declare(3), declare(30)
    with start(tmp_path, second) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            uow.add(second(text="longer than three"))
        with pytest.raises(PluginError), bo.unit_of_work(actor="ann") as uow:
            uow.add(first(text="abc"))


def test_an_object_can_not_be_copied_evolved_or_pickled() -> None:
    shelf = Shelf(name="low")
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps, attrs.evolve):
        with pytest.raises(UsageError, match="can't be copied, evolved or pickled"):
            attempt(shelf)


def test_entities_compare_by_identity_and_show_themselves() -> None:
    one, other = Shelf(name="low"), Shelf(name="low")
    assert one != other
    assert one == one
    assert len({one, other}) == 2
    assert repr(one) == "<Shelf new low>"
    assert repr(Party(name="Ann")) == "<Party new>"  # her name is personal, and she has no code
    assert repr(Party(name="Ann", code="A" * 5000)) == f"<Party new {'A' * 80}…>"  # errors show it


def test_an_id_is_not_there_before_it_is_added() -> None:
    with pytest.raises(IdNotSet, match=r"uow\.add sets it"):
        Shelf(name="low").id
    with pytest.raises(NotNumbered, match="taken at commit"):
        Ticket(on=date(2026, 1, 1)).number
    assert not hasattr(Shelf(name="low"), "__dict__")


def test_the_fields_that_the_core_sets_are_no_arguments() -> None:
    for name in ("id", "version", "number"):
        with pytest.raises(TypeError):
            Ticket(on=date(2026, 1, 1), **{name: 1})


def test_a_misspelt_option_of_a_field_is_refused_with_the_nearest() -> None:
    with pytest.raises(DeclarationError, match="Did you mean 'max_length'"):
        field(max_lenght=3)


def declared(annotations: dict[str, Any], fields: dict[str, Any], name: str = "bad_thing", **options: Any) -> type:
    space = {"__annotations__": annotations, "__module__": __name__, "__qualname__": "Thing", **fields}
    return entity(name, **options)(type("Thing", (Entity,), space))


@pytest.mark.parametrize(
    ("annotations", "fields", "options", "said"),
    [
        ({"x": float}, {}, {}, "floats are refused"),
        ({"x": Decimal}, {}, {}, "exact(places=3)"),
        ({"x": complex}, {}, {}, "no kind of field stores"),
        ({"x": "Nowhere"}, {}, {}, "Nowhere"),
        ({"x": int | str}, {}, {}, "no kind of field stores"),
        ({"x": str}, {"x": ref(Shelf)}, {}, "must be annotated int"),
        ({"x": int}, {"x": ref(Plugin)}, {}, "is not an entity"),
        ({"x": int}, {"x": ref("Nobody")}, {}, "Nobody"),
        ({"x": Money}, {"x": money(gt=5)}, {}, "compared with 0"),
        ({"x": int}, {"x": numbered("bad.x", "{n}")}, {}, "annotated str"),
        ({"x": str}, {"x": numbered("bad.x", "X")}, {}, "Thing.x: the template 'X' does not name {n}"),
        ({"x": str}, {"x": numbered("bad.x", "{n}-{n}")}, {}, "Thing.x: the template '{n}-{n}' names {n} more than once"),
        ({"x": str}, {"x": numbered("bad.x", "{n.__class__}")}, {}, "names {n.__class__}, and may name n, year, month"),
        ({"x": str, "shelf_id": int}, {"x": numbered("bad.x", "{shelf_id}{n}", per=("shelf_id",)), "shelf_id": ref(Shelf)}, {}, "shelf."),
        ({"x": str}, {"x": numbered("bad.x", "{n}", per=("till_id",))}, {}, "per or on names till_id, which is no field"),
        ({"x": int}, {"x": field(secret=True)}, {}, "only text can be"),
        ({"x": Decimal}, {"x": exact(places=2, secret=True)}, {}, "only text can be"),
        ({"x": int}, {"x": ref(Shelf, secret=True)}, {}, "only text can be"),
        ({"x": str}, {"x": states({("open", "close"): "closed"}, default="open", secret=True)}, {}, "only text can be"),
        ({"x": str}, {"x": field(secret=True, unique=True)}, {}, "searchable=True"),
        ({"x": str}, {"x": field(secret=True, index=True)}, {}, "searchable=True"),
        ({"x": str}, {"x": field(searchable=True)}, {}, "it is not secret"),
        ({"x": str}, {"x": field(secret=True, default="hunter2")}, {}, "default stands in the program"),
        ({"x": str}, {"x": field(secret=True)}, {"unique": ["x"]}, "an index finds nothing"),
        ({"x": str, "y": int}, {"x": field(secret=True, searchable=True), "y": field()}, {"index": [("x", "y")]}, "x_index"),
        ({"x": str}, {"x": field(secret=True)}, {"derived": True}, "SQL can't encrypt"),
        ({"x": str, "x_index": str}, {"x": field(secret=True, searchable=True), "x_index": field()}, {}, "x_index comes from two fields"),
        ({"x": str, "y": str}, {"x": field(secret=True), "y": numbered("bad.x", "{n}", per=("x",))}, {}, "a number goes by it"),
        ({"x": Money, "x_currency": str}, {}, {}, "x_currency comes from two fields"),
        ({"x": str}, {}, {"unique": ["y"]}, "y, which is no column"),
        ({"x": str}, {}, {"frozen_in": ["done"]}, "needs a field made by states"),
        ({"x": str}, {}, {"tokens": True}, "needs the fields code"),
        ({"c": str}, {}, {}, "c"),
        ({"x": str}, {"x": states({("open", "close"): "closed"}, default="opne")}, {}, "opne"),
        (
            {"x": str},
            {"x": states({("open", "close"): "closed"}, default="open")},
            {"frozen_in": ["colsed"]},
            "colsed",
        ),
    ],
    ids=lambda v: repr(v)[:40] if isinstance(v, str) else "",
)  # fmt: skip
def test_what_can_not_work_is_an_error_at_start(
    tmp_path: Path, annotations: dict[str, Any], fields: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(DeclarationError) as error:
        start(tmp_path, declared(annotations, fields, **options))
    assert said in str(error.value)
    assert "Thing" in str(error.value)


@pytest.mark.parametrize("name", ["Bad_Thing", "bad thing", 'bad"thing', "bad_" + "x" * 60, "x; drop table bo_party"])
def test_a_table_has_a_plain_name(name: str) -> None:
    with pytest.raises(DeclarationError):
        declared({"x": str}, {}, name)


def test_entities_that_refer_to_each_other_in_a_circle_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"bad_egg.*bad_hen|bad_hen.*bad_egg"):
        start(tmp_path, Hen, Egg)


@entity("bad_hen")
class Hen(Entity):
    egg_id: int | None = ref("Egg", default=None)


@entity("bad_egg")
class Egg(Entity):
    hen_id: int = ref(Hen)


def test_a_reference_to_a_plugin_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="Pile refers to shop_shelf, which no loaded plugin declares"):
        BackOffice(tmp_path / "books.db", plugins=[yard])


def test_a_word_of_sql_is_a_good_name_for_a_field(tmp_path: Path) -> None:
    made = declared({"order": str, "group": int, "select": date | None, "values": dict}, {"select": field(default=None, index=True)})
    with start(tmp_path, made) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            row: Any = uow.add(made(order="first", group=1, values={}))
        with bo.unit_of_work(actor="ann") as uow:
            found: Any = uow.get(made, row.id)
            found.order = "second"
            assert uow.find(made, group=1) is found
        with bo.unit_of_work(actor="ann") as uow:
            assert [r.order for r in uow.select(made).order_by(made.c.order)] == ["second"]
            uow.remove(uow.get(made, row.id))


def test_many_columns_and_places(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(120)]
    made = declared(dict.fromkeys(names, Decimal), {n: exact(places=i % 19) for i, n in enumerate(names)})
    with start(tmp_path, made) as bo:
        with bo.unit_of_work(actor="ann") as uow:
            rows: Any = uow.add_all(made(**{n: Decimal(i).scaleb(-(i % 19)) for i, n in enumerate(names)}) for _ in range(60))
        with bo.unit_of_work(actor="ann") as uow:
            found: Any = uow.get(made, rows[59].id)
            assert [getattr(found, n) for n in names] == [Decimal(i).scaleb(-(i % 19)) for i in range(120)]


@entity("bad_child")
class Child(Entity):
    shelf_id: int = parent(Shelf)


def test_parent_is_a_reference(tmp_path: Path) -> None:
    with (
        BackOffice(tmp_path / "books.db", plugins=[shop, Plugin(prefix="bad", entities=[Child])]).init() as bo,
        pytest.raises(Refused, match="There is no Shelf with the id 99"),
        bo.unit_of_work(actor="ann") as uow,
    ):
        uow.add(Child(shelf_id=99))
