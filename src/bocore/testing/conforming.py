"""What every plugin must do: named checks that a plugin's own test suite inherits in one line.

In a plugin's tests::

    from bocore.testing import conformance

    test_conformance = conformance("acme_vet.plugin")
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bocore.access.actor import Actor
from bocore.access.setup import first_owner
from bocore.app import BackOffice
from bocore.entities import spec_of
from bocore.entities.personal import PERSON, end_of
from bocore.errors import NotAllowed, NotFound, PluginError, Refused
from bocore.kernel.users import Role, RolePermission
from bocore.plugins import Plugin, PluginHost
from bocore.plugins.declare import declaration_of, undecorated
from bocore.plugins.discovery import installed
from bocore.testing.clock import FrozenClock
from bocore.testing.instances import Given, Instances
from bocore.uow.running import call
from bocore.values import holds_entity

CLOCKS = {("date", "today"), ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("time", "time"), ("time", "localtime")}


def conformance(plugin: str | ModuleType | Plugin, *, beside: Sequence[Any] = (), given: Given | None = None) -> Callable[..., None]:
    """Make the test that a plugin keeps the rules: one case a check.

    :param plugin: its name, its entry-point module (or that module's package), or the value.
    :param beside: plugins that it uses, where it is not installed with its requirements.
    :param given: entity → values of fields that can't be made up, such as a code of somebody's list.
    """
    one: Callable[[], Subject] = functools.cache(lambda: Subject(plugin, beside, given or {}))

    @pytest.mark.parametrize("check", CHECKS)
    def test_conformance(check: str, tmp_path: Path) -> None:
        """Run one named check."""
        CHECKS[check](one(), tmp_path)

    return test_conformance


class Subject:
    """The plugin under test, loaded with what it requires."""

    def __init__(self, plugin: str | ModuleType | Plugin, beside: Sequence[Any], given: Given) -> None:
        source = _entry(plugin)
        self.others = [] if isinstance(source, str) else [_entry(one) for one in beside]
        self.plugins = [*self.others, source]
        self.given = given
        host = PluginHost.of(self.plugins).load()
        self.host = host
        self.state = next(s for s in host.plugins if s.name == (source if isinstance(source, str) else host.plugins[-1].name))
        assert self.state.plugin is not None
        self.plugin: Plugin = self.state.plugin
        self.prefix = self.state.prefix
        if isinstance(source, str):
            self.others = [name for name in self.state.requires]
        self.entities = [cls for prefix, cls in host.entity_classes() if prefix == self.prefix]

    def open(self, folder: Path, *, company: bool = True) -> BackOffice:
        """An application of the plugin and its requirements over a new database."""
        app = BackOffice(folder / "conformance.db", plugins=self.plugins, clock=FrozenClock(), key=bytes(32))
        return app.init(company="Acme Ltd", currency="EUR") if company else app.init()

    def declarations(self) -> Iterator[Any]:
        """Everything that the plugin declares with a decorator."""
        for registry in (self.host.services, self.host.reports, self.host.importers, self.host.exporters, self.host.jobs):
            yield from (one for one in registry.values() if one.plugin == self.state.name)

    def sources(self) -> Iterator[Path]:
        """The Python files of the plugin's own package."""
        modules = [self.state.module, *(sys_module(cls.__module__) for cls in self.entities), *self.plugin.hooks]
        seen: set[Path] = set()
        for module in modules:
            if module is None or module.__name__.split(".")[0] == "bocore" or not getattr(module, "__file__", None):
                continue
            file = Path(str(module.__file__))
            top = sys_module(module.__name__.split(".")[0])
            package = "." in module.__name__ and top is not None and hasattr(top, "__path__") and top.__name__ != "tests"
            seen |= set(Path(next(iter(top.__path__))).rglob("*.py")) if package and top is not None else {file}
        yield from sorted(seen)

    @property
    def package(self) -> str:
        """The top package of the plugin."""
        return self.state.module.__name__.split(".")[0] if self.state.module is not None else ""


def _entry(plugin: str | ModuleType | Plugin) -> Any:
    """The plugin as PluginHost.of takes it: by the name under which it is installed, if it is, so that its requirements come along."""
    name = plugin if isinstance(plugin, str) else plugin.__name__ if isinstance(plugin, ModuleType) else ""
    for candidate in installed():
        source = str(candidate.source)
        if name and (name == candidate.name or source == name or source.startswith(name + ".")):
            return candidate.name
    if isinstance(plugin, str):
        module = importlib.import_module(plugin)
        return module if hasattr(module, "plugin") else importlib.import_module(f"{plugin}.plugin")
    return plugin


def sys_module(name: str) -> ModuleType | None:
    """A module that is imported already, or None."""
    import sys

    return sys.modules.get(name)


# ---------------------------------------------------------------- the checks; the name of each is what a failing test shows


def tables_carry_the_prefix(subject: Subject, folder: Path) -> None:
    """Every table is ``prefix_name``, so that plugins can't collide and one can be detached."""
    assert [spec_of(cls).name for cls in subject.entities if not spec_of(cls).name.startswith(subject.prefix + "_")] == []


def entities_are_documented(subject: Subject, folder: Path) -> None:
    """Every entity says in a sentence what a row of it is."""
    assert [cls.__qualname__ for cls in subject.entities if not (cls.__doc__ or "").strip()] == []


def references_have_an_index(subject: Subject, folder: Path) -> None:
    """A reference is looked up from the other side, at the latest when its target is deleted; ``index=False`` says that it never is."""
    with subject.open(folder, company=False) as app:
        bare = []
        for cls in subject.entities:
            spec = spec_of(cls)
            first = {next(iter(index.columns)).name for index in app.metadata.tables[spec.name].indexes}
            own = [f for f in spec.fields.values() if f.target is not None and f.options.get("index") is not False]
            bare += [f"{spec.name}.{f.name}" for f in own if f.name not in first]
    assert bare == []


def personal_data_has_its_person(subject: Subject, folder: Path) -> None:
    """``personal="visit_id.owner_id"`` leads over references to the Party whose data it is: erasure follows it."""
    wrong = []
    for cls in subject.entities:
        for field in spec_of(cls).fields.values():
            path = field.options.get("personal")
            if path and end_of(cls, path) != PERSON:
                wrong.append(f"{spec_of(cls).name}.{field.name}: personal={path!r} leads to {end_of(cls, path) or 'nothing'}")
    assert wrong == []


def personal_data_can_be_erased(subject: Subject, folder: Path) -> None:
    """Whoever the plugin has rows of can be erased: ``bo_retention`` is understood, nothing is left to erase, and the record verifies."""
    from bocore.erasure.erasing import erase_person
    from bocore.kernel.party import Party
    from bocore.record.verify import verify

    personal = [cls for cls in subject.entities if any(f.options.get("personal") for f in spec_of(cls).fields.values())]
    with subject.open(folder) as app:
        counter = itertools.count(1)
        for cls in personal:
            for full in (True, False):  # a plugin may refuse what was made up; then it gets no more than it asks for
                with contextlib.suppress(Refused), app.unit_of_work(actor="conformance") as uow:
                    _personal_row(Instances(uow, subject.given, counter), cls, full=full)
        with app.unit_of_work(actor="conformance", read_only=True) as uow:
            people = [party.id for party in uow.select(Party)]
        for ident in people:
            with app.unit_of_work(actor="conformance", reason="Request 1") as uow:
                erase_person(uow, uow.get(Party, ident))
            with app.unit_of_work(actor="conformance", read_only=True) as uow:
                left = erase_person(uow, uow.get(Party, ident), dry_run=True)
            assert (left.cleared, left.keys) == ({}, 0)
        verification = verify(app)
        assert verification.ok, "\n".join(map(str, verification.findings))


def _personal_row(instances: Instances, cls: type[Any], *, full: bool) -> None:
    """A row with something in every personal field, and a person for it."""
    made = instances.add(cls)
    for field in spec_of(cls).fields.values() if full else ():
        if field.target is not None and spec_of(field.target).name == PERSON and getattr(made, field.name) is None:
            setattr(made, field.name, instances.add(field.target).id)
        elif field.options.get("personal") and field.target is None:
            with contextlib.suppress(ValueError):  # no value fits by guessing
                setattr(made, field.name, instances.value(field))


def permissions_are_described(subject: Subject, folder: Path) -> None:
    """Every permission is the plugin's own by name and says what it allows."""
    own = subject.plugin.permissions
    assert {name: text for name, text in own.items() if not name.startswith(subject.prefix + ".") or len(text) < 10} == {}


def declarations_say_what_they_do(subject: Subject, folder: Path) -> None:
    """Services, reports, importers, exporters and jobs have a docstring; it is their help text."""
    assert [one.name for one in subject.declarations() if not one.doc.strip()] == []


def nothing_public_goes_without_a_permission(subject: Subject, folder: Path) -> None:
    """A function that takes ``uow`` in a module of services, reports … is declared, or begins with an underscore."""
    plugin = subject.plugin
    listed = (*plugin.services, *plugin.reports, *plugin.importers, *plugin.exporters, *plugin.jobs)
    bare = [place for module in listed if isinstance(module, ModuleType) for place in undecorated(module)]
    fix = "Declare them (@service(PERMISSION) …), begin their names with _, or move them to a module that Plugin(…) does not list"
    assert not bare, f"Anybody could call these without a permission: {', '.join(bare)}. {fix}."


def jobs_can_be_run(subject: Subject, folder: Path) -> None:
    """A job takes what JSON can keep, and says what it needs to be allowed: it acts as itself, with nothing more."""
    jobs = [one for one in subject.host.jobs.values() if one.plugin == subject.state.name]
    rows = [f"{one.name}: {option.name} is a row; take its id" for one in jobs for option in one.options if holds_entity(option.type)]
    bare = [f"{one.name}: permissions=[…]" for one in jobs if not (declaration_of(one.function) or one).needs]
    assert not rows + bare, "; ".join(rows + bare)


def the_clock_is_the_applications(subject: Subject, folder: Path) -> None:
    """No ``date.today()`` or ``datetime.now()``: ``uow.today()`` is the company's day, and a test can set it."""
    found = []
    for file in subject.sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
                if (owner, node.attr) in CLOCKS:
                    found.append(f"{file.name}:{node.lineno} {owner}.{node.attr}")
    assert found == []


def only_public_names_are_imported(subject: Subject, folder: Path) -> None:
    """Of bocore and of other plugins what ``__all__`` of the top package names: anything inside may change any day.

    ``bocore.testing`` and ``bocore.migrations`` are public too.
    """
    found = []
    owners = {"bocore", *(str(candidate.source).split(".")[0] for candidate in installed())} - {subject.package}
    for file in subject.sources() if subject.package else ():  # a value made in a test has no package
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for module, name in _imported(node):
                if not _is_public(module, name, owners):
                    found.append(f"{file.name}:{getattr(node, 'lineno', 0)} {module}{f'.{name}' if name else ''}")
    assert found == []


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield from ((node.module, alias.name) for alias in node.names)


def _is_public(module: str, name: str, owners: set[str]) -> bool:
    top, _, inside = module.partition(".")
    if top not in owners or (top == "bocore" and inside.split(".")[0] in ("testing", "migrations")):
        return True
    return not inside and (not name or name == "*" or name in getattr(importlib.import_module(top), "__all__", ()))


def rows_come_back_as_they_were(subject: Subject, folder: Path) -> None:
    """A row of every entity can be added, survives the commit, is read back with the same values, and verifies.

    A row that the plugin's own checks refuse (a document without lines) has been understood well enough.
    """
    from bocore.record.verify import verify

    with subject.open(folder) as app:
        counter = itertools.count(1)
        for cls in subject.entities:
            spec = spec_of(cls)
            if spec.derived:
                continue
            try:
                with app.unit_of_work(actor="conformance", reason=f"A row of {spec.name}") as uow:
                    made = Instances(uow, subject.given, counter).add(cls)
            except Refused as refused:
                assert all(f.code.split(".")[0] not in ("bo", "") for f in refused.findings), str(refused)
                continue
            with app.unit_of_work(actor="conformance", read_only=True) as uow:
                found: Any = uow.get(cls, made.id)
                assert {n: getattr(found, n) for n in spec.fields} == {n: getattr(made, n) for n in spec.fields}
        verification = verify(app)
        assert verification.ok, "\n".join(map(str, verification.findings))


def migrations_make_the_tables(subject: Subject, folder: Path) -> None:
    """No migration was forgotten: the tables that they make are those of the entities."""
    from bocore.migrate import differences

    if not subject.entities:
        return
    assert subject.plugin.migrations, f"{subject.prefix} has entities: Plugin(…, migrations=…) and bo migrate new {subject.prefix}"
    with subject.open(folder, company=False) as app:
        assert differences(app, subject.state.name) == []


def tables_can_be_placed_on_any_node(subject: Subject, folder: Path) -> None:
    """The migrations make tables and indexes, and nothing whose work a node of a cluster would not do: no trigger, view or function.

    On PostgreSQL also no column that the database counts up, no float, no key to another schema, and no text in the order of a locale.
    """
    from bocore.testing.ddl import broken_rules

    with subject.open(folder, company=False) as app:
        assert broken_rules(app) == []


def earlier_revisions_can_be_upgraded(subject: Subject, folder: Path) -> None:
    """A database of each earlier revision of the plugin, with a row of every entity, comes up to the code, verifies, and can be read."""
    from bocore.migrate import upgrade
    from bocore.record.verify import verify
    from bocore.testing.upgrades import earlier, make_earlier

    with subject.open(folder) as app:
        revisions = earlier(app, subject.state.prefix)
        if revisions:
            _fill(subject, app)
    for revision in revisions:
        path = folder / f"{revision.number}.db"
        with BackOffice(path, plugins=subject.plugins, clock=FrozenClock(), key=bytes(32)) as app:
            make_earlier(app, revision, folder / "conformance.db")
            before = verify(app)
            assert before.ok, "\n".join(map(str, before.findings))
            assert f"{subject.state.prefix} {int(revision.number) + 1:04}" in upgrade(app)
            after = verify(app)
            assert after.ok, f"from {revision}: " + "\n".join(map(str, after.findings))
            with app.unit_of_work(actor="conformance", read_only=True) as uow:
                for cls in subject.entities:
                    uow.select(cls).all()
            assert upgrade(app) == []


def migrations_state_digests_anew(subject: Subject, folder: Path) -> None:
    """A migration that changes values or a column's kind, or drops a column or a table, ends with ``rebase``.

    Without it ``bo migrate`` refuses at every customer who has rows. A kind that changes while the column's type stays, as the places of a
    decimal do, is in no migration and can't be seen here; there, too, it is refused.
    """
    from bocore.testing.upgrades import earlier, make_earlier, unstated

    with subject.open(folder) as app:
        revisions = earlier(app, subject.state.prefix)
        if revisions:
            _fill(subject, app)
    for revision in reversed(revisions):  # the first that fails is the one before the migration that is wrong
        with BackOffice(folder / f"{revision.number}.db", plugins=subject.plugins, clock=FrozenClock(), key=bytes(32)) as app:
            make_earlier(app, revision, folder / "conformance.db")
            found = unstated(app)
        assert not found, f"{subject.state.prefix} {int(revision.number) + 1:04}: " + "\n".join(map(str, found))


def _fill(subject: Subject, app: BackOffice) -> None:
    """A row of every entity that takes one that was made up; one that is refused has rules of its own."""
    counter = itertools.count(1)
    for cls in subject.entities:
        if not spec_of(cls).derived:
            with contextlib.suppress(Refused), app.unit_of_work(actor="conformance") as uow:
                Instances(uow, subject.given, counter).add(cls)


def reports_run_on_an_empty_database(subject: Subject, folder: Path) -> None:
    """A new firm looks at its figures before it has any."""
    with subject.open(folder) as app:
        for report in subject.host.reports.values():
            if report.plugin != subject.state.name:
                continue
            options = {o.name: _plausible(o.type) for o in report.options if o.required}
            if None in options.values():
                continue
            result = app.report(report.name, actor="conformance", options=options)
            assert result is not None


def roles_name_permissions_that_exist(subject: Subject, folder: Path) -> None:
    """A role gives what somebody declares, and something at all; those of its own plugin among it are not forgotten by every role."""
    known, prefix = subject.host.permissions, subject.prefix + "."
    own = {role: permissions for role, permissions in subject.host.roles.items() if role.startswith(prefix)}
    assert {role: permissions for role, permissions in own.items() if not permissions or not set(permissions) <= known.keys()} == {}
    if own:
        given = {permission for permissions in own.values() for permission in permissions}
        assert sorted(set(subject.plugin.permissions) - given) == [], "No role of the plugin has these."


def one_permission_is_enough_to_look(subject: Subject, folder: Path) -> None:
    """Reports, exporters and services that only read run for somebody with the permission that they name and no other; lend the rest."""
    with subject.open(folder) as app:
        if subject.plugin.demo:
            module, _, name = subject.plugin.demo.partition(":")
            getattr(importlib.import_module(module), name)(app, lambda text: None)
        first_owner(app, "owner")
        for one, run in _looks(subject, app):
            with app.unit_of_work(actor="owner") as uow:
                role = uow.find(Role, code=_code(one)) or uow.add(Role(code=_code(one)))
                uow.add(RolePermission(role_id=role.id, permission=one.permission))
            run(Actor("allowed", (_code(one),), via="conformance"))
            with pytest.raises(NotAllowed):
                run(Actor("stranger", (), via="conformance"))


def _code(one: Any) -> str:
    return "only-" + re.sub(r"[^a-z0-9]+", "-", f"{one.kind}-{one.name}")


def _looks(subject: Subject, app: BackOffice) -> Iterator[tuple[Any, Callable[[Actor], None]]]:
    """What reads and needs to be told nothing, or only what can be made up, with a function that runs it for somebody."""
    for one in subject.declarations():
        options = {option.name: _plausible(option.type) for option in getattr(one, "options", ()) if option.required}
        if None in options.values():
            continue
        if one.kind == "report":
            yield one, functools.partial(_reported, app, one, options)
        elif one.kind == "exporter":
            yield one, functools.partial(_exported, app, one, options)
        elif one.kind == "service" and one.read_only and not options:
            yield one, functools.partial(_looked, app, one)


def _reported(app: BackOffice, one: Any, options: dict[str, Any], actor: Actor) -> None:
    with _allowed():
        app.report(one.name, actor=actor, options=options)


def _exported(app: BackOffice, one: Any, options: dict[str, Any], actor: Actor) -> None:
    with _allowed():
        app.export(one.name, io.StringIO(), actor=actor, options=options)


def _looked(app: BackOffice, one: Any, actor: Actor) -> None:
    with _allowed(), app.unit_of_work(actor=actor, read_only=True) as uow:
        call(uow, one.function, (), {})


def _allowed() -> contextlib.suppress:
    """What is refused for what was asked for has been allowed."""
    return contextlib.suppress(Refused, NotFound)


def _plausible(kind: Any) -> Any:
    simple: dict[Any, Any] = {date: date(2026, 1, 31), int: 1, str: "x", bool: False, Decimal: Decimal(1)}
    return simple.get(kind)


def the_demo_leaves_sound_books(subject: Subject, folder: Path) -> None:
    """The plugin's part of ``bo demo`` runs, its vouchers balance in every currency, and everything verifies."""
    from bocore.record.verify import verify

    if not subject.plugin.demo:
        return
    module, _, name = subject.plugin.demo.partition(":")
    play = getattr(importlib.import_module(module), name)
    with subject.open(folder) as app:
        play(app, lambda text: None)
        assert verify(app).ok


def others_go_on_without_it(subject: Subject, folder: Path) -> None:
    """Uninstalled with data in the database, it stops all writing, by name; once it is detached, the others write again."""
    from bocore.kernel.party import Party
    from bocore.plugins.detaching import detach

    with subject.open(folder):
        where = folder / "conformance.db"
    if not subject.entities:
        return
    with BackOffice(where, plugins=subject.others) as without:
        with pytest.raises(PluginError, match=subject.state.name), without.unit_of_work(actor="conformance") as uow:
            uow.add(Party(name="Nobody"))
        with without.unit_of_work(actor="conformance", read_only=True) as uow:
            assert uow.select(Party).all() == []
        detach(without, subject.state.name, actor="conformance", reason="Uninstalled")
        with without.unit_of_work(actor="conformance") as uow:
            uow.add(Party(name="Somebody"))


CHECKS: dict[str, Callable[[Subject, Path], None]] = {
    check.__name__: check
    for check in (
        tables_carry_the_prefix, entities_are_documented, references_have_an_index, personal_data_has_its_person,
        personal_data_can_be_erased, permissions_are_described, roles_name_permissions_that_exist, one_permission_is_enough_to_look,
        declarations_say_what_they_do, nothing_public_goes_without_a_permission, jobs_can_be_run, the_clock_is_the_applications,
        only_public_names_are_imported, rows_come_back_as_they_were,
        migrations_make_the_tables, tables_can_be_placed_on_any_node, earlier_revisions_can_be_upgraded, migrations_state_digests_anew,
        reports_run_on_an_empty_database, the_demo_leaves_sound_books, others_go_on_without_it,
    )
}  # fmt: skip
