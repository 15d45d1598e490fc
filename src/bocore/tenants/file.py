"""The file of a tenant: compressed lines of JSON with counts and digests, written and read as a stream.

docs/reference/tenant-file.md is its description, which other programs may rely on.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import attrs
import orjson

from bocore.entities.spec import Column
from bocore.errors import Finding, Refused, StorageError
from bocore.tenants.contents import KINDS, Contents
from bocore.tenants.detached import Making

if TYPE_CHECKING:
    from bocore.tenants.contents import Row

NAME, FORMAT = "bocore-tenant", 1
LONGEST = 256 * 1024 * 1024
"""Bytes of one line: a row has at most a few megabytes, but for the record of a commit that wrote millions of rows."""
LONGEST_HEAD = 1024 * 1024
"""Bytes of a line that is no row."""
ROWS, BYTES = 2048, 4 * 1024 * 1024
"""How much of a table is in memory at once."""
LEVEL = 2
"""Of compression: higher ones take up to twice the time for a twentieth less."""
_CODE = "bo.tenant_file"
_VALUE = rb'(?:"(?:[^"\\]++|\\.)*+"|[-+.0-9A-Za-z]{1,40})'
_ROW = re.compile(rb"\[" + _VALUE + rb"(?:," + _VALUE + rb"){0,2000}+\]\n", re.DOTALL)
"""A list of as many plain values as a table has columns."""


@attrs.frozen
class TableSum:
    """What a file says of a table: how many rows, and the SHA-256 of their lines."""

    name: str
    rows: int
    sha256: str


class Writer:
    """Writes the lines, and keeps count of them."""

    def __init__(self, out: BinaryIO, header: Mapping[str, Any]) -> None:
        self._zip = gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=LEVEL, mtime=0)
        self._all = sha256()
        self.sums: list[TableSum] = []
        self._put(_line({"file": NAME, "format": FORMAT, **header}))

    def begin(self, table: Contents, making: Making | None = None) -> None:
        """The line before the rows of a table; with how it is made where no plugin will say so."""
        self._table, self._count, self._sum = table, 0, sha256()
        made = {} if making is None else {"made": making.plain()}
        self._put(_line({"table": table.name, "columns": [[column.name, column.kind] for column in table.columns], **made}))

    def rows(self, rows: Sequence[Row]) -> None:
        """Rows of the table that was begun. Raises ValueError for one that can't be written."""
        lines = self._table.lines(rows)
        self._sum.update(lines)
        self._count += len(rows)
        self._put(lines)

    def end(self) -> None:
        """The line after the rows of a table."""
        done = TableSum(self._table.name, self._count, self._sum.hexdigest())
        self.sums.append(done)
        self._put(_line({"end": done.name, "rows": done.rows, "sha256": done.sha256}))

    def finish(self) -> str:
        """The last line: over all before it. Returns its digest."""
        whole = self._all.hexdigest()
        self._put(_line({"end": NAME, "tables": len(self.sums), "rows": sum(table.rows for table in self.sums), "sha256": whole}))
        self._zip.close()
        return whole

    def _put(self, lines: bytes) -> None:
        self._all.update(lines)
        self._zip.write(lines)


def _line(values: Mapping[str, Any]) -> bytes:
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


