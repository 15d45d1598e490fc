"""Directives that write the reference out of the code, so that it can't fall behind.

``{bocore-hooks} bocore.plugins.hooks`` lists the hook specifications of a module, and which plugins in its body answer,
``{bocore-commands} bocore.cli:main`` the command tree with its help texts,
``{bocore-purposes} bocore.kernel.purposes`` the standard purposes, ``{bocore-chart} bocore_accounting.chart`` the accounts of a chart,
``{bocore-errors} bocore.errors`` the exceptions,
``{bocore-api} bocore`` the public names of a package that stand in the body, or those that no other line of the page names,
``{bocore-entities}`` the entities of the plugins in its body, ``{bocore-offers}`` their services, reports, files, settings and permissions,
``{bocore-codes}`` the codes of findings of the packages in its body, ``{bocore-events}`` their events.
What has no documentation is a warning, and warnings fail the build.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bocore_api as api
import bocore_collect as collect
import bocore_facts as facts
import bocore_offers as offers
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

log = logging.getLogger(__name__)

CODE = re.compile(r"``(.+?)``|`([^`]+?)`", re.DOTALL)
FIELD = re.compile(r":(param|raises?|returns?|yields?)\s*([^:]*):\s*(.*)", re.DOTALL)
VERSION = re.compile(r"\.\. (versionadded|versionchanged|deprecated)::\s*(.*)", re.DOTALL)


class HooksDirective(SphinxDirective):
    """A table, and a section for each hook specification of the module in the argument; the body names plugins that may answer."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        found = list(self._hooks())
        answering = collect.answerers([hook.name for hook in found], list(self.content))
        rows = [(_link("hook", hook.name), hook.kind, hook.called, _names(answering[hook.name])) for hook in found]
        return [table(("hook", "kind", "who calls it, and when", "answered by"), rows), *(self._section(hook, answering) for hook in found)]

    def _hooks(self) -> Iterator[collect.Hook]:
        try:
            module = collect.load(self.arguments[0])
        except Exception as problem:
            log.warning("no hooks to list: %s: %s", self.arguments[0], problem, location=self.get_location())
            return
        found = list(collect.hooks(module))
        if not found:
            log.warning("no hook specification in %s", self.arguments[0], location=self.get_location())
        yield from found

    def _section(self, hook: collect.Hook, answering: dict[str, list[str]]) -> nodes.section:
        if not hook.doc or not hook.called:
            log.warning("hook %s does not say what it is for, or when it is called", hook.name, location=self.get_location())
        section = heading(self, "hook", hook.name)
        section += nodes.literal_block(f"{hook.name}{hook.signature}", f"{hook.name}{hook.signature}", language="python")
        section += nodes.paragraph("", "", nodes.emphasis("", f"Kind: {hook.kind}. Answered by: {_names(answering[hook.name])}."))
        section += prose(hook.doc)
        return section


def _names(plugins: list[str]) -> str:
    return ", ".join("the core" if name == "bocore" else name for name in plugins) or "nobody here"


def _link(kind: str, name: str) -> nodes.Node:
    return nodes.reference("", "", nodes.literal("", name), internal=True, refid=nodes.make_id(f"{kind}-{name}"))


class CommandsDirective(SphinxDirective):
    """A section for each command under the click command that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            found = list(collect.commands(collect.load_command(self.arguments[0])))
        except Exception as problem:
            log.warning("no commands to list: %s: %s", self.arguments[0], problem, location=self.get_location())
            return []
        return [self._section(command) for command in found]

    def _section(self, command: collect.Command) -> nodes.section:
        section = heading(self, "command", command.path)
        if command.problem:
            log.warning("command %s: %s", command.path, command.problem, location=self.get_location())
            return section
        if not command.help:
            log.warning("command %s has no help text", command.path, location=self.get_location())
        section += prose(command.help)
        section += nodes.literal_block(command.usage, command.usage, language="text")
        if command.options:
            section += definitions((nodes.literal("", name), text) for name, text in command.options)
        return section


class PurposesDirective(SphinxDirective):
    """A list of the purposes in the module that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        return [
            definitions(
                (nodes.literal("", each.name), f"{each.doc}{f' Falls back to `{each.beside}`.' if each.beside else ''}")
                for each in facts.purposes(collect.load(self.arguments[0]))
            )
        ]


