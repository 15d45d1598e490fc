"""An attacker among the people of the practice: text in selects, keys of others, names of others. His rows: test_red_team_rows.py.

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
from practice import Treatment, Visit, practice, the

from bocore import (
    Actor,
    BackOffice,
    Company,
    Grant,
    KeyReused,
    NotAllowed,
    PeriodLock,
    Role,
    RolePermission,
    UsageError,
    User,
)
from bocore.entities import spec_of
from bocore.entities.tables import plain_table

T, V = Treatment.c, Visit.c
SECRET = "(SELECT max(cost) FROM vet_treatment)"


@pytest.fixture
def bo(tmp_path: Path) -> Iterator[BackOffice]:
    with practice(tmp_path) as made:
        yield made


# ---------------------------------------------------------------- text in a statement


class Shouting(sa.types.TypeDecorator[Any]):
    """A type that puts SQL of its own around what it is asked for."""

    impl = sa.Integer
    cache_ok = True

    def column_expression(self, column: Any) -> Any:
        return sa.text(SECRET)

    def bind_expression(self, bindparam: Any) -> Any:
        return sa.text(SECRET)


class Own(sa.ColumnElement[Any]):
    """An element of one's own, compiled to whatever it likes."""

    __visit_name__ = "own"
    inherit_cache = True


def literal_column_in_disguise() -> Any:
    column: Any = sa.Column(SECRET)
    column.is_literal = True
    return sa.select(column, T.id)


def named_alike() -> Any:
    other = sa.Table("vet_treatment", sa.MetaData(), sa.Column("cost", sa.Integer), sa.Column("rowid", sa.Integer))
    return sa.select(other.c.cost, other.c.rowid)


STATEMENTS: dict[str, Any] = {
    "literal_column": lambda: sa.select(sa.literal_column(SECRET)),
    "a column that says it is literal": literal_column_in_disguise,
    "text": lambda: sa.select(T.id).where(sa.text("1=1")),
    "text in a case": lambda: sa.select(sa.case((T.id > 0, sa.text(SECRET)), else_=0)),
    "text with columns": lambda: sa.text(f"SELECT {SECRET} AS id").columns(id=sa.Integer),
    "text in having": lambda: sa.select(V.id).group_by(V.id).having(sa.text("1=1")),
    "text in a join": lambda: sa.select(V.id).join(T.id.table, sa.text("1=1")),  # type: ignore[attr-defined]
    "text in exists": lambda: sa.select(V.id).where(sa.exists(sa.text(SECRET))),
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
    "an operator of a condition": lambda: sa.select(T.id).where(T.id.bool_op("IS NOT NULL OR 1 =")(1)),
    "an element of one's own": lambda: sa.select(T.id).where(Own()),
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


# ---------------------------------------------------------------- ids and keys of others


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


# ---------------------------------------------------------------- who he says he is


def test_who_is_vouched_for_is_no_user_of_that_name(bo: BackOffice) -> None:
    with bo.unit_of_work(actor=Actor("olga", via="shop"), read_only=True) as uow:
        assert uow.actor == "olga via shop"
        with pytest.raises(NotAllowed):
            uow.select(Visit).all()
    with pytest.raises(UsageError), bo.unit_of_work(actor=Actor("olga", roles=["*"]), read_only=True) as uow:
        uow.select(Visit).all()
    with bo.unit_of_work(actor=Actor("ann", roles=["vet.reader"], companies=[]), read_only=True) as uow:
        assert uow.select(Company).all() == []
        with pytest.raises(NotAllowed):
            uow.select(Visit).all()
