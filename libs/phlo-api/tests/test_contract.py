"""The document is the contract: it is kept, typed, and holds for errors as well."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phlo_api.app import bare_app

if TYPE_CHECKING:
    import httpx

KEPT = Path(__file__).parents[1] / "openapi.json"


def test_the_kept_document_is_the_programs_own() -> None:
    made = json.dumps(bare_app().openapi(), indent=1, sort_keys=True) + "\n"
    assert KEPT.read_text(encoding="utf-8") == made, (
        "run: python -m phlo_api --openapi libs/phlo-api/openapi.json"
    )


def test_every_answer_is_typed_and_every_operation_named() -> None:
    document = bare_app().openapi()
    names = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            names.append(operation["operationId"])
            answers = operation["responses"]
            assert "4XX" in answers, (method, path)
            for status, answer in answers.items():
                content = answer.get("content", {})
                assert status == "204" or content, (method, path, status)
                for kind in content.values():
                    assert kind.get("schema"), (method, path, status)
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing/here", 404, "PHLO-N600"),
        ("/datasets/zzz", 404, "PHLO-N601"),
        ("/runs/zzz", 404, "PHLO-N601"),
        ("/queries/zzz", 404, "PHLO-N601"),
        ("/checks/zzz", 404, "PHLO-N601"),
        ("/datasets?limit=0", 422, "PHLO-N602"),
        ("/datasets?sort=colour", 422, "PHLO-N602"),
        ("/datasets?ref=nope", 404, "PHLO-D904"),
    ],
)
def test_errors_are_problems_with_a_fix(
    api: httpx.Client, path: str, status: int, code: str
) -> None:
    answer = api.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["request_id"]
    assert problem["detail"]
    assert problem["fix"][0]["label"]


def test_times_are_utc(api: httpx.Client) -> None:
    assert api.get("/meta").json()["time"].endswith("Z")
