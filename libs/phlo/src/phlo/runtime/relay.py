"""The relay: how containers reach the local processes they need, on Linux.

A process at 127.0.0.1 cannot be reached from a container, and one at 0.0.0.0 could be reached from
everywhere. So a small program listens at this machine's address in the project's own network, only
at the ports that are needed, and hands on what comes. It runs under the supervisor like any other.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from phlo.model.native import Health, HealthKind, NativeProgram

if TYPE_CHECKING:
    from collections.abc import Iterable

NAME = "phlo-relay"
_PROGRAM = Path(__file__).with_name("relay_program.py")


def relay(python: str, gateway: str, ports: Iterable[int]) -> NativeProgram:
    """Return the relay of a project.

    Args:
        python: The interpreter.
        gateway: This machine's address in the project's network.
        ports: The ports of this machine that containers call.
    """
    numbers = tuple(sorted(set(ports)))
    return NativeProgram(
        NAME, NAME, (python, "-I", "-S", str(_PROGRAM), gateway, *map(str, numbers)),
        health=Health(HealthKind.TCP, host=gateway, port=numbers[0]), stop_grace=2.0,
    )  # fmt: skip
