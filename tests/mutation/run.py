"""Mutation testing of what counts money: ``python tests/mutation/run.py [MODULE ...] [--sample 40] [--seed 1]``.

A mutant is a module with one thing in it changed: a comparison, a sign, a bound, a condition, what is returned, a statement left out.
Tests that still pass did not notice. Each mutant meets only the tests of ``TESTS`` that reach the changed line; one that takes far too long
counts as noticed. Nothing is written to the source: a child process imports the changed module from memory. Where a module has more
mutants than ``--sample``, that many are drawn, by ``--seed``. It lists the survivors; what became of each is in
docs/explanation/mutation.md.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.machinery
import io
import os
import pickle
import random
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs

ROOT = Path(__file__).resolve().parents[2]
TESTS: Mapping[str, Sequence[str]] = {
    "bocore.amounts": ("test_money", "test_declared_tokens"),
    "bocore.rounding": ("test_rounding", "test_money"),
    "bocore.currencies": ("test_money", "test_declared_tokens"),
    "bocore.kernel.posting": ("test_posting", "test_posting_properties", "test_intercompany", "test_open_items"),
    "bocore.kernel.completing": ("test_posting", "test_posting_properties", "test_dimensions", "test_period_locks", "test_open_items"),
    "bocore.kernel.body": ("test_posting", "test_posting_properties"),
    "bocore.kernel.items": ("test_open_items", "test_open_item_properties"),
    "bocore.kernel.itemising": ("test_open_items", "test_open_item_flows", "test_open_item_properties"),
    "bocore.kernel.settling": ("test_open_items", "test_open_item_flows", "test_open_item_properties"),
    "bocore.kernel.series": ("test_uow_numbers", "test_site"),
    "bocore.uow.numbering": ("test_uow_numbers", "test_site"),
}
PATIENCE = 20
"""Seconds of the processor beyond five times what the tests take, after which a mutant counts as noticed."""
UNCHANGED = -1
QUIET = ["-q", "-x", "-pno:cacheprovider", "--no-header", "--hypothesis-seed=0", "-Wignore::pytest.PytestAssertRewriteWarning"]


# ---------------------------------------------------------------- mutants


@attrs.frozen
class Mutant:
    """One change: where, what it was and what it is, and the source of the whole module with it."""

    line: int
    before: str
    after: str
    source: str


def mutants(source: str) -> list[Mutant]:
    """Everything that is changed in a module, one at a time."""
    tree = ast.parse(source)
    alone = _left_alone(tree)
    found = []
    for parent in ast.walk(tree):
        for slot, node in _slots(parent):
            if id(node) in alone:
                continue
            for other in _changes(node):
                slot(other)
                found.append(Mutant(node.lineno, _first_line(node), _first_line(other), ast.unparse(ast.fix_missing_locations(tree))))
            slot(node)
    return sorted(found, key=lambda each: each.line)


def _slots(parent: ast.AST) -> Iterator[tuple[Callable[[ast.AST], None], Any]]:
    """The expressions and statements right below a node, each with what puts another in its place."""
    for name, value in ast.iter_fields(parent):
        if isinstance(value, list):
            yield from (
                (partial(value.__setitem__, place), one) for place, one in enumerate(value) if isinstance(one, (ast.expr, ast.stmt))
            )
        elif isinstance(value, (ast.expr, ast.stmt)):
            yield partial(setattr, parent, name), value


def _first_line(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node)).split("\n")[0][:100]


def _left_alone(tree: ast.AST) -> set[int]:
    """Types, docstrings, decorators, messages, how arguments may be given and how long texts may be, and what is for type checkers only."""
    alone: set[int] = set()

    def leave(node: ast.AST | None) -> None:
        alone.update(id(one) for one in ast.walk(node)) if node is not None else None

    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            for each in node.decorator_list:
                leave(each)
        if isinstance(node, ast.FunctionDef):
            leave(node.returns)
            for arg in (*node.args.args, *node.args.kwonlyargs):
                leave(arg.annotation)
        if isinstance(node, ast.keyword) and node.arg in ("kw_only", "max_length"):
            leave(node)
        if isinstance(node, ast.AnnAssign):
            leave(node.annotation)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            leave(node)
        if isinstance(node, (ast.Assert, ast.JoinedStr)) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            leave(node)
    return alone


_COMPARISONS: Mapping[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPERATORS: Mapping[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may become; always new ones."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            changed = copy.deepcopy(node)
            changed.ops[place] = _COMPARISONS[type(operator)]()
            yield changed
    elif isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in _OPERATORS:
        changed = copy.deepcopy(node)
        changed.op = _OPERATORS[type(node.op)]()
        yield changed
    elif isinstance(node, ast.BoolOp):
        changed = copy.deepcopy(node)
        changed.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield changed
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield copy.deepcopy(node.operand)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)) and not isinstance(node.test, (ast.Compare, ast.BoolOp, ast.UnaryOp)):
        changed = copy.deepcopy(node)
        changed.test = ast.UnaryOp(ast.Not(), changed.test)
        yield changed
    elif isinstance(node, (ast.Raise, ast.Continue, ast.Expr)):
        yield ast.Pass()


# ---------------------------------------------------------------- running


class _FromMemory(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a source that is in no file; a pytest plugin, since it has to come before pytest's own importer."""

    def __init__(self, module: str, file: Path, source: str) -> None:
        self.module, self.file, self.source = module, file, source

    def pytest_configure(self) -> None:
        assert self.module not in sys.modules
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != self.module:
            return None
        spec = importlib.machinery.ModuleSpec(name, self, origin=str(self.file))
        spec.has_location = True
        return spec

    def exec_module(self, module: Any) -> None:
        exec(compile(self.source, str(self.file), "exec"), module.__dict__)


