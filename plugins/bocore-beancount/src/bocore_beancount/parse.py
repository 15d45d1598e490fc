"""Load a beancount file as bean-check does, but run none of its code and open nothing that a ledger has no need of.

Beancount's own ``load_file`` unpickles a ``.picklecache`` that lies beside the ledger, imports any module that a ``plugin``
directive names (from a path that an option sets), hands plugin configurations to ``eval`` and encrypted files to gpg. So the
files are parsed here, each directive that could run code is refused with its line, and what remains goes through
beancount's booking, transformations and validation. No file is read twice and no cache is read, written or deleted.

A number divided by zero ends the whole process in beancount 3.2, because its parser, which is written in C, expects no exception from a
division. So it calculates in a context without traps here, and what comes to no number is refused.
"""

from __future__ import annotations

import ast
import io
import os
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, getcontext, localcontext
from pathlib import Path
from typing import Any

import attrs
from beancount import loader
from beancount.core import data
from beancount.ops import validation
from beancount.parser import booking, grammar
from beancount.parser._parser import Parser

from bocore import Finding, Folder, Refused, Severity
from bocore_beancount.findings import findings_of

# The plugins that beancount brings, by their modules in beancount.plugins.
PLUGINS = frozenset(
    {
        "auto",
        "auto_accounts",
        "check_average_cost",
        "check_closing",
        "check_commodity",
        "check_drained",
        "close_tree",
        "coherent_cost",
        "commodity_attr",
        "currency_accounts",
        "implicit_prices",
        "leafonly",
        "noduplicates",
        "nounused",
        "onecommodity",
        "pedantic",
        "sellgains",
        "unique_prices",
    }
)
# Those that pass their configuration to eval, or to another that does: it must be a literal.
EVALUATING = frozenset({"check_average_cost", "check_commodity", "commodity_attr", "pedantic"})

NO_NUMBER = (DivisionByZero, InvalidOperation, Overflow)
"""What a calculation says that has no result."""

UTF8_BOM = b"\xef\xbb\xbf"


@attrs.frozen
class Loaded:
    """What beancount makes of a file without errors: booked directives in order, options, the files read, and warnings."""

    entries: list[Any]
    options: dict[str, Any]
    files: tuple[str, ...]
    warnings: tuple[Finding, ...]


def load(path: Path, *, within: str | Path = "") -> Loaded:
    """Load a ledger and what it includes.

    :param within: a folder that no included file may lie outside of; the ledger's own unless told.
    :raises Refused: a file can't be read, or beancount reports errors; one finding for each, with file and line.
    """
    source = _Source(Folder.of(path, within))
    source.parse(os.path.normpath(os.path.abspath(path)), "")
    if source.refused:
        raise Refused(source.refused + _errors(findings_of(source.errors, str(path))))
    options = loader.aggregate_options_map(source.options[0], source.options[1:])
    options["include"] = sorted(source.files)
    try:
        entries, errors = booking.book(sorted(source.entries, key=data.entry_sortkey), options)
        entries, errors = loader.run_transformations(entries, [*source.errors, *errors], options, None)
        errors.extend(validation.validate(entries, options))
    except Exception as error:
        raise Refused(findings_of(source.errors, str(path)) or [_stumbled(error, path)]) from error
    findings = findings_of(errors, str(path))
    if _errors(findings):
        raise Refused(_errors(findings))
    return Loaded(entries, options, tuple(source.files), tuple(findings))


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def _stumbled(error: Exception, path: Path) -> Finding:
    """What is said where beancount itself ends with an exception: bean-check would show a traceback."""
    message = f"Beancount can't work these books out: it ends with {type(error).__name__}{f' ({error})' if str(error) else ''}."
    fix = "Take transactions out until bean-check reads the file; the last one is what it stumbles over."
    return Finding("beancount.error", message, at=str(path), fix=fix)


