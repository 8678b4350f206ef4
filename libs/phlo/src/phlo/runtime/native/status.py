"""How the local processes are, for people and for phlo-api."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from phlo.model.status import ServiceState
from phlo.orchestration.secrets import redacted
from phlo.runtime.native import states

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phlo.runtime.native.place import Place
    from phlo.runtime.native.states import Recorded


@dataclass(frozen=True, slots=True)
class ProgramStatus:
    """One local process."""

    name: str
    service: str
    state: ServiceState
    cause: str | None = None
    """Why it is not healthy, in one line."""
    last_lines: tuple[str, ...] = ()
    """What it printed before it crashed."""
    last_crash: str | None = None
    """How it ended last, also when it is healthy again."""
    last_crash_at: datetime | None = None
    pid: int | None = None
    started_at: datetime | None = None
    restarts: int = 0
    """How often it was started again by itself since it was last started by a command."""
    memory_bytes: int | None = None
    """Of the process and all below it."""
    log_file: str | None = None
    runtime: str = "native"
    parent: str | None = None
    """The service whose job it is."""


def of(
    place: Place, services: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, ProgramStatus]:
    """Return the status of processes, from what their shims wrote; takes no lock.

    Args:
        place: The project's files.
        services: The service of each process.
        secrets: Values that are not shown.
    """
    found = {name: states.read(place, name) for name in services}
    pids = {name: _pid(state) for name, state in found.items()}
    memory = _memory([pid for pid in pids.values() if pid])
    return {
        name: _status(place, state, services[name], pids[name], memory, secrets)
        for name, state in found.items()
    }


def _pid(state: Recorded) -> int | None:
    return state.child[0] if state.child and state.is_attended else None


def _status(
    place: Place, state: Recorded, service: str, pid: int | None,
    memory: Mapping[int, int], secrets: Mapping[str, str],
) -> ProgramStatus:  # fmt: skip
    present, crash = state.present, state.last_crash or {}
    is_down = present is ServiceState.STOPPED
    cause = state.cause if not is_down else None
    at = crash.get("at")
    log = place.log(state.name)
    return ProgramStatus(
        state.name, service, present,
        redacted(cause["text"], secrets) if cause else None,
        tuple(redacted(line, secrets) for line in (cause or {}).get("lines", ())),
        redacted(crash["text"], secrets) if crash and not is_down else None,
        datetime.fromtimestamp(at, UTC) if at and not is_down else None,
        pid,
        datetime.fromtimestamp(state.started_at, UTC) if state.started_at and pid else None,
        0 if is_down else state.restarts,
        memory.get(pid) if pid else None,
        str(log) if log.exists() else None,
    )  # fmt: skip


def _memory(roots: Iterable[int]) -> dict[int, int]:
    """Return the memory of processes, each with all that descend from it."""
    import psutil

    roots = list(roots)
    if not roots:
        return {}
    own: dict[int, int] = {}
    children: dict[int, list[int]] = {}
    for process in psutil.process_iter(["ppid"]):
        children.setdefault(process.info["ppid"], []).append(process.pid)
    for pid in roots:
        nearest, total = [pid], 0
        while nearest:
            for one in nearest:
                with suppress(psutil.Error):
                    total += psutil.Process(one).memory_info().rss
            nearest = [child for one in nearest for child in children.get(one, ())]
        own[pid] = total
    return own
