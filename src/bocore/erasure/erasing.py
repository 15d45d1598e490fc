"""Erasing a person: all of it in one unit of work, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from bocore.erasure import keeping
from bocore.erasure.finding import Found, Row, find_rows
from bocore.erasure.mentions import Mentions
from bocore.erasure.results import ErasureResult, KeptRow, PersonErased
from bocore.erasure.retention import Kept, Reason, ask
from bocore.errors import Finding, Refused, UsageError
from bocore.kernel.attachments import Attachment, AttachmentContent, drop_attachment
from bocore.kernel.bank import BankAccount
from bocore.kernel.party import Party
from bocore.kernel.retained import ERASE
from bocore.kernel.users import User
from bocore.keys.kernel import key_of
from bocore.keys.operate import destroy_person_key
from bocore.keys.store import ACTIVE, PERSON, stored_keys
from bocore.record.positions import assign_positions
from bocore.record.redacting import redact_sections
from bocore.storage.recorded import recorded_plugins
from bocore.uow.overwriting import overwrite, salted_anew

if TYPE_CHECKING:
    from bocore.uow import UnitOfWork

SIGN_IN = ("bo_credential", "bo_recovery_code", "bo_session", "bo_attempt")
"""What a user proves with who he is; none of it is of use once he is disabled."""
Redaction = tuple[int, str]
"""Position of a commit record in the log, and one of its sections: actor, reason, request or events."""


def erase_person(uow: UnitOfWork, party: Party, *, redact: Iterable[Redaction] = (), dry_run: bool = False) -> ErasureResult:
    """Forget a person: every personal field of every entity, of all plugins, that is this party's.

    Clear values are overwritten and their salts destroyed, so that nothing tells what they were, and the books still verify. What
    plugins must keep (``bo_retention``) is moved out of sight, encrypted, until its day. Nothing of it can be undone. Objects of the unit
    of work have the new values then. Erased again, there is nothing to do.

    :param redact: texts about the person on commit records, which nobody can find for sure: position in the log and section.
    :param dry_run: look what would be done; do nothing.
    :raises Refused: without a reason (``bo.erasure_reason``), or with one that names the person; while the party is an active user
        (``bo.active_user``); for a record that is not there (``bo.redaction``).
    """
    uow.require(ERASE, "erase a person")
    if not dry_run:
        _refuse_unfit(uow, party)
        uow.flush()
    session = uow._touch()
    if not dry_run and not session.serial:
        session.alone()  # nobody is half-way through writing something of this person that would come after us
    kept = ask(uow, party)
    with uow.core():
        party = uow.get(Party, party.id)
        _refuse_active(uow, party)
        work = _Erasure(uow, party, kept, dry_run=dry_run)
        for found in find_rows(uow._app, session, party.id):
            work.take(found)
        return work.finish(list(redact))


def _refuse_unfit(uow: UnitOfWork, party: Party) -> None:
    if uow.read_only or uow._phase != "open":
        raise UsageError("Nobody can be erased in a unit of work that only reads or checks.", fix="Use one that writes; or dry_run=True.")
    if not (uow.reason or "").strip():
        fix = "Say which request it answers, and name nobody: --reason 'Request 2026-17'."
        raise Refused([Finding("bo.erasure_reason", "An erasure needs a reason.", None, "reason", fix)])
    if party.name.lower() in str(uow.reason).lower():  # it stays on the record
        fix = "Say which request it answers: --reason 'Request 2026-17'."
        raise Refused([Finding("bo.erasure_reason", "The reason names what is to be forgotten.", None, "reason", fix)])


def _refuse_active(uow: UnitOfWork, party: Party) -> None:
    for user in uow.select(User, party_id=party.id):
        if user.state == "active":
            fix = f"Disable it first: bo user disable {user.name}."
            raise Refused([Finding("bo.active_user", f"The party is an active user of this database, {user.name}.", party, fix=fix)])


class _Erasure:
    def __init__(self, uow: UnitOfWork, party: Party, kept: Kept, *, dry_run: bool) -> None:
        self.uow = uow
        self.party = party
        self.reasons = kept
        self.dry_run = dry_run
        self.cleared: Counter[str] = Counter()
        self.kept: list[KeptRow] = []
        self.mentions = Mentions()
        rows = stored_keys(uow._touch(), "kind = ? AND party_id = ?", (PERSON, party.id))
        self.keys = frozenset(row.id for row in rows)
        """The data keys of the person, those that are destroyed included."""
        self.elsewhere: list[str] = []
        """Secret values that do not go with a key of the person's."""

    # -- row by row, many at a time

    def take(self, found: Found) -> None:
        """Clear the rows of one entity; what must be kept of them is put away first."""
        if found.spec.cls is AttachmentContent:
            self._take_files(found)
            return
        names = [column.name for column in found.spec.columns]
        for rows in found.batches(self.uow._touch()):
            pairs = [(row, self._cleared(found, names, row)) for row in rows]
            self._put_away(found, names, pairs)
            pairs = [(before, after) for before, after in pairs if before != after]
            self.cleared[found.spec.name] += len(pairs)
            if pairs and not self.dry_run:
                whole = [all(found.by_id[row[0]] >= {f} for f in found.fields) for row, _ in pairs]
                new = [salted_anew(found.spec, after, all_cleared=every) for (_, after), every in zip(pairs, whole, strict=True)]
                overwrite(self.uow, found.spec, [before for before, _ in pairs], new)

    def _cleared(self, found: Found, names: Sequence[str], row: Row) -> Row:
        """The row with the person's fields cleared, and everything else as it was."""
        values = list(row)
        for name in found.by_id[row[0]]:
            places = [names.index(column) for column in found.fields[name].columns]
            before = [row[i] for i in places]
            if before[0] is None:
                continue
            if found.fields[name].secret:
                self._note_key(found, row[0], name, before[0])
            else:
                self.mentions.note(before[0])
            for i, value in zip(places, found.fields[name].clear(row[0], before), strict=True):
                values[i] = value
        return tuple(values)

    def _note_key(self, found: Found, ident: int, name: str, stored: str) -> None:
        """A secret that was entered before anybody knew whose it is stands under the key of the tenant, or of who had it before."""
        if stored and key_of(stored) not in self.keys and self._opens(stored):
            self.elsewhere.append(f"{found.spec.name} {ident}.{name}")

    def _put_away(self, found: Found, names: Sequence[str], pairs: Sequence[tuple[Row, Row]]) -> None:
        """Encrypt what must be kept of these rows as it was before."""
        wanted = []
        for before, after in pairs if self.reasons else ():
            mine = {name: found.fields[name] for name in found.by_id[before[0]]}
            changed = {name for name, field in mine.items() if any(before[i] != after[i] for i in map(names.index, field.columns))}
            changed |= {name for name, field in mine.items() if field.secret and self._opens(before[names.index(field.columns[0])])}
            wanted += self._kept_of(found, before, changed)
        self._keep(found, wanted)

    def _opens(self, stored: str | None) -> bool:
        """Whether a secret value is there, and its key is not destroyed."""
        return bool(stored) and self.uow.keys.by_id(key_of(str(stored))) is not None

    def _kept_of(self, found: Found, row: Row, changed: set[str]) -> list[tuple[Row, list[str], Reason]]:
        reasons = self.reasons.get((found.spec.cls, row[0]), ())
        each = [(row, sorted(changed if reason.fields is None else changed & reason.fields), reason) for reason in reasons]
        return [one for one in each if one[1]]

    def _keep(self, found: Found, wanted: Sequence[tuple[Row, list[str], Reason]]) -> None:
        for row, fields, reason in wanted:
            self.kept.append(KeptRow(found.spec.name, row[0], tuple(fields), reason.until, reason.code, reason.message))
        if wanted and not self.dry_run:
            keeping.keep(self.uow, self.party.id, found.spec, wanted)

    # -- files

    def _take_files(self, found: Found) -> None:
        """Content goes with its rows; where it must be kept, it is put away part by part."""
        if any(cls is AttachmentContent for cls, _ in self.reasons):
            for rows in found.batches(self.uow._touch()):
                self._keep(found, [one for row in rows for one in self._kept_of(found, row, {"data"})])

    def _drop_files(self) -> int:
        files = [file for file in self.uow.select(Attachment, party_id=self.party.id) if file.removed_at is None]
        for file in files if not self.dry_run else ():
            drop_attachment(self.uow, file)
            self.uow.flush()
            self.uow._tracker.held(AttachmentContent).clear()
        return len(files)

    def _destroy_keys(self) -> int:
        """Secret fields stay as they are, and nobody can open them any more: neither here nor in a backup."""
        if not self.dry_run:
            return int(destroy_person_key(self.uow, self.party))
        return len(stored_keys(self.uow._touch(), "kind = ? AND party_id = ? AND state = ?", (PERSON, self.party.id, ACTIVE)))

    def _forget_sign_in(self) -> None:
        """Of a user who is disabled: password, codes, sessions and failed attempts."""
        session = self.uow._touch()
        for user in self.uow.select(User, party_id=self.party.id):
            for table in SIGN_IN:
                if self.dry_run:
                    self.cleared[table] += session.execute(f"SELECT count(*) FROM {table} WHERE user_id = ?", (user.id,)).fetchone()[0]
                else:
                    self.cleared[table] += session.execute(f"DELETE FROM {table} WHERE user_id = ?", (user.id,)).rowcount

    # -- the end

    def finish(self, redact: list[Redaction]) -> ErasureResult:
        """What belongs to it besides: nobody deals with the party any more, texts on the record, the event."""
        uow, files, keys = self.uow, self._drop_files(), self._destroy_keys()
        self._forget_sign_in()
        result = ErasureResult(
            party_id=self.party.id,
            at=uow.now(),
            cleared=dict(sorted((name, count) for name, count in self.cleared.items() if count)),
            attachments=files,
            keys=keys,
            kept=tuple(self.kept),
            dry_run=self.dry_run,
        )
        if self.dry_run:
            return attrs.evolve(result, redacted=tuple(redact), remaining=tuple(self._remaining()))
        result = attrs.evolve(result, redacted=tuple(self._redact(redact)))
        if not result.nothing:
            self._retire()
            uow.flush()
            uow.emit(_event(result))
        return attrs.evolve(result, remaining=tuple(self._remaining()))

    def _redact(self, wanted: list[Redaction]) -> list[Redaction]:
        done = []
        if wanted:
            assign_positions(self.uow._touch())
        for position, section in wanted:
            done += [(position, name) for name in redact_sections(self.uow._touch(), position, [section])]
        return done

    def _retire(self) -> None:
        self.party.active = False
        for account in self.uow.select(BankAccount, party_id=self.party.id):
            account.active = False

    def _remaining(self) -> list[str]:
        """What a programme can't know or do."""
        found = self.mentions.sentences(self.uow._touch())
        for plugin in recorded_plugins(self.uow._touch()):
            if plugin.state == "detached":
                found.append(f"The plugin {plugin.name} is detached: nobody knows whose data its tables have. Install it, and erase again.")
        if self.elsewhere:
            which = ", ".join(self.elsewhere[:20]) + (" …" if len(self.elsewhere) > 20 else "")
            open_still = f"These secrets are under another key than the person's, and still open: {which}."
            found.append(f"{open_still} Empty them; in rows that never change they go with that key.")
        for user in self.uow.select(User, party_id=self.party.id):
            found.append(f"The records of what the user {user.name} did go on naming that user.")
        return found


def _event(result: ErasureResult) -> PersonErased:
    days = [row.until.isoformat() for row in result.kept if row.until is not None]
    return PersonErased(
        party_id=result.party_id,
        rows=result.cleared,
        attachments=result.attachments,
        keys=result.keys,
        kept=len(result.kept),
        until=max(days, default=""),
        redacted=[list(one) for one in result.redacted],
    )
