"""`phlo completion`: what a shell completes phlo by."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common
def completion(cli: Cli, shell: str) -> int:
    """Print the script by which SHELL completes phlo's commands and options.

    Done once, it is there in every new shell: `phlo completion bash >> ~/.bashrc`,
    `phlo completion zsh >> ~/.zshrc`, or
    `phlo completion fish > ~/.config/fish/completions/phlo.fish`
    """
    from phlo.cli.run import cli as root

    made = get_completion_class(shell)
    assert made is not None
    script = made(root, {}, "phlo", "_PHLO_COMPLETE")
    text = script.source_template % script.source_vars()
    if cli.json:
        output.show_json("phlo.completion/1", {"shell": shell, "script": text})
    else:
        output.data(text)
    return 0
