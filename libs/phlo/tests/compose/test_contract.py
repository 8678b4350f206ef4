from __future__ import annotations

import pytest

from phlo.compose.contract import shortcomings
from phlo.testing.composing import definition

SOUND = """
name: app
image: example.org/app:1
ports: {http: {container: 80, protocol: http}}
healthcheck: {http: /}
provides: [{capability: iceberg.catalog/rest}, {capability: vector.db}]
"""


def told(text):
    return [f"{one.problem}: {one.fix}" for one in shortcomings(definition(text))]


def test_a_sound_definition():
    assert told(SOUND) == []
    assert told("name: lib\nkind: embedded\nprovides: [{capability: query.sql/x}]\n") == []
    native = "native: {processes: {main: {command: [x]}}, health: {http: /}}\n"
    assert told(f"name: app\n{native}ports: {{a: {{container: 1}}}}\n") == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("healthcheck: {http: /}\n", "", "nothing tells when it is ready"),
        ("app:1", "app", "is not pinned"),
        ("app:1", "app:latest", "is not pinned"),
        ("protocol: http", "protocol: tcp", "promises its consumers url"),
        ("iceberg.catalog/rest", "iceberg.catalogue/rest", "did you mean iceberg.catalog?"),
        ("iceberg.catalog/rest", "database.postgres", "promises its consumers user"),
        ("name: app", "name: app\ncategory: storage", "promises object-store.s3 or storage"),
    ],
)
def test_what_is_left_out(old, new, words):
    assert any(words in line for line in told(SOUND.replace(old, new)))


def test_a_digest_is_a_pin():
    assert told(SOUND.replace("app:1", "app@sha256:00")) == []
