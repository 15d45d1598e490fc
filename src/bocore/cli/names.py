"""Names of commands: what plugins add to ``bo --help``, read from metadata so that no plugin is imported for it, and which one is meant."""

from __future__ import annotations

import os
import sys
from functools import cache

import click

GROUP = "bocore.commands"
"""Entry points of commands that are written in click: ``vet = "acme_vet.commands:vet"``."""


def command_lines() -> dict[str, str]:
    """Command → its help line, the Summary of its distribution; plugins that are blocked are left out."""
    return _lines(tuple(sys.path), os.environ.get("BOCORE_BLOCK", ""))


@cache
def _lines(path: tuple[str, ...], block: str) -> dict[str, str]:
    from bocore.plugins.discovery import summaries

    blocked = {word.strip() for word in block.split(",")}
    lines = {**summaries(GROUP), **summaries()}
    return {name: lines[name] or "…" for name in sorted(lines) if name not in blocked}


class Suggesting(click.Group):
    """A group that asks back where a command is misspelt."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], self.list_commands(ctx), n=1)
            if not close:
                raise
            raise click.UsageError(f"No such command {args[0]!r}. Did you mean {close[0]!r}?", ctx) from error
