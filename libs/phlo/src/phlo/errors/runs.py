"""PHLO-D950..D999: runs, and the store that keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


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
            why="the store knows the runs of this project only",
            fix=f"the latest are {', '.join(latest)}" if latest else "no run was made yet",
        )


class StepFailed(RunError):
    """The function of an asset raised an exception.

    Nothing of what it gave is in the table: a step's rows are published all together or not at all.
    """

    code = "PHLO-D954"

    def __init__(self, asset: str, kind: str, message: str, where: Where | None) -> None:
        said = f"{kind}: {message}" if message else kind
        super().__init__(
            f"'{asset}' failed: {said}",
            where=where,
            why="the function raised an exception; no row of this step was published",
            fix="correct the function, or what it reads from, and run it again",
        )


class HeldBack(RunError):
    """A blocking check failed, so the table was not published.

    What was there before is there still. The rows were written to a branch of the run, checked
    there, and dropped with it; the failing rows that were kept are shown by `phlo runs show`.
    """

    code = "PHLO-D955"

    def __init__(self, table: str, checks: Sequence[str], run_id: str) -> None:
        names = ", ".join(f"'{name}'" for name in checks)
        failed = "check failed" if len(checks) == 1 else "checks failed"
        super().__init__(
            f"'{table}' was held back: {failed}: {names}",
            why="a check of severity 'error' blocks; the table is as it was before",
            fix=Fix(
                f"look at the failing rows: phlo runs show {run_id}",
                command=f"phlo runs show {run_id}",
            ),
        )


class StepTimedOut(RunError):
    """A step took longer than the asset's `timeout`."""

    code = "PHLO-D956"

    def __init__(self, asset: str, timeout: str) -> None:
        super().__init__(
            f"'{asset}' took longer than its timeout of {timeout}",
            why="its declaration says how long it may take; no row of this step was published",
            fix="give it more time (timeout='1h'), or less to do",
        )


class RunKilled(RunError):
    """The process of a run ended without saying so: it was killed, or the machine stopped.

    What it had not published is gone, what it had is whole; nothing is left half.
    """

    code = "PHLO-D957"

    def __init__(
        self, run_id: str, *, unfinished: Sequence[str], last_line: str | None = None
    ) -> None:
        command = f"phlo materialize {','.join(unfinished)}"
        fix = Fix(f"run what it left: {command}", command=command)
        super().__init__(
            f"the process of the run '{run_id}' ended before the run"
            + (f": {last_line}" if last_line else ""),
            why="it was killed, or the machine stopped; tables hold all of what was published "
            "before, and nothing of what was not",
            fix=fix if unfinished else "nothing was left to do",
        )


class RunExists(RunError):
    """A run is to be made under an id that is taken."""

    code = "PHLO-D958"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"there is a run '{run_id}' already",
            why="a run is told from others by its id",
            fix="leave --run-id out, or give another id",
        )


class RunOver(RunError):
    """A run is to be cancelled that is over."""

    code = "PHLO-D959"

    def __init__(self, run_id: str, state: str) -> None:
        super().__init__(
            f"the run '{run_id}' is over: it {state}",
            why="what it published is there, and what it did not is gone",
            fix="there is nothing to cancel",
        )


class AlwaysMoved(RunError):
    """Others published the same table again and again while it was being made."""

    code = "PHLO-D960"

    def __init__(self, table: str, tries: int) -> None:
        super().__init__(
            f"'{table}' was made {tries} times, and each time somebody else published it first",
            why="a table is published only onto the state that it was made from",
            fix="let one run of it end before the next begins",
        )


class NoFullRefresh(RunError):
    """A table cannot be made anew because its partitions cannot be told apart."""

    code = "PHLO-D961"

    def __init__(self, asset: str) -> None:
        super().__init__(
            f"'{asset}' cannot be made anew: its rows do not say which partition they are of",
            why="its mode is 'append', so making a partition again would double its rows",
            fix="name the column that says it: phlo.daily('2026-01-01', column='day')",
        )


class BadRunId(RunError):
    """A run's id cannot be used."""

    code = "PHLO-D962"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"'{run_id}' cannot be the id of a run",
            why="the id becomes part of the names of files and branches",
            fix="use letters, digits, '.', '_' and '-', at most 64 of them",
        )


class ChecksFailed(RunError):
    """Blocking checks failed on a table that is published already.

    `phlo check` changes no table: what is there stays there.
    """

    code = "PHLO-D963"

    def __init__(self, table: str, checks: Sequence[str], run_id: str) -> None:
        names = ", ".join(f"'{name}'" for name in checks)
        super().__init__(
            f"'{table}' does not pass: {names}",
            why="its rows break what the check's severity calls an error",
            fix=Fix(
                f"look at the failing rows: phlo runs show {run_id}",
                command=f"phlo runs show {run_id}",
            ),
        )


class StateUnwritable(RunError):
    """phlo's own files cannot be written: the disk is full, or the folder is read-only."""

    code = "PHLO-D964"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(
            f"cannot write '{path}': {problem}",
            why="what runs do is recorded before it counts, so nothing was changed",
            fix="make room there, or give yourself the right to write, and run it again",
        )