class _Source:
    """The parsed files of one ledger, and what is refused in them."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.entries: list[Any] = []
        self.errors: list[Any] = []
        self.options: list[dict[str, Any]] = []
        self.files: list[str] = []
        self.refused: list[Finding] = []

    def parse(self, file: str, at: str) -> None:
        """Parse a file, then those that it includes, breadth first as beancount does.

        :param at: the line that includes it, or nothing for the ledger itself.
        """
        waiting = [(file, at)]
        while waiting:
            file, at = waiting.pop(0)
            if file in self.files:
                self._refuse("duplicate", f"{file} is included a second time.", at, "Take one of the include directives away.")
                continue
            text = self._read(file, at)
            if text is None:
                continue
            builder = _Builder(self.refused)
            with localcontext(Context(traps=[])):
                Parser(builder).parse(io.BytesIO(text), filename=file, lineno=1)
            entries, errors, options = builder.finalize()  # type: ignore[no-untyped-call]
            self.files.append(file)
            self.entries.extend(entries)
            self.errors.extend(errors)
            self.options.append(options)
            for pattern, place in builder.includes:
                waiting.extend((included, place) for included in self._included(file, pattern, place))

    def _included(self, file: str, pattern: str, at: str) -> list[str]:
        try:
            found = [str(each) for each in self.folder.find(pattern, Path(file))]
        except Refused as refused:
            self._refuse_include(refused, at)
            return []
        if not found:
            self._refuse(
                "missing_include", f'No file fits the include "{pattern}".', at, "Correct the path; it begins at this file's folder."
            )
        return found

    def _read(self, file: str, at: str) -> bytes | None:
        """The file's bytes if it is readable text in UTF-8, or nothing and a finding."""
        at = at or file
        if file.endswith((".gpg", ".asc")):
            self._refuse("encrypted", f"{file} is encrypted.", at, "Decrypt it and name the plain file.")
            return None
        if not os.path.isfile(file):
            self._refuse("no_file", f"There is no file {file}.", at, "Correct the path.")
            return None
        try:
            text = self.folder.read(Path(file)).removeprefix(UTF8_BOM)
        except Refused as refused:
            self._refuse_include(refused, at)
            return None
        except OSError as error:
            self._refuse("no_file", f"{file} can't be read: {error.strerror}.", at, "Make it readable.")
            return None
        fault = _first_fault(text)
        if fault is None:
            return text
        line = text.count(b"\n", 0, fault) + 1
        self._refuse("not_text", f"{file} is not text in UTF-8.", f"{file}:{line}", "Name a beancount file, and save it as UTF-8.")
        return None

    def _refuse_include(self, refused: Refused, at: str) -> None:
        for finding in refused.findings:
            self._refuse(f"include_{finding.code.rpartition('.')[2]}", finding.message, at, finding.fix)

    def _refuse(self, kind: str, message: str, at: str, fix: str) -> None:
        self.refused.append(Finding(f"beancount.{kind}", message, at=at, fix=fix))


