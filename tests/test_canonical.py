"""The canonical form: fixed bytes, the same from two JSON writers, and the fast way equal to the slow."""

from __future__ import annotations

import decimal
import json
import time
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bocore.errors import Refused
from bocore.record.canonical import (
    MAX_INTEGER,
    MIN_INTEGER,
    NotCanonical,
    canonical_bytes,
    canonical_decimal,
    canonical_instant,
    canonical_text,
    encode_row,
    encode_rows,
    normalise_text,
    read_instant,
    row_digests,
    scaled_text,
)

NASTY = [
    "],[",
    ",null]",
    "],[null",
    "[null]",
    "]\n[",
    ',null]\n"',
    '"],["',
    '\\"],[',
    "\\",
    "\n",
    "\x1f\x7f\x80\u2028\u2029",
    "\ue000\U0001f600",
    "\u00e9",
    "e\u0301",
]

text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])) | st.sampled_from(NASTY)
scalars = st.none() | st.booleans() | st.integers(MIN_INTEGER, MAX_INTEGER) | text
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5))
rows = st.lists(st.lists(st.none() | scalars, max_size=24).map(tuple), max_size=40)


def by_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def digest(nonce: bytes, name: str, row: bytes) -> bytes:
    return blake2b(nonce + name.encode() + row, digest_size=16).digest()


class TestCanonicalBytes:
    @given(values)
    @example({text: text for text in NASTY})
    def test_are_what_the_json_module_writes(self, value: object) -> None:
        assert canonical_bytes(value) == by_json(value)

    def test_are_fixed_for_ever(self) -> None:
        """A published example: whoever writes a verifier starts from these bytes."""
        value = {"name": 'Zoë "Z"\t\x01', "id": 7, "paid": True, "lines": [[1, "12.5", None], []], "Émile": -1}
        expected = '{"id":7,"lines":[[1,"12.5",null],[]],"name":"Zoë \\"Z\\"\\t\\u0001","paid":true,"Émile":-1}'
        assert canonical_bytes(value) == expected.encode()
        assert canonical_bytes((1, (2,))) == b"[1,[2]]"

    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ({"lines": [{"rate": 1.5}]}, "$.lines[0].rate"),
            ([float("nan")], "$[0]"),
            ([Decimal("1.5")], "$[0]"),
            ([b"bytes"], "$[0]"),
            ([date(2026, 1, 1)], "$[0]"),
            ([{1}], "$[0]"),
            ([Enum("E", "A").A], "$[0]"),  # type: ignore[attr-defined]
            ([type("Text", (str,), {})("x")], "$[0]"),
            ([time.gmtime(0)], "$[0]"),
            ({"id": 2**63}, "$.id"),
            ({"id": -(2**63) - 1}, "$.id"),
            ({"n": {1: "x"}}, "$.n"),
            ({type("Text", (str,), {})("k"): 1}, "$"),
            ({"a": ["\ud800"]}, "$.a[0]"),
            ({"a": ["x\0"]}, "$.a[0]"),
            ({"\0": 1}, "$ key"),
        ],
    )
    def test_refuse_what_has_no_canonical_form_and_name_the_place(self, value: object, path: str) -> None:
        with pytest.raises(NotCanonical) as caught:
            canonical_bytes(value)
        assert caught.value.findings[0].at == path

    def test_a_refusal_is_a_value_error_too(self) -> None:
        assert issubclass(NotCanonical, Refused)
        assert issubclass(NotCanonical, ValueError)

    def test_refuse_what_contains_itself(self) -> None:
        endless: list[Any] = []
        endless.append(endless)
        with pytest.raises(NotCanonical, match="deep"):
            canonical_bytes(endless)


