"""Commands that are written in click; ``pass_obj`` gives them the run of ``bo``: ``this.app``, ``this.actor``, ``this.company``."""

from typing import Any

import click


@click.group()
def shop() -> None:
    """Run a corner shop."""


@shop.command()
@click.pass_obj
def open_doors(this: Any) -> None:
    """Open the doors."""
    click.echo(f"{this.actor} opens the doors.")


@click.command()
def hello() -> None:
    """Say hello."""
    click.echo("hello")
