"""Every way in, and who may take it: all services, reports, importers, exporters and jobs, and all commands of ``bo``."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from bocore import BackOffice, Grant, NotAllowed, Plugin, Role, RolePermission, User, job, service
from bocore.cli import bo as root
from bocore.cli.invocation import Invocation
from bocore.cli.root import COMMANDS
from bocore.plugins import PluginHost

KINDS = ("services", "reports", "importers", "exporters")


class Firm:
    """A company with every plugin that is installed, a user for each role, and one for each permission alone."""

    def __init__(self, folder: Path, host: PluginHost) -> None:
        self.db = str(folder / "firm.db")
        self.host = host
        self.app = BackOffice(self.db, plugins=host).init(company="Acme Ltd", currency="EUR", code="ACME", owner="olga")
        self.app.run("accounting.setup-chart", actor="olga")
        self.app.run("accounting.open-year", 2026, date(2026, 1, 1), date(2026, 12, 31), actor="olga")
        self.has: dict[str, frozenset[str]] = {"nora": frozenset()}
        with self.app.unit_of_work(actor="olga") as uow:
            uow.add(User(name="nora"))
            for name, permissions in host.roles.items():
                self.has[name] = frozenset(permissions)
                uow.add(Grant(user_id=uow.add(User(name=name)).id, role=name))
            for number, permission in enumerate(host.permissions):
                role = uow.add(Role(code=f"only-{number}"))
                uow.add(RolePermission(role_id=role.id, permission=permission))
                uow.add(Grant(user_id=uow.add(User(name=f"only-{permission}")).id, role=role.code))
                self.has[f"only-{permission}"] = frozenset((permission,))

    def bo(self, user: str, *arguments: str) -> Result:
        """A command, given by a user of the operating system."""
        this = Invocation(user=user)
        this._host = self.host
        return CliRunner().invoke(root, ["--db", self.db, *arguments], obj=this)


@pytest.fixture(scope="module")
def host() -> PluginHost:
    """The plugins that are installed here: ours, and none that a test brought."""
    return PluginHost.of(["accounting", "beancount", "hledger"]).load()


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory, host: PluginHost) -> Iterator[Firm]:
    made = Firm(tmp_path_factory.mktemp("doors"), host)
    with made.app:
        yield made


def guarded(host: PluginHost) -> list[Any]:
    return [declared for kind in KINDS for declared in getattr(host, kind).values()]


def test_every_door_takes_a_permission_that_is_declared(host: PluginHost) -> None:
    found = guarded(host)
    assert {declared.prefix for declared in found} == {"bo", "accounting", "beancount", "hledger"}
    assert {kind: bool(getattr(host, kind)) for kind in KINDS} == dict.fromkeys(KINDS, True)
    for declared in (*found, *host.jobs.values()):
        assert declared.needs, declared.name
        assert set(declared.needs) <= host.permissions.keys(), declared.name


def test_a_role_opens_the_doors_whose_permission_it_has_and_no_other(firm: Firm) -> None:
    doors = guarded(firm.host)
    for user, permissions in firm.has.items():
        with firm.app.unit_of_work(actor=user, read_only=True) as uow:
            for declared in doors:
                try:
                    with uow.serving(declared):
                        let_in = True
                except NotAllowed as error:
                    assert error.findings[0].params == {"permission": declared.permission}
                    let_in = False
                assert let_in == (declared.permission in permissions), (user, declared.name)


def no_report_reads(firm: Firm, call: Callable[[str], Any], permission: str) -> None:
    """Who has the permission gets what the owner gets; who does not is refused by that permission's name."""
    expected = outcome(call, "olga")
    for user, permissions in firm.has.items():
        try:
            found = outcome(call, user)
        except NotAllowed as error:
            assert permission not in permissions, (user, error)
            assert error.findings[0].params == {"permission": permission}
        else:
            assert permission in permissions, user
            assert found == expected, user


def outcome(call: Callable[[str], Any], user: str) -> Any:
    """What a call gives: its result, or how it refuses whoever may call it."""
    try:
        return call(user)
    except NotAllowed:
        raise
    except Exception as error:
        return type(error), str(error)


