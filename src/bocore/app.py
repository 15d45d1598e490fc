"""``BackOffice``: one application over one database, with the plugins that it was given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TextIO

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bocore.entities import Entity, EntitySpec, FieldSpec, spec_of
from bocore.entities.generate import Compiled, canonical_rows, compile_entity
from bocore.entities.personal import check_personal
from bocore.entities.tables import in_order, real_tables
from bocore.errors import PluginError, StorageError, UsageError
from bocore.plugins import Plugin, PluginHost
from bocore.record.canonical import canonical_bytes, canonical_text
from bocore.record.feed import Commit, read_feed
from bocore.record.shapes import Shape, next_shape, read_shapes
from bocore.storage.database import open_database
from bocore.storage.ids import IdPool
from bocore.storage.session import Session, is_lost
from bocore.storage.tables import internal_tables
from bocore.storage.tokens import DatabaseTokens
from bocore.uow import UnitOfWork
from bocore.uow.numbering import Plan

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from bocore.doctor import Check
    from bocore.imports import ImportResult
    from bocore.jobs.queue import Jobs
    from bocore.kernel.company import Company
    from bocore.reports import ReportResult
    from bocore.tenants import TenantFile

IDLE = 4


class BackOffice:
    """The application: opens the database, loads the plugins, and begins units of work.

    :param where: a path of a SQLite file, a URL, or an engine of the host's.
    :param plugins: modules, Plugin values or names; all installed plugins unless told.
    :param clock: returns the present instant, aware and in UTC; for tests and imports of the past.
    """

    def __init__(
        self,
        where: str | Path | Engine,
        *,
        tenant: str | None = None,
        plugins: Sequence[ModuleType | Plugin | str] | PluginHost | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.database = open_database(where, tenant)
        self.engine = self.database.engine
        self.lends = self.database.lends
        self.tenant = tenant
        self.clock = clock or (lambda: datetime.now(UTC))
        self.host = plugins if isinstance(plugins, PluginHost) else PluginHost.discover() if plugins is None else PluginHost.of(plugins)
        self.host.load()
        self._specs = {spec.name: spec for spec in (spec_of(cls) for _, cls in self.host.entity_classes())}
        check_personal(self._specs.values())
        self._owner = {spec_of(cls).name: prefix for prefix, cls in self.host.entity_classes()}
        order = {spec.cls: rank for rank, spec in enumerate(in_order(self._specs.values()))}
        self.rank: Callable[[type], int] = order.__getitem__
        """The place of an entity among all: after everything that it refers to."""
        self._frozen_owners: dict[type, bool] = {}
        self.table_names = frozenset(self._specs)
        self.metadata = sa.MetaData()
        internal_tables(self.metadata)
        real_tables(self.metadata, self._specs.values())
        self._idle: list[Session] = []
        self._closed = False
        self._ids = IdPool(self._connect)
        self.tokens = DatabaseTokens(self._connect, [spec.name for spec in self._specs.values() if spec.tokens])
        self._companies: dict[type, dict[int, int]] = {}
        self.token_classes: list[type[Any]] = [spec.cls for spec in self._specs.values() if spec.tokens]
        """The entities whose rows declare what money can count in."""
        self.purposes: Mapping[str, str] = self.host.purposes
        """Purpose → what it falls back to: of the loaded plugins, and of those that were here before."""
        self._compiled: dict[type, Compiled] = {}
        self.texts: dict[Any, Any] = {}
        self._owners: dict[frozenset[str], str] = {}
        self._numbering: dict[type, list[Plan]] = {}
        self._closures: dict[frozenset[str], set[type]] = {}
        self._kinds: dict[type, dict[str, str]] = {}
        self._guarded: dict[str, list[tuple[str, Callable[[Any], Any], type]]] = {}
        self._canonical: dict[str, Any] = {}
        self._shapes: dict[str, Shape] | None = None
        self._schema: int | None = None
        """SQLite's number of the schema that the shapes were read with."""
        self._may_write: bool | None = None
        self._writers: set[int] = set()
        """Threads in which a unit of work holds the write lock."""
        self._lock = threading.RLock()
        self._jobs: Jobs | None = None
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
        **more: Any,
    ) -> BackOffice:
        """Make the tables of the core and of every plugin, and the first company; does nothing that is done already.

        :param role: on PostgreSQL, as whom applications log in: it gets the rights of daily work, and none to change what is
            append-only. Whoever calls this owns the tables, and alone can migrate them.
        """
        from bocore.migrate import upgrade
        from bocore.storage.grants import check_role, grant_to

        if role is not None:
            check_role(self, role)
        self.database.create()
        upgrade(self)
        if role is not None:
            grant_to(self, role)
        if company is not None:
            from bocore.kernel.setup import first_company

            with self.unit_of_work(actor=actor, reason="First company") as uow:
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

    def doctor(self, *, deep: bool = False) -> list[Check]:
        """Look at rights, versions, plugins, migrations, clocks, disk, jobs and settings: what is wrong, and what to do. Changes nothing.

        :param deep: also read every page of a SQLite file, and recompute what plugins keep derived.
        """
        from bocore.doctor import examine

        return examine(self, deep=deep)

    def close(self) -> None:
        """Give all connections back."""
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
        actor: str,
        reason: str | None = None,
        company: Company | int | str | None = None,
        read_only: bool = False,
        connection: Connection | None = None,
        on_behalf_of: str | None = None,
        correlation: str | None = None,
    ) -> UnitOfWork:
        """Begin a unit of work; use it in ``with``.

        :param actor: who does it: recorded as given.
        :param reason: why, for the record.
        :param company: object, id or code; may be left out where there is only one.
        :param connection: join the transaction of a host, who commits.
        :param correlation: ties commits together that belong to one business, e.g. ``order:1042``.
        """
        given: Any = actor
        if not isinstance(given, str) or not given:
            raise UsageError("A unit of work needs an actor.", fix='bo.unit_of_work(actor="ann")')
        for name, text in (("actor", actor), ("reason", reason), ("on_behalf_of", on_behalf_of), ("correlation", correlation)):
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
        actor: str,
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
        """
        from bocore.uow.running import run

        function = self.host.resolve("service", fn).function if isinstance(fn, str) else fn
        return run(
            self, function, args, keywords, actor=actor, reason=reason, key=key, retries=retries, company=company, correlation=correlation
        ).result

    def report(
        self,
        name: str,
        *,
        actor: str,
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
        actor: str,
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
        actor: str,
        company: Company | int | str | None = None,
        options: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> None:
        """Write a file in a format of somebody else's; a file that is named takes its new content whole, or keeps the old."""
        from bocore.imports import export

        export(self, name, out, actor=actor, company=company, options={**(options or {}), **more})

    def feed(self, consumer: str) -> Iterator[Commit]:
        """Committed units of work in order, from the consumer's own cursor, at least once."""
        session = self._open_session(None, write=False)
        try:
            self._check_ready(session, write=False)
        finally:
            session.close(read_only=True)
        return read_feed(self._connect, consumer)

    @property
    def jobs(self) -> Jobs:
        """The queue of jobs: what waits, runs, has ended or failed; retry and cancel."""
        if self._jobs is None:
            from bocore.jobs.queue import Jobs

            self._jobs = Jobs(self)
        return self._jobs

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

    # -- what units of work ask

    def compiled(self, cls: type) -> Compiled:
        """The generated functions of an entity; PluginError where its plugin is not part of this application."""
        found = self._compiled.get(cls)
        if found is None:
            spec = spec_of(cls)
            if self._specs.get(spec.name) is not spec:
                raise PluginError(f"{cls.__qualname__} belongs to no plugin of this application.", fix="Name it in Plugin(entities=…).")
            found = self._compiled[cls] = compile_entity(spec, self.tokens)
        return found

    def kinds(self, cls: type) -> dict[str, str]:
        """column → stored kind."""
        found = self._kinds.get(cls)
        if found is None:
            found = self._kinds[cls] = {column.name: column.kind for column in spec_of(cls).columns}
        return found

    def canonical(self, spec: EntitySpec) -> Any:
        """The function that makes driver rows of an entity canonical, by its latest shape."""
        found = self._canonical.get(spec.name)
        if found is None:
            found = self._canonical[spec.name] = canonical_rows(self.shape(spec.name).positions)
        return found

    def shape(self, entity: str) -> Shape:
        """The latest shape of an entity in this database."""
        if self._shapes is None or entity not in self._shapes:
            raise StorageError(f"The tables of {entity} are not in this database yet.", fix="Run bo migrate.")
        return self._shapes[entity]

    def closure(self, tables: Iterable[str]) -> set[type]:
        """The entities of these tables and all that they refer to."""
        wanted = frozenset(tables)
        known = self._closures.get(wanted)
        if known is not None:
            return known
        found: set[type] = set()
        waiting = [self._specs[name] for name in wanted]
        while waiting:
            spec = waiting.pop()
            if spec.cls not in found:
                found.add(spec.cls)
                targets = [f.target for f in spec.fields.values() if f.target is not None]
                waiting += [spec_of(t) for t in (*targets, *([spec.extends] if spec.extends else []))]
        self._closures[wanted] = found
        return found

    def extensions_of(self, cls: type) -> list[type[Entity]]:
        """The entities that extend this one."""
        return [spec.cls for spec in self._specs.values() if spec.extends is cls]

    def referrers(self, cls: type) -> list[tuple[EntitySpec, FieldSpec]]:
        """The fields of all entities that refer to this one."""
        return [(spec, field) for spec in self._specs.values() for field in spec.fields.values() if field.target is cls]

    def companies_of(self, uow: UnitOfWork, cls: type, ids: set[int]) -> dict[int, int]:
        """id → company of rows of a company's entity, with others perhaps. A row keeps its company for ever, so it is remembered."""
        known = self._companies.setdefault(cls, {})
        if ids <= known.keys():
            return known
        held = uow._tracker.held(cls)
        mine = {i: held[i][0].company_id for i in ids if i in held}
        missing = [i for i in ids if i not in mine and i not in known]
        if missing:
            session = uow._touch()
            sql = f"SELECT id, company_id FROM {spec_of(cls).name} WHERE {session.among('id')}"
            if len(known) > 100_000:
                known.clear()
            known.update(session.execute(sql, (session.listed(missing),)).fetchall())
        return mine if len(mine) == len(ids) else {**known, **mine} if mine else known

    def guarded(self, spec: EntitySpec) -> list[tuple[str, Callable[[Any], Any], type]]:
        """The references of an entity that must stay inside one company: field, what reads it, and whose rows it names."""
        found = self._guarded.get(spec.name)
        if found is None:
            found = self._guarded[spec.name] = [
                (field.name, attrgetter(field.name), field.target)
                for field in spec.all("ref")
                if field.target is not None
                and field.name != "company_id"
                and not field.options.get("cross_company")
                and spec_of(field.target).company
            ]
        return found

    def may_freeze(self, cls: type) -> bool:
        """Whether rows of an entity are parts of others that can be frozen."""
        found = self._frozen_owners.get(cls)
        if found is None:
            link = spec_of(cls).one("parent")
            found = self._frozen_owners[cls] = link is not None and link.target is not None and bool(spec_of(link.target).frozen_in)
        return found

    def numbering(self, cls: type) -> list[Plan]:
        """How the numbers of an entity are taken."""
        found = self._numbering.get(cls)
        if found is None:
            from bocore.kernel.series import Series

            spec = spec_of(cls)
            found = self._numbering[cls] = [Plan(spec, field, Series) for field in spec.all("numbered")]
        return found

    def owners(self, entities: frozenset[str]) -> str:
        """The plugins that own these entities, as canonical text."""
        found = self._owners.get(entities)
        if found is None:
            found = self._owners[entities] = canonical_bytes(sorted({self._owner[name] for name in entities})).decode()
        return found

    # -- connections

    def _drop_connections(self) -> None:
        while self._idle:
            self._idle.pop().end()
        self.database.close()

    def _connect(self) -> Session:
        """A session: the one that was used last, if it is idle. Taking a connection from the pool costs more than a small statement."""
        try:
            return self._idle.pop()
        except IndexError:
            return self.database.connect(self._put_back)

    def _put_back(self, session: Session) -> bool:
        if self._closed or len(self._idle) >= IDLE or not session.is_sound():
            return False
        self._idle.append(session)
        return True

    def _open_session(self, connection: Connection | None, *, write: bool) -> Session:
        if connection is not None:
            return self.database.join(connection, write=write)
        while True:
            kept = bool(self._idle)
            session = self._connect()
            try:
                session.begin(write=write)
            except BaseException as error:
                session.close()
                if kept and is_lost(error.__cause__ or error):
                    continue  # it was idle while the server went; nothing has happened in it yet
                raise
            return session

    def count_up_at_once(self, series: int, period: str, count: int, day: str) -> int:
        """Take numbers that may go missing: in a transaction of their own, so that nobody waits for the end of another's."""
        session = self._connect()
        try:
            return session.count_up(series, period, count, day)
        finally:
            session.close()

    def place_commits(self) -> None:
        """Give all commits their positions, in a transaction of its own."""
        session = self._connect()
        try:
            session.place_commits()
        finally:
            session.close()

    @contextmanager
    def aside(self, session: Session) -> Iterator[Session]:
        """A session that can still read after the database has refused a statement: PostgreSQL ends the transaction with it."""
        if session.engine == "sqlite":
            yield session
            return
        other = self._connect()
        try:
            other.begin(write=False)
            yield other
        finally:
            other.close(read_only=True)

    def _check_ready(self, session: Session, *, write: bool) -> None:
        """Once, and again after a migration: the database has the tables and shapes of the code, and no plugin with data is missing."""
        if self._shapes is None or session.schema != self._schema:
            with self._lock:
                if self._shapes is None or session.schema != self._schema:  # else another thread has, meanwhile
                    if self._shapes is not None:
                        self._forget_state()
                    self._read_state(session)
        if write and not self._may_write:
            from bocore.plugins import missing_owners
            from bocore.storage.recorded import recorded_plugins

            findings = missing_owners(recorded_plugins(session), self.host)
            if findings:
                raise PluginError(findings)
            self._may_write = True

    def _read_state(self, session: Session) -> None:
        from bocore.migrate import check
        from bocore.storage.recorded import recorded_purposes

        check(self, session)
        shapes = read_shapes(session)
        behind = [
            spec.name for spec in self._specs.values() if not spec.derived and next_shape(spec, shapes.get(spec.name), {}) is not None
        ]
        if behind:
            raise StorageError(f"The database is older than the code: {', '.join(sorted(behind))} changed.", fix="Run bo migrate.")
        self.tokens.read(session)
        self.purposes = {**recorded_purposes(session), **self.host.purposes}
        self._shapes, self._schema = shapes, session.schema

    def _forget_state(self) -> None:
        """After a migration: read shapes and plugins again."""
        with self._lock:
            self._shapes, self._may_write = None, None
            self._ids = IdPool(self._connect)
            self._canonical.clear()

    def _committed(self, uow: UnitOfWork) -> None:
        """After COMMIT: what was private to the unit is everybody's."""
        for entity, blocks in uow._private.items():
            for block in blocks:
                if len(block):
                    self._ids.give(entity, block)

    def _follow_host(self, uow: UnitOfWork) -> None:
        from bocore.storage.joined import follow

        follow(uow, lambda: self._committed(uow))
