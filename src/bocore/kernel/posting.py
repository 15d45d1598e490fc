"""Posting: vouchers are checked, completed, recorded once, and handed to every ledger at commit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import attrs

from bocore.access.views import may_name
from bocore.collector import uncollected
from bocore.errors import Finding, NotFound, PostingConflict, Refused
from bocore.kernel.body import (
    Plain,
    form_of,
    make_body,
    normal_line,
    normal_voucher,
    passed_as,
    plain_line,
    plain_voucher,
    read_money,
    request_of,
)
from bocore.kernel.company import which_company
from bocore.kernel.completing import Completed, Completer, moved_finding
from bocore.kernel.itemising import TAKEN, Itemised, Items, has_keys
from bocore.kernel.periods import OpenDay, late_finding, note_late
from bocore.kernel.texts import fill_record, fill_text, follow_text, require_source
from bocore.kernel.voucher import Line, Posted, Receipt, Voucher, VoucherRecord, posted_from
from bocore.kernel.wellformed import REVERSAL, check_voucher
from bocore.record.canonical import NotCanonical, normalise_text

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

__all__ = ["fill_text", "post", "reverse"]


@attrs.define
class _Asked:
    """A voucher as passed, with the hash by which its repetition is known."""

    voucher: Voucher
    company: Any
    plain: Plain
    request: str
    keyed: bool = False
    """A line of it opens or settles an item."""


@attrs.define
class _New:
    """A voucher that was not posted before, ready to be recorded."""

    record: VoucherRecord
    passed: Voucher
    completed: Voucher
    findings: tuple[Finding, ...]
    late: tuple[OpenDay, ...]
    itemised: Itemised | None = None


def post(uow: UnitOfWork, vouchers: Iterable[Voucher], *, mirror_of: VoucherRecord | None = None) -> list[Receipt]:
    """Record vouchers; a receipt each, in order. All of them are posted or none.

    :param mirror_of: the record that the only voucher takes back: its purposes and texts were checked when it was posted.
    :raises Refused: with everything that is wrong, line by line.
    :raises PostingConflict: a key is posted already, with another body.
    """
    vouchers = list(vouchers)
    _check_kinds(uow, vouchers)
    with uncollected(), uow.core():
        return _post(uow, vouchers, mirror_of)


def _post(uow: UnitOfWork, passed: list[Voucher], mirror_of: VoucherRecord | None) -> list[Receipt]:
    completer = Completer(uow, mirrors=mirror_of is not None)
    asked = _asked(_well_formed(passed, completer), completer)
    known = _existing(uow, [one.voucher.key for one in asked])
    _check_reversed(uow, asked, known, completer, {voucher.key for voucher in passed if type(voucher.key) is str})
    new: dict[str, _New] = {}
    conflicts: list[Finding] = []
    items = _items(uow, [one for one in asked if one.keyed and one.voucher.key not in known], mirror_of)
    for one in asked:
        before = known.get(one.voucher.key) or (new[one.voucher.key].record if one.voucher.key in new else None)
        if before is None:
            new[one.voucher.key] = _complete(one, completer, items)
        elif before.request != one.request:
            conflicts.append(_conflict(one, before, told=may_name(uow, before.company_id, VoucherRecord)))
    if items is not None:
        completer.findings += items.findings
    if conflicts:
        raise PostingConflict([*conflicts, *completer.findings])
    if completer.findings:
        raise Refused(completer.findings)
    for ready in new.values():
        require_source(uow, ready.passed)
    _record(uow, list(new.values()), mirror_of)
    if items is not None:
        items.record((ready.record, ready.itemised) for ready in new.values() if ready.itemised is not None)
    return _receipts(asked, known, new)


def reverse(uow: UnitOfWork, key: str, reason: str, date: date | None = None) -> Receipt:
    """Take a voucher back: its mirror is posted under ``KEY:reversal``, once.

    :param reason: for the text of the reversal; no personal data.
    :param date: posting date of the reversal; without one the original's, or the first open day if that is closed.
    :raises NotFound: there is no such voucher.
    :raises Refused: there is no reason, it is a reversal itself, was reversed otherwise already, or the date is closed.
    """
    given: Any = reason
    named: Any = key
    if not isinstance(given, str) or not given.strip():
        message = "A reversal needs a reason."
        raise Refused([Finding("bo.reversal", message, f"voucher {key}", "reason", "Say in a few words why it is taken back.")])
    key = normalise_text(named) if isinstance(named, str) else named
    with uow.core():
        original = _existing(uow, [key]).get(key)
    if original is None or not may_name(uow, original.company_id):
        raise NotFound(f"There is no voucher {key}.", at=f"voucher {key}", fix="Look for its key with uow.select(VoucherRecord, kind=…).")
    _check_kind(uow, original.kind, original.company_id)
    if original.reverses is not None:
        message = f"The voucher reverses {original.reverses} itself, and can't be reversed."
        fix = "Post what is right as a new voucher, under a key of its own."
        raise Refused([Finding("bo.reversal", message, f"voucher {key}", fix=fix)])
    mirror = _mirror(posted_from(original).voucher, reason, date)
    with uow.core():
        earlier = _reversed_by(uow, key)
    if earlier is not None and earlier.request != request_of(plain_voucher(mirror, original.company_id)):
        message = f"It was already reversed by {earlier.key}, on {earlier.posting_date}."
        fix = "Nothing to do; what is right now is a new voucher."
        raise Refused([Finding("bo.already_reversed", message, f"voucher {key}", fix=fix)])
    return post(uow, [mirror], mirror_of=original)[0]


def _check_kinds(uow: UnitOfWork, vouchers: Iterable[Voucher]) -> None:
    """A plugin's own code posts its own kinds of voucher; whoever posts others needs a permission."""
    if not (uow._free or uow.authority.full):
        for kind in {str(voucher.kind) for voucher in vouchers}:
            _check_kind(uow, kind, None)
        for company in {getattr(voucher.company, "id", voucher.company) for voucher in vouchers} - {None}:
            if isinstance(company, (int, str)):
                which_company(uow, company)  # one that is not seen is not there


