"""Walking a trail: from a voucher to its source, entries, open items, files, approvals and commits, in both directions of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import attrs

from bocore.amounts import Money
from bocore.audit.commits import TracedCommit, commits_on
from bocore.audit.keys import starting_points, visible
from bocore.audit.steps import TraceStep, Trail, hung
from bocore.entities import Entity, spec_of
from bocore.errors import UsageError
from bocore.kernel.approvals import Approval, ApprovalAnswer
from bocore.kernel.attachments import attachments
from bocore.kernel.items import ItemBalance, OpenItem, Settlement
from bocore.kernel.voucher import VoucherRecord, posted_from
from bocore.record.canonical import normalise_text
from bocore.record.log import Wanted, read_log
from bocore.values import name_of

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

PERMISSION = "bo.audit"
WRITINGS = 20
"""So many of the newest commits on a source are shown."""
RELATED = 50
"""So many vouchers of the same business are named."""


def trace(uow: UnitOfWork, key: str) -> Trail:
    """All that belongs to a voucher, an open item, a document or any other row, as far as the actor sees it, in the unit's company.

    It takes ``bo.audit``, and for each kind of row the permission to read it. Reads only.

    :param key: of a voucher or an open item; the number of a document or an entry; the SHA-256 of an attachment; or a table and an id,
        ``"bo_open_item 7"``.
    :raises NotFound: nothing has that key (``bo.audit.no_trail``).
    :raises Refused: several things have it (``bo.audit.several``).
    """
    uow.require(PERMISSION, "trace what is on record")
    key = normalise_text(key, at="key").strip()
    walk = _Walk(uow)
    tops = [walk.voucher(row) if isinstance(row, VoucherRecord) else walk.other(row) for row in starting_points(uow, key)]
    walk.know(step.unit for top in tops for step in top.all())
    return Trail(key, uow.company.code or uow.company.name, tuple(tops), dict(walk.commits))


class _Walk:
    def __init__(self, uow: UnitOfWork) -> None:
        self.uow = uow
        self.commits: dict[int, TracedCommit] = {}

    def know(self, units: Iterable[int | None]) -> None:
        """Read the commits of units of work that are not known yet."""
        missing = {unit for unit in units if unit is not None} - self.commits.keys()
        if missing:
            self.commits |= commits_on(self.uow._touch(), missing)

    # -- where it begins

    def voucher(self, row: VoucherRecord) -> TraceStep:
        """A voucher and all that belongs to it."""
        below = self._items(row)
        told = self._told([row])
        if not any(step.line for answer in told for step in answer.all()):
            told = [*self._lines(row), *told]
        text = ", ".join(filter(None, [row.kind, row.text, f"nature {row.nature}" if row.nature != "normal" else ""]))
        parts = [
            *self._commit(row.unit_id),
            *self._approvals(row.unit_id),
            *self._source(row),
            *self._files(row),
            *hung(told, below),
            *chain.from_iterable(below.values()),
            *self._reversals(row),
            *self._related(row),
        ]
        return TraceStep("voucher", row, row.key, date=row.posting_date, text=text, key=row.key, parts=parts)

    def other(self, row: Entity) -> TraceStep:
        """A row without a voucher: an entry by hand, or a document of which nothing was posted."""
        told = self._told([row])
        own = next((step for step in told if step.row is row), None)
        if own is None:
            own = TraceStep(type(row).__name__.lower(), row, str(name_of(row)), text=_place(row))
        rest = [step for step in told if step is not own]
        commits = [*self._commit(own.unit), *self._approvals(own.unit)] if own.unit is not None else self._written(row, None)
        return attrs.evolve(own, parts=[*commits, *self._files(row), *own.parts, *rest])

    def _told(self, rows: Sequence[Entity]) -> list[TraceStep]:
        """What plugins say belongs to a row."""
        answers = self.uow.hook.bo_audit_trace(uow=self.uow, rows=rows)
        mine = {(type(row), row.id) for row in rows}
        steps = list(chain.from_iterable(answer for answer in answers if answer is not None))
        for step in steps:
            if not isinstance(step, TraceStep):
                raise UsageError(f"{step!r} is no TraceStep, and was answered to bo_audit_trace.", fix="Yield TraceStep(…, of=row).")
        return [step for step in steps if step.of is None or (type(step.of), step.of.id) in mine]

    # -- what belongs to a voucher

    def _lines(self, row: VoucherRecord) -> Iterator[TraceStep]:
        """The lines as posted, where no ledger shows what it made of them."""
        for number, line in enumerate(posted_from(row).voucher.lines, 1):
            yield TraceStep("line", None, line.purpose, amount=line.amount, line=number)

    def _source(self, row: VoucherRecord) -> Iterator[TraceStep]:
        if not (row.source_label or row.source_entity):
            return
        place = f"{row.source_entity} {row.source_id}" if row.source_entity else ""
        found = visible(self.uow, row.source_entity, row.source_id) if row.source_entity and row.source_id is not None else None
        name, parts = row.source_label or place, []
        text = " ".join(filter(None, [row.source_event, place]))
        if found is not None:
            parts = [*self._files(found), *self._written(found, row.unit_id), *self._told([found])]
        elif place:
            text += ", which is not there or may not be read by who asks"
        yield TraceStep("source", found, name, text=text, key=place if found is not None else "", parts=parts)

    def _items(self, row: VoucherRecord) -> dict[int, list[TraceStep]]:
        """Place of a line → what it opened, with all that settled it since, and what it settled."""
        uow, found = self.uow, dict[int, list[TraceStep]]()
        opened = uow.select(OpenItem, voucher_id=row.id).order_by(OpenItem.c.line).all()
        paid = uow.select(Settlement, voucher_id=row.id).order_by(Settlement.c.line).all()
        left = uow.get_all(ItemBalance, {item.id for item in opened})
        later: dict[int, list[Settlement]] = {item.id: [] for item in opened}
        for one in uow.select(Settlement, item_id=list(later)).order_by(Settlement.c.posting_date, Settlement.c.id) if later else ():
            later[one.item_id].append(one)
        items = uow.get_all(OpenItem, {one.item_id for one in paid})
        made = uow.get_all(
            VoucherRecord, {one.voucher_id for some in later.values() for one in some} | {item.voucher_id for item in items.values()}
        )
        for item in opened:
            parts = [_settled(one, made[one.voucher_id]) for one in later[item.id]]
            remains = Money.minor(left[item.id].remaining, uow.tokens[item.amount.currency])
            text = ", ".join(filter(None, [str(item.kind), f"due {item.due}" if item.due else "", f"{remains} remains"]))
            step = TraceStep(
                "opens", item, item.key, date=item.posting_date, amount=item.amount, text=text, key=item.key, unit=row.unit_id, parts=parts
            )
            found.setdefault(item.line, []).append(step)
        for one in paid:
            item, by = items[one.item_id], made[items[one.item_id].voucher_id]
            text = f"{one.kind}, opened by {by.key}"
            step = TraceStep("settles", one, item.key, date=one.posting_date, amount=one.amount, text=text, key=item.key, unit=row.unit_id)
            found.setdefault(one.line, []).append(step)
        return found

    def _reversals(self, row: VoucherRecord) -> Iterator[TraceStep]:
        for word, equal in (("reverses", {"key": row.reverses}), ("reversed by", {"reverses": row.key})):
            other = self.uow.find(VoucherRecord, company_id=row.company_id, **equal) if None not in equal.values() else None
            if other is not None:
                yield TraceStep(word, other, other.key, date=other.posting_date, text=other.text, key=other.key)

    def _related(self, row: VoucherRecord) -> Iterator[TraceStep]:
        """Other vouchers of the same business: those of its correlation."""
        self.know([row.unit_id])
        commit = self.commits.get(row.unit_id)
        if commit is None or commit.correlation is None:
            return
        units = self.uow.units_of(commit.correlation)
        c = VoucherRecord.c
        several = self.uow.select(VoucherRecord, company_id=row.company_id, unit_id=units).where(c.id != row.id).order_by(c.id)
        for other in several.limit(RELATED):
            yield TraceStep("same business", other, other.key, date=other.posting_date, text=commit.correlation, key=other.key)
        if (more := several.count() - RELATED) > 0:
            text = f"not shown: bo audit log --correlation '{commit.correlation}' lists all commits of the business"
            yield TraceStep("more", name=f"{more:,} more vouchers", text=text)

    # -- files, commits, approvals

    def _files(self, row: Entity) -> Iterator[TraceStep]:
        for one in attachments(self.uow, [row], dropped=True)[row.id]:
            gone = f", content dropped on {one.removed_at.date()}" if one.removed_at is not None else ""
            text = f"{one.size:,} bytes, {one.media_type}, SHA-256 {one.sha256}{gone}"
            yield TraceStep("attachment", one, one.file_name or "erased", date=one.added_at.date(), text=text, key=_place(one))

    def _commit(self, unit: int | None, step: str = "commit") -> Iterator[TraceStep]:
        self.know([unit])
        if unit is not None and (commit := self.commits.get(unit)) is not None:
            name = f"unit {unit}" if commit.position is None else f"record {commit.position}"
            yield TraceStep(step, None, name, text=commit.said(), unit=unit)

    def _written(self, row: Entity, but: int | None) -> list[TraceStep]:
        """The commits that wrote a row, the oldest of them first, each with what was approved in it."""
        wanted = Wanted(entity=spec_of(type(row)).name, id=row.id)
        logged = read_log(self.uow._touch(), wanted, WRITINGS + 1)
        found: list[TraceStep] = []
        if len(logged) > WRITINGS:
            text = f"not shown: bo audit log --entity {wanted.entity} --id {row.id} --limit 1000 lists all that wrote it"
            found.append(TraceStep("more", name="older commits", text=text))
        for unit in dict.fromkeys(each.unit for each in reversed(logged[:WRITINGS])):
            if unit != but:
                found += [*self._commit(unit, "written by"), *self._approvals(unit)]
        return found

    def _approvals(self, unit: int) -> Iterator[TraceStep]:
        """What others had approved, and was done in a commit: the commit says which requests it brought to their end."""
        self.know([unit])
        commit, uow = self.commits.get(unit), self.uow
        ids = [] if commit is None else commit.ids("bo_approval", "u")
        if not ids:
            return
        with uow.core():
            requests = [one for one in uow.get_all(Approval, ids).values() if one.state == "done"]
            requests = [one for one in requests if one.company_id in (None, uow.company.id)]
            answers = uow.children(requests, ApprovalAnswer)
        for one in requests:
            asked = one.requester + (f" for {one.on_behalf_of}" if one.on_behalf_of else "")
            needed = ", ".join(one.needed)
            text = f"{one.service or one.action}, asked for by {asked}, needed {needed}, content SHA-256 {one.content_hash or 'erased'}"
            parts = [_answered(answer) for answer in sorted(answers[one.id], key=lambda answer: answer.id)]
            yield TraceStep("approval", one, f"approval {one.id}", date=one.asked_at.date(), text=text, key="", parts=parts)


def _settled(one: Settlement, by: VoucherRecord) -> TraceStep:
    return TraceStep("settled by", one, by.key, date=one.posting_date, amount=one.amount, text=str(one.kind), key=by.key, unit=by.unit_id)


def _answered(answer: ApprovalAnswer) -> TraceStep:
    text = ", ".join(filter(None, [f"as {', '.join(answer.answers_for)}" if answer.answers_for else "", answer.reason or ""]))
    return TraceStep("approved by" if answer.approves else "rejected by", answer, answer.person, date=answer.at.date(), text=text)


def _place(row: Any) -> str:
    """Table and id."""
    return f"{spec_of(type(row)).name} {row.id}"
