"""The hook relay of one application: pluggy's, with the rules for names, ports and who answered what."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import GeneratorType, ModuleType
from typing import Any

import pluggy

from bocore.errors import PluginError, UsageError
from bocore.plugins import hooks

IMPLEMENTS = f"{hooks.PROJECT}_impl"
"""Where pluggy marks a function that implements a hook."""
Validators = list[tuple[Callable[..., Any], tuple[str, ...]]]
"""Functions to call, each with the names of the arguments that it takes."""


class Relay(pluggy.PluginManager):
    """Registers the plugins of one application and calls their hooks.

    :param core: the name under which the core's own answers are registered; they are defaults.
    :param answerers: port → the plugin that answers it, where more than one could.
    """

    def __init__(self, core: str, answerers: Mapping[str, str]) -> None:
        super().__init__(hooks.PROJECT)
        self._validators: dict[frozenset[type], Validators | None] = {}
        self._answerers = dict(answerers)
        self._owners: dict[str, str] = {}  # hook -> the plugin that published it
        self._ports: set[str] = set()
        self._implementer: dict[Any, str] = {}  # function -> the plugin for which it was registered first
        self._current = self._core = core
        self.add_hookspecs(hooks)
        self._current = ""
        self.hook.bo_addhooks.call_historic(kwargs={"pm": self})

    def add_plugin(self, name: str, modules: list[ModuleType]) -> None:
        """Register a plugin's modules under its name. What is wrong with them is raised, and nothing of the plugin stays."""
        self._current = name
        registered: list[str] = []
        try:
            for module in modules:
                if self.is_registered(module):
                    continue
                key = name if not registered else f"{name}:{module.__name__}"
                registered.append(key)
                self.register(module, name=key)
                self._give_authority(module, name)
        except BaseException as error:
            for key in registered:
                if self.has_plugin(key):
                    self.unregister(name=key)
            if isinstance(error, pluggy.PluginValidationError):
                said = " ".join(str(error).split())
                raise PluginError(said, fix="Take the name and parameters of the hook from its reference page.") from error
            raise
        finally:
            self._current = ""

    def _give_authority(self, module: ModuleType, plugin: str) -> None:
        """Whatever the actor may do: an implementation reads and writes what is its plugin's."""
        for caller in self.get_hookcallers(module) or ():
            for impl in caller.get_hookimpls():
                if impl.plugin is module and "uow" in impl.argnames and not (impl.hookwrapper or impl.wrapper):
                    impl.function = _by_plugin(impl.function, impl.argnames.index("uow"), plugin, core=plugin == self._core)  # type: ignore[misc]

    def add_hookspecs(self, module_or_class: Any) -> None:
        """Publish hooks: a plugin's own are named ``bo_<prefix>_…``."""
        marked = {name: self.parse_hookspec_opts(module_or_class, name) for name in dir(module_or_class)}
        published = {name: options for name, options in marked.items() if options is not None}
        for name in published:
            if self._current != self._core and not name.startswith(f"bo_{self._current}_"):
                raise PluginError(
                    f"The plugin {self._current!r} publishes the hook {name!r}, which is not in its name space.",
                    fix=f"Call it bo_{self._current}_{name.removeprefix('bo_')}.",
                )
            if name in self._owners:
                raise PluginError(f"The hook {name!r} is published twice by {self._owners[name]!r}.", fix="Call add_hookspecs once.")
        super().add_hookspecs(module_or_class)
        self._owners.update(dict.fromkeys(published, self._current))
        self._ports.update(name for name, options in published.items() if options["firstresult"])

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Skip what another plugin has registered (the module only imported it), and ports that another plugin was chosen for."""
        if isinstance(plugin, ModuleType) and not _is_marked(vars(plugin).get(name)):
            return None  # pluggy takes far longer to see that most of what a module has is no hook
        options = super().parse_hookimpl_opts(plugin, name)
        if options is None:
            return None
        function = getattr(plugin, name)
        if self._implementer.setdefault(function, self._current) != self._current or self._seen(function):
            return None
        hook = options.get("specname") or name
        chosen = self._answerers.get(hook, self._current)
        return options if chosen == self._current or self._current == self._owners.get(hook) else None

    def _seen(self, function: Any) -> bool:
        """True where the function is registered already, for another module of the same plugin."""
        return any(
            getattr(impl.function, "bo_answer", impl.function) is function
            for _, caller in self._callers()
            for impl in caller.get_hookimpls()
        )

    def check(self) -> None:
        """Refuse hooks that nobody published, and ports that two plugins answer."""
        try:
            self.check_pending()
        except pluggy.PluginValidationError as error:
            fix = "Mend the name; for a hook of a plugin that may be absent write @hookimpl(optionalhook=True)."
            raise PluginError(self._unknown_hook(), fix=fix) from error
        for hook, chosen in self._answerers.items():
            if hook not in self._ports:
                raise PluginError(f"answerers names {hook!r}, which is no port.", fix="Ports are: " + ", ".join(self.ports()) + ".")
            if chosen not in self.implementers(hook):
                raise PluginError(f"answerers names {chosen!r} for {hook!r}, which it does not answer.", fix="Install it, or take it out.")
        for hook in self.ports():
            self._check_port(hook)

    def _check_port(self, hook: str) -> None:
        answering = [name for name in self._answering(hook) if name != self._owners[hook]]
        if len(answering) > 1:
            names = " and ".join(repr(name) for name in answering)
            raise PluginError(
                f"The port {hook!r} can have one answerer, and {names} answer it.",
                fix=f'Name the one that counts in answerers={{"{hook}": "{answering[0]}"}}, or block the other with BOCORE_BLOCK.',
            )

    def _answering(self, hook: str) -> list[str]:
        """Who answers, one entry a function, first asked first; wrappers only look on."""
        return [plugin for plugin, _ in self._answers(hook)]

    def _answers(self, hook: str) -> Iterator[tuple[str, Any]]:
        caller = getattr(self.hook, hook, None)
        if caller is None:
            close = difflib.get_close_matches(hook, self._owners, n=1)
            raise UsageError(f"There is no hook {hook!r}.", fix=f"Did you mean {close[0]!r}?" if close else "`bo plugin why` lists them.")
        for impl in reversed(caller.get_hookimpls()):
            if not (impl.hookwrapper or impl.wrapper):
                yield impl.plugin_name.split(":", 1)[0], impl

    def validators(self, changed: frozenset[type]) -> Validators | None:
        """The implementations of ``bo_validate`` that these entities concern, first asked first; None where a wrapper looks on."""
        try:
            return self._validators[changed]
        except KeyError:
            pass
        impls, found = self.hook.bo_validate.get_hookimpls(), None
        if not any(impl.hookwrapper or impl.wrapper for impl in impls):
            found = [(one.function, tuple(one.argnames)) for one in reversed(impls) if _concerned(one.function, changed)]
        self._validators[changed] = found
        return found

    def register(self, plugin: Any, name: str | None = None) -> str | None:
        """Take a module's implementations up."""
        self._validators.clear()
        return super().register(plugin, name)

    def unregister(self, plugin: Any | None = None, name: str | None = None) -> Any | None:
        """Let go of a module's implementations."""
        self._validators.clear()
        return super().unregister(plugin, name)

    def _callers(self) -> list[tuple[str, Any]]:
        """Every hook that is published or answered, with pluggy's caller of it."""
        return sorted((name, caller) for name, caller in vars(self.hook).items() if not name.startswith("_"))

    def ports(self) -> list[str]:
        """The hooks that take the first answer."""
        return sorted(self._ports)

    def hook_names(self) -> dict[str, str]:
        """Every published hook → the plugin that published it."""
        return dict(sorted(self._owners.items()))

    def implementers(self, hook: str) -> list[str]:
        """The plugins that answer a hook, first asked first."""
        return list(dict.fromkeys(self._answering(hook)))

    def answers(self, hook: str, arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Call a hook and keep beside each answer the plugin that gave it. A port stops at its first answer."""
        given = []
        for plugin, impl in self._answers(hook):
            lacking = [name for name in impl.argnames if name not in arguments]
            if lacking:
                raise UsageError(f"The hook {hook!r} needs the arguments {', '.join(lacking)}.", fix="Pass them by name.")
            value = impl.function(*[arguments[name] for name in impl.argnames])
            if value is not None:
                given.append((plugin, value))
                if hook in self._ports:
                    break
        return given

    def _unknown_hook(self) -> str:
        """The first pending hook in words."""
        for hook, caller in self._callers():
            for impl in caller.get_hookimpls():
                if hook not in self._owners and not impl.optionalhook:
                    close = difflib.get_close_matches(hook, self._owners, n=1)
                    place = f"{impl.function.__module__}.{impl.function.__qualname__}"
                    return f"{place} of the plugin {impl.plugin_name.split(':')[0]!r} answers {hook!r}, a hook that nobody publishes." + (
                        f" Did you mean {close[0]!r}?" if close else ""
                    )
        return "A hook that nobody publishes is answered."


def _by_plugin(function: Callable[..., Any], at: int, plugin: str, *, core: bool) -> Callable[..., Any]:
    """The implementation, run with the authority of its plugin.

    :param at: where the unit of work stands among its arguments.
    """

    @functools.wraps(function)
    def answer(*arguments: Any) -> Any:
        uow = arguments[at]
        if uow is None or uow._free:
            return function(*arguments)
        with uow.core() if core else uow._as_plugin(plugin):
            given = function(*arguments)
            return list(given) if isinstance(given, GeneratorType) else given

    answer.bo_answer = function  # type: ignore[attr-defined]
    return answer


def _concerned(function: Any, changed: frozenset[type]) -> bool:
    from bocore.entities import spec_of

    meant = getattr(function, "bo_concerns", None)
    if meant is None:
        return True
    return any(one in changed if isinstance(one, type) else any(one(spec_of(cls)) for cls in changed) for one in meant)


def _written(function: Any) -> Any:
    """An implementation as its plugin wrote it."""
    return getattr(function, "bo_answer", function)


def _is_marked(found: object) -> bool:
    return inspect.isroutine(found) and hasattr(found, IMPLEMENTS)
