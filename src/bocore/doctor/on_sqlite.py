"""What is looked at of a SQLite file."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from bocore.doctor.both import acting
from bocore.doctor.examination import Check, Found, Patient
from bocore.errors import StorageError
from bocore.storage.shelved import is_shelved

OLDEST = (3, 35, 0)
"""With RETURNING."""
LITTLE = 64 * 1024 * 1024


def sqlite_version(patient: Patient) -> Found:
    """Whether SQLite knows what is asked of it."""
    here = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        yield Check("sqlite version", "wrong", f"SQLite {here} is older than {oldest}", "Use a newer Python, which brings a newer SQLite.")
    else:
        yield Check("sqlite version", "ok", f"SQLite {here}")


def rights(patient: Patient) -> Found:
    """Whether the file and its folder, in which SQLite keeps its log, can be written."""
    file = _file(patient)
    for place in (file, file.parent):
        if not os.access(place, os.W_OK):
            yield Check("rights", "wrong", f"{place} can't be written by this user", f"chown or chmod {place}.")
            return
    session = patient.app._connect()
    try:
        session.begin(write=True)
    except StorageError as error:
        yield Check("rights", "wrong", error.findings[0].message, error.findings[0].fix)
        return
    finally:
        session.close()
    yield Check("rights", "ok", f"{file} can be written")


def safety(patient: Patient) -> Found:
    """Whether a commit is on the disk when it is acknowledged, and references are checked."""
    wanted: dict[str, tuple[object, str]] = {"journal_mode": ("wal", "WAL"), "synchronous": (2, "FULL"), "foreign_keys": (1, "ON")}
    bad = False
    if is_shelved(_file(patient)):
        del wanted["journal_mode"]  # it is read without any
    for pragma, (value, word) in wanted.items():
        (found,) = patient.session.execute(f"PRAGMA {pragma}").fetchone()
        if found != value:
            bad = True
            fix = "Keep the file on a local disk, where SQLite can lock it." if pragma == "journal_mode" else f"PRAGMA {pragma}={word}."
            yield Check("safety", "wrong", f"{pragma} is {found}, and not {word}", fix)
    if not bad:
        yield Check("safety", "ok", f"{'write-ahead log, ' if 'journal_mode' in wanted else ''}synchronous=FULL, foreign keys on")


def triggers(patient: Patient) -> Found:
    """Whether the file does something by itself when bocore writes rows."""
    sql = "SELECT name, tbl_name FROM main.sqlite_master WHERE type = 'trigger' ORDER BY tbl_name, name"
    yield from acting(patient, [("the trigger", *row) for row in patient.session.execute(sql).fetchall()])


def disk(patient: Patient) -> Found:
    """Whether there is room: for what is written, and for the copy that a migration or a backup makes."""
    file = _file(patient)
    size, free = file.stat().st_size, shutil.disk_usage(file.parent).free
    what = f"{_said(free)} are free beside a file of {_said(size)}"
    if free < LITTLE:
        yield Check("disk", "wrong", what, "Free some space: a full disk stops all writing.")
    elif free < size:
        yield Check("disk", "warning", what, "Free some space: a backup before a migration needs as much again.")
    else:
        yield Check("disk", "ok", what)


def pages(patient: Patient) -> Found:
    """Whether the pages of the file fit together: PRAGMA quick_check."""
    found = [row[0] for row in patient.session.execute("PRAGMA quick_check(5)").fetchall()]
    if found == ["ok"]:
        yield Check("pages", "ok", "every page was read, and fits")
    else:
        yield Check("pages", "wrong", "; ".join(found), "Restore a backup. What can be read, .recover of the program sqlite3 saves.")


def _file(patient: Patient) -> Path:
    return Path(patient.app.engine.url.database or "").resolve()


def _said(count: int) -> str:
    return f"{count / 1024 / 1024:,.0f} MiB"


CHECKS: tuple[Callable[[Patient], Found], ...] = (sqlite_version, rights, safety, triggers, disk)
DEEP: tuple[Callable[[Patient], Found], ...] = (pages,)
