"""``BackOffice``: one application over one database, with the plugins that it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

from sqlalchemy.engine import Connection, Engine

from bocore.access.actor import Actor, Scoped, Who
from bocore.access.authority import FULL
from bocore.access.entrance import Entrance
from bocore.app_sessions import Sessions
from bocore.errors import UsageError
from bocore.keys.store import Keychain
from bocore.plugins import Plugin, PluginHost
from bocore.record.canonical import canonical_text
from bocore.record.feed import Commit, read_feed
from bocore.record.keeper import keeper_of
from bocore.storage.database import open_database
from bocore.uow import UnitOfWork

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from bocore.doctor import Check
    from bocore.imports import ImportResult
    from bocore.jobs.queue import Jobs
    from bocore.kernel.approved import Approvals
    from bocore.kernel.company import Company
    from bocore.keys.provider import KeyProvider
    from bocore.record.sealing import Head
    from bocore.reports import ReportResult
    from bocore.tenants import TenantFile

LONGEST_TIMEOUT = 2_000_000
"""Seconds; a server counts milliseconds in 32 bits."""


class BackOffice(Sessions, Entrance):
    """The application: opens the database, loads the plugins, and begins units of work.

    :param where: a path of a SQLite file, a URL, or an engine of the host's.
    :param plugins: modules, Plugin values or names; all installed plugins unless told.
    :param clock: returns the present instant, aware and in UTC; for tests and imports of the past.
    :param report_timeout: seconds that the database may take for one statement of a unit of work that only reads, as reports and
        exporters are (TimedOut after that); None for as long as it takes. The transaction of a host keeps the host's own limits.
    :param key: what wraps the keys of secret fields: the path of a key file, the text or 32 bytes of a key, or whoever keeps one
        (KeyProvider). Without it a plugin is asked (``bo_key_provider``), then $BOCORE_KEY_FILE and $BOCORE_KEY; looked at when
        something secret is first touched.
    :param anchor: a file to which each new head of the sealed record is appended; $BOCORE_ANCHOR without it.
    """

    def __init__(
        self,
        where: str | Path | Engine,
        *,
        tenant: str | None = None,
        plugins: Sequence[ModuleType | Plugin | str] | PluginHost | None = None,
        clock: Callable[[], datetime] | None = None,
        report_timeout: float | None = 60.0,
        key: KeyProvider | Path | str | bytes | None = None,
        anchor: Path | str | None = None,
    ) -> None:
        host = plugins if isinstance(plugins, PluginHost) else PluginHost.discover() if plugins is None else PluginHost.of(plugins)
        host.load()
        super().__init__(open_database(where, tenant), host)
        self.tenant = tenant
        if report_timeout is not None and not 0 < report_timeout <= LONGEST_TIMEOUT:
            message = f"report_timeout is {report_timeout!r}."
            raise UsageError(message, fix=f"Give seconds, from above 0 to {LONGEST_TIMEOUT:,}, or None for no limit.")
        self.report_timeout = report_timeout
        self.clock = clock or (lambda: datetime.now(UTC))
        self.keys = Keychain(self, key)
        """The keys of secret fields, opened when the first is touched."""
        self.keeper = keeper_of(self, anchor)
        """Seals what was committed."""
        self._jobs: Jobs | None = None
        self._approvals: Approvals | None = None
        self._executor: tuple[Executor, bool] | None = None
        """What gives the processes for big batches, and whether it is this application's own to end."""

    # -- life

    def init(
        self,
        *,
        company: str | None = None,
        currency: str = "EUR",
        code: str | None = None,
        zone: str = "UTC",
        actor: str = "init",
        role: str | None = None,
        owner: str | None = None,
        **more: Any,
    ) -> BackOffice:
        """Make the tables of the core and of every plugin, and the first company; does nothing that is done already.

        :param owner: the name of the first user, who may do everything; without one anybody whom the program names may do everything,
            until there is a user. Makes nobody where there are users.
        :param role: on PostgreSQL, as whom applications log in: it gets the rights of daily work, and none to change what is
            append-only. Whoever calls this owns the tables, and alone can migrate them.
        """
        from bocore.migrate import upgrade
        from bocore.storage.grants import check_role, grant_to

        if role is not None:
            check_role(self, role)
        upgrade(self, create=True)
        if role is not None:
            grant_to(self, role)
        if owner is not None:
            from bocore.access.setup import first_owner

            first_owner(self, owner)
            actor = owner if actor == "init" else actor
        if company is not None:
            from bocore.kernel.setup import first_company

            with UnitOfWork(self, actor=actor, reason="First company", authority=FULL) as uow:
                first_company(uow, name=company, currency=currency, code=code, zone=zone, **more)
        return self

    def migrate(self, *, backup: str | Path | None = None) -> BackOffice:
        """Bring the tables up to the code.

        :param backup: a new file, into which the database is copied first, where anything is to be done.
        """
        from bocore.migrate import upgrade

        upgrade(self, backup=backup)
        return self

    def export_tenant(self, path: str | Path, *, verify: bool = True, progress: Callable[[str, int], None] | None = None) -> TenantFile:
        """Write everything that this tenant is into one new file, of one moment, from which :meth:`import_tenant` makes it again.

        The file serves both engines: so a firm moves from SQLite to PostgreSQL, or back. Others may read and write meanwhile, but what
        they write later is not in it.

        :param verify: first recompute every row and record, and refuse to carry over what is not as it was recorded.
        :param progress: called with a table and the number of rows just verified or written.
        :raises Refused: what is stored differs from what was recorded.
        :raises StorageError: the file is there already, or can't be written.
        """
        from bocore.tenants import export_tenant

        self.keeper.tend()
        return export_tenant(self, Path(path), verifying=verify, progress=progress)

    def import_tenant(self, path: str | Path, *, verify: bool = True, progress: Callable[[str, int], None] | None = None) -> TenantFile:
        """Take a tenant in from its file, into a new database or schema: all of it or nothing.

        Every row is read again and compared with the file's digests, and recomputed from the commit records, before anything is kept.
        Numbers, ids, keys of ``bo.run`` and cursors of the feed go on where they were.

        :param verify: False takes in what is not as it was recorded, from a file that was written so.
        :raises Refused: there is a tenant already, the file is not whole or not sound, or a plugin that it needs is missing or older.
        """
        from bocore.tenants import import_tenant

        return import_tenant(self, Path(path), verifying=verify, progress=progress)

    def rotate_keys(self, new: KeyProvider | Path | None = None, *, actor: Who) -> int:
        """Wrap every data key by another key, all of them or none; returns how many. No stored value changes.

        The key of this application must still be the one before; from then on it is the new one, here and, once it is set there, in every
        other process.

        :param new: the new key; a plugin's (``bo_key_provider``) as it is now unless told.
        """
        from bocore.keys.operate import rotate
        from bocore.keys.provider import find_provider

        provider = self.keys.provider if new is None else find_provider(new, lambda: None)
        with self.unit_of_work(actor=actor, reason="Data keys wrapped anew") as uow:
            uow.require("bo.operate", "replace the key")
            count = rotate(uow, provider)
        self.keys.replace(provider)
        return count

    def doctor(self, *, deep: bool = False) -> list[Check]:
        """Look at rights, versions, plugins, migrations, clocks, disk, jobs and settings: what is wrong, and what to do. Changes nothing.

        :param deep: also read every page of a SQLite file, and recompute what plugins keep derived.
        """
        from bocore.doctor import examine

        return examine(self, deep=deep)

    def seal(self) -> Head | None:
        """Seal every record that is committed: it becomes a leaf of the tree whose head is signed and anchored; returns that head.

        An application with a SQLite file does so by itself: each 256 commits, when a period is closed, and on close. On PostgreSQL a worker
        does (``bo jobs work``), or whoever calls this. None where nothing was ever committed.

        :raises StorageError: the database is busy or can't be written.
        """
        return self.keeper.seal()

    def close(self) -> None:
        """Seal what is not sealed yet, where nobody else writes, and give all connections back."""
        if not self._closed:
            self.keeper.close()
        self._closed = True
        self._drop_connections()
        if self._executor is not None and self._executor[1]:
            self._executor[0].shutdown(cancel_futures=True)

    def __enter__(self) -> BackOffice:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- work

    def unit_of_work(
        self,
        *,
        actor: Who,
        reason: str | None = None,
        company: Company | int | str | None = None,
        read_only: bool = False,
        connection: Connection | None = None,
        on_behalf_of: str | None = None,
        correlation: str | None = None,
    ) -> UnitOfWork:
        """Begin a unit of work; use it in ``with``.

        :param actor: who does it: the name of a user of this database, or an ``Actor`` that the program vouches for. While there are no
            users, anybody may do everything.
        :param reason: why, for the record.
        :param company: object, id or code; may be left out where there is only one.
        :param connection: join the transaction of a host, who commits.
        :param correlation: ties commits together that belong to one business, e.g. ``order:1042``.
        """
        given: Any = actor
        if not isinstance(given, (str, Actor, Scoped)) or not given:
            raise UsageError("A unit of work needs an actor.", fix='bo.unit_of_work(actor="ann")')
        for name, text in (
            ("actor", given if isinstance(given, str) else given.recorded),
            ("reason", reason),
            ("on_behalf_of", on_behalf_of),
            ("correlation", correlation),
        ):
            if text is not None:
                if type(text) is not str:
                    raise UsageError(f"{name} is {text!r}.", fix="Give text.")
                canonical_text(text, at=name)
        return UnitOfWork(
            self,
            actor=actor,
            reason=reason,
            company=company,
            read_only=read_only,
            connection=connection,
            on_behalf_of=on_behalf_of,
            correlation=correlation,
        )

    def run(
        self,
        fn: Callable[..., Any] | str,
        *args: Any,
        actor: Who,
        reason: str | None = None,
        key: str | None = None,
        retries: int = 5,
        company: Company | int | str | None = None,
        correlation: str | None = None,
        **keywords: Any,
    ) -> Any:
        """Run ``fn(uow, *args, **keywords)`` in a unit of work: retried where that can help, and only once for a key.

        Returns plain values: numbers, text, lists and dicts; an entity becomes its id and number; a function without arguments is
        called after numbering. The same key with the same arguments returns what the first run returned; KeyReused with others.

        :param fn: a function, or the name of a plugin's service: full (``"accounting.close-year"``), or short while that is unique.
        :raises ApprovalNeeded: others must approve the service first: nothing is done, and the request for it is kept. The same key gives
            the result, once it is done.
        """
        from bocore.uow.running import APPROVED, run

        if key is not None and key.startswith(APPROVED):
            raise UsageError(f"Keys that begin with {APPROVED} are those of what was approved.", fix="Take another key.")

        function = self.host.resolve("service", fn).function if isinstance(fn, str) else fn
        return run(
            self, function, args, keywords, actor=actor, reason=reason, key=key, retries=retries, company=company, correlation=correlation
        ).result

    def report(
        self,
        name: str,
        *,
        actor: Who,
        company: Company | int | str | None = None,
        details: bool = False,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ReportResult:
        """Run a report in a unit of work that only reads; options are its keyword arguments, as values or as text.

        :param name: full (``"accounting.trial-balance"``), or short while that is unique.
        :param details: with the reports behind its figures, for ``result.render("html", …)``.
        :param options: for options whose names are taken here (``name``, ``actor``, ``company``, ``details``).
        """
        from bocore.reports import run_report

        return run_report(self, name, actor=actor, company=company, options={**(options or {}), **more}, details=details)

    def import_file(
        self,
        name: str,
        path: str | Path,
        *,
        actor: Who,
        company: Company | int | str | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ImportResult:
        """Take a file in: all of it or nothing, and once: the same file again adds nothing and says so.

        :param dry_run: do everything, checks included, and roll it back; the result says what would be added.
        :param progress: called with the bytes read so far and the size of the file.
        :raises Refused: with every finding; nothing is written.
        """
        from bocore.imports import import_file

        return import_file(
            self, name, Path(path), actor=actor, company=company, dry_run=dry_run, progress=progress, options={**(options or {}), **more}
        )

    def export(
        self,
        name: str,
        out: TextIO | str | Path,
        *,
        actor: Who,
        company: Company | int | str | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Write a file in a format of somebody else's; a file that is named takes its new content whole, or keeps the old."""
        from bocore.imports import export

        export(self, name, out, actor=actor, company=company, options={**(options or {}), **more})

    def feed(self, consumer: str) -> Iterator[Commit]:
        """Committed units of work in order, from the consumer's own cursor, at least once."""
        with self.ready(write=False):
            pass  # a database that is not ready says so now, and not when the first commit is asked for
        return read_feed(self._connect, consumer)

    @property
    def jobs(self) -> Jobs:
        """The queue of jobs: what waits, runs, has ended or failed; retry and cancel."""
        if self._jobs is None:
            from bocore.jobs.queue import Jobs

            self._jobs = Jobs(self)
        return self._jobs

    @property
    def approvals(self) -> Approvals:
        """What waits for a second person: list, approve, reject, withdraw."""
        if self._approvals is None:
            from bocore.kernel.approved import Approvals

            self._approvals = Approvals(self)
        return self._approvals

    def executor(self) -> Executor:
        """The executor on which big batches are computed: a plugin's (``bo_executor``), or else a pool of processes of this machine.

        What it runs is a pure function of plain data at the top of a module: it gets to another process, or to another machine.
        """
        with self._lock:
            if self._executor is None:
                from bocore.jobs.executor import process_pool

                given = self.host.hook.bo_executor()
                self._executor = (process_pool(), True) if given is None else (given, False)
            return self._executor[0]