class Reader:
    """Reads a file from its beginning to its end, once, and refuses it where it is not as it was written."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._zip = gzip.GzipFile(fileobj=file, mode="rb")
        self.name = name
        self._number = 0
        self._all = sha256()
        self.sums: list[TableSum] = []
        self.digest = ""
        self.header = self._head()

    # -- what is in it

    def tables(self) -> Iterator[Part]:
        """The tables, one after the other: the rows of one are all read before the next is asked for."""
        while True:
            before, values = self._all.hexdigest(), self._object()
            if values.get("end") == NAME:
                self._finish(values, before)
                return
            part = Part(self, *self._contents(values))
            yield part
            self.sums.append(part.sum())

    def _head(self) -> dict[str, Any]:
        try:
            values = self._object()
        except Refused as error:
            raise self.wrong("it is no file of a tenant", "Name a file that bo tenant export has written.") from error
        if values.get("file") != NAME or type(values.get("format")) is not int:
            raise self.wrong("it is no file of a tenant", "Name a file that bo tenant export has written.")
        if values["format"] > FORMAT:
            made = f", written by bocore {values['bocore']}" if isinstance(values.get("bocore"), str) else ""
            raise self.wrong(
                f"it has the format {values['format']}{made}, and this bocore reads formats up to {FORMAT}",
                "pip install --upgrade bocore.",
            )
        return values

    def _contents(self, values: Mapping[str, Any]) -> tuple[Contents, Making | None]:
        name, columns = values.get("table"), values.get("columns")
        if type(name) is not str or type(columns) is not list or not columns:
            raise self.damaged("here should be a table or the end")
        for column in columns:
            if type(column) is not list or len(column) != 2 or type(column[0]) is not str or column[1] not in KINDS:
                raise self.damaged(f"the table {name} has a column that can't be read: {column!r}")
        found = Contents(name, tuple(Column(column, kind) for column, kind in columns), ())
        if "made" not in values:
            return found, None
        try:
            return found, Making.read(values["made"], found.columns)
        except ValueError as error:
            raise self.damaged(f"the table {name} can't be made: {error}") from None

    def _finish(self, values: Mapping[str, Any], digest: str) -> None:
        rows = sum(table.rows for table in self.sums)
        if values.get("tables") != len(self.sums) or values.get("rows") != rows or values.get("sha256") != digest:
            raise self.damaged("the counts and the digest at its end do not fit what is before")
        self.digest = digest
        if self._readline(1):
            raise self.damaged("something follows its end")

    # -- lines

    def _object(self) -> dict[str, Any]:
        line = self.line(LONGEST_HEAD)
        try:
            values = orjson.loads(line)
        except ValueError:
            values = None
        if type(values) is not dict:
            raise self.damaged("a line can't be read")
        return values

    def line(self, longest: int = LONGEST) -> bytes:
        """The next line, which must be a whole one."""
        found = self._readline(longest)
        if not found:
            raise self.truncated()
        self._number += 1
        if not found.endswith(b"\n"):
            raise self.damaged(f"a line is longer than {longest:,} bytes") if len(found) == longest else self.truncated()
        if len(found) > LONGEST_HEAD and not _ROW.fullmatch(found):  # a list of millions would take ten times its bytes
            raise self.damaged("a line is no row")
        self._all.update(found)
        return found

    def _readline(self, longest: int) -> bytes:
        try:
            return self._zip.readline(longest)
        except EOFError:
            raise self.truncated() from None
        except (zlib.error, gzip.BadGzipFile) as error:
            raise self.damaged(str(error)) from None

    # -- how it is refused

    def truncated(self) -> Refused:
        """The file ends before its end."""
        return self.wrong("it is not whole: it ends too early", "Copy it again from where it was written, or export again.")

    def damaged(self, what: str) -> Refused:
        """The file is not as it was written."""
        return self.wrong(f"it is damaged: {what}", "Copy it again from where it was written, or export again.")

    def wrong(self, what: str, fix: str) -> Refused:
        """Why the file is refused, with the line that was read last."""
        at = f"{self.name}:{self._number}" if self._number > 1 else self.name
        return Refused([Finding(_CODE, f"The file can't be taken in: {what.rstrip('.')}.", at, fix=f"Nothing was changed. {fix}")])


class Part:
    """The rows of one table in a file."""

    def __init__(self, reader: Reader, contents: Contents, making: Making | None) -> None:
        self.contents = contents
        self.making = making
        self._reader = reader
        self._count, self._sum = 0, sha256()
        self._end: dict[str, Any] | None = None

    def batches(self) -> Iterator[list[Row]]:
        """The rows, in bounded batches."""
        while self._end is None:
            lines = self._lines()
            if lines:
                yield self._rows(lines)

    def _rows(self, lines: list[bytes]) -> list[Row]:
        try:
            return self.contents.rows(lines)
        except ValueError as error:
            raise self._reader.damaged(f"a row of {self.contents.name} can't be read: {error}") from None

    def _lines(self) -> list[bytes]:
        lines: list[bytes] = []
        size = 0
        while len(lines) < ROWS and size < BYTES:
            line = self._reader.line()
            if line[:1] != b"[":
                self._end = self._read_end(line)
                break
            self._sum.update(line)
            self._count += 1
            size += len(line)
            lines.append(line)
        return lines

    def _read_end(self, line: bytes) -> dict[str, Any]:
        try:
            values = orjson.loads(line)
        except ValueError:
            values = None
        if type(values) is not dict or values.get("end") != self.contents.name:
            raise self._reader.damaged(f"here should be a row of {self.contents.name}, or its end")
        return values

    def sum(self) -> TableSum:
        """What was read of the table; refused where it is not what the file says."""
        for _ in self.batches():
            pass
        assert self._end is not None
        found = TableSum(self.contents.name, self._count, self._sum.hexdigest())
        if self._end.get("rows") != found.rows or self._end.get("sha256") != found.sha256:
            raise self._reader.damaged(f"the rows of {found.name} are not those that were written")
        return found


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that nobody else may read, under the name ``path.part`` until it is whole and on the disk."""
    if path.exists():
        raise StorageError(f"The file {path} is there already.", fix="Name another: what it holds may be all that is left of a tenant.")
    partly = path.with_name(f"{path.name}.part")
    try:
        partly.unlink(missing_ok=True)
        with open(os.open(partly, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partly.rename(path)
    except OSError as error:
        with suppress(OSError):
            partly.unlink(missing_ok=True)
        what = error.strerror or str(error)
        raise StorageError(f"The file {path} can't be written: {what}.", fix="Name a place that you may write, with space.") from error
    except BaseException:
        partly.unlink(missing_ok=True)
        raise
