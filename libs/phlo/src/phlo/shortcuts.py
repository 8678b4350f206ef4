"""`phlo.materialize`, `phlo.query` and their like: the project of the working folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phlo.project import Project

if TYPE_CHECKING:
    import pyarrow as pa

    from phlo.assets.table import Table
    from phlo.runner.result import RunResult


def materialize(selection: str = "*", **options: Any) -> RunResult:
    """Make assets of the project that the working folder is in (see `Project.materialize`)."""
    return Project.open().materialize(selection, **options)


def check_tables(selection: str = "*", **options: Any) -> RunResult:
    """Run checks in the project that the working folder is in (see `Project.check`)."""
    return Project.open().check(selection, **options)


def query(sql: str, **options: Any) -> pa.Table:
    """Query the project that the working folder is in (see `Project.query`)."""
    return Project.open().query(sql, **options)


def table(name: str, **options: Any) -> Table:
    """Return a table of the project that the working folder is in (see `Project.table`)."""
    return Project.open().table(name, **options)
