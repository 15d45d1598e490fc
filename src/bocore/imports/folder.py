"""The folder of a file that names others: an importer reads what lies in it, so many files, so much, and nothing elsewhere."""

from __future__ import annotations

import glob
import os
from itertools import islice
from pathlib import Path

from bocore.errors import Finding, Refused

MAX_FILES = 10_000
MAX_BYTES = 128 * 1024 * 1024
"""Of all files together: an importer that has to see a whole ledger at once holds many times as much in memory."""


class Folder:
    """For importers of files that include others: finds what they name, and reads it.

    :param root: nothing outside of this folder is looked for or read, whatever a file says and wherever a link leads.
    :param most: bytes that may be read, of all files together; a file that is included twice counts twice.
    """

    def __init__(self, root: Path, *, most: int = MAX_BYTES) -> None:
        self.root = Path(os.path.abspath(root))
        self.most = most
        self._real = self.root.resolve()
        self._bytes = self._files = 0

    @classmethod
    def of(cls, path: Path, root: str | Path = "") -> Folder:
        """The folder of a file, or another one above it.

        :raises Refused: the file is not in it (``bo.import.root``).
        """
        made = cls(Path(root) if root else path.parent)
        if root and not _inside(path, made._real):
            message = f"{path} does not lie in {root}."
            raise Refused([Finding("bo.import.root", message, fix="Name a folder that holds the file and all that it includes.")])
        return made

    def find(self, pattern: str, by: Path) -> list[Path]:
        """The files that a path or a pattern with ``*``, ``?``, ``[…]`` or ``**`` means, from the folder of the file that names it.

        :raises Refused: it leads out of the root (``bo.import.outside``), or means more files than anybody has (``bo.import.too_large``).
        """
        whole = os.path.join(os.path.dirname(os.path.abspath(by)), pattern)
        fixed, rest = _cut(whole)
        if ".." in rest or not _inside(Path(fixed), self._real):
            raise self._outside(pattern)  # before anything is looked for there
        if not rest:
            return [Path(os.path.normpath(whole))] if os.path.exists(whole) else []
        found = [Path(os.path.normpath(each)) for each in islice(glob.iglob(whole, recursive=True), MAX_FILES + 1)]
        if len(found) > MAX_FILES:
            raise self._too_large(f"The pattern {pattern!r} means more than {MAX_FILES:,} files.")
        if not all(_inside(each, self._real) for each in found):
            raise self._outside(pattern)
        return sorted(each for each in found if each.is_file())

    def read(self, path: Path) -> bytes:
        """The bytes of a file, as many as it had when it was opened.

        :raises OSError: it can't be read.
        :raises Refused: it is no ordinary file (``bo.import.no_file``), or too large with what was read before (``bo.import.too_large``).
        """
        if not path.is_file():
            raise Refused([Finding("bo.import.no_file", f"There is no file {path}.", fix="Correct the path.")])
        self._files += 1
        if self._files > MAX_FILES:
            raise self._too_large(f"More than {MAX_FILES:,} files are included, some of them again and again.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._bytes += size
            if self._bytes > self.most:
                raise self._too_large(f"There are more than {self.most:,} bytes to read, with {path.name} and what was read before it.")
            return file.read(size)

    def _outside(self, pattern: str) -> Refused:
        fix = f"Put the file below {self.root}, or name a folder that holds all files: --root."
        return Refused([Finding("bo.import.outside", f"{pattern[:200]!r} leads out of {self.root}.", fix=fix)])

    def _too_large(self, message: str) -> Refused:
        return Refused([Finding("bo.import.too_large", message, fix="Import it in parts, such as a file for each year.")])


def _inside(path: Path, root: Path) -> bool:
    """Whether a path leads into the root, links followed; one that leads nowhere does not."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):  # links in a circle, a name too long, a NUL
        return False


def _cut(path: str) -> tuple[str, list[str]]:
    """The part of a path before the first pattern, and the parts from there on."""
    parts = Path(path).parts
    first = next((at for at, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return os.path.join(*parts[:first]), list(parts[first:])