class ChartDirective(SphinxDirective):
    """A list of the accounts of the chart in the module that the argument names, with the purposes that are mapped to them."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        found = facts.chart(collect.load(self.arguments[0]))
        return [definitions((nodes.Text(f"{each.name} {each.beside}"), each.doc) for each in found)]


class ErrorsDirective(SphinxDirective):
    """A list of the exceptions in the module that the argument names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        found = list(facts.errors(collect.load(self.arguments[0])))
        for each in found:
            if not each.doc:
                log.warning("error %s has no docstring", each.name, location=self.get_location())
        return [definitions((nodes.literal("", each.name), f"`{each.beside}`: {each.doc}") for each in found)]


class ApiDirective(SphinxDirective):
    """A section for each public name in the body, of the package that the argument names; for ``*``, for each that no line above names."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        module = collect.load(self.arguments[0])
        named = self.env.temp_data.setdefault("bocore-api", set())
        asked = list(self.content)
        if asked == ["*"]:
            asked = [name for name in sorted(api.functions_and_classes(module)) if name not in named]
        named.update(line.partition(":")[0].strip() for line in asked)
        return [self._section(each) for each in api.public(module, asked)]

    def _section(self, each: api.Public) -> nodes.section:
        if not each.doc:
            log.warning("%s has no docstring", each.name, location=self.get_location())
        section = heading(self, each.kind, each.name)
        code = textwrap.fill(each.signature, 110, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
        section += nodes.literal_block(code, code, language="python")
        section += prose(each.doc)
        for member in each.members:
            if not member.doc:
                log.warning("%s.%s has no docstring", each.name, member.name, location=self.get_location())
        section += definitions_of(each.members)
        return section


class EntitiesDirective(SphinxDirective):
    """A section for each entity of the plugins whose entry-point modules stand in the body."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        return [self._section(each) for each in facts.entities(list(self.content))]

    def _section(self, each: facts.Entity) -> nodes.section:
        if not each.doc:
            log.warning("entity %s has no docstring", each.table, location=self.get_location())
        section = heading(self, "entity", each.table)
        section += prose(each.doc)
        if each.rules:
            section += nodes.paragraph("", "", *inline(f"{each.name}: {'; '.join(each.rules)}."))
        section += definitions((nodes.literal("", field.name), f"{field.what}. {field.doc}".rstrip(". ") + ".") for field in each.fields)
        return section


class CodesDirective(SphinxDirective):
    """A list of the codes of findings in the packages that stand in the body, with what they say and the remedies."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        listed = nodes.definition_list()
        for each in facts.codes(list(self.content)):
            meaning = nodes.definition()
            for message, fix in each.said:
                remedy = [] if fix in ("", "…") else [nodes.Text(" "), nodes.emphasis("", "", *inline(fix))]
                meaning += nodes.paragraph("", "", *inline(message), *remedy)
            listed += nodes.definition_list_item("", nodes.term("", "", nodes.literal("", each.code)), meaning)
        return [listed]


class OffersDirective(SphinxDirective):
    """A section for each plugin whose entry-point module stands in the body: what it offers, by kind."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        return [self._section(each) for each in offers.plugins(list(self.content))]

    def _section(self, each: offers.PluginOffers) -> nodes.section:
        section = heading(self, "plugin", each.name)
        section += prose(each.summary)
        for kind, several in each.offers.items():
            if several:
                section += nodes.rubric("", kind.capitalize())
                section += _offered(several)
        told: list[tuple[str, Iterable[tuple[str, str]]]] = [
            ("Settings", each.settings),
            ("Permissions", each.permissions.items()),
            ("Roles", ((role, ", ".join(f"`{name}`" for name in names)) for role, names in each.roles.items())),
        ]
        for title, items in told:
            listed = definitions((nodes.literal("", name), text) for name, text in items)
            if len(listed):
                section += [nodes.rubric("", title), listed]
        return section


def _offered(several: Iterable[offers.Offer]) -> nodes.definition_list:
    listed = nodes.definition_list()
    for one in several:
        meaning = nodes.definition("", nodes.paragraph("", "", *inline(one.doc)))
        needs = f"Needs {', '.join(f'`{name}`' for name in one.needs)}." if one.needs else ""
        endings = f" For files that end with {', '.join(f'`{ending}`' for ending in one.endings)}." if one.endings else ""
        columns = f" Columns: {', '.join(f'`{name}`' for name in one.columns)}." if one.columns else ""
        meaning += nodes.paragraph("", "", *inline(f"{needs}{endings}{columns} {one.when}".strip()))
        if any(text for _, text in one.told):
            meaning += nodes.bullet_list("", *(_bullet(f"`{name}`: {text}") for name, text in one.told if text))
        listed += nodes.definition_list_item("", nodes.term("", "", nodes.literal("", f"{one.name}{one.signature}")), meaning)
    return listed


