"""`phlo manifest`: read workflows/, write the manifest, tell what is wrong."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common
from phlo.errors import ExitCode


@click.command()
@common
def manifest(cli: Cli) -> int:
    """Read workflows/ and write .phlo/manifest.json, what orchestrators and Observatory read.

    A broken file is reported and keeps the assets it had; the exit code is 3 then.
    """
    from phlo.cli.faults import show_faults
    from phlo.orchestration.manifest import FILE
    from phlo.project import Project

    project = Project.open(cli.directory)
    read = project.manifest(force=True)
    if cli.json:
        value = read.as_json()
        output.show_json(value.pop("schema"), value)
    else:
        checks = sum(len(asset.checks) for asset in read.assets)
        output.data(f"{len(read.assets)} assets, {checks} checks  ->  {FILE}")
    return ExitCode.CONFIG if show_faults(read, project.root, as_json=cli.json) else ExitCode.OK
