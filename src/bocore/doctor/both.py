"""What is looked at on every engine."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy

from bocore.access.authority import FULL
from bocore.doctor.examination import Check, Found, Patient
from bocore.record.canonical import canonical_instant

LATE = timedelta(minutes=5)
"""After this a record that is not sealed is worth a word: a worker seals within a minute."""
AHEAD = timedelta(minutes=2)
"""How far clocks may differ before the order of instants is in question."""
SET_CLOCK = "Set the clock of the machine that is wrong (NTP keeps it right)."


def tables(patient: Patient) -> Found:
    """Whether there are any, whether migrations wait, and whether the code is older than they are."""
    from bocore.migrate import check

    check(patient.app, patient.session)
    yield Check("tables", "ok", "the tables are those of the code; no migration is pending")


def versions(patient: Patient) -> Found:
    """What is installed; those of the engine and its driver are its own checks."""
    from bocore import __version__

    yield Check("versions", "ok", f"bocore {__version__}, Python {platform.python_version()}, SQLAlchemy {sqlalchemy.__version__}")


def plugins(patient: Patient) -> Found:
    """Whether every plugin is loaded, and is no older than the one that wrote here."""
    from bocore.plugins.recorded import missing_owners
    from bocore.storage.recorded import recorded_plugins

    host, remembered = patient.app.host, recorded_plugins(patient.session)
    bad = [Check("plugins", "wrong", finding.message, finding.fix) for finding in missing_owners(remembered, host)]
    known = {one.name for one in remembered if one.owns_data and one.state != "detached"}
    for state in host.plugins:
        if state.state in ("broken", "skipped") and state.name not in known:
            bad.append(Check("plugins", "wrong", state.trouble, state.fix))
    here = {state.name: state.version for state in host.plugins if state.state == "loaded"}
    for one in remembered:
        if one.name in here and _number(here[one.name]) < _number(one.version):
            what = f"{one.name} is {here[one.name]} here, and {one.version} has written in this database"
            bad.append(Check("plugins", "warning", what, f"pip install --upgrade {one.distribution or one.name}"))
    yield from bad or [Check("plugins", "ok", f"{', '.join(sorted(name for name in here if name != 'bocore')) or 'none'}")]


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def clock(patient: Patient) -> Found:
    """Whether instants rise: the newest commit is not in the future."""
    now = patient.app.clock()
    newest = patient.session.execute("SELECT at FROM bo_commit ORDER BY id DESC LIMIT 1").fetchone()
    if newest is not None and instant(newest[0]) > now + AHEAD:
        what = f"the newest commit is of {newest[0]}, and it is {canonical_instant(now)} here"
        yield Check("clock", "wrong", what, SET_CLOCK)
    else:
        yield Check("clock", "ok", f"it is {canonical_instant(now)}")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def zones(patient: Patient) -> Found:
    """Whether the time zones of the companies are known here: their day can't be told without."""
    from zoneinfo import ZoneInfo

    missing = []
    for (zone,) in patient.session.execute("SELECT DISTINCT zone FROM bo_company ORDER BY zone").fetchall():
        try:
            ZoneInfo(zone)
        except (OSError, ValueError, KeyError):
            missing.append(zone)
    if missing:
        yield Check("zones", "wrong", f"time zones that are not known here: {', '.join(missing)}", "pip install tzdata")
    else:
        yield Check("zones", "ok", "the time zones of all companies are known")


def positions(patient: Patient) -> Found:
    """How many commits wait for their place in the order of the feed and the seal."""
    waiting, oldest = patient.session.execute("SELECT count(*), min(at) FROM bo_commit WHERE position IS NULL").fetchone()
    consumers = [row[0] for row in patient.session.execute("SELECT consumer FROM bo_feed ORDER BY consumer").fetchall()]
    what = f"{waiting:,} commits have no position yet" if waiting else "every commit has its position"
    if waiting and consumers and instant(oldest) < patient.app.clock() - timedelta(days=1):
        what += f", the oldest of {oldest[:10]}: nobody has read the feed since ({', '.join(consumers)})"
        yield Check("positions", "warning", what, "Start what reads the feed, or see why it stopped.")
    else:
        yield Check("positions", "ok", what)