def _check_kind(uow: UnitOfWork, kind: str, company: int | None) -> None:
    if uow._free or uow.authority.full:
        return
    if kind.partition(".")[0] not in uow.authority.own:
        uow.require("bo.post", f"post or reverse vouchers of the kind {kind}")
    if company is not None:
        which_company(uow, company)


# ---------------------------------------------------------------- posting, step by step


def _well_formed(passed: Sequence[Voucher], completer: Completer) -> list[Voucher]:
    """The vouchers that can be completed; what is wrong with the others by themselves is kept, to be said with all the rest."""
    well: list[Voucher] = []
    for voucher in passed:
        wrong = check_voucher(voucher, completer.uow.tokens, templates=not completer.mirrors)
        completer.findings += wrong
        if not wrong:
            well.append(voucher)
    return well


def _asked(passed: Sequence[Voucher], completer: Completer) -> list[_Asked]:
    asked = []
    for voucher in passed:
        try:
            voucher = normal_voucher(voucher)
            company = completer.company(voucher.company)
            plain = plain_voucher(voucher, company.id)
            form = form_of(plain)
            if not form.isascii():
                voucher = attrs.evolve(voucher, lines=[normal_line(line) for line in voucher.lines])
                plain = plain_voucher(voucher, company.id)
                form = form_of(plain)
            asked.append(_Asked(voucher, company, plain, sha256(form).hexdigest(), has_keys(voucher)))
        except NotCanonical as error:
            found = error.findings[0]
            completer.findings.append(Finding(found.code, found.message, f"voucher {voucher.key!r}", fix=found.fix))
    return asked


def _existing(uow: UnitOfWork, keys: Sequence[str]) -> dict[str, VoucherRecord]:
    """key → record, of this unit of work or before. Nothing is written for it: texts of new records may wait for numbers."""
    mine = _posted_here(uow)
    found = {key: mine[key] for key in keys if key in mine}
    missing = [key for key in dict.fromkeys(keys) if key not in found]
    if missing:
        found.update((row.key, row) for row in uow._reader.by_values(VoucherRecord, "key", missing))
    return found


def _reversed_by(uow: UnitOfWork, key: str) -> VoucherRecord | None:
    here = next((row for row in _posted_here(uow).values() if row.reverses == key), None)
    return here or next(iter(uow._reader.by_values(VoucherRecord, "reverses", [key])), None)


def _posted_here(uow: UnitOfWork) -> dict[str, VoucherRecord]:
    """key → record of the vouchers that this unit of work has recorded and not written yet."""
    pending, posted = uow._tracker.pending.get(VoucherRecord, ()), uow._closing.posted
    if len(posted) != len(pending):  # a savepoint was undone, or rows were written in between
        posted.clear()
        posted.update((row.key, row) for row in pending)
    return posted


