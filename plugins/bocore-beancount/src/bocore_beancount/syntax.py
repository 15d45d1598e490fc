"""How beancount spells texts, values and metadata."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from bocore_beancount.ledger import Amount, Meta, MetaValue

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})


def quoted(text: str) -> str:
    """A text in quotation marks, on one line."""
    return f'"{text.translate(_ESCAPES)}"'


def spelt(value: MetaValue) -> str:
    """A value of metadata or of a custom directive; nothing for none."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (Amount, date)):
        return str(value)
    return ""


def metadata(meta: Meta, indent: str = "  ") -> str:
    """The lines that follow a directive, or deeper indented a line of it."""
    return "".join(f"{indent}{key}: {spelt(each)}".rstrip() + "\n" for key, each in meta.items())


def marks(tags: Iterable[str], links: Iterable[str]) -> list[str]:
    """Tags and links in alphabetical order, each with its sign."""
    return [*(f"#{tag}" for tag in sorted(tags)), *(f"^{link}" for link in sorted(links))]
