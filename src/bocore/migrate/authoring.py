"""Writing migrations: the difference between a plugin's entities and a database that has seen all its migrations."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import TYPE_CHECKING

from bocore.errors import UsageError
from bocore.migrate.history import VERSIONS, History, histories
from bocore.migrate.upgrading import _quiet, alone, bring_up, columns_of, watch_for

if TYPE_CHECKING:
    from bocore.app import BackOffice
    from bocore.storage.session import Session


def new(
    app: BackOffice,
    plugin: str,
    message: str,
    *,
    initial: bool = False,
    rebase: Sequence[str] = (),
    say: Callable[[str], object] | None = None,
) -> Path:
    """Write the next migration of a plugin into its package, and return the file.

    :param message: what changes, in a few words: it becomes the file's name and first line.
    :param initial: begin anew: all migrations of the plugin are replaced by one. Only before the plugin was ever released.
    :param rebase: entities whose values the author is going to change by hand: their digests are stated anew.
    :param say: told of what the author must look at: what is lost, and what is stated anew.

    Raises UsageError where nothing changed, and where a new column would leave older rows without a value.
    """
    from bocore.migrate.compare import compared
    from bocore.migrate.render import rendered

    history = _history(app, plugin)
    unknown = [name for name in rebase if app._owner.get(name) != plugin]
    if unknown:
        raise UsageError(f"{plugin!r} has no entity {', '.join(unknown)}.", fix=f"It has: {', '.join(_entities(app, plugin))}.")
    slug = re.sub(r"[^a-z0-9]+", "_", message.lower()).strip("_")[:40].strip("_")
    if not slug:
        raise UsageError("A migration needs a message.", fix=f'bo migrate new {plugin} -m "add colour of visits"')
    bare = initial or not history.revisions
    with _scratch(app, plugin, bare=bare) as (scratch, session):
        text, warnings = rendered(scratch, compared(scratch, session.sa, plugin), message, rebase)
    if text is None:
        raise UsageError(f"The entities of {plugin!r} are as its migrations say.", fix="Change an entity first.")
    if say is not None:
        for warning in warnings:
            say(warning)
    folder = _folder(history)
    if initial:
        for revision in history.revisions:
            revision.path.unlink()
    number = 1 if bare else int(history.revisions[-1].number) + 1
    path = folder / f"{number:04}_{slug}.py"
    path.write_text(text, encoding="utf-8")
    invalidate_caches()
    return path


def differences(app: BackOffice, plugin: str) -> list[str]:
    """How the tables that a plugin's migrations make differ from its entities; empty where no migration was forgotten.

    A test of every plugin calls this: ``assert differences(bo, "vet") == []``. The application's own database is not touched.
    """
    from bocore.migrate.compare import described

    history = _history(app, plugin)
    if not history.revisions:
        return [f"{plugin} has no migration yet: bo migrate new {plugin} -m tables"]
    with _scratch(app, plugin, bare=False) as (scratch, session):
        return described(scratch, session.sa, plugin)


def _entities(app: BackOffice, plugin: str) -> list[str]:
    return sorted(name for name, owner in app._owner.items() if owner == plugin)


def _history(app: BackOffice, plugin: str) -> History:
    known = {history.plugin: history for history in histories(app.host)}
    if plugin not in known:
        raise UsageError(f"There is no plugin {plugin!r}.", fix=f"There are: {', '.join(known)}.")
    if known[plugin].package is None:
        raise UsageError(f"The plugin {plugin!r} names no package for migrations.", fix='Plugin(…, migrations="your_package.migrations")')
    return known[plugin]


@contextlib.contextmanager
def _scratch(app: BackOffice, plugin: str, *, bare: bool) -> Iterator[tuple[BackOffice, Session]]:
    """An application of the same plugins over an empty SQLite database, brought up to and including one plugin.

    :param bare: without that plugin's own tables.
    """
    from tempfile import TemporaryDirectory

    from sqlalchemy.engine import URL

    from bocore.app import BackOffice
    from bocore.storage.sqlite import open_file

    with TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        file = open_file(URL.create("sqlite", database=str(Path(folder) / "scratch.db")))
        scratch = stack.enter_context(BackOffice(file, plugins=app.host))
        session = stack.enter_context(alone(scratch))
        for history in histories(app.host):
            if history.plugin == plugin and bare:
                break
            bring_up(scratch, session, history, columns_of(session), watch_for(scratch), _quiet, [])
            if history.plugin == plugin:
                break
        yield scratch, session


def _folder(history: History) -> Path:
    """Where the plugin's migrations are kept; made, with its packages, where it is not there yet."""
    assert history.package is not None
    try:
        home = Path(next(iter(import_module(history.package).__path__)))
    except ModuleNotFoundError as error:
        parent, _, name = history.package.rpartition(".")
        if error.name != history.package or not parent:
            raise
        home = Path(next(iter(import_module(parent).__path__))) / name
    folder = home / VERSIONS
    for path, doc in ((home, f"The migrations of {history.plugin}."), (folder, "Numbered migrations, first to last.")):
        path.mkdir(exist_ok=True)
        if not (path / "__init__.py").exists():
            (path / "__init__.py").write_text(f'"""{doc}"""\n', encoding="utf-8")
    return folder
