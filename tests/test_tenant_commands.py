"""``bo tenant``: making, listing, dropping and moving tenants at the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from acme import Make, making, released, revised
from click.testing import CliRunner, Result

from bocore import BackOffice, Party, Refused, drop_tenant, list_tenants
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo
from bocore.testing import FrozenClock, behind

Ask = Callable[..., Result]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Run ``bo`` without plugins, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def asked(*arguments: str, code: int = 0, plugins: Any = (), typed: str | None = None) -> Result:
        given = Invocation(plugins=plugins, clock=FrozenClock())
        result = CliRunner().invoke(bo, ["--as", "ann", *arguments], obj=given, input=typed)
        assert result.exit_code == code, result.output
        return result

    return asked


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    yield from making(tmp_path, monkeypatch)


# ---------------------------------------------------------------- on either engine


def test_a_tenant_is_moved_into_a_new_place_by_its_file(ask):
    ask("init", "--company", "Acme Ltd", "--currency", "EUR")
    ask("party", "add", "Zoë")
    written = ask("tenant", "export", "acme.bo").stdout.splitlines()
    assert written[0].startswith("bocore.db was written to acme.bo: ")
    assert " verified: ok, " in written[0]
    assert written[0].endswith("sealed, not signed, not anchored.")
    taken = ask("--db", "new.db", "tenant", "import", "acme.bo").stdout.splitlines()
    assert taken[0].startswith("acme.bo was taken into new.db: ")
    assert taken[1] == written[1]
    assert [one["name"] for one in json.loads(ask("--db", "new.db", "party", "list", "--format", "json").stdout)] == ["Zoë"]


def test_what_is_wrong_with_a_file_is_said(ask):
    Path("other.bo").write_text("no tenant")
    assert "it is no file of a tenant" in ask("--db", "new.db", "tenant", "import", "other.bo", code=1).stderr
    assert "does not exist" in ask("--db", "new.db", "tenant", "import", "absent.bo", code=2).stderr
    assert "There is no database" in ask("--db", "absent.db", "tenant", "export", "x.bo", code=3).stderr
    ask("init", "--company", "Acme Ltd", "--currency", "EUR")
    ask("tenant", "export", "acme.bo")
    assert "is there already" in ask("tenant", "export", "acme.bo", code=3).stderr
    assert "is there already; a tenant is taken in whole" in ask("tenant", "import", "acme.bo", code=1).stderr


def test_what_was_altered_is_carried_over_only_when_that_is_said(ask, tmp_path):
    ask("init", "--company", "Acme Ltd", "--currency", "EUR")
    with behind(tmp_path / "bocore.db") as sql:
        sql.execute("UPDATE bo_company SET name = 'Other Ltd'")
    refused = ask("tenant", "export", "acme.bo", code=1).stderr
    assert "What is stored is not as it was recorded, in 1 place" in refused
    assert "bo_company 1" in refused
    assert "not verified" in ask("tenant", "export", "acme.bo", "--no-verify").stdout
    assert "it was written without verifying" in ask("--db", "new.db", "tenant", "import", "acme.bo", code=1).stderr
    assert "not verified" in ask("--db", "new.db", "tenant", "import", "acme.bo", "--no-verify").stdout


def test_after_an_older_file_the_next_step_is_named(ask, make):
    model = "from bocore import Entity, entity, field\n@entity('{prefix}_visit')\nclass Visit(Entity):\n    animal: str\n"
    first = released(make, model)
    second = revised(make, first, model + "    note: str | None = field(default=None)\n")
    ask("init", "--company", "Acme Ltd", "--currency", "EUR", plugins=[first])
    ask("tenant", "export", "acme.bo", plugins=[first])
    said = ask("--db", "new.db", "tenant", "import", "acme.bo", plugins=[second]).stdout
    assert "Next: bo --db new.db migrate" in said
    assert "1 migration was applied" in ask("--db", "new.db", "migrate", plugins=[second]).stdout


@pytest.mark.parametrize("command", [["list"], ["create", "acme"], ["drop", "acme"]])
@pytest.mark.engine("sqlite")
def test_a_file_is_one_tenant_and_it_says_what_to_do_instead(ask, command):
    refused = ask("tenant", *command, code=2).stderr
    assert "On SQLite a tenant is a file" in refused
    assert "bo --db FILE init" in refused
    assert list(Path().iterdir()) == []


# ---------------------------------------------------------------- schemas

postgresql = pytest.mark.engine("postgresql")


class Server:
    """The server of the tests, and the names of tenants of this test's own."""

    def __init__(self) -> None:
        self.url = os.environ["BOCORE_TEST_PG"]
        self.id = uuid4().hex[:8]

    def name(self, short: str) -> str:
        return f"{short}_{self.id}"

    def here(self) -> list[str]:
        return [one.name for one in list_tenants(self.url, plugins=[]) if one.name.endswith(self.id)]


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    for name in made.here():
        drop_tenant(made.url, name)


