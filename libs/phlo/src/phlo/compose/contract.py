"""What a sound definition keeps to beyond its form: `phlo plugin check` and the test kit tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.compose.capabilities import FAMILIES, family
from phlo.errors.suggest import nearest
from phlo.model.layers import Leaf
from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.model.service import Provided, ServiceDefinition

#: What follows from a port, so that service.yaml need not write it.
_OF_A_PORT = frozenset({"host", "port"})
_OF_A_PAGE = frozenset({"url", "scheme"})


def shortcomings(definition: ServiceDefinition) -> Iterator[str]:
    """Yield what a definition leaves out, each as one line."""
    runs = definition.kind in (ServiceKind.SERVICE, ServiceKind.JOB)
    if definition.kind is ServiceKind.SERVICE and not _tells_readiness(definition):
        yield "nothing tells when it is ready: write a healthcheck, or ready: started"
    image = definition.tree.get("image")
    if runs and isinstance(image, Leaf) and not _is_pinned(str(image.value)):
        yield f"image {image.value} is not pinned: name a version or a digest"
    for provided in definition.provides:
        yield from _missing(definition, provided)


def _tells_readiness(definition: ServiceDefinition) -> bool:
    native = definition.tree.get("native")
    return bool({"healthcheck", "ready"} & set(definition.tree)) or (
        isinstance(native, dict) and "health" in native
    )


def _is_pinned(image: str) -> bool:
    tag = image.rpartition("/")[2].partition(":")[2]
    return "@" in image or tag not in ("", "latest")


def _missing(definition: ServiceDefinition, provided: Provided) -> Iterator[str]:
    """Yield the properties that the family promises and the provider does not give."""
    name = family(provided.capability)
    if name not in FAMILIES:
        close = nearest(name, FAMILIES)
        if close:
            yield f"capability {provided.capability} is unknown; did you mean {close[0]}?"
        return
    port = definition.ports.get(provided.port or "") or definition.primary_port
    given = set(provided.properties)
    if port is not None:
        given |= _OF_A_PORT | (_OF_A_PAGE if port.protocol not in ("tcp", "udp") else set())
    for wanted in FAMILIES[name]:
        if wanted not in given:
            yield f"{provided.capability} promises its consumers {wanted}, which is not given"
