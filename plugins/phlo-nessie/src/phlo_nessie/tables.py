"""The tables of one branch, as pyiceberg works with them."""

# ruff: noqa: TID253  the class is pyiceberg's; whoever imports this module wants it

from __future__ import annotations

from typing import TYPE_CHECKING

from pyiceberg.exceptions import CommitFailedException

from phlo.lakehouse.catalog import split_name
from phlo.lakehouse.iceberg_internals import PointerCatalog
from phlo_nessie.api import TABLE, Conflict
from phlo_nessie.names import encoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyiceberg.table.metadata import TableMetadata

    from phlo_nessie.api import Api, Values


class NessieTables(PointerCatalog):
    """A catalog whose pointers are the contents of a branch."""

    def __init__(self, api: Api, ref: str, properties: Mapping[str, str]) -> None:
        super().__init__(ref, **properties)
        self._api = api
        self._ids: dict[str, str] = {}

    def pointer(self, table: str) -> tuple[str | None, str]:
        """Return where a table's metadata is, and the commit that says so."""
        commit, content = self._api.content(encoded(self.name), split_name(table))
        self._ids.pop(table, None)
        if content is None or content["type"] != TABLE:
            return None, commit
        self._ids[table] = content["id"]
        return content["metadataLocation"], commit

    def move(self, table: str, seen: str, location: str, metadata: TableMetadata) -> None:
        """Commit the new location on the branch, if the table is as it was seen."""
        content: Values = {
            "type": TABLE,
            "metadataLocation": location,
            "snapshotId": metadata.current_snapshot_id or -1,
            "schemaId": metadata.current_schema_id,
            "specId": metadata.default_spec_id,
            "sortOrderId": metadata.default_sort_order_id,
        }
        if table in self._ids:
            content["id"] = self._ids[table]
        key = {"elements": list(split_name(table))}
        operation = {"type": "PUT", "key": key, "content": content}
        try:
            self._api.commit(encoded(self.name), seen, [operation], f"write {table}")
        except Conflict as error:
            raise CommitFailedException(str(error)) from error
