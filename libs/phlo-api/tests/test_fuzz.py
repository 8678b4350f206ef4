"""Requests that nobody would write: none of them is a crash, and every answer is as promised."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from phlo_api.app import bare_app

pytestmark = pytest.mark.fuzz

EXAMPLES = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "fuzz" else 8
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
#: Streams have no end, and what starts processes or ends sessions has tests of its own.
LEFT_OUT = re.compile(r"GET .*/(stream|tail)|POST .*/(runs|restart|logout)")

SCHEMA = schemathesis.openapi.from_dict(bare_app().openapi())
OPERATIONS = [
    operation
    for found in SCHEMA.get_all_operations()
    if not LEFT_OUT.fullmatch((operation := found.ok()).label)
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.label)
def test_any_request_has_an_answer_as_promised(operation: Any, url: str, token: str) -> None:
    headers = {"authorization": f"Bearer {token}"}

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        answer = case.call(base_url=url, headers=headers, timeout=30)
        # 502 and 503 say that a part is not there, which is so in these tests; 500 is a bug.
        assert answer.status_code != 500, answer.text
        case.validate_response(answer, checks=CHECKS)

    ask()


def test_most_operations_are_asked() -> None:
    assert len(OPERATIONS) > 20
