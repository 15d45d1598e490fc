"""Does what a page of the documentation says, block by block, in an empty folder: ``python tests/pages.py PAGE FOLDER``.

What happens to a fenced block is said by its language:

``python``
    It is run, all of a page in one name space.
``pycon``
    It is run, and what is shown must come out.
``console``
    Lines after ``$`` are run by a shell, and what stands below must come out; ``# ends with 1`` names the exit code.
    What a line exports and nothing else, the lines after it have, too.
``sh``
    Each line is run by a shell.

A block whose first line is a comment with the name of a file, or that stands below ``<!-- file: NAME -->``, becomes that file;
``, continued`` appends to it. Other blocks of ``text``, ``toml`` and the like are for reading.

A page with ``<!-- server: PG -->`` gets a PostgreSQL server of its own, whose URL is ``$PG`` in its shell; libpq's variables name it too,
and ``psql`` and the like are on the path.

``…`` stands for anything in what is shown; white space and the length of rules do not count. ``pip install -e .`` puts the folder's
distribution where Python finds it, without a network.
"""

from __future__ import annotations

import atexit
import doctest
import importlib
import os
import re
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterator
from pathlib import Path

import starting
from sybil import Document, Example, Region
from sybil.document import SybilFailure
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

INFO = re.compile(r"(?P<language>\w*)$\n", re.MULTILINE)
NAMED = re.compile(r"^<!-- file: (\S+) -->\n+\Z", re.MULTILINE)
FIRST_LINE = re.compile(r"\A(?:#|;|//) ([\w./-]+\.\w+)(, continued)?\n")
EXPORT = re.compile(r"export (\w+)=(\S+)")
ENDS = re.compile(r"\s+# ends with (\d)$")
NO_SERVER = 77
"""The exit code where a page needs a server and there is none."""
SERVER = re.compile(r"^<!-- server: (\w+) -->$", re.MULTILINE)
RULE = re.compile(r"-{2,}")
FOR_READING = ("text", "toml", "json", "sql")
DOCTEST = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


