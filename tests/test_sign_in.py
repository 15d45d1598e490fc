"""Signing in: passwords, one-time codes, sessions and lockout, and what the record says of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pyotp
import pytest

from bocore import (
    Actor,
    BackOffice,
    NotAllowed,
    NotAuthenticated,
    Plugin,
    PluginError,
    Refused,
    Role,
    SignedIn,
    UnitOfWork,
    UsageError,
    User,
    confirm_totp,
    end_sessions,
    enrol_totp,
    hookimpl,
    make_recovery_codes,
    remove_password,
    remove_totp,
    set_password,
    unlock_user,
)
from bocore.access import lockout, passwords
from bocore.access.sessions import IDLE, LONGEST, open_sessions
from bocore.record.verify import verify
from bocore.testing import FrozenClock

PASSWORD = "plain horse battery staple"
OTHER = "quiet river copper lantern"
DIRECTORY: dict[str, Any] = {}
"""What the plugin's directory knows: password or token → its answer."""


@pytest.fixture(scope="session")
def bo_plugins() -> Any:
    """The core, and a plugin to which a directory of another server belongs."""
    module: Any = ModuleType("directory")
    module.plugin = Plugin(prefix="directory", roles={"clerk": ["bo.read"]})

    @hookimpl
    def bo_authenticate(credentials: Mapping[str, str]) -> Any:
        answer = DIRECTORY.get(credentials.get("token") or f"{credentials.get('user')}/{credentials.get('password')}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    module.bo_authenticate = bo_authenticate
    return [module]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes that cost little, and an empty directory."""
    monkeypatch.setattr(passwords, "MEMORY", 64)
    monkeypatch.setattr(passwords, "TIME", 1)
    caches = passwords.hasher, passwords._nobody
    for cached in caches:
        cached.cache_clear()
    DIRECTORY.clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameters of each hash that was compared with, in order."""
    done: list[str] = []
    made = passwords.hasher()

    class Watched:
        def verify(self, stored: str, password: str) -> bool:
            done.append(stored.rsplit("$", 2)[0])
            return made.verify(stored, password)

        def __getattr__(self, name: str) -> Any:
            return getattr(made, name)

    monkeypatch.setattr(passwords, "hasher", Watched)
    return done


@pytest.fixture
def firm(bo_path: Path, bo_plugins: Any, clock: FrozenClock) -> Iterator[BackOffice]:
    """ann owns it and bob works in it; both have passwords, and there is a key for secrets."""
    with BackOffice(bo_path, plugins=bo_plugins, clock=clock, key=bytes(range(32))) as bo:
        bo.init(owner="ann")
        with bo.unit_of_work(actor="ann") as uow:
            bob = uow.add(User(name="bob"))
            set_password(uow, "ann", PASSWORD)
            set_password(uow, bob, PASSWORD)
        yield bo


def act(bo: BackOffice, fn: Callable[..., Any], *args: Any, actor: Any = "ann") -> Any:
    with bo.unit_of_work(actor=actor) as uow:
        return fn(uow, *args)


def move(bo: BackOffice, name: str, action: str) -> None:
    with bo.unit_of_work(actor="ann") as uow:
        user = uow.find(User, name=name)
        assert user is not None
        uow.move(user, action)


def refused(bo: BackOffice, why: str = "bo.not_authenticated", **shown: Any) -> NotAuthenticated:
    with pytest.raises(NotAuthenticated) as error:
        bo.sign_in(**{"user": "bob", "password": "wrong", **shown})
    assert [finding.code for finding in error.value.findings] == [why]
    return error.value


def events(bo: BackOffice, *names: str) -> list[tuple[str, dict[str, Any]]]:
    """The events of the record by these names, without their versions."""
    found = [each for commit in bo.feed(f"test {names}") for each in commit.events]
    return [(each.name.split("/")[0], dict(each.values)) for each in found if each.name.split("/")[0] in names]


def otp(uri: str, bo: BackOffice, steps: int = 0) -> str:
    """The code that an authenticator shows, which took the address in."""
    made = pyotp.parse_uri(uri)
    assert isinstance(made, pyotp.TOTP)
    return made.at(bo.clock() + timedelta(seconds=30 * steps))


# ---------------------------------------------------------------- passwords


def test_who_signs_in_is_known_by_the_session(firm: BackOffice) -> None:
    signed = firm.sign_in(user="bob", password=PASSWORD)
    assert (signed.actor, firm.actor_of(session=signed.session)) == ("bob", "bob")
    assert signed.session not in repr(signed)
    with firm.unit_of_work(actor=signed.actor, read_only=True) as uow:
        assert not uow.may("bo.users")


@pytest.mark.parametrize("name", ["bob", "ann", "nobody-at-all", "", "x" * 5000, "a\0b", "\ud800", "bob\n", "' OR 1=1 --"])
@pytest.mark.parametrize("password", ["wrong", "", "x" * 100_000, "\ud800"])
def test_a_wrong_password_and_an_unknown_name_cost_the_same_and_say_the_same(
    firm: BackOffice, work: list[str], name: str, password: str
) -> None:
    said = refused(firm, user=name, password=password)
    assert work == ["$argon2id$v=19$m=64,t=1,p=1"], "one hash, with the parameters of today"
    assert str(said) == "sign-in: The name, the password or the code is wrong. Try again. A code is good once: wait for the next one."


def test_a_disabled_user_and_one_without_a_password_cost_and_say_the_same(firm: BackOffice, work: list[str]) -> None:
    before = str(refused(firm, user="nobody"))
    move(firm, "bob", "disable")
    assert str(refused(firm, user="bob", password=PASSWORD)) == before
    move(firm, "bob", "enable")
    act(firm, remove_password, "bob")
    assert str(refused(firm, user="bob", password=PASSWORD)) == before
    assert len(work) == 3


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevenchars", "fewer than 12"),
        ("x" * 257, "longer than 256"),
        ("aaaaaaaaaaaab", "fewer than 5 different"),
        ("bob-the-boss", ""),
        ("\ud800" + "abcdefghijkl", "no Unicode"),
        (b"bytes are none", "is text"),
    ],
)
def test_a_password_is_neither_short_nor_endless_nor_obvious(firm: BackOffice, password: Any, said: str) -> None:
    if not said:
        act(firm, set_password, "bob", password)
        return
    with pytest.raises(Refused, match=said) as error:
        act(firm, set_password, "bob", password)
    assert [(f.code, f.field) for f in error.value.findings] == [("bo.password", "password")]
    assert str(password) not in str(error.value)


