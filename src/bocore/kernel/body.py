"""The stored form of a voucher: plain JSON, schema 1, readable for ever.

The body is ``{"v":1, "asked":{…}, "lines":[…], "residue":true}``. ``asked`` keeps what the columns of the record no longer show: dates as
passed, ``if_closed``, and the templates of text and label (null without a source). A line is an object without its empty parts; money
is ``[minor units, code, exponent]``, a Decimal is text, a date ISO 8601. ``filled`` marks a base that the core put in, ``taken`` names
the parts that a settling line has from its open item, ``residue`` marks a last line of the core's own; ``declared`` in a tax fact is the
first open day of the registration, where the tax point is closed. So what was passed can be told from the record: its hash is the
``request`` by which a repetition is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from typing import Any

import attrs
import orjson

from bocore.amounts import Money
from bocore.currencies import ISO_4217, Token
from bocore.entities import Entity, spec_of
from bocore.errors import StorageError
from bocore.kernel.voucher import Line, Source, TaxFact, Voucher, VoucherRecord
from bocore.record.canonical import canonical_bytes, canonical_decimal, normalise_text

SCHEMA = 1
Plain = dict[str, Any]

_HEAD = ("kind", "nature", "book", "reverses")


# ---------------------------------------------------------------- to plain values


def plain_voucher(voucher: Voucher, company: int) -> Plain:
    """A voucher as passed, as plain values: templates unfilled, dates as asked, the company resolved."""
    source = voucher.source
    plain: Plain = {name: getattr(voucher, name) for name in _HEAD}
    plain["company"] = company
    plain["source"] = None if source is None else [*source_key(source), source.event]
    plain["tax_date"] = _iso(voucher.tax_date)
    plain["asked"] = {
        "document_date": _iso(voucher.document_date),
        "posting_date": _iso(voucher.posting_date),
        "if_closed": voucher.if_closed,
        "text": voucher.text,
        "label": None if source is None else source.label,
    }
    plain["lines"] = [plain_line(line) for line in voucher.lines]
    return plain


def plain_line(line: Line) -> Plain:
    """A line as plain values, without its empty parts."""
    plain: Plain = {"purpose": line.purpose, "amount": _money(line.amount)}
    if line.base is not None:
        plain["base"] = _money(line.base)
    if line.by:
        plain["by"] = dict(line.by)
    if line.dims:
        plain["dims"] = dict(line.dims)
    if line.party is not None:
        plain["party"] = ident(line.party)
    if line.partner is not None:
        plain["partner"] = ident(line.partner)
    if line.opens is not None:
        plain["opens"] = line.opens
    if line.settles is not None:
        plain["settles"] = line.settles
    if line.due is not None:
        plain["due"] = line.due.isoformat()
    if line.kind is not None:
        plain["kind"] = str(line.kind)
    if line.tax is not None:
        plain["tax"] = _plain_tax(line.tax)
    if line.service is not None:
        plain["service"] = [day.isoformat() for day in line.service]
    if line.quantity is not None:
        plain["quantity"] = canonical_decimal(line.quantity)
    if line.account is not None:
        plain["account"] = line.account
    return plain


def ident(row: Entity | int) -> int:
    """The id of a row, given as a row or as an id."""
    return row.id if isinstance(row, Entity) else row


def source_key(source: Source) -> tuple[str, int | None]:
    """Table and id of what a voucher comes from."""
    if source.entity is not None:
        return spec_of(type(source.entity)).name, source.entity.id
    return source.name, source.id


def request_of(plain: Plain) -> str:
    """The hash by which a repeated voucher is known: SHA-256 of the canonical form.

    :raises NotCanonical: a text holds NUL or half a character.
    """
    return sha256(form_of(plain)).hexdigest()


def form_of(plain: Plain) -> bytes:
    """The canonical form of a voucher's plain values."""
    # The types have been checked one by one, so orjson writes the canonical form; texts alone may still not have one.
    try:
        encoded = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        encoded = b"\\u0000"
    return canonical_bytes(plain) if b"\\u0000" in encoded else encoded


def normal_voucher(voucher: Voucher) -> Voucher:
    """The texts that become columns in their one form, so that what looks the same is the same."""
    changed: dict[str, Any] = {
        name: normalise_text(value)
        for name in ("key", "kind", "book", "reverses", "text")
        if (value := getattr(voucher, name)) is not None and not (value.isascii() and "\0" not in value)
    }
    source = voucher.source
    if source is not None and not (source.event.isascii() and source.label.isascii()):
        changed["source"] = attrs.evolve(source, event=normalise_text(source.event), label=normalise_text(source.label))
    return attrs.evolve(voucher, **changed) if changed else voucher


