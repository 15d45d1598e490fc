"""SQLite files that nobody can write here: a copy on a read-only medium, or in a folder that is an auditor's to read.

In write-ahead mode SQLite reads a file through another beside it, which it makes where there is none. Where it can't, it reads the file
only when told that nobody changes it meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any


def connected(path: str, **how: Any) -> sqlite3.Connection:
    """A connection to a file, also where neither it nor its folder can be written."""
    file = Path(path)
    shelved = is_shelved(file)
    connection: sqlite3.Connection = sqlite3.connect(f"{file.resolve().as_uri()}?immutable=1" if shelved else path, uri=shelved, **how)
    return connection


def is_shelved(file: Path) -> bool:
    """Whether neither a file nor its folder can be written here, and no log beside it says that somebody else is writing."""
    if not file.exists() or os.access(file, os.W_OK) or os.access(file.resolve().parent, os.W_OK):
        return False
    log = file.with_name(f"{file.name}-wal")
    return not log.exists() or log.stat().st_size == 0