def test_its_permission_alone_is_enough_for_each_report(firm: Firm) -> None:
    for name, declared in firm.host.reports.items():
        assert not any(option.required for option in declared.options), name
        no_report_reads(firm, lambda user, name=name: firm.app.report(name, actor=user).as_objects(), declared.permission)  # type: ignore[misc]


def written(firm: Firm, name: str, user: str) -> str:
    out = io.StringIO()
    firm.app.export(name, out, actor=user)
    return out.getvalue()


def test_its_permission_alone_is_enough_for_each_exporter(firm: Firm) -> None:
    for name, declared in firm.host.exporters.items():
        no_report_reads(firm, lambda user, name=name: written(firm, name, user), declared.permission)  # type: ignore[misc]


def test_its_permission_alone_is_enough_for_each_service_that_only_reads(firm: Firm) -> None:
    some = [one for one in firm.host.services.values() if one.read_only and not any(option.required for option in one.options)]
    assert some
    for declared in some:
        no_report_reads(firm, lambda user, name=declared.name: firm.app.run(name, actor=user), declared.permission)  # type: ignore[misc]


def test_who_may_not_call_learns_nothing_of_the_arguments(firm: Firm, tmp_path: Path) -> None:
    """Absent rows, unreadable dates and files of nonsense are not even looked at."""
    path = tmp_path / "nonsense.csv"
    path.write_text("nonsense\n", encoding="utf-8")
    for name, declared in firm.host.services.items():
        args = [999_999_999 for option in declared.options if option.positional and option.required]
        named = {option.name: "nonsense" for option in declared.options if not option.positional}
        with pytest.raises(NotAllowed, match=name):
            firm.app.run(name, *args, actor="nora", **named)
    for name, declared in firm.host.reports.items():
        with pytest.raises(NotAllowed, match=name):
            firm.app.report(name, actor="nora", options={option.name: "nonsense" for option in declared.options})
    for name, declared in firm.host.exporters.items():
        with pytest.raises(NotAllowed, match=name):
            firm.app.export(name, tmp_path / "out", actor="nora", options={option.name: "nonsense" for option in declared.options})
        assert not (tmp_path / "out").exists()
    for name, declared in firm.host.importers.items():
        with pytest.raises(NotAllowed, match=name):
            firm.app.import_file(name, path, actor="nora", options={option.name: "nonsense" for option in declared.options})


def test_a_job_is_enqueued_by_who_has_the_permission_for_jobs_and_by_nobody_else(firm: Firm) -> None:
    for user, permissions in firm.has.items():
        for name in firm.host.jobs:
            try:
                with firm.app.unit_of_work(actor=user) as uow, uow.savepoint():
                    uow.enqueue(name)
                    let_in = True
            except NotAllowed as error:
                assert error.findings[0].params == {"permission": "bo.jobs"}
                let_in = False
            assert let_in == ("bo.jobs" in permissions), (user, name)


@service("vet.call")
def send(uow: Any) -> int:
    """Have the reminders sent, which is the plugin's own job."""
    return int(uow.enqueue("vet.remind"))


@service("vet.call")
def forget(uow: Any) -> int:
    """Have the core's job done, which is none of this plugin's."""
    return int(uow.enqueue("bo.forget-jobs"))


@job("vet.remind", permissions=["vet.call"])
def remind(bo: BackOffice) -> None:
    """Send the reminders."""


def test_a_service_enqueues_the_jobs_of_its_own_plugin_alone(tmp_path: Path) -> None:
    vet = Plugin(prefix="vet", services=[send, forget], jobs=[remind], permissions={"vet.call": "Call"}, roles={"caller": ["vet.call"]})
    with BackOffice(tmp_path / "vet.db", plugins=[vet]).init(company="Vets", currency="EUR", owner="olga") as app:
        with app.unit_of_work(actor="olga") as uow:
            uow.add(Grant(user_id=uow.add(User(name="ann")).id, role="vet.caller"))
        assert app.run("vet.send", actor="ann") > 0
        with pytest.raises(NotAllowed, match="forget-jobs"):
            app.run("vet.forget", actor="ann")
        with pytest.raises(NotAllowed, match="remind"), app.unit_of_work(actor="ann") as uow:
            uow.enqueue("vet.remind")