def normal_line(line: Line) -> Line:
    """The texts of a line in their one form: by them items, accounts and dimensions are found."""
    changed: dict[str, Any] = {
        name: normalise_text(value) for name in ("purpose", "opens", "settles", "account") if (value := getattr(line, name)) is not None
    }
    for name in ("by", "dims"):
        changed[name] = {normalise_text(key): normalise_text(v) if type(v) is str else v for key, v in getattr(line, name).items()}
    if line.tax is not None:
        tax = line.tax
        changed["tax"] = attrs.evolve(tax, code=normalise_text(tax.code), registration=normalise_text(tax.registration))
    return attrs.evolve(line, **changed)


def make_body(plain: Plain, lines: list[Plain], residue: bool) -> Plain:
    """The stored body of a voucher as passed, with its lines as completed."""
    body: Plain = {"v": SCHEMA, "asked": plain["asked"], "lines": lines}
    if residue:
        body["residue"] = True
    return body


def _money(money: Money) -> list[Any]:
    token = money.token
    return [money.minor_units, token.code, token.exponent]


def _plain_tax(tax: TaxFact) -> Plain:
    return {
        "code": tax.code,
        "base": _money(tax.base),
        "tax": _money(tax.tax),
        "rate": None if tax.rate is None else canonical_decimal(tax.rate),
        "direction": tax.direction,
        "on": _iso(tax.on),
        "registration": tax.registration,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


# ---------------------------------------------------------------- and back


def read_voucher(record: VoucherRecord) -> Voucher:
    """The voucher as ledgers got it: completed, with ids in place of rows.

    :raises StorageError: the body has a schema that this version does not know.
    """
    body = _known(record)
    asked = body["asked"]
    source = None
    if asked["label"] is not None:
        source = Source(event=record.source_event, label=asked["label"], name=record.source_entity, id=record.source_id)
    return Voucher(
        record.key,
        record.kind,
        [_read_line(line) for line in body["lines"]],
        source=source,
        company=record.company_id,
        document_date=record.document_date,
        posting_date=record.posting_date,
        tax_date=record.tax_date,
        if_closed=asked["if_closed"],
        book=record.book,
        nature=record.nature,
        reverses=record.reverses,
        text=asked["text"],
    )


def passed_as(record: VoucherRecord) -> Plain:
    """The plain values of the voucher as it was passed: what ``request`` is the hash of."""
    body = _known(record)
    plain: Plain = {name: getattr(record, name) for name in _HEAD}
    plain["company"] = record.company_id
    has_source = body["asked"]["label"] is not None
    plain["source"] = [record.source_entity, record.source_id, record.source_event] if has_source else None
    plain["tax_date"] = _iso(record.tax_date)
    plain["asked"] = body["asked"]
    lines = body["lines"][:-1] if body.get("residue") else body["lines"]
    plain["lines"] = [_passed_line(line) for line in lines]
    return plain


def _passed_line(line: Plain) -> Plain:
    added = {"filled", "taken", *line.get("taken", ())}
    if "filled" in line:
        added.add("base")
    passed = {name: value for name, value in line.items() if name not in added}
    if "declared" in passed.get("tax", ()):
        passed["tax"] = {k: v for k, v in passed["tax"].items() if k != "declared"}
    return passed


def _known(record: VoucherRecord) -> Plain:
    body = record.body
    if body.get("v") != SCHEMA:
        raise StorageError(
            f"The voucher {record.key} has a body of schema {body.get('v')!r}; this version reads {SCHEMA}.",
            fix="Upgrade bocore: the database was written by a newer one.",
        )
    return body


def _read_line(plain: Mapping[str, Any]) -> Line:
    get = plain.get
    due, service, quantity, tax = get("due"), get("service"), get("quantity"), get("tax")
    return Line(
        plain["purpose"],
        read_money(plain["amount"]),
        base=read_money(plain["base"]),
        by=get("by", {}),
        dims=get("dims", {}),
        party=get("party"),
        partner=get("partner"),
        opens=get("opens"),
        settles=get("settles"),
        due=_day(due),
        kind=get("kind"),
        tax=None if tax is None else _read_tax(tax),
        service=None if service is None else (date.fromisoformat(service[0]), date.fromisoformat(service[1])),
        quantity=None if quantity is None else Decimal(quantity),
        account=get("account"),
    )


def _read_tax(plain: Mapping[str, Any]) -> TaxFact:
    return TaxFact(
        code=plain["code"],
        base=read_money(plain["base"]),
        tax=read_money(plain["tax"]),
        rate=None if plain["rate"] is None else Decimal(plain["rate"]),
        direction=plain["direction"],
        on=_day(plain["on"]),
        registration=plain["registration"],
        declared=_day(plain.get("declared")),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def read_money(plain: list[Any]) -> Money:
    """Money from ``[minor units, code, exponent]``."""
    return Money.minor(plain[0], _token(plain[1], plain[2]))


@lru_cache(maxsize=1000)
def _token(code: str, exponent: int) -> Token:
    """The currency or token, with the exponent that it had when the voucher was posted."""
    known = ISO_4217.get(code)
    return known if known is not None and known.exponent == exponent else Token(code, exponent)
