"""Batches: how an importer takes in a file that is larger than memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(rows: Iterable[T], size: int = 5000) -> Iterator[list[T]]:
    """Lists of at most ``size`` rows; write and let go of each: ``for part in batched(rows): uow.add_all(…); uow.flush(release=True)``."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part
        del part  # a batch must not outlive the next one's filling
