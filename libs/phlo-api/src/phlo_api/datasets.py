"""Datasets as the API tells them, made of an overview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo_api import ids, standing, times
from phlo_api.errors import NotThere
from phlo_api.models.base import Place, diagnostic
from phlo_api.models.datasets import (
    Dataset,
    DatasetDetail,
    LastRun,
    PartitionField,
    RowCount,
    TableRef,
)

if TYPE_CHECKING:
    from phlo_api.overview import Overview


def name_of(overview: Overview, dataset_id: str) -> str:
    """Return the name that an id stands for.

    Raises:
        NotThere: There is no such dataset on this ref.
    """
    found = ids.decode(dataset_id)
    if found is None:
        raise NotThere("dataset", dataset_id)
    name = found[0]
    is_known = name in overview.locations or overview.manifest.asset(name) is not None
    if not is_known and name not in overview.names:
        raise NotThere("dataset", name, fix="look in the catalog for what there is")
    return name


def dataset(overview: Overview, name: str) -> Dataset:
    """Return one dataset in short."""
    asset = overview.manifest.asset(name)
    about = overview.about.get(name)
    step = overview.steps.get(name)
    checks = standing.summary(overview, name, asset)
    namespace, _, bare = name.partition(".")
    return Dataset(
        id=ids.encode(name),
        name=name,
        kind=asset.kind if asset else "table",
        namespace=namespace,
        group=asset.group if asset else None,
        owner=asset.owner if asset else None,
        tags=list(asset.tags) if asset else [],
        description=_description(overview, name),
        table=TableRef(schema_name=namespace, name=bare) if about else None,
        asset_key=[namespace, bare] if asset else None,
        engine=asset.engine if asset else None,
        ref=overview.ref,
        status=standing.status(overview, name, asset, checks),
        last_run=_last_run(step.run_id, step.state, step.ended_at) if step else None,
        last_updated=about.last_updated if about else None,
        row_count=RowCount(value=about.row_count) if about else None,
        size_bytes=about.size_bytes if about else None,
        columns_count=len(about.columns) if about else None,
        checks=checks,
        upstream_count=len(asset.deps) if asset else 0,
        downstream_count=len(overview.manifest.downstream(name)),
    )


def detail(overview: Overview, name: str) -> DatasetDetail:
    """Return one dataset in full."""
    asset = overview.manifest.asset(name)
    about = overview.about.get(name)
    step = overview.steps.get(name)
    fresh = (asset.freshness or {}) if asset else {}
    return DatasetDetail(
        **dataset(overview, name).model_dump(),
        **overview.observed(),
        mode=asset.mode if asset else None,
        key_columns=list(asset.key_columns) if asset else list(about.key) if about else [],
        materialized=asset.materialized if asset else None,
        schedule=asset.schedule if asset else None,
        freshness_warn=fresh.get("warn"),
        freshness_error=fresh.get("error"),
        partitions=str(asset.partitions.get("kind")) if asset and asset.partitions else None,
        partition_fields=[
            PartitionField(name=one.name, source=one.source, transform=one.transform)
            for one in (about.partition_fields if about else ())
        ],
        file_count=about.file_count if about else None,
        snapshot_id=str(about.snapshot_id) if about and about.snapshot_id else None,
        snapshot_count=about.snapshot_count if about else None,
        location=about.location if about else None,
        place=Place(file=asset.file, line=asset.line) if asset else None,
        upstream=list(asset.deps) if asset else [],
        downstream=list(overview.manifest.downstream(name)),
        error=diagnostic(dict(step.error)) if step and step.error else None,
    )


def _description(overview: Overview, name: str) -> str | None:
    asset = overview.manifest.asset(name)
    if asset and asset.description:
        return asset.description
    about = overview.about.get(name)
    return about.properties.get("comment") if about else None


def _last_run(run_id: str, state: str, ended_at: str | None) -> LastRun:
    return LastRun(id=run_id, state=state, at=times.parse(ended_at))
