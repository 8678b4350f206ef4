"""PHLO-A8xx: which assets and partitions were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix
from phlo.errors.suggest import did_you_mean
from phlo.errors.workflow import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phlo.errors import Where


class NoSuchAsset(WorkflowError):
    """A selection matches no asset.

    `phlo assets list` shows all; authoring.md has the whole language of selections.
    """

    code = "PHLO-A813"

    def __init__(self, term: str, *, kind: str, known: Iterable[str]) -> None:
        known = tuple(dict.fromkeys(known))
        listed = f"there are {', '.join(known[:8])}" if known else "there is none yet"
        super().__init__(
            f"no {kind} matches '{term}'",
            why="a selection that matches nothing is nearly always a typing error",
            fix=did_you_mean(term, known) or listed + ("" if len(known) <= 8 else ", ..."),
        )


class BadSelection(WorkflowError):
    """A selection is not written in the language of selections."""

    code = "PHLO-A814"

    def __init__(self, term: str, problem: str) -> None:
        super().__init__(
            f"the selection '{term}' cannot be used: {problem}",
            why="a part of it has no meaning in the language of selections",
            fix="write a table, +table, table+, +table+2, tag:x, group:x, owner:x, path:marts/, "
            "failed, stale or *; commas join, ! takes away",
        )


class UnknownArgument(WorkflowError):
    """A function takes a parameter that phlo cannot fill.

    Parameters are filled by annotation: `day: phlo.Partition`, `context: phlo.Context`,
    `flights: phlo.Table`, `postgres: phlo.Service`. One with a default value may stay as it is.
    """

    code = "PHLO-A815"

    def __init__(self, function: str, parameter: str, *, where: Where | None = None) -> None:
        super().__init__(
            f"'{function}' takes '{parameter}', and phlo does not know what that is",
            where=where,
            why="parameters are filled by their annotations",
            fix=f"annotate it ({parameter}: phlo.Partition, phlo.Context, phlo.Table or "
            "phlo.Service), or give it a default value",
        )


class BadPartition(WorkflowError):
    """A partition was asked for that an asset does not have."""

    code = "PHLO-A820"

    def __init__(self, asset: str, key: str, problem: str, *, fix: str) -> None:
        super().__init__(
            f"'{asset}' has no partition '{key}': {problem}",
            why="its partitions are those that its declaration names",
            fix=fix,
        )


class PartitionNeeded(WorkflowError):
    """An asset has one partition for each day, and nothing says which to run."""

    code = "PHLO-A821"

    def __init__(self, assets: Sequence[str], example: str) -> None:
        has = "has" if len(assets) == 1 else "have"
        super().__init__(
            f"{', '.join(map(repr, assets))} {has} partitions, and none was chosen",
            why="each partition is made by itself, and making all of them is seldom meant",
            fix=Fix(
                f"choose one (--partition {example}), or several (--partition FROM..TO)",
                command=f"phlo materialize {','.join(assets)} --partition {example}",
            ),
        )
