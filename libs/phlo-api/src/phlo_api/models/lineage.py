"""Who reads whom."""

from pydantic import Field

from phlo_api.models.base import Model, Observed


class Node(Model):
    """A dataset in the graph."""

    id: str
    name: str
    label: str
    kind: str
    namespace: str
    group: str | None = None
    status: str
    row_count: int | None = None


class Hidden(Model):
    """How many datasets lie beyond what is shown."""

    up: int = 0
    down: int = 0


class Graph(Observed):
    """Datasets and who reads whom; edges name nodes by their position."""

    nodes: list[Node]
    edges: list[tuple[int, int]]
    groups: list[str]
    shown: int
    total: int
    hidden: Hidden = Hidden()
    root: str | None = Field(
        default=None, description="The dataset that the graph is drawn around."
    )
    layout_hint: str = "layered"
