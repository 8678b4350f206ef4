"""Whether a step has anything to do: the same code over the same data gives the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phlo.assets.spec import AssetSpec
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.query import QueryEngine
    from phlo.orchestration.records import MaterializationRecord

#: Functions whose value is another one each time, as sqlglot or the engine calls them.
_VOLATILE = frozenset(
    {"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_DATETIME", "LOCALTIME",
     "LOCALTIMESTAMP", "CURRENT_USER", "RAND", "RANDN", "RANDSTR", "UUID", "NOW", "TODAY", "RANDOM",
     "GET_CURRENT_TIMESTAMP", "GET_CURRENT_TIME", "TRANSACTION_TIMESTAMP", "GEN_RANDOM_UUID",
     "UUIDV4", "UUIDV7", "NEXTVAL", "CURRVAL", "CURRENT_SETTING", "VERSION", "TXID_CURRENT",
     "GETVARIABLE", "AGE", "CURRENT_LOCALTIME", "CURRENT_LOCALTIMESTAMP", "SHUFFLE"}
)  # fmt: skip

#: What is the same for the same rows, in whatever order, by dialect.
_DIGESTS = {
    "duckdb": "bit_xor(hash(t)), sum(hash(t))",
    "trino": "checksum(ROW({}))",
}
#: Rows are compared as long as that is a matter of a second or two.
_MOST_ROWS = 10_000_000


def is_same_query(
    asset: AssetSpec,
    last: MaterializationRecord | None,
    inputs: Mapping[str, int],
    snapshot_id: int | None,
) -> bool:
    """Whether a SQL asset's last rows are still those that its query would give.

    Args:
        asset: The asset as it is now.
        last: Its last publish on the ref.
        inputs: The snapshots of what it reads, now.
        snapshot_id: The table's own snapshot, now.
    """
    if asset.kind != "sql" or last is None or snapshot_id is None:
        return False
    return (
        last.code_hash == asset.code_hash
        and last.snapshot_id == snapshot_id
        and dict(last.inputs) == dict(inputs)
        and not is_volatile(asset.sql or "", asset.dialect or "duckdb")
    )


def is_volatile(sql: str, dialect: str) -> bool:
    """Whether a statement can give other rows over the same data."""
    import sqlglot
    from sqlglot import exp

    from phlo.assets.sql_file import for_parsing

    tree = sqlglot.parse_one(for_parsing(sql), read=dialect)
    if tree.find(exp.TableSample):
        return True
    for node in tree.find_all(exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        if name.upper() in _VOLATILE:
            return True
    # Without brackets they look like columns: `select current_date`.
    return any(column.name.upper() in _VOLATILE for column in tree.find_all(exp.Column))


def have_same_rows(lake: Lake, engine: QueryEngine, table: str, one: str, other: str) -> bool:
    """Whether a table has the same columns and rows on two refs; False where that costs too much.

    Rows are compared by their hashes, in whatever order they are.
    """
    if engine.dialect not in _DIGESTS or lake.metadata_location(table, other) is None:
        return False
    here, there = lake.describe(table, one), lake.describe(table, other)
    if max(here.row_count, there.row_count) > _MOST_ROWS:
        return False
    shape = [[(c.name, c.type) for c in about.columns] for about in (here, there)]
    if here.row_count != there.row_count or shape[0] != shape[1] or not here.row_count:
        return False
    if (here.partition_fields, here.sort_fields) != (there.partition_fields, there.sort_fields):
        return False
    columns = [column.name for column in here.columns]
    digests = [_digest(lake, engine, table, ref, columns) for ref in (one, other)]
    return digests[0] == digests[1]


def _digest(
    lake: Lake, engine: QueryEngine, table: str, ref: str, columns: Sequence[str]
) -> tuple[object, ...]:
    from phlo.lakehouse.checks.compile import quoted, quoted_table

    digest = _DIGESTS[engine.dialect].format(", ".join(map(quoted, columns)))
    sql = f"SELECT count(*), {digest} FROM {quoted_table(table)} AS t"
    with engine.connect(lake, ref=ref) as session:
        row = session.stream(sql).read_all()
    return tuple(column[0].as_py() for column in row.columns)
