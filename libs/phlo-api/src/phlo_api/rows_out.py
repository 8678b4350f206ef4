"""Rows as an answer: Arrow for the grid, JSON for everybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import Response

from phlo_api.models.queries import Rows
from phlo_api.values import columns_of, for_browser, rows_of

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = "application/vnd.apache.arrow.stream"


def json_answer(table: pa.Table, *, offset: int, row_count: int, complete: bool) -> Response:
    """Return rows as JSON."""
    rows = Rows(
        columns=columns_of(table.schema),
        rows=rows_of(table),
        offset=offset,
        row_count=row_count,
        complete=complete,
        truncated=offset + table.num_rows < row_count,
    )
    return Response(rows.model_dump_json(), media_type="application/json")


def arrow_answer(table: pa.Table, *, offset: int, row_count: int, complete: bool) -> Response:
    """Return rows as an Arrow stream; what the stream has no place for is in the headers."""
    import pyarrow as pa

    readable = for_browser(table)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, readable.schema) as writer:
        writer.write_table(readable)
    headers = {
        "x-phlo-offset": str(offset),
        "x-phlo-row-count": str(row_count),
        "x-phlo-complete": str(complete).lower(),
        "x-phlo-truncated": str(offset + table.num_rows < row_count).lower(),
    }
    return Response(sink.getvalue().to_pybytes(), media_type=ARROW, headers=headers)
