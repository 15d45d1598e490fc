"""Spans of days within which prices and price lists hold, either end of which may be open. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

T = TypeVar("T")
Span = tuple[date | None, date | None]
"""First and last day; None where it has always held, or holds on."""


def holds(span: Span, day: date) -> bool:
    """Whether the day is within the span."""
    since, through = span
    return (since is None or since <= day) and (through is None or day <= through)


def narrowness(span: Span) -> tuple[int, int]:
    """A key that sorts the narrower first among spans of which each lies within the other: the later beginning, then the earlier end."""
    since, through = span
    return -(since or date.min).toordinal(), (through or date.max).toordinal()


def clashes(spans: Iterable[tuple[Span, T]]) -> Iterator[tuple[T, T]]:
    """Pairs of which neither lies within the other and that have days in common, or that are the same days.

    Spans that are apart, and spans that lie within wider ones, are no clash: on every day one of them is the narrowest. Where there are
    clashes some of them are named, not necessarily all.
    """
    around: list[tuple[date, T]] = []
    last: Span | None = None
    for span, what in sorted(spans, key=lambda each: (each[0][0] or date.min, -(each[0][1] or date.max).toordinal())):
        since, through = span[0] or date.min, span[1] or date.max
        while around and around[-1][0] < since:
            around.pop()
        if around and (through > around[-1][0] or (since, through) == last):
            yield around[-1][1], what
        around.append((through, what))
        last = (since, through)


def said(span: Span) -> str:
    """The span in words."""
    since, through = span
    if since is None:
        return "always" if through is None else f"through {through}"
    return f"since {since}" if through is None else f"{since} to {through}"
