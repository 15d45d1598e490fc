"""Differences between what is stored and what the records say, with neighbouring rows put together."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs

from bocore.errors import Finding

_SINGLE = {
    "bo.audit.altered": "The row was altered behind bocore's back: it differs from what the last record that names it says",
    "bo.audit.added": "The row was added behind bocore's back: no record names it",
    "bo.audit.removed": "The row was removed behind bocore's back: its records are there, the row is not",
    "bo.audit.unproven": "The row can't be verified: the record that names it last was altered itself",
}
_SEVERAL = {
    "bo.audit.altered": "{n} rows were altered behind bocore's back: they differ from what the last records that name them say",
    "bo.audit.added": "{n} rows were added behind bocore's back: no record names them",
    "bo.audit.removed": "{n} rows were removed behind bocore's back: their records are there, the rows are not",
    "bo.audit.unproven": "{n} rows can't be verified: the records that name them last were altered themselves",
}
_FIX = "Compare with a backup from before; find out who could write to the file."
_FIX_GAP = "A record is missing or altered, and may have been the one that named it. " + _FIX


@attrs.define
class _Run:
    entity: str
    first: int
    last: int
    why: str


class Differences:
    """Collects findings up to a limit, and counts them all.

    :param limit: how many findings are kept; the rest is counted.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.findings: list[Finding] = []
        self.more = 0
        self.counts: Counter[str] = Counter()
        """Code → rows, records or shapes concerned."""
        self.gap = False
        """True once a record is known to be missing or altered: what rows should be is then in doubt."""
        self._open: dict[str, _Run] = {}

    def rows(self, code: str, entity: str, first: int, last: int, why: str = "") -> None:
        """Note rows ``first`` to ``last`` of an entity; they join the run before them if they follow it for the same reason."""
        self.counts[code] += last - first + 1
        run = self._open.get(code)
        if run is not None and run.entity == entity and run.last + 1 == first and run.why == why:
            run.last = last
            return
        if run is not None:
            self._finish(code, run)
        self._open[code] = _Run(entity, first, last, why)

    def say(self, code: str, message: str, at: str, fix: str, count: int = 1, **params: Any) -> None:
        """Note anything else: a record, a shape, a table."""
        self.counts[code] += count
        self._keep(Finding(code, message, at, None, fix, **params))

    def close(self) -> None:
        """Finish the runs that are open: after each table."""
        for code, run in self._open.items():
            self._finish(code, run)
        self._open.clear()

    def _finish(self, code: str, run: _Run) -> None:
        count = run.last - run.first + 1
        message = _SINGLE[code] if count == 1 else _SEVERAL[code].format(n=count)
        at = f"{run.entity} {run.first}" if count == 1 else f"{run.entity} {run.first}-{run.last}"
        why = f" ({run.why})" if run.why else ""
        fix = _FIX_GAP if self.gap and code != "bo.audit.unproven" else _FIX
        self._keep(Finding(code, f"{message}{why}.", at, None, fix, entity=run.entity, first=run.first, last=run.last))

    def _keep(self, finding: Finding) -> None:
        if len(self.findings) < self.limit:
            self.findings.append(finding)
        else:
            self.more += 1
