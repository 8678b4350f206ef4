"""PHLO-D974..D979: orchestrators that are services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.runs import RunError

if TYPE_CHECKING:
    from collections.abc import Iterable

_START = "phlo services start"


class OrchestratorRefused(RunError):
    """The orchestrator's service cannot be reached, or refuses what was asked."""

    code = "PHLO-D974"

    def __init__(self, service: str, url: str, problem: str) -> None:
        first = " ".join(problem.split())[:400]
        super().__init__(
            f"'{service}' at {url} does not do what was asked: {first}",
            why="it does not run, it starts still, or its definitions do not load",
            fix=Fix(f"see: phlo services logs {service}; start it: {_START}; or go without it: "
                    "phlo materialize --orchestrator runner", command=_START),
        )  # fmt: skip


class DefinitionsNotLoaded(RunError):
    """The orchestrator has not loaded what the workflow files say now."""

    code = "PHLO-D975"

    def __init__(self, service: str, problem: str) -> None:
        super().__init__(
            f"'{service}' has not loaded the project's assets: {problem}",
            why="a run of other definitions would make other tables than the files say",
            fix=f"correct that (see: phlo services logs {service}), or go without it: "
            "phlo materialize --orchestrator runner",
        )


class UnknownOrchestrator(RunError):
    """An orchestrator was named that the project does not have."""

    code = "PHLO-D976"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known))
        super().__init__(
            f"there is no orchestrator '{name}' in this project",
            why=f"it has: {names}",
            fix=f"use one of these: {names}; or install its package and enable it",
        )


class UnknownSchedule(RunError):
    """A schedule was named that no asset has."""

    code = "PHLO-D977"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(
            f"there is no schedule '{name}'",
            why="an asset has a schedule where its declaration says `schedule`; each is named "
            "like its asset",
            fix=f"use one of these: {names}",
        )
