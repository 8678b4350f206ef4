"""A click group whose commands are named in a table and imported on first use."""

from __future__ import annotations

import click

TYPE_CHECKING = False  # what `--help` does not need is not imported for it
if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


class Lazy:
    """Where a command is, and its one line of help (so `--help` imports no command)."""

    __slots__ = ("help", "hidden", "target")

    def __init__(self, target: str, help: str, *, hidden: bool = False) -> None:
        self.target, self.help, self.hidden = target, help, hidden


class LazyGroup(click.Group):
    """A group over a table `name -> Lazy`; unknown names get a suggestion."""

    def __init__(self, *args: object, table: Mapping[str, Lazy], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the visible names, in the order of the table."""
        return [name for name, lazy in self.table.items() if not lazy.hidden]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        lazy = self.table.get(cmd_name)
        if lazy is None:
            return None
        from importlib import import_module

        module, _, attribute = lazy.target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which known ones are near."""
        name = args[0]
        if ctx.resilient_parsing and name not in self.table:
            return None, None, []  # a shell asks: it wants no message
        if name not in self.table and not name.startswith("-"):
            from phlo.errors.suggest import did_you_mean

            hint = did_you_mean(name, self.list_commands(ctx))
            raise click.UsageError(f"no such command '{name}'" + (f"; {hint}" if hint else ""), ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin so, from the table: a shell asks at every key."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=lazy.help)
            for name, lazy in self.table.items()
            if name.startswith(incomplete) and not lazy.hidden
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table from the one-line helps."""
        rows = [(name, lazy.help) for name, lazy in self.table.items() if not lazy.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
