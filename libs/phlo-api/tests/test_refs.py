"""Branches and tags over HTTP: made, compared, published, dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from phlo.testing.folder import ProjectFolder

BRANCH = "fix/late-orders"
WORKFLOW = """
    from pathlib import Path
    import phlo

    @phlo.ingestion(table="raw.orders", mode="overwrite")
    def orders():
        return [{"id": n, **WIDE} for n in range(ROWS)]
"""


def write(folder: ProjectFolder, rows: int, wide: str = "{}") -> None:
    folder.write("workflows/a.py", WORKFLOW.replace("ROWS", str(rows)).replace("WIDE", wide))


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, new_project: Callable[..., ProjectFolder]
) -> ProjectFolder:
    made = new_project(tmp_path_factory.mktemp("refs") / "lake")
    write(made, 3)
    done = made.phlo("materialize", "--orchestrator", "runner")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def refs(
    folder: ProjectFolder, serve: Callable[..., AbstractContextManager[str]]
) -> Iterator[httpx.Client]:
    headers = {"authorization": "Bearer a-token-that-only-these-tests-know"}
    with (
        serve(folder.root) as url,
        httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60) as client,
    ):
        yield client


def materialize(folder: ProjectFolder, ref: str) -> None:
    done = folder.phlo("materialize", "--ref", ref, "--orchestrator", "runner")
    assert done.returncode == 0, done.stderr


def test_a_branch_goes_from_its_making_to_its_publish(
    folder: ProjectFolder, refs: httpx.Client
) -> None:
    made = refs.post("/refs", json={"name": BRANCH})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["source"]) == ("branch", "main")
    again = refs.post("/refs", json={"name": BRANCH})
    assert (again.status_code, again.json()["code"]) == (409, "PHLO-D905")
    assert refs.get("/refs/diff", params={"name": BRANCH}).json()["items"] == []

    write(folder, 5, '{"city": "Köln"}')
    materialize(folder, BRANCH)
    [found] = [one for one in refs.get("/refs").json()["items"] if one["name"] == BRANCH]
    assert found["changed"] == ["raw.orders"]
    [change] = refs.get("/refs/diff", params={"name": BRANCH}).json()["items"]
    assert (change["state"], change["rows_before"], change["rows"]) == ("changed", 3, 5)
    assert any("city" in one for one in change["columns"])
    # What is not published is not dropped by accident.
    kept = refs.delete("/refs", params={"name": BRANCH})
    assert (kept.status_code, kept.json()["tables"]) == (409, ["raw.orders"])

    moved = refs.post("/refs/publish", json={"name": BRANCH, "drop": True})
    assert moved.status_code == 200, moved.text
    assert moved.json()["tables"] == [{"table": "raw.orders", "state": "changed"}]
    assert BRANCH not in {one["name"] for one in refs.get("/refs").json()["items"]}
    assert folder.rows("select count(*) from raw.orders") == [[5]]
    log = refs.get("/refs/log").json()["items"]
    assert log[0]["branch"] == BRANCH
    assert log[-1]["run_id"], "what a run published names it"


def test_a_table_that_moved_on_main_is_a_conflict_that_names_it(
    folder: ProjectFolder, refs: httpx.Client
) -> None:
    refs.post("/refs", json={"name": "other"})
    write(folder, 6)
    materialize(folder, "other")
    write(folder, 7)
    materialize(folder, "main")
    answer = refs.post("/refs/publish", json={"name": "other"})
    assert answer.status_code == 409
    problem = answer.json()
    assert (problem["code"], problem["tables"]) == ("PHLO-D902", ["raw.orders"])
    assert folder.rows("select count(*) from raw.orders") == [[7]]
    gone = refs.delete("/refs", params={"name": "other", "force": True})
    assert gone.json() == {"name": "other", "unpublished": ["raw.orders"]}


def test_a_tag_stays_as_it_was_and_can_be_compared(
    folder: ProjectFolder, refs: httpx.Client
) -> None:
    write(folder, 8)
    materialize(folder, "main")
    assert refs.post("/refs", json={"name": "v1", "kind": "tag"}).json()["kind"] == "tag"
    write(folder, 9)
    materialize(folder, "main")
    [change] = refs.get("/refs/diff", params={"name": "v1"}).json()["items"]
    assert (change["rows_before"], change["rows"]) == (9, 8)
    [back] = refs.get("/refs/diff", params={"name": "main", "base": "v1"}).json()["items"]
    assert (back["rows_before"], back["rows"]) == (8, 9)
    assert refs.delete("/refs", params={"name": "v1"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "asked", "status"),
    [
        ("POST", "", {"json": {"name": "a b"}}, 422),
        ("POST", "", {"json": {"name": "x", "source": "nothing"}}, 404),
        ("DELETE", "", {"params": {"name": "nothing"}}, 404),
        ("DELETE", "", {"params": {"name": "main", "force": True}}, 422),
        ("GET", "/diff", {"params": {"name": "nothing"}}, 404),
        ("GET", "/diff", {"params": {"name": "main", "base": "nothing"}}, 404),
        ("GET", "/log", {"params": {"name": "nothing"}}, 404),
        ("POST", "/publish", {"json": {"name": "nothing"}}, 404),
    ],
)
def test_what_cannot_be_is_a_problem(
    refs: httpx.Client, method: str, path: str, asked: dict[str, dict[str, object]], status: int
) -> None:
    answer = refs.request(method, f"/refs{path}", **asked)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert answer.json()["fix"]
