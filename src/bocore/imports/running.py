"""Importing a file: found out whether it was taken in before, then all of it in one unit of work, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from bocore.errors import Finding, KeyReused, Refused, UsageError
from bocore.imports.collected import Collected
from bocore.imports.tables import TableOptions, TextTable
from bocore.imports.workbook import MAGIC
from bocore.uow.running import Outcome, plain_argument, run
from bocore.values import read_options, read_value

if TYPE_CHECKING:
    from bocore.access.actor import Who
    from bocore.app import BackOffice
    from bocore.plugins import Importer
    from bocore.uow import UnitOfWork

CHUNK = 1 << 20


@attrs.frozen
class ImportResult:
    """What an import did, or in a dry run would have done."""

    added: dict[str, int]
    """Entity → new rows."""
    findings: tuple[Finding, ...] = ()
    """Warnings; errors refuse the import."""
    repeated: bool = False
    """The same file was imported before: nothing was added."""
    dry_run: bool = False
    unit: int | None = None
    """The unit of work that holds it, of the first time where it is repeated."""


def import_file(
    app: BackOffice,
    name: str,
    path: Path,
    *,
    actor: Who,
    company: Any = None,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
    options: Mapping[str, Any] | None = None,
) -> ImportResult:
    """See :meth:`bocore.BackOffice.import_file`.

    The file's content is the key: ``import:<importer>:<company>:<sha256>``, but for an importer that finds out by itself what is new
    (``once=False``). An importer of rows also takes ``decimal_comma``, ``columns`` and ``sheet``, as :class:`TableOptions` has them.
    """
    importer: Importer = app.host.resolve("importer", name)
    what, given = f"The importer {importer.name}", dict(options or {})
    table = _take_table_options(importer, given)
    _refuse_absent(path)
    state = _state(path)
    digest = fingerprint(path, text=importer.row is not None)
    with app.unit_of_work(actor=actor, company=company, read_only=True) as uow, uow.serving(importer):
        code = uow.company.code
        values = read_options(uow, what, importer.options, given)
    notes: list[Finding] = []

    def take_in(uow: UnitOfWork) -> Callable[[], Any]:
        found = Collected(path.name)
        source: Any = path
        if importer.row is not None:
            written: dict[str, Any] = {"decimal_comma": table.decimal_comma, "columns": table.columns, "sheet": table.sheet}
            source = TextTable(path, importer.row, found, tokens=uow.tokens, progress=progress, **written)
        with uow.serving(importer):
            _collect(found, lambda: importer.function(uow, source, **read_options(uow, what, importer.options, values)))
        if _state(path) != state:
            found.error("bo.import.changed", "The file was changed while it was read.", fix="Run it again when nobody writes to it.")
        found.refuse()
        notes[:] = found.warnings
        return lambda: {"added": _added(uow), "repeated": not (importer.once or uow._record)}

    key = f"import:{importer.name}:{code}:{digest}" if importer.once else None
    request = [importer.name, {k: plain_argument(v) for k, v in values.items()}, table.decimal_comma]
    if table.columns or table.sheet:
        request += [dict(table.columns), table.sheet]
    try:
        outcome = run(
            app, take_in, (), {}, actor=actor, reason=f"Import {path.name}", key=key, company=code, request=request, dry_run=dry_run
        )
    except KeyReused:
        message = f"{path.name} was imported into {code} before, with other options."
        raise KeyReused(message, fix="Use the same options, or reverse that import first.") from None
    return _result(outcome, notes, dry_run)


def _state(path: Path) -> tuple[int, int]:
    """What tells whether somebody wrote to a file meanwhile."""
    known = path.stat()
    return known.st_mtime_ns, known.st_size


def _result(outcome: Outcome, notes: list[Finding], dry_run: bool) -> ImportResult:
    if outcome.repeated:
        return ImportResult({}, repeated=True, dry_run=dry_run, unit=outcome.unit)
    found = outcome.result
    return ImportResult(found["added"], (*notes, *outcome.findings), found["repeated"], dry_run=dry_run, unit=outcome.unit)


def _collect(found: Collected, load: Callable[[], Iterable[Finding] | None]) -> None:
    """Run an importer; what it yields and what the unit of work refuses come together."""
    try:
        for finding in load() or ():
            found.add(finding)
    except Refused as refused:
        if any(refused.findings[0] is known for known in found.errors):
            raise  # the header's, which has them all
        for finding in refused.findings:
            found.add(finding)
        found.refuse()
    except Exception:
        found.refuse()  # where rows are missing an importer may well stumble: what is wrong with the file says more
        raise


def _added(uow: UnitOfWork) -> dict[str, int]:
    """Entity → rows that this unit of work inserted."""
    added: dict[str, int] = {}
    for entity, operation, rows in uow._record.summary():
        if operation == "i":
            added[entity] = added.get(entity, 0) + rows
    return added


def _take_table_options(importer: Importer, given: dict[str, Any]) -> TableOptions:
    """The options of every importer of rows, but for those of which it has one of that name itself."""
    own = {option.name for option in importer.options}
    if importer.row is None:
        return TableOptions()
    taken = {name: given.pop(name) for name in ("decimal_comma", "columns", "sheet") if name in given and name not in own}
    comma, columns, sheet = taken.get("decimal_comma", False), taken.get("columns", {}), taken.get("sheet", "")
    try:
        comma = read_value(comma, bool) if isinstance(comma, str) else bool(comma)
    except ValueError as error:
        raise UsageError(f"decimal_comma {error}.") from None
    if not (isinstance(columns, Mapping) and all(isinstance(text, str) for pair in columns.items() for text in pair)):
        raise UsageError("columns says which column is which field.", fix='columns={"Art. No.": "code", "Remarks": ""}')
    return TableOptions(decimal_comma=comma, columns=columns, sheet=str(sheet))


def _refuse_absent(path: Path) -> None:
    if not path.is_file():
        message = f"{path} is a folder or a device." if path.exists() else f"There is no file {path}."
        raise Refused([Finding("bo.import.no_file", message, fix="Name an ordinary file.")])


def fingerprint(path: Path, *, text: bool) -> str:
    """SHA-256 of a file; Refused for one that is binary where text is wanted."""
    whole, whole_read, rest = sha256(), 0, path.stat().st_size  # of a file that somebody goes on writing, what it had at first
    with path.open("rb") as file:
        while chunk := file.read(min(CHUNK, rest)):
            rest -= len(chunk)
            if not whole_read and chunk.startswith(MAGIC):
                text = False  # a workbook, which has its own refusals
            whole_read += len(chunk)
            if text and b"\0" in chunk:
                message = "This is not a text file: it has NUL bytes. Nothing was read from it."
                fix = "Export it as XLSX, or as CSV in UTF-8; UTF-16 will not do."
                raise Refused([Finding("bo.import.binary", message, path.name, fix=fix)])
            whole.update(chunk)
    return whole.hexdigest()
