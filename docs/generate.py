"""Write the reference pages from the code: `uv run python docs/generate.py`.

A test fails when a page is not what this writes, so the reference cannot drift from the program.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import click

    from phlo.compose.fields import Field

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by docs/generate.py from the code; change it there. -->\n\n"

EXITS = {
    "OK": "success",
    "INTERNAL": "a bug in phlo; the path of a report is printed",
    "USAGE": "the command line is not understood",
    "CONFIG": "the configuration or a workflow file is not as it must be (C, A)",
    "PACKAGE": "an installed package is broken (P)",
    "WIRING": "a capability that a service needs is not there (W)",
    "PREREQUISITE": "the machine lacks something (R)",
    "CONFLICT": "a port, a secret or a state file is in the way (X)",
    "LOCK": "phlo.lock differs under `--frozen` (L)",
    "SERVICE": "a service ended or is not healthy (S)",
    "STILL_STARTING": "a service was still starting when the time was over (S)",
    "NETWORK": "the network or a registry does not answer (N)",
    "DATA": "an asset or a blocking check failed (D)",
    "CHANGES_PENDING": "`services plan --detailed-exitcode`: a start would change something",
    "INTERRUPTED": "interrupted (SIGINT)",
    "TERMINATED": "ended (SIGTERM)",
}


def pages() -> Mapping[str, str]:
    """Return every generated page by its file name."""
    return {
        "commands.md": NOTE + _commands(),
        "errors.md": NOTE + _errors(),
        "exit-codes.md": NOTE + _exit_codes(),
        "phlo-yaml.md": NOTE + _fields(),
        "wiring.md": NOTE + _wiring(),
    }


def _commands() -> str:
    import click

    from phlo.cli.run import cli

    parts = [
        "# Commands\n",
        "Every command takes `-C DIR` (the project), `--json` (one object on stdout), `--debug` "
        "and `--no-color`. What was asked for goes to stdout, everything else to stderr.\n",
    ]
    for name, command in _walk(click.Context(cli, info_name="phlo"), cli, "phlo"):
        with click.Context(command, info_name=name) as context:
            usage = command.get_usage(context).removeprefix("Usage: ")
            parts.append(f"## {name}\n\n```text\n{usage}\n```\n")
            parts.append(f"{(command.help or '').strip()}\n")
            rows = [
                record
                for parameter in command.get_params(context)
                if (record := parameter.get_help_record(context))
                and not {"-C", "--json", "--debug", "--no-color", "--help"} & set(parameter.opts)
            ]
            if rows:
                parts.append("| option | meaning |\n|---|---|")
                parts += [f"| `{_cell(a)}` | {_cell(b)} |" for a, b in rows]
                parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _walk(
    context: click.Context, group: click.Group, name: str
) -> Iterator[tuple[str, click.Command]]:
    import click

    for sub in group.list_commands(context):
        command = group.get_command(context, sub)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _walk(context, command, f"{name} {sub}")
        else:
            yield f"{name} {sub}", command


def _wiring() -> str:
    from phlo.testing.wiring import MIXED, PLAIN, composed, wiring

    parts = [
        "# Wiring\n",
        "What each service is told of those it is bound to, with every package of this workspace "
        "installed: `PHLO_{ROLE}_{PROPERTY}`, as seen from where the consumer runs. The same is "
        "there under the provider's name (`POSTGRES_HOST`). Settings that move a port or a service "
        "move what is told here.\n",
        "| consumer | role | provider | variable | locally | in containers | mixed, moved |",
        "|---|---|---|---|---|---|---|",
    ]
    columns = [
        {(w.consumer, w.role, w.variable): w for w in wiring(composed(project, runtime))}
        for project, runtime in ((PLAIN, "native"), (PLAIN, "docker"), (MIXED, None))
    ]
    for key, first in columns[0].items():
        cells = [column[key] for column in columns]
        values = ["(secret)" if cell.is_secret else f"`{_cell(cell.value)}`" for cell in cells]
        row = [first.consumer, first.role, first.provider, f"`{first.variable}`", *values]
        parts.append(f"| {' | '.join(row)} |")
    parts.append(
        "\nMixed: Postgres at 15432, SeaweedFS, Trino at 18080 and Superset in containers; Nessie "
        "at 29120 and Dagster as local processes."
    )
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _errors() -> str:
    from phlo.cli.help import known_errors

    parts = [
        "# Errors\n",
        "Each has a code that never changes its meaning, the place, the cause and what removes it. "
        "`phlo help CODE` prints these texts.\n",
    ]
    for entry in known_errors().values():
        rest = entry.text.partition("\n")[2].strip()
        parts.append(f"## {entry.code}\n\n{entry.title}. Exit code {int(entry.exit_code)}.\n")
        if rest:
            parts.append(f"{rest}\n")
    return "\n".join(parts).rstrip() + "\n"


def _exit_codes() -> str:
    from phlo.errors import ExitCode

    rows = "\n".join(f"| {int(code)} | {EXITS[code.name]} |" for code in ExitCode)
    return (
        f"# Exit codes\n\n| code | meaning |\n|---|---|\n{rows}\n\n"
        "The letters are the families of [error codes](errors.md). With several errors, the lowest "
        "family's code wins.\n"
    )


def _fields() -> str:
    from phlo.compose.fields import PROJECT_FIELDS, SERVICE_FIELDS, TABLES

    parts = [
        "# phlo.yaml\n",
        "Only `name` is usual; everything else overrides. Unknown keys are errors, `x-*` keys are "
        "yours. Maps merge, lists replace, null removes.\n",
        _table("The project", PROJECT_FIELDS),
        _table("`services.NAME`", SERVICE_FIELDS),
    ]
    shown = [f.inner for f in (*PROJECT_FIELDS.values(), *SERVICE_FIELDS.values()) if f.inner]
    used = {f.inner: k for k, f in (*PROJECT_FIELDS.items(), *SERVICE_FIELDS.items()) if f.inner}
    parts += [_table(f"`{used[name]}`", TABLES[name]) for name in dict.fromkeys(shown)]
    return "\n".join(parts).rstrip() + "\n"


def _table(title: str, table: Mapping[str, Field]) -> str:
    rows = [
        f"| `{key}` | {_cell(one.kind.value)}"
        + (f": {', '.join(one.choices)}" if one.choices else "")
        + f" | {_cell(one.doc)} |"
        for key, one in table.items()
    ]
    return "\n".join([f"## {title}\n", "| key | value | meaning |", "|---|---|---|", *rows, ""])


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
