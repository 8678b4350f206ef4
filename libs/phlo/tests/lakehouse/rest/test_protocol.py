"""The protocol itself: what is answered, and what is refused by which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from phlo.lakehouse.rest.http import Request
from phlo.lakehouse.rest.place import Terms
from phlo.lakehouse.rest.service import RestCatalog
from phlo.lakehouse.storage import path_of

if TYPE_CHECKING:
    from phlo.lakehouse.lake import Lake


def kind(answer: tuple[int, Any]) -> tuple[int, str]:
    status, body = answer
    assert body["error"]["code"] == status
    assert body["error"]["message"]
    return status, body["error"]["type"]


def uuid_is(metadata: Any) -> dict[str, str]:
    return {"type": "assert-table-uuid", "uuid": metadata["table-uuid"]}


def set_properties(**properties: str) -> dict[str, Any]:
    return {"action": "set-properties", "updates": properties}


def test_errors_have_the_types_that_clients_look_at(ask: Any) -> None:
    ask.table()
    missing = {"source": {"namespace": ["raw"], "name": "x"},
               "destination": {"namespace": ["raw"], "name": "y"}}  # fmt: skip
    nowhere = {"source": {"namespace": ["raw"], "name": "orders"},
               "destination": {"namespace": ["no"], "name": "y"}}  # fmt: skip
    both = {"removals": ["a"], "updates": {"a": "b"}}
    new = {"name": "orders", "schema": ask.schema}
    view = {"name": "orders", "schema": ask.schema, "view-version": VERSION}
    asked = {
        (404, "NoSuchNamespaceException"): [
            ("GET", "namespaces/no"), ("GET", "namespaces/no/tables"),
            ("POST", "namespaces/no/tables", new), ("DELETE", "namespaces/no"),
            ("GET", "namespaces", None, "parent=no"), ("POST", "tables/rename", nowhere),
        ],
        (404, "NoSuchTableException"): [
            ("GET", "namespaces/raw/tables/x"), ("GET", "namespaces/no/tables/x"),
            ("DELETE", "namespaces/raw/tables/x"), ("POST", "tables/rename", missing),
            ("POST", "namespaces/raw/tables/x", {"updates": [set_properties(a="b")]}),
        ],
        (404, "NoSuchViewException"): [("GET", "namespaces/raw/views/orders")],
        (409, "AlreadyExistsException"): [
            ("POST", "namespaces", {"namespace": ["raw"]}),
            ("POST", "namespaces/raw/tables", new), ("POST", "namespaces/raw/views", view),
        ],
        (409, "NamespaceNotEmptyException"): [("DELETE", "namespaces/raw")],
        (422, "UnprocessableEntityException"): [("POST", "namespaces/raw/properties", both)],
        (406, "UnsupportedOperationException"): [
            ("GET", "x"), ("PUT", "namespaces"), ("POST", "namespaces/raw/tables/orders/plan"),
            ("POST", "namespaces/raw/tables/orders", {"updates": [{"action": "fly"}]}),
            ("POST", "namespaces/raw/tables",
             {**new, "name": "v9", "properties": {"format-version": "9"}}),
        ],
        (403, "ForbiddenException"): [
            ("POST", "namespaces/raw/tables", {**new, "name": "t", "location": "/etc/t"}),
            ("POST", "namespaces/raw/register", {"name": "t", "metadata-location": "/etc/passwd"}),
            ("POST", "namespaces/raw/tables/orders",
             {"updates": [{"action": "set-location", "location": "s3://elsewhere/t"}]}),
        ],
        (404, "NotFoundException"): [("GET", "config", None, "", "nothing")],
    }  # fmt: skip
    for expected, requests in asked.items():
        for method, path, *rest in requests:
            body, query, ref = (*rest, *(None, "", "main")[len(rest) :])
            assert kind(ask(method, path, body, query=query, ref=ref)) == expected, (method, path)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"1", b"\xff\xfe", b'{"name": NaN}', b'{"a":' * 5000,
        b'{"name": "\\ud800", "schema": {}}', {"name": 1, "schema": {}}, {"name": "", "schema": {}},
        {"name": "x" * 300, "schema": {}}, {"name": "a\nb", "schema": {}}, {"name": "x"},
        {"name": "x", "schema": []}, {"name": "x", "schema": {"type": "struct", "fields": [1]}},
        {"name": "x", "schema": {"type": "struct", "fields": [{"id": 1, "name": "a"}]}},
        {"name": "x", "schema": {"type": "struct", "fields": [
            {"id": 1, "name": "a", "required": True, "type": "colour"}]}},
        {"name": "x", "schema": {"type": "struct", "fields": [
            {"id": 1, "name": "a", "required": True, "type": "int"},
            {"id": 1, "name": "b", "required": True, "type": "int"}]}},
        {"name": "x", "schema": {"type": "struct", "fields": []},
         "partition-spec": {"fields": [{"source-id": 5, "name": "p", "transform": "day"}]}},
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(ask: Any, lake: Lake, body: object) -> None:
    ask("POST", "namespaces", {"namespace": ["raw"]})
    assert kind(ask("POST", "namespaces/raw/tables", body)) == (400, "BadRequestException")
    assert lake.tables() == ()


@pytest.mark.parametrize(
    "updates",
    [
        [{"action": "set-current-schema", "schema-id": 7}],
        [{"action": "set-current-schema", "schema-id": -1}],
        [{"action": "set-default-spec", "spec-id": 3}],
        [{"action": "add-spec", "spec": {"fields": [
            {"source-id": 99, "name": "p", "transform": "identity"}]}},
         {"action": "set-default-spec", "spec-id": -1}],
        [{"action": "remove-schemas", "schema-ids": [0]}],
        [{"action": "upgrade-format-version", "format-version": 1}],
        [{"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": 5}],
        [{"action": "set-snapshot-ref", "ref-name": "main", "type": "tag", "snapshot-id": 5}],
        [{"action": "add-snapshot", "snapshot": {"snapshot-id": 1}}],
        [{"action": "set-properties", "updates": {"a": 1}}],
        [{"action": 5}], [7], "x",
        [{"action": "add-schema", "schema": {"type": "struct", "fields": [
            {"id": 1, "name": "a", "required": False, "type": "long"},
            {"id": 2, "name": "a", "required": False, "type": "long"}]}},
         {"action": "set-current-schema", "schema-id": -1}],
    ],
)  # fmt: skip
def test_a_change_that_cannot_be_made_changes_nothing(ask: Any, lake: Lake, updates: Any) -> None:
    before = ask.table()["metadata-location"]
    status, _ = ask("POST", "namespaces/raw/tables/orders", {"updates": updates})
    assert status == 400
    assert lake.locations() == {"raw.orders": before}
    written = list(path_of(before).parent.iterdir())
    assert [str(file) for file in written] == [str(path_of(before))]


def test_what_a_commit_takes_for_granted_must_hold(ask: Any) -> None:
    metadata = ask.table()["metadata"]
    wrong = [
        {"type": "assert-table-uuid", "uuid": "00000000-0000-0000-0000-000000000000"},
        {"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 3},
        {"type": "assert-last-assigned-field-id", "last-assigned-field-id": 99},
        {"type": "assert-current-schema-id", "current-schema-id": 1},
        {"type": "assert-last-assigned-partition-id", "last-assigned-partition-id": 1},
        {"type": "assert-default-spec-id", "default-spec-id": 1},
        {"type": "assert-default-sort-order-id", "default-sort-order-id": 1},
    ]
    path = "namespaces/raw/tables/orders"
    for one in wrong:
        body = {"requirements": [uuid_is(metadata), one], "updates": [set_properties(a="b")]}
        assert kind(ask("POST", path, body)) == (409, "CommitFailedException"), one
    made = {"requirements": [{"type": "assert-create"}], "updates": []}
    assert kind(ask("POST", path, made)) == (409, "AlreadyExistsException")
    assert kind(ask("POST", path, {"requirements": [{"type": "x"}]})) == (
        400,
        "BadRequestException",
    )
    assert "a" not in ask("GET", path)[1]["metadata"]["properties"]


def test_several_tables_change_together_or_not_at_all(ask: Any, lake: Lake) -> None:
    one, two = ask.table("one")["metadata"], ask.table("two")["metadata"]

    def change(name: str, uuid: str) -> dict[str, Any]:
        return {
            "identifier": {"namespace": ["raw"], "name": name},
            "requirements": [{"type": "assert-table-uuid", "uuid": uuid}],
            "updates": [set_properties(a="b")],
        }

    before = lake.locations()
    bad = {"table-changes": [change("one", one["table-uuid"]), change("two", one["table-uuid"])]}
    assert kind(ask("POST", "transactions/commit", bad)) == (409, "CommitFailedException")
    assert lake.locations() == before
    good = {"table-changes": [change("one", one["table-uuid"]), change("two", two["table-uuid"])]}
    assert ask("POST", "transactions/commit", good) == (204, None)
    assert all(lake.locations()[name] != before[name] for name in before)
    assert kind(ask("POST", "transactions/commit", {})) == (400, "BadRequestException")


def test_a_commit_without_a_change_writes_nothing(ask: Any) -> None:
    made = ask.table()
    body = {"updates": [{"action": "set-location", "location": made["metadata"]["location"]}]}
    status, answer = ask("POST", "namespaces/raw/tables/orders", body)
    assert status == 200
    assert answer["metadata-location"] == made["metadata-location"]


def test_a_staged_table_is_there_only_when_it_is_committed(ask: Any, lake: Lake) -> None:
    staged = ask.table(**{"stage-create": True})
    assert "metadata-location" not in staged
    assert lake.tables() == ()
    metadata = staged["metadata"]
    updates = [
        {"action": "assign-uuid", "uuid": metadata["table-uuid"]},
        {"action": "upgrade-format-version", "format-version": 2},
        {"action": "add-schema", "schema": metadata["schemas"][0]},
        {"action": "set-current-schema", "schema-id": -1},
        {"action": "add-spec", "spec": metadata["partition-specs"][0]},
        {"action": "set-default-spec", "spec-id": -1},
        {"action": "add-sort-order", "sort-order": metadata["sort-orders"][0]},
        {"action": "set-default-sort-order", "sort-order-id": -1},
        {"action": "set-location", "location": metadata["location"]},
    ]
    body = {"requirements": [{"type": "assert-create"}], "updates": updates}
    status, answer = ask("POST", "namespaces/raw/tables/orders", body)
    assert status == 200, answer
    assert answer["metadata"]["table-uuid"] == metadata["table-uuid"]
    assert lake.tables() == ("raw.orders",)


def test_lists_come_in_pages(ask: Any) -> None:
    for number in range(5):
        ask.table(f"t{number}")
        ask("POST", "namespaces", {"namespace": [f"n{number}"]})
    for path, key in (("namespaces/raw/tables", "identifiers"), ("namespaces", "namespaces")):
        found: list[Any] = []
        token, pages = "", 0
        while token is not None:
            _, answer = ask("GET", path, query=f"pageToken={quote(token)}&pageSize=2")
            found += answer[key]
            token, pages = answer.get("next-page-token"), pages + 1
            assert len(answer[key]) <= 2
        assert found == ask("GET", path)[1][key]
        assert pages == 3
    for size in ("0", "-1", "x", "1" * 30):
        assert ask("GET", "namespaces", query=f"pageSize={size}")[0] == 400


NAMES = [
    "Upper",
    "with.dot",
    "with/slash",
    "mit ü",
    "a%2Eb",
    "100%",
    "..",
    "'; drop table x --",
    "~",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_kept_as_it_is(ask: Any, lake: Lake, name: str) -> None:
    part = quote(name, safe="")
    assert ask("POST", "namespaces", {"namespace": [name, name]})[0] == 200
    assert ask("GET", "namespaces")[1]["namespaces"] == [[name]]
    assert ask("GET", "namespaces", query=f"parent={part}")[1]["namespaces"] == [[name, name]]
    status, made = ask(
        "POST", f"namespaces/{part}%1F{part}/tables", {"name": name, "schema": ask.schema}
    )
    assert status == 200, made
    folder = path_of(made["metadata"]["location"]).resolve()
    assert folder.is_relative_to(lake.warehouse)
    assert len(folder.relative_to(lake.warehouse).parts) == 3
    listed = ask("GET", f"namespaces/{part}%1F{part}/tables")[1]["identifiers"]
    assert listed == [{"namespace": [name, name], "name": name}]
    # phlo's own list and pyiceberg's catalog read it unharmed, and a branch publishes it.
    assert len(lake.tables()) == 1
    lake.create_branch("dev")
    path = f"namespaces/{part}%1F{part}/tables/{part}"
    assert ask("DELETE", path, ref="dev") == (204, None)
    lake.publish("dev")
    assert ask("HEAD", path)[0] == 404


def test_only_the_snapshots_of_branches_when_asked_for(ask: Any, lake: Lake) -> None:
    from phlo.lakehouse.write import WritePlan, write

    for number in range(3):
        write(lake, "raw.orders", [{"id": number}], WritePlan())
    path = "namespaces/raw/tables/orders"
    assert len(ask("GET", path)[1]["metadata"]["snapshots"]) == 3
    some = ask("GET", path, query="snapshots=refs")[1]["metadata"]
    assert [s["snapshot-id"] for s in some["snapshots"]] == [some["current-snapshot-id"]]


def test_keys_of_the_storage_are_told_to_whom_asks_for_them(lake: Lake) -> None:
    terms = Terms(storage_properties=lambda consumer: {"s3.access-key-id": consumer})
    catalog = RestCatalog(lake, terms=terms)
    delegation = {"x-iceberg-access-delegation": "vended-credentials"}
    asked = catalog.answer(Request("GET", "/v1/config", headers=delegation), "main", "trino")
    assert json.loads(asked.body)["defaults"] == {"s3.access-key-id": "trino"}
    silent = catalog.answer(Request("GET", "/v1/config"), "main", "trino")
    assert json.loads(silent.body)["defaults"] == {}


def test_a_tag_is_read_and_never_written(ask: Any, lake: Lake) -> None:
    ask.table()
    lake.create_tag("v1")
    path = "namespaces/raw/tables/orders"
    assert ask("GET", path, ref="v1")[0] == 200
    change = {"updates": [set_properties(a="b")]}
    for method, body in (("POST", change), ("DELETE", None)):
        assert kind(ask(method, path, body, ref="v1")) == (403, "ForbiddenException")
    assert ask("POST", path, change)[0] == 200


VERSION = {
    "version-id": 1, "schema-id": 0, "timestamp-ms": 1, "summary": {"engine-name": "test"},
    "default-namespace": ["raw"],
    "representations": [{"type": "sql", "sql": "select 1 as id", "dialect": "trino"}],
}  # fmt: skip


def test_views_are_made_changed_and_published(ask: Any, lake: Lake) -> None:
    ask.table()
    lake.create_branch("dev")
    body = {"name": "v", "schema": ask.schema, "view-version": VERSION, "properties": {"a": "b"}}
    status, made = ask("POST", "namespaces/raw/views", body, ref="dev")
    assert status == 200, made
    path = "namespaces/raw/views/v"
    assert ask("HEAD", path)[0] == 404
    # A view is no table: neither for phlo, nor for who lists tables.
    assert lake.tables("dev") == ("raw.orders",)
    assert len(ask("GET", "namespaces/raw/tables", ref="dev")[1]["identifiers"]) == 1
    lake.publish("dev")
    assert ask("GET", path)[1]["metadata"]["properties"] == {"a": "b"}
    other = {"type": "sql", "sql": "select 2 as id", "dialect": "trino"}
    new = {**VERSION, "schema-id": -1, "representations": [other]}
    change = {
        "requirements": [{"type": "assert-view-uuid", "uuid": made["metadata"]["view-uuid"]}],
        "updates": [
            {"action": "add-schema", "schema": ask.schema},
            {"action": "add-view-version", "view-version": new},
            {"action": "set-current-view-version", "view-version-id": -1},
        ],
    }
    status, changed = ask("POST", path, change)
    assert status == 200, changed
    assert changed["metadata"]["current-version-id"] == 2
    assert len(changed["metadata"]["version-log"]) == 2
    rename = {"source": {"namespace": ["raw"], "name": "v"},
              "destination": {"namespace": ["raw"], "name": "w"}}  # fmt: skip
    assert ask("POST", "views/rename", rename) == (204, None)
    assert ask("GET", "namespaces/raw/views")[1]["identifiers"] == [
        {"namespace": ["raw"], "name": "w"}
    ]
    assert ask("DELETE", "namespaces/raw/views/w") == (204, None)
    assert ask("GET", "namespaces/raw/views/w")[0] == 404


def test_a_table_elsewhere_is_taken_in_where_that_is_allowed(lake: Lake, tmp_path: Path) -> None:
    from phlo.lakehouse.lake import Lake as Another
    from phlo.lakehouse.write import WritePlan, write

    other = Another(tmp_path / "other")
    write(other, "raw.orders", [{"id": 1}], WritePlan())
    location = other.locations()["raw.orders"]
    body = json.dumps({"name": "orders", "metadata-location": location}).encode()
    asked = [
        Request("POST", "/v1/namespaces", body=b'{"namespace": ["raw"]}'),
        Request("POST", "/v1/namespaces/raw/register", body=body),
    ]
    refused = [RestCatalog(lake).answer(one, "main").status for one in asked]
    assert refused == [200, 403]
    allowed = RestCatalog(lake, also=[Path(other.folder)]).answer(asked[1], "main")
    assert allowed.status == 200
    assert lake.read("raw.orders").read_all()["id"].to_pylist() == [1]
