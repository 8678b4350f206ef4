"""What the shims say: their state files, read without a lock not believed when they are dead."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phlo.model.status import ServiceState
from phlo.orchestration.process import is_alive

if TYPE_CHECKING:
    from pathlib import Path

    from phlo.runtime.native.place import Place

#: Between a crash and its next shim there is none; the state is believed so long after the crash.
_BETWEEN_SHIMS = 5.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """One state file."""

    name: str
    state: ServiceState = ServiceState.STOPPED
    since: float = 0.0
    cause: dict[str, Any] | None = None
    last_crash: dict[str, Any] | None = None
    shim: tuple[int, str] | None = None
    child: tuple[int, str] | None = None
    tree: tuple[tuple[int, str], ...] = ()
    started_at: float | None = None
    crashes: int = 0
    restarts: int = 0
    mark: str | None = None
    digest: str | None = None
    """Of the definition that it runs by."""

    @property
    def is_attended(self) -> bool:
        """Whether the shim that wrote it lives."""
        return self.shim is not None and is_alive(*self.shim)

    @property
    def present(self) -> ServiceState:
        """The state as it is now: what no living shim says is not so."""
        if self.is_attended:
            return self.state
        is_between = time.time() - self.since < _BETWEEN_SHIMS
        return (
            self.state
            if self.state is ServiceState.CRASHED and is_between
            else ServiceState.STOPPED
        )


def read(place: Place, name: str) -> Recorded:
    """Return what the shim of a process last said; `stopped` if that cannot be read."""
    return parse(name, place.states / f"{name}.json")


def read_all(place: Place) -> dict[str, Recorded]:
    """Return what every shim last said."""
    return {file.stem: parse(file.stem, file) for file in sorted(place.states.glob("*.json"))}


def forget(place: Place, name: str) -> None:
    """Remove what a shim said, so that the next one begins anew: at once, and with no crashes."""
    (place.states / f"{name}.json").unlink(missing_ok=True)


def parse(name: str, file: Path) -> Recorded:
    """Read one state file; anything that is not one counts as no news."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        return Recorded(
            name, ServiceState(value["state"]), float(value["since"]), value["cause"],
            value["last_crash"], _process(value["shim"]), _process(value["child"]),
            tuple(found for one in value["tree"] if (found := _process(one))),
            value["started_at"], int(value["crashes"]), int(value["restarts"]),
            value["alive"], value["digest"],
        )  # fmt: skip
    except (OSError, ValueError, TypeError, KeyError):
        return Recorded(name)


def _process(value: Any) -> tuple[int, str] | None:
    return (int(value[0]), str(value[1])) if value and value[1] else None