def _check_reversed(
    uow: UnitOfWork, asked: Sequence[_Asked], known: dict[str, VoucherRecord], completer: Completer, together: set[str]
) -> None:
    """What a voucher says that it reverses must be there, and must not have been reversed.

    :param together: the keys of all vouchers of the call: one of them may be what another reverses.
    """
    fresh = [one for one in asked if one.voucher.reverses is not None and one.voucher.key not in known]
    if not fresh:
        return
    targets = _existing(uow, [str(one.voucher.reverses) for one in fresh])
    beside = {one.voucher.key: one for one in asked}
    taken: dict[str, str] = {}
    for one in fresh:
        key, at = str(one.voucher.reverses), f"voucher {one.voucher.key}"
        target, here, earlier = targets.get(key), beside.get(key), _reversed_by(uow, key)
        reverses = target.reverses if target is not None else here.voucher.reverses if here is not None else None
        company = target.company_id if target is not None else here.company.id if here is not None else one.company.id
        if (target is None and key not in together) or (company != one.company.id and not may_name(uow, company)):
            message = f"It reverses {key}, which was never posted."
            completer.findings.append(Finding("bo.reversal", message, at, "reverses", "Correct the key, or leave reverses out."))
        elif reverses is not None:
            message = f"It reverses {key}, which is a reversal itself."
            completer.findings.append(Finding("bo.reversal", message, at, "reverses", "Post what is right as a new voucher."))
        elif company != one.company.id:
            message = f"It reverses {key}, which belongs to another company (id {company})."
            completer.findings.append(Finding("bo.other_company", message, at, "reverses", "Post it in that company."))
        elif earlier is not None:
            message = f"{key} was already reversed by {earlier.key}, on {earlier.posting_date}."
            completer.findings.append(Finding("bo.already_reversed", message, at, "reverses", "Nothing to do."))
        elif taken.setdefault(key, one.voucher.key) != one.voucher.key:
            message = f"{key} is reversed by {taken[key]} already."
            completer.findings.append(Finding("bo.already_reversed", message, at, "reverses", "Leave one of the two out."))


def _items(uow: UnitOfWork, keyed: Sequence[_Asked], mirror_of: VoucherRecord | None) -> Items | None:
    return Items(uow, [(one.company.id, one.voucher) for one in keyed], mirror_of) if keyed else None


def _complete(one: _Asked, completer: Completer, items: Items | None) -> _New:
    passed = one.voucher
    if items is not None and one.keyed:
        passed = items.take(passed, one.company.id)
    done = completer.complete(passed, one.company, one.voucher)
    voucher = done.voucher
    assert voucher.document_date is not None
    assert voucher.posting_date is not None
    record = VoucherRecord(
        key=voucher.key,
        kind=voucher.kind,
        nature=voucher.nature,
        document_date=voucher.document_date,
        posting_date=voucher.posting_date,
        tax_date=voucher.tax_date,
        moved=done.moved,
        book=voucher.book,
        reverses=voucher.reverses,
        source_entity=voucher.source.name if voucher.source else "",
        source_id=voucher.source.id if voucher.source else None,
        source_event=voucher.source.event if voucher.source else "",
        body=_body(one, done),
        request=one.request,
    )
    record.company_id = one.company.id
    findings = (*_warnings(record), *(late_finding(late, f"voucher {record.key}") for late in done.late))
    itemised = items.itemise(voucher, passed, one.company.id) if items is not None and one.keyed else None
    return _New(record, one.voucher, voucher, findings, done.late, itemised)


def _body(one: _Asked, done: Completed) -> Plain:
    lines: list[Plain] = []
    filled = set(done.filled)
    for position, line in enumerate(done.voucher.lines):
        if position < len(one.plain["lines"]):
            plain = dict(one.plain["lines"][position])
            fact = line.tax
            if fact is not None and fact.declared is not None:
                plain["tax"] = {**plain["tax"], "declared": fact.declared.isoformat()}
            if position in filled:
                plain["filled"] = True
                assert line.base is not None
                plain["base"] = [line.base.minor_units, line.base.currency, line.base.token.exponent]
            if one.keyed and line.settles is not None:
                _add_taken(plain, line)
        else:
            plain = plain_line(line)
        lines.append(plain)
    return make_body(one.plain, lines, done.residue)


def _add_taken(plain: Plain, line: Line) -> None:
    """What a settling line took from its item, marked as such."""
    whole = plain_line(line)
    taken = [name for name in TAKEN if name in whole and name not in plain]
    if taken:
        plain.update({name: whole[name] for name in taken}, taken=taken)


