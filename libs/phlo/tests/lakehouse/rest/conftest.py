"""A lake, and the protocol spoken to it without any server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from phlo.lakehouse.lake import Lake
from phlo.lakehouse.rest.http import Request
from phlo.lakehouse.rest.service import RestCatalog

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "type": "struct",
    "fields": [
        {"id": 7, "name": "id", "required": True, "type": "long"},
        {"id": 9, "name": "tags", "required": False,
         "type": {"type": "list", "element-id": 11, "element": "string",
                  "element-required": False}},
        {"id": 8, "name": "at", "required": False, "type": "timestamptz"},
    ],
}  # fmt: skip


class Client:
    """Asks a catalog as a client does, by JSON."""

    schema = SCHEMA

    def __init__(self, catalog: RestCatalog) -> None:
        self.catalog = catalog

    def __call__(
        self, method: str, path: str, body: object = None, *, query: str = "", ref: str = "main"
    ) -> tuple[int, Any]:
        given = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
        content = given if isinstance(given, bytes) else given.encode()
        answer = self.catalog.answer(Request(method, f"/v1/{path}", query, content), ref)
        return answer.status, json.loads(answer.body) if answer.body else None

    def table(self, name: str = "orders", namespace: str = "raw", **more: object) -> Any:
        """Make a table, and its namespace unless it is there."""
        self("POST", "namespaces", {"namespace": [namespace]})
        body = {"name": name, "schema": SCHEMA, **more}
        status, answer = self("POST", f"namespaces/{namespace}/tables", body)
        assert status == 200, answer
        return answer


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def ask(lake: Lake) -> Client:
    return Client(RestCatalog(lake))