def seal(patient: Patient) -> Found:
    """Whether records are sealed, heads signed, and kept elsewhere too."""
    from bocore.record.sealing import last_head

    head = last_head(patient.session)
    size = head.size if head is not None else 0
    asked = "SELECT count(*), min(at) FROM bo_commit WHERE position IS NULL OR position >= ?"
    tail, oldest = patient.session.execute(asked, (size,)).fetchone()
    late = bool(tail) and instant(oldest) < patient.app.clock() - LATE
    if late:
        remedy = "bo audit seal" if patient.app.database.name == "sqlite" else "Start a worker, which seals: bo job run."
        yield Check("seal", "warning", f"{tail:,} commits are not sealed, the oldest of {oldest}: forging them would not show yet", remedy)
    if head is not None and not head.signed:
        what = "heads are not signed: whoever can write to the database can seal it anew"
        yield Check("seal", "warning", what, "Make a key (bo key new FILE), and name it in $BOCORE_KEY_FILE.")
    elif head is not None and not patient.app.keeper.anchors:
        what = "heads are kept nowhere else: what is cut off at the end, or forged by who holds the key, is not shown"
        yield Check("seal", "warning", what, "Name a file in $BOCORE_ANCHOR that nobody who can write to the database can write.")
    elif not late:
        yield Check("seal", "ok", f"{size:,} commits are sealed{f', {tail:,} are about to be' if tail else ''}")


def jobs(patient: Patient) -> Found:
    """Whether jobs are worked off, and which were given up."""
    queue = patient.app.jobs
    dead, late = queue.all(state="dead"), queue.overdue()
    if dead:
        names = ", ".join(sorted({job.name for job in dead}))
        yield Check("jobs", "warning", f"{len(dead)} jobs were given up: {names}", "bo job list --state dead; then bo job retry or cancel.")
    if late:
        since = canonical_instant(late[0].run_at)
        yield Check("jobs", "wrong", f"{len(late)} jobs wait since {since} and nobody takes them", "Start a worker: bo job run.")
    if not dead and not late:
        yield Check("jobs", "ok", "none is overdue, none was given up")


def references(patient: Patient) -> Found:
    """Whether every row that is referred to is there."""
    dangling = patient.session.dangling(5)
    if dangling:
        rows = ", ".join(f"{table} {ident} → {target} {value}" for table, ident, _, target, value in dangling)
        yield Check(
            "references", "wrong", f"rows refer to rows that are not there: {rows}", "Restore a backup; bo audit verify says what else."
        )
    else:
        yield Check("references", "ok", "every row that is referred to is there")


def users(patient: Patient) -> Found:
    """Whether there is somebody whose rights are held against others', and an owner who can sign in."""
    rows = patient.session.execute("SELECT owner, state FROM bo_user").fetchall()
    active = [row for row in rows if row[1] == "active"]
    if not rows:
        what = "there are no users: whoever is named as actor may do everything"
        yield Check("users", "warning", what, "Make the owner: bo user add NAME --owner.")
    else:
        owners = sum(bool(row[0]) for row in active)
        yield Check("users", "ok", f"{len(active)} active users, {owners} of them owner{'s' if owners != 1 else ''}")


def derived(patient: Patient) -> Found:
    """Whether what plugins keep derived agrees with what it is derived from: their services called ``check``."""
    from bocore.uow import UnitOfWork

    app: Any = patient.app
    for name, declared in app.host.services.items():
        if not name.endswith(".check") or any(option.required for option in declared.options):
            continue
        with UnitOfWork(app, actor="doctor", read_only=True, reason=None, authority=FULL) as uow:
            findings = list(declared.function(uow))
        for finding in findings:
            yield Check("derived", "wrong", f"{name}: {finding.message}", finding.fix)
        if not findings:
            yield Check("derived", "ok", f"{name}: it agrees with what it is derived from")


def keys(patient: Patient) -> Found:
    """Whether the key that opens what is secret is here, and is the right one."""
    from bocore.keys.operate import trouble_with_keys
    from bocore.keys.store import ACTIVE, stored_keys

    count = len(stored_keys(patient.session, "state = ?", (ACTIVE,)))
    trouble = trouble_with_keys(patient.app, patient.session)
    if trouble is not None:
        yield Check("keys", "wrong" if count else "warning", trouble.message, trouble.fix)
    elif count:
        yield Check("keys", "ok", f"the key {patient.app.keys.provider.key_id} opens what is secret")
    else:
        yield Check("keys", "ok", "nothing is encrypted yet")


def acting(patient: Patient, there: Iterable[tuple[str, str, str]]) -> Found:
    """What the database itself does with rows of bocore's tables, of all that it does; bocore makes nothing of the kind.

    :param there: what it is, its name, and the table.
    """
    recorded = [row[0] for row in patient.session.execute("SELECT DISTINCT entity FROM bo_shape").fetchall()]
    ours = {*patient.app.metadata.tables, *recorded}
    strange = [f"{what} {name} on {table}" for what, name, table in there if table in ours]
    if strange:
        what = f"the database acts by itself where bocore reads or writes: {', '.join(strange)}"
        fix = "Find out who made it, and drop it unless you know what it is for: what it writes is on no record."
        yield Check("triggers", "warning", what, fix)
    else:
        yield Check("triggers", "ok", "no trigger or the like is on a table of bocore")


CHECKS: tuple[Callable[[Patient], Found], ...] = (tables, versions, plugins, clock, zones, positions, seal, jobs, users, keys)
DEEP: tuple[Callable[[Patient], Found], ...] = (references, derived)