def _bullet(text: str) -> nodes.list_item:
    return nodes.list_item("", nodes.paragraph("", "", *inline(text)))


class EventsDirective(SphinxDirective):
    """A list of the events that the packages in the body declare."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        found = offers.events(list(self.content))
        for each in found:
            if not each.doc:
                log.warning("event %s has no docstring", each.name, location=self.get_location())
        return [definitions((nodes.literal("", each.name), _told(each)) for each in found)]


def _told(each: offers.Event) -> str:
    return f"{each.doc} With {', '.join(f'`{value}`' for value in each.values)}. Made by `{each.place}`."


def heading(directive: SphinxDirective, kind: str, name: str) -> nodes.section:
    """A section with the name in code as its title, reachable as ``#hook-bo-posted`` or ``#command-bo-audit-verify``."""
    target = nodes.make_id(f"{kind}-{name}")
    section = nodes.section(ids=[target], names=[nodes.fully_normalize_name(target)])
    section += nodes.title("", "", nodes.literal("", name))
    directive.state.document.note_explicit_target(section)
    return section


def prose(text: str) -> list[nodes.Node]:
    """A docstring as paragraphs; its ``:param name:`` lines become a list of terms, its ``versionadded`` a line."""
    out: list[nodes.Node] = []
    fields: list[tuple[nodes.Node, str]] = []
    for block in re.split(r"\n\s*\n", text):
        for part in re.split(r"\n(?=:\w+[^:]*:|\.\. )", block):
            if field := FIELD.match(part):
                word, name, meaning = field.groups()
                meaning = f"raised: {meaning}" if word.startswith("raise") else meaning
                fields.append((nodes.literal("", name) if name else nodes.Text(word), meaning))
            elif version := VERSION.match(part):
                since = f"{version[1].removeprefix('version').capitalize()} {version[2]}"
                out.append(nodes.paragraph("", "", nodes.emphasis("", since)))
            elif part.strip():
                out.append(block_of(part))
    return [*out, definitions(fields)] if fields else out


def block_of(text: str) -> nodes.Node:
    """A paragraph, or a code block where every line is indented or starts with a prompt."""
    lines = text.strip("\n").splitlines()
    if all(line.startswith(("    ", ">>> ", "$ ")) for line in lines):
        code = "\n".join(line.removeprefix("    ") for line in lines)
        return nodes.literal_block(code, code, language="text")
    return nodes.paragraph("", "", *inline(re.sub(r"::\s*$", ":", text)))


def inline(text: str) -> Iterator[nodes.Node]:
    """Running text, with what stands between backticks as code."""
    flat, end = " ".join(text.split()), 0
    for match in CODE.finditer(flat):
        yield nodes.Text(flat[end : match.start()])
        yield nodes.literal("", match[1] or match[2])
        end = match.end()
    yield nodes.Text(flat[end:])


def definitions_of(members: Iterable[api.Public]) -> list[nodes.Node]:
    """Methods and what they do."""
    listed = nodes.definition_list()
    for each in members:
        listed += nodes.definition_list_item(
            "", nodes.term("", "", nodes.literal("", each.signature)), nodes.definition("", *prose(each.doc))
        )
    return [listed] if len(listed) else []


def definitions(items: Iterable[tuple[nodes.Node, str]]) -> nodes.definition_list:
    """Terms and what they mean."""
    listed = nodes.definition_list()
    for term, text in items:
        meaning = nodes.definition("", nodes.paragraph("", "", *inline(text)))
        listed += nodes.definition_list_item("", nodes.term("", "", term), meaning)
    return listed


def table(titles: Sequence[str], rows: Iterable[Sequence[nodes.Node | str]]) -> nodes.table:
    """A table; a cell is a node or running text."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in titles), cols=len(titles))
    group += nodes.thead("", _row(titles))
    group += nodes.tbody("", *(_row(cells) for cells in rows))
    return nodes.table("", group)


def _row(cells: Sequence[nodes.Node | str]) -> nodes.row:
    said = [list(inline(cell)) if isinstance(cell, str) else [cell] for cell in cells]
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *one)) for one in said))


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_directive("bocore-hooks", HooksDirective)
    app.add_directive("bocore-commands", CommandsDirective)
    app.add_directive("bocore-purposes", PurposesDirective)
    app.add_directive("bocore-chart", ChartDirective)
    app.add_directive("bocore-errors", ErrorsDirective)
    app.add_directive("bocore-api", ApiDirective)
    app.add_directive("bocore-entities", EntitiesDirective)
    app.add_directive("bocore-codes", CodesDirective)
    app.add_directive("bocore-offers", OffersDirective)
    app.add_directive("bocore-events", EventsDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
