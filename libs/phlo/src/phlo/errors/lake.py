"""PHLO-D970..D979: the storage and the catalog of the tables, where a server keeps them."""

from __future__ import annotations

from phlo.errors import Fix
from phlo.errors.data import DataError

_START = "phlo services start"


class StorageRefused(DataError):
    """The object store that holds the tables cannot be reached, or refuses what was asked.

    The system's own words are in the message. Nothing was changed: what was written before the
    refusal is named by no table, and taken away later.
    """

    code = "PHLO-D970"

    def __init__(self, service: str, place: str, problem: str) -> None:
        first = " ".join(problem.split())[:300]
        super().__init__(
            f"'{service}' does not give the tables in {place}: {first}",
            why="it does not run, or its keys, bucket or address are others than phlo was told",
            fix=Fix(f"{_START}   (and see: phlo services status)", command=_START),
        )


class CatalogRefused(DataError):
    """The catalog service that keeps the tables cannot be reached, or refuses what was asked."""

    code = "PHLO-D971"

    def __init__(self, service: str, url: str, problem: str) -> None:
        first = " ".join(problem.split())[:300]
        super().__init__(
            f"the catalog '{service}' at {url} does not answer as it should: {first}",
            why="it does not run, or it is not the program that phlo expects there",
            fix=Fix(f"{_START}   (and see: phlo services status)", command=_START),
        )


class TagIsFixed(DataError):
    """Something was to be written to a tag, which keeps what its source was when it was made."""

    code = "PHLO-D973"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"'{name}' is a tag: nothing is written to it",
            why="a tag keeps the tables as they were when it was made",
            fix=Fix(f"write to a branch of it: phlo branch create NAME --from {name}",
                    command=f"phlo branch create NAME --from {name}"),
        )  # fmt: skip


class CatalogWithoutBranches(DataError):
    """A service was bound as the project's catalog that has no Python to work with it."""

    code = "PHLO-D972"

    def __init__(self, service: str) -> None:
        super().__init__(
            f"'{service}' cannot keep the project's tables: its package has no catalog",
            why="phlo makes, publishes and drops branches of a catalog through its package",
            fix="bind another one in phlo.yaml: bind: {lake.catalog: nessie}",
        )
