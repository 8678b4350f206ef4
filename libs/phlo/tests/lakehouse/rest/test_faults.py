"""A kill in the middle, a full disk, and requests that nobody would send on purpose."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phlo.lakehouse.lake import Lake
from phlo.lakehouse.rest import service
from phlo.lakehouse.rest.http import Request
from phlo.lakehouse.rest.service import RestCatalog
from phlo.lakehouse.storage import path_of
from phlo.lakehouse.write import WritePlan, write

EXAMPLES = 3000 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 60
KILLED = """
    import os, signal, sys
    from pathlib import Path
    from phlo.lakehouse.lake import Lake
    from phlo.lakehouse.rest import commits
    from phlo.lakehouse.rest.http import Request
    from phlo.lakehouse.rest.service import RestCatalog

    commits._move = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    body = b'{"updates": [{"action": "set-properties", "updates": {"a": "b"}}]}'
    request = Request("POST", "/v1/namespaces/raw/tables/orders", body=body)
    RestCatalog(Lake(Path(sys.argv[1]))).answer(request, "main")
"""


def test_a_kill_between_metadata_and_commit_leaves_the_table_as_it_was(lake: Lake) -> None:
    write(lake, "raw.orders", [{"id": 1}], WritePlan())
    before = lake.locations()
    folder = path_of(before["raw.orders"]).parent
    files = set(folder.iterdir())
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(lake.folder)], check=False
    )
    assert done.returncode == -signal.SIGKILL
    [left] = set(folder.iterdir()) - files
    assert left.name.endswith(".metadata.json")
    assert lake.locations() == before
    write(lake, "raw.orders", [{"id": 2}], WritePlan())
    lake.sweep(grace=timedelta(0))
    assert not left.exists()
    assert lake.read("raw.orders").read_all().num_rows == 2


def test_what_cannot_be_written_is_told_and_may_be_tried_again(ask: Any, lake: Lake) -> None:
    made = ask.table()
    in_the_way = lake.warehouse / "in the way"
    in_the_way.write_text("a file where a folder must be")
    moved = {"write.metadata.path": str(in_the_way / "metadata")}
    body = {"updates": [{"action": "set-properties", "updates": moved}]}
    status, answer = ask("POST", "namespaces/raw/tables/orders", body)
    assert (status, answer["error"]["type"]) == (503, "ServiceUnavailableException")
    assert lake.locations() == {"raw.orders": made["metadata-location"]}
    in_the_way.unlink()
    assert ask("POST", "namespaces/raw/tables/orders", body)[0] == 200
    assert lake.locations()["raw.orders"].startswith(str(in_the_way))


def test_metadata_that_is_gone_or_broken_is_told(ask: Any) -> None:
    location = path_of(ask.table()["metadata-location"])
    whole = location.read_bytes()
    for broken in (b"", b"[]", b"{}", b'{"format-version": 2, "schemas": 5}', b"\xff"):
        location.write_bytes(broken)
        assert ask("GET", "namespaces/raw/tables/orders")[0] == 400, broken
        body = {"updates": [{"action": "set-properties", "updates": {"a": "b"}}]}
        assert ask("POST", "namespaces/raw/tables/orders", body)[0] == 400, broken
    location.unlink()
    assert ask("GET", "namespaces/raw/tables/orders")[0] == 404
    location.write_bytes(whole)
    assert ask("GET", "namespaces/raw/tables/orders")[0] == 200


def test_a_purge_takes_what_only_the_dropped_table_has(ask: Any, lake: Lake) -> None:
    write(lake, "raw.orders", [{"id": 1}], WritePlan())
    lake.create_branch("dev")
    write(lake, "raw.orders", [{"id": 2}], WritePlan())
    path = "namespaces/raw/tables/orders"
    folder = path_of(lake.describe("raw.orders").location)
    assert ask("DELETE", path, query="purgeRequested=true") == (204, None)
    # What the branch began from is still there; what was only on main is gone.
    assert lake.read("raw.orders", "dev").read_all()["id"].to_pylist() == [1]
    assert len(list(folder.rglob("*.parquet"))) == 1
    assert ask("DELETE", path, query="purgeRequested=true", ref="dev") == (204, None)
    lake.drop_branch("dev")
    lake.sweep(grace=timedelta(0))
    assert list(lake.warehouse.rglob("*.*")) == []


def test_a_sweep_keeps_a_view(ask: Any, lake: Lake) -> None:
    ask.table()
    version = {
        "version-id": 1, "schema-id": 0, "timestamp-ms": 1, "summary": {},
        "default-namespace": ["raw"],
        "representations": [{"type": "sql", "sql": "select 1", "dialect": "duckdb"}],
    }  # fmt: skip
    body = {"name": "v", "schema": ask.schema, "view-version": version}
    assert ask("POST", "namespaces/raw/views", body)[0] == 200
    lake.sweep(grace=timedelta(0))
    assert ask("GET", "namespaces/raw/views/v")[0] == 200


def test_a_sweep_keeps_what_engines_know_of_partitions(ask: Any, lake: Lake) -> None:
    write(lake, "raw.orders", [{"id": 1}], WritePlan())
    about = lake.describe("raw.orders")
    files = [path_of(about.location) / "metadata" / name for name in ("one", "two", "nobody's")]
    for file in files:
        file.write_text("statistics")
    known = {"snapshot-id": about.snapshot_id, "file-size-in-bytes": 10}
    columns = {"file-footer-size-in-bytes": 4, "blob-metadata": []}
    updates = [
        {"action": "set-partition-statistics",
         "partition-statistics": {**known, "statistics-path": str(files[0])}},
        {"action": "set-statistics",
         "statistics": {**known, **columns, "statistics-path": str(files[1])}},
    ]  # fmt: skip
    status, answer = ask("POST", "namespaces/raw/tables/orders", {"updates": updates})
    assert status == 200, answer
    lake.sweep(grace=timedelta(0))
    assert [file.exists() for file in files] == [True, True, False]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip
SHAPES = [path for _, path in service._ROUTES]
PARTS = st.text(min_size=1, max_size=6) | st.sampled_from(["raw", "orders", "raw\x1fx"])


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> RestCatalog:
    lake = Lake(tmp_path_factory.mktemp("fuzz") / "lake")
    write(lake, "raw.orders", [{"id": 1}], WritePlan())
    return RestCatalog(lake)


def answered(catalog: RestCatalog, method: str, path: str, query: str, body: bytes) -> None:
    answer = catalog.answer(Request(method, path, query, body), "main")
    assert answer.status < 500, (answer.status, answer.body)
    if answer.body:
        json.loads(answer.body)
    if answer.status >= 400 and method != "HEAD":
        assert json.loads(answer.body)["error"]["code"] == answer.status


@pytest.mark.fuzz
@given(st.sampled_from(["GET", "POST", "HEAD", "DELETE", "PUT"]), st.text(), st.text(), st.binary())
@settings(max_examples=EXAMPLES, deadline=None)
def test_no_bytes_make_it_fail(
    busy: RestCatalog, method: str, path: str, query: str, body: bytes
) -> None:
    answered(busy, method, f"/v1/{path}", query, body)


@pytest.mark.fuzz
@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_json_makes_it_fail(busy: RestCatalog, data: st.DataObject) -> None:
    method, shape = data.draw(st.sampled_from(list(service._ROUTES)))
    for part in ("{namespace}", "{table}", "{view}"):
        shape = shape.replace(part, quote(data.draw(PARTS), safe=""))
    body = data.draw(st.sampled_from(BODIES))
    changed = json.loads(json.dumps(body))
    # One value somewhere in a request that would be right.
    holder: Any = changed
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or data.draw(st.booleans()):
            holder[key] = data.draw(JSON)
            break
        holder = holder[key]
    answered(busy, method, f"/v1/{shape}", "", json.dumps(changed).encode())
    # Whatever was taken in can be read by everybody.
    lake = busy._lake
    for table in lake.tables():
        lake.load(table, lake.locations()[table])


def _field(**more: object) -> dict[str, object]:
    return {"id": 1, "name": "id", "required": False, "type": "long", **more}


_SCHEMA = {"type": "struct", "fields": [_field(), _field(id=2, name="at", type="timestamp")]}
_SNAPSHOT = {
    "snapshot-id": 77, "sequence-number": 9, "timestamp-ms": 1, "manifest-list": "/x",
    "summary": {"operation": "append"}, "schema-id": 0,
}  # fmt: skip
_UPDATES = [
    {"action": "add-schema", "schema": _SCHEMA},
    {"action": "set-current-schema", "schema-id": -1},
    {"action": "add-spec", "spec": {"fields": [
        {"source-id": 1, "name": "p", "transform": "bucket[4]", "field-id": 1000}]}},
    {"action": "set-default-spec", "spec-id": -1},
    {"action": "add-sort-order", "sort-order": {"fields": [
        {"source-id": 1, "transform": "identity", "direction": "asc",
         "null-order": "nulls-last"}]}},
    {"action": "set-default-sort-order", "sort-order-id": -1},
    {"action": "add-snapshot", "snapshot": _SNAPSHOT},
    {"action": "set-snapshot-ref", "ref-name": "x", "type": "tag", "snapshot-id": 77},
    {"action": "set-statistics", "statistics": {"snapshot-id": 77}},
    {"action": "remove-snapshots", "snapshot-ids": [77]},
    {"action": "set-properties", "updates": {"write.metadata.previous-versions-max": "3"}},
    {"action": "remove-properties", "removals": ["x"]},
    {"action": "upgrade-format-version", "format-version": 3},
]  # fmt: skip
_CHANGE = {"requirements": [{"type": "assert-current-schema-id", "current-schema-id": 0}],
           "updates": _UPDATES}  # fmt: skip
_VERSION = {
    "version-id": 1, "schema-id": 0, "timestamp-ms": 1, "summary": {}, "default-namespace": ["raw"],
    "representations": [{"type": "sql", "sql": "select 1", "dialect": "duckdb"}],
}  # fmt: skip
BODIES: list[Any] = [
    {"namespace": ["raw"], "properties": {"a": "b"}},
    {"removals": ["a"], "updates": {"b": "c"}},
    {"name": "new", "schema": _SCHEMA, "partition-spec": {"fields": [
        {"source-id": 2, "name": "d", "transform": "day"}]}, "properties": {"a": "b"}},
    {"name": "view", "schema": _SCHEMA, "view-version": _VERSION, "properties": {}},
    {"name": "taken", "metadata-location": "/x", "overwrite": True},
    {"source": {"namespace": ["raw"], "name": "orders"},
     "destination": {"namespace": ["raw"], "name": "sales"}},
    _CHANGE,
    *({"updates": [update]} for update in _UPDATES),
    {"table-changes": [{"identifier": {"namespace": ["raw"], "name": "orders"}, **_CHANGE}]},
    {"updates": [{"action": "add-view-version", "view-version": _VERSION},
                 {"action": "set-current-view-version", "view-version-id": -1}]},
]  # fmt: skip
