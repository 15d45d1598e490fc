"""Parties: the people and organisations that a business deals with, their identifiers and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from bocore.entities import Entity, entity, field, parent
from bocore.errors import Finding
from bocore.kernel.address import address_part
from bocore.plugins.hooks import concerns, hookimpl

if TYPE_CHECKING:
    from bocore.uow import Changes, UnitOfWork


class PartyKind(StrEnum):
    """Whether a party is a human being, whose data the law protects."""

    PERSON = "person"
    ORGANISATION = "organisation"


@entity("bo_party", read="bo.read", write="bo.write", index=["name"])
class Party(Entity):
    """A person or an organisation: a customer, supplier, employee or patient becomes one by what other tables say of it."""

    code: str | None = field(default=None, unique=True, max_length=50, doc="your own number or short name for it")
    name: str = field(max_length=200, not_blank=True, personal="id")
    kind: PartyKind = field(default=PartyKind.ORGANISATION)
    language: str = field(default="", max_length=20, doc="what to write to it in, e.g. de-AT; the company's where empty")
    active: bool = field(default=True)


@entity("bo_party_identifier", unique=[("scheme", "value", "party_id")], index=[("scheme", "value")])
class PartyIdentifier(Entity):
    """A number that somebody else gave to a party: a tax number, a register number."""

    party_id: int = parent(Party)
    scheme: str = field(max_length=50, not_blank=True, doc='"eu_vat", "lei", or country and kind as python-stdnum has them: "us_ein"')
    value: str = field(max_length=100, not_blank=True, personal="party_id")


@entity("bo_party_address")
class PartyAddress(Entity):
    """Where a party is found: the lines as they go on an envelope, and what can be sorted by."""

    party_id: int = parent(Party)
    kind: str = field(default="main", max_length=30, doc="main, billing, delivery …")
    lines: str = address_part("lines", personal="party_id")
    postcode: str = address_part("postcode", personal="party_id")
    city: str = address_part("city", personal="party_id")
    region: str = address_part("region", personal="party_id")
    country: str = address_part("country", personal="party_id")


# ---------------------------------------------------------------- identifiers

_SCHEME = re.compile(r"[a-z]{2}_[a-z][a-z0-9_]*|[a-z][a-z0-9]*", re.ASCII)
_KEYWORDS = {"in": "in_", "is": "is_"}  # countries that are words of Python


def check_identifier(scheme: str, value: str) -> str | None:
    """What is wrong with an identifier, in words; None where it is right, or nobody knows its scheme.

    A scheme is the name of a module of python-stdnum, the country first: ``eu_vat`` → ``stdnum.eu.vat``, ``us_ein`` →
    ``stdnum.us.ein``, ``lei`` → ``stdnum.lei``. Pure: no register is asked.
    """
    validator = _validator(scheme)
    if validator is None:
        return None
    from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError

    said: list[tuple[type[Exception], str]] = [
        (InvalidChecksum, "its check digit is wrong"),
        (InvalidLength, "it is too long or too short"),
        (InvalidFormat, "it is not written like one"),
        (InvalidComponent, "a part of it does not exist"),
    ]
    try:
        validator.validate(value)
    except ValidationError as error:
        return next((words for kind, words in said if isinstance(error, kind)), "it is not valid")
    return None


def format_identifier(scheme: str, value: str) -> str:
    """The identifier without the spaces and dots that people put in; as it is where nobody knows its scheme."""
    validator = _validator(scheme)
    compact = getattr(validator, "compact", None)
    return value if compact is None or check_identifier(scheme, value) else str(compact(value))


def _validator(scheme: str) -> Any:
    """The module of python-stdnum for a scheme, or None. It is imported on first use: it has two hundred."""
    if not _SCHEME.fullmatch(scheme):
        return None
    country, _, kind = scheme.partition("_")
    name = f"stdnum.{_KEYWORDS.get(country, country)}.{kind}" if kind else f"stdnum.{scheme}"
    try:
        known = find_spec(name) is not None
    except ModuleNotFoundError:
        return None
    module = import_module(name) if known else None
    return module if hasattr(module, "validate") else None


@hookimpl
@concerns(PartyIdentifier)
def bo_validate(uow: UnitOfWork, changes: Changes) -> Iterable[Finding]:
    """Refuse identifiers that their issuer can't have given."""
    rows = [*changes.added(PartyIdentifier), *(change.entity for change in changes.updated(PartyIdentifier))]
    findings = []
    for row in rows:
        wrong = check_identifier(row.scheme, row.value)
        if wrong is not None:
            # The value is personal, so the finding does not repeat it.
            fix = "Compare it with the document that it comes from."
            findings.append(Finding("bo.identifier", f"This is no {row.scheme}: {wrong}.", row, "value", fix))
    return findings