# -- the commands

DECLARED, OWN, NONE, NEW = "declared", "own", "none", "new"
Takes = tuple[str, str]
CORE: dict[str, Takes] = {
    # what is about the whole database: a permission, and the least that it is told
    "init": ("bo.operate", "--company Other --currency EUR"),
    "doctor": ("bo.operate", ""),
    "migrate": ("bo.operate", ""),
    "audit items": ("bo.audit", ""),
    "audit log": ("bo.audit", ""),
    "audit prove": ("bo.audit", "bo_party 1"),
    "audit sample": ("bo.audit", "--seed 1 --size 1"),
    "audit seal": ("bo.audit", ""),
    "audit trace": ("bo.audit", "bo_party 1"),
    "audit verify": ("bo.audit", ""),
    "job cancel": ("bo.jobs", "1"),
    "job list": ("bo.jobs", ""),
    "job retry": ("bo.jobs", "1"),
    "job run": ("bo.jobs", "--burst"),
    "job schedules": ("bo.jobs", ""),
    "job show": ("bo.jobs", "1"),
    "key check": ("bo.operate", ""),
    "key list": ("bo.operate", ""),
    "key rotate": ("bo.operate", "new.key"),
    "person erase": ("bo.erase", "1 --reason left"),
    "person export": ("bo.erase", "1 -o out.json"),
    "person retained": ("bo.erase", ""),
    "person scrub": ("bo.erase", ""),
    "person show": ("bo.erase", "1"),
    "plugin detach": ("bo.operate", "hledger --reason unused"),
    "plugin set": ("bo.operate", "accounting x 1"),
    "plugin settings": ("bo.operate", "accounting"),
    "tenant export": ("bo.operate", "out.bo"),
    # what reads and writes rows, which their entities' permissions decide
    "party add": ("bo.write", "Miller"),
    "party list": ("bo.read", ""),
    "party show": ("bo.read", "Miller"),
    "user add": ("bo.users", "mo"),
    "user disable": ("bo.users", "olga"),
    "user enable": ("bo.users", "olga"),
    "user list": ("bo.users", ""),
    "user owner": ("bo.users", "nora"),
    "user show": ("bo.users", "olga"),
    "user unlock": ("bo.users", "olga"),
    "role add": ("bo.users", "mine bo.read"),
    "role allow": ("bo.users", "only-0 bo.read"),
    "role deny": ("bo.users", "only-0 bo.read"),
    "role drop": ("bo.users", "only-0"),
    "role grant": ("bo.users", "bo.clerk nora"),
    "role list": ("bo.users", ""),
    "role permissions": ("bo.users", ""),
    "role revoke": ("bo.users", "bo.clerk olga"),
    "role show": ("bo.users", "bo.clerk"),
    "access explain": ("bo.users", "olga bo.read"),
    "access list": ("bo.users", "olga"),
    # everybody his own: here, another's
    "approval approve": (OWN, "1"),
    "approval reject": (OWN, "1 --reason no"),
    "approval run": (OWN, "1"),
    "approval show": (OWN, "1"),
    "approval withdraw": (OWN, "1"),
    "approval list": (OWN, ""),
    "user password": (OWN, "olga --remove"),
    "user recovery-codes": (OWN, "olga"),
    "user sessions": (OWN, "olga"),
    "user token add": (OWN, "olga --title x --scope *"),
    "user token list": (OWN, "olga"),
    "user token revoke": (OWN, "1"),
    "user totp": (OWN, "olga"),
    # what looks at no database, or makes a new one
    "completion": (NONE, ""),
    "plugin list": (NONE, ""),
    "plugin why": (NONE, ""),
    "audit check-proof": (NONE, ""),
    "key new": (NONE, ""),
    "migrate new": (NONE, ""),
    "demo": (NEW, ""),
    "tenant create": (NEW, ""),
    "tenant import": (NEW, ""),
    "tenant list": (NEW, ""),
    "tenant drop": ("bo.operate", ""),
}
"""Command → what it takes, and the least that it is told."""
MADE = {
    "import": "importers",
    "export": "exporters",
    "report": "reports",
    "job enqueue": "jobs",
    "period": "services",
    "accounting": "services",
}
"""Groups whose commands are made of what plugins declare."""


