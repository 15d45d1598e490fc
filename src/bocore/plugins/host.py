"""``PluginHost``: the plugins of one application, loaded in order, with everything that they declare and answer."""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, Literal, Self

import attrs
import importlib_metadata
import pluggy

from bocore.errors import BocoreError, Finding, NotFound, PluginError, UsageError
from bocore.plugins import checks
from bocore.plugins.declare import Declaration, Exporter, Importer, Job, Report, Service
from bocore.plugins.discovery import Candidate, in_order, installed, requirements_between
from bocore.plugins.loading import RESERVED, Trouble, explain, load_plugin
from bocore.plugins.relay import Relay, Validators
from bocore.plugins.spec import Plugin

CORE = "bocore"
CORE_MODULE = "bocore.kernel.plugin"


@attrs.define
class PluginState:
    """One plugin of an application: what it is, whether it is there, and if not why, and what to do."""

    name: str
    prefix: str
    distribution: str = ""
    version: str = ""
    requires: tuple[str, ...] = ()
    state: Literal["found", "loaded", "blocked", "broken", "skipped"] = "found"
    reason: str = ""
    fix: str = ""
    module: ModuleType | None = attrs.field(default=None, repr=False)
    plugin: Plugin | None = attrs.field(default=None, repr=False)

    @property
    def trouble(self) -> str:
        """Why it is not there, as a sentence."""
        return f"The plugin {self.name!r} is {self.state}: {self.reason.rstrip('.')}."


