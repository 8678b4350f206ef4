"""What must be right before containers are made: their name, the data they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import raise_all
from phlo.runtime.docker import fingerprints
from phlo.runtime.docker.engine import Engine
from phlo.runtime.docker.find import find
from phlo.runtime.docker.naming import own_name
from phlo.runtime.identity import rename

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from phlo.model.prepared import Prepared
    from phlo.model.stack import Stack
    from phlo.runtime.identity import Identity


def compose_name(root: Path, stack: Stack, identity: Identity, environ: Mapping[str, str]) -> str:
    """Return the Compose name of a project, changed where another project was there first.

    Raises:
        EngineGone: No engine answers.
    """
    if all(one.runtime != "docker" for one in stack.services.values()):
        return identity.compose_name
    engine = Engine(identity.compose_name, find(environ).host)
    name = own_name(engine, identity.compose_name, root)
    return name if name == identity.compose_name else rename(root, identity, name).compose_name


def check_data(root: Path, prepared: Prepared, name: str, environ: Mapping[str, str]) -> None:
    """See that the secrets are those that the data in the project's volumes was made with.

    Raises:
        StaleSecret: One is not.
        EngineGone: No engine answers.
    """
    if prepared.containers:
        volumes = Engine(name, find(environ).host).volumes()
        raise_all(fingerprints.check(root, volumes, prepared.secrets, prepared.stack.secrets))
