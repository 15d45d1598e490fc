"""Parameters of declared functions as arguments and options of commands."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bocore.cli.invocation import invocation
from bocore.values import holds_entity, is_entity, read_value

if TYPE_CHECKING:
    from bocore.plugins import Option

SEVERAL = (list, tuple, set, frozenset, Sequence, Iterable)


class Written(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # click 8.1 has no generic one
    """A value as a person writes it: read by :mod:`bocore.values`, so that it is the same in files and in options."""

    def __init__(self, hint: Any) -> None:
        self.hint = hint
        self.name = metavar(hint).lower()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        from bocore.amounts import Money, UnitPrice

        tokens = invocation(ctx).app.tokens if self.hint in (Money, UnitPrice) else None
        try:
            return read_value(value, self.hint, tokens=tokens)
        except ValueError as error:
            self.fail(f"It {error}.", param, ctx)


def parameters_of(options: Iterable[Option]) -> list[click.Parameter]:
    """Arguments for positional parameters, options for keyword-only ones."""
    return [_argument(option) if option.positional else _option(option) for option in options]


def _argument(option: Option) -> click.Argument:
    inside = _inside(option.type)
    several = option.many or inside is not None
    kind = _kind(option.type if inside is None else inside)
    required = option.required if not option.many else False
    made = click.Argument(
        [option.name], type=kind, nargs=-1 if several else 1, required=required, metavar=None if several else _metavar_of(option)
    )
    made.help = _text(option)  # shown by click 8.5 and later, and by the reference
    return made


def _text(option: Option) -> str:
    return option.help or (f"The {option.type.__name__}, by number, code or id." if is_entity(option.type) else "")


def _option(option: Option) -> click.Option:
    flag = "--" + option.name.strip("_").replace("_", "-")
    text = _text(option)
    if option.type is bool:
        names = [f"{flag}/--no-{flag[2:]}", option.name]
        return click.Option(names, default=None, required=option.required, help=_with_default(text, option))
    inside = _inside(option.type)
    if inside is not None:
        more = f"{text} May be repeated.".strip()
        return click.Option([flag, option.name], type=_kind(inside), multiple=True, required=option.required, help=more)
    more, shown = _with_default(text, option), metavar(option.type)
    return click.Option([flag, option.name], type=_kind(option.type), required=option.required, metavar=shown, help=more)


def _with_default(text: str, option: Option) -> str:
    default = option.default
    if default is None or default == "" or default == () or callable(default):
        return text
    if isinstance(default, bool):
        default = "yes" if default else "no"
    return f"{text}  [default: {default.value if isinstance(default, Enum) else default}]".strip()


def _inside(hint: Any) -> Any:
    """The type of one of several values that can each be written as a word; None where it is one value, or JSON."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in SEVERAL and inside and not _is_json(inside[0]):
        return inside[0]
    return None


def _is_json(hint: Any) -> bool:
    import attrs

    from bocore.amounts import Money, UnitPrice

    if is_entity(hint) or hint in (Money, UnitPrice):
        return False
    origin = typing.get_origin(hint)
    return hint in (dict, list, Mapping) or origin not in (None, typing.Literal) or (isinstance(hint, type) and attrs.has(hint))


def _kind(hint: Any) -> Any:
    if holds_entity(hint):
        return click.STRING
    if hint is Path:
        return click.Path(exists=True, dir_okay=False, path_type=Path)
    return Written(hint)


def _metavar_of(option: Option) -> str:
    name = option.name.upper()
    return name if option.required else f"[{name}]"


def metavar(hint: Any) -> str:
    """What stands for a value of that type in a usage line: TEXT, NUMBER, FILE, or its choices."""
    if is_entity(hint):
        return str(hint.__name__).upper()
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "|".join(str(member.value) for member in hint)
    if typing.get_origin(hint) is typing.Literal:
        return "|".join(map(str, typing.get_args(hint)))
    names = {int: "NUMBER", Decimal: "NUMBER", str: "TEXT", Path: "FILE"}
    if hint in names:
        return names[hint]
    from bocore.amounts import Money

    if hint is Money:
        return '"AMOUNT CURRENCY"'
    return "JSON" if _is_json(hint) else str(getattr(hint, "__name__", "VALUE")).upper()


def given(options: Iterable[Option], values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The positional and the keyword arguments that a person gave; what was left out keeps the default of the function."""
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    for option in options:
        value = values.get(option.name)
        if value is None or (value == () and not option.required):
            continue
        if option.many:
            args.extend(value)
        elif option.positional:
            args.append(list(value) if isinstance(value, tuple) else value)
        else:
            keywords[option.name] = list(value) if isinstance(value, tuple) else value
    return args, keywords


def with_own(own: Sequence[click.Parameter], declared: Sequence[click.Parameter]) -> list[click.Parameter]:
    """The declared parameters, and those of the command itself whose names and flags are still free."""
    names = {parameter.name for parameter in declared}
    flags = {flag for parameter in declared for flag in parameter.opts if flag.startswith("-")}
    return [*declared, *(one for one in own if one.name not in names and not flags & set(one.opts))]
