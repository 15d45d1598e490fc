"""Makes files wrong, each in a way in which files are wrong, or in which somebody wants them to be; the same chance gives the same file."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

Mutation = Callable[[bytes, random.Random], bytes]
LONGEST = 200_000
"""Bytes that mutations on top of each other may make of a file."""

NUMBERS = (
    *("0", "-0", "1e400", "1e-400", "-1", "0.000000000000000000000000001", "9" * 19, "9" * 40, "9" * 5000, "." + "9" * 60),
    *("9223372036854775807", "9223372036854775808", "92233720368547758.08", "-92233720368547758.08", "1,000.00", "1.000,00", "1,0,0"),
    *("..", "NaN", "sNaN", "Infinity", "1_000", "0x10", "\u0663", "\uff11\uff12", "\u00b2", "+-1", "1e", "1/3"),
)
DATES = (
    *("0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2026-02-29", "2024-02-29", "2026-13-01", "2026-00-00", "26-1-1"),
    *("1582-10-10", "2026-1-1", "-2026-01-01", "2026-W01-1", "\uff12\uff10\uff12\uff16-01-01", "1970-01-01", "1899-12-31"),
)
TEXTS = (
    *("=cmd|' /C calc'!A0", "\u202eright to left\u202c", "\u200b", "\ufeff", "\u2028", "\x85", "\x1b[31mred", "\x07", "\x7f", "\ufdd0"),
    *("é", "e\u0301", "\U0001f4b6", "{source.number}", "{0.__class__}", "%s%n", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "\\", "\\n", '"', '""'),
    *("'; DROP TABLE bo_commit; --", "'", "`", "$(id)", "../../../../etc/passwd", "/dev/null", "~root", "**", ";", "|", "#", "\t", "  "),
    *("*" * 60, "[" * 60, "(" * 2000, "((" * 60 + "1" + "))" * 60, "{" * 2000, ":" * 300, "a:" * 400, "x" * 300, "ß" * 1001),
    *("\u00a0", "\r", "null", "None", "true"),
)


def mutated(file: bytes, chance: random.Random, words: Sequence[str] = ()) -> bytes:
    """The file after one to four mutations; every other time its first line stays, without which a table is not looked at any further."""
    head, end, rest = file.partition(b"\n")
    if end and chance.random() < 0.5:
        return head + end + _changed(rest, chance, words)
    return _changed(file, chance, words)


def _changed(file: bytes, chance: random.Random, words: Sequence[str]) -> bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        file = chance.choice(MUTATIONS)(file, chance) if not words or chance.random() < 0.7 else _with_word(file, chance, words)
        file = file[:LONGEST]
    return file


def _with_word(file: bytes, chance: random.Random, words: Sequence[str]) -> bytes:
    """A word of the language where another stood, or between two."""
    return _put(file, chance, chance.choice(words).encode())


def _put(file: bytes, chance: random.Random, text: bytes) -> bytes:
    """A text in the place of a word or a number, or before one."""
    places = list(re.finditer(rb"[^\s,;]+", file)) or [re.compile(b"").match(file)]
    place = chance.choice(places)
    assert place is not None
    start, end = place.span()
    return file[:start] + text + (b" " if chance.random() < 0.2 else b"") + file[end if chance.random() < 0.7 else start :]


def flip(file: bytes, chance: random.Random) -> bytes:
    """Some bits are others."""
    made = bytearray(file)
    for _ in range(chance.choice((1, 1, 2, 8))):
        if made:
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def truncate(file: bytes, chance: random.Random) -> bytes:
    """The file ends somewhere, or begins there."""
    at = chance.randrange(len(file) + 1)
    return file[:at] if chance.random() < 0.8 else file[at:]


def insert(file: bytes, chance: random.Random) -> bytes:
    """Bytes that should not be there: NUL, what is no UTF-8, marks of the byte order, control characters."""
    at = chance.randrange(len(file) + 1)
    what = (b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xff\xfe", bytes([chance.randrange(32)]))
    return file[:at] + chance.choice(what) * chance.choice((1, 1, 3)) + file[at:]


def begin(file: bytes, chance: random.Random) -> bytes:
    """A mark of the byte order, an empty line or another encoding of the whole."""
    text = file.decode("utf-8", "replace")
    return chance.choice((b"\xef\xbb\xbf" + file, b"\n" + file, text.encode("utf-16"), text.encode("latin-1", "replace"), b""))


def end_lines_otherwise(file: bytes, chance: random.Random) -> bytes:
    """Windows, old Macs, and both at once."""
    return file.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\r", b"\r\r\n", b"\x0b", b"\x0c", b"\n\n", b"")))


def number(file: bytes, chance: random.Random) -> bytes:
    """A number that is none, or one that nobody owns."""
    places = list(re.finditer(rb"\d+(?:\.\d+)?", file))
    if not places:
        return _put(file, chance, chance.choice(NUMBERS).encode())
    start, end = chance.choice(places).span()
    return file[:start] + chance.choice(NUMBERS).encode() + file[end:]


def day(file: bytes, chance: random.Random) -> bytes:
    """A day that is none, or the first or last that there is."""
    places = list(re.finditer(rb"\d{4}[-/.]\d\d[-/.]\d\d", file))
    if not places:
        return _put(file, chance, chance.choice(DATES).encode())
    start, end = chance.choice(places).span()
    return file[:start] + chance.choice(DATES).encode() + file[end:]


def text(file: bytes, chance: random.Random) -> bytes:
    """A text that somebody may have meant otherwise."""
    return _put(file, chance, chance.choice(TEXTS).encode())


def cell(file: bytes, chance: random.Random) -> bytes:
    """A cell more or less; a quote more or less."""
    at = chance.randrange(len(file) + 1)
    return file[:at] + chance.choice((b",", b";", b"\t", b'"', b'""', b'",', b",,,,", b"  ", b" ", b"\n ")) + file[at:]


def line(file: bytes, chance: random.Random) -> bytes:
    """A line twice, away, in another place, or indented."""
    lines = file.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    how = chance.randrange(5)
    if how == 0:
        lines.insert(to, lines[at])
    elif how == 1:
        del lines[at]
    elif how == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif how == 3:
        lines[at] = lines[at].lstrip() if lines[at][:1] in (b" ", b"\t") else b"  " + lines[at]
    else:
        lines = lines * chance.choice((2, 20))
    return b"\n".join(lines)


def column(file: bytes, chance: random.Random) -> bytes:
    """The table is wider than tables are, or its columns have other names."""
    head, _, rest = file.partition(b"\n")
    names = re.split(rb"[,;\t]", head)
    chance.shuffle(names)
    more = chance.choice((b",x" * 5, b",x" * 2000, b"," + names[0], b""))
    return (head if chance.random() < 0.5 else b",".join(names)) + more + b"\n" + rest


def lengthen(file: bytes, chance: random.Random) -> bytes:
    """A part of the file many times over: a line without end, a text without end, a number without end."""
    at = chance.randrange(len(file) + 1)
    part = file[at : at + chance.choice((1, 1, 2, 5, 20))] or b"x"
    return file[:at] + part * chance.choice((50, 500, 5000)) + file[at:]


def nest(file: bytes, chance: random.Random) -> bytes:
    """Brackets in brackets, accounts below accounts."""
    opening, closing = chance.choice(((b"(", b")"), (b"{", b"}"), (b"[", b"]"), (b'"', b'"'), (b"a:", b""), (b"-", b""), (b"A:", b"")))
    depth = chance.choice((3, 100, 3000))
    return _put(file, chance, opening * depth + b"1" + closing * chance.choice((depth, 0)))


def include(file: bytes, chance: random.Random) -> bytes:
    """A file that includes itself, one that is not there, a folder, or everything."""
    what = (
        "books.journal",
        "books.beancount",
        "books1.journal",
        "books*.beancount",
        "nothing",
        ".",
        "",
        "*",
        "/dev/null",
        "books.csv",
        "[",
        "\0",
    )
    name = chance.choice(what)
    written = chance.choice((f"include {name}", f'include "{name}"'))
    lines = file.split(b"\n")
    lines.insert(chance.randrange(len(lines) + 1), written.encode())
    return b"\n".join(lines)


MUTATIONS: tuple[Mutation, ...] = (
    *(flip, truncate, insert, begin, end_lines_otherwise, number, number, day, text, text),
    *(cell, line, line, column, lengthen, nest, include),
)
