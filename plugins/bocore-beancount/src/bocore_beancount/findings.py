"""What beancount says against a file, as findings: code, place, and the remedy that beancount leaves to the reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bocore import Finding, Severity

SYNTAX = "https://beancount.github.io/docs/beancount_language_syntax.html"

# Class of the error, what its message begins with or has in it, our kind, what to do. The first that fits is taken.
_KINDS: tuple[tuple[str, str, str, str], ...] = (
    ("DeprecatedError", "", "deprecated", "Write it the new way; it works for now."),
    ("LexerError|ParserSyntaxError", "", "syntax", f"Correct the line; the syntax is described at {SYNTAX}."),
    (".*", "does not balance", "unbalanced", "Correct an amount, or leave the amount of one line out: beancount fills it in."),
    (".*", "unknown account", "unknown_account", "Add an open directive dated on or before this day, or correct the name."),
    (".*", "inactive account", "inactive_account", "Correct this date, or that of the open or close directive."),
    (".*", "Invalid account name", "account_name", "Begin with one of the five account types, each part with a capital."),
    (".*", "^(Invalid currency|Currency )", "currency", "Add the currency to the account's open directive, or use another account."),
    ("BalanceError", "^Balance failed", "balance_failed", "Look for what is missing or wrong before this day."),
    (".*", "^Duplicate", "duplicate", "Take one of the two away."),
    ("ReductionError|AmbiguousMatchError|SelfReduxError", "", "lots", "Name the lot: unit cost, date and, if need be, label in braces."),
    ("InterpolationError|CategorizationError", "", "incomplete", "Write out the missing number or currency."),
    ("PadError", "", "pad", "A pad needs a balance assertion of the same account after it; correct or remove it."),
    ("DocumentError", "", "document", "Put the document where the directive says, or remove the directive."),
    ("LoadError", "Error (importing|applying) ", "plugin", "Remove the plugin directive, or correct its configuration."),
    ("ParserError", "", "parse", f"Correct the line; the syntax is described at {SYNTAX}."),
    ("BookingError", "", "booking", "Correct units, cost or price on this transaction."),
    (".*", "", "error", "Correct the file until bean-check is silent."),
)


def findings_of(errors: Iterable[Any], path: str) -> list[Finding]:
    """One finding for each error of beancount's, in the order of the files' lines, none twice."""
    found: dict[tuple[str, str], Finding] = {}
    for error in sorted(errors, key=_place):
        finding = finding_of(error, path)
        found.setdefault((finding.where, finding.message), finding)
    return list(found.values())


def finding_of(error: Any, path: str) -> Finding:
    """An error of beancount's (class name, source, message) as a finding at ``file:line``.

    :param path: the ledger, for errors that beancount gives no place for.
    """
    file, line = _place(error)
    name, message = type(error).__name__, " ".join(str(error.message).split())
    kind, fix = next((kind, fix) for names, text, kind, fix in _KINDS if re.fullmatch(names, name) and re.search(text, message))
    if not file or file.startswith("<"):
        file, line = path, 0
    if message[-1:] not in (".", "!", "?"):
        message += "."
    severity = Severity.WARNING if kind == "deprecated" else Severity.ERROR
    return Finding(f"beancount.{kind}", message, at=f"{file}:{line}" if line else file, fix=fix, severity=severity)


def _place(error: Any) -> tuple[str, int]:
    source = error.source or {}
    return str(source.get("filename") or ""), int(source.get("lineno") or 0)