class PluginHost:
    """Made by ``discover`` or ``of``, filled by ``load``. Two applications in one process have a host each, with different plugins."""

    def __init__(self, candidates: Iterable[Candidate], *, block: Iterable[str] = (), strict: bool = False) -> None:
        self._candidates = list(candidates)
        self._blocked = dict.fromkeys(block, "by this application") | dict.fromkeys(_words("BOCORE_BLOCK"), "by BOCORE_BLOCK")
        self._strict = strict
        self._loaded = False
        self._relay = Relay(CORE, {})
        self.findings: list[Finding] = []
        """Warnings, e.g. of a name to be blocked that no plugin has."""
        self._refuse_one_name_twice()
        self._states = {candidate.name: _found(candidate, requires) for candidate, requires in in_order(self._candidates)}
        self._by_name = {candidate.name: candidate for candidate in self._candidates}
        self._entities: list[tuple[str, type]] = []
        self.services: dict[str, Service] = {}
        self.reports: dict[str, Report] = {}
        self.importers: dict[str, Importer] = {}
        self.exporters: dict[str, Exporter] = {}
        self.jobs: dict[str, Job] = {}
        self._functions: dict[Any, Declaration] = {}
        self.permissions: dict[str, str] = {}
        self.roles: dict[str, tuple[str, ...]] = {}
        self.purposes: dict[str, str] = {}

    @classmethod
    def discover(cls, *, block: Iterable[str] = (), strict: bool | None = None) -> PluginHost:
        """The installed plugins, by their entry points; nothing is imported yet.

        :param block: names of plugins to leave out, besides those in the environment variable BOCORE_BLOCK (a,b,c).
        :param strict: raise for a plugin that can't be loaded, where otherwise it and its dependants are skipped;
            None asks the environment variable BOCORE_STRICT.
        """
        host = cls(installed(), block=block, strict=_flag("BOCORE_STRICT") if strict is None else strict)
        host.findings += checks.unknown_blocks(host._blocked, host._states)
        if host.findings and host._strict:
            raise PluginError(host.findings)
        return host

    @classmethod
    def of(cls, plugins: Sequence[ModuleType | Plugin | str]) -> PluginHost:
        """Plugins given by hand, for tests and embedding: what can't be loaded is an error.

        A text is the name of an installed plugin, which brings those that it requires, or else of a module. Modules and values are
        loaded in the order given, so list a plugin after those that it uses.
        """
        return cls(_given(plugins), strict=True)

    def load(self, *, answerers: Mapping[str, str] | None = None, standard_purposes: Iterable[str] = ()) -> Self:
        """Import the plugins in the order of their requirements, register their hooks and check what must hold between them.

        :param answerers: port → plugin, where more than one could answer.
        :param standard_purposes: purposes that exist without any plugin, besides those that the core's own ``Plugin`` declares.

        Raises PluginError for clashes and for names that nobody declares, and in strict mode for a plugin that can't be loaded.
        """
        if self._loaded:
            return self
        self._loaded = True
        self._relay = Relay(CORE, answerers or {})
        ordered = list(self._states.values())
        core = self._load_core()
        if core is not None:
            self._states = {CORE: core, **self._states}
        for state in ordered:
            self._load_one(state)
        self._relay.check()
        self._gather()
        self._check_between(tuple(standard_purposes))
        return self

    # ---------------------------------------------------------------- what is here

    @property
    def plugins(self) -> list[PluginState]:
        """Every plugin that was found, in the order of loading, the core first."""
        return list(self._states.values())

    def entity_classes(self) -> list[tuple[str, type]]:
        """(prefix, class) of every entity, in plugin order and then as written."""
        return list(self._entities)

    def data(self, name: str) -> list[tuple[str, object]]:
        """(plugin, declaration) of everything that plugins declare under that name for its owner."""
        return [(state.name, one) for state, plugin in self._present() for one in plugin.data.get(name, ())]

    def taken_up(self, declared: Declaration) -> Declaration:
        """A declaration as this application has it, with its full name and its plugin; as it is where its plugin is not loaded."""
        if not self._functions and self._loaded:
            registries = (self.services, self.reports, self.importers, self.exporters, self.jobs)
            self._functions = {one.function: one for registry in registries for one in registry.values()}
        return self._functions.get(declared.function, declared)

    def resolve(self, kind: str, name: str) -> Any:
        """The service, report, importer, exporter or job of that name: full, or short while that is unique. ``-`` and ``_`` are one.

        A short name of the core (``party`` for ``bo.party``) stays the core's, whatever plugins are installed.
        """
        registry: Mapping[str, Declaration] = getattr(self, _plural(kind))
        wanted = name.replace("-", "_")
        full = {known.replace("-", "_"): one for known, one in registry.items()}
        for candidate in (wanted, f"bo.{wanted}"):
            if candidate in full:
                return full[candidate]
        short = [known for known in registry if known.split(".", 1)[1].replace("-", "_") == wanted]
        if len(short) == 1:
            return registry[short[0]]
        if short:
            raise UsageError(f"{name!r} could be {' or '.join(short)}.", fix="Write the whole name.")
        raise self._not_found(kind.rstrip("s"), name, registry)

    # ---------------------------------------------------------------- hooks

    @property
    def hook(self) -> pluggy.HookRelay:
        """The hooks to call: ``host.hook.bo_validate(uow=uow, changes=changes)``."""
        return self._relay.hook

    def validators(self, changed: frozenset[type]) -> Validators | None:
        """The implementations of ``bo_validate`` that changes of these entities concern; None where a wrapper looks on."""
        return self._relay.validators(changed)

    @property
    def hooks(self) -> dict[str, str]:
        """Every hook → the plugin that publishes it."""
        return self._relay.hook_names()

    def trace(self, hook_name: str, **arguments: Any) -> list[tuple[str, Any]]:
        """Call a hook and say which plugin gave which answer; without wrappers, and without those that had nothing to say."""
        return self._relay.answers(hook_name, arguments)

    def implementers(self, hook_name: str) -> list[str]:
        """The plugins that answer a hook, first asked first."""
        return self._relay.implementers(hook_name)

    # ---------------------------------------------------------------- loading

    def _load_core(self) -> PluginState | None:
        try:
            module = importlib.import_module(CORE_MODULE)
        except ModuleNotFoundError as error:
            if error.name and (error.name == CORE_MODULE or CORE_MODULE.startswith(error.name + ".")):
                return None
            raise
        try:
            version = importlib_metadata.version(CORE)
        except importlib_metadata.PackageNotFoundError:
            version = ""
        core: Plugin = module.plugin
        self._relay.add_plugin(CORE, [module, *core.hooks])
        return PluginState(CORE, core.prefix, distribution=CORE, version=version, state="loaded", module=module, plugin=core)

    def _load_one(self, state: PluginState) -> None:
        candidate = self._by_name[state.name]
        absent = next((self._states[name] for name in state.requires if self._states[name].state != "loaded"), None)
        if state.name in self._blocked:
            _mark(state, "blocked", Trouble(f"blocked {self._blocked[state.name]}", "Take it off the list to load it."))
        elif absent is not None:
            _mark(state, "skipped", Trouble(f"needs {absent.name}, which is {absent.state} ({absent.reason})", absent.fix))
            self._raise_if_strict(state, None)
        else:
            try:
                state.module, state.plugin = self._loaded_and_sound(candidate)
                state.state = "loaded"
            except (Exception, SystemExit) as error:
                _mark(state, "broken", explain(error, candidate))
                self._raise_if_strict(state, error)

    def _loaded_and_sound(self, candidate: Candidate) -> tuple[ModuleType | None, Plugin]:
        """Import a plugin, check what it says of itself, and register its hooks; nothing of it stays where that fails."""
        if candidate.name in RESERVED:
            raise PluginError(f"The name {candidate.name!r} belongs to bocore itself.", fix="Take another prefix.")
        module, plugin = load_plugin(candidate)
        checks.check_own_names(plugin)
        checks.check_settings(plugin)
        for argument, kind in checks.KINDS.items():
            checks.declarations(getattr(plugin, argument), argument, kind, plugin.prefix)
        checks.entity_classes(plugin.entities, plugin.prefix)
        self._relay.add_plugin(candidate.name, [*([module] if module else []), *plugin.hooks])
        return module, plugin

    def _raise_if_strict(self, state: PluginState, error: BaseException | None) -> None:
        if self._strict:
            raise PluginError(state.trouble, fix=state.fix, plugin=state.name) from error

    def _refuse_one_name_twice(self) -> None:
        seen: dict[str, Candidate] = {}
        for candidate in self._candidates:
            if candidate.name in seen:
                raise PluginError(
                    f"Two plugins have the prefix {candidate.name!r}: {seen[candidate.name].origin} and {candidate.origin}.",
                    fix="Uninstall one: a prefix is one plugin's tables, permissions and commands.",
                )
            seen[candidate.name] = candidate

    def _present(self) -> list[tuple[PluginState, Plugin]]:
        return [(state, state.plugin) for state in self._states.values() if state.state == "loaded" and state.plugin is not None]

    # ---------------------------------------------------------------- gathering and checking

    def _gather(self) -> None:
        """Merge what the loaded plugins declare; one name declared twice is an error that names both."""
        present = self._present()
        for argument, kind in checks.KINDS.items():
            parts = [(state.name, _taken_up(plugin, state, argument, kind)) for state, plugin in present]
            getattr(self, argument).update(checks.merged(parts, kind.kind))
        self.permissions.update(checks.merged([(state.name, plugin.permissions) for state, plugin in present], "permission"))
        self.purposes.update(checks.merged([(state.name, plugin.purposes) for state, plugin in present], "purpose"))
        self.roles.update(checks.merged([(state.name, _roles(state, plugin)) for state, plugin in present], "role"))
        self._leave_out_absent({plugin.prefix for _, plugin in present})
        for _, plugin in present:
            self._entities.extend((plugin.prefix, cls) for cls in checks.entity_classes(plugin.entities, plugin.prefix))

    def _leave_out_absent(self, loaded: set[str]) -> None:
        """Permissions of plugins that are not loaded can't be lent or given; what names them works without."""
        registries: tuple[dict[str, Any], ...] = (self.services, self.reports, self.importers, self.exporters)
        for registry in registries:
            for name, one in registry.items():
                if one.runs_with:
                    registry[name] = attrs.evolve(one, runs_with=checks.without_absent(one.runs_with, loaded))
        acts = {name: checks.without_absent(one.permissions, loaded) for name, one in self.jobs.items()}
        self.jobs = {name: attrs.evolve(one, permissions=acts[name]) for name, one in self.jobs.items()}
        self.roles = {role: checks.without_absent(permissions, loaded) for role, permissions in self.roles.items()}

    def _check_between(self, standard_purposes: tuple[str, ...]) -> None:
        named = [*self.services.values(), *self.reports.values(), *self.importers.values(), *self.exporters.values(), *self.jobs.values()]
        owners = {purpose: state.name for state, plugin in self._present() for purpose in plugin.purposes}
        findings = checks.undeclared_permissions(self.permissions, named, self.roles, [cls for _, cls in self.entity_classes()])
        findings += checks.loose_purposes(self.purposes, owners, standard_purposes)
        if findings:
            raise PluginError(findings)

    def _not_found(self, kind: str, name: str, registry: Mapping[str, Declaration]) -> BocoreError:
        absent = self._states.get(name.split(".", 1)[0])
        if "." in name and absent is not None and absent.state != "loaded":
            return NotFound(f"There is no {kind} {name!r}. {absent.trouble}", fix=absent.fix)
        shorts = {known.split(".", 1)[1]: known for known in registry} | {known: known for known in registry}
        close = difflib.get_close_matches(name, shorts, n=1)
        known = ", ".join(sorted(registry)) or "none"
        return NotFound(f"There is no {kind} {name!r}.", fix=f"Did you mean {close[0]!r}?" if close else f"There are: {known}.")


