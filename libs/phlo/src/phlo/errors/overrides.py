"""PHLO-C1xx: what an override takes away from a package, or opens to others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.config import ConfigError

if TYPE_CHECKING:
    from phlo.errors import Where


class RemovedButNeeded(ConfigError):
    """A null removed something a service cannot do without."""

    code = "PHLO-C112"

    def __init__(self, path: str, *, needed: str, where: Where | None) -> None:
        super().__init__(
            f"'{path}' was removed by null, but {needed}",
            where=where,
            path=path,
            why="null takes a value away, and nothing below it gives another",
            fix="take the null out, or give another value",
        )


class DroppedPort(ConfigError):
    """A `ports` list left out a published port that another service links to (a warning)."""

    code = "PHLO-C140"

    def __init__(self, service: str, port: str, linked_by: str, *, where: Where) -> None:
        super().__init__(
            f"this list drops {port} of '{service}', linked by {linked_by}",
            where=where,
            why="a list of ports replaces the whole set",
            fix="name the port you want to change instead: ports: {NAME: HOST}, "
            f"or add {port} to the list",
        )


class ReplacedDataVolume(ConfigError):
    """A mount of yours takes the place of the volume that holds a service's data (a warning)."""

    code = "PHLO-C141"

    def __init__(self, service: str, target: str, volume: str, *, where: Where) -> None:
        super().__init__(
            f"this mount replaces the data volume '{volume}' of '{service}' at {target}",
            where=where,
            why="data already in the volume stays there, but the service will not see it",
            fix="mount it at another path, or copy the data over first",
        )


class RemovedDataVolume(ConfigError):
    """phlo.yaml takes away the volume that holds a service's data.

    The volume itself stays on this machine, but the service begins anew without it, and what it
    then writes is gone with its container.
    """

    code = "PHLO-C142"

    def __init__(self, service: str, target: str, volume: str, *, where: Where | None) -> None:
        command = "phlo services start --allow-data-loss"
        super().__init__(
            f"this takes the data volume '{volume}' away from '{service}', at {target}",
            where=where,
            why="the service would begin without its data, and lose what it writes from then on",
            fix=Fix(
                f"remove this line, and it keeps its data; or, if you mean it: {command}",
                command=command,
            ),
        )


class ReachableWithDefault(ConfigError):
    """A service can be reached from other machines, and its password is a known one (a warning).

    What a package writes as a password can be read by everybody. phlo makes secrets of its own
    where a package lets it (`type: secret`, `generate`).
    """

    code = "PHLO-C143"

    def __init__(self, service: str, credential: str, bind: str, *, where: Where | None) -> None:
        path = f"services.{service}.{credential}"
        super().__init__(
            f"'{service}' is bound to {bind}, and {credential} is the default of its package",
            where=where,
            path=path,
            why="whoever reaches this machine knows the default too",
            fix=Fix(
                f"give it one of your own in .env.local, and name it: {path}: ${{MY_SECRET}}\n"
                f"or keep it on this machine: take the `bind` out",
                command=f"phlo config explain {path}",
            ),
        )
