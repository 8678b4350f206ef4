"""`phlo services status`: how each service is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.composing import composing
from phlo.cli.options import Cli, common
from phlo.errors import ExitCode

if TYPE_CHECKING:
    from phlo.model.options import Options
    from phlo.model.status import ProjectStatus, ServiceStatus

_TROUBLE = frozenset({"unhealthy", "crashed", "failed"})


@click.command()
@composing
@common
def status(cli: Cli, options: Options) -> int:
    """Show how each service is, where it answers, and why one does not.

    The exit code is 9 when a service crashed or is not healthy, and 6 when no container engine
    answers who could tell.
    """
    from phlo import pipeline

    found = pipeline.status(cli.root(), options)
    if found.unseen is not None:
        output.show_error(found.unseen, as_json=cli.json, severity="warning")
    if found.problem is not None:
        output.show_error(found.problem, as_json=cli.json)
    if cli.json:
        output.show_json("phlo.status/1", payload(found))
    else:
        _show(found)
    if found.problem is not None:
        return found.problem.exit_code
    if any(str(one.state) in _TROUBLE for one in found.services):
        return ExitCode.SERVICE
    return found.unseen.exit_code if found.unseen is not None else ExitCode.OK


def payload(found: ProjectStatus) -> dict[str, Any]:
    """Return a status as the values of a JSON object."""
    return {
        "project": found.project,
        "root": found.root,
        "services": [one.as_json() for one in found.services],
    }


def _show(found: ProjectStatus) -> None:
    from phlo.cli.values import size, under

    rows = [
        (_state(one), under(one.name, one.parent), _address(one), _since(one), one.restarts or "",
         size(one.memory_bytes), one.cause)
        for one in found.services
    ]  # fmt: skip
    columns = ("state", "service", "address", "up", "restarts", "memory", "cause")
    output.table(columns, rows, right=("restarts", "memory"))


def _state(one: ServiceStatus) -> Any:
    from rich.text import Text

    from phlo.cli.start_view import MARKS

    mark, style = MARKS[str(one.state)]
    return Text.assemble((f"{mark} ", style), str(one.state))


def _address(one: ServiceStatus) -> str:
    return ", ".join(endpoint.url for endpoint in one.endpoints)


def _since(one: ServiceStatus) -> str:
    if one.started_at is None:
        return ""
    seconds = int((datetime.now(UTC) - one.started_at).total_seconds())
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