def listed(ask: Ask, server: Server, **more: Any) -> dict[str, dict[str, Any]]:
    found = json.loads(ask("--db", server.url, "tenant", "list", "--format", "json", **more).stdout)
    return {one["tenant"].removesuffix(f"_{server.id}"): one for one in found if one["tenant"].endswith(server.id)}


@postgresql
def test_tenants_are_made_listed_and_dropped(ask, server):
    acme, zeta = server.name("acme"), server.name("zeta")
    said = ask("--db", server.url, "tenant", "create", acme, "--company", "Acme Ltd", "--currency", "EUR").stdout
    assert f"Acme Ltd (ACME) keeps its books in {acme} in postgresql+psycopg://" in said
    assert f"--tenant {acme} --help" in said
    ask("--db", server.url, "tenant", "create", zeta)
    found = listed(ask, server)
    assert list(found) == ["acme", "zeta"]
    acme_has = (found["acme"]["companies"], found["acme"]["commits"])
    assert acme_has == (["ACME"], 4)  # the tables, two owners, the company
    assert found["zeta"]["companies"] == []
    assert datetime.fromisoformat(found["acme"]["last_commit"]) == FrozenClock()()
    assert found["acme"]["migrations"] == "up to date"
    assert found["acme"]["size"] > 100_000
    gone = ask("--db", server.url, "tenant", "drop", acme, "--yes-drop", acme).stdout
    assert f"This drops the tenant {acme} with the books of ACME: 4 commits, the last of 2026-01-15 09:00 UTC." in gone
    assert server.here() == [zeta]


@postgresql
def test_a_tenant_that_is_there_is_not_made_again(ask, server):
    acme = server.name("acme")
    ask("--db", server.url, "tenant", "create", acme)
    assert "is there already" in ask("--db", server.url, "tenant", "create", acme, "--company", "B", "--currency", "EUR", code=1).stderr


@postgresql
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--company", "Acme"], "A company needs a name and a currency"),
        (["--company", "Acme", "--currency", "EURO"], "EURO is not the code of a currency"),
        (["--company", "Acme", "--currency", "EUR", "--zone", "Vienna"], "Vienna"),
    ],
)
def test_nothing_is_made_for_a_company_that_cant_be(ask, server, options, said):
    result = CliRunner().invoke(bo, ["--as", "ann", "--db", server.url, "tenant", "create", server.name("acme"), *options])
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert server.here() == []


@postgresql
def test_a_name_that_can_be_no_schema_is_refused(ask, server):
    for name in ("Acme", "acme ltd", "1st", 'x"; DROP', "public", "pg_x"):
        assert "can't be the name of a tenant" in ask("--db", server.url, "tenant", "create", "--", name, code=2).stderr


@postgresql
def test_dropping_asks_for_the_name_again(ask, server):
    acme = server.name("acme")
    ask("--db", server.url, "tenant", "create", acme)
    for typed in ("\n", "yes\n", "zeta\n"):
        assert "its name was not given again" in ask("--db", server.url, "tenant", "drop", acme, code=1, typed=typed).stderr
    assert "was not dropped" in ask("--db", server.url, "tenant", "drop", acme, "--yes-drop", "yes", code=1).stderr
    assert server.here() == [acme]
    ask("--db", server.url, "tenant", "drop", acme, typed=f"{acme}\n")
    assert server.here() == []
    assert f"There is no tenant {acme}." in ask("--db", server.url, "tenant", "drop", acme, "--yes-drop", acme, code=3).stderr


@postgresql
def test_what_somebody_writes_to_is_not_dropped(ask, server):
    acme = server.name("acme")
    ask("--db", server.url, "tenant", "create", acme)
    with BackOffice(server.url, tenant=acme, plugins=[]) as app:
        with app.unit_of_work(actor="ann") as uow:
            uow.add(Party(name="Zoë"))
            uow.flush()
            busy = ask("--db", server.url, "tenant", "drop", acme, "--yes-drop", acme, code=1).stderr
            assert f"Somebody is writing to the tenant {acme}." in busy
        with app.unit_of_work(actor="ann", read_only=True) as uow:
            assert uow.select(Party).count() == 1
    ask("--db", server.url, "tenant", "drop", acme, "--yes-drop", acme)