def test_the_name_makes_no_password() -> None:
    assert passwords.check_password("bartholomew.smith1", "Bartholomew.Smith") != []
    assert passwords.check_password("bartholomew.smith and a horse", "Bartholomew.Smith") == []


def test_keyboards_that_write_a_letter_in_two_ways_are_one(firm: BackOffice) -> None:
    act(firm, set_password, "bob", "caf\u00e9 au lait, bitte")
    assert firm.sign_in(user="bob", password="cafe\u0301 au lait, bitte").actor == "bob"


def test_a_password_of_older_parameters_is_hashed_anew_at_the_next_sign_in(firm: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    def stored() -> str:
        with firm.looking() as session:
            sql = "SELECT password FROM bo_credential JOIN bo_user ON id = user_id WHERE name = 'bob'"
            return str(session.execute(sql).fetchone()[0])

    before = stored()
    monkeypatch.setattr(passwords, "TIME", 2)
    passwords.hasher.cache_clear()
    refused(firm)
    assert stored() == before, "only who knows it"
    firm.sign_in(user="bob", password=PASSWORD)
    assert "t=2" in stored() and "t=2" not in before
    firm.sign_in(user="bob", password=PASSWORD)


def test_the_profile_is_that_of_owasp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    passwords.hasher.cache_clear()
    assert passwords.hash_password(PASSWORD).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_few_hashes_are_computed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, entered = 0, 0, threading.Lock()
    gate = threading.Event()

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal inside, most
            with entered:
                inside += 1
                most = max(most, inside)
            gate.wait(10)
            with entered:
                inside -= 1
            return ""

    monkeypatch.setattr(passwords, "hasher", Slow)
    threads = [threading.Thread(target=passwords.hash_password, args=("x",)) for _ in range(50)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert 1 <= most <= passwords.AT_ONCE <= 4


def test_who_waits_too_long_for_a_turn_is_told_and_not_counted(firm: BackOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    with monkeypatch.context() as patched:
        patched.setattr(passwords, "PATIENCE", 0.001)
        taken = [passwords._pool().submit(gate.wait, 30) for _ in range(passwords.AT_ONCE)]
        for _ in range(10):
            refused(firm, "bo.sign_in_busy", password=PASSWORD)
        gate.set()
        assert all(each.result(30) for each in taken)
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"


@pytest.mark.parametrize(
    "shown", [{}, {"user": "bob"}, {"password": "x"}, {"user": "bob", "password": "x", "token": "y"}, {"user": 7, "password": "x"}]
)
def test_signing_in_takes_a_name_and_a_password_or_a_token(firm: BackOffice, shown: Any) -> None:
    with pytest.raises(UsageError):
        firm.sign_in(**shown)


# ---------------------------------------------------------------- who may set them


def test_everybody_sets_his_own_password_and_an_administrator_those_of_others(firm: BackOffice) -> None:
    act(firm, set_password, "bob", OTHER, actor="bob")
    with pytest.raises(NotAllowed, match="bob may not set the password"):
        act(firm, set_password, "ann", OTHER, actor="bob")
    assert firm.sign_in(user="bob", password=OTHER).actor == "bob"
    assert firm.sign_in(user="ann", password=PASSWORD).actor == "ann"


# ---------------------------------------------------------------- sessions


def test_a_session_ends_when_it_is_not_used_and_in_any_case(firm: BackOffice, clock: FrozenClock) -> None:
    idle, used = firm.sign_in(user="bob", password=PASSWORD), firm.sign_in(user="bob", password=PASSWORD)
    steps = int(LONGEST / (IDLE / 2))
    for step in range(1, steps):
        clock.advance(seconds=IDLE.total_seconds() / 2)
        assert firm.actor_of(session=used.session) == "bob"
        if step == 2:
            ended(firm, idle)
    clock.advance(seconds=IDLE.total_seconds() / 2)
    assert clock() == used.ends_at
    ended(firm, used)


def ended(bo: BackOffice, signed: SignedIn | str) -> None:
    with pytest.raises(NotAuthenticated) as error:
        bo.actor_of(session=signed if isinstance(signed, str) else signed.session)
    assert str(error.value) == "session: This session is not known, has ended, or was revoked. Sign in again."


@pytest.mark.parametrize(
    "text", ["", "bos_1_", "bos_1_" + "x" * 43, "bo_1_" + "x" * 43, "bos_99999999999999999999_" + "x" * 43, "\0", "x" * 10_000]
)
def test_what_is_no_session_is_nobodys(firm: BackOffice, text: str) -> None:
    firm.sign_in(user="bob", password=PASSWORD)
    ended(firm, text)


def test_a_session_needs_all_of_its_secret(firm: BackOffice) -> None:
    text = firm.sign_in(user="bob", password=PASSWORD).session
    ended(firm, text[:-1] + ("A" if text[-1] != "A" else "B"))
    with firm.looking() as session:
        kept = session.execute("SELECT digest FROM bo_session").fetchone()[0]
    assert text.rsplit("_", 1)[-1].encode() not in bytes(kept) and len(kept) == 32


@pytest.mark.parametrize("done", ["password", "disable", "owner", "end", "out", "totp", "no password"])
def test_what_changes_about_a_user_ends_his_sessions(firm: BackOffice, done: str) -> None:
    mine, his = firm.sign_in(user="ann", password=PASSWORD), firm.sign_in(user="bob", password=PASSWORD)
    if done == "password":
        act(firm, set_password, "bob", OTHER)
    elif done == "no password":
        act(firm, remove_password, "bob")
    elif done == "disable":
        move(firm, "bob", "disable")
        ended(firm, his)
        move(firm, "bob", "enable")
    elif done == "owner":
        with firm.unit_of_work(actor="ann") as uow:
            bob = uow.find(User, name="bob")
            assert bob is not None
            bob.owner = True
    elif done == "end":
        assert act(firm, end_sessions, "bob") == 1
        assert events(firm, "bo.sessions_ended")[0][1]["sessions"] == 1
    elif done == "out":
        firm.sign_out(his.session)
        firm.sign_out(his.session)
    else:
        uri = act(firm, enrol_totp, "bob")
        act(firm, confirm_totp, "bob", otp(uri, firm))
    ended(firm, his)
    assert firm.actor_of(session=mine.session) == "ann"


def test_one_of_several_sessions_is_ended_by_its_number(firm: BackOffice, clock: FrozenClock) -> None:
    one = firm.sign_in(user="bob", password=PASSWORD)
    clock.advance(seconds=1)
    two = firm.sign_in(user="bob", password=PASSWORD)
    with firm.looking() as session:
        found = open_sessions(session, clock())
    assert [each.user for each in found] == ["bob", "bob"]
    assert act(firm, end_sessions, "bob", found[0].id) == 1
    ended(firm, one)
    assert firm.actor_of(session=two.session) == "bob"


def test_signing_in_replaces_the_session_of_the_same_browser(firm: BackOffice) -> None:
    before = firm.sign_in(user="bob", password=PASSWORD)
    after = firm.sign_in(user="bob", password=PASSWORD, replaces=before.session)
    assert after.session != before.session
    ended(firm, before)
    assert firm.actor_of(session=after.session) == "bob"


def test_sessions_of_one_user_are_few(firm: BackOffice, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bocore.access.sessions.MOST", 3)
    made = []
    for _ in range(5):
        clock.advance(seconds=1)
        made.append(firm.sign_in(user="bob", password=PASSWORD))
    for each in made[:2]:
        ended(firm, each)
    assert [firm.actor_of(session=each.session) for each in made[2:]] == ["bob"] * 3


def test_signing_in_lets_nobody_forget_what_he_remembers(firm: BackOffice) -> None:
    firm.sign_in(user="bob", password=PASSWORD)
    with firm.unit_of_work(actor="ann", read_only=True) as uow:
        uow.select(Role).all()  # who ann is, is remembered from here on
    with firm.unit_of_work(actor="ann", read_only=True) as uow:
        uow.memory("directory.users", User, Role)["kept"] = True
    firm.actor_of(session=firm.sign_in(user="bob", password=PASSWORD).session)
    refused(firm)
    with firm.unit_of_work(actor="ann", read_only=True) as uow:
        assert uow.memory("directory.users", User, Role) == {"kept": True}


# ---------------------------------------------------------------- one-time codes


@pytest.fixture
def uri(firm: BackOffice) -> str:
    """bob's authenticator, which was confirmed a minute ago."""
    made: str = act(firm, enrol_totp, "bob", actor="bob")
    act(firm, confirm_totp, "bob", otp(made, firm), actor="bob")
    firm.clock.advance(seconds=60)  # type: ignore[attr-defined]
    return made


def test_a_code_is_good_once(firm: BackOffice, uri: str) -> None:
    assert uri.startswith("otpauth://totp/Acme%20Ltd:bob?secret=")
    code = otp(uri, firm)
    assert firm.sign_in(user="bob", password=PASSWORD, code=code).actor == "bob"
    refused(firm, password=PASSWORD, code=code)
    assert [values["why"] for _, values in events(firm, "bo.code_refused")] == ["used"]
    assert [values["second_factor"] for _, values in events(firm, "bo.signed_in")] == ["totp"]


def test_a_code_of_before_the_last_one_is_used_up_with_it(firm: BackOffice, uri: str) -> None:
    earlier, now = otp(uri, firm, -1), otp(uri, firm)
    firm.sign_in(user="bob", password=PASSWORD, code=now)
    refused(firm, password=PASSWORD, code=earlier)


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_a_step(firm: BackOffice, uri: str, steps: int, taken: bool) -> None:
    code = otp(uri, firm, steps)
    if taken:
        firm.sign_in(user="bob", password=PASSWORD, code=f"{code[:3]} {code[3:]}")
    else:
        refused(firm, password=PASSWORD, code=code)


@pytest.mark.parametrize("code", [None, "", "000", "abcdef", "x" * 1000, "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667"])
def test_a_password_alone_does_not_do_any_more(firm: BackOffice, uri: str, code: str | None) -> None:
    refused(firm, password=PASSWORD, code=code)
    assert events(firm, "bo.code_refused")[0][1]["why"] == ("wrong" if code else "missing")


def test_of_two_who_show_one_code_at_the_same_time_one_gets_in(firm: BackOffice, uri: str) -> None:
    code, ready = otp(uri, firm), threading.Barrier(2)
    results: list[str] = []

    def attempt() -> None:
        ready.wait(10)
        try:
            firm.sign_in(user="bob", password=PASSWORD, code=code)
            results.append("in")
        except NotAuthenticated as error:
            results.append(error.findings[0].code)

    threads = [threading.Thread(target=attempt) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["bo.not_authenticated", "in"]


def test_a_recovery_code_stands_in_once(firm: BackOffice, uri: str) -> None:
    codes = act(firm, make_recovery_codes, "bob", actor="bob")
    assert len(set(codes)) == 10
    assert firm.sign_in(user="bob", password=PASSWORD, code=codes[0].upper().replace("-", " ")).actor == "bob"
    refused(firm, password=PASSWORD, code=codes[0])
    again = act(firm, make_recovery_codes, "bob")
    refused(firm, password=PASSWORD, code=codes[1])
    assert firm.sign_in(user="bob", password=PASSWORD, code=again[1]).actor == "bob"
    with pytest.raises(Refused, match="no one-time codes"):
        act(firm, make_recovery_codes, "ann")


def test_codes_are_taken_into_use_by_a_first_one(firm: BackOffice) -> None:
    with pytest.raises(Refused, match="No one-time codes were begun"):
        act(firm, confirm_totp, "bob", "123456")
    uri = act(firm, enrol_totp, "bob")
    wrong = f"{(int(otp(uri, firm)) + 1) % 1_000_000:06}"
    if wrong not in {otp(uri, firm, step) for step in (-1, 0, 1)}:
        with pytest.raises(Refused, match="does not belong to the secret"):
            act(firm, confirm_totp, "bob", wrong)
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob", "nothing is needed yet"
    code = otp(uri, firm)
    act(firm, confirm_totp, "bob", code)
    refused(firm, password=PASSWORD, code=code)  # the first one is used up
    act(firm, remove_totp, "bob")
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"


def test_the_secret_is_kept_encrypted_and_for_its_user_alone(firm: BackOffice, uri: str, clock: FrozenClock) -> None:
    secret = uri.partition("secret=")[2].partition("&")[0]
    with firm.looking() as session:
        rows = session.execute("SELECT user_id, totp, totp_new FROM bo_credential").fetchall()
    (kept,) = [row[1] for row in rows if row[1]]
    assert kept.startswith("bo1:") and secret not in str(rows)
    with firm.ready(write=True) as session:
        session.execute("UPDATE bo_credential SET totp = ? WHERE user_id = (SELECT id FROM bo_user WHERE name = 'ann')", (kept,))
    from bocore import KeyUnavailable

    with pytest.raises(KeyUnavailable):
        firm.sign_in(user="ann", password=PASSWORD, code=otp(uri, firm))


def test_without_a_key_no_codes_are_begun(bo_path: Path, bo_plugins: Any, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch) -> None:
    from bocore import KeyUnavailable

    monkeypatch.delenv("BOCORE_KEY_FILE", raising=False)
    monkeypatch.delenv("BOCORE_KEY", raising=False)
    with BackOffice(bo_path, plugins=bo_plugins, clock=clock) as bo:
        bo.init(owner="ann")
        with pytest.raises(KeyUnavailable):
            act(bo, enrol_totp, "ann")


# ---------------------------------------------------------------- lockout


def test_after_five_failures_the_waits_grow(firm: BackOffice, clock: FrozenClock, work: list[str]) -> None:
    waits = []
    for _ in range(5):
        refused(firm)
    for _ in range(7):
        said = refused(firm, "bo.locked_out", password=PASSWORD)
        seconds = said.findings[0].params["seconds"]
        waits.append(seconds)
        refused(firm, "bo.locked_out", user="BOB", password=PASSWORD)
        clock.advance(seconds=seconds)
        refused(firm)
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert len(work) == 12, "who waits costs nothing"
    clock.advance(seconds=900)
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"
    assert events(firm, "bo.signed_in")[-1][1]["failures"] == 12
    for _ in range(4):  # all is forgotten
        refused(firm)
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"


def test_a_name_that_nobody_has_is_locked_out_alike(firm: BackOffice) -> None:
    known, unknown = [], []
    for _ in range(8):
        for name, said in (("bob", known), ("carol", unknown)):
            with pytest.raises(NotAuthenticated) as error:
                firm.sign_in(user=name, password="wrong")
            said.append(str(error.value))
    assert known == unknown


def test_a_lockout_is_one_record_and_an_attempt_none(firm: BackOffice, clock: FrozenClock) -> None:
    def commits() -> int:
        with firm.looking() as session:
            return int(session.execute("SELECT count(*) FROM bo_commit").fetchone()[0])

    before = commits()
    for _ in range(40):
        refused(firm)
        clock.advance(minutes=20)
    assert [values["failures"] for _, values in events(firm, "bo.sign_in_locked")] == [5, 10, 20, 40]
    for _ in range(40):
        refused(firm, user="carol")
        clock.advance(minutes=20)
    assert commits() == before + 4


def test_flooding_with_names_fills_no_table_and_frees_no_user(
    firm: BackOffice, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    monkeypatch.setattr(lockout, "MOST", 20)
    for _ in range(5):
        refused(firm)
    for number in range(100):
        clock.advance(seconds=0.1)
        refused(firm, user=f"nobody{number}", source=f"2001:db8:{number}::1")
    with firm.looking() as session:
        (rows,) = session.execute("SELECT count(*) FROM bo_attempt").fetchone()
        kept = session.execute("SELECT key FROM bo_attempt").fetchall()
    assert rows <= 20 + 3 + 2
    assert all(len(bytes(key)) == 16 for (key,) in kept)
    refused(firm, "bo.locked_out", password=PASSWORD)


def test_who_guesses_from_elsewhere_does_not_lock_out_who_has_been_here(firm: BackOffice) -> None:
    home, cafe = "192.0.2.7", "198.51.100.9"
    firm.sign_in(user="bob", password=PASSWORD, source=home)
    for guess in range(60):
        place = f"203.0.113.{guess}"
        with pytest.raises(NotAuthenticated):
            firm.sign_in(user="bob", password="wrong", source=place)
    refused(firm, "bo.locked_out", password=PASSWORD, source=cafe)
    assert firm.sign_in(user="bob", password=PASSWORD, source=home).actor == "bob"
    refused(firm, "bo.locked_out", password=PASSWORD, source=cafe)  # his success is not the guesser's
    act(firm, unlock_user, "bob")
    assert firm.sign_in(user="bob", password=PASSWORD, source=cafe).actor == "bob"


def test_one_place_has_only_so_many_attempts_whatever_the_names(firm: BackOffice) -> None:
    for number in range(100):
        refused(firm, user=f"name{number}", source=f"2001:db8::{number:x}")
    refused(firm, "bo.locked_out", password=PASSWORD, source="2001:db8::ffff")
    assert firm.sign_in(user="bob", password=PASSWORD, source="2001:db8:1::1").actor == "bob"


def test_of_many_attempts_at_once_five_are_looked_at(firm: BackOffice, work: list[str]) -> None:
    ready = threading.Barrier(12)
    said: list[str] = []

    def attempt() -> None:
        ready.wait(10)
        with pytest.raises(NotAuthenticated) as error:
            firm.sign_in(user="bob", password="wrong")
        said.append(error.value.findings[0].code)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["bo.locked_out"] * 7 + ["bo.not_authenticated"] * 5
    assert len(work) == 5


def test_an_administrator_lifts_a_lockout(firm: BackOffice) -> None:
    for _ in range(5):
        refused(firm)
    with pytest.raises(NotAllowed):
        act(firm, unlock_user, "bob", actor="bob")
    act(firm, unlock_user, "bob")
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"
    assert len(events(firm, "bo.sign_in_unlocked")) == 1


# ---------------------------------------------------------------- plugins


def test_a_directory_vouches_for_somebody_who_is_no_user_here(firm: BackOffice) -> None:
    carol = Actor("carol", roles=["directory.clerk"], via="directory", companies=["ACME"])
    DIRECTORY["carol/elsewhere"] = carol
    signed = firm.sign_in(user="carol", password="elsewhere")
    assert (signed.actor, firm.actor_of(session=signed.session)) == (carol, carol)
    with firm.unit_of_work(actor=signed.actor, read_only=True) as uow:
        assert uow.may("bo.read") and not uow.may("bo.write")
    refused(firm, user="carol", password="wrong")
    with firm.looking() as session:
        assert [each.user for each in open_sessions(session, firm.clock())] == ["carol via directory"]


def test_a_directory_knows_the_password_of_a_user_whose_codes_are_asked_for_here(firm: BackOffice, uri: str) -> None:
    DIRECTORY["bob@acme/elsewhere"] = "bob"
    refused(firm, user="bob@acme", password="elsewhere")
    signed = firm.sign_in(user="bob@acme", password="elsewhere", code=otp(uri, firm))
    assert firm.actor_of(session=signed.session) == "bob"
    move(firm, "bob", "disable")
    refused(firm, user="bob@acme", password="elsewhere")


def test_a_token_of_an_identity_provider_is_known_for_a_request_and_for_a_session(firm: BackOffice) -> None:
    DIRECTORY["header.payload.signature"] = "bob"
    assert firm.actor_of(token="header.payload.signature") == "bob"
    signed = firm.sign_in(token="header.payload.signature")
    assert firm.actor_of(session=signed.session) == "bob"
    DIRECTORY["other"] = "nobody"
    for token in ("other", "unknown", ""):
        with pytest.raises(NotAuthenticated):
            firm.actor_of(token=token)
        with pytest.raises(NotAuthenticated):
            firm.sign_in(token=token)


def test_a_directory_that_is_down_keeps_out_only_those_whom_it_knows(firm: BackOffice) -> None:
    DIRECTORY[f"bob/{PASSWORD}"] = DIRECTORY["carol/elsewhere"] = ConnectionError("elsewhere refused carol's password")
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"
    for _ in range(10):  # and nobody is locked out by it
        with pytest.raises(PluginError, match="failed \\(ConnectionError\\)") as error:
            firm.sign_in(user="carol", password="elsewhere")
        assert "elsewhere" not in str(error.value)
    DIRECTORY["carol/elsewhere"] = 17
    with pytest.raises(PluginError, match="gave int"):
        firm.sign_in(user="carol", password="elsewhere")


# ---------------------------------------------------------------- the record


def test_the_record_says_what_happened_and_no_secret(firm: BackOffice, uri: str, clock: FrozenClock) -> None:
    codes = act(firm, make_recovery_codes, "bob")
    refused(firm, password=PASSWORD)
    signed = firm.sign_in(user="bob", password=PASSWORD, code=otp(uri, firm))
    act(firm, set_password, "bob", OTHER)
    names = [name for name, _ in events(firm, *(f"bo.{each}" for each in ("signed_in", "code_refused", "password_set", "totp_added")))]
    assert names == ["bo.password_set", "bo.password_set", "bo.totp_added", "bo.code_refused", "bo.signed_in", "bo.password_set"]
    with firm.looking() as session:
        record = str(session.execute("SELECT * FROM bo_commit").fetchall())
    for secret in (PASSWORD, OTHER, signed.session, *codes, uri.partition("secret=")[2][:32], "argon2"):
        assert secret not in record
    assert "'bob'" in record  # who signed in is its actor
    assert verify(firm).ok


def test_a_failure_half_way_leaves_nothing(firm: BackOffice, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from bocore.access import sessions

    def broken(*args: Any, **more: Any) -> str:
        raise RuntimeError("the disk is gone")

    code = otp(uri, firm)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr(sessions, "begin", broken)
        firm.sign_in(user="bob", password=PASSWORD, code=code)
    assert firm.sign_in(user="bob", password=PASSWORD, code=code).actor == "bob", "the code was not used up"


def test_a_unit_of_work_that_fails_changes_no_password(firm: BackOffice) -> None:
    with pytest.raises(RuntimeError), firm.unit_of_work(actor="ann") as uow:
        set_password(uow, "bob", OTHER)
        raise RuntimeError("something else")
    assert firm.sign_in(user="bob", password=PASSWORD).actor == "bob"


def test_somebody_signs_in_while_another_unit_of_work_reads(firm: BackOffice) -> None:
    signed = firm.sign_in(user="bob", password=PASSWORD)
    firm.clock.advance(minutes=10)  # type: ignore[attr-defined]
    with firm.unit_of_work(actor="ann") as uow:  # writes, in this thread
        uow.add(User(name="carol"))
        uow.flush()
        if firm.database.name == "sqlite":
            assert firm.actor_of(session=signed.session) == "bob"
    assert isinstance(uow, UnitOfWork)
    assert timedelta(minutes=10) < IDLE
