"""Who reaches whom by which variables: the wiring of what is installed, as a table.

for wire in wiring(composed(PLAIN, "native")):
    print(wire.consumer, wire.provider, wire.variable, wire.value)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.compose.capabilities import slug
from phlo.compose.resolve import compose_stack
from phlo.model.options import Options
from phlo.model.yaml_text import parse_yaml
from phlo.plugins.registry import load_services
from phlo.testing.composing import MACHINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from phlo.model.stack import Stack

OFF: Mapping[str, Any] = {"enabled": False}


def project(**services: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what phlo.yaml says of some services."""
    return {"name": "lake", "services": services}


#: All that is installed; of the two object stores the one that runs everywhere.
PLAIN = project(minio=OFF)
#: Consumers and providers on both sides, at other ports.
MIXED = project(
    minio=OFF, postgres={"runtime": "docker", "port": 15432}, seaweedfs={"runtime": "docker"},
    nessie={"runtime": "native", "port": 29120}, trino={"runtime": "docker", "port": 18080},
    dagster={"runtime": "native"}, superset={"runtime": "docker"},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wire:
    """One variable that a service is given of another one."""

    consumer: str
    role: str
    provider: str
    variable: str
    value: str
    """As the consumer sees it from where it runs; of a secret, what stands for it."""
    is_secret: bool
    runtimes: tuple[str, str]
    """Where the consumer and the provider run."""


def composed(project: Mapping[str, Any], runtime: str | None = None) -> Stack:
    """Return the stack of a project with every installed package, on a machine of no place.

    Args:
        project: What phlo.yaml says.
        runtime: `native` or `docker` for all that can; None: what each prefers.

    Raises:
        PhloError: It cannot be composed.
    """
    document = parse_yaml(json.dumps(project), "phlo.yaml")
    return compose_stack((document,), load_services(), Options(runtime=runtime), {}, MACHINE)


def wiring(stack: Stack) -> Iterator[Wire]:
    """Yield every variable that comes from a binding, in the order in which services start."""
    secrets = {need.reference for need in stack.secrets}
    for one in stack.bindings:
        prefix = f"PHLO_{slug(one.role)}_"
        told = {prefix + slug(name): value for name, value in one.properties.items()}
        places = (stack.services[one.consumer].runtime, stack.services[one.provider].runtime)
        for variable, value in (told | dict(one.exports)).items():
            is_secret = any(secret in value for secret in secrets)
            yield Wire(one.consumer, one.role, one.provider, variable, value, is_secret, places)
