"""PHLO-D950..D999: runs, and the store that keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError

if TYPE_CHECKING:
    from collections.abc import Iterable


class RunError(PhloError):
    """Something about a run, or about what is kept of runs, is not as it must be."""

    code = "PHLO-D950"


class StoreTooNew(RunError):
    """A later phlo wrote the store of runs, and this one does not know its form.

    The store is `.phlo/state/phlo.db`. An older store is copied aside and migrated; a newer one is
    never touched, because what this phlo does not know would be lost.
    """

    code = "PHLO-D951"

    def __init__(self, file: str, found: int, known: int, *, written_by: str | None) -> None:
        version = f">={written_by}" if written_by else ""
        super().__init__(
            f"'{file}' has schema {found}, and this phlo reads up to {known}",
            why=f"phlo {written_by} wrote it" if written_by else "a later phlo wrote it",
            fix=Fix(
                f"use the phlo that reads it: pip install 'phlo{version}'",
                command=f"pip install --upgrade 'phlo{version}'",
            ),
        )


class StoreBroken(RunError):
    """The store of runs cannot be read.

    It holds the history of runs and checks, and nothing of the tables: those are in `.phlo/lake`.
    """

    code = "PHLO-D952"

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(
            f"'{file}' cannot be used: {problem}",
            why="it is not a database that phlo wrote, or the disk is full or read-only",
            fix=Fix(
                "move it aside; a new one is made, without the history of runs (no table is lost)",
                command=f"mv '{file}' '{file}.broken'",
            ),
        )


class UnknownRun(RunError):
    """A run was named that the store does not have."""

    code = "PHLO-D953"

    def __init__(self, run_id: str, latest: Iterable[str] = ()) -> None:
        latest = tuple(latest)
        super().__init__(
            f"there is no run '{run_id}'",
            fix=f"the latest are {', '.join(latest)}" if latest else "no run was made yet",
        )
