"""``bo access``, and who may give which command about the whole database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from practice import PRICES, Visit, plugin_of, practice

import bocore
from bocore import BackOffice, Entity, Grant, Role, RolePermission, UnitOfWork, User, hookimpl
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation


@hookimpl
def bo_record_rule(uow: UnitOfWork, entity: type[Entity]) -> Any:
    """Tom's visits are for who sees prices."""
    return Visit.c.animal != "Tom" if entity is Visit and not uow.may(PRICES) else None


class Desk:
    """The practice's command line."""

    def __init__(self, folder: Path) -> None:
        self.app = practice(folder, bo_record_rule)
        self.plugins: list[Any] = [plugin_of(bo_record_rule)]
        self.db = str(folder / "vet.db")

    def __call__(self, user: str, *arguments: str) -> Result:
        return CliRunner().invoke(root, ["--db", self.db, *arguments], obj=Invocation(plugins=self.plugins, user=user))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    with made.app as app, app.unit_of_work(actor="olga") as uow:
        role = uow.add(Role(code="administrator"))
        uow.add_all(RolePermission(role_id=role.id, permission=one) for one in ("bo.users", "bo.audit", "bo.jobs", "bo.operate"))
        adam = uow.add(User(name="adam"))
        uow.add(Grant(user_id=adam.id, role="administrator"))
    yield made


def visit(desk: Desk, animal: str) -> int:
    with BackOffice(desk.db, plugins=desk.plugins) as app, app.unit_of_work(actor="olga", read_only=True) as uow:
        return uow.select(Visit, animal=animal).one().id


def test_every_answer_names_the_rule_that_decided(desk: Desk) -> None:
    tom, rex = visit(desk, "Tom"), visit(desk, "Rex")
    expected = {
        ("olga", "remove", "vet_drug"): (0, "olga is an owner"),
        ("mallory", "read", "vet_visit"): (1, "'mallory' is no user"),
        ("nora", "read", "vet_visit"): (1, "takes vet.read"),
        ("rita", "update", "vet_visit"): (1, "takes vet.record"),
        ("ann", "read", "vet_drug"): (1, "only the services, reports and hooks of vet"),
        ("ann", "read", f"vet_visit:{rex}"): (0, "among the rows that are seen"),
        ("ann", "read", f"vet_visit:{tom}"): (1, "bo_record_rule of vet"),
        ("vera", "read", f"vet_visit:{tom}"): (0, "vet.read is given by vet.vet"),
        ("vera", "read", "vet_visit:987654"): (1, "Visit 987654 is not there at all"),
        ("ann", "vet.treat", ""): (0, "vet.record is given by vet.assistant"),
        ("rita", "vet.treat", ""): (1, "No role of rita has vet.record"),
        ("ann", "vet.prices", ""): (1, "No role of ann has vet.prices"),
        ("sam", "read", f"vet_visit:{rex}"): (1, "the companies of the actor"),
    }
    for (user, action, record), (code, said) in expected.items():
        found = desk("adam", "access", "explain", user, action, *([record] if record else []))
        assert (found.exit_code, said in found.output) == (code, True), (user, action, record, found.output)


def test_what_is_explained_is_what_happens(desk: Desk) -> None:
    with BackOffice(desk.db, plugins=desk.plugins) as app:
        with app.unit_of_work(actor="olga", read_only=True) as uow:
            rows = [row.id for row in uow.select(Visit)]
        for user in ("ann", "vera", "sam", "rita", "nora"):
            for ident in rows:
                try:
                    with app.unit_of_work(actor=user, read_only=True) as uow:
                        uow.get(Visit, ident)
                    there = 0
                except bocore.BocoreError:
                    there = 1
                assert desk("adam", "access", "explain", user, "read", f"vet_visit:{ident}").exit_code == there


def test_nobody_asks_who_may_not_know(desk: Desk) -> None:
    found = desk("ann", "access", "explain", "olga", "read", "vet_visit")
    assert found.exit_code == 1
    assert "takes the permission bo.users" in found.output
    assert desk("ann", "access", "list", "ann").exit_code == 1


