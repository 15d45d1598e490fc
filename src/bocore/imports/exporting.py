"""Exporting: a declared exporter writes text, into a stream or into a file that is replaced as a whole."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bocore.errors import StorageError
from bocore.values import read_options

if TYPE_CHECKING:
    from bocore.access.actor import Who
    from bocore.app import BackOffice
    from bocore.plugins import Exporter


def export(
    app: BackOffice, name: str, out: TextIO | str | Path, *, actor: Who, company: Any = None, options: Mapping[str, Any] | None = None
) -> None:
    """Run an exporter in a unit of work that only reads."""
    exporter: Exporter = app.host.resolve("exporter", name)
    with app.unit_of_work(actor=actor, company=company, read_only=True) as uow, uow.serving(exporter):
        values = read_options(uow, f"The exporter {exporter.name}", exporter.options, options or {})
        if isinstance(out, (str, Path)):
            with whole_file(Path(out)) as file:
                exporter.function(uow, file, **values)
        else:
            exporter.function(uow, out, **values)


@contextlib.contextmanager
def whole_file(path: Path, *, binary: bool = False) -> Iterator[Any]:
    """A file that takes its place when it is complete; after an exception the old one stays.

    Text is UTF-8, without translation of line ends.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", text=False)
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}.", fix="Name a file in a folder that you may write.") from None
    try:
        with open(handle, "wb") if binary else open(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
