"""Whether a container answers at its port, asked from this machine as its users do."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

from phlo.model.native import HealthKind

if TYPE_CHECKING:
    from phlo.model.native import Health
    from phlo.runtime.docker.container import Container


def answers(health: Health, container: Container) -> tuple[bool, str]:
    """Return whether a check from outside passes, and what came of it where it does not."""
    if health.kind not in (HealthKind.HTTP, HealthKind.TCP) or health.port is None:
        return True, ""
    host = health.host or container.address
    if not host:
        return False, "it has no address yet"
    try:
        passes, why = _ask(health, host, health.port)
        return passes, "" if passes else why
    except TimeoutError:
        return False, f"no answer at {host}:{health.port} in {health.timeout:g}s"
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return False, f"{host}:{health.port}: {reason.lower()}"


def _ask(health: Health, host: str, port: int) -> tuple[bool, str]:
    if health.kind is HealthKind.TCP:
        with socket.create_connection((host, port), health.timeout) as opened:
            # The engine's proxy takes every connection; it closes those nobody takes behind it.
            opened.settimeout(0.2)
            try:
                return bool(opened.recv(1)), "it closes connections at once"
            except TimeoutError:
                return True, ""
    connection = http.client.HTTPConnection(host, port, timeout=health.timeout)
    try:
        connection.request("GET", health.path)
        status = connection.getresponse().status
    finally:
        connection.close()
    return status < 400, f"GET {health.path} answers {status}"
