"""A copy of the database as it is before its migrations."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bocore.errors import StorageError

if TYPE_CHECKING:
    from bocore.app import BackOffice


def back_up(app: BackOffice, file: Path, needed: bool, say: Callable[[str], object]) -> None:
    """Copy the database into a file that is not there yet, whole and compact, and on the disk before this returns.

    Whoever calls holds the write lock, so that the copy is the very state from which migrations begin.

    Raises StorageError where the file exists, or can't be written.
    """
    if file.exists():
        raise StorageError(f"The file {file} is there already.", fix="Name another for the copy; nothing was changed.")
    if not needed:
        say("There is nothing to migrate; no copy was made.")
        return
    if app.database.name != "sqlite":
        raise StorageError(
            "bo migrate copies SQLite files; this is a server's database.",
            fix="Nothing was changed. Copy it first, by bo tenant export or pg_dump, and migrate without --backup.",
        )
    partly = file.with_name(f"{file.name}.part")
    connection = sqlite3.connect(str(app.engine.url.database), isolation_level=None)
    try:
        partly.unlink(missing_ok=True)
        connection.execute("VACUUM INTO ?", (str(partly),))
        with partly.open("rb+") as written:
            os.fsync(written.fileno())
        partly.rename(file)
    except (sqlite3.Error, OSError) as error:
        partly.unlink(missing_ok=True)
        raise StorageError(f"The copy {file} can't be made: {error}.", fix="Nothing was changed. Name a place with space.") from error
    finally:
        connection.close()
    say(f"Copied the database to {file}.")
