"""Which assets failed last, and which are stale: what the selections `failed` and `stale` mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.assets.graph import Graph
from phlo.assets.select import States

if TYPE_CHECKING:
    from phlo.assets.spec import AssetSpec
    from phlo.lakehouse.lake import Lake
    from phlo.orchestration.manifest import Manifest
    from phlo.orchestration.records import MaterializationRecord
    from phlo.orchestration.store import Store


def states(manifest: Manifest, store: Store, lake: Lake) -> States:
    """Return which assets failed and which are stale."""
    ended = store.latest_steps()
    failed = {key for key, step in ended.items() if step.state not in ("succeeded", "cancelled")}
    failed |= {record.table for record in store.checks() if record.outcome.is_blocking}
    made = store.latest_materializations()
    stale = {asset.key for asset in manifest.assets if _is_stale(asset, made.get(asset.key), lake)}
    graph = Graph({asset.key: asset.deps for asset in manifest.assets})
    for key in tuple(stale):
        stale |= graph.downstream(key)
    keys = {asset.key for asset in manifest.assets}
    return States(frozenset(failed & keys), frozenset(stale))


def _is_stale(asset: AssetSpec, made: MaterializationRecord | None, lake: Lake) -> bool:
    if made is None or lake.metadata_location(asset.key) is None:
        return True
    if made.code_hash != asset.code_hash or set(made.inputs) != set(asset.deps):
        return True
    return any(
        lake.metadata_location(table) is None
        or lake.describe(table).snapshot_id != made.inputs[table]
        for table in asset.deps
    )
