"""Changes of phlo.yaml: what was meant, and not one character more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phlo.config.edit import applied, remove_service, remove_value, rename_service
from phlo.errors import Edit
from phlo.errors.config import CannotEdit
from phlo.model.yaml_text import parse_yaml

TEXT = """\
# top
name:   lake     # odd spaces stay

# about the services
services:
  # the engine
  # of all
  trino:
    port: 8081   # mine
    settings: {workers: 3}

  # next one
  superset: {enabled: false, bind: {engine: trino}, port: 8088}
  app:
    depends_on: [trino, x]
    image: 'x:1'
bind: {query.sql: trino, a: b}
dev:
  - trino
  - y     # why
"""

GONE = """\
# top
name:   lake     # odd spaces stay

# about the services
services:

  # next one
  superset: {enabled: false, port: 8088}
  app:
    depends_on: [x]
    image: 'x:1'
bind: {a: b}
dev:
  - y     # why
"""


def test_a_service_is_taken_out_wherever_it_is_named():
    assert remove_service(TEXT, "phlo.yaml", "trino") == GONE


def test_a_service_that_is_not_named_changes_nothing():
    assert remove_service(TEXT, "phlo.yaml", "other") == TEXT
    assert rename_service(TEXT, "phlo.yaml", "other", "new") == TEXT


def test_a_service_is_renamed_wherever_it_is_named():
    wanted = TEXT.replace("trino", "duckdb")
    assert rename_service(TEXT, "phlo.yaml", "trino", "duckdb") == wanted


def test_what_is_said_of_the_new_service_stays():
    text = "services:\n  a: {port: 1}\n  b: {port: 2}\ndev: [a, b]\n"
    assert rename_service(text, "f", "a", "b") == "services:\n  b: {port: 2}\ndev: [b]\n"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("name: x\nservices:\n  a:\n    port: 1\n", "name: x\n"),
        ("name: x\nservices: {a: {port: 1}}\nbind: {q: b}\n", "name: x\nbind: {q: b}\n"),
        ("name: x\nservices:\n  a:\n  b:\n", "name: x\nservices:\n  b:\n"),
        ("name: x\nservices:\n  b:\n  a:", "name: x\nservices:\n  b:\n"),
        ("services:\r\n  a:\r\n    port: 1\r\n  b: {}\r\n", "services:\r\n  b: {}\r\n"),
        ("services: {a: {port: 1},\n  b: {}}\n", "services: {b: {}}\n"),
        ("services:\n  a: {\n    port: 1\n  }\n  b: {}\n", "services:\n  b: {}\n"),
        ("services:\n  a:\n    command: |\n      x\n      y\n  b: {}\n", "services:\n  b: {}\n"),
        ("services:\n  c:\n    depends_on:\n      a: {condition: started}\n      b:\n",
         "services:\n  c:\n    depends_on:\n      b:\n"),
        ("environments:\n  prod:\n    services:\n      a: {}\n    bind: {q: a}\n    x-y: 1\n",
         "environments:\n  prod:\n    x-y: 1\n"),
    ],
)  # fmt: skip
def test_what_is_left(text, wanted):
    assert remove_service(text, "f", "a") == wanted


def test_what_cannot_be_changed_alone_is_refused():
    text = "services:\n  b: &x {port: 1}\n  a: *x\n  c:\n    <<: {bind: {q: a}}\n"
    with pytest.raises(CannotEdit) as caught:
        remove_service(text, "phlo.yaml", "a")
    assert "by hand" in caught.value.fix.text


def test_one_value_is_taken_out():
    text = "services:\n  a:\n    port: 1\n    settings: {x: 1, y: 2}\n"
    changed = remove_value(text, "f", ("services", "a", "settings", "x"))
    assert changed == "services:\n  a:\n    port: 1\n    settings: {y: 2}\n"


def test_ranges_are_replaced_from_the_last_to_the_first_and_overlaps_are_left():
    edits = [Edit("f", 1, 1, 1, 2, "XX"), Edit("f", 2, 1, 2, 2, ""), Edit("f", 1, 1, 2, 1, "no")]
    assert applied("abc\ndef\n", edits) == "XXbc\nef\n"


NAMES = st.sampled_from(["a", "b", "c", "trino"])
BODIES = st.sampled_from(["{}", "{port: 1}", "\n    port: 1", "\n    # why\n    image: x", ""])


@given(st.dictionaries(NAMES, BODIES, min_size=1), NAMES)
def test_taking_out_a_service_leaves_every_other_line(services, name):
    lines = [f"  # about {key}\n  {key}: {body}\n" for key, body in services.items()]
    text = "name: x\nservices:\n" + "".join(lines) + "# the end\n"
    left = remove_service(text, "f", name)
    kept = {k: v for k, v in parse_yaml(text, "f").data["services"].items() if k != name}
    assert (parse_yaml(left, "f").data.get("services") or {}) == kept
    assert all(line in left for line in text.splitlines() if line == "# the end")
