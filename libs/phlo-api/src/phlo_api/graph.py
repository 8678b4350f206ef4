"""The graph of datasets: all of it, or what is near one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.assets.graph import Graph as AssetGraph
from phlo_api import datasets
from phlo_api.models.lineage import Graph, Hidden, Node

if TYPE_CHECKING:
    from collections.abc import Collection

    from phlo_api.overview import Overview

#: More nodes are not drawn at once; the graph says how many there are.
MOST = 5_000


def everything(overview: Overview) -> Graph:
    """Return all datasets that read one another, or stand alone."""
    return _graph(overview, overview.names[:MOST])


def neighbourhood(overview: Overview, name: str, up: int, down: int) -> Graph:
    """Return a dataset with what it reads and what reads it, so many levels away."""
    graph = _asset_graph(overview)
    above, below = graph.upstream(name, up), graph.downstream(name, down)
    hidden = Hidden(
        up=len(graph.upstream(name) - above - below),
        down=len(graph.downstream(name) - above - below),
    )
    chosen = sorted({name} | above | below)[:MOST]
    return _graph(overview, chosen, root=name, hidden=hidden)


def _asset_graph(overview: Overview) -> AssetGraph:
    needs: dict[str, tuple[str, ...]] = {name: () for name in overview.names}
    needs |= {asset.key: asset.deps for asset in overview.manifest.assets}
    return AssetGraph(needs)


def _graph(
    overview: Overview,
    names: Collection[str],
    *,
    root: str | None = None,
    hidden: Hidden | None = None,
) -> Graph:
    places = {name: number for number, name in enumerate(names)}
    nodes = [_node(overview, name) for name in names]
    edges = [
        (places[dep], places[asset.key])
        for asset in overview.manifest.assets
        if asset.key in places
        for dep in asset.deps
        if dep in places
    ]
    return Graph(
        nodes=nodes,
        edges=edges,
        groups=sorted({node.namespace for node in nodes}),
        shown=len(nodes),
        total=len(overview.names),
        hidden=hidden or Hidden(),
        root=nodes[places[root]].id if root else None,
        **overview.observed(),
    )


def _node(overview: Overview, name: str) -> Node:
    one = datasets.dataset(overview, name)
    return Node(
        id=one.id,
        name=name,
        label=name.partition(".")[2] or name,
        kind=one.kind,
        namespace=one.namespace,
        group=one.group,
        status=str(one.status.overall),
        row_count=one.row_count.value if one.row_count else None,
    )
