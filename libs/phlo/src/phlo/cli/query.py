"""`phlo query`: run a SQL query, and print its rows in the form asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from phlo.cli import output
from phlo.cli.options import Cli, common

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("table", "csv", "json", "parquet", "arrow")
#: A table on the screen ends after so many rows.
_MOST_SHOWN = 100


@click.command()
@click.argument("sql")
@click.option("--engine", help="The query engine; by default the project's.")
@click.option("--ref", default="main", show_default=True, help="The branch to read.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print the rows.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path), help="Write to a file.")
@common
def query(
    cli: Cli, sql: str, engine: str | None, ref: str, form: str | None, file: Path | None
) -> int:
    """Run a SQL query, which only reads; `-` reads it from stdin.

    By default rows are shown as a table; `--format csv`, `json` (one object a line), `parquet` and
    `arrow` (the stream format) are for other programs and print all rows.
    """
    from phlo.project import Project

    text = sys.stdin.read() if sql == "-" else sql
    project = Project.open(cli.directory)
    project.recover()
    with project.engine(engine).connect(project.lake, ref=ref) as session:
        reader = session.stream(text)
        if cli.json:
            table = reader.read_all()
            output.show_json("phlo.query/1", {
                "columns": [{"name": f.name, "type": str(f.type)} for f in table.schema],
                "rows": [list(row.values()) for row in _rows(table)],
            })  # fmt: skip
        elif form in (None, "table") and file is None:
            _show(reader)
        else:
            _write(reader, form or _form_of(file), file)
    return 0


def _show(reader: pa.RecordBatchReader) -> None:
    """Print the first rows, and say how many more there are."""
    from phlo.cli.values import show_rows

    shown: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        if count < _MOST_SHOWN:
            shown.append(batch.slice(0, _MOST_SHOWN - count))
        count += batch.num_rows
    show_rows(reader.schema, shown)
    more = f" (the first {_MOST_SHOWN} are shown)" if count > _MOST_SHOWN else ""
    output.note(f"{count:,} row{'' if count == 1 else 's'}{more}")


def _write(reader: pa.RecordBatchReader, form: str, file: Path | None) -> None:
    from phlo.cli.formats import write

    if file is not None:
        with file.open("wb") as target:
            write(reader, form, target)
        output.note(f"written to {file}")
        return
    if form in ("parquet", "arrow") and sys.stdout.isatty():
        raise click.UsageError(f"{form} is not for a terminal: add -o FILE, or redirect it")
    write(reader, form, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _form_of(file: Path | None) -> str:
    suffix = file.suffix.removeprefix(".") if file else ""
    known = {"jsonl": "json", "ndjson": "json"}.get(suffix, suffix)
    return known if known in FORMATS[1:] else "csv"


def _rows(table: pa.Table) -> list[dict[str, Any]]:
    from phlo.lakehouse.checks.found import json_safe

    return [{k: json_safe(v) for k, v in row.items()} for row in table.to_pylist()]
