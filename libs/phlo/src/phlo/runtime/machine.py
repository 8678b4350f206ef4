"""What composing needs to know of this machine and of the project's past, read in one place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from phlo.model.options import Machine
from phlo.runtime import ports, secrets, state

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def look_around(root: Path, environ: Mapping[str, str]) -> Machine:
    """Return the facts; nothing is changed, and programs are asked only when a port is taken.

    Args:
        root: The project's folder.
        environ: The process environment.

    Raises:
        StateTooNew: A later phlo wrote the project's state.
        StateBroken: It is not what phlo wrote.
        SecretsUnreadable: The secrets are there and cannot be read.
    """
    return Machine(
        root=str(root),
        python=sys.executable,
        no_docker="this version runs services as local processes only",
        taken=ports.taken_by_others(root),
        ports=state.PORTS.read(root).get("ports", {}),
        bindings=state.BINDINGS.read(root).get("bindings", {}),
        secrets=frozenset(secrets.read(root).values),
    )