class TestScalars:
    @given(st.integers(-(10**40), 10**40), st.integers(0, 18))
    def test_equal_decimals_have_equal_text(self, units: int, places: int) -> None:
        value = Decimal(units).scaleb(-places, decimal.Context(prec=100))
        with decimal.localcontext(prec=3):
            text = canonical_decimal(value)
        assert Decimal(text) == value
        assert canonical_decimal(Decimal((value.as_tuple().sign, (*value.as_tuple().digits, 0, 0), -places - 2))) == text
        assert scaled_text(units, places) == text

    @pytest.mark.parametrize(
        ("value", "text"),
        [("-0", "0"), ("0E-7", "0"), ("1E+3", "1000"), ("1.500", "1.5"), ("-0.10", "-0.1"), ("100", "100"), ("1E-7", "0.0000001")],
    )
    def test_a_decimal_is_plain(self, value: str, text: str) -> None:
        assert canonical_decimal(Decimal(value)) == text

    @pytest.mark.parametrize("value", ["NaN", "sNaN", "-Infinity", "1E+999999999", "1E-999999999"])
    def test_a_decimal_is_finite_and_of_ordinary_size(self, value: str) -> None:
        with pytest.raises(NotCanonical):
            canonical_decimal(Decimal(value))

    @given(st.datetimes(timezones=st.timezones() | st.just(UTC) | st.just(timezone(timedelta(hours=-3, minutes=-30)))))
    def test_an_instant_comes_back_as_the_same_instant(self, moment: datetime) -> None:
        try:
            in_utc = moment.astimezone(UTC)
        except OverflowError:  # the first and last hours of the calendar
            with pytest.raises(NotCanonical, match="years 1 to 9999"):
                canonical_instant(moment)
            return
        text = canonical_instant(moment)
        assert read_instant(text) == in_utc
        assert read_instant(text).tzinfo is UTC
        assert len(text) == len("YYYY-MM-DDTHH:MM:SS.ffffffZ")

    def test_an_instant_is_written_in_one_way(self) -> None:
        summer = timezone(timedelta(hours=2))
        assert canonical_instant(datetime(2026, 7, 1, 1, 30, tzinfo=summer)) == "2026-06-30T23:30:00.000000Z"
        with pytest.raises(NotCanonical, match="no time zone"):
            canonical_instant(datetime(2026, 7, 1))  # noqa: DTZ001
        for text in ("2026-06-30T23:30:00Z", "2026-06-30T23:30:00.000000+00:00", "2026-06-30 23:30:00.000000Z", "2026-06-30", "soon", ""):
            with pytest.raises(NotCanonical, match="no canonical instant"):
                read_instant(text)

    def test_text_is_composed_when_it_is_validated(self) -> None:
        assert normalise_text("Zoe\u0308") == "Zo\u00eb"
        assert normalise_text("Acme Ltd") == "Acme Ltd"
        assert canonical_text("Zoe\u0308") == "Zoe\u0308"  # what is stored is hashed as it is
        for wrong in ("a\0b", "é\0", "\ud800", "é\udfff"):
            for check in (normalise_text, canonical_text):
                with pytest.raises(NotCanonical):
                    check(wrong)


class TestRows:
    @given(rows)
    @example([(f"{nasty}", None, None) for nasty in NASTY])
    @example([(None,) * n for n in range(40)])
    @example([(n, "],[" if n == 17 else "x", None) for n in range(40)])
    @example([(",null]", None), (",null", None, None), ("[null]",), (None,), (), ("],[", None)] * 3)
    def test_the_fast_way_gives_what_the_slow_one_gives(self, rows: list[tuple[object, ...]]) -> None:
        encoded = encode_rows(rows)
        assert encoded == [encode_row(row) for row in rows]
        for row, line in zip(rows, encoded, strict=True):
            cut = list(row)
            while cut and cut[-1] is None:
                cut.pop()
            assert line == by_json(cut)

    def test_many_rows_go_in_batches_and_stay_in_order(self) -> None:
        rows = [(n, None if n % 3 else "],[", None) for n in range(2500)]
        assert [json.loads(line)[0] for line in encode_rows(rows)] == list(range(2500))

    @given(rows, st.binary(min_size=16, max_size=16))
    def test_a_digest_a_row_over_nonce_name_and_row(self, rows: list[tuple[object, ...]], nonce: bytes) -> None:
        encoded = encode_rows(rows)
        assert row_digests("vet_visit", nonce, encoded) == b"".join(digest(nonce, "vet_visit", row) for row in encoded)

    def test_digests_are_fixed_for_ever(self) -> None:
        (row,) = encode_rows([(1, 1, "Acme Ltd", "1250", "EUR", None)])
        assert row == b'[1,1,"Acme Ltd","1250","EUR"]'
        assert row_digests("core_party", bytes(range(16)), [row]).hex() == "50b18a54c65b3a2216a80e43210829fc"
