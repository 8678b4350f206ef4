"""`phlo plugin search`: look for packages in the index."""

from __future__ import annotations

import click

from phlo.cli import output
from phlo.cli.options import Cli, common


@click.command()
@click.argument("words", nargs=-1)
@click.option("--index", metavar="FILE|URL", help="Ask this index before phlo's own.")
@click.option("--refresh", is_flag=True, help="Fetch the index again; else a copy of it is read.")
@common
def search(cli: Cli, words: tuple[str, ...], index: str | None, refresh: bool) -> int:
    """Look for packages in which all WORDS appear; show all if none is given.

    What came with phlo is always there, without a network. `index:` in phlo.yaml names another
    index, a file or an https address, which goes before it.
    """
    from phlo.errors.config import NoProject
    from phlo.packages.call import Call
    from phlo.plugins.discovery import discover
    from phlo.plugins.sources import read_index

    try:
        source = index or Call(cli.root()).sources().index
    except NoProject:
        source = None
    if refresh and source is None:
        raise click.UsageError("--refresh needs an index: --index URL, or index: in phlo.yaml")
    found = read_index(source, refresh=refresh)
    there = {one.distribution: one.version for one in discover()}
    rows = [(entry, there.get(entry.distribution)) for entry in found.search(words)]
    if cli.json:
        packages = [
            {"package": e.distribution, "version": e.version, "summary": e.summary,
             "category": e.category, "services": list(e.services),
             "capabilities": list(e.capabilities), "published": e.sha256 is not None,
             "installed": version}
            for e, version in rows
        ]  # fmt: skip
        output.show_json("phlo.plugin-search/1", {"index": found.described, "packages": packages})
        return 0
    columns = ("package", "version", "category", "installed", "summary")
    output.table(columns, [(e.distribution, e.version, e.category, v, e.summary) for e, v in rows])
    if not rows:
        output.note(f"no package of {found.described} has {' '.join(words)}")
    return 0