class Page:
    """One page, being done in a folder: a parser of sybil, which says how each fenced block is evaluated."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": f"{_programs(folder)}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
            "PYTHONUTF8": "1",
        }
        self.starter: starting.Starter | None = None
        self.prompt = DocTestStringParser(DocTestEvaluator(DOCTEST))
        self.evaluators = {"python": PythonEvaluator(), "console": self.session, "sh": self.script}

    def __call__(self, document: Document) -> Iterator[Region]:
        """The regions of a page: a fenced block each, and of ``pycon`` each example."""
        document.namespace["__name__"] = "__main__"
        if needed := SERVER.search(document.text):
            self.environment.update(_server(needed[1], self.environment["PATH"]))
        for region in RawFencedCodeBlockLexer(INFO)(document):
            source, language = region.lexemes["source"], region.lexemes["language"]
            above = NAMED.search(document.text[: region.start])
            region.parsed = source
            if above or FIRST_LINE.match(source):
                region.evaluator = self.keep
                region.lexemes["file"] = above[1] if above else ""
                yield region
            elif language == "pycon":
                for example in self.prompt(source, document.path):
                    example.adjust(region, source)
                    shown = example.parsed
                    shown.want = shown.want.replace("…", "...")
                    shown.exc_msg = shown.exc_msg and shown.exc_msg.replace("…", "...")
                    yield example
            elif language in self.evaluators:
                region.evaluator = self.evaluators[language]
                yield region
            elif language not in FOR_READING:
                line = document.text.count("\n", 0, region.start) + 1
                raise AssertionError(f"line {line}: {language!r} is no language that can be checked")

    def keep(self, example: Example) -> None:
        """The block becomes a file."""
        text = str(example.parsed)
        first = FIRST_LINE.match(text)
        path = self.folder / (example.region.lexemes["file"] or first[1])  # type: ignore[index]
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a" if first and first[2] else "w", encoding="utf-8") as file:
            file.write(text)

    def session(self, example: Example) -> str:
        """A session of the shell."""
        return "\n\n".join(said for command, shown in _commands(example.parsed) if (said := self.command(command, shown)))

    def script(self, example: Example) -> str:
        """Lines that the shell runs."""
        return "\n\n".join(said for command in example.parsed.splitlines() if (said := self.command(command, "")))

    def command(self, command: str, shown: str) -> str:
        """Run a command of the shell; returns what is not as shown."""
        if "-m venv" in command:
            return ""  # `tox -e fresh` does what this does, from built wheels
        if command == "pip install -e .":
            self.install()
            return ""
        if exported := EXPORT.fullmatch(command):
            self.environment[exported[1]] = exported[2]
            return ""
        ends = ENDS.search(command)
        expected = int(ends[1]) if ends else 0
        code, said = self.run(ENDS.sub("", command))
        if code != expected:
            return f"$ {command}\nended with {code}, not {expected}, and said:\n{said}"
        if shown.strip() and not _fits(shown, said):
            return f"$ {command}\nis shown as saying:\n{shown}\nand said:\n{said}"
        return ""

    def run(self, command: str) -> tuple[int, str]:
        """The exit code of a command, and what it said."""
        if plain := starting.words(command):
            self.starter = self.starter or starting.Starter()
            return self.starter.run(plain, self.folder, self.environment)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            encoding="utf-8",
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        return done.returncode, done.stdout

    def install(self) -> None:
        """What an editable install leaves behind, as far as plugins are concerned: a path, and metadata."""
        project = tomllib.loads((self.folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        source = self.folder / "src"
        metadata = source / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        metadata.mkdir(exist_ok=True)
        lines = [f"Name: {project['name']}", f"Version: {project['version']}", f"Summary: {project.get('description', '')}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in project.get("dependencies", ())]
        (metadata / "METADATA").write_text("Metadata-Version: 2.4\n" + "\n".join(lines) + "\n", encoding="utf-8")
        points = ""
        for group, found in project["entry-points"].items():
            points += f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items())
        (metadata / "entry_points.txt").write_text(points, encoding="utf-8")
        sys.path.insert(0, str(source))
        importlib.invalidate_caches()
        self.environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(source), self.environment.get("PYTHONPATH", ""))))


def _server(name: str, path: str) -> dict[str, str]:
    """The variables that name a PostgreSQL server, which is gone when the page is done."""
    from bocore.testing.postgres import NoServer, Server

    try:
        server = Server().start()
    except NoServer as error:
        print(error)
        sys.exit(NO_SERVER)
    atexit.register(server.remove)
    return {name: server.url, "PGHOST": str(server.folder), "PGUSER": "bo", "PATH": f"{path}{os.pathsep}{server.binaries}"}


def _programs(folder: Path) -> Path:
    """A folder with ``bo``, ``python`` and ``pytest`` of this environment, whatever is on the path."""
    place = folder / ".bin"
    place.mkdir(exist_ok=True)
    for name, code in (("bo", "-c 'from bocore.cli import main; main()'"), ("python", ""), ("pytest", "-m pytest")):
        script = place / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {code} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return place


def _commands(text: str) -> Iterator[tuple[str, str]]:
    command, shown = "", ""
    for line in [*text.splitlines(), "$ "]:
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], ""
        else:
            shown += line + "\n"


def _fits(shown: str, said: str) -> bool:
    """True where words follow one another as shown; ``…`` alone stands for any number of them."""
    pattern, gap = "", r"\s*"
    for word in RULE.sub("---", shown).split():
        if word == "…":
            pattern, gap = pattern + ".*?", r"\s*"
        else:
            pattern, gap = pattern + gap + ".*?".join(map(re.escape, word.split("…"))), r"\s+"
    return re.fullmatch(pattern + r"\s*", RULE.sub("---", said), re.DOTALL) is not None


def main() -> None:
    """Do the whole page, and say everything that came out otherwise."""
    page, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    os.chdir(folder)
    sys.path.insert(0, str(folder))  # as at a prompt in that folder
    failed, done = 0, Page(folder)
    for example in Document.parse(str(page), done):
        try:
            example.evaluate()
        except SybilFailure as failure:
            failed += 1
            print(failure, file=sys.stderr)
        except Exception:
            failed += 1
            print(f"{page.name}:{example.line}\n{traceback.format_exc(limit=-3)}", file=sys.stderr)
    if done.starter is not None:
        done.starter.stop()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
