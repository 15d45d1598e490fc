"""An attacker among the people of the practice: text in selects, rows changed after they were looked at, keys of others, rights.

Code that runs in the process can do anything; what is tried here is what code might do with names and values that somebody gave it,
or by mistake, and what a person may try with the rights that he has.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from practice import PRICES, READ, Drug, Treatment, Visit, practice

from bocore import (
    Actor,
    BackOffice,
    BocoreError,
    Company,
    Grant,
    KeyReused,
    NotAllowed,
    NotFound,
    PeriodLock,
    Role,
    RolePermission,
    UnitOfWork,
    UnknownActor,
    UsageError,
    User,
)
from bocore.access.authority import FULL, NOBODY
from bocore.entities import spec_of
from bocore.entities.tables import plain_table

T, V = Treatment.c, Visit.c
SECRET = "(SELECT max(cost) FROM vet_treatment)"


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    with practice(tmp_path) as made:
        yield made


def the(uow: UnitOfWork, cls: type[Any], **equal: Any) -> Any:
    found = uow.find(cls, **equal)
    assert found is not None
    return found


# ---------------------------------------------------------------- text in a statement


class Shouting(sa.types.TypeDecorator[Any]):
    """A type that puts SQL of its own around what it is asked for."""

    impl = sa.Integer
    cache_ok = True

    def column_expression(self, column: Any) -> Any:
        return sa.text(SECRET)

    def bind_expression(self, bindparam: Any) -> Any:
        return sa.text(SECRET)


def literal_column_in_disguise() -> Any:
    column: Any = sa.Column(SECRET)
    column.is_literal = True
    return sa.select(column, T.id)


def named_alike() -> Any:
    other = sa.Table("vet_treatment", sa.MetaData(), sa.Column("cost", sa.Integer), sa.Column("rowid", sa.Integer))
    return sa.select(other.c.cost, other.c.rowid)


def outside(*names: str) -> Any:
    table = sa.Table(names[-1], sa.MetaData(), sa.Column("name"), schema=names[0] if len(names) > 1 else None)
    return sa.select(table.c.name)


STATEMENTS: dict[str, Any] = {
    "literal_column": lambda: sa.select(sa.literal_column(SECRET)),
    "a column that says it is literal": literal_column_in_disguise,
    "text": lambda: sa.select(T.id).where(sa.text("1=1")),
    "text in a case": lambda: sa.select(sa.case((T.id > 0, sa.text(SECRET)), else_=0)),
    "text with columns": lambda: sa.text(f"SELECT {SECRET} AS id").columns(id=sa.Integer),
    "text as a subquery": lambda: sa.select(sa.text(f"SELECT {SECRET} AS id").columns(id=sa.Integer).subquery()),
    "order_by": lambda: sa.select(T.id).order_by(SECRET),
    "order_by with a direction": lambda: sa.select(T.id).order_by("id; DROP TABLE vet_visit"),
    "group_by": lambda: sa.select(T.id).group_by(SECRET),
    "prefix": lambda: sa.select(T.id).prefix_with(f"{SECRET},"),
    "suffix": lambda: sa.select(T.id).suffix_with("UNION SELECT cost FROM vet_treatment"),
    "hint": lambda: sa.select(T.id).with_hint(plain_table(spec_of(Treatment)), "x"),
    "statement hint": lambda: sa.select(T.id).with_statement_hint("UNION SELECT 1"),
    "a function's name": lambda: sa.select(sa.func.__getattr__('count"), (SELECT 1')(T.id)),
    "a function of the server": lambda: sa.select(sa.func.pg_read_file("/etc/passwd")),
    "a function of a package": lambda: sa.select(sa.func.pg_catalog.count(T.id)),
    "load_extension": lambda: sa.select(sa.func.load_extension("x")),
    "an operator": lambda: sa.select(T.id.op("+ (SELECT 1) +")(1)),
    "a collation": lambda: sa.select(sa.collate(T.what, 'C" || (SELECT 1) || "')),
    "the length of a type": lambda: sa.select(sa.cast(V.animal, sa.String(f"9)), {SECRET} AS b --"))),  # type: ignore[arg-type]
    "the precision of a type": lambda: sa.select(sa.cast(sa.null(), sa.Numeric(f"9)), {SECRET} --"))),  # type: ignore[arg-type]
    "the variant of a type": lambda: sa.select(sa.cast(V.animal, sa.String().with_variant(Shouting(), "sqlite", "postgresql"))),
    "a type of a column": lambda: sa.select(sa.type_coerce(T.id, Shouting())),
    "a type of a value": lambda: sa.select(sa.bindparam("x", 1, type_=Shouting())),
    "a type of a function": lambda: sa.select(sa.func.coalesce(T.id, 1, type_=Shouting())),
    "a value in the text": lambda: sa.select(T.id).where(T.id == sa.bindparam("x", "1) OR (1=1", sa.Numeric(), literal_execute=True)),
    "a value that is called for": lambda: sa.select(T.id).where(T.id == sa.bindparam("x", callable_=lambda: 1, type_=sa.Integer())),
    "values in the text": lambda: sa.select(sa.values(sa.column("x", sa.Integer), literal_binds=True).data([(1,)]).alias("v")),
    "a lambda": lambda: sa.select(T.id).where(lambda: T.cost > 40),
    "a lambda as a column": lambda: sa.select(lambda: T.cost),
    "a statement of lambdas": lambda: sa.lambda_stmt(lambda: sa.select(T.cost)),
    "a name without quotes": lambda: sa.select(T.id.label(sa.quoted_name(f"x, {SECRET} AS y", quote=False))),
    "another schema": lambda: outside("information_schema", "tables"),
    "the catalogue": lambda: outside("pg_catalog", "pg_shadow"),
    "the tables of SQLite": lambda: outside("sqlite_master"),
    "the commits": lambda: outside("bo_commit"),
    "the keys": lambda: outside("bo_key"),
    "the credentials": lambda: outside("bo_credential"),
    "a table of its name": named_alike,
    "table()": lambda: sa.select(sa.table("vet_treatment", sa.column("cost")).c.cost),
    "options of a statement": lambda: sa.select(T.id).execution_options(schema_translate_map={None: "other_tenant"}),
    "what asks to be left as it is": lambda: sa.select(T.cost).select_from(
        plain_table(spec_of(Treatment))._annotate({"no_replacement_traverse": True})
    ),
    "a sample": lambda: sa.select(sa.tablesample(plain_table(spec_of(Treatment)), 10).c.id),
    "DML in a CTE": lambda: sa.select(sa.delete(plain_table(spec_of(Treatment))).returning(T.id).cte().c.id),
    "FOR UPDATE": lambda: sa.select(T.id).with_for_update(),
}


@pytest.mark.parametrize("tried", STATEMENTS)
def test_a_select_that_is_more_than_its_parts_is_refused(bo: BackOffice, tried: str) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        with pytest.raises((UsageError, NotAllowed, sa.exc.ArgumentError)):
            uow.rows(STATEMENTS[tried]())
        assert len(uow.select(Visit).all()) == 3


def test_a_type_of_its_own_is_refused_for_the_owner_too(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow, pytest.raises(UsageError):
        uow.rows(sa.select(sa.type_coerce(T.id, Shouting())))


@pytest.mark.parametrize("name", ["cost; DROP TABLE vet_treatment", 'cost" OR 1=1 --', "_sort", "__class__", "visit_id.company_id"])
def test_names_of_fields_are_looked_up_and_not_written(bo: BackOffice, name: str) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        for look_up in (lambda: uow.find(Visit, **{name: "x"}), lambda: uow.find_all(Visit, **{name: ["x"]}),
                        lambda: uow.select(Visit, **{name: "x"}).all(), lambda: uow.select(Visit).order_by(name).all()):  # fmt: skip
            with pytest.raises(UsageError):
                look_up()


@pytest.mark.parametrize("value", ["Rex' OR '1'='1", '"; DROP TABLE vet_visit; --', "%", "Rex\\", "{0.__class__}", "${x}"])
def test_values_are_values(bo: BackOffice, value: str) -> None:
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.find(Visit, animal=value) is None
        assert uow.select(Visit).where(V.animal == value).all() == []
        assert uow.rows(sa.select(sa.literal(value).label(value.replace("%", "")))) == [(value,)]


@pytest.mark.parametrize(("name", "value"), [("id", 999), ("version", 7), ("company_id", 2)])
def test_what_the_unit_of_work_sets_nobody_sets(bo: BackOffice, name: str, value: int) -> None:
    with pytest.raises(BocoreError), bo.unit_of_work(actor="vera") as uow:
        setattr(uow.select(Visit).order_by(V.id).all()[0], name, value)


# ---------------------------------------------------------------- ids and keys of others


def test_ids_of_another_company_are_of_nothing(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        rex = the(uow, Visit, animal="Rex")
        north, theirs, treated = rex.company_id, rex.id, uow.children(rex, Treatment)[0].id
    for service in ("vet.treat", "vet.invoice"):
        given = [theirs, "x"] if service == "vet.treat" else [theirs]
        with pytest.raises(NotFound):
            bo.run(service, *given, actor="sam")
    with bo.unit_of_work(actor="sam", read_only=True) as uow:
        assert uow.get_all(Treatment, [treated]) == {}
        for cls, ident in ((Visit, theirs), (Treatment, treated), (Company, north)):
            with pytest.raises(NotFound, match="There is no"):
                uow.get(cls, ident)


def test_the_periods_of_another_company_are_not_closed(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="locker"))
        uow.add(RolePermission(role_id=role.id, permission="bo.lock"))
        uow.add(Grant(user_id=the(uow, User, name="nora").id, role="locker", company_id=the(uow, Company, code="SOUTH").id))
        north = the(uow, Company, code="NORTH").id
    with pytest.raises(NotAllowed, match="There is no Company"), bo.unit_of_work(actor="nora", reason="Close") as uow:
        uow.add(PeriodLock(company_id=north, area="ledger", through=date(2030, 1, 1)))


def test_what_a_run_gave_is_for_the_one_who_ran_it(bo: BackOffice) -> None:
    with bo.unit_of_work(actor="olga", read_only=True) as uow:
        tom = the(uow, Visit, animal="Tom").id
    assert bo.run("vet.invoice", tom, actor="ann", company="NORTH", key="visit:tom") == "50.00"
    assert bo.run("vet.invoice", tom, actor="ann", company="NORTH", key="visit:tom") == "50.00"
    for other in ("nora", "vera", "rita"):
        with pytest.raises(KeyReused, match="by somebody else"):
            bo.run("vet.invoice", tom, actor=other, company="NORTH", key="visit:tom")
    with bo.unit_of_work(actor="olga") as uow:
        for grant in uow.children(the(uow, User, name="ann"), Grant):
            uow.remove(grant)
    with pytest.raises(NotAllowed):
        bo.run("vet.invoice", tom, actor="ann", company="NORTH", key="visit:tom")


# ---------------------------------------------------------------- rights


@pytest.fixture
def helpdesk(bo: BackOffice) -> BackOffice:
    """nora makes users, and may read visits; otto is another owner."""
    with bo.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="helpdesk"))
        uow.add_all(RolePermission(role_id=role.id, permission=each) for each in ("bo.users", READ))
        uow.add(Grant(user_id=the(uow, User, name="nora").id, role="helpdesk"))
        uow.add(User(name="otto", owner=True))
    return bo


def make_owner(uow: UnitOfWork) -> None:
    the(uow, User, name="nora").owner = True


def new_owner(uow: UnitOfWork) -> None:
    uow.add(User(name="mallory", owner=True))


def disable_owner(uow: UnitOfWork) -> None:
    uow.move(the(uow, User, name="otto"), "disable")


def grant_herself(uow: UnitOfWork) -> None:
    uow.add(Grant(user_id=the(uow, User, name="nora").id, role="vet.vet"))


def grant_another(uow: UnitOfWork) -> None:
    uow.add(Grant(user_id=uow.add(User(name="mallory")).id, role="vet.vet"))


def widen_role(uow: UnitOfWork) -> None:
    uow.add(RolePermission(role_id=the(uow, Role, code="helpdesk").id, permission=PRICES))


def grant_late(uow: UnitOfWork) -> None:
    """A role that she has, and another one once that was looked at."""
    made = uow.add(Grant(user_id=uow.add(User(name="mallory")).id, role="vet.reader"))
    uow.rows(sa.select(Company.c.id))
    made.role = "vet.vet"


def system_for_something_else(uow: UnitOfWork) -> None:
    """Going past the rights once does not open them for the rest."""
    with uow.system("Count the visits"):
        uow.select(Visit).count()
    grant_herself(uow)


@pytest.mark.parametrize(
    "tried",
    [make_owner, new_owner, disable_owner, grant_herself, grant_another, widen_role, grant_late, system_for_something_else],
    ids=lambda each: each.__name__,
)
def test_who_makes_users_does_not_rise(helpdesk: BackOffice, tried: Any) -> None:
    with pytest.raises(NotAllowed), helpdesk.unit_of_work(actor="nora") as uow:
        tried(uow)
    with helpdesk.unit_of_work(actor="nora") as uow:  # what she has herself she may give
        uow.add(Grant(user_id=uow.add(User(name="ida")).id, role="vet.reader"))


@pytest.mark.parametrize(
    "name", ["migrate", "init", "doctor", "bo", "bocore", "job:vet.nightly", "system", "olga ", " olga", "OLGA", "olga via host"]
)
def test_no_name_opens_a_door(bo: BackOffice, name: str) -> None:
    with pytest.raises((UnknownActor, UsageError)), bo.unit_of_work(actor=name, read_only=True) as uow:
        uow.select(Drug).all()


@pytest.mark.parametrize("actor", [FULL, NOBODY, None, "", 1, ["olga"], object()])
def test_only_names_and_actors_act(bo: BackOffice, actor: Any) -> None:
    with pytest.raises(UsageError):
        bo.unit_of_work(actor=actor, read_only=True)


def test_who_is_vouched_for_is_no_user_of_that_name(bo: BackOffice) -> None:
    with bo.unit_of_work(actor=Actor("olga", via="shop"), read_only=True) as uow:
        assert uow.actor == "olga via shop"
        with pytest.raises(NotAllowed):
            uow.select(Visit).all()
    with bo.unit_of_work(actor=Actor("ann", roles=["vet.reader"], companies=[]), read_only=True) as uow:
        assert uow.select(Company).all() == []
        with pytest.raises(NotAllowed):
            uow.select(Visit).all()
