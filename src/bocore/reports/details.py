"""What is behind the figures of a report: the reports that they lead to, and what those lead to, up to a number of rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs

from bocore.reports.columns import Column, spread_out
from bocore.reports.drill import Link

if TYPE_CHECKING:
    from bocore.reports.running import Begun, ReportResult

LIMIT = 10_000
"""Rows of all details together."""


@attrs.define
class Detail:
    """One table: the report behind some figure, as far as there was room for its rows."""

    anchor: str
    result: ReportResult
    command: str
    cut: bool
    _all: Details = attrs.field(repr=False)

    @property
    def rows(self) -> list[Any]:
        """Its rows."""
        return self.result.rows

    def link(self, column: Column, row: Any) -> str | None:
        """The anchor of what is behind one of its figures."""
        return self._all.anchor_in(self.result, column, row)

    def notes(self) -> list[str]:
        """Where rows are left out, how many are here and how to see all."""
        return [f"Only the first {len(self.rows)} rows are shown. All of them: {self.command}"] if self.cut else []


class Details:
    """The tables behind a report's figures: figures that lead to the same rows share one."""

    def __init__(self, result: ReportResult) -> None:
        self.result = result
        self.tables: list[Detail] = []
        self._anchors: dict[Any, str] = {Link(result.report.name, result.options).identity: "top"}

    def anchor(self, column: Column, row: Any) -> str | None:
        """The anchor of what is behind a figure of the report itself; None where it leads nowhere, or there was no room."""
        return self.anchor_in(self.result, column, row)

    def anchor_in(self, result: ReportResult, column: Column, row: Any) -> str | None:
        """The same of a figure in any of the tables."""
        link = result.link_of(column, row)
        return None if link is None else self._anchors.get(link.identity)


def gather(begun: Begun, result: ReportResult, limit: int = LIMIT) -> Details:
    """Run what is behind each figure, nearest first, in the unit of work of the report itself, until there are ``limit`` rows."""
    details = Details(result)
    waiting: deque[ReportResult] = deque([result])
    left = limit
    while waiting and left > 0:
        source = waiting.popleft()
        for link in _links(source):
            if left <= 0:
                break
            if link.identity in details._anchors or not begun.may(link.report):
                continue
            anchor = details._anchors[link.identity] = f"d{len(details.tables) + 1}"
            found, rows = begun.another(link.report, link.options)
            found.rows.extend(islice(rows, left))
            cut = len(found.rows) == left and next(rows, None) is not None
            left -= max(1, len(found.rows))  # an empty table takes room too
            details.tables.append(Detail(anchor, found, link.command, cut, details))
            waiting.append(found)
    return details


def _links(result: ReportResult) -> Iterator[Link]:
    columns = [column for column in spread_out(result.columns, result.rows) if column.drill is not None]
    links = (result.link_of(column, row) for row in result.rows for column in columns)
    return (link for link in links if link is not None)
