"""What a person sees when something goes wrong, and the exit code that a script sees."""

from __future__ import annotations

import io
import os
from typing import Any

import click

from bocore.errors import BocoreError, DeclarationError, Finding, KeyUnavailable, PluginError, StorageError, UsageError
from bocore.printable import printable

REFUSED, USAGE, ENVIRONMENT = 1, 2, 3


def exit_code(error: BaseException) -> int | None:
    """1 refused, 2 usage, 3 environment; None for what nobody expected, which deserves its traceback."""
    if isinstance(error, click.ClickException):
        return error.exit_code
    if isinstance(error, (StorageError, PluginError, DeclarationError, KeyUnavailable)):
        return ENVIRONMENT
    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, BocoreError):
        return REFUSED
    return None if _from_database(error) is None and not _from_system(error) else ENVIRONMENT


def show(error: BaseException) -> None:
    """Write an error to standard error: every finding with what, where and remedy; as JSON with BOCORE_ERRORS=json."""
    if os.environ.get("BOCORE_ERRORS") == "json":
        import orjson

        click.echo(orjson.dumps(_plain(error)).decode(), err=True)
    elif isinstance(error, click.ClickException):
        _show_usage(error)
    else:
        for finding in _known(error).findings:
            click.echo(f"Error: {_line(finding)}", err=True)


def _show_usage(error: click.ClickException) -> None:
    """As click shows it, but a name that was typed steers no terminal."""
    said = io.StringIO()
    error.show(said)
    click.echo(printable(said.getvalue(), lines=True), err=True, nl=False)


def warn(finding: Finding) -> None:
    """Write a warning to standard error."""
    click.echo(f"Warning: {_line(finding)}", err=True)


def _line(finding: Finding) -> str:
    return printable(str(finding), lines=True)


def _plain(error: BaseException) -> dict[str, Any]:
    if isinstance(error, click.ClickException):
        ctx = getattr(error, "ctx", None)
        at = ctx.command_path if ctx is not None else "bo"
        return UsageError(error.format_message(), at=at).as_dict()
    return _known(error).as_dict()


def _known(error: BaseException) -> BocoreError:
    if isinstance(error, BocoreError):
        return error
    found = _from_database(error)
    if found is not None:
        return found
    place, reason = getattr(error, "filename", None) or "A file", getattr(error, "strerror", None) or error
    return StorageError(f"{place} can't be used: {reason}.", fix="Check its name and rights.")


def _from_database(error: BaseException) -> BocoreError | None:
    """What SQLAlchemy wraps around an error of the driver: not a database, no rights, disk full."""
    if not type(error).__module__.startswith("sqlalchemy."):
        return None
    from bocore.storage.database import driver_error

    original = getattr(error, "orig", None)
    translated = driver_error(original)
    if isinstance(translated, BocoreError):
        return translated
    return StorageError(f"The database can't be used: {original or error}.", fix="Check --db.") if original is not None else None


def _from_system(error: BaseException) -> bool:
    return isinstance(error, OSError)
