"""The canonical form: one byte sequence for each value and each row, for ever, so that digests can be recomputed by anybody.

JSON in UTF-8 without white space, object keys in code point order, text escaped as in RFC 8785. orjson writes it; so does
``json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)``, byte for byte, on what is allowed here: null,
booleans, integers of 63 bits, text without NUL and lone surrogates, arrays and objects of these. No floats: a decimal number is
text (:func:`canonical_decimal`), an instant too (:func:`canonical_instant`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import orjson

from bocore.errors import Refused

MAX_INTEGER = 2**63 - 1
MIN_INTEGER = -(2**63)
DIGEST_SIZE = 16

_MAX_DEPTH = 100
_MANY = 100_000  # parts on one level: what contains itself twice has no end of them
_TEXT = frozenset({str})
_BATCH = 1024  # rows encoded at a time: the bytes stay in the processor's cache
_MAX_MAGNITUDE = 1_000
_NULL_RUNS = tuple(b",null" * length + b"]\n" for length in (8, 4, 2, 1))


class NotCanonical(Refused, ValueError):
    """A value that has no canonical form: a float, an integer that is too large, text with NUL or half a character."""

    code = "bo.not_canonical"


# Values


def canonical_bytes(value: object) -> bytes:
    """The canonical form of nested lists, dicts and scalars.

    Exact types only: a subclass of str, int or dict may print as something else tomorrow.

    :raises NotCanonical: something in it has no canonical form; the finding's path says where, e.g. ``$.lines[3].rate``.
    """
    check_canonical(value)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def check_canonical(value: object) -> None:
    """Say what has no canonical form in nested lists, dicts and scalars.

    :raises NotCanonical: something in it has none.
    """
    if not _is_plain(value):
        _check(value, "$", 0)


def _is_plain(value: Any) -> bool:
    """True where :func:`_check` has surely nothing to say: level by level without paths, and so several times as fast."""
    texts: list[Any] = []
    level: list[Any] = [(value,)]
    for _ in range(_MAX_DEPTH):
        deeper: list[Any] = []
        for each in level:
            kind, parts = type(each), each
            if kind is dict:
                texts += each
                parts = each.values()
            elif kind is not list and kind is not tuple:
                return False
            for part in parts:
                kind = type(part)
                if kind is str:
                    texts.append(part)
                elif kind is int:
                    if not MIN_INTEGER <= part <= MAX_INTEGER:
                        return False
                elif part is not None and kind is not bool:
                    deeper.append(part)
        if not deeper or len(deeper) > _MANY:
            break
        level = deeper
    if deeper or not _TEXT.issuperset(map(type, texts)):
        return False
    text = "".join(texts)
    return text.isascii() and "\0" not in text


def _check(value: object, path: str, depth: int) -> None:
    """Walk through the value; orjson alone would write floats, datetimes, dataclasses and integers of 64 bits."""
    kind = type(value)
    if value is None or kind is bool:
        return
    if kind is str:
        canonical_text(value, at=path)  # type: ignore[arg-type]
    elif kind is int:
        if not MIN_INTEGER <= value <= MAX_INTEGER:  # type: ignore[operator]
            raise NotCanonical("An integer of more than 63 bits has no canonical form.", at=path, fix="Write it as text.")
    elif depth >= _MAX_DEPTH:
        raise NotCanonical(f"The value is nested more than {_MAX_DEPTH} deep.", at=path, fix="Make it flatter; it may contain itself.")
    elif kind is dict:
        for key, inner in value.items():  # type: ignore[attr-defined]
            if type(key) is not str:
                raise NotCanonical(f"The key {key!r} ({type(key).__name__}) is no text.", at=path, fix="Use plain str keys.")
            canonical_text(key, at=f"{path} key")
            _check(inner, f"{path}.{key}", depth + 1)
    elif kind is list or kind is tuple:
        for index, inner in enumerate(value):  # type: ignore[arg-type]
            _check(inner, f"{path}[{index}]", depth + 1)
    else:
        fix = "Write a Decimal as text." if kind is float else "Use None, bool, int, str, list and dict; write other values as text."
        raise NotCanonical(f"{value!r} ({kind.__name__}) has no canonical form.", at=path, fix=fix)


# Scalars that enter as text


def canonical_text(text: str, at: object = None) -> str:
    """The text as it is, once it is sure that every database and every JSON reader can hold it.

    :raises NotCanonical: it holds NUL or a lone surrogate.
    """
    if "\0" in text:
        raise NotCanonical("The text holds a NUL character.", at=at, fix="Take it out: databases can't store it.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise NotCanonical(
                f"The text holds half a character (a lone surrogate, at position {error.start}).",
                at=at,
                fix="It was decoded wrongly; decode its bytes again with the right encoding.",
            ) from None
    return text


def normalise_text(text: str, at: object = None) -> str:
    """The text in Unicode's composed form (NFC), so that what looks the same is the same.

    :raises NotCanonical: it holds NUL or a lone surrogate.
    """
    if text.isascii():
        return text if "\0" not in text else canonical_text(text, at)
    return unicodedata.normalize("NFC", canonical_text(text, at))


def canonical_decimal(value: Decimal) -> str:
    """A Decimal as plain text: no exponent, no trailing zeros, no ``-0``; equal values have equal text.

    :raises NotCanonical: it is not finite, or of absurd magnitude.
    """
    # 1E+999999999 is eleven characters, and a gigabyte once written out.
    if not value.is_finite() or abs(value.adjusted()) > _MAX_MAGNITUDE:
        raise NotCanonical(f"{value} has no canonical form.", fix="Give a finite Decimal of ordinary size.")
    if not value:
        return "0"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled_text(value: int, places: int) -> str:
    """The text of :func:`canonical_decimal` for ``value / 10**places``, straight from the stored integer."""
    text = str(value)
    if not places or value == 0:
        return text
    if value < 0:
        return "-" + scaled_text(-value, places)
    if len(text) <= places:
        return f"0.{text.zfill(places)}".rstrip("0")
    part = text[-places:].rstrip("0")
    return f"{text[:-places]}.{part}" if part else text[:-places]


def canonical_instant(moment: datetime) -> str:
    """An instant as ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, in UTC.

    :raises NotCanonical: it has no time zone, so that it is no instant.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise NotCanonical(f"{moment.isoformat()} has no time zone.", fix="Use an aware datetime, such as datetime.now(UTC).")
    try:
        in_utc = moment.replace(tzinfo=None) - offset if offset else moment.replace(tzinfo=None)
    except OverflowError:
        raise NotCanonical(f"{moment.isoformat()} is outside the years 1 to 9999 in UTC.") from None
    return in_utc.isoformat(timespec="microseconds") + "Z"


