"""The catalog over HTTP, against what the lake itself says."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from phlo.lakehouse.lake import Lake

if TYPE_CHECKING:
    import httpx

    from phlo.testing.folder import ProjectFolder


@pytest.fixture
def named(api: httpx.Client) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in api.get("/datasets").json()["items"]}


def test_rows_are_counted_as_the_lake_counts_them(
    project: ProjectFolder, named: dict[str, dict[str, Any]]
) -> None:
    lake = Lake(project.root / ".phlo" / "lake")
    assert set(lake.tables()) == {"raw.orders", "marts.totals"}
    for name in lake.tables():
        assert named[name]["row_count"] == {"value": lake.describe(name).row_count, "exact": True}
    assert project.rows("select count(*) from raw.orders") == [[250]]


def test_what_never_was_published_is_listed_with_its_reason(
    named: dict[str, dict[str, Any]],
) -> None:
    assert set(named) == {"raw.orders", "raw.broken", "marts.totals", "marts.never"}
    broken, never = named["raw.broken"]["status"], named["marts.never"]["status"]
    assert broken["run"] == "held_back"
    assert never["run"] == "skipped"
    assert named["raw.orders"]["status"]["quality"] == "warning"
    assert named["raw.orders"]["owner"] == "shop"


def test_the_list_is_searched_narrowed_sorted_and_paged(api: httpx.Client) -> None:
    def names(**query: Any) -> list[str]:
        return [one["name"] for one in api.get("/datasets", params=query).json()["items"]]

    assert names(q="order") == ["raw.orders"]
    assert names(q="shop orders") == ["raw.orders"]
    assert names(filter="namespace:marts") == ["marts.never", "marts.totals"]
    assert names(filter=["owner:shop", "tag:daily"]) == ["raw.orders"]
    assert names(filter="tag:none-has-it") == []
    assert names(sort="-name")[0] == "raw.orders"
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(10):
        page = api.get("/datasets", params={"limit": 1, **cursor}).json()
        seen += [one["name"] for one in page["items"]]
        assert page["truncated"] == (page["next_cursor"] is not None)
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == names()
    facets = api.get("/datasets").json()["facets"]
    assert {"value": "marts", "count": 2} in facets["namespace"]


def test_a_dataset_in_full(api: httpx.Client, named: dict[str, dict[str, Any]]) -> None:
    id_ = named["raw.orders"]["id"]
    detail = api.get(f"/datasets/{id_}").json()
    assert detail["description"] == "Orders of the shop."
    columns = {one["name"]: one for one in api.get(f"/datasets/{id_}/columns").json()["items"]}
    assert list(columns) == ["id", "country", "amount"]
    assert columns["amount"]["minimum"] == "0"
    assert columns["amount"]["maximum"] == "249"
    assert columns["amount"]["null_count"] == 0
    assert columns["id"]["is_key"]
    [snapshot] = api.get(f"/datasets/{id_}/snapshots").json()["items"]
    assert snapshot["is_current"]
    assert snapshot["added_rows"] == 250
    [made] = api.get(f"/datasets/{id_}/runs").json()["items"]
    assert made["state"] == "succeeded"
    code = api.get(f"/datasets/{id_}/code").json()
    assert code["language"] == "python"
    assert "def orders():" in code["text"]
    assert code["place"]["file"] == "workflows/ingest.py"
    graph = api.get(f"/datasets/{id_}/lineage").json()
    names = [node["name"] for node in graph["nodes"]]
    assert [(names[a], names[b]) for a, b in graph["edges"]] == [("raw.orders", "marts.totals")]
    checks = api.get(f"/datasets/{id_}/checks").json()
    assert [(one["name"], one["status"]) for one in checks["items"]] == [
        ("between:amount", "warned"),
        ("not_null:id", "passed"),
    ]


def test_big_integers_are_exact_in_json_and_in_arrow(
    api: httpx.Client, named: dict[str, dict[str, Any]]
) -> None:
    id_ = named["raw.orders"]["id"]
    told = api.get(f"/datasets/{id_}/preview", params={"limit": 3}).json()
    assert [row[0] for row in told["rows"]] == [str(9007199254740993 + n) for n in range(3)]
    assert told["row_count"] == 250
    arrow = api.get(f"/datasets/{id_}/preview", params={"limit": 300, "format": "arrow"})
    assert arrow.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(io.BytesIO(arrow.content)).read_all()
    assert table.num_rows == 250
    assert table["id"][0].as_py() == 9007199254740993


def test_a_table_that_is_not_there_has_no_preview(
    api: httpx.Client, named: dict[str, dict[str, Any]]
) -> None:
    answer = api.get(f"/datasets/{named['raw.broken']['id']}/preview")
    assert answer.status_code == 404
    assert answer.json()["code"] == "PHLO-D901"


def test_lineage_names_everything_once(api: httpx.Client) -> None:
    graph = api.get("/lineage/graph").json()
    names = [node["name"] for node in graph["nodes"]]
    assert sorted(names) == ["marts.never", "marts.totals", "raw.broken", "raw.orders"]
    edges = {(names[a], names[b]) for a, b in graph["edges"]}
    assert edges == {("raw.orders", "marts.totals"), ("raw.broken", "marts.never")}


def test_search_finds_by_letters_in_their_order(api: httpx.Client) -> None:
    hits = api.get("/search", params={"q": "rword", "kinds": "dataset"}).json()["items"]
    assert hits[0]["title"] == "raw.orders"
    assert hits[0]["href"].startswith("/catalog/")


def test_home_says_what_needs_a_person(api: httpx.Client) -> None:
    items = api.get("/home").json()["attention"]
    found = {(one["kind"], one["object"], one["severity"]) for one in items}
    assert ("run", "raw.broken", "error") in found
    assert ("check", "raw.orders", "warn") in found
    assert all(one["href"] and one["action"] for one in items)