class _Builder(grammar.Builder):
    """Beancount's builder, which also keeps the lines of includes, and refuses what would run foreign code."""

    def __init__(self, refused: list[Finding]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.refused = refused
        self.includes: list[tuple[str, str]] = []

    def include(self, filename: str, lineno: int, include_filename: str) -> None:
        """Keep the line of an include directive."""
        self.includes.append((include_filename, f"{filename}:{lineno}"))

    def plugin(self, filename: str, lineno: int, plugin_name: str, plugin_config: str | None) -> None:
        """Accept beancount's own plugins, with a configuration that is no code."""
        package, _, module = plugin_name.rpartition(".")
        if package != "beancount.plugins" or module not in PLUGINS:
            message = f'The plugin "{plugin_name}" is code that beancount does not bring, and is not run.'
            fix = "Remove the directive, and have bean-query or a script write out what the plugin makes."
            self.refused.append(Finding("beancount.plugin", message, at=f"{filename}:{lineno}", fix=fix))
        elif module in EVALUATING and plugin_config is not None and not _is_literal(plugin_config):
            message = f'The configuration of "{plugin_name}" is code, and is not run.'
            fix = "Write it as a plain value, such as a number, or a dict of strings."
            self.refused.append(Finding("beancount.plugin", message, at=f"{filename}:{lineno}", fix=fix))
        else:
            super().plugin(filename, lineno, plugin_name, plugin_config)  # type: ignore[no-untyped-call]

    def option(self, filename: str, lineno: int, key: str, value: str) -> None:
        """Accept options, but not the one that lets Python modules be loaded from the ledger's folder."""
        if key == "insert_pythonpath" and value.lower() in ("1", "true", "yes", "on"):
            message = 'The option "insert_pythonpath" lets the ledger bring code of its own, which is not run.'
            self.refused.append(Finding("beancount.plugin", message, at=f"{filename}:{lineno}", fix="Remove the option."))
        else:
            super().option(filename, lineno, key, value)  # type: ignore[no-untyped-call]

    # Every number of a file comes through one of these, right after it was worked out.

    def amount(self, filename: str, lineno: int, *rest: Any) -> Any:
        """An amount."""
        return super().amount(filename, lineno, *self._numbers(filename, lineno, rest))  # type: ignore[no-untyped-call]

    def compound_amount(self, filename: str, lineno: int, *rest: Any) -> Any:
        """A cost."""
        return super().compound_amount(filename, lineno, *self._numbers(filename, lineno, rest))  # type: ignore[no-untyped-call]

    def balance(self, filename: str, lineno: int, *rest: Any) -> Any:
        """An assertion, which may have a tolerance."""
        return super().balance(filename, lineno, *self._numbers(filename, lineno, rest))  # type: ignore[no-untyped-call]

    def custom_value(self, filename: str, lineno: int, *rest: Any) -> Any:
        """A value of a custom directive."""
        return super().custom_value(filename, lineno, *self._numbers(filename, lineno, rest))  # type: ignore[no-untyped-call]

    def key_value(self, filename: str, lineno: int, *rest: Any) -> Any:
        """A value of metadata."""
        return super().key_value(filename, lineno, *self._numbers(filename, lineno, rest))  # type: ignore[no-untyped-call]

    def posting(self, filename: str, lineno: int, account: str, units: Any, cost: Any, *rest: Any) -> Any:
        """A line; refuse one where a total cost has no units to be spread over, which would end beancount's booking."""
        total = getattr(cost, "number_total", None)
        if isinstance(total, Decimal) and getattr(units, "number", None) == 0:
            message = f"A total cost of {total:f} {cost.currency} is for no units at all."
            self._refuse("division", message, filename, lineno, "Write how many units it is for, or leave the cost out.")
        return super().posting(filename, lineno, account, units, cost, *rest)  # type: ignore[no-untyped-call]

    def _numbers(self, filename: str, lineno: int, values: tuple[Any, ...]) -> list[Any]:
        """Values of a line, and a finding if a calculation before it came to no number; 0 stands for that from here on."""
        flags = getcontext().flags
        if any(flags[each] for each in NO_NUMBER):
            getcontext().clear_flags()
            message = "The calculation in this line comes to no number: it divides by zero, or is too large."
            self._refuse("division", message, filename, lineno, "Correct it, or write out the number.")
        return [Decimal(0) if isinstance(each, Decimal) and not each.is_finite() else each for each in values]

    def _refuse(self, kind: str, message: str, filename: str, lineno: int, fix: str) -> None:
        self.refused.append(Finding(f"beancount.{kind}", message, at=f"{filename}:{lineno}", fix=fix))


def _first_fault(text: bytes) -> int | None:
    """Where text stops being text, if it does: at a NUL, or what is not UTF-8."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return text.index(b"\0") if b"\0" in text else None


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return True