class _Reached:
    """A pytest plugin that notes which tests reach which lines of a file, and how long each takes."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)
        self.lines: dict[str, set[int]] = {}
        self.seconds: dict[str, float] = {}
        self.now: set[int] = set()

    def _call(self, frame: Any, event: str, arg: Any) -> Any:
        return self._line if frame.f_code.co_filename == self.file else None

    def _line(self, frame: Any, event: str, arg: Any) -> Any:
        self.now.add(frame.f_lineno)
        return self._line

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.now, self.began = set(), time.process_time()
        sys.settrace(self._call)
        threading.settrace(self._call)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        sys.settrace(None)
        self.lines[nodeid], self.seconds[nodeid] = self.now, time.process_time() - self.began


def _in_child(work: Any) -> tuple[int, Any]:
    """What a function returns in a process of its own, and the exit status."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        answer = None
        try:
            quiet = os.open(os.devnull, os.O_WRONLY)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            answer = work()
        finally:
            with os.fdopen(writer, "wb") as pipe:
                pickle.dump(answer, pipe)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    return status, pickle.loads(data) if data else None


def _pytest(arguments: Sequence[str], plugins: Sequence[object] = ()) -> int:
    import pytest

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return int(pytest.main([*QUIET, *arguments], plugins=list(plugins)))


def reached(file: Path, tests: Sequence[str]) -> tuple[int, dict[str, set[int]], dict[str, float]]:
    """Test → lines and test → seconds, with the module as it is."""

    def work() -> Any:
        noted = _Reached(file)
        return _pytest(tests, [noted]), noted.lines, noted.seconds

    found = _in_child(work)[1]
    assert found is not None, "the tests could not be run"
    return found  # type: ignore[no-any-return]


def survives(module: str, file: Path, mutant: Mutant, tests: Sequence[str], seconds: float) -> bool:
    """Whether all tests pass nevertheless."""

    def work() -> int:
        limit = int(seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        code = _pytest(tests, [changed := _FromMemory(module, file, mutant.source)])
        return code if module not in sys.modules or sys.modules[module].__loader__ is changed else UNCHANGED

    status, code = _in_child(work)
    assert code != UNCHANGED, f"{module} was imported from its file"
    return (status, code) == (0, 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", help=f"of {', '.join(TESTS)}; all of them unless told")
    parser.add_argument("--sample", type=int, default=40, help="mutants of a module at most; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--line", type=int, help="only mutants of this line")
    given = parser.parse_args()
    os.chdir(ROOT)
    os.environ.setdefault("BO_TEST_SECONDS", "1")
    sys.path.insert(0, str(ROOT / "tests"))
    for name in (
        "alembic.command",
        "attrs",
        "babel",
        "click",
        "hypothesis",
        "orjson",
        "pytest",
        "rich.console",
        "sqlalchemy.dialects.sqlite",
    ):
        with contextlib.suppress(ImportError):
            __import__(name)  # once, before all children
    left = sum(_module(name, given) for name in given.modules or TESTS)
    return 1 if left else 0


def _module(name: str, given: argparse.Namespace) -> int:
    """Try the mutants of one module; returns how many survive."""
    file = ROOT / "src" / f"{name.replace('.', '/')}.py"
    files = [f"tests/{test}.py" for test in TESTS[name]]
    every = [mutant for mutant in mutants(file.read_text(encoding="utf-8")) if given.line in (None, mutant.line)]
    chosen = every
    if given.sample and len(every) > given.sample:
        chosen = sorted(random.Random(f"{given.seed} {name}").sample(every, given.sample), key=lambda each: each.line)
    code, lines, seconds = reached(file, files)
    assert code == 0, f"the tests of {name} fail without any mutant"
    at_import = set().union(*lines.values())
    survivors = 0
    for mutant in chosen:
        tests = [test for test in sorted(lines, key=seconds.__getitem__) if mutant.line in lines[test]]
        if mutant.line not in at_import:
            tests = sorted(lines, key=seconds.__getitem__)  # it runs when the module is imported, or never
        if survives(name, file, mutant, tests, PATIENCE + 5 * sum(seconds[test] for test in tests)):
            survivors += 1
            print(f"  {name}:{mutant.line}  {mutant.before}  →  {mutant.after}  ({len(tests)} tests)", flush=True)
    print(f"{name}: {len(chosen)} of {len(every)} mutants, {len(chosen) - survivors} noticed, {survivors} survive", flush=True)
    return survivors


if __name__ == "__main__":
    sys.exit(main())
