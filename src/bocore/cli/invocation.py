"""One run of ``bo``: its own options, and the plugins and the database that commands need, opened when they first do."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.plugins import PluginHost
    from bocore.storage.database import Database
    from bocore.storage.session import Session


F = TypeVar("F", bound=Callable[..., Any])


class Invocation:
    """What every command asks: who, which company, which plugins, which database.

    :param plugins: instead of the installed ones: for tests, and for programs that have a command line of their own.
    :param clock: the application's.
    :param user: instead of the user of the operating system: for tests, and for programs that know who uses them.
    """

    def __init__(
        self, *, plugins: Sequence[Any] | None = None, clock: Callable[[], datetime] | None = None, user: str | None = None
    ) -> None:
        self._user = user
        self._stands_in: str | None = None
        self._plugins = plugins
        self._clock = clock
        self._root: click.Context | None = None
        self._chosen: str | None = None
        self._host: PluginHost | None = None
        self._app: BackOffice | None = None

    def attach(self, root: click.Context) -> None:
        """Take the options of ``bo`` from the context of this run."""
        if self._root is not root:
            self._root, self._app, self._chosen = root, None, None
            root.call_on_close(self._close)

    def _option(self, name: str) -> Any:
        return self._root.params.get(name) if self._root is not None else None

    @property
    def db(self) -> str:
        """The database as it was named."""
        return self._option("db") or os.environ.get("BOCORE_DB") or "bocore.db"

    @property
    def tenant(self) -> str | None:
        """The tenant that was named."""
        return self._chosen or self._option("tenant") or None

    def choose(self, tenant: str) -> None:
        """Take the tenant that a command names; refused where --tenant names another."""
        given = self._option("tenant") if self._given("tenant") else None
        if given is not None and given != tenant:
            raise click.UsageError(f"The command is about the tenant {tenant}, and --tenant names {given}. Leave --tenant out.")
        self._chosen = tenant

    @property
    def where(self) -> str:
        """The database and tenant for people to read, without a password."""
        return self._shown if self.tenant is None else f"{self.tenant} in {self._shown}"

    @property
    def again(self) -> str:
        """How a command about the same database begins."""
        said = "bo" if self.db == "bocore.db" else f"bo --db {self._shown}"
        return said if self.tenant is None else f"{said} --tenant {self.tenant}"

    @property
    def _shown(self) -> str:
        if "://" not in self.db:
            return self.db
        from sqlalchemy.engine import make_url

        return make_url(self.db).render_as_string()

    @property
    def db_was_given(self) -> bool:
        """True where --db stood on the command line."""
        return self._given("db")

    def _given(self, option: str) -> bool:
        source = self._root.get_parameter_source(option) if self._root is not None else None
        return source is click.core.ParameterSource.COMMANDLINE

    @property
    def actor(self) -> str:
        """Who does it: --as, or the user of the operating system."""
        given: str | None = self._option("actor")
        return given or self.user

    @property
    def user(self) -> str:
        """Who sits there: by the id under which the process runs, which nobody sets as he likes."""
        if self._user is None:
            try:
                import pwd

                self._user = pwd.getpwuid(os.geteuid()).pw_name
            except ImportError:  # Windows
                import getpass

                self._user = getpass.getuser()
            except KeyError:  # a container without a name for its user
                self._user = str(os.geteuid())
        return self._user

    def _check_standing_in(self, session: Session) -> None:
        """Once a database: only an owner acts as somebody else."""
        place = f"{self.db} {self.tenant}"
        if self._option("actor") and self._stands_in != place:
            from bocore.access.door import check_standing_in

            check_standing_in(session, self.user, self.actor)
            self._stands_in = place

    def now(self) -> datetime:
        """The instant, by the application's clock."""
        return self._clock() if self._clock is not None else datetime.now(UTC)

    @property
    def company(self) -> str | None:
        """The code of the company that was named."""
        given: str | None = self._option("company")
        return given

    def told_again(self) -> list[str]:
        """The options of ``bo`` for another process, but for the database, which goes by $BOCORE_DB."""
        told = (("--tenant", self.tenant), ("--as", self._option("actor")), ("--company", self.company))
        return [word for name, value in told if value is not None for word in (name, value)]

    @property
    def given(self) -> list[str]:
        """Names of plugins that a program gave by hand, which no entry point lists."""
        if self._plugins is None:
            return []
        return [state.name for state in self.host.plugins if state.name != "bocore"]

    @property
    def host(self) -> PluginHost:
        """The plugins, loaded; what can't be loaded is said on standard error."""
        if self._host is None:
            from bocore.plugins import PluginHost

            host = PluginHost.discover() if self._plugins is None else PluginHost.of(self._plugins)
            self._host = host.load()
            for state in self._host.plugins:
                if state.state in ("broken", "skipped"):
                    click.echo(f"Warning: {state.trouble} {state.fix}", err=True)
        return self._host

    @property
    def app(self) -> BackOffice:
        """The application over a database that exists, with the company that was named in it."""
        if self._app is None:
            app = self.existing()
            if self.company is not None:
                with app.unit_of_work(actor=self.actor, company=self.company, read_only=True) as uow:
                    _ = uow.company  # refuses one that is not there, and names those that are
        return self.existing()

    def existing(self) -> BackOffice:
        """The application over a database that exists, whatever its tables look like."""
        if self._app is None:
            self._refuse_absent()
            self._app = self.open(self.db)
            if self._option("actor"):
                with self.reading():
                    pass
        return self._app

    def database(self) -> Database:
        """The database alone, without any plugin: what only looks must work even where plugins and tables don't fit."""
        from bocore.storage.database import open_database

        self._refuse_absent()
        database = open_database(self.db, self.tenant)
        if self._root is not None:
            self._root.call_on_close(database.engine.dispose)
        return database

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """One snapshot of the database alone."""
        session = self.database().connect(lambda session: False)
        try:
            session.begin(write=False)
            self._check_standing_in(session)
            yield session
        finally:
            session.close(read_only=True)

    def require(self, permission: str, what: str) -> None:
        """Refuse unless the actor has a permission in the whole database: for commands that are about all of it.

        :param what: the end of "ann may not …".
        """
        from bocore.access.door import check_door

        with self.reading() as session:
            check_door(session, lambda: self.host.roles, self.actor, permission, what)

    def _refuse_absent(self) -> None:
        file = self.file
        if file is not None and not file.exists():
            from bocore.errors import StorageError

            fix = 'Make it with bo init --company "Acme Ltd" --currency EUR, or name another with --db.'
            raise StorageError(f"There is no database {file}.", fix=fix)

    @property
    def file(self) -> Path | None:
        """The file of the database; None where it is a server's."""
        name = self.db
        if "://" not in name:
            return Path(name)
        if not name.startswith("sqlite"):
            return None
        from sqlalchemy.engine import make_url

        return Path(make_url(name).database or "")

    def open(self, where: str) -> BackOffice:
        """An application over that database, made if need be."""
        from bocore.app import BackOffice

        self._app = BackOffice(where, tenant=self.tenant, plugins=self.host, clock=self._clock, **_limits())
        return self._app

    def _close(self) -> None:
        if self._app is not None:
            self._app.close()
            self._app = None


def _limits() -> dict[str, Any]:
    """What the environment says of how long reports may take."""
    given = os.environ.get("BOCORE_REPORT_TIMEOUT")
    if not given:
        return {}
    try:
        return {"report_timeout": float(given) or None}
    except ValueError:
        fix = "Give seconds, or 0 for no limit."
        raise click.UsageError(f"BOCORE_REPORT_TIMEOUT is {given!r}, which is no number. {fix}") from None


def invocation(ctx: click.Context | None = None) -> Invocation:
    """The present run of ``bo``."""
    root = (ctx or click.get_current_context()).find_root()
    if not isinstance(root.obj, Invocation):
        root.obj = Invocation()
    found: Invocation = root.obj
    found.attach(root)
    return found


def requires(permission: str, what: str) -> Callable[[F], F]:
    """A command that is about the whole database, and takes a permission there.

    :param what: the end of "ann may not …".
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(*given: Any, **named: Any) -> Any:
            invocation().require(permission, what)
            return function(*given, **named)

        run.bo_permission = permission  # type: ignore[attr-defined]
        return cast("F", run)

    return decorate
