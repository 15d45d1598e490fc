"""Populations: what plugins let an auditor draw from, and the sums that show that nothing of it is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import attrs
import sqlalchemy as sa

from bocore.errors import UsageError

COLUMNS = ("id", "name", "place", "on", "group", "text", "amount", "voucher")
Totals = Mapping[str, tuple[int, int]]
"""Group → debit and credit, both in minor units and positive."""


@attrs.frozen(kw_only=True)
class PopulationQuery:
    """What ``bo_audit_population`` is asked.

    :param company: its id.
    :param since, through: the first and the last day; None for no limit.
    :param book: an adjustment book, which is added to the common layer.
    :param groups: only these: codes of accounts, each with all below it; all of them without any.
    """

    company: int
    since: date | None = None
    through: date | None = None
    book: str = ""
    groups: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Population:
    """What can be drawn from.

    :param name: with the plugin's prefix: ``"accounting.lines"``.
    :param title: what one is, and what all are: ``"journal lines"``.
    :param entity: the table of the rows that the items are.
    :param items: a select of all of them, unordered, with these columns: ``id``; ``name`` and ``place``, which together name an item for
        ever; ``on``, its day; ``group``, by whose code the sums are compared; ``text``; ``amount``, minor units in the company's currency,
        debit positive, or NULL; ``voucher``, the key of the voucher that it comes from, or NULL.
    :param control: adds up, by a way of its own, what the items must come to, group by group.
    :param control_name: what that is: ``"the trial balance"``.
    :param balanced: whether debits and credits must be equal.
    :raises UsageError: a column is missing.
    """

    name: str
    title: str
    entity: str
    items: sa.Select[Any] = attrs.field(repr=False)
    control: Callable[[], Totals] = attrs.field(repr=False)
    control_name: str
    balanced: bool = True

    @items.validator
    def _check_items(self, _attribute: object, items: sa.Select[Any]) -> None:
        missing = [name for name in COLUMNS if name not in items.selected_columns]
        if missing:
            message = f"The population {self.name!r} selects no {', '.join(missing)}."
            raise UsageError(message, fix=f"Its columns are labelled {', '.join(COLUMNS)}.")