def _record(uow: UnitOfWork, new: Sequence[_New], mirror_of: VoucherRecord | None) -> None:
    uow.add_all((one.record for one in new), made_by="uow.post")
    for one in new:
        uow._closing.posted[one.record.key] = one.record
        if mirror_of is None:
            fill_record(uow, one.record, one.passed)
        else:
            follow_text(uow, one.record, one.passed, mirror_of)
        uow._closing.vouchers.append(Posted(one.record, one.completed))
        for warning in one.findings:
            uow.warn(warning)
        for late in one.late:
            note_late(uow, late, one.record, one.record.key)


def _receipts(asked: Sequence[_Asked], known: dict[str, VoucherRecord], new: dict[str, _New]) -> list[Receipt]:
    receipts, given = [], set(known)
    for one in asked:
        key = one.voucher.key
        row = known[key] if key in known else new[key].record
        receipts.append(
            Receipt(row.id, key, row.posting_date, row.moved, key in given, _warnings(row) if key in known else new[key].findings)
        )
        given.add(key)
    return receipts


def _warnings(record: VoucherRecord) -> tuple[Finding, ...]:
    if not record.moved:
        return ()
    asked = record.body["asked"]["posting_date"]
    wanted = date.fromisoformat(asked) if asked else record.document_date
    return (moved_finding(record.key, wanted, record.posting_date),)


def _conflict(one: _Asked, before: VoucherRecord, *, told: bool) -> Finding:
    """The finding for a key that another voucher has.

    :param told: whether the actor may be told in what they differ, which quotes that one.
    """
    differing = differences(passed_as(before), one.plain) if told else ["it is not one that the actor may read"]
    message = f"The key is posted already with another body; {'; '.join(differing[:5]) or 'texts differ'}."
    fix = "Post a correction under a new key, or reverse the first voucher: uow.reverse(key, reason)."
    if before.company_id != one.company.id:
        fix = f"A key is unique among all companies: put the company into it, such as {one.voucher.key}:{one.company.code}."
    return Finding(PostingConflict.code, message, f"voucher {one.voucher.key}", fix=fix)


def differences(before: Plain, now: Plain) -> list[str]:
    """Which parts of a voucher differ, in words: from plain values as it was passed before and now."""
    said = []
    for name in now:
        old, new = before[name], now[name]
        if name == "lines":
            continue
        if name == "asked":
            said += [f"{part} was {old[part]!r} and is {new[part]!r}" for part in sorted(old) if old[part] != new[part]]
        elif old != new:
            said.append(f"{name} was {old!r} and is {new!r}")
    if len(before["lines"]) != len(now["lines"]):
        return [*sorted(said), f"it had {len(before['lines'])} lines and has {len(now['lines'])}"]
    for position, (old, new) in enumerate(zip(before["lines"], now["lines"], strict=True), 1):
        parts = sorted(part for part in old.keys() | new.keys() if old.get(part) != new.get(part))
        said += [f"line {position}: {part} was {_shown(part, old)} and is {_shown(part, new)}" for part in parts]
    return said


def _shown(part: str, line: Plain) -> str:
    value = line.get(part)
    return str(read_money(value)) if part in ("amount", "base") and value is not None else repr(value)


# ---------------------------------------------------------------- reversing


def _mirror(voucher: Voucher, reason: str, on: date | None) -> Voucher:
    """The same voucher the other way round; what a line opened or settled, its mirror settles."""
    source = voucher.source
    return Voucher(
        voucher.key + REVERSAL,
        voucher.kind,
        [_mirrored(line, on) for line in voucher.lines],
        source=None if source is None else attrs.evolve(source, event="reversed"),
        company=voucher.company,
        document_date=on or voucher.document_date,
        posting_date=on or voucher.posting_date,
        tax_date=voucher.tax_date and (on or voucher.tax_date),
        if_closed="refuse" if on else "next_open",
        book=voucher.book,
        nature=voucher.nature,
        reverses=voucher.key,
        text=f"Reversal: {reason}",
    )


def _mirrored(line: Line, on: date | None) -> Line:
    tax = line.tax
    return attrs.evolve(
        line,
        amount=-line.amount,
        base=None if line.base is None else -line.base,
        opens=None,
        settles=line.opens or line.settles,
        due=None,
        kind=None,
        tax=None if tax is None else attrs.evolve(tax, base=-tax.base, tax=-tax.tax, on=tax.on and (on or tax.on), declared=None),
        quantity=None if line.quantity is None else -line.quantity,
    )
