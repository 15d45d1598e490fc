"""Every way in which bocore says no: one sentence each, a code, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, ClassVar, Literal


def with_article(noun: str) -> str:
    """``"a Till"``, ``"an Account"``: the name of an entity as it stands in a sentence."""
    return f"{'an' if noun[:1] in 'AEIOaeio' else 'a'} {noun}"


class Severity(StrEnum):
    """How bad a finding is: an error refuses the unit of work, a warning only comes back with it."""

    ERROR = "error"
    WARNING = "warning"


class Finding:
    """One thing that is wrong (or worth a look): what, where, and the remedy.

    :param code: stable dotted name, e.g. ``"accounting.unbalanced"``; with ``params`` it is what a translation needs.
    :param message: a sentence for the person who gets it.
    :param at: where: an entity, a ``"file:line"`` text, or nothing.
    :param field: the name of the field, where one is to blame.
    :param fix: what to do next, as a sentence.
    :param severity: ``"error"`` refuses the unit of work, ``"warning"`` comes back with it.
    """

    __slots__ = ("at", "code", "field", "fix", "message", "params", "severity")

    def __init__(
        self,
        code: str,
        message: str,
        at: object = None,
        field: str | None = None,
        fix: str = "",
        severity: Severity | Literal["error", "warning"] = Severity.ERROR,
        **params: Any,
    ) -> None:
        try:
            self.severity = Severity(severity)
        except ValueError:
            raise UsageError(f"A finding is an 'error' or a 'warning', not {severity!r} ({code}).") from None
        self.code = code
        self.message = message
        self.at = at
        self.field = field
        self.fix = fix
        self.params = params

    @property
    def where(self) -> str:
        """The place in words: entity with id or number, field, or file and line."""
        place = "" if self.at is None else self.at if isinstance(self.at, str) else repr(self.at)
        return f"{place}.{self.field}" if self.field and place else place or (self.field or "")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON-able values, for an API or ``--format json``."""
        found = {"code": self.code, "message": self.message, "at": self.where, "severity": self.severity.value}
        optional = {"field": self.field, "fix": self.fix}
        found.update({key: value for key, value in optional.items() if value})
        if self.params:
            found["params"] = {k: v if isinstance(v, (str, int, bool, type(None))) else str(v) for k, v in self.params.items()}  # type: ignore[assignment]
        return found

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{place}{self.message}{fix}"

    def __repr__(self) -> str:
        return f"Finding({self.code!r}, {self.message!r}, at={self.where!r})"


class BocoreError(Exception):
    """Base of everything that bocore raises on purpose.

    Catch it where a person is told; catch one of the others where the program can do something about it.
    """

    code: ClassVar[str] = "bo.error"

    def __init__(self, message: str | Finding | Iterable[Finding] = "", *, at: object = None, fix: str = "", **params: Any) -> None:
        if isinstance(message, Finding):
            self.findings = [message]
        elif isinstance(message, str):
            self.findings = [Finding(self.code, message, at, fix=fix, **params)]
        else:
            self.findings = list(message)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    def as_dict(self) -> dict[str, Any]:
        """The error as plain values: its code and its findings."""
        code = self.findings[0].code if self.findings else self.code
        return {"code": code, "findings": [finding.as_dict() for finding in self.findings]}


class Refused(BocoreError):
    """The unit of work was refused; every reason is listed and nothing was written.

    Show the findings to who asked, correct what they name, and do the unit of work again; its objects can be added again.
    """

    code = "bo.refused"


class NotFound(BocoreError):
    """No row of that entity has that id, number or value.

    Ask for another, or make it first; the finding says what there is. ``uow.find`` gives None instead.
    """

    code = "bo.not_found"


class Conflict(BocoreError):
    """Somebody else changed the row since it was read; the finding says who, what and when.

    Read the row again, decide anew, and do the unit of work once more. ``bo.run`` does not do that by itself: somebody must look.
    """

    code = "bo.conflict"


class KeyReused(BocoreError):
    """The idempotency key has been used before, with other arguments.

    Take a key that is made from the request itself; or look at the record of the first time: ``bo audit log``.
    """

    code = "bo.key_reused"


