"""Metadata as JSON and back: text, numbers, days, amounts and truth values keep their types, and keys their order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bocore_beancount.ledger import Amount, Meta, MetaValue


def to_json(meta: Meta) -> list[Any]:
    """Pairs of key and value; a value that is neither text, truth value nor nothing is ``{type: text}``."""
    return [[key, _plain(value)] for key, value in meta.items()]


def from_json(pairs: Sequence[Any]) -> Meta:
    """The metadata that :func:`to_json` made pairs of."""
    return {key: _value(plain) for key, plain in pairs}


def _plain(value: MetaValue) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Amount):
        return {"amount": f"{value.number:f}", "code": value.code}
    return {"date": value.isoformat()} if isinstance(value, date) else {"number": f"{value:f}"}


def _value(plain: Any) -> MetaValue:
    if not isinstance(plain, dict):
        return plain  # type: ignore[no-any-return]
    if "code" in plain:
        return Amount(Decimal(plain["amount"]), plain["code"])
    return date.fromisoformat(plain["date"]) if "date" in plain else Decimal(plain["number"])
