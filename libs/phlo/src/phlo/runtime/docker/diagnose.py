"""Why a container is not as it should be: the causes told apart, each with its own remedy."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from phlo.errors.docker import (
    CannotExecute,
    ConfigurationRejected,
    JobFailed,
    OutOfMemory,
    Unhealthy,
    WrongCredentials,
)
from phlo.errors.service import NotHealthy, ServiceCrashed, StillStarting
from phlo.model.status import ServiceState
from phlo.orchestration.secrets import redacted
from phlo.runtime.docker.compose_cli import refused
from phlo.runtime.docker.container import KILLED, NOT_EXECUTABLE, NOT_FOUND
from phlo.runtime.docker.watch import ended, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.errors import PhloError
    from phlo.runtime.docker.container import Container
    from phlo.runtime.docker.engine import Engine
    from phlo.runtime.docker.watch import Seen, Watch

#: So many crashes in a row are a failure: what ended it three times would end it a fourth time.
CRASHES = 3
_SHOWN_LINES, _READ_LINES = 10, 60
_CREDENTIALS = re.compile(
    r"password authentication failed|authentication failed|access denied for user|"
    r"invalid (?:username|credentials|password)|no password supplied|InvalidAccessKeyId|"
    r"SignatureDoesNotMatch|invalid access key|401 unauthorized|role \S+ does not exist",
    re.IGNORECASE,
)  # fmt: skip
_CONFIGURATION = re.compile(
    r"(?:error|failed|cannot|could not|unable|invalid).{0,60}"
    r"(?:pars|config|yaml|toml|json|propert|unmarshal|unrecognized|unknown (?:key|option|field))|"
    r"(?:pars\w+|yaml|toml|json|config\w*|syntax)[^\n]{0,40}(?:error|invalid|failed)|"
    r"was not used|unrecognized configuration parameter",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(r"executable file not found|no such file or directory", re.IGNORECASE)
_DENIED = re.compile(r"permission denied", re.IGNORECASE)
#: What the client adds beneath, which says no more.
_REPEATED = "Error: failed to start containers"


@dataclass(slots=True)
class Diagnosis:
    """Looks at one container that failed, or is late."""

    engine: Engine
    watch: Watch
    secrets: Mapping[str, str]

    def failed(self, one: Seen, seen: Mapping[str, Seen]) -> PhloError | None:
        """Return why a service will not come up; None while it still may."""
        container = one.container
        if container is None:
            return None
        if container.error and not container.is_running and one.state is ServiceState.FAILED:
            return self.not_started(one, container.error)
        if one.state is ServiceState.FAILED:
            return self._ended(one, container, seen)
        if one.state is ServiceState.CRASHED:
            is_plain = container.code not in (KILLED, NOT_EXECUTABLE, NOT_FOUND)
            if self.watch.crashes(container) >= CRASHES or not is_plain:
                return self._ended(one, container, seen)
        return None

    def not_started(self, one: Seen, said: str) -> PhloError:
        """Return why the engine could not start a container's process."""
        service, text = one.service, said.strip()
        if "exec" in text and (_NOT_FOUND.search(text) or _DENIED.search(text)):
            problem = "it may not be run" if _DENIED.search(text) else "it is not in the image"
            return CannotExecute(
                service.name, problem, said=_short(text), image=service.image,
                where=service.places.get("command"),
            )  # fmt: skip
        return refused(f"start {service.name}", _short(text), (), [service])

    def _ended(self, one: Seen, container: Container, seen: Mapping[str, Seen]) -> PhloError:
        service, name = one.service, one.service.name
        if container.is_out_of_memory or (
            container.code == KILLED and self.engine.died_of_memory(container)
        ):
            return self._out_of_memory(one, seen)
        lines = self._lines(container)
        if container.code in (NOT_FOUND, NOT_EXECUTABLE):
            denied = container.code == NOT_EXECUTABLE
            problem = "it may not be run" if denied else "it is not in the image"
            return CannotExecute(
                name, problem, said=one_line("\n".join(lines)), image=service.image,
                where=service.places.get("command"),
            )  # fmt: skip
        if service.is_job and not container.is_restarting:
            waiting = self._waiting(name, seen)
            return JobFailed(name, container.code, waiting=waiting, lines=lines[-_SHOWN_LINES:])
        return self._by_log(one, lines) or ServiceCrashed(
            name, ended(container), seconds=self.watch.elapsed, lines=lines[-_SHOWN_LINES:],
            crashes=self.watch.crashes(container), ready=_ready(seen),
            waiting=self._waiting(name, seen), where=service.places.get("command"),
        )  # fmt: skip

    def _by_log(self, one: Seen, lines: Sequence[str]) -> PhloError | None:
        """Return what the last lines of a log give away, if anything."""
        service, seconds = one.service, self.watch.elapsed
        shown = lines[-_SHOWN_LINES:]
        for line in reversed(lines):
            if _CREDENTIALS.search(line):
                return WrongCredentials(
                    service.name, line.strip(), seconds=seconds, lines=shown,
                    own=service.credentials,
                )  # fmt: skip
        for line in reversed(lines):
            if _CONFIGURATION.search(line):
                return ConfigurationRejected(
                    service.name, line.strip(), seconds=seconds, lines=shown, files=service.files
                )
        return None

    def _out_of_memory(self, one: Seen, seen: Mapping[str, Seen]) -> PhloError:
        service, container = one.service, one.container
        total = self.engine.memory()
        return OutOfMemory(
            service.name, seconds=self.watch.elapsed, limit=service.memory,
            total=f"{total / 1024**3:.1f} GiB" if total else None, raised=_raised(service.memory),
            ready=_ready(seen), waiting=self._waiting(service.name, seen),
            lines=self._lines(container)[-_SHOWN_LINES:] if container else (),
            where=service.places.get("memory"),
        )  # fmt: skip

    def late(self, one: Seen, seconds: float) -> PhloError:
        """Return what it means that a service is not ready in the time given."""
        container, name = one.container, one.service.name
        if container is None:
            return NotHealthy(name, seconds=seconds, doing=one.cause)
        lines = self._lines(container)
        found = self._by_log(one, [*lines, *container.check_output.splitlines()])
        if isinstance(found, WrongCredentials):
            return found
        silent = self._silent_for(container)
        # Slow is not failed: its log moves.
        if silent is not None and silent < max(5.0, seconds / 3):
            return StillStarting(name, seconds=seconds, silent=silent, doing=one.cause)
        shown = lines[-_SHOWN_LINES:]
        if one.state is ServiceState.UNHEALTHY:
            output = redacted(one_line(container.check_output), self.secrets)
            return Unhealthy(name, seconds=seconds, output=output, lines=shown)
        return NotHealthy(name, seconds=seconds, doing=one.cause, lines=shown)

    def _silent_for(self, container: Container) -> float | None:
        last = self.engine.logs(container, 1, is_timed=True)
        try:
            wrote = datetime.fromisoformat(f"{last[-1][:19]}+00:00")
        except (IndexError, ValueError):
            return None
        return max(0.0, time.time() - wrote.timestamp())

    def _lines(self, container: Container) -> list[str]:
        lines = self.engine.logs(container, _READ_LINES)
        return [redacted(line, self.secrets) for line in lines]

    def _waiting(self, name: str, seen: Mapping[str, Seen]) -> list[str]:
        return [o.service.name for o in seen.values() if any(
            need.service == name for need in o.service.needs)]  # fmt: skip


def _ready(seen: Mapping[str, Seen]) -> tuple[int, int]:
    return sum(one.is_ready for one in seen.values()), len(seen)


def _raised(memory: str | None) -> str:
    """Return twice a limit, in a form that may be written as one."""
    found = re.fullmatch(r"([\d.]+)\s*([kKmMgGtT]?)i?[bB]?", memory or "")
    if not found:
        return "2GiB"
    number = float(found[1]) * 2
    return f"{number:g}{found[2].upper()}iB" if found[2] else f"{number:g}"


def _short(text: str) -> str:
    """Return what matters of the engine's long sentence: its end."""
    lines = [line for line in text.splitlines() if not line.startswith(_REPEATED)] or [text]
    return lines[-1].removeprefix("Error response from daemon: ")[-300:]
