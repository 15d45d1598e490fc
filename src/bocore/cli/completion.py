"""``bo completion``: the script that lets a shell complete commands, options and names."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that completes bo's commands in a shell.

    \b
    bash   eval "$(bo completion bash)"   in ~/.bashrc
    zsh    eval "$(bo completion zsh)"    in ~/.zshrc
    fish   bo completion fish > ~/.config/fish/completions/bo.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(ctx.find_root().command, {}, "bo", "_BO_COMPLETE").source())
