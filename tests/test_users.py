"""Users, roles and grants: names that nobody mistakes, rights that exist, and always somebody who may do everything."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bocore import BackOffice, BocoreError, Company, Grant, Refused, Role, RolePermission, UnknownActor, User
from bocore.kernel.user_rules import plain_name, wrong_name


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


def codes(refused: pytest.ExceptionInfo[Refused]) -> set[tuple[str, str | None]]:
    return {(finding.code, finding.field) for finding in refused.value.findings}


@pytest.fixture
def firm(bo: BackOffice) -> BackOffice:
    """A database whose owner is ann."""
    return bo.init(owner="ann")


def add(bo: BackOffice, *users: User) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        uow.add_all(users)


def test_init_makes_the_first_owner_once(bo: BackOffice) -> None:
    bo.init(owner="ann")
    bo.init(owner="bob")
    with bo.unit_of_work(actor="ann", read_only=True) as uow:
        assert [(user.name, user.owner, user.state) for user in uow.select(User)] == [("ann", True, "active")]


def test_the_first_user_must_be_an_owner(bo: BackOffice) -> None:
    with pytest.raises(Refused) as refused:
        add(bo, User(name="bob"))
    assert codes(refused) == {("bo.no_owner", "owner")}
    add(bo, User(name="bob"), User(name="ann", owner=True))


@pytest.mark.parametrize("done", ["disable", "demote", "remove"])
def test_the_last_owner_stays(firm: BackOffice, done: str) -> None:
    add(firm, User(name="eve", owner=True), User(name="bob"))

    def take(name: str) -> None:
        with firm.unit_of_work(actor="ann") as uow:
            user = uow.find(User, name=name)
            assert user is not None
            if done == "disable":
                uow.move(user, "disable")
            elif done == "demote":
                user.owner = False
            else:
                uow.remove(user)

    if done != "remove":
        take("eve")
    with pytest.raises(Refused) as refused:
        take("ann")
    field = {"disable": "state", "demote": "owner", "remove": None}[done]
    assert ("bo.user_kept" if done == "remove" else "bo.no_owner", field) in codes(refused)
    with firm.unit_of_work(actor="ann", read_only=True) as uow:
        assert [user.name for user in uow.select(User, owner=True, state="active") if user.name == "ann"] == ["ann"]


def test_two_owners_who_disable_each_other_leave_one(firm: BackOffice) -> None:
    add(firm, User(name="eve", owner=True))
    ready = threading.Barrier(2)
    refused: list[BocoreError] = []

    def disable(actor: str, name: str) -> None:
        try:
            with firm.unit_of_work(actor=actor) as uow:
                if firm.database.name == "postgresql":  # SQLite has one writer at a time anyway
                    uow.select(User).all()
                    ready.wait(10)
                user = uow.find(User, name=name)
                assert user is not None
                uow.move(user, "disable")
        except (Refused, UnknownActor) as error:  # the slower one may be disabled before he begins
            refused.append(error)

    threads = [threading.Thread(target=disable, args=pair) for pair in (("ann", "eve"), ("eve", "ann"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with firm.looking() as session:
        assert session.execute("SELECT count(*) FROM bo_user WHERE state = 'active'").fetchone() == (1,)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ann smith", "space"),
        ("ann\tsmith", "can't be seen"),
        ("ann\u200b", "can't be seen"),
        ("an\u202en", "can't be seen"),
        ("job:post", "colon"),
        ("migration:0004", "colon"),
        ("System", "calls itself"),
        ("bocore", "calls itself"),
        ("\uff42ob", "look like others"),
        ("\u0430nn", "Cyrillic and Latin"),
        ("former-3", "forgotten"),
    ],
)
def test_a_name_can_not_be_taken_for_anything_else(firm: BackOffice, name: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        add(firm, User(name=name))
    assert codes(refused) == {("bo.user_name", "name")}
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["ANN", "Ann", "aNn"])
def test_names_differ_in_more_than_capitals(firm: BackOffice, name: str) -> None:
    with pytest.raises(Refused) as refused:
        add(firm, User(name=name))
    assert codes(refused) == {("bo.user_exists", "name")}


@pytest.mark.parametrize("name", ["bob", "a.smith", "ann@acme.example", "Jürgen", "анна", "x", "Administrator"])
def test_ordinary_names_are_taken(firm: BackOffice, name: str) -> None:
    add(firm, User(name=name))


@given(st.text(max_size=20))
def test_a_name_that_is_right_is_its_own_plain_form_but_for_capitals(name: str) -> None:
    if wrong_name(name) is None:
        assert plain_name(name).casefold() == plain_name(plain_name(name))
        assert name == name.strip() and name.isprintable()


def test_the_name_of_a_user_stays_since_the_record_has_it(firm: BackOffice) -> None:
    add(firm, User(name="bob"))
    with pytest.raises(Refused) as refused, firm.unit_of_work(actor="ann") as uow:
        uow.select(User, name="bob").first().name = "rob"  # type: ignore[union-attr]
    assert codes(refused) == {("bo.user_name", "name")}
    with firm.unit_of_work(actor="ann") as uow:  # who is to be forgotten
        bob = uow.find(User, name="bob")
        assert bob is not None
        uow.move(bob, "disable")
        bob.name = f"former-{bob.id}"


def test_a_role_is_made_of_permissions_that_exist(firm: BackOffice) -> None:
    with pytest.raises(Refused) as refused, firm.unit_of_work(actor="ann") as uow:
        cashier = uow.add(Role(code="Cashier.x"))
        uow.add(RolePermission(role_id=cashier.id, permission="bo.pots"))
    assert codes(refused) == {("bo.role_code", "code"), ("bo.unknown_permission", "permission")}
    (remedy,) = [finding.fix for finding in refused.value.findings if finding.code == "bo.unknown_permission"]
    assert remedy.startswith("Did you mean bo.post? There are the permissions: ")
    assert {"bo.audit", "bo.post", "bo.users"} <= set(re.findall(r"bo\.\w+", remedy.partition("There are the permissions: ")[2]))


def test_a_grant_names_a_role_that_exists_and_once(firm: BackOffice) -> None:
    with firm.unit_of_work(actor="ann") as uow:
        bob = uow.add(User(name="bob"))
        uow.add(Role(code="cashier"))
        uow.add(Grant(user_id=bob.id, role="cashier"))
    for role, code in (("cashire", "bo.unknown_role"), ("accounting.clerk", "bo.unknown_role"), ("cashier", "bo.granted")):
        with pytest.raises(Refused) as refused, firm.unit_of_work(actor="ann") as uow:
            uow.add(Grant(user_id=bob.id, role=role))
        assert codes(refused) == {(code, "role")}
    with firm.unit_of_work(actor="ann") as uow:
        company = uow.find(Company, code="ACME")
        assert company is not None
        uow.add(Grant(user_id=bob.id, role="cashier", company_id=company.id))
    with firm.unit_of_work(actor="ann") as uow:  # taken and given in one
        (everywhere,) = [grant for grant in uow.select(Grant, user_id=bob.id) if grant.company_id is None]
        uow.remove(everywhere)
        uow.add(Grant(user_id=bob.id, role="cashier"))


def test_a_role_that_is_granted_stays_and_keeps_its_code(firm: BackOffice) -> None:
    with firm.unit_of_work(actor="ann") as uow:
        bob, cashier = uow.add(User(name="bob")), uow.add(Role(code="cashier"))
        uow.add(Grant(user_id=bob.id, role="cashier"))
    with pytest.raises(Refused) as refused, firm.unit_of_work(actor="ann") as uow:
        uow.remove(uow.get(Role, cashier.id))
    assert codes(refused) == {("bo.role_granted", "code")}
    with pytest.raises(Refused) as refused, firm.unit_of_work(actor="ann") as uow:
        uow.get(Role, cashier.id).code = "till"
    assert codes(refused) == {("bo.role_code", "code")}
    with firm.unit_of_work(actor="ann") as uow:
        uow.remove(uow.select(Grant, role="cashier").all()[0])
        uow.remove(uow.get(Role, cashier.id))


STEPS = st.lists(st.tuples(st.sampled_from(["add", "owner", "not", "disable", "enable"]), st.integers(0, 3), st.booleans()), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(STEPS)
def test_whatever_is_done_to_users_an_owner_is_active(tmp_path_factory: pytest.TempPathFactory, bo_path: Any, steps: Iterable[Any]) -> None:
    import shutil

    path = shutil.copyfile(bo_path, tmp_path_factory.mktemp("users") / "books.db")
    with BackOffice(path, plugins=[]) as bo:
        for what, which, owner in steps:
            with bo.looking() as session:
                (acting,) = session.execute("SELECT min(name) FROM bo_user WHERE owner AND state = 'active'").fetchone()
            with suppress(Refused), bo.unit_of_work(actor=acting or "ann") as uow:
                user = uow.find(User, name=f"user{which}")
                if what == "add" and user is None:
                    uow.add(User(name=f"user{which}", owner=owner))
                elif user is not None and what in ("owner", "not"):
                    user.owner = what == "owner"
                elif user is not None and what != "add":
                    uow.move(user, what)
            with bo.looking() as session:
                count, owners = session.execute(
                    "SELECT count(*), coalesce(sum(CASE WHEN owner AND state = 'active' THEN 1 ELSE 0 END), 0) FROM bo_user"
                ).fetchone()
                assert owners > 0 or count == 0
