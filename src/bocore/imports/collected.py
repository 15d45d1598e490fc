"""Findings of an import: as many as a person can read are kept, the others are counted."""

from __future__ import annotations

from bocore.errors import Finding, Refused, Severity

SHOWN = 100
LONGEST = 1000
"""Characters of a message: what a file says is quoted in it, and a file may say anything."""


class Collected:
    """The errors and warnings of one file, each with its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.errors: list[Finding] = []
        self.warnings: list[Finding] = []
        self.count = 0
        """How many errors there were, kept or not."""

    def add(self, finding: Finding) -> None:
        """Take a finding; a bare line number as its place becomes ``file.csv:17``."""
        if isinstance(finding.at, int) and not isinstance(finding.at, bool):
            finding.at = f"{self.name}:{finding.at}"
        finding.message, finding.fix = _readable(finding.message), _readable(finding.fix)
        if finding.severity is Severity.ERROR:
            self.count += 1
            if len(self.errors) < SHOWN:
                self.errors.append(finding)
        elif len(self.warnings) < SHOWN:
            self.warnings.append(finding)

    def error(self, code: str, message: str, line: int | None = None, field: str | None = None, fix: str = "") -> None:
        """Note what is wrong with the file itself."""
        self.add(Finding(code, message, self.name if line is None else line, field, fix))

    def refuse(self) -> None:
        """Raise Refused where there was an error; in the order of the file, and then what has no line."""
        if not self.errors:
            return
        self.errors.sort(key=self._line)
        more = self.count - len(self.errors)
        if more:
            message = f"There are {more} more errors in this file."
            self.errors.append(Finding("bo.import.more", message, self.name, fix="Mend these first and run it again with --dry-run."))
        raise Refused(self.errors)

    def _line(self, finding: Finding) -> float:
        place, _, line = str(finding.at).rpartition(":")
        return int(line) if place == self.name and line.isdecimal() else float("inf")


def _readable(text: str) -> str:
    """A sentence in which a file is quoted: not longer than a person reads, and nothing in it that a terminal would obey."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 200]} … {text[-200:]}"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)
