"""Templates of numbers: what they may name, checked where they are declared and where somebody changes one."""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable

CLOCK = ("n", "year", "month")
WIDEST = 100


def template_names(per: Iterable[str], fields: Collection[str]) -> tuple[str, ...]:
    """What the template of a numbered field may name: the count, year and month, and the fields of ``per`` without ``_id``."""
    return (*CLOCK, *(name.removesuffix("_id") for name in per if name in fields))


def wrong_template(template: str, names: Collection[str] | None) -> str | None:
    """What is wrong with a template, in words; None where it is right.

    :param names: what it may name; None where nobody knows, since the plugin that declares the series is not here.
    """
    try:
        parts = [(name, spec or "", how) for _, name, spec, how in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        return f"can't be read: {error}"
    for name, spec, how in parts:
        if names is not None and name not in names:
            return f"names {{{name}}}, and may name {', '.join(names)}"
        if not name.isidentifier():
            return f"names {{{name}}}, which is no plain name"
        if how or "{" in spec or any(int(width) > WIDEST for width in re.findall(r"\d+", spec)):
            return f"writes {name} as {f'!{how}' if how else f':{spec}'}, which is not possible here"
        if name in CLOCK:
            try:
                format(1, spec)
            except ValueError as error:
                return f"writes {name} as :{spec}: {error}"
    named = [name for name, _, _ in parts].count("n")
    if named != 1:
        return "names {n} more than once" if named else "does not name {n}, so that all numbers would be the same"
    return None