def test_the_rights_of_a_user_are_listed(desk: Desk) -> None:
    found = desk("adam", "access", "list", "sam", "--format", "json")
    lines = orjson.loads(found.output)
    assert [(one["permission"], one["role"], one["company"]) for one in lines] == [
        ("vet.prices", "vet.vet", "SOUTH"),
        ("vet.read", "vet.vet", "SOUTH"),
        ("vet.record", "vet.vet", "SOUTH"),
    ]
    assert desk("adam", "access", "list", "nobody").exit_code == 1


def test_bad_questions_are_answered_clearly(desk: Desk) -> None:
    for arguments, said in (
        (("ann", "fly"), "There is no action 'fly'"),
        (("ann", "read"), "Name an entity"),
        (("ann", "read", "vet_visits"), "Did you mean 'vet_visit'?"),
        (("ann", "read", "vet_visit:x"), "no whole number"),
    ):
        found = desk("adam", "access", "explain", *arguments)
        assert found.exit_code in (1, 2)
        assert said in found.output


def test_only_an_owner_acts_as_somebody_else(desk: Desk) -> None:
    for user in ("ann", "adam", "mallory"):
        for command in (["access", "list", "ann"], ["audit", "log"], ["party", "list"], ["job", "run", "--burst"]):
            found = desk(user, "--as", "olga", *command)
            assert (found.exit_code, f"{user} is not an owner" in found.output) == (1, True), found.output
    assert desk("olga", "--as", "adam", "access", "list", "ann").exit_code == 0
    assert desk("olga", "--as", "ann", "access", "list", "ann").exit_code == 1


def test_who_is_named_when_a_database_is_made_owns_it_too(tmp_path: Path) -> None:
    db = str(tmp_path / "new.db")
    made = CliRunner().invoke(root, ["--db", db, "--as", "ann", "init"], obj=Invocation(plugins=[plugin_of()], user="root"))
    assert made.exit_code == 0, made.output
    with BackOffice(db, plugins=[plugin_of()]) as app, app.unit_of_work(actor="ann", read_only=True) as uow:
        assert sorted((user.name, user.owner) for user in uow.select(User)) == [("ann", True), ("root", True)]


WHOLE = {
    ("audit", "verify"): "bo.audit",
    ("audit", "log"): "bo.audit",
    ("audit", "items"): "bo.audit",
    ("doctor",): "bo.operate",
    ("migrate", "--check"): "bo.operate",
    ("job", "list"): "bo.jobs",
    ("job", "run", "--burst"): "bo.jobs",
    ("job", "schedules"): "bo.jobs",
    ("init",): "bo.operate",
    ("tenant", "export", "out.bo"): "bo.operate",
    ("access", "list", "ann"): "bo.users",
    ("key", "list"): "bo.operate",
}


@pytest.mark.parametrize("command", WHOLE, ids=" ".join)
def test_a_command_about_all_of_it_takes_a_permission(desk: Desk, command: tuple[str, ...], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    for user in ("ann", "vera", "sam", "nora"):
        found = desk(user, *command)
        assert (found.exit_code, WHOLE[command] in found.output) == (1, True), (user, found.output)
    for user in ("mallory", "job:x", "migrate"):
        found = desk(user, *command)
        assert (found.exit_code, "no user of this database" in found.output) == (1, True), (user, found.output)
    assert not (tmp_path / "out.bo").exists()
    assert desk("adam", *command).exit_code == 0


def test_a_grant_in_one_company_is_none_over_the_whole_database(desk: Desk) -> None:
    with BackOffice(desk.db, plugins=desk.plugins) as app, app.unit_of_work(actor="olga") as uow:
        nora = uow.find(User, name="nora")
        south = uow.find(bocore.Company, code="SOUTH")
        assert nora is not None
        assert south is not None
        uow.add(Grant(user_id=nora.id, role="administrator", company_id=south.id))
    assert desk("nora", "audit", "log").exit_code == 1
