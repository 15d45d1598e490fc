"""Text for a terminal or a line of a log: nothing in it moves the cursor, turns the reading direction, or begins another line."""

from __future__ import annotations

_STEERING = (
    *range(32), *range(127, 160), 0x2028, 0x2029,  # controls, escapes, line ends
    *range(0x202A, 0x202F), *range(0x2066, 0x206A),  # embeddings and overrides of direction, which make a.exe of exe.a
    *range(0xD800, 0xE000),  # halves of a character, which can't be written
)  # fmt: skip
_ONE_LINE = dict.fromkeys(_STEERING, "�")
_SEVERAL = {code: mark for code, mark in _ONE_LINE.items() if code != 10}


def printable(text: str, *, lines: bool = False) -> str:
    """The text with ``�`` for each character that steers what shows it.

    :param lines: keep line ends.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_SEVERAL if lines else _ONE_LINE)
