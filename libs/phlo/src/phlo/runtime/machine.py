"""What composing needs to know of this machine and of the project's past, read in one place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from phlo.compose.container import GATEWAY_NAME
from phlo.model.options import CONTAINER, OWN_DATA, Machine
from phlo.runtime import ports, secrets, state
from phlo.runtime.docker.find import find

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
    if is_container(environ):
        return _as_a_container(root)
    engine = find(environ)
    return Machine(
        root=str(root),
        python=sys.executable,
        docker=engine.host is not None,
        no_docker="no container engine answers",
        tried=engine.tried,
        engine_fix=engine.fix,
        gateway="host.docker.internal" if engine.is_desktop else GATEWAY_NAME,
        taken=ports.taken_by_others(root),
        ports=state.PORTS.read(root).get("ports", {}),
        bindings=_bindings(root),
        secrets=frozenset(secrets.read(root).values),
    )


def is_container(environ: Mapping[str, str]) -> bool:
    """Tell whether this is a container of the project, in which its steps run."""
    return bool(environ.get(CONTAINER))


def _as_a_container(root: Path) -> Machine:
    """Return the facts as they were when this container was started: nothing is placed anew."""
    return Machine(
        root=str(root), python=sys.executable, docker=True, gateway=GATEWAY_NAME, is_container=True,
        ports=state.PORTS.read(root).get("ports", {}), bindings=_bindings(root),
        secrets=frozenset(secrets.read(root).values),
    )  # fmt: skip


def _bindings(root: Path) -> dict[str, str]:
    """Return what data was put into, also where that was before any service could be bound."""
    kept = state.BINDINGS.read(root).get("bindings", {})
    # A lake that was written to without a server stays where it is: its tables are there.
    is_written = (root / ".phlo" / "lake" / "catalog.db").exists()
    own = dict.fromkeys(("lake.warehouse", "lake.catalog"), OWN_DATA) if is_written else {}
    return {**own, **kept}