class PostingConflict(BocoreError):
    """A voucher with that key is posted already, with another body.

    Nothing needs doing where the first voucher is right; else reverse it and post the other under a key of its own.
    """

    code = "bo.posting_conflict"


class JobCancelled(BocoreError):
    """The job was cancelled while it ran; raised inside it where it says how far it is.

    Let it pass through: what the job has committed stays, what it has begun is rolled back, and the queue says that it was cancelled.
    """

    code = "bo.job_cancelled"


class UsageError(BocoreError, TypeError):
    """The program calls bocore in a way that can't work; the message says how to write it.

    Correct the program. Catching it helps nobody.
    """

    code = "bo.usage"


class DeclarationError(BocoreError, TypeError):
    """An entity, field, service or plugin is declared in a way that can't work; found at start, not at run time.

    Correct the declaration. Nothing was loaded and no database touched.
    """

    code = "bo.declaration"


class PluginError(BocoreError):
    """A plugin can't be loaded, clashes with another, or is missing though its data is here.

    Install, mend, block or detach the plugin that it names: ``bo plugin list`` shows all of them with the reason and the fix.
    """

    code = "bo.plugin"


class StorageError(BocoreError):
    """The database can't be used: not there, not ready, busy, full, newer than the code.

    Do what it says of the place: ``bo init``, ``bo migrate``, make room, wait for the other program. Nothing was half written.
    """

    code = "bo.storage"


class TimedOut(StorageError):
    """A statement took longer than the application or the server lets it.

    Ask for less at once, or raise the limit: ``BackOffice(…, report_timeout=…)``. Nothing was changed.
    """

    code = "bo.timed_out"


class KeyUnavailable(BocoreError):
    """What is secret can't be opened or kept: the key is missing, is another one, or a value was altered.

    Give the right key: ``$BOCORE_KEY_FILE``, ``BackOffice(key=…)``; ``bo key check`` and ``bo doctor`` say which it must be. Nothing was
    written.
    """

    code = "bo.key_missing"


class UnknownCurrency(BocoreError, ValueError):
    """Neither ISO 4217 nor a declared token has that code.

    Correct the code, or declare the token: ``bo accounting declare-commodity``.
    """

    code = "bo.unknown_currency"


class MoneyError(BocoreError, ValueError):
    """An amount that can't be: too many decimals, out of range, or two currencies in one sum.

    Write the amount with the decimals that its currency has, or round it first, by a mode that you name.
    """

    code = "bo.money"


class IdNotSet(BocoreError, AttributeError):
    """The entity has no id yet: ``uow.add`` sets it.

    Add the row first. After a unit of work that failed its rows have no ids any more.
    """

    code = "bo.id_not_set"


class NotNumbered(BocoreError, AttributeError):
    """The number is taken at commit and can't be read before.

    Use ``{source.number}`` in texts, ``uow.when_numbered(obj, fn)``, or the result of ``bo.run``.
    """

    code = "bo.not_numbered"


class NotAllowed(BocoreError):
    """The actor may not do this; nothing was done.

    Ask somebody who may, or an administrator for the permission that the finding names: ``bo access explain`` says what decided.
    """

    code = "bo.not_allowed"


class ApprovalNeeded(BocoreError):
    """Others must approve this first: nothing is done yet, and the request that the finding names is kept.

    Somebody who may approves it (``bo approval approve``), and it is done then; or who asked withdraws it (``bo approval withdraw``).
    """

    code = "bo.approval_needed"


class UnknownActor(NotAllowed):
    """Whoever acts is no user of this database, or is one no more.

    Make the user (``bo user add``), or let the host vouch for somebody: ``Actor("ann", roles=["accounting.bookkeeper"], via="my-app")``.
    """

    code = "bo.unknown_actor"


class NotAuthenticated(BocoreError):
    """Who signs in has not shown what proves it; nothing more is said.

    Sign in again with the right name, password and code, or with a token that is still good.
    """

    code = "bo.not_authenticated"


class FieldHidden(BocoreError, AttributeError):
    """The actor may not see this field.

    Do without it, or ask for the permission that the finding names.
    """

    code = "bo.field_hidden"
