"""PHLO-S: services that do not run as they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import ExitCode, Fix, PhloError, Related
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


class ServiceError(PhloError):
    """A service is not as it should be: it ended, hangs, or is not there."""

    code = "PHLO-S600"


class ServiceCrashed(ServiceError):
    """A service ended by itself, again and again, or a job before its start failed.

    phlo starts a service again after a pause that grows with every crash. While `start` waits,
    three crashes in a row are taken as a failure: what ended it three times would end it a fourth
    time. The other services keep running, and this one is tried again in the background.
    """

    code = "PHLO-S601"

    def __init__(
        self,
        name: str,
        cause: str,
        *,
        seconds: float,
        lines: Sequence[str] = (),
        crashes: int = 1,
        ready: tuple[int, int] | None = None,
        waiting: Sequence[str] = (),
        why: str = "",
        fix: Fix | None = None,
        where: Where | None = None,
    ) -> None:
        times = "" if crashes < 2 else f", {crashes} times in a row"
        told = [f"after {seconds:.0f}s"]
        if ready:
            told.append(f"{ready[0]} of {ready[1]} services ready")
        if waiting:
            told.append(f"waiting on it: {', '.join(waiting)}")
        super().__init__(
            f"'{name}' {cause}{times}",
            where=where,
            why="; ".join([*told, *([why] if why else [])]),
            related=[Related(f"log: {line}") for line in lines],
            fix=fix
            or Fix(
                f"see what it said: phlo services logs {name}\n"
                "correct that, then start it again: phlo services start",
                command=f"phlo services logs {name}",
            ),
        )
        self.name, self.cause, self.lines = name, cause, tuple(lines)


class StillStarting(ServiceError):
    """A service is not ready in the time given, and its log shows that it works on it.

    Slow is not failed: it goes on starting in the background.
    """

    code = "PHLO-S602"

    def __init__(
        self, name: str, *, seconds: float, silent: float, doing: str | None = None
    ) -> None:
        super().__init__(
            f"'{name}' is still starting after {seconds:.0f}s",
            why=f"its log is moving (last line {silent:.0f}s ago), so it is not taken as failed"
            + (f"; {doing}" if doing else ""),
            fix=Fix(
                f"give it more time: phlo services wait {name} --timeout 300",
                command=f"phlo services wait {name} --timeout 300",
            ),
        )
        self.name = name

    @property
    def exit_code(self) -> ExitCode:
        """Still starting is told apart from failed."""
        return ExitCode.STILL_STARTING


class NotHealthy(ServiceError):
    """A service runs, says nothing any more, and is not ready in the time given."""

    code = "PHLO-S603"

    def __init__(
        self, name: str, *, seconds: float, doing: str | None, lines: Sequence[str] = ()
    ) -> None:
        super().__init__(
            f"'{name}' did not become healthy in {seconds:.0f}s",
            why=f"its log has stopped moving; {doing or 'its health check has not passed'}",
            related=[Related(f"log: {line}") for line in lines],
            fix=Fix(
                f"see what it said: phlo services logs {name}\n"
                f"then start it afresh: phlo services restart {name}",
                command=f"phlo services logs {name}",
            ),
        )
        self.name = name


class SupervisorFailed(ServiceError):
    """The supervisor of the local processes does not start, or does not answer."""

    code = "PHLO-S604"

    def __init__(self, problem: str, *, log: str) -> None:
        super().__init__(
            f"the supervisor of the local processes {problem}",
            why=f"its own log is '{log}'",
            fix=Fix(
                "end what is left of it, then start again:\n"
                "phlo services stop && phlo services start",
                command="phlo services stop",
            ),
        )


class ProcessesLeft(ServiceError):
    """Processes of a service could not be ended, most often because another user owns them."""

    code = "PHLO-S605"

    def __init__(self, pids: Sequence[int]) -> None:
        listed = ", ".join(str(pid) for pid in pids)
        super().__init__(
            f"{len(pids)} processes of the services are still there: {listed}",
            why="they took neither SIGTERM nor SIGKILL from this user",
            fix=Fix(f"end them as their owner: sudo kill -9 {' '.join(map(str, pids))}"),
        )
        self.pids = tuple(pids)


class NoSuchService(ServiceError):
    """A command names a service that this project does not run."""

    code = "PHLO-S606"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        close = did_you_mean(name, known)
        listed = f"there are {', '.join(known)}" if known else "start them: phlo services start"
        super().__init__(
            f"there is no service '{name}' here",
            why="services are named as `phlo services list` names them",
            fix=close or listed,
        )


class NotRunning(ServiceError):
    """A service is waited for that is not running, and that nothing is about to start."""

    code = "PHLO-S607"

    def __init__(self, name: str, *, lines: Sequence[str] = ()) -> None:
        super().__init__(
            f"'{name}' is not running",
            why="it was stopped, or the supervisor that would start it is gone",
            related=[Related(f"log: {line}") for line in lines],
            fix=Fix("start it: phlo services start", command="phlo services start"),
        )
        self.name = name


class NotStopped(ServiceError):
    """A service is waited for to stop, or to start, and does not in the time given."""

    code = "PHLO-S608"

    def __init__(self, name: str, condition: str, *, seconds: float) -> None:
        verb = "stop" if condition == "stopped" else "start"
        super().__init__(
            f"'{name}' is not {condition} after {seconds:.0f}s",
            why=f"nothing asked it to {verb}, or it takes longer",
            fix=Fix(f"{verb} it: phlo services {verb} {name}",
                    command=f"phlo services {verb} {name}"),
        )  # fmt: skip
        self.name = name


class NoAddress(ServiceError):
    """A service is to be opened that has no port on this machine."""

    code = "PHLO-S609"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' has no page to open",
            why="it publishes no port on this machine",
            fix=f"publish one: services: {{{name}: {{port: N}}}}",
        )


class ProvisionFailed(ServiceError):
    """A provider could not make what a consumer needs of its own: a database, a user, a bucket."""

    code = "PHLO-S617"

    def __init__(self, provider: str, said: str) -> None:
        super().__init__(
            f"'{provider}' cannot make what its consumers need: {said}",
            why="each consumer gets something of its own before it starts",
            fix=Fix(f"see what it said: phlo services logs {provider}\n"
                    "correct that, then: phlo services start",
                    command=f"phlo services logs {provider}"),
        )  # fmt: skip
