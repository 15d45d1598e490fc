"""Which files an ``include`` directive means."""

from __future__ import annotations

from pathlib import Path

from bocore import Folder, Refused
from bocore_hledger.postings import Wrong

_OTHER_FORMATS = (".csv", ".tsv", ".ssv", ".rules", ".timeclock", ".timedot")
_FIX = "Correct the path; it is relative to the file that includes it."


def included(rest: str, by: Path, folder: Folder) -> list[Path]:
    """The files that a path or pattern means, relative to the file that it stands in.

    :raises Wrong: there is none, or none that could be a journal.
    """
    head, colon, _ = rest.partition(":")
    if not rest or (colon and head.isalpha() and len(head) > 1) or rest.lower().endswith(_OTHER_FORMATS):
        fix = "Include journals only; convert other formats to one with hledger print."
        raise Wrong("include", f"{rest!r} is no journal." if rest else "The directive names no file.", fix)
    try:
        paths = _paths(rest, by, folder)
        missing = [each for each in paths if not each.is_file()]
    except Refused as refused:
        raise Wrong("include", refused.findings[0].message, refused.findings[0].fix) from None
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, no such user, a pattern that is none
        why = getattr(error, "strerror", None) or str(error)
        raise Wrong("include", f"{rest[:60]!r} can't be looked for: {why.rstrip('.')}.", _FIX) from None
    if missing or not paths:
        raise Wrong("include", f"There is no file {missing[0] if missing else rest}.", _FIX)
    return paths


def _paths(rest: str, by: Path, folder: Folder) -> list[Path]:
    found = folder.find(str(Path(rest).expanduser()), by)
    return [each for each in found if each.resolve() != by.resolve()] if any(mark in rest for mark in "*?[") else found
