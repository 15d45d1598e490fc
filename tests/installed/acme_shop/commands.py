"""Commands that are written in click."""

import click

from bocore.cli.invocation import invocation


@click.group()
def shop() -> None:
    """Run a corner shop."""


@shop.command()
def open_doors() -> None:
    """Open the doors."""
    click.echo(f"{invocation().actor} opens the doors.")


@click.command()
def hello() -> None:
    """Say hello."""
    click.echo("hello")
