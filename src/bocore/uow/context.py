"""What a unit of work knows of its surroundings: clock, company, settings, what is remembered, and what others have committed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bocore.entities import Entity
from bocore.errors import Finding, Refused
from bocore.record.canonical import normalise_text
from bocore.uow.reading import Reading

if TYPE_CHECKING:
    from bocore.kernel.company import Company
    from bocore.storage.session import Session

S = TypeVar("S")


class Context(Reading):
    """The part of :class:`~bocore.UnitOfWork` that looks around."""

    if TYPE_CHECKING:
        _session: Session | None
        _connection: Any
        _unit: int | None
        _company: Company | None
        _wanted_company: Any
        findings: list[Finding]

    def now(self) -> datetime:
        """The instant, in UTC, by the application's clock."""
        return self._app.clock()

    def today(self) -> date:
        """The company's day: the date in its time zone."""
        return self.now().astimezone(ZoneInfo(self.company.zone)).date()

    @property
    def company(self) -> Company:
        """The company that this unit of work is for: the one that was named, or the only one."""
        if self._company is None:
            from bocore.kernel.company import which_company

            base = self._base or self.authority
            with contextlib.nullcontext() if self._authority is base or base.full else self._acting(base):
                self._company = which_company(self, self._wanted_company)
        return self._company

    @property
    def company_id(self) -> int:
        """The id of the company, without loading its row where that is known."""
        if self._company is None and self._wanted_company is None:
            from bocore.kernel.company import Company

            memory = self.memory("bo.company", Company)
            if "only" not in memory:
                memory["only"] = self.company.id
            return int(memory["only"])
        return self.company.id

    def memory(self, name: str, *entities: type[Entity]) -> dict[Any, Any]:
        """A dict in which to remember what was read, from one unit of work to the next.

        It is kept for as long as nobody, here or in another process, changes a row of these entities; then, and while rows of them are
        changing in this unit of work, it comes empty. Keep plain values in it that follow from these rows alone, never entities.

        :param name: with the plugin's prefix: ``"accounting.accounts"``.
        :param entities: whose rows the values follow from.
        """
        session, maps = self._session or self._touch(), self._tracker.maps
        if not self._free:
            known, key = self.authority.known, ("memory", name, entities)
            own = known.get(key)
            if own is None:
                views = [self._view(cls) for cls in entities]
                if not any(view is not None for view in views):
                    own = name
                elif self._app.narrows:
                    return {}
                else:  # what this actor does not see must be missing for nobody else
                    hidden = [sorted(view.hidden) for view in views if view is not None]
                    companies = self.authority.companies
                    own = f"{name} of {None if companies is None else sorted(companies)} without {hidden}"
                if not self._app.narrows:
                    known[key] = own
            name = own
        for cls in entities:
            if maps.get(cls):  # they may be altered, or not written yet
                return {}
        return session.memory(name, entities)

    def has_numbers(self, series: int) -> bool:
        """Whether a number was ever taken from a series."""
        return self._touch().execute("SELECT 1 FROM bo_counter WHERE series_id = ? LIMIT 1", (series,)).fetchone() is not None

    def settings(self, cls: type[S]) -> S:
        """The settings of a plugin: its settings class with the stored values."""
        from bocore.kernel.settings import read_settings

        return read_settings(self, cls)

    @property
    def tokens(self) -> Mapping[str, Any]:
        """code → currency or declared token, as this database knows them."""
        return self._app.tokens

    @property
    def purposes(self) -> Mapping[str, str]:
        """Purpose of voucher lines → the purpose that it falls back to, of the core and all plugins; empty for one that stands alone."""
        return self._app.purposes

    def declarations(self, name: str) -> list[tuple[str, object]]:
        """What plugins declare for one of yours, ``Plugin(data={name: […]})``: (plugin, declaration), in the order of plugins.

        :param name: with your prefix: ``"tax.rates"``.
        """
        return self._app.host.data(name)

    @property
    def hook(self) -> Any:
        """The hooks of the installed plugins: ``uow.hook.bo_balance(uow=uow, query=…)``."""
        return self._app.host.hook

    def refuse(self, *findings: Finding) -> None:
        """Raise Refused with these findings; warnings among them are kept instead."""
        errors = [f for f in findings if f.severity.value == "error"]
        self.findings.extend(f for f in findings if f.severity.value != "error")
        if errors:
            raise Refused(errors)

    # -- what others have committed

    def place_commits(self) -> int:
        """Give all commits their positions and return the last one (-1 for none): what a roll-up has read up to."""
        from bocore.record.positions import LAST, assign_positions

        session = self._touch()
        if self._app.lends is not None and self._app.lends(self._connection):
            self._app.place_commits()  # nobody who reads the feed waits for the end of this unit of work
        else:
            assign_positions(session)
        last = session.execute(LAST).fetchone()[0]
        return -1 if last is None else int(last)

    def units_through(self, position: int) -> sa.Select[Any]:
        """The units of work that committed up to a position, as a select for :meth:`rows`: ``Entry.c.unit_id.in_(uow.units_through(p))``.

        Others commit while a roll-up is made; this set stays as it is.
        """
        from bocore.record.positions import units_through

        return units_through(position)

    def units_after(self, position: int, through: int | None = None) -> list[int]:
        """The units of work that committed after a position, in order: whose rows a roll-up has not seen.

        :param through: only those that have a position up to this one; without it also those without a position, and this one.
        """
        if through is not None:
            sql = "SELECT unit FROM bo_commit WHERE position > ? AND position <= ? ORDER BY position"
            return [row[0] for row in self._touch().execute(sql, (position, through)).fetchall()]
        placed = "SELECT unit, position FROM bo_commit WHERE position > ?"
        sql = f"{placed} UNION ALL SELECT unit, position FROM bo_commit WHERE position IS NULL ORDER BY 2 NULLS LAST"
        found = [row[0] for row in self._touch().execute(sql, (position,)).fetchall()]
        return found if self._unit is None else [*found, self._unit]

    def units_of(self, correlation: str) -> list[int]:
        """The units of work that committed under a correlation, in order; their rows are those with that ``unit_id``."""
        wanted = normalise_text(correlation)
        found = self._touch().execute("SELECT unit FROM bo_commit WHERE correlation = ? ORDER BY id", (wanted,)).fetchall()
        return [row[0] for row in found]
