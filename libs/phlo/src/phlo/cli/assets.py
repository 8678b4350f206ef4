"""`phlo assets`: what the project makes, how it hangs together, and each in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.assets.spec import AssetSpec
    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.records import MaterializationRecord
    from phlo.project import Project


@click.group()
def assets() -> None:
    """List assets, their graph and their details."""


@assets.command("list")
@click.argument("selection", default="*")
@common
def list_assets(cli: Cli, selection: str) -> int:
    """List assets, in the order in which they run."""
    from phlo.cli.values import at

    project, _, chosen = _chosen(cli, selection)
    made = project.store.latest_materializations()
    if cli.json:
        payload = [_with_last(asset, made) for asset in chosen]
        output.show_json("phlo.assets/1", {"assets": payload})
        return 0
    rows = [
        (a.key, a.kind, a.mode, len(a.checks), a.schedule,
         at(m.at) if (m := made.get(a.key)) else "", a.place)
        for a in chosen
    ]  # fmt: skip
    names = ("asset", "kind", "mode", "checks", "schedule", "made", "where")
    output.table(names, rows, right=("checks",))
    if any(asset.schedule for asset in chosen):
        output.note("when each is due, and who keeps it: phlo schedules list")
    return 0


@assets.command("graph")
@click.argument("selection", default="*")
@common
def graph(cli: Cli, selection: str) -> int:
    """Show which asset reads which."""
    _, _, chosen = _chosen(cli, selection)
    if cli.json:
        keys = {asset.key for asset in chosen}
        edges = [[dep, a.key] for a in chosen for dep in a.deps if dep in keys or dep in a.external]
        output.show_json("phlo.graph/1", {"assets": [a.key for a in chosen], "edges": edges})
        return 0
    width = max((len(asset.key) for asset in chosen), default=0)
    for asset in chosen:
        reads = ", ".join(asset.deps)
        output.data(f"{asset.key:<{width}}  {'<- ' + reads if reads else ''}".rstrip())
    return 0


@assets.command("show")
@click.argument("asset")
@common
def show(cli: Cli, asset: str) -> int:
    """Show one asset: what it reads, how it is written, its checks, its last run."""
    from phlo.assets.select import Selector
    from phlo.errors.selection import BadSelection

    project, manifest, _ = _chosen(cli, "*")
    keys = Selector(manifest.assets).select(asset)
    if len(keys) != 1:
        raise BadSelection(asset, f"it means {len(keys)} assets, and one is shown")
    spec = manifest.asset(keys[0])
    assert spec is not None, "the selection names it"
    made = project.store.latest_materializations()
    if cli.json:
        payload = {**_with_last(spec, made), "downstream": list(manifest.downstream(spec.key))}
        output.show_json("phlo.asset/1", payload)
        return 0
    for line in _details(spec, manifest, made.get(spec.key)):
        output.data(line)
    return 0


def _chosen(cli: Cli, selection: str) -> tuple[Project, Manifest, list[AssetSpec]]:
    from phlo.cli.faults import show_faults
    from phlo.project import Project

    project = Project.open(cli.directory)
    project.recover()
    manifest = project.manifest()
    show_faults(manifest, project.root, as_json=cli.json, severity="warning")
    keys = project.select(selection, manifest) if manifest.assets or selection != "*" else ()
    return project, manifest, [a for key in keys if (a := manifest.asset(key)) is not None]


def _with_last(asset: AssetSpec, made: Mapping[str, MaterializationRecord]) -> dict[str, Any]:
    last = made.get(asset.key)
    return {**asset.as_json(), "last": last.as_json() if last else None}


def _details(
    asset: AssetSpec, manifest: Manifest, last: MaterializationRecord | None
) -> Iterator[str]:
    from phlo.cli.values import at

    yield f"{asset.key}  ({asset.kind}, {asset.place})"
    if asset.description:
        yield f"  {asset.description.splitlines()[0]}"
    facts: dict[str, Any] = {
        "reads": ", ".join(asset.deps),
        "read by": ", ".join(manifest.downstream(asset.key)),
        "mode": asset.mode + (f" by {', '.join(asset.key_columns)}" if asset.key_columns else ""),
        "partitions": asset.partitions and asset.partitions["kind"],
        "schedule": asset.schedule,
        "group": asset.group,
        "tags": ", ".join(asset.tags),
        "owner": asset.owner,
        "made": last and f"{at(last.at)} by {last.run_id}, {last.rows_total:,} rows",
    }
    for name, value in facts.items():
        if value:
            yield f"  {name:<11} {value}"
    for check in asset.checks:
        warns = " (warns only)" if check.severity == "warn" else ""
        yield f"  check       {check.name}{warns}"