def commands(host: PluginHost) -> dict[str, click.Command]:
    """Every command of ``bo``, by its words."""
    this = Invocation(user="olga")
    this._host = host

    def walk(command: click.Command, ctx: click.Context, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                sub = command.get_command(ctx, name)
                assert sub is not None
                with click.Context(sub, parent=ctx, info_name=name) as inner:
                    yield from walk(sub, inner, (*words, name))
        if not isinstance(command, click.Group) or (words and command.invoke_without_command):
            yield " ".join(words), command

    with click.Context(root, obj=this) as ctx:
        return dict(walk(root, ctx, ()))


def permission_of(command: click.Command) -> str | None:
    """The permission that a command says it requires."""
    function: Any = command.callback
    while function is not None and not hasattr(function, "bo_permission"):
        function = getattr(function, "__wrapped__", None)
    return getattr(function, "bo_permission", None)


def test_it_is_known_of_every_command_what_it_takes(host: PluginHost) -> None:
    found = commands(host)
    assert {words.split(" ")[0] for words in found} == {*COMMANDS, "accounting"}
    written = {words for words in found if words.rpartition(" ")[0] not in MADE}
    assert written == CORE.keys(), "a command is new or gone: say here what it takes"
    for words in written:
        said = permission_of(found[words])
        assert said is None or said == CORE[words][0], words


def test_commands_of_groups_made_of_declarations_are_nothing_else(host: PluginHost) -> None:
    found = commands(host)
    for group, kind in MADE.items():
        names = {words.rpartition(" ")[2] for words in found if words.rpartition(" ")[0] == group}
        known = {name.partition(".")[2].replace("_", "-") for name in getattr(host, kind)}
        if group == "period":
            assert names == {"lock", "unlock", "allow", "withdraw"}
        else:
            assert names, group
            assert names <= known, group


LIMITED = sorted(words for words, (takes, _) in CORE.items() if "." in takes and words != "tenant drop")  # which takes a server


@pytest.mark.parametrize("words", LIMITED)
def test_a_user_without_a_role_is_refused_by_the_permission_s_name(words: str, firm: Firm, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    permission, arguments = CORE[words]
    found = firm.bo("nora", *words.split(), *arguments.split())
    assert (found.exit_code, permission in found.output) == (1, True), found.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", sorted(words for words, (takes, _) in CORE.items() if takes == OWN))
def test_everybody_sees_his_own_and_nothing_of_others(words: str, firm: Firm) -> None:
    found = firm.bo("nora", *words.split(), *CORE[words][1].split())
    if words == "approval list":
        assert (found.exit_code, found.output.strip()) == (0, firm.bo("only-bo.read", "approval", "list").output.strip())
    else:
        assert (found.exit_code, "may not" in found.output or "There is no" in found.output) == (1, True), found.output


def test_a_command_made_of_a_declaration_takes_its_permission(firm: Firm) -> None:
    called = 0
    for words, command in commands(firm.host).items():
        group = words.rpartition(" ")[0]
        if group in MADE and not any(parameter.required for parameter in command.params):
            found = firm.bo("nora", *words.split())
            assert (found.exit_code, "It takes the permission" in found.output) == (1, True), (words, found.output)
            called += 1
    assert called > 20


def test_a_user_without_a_role_changed_nothing(firm: Firm) -> None:
    """But for the notes that she tried to approve what is none of her business."""
    for words in ("user owner nora", "user password olga --remove", "role grant accounting.accountant nora", "party add Miller"):
        assert firm.bo("nora", *words.split()).exit_code == 1
    assert firm.bo("nora", "approval", "approve", "1").exit_code == 1
    assert not [commit for commit in firm.app.feed("doors") if commit.actor == "nora"]
    with firm.app.unit_of_work(actor="olga", read_only=True) as uow:
        assert not uow.children(uow.select(User, name="nora").one(), Grant)
