"""API tokens: what a program signs in with, with some of a user's permissions, until a day."""

from __future__ import annotations

from typing import Any

import pytest

from bocore import (
    BackOffice,
    Company,
    Grant,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    Role,
    RolePermission,
    Scoped,
    User,
    list_tokens,
    make_token,
    revoke_token,
    set_password,
)
from bocore.access import tokens
from bocore.record.verify import verify
from bocore.testing import FrozenClock


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core alone."""
    return []


@pytest.fixture
def firm(bo: BackOffice) -> BackOffice:
    """ann owns it; bob reads and writes; carol makes users and reads."""
    bo.init(owner="ann")
    roles = {"bob": ("editor", ["bo.read", "bo.write"]), "carol": ("helpdesk", ["bo.users", "bo.read"])}
    with bo.unit_of_work(actor="ann") as uow:
        for name, (code, permissions) in roles.items():
            user, role = uow.add(User(name=name)), uow.add(Role(code=code))
            uow.add_all([RolePermission(role_id=role.id, permission=each) for each in permissions])
            uow.add(Grant(user_id=user.id, role=code))
    return bo


def token(bo: BackOffice, user: str = "bob", *scopes: str, actor: Any = None, days: int = 90) -> str:
    with bo.unit_of_work(actor=actor or user) as uow:
        return make_token(uow, user, title="Web shop", scopes=scopes or ["bo.read"], days=days)[1]


def may(bo: BackOffice, text: str) -> set[str]:
    with bo.unit_of_work(actor=bo.actor_of(token=text), read_only=True) as uow:
        return {permission for permission in bo.host.permissions if uow.may(permission)}


def unknown(bo: BackOffice, text: str) -> None:
    with pytest.raises(NotAuthenticated) as error:
        bo.actor_of(token=text)
    assert str(error.value) == "token: This token is not known, has ended, or was revoked. Make another: bo user token add NAME."


def test_a_token_allows_what_both_it_and_its_user_have(firm: BackOffice) -> None:
    assert may(firm, token(firm, "bob", "bo.read", "bo.jobs")) == {"bo.read"}
    assert may(firm, token(firm, "bob", "*")) == {"bo.read", "bo.write"}
    everything = token(firm, "ann", "*")
    assert may(firm, everything) == set(firm.host.permissions)
    assert may(firm, token(firm, "ann", "bo.audit")) == {"bo.audit"}
    found = firm.actor_of(token=everything)
    assert isinstance(found, Scoped)
    with firm.unit_of_work(actor=found, read_only=True) as uow:
        assert not uow.authority.full, "an owner's program makes no owners"


def test_what_a_user_loses_his_tokens_lose(firm: BackOffice) -> None:
    text = token(firm)
    with firm.unit_of_work(actor="ann") as uow:
        (grant,) = uow.select(Grant, role="editor")
        uow.remove(grant)
    assert may(firm, text) == set()


def test_only_a_digest_is_kept_and_the_record_has_no_more(firm: BackOffice) -> None:
    text = token(firm)
    assert text.startswith("bo_") and len(text.split("_", 2)[2]) == 43
    with firm.looking() as session:
        kept = [str(session.execute(f"SELECT * FROM {table}").fetchall()) for table in ("bo_api_token", "bo_commit")]
    assert text not in "".join(kept) and text.split("_", 2)[2] not in "".join(kept)
    assert verify(firm).ok


@pytest.mark.parametrize("shown", ["", "bo_", "bo_1_", "bo_1_" + "x" * 43, "bo_x_" + "x" * 43, "bo_1_" + "\u0661" * 43, "bo_" + "9" * 5000])
def test_what_is_no_token_is_nobodys(firm: BackOffice, shown: str) -> None:
    token(firm)
    unknown(firm, shown)


def test_a_token_needs_all_of_its_secret_and_its_own_number(firm: BackOffice) -> None:
    one, two = token(firm), token(firm)
    unknown(firm, one[:-1] + ("A" if one[-1] != "A" else "B"))
    unknown(firm, "_".join([*one.split("_")[:2], two.split("_", 2)[2]]))


def test_a_token_ends_on_its_day(firm: BackOffice, clock: FrozenClock) -> None:
    text = token(firm, days=30)
    clock.advance(days=30, seconds=-1)
    assert may(firm, text) == {"bo.read"}
    clock.advance(seconds=1)
    unknown(firm, text)


def test_a_token_is_revoked_for_good(firm: BackOffice) -> None:
    text = token(firm)
    ident = int(text.split("_")[1])
    with firm.unit_of_work(actor="bob") as uow:
        revoke_token(uow, ident)
    unknown(firm, text)
    with firm.unit_of_work(actor="ann") as uow:
        revoke_token(uow, ident)
    with pytest.raises(Refused, match="only changes by being revoked"), firm.unit_of_work(actor="ann") as uow:
        from bocore import ApiToken

        uow.get(ApiToken, ident).revoked_at = None
    with pytest.raises(NotFound), firm.unit_of_work(actor="ann") as uow:
        revoke_token(uow, 4711)


def test_a_disabled_user_has_no_tokens(firm: BackOffice) -> None:
    text = token(firm)
    for action in ("disable", "enable"):
        with firm.unit_of_work(actor="ann") as uow:
            (bob,) = uow.select(User, name="bob")
            uow.move(bob, action)
        if action == "disable":
            unknown(firm, text)
    assert may(firm, text) == {"bo.read"}


def test_the_last_use_is_noted_once_in_an_hour(firm: BackOffice, clock: FrozenClock) -> None:
    text, noted = token(firm), []

    def used() -> Any:
        with firm.unit_of_work(actor="ann") as uow:
            return list_tokens(uow, "bob")[0].used_at

    assert used() is None
    for _ in range(5):
        firm.actor_of(token=text)
        noted.append(used())
        clock.advance(minutes=25)
    assert [(each - noted[0]).total_seconds() / 60 for each in noted] == [0, 0, 0, 75, 75]
    assert tokens.USED_AGAIN.total_seconds() == 3600


def test_tokens_are_listed_with_what_became_of_them(firm: BackOffice, clock: FrozenClock) -> None:
    made = [
        token(firm, "bob", days=1),
        token(firm, "bob", days=9),
        token(firm, "bob", "bo.write", "bo.read", days=9),
        token(firm, "carol", days=9),
    ]
    with firm.unit_of_work(actor="ann") as uow:
        revoke_token(uow, int(made[1].split("_")[1]))
        uow.move(uow.select(User, name="carol").all()[0], "disable")
    clock.advance(days=2)
    with firm.unit_of_work(actor="ann", read_only=True) as uow:
        found = [(line.user, line.scopes, line.state) for line in list_tokens(uow)]
    assert found == [
        ("bob", "bo.read", "expired"),
        ("bob", "bo.read", "revoked"),
        ("bob", "bo.read bo.write", "good"),
        ("carol", "bo.read", "disabled"),
    ]


@pytest.mark.parametrize(
    ("scopes", "days", "code", "field"),
    [
        ([], 90, "bo.token", "scopes"),
        (["bo.raed"], 90, "bo.unknown_permission", "scopes"),
        (["bo.read"], 0, "bo.token", "days"),
        (["bo.read"], 100_000, "bo.token", "days"),
        (["bo.read"], True, "bo.token", "days"),
    ],
)
def test_a_token_has_scopes_that_exist_and_an_end(firm: BackOffice, scopes: list[str], days: int, code: str, field: str) -> None:
    with pytest.raises(Refused) as error, firm.unit_of_work(actor="bob") as uow:
        make_token(uow, "bob", title="Web shop", scopes=scopes, days=days)
    assert [(each.code, each.field) for each in error.value.findings] == [(code, field)]
    if code == "bo.unknown_permission":
        assert "Did you mean bo.read?" in str(error.value)


# ---------------------------------------------------------------- nobody gives more than he has


def test_who_makes_users_gives_no_more_than_he_has(firm: BackOffice) -> None:
    def give(role: str, actor: str = "carol") -> None:
        with firm.unit_of_work(actor=actor) as uow:
            dave = uow.find(User, name="dave") or uow.add(User(name="dave"))
            uow.add(Grant(user_id=dave.id, role=role))

    with pytest.raises(NotAllowed, match=r"carol can't give editor: he does not have bo\.write"):
        give("editor")
    with pytest.raises(NotAllowed):
        give("helpdesk", actor="bob")
    give("helpdesk")
    with pytest.raises(NotAllowed, match=r"carol can't give bo\.post"), firm.unit_of_work(actor="carol") as uow:
        (helpdesk,) = uow.select(Role, code="helpdesk")
        uow.add(RolePermission(role_id=helpdesk.id, permission="bo.post"))
    with firm.unit_of_work(actor="carol") as uow, uow.system("The owner said so on the telephone"):
        (helpdesk,) = uow.select(Role, code="helpdesk")
        uow.add(RolePermission(role_id=helpdesk.id, permission="bo.post"))


@pytest.mark.parametrize("done", ["make", "raise", "disable", "password", "token", "herself"])
def test_who_makes_users_touches_no_owner(firm: BackOffice, done: str) -> None:
    with pytest.raises((Refused, NotAllowed)) as error, firm.unit_of_work(actor="carol") as uow:
        ann, carol = (uow.select(User, name=name).all()[0] for name in ("ann", "carol"))
        if done == "make":
            uow.add(User(name="eve", owner=True))
        elif done == "raise":
            uow.select(User, name="bob").all()[0].owner = True
        elif done == "disable":
            uow.move(ann, "disable")
        elif done == "password":
            set_password(uow, ann, "a password that she would know")
        elif done == "token":
            make_token(uow, ann, title="Hers", scopes=["*"])
        else:
            carol.owner = True
    assert "bo.not_allowed" in {finding.code for finding in error.value.findings}


def test_who_makes_users_can_not_sign_in_as_somebody_who_may_more(firm: BackOffice) -> None:
    with (
        pytest.raises(NotAllowed, match=r"carol may not set the password of somebody who has bo\.write"),
        firm.unit_of_work(actor="carol") as uow,
    ):
        set_password(uow, "bob", "a password that she would know")
    with (
        pytest.raises(NotAllowed, match=r"carol may not make a token of somebody who has bo\.write"),
        firm.unit_of_work(actor="carol") as uow,
    ):
        make_token(uow, "bob", title="Hers", scopes=["bo.write"])
    with firm.unit_of_work(actor="carol") as uow:
        uow.move(uow.select(User, name="bob").all()[0], "disable")  # takes, and gives nothing


def test_a_program_with_a_token_is_not_its_user(firm: BackOffice) -> None:
    program = firm.actor_of(token=token(firm, "bob", "*"))
    with pytest.raises(NotAllowed), firm.unit_of_work(actor=program) as uow:
        set_password(uow, "bob", "a password that it would know")
    with pytest.raises(NotAllowed), firm.unit_of_work(actor=program) as uow:
        make_token(uow, "bob", title="Another", scopes=["*"], days=3000)


def test_who_makes_users_in_one_company_gives_roles_there_alone(firm: BackOffice) -> None:
    with firm.unit_of_work(actor="ann") as uow:
        (acme,) = uow.select(Company, code="ACME")
        there = uow.add(Company(code="BETA", name="Beta Ltd", currency="EUR", zone="UTC"))
        dora, dave = uow.add(User(name="dora")), uow.add(User(name="dave"))
        uow.add(Grant(user_id=dora.id, role="helpdesk", company_id=there.id))

    def give(company_id: int | None) -> None:
        with firm.unit_of_work(actor="dora", company="BETA") as uow:
            uow.add(Grant(user_id=dave.id, role="helpdesk", company_id=company_id))

    with pytest.raises(NotAllowed, match="companies that he does not work for"):
        give(None)
    with pytest.raises(NotAllowed, match="Name a company that you work for"):
        give(acme.id)
    give(there.id)
    with pytest.raises(NotAllowed, match="in some companies only"), firm.unit_of_work(actor="dora", company="BETA") as uow:
        uow.add(User(name="fred"))
