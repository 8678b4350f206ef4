"""What a function may return beside rows: files to read, and SQL to run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from phlo.model.sources import FileSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phlo.assets.table import Table

__all__ = ["FileSource", "SqlQuery", "files", "sql"]


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """A query whose rows are the asset's rows."""

    text: str
    tables: Mapping[str, Table] = field(default_factory=dict, hash=False)
    dialect: str | None = None
    """What it is written in; None: what the project's SQL is written in."""


def files(pattern: str, *, format: str | None = None, **options: Any) -> FileSource:
    """Read files as rows: `phlo.files("data/*.csv")`.

    Args:
        pattern: A path or glob, relative to the project's folder.
        format: `csv`, `json`, `ndjson` or `parquet`; by default the file's name says it.
        options: Options of the format, such as `delimiter` and `null_values` of CSV.
    """
    return FileSource(pattern, format, options)


def sql(text: str, /, *, dialect: str | None = None, **tables: Table) -> SqlQuery:
    """Return a query to run: `phlo.sql("select * from {flights}")`.

    Args:
        text: The query; `{name}` is the table that the function takes under that name.
        dialect: What it is written in, as sqlglot calls it, such as `trino`; by default what
            phlo.yaml says (`sql: {dialect: …}`), else `duckdb`. An engine that speaks another one
            gets it translated.
        tables: Further tables by the names that stand in the query.
    """
    return SqlQuery(text, tables, dialect)
