"""The columns of a table with their statistics, read from the manifests and never from the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo_api.models.base import SourceState
from phlo_api.models.datasets import Column, Columns
from phlo_api.sources import reason
from phlo_api.values import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.lakehouse.tables import ColumnStatistics
    from phlo_api.overview import Overview
    from phlo_api.workspace import Workspace


def columns_of_table(workspace: Workspace, overview: Overview, name: str) -> Columns:
    """Return the columns; without statistics where those cannot be read."""
    about = overview.about.get(name)
    observed = overview.observed()
    if about is None:
        return Columns(items=_declared(overview, name), **observed)
    known: Mapping[str, ColumnStatistics] = {}
    try:
        found = workspace.statistics(name, overview.ref, overview.locations[name])
        known = {one.name: one for one in found}
    except Exception as error:
        observed |= {"source_state": SourceState.DOWN, "source_problem": reason(error)}
    asset = overview.manifest.asset(name)
    checks = asset.checks if asset else ()
    items = []
    for column in about.columns:
        told = known.get(column.name)
        items.append(
            Column(
                name=column.name,
                type=column.type,
                nullable=column.nullable,
                description=column.doc,
                is_key=column.name in (asset.key_columns if asset else about.key),
                null_count=told.null_count if told else None,
                value_count=told.value_count if told else None,
                minimum=_text(told.minimum if told else None),
                maximum=_text(told.maximum if told else None),
                bounds_are_exact=told.is_exact if told else False,
                checks=[check.name for check in checks if column.name in check.columns],
            )
        )
    return Columns(items=items, **observed)


def _declared(overview: Overview, name: str) -> list[Column]:
    """Return the columns that an asset declares before its table is made."""
    asset = overview.manifest.asset(name)
    declared = (asset.columns or {}) if asset else {}
    return [Column(name=n, type=str(kind), nullable=True) for n, kind in declared.items()]


def _text(value: object) -> str | None:
    return None if value is None else str(plain(value))