def read_instant(text: str) -> datetime:
    """The aware datetime of a canonical instant; anything written otherwise is refused.

    :raises NotCanonical: the text is no canonical instant.
    """
    try:
        moment = datetime.fromisoformat(text)
        if canonical_instant(moment) == text:
            return moment.replace(tzinfo=UTC)
    except ValueError:  # no date at all, or one without a zone
        pass
    raise NotCanonical(f"{text!r} is no canonical instant.", fix="It must look like 2026-12-31T23:59:59.000000Z.")


# Rows


def encode_row(row: Sequence[object]) -> bytes:
    """One row as a canonical array, trailing nulls cut: the form that :func:`encode_rows` must agree with."""
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return orjson.dumps(row if end == len(row) else row[:end])


def encode_rows(rows: Sequence[tuple[object, ...]]) -> list[bytes]:
    """Each row as a canonical array with trailing nulls cut.

    :param rows: a list or tuple of tuples that hold only None, bool, int of 63 bits and valid text: their columns have been checked,
        and nothing is checked again here.
    """
    if len(rows) < 8:
        return [encode_row(row) for row in rows]
    if len(rows) <= _BATCH:
        return _encode_batch(rows)
    encoded: list[bytes] = []
    for start in range(0, len(rows), _BATCH):
        encoded += _encode_batch(rows[start : start + _BATCH])
    return encoded


def _encode_batch(rows: Sequence[tuple[object, ...]]) -> list[bytes]:
    """One call of orjson for all rows, and then cuts in the bytes.

    Every border between two rows reads ``],[``. Put a line feed into it: JSON has none of its own, as it escapes those in text. If
    there are as many lines as rows, each line is a row; if a text holds ``],[`` there are more: then halve, until it is alone.
    A line that ends in ``,null]`` ends in a null and never in a text, whose last character would be its closing quote.
    """
    if len(rows) < 8:
        return [encode_row(row) for row in rows]
    lines = orjson.dumps(rows)[1:-1].replace(b"],[", b"]\n[") + b"\n"
    if lines.count(b"\n") != len(rows):
        half = len(rows) // 2
        return _encode_batch(rows[:half]) + _encode_batch(rows[half:])
    encoded = _cut_nulls(lines).split(b"\n")
    encoded.pop()
    return encoded


def _cut_nulls(lines: bytes) -> bytes:
    """Take the nulls off the end of each line: by eight while there are any, and what is left by four, two and one."""
    eight, *fewer = _NULL_RUNS
    if fewer[-1] in lines:
        while eight in lines:
            lines = lines.replace(eight, b"]\n")
        for run in fewer:
            lines = lines.replace(run, b"]\n")
    return lines.replace(b"[null]\n", b"[]\n")


def row_digests(name: str, nonce: bytes, encoded: Sequence[bytes]) -> bytes:
    """The digests of encoded rows, 16 bytes each, one after the other: BLAKE2b-128(nonce || entity name || row array).

    :param name: the entity's name; it holds no ``[``, so that where the row begins is never in doubt.
    :param nonce: the commit's 16 random bytes, drawn once the rows are settled.
    """
    # Copying a hash that has taken in the common part is a third faster than making one with its keyword arguments.
    copy = blake2b(nonce + name.encode(), digest_size=DIGEST_SIZE).copy
    digests = []
    for row in encoded:
        digest = copy()
        digest.update(row)
        digests.append(digest.digest())
    return b"".join(digests)