def _found(candidate: Candidate, requires: tuple[str, ...]) -> PluginState:
    return PluginState(
        name=candidate.name, prefix=candidate.name, distribution=candidate.distribution, version=candidate.version, requires=requires
    )


def _mark(state: PluginState, how: Literal["blocked", "broken", "skipped"], trouble: Trouble) -> None:
    state.state, state.reason, state.fix = how, trouble.reason, trouble.fix


def _taken_up(plugin: Plugin, state: PluginState, argument: str, kind: type[Declaration]) -> dict[str, Any]:
    """Full name → declaration, with the plugin's name on it."""
    taken: dict[str, Any] = {}
    for one in checks.declarations(getattr(plugin, argument), argument, kind, plugin.prefix):
        name = checks.full_name(one, plugin.prefix)
        if name in taken:
            where = f"{taken[name].module} and {one.module}"
            raise PluginError(f"The plugin {state.name!r} has two {argument} called {name!r}, in {where}.", fix="Rename one.")
        taken[name] = attrs.evolve(one, name=name, plugin=state.name)
    return taken


def _roles(state: PluginState, plugin: Plugin) -> dict[str, tuple[str, ...]]:
    """Roles by full name; those of the core have none before them."""
    before = "" if state.name == CORE else f"{plugin.prefix}."
    return {role if role.startswith(before) else before + role: tuple(permissions) for role, permissions in plugin.roles.items()}


