"""``bo user`` and ``bo role``: what an administrator sees and does."""

from __future__ import annotations

import json
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner

from bocore import BackOffice, NotAuthenticated, Plugin
from bocore.access import passwords
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo as command
from bocore.testing import FrozenClock

PASSWORD = "plain horse battery staple"
till = Plugin(prefix="till", permissions={"till.sell": "Sell at a till"}, roles={"cashier": ["till.sell", "bo.read"]})


@pytest.fixture(scope="session")
def bo_plugins() -> list[Plugin]:
    return [till]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little, and a key for secrets."""
    monkeypatch.setattr(passwords, "MEMORY", 64)
    passwords.hasher.cache_clear()
    from base64 import b64encode

    monkeypatch.setenv("BOCORE_KEY", f"bocore-key-1:{b64encode(bytes(32)).decode()}")
    monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)


@pytest.fixture
def ask(bo_path: Any, clock: FrozenClock, bo: BackOffice) -> Any:
    """The command line, as ann, who owns the database."""
    bo.init(owner="ann")

    def asked(*words: str, code: int = 0, actor: str = "ann", given: str | None = None) -> Any:
        told = Invocation(plugins=[till], clock=clock, user=actor)
        result = CliRunner().invoke(command, ["--db", str(bo_path), *words], obj=told, input=given)
        assert result.exit_code == code, result.output
        return result

    return asked


def rows(result: Any) -> Any:
    return json.loads(result.stdout)


def test_init_makes_who_calls_it_the_owner(tmp_path: Any, clock: FrozenClock) -> None:
    db = str(tmp_path / "new.db")

    def bo(*words: str, actor: str = "eve") -> Any:
        return CliRunner().invoke(command, ["--db", db, *words], obj=Invocation(plugins=[till], clock=clock, user=actor))

    assert bo("init", "--company", "Acme Ltd", "--currency", "EUR").exit_code == 0
    assert [(row["name"], row["owner"]) for row in rows(bo("user", "list", "--format", "json"))] == [("eve", True)]
    assert bo("init", "--company", "Beta Ltd", "--currency", "EUR").exit_code == 0
    stranger = bo("party", "list", actor="mallory")
    assert (stranger.exit_code, stranger.stderr.split(".")[0]) == (1, "Error: 'mallory' is no user of this database")
    assert bo("init", "--company", "Evil Ltd", "--currency", "EUR", actor="mallory").exit_code == 1


def test_a_cashier_gets_a_cashiers_rights_and_no_more(ask: Any) -> None:
    ask("user", "add", "bob", "--role", "till.cashier")
    found = rows(ask("user", "show", "bob", "--format", "json"))
    assert (found["roles"], found["permissions"], found["signs_in_with"]) == (["till.cashier"], ["bo.read", "till.sell"], [])
    assert ask("party", "list", actor="bob").exit_code == 0
    assert "bob may not" in ask("party", "add", "Acme", code=1, actor="bob").stderr
    assert "bob may not" in ask("user", "list", code=1, actor="bob").stderr
    listed = rows(ask("role", "list", "--format", "json"))
    assert [row for row in listed if row["of"] != "bo"] == [
        {"role": "till.cashier", "title": "", "of": "till", "permissions": 2, "users": 1}
    ]
    shown = ask("user", "list").stdout
    assert "bob" in shown and "till.cashier" in shown


def test_a_role_of_ones_own_is_made_widened_narrowed_and_dropped(ask: Any) -> None:
    ask("role", "add", "shop", "till.sell", "--title", "In the shop")
    ask("role", "allow", "shop", "bo.read", "till.sell")
    ask("user", "add", "bob")
    ask("role", "grant", "shop", "bob", "--in", "ACME")
    shown = rows(ask("role", "show", "shop", "--format", "json"))
    assert shown == {
        "role": "shop", "title": "In the shop", "of": "this firm", "permissions": ["bo.read", "till.sell"], "users": ["bob in ACME"],
    }  # fmt: skip
    ask("role", "deny", "shop", "till.sell")
    assert "does not allow 'till.sell'" in ask("role", "deny", "shop", "till.sell", code=1).stderr
    assert "still granted" in ask("role", "drop", "shop", code=1).stderr
    assert "does not have the role shop in every company" in ask("role", "revoke", "shop", "bob", code=1).stderr
    ask("role", "revoke", "shop", "bob", "--in", "ACME")
    ask("role", "drop", "shop")
    assert "There is no role 'shop'" in ask("role", "show", "shop", code=1).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("role add shop till.sel", "Did you mean till.sell?"),
        ("role add Shop", "can't be the code of a role"),
        ("role allow till.cashier bo.post", "stays as the plugin declares it"),
        ("role grant till.casheer ann", "Did you mean till.cashier?"),
        ("role grant till.cashier anne", "Did you mean ann?"),
        ("role grant till.cashier ann --in ZZ", "There is no Company 'ZZ'"),
        ("user add ANN", "differs in capitals only"),
        ("user add job:x", "colon"),
        ("user add bob --role nothing", "There is no role 'nothing'"),
        ("user add bob --party nobody", "There is no Party 'nobody'"),
        ("user disable ann", "last owner who is active"),
        ("user owner ann --remove", "last owner who is active"),
        ("user show bob", "There is no user 'bob'"),
        ("user password bob --remove", "There is no such user"),
        ("user token add ann --title x --scope bo.raed", "Did you mean bo.read?"),
        ("user token add ann --title x --scope bo.read --days 0", "can't be good for 0 days"),
        ("user token revoke 7", "There is no ApiToken with the id 7"),
        ("user recovery-codes ann", "no one-time codes"),
    ],
)
def test_what_can_not_be_is_refused_with_the_remedy(ask: Any, words: str, said: str) -> None:
    result = ask(*words.split(), code=1)
    assert said in result.stderr
    assert rows(ask("user", "list", "--format", "json")) == [
        {"name": "ann", "state": "active", "owner": True, "roles": "", "password": False, "codes": False}
    ]


def test_a_password_comes_from_standard_input_and_is_never_shown(ask: Any, bo: BackOffice) -> None:
    ask("user", "add", "bob")
    result = ask("user", "password", "bob", given=f"{PASSWORD}\n")
    assert PASSWORD not in result.output
    assert bo.sign_in(user="bob", password=PASSWORD).actor == "bob"
    assert "fewer than 12" in ask("user", "password", "bob", given="short\n", code=1).stderr
    assert "Write the password to standard input" in ask("user", "password", "bob", given="", code=2).stderr
    assert "Got unexpected extra argument" in ask("user", "password", "bob", PASSWORD, code=2).stderr
    ask("user", "password", "bob", "--remove")
    with pytest.raises(NotAuthenticated):
        bo.sign_in(user="bob", password=PASSWORD)


def test_one_time_codes_are_added_confirmed_and_removed(ask: Any, bo: BackOffice, clock: FrozenClock) -> None:
    ask("user", "password", "ann", given=f"{PASSWORD}\n")
    (made,) = rows(ask("user", "totp", "ann", "--format", "json"))
    authenticator: Any = pyotp.parse_uri(made["address"])
    assert "does not belong to the secret" in ask("user", "totp", "ann", "--confirm", given="abcdef\n", code=1).stderr
    codes = [
        row["recovery_code"] for row in rows(ask("user", "totp", "ann", "--confirm", "--format", "json", given=authenticator.at(clock())))
    ]
    assert len(codes) == 10
    with pytest.raises(NotAuthenticated):
        bo.sign_in(user="ann", password=PASSWORD)
    assert bo.sign_in(user="ann", password=PASSWORD, code=codes[3]).actor == "ann"
    again = [row["recovery_code"] for row in rows(ask("user", "recovery-codes", "ann", "--format", "json"))]
    assert not set(again) & set(codes)
    assert rows(ask("user", "show", "ann", "--format", "json"))["signs_in_with"] == ["codes", "password"]
    ask("user", "totp", "ann", "--remove")
    assert bo.sign_in(user="ann", password=PASSWORD).actor == "ann"
    ask("user", "totp", "ann", "--remove", "--confirm", code=2)


def test_tokens_are_made_listed_and_revoked(ask: Any, bo: BackOffice) -> None:
    ask("user", "add", "shop", "--role", "till.cashier")
    made = rows(ask("user", "token", "add", "shop", "--title", "Web shop", "--scope", "till.sell", "--days", "30", "--format", "json"))
    found: Any = bo.actor_of(token=made["token"])
    assert (found.user, found.permissions) == ("shop", {"till.sell"})
    (line,) = rows(ask("user", "token", "list", "shop", "--format", "json"))
    assert (line["title"], line["state"]) == ("Web shop", "good") and made["token"].split("_", 2)[2] not in str(line)
    ask("user", "token", "revoke", str(made["id"]))
    assert rows(ask("user", "token", "list", "--format", "json"))[0]["state"] == "revoked"
    with pytest.raises(NotAuthenticated):
        bo.actor_of(token=made["token"])


def test_sessions_are_listed_and_ended_and_a_lockout_lifted(ask: Any, bo: BackOffice) -> None:
    ask("user", "add", "bob")
    ask("user", "password", "bob", given=f"{PASSWORD}\n")
    one, two = (bo.sign_in(user="bob", password=PASSWORD) for _ in range(2))
    listed = rows(ask("user", "sessions", "--format", "json"))
    assert [row["user"] for row in listed] == ["bob", "bob"]
    ask("user", "sessions", "--end-all", code=2)
    ident = one.session.split("_")[1]
    assert ask("user", "sessions", "bob", "--end", ident).stdout == "1 session has ended.\n"
    assert [str(row["id"]) for row in rows(ask("user", "sessions", "bob", "--format", "json"))] == [two.session.split("_")[1]]
    assert ask("user", "sessions", "bob", "--end-all").stdout == "1 session has ended.\n"
    for _ in range(6):
        with pytest.raises(NotAuthenticated):
            bo.sign_in(user="bob", password="wrong")
    ask("user", "unlock", "bob")
    assert bo.sign_in(user="bob", password=PASSWORD).actor == "bob"


def test_users_are_disabled_and_enabled(ask: Any, bo: BackOffice) -> None:
    for name in ("bob", "carol"):
        ask("user", "add", name)
    assert ask("user", "disable", "bob", "carol", "--reason", "Left").stdout == "bob, carol are disabled.\n"
    assert [row["name"] for row in rows(ask("user", "list", "--format", "json"))] == ["ann"]
    assert len(rows(ask("user", "list", "--all", "--format", "json"))) == 3
    assert "is disabled" in ask("party", "list", actor="bob", code=1).stderr
    ask("user", "enable", "bob")
    ask("user", "owner", "bob")
    ask("user", "owner", "ann", "--remove", actor="bob")


@pytest.mark.parametrize("words", ["user list", "user show ann", "user sessions", "user token list", "role list", "role permissions"])
@pytest.mark.parametrize("style", ["table", "json", "csv"])
def test_every_listing_comes_as_table_json_and_csv(ask: Any, words: str, style: str) -> None:
    shown = ask(*words.split(), "--format", style).stdout
    if style == "json":
        json.loads(shown)
    elif style == "csv" and words not in ("user sessions", "user token list"):
        assert "," in shown.splitlines()[0]
