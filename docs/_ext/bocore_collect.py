"""Read the hook specifications and the command tree out of the code: plain data, which the reference pages and the tests share."""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

import click


class Hook(NamedTuple):
    """A hook specification as its reader needs it."""

    name: str
    signature: str
    kind: str
    doc: str

    @property
    def called(self) -> str:
        """Who calls it and when: the first sentence that says so."""
        flat = " ".join(self.doc.split())
        found = re.search(r"(?:^|(?<=\. ))(Called .*?[.])(?: |$)", flat)
        return found[1] if found else ""


class Option(NamedTuple):
    """An option or argument of a command."""

    names: str
    help: str


class Command(NamedTuple):
    """A command or a group of commands; ``path`` is what is typed, e.g. ``bo report trial-balance``."""

    path: str
    usage: str
    help: str
    options: tuple[Option, ...]
    problem: str


def load(target: str) -> Any:
    """The object that ``package.module`` or ``package.module:name`` names."""
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split(".") if name else ():
        found = getattr(found, part)
    return found


def load_command(target: str) -> click.Command:
    """The click command that a console script runs: the object itself, or the one group in the module of the function that starts it."""
    found = load(target)
    if isinstance(found, click.Command):
        return found
    module = load(target.partition(":")[0])
    groups = {id(value): value for value in vars(module).values() if isinstance(value, click.Group)}
    if len(groups) != 1:
        raise LookupError(f"{target} is no click command, and {module.__name__} has {len(groups)} groups at module level, not one")
    return groups.popitem()[1]


def hooks(module: ModuleType, project: str = "bocore") -> Iterator[Hook]:
    """The hook specifications in a module, in the order of its source; methods of a class count as functions do."""
    for name, function in _functions(module):
        options = getattr(function, f"{project}_spec", None)
        if options is not None:
            yield Hook(name, signature_of(function), _kind(options, function), inspect.cleandoc(function.__doc__ or ""))


def _functions(place: Any) -> Iterator[tuple[str, Any]]:
    for name, value in vars(place).items():
        if inspect.isfunction(value):
            yield name, value
        elif inspect.isclass(value) and value.__module__ == getattr(place, "__name__", None):
            yield from _functions(value)


def signature_of(function: Any) -> str:
    """The signature as its author wrote it, without ``self`` and without the quotes of postponed annotations."""
    signature = inspect.signature(function)
    parameters = [p.replace(annotation=_written(p.annotation)) for name, p in signature.parameters.items() if name != "self"]
    return str(signature.replace(parameters=parameters, return_annotation=_written(signature.return_annotation)))


class _Bare:
    """An annotation that prints without quotes."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def _written(annotation: Any) -> Any:
    return _Bare(annotation) if isinstance(annotation, str) else annotation


def _kind(options: Any, function: Any) -> str:
    """How many answer, what becomes of their answers, and whether it is asked inside a unit of work."""
    signature = inspect.signature(function)

    def chosen(name: str) -> bool:
        return bool(options.get(name) if isinstance(options, dict) else getattr(options, name, False))

    if chosen("historic"):
        return "every answerer, once, when it is registered"
    if chosen("firstresult"):
        kind = "port: one plugin gives the answer"
    elif str(signature.return_annotation) == "None":
        kind = "every answerer"
    else:
        kind = "collecting: the answers of all count together"
    written = {name: str(parameter.annotation) for name, parameter in signature.parameters.items()}
    batch = "; in batches" if any(one.startswith(("Sequence", "Changes")) for one in written.values()) else ""
    return f"{kind}{batch}{'; inside the unit of work' if 'uow' in written else ''}"


def answerers(names: Iterable[str], plugins: Iterable[str]) -> dict[str, list[str]]:
    """Hook → the plugins that answer it, the core among them; of plugins by the modules of their entry points."""
    from bocore import PluginHost

    modules = [importlib.import_module(name) for name in plugins]
    host = PluginHost.of([module for module in modules if not module.__name__.startswith("bocore.")])  # the core is always there
    host.load()
    return {name: host.implementers(name) for name in names}


def commands(root: click.Command, name: str = "bo") -> Iterator[Command]:
    """The command and everything below it, in the order in which ``--help`` lists it; hidden commands are left out."""
    yield from _walk(root, click.Context(root, info_name=name))


def _walk(command: click.Command, context: click.Context) -> Iterator[Command]:
    yield _describe(command, context)
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        path = f"{context.command_path} {name}"
        try:
            child = command.get_command(context, name)
        except Exception as problem:  # a broken plugin is reported under its command's name and hides no other
            yield Command(path, "", "", (), f"{type(problem).__name__}: {problem}")
            continue
        if child is None:
            yield Command(path, "", "", (), "is listed, but there is no such command")
        elif not child.hidden:
            yield from _walk(child, click.Context(child, info_name=name, parent=context))


def _describe(command: click.Command, context: click.Context) -> Command:
    help_text = _unwrapped(inspect.cleandoc(command.help or command.short_help or "").partition("\f")[0].strip())
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    options = tuple(found for parameter in command.get_params(context) if (found := _option(parameter, context)))
    return Command(context.command_path, usage, help_text, options, "")


def _unwrapped(text: str) -> str:
    """Click's help text, with the paragraphs that it is told not to wrap (a line of ``\\b``) indented, as code is."""
    blocks = text.split("\n\n")
    return "\n\n".join(textwrap.indent(block.removeprefix("\b\n"), "    ") if block.startswith("\b\n") else block for block in blocks)


def _option(parameter: click.Parameter, context: click.Context) -> Option | None:
    if isinstance(parameter, click.Argument):
        return Option(parameter.make_metavar(context), str(getattr(parameter, "help", None) or ""))
    record = parameter.get_help_record(context)
    return Option(*record) if record and "--help" not in parameter.opts else None
