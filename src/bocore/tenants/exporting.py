"""Exporting a tenant: everything that it is, of one moment, into one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

import bocore
from bocore.errors import Finding, PluginError, Refused, StorageError
from bocore.migrate.upgrading import versions
from bocore.plugins import missing_owners
from bocore.record.canonical import canonical_instant
from bocore.record.verify import Verification, verify
from bocore.storage.recorded import recorded_plugins
from bocore.tenants.contents import Contents, contents_of
from bocore.tenants.detached import Making, detached_contents
from bocore.tenants.file import TableSum, Writer, new_file

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session

Progress = Callable[[str, int], None]


@attrs.frozen
class TenantFile:
    """What was written into the file of a tenant, or taken in from it.

    :param digest: SHA-256 over all lines of the file: who has it from the one side can compare it on the other.
    :param tables: name, number of rows, and SHA-256 of the rows of each.
    :param verification: of the rows against the commit records; None where that was left out.
    """

    path: Path
    digest: str
    tables: tuple[TableSum, ...]
    verification: Verification | None

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables)


def export_tenant(app: BackOffice, path: Path, *, verifying: bool = True, progress: Progress | None = None) -> TenantFile:
    """Write a tenant into a file: see :meth:`bocore.BackOffice.export_tenant`."""
    with new_file(path) as out:
        session = app._open_session(None, write=False)
        try:
            app._check_ready(session, write=False)
            _refuse_missing(app, session)
            found = verify(session, progress=progress) if verifying else None
            if found is not None and not found.ok:
                raise Refused([_differing(found), *found.findings])
            writer = Writer(out, _header(app, session, found))
            _write(app, session, writer, progress or _quiet)
            digest = writer.finish()
        finally:
            session.close(read_only=True)
    return TenantFile(path, digest, tuple(writer.sums), found)


def _quiet(table: str, rows: int) -> None:
    """Nobody wants to know how far it is."""


def _refuse_missing(app: BackOffice, session: Session) -> None:
    """Without a plugin nobody knows what its tables are like."""
    findings = missing_owners(recorded_plugins(session), app.host)
    if findings:
        raise PluginError(findings)


def _differing(found: Verification) -> Finding:
    count = sum(found.counts.values())
    return Finding(
        "bo.tenant_differs",
        f"What is stored is not as it was recorded, in {count} place{'s' if count != 1 else ''}: nothing was written.",
        fix="Look into it: bo audit verify. To carry it over as it is, differences and all: --no-verify.",
    )


def _header(app: BackOffice, session: Session, found: Verification | None) -> dict[str, Any]:
    at = versions(session)
    core = {"name": "bo", "distribution": "bocore", "version": bocore.__version__, "state": "attached", "migration": at.pop("bo", None)}
    known = {one.name: one for one in recorded_plugins(session)}
    plugins = [
        {"name": one.name, "distribution": one.distribution, "version": one.version, "state": one.state, "migration": at.get(one.name)}
        for one in known.values()
        if one.owns_data or at.get(one.name) is not None
    ]
    return {
        "bocore": bocore.__version__,
        "made": canonical_instant(app.clock()),
        "engine": session.engine,
        "tenant": app.tenant,
        "verified": None if found is None else {"records": found.records, "rows": found.rows},
        "plugins": [core, *plugins],
    }


def _write(app: BackOffice, session: Session, writer: Writer, progress: Progress) -> None:
    tables: list[tuple[Contents, Making | None]] = [(table, None) for table in contents_of(app)]
    tables += detached_contents(app, session, recorded_plugins(session))
    for table, making in tables:
        writer.begin(table, making)
        for rows in table.read(session):
            try:
                writer.rows(rows)
            except ValueError as error:
                raise _unwritable(table.name, rows, error) from None
            progress(table.name, len(rows))
        writer.end()


def _unwritable(table: str, rows: list[Any], error: ValueError) -> StorageError:
    return StorageError(
        f"A row of {table} between {rows[0][0]} and {rows[-1][0]} can't be written: {error}.",
        fix="Somebody has written to the database by hand. bo audit verify names the row; nothing was exported.",
    )
