"""One container as the engine describes it, and what phlo calls its state."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from phlo.model.status import ServiceState

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The shells' and the engine's codes for a command that cannot be run.
NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 137
#: Codes of a container that was stopped: 0, and those of INT, KILL and TERM.
_STOPPED = frozenset({0, 130, KILLED, 143})


@dataclass(frozen=True, slots=True)
class Container:
    """A container."""

    id: str
    name: str
    service: str
    status: str
    """`created`, `running`, `restarting`, `exited`, `paused` or `dead`."""
    health: str | None = None
    """`starting`, `healthy` or `unhealthy`; None where nothing in it is checked."""
    check_output: str = ""
    """What its last check that failed printed."""
    code: int = 0
    is_out_of_memory: bool = False
    error: str = ""
    """Why the engine could not start it."""
    restarts: int = 0
    policy: str = "no"
    """What the engine does when it ends by itself."""
    pid: int | None = None
    created: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    address: str | None = None
    """Its address in the project's network."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        """Whether its process runs."""
        return self.status in ("running", "paused")

    @property
    def is_restarting(self) -> bool:
        """Whether it ended, and the engine starts it again after a pause."""
        return self.status == "restarting"

    @property
    def is_down(self) -> bool:
        """Whether its process neither runs nor is about to be started again."""
        return not (self.is_running or self.is_restarting)

    @property
    def was_started(self) -> bool:
        """Whether it ever ran."""
        return self.started_at is not None

    def state(self, *, is_job: bool = False, is_answering: bool = True) -> ServiceState:
        """Return its state in the words of all runtimes.

        Args:
            is_job: Whether it is to end.
            is_answering: Whether it answers where phlo asks it from outside.
        """
        if self.is_restarting:
            return ServiceState.CRASHED
        if not self.is_running:
            return self._ended(is_job)
        if self.health == "unhealthy":
            return ServiceState.UNHEALTHY
        if is_job or self.health == "starting" or not is_answering:
            return ServiceState.STARTING
        return ServiceState.HEALTHY

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly by itself, or could not begin, and stays so."""
        if not self.is_down:
            return False
        # What the engine starts again ends for good only when somebody stops it.
        is_stopped = self.policy in ("always", "unless-stopped") or self.code in _STOPPED
        return bool(self.error) or (self.was_started and not is_stopped)

    def _ended(self, is_job: bool) -> ServiceState:
        if is_job and self.was_started and self.code == 0:
            return ServiceState.HEALTHY
        failed = self.has_failed or (is_job and self.was_started)
        return ServiceState.FAILED if failed else ServiceState.STOPPED


def read_container(value: Mapping[str, Any]) -> Container:
    """Return a container from what `docker inspect` prints of it."""
    state, labels = value["State"], value["Config"].get("Labels") or {}
    health = state.get("Health") or {}
    failed = [one for one in health.get("Log") or () if one.get("ExitCode")]
    networks = (value.get("NetworkSettings") or {}).get("Networks") or {}
    return Container(
        id=value["Id"],
        name=value["Name"].removeprefix("/"),
        service=labels.get("com.docker.compose.service", ""),
        status=state["Status"],
        health=health.get("Status") if health.get("Status") != "none" else None,
        check_output=str(failed[-1].get("Output", "")).strip() if failed else "",
        code=state.get("ExitCode", 0),
        is_out_of_memory=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        restarts=value.get("RestartCount", 0),
        policy=((value.get("HostConfig") or {}).get("RestartPolicy") or {}).get("Name") or "no",
        pid=state.get("Pid") or None,
        created=value.get("Created", ""),
        started_at=_time(state.get("StartedAt")),
        ended_at=_time(state.get("FinishedAt")),
        address=next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), None),
        labels=labels,
    )


def _time(text: str | None) -> datetime | None:
    """Return a moment; the engine writes the year 1 where there was none."""
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(f"{str(text)[:19]}+00:00")
        return moment.astimezone(UTC) if moment.year > 1 else None
    return None