def _given(plugins: Sequence[ModuleType | Plugin | str]) -> list[Candidate]:
    here = {candidate.name: candidate for candidate in installed()} if any(isinstance(one, str) for one in plugins) else {}
    needs = requirements_between(list(here.values()))
    chosen: dict[int | str, Candidate] = {}
    for position, one in enumerate(plugins):
        if isinstance(one, str) and one in here:
            for name in _with_requirements(one, needs):
                chosen.setdefault(name, attrs.evolve(here[name], position=position))
        elif isinstance(one, str):
            chosen[position] = _from_module(_module(one, here), position)
        elif isinstance(one, Plugin):
            chosen[position] = Candidate(name=one.prefix, source=one, position=position)
        else:
            chosen[position] = _from_module(one, position)
    return list(chosen.values())


def _with_requirements(name: str, needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    todo, closed = [name], list[str]()
    while todo:
        one = todo.pop()
        if one not in closed:
            closed.append(one)
            todo.extend(needs[one])
    return closed


def _module(name: str, here: Mapping[str, Candidate]) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name + ".")):
            raise PluginError(
                f"{name!r} is neither an installed plugin nor a module.", fix=f"Installed: {', '.join(sorted(here)) or 'none'}."
            ) from None
        raise


def _from_module(module: ModuleType, position: int) -> Candidate:
    plugin = getattr(module, "plugin", None)
    name = plugin.prefix if isinstance(plugin, Plugin) else module.__name__
    return Candidate(name=name, source=module, position=position)


def _plural(kind: str) -> str:
    plural = kind if kind.endswith("s") else f"{kind}s"
    if plural not in checks.KINDS:
        raise UsageError(f"{kind!r} is nothing that plugins declare.", fix=f"Ask for one of {', '.join(checks.KINDS)}.")
    return plural


def _words(variable: str) -> list[str]:
    return [word.strip() for word in os.environ.get(variable, "").split(",") if word.strip()]


def _flag(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in ("1", "true", "yes", "on")
