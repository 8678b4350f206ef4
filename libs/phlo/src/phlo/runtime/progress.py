"""What happens while services start and stop, as the command line shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phlo.model.status import ServiceState


@dataclass(frozen=True, slots=True)
class Progress:
    """Something changed: a service's state, its cause, or what is being done for it."""

    service: str
    """The name of the process: the service's, or `service.process` where it has several."""
    state: ServiceState
    elapsed: float
    """Seconds since the command began."""
    cause: str | None = None
    """Why it is not healthy, in one line."""
    message: str | None = None
    """What phlo does for it, such as a line of the installation of its environment."""


OnProgress = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
    """Show nothing."""