@postgresql
def test_a_command_is_about_one_tenant(ask, server, monkeypatch):
    acme = server.name("acme")
    said = ask("--db", server.url, "--tenant", "zeta", "tenant", "create", acme, code=2).stderr
    assert f"The command is about the tenant {acme}, and --tenant names zeta." in said
    monkeypatch.setenv("BOCORE_TENANT", "zeta")
    ask("--db", server.url, "tenant", "create", acme)
    assert server.here() == [acme]


@postgresql
def test_the_list_says_what_is_to_be_migrated(ask, server, make):
    model = "from bocore import Entity, entity, field\n@entity('{prefix}_visit')\nclass Visit(Entity):\n    animal: str\n"
    first = released(make, model)
    second = revised(make, first, model + "    note: str | None = field(default=None)\n")
    ask("--db", server.url, "tenant", "create", server.name("acme"), plugins=[second])
    ask("--db", server.url, "tenant", "create", server.name("zeta"), plugins=[first])
    told = [{name: one["migrations"] for name, one in listed(ask, server, plugins=[module]).items()} for module in (first, second)]
    assert told[0] == {"acme": "newer than the code: vet 0002", "zeta": "up to date"}
    assert told[1] == {"acme": "up to date", "zeta": "vet 0002 to come"}


@postgresql
def test_a_tenant_that_this_role_may_not_read_is_listed_by_its_name(ask, server):
    from sqlalchemy.engine import make_url

    acme, role = server.name("acme"), server.name("reader")
    ask("--db", server.url, "tenant", "create", acme)
    with behind(BackOffice(server.url, tenant=acme, plugins=[])) as sql:
        sql.execute(f"CREATE ROLE {role} LOGIN")
    try:
        url = make_url(server.url).set(username=role).render_as_string(hide_password=False)
        (found,) = [one for one in list_tenants(url, plugins=[]) if one.name == acme]
        assert (found.companies, found.commits, found.migrations, found.size) == ((), None, "", None)
    finally:
        with behind(BackOffice(server.url, tenant=acme, plugins=[])) as sql:
            sql.execute(f"DROP ROLE {role}")


@postgresql
def test_a_password_is_not_shown(ask, server):
    from sqlalchemy.engine import make_url

    acme = server.name("acme")
    url = make_url(server.url).set(password="hunter2").render_as_string(hide_password=False)
    said = [
        ask("--db", url, "tenant", "create", acme, "--company", "Acme", "--currency", "EUR").output,
        ask("--db", url, "--tenant", acme, "migrate").output,
        ask("--db", url, "--tenant", acme, "tenant", "export", "acme.bo").output,
        ask("--db", url, "--tenant", server.name("zeta"), "tenant", "import", "acme.bo").output,
    ]
    assert all("hunter2" not in text and "***" in text for text in said)


@postgresql
def test_who_does_the_daily_work_may_export_and_not_make_or_drop(ask, server):
    from sqlalchemy.engine import make_url

    acme, role = server.name("acme"), server.name("app")
    with behind(BackOffice(server.url, plugins=[])) as sql:
        sql.execute(f"CREATE ROLE {role} LOGIN")
    try:
        said = ask("--db", server.url, "tenant", "create", acme, "--company", "Acme", "--currency", "EUR", "--role", role).stdout
        assert f"{role} may do the daily work here" in said
        url = make_url(server.url).set(username=role).render_as_string(hide_password=False)
        assert "verified: ok" in ask("--db", url, "--tenant", acme, "tenant", "export", "acme.bocore").stdout
        refused = ask("--db", url, "--tenant", server.name("copy"), "tenant", "import", "acme.bocore", code=3).stderr
        assert "permission denied" in refused
        assert "must be owner of schema" in ask("--db", url, "tenant", "drop", acme, "--yes-drop", acme, code=3).stderr
        assert server.here() == [acme]
    finally:
        drop_tenant(server.url, acme)
        with behind(BackOffice(server.url, plugins=[])) as sql:
            sql.execute(f"DROP ROLE {role}")


@postgresql
def test_of_two_who_take_in_one_tenant_one_is_refused(ask, server):
    ask("init", "--company", "Acme", "--currency", "EUR")
    ask("tenant", "export", "acme.bocore")
    acme = server.name("acme")

    def take(_: int) -> str:
        with BackOffice(server.url, tenant=acme, plugins=[]) as there:
            try:
                there.import_tenant("acme.bocore")
            except Refused as error:
                return error.findings[0].code
            return "taken"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(take, range(2))) == ["bo.tenant_exists", "taken"]
