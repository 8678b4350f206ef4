"""What a sound definition keeps to beyond its form: `phlo plugin check` and the test kit tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from phlo.compose.capabilities import CATEGORIES, FAMILIES, family
from phlo.compose.images import has_version
from phlo.errors.suggest import nearest
from phlo.model.layers import Leaf
from phlo.model.service import ServiceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phlo.errors import Where
    from phlo.model.service import Provided, ServiceDefinition

#: What follows from a port, so that service.yaml need not write it.
_OF_A_PORT = frozenset({"host", "port"})
_OF_A_PAGE = frozenset({"url", "scheme"})


class About(StrEnum):
    """What a shortcoming is about."""

    READINESS = "readiness"
    IMAGE = "image"
    CATEGORY = "category"
    CAPABILITY = "capability"


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Something that a definition leaves out, and what to write."""

    about: About
    problem: str
    fix: str
    where: Where | None = None


def shortcomings(definition: ServiceDefinition) -> Iterator[Shortcoming]:
    """Yield what a definition leaves out."""
    yield from _readiness(definition)
    yield from _image(definition)
    yield from _category(definition)
    for provided in definition.provides:
        yield from _capability(definition, provided)


def _readiness(definition: ServiceDefinition) -> Iterator[Shortcoming]:
    if definition.kind is ServiceKind.SERVICE and not _tells_readiness(definition):
        yield Shortcoming(
            About.READINESS, "nothing tells when it is ready",
            "write a healthcheck, or ready: started", definition.where,
        )  # fmt: skip


def _tells_readiness(definition: ServiceDefinition) -> bool:
    native = definition.tree.get("native")
    return bool({"healthcheck", "ready"} & set(definition.tree)) or (
        isinstance(native, dict) and "health" in native
    )


def _image(definition: ServiceDefinition) -> Iterator[Shortcoming]:
    image = definition.tree.get("image")
    if isinstance(image, Leaf) and not has_version(str(image.value)):
        yield Shortcoming(
            About.IMAGE, f"image {image.value} is not pinned",
            "name a version or a digest after it", image.origin.where,
        )  # fmt: skip


def _category(definition: ServiceDefinition) -> Iterator[Shortcoming]:
    """Yield a category of which nothing would ever find the service."""
    promised = CATEGORIES.get(definition.category, ())
    if promised and not promised & {family(p.capability) for p in definition.provides}:
        wanted = " or ".join(sorted(promised))
        yield Shortcoming(
            About.CATEGORY, f"its category {definition.category} promises {wanted}",
            f"write it under provides, or choose another category: {{capability: {wanted}/…}}",
            definition.where,
        )  # fmt: skip


def _capability(definition: ServiceDefinition, provided: Provided) -> Iterator[Shortcoming]:
    """Yield the properties that the family promises and the provider does not give."""
    name, said = family(provided.capability), provided.capability
    if name not in FAMILIES:
        for close in nearest(name, FAMILIES)[:1]:
            yield Shortcoming(
                About.CAPABILITY, f"capability {said} is unknown", f"did you mean {close}?",
                provided.where,
            )  # fmt: skip
        return
    port = definition.ports.get(provided.port or "") or definition.primary_port
    given = set(provided.properties)
    if port is not None:
        given |= _OF_A_PORT | (_OF_A_PAGE if port.protocol not in ("tcp", "udp") else set())
    for wanted in FAMILIES[name]:
        if wanted not in given:
            yield Shortcoming(
                About.CAPABILITY,
                f"{said} promises its consumers {wanted}, which is not given",
                f"write it there: properties: {{{wanted}: …}}", provided.where,
            )  # fmt: skip
