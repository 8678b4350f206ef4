"""PHLO-D9xx: branches, tags and snapshots of the lake, and what is published to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.data import DataError
from phlo.errors.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class CommitConflict(DataError):
    """Somebody else changed a table between the beginning of a change and its end.

    Nothing was changed: of several tables none is published unless all are. Running the same thing
    again begins from the tables as they are now.
    """

    code = "PHLO-D902"

    def __init__(
        self, tables: Sequence[str], *, branch: str | None = None, target: str = "main"
    ) -> None:
        what = f"publish '{branch}' to '{target}'" if branch else f"commit to '{target}'"
        super().__init__(
            f"cannot {what}: {_names(tables)} moved there in the meantime",
            why="what was computed here began from an earlier state of the table",
            fix="run it again: it then begins from the tables as they are now",
        )
        self.tables = tuple(tables)


class UnknownRef(DataError):
    """A branch was named that the lake does not have."""

    code = "PHLO-D904"

    def __init__(self, ref: str, known: Iterable[str] = ()) -> None:
        super().__init__(
            f"there is no branch '{ref}'",
            why="only main and the branches that were made can be named",
            fix=did_you_mean(ref, known) or "use 'main', or make the branch first",
        )


class RefExists(DataError):
    """A branch was to be made under a name that is taken."""

    code = "PHLO-D905"

    def __init__(self, ref: str) -> None:
        super().__init__(
            f"there is a branch '{ref}' already",
            why="a branch that is there is never replaced, since others may work on it",
            fix="choose another name, or drop that branch first",
        )


class UnknownSnapshot(DataError):
    """A snapshot was named that the table does not have (any more)."""

    code = "PHLO-D926"

    def __init__(self, table: str, snapshot_id: int) -> None:
        super().__init__(
            f"'{table}' has no snapshot {snapshot_id}",
            why="snapshots that nobody needs any more are removed in time",
            fix=Fix(
                f"see which there are: phlo describe {table}", command=f"phlo describe {table}"
            ),
        )


class BadRefName(DataError):
    """A branch's name cannot be used."""

    code = "PHLO-D929"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' cannot be the name of a branch",
            why="a branch's name has letters, digits and . _ / @ : = -, at most 200 of them, "
            "and is not 'main'",
            fix="choose a name like 'dev' or 'fix/late-orders'",
        )


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
